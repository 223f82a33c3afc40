//! Where somebody wanted to go who has to sign in first: the link of the mail opens in a tab that does not know.

#[cfg(feature = "hydrate")]
const KEY: &str = "sign-in-leads-to";

/// Who signs in next on this browser goes there; with nothing, to where everybody begins.
pub fn remember(path: Option<&str>) {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().local_storage() {
        // Where it is refused, they begin where everybody does.
        _ = match path {
            Some(path) => storage.set_item(KEY, path),
            None => storage.remove_item(KEY),
        };
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = path;
}

/// Where whoever has signed in wanted to go; once.
pub fn take() -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let storage = leptos::prelude::window().local_storage().ok().flatten()?;
        let path = storage.get_item(KEY).ok().flatten();
        remember(None);
        path
    }
    #[cfg(not(feature = "hydrate"))]
    None
}
