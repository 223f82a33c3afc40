//! What people did and what the server did of it, noted by the harness itself, so that the
//! invariants can be checked against something that neither side made.

use crate::{
    disk::Disk,
    server::{Reply, Request},
    view::OPEN,
};
use job_hunt_tracker::{
    client::engine::{Batch, Displaced, Edit, Entry, KEPT, NOTED_FOR, Op, Outbox, Verb},
    domain::{
        error::ProblemKind,
        row,
        sync::{Entity, SyncChange, SyncPage, SyncRow},
        time::Timestamp,
    },
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

pub type Fields = BTreeMap<String, Value>;

/// One store: a device, and whose.
pub type Place = (usize, Uuid);

/// One thing that a user did, as the page took it.
#[derive(Clone, Debug)]
pub struct Intent {
    pub key: Uuid,
    pub place: Place,
    pub record: Uuid,
    pub verb: Verb,
    pub fields: Fields,
    /// The state of the record that the page had then; none where it had none.
    pub seen: Option<Seen>,
    /// It was made over something that its user had not seen, made by whomever.
    pub exact: bool,
}

/// Which state of a record it is: when the server made it, and its version. The server's clock goes
/// on whatever becomes of its history, so a later state is the greater one, and of two histories no two
/// are the same.
pub type Seen = (Timestamp, i64);

/// One version of a record at the server.
struct Version {
    /// The queues that made it, or would have made the same; none where it came from elsewhere.
    by: BTreeSet<Place>,
    /// When it was made.
    at: Timestamp,
    row: Fields,
}

/// A request as it was sent: method, path, the state that was seen, and body.
type Sent = (
    http::Method,
    String,
    (Option<i64>, Option<Timestamp>),
    Option<String>,
);

/// What the server said of a key.
#[derive(Default)]
struct Said {
    /// What was sent under it: always the same.
    request: Option<Sent>,
    /// The intents that it carries.
    carries: Vec<usize>,
    /// It was sent while the store refused writes.
    unstored: bool,
    /// How often it changed anything.
    effects: u32,
    /// The body of the first success.
    answer: Option<String>,
}

#[derive(Default)]
pub struct Ledger {
    pub intents: Vec<Intent>,
    by_key: HashMap<Uuid, usize>,
    said: HashMap<Uuid, Said>,
    /// Intents that took effect, or that the server had already when it refused them.
    committed: HashSet<usize>,
    /// Intents that the user gave up: taken back, dropped, or made again under another key.
    pub given_up: HashSet<usize>,
    /// The place of an intent in the order in which its store took them.
    durable: HashMap<usize, u64>,
    /// Those of them that took effect, by store and record.
    applied: HashMap<(Place, Uuid), HashSet<u64>>,
    /// Records that are there or were.
    ever: HashSet<Uuid>,
    /// Reminders of which the server has told somebody.
    issued: HashSet<Uuid>,
    /// Whose record it is.
    pub owners: HashMap<Uuid, Uuid>,
    /// Records that are there.
    pub alive: BTreeSet<Uuid>,
    /// On which record one hangs: it goes when that goes.
    pub parents: HashMap<Uuid, Uuid>,
    /// The versions of each record that is there, settings included.
    versions: HashMap<Uuid, BTreeMap<i64, Version>>,
    /// Versions that a restored backup does not have.
    lost: HashMap<(Uuid, Seen), Fields>,
    /// What waited in a page whose store went away: it goes on alone, and hears nothing of what other
    /// pages do to that.
    pub alone: HashSet<(Place, Uuid)>,
    /// Ids that a store was told to be deleted.
    dead: HashMap<Place, HashSet<Uuid>>,
    /// Edits that a store had as displaced.
    displaced: HashMap<Place, HashSet<Uuid>>,
    /// When a page told that it put an edit aside.
    pub aside_since: HashMap<Uuid, Timestamp>,
}

/// What an edit says of the time at which it was made.
const TIMES: [&str; 3] = ["application_date", "archived_at", "occurred_at"];

/// A row as people speak of it: of a move, whether it was struck out.
pub fn as_told(mut row: Fields) -> Fields {
    if let Some(at) = row.remove("voided_at") {
        row.insert("voided".to_owned(), (!at.is_null()).into());
    }
    row
}

fn fields_of(edit: &Edit) -> Fields {
    edit.fields().into_iter().collect()
}

fn fields_in(body: Option<&str>) -> Fields {
    let fields: Fields = body.map_or_else(Fields::new, |body| serde_json::from_str(body).unwrap());
    let meant = |name: &str| {
        !matches!(
            name,
            "id" | "application_id" | "activity_id" | "status_occurred_at" | "voids_stage_event"
        )
    };
    fields.into_iter().filter(|(name, _)| meant(name)).collect()
}

impl Ledger {
    /// The user did something, and the page took it.
    pub fn intend(&mut self, intent: Intent) -> usize {
        if intent.verb == Verb::Create {
            self.owners.insert(intent.record, intent.place.1);
        }
        let n = self.intents.len();
        // A device whose clock is ahead sends it again under a key that it derives, and perhaps again.
        let derived = |key: &Uuid| Some(Uuid::new_v5(key, b"redated"));
        let keys = std::iter::successors(Some(intent.key), derived);
        self.by_key.extend(keys.take(4).map(|key| (key, n)));
        self.intents.push(intent);
        n
    }

    /// The user did it over something that they had not seen when they began, on the state `seen`.
    pub fn overlooks(&mut self, key: Uuid, seen: Option<row::Seen>) {
        let seen = seen.map(|seen| (seen.at.unwrap_or_default(), seen.version));
        let intent = self.by_key.get(&key).map(|n| &mut self.intents[*n]);
        if let Some(intent) = intent {
            (intent.exact, intent.seen) = (true, seen);
        }
    }

    pub fn intent(&self, key: Uuid) -> Option<&Intent> {
        self.by_key.get(&key).and_then(|n| self.intents.get(*n))
    }

    /// The server refused it, and the user was told that it was dropped.
    pub fn refused(&mut self, key: Uuid) {
        self.given_up.extend(self.by_key.get(&key));
    }

    pub fn was_sent(&self, key: Uuid) -> bool {
        self.said
            .get(&key)
            .is_some_and(|said| said.request.is_some())
    }

    fn merged(&self, intents: &[usize]) -> Fields {
        let mut fields = Fields::new();
        for n in intents {
            fields.extend(self.intents[*n].fields.clone());
        }
        fields
    }

    /// The intents of these keys, which must be all that the content carries.
    fn carried(&self, keys: &[Uuid], fields: &Fields) -> Vec<usize> {
        let mut carried: Vec<usize> = keys.iter().map(|key| self.by_key[key]).collect();
        carried.dedup();
        // The times that a wrong clock gave are put right.
        let redated = carried.len() < keys.len();
        let timeless = |mut fields: Fields| {
            fields.retain(|name, _| !(redated && TIMES.contains(&name.as_str())));
            fields
        };
        assert_eq!(
            timeless(self.merged(&carried)),
            timeless(fields.clone()),
            "invariant 1: {keys:?} does not carry what was done"
        );
        carried
    }

    pub fn carried_by_entry(&self, entry: &Entry) -> Vec<usize> {
        let carried = self.carried(&entry.keys, &fields_of(&entry.edit));
        assert_eq!(entry.keys.last(), Some(&entry.key));
        assert_eq!(self.intents[carried[0]].verb, entry.edit.verb());
        carried
    }

    pub fn carried_by_displaced(&self, item: &Displaced) -> Vec<usize> {
        if item.edit.verb() == Verb::Delete {
            return item.keys.iter().map(|key| self.by_key[key]).collect();
        }
        self.carried(&item.keys, &fields_of(&item.edit))
    }

    /// Every intent that waits or lies aside in a store.
    fn homes(&self, disk: &Disk) -> HashSet<usize> {
        let entries = disk.entries();
        let displaced = disk.displaced();
        let waiting = entries
            .iter()
            .flat_map(|entry| self.carried_by_entry(entry));
        let aside = displaced
            .iter()
            .flat_map(|item| self.carried_by_displaced(item));
        waiting.chain(aside).collect()
    }

    /// A batch was stored: nothing that was there may be missing without a reason.
    pub fn stored(
        &mut self,
        place: Place,
        before: &Disk,
        batch: &Batch,
        after: &Disk,
        now: Timestamp,
    ) {
        let mut entries = batch.entries.clone();
        entries.sort_by_key(|entry| (entry.order, entry.key));
        for entry in &entries {
            for n in self.carried_by_entry(entry) {
                let next = self.durable.len() as u64;
                self.durable.entry(n).or_insert(next);
            }
        }
        for old in before.entries() {
            if let Some(new) = batch.entries.iter().find(|new| new.key == old.key) {
                assert_eq!(old.edit, new.edit, "invariant 3: one key, two contents");
                assert!(
                    !old.frozen || (new.frozen && new.saw() == old.saw()),
                    "invariant 3: what was sent changed: {old:?} {new:?}"
                );
            }
        }
        let kept = self.homes(after);
        // A deletion that was due, whatever the user wants of it now.
        let deleted: HashSet<Uuid> = before
            .entries()
            .iter()
            .filter(|old| old.edit.verb() == Verb::Delete && old.not_before <= now)
            .map(|old| old.record)
            .collect();
        for old in before.entries() {
            if after.entries().iter().any(|entry| entry.key == old.key) {
                continue;
            }
            for n in self.carried_by_entry(&old) {
                if kept.contains(&n) {
                    continue;
                }
                let never_was = !self.ever.contains(&old.record);
                let concerns = |record: Uuid| record == old.record || record == old.aggregate;
                let deletes =
                    |entry: &&Entry| concerns(entry.record) && entry.edit.verb() == Verb::Delete;
                // It is gone, as the user wanted in the end, or wanted until a moment that was never
                // stored.
                let mut waited = before.entries().into_iter();
                let last = waited.rfind(|entry| concerns(entry.record));
                let wanted = last.as_ref().is_some_and(|last| deletes(&last))
                    && !self.alive.contains(&old.record);
                let moot = wanted
                    || (deleted.iter().copied().any(concerns)
                        && (never_was || after.entries().iter().any(|entry| deletes(&entry))));
                // Put aside while the store took nothing, and for so long.
                let aside = self.aside_since.get(&self.intents[n].key);
                let expired = aside.is_some_and(|since| *since + KEPT <= now);
                // It was an answer to a reminder that was planned there alone.
                let expired = expired || (self.is_noted(&old) && old.made_at + NOTED_FOR < now);
                if expired {
                    self.given_up.insert(n);
                }
                assert!(
                    moot || self.is_settled(n, &kept),
                    "invariant 1: lost {:?}",
                    self.intents[n]
                );
                // Whatever becomes of the deletion that made it pointless; and two deletions are one.
                let deleted_later = after
                    .entries()
                    .iter()
                    .any(|entry| entry.record == old.record && entry.edit.verb() == Verb::Delete);
                let pointless = self.intents[n].verb != Verb::Delete || deleted_later;
                if !self.committed.contains(&n) && pointless {
                    self.given_up.insert(n);
                }
            }
        }
        let aside = after.displaced();
        for old in before.displaced() {
            if aside.iter().any(|item| item.id == old.id) {
                continue;
            }
            if old.at + KEPT <= now {
                let carried = self.carried_by_displaced(&old);
                self.given_up.extend(carried);
                continue;
            }
            for n in self.carried_by_displaced(&old) {
                assert!(
                    self.given_up.contains(&n),
                    "invariant 1: lost what was displaced: {:?}",
                    self.intents[n]
                );
            }
        }
        // An edit is stored with the row that it was made of, or with what became of it.
        let rows: HashSet<Uuid> = after.rows().map(|kept| kept.id).collect();
        for entry in &batch.entries {
            assert!(
                entry.edit.verb() != Verb::Patch
                    || entry.frozen
                    || entry.seen.is_none()
                    || entry.last_known.is_some()
                    || before
                        .entries()
                        .iter()
                        .any(|old| old.record == entry.record)
                    || rows.contains(&entry.record),
                "invariant 10: {entry:?} is stored without its row"
            );
        }
        for item in &batch.displaced {
            let seen = self.displaced.entry(place).or_default();
            for key in &item.keys {
                let news = seen.insert(*key);
                assert!(news, "invariant 11: {key} was displaced twice");
            }
        }
        self.check_rows(place, before, batch, after);
    }

    /// Whether a record is this one, or goes with it.
    pub fn is_or_hangs_on(&self, record: Uuid, other: Uuid) -> bool {
        let mut of = std::iter::successors(Some(record), |it| self.parents.get(it).copied());
        of.any(|it| it == other)
    }

    /// Whether an edit is about a reminder of which the server has told nobody.
    pub fn is_noted(&self, entry: &Entry) -> bool {
        matches!(entry.edit, Edit::Reminder(Op::Patch(_)))
            && !self.issued.contains(&entry.record)
            && !self.owners.contains_key(&entry.record)
    }

    fn is_settled(&self, n: usize, kept: &HashSet<usize>) -> bool {
        let intent = &self.intents[n];
        if self.committed.contains(&n) || self.given_up.contains(&n) {
            return true;
        }
        let is_gone = !self.alive.contains(&intent.record);
        if intent.verb == Verb::Delete && (is_gone || self.went_on(n, kept)) {
            return true;
        }
        // What a deletion of one's own made pointless is not missed, nor what became part of that on
        // another page meanwhile; nor one, after it as the store has them, of what its record hangs on;
        // and two deletions are one.
        let deletes = |m: usize, other: &Intent| {
            let [this, that] = [n, m].map(|n| self.durable.get(&n));
            // One that took effect without being stored comes after what other pages stored.
            let unstored = that.is_none() && self.committed.contains(&m);
            let is_later = m > n || unstored || (that.is_some() && this < that);
            let of_parent = is_later && self.is_or_hangs_on(intent.record, other.record);
            other.verb == Verb::Delete && (other.record == intent.record || of_parent)
        };
        let intents = self.intents.iter().enumerate();
        intents
            .filter(|(m, other)| deletes(*m, other) && other.place == intent.place)
            .any(|(m, _)| {
                let given_up = self.given_up.contains(&m);
                kept.contains(&m) || self.committed.contains(&m) || (is_gone && !given_up)
            })
    }

    /// Whether another page that knew nothing of the deletion went on with the record, and came
    /// through, or still waits for that.
    fn went_on(&self, deletion: usize, kept: &HashSet<usize>) -> bool {
        let intent = &self.intents[deletion];
        let later = self.intents.iter().enumerate().skip(deletion);
        later
            .filter(|(_, later)| later.record == intent.record && later.place == intent.place)
            .any(|(n, later)| {
                let lives = self.committed.contains(&n) || kept.contains(&n);
                later.verb != Verb::Delete && lives
            })
    }

    /// The rows of a store after a batch.
    fn check_rows(&mut self, place: Place, before: &Disk, batch: &Batch, after: &Disk) {
        if batch.shards.is_empty() {
            return;
        }
        let rebuilt = before.meta().base_generation != after.meta().base_generation;
        let dead = self.dead.entry(place).or_default();
        if rebuilt {
            // The new base is as the server was when it was built, perhaps before the deletion.
            dead.clear();
        }
        let mut here = HashSet::new();
        for kept in after.rows() {
            match &kept.row {
                None => _ = dead.insert(kept.id),
                Some(_) => _ = here.insert(kept.id),
            }
        }
        for id in &here {
            assert!(
                !dead.contains(id),
                "invariant 9: {:?} came back",
                after.rows().find(|kept| kept.id == *id)
            );
        }
        let were: HashSet<Uuid> = before
            .rows()
            .filter(|kept| kept.row.is_some())
            .map(|kept| kept.id)
            .collect();
        for entry in after.entries() {
            let record = entry.record;
            assert!(
                rebuilt
                    || !were.contains(&record)
                    || here.contains(&record)
                    || dead.contains(&record),
                "invariant 10: the row of {entry:?} left the store"
            );
        }
    }

    /// Where the next thing of the queue is sent: what can be said before the server has it.
    pub fn sent(&mut self, place: Place, request: &Request, outbox: &Outbox) {
        let waiting = outbox.entries();
        let Some(key) = request.key else { return };
        let intent = self.intent(key).expect("a page sends what was done");
        assert_eq!(
            intent.place.1, place.1,
            "invariant 12: sent for another user"
        );
        // What was noted of a planned reminder is about another one where a wrong clock was put right: that is
        // planned from another time then.
        let of_entry = waiting.iter().find(|entry| entry.key == key);
        let record = of_entry.map_or(intent.record, |entry| entry.record);
        let verb = intent.verb;
        let verb = if request.method == http::Method::POST {
            Verb::Create
        } else {
            verb
        };
        let creation =
            |entry: &Arc<Entry>| entry.record == record && entry.edit.verb() == Verb::Create;
        // Only a deletion may go without: it makes sure that there is nothing.
        // A move is made by what moves its application.
        let made_of = match self.parents.get(&record) {
            Some(parent) if request.path.contains("/stage-events/") => *parent,
            _ => record,
        };
        let made = record == place.1
            || self.ever.contains(&made_of)
            || self.issued.contains(&record)
            || verb == Verb::Delete;
        // A later creation is one that another page had sent already, and could not store.
        let mut before = waiting.iter().take_while(|entry| entry.key != key);
        let first = made && !before.any(creation);
        assert!(
            verb == Verb::Create || first,
            "invariant 5: {request:?} before its creation was answered, {:?}",
            waiting
                .iter()
                .map(|entry| (
                    entry.order,
                    entry.key,
                    entry.record,
                    entry.edit.verb(),
                    entry.frozen
                ))
                .collect::<Vec<_>>()
        );
        let entry = waiting.iter().find(|entry| entry.key == key);
        let entry = entry.expect("what is sent waits");
        let carries = self.carried_by_entry(entry);
        assert_eq!(fields_in(request.body.as_deref()), fields_of(&entry.edit));
        let said = self.said.entry(key).or_default();
        said.carries = carries;
        let bytes = (
            request.method.clone(),
            request.path.clone(),
            (request.if_match, request.if_updated_at),
            request.body.clone(),
        );
        // Sent without being stored, an edit may be sent anew after a crash, on another version: then
        // the server refuses it, and the user hears of it.
        let stored = waiting
            .iter()
            .any(|entry| entry.key == key && outbox.is_durable(entry));
        said.unstored |= !stored;
        match &said.request {
            Some(first) => assert!(
                *first == bytes
                    || (said.unstored
                        && (&first.0, &first.1, &first.3) == (&bytes.0, &bytes.1, &bytes.3)),
                "invariant 3: {key} was sent otherwise: {first:?} {bytes:?}"
            ),
            None => said.request = Some(bytes),
        }
    }

    /// The server told what changed.
    pub fn told(&mut self, page: &SyncPage) {
        let of_reminder =
            |change: &&SyncChange| matches!(change.what, SyncRow::Upsert(Entity::Reminder(_)));
        let reminders = page.changes.iter().filter(of_reminder);
        self.issued.extend(reminders.map(|change| change.id));
    }

    /// The server answered. `changed` says whether the user's history went on.
    pub fn served(&mut self, request: &Request, reply: &Reply, changed: bool) {
        let user = request.cookie.as_ref().map(|session| session.user);
        if changed {
            match request.method {
                http::Method::POST => {
                    let body: Value =
                        serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
                    let id = body["id"].as_str().unwrap().parse().unwrap();
                    assert_eq!(self.owners.get(&id).copied(), user, "invariant 12: {id}");
                    self.alive.insert(id);
                    self.ever.insert(id);
                    let mut parts = request.path.split('/').skip(2);
                    let parent = parts.next().and_then(|parent| parent.parse().ok());
                    self.parents.extend(parent.map(|parent| (id, parent)));
                }
                http::Method::DELETE => {
                    let id = request.path.rsplit('/').next().unwrap().parse().unwrap();
                    let gone = self.alive.iter().copied();
                    let gone: Vec<Uuid> = gone.filter(|it| self.is_or_hangs_on(*it, id)).collect();
                    self.alive.retain(|record| !gone.contains(record));
                }
                _ => {}
            }
        }
        if let Some(key) = request.key {
            self.answered(key, user, request, reply, changed);
        }
        if changed && let Some(user) = user {
            self.went_on_to(user, request, reply);
        }
    }

    /// The answer to a page's edit.
    fn answered(
        &mut self,
        key: Uuid,
        user: Option<Uuid>,
        request: &Request,
        reply: &Reply,
        changed: bool,
    ) {
        let record = self.intent(key).map(|intent| intent.record);
        // The same creation under another key, as another page sent it that became one with more.
        let created_before = request.method == http::Method::POST
            && record.is_some_and(|record| self.ever.contains(&record));
        let said = self.said.entry(key).or_default();
        if changed {
            said.effects += 1;
            assert_eq!(said.effects, 1, "invariant 2: {key} took effect twice");
            assert!(
                reply.is_success(),
                "it took effect, and the answer is {reply:?}"
            );
        }
        if reply.is_success() {
            match &said.answer {
                None => {
                    assert!(
                        changed || created_before,
                        "invariant 3: a first answer without an effect: {reply:?}"
                    );
                    said.answer = Some(reply.body.clone());
                }
                Some(first) => assert!(
                    *first == reply.body,
                    "invariant 3: {key} was answered {first}, then {}",
                    reply.body
                ),
            }
        }
        let Some(intent) = self.intent(key) else {
            return;
        };
        let (place, record, verb) = (intent.place, intent.record, intent.verb);
        let carries = self.said[&key].carries.clone();
        // What is not there need not be deleted, whoever makes it later.
        let is_gone = request.method == http::Method::DELETE && reply.status() == 404;
        if reply.is_success() || is_gone {
            self.committed.extend(&carries);
        }
        if changed {
            assert_eq!(
                user,
                Some(place.1),
                "invariant 12: {key} took effect for another user"
            );
            // A page without a store does not hear that its deletion was taken back in another.
            let is_unaware = verb == Verb::Delete && self.alone.contains(&(place, record));
            let orders = || carries.iter().filter_map(|n| self.durable.get(n)).copied();
            if let Some(first) = orders().min() {
                let applied = self.applied.entry((place, record)).or_default();
                // What another page sent without being able to store it may be part of this too: it
                // comes again with what followed it, and with nothing in between.
                let part = |order: &u64| orders().any(|carried| carried == *order);
                assert!(
                    is_unaware || applied.iter().all(|order| *order < first || part(order)),
                    "invariant 4: {key} took effect after a later edit of {record}"
                );
                applied.extend(orders());
            }
            for n in &carries {
                self.check_seen(*n);
            }
        }
        if let Err(problem) = reply.clone().read(&request.method).result {
            // Planner and worker change a reminder without a new version, so that they contradict nobody.
            let since = request.if_match.unwrap_or(0) + 1;
            let versions = self.versions.get(&record);
            let is_edited = versions.is_some_and(|all| all.range(since..).next().is_some());
            assert!(
                problem.kind != ProblemKind::Conflict
                    || is_edited
                    || !request.path.starts_with("/reminders/"),
                "invariant 17: {request:?} conflicts with what nobody did"
            );
            let fields = fields_in(request.body.as_deref());
            let current = problem.meta.get("current").cloned();
            let current = current.and_then(|row| serde_json::from_value(row).ok());
            if let (ProblemKind::Conflict, Some(current)) = (problem.kind, current.map(as_told))
                && fields
                    .iter()
                    .all(|(name, value)| current.get(name) == Some(value))
            {
                self.committed.extend(&carries);
                let number = request.if_match.unwrap_or(0);
                // An edit of what was still to be created may know the number alone.
                let known = || Some(self.versions.get(&record)?.get(&number)?.at);
                let at = request.if_updated_at.or_else(known);
                let seen = at.map(|at| (at, number));
                self.agree(place, record, seen, fields);
            }
        }
    }

    /// An intent takes effect on the record as it is: on what its user saw, and on what the queue
    /// made of it since.
    fn check_seen(&self, n: usize) {
        let intent = &self.intents[n];
        let versions = self.versions.get(&intent.record).into_iter().flatten();
        let later = |(version, of): &(&i64, &Version)| Some((of.at, **version)) > intent.seen;
        for (version, of) in versions.filter(later) {
            assert!(
                !intent.exact && of.by.contains(&intent.place),
                "invariant 16: {intent:?} took effect over version {version} of somebody else"
            );
        }
    }

    /// The server had already all that a queue wanted. Where the versions since the one that its user
    /// saw made that of it and nothing else, they are as good as the queue's own.
    fn agree(&mut self, place: Place, record: Uuid, seen: Option<Seen>, wanted: Fields) {
        let same = |one: &Fields, other: &Fields| {
            let told = |row: &Fields| -> Fields {
                let fields = row.clone().into_iter();
                fields
                    .filter(|(name, _)| !OPEN.contains(&name.as_str()))
                    .collect()
            };
            told(one) == told(other)
        };
        let Some(versions) = self.versions.get_mut(&record) else {
            return;
        };
        let is_it = |(version, of): &(&i64, &Version)| Some((of.at, **version)) == seen;
        let saw = versions.iter().find(is_it).map(|(_, of)| &of.row);
        let saw = saw.or_else(|| self.lost.get(&(record, seen?)));
        let (Some(saw), Some((_, current))) = (saw, versions.last_key_value()) else {
            return;
        };
        let mut expected = saw.clone();
        expected.extend(wanted);
        if same(&expected, &current.row) {
            for (version, of) in versions {
                if Some((of.at, *version)) > seen {
                    of.by.insert(place);
                }
            }
        }
    }

    /// The server has another version of a record, or none any more.
    fn went_on_to(&mut self, user: Uuid, request: &Request, reply: &Reply) {
        let by = request.key.and_then(|key| self.intent(key));
        let by = by.map(|intent| intent.place).into_iter().collect();
        if request.method == http::Method::DELETE {
            let id: Uuid = request.path.rsplit('/').next().unwrap().parse().unwrap();
            self.versions.remove(&id);
            return;
        }
        let row = as_told(serde_json::from_str(&reply.body).unwrap());
        let id = row.get("id").and_then(Value::as_str);
        let id = id.map_or(user, |id| id.parse().unwrap());
        let version = row["version"].as_i64().unwrap();
        let versions = self.versions.entry(id).or_default();
        let at = row["updated_at"].as_str().unwrap().parse().unwrap();
        versions.insert(version, Version { by, at, row });
    }

    /// A record is as it was at an earlier version: what came later the server never heard of.
    pub fn set_back(&mut self, record: Uuid, version: i64) {
        if let Some(versions) = self.versions.get_mut(&record) {
            let lost = versions.split_off(&(version + 1)).into_iter();
            let lost = lost.map(|(version, of)| ((record, (of.at, version)), of.row));
            self.lost.extend(lost);
        }
        for (key, said) in &mut self.said {
            let row = said.answer.as_deref();
            let row = row.and_then(|body| serde_json::from_str::<Value>(body).ok());
            let made = row.and_then(|row| row["version"].as_i64());
            let intent = self.by_key.get(key).map(|n| &self.intents[*n]);
            let Some(intent) = intent.filter(|it| it.record == record && made > Some(version))
            else {
                continue;
            };
            said.effects = 0;
            said.answer = None;
            // What was sent in its turn may be sent once more.
            if let Some(applied) = self.applied.get_mut(&(intent.place, record)) {
                let lost = said.carries.iter().filter_map(|n| self.durable.get(n));
                lost.for_each(|order| _ = applied.remove(order));
            }
        }
    }

    /// The applications of a user that are there, in order.
    pub fn applications_of(&self, user: Uuid) -> Vec<Uuid> {
        let mut alive = self.alive_of(user);
        alive.retain(|id| !self.parents.contains_key(id));
        alive
    }

    /// The records of a user that are there, in order.
    pub fn alive_of(&self, user: Uuid) -> Vec<Uuid> {
        let alive = self.alive.iter().copied();
        alive
            .filter(|id| self.owners.get(id) == Some(&user))
            .collect()
    }

    /// Whether the server has an edit of a record from a store's queue.
    pub fn has_edited(&self, place: Place, record: Uuid) -> bool {
        let intents = self.intents.iter().enumerate();
        let mut here =
            intents.filter(|(_, intent)| intent.place == place && intent.record == record);
        here.any(|(n, _)| self.committed.contains(&n))
    }

    /// Whether the server has what was done under a key.
    pub fn has_arrived(&self, key: Uuid) -> bool {
        self.by_key
            .get(&key)
            .is_some_and(|n| self.committed.contains(n))
    }

    /// What is left when everything has come to rest.
    pub fn check_all(&self, disks: &[(Place, &Disk)]) {
        let homes: HashMap<Place, HashSet<usize>> = disks
            .iter()
            .map(|(place, disk)| (*place, self.homes(disk)))
            .collect();
        for n in self.durable.keys() {
            let intent = &self.intents[*n];
            if intent.verb == Verb::Delete && self.alone.contains(&(intent.place, intent.record)) {
                continue;
            }
            let none = HashSet::new();
            let kept = homes.get(&intent.place).unwrap_or(&none);
            assert!(
                kept.contains(n) || self.is_settled(*n, kept),
                "invariant 1: {intent:?} is nowhere"
            );
            // A deletion that went with its creation must not leave the record behind.
            let deleted = intent.verb == Verb::Delete
                && !kept.contains(n)
                && !self.given_up.contains(n)
                && !self.went_on(*n, kept);
            assert!(
                !deleted || !self.alive.contains(&intent.record),
                "invariant 1: {intent:?} was to be deleted"
            );
        }
    }
}
