//! Saving a field as one leaves it.

use crate::{
    client::store::{Store, use_store},
    domain::application::{Application, ApplicationPatch},
};
use leptos::prelude::*;
use serde_json::{Map, Value};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// One application under edit. Copied freely.
#[derive(Clone, Copy)]
pub struct Editor {
    /// Whose.
    pub id: Uuid,
    /// Its state now.
    pub row: Memo<Arc<Application>>,
    store: Store,
    errors: RwSignal<HashMap<&'static str, String>>,
}

impl Editor {
    /// An editor of the application that is `first` now.
    pub fn new(first: Arc<Application>) -> Self {
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
            errors: RwSignal::default(),
        }
    }

    /// The field as JSON, which is how a form sees it.
    pub fn value(self, field: &'static str) -> Value {
        self.row.with(|row| json(row, field))
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
        self.errors.with(|errors| errors.get(field).cloned())
    }

    /// Whether an edit is on its way.
    pub fn is_saving(self) -> bool {
        self.store.is_pending(self.id)
    }

    /// Saves one field. A value that does not fit is complained of beside it, and stays there to
    /// be corrected.
    pub fn save(self, field: &'static str, value: Value) {
        let unchanged = self.row.with_untracked(|row| json(row, field)) == value;
        let mut fields = Map::new();
        fields.insert(field.to_owned(), value);
        let done = if unchanged {
            Ok(())
        } else {
            serde_json::from_value::<ApplicationPatch>(Value::Object(fields))
                .map_err(|error| error.to_string())
                .and_then(|patch| {
                    self.store
                        .patch(self.id, patch)
                        .map(drop)
                        .map_err(|problem| problem.sentence())
                })
        };
        self.errors.update(|errors| match done {
            Ok(()) => _ = errors.remove(field),
            Err(why) => _ = errors.insert(field, why),
        });
    }

    /// Complains of what was typed without saving it.
    pub fn refuse(self, field: &'static str, why: impl Into<String>) {
        self.errors
            .update(|errors| _ = errors.insert(field, why.into()));
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
