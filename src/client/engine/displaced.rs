//! Edits that could not be applied: kept for a while, to be compared, made again or dropped.

use super::kind::Edit;
use crate::domain::{sync::Entity, time::Timestamp};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// How long a displaced edit stays reachable (DESIGN §7).
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
pub struct Displaced {
    /// The key of a mutation that it holds.
    pub id: Uuid,
    /// The keys of all mutations that it holds.
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

/// The displaced edits, oldest first.
#[derive(Clone, Debug, Default)]
pub struct DisplacedList {
    items: Vec<Displaced>,
    unwritten: BTreeSet<Uuid>,
    removed: BTreeSet<Uuid>,
}

impl DisplacedList {
    /// The items, oldest first.
    pub fn items(&self) -> &[Displaced] {
        &self.items
    }

    /// Whether an edit is among them.
    pub(super) fn holds(&self, key: Uuid) -> bool {
        self.items.iter().any(|item| item.keys.contains(&key))
    }

    /// One item.
    pub fn get(&self, id: Uuid) -> Option<&Displaced> {
        self.items.iter().find(|item| item.id == id)
    }

    pub(super) fn push(&mut self, item: Displaced) {
        self.unwritten.insert(item.id);
        self.items.push(item);
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<Displaced> {
        let index = self.items.iter().position(|item| item.id == id)?;
        self.unwritten.remove(&id);
        self.removed.insert(id);
        Some(self.items.remove(index))
    }

    /// Drops what has been there long enough.
    pub(super) fn expire(&mut self, now: Timestamp) {
        let old: Vec<Uuid> = self
            .items
            .iter()
            .filter(|item| item.at + KEPT <= now)
            .map(|item| item.id)
            .collect();
        for id in old {
            self.remove(id);
        }
    }

    pub(super) fn is_dirty(&self) -> bool {
        !self.unwritten.is_empty() || !self.removed.is_empty()
    }

    pub(super) fn unwritten(&self) -> (Vec<Displaced>, Vec<Uuid>) {
        let items = self
            .items
            .iter()
            .filter(|item| self.unwritten.contains(&item.id))
            .cloned()
            .collect();
        (items, self.removed.iter().copied().collect())
    }

    pub(super) fn written(&mut self, items: &[Displaced], removed: &[Uuid]) {
        for item in items {
            self.unwritten.remove(&item.id);
        }
        for id in removed {
            self.removed.remove(id);
        }
    }

    /// Joins the stored list with what this page has not written yet.
    pub(super) fn rebase(&mut self, stored: Vec<Displaced>) {
        let known = std::mem::take(&mut self.items);
        self.items = stored
            .into_iter()
            .filter(|item| !self.removed.contains(&item.id))
            .collect();
        for mut item in known {
            if !self.unwritten.remove(&item.id) {
                continue;
            }
            // Another page has put the same edit aside, perhaps with other ones.
            let theirs = self.get(item.id).map(|theirs| theirs.keys.clone());
            if let Some(theirs) = theirs {
                let Some(own) = item.keys.iter().find(|key| !theirs.contains(key)) else {
                    continue;
                };
                if theirs.iter().all(|key| item.keys.contains(key)) {
                    self.items.retain(|theirs| theirs.id != item.id);
                } else {
                    item.id = *own;
                }
            }
            self.push(item);
        }
        self.items.sort_by_key(|item| (item.at, item.id));
    }
}
