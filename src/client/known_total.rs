//! How many applications a user has, as the server said last: what a device that does not hold all of them can say
//! without a network. Kept by the browser beside the store; where there is no browser, nothing.

use uuid::Uuid;

/// Whose, and how many.
#[cfg(feature = "hydrate")]
const KNOWN: &str = "applications-known";

/// The server said so.
pub fn remember(user: Uuid, total: u64) {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().local_storage() {
        // Where it is refused, nobody knows.
        _ = storage.set_item(KNOWN, &format!("{user} {total}"));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (user, total);
}

/// How many that is; none where the server never said so of this user.
pub fn of(user: Uuid) -> Option<u64> {
    #[cfg(feature = "hydrate")]
    {
        let storage = leptos::prelude::window().local_storage().ok().flatten()?;
        let known = storage.get_item(KNOWN).ok().flatten()?;
        let (whose, total) = known.split_once(' ')?;
        (whose == user.to_string()).then(|| total.parse().ok())?
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = user;
        None
    }
}

/// Somebody else may come.
pub fn forget() {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().local_storage() {
        // Refused, it holds nothing.
        _ = storage.remove_item(KNOWN);
    }
}
