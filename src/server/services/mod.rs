//! Business rules and transactions. What a server function does stands here; it is given who asks,
//! and returns what changed or a problem that a client can act on.

pub mod activities;
pub mod analytics;
pub mod applications;
pub mod board;
pub mod calendar;
mod cursors;
pub mod due;
pub mod housekeeping;
pub mod ledger;
pub mod mails;
pub mod reminders;
pub mod rows;
pub mod settings;
pub mod stage_events;
pub mod sync;
pub mod zone_rules;

use super::{
    db::{Db, tenant::Owner},
    secrets::Keys,
};
use crate::domain::{position::Position, time::Timestamp};
use std::sync::{Arc, OnceLock};

/// Where the history of the user stood when something was done for them; empty until then.
#[derive(Clone, Debug, Default)]
pub struct Reached(Arc<OnceLock<Position>>);

impl Reached {
    /// The place, where something was done.
    pub fn get(&self) -> Option<Position> {
        self.0.get().copied()
    }

    /// Something was done: it is done once.
    fn set(&self, position: Position) {
        _ = self.0.set(position);
    }
}

/// For whom something is done, when, and on what.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The database.
    pub db: &'a Db,
    /// What signs cursors.
    pub keys: &'a Keys,
    /// Whose rows.
    pub owner: Owner,
    /// The idempotency key of a mutation, if it has one.
    pub mutation: Option<&'a ledger::MutationKey>,
    /// Is told where the user's history stands after a mutation, also one that was refused.
    pub reached: Option<&'a Reached>,
    /// The time.
    pub now: Timestamp,
}
