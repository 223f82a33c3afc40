//! What of the engine is durable, and how it gets there: one batch at a time, each on the state of
//! the store that the engine knows. Where another page wrote meanwhile, the batch is refused, what
//! is stored is joined to what is here, and the rest is written anew.

use super::{
    base::{Base, Kept, Shard},
    displaced::Displaced,
    own::OwnVersions,
    queue::Entry,
};
use crate::domain::{
    application::Application, order::sort_by_key, position::Positions, sync::Entity,
    time::Timestamp, user::User,
};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// The version of what is stored. Whoever keeps a new kind of row, or a new field, raises it: while a
/// page of the new version has the store, older ones go on without, so that none ever reads what it
/// does not know; and the new one builds its base anew, since the old one lacks what it keeps. The
/// test of the stored shapes fails until it is raised.
pub const SCHEMA: u32 = 6;

/// The most applications that are stored: what a browser surely has room for.
pub const CAP: usize = 5_000;
/// Archived for longer than this, an application is not stored.
pub const ARCHIVED_FOR: Duration = Duration::days(180);
/// A write that failed is tried again after this.
pub(super) const RETRY: Duration = Duration::seconds(5);
/// Rows that a full disk did not take are tried again after this.
pub(super) const RETRY_ROWS: Duration = Duration::minutes(1);
/// A store that has not opened by then is taken for one that never will.
pub(super) const OPEN_WITHIN: Duration = Duration::seconds(15);

/// What is stored beside rows and queues.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// Whose cache this is.
    pub user: Option<User>,
    /// Where the next pull starts. It moves only in the batch that stores the rows before it.
    pub cursor: Option<String>,
    /// Raised each time the base is built anew, so that rows of two histories never mix.
    #[serde(rename = "life")]
    pub base_generation: u64,
    /// Whether a pull has come to its end: every application is known.
    #[serde(rename = "whole")]
    pub complete: bool,
    /// Whether rows were left out of the store since the base was built.
    #[serde(rename = "partial")]
    pub truncated: bool,
    /// Which versions the queue itself made.
    #[serde(default)]
    pub own: OwnVersions,
    /// With which [`SCHEMA`] the base was built; 0 before there were any.
    #[serde(default)]
    pub schema: u32,
    /// The farthest places of the history of which answers and pulls told: one that lacks any of them is
    /// another history than what is here is of.
    #[serde(default)]
    pub heard_of: Positions,
}

impl Meta {
    /// Whether both say the same of the rows beside them, wherever their cursors are.
    pub(super) fn says_the_same_of_rows(&self, other: &Self) -> bool {
        (
            &self.user,
            self.base_generation,
            self.schema,
            self.complete,
            self.truncated,
        ) == (
            &other.user,
            other.base_generation,
            other.schema,
            other.complete,
            other.truncated,
        )
    }
}

/// Everything that one transaction writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Which one it is of this page's, so that an answer that comes late is told from a later one's.
    pub number: u64,
    /// The state of the store that it builds on; any other state refuses it.
    pub stamp: u64,
    /// Entries to put.
    pub entries: Vec<Entry>,
    /// Keys of entries to remove.
    pub settled: Vec<Uuid>,
    /// Displaced edits to put.
    pub displaced: Vec<Displaced>,
    /// Displaced edits to remove.
    pub dropped: Vec<Uuid>,
    /// Shards to put; one without content is removed.
    pub shards: Vec<(Shard, Vec<Kept>)>,
    /// The rest.
    pub meta: Meta,
}

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// Raised by one with each batch.
    pub stamp: u64,
    /// The rest.
    pub meta: Meta,
    /// The queue, in any order.
    pub entries: Vec<Entry>,
    /// The displaced edits.
    pub displaced: Vec<Displaced>,
    /// Shards; of a store that was read before, those that have changed since.
    pub shards: Vec<(Shard, Vec<Kept>)>,
    /// Whether a row could not be read: the base is then built anew.
    pub damaged: bool,
    /// Edits of the user's that could not be read: they are lost, and that is said.
    pub unreadable: usize,
    /// Records that are whole and that this version does not understand: a newer one made them.
    pub newer: usize,
}

/// Why the store does not take what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The browser's quota is used up.
    Full,
    /// Anything else.
    Broken,
}

/// Why nothing is stored at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unstored {
    /// The browser has no store that can hold a key, as in some private modes.
    Unavailable,
    /// A newer version of the app has the store: it understands what this one left there, and not
    /// the other way round.
    Newer,
    /// The store did not open, or was deleted while it was in use.
    Lost,
}

/// How it stands with the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persistence {
    /// It is being read; nothing is sent or stored yet.
    #[default]
    Opening,
    /// What is acknowledged is durable.
    Durable,
    /// Edits are durable; for all rows the disk is too full.
    EditsOnly,
    /// The store refuses writes; edits live as long as the page.
    Refused(Trouble),
    /// There is no store; edits live as long as the page.
    Memory(Unstored),
}

/// The engine's side of the store.
#[derive(Clone, Debug, Default)]
pub(super) struct Storage {
    pub persistence: Persistence,
    /// The state of the store that is known.
    pub stamp: u64,
    /// The opening that was asked for must have come to its end by then.
    pub open_by: Option<Timestamp>,
    /// The store was asked for.
    pub asked: bool,
    /// The batch under way.
    pub writing: Option<Writing>,
    /// Batches so far.
    pub batches: u64,
    /// After a failure: not before.
    pub retry_at: Option<Timestamp>,
    /// A full disk did not take the rows: not before; edits go without them.
    pub rows_at: Option<Timestamp>,
    /// That was said.
    pub told_of_rows: bool,
    /// The meta that is stored.
    pub meta: Meta,
    /// This page has pulled since it took or wrote the cursor: only then its cursor is news.
    pub cursor_moved: bool,
    /// The queue made versions on this page since they were stored or taken.
    pub own_moved: bool,
    /// It was read while a batch was under way, and what was read was not taken.
    pub unread: bool,
}

/// A batch that is being written.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    pub batch: Arc<Batch>,
    /// No rows are left for later.
    pub with_rows: bool,
    /// Shards that edits need.
    pub urgent: BTreeSet<Shard>,
    /// Its cursor is one that this page pulled.
    pub moves_cursor: bool,
    /// It has versions that this page's queue made.
    pub moves_own: bool,
}

impl Storage {
    /// Whether an entry need not be stored before it is sent.
    pub fn is_volatile(&self) -> bool {
        matches!(
            self.persistence,
            Persistence::Refused(_) | Persistence::Memory(_)
        )
    }
}

/// Which applications are stored: all (`None`), or these. What waits in the queue is always among
/// them.
pub(super) fn retained(base: &Base, busy: &HashSet<Uuid>, now: Timestamp) -> Option<HashSet<Uuid>> {
    let rows = base.table::<Application>().rows();
    let mut kept: Vec<_> = rows
        .values()
        .filter(|row| {
            busy.contains(&row.id)
                || row
                    .archived_at
                    .is_none_or(|archived| archived + ARCHIVED_FOR > now)
        })
        .collect();
    if kept.len() == rows.len() && kept.len() <= CAP {
        return None;
    }
    sort_by_key(&mut kept, |row| {
        (!busy.contains(&row.id), Reverse((row.created_at, row.id)))
    });
    let busy_rows = kept.iter().filter(|row| busy.contains(&row.id)).count();
    kept.truncate(CAP.max(busy_rows));
    // Also one that is not here, such as where only a newer version can read it: what hangs on it waits.
    let kept = kept.into_iter().map(|row| row.id);
    Some(kept.chain(busy.iter().copied()).collect())
}

/// Whether a row is stored, given the applications that are.
pub(super) fn keeps(retained: Option<&HashSet<Uuid>>, entity: &Entity) -> bool {
    let Some(kept) = retained else { return true };
    match entity {
        Entity::Application(row) => kept.contains(&row.id),
        other => {
            let mut parents = other.parents().peekable();
            parents.peek().is_none() || parents.any(|parent| kept.contains(&parent))
        }
    }
}
