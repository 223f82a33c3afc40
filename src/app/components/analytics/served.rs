//! Figures that the server worked out: for the first paint, and where a device does not hold all rows.

use super::Asked;
use crate::{
    api::{
        analytics::{get_activity, get_conversion, get_sources, get_summary, get_trends},
        rest::{Query, Reply},
    },
    domain::{
        analytics::{AnalyticsQuery, Figures, Range, TrendsQuery, year_to},
        error::Problem,
    },
};
use chrono::NaiveDate;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Figures, and what was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// What was asked for.
    pub asked: Asked,
    /// The figures.
    pub figures: Arc<Figures>,
}

/// The figures that the server gave last.
pub type LastServed = RwSignal<Option<Served>>;

/// Provides them: none yet.
pub fn provide() {
    provide_context(LastServed::new(None));
}

/// Asks the server; `today` is the user's.
///
/// # Errors
/// What the server says.
pub async fn ask(asked: Asked, today: NaiveDate) -> Result<Served, Problem> {
    let query = asked.period.query(today);
    let summary = get_summary(Query::of(&query)).await;
    let summary = summary.and_then(Reply::into_body)?;
    let range = Range {
        from: summary.from,
        to: summary.to,
    };
    // The same days for each, whatever is done meanwhile.
    let days = |range: Range| AnalyticsQuery {
        from: Some(range.from),
        to: Some(range.to),
    };
    let trends = TrendsQuery {
        from: Some(range.from),
        to: Some(range.to),
        group_by: Some(asked.group_by(range)),
    };
    let conversion = get_conversion(Query::of(&days(range))).await;
    let trends = get_trends(Query::of(&trends)).await;
    let sources = get_sources(Query::of(&days(range))).await;
    let activity = get_activity(Query::of(&days(year_to(today)))).await;
    Ok(Served {
        asked,
        figures: Arc::new(Figures {
            summary,
            conversion: conversion.and_then(Reply::into_body)?,
            trends: trends.and_then(Reply::into_body)?,
            sources: sources.and_then(Reply::into_body)?,
            activity: activity.and_then(Reply::into_body)?,
        }),
    })
}
