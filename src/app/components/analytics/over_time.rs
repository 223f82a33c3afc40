//! Applications over time.

use super::{
    chart::{HEIGHT, PART, axis_top, bar_days, bars, bars_box, bucket_words},
    download::Download,
    model::{Figure, use_analytics},
    read_out::ReadOut,
    words::range_label,
};
use crate::{
    app::figures::Asked,
    client::habits::use_habits,
    domain::analytics::{Bucket, Figures, GroupBy, Measure, Range, Table},
};
use leptos::prelude::*;

/// Applications over time, and how many of them were answered.
#[component]
pub fn OverTime(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let (model, habits) = (use_analytics(), use_habits());
    let days_of = move |it: &Bucket| {
        let range = Range {
            from: it.start,
            to: it.end,
        };
        range_label(range, model.today.get(), habits.get().order)
    };
    let drawing = move || figures.with(|it| bars(&it.trends.buckets));
    let view_box = move || figures.with(|it| bars_box(it.trends.buckets.len()));
    let days = move || {
        let (today, order) = (model.today.get(), habits.get().order);
        figures.with(|it| bar_days(&it.trends.buckets, today, order, 14))
    };
    let top = Memo::new(move |_| figures.with(|it| axis_top(&it.trends.buckets)));
    let half = move || top.get().is_multiple_of(2).then(|| top.get() / 2);
    let parts = Signal::derive(move || figures.with(|it| it.trends.buckets.len()));
    let bucket = move |at: usize| figures.with(|it| it.trends.buckets.get(at).copied());
    let words = move |at: usize| {
        let bucket = bucket(at);
        bucket.map_or_else(String::new, |it| bucket_words(&it, &days_of(&it)))
    };
    let grouped = move || figures.with(|it| it.trends.group_by);
    let open = move |at: usize| {
        let bucket = untrack(|| bucket(at));
        if let Some(bucket) = bucket.filter(|it| it.applications > 0) {
            let range = Range {
                from: bucket.start,
                to: bucket.end,
            };
            let title = untrack(|| format!("Applied, {}", days_of(&bucket)));
            model.open_of(title, Measure::Applications, range, None);
        }
    };
    let at = RwSignal::new(None);
    let mark = move || at.get().unwrap_or_default() * PART;
    let marked = move || at.get().is_some().then_some("true");
    let by = [
        (GroupBy::Day, "Day"),
        (GroupBy::Week, "Week"),
        (GroupBy::Month, "Month"),
    ]
    .map(|(by, label)| {
        let address = move || {
            Asked {
                group_by: Some(by),
                ..model.asked.get()
            }
            .address()
        };
        let current = move || (grouped() == by).then_some("true");
        view! { <a href=address class="period" aria-current=current data-noscroll="">{label}</a> }
    });
    let rows = move || {
        let figures = figures.get();
        let rows: Vec<_> = figures
            .trends
            .buckets
            .iter()
            .map(|it| {
                let (label, range) = (days_of(it), Range { from: it.start, to: it.end });
                let figure = |number: u64, what: &str, measure: Measure| {
                    view! { <Figure number title=format!("{what}, {label}") measure range/> }
                };
                view! {
                    <tr>
                        <th scope="row">{label.clone()}</th>
                        <td class="number">{figure(it.applications, "Applied", Measure::Applications)}</td>
                        <td class="number">{figure(it.responses, "Answered", Measure::Responses)}</td>
                        <td class="number">{figure(it.interviews, "Interviews", Measure::INTERVIEWS)}</td>
                        <td class="number">{figure(it.offers, "Offers", Measure::OFFERS)}</td>
                    </tr>
                }
            })
            .collect();
        rows
    };
    let shown = RwSignal::new(false);
    view! {
        <section class="figures over-time" aria-labelledby="over-time-title">
            <div class="figures-head">
                <h2 class="figures-title" id="over-time-title">{Table::OverTime.title()}</h2>
                <nav class="periods" aria-label="Grouped by">{by.collect_view()}</nav>
            </div>
            <p class="figures-note">
                <i class="key key-sent" aria-hidden="true"></i>"applied, "
                <i class="key key-answered" aria-hidden="true"></i>"and how many of those were answered since"
            </p>
            {move || figures.with(|it| it.trends.buckets.is_empty()).then(|| view! {
                <p class="figures-none">"So many months are no drawing. Choose fewer days."</p>
            })}
            <ReadOut label="Applications over time" count=parts column=1 words open at>
                <div class="bars">
                    <span class="bars-top" aria-hidden="true">{top}</span>
                    <span class="bars-half" aria-hidden="true">{half}</span>
                    <svg class="bars-svg" viewBox=view_box preserveAspectRatio="none" aria-hidden="true">
                        <rect class="bar-mark" data-shown=marked x=mark y="0" width=PART height=HEIGHT></rect>
                        <g inner_html=drawing></g>
                    </svg>
                </div>
                <svg class="bars-days" aria-hidden="true" inner_html=days></svg>
            </ReadOut>
            <details class="figures-more" on:toggle=move |_| shown.set(true)>
                <summary>"As a table"</summary>
                {move || shown.get().then(|| view! {
                    <table class="figures-table">
                        <thead>
                            <tr>
                                <th scope="col">"Days"</th>
                                <th scope="col" class="number">"Applied"</th>
                                <th scope="col" class="number">"Answered"</th>
                                <th scope="col" class="number">"Interviews"</th>
                                <th scope="col" class="number">"Offers"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    <Download figures table=Table::OverTime/>
                })}
            </details>
        </section>
    }
}
