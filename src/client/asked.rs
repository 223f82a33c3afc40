//! What this browser remembers of what it was asked: where there is no browser, nothing.

/// What was asked, with spaces between: whether a zone is to be used, by the zone's name; and [`QUIET_HOURS`].
// The key is as those have it who were asked for zones alone.
#[cfg(feature = "hydrate")]
const ASKED: &str = "zones-asked";
/// An account has begun with the zone of this browser, and nobody has said so.
#[cfg(feature = "hydrate")]
const NEW: &str = "zone-is-new";

/// Whether nights are to be quiet.
pub const QUIET_HOURS: &str = "quiet-hours";

/// Whether this was asked; also where that cannot be remembered.
pub fn was(what: &str) -> bool {
    #[cfg(feature = "hydrate")]
    return list().is_none_or(|list| list.split(' ').any(|known| known == what));
    #[cfg(not(feature = "hydrate"))]
    {
        _ = what;
        true
    }
}

/// This was asked, or answered: it is not asked again.
pub fn remember(what: &str) {
    #[cfg(feature = "hydrate")]
    if let (Some(list), Ok(Some(storage))) = (list(), leptos::prelude::window().local_storage()) {
        // Where it is refused, it is asked again.
        _ = storage.set_item(ASKED, format!("{list} {what}").trim_start());
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = what;
}

#[cfg(feature = "hydrate")]
fn list() -> Option<String> {
    let storage = leptos::prelude::window().local_storage().ok().flatten()?;
    storage.get_item(ASKED).ok().map(Option::unwrap_or_default)
}

/// Somebody else may come: they are asked anew.
pub fn forget() {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().local_storage() {
        // Refused, it holds nothing.
        _ = storage.remove_item(ASKED);
    }
}

/// An account has begun with the zone of this browser: the next page of this tab says so.
pub fn is_new() {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().session_storage() {
        // Where it is refused, the settings tell.
        _ = storage.set_item(NEW, "1");
    }
}

/// Whether that is to be said: once.
pub fn take_new() -> bool {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().session_storage()
        && let Ok(Some(_)) = storage.get_item(NEW)
    {
        return storage.remove_item(NEW).is_ok();
    }
    false
}
