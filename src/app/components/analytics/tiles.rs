//! The four figures at the head.

use super::{
    chart::line,
    model::use_analytics,
    words::{answers_before, change, percent},
};
use crate::domain::analytics::{Bucket, Figures, Measure};
use leptos::prelude::*;

/// The four figures at the head.
#[component]
pub fn Tiles(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let model = use_analytics();
    let before = move |words: fn(&Figures, &str) -> String| {
        let called = model.asked.get().period.before()?;
        Some(words(&figures.get(), &called))
    };
    let line_of = move |of: fn(&Bucket) -> u64| {
        move || figures.with(|it| line(&it.trends.buckets.iter().map(of).collect::<Vec<_>>()))
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
    let number = move |of: fn(&crate::domain::analytics::Totals) -> u64| {
        Signal::derive(move || of(&totals()).to_string())
    };
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
        Some(
            match before(|it, called| answers_before(&it.summary.previous, called)) {
                Some(before) => format!("{count}; {before}"),
                None => count,
            },
        )
    });
    view! {
        <div class="tiles">
            {tile(
                "Applied",
                Measure::Applications,
                number(|it| it.applications),
                Signal::derive(move || before(|it, called| change(it.summary.totals.applications, it.summary.previous.applications, called))),
                Signal::derive(line_of(|it| it.applications)),
            )}
            {tile("Answered", Measure::Responses, answered, answered_note, Signal::derive(line_of(|it| it.responses)))}
            {tile(
                "Interviews",
                Measure::INTERVIEWS,
                number(|it| it.interviews),
                Signal::derive(move || before(|it, called| change(it.summary.totals.interviews, it.summary.previous.interviews, called))),
                Signal::derive(line_of(|it| it.interviews)),
            )}
            {tile(
                "Offers",
                Measure::OFFERS,
                number(|it| it.offers),
                Signal::derive(move || before(|it, called| change(it.summary.totals.offers, it.summary.previous.offers, called))),
                Signal::derive(line_of(|it| it.offers)),
            )}
        </div>
    }
}
