//! Drawings of figures, as SVG text: the same for the page that the server renders, the one in the browser, and the
//! file. Sizes are attributes, since the page's policy allows no inline style; colours are of the style sheet.

use super::words::count;
use crate::domain::{
    analytics::{ActivityOfDay, Bucket, Range},
    settings::WeekStart,
    when::{Order, day_label},
};
use chrono::{Datelike as _, Duration, NaiveDate};
use std::{collections::HashMap, fmt::Write as _};

/// Height of the bars' drawing, in its own units.
const HEIGHT: u64 = 1_000;

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

/// Applications over time and how many of them were answered: two bars for each part.
pub fn bars(buckets: &[Bucket], words: impl Fn(&Bucket) -> String) -> String {
    let most = buckets.iter().map(|it| it.applications).max();
    let most = most.unwrap_or_default().max(1);
    // A pattern beside the colour: three parts of four are filled.
    let mut svg = format!(
        r#"<defs><pattern id="bar-stripes" width="10" height="{0}" patternUnits="userSpaceOnUse"><rect class="bar-stripe" width="10" height="{1}"/></pattern></defs>"#,
        HEIGHT / 40,
        HEIGHT / 40 * 3 / 4,
    );
    for (at, bucket) in buckets.iter().enumerate() {
        let x = at * 10;
        let bar = |count: u64, x: usize, class: &str| {
            let height = count * HEIGHT / most;
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
            r#"<g data-bucket="{at}"><rect class="bar-part" x="{x}" y="0" width="10" height="{HEIGHT}"/>{sent}{answered}<title>{}</title></g>"#,
            words(bucket)
        );
    }
    svg
}

/// The view box of [`bars`].
pub fn bars_box(buckets: usize) -> String {
    format!("0 0 {} {HEIGHT}", buckets.max(1) * 10)
}

/// The size of a day of the heat map, with the gap to the next one, in units of the drawing.
const CELL: i64 = 12;

/// The view box of [`heat`].
pub const HEAT_BOX: &str = "0 0 636 84";

/// A square a day, a column a week, the darker the more was done. `range` ends today.
pub fn heat(
    days: &[ActivityOfDay],
    range: Range,
    weeks: WeekStart,
    today: NaiveDate,
    order: Order,
) -> String {
    let totals: HashMap<NaiveDate, u64> = days.iter().map(|it| (it.day, it.total())).collect();
    let most = totals.values().copied().max().unwrap_or_default().max(4);
    let place = |day: NaiveDate| i64::from(day.weekday().days_since(weeks.weekday()));
    // So many whole weeks as fit, the last one with today.
    let last = today - Duration::days(place(today));
    let mut svg = String::new();
    for week in 0..53 {
        for row in 0..7 {
            let day = last - Duration::weeks(52 - week) + Duration::days(row);
            if !range.contains(day) {
                continue;
            }
            let total = totals.get(&day).copied().unwrap_or_default();
            let level = (total * 4).div_ceil(most);
            let (x, y) = (week * CELL, row * CELL);
            _ = write!(
                svg,
                r#"<rect class="heat-{level}" x="{x}" y="{y}" width="10" height="10" rx="2"><title>{}: {}</title></rect>"#,
                day_label(day, today, order),
                count(total, "thing done", "things done"),
            );
        }
    }
    svg
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
        let svg = bars(&[bucket(4, 1), bucket(0, 0)], |it| {
            it.applications.to_string()
        });
        assert!(svg.contains(r#"<rect class="bar-sent" x="1" y="0" width="4" height="1000"/>"#));
        assert!(
            svg.contains(r#"<rect class="bar-answered" x="5" y="750" width="4" height="250"/>"#)
        );
        assert!(svg.contains(r#"<rect class="bar-sent" x="11" y="1000" width="4" height="0"/>"#));
        assert_eq!(bars_box(2), "0 0 20 1000");
    }

    #[test]
    fn the_last_year_ends_today_in_weeks_of_the_user() {
        let today: NaiveDate = "2026-03-04".parse().unwrap();
        let range = crate::domain::analytics::year_to(today);
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
            let svg = heat(&[done], range, weeks, today, Order::DayFirst);
            let place = format!(r#"<rect class="heat-1" x="624" y="{}""#, row * CELL);
            assert!(svg.contains(&place), "{weeks:?}");
            assert_eq!(svg.matches("heat-1").count(), 1);
        }
    }

    #[test]
    fn a_line_goes_from_end_to_end() {
        assert_eq!(line(&[0, 2, 1]), "0,22 32,2 64,12");
        assert_eq!(line(&[3]), "0,2");
        assert_eq!(line(&[]), "");
    }
}
