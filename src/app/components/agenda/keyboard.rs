//! The agenda by keyboard: J and K walk, D is done, S is later; Enter opens, as on any link.

use super::{
    AgendaModel,
    row::{done, later},
    wording::key_of,
};
use crate::{
    client::{dom, store::use_store},
    domain::agenda::Item,
};
use leptos::{ev, prelude::*};

/// Listens while the caller lives.
pub fn listen(model: AgendaModel) {
    let store = use_store();
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
            return;
        }
        if dom::types_text(&event) || dom::exists("dialog[open]") {
            return;
        }
        let focused = dom::attribute_of_target(&event, "[data-item]", "data-item");
        let items = model.all_shown();
        let at = focused.and_then(|key| items.iter().position(|item| key_of(item) == key));
        let used = match event.key().as_str() {
            "j" | "J" => go_to(&items, at.map_or(Some(0), |at| at.checked_add(1))),
            "k" | "K" => go_to(&items, at.and_then(|at| at.checked_sub(1))),
            "d" | "D" => with(&items, at, |item| done(store, model, item)),
            "s" | "S" => with(&items, at, |item| later(store, model, item)),
            _ => false,
        };
        if used {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

fn go_to(items: &[Item], at: Option<usize>) -> bool {
    let item = at.and_then(|at| items.get(at));
    if let Some(item) = item {
        dom::focus(&format!("[data-item=\"{}\"] .agenda-link", key_of(item)));
    }
    item.is_some()
}

fn with(items: &[Item], at: Option<usize>, does: impl FnOnce(Item)) -> bool {
    let item = at.and_then(|at| items.get(at)).copied();
    if let Some(item) = item {
        does(item);
        return true;
    }
    false
}
