//! What the engine does, one situation a test.

mod answers;
mod edits;
mod moves;
mod network;
mod pages;
mod peace;
mod planned;
mod pulling;
mod restored;
mod session;
mod shapes;
mod shown;
mod store;

use super::{queue::QueueEvent, *};
use crate::domain::{
    application::{
        Application, ApplicationPatch,
        tests::{now, sample},
    },
    change::Change,
    error::ProblemKind,
    position::{Position, Positions},
    reminder::Reminder,
    settings::{Settings, SettingsPatch},
    stage::{StageEvent, Status},
    sync::{Entity, EntityKind, SyncChange, SyncPage, SyncRow},
    user::User,
};
use chrono::Duration;
use proptest::prelude::*;
use serde_json::json;
use std::{cell::RefCell, collections::BTreeMap, collections::VecDeque, rc::Rc};

/// A store in memory, as the adapter keeps one.
#[derive(Default)]
struct Disk {
    stamp: u64,
    meta: Meta,
    entries: BTreeMap<Uuid, Entry>,
    displaced: BTreeMap<Uuid, Displaced>,
    shards: BTreeMap<Shard, Vec<Kept>>,
    trouble: Option<Trouble>,
    /// It is full with so many rows.
    rows_at_most: Option<usize>,
}

impl Disk {
    fn is_too_small_for(&self, batch: &Batch) -> bool {
        let rows = batch.shards.iter().map(|(_, rows)| rows.len()).sum();
        self.rows_at_most.is_some_and(|most| most < rows)
    }

    fn read(&self) -> Stored {
        Stored {
            stamp: self.stamp,
            meta: self.meta.clone(),
            entries: self.entries.values().cloned().collect(),
            displaced: self.displaced.values().cloned().collect(),
            shards: self
                .shards
                .iter()
                .map(|(shard, kept)| (*shard, kept.clone()))
                .collect(),
            damaged: false,
            unreadable: 0,
            newer: 0,
        }
    }

    fn put(&mut self, batch: Batch) {
        self.stamp += 1;
        self.meta = batch.meta;
        for entry in batch.entries {
            // What is true of a page alone is not stored.
            let json = serde_json::to_string(&entry).unwrap();
            self.entries
                .insert(entry.key, serde_json::from_str(&json).unwrap());
        }
        for key in batch.settled {
            self.entries.remove(&key);
        }
        for item in batch.displaced {
            self.displaced.insert(item.id, item);
        }
        for id in batch.dropped {
            self.displaced.remove(&id);
        }
        for (shard, content) in batch.shards {
            self.shards.insert(shard, content);
        }
    }

    fn row(&self, id: Uuid) -> Option<Entity> {
        let kept = self.shards.values().flatten();
        kept.filter(|kept| kept.id == id)
            .find_map(|kept| kept.row.clone())
    }
}

/// A page: an engine, and what it asked for. Writing and locking happen at once unless a test says
/// otherwise.
struct Page {
    engine: Engine,
    disk: Rc<RefCell<Disk>>,
    at: Timestamp,
    sent: Vec<Outgoing>,
    notices: Vec<Notice>,
    pulls: Vec<Option<String>>,
    identifies: usize,
    wake_in: Option<u32>,
    holds: bool,
    writes_wait: bool,
    waiting: Option<Batch>,
    lock_waits: bool,
    /// Times that the lock was asked for while it was not to be had.
    locks: usize,
    steals: usize,
    limits: Vec<u32>,
    /// Which places of the history pulls told of.
    told: Vec<Positions>,
    opens: usize,
    closes: usize,
    /// The time by the server's clock, as its answers say it.
    server_now: Option<Timestamp>,
    /// Where the history stands, as answers say it.
    position: Option<Position>,
}

impl Page {
    /// A page with these rows, over an empty store.
    fn new(rows: &[Application]) -> Self {
        let mut page = Self::over(&Rc::default());
        page.engine.load(&me(), &snapshot(rows));
        page.open();
        page
    }

    /// A page over a store that is not read yet.
    fn over(disk: &Rc<RefCell<Disk>>) -> Self {
        Self {
            engine: Engine::default(),
            disk: Rc::clone(disk),
            at: now(),
            sent: Vec::new(),
            notices: Vec::new(),
            pulls: Vec::new(),
            identifies: 0,
            wake_in: None,
            holds: false,
            writes_wait: false,
            waiting: None,
            lock_waits: false,
            locks: 0,
            steals: 0,
            limits: Vec::new(),
            told: Vec::new(),
            opens: 0,
            closes: 0,
            server_now: None,
            position: None,
        }
    }

    /// A page over what another one stored.
    fn reopened(&self) -> Self {
        let mut page = Self::over(&self.disk);
        page.at = self.at;
        page.open();
        page
    }

    fn open(&mut self) {
        let stored = self.disk.borrow().read();
        let effects = self.engine.opened(stored, self.at);
        self.perform(effects);
    }

    fn refresh(&mut self) {
        let stored = self.disk.borrow().read();
        let (_, effects) = self.engine.refreshed(stored, self.at);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut effects: VecDeque<Effect> = effects.into();
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Open => self.opens += 1,
                Effect::CloseStore => self.closes += 1,
                Effect::Write(batch) if self.writes_wait => {
                    assert!(self.waiting.is_none(), "one batch at a time");
                    self.waiting = Some(Batch::clone(&batch));
                }
                Effect::Write(batch) => effects.extend(self.store(Batch::clone(&batch))),
                Effect::Send(outgoing) => self.sent.push(*outgoing),
                Effect::Pull(pull) => {
                    self.pulls.push(pull.since);
                    self.limits.push(pull.limit);
                    self.told.push(pull.heard_of);
                }
                Effect::Lock { steal } if self.lock_waits => {
                    self.locks += 1;
                    self.steals += usize::from(steal);
                }
                Effect::Lock { .. } => {
                    self.holds = true;
                    let stored = self.disk.borrow().read();
                    effects.extend(self.engine.refreshed(stored, self.at).1);
                    effects.extend(self.engine.locked(self.at));
                }
                Effect::Unlock => self.holds = false,
                Effect::WakeIn(millis) => self.wake_in = Some(millis),
                Effect::Identify => self.identifies += 1,
                Effect::Notify(notice) => self.notices.push(notice),
            }
        }
        let shown = self.engine.shown().clone();
        assert_eq!(**Application::rows(&shown), self.engine.view());
        assert_eq!(**Settings::rows(&shown), self.engine.view());
        assert_eq!(**Reminder::rows(&shown), self.engine.view());
        let entries = self.engine.outbox().entries().iter();
        let pending: std::collections::HashSet<Uuid> = entries.map(|entry| entry.record).collect();
        assert_eq!(*self.engine.pending_records(), pending);
    }

    fn store(&mut self, batch: Batch) -> Vec<Effect> {
        let mut disk = self.disk.borrow_mut();
        if disk.is_too_small_for(&batch) {
            return self
                .engine
                .write_failed(batch.number, Trouble::Full, self.at);
        }
        if let Some(trouble) = disk.trouble {
            return self.engine.write_failed(batch.number, trouble, self.at);
        }
        if disk.stamp == batch.stamp {
            let number = batch.number;
            disk.put(batch);
            self.engine.written(number, self.at)
        } else {
            self.engine
                .write_conflict(batch.number, disk.read(), self.at)
        }
    }

    /// Stores what waits to be written.
    fn write(&mut self) {
        let batch = self.waiting.take().expect("a batch");
        let effects = self.store(batch);
        self.perform(effects);
    }

    fn edit(&mut self, record: Uuid, edit: Edit, n: u128) {
        let made = self.made();
        let effects = self.engine.mutate(record, edit, key(n), made).unwrap();
        self.perform(effects);
    }

    fn made(&self) -> Made {
        Made {
            at: self.at,
            on: self.at.date_naive(),
        }
    }

    fn wake(&mut self) {
        let effects = self.engine.wake(self.at);
        self.perform(effects);
    }

    fn later(&mut self, by: Duration) {
        self.at += by;
        self.wake();
    }

    fn answer(&mut self, n: u128, answer: Result<String, Problem>) {
        self.answer_to(key(n), answer);
    }

    fn answer_to(&mut self, key: Uuid, result: Result<String, Problem>) {
        let answer = Answer {
            result,
            server_now: self.server_now,
            position: self.position,
        };
        let effects = self.engine.answered(key, answer, self.at, 0.5);
        self.perform(effects);
    }

    fn pulled(&mut self, page: SyncPage) {
        let effects = self.engine.pulled(page, self.at);
        self.perform(effects);
    }

    fn pull(&mut self) {
        let effects = self.engine.pull();
        self.perform(effects);
    }

    /// The requests since the last look: key and version.
    fn sent(&mut self) -> Vec<(Uuid, Option<i64>)> {
        self.sent
            .drain(..)
            .map(|outgoing| (outgoing.key, outgoing.if_match))
            .collect()
    }

    fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    fn view(&self, id: Uuid) -> Option<Arc<Application>> {
        let one = self.engine.view_of::<Application>(id);
        assert_eq!(one.as_ref(), self.engine.view::<Application>().get(&id));
        one
    }

    fn keys(&self) -> Vec<Uuid> {
        let entries = self.engine.outbox().entries();
        entries.iter().map(|entry| entry.key).collect()
    }

    fn state(&self) -> SyncState {
        self.engine.sync_state(self.at)
    }
}

fn me() -> Me {
    let user = json!({
        "id": Uuid::from_u128(9), "email": "ada@example.com",
    });
    let settings = json!({
        "version": 1, "display_name": null, "timezone": "Africa/Lagos",
        "session_timeout_mins": 60, "quiet_hours_start": null, "quiet_hours_end": null,
        "reminder_defaults": {}, "updated_at": now(),
    });
    Me {
        user: serde_json::from_value::<User>(user).unwrap(),
        settings: serde_json::from_value(settings).unwrap(),
        csrf_token: String::new(),
    }
}

fn snapshot(rows: &[Application]) -> BoardSnapshot {
    BoardSnapshot {
        now: now(),
        rows: rows.to_vec(),
        activities: Vec::new(),
        counts: Vec::new(),
        whole: true,
    }
}

fn key(n: u128) -> Uuid {
    Uuid::from_u128(1000 + n)
}

fn patch(fields: serde_json::Value) -> ApplicationPatch {
    serde_json::from_value(fields).unwrap()
}

fn change(fields: serde_json::Value) -> Edit {
    Edit::Application(Op::Patch(Box::new(patch(fields))))
}

/// What a page that saw something else did to a record, as it stands in the queue.
fn push(page: &mut Page, entry: Entry) {
    let entry = Entry {
        keys: vec![entry.key],
        ..entry
    };
    page.engine.outbox.record(QueueEvent::Push {
        entry: Box::new(entry),
        merged_into: None,
    });
}

fn note(text: &str) -> Edit {
    change(json!({ "notes": text }))
}

fn to(status: Status) -> Edit {
    change(json!({ "status": status }))
}

fn create(id: Uuid) -> Edit {
    let create = json!({ "id": id, "company": "Acme", "role_title": "Engineer" });
    Edit::Application(Op::Create(serde_json::from_value(create).unwrap()))
}

fn delete() -> Edit {
    Edit::Application(Op::Delete)
}

fn json_of(row: &Application) -> String {
    serde_json::to_string(row).unwrap()
}

/// What the server makes of a row.
fn after(row: &Application, fields: serde_json::Value) -> Application {
    row.patched(&patch(fields), Made::utc(now())).unwrap()
}

fn problem(kind: ProblemKind) -> Problem {
    Problem::new(kind, "why")
}

/// The edit was taken when it first came, and its record deleted since.
fn taken() -> Problem {
    problem(ProblemKind::Gone).with_meta(json!({ "taken": true }))
}

fn conflict_with(row: &Application) -> Problem {
    problem(ProblemKind::Conflict).with_meta(json!({ "current": row }))
}

fn upsert(seq: i64, row: &Application) -> SyncChange {
    SyncChange {
        seq,
        id: row.id,
        what: SyncRow::Upsert(Entity::Application(Box::new(row.clone()))),
    }
}

fn gone(seq: i64, id: Uuid) -> SyncChange {
    SyncChange {
        seq,
        id,
        what: SyncRow::Delete {
            entity: EntityKind::Application,
        },
    }
}

fn page_of(changes: Vec<SyncChange>, next: &str) -> SyncPage {
    SyncPage {
        epoch: Uuid::nil(),
        changes,
        next: next.to_owned(),
        has_more: false,
        skipped: 0,
    }
}

/// A page that is offline, so that nothing is sent.
fn offline(rows: &[Application]) -> Page {
    let mut page = Page::new(rows);
    page.pull();
    let effects = page
        .engine
        .pull_failed(&problem(ProblemKind::Network), page.at, 1.0);
    page.perform(effects);
    page
}

/// There is one displaced edit of a deleted record; made again it is a new record with both edits.
/// The server says of the first edit that waits that there is no such record.
fn find_out(page: &mut Page) {
    if let Some(first) = page
        .engine
        .outbox()
        .entries()
        .first()
        .map(|first| first.key)
    {
        let missing = Err(problem(ProblemKind::NotFound));
        page.answer_to(first, missing);
    }
}

fn assert_displaced_and_recreated(page: &mut Page, old: Uuid) {
    find_out(page);
    let notices = page.notices();
    let [Notice::Displaced(item)] = notices.as_slice() else {
        panic!("one notice: {notices:?}");
    };
    assert_eq!((item.reason, item.record), (Reason::Deleted, old));
    assert_eq!(item.title, "Backend Engineer");
    assert!(page.engine.outbox().is_empty());
    let fresh = Uuid::from_u128(77);
    let made = page.made();
    let (record, effects) = page.engine.reapply(item.id, fresh, key(50), made).unwrap();
    page.perform(effects);
    assert_eq!(record, fresh);
    let view = page.view(fresh).unwrap();
    assert_eq!(view.status, Status::Offer);
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "mine");
    assert!(page.engine.displaced().is_empty());
}

/// Two pages over one store with one entry each of them knows, while the lock is with the first.
fn two_pages(row: Option<&Application>, edit: Edit, record: Uuid) -> (Page, Page) {
    let rows: Vec<_> = row.cloned().into_iter().collect();
    let mut one = Page::new(&rows);
    one.pulled(page_of(
        rows.iter().map(|row| upsert(1, row)).collect(),
        "1",
    ));
    one.lock_waits = true;
    one.edit(record, edit, 1);
    let mut two = Page::over(&one.disk);
    two.lock_waits = true;
    two.open();
    (one, two)
}
