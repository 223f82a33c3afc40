//! What a screen reader is told of what others see happen.

use leptos::prelude::*;

/// Says things.
#[derive(Clone, Copy, Default)]
pub struct Announcer(RwSignal<String>);

impl Announcer {
    /// Says `text`.
    pub fn say(self, text: impl Into<String>) {
        self.0.set(text.into());
    }
}

/// The announcer of this app.
pub fn use_announcer() -> Announcer {
    expect_context::<Announcer>()
}

/// Where it is said.
#[component]
pub fn AnnouncerView() -> impl IntoView {
    let announcer = use_announcer();
    view! {
        <div class="visually-hidden" aria-live="assertive" id="announcer">
            {move || announcer.0.get()}
        </div>
    }
}
