//! When instead: a few moments to press, or any other one.

use super::form::{Complaints, DateField, Draft, Editor, Fields, input_id};
use crate::{
    client::{dom, habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        json,
        time::Timestamp,
        when::{Context, Holds, Leans, put_off},
    },
};
use leptos::prelude::*;

/// The moments until which something may be put off.
#[component]
pub fn PutOff(
    /// When it is due.
    due: Timestamp,
    /// When that begins which it is before.
    #[prop(optional_no_strip)]
    until: Option<Timestamp>,
    /// The field of any other moment: one of its own for each list in the page.
    field: &'static str,
    /// More classes.
    class: &'static str,
    /// What was chosen.
    #[prop(into)]
    on_choose: Callback<Timestamp>,
    /// Nothing was.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let offered = untrack(|| {
        let zone = zone.read();
        let context = Context {
            now: store.now(),
            zone: &*zone,
            habits: use_habits().get(),
            holds: Holds::Moment,
            leans: Leans::Ahead,
        };
        put_off(due, until, &context)
    });
    let picking = RwSignal::new(false);
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        // What is typed in the field is thrown away first.
        if event.key() == "Escape" && !event.default_prevented() {
            event.prevent_default();
            event.stop_propagation();
            on_close.run(());
        }
    };
    let focus = move |what: &str| {
        let what = format!(".put-off[data-field=\"{field}\"] {what}");
        request_animation_frame(move || dom::focus(&what));
    };
    focus("button");
    let pick = move |_| {
        picking.set(true);
        focus("input");
    };
    let chips = offered
        .into_iter()
        .map(|(label, at)| {
            view! {
                <button type="button" class="chip" on:click=move |_| on_choose.run(at)>{label}</button>
            }
        })
        .collect_view();
    view! {
        <div class=format!("put-off {class}") data-field=field role="group" aria-label="When instead" on:keydown=keydown>
            <div class="chips">
                {chips}
                <button type="button" class="chip" aria-expanded=move || picking.get().to_string() on:click=pick>"Pick…"</button>
            </div>
            {move || picking.get().then(|| view! { <Pick field until on_choose/> })}
        </div>
    }
}

/// Any other moment.
#[component]
fn Pick(
    field: &'static str,
    #[prop(optional_no_strip)] until: Option<Timestamp>,
    on_choose: Callback<Timestamp>,
) -> impl IntoView {
    let store = use_store();
    let editor = Editor::new(Draft::new(Fields::default()), Complaints::default());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        dom::save_typed();
        if editor.is_wrong(field) {
            return;
        }
        let why = match json::read::<Timestamp>(&editor.saved(field)) {
            Ok(at) if until.is_some_and(|until| at >= until) => {
                "It has begun by then. Say a time before that."
            }
            Ok(at) if at > store.now_untracked() => return on_choose.run(at),
            Ok(_) => "That has passed. Say a time that is to come.",
            Err(_) => "Say when: “tomorrow 9”, “in 3 days”.",
        };
        editor.refuse(field, why);
        dom::focus(&format!("#{}", input_id(field)));
    };
    view! {
        <form class="put-off-form" novalidate on:submit=submit>
            <DateField editor field holds=Holds::Moment leans=Leans::Ahead/>
            // The focus stays until the form has taken what stands there.
            <button type="submit" class="button" on:mousedown=move |event| event.prevent_default()>"Set"</button>
        </form>
    }
}
