//! Words in a row: tags, technologies. Enter or a comma adds one, Backspace takes the last.

use super::{
    editor::Editor,
    field_row::{FieldRow, input_id},
};
use crate::{
    app::components::{each::Each, icon::Icon},
    client::labels::field_label,
};
use leptos::prelude::*;
use serde_json::{Value, json};

/// A list of words.
#[component]
pub fn TokensField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// What one is called.
    noun: &'static str,
) -> impl IntoView {
    let tokens = Memo::new(move |_| words(&editor.value(field)));
    let typed = RwSignal::new(String::new());
    // A word more or less, of the list as it is by then.
    let save = move |list: Vec<String>| {
        editor.shows(field);
        editor.save(field, json!(list));
    };
    let add = move || {
        // Gone while the form is taken away.
        let Some(text) = typed.try_get_untracked() else {
            return;
        };
        let new: Vec<String> = text
            .split(',')
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect();
        if new.is_empty() {
            return;
        }
        // What was added a moment ago may not show yet.
        let mut list = words(&editor.saved(field));
        for word in new {
            if !list
                .iter()
                .any(|known| known.to_lowercase() == word.to_lowercase())
            {
                list.push(word);
            }
        }
        save(list);
        if !editor.is_wrong(field) {
            typed.set(String::new());
        }
    };
    let remove = move |word: &str| {
        save(
            words(&editor.saved(field))
                .into_iter()
                .filter(|known| known != word)
                .collect(),
        );
    };
    let key = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "Enter" | "," if !event.is_composing() => {
            event.prevent_default();
            add();
        }
        // Held, it takes letters: what is left after those is a press of its own.
        "Backspace" if !event.repeat() && typed.with_untracked(String::is_empty) => {
            let mut list = words(&editor.saved(field));
            if list.pop().is_some() {
                save(list);
            }
        }
        _ => {}
    };
    view! {
        <FieldRow label=field_label(field) control=input_id(field) error=editor.complaint(field)>
            <div class="token-input">
                <ul class="tokens">
                    <Each each=move || tokens.get() key=|word| word.clone() let:word>
                        {
                            let gone = word.clone();
                            view! {
                                <li class="tag">
                                    {word.clone()}
                                    <button
                                        type="button"
                                        class="tag-remove"
                                        aria-label=format!("Remove {word}")
                                        on:click=move |_| remove(&gone)
                                    >
                                        {Icon::Close.view()}
                                    </button>
                                </li>
                            }
                        }
                    </Each>
                </ul>
                <input
                    class="token-entry"
                    id=input_id(field)
                    autocomplete="off"
                    enterkeyhint="enter"
                    placeholder=format!("Add a {noun}")
                    prop:value=typed
                    on:input=move |event| typed.set(event_target_value(&event))
                    on:keydown=key
                    on:blur=move |_| add()
                    on:change=move |_| add()
                />
            </div>
        </FieldRow>
    }
}

fn words(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|word| word.as_str().map(ToOwned::to_owned))
        .collect()
}
