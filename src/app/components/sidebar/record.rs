//! An application, as a form edits it.

use crate::{
    app::components::form::{Fields, Record, fields_of},
    client::{
        engine::Began,
        store::{Store, use_store},
        zone::is_known_zone,
    },
    domain::application::{Application, ApplicationPatch},
};
use leptos::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// One application under edit.
pub struct ApplicationRecord {
    id: Uuid,
    /// Its state now.
    pub row: Memo<Arc<Application>>,
    store: Store,
    /// As it was when the focus came into a field, or when that was saved last: what a field shows
    /// does not change under the fingers.
    began: StoredValue<Option<Began<Application>>>,
}

impl ApplicationRecord {
    /// The application that is `first` now.
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
            began: StoredValue::new(None),
        }
    }
}

impl Record for ApplicationRecord {
    fn shown(&self) -> Option<Fields> {
        Some(fields_of(&**self.row.read()))
    }

    fn latest(&self) -> Option<Fields> {
        let row = self.store.row_untracked::<Application>(self.id);
        row.map(|row| fields_of(&*row))
    }

    fn begin(&self) {
        self.began.try_set_value(self.store.begin(self.id));
    }

    fn save(&self, changed: Fields) -> Result<(), String> {
        if changed.is_empty() {
            return Ok(());
        }
        check_zone(&changed)?;
        let patch = serde_json::from_value::<ApplicationPatch>(Value::Object(changed))
            .map_err(|error| error.to_string())?;
        let began = self.began.try_get_value().flatten();
        let done = self
            .store
            .patch_from::<Application>(self.id, patch, began.as_ref());
        self.begin();
        done.map(drop).map_err(|problem| problem.sentence())
    }
}

/// Only the browser and the server know which zones there are.
fn check_zone(changed: &Fields) -> Result<(), String> {
    match changed.get("timezone").and_then(Value::as_str) {
        Some(name) if !is_known_zone(name.trim()) => {
            Err(format!("“{name}” is no time zone, such as Europe/Berlin."))
        }
        _ => Ok(()),
    }
}
