//! What became of an appointment whose file was mailed: calendars never follow a file.

use super::{
    MAILS, Post, Written,
    files::{content, mailed_file},
};
use crate::{
    domain::{
        activity::{Activity, ActivityStatus},
        application::Application,
        mailing::MailState,
        quiet_hours::{QuietHours, sending_late},
        time::Timestamp,
        user::Email,
    },
    server::{
        calendar::{Method, Told, cancellation},
        db::{
            self,
            mail_claims::Claimed,
            mail_files::{self, MailedFile},
            mails,
            tenant::{Tenant as _, TenantWrite},
        },
        mail::{self, Became, CalendarFile, ChangeLetter, Sealed, change_mail},
    },
};
use chrono::Duration;
use std::collections::BTreeMap;
use uuid::Uuid;
/// The content of what is off.
const OFF: [u8; 32] = [0; 32];

/// How it stands with an appointment whose file was mailed.
enum Now<'a> {
    /// It is planned.
    Planned(&'a Activity, &'a Application),
    /// It was called off, or deleted.
    Off,
    /// It took place: calendars have it as it was.
    Done,
}

impl<'a> Now<'a> {
    fn of(activity: Option<&'a Activity>, application: Option<&'a Application>) -> Self {
        match (activity, application) {
            (Some(activity), Some(_)) if activity.status == ActivityStatus::Done => Self::Done,
            (Some(activity), Some(application)) if activity.is_planned() => {
                Self::Planned(activity, application)
            }
            _ => Self::Off,
        }
    }

    /// What a calendar is to show; none where it may keep what it has.
    fn content(&self) -> Option<[u8; 32]> {
        match self {
            Self::Planned(activity, application) => Some(content(activity, application)),
            Self::Off => Some(OFF),
            Self::Done => None,
        }
    }
}

/// How long a change waits before it is mailed: what is moved is often moved once more.
const CHANGE_SETTLES: Duration = Duration::minutes(1);

/// What changed of these applications in this transaction is mailed where calendars may have files of it.
pub(in crate::server::services) async fn follow(
    tenant: &mut TenantWrite,
    applications: &[Uuid],
    now: Timestamp,
) -> sqlx::Result<()> {
    let told = mail_files::of_applications(tenant, applications, now).await?;
    // Of one appointment the last.
    let told: BTreeMap<Uuid, MailedFile> =
        told.into_iter().map(|it| (it.activity_id, it)).collect();
    if told.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = told.keys().copied().collect();
    let activities = db::rows::among::<Activity>(tenant, "id", &ids).await?;
    let rows = db::rows::among::<Application>(tenant, "id", applications).await?;
    for it in told.values() {
        let activity = activities.iter().find(|row| row.id == it.activity_id);
        let of = rows.iter().find(|row| row.id == it.application_id);
        let Some(content) = Now::of(activity, of).content() else {
            continue;
        };
        let from = now + CHANGE_SETTLES;
        // One that waits for the end of the night may have no time for that any more.
        if it.content == content || mails::hasten_change(tenant, it.activity_id, from).await? {
            continue;
        }
        let mut name = tenant.user_id().as_bytes().to_vec();
        for part in [
            it.activity_id.as_bytes().as_slice(),
            it.mail_id.as_bytes(),
            &content,
        ] {
            name.extend_from_slice(part);
        }
        let id = Uuid::new_v5(&MAILS, &name);
        mails::insert_change(tenant, id, it.kind, it.activity_id, from, now).await?;
    }
    Ok(())
}

impl Post {
    /// What a mail says of an appointment that is another one than was mailed.
    ///
    /// # Errors
    /// `RowNotFound` when the account was deleted meanwhile; else when the database cannot.
    pub(super) async fn written_change(
        &self,
        mail: &Claimed,
        to: &Email,
        activity: Uuid,
    ) -> sqlx::Result<Written> {
        let now = self.clock.now();
        let mut tenant = self.db.write_as(mail.owner()).await?;
        let settings = db::settings::find(&mut tenant).await?;
        let told = mail_files::last(&mut tenant, activity, mail.id).await?;
        let is_wanted = settings.reminder_defaults.rule(mail.kind).mail;
        let ended = |mail: &Claimed| {
            Ok(Written::Nothing(if mail.uncertain {
                MailState::Delivered
            } else {
                MailState::Dropped
            }))
        };
        let Some(before) = told.filter(|_| is_wanted) else {
            return ended(mail);
        };
        let row = db::rows::find::<Activity>(&mut tenant, activity).await?;
        let of = db::rows::find::<Application>(&mut tenant, before.application_id).await?;
        let is = Now::of(row.as_ref(), of.as_ref());
        let is_past = |at: Timestamp| at <= now;
        let is_over = match &is {
            // As long as the calendar shows it to come, it is to know better.
            Now::Planned(row, _) => row.starts_at.is_none_or(is_past) && is_past(before.starts_at),
            Now::Off | Now::Done => is_past(before.starts_at),
        };
        let content = is
            .content()
            .filter(|content| !is_over && before.content != *content);
        let Some(content) = content else {
            return ended(mail);
        };
        let quiet = QuietHours::of(&settings);
        let zone = settings.timezone.rules().unwrap_or_default();
        let begins = match &is {
            Now::Planned(row, _) => row
                .starts_at
                .unwrap_or(before.starts_at)
                .min(before.starts_at),
            Now::Off | Now::Done => before.starts_at,
        };
        let over = sending_late(now, Some(begins), now, quiet, &zone);
        if over > now {
            return Ok(Written::Later(over));
        }
        // What may be there says what is so, or another mail does.
        if let Some(bytes) = mail.bytes.clone().filter(|_| mail.uncertain) {
            let own = mail_files::content_of_mail(&mut tenant, activity, mail.id).await?;
            return match own {
                Some(own) if own == content => Ok(Written::As(bytes, None)),
                _ => ended(mail),
            };
        }
        let told = Told {
            activity,
            // What calendars may have from a download counts, too.
            sequence: row
                .as_ref()
                .map_or(before.sequence, |row| before.sequence.max(row.version - 2)),
            starts: before.starts_at,
            ends: before.ends_at,
            summary: before.summary.clone(),
        };
        let unsubscribe = self.unsubscribe(mail);
        let (became, file, page, note) = match &is {
            Now::Planned(activity, application) => (
                Became::Other {
                    activity,
                    application,
                    was_off: before.content == OFF,
                },
                // A rename of the company is no version of the activity: by its stamp the file is the newer one
                // (RFC 5546 §2.1.5).
                self.calendar_file(
                    &Activity {
                        updated_at: activity.updated_at.max(mail.created_at),
                        ..Activity::clone(activity)
                    },
                    application,
                ),
                activity.page(),
                mailed_file(activity, application, mail.kind, mail.id),
            ),
            Now::Off | Now::Done => (
                Became::Off {
                    application: of.as_ref(),
                    deleted: row.is_none() || of.is_none(),
                },
                Some(CalendarFile {
                    content: cancellation(&told, now),
                    method: Method::Cancel.name(),
                }),
                match (&row, &of) {
                    (Some(row), Some(_)) => row.page(),
                    (None, Some(of)) => format!("/board/{}", of.id),
                    (_, None) => "/board".to_owned(),
                },
                Some(MailedFile {
                    content: OFF.to_vec(),
                    mail_id: mail.id,
                    sequence: told.sequence + 1,
                    ..before.clone()
                }),
            ),
        };
        let letter = change_mail(&ChangeLetter {
            to,
            told: &told,
            became,
            page: &page,
            zone: mail::Zone {
                name: &settings.timezone,
                rules: &zone,
            },
            origin: &self.origin,
            unsubscribe: &unsubscribe,
        });
        let sealed = Sealed {
            id: mail.id,
            unsubscribe,
            files: file.into_iter().collect(),
        };
        let written = self.mailer.write(letter, sealed);
        if let Some(note) = note {
            mail_files::insert(&mut tenant, &note, now).await?;
            tenant.commit().await?;
        }
        Ok(match written {
            Ok(bytes) => Written::As(bytes, None),
            Err(error) => Written::Wrong(error),
        })
    }
}
