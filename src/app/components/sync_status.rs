//! How it stands with the server: always visible, never loud. Pressed, it says what waits and why.

use crate::{
    app::dialogs::use_dialogs,
    client::{engine::SyncState, store::use_store},
};
use leptos::prelude::*;

/// The state, as a dot and a word.
#[component]
pub fn SyncStatus() -> impl IntoView {
    let store = use_store();
    let dialogs = use_dialogs();
    let state = move || match store.sync_state() {
        SyncState::Opening => "opening",
        SyncState::Saved => "saved",
        SyncState::Saving(_) => "saving",
        SyncState::Offline(_)
        | SyncState::Unanswered(_)
        | SyncState::ToldToWait { .. }
        | SyncState::Stale => "offline",
        SyncState::SignedOut(_) | SyncState::Attention(_) => "attention",
    };
    view! {
        <button
            type="button"
            class="sync"
            data-state=state
            title="What waits for the server"
            on:click=move |_| dialogs.sync.set(true)
        >
            <i class="sync-dot"></i>
            <span class="sync-text" role="status">{move || words(store.sync_state())}</span>
        </button>
    }
}

/// The state in words.
fn words(state: SyncState) -> String {
    match state {
        SyncState::Opening => "Opening…".to_owned(),
        SyncState::Saved => "Saved".to_owned(),
        SyncState::Saving(1) => "Saving".to_owned(),
        SyncState::Saving(count) => format!("Saving {count}"),
        SyncState::Offline(0) => "Offline".to_owned(),
        SyncState::Offline(count) => format!("Offline, {count} waiting"),
        SyncState::Unanswered(count) => format!("No answer, {count} waiting"),
        SyncState::ToldToWait { waiting, .. } => format!("Waiting, {waiting}"),
        SyncState::Stale => "Not up to date".to_owned(),
        SyncState::Attention(1) => "Needs attention".to_owned(),
        SyncState::Attention(count) => format!("{count} need attention"),
        SyncState::SignedOut(0) => "Signed out".to_owned(),
        SyncState::SignedOut(count) => format!("Signed out, {count} waiting"),
    }
}
