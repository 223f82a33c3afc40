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

/// Takes over the page that the server rendered. Called by the page once the WASM is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
    app::mark_hydrated();
}
