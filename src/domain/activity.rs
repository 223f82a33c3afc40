//! What happens around an application: interviews, calls, mails, follow-ups, planned and past.

use super::{
    application::Contacts,
    change::Items,
    choice::choice,
    error::{FieldError, Problem},
    fields::{Create as _, Patch as _, fields},
    row::{Edited, Made, Row},
    stage::Status,
    text::{Line, Prose},
    time::{Timestamp, ZoneName, ZoneRules, outside_years, read_timestamp, to_millis},
};
use chrono::{Datelike, Duration, NaiveDateTime};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::hash::{Hash, Hasher};
use uuid::Uuid;

choice! {
    /// What it is.
    pub enum ActivityType as "activity_type" {
        /// A conversation that decides something.
        Interview = "Interview",
        /// Asking how it stands.
        FollowUp = "FollowUp",
        /// A phone call.
        Call = "Call",
        /// A mail.
        Email = "Email",
        /// Anything else.
        Other = "Other",
    }
}

choice! {
    /// Whether it is still to come.
    pub enum ActivityStatus as "activity_status" {
        /// It is planned.
        Scheduled = "scheduled",
        /// It has happened.
        Done = "done",
        /// It will not happen.
        Canceled = "canceled",
    }
}

choice! {
    /// Which interview of several it is.
    pub enum InterviewStage as "interview_stage" {
        /// A first conversation, often with a recruiter.
        Screening = "screening",
        /// About the work itself.
        Technical = "technical",
        /// Several in a row.
        Loop = "loop",
        /// About the terms.
        Offer = "offer",
        /// Another one.
        Other = "other",
    }
}

choice! {
    /// Where an interview takes place.
    pub enum InterviewMedium as "interview_medium" {
        /// At the employer's.
        Onsite = "onsite",
        /// Zoom.
        Zoom = "zoom",
        /// By phone.
        Phone = "phone",
        /// Google Meet.
        GoogleMeet = "google_meet",
        /// Microsoft Teams.
        Teams = "teams",
        /// Another way.
        Other = "other",
    }
}

choice! {
    /// How one follows up.
    pub enum FollowupChannel as "followup_channel" {
        /// By mail.
        Email = "email",
        /// On LinkedIn.
        LinkedIn = "linkedin",
        /// By phone.
        Phone = "phone",
        /// Another way.
        Other = "other",
    }
}

/// The longest that an activity takes, in minutes: a day.
pub const MAX_MINUTES: i32 = 24 * 60;

/// How long something takes: 1 to [`MAX_MINUTES`] minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "ssr", schemars(extend("minimum" = 1, "maximum" = MAX_MINUTES)))]
#[serde(try_from = "i32", into = "i32")]
pub struct Minutes(i32);

/// How long a conversation takes of which nobody said so.
const USUAL_MINUTES: i32 = 60;

impl Minutes {
    /// The number of minutes.
    pub const fn count(self) -> i32 {
        self.0
    }
}

impl TryFrom<i32> for Minutes {
    type Error = String;

    fn try_from(minutes: i32) -> Result<Self, String> {
        if (1..=MAX_MINUTES).contains(&minutes) {
            Ok(Self(minutes))
        } else {
            Err(format!("Between 1 and {MAX_MINUTES} minutes."))
        }
    }
}

impl From<Minutes> for i32 {
    fn from(minutes: Minutes) -> Self {
        minutes.0
    }
}

#[cfg(feature = "ssr")]
crate::domain::sql::sql_as!(Minutes, i32, |minutes: &Self| minutes.0, Self);

/// One thing to prepare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChecklistItem {
    /// What.
    pub text: Line<200>,
    /// Whether it is done.
    #[serde(default)]
    pub done: bool,
}

/// The most things to prepare for one activity.
pub const MAX_CHECKLIST: usize = 50;

/// At most [`MAX_CHECKLIST`] things to prepare.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "ssr", schemars(extend("maxItems" = MAX_CHECKLIST)))]
#[serde(try_from = "Vec<ChecklistItem>")]
pub struct Checklist(pub(super) Vec<ChecklistItem>);

impl TryFrom<Vec<ChecklistItem>> for Checklist {
    type Error = String;

    fn try_from(items: Vec<ChecklistItem>) -> Result<Self, String> {
        if items.len() > MAX_CHECKLIST {
            return Err(format!("At most {MAX_CHECKLIST} items."));
        }
        Ok(Self(items))
    }
}

impl Items for Checklist {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// An item with whatever else it has.
        #[derive(Deserialize)]
        #[serde(remote = "ChecklistItem")]
        struct Any {
            text: Line<200>,
            #[serde(default)]
            done: bool,
        }
        #[derive(Deserialize)]
        struct Item(#[serde(with = "Any")] ChecklistItem);

        let items = Vec::<Item>::deserialize(from)?;
        let items: Vec<ChecklistItem> = items.into_iter().map(|item| item.0).collect();
        Self::try_from(items).map_err(D::Error::custom)
    }
}

impl std::ops::Deref for Checklist {
    type Target = [ChecklistItem];
    fn deref(&self) -> &[ChecklistItem] {
        &self.0
    }
}

fields! {
    /// An activity as the server issued it.
    #[derive(Eq)]
    #[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
    row Activity {
        /// Made by the client or the server; never used again after a deletion.
        pub id: Uuid,
        /// The application that it belongs to, for ever.
        pub application_id: Uuid,
        /// Raised by one with each change; the `ETag`.
        pub version: i64,
    } {
        /// When it was created.
        #[serde(deserialize_with = "read_timestamp")]
        pub created_at: Timestamp,
        /// When it was last changed.
        #[serde(deserialize_with = "read_timestamp")]
        pub updated_at: Timestamp,
    }

    /// The body of `PATCH /activities/{id}`: an absent field stays, `null` clears.
    patch ActivityPatch {
        /// That to which it belongs already: an activity stays with its application.
        application_id: Option<Uuid>,
    }

    /// The body of `POST /applications/{id}/activities`. The type is required, and of what is scheduled
    /// the start; the rest has defaults.
    #[cfg_attr(feature = "ssr", schemars(extend("required" = ["type"])))]
    create ActivityCreate {
        /// The application; that of the address, where it is said.
        application_id: Option<Uuid>,
    }

    fields {
        /// What it is.
        r#type: ActivityType,
        /// Whether it is still to come; scheduled when absent.
        status: ActivityStatus,
        /// When it begins. What is scheduled has a start.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        starts_at: Option<Timestamp>,
        /// How long it takes.
        duration_minutes: Option<Minutes>,
        /// The zone in which its times were said; the user's when absent.
        timezone: ZoneName,
        /// What came of it, in words.
        outcome: Option<Prose<2000>>,
        /// What to do next.
        next_action: Option<Line<200>>,
        /// When to do it.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        next_action_due: Option<Timestamp>,
        /// Anything else.
        notes: Option<Prose<20000>>,
        /// People who take part.
        #[serde(deserialize_with = "Items::read")]
        related_contacts: Contacts,
        /// Which interview of several.
        interview_stage: Option<InterviewStage>,
        /// Where an interview takes place.
        interview_medium: Option<InterviewMedium>,
        /// The place, or the address of the meeting.
        location_or_link: Option<Line<2048>>,
        /// What will be talked about, and what to ask.
        agenda: Option<Prose<20000>>,
        /// What to prepare.
        #[serde(deserialize_with = "Items::read")]
        prep_checklist: Checklist,
        /// How one follows up.
        followup_channel: Option<FollowupChannel>,
        /// The name of the text that was taken for it.
        template_used: Option<Line<120>>,
        /// Until when an answer is to be had.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        reply_deadline: Option<Timestamp>,
    }
}

impl ActivityType {
    /// Whether it is a conversation: an appointment with somebody, which takes its time.
    pub const fn is_talk(self) -> bool {
        matches!(self, Self::Interview | Self::Call)
    }

    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Interview => "Interview",
            Self::FollowUp => "Follow-up",
            Self::Call => "Call",
            Self::Email => "Email",
            Self::Other => "Other",
        }
    }
}

impl ActivityStatus {
    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Scheduled => "Planned",
            Self::Done => "Done",
            Self::Canceled => "Called off",
        }
    }
}

impl InterviewStage {
    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Screening => "Screening",
            Self::Technical => "Technical",
            Self::Loop => "Interview loop",
            Self::Offer => "Offer",
            Self::Other => "Other",
        }
    }

    /// What such an interview is called.
    pub const fn interview(self) -> &'static str {
        match self {
            Self::Screening => "Screening interview",
            Self::Technical => "Technical interview",
            Self::Loop => "Interview loop",
            Self::Offer => "Talk about the offer",
            Self::Other => "Interview",
        }
    }

    /// Which interview is usual for an application in this status.
    pub const fn usual(status: Status) -> Self {
        match status {
            Status::TechScreen => Self::Technical,
            Status::InterviewLoop => Self::Loop,
            Status::Offer | Status::Accepted => Self::Offer,
            _ => Self::Screening,
        }
    }
}

impl InterviewMedium {
    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Onsite => "On site",
            Self::Zoom => "Zoom",
            Self::Phone => "Phone",
            Self::GoogleMeet => "Google Meet",
            Self::Teams => "Teams",
            Self::Other => "Other",
        }
    }
}

impl FollowupChannel {
    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Email => "Email",
            Self::LinkedIn => "LinkedIn",
            Self::Phone => "Phone",
            Self::Other => "Other",
        }
    }
}

/// The most of a text that stands for an activity without a name of its own.
const HEADLINE: usize = 80;

impl Activity {
    /// Whether it is still to come, or nobody said yet how it went.
    pub fn is_planned(&self) -> bool {
        self.status == ActivityStatus::Scheduled
    }

    /// Where the app shows it: a path below its origin.
    pub fn page(&self) -> String {
        format!("/board/{}?activity={}", self.application_id, self.id)
    }

    /// What it is called beside the others of its application.
    pub fn headline(&self) -> String {
        match (self.r#type, self.interview_stage) {
            (ActivityType::Interview, Some(stage)) => stage.interview().to_owned(),
            (ActivityType::Other, _) => {
                let text = self.notes.as_ref().map(Prose::as_str).unwrap_or_default();
                match text
                    .lines()
                    .next()
                    .map(str::trim)
                    .filter(|line| !line.is_empty())
                {
                    Some(line) => line.chars().take(HEADLINE).collect(),
                    None => self.r#type.label().to_owned(),
                }
            }
            (other, _) => other.label().to_owned(),
        }
    }

    /// Whether it is planned for a time that is past at `now`: then somebody is to tell how it went.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.is_planned() && self.ends_at().is_some_and(|ends| ends <= now)
    }

    /// When it ends, as far as it has a start. A conversation of which nobody said how long it takes
    /// takes an hour; anything else takes no time.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let usual = if self.r#type.is_talk() {
            USUAL_MINUTES
        } else {
            0
        };
        let minutes = self.duration_minutes.map_or(usual, Minutes::count);
        Some(self.starts_at? + Duration::minutes(minutes.into()))
    }

    /// Drops what is finer than a millisecond: not every store keeps it.
    fn keep_millis(&mut self) {
        self.starts_at = self.starts_at.map(to_millis);
        self.next_action_due = self.next_action_due.map(to_millis);
        self.reply_deadline = self.reply_deadline.map(to_millis);
    }

    /// What must hold between fields.
    fn check(&self) -> Result<(), Problem> {
        let mut errors = Vec::new();
        if self.status == ActivityStatus::Scheduled && self.starts_at.is_none() {
            errors.push(FieldError::new(
                "starts_at",
                "When is it? Give a day and a time.",
            ));
        }
        let times = [
            ("starts_at", self.starts_at),
            ("next_action_due", self.next_action_due),
            ("reply_deadline", self.reply_deadline),
        ];
        for (field, at) in times {
            errors.extend(at.and_then(|at| outside_years(field, at.year())));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::validation(errors))
        }
    }
}

/// Where a start goes by the rules that its zone has now: to the moment at which a clock on the wall shows
/// what was `picked`. None where it is there, or shows so already.
pub fn start_by_rules(
    starts_at: Timestamp,
    picked: NaiveDateTime,
    zone: &impl ZoneRules,
) -> Option<Timestamp> {
    // Of two moments that a clock shows alike the later one may have been picked.
    let shows = |at| zone.local(at) == picked;
    let moved = zone.instant(picked);
    (!shows(starts_at) && moved != starts_at).then_some(moved)
}

impl Row for Activity {
    // Versions count people's edits alone: new zone rules move a start without one.
    fn supersedes(&self, known: &Self) -> bool {
        (self.version, self.updated_at) >= (known.version, known.updated_at)
    }
    fn hash_state(&self, hasher: &mut impl Hasher) {
        (self.version, self.updated_at).hash(hasher);
    }
    fn parents(&self) -> [Option<Uuid>; 2] {
        [Some(self.application_id), None]
    }
}

impl Edited for Activity {
    type Create = ActivityCreate;
    type Patch = ActivityPatch;
    const COLLECTION: &'static str = "/activities";
    const NOUN: &'static str = "activity";

    fn version(&self) -> i64 {
        self.version
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn title(&self) -> String {
        self.headline()
    }

    fn build(create: &ActivityCreate, id: Uuid, made: Made) -> Result<Self, Problem> {
        let patch = create.clone().into_patch();
        let (Some(application_id), Some(kind), Some(zone)) = (
            create.application_id,
            patch.r#type.value(),
            patch.timezone.value(),
        ) else {
            let missing = [
                ("application_id", create.application_id.is_none()),
                ("type", patch.r#type.is_keep()),
                ("timezone", patch.timezone.is_keep()),
            ];
            let missing = missing.into_iter().filter(|(_, missing)| *missing);
            let errors = missing.map(|(field, _)| FieldError::new(field, "Fill this in."));
            return Err(Problem::validation(errors.collect()));
        };
        let mut row = Self {
            id,
            application_id,
            version: 1,
            r#type: *kind,
            status: ActivityStatus::Scheduled,
            starts_at: None,
            duration_minutes: None,
            timezone: zone.clone(),
            outcome: None,
            next_action: None,
            next_action_due: None,
            notes: None,
            related_contacts: Contacts::default(),
            interview_stage: None,
            interview_medium: None,
            location_or_link: None,
            agenda: None,
            prep_checklist: Checklist::default(),
            followup_channel: None,
            template_used: None,
            reply_deadline: None,
            created_at: made.at,
            updated_at: made.at,
        };
        patch.apply(&mut row);
        row.check()?;
        row.keep_millis();
        Ok(row)
    }

    fn patched(&self, patch: &ActivityPatch, made: Made) -> Result<Self, Problem> {
        let moved = patch.application_id.filter(|id| *id != self.application_id);
        if moved.is_some() {
            let why = "An activity stays with its application.";
            return Err(Problem::field("application_id", why));
        }
        let mut row = self.clone();
        patch.apply(&mut row);
        row.check()?;
        row.version += 1;
        row.updated_at = made.at;
        row.keep_millis();
        Ok(row)
    }

    fn created_at(create: &ActivityCreate) -> String {
        let parent = create.application_id.unwrap_or_default();
        format!("/applications/{parent}/activities")
    }

    fn recreate(&self, id: Uuid) -> Option<ActivityCreate> {
        let copy = ActivityCreate::copy_of(id, self)?;
        Some(ActivityCreate {
            application_id: Some(self.application_id),
            ..copy
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::application::tests::now;
    use serde_json::json;

    fn made() -> Made {
        Made {
            at: now(),
            on: now().date_naive(),
        }
    }

    /// An interview of the application `of`, in two days.
    pub(crate) fn sample(id: u128, of: u128) -> Activity {
        let create = json!({
            "application_id": Uuid::from_u128(of), "type": "Interview", "timezone": "Europe/Berlin",
            "starts_at": now() + Duration::days(2), "duration_minutes": 45,
        });
        let create = serde_json::from_value(create).unwrap();
        Activity::build(&create, Uuid::from_u128(id), made()).unwrap()
    }

    fn refused(create: serde_json::Value) -> Vec<String> {
        let create = serde_json::from_value(create).unwrap();
        let problem = Activity::build(&create, Uuid::from_u128(1), made()).unwrap_err();
        problem
            .errors
            .into_iter()
            .map(|error| error.field)
            .collect()
    }

    #[test]
    fn type_zone_and_application_are_enough_for_what_is_done() {
        let create = json!({
            "application_id": Uuid::from_u128(2), "type": "Call", "timezone": "Africa/Lagos",
            "status": "done",
        });
        let create = serde_json::from_value(create).unwrap();
        let row = Activity::build(&create, Uuid::from_u128(1), made()).unwrap();
        assert_eq!((row.version, row.starts_at), (1, None));
        assert_eq!(row.parents(), [Some(Uuid::from_u128(2)), None]);
        assert_eq!(row.aggregate(), Some(Uuid::from_u128(2)));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(refused(json!({})), ["application_id", "type", "timezone"]);
        let of = Uuid::from_u128(2);
        assert_eq!(
            refused(json!({"application_id": of, "type": "Call", "timezone": "UTC"})),
            ["starts_at"],
            "scheduled, unless something else is said"
        );
        let late = json!({
            "application_id": of, "type": "Call", "timezone": "UTC", "status": "done",
            "starts_at": "2300-01-01T00:00:00Z", "reply_deadline": "1969-12-31T00:00:00Z",
        });
        assert_eq!(refused(late), ["starts_at", "reply_deadline"]);
    }

    #[test]
    fn what_is_scheduled_keeps_its_start_and_everything_its_application() {
        let row = sample(1, 2);
        let patch = |patch| serde_json::from_value::<ActivityPatch>(patch).unwrap();
        let problem = row.patched(&patch(json!({"starts_at": null})), made());
        assert!(problem.unwrap_err().message_for("starts_at").is_some());
        let done = row
            .patched(&patch(json!({"starts_at": null, "status": "done"})), made())
            .unwrap();
        assert_eq!((done.version, done.starts_at), (2, None));
        let stays = patch(json!({"application_id": row.application_id, "outcome": "Good"}));
        assert!(row.patched(&stays, made()).is_ok());
        let moves = patch(json!({"application_id": Uuid::from_u128(9)}));
        let problem = row.patched(&moves, made()).unwrap_err();
        assert!(problem.message_for("application_id").is_some());
    }

    #[test]
    fn it_ends_when_its_time_is_over() {
        let row = sample(1, 2);
        let start = row.starts_at.unwrap();
        let end = start + Duration::minutes(45);
        assert_eq!(row.ends_at(), Some(end));
        assert!(row.is_over(end) && !row.is_over(end - Duration::seconds(1)));
        let told = Activity {
            status: ActivityStatus::Done,
            ..row.clone()
        };
        assert!(!told.is_over(end));
        let open = Activity {
            duration_minutes: None,
            ..row
        };
        assert_eq!(open.ends_at(), Some(start + Duration::hours(1)));
        let mail = Activity {
            r#type: ActivityType::Email,
            ..open
        };
        assert_eq!(mail.ends_at(), Some(start));
    }

    #[test]
    fn it_is_called_by_what_it_is() {
        let row = sample(1, 2);
        assert_eq!(row.headline(), "Interview");
        let technical = Activity {
            interview_stage: Some(InterviewStage::Technical),
            ..row.clone()
        };
        assert_eq!(technical.headline(), "Technical interview");
        let other = |notes: &str| Activity {
            r#type: ActivityType::Other,
            notes: notes.parse().ok(),
            ..row.clone()
        };
        assert_eq!(other("Sent the task\nand more").headline(), "Sent the task");
        assert_eq!(other("").headline(), "Other");
        assert_eq!(other(&"ä".repeat(500)).headline().chars().count(), HEADLINE);
    }

    #[test]
    fn limits_hold() {
        for minutes in [0, -5, MAX_MINUTES + 1] {
            assert!(serde_json::from_value::<Minutes>(json!(minutes)).is_err());
        }
        let item = json!({"text": "Read the job posting"});
        let list = |count| serde_json::from_value::<Checklist>(json!(vec![&item; count]));
        assert!(list(MAX_CHECKLIST).is_ok() && list(MAX_CHECKLIST + 1).is_err());
        assert!(serde_json::from_value::<ChecklistItem>(json!({"text": "x".repeat(201)})).is_err());
    }

    #[test]
    fn a_copy_is_the_same_under_another_id() {
        let row = sample(1, 2);
        let create = row.recreate(Uuid::from_u128(7)).unwrap();
        assert_eq!(
            Activity::created_at(&create),
            format!("/applications/{}/activities", row.application_id)
        );
        let copy = Activity::build(&create, Uuid::from_u128(7), made()).unwrap();
        assert!(ActivityPatch::are_alike(&row, &copy));
    }

    /// Clocks that are so far ahead, in seconds.
    struct Ahead(i32);

    impl ZoneRules for Ahead {
        fn offset_seconds(&self, _: chrono::DateTime<chrono::Utc>) -> i32 {
            self.0
        }
    }

    #[test]
    fn a_start_follows_the_clock_on_the_wall_where_rules_change() {
        let at = now() + Duration::days(2);
        let picked = Ahead(3600).local(at);
        assert_eq!(start_by_rules(at, picked, &Ahead(3600)), None);
        let moved = start_by_rules(at, picked, &Ahead(7200));
        assert_eq!(moved, Some(at - Duration::hours(1)));
        assert_eq!(start_by_rules(moved.unwrap(), picked, &Ahead(7200)), None);
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_start_in_an_hour_that_clocks_show_twice_or_never_rests() {
        let berlin = chrono_tz::Europe::Berlin;
        let second: Timestamp = "2026-10-25T01:30:00Z".parse().unwrap();
        assert_eq!(start_by_rules(second, berlin.local(second), &berlin), None);
        // Picked when clocks still showed it.
        let picked = "2026-03-29T02:30:00".parse().unwrap();
        let moved = start_by_rules(second, picked, &berlin).unwrap();
        assert_eq!(moved.to_rfc3339(), "2026-03-29T01:30:00+00:00");
        assert_eq!(start_by_rules(moved, picked, &berlin), None);
    }

    #[test]
    fn of_two_states_of_one_version_the_later_is_newer() {
        let row = sample(1, 2);
        let moved = Activity {
            updated_at: row.updated_at + Duration::milliseconds(1),
            ..row.clone()
        };
        assert!(moved.supersedes(&row) && row.supersedes(&row) && !row.supersedes(&moved));
        let edited = Activity { version: 2, ..row };
        assert!(edited.supersedes(&moved) && !moved.supersedes(&edited));
    }
}
