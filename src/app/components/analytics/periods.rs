//! Of which days the figures are.

use super::model::use_analytics;
use crate::{
    app::figures::{Asked, Period},
    domain::analytics::Range,
};
use leptos::{html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// The choice of days.
#[component]
pub fn Periods() -> impl IntoView {
    let model = use_analytics();
    let links = Period::OFFERED.map(|(period, _, label)| {
        let address = move || {
            Asked {
                period,
                ..model.asked.get()
            }
            .address()
        };
        let current = move || (model.asked.get().period == period).then_some("true");
        view! {
            // `A` would say of each that it is current: they are one page.
            <a href=address class="period" aria-current=current data-noscroll="">{label}</a>
        }
    });
    view! {
        <nav class="periods" aria-label="Days">
            {links.collect_view()}
            <OwnDays/>
            <a href=move || model.asked.get().report_address() class="period report-link">"Report"</a>
        </nav>
    }
}

/// From a day to another one.
#[component]
fn OwnDays() -> impl IntoView {
    let model = use_analytics();
    let navigate = use_navigate();
    let (from, to) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let is_own = move || matches!(model.asked.get().period, Period::Days(..));
    let days = move |end: fn(Range) -> chrono::NaiveDate| {
        move || model.range().map(|it| end(it).to_string())
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let day = |input: NodeRef<html::Input>| {
            input
                .get_untracked()?
                .value()
                .parse::<chrono::NaiveDate>()
                .ok()
        };
        let (Some(one), Some(other)) = (day(from), day(to)) else {
            return;
        };
        let asked = Asked {
            period: Period::Days(one.min(other), one.max(other)),
            ..model.asked.get_untracked()
        };
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&asked.address(), options);
    };
    view! {
        <form class="own-days" action="/analytics" method="get" on:submit=submit data-current=move || is_own().then_some("")>
            <label>
                <span class="visually-hidden">"First day"</span>
                <input class="control" type="date" name="from" required min="1970-01-01" max="2200-12-31" node_ref=from prop:value=days(|it| it.from) value=days(|it| it.from)/>
            </label>
            <span aria-hidden="true">"–"</span>
            <label>
                <span class="visually-hidden">"Last day"</span>
                <input class="control" type="date" name="to" required min="1970-01-01" max="2200-12-31" node_ref=to prop:value=days(|it| it.to) value=days(|it| it.to)/>
            </label>
            <button type="submit" class="button">"Show"</button>
        </form>
    }
}
