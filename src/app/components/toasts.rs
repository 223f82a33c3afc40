//! Messages that go away by themselves.

use super::{each::Each, icon::Icon, icon_button::IconButton};
use crate::{
    app::{dialogs::use_dialogs, pwa::UpdateOffer},
    client::{
        dom,
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
            <Each each=move || store.toasts() key=|toast| toast.id let:toast>
                <ToastView toast/>
            </Each>
        </div>
    }
}

#[component]
fn ToastView(toast: Toast) -> impl IntoView {
    let store = use_store();
    let dialogs = use_dialogs();
    let navigate = use_navigate();
    let Toast {
        id,
        kind,
        text,
        action,
        ..
    } = toast;
    let role = if kind == "info" { "status" } else { "alert" };
    // It may count on while it stands.
    let text = Memo::new(move |last: Option<&String>| {
        let said = store.toast_text(id).or_else(|| last.cloned());
        said.unwrap_or_else(|| text.clone())
    });
    // A conflict is a question with two answers.
    let keep = action.as_ref().and_then(ToastAction::keep_label).map(|label| {
        view! {
            <button type="button" class="toast-action toast-keep" on:click=move |_| store.decline(id)>
                {label}
            </button>
        }
    });
    let offer = action.map(|action| {
        let press = move |_| match store.act(id) {
            Some(ToastAction::Open(record)) => navigate(
                &format!("/board/{record}"),
                leptos_router::NavigateOptions::default(),
            ),
            Some(ToastAction::SignIn) => {
                _ = window().open_with_url_and_target("/sign-in", "_blank");
            }
            Some(ToastAction::Review) => dialogs.sync.set(true),
            Some(ToastAction::Reload) => dom::reload(),
            Some(ToastAction::Settings) => {
                navigate("/settings", leptos_router::NavigateOptions::default());
            }
            _ => {}
        };
        view! { <button type="button" class="toast-action" on:click=press>{action.label()}</button> }
    });
    view! {
        <div class="toast" data-kind=kind role=role>
            <span class="toast-text">{text}</span>
            // In the order of the panel, whose columns are mine and theirs.
            {offer}
            {keep}
            <IconButton label="Dismiss" icon=Icon::Close on_press=move || store.dismiss(id) class="toast-close"/>
        </div>
    }
}
