//! What the engine does, one situation a test.

use super::{queue::QueueEvent, *};
use crate::domain::{
    application::{
        ApplicationPatch,
        tests::{now, sample},
    },
    change::Change,
    error::ProblemKind,
    settings::SettingsPatch,
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
}

impl Disk {
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
        let effects = self.engine.refreshed(stored, self.at);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut effects: VecDeque<Effect> = effects.into();
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Write(batch) if self.writes_wait => {
                    assert!(self.waiting.is_none(), "one batch at a time");
                    self.waiting = Some(*batch);
                }
                Effect::Write(batch) => effects.extend(self.store(*batch)),
                Effect::Send(outgoing) => self.sent.push(*outgoing),
                Effect::Pull { since } => self.pulls.push(since),
                Effect::Lock if self.lock_waits => {}
                Effect::Lock => {
                    self.holds = true;
                    let stored = self.disk.borrow().read();
                    effects.extend(self.engine.refreshed(stored, self.at));
                    effects.extend(self.engine.locked(self.at));
                }
                Effect::Unlock => self.holds = false,
                Effect::WakeIn(millis) => self.wake_in = Some(millis),
                Effect::Identify => self.identifies += 1,
                Effect::Notify(notice) => self.notices.push(notice),
            }
        }
    }

    fn store(&mut self, batch: Batch) -> Vec<Effect> {
        let mut disk = self.disk.borrow_mut();
        if let Some(trouble) = disk.trouble {
            return self.engine.write_failed(trouble, self.at);
        }
        if disk.stamp == batch.stamp {
            disk.put(batch);
            self.engine.written(self.at)
        } else {
            self.engine.write_conflict(disk.read(), self.at)
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
        let effects = self.engine.answered(key(n), answer, self.at, 0.5);
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
        onto: None,
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
    row.patched(&patch(fields), now()).unwrap()
}

fn problem(kind: ProblemKind) -> Problem {
    Problem::new(kind, "why")
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
    }
}

// --- an edit's way ---

#[test]
fn a_move_shows_at_once_and_is_sent_on_the_version_that_was_seen() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    assert_eq!(page.view(row.id).unwrap().status, Status::Offer);
    let [sent] = page.sent.as_slice() else {
        panic!("{:?}", page.sent)
    };
    assert_eq!(sent.method, http::Method::PATCH);
    assert_eq!(sent.path, format!("/applications/{}", row.id));
    assert_eq!(sent.if_match, Some(1));
    assert_eq!(sent.body.as_deref(), Some(r#"{"status":"Offer"}"#));
    assert_eq!(page.state(), SyncState::Saving(1));
    assert_eq!(page.engine.history(row.id).len(), 1);
    page.answer(1, Ok(json_of(&after(&row, json!({"status": "Offer"})))));
    assert_eq!(page.state(), SyncState::Saved);
    assert!(page.engine.outbox().is_empty() && page.disk.borrow().entries.is_empty());
    assert!(!page.holds);
    let stored = page.disk.borrow().row(row.id);
    assert!(matches!(stored, Some(Entity::Application(row)) if row.version == 2));
}

#[test]
fn nothing_is_sent_before_it_is_stored_as_it_is_sent() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.writes_wait = true;
    page.edit(row.id, note("a"), 1);
    assert!(page.sent().is_empty());
    assert!(page.engine.has_volatile(page.at));
    assert_eq!(page.state(), SyncState::Saving(1));
    page.wake();
    assert!(page.sent().is_empty());
    while page.waiting.is_some() && page.sent.is_empty() {
        page.write();
    }
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    let stored = page.disk.borrow().entries[&key(1)].clone();
    assert!(stored.frozen && stored.seen == Some(1));
    assert!(!page.engine.has_volatile(page.at));
}

#[test]
fn after_a_crash_the_same_bytes_go_again() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.edit(row.id, note("a"), 1);
    let first = page.sent.clone();
    let mut again = page.reopened();
    // The base has moved on; the request has not.
    again.pulled(page_of(vec![upsert(2, &after(&row, json!({})))], "2"));
    assert_eq!(again.sent, first);
}

#[test]
fn edits_of_one_record_go_one_after_another_each_on_the_one_before() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.edit(row.id, note("x"), 2);
    assert!(page.sent().is_empty());
    page.answer(1, Ok(json_of(&after(&row, json!({"status": "Offer"})))));
    assert_eq!(page.sent(), [(key(2), Some(2))]);
}

#[test]
fn records_do_not_block_each_other_and_six_go_at_once() {
    let rows: Vec<_> = (1..=8).map(sample).collect();
    let mut page = Page::new(&rows);
    for (n, row) in (1..).zip(&rows) {
        page.edit(row.id, note("a"), n);
    }
    assert_eq!(page.sent().len(), 6);
    page.answer(1, Ok(json_of(&after(&rows[0], json!({"notes": "a"})))));
    assert_eq!(page.sent(), [(key(7), Some(1))]);
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let made = page.made();
    let wrong = change(json!({"salary_min": 2, "salary_max": 1}));
    assert!(page.engine.mutate(row.id, wrong, key(1), made).is_err());
    let nobody = Uuid::from_u128(99);
    let problem = page.engine.mutate(nobody, note("x"), key(1), made);
    assert_eq!(problem.unwrap_err().kind, ProblemKind::NotFound);
    assert!(
        page.engine
            .mutate(row.id, create(row.id), key(1), made)
            .is_err()
    );
    assert!(page.engine.outbox().is_empty());
}

#[test]
fn settings_are_changed_as_any_other_row() {
    let mut page = Page::new(&[]);
    let owner = page.engine.owner().unwrap();
    let named: SettingsPatch = serde_json::from_value(json!({"display_name": "Ada"})).unwrap();
    page.edit(owner, Edit::Settings(Op::Patch(Box::new(named))), 1);
    let settings = page.engine.settings().unwrap();
    assert_eq!(settings.display_name.as_ref().unwrap().as_str(), "Ada");
    assert_eq!(page.sent[0].path, "/settings");
    assert_eq!(page.sent[0].if_match, Some(1));
    page.answer(1, Ok(serde_json::to_string(&*settings).unwrap()));
    assert_eq!(page.engine.settings().unwrap().version, 2);
    assert_eq!(page.state(), SyncState::Saved);
}

// --- coalescing ---

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

#[test]
fn a_create_and_its_edits_are_one_create_of_the_day_on_which_it_was_made() {
    let mut page = offline(&[]);
    let id = Uuid::from_u128(1);
    let made = page.at;
    page.edit(id, create(id), 1);
    page.at += Duration::milliseconds(300);
    page.edit(id, note("x"), 2);
    assert_eq!(page.keys(), [key(2)]);
    let entry = &page.engine.outbox().entries()[0];
    assert_eq!((entry.edit.verb(), entry.made_at), (Verb::Create, made));
    assert_eq!(page.view(id).unwrap().notes.as_ref().unwrap().as_str(), "x");
    assert_eq!(page.disk.borrow().entries.len(), 1);
}

#[test]
fn edits_merge_while_unsent_and_the_later_one_wins() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, change(json!({"notes": "a", "company": "B"})), 1);
    page.edit(row.id, note("b"), 2);
    assert_eq!(page.keys(), [key(2)]);
    let entry = &page.engine.outbox().entries()[0];
    assert_eq!(entry.edit, change(json!({"notes": "b", "company": "B"})));
    assert_eq!(entry.seen, Some(1));
}

#[test]
fn a_move_never_merges() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("a"), 1);
    page.edit(row.id, to(Status::Screening), 2);
    page.edit(row.id, to(Status::Offer), 3);
    page.edit(row.id, note("b"), 4);
    page.edit(row.id, note("c"), 5);
    assert_eq!(page.keys(), [key(1), key(2), key(3), key(5)]);
    assert_eq!(page.engine.history(row.id).len(), 2);
}

#[test]
fn what_was_sent_is_not_changed_any_more() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("a"), 1);
    page.edit(row.id, note("b"), 2);
    page.edit(row.id, note("c"), 3);
    assert_eq!(page.keys(), [key(1), key(3)]);
    assert_eq!(page.engine.outbox().entries()[0].edit, note("a"));
}

#[test]
fn of_a_creation_that_nobody_saw_the_deletion_alone_is_sent() {
    let row = sample(5);
    let mut page = offline(std::slice::from_ref(&row));
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.edit(id, to(Status::Offer), 2);
    page.edit(id, delete(), 3);
    page.edit(row.id, note("x"), 4);
    page.later(DELETE_GRACE);
    // Another page may have sent the creation without being able to store that.
    assert_eq!(page.keys(), [key(3), key(4)]);
    assert_eq!(page.disk.borrow().entries.len(), 2);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    page.answer(3, Err(problem(ProblemKind::NotFound)));
    assert_eq!(page.keys(), [key(4)]);
    assert!(page.notices().is_empty());
}

#[test]
fn what_a_deletion_makes_pointless_is_not_sent() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.edit(row.id, delete(), 3);
    page.later(DELETE_GRACE);
    assert_eq!(page.keys(), [key(3)]);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(3), Some(1))]);
}

#[test]
fn two_deletions_of_one_record_are_one() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    one.edit(row.id, delete(), 2);
    two.edit(row.id, to(Status::Offer), 3);
    let deletion = Entry {
        key: key(4),
        edit: delete(),
        not_before: two.at + DELETE_GRACE,
        ..two.engine.outbox().entries()[0].clone()
    };
    push(&mut two, deletion);
    two.wake();
    one.refresh();
    assert_eq!(one.keys(), [key(1), key(2), key(3), key(4)]);
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(4)]);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    assert_eq!(one.sent(), [(key(4), Some(1))]);
}

// --- deletions ---

#[test]
fn a_deletion_waits_for_its_undo() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, delete(), 1);
    assert!(page.sent().is_empty());
    assert!(page.view(row.id).is_none());
    assert_eq!(page.state(), SyncState::Saved);
    assert_eq!(page.disk.borrow().entries.len(), 1);
    assert_eq!(page.wake_in, Some(30_000));
    let effects = page.engine.retract(key(1), page.at).unwrap();
    page.perform(effects);
    assert!(page.view(row.id).is_some());
    assert!(page.disk.borrow().entries.is_empty());
    page.edit(row.id, delete(), 2);
    page.later(DELETE_GRACE);
    assert_eq!(page.sent(), [(key(2), Some(1))]);
    assert!(page.engine.retract(key(2), page.at).is_none());
    page.answer(2, Ok(String::new()));
    assert!(page.view(row.id).is_none());
    assert!(page.engine.base().table::<Application>().is_gone(row.id));
    assert_eq!(page.state(), SyncState::Saved);
}

#[test]
fn a_deletion_that_is_due_cannot_be_taken_back() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, delete(), 2);
    page.later(DELETE_GRACE);
    // What was done before it is gone already.
    assert_eq!(page.keys(), [key(2)]);
    assert!(page.engine.retract(key(2), page.at).is_none());
    assert_eq!(page.keys(), [key(2)]);
}

#[test]
fn the_grace_is_durable_and_ends_when_it_is_released() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, delete(), 1);
    let mut again = page.reopened();
    again.later(Duration::seconds(10));
    assert!(again.sent().is_empty());
    let effects = again.engine.release(again.at);
    again.perform(effects);
    assert_eq!(again.sent().len(), 1);
}

#[test]
fn a_deletion_that_is_taken_back_leaves_what_came_before() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, delete(), 2);
    page.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    let effects = page.engine.retract(key(2), page.at).unwrap();
    page.perform(effects);
    page.sent();
    page.edit(row.id, note("y"), 3);
    assert_eq!(page.sent(), [(key(3), Some(2))]);
}

#[test]
fn a_creation_that_is_taken_back_takes_along_what_was_done_to_it() {
    let mut page = offline(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.edit(id, to(Status::Offer), 2);
    let effects = page.engine.retract(key(1), page.at).unwrap();
    page.perform(effects);
    assert!(page.engine.outbox().is_empty());
    assert!(page.disk.borrow().entries.is_empty());
}

// --- the answer table ---

#[test]
fn a_conflict_takes_the_servers_state_and_tells_once() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    page.edit(row.id, note("mine"), 2);
    let theirs = after(&row, json!({"status": "Rejected"}));
    page.answer(1, Err(conflict_with(&theirs)));
    assert_eq!(*page.view(row.id).unwrap(), theirs);
    let notices = page.notices();
    let [Notice::Displaced(item)] = notices.as_slice() else {
        panic!("one notice: {notices:?}");
    };
    assert_eq!(item.reason, Reason::Conflict);
    assert_eq!(item.title, "Backend Engineer");
    assert_eq!(
        item.edit,
        change(json!({"status": "Offer", "notes": "mine"}))
    );
    assert!(page.engine.outbox().is_empty());
    assert_eq!(page.engine.displaced(), [item.as_ref().clone()]);
    // It is kept, and made again on what is there now.
    let mut again = page.reopened();
    assert_eq!(again.engine.displaced().len(), 1);
    let made = again.made();
    let (record, effects) = again
        .engine
        .reapply(key(1), Uuid::from_u128(77), key(3), made)
        .unwrap();
    again.perform(effects);
    assert_eq!(record, row.id);
    assert_eq!(again.sent(), [(key(3), Some(2))]);
    assert!(again.engine.displaced().is_empty());
    assert!(again.disk.borrow().displaced.is_empty());
}

#[test]
fn a_conflict_with_what_was_wanted_anyway_is_silent() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    page.edit(row.id, note("x"), 2);
    page.sent();
    let mut theirs = after(&row, json!({"status": "Offer"}));
    theirs.version = 5;
    page.answer(1, Err(conflict_with(&theirs)));
    assert!(page.notices().is_empty());
    assert_eq!(page.sent(), [(key(2), Some(5))]);
}

#[test]
fn a_creation_in_conflict_is_kept_as_it_was_meant() {
    let theirs = sample(1);
    let mut page = offline(&[]);
    page.edit(theirs.id, create(theirs.id), 1);
    page.edit(theirs.id, note("mine"), 2);
    page.pulled(page_of(vec![upsert(1, &theirs)], "1"));
    page.answer(2, Err(conflict_with(&theirs)));
    let made = page.made();
    let effects = page
        .engine
        .reapply(key(2), Uuid::from_u128(77), key(3), made);
    page.perform(effects.unwrap().1);
    let view = page.view(Uuid::from_u128(77)).unwrap();
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "mine");
}

#[test]
fn a_creation_in_conflict_that_was_moved_later_is_kept_as_it_was_meant() {
    let row = sample(1);
    let mut page = offline(&[]);
    page.edit(row.id, create(row.id), 1);
    page.later(Duration::seconds(9));
    let moved = json!({"status": "Offer", "status_occurred_at": page.at});
    page.edit(row.id, change(moved), 2);
    page.answer(
        1,
        Err(conflict_with(&after(&row, json!({"company": "Other"})))),
    );
    let Some(Entity::Application(mine)) = page.engine.displaced()[0].mine.clone() else {
        panic!()
    };
    assert_eq!(
        (mine.company.as_str(), mine.status),
        ("Acme", Status::Offer)
    );
}

#[test]
fn a_conflict_that_does_not_say_what_is_there_parks() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::Conflict)));
    assert_eq!(page.state(), SyncState::Attention(1));
}

#[test]
fn a_displaced_deletion_can_be_made_again() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, delete(), 1);
    page.later(DELETE_GRACE);
    page.answer(1, Err(conflict_with(&after(&row, json!({"notes": "new"})))));
    assert!(page.view(row.id).is_some());
    let made = page.made();
    let (_, effects) = page
        .engine
        .reapply(key(1), Uuid::from_u128(77), key(2), made)
        .unwrap();
    page.perform(effects);
    assert!(page.view(row.id).is_none());
}

#[test]
fn what_is_displaced_around_a_deletion_is_kept_where_it_goes_on() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.edit(row.id, delete(), 2);
    let late = Entry {
        key: key(3),
        edit: to(Status::Offer),
        ..page.engine.outbox().entries()[1].clone()
    };
    push(&mut page, late);
    page.answer(
        1,
        Err(conflict_with(&after(&row, json!({"notes": "theirs"})))),
    );
    let Ok([Notice::Displaced(item)]) = <[Notice; 1]>::try_from(page.notices()) else {
        panic!()
    };
    assert_eq!(item.keys, [key(1), key(2), key(3)]);
    assert_eq!(
        item.edit,
        change(json!({"notes": "mine", "status": "Offer"}))
    );
    // Also where the record is deleted before that.
    page.pulled(page_of(vec![gone(9, row.id)], "9"));
    let made = page.made();
    let id = Uuid::from_u128(77);
    let effects = page.engine.reapply(item.id, id, key(4), made);
    page.perform(effects.unwrap().1);
    let view = page.view(id).unwrap();
    assert_eq!(view.status, Status::Offer);
}

#[test]
fn deleting_what_is_gone_has_succeeded() {
    let row = sample(1);
    for kind in [ProblemKind::NotFound, ProblemKind::Gone] {
        let mut page = Page::new(std::slice::from_ref(&row));
        page.edit(row.id, delete(), 1);
        page.later(DELETE_GRACE);
        page.answer(1, Err(problem(kind)));
        assert!(page.notices().is_empty() && page.engine.outbox().is_empty());
        assert!(page.view(row.id).is_none());
    }
}

#[test]
fn edits_of_what_was_deleted_elsewhere_are_put_aside_and_can_be_made_anew() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.answer(1, Err(problem(ProblemKind::NotFound)));
    assert!(page.view(row.id).is_none());
    assert_displaced_and_recreated(&mut page, row.id);
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
        let effects = page.engine.answered(first, missing, page.at, 0.5);
        page.perform(effects);
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

#[test]
fn a_pull_that_brings_the_deletion_first_hides_no_edit() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.pulled(page_of(vec![gone(5, row.id)], "5"));
    assert!(page.view(row.id).is_none());
    assert_displaced_and_recreated(&mut page, row.id);
    // The cursor is past the deletion, so the edit must be durable with it.
    let disk = page.disk.borrow();
    assert_eq!(disk.meta.cursor.as_deref(), Some("5"));
}

#[test]
fn an_answer_without_a_row_puts_aside_what_came_after() {
    let mut page = Page::new(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.edit(id, note("mine"), 2);
    page.edit(id, to(Status::Offer), 3);
    // It was created, and deleted by another device; the ledger has the status alone.
    page.answer(1, Ok(String::new()));
    let notices = page.notices();
    let [Notice::Displaced(item)] = notices.as_slice() else {
        panic!("one notice: {notices:?}");
    };
    assert_eq!(item.reason, Reason::Deleted);
    let mine = item.mine.clone();
    assert!(matches!(mine, Some(Entity::Application(row)) if row.status == Status::Offer));
    assert!(page.engine.outbox().is_empty());
    assert!(page.view(id).is_none());
}

#[test]
fn a_creation_that_is_answered_after_its_end_was_pulled_leaves_its_row_to_what_came_after() {
    let row = sample(1);
    let mut page = Page::new(&[]);
    page.edit(row.id, create(row.id), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.pulled(page_of(vec![gone(2, row.id)], "2"));
    page.edit(row.id, note("mine"), 3);
    page.answer(1, Ok(json_of(&row)));
    assert_displaced_and_recreated(&mut page, row.id);
}

#[test]
fn an_edit_that_another_page_queued_after_a_deletion_can_be_made_anew() {
    let row = sample(1);
    for pulled_first in [false, true] {
        let (mut one, mut two) = two_pages(Some(&row), delete(), row.id);
        let mut late = Page::over(&Rc::default());
        late.engine
            .load(&me(), &snapshot(std::slice::from_ref(&row)));
        let made = late.made();
        _ = late.engine.mutate(row.id, note("mine"), key(2), made);
        let entry = late.engine.outbox().entries()[0].clone();
        push(&mut two, entry);
        two.wake();
        one.refresh();
        assert_eq!(one.keys(), [key(1), key(2)]);
        if pulled_first {
            one.pulled(page_of(vec![gone(2, row.id)], "2"));
            find_out(&mut one);
        } else {
            one.at += DELETE_GRACE;
            let effects = one.engine.locked(one.at);
            one.perform(effects);
            assert_eq!(one.sent(), [(key(1), Some(1))]);
            one.answer(1, Ok(String::new()));
        }
        let Ok([Notice::Displaced(item)]) = <[Notice; 1]>::try_from(one.notices()) else {
            panic!()
        };
        assert!(item.keys.contains(&key(2)));
        let made = one.made();
        let effects = one
            .engine
            .reapply(item.id, Uuid::from_u128(77), key(3), made);
        one.perform(effects.unwrap().1);
        let view = one.view(Uuid::from_u128(77)).unwrap();
        assert_eq!(view.notes.as_ref().unwrap().as_str(), "mine");
    }
}

#[test]
fn what_does_not_fit_any_more_is_not_left_out_when_it_is_made_anew() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, change(json!({"salary_max": 10})), 1);
    page.pulled(page_of(
        vec![upsert(1, &after(&row, json!({"salary_min": 20})))],
        "1",
    ));
    page.pulled(page_of(vec![gone(2, row.id)], "2"));
    find_out(&mut page);
    let made = page.made();
    let id = Uuid::from_u128(77);
    let problem = page.engine.reapply(key(1), id, key(2), made).unwrap_err();
    assert!(problem.message_for("salary_max").is_some());
    assert_eq!(page.engine.displaced().len(), 1);
}

#[test]
fn a_creation_that_does_not_fit_as_a_whole_is_not_made_anew_in_part() {
    let row = sample(1);
    let mut page = Page::new(&[]);
    page.edit(row.id, create(row.id), 1);
    page.edit(row.id, change(json!({"salary_min": 20})), 2);
    // Another page saw the creation without that.
    let misfit = Entry {
        key: key(3),
        edit: change(json!({"salary_max": 10, "next_action": "Call"})),
        frozen: false,
        ..page.engine.outbox().entries()[0].clone()
    };
    push(&mut page, misfit);
    page.answer(1, Err(conflict_with(&row)));
    let id = page.engine.displaced()[0].id;
    let (fresh, made) = (Uuid::from_u128(77), page.made());
    let problem = page.engine.reapply(id, fresh, key(4), made).unwrap_err();
    assert!(problem.message_for("salary_max").is_some());
    assert_eq!(page.engine.displaced().len(), 1);
}

#[test]
fn wanting_it_deleted_too_is_no_conflict() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, delete(), 2);
    page.answer(1, Err(problem(ProblemKind::NotFound)));
    assert!(page.notices().is_empty());
    assert!(page.engine.outbox().is_empty() && page.engine.displaced().is_empty());
}

#[test]
fn a_refused_edit_is_parked_and_holds_up_its_record_alone() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&[]);
    page.pulled(page_of(vec![upsert(1, &rows[0]), upsert(2, &rows[1])], "2"));
    page.edit(rows[0].id, to(Status::Offer), 1);
    page.edit(rows[0].id, note("later"), 2);
    page.answer(1, Err(Problem::field("status", "no")));
    let notices = page.notices();
    assert!(
        matches!(notices.as_slice(), [Notice::Parked { key: parked, title, .. }]
            if *parked == key(1) && title == "Backend Engineer")
    );
    assert_eq!(page.state(), SyncState::Attention(1));
    page.sent();
    page.edit(rows[1].id, note("other"), 3);
    assert_eq!(page.sent(), [(key(3), Some(1))]);
    // It outlives the page.
    let mut again = page.reopened();
    again.sent();
    assert_eq!(again.state(), SyncState::Attention(1));
    assert_eq!(again.view(rows[0].id).unwrap().status, Status::Offer);
    let effects = again.engine.drop_parked(key(1), again.at);
    again.perform(effects);
    assert_eq!(again.sent(), [(key(2), Some(1))]);
    assert_eq!(again.view(rows[0].id).unwrap().status, Status::Applied);
}

#[test]
fn a_refused_edit_can_be_sent_once_more() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::PayloadTooLarge)));
    page.sent();
    page.later(Duration::hours(1));
    assert!(page.sent().is_empty());
    let effects = page.engine.retry_parked(key(1), page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
}

#[test]
fn a_refused_edit_that_is_corrected_goes_under_a_new_key() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, change(json!({"notes": "a", "company": "B"})), 1);
    page.answer(1, Err(Problem::field("notes", "no")));
    page.sent();
    page.edit(row.id, note("b"), 2);
    assert_eq!(page.sent(), [(key(2), Some(1))]);
    assert_eq!(page.keys(), [key(2)]);
    let entry = &page.engine.outbox().entries()[0];
    assert_eq!(entry.edit, change(json!({"notes": "b", "company": "B"})));
    assert_eq!(entry.parked, None);
    assert_eq!(page.disk.borrow().entries.len(), 1);
}

#[test]
fn what_the_server_may_have_taken_is_neither_corrected_nor_forgotten() {
    let mut page = Page::new(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    // Refused before anybody looked whether an earlier try had come through.
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    let effects = page.engine.identified(Uuid::from_u128(9), page.at);
    page.perform(effects);
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    assert!(page.engine.outbox().entries()[0].parked.is_some());
    page.edit(id, note("x"), 2);
    page.edit(id, delete(), 3);
    page.later(DELETE_GRACE);
    assert_eq!(page.keys(), [key(1), key(2), key(3)]);
}

#[test]
fn two_sessions_in_a_row_are_no_refusal() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    for _ in 0..3 {
        page.answer(1, Err(problem(ProblemKind::Csrf)));
        let effects = page.engine.identified(Uuid::from_u128(9), page.at);
        page.perform(effects);
        page.answer(1, Err(problem(ProblemKind::Network)));
        page.later(Duration::minutes(6));
    }
    assert!(page.notices().is_empty());
}

#[test]
fn dropping_a_refused_creation_drops_what_was_done_to_it() {
    let mut page = Page::new(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.edit(id, to(Status::Offer), 2);
    page.answer(1, Err(Problem::field("company", "no")));
    assert_eq!(page.keys(), [key(1), key(2)]);
    let effects = page.engine.drop_parked(key(1), page.at);
    page.perform(effects);
    assert!(page.engine.outbox().is_empty() && page.disk.borrow().entries.is_empty());
    assert!(page.view(id).is_none());
}

#[test]
fn a_refused_creation_is_forgotten_when_it_is_deleted() {
    let mut page = Page::new(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.answer(1, Err(Problem::field("company", "no")));
    page.edit(id, delete(), 2);
    page.later(DELETE_GRACE);
    assert_eq!(page.keys(), [key(2)]);
}

#[test]
fn when_told_to_wait_it_waits_and_others_do_not() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.edit(rows[0].id, note("x"), 1);
    let mut busy = problem(ProblemKind::TooManyRequests);
    busy.retry_after = Some(300);
    page.answer(1, Err(busy));
    page.sent();
    page.edit(rows[1].id, note("y"), 2);
    assert_eq!(page.sent(), [(key(2), Some(1))]);
    page.at += Duration::seconds(30);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert!(page.sent().is_empty());
    page.later(Duration::seconds(270));
    assert_eq!(page.sent(), [(key(1), Some(1))]);
}

#[test]
fn a_server_in_trouble_is_asked_again_later() {
    let row = sample(1);
    for kind in [ProblemKind::Unavailable, ProblemKind::Internal] {
        let mut page = Page::new(std::slice::from_ref(&row));
        page.edit(row.id, note("x"), 1);
        page.sent();
        for _ in 0..20 {
            page.answer(1, Err(problem(kind)));
            assert!(page.sent().is_empty());
            assert!(page.wake_in.is_some());
            page.later(Duration::minutes(6));
            assert_eq!(page.sent(), [(key(1), Some(1))]);
        }
        assert!(page.notices().is_empty());
    }
}

// --- the network ---

#[test]
fn no_network_keeps_the_edit_and_tries_again_with_the_same_bytes() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    let first = std::mem::take(&mut page.sent);
    page.answer(1, Err(problem(ProblemKind::Network)));
    assert!(page.sent.is_empty());
    assert!(page.wake_in.is_some());
    assert_eq!(page.state(), SyncState::Offline(1));
    assert_eq!(page.view(row.id).unwrap().status, Status::Offer);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.sent, first);
}

#[test]
fn offline_one_request_finds_out_for_all_and_edits_go_on_merging() {
    let rows: Vec<_> = (1..=4).map(sample).collect();
    let mut page = offline(&rows);
    for (n, row) in (1..).zip(&rows) {
        page.edit(row.id, note("a"), n);
    }
    page.edit(rows[3].id, note("b"), 9);
    assert_eq!(page.state(), SyncState::Offline(4));
    assert!(page.sent().is_empty());
    page.later(Duration::minutes(6));
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.wake();
    assert!(page.sent().is_empty());
    page.edit(rows[3].id, note("c"), 10);
    assert_eq!(page.keys(), [key(1), key(2), key(3), key(10)]);
    page.answer(1, Ok(json_of(&after(&rows[0], json!({"notes": "a"})))));
    assert_eq!(page.sent().len(), 3);
}

#[test]
fn an_answer_that_cannot_be_read_is_none() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Ok("<html>".to_owned()));
    assert_eq!(page.state(), SyncState::Offline(1));
}

#[test]
fn a_network_that_is_said_to_be_gone_is_not_asked_until_it_is_said_to_be_back_or_a_while_has_passed()
 {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let effects = page.engine.offline(page.at);
    page.perform(effects);
    assert_eq!(page.state(), SyncState::Offline(0));
    page.edit(row.id, note("x"), 1);
    assert!(page.sent().is_empty());
    page.later(Duration::seconds(30));
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.state(), SyncState::Saving(1));
}

#[test]
fn an_edit_says_what_it_waits_for() {
    let rows = [sample(1), sample(2), sample(3)];
    let mut page = Page::new(&rows);
    page.edit(rows[0].id, note("x"), 1);
    page.edit(rows[0].id, to(Status::Offer), 2);
    page.edit(rows[1].id, delete(), 3);
    page.edit(rows[2].id, note("y"), 4);
    let standing = |page: &Page, n| {
        let entry = page.engine.outbox().get(key(n)).unwrap();
        page.engine.standing(entry, page.at)
    };
    assert_eq!(standing(&page, 1), Standing::Sent);
    assert_eq!(standing(&page, 2), Standing::Turn);
    assert_eq!(standing(&page, 3), Standing::Undo);
    page.answer(4, Err(Problem::field("notes", "no")));
    assert_eq!(standing(&page, 4), Standing::User);
    page.answer(1, Err(problem(ProblemKind::Unavailable)));
    assert_eq!(standing(&page, 1), Standing::NextTry);
    let effects = page.engine.offline(page.at);
    page.perform(effects);
    assert_eq!(standing(&page, 1), Standing::Connection);
    assert_eq!(standing(&page, 3), Standing::Undo);
}

// --- the session ---

#[test]
fn a_session_that_ended_keeps_the_queue_says_so_once_and_goes_on_after_signing_in() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.edit(rows[0].id, note("x"), 1);
    page.edit(rows[1].id, note("y"), 2);
    page.sent();
    page.answer(1, Err(problem(ProblemKind::Unauthorized)));
    page.answer(2, Err(problem(ProblemKind::Unauthorized)));
    assert_eq!(page.notices(), [Notice::SignedOut]);
    assert_eq!(page.state(), SyncState::SignedOut(2));
    page.later(Duration::hours(1));
    assert!(page.sent().is_empty());
    // It asks who is there, and for nothing else.
    page.pull();
    assert!(page.pulls.is_empty());
    assert_eq!(page.identifies, 1);
    let effects = page.engine.identified(Uuid::from_u128(9), page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(1), Some(1)), (key(2), Some(1))]);
}

#[test]
fn a_session_that_a_pull_finds_ended_is_told_too() {
    let mut page = Page::new(&[]);
    page.pull();
    let effects = page
        .engine
        .pull_failed(&problem(ProblemKind::Unauthorized), page.at, 0.5);
    page.perform(effects);
    assert_eq!(page.notices(), [Notice::SignedOut]);
    assert!(page.engine.is_signed_out());
}

#[test]
fn nothing_is_sent_or_pulled_under_another_user() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::OtherUser)));
    page.answer(1, Err(problem(ProblemKind::OtherUser)));
    assert_eq!(page.notices(), [Notice::Foreign]);
    page.sent();
    page.pull();
    page.later(Duration::hours(1));
    // Not even when the user comes back: the page must be loaded anew.
    let effects = page.engine.identified(Uuid::from_u128(9), page.at);
    page.perform(effects);
    assert!(page.sent.is_empty() && page.pulls.is_empty() && page.identifies == 0);
    assert_eq!(page.engine.outbox().len(), 1);
}

#[test]
fn an_answer_for_another_user_counts_whatever_became_of_its_edit() {
    let row = sample(1);
    for (kind, notice) in [
        (ProblemKind::OtherUser, Notice::Foreign),
        (ProblemKind::Unauthorized, Notice::SignedOut),
    ] {
        let mut page = Page::new(std::slice::from_ref(&row));
        page.answer(1, Err(problem(kind)));
        assert_eq!(page.notices(), [notice]);
    }
}

#[test]
fn another_user_is_found_out_by_asking() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    page.sent();
    assert_eq!(page.identifies, 1);
    let effects = page.engine.identified(Uuid::from_u128(10), page.at);
    page.perform(effects);
    assert!(page.engine.is_foreign());
    assert!(page.sent.is_empty());
}

#[test]
fn a_page_that_may_not_send_lets_go_of_the_lock() {
    let row = sample(1);
    for kind in [ProblemKind::Unauthorized, ProblemKind::OtherUser] {
        let mut page = Page::new(std::slice::from_ref(&row));
        page.edit(row.id, note("x"), 1);
        assert!(page.holds);
        page.answer(1, Err(problem(kind)));
        assert!(!page.holds, "{kind:?}");
    }
    // Also where it comes too late.
    let mut page = Page::new(std::slice::from_ref(&row));
    page.lock_waits = true;
    page.edit(row.id, note("x"), 1);
    page.pull();
    let ended = problem(ProblemKind::Unauthorized);
    let effects = page.engine.pull_failed(&ended, page.at, 0.5);
    page.perform(effects);
    page.holds = true;
    let effects = page.engine.locked(page.at);
    page.perform(effects);
    assert!(!page.holds);
}

#[test]
fn a_wrong_token_is_fetched_once_for_all_and_drops_nothing() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.edit(rows[0].id, note("x"), 1);
    page.edit(rows[1].id, note("y"), 2);
    page.sent();
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    page.answer(2, Err(problem(ProblemKind::Csrf)));
    assert_eq!(page.identifies, 1);
    page.wake();
    assert!(page.sent().is_empty());
    // Asking failed: both wait, and are tried again.
    let lost = problem(ProblemKind::Network);
    let effects = page.engine.identify_failed(&lost, page.at);
    page.perform(effects);
    assert!(page.sent().is_empty());
    page.later(Duration::seconds(6));
    assert_eq!(page.sent().len(), 2);
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    assert_eq!(page.identifies, 2);
    let effects = page.engine.identified(Uuid::from_u128(9), page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    // Refused with a new token: that is an answer.
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    assert!(matches!(page.notices().as_slice(), [Notice::Parked { .. }]));
}

// --- pulling ---

#[test]
fn a_pull_never_hides_a_conflict() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.pulled(page_of(
        vec![upsert(9, &after(&row, json!({"notes": "theirs"})))],
        "9",
    ));
    // The network is back, so it is sent; still on the version that the user saw.
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    assert_eq!(
        page.view(row.id).unwrap().notes.as_ref().unwrap().as_str(),
        "mine"
    );
}

#[test]
fn an_edit_made_after_the_pull_builds_on_it_but_not_one_that_joins_an_older_one() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.engine
        .base
        .take(row.id, after(&row, json!({"company": "B"})));
    page.edit(row.id, change(json!({"source": "x"})), 2);
    assert_eq!(page.engine.outbox().entries()[0].seen, Some(1));
    let mut page = offline(std::slice::from_ref(&row));
    page.engine
        .base
        .take(row.id, after(&row, json!({"company": "B"})));
    page.edit(row.id, note("mine"), 1);
    assert_eq!(page.engine.outbox().entries()[0].seen, Some(2));
}

#[test]
fn the_cursor_is_stored_with_the_rows_before_it() {
    let row = sample(1);
    let mut page = Page::new(&[]);
    page.writes_wait = true;
    page.pull();
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.pull();
    page.pulled(page_of(
        vec![upsert(2, &after(&row, json!({"notes": "x"})))],
        "2",
    ));
    let first = page.waiting.as_ref().unwrap();
    assert_eq!(first.meta.cursor.as_deref(), Some("1"));
    assert_eq!(page.disk.borrow().meta.cursor, None);
    page.write();
    let second = page.waiting.as_ref().unwrap();
    assert_eq!(second.meta.cursor.as_deref(), Some("2"));
    assert_eq!(second.shards.len(), 1);
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("1"));
}

#[test]
fn rows_that_the_page_came_with_are_stored_when_the_history_brings_them() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pull();
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("1"));
    let again = page.reopened();
    assert_eq!(again.view(row.id).as_deref(), Some(&row));
}

#[test]
fn a_row_that_was_edited_is_stored_with_the_edit() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    let owner = page.engine.owner().unwrap();
    let named: SettingsPatch = serde_json::from_value(json!({"display_name": "Ada"})).unwrap();
    page.edit(owner, Edit::Settings(Op::Patch(Box::new(named))), 2);
    let again = page.reopened();
    assert_eq!(again.view(row.id).unwrap().company, row.company);
    assert!(again.engine.settings().is_some());
}

#[test]
fn moves_that_were_acknowledged_are_stored_when_the_history_brings_them() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    page.answer(1, Ok(json_of(&after(&row, json!({"status": "Offer"})))));
    let [event] = page.engine.history(row.id).try_into().unwrap();
    page.pulled(page_of(
        vec![SyncChange {
            seq: 3,
            id: event.id,
            what: SyncRow::Upsert(Entity::StageEvent(event.clone())),
        }],
        "3",
    ));
    assert_eq!(page.reopened().engine.history(row.id), [event]);
}

#[test]
fn only_moves_that_the_server_recorded_are_shown_as_such() {
    // Somebody else made the same move: it is theirs.
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    let theirs = after(&row, json!({"status": "Offer"}));
    page.answer(1, Err(conflict_with(&theirs)));
    assert_eq!(*page.view(row.id).unwrap(), theirs);
    assert!(page.engine.history(row.id).is_empty());
    // A new base that does not have the row yet knows of no move.
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.engine.rebuild();
    let answer = after(&row, json!({"notes": "x"}));
    page.answer(1, Ok(json_of(&answer)));
    page.pulled(page_of(vec![upsert(1, &answer)], "1"));
    assert!(page.engine.history(row.id).is_empty());
}

#[test]
fn a_late_answer_does_not_bring_back_what_was_deleted() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.pulled(page_of(vec![gone(9, row.id)], "9"));
    page.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert!(page.view(row.id).is_none());
    assert!(page.reopened().view(row.id).is_none());
}

#[test]
fn a_new_history_replaces_the_old_one_only_when_it_is_whole() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.pulled(page_of(
        vec![upsert(1, &rows[0]), upsert(2, &rows[1])],
        "old",
    ));
    page.edit(rows[0].id, note("mine"), 1);
    page.sent();
    page.pull();
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("old"));
    let expired = problem(ProblemKind::CursorExpired);
    let effects = page.engine.pull_failed(&expired, page.at, 0.5);
    page.perform(effects);
    assert_eq!(page.pulls.pop(), Some(None));
    let mut first = page_of(vec![upsert(1, &rows[0])], "new 1");
    first.has_more = true;
    page.pulled(first);
    assert_eq!(page.engine.view::<Application>().len(), 2);
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("old"));
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("new 1"));
    page.pulled(page_of(vec![upsert(2, &sample(3))], "new 2"));
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("new 2"));
    for page in [&page, &page.reopened()] {
        let view = page.engine.view::<Application>();
        assert_eq!(view.len(), 2);
        assert!(!view.contains_key(&rows[1].id));
        assert_eq!(page.keys(), [key(1)]);
        assert_eq!(view[&rows[0].id].notes.as_ref().unwrap().as_str(), "mine");
    }
}

#[test]
fn a_new_history_without_a_record_puts_its_edits_aside() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.engine.rebuild();
    page.pulled(page_of(vec![], "new"));
    assert_displaced_and_recreated(&mut page, row.id);
}

#[test]
fn what_the_whole_history_does_not_have_is_there_no_more() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.pull();
    let mut first = page_of(vec![upsert(1, &rows[0])], "1");
    first.has_more = true;
    page.pulled(first);
    assert!(page.view(rows[1].id).is_some());
    // A failure in between does not make the end of it the beginning.
    let effects = page
        .engine
        .pull_failed(&problem(ProblemKind::Network), page.at, 0.5);
    page.perform(effects);
    page.pull();
    page.pulled(page_of(vec![], "2"));
    assert!(page.view(rows[0].id).is_some());
    assert!(page.view(rows[1].id).is_none());
}

#[test]
fn a_page_of_a_history_that_another_page_replaced_is_not_taken() {
    let rows = [sample(1), sample(2), sample(3)];
    let mut page = Page::new(&[]);
    page.pulled(page_of(vec![upsert(1, &rows[0])], "1"));
    // Another page builds the base anew, up to 1.
    let mut other = page.reopened();
    other.engine.rebuild();
    other.pulled(page_of(vec![upsert(1, &rows[0])], "1"));
    // This one is further, and not stored.
    page.writes_wait = true;
    page.pulled(page_of(vec![upsert(2, &rows[1])], "2"));
    page.pull();
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("2"));
    page.write();
    page.pulled(page_of(vec![upsert(3, &rows[2])], "3"));
    // Row 2 would be missing for ever.
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("1"));
    page.pulled(page_of(vec![upsert(2, &rows[1]), upsert(3, &rows[2])], "3"));
    assert_eq!(page.engine.view::<Application>().len(), 3);
}

#[test]
fn a_pull_that_is_asked_for_meanwhile_comes_after() {
    let mut page = Page::over(&Rc::default());
    page.engine.load(&me(), &snapshot(&[]));
    page.pull();
    assert!(page.pulls.is_empty());
    page.open();
    assert_eq!(page.pulls.len(), 1);
    page.pull();
    page.pull();
    assert_eq!(page.pulls.len(), 1);
    page.pulled(page_of(vec![], "1"));
    assert_eq!(page.pulls.len(), 2);
    page.pulled(page_of(vec![], "2"));
    assert_eq!(page.pulls.len(), 2);
}

// --- the store ---

#[test]
fn what_is_stored_joins_what_was_done_while_it_was_read() {
    let rows = [sample(1), sample(2)];
    let mut first = Page::new(&[]);
    first.pulled(page_of(vec![upsert(1, &rows[0]), upsert(2, &rows[1])], "2"));
    first.edit(rows[0].id, note("stored"), 1);
    let newer = after(&rows[1], json!({"notes": "newer"}));
    let mut page = Page::over(&first.disk);
    page.engine
        .load(&me(), &snapshot(std::slice::from_ref(&newer)));
    page.edit(newer.id, change(json!({"company": "B"})), 2);
    assert!(page.sent.is_empty());
    page.open();
    assert_eq!(page.keys(), [key(1), key(2)]);
    let view = page.view(newer.id).unwrap();
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "newer");
    assert_eq!(view.company.as_str(), "B");
    assert_eq!(
        page.view(rows[0].id)
            .unwrap()
            .notes
            .as_ref()
            .unwrap()
            .as_str(),
        "stored"
    );
    assert_eq!(page.disk.borrow().entries.len(), 2);
    // It goes on where the store stopped.
    page.pull();
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("2"));
}

#[test]
fn what_the_page_came_with_outlives_a_store_that_was_built_anew() {
    let row = sample(1);
    let mut first = Page::new(&[]);
    first.engine.rebuild();
    first.pulled(page_of(vec![upsert(1, &row)], "1"));
    let newer = after(&row, json!({"notes": "newer"}));
    let mut page = Page::over(&first.disk);
    page.engine
        .load(&me(), &snapshot(std::slice::from_ref(&newer)));
    page.open();
    assert_eq!(*page.view(row.id).unwrap(), newer);
}

#[test]
fn a_store_that_another_page_wrote_to_is_joined() {
    let rows = [sample(1), sample(2)];
    let mut one = Page::new(&rows);
    let mut two = one.reopened();
    one.lock_waits = true;
    two.lock_waits = true;
    two.engine.load(&me(), &snapshot(&rows));
    one.edit(rows[0].id, note("one"), 1);
    two.edit(rows[1].id, note("two"), 2);
    assert_eq!(two.keys(), [key(1), key(2)]);
    assert_eq!(
        two.view(rows[0].id)
            .unwrap()
            .notes
            .as_ref()
            .unwrap()
            .as_str(),
        "one"
    );
    one.refresh();
    assert_eq!(one.keys(), two.keys());
    assert_eq!(one.disk.borrow().entries.len(), 2);
}

#[test]
fn an_entry_that_another_page_settled_is_settled_here_too() {
    let row = sample(1);
    let mut one = Page::new(std::slice::from_ref(&row));
    one.edit(row.id, note("x"), 1);
    let mut two = one.reopened();
    two.sent();
    one.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    two.refresh();
    assert!(two.engine.outbox().is_empty());
    assert_eq!(
        two.engine
            .base()
            .table::<Application>()
            .get(row.id)
            .unwrap()
            .version,
        2
    );
    // Its answer comes late, and is no news.
    two.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert!(two.engine.outbox().is_empty());
}

#[test]
fn what_was_read_before_the_last_write_is_old() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.lock_waits = true;
    let old = page.disk.borrow().read();
    page.edit(row.id, note("x"), 1);
    let effects = page.engine.refreshed(old, page.at);
    page.perform(effects);
    assert_eq!(page.keys(), [key(1)]);
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

#[test]
fn an_edit_that_joined_one_that_another_page_is_sending_is_apart_again() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    // The first sends, the second does not know.
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    assert_eq!(one.sent(), [(key(1), Some(1))]);
    two.edit(row.id, change(json!({"company": "B"})), 2);
    two.edit(row.id, change(json!({"source": "S"})), 3);
    assert_eq!(two.keys(), [key(1), key(3)]);
    let entry = &two.engine.outbox().entries()[1];
    assert_eq!(entry.edit, change(json!({"company": "B", "source": "S"})));
    one.refresh();
    one.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert_eq!(one.sent(), [(key(3), Some(2))]);
}

#[test]
fn an_edit_that_keeps_its_place_stays_before_those_after_it() {
    let id = Uuid::from_u128(1);
    let (_, mut two) = two_pages(None, create(id), id);
    two.disk.borrow_mut().trouble = Some(Trouble::Full);
    two.edit(id, note("x"), 9);
    two.edit(id, to(Status::Offer), 3);
    two.disk.borrow_mut().trouble = None;
    two.refresh();
    two.edit(id, to(Status::Rejected), 2);
    two.refresh();
    assert_eq!(two.keys(), [key(1), key(9), key(3), key(2)]);
}

#[test]
fn an_edit_of_a_creation_that_another_page_is_sending_is_no_second_creation() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    two.edit(id, note("x"), 2);
    let entry = &two.engine.outbox().entries()[1];
    assert_eq!(entry.edit, note("x"));
    assert_eq!(two.view(id).unwrap().notes.as_ref().unwrap().as_str(), "x");
}

#[test]
fn an_edit_that_joined_one_that_another_page_saw_acknowledged_builds_on_it() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    two.edit(row.id, change(json!({"company": "B"})), 2);
    assert_eq!(two.keys(), [key(2)]);
    let entry = &two.engine.outbox().entries()[0];
    assert_eq!(entry.edit, change(json!({"company": "B"})));
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    assert_eq!(two.sent(), [(key(2), Some(2))]);
}

#[test]
fn an_edit_that_joined_one_that_another_page_saw_displaced_is_no_part_of_the_new_state() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(
        1,
        Err(conflict_with(&after(&row, json!({"notes": "theirs"})))),
    );
    two.edit(row.id, change(json!({"company": "B"})), 2);
    let entry = &two.engine.outbox().entries()[0];
    // The user saw the first version, not theirs.
    assert_eq!(entry.seen, Some(1));
}

#[test]
fn an_edit_of_a_creation_that_another_page_took_back_is_put_aside() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    two.writes_wait = true;
    two.edit(id, change(json!({"status": "Offer"})), 2);
    two.edit(id, note("mine"), 3);
    one.edit(id, delete(), 4);
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(4)]);
    two.write();
    assert_eq!(two.keys(), [key(4), key(2), key(3)]);
    two.write();
    find_out(&mut two);
    assert!(two.keys().is_empty());
    let Ok([Notice::Displaced(item)]) = <[Notice; 1]>::try_from(two.notices()) else {
        panic!()
    };
    let made = two.made();
    let effects = two
        .engine
        .reapply(item.id, Uuid::from_u128(77), key(5), made);
    two.perform(effects.unwrap().1);
    let view = two.view(Uuid::from_u128(77)).unwrap();
    assert_eq!(view.status, Status::Offer);
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "mine");
}

#[test]
fn what_a_deletion_made_pointless_is_back_when_another_page_took_it_back() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    two.edit(id, delete(), 2);
    one.refresh();
    assert_eq!(one.keys(), [key(1), key(2)]);
    let effects = two.engine.retract(key(2), two.at).unwrap();
    two.perform(effects);
    // The first does not know yet.
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(1)]);
    assert!(one.view(id).is_some());
    assert_eq!(one.disk.borrow().entries.len(), 1);
}

#[test]
fn what_a_deletion_made_pointless_stays_so_though_the_deletion_was_never_stored() {
    let row = sample(1);
    let (mut one, _) = two_pages(Some(&row), note("x"), row.id);
    one.disk.borrow_mut().trouble = Some(Trouble::Full);
    one.edit(row.id, delete(), 2);
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(2)]);
    one.refresh();
    assert_eq!(one.keys(), [key(2)]);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(2, Ok(String::new()));
    one.refresh();
    assert!(one.keys().is_empty(), "{:?}", one.keys());
    one.disk.borrow_mut().trouble = None;
    one.later(Duration::seconds(5));
    assert!(one.disk.borrow().entries.is_empty());
}

#[test]
fn what_another_page_did_after_a_deletion_is_not_pointless() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    one.edit(id, delete(), 2);
    two.writes_wait = true;
    two.edit(id, note("x"), 3);
    // Each writes what the other does not know.
    one.writes_wait = true;
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(2)]);
    two.write();
    two.write();
    assert_eq!(two.keys(), [key(1), key(2), key(3)]);
    one.writes_wait = false;
    one.write();
    assert_eq!(one.keys(), [key(1), key(2), key(3)]);
    // The record is made and deleted; the edit can be had again.
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(1, Ok(json_of(&Application { id, ..sample(1) })));
    one.answer(2, Ok(String::new()));
    assert!(one.keys().is_empty());
    assert_eq!(one.engine.displaced()[0].keys, [key(3)]);
    assert!(one.engine.displaced()[0].mine.is_some());
}

/// Two pages, and an edit of the row that the first has just put aside; the second does not know.
fn a_conflict_that_is_not_stored() -> (Application, Page, Page) {
    let row = sample(1);
    let (mut one, two) = two_pages(Some(&row), to(Status::Offer), row.id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.writes_wait = true;
    let theirs = after(&row, json!({"notes": "theirs"}));
    one.answer(1, Err(conflict_with(&theirs)));
    (row, one, two)
}

#[test]
fn an_edit_that_another_page_joined_to_one_that_gives_way_gives_way_with_it() {
    let (row, mut one, mut two) = a_conflict_that_is_not_stored();
    two.edit(row.id, note("mine"), 2);
    one.write();
    one.writes_wait = false;
    one.write();
    for page in [&one, &one.reopened()] {
        let Ok([item]) = <[Displaced; 1]>::try_from(page.engine.displaced().to_vec()) else {
            panic!()
        };
        assert_eq!(item.keys, [key(1), key(2)]);
        assert!(page.keys().is_empty());
    }
    assert_eq!(one.notices().len(), 1);
}

#[test]
fn dropping_what_lies_aside_drops_nothing_that_joined_it_unseen() {
    let (row, mut one, mut two) = a_conflict_that_is_not_stored();
    let effects = one.engine.drop_displaced(key(1), one.at);
    one.perform(effects);
    two.edit(row.id, note("mine"), 2);
    one.write();
    assert_eq!(one.engine.displaced().len(), 1);
}

#[test]
fn an_edit_on_what_another_page_made_meanwhile_is_no_conflict() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), to(Status::Offer), row.id);
    let mut late = two.reopened();
    late.lock_waits = true;
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    let moved = after(&row, json!({"status": "Offer"}));
    one.answer(1, Ok(json_of(&moved)));
    // Both saw the first version, and one of them nothing of the queue either.
    two.writes_wait = true;
    two.edit(row.id, note("x"), 2);
    late.edit(row.id, change(json!({"company": "B"})), 3);
    two.writes_wait = false;
    two.write();
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    let sent = two.sent();
    assert_eq!(sent.first().map(|sent| sent.1), Some(Some(2)), "{sent:?}");
}

#[test]
fn what_was_sent_without_being_stored_does_not_go_apart_any_more() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    two.disk.borrow_mut().trouble = Some(Trouble::Full);
    two.edit(id, note("x"), 2);
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    let first = two.sent.clone();
    assert_eq!(first.len(), 1);
    two.disk.borrow_mut().trouble = None;
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    two.later(Duration::seconds(5));
    two.answer(2, Err(problem(ProblemKind::Network)));
    let effects = two.engine.online(two.at);
    two.perform(effects);
    let again: Vec<_> = two.sent.iter().filter(|sent| sent.key == key(2)).collect();
    assert!(again.iter().all(|sent| **sent == first[0]), "{again:?}");
}

#[test]
fn an_edit_of_what_this_page_knows_to_be_deleted_is_put_aside_as_its_page_saw_it() {
    let row = sample(1);
    let mut one = Page::new(&[]);
    one.writes_wait = true;
    one.pulled(page_of(vec![upsert(1, &row), gone(2, row.id)], "2"));
    let mut two = Page::over(&one.disk);
    two.lock_waits = true;
    two.engine
        .load(&me(), &snapshot(std::slice::from_ref(&row)));
    two.open();
    two.edit(row.id, to(Status::Offer), 1);
    two.edit(row.id, note("mine"), 2);
    one.writes_wait = false;
    one.write();
    assert_displaced_and_recreated(&mut one, row.id);
}

#[test]
fn two_creations_that_are_put_aside_lose_nothing_of_either() {
    let id = Uuid::from_u128(1);
    let (_, mut two) = two_pages(None, create(id), id);
    two.edit(id, change(json!({"source": "S"})), 2);
    let mut other = two.engine.outbox().entries()[0].clone();
    other.key = key(3);
    other.frozen = true;
    let with_note = json!({"id": id, "company": "Acme", "role_title": "Engineer", "notes": "N"});
    other.edit = Edit::Application(Op::Create(serde_json::from_value(with_note).unwrap()));
    push(&mut two, other);
    two.pulled(page_of(vec![gone(1, id)], "1"));
    two.answer(2, Err(problem(ProblemKind::Gone)));
    let Ok([Notice::Displaced(item)]) = <[Notice; 1]>::try_from(two.notices()) else {
        panic!()
    };
    let made = two.made();
    let effects = two
        .engine
        .reapply(item.id, Uuid::from_u128(77), key(5), made);
    two.perform(effects.unwrap().1);
    let view = two.view(Uuid::from_u128(77)).unwrap();
    assert_eq!(view.source.as_str(), "S");
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "N");
}

#[test]
fn what_an_older_version_stored_is_sent_as_it_was_meant() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    // It had no list of keys, and only the first edit of a record said what it builds on.
    for (n, entry) in page.disk.borrow_mut().entries.values_mut().enumerate() {
        let mut old = serde_json::to_value(&*entry).unwrap();
        old.as_object_mut().unwrap().remove("keys");
        *entry = serde_json::from_value(old).unwrap();
        entry.seen = entry.seen.filter(|_| n == 0);
    }
    let mut page = page.reopened();
    assert_eq!(page.state(), SyncState::Saving(2));
    let entries = page.engine.outbox().entries();
    assert!(
        entries
            .iter()
            .all(|entry| page.engine.outbox().is_durable(entry))
    );
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert_eq!(page.sent(), [(key(2), Some(2))]);
}

#[test]
fn an_answer_that_another_page_could_not_store_takes_nothing_along_that_was_done_meanwhile() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    two.disk.borrow_mut().trouble = Some(Trouble::Full);
    two.edit(id, delete(), 2);
    two.later(DELETE_GRACE);
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    two.answer(2, Err(problem(ProblemKind::NotFound)));
    // The other one makes and deletes the record.
    two.disk.borrow_mut().trouble = None;
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(1, Ok(json_of(&Application { id, ..sample(1) })));
    one.edit(id, delete(), 3);
    one.later(DELETE_GRACE);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    assert_eq!(one.sent().last(), Some(&(key(3), Some(1))));
    two.refresh();
    two.later(Duration::seconds(5));
    assert_eq!(two.keys(), [key(3)]);
    assert!(one.disk.borrow().entries.contains_key(&key(3)));
}

#[test]
fn a_full_store_is_told_once_and_everything_goes_on() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.disk.borrow_mut().trouble = Some(Trouble::Full);
    page.edit(rows[0].id, note("x"), 1);
    assert_eq!(page.notices(), [Notice::Unstorable(Trouble::Full)]);
    assert_eq!(page.engine.keeping(), Keeping::Refused(Trouble::Full));
    assert!(page.engine.has_volatile(page.at) || !page.sent.is_empty());
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.later(Duration::seconds(5));
    assert!(page.notices().is_empty());
    page.disk.borrow_mut().trouble = None;
    page.edit(rows[1].id, note("y"), 2);
    page.later(Duration::seconds(5));
    assert_eq!(page.engine.keeping(), Keeping::Durable);
    assert_eq!(page.disk.borrow().entries.len(), 2);
}

#[test]
fn without_a_store_edits_are_sent_all_the_same() {
    let row = sample(1);
    let mut page = Page::over(&Rc::default());
    page.lock_waits = true;
    page.engine
        .load(&me(), &snapshot(std::slice::from_ref(&row)));
    let effects = page.engine.unstored(Unstored::Unavailable, page.at);
    page.perform(effects);
    page.edit(row.id, note("x"), 1);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert_eq!(page.state(), SyncState::Saved);
    assert_eq!(page.disk.borrow().stamp, 0);
}

#[test]
fn a_damaged_store_is_built_anew_and_keeps_its_queue() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.edit(row.id, note("x"), 1);
    let mut again = Page::over(&page.disk);
    let stored = Stored {
        damaged: true,
        ..page.disk.borrow().read()
    };
    let effects = again.engine.opened(stored, again.at);
    again.perform(effects);
    again.pull();
    assert_eq!(again.pulls, [None]);
    assert_eq!(again.keys(), [key(1)]);
}

#[test]
fn displaced_edits_are_kept_for_thirty_days() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(conflict_with(&after(&row, json!({"notes": "y"})))));
    page.at += KEPT - Duration::seconds(1);
    let mut again = page.reopened();
    assert_eq!(again.engine.displaced().len(), 1);
    again.at += Duration::seconds(1);
    let last = again.reopened();
    assert!(last.engine.displaced().is_empty());
    assert!(last.disk.borrow().displaced.is_empty());
}

#[test]
fn a_displaced_edit_can_be_dropped() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(conflict_with(&after(&row, json!({"notes": "y"})))));
    let effects = page.engine.drop_displaced(key(1), page.at);
    page.perform(effects);
    assert!(page.disk.borrow().displaced.is_empty());
}

#[test]
fn the_cap_leaves_out_the_oldest_but_nothing_that_waits() {
    let mut rows: Vec<_> = (0..CAP as u128 + 3).map(|n| sample(n + 1)).collect();
    for (n, row) in rows.iter_mut().enumerate() {
        row.created_at = now() + Duration::seconds(i64::try_from(n).unwrap());
    }
    let mut page = offline(&[]);
    let changes = (1..).zip(&rows).map(|(n, row)| upsert(n, row)).collect();
    page.engine.base.take(rows[0].id, rows[0].clone());
    page.edit(rows[0].id, note("old, but mine"), 1);
    page.pulled(page_of(changes, "x"));
    let again = page.reopened();
    assert_eq!(again.engine.base().table::<Application>().rows().len(), CAP);
    assert!(again.view(rows[0].id).is_some());
    assert!(again.view(rows[1].id).is_none());
    assert!(again.view(rows[CAP + 2].id).is_some());
    assert!(again.engine.meta().partial);
    assert_eq!(again.keys(), [key(1)]);
}

#[test]
fn what_was_archived_long_ago_leaves_the_store_unless_it_waits() {
    let old = now() - ARCHIVED_FOR;
    let rows = [sample(1), sample(2), sample(3)].map(|row| Application {
        archived_at: Some(old + Duration::days(1)),
        ..row
    });
    let mut page = offline(&[]);
    for row in &rows {
        page.engine.base.take(row.id, row.clone());
    }
    page.edit(rows[0].id, note("x"), 1);
    let rows_stored = |page: &Page| {
        let disk = page.disk.borrow();
        rows.each_ref().map(|row| disk.row(row.id).is_some())
    };
    assert_eq!(rows_stored(&page), [true; 3]);
    page.at += Duration::days(2);
    let again = page.reopened();
    assert_eq!(rows_stored(&again), [true, false, false]);
}

// --- what is shown ---

#[test]
fn undoing_a_move_returns_to_since_when_it_stood_there() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(
        vec![SyncChange {
            seq: 1,
            id: Uuid::from_u128(77),
            what: SyncRow::Upsert(Entity::StageEvent(StageEvent {
                id: Uuid::from_u128(77),
                application_id: row.id,
                from_status: None,
                to_status: Status::Applied,
                occurred_at: row.status_since,
                recorded_at: row.created_at,
                voided_at: None,
            })),
        }],
        "x",
    ));
    page.at += Duration::days(3);
    page.edit(row.id, to(Status::Offer), 1);
    let undo = page.engine.undo_of_move(row.id, key(1), Status::Applied);
    assert_eq!(undo.status, Change::Set(Status::Applied));
    page.edit(row.id, Edit::Application(Op::Patch(Box::new(undo))), 2);
    let view = page.view(row.id).unwrap();
    assert_eq!(
        (view.status, view.status_since),
        (Status::Applied, row.status_since)
    );
    let history = page.engine.history(row.id);
    assert_eq!(
        history
            .iter()
            .filter(|event| event.voided_at.is_none())
            .count(),
        1
    );
    // The move was sent; its undo is an event of its own.
    assert_eq!(page.keys(), [key(1), key(2)]);
}

#[test]
fn what_waits_is_counted_as_what_it_waits_for() {
    let rows = [sample(1), sample(2)];
    let mut page = offline(&rows);
    assert_eq!(page.state(), SyncState::Offline(0));
    page.edit(rows[0].id, note("x"), 1);
    page.edit(rows[1].id, delete(), 2);
    assert_eq!(page.state(), SyncState::Offline(1));
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.state(), SyncState::Saving(1));
    page.answer(1, Err(Problem::field("notes", "no")));
    assert_eq!(page.state(), SyncState::Attention(1));
    page.later(DELETE_GRACE);
    page.answer(2, Err(problem(ProblemKind::Unauthorized)));
    assert_eq!(page.state(), SyncState::SignedOut(2));
}

/// One thing that happens to a page and to the plain server behind it.
#[derive(Clone, Debug)]
enum Happening {
    Edit(u8, u8),
    Answer { lost: bool },
    Restart,
}

proptest! {
    /// Whatever is lost on the way, after everything was answered the view is what the edits in
    /// their order make of the start, and every key took effect once.
    #[test]
    fn everything_arrives_once_and_in_order(
        happenings in prop::collection::vec(
            prop_oneof![
                4 => (0u8..3, any::<u8>()).prop_map(|(record, text)| Happening::Edit(record, text)),
                4 => any::<bool>().prop_map(|lost| Happening::Answer { lost }),
                1 => Just(Happening::Restart),
            ],
            1..60,
        )
    ) {
        let rows: Vec<Application> = (1..4).map(sample).collect();
        let mut page = Page::new(&[]);
        page.pulled(page_of((1..).zip(&rows).map(|(n, row)| upsert(n, row)).collect(), "3"));
        let mut server: HashMap<Uuid, Application> = rows.iter().map(|row| (row.id, row.clone())).collect();
        let mut answered: HashMap<Uuid, Application> = HashMap::new();
        let mut expected: HashMap<Uuid, String> = HashMap::new();
        let mut next_key = 0;
        let mut serve = |outgoing: &Outgoing| {
            if let Some(first) = answered.get(&outgoing.key) {
                return Ok(json_of(first));
            }
            let id: Uuid = outgoing.path.rsplit('/').next().unwrap().parse().unwrap();
            let row = server.get_mut(&id).unwrap();
            if outgoing.if_match != Some(row.version) {
                return Err(conflict_with(row));
            }
            let patch = serde_json::from_str(outgoing.body.as_deref().unwrap()).unwrap();
            *row = row.patched(&patch, now()).unwrap();
            answered.insert(outgoing.key, row.clone());
            Ok(json_of(row))
        };
        let closing = std::iter::repeat_n(Happening::Answer { lost: false }, 200);
        for happening in happenings.into_iter().chain(closing) {
            page.at += Duration::seconds(1);
            match happening {
                Happening::Edit(record, text) => {
                    next_key += 1;
                    let id = rows[record as usize].id;
                    let text = format!("note {text} {next_key}");
                    expected.insert(id, text.clone());
                    page.edit(id, note(&text), next_key);
                }
                Happening::Answer { lost } => {
                    if !page.sent.is_empty() {
                        // The request arrived; what is lost is the answer.
                        let outgoing = page.sent.remove(0);
                        let answer = serve(&outgoing);
                        let lost_answer = Err(problem(ProblemKind::Network));
                        let answer = if lost { lost_answer } else { answer };
                        prop_assert!(!matches!(&answer, Err(problem) if problem.kind == ProblemKind::Conflict));
                        let effects = page.engine.answered(outgoing.key, answer, page.at, 0.1);
                        page.perform(effects);
                    }
                    page.later(Duration::minutes(10));
                }
                Happening::Restart => page = page.reopened(),
            }
        }
        prop_assert!(page.engine.outbox().is_empty());
        prop_assert!(page.notices.is_empty());
        for (id, text) in expected {
            let view = page.view(id).unwrap();
            prop_assert_eq!(view.notes.as_ref().unwrap().as_str(), text.as_str());
            prop_assert_eq!(&*view, &server[&id]);
        }
    }
}
