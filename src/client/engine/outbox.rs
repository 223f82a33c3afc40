//! The queue as this page has it: what is stored, and what the page did that is not stored yet.
//!
//! Where another page wrote first, what this page did is done again on what is stored now. So the
//! store, in which batches follow one another, is the only place where the order of things is
//! decided.

use super::{
    answers::LONGEST_WAIT,
    changed::Changed,
    displaced::{Displaced, Reason},
    due::is_due,
    queue::{Entry, GivenUp, Queue, QueueEvent},
    storage::Batch,
};
use crate::domain::{edit::Verb, order::sort_by_key, row::Row, time::Timestamp};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// What a page knows of an entry beyond what is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Delivery {
    /// A request is under way.
    pub in_flight: bool,
    /// In which life of the base it was sent last.
    pub sent_in: u64,
    /// It is not tried before: it backs off.
    pub retry_at: Option<Timestamp>,
    /// Answers that were no answer, so far.
    pub attempts: u32,
    /// Times that somebody on the way answered for the server, or nobody did.
    pub unanswered: u32,
    /// Times that the CSRF token was refused, each after a new one was fetched.
    pub token_refusals: u32,
}

impl Delivery {
    /// Whether it backs off.
    pub fn waits(&self, now: Timestamp) -> bool {
        self.retry_at
            .is_some_and(|at| !is_due(at, now, LONGEST_WAIT))
    }
}

/// What a batch does to the stored queue.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub entries: Vec<Entry>,
    pub settled: Vec<Uuid>,
    pub displaced: Vec<Displaced>,
    pub dropped: Vec<Uuid>,
}

impl Difference {
    /// Whether the stored queue is this one.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.settled.is_empty()
            && self.displaced.is_empty()
            && self.dropped.is_empty()
    }
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// What is stored, with `events`.
    queue: Queue,
    stored_entries: HashMap<Uuid, Arc<Entry>>,
    stored_displaced: HashMap<Uuid, Displaced>,
    /// What is not stored yet, oldest first.
    events: Vec<QueueEvent>,
    /// So many of them are being written.
    being_written: usize,
    deliveries: HashMap<Uuid, Delivery>,
    /// Records with an entry.
    pending: HashSet<Uuid>,
    /// What has changed since it was shown.
    changed: Changed,
}

impl Outbox {
    /// The entries, oldest first.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.queue.entries
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.queue.entries.len()
    }

    /// Records with an entry.
    pub fn pending_records(&self) -> &HashSet<Uuid> {
        &self.pending
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.queue.entries.is_empty()
    }

    /// One entry.
    pub fn get(&self, key: Uuid) -> Option<&Entry> {
        self.queue.get(key)
    }

    /// The entries of one record, oldest first.
    pub fn of_record(&self, record: Uuid) -> impl DoubleEndedIterator<Item = &Entry> {
        self.queue.of_record(record)
    }

    /// The displaced edits, oldest first.
    pub fn displaced(&self) -> &[Displaced] {
        &self.queue.displaced
    }

    /// Aggregates with an entry: what the cache must keep.
    pub fn aggregates(&self) -> HashSet<Uuid> {
        self.entries()
            .iter()
            .flat_map(|entry| [entry.aggregate, entry.record])
            .collect()
    }

    /// Whether the store has an entry as it is.
    pub fn is_durable(&self, entry: &Entry) -> bool {
        let stored = self.stored_entries.get(&entry.key);
        // Most entries are the very ones that were stored.
        stored.is_some_and(|stored| std::ptr::eq(&raw const **stored, entry) || **stored == *entry)
    }

    /// Whether a deletion of a record waits.
    pub(super) fn deletes(&self, record: Uuid) -> bool {
        let mut entries = self.of_record(record);
        entries.any(|entry| entry.edit.verb() == Verb::Delete)
    }

    /// The store is gone, and with it what it held.
    pub(super) fn forget_what_is_stored(&mut self) {
        self.stored_entries.clear();
        self.stored_displaced.clear();
    }

    pub(super) fn withdrawable(&self, key: Uuid) -> Option<&Entry> {
        self.queue.withdrawable(key)
    }

    pub(super) fn giving_way(&self, key: Uuid, reason: Reason) -> impl Iterator<Item = &Entry> {
        self.queue.giving_way(key, reason)
    }

    /// What a row was last that is there no more, where edits of it wait.
    pub(super) fn last_known<R: Row>(&self, record: Uuid) -> Option<R> {
        let mut entries = self.of_record(record);
        let row = entries.find_map(|entry| entry.last_known.as_deref().cloned())?;
        R::from_entity(row)
    }

    /// What the user gives up with an edit.
    pub(super) fn given_up(&self, key: Uuid) -> GivenUp {
        let keys = self.queue.with_what_hangs_on(key);
        GivenUp { key, keys }
    }

    /// Deletions that are due and make something pointless.
    pub(super) fn deletions_that_shorten(&self, now: Timestamp) -> Vec<Uuid> {
        self.queue.deletions_that_shorten(now)
    }

    // --- what is true of this page alone ---

    pub(super) fn delivery(&self, key: Uuid) -> Delivery {
        self.deliveries.get(&key).copied().unwrap_or_default()
    }

    pub(super) fn delivery_mut(&mut self, key: Uuid) -> &mut Delivery {
        self.deliveries.entry(key).or_default()
    }

    pub(super) fn deliveries_mut(&mut self) -> impl Iterator<Item = &mut Delivery> {
        self.deliveries.values_mut()
    }

    /// Whether a request is under way.
    pub(super) fn is_under_way(&self) -> bool {
        let in_flight =
            |(key, delivery): (&Uuid, &Delivery)| delivery.in_flight && self.get(*key).is_some();
        self.deliveries.iter().any(in_flight)
    }

    /// Whether an entry was sent though it is not stored as it was sent.
    pub(super) fn was_sent_unstored(&self, key: Uuid) -> bool {
        let of_entry = |event: &QueueEvent| matches!(event, QueueEvent::Freeze { key: frozen, sent: true, .. } if *frozen == key);
        self.events.iter().any(of_entry)
    }

    // --- what happens ---

    /// Takes in what happened.
    pub(super) fn record(&mut self, event: QueueEvent) {
        for record in self.queue.apply(&event) {
            self.changed.note(record);
            if self.of_record(record).next().is_some() {
                self.pending.insert(record);
            } else {
                self.pending.remove(&record);
            }
        }
        self.events.push(event);
    }

    /// What may show otherwise than at the last look.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// Records to which this page did something that is not stored yet.
    pub(super) fn unstored_records(&self) -> HashSet<Uuid> {
        let pushed = |event: &QueueEvent| match event {
            QueueEvent::Push { entry, .. } => Some(entry.record),
            _ => None,
        };
        self.events.iter().filter_map(pushed).collect()
    }

    /// Edits of this page that are not stored yet and that were made on what it knew, oldest first.
    pub(super) fn unstored_edits(&self) -> impl Iterator<Item = &Entry> {
        self.events.iter().filter_map(|event| match event {
            QueueEvent::Push { entry, .. } if !entry.exact => Some(&**entry),
            _ => None,
        })
    }

    /// What is stored of the edits of a record, oldest first.
    pub(super) fn stored_edits(&self, record: Uuid) -> Vec<Arc<Entry>> {
        let stored = self.stored_entries.values();
        let mut stored: Vec<Arc<Entry>> = stored
            .filter(|entry| entry.record == record)
            .cloned()
            .collect();
        sort_by_key(&mut stored, |entry| (entry.order, entry.key));
        stored
    }

    /// Whether the store is known to have an edit.
    pub(super) fn is_stored(&self, key: Uuid) -> bool {
        self.stored_entries.contains_key(&key)
    }

    /// These edits of this page go over what another one stored before them.
    pub(super) fn overlooks(&mut self, keys: &HashSet<Uuid>) {
        for event in &mut self.events {
            if let QueueEvent::Push { entry, merged_into } = event
                && keys.contains(&entry.key)
            {
                entry.exact = true;
                *merged_into = None;
            }
        }
        self.do_again();
    }

    // --- what is stored ---

    /// Whether anything happened that is not stored.
    pub(super) fn is_dirty(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether the store still has what a deletion made pointless.
    pub(super) fn has_unstored_shortening(&self) -> bool {
        let mut events = self.events.iter();
        events.any(|event| matches!(event, QueueEvent::Shorten(_)))
    }

    /// Where nothing is ever stored, nothing waits for it.
    pub(super) fn forget_events(&mut self) {
        self.events.clear();
        self.being_written = 0;
    }

    /// What is to be written so that the store has this queue.
    pub(super) fn unwritten(&mut self) -> Difference {
        let Queue { entries, displaced } = &self.queue;
        let waiting: HashSet<Uuid> = entries.iter().map(|entry| entry.key).collect();
        let aside: HashSet<Uuid> = displaced.iter().map(|item| item.id).collect();
        let difference = Difference {
            entries: entries
                .iter()
                .filter(|entry| !self.is_durable(entry))
                .map(|entry| Entry::clone(entry))
                .collect(),
            settled: self
                .stored_entries
                .keys()
                .filter(|key| !waiting.contains(*key))
                .copied()
                .collect(),
            displaced: displaced
                .iter()
                .filter(|item| self.stored_displaced.get(&item.id) != Some(item))
                .cloned()
                .collect(),
            dropped: self
                .stored_displaced
                .keys()
                .filter(|id| !aside.contains(*id))
                .copied()
                .collect(),
        };
        self.being_written = self.events.len();
        difference
    }

    /// The batch with this is in the store.
    pub(super) fn written(&mut self, batch: &Batch) {
        self.events.drain(..self.being_written);
        self.being_written = 0;
        for key in &batch.settled {
            self.stored_entries.remove(key);
        }
        // Where an entry is still what waits, the very same one is kept: they are compared often.
        let mut waiting: HashMap<Uuid, Arc<Entry>> = HashMap::new();
        if !batch.entries.is_empty() {
            let entries = self.queue.entries.iter();
            let unstored = entries.filter(|entry| !self.is_durable(entry));
            waiting.extend(unstored.map(|entry| (entry.key, Arc::clone(entry))));
        }
        for entry in &batch.entries {
            let same = waiting.remove(&entry.key).filter(|known| **known == *entry);
            let stored = same.unwrap_or_else(|| Arc::new(entry.clone()));
            self.stored_entries.insert(entry.key, stored);
        }
        for id in &batch.dropped {
            self.stored_displaced.remove(id);
        }
        for item in &batch.displaced {
            self.stored_displaced.insert(item.id, item.clone());
        }
        self.forget_what_is_settled();
        debug_assert_eq!(
            self.queue,
            self.done_again(),
            "an event that depends on more"
        );
    }

    /// The batch is not in the store.
    pub(super) fn not_written(&mut self) {
        self.being_written = 0;
    }

    /// The store takes nothing now, and what follows is sent without being stored. What became part
    /// of edits that other pages have goes apart again: whoever sends an edit, its key never stands
    /// for two things.
    pub(super) fn unmerge(&mut self) {
        self.forget_what_was_to_be_sent();
        for event in &mut self.events {
            if let QueueEvent::Push { merged_into, .. } = event {
                *merged_into = None;
            }
        }
        self.do_again();
    }

    /// What was to be sent and is not stored was not sent: it is found anew what to send.
    fn forget_what_was_to_be_sent(&mut self) {
        self.events
            .retain(|event| !matches!(event, QueueEvent::Freeze { sent: false, .. }));
    }

    /// Other pages wrote: this is stored now. What this page did is done again on it.
    pub(super) fn rebase(&mut self, entries: Vec<Entry>, displaced: Vec<Displaced>) {
        let stored = Queue::new(entries, displaced);
        let entries = stored.entries.into_iter();
        self.stored_entries = entries.map(|entry| (entry.key, entry)).collect();
        let displaced = stored.displaced.into_iter();
        self.stored_displaced = displaced.map(|item| (item.id, item)).collect();
        self.forget_what_was_to_be_sent();
        self.being_written = 0;
        self.do_again();
        self.forget_what_is_settled();
    }

    fn forget_what_is_settled(&mut self) {
        if !self.deliveries.is_empty() {
            let waiting: HashSet<Uuid> = self.entries().iter().map(|entry| entry.key).collect();
            self.deliveries.retain(|key, _| waiting.contains(key));
        }
    }

    fn do_again(&mut self) {
        self.queue = self.done_again();
        self.pending = self.entries().iter().map(|entry| entry.record).collect();
        self.changed = Changed::All;
    }

    fn done_again(&self) -> Queue {
        let mut queue = Queue::of_stored(
            self.stored_entries.values().cloned().collect(),
            self.stored_displaced.values().cloned().collect(),
        );
        for event in &self.events {
            queue.apply(event);
        }
        queue
    }
}
