//! A row of any kind, as a form edits it.

use super::{Fields, Record, fields_of};
use crate::{
    client::{
        engine::{Began, Edit, Op},
        store::{HasSignal, Store, use_store},
        zone::zone_meant,
    },
    domain::json,
};
use leptos::prelude::*;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// One row under edit.
pub struct RowRecord<R: HasSignal> {
    id: Uuid,
    /// Its state now.
    pub row: Memo<Arc<R>>,
    store: Store,
    /// As it was when a field last showed what was so, or was saved: what shows does not change under the
    /// fingers, and what somebody makes of it is made on that.
    shown: StoredValue<HashMap<&'static str, Began<R>>>,
    first: Option<Began<R>>,
}

impl<R: HasSignal> RowRecord<R> {
    /// The row `id`, which is `first` now.
    pub fn new(id: Uuid, first: Arc<R>) -> Self {
        let store = use_store();
        let row = Memo::new(move |last: Option<&Arc<R>>| {
            // While it goes away its last state stands.
            store
                .row(id)
                .unwrap_or_else(|| last.cloned().unwrap_or_else(|| first.clone()))
        });
        Self {
            id,
            row,
            store,
            shown: StoredValue::default(),
            first: store.begin(id),
        }
    }
}

impl<R: HasSignal> Record for RowRecord<R> {
    fn shown(&self) -> Option<Fields> {
        Some(fields_of(&**self.row.read()))
    }

    fn latest(&self) -> Option<Fields> {
        let row = self.store.row_untracked::<R>(self.id);
        row.map(|row| fields_of(&*row))
    }

    fn shows(&self, field: &'static str) {
        if let Some(now) = self.store.begin(self.id) {
            self.shown
                .try_update_value(|shown| _ = shown.insert(field, now));
        }
    }

    fn restoring(&self, field: &'static str) -> Option<(Uuid, Edit)> {
        let value = self.latest()?.remove(field)?;
        let fields = Fields::from_iter([(field.to_owned(), value)]);
        let patch = json::read::<R::Patch>(&Value::Object(fields)).ok()?;
        Some((self.id, R::into_edit(Op::Patch(Box::new(patch)))))
    }

    fn save(&self, mut changed: Fields) -> Result<(), String> {
        if changed.is_empty() {
            return Ok(());
        }
        name_zone(&mut changed)?;
        let began = |field: &str| {
            let shown = self.shown.try_with_value(|shown| shown.get(field).cloned());
            shown.flatten().or_else(|| self.first.clone())
        };
        let patch = json::read::<R::Patch>(&Value::Object(changed))?;
        let done = self.store.patch_from::<R>(self.id, patch, &began);
        done.map(drop).map_err(|problem| problem.sentence())
    }
}

/// A zone that was named by its place gets its full name. Only the browser and the server know which zones
/// there are.
///
/// # Errors
/// What there is to say to the person where no zone is meant.
pub fn name_zone(changed: &mut Fields) -> Result<(), String> {
    let Some(Value::String(name)) = changed.get_mut("timezone") else {
        return Ok(());
    };
    match zone_meant(name) {
        Some(zone) => *name = zone,
        // It may be left empty where it may be.
        None if name.trim().is_empty() => {}
        None => return Err(format!("“{name}” is no time zone, such as Europe/Berlin.")),
    }
    Ok(())
}
