//! Mutations that the server has not acknowledged, in the order in which they were made.

use super::kind::{Edit, Made, Verb};
use crate::domain::{
    error::{Problem, ProblemKind},
    time::Timestamp,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// A mutation that the server has not acknowledged. What is serialised is durable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The idempotency key: sending it twice is harmless.
    pub key: Uuid,
    /// Its place in the queue; ties are broken by the key.
    pub order: u64,
    /// What it waits for: edits of one aggregate (an application with all that hangs on it) go one
    /// after another.
    pub aggregate: Uuid,
    /// Whose row.
    pub record: Uuid,
    /// What was done.
    pub edit: Edit,
    /// The version that the user saw; `None` while an earlier entry of this queue decides it.
    pub seen: Option<i64>,
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
    /// What is true of this page alone.
    #[serde(skip)]
    pub(super) here: Here,
}

/// What a page knows of an entry beyond what is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Here {
    /// A request is under way.
    pub in_flight: bool,
    /// It is not tried before: it backs off.
    pub retry_at: Option<Timestamp>,
    /// Answers that were no answer, so far.
    pub attempts: u32,
    /// The server said when to come back (`Retry-After`): earlier is not welcome.
    pub told_to_wait: bool,
    /// Times that the CSRF token was refused, each after a new one was fetched.
    pub token_refusals: u32,
    /// It stands in the store, in some form.
    pub stored: bool,
    /// The store has another form of it, or none.
    pub dirty: bool,
    /// The entries that became part of it, oldest first, each with what is left of this one without
    /// it and those before: it goes apart again where another page has sent one of them.
    pub joined: Vec<(Uuid, Edit)>,
}

impl Entry {
    /// When and on which day it was made.
    pub fn made(&self) -> Made {
        Made {
            at: self.made_at,
            on: self.made_on,
        }
    }

    /// Whether it waits for its undo only.
    pub fn is_held(&self, now: Timestamp) -> bool {
        !self.frozen && self.not_before > now
    }

    /// Whether the store has it as it is.
    pub fn is_durable(&self) -> bool {
        self.here.stored && !self.here.dirty
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

    /// Whether another edit may become part of it.
    fn takes(&self, now: Timestamp) -> bool {
        self.is_unseen() && !self.edit.is_event() && !self.is_held(now)
    }

    fn place(&self) -> (u64, Uuid) {
        (self.order, self.key)
    }
}

/// Why an entry left the queue, for the other pages that have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    /// It was answered, or the user dropped it: the next edit of its record builds on this version.
    Settled(Option<i64>),
    /// It became part of another one, or was taken back: only if nobody sends it meanwhile.
    Withdrawn,
    /// This deletion made it pointless: only if nobody takes that back meanwhile.
    Pointless(Uuid),
    /// A deletion whose record will never have been: only if nobody goes on with it meanwhile.
    Moot,
}

/// An entry that left the queue, until the store knows.
#[derive(Clone, Debug)]
struct Removed {
    entry: Entry,
    how: Removal,
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    entries: Vec<Entry>,
    removed: BTreeMap<Uuid, Removed>,
}

impl Outbox {
    /// The entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a request is under way.
    pub(super) fn is_under_way(&self) -> bool {
        self.entries.iter().any(|entry| entry.here.in_flight)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }

    /// One entry.
    pub fn get(&self, key: Uuid) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(super) fn get_mut(&mut self, key: Uuid) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.key == key)
    }

    /// The entries of one record, oldest first.
    pub fn of_record(&self, record: Uuid) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.record == record)
    }

    /// Adds an edit at the end. Where the record's last entry is unsent and plain, the edit becomes
    /// part of it (under the new key, so that a page that is sending the old one is not
    /// contradicted). Answers the key under which the edit goes.
    pub(super) fn push(&mut self, mut entry: Entry) -> Uuid {
        let now = entry.made_at;
        let last = self
            .entries
            .iter()
            .rposition(|known| known.record == entry.record);
        if let Some(last) = last.and_then(|index| self.entries.get(index))
            && last.takes(now)
            && !entry.edit.is_event()
            && let Some(edit) = last.edit.merged(&entry.edit)
        {
            // A refused edit that is corrected is a new one; the server took nothing of the old one.
            let how = match last.parked {
                Some(_) => Removal::Settled(last.seen),
                None => Removal::Withdrawn,
            };
            let mut joined = last.here.joined.clone();
            for (_, rest) in &mut joined {
                if let Some(merged) = rest.merged(&entry.edit) {
                    *rest = merged;
                }
            }
            joined.push((last.key, entry.edit.clone()));
            entry.here.joined = joined;
            entry = Entry {
                edit,
                order: last.order,
                seen: last.seen,
                // The defaults of a create are those of the day on which it was made.
                made_at: match last.edit.verb() {
                    Verb::Create => last.made_at,
                    _ => entry.made_at,
                },
                made_on: match last.edit.verb() {
                    Verb::Create => last.made_on,
                    _ => entry.made_on,
                },
                ..entry
            };
            let old = last.key;
            self.remove(old, how);
        } else {
            entry.order = self.next_order();
        }
        entry.here.dirty = true;
        let key = entry.key;
        self.insert(entry);
        key
    }

    fn next_order(&self) -> u64 {
        self.entries
            .last()
            .map_or(0, |last| last.order.saturating_add(1))
    }

    fn insert(&mut self, entry: Entry) {
        let at = self
            .entries
            .partition_point(|known| known.place() < entry.place());
        self.entries.insert(at, entry);
    }

    fn remove(&mut self, key: Uuid, how: Removal) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        let entry = self.entries.remove(index);
        let removed = Removed {
            entry: entry.clone(),
            how,
        };
        self.removed.insert(key, removed);
        Some(entry)
    }

    /// Takes out an entry that was dropped or put aside: it changed nothing.
    pub(super) fn settle(&mut self, key: Uuid) -> Option<Entry> {
        let seen = self.get(key)?.seen;
        self.remove(key, Removal::Settled(seen))
    }

    /// Takes out an entry that was answered with this version of its row; the next one builds on
    /// it.
    pub(super) fn acknowledge(&mut self, key: Uuid, version: Option<i64>) {
        let Some(entry) = self.remove(key, Removal::Settled(version)) else {
            return;
        };
        let next = |next: &&mut Entry| next.record == entry.record && !next.frozen;
        if version.is_some()
            && let Some(next) = self.entries.iter_mut().find(next)
        {
            next.seen = version;
            next.here.dirty = true;
        }
    }

    /// Takes back an entry that nobody has sent. Answers whether it still could.
    pub(super) fn withdraw(&mut self, key: Uuid) -> Option<Entry> {
        self.get(key).filter(|entry| !entry.frozen)?;
        self.remove(key, Removal::Withdrawn)
    }

    /// Takes out every entry of a record and of what hangs on it, oldest first.
    pub(super) fn settle_of(&mut self, record: Uuid) -> Vec<Entry> {
        let keys: Vec<Uuid> = self
            .entries
            .iter()
            .filter(|entry| entry.record == record || entry.aggregate == record)
            .map(|entry| entry.key)
            .collect();
        keys.into_iter()
            .filter_map(|key| self.settle(key))
            .collect()
    }

    /// What a deletion that is due makes pointless is not sent: edits of its record that nobody has
    /// sent, or that were refused; and where its creation is among them, the deletion itself, with
    /// all that was done to what hangs on it.
    pub(super) fn shorten(&mut self, now: Timestamp) {
        let due: Vec<(Uuid, Uuid)> = self
            .entries
            .iter()
            .filter(|entry| {
                entry.edit.verb() == Verb::Delete && !entry.frozen && entry.not_before <= now
            })
            .map(|entry| (entry.record, entry.key))
            .collect();
        for (record, deletion) in due {
            // Another page may have deleted it once more: the last deletion stays.
            if self.of_record(record).last().map(|last| last.key) != Some(deletion) {
                continue;
            }
            let before: Vec<&Entry> = self
                .of_record(record)
                .filter(|entry| entry.key != deletion)
                .collect();
            let Some(first) = before.first() else {
                continue;
            };
            if !before.iter().all(|entry| entry.is_unseen()) {
                continue;
            }
            let (created, seen) = (first.edit.verb() == Verb::Create, first.seen);
            let gone: Vec<Uuid> = self
                .entries
                .iter()
                .filter(|entry| {
                    let of_record = entry.record == record && entry.key != deletion;
                    of_record || (created && entry.aggregate == record)
                })
                .map(|entry| entry.key)
                .collect();
            for key in gone {
                let how = if key == deletion {
                    Removal::Moot
                } else {
                    Removal::Pointless(deletion)
                };
                self.remove(key, how);
            }
            if let Some(entry) = self.get_mut(deletion) {
                entry.seen = entry.seen.or(seen);
                entry.here.dirty = true;
            }
        }
    }

    /// Aggregates with an entry: what the cache must keep.
    pub fn aggregates(&self) -> HashSet<Uuid> {
        self.entries
            .iter()
            .flat_map(|entry| [entry.aggregate, entry.record])
            .collect()
    }

    // --- what is stored ---

    /// Whether the store has another queue than this.
    pub(super) fn is_dirty(&self) -> bool {
        !self.removed.is_empty() || self.entries.iter().any(|entry| entry.here.dirty)
    }

    /// What must be written and what must be removed.
    pub(super) fn unwritten(&self) -> (Vec<Entry>, Vec<Uuid>) {
        let written = self
            .entries
            .iter()
            .filter(|entry| entry.here.dirty)
            .cloned()
            .collect();
        (written, self.removed.keys().copied().collect())
    }

    /// That is in the store now.
    pub(super) fn written(&mut self, entries: &[Entry], removed: &[Uuid]) {
        for key in removed {
            self.removed.remove(key);
        }
        for entry in &mut self.entries {
            if let Some(written) = entries.iter().find(|written| written.key == entry.key) {
                entry.here.stored = true;
                entry.here.dirty = !same_form(written, entry);
                entry.here.joined.retain(|(key, _)| !removed.contains(key));
            }
        }
        for entry in entries {
            if let Some(removed) = self.removed.get_mut(&entry.key) {
                removed.entry.here.stored = true;
            }
        }
    }

    /// Joins the stored queue, in which other pages wrote, with what this page has not written yet.
    /// `displaced` says whether an edit was put aside.
    pub(super) fn rebase(&mut self, stored: Vec<Entry>, displaced: impl Fn(Uuid) -> bool) {
        let known = std::mem::take(&mut self.entries);
        let there: HashSet<Uuid> = stored.iter().map(|entry| entry.key).collect();
        let stays = |entry: &&Entry| match self.removed.get(&entry.key).map(|removed| removed.how) {
            None => true,
            Some(Removal::Settled(_) | Removal::Moot) => false,
            // Somebody is sending it: it cannot be taken back any more.
            Some(Removal::Withdrawn) => entry.frozen,
            Some(Removal::Pointless(deletion)) => {
                let waits = known
                    .iter()
                    .any(|own| own.key == deletion && !own.here.stored);
                let done = self.removed.get(&deletion).is_some_and(|removed| {
                    matches!(removed.how, Removal::Settled(_)) || !removed.entry.here.stored
                });
                let stands = there.contains(&deletion) || waits || done;
                !stands || !entry.is_unseen()
            }
        };
        let staying: HashSet<Uuid> = stored
            .iter()
            .filter(stays)
            .map(|entry| entry.record)
            .collect();
        let orders = stored.iter().chain(&known).map(|entry| entry.order);
        let mut order = orders.max().map_or(0, |last| last + 1);
        let mut stored = stored;
        stored.retain(|entry| {
            let moot = self
                .removed
                .get(&entry.key)
                .is_some_and(|removed| removed.how == Removal::Moot);
            stays(&entry) || (moot && staying.contains(&entry.record))
        });
        let mut back: HashSet<Uuid> = HashSet::new();
        for mut entry in stored {
            if self.removed.remove(&entry.key).is_some() {
                back.insert(entry.key);
            }
            if let Some(mine) = known.iter().find(|mine| mine.key == entry.key) {
                entry.here = mine.here.clone();
                if mine.here.dirty {
                    if !entry.frozen {
                        entry.frozen = mine.frozen;
                        entry.seen = entry.seen.or(mine.seen);
                        entry.not_before = mine.not_before;
                    }
                    entry.parked.clone_from(&mine.parked);
                }
            }
            entry.here.stored = true;
            self.insert(entry);
        }
        let ended = self.ended_elsewhere(&known, &there);
        // What was never stored is this page's own, and comes last; what was and is no more, another
        // page settled.
        for mut entry in known {
            if entry.here.stored || there.contains(&entry.key) {
                continue;
            }
            let apart = |key: &Uuid| back.contains(key) || ended.iter().any(|old| old.key == *key);
            if !entry.frozen
                && let Some(last) = entry.here.joined.iter().rposition(|(key, _)| apart(key))
            {
                let rest = entry.here.joined.drain(..=last).next_back();
                entry.edit = rest.map_or(entry.edit, |(_, edit)| edit);
            }
            // As part of one that is stored and still waits it keeps that one's place.
            let joined = entry.here.joined.iter();
            let in_place = joined
                .map(|(key, _)| key)
                .any(|key| there.contains(key) && !back.contains(key));
            if !in_place {
                entry.order = order;
                order += 1;
            }
            self.insert(entry);
        }
        self.build_on(&ended, displaced);
    }

    /// The entries that were stored and are no more: another page saw their answer, put them aside,
    /// or made them part of others.
    fn ended_elsewhere(&mut self, known: &[Entry], there: &HashSet<Uuid>) -> Vec<Entry> {
        let mut ended: Vec<Entry> = known
            .iter()
            .filter(|entry| entry.here.stored && !there.contains(&entry.key))
            .cloned()
            .collect();
        self.removed.retain(|key, removed| {
            let over = !matches!(removed.how, Removal::Settled(_))
                && removed.entry.here.stored
                && !there.contains(key);
            if over {
                ended.push(removed.entry.clone());
            }
            !over
        });
        ended.sort_by_key(Entry::place);
        ended
    }

    /// Says of the first edit of every record on which version it builds, where another one came
    /// before it when it was made; the later ones wait for the first.
    fn build_on(&mut self, ended: &[Entry], displaced: impl Fn(Uuid) -> bool) {
        let settled = self
            .removed
            .values()
            .filter_map(|removed| match removed.how {
                Removal::Settled(version) => Some((&removed.entry, Some(version))),
                Removal::Withdrawn | Removal::Pointless(_) | Removal::Moot => None,
            });
        let mut left: Vec<(&Entry, Option<Option<i64>>)> = ended
            .iter()
            .map(|entry| (entry, None))
            .chain(settled)
            .collect();
        left.sort_by_key(|(entry, _)| entry.place());
        let mut versions: HashMap<Uuid, Option<i64>> = HashMap::new();
        for (old, version) in left {
            let before = versions.get(&old.record).copied().flatten();
            let seen = old.seen.or(before);
            let version = match (version, old.edit.verb()) {
                (Some(version), _) => version.or(seen),
                // It changed nothing: what comes after it must not pass for having seen what did.
                _ if displaced(old.key) => seen,
                (None, Verb::Create) => Some(1),
                (None, Verb::Patch) => seen.map(|seen| seen + 1),
                (None, Verb::Delete) => seen,
            };
            versions.insert(old.record, version);
        }
        let mut records = HashSet::new();
        for entry in &mut self.entries {
            let first = records.insert(entry.record);
            if entry.frozen || entry.edit.verb() == Verb::Create {
                continue;
            }
            let seen = match versions.get(&entry.record) {
                _ if !first => None,
                Some(version) if entry.seen.is_none() || !entry.here.stored => *version,
                _ => continue,
            };
            if entry.seen != seen {
                entry.seen = seen;
                entry.here.dirty = true;
            }
        }
    }

    /// Drops every entry.
    pub(super) fn forget(&mut self) {
        for entry in std::mem::take(&mut self.entries) {
            let how = Removal::Settled(entry.seen);
            self.removed.insert(entry.key, Removed { entry, how });
        }
    }
}

/// Whether two forms of an entry are stored alike.
fn same_form(one: &Entry, other: &Entry) -> bool {
    let plain = |entry: &Entry| Entry {
        here: Here::default(),
        ..entry.clone()
    };
    plain(one) == plain(other)
}
