//! Keys that work anywhere in the app.

use super::session::Dialogs;
use crate::{client::dom::focus, domain::stage::Status};
use leptos::{ev, prelude::*};

/// The keys, for the dialog that lists them.
pub const LIST: &[(&[&str], &str)] = &[
    (&["C"], "Add an application"),
    (
        &["/"],
        "Search the board; Enter opens the first match, ↓ goes to it",
    ),
    (&["↑", "↓", "←", "→"], "Walk over the cards"),
    (&["Enter"], "Open the card"),
    (
        &["Space"],
        "Pick the card up; arrows move it, Space drops it, Esc puts it back",
    ),
    (&["E"], "Archive the card"),
    (&["Esc"], "Close what is open, then clear the search"),
    (&["?"], "This list"),
];

/// Listens while the caller lives.
pub fn listen() {
    let dialogs = expect_context::<Dialogs>();
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
            return;
        }
        if types_text(&event) || a_dialog_is_open() {
            return;
        }
        match event.key().as_str() {
            "c" | "C" => {
                event.prevent_default();
                dialogs.adding.set(Some(Status::Applied));
            }
            "?" => {
                event.prevent_default();
                dialogs.keys.set(true);
            }
            "/" => {
                event.prevent_default();
                focus("#search");
            }
            _ => {}
        }
    });
    on_cleanup(move || handle.remove());
}

/// Whether the key goes into a field.
pub fn types_text(event: &ev::KeyboardEvent) -> bool {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let element = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        element.is_some_and(|element| {
            element
                .closest("input, textarea, select, [contenteditable]")
                .ok()
                .flatten()
                .is_some()
        })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = event;
        false
    }
}

fn a_dialog_is_open() -> bool {
    document()
        .query_selector("dialog[open]")
        .ok()
        .flatten()
        .is_some()
}
