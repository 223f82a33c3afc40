//! Lists of small records: contacts, links. A row is saved once what it must have is there.

use super::{
    editor::Editor,
    field_row::{FieldRow, input_id},
};
use crate::{
    app::components::{each::Each, icon::Icon},
    client::dom,
};
use leptos::prelude::*;
use serde_json::{Map, Value};

/// What a row's inputs hold, in the order of the columns.
type Cells = Vec<String>;

/// Rows that can be added, changed and removed.
#[component]
pub fn RowsField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// The names of a record's parts, and what they look like while blank.
    columns: &'static [(&'static str, &'static str)],
    /// The part without which a row is not saved.
    required: &'static str,
    /// What one is called.
    noun: &'static str,
) -> impl IntoView {
    let saved = Memo::new(move |_| cells(&editor.value(field), columns));
    // Rows that show: the saved ones, and those that are not whole yet.
    let rows = RwSignal::new(Vec::<(u32, Cells)>::new());
    let next = StoredValue::new(0_u32);
    // What this form saved last, as it was tidied on the way.
    let own = StoredValue::new(None::<Vec<Cells>>);
    // The focus is in one of the rows; what came from elsewhere meanwhile is shown when it leaves.
    let typing = StoredValue::new(false);
    let overtaken = StoredValue::new(false);
    let number = move || {
        next.update_value(|next| *next += 1);
        next.get_value()
    };
    let fill =
        move |saved: Vec<Cells>| rows.set(saved.into_iter().map(|row| (number(), row)).collect());
    fill(saved.get_untracked());
    let show = move |saved: Vec<Cells>| {
        let unfinished = rows.with_untracked(|rows| {
            let place = place(columns, required);
            let blank =
                |row: &&(u32, Cells)| row.1.get(place).is_none_or(|cell| cell.trim().is_empty());
            rows.iter().filter(blank).cloned().collect::<Vec<_>>()
        });
        fill(saved);
        rows.update(|rows| rows.extend(unfinished));
        editor.shows(field);
    };
    Effect::new(move |before: Option<()>| {
        let saved = saved.get();
        let shown: Vec<Cells> = rows.with_untracked(|rows| whole(rows, columns, required));
        // What this form itself saved needs no new rows, even where it was tidied on the way; the
        // focus would be lost with the old ones.
        let is_own = own.with_value(|own| own.as_ref() == Some(&saved));
        if before.is_none() || shown == saved || (is_own && shown.len() == saved.len()) {
            overtaken.set_value(false);
            editor.shows(field);
        } else if typing.get_value() {
            overtaken.set_value(true);
        } else {
            show(saved);
        }
    });
    let leave = move |_| {
        typing.try_set_value(false);
        // The focus may only go from one cell to the next.
        request_animation_frame(move || {
            let left = typing.try_get_value() == Some(false);
            if left && overtaken.try_get_value() == Some(true) {
                overtaken.set_value(false);
                show(saved.get_untracked());
            }
        });
    };
    let save = move || {
        let Some(whole) = rows.try_with_untracked(|rows| whole(rows, columns, required)) else {
            return;
        };
        let is_left = rows.with_untracked(|rows| has_unfinished(rows, columns, required));
        editor.leave_unfinished(field, is_left.then(|| lacks(noun, required)));
        editor.save(field, json(&whole, columns));
        own.set_value(Some(cells(&editor.saved(field), columns)));
    };
    let edit = move |key: u32, column: usize, text: String| {
        rows.try_update_untracked(|rows| {
            if let Some(cell) = rows
                .iter_mut()
                .find(|row| row.0 == key)
                .and_then(|row| row.1.get_mut(column))
            {
                *cell = text;
            }
        });
        save();
    };
    let remove = move |key: u32| {
        rows.update(|rows| rows.retain(|row| row.0 != key));
        save();
        let add = format!(".field:has(#{}-rows) .rows-add", input_id(field));
        request_animation_frame(move || dom::focus(&add));
    };
    let add = move |_| {
        let blank = columns.iter().map(|_| String::new()).collect();
        rows.update(|rows| rows.push((number(), blank)));
        let first = format!("#{}-rows .row:last-child input", input_id(field));
        request_animation_frame(move || dom::focus(&first));
    };
    let more = move || {
        view! {
            <button type="button" class="button button-quiet rows-add" on:click=add>
                {Icon::Plus.view()}
                {format!("Add {noun}")}
            </button>
        }
    };
    view! {
        <FieldRow control=input_id(field) error=editor.complaint(field) wide=true below=more>
            <div class="rows" id=format!("{}-rows", input_id(field)) on:focusin=move |_| typing.set_value(true) on:focusout=leave>
                <Each each=move || rows.get() key=|row| row.0 let:row>
                    {
                        let (key, cells) = row;
                        let inputs = columns
                            .iter()
                            .zip(cells)
                            .enumerate()
                            .map(|(index, ((name, hint), text))| view! {
                                <input
                                    class="input"
                                    name=*name
                                    aria-label=format!("{noun}: {hint}")
                                    placeholder=*hint
                                    autocomplete="off"
                                    value=text
                                    on:change=move |event| edit(key, index, event_target_value(&event))
                                />
                            })
                            .collect_view();
                        view! {
                            <div class="row">
                                {inputs}
                                <button
                                    type="button"
                                    class="icon-button icon-danger"
                                    aria-label=format!("Remove this {noun}")
                                    on:click=move |_| remove(key)
                                >
                                    {Icon::Trash.view()}
                                </button>
                            </div>
                        }
                    }
                </Each>
            </div>
        </FieldRow>
    }
}

/// The records of a field as cells.
fn cells(value: &Value, columns: &[(&str, &str)]) -> Vec<Cells> {
    let cell = |record: &Value, name: &str| {
        record
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|record| columns.iter().map(|(name, _)| cell(record, name)).collect())
        .collect()
}

fn place(columns: &[(&str, &str)], required: &str) -> usize {
    columns
        .iter()
        .position(|(name, _)| *name == required)
        .unwrap_or_default()
}

/// The rows that have what a record must have, trimmed.
fn whole(rows: &[(u32, Cells)], columns: &[(&str, &str)], required: &str) -> Vec<Cells> {
    let place = place(columns, required);
    rows.iter()
        .map(|(_, cells)| {
            cells
                .iter()
                .map(|cell| cell.trim().to_owned())
                .collect::<Cells>()
        })
        .filter(|cells| cells.get(place).is_some_and(|cell| !cell.is_empty()))
        .collect()
}

/// Whether something was typed in a row that lacks what a record must have.
fn has_unfinished(rows: &[(u32, Cells)], columns: &[(&str, &str)], required: &str) -> bool {
    let place = place(columns, required);
    let is_blank = |cell: &String| cell.trim().is_empty();
    rows.iter()
        .any(|(_, cells)| cells.get(place).is_none_or(is_blank) && !cells.iter().all(is_blank))
}

/// What a row lacks that is not saved.
fn lacks(noun: &str, required: &str) -> String {
    let what = if required == "url" {
        "an address"
    } else {
        "a name"
    };
    format!("A {noun} needs {what}. Give one, or remove it.")
}

/// Cells as records; blank ones are left out.
fn json(rows: &[Cells], columns: &[(&str, &str)]) -> Value {
    rows.iter()
        .map(|cells| {
            let parts = columns
                .iter()
                .zip(cells)
                .filter(|(_, cell)| !cell.is_empty());
            Value::Object(
                parts
                    .map(|((name, _), cell)| ((*name).to_owned(), cell.as_str().into()))
                    .collect::<Map<_, _>>(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{has_unfinished, lacks};

    #[test]
    fn a_row_is_unfinished_that_has_something_and_not_what_it_must_have() {
        const COLUMNS: &[(&str, &str)] = &[("name", "Name"), ("email", "Email")];
        for (cells, is_unfinished) in [
            (["", ""], false),
            ([" ", ""], false),
            (["Jane", ""], false),
            (["Jane", "jane@example.com"], false),
            (["", "jane@example.com"], true),
            ([" ", "jane@example.com"], true),
        ] {
            let rows = [(1, cells.map(str::to_owned).to_vec())];
            let found = has_unfinished(&rows, COLUMNS, "name");
            assert_eq!(found, is_unfinished, "{cells:?}");
        }
        let said = lacks("contact", "name");
        assert_eq!(said, "A contact needs a name. Give one, or remove it.");
    }
}
