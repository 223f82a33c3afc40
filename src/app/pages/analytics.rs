//! How the hunt is going.

use crate::{
    app::{
        components::{
            analytics::{
                AnalyticsModel, Figure, FigureList, Funnel, HowCounted, NextSteps, OverTime,
                PendingAnswers, Periods, SourcesTable, Standing, Tiles, TimeInStages, Year,
                drafts_words, lacks_words, range_label, use_analytics,
            },
            page_header::PageHeader,
        },
        dialogs::use_dialogs,
        figures::Period,
        frame::SignedIn,
    },
    client::{habits::use_habits, store::use_store},
    domain::{analytics::Measure, stage::Status},
};
use leptos::prelude::*;
use leptos_meta::Title;
use std::sync::Arc;

/// `/analytics`.
#[component]
pub fn AnalyticsPage() -> impl IntoView {
    view! {
        <Title text="Analytics"/>
        <SignedIn>
            <Analytics/>
        </SignedIn>
    }
}

/// So few applications say too little.
const FEW: u64 = 5;

#[component]
fn Analytics() -> impl IntoView {
    let (store, habits) = (use_store(), use_habits());
    let model = AnalyticsModel::of_store();
    provide_context(model);
    let sub = Signal::derive(move || {
        let label = |range| range_label(range, model.today.get(), habits.get().order);
        model.range().map(label).unwrap_or_default()
    });
    let has_figures = Memo::new(move |_| model.shown.read().is_some());
    let body = move || {
        if has_figures.get() {
            return view! { <Figures/> }.into_any();
        }
        if model.problem.try_get().flatten().is_some() {
            return ().into_any();
        }
        view! {
            <div class="skeleton skeleton-card" aria-hidden="true"></div>
            <div class="skeleton skeleton-card" aria-hidden="true"></div>
        }
        .into_any()
    };
    let trouble = move || {
        // Gone with the page, where one leaves it.
        model.problem.try_get().flatten().map(|problem| {
            view! {
                <p class="notice" data-kind="warn" role="status">
                    {problem.sentence()}
                    {format!(" {}, so the figures come from the server.", lacks_words(store.missing()))}
                    {model.range().map(|range| {
                        let days = range_label(range, model.today.get(), habits.get().order);
                        format!(" Until then those of {days} stand here.")
                    })}
                </p>
            }
        })
    };
    view! {
        <main class="page" id="main" tabindex="-1">
            <PageHeader title="Analytics" sub/>
            <div class="page-body">
                <div class="analytics" aria-busy=move || model.is_stale().then_some("true")>
                    <Periods/>
                    {trouble}
                    {body}
                </div>
            </div>
            <FigureList/>
        </main>
    }
}

#[component]
fn Figures() -> impl IntoView {
    let dialogs = use_dialogs();
    let model = use_analytics();
    let shown = move || model.shown.get().map(|it| it.figures);
    let Some(first) = untrack(shown) else {
        return ().into_any();
    };
    let figures = Signal::derive(move || shown().unwrap_or_else(|| Arc::clone(&first)));
    let sent = Memo::new(move |_| figures.with(|it| it.summary.totals.applications));
    let drafts = Memo::new(move |_| figures.with(|it| it.summary.drafts));
    let few = move || {
        let is_all = model.asked.get().period == Period::All;
        (sent.get() < FEW && (is_all || sent.get() == 0)).then(|| {
            let text = match sent.get() {
                0 if is_all => "Nothing was sent yet. Add what you applied to, and the figures fill.".to_owned(),
                0 => "Nothing was sent in these days. Choose others, or add what you applied to.".to_owned(),
                sent => format!("{} more and these figures begin to say something.", FEW - sent),
            };
            view! {
                <p class="notice" data-kind="info">
                    {text} " "
                    <button type="button" class="link" on:click=move |_| dialogs.adding.set(Some(Status::Applied))>"Add an application"</button>
                </p>
            }
        })
    };
    view! {
        {few}
        <Tiles figures/>
        <div class="figures-grid">
            <NextSteps figures/>
            <PendingAnswers figures/>
            <Funnel figures/>
            <TimeInStages figures/>
            <OverTime figures/>
            <SourcesTable figures/>
            <Standing figures/>
            <Year figures/>
        </div>
        {move || (drafts.get() > 0).then(|| view! {
            <p class="figures-note">
                "Besides, "
                <Figure number=drafts.get() title="Drafts" measure=Measure::Drafts/>
                {drafts_words(drafts.get())}
            </p>
        })}
        <HowCounted/>
    }
    .into_any()
}
