//! What is mailed about reminders: which mails there are is decided where reminders go out, in the same
//! transaction; what one says, when it is sent, from what is known then.
//!
//! A mail is sent until the provider has taken it, is written once as soon as it may have arrived, and always
//! has the same id: what comes twice is seen to be the same.

use super::reminders::Whole;
use crate::{
    domain::{
        activity::{Activity, ActivityStatus},
        application::Application,
        change::Change,
        error::Problem,
        mailing::{GoneOut, MOST_TRIES, MailState, letters, rule_of, wait},
        quiet_hours::{QuietHours, sending_late},
        reminder::Reminder,
        rules::{Channels, ReminderChannel, ReminderDefaults, Rule, RuleChange},
        settings::SettingsPatch,
        time::Timestamp,
        user::Email,
    },
    server::{
        calendar::{Appointment, Method, Told, cancellation, file},
        clock::Clock,
        db::{
            self, Db, calendar_feeds,
            mails::{self, About, Claimed, End, MailedFile},
            tenant::{Owner, Tenant as _, TenantWrite},
        },
        mail::{
            self, Became, CalendarFile, ChangeLetter, Item, Letter, MailError, Mailer, Outcome,
            Sealed, change_mail, reminder_mail,
        },
        secrets::{Keys, base64, sha256, unbase64},
    },
};
use chrono::Duration;
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// How long a claim holds: longer than handing over may take.
const LEASE: Duration = Duration::seconds(90);
/// A feed that was read within this brings appointments into the person's calendar.
const FEED_IS_READ_WITHIN: Duration = Duration::days(7);

/// The namespace of the ids of mails (UUIDv5, RFC 9562 §5.5).
const MAILS: Uuid = Uuid::from_u128(0x8d0e_3c55_6f0a_4b0e_9d5c_3a7e_51f2_b6c8);

/// Puts what goes out at `now` into the queue, in the transaction in which it goes out.
pub(super) async fn queue(
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
    let is_read = feed.is_some_and(|feed| {
        feed.last_read_at
            .is_some_and(|at| at + FEED_IS_READ_WITHIN > now)
    });
    let mut out = Vec::with_capacity(rows.len());
    let mut seen = HashSet::new();
    for row in rows {
        let mut has_file = false;
        if let Some((activity, content)) = file_of(whole, row, now).filter(|_| !is_read) {
            has_file = seen.insert(activity)
                && !mails::has_file(tenant, activity, &content).await?
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
                mails::insert_file(tenant, &file, now).await?;
            }
        }
    }
    Ok(count)
}

fn about(row: &Reminder) -> About {
    About {
        reminder_id: row.id,
        due_at: row.due_at,
    }
}

/// The id of a mail: the same for the same person and reminders, whoever makes it, and when.
fn id_of(tenant: &impl db::tenant::Tenant, about: &[About]) -> Uuid {
    let mut name = tenant.user_id().as_bytes().to_vec();
    for it in about {
        name.extend_from_slice(it.reminder_id.as_bytes());
        name.extend_from_slice(&it.due_at.timestamp_millis().to_be_bytes());
    }
    Uuid::new_v5(&MAILS, &name)
}

/// The appointment that a reminder is before, and what a calendar shows of it.
fn file_of(whole: &Whole<'_>, row: &Reminder, now: Timestamp) -> Option<(Uuid, [u8; 32])> {
    let activity = whole.activity_of(row)?;
    let application = whole.application(row.application_id)?;
    is_to_come(activity, now).then(|| (activity.id, content(activity, application)))
}

fn is_to_come(activity: &Activity, now: Timestamp) -> bool {
    activity.is_planned() && activity.starts_at.is_some_and(|starts| starts > now)
}

/// What a calendar shows of an appointment: where that is the same, its file is not mailed again.
fn content(activity: &Activity, application: &Application) -> [u8; 32] {
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
fn mailed_file(
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
pub(super) async fn follow(
    tenant: &mut TenantWrite,
    applications: &[Uuid],
    now: Timestamp,
) -> sqlx::Result<()> {
    let told = mails::files_of_applications(tenant, applications, now).await?;
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
        if it.content == content || mails::has_open_change(tenant, it.activity_id).await? {
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
        let from = now + CHANGE_SETTLES;
        mails::insert_change(tenant, id, it.kind, it.activity_id, from, now).await?;
    }
    Ok(())
}

/// Of a provider's words so many characters are kept.
const MOST_OF_WHY: usize = 300;

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
}

impl Post {
    /// Claims mails that are to be tried: at most `most`.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn claim(&self, most: i64) -> sqlx::Result<Vec<Claimed>> {
        let now = self.clock.now();
        self.db.claim_mails(now, now + LEASE, most).await
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
        let bytes = match self.written(mail, &user.email).await? {
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
            Written::As(bytes) => bytes,
        };
        if !self.db.keep_mail(mail, &bytes).await? {
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

    async fn end(&self, mail: &Claimed, end: &End, why: Option<&str>) -> sqlx::Result<bool> {
        // It is the provider's word, and goes to logs and terminals.
        let why = why.map(|why| {
            let plain = why.chars().filter(|c| !c.is_control());
            plain.take(MOST_OF_WHY).collect::<String>()
        });
        let why = why.as_deref();
        let held = self.db.end_claim(mail, end, why, self.clock.now()).await?;
        let (mail_id, attempt) = (mail.id, mail.attempts);
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
        if !self
            .end(mail, &End::Over(MailState::Dead), Some(why))
            .await?
        {
            return Ok(());
        }
        let (mail_id, attempt) = (mail.id, mail.attempts);
        tracing::error!(%mail_id, attempt, why, "a mail was given up");
        let mut tenant = match self.db.write_as(mail.owner()).await {
            // The account was deleted meanwhile.
            Err(sqlx::Error::RowNotFound) => return Ok(()),
            tenant => tenant?,
        };
        let about = mails::about(&mut tenant, mail.id).await?;
        let ids: Vec<Uuid> = about.iter().map(|it| it.reminder_id).collect();
        for mut row in db::rows::among::<Reminder>(&mut tenant, "id", &ids).await? {
            if row.failed.contains(&ReminderChannel::Email) || !about.contains(&self::about(&row)) {
                continue;
            }
            let failed = [row.failed.as_ref(), &[ReminderChannel::Email]].concat();
            row.failed = Channels::of(&failed);
            row.updated_at = self
                .clock
                .now()
                .max(row.updated_at + Duration::milliseconds(1));
            db::rows::update(&mut tenant, &row).await?;
        }
        tenant.commit().await
    }

    /// What a mail says of an appointment that is another one than was mailed.
    async fn written_change(
        &self,
        mail: &Claimed,
        to: &Email,
        activity: Uuid,
    ) -> sqlx::Result<Written> {
        let now = self.clock.now();
        let mut tenant = match self.db.write_as(mail.owner()).await {
            Err(sqlx::Error::RowNotFound) => return Ok(Written::Nothing(MailState::Dropped)),
            tenant => tenant?,
        };
        let settings = db::settings::find(&mut tenant).await?;
        let told = mails::last_file(&mut tenant, activity, mail.id).await?;
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
            Now::Planned(row, _) => row.starts_at.is_none_or(is_past),
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
            let own = mails::file_of_mail(&mut tenant, activity, mail.id).await?;
            return match own {
                Some(own) if own == content => Ok(Written::As(bytes)),
                _ => ended(mail),
            };
        }
        let told = Told {
            activity,
            sequence: before.sequence,
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
                self.calendar_file(activity, application),
                activity.page(),
                mailed_file(activity, application, mail.kind, mail.id),
            ),
            Now::Off | Now::Done => (
                Became::Off,
                Some(CalendarFile {
                    content: cancellation(&told, now),
                    method: Method::Cancel.name(),
                }),
                of.as_ref()
                    .map_or("/board".to_owned(), |of| format!("/board/{}", of.id)),
                Some(MailedFile {
                    content: OFF.to_vec(),
                    mail_id: mail.id,
                    sequence: before.sequence + 1,
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
            mails::insert_file(&mut tenant, &note, now).await?;
            tenant.commit().await?;
        }
        Ok(match written {
            Ok(bytes) => Written::As(bytes),
            Err(error) => Written::Wrong(error),
        })
    }

    /// Where mails of this kind are stopped.
    fn unsubscribe(&self, mail: &Claimed) -> String {
        let token = token(&self.keys, mail.user_id, mail.kind);
        format!("{}{UNSUBSCRIBE}{token}", self.origin)
    }

    /// What a mail says.
    async fn written(&self, mail: &Claimed, to: &Email) -> sqlx::Result<Written> {
        if let Some(activity) = mail.activity_id {
            return self.written_change(mail, to, activity).await;
        }
        let now = self.clock.now();
        let mut tenant = match self.db.write_as(mail.owner()).await {
            Err(sqlx::Error::RowNotFound) => return Ok(Written::Nothing(MailState::Dropped)),
            tenant => tenant?,
        };
        let about = mails::about(&mut tenant, mail.id).await?;
        let ids: Vec<Uuid> = about.iter().map(|it| it.reminder_id).collect();
        let reminders = db::rows::among::<Reminder>(&mut tenant, "id", &ids).await?;
        let of: HashSet<Uuid> = reminders.iter().map(|row| row.application_id).collect();
        let of: Vec<Uuid> = of.into_iter().collect();
        let applications = db::rows::among::<Application>(&mut tenant, "id", &of).await?;
        let settings = db::settings::find(&mut tenant).await?;
        let whole = Whole::load(&mut tenant, &settings, applications).await?;
        let rules = &settings.reminder_defaults;
        let brought = mails::files_of(&mut tenant, mail.id).await?;
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
            return Ok(Written::Later(over));
        }
        if stand.is_empty() && mail.uncertain {
            // Perhaps it is there already.
            return Ok(Written::Nothing(MailState::Delivered));
        }
        // What was deleted, or is due at another time, is never the same again.
        let is_there = whole.rows().any(|row| about.contains(&self::about(row)));
        if stand.is_empty() && !is_there {
            return Ok(Written::Nothing(MailState::Dropped));
        }
        if stand.is_empty() {
            // Who takes back what they did since, as people do at once, is mailed after all.
            return Ok(if mail.created_at + MAY_COME_BACK > now {
                Written::Later(now + LOOKED_AT_AGAIN)
            } else {
                Written::Nothing(MailState::Dropped)
            });
        }
        // As long as all of it is so, what may be there already is sent as the same. Where part of it is so no
        // more, the rest is better said twice than never.
        let all_stand = stand.len() == about.len();
        if let Some(bytes) = mail.bytes.clone().filter(|_| mail.uncertain && all_stand) {
            return Ok(Written::As(bytes));
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
            files.extend(self.calendar_file(activity, it.application));
            let kind = rule_of(it.reminder);
            contents.extend(mailed_file(activity, it.application, kind, mail.id));
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
        let sealed = Sealed {
            id: mail.id,
            unsubscribe,
            files,
        };
        let written = self.mailer.write(letter, sealed);
        if !contents.is_empty() {
            // It may have changed since the mail was put into the queue.
            for file in contents {
                mails::insert_file(&mut tenant, &file, now).await?;
            }
            tenant.commit().await?;
        }
        Ok(match written {
            Ok(bytes) => Written::As(bytes),
            Err(error) => Written::Wrong(error),
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

/// For how long after it was put into the queue what stands no more may come back.
const MAY_COME_BACK: Duration = Duration::days(1);
/// How often that is looked at.
const LOOKED_AT_AGAIN: Duration = Duration::minutes(10);

/// What there is to send.
enum Written {
    /// This.
    As(Vec<u8>),
    /// Nothing any more: how the mail ends.
    Nothing(MailState),
    /// Nothing before then.
    Later(Timestamp),
    /// It cannot be put together.
    Wrong(MailError),
}

/// Where mails are stopped: before the token.
pub const UNSUBSCRIBE: &str = "/unsubscribe/";

/// What the key is derived for that makes these addresses.
const PURPOSE: &str = "unsubscribe";

/// The octets of an id, and of what is signed of one address.
const ID: usize = 16;
const TAG: usize = 32;

/// What stops the mails of one rule to one person, and nothing else.
fn token(keys: &Keys, user: Uuid, rule: Rule) -> String {
    let said = [user.as_bytes().as_slice(), rule.as_str().as_bytes()].concat();
    let tag = keys.sign(PURPOSE, &said);
    base64(&[tag.as_slice(), &said].concat())
}

/// Whose mails of which rule an address stops; none where it is none of ours.
pub fn read_token(keys: &Keys, token: &str) -> Option<(Owner, Rule)> {
    let bytes = unbase64(token)?;
    let (tag, said) = bytes.split_at_checked(TAG)?;
    if !keys.verify(PURPOSE, said, tag) {
        return None;
    }
    let (user, rule) = said.split_at_checked(ID)?;
    let rule = std::str::from_utf8(rule).ok()?.parse().ok()?;
    Some((Owner::vouched(Uuid::from_slice(user).ok()?), rule))
}

/// Whether mails of a rule are sent to a person; none where there is no such person any more.
///
/// # Errors
/// When the database does not answer.
pub async fn is_mailed(db: &Db, owner: Owner, rule: Rule) -> Result<Option<bool>, Problem> {
    let mut tenant = db.read_as(owner).await?;
    match db::settings::find(&mut tenant).await {
        Ok(settings) => Ok(Some(settings.reminder_defaults.rule(rule).mail)),
        Err(sqlx::Error::RowNotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Stops the mails of these rules, or has them sent again. Where it is so already, nothing changes.
///
/// # Errors
/// When the database does not answer.
pub async fn set_mailed(
    db: &Db,
    owner: Owner,
    rules: &[Rule],
    wanted: bool,
    now: Timestamp,
) -> Result<(), Problem> {
    let mut tenant = match db.write_as(owner).await {
        Err(sqlx::Error::RowNotFound) => return Ok(()),
        tenant => tenant?,
    };
    let settings = db::settings::find(&mut tenant).await?;
    let defaults = with_mailed(settings.reminder_defaults.clone(), rules, wanted);
    if defaults == settings.reminder_defaults {
        return Ok(());
    }
    let patch = SettingsPatch {
        reminder_defaults: Change::Set(defaults),
        ..SettingsPatch::default()
    };
    // No reminder is another one for that.
    db::settings::update(&mut tenant, &settings.patched(&patch, now)?, false).await?;
    tenant.commit().await?;
    Ok(())
}

/// The same with mails of these rules sent, or not.
fn with_mailed(defaults: ReminderDefaults, rules: &[Rule], wanted: bool) -> ReminderDefaults {
    rules.iter().fold(defaults, |defaults, rule| {
        if defaults.rule(*rule).mail == wanted {
            return defaults;
        }
        let change = RuleChange {
            mail: (!wanted).then_some(false),
            ..defaults.change(*rule).cloned().unwrap_or_default()
        };
        defaults.with(*rule, change)
    })
}

/// After so long without a look at what is due, mails are held, so that whoever runs the server can say what is
/// to become of them.
const SILENCE: Duration = Duration::days(7);
/// How long they are held at most.
const HELD: Duration = Duration::hours(1);

/// Holds mails where nothing was looked for in a long time, as at a start and after a machine has slept, or where
/// `asked` to.
///
/// # Errors
/// When the database cannot.
pub async fn hold(db: &Db, asked: bool, now: Timestamp) -> sqlx::Result<()> {
    let watch = db.watch().await?;
    let was_silent = watch.last_scan_at.is_some_and(|at| at + SILENCE < now);
    if !(asked || was_silent) {
        return Ok(());
    }
    let until = now + HELD;
    db.hold_mails(Some(until)).await?;
    // Once is enough for one silence.
    db.note_scan(now).await?;
    tracing::warn!(%until, "mails are held: see `deliveries list`, then `deliveries resume`");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stops_one_rule_for_one_person_and_nobody_makes_one() {
        let keys = Keys::of(b"a secret of tests, long enough");
        let user = Uuid::from_u128(7);
        for rule in Rule::ALL {
            let token = token(&keys, user, *rule);
            let (owner, of) = read_token(&keys, &token).unwrap();
            assert_eq!((owner.user_id(), of), (user, *rule));
            let other = Keys::of(b"the secret of another server, too");
            assert!(read_token(&other, &token).is_none());
            assert!(read_token(&keys, &token[1..]).is_none());
        }
        for text in ["", "x", "////", "AAAA"] {
            assert!(read_token(&keys, text).is_none());
        }
    }
}
