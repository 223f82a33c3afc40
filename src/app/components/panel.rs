//! A part of a page, under a title of its own.

use leptos::prelude::*;

/// The part.
#[component]
pub fn Panel(
    /// What it is about.
    title: &'static str,
    /// Its id, for links that lead to it.
    #[prop(optional)]
    id: Option<&'static str>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="panel" id=id>
            <h2 class="panel-title">{title}</h2>
            {children()}
        </section>
    }
}
