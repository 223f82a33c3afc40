//! How did it go? Three faces.

use crate::{app::components::icon::Icon, domain::mood::Mood};
use leptos::prelude::*;

/// The faces; pressed is the one that was chosen.
#[component]
pub fn Moods(
    /// Which was chosen.
    #[prop(into)]
    chosen: Signal<Option<Mood>>,
    /// Chooses one.
    #[prop(into)]
    on_choose: Callback<Mood>,
) -> impl IntoView {
    let face = move |mood: Mood| {
        let icon = match mood {
            Mood::Good => Icon::FaceGood,
            Mood::Mixed => Icon::FaceMixed,
            Mood::Bad => Icon::FaceBad,
        };
        view! {
            <button
                type="button"
                class="mood"
                data-mood=mood.as_str()
                aria-label=mood.label()
                title=mood.label()
                aria-pressed=move || (chosen.get() == Some(mood)).to_string()
                on:click=move |_| on_choose.run(mood)
            >
                {icon.view()}
            </button>
        }
    };
    view! {
        <div class="moods" role="group" aria-label="How did it go?">
            {Mood::ALL.iter().map(|mood| face(*mood)).collect_view()}
        </div>
    }
}
