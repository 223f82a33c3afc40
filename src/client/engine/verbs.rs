//! What the user does.

use super::{
    Edit, Edited, Effect, Engine, HasTable, Made, Op, Row, Seen, Verb,
    queue::{Entry, QueueEvent},
    storage::Persistence,
};
use crate::domain::{
    edit::{self, apply, each_kind},
    error::{Problem, ProblemKind},
    json,
    order::sort_by_key,
    row::OfKind as _,
    stage::check_corrected,
    sync::{Entity, EntityKind},
    time::Timestamp,
};
use chrono::Duration;
use std::sync::Arc;
use uuid::Uuid;

/// How long a deletion waits before it is sent: its undo.
pub const DELETE_GRACE: Duration = Duration::seconds(30);

/// A row as it was when somebody began to change it.
#[derive(Clone, Debug, PartialEq)]
pub struct Began<R> {
    row: Arc<R>,
    /// Its state at the server.
    seen: Option<Seen>,
}

impl<R> Began<R> {
    /// The row as it was.
    pub fn row(&self) -> &R {
        &self.row
    }

    /// The state at the server that it was, or was made of; none where it had none yet.
    pub fn seen(&self) -> Option<Seen> {
        self.seen
    }
}

impl Engine {
    /// Does something to `record`: at once in the view, soon in the store, then at the server.
    /// `key` names the mutation; answers the effects.
    ///
    /// # Errors
    /// 400 naming what does not fit, 404 when there is no such record. Nothing is changed then.
    pub fn mutate(
        &mut self,
        record: Uuid,
        edit: Edit,
        key: Uuid,
        made: Made,
    ) -> Result<Vec<Effect>, Problem> {
        self.push(record, edit, key, made, None)?;
        Ok(self.pushed(made.at))
    }

    fn pushed(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = self.pull_for_noted();
        effects.extend(self.wake(now));
        effects
    }

    /// A row as a field shows it, or as the card is that is in the hand. None where it is not here.
    pub fn begin<R: Edited + HasTable>(&self, record: Uuid) -> Option<Began<R>> {
        // With an edit on its way it shows as on what that was made of, whatever has come since.
        let pending = self.outbox.of_record(record).filter_map(Entry::saw);
        Some(Began {
            row: self.view_of::<R>(record)?,
            seen: pending.min().or(self.state::<R>(record)),
        })
    }

    /// The same as [`Engine::mutate`], of somebody who began on the row as `began` has it for each
    /// field. What has changed since in the fields that the edit sets they have not seen, so the edit
    /// is made on the row as it was then, and on nothing else: where that is past, also by another page
    /// of the same user, the user is asked.
    ///
    /// # Errors
    /// Those of [`Engine::mutate`].
    pub fn mutate_from<R: Edited + HasTable>(
        &mut self,
        record: Uuid,
        edit: Edit,
        key: Uuid,
        made: Made,
        began: &dyn Fn(&str) -> Option<Began<R>>,
    ) -> Result<Vec<Effect>, Problem> {
        let now = self.view_of::<R>(record);
        let deleted = self.base.table::<R>().is_deleted(record) || self.outbox.deletes(record);
        let fields = edit.fields();
        let mut began: Vec<(&(String, serde_json::Value), Began<R>)> = fields
            .iter()
            .filter_map(|field| Some((field, began(&field.0)?)))
            .collect();
        sort_by_key(&mut began, |(_, began)| began.seen);
        match (now, began.first()) {
            (None, Some((_, began))) if deleted => {
                self.push_late(record, edit, key, made, began)?;
            }
            (now, _) => {
                let is_overlooked = |field: &(String, serde_json::Value), began: &Began<R>| {
                    let now = now.as_ref();
                    now.is_some_and(|now| is_overlooked(field, &*began.row, &**now))
                };
                let overlooked = began
                    .iter()
                    .find(|(field, began)| is_overlooked(field, began));
                let overlooked = overlooked.map(|(_, began)| began.seen);
                self.push(record, edit, key, made, overlooked)?;
            }
        }
        Ok(self.pushed(made.at))
    }

    /// An edit that was begun before its row was deleted elsewhere, or in another tab where that may
    /// still be taken back: it is put aside in its turn, with
    /// what the row was, and the user is asked.
    fn push_late<R: Edited + HasTable>(
        &mut self,
        record: Uuid,
        edit: Edit,
        key: Uuid,
        made: Made,
        began: &Began<R>,
    ) -> Result<(), Problem> {
        if let Some(op) = R::op(&edit) {
            apply(op, Some(&*began.row), record, made)?;
        }
        let row = R::clone(&began.row);
        let aggregate = row.aggregate().unwrap_or(record);
        let mut entry = Entry::new(record, aggregate, edit, key, made);
        entry.see(began.seen);
        entry.last_known = Some(Box::new(row.into_entity()));
        self.outbox.record(QueueEvent::Push {
            merged_into: None,
            entry: Box::new(entry),
        });
        Ok(())
    }

    /// The last state that the server issued of a row, as far as is known here.
    fn state<R: Edited + HasTable>(&self, record: Uuid) -> Option<Seen> {
        let row = self.base.table::<R>().get(record);
        row.map(|row| row.seen())
    }

    /// `overlooked` says that the edit goes over something that its user had not seen, and which state
    /// they saw; of a row that was not at the server then, none.
    fn push(
        &mut self,
        record: Uuid,
        edit: Edit,
        key: Uuid,
        made: Made,
        overlooked: Option<Option<Seen>>,
    ) -> Result<(), Problem> {
        let (aggregate, seen) = each_kind!(&edit, |op: R| {
            let row = self.view_of::<R>(record);
            let row = row.or_else(|| self.on_its_way::<R>(record));
            let next = apply(op, row.as_deref(), record, made)?;
            self.check_move(next.as_ref())?;
            let aggregate = next
                .as_ref()
                .or(row.as_deref())
                .and_then(Row::aggregate)
                .unwrap_or(record);
            let seen = self.state::<R>(record);
            // With the edit what it was made of is stored.
            self.base.keep(R::KIND, record);
            (aggregate, seen)
        });
        let mut entry = Entry::new(record, aggregate, edit, key, made);
        entry.see(overlooked.unwrap_or(seen));
        entry.exact = overlooked.is_some();
        // What cannot be stored is sent as it was made: another page may have the rest.
        let apart = matches!(self.storage.persistence, Persistence::Refused(_));
        let last = self.outbox.of_record(record).next_back();
        let fits = |last: &&Entry| !apart && last.with(&entry).is_some();
        let merged_into = last.filter(fits);
        self.outbox.record(QueueEvent::Push {
            merged_into: merged_into.map(|last| last.key),
            entry: Box::new(entry),
        });
        Ok(())
    }

    /// A row that an edit of another one makes at the server, before it is there.
    fn on_its_way<R: Edited + HasTable>(&self, record: Uuid) -> Option<Arc<R>> {
        let event = self
            .move_on_its_way(record)
            .filter(|_| R::KIND == EntityKind::StageEvent);
        event
            .and_then(|event| R::from_entity(event.into_entity()))
            .map(Arc::new)
    }

    /// What the server would refuse of a correction of a move is refused here.
    fn check_move<R: Edited>(&self, next: Option<&R>) -> Result<(), Problem> {
        let event = next.filter(|_| R::KIND == EntityKind::StageEvent);
        let Some(Entity::StageEvent(event)) = event.map(|event| event.clone().into_entity()) else {
            return Ok(());
        };
        let before = self.history(event.application_id);
        let mut after = before.clone();
        for known in after.iter_mut().filter(|known| known.id == event.id) {
            known.clone_from(&event);
        }
        check_corrected(&before, &after, event.id)
    }

    /// Takes back a mutation that was not sent; a creation with all that was done to it. Answers the
    /// effects, or nothing where it is too late.
    pub fn retract(&mut self, key: Uuid, now: Timestamp) -> Option<Vec<Effect>> {
        // A deletion that is due has made pointless what came before it.
        self.outbox
            .withdrawable(key)
            .filter(|entry| entry.edit.verb() != Verb::Delete || entry.is_held(now))?;
        let given_up = self.outbox.given_up(key);
        self.outbox.record(QueueEvent::Withdraw(given_up));
        Some(self.wake(now))
    }

    /// Drops an edit that the server refused. What was done after it to a record that never came to
    /// be goes with it.
    pub fn drop_parked(&mut self, key: Uuid, now: Timestamp) -> Vec<Effect> {
        let given_up = self.outbox.given_up(key);
        self.outbox.record(QueueEvent::Drop(given_up));
        self.wake(now)
    }

    /// Sends an edit that the server refused once more.
    pub fn retry_parked(&mut self, key: Uuid, now: Timestamp) -> Vec<Effect> {
        self.outbox.delivery_mut(key).token_refusals = 0;
        self.outbox.record(QueueEvent::Retry(key));
        self.wake(now)
    }

    /// Makes a displaced edit again, on the current state of its record; where that was deleted, a
    /// new one is made under `record`. `key` names the mutation. Answers the record and the effects.
    ///
    /// # Errors
    /// 400 where it no longer fits, 404 where it is no longer there. Nothing is changed then.
    pub fn reapply(
        &mut self,
        id: Uuid,
        record: Uuid,
        key: Uuid,
        made: Made,
    ) -> Result<(Uuid, Vec<Effect>), Problem> {
        let missing = || Problem::not_found("change", id);
        let items = self.outbox.displaced();
        let item = items.iter().find(|item| item.id == id);
        let item = item.ok_or_else(missing)?.clone();
        let now = each_kind!(&item.edit, |_op: R| self
            .view_of::<R>(item.record)
            .map(|row| R::into_entity(R::clone(&row))));
        let (target, edit) = if now.is_some() && item.edit.verb() != Verb::Create {
            (item.record, item.edit.again(now))
        } else {
            each_kind!(&item.edit, |_op: R| {
                let row = item.mine.clone().and_then(R::from_entity);
                let parents = row.map(|row| row.parents()).unwrap_or_default();
                if parents.into_iter().flatten().any(|id| !self.is_here(id)) {
                    let why = "What it belonged to was deleted too, so it cannot be made again.";
                    return Err(Problem::new(ProblemKind::NotFound, why));
                }
            });
            // What does not fit as a whole is not made in part.
            each_kind!(&item.edit, |op: R| if let Op::Create(create) = op {
                R::build(create, record, made)?;
            });
            let edit = item
                .mine
                .as_ref()
                .and_then(|mine| edit::recreate(mine, record));
            let edit = edit.ok_or_else(missing)?;
            // Where a part of it did not fit the row, the row is without.
            let with_all = edit.merged(&item.edit.again(None));
            (record, with_all.unwrap_or(edit))
        };
        self.push(target, edit, key, made, None)?;
        let keys = item.keys;
        self.outbox.record(QueueEvent::Forget { id, keys });
        Ok((target, self.wake(made.at)))
    }

    /// Whether a row of any kind is in the view.
    fn is_here(&self, id: Uuid) -> bool {
        if self.outbox.deletes(id) {
            return false;
        }
        let mut kinds = EntityKind::ALL.iter();
        let known = kinds.any(|kind| self.base.entity(*kind, id).is_some());
        let mut edits = self.outbox.of_record(id);
        known || edits.any(|entry| entry.edit.verb() == Verb::Create)
    }

    /// Drops a displaced edit.
    pub fn drop_displaced(&mut self, id: Uuid, now: Timestamp) -> Vec<Effect> {
        let items = self.outbox.displaced();
        if let Some(item) = items.iter().find(|item| item.id == id) {
            let keys = item.keys.clone();
            self.outbox.record(QueueEvent::Forget { id, keys });
        }
        self.wake(now)
    }

    /// Ends the grace of one deletion: it was meant.
    pub fn release_deletion(&mut self, key: Uuid, now: Timestamp) -> Vec<Effect> {
        if self.outbox.get(key).is_some() {
            self.outbox.record(QueueEvent::Release { key, at: now });
        }
        self.wake(now)
    }

    /// Ends the grace of every deletion: the user waits for the queue to be empty.
    pub fn release(&mut self, now: Timestamp) -> Vec<Effect> {
        let held = |entry: &&Arc<Entry>| entry.is_held(now);
        let held = self.outbox.entries().iter().filter(held);
        let keys: Vec<Uuid> = held.map(|entry| entry.key).collect();
        for key in keys {
            self.outbox.record(QueueEvent::Release { key, at: now });
        }
        self.wake(now)
    }
}

/// Whether a field has become another than its user saw, and not what they want of it.
fn is_overlooked<R: Edited + HasTable>(
    (name, wanted): &(String, serde_json::Value),
    saw: &R,
    now: &R,
) -> bool {
    let value = |row: &R| json::value_of(row).get(name).cloned();
    let (saw, now) = (value(saw), value(now));
    saw != now && now.as_ref() != Some(wanted)
}
