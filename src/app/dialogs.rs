//! What is open above the pages, whoever asked for it.

use crate::domain::stage::Status;
use leptos::prelude::*;

/// The dialogs that pages, keys and messages ask for. Copied freely.
#[derive(Clone, Copy)]
pub struct Dialogs {
    /// Quick add is open, for a status.
    pub adding: RwSignal<Option<Status>>,
    /// The list of keys is open.
    pub keys: RwSignal<bool>,
    /// What waits for the server, and what gave way, is shown.
    pub sync: RwSignal<bool>,
    /// The reminders are shown.
    pub bell: RwSignal<bool>,
}

/// Provides them, all closed.
pub fn provide() {
    provide_context(Dialogs {
        adding: RwSignal::new(None),
        keys: RwSignal::new(false),
        sync: RwSignal::new(false),
        bell: RwSignal::new(false),
    });
}

/// The dialogs of this app.
pub fn use_dialogs() -> Dialogs {
    expect_context::<Dialogs>()
}
