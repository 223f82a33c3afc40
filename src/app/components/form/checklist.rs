//! Things to tick off.

use super::{
    editor::Editor,
    field_row::{FieldRow, input_id},
};
use crate::{
    app::components::{each::Each, icon::Icon, icon_button::IconButton},
    client::{dom, labels::field_label},
};
use leptos::prelude::*;
use serde_json::{Value, json};

/// One thing: what, and whether it is done.
type Thing = (String, bool);

/// Things to do: each is saved as it is added, ticked or removed.
#[component]
pub fn ChecklistField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// What the line that adds one looks like while blank.
    placeholder: &'static str,
) -> impl IntoView {
    let items = Memo::new(move |_| things(&editor.value(field)));
    let typed = RwSignal::new(String::new());
    // Of the list as it is by then: what was done a moment ago may not show yet.
    let change = move |change: &dyn Fn(&mut Vec<Thing>)| {
        let mut list = things(&editor.saved(field));
        change(&mut list);
        editor.shows(field);
        editor.save(field, as_json(&list));
    };
    let add = move || {
        // Gone while the form is taken away.
        let Some(text) = typed.try_get_untracked() else {
            return;
        };
        let new = lines(&text);
        if new.is_empty() {
            return;
        }
        change(&|list| list.extend(new.iter().cloned()));
        if !editor.is_wrong(field) {
            typed.set(String::new());
        }
    };
    // What was pasted may be a list already.
    let paste = move |event: leptos::ev::ClipboardEvent| {
        if let Some(text) = dom::pasted_lines(&event) {
            typed.update(|typed| typed.push_str(&text));
            add();
        }
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            add();
        }
    };
    // It goes by its place, if it still stands there: two things may read the same.
    let at = move |index: usize, text: &str, does: &dyn Fn(&mut Vec<Thing>, usize)| {
        change(&|list| {
            let stands = |place: usize| list.get(place).is_some_and(|thing| thing.0 == text);
            let place = if stands(index) {
                Some(index)
            } else {
                list.iter().position(|thing| thing.0 == text)
            };
            if let Some(place) = place {
                does(list, place);
            }
        });
    };
    let rows = move || items.get().into_iter().enumerate();
    view! {
        <FieldRow label=field_label(field) control=input_id(field) error=editor.complaint(field) wide=true>
            <ul class="checklist">
                // Ticked, it stays the same row, and keeps the focus.
                <Each each=rows key=|(index, (text, _))| (*index, text.clone()) let:row>
                    {
                        let (index, (text, first)) = row;
                        let done = move || items.with(|items| items.get(index).map_or(first, |thing| thing.1));
                        let (ticked, removed) = (text.clone(), text.clone());
                        let label = format!("Remove “{text}”");
                        view! {
                            <li class="checklist-item">
                                <label class="check">
                                    <input
                                        type="checkbox"
                                        checked=first
                                        prop:checked=done
                                        on:change=move |event| {
                                            let done = event_target_checked(&event);
                                            at(index, &ticked, &|list, place| {
                                                if let Some(thing) = list.get_mut(place) {
                                                    thing.1 = done;
                                                }
                                            });
                                        }
                                    />
                                    <span data-done=move || done().then_some("")>{text}</span>
                                </label>
                                <IconButton
                                    label
                                    icon=Icon::Close
                                    on_press=move || {
                                        at(index, &removed, &|list, place| _ = list.remove(place));
                                        dom::focus(&format!("#{}", input_id(field)));
                                    }
                                />
                            </li>
                        }
                    }
                </Each>
            </ul>
            <input
                class="input"
                id=input_id(field)
                type="text"
                autocomplete="off"
                enterkeyhint="done"
                placeholder=placeholder
                prop:value=typed
                on:input=move |event| typed.set(event_target_value(&event))
                on:keydown=key
                on:paste=paste
                on:blur=move |_| add()
            />
        </FieldRow>
    }
}

/// The things of a field.
fn things(value: &Value) -> Vec<Thing> {
    let thing = |item: &Value| {
        let text = item.get("text")?.as_str()?.to_owned();
        Some((text, item.get("done") == Some(&Value::Bool(true))))
    };
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(thing)
        .collect()
}

/// The lines of a text as things to do, without the marks of a list: `- Read`, `* Read`, `2. Read`.
fn lines(text: &str) -> Vec<Thing> {
    let unmarked = |line: &str| {
        let line = line.trim();
        let number = line.trim_start_matches(|mark: char| mark.is_ascii_digit());
        let numbered = (number.len() < line.len())
            .then(|| number.strip_prefix(['.', ')']))
            .flatten();
        let bullet = line.strip_prefix(['-', '*', '•', '–']);
        let rest = numbered
            .or(bullet)
            .filter(|rest| rest.starts_with(char::is_whitespace));
        rest.unwrap_or(line).trim().to_owned()
    };
    let lines = text.lines().map(unmarked).filter(|line| !line.is_empty());
    lines.map(|line| (line, false)).collect()
}

/// The same, as it goes over the wire.
fn as_json(things: &[Thing]) -> Value {
    let item = |(text, done): &Thing| json!({ "text": text, "done": done });
    things.iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::{as_json, lines, things};
    use serde_json::json;

    #[test]
    fn lines_are_things_without_the_marks_of_a_list() {
        let text = "- Read the posting\r\n* Ask Jo\n\n 3. Check the camera\n24 slides\n-5 degrees\n1.5 h\n";
        let read: Vec<String> = lines(text).into_iter().map(|thing| thing.0).collect();
        let expected = [
            "Read the posting",
            "Ask Jo",
            "Check the camera",
            "24 slides",
            "-5 degrees",
            "1.5 h",
        ];
        assert_eq!(read, expected);
        assert!(lines(" \n").is_empty());
    }

    #[test]
    fn a_list_reads_back() {
        let list = json!([{ "text": "Read", "done": true }, { "text": "Ask", "done": false }]);
        assert_eq!(as_json(&things(&list)), list);
        let short = json!([{ "text": "Ask" }, { "done": true }, 7]);
        assert_eq!(things(&short), [("Ask".to_owned(), false)]);
        assert!(things(&json!(null)).is_empty());
    }
}
