//! Which figures are asked for.

use super::{GroupBy, Range};
use crate::domain::{error::Problem, time::outside_years};
use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

/// The query of figures of a range of days, in the user's zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnalyticsQuery {
    /// The first day; absent is that of the first application.
    #[cfg_attr(feature = "ssr", schemars(extend("pattern" = crate::domain::schema::years())))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day, included, not before `from`; absent is today.
    #[cfg_attr(feature = "ssr", schemars(extend("pattern" = crate::domain::schema::years())))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

/// The query of `GET /analytics/trends` and `GET /analytics/figures`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TrendsQuery {
    /// The first day; absent is that of the first application.
    #[cfg_attr(feature = "ssr", schemars(extend("pattern" = crate::domain::schema::years())))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day, included, not before `from`; absent is today.
    #[cfg_attr(feature = "ssr", schemars(extend("pattern" = crate::domain::schema::years())))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// How days are put together: when absent, by weeks in `trends`, and as it fits in `figures`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_by: Option<GroupBy>,
}

impl TrendsQuery {
    /// Its days.
    pub fn days(&self) -> AnalyticsQuery {
        AnalyticsQuery {
            from: self.from,
            to: self.to,
        }
    }
}

impl AnalyticsQuery {
    /// The days that are asked for; what is not said is that of `whole`, and not on the other side of what is.
    ///
    /// # Errors
    /// 400 where the first is after the last, and outside the years in which days may be.
    pub fn range(&self, whole: Range) -> Result<Range, Problem> {
        let named = [("from", self.from), ("to", self.to)];
        let wrong = named
            .iter()
            .filter_map(|(name, day)| outside_years(name, (*day)?.year()));
        let wrong: Vec<_> = wrong.collect();
        if !wrong.is_empty() {
            return Err(Problem::validation(wrong));
        }
        let (from, to) = match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => {
                return Err(Problem::field("to", "It is before the first day."));
            }
            (Some(from), Some(to)) => (from, to),
            (Some(from), None) => (from, whole.to.max(from)),
            (None, Some(to)) => (whole.from.min(to), to),
            (None, None) => (whole.from, whole.to),
        };
        Ok(Range { from, to })
    }
}
