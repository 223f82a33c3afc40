//! Instants, calendar days and time zones. Storage is UTC; people see their own zone.
//!
//! The rules of a zone are an argument ([`ZoneRules`]): the server has the IANA database, a browser
//! has its own, and shipping a second copy to every visitor would outweigh the application.

use super::text::text_type;
use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// An instant, to the millisecond: what JavaScript, SQLite and PostgreSQL all keep exactly.
pub type Timestamp = DateTime<Utc>;

/// Drops what is finer than a millisecond.
pub fn to_millis(at: DateTime<Utc>) -> Timestamp {
    at.trunc_subsecs(3)
}

/// The name of an IANA time zone, such as `Africa/Lagos`. Only its form is checked here; whether
/// it exists is asked where the zone's rules are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ZoneName(String);

impl Default for ZoneName {
    /// SPEC §4.
    fn default() -> Self {
        Self("Africa/Lagos".into())
    }
}

impl TryFrom<String> for ZoneName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let name = text.trim();
        let fits = !name.is_empty()
            && name.len() <= 64
            && name.split('/').all(|part| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
            });
        if fits {
            Ok(Self(name.to_owned()))
        } else {
            Err("Give a time zone by its IANA name, such as Africa/Lagos.".into())
        }
    }
}
text_type!(ZoneName);

/// What a time zone does to clocks.
pub trait ZoneRules {
    /// How far local clocks are ahead of UTC at this instant, in seconds (west is negative).
    fn offset_seconds(&self, at: DateTime<Utc>) -> i32;

    /// What a clock on the wall shows at this instant.
    fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc() + Duration::seconds(self.offset_seconds(at).into())
    }

    /// The calendar day at this instant.
    fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date()
    }

    /// The instant at which a clock on the wall shows `wall`. Where clocks show it twice, the
    /// first time; where they skip it, the instant that is as far after the jump as `wall` is
    /// after the last moment before it.
    fn instant(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        let as_utc = wall.and_utc();
        let before = self.offset_seconds(as_utc - Duration::days(1));
        let after = self.offset_seconds(as_utc + Duration::days(1));
        // Offsets a day on either side cover the one jump that may lie between. The larger offset
        // is the earlier instant; it is tried first.
        for offset in [before.max(after), before.min(after)] {
            let candidate = as_utc - Duration::seconds(offset.into());
            if self.local(candidate) == wall {
                return candidate;
            }
        }
        as_utc - Duration::seconds(before.into())
    }
}

impl ZoneRules for Utc {
    fn offset_seconds(&self, _: DateTime<Utc>) -> i32 {
        0
    }
}

#[cfg(feature = "ssr")]
mod iana {
    use super::{DateTime, Utc, ZoneName, ZoneRules};
    use chrono::{Offset, TimeZone};

    impl ZoneRules for chrono_tz::Tz {
        fn offset_seconds(&self, at: DateTime<Utc>) -> i32 {
            self.offset_from_utc_datetime(&at.naive_utc())
                .fix()
                .local_minus_utc()
        }
    }

    impl ZoneName {
        /// The zone's rules from the IANA database, or what is wrong with the name.
        pub fn rules(&self) -> Result<chrono_tz::Tz, String> {
            self.as_str().parse().map_err(|_| {
                format!("“{self}” is no time zone of the IANA database, such as Africa/Lagos.")
            })
        }
    }

    impl schemars::JsonSchema for ZoneName {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "ZoneName".into()
        }
        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            schemars::json_schema!({ "type": "string", "examples": ["Africa/Lagos"], "description": "IANA time zone" })
        }
    }
}

/// How long ago a stage began, for a card: `today`, `9 d`. Both days are of the same zone.
pub fn days_label(since: NaiveDate, today: NaiveDate) -> String {
    match (today - since).num_days() {
        ..=0 => "today".into(),
        days => format!("{days} d"),
    }
}

/// A length of stay in words: `under a day`, `1 day`, `9 days`.
pub fn stay_label(from: NaiveDate, to: NaiveDate) -> String {
    match (to - from).num_days() {
        ..=0 => "under a day".into(),
        1 => "1 day".into(),
        days => format!("{days} days"),
    }
}

/// A calendar day for people: `13 Oct`, with the year when it is not this one.
pub fn day_label(day: NaiveDate, today: NaiveDate) -> String {
    use chrono::Datelike;
    if day.year() == today.year() {
        day.format("%-d %b").to_string()
    } else {
        day.format("%-d %b %Y").to_string()
    }
}

/// How near a due instant is: decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It has passed.
    Late,
    /// Today or tomorrow.
    Soon,
    /// After that.
    Later,
}

/// When something is due, in words, and how near that is.
pub fn due_label(due: Timestamp, now: Timestamp, zone: &impl ZoneRules) -> (Due, String) {
    let (wall, today) = (zone.local(due), zone.day(now));
    let clock = wall.format("%H:%M");
    match (wall.date() - today).num_days() {
        0 if due < now => (Due::Late, format!("today {clock}, late")),
        -1 => (Due::Late, "1 day late".into()),
        days if days < 0 => (Due::Late, format!("{} days late", -days)),
        0 => (Due::Soon, format!("today {clock}")),
        1 => (Due::Soon, format!("tomorrow {clock}")),
        2..=6 => (Due::Later, format!("{} {clock}", wall.format("%a"))),
        _ => (Due::Later, day_label(wall.date(), today)),
    }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn wall(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn a_skipped_and_a_doubled_hour_have_one_meaning() {
        let berlin = chrono_tz::Europe::Berlin;
        // 2026-03-29: 02:00 → 03:00. 02:30 does not exist; it is taken as 03:30 summer time.
        assert_eq!(
            berlin.instant(wall("2026-03-29 02:30")).to_rfc3339(),
            "2026-03-29T01:30:00+00:00"
        );
        // 2026-10-25: 03:00 → 02:00. 02:30 comes twice; the first is summer time.
        assert_eq!(
            berlin.instant(wall("2026-10-25 02:30")).to_rfc3339(),
            "2026-10-25T00:30:00+00:00"
        );
        assert_eq!(
            berlin.instant(wall("2026-10-25 12:00")).to_rfc3339(),
            "2026-10-25T11:00:00+00:00"
        );
    }

    #[test]
    fn due_labels_speak_of_the_users_day() {
        let lagos = chrono_tz::Africa::Lagos;
        let now = Utc.with_ymd_and_hms(2026, 3, 2, 22, 30, 0).unwrap(); // 23:30 in Lagos
        let at = |d, h| Utc.with_ymd_and_hms(2026, 3, d, h, 0, 0).unwrap();
        assert_eq!(
            due_label(at(2, 23), now, &lagos),
            (Due::Soon, "tomorrow 00:00".into())
        );
        assert_eq!(
            due_label(at(2, 22), now, &lagos),
            (Due::Late, "today 23:00, late".into())
        );
        assert_eq!(
            due_label(at(1, 22), now, &lagos),
            (Due::Late, "1 day late".into())
        );
        assert_eq!(
            due_label(at(5, 9), now, &lagos),
            (Due::Later, "Thu 10:00".into())
        );
        assert_eq!(
            due_label(at(20, 9), now, &lagos),
            (Due::Later, "20 Mar".into())
        );
    }

    #[test]
    fn zones_must_exist() {
        assert!("Africa/Lagos".parse::<ZoneName>().unwrap().rules().is_ok());
        assert!("Mars/Olympus".parse::<ZoneName>().unwrap().rules().is_err());
        assert!("../etc".parse::<ZoneName>().is_err());
    }

    proptest! {
        #[test]
        fn an_instant_that_a_clock_shows_is_found_again(seconds in 1_500_000_000i64..2_000_000_000) {
            let at = Utc.timestamp_opt(seconds, 0).unwrap();
            for zone in [chrono_tz::Africa::Lagos, chrono_tz::Europe::Berlin, chrono_tz::America::St_Johns, chrono_tz::Australia::Lord_Howe] {
                let found = zone.instant(zone.local(at));
                prop_assert_eq!(zone.local(found), zone.local(at));
                prop_assert!(found <= at);
            }
        }
    }
}
