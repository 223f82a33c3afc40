//! What is being made, as a form edits it: nothing is saved before the whole is sent.

use super::{Fields, Record};
use leptos::prelude::*;

/// Fields of a record that is not there yet. Copied freely.
#[derive(Clone, Copy)]
pub struct Draft(RwSignal<Fields>);

impl Draft {
    /// A draft that begins with these fields.
    pub fn new(fields: Fields) -> Self {
        Self(RwSignal::new(fields))
    }

    /// Nothing of it is said any more.
    pub fn clear(self) {
        self.0.set(Fields::new());
    }

    /// Its fields as they are now.
    pub fn fields(self) -> Fields {
        self.0.get_untracked()
    }
}

impl Record for Draft {
    fn shown(&self) -> Option<Fields> {
        self.0.try_get()
    }

    fn latest(&self) -> Option<Fields> {
        self.0.try_get_untracked()
    }

    fn shows(&self, _: &'static str) {}

    fn save(&self, changed: Fields) -> Result<(), String> {
        if !changed.is_empty() {
            self.0.try_update(|fields| fields.extend(changed));
        }
        Ok(())
    }
}
