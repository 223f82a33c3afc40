//! Drawings of figures, as SVG text: the same for the page that the server renders, the one in the browser, and the
//! file. Sizes are attributes, since the page's policy allows no inline style; colours are of the style sheet.

use super::words::count;
use crate::domain::{
    analytics::{ActivityOfDay, Bucket, Range},
    settings::WeekStart,
    when::{Order, day_label, short_month, weekday_label},
};
use chrono::{Datelike as _, Duration, NaiveDate};
use std::{collections::HashMap, fmt::Write as _};

/// Height of the bars' drawing, in its own units.
pub const HEIGHT: u64 = 1_000;
/// Width of one part of the time in it.
pub const PART: usize = 10;

/// What a part of the time shows.
pub fn bucket_words(bucket: &Bucket, days: &str) -> String {
    format!(
        "{days}: {}, {} answered, {} to interviews, {} to offers",
        count(bucket.applications, "application", "applications"),
        bucket.responses,
        bucket.interviews,
        bucket.offers
    )
}

/// The number at the top of the axis: the least of 1, 2, 4, 6, 8, 10, 20, 40 and so on that is not below any bar.
pub fn axis_top(buckets: &[Bucket]) -> u64 {
    let most = buckets.iter().map(|it| it.applications).max();
    let most = most.unwrap_or_default();
    let mut ten = 1;
    loop {
        let steps = [1, 2, 4, 6, 8].map(|step| u64::saturating_mul(step, ten));
        if let Some(top) = steps.into_iter().find(|top| *top >= most) {
            return top;
        }
        // Where that is no number any more there are not so many applications.
        ten = u64::saturating_mul(ten, 10);
    }
}

/// Applications over time and how many of them were answered: two bars for each part.
pub fn bars(buckets: &[Bucket]) -> String {
    let (top, width) = (axis_top(buckets), buckets.len() * PART);
    // A pattern beside the colour: three parts of four are filled.
    let mut svg = format!(
        r#"<defs><pattern id="bar-stripes" width="10" height="{0}" patternUnits="userSpaceOnUse"><rect class="bar-stripe" width="10" height="{1}"/></pattern></defs><path class="bar-grid" d="M0 0H{width}M0 {2}H{width}"/>"#,
        HEIGHT / 40,
        HEIGHT / 40 * 3 / 4,
        HEIGHT / 2,
    );
    for (at, bucket) in buckets.iter().enumerate() {
        let x = at * PART;
        let bar = |count: u64, x: usize, class: &str| {
            let height = count * HEIGHT / top;
            let y = HEIGHT - height;
            format!(r#"<rect class="{class}" x="{x}" y="{y}" width="4" height="{height}"/>"#)
        };
        let (sent, answered) = (
            bar(bucket.applications, x + 1, "bar-sent"),
            bar(bucket.responses, x + 5, "bar-answered"),
        );
        // Writing into a string does not fail.
        _ = write!(
            svg,
            r#"<g data-at="{at}"><rect class="bar-part" x="{x}" y="0" width="{PART}" height="{HEIGHT}"/>{sent}{answered}</g>"#,
        );
    }
    svg
}

/// The view box of [`bars`].
pub fn bars_box(buckets: usize) -> String {
    format!("0 0 {} {HEIGHT}", buckets.max(1) * PART)
}

/// So many days are named below the bars.
const NAMED: usize = 4;

/// The days at which some of the bars begin, below their middles: of a drawing as wide as the bars, and `y` below
/// its upper edge.
pub fn bar_days(buckets: &[Bucket], today: NaiveDate, order: Order, y: u32) -> String {
    let step = buckets.len().div_ceil(NAMED).max(1);
    let mut svg = String::new();
    for (at, bucket) in buckets.iter().enumerate().step_by(step) {
        let tenths = (at * 2 + 1) * 500 / buckets.len();
        _ = write!(
            svg,
            r#"<text x="{}.{}%" y="{y}" text-anchor="middle">{}</text>"#,
            tenths / 10,
            tenths % 10,
            day_label(bucket.start, today, order),
        );
    }
    svg
}

/// The size of a day of the heat map, with the gap to the next one, in units of the drawing.
const CELL: i64 = 12;
/// Columns of the heat map.
const WEEKS: i64 = 53;

/// The view box of [`heat`]: months stand above the days.
pub const HEAT_BOX: &str = "0 -16 636 100";

/// Where the square of a day stands, in the drawing of the year to `today`.
pub fn heat_place(day: NaiveDate, weeks: WeekStart, today: NaiveDate) -> (i64, i64) {
    let row = |day: NaiveDate| i64::from(day.weekday().days_since(weeks.weekday()));
    let from_today = (today - day).num_days() - row(today) + row(day);
    let column = WEEKS - 1 - from_today / 7;
    (column * CELL, row(day) * CELL)
}

/// So much is the darkest: what one day in ten has or exceeds, of those on which something was done. A day on which
/// very much was done, such as of a clean-up, does not make all others pale.
fn much(mut done: Vec<u64>) -> u64 {
    done.retain(|number| *number > 0);
    done.sort_unstable();
    let place = done.len() * 9 / 10;
    done.get(place).copied().unwrap_or_default().max(4)
}

/// The days that have a square: so many whole weeks as fit, the last one with today.
pub fn heat_days(weeks: WeekStart, today: NaiveDate) -> Range {
    let of_week = i64::from(today.weekday().days_since(weeks.weekday()));
    let days = (WEEKS - 1) * 7 + of_week;
    Range {
        from: today - Duration::days(days),
        to: today,
    }
}

/// A square a day, a column a week, the darker the more was done.
pub fn heat(days: &[ActivityOfDay], weeks: WeekStart, today: NaiveDate) -> String {
    let range = heat_days(weeks, today);
    let totals: HashMap<NaiveDate, u64> = days.iter().map(|it| (it.day, it.total())).collect();
    let most = much(totals.values().copied().collect());
    let mut svg = String::new();
    let mut named_until = -1;
    let all = range.from.iter_days().take_while(|day| *day <= range.to);
    for (at, day) in all.enumerate() {
        let total = totals.get(&day).copied().unwrap_or_default();
        let level = (total * 4).div_ceil(most).min(4);
        let (x, y) = heat_place(day, weeks, today);
        _ = write!(
            svg,
            r#"<rect data-at="{at}" class="heat-{level}" x="{x}" y="{y}" width="10" height="10" rx="2"/>"#,
        );
        // A name needs the room of three weeks.
        if day.day() == 1 && x >= named_until && x <= (WEEKS - 2) * CELL {
            _ = write!(
                svg,
                r#"<text class="heat-month" x="{x}" y="-5">{}</text>"#,
                short_month(day)
            );
            named_until = x + 3 * CELL;
        }
    }
    svg
}

/// What was done on a day.
pub fn day_words(
    day: NaiveDate,
    done: Option<&ActivityOfDay>,
    today: NaiveDate,
    order: Order,
) -> String {
    let label = weekday_label(day, today, order);
    let parts = done.map(|it| {
        [
            (it.applications, "application sent", "applications sent"),
            (it.moves, "move", "moves"),
            (it.activities, "activity done", "activities done"),
        ]
    });
    let parts = parts.into_iter().flatten();
    let parts: Vec<String> = parts
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| count(number, one, many))
        .collect();
    match parts.is_empty() {
        true => format!("{label}: nothing"),
        false => format!("{label}: {}", parts.join(", ")),
    }
}

/// The sparkline of a row of numbers, as the points of a line in a box of 64 × 24.
pub fn line(numbers: &[u64]) -> String {
    let most = numbers.iter().copied().max().unwrap_or_default().max(1);
    let steps = (numbers.len() as u64).saturating_sub(1).max(1);
    let point = |(at, number): (usize, &u64)| {
        let (x, y) = (at as u64 * 64 / steps, 22 - number * 20 / most);
        format!("{x},{y}")
    };
    let points: Vec<String> = numbers.iter().enumerate().map(point).collect();
    points.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_numbers() {
        let day: NaiveDate = "2026-03-02".parse().unwrap();
        let bucket = |applications, responses| Bucket {
            start: day,
            end: day,
            applications,
            responses,
            interviews: 0,
            offers: 0,
        };
        let svg = bars(&[bucket(4, 1), bucket(0, 0)]);
        assert!(svg.contains(r#"<rect class="bar-sent" x="1" y="0" width="4" height="1000"/>"#));
        assert!(
            svg.contains(r#"<rect class="bar-answered" x="5" y="750" width="4" height="250"/>"#)
        );
        assert!(svg.contains(r#"<rect class="bar-sent" x="11" y="1000" width="4" height="0"/>"#));
        assert_eq!(bars_box(2), "0 0 20 1000");
        for (most, top) in [
            (0, 1),
            (1, 1),
            (3, 4),
            (5, 6),
            (9, 10),
            (11, 20),
            (4_001, 6_000),
        ] {
            assert_eq!(axis_top(&[bucket(most, 0)]), top);
        }
        assert_eq!(axis_top(&[]), 1);
    }

    #[test]
    fn days_are_named_below_the_middle_of_their_bars() {
        let start: NaiveDate = "2026-03-02".parse().unwrap();
        let buckets: Vec<Bucket> = (0..8)
            .map(|day| Bucket {
                start: start + Duration::days(day),
                end: start + Duration::days(day),
                applications: 0,
                responses: 0,
                interviews: 0,
                offers: 0,
            })
            .collect();
        let svg = bar_days(&buckets, start, Order::DayFirst, 14);
        assert!(
            svg.starts_with(r#"<text x="6.2%" y="14" text-anchor="middle">2 Mar</text>"#),
            "{svg}"
        );
        assert_eq!(svg.matches("<text").count(), 4);
        assert_eq!(bar_days(&[], start, Order::DayFirst, 14), "");
    }

    #[test]
    fn a_day_says_what_was_done() {
        let day: NaiveDate = "2026-03-03".parse().unwrap();
        let done = ActivityOfDay {
            day,
            applications: 2,
            moves: 1,
            activities: 0,
        };
        let words = |done| day_words(day, done, day, Order::DayFirst);
        assert_eq!(words(Some(&done)), "Tue 3 Mar: 2 applications sent, 1 move");
        assert_eq!(words(None), "Tue 3 Mar: nothing");
    }

    #[test]
    fn one_great_day_does_not_make_all_others_pale() {
        assert_eq!(much(vec![]), 4);
        assert_eq!(much(vec![1, 0, 2]), 4);
        assert_eq!(much(vec![9]), 9);
        let mut days = vec![6; 20];
        days.push(400);
        assert_eq!(much(days), 6);
    }

    #[test]
    fn the_last_year_ends_today_in_weeks_of_the_user() {
        let today: NaiveDate = "2026-03-04".parse().unwrap();
        let done = ActivityOfDay {
            day: today,
            applications: 1,
            moves: 0,
            activities: 0,
        };
        // A Wednesday.
        for (weeks, row) in [
            (WeekStart::Monday, 2),
            (WeekStart::Sunday, 3),
            (WeekStart::Saturday, 4),
        ] {
            let svg = heat(&[done], weeks, today);
            let place = format!(r#"class="heat-1" x="624" y="{}""#, row * CELL);
            assert!(svg.contains(&place), "{weeks:?}");
            assert_eq!(svg.matches("heat-1").count(), 1);
            let days = heat_days(weeks, today);
            assert_eq!(heat_place(days.from, weeks, today), (0, 0));
            assert_eq!(svg.matches("<rect").count(), (52 * 7 + row + 1) as usize);
            assert_eq!(heat_place(today, weeks, today), (624, row * CELL));
            // A column a week: of the days before, those that stand above are of this one.
            assert_eq!(
                heat_place(today - Duration::days(row), weeks, today),
                (624, 0)
            );
            let before = heat_place(today - Duration::days(row + 1), weeks, today);
            assert_eq!(before, (612, 72));
            assert!(
                svg.contains(">Jan</text>") && svg.contains(">Jul</text>"),
                "{svg}"
            );
        }
    }

    #[test]
    fn a_line_goes_from_end_to_end() {
        assert_eq!(line(&[0, 2, 1]), "0,22 32,2 64,12");
        assert_eq!(line(&[3]), "0,2");
        assert_eq!(line(&[]), "");
    }
}
