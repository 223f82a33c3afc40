//! Applications over time.

use super::{Course, Range, summary::totals};
use crate::domain::{choice::choice, settings::WeekStart};
use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Buckets of one answer, at most.
pub const MOST_BUCKETS: usize = 400;

choice! {
    /// How days are put together.
    #[derive(Default)]
    pub enum GroupBy as "group_by" {
        /// Each by itself.
        Day = "day",
        /// By weeks, from the user's first day of the week.
        #[default]
        Week = "week",
        /// By months.
        Month = "month",
    }
}

/// Some days, and what became of the applications of those days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Bucket {
    /// The first day that is in the range.
    pub start: NaiveDate,
    /// The last day that is in the range, included.
    pub end: NaiveDate,
    /// Applications of these days.
    pub applications: u64,
    /// Those of them that anybody answered.
    pub responses: u64,
    /// Those that reached Screening or later.
    pub interviews: u64,
    /// Those that reached an offer.
    pub offers: u64,
}

/// The answer of `GET /analytics/trends`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Trends {
    /// How days are put together.
    pub group_by: GroupBy,
    /// In the order of time, empty ones included.
    pub buckets: Vec<Bucket>,
}

impl GroupBy {
    /// As days of a range are put together where nobody says it, or where what is `asked` for would be more than
    /// [`MOST_BUCKETS`].
    pub fn fitting(asked: Option<Self>, range: Range) -> Self {
        let days = (range.to - range.from).num_days() + 1;
        let most = i64::try_from(MOST_BUCKETS).unwrap_or(i64::MAX);
        let usual = match days {
            ..=31 => Self::Day,
            32..=400 => Self::Week,
            _ => Self::Month,
        };
        let fits = |by: &Self| match by {
            Self::Day => days <= most,
            // Of the first and the last one a part may be left out.
            Self::Week => days / 7 + 2 <= most,
            Self::Month => true,
        };
        asked.filter(fits).unwrap_or(usual)
    }

    /// The last day of the bucket of `day`.
    fn last(self, day: NaiveDate, weeks: WeekStart) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => {
                let passed = day.weekday().days_since(weeks.weekday());
                day.checked_add_days(Days::new(6 - u64::from(passed)))
            }
            Self::Month => day
                .with_day(1)?
                .checked_add_months(Months::new(1))?
                .pred_opt(),
        }
    }
}

/// The buckets of a range, the first and the last cut to it; none where they are more than [`MOST_BUCKETS`].
pub fn trends(
    courses: &[Course],
    range: Range,
    group_by: GroupBy,
    weeks: WeekStart,
) -> Option<Trends> {
    let mut bounds = Vec::new();
    let mut start = range.from;
    while start <= range.to {
        if bounds.len() == MOST_BUCKETS {
            return None;
        }
        let end = group_by
            .last(start, weeks)
            .map_or(range.to, |last| last.min(range.to));
        bounds.push((start, end));
        let Some(next) = end.succ_opt() else {
            break;
        };
        start = next;
    }
    let mut by_end: BTreeMap<NaiveDate, Vec<&Course>> =
        bounds.iter().map(|(_, end)| (*end, Vec::new())).collect();
    for course in courses.iter().filter(|course| course.is_in(range)) {
        let day = course.day.unwrap_or(range.from);
        if let Some((_, bucket)) = by_end.range_mut(day..).next() {
            bucket.push(course);
        }
    }
    let bucket = |(start, end): (NaiveDate, NaiveDate)| {
        let of = by_end.get(&end).into_iter().flatten().copied();
        let totals = totals(of);
        Bucket {
            start,
            end,
            applications: totals.applications,
            responses: totals.responses,
            interviews: totals.interviews,
            offers: totals.offers,
        }
    };
    Some(Trends {
        group_by,
        buckets: bounds.into_iter().map(bucket).collect(),
    })
}
