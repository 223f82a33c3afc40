//! What is deleted by its age: how long everything is kept, and how it goes, a batch at a time.
//!
//! Every batch is a transaction of its own, so that nobody who writes has to wait for a backlog.
//! Doing it twice, or in several instances at once, deletes nothing more.

use crate::{
    domain::{reminder::Reminder, sync::EntityKind, time::Timestamp},
    server::db::{Db, mutations, reminders, rows, sync, tenant::Owner, tombstones},
};
use chrono::Duration;

/// Answers under an idempotency key. Longer than [`TOMBSTONES_KEPT`], which is how long a device
/// may be offline: what it then sends again must not be taken for something new.
pub const ANSWERS_KEPT: Duration = Duration::days(120);
/// Tombstones. A device that was offline for longer reads everything anew.
pub const TOMBSTONES_KEPT: Duration = Duration::days(90);
/// Reminders, after they were due.
pub const REMINDERS_KEPT: Duration = Duration::days(90);
/// Sessions, after they were signed out or reached their absolute end.
pub const SESSIONS_KEPT: Duration = Duration::days(90);
/// Sign-in tokens, after they stopped working: until then the answer says why one does not work.
pub const SIGN_IN_TOKENS_KEPT: Duration = Duration::days(1);

/// Mails, after they were sent or given up.
pub const MAILS_KEPT: Duration = Duration::days(90);

/// Rows a transaction, of each kind.
const BATCH: u64 = 500;
/// Users that are looked up at once.
const USERS: u64 = 200;

/// How many rows went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Recorded answers.
    pub answers: u64,
    /// Tombstones.
    pub tombstones: u64,
}

/// Deletes recorded answers and tombstones that were kept long enough, a user at a time and under
/// the user's lock. The floor of the user's history rises with the tombstones that go.
///
/// # Errors
/// When the database cannot. What was deleted by then stays deleted.
pub async fn prune_histories(db: &Db, now: Timestamp) -> sqlx::Result<Pruned> {
    let (answers, tombstones) = (now - ANSWERS_KEPT, now - TOMBSTONES_KEPT);
    let mut pruned = Pruned::default();
    let mut after = None;
    loop {
        let owners = db.owners_of_old(answers, tombstones, after, USERS).await?;
        let Some(last) = owners.last().copied() else {
            return Ok(pruned);
        };
        for owner in owners {
            while let Some(batch) = prune_batch(db, owner, answers, tombstones).await? {
                pruned.answers += batch.answers;
                pruned.tombstones += batch.tombstones;
            }
        }
        after = Some(last);
    }
}

/// One batch of one user; `None` when there was nothing to do.
async fn prune_batch(
    db: &Db,
    owner: Owner,
    answers: Timestamp,
    tombstones: Timestamp,
) -> sqlx::Result<Option<Pruned>> {
    let mut tenant = match db.write_as(owner).await {
        // The account was deleted meanwhile.
        Err(sqlx::Error::RowNotFound) => return Ok(None),
        tenant => tenant?,
    };
    let answers = mutations::delete_before(&mut tenant, answers, BATCH).await?;
    let seqs = tombstones::delete_before(&mut tenant, tombstones, BATCH).await?;
    if let Some(highest) = seqs.iter().max() {
        sync::raise_floor(&mut tenant, *highest).await?;
    }
    tenant.commit().await?;
    let tombstones = seqs.len() as u64;
    Ok((answers + tombstones > 0).then_some(Pruned {
        answers,
        tombstones,
    }))
}

/// Deletes reminders that were due long ago, a user at a time and under the user's lock, and says how
/// many.
///
/// # Errors
/// As [`prune_histories`].
pub async fn forget_reminders(db: &Db, now: Timestamp) -> sqlx::Result<u64> {
    let before = now - REMINDERS_KEPT;
    let (mut all, mut after) = (0, None);
    loop {
        let owners = db
            .owners_of_reminders_due_before(before, after, USERS)
            .await?;
        let Some(last) = owners.last().copied() else {
            return Ok(all);
        };
        for owner in owners {
            while let Some(count) = forget_reminders_of(db, owner, before, now).await? {
                all += count;
            }
        }
        after = Some(last);
    }
}

/// One batch of one user; `None` when there was nothing to do.
async fn forget_reminders_of(
    db: &Db,
    owner: Owner,
    before: Timestamp,
    now: Timestamp,
) -> sqlx::Result<Option<u64>> {
    let mut tenant = match db.write_as(owner).await {
        // The account was deleted meanwhile.
        Err(sqlx::Error::RowNotFound) => return Ok(None),
        tenant => tenant?,
    };
    let ids = reminders::due_before(&mut tenant, before, BATCH).await?;
    for id in &ids {
        rows::delete::<Reminder>(&mut tenant, *id).await?;
        mutations::erase_bodies(&mut tenant, *id).await?;
        tombstones::insert(&mut tenant, EntityKind::Reminder, *id, now).await?;
    }
    tenant.commit().await?;
    Ok((!ids.is_empty()).then_some(ids.len() as u64))
}

/// Deletes sessions that ended long ago, and says how many.
///
/// # Errors
/// As [`prune_histories`].
pub async fn forget_sessions(db: &Db, now: Timestamp) -> sqlx::Result<u64> {
    let mut all = 0;
    loop {
        let deleted = db
            .delete_sessions_ended_before(now - SESSIONS_KEPT, BATCH)
            .await?;
        all += deleted;
        if deleted < BATCH {
            return Ok(all);
        }
    }
}

/// Deletes mails that came to their end long ago, and says how many.
///
/// # Errors
/// As [`prune_histories`].
pub async fn forget_mails(db: &Db, now: Timestamp) -> sqlx::Result<u64> {
    let mut all = 0;
    loop {
        let before = now - MAILS_KEPT;
        let deleted = db.delete_mails_ended_before(before, BATCH).await?;
        all += deleted;
        if deleted < BATCH {
            return Ok(all);
        }
    }
}

/// Deletes sign-in tokens that expired long ago, used or not, and says how many.
///
/// # Errors
/// As [`prune_histories`].
pub async fn forget_sign_in_tokens(db: &Db, now: Timestamp) -> sqlx::Result<u64> {
    let mut all = 0;
    loop {
        let deleted = db
            .delete_tokens_expired_before(now - SIGN_IN_TOKENS_KEPT, BATCH)
            .await?;
        all += deleted;
        if deleted < BATCH {
            return Ok(all);
        }
    }
}
