//! What is said where a mail was given up, and taken back where it is tried anew.

use super::about;
use crate::{
    domain::{
        application::Application,
        change::Change,
        reminder::{MAX_TITLE, Reminder, ReminderCreate},
        row::{Edited as _, Made},
        rules::{Channels, ReminderChannel},
        time::Timestamp,
    },
    server::{
        db::{self, Db, mail_claims::Claimed, mail_files, mails, tenant::TenantWrite},
        secrets,
    },
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

/// The mail was given up by which a calendar was to hear of a change: a reminder in the app says that this is the
/// person's to mend. Where the application is gone there is nothing on which it could stand.
pub(super) async fn tell_of_change(
    tenant: &mut TenantWrite,
    mail: &Claimed,
    now: Timestamp,
) -> sqlx::Result<()> {
    let Some(activity) = mail.activity_id else {
        return Ok(());
    };
    let Some(told) = mail_files::last(tenant, activity, mail.id).await? else {
        return Ok(());
    };
    let application = db::rows::find::<Application>(tenant, told.application_id).await?;
    let id = note_of(mail.id);
    if application.is_none() || db::rows::find::<Reminder>(tenant, id).await?.is_some() {
        return Ok(());
    }
    let title = format!("Put your calendar right, the mail failed: {}", told.summary);
    let title: String = title.chars().take(MAX_TITLE).collect();
    let Ok(title) = title.parse() else {
        return Ok(());
    };
    let create = ReminderCreate {
        application_id: Some(told.application_id),
        title: Change::Set(title),
        due_at: Change::Set(now),
        ..ReminderCreate::default()
    };
    if let Ok(row) = Reminder::build(&create, id, Made::utc(now)) {
        let row = Reminder {
            sent: true,
            sent_at: Some(now),
            ..row
        };
        // Nobody created it: what it is about is all that was asked for.
        let hash = secrets::sha256(id.as_bytes());
        db::rows::insert(tenant, &row, Some(hash)).await?;
    }
    Ok(())
}

/// The reminder that says of this mail that it was given up.
fn note_of(mail: Uuid) -> Uuid {
    Uuid::new_v5(&mail, b"given up")
}

/// A calendar has heard how it stands with an appointment: what was said of mails about it that were given up is of
/// no use any more.
pub(super) async fn is_mended(
    tenant: &mut TenantWrite,
    activity: Uuid,
    now: Timestamp,
) -> sqlx::Result<()> {
    let mails = mails::of_activity(tenant, activity).await?;
    let notes: Vec<Uuid> = mails.into_iter().map(note_of).collect();
    let rows = db::rows::among::<Reminder>(tenant, "id", &notes).await?;
    for mut row in rows.into_iter().filter(Reminder::is_unanswered) {
        row.expired_at = Some(now);
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
