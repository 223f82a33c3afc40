//! One press plans a follow-up.

use crate::{
    app::acts::Submission,
    client::{dom, store::use_store, zone::use_zone},
    domain::{
        activity::{Activity, ActivityCreate, ActivityType},
        change::Change,
        when::morning,
    },
};
use leptos::prelude::*;
use uuid::Uuid;

/// Plans a follow-up for tomorrow morning; where one is planned, it says so.
#[component]
pub fn FollowUpButton(
    /// Of which application.
    application: Uuid,
    /// What it is called, for those who do not see where the button stands.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let submission = Submission::default();
    let is_planned = Memo::new(move |_| {
        store.rows::<Activity>().values().any(|row| {
            let of_it = row.application_id == application && row.is_planned();
            of_it && row.r#type == ActivityType::FollowUp
        })
    });
    let follow_up = move |_| {
        if !submission.begin() {
            return;
        }
        let tomorrow = zone.with_untracked(|zone| morning(store.now_untracked(), 1, zone));
        let create = ActivityCreate {
            r#type: Change::Set(ActivityType::FollowUp),
            starts_at: Change::Set(Some(tomorrow)),
            ..ActivityCreate::default()
        };
        match store.create_activity(application, create) {
            // The button is gone then, and its row perhaps.
            Ok(_) => store.once_shown(move || {
                request_animation_frame(move || {
                    let planned = format!("[data-followed-up=\"{application}\"]");
                    let is_there = dom::exists(&planned);
                    dom::focus(if is_there { &planned } else { "#main" });
                });
            }),
            Err(problem) => {
                submission.end();
                store.toast("error", problem.sentence(), None);
            }
        }
    };
    move || {
        if is_planned.get() {
            view! {
                <span class="quiet-days" tabindex="-1" data-followed-up=application.to_string()>"Follow-up planned"</span>
            }
            .into_any()
        } else {
            let said = move || format!("Follow up tomorrow: {}", name.get());
            view! {
                <button type="button" class="button button-quiet" title="At nine in the morning" aria-label=said on:click=follow_up>
                    "Follow up tomorrow"
                </button>
            }
            .into_any()
        }
    }
}
