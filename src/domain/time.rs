//! Instants, calendar days and time zones. Storage is UTC; people see their own zone.
//!
//! The rules of a zone are an argument ([`ZoneRules`]): the server has the IANA database, a browser
//! has its own, and shipping a second copy to every visitor would outweigh the application.

use super::{error::FieldError, text::text_type};
use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// An instant, to the millisecond: what JavaScript, SQLite and PostgreSQL all keep exactly.
pub type Timestamp = DateTime<Utc>;

/// How far a client's clock may be ahead of ours before a moment counts as wrong: as far as clocks that
/// nobody sets are, and not so far that a day shows wrong for long.
pub(super) const CLOCK_SKEW: Duration = Duration::minutes(10);

/// The years within which a day or a moment that somebody gives has to be.
pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=2200;

/// What is wrong with a day or a moment of this year; none where nothing is.
pub(super) fn outside_years(field: &str, year: i32) -> Option<FieldError> {
    let (first, last) = (YEARS.start(), YEARS.end());
    let message = || format!("Give a date between {first} and {last}.");
    (!YEARS.contains(&year)).then(|| FieldError::new(field, message()))
}

/// Drops what is finer than a millisecond. A leap second is the second after it: no count of milliseconds has
/// it, and databases do not order it.
pub fn to_millis(at: DateTime<Utc>) -> Timestamp {
    let at = at.trunc_subsecs(3);
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

/// Reads a timestamp: at once in the form in which all of ours are written, `2026-03-01T09:30:00.000Z`
/// with or without the milliseconds, else as chrono does. A browser reads ten thousands of them
/// before its board shows, and chrono's own reading takes a third of that time.
///
/// # Errors
/// For what is not an RFC 3339 date and time.
pub fn read_timestamp<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    struct Text;

    impl serde::de::Visitor<'_> for Text {
        type Value = Timestamp;

        fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            to.write_str("an RFC 3339 date and time")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
            read_own_form(text.as_bytes()).map_or_else(|| text.parse().map_err(E::custom), Ok)
        }
    }

    from.deserialize_str(Text)
}

/// Writes a timestamp in that form.
pub fn write_timestamp(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A timestamp as ours are written; none for any other form.
fn read_own_form(text: &[u8]) -> Option<Timestamp> {
    let number = |from: usize, to: usize| {
        text.get(from..to)?.iter().try_fold(0_u32, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u32::from(digit - b'0'))
        })
    };
    let marks =
        |places: &[(usize, u8)]| places.iter().all(|(at, mark)| text.get(*at) == Some(mark));
    if !marks(&[(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')]) {
        return None;
    }
    let millis = match text.len() {
        20 if marks(&[(19, b'Z')]) => 0,
        24 if marks(&[(19, b'.'), (23, b'Z')]) => number(20, 23)?,
        _ => return None,
    };
    let year = i32::try_from(number(0, 4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(5, 7)?, number(8, 10)?)?;
    let wall = day.and_hms_milli_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, millis)?;
    Some(wall.and_utc())
}

/// The name of an IANA time zone, such as `Africa/Lagos`. Only its form is checked here; whether
/// it exists is asked where the zone's rules are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ZoneName(String);

impl ZoneName {
    /// The place that it is named after, for people: `Buenos Aires`.
    pub fn place(&self) -> String {
        let place = self.0.rsplit('/').next().unwrap_or(&self.0);
        // Their sign says how far the sun is, and not the clock: `Etc/GMT+5` is five hours behind.
        if let Some(offset) = self.0.strip_prefix("Etc/GMT").filter(|it| !it.is_empty()) {
            return match offset.split_at_checked(1) {
                Some(("+", hours)) => format!("UTC−{hours}"),
                Some(("-", hours)) => format!("UTC+{hours}"),
                _ => "UTC".to_owned(),
            };
        }
        place.replace('_', " ")
    }
}

impl Default for ZoneName {
    /// Where the first users live.
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

/// Whether clocks of both zones show the same from now on for a year: such zones have two names and no
/// other difference.
pub fn clocks_agree(one: &impl ZoneRules, other: &impl ZoneRules, now: Timestamp) -> bool {
    (0..53)
        .map(|week| now + Duration::weeks(week))
        .all(|at| one.offset_seconds(at) == other.offset_seconds(at))
}

impl ZoneRules for Utc {
    fn offset_seconds(&self, _: DateTime<Utc>) -> i32 {
        0
    }
}

// Tests name zones by its constants; the server's own rules are in `server::zones`.
#[cfg(test)]
impl ZoneRules for chrono_tz::Tz {
    fn offset_seconds(&self, at: DateTime<Utc>) -> i32 {
        use chrono::{Offset as _, TimeZone as _};
        self.offset_from_utc_datetime(&at.naive_utc())
            .fix()
            .local_minus_utc()
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
    fn zones_of_two_names_may_be_one() {
        let now = Utc.with_ymd_and_hms(2026, 1, 15, 12, 0, 0).unwrap();
        let zone = |name: &str| name.parse::<ZoneName>().unwrap().rules().unwrap();
        for (one, other, agree) in [
            ("Asia/Kolkata", "Asia/Calcutta", true),
            ("Europe/Berlin", "Europe/Paris", true),
            // The same in winter.
            ("Europe/Berlin", "Africa/Lagos", false),
            ("Europe/London", "UTC", false),
            ("America/New_York", "Europe/Berlin", false),
        ] {
            assert_eq!(
                clocks_agree(&zone(one), &zone(other), now),
                agree,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn zones_must_exist() {
        assert!("Africa/Lagos".parse::<ZoneName>().unwrap().rules().is_ok());
        assert!("Mars/Olympus".parse::<ZoneName>().unwrap().rules().is_err());
        assert!("../etc".parse::<ZoneName>().is_err());
    }

    #[test]
    fn a_zone_is_named_after_a_place() {
        for (zone, place) in [
            ("Africa/Lagos", "Lagos"),
            ("America/Argentina/Buenos_Aires", "Buenos Aires"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(zone.parse::<ZoneName>().unwrap().place(), place);
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct At(#[serde(deserialize_with = "read_timestamp")] Timestamp);

    /// The same timestamp as chrono reads it.
    fn as_chrono_does(text: &str) -> Option<Timestamp> {
        serde_json::from_value(text.into()).ok()
    }

    fn as_we_do(text: &str) -> Option<Timestamp> {
        serde_json::from_value::<At>(text.into())
            .ok()
            .map(|at| at.0)
    }

    #[test]
    fn timestamps_of_any_form_are_read_as_chrono_reads_them() {
        for text in [
            "2026-03-01T09:30:00Z",
            "2026-03-01T09:30:00.123Z",
            "2026-03-01T09:30:00.123456Z",
            "2026-03-01t09:30:00z",
            "2026-03-01T09:30:00+01:00",
            "2026-03-01 09:30:00Z",
            "2026-06-30T23:59:60Z",
            "2026-06-30T23:59:60.500Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T09:30:00.1x3Z",
            "2026-03-01T09:30:00.123+",
            "2026-03-01T09:30:00",
            "+026-03-01T09:30:00Z",
            "٢٠٢٦-03-01",
            "",
        ] {
            assert_eq!(as_we_do(text), as_chrono_does(text), "{text}");
        }
        assert!(as_we_do("2026-03-01T09:30:00.123Z").is_some());
    }

    proptest! {
        #[test]
        fn timestamps_are_read_as_they_are_written(millis in -62_000_000_000_000_i64..250_000_000_000_000) {
            let at = At(DateTime::from_timestamp_millis(millis).unwrap());
            let text = serde_json::to_string(&at).unwrap();
            prop_assert_eq!(serde_json::from_str::<At>(&text).unwrap(), at);
        }

        #[test]
        fn nothing_else_is_taken_for_a_timestamp(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,4})?[Z+]") {
            prop_assert_eq!(as_we_do(&text), as_chrono_does(&text));
        }

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
