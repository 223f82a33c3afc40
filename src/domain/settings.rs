//! How a person wants things.

use super::{
    change::{Change, Items},
    choice::choice,
    error::{FieldError, Problem},
    fields::{Never, Patch, fields},
    row::{Edited, Made, Row},
    rules::ReminderDefaults,
    text::Line,
    time::{Timestamp, ZoneName},
};
use chrono::{NaiveTime, Weekday};
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};
use uuid::Uuid;

/// Shortest and longest idle time of a session, in minutes: five minutes to thirty days.
pub const SESSION_TIMEOUT_MINS: std::ops::RangeInclusive<i32> = 5..=43_200;

/// A time of day to the minute, as on a wall clock: `21:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClockTime(NaiveTime);

impl ClockTime {
    /// What a clock on the wall shows.
    pub const fn time(self) -> NaiveTime {
        self.0
    }

    /// The full hour `hour`, from 0 to 23; midnight for any other.
    pub fn at_hour(hour: u32) -> Self {
        Self(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN))
    }
}

impl TryFrom<String> for ClockTime {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        NaiveTime::parse_from_str(text.trim(), "%H:%M")
            .map(Self)
            .map_err(|_| "Give a time of day, such as 21:00.".to_owned())
    }
}

impl std::fmt::Display for ClockTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%H:%M"))
    }
}

impl From<ClockTime> for String {
    fn from(time: ClockTime) -> Self {
        time.to_string()
    }
}

choice! {
    /// The day with which a person's weeks begin.
    #[derive(Default)]
    pub enum WeekStart as "week_start" {
        /// As ISO 8601 and most of the world have it.
        #[default]
        Monday = "monday",
        /// As in much of the Arab world.
        Saturday = "saturday",
        /// As in the Americas and much of Asia.
        Sunday = "sunday",
    }
}

impl WeekStart {
    /// What it is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }

    /// The day of the calendar.
    pub const fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Mon,
            Self::Saturday => Weekday::Sat,
            Self::Sunday => Weekday::Sun,
        }
    }

    /// The one that begins with this day; Monday for a day with which none does.
    pub const fn of(day: Weekday) -> Self {
        match day {
            Weekday::Sat => Self::Saturday,
            Weekday::Sun => Self::Sunday,
            _ => Self::Monday,
        }
    }
}

fields! {
    /// How a person wants things: what a client needs from its first moment on.
    row Settings {
        /// Raised by one with each change; the `ETag`.
        #[cfg_attr(feature = "ssr", schemars(range(min = 1)))]
        pub version: i64,
    } {
        /// When they were last changed.
        pub updated_at: Timestamp,
    }

    /// The body of `PATCH /settings`: an absent field stays, `null` clears.
    patch SettingsPatch {}

    fields {
        /// How to address the person.
        display_name: Option<Line<80>>,
        /// The zone in which dates and times are shown.
        timezone: ZoneName,
        /// The day with which weeks begin.
        // What an older version stored has none.
        #[serde(default)]
        week_start: WeekStart,
        /// Idle minutes after which a session ends.
        #[cfg_attr(feature = "ssr", schemars(
            range(min = *SESSION_TIMEOUT_MINS.start(), max = *SESSION_TIMEOUT_MINS.end())
        ))]
        session_timeout_mins: i32,
        /// Reminders wait from then…
        quiet_hours_start: Option<ClockTime>,
        /// …until then. Both or neither.
        quiet_hours_end: Option<ClockTime>,
        /// Changes to the default reminders, by rule.
        #[serde(deserialize_with = "Items::read")]
        reminder_defaults: ReminderDefaults,
    }
}

impl Settings {
    /// What `patch` makes of these settings: the next version, changed at `now`.
    ///
    /// # Errors
    /// 400 naming every rule that would not hold.
    pub fn patched(&self, patch: &SettingsPatch, now: Timestamp) -> Result<Self, Problem> {
        let mut next = self.clone();
        patch.apply(&mut next);
        let mut errors = Vec::new();
        if !SESSION_TIMEOUT_MINS.contains(&next.session_timeout_mins) {
            errors.push(FieldError::new(
                "session_timeout_mins",
                "Between 5 minutes and 30 days (43,200 minutes).",
            ));
        }
        match (next.quiet_hours_start, next.quiet_hours_end) {
            (Some(_), None) => {
                errors.push(FieldError::new(
                    "quiet_hours_end",
                    "Say when quiet hours end.",
                ));
            }
            (None, Some(_)) => {
                errors.push(FieldError::new(
                    "quiet_hours_start",
                    "Say when quiet hours start.",
                ));
            }
            _ => {}
        }
        errors.extend(next.reminder_defaults.faults());
        if !errors.is_empty() {
            return Err(Problem::validation(errors));
        }
        next.version += 1;
        next.updated_at = now;
        Ok(next)
    }
}

impl Settings {
    /// What reminders are planned by, and when they go out.
    pub fn plans_by(&self) -> impl PartialEq + '_ {
        let quiet = (self.quiet_hours_start, self.quiet_hours_end);
        (&self.timezone, quiet, &self.reminder_defaults)
    }
}

impl Row for Settings {
    fn supersedes(&self, known: &Self) -> bool {
        self.version >= known.version
    }
    fn hash_state(&self, hasher: &mut impl Hasher) {
        (self.version, self.updated_at).hash(hasher);
    }
}

impl Edited for Settings {
    type Create = Never;
    type Patch = SettingsPatch;
    const COLLECTION: &'static str = "/settings";
    const SINGLE: bool = true;
    const NOUN: &'static str = "settings";

    fn version(&self) -> i64 {
        self.version
    }
    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }
    fn title(&self) -> String {
        "Settings".to_owned()
    }
    fn build(create: &Never, _: Uuid, _: Made) -> Result<Self, Problem> {
        match *create {}
    }
    fn patched(&self, patch: &SettingsPatch, made: Made) -> Result<Self, Problem> {
        Self::patched(self, patch, made.at)
    }
    /// Of the reminders what it says of a rule is laid over the rules as they are now: another device may have
    /// changed another one. Where that is all as it is, the user means what it does not say: a rule that is as
    /// everybody has it again.
    fn again(mut patch: SettingsPatch, now: Option<&Self>) -> SettingsPatch {
        if let (Some(mine), Some(now)) = (patch.reminder_defaults.value(), now) {
            let rules = now.reminder_defaults.clone().overlaid(mine);
            if rules != now.reminder_defaults {
                patch.reminder_defaults = Change::Set(rules);
            }
        }
        patch
    }
}

#[cfg(feature = "ssr")]
mod storage {
    use super::ClockTime;

    crate::domain::sql::sql_as!(
        ClockTime,
        String,
        |time: &ClockTime| time.to_string(),
        // Checked by the database; midnight stands for what cannot be.
        |text: String| ClockTime::try_from(text).unwrap_or(ClockTime(chrono::NaiveTime::MIN))
    );

    impl schemars::JsonSchema for ClockTime {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "ClockTime".into()
        }
        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            schemars::json_schema!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["21:00"] })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn settings() -> Settings {
        Settings {
            version: 1,
            display_name: None,
            timezone: ZoneName::default(),
            week_start: WeekStart::default(),
            session_timeout_mins: 4320,
            quiet_hours_start: None,
            quiet_hours_end: None,
            reminder_defaults: ReminderDefaults::default(),
            updated_at: chrono::Utc.timestamp_opt(0, 0).unwrap(),
        }
    }

    #[test]
    fn rules_made_again_leave_those_alone_that_another_device_changed() {
        let with = |rules: &str| Settings {
            reminder_defaults: serde_json::from_str(rules).unwrap(),
            ..settings()
        };
        let mine = |rules: &str| SettingsPatch {
            reminder_defaults: Change::Set(serde_json::from_str(rules).unwrap()),
            ..SettingsPatch::default()
        };
        let now = with(r#"{"offer": {"on": false}, "applied": {"on": false}}"#);
        for (wanted, made) in [
            // What they changed stands beside what was changed here.
            (
                r#"{"loop": {"mail": false}}"#,
                r#"{"offer": {"on": false}, "applied": {"on": false}, "loop": {"mail": false}}"#,
            ),
            (
                r#"{"offer": {"on": true}}"#,
                r#"{"applied": {"on": false}}"#,
            ),
            // All that it says is so: it means that the other is as everybody has it.
            (r#"{"offer": {"on": false}}"#, r#"{"offer": {"on": false}}"#),
            ("{}", "{}"),
        ] {
            let again = Settings::again(mine(wanted), Some(&now));
            assert_eq!(
                again.reminder_defaults,
                mine(made).reminder_defaults,
                "{wanted}"
            );
            assert_eq!(Settings::again(mine(wanted), None), mine(wanted));
        }
    }

    #[test]
    fn quiet_hours_need_both_ends() {
        let now = chrono::Utc.timestamp_opt(60, 0).unwrap();
        let half: SettingsPatch =
            serde_json::from_str(r#"{"quiet_hours_start": "21:00"}"#).unwrap();
        assert!(
            settings()
                .patched(&half, now)
                .unwrap_err()
                .message_for("quiet_hours_end")
                .is_some()
        );
        let both: SettingsPatch =
            serde_json::from_str(r#"{"quiet_hours_start": "21:00", "quiet_hours_end": "08:00"}"#)
                .unwrap();
        let next = settings().patched(&both, now).unwrap();
        assert_eq!(next.version, 2);
        assert_eq!(next.quiet_hours_start.unwrap().to_string(), "21:00");
    }

    #[test]
    fn clock_times_are_strict() {
        for wrong in ["", "25:00", "12:60", "noon", "12"] {
            assert!(ClockTime::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
