//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page for it.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    Effect::new(|_| crate::app::mark_hydrated());
    view! {
        <Title text="Not found"/>
        <div class="entry">
            <main class="entry-card" id="main">
                <h1 class="entry-title">"There is nothing here"</h1>
                <p class="entry-text">"The address may be old, or mistyped."</p>
                <a class="button button-primary button-wide" href="/board">"To the board"</a>
            </main>
        </div>
    }
}
