//! Figures that the server worked out: for the first paint, and where a device does not hold all rows.

use super::Asked;
use crate::{
    api::{
        analytics::{get_figures, get_members},
        rest::{Query, Reply},
    },
    domain::{
        analytics::{Figures, Members, MembersQuery, Selection, TrendsQuery},
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
    let days = asked.period.query(today);
    let query = TrendsQuery {
        from: days.from,
        to: days.to,
        group_by: asked.group_by,
    };
    let figures = get_figures(Query::of(&query)).await;
    Ok(Served {
        asked,
        figures: figures.and_then(Reply::into_body).map(Arc::new)?,
    })
}

/// Asks the server for the applications behind a figure.
///
/// # Errors
/// What the server says.
pub async fn ask_members(selection: &Selection) -> Result<Members, Problem> {
    let members = get_members(Query::of(&MembersQuery::from(selection))).await;
    members.and_then(Reply::into_body)
}
