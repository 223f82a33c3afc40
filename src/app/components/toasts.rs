//! Messages that go away by themselves.

use super::icon::Icon;
use crate::{
    app::{IconButton, pwa::UpdateOffer, session::Dialogs},
    client::{
        store::use_store,
        toasts::{Toast, ToastAction},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// The messages, newest at the bottom.
#[component]
pub fn Toasts() -> impl IntoView {
    let store = use_store();
    view! {
        <div class="toasts" role="region" aria-label="Notifications">
            <UpdateOffer/>
            <For each=move || store.toasts() key=|toast| toast.id let:toast>
                <ToastView toast/>
            </For>
        </div>
    }
}

#[component]
fn ToastView(toast: Toast) -> impl IntoView {
    let store = use_store();
    let dialogs = expect_context::<Dialogs>();
    let navigate = use_navigate();
    let Toast {
        id,
        kind,
        text,
        action,
    } = toast;
    let role = if kind == "info" { "status" } else { "alert" };
    let close = move || store.dismiss(id);
    // A conflict is a question with two answers.
    let declined = action.clone();
    let keep = (kind == "conflict")
        .then_some(declined)
        .flatten()
        .map(|action| {
            let decline = move |_| {
                store.decline(&action);
                close();
            };
            view! {
                <button type="button" class="toast-action toast-keep" on:click=decline>
                    "Keep server’s"
                </button>
            }
        });
    let offer = action.map(|action| {
        let label = action.label();
        let press = move |_| {
            match &action {
                ToastAction::Open(record) => navigate(
                    &format!("/board/{record}"),
                    leptos_router::NavigateOptions::default(),
                ),
                ToastAction::SignIn => _ = window().open_with_url_and_target("/sign-in", "_blank"),
                ToastAction::Review => dialogs.sync.set(true),
                ToastAction::Reload => _ = window().location().reload(),
                other => store.act(other),
            }
            store.dismiss(id);
        };
        view! { <button type="button" class="toast-action" on:click=press>{label}</button> }
    });
    view! {
        <div class="toast" data-kind=kind role=role>
            <span class="toast-text">{text}</span>
            {keep}
            {offer}
            <IconButton label="Dismiss" icon=Icon::Close on_press=close class="toast-close"/>
        </div>
    }
}
