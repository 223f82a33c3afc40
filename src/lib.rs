//! Job Hunt Tracker: one crate, compiled twice. With the feature `ssr` it is the server, with
//! `hydrate` the WASM that takes the server's pages over in the browser.
//!
//! Dependencies point one way: [`domain`] ← [`api`] ← [`app`]; `client` and `server` know `domain`,
//! never each other. See `docs/ARCHITECTURE.md`.

#![recursion_limit = "512"]

pub mod api;
pub mod app;
pub mod client;
pub mod domain;
#[cfg(feature = "ssr")]
pub mod server;

/// Takes over the page that the server rendered; in the shell, where there is none, builds it. Called
/// by the document once the WASM is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    use leptos::{IntoView, mount, prelude::document};

    console_error_panic_hook::set_once();
    if !client::hydration::is_shell() {
        mount::hydrate_body(app::App);
        leptos::task::spawn_local(client::hydration::finish());
    } else if let Some(body) = document().body() {
        // Each page says itself when it has something to show. (`mount_to_body` is this too, but
        // warns that the crate was not built for mounting alone.)
        mount::mount_to_renderer(&body, || app::App().into_view()).forget();
    }
}
