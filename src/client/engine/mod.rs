//! The sync engine, without IO: `view = base ⊕ pending` (DESIGN §7).
//!
//! Base holds only states that the server issued. Pending holds mutations in the order in which
//! they were made; per aggregate they are sent one after another, each on the version that the one
//! before it made. What is to be done in the world comes out as [`Effect`]s; what happened there
//! goes in as calls. Time and ids are arguments.

mod answers;
mod base;
mod displaced;
mod history;
mod kind;
mod outbox;
mod pull;
mod storage;
mod write;

pub use base::{Base, Kept, Shard, Table};
pub use displaced::{Displaced, KEPT, Reason};
pub use kind::{Edit, Edited, Made, Op, Row, Verb};
pub use outbox::{Entry, Outbox};
pub use storage::{ARCHIVED_FOR, Batch, CAP, Keeping, Meta, Stored, Trouble, Unstored};

use crate::domain::{
    application::Application, error::Problem, settings::Settings, sync::BoardSnapshot,
    time::Timestamp, user::Me,
};
use chrono::Duration;
use displaced::DisplacedList;
use kind::{apply, each_kind};
use pull::Pulling;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use storage::Storage;
use uuid::Uuid;

/// How long a deletion waits before it is sent: its undo.
pub const DELETE_GRACE: Duration = Duration::seconds(30);

/// Requests that are under way at once: as many as a browser gives one host.
const MAX_IN_FLIGHT: usize = 6;

/// Applications by id.
pub type Rows = HashMap<Uuid, Arc<Application>>;

/// A request that carries an entry. The same entry is always the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The idempotency key.
    pub key: Uuid,
    /// The method.
    pub method: http::Method,
    /// The address below the API's base.
    pub path: String,
    /// The version that the user saw.
    pub if_match: Option<i64>,
    /// The JSON body.
    pub body: Option<String>,
}

/// What is to be done in the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Store this in one transaction, then call [`Engine::written`], [`Engine::write_conflict`] or
    /// [`Engine::write_failed`].
    Write(Box<Batch>),
    /// Send this, then call [`Engine::answered`].
    Send(Box<Outgoing>),
    /// Ask for what changed since the cursor, then call [`Engine::pulled`] or
    /// [`Engine::pull_failed`].
    Pull {
        /// `since` of the request.
        since: Option<String>,
    },
    /// Get the lock under which one page sends, read what other pages stored
    /// ([`Engine::refreshed`]), and call [`Engine::locked`].
    Lock,
    /// Let go of it.
    Unlock,
    /// Call [`Engine::wake`] after so many milliseconds; a later one of these replaces it.
    WakeIn(u32),
    /// Ask who is signed in and for the CSRF token, then call [`Engine::identified`] or
    /// [`Engine::identify_failed`].
    Identify,
    /// Tell the user.
    Notify(Notice),
}

/// What the user must hear of.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Another device changed the record first, or deleted it; the server's state was taken, and
    /// the user's edit was put aside.
    Displaced(Box<Displaced>),
    /// The server refused an edit for good; it waits for the user.
    Parked {
        /// The edit.
        key: Uuid,
        /// What its record is called.
        title: String,
        /// Why.
        problem: Problem,
    },
    /// The session has ended; nothing is sent until the same user signs in.
    SignedOut,
    /// Somebody else is signed in; nothing of this page is sent or pulled any more.
    Foreign,
    /// The store refuses writes.
    Unstorable(Trouble),
    /// So many of the user's edits were stored, and cannot be read any more.
    Unreadable(usize),
}

/// How it stands with the session behind this page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Session {
    /// As far as is known it lives.
    #[default]
    Live,
    /// A new CSRF token is being fetched; nothing is sent meanwhile.
    Identifying,
    /// It has ended; nothing is sent until the same user signs in.
    Ended,
    /// Somebody else is signed in now; nothing of this page is ever sent or pulled again.
    Foreign,
}

/// How it stands with the network.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Network {
    /// No answer came to the last request.
    down: bool,
    /// How often in a row.
    attempts: u32,
    /// The next try; one request finds out for all.
    retry_at: Option<Timestamp>,
}

/// How it stands with the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncState {
    /// Everything is at the server.
    #[default]
    Saved,
    /// So many edits are on their way.
    Saving(usize),
    /// No connection; so many edits wait, safely stored.
    Offline(usize),
    /// The session has ended; so many edits wait.
    SignedOut(usize),
    /// So many edits wait for the user.
    Attention(usize),
}

/// Who sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Lock {
    #[default]
    Free,
    Asked,
    Held,
}

/// The engine.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    base: Base,
    outbox: Outbox,
    displaced: DisplacedList,
    meta: Meta,
    pulling: Pulling,
    storage: Storage,
    network: Network,
    session: Session,
    lock: Lock,
}

impl Engine {
    /// Takes the page's first rows, and who they belong to.
    pub fn load(&mut self, me: &Me, snapshot: &BoardSnapshot) {
        self.meta.user = Some(me.user.clone());
        self.base.show(me.user.id, me.settings.clone());
        for row in &snapshot.rows {
            self.base.show(row.id, row.clone());
        }
    }

    /// Whose engine this is.
    pub fn owner(&self) -> Option<Uuid> {
        self.meta.user.as_ref().map(|user| user.id)
    }

    /// What is stored beside rows and queues.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// How it stands with the store.
    pub fn keeping(&self) -> Keeping {
        self.storage.keeping
    }

    /// The queue, oldest first.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The displaced edits, oldest first.
    pub fn displaced(&self) -> &[Displaced] {
        self.displaced.items()
    }

    /// What the server issued.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// The user's settings, with what is on its way.
    pub fn settings(&self) -> Option<Arc<Settings>> {
        self.view_of(self.owner()?)
    }

    /// Does something to `record`: at once in the view, soon in the store, then at the server.
    /// `key` names the mutation; answers the effects.
    ///
    /// # Errors
    /// 400 naming what does not fit, 404 when there is no such record. Nothing is changed then.
    pub fn mutate(
        &mut self,
        record: Uuid,
        edit: Edit,
        key: Uuid,
        made: Made,
    ) -> Result<Vec<Effect>, Problem> {
        let (aggregate, version, verb) = each_kind!(&edit, |op: R| {
            let row = self.view_of::<R>(record);
            let next = apply(op, row.as_deref(), record, made)?;
            let aggregate = next
                .as_ref()
                .or(row.as_deref())
                .and_then(R::parent)
                .unwrap_or(record);
            let version = self.base.table::<R>().get(record).map(|row| row.version());
            // With the edit what it was made of is stored.
            self.base.keep(R::KIND, record);
            (aggregate, version, edit.verb())
        });
        let queued = self.outbox.of_record(record).next().is_some();
        self.outbox.push(Entry {
            key,
            order: 0,
            aggregate,
            record,
            seen: if queued { None } else { version },
            made_at: made.at,
            made_on: made.on,
            not_before: match verb {
                Verb::Delete => made.at + DELETE_GRACE,
                Verb::Create | Verb::Patch => made.at,
            },
            frozen: false,
            parked: None,
            here: outbox::Here::default(),
            edit,
        });
        Ok(self.wake(made.at))
    }

    /// Takes back a mutation that was not sent; a creation with all that was done to it. Answers the
    /// effects, or nothing where it is too late.
    pub fn retract(&mut self, key: Uuid, now: Timestamp) -> Option<Vec<Effect>> {
        // A deletion that is due has made pointless what came before it.
        self.outbox
            .get(key)
            .filter(|entry| entry.edit.verb() != Verb::Delete || entry.is_held(now))?;
        let entry = self.outbox.withdraw(key)?;
        if entry.edit.verb() == Verb::Create {
            self.outbox.settle_of(entry.record);
        }
        self.pass_on(&entry, entry.seen);
        Some(self.wake(now))
    }

    /// Drops an edit that the server refused. What was done after it to a record that never came to
    /// be goes with it.
    pub fn drop_parked(&mut self, key: Uuid, now: Timestamp) -> Vec<Effect> {
        if self
            .outbox
            .get(key)
            .is_some_and(|entry| entry.parked.is_some())
            && let Some(entry) = self.outbox.settle(key)
        {
            if entry.edit.verb() == Verb::Create {
                self.outbox.settle_of(entry.record);
            }
            self.pass_on(&entry, entry.seen);
        }
        self.wake(now)
    }

    /// Sends an edit that the server refused once more.
    pub fn retry_parked(&mut self, key: Uuid, now: Timestamp) -> Vec<Effect> {
        if let Some(entry) = self.outbox.get_mut(key) {
            entry.parked = None;
            entry.here.dirty = true;
            entry.here.token_refusals = 0;
        }
        self.wake(now)
    }

    /// Makes a displaced edit again, on the current state of its record; where that was deleted, a
    /// new one is made under `record`. `key` names the mutation. Answers the record and the effects.
    ///
    /// # Errors
    /// 400 where it no longer fits, 404 where it is no longer there. Nothing is changed then.
    pub fn reapply(
        &mut self,
        id: Uuid,
        record: Uuid,
        key: Uuid,
        made: Made,
    ) -> Result<(Uuid, Vec<Effect>), Problem> {
        let missing = || Problem::not_found("change", id);
        let item = self.displaced.get(id).ok_or_else(missing)?.clone();
        let exists = each_kind!(&item.edit, |_op: R| self
            .view_of::<R>(item.record)
            .is_some());
        let (target, edit) = if exists && item.edit.verb() != Verb::Create {
            (item.record, item.edit.again())
        } else {
            let edit = item
                .mine
                .as_ref()
                .and_then(|mine| kind::recreate(mine, record));
            let edit = edit.ok_or_else(missing)?;
            // Where a part of it did not fit the row, the row is without.
            let with_all = edit.merged(&item.edit.again());
            (record, with_all.unwrap_or(edit))
        };
        let mut effects = self.mutate(target, edit, key, made)?;
        self.displaced.remove(id);
        self.persist(made.at, &mut effects);
        Ok((target, effects))
    }

    /// Drops a displaced edit.
    pub fn drop_displaced(&mut self, id: Uuid, now: Timestamp) -> Vec<Effect> {
        self.displaced.remove(id);
        self.wake(now)
    }

    /// Forgets what waits: the user said so.
    pub fn forget_pending(&mut self, now: Timestamp) -> Vec<Effect> {
        self.outbox.forget();
        self.wake(now)
    }

    /// Ends the grace of every deletion: the user waits for the queue to be empty.
    pub fn release(&mut self, now: Timestamp) -> Vec<Effect> {
        for entry in self.outbox.iter_mut() {
            if entry.is_held(now) {
                entry.not_before = now;
                entry.here.dirty = true;
            }
        }
        self.wake(now)
    }

    /// What an entry that leaves the queue without an answer built on, the next one of its record
    /// builds on.
    fn pass_on(&mut self, left: &Entry, seen: Option<i64>) {
        if let Some(next) = self
            .outbox
            .iter_mut()
            .find(|next| next.record == left.record && !next.frozen)
            && next.seen.is_none()
        {
            next.seen = seen;
            next.here.dirty = true;
        }
    }

    /// Stores what is not stored, sends what may be sent, and says when to look again.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut next = None;
        self.outbox.shorten(now);
        if self.session == Session::Live && self.storage.keeping != Keeping::Opening {
            next = self.flush(now, &mut effects);
        } else if self.lock == Lock::Held && !self.outbox.is_under_way() {
            // Another page of the same user may go on where this one must not.
            self.lock = Lock::Free;
            effects.push(Effect::Unlock);
        }
        self.persist(now, &mut effects);
        next = earliest(next, self.storage.retry_at);
        if let Some(next) = next {
            let wait = (next - now).num_milliseconds().clamp(10, 60_000);
            effects.push(Effect::WakeIn(u32::try_from(wait).unwrap_or(60_000)));
        }
        effects
    }

    /// Sends the first entry of every aggregate that may be sent. Answers when to look again.
    fn flush(&mut self, now: Timestamp, effects: &mut Vec<Effect>) -> Option<Timestamp> {
        let mut busy: HashSet<Uuid> = HashSet::new();
        let mut ready = Vec::new();
        let mut under_way = 0;
        let mut next = None;
        for entry in self.outbox.entries() {
            // Whatever comes later for the same aggregate waits.
            if !busy.insert(entry.aggregate) || entry.parked.is_some() {
                continue;
            }
            if entry.here.in_flight {
                under_way += 1;
                continue;
            }
            let held = (!entry.frozen).then_some(entry.not_before);
            let due = held.max(entry.here.retry_at);
            match due {
                Some(due) if due > now => next = earliest(next, Some(due)),
                _ => ready.push(entry.key),
            }
        }
        if ready.is_empty() {
            if self.lock == Lock::Held && under_way == 0 {
                self.lock = Lock::Free;
                effects.push(Effect::Unlock);
            }
            return next;
        }
        let mut room = MAX_IN_FLIGHT - under_way.min(MAX_IN_FLIGHT);
        if self.network.down {
            match self.network.retry_at {
                Some(retry_at) if retry_at > now => return earliest(next, Some(retry_at)),
                // One request finds out for all.
                _ => room = usize::from(under_way == 0),
            }
        }
        let alone = matches!(self.storage.keeping, Keeping::Memory(_));
        if self.lock != Lock::Held && !alone {
            if self.lock == Lock::Free {
                self.lock = Lock::Asked;
                effects.push(Effect::Lock);
            }
            return next;
        }
        for key in ready.into_iter().take(room) {
            self.send(key, effects);
        }
        next
    }

    fn send(&mut self, key: Uuid, effects: &mut Vec<Effect>) {
        let volatile = self.storage.is_volatile();
        let Some(entry) = self.outbox.get(key) else {
            return;
        };
        let version = each_kind!(&entry.edit, |_op: R| self
            .base
            .table::<R>()
            .get(entry.record)
            .map(|row| row.version()));
        let Some(entry) = self.outbox.get_mut(key) else {
            return;
        };
        if !entry.frozen {
            entry.frozen = true;
            entry.here.dirty = true;
            if entry.edit.verb() == Verb::Create {
                entry.seen = None;
            } else {
                entry.seen = entry.seen.or(version);
            }
        }
        // What is sent is stored first, as it is sent: after a crash the same bytes go again.
        if volatile || entry.is_durable() {
            entry.here.in_flight = true;
            let (method, path, body) = entry.edit.request(entry.record);
            effects.push(Effect::Send(Box::new(Outgoing {
                key,
                method,
                path,
                if_match: entry.seen,
                body,
            })));
        }
    }

    /// The lock is this page's, and the queue is as it is stored.
    pub fn locked(&mut self, now: Timestamp) -> Vec<Effect> {
        self.lock = Lock::Held;
        self.wake(now)
    }

    /// The network is said to be back: what backs off is tried at once.
    pub fn online(&mut self, now: Timestamp) -> Vec<Effect> {
        self.reached();
        for entry in self.outbox.iter_mut() {
            if !entry.here.told_to_wait {
                entry.here.retry_at = None;
            }
        }
        self.wake(now)
    }

    /// An answer came: there is a network.
    fn reached(&mut self) {
        self.network = Network::default();
    }

    /// No answer came.
    fn unreached(&mut self, now: Timestamp, jitter: f64) {
        self.network.down = true;
        self.network.attempts += 1;
        self.network.retry_at = Some(now + answers::backoff(self.network.attempts, None, jitter));
    }

    /// How it stands with the server. A deletion that waits for its undo counts as saved: nothing
    /// is wrong.
    pub fn sync_state(&self, now: Timestamp) -> SyncState {
        let parked = self
            .outbox
            .entries()
            .iter()
            .filter(|entry| entry.parked.is_some())
            .count();
        let waiting: Vec<&Entry> = self
            .outbox
            .entries()
            .iter()
            .filter(|entry| !entry.is_held(now))
            .collect();
        let volatile = self.storage.is_volatile();
        let unsafe_yet = !volatile && waiting.iter().any(|entry| !entry.is_durable());
        if matches!(self.session, Session::Ended | Session::Foreign) {
            SyncState::SignedOut(waiting.len())
        } else if unsafe_yet {
            SyncState::Saving(waiting.len())
        } else if parked > 0 {
            SyncState::Attention(parked)
        } else if self.network.down {
            SyncState::Offline(waiting.len())
        } else if waiting.is_empty() {
            SyncState::Saved
        } else {
            SyncState::Saving(waiting.len())
        }
    }

    /// Whether an edit would be lost with this page. A deletion in its grace does not count.
    pub fn has_volatile(&self, now: Timestamp) -> bool {
        self.outbox
            .entries()
            .iter()
            .any(|entry| !entry.is_durable() && !entry.here.in_flight && !entry.is_held(now))
    }

    /// Records with a pending mutation.
    pub fn pending_records(&self) -> HashSet<Uuid> {
        self.outbox
            .entries()
            .iter()
            .map(|entry| entry.record)
            .collect()
    }

    /// The view of every row of a kind.
    pub fn view<R: Edited>(&self) -> HashMap<Uuid, Arc<R>> {
        let mut rows = self.base.table::<R>().rows().clone();
        for entry in self.outbox.entries() {
            let Some(op) = R::op(&entry.edit) else {
                continue;
            };
            let row = rows.get(&entry.record);
            match apply(op, row.map(Arc::as_ref), entry.record, entry.made()) {
                Ok(Some(row)) => _ = rows.insert(entry.record, Arc::new(row)),
                Ok(None) => _ = rows.remove(&entry.record),
                // It fitted when it was made; where base has moved so that it no longer does, the
                // server will say so, and until then the row stands as it is.
                Err(_) => {}
            }
        }
        rows
    }

    /// The view of one row.
    pub fn view_of<R: Edited>(&self, record: Uuid) -> Option<Arc<R>> {
        let base = self.base.table::<R>().get(record).cloned();
        Self::with_edits(base, self.outbox.of_record(record))
    }

    /// The same, as if it had not been deleted.
    fn view_but_deletions<R: Edited>(&self, record: Uuid) -> Option<Arc<R>> {
        let base = self.base.table::<R>().get(record).cloned();
        let entries = self.outbox.of_record(record);
        Self::with_edits(
            base,
            entries.filter(|entry| entry.edit.verb() != Verb::Delete),
        )
    }

    fn with_edits<'a, R: Edited>(
        mut row: Option<Arc<R>>,
        entries: impl Iterator<Item = &'a Entry>,
    ) -> Option<Arc<R>> {
        for entry in entries {
            let Some(op) = R::op(&entry.edit) else {
                continue;
            };
            if let Ok(next) = apply(op, row.as_deref(), entry.record, entry.made()) {
                row = next.map(Arc::new);
            }
        }
        row
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;
