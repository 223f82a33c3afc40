//! A table of figures as a file.

use super::model::use_analytics;
use crate::{
    client::dom,
    domain::analytics::{Figures, Table},
};
use leptos::prelude::*;
use std::sync::Arc;

/// Gives a table of the figures that show to a spreadsheet. Made here: it needs no network.
#[component]
pub fn Download(
    /// The figures.
    figures: Signal<Arc<Figures>>,
    /// Which table of them.
    table: Table,
    /// What it is of, for those who do not see where it stands.
    what: &'static str,
) -> impl IntoView {
    let model = use_analytics();
    let download = move |_| {
        let days = untrack(|| model.range());
        let days = days.filter(|_| table != Table::Year);
        let days = days.map(|it| format!("-{}-{}", it.from, it.to));
        let name = format!("{}{}.csv", table.name(), days.unwrap_or_default());
        figures.with_untracked(|it| dom::download(&name, &table.csv(it)));
    };
    view! {
        <button type="button" class="link figures-download" on:click=download>
            "Download CSV"<span class="visually-hidden">{format!(" of {what}")}</span>
        </button>
    }
}
