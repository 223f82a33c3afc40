//! A button that shows an icon alone.

use super::icon::Icon;
use leptos::prelude::*;

/// The button.
#[component]
pub fn IconButton(
    /// What it does, for those who do not see the icon.
    #[prop(into)]
    label: Signal<String>,
    /// The icon.
    icon: Icon,
    /// What happens.
    on_press: impl Fn() + 'static,
    /// Whether what it opens is open, where it opens anything.
    #[prop(optional, into)]
    expanded: Option<Signal<bool>>,
    /// More classes.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=format!("icon-button {class}")
            aria-label=label
            title=label
            aria-expanded=move || expanded.map(|it| it.get().to_string())
            on:click=move |_| on_press()
        >
            {icon.view()}
        </button>
    }
}
