//! What waits for an answer.

use super::{model::Figure, words::count};
use crate::{
    app::components::{each::Each, follow_up_button::FollowUpButton},
    client::dom,
    domain::analytics::{Figures, Measure, PENDING_AFTER_DAYS, PendingItem},
};
use leptos::prelude::*;
use leptos_router::components::A;

/// So many show before one asks for more.
const SHOWN: usize = 8;

/// What nobody has answered for a week or more, silent for longest first.
#[component]
pub fn PendingAnswers(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let all = RwSignal::new(false);
    let items = move || {
        let most = if all.get() { usize::MAX } else { SHOWN };
        figures.with(|it| {
            it.summary
                .pending
                .items
                .iter()
                .take(most)
                .cloned()
                .collect::<Vec<_>>()
        })
    };
    let total = move || figures.with(|it| it.summary.pending.total);
    let hidden = move || {
        figures
            .with(|it| it.summary.pending.items.len())
            .saturating_sub(SHOWN)
    };
    view! {
        <section class="figures pending" aria-labelledby="pending-title">
            <h2 class="figures-title" id="pending-title">"Waiting for an answer"</h2>
            <p class="figures-note">
                {move || match total() {
                    0 => "Nothing that you sent is silent for a week.".into_any(),
                    number => view! {
                        <Figure number title="Waiting for an answer" measure=Measure::Pending/>
                        {format!(" sent and silent for {PENDING_AFTER_DAYS} days or more, whatever days are chosen above.")}
                    }
                    .into_any(),
                }}
            </p>
            <ul class="pending-list" data-slides="">
                <Each each=items key=|item| (item.id, item.days_silent) let:item>
                    <PendingRow item/>
                </Each>
            </ul>
            {move || (hidden() > 0 && !all.get()).then(|| view! {
                <button type="button" class="button button-quiet" on:click=move |_| {
                    all.set(true);
                    let next = format!(".pending-row:nth-child({}) a", SHOWN + 1);
                    request_animation_frame(move || dom::focus(&next));
                }>
                    {format!("Show {} more", hidden())}
                </button>
            })}
        </section>
    }
}

#[component]
fn PendingRow(item: PendingItem) -> impl IntoView {
    let name = crate::domain::application::name_of(&item.role_title, &item.company);
    let follow = name.clone();
    let silent = count(item.days_silent.unsigned_abs(), "day", "days");
    view! {
        <li class="pending-row">
            <A href=format!("/board/{}", item.id) attr:class="quiet-link">{name}</A>
            <span class="quiet-days">{silent}</span>
            <FollowUpButton application=item.id name=follow/>
        </li>
    }
}
