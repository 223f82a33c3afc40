//! Writing to the store, and taking in what other pages wrote there.

use super::{
    Batch, Effect, Engine, KEPT, Meta, Notice, Persistence, Stored, Trouble, Unstored, Verb,
    base::Shard,
    due::is_due,
    outbox::Difference,
    own::OwnVersions,
    queue::{Entry, QueueEvent, with_edits},
    storage::{OPEN_WITHIN, RETRY, RETRY_ROWS, SCHEMA, Writing, keeps, retained},
};
use crate::domain::{
    application::Application,
    edit::each_kind,
    json,
    row::OfKind,
    sync::{Entity, EntityKind},
    time::Timestamp,
};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

impl Engine {
    /// The page works: its store is opened, unless that was asked for or done already.
    pub fn start(&mut self, now: Timestamp) -> Vec<Effect> {
        let asked = std::mem::replace(&mut self.storage.asked, true);
        if asked || self.storage.persistence != Persistence::Opening {
            return Vec::new();
        }
        self.storage.open_by = Some(now + OPEN_WITHIN);
        let mut effects = vec![Effect::Open];
        effects.extend(self.wake(now));
        effects
    }

    /// The store asks for a passphrase: that takes as long as a person takes.
    pub fn locked_by_passphrase(&mut self) {
        self.storage.open_by = None;
    }

    /// The store was read; from now on everything is kept there.
    pub fn opened(&mut self, stored: Stored, now: Timestamp) -> Vec<Effect> {
        // It was opened twice, or given up: this page goes on as it is.
        if self.storage.persistence != Persistence::Opening {
            return match self.storage.persistence {
                Persistence::Memory(_) => vec![Effect::CloseStore],
                _ => Vec::new(),
            };
        }
        self.storage.persistence = Persistence::Durable;
        self.storage.asked = true;
        self.storage.open_by = None;
        let unreadable = stored.unreadable;
        let newer = stored.newer > 0;
        // What the page came with belongs to the history that is stored, however often it was read
        // anew.
        self.meta.base_generation = stored.meta.base_generation;
        let schema = (stored.stamp > 0).then_some(stored.meta.schema);
        self.take_stored(stored, true);
        match schema {
            // The rows of another version's kinds show until they are read anew.
            Some(schema) if schema != SCHEMA => self.rebuild(),
            Some(_) => {}
            None => self.meta.schema = SCHEMA,
        }
        if newer {
            return self.unstored(Unstored::Newer, now);
        }
        self.prune(now);
        let mut effects = self.postponed_pull();
        if unreadable > 0 {
            effects.push(Effect::Notify(Notice::Unreadable(unreadable)));
        }
        effects.extend(self.wake(now));
        effects
    }

    /// There is no store, or none any more: what is done lives as long as the page.
    pub fn unstored(&mut self, why: Unstored, now: Timestamp) -> Vec<Effect> {
        let was = self.storage.persistence;
        // What is stored already is a newer version's to keep: the first answer stands.
        if matches!(was, Persistence::Memory(_)) {
            return Vec::new();
        }
        self.unwrite();
        self.storage.persistence = Persistence::Memory(why);
        self.storage.open_by = None;
        self.storage.retry_at = None;
        self.storage.rows_at = None;
        self.storage.unread = false;
        // A newer version keeps what is stored, and sends it.
        if why != Unstored::Newer {
            self.outbox.forget_what_is_stored();
        }
        let mut effects = vec![Effect::CloseStore];
        if why != Unstored::Unavailable {
            effects.push(Effect::Notify(Notice::StoreLost(why)));
        }
        effects.extend(self.postponed_pull());
        effects.extend(self.wake(now));
        effects
    }

    /// Another page may have written: this is what is stored now. Answers whether it was taken in;
    /// what was not is to be read again.
    pub fn refreshed(&mut self, stored: Stored, now: Timestamp) -> (bool, Vec<Effect>) {
        if matches!(
            self.storage.persistence,
            Persistence::Opening | Persistence::Memory(_)
        ) {
            return (false, Vec::new());
        }
        if stored.newer > 0 {
            return (false, self.unstored(Unstored::Newer, now));
        }
        // What is being written will be refused, and then be joined; what was read before the last
        // write is old.
        self.storage.unread = self.storage.writing.is_some();
        let takes = !self.storage.unread && stored.stamp >= self.storage.stamp;
        if takes {
            if stored.stamp > self.storage.stamp {
                self.others_are_alive(now);
            }
            self.take_stored(stored, false);
        }
        (takes, self.wake(now))
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
            newer: _,
        } = stored;
        // Where a page has found that a row is there no more, no other brings it back.
        let here = self.outbox.entries().iter().map(Arc::as_ref);
        let known = entries.iter().chain(here);
        let found_gone = known.filter(|entry| entry.last_known.is_some());
        let found_gone: HashSet<Uuid> = found_gone.map(|entry| entry.record).collect();
        let waiting: HashSet<Uuid> = entries
            .iter()
            .map(|entry| entry.record)
            .chain(self.outbox.unstored_records())
            .filter(|record| !found_gone.contains(record))
            .collect();
        // What was done here to a row that another page takes away is shown on what was seen here.
        let shown = self.shown_with(self.outbox.unstored_records());
        let saw = self.below_unstored(&entries, &meta.own);
        let mut own = std::mem::take(&mut self.meta.own);
        let same = meta.base_generation == self.meta.base_generation;
        if same && !first && self.storage.meta.base_generation < self.meta.base_generation {
            // Two pages built their bases anew, each for itself, and perhaps of two histories: the one
            // that comes second takes the place of the first.
            self.meta.base_generation += 1;
        }
        let newer = meta.base_generation > self.meta.base_generation;
        if newer {
            // Versions of another history: what of them holds in this one, the page that read it knows.
            own.clone_from(&meta.own);
            self.storage.own_moved = false;
        } else {
            own.join(&meta.own);
            if meta.base_generation < self.meta.base_generation {
                // Nor does what this history does not have come back from a page that has not read it.
                own.forget_lost(|record| self.base.state(record));
            }
        }
        let old = newer.then(|| std::mem::take(&mut self.base));
        // Of two bases one was built anew without what the other learned meanwhile.
        let learned: Vec<(Uuid, Entity)> = match &old {
            Some(old) => waiting
                .iter()
                .filter_map(|id| Some((*id, old.edited(*id)?)))
                .collect(),
            None if meta.base_generation < self.meta.base_generation => shards
                .iter()
                .flat_map(|(_, content)| content)
                .filter(|kept| waiting.contains(&kept.id))
                .filter_map(|kept| Some((kept.id, kept.row.clone()?)))
                .collect(),
            None => Vec::new(),
        };
        if newer {
            // The base was built anew elsewhere: rows of the old one must not come back.
            self.pulling.starts_over();
            self.meta = Meta {
                user: self.meta.user.take(),
                ..meta.clone()
            };
            self.storage.cursor_moved = false;
        } else if meta.base_generation == self.meta.base_generation {
            // The rows of both are joined, so the cursor of either holds; where the store leaves out
            // rows, this page has them as of its own.
            let apart = !first && (self.meta.truncated || meta.truncated);
            let began_apart = !first
                && self.storage.meta.cursor.is_none()
                && self.meta.cursor.is_some()
                && meta.cursor.is_some();
            if began_apart {
                // Both read from the beginning, perhaps of two histories: which rows here are of which
                // nobody can tell, so they are read anew.
                self.storage.cursor_moved = false;
                self.rebuild();
            }
            if !apart && !self.storage.cursor_moved {
                if self.meta.cursor.is_none() && meta.cursor.is_some() {
                    self.doubt_what_is_newer_than(&shards);
                }
                self.meta.cursor.clone_from(&meta.cursor);
                self.pulling.takes_cursor_of_another();
            }
            self.meta.schema = meta.schema;
            self.meta.heard_of.join(&meta.heard_of);
            self.meta.complete |= meta.complete;
            self.meta.truncated |= meta.truncated;
        }
        self.meta.own = own;
        if self.meta.user.is_none() {
            self.meta.user.clone_from(&meta.user);
        }
        if meta.base_generation == self.meta.base_generation {
            let is_vouched = meta.cursor.is_some();
            for (shard, content) in shards {
                if is_vouched {
                    self.base.join(shard, content);
                } else {
                    self.base.join_unvouched(shard, content, first);
                }
            }
        } else {
            for (shard, _) in shards {
                self.base.is_stored_otherwise(shard);
            }
        }
        if let Some(old) = old {
            self.base.succeed(old);
        }
        self.carry_over(learned);
        self.outbox.rebase(entries, displaced);
        self.overlook(&saw);
        self.storage.stamp = stamp;
        self.storage.unread = false;
        self.storage.meta = meta;
        if damaged {
            self.rebuild();
        }
        self.attach_last_known();
        for (record, row) in shown {
            self.attach_last_known_to(record, row);
        }
    }

    /// What this page's edits that are not stored yet were made on: the rows below them, by edit. Of those
    /// alone to whose rows another page of this user has done something meanwhile.
    fn below_unstored(&self, stored: &[Entry], own: &OwnVersions) -> Vec<(Uuid, Value)> {
        let is_news = |entry: &&Entry| !self.outbox.is_stored(entry.key);
        let touched: HashSet<Uuid> = stored.iter().filter(is_news).map(|it| it.record).collect();
        let concerns =
            |record: Uuid| touched.contains(&record) || !self.meta.own.agrees(own, record);
        let edits = self.outbox.unstored_edits();
        let edits = edits.filter(|entry| concerns(entry.record));
        edits
            .filter_map(|entry| Some((entry.key, self.below(entry)?)))
            .collect()
    }

    /// The row of an edit without what this page has not stored.
    fn below(&self, entry: &Entry) -> Option<Value> {
        let stored = self.outbox.stored_edits(entry.record);
        each_kind!(&entry.edit, |_op: R| {
            let row = self.base.table::<R>().get(entry.record);
            let row = with_edits(row.map(|row| R::clone(row)), stored.iter().map(Arc::as_ref));
            row.map(|row| json::value_of(&row))
        })
    }

    /// Edits of this page that set what another one has set since they were made go over what their user
    /// had not seen: two tabs of one person, both left at one moment.
    fn overlook(&mut self, saw: &[(Uuid, Value)]) {
        let overlooks = |entry: &&Entry| {
            let saw = saw.iter().find(|(key, _)| *key == entry.key);
            let now = saw.and_then(|_| self.below(entry));
            let (Some((_, saw)), Some(now)) = (saw, now) else {
                return false;
            };
            let mut fields = entry.edit.fields().into_iter();
            fields.any(|(name, wanted)| {
                let now = now.get(&name);
                saw.get(&name) != now && now != Some(&wanted)
            })
        };
        let edits = self.outbox.unstored_edits().filter(overlooks);
        let keys: HashSet<Uuid> = edits.map(|entry| entry.key).collect();
        if !keys.is_empty() {
            self.outbox.overlooks(&keys);
        }
    }

    /// Rows of another base that edits wait for and that this one lacks may have come since it was asked
    /// for, as answers do. They stay until the next pull says.
    fn carry_over(&mut self, rows: Vec<(Uuid, Entity)>) {
        for (id, row) in rows {
            let (kind, version) = (row.kind(), row.version());
            if self.base.entity(kind, id).is_some() {
                continue;
            }
            // Of one that is known to be gone the last state is remembered.
            self.base.take_entity(id, row);
            if let (Some(version), Some(_)) = (version, self.base.entity(kind, id)) {
                self.pulling.doubt(id, version);
            }
        }
    }

    /// What this page came with, before it followed any history, may be of another one than what is
    /// stored: the next pull must bring it.
    fn doubt_what_is_newer_than(&mut self, shards: &[(Shard, Vec<super::Kept>)]) {
        for kept in shards.iter().flat_map(|(_, content)| content) {
            let Some(stored) = kept.row.as_ref().and_then(Entity::version) else {
                continue;
            };
            if let Some(known) = self.base.version(kept.id)
                && known > stored
            {
                self.pulling.doubt(kept.id, known);
            }
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
    pub(super) fn attach_last_known(&mut self) {
        let mut left: HashMap<Uuid, Entity> = HashMap::new();
        for entry in self.outbox.entries() {
            if entry.last_known.is_none() && !left.contains_key(&entry.record) {
                let row = each_kind!(&entry.edit, |_op: R| {
                    let row = self.base.table::<R>().last_known(entry.record);
                    row.map(|row| R::clone(row).into_entity())
                });
                left.extend(row.map(|row| (entry.record, row)));
            }
        }
        for (record, row) in left {
            self.attach_last_known_to(record, row);
        }
    }

    /// The edits of a row keep it, where it is neither here nor to be created.
    fn attach_last_known_to(&mut self, record: Uuid, row: Entity) {
        let edits = || self.outbox.of_record(record);
        let lost = edits().any(|entry| {
            let here = each_kind!(&entry.edit, |_op: R| {
                self.base.table::<R>().get(record).is_some()
            });
            !here && entry.last_known.is_none()
        });
        let created = edits().any(|entry| entry.edit.verb() == Verb::Create);
        if lost && !created {
            self.outbox.record(QueueEvent::AttachLastKnown {
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
        let shards: Vec<Shard> = left
            .into_iter()
            .flat_map(|id| self.base.shards_with_children(EntityKind::Application, id))
            .collect();
        self.base.mark_dirty(shards);
    }

    /// What has lain aside long enough is dropped.
    pub(super) fn expire(&mut self, now: Timestamp) {
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

    /// Writes what differs from the store, unless a batch is under way. Answers when to look again.
    pub(super) fn persist(
        &mut self,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Option<Timestamp> {
        match self.storage.persistence {
            Persistence::Durable | Persistence::EditsOnly | Persistence::Refused(_) => {}
            Persistence::Opening => return self.storage.open_by,
            Persistence::Memory(_) => {
                self.outbox.forget_events();
                return None;
            }
        }
        // However long it takes: what it becomes is not known before, and to send an edit under a key
        // that may be stored for something else would be worse than to wait.
        if self.storage.writing.is_some() {
            return None;
        }
        if let Some(retry_at) = self.storage.retry_at
            && !is_due(retry_at, now, RETRY)
        {
            return Some(retry_at);
        }
        let difference = if self.outbox.is_dirty() {
            self.outbox.unwritten()
        } else {
            Difference::default()
        };
        self.prune_own();
        let rows_at = self.rows_wait_until(now);
        let with_rows = rows_at.is_none();
        self.storage.own_moved &= self.meta.own != self.storage.meta.own;
        let edits_differ = !difference.is_empty() || self.storage.own_moved;
        if self.meta.truncated {
            // The row of an edit may be one that was left out, here or by another page.
            let entries = difference.entries.iter();
            let rows = entries.map(|entry| Shard::of(entry.edit.kind(), entry.record));
            self.base.mark_urgent(rows);
        }
        let urgent = self.base.urgent();
        let shards = if with_rows {
            let dirty = self.base.take_dirty();
            self.pulling.written(now);
            self.unstored_contents(dirty, now)
        } else if edits_differ {
            self.urgent_contents(now)
        } else {
            Vec::new()
        };
        let differs = edits_differ || (with_rows && (!shards.is_empty() || self.meta_differs()));
        if !differs {
            // What was done has been undone, or is stored: nothing is left to be refused.
            self.outbox.forget_events();
            self.storage.retry_at = None;
            if with_rows {
                self.storage.rows_at = None;
            }
            self.tell_of_rows(effects);
            self.storage.persistence = match self.storage.rows_at {
                Some(_) => Persistence::EditsOnly,
                None => Persistence::Durable,
            };
            return rows_at.filter(|_| self.base.is_dirty() || self.meta_differs());
        }
        let meta = self.meta_to_write(with_rows);
        let moves_cursor = with_rows && std::mem::take(&mut self.storage.cursor_moved);
        let moves_own = std::mem::take(&mut self.storage.own_moved);
        self.storage.batches += 1;
        let Difference {
            entries,
            settled,
            displaced,
            dropped,
        } = difference;
        let batch = Arc::new(Batch {
            number: self.storage.batches,
            stamp: self.storage.stamp,
            entries,
            settled,
            displaced,
            dropped,
            shards,
            meta,
        });
        self.storage.writing = Some(Writing {
            batch: Arc::clone(&batch),
            with_rows,
            urgent,
            moves_cursor,
            moves_own,
        });
        effects.push(Effect::Write(batch));
        rows_at
    }

    /// Rows and the cursor are written with the next batch, or after this: while a disk is full, and
    /// in the midst of a long history, which would be written again with each of its pages.
    fn rows_wait_until(&self, now: Timestamp) -> Option<Timestamp> {
        // Rows of two bases never mix: an edit of the new one is stored with all of it.
        if !self.is_of_stored_base() {
            return None;
        }
        let full = self.storage.rows_at;
        let full = full.filter(|at| !is_due(*at, now, RETRY_ROWS));
        full.or_else(|| self.pulling.writes_at(now))
    }

    /// Whether the base of this page is the one that is stored, not one that was built anew since.
    fn is_of_stored_base(&self) -> bool {
        self.meta.base_generation == self.storage.meta.base_generation
    }

    /// Whether more than edits is to be said beside them.
    fn meta_differs(&self) -> bool {
        (self.storage.cursor_moved && self.meta.cursor != self.storage.meta.cursor)
            || !self.meta.says_the_same_of_rows(&self.storage.meta)
    }

    /// The cursor moves only where all rows are written, and only where this page has pulled: else
    /// the one that another page stored would go back.
    fn meta_to_write(&self, with_rows: bool) -> Meta {
        let stored = &self.storage.meta;
        // Until a cursor is stored that vouches for them, whoever goes on from the one that is must tell.
        let mut heard_of = self.meta.heard_of.clone();
        if !(with_rows && self.storage.cursor_moved) {
            heard_of.join(&stored.heard_of);
        }
        if !with_rows {
            return Meta {
                heard_of,
                user: self.meta.user.clone(),
                own: self.meta.own.clone(),
                truncated: stored.truncated
                    || (self.meta.base_generation == stored.base_generation && self.meta.truncated),
                ..stored.clone()
            };
        }
        let cursor = if self.storage.cursor_moved {
            &self.meta.cursor
        } else {
            &stored.cursor
        };
        Meta {
            cursor: cursor.clone(),
            heard_of,
            ..self.meta.clone()
        }
    }

    /// The rows without which an edit is not what its user saw; the cursor stays where it is, so that
    /// the rest comes again.
    fn urgent_contents(&mut self, now: Timestamp) -> Vec<(Shard, Vec<super::Kept>)> {
        let urgent = self.base.take_urgent();
        self.unstored_contents(urgent, now)
    }

    /// What of these shards the store does not hold yet.
    fn unstored_contents(
        &mut self,
        shards: BTreeSet<Shard>,
        now: Timestamp,
    ) -> Vec<(Shard, Vec<super::Kept>)> {
        if shards.is_empty() {
            return Vec::new();
        }
        let retained = retained(&self.base, &self.outbox.aggregates(), now);
        self.meta.truncated |= retained.is_some();
        if retained.is_some() {
            self.base.leave_out();
        }
        let mut contents = self
            .base
            .contents(&shards, &|row| keeps(retained.as_ref(), row));
        contents.retain(|(shard, content)| !self.base.is_stored(*shard, content));
        contents
    }

    fn prune_own(&mut self) {
        if self.storage.own_moved && self.meta.own.is_long() {
            self.meta.own.prune(&self.outbox.aggregates());
        }
    }

    /// The batch of this number is in the store.
    pub fn written(&mut self, number: u64, now: Timestamp) -> Vec<Effect> {
        if let Some(Writing {
            batch, with_rows, ..
        }) = self.take_writing(number)
        {
            self.storage.stamp = batch.stamp + 1;
            self.storage.unread = false;
            self.storage.retry_at = None;
            if with_rows {
                self.storage.rows_at = None;
            }
            self.storage.persistence = match self.storage.rows_at {
                Some(_) => Persistence::EditsOnly,
                None => Persistence::Durable,
            };
            // The base may have been built anew while this was written.
            let same_base = batch.meta.base_generation == self.meta.base_generation;
            for (shard, content) in &batch.shards {
                if same_base {
                    self.base.stored(*shard, content);
                } else {
                    self.base.is_stored_otherwise(*shard);
                }
            }
            self.outbox.written(&batch);
            self.storage.meta = batch.meta.clone();
        }
        self.wake(now)
    }

    /// Says once that there is no room for the rows, when it is known that there is for the edits.
    fn tell_of_rows(&mut self, effects: &mut Vec<Effect>) {
        let full = self.storage.rows_at.is_some();
        let told = std::mem::replace(&mut self.storage.told_of_rows, full);
        if full && !told {
            effects.push(Effect::Notify(Notice::RowsUnstorable));
        }
    }

    /// Another page wrote since; nothing of the batch of this number was taken.
    pub fn write_conflict(&mut self, number: u64, stored: Stored, now: Timestamp) -> Vec<Effect> {
        if self.is_being_written(number) {
            self.unwrite();
            if stored.newer > 0 {
                return self.unstored(Unstored::Newer, now);
            }
            self.others_are_alive(now);
            self.take_stored(stored, false);
        }
        self.wake(now)
    }

    /// The store did not take the batch of this number.
    pub fn write_failed(&mut self, number: u64, trouble: Trouble, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.is_being_written(number) {
            self.refuse(trouble, now, &mut effects);
        }
        effects.extend(self.wake(now));
        effects
    }

    fn refuse(&mut self, trouble: Trouble, now: Timestamp, effects: &mut Vec<Effect>) {
        let with_rows = match &self.storage.writing {
            Some(writing) => writing.with_rows,
            None => return,
        };
        self.unwrite();
        if trouble == Trouble::Full && self.is_of_stored_base() {
            self.storage.rows_at = Some(now + RETRY_ROWS);
            if with_rows {
                // There may still be room for the edits and the rows that they are made of.
                if self.storage.persistence == Persistence::Durable {
                    self.storage.persistence = Persistence::EditsOnly;
                }
                return;
            }
        }
        self.outbox.unmerge();
        if self.storage.persistence != Persistence::Refused(trouble) {
            self.storage.persistence = Persistence::Refused(trouble);
            effects.push(Effect::Notify(Notice::Unstorable(trouble)));
        }
        self.storage.retry_at = Some(now + RETRY);
    }

    /// Gives up an opening that takes too long.
    pub(super) fn give_up_opening(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(by) = self.storage.open_by
            && self.storage.persistence == Persistence::Opening
            && is_due(by, now, OPEN_WITHIN)
        {
            effects.extend(self.unstored(Unstored::Lost, now));
        }
    }

    fn is_being_written(&self, number: u64) -> bool {
        let writing = self.storage.writing.as_ref();
        writing.is_some_and(|writing| writing.batch.number == number)
    }

    fn take_writing(&mut self, number: u64) -> Option<Writing> {
        self.is_being_written(number)
            .then(|| self.storage.writing.take())
            .flatten()
    }

    fn unwrite(&mut self) {
        if let Some(Writing {
            batch,
            urgent,
            moves_cursor,
            moves_own,
            ..
        }) = self.storage.writing.take()
        {
            self.outbox.not_written();
            self.storage.cursor_moved |= moves_cursor;
            self.storage.own_moved |= moves_own;
            self.base
                .mark_dirty(batch.shards.iter().map(|(shard, _)| *shard));
            self.base.mark_urgent(urgent);
        }
    }
}
