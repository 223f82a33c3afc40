//! What is wrong with what was typed.

use leptos::prelude::*;
use std::collections::HashMap;

/// What is wrong in a form, by field. Copied freely; nothing happens once its page is gone.
#[derive(Clone, Copy, Default)]
pub struct Complaints {
    standing: RwSignal<HashMap<&'static str, String>>,
    /// What is not whole yet, and what would be wrong with it: that is said on leaving.
    unfinished: StoredValue<HashMap<&'static str, String>>,
}

impl Complaints {
    /// What is wrong with a field.
    pub fn of(self, field: &'static str) -> Option<String> {
        self.standing
            .try_with(|standing| standing.get(field).cloned())
            .flatten()
    }

    /// Whether something is wrong with a field, as of now.
    pub fn is_wrong(self, field: &'static str) -> bool {
        self.standing
            .try_with_untracked(|standing| standing.contains_key(field))
            .unwrap_or_default()
    }

    /// Something is wrong with a field.
    pub fn complain(self, field: &'static str, why: String) {
        self.standing
            .try_update(|standing| standing.insert(field, why));
    }

    /// These fields are well.
    pub fn settle(self, fields: impl Iterator<Item = &'static str>) {
        self.standing.try_update(|standing| {
            for field in fields {
                standing.remove(field);
            }
        });
    }

    /// A field holds what is not saved until it is whole, or does not any more.
    pub fn leave_unfinished(self, field: &'static str, why: Option<String>) {
        self.unfinished.try_update_value(|unfinished| match why {
            Some(why) => unfinished.insert(field, why),
            None => unfinished.remove(field),
        });
    }

    /// Somebody wants to leave the form: what is unfinished is wrong now. Answers whether anything is.
    pub fn stand_on_leaving(self) -> bool {
        let unfinished = self.unfinished.try_get_value().unwrap_or_default();
        if !unfinished.is_empty() {
            self.standing
                .try_update(|standing| standing.extend(unfinished));
        }
        self.standing
            .try_with_untracked(|standing| !standing.is_empty())
            .unwrap_or_default()
    }

    /// A form opens, or shows nothing to type in any more. Nobody is told: what it shows goes with it.
    pub fn clear(self) {
        self.standing.try_update_untracked(HashMap::clear);
        self.unfinished.try_update_value(HashMap::clear);
    }
}
