//! Figures as drawings of their own, for a letter or a talk: with their words, and in the colours of paper. Colours
//! are attributes: a picture that is made of it knows no style sheet.

use super::{
    chart::{axis_top, bar_days, bars, heat, heat_days},
    words::{count, days, percent},
};
use crate::domain::{
    analytics::{Figures, Range, Table},
    settings::WeekStart,
    when::{Order, date_label},
};
use chrono::NaiveDate;
use std::fmt::Write as _;

/// A drawing, as an SVG file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// The file.
    pub svg: String,
    /// Its width, in pixels.
    pub width: u32,
    /// Its height, in pixels.
    pub height: u32,
}

/// How the one who reads it writes days.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Their day.
    pub today: NaiveDate,
    /// The order of day and month.
    pub order: Order,
    /// When weeks begin.
    pub weeks: WeekStart,
}

const WIDTH: u32 = 720;
const MARGIN: u32 = 24;
/// Where a drawing begins, below its title and its days.
const TOP: u32 = 76;
const ROW: u32 = 30;
/// Where bars begin, right of their names.
const BARS_AT: u32 = 180;
const BARS_WIDTH: u32 = 300;
const INK: &str = "#1f2328";
const INK_2: &str = "#59636e";
const GRID: &str = "#d1d9e0";
const SENT: &str = "#a9bdf5";
const ANSWERED: &str = "#3b5bdb";
const HEAT: [&str; 5] = ["#ebedf0", "#c3cff8", "#94a8f0", "#6480e5", "#3b5bdb"];

/// The drawing of a part of the figures.
pub fn drawing(table: Table, figures: &Figures, reader: Reader) -> Drawing {
    let (title, days) = (table.title(), days_of(table, figures, reader));
    let (body, height) = match table {
        Table::OverTime => over_time(figures, reader),
        Table::Year => year(figures, reader),
        Table::Funnel | Table::Stages | Table::Sources => rows(&lines(table, figures)),
    };
    let height = TOP + height + MARGIN;
    let middle = TOP - 28;
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="13"><title>{title}</title><rect width="{WIDTH}" height="{height}" fill="{white}"/><text x="{MARGIN}" y="34" font-size="18" font-weight="600" fill="{INK}">{title}</text><text x="{MARGIN}" y="{middle}" dy="6" fill="{INK_2}">{days}</text>{body}</svg>"#,
        title = escaped(title),
        days = escaped(&days),
        white = "#ffffff",
    );
    Drawing {
        svg,
        width: WIDTH,
        height,
    }
}

fn days_of(table: Table, figures: &Figures, reader: Reader) -> String {
    let range = match table {
        Table::Year => heat_days(reader.weeks, reader.today),
        _ => Range {
            from: figures.summary.from,
            to: figures.summary.to,
        },
    };
    let days = format!(
        "{} – {}",
        date_label(range.from, reader.order),
        date_label(range.to, reader.order)
    );
    match table {
        Table::Year => format!("{days}: the darker, the more was done that day"),
        Table::OverTime => format!("{days}: sent, and of those answered since"),
        _ => format!("Applications of {days}"),
    }
}

/// A bar with its name, how long it is, and its words.
type Line = (String, u64, String);

fn lines(table: Table, figures: &Figures) -> Vec<Line> {
    match table {
        Table::Funnel => {
            let stages = figures.conversion.stages.iter();
            let first = figures.conversion.stages.first().map_or(0, |it| it.reached);
            let line = |it: &crate::domain::analytics::StageReached| {
                let of_all = percent(it.reached, first);
                let words = format!("{}, {of_all} of all", it.reached);
                (it.status.label().to_owned(), it.reached, words)
            };
            stages.map(line).collect()
        }
        Table::Stages => {
            let known = figures.summary.time_in_stage.iter().filter_map(|it| {
                let median = it.median_days?;
                let words = format!("half within {}", days(median));
                // In tenths, as they are known.
                Some((it.status.label().to_owned(), (median * 10.0) as u64, words))
            });
            known.collect()
        }
        Table::Sources => {
            let line = |it: &crate::domain::analytics::OfSource| {
                let words = format!("{} sent, {} answered", it.applications, it.responses);
                (it.source.clone(), it.applications, words)
            };
            figures.sources.sources.iter().map(line).collect()
        }
        Table::OverTime | Table::Year => Vec::new(),
    }
}

/// The most of a name that has room beside its bar, in letters.
const NAME: usize = 22;

/// The most bars of a drawing: a picture has a page.
const MOST_LINES: usize = 40;

fn rows(lines: &[Line]) -> (String, u32) {
    let most = lines.iter().map(|line| line.1).max().unwrap_or_default();
    let mut svg = String::new();
    let mut y = TOP;
    let more = lines.len().saturating_sub(MOST_LINES);
    for (name, number, words) in lines.iter().take(MOST_LINES) {
        let width = (number * u64::from(BARS_WIDTH))
            .checked_div(most)
            .unwrap_or_default();
        let mut short: String = name.chars().take(NAME).collect();
        if short.len() < name.len() {
            short.push('…');
        }
        // Writing into a string does not fail.
        _ = write!(
            svg,
            r#"<text x="{MARGIN}" y="{y}" dy="19" fill="{INK}">{}</text><rect x="{BARS_AT}" y="{y}" width="{width}" height="22" transform="translate(0 3)" fill="{ANSWERED}"/><text x="{}" y="{y}" dy="19" fill="{INK_2}">{}</text>"#,
            escaped(&short),
            u64::from(BARS_AT) + width + 8,
            escaped(words),
        );
        y += ROW;
    }
    if more > 0 {
        _ = write!(
            svg,
            r#"<text x="{MARGIN}" y="{y}" dy="19" fill="{INK_2}">and {more} more</text>"#
        );
        y += ROW;
    }
    (svg, y - TOP)
}

const CHART: u32 = 220;
/// Room for the numbers of the axis.
const AXIS: u32 = 40;

fn over_time(figures: &Figures, reader: Reader) -> (String, u32) {
    let buckets = &figures.trends.buckets;
    let top = axis_top(buckets);
    let drawn = bars(buckets)
        .replace(r#"class="bar-part""#, r#"fill="none""#)
        .replace(r#"class="bar-sent""#, &format!(r#"fill="{SENT}""#))
        .replace(r#"class="bar-stripe""#, &format!(r#"fill="{ANSWERED}""#))
        .replace(r#"class="bar-answered""#, r##"fill="url(#bar-stripes)""##)
        .replace(
            r#"class="bar-grid""#,
            &format!(r#"stroke="{GRID}" vector-effect="non-scaling-stroke""#),
        );
    let (left, right, end) = (MARGIN + AXIS, WIDTH - MARGIN, TOP + CHART);
    let (width, middle) = (right - left, TOP + CHART / 2);
    let days = bar_days(buckets, reader.today, reader.order, 18);
    let total = count(
        figures.summary.totals.applications,
        "application",
        "applications",
    );
    let half = match top.is_multiple_of(2) {
        true => (top / 2).to_string(),
        false => String::new(),
    };
    let number = left - 8;
    let svg = format!(
        r#"<svg x="{left}" y="{TOP}" width="{width}" height="{CHART}" viewBox="{}" preserveAspectRatio="none">{drawn}</svg><path d="M{left} {end}H{right}" stroke="{INK_2}"/><g fill="{INK_2}"><g text-anchor="end"><text x="{number}" y="{TOP}" dy="5">{top}</text><text x="{number}" y="{middle}" dy="5">{half}</text></g><svg x="{left}" y="{end}" width="{width}" height="24" overflow="visible">{days}</svg><text x="{right}" y="34" text-anchor="end">{total}</text><text x="44" y="{end}" dy="41">sent</text><text x="110" y="{end}" dy="41">answered since</text></g><rect x="{MARGIN}" y="{end}" width="12" height="12" transform="translate(0 30)" fill="{SENT}"/><rect x="90" y="{end}" width="12" height="12" transform="translate(0 30)" fill="{ANSWERED}"/>"#,
        super::chart::bars_box(buckets.len()),
    );
    (svg, CHART + 44)
}

fn year(figures: &Figures, reader: Reader) -> (String, u32) {
    let mut drawn = heat(&figures.activity.days, reader.weeks, reader.today).replace(
        r#"class="heat-month""#,
        &format!(r#"fill="{INK_2}" font-size="9""#),
    );
    for (level, colour) in HEAT.iter().enumerate() {
        drawn = drawn.replace(
            &format!(r#"class="heat-{level}""#),
            &format!(r#"fill="{colour}""#),
        );
    }
    let width = WIDTH - 2 * MARGIN;
    let svg = format!(
        r#"<svg x="{MARGIN}" y="{TOP}" width="{width}" height="106" viewBox="{}">{drawn}</svg>"#,
        super::chart::HEAT_BOX
    );
    (svg, 106)
}

/// A text as it stands in XML. What XML 1.0 has no way to write is left out (section 2.2).
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::*;
    use crate::domain::analytics::{Hunt, Subject};
    use crate::domain::application::{Application, tests::sample};
    use chrono::Utc;

    #[test]
    fn a_drawing_is_whole_and_says_what_it_is_of() {
        let now = crate::domain::application::tests::now();
        let row = Application {
            source: "<Friends & \"co\">".parse().unwrap(),
            ..sample(1)
        };
        let hunt = Hunt::new(
            [Subject::from(&row)],
            Vec::<crate::domain::stage::StageEvent>::new(),
            Vec::<crate::domain::activity::Activity>::new(),
        );
        let range = hunt.whole(now, &Utc);
        let figures = hunt.figures(range, None, WeekStart::Monday, now, &Utc);
        let reader = Reader {
            today: "2026-03-02".parse().unwrap(),
            order: Order::DayFirst,
            weeks: WeekStart::Monday,
        };
        for table in [
            Table::Funnel,
            Table::Stages,
            Table::OverTime,
            Table::Sources,
            Table::Year,
        ] {
            let Drawing { svg, height, .. } = drawing(table, &figures, reader);
            assert!(svg.contains(&format!(r#"height="{height}""#)), "{svg}");
            assert!(svg.contains(table.title()), "{svg}");
            assert!(!svg.contains("class="), "{svg}");
            let opened = svg.matches("<svg").count();
            assert_eq!(svg.matches("</svg>").count(), opened, "{svg}");
        }
        assert_eq!(
            escaped("<a & \"b\">\u{0}"),
            "&lt;a &amp; &quot;b&quot;&gt; "
        );
    }
}
