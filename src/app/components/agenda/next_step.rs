//! Something was done: what is next?

use super::{row::go_on_to, use_agenda};
use crate::{
    app::{acts::Submission, keys::is_undo},
    client::{dom, store::use_store, zone::use_zone},
    domain::{application::Application, stage::Status, when::morning},
};
use leptos::prelude::*;
use uuid::Uuid;

/// In how many days the next step may be due, and what that is called.
const DUE: [(i64, &str); 3] = [(1, "Tomorrow"), (3, "In 3 days"), (7, "In a week")];

/// What is said to Escape where something was typed.
const DROPS: &str = "Enter saves this. Press Esc again to drop it.";

/// What is to be done where nothing else is typed.
const FOLLOW_UP: &str = "Follow up";

/// The question what is next for an application.
#[component]
pub fn NextStep(
    /// Which application.
    application: Uuid,
) -> impl IntoView {
    let (store, zone, model) = (use_store(), use_zone(), use_agenda());
    let text = RwSignal::new(String::new());
    let days = RwSignal::new(3_i64);
    let error = RwSignal::new(None::<String>);
    let submission = Submission::default();
    let row_now = move || store.row_untracked::<Application>(application);
    let name = row_now().map(|row| row.name()).unwrap_or_default();
    // What is next now, where somebody has said it meanwhile.
    let said_already = move || row_now()?.next_action.as_ref().map(ToString::to_string);
    let replaces = StoredValue::new(false);
    request_animation_frame(|| dom::focus("#next-step"));
    let over = move || {
        // What is over is not saved.
        _ = submission.begin();
        model.asked.set(None);
        go_on_to(model.heir.get_value());
    };
    // It is answered elsewhere, or there is nothing left to ask about.
    Effect::new(move |_| {
        let row = store.row::<Application>(application);
        let is_answered = row.is_none_or(|row| row.next_action.is_some());
        if is_answered && text.with_untracked(|text| text.trim().is_empty()) {
            over();
        }
    });
    let save = move |what: &str, days: i64| {
        if let Some(next) = said_already().filter(|_| !replaces.get_value()) {
            replaces.set_value(true);
            let asked = format!("“{next}” is next already. Save once more to replace it.");
            error.set(Some(asked));
            return;
        }
        if row_now().is_none() {
            error.set(Some("This application was deleted. Press Esc.".to_owned()));
            return;
        }
        if !submission.begin() {
            return;
        }
        let due = zone.with_untracked(|zone| morning(store.now_untracked(), days, zone));
        match store.set_next_action(application, what, Some(due)) {
            Ok(()) => over(),
            Err(problem) => {
                submission.end();
                let why = problem.message_for("next_action").map(ToOwned::to_owned);
                error.set(Some(why.unwrap_or_else(|| problem.sentence())));
            }
        }
    };
    // Gone without a word of the person, it is as good as sent.
    on_cleanup(move || {
        let what = text.try_get_untracked().unwrap_or_default();
        if !what.trim().is_empty() && submission.begin() {
            // What stands again, or was said elsewhere, is not written over.
            if row_now().is_none() || said_already().is_some() {
                let said = format!("Not saved: “{}”", what.trim());
                store.toast("info", said, None);
                return;
            }
            let due = zone.with_untracked(|zone| {
                morning(
                    store.now_untracked(),
                    days.try_get_untracked().unwrap_or(3),
                    zone,
                )
            });
            if let Err(problem) = store.set_next_action(application, &what, Some(due)) {
                store.toast("error", problem.sentence(), None);
            }
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let what = text.get_untracked();
        if what.trim().is_empty() {
            // A day is chosen already: what is to be done then is missing.
            error.set(Some("Say what is next, or press Esc.".to_owned()));
            dom::focus("#next-step");
        } else {
            save(&what, days.get_untracked());
        }
    };
    let stands = row_now().map(|row| row.status);
    let move_to = move |event: leptos::ev::Event| {
        if let Ok(status) = event_target_value(&event).parse::<Status>() {
            store.move_to(application, status);
            // What came to nothing asks for nothing; what was typed stays to be saved, or dropped.
            let is_blank = text.with_untracked(|text| text.trim().is_empty());
            if is_blank && status.is_closed() && status != Status::Accepted {
                over();
            }
        }
    };
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        // There is nothing in the field that could be undone.
        if is_undo(&event) && text.with_untracked(String::is_empty) && store.undo_last() {
            event.prevent_default();
            event.stop_propagation();
            // Where that takes the question away, what was done stands there again.
            let item = model.asked.get_untracked().map(|(_, item)| item);
            store.once_shown(move || {
                request_animation_frame(move || {
                    if !dom::exists("#next-step") {
                        go_on_to(item);
                    }
                });
            });
            return;
        }
        if event.key() == "Escape" {
            event.prevent_default();
            event.stop_propagation();
            // What was typed is not dropped by one key.
            let has_text = text.with_untracked(|text| !text.trim().is_empty());
            if has_text && error.get_untracked().as_deref() != Some(DROPS) {
                error.set(Some(DROPS.to_owned()));
            } else {
                text.set(String::new());
                over();
            }
        }
    };
    view! {
        <form
            class="next-step"
            novalidate
            data-unfinished=move || text.with(|text| !text.trim().is_empty()).then_some("")
            on:submit=submit
            on:keydown=keydown
        >
            <label class="next-step-label" for="next-step">
                {format!("What is next for {name}?")}
            </label>
            <input
                class="input"
                id="next-step"
                autocomplete="off"
                enterkeyhint="done"
                placeholder="Call, write, prepare …"
                prop:value=text
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby="next-step-error"
                on:input=move |event| {
                    error.set(None);
                    replaces.set_value(false);
                    text.set(event_target_value(&event));
                }
            />
            <p class="field-error" id="next-step-error">{error}</p>
            <div class="chips" role="group" aria-label="Due">
                {DUE.map(|(count, label)| view! {
                    <button
                        type="button"
                        class="chip"
                        aria-pressed=move || (days.get() == count).to_string()
                        on:click=move |_| days.set(count)
                    >
                        {label}
                    </button>
                })}
            </div>
            <div class="next-step-ends">
                <select class="select next-step-move" aria-label="Move to" on:change=move_to>
                    <option value="">"Move to…"</option>
                    {Status::ALL.iter().filter(|status| Some(**status) != stands).map(|status| view! {
                        <option value=status.as_str()>{status.label()}</option>
                    }).collect_view()}
                </select>
                <button type="button" class="button button-quiet" on:click=move |_| over()>"Nothing for now"</button>
                {move || text.with(|text| text.trim().is_empty()).then(|| view! {
                    <button type="button" class="button button-quiet" on:click=move |_| save(FOLLOW_UP, 7)>
                        "Follow up in a week"
                    </button>
                })}
                <button type="submit" class="button button-primary">"Save"</button>
            </div>
        </form>
    }
}
