//! Days and moments in the text of a page: as short as they can be told apart.

use super::{
    Habits, Order, clock,
    write::{day_of_month, month_name, short, weekday_name},
};
use crate::domain::time::{Timestamp, ZoneRules};
use chrono::{Datelike, NaiveDate};

/// A calendar day: `13 Oct`, `Oct 13`, with the year when it is not this one.
pub fn day_label(day: NaiveDate, today: NaiveDate, order: Order) -> String {
    let year = (day.year() != today.year()).then(|| day.year());
    day_of_month(day, year, order)
}

/// The same with its year, whichever it is: `13 Oct 2026`.
pub fn date_label(day: NaiveDate, order: Order) -> String {
    day_of_month(day, Some(day.year()), order)
}

/// A day with its weekday: `Fri 27 Nov`, `Fri, Nov 27`.
pub fn weekday_label(day: NaiveDate, today: NaiveDate, order: Order) -> String {
    let (weekday, day) = (short_weekday(day), day_label(day, today, order));
    match order {
        Order::DayFirst => format!("{weekday} {day}"),
        Order::MonthFirst => format!("{weekday}, {day}"),
    }
}

/// The weekday of a day: `Fri`.
pub fn short_weekday(day: NaiveDate) -> &'static str {
    short(weekday_name(day.weekday()))
}

/// The month of a day: `Oct`.
pub fn short_month(day: NaiveDate) -> &'static str {
    short(month_name(day.month()))
}

/// The weekday of a day: `Friday`.
pub fn weekday_of(day: NaiveDate) -> &'static str {
    weekday_name(day.weekday())
}

/// A moment, by the clock and the day of the zone: `today 14:30`, `27 Nov, 14:30`.
pub fn time_label(
    at: Timestamp,
    now: Timestamp,
    zone: &(impl ZoneRules + ?Sized),
    habits: Habits,
) -> String {
    let (wall, today) = (zone.local(at), zone.day(now));
    let time = clock(wall.time(), habits.clock);
    if wall.date() == today {
        format!("today {time}")
    } else {
        format!("{}, {time}", day_label(wall.date(), today, habits.order))
    }
}

/// When something happened: the time of the day today, the day before.
pub fn moment_label(
    at: Timestamp,
    now: Timestamp,
    zone: &(impl ZoneRules + ?Sized),
    habits: Habits,
) -> String {
    let (day, today) = (zone.day(at), zone.day(now));
    if day == today {
        time_label(at, now, zone, habits)
    } else {
        day_label(day, today, habits.order)
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

/// When something begins that lasts until `until`, in words, and how near that is: while it lasts it is
/// `now`, and not late.
pub fn span_label(
    at: Timestamp,
    until: Timestamp,
    now: Timestamp,
    zone: &impl ZoneRules,
    habits: Habits,
) -> (Due, String) {
    if at < until && at <= now && now <= until {
        return (Due::Soon, "now".into());
    }
    due_label(at, now, zone, habits)
}

/// When something is due, in words, and how near that is.
pub fn due_label(
    due: Timestamp,
    now: Timestamp,
    zone: &impl ZoneRules,
    habits: Habits,
) -> (Due, String) {
    let (wall, today) = (zone.local(due), zone.day(now));
    let time = clock(wall.time(), habits.clock);
    match (wall.date() - today).num_days() {
        0 if due < now => (Due::Late, format!("today {time}, late")),
        -1 => (Due::Late, "1 day late".into()),
        days if days < 0 => (Due::Late, format!("{} days late", -days)),
        0 => (Due::Soon, format!("today {time}")),
        1 => (Due::Soon, format!("tomorrow {time}")),
        2..=6 => (Due::Later, format!("{} {time}", short_weekday(wall.date()))),
        _ => (Due::Later, day_label(wall.date(), today, habits.order)),
    }
}

/// The same, with the time of the day also where that is beyond the coming days.
pub fn ring_label(at: Timestamp, now: Timestamp, zone: &impl ZoneRules, habits: Habits) -> String {
    match due_label(at, now, zone, habits) {
        (Due::Later, _) if (zone.day(at) - zone.day(now)).num_days() > 6 => {
            time_label(at, now, zone, habits)
        }
        (_, label) => label,
    }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::{super::Clock, *};
    use chrono::{TimeZone as _, Utc};

    const AMERICAN: Habits = Habits {
        order: Order::MonthFirst,
        clock: Clock::Hours12,
        week_start: chrono::Weekday::Sun,
    };

    #[test]
    fn due_labels_speak_of_the_users_day_as_the_user_does() {
        let lagos = chrono_tz::Africa::Lagos;
        let now = Utc.with_ymd_and_hms(2026, 3, 2, 22, 30, 0).unwrap(); // 23:30 in Lagos
        let at = |d, h| Utc.with_ymd_and_hms(2026, 3, d, h, 0, 0).unwrap();
        for (due, near, reads, american) in [
            (at(2, 23), Due::Soon, "tomorrow 00:00", "tomorrow 12:00 am"),
            (
                at(2, 22),
                Due::Late,
                "today 23:00, late",
                "today 11:00 pm, late",
            ),
            (at(1, 22), Due::Late, "1 day late", "1 day late"),
            (at(5, 9), Due::Later, "Thu 10:00", "Thu 10:00 am"),
            (at(5, 13), Due::Later, "Thu 14:00", "Thu 2:00 pm"),
            (at(20, 9), Due::Later, "20 Mar", "Mar 20"),
        ] {
            assert_eq!(
                due_label(due, now, &lagos, Habits::default()),
                (near, reads.to_owned())
            );
            assert_eq!(
                due_label(due, now, &lagos, AMERICAN),
                (near, american.to_owned())
            );
        }
    }

    #[test]
    fn what_lasts_is_now_until_it_is_over() {
        let at: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        let label = |minutes| {
            let (until, now) = (
                at + chrono::Duration::hours(1),
                at + chrono::Duration::minutes(minutes),
            );
            span_label(at, until, now, &Utc, Habits::default())
        };
        assert_eq!(label(-1), (Due::Soon, "today 10:00".to_owned()));
        assert_eq!(label(18), (Due::Soon, "now".to_owned()));
        assert_eq!(label(61), (Due::Late, "today 10:00, late".to_owned()));
    }

    #[test]
    fn what_happened_today_has_its_time() {
        let berlin = chrono_tz::Europe::Berlin;
        let now = "2026-11-27T09:00:00Z".parse().unwrap();
        for (then, reads) in [
            ("2026-11-27T08:05:00Z", "today 09:05"),
            ("2026-11-26T23:05:00Z", "today 00:05"),
            ("2026-11-26T22:05:00Z", "26 Nov"),
        ] {
            let then = then.parse().unwrap();
            assert_eq!(moment_label(then, now, &berlin, Habits::default()), reads);
        }
    }

    #[test]
    fn days_are_written_in_the_order_of_who_reads_them() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let today = day(2026, 11, 27);
        for (date, order, reads, weekday) in [
            (day(2026, 11, 9), Order::DayFirst, "9 Nov", "Mon 9 Nov"),
            (day(2026, 11, 9), Order::MonthFirst, "Nov 9", "Mon, Nov 9"),
            (
                day(2025, 5, 31),
                Order::DayFirst,
                "31 May 2025",
                "Sat 31 May 2025",
            ),
            (
                day(2025, 5, 31),
                Order::MonthFirst,
                "May 31, 2025",
                "Sat, May 31, 2025",
            ),
        ] {
            assert_eq!(day_label(date, today, order), reads);
            assert_eq!(weekday_label(date, today, order), weekday);
        }
    }
}
