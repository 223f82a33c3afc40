//! What this browser remembers in the clear: ids of users, whether a passphrase locks the cache, and for
//! which zones it has asked whether they are to be used.

use leptos::{
    leptos_dom::helpers::window_event_listener,
    prelude::{document, on_cleanup, window},
};
use uuid::Uuid;

/// Whose cache is opened when nobody can be asked.
const KEPT: &str = "hunt-user";
/// Who signed in here last.
const SIGNED_IN: &str = "hunt-signed-in";

/// A passphrase locks the cache.
const LOCKED: &str = "hunt-locked";

fn read(name: &str) -> Option<Uuid> {
    let storage = window().local_storage().ok().flatten()?;
    storage.get_item(name).ok().flatten()?.parse().ok()
}

fn write(name: &str, user: Option<Uuid>) {
    if let Ok(Some(storage)) = window().local_storage() {
        // Where storage is refused, a cold start without a network is not possible either.
        _ = match user {
            Some(user) => storage.set_item(name, &user.to_string()),
            None => storage.remove_item(name),
        };
    }
}

/// The user whose cache was open here last.
pub fn kept_user() -> Option<Uuid> {
    read(KEPT)
}

/// The user whose cache may be shown before the server says who is signed in: none once somebody
/// else has signed in.
pub fn user_to_show() -> Option<Uuid> {
    kept_user().filter(|kept| read(SIGNED_IN).is_none_or(|signed_in| signed_in == *kept))
}

/// `user`'s cache is open here.
pub fn remember_kept(user: Uuid) {
    write(KEPT, Some(user));
    write(SIGNED_IN, Some(user));
}

/// Whether a passphrase locks the cache: the next page then shows nothing before it has asked
/// (`public/theme.js`).
pub fn remember_locked(locked: bool) {
    if let Ok(Some(storage)) = window().local_storage() {
        // Where storage is refused there is no cache to lock.
        _ = if locked {
            storage.set_item(LOCKED, "1")
        } else {
            storage.remove_item(LOCKED)
        };
    }
}

/// It is decided whether the passphrase is asked for: the page may show.
pub fn may_show() {
    if let Some(root) = document().document_element() {
        // Refused never.
        _ = root.remove_attribute("data-locked");
    }
}

/// No cache is to be opened, and nobody is remembered.
pub fn forget_kept() {
    remember_locked(false);
    super::asked::forget();
    super::known_total::forget();
    write(KEPT, None);
    write(SIGNED_IN, None);
}

/// Calls `then` when somebody signs in in another tab, while the caller lives.
pub fn when_signed_in_elsewhere(then: impl Fn() + 'static) {
    let heard = window_event_listener(leptos::ev::storage, move |event| {
        if event.key().as_deref() == Some(SIGNED_IN) && event.new_value().is_some() {
            then();
        }
    });
    on_cleanup(move || heard.remove());
}

/// `user` has signed in in this browser.
pub fn remember_signed_in(user: Uuid) {
    // Other tabs hear of what changes alone, and it may be the same user again.
    write(SIGNED_IN, None);
    write(SIGNED_IN, Some(user));
}
