//! Reminders: those that rules make, and those that people set.

mod follow_up;
mod planner;
#[cfg(test)]
mod plans;

pub use follow_up::{FollowUp, follow_up};
pub use planner::{Facts, anchor_of, last_before, plan, still_stands, title_of};

use super::{
    activity::Activity,
    application::Application,
    error::{FieldError, Problem},
    fields::{Create as _, Patch as _, fields},
    quiet_hours::{QuietHours, sending},
    row::{Edited, Made, Row},
    rules::{Channels, Counting, ReminderChannel, Rule},
    text::Line,
    time::{Timestamp, ZoneRules, outside_years, read_timestamp, to_millis},
};
use chrono::{Datelike, Duration};
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};
use uuid::Uuid;

/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;

/// What a person may have set on a planned reminder; the planner leaves that alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SetByHand {
    /// What it says.
    Title,
    /// When it is due.
    DueAt,
    /// By which ways.
    Channels,
    /// Whether it is called off.
    CanceledAt,
    /// That it comes though its rule does not want it any more.
    Kept,
}

/// Where a reminder comes from. People do not write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Origin {
    /// The rule that planned it; none of one that a person set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// How far from what it is counted from, in minutes; see [`super::rules::Counting`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i32>,
    /// Which one it is of a rule that repeats, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<i32>,
    /// What a person set on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<SetByHand>,
    /// Whether the planner called it off, and not a person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
}

impl Origin {
    /// Whether a person set this.
    pub fn is_set(&self, what: SetByHand) -> bool {
        self.set.contains(&what)
    }

    fn note(&mut self, what: SetByHand) {
        if !self.is_set(what) {
            self.set.push(what);
            self.set.sort_unstable();
        }
    }
}

fields! {
    /// A reminder as the server issued it.
    #[derive(Eq)]
    #[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
    row Reminder {
        /// Made by the client or the server; derived from `dedupe_key` where a rule planned it.
        pub id: Uuid,
        /// The application that it is about, also where it is about an activity of it.
        pub application_id: Uuid,
        /// The activity that it is about, if it is about one.
        pub activity_id: Option<Uuid>,
        /// Raised by one with each change that a person makes; the `ETag`.
        #[cfg_attr(feature = "ssr", schemars(range(min = 1)))]
        pub version: i64,
    } {
        /// Whether it was sent by all its ways, or could not be.
        pub sent: bool,
        /// When it was.
        pub sent_at: Option<Timestamp>,
        /// When it turned out to be of no use any more.
        pub expired_at: Option<Timestamp>,
        /// Ways by which it could not be sent.
        pub failed: Channels,
        /// What makes it the only one of its kind: of a planned one, its rule, what it is about, from when
        /// it is counted and how far.
        pub dedupe_key: Option<String>,
        /// Where it comes from.
        pub meta: Origin,
        /// When it was created.
        #[serde(deserialize_with = "read_timestamp")]
        pub created_at: Timestamp,
        /// When it was last changed.
        #[serde(deserialize_with = "read_timestamp")]
        pub updated_at: Timestamp,
    }

    /// The body of `PATCH /reminders/{id}`: an absent field stays, `null` clears. A new `due_at` that is
    /// still to come opens one again that was sent, or done.
    patch ReminderPatch {
        /// That to which it belongs already: a reminder stays with its application.
        application_id: Option<Uuid>,
        /// That to which it belongs already.
        activity_id: Option<Uuid>,
    }

    /// The body of `POST /reminders`. The title and when it is due are required, and an application or an
    /// activity; the channel is the app itself when absent. What is due in the past is due at once.
    #[cfg_attr(feature = "ssr", schemars(extend(
        "required" = ["title", "due_at"],
        "anyOf" = [{ "required": ["application_id"] }, { "required": ["activity_id"] }]
    )))]
    create ReminderCreate {
        /// What it is about; that of the activity when absent.
        application_id: Option<Uuid>,
        /// The activity that it is about.
        activity_id: Option<Uuid>,
    }

    fields {
        /// What it says.
        title: Line<200>,
        /// When it is wanted; quiet hours may defer it.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        due_at: Timestamp,
        /// By which ways: at least one.
        #[cfg_attr(feature = "ssr", schemars(extend("minItems" = 1)))]
        channels: Channels,
        /// When it was called off.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        canceled_at: Option<Timestamp>,
        /// When the person had done what it says.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        done_at: Option<Timestamp>,
    }
}

/// The namespace of the ids of planned reminders (UUIDv5, RFC 9562 §5.5).
const PLANNED: Uuid = Uuid::from_u128(0x2b61_7c2f_94c8_4d1d_8a37_5be0_6f1d_c9a4);

/// The id of the planned reminder of this key.
pub fn derive_id(dedupe_key: &str) -> Uuid {
    Uuid::new_v5(&PLANNED, dedupe_key.as_bytes())
}

/// Whether an application is one that rules remind of: it is on the board, and the hunt goes on.
pub(super) fn is_in_play(row: &Application) -> bool {
    row.is_on_board() && !row.status.is_closed()
}

impl Reminder {
    /// Where the app shows what it is about: a path below its origin.
    pub fn page(&self) -> String {
        match self.activity_id {
            Some(activity) => format!("/board/{}?activity={activity}", self.application_id),
            None => format!("/board/{}", self.application_id),
        }
    }

    /// Whether it was planned for what begins then: an appointment may have moved since it went out.
    pub fn is_planned_for(&self, begins: Timestamp) -> bool {
        let lead = self.meta.offset.map(i64::from).map(Duration::minutes);
        lead.is_none_or(|lead| self.due_at + lead == begins)
    }

    /// What it says now. One that a rule planned and that went out keeps the words of that time, while what it
    /// is about may have another name since. `about` is its activity.
    pub fn says(&self, of: Option<&Application>, about: Option<&Activity>) -> String {
        let rule = self
            .meta
            .rule
            .filter(|_| !self.meta.is_set(SetByHand::Title));
        let title = rule.zip(of).map(|(rule, of)| title_of(rule, of, about));
        title
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| self.title.to_string())
    }

    /// When begins what it is before; none where it is before nothing. `about` is its activity.
    pub fn event(&self, about: Option<&Activity>) -> Option<Timestamp> {
        let planned = about.filter(|it| it.is_planned())?;
        planned.starts_at.filter(|starts| self.due_at < *starts)
    }

    /// When it goes out by the quiet hours, whatever is late. `about` is its activity.
    pub fn goes_out(
        &self,
        about: Option<&Activity>,
        quiet: Option<QuietHours>,
        zone: &(impl ZoneRules + ?Sized),
    ) -> Timestamp {
        let event = self.event(about);
        sending(self.due_at, event, self.updated_at, quiet, zone).at
    }

    /// Whether another one, that goes out at `goes`, takes its place: of the same rule and appointment, by the
    /// end of the minute of `now`, and nearer. What people set themselves gives way to nothing.
    pub fn gives_way_to(&self, other: &Self, goes: Timestamp, now: Timestamp) -> bool {
        let minute = |at: Timestamp| at.timestamp().div_euclid(60);
        other.activity_id.is_some()
            && other.activity_id == self.activity_id
            && other.meta.rule == self.meta.rule
            && other.meta.rule.is_some()
            && other.is_open()
            && minute(goes) <= minute(now)
            && (other.due_at, other.id) > (self.due_at, self.id)
    }

    /// Whether it is still to go out.
    pub fn is_open(&self) -> bool {
        !self.sent && self.is_unanswered()
    }

    /// Whether nobody has done it or called it off, and it is of use.
    pub fn is_unanswered(&self) -> bool {
        let ends = [self.canceled_at, self.done_at, self.expired_at];
        ends.iter().all(Option::is_none)
    }

    /// The rule that planned it, where that repeats.
    pub fn repeated_rule(&self) -> Option<Rule> {
        let repeats = |rule: &Rule| rule.counting() == Counting::Repeated;
        self.meta.rule.filter(repeats)
    }

    /// Drops what is finer than a millisecond: not every store keeps it.
    fn keep_millis(&mut self) {
        self.due_at = to_millis(self.due_at);
        self.canceled_at = self.canceled_at.map(to_millis);
        self.done_at = self.done_at.map(to_millis);
    }

    fn check(&self) -> Result<(), Problem> {
        let times = [
            ("due_at", Some(self.due_at)),
            ("canceled_at", self.canceled_at),
            ("done_at", self.done_at),
        ];
        let wrong = times
            .into_iter()
            .filter_map(|(field, at)| outside_years(field, at?.year()));
        let mut errors: Vec<FieldError> = wrong.collect();
        if self.channels.is_empty() {
            errors.push(FieldError::new("channels", "Choose at least one channel."));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::validation(errors))
        }
    }
}

impl Row for Reminder {
    // Versions count people's edits alone: planner and worker change a row without one.
    fn supersedes(&self, known: &Self) -> bool {
        (self.version, self.updated_at) >= (known.version, known.updated_at)
    }
    fn hash_state(&self, hasher: &mut impl Hasher) {
        (self.version, self.updated_at).hash(hasher);
    }
    fn parents(&self) -> [Option<Uuid>; 2] {
        [Some(self.application_id), self.activity_id]
    }
}

impl Edited for Reminder {
    type Create = ReminderCreate;
    type Patch = ReminderPatch;
    const COLLECTION: &'static str = "/reminders";
    const NOUN: &'static str = "reminder";

    fn version(&self) -> i64 {
        self.version
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn title(&self) -> String {
        self.title.to_string()
    }

    fn build(create: &ReminderCreate, id: Uuid, made: Made) -> Result<Self, Problem> {
        let patch = create.clone().into_patch();
        let (Some(application_id), Some(title), Some(due_at)) = (
            create.application_id,
            patch.title.value(),
            patch.due_at.value(),
        ) else {
            let missing = [
                ("application_id", create.application_id.is_none()),
                ("title", patch.title.is_keep()),
                ("due_at", patch.due_at.is_keep()),
            ];
            let missing = missing.into_iter().filter(|(_, missing)| *missing);
            let errors = missing.map(|(field, _)| FieldError::new(field, "Fill this in."));
            return Err(Problem::validation(errors.collect()));
        };
        let mut row = Self {
            id,
            application_id,
            activity_id: create.activity_id,
            version: 1,
            title: title.clone(),
            due_at: *due_at,
            channels: Channels::of(&[ReminderChannel::InApp]),
            canceled_at: None,
            done_at: None,
            sent: false,
            sent_at: None,
            expired_at: None,
            failed: Channels::default(),
            dedupe_key: None,
            meta: Origin::default(),
            created_at: made.at,
            updated_at: made.at,
        };
        patch.apply(&mut row);
        row.check()?;
        row.keep_millis();
        Ok(row)
    }

    fn patched(&self, patch: &ReminderPatch, made: Made) -> Result<Self, Problem> {
        let other = |said: Option<Uuid>, own| said.is_some_and(|said| Some(said) != own);
        let why = "A reminder stays with what it is about.";
        if other(patch.application_id, Some(self.application_id)) {
            return Err(Problem::field("application_id", why));
        }
        if other(patch.activity_id, self.activity_id) {
            return Err(Problem::field("activity_id", why));
        }
        let mut row = self.clone();
        patch.apply(&mut row);
        row.check()?;
        row.keep_millis();
        let changed = [
            (SetByHand::Title, row.title != self.title),
            (SetByHand::DueAt, row.due_at != self.due_at),
            (SetByHand::Channels, row.channels != self.channels),
            (SetByHand::CanceledAt, row.canceled_at != self.canceled_at),
        ];
        for (what, _) in changed.into_iter().filter(|(_, changed)| *changed) {
            row.meta.note(what);
        }
        if row.due_at != self.due_at && row.due_at > made.at {
            if self.meta.off {
                row.canceled_at = None;
            }
            (row.sent, row.sent_at, row.expired_at) = (false, None, None);
            if patch.done_at.is_keep() {
                row.done_at = None;
            }
        }
        // The planner called it off, and a person says otherwise.
        row.meta.off &= row.canceled_at.is_some() && row.canceled_at == self.canceled_at;
        row.version += 1;
        row.updated_at = made.at;
        Ok(row)
    }

    fn recreate(&self, id: Uuid) -> Option<ReminderCreate> {
        let copy = ReminderCreate::copy_of(id, self)?;
        Some(ReminderCreate {
            application_id: Some(self.application_id),
            activity_id: self.activity_id,
            ..copy
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::{application::tests::now, stage::Status};

    use serde_json::json;

    /// A reminder that a person set on the application `of`, for tomorrow.
    pub(crate) fn sample(id: u128, of: u128) -> Reminder {
        let create = json!({
            "application_id": Uuid::from_u128(of), "title": "Ask Mira about the team",
            "due_at": now() + Duration::days(1),
        });
        let create = serde_json::from_value(create).unwrap();
        Reminder::build(&create, Uuid::from_u128(id), Made::utc(now())).unwrap()
    }

    /// What the rules as everybody has them plan of an application without activities, in UTC.
    pub(crate) fn planned(application: &Application, at: Timestamp) -> Vec<Reminder> {
        let facts = Facts {
            application,
            activities: &[],
            reminders: &[],
            rules: &Default::default(),
            zone: &chrono::Utc,
            now: at,
        };
        plan(&facts, &[])
    }

    /// The id of the first of them.
    pub(crate) fn planned_by(application: &Application, at: Timestamp) -> Uuid {
        planned(application, at)[0].id
    }

    #[test]
    fn what_went_out_says_what_it_is_about_by_its_name_of_now() {
        let mut of = crate::domain::application::tests::sample(1);
        of.status = Status::Applied;
        let mut row = planned(&of, now()).remove(0);
        (row.sent, row.sent_at) = (true, Some(row.due_at));
        of.company = "Beta".parse().unwrap();
        assert_eq!(row.says(Some(&of), None), "Follow up with Beta");
        assert_ne!(row.says(None, None), "Follow up with Beta");
        row = patched(&row, json!({ "title": "Ring Jo" }), now()).unwrap();
        assert_eq!(row.says(Some(&of), None), "Ring Jo", "a person's own words");

        let mut talk = crate::domain::activity::tests::sample(6, 1);
        let mut row = sample(10, 1);
        row.meta.rule = Some(Rule::Screening);
        assert_eq!(
            row.says(Some(&of), None),
            row.title.as_str(),
            "the talk is not known"
        );
        assert_eq!(row.says(Some(&of), Some(&talk)), talk.headline());
        // A talk within the hour has no reminder any more.
        talk.starts_at = Some(now() + Duration::minutes(30));
        let mut rules = crate::domain::rules::ReminderDefaults::default();
        assert_eq!(last_before(&talk, Status::Applied, &rules), Some(60));
        rules = serde_json::from_value(json!({ "screening": { "on": false } })).unwrap();
        assert_eq!(last_before(&talk, Status::Applied, &rules), None);
        talk.r#type = crate::domain::activity::ActivityType::Other;
        assert_eq!(last_before(&talk, Status::InterviewLoop, &rules), None);
    }

    fn patched(
        row: &Reminder,
        patch: serde_json::Value,
        at: Timestamp,
    ) -> Result<Reminder, Problem> {
        row.patched(&serde_json::from_value(patch).unwrap(), Made::utc(at))
    }

    #[test]
    fn a_title_and_a_time_are_enough() {
        let row = sample(1, 2);
        assert_eq!(&*row.channels, [ReminderChannel::InApp]);
        assert!(row.is_open());
        assert_eq!(row.parents(), [Some(Uuid::from_u128(2)), None]);
        let none = Reminder::build(&ReminderCreate::default(), Uuid::nil(), Made::utc(now()));
        let fields: Vec<String> = none
            .unwrap_err()
            .errors
            .into_iter()
            .map(|it| it.field)
            .collect();
        assert_eq!(fields, ["application_id", "title", "due_at"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let row = sample(1, 2);
        for (patch, field) in [
            (json!({"channels": []}), "channels"),
            (json!({"due_at": "2300-01-01T00:00:00Z"}), "due_at"),
            (
                json!({"canceled_at": "1900-01-01T00:00:00Z"}),
                "canceled_at",
            ),
        ] {
            let problem = patched(&row, patch, now()).unwrap_err();
            assert!(problem.message_for(field).is_some(), "{field}");
        }
        for wrong in [
            json!({"channels": ["in_app", "in_app"]}),
            json!({"due_at": null}),
            json!({"sent": true}),
        ] {
            assert!(serde_json::from_value::<ReminderPatch>(wrong).is_err());
        }
    }

    #[test]
    fn what_a_person_sets_is_noted() {
        use SetByHand::{CanceledAt, Channels, DueAt, Title};
        let row = sample(1, 2);
        let same = patched(&row, json!({"title": row.title}), now()).unwrap();
        assert!(same.meta.set.is_empty());
        let changes = json!({"title": "Other", "due_at": now(), "channels": ["email"]});
        let next = patched(&row, changes, now()).unwrap();
        assert_eq!(next.meta.set, [Title, DueAt, Channels]);
        assert_eq!(next.version, 2);
        let off = patched(&row, json!({"canceled_at": now()}), now()).unwrap();
        assert_eq!(off.meta.set, [CanceledAt]);
        assert!(!off.is_open());
    }

    #[test]
    fn a_new_time_that_is_still_to_come_opens_it_again() {
        let mut row = sample(1, 2);
        (row.sent, row.sent_at, row.done_at) = (true, Some(now()), Some(now()));
        let later = now() + Duration::hours(1);
        let open = patched(&row, json!({"due_at": later}), now()).unwrap();
        assert!(open.is_open());
        let past = patched(&row, json!({"due_at": now()}), now()).unwrap();
        assert!(past.sent && past.done_at.is_some());
        let done = patched(&row, json!({"due_at": later, "done_at": now()}), now()).unwrap();
        assert!(!done.sent && !done.is_open());
        let title = patched(&row, json!({"title": "Other"}), now()).unwrap();
        assert!(title.sent);
    }

    #[test]
    fn what_is_before_an_appointment_goes_out_before_the_quiet_hours_that_would_pass_it() {
        use crate::domain::activity::{self, ActivityStatus};
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut row = sample(10, 1);
        (row.due_at, row.updated_at) = (at("2026-11-29T23:00:00Z"), at("2026-11-29T09:00:00Z"));
        let mut about = activity::tests::sample(6, 1);
        about.status = ActivityStatus::Scheduled;
        about.starts_at = Some(at("2026-11-30T07:30:00Z"));
        let clock = |text: &str| text.to_owned().try_into().unwrap();
        let quiet = QuietHours::new(clock("21:00"), clock("08:00"));
        let goes = |about: Option<&Activity>, quiet| row.goes_out(about, quiet, &chrono::Utc);
        assert_eq!(goes(Some(&about), None), row.due_at);
        assert_eq!(goes(Some(&about), quiet), at("2026-11-29T20:59:00Z"));
        assert_eq!(goes(None, quiet), at("2026-11-30T08:00:00Z"));
        about.status = ActivityStatus::Canceled;
        assert_eq!(goes(Some(&about), quiet), at("2026-11-30T08:00:00Z"));
    }
}
