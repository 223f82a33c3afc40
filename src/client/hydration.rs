//! How far the page is: rendered by the server, or a shell; and whether it reacts already.

use leptos::prelude::*;

/// Whether this document is the shell: no server has rendered this page, and perhaps none can be
/// reached. Never on the server.
pub fn is_shell() -> bool {
    #[cfg(feature = "hydrate")]
    {
        let root = document().document_element();
        root.is_some_and(|root| root.has_attribute("data-shell"))
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Whether the page that the server rendered is being taken over just now. Never on the server.
pub fn is_hydrating() -> bool {
    #[cfg(feature = "hydrate")]
    {
        let root = document().document_element();
        root.is_some_and(|root| {
            !root.has_attribute("data-shell") && !root.has_attribute("data-hydrated")
        })
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Whether a part that is taken over later begins as the server renders it: there, and where that is taken
/// over.
pub fn starts_as_rendered() -> bool {
    cfg!(feature = "ssr") || is_hydrating()
}

/// What the server renders for a view that the browser leaves as it is at first: there it is empty, and
/// nothing is made for it.
pub fn html_of<V: IntoView>(view: impl FnOnce() -> V) -> String {
    #[cfg(feature = "ssr")]
    return view().into_view().to_html();
    #[cfg(not(feature = "ssr"))]
    {
        _ = view;
        String::new()
    }
}

/// Takes a part of the page over in a task of its own, after what is taken over at once, and before the
/// page counts as hydrated: all in one task, a long page does not react for too long. At once where nothing
/// is taken over; never on the server.
pub fn take_over_later(part: impl FnOnce() + 'static) {
    #[cfg(feature = "hydrate")]
    if is_hydrating() {
        later::PARTS.with_borrow_mut(|parts| parts.push_back(Box::new(part)));
    } else {
        part();
    }
    #[cfg(not(feature = "hydrate"))]
    drop(part);
}

/// Takes over what was left for later, part by part, and says that the page reacts then.
#[cfg(feature = "hydrate")]
pub async fn finish() {
    use gloo_timers::future::TimeoutFuture;
    loop {
        // Whatever was pressed meanwhile comes first, and what is being pressed is not taken away.
        TimeoutFuture::new(0).await;
        while is_pressed() {
            TimeoutFuture::new(30).await;
        }
        let Some(part) = later::PARTS.with_borrow_mut(std::collections::VecDeque::pop_front) else {
            break;
        };
        part();
    }
    mark();
}

/// Whether a pointer is down.
#[cfg(feature = "hydrate")]
fn is_pressed() -> bool {
    document()
        .query_selector(":active")
        .is_ok_and(|pressed| pressed.is_some())
}

#[cfg(feature = "hydrate")]
mod later {
    use std::{cell::RefCell, collections::VecDeque};

    type Part = Box<dyn FnOnce()>;

    thread_local! {
        /// What is left to be taken over.
        pub(super) static PARTS: RefCell<VecDeque<Part>> = RefCell::default();
    }
}

/// Says that the page reacts now, where a page of the shell has something to show: what the server rendered
/// reacts once all of it was taken over.
pub fn mark_hydrated() {
    #[cfg(feature = "hydrate")]
    if is_shell() {
        mark();
    }
}

/// Says that the page reacts: what tests and the style sheet wait for. What the shell showed until then
/// goes.
#[cfg(feature = "hydrate")]
fn mark() {
    let document = document();
    if let Some(placeholder) = document.get_element_by_id("placeholder") {
        placeholder.remove();
    }
    if let Some(root) = document.document_element() {
        // Refused only for a name that is none.
        _ = root.set_attribute("data-hydrated", "");
    }
}
