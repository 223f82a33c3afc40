//! One activity, in the place of its application.

use super::{CloseLink, Closing, NotHere, reminders::Reminders};
use crate::{
    app::{
        components::{
            activity::ActivityForm, form::input_id, icon::Icon, icon_button::IconButton,
            sync_status::SyncStatus,
        },
        origin::use_origin,
    },
    client::{dom, store::use_store},
    domain::{activity::Activity, application::Application},
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::A, hooks::use_navigate};
use uuid::Uuid;

/// The activity `id` of `application`.
#[component]
pub fn ActivityPanel(
    /// Which.
    id: Uuid,
    /// Whose.
    application: Uuid,
) -> impl IntoView {
    let store = use_store();
    let closing = expect_context::<Closing>();
    let origin = use_origin();
    closing.begin();
    let row = Memo::new(move |_| {
        let row = store.row::<Activity>(id);
        row.filter(|row| row.application_id == application)
    });
    let known = RwSignal::new(row.with_untracked(Option::is_some));
    Effect::new(move |_| {
        let is_known = row.read().is_some();
        if !is_known {
            // It was deleted elsewhere: what is being typed is kept while its field is still there.
            dom::blur();
            closing.begin();
        }
        if known.get_untracked() != is_known {
            known.set(is_known);
        }
    });
    Effect::new(move |_| {
        known.track();
        let to_move = origin.is_to_move();
        request_animation_frame(move || {
            dom::focus("#sidebar-title");
            if to_move {
                dom::focus(&format!("#{}", input_id("starts_at")));
            }
        });
    });
    // The focus goes back to where the activity stands in the story.
    #[cfg(feature = "hydrate")]
    on_cleanup(move || {
        request_animation_frame(move || {
            dom::focus("#sidebar-title");
            dom::focus(&format!("[data-activity=\"{id}\"]"));
        });
    });
    let name = Signal::derive(move || match store.row::<Application>(application) {
        Some(row) => row.name(),
        None => "The application".to_owned(),
    });
    let back = format!("/board/{application}");
    let navigate = use_navigate();
    let delete = {
        let back = back.clone();
        move || {
            store.discard_activity(id);
            let options = NavigateOptions {
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(&back, options);
        }
    };
    view! {
        <header class="sidebar-header">
            <A href=back attr:class="sidebar-back" scroll=false>
                {Icon::ChevronLeft.view()}
                <span>{name}</span>
            </A>
            <div class="spacer"></div>
            <SyncStatus/>
            {move || known.get().then(|| {
                let delete = delete.clone();
                view! { <IconButton label="Delete" icon=Icon::Trash on_press=delete class="icon-danger"/> }
            })}
            <CloseLink id=application/>
        </header>
        <div class="sidebar-body" on:input=move |_| closing.typed()>
            {move || match known.get() {
                true => row.get_untracked().map(|first| view! {
                    <ActivityForm first complaints=closing.complaints>
                        <Reminders id=application activity=id/>
                    </ActivityForm>
                }).into_any(),
                false => view! { <NotHere noun="activity"/> }.into_any(),
            }}
        </div>
    }
}
