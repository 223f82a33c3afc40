//! The navigation: at the side, on the phone at the bottom.

use super::{bell::use_reminded, icon::Icon};
use crate::{
    client::store::use_store,
    domain::{activity::Activity, agenda::count_late, application::Application},
};
use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_location};

/// The navigation.
#[component]
pub fn Rail() -> impl IntoView {
    let (store, reminded) = (use_store(), use_reminded());
    let late = Memo::new(move |_| {
        let (rows, activities) = (store.rows::<Application>(), store.rows::<Activity>());
        let rows = rows.values().map(AsRef::<Application>::as_ref);
        let activities = activities.values().map(AsRef::<Activity>::as_ref);
        count_late(rows, activities, &reminded.read(), store.now())
    });
    view! {
        <nav class="rail" aria-label="Main">
            <a class="rail-logo" href="/board" aria-label="Job Hunt Tracker, to the board">
                {Icon::Logo.view()}
            </a>
            <RailLink href="/today" icon=Icon::Calendar label="Today" late/>
            <RailLink href="/board" icon=Icon::Board label="Board"/>
            <RailLink href="/analytics" icon=Icon::Chart label="Analytics"/>
            <RailLink href="/archive" icon=Icon::Archive label="Archive"/>
            <div class="rail-spacer"></div>
            <RailLink href="/settings" icon=Icon::Settings label="Settings"/>
        </nav>
    }
}

#[component]
fn RailLink(
    href: &'static str,
    icon: Icon,
    label: &'static str,
    /// How much there is late.
    #[prop(optional, into)]
    late: Signal<usize>,
) -> impl IntoView {
    // More is not read at a glance.
    let count = move || match late.get() {
        0 => String::new(),
        count @ 1..=99 => count.to_string(),
        _ => "99+".to_owned(),
    };
    let said = move || match late.get() {
        0 => label.to_owned(),
        count => format!("{label}, {count} late"),
    };
    let location = use_location();
    let current = move || {
        location
            .pathname
            .with(|path| path.starts_with(href))
            .then_some("page")
    };
    view! {
        // `A` sets aria-current for the exact page only; a card's page is the board's too.
        <A href=href attr:class="rail-link" attr:aria-current=current attr:title=label attr:aria-label=said>
            {icon.view()}
            <span class="rail-label">{label}</span>
            <span class="rail-badge" aria-hidden="true">{count}</span>
        </A>
    }
}
