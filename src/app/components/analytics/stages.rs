//! How long stages take.

use super::{download::Download, model::Figure, words::days};
use crate::domain::analytics::{Figures, Measure, Table};
use leptos::prelude::*;

/// How long applications stay in each stage, those that are still there apart.
#[component]
pub fn TimeInStages(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let rows = move || {
        let figures = figures.get();
        let stages = figures.summary.time_in_stage.iter();
        let known = stages.filter(|it| it.completed + it.open > 0);
        let rows: Vec<_> = known
            .map(|it| {
                let label = it.status.label();
                let words = |number: Option<f64>| number.map_or_else(|| "–".to_owned(), days);
                view! {
                    <tr data-status=it.status.as_str()>
                        <th scope="row"><span class="status"><i class="status-dot"></i>{label}</span></th>
                        <td class="number wide">{words(it.mean_days)}</td>
                        <td class="number">{words(it.median_days)}</td>
                        <td class="number">{words(it.p90_days)}</td>
                        <td class="number"><Figure number=it.completed title=format!("Left {label}") measure=Measure::Stayed(it.status)/></td>
                        <td class="number">
                            <Figure number=it.open title=format!("Still in {label}") measure=Measure::Staying(it.status)/>
                            {it.open_median_days.map(|open| view! { <span class="figure-aside">" for " {days(open)}</span> })}
                        </td>
                    </tr>
                }
            })
            .collect();
        rows
    };
    let any = move || {
        figures.with(|it| {
            it.summary
                .time_in_stage
                .iter()
                .any(|it| it.completed + it.open > 0)
        })
    };
    view! {
        <section class="figures stages" aria-labelledby="stages-title">
            <h2 class="figures-title" id="stages-title">{Table::Stages.title()}</h2>
            <p class="figures-note">"Stays that are over; those that last stand apart, since nobody knows yet how long they will be."</p>
            {move || if any() {
                view! {
                    <table class="figures-table">
                        <thead>
                            <tr>
                                <th scope="col">"Stage"</th>
                                <th scope="col" class="number wide">"On average"</th>
                                <th scope="col" class="number">"Half within"</th>
                                <th scope="col" class="number">"Nine of ten"</th>
                                <th scope="col" class="number">"Left"</th>
                                <th scope="col" class="number">"Still there"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    <Download figures table=Table::Stages/>
                }.into_any()
            } else {
                view! { <p class="figures-none">"Nothing was sent in these days."</p> }.into_any()
            }}
        </section>
    }
}
