//! The files of appointments that mails bring: what a calendar shows of one, and whether that is to come.

use crate::{
    domain::{
        activity::Activity, application::Application, reminder::Reminder, rules::Rule,
        time::Timestamp,
    },
    server::{db::mail_files::MailedFile, secrets::sha256, services::reminders::Whole},
};
use uuid::Uuid;
/// The appointment that a reminder is before, and what a calendar shows of it.
pub(super) fn file_of(
    whole: &Whole<'_>,
    row: &Reminder,
    now: Timestamp,
) -> Option<(Uuid, [u8; 32])> {
    let activity = whole.activity_of(row)?;
    let application = whole.application(row.application_id)?;
    is_to_come(activity, now).then(|| (activity.id, content(activity, application)))
}

pub(super) fn is_to_come(activity: &Activity, now: Timestamp) -> bool {
    activity.is_planned() && activity.starts_at.is_some_and(|starts| starts > now)
}

/// What a calendar shows of an appointment: where that is the same, its file is not mailed again.
pub(super) fn content(activity: &Activity, application: &Application) -> [u8; 32] {
    let place = activity.location_or_link.as_ref();
    let shown = (
        activity.starts_at,
        activity.ends_at(),
        activity.timezone.to_string(),
        activity.headline(),
        application.company.as_str(),
        place.map(ToString::to_string),
        activity.status.as_str(),
    );
    sha256(format!("{shown:?}").as_bytes())
}

/// An appointment as the file of a mail has it.
pub(super) fn mailed_file(
    activity: &Activity,
    application: &Application,
    kind: Rule,
    mail: Uuid,
) -> Option<MailedFile> {
    Some(MailedFile {
        activity_id: activity.id,
        content: content(activity, application).to_vec(),
        mail_id: mail,
        application_id: application.id,
        kind,
        sequence: activity.version - 1,
        starts_at: activity.starts_at?,
        ends_at: activity.ends_at()?,
        summary: format!("{}, {}", activity.headline(), application.company),
    })
}
