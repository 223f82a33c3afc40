//! A page that stands alone: nobody is signed in yet, or something stands before the app.

use leptos::prelude::*;

/// The card in its middle.
#[component]
pub fn EntryCard(
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="entry">
            <main class="entry-card" id="main">{children()}</main>
        </div>
    }
}
