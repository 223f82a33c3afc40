//! The moves of an application: those that the server recorded, and those that are on their way.

use super::{Engine, answers::redated_key, base::Base, queue::Entry};
use crate::domain::{
    application::{Application, ApplicationPatch},
    change::Change,
    edit::{Edit, Op, apply},
    stage::{StageEvent, Status},
    time::Timestamp,
};
use std::sync::Arc;
use uuid::Uuid;

/// The stage event that an acknowledged entry caused has a known id, so history need not wait for
/// the next pull. Called before the row itself is taken.
pub(super) fn acknowledged(base: &mut Base, entry: &Entry, row: &Application, now: Timestamp) {
    let before = base
        .table::<Application>()
        .get(entry.record)
        .map(|known| known.status);
    // From where it moved; where that is not known, the next pull tells.
    let moved = match &entry.edit {
        Edit::Application(Op::Create(_)) => Some(None),
        Edit::Application(Op::Patch(patch)) if !patch.status.is_keep() => {
            before.filter(|before| *before != row.status).map(Some)
        }
        _ => None,
    };
    if let Edit::Application(Op::Patch(patch)) = &entry.edit
        && let Some(voided) = patch.voids_stage_event
    {
        if let Some(event) = base.table::<StageEvent>().get(voided) {
            let event = StageEvent {
                voided_at: event.voided_at.or(Some(now)),
                ..StageEvent::clone(event)
            };
            // Not for the store: the server's own time of it comes with the next pull.
            base.show(voided, event);
        }
    } else if let Some(before) = moved {
        let id = StageEvent::derive_id(row.id, &entry.key.to_string());
        if base.table::<StageEvent>().get(id).is_none() {
            let event = StageEvent {
                id,
                application_id: row.id,
                from_status: before,
                to_status: row.status,
                occurred_at: row.status_since,
                recorded_at: row.updated_at,
                voided_at: None,
            };
            base.show(id, event);
        }
    }
}

/// How often one edit may have been given another key: once a wrong time of its clock.
const MOST_REDATED: usize = 4;

impl Engine {
    /// The moves of an application, oldest first, those that are not yet acknowledged too.
    pub fn history(&self, record: Uuid) -> Vec<StageEvent> {
        let mut events: Vec<StageEvent> = self
            .base
            .table::<StageEvent>()
            .of_parent(record)
            .map(|event| StageEvent::clone(event))
            .collect();
        // Of those that were recorded at one moment, the one that happened first.
        events.sort_by_key(|event| (event.recorded_at, event.occurred_at, event.id));
        let mut row = self.base.table::<Application>().get(record).cloned();
        for entry in self.outbox.of_record(record) {
            let Edit::Application(op) = &entry.edit else {
                continue;
            };
            let next = match apply(op, row.as_deref(), record, entry.made()) {
                Ok(next) => next.map(Arc::new),
                Err(_) => row.clone(),
            };
            if let Op::Patch(patch) = op
                && let Some(voided) = patch.voids_stage_event
            {
                for event in events.iter_mut().filter(|event| event.id == voided) {
                    event.voided_at = Some(entry.made_at);
                }
            } else if let Some(next) = &next
                && row.as_ref().is_none_or(|row| row.status != next.status)
            {
                events.push(StageEvent {
                    id: StageEvent::derive_id(record, &entry.key.to_string()),
                    application_id: record,
                    from_status: row.as_ref().map(|row| row.status),
                    to_status: next.status,
                    occurred_at: next.status_since,
                    recorded_at: entry.made_at,
                    voided_at: None,
                });
            }
            row = next;
        }
        events
    }

    /// The patch that undoes the move which the mutation `key` made of `record`.
    pub fn undo_of_move(&self, record: Uuid, key: Uuid, from: Status) -> ApplicationPatch {
        // It may have been sent under another key since.
        let history = self.history(record);
        let event_of = |key: Uuid| StageEvent::derive_id(record, &key.to_string());
        let mut events = std::iter::successors(Some(key), |key| Some(redated_key(*key)))
            .take(MOST_REDATED)
            .map(event_of);
        let event = events
            .find(|id| history.iter().any(|event| event.id == *id))
            .unwrap_or_else(|| event_of(key));
        ApplicationPatch {
            status: Change::Set(from),
            voids_stage_event: Some(event),
            status_occurred_at: self.since_before(record, event),
            ..ApplicationPatch::default()
        }
    }

    /// Since when the record had its status before the newest move that counts: what undoing that
    /// move returns to.
    fn since_before(&self, record: Uuid, voided: Uuid) -> Option<Timestamp> {
        self.history(record)
            .iter()
            .rfind(|event| event.voided_at.is_none() && event.id != voided)
            .map(|event| event.occurred_at)
    }
}
