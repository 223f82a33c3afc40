//! Which mails there are: decided where reminders go out, in the same transaction.

use super::{
    MAILS, about,
    files::{file_of, mailed_file},
};
use crate::{
    domain::{
        mailing::{GoneOut, letters, rule_of},
        reminder::Reminder,
        rules::ReminderChannel,
        time::Timestamp,
    },
    server::{
        db::{
            calendar_feeds, mail_files,
            mails::{self, About},
            tenant::{Tenant, TenantWrite},
        },
        services::reminders::Whole,
    },
};
use chrono::Duration;
use std::collections::HashSet;
use uuid::Uuid;
/// A feed that was read within this brings appointments into the person's calendar.
const FEED_IS_READ_WITHIN: Duration = Duration::days(7);

/// Puts what goes out at `now` into the queue, in the transaction in which it goes out.
pub(in crate::server::services) async fn queue(
    tenant: &mut TenantWrite,
    whole: &Whole<'_>,
    gone_out: &HashSet<Uuid>,
    now: Timestamp,
) -> sqlx::Result<u64> {
    let is_mailed = |row: &&Reminder| {
        let by = |way| row.channels.contains(&way);
        row.sent
            && gone_out.contains(&row.id)
            && (by(ReminderChannel::Email) || by(ReminderChannel::Calendar))
    };
    let mut rows: Vec<&Reminder> = whole.rows().filter(is_mailed).collect();
    if rows.is_empty() {
        return Ok(0);
    }
    rows.sort_unstable_by_key(|row| (row.due_at, row.id));
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let before = mails::mailed_before(tenant, &ids).await?;
    rows.retain(|row| !before.contains(&about(row)));
    let feed = calendar_feeds::find(tenant).await?;
    let is_read = feed.filter(|feed| !feed.attach_too).is_some_and(|feed| {
        feed.last_read_at
            .is_some_and(|at| at + FEED_IS_READ_WITHIN > now)
    });
    let mut out = Vec::with_capacity(rows.len());
    let mut seen = HashSet::new();
    for row in rows {
        let mut has_file = false;
        if let Some((activity, content)) = file_of(whole, row, now).filter(|_| !is_read) {
            has_file = seen.insert(activity)
                && !mail_files::has(tenant, activity, &content).await?
                // That brings it.
                && !mails::has_open_change(tenant, activity).await?;
        }
        out.push(GoneOut {
            row,
            event: whole.event_of(row),
            has_file,
        });
    }
    let letters = letters(&out, &whole.settings().reminder_defaults, now);
    let count = letters.len() as u64;
    for letter in letters {
        let of: Vec<&GoneOut<'_>> = letter.of.iter().filter_map(|at| out.get(*at)).collect();
        let what: Vec<About> = of.iter().map(|it| about(it.row)).collect();
        let id = id_of(tenant, &what);
        mails::insert(tenant, id, letter.kind, &what, now).await?;
        for it in of.into_iter().filter(|it| it.has_file) {
            let about = whole.activity_of(it.row);
            let of = whole.application(it.row.application_id);
            let file = about.zip(of);
            let file = file.and_then(|(it_is, of)| mailed_file(it_is, of, rule_of(it.row), id));
            if let Some(file) = file {
                mail_files::insert(tenant, &file, now).await?;
            }
        }
    }
    Ok(count)
}

/// The id of a mail: the same for the same person and reminders, whoever makes it, and when.
fn id_of(tenant: &impl Tenant, about: &[About]) -> Uuid {
    let mut name = tenant.user_id().as_bytes().to_vec();
    for it in about {
        name.extend_from_slice(it.reminder_id.as_bytes());
        name.extend_from_slice(&it.due_at.timestamp_millis().to_be_bytes());
    }
    Uuid::new_v5(&MAILS, &name)
}
