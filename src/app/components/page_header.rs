//! The head of a page: its name, how it stands with the server, and the way to add.

use super::{icon::Icon, sync_status::SyncStatus};
use crate::{
    app::session::Dialogs,
    client::{
        engine::{Persistence, Trouble, Unstored},
        store::use_store,
    },
    domain::stage::Status,
};
use leptos::prelude::*;

/// The head of a page; `children` stand between the name and the buttons.
#[component]
pub fn PageHeader(
    /// The page's name.
    title: &'static str,
    /// A few words beside it.
    #[prop(optional, into)]
    sub: Signal<String>,
    /// Without the button that adds: where there is nothing to add to.
    #[prop(optional)]
    quiet: bool,
    /// What this page has of its own.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    view! {
        <header class="page-header">
            <h1 class="page-title">{title}</h1>
            <span class="page-sub">{sub}</span>
            <div class="spacer"></div>
            <SyncStatus/>
            {children.map(|children| children())}
            {(!quiet).then(|| view! {
                <button
                    type="button"
                    class="button button-primary page-add"
                    on:click=move |_| dialogs.adding.set(Some(Status::Applied))
                >
                    {Icon::Plus.view()}
                    <span>"Add"</span>
                    <kbd>"C"</kbd>
                </button>
            })}
        </header>
        <StorageNotice/>
    }
}

/// Says so where this browser does not keep what is done here.
#[component]
fn StorageNotice() -> impl IntoView {
    let store = use_store();
    move || {
        let text = match store.persistence() {
            Persistence::Opening | Persistence::Durable | Persistence::EditsOnly => return None,
            Persistence::Refused(Trouble::Full) => {
                "This browser’s storage is full. What you do is kept in this page only: leave it open until it is saved."
            }
            Persistence::Memory(Unstored::Newer) => {
                "A newer version of the app is open in another tab. Reload this page when everything is saved; until then, what you do lives in this page only."
            }
            Persistence::Memory(Unstored::Lost) => {
                "This page can no longer store anything on this device. Reload it when everything is saved; until then, what you do lives in this page only."
            }
            Persistence::Refused(Trouble::Broken) | Persistence::Memory(Unstored::Unavailable) => {
                "This browser keeps nothing for the app, as in some private windows. What you do lives in this page only: leave it open until it is saved."
            }
        };
        Some(view! { <p class="notice storage-notice" data-kind="warn" role="status">{text}</p> })
    }
}
