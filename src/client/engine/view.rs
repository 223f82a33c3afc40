//! What the user sees: `view = base ⊕ pending`, and reminders as they are planned over that.

use super::{Edited, Engine, Entry, HasTable, history::is_of_moves, queue::with_edits};
use crate::domain::{
    application::Application,
    edit::{Edit, apply, each_kind},
    row::OfKind,
    settings::Settings,
    sync::{Entity, EntityKind},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

impl Engine {
    /// The user's settings, with what is on its way.
    pub fn settings(&self) -> Option<Arc<Settings>> {
        self.view_of(self.owner()?)
    }

    /// Records with a pending mutation.
    pub fn pending_records(&self) -> &HashSet<Uuid> {
        self.outbox.pending_records()
    }

    /// The view of the row of an edit, as it goes over the wire.
    pub fn text_of(&self, edit: &Edit, record: Uuid) -> Option<String> {
        each_kind!(edit, |_op: R| {
            let row = self.view_of::<R>(record)?;
            serde_json::to_string(&*row).ok()
        })
    }

    /// The view of every row of a kind.
    pub fn view<R: Edited + HasTable>(&self) -> HashMap<Uuid, Arc<R>> {
        let mut rows = self.base.table::<R>().rows().clone();
        for entry in self.outbox.entries() {
            let Some(op) = R::op(&entry.edit) else {
                continue;
            };
            let row = rows.get(&entry.record);
            match apply(op, row.map(Arc::as_ref), entry.record, entry.made()) {
                Ok(Some(row)) => _ = rows.insert(entry.record, Arc::new(row)),
                Ok(None) => _ = rows.remove(&entry.record),
                // It fitted when it was made; where base has moved so that it no longer does, the
                // server will say so, and until then the row stands as it is.
                Err(_) => {}
            }
        }
        if R::KIND == EntityKind::Application {
            let mut moved: HashMap<Uuid, Vec<&Entry>> = HashMap::new();
            for entry in self.outbox.entries() {
                moved.entry(entry.aggregate).or_default().push(entry);
            }
            moved.retain(|_, entries| entries.iter().any(|entry| is_of_moves(&entry.edit)));
            for (record, entries) in moved {
                let (row, _) = self.replayed(record, entries.into_iter());
                match row.and_then(of_application::<R>) {
                    Some(row) => _ = rows.insert(record, row),
                    None => _ = rows.remove(&record),
                }
            }
        }
        if R::KIND == EntityKind::Reminder {
            let planned = self.planned_all().into_iter();
            let planned =
                planned.filter_map(|(id, row)| Some((id, as_row::<R>(row.into_entity())?)));
            rows.extend(planned);
        }
        rows
    }

    /// The view of one row.
    pub fn view_of<R: Edited + HasTable>(&self, record: Uuid) -> Option<Arc<R>> {
        if R::KIND == EntityKind::Reminder
            && let Some(row) = self.planned_one(record)
        {
            return as_row(row.into_entity());
        }
        let entries = self.outbox.entries().iter().map(Arc::as_ref);
        let entries: Vec<&Entry> = entries
            .filter(|entry| entry.record == record || entry.aggregate == record)
            .collect();
        self.view_among(record, &entries)
    }

    /// A row with these edits: all that wait of it and of what hangs on it are among them. Of a reminder it
    /// is the row before it is planned.
    pub(super) fn view_among<R: Edited + HasTable>(
        &self,
        record: Uuid,
        entries: &[&Entry],
    ) -> Option<Arc<R>> {
        let entries = entries.iter().copied();
        // What follows from its moves follows from those on their way too.
        let mut of_it = entries.clone().filter(|entry| entry.aggregate == record);
        if R::KIND == EntityKind::Application && of_it.any(|entry| is_of_moves(&entry.edit)) {
            return self.replayed(record, entries).0.and_then(of_application);
        }
        let base = self.base.table::<R>().get(record);
        let mut edits = entries.filter(|entry| entry.record == record).peekable();
        if edits.peek().is_none() {
            return base.cloned();
        }
        with_edits(base.map(|row| R::clone(row)), edits).map(Arc::new)
    }
}

/// An application, where that is the kind that is asked for.
fn of_application<R: OfKind>(row: Application) -> Option<Arc<R>> {
    as_row(row.into_entity())
}

fn as_row<R: OfKind>(row: Entity) -> Option<Arc<R>> {
    R::from_entity(row).map(Arc::new)
}
