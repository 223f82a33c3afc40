//! The figures of the hunt, as this device knows it.

use super::Store;
use crate::domain::{
    activity::Activity,
    analytics::{Hunt, Subject},
    application::Application,
};
use leptos::prelude::*;
use std::sync::Arc;

impl Store {
    /// Whether all rows are here: figures that are made here are those of the server.
    pub fn has_all(self) -> bool {
        self.changed.track();
        self.has_all_untracked()
    }

    /// The same, without subscribing.
    pub fn has_all_untracked(self) -> bool {
        self.engine.with_value(|engine| {
            let meta = engine.meta();
            meta.complete && !meta.truncated
        })
    }

    /// What became of all applications; none where this device does not hold all of them.
    pub fn hunt(self) -> Option<Arc<Hunt>> {
        if !self.has_all() {
            return None;
        }
        let (rows, activities) = (self.rows::<Application>(), self.rows::<Activity>());
        let subjects = rows.values().map(|row| Subject::from(&**row));
        let moves = self.engine.with_value(|engine| engine.all_moves());
        let activities = activities.values().map(AsRef::<Activity>::as_ref);
        Some(Arc::new(Hunt::new(subjects, moves, activities)))
    }
}
