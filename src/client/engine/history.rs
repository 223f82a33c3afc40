//! The moves of an application: those that the server recorded, and those that are on their way.

use super::{Edited, Engine, Verb, answers::redated_key, base::Base, queue::Entry};
use crate::domain::{
    application::{Application, ApplicationPatch},
    change::Change,
    edit::{Edit, Op, apply},
    row::Row as _,
    stage::{StageEvent, Status, check_corrected},
    time::{ZoneName, ZoneRules, to_millis},
};
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

/// The rules of a zone: the browser's, and UTC's where none are to hand.
pub type ZoneRulesOf = fn(&ZoneName) -> Arc<dyn ZoneRules + Send + Sync>;

/// The rules of the zone that is in the user's settings.
#[derive(Clone)]
pub(super) struct UserZone {
    of: ZoneRulesOf,
    /// Of which zone they are; none before anything was shown.
    name: Option<ZoneName>,
    pub rules: Arc<dyn ZoneRules + Send + Sync>,
}

impl Default for UserZone {
    fn default() -> Self {
        Self {
            of: |_| Arc::new(chrono::Utc),
            name: None,
            rules: Arc::new(chrono::Utc),
        }
    }
}

impl std::fmt::Debug for UserZone {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "UserZone({:?})", self.name)
    }
}

impl Engine {
    /// The moves of all applications, those on their way too.
    pub fn all_moves(&self) -> Vec<StageEvent> {
        let entries = self.outbox.entries().iter();
        let of_moves = entries.filter(|entry| is_of_moves(&entry.edit));
        let moved: HashSet<Uuid> = of_moves.map(|entry| entry.aggregate).collect();
        let known = self.base.table::<StageEvent>().rows().values();
        let known = known.filter(|event| !moved.contains(&event.application_id));
        let mut all: Vec<StageEvent> = known.map(|event| StageEvent::clone(event)).collect();
        for id in moved {
            all.extend(self.history(id));
        }
        all
    }
}

/// The stage event that an acknowledged entry caused has a known id, so history need not wait for
/// the next pull. Called before the row itself is taken.
pub(super) fn acknowledged(base: &mut Base, entry: &Entry, row: &Application) {
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
        let event = base.table::<StageEvent>().get(voided);
        let event = event.filter(|event| {
            // What was done to it since, elsewhere, is not known here.
            event.voided_at.is_none() && event.updated_at <= row.updated_at
        });
        if let Some(event) = event {
            let event = event.voided(row.updated_at);
            // Not for the store: the server's own comes with the next pull.
            base.show(voided, event);
        }
    } else if let Some(before) = moved {
        let at = StageEvent::recorded_next(&recorded(base, row.id), row.updated_at);
        let event = StageEvent::recorded(row, &entry.key.to_string(), before, at);
        // As it was when it happened: what follows from the other moves is of the application.
        let occurred_at = match &entry.edit {
            Edit::Application(Op::Create(create)) => create.status_occurred_at,
            Edit::Application(Op::Patch(patch)) => patch.status_occurred_at,
            _ => None,
        };
        let event = StageEvent {
            occurred_at: occurred_at.map_or(row.updated_at, to_millis),
            ..event
        };
        if base.table::<StageEvent>().get(event.id).is_none() {
            base.show(event.id, event);
        }
    }
}

/// What follows from an acknowledged correction of a move shows before the next pull brings it. Called
/// before the move itself is taken.
pub(super) fn corrected(base: &mut Base, event: &StageEvent, zone: &UserZone) {
    // It was corrected again since, which is known here: the answer comes late.
    let known = base.table::<StageEvent>().get(event.id);
    if known.is_some_and(|known| !event.supersedes(known)) {
        return;
    }
    let Some(row) = base.table::<Application>().get(event.application_id) else {
        return;
    };
    // The server made this state after the correction, so that it has followed already.
    if row.updated_at > event.updated_at {
        return;
    }
    let mut row = Application::clone(row);
    let before = recorded(base, row.id);
    // Where what it says does not follow from the moves that are known here, others are not: then the
    // server alone knows what follows.
    let mut known = row.clone();
    known.follow_since(&before);
    if known.status_since != row.status_since {
        return;
    }
    let mut after = before.clone();
    for known in after.iter_mut().filter(|known| known.id == event.id) {
        known.clone_from(event);
    }
    row.follow_since(&after);
    row.follow_day(&before, &after, &*zone.rules);
    base.show(row.id, row);
}

/// The moves of an application that the server recorded, in that order.
fn recorded(base: &Base, application: Uuid) -> Vec<StageEvent> {
    let events = base.table::<StageEvent>().of_parent(application);
    let mut events: Vec<StageEvent> = events.map(|event| StageEvent::clone(event)).collect();
    StageEvent::in_order(&mut events);
    events
}

/// Whether since when an application has its status, or its day, may follow from this edit.
pub(super) fn is_of_moves(edit: &Edit) -> bool {
    edit.is_event() || matches!(edit, Edit::StageEvent(_))
}

/// How often one edit may have been given another key: once a wrong time of its clock.
const MOST_REDATED: usize = 4;

impl Engine {
    /// Where the rules of zones come from.
    pub fn read_zones(&mut self, of: ZoneRulesOf) {
        self.zone = UserZone {
            of,
            ..UserZone::default()
        };
    }

    /// The zone is the one that is in the settings now. Answers whether it was another one: days and
    /// reminders may follow.
    pub(super) fn follow_zone(&mut self) -> bool {
        let Some(settings) = self.settings() else {
            return false;
        };
        let name = &settings.timezone;
        let is_new = self.zone.name.as_ref() != Some(name);
        if is_new {
            self.zone.rules = (self.zone.of)(name);
            self.zone.name = Some(name.clone());
        }
        is_new
    }

    /// The moves of an application, oldest first, those that are not yet acknowledged too.
    pub fn history(&self, record: Uuid) -> Vec<StageEvent> {
        let entries = self.outbox.entries().iter().map(Arc::as_ref);
        self.replayed(record, entries).1
    }

    /// An application and its moves with what waits for the server of both, as the server will take it:
    /// `entries` has it, in its order.
    pub(super) fn replayed<'a>(
        &self,
        record: Uuid,
        entries: impl Iterator<Item = &'a Entry>,
    ) -> (Option<Application>, Vec<StageEvent>) {
        let row = self.base.table::<Application>().get(record);
        let mut row = row.map(|row| Application::clone(row));
        let mut moves = recorded(&self.base, record);
        for entry in entries.filter(|entry| entry.aggregate == record) {
            match &entry.edit {
                Edit::Application(op) => {
                    if let Ok(next) = apply(op, row.as_ref(), record, entry.made()) {
                        let next = next.map(|next| self.moved(next, &row, op, entry, &mut moves));
                        row = next;
                    }
                }
                Edit::StageEvent(Op::Patch(patch)) => {
                    let place = moves.iter().position(|event| event.id == entry.record);
                    let Some(event) = place.and_then(|place| moves.get(place)) else {
                        continue;
                    };
                    let Ok(next) = event.patched(patch, entry.made()) else {
                        continue;
                    };
                    let mut after = moves.clone();
                    for event in after.iter_mut().filter(|event| event.id == next.id) {
                        event.clone_from(&next);
                    }
                    if check_corrected(&moves, &after, next.id).is_ok() {
                        if let Some(row) = &mut row {
                            row.follow_since(&after);
                            row.follow_day(&moves, &after, &*self.zone.rules);
                        }
                        moves = after;
                    }
                }
                _ => {}
            }
        }
        (row, moves)
    }

    /// What an edit made of an application, with what follows from its being a move.
    fn moved(
        &self,
        mut next: Application,
        row: &Option<Application>,
        op: &Op<Application>,
        entry: &Entry,
        moves: &mut Vec<StageEvent>,
    ) -> Application {
        let from = row.as_ref().map(|row| row.status);
        let Op::Patch(patch) = op else {
            let cause = entry.key.to_string();
            moves.push(StageEvent::recorded(&next, &cause, from, entry.made_at));
            return next;
        };
        let before = moves.clone();
        if let Some(voided) = patch.voids_stage_event {
            for event in moves.iter_mut().filter(|event| event.id == voided) {
                *event = event.voided(entry.made_at);
            }
        } else if from != Some(next.status) {
            let cause = entry.key.to_string();
            moves.push(StageEvent::recorded(&next, &cause, from, entry.made_at));
        } else {
            return next;
        }
        next.follow_since(moves);
        if patch.application_date.is_keep() {
            next.follow_day(&before, moves, &*self.zone.rules);
        }
        next
    }

    /// A move that is still on its way to the server, as the move of this id.
    pub(super) fn move_on_its_way(&self, id: Uuid) -> Option<StageEvent> {
        let entries = || self.outbox.entries().iter().map(Arc::as_ref);
        let makes_it = |entry: &&Entry| {
            let is_move = entry.edit.verb() == Verb::Create || entry.edit.is_event();
            is_move
                && matches!(entry.edit, Edit::Application(_))
                && StageEvent::derive_id(entry.record, &entry.key.to_string()) == id
        };
        let application = entries().find(makes_it)?.record;
        let (_, moves) = self.replayed(application, entries());
        moves.into_iter().find(|event| event.id == id)
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
        self.undo_of_event(record, event, from)
    }

    /// The patch that undoes the newest move of `record`, which is `event`.
    pub fn undo_of_event(&self, record: Uuid, event: Uuid, from: Status) -> ApplicationPatch {
        let history = self.history(record);
        // What undoing the move returns to; what was between may have been struck out.
        let before = history
            .iter()
            .rfind(|it| it.voided_at.is_none() && it.id != event);
        ApplicationPatch {
            status: Change::Set(before.map_or(from, |before| before.to_status)),
            voids_stage_event: Some(event),
            status_occurred_at: before.map(|before| before.occurred_at),
            ..ApplicationPatch::default()
        }
    }
}
