//! The plain fields: text, choice, date, amount.

use super::editor::Editor;
use crate::{
    app::components::icon::Icon,
    client::{dom, labels::field_label, zone::use_zone},
    domain::{
        money::{Amount, Currency, Written},
        time::ZoneRules,
    },
};
use chrono::NaiveDateTime;
use leptos::{html, prelude::*};
use serde_json::{Value, json};

/// What a text field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// Words.
    #[default]
    Words,
    /// A web address, with a way to open it.
    Url,
}

/// A label, its control, and what is wrong.
#[component]
pub fn FieldRow(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// The control.
    children: Children,
) -> impl IntoView {
    let invalid = move || editor.error(field).map(|_| "");
    view! {
        <div class="field" data-invalid=invalid>
            <label class="field-label" for=input_id(field)>{field_label(field)}</label>
            <div class="field-control">
                {children()}
                <p class="field-error" id=error_id(field)>{move || editor.error(field)}</p>
            </div>
        </div>
    }
}

/// The id of a field's control.
pub fn input_id(field: &str) -> String {
    format!("f-{field}")
}

/// The id of what is said to be wrong with a field.
pub fn error_id(field: &str) -> String {
    format!("f-{field}-error")
}

/// The control shows the value, but never over what is being typed: a change that comes in from
/// elsewhere meanwhile shows when the field is left.
fn follow(field: &'static str, value: Memo<String>) {
    Effect::new(move |_| dom::show_value(&input_id(field), &value.read()));
}

/// The field was left: it shows what is so, unless it shows what could not be saved.
fn settle(editor: Editor, field: &'static str, value: Memo<String>) {
    let show = move || {
        if !editor.is_wrong(field)
            && let Some(value) = value.try_get_untracked()
        {
            dom::show_value(&input_id(field), &value);
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
    #[prop(optional)]
    suggestions: &'static [&'static str],
) -> impl IntoView {
    let value = Memo::new(move |_| editor.text(field));
    follow(field, value);
    let list = (!suggestions.is_empty()).then(|| format!("f-{field}-list"));
    let offers = list.clone().map(|list| {
        let options = suggestions
            .iter()
            .map(|text| view! { <option value=*text></option> })
            .collect_view();
        view! { <datalist id=list>{options}</datalist> }
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
        <FieldRow editor field>
            <input
                class="input"
                id=input_id(field)
                type="text"
                inputmode=if entry == Entry::Url { "url" } else { "text" }
                autocomplete="off"
                list=list
                placeholder=placeholder
                value=value.get_untracked()
                aria-invalid=move || editor.error(field).map(|_| "true")
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
) -> impl IntoView {
    let value = Memo::new(move |_| editor.text(field));
    follow(field, value);
    view! {
        <div class="field field-wide" data-invalid=move || editor.error(field).map(|_| "")>
            <label class="visually-hidden" for=input_id(field)>{field_label(field)}</label>
            <div class="field-control">
                <textarea
                    class="textarea"
                    id=input_id(field)
                    rows="6"
                    placeholder="Anything worth remembering"
                    aria-describedby=error_id(field)
                    on:change=move |event| editor.save_text(field, &event_target_value(&event), false)
                    on:blur=move |_| settle(editor, field, value)
                    inner_html=text_area_content(&value.get_untracked())
                ></textarea>
                <p class="field-error" id=error_id(field)>{move || editor.error(field)}</p>
            </div>
        </div>
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

/// One of a few.
#[component]
pub fn SelectField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// Values and their names.
    options: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let value = Memo::new(move |_| editor.text(field));
    let chosen = value.get_untracked();
    view! {
        <FieldRow editor field>
            <select
                class="select"
                id=input_id(field)
                prop:value=value
                on:change=move |event| editor.save(field, event_target_value(&event).into())
            >
                {options
                    .into_iter()
                    .map(|(value, label)| view! { <option value=value selected=value == chosen>{label}</option> })
                    .collect_view()}
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
    view! {
        <FieldRow editor field>
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

/// A calendar day.
#[component]
pub fn DateField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
) -> impl IntoView {
    let value = Memo::new(move |_| editor.text(field));
    view! {
        <FieldRow editor field>
            <input
                class="input"
                id=input_id(field)
                type="date"
                value=value.get_untracked()
                prop:value=value
                on:change=move |event| editor.save_text(field, &event_target_value(&event), true)
            />
        </FieldRow>
    }
}

/// An instant, as a clock on the user's wall shows it.
#[component]
pub fn DueField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
) -> impl IntoView {
    const WALL: &str = "%Y-%m-%dT%H:%M";
    let zone = use_zone();
    let value = Memo::new(move |_| {
        let due = editor.row.read().next_action_due;
        due.map(|due| zone.read().local(due).format(WALL).to_string())
            .unwrap_or_default()
    });
    let save = move |event| {
        let text = event_target_value(&event);
        if text.is_empty() {
            editor.save(field, Value::Null);
            return;
        }
        // Browsers add seconds where the value had some.
        let wall = NaiveDateTime::parse_from_str(&text, WALL)
            .or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S"));
        match wall {
            Ok(wall) => editor.save(field, json!(zone.get_untracked().instant(wall))),
            Err(_) => editor.refuse(field, "Give a day and a time."),
        }
    };
    view! {
        <FieldRow editor field>
            <input
                class="input"
                id=input_id(field)
                type="datetime-local"
                value=value.get_untracked()
                prop:value=value
                on:change=save
            />
        </FieldRow>
    }
}

/// The pay: a range and its currency. Amounts are read as people write them, and shown as they were
/// understood.
#[component]
pub fn PayField(
    /// The editor.
    editor: Editor,
) -> impl IntoView {
    const MIN: &str = "salary_min";
    const MAX: &str = "salary_max";
    const CURRENCY: &str = "salary_currency";
    let [min, max] = [MIN, MAX].map(|field| Memo::new(move |_| amount(editor, field)));
    follow(MIN, min);
    follow(MAX, max);
    let currency = Memo::new(move |_| editor.text(CURRENCY));
    let error = move || {
        [MIN, MAX, CURRENCY]
            .into_iter()
            .find_map(|field| editor.error(field))
    };
    let invalid = move |field| editor.error(field).map(|_| "true");
    // Both ends are saved together, since a range is refused as a whole.
    let (from, to) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let save = move |changed: &'static str| {
        let (lower, upper) = (written(from), written(to));
        let (lower, upper) = match (lower, upper) {
            (Ok(Some(Written::Range(lower, upper))), _) => (Ok(Some(lower)), Ok(Some(upper))),
            (lower, upper) => (lower.and_then(one), upper.and_then(one)),
        };
        let mut ends = vec![(MIN, from, lower), (MAX, to, upper)];
        // A complaint about the range stands at the end that was typed last.
        if changed == MAX {
            ends.reverse();
        }
        let mut clear = Vec::new();
        for (field, node, end) in ends {
            match end {
                Ok(amount) => clear.push((field, node, amount)),
                Err(why) => editor.refuse(field, why),
            }
        }
        let values: Vec<_> = clear
            .iter()
            .map(|(field, _, amount)| (*field, json!(amount)))
            .collect();
        editor.save_fields(&values);
        if clear.iter().any(|(field, ..)| editor.is_wrong(field)) {
            return;
        }
        for (_, node, amount) in clear {
            if let Some(input) = node.get_untracked() {
                input.set_value(&amount.map(Amount::grouped).unwrap_or_default());
            }
        }
    };
    let save_currency = move |event| {
        editor.save_text(CURRENCY, &event_target_value(&event), false);
    };
    let codes = Currency::codes()
        .map(|code| view! { <option value=code></option> })
        .collect_view();
    view! {
        <div class="field">
            <label class="field-label" for=input_id(MIN)>"Pay"</label>
            <div class="field-control">
                <div class="input-pair">
                    <input
                        class="input"
                        id=input_id(MIN)
                        inputmode="decimal"
                        autocomplete="off"
                        placeholder="From"
                        aria-label=field_label(MIN)
                        aria-invalid=move || invalid(MIN)
                        aria-describedby=error_id(MIN)
                        value=min.get_untracked()
                        node_ref=from
                        on:change=move |_| save(MIN)
                        on:blur=move |_| settle(editor, MIN, min)
                    />
                    <span>"–"</span>
                    <input
                        class="input"
                        id=input_id(MAX)
                        inputmode="decimal"
                        autocomplete="off"
                        placeholder="to"
                        aria-label=field_label(MAX)
                        aria-invalid=move || invalid(MAX)
                        aria-describedby=error_id(MIN)
                        value=max.get_untracked()
                        node_ref=to
                        on:change=move |_| save(MAX)
                        on:blur=move |_| settle(editor, MAX, max)
                    />
                    <input
                        class="input input-currency"
                        id=input_id(CURRENCY)
                        list="currencies"
                        maxlength="3"
                        autocomplete="off"
                        placeholder="EUR"
                        aria-label=field_label(CURRENCY)
                        aria-invalid=move || invalid(CURRENCY)
                        aria-describedby=error_id(MIN)
                        value=currency.get_untracked()
                        prop:value=currency
                        on:change=save_currency
                    />
                    <datalist id="currencies">{codes}</datalist>
                </div>
                <p class="field-error" id=error_id(MIN)>{error}</p>
            </div>
        </div>
    }
}

/// An end of the pay, as it is shown.
fn amount(editor: Editor, field: &'static str) -> String {
    serde_json::from_value(editor.value(field))
        .map(Amount::grouped)
        .unwrap_or_default()
}

/// What stands in an end of the pay; nothing where it is blank.
fn written(node: NodeRef<html::Input>) -> Result<Option<Written>, String> {
    let text = node.get_untracked().map(|input| input.value());
    match text.as_deref().map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => Written::read(text).map(Some),
    }
}

/// The one amount of an end.
fn one(written: Option<Written>) -> Result<Option<Amount>, String> {
    match written {
        None => Ok(None),
        Some(Written::One(amount)) => Ok(Some(amount)),
        Some(Written::Range(..)) => Err("Write a range into the first field.".to_owned()),
    }
}
