//! The pay: a range and its currency.

use crate::{
    app::components::form::{Editor, error_id, follow, input_id, settle},
    client::labels::field_label,
    domain::{
        json,
        money::{Amount, Currency, Written},
    },
};
use leptos::{html, prelude::*};
use serde_json::json;

/// The pay. Amounts are read as people write them, and shown as they were
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
    let currency = Memo::new(move |_| editor.text(CURRENCY));
    follow(editor, MIN, min);
    follow(editor, MAX, max);
    follow(editor, CURRENCY, currency);
    let error = move || {
        [MIN, MAX, CURRENCY]
            .into_iter()
            .find_map(|field| editor.error(field))
    };
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
    let end = move |field: &'static str, hint, value: Memo<String>, node| {
        view! {
            <input
                class="input"
                id=input_id(field)
                inputmode="decimal"
                autocomplete="off"
                placeholder=hint
                aria-label=field_label(field)
                aria-invalid=move || editor.invalid(field)
                aria-describedby=error_id(MIN)
                value=value.get_untracked()
                node_ref=node
                on:change=move |_| save(field)
                on:blur=move |_| settle(editor, field, value)
            />
        }
    };
    view! {
        <div class="field">
            <label class="field-label" for=input_id(MIN)>"Pay"</label>
            <div class="field-control">
                <div class="input-pair">
                    {end(MIN, "From", min, from)}
                    <span>"–"</span>
                    {end(MAX, "to", max, to)}
                    <input
                        class="input input-currency"
                        id=input_id(CURRENCY)
                        list="currencies"
                        maxlength="3"
                        autocomplete="off"
                        placeholder="EUR"
                        aria-label=field_label(CURRENCY)
                        aria-invalid=move || editor.invalid(CURRENCY)
                        aria-describedby=error_id(MIN)
                        value=currency.get_untracked()
                        on:change=save_currency
                        on:blur=move |_| settle(editor, CURRENCY, currency)
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
    json::read(&editor.value(field))
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
