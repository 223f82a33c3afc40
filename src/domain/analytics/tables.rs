//! Figures as tables for spreadsheets.

use super::Figures;
use crate::domain::csv::csv;

/// A part of the figures, as a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// How many reached each stage.
    Funnel,
    /// How long stages take.
    Stages,
    /// Applications over time.
    OverTime,
    /// What came of each source.
    Sources,
    /// What was done on each day of the last year.
    Year,
}

impl Table {
    /// The name of its file, without dates.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Funnel => "stages-reached",
            Self::Stages => "time-in-stage",
            Self::OverTime => "applications-over-time",
            Self::Sources => "sources",
            Self::Year => "activity",
        }
    }

    /// What it is called on the page.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Funnel => "How far they came",
            Self::Stages => "How long stages take",
            Self::OverTime => "Applications over time",
            Self::Sources => "Where they came from",
            Self::Year => "The last year",
        }
    }

    /// The table, as CSV. Shares are from 0 to 1, days are ISO 8601; empty is what nobody can say.
    pub fn csv(self, figures: &Figures) -> String {
        let known =
            |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        match self {
            Self::Funnel => csv(
                ["stage", "reached", "of_previous", "of_first"],
                figures.conversion.stages.iter().map(|it| {
                    [
                        it.status.label().to_owned(),
                        it.reached.to_string(),
                        known(it.of_previous),
                        known(it.of_first),
                    ]
                }),
            ),
            Self::Stages => csv(
                [
                    "stage",
                    "completed",
                    "mean_days",
                    "median_days",
                    "p90_days",
                    "open",
                    "open_median_days",
                ],
                figures.summary.time_in_stage.iter().map(|it| {
                    [
                        it.status.label().to_owned(),
                        it.completed.to_string(),
                        known(it.mean_days),
                        known(it.median_days),
                        known(it.p90_days),
                        it.open.to_string(),
                        known(it.open_median_days),
                    ]
                }),
            ),
            Self::OverTime => csv(
                [
                    "from",
                    "to",
                    "applications",
                    "responses",
                    "interviews",
                    "offers",
                ],
                figures.trends.buckets.iter().map(|it| {
                    [
                        it.start.to_string(),
                        it.end.to_string(),
                        it.applications.to_string(),
                        it.responses.to_string(),
                        it.interviews.to_string(),
                        it.offers.to_string(),
                    ]
                }),
            ),
            Self::Sources => csv(
                [
                    "source",
                    "applications",
                    "responses",
                    "interviews",
                    "offers",
                    "response_rate",
                    "offer_rate",
                ],
                figures.sources.sources.iter().map(|it| {
                    [
                        it.source.clone(),
                        it.applications.to_string(),
                        it.responses.to_string(),
                        it.interviews.to_string(),
                        it.offers.to_string(),
                        it.response_rate.to_string(),
                        it.offer_rate.to_string(),
                    ]
                }),
            ),
            Self::Year => csv(
                ["day", "applications", "moves", "activities"],
                figures.activity.days.iter().map(|it| {
                    [
                        it.day.to_string(),
                        it.applications.to_string(),
                        it.moves.to_string(),
                        it.activities.to_string(),
                    ]
                }),
            ),
        }
    }
}
