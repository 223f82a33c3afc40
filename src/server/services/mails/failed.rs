//! What is said where a mail was given up, and taken back where it is tried anew.

use super::about;
use crate::{
    domain::{
        reminder::Reminder,
        rules::{Channels, ReminderChannel},
        time::Timestamp,
    },
    server::db::{self, Db, mails, tenant::TenantWrite},
};
use chrono::Duration;
use uuid::Uuid;

/// The reminders of a mail say that it failed, or say so no more.
pub(super) async fn set(
    tenant: &mut TenantWrite,
    mail: Uuid,
    failed: bool,
    now: Timestamp,
) -> sqlx::Result<()> {
    let about_it = mails::about(tenant, mail).await?;
    let ids: Vec<Uuid> = about_it.iter().map(|it| it.reminder_id).collect();
    for mut row in db::rows::among::<Reminder>(tenant, "id", &ids).await? {
        let says_so = row.failed.contains(&ReminderChannel::Email);
        if says_so == failed || !about_it.contains(&about(&row)) {
            continue;
        }
        let others = row.failed.iter().copied();
        let mut ways: Vec<ReminderChannel> = others
            .filter(|way| *way != ReminderChannel::Email)
            .collect();
        ways.extend(failed.then_some(ReminderChannel::Email));
        row.failed = Channels::of(&ways);
        row.updated_at = now.max(row.updated_at + Duration::milliseconds(1));
        db::rows::update(tenant, &row).await?;
    }
    Ok(())
}

/// A mail that was given up is tried anew. Whether there was one of this id.
///
/// # Errors
/// When the database cannot.
pub async fn retry(db: &Db, mail: Uuid, now: Timestamp) -> sqlx::Result<bool> {
    let Some(owner) = db.owner_of_mail(mail).await? else {
        return Ok(false);
    };
    let mut tenant = match db.write_as(owner).await {
        // The account was deleted meanwhile.
        Err(sqlx::Error::RowNotFound) => return Ok(false),
        tenant => tenant?,
    };
    if !mails::retry(&mut tenant, mail, now).await? {
        return Ok(false);
    }
    set(&mut tenant, mail, false, now).await?;
    tenant.commit().await?;
    Ok(true)
}
