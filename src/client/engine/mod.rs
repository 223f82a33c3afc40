//! The sync engine, without IO: `view = base ⊕ pending`, and over that the reminders that rules make of
//! what the server has not heard of yet.
//!
//! Base holds only states that the server issued. Pending holds mutations in the order in which
//! they were made; per aggregate they are sent one after another, each on the version that the one
//! before it made. What is to be done in the world comes out as [`Effect`]s; what happened there
//! goes in as calls. Time and ids are arguments.

mod answers;
mod base;
mod changed;
mod displaced;
mod due;
mod flush;
mod history;
mod outbox;
mod own;
mod planned;
mod planner;
mod pull;
mod queue;
mod shown;
mod storage;
mod verbs;
mod view;
mod write;

pub use crate::domain::{
    edit::{Edit, Op, Verb},
    row::{Edited, Made, Row, Seen},
};
pub use answers::Answer;
pub use base::{Base, HasTable, Kept, Shard, Table};
pub use displaced::{Displaced, KEPT, Reason};
pub use flush::WaitReason;
pub use outbox::Outbox;
pub use own::OwnVersions;
pub use planned::NOTED_FOR;
pub use pull::Pull;
pub use queue::Entry;
pub use shown::{HasView, Shown};
pub use storage::{ARCHIVED_FOR, Batch, CAP, Meta, Persistence, SCHEMA, Stored, Trouble, Unstored};
pub use verbs::{Began, DELETE_GRACE};

use crate::domain::{error::Problem, sync::BoardSnapshot, time::Timestamp, user::Me};
use pull::Pulling;
use std::{collections::HashMap, sync::Arc};
use storage::Storage;
use uuid::Uuid;

/// Rows of a kind by id.
pub type Rows<R> = HashMap<Uuid, Arc<R>>;

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
    /// When the server made it, where that is known.
    pub if_updated_at: Option<Timestamp>,
    /// The JSON body.
    pub body: Option<String>,
}

/// What is to be done in the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Open the store, then call [`Engine::opened`], [`Engine::unstored`] or
    /// [`Engine::locked_by_passphrase`].
    Open,
    /// Let go of the store, if it is open or ever opens: this page goes on without.
    CloseStore,
    /// Store this in one transaction, then call [`Engine::written`], [`Engine::write_conflict`] or
    /// [`Engine::write_failed`] with its number.
    Write(Arc<Batch>),
    /// Send this, then call [`Engine::answered`].
    Send(Box<Outgoing>),
    /// Ask for what changed since the cursor, then call [`Engine::pulled`] or
    /// [`Engine::pull_failed`].
    Pull(Pull),
    /// Get the lock under which one page sends, read what other pages stored
    /// ([`Engine::refreshed`]), and call [`Engine::locked`]; [`Engine::lock_lost`] once another page
    /// has taken it away. What was asked for before is asked for no more.
    Lock {
        /// Take it from the page that has it: that one seems to stand still.
        steal: bool,
    },
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
    /// The server refused to take a move back; nothing of what the user typed is in that, so it was
    /// dropped.
    UndoRefused {
        /// The edit.
        key: Uuid,
        /// What its record is called.
        title: String,
    },
    /// The session has ended; nothing is sent until the same user signs in.
    SignedOut,
    /// Somebody else is signed in; nothing of this page is sent or pulled any more.
    Foreign,
    /// The store refuses writes.
    Unstorable(Trouble),
    /// The disk is too full for all rows; edits are stored.
    RowsUnstorable,
    /// The store cannot be used any more; edits live as long as the page.
    StoreLost(Unstored),
    /// This device's clock is ahead of the server's by so much: what was refused for that goes once
    /// more, at the time that it really was.
    ClockAhead(chrono::Duration),
    /// Rows came that only a newer version of the app can read: what shows of them is old.
    Skipped,
    /// What changed at the server could not be asked for, several times in a row.
    NotPulled(Problem),
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

/// After so many refusals in a row to take anything, that is said.
const UNANSWERED: u32 = 2;

/// A server that has no time: 429 and 503 are about all that waits, not about one edit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Busy {
    /// How often in a row.
    attempts: u32,
    /// Nothing is sent before; then one request finds out for all.
    until: Option<Timestamp>,
    /// It said when to come back (`Retry-After`): earlier is not welcome.
    told: bool,
}

/// How it stands with the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncState {
    /// What this device stored is still being read: edits may wait there.
    #[default]
    Opening,
    /// Everything is at the server.
    Saved,
    /// So many edits are on their way.
    Saving(usize),
    /// No connection; so many edits wait, safely stored.
    Offline(usize),
    /// There is a connection, and the server takes nothing now; so many edits wait, safely stored.
    Unanswered(usize),
    /// The server asked for time: so many edits wait, and nothing is sent before it is over.
    ToldToWait {
        /// Edits that wait.
        waiting: usize,
        /// When they are tried again.
        until: Timestamp,
    },
    /// Everything is at the server, and what changed there cannot be fetched.
    Stale,
    /// The session has ended; so many edits wait.
    SignedOut(usize),
    /// So many edits wait for the user: refused ones, and those that gave way.
    Attention(usize),
}

/// Who sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Lock {
    #[default]
    Free,
    /// Nothing has happened in the store since.
    Asked {
        since: Timestamp,
    },
    Held,
}

/// The engine.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    base: Base,
    outbox: Outbox,
    shown: Shown,
    meta: Meta,
    pulling: Pulling,
    storage: Storage,
    network: Network,
    busy: Busy,
    /// It was said that this device's clock is ahead.
    told_of_clock: bool,
    /// It was said that a newer version has written what this one cannot read.
    told_of_skipped: bool,
    session: Session,
    lock: Lock,
    zone: history::UserZone,
    plans: planned::Plans,
}

impl Engine {
    /// Takes the page's first rows, and who they belong to.
    pub fn load(&mut self, me: &Me, snapshot: &BoardSnapshot) {
        self.meta.user = Some(me.user.clone());
        self.base.show(me.user.id, me.settings.clone());
        for row in &snapshot.rows {
            self.base.load(row.id, row.clone());
        }
        for row in &snapshot.activities {
            self.base.load(row.id, row.clone());
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
    pub fn persistence(&self) -> Persistence {
        self.storage.persistence
    }

    /// The queue, oldest first.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The displaced edits, oldest first.
    pub fn displaced(&self) -> &[Displaced] {
        self.outbox.displaced()
    }

    /// What the server issued.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// How it stands with the server. A deletion that waits for its undo counts as saved: nothing
    /// is wrong.
    pub fn sync_state(&self, now: Timestamp) -> SyncState {
        let entries = || self.unsent().map(Arc::as_ref);
        let parked = entries().filter(|entry| entry.parked.is_some()).count();
        let undecided = parked + self.displaced().len();
        let waiting: Vec<&Entry> = entries().filter(|entry| !entry.is_held(now)).collect();
        let volatile = self.storage.is_volatile();
        let unsafe_yet = !volatile && waiting.iter().any(|entry| !self.outbox.is_durable(entry));
        if matches!(self.session, Session::Ended | Session::Foreign) {
            SyncState::SignedOut(waiting.len())
        } else if unsafe_yet {
            SyncState::Saving(waiting.len())
        } else if undecided > 0 {
            SyncState::Attention(undecided)
        } else if self.network.down {
            SyncState::Offline(waiting.len())
        } else if self.storage.persistence == Persistence::Opening {
            SyncState::Opening
        } else if waiting.is_empty() {
            if self.pulling.is_refused() {
                SyncState::Stale
            } else {
                SyncState::Saved
            }
        } else if let Some(until) = self.told_to_wait(now) {
            SyncState::ToldToWait {
                waiting: waiting.len(),
                until,
            }
        } else if self.busy.attempts >= UNANSWERED && !self.busy.told {
            SyncState::Unanswered(waiting.len())
        } else {
            SyncState::Saving(waiting.len())
        }
    }

    /// Whether an edit would be lost with this page. A deletion in its grace does not count while its
    /// batch is on the way to the store.
    pub fn has_volatile(&self, now: Timestamp) -> bool {
        let stores = !self.storage.is_volatile();
        self.outbox
            .entries()
            .iter()
            .filter(|entry| !self.outbox.is_durable(entry))
            .any(|entry| !stores || !entry.is_held(now))
    }
}

#[cfg(test)]
mod tests;
