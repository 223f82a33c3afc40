//! Devices, pages, the network between them and the server, and what happens to them all.

use crate::{
    brief::{short, short_batch, short_edit},
    dice::Dice,
    disk::{Disk, Health},
    ledger::{Intent, Ledger, Place},
    network::{Call, Message, What},
    sabotage::{OldRows, Sabotage, same_again, spoil_batch},
    server::{Request, Server, Session},
    trace,
    versions::{is_beyond, kept_by, seen_by},
    view,
};
use chrono::Duration;
use job_hunt_tracker::{
    api::answer::Answered,
    client::engine::{
        ARCHIVED_FOR, Answer, Batch, Began, Edit, Effect, Engine, Made, Notice, Op, Pull, Stored,
        Trouble, Unstored,
    },
    domain::{
        application::Application,
        error::Problem,
        reminder::Reminder,
        sync::Entity,
        sync::{BoardSnapshot, EntityKinds, SyncPage},
        time::Timestamp,
        user::Me,
    },
    server::clock::Clock,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};
use uuid::Uuid;

/// A browser gives up on an answer after this (`api::transport`).
const TIMEOUT: Duration = Duration::seconds(30);

/// How far a device's clock may be from the world's, either way. Up to ten minutes ahead the server
/// takes a move (`CLOCK_SKEW` of `domain::application`); of a clock that is further ahead it refuses
/// every move, until the engine reckons with the server's time.
pub const MOST_WRONG: Duration = Duration::days(3);

/// A wake-up so soon after another one, and without anything in between, is one too many, if it
/// comes so often in a row.
const SOON: Duration = Duration::milliseconds(50);
const WAKES_IN_A_ROW: u32 = 5;

/// Batches of one coming to rest: many more than a queue of this size can need.
const BATCHES_TO_SETTLE: usize = 400;

/// What goes wrong in a run, in percent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    pub lost: u32,
    pub doubled: u32,
    pub intercepted: u32,
    pub restarts: u32,
    pub kills: u32,
    pub sessions: u32,
    pub others: u32,
    pub histories: u32,
    pub full: u32,
    pub gone_stores: u32,
    /// Stores that never open.
    pub hangs: u32,
    pub offline: u32,
    pub leaps: u32,
    pub clocks: u32,
    /// People who sign out.
    pub leaves: u32,
    /// Stores that cannot be deleted at once.
    pub deletions: u32,
    /// Locks that are taken away.
    pub steals: u32,
    /// A newer version of the app comes out.
    pub deploys: u32,
    /// Backups that lack the newest of what was answered, and nothing else.
    pub undone: u32,
}

impl Faults {
    /// Some of all that there is: a run with everything at once seldom comes far.
    pub fn some(dice: &mut Dice) -> Self {
        let mut often = |most: usize| {
            if dice.percent(40) {
                0
            } else {
                u32::try_from(1 + dice.below(most)).unwrap()
            }
        };
        Self {
            lost: often(20),
            doubled: often(20),
            intercepted: often(15),
            restarts: often(4),
            kills: often(12),
            sessions: often(6),
            others: often(6),
            histories: often(6),
            full: often(6),
            gone_stores: often(4),
            hangs: often(6),
            offline: often(10),
            leaps: often(4),
            clocks: often(6),
            steals: often(8),
            leaves: often(6),
            deletions: often(5),
            deploys: often(4),
            undone: often(6),
        }
    }
}

/// What a page waits for from its store.
pub enum Io {
    /// A batch that is not stored yet.
    Write(Arc<Batch>),
    /// It was stored or not; the page does not know yet.
    Wrote(u64, Result<(), Result<Box<Stored>, Trouble>>),
    /// To be read: for the first time, as a hint of another page says, or under the lock.
    Read(Why),
    /// The browser has none.
    Missing,
    /// Another page took the lock; the page does not know yet.
    LockLost,
    /// What was read; the page does not know yet.
    HaveRead(Why, Box<Stored>),
    /// An answer of the server that is taken in part by part.
    Page(Box<SyncPage>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    Opening,
    Hint,
    Locked,
}

/// A move that could be undone.
#[derive(Clone, Copy)]
pub struct Moved {
    pub record: Uuid,
    pub key: Uuid,
    pub from: job_hunt_tracker::domain::stage::Status,
}

pub struct Tab {
    pub id: u64,
    /// It is of a newer version of the app.
    pub newer: bool,
    pub user: Uuid,
    pub engine: Engine,
    pub csrf: Option<String>,
    pub opened: bool,
    /// It has a connection to its store, and what it asked for at first may still be on its way.
    pub connected: bool,
    pub wake_at: Option<Timestamp>,
    pub io: Vec<Io>,
    pub moves: Vec<Moved>,
    /// Notes that somebody has begun to write.
    pub forms: Vec<(Uuid, Began<Application>)>,
    /// It was told that somebody else is signed in.
    pub told_foreign: bool,
    /// The connection to its store was closed: what is done lives as long as the page.
    pub store_is_gone: bool,
    /// Requests that are no pulls.
    pub asked: u64,
    /// How often it asked for the lock.
    lock_asks: u64,
    /// So often in a row it was woken, did nothing, and asked to be woken soon.
    idle_wakes: u32,
    /// Ids that it knew to be deleted, in this life of its base.
    gone: BTreeSet<Uuid>,
    base_generation: u64,
}

impl Tab {
    /// What it was to do with a lock that it had, or asked for before.
    fn forget_lock(&mut self) {
        self.io.retain(|io| {
            !matches!(
                io,
                Io::Read(Why::Locked) | Io::HaveRead(Why::Locked, _) | Io::LockLost
            )
        });
    }
}

#[derive(Default)]
struct Lock {
    holder: Option<u64>,
    queue: VecDeque<u64>,
    /// Pages from which it was taken.
    lost: BTreeSet<u64>,
}

pub struct Device {
    /// Its browser has no store: what is done lives as long as the page.
    pub storeless: bool,
    pub online: bool,
    pub cookie: Option<Session>,
    pub last_user: Uuid,
    /// How far its clock is ahead of the world's.
    pub ahead: Duration,
    /// The latest time that it has shown.
    latest: Timestamp,
    pub health: Health,
    pub disks: BTreeMap<Uuid, Disk>,
    locks: BTreeMap<Uuid, Lock>,
    /// Users whose store is being deleted: until then it does not open.
    pub deleting: BTreeSet<Uuid>,
    pub tabs: Vec<Tab>,
}

impl Device {
    /// What kept stores from being deleted is gone.
    pub fn deleted(&mut self) {
        for user in std::mem::take(&mut self.deleting) {
            trace!("a store is deleted");
            self.disks.insert(user, Disk::default());
        }
    }
}

pub struct World {
    pub dice: Dice,
    pub now: Timestamp,
    pub clock: Clock,
    pub server: Server,
    pub users: Vec<Uuid>,
    pub devices: Vec<Device>,
    pub ledger: Ledger,
    pub faults: Faults,
    /// How often in a hundred a page hears that another one stored something.
    hints: u32,
    /// What is broken on purpose.
    pub sabotage: Option<Sabotage>,
    pub old_rows: OldRows,
    /// Nothing goes wrong any more.
    pub calm: bool,
    /// A newer version of the app is out.
    pub newer: bool,
    /// The record whose status older pages do not know.
    pub of_new_status: Option<Uuid>,
    pub calls: BTreeMap<u64, Call>,
    pub net: Vec<Message>,
    pub next_id: u64,
    pub words: u64,
    /// Batches that were stored.
    batches: usize,
    /// Sessions of another program, one a user.
    pub outside: Vec<Session>,
}

/// A batch that leaves the store as it was has no cause.
fn check_cause(before: &Disk, batch: &Batch) {
    let mut after = before.clone();
    after.apply(batch);
    assert!(
        !after.holds_the_same(before),
        "invariant 15: a batch without a cause: {}",
        short_batch(batch)
    );
}

/// Which history of the server a cursor belongs to.
pub fn epoch_of(cursor: &str) -> Uuid {
    cursor.split('.').next().unwrap().parse().unwrap()
}

impl World {
    pub async fn new(seed: u64, server: Server, clock: Clock, users: Vec<Uuid>) -> Self {
        let mut dice = Dice::new(seed);
        let faults = Faults::some(&mut dice);
        // In a browser all of them come, if not when one expects them. Some are lost as a page is
        // frozen or throttled.
        let hints = if dice.percent(40) { 100 } else { 60 };
        let mut outside = Vec::new();
        for user in &users {
            outside.push(server.sign_in(*user).await);
        }
        let mut world = Self {
            now: clock.now(),
            dice,
            clock,
            server,
            ledger: Ledger::default(),
            faults,
            hints,
            sabotage: None,
            old_rows: OldRows::new(),
            calm: false,
            newer: false,
            of_new_status: None,
            devices: Vec::new(),
            calls: BTreeMap::new(),
            net: Vec::new(),
            next_id: 0,
            words: 0,
            batches: 0,
            outside,
            users,
        };
        for user in &world.users {
            world.ledger.owners.insert(*user, *user);
        }
        let first = world.users[0];
        if world.dice.percent(40) {
            for _ in 0..=world.dice.below(3) {
                world.old_row().await;
            }
        }
        for _ in 0..=world.dice.below(3) {
            let cookie = world.server.sign_in(first).await;
            let storeless = world.dice.percent(15);
            let ahead = if world.dice.percent(20) {
                world.wrong_by()
            } else {
                Duration::zero()
            };
            world.devices.push(Device {
                storeless,
                online: true,
                cookie: Some(cookie),
                last_user: first,
                ahead,
                latest: world.now + ahead,
                health: Health::Well,
                disks: BTreeMap::new(),
                locks: BTreeMap::new(),
                deleting: BTreeSet::new(),
                tabs: Vec::new(),
            });
        }
        for device in 0..world.devices.len() {
            world.open_tab(device).await;
        }
        world
    }

    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// How far a clock can be wrong: by seconds, by an hour or so, or by days; before or behind.
    pub fn wrong_by(&mut self) -> Duration {
        let most = [60, 7_200, MOST_WRONG.num_seconds()][self.dice.below(3)];
        let by = Duration::seconds(1 + self.dice.below(most.try_into().unwrap()) as i64);
        if self.dice.percent(50) { by } else { -by }
    }

    /// What time it is on a device.
    pub fn time(&self, device: usize) -> Timestamp {
        self.now + self.devices[device].ahead
    }

    /// The clock of a device is set.
    pub fn set_clock(&mut self, device: usize, ahead: Duration) {
        self.devices[device].ahead = ahead.clamp(-MOST_WRONG, MOST_WRONG);
        trace!(
            "d{device} clock is {} s ahead",
            self.devices[device].ahead.num_seconds()
        );
        self.look_at_clocks();
    }

    fn look_at_clocks(&mut self) {
        for device in &mut self.devices {
            device.latest = device.latest.max(self.now + device.ahead);
        }
    }

    pub fn find(&self, device: usize, tab: u64) -> Option<usize> {
        self.devices[device]
            .tabs
            .iter()
            .position(|known| known.id == tab)
    }

    // --- pages ---

    /// A page is loaded: from the server, or without network from what is stored.
    pub async fn open_tab(&mut self, device: usize) {
        let (online, cookie) = {
            let device = &self.devices[device];
            (device.online, device.cookie.clone())
        };
        let mut engine = Engine::default();
        let mut user = self.devices[device].last_user;
        let mut csrf = None;
        if online {
            // Without a session there is a sign-in page, and no engine.
            let Some(cookie) = cookie else { return };
            let get = |path: &str| Request::new(http::Method::GET, path, Some(cookie.clone()));
            let me = self.server.call(&get("/auth/me")).await;
            if !me.is_success() {
                return;
            }
            let board = self.server.call(&get("/board")).await;
            let me: Me = serde_json::from_str(&me.body).unwrap();
            let board: BoardSnapshot = serde_json::from_str(&board.body).unwrap();
            engine.load(&me, &board);
            user = me.user.id;
            csrf = Some(me.csrf_token);
        } else {
            let disks = &self.devices[device].disks;
            let nothing = disks
                .get(&user)
                .is_none_or(|disk| disk.meta().user.is_none());
            if nothing || self.devices[device].deleting.contains(&user) {
                return;
            }
        }
        let id = self.id();
        let newer = self.opens_newer(online);
        trace!(
            "d{device} t{id} opens, {}{}",
            if online { "online" } else { "offline" },
            if newer { ", newer" } else { "" }
        );
        let tab = Tab {
            id,
            newer,
            user,
            engine,
            csrf,
            opened: false,
            connected: false,
            wake_at: None,
            io: Vec::new(),
            moves: Vec::new(),
            forms: Vec::new(),
            told_foreign: false,
            store_is_gone: false,
            asked: 0,
            lock_asks: 0,
            idle_wakes: 0,
            gone: BTreeSet::new(),
            base_generation: 0,
        };
        let number = device;
        let device = &mut self.devices[number];
        device.last_user = user;
        device.disks.entry(user).or_default();
        device.tabs.push(tab);
        let at = device.tabs.len() - 1;
        let now = self.time(number);
        if online {
            self.act(number, at, |engine| engine.start(now));
        } else {
            // Its store is opened before it knows whose it is.
            self.open_store(number, at);
        }
    }

    /// A page ends: its memory and its lock are gone, its requests may still arrive.
    pub fn kill(&mut self, device: usize, at: usize) {
        let tab = self.devices[device].tabs.remove(at);
        trace!("d{device} t{} is killed", tab.id);
        self.calls.retain(|_, call| call.tab != tab.id);
        for lock in self.devices[device].locks.values_mut() {
            lock.queue.retain(|id| *id != tab.id);
            if lock.holder == Some(tab.id) {
                lock.holder = None;
            }
        }
    }

    /// Does something to a page's engine, and what it asks for.
    pub fn act(&mut self, device: usize, at: usize, act: impl FnOnce(&mut Engine) -> Vec<Effect>) {
        let effects = act(&mut self.devices[device].tabs[at].engine);
        self.perform(device, at, effects);
    }

    /// The time has come of which a page asked to be told.
    fn wake(&mut self, device: usize, at: usize) {
        let now = self.time(device);
        let tab = &mut self.devices[device].tabs[at];
        tab.wake_at = None;
        let before = tab.idle_wakes;
        let effects = tab.engine.wake(now);
        let idle = effects
            .iter()
            .all(|effect| matches!(effect, Effect::WakeIn(_)));
        self.perform(device, at, effects);
        let tab = &mut self.devices[device].tabs[at];
        if idle && tab.wake_at.is_some_and(|next| next <= self.now + SOON) {
            tab.idle_wakes = before + 1;
            assert!(
                tab.idle_wakes <= WAKES_IN_A_ROW,
                "invariant 15: t{} is woken again and again, and does nothing",
                tab.id
            );
        }
    }

    pub fn perform(&mut self, device: usize, at: usize, effects: Vec<Effect>) {
        self.devices[device].tabs[at].idle_wakes = 0;
        for effect in effects {
            let tab = &mut self.devices[device].tabs[at];
            let (id, user) = (tab.id, tab.user);
            match effect {
                Effect::Write(batch) => {
                    // One that was given up may still be under way, and end after this one.
                    tab.io.push(Io::Write(batch));
                }
                Effect::Send(outgoing) => {
                    let mut outgoing = *outgoing;
                    if self.sabotage == Some(Sabotage::SendsOtherwise)
                        && self.ledger.was_sent(outgoing.key)
                        && let Some(body) = &mut outgoing.body
                    {
                        body.push(' ');
                    }
                    let mut request =
                        Request::new(outgoing.method.clone(), outgoing.path.clone(), None);
                    request.body.clone_from(&outgoing.body);
                    request.if_match = outgoing.if_match;
                    request.if_updated_at = outgoing.if_updated_at;
                    request.key = Some(outgoing.key);
                    let outbox = tab.engine.outbox();
                    self.ledger.sent((device, user), &request, outbox);
                    if let Some(body) = self.false_answer(&outgoing, device, at) {
                        let mut answer = Answer::from(Answered::lost(""));
                        answer.result = Ok(body);
                        self.answer(device, at, outgoing.key, answer);
                        continue;
                    }
                    self.call(device, at, What::Send(Box::new(outgoing)), request);
                }
                Effect::Open => self.open_store(device, at),
                Effect::CloseStore => self.close_store(device, at),
                Effect::Pull(Pull {
                    since,
                    limit,
                    heard_of,
                }) => {
                    let limit = if self.calm {
                        limit
                    } else {
                        [1, 3, 20, limit][self.dice.below(4)]
                    };
                    let since = since.map(|since| format!("since={since}&"));
                    let path = format!(
                        "/sync?{}limit={limit}&kinds={}",
                        since.unwrap_or_default(),
                        EntityKinds::ALL
                    );
                    let mut request = Request::new(http::Method::GET, path, None);
                    request.heard_of = heard_of;
                    self.call(device, at, What::Pull, request);
                }
                Effect::Identify => {
                    let request = Request::new(http::Method::GET, "/auth/me", None);
                    self.call(device, at, What::Identify, request);
                }
                Effect::Lock { steal } => {
                    tab.forget_lock();
                    tab.lock_asks += 1;
                    let lock = self.devices[device].locks.entry(user).or_default();
                    lock.queue.retain(|waiting| *waiting != id);
                    lock.queue.push_back(id);
                    if steal {
                        self.steal(device, user, id);
                    }
                }
                Effect::Unlock => {
                    let lock = self.devices[device].locks.entry(user).or_default();
                    // It may not have heard yet that another page took it.
                    if lock.holder == Some(id) {
                        lock.holder = None;
                    } else {
                        assert!(lock.lost.contains(&id), "a lock that is not held");
                    }
                }
                Effect::WakeIn(millis) => {
                    let never_sleeps = self.sabotage == Some(Sabotage::NeverSleeps);
                    let millis = if never_sleeps { 10 } else { millis };
                    tab.wake_at = Some(self.now + Duration::milliseconds(millis.into()));
                }
                Effect::Notify(notice) => self.notice(device, at, &notice),
            }
        }
        self.check_tab(device, at);
    }

    /// A page's store is opened: it is there, or not, or it never answers.
    fn open_store(&mut self, device: usize, at: usize) {
        let known = self.devices[device].tabs[at].engine.owner().is_some();
        let hangs = self.dice.percent(self.faults.hangs) && known;
        let device = &mut self.devices[device];
        let tab = &mut device.tabs[at];
        let hangs = hangs || device.deleting.contains(&tab.user);
        if device.storeless {
            tab.io.push(Io::Missing);
        } else if hangs {
            trace!("t{} its store does not answer", tab.id);
        } else {
            tab.io.push(Io::Read(Why::Opening));
        }
    }

    /// A page lets go of its store: what is being written and read never comes back.
    pub fn close_store(&mut self, device: usize, at: usize) {
        let device = &mut self.devices[device];
        let tab = &mut device.tabs[at];
        tab.store_is_gone = !device.storeless;
        tab.io.retain(|io| {
            matches!(
                io,
                Io::Read(Why::Locked) | Io::HaveRead(Why::Locked, _) | Io::Page(_) | Io::LockLost
            )
        });
    }

    fn notice(&mut self, device: usize, at: usize, notice: &Notice) {
        let tab = &self.devices[device].tabs[at];
        trace!("d{device} t{} says {}", tab.id, short(notice));
        if let Notice::Displaced(item) = notice {
            let rest = tab.engine.outbox().of_record(item.record).count();
            assert_eq!(rest, 0, "invariant 11: edits of {} go on", item.record);
            let since = item.keys.iter().map(|key| (*key, item.at));
            self.ledger.aside_since.extend(since);
        }
        if let Notice::UndoRefused { key, .. } = notice {
            self.ledger.refused(*key);
        }
    }

    fn check_tab(&mut self, device: usize, at: usize) {
        let tab = &mut self.devices[device].tabs[at];
        view::check(&tab.engine, self.sabotage == Some(Sabotage::HidesPending));
        if tab.engine.meta().base_generation != tab.base_generation {
            tab.base_generation = tab.engine.meta().base_generation;
            tab.gone.clear();
        }
        let table = tab.engine.base().table::<Application>();
        for id in &tab.gone {
            assert!(table.get(*id).is_none(), "invariant 9: {id} came back");
        }
        for id in table.rows().keys() {
            let owner = self.ledger.owners.get(id);
            assert_eq!(
                owner,
                Some(&tab.user),
                "invariant 12: {id} is somebody else's"
            );
        }
        let known: Vec<Uuid> = self.ledger.owners.keys().copied().collect();
        tab.gone
            .extend(known.into_iter().filter(|id| table.is_deleted(*id)));
    }

    // --- the store ---

    /// One step of one thing that a page waits for from its store.
    pub async fn io(&mut self, device: usize, at: usize, io: usize) {
        let now = self.time(device);
        self.devices[device].tabs[at].idle_wakes = 0;
        let tab = &mut self.devices[device].tabs[at];
        if let Io::Page(_) = &tab.io[io] {
            let page = tab.io.remove(io);
            return self.take_part(device, at, page);
        }
        if let Io::LockLost = &tab.io[io] {
            tab.io.remove(io);
            tab.forget_lock();
            return self.act(device, at, |engine| engine.lock_lost(now));
        }
        if tab.store_is_gone {
            // Nothing can be read; the lock is the page's all the same.
            tab.io.remove(io);
            self.act(device, at, |engine| engine.locked(now));
            return;
        }
        if let Io::Read(Why::Opening) = &tab.io[io] {
            let (newer, user) = (tab.newer, tab.user);
            if is_beyond(newer, &self.devices[device].disks[&user]) {
                self.devices[device].tabs[at].io.remove(io);
                return self.is_of_a_newer_version(device, at);
            }
            self.upgrade(device, at);
        }
        let Device {
            health,
            disks,
            tabs,
            ..
        } = &mut self.devices[device];
        let health = *health;
        let tab = &mut tabs[at];
        let (id, user, stamp) = (tab.id, tab.user, tab.engine.stamp());
        let disk = disks.get_mut(&user).unwrap();
        match tab.io.remove(io) {
            Io::Write(batch) => {
                let result = if let Health::Refuses(trouble) = health {
                    trace!("d{device} t{id} store refuses");
                    Err(Err(trouble))
                } else {
                    let before = disk.clone();
                    let mut taken = kept_by(tab.newer, &batch);
                    spoil_batch(self.sabotage, &mut taken, &before, &mut self.old_rows);
                    if disk.apply(&taken) {
                        self.batches += 1;
                        trace!("d{device} t{id} stores {}", short_batch(&batch));
                        let after = disk.clone();
                        tab.io.push(Io::Wrote(batch.number, Ok(())));
                        let batch = kept_by(tab.newer, &batch);
                        check_cause(&before, &batch);
                        self.stored((device, user), &before, &batch, &after).await;
                        self.hint(device, user, id);
                        return;
                    }
                    trace!("d{device} t{id} store has moved on");
                    Err(Ok(Box::new(seen_by(tab.newer, disk.read(batch.stamp)))))
                };
                tab.io.push(Io::Wrote(batch.number, result));
            }
            Io::Wrote(number, result) => self.act(device, at, |engine| match result {
                Ok(()) => engine.written(number, now),
                Err(Ok(stored)) => engine.write_conflict(number, *stored, now),
                Err(Err(trouble)) => engine.write_failed(number, trouble, now),
            }),
            Io::Page(_) | Io::LockLost => unreachable!("taken above"),
            Io::Missing => self.act(device, at, |engine| {
                engine.unstored(Unstored::Unavailable, now)
            }),
            Io::Read(why) => {
                tab.connected |= why == Why::Opening;
                let stored = Box::new(seen_by(tab.newer, disk.read(stamp)));
                tab.io.push(Io::HaveRead(why, stored));
            }
            Io::HaveRead(why, stored) => {
                if why == Why::Hint && self.sabotage == Some(Sabotage::WritesAgain) {
                    let batch = same_again(disk);
                    check_cause(disk, &batch);
                    disk.apply(&batch);
                }
                trace!(
                    "d{device} t{id} has read ({why:?}) {} base {}, here {}",
                    stored.stamp,
                    stored.meta.base_generation,
                    tab.engine.meta().base_generation
                );
                tab.opened |= why == Why::Opening;
                let asks = tab.lock_asks;
                self.act(device, at, |engine| match why {
                    Why::Opening => engine.opened(*stored, now),
                    Why::Hint | Why::Locked => engine.refreshed(*stored, now).1,
                });
                // It may have asked anew meanwhile.
                if why == Why::Locked && self.devices[device].tabs[at].lock_asks == asks {
                    self.act(device, at, |engine| engine.locked(now));
                }
            }
        }
    }

    /// The store is of a version that the page does not know.
    pub fn is_of_a_newer_version(&mut self, device: usize, at: usize) {
        let now = self.time(device);
        let tab = &mut self.devices[device].tabs[at];
        if tab.engine.owner().is_none() {
            // Without a network it has nothing to show, and is left.
            tab.told_foreign = true;
            return;
        }
        self.act(device, at, |engine| engine.unstored(Unstored::Newer, now));
    }

    /// A page takes in some of what the server answered, and hears other things before the rest.
    fn take_part(&mut self, device: usize, at: usize, page: Io) {
        let Io::Page(mut page) = page else { return };
        let now = self.time(device);
        if page.changes.is_empty() {
            self.act(device, at, |engine| engine.pulled(*page, now));
            return;
        }
        let most = page.changes.len().min(1 + self.dice.below(40));
        let rest = page.changes.split_off(most);
        let part = std::mem::replace(&mut page.changes, rest);
        let tab = &mut self.devices[device].tabs[at];
        tab.engine.pulled_part(part);
        tab.io.push(Io::Page(page));
        self.check_tab(device, at);
    }

    /// Other pages may hear that something was stored.
    fn hint(&mut self, device: usize, user: Uuid, from: u64) {
        for tab in &mut self.devices[device].tabs {
            if tab.user == user
                && tab.id != from
                && tab.opened
                && !tab.store_is_gone
                && self.dice.percent(self.hints)
            {
                tab.io.push(Io::Read(Why::Hint));
            }
        }
    }

    pub async fn stored(&mut self, place: Place, before: &Disk, batch: &Batch, after: &Disk) {
        let latest = self.devices[place.0].latest;
        self.ledger.stored(place, before, batch, after, latest);
        let meta = after.meta();
        if meta.cursor == before.meta().cursor {
            return;
        }
        let Some(cursor) = &meta.cursor else { return };
        let seq: i64 = cursor.split('.').nth(1).unwrap().parse().unwrap();
        if self.server.history_at(place.1, seq).await != epoch_of(cursor) {
            return;
        }
        let rows: HashMap<Uuid, _> = after.rows().map(|kept| (kept.id, &kept.row)).collect();
        for (at, id, version, archived_at, parent) in self.server.numbered(place.1).await {
            // What was archived long ago may be left out, and with an application what hangs on it.
            let left_out = meta.truncated && (parent.is_some() || self.is_old(archived_at));
            if at > seq || left_out || self.is_skipped(after, id) {
                continue;
            }
            let row = rows.get(&id).and_then(|row| row.as_ref());
            let known = row.map(|row| row.version().unwrap_or_default());
            let holds = match (version, known) {
                (None, None) => true,
                (Some(version), Some(known)) => known >= version,
                _ => false,
            };
            assert!(
                holds,
                "invariant 8: the cursor is at {seq}, and {id} of {at} is {known:?}, not {version:?}"
            );
        }
    }

    /// The lock goes to the next page in the queue.
    pub fn grant(&mut self, device: usize) -> bool {
        if self.sabotage == Some(Sabotage::NeverLocks) {
            return false;
        }
        let users: Vec<Uuid> = self.devices[device].locks.keys().copied().collect();
        for user in users {
            let device_ = &mut self.devices[device];
            let lock = device_.locks.get_mut(&user).unwrap();
            if lock.holder.is_none()
                && let Some(next) = lock.queue.pop_front()
            {
                lock.holder = Some(next);
                let tab = device_.tabs.iter_mut().find(|tab| tab.id == next).unwrap();
                tab.io.push(Io::Read(Why::Locked));
                return true;
            }
        }
        false
    }

    /// A page takes the lock from the one that has it, which hears of it some time.
    pub fn steal(&mut self, device: usize, user: Uuid, thief: u64) {
        if self.sabotage == Some(Sabotage::NeverLocks) {
            return;
        }
        let device_ = &mut self.devices[device];
        let lock = device_.locks.entry(user).or_default();
        lock.queue.retain(|waiting| *waiting != thief);
        let before = lock.holder.replace(thief);
        lock.lost.remove(&thief);
        trace!("d{device} t{thief} takes the lock from {before:?}");
        for tab in &mut device_.tabs {
            if tab.id == thief {
                tab.io.push(Io::Read(Why::Locked));
            } else if before == Some(tab.id) {
                lock.lost.insert(tab.id);
                tab.io.push(Io::LockLost);
            }
        }
    }

    /// The lock is taken from a page by another one that waits for it.
    pub fn steal_for_some(&mut self, device: usize) {
        let locks = &self.devices[device].locks;
        let waiting = locks
            .iter()
            .find_map(|(user, lock)| Some((*user, *lock.queue.front()?)));
        if let Some((user, thief)) = waiting {
            self.steal(device, user, thief);
        }
    }

    // --- time ---

    /// Whether a device may think that this is so long ago that it need not be stored.
    pub fn is_old(&self, archived_at: Option<Timestamp>) -> bool {
        archived_at.is_some_and(|archived| archived + ARCHIVED_FOR <= self.now + MOST_WRONG)
    }

    pub fn advance(&mut self, by: Duration) {
        self.pass(by);
        // A page that was woken for nothing and asks to be woken soon does so again and again.
        let next = |world: &Self| {
            let tabs = world.devices.iter().flat_map(|device| &device.tabs);
            let idle = tabs.filter(|tab| tab.idle_wakes > 0);
            let next = idle.filter_map(|tab| tab.wake_at).min();
            next.filter(|next| *next <= world.now + SOON)
        };
        while let Some(next) = next(self) {
            self.pass((next - self.now).max(Duration::zero()));
        }
    }

    fn pass(&mut self, by: Duration) {
        self.now += by;
        self.clock.advance(by);
        self.look_at_clocks();
        for device in 0..self.devices.len() {
            let now = self.time(device);
            for tab in &mut self.devices[device].tabs {
                tab.engine.shown();
                tab.engine.pass(now);
            }
        }
        let late: Vec<u64> = self
            .calls
            .iter()
            .filter(|(_, call)| call.since + TIMEOUT <= self.now)
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            trace!("#{id} has taken too long");
            self.hear(id, Answered::lost("").into());
        }
        for device in 0..self.devices.len() {
            for at in 0..self.devices[device].tabs.len() {
                let wake_at = self.devices[device].tabs[at].wake_at;
                if wake_at.is_some_and(|wake_at| wake_at <= self.now) {
                    self.wake(device, at);
                }
            }
        }
    }

    // --- people ---

    pub fn made(&self, device: usize) -> Made {
        let at = self.time(device);
        Made {
            at,
            on: at.date_naive(),
        }
    }

    /// A user's edit, as the page takes it; nothing where it does not fit.
    pub fn edit(&mut self, device: usize, at: usize, record: Uuid, edit: Edit) -> Option<Uuid> {
        let key = self.dice.uuid();
        let made = self.made(device);
        let tab = &mut self.devices[device].tabs[at];
        let result = tab.engine.mutate(record, edit.clone(), key, made);
        self.took(device, at, record, edit, key, result)
    }

    /// Notes what a page took, or leaves it at that.
    pub fn took(
        &mut self,
        device: usize,
        at: usize,
        record: Uuid,
        edit: Edit,
        key: Uuid,
        result: Result<Vec<Effect>, Problem>,
    ) -> Option<Uuid> {
        match result {
            Ok(effects) => {
                self.intended(device, at, record, &edit, key);
                self.perform(device, at, effects);
                Some(key)
            }
            Err(problem) => {
                trace!("d{device} no: {}", problem.detail);
                None
            }
        }
    }

    /// Notes what a page took.
    pub fn intended(&mut self, device: usize, at: usize, record: Uuid, edit: &Edit, key: Uuid) {
        let tab = &self.devices[device].tabs[at];
        trace!(
            "d{device} t{} {key} {edit:?}",
            tab.id,
            key = &key.to_string()[..8],
            edit = short_edit(edit, record)
        );
        let base = tab.engine.base();
        let seen = base.entity(edit.kind(), record);
        let seen = seen.map(|row| match row {
            Entity::Application(row) => (row.updated_at, row.version),
            Entity::Activity(row) => (row.updated_at, row.version),
            Entity::Reminder(row) => (row.updated_at, row.version),
            Entity::Settings(row) => (row.updated_at, row.version),
            Entity::StageEvent(row) => (row.updated_at, row.version),
        });
        let parent = match edit {
            Edit::Activity(Op::Create(create)) => create.application_id,
            Edit::Reminder(Op::Create(create)) => create.activity_id.or(create.application_id),
            Edit::StageEvent(Op::Patch(patch)) => patch.application_id,
            // Of one that only this page has planned nobody else knows what it hangs on.
            Edit::Reminder(Op::Patch(_)) if !self.ledger.parents.contains_key(&record) => {
                let row = tab.engine.view_of::<Reminder>(record);
                row.map(|row| row.application_id)
            }
            _ => None,
        };
        let parents = &mut self.ledger.parents;
        parents.extend(parent.map(|parent| (record, parent)));
        self.ledger.intend(Intent {
            key,
            place: (device, tab.user),
            record,
            verb: edit.verb(),
            fields: edit.fields().into_iter().collect(),
            seen,
            exact: false,
        });
    }

    /// Everything that can be done with what is due is done, in order; nothing goes wrong.
    pub async fn settle(&mut self) {
        let before = self.batches;
        loop {
            let mut moved = false;
            for device in 0..self.devices.len() {
                while self.grant(device) {
                    moved = true;
                }
                let mut at = 0;
                while at < self.devices[device].tabs.len() {
                    while !self.devices[device].tabs[at].io.is_empty() {
                        self.io(device, at, 0).await;
                        moved = true;
                        assert!(
                            self.batches - before <= BATCHES_TO_SETTLE,
                            "invariant 15: pages write without end"
                        );
                    }
                    at += 1;
                }
            }
            while !self.net.is_empty() {
                self.deliver(0).await;
                moved = true;
            }
            if !moved {
                return;
            }
        }
    }

    pub fn disk(&self, place: Place) -> &Disk {
        &self.devices[place.0].disks[&place.1]
    }

    /// Every store.
    pub fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for (n, device) in self.devices.iter().enumerate() {
            let mut users: Vec<Uuid> = device.disks.keys().copied().collect();
            users.sort_by_key(|user| self.users.iter().position(|known| known == user));
            places.extend(users.into_iter().map(|user| (n, user)));
        }
        places
    }

    /// The stores of one user.
    pub fn places_of(&self, user: Uuid) -> Vec<Place> {
        let mut places = self.places();
        places.retain(|place| place.1 == user);
        places
    }

    pub fn waits_for_answers(&self) -> bool {
        !self.calls.is_empty()
    }
}
