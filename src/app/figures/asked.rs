//! Which figures an address asks for.

use crate::{
    app::share::query_value,
    domain::{
        analytics::{AnalyticsQuery, GroupBy},
        time::YEARS,
    },
};
use chrono::{Datelike as _, Duration, NaiveDate};
use serde::{Deserialize, Serialize};

/// The days whose applications are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Period {
    /// The last so many days, with today.
    Last(u16),
    /// This calendar year, up to today.
    Year,
    /// From the first application to today.
    #[default]
    All,
    /// From a day to another one.
    Days(NaiveDate, NaiveDate),
}

impl Period {
    /// Those that are offered, by the words of the address and of the page.
    pub const OFFERED: [(Self, &'static str, &'static str); 5] = [
        (Self::Last(7), "7", "7 days"),
        (Self::Last(30), "30", "30 days"),
        (Self::Last(90), "90", "90 days"),
        (Self::Year, "year", "This year"),
        (Self::All, "all", "All"),
    ];

    /// Its days; the ends of all are left to whoever knows the applications.
    pub fn query(self, today: NaiveDate) -> AnalyticsQuery {
        let (from, to) = match self {
            Self::Last(days) => (today - Duration::days(i64::from(days) - 1), today),
            Self::Year => (today.with_ordinal(1).unwrap_or(today), today),
            Self::Days(from, to) => (from, to),
            Self::All => return AnalyticsQuery::default(),
        };
        AnalyticsQuery {
            from: Some(from),
            to: Some(to),
        }
    }

    /// How the time before it is called, as long as it; none where there is none.
    pub fn before(self) -> Option<String> {
        match self {
            Self::Last(days) => Some(format!("the {days} days before")),
            Self::Year | Self::Days(..) => Some("as many days before".to_owned()),
            Self::All => None,
        }
    }
}

/// Which figures an address asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Of which applications.
    pub period: Period,
    /// How days are put together, where that is said.
    pub group_by: Option<GroupBy>,
}

impl Asked {
    /// What the query of an address asks for. What it does not say well it does not say.
    pub fn of(search: &str) -> Self {
        let value = |name| query_value(search, name);
        // What is out of the years in which days may be is the nearest that is in them.
        let within = |day: NaiveDate| {
            let first = NaiveDate::from_ymd_opt(*YEARS.start(), 1, 1);
            let last = NaiveDate::from_ymd_opt(*YEARS.end(), 12, 31);
            day.max(first.unwrap_or(day)).min(last.unwrap_or(day))
        };
        let day = |name| value(name).and_then(|day| day.parse::<NaiveDate>().ok().map(within));
        let word = value("range");
        let offered = Period::OFFERED
            .iter()
            .find(|it| word.as_deref() == Some(it.1));
        let days = day("from").zip(day("to"));
        let days = days.map(|(one, other)| Period::Days(one.min(other), one.max(other)));
        Self {
            period: days.or(offered.map(|it| it.0)).unwrap_or_default(),
            group_by: value("by").and_then(|word| word.parse().ok()),
        }
    }

    /// The address of the figures.
    pub fn address(&self) -> String {
        self.address_at("/analytics")
    }

    /// The address of the report of these days.
    pub fn report_address(&self) -> String {
        let days = Self {
            group_by: None,
            ..*self
        };
        days.address_at("/analytics/report")
    }

    fn address_at(&self, page: &str) -> String {
        let mut parts = Vec::new();
        match self.period {
            Period::All => {}
            Period::Days(from, to) => parts.push(format!("from={from}&to={to}")),
            other => {
                let offered = Period::OFFERED.iter().find(|it| it.0 == other);
                parts.extend(offered.map(|it| format!("range={}", it.1)));
            }
        }
        parts.extend(self.group_by.map(|by| format!("by={by}")));
        match parts.join("&").as_str() {
            "" => page.to_owned(),
            query => format!("{page}?{query}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_was_asked_for() {
        for address in [
            "",
            "range=7",
            "range=90&by=day",
            "range=year",
            "from=2026-01-31&to=2026-03-01&by=month",
        ] {
            let whole = Asked::of(address).address();
            assert_eq!(
                whole
                    .trim_start_matches("/analytics")
                    .trim_start_matches('?'),
                address
            );
        }
    }

    #[test]
    fn what_it_does_not_say_well_it_does_not_say() {
        for address in [
            "range=8",
            "from=2026-01-01",
            "from=x&to=2026-01-01",
            "by=hour",
            "range=all",
        ] {
            assert_eq!(Asked::of(address), Asked::default(), "{address}");
        }
        let turned = Asked::of("from=2026-03-01&to=2026-01-31");
        assert_eq!(turned, Asked::of("from=2026-01-31&to=2026-03-01"));
        let far = Asked::of("from=1900-01-01&to=2300-01-01");
        assert_eq!(far, Asked::of("from=1970-01-01&to=2200-12-31"));
    }

    #[test]
    fn days_are_those_up_to_today() {
        let today: NaiveDate = "2026-03-02".parse().unwrap();
        let from = |period: Period| period.query(today).from.map(|day| day.to_string());
        assert_eq!(from(Period::Last(7)).as_deref(), Some("2026-02-24"));
        assert_eq!(from(Period::Year).as_deref(), Some("2026-01-01"));
        assert_eq!(from(Period::All), None);
    }
}
