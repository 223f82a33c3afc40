//! Where the applications stand now.

use super::model::Figure;
use crate::domain::analytics::{ByStatus, Figures, Measure};
use leptos::prelude::*;

/// How many of the applications of these days are in each status now.
#[component]
pub fn Standing(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let row = |it: &ByStatus| {
        let (label, number) = (it.status.label(), it.count);
        view! {
            <li class="standing" data-status=it.status.as_str()>
                <span class="status"><i class="status-dot"></i>{label}</span>
                <Figure number title=format!("{label} now") measure=Measure::Now(it.status)/>
            </li>
        }
    };
    let rows = move || {
        let figures = figures.get();
        let known = figures.summary.by_status.iter();
        let rows: Vec<_> = known.filter(|it| it.count > 0).map(row).collect();
        rows
    };
    let any = move || figures.with(|it| it.summary.by_status.iter().any(|it| it.count > 0));
    view! {
        <section class="figures" aria-labelledby="standing-title">
            <h2 class="figures-title" id="standing-title">"Where they stand now"</h2>
            {move || if any() {
                view! { <ul class="standings">{rows}</ul> }.into_any()
            } else {
                view! { <p class="figures-none">"Nothing was sent in these days."</p> }.into_any()
            }}
        </section>
    }
}
