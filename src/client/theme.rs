//! Light or dark, as chosen for this device. `public/theme.js` sets it before the first paint.

/// The choice: `light`, `dark`, or `system` where there is none.
pub fn of_device() -> String {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().local_storage()
        && let Ok(Some(theme)) = storage.get_item(KEY)
    {
        return theme;
    }
    "system".to_owned()
}

/// Chooses, and shows the page so; anything but `light` and `dark` is as the system has it.
pub fn choose(theme: &str) {
    #[cfg(feature = "hydrate")]
    {
        let chosen = matches!(theme, "light" | "dark");
        if let Ok(Some(storage)) = leptos::prelude::window().local_storage() {
            // Where storage is refused the choice lasts as long as the page.
            _ = if chosen {
                storage.set_item(KEY, theme)
            } else {
                storage.remove_item(KEY)
            };
        }
        if let Some(root) = leptos::prelude::document().document_element() {
            _ = if chosen {
                root.set_attribute("data-theme", theme)
            } else {
                root.remove_attribute("data-theme")
            };
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = theme;
}

/// Where the browser keeps it.
#[cfg(feature = "hydrate")]
const KEY: &str = "theme";
