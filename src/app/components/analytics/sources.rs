//! What came of each source.

use super::{download::Download, model::Figure, words::percent};
use crate::domain::{
    analytics::{Figures, Measure, Table},
    tags::folded,
};
use leptos::prelude::*;

/// Fewer applications say too little of a source.
const FEW: u64 = 5;
/// So many show before one asks for more.
const SOURCES_SHOWN: usize = 12;

/// The sources by what came of them.
#[component]
pub fn SourcesTable(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let all = RwSignal::new(false);
    let count = move || figures.with(|it| it.sources.sources.len());
    let most = move || if all.get() { usize::MAX } else { SOURCES_SHOWN };
    let rows = move || {
        let figures = figures.get();
        let shown = figures.sources.sources.iter().take(most());
        let rows: Vec<_> = shown
            .map(|it| {
                let few = it.applications < FEW;
                let figure = |number: u64, what: &str, measure: Measure| {
                    view! { <Figure number title=format!("{what} from {}", it.source) measure source=folded(&it.source)/> }
                };
                let share = |part: u64| match few {
                    true => view! { <span class="figure-aside">"too few"</span> }.into_any(),
                    false => percent(part, it.applications).into_any(),
                };
                view! {
                    <tr data-few=few.then_some("")>
                        <th scope="row" class="source-name">{it.source.clone()}</th>
                        <td class="number">{figure(it.applications, "Applied", Measure::Applications)}</td>
                        <td class="number">{figure(it.responses, "Answered", Measure::Responses)}</td>
                        <td class="number">{share(it.responses)}</td>
                        <td class="number">{figure(it.offers, "Offers", Measure::OFFERS)}</td>
                        <td class="number wide">{share(it.offers)}</td>
                    </tr>
                }
            })
            .collect();
        rows
    };
    view! {
        <section class="figures sources" aria-labelledby="sources-title">
            <h2 class="figures-title" id="sources-title">{Table::Sources.title()}</h2>
            {move || figures.with(|it| best(it)).map(|text| view! { <p class="figures-note">{text}</p> })}
            {move || if count() == 0 {
                view! { <p class="figures-none">"Nothing was sent in these days."</p> }.into_any()
            } else {
                view! {
                    <table class="figures-table">
                        <thead>
                            <tr>
                                <th scope="col">"Source"</th>
                                <th scope="col" class="number">"Applied"</th>
                                <th scope="col" class="number">"Answered"</th>
                                <th scope="col" class="number">"Of those"</th>
                                <th scope="col" class="number">"Offers"</th>
                                <th scope="col" class="number wide">"Of those"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    <Download figures table=Table::Sources/>
                }.into_any()
            }}
            {move || (count() > most()).then(|| view! {
                <button type="button" class="button button-quiet" on:click=move |_| all.set(true)>
                    {format!("Show {} more", count() - SOURCES_SHOWN)}
                </button>
            })}
        </section>
    }
}

/// Which source is answered most often, of those of which enough is known to say so.
fn best(figures: &Figures) -> Option<String> {
    let enough = figures
        .sources
        .sources
        .iter()
        .filter(|it| it.applications >= FEW);
    let mut known: Vec<_> = enough.collect();
    // By cross-multiplication: the shares are of small numbers.
    known.sort_by(|one, other| {
        let (a, b) = (
            one.responses * other.applications,
            other.responses * one.applications,
        );
        b.cmp(&a)
    });
    let [first, .., last] = known.as_slice() else {
        return None;
    };
    // What chance would do as well is nothing to tell: a tenth, at least.
    let (best, least) = (
        first.responses * last.applications,
        last.responses * first.applications,
    );
    let is_better = best.saturating_sub(least) * 10 >= first.applications * last.applications;
    is_better.then(|| {
        format!(
            "{} is answered most often: {} of {}.",
            first.source, first.responses, first.applications
        )
    })
}
