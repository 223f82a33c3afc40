//! What waits for the server and what lies aside, and all that can happen to it.
//!
//! It changes by [`QueueEvent`]s alone, and each of them looks at what is there: what happened on
//! this page happens again on what another page has stored meanwhile ([`super::outbox`]).

use super::{
    displaced::{Displaced, Reason},
    due::is_due,
    verbs::DELETE_GRACE,
};
use crate::domain::{
    edit::{Edit, Verb, apply, each_kind},
    error::{Problem, ProblemKind},
    order::sort_by_key,
    row::{Edited, Made, OfKind, Seen},
    sync::Entity,
    time::Timestamp,
};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// A mutation that the server has not acknowledged, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
// A field that is not known would be lost when it is stored again: see `cache/store.rs`.
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The idempotency key: sending it twice is harmless.
    pub key: Uuid,
    /// The keys of the mutations that became one in it, oldest first; its own is the last. Entries
    /// that an older version stored have none ([`Queue::new`]).
    #[serde(default)]
    pub keys: Vec<Uuid>,
    /// Its place in the queue.
    pub order: u64,
    /// What it waits for: edits of one aggregate (an application with all that hangs on it) go one
    /// after another.
    pub aggregate: Uuid,
    /// Whose row.
    pub record: Uuid,
    /// What was done.
    pub edit: Edit,
    /// The server's version of the row that the user saw; none where the row was still to be
    /// created. Once frozen, what `If-Match` says.
    pub seen: Option<i64>,
    /// When the server made that version: after a restored backup its number may be another state's.
    /// Entries that an older version stored have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
    /// It was made over something that its user had not seen: it holds for the state that was seen
    /// alone, not for what this queue has made of the row since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact: bool,
    /// When it was done.
    pub made_at: Timestamp,
    /// The user's calendar day then, for the defaults of a create.
    pub made_on: NaiveDate,
    /// It may not be sent before: a deletion's undo.
    pub not_before: Timestamp,
    /// It was sent, or is about to be: key, version and body stay as they are.
    pub frozen: bool,
    /// The server refused it for good; it waits for the user.
    pub parked: Option<Problem>,
    /// The row as it was last, where it is there no more: what the edit is shown on when it is put
    /// aside.
    #[serde(default, rename = "row_was", skip_serializing_if = "Option::is_none")]
    pub last_known: Option<Box<Entity>>,
}

impl Entry {
    /// The state of the row that the user saw.
    pub fn saw(&self) -> Option<Seen> {
        let at = self.seen_at;
        self.seen.map(|version| Seen { at, version })
    }

    pub(super) fn see(&mut self, seen: Option<Seen>) {
        self.seen = seen.map(|seen| seen.version);
        self.seen_at = seen.and_then(|seen| seen.at);
    }

    /// When and on which day it was made.
    pub fn made(&self) -> Made {
        Made {
            at: self.made_at,
            on: self.made_on,
        }
    }

    /// Whether it waits for its undo only.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.edit.verb() == Verb::Delete
            && !self.frozen
            && !is_due(self.not_before, now, DELETE_GRACE)
    }

    /// Whether the server has certainly taken nothing of it: it was not sent, or it was refused for
    /// what it says, and an earlier try under its key would have been answered first.
    fn is_unseen(&self) -> bool {
        match &self.parked {
            None => !self.frozen,
            Some(problem) => matches!(
                problem.kind,
                ProblemKind::Validation
                    | ProblemKind::PayloadTooLarge
                    | ProblemKind::UnsupportedMediaType
            ),
        }
    }

    /// An edit as it was made, on nothing that is known yet.
    pub(super) fn new(record: Uuid, aggregate: Uuid, edit: Edit, key: Uuid, made: Made) -> Self {
        Self {
            key,
            keys: vec![key],
            order: 0,
            aggregate,
            record,
            seen: None,
            seen_at: None,
            exact: false,
            made_at: made.at,
            made_on: made.on,
            not_before: match edit.verb() {
                Verb::Delete => made.at + DELETE_GRACE,
                Verb::Create | Verb::Patch => made.at,
            },
            frozen: false,
            parked: None,
            last_known: None,
            edit,
        }
    }

    /// This one and a later one of its record as one, under the later one's key: a page that is
    /// sending this one is not contradicted. None where they must stay apart.
    pub(super) fn with(&self, later: &Self) -> Option<Self> {
        let apart = later.exact || self.edit.is_event() || later.edit.is_event();
        if !self.is_unseen() || apart {
            return None;
        }
        let edit = self.edit.merged(&later.edit)?;
        // The defaults of a create are those of the day on which it was made.
        let made = match self.edit.verb() {
            Verb::Create => self.made(),
            Verb::Patch | Verb::Delete => later.made(),
        };
        Some(Self {
            keys: self.keys.iter().chain(&later.keys).copied().collect(),
            order: self.order,
            edit,
            seen: self.seen,
            seen_at: self.seen_at,
            exact: self.exact,
            made_at: made.at,
            made_on: made.on,
            last_known: self.last_known.clone().or_else(|| later.last_known.clone()),
            ..later.clone()
        })
    }

    /// The same as it was made by a clock that is right, under another key, to be sent again.
    fn redated(&self, key: Uuid, ahead: Duration) -> Self {
        let made_at = self.made_at - ahead;
        let days = made_at.date_naive() - self.made_at.date_naive();
        Self {
            key,
            keys: self.keys.iter().copied().chain([key]).collect(),
            edit: self.edit.earlier(ahead, days),
            made_at,
            made_on: self.made_on + days,
            not_before: self.not_before - ahead,
            frozen: false,
            parked: None,
            ..self.clone()
        }
    }

    /// The records that show it: its own, and the one on which that hangs, of which something may follow.
    fn shows_in(&self) -> [Uuid; 2] {
        [self.record, self.aggregate]
    }

    fn is_of(&self, aggregate: Uuid) -> bool {
        self.record == aggregate || self.aggregate == aggregate
    }
}

/// Something that happened to the queue.
#[derive(Clone, Debug)]
pub(super) enum QueueEvent {
    /// The user did something.
    Push {
        /// What; its order is found when it takes its place.
        entry: Box<Entry>,
        /// The edit with which it became one on this page. It becomes one with no other: together
        /// they may not fit, and nobody saw them as one.
        merged_into: Option<Uuid>,
    },
    /// The user took back what was not sent.
    Withdraw(GivenUp),
    /// The user gave up what was refused.
    Drop(GivenUp),
    /// What was refused is to be sent once more.
    Retry(Uuid),
    /// What waits for its undo need not wait any longer.
    Release {
        /// Of which entry.
        key: Uuid,
        /// From when on it may be sent.
        at: Timestamp,
    },
    /// It is about to be sent.
    Freeze {
        /// Which entry.
        key: Uuid,
        /// What it is sent on.
        seen: Option<Seen>,
        /// Whether it was sent though it could not be stored.
        sent: bool,
    },
    /// It was refused since the clock of this device is ahead: it goes once more, at another time.
    Redate {
        /// Which entry.
        key: Uuid,
        /// Its key from now on: the one before stands for what was refused.
        new_key: Uuid,
        /// How far the clock is ahead.
        ahead: Duration,
    },
    /// The server took it.
    Acknowledge(Uuid),
    /// The server refused it for good.
    Park {
        /// Which entry.
        key: Uuid,
        /// Why.
        problem: Box<Problem>,
    },
    /// It gave way, and with it what else was done to its record.
    Displace(Box<Displacement>),
    /// These deletions are due: what came before them has become pointless.
    Shorten(Vec<Uuid>),
    /// A row is there no more.
    AttachLastKnown {
        /// Which row.
        record: Uuid,
        /// Its last state.
        row: Box<Entity>,
    },
    /// A displaced edit was made again, was dropped, or has been kept long enough.
    Forget {
        /// Which one.
        id: Uuid,
        /// The mutations that it was seen to hold: of more nobody knew.
        keys: Vec<Uuid>,
    },
}

/// An edit that the user gives up; a creation with all that was done to it.
#[derive(Clone, Debug)]
pub(super) struct GivenUp {
    /// Which one.
    pub key: Uuid,
    /// The mutations that go with it: where there are more, somebody went on, and nothing goes.
    pub keys: Vec<Uuid>,
}

/// Why and how edits give way.
#[derive(Clone, Debug)]
pub(super) struct Displacement {
    /// The entry that was answered.
    pub key: Uuid,
    /// All mutations that gave way then: where another page saw the answer first, what is left of
    /// them still does.
    pub keys: Vec<Uuid>,
    /// Whether nothing of this entry itself is lost.
    pub done: bool,
    /// Why.
    pub reason: Reason,
    /// What the record is called.
    pub title: String,
    /// The row on which the edits showed.
    pub row: Option<Entity>,
    /// When.
    pub at: Timestamp,
}

/// The queue, and what lies aside.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Queue {
    /// What waits, oldest first.
    pub entries: Vec<Arc<Entry>>,
    /// What lies aside, oldest first.
    pub displaced: Vec<Displaced>,
}

/// What the queue holds of a record before one of its entries.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    entries: usize,
    /// One of them may have been taken by the server.
    perhaps_taken: bool,
    /// Its creation is among them.
    created: bool,
    last: Option<Uuid>,
}

impl Before {
    /// Whether there is something, and nobody has seen any of it.
    fn is_pointless(&self) -> bool {
        self.entries > 0 && !self.perhaps_taken
    }

    fn count(&mut self, entry: &Entry) {
        self.entries += 1;
        self.perhaps_taken |= !entry.is_unseen();
        self.created |= entry.edit.verb() == Verb::Create;
        self.last = Some(entry.key);
    }
}

impl Queue {
    /// A queue of these, in any order.
    pub fn new(mut entries: Vec<Entry>, mut displaced: Vec<Displaced>) -> Self {
        sort_by_key(&mut entries, |entry| (entry.order, entry.key));
        let mut seen: HashMap<Uuid, Option<Seen>> = HashMap::new();
        for entry in &mut entries {
            let before = seen.entry(entry.record).or_default();
            // An older version left it to the edit before what this one builds on.
            if entry.keys.is_empty() {
                entry.keys.push(entry.key);
                entry.see(entry.saw().or(*before));
            }
            *before = entry.saw();
        }
        sort_by_key(&mut displaced, |item| (item.at, item.id));
        Self {
            entries: entries.into_iter().map(Arc::new).collect(),
            displaced,
        }
    }

    /// The same, of what was in such a queue before.
    pub fn of_stored(mut entries: Vec<Arc<Entry>>, mut displaced: Vec<Displaced>) -> Self {
        sort_by_key(&mut entries, |entry| (entry.order, entry.key));
        sort_by_key(&mut displaced, |item| (item.at, item.id));
        Self { entries, displaced }
    }

    /// One entry.
    pub fn get(&self, key: Uuid) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(Arc::as_ref)
    }

    /// The entries of one record, oldest first.
    pub fn of_record(&self, record: Uuid) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries
            .iter()
            .map(Arc::as_ref)
            .filter(move |entry| entry.record == record)
    }

    /// Takes in what happened, as far as it still fits. Answers the records that may show otherwise
    /// now.
    pub fn apply(&mut self, event: &QueueEvent) -> Vec<Uuid> {
        match event {
            // None of these changes what an edit makes of its row.
            QueueEvent::Retry(_)
            | QueueEvent::Release { .. }
            | QueueEvent::Freeze { .. }
            | QueueEvent::Park { .. }
            | QueueEvent::AttachLastKnown { .. }
            | QueueEvent::Forget { .. } => {
                self.take_in(event);
                Vec::new()
            }
            QueueEvent::Push { entry, .. } => {
                self.take_in(event);
                entry.shows_in().to_vec()
            }
            QueueEvent::Redate { key, .. } | QueueEvent::Acknowledge(key) => {
                let records = self.get(*key).map(Entry::shows_in);
                self.take_in(event);
                records.into_iter().flatten().collect()
            }
            QueueEvent::Withdraw(_)
            | QueueEvent::Drop(_)
            | QueueEvent::Displace(_)
            | QueueEvent::Shorten(_) => {
                let before = self.entries.clone();
                self.take_in(event);
                let left: HashSet<Uuid> = self.entries.iter().map(|entry| entry.key).collect();
                let taken = before.iter().filter(|entry| !left.contains(&entry.key));
                taken.flat_map(|entry| entry.shows_in()).collect()
            }
        }
    }

    fn take_in(&mut self, event: &QueueEvent) {
        match event {
            QueueEvent::Push { entry, merged_into } => self.push(entry, *merged_into),
            QueueEvent::Withdraw(given_up) => {
                if self.withdrawable(given_up.key).is_some() {
                    self.give_up(given_up);
                }
            }
            QueueEvent::Drop(given_up) => {
                let entry = self.get(given_up.key);
                if entry.is_some_and(|entry| entry.parked.is_some()) {
                    self.give_up(given_up);
                }
            }
            QueueEvent::Retry(key) => self.update(*key, |entry| entry.parked = None),
            QueueEvent::Release { key, at } => self.update(*key, |entry| {
                entry.not_before = entry.not_before.min(*at);
            }),
            QueueEvent::Freeze { key, seen, .. } => self.update(*key, |entry| {
                if !entry.frozen {
                    entry.frozen = true;
                    entry.see(*seen);
                }
            }),
            QueueEvent::Redate {
                key,
                new_key,
                ahead,
            } => self.update(*key, |entry| *entry = entry.redated(*new_key, *ahead)),
            QueueEvent::Acknowledge(key) if self.goes_once_more(*key) => {}
            QueueEvent::Acknowledge(key) => {
                self.leave_out_what_was_deleted(*key);
                self.entries.retain(|entry| entry.key != *key);
            }
            QueueEvent::Park { key, problem } => self.update(*key, |entry| {
                entry.parked = Some(Problem::clone(problem));
            }),
            QueueEvent::Displace(aside) if aside.done && self.goes_once_more(aside.key) => {}
            QueueEvent::Displace(aside) => {
                if aside.done {
                    self.leave_out_what_was_deleted(aside.key);
                }
                self.displace(aside);
            }
            QueueEvent::Shorten(deletions) => self.shorten(deletions),
            QueueEvent::AttachLastKnown { record, row } => {
                for entry in &mut self.entries {
                    if entry.record == *record && entry.last_known.is_none() {
                        Arc::make_mut(entry).last_known = Some(row.clone());
                    }
                }
            }
            QueueEvent::Forget { id, keys } => self
                .displaced
                .retain(|item| item.id != *id || item.keys.iter().any(|key| !keys.contains(key))),
        }
    }

    /// A deletion left out its creation as pointless, and another page has sent that meanwhile: then it
    /// is not done, and goes once more after the creation. Answers whether that is so.
    fn goes_once_more(&mut self, key: Uuid) -> bool {
        let Some(at) = self.entries.iter().position(|entry| entry.key == key) else {
            return false;
        };
        let (before, rest) = self.entries.split_at_mut(at);
        let Some(entry) = rest.first_mut() else {
            return false;
        };
        let is_creation =
            |known: &Arc<Entry>| known.record == entry.record && known.edit.verb() == Verb::Create;
        let again = entry.edit.verb() == Verb::Delete && before.iter().any(is_creation);
        if again {
            let entry = Arc::make_mut(entry);
            entry.frozen = false;
            entry.see(None);
        }
        again
    }

    /// A deletion was done: what was done to its row before, and never sent, is pointless. Where another page had
    /// deleted it as well, that was not left out when this one was due.
    fn leave_out_what_was_deleted(&mut self, key: Uuid) {
        let deletes = |entry: &&Entry| entry.edit.verb() == Verb::Delete;
        let Some(deletion) = self.get(key).filter(deletes) else {
            return;
        };
        let (record, order) = (deletion.record, deletion.order);
        self.entries.retain(|entry| {
            let is_before = entry.record == record && entry.order < order;
            !(is_before && entry.edit.verb() == Verb::Patch && entry.is_unseen())
        });
    }

    fn update(&mut self, key: Uuid, update: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == key) {
            update(Arc::make_mut(entry));
        }
    }

    /// Adds an edit: as part of the last one of its record, or at the end.
    fn push(&mut self, entry: &Entry, merged_into: Option<Uuid>) {
        // It is here already where a write went through that was said to have failed.
        if self
            .entries
            .iter()
            .any(|known| known.keys.contains(&entry.key))
        {
            return;
        }
        let last = self
            .entries
            .iter_mut()
            .rfind(|known| known.record == entry.record)
            .filter(|last| Some(last.key) == merged_into);
        if let Some(last) = last
            && let Some(both) = last.with(entry)
        {
            *last = Arc::new(both);
            return;
        }
        let order = self.entries.last().map_or(0, |last| last.order + 1);
        self.entries.push(Arc::new(Entry {
            order,
            ..entry.clone()
        }));
    }

    /// The entry that can be taken back under this key: one that was not sent. A creation takes along
    /// what became part of it.
    pub fn withdrawable(&self, key: Uuid) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| {
                entry.key == key || (entry.edit.verb() == Verb::Create && entry.keys.contains(&key))
            })
            .map(Arc::as_ref)
            .filter(|entry| !entry.frozen)
    }

    /// The keys of an entry, and of what goes with it when the user gives it up: what was done to a
    /// record that never comes to be.
    pub fn with_what_hangs_on(&self, key: Uuid) -> Vec<Uuid> {
        let entry = self.entries.iter().find(|entry| entry.keys.contains(&key));
        let Some(entry) = entry else {
            return Vec::new();
        };
        let all = entry.edit.verb() == Verb::Create;
        self.entries
            .iter()
            .filter(|known| known.key == entry.key || (all && known.is_of(entry.record)))
            .flat_map(|known| known.keys.iter().copied())
            .collect()
    }

    fn give_up(&mut self, given_up: &GivenUp) {
        let keys = self.with_what_hangs_on(given_up.key);
        if keys.iter().all(|key| given_up.keys.contains(key)) {
            self.entries.retain(|entry| !keys.contains(&entry.key));
        }
    }

    /// Deletions that are due and make something pointless: edits of their record that nobody has sent,
    /// or that were refused.
    pub fn deletions_that_shorten(&self, now: Timestamp) -> Vec<Uuid> {
        let is_due = |entry: &Entry| {
            entry.edit.verb() == Verb::Delete && !entry.frozen && !entry.is_held(now)
        };
        if !self.entries.iter().any(|entry| is_due(entry)) {
            return Vec::new();
        }
        let mut records: HashMap<Uuid, Before> = HashMap::new();
        let mut due = Vec::new();
        for entry in &self.entries {
            let before = records.entry(entry.record).or_default();
            if is_due(entry) && before.is_pointless() {
                due.push((entry.record, entry.key));
            }
            before.count(entry);
        }
        due.retain(|(record, key)| records.get(record).and_then(|it| it.last) == Some(*key));
        due.into_iter().map(|(_, key)| key).collect()
    }

    /// What deletions that are due make pointless: edits of their records that nobody has sent, or
    /// that were refused; and where a creation is among them, what was done to what hangs on it.
    /// The deletions themselves are sent all the same: another page may have sent the creation without
    /// being able to store that.
    fn shorten(&mut self, deletions: &[Uuid]) {
        let deletions: HashSet<Uuid> = deletions.iter().copied().collect();
        let mut records: HashMap<Uuid, Before> = HashMap::new();
        let mut shortened: HashMap<Uuid, (Before, u64)> = HashMap::new();
        for entry in &self.entries {
            let before = records.entry(entry.record).or_default();
            if deletions.contains(&entry.key) && !entry.frozen && before.is_pointless() {
                shortened.insert(entry.record, (*before, entry.order));
            }
            before.count(entry);
        }
        // Only the last of a record: after another one, another page went on.
        shortened.retain(|record, _| {
            let last = records.get(record).and_then(|before| before.last);
            last.is_some_and(|last| deletions.contains(&last))
        });
        self.entries.retain(|entry| {
            // What another page hung on it after that is told by itself.
            let of_created = shortened
                .get(&entry.aggregate)
                .is_some_and(|(before, order)| {
                    before.created && entry.record != entry.aggregate && entry.order < *order
                });
            let before_it = shortened.contains_key(&entry.record)
                && records.get(&entry.record).and_then(|before| before.last) != Some(entry.key);
            !(of_created || before_it)
        });
    }

    /// The entries that give way with one whose row conflicts, or is gone.
    pub fn giving_way(&self, key: Uuid, reason: Reason) -> impl Iterator<Item = &Entry> {
        let record = self.get(key).map(|entry| entry.record);
        let gives_way = move |entry: &&Entry| match reason {
            Reason::Conflict => Some(entry.record) == record,
            // With a row goes what hangs on it.
            Reason::Deleted => record.is_some_and(|record| entry.is_of(record)),
        };
        self.entries.iter().map(Arc::as_ref).filter(gives_way)
    }

    fn displace(&mut self, aside: &Displacement) {
        let with_it: HashSet<Uuid> = self
            .giving_way(aside.key, aside.reason)
            .map(|entry| entry.key)
            .collect();
        let all: HashSet<Uuid> = aside.keys.iter().copied().collect();
        let gives_way = |entry: &Arc<Entry>| {
            let known = |key: &Uuid| all.contains(key);
            // Of what another page did meanwhile to a row that was gone it is told by itself.
            let with_it = with_it.contains(&entry.key)
                && (aside.reason == Reason::Conflict || entry.keys.iter().any(known));
            with_it || entry.keys.iter().all(known)
        };
        let (taken, rest) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(gives_way);
        self.entries = rest;
        let mut taken: Vec<Arc<Entry>> = taken;
        taken.retain(|entry| !aside.done || entry.key != aside.key);
        while let Some(record) = taken.first().map(|first| first.record) {
            let (own, others) = taken.into_iter().partition(|entry| entry.record == record);
            taken = others;
            let own: Vec<Arc<Entry>> = own;
            let last = own.last().map(|last| last.edit.verb());
            // The user wanted it gone too, and does not miss what was done to it before.
            if aside.reason == Reason::Deleted && last == Some(Verb::Delete) {
                continue;
            }
            self.displaced.extend(displaced(&own, aside));
        }
        sort_by_key(&mut self.displaced, |item| (item.at, item.id));
    }
}

/// Edits of one record, oldest first, as one that lies aside.
fn displaced(entries: &[Arc<Entry>], aside: &Displacement) -> Option<Displaced> {
    let (first, last) = (entries.first()?, entries.last()?);
    // A deletion after which another page went on is not what the user wants in the end.
    let goes_on = last.edit.verb() != Verb::Delete;
    let stays = |entry: &&Entry| !goes_on || entry.edit.verb() != Verb::Delete;
    // A page that could not store it may have made one of them before its creation is known here.
    let creates = |entry: &&Entry| entry.edit.verb() == Verb::Create;
    let all = || entries.iter().map(Arc::as_ref);
    let entries = || {
        all()
            .filter(creates)
            .chain(all().filter(|entry| !creates(entry)))
    };
    let edit = entries()
        .filter(stays)
        .map(|entry| entry.edit.clone())
        .reduce(|edit, later| edit.together(&later).unwrap_or(later))?;
    let row = aside.row.clone().or_else(|| {
        let was = entries().find_map(|entry| entry.last_known.as_ref());
        was.map(|row| Entity::clone(row))
    });
    let shown = each_kind!(&first.edit, |_op: R| {
        let row = row.and_then(R::from_entity);
        with_edits(row, entries().filter(stays)).map(R::into_entity)
    });
    let made = Made {
        at: last.made_at,
        on: first.made_on,
    };
    Some(Displaced {
        id: first.key,
        keys: entries()
            .flat_map(|entry| entry.keys.iter().copied())
            .collect(),
        at: aside.at,
        record: first.record,
        title: aside.title.clone(),
        reason: aside.reason,
        // A creation is what it asks for, at the time of the last of it.
        mine: edit.built(first.record, made).or(shown),
        edit,
    })
}

/// A row with these edits of it; what does not fit changes nothing.
pub(super) fn with_edits<'a, R: Edited>(
    mut row: Option<R>,
    entries: impl Iterator<Item = &'a Entry>,
) -> Option<R> {
    for entry in entries {
        let Some(op) = R::op(&entry.edit) else {
            continue;
        };
        if let Ok(next) = apply(op, row.as_ref(), entry.record, entry.made()) {
            row = next;
        }
    }
    row
}
