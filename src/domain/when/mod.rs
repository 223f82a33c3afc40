//! Days and moments, as people type them and like to read them.
//!
//! [`read`] takes their words (`fri`, `in 2 weeks`, `30.11. 14:00`), [`write()`] gives a value back in the
//! order and by the clock of who reads it, and [`read`] understands what that wrote. The clock, the zone
//! and the habits of a person are arguments ([`Context`]).

mod label;
mod month;
mod offers;
mod read;
mod write;

pub use label::{
    Due, date_label, day_label, due_label, moment_label, ring_label, short_month, short_weekday,
    span_label, time_label, weekday_label, weekday_of,
};
pub use month::{half_hours, month_cells, step};
pub use offers::{before, lead_of, offers, put_off};
pub use read::{Note, Understood, Why, read};
pub use write::{clock, day_in_full, echo, month_title, weekdays, write};

use super::time::{Timestamp, ZoneRules};
use chrono::{Duration, NaiveDate, NaiveTime, Weekday};

/// What stands first in a date of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// `30/11`
    #[default]
    DayFirst,
    /// `11/30`
    MonthFirst,
}

/// How somebody reads the time of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// `14:00`
    #[default]
    Hours24,
    /// `2:00 pm`
    Hours12,
}

/// How somebody is used to dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Day or month first.
    pub order: Order,
    /// 24 or 12 hours.
    pub clock: Clock,
    /// The day with which a week begins.
    pub week_start: Weekday,
}

impl Default for Habits {
    /// As the rest of the app writes dates.
    fn default() -> Self {
        Self {
            order: Order::default(),
            clock: Clock::default(),
            week_start: Weekday::Mon,
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A calendar day, without a time.
    Day,
    /// An instant.
    Moment,
}

/// Which way a field looks: where a year, or a week, is not said, the nearest one that way is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leans {
    /// It is about what is to come.
    Ahead,
    /// It is about what has been.
    Back,
}

/// What a field holds, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A calendar day.
    Day(NaiveDate),
    /// An instant.
    Moment(Timestamp),
}

/// All that words about time depend on.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What time it is.
    pub now: Timestamp,
    /// Where.
    pub zone: &'a dyn ZoneRules,
    /// How the person is used to dates.
    pub habits: Habits,
    /// What is wanted.
    pub holds: Holds,
    /// Which way it lies.
    pub leans: Leans,
}

impl Context<'_> {
    /// The person's calendar day.
    pub fn today(&self) -> NaiveDate {
        self.zone.day(self.now)
    }

    /// The day and the time of a value, as the person's calendar and clock have it; no time of a day.
    pub fn parts(&self, when: When) -> (NaiveDate, Option<NaiveTime>) {
        match when {
            When::Day(day) => (day, None),
            When::Moment(at) => {
                let wall = self.zone.local(at);
                (wall.date(), Some(wall.time()))
            }
        }
    }
}

/// The morning of the day that is so many days from now.
pub fn morning(now: Timestamp, days: i64, zone: &impl ZoneRules) -> Timestamp {
    let day = zone.day(now) + Duration::days(days);
    zone.instant(day.and_time(MORNING))
}

/// The time that is taken where a moment is wanted and a day alone is given.
pub const MORNING: NaiveTime = match NaiveTime::from_hms_opt(9, 0, 0) {
    Some(nine) => nine,
    None => NaiveTime::MIN,
};

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
