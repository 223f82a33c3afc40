//! Days and moments, for people.

use super::{Clock, Context, Habits, Order, When, weekday_label};
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike, Weekday};

/// The months. Their short names are the first three letters.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The days of the week. Their short names are the first three letters.
pub(super) const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// A month's name, by its number from 1.
pub(super) fn month_name(month: u32) -> &'static str {
    let index = (month as usize).wrapping_sub(1);
    MONTHS.get(index).copied().unwrap_or_default()
}

/// A weekday's name.
pub(super) fn weekday_name(weekday: Weekday) -> &'static str {
    let index = weekday.num_days_from_monday() as usize;
    WEEKDAYS.get(index).copied().unwrap_or_default()
}

pub(super) fn short(name: &'static str) -> &'static str {
    name.get(..3).unwrap_or(name)
}

/// A value as its field shows it: `30 Nov 2026, 14:00`, `Nov 30, 2026, 2:00 pm`.
pub fn write(when: When, context: &Context<'_>) -> String {
    let (day, time) = context.parts(when);
    let day = day_of_month(day, Some(day.year()), context.habits.order);
    with_time(day, time, context.habits)
}

/// A value as it is said below its field, with the weekday, and the year where that is another one:
/// `Fri 27 Nov, 14:00`, `Fri, Nov 27, 2:00 pm`.
pub fn echo(when: When, context: &Context<'_>) -> String {
    let (day, time) = context.parts(when);
    let text = weekday_label(day, context.today(), context.habits.order);
    with_time(text, time, context.habits)
}

/// A day, with a year or without: `30 Nov 2026`, `Nov 30`.
pub(super) fn day_of_month(day: NaiveDate, year: Option<i32>, order: Order) -> String {
    let (month, day) = (short(month_name(day.month())), day.day());
    match (order, year) {
        (Order::DayFirst, None) => format!("{day} {month}"),
        (Order::DayFirst, Some(year)) => format!("{day} {month} {year}"),
        (Order::MonthFirst, None) => format!("{month} {day}"),
        (Order::MonthFirst, Some(year)) => format!("{month} {day}, {year}"),
    }
}

fn with_time(day: String, time: Option<NaiveTime>, habits: Habits) -> String {
    match time {
        None => day,
        Some(time) => format!("{day}, {}", clock(time, habits.clock)),
    }
}

/// The time of the day: `14:00`, `2:00 pm`.
pub fn clock(time: NaiveTime, clock: Clock) -> String {
    let minute = time.minute();
    match clock {
        Clock::Hours24 => format!("{:02}:{minute:02}", time.hour()),
        Clock::Hours12 => {
            let (afternoon, hour) = time.hour12();
            let half = if afternoon { "pm" } else { "am" };
            format!("{hour}:{minute:02} {half}")
        }
    }
}

/// A day without its year, or with one: `31 November`, `November 31, 2026`. It need not exist.
pub(super) fn date_in_full(day: u32, month: u32, year: Option<i32>, order: Order) -> String {
    let month = month_name(month);
    match (order, year) {
        (Order::DayFirst, None) => format!("{day} {month}"),
        (Order::DayFirst, Some(year)) => format!("{day} {month} {year}"),
        (Order::MonthFirst, None) => format!("{month} {day}"),
        (Order::MonthFirst, Some(year)) => format!("{month} {day}, {year}"),
    }
}

/// A day as it is read out: `Friday 27 November 2026`.
pub fn day_in_full(day: NaiveDate, order: Order) -> String {
    let date = date_in_full(day.day(), day.month(), Some(day.year()), order);
    let weekday = weekday_name(day.weekday());
    match order {
        Order::DayFirst => format!("{weekday} {date}"),
        Order::MonthFirst => format!("{weekday}, {date}"),
    }
}

/// The head of a calendar: `November 2026`.
pub fn month_title(day: NaiveDate) -> String {
    format!("{} {}", month_name(day.month()), day.year())
}

/// The heads of a calendar's columns, short and in full.
pub fn weekdays(habits: Habits) -> [(&'static str, &'static str); 7] {
    let mut weekday = habits.week_start;
    std::array::from_fn(|_| {
        let name = weekday_name(weekday);
        weekday = weekday.succ();
        (name.get(..2).unwrap_or(name), name)
    })
}
