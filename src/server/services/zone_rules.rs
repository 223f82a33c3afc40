//! Zone rules change, appointments do not: what is planned for two in the afternoon stays there.
//!
//! Each user's batch is a transaction of its own. Doing it twice, or in several instances at once, moves
//! nothing more.

use crate::{
    domain::{
        activity::{Activity, start_by_rules},
        time::Timestamp,
    },
    server::{
        db::{
            Db, activities,
            activities::Picked,
            rows,
            tenant::{Owner, Tenant},
        },
        zones,
    },
};
use chrono::Duration;
use uuid::Uuid;

/// Starts that are looked at in one transaction.
const BATCH: i64 = 200;
/// Users that are looked up at once.
const USERS: u64 = 200;

/// Moves planned starts to where the rules of their zones have them now, unless they follow these rules,
/// or newer ones, already. Says how many moved.
///
/// # Errors
/// When the database cannot. What was moved by then stays there, and the rest is done the next time.
pub async fn follow(db: &Db, now: Timestamp) -> sqlx::Result<u64> {
    if db.zone_rules().await?.as_str() >= zones::version() {
        return Ok(0);
    }
    let (mut moved, mut after) = (0, None);
    loop {
        let owners = db.owners_of_planned(now, after, USERS).await?;
        let Some(last) = owners.last().copied() else {
            db.set_zone_rules(zones::version()).await?;
            return Ok(moved);
        };
        for owner in owners {
            let mut from = Some(Uuid::nil());
            while let Some(after) = from {
                let count;
                (count, from) = follow_batch(db, owner, now, after).await?;
                moved += count;
            }
        }
        after = Some(last);
    }
}

/// One batch of one user, those after `after`: how many moved, and the last where there may be more.
async fn follow_batch(
    db: &Db,
    owner: Owner,
    now: Timestamp,
    after: Uuid,
) -> sqlx::Result<(u64, Option<Uuid>)> {
    // Nobody who writes waits for a look that finds nothing.
    let (found, last) = strays(&mut db.read_as(owner).await?, now, after).await?;
    if found.is_empty() {
        return Ok((0, last));
    }
    let mut tenant = match db.write_as(owner).await {
        // The account was deleted meanwhile.
        Err(sqlx::Error::RowNotFound) => return Ok((0, None)),
        tenant => tenant?,
    };
    let (found, last) = strays(&mut tenant, now, after).await?;
    let mut moved = 0;
    for (id, to) in found {
        let Some(row) = rows::find::<Activity>(&mut tenant, id).await? else {
            continue;
        };
        let next = Activity {
            starts_at: Some(to),
            // Of two states of one version the later is the newer one.
            updated_at: now.max(row.updated_at + Duration::milliseconds(1)),
            ..row
        };
        rows::update(&mut tenant, &next).await?;
        super::reminders::replan(&mut tenant, now, &[next.application_id], None).await?;
        moved += 1;
    }
    tenant.commit().await?;
    Ok((moved, last))
}

/// The starts of a batch that are not where the rules have them, and where those are; and the last of a
/// full batch.
async fn strays(
    tenant: &mut impl Tenant,
    now: Timestamp,
    after: Uuid,
) -> sqlx::Result<(Vec<(Uuid, Timestamp)>, Option<Uuid>)> {
    let batch = activities::picked(tenant, now, after, BATCH).await?;
    let is_full = i64::try_from(batch.len()).is_ok_and(|count| count == BATCH);
    let last = batch.last().filter(|_| is_full).map(|picked| picked.id);
    Ok((batch.iter().filter_map(stray).collect(), last))
}

/// None where it is where it belongs, or the zone is not known any more.
fn stray(picked: &Picked) -> Option<(Uuid, Timestamp)> {
    let zone = picked.timezone.rules().ok()?;
    let to = start_by_rules(picked.starts_at, picked.starts_local, &zone)?;
    Some((picked.id, to))
}
