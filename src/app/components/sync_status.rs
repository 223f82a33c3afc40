//! How it stands with the server: always visible, never loud.

use crate::client::{engine::SyncState, store::use_store};
use leptos::prelude::*;

/// The state, as a dot and a word.
#[component]
pub fn SyncStatus() -> impl IntoView {
    let store = use_store();
    let state = move || match store.sync_state() {
        SyncState::Saved => "saved",
        SyncState::Saving(_) => "saving",
        SyncState::Offline(_) => "offline",
        SyncState::SignedOut(_) => "attention",
    };
    let text = move || match store.sync_state() {
        SyncState::Saved => "Saved".to_owned(),
        SyncState::Saving(1) => "Saving".to_owned(),
        SyncState::Saving(count) => format!("Saving {count}"),
        SyncState::Offline(0) => "Offline".to_owned(),
        SyncState::Offline(count) => format!("Offline, {count} waiting"),
        SyncState::SignedOut(0) => "Signed out".to_owned(),
        SyncState::SignedOut(count) => format!("Signed out, {count} waiting"),
    };
    view! {
        <div class="sync" data-state=state role="status">
            <i class="sync-dot"></i>
            <span class="sync-text">{text}</span>
        </div>
    }
}
