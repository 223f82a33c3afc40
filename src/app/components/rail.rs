//! The navigation: at the side, on the phone at the bottom.

use super::icon::Icon;
use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_location};

/// The navigation.
#[component]
pub fn Rail() -> impl IntoView {
    view! {
        <nav class="rail" aria-label="Main">
            <a class="rail-logo" href="/board" aria-label="Job Hunt Tracker, to the board">
                {Icon::Logo.view()}
            </a>
            <RailLink href="/today" icon=Icon::Calendar label="Today"/>
            <RailLink href="/board" icon=Icon::Board label="Board"/>
            <RailLink href="/archive" icon=Icon::Archive label="Archive"/>
            <div class="rail-spacer"></div>
            <RailLink href="/settings" icon=Icon::Settings label="Settings"/>
        </nav>
    }
}

#[component]
fn RailLink(href: &'static str, icon: Icon, label: &'static str) -> impl IntoView {
    let location = use_location();
    let current = move || {
        location
            .pathname
            .with(|path| path.starts_with(href))
            .then_some("page")
    };
    view! {
        // `A` sets aria-current for the exact page only; a card's page is the board's too.
        <A href=href attr:class="rail-link" attr:aria-current=current attr:title=label>
            {icon.view()}
            <span class="rail-label">{label}</span>
        </A>
    }
}
