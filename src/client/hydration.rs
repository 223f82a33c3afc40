//! How far the page is: rendered by the server, or a shell; and whether it reacts already.

/// Whether this document is the shell: no server has rendered this page, and perhaps none can be
/// reached. Never on the server.
pub fn is_shell() -> bool {
    #[cfg(feature = "hydrate")]
    {
        let root = leptos::prelude::document().document_element();
        root.is_some_and(|root| root.has_attribute("data-shell"))
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Says that the page reacts now: what tests and the style sheet wait for. What the shell showed
/// until then goes.
pub fn mark_hydrated() {
    #[cfg(feature = "hydrate")]
    {
        let document = leptos::prelude::document();
        if let Some(placeholder) = document.get_element_by_id("placeholder") {
            placeholder.remove();
        }
        if let Some(root) = document.document_element() {
            // Refused only for a name that is none.
            _ = root.set_attribute("data-hydrated", "");
        }
    }
}
