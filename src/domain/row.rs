//! What is particular to a kind of row. The rest follows from its fields ([`super::fields`]) and from
//! its place in the list of kinds ([`super::kinds`]).

use super::{
    edit::{Edit, Op},
    error::Problem,
    fields::{Create, Patch},
    sync::{Entity, EntityKind},
    time::Timestamp,
};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{fmt::Debug, hash::Hasher};
use uuid::Uuid;

/// A row among those of all kinds. Made from the list of kinds.
pub trait OfKind: Sized {
    /// Which kind.
    const KIND: EntityKind;
    /// The row among those of all kinds.
    fn into_entity(self) -> Entity;
    /// The row of this kind, if it is one.
    fn from_entity(entity: Entity) -> Option<Self>;
}

/// A kind of row that the server issues.
pub trait Row: OfKind + Clone + Debug + PartialEq + Serialize + DeserializeOwned + 'static {
    /// Whether this state is at least as new as another one of the same row.
    fn supersedes(&self, known: &Self) -> bool;
    /// Feeds what tells two states of the same row apart.
    fn hash_state(&self, hasher: &mut impl Hasher);
    /// The rows that it hangs on: it goes when one of them goes. None for what stands by itself.
    fn parents(&self) -> [Option<Uuid>; 2] {
        [None, None]
    }
    /// The row whose edits, and those of all that hangs on it, are sent one after another; none for a
    /// row of its own.
    fn aggregate(&self) -> Option<Uuid> {
        let [first, _] = self.parents();
        first
    }
}

/// A state of a row, as somebody saw it. The version alone does not tell which: a database that was set
/// back to a backup gives a number a second time, to another state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seen {
    /// When the server made it (`updated_at`); none where only the version is known. It stands first,
    /// so that of two states the later one is the greater, whichever history each is of.
    pub at: Option<Timestamp>,
    /// Its version.
    pub version: i64,
}

impl Seen {
    /// Of which only the version is known.
    pub const fn only(version: i64) -> Self {
        Self { at: None, version }
    }

    /// Whether a row is in this state.
    pub fn is(self, row: &impl Edited) -> bool {
        let now = row.seen();
        self.version == now.version && (self.at.is_none() || self.at == now.at)
    }
}

/// When and on which of the user's days an edit was made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// The moment.
    pub at: Timestamp,
    /// The user's calendar day then; of an edit that says when it happened, the day of that
    /// ([`Edited::happened_at`]).
    pub on: NaiveDate,
}

impl Made {
    /// At a moment, by somebody whose clock shows UTC.
    pub fn utc(at: Timestamp) -> Self {
        Self {
            at,
            on: at.date_naive(),
        }
    }
}

/// An operation among those on rows of all kinds. Made from the list of kinds.
pub trait OfEdit: Sized {
    /// The edit among those of all kinds.
    fn into_edit(op: Op<Self>) -> Edit
    where
        Self: Edited;
    /// The operation of an edit of this kind.
    fn op(edit: &Edit) -> Option<&Op<Self>>
    where
        Self: Edited;
}

/// A kind of row that people make or change.
pub trait Edited: Row + OfEdit {
    /// The body that creates one.
    type Create: Create<Self::Patch>;
    /// The body that changes one.
    type Patch: Patch<Row = Self>;
    /// The address of the collection below the API's base.
    const COLLECTION: &'static str;
    /// Whether one row stands at the collection's own address.
    const SINGLE: bool = false;
    /// What it is called in a message.
    const NOUN: &'static str;

    /// The version that `If-Match` names.
    fn version(&self) -> i64;
    /// When the server made this state.
    fn updated_at(&self) -> Timestamp;
    /// The state in which whoever has this row sees it.
    fn seen(&self) -> Seen {
        Seen {
            at: Some(self.updated_at()),
            version: self.version(),
        }
    }
    /// What it is called by its user.
    fn title(&self) -> String;
    /// The row that a create makes.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    fn build(create: &Self::Create, id: Uuid, made: Made) -> Result<Self, Problem>;
    /// What a patch makes of the row.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    fn patched(&self, patch: &Self::Patch, made: Made) -> Result<Self, Problem>;
    /// The address at which a create is sent: below its parent, where it has one.
    fn created_at(_: &Self::Create) -> String {
        Self::COLLECTION.to_owned()
    }
    /// The address at which a patch of the row `id` is sent.
    fn patched_at(_: &Self::Patch, id: Uuid) -> String {
        if Self::SINGLE {
            Self::COLLECTION.to_owned()
        } else {
            format!("{}/{id}", Self::COLLECTION)
        }
    }
    /// When what a body tells happened, where it says so: its day is that of [`Made::on`].
    fn happened_at(_: &Self::Patch) -> Option<Timestamp> {
        None
    }
    /// What creates a copy of this row under another id; none where that is not possible.
    fn recreate(&self, id: Uuid) -> Option<Self::Create> {
        Self::Create::copy_of(id, self)
    }
    /// Whether a patch is an event of its own that never merges with another.
    fn is_event(_: &Self::Patch) -> bool {
        false
    }
    /// Whether a patch takes back what the user did before: worth nothing once that cannot be done.
    fn is_undo(_: &Self::Patch) -> bool {
        false
    }
    /// Takes the times that the clock of the device gave to an operation back by `ahead`, and the
    /// days by `days`.
    fn make_earlier(_: &mut Op<Self>, _ahead: Duration, _days: Duration) {}
    /// The patch as it would be made anew on a later state, `now` where there is a row yet.
    fn again(patch: Self::Patch, _now: Option<&Self>) -> Self::Patch {
        patch
    }
}
