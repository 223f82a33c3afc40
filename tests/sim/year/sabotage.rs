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
            sqlx::query(sql)
                .bind(at(self.now))
                .execute(writer)
                .await
                .unwrap();
            self.sleeps_until = self.now + 1;
        }
    }
}

/// Each is noticed, as what it is.
#[test]
fn a_year_that_is_spoilt_is_noticed() {
    for (sabotage, kinds) in [
        (Anchor(1), &["from nowhere", "lost"][..]),
        (Anchor(HOUR), &["from nowhere", "lost"]),
        (LostWake, &["late"]),
        (LostCommit, &["doubled"]),
        (Loud, &["at night"]),
        (HandForgotten, &["early", "lost", "odd"]),
        (Lost, &["lost"]),
        (Later, &["late", "lost"]),
        (NotPlanned, &["late", "lost", "early", "odd", "at night"]),
    ] {
        let spoilt = || super::simulate(1, 40, 48 * HOUR, 120, Some(sabotage));
        let said = catch_unwind(AssertUnwindSafe(spoilt)).map(drop);
        let said = said.map_err(|panic| {
            panic
                .downcast::<String>()
                .map_or_else(|_| String::new(), |it| *it)
        });
        let kind = said
            .as_ref()
            .err()
            .and_then(|text| text.split_once(':'))
            .map(|it| it.0);
        println!("{sabotage:?}: {kind:?}");
        assert!(
            kind.is_some_and(|kind| kinds.contains(&kind)),
            "{sabotage:?}: {said:?}"
        );
    }
}
