//! Saving a field as one leaves it.

use super::{
    closing::Errors,
    fields::{error_id, input_id},
};
use crate::{
    client::engine::Began,
    client::store::{Store, use_store},
    client::zone::is_known_zone,
    domain::application::{Application, ApplicationPatch},
};
use leptos::prelude::*;
use serde_json::{Map, Value};
use std::sync::Arc;
use uuid::Uuid;

/// One application under edit. Copied freely.
#[derive(Clone, Copy)]
pub struct Editor {
    /// Whose.
    pub id: Uuid,
    /// Its state now.
    pub row: Memo<Arc<Application>>,
    store: Store,
    errors: Errors,
    /// As the row was when the focus came into a field, or when that was saved last: what a field shows
    /// does not change under the fingers.
    began: StoredValue<Option<Began<Application>>>,
}

impl Editor {
    /// An editor of the application that is `first` now; what is wrong stands in `errors`.
    pub fn new(first: Arc<Application>, errors: Errors) -> Self {
        let (store, id) = (use_store(), first.id);
        let row = Memo::new(move |last: Option<&Arc<Application>>| {
            // While it goes away its last state stands.
            store
                .row(id)
                .unwrap_or_else(|| last.cloned().unwrap_or_else(|| first.clone()))
        });
        Self {
            id,
            row,
            store,
            errors,
            began: StoredValue::new(None),
        }
    }

    /// The focus comes into a field.
    pub fn begin(self) {
        self.began.try_set_value(self.store.begin(self.id));
    }

    /// The field as JSON, which is how a form sees it.
    pub fn value(self, field: &'static str) -> Value {
        self.row.with(|row| json(row, field))
    }

    /// The field as it is with what was saved a moment ago, and does not show yet.
    pub fn saved(self, field: &'static str) -> Value {
        let row = self.store.row_untracked(self.id);
        row.map_or(Value::Null, |row| json(&row, field))
    }

    /// The field as text; nothing for `null`.
    pub fn text(self, field: &'static str) -> String {
        match self.value(field) {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// What is wrong with what was typed.
    pub fn error(self, field: &'static str) -> Option<String> {
        self.errors
            .try_with(|errors| errors.get(field).cloned())
            .flatten()
    }

    /// Whether something is wrong with what was typed, as of now.
    pub fn is_wrong(self, field: &'static str) -> bool {
        self.errors
            .try_with_untracked(|errors| errors.contains_key(field))
            .unwrap_or_default()
    }

    /// Does something once what was saved last shows.
    pub fn once_shown(self, then: impl FnOnce() + 'static) {
        self.store.once_shown(then);
    }

    /// Whether an edit is on its way.
    pub fn is_saving(self) -> bool {
        self.store.is_pending(self.id)
    }

    /// Saves one field. A value that does not fit is complained of beside it, and stays there to
    /// be corrected.
    pub fn save(self, field: &'static str, value: Value) {
        self.save_fields(&[(field, value)]);
    }

    /// Saves fields that only make sense together. A complaint stands at the first of them.
    pub fn save_fields(self, values: &[(&'static str, Value)]) {
        // A browser reports the end of an edit while it takes the panel away; there is nothing to
        // save to then, and the panel saved before it went.
        let Some(shown) = self.row.try_get_untracked() else {
            return;
        };
        // What was saved a moment ago may not show yet.
        let row = self.store.row_untracked(self.id).unwrap_or(shown);
        let Some((first, _)) = values.first() else {
            return;
        };
        let changed: Map<String, Value> = values
            .iter()
            .filter(|(field, value)| json(&row, field) != *value)
            .map(|(field, value)| ((*field).to_owned(), value.clone()))
            .collect();
        let done = if changed.is_empty() {
            Ok(())
        } else {
            self.check_zone(&changed)
                .and_then(|()| {
                    serde_json::from_value::<ApplicationPatch>(Value::Object(changed))
                        .map_err(|error| error.to_string())
                })
                .and_then(|patch| {
                    let began = self.began.try_get_value().flatten();
                    let done = self.store.patch_from(self.id, patch, began.as_ref());
                    self.begin();
                    done.map(drop).map_err(|problem| problem.sentence())
                })
        };
        match done {
            Ok(()) => self.errors.update(|errors| {
                for (field, _) in values {
                    errors.remove(field);
                }
            }),
            Err(why) => self.refuse(first, why),
        }
    }

    /// Only the browser and the server know which zones there are.
    fn check_zone(self, changed: &Map<String, Value>) -> Result<(), String> {
        match changed.get("timezone").and_then(Value::as_str) {
            Some(name) if !is_known_zone(name.trim()) => {
                Err(format!("“{name}” is no time zone, such as Europe/Berlin."))
            }
            _ => Ok(()),
        }
    }

    /// Complains of what was typed without saving it. The complaint comes into sight, also where it is
    /// below the edge.
    pub fn refuse(self, field: &'static str, why: impl Into<String>) {
        self.errors
            .update(|errors| _ = errors.insert(field, why.into()));
        let (own, control) = (error_id(field), input_id(field));
        let complaint = format!("#{own}, .field:has(#{control}) .field-error");
        // Once it shows, and the focus has moved on.
        request_animation_frame(move || crate::client::dom::reveal(&complaint));
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

fn json(row: &Application, field: &str) -> Value {
    match serde_json::to_value(row) {
        Ok(Value::Object(mut fields)) => fields.remove(field).unwrap_or_default(),
        _ => Value::Null,
    }
}
