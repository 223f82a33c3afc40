//! What is broken on purpose, to see that it is noticed by what goes out.

use super::{
    World,
    clocks::{HOUR, Ms, at},
};
use job_hunt_tracker::server::db::Db;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// An appointment is another millisecond, or hour, than the person said.
    Anchor(Ms),
    /// Some wakes do not reach the worker.
    LostWake,
    /// That something went out is forgotten.
    LostCommit,
    /// The quiet hours of some people are not known.
    Loud,
    /// What people set on reminders is forgotten.
    HandForgotten,
    /// Some reminders go.
    Lost,
    /// When they go out is an hour later.
    Later,
    /// Settings change, and nobody plans by them.
    NotPlanned,
}

use Sabotage::{Anchor, HandForgotten, Later, Lost, LostCommit, LostWake, Loud, NotPlanned};

impl World {
    pub fn loses_wake(&mut self) -> bool {
        self.sabotage == Some(LostWake) && self.dice.percent(50)
    }

    async fn spoil_by(&self, user: usize, sql: &'static str, at: Option<Ms>) {
        let Db::Sqlite { writer, .. } = &self.state.db else {
            unreachable!("a year is simulated on SQLite");
        };
        let owner = self.users[user].owner;
        let query = sqlx::query(sql).bind(owner.user_id());
        let query = query.bind(at.map(super::at));
        query.execute(writer).await.unwrap();
    }

    /// After what a person did.
    pub async fn spoil(&mut self, user: usize) {
        let Some(sabotage) = self.sabotage.filter(|_| self.dice.percent(30)) else {
            return;
        };
        match sabotage {
            Anchor(by) => {
                let row = self.users[user]
                    .activities
                    .values()
                    .find(|row| row.starts_at.is_some_and(|it| it > at(self.now)));
                let Some(row) = row.cloned() else { return };
                let starts = row.starts_at.unwrap() + chrono::Duration::milliseconds(by);
                let mut tenant = self
                    .state
                    .db
                    .write_as(self.users[user].owner)
                    .await
                    .unwrap();
                let row = job_hunt_tracker::domain::activity::Activity {
                    starts_at: Some(starts),
                    ..row
                };
                job_hunt_tracker::server::db::rows::update(&mut tenant, &row)
                    .await
                    .unwrap();
                tenant.commit().await.unwrap();
                self.spoil_by(
                    user,
                    "UPDATE user_settings SET planned_with = NULL WHERE user_id = ? AND ? IS NULL",
                    None,
                )
                .await;
                self.sleeps_until = self.now;
            }
            Loud => {
                let sql = "UPDATE user_settings SET quiet_hours_start = NULL, quiet_hours_end = NULL, \
                    planned_with = NULL WHERE user_id = ? AND ? IS NULL";
                self.spoil_by(user, sql, None).await;
                self.sleeps_until = self.now;
            }
            HandForgotten => {
                let sql = "UPDATE reminders SET meta = json_remove(meta, '$.set') WHERE user_id = ? AND ? IS NULL";
                self.spoil_by(user, sql, None).await;
            }
            Lost => {
                let sql = "DELETE FROM reminders WHERE user_id = ? AND due_at > ?";
                self.spoil_by(user, sql, Some(self.now + HOUR)).await;
            }
            Later => {
                let sql = "UPDATE reminders SET send_at = ?2 WHERE user_id = ?1 AND send_at < ?2 AND NOT sent";
                self.spoil_by(user, sql, Some(self.now + HOUR)).await;
            }
            NotPlanned => {
                let sql = "UPDATE user_settings SET planned_with = \
                    (SELECT MAX(planned_with) FROM user_settings) WHERE user_id = ? AND ? IS NULL";
                self.spoil_by(user, sql, None).await;
            }
            LostWake | LostCommit => {}
        }
    }

    /// After the worker has looked.
    pub async fn respoil(&mut self) {
        if self.sabotage == Some(LostCommit) {
            let sql = "UPDATE reminders SET sent = 0, sent_at = NULL WHERE sent_at = ?";
            let Db::Sqlite { writer, .. } = &self.state.db else {
                unreachable!("a year is simulated on SQLite");
            };
            let query = sqlx::query(sql).bind(at(self.now));
            let done = query.execute(writer).await.unwrap();
            if done.rows_affected() == 0 {
                return;
            }
            self.sleeps_until = self.now + 1;
        }
    }
}

/// Each is noticed as what it is, within a few years.
#[test]
fn each_check_of_the_year_notices() {
    const ENOUGH: u64 = 12;
    let anchor: &[&str] = &["from nowhere", "lost"];
    for (sabotage, kinds) in [
        (Anchor(1), anchor),
        (Anchor(HOUR), anchor),
        (LostWake, &["late"]),
        (LostCommit, &["doubled"]),
        (Loud, &["at night"]),
        (HandForgotten, &["early", "late", "lost"]),
        (Lost, &["lost"]),
        (Later, &["late"]),
        (NotPlanned, &["late", "lost"]),
    ] {
        let notices = |seed: &u64| {
            let spoilt = || super::simulate(*seed, 8, 48 * HOUR, 150, Some(sabotage));
            let Err(panic) = catch_unwind(AssertUnwindSafe(spoilt)) else {
                return false;
            };
            let said = panic
                .downcast::<String>()
                .map_or_else(|_| String::new(), |it| *it);
            println!("{}", said.lines().next().unwrap_or_default());
            let said = said.split_once(':').map_or("", |(kind, _)| kind);
            kinds.contains(&said)
        };
        let seed = (0..ENOUGH).find(notices);
        println!("{sabotage:?}: noticed by seed {seed:?}");
        assert!(seed.is_some(), "{sabotage:?} goes unnoticed");
    }
}
