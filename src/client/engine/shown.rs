//! The view of all rows, kept up to date: with thousands of edits waiting, one more is one row's work.

use super::{Engine, Rows, changed::Changed};
use crate::domain::application::Application;
use std::sync::Arc;

/// What the page shows of the board's rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    rows: Arc<Rows>,
}

impl Engine {
    /// The view of every application, as [`Engine::view`] has it. Of a row that has not changed it is
    /// the same one as before.
    pub fn shown(&mut self) -> Arc<Rows> {
        let base = self.base.take_changed();
        let queue = self.outbox.take_changed();
        let records = match (base, queue) {
            (Changed::Records(mut base), Changed::Records(queue)) => {
                base.extend(queue);
                base
            }
            _ => {
                self.shown.rows = Arc::new(self.view::<Application>());
                return Arc::clone(&self.shown.rows);
            }
        };
        for record in records {
            let row = self.view_of::<Application>(record);
            let known = self.shown.rows.get(&record);
            let same = match (known, &row) {
                (None, None) => true,
                (Some(known), Some(row)) => Arc::ptr_eq(known, row) || known == row,
                _ => false,
            };
            if !same {
                let rows = Arc::make_mut(&mut self.shown.rows);
                match row {
                    Some(row) => _ = rows.insert(record, row),
                    None => _ = rows.remove(&record),
                }
            }
        }
        Arc::clone(&self.shown.rows)
    }
}
