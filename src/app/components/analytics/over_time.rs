//! Applications over time.

use super::{
    chart::{bars, bars_box, bucket_words},
    download::Download,
    model::{Figure, use_analytics},
    words::range_label,
};
use crate::{
    app::figures::Asked,
    client::{dom, habits::use_habits},
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
    let drawing =
        move || figures.with(|it| bars(&it.trends.buckets, |it| bucket_words(it, &days_of(it))));
    let view_box = move || figures.with(|it| bars_box(it.trends.buckets.len()));
    let most = move || {
        figures.with(|it| {
            it.trends
                .buckets
                .iter()
                .map(|it| it.applications)
                .max()
                .unwrap_or_default()
        })
    };
    let end = move |of: fn(&[Bucket]) -> Option<&Bucket>| {
        move || figures.with(|it| of(&it.trends.buckets).map(days_of))
    };
    let grouped = move || figures.with(|it| it.trends.group_by);
    let open = move |event: leptos::ev::MouseEvent| {
        let at = dom::attribute_under(&event, "data-bucket");
        let at = at.and_then(|at| at.parse::<usize>().ok());
        let bucket =
            at.and_then(|at| figures.with_untracked(|it| it.trends.buckets.get(at).copied()));
        if let Some(bucket) = bucket.filter(|it| it.applications > 0) {
            let range = Range {
                from: bucket.start,
                to: bucket.end,
            };
            let title = untrack(|| format!("Applied, {}", days_of(&bucket)));
            model.open_of(title, Measure::Applications, range, None);
        }
    };
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
            <div class="bars" on:click=open>
                <span class="bars-most" aria-hidden="true">{most}</span>
                <svg class="bars-svg" viewBox=view_box preserveAspectRatio="none" role="img" aria-label="Bars of applications over time; the table below has the same numbers" inner_html=drawing></svg>
            </div>
            <p class="bars-ends" aria-hidden="true">
                <span>{end(|all| all.first())}</span>
                <span>{end(|all| all.last().filter(|_| all.len() > 1))}</span>
            </p>
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
