//! The four figures at the head.

use super::{
    chart::line,
    model::use_analytics,
    words::{answers_before, change, percent},
};
use crate::domain::analytics::{Bucket, Figures, Measure, Totals};
use leptos::prelude::*;
use std::sync::Arc;

/// The four figures at the head.
#[component]
pub fn Tiles(figures: Signal<Arc<Figures>>) -> impl IntoView {
    let model = use_analytics();
    let line_of = move |of: fn(&Bucket) -> u64| {
        let numbers = move |it: &Arc<Figures>| it.trends.buckets.iter().map(of).collect::<Vec<_>>();
        Signal::derive(move || figures.with(|it| line(&numbers(it))))
    };
    let tile = move |label: &'static str,
                     measure: Measure,
                     number: Signal<String>,
                     note: Signal<Option<String>>,
                     points: Signal<String>| {
        view! {
            <button type="button" class="tile" on:click=move |_| model.open(label, measure)>
                <span class="tile-label">{label}</span>
                <span class="tile-number">{number}</span>
                <svg class="tile-line" viewBox="0 0 64 24" aria-hidden="true"><polyline points=points/></svg>
                <span class="tile-note">{note}</span>
            </button>
        }
    };
    let totals = move || figures.with(|it| it.summary.totals);
    let answered = Signal::derive(move || {
        let totals = totals();
        match totals.applications {
            0 => "–".to_owned(),
            of => percent(totals.responses, of),
        }
    });
    let answered_note = Signal::derive(move || {
        let of = totals();
        let count = format!("{} of {}", of.responses, of.applications);
        let called = model.before();
        let before =
            called.map(|called| figures.with(|it| answers_before(&it.summary.previous, &called)));
        Some(match before {
            Some(before) => format!("{count}; {before}"),
            None => count,
        })
    });
    // A number of applications, and how it stands to the time before.
    let counted = move |label, measure, of: fn(&Totals) -> u64, of_bucket: fn(&Bucket) -> u64| {
        let number = Signal::derive(move || of(&totals()).to_string());
        let note = Signal::derive(move || {
            let called = model.before()?;
            let (now, before) =
                figures.with(|it| (of(&it.summary.totals), of(&it.summary.previous)));
            Some(change(now, before, &called))
        });
        tile(label, measure, number, note, line_of(of_bucket))
    };
    view! {
        <div class="tiles">
            {counted("Applied", Measure::Applications, |it| it.applications, |it| it.applications)}
            {tile("Answered", Measure::Responses, answered, answered_note, line_of(|it| it.responses))}
            {counted("Interviews", Measure::INTERVIEWS, |it| it.interviews, |it| it.interviews)}
            {counted("Offers", Measure::OFFERS, |it| it.offers, |it| it.offers)}
        </div>
    }
}
