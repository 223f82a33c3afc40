//! What is mailed about reminders: which mails there are is decided where reminders go out, in the same
//! transaction; what one says, when it is sent, from what is known then.
//!
//! A mail is sent until the provider has taken it, and always has the same id. What may have arrived is sent
//! again as it was, so that what comes twice is seen to be the same, as long as it would still say that.

mod changes;
mod failed;
mod files;
mod hold;
mod queue;
mod unsubscribe;

use super::reminders::Whole;
use crate::{
    domain::{
        activity::Activity,
        application::Application,
        mailing::{MOST_TRIES, MailState, rule_of, wait},
        reminder::Reminder,
        rules::ReminderChannel,
        time::Timestamp,
        user::Email,
    },
    server::{
        calendar::{Appointment, Method, file},
        clock::Clock,
        db::{
            self, Db,
            mail_claims::{Claimed, End, Wanted},
            mail_files::{self, MailedFile},
            mails::{self, About},
            tenant::Tenant,
        },
        mail::{
            self, CalendarFile, Item, LastMail, Letter, Mail, MailError, Mailer, Operator, Outcome,
            Sealed, reminder_mail,
        },
        metrics::Metrics,
        secrets::{self, Keys},
    },
};
pub(super) use changes::follow;
use chrono::Duration;
pub use failed::retry;
use files::{is_to_come, mailed_file};
pub use hold::hold;
pub(super) use queue::queue;
use std::{collections::HashSet, sync::Arc};
use unsubscribe::token;
pub use unsubscribe::{UNSUBSCRIBE, is_mailed, read_token, set_mailed};
use uuid::Uuid;

/// How long a claim holds: longer than handing over may take.
const LEASE: Duration = Duration::seconds(90);
/// The namespace of the ids of mails (UUIDv5, RFC 9562 §5.5).
const MAILS: Uuid = Uuid::from_u128(0x8d0e_3c55_6f0a_4b0e_9d5c_3a7e_51f2_b6c8);

fn about(row: &Reminder) -> About {
    About {
        reminder_id: row.id,
        due_at: row.due_at,
    }
}

/// Of a provider's words so many characters are kept.
const MOST_OF_WHY: usize = 300;

/// A provider's word as it goes to logs and terminals: whom it is to is nobody's business there.
fn plain(why: &str) -> String {
    let words = why.split_whitespace();
    let words = words.map(|word| {
        if word.contains('@') {
            "(address)"
        } else {
            word
        }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    let line = line.chars().filter(|c| !c.is_control());
    line.take(MOST_OF_WHY).collect()
}

/// What mails are sent with.
#[derive(Clone)]
pub struct Post {
    /// The database.
    pub db: Db,
    /// What signs the addresses at which mails are stopped.
    pub keys: Keys,
    /// How mail leaves.
    pub mailer: Mailer,
    /// The time.
    pub clock: Clock,
    /// Where the app lives.
    pub origin: Arc<str>,
    /// Who hears of mails that were given up.
    pub operator: Operator,
    /// What is noted of the newest mail beside the database.
    pub last_mail: LastMail,
    /// What became of each try is counted.
    pub metrics: Arc<Metrics>,
}

impl Post {
    /// Claims mails that are to be tried.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn claim(&self, wanted: &Wanted<'_>) -> sqlx::Result<Vec<Claimed>> {
        let now = self.clock.now();
        self.db.claim_mails(now, now + LEASE, wanted).await
    }

    /// Sends a mail that is claimed, unless there is nothing to say any more. `random` is a number from 0 to 1.
    /// Whether the provider could be reached.
    ///
    /// # Errors
    /// When the database cannot. The claim runs out then.
    pub async fn deliver(&self, mail: &Claimed, random: f64) -> sqlx::Result<bool> {
        let Some(user) = self.db.find_user(mail.user_id).await? else {
            return Ok(true);
        };
        if mail.attempts > MOST_TRIES {
            // Each try ended without a word, as where the process died of it.
            self.give_up(mail, "the tries were used up").await?;
            return Ok(true);
        }
        let (bytes, said) = match self.written(mail, &user.email).await? {
            Written::Nothing(state) => {
                self.end(mail, &End::Over(state), None).await?;
                return Ok(true);
            }
            Written::Later(at) => {
                let later = End::Again {
                    at,
                    counts: false,
                    uncertain: false,
                };
                self.end(mail, &later, None).await?;
                return Ok(true);
            }
            Written::Wrong(error) => {
                self.give_up(mail, &error.to_string()).await?;
                return Ok(true);
            }
            Written::As(bytes, said) => (bytes, said),
        };
        if !self
            .db
            .keep_mail(mail, &bytes, said, self.clock.now())
            .await?
        {
            return Ok(true);
        }
        let outcome = self.mailer.hand_over(&user.email, mail.id, &bytes).await;
        let now = self.clock.now();
        let again = |at, counts, uncertain| End::Again {
            at,
            counts,
            uncertain,
        };
        match outcome {
            Outcome::Taken => {
                self.end(mail, &End::Over(MailState::Delivered), None)
                    .await?;
                self.last_mail.note(now);
                if let Some(activity) = mail.activity_id {
                    self.mended(mail, activity).await?;
                }
            }
            Outcome::Refused { why } => self.give_up(mail, &why).await?,
            Outcome::TryAgain { why, .. } if mail.attempts >= MOST_TRIES => {
                self.give_up(mail, &why).await?;
            }
            Outcome::TryAgain {
                asked,
                uncertain,
                why,
            } => {
                let asked = asked.and_then(|asked| Duration::from_std(asked).ok());
                let at = now + wait(mail.attempts, asked, random);
                self.end(mail, &again(at, true, uncertain), Some(&why))
                    .await?;
            }
            Outcome::Unreachable { why } => {
                self.end(mail, &again(now, false, false), Some(&why))
                    .await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Tells whoever runs the server of what was given up in the hour that is over.
    pub async fn sum_up(&self) {
        if let Some(word) = self.operator.sums_up(self.clock.now())
            && let Err(error) = self.mailer.send(word).await
        {
            self.operator.did_not_hear();
            tracing::error!(%error, "OPERATOR_EMAIL was not told");
        }
    }

    async fn end(&self, mail: &Claimed, end: &End, why: Option<&str>) -> sqlx::Result<bool> {
        let why = why.map(plain);
        let why = why.as_deref();
        let held = self.db.end_claim(mail, end, why, self.clock.now()).await?;
        let (mail_id, attempt) = (mail.id, mail.attempts);
        let outcome = match end {
            End::Over(state) => Some(state.as_str()),
            End::Again { counts: true, .. } => Some("again"),
            // What waits for the morning was no try.
            End::Again { .. } => why.map(|_| "unreachable"),
        };
        if let Some(outcome) = outcome.filter(|_| held) {
            self.metrics.mail(outcome);
        }
        match end {
            _ if !held => tracing::warn!(%mail_id, attempt, "a claim had run out"),
            End::Over(state) => tracing::info!(%mail_id, attempt, %state, "a mail is over"),
            End::Again { at, .. } => {
                tracing::warn!(%mail_id, attempt, why, next = %at, "a mail was not sent");
            }
        }
        Ok(held)
    }

    /// A mail is dead: its reminders say so.
    async fn give_up(&self, mail: &Claimed, why: &str) -> sqlx::Result<()> {
        let why = &plain(why);
        if !self
            .end(mail, &End::Over(MailState::Dead), Some(why))
            .await?
        {
            return Ok(());
        }
        let (mail_id, attempt) = (mail.id, mail.attempts);
        tracing::error!(%mail_id, attempt, why, "a mail was given up");
        let now = self.clock.now();
        match self.db.write_as(mail.owner()).await {
            // The account was deleted meanwhile.
            Err(sqlx::Error::RowNotFound) => {}
            tenant => {
                let mut tenant = tenant?;
                failed::set(&mut tenant, mail.id, true, now).await?;
                failed::tell_of_change(&mut tenant, mail, now).await?;
                tenant.commit().await?;
            }
        }
        // Last: that may take as long as the provider takes.
        if let Some(word) = self.operator.hears_of(mail_id, why, now)
            && let Err(error) = self.mailer.send(word).await
        {
            self.operator.did_not_hear();
            tracing::error!(%mail_id, %error, "OPERATOR_EMAIL was not told");
        }
        Ok(())
    }

    /// A change of an appointment was mailed: what was said of earlier mails about it is over.
    async fn mended(&self, mail: &Claimed, activity: Uuid) -> sqlx::Result<()> {
        match self.db.write_as(mail.owner()).await {
            // The account was deleted meanwhile.
            Err(sqlx::Error::RowNotFound) => Ok(()),
            tenant => {
                let mut tenant = tenant?;
                failed::is_mended(&mut tenant, activity, self.clock.now()).await?;
                tenant.commit().await
            }
        }
    }

    /// Where mails of this kind are stopped.
    fn unsubscribe(&self, mail: &Claimed) -> String {
        let token = token(&self.keys, mail.user_id, mail.kind);
        format!("{}{UNSUBSCRIBE}{token}", self.origin)
    }

    /// What a mail says.
    async fn written(&self, mail: &Claimed, to: &Email) -> sqlx::Result<Written> {
        let written = match mail.activity_id {
            Some(activity) => self.written_change(mail, to, activity).await,
            None => self.written_of_reminders(mail, to).await,
        };
        match written {
            // The account was deleted meanwhile.
            Err(sqlx::Error::RowNotFound) => Ok(Written::Nothing(MailState::Dropped)),
            written => written,
        }
    }

    /// What a mail about reminders says. One that brings files notes what their appointments are by now, and so
    /// takes the lock of whoever changes them.
    async fn written_of_reminders(&self, mail: &Claimed, to: &Email) -> sqlx::Result<Written> {
        let mut tenant = self.db.snapshot_as(mail.owner()).await?;
        let brought = mail_files::activities_of_mail(&mut tenant, mail.id).await?;
        if brought.is_empty() {
            let (written, _) = self.read_anew(&mut tenant, mail, to, &brought).await?;
            return Ok(written);
        }
        drop(tenant);
        let mut tenant = self.db.write_as(mail.owner()).await?;
        // Another mail may have brought one of them meanwhile.
        let brought = mail_files::activities_of_mail(&mut tenant, mail.id).await?;
        let (written, files) = self.read_anew(&mut tenant, mail, to, &brought).await?;
        if !files.is_empty() {
            for file in files {
                mail_files::insert(&mut tenant, &file, self.clock.now()).await?;
            }
            tenant.commit().await?;
        }
        Ok(written)
    }

    /// What a mail about reminders says by what is so now, and the files that it brings: what they were about may
    /// have changed since it was put into the queue.
    async fn read_anew(
        &self,
        tenant: &mut impl Tenant,
        mail: &Claimed,
        to: &Email,
        brought: &[Uuid],
    ) -> sqlx::Result<(Written, Vec<MailedFile>)> {
        let without_files = |written| Ok((written, Vec::new()));
        let now = self.clock.now();
        let about = mails::about(tenant, mail.id).await?;
        let ids: Vec<Uuid> = about.iter().map(|it| it.reminder_id).collect();
        let reminders = db::rows::among::<Reminder>(tenant, "id", &ids).await?;
        let of: HashSet<Uuid> = reminders.iter().map(|row| row.application_id).collect();
        let of: Vec<Uuid> = of.into_iter().collect();
        let applications = db::rows::among::<Application>(tenant, "id", &of).await?;
        let settings = db::settings::find(tenant).await?;
        let whole = Whole::load(tenant, &settings, applications).await?;
        let rules = &settings.reminder_defaults;
        let is_mailed = |row: &Reminder| {
            let by = |way| row.channels.contains(&way);
            let file = row.activity_id.is_some_and(|id| brought.contains(&id));
            let wanted = by(ReminderChannel::Email) || (by(ReminderChannel::Calendar) && file);
            wanted && rules.rule(rule_of(row)).mail && rules.rule(mail.kind).mail
        };
        let mut stand: Vec<&Reminder> = whole
            .rows()
            .filter(|row| about.contains(&self::about(row)))
            .filter(|row| is_mailed(row) && whole.stands(row, now))
            .collect();
        stand.sort_unstable_by_key(|row| (row.due_at, row.id));
        // It is night where the person is: what has time waits.
        let night = stand.iter().map(|row| whole.late(row, now)).min();
        if let Some(over) = night.filter(|over| *over > now) {
            return without_files(Written::Later(over));
        }
        if stand.is_empty() && mail.uncertain {
            // Perhaps it is there already.
            return without_files(Written::Nothing(MailState::Delivered));
        }
        // What was deleted, or is due at another time, is never the same again.
        let is_there = whole.rows().any(|row| about.contains(&self::about(row)));
        if stand.is_empty() && !is_there {
            return without_files(Written::Nothing(MailState::Dropped));
        }
        if stand.is_empty() {
            // Who takes back what they did since, as people do at once, is mailed after all.
            return without_files(if mail.created_at + MAY_COME_BACK > now {
                Written::Later(now + LOOKED_AT_AGAIN)
            } else {
                Written::Nothing(MailState::Dropped)
            });
        }
        let items: Vec<Item<'_>> = stand
            .into_iter()
            .filter_map(|reminder| {
                Some(Item {
                    reminder,
                    application: whole.application(reminder.application_id)?,
                    activity: whole.activity_of(reminder),
                })
            })
            .collect();
        let mut files = Vec::new();
        let mut contents = Vec::new();
        for it in &items {
            let activity = it.activity.filter(|it| is_to_come(it, now));
            let Some(activity) = activity.filter(|it| brought.contains(&it.id)) else {
                continue;
            };
            let kind = rule_of(it.reminder);
            let Some(content) = mailed_file(activity, it.application, kind, mail.id) else {
                continue;
            };
            // What may be in a calendar already as it was then is put right by a mail of its own.
            let own = mail_files::content_of_mail(tenant, activity.id, mail.id).await?;
            if mail.uncertain && own.is_some_and(|own| own != content.content) {
                continue;
            }
            files.extend(self.calendar_file(activity, it.application));
            contents.push(content);
        }
        let unsubscribe = self.unsubscribe(mail);
        let zone = settings.timezone.rules().unwrap_or_default();
        let letter = reminder_mail(&Letter {
            to,
            kind: mail.kind,
            items,
            zone: mail::Zone {
                name: &settings.timezone,
                rules: &zone,
            },
            origin: &self.origin,
            unsubscribe: &unsubscribe,
            has_file: !files.is_empty(),
        });
        let said = said(&letter, &files);
        // As long as it would say the same, what may be there already is sent as the same. Where it is another
        // thing by now, or part of it stands no more, that is better said twice than never.
        let same = mail.uncertain && mail.said.as_deref() == Some(&said);
        if let Some(bytes) = mail.bytes.clone().filter(|_| same) {
            return without_files(Written::As(bytes, None));
        }
        let sealed = Sealed {
            id: mail.id,
            unsubscribe,
            files,
        };
        Ok(match self.mailer.write(letter, sealed) {
            Ok(bytes) => (Written::As(bytes, Some(said)), contents),
            Err(error) => (Written::Wrong(error), contents),
        })
    }

    fn calendar_file(
        &self,
        activity: &Activity,
        application: &Application,
    ) -> Option<CalendarFile> {
        let content = file(&Appointment {
            activity,
            application,
            zone: &activity.timezone.rules().unwrap_or_default(),
            link: format!("{}{}", self.origin, activity.page()),
        })?;
        let method = Method::of(activity).name();
        Some(CalendarFile { content, method })
    }
}

/// The hash of what a mail says.
fn said(letter: &Mail, files: &[CalendarFile]) -> [u8; 32] {
    let mut said = format!("{}\n{}\n{}", letter.subject, letter.text, letter.html);
    for file in files {
        said.push('\n');
        said.push_str(&file.content);
    }
    secrets::sha256(said.as_bytes())
}

/// For how long after it was put into the queue what stands no more may come back.
const MAY_COME_BACK: Duration = Duration::days(1);
/// How often that is looked at.
const LOOKED_AT_AGAIN: Duration = Duration::minutes(10);

/// What there is to send.
enum Written {
    /// This; with the hash of what it says, where it was written now.
    As(Vec<u8>, Option<[u8; 32]>),
    /// Nothing any more: how the mail ends.
    Nothing(MailState),
    /// Nothing before then.
    Later(Timestamp),
    /// It cannot be put together.
    Wrong(MailError),
}
