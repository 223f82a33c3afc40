//! An address that leads nowhere.

use crate::{app::components::entry::EntryCard, client::hydration::mark_hydrated};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page for it.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    Effect::new(|_| mark_hydrated());
    view! {
        <Title text="Not found"/>
        <EntryCard>
            <h1 class="entry-title">"There is nothing here"</h1>
            <p class="entry-text">"The address may be old, or mistyped."</p>
            <a class="button button-primary button-wide" href="/board">"To the board"</a>
        </EntryCard>
    }
}
