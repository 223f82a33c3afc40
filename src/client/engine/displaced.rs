//! Edits that could not be applied: kept for a while, to be compared, made again or dropped.

use crate::domain::{edit::Edit, sync::Entity, time::Timestamp};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long a displaced edit stays reachable.
pub const KEPT: Duration = Duration::days(30);

/// Why an edit was displaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Another device changed the record first; the server's state was taken.
    Conflict,
    /// The record was deleted elsewhere.
    Deleted,
}

/// An edit that gave way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Displaced {
    /// The key of a mutation that it holds.
    pub id: Uuid,
    /// The keys of all mutations that it holds, oldest first.
    #[serde(default)]
    pub keys: Vec<Uuid>,
    /// When it gave way.
    pub at: Timestamp,
    /// The record.
    pub record: Uuid,
    /// What the record was called.
    pub title: String,
    /// Why.
    pub reason: Reason,
    /// The user's edits of it, as one.
    pub edit: Edit,
    /// The record as the user saw it, with the edits: what a deleted one is made again from.
    pub mine: Option<Entity>,
}
