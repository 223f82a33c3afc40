//! A job application: its fields, how it is created and changed, and what must hold of it.

use super::{
    change::{Change, Items},
    choice::choice,
    edit::Op,
    error::{FieldError, Problem},
    fields::{Create, Patch, fields},
    link::{Links, WebUrl},
    money::{Amount, Currency},
    row::{Edited, Made, Row},
    stage::Status,
    tags::Tags,
    text::{Line, Prose},
    time::{CLOCK_SKEW, Timestamp, ZoneName, outside_years, read_timestamp, to_millis},
    user::Email,
};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::hash::{Hash, Hasher};
use uuid::Uuid;

choice! {
    /// How much the seeker wants it.
    pub enum Priority as "priority_level" {
        /// Not said.
        None = "None",
        /// Nice to have.
        Low = "Low",
        /// Wanted.
        Medium = "Medium",
        /// Wanted most.
        High = "High",
    }
}

choice! {
    /// Where the work is done.
    pub enum LocationMode as "location_mode" {
        /// From anywhere.
        Remote = "remote",
        /// Some days on site.
        Hybrid = "hybrid",
        /// On site.
        Onsite = "onsite",
    }
}

impl LocationMode {
    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Remote => "Remote",
            Self::Hybrid => "Hybrid",
            Self::Onsite => "On site",
        }
    }
}

/// A person behind an application, kept inline: as little as possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What they are called.
    pub name: Line<120>,
    /// What they do there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Line<120>>,
    /// Where to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Where to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Line<40>>,
    /// A profile page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<WebUrl>,
}

/// The most contacts of one application.
pub const MAX_CONTACTS: usize = 16;

/// At most [`MAX_CONTACTS`] contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "ssr", schemars(extend("maxItems" = MAX_CONTACTS)))]
#[serde(try_from = "Vec<Contact>")]
pub struct Contacts(pub(super) Vec<Contact>);

impl TryFrom<Vec<Contact>> for Contacts {
    type Error = String;

    fn try_from(contacts: Vec<Contact>) -> Result<Self, String> {
        if contacts.len() > MAX_CONTACTS {
            return Err(format!("At most {MAX_CONTACTS} contacts."));
        }
        Ok(Self(contacts))
    }
}

impl Items for Contacts {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// A contact with whatever else it has.
        #[derive(Deserialize)]
        #[serde(remote = "Contact")]
        struct Any {
            name: Line<120>,
            role: Option<Line<120>>,
            email: Option<Email>,
            phone: Option<Line<40>>,
            url: Option<WebUrl>,
        }
        #[derive(Deserialize)]
        struct Item(#[serde(with = "Any")] Contact);

        let items = Vec::<Item>::deserialize(from)?;
        let contacts: Vec<Contact> = items.into_iter().map(|item| item.0).collect();
        Self::try_from(contacts).map_err(D::Error::custom)
    }
}

impl std::ops::Deref for Contacts {
    type Target = [Contact];
    fn deref(&self) -> &[Contact] {
        &self.0
    }
}

fields! {
    /// An application as the server issued it.
    // `Eq` lets two `Arc`s of the same row compare by address.
    #[derive(Eq)]
    #[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
    row Application {
        /// Made by the client or the server; never used again after a deletion.
        pub id: Uuid,
        /// Raised by one with each change; the `ETag`.
        #[cfg_attr(feature = "ssr", schemars(range(min = 1)))]
        pub version: i64,
    } {
        /// Since when it has this status (its newest stage event that counts).
        #[serde(deserialize_with = "read_timestamp")]
        pub status_since: Timestamp,
        /// When it was created.
        #[serde(deserialize_with = "read_timestamp")]
        pub created_at: Timestamp,
        /// When it was last changed.
        #[serde(deserialize_with = "read_timestamp")]
        pub updated_at: Timestamp,
    }

    /// The body of `PATCH /applications/{id}`: an absent field stays, `null` clears.
    patch ApplicationPatch {
        /// When the change of status happened, no more than ten minutes from now; now when absent.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        status_occurred_at: Option<Timestamp>,
        /// Undoes a move: the application's newest stage event, which then counts for nothing.
        /// `status` must be what it was before that event.
        voids_stage_event: Option<Uuid>,
    }

    /// The body of `POST /applications`. Company and role are required; the rest has defaults.
    #[cfg_attr(feature = "ssr", schemars(extend("required" = ["company", "role_title"])))]
    create ApplicationCreate {
        /// When it took its status, no more than ten minutes from now; now when absent.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        status_occurred_at: Option<Timestamp>,
    }

    fields {
        /// The employer.
        company: Line<200>,
        /// The job's title.
        role_title: Line<200>,
        /// Where it stands.
        status: Status,
        /// Where the seeker found it.
        source: Line<80>,
        /// The day on which it was sent, in the user's time zone. A draft need not have one, nor what is
        /// on hold or withdrawn; in any other status it has one: where none is given, the day of the move.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        application_date: Option<NaiveDate>,
        /// How much the seeker wants it.
        priority: Priority,
        /// Where the work is done.
        location_mode: LocationMode,
        /// The place, in words.
        location_text: Option<Line<200>>,
        /// The employer's time zone.
        timezone: Option<ZoneName>,
        /// The posting.
        job_url: Option<WebUrl>,
        /// The employer's own number for the job.
        job_requisition_id: Option<Line<120>>,
        /// The level, in words.
        seniority_level: Option<Line<80>>,
        /// The lower end of the pay.
        salary_min: Option<Amount>,
        /// The upper end of the pay; not below `salary_min`.
        salary_max: Option<Amount>,
        /// The currency of the pay.
        salary_currency: Option<Currency>,
        /// Technologies, for searching.
        tech_keywords: Tags,
        /// The résumé that was sent.
        resume_url: Option<WebUrl>,
        /// The cover letter that was sent.
        cover_letter_url: Option<WebUrl>,
        /// Whether a cover letter was sent.
        cover_letter_used: bool,
        /// People behind it.
        #[serde(deserialize_with = "Items::read")]
        contacts_inline: Contacts,
        /// What to do next.
        next_action: Option<Line<200>>,
        /// When to do it.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        next_action_due: Option<Timestamp>,
        /// Anything else.
        notes: Option<Prose<20000>>,
        /// Free-form labels.
        tags: Tags,
        /// Anything that has an address.
        #[serde(deserialize_with = "Items::read")]
        attachments_links: Links,
        /// When it was archived; an archived application is not on the board.
        #[cfg_attr(feature = "ssr", schemars(extend("pattern" = super::schema::years())))]
        archived_at: Option<Timestamp>,
    }
}

impl ApplicationCreate {
    /// What creates an application with the fields of `row` under another id.
    pub fn copy(id: Uuid, row: &Application) -> Self {
        Self {
            status_occurred_at: Some(row.status_since),
            ..Self::copy_of(id, row).unwrap_or_default()
        }
    }

    /// An application with company and role alone.
    pub fn quick(id: Uuid, company: Line<200>, role_title: Line<200>) -> Self {
        Self {
            id: Some(id),
            company: Change::Set(company),
            role_title: Change::Set(role_title),
            ..Self::default()
        }
    }

    /// The application that this creates, with defaults for what is absent. `today` is the user's day, or
    /// that of `status_occurred_at` where it is given.
    ///
    /// # Errors
    /// 400 naming every required field that is absent and every rule that does not hold.
    pub fn build(self, id: Uuid, today: NaiveDate, now: Timestamp) -> Result<Application, Problem> {
        let patch = self.into_patch();
        let mut errors = Vec::new();
        let mut required = |field: &str, value: &Change<Line<200>>| {
            if value.is_keep() {
                errors.push(FieldError::new(field, "Fill this in."));
            }
        };
        required("company", &patch.company);
        required("role_title", &patch.role_title);
        let (Some(company), Some(role_title)) = (patch.company.value(), patch.role_title.value())
        else {
            return Err(Problem::validation(errors));
        };
        let mut row = Application {
            id,
            version: 1,
            company: company.clone(),
            role_title: role_title.clone(),
            status: Status::Applied,
            source: default_source(),
            application_date: None,
            priority: Priority::None,
            location_mode: LocationMode::Remote,
            location_text: None,
            timezone: None,
            job_url: None,
            job_requisition_id: None,
            seniority_level: None,
            salary_min: None,
            salary_max: None,
            salary_currency: None,
            tech_keywords: Tags::default(),
            resume_url: None,
            cover_letter_url: None,
            cover_letter_used: false,
            contacts_inline: Contacts::default(),
            next_action: None,
            next_action_due: None,
            notes: None,
            tags: Tags::default(),
            attachments_links: Links::default(),
            archived_at: None,
            status_since: patch.status_occurred_at.unwrap_or(now),
            created_at: now,
            updated_at: now,
        };
        patch.apply(&mut row);
        if row.status != Status::Draft {
            row.application_date = row.application_date.or(Some(today));
        }
        check(&row, &patch, now)?;
        row.keep_millis();
        Ok(row)
    }
}

fn default_source() -> Line<80> {
    // A literal that is within the limits.
    "Other"
        .parse()
        .unwrap_or_else(|_| unreachable!("a literal line"))
}

/// What people call an application, of its role and its company.
pub fn name_of(role: &str, company: &str) -> String {
    format!("{role} at {company}")
}

impl Application {
    /// What people call it, within a sentence: one company has several roles, and many have the same.
    pub fn name(&self) -> String {
        name_of(self.role_title.as_str(), self.company.as_str())
    }

    /// What `patch` makes of this application: the next version. What follows from its moves follows on
    /// their being known ([`Application::follow_since`], [`Application::follow_day`]).
    ///
    /// # Errors
    /// 400 naming every rule that would not hold.
    pub fn patched(&self, patch: &ApplicationPatch, made: Made) -> Result<Self, Problem> {
        let mut row = self.clone();
        patch.apply(&mut row);
        if row.status != self.status {
            row.status_since = patch.status_occurred_at.unwrap_or(made.at);
            let none_given = row.application_date.is_none() && patch.application_date.is_keep();
            if none_given && row.status.has_day() && patch.voids_stage_event.is_none() {
                row.application_date = Some(made.on);
            }
        }
        check(&row, patch, made.at)?;
        row.version += 1;
        row.updated_at = made.at;
        row.keep_millis();
        Ok(row)
    }

    /// Drops what is finer than a millisecond: not every store keeps it.
    fn keep_millis(&mut self) {
        self.next_action_due = self.next_action_due.map(to_millis);
        self.archived_at = self.archived_at.map(to_millis);
        self.status_since = to_millis(self.status_since);
    }

    /// Whether it stands on the board.
    pub fn is_on_board(&self) -> bool {
        self.archived_at.is_none()
    }
}

impl Row for Application {
    fn supersedes(&self, known: &Self) -> bool {
        // What follows from a correction of its moves makes no version.
        (self.version, self.updated_at) >= (known.version, known.updated_at)
    }
    fn hash_state(&self, hasher: &mut impl Hasher) {
        (self.version, self.updated_at).hash(hasher);
    }
}

impl Edited for Application {
    type Create = ApplicationCreate;
    type Patch = ApplicationPatch;
    const COLLECTION: &'static str = "/applications";
    const NOUN: &'static str = "application";

    fn version(&self) -> i64 {
        self.version
    }
    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }
    fn title(&self) -> String {
        self.role_title.to_string()
    }
    fn build(create: &ApplicationCreate, id: Uuid, made: Made) -> Result<Self, Problem> {
        create.clone().build(id, made.on, made.at)
    }
    fn patched(&self, patch: &ApplicationPatch, made: Made) -> Result<Self, Problem> {
        Self::patched(self, patch, made)
    }
    fn happened_at(patch: &ApplicationPatch) -> Option<Timestamp> {
        patch.status_occurred_at
    }
    fn recreate(&self, id: Uuid) -> Option<ApplicationCreate> {
        Some(ApplicationCreate::copy(id, self))
    }
    fn is_event(patch: &ApplicationPatch) -> bool {
        !patch.status.is_keep() || patch.voids_stage_event.is_some()
    }
    fn is_undo(patch: &ApplicationPatch) -> bool {
        patch.voids_stage_event.is_some()
    }
    fn make_earlier(op: &mut Op<Self>, ahead: Duration, days: Duration) {
        let (occurred, archived, applied) = match op {
            Op::Create(create) => (
                &mut create.status_occurred_at,
                &mut create.archived_at,
                Some(&mut create.application_date),
            ),
            Op::Patch(patch) => (&mut patch.status_occurred_at, &mut patch.archived_at, None),
            Op::Delete => return,
        };
        if let Some(at) = occurred {
            *at -= ahead;
        }
        if let Change::Set(Some(at)) = archived {
            *at -= ahead;
        }
        if let Some(Change::Set(Some(day))) = applied {
            *day += days;
        }
    }
    fn again(patch: ApplicationPatch, _: Option<&Self>) -> ApplicationPatch {
        ApplicationPatch {
            voids_stage_event: None,
            ..patch
        }
    }
}

/// What must hold between fields.
fn check(row: &Application, patch: &ApplicationPatch, now: Timestamp) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let cleared = patch.application_date.value().is_some() && row.application_date.is_none();
    if cleared && row.status.has_day() {
        let why = "Only what was not sent has no day: say when it was sent.";
        errors.push(FieldError::new("application_date", why));
    }
    if let (Some(min), Some(max)) = (row.salary_min, row.salary_max)
        && min > max
    {
        errors.push(FieldError::new(
            "salary_max",
            "The upper end is below the lower end.",
        ));
    }
    let mut in_range = |field: &str, year: i32| errors.extend(outside_years(field, year));
    use chrono::Datelike;
    // One that follows from when it happened is complained of there.
    if let Some(Some(day)) = patch.application_date.value() {
        in_range("application_date", day.year());
    }
    if let Some(due) = row.next_action_due {
        in_range("next_action_due", due.year());
    }
    if let Some(archived) = row.archived_at {
        in_range("archived_at", archived.year());
    }
    if let Some(at) = patch.status_occurred_at {
        if at <= now + CLOCK_SKEW {
            in_range("status_occurred_at", at.year());
        } else {
            errors.push(FieldError::new(
                "status_occurred_at",
                "A move cannot be in the future.",
            ));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::validation(errors))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use chrono::TimeZone;

    pub(crate) fn now() -> Timestamp {
        chrono::Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap()
    }

    pub(crate) fn sample(id: u128) -> Application {
        ApplicationCreate::quick(
            Uuid::from_u128(id),
            "Acme".parse().unwrap(),
            "Backend Engineer".parse().unwrap(),
        )
        .build(Uuid::from_u128(id), now().date_naive(), now())
        .unwrap()
    }

    #[test]
    fn company_and_role_are_enough() {
        let row = sample(1);
        assert_eq!(row.status, Status::Applied);
        assert_eq!(row.source.as_str(), "Other");
        assert_eq!(row.priority, Priority::None);
        assert_eq!(row.location_mode, LocationMode::Remote);
        assert_eq!(row.application_date, Some(now().date_naive()));
        assert_eq!(row.version, 1);
    }

    #[test]
    fn both_missing_fields_are_named() {
        let problem = ApplicationCreate::default()
            .build(Uuid::from_u128(1), now().date_naive(), now())
            .unwrap_err();
        assert!(problem.message_for("company").is_some());
        assert!(problem.message_for("role_title").is_some());
    }

    #[test]
    fn pay_must_be_a_range() {
        let patch: ApplicationPatch =
            serde_json::from_str(r#"{"salary_min": 90000, "salary_max": 80000}"#).unwrap();
        let problem = sample(1).patched(&patch, Made::utc(now())).unwrap_err();
        assert!(problem.message_for("salary_max").is_some());
        // The rule holds against what is stored too, not only within the patch.
        let stored = sample(1)
            .patched(
                &serde_json::from_str(r#"{"salary_min": 90000}"#).unwrap(),
                Made::utc(now()),
            )
            .unwrap();
        let patch = serde_json::from_str(r#"{"salary_max": 80000}"#).unwrap();
        assert!(stored.patched(&patch, Made::utc(now())).is_err());
    }

    #[test]
    fn a_patch_changes_what_it_names_and_its_inverse_restores_it() {
        let before = sample(1);
        let patch: ApplicationPatch =
            serde_json::from_str(r#"{"company": "Beta", "tags": ["x"], "notes": "n"}"#).unwrap();
        let after = before.patched(&patch, Made::utc(now())).unwrap();
        assert_eq!(after.company.as_str(), "Beta");
        assert_eq!(after.role_title, before.role_title);
        assert_eq!(after.version, 2);
        assert!(patch.is_noop_on(&after) && !patch.is_noop_on(&before));
        assert_eq!(patch.names(), ["company", "notes", "tags"]);
        let restored = after
            .patched(&patch.inverse(&before), Made::utc(now()))
            .unwrap();
        assert_eq!(
            restored,
            Application {
                version: 3,
                ..before
            }
        );
    }

    #[test]
    fn a_move_takes_the_time_at_which_it_happened() {
        let earlier = now() - chrono::Duration::days(2);
        let patch = ApplicationPatch {
            status: Change::Set(Status::Screening),
            status_occurred_at: Some(earlier),
            ..Default::default()
        };
        assert_eq!(
            sample(1)
                .patched(&patch, Made::utc(now()))
                .unwrap()
                .status_since,
            earlier
        );
        let future = ApplicationPatch {
            status_occurred_at: Some(now() + chrono::Duration::days(3)),
            ..patch
        };
        assert!(sample(1).patched(&future, Made::utc(now())).is_err());
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<ApplicationPatch>(r#"{"colour": "red"}"#).is_err());
        assert!(serde_json::from_str::<ApplicationPatch>(r#"{"id": "x"}"#).is_err());
    }
}
