//! How many reached each stage.

use super::{download::Download, model::Figure, words::percent};
use crate::domain::analytics::{Figures, Measure, Table};
use leptos::prelude::*;

/// The funnel, as the table that it is.
#[component]
pub fn Funnel(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let rows = move || {
        let figures = figures.get();
        let stages = &figures.conversion.stages;
        let first = stages.first().map_or(0, |it| it.reached);
        let mut before = None;
        let mut rows = Vec::new();
        for it in stages {
            let (status, reached) = (it.status, it.reached);
            let of_before = before
                .filter(|before| *before > 0)
                .map(|before| percent(reached, before));
            before = Some(reached);
            let width = (reached * 1_000).checked_div(first).unwrap_or_default();
            rows.push(view! {
                <tr data-status=status.as_str()>
                    <th scope="row"><span class="status"><i class="status-dot"></i>{status.label()}</span></th>
                    <td class="bar-cell" aria-hidden="true">
                        <svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none">
                            <rect class="bar-fill" width=width height="10"/>
                            <rect class="bar-end" x=width.saturating_sub(6) width=width.min(6) height="10"/>
                        </svg>
                    </td>
                    <td class="number"><Figure number=reached title=format!("Reached {}", status.label()) measure=Measure::Reached(status)/></td>
                    <td class="number">{of_before.unwrap_or_else(|| "–".to_owned())}</td>
                    <td class="number wide">{(first > 0).then(|| percent(reached, first))}</td>
                </tr>
            });
        }
        rows
    };
    view! {
        <section class="figures funnel" aria-labelledby="funnel-title">
            <h2 class="figures-title" id="funnel-title">{Table::Funnel.title()}</h2>
            <p class="figures-note">"An application counts for each stage that it reached or passed, wherever it stands now."</p>
            <table class="figures-table">
                <thead>
                    <tr>
                        <th scope="col">"Stage"</th>
                        <td></td>
                        <th scope="col" class="number">"Reached"</th>
                        <th scope="col" class="number">"Of the stage before"</th>
                        <th scope="col" class="number wide">"Of all"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <Download figures table=Table::Funnel/>
        </section>
    }
}
