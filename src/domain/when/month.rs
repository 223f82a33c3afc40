//! The calendar that is shown, and walking in it by keys.

use crate::domain::time::YEARS;
use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime, Weekday};

/// Six weeks around the month of `day`.
const CELLS: u64 = 42;

/// The days that a calendar shows for the month of `day`: six weeks, from the one with its first day on.
pub fn month_cells(day: NaiveDate, week_start: Weekday) -> impl Iterator<Item = NaiveDate> {
    let first = day.with_day(1).unwrap_or(day);
    let lead = Days::new(first.weekday().days_since(week_start).into());
    let start = first.checked_sub_days(lead).unwrap_or(first);
    (0..CELLS).filter_map(move |cell| start.checked_add_days(Days::new(cell)))
}

/// Where a key leads from a day, as in any grid of dates: a day or a week on, to the ends of the week, a
/// month on, and with Shift a year. Nowhere for another key, and out of the years that there are.
pub fn step(from: NaiveDate, key: &str, shift: bool, week_start: Weekday) -> Option<NaiveDate> {
    let into_week = u64::from(from.weekday().days_since(week_start));
    let months = Months::new(if shift { 12 } else { 1 });
    let to = match key {
        "ArrowLeft" => from.checked_sub_days(Days::new(1)),
        "ArrowRight" => from.checked_add_days(Days::new(1)),
        "ArrowUp" => from.checked_sub_days(Days::new(7)),
        "ArrowDown" => from.checked_add_days(Days::new(7)),
        "Home" => from.checked_sub_days(Days::new(into_week)),
        "End" => from.checked_add_days(Days::new(6_u64.saturating_sub(into_week))),
        "PageUp" => from.checked_sub_months(months),
        "PageDown" => from.checked_add_months(months),
        _ => None,
    };
    to.filter(|to| YEARS.contains(&to.year()))
}

/// The times of the day that are offered.
pub fn half_hours() -> impl Iterator<Item = NaiveTime> {
    (0..24)
        .flat_map(|hour| [0, 30].map(|minute| (hour, minute)))
        .filter_map(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0))
}
