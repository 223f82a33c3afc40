//! When a move happened, and whether it did.

use super::closing::Closing;
use crate::{
    app::{
        acts::Submission,
        components::form::{Complaints, DateField, Draft, Editor, Fields, input_id},
    },
    client::{dom, store::use_store},
    domain::{
        json,
        time::Timestamp,
        when::{Holds, Leans},
    },
};
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// What is said of a correction that was begun and is left.
const UNFINISHED: &str = "Save when it happened, or cancel it.";

/// The form.
#[component]
pub(super) fn MoveForm(
    /// Of which application.
    application: Uuid,
    /// Which move.
    event: Uuid,
    /// It is over.
    on_done: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let store = use_store();
    let begun = store.move_untracked(application, event);
    // Whoever leaves what was begun is told first.
    let closing = expect_context::<Closing>();
    on_cleanup(move || closing.unfinished(None));
    let fields: Fields = begun
        .iter()
        .map(|row| ("occurred_at".to_owned(), json!(row.occurred_at)))
        .collect();
    let draft = Draft::new(fields);
    let editor = Editor::new(draft, Complaints::default());
    let submission = Submission::default();
    request_animation_frame(|| dom::focus(&format!("#{}", input_id("occurred_at"))));

    let is_newest = begun.as_ref().is_some_and(|row| store.is_newest_move(row));
    let is_creation = begun.as_ref().is_some_and(|row| row.is_creation());
    let name = begun.as_ref().map_or("", |row| row.to_status.label());
    let current = move || store.move_untracked(application, event);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        dom::save_typed();
        if editor.is_wrong("occurred_at") || !submission.begin() {
            return;
        }
        let at = json::read::<Timestamp>(&editor.saved("occurred_at")).ok();
        let (Some(row), Some(at)) = (current(), at) else {
            return on_done();
        };
        if at == row.occurred_at {
            return on_done();
        }
        match store.correct_move(&row, at) {
            Ok(()) => on_done(),
            Err(problem) => {
                submission.end();
                editor.refuse("occurred_at", problem.sentence());
                dom::focus(&format!("#{}", input_id("occurred_at")));
            }
        }
    };
    let never = move || {
        let Some(row) = current().filter(|_| submission.begin()) else {
            return;
        };
        if is_newest {
            store.undo_move(&row);
            return on_done();
        }
        match store.strike_out(&row, true) {
            Ok(()) => on_done(),
            Err(problem) => {
                submission.end();
                editor.refuse("occurred_at", problem.sentence());
            }
        }
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" && !event.default_prevented() {
            event.prevent_default();
            event.stop_propagation();
            on_done();
        }
    };
    let never_label = if is_newest {
        "Take the move back"
    } else {
        "Did not happen"
    };
    view! {
        <form
            class="plan"
            aria-label=format!("{name}: when it happened")
            novalidate
            on:submit=submit
            on:keydown=key
            on:input=move |_| closing.unfinished(Some(UNFINISHED))
        >
            <p class="plan-about"><b>{name}</b>": when did it happen?"</p>
            <div class="fields">
                <DateField editor field="occurred_at" holds=Holds::Moment leans=Leans::Back required=true/>
            </div>
            // As in the form of a plan: the focus stays until the form has taken what stands there.
            <footer class="plan-footer" on:mousedown=move |event| event.prevent_default()>
                // How it began is no move that could have been left out.
                {(!is_creation).then(|| view! {
                    <button type="button" class="button button-quiet" on:click=move |_| never()>{never_label}</button>
                })}
                <div class="spacer"></div>
                <button type="button" class="button button-quiet" on:click=move |_| on_done()>"Cancel"</button>
                <button type="submit" class="button button-primary">"Save"</button>
            </footer>
        </form>
    }
}
