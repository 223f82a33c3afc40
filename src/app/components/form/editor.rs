//! Saving a field as one leaves it.

use super::{
    complaints::Complaints,
    field_row::{error_id, input_id},
};
use crate::{
    client::{
        dom,
        engine::Edit,
        labels::field_label,
        store::{Store, use_store},
        toasts::ToastAction,
    },
    domain::json,
};
use leptos::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use uuid::Uuid;

/// The fields of a record, as they go over the wire.
pub type Fields = Map<String, Value>;

/// A record of any kind, as a form sees it: one value behind one type, since the fields would be
/// compiled anew for each kind else.
pub trait Record: Send + Sync {
    /// Its fields as they show; none while it is not there. Whoever reads them is told of changes.
    fn shown(&self) -> Option<Fields>;

    /// The same with what was saved a moment ago and does not show yet.
    fn latest(&self) -> Option<Fields>;

    /// A field shows what the record is now: what is saved of it from now on was made on that.
    fn shows(&self, field: &'static str);

    /// What sets a field to what it is now, for an undo; none where there is nothing to come back to.
    fn restoring(&self, _: &'static str) -> Option<(Uuid, Edit)> {
        None
    }

    /// Changes fields that only make sense together: none where all are so already.
    ///
    /// # Errors
    /// What is wrong with them, in a sentence.
    fn save(&self, changed: Fields) -> Result<(), String>;
}

/// A record under edit. Copied freely.
#[derive(Clone, Copy)]
pub struct Editor {
    record: StoredValue<Arc<dyn Record>>,
    fields: Memo<Fields>,
    complaints: Complaints,
    store: Store,
}

impl Editor {
    /// An editor of `record`; what is wrong stands in `complaints`.
    pub fn new(record: impl Record + 'static, complaints: Complaints) -> Self {
        let record: Arc<dyn Record> = Arc::new(record);
        let shown = Arc::clone(&record);
        Self {
            record: StoredValue::new(record),
            // While it goes away its last state stands.
            fields: Memo::new(move |last: Option<&Fields>| {
                let now = shown.shown().or_else(|| last.cloned());
                now.unwrap_or_default()
            }),
            complaints,
            store: use_store(),
        }
    }

    /// A field shows what the record is now.
    pub fn shows(self, field: &'static str) {
        if let Some(record) = self.record.try_get_value() {
            record.shows(field);
        }
    }

    /// The field as JSON, which is how a form sees it.
    pub fn value(self, field: &'static str) -> Value {
        self.fields
            .with(|fields| fields.get(field).cloned())
            .unwrap_or_default()
    }

    /// The field as it is with what was saved a moment ago, and does not show yet.
    pub fn saved(self, field: &'static str) -> Value {
        let mut fields = self.latest().unwrap_or_default();
        fields.remove(field).unwrap_or_default()
    }

    fn latest(self) -> Option<Fields> {
        self.record.try_get_value()?.latest()
    }

    /// The field as text; nothing for `null`.
    pub fn text(self, field: &'static str) -> String {
        text_of(&self.value(field))
    }

    /// What is wrong with what was typed.
    pub fn error(self, field: &'static str) -> Option<String> {
        self.complaints.of(field)
    }

    /// The same, for who shows it.
    pub fn complaint(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.error(field))
    }

    /// The same for `aria-invalid`.
    pub fn invalid(self, field: &'static str) -> Option<&'static str> {
        self.error(field).map(|_| "true")
    }

    /// Whether something is wrong with what was typed, as of now.
    pub fn is_wrong(self, field: &'static str) -> bool {
        self.complaints.is_wrong(field)
    }

    /// A field holds what is not saved until it is whole, or does not any more.
    pub fn leave_unfinished(self, field: &'static str, why: Option<String>) {
        self.complaints.leave_unfinished(field, why);
    }

    /// What was typed is thrown away: nothing is wrong with the field any more.
    pub fn take_back(self, field: &'static str) {
        self.complaints.settle(std::iter::once(field));
    }

    /// Does something once what was saved last shows.
    pub fn once_shown(self, then: impl FnOnce() + 'static) {
        self.store.once_shown(then);
    }

    /// Saves one field. A value that does not fit is complained of beside it, and stays there to
    /// be corrected.
    pub fn save(self, field: &'static str, value: Value) {
        self.save_fields(&[(field, value)]);
    }

    /// Empties a field, with an undo where there is something to come back to.
    pub fn clear(self, field: &'static str) {
        let record = self.record.try_get_value();
        let undo = record.and_then(|record| record.restoring(field));
        let is_empty = self.saved(field) == Value::Null;
        self.save(field, Value::Null);
        if let Some((record, edit)) = undo.filter(|_| !is_empty && !self.is_wrong(field)) {
            let undo = ToastAction::Apply {
                record,
                edits: vec![(record, edit)],
                label: "Undo",
            };
            let store = self.store;
            store.once_shown(move || {
                let text = format!("Cleared: {}", field_label(field));
                store.toast("info", text, Some(undo));
            });
        }
    }

    /// Saves fields that only make sense together. A complaint stands at the first of them.
    pub fn save_fields(self, values: &[(&'static str, Value)]) {
        // A browser reports the end of an edit while it takes the form away; there is nothing to
        // save to then, and the form saved before it went.
        let (Some(record), Some(shown)) =
            (self.record.try_get_value(), self.fields.try_get_untracked())
        else {
            return;
        };
        // What was saved a moment ago may not show yet.
        let now = record.latest().unwrap_or(shown);
        let Some((first, _)) = values.first() else {
            return;
        };
        let changed = values
            .iter()
            .filter(|(field, value)| now.get(*field).unwrap_or(&Value::Null) != value)
            .map(|(field, value)| ((*field).to_owned(), value.clone()))
            .collect();
        match record.save(changed) {
            Ok(()) => {
                let fields = values.iter().map(|(field, _)| *field);
                // They show what is so now, tidied at the most.
                fields.clone().for_each(|field| record.shows(field));
                self.complaints.settle(fields);
            }
            Err(why) => self.refuse(first, why),
        }
    }

    /// Complains of what was typed without saving it. The complaint comes into sight, also where it is
    /// below the edge.
    pub fn refuse(self, field: &'static str, why: impl Into<String>) {
        self.complaints.complain(field, why.into());
        let (own, control) = (error_id(field), input_id(field));
        let complaint = format!("#{own}, .field:has(#{control}) .field-error");
        // Once it shows, and the focus has moved on.
        request_animation_frame(move || dom::reveal(&complaint));
    }

    /// Saves a text: blank clears an optional field.
    pub fn save_text(self, field: &'static str, text: &str, required: bool) {
        let value = if text.trim().is_empty() && !required {
            Value::Null
        } else {
            text.into()
        };
        self.save(field, value);
    }
}

/// A row as a form sees it.
pub fn fields_of(row: &impl Serialize) -> Fields {
    match json::value_of(row) {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// A value as its control has it; nothing for `null`.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Complaints, Editor, Fields, Record, fields_of};
    use crate::client::store::Store;
    use leptos::prelude::*;
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex};

    /// A record that shows one thing, has another since, and notes what is saved.
    struct Sample {
        shown: Value,
        latest: Option<Value>,
        saved: Arc<Mutex<Vec<Fields>>>,
    }

    impl Record for Sample {
        fn shown(&self) -> Option<Fields> {
            Some(fields_of(&self.shown))
        }

        fn latest(&self) -> Option<Fields> {
            self.latest.as_ref().map(fields_of)
        }

        fn shows(&self, _: &'static str) {}

        fn save(&self, changed: Fields) -> Result<(), String> {
            self.saved.lock().unwrap().push(changed);
            Ok(())
        }
    }

    fn with_editor(latest: Option<Value>, test: impl FnOnce(Editor, Complaints)) -> Vec<Value> {
        let saved = Arc::new(Mutex::new(Vec::new()));
        let sample = Sample {
            shown: json!({ "name": "Ann", "minutes": 60, "note": null }),
            latest,
            saved: saved.clone(),
        };
        Owner::new().with(|| {
            provide_context(Store::default());
            let complaints = Complaints::default();
            test(Editor::new(sample, complaints), complaints);
        });
        let saved = saved.lock().unwrap();
        saved.iter().cloned().map(Value::Object).collect()
    }

    #[test]
    fn a_field_shows_as_text() {
        with_editor(None, |editor, _| {
            for (field, text) in [("name", "Ann"), ("minutes", "60"), ("note", ""), ("no", "")] {
                assert_eq!(editor.text(field), text);
            }
        });
    }

    #[test]
    fn what_is_so_already_is_not_saved_again() {
        let latest = json!({ "name": "Bo", "minutes": 60, "note": null });
        let saved = with_editor(Some(latest), |editor, _| {
            // As it shows, and not as it is since.
            editor.save_fields(&[("name", "Ann".into()), ("minutes", 60.into())]);
            editor.save_text("note", " ", false);
            editor.save_text("name", "", true);
        });
        assert_eq!(
            saved,
            [json!({ "name": "Ann" }), json!({}), json!({ "name": "" })]
        );
    }

    #[test]
    fn a_field_that_is_saved_is_well_and_others_are_not() {
        with_editor(None, |editor, complaints| {
            complaints.complain("name", "Too long.".to_owned());
            complaints.complain("note", "Too long.".to_owned());
            editor.save("name", "Bo".into());
            assert!(!editor.is_wrong("name"));
            assert_eq!(editor.error("note").as_deref(), Some("Too long."));
        });
    }

    #[test]
    fn what_is_unfinished_is_wrong_on_leaving() {
        with_editor(None, |editor, complaints| {
            editor.leave_unfinished("links", Some("A link needs an address.".to_owned()));
            assert!(!editor.is_wrong("links"));
            assert!(complaints.stand_on_leaving());
            assert!(editor.is_wrong("links"));
            complaints.clear();
            assert!(!complaints.stand_on_leaving());
        });
    }
}
