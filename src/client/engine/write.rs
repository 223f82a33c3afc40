//! Writing to the store, and taking in what other pages wrote there.

use super::{
    Batch, Effect, Engine, KEPT, Keeping, Meta, Notice, Stored, Trouble, Unstored, Verb,
    base::Shard,
    kind::{Row, each_kind},
    outbox::Difference,
    queue::{QueueEvent, with_edits},
    storage::{RETRY, keeps, retained},
};
use crate::domain::{application::Application, stage::StageEvent, sync::Entity, time::Timestamp};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

impl Engine {
    /// The store was read; from now on everything is kept there.
    pub fn opened(&mut self, stored: Stored, now: Timestamp) -> Vec<Effect> {
        self.storage.keeping = Keeping::Durable;
        let unreadable = stored.unreadable;
        // What the page came with belongs to the history that is stored, however often it was read
        // anew.
        self.meta.life = stored.meta.life;
        self.take_stored(stored, true);
        self.prune(now);
        self.expire(now);
        let mut effects = self.postponed_pull();
        if unreadable > 0 {
            effects.push(Effect::Notify(Notice::Unreadable(unreadable)));
        }
        effects.extend(self.wake(now));
        effects
    }

    /// There is no store: what is done lives as long as the page.
    pub fn unstored(&mut self, why: Unstored, now: Timestamp) -> Vec<Effect> {
        self.storage.keeping = Keeping::Memory(why);
        let mut effects = self.postponed_pull();
        effects.extend(self.wake(now));
        effects
    }

    /// Another page may have written: this is what is stored now.
    pub fn refreshed(&mut self, stored: Stored, now: Timestamp) -> Vec<Effect> {
        // What is being written will be refused, and then be joined; what was read before the last
        // write is old.
        self.storage.unread = self.storage.writing.is_some();
        if !self.storage.unread && stored.stamp >= self.storage.stamp {
            self.take_stored(stored, false);
        }
        self.wake(now)
    }

    /// The state of the store that is known here: another one means that another page wrote.
    pub fn stamp(&self) -> u64 {
        self.storage.stamp
    }

    /// Whether a batch is under way.
    pub fn is_writing(&self) -> bool {
        self.storage.writing.is_some()
    }

    /// Joins what is stored to what is here; `first` when nothing that was stored is here yet.
    fn take_stored(&mut self, stored: Stored, first: bool) {
        let Stored {
            stamp,
            meta,
            entries,
            displaced,
            shards,
            damaged,
            unreadable: _,
        } = stored;
        // What was done here to a row that another page takes away is shown on what was seen here.
        let shown = self.shown_with(self.outbox.unstored_records());
        let mut own = std::mem::take(&mut self.meta.own);
        own.join(&meta.own);
        let newer = meta.life > self.meta.life;
        let old = newer.then(|| std::mem::take(&mut self.base));
        if newer {
            // The base was built anew elsewhere: rows of the old one must not come back.
            if !self.pulling.is_rebuilding() {
                self.pulling.lose_track();
            }
            self.meta = Meta {
                user: self.meta.user.take(),
                ..meta.clone()
            };
        } else if meta.life == self.meta.life {
            // The rows of both are joined, so the cursor of either holds; where the store leaves out
            // rows, this page has them as of its own.
            let apart = !first && (self.meta.partial || meta.partial);
            let known = self.meta.cursor.take();
            let own = apart || known.is_some() && known != self.storage.meta.cursor;
            self.meta.cursor = if own { known } else { meta.cursor.clone() };
            self.meta.whole |= meta.whole;
            self.meta.partial |= meta.partial;
        }
        self.meta.own = own;
        if self.meta.user.is_none() {
            self.meta.user.clone_from(&meta.user);
        }
        if meta.life == self.meta.life {
            for (shard, content) in shards {
                self.base.join(shard, content);
            }
        }
        if let Some(old) = old {
            self.base.succeed(old);
        }
        self.outbox.rebase(entries, displaced);
        self.storage.stamp = stamp;
        self.storage.unread = false;
        self.storage.meta = meta;
        if damaged {
            self.rebuild();
        }
        self.keep_what_left();
        for (record, row) in shown {
            self.keep_lost(record, row);
        }
    }

    /// The rows of these records as they show, were they not deleted here.
    fn shown_with(&self, records: HashSet<Uuid>) -> Vec<(Uuid, Entity)> {
        let shown = |record: Uuid| {
            let first = self.outbox.of_record(record).next()?;
            each_kind!(&first.edit, |_op: R| {
                let row = self.base.table::<R>().get(record);
                let edits = self.outbox.of_record(record);
                let edits = edits.filter(|entry| entry.edit.verb() != Verb::Delete);
                let shown = with_edits(row.map(|row| R::clone(row)), edits);
                shown.map(|shown| (record, shown.into_entity()))
            })
        };
        records.into_iter().filter_map(shown).collect()
    }

    /// Where rows are gone and edits of them wait, the edits keep what the rows were.
    pub(super) fn keep_what_left(&mut self) {
        let mut left: HashMap<Uuid, Entity> = HashMap::new();
        for entry in self.outbox.entries() {
            if entry.row_was.is_none() && !left.contains_key(&entry.record) {
                let row = each_kind!(&entry.edit, |_op: R| {
                    let row = self.base.table::<R>().left(entry.record);
                    row.map(|row| R::clone(row).into_entity())
                });
                left.extend(row.map(|row| (entry.record, row)));
            }
        }
        for (record, row) in left {
            self.keep_lost(record, row);
        }
    }

    /// The edits of a row keep it, where it is neither here nor to be created.
    fn keep_lost(&mut self, record: Uuid, row: Entity) {
        let edits = || self.outbox.of_record(record);
        let lost = edits().any(|entry| {
            let here = each_kind!(&entry.edit, |_op: R| {
                self.base.table::<R>().get(record).is_some()
            });
            !here && entry.row_was.is_none()
        });
        let created = edits().any(|entry| entry.edit.verb() == Verb::Create);
        if lost && !created {
            self.outbox.record(QueueEvent::RowWas {
                record,
                row: Box::new(row),
            });
        }
    }

    /// Rows that are not to be stored any more leave the store with the next batch.
    fn prune(&mut self, now: Timestamp) {
        let Some(kept) = retained(&self.base, &self.outbox.aggregates(), now) else {
            return;
        };
        let rows = self.base.table::<Application>().rows();
        let left: Vec<_> = rows
            .keys()
            .copied()
            .filter(|id| !kept.contains(id))
            .collect();
        let mut shards = Vec::new();
        for id in left {
            shards.push(Shard::of(Application::KIND, id));
            shards.extend(
                self.base
                    .table::<StageEvent>()
                    .of_parent(id)
                    .map(|event| Shard::of(StageEvent::KIND, event.id)),
            );
        }
        self.base.mark_dirty(shards);
    }

    /// What has lain aside long enough is dropped.
    fn expire(&mut self, now: Timestamp) {
        let items = self.outbox.displaced().iter();
        let old: Vec<QueueEvent> = items
            .filter(|item| item.at + KEPT <= now)
            .map(|item| QueueEvent::Forget {
                id: item.id,
                keys: item.keys.clone(),
            })
            .collect();
        old.into_iter()
            .for_each(|change| self.outbox.record(change));
    }

    /// Writes what differs from the store, unless a batch is under way.
    pub(super) fn persist(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        match self.storage.keeping {
            Keeping::Durable | Keeping::Refused(_) => {}
            Keeping::Opening => return,
            Keeping::Memory(_) => {
                self.outbox.forget_events();
                return;
            }
        }
        if self.storage.writing.is_some()
            || self.storage.retry_at.is_some_and(|retry_at| retry_at > now)
        {
            return;
        }
        let busy = self.outbox.aggregates();
        self.meta.own.prune(&busy);
        let difference = if self.outbox.is_dirty() {
            self.outbox.unwritten()
        } else {
            Difference::default()
        };
        if difference.is_empty() && !self.base.is_dirty() && self.meta == self.storage.meta {
            // What has happened came to nothing, and what the store refused is no more.
            self.outbox.forget_events();
            self.storage.retry_at = None;
            self.storage.keeping = Keeping::Durable;
            return;
        }
        let shards = self.base.take_dirty();
        let retained = if shards.is_empty() {
            None
        } else {
            retained(&self.base, &busy, now)
        };
        self.meta.partial |= retained.is_some();
        let Difference {
            entries,
            settled,
            displaced,
            dropped,
        } = difference;
        let shards = shards
            .into_iter()
            .map(|shard| {
                let content = self
                    .base
                    .content(shard, |row| keeps(retained.as_ref(), row));
                (shard, content)
            })
            .collect();
        let batch = Box::new(Batch {
            stamp: self.storage.stamp,
            entries,
            settled,
            displaced,
            dropped,
            shards,
            meta: self.meta.clone(),
        });
        self.storage.writing = Some(batch.clone());
        effects.push(Effect::Write(batch));
    }

    /// The batch is in the store.
    pub fn written(&mut self, now: Timestamp) -> Vec<Effect> {
        if let Some(batch) = self.storage.writing.take() {
            self.storage.stamp = batch.stamp + 1;
            self.storage.unread = false;
            self.storage.retry_at = None;
            self.storage.keeping = Keeping::Durable;
            self.outbox.written(&batch);
            self.storage.meta = batch.meta;
        }
        self.wake(now)
    }

    /// Another page wrote since; nothing of the batch was taken.
    pub fn write_conflict(&mut self, stored: Stored, now: Timestamp) -> Vec<Effect> {
        self.unwrite();
        self.take_stored(stored, false);
        self.wake(now)
    }

    /// The store did not take the batch.
    pub fn write_failed(&mut self, trouble: Trouble, now: Timestamp) -> Vec<Effect> {
        self.unwrite();
        self.outbox.go_apart();
        let mut effects = Vec::new();
        if self.storage.keeping != Keeping::Refused(trouble) {
            self.storage.keeping = Keeping::Refused(trouble);
            effects.push(Effect::Notify(Notice::Unstorable(trouble)));
        }
        self.storage.retry_at = Some(now + RETRY);
        effects.extend(self.wake(now));
        effects
    }

    fn unwrite(&mut self) {
        if let Some(batch) = self.storage.writing.take() {
            self.outbox.not_written();
            self.base
                .mark_dirty(batch.shards.into_iter().map(|(shard, _)| shard));
        }
    }
}
