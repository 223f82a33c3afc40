//! Writing to the store, and taking in what other pages wrote there.

use super::{
    Base, Batch, Effect, Engine, Entry, Keeping, Kept, Meta, Notice, Stored, Trouble, Unstored,
    base::Shard,
    kind::Row,
    storage::{RETRY, keeps, retained},
};
use crate::domain::{application::Application, stage::StageEvent, sync::Entity, time::Timestamp};
use std::collections::HashSet;
use uuid::Uuid;

impl Engine {
    /// The store was read; from now on everything is kept there.
    pub fn opened(&mut self, stored: Stored, now: Timestamp) -> Vec<Effect> {
        self.storage.keeping = Keeping::Durable;
        let unreadable = stored.unreadable;
        // What the page came with belongs to the history that is stored, however often it was read
        // anew.
        self.meta.life = stored.meta.life;
        let mut effects = self.take_stored(stored, now);
        self.prune(now);
        self.displaced.expire(now);
        effects.extend(self.postponed_pull());
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
        let news = self.storage.writing.is_none() && stored.stamp >= self.storage.stamp;
        let mut effects = if news {
            self.take_stored(stored, now)
        } else {
            Vec::new()
        };
        effects.extend(self.wake(now));
        effects
    }

    /// The state of the store that is known here: another one means that another page wrote.
    pub fn stamp(&self) -> u64 {
        self.storage.stamp
    }

    /// Whether a batch is under way.
    pub fn is_writing(&self) -> bool {
        self.storage.writing.is_some()
    }

    fn take_stored(&mut self, stored: Stored, now: Timestamp) -> Vec<Effect> {
        let mut stakes = self.at_stake();
        let Stored {
            stamp,
            meta,
            entries,
            displaced,
            shards,
            damaged,
            unreadable: _,
        } = stored;
        let theirs = self.known_elsewhere(&entries, &shards);
        if meta.life > self.meta.life {
            // The base was built anew elsewhere: rows of the old one must not come back.
            self.base = Base::default();
            if !self.pulling.is_rebuilding() {
                self.pulling.lose_track();
            }
            self.meta = Meta {
                user: self.meta.user.take(),
                ..meta.clone()
            };
        } else if meta.life == self.meta.life {
            // The rows of both are joined, so the cursor of either holds.
            let own = self.meta.cursor.take();
            self.meta.cursor = match own {
                Some(own) if Some(&own) != self.storage.meta.cursor.as_ref() => Some(own),
                _ => meta.cursor.clone(),
            };
            self.meta.whole |= meta.whole;
            self.meta.partial |= meta.partial;
        }
        if self.meta.user.is_none() {
            self.meta.user.clone_from(&meta.user);
        }
        if meta.life == self.meta.life {
            for (shard, content) in shards {
                self.base.join(shard, content);
            }
        }
        self.displaced.rebase(displaced);
        self.outbox.rebase(entries, |key| self.displaced.holds(key));
        self.storage.stamp = stamp;
        self.storage.meta = meta;
        if damaged {
            self.rebuild();
        }
        stakes.extend(self.stakes_on(theirs));
        let mut effects = Vec::new();
        self.bury(stakes, now, &mut effects);
        effects
    }

    /// Rows that are known to be deleted here, and were edited on a page that did not know.
    fn known_elsewhere(&self, entries: &[Entry], shards: &[(Shard, Vec<Kept>)]) -> Vec<Entity> {
        let edited: HashSet<Uuid> = entries
            .iter()
            .filter(|entry| self.is_lost(entry))
            .map(|entry| entry.record)
            .collect();
        let kept = shards.iter().flat_map(|(_, kept)| kept);
        kept.filter(|kept| edited.contains(&kept.id))
            .filter_map(|kept| kept.row.clone())
            .collect()
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

    /// Writes what differs from the store, unless a batch is under way.
    pub(super) fn persist(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if !matches!(self.storage.keeping, Keeping::Durable | Keeping::Refused(_))
            || self.storage.writing.is_some()
            || self.storage.retry_at.is_some_and(|retry_at| retry_at > now)
        {
            return;
        }
        let dirty = self.base.is_dirty()
            || self.outbox.is_dirty()
            || self.displaced.is_dirty()
            || self.meta != self.storage.meta;
        if !dirty {
            self.storage.retry_at = None;
            return;
        }
        let shards = self.base.take_dirty();
        let retained = if shards.is_empty() {
            None
        } else {
            retained(&self.base, &self.outbox.aggregates(), now)
        };
        self.meta.partial |= retained.is_some();
        let (entries, settled) = self.outbox.unwritten();
        let (displaced, dropped) = self.displaced.unwritten();
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
            self.storage.retry_at = None;
            self.storage.keeping = Keeping::Durable;
            self.outbox.written(&batch.entries, &batch.settled);
            self.displaced.written(&batch.displaced, &batch.dropped);
            self.storage.meta = batch.meta;
        }
        self.wake(now)
    }

    /// Another page wrote since; nothing of the batch was taken.
    pub fn write_conflict(&mut self, stored: Stored, now: Timestamp) -> Vec<Effect> {
        self.unwrite();
        let mut effects = self.take_stored(stored, now);
        effects.extend(self.wake(now));
        effects
    }

    /// The store did not take the batch.
    pub fn write_failed(&mut self, trouble: Trouble, now: Timestamp) -> Vec<Effect> {
        self.unwrite();
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
            self.base
                .mark_dirty(batch.shards.into_iter().map(|(shard, _)| shard));
        }
    }
}
