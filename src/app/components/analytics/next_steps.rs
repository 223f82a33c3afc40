//! What to do next.

use super::words::count;
use crate::{
    app::components::{each::Each, follow_up_button::FollowUpButton},
    client::{dom, habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        analytics::{Figures, Reason, Step},
        application::name_of,
        time::{Timestamp, ZoneRules},
        when::{Habits, time_label},
    },
};
use leptos::prelude::*;
use leptos_router::components::A;

/// So many show before one asks for more.
const SHOWN: usize = 6;

/// What to do next, the most urgent first.
#[component]
pub fn NextSteps(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let all = RwSignal::new(false);
    let items = move || {
        let most = if all.get() { usize::MAX } else { SHOWN };
        figures.with(|it| {
            let items = it.steps.items.iter();
            items.take(most).cloned().collect::<Vec<_>>()
        })
    };
    let total = move || figures.with(|it| it.steps.total);
    let here = move || figures.with(|it| it.steps.items.len());
    let hidden = move || here().saturating_sub(SHOWN);
    view! {
        <section class="figures pending" aria-labelledby="steps-title">
            <h2 class="figures-title" id="steps-title">"What to do next"</h2>
            {move || (total() == 0).then(|| view! {
                <p class="figures-note">"Nothing waits for you just now."</p>
            })}
            <ul class="pending-list" data-slides="">
                <Each each=items key=|step| (step.id, step.reason, step.activity, step.at, step.days) let:step>
                    <StepRow step/>
                </Each>
            </ul>
            {move || (hidden() > 0 && !all.get()).then(|| view! {
                <button type="button" class="button button-quiet" on:click=move |_| {
                    all.set(true);
                    let next = format!(".step-row:nth-child({}) a", SHOWN + 1);
                    request_animation_frame(move || dom::focus(&next));
                }>
                    {format!("Show {} more", hidden())}
                </button>
            })}
            {move || {
                let more = total().saturating_sub(here() as u64);
                let told = all.get() || hidden() == 0;
                (more > 0 && told).then(|| view! {
                    <p class="figures-note">{format!("And {more} more, once these are done.")}</p>
                })
            }}
        </section>
    }
}

#[component]
fn StepRow(step: Step) -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let name = name_of(&step.role_title, &step.company);
    let page = match step.activity {
        Some(activity) => format!("/board/{}?activity={activity}", step.id),
        None => format!("/board/{}", step.id),
    };
    let id = step.id;
    let action = match step.reason {
        Reason::Silent => None,
        Reason::InterviewUnprepared => Some("Prepare"),
        Reason::OfferLapses => Some("Answer"),
        Reason::OfferOpen | Reason::DraftWaits => Some("Open"),
    };
    let action = match action {
        None => view! { <FollowUpButton application=id name=name.clone()/> }.into_any(),
        Some(label) => {
            let said = format!("{label}: {name}");
            view! {
                <A href=page.clone() attr:class="button button-quiet" attr:aria-label=said>{label}</A>
            }
            .into_any()
        }
    };
    let why = move || why(&step, store.now(), &*zone.read(), habits.get());
    view! {
        <li class="step-row">
            <A href=page attr:class="quiet-link">{name}</A>
            <span class="quiet-days">{why}</span>
            {action}
        </li>
    }
}

/// Why it is to be done, in words.
fn why(step: &Step, now: Timestamp, zone: &dyn ZoneRules, habits: Habits) -> String {
    let at = step.at.unwrap_or(now);
    let when = time_label(at, now, zone, habits);
    let days = count(step.days.unwrap_or_default().unsigned_abs(), "day", "days");
    match step.reason {
        Reason::OfferLapses if at < now => format!("The answer was due {when}"),
        Reason::OfferLapses => format!("Answer by {when}"),
        Reason::InterviewUnprepared => format!("Interview {when}, nothing prepared"),
        Reason::OfferOpen => format!("Offer open for {days}: set what is due, and when"),
        Reason::Silent => format!("Nothing has moved for {days}"),
        Reason::DraftWaits => format!("A draft for {days}"),
    }
}
