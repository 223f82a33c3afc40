//! What is known of a time zone whose rules are slow to ask.

use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// Offsets that a zone's rules gave, where asking them is slow: `Intl` takes as long for one as a
/// card takes to be made. A week at whose ends clocks are equally ahead has no jump in it.
#[derive(Debug, Default)]
pub struct KnownOffsets {
    /// By the week that begins then.
    edges: HashMap<i64, i32>,
}

impl KnownOffsets {
    /// The offset at `at`, in seconds; where it is not known, and cannot be told from what is, the
    /// rules are asked.
    pub fn offset_seconds(
        &mut self,
        at: DateTime<Utc>,
        rules: impl Fn(DateTime<Utc>) -> Option<i32>,
    ) -> Option<i32> {
        const WEEK: i64 = 7 * 24 * 60 * 60;
        let week = at.timestamp().div_euclid(WEEK);
        let mut edge = |week: i64| match self.edges.get(&week) {
            Some(offset) => Some(*offset),
            None => {
                let offset = rules(DateTime::from_timestamp(week * WEEK, 0)?)?;
                self.edges.insert(week, offset);
                Some(offset)
            }
        };
        let (start, end) = (edge(week)?, edge(week + 1)?);
        if start == end { Some(start) } else { rules(at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::ZoneRules;
    use std::cell::Cell;

    const DAY: i64 = 24 * 60 * 60;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn it_agrees_with_the_rules_of_every_zone() {
        // From 2020 to 2030, and the hours beside a jump.
        let (first, last) = (1_577_836_800 / DAY, 1_893_456_000 / DAY);
        for zone in chrono_tz::TZ_VARIANTS {
            let mut known = KnownOffsets::default();
            let mut before = zone.offset_seconds(at(first * DAY));
            for day in first..last {
                let offset = zone.offset_seconds(at(day * DAY));
                let hours = if offset == before { 0..=0 } else { -24..=24 };
                for instant in hours.map(|hour| at(day * DAY + hour * 3600)) {
                    assert_eq!(
                        known.offset_seconds(instant, |at| Some(zone.offset_seconds(at))),
                        Some(zone.offset_seconds(instant)),
                        "{zone} {instant}"
                    );
                }
                before = offset;
            }
        }
    }

    #[test]
    fn a_year_of_instants_takes_a_question_a_week() {
        let asked = Cell::new(0);
        let mut known = KnownOffsets::default();
        for hour in 0..365 * 24 {
            _ = known.offset_seconds(at(hour * 3600), |at| {
                asked.set(asked.get() + 1);
                Some(chrono_tz::Africa::Lagos.offset_seconds(at))
            });
        }
        assert!(asked.get() <= 54, "{}", asked.get());
    }

    #[test]
    fn what_the_rules_do_not_say_is_not_made_up() {
        assert_eq!(
            KnownOffsets::default().offset_seconds(at(0), |_| None),
            None
        );
    }
}
