//! Which reminders this tab has told of: a page that is loaded anew does not tell of them once more. Where there is no
//! browser, or it keeps nothing, none.

#[cfg(feature = "hydrate")]
const TOLD: &str = "reminders-told";
/// So many are remembered: what rang longer ago is no news anyhow.
#[cfg(feature = "hydrate")]
const MOST: usize = 50;

/// Whether this is told for the first time; from now on it has been.
pub fn is_first(what: &str) -> bool {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().session_storage() {
        let list = storage.get_item(TOLD).ok().flatten().unwrap_or_default();
        let mut known: Vec<&str> = list.split(' ').filter(|it| !it.is_empty()).collect();
        if known.contains(&what) {
            return false;
        }
        known.push(what);
        let from = known.len().saturating_sub(MOST);
        let kept = known.split_off(from).join(" ");
        // Where it is refused, it is told again.
        _ = storage.set_item(TOLD, &kept);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = what;
    true
}
