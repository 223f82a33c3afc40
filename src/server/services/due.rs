//! What the clock does to reminders: what is due is settled, and what is to be planned anew is planned.
//!
//! Every batch is a transaction of its own under the user's lock. Doing it twice, or in several instances
//! at once, settles nothing more.

use super::{mails, reminders::Whole};
use crate::{
    domain::{application::Application, reminder::Reminder, time::Timestamp},
    server::db::{
        self, Db,
        reminders::{self, Scheduled},
        tenant::Owner,
    },
    server::zones,
};
use chrono::Duration;
use std::collections::HashSet;
use uuid::Uuid;

/// Applications a transaction.
const BATCH: i64 = 200;
/// Reminders a transaction that are settled: however many one person has, others write in between.
const ROWS: usize = 500;
/// Users that are looked up at once.
const USERS: u64 = 200;

/// Which version of the planner this is: a number, raised when it plans anything otherwise than before.
const PLANNER: u32 = 3;

/// What became of what was due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Reminders that went out.
    pub sent: u64,
    /// Reminders that were of no use any more.
    pub expired: u64,
    /// Mails that were put into the queue.
    pub mails: u64,
    /// Users whose turn failed: theirs come again the next time.
    pub failed: u64,
}

impl Settled {
    fn failed(&mut self, owner: Owner, error: &sqlx::Error) {
        self.failed += 1;
        tracing::error!(%error, user_id = %owner.user_id(), "what was due was not settled");
    }
}

/// Settles what is to go out by `now`. Nobody's backlog holds up others: each user's turn is one batch.
///
/// # Errors
/// When the database cannot. What was settled by then stays so, and the rest is done the next time.
pub async fn settle(db: &Db, now: Timestamp) -> sqlx::Result<Settled> {
    let mut settled = Settled::default();
    loop {
        let ended = |settled: &Settled| settled.sent + settled.expired;
        let before = ended(&settled);
        let (mut after, mut all) = (None, true);
        loop {
            let owners = db.owners_of_due(now, after, USERS).await?;
            let Some(last) = owners.last().copied() else {
                break;
            };
            for owner in owners {
                match settle_batch(db, owner, now, &mut settled).await {
                    Ok(was_all) => all &= was_all,
                    // What is wrong with one does not hold up the others.
                    Err(error) => settled.failed(owner, &error),
                }
            }
            after = Some(last);
        }
        // A round that ended nothing is the last one, whatever is left: the next time comes.
        if all || ended(&settled) == before {
            return Ok(settled);
        }
    }
}

/// One batch of one user: whether that was all.
async fn settle_batch(
    db: &Db,
    owner: Owner,
    now: Timestamp,
    settled: &mut Settled,
) -> sqlx::Result<bool> {
    let mut tenant = match db.write_as(owner).await {
        // The account was deleted meanwhile.
        Err(sqlx::Error::RowNotFound) => return Ok(true),
        tenant => tenant?,
    };
    let rows = reminders::with_due(&mut tenant, now, BATCH).await?;
    let settings = db::settings::find(&mut tenant).await?;
    let mut whole = Whole::load(&mut tenant, &settings, rows).await?;
    let ids = whole.applications();
    let (mut ended, mut gone_out) = (HashSet::new(), HashSet::new());
    let (mut left, mut all) = (
        ROWS,
        ids.len() < usize::try_from(BATCH).unwrap_or(usize::MAX),
    );
    for id in &ids {
        if left == 0 {
            all = false;
            break;
        }
        // By the settings and facts of now, whatever it was planned with. What is late at night waits from then on.
        whole.plan(&mut tenant, *id, now, None).await?;
        let of: Vec<Scheduled> = whole.reminders_of(*id).to_vec();
        let due: Vec<&Scheduled> = of.iter().filter(|it| is_due(it, now)).collect();
        all &= due.len() <= left;
        for it in due.into_iter().take(left) {
            left -= 1;
            gone_out.extend(whole.rings(it).then_some(it.row.id));
            settle_one(&mut whole, it, &of, now, settled);
            ended.insert(it.row.id);
        }
        // What follows from that: the next of a rule that repeats.
        whole.plan(&mut tenant, *id, now, None).await?;
    }
    // All at once: a statement a row would take most of the time.
    let ended: Vec<&Reminder> = whole.rows().filter(|row| ended.contains(&row.id)).collect();
    reminders::set_ended(&mut tenant, &ended).await?;
    settled.mails += mails::queue(&mut tenant, &whole, &gone_out, now).await?;
    tenant.commit().await?;
    Ok(all)
}

fn is_due(it: &Scheduled, now: Timestamp) -> bool {
    it.row.is_open() && it.send_at.is_some_and(|at| at <= now)
}

/// Settles one that is due, as far as that is known: that is still to be stored.
fn settle_one(
    whole: &mut Whole<'_>,
    it: &Scheduled,
    of: &[Scheduled],
    now: Timestamp,
    settled: &mut Settled,
) {
    let mut row = it.row.clone();
    // Later than the state before, whatever the clock says.
    row.updated_at = now.max(row.updated_at + Duration::milliseconds(1));
    let gives_way = of.iter().any(|other| {
        let goes = other.send_at;
        goes.is_some_and(|goes| it.row.gives_way_to(&other.row, goes, now))
    });
    if is_useless(&row, whole, now) || gives_way {
        row.expired_at = Some(now);
        settled.expired += 1;
    } else {
        (row.sent, row.sent_at) = (true, Some(now));
        settled.sent += 1;
    }
    whole.take(row);
}

/// Whether it is too late for it: what it is before has begun.
fn is_useless(row: &Reminder, whole: &Whole<'_>, now: Timestamp) -> bool {
    whole.event_of(row).is_some_and(|begins| begins <= now)
}

/// With what reminders are planned: the planner, and the rules of zones.
fn planned_with() -> String {
    format!("{PLANNER}/{}", zones::version())
}

/// Plans the reminders anew of everybody whose were planned by another planner, by other zone rules or
/// settings. Says how many users that were.
///
/// # Errors
/// When the database cannot. What was planned by then stays so, and the rest is done the next time.
pub async fn replan(db: &Db, now: Timestamp) -> sqlx::Result<u64> {
    let planned_with = planned_with();
    let (mut count, mut after) = (0, None);
    loop {
        let owners = db.owners_to_plan(&planned_with, after, USERS).await?;
        let Some(last) = owners.last().copied() else {
            return Ok(count);
        };
        for owner in owners {
            match replan_user(db, owner, now, &planned_with).await {
                Ok(()) => count += 1,
                // What is wrong with one does not hold up the others.
                Err(error) => {
                    let user_id = owner.user_id();
                    tracing::error!(%error, %user_id, "reminders were not planned anew");
                }
            }
        }
        after = Some(last);
    }
}

/// Plans all reminders of one user anew.
async fn replan_user(
    db: &Db,
    owner: Owner,
    now: Timestamp,
    planned_with: &str,
) -> sqlx::Result<()> {
    let mut batch = Some(Batch::default());
    while let Some(next) = batch {
        batch = replan_batch(db, owner, now, next, planned_with).await?;
    }
    Ok(())
}

/// Where planning somebody anew stands.
#[derive(Default)]
struct Batch {
    /// The last application that is done.
    after: Option<Uuid>,
    /// The version of the settings with which it began.
    version: Option<i64>,
}

/// One batch of one user's applications; the next, where there may be more.
async fn replan_batch(
    db: &Db,
    owner: Owner,
    now: Timestamp,
    batch: Batch,
    planned_with: &str,
) -> sqlx::Result<Option<Batch>> {
    let mut tenant = match db.write_as(owner).await {
        // The account was deleted meanwhile.
        Err(sqlx::Error::RowNotFound) => return Ok(None),
        tenant => tenant?,
    };
    let rows = db::rows::after::<Application>(&mut tenant, batch.after, BATCH).await?;
    let settings = db::settings::find(&mut tenant).await?;
    let version = Some(batch.version.unwrap_or(settings.version));
    let mut whole = Whole::load(&mut tenant, &settings, rows).await?;
    let ids = whole.applications();
    for id in &ids {
        whole.plan(&mut tenant, *id, now, None).await?;
    }
    let full = ids.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX);
    let next = ids.last().copied().filter(|_| full);
    let next = next.map(|after| Batch {
        after: Some(after),
        version,
    });
    // Where they changed on the way, those that came first were planned by others: it is done once more.
    if next.is_none() && version == Some(settings.version) {
        db::settings::set_planned_with(&mut tenant, planned_with, settings.version).await?;
    }
    tenant.commit().await?;
    Ok(next)
}
