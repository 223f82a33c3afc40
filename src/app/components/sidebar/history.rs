//! The moves of an application, newest first.

use crate::{
    client::store::use_store,
    client::zone::use_zone,
    domain::time::{ZoneRules, day_label, stay_label},
};
use leptos::prelude::*;
use uuid::Uuid;

/// The stage history of `id`.
#[component]
pub fn History(
    /// Whose.
    id: Uuid,
) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let items = move || {
        let events = store.history(id);
        let (zone, today) = (zone.read(), store.now());
        let today = zone.day(today);
        let counting: Vec<_> = events
            .iter()
            .filter(|event| event.voided_at.is_none())
            .collect();
        let mut items = Vec::new();
        for (index, event) in counting.iter().enumerate() {
            let day = zone.day(event.occurred_at);
            let until = counting
                .get(index + 1)
                .map(|next| zone.day(next.occurred_at));
            let stay = match until {
                Some(until) => stay_label(day, until),
                None => format!("{} here", stay_label(day, today)),
            };
            items.push(view! {
                <li class="timeline-item" data-status=event.to_status.as_str()>
                    <i class="status-dot"></i>
                    <span>{event.to_status.label()}</span>
                    " "
                    <time datetime=event.occurred_at.to_rfc3339()>{day_label(day, today)}</time>
                    " "
                    <span class="timeline-stay">{stay}</span>
                </li>
            });
        }
        items.reverse();
        items
    };
    let loading = move || store.history(id).is_empty() && !store.is_whole();
    view! {
        <ol class="timeline">{items}</ol>
        {move || loading().then(|| view! { <div class="skeleton skeleton-text"></div> })}
    }
}
