//! The plain fields: text, choice, yes or no.

use super::{
    editor::{Editor, text_of},
    field_row::{FieldRow, error_id, input_id},
};
use crate::{
    app::components::icon::Icon,
    client::{dom, labels::field_label},
};
use leptos::{children::ViewFnOnce, prelude::*};
use serde_json::Value;

/// What a text field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// Words.
    #[default]
    Words,
    /// A web address, with a way to open it.
    Url,
}

/// The control shows the value, but never over what is being typed: a change that comes in from
/// elsewhere meanwhile shows when the field is left.
pub fn follow(editor: Editor, field: &'static str, value: Memo<String>) {
    // Another value may read the same: a moment, where its zone changes with it.
    let behind = Memo::new(move |_| editor.value(field));
    Effect::new(move |_| {
        behind.track();
        if dom::show_value(&input_id(field), &value.read()) {
            editor.shows(field);
        }
    });
}

/// The control shows whatever is so, at once.
fn mirror<T: PartialEq + Send + Sync + 'static>(
    editor: Editor,
    field: &'static str,
    value: Memo<T>,
) {
    Effect::new(move |_| {
        value.track();
        editor.shows(field);
    });
}

/// The field was left: it shows what is so, unless it shows what could not be saved.
pub fn settle(editor: Editor, field: &'static str, value: Memo<String>) {
    let show = move || {
        if !editor.is_wrong(field)
            && let Some(value) = value.try_get_untracked()
            && dom::show_value(&input_id(field), &value)
        {
            editor.shows(field);
        }
    };
    // After the browser has moved the focus on, and with what was saved on leaving.
    editor.once_shown(move || request_animation_frame(show));
}

/// One line of text.
#[component]
pub fn TextField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// It may not be blank.
    #[prop(optional)]
    required: bool,
    /// What it takes.
    #[prop(optional)]
    entry: Entry,
    /// What it looks like while blank.
    #[prop(optional)]
    placeholder: &'static str,
    /// What is offered.
    #[prop(optional, into)]
    suggestions: Option<Signal<Vec<String>>>,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What stands below the complaint.
    #[prop(optional, into)]
    below: ViewFnOnce,
) -> impl IntoView {
    let value = Memo::new(move |_| editor.text(field));
    follow(editor, field, value);
    let list = suggestions.map(|_| format!("{}-list", input_id(field)));
    let offers = suggestions.map(|suggestions| {
        let option = |text| view! { <option value=text></option> };
        let options = move || suggestions.get().into_iter().map(option).collect_view();
        view! { <datalist id=list.clone()>{options}</datalist> }
    });
    let open = move || {
        let url = value.get();
        (entry == Entry::Url && !url.is_empty()).then(|| view! {
            <a class="field-open" href=url target="_blank" rel="noopener noreferrer" aria-label=format!("Open {}", field_label(field))>
                {Icon::ExternalLink.view()}
            </a>
        })
    };
    view! {
        <FieldRow label=field_label(field) control=input_id(field) error=editor.complaint(field) below>
            <input
                class="input"
                id=input_id(field)
                type="text"
                inputmode=if entry == Entry::Url { "url" } else { "text" }
                autocomplete=autocomplete
                list=list
                placeholder=placeholder
                value=value.get_untracked()
                aria-invalid=move || editor.invalid(field)
                aria-describedby=error_id(field)
                on:change=move |event| editor.save_text(field, &event_target_value(&event), required)
                on:blur=move |_| settle(editor, field, value)
            />
            {open}
            {offers}
        </FieldRow>
    }
}

/// Text over several lines.
#[component]
pub fn TextAreaField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// What it looks like while blank.
    placeholder: &'static str,
) -> impl IntoView {
    let value = Memo::new(move |_| editor.text(field));
    follow(editor, field, value);
    view! {
        <FieldRow label=field_label(field) control=input_id(field) error=editor.complaint(field) wide=true>
            <textarea
                class="textarea"
                id=input_id(field)
                rows="6"
                placeholder=placeholder
                aria-describedby=error_id(field)
                on:change=move |event| editor.save_text(field, &event_target_value(&event), false)
                on:blur=move |_| settle(editor, field, value)
                inner_html=text_area_content(&value.get_untracked())
            ></textarea>
        </FieldRow>
    }
}

/// What stands between the tags of a text area. Leptos does not escape its children there, and a
/// parser drops a line break that comes first.
fn text_area_content(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    if cfg!(feature = "ssr") {
        format!("\n{escaped}")
    } else {
        escaped
    }
}

/// One of what a [`SelectField`] offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The field's value, as it goes over the wire.
    pub value: Value,
    /// What it is called.
    pub label: String,
}

/// A choice for each of a set of words.
pub fn choices<T: Copy>(
    all: &'static [T],
    value: fn(T) -> &'static str,
    label: fn(T) -> &'static str,
) -> Vec<Choice> {
    let choice = |one: &T| Choice {
        value: value(*one).into(),
        label: label(*one).to_owned(),
    };
    all.iter().map(choice).collect()
}

/// One of a few.
#[component]
pub fn SelectField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// What is offered.
    choices: Vec<Choice>,
) -> impl IntoView {
    let value = Memo::new(move |_| editor.text(field));
    mirror(editor, field, value);
    let chosen = value.get_untracked();
    let options = choices
        .iter()
        .map(|choice| {
            let text = text_of(&choice.value);
            let selected = text == chosen;
            view! { <option value=text selected=selected>{choice.label.clone()}</option> }
        })
        .collect_view();
    let save = move |event| {
        let text = event_target_value(&event);
        let choice = choices.iter().find(|choice| text_of(&choice.value) == text);
        if let Some(choice) = choice {
            editor.save(field, choice.value.clone());
        }
    };
    view! {
        <FieldRow label=field_label(field) control=input_id(field) error=editor.complaint(field)>
            <select class="select" id=input_id(field) prop:value=value on:change=save>
                {options}
            </select>
        </FieldRow>
    }
}

/// Yes or no.
#[component]
pub fn CheckField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// What yes means.
    text: &'static str,
) -> impl IntoView {
    let on = Memo::new(move |_| editor.value(field) == Value::Bool(true));
    mirror(editor, field, on);
    view! {
        <FieldRow label=field_label(field) control=input_id(field) error=editor.complaint(field)>
            <label class="check">
                <input
                    type="checkbox"
                    id=input_id(field)
                    checked=on.get_untracked()
                    prop:checked=on
                    on:change=move |event| editor.save(field, event_target_checked(&event).into())
                />
                <span>{text}</span>
            </label>
        </FieldRow>
    }
}
