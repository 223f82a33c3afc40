//! Keys that work anywhere in the app.

use super::dialogs::use_dialogs;
use crate::{
    client::{dom, store::use_store},
    domain::stage::Status,
};
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
    (&["R"], "Reminders"),
    (&["J", "K"], "On Today: down and up"),
    (&["D"], "On Today: done"),
    (&["S"], "On Today: later"),
    (&["Ctrl Z"], "Undo what was done last; ⌘\u{a0}Z on a Mac"),
    (&["Esc"], "Close what is open, then clear the search"),
    (&["?"], "This list"),
];

/// Listens while the caller lives.
pub fn listen() {
    let dialogs = use_dialogs();
    let store = use_store();
    let handle = window_event_listener(ev::keydown, move |event| {
        // What is typed has an undo of its own.
        if is_undo(&event) && !dom::undoes_itself(&event) && !dom::exists("dialog[open]") {
            if store.undo_last() {
                event.prevent_default();
                // The message that was taken back may have had the focus.
                store.once_shown(|| {
                    request_animation_frame(|| {
                        if !dom::has_focus() {
                            dom::focus("#main");
                        }
                    });
                });
            }
            return;
        }
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
            return;
        }
        if dom::types_text(&event) || dom::exists("dialog[open]") {
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
            "r" | "R" => {
                event.prevent_default();
                dialogs.bell.set(true);
            }
            "/" => {
                event.prevent_default();
                dom::focus("#search");
            }
            _ => {}
        }
    });
    on_cleanup(move || handle.remove());
}

/// Whether it is Ctrl and Z, or ⌘ and Z.
pub fn is_undo(event: &ev::KeyboardEvent) -> bool {
    (event.ctrl_key() || event.meta_key())
        && !event.alt_key()
        && !event.shift_key()
        && !event.is_composing()
        && event.key().eq_ignore_ascii_case("z")
}
