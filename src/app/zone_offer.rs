//! In which zone times show: said once to a new user, and asked of a device that is elsewhere until somebody has
//! answered.

use crate::{
    client::{
        asked,
        store::{Gate, Store},
        toasts::ToastAction,
        zone::{Zone, machine_zone},
    },
    domain::time::{ZoneName, clocks_agree},
};
use leptos::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// An account has begun with the zone of this browser: the next page says so.
pub fn tell_on_the_next_page() {
    asked::is_new();
}

/// Says in which zone times show, where that was not chosen; or asks, where this device is in another one, until
/// that is answered for it.
pub fn tell_or_ask(store: Store) {
    let Some(here) = machine_zone().and_then(|zone| zone.parse::<ZoneName>().ok()) else {
        return;
    };
    let place = here.place();
    if asked::take_new() {
        let text = format!("Times are in {place} time, as on this device.");
        return store.toast("info", text, Some(ToastAction::Settings));
    }
    // On a page that is over, nobody is there to answer.
    if store.gate().get_untracked() != Gate::Open || asked::was(here.as_str()) {
        return;
    }
    let Some(settings) = store.settings_untracked() else {
        return;
    };
    let (own, other) = (
        Zone::new(settings.timezone.clone()),
        Zone::new(here.clone()),
    );
    if clocks_agree(&own, &other, store.now_untracked()) {
        return;
    }
    // It waits until it is answered: once for each time that the app is loaded.
    if IS_ASKED.swap(true, Ordering::Relaxed) {
        return;
    }
    let kept = settings.timezone.place();
    store.toast(
        "info",
        format!("Times show in {kept} time, and this device is in {place}. Use {place} time?"),
        Some(ToastAction::UseZone(here)),
    );
}
