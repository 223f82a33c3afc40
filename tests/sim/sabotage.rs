//! Breaks each invariant on purpose, where the engine meets the world: a check that does not notice
//! is no check. The thirteenth, nothing in the clear, is the browser's to show: there a search of
//! the profile's files finds what is planted in the clear beside the cache.

use crate::{disk::Disk, world::World};
use job_hunt_tracker::{
    client::engine::{Batch, Edit, Op, Outgoing, Shard, Verb},
    domain::{
        application::Application,
        sync::{Entity, EntityKind, SyncPage, SyncRow},
    },
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What goes wrong without the engine's knowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// 1: the store says that it took an edit, and did not.
    LosesEdits,
    /// 2: the server does not know what it took already.
    TakesTwice,
    /// 3: what is sent once more is not the same.
    SendsOtherwise,
    /// 4: the store gives back later edits before earlier ones.
    MixesOrder,
    /// 5: a creation is said to be acknowledged, and was not sent.
    AcknowledgesCreations,
    /// 6: a pull brings another row than the server has.
    FalsifiesRows,
    /// 7: what waits is not shown.
    HidesPending,
    /// 8: the store takes the cursor, and not the rows before it.
    TearsBatches,
    /// 9: the store brings back deleted rows.
    BringsBack,
    /// 10: the store leaves out rows whose edits wait.
    LeavesOutPending,
    /// 11: of what lies aside the row is lost.
    LosesDisplaced,
    /// 12: requests go out under another user's session.
    MixesUsers,
    /// 14: nobody ever gets the lock.
    NeverLocks,
    /// 15: whenever a page hears of another one, it writes what is stored.
    WritesAgain,
    /// 15: whoever asks to be woken is woken too early.
    NeverSleeps,
    /// 16: on its way a mutation is put on whatever the server has.
    OverlooksOthers,
    /// 17: where a page has it from, an application has had its status a little longer.
    ShiftsAnchors,
    /// 17: on its way it is lost what a person set on a reminder.
    ForgetsWhatWasSet,
    /// 16: on its way a mutation loses when the version was made that its user saw.
    OverlooksHistories,
    /// 6: on its way a pull loses of which places of the history the page has heard.
    ForgetsWhatWasHeard,
}

impl Sabotage {
    /// Each with the number of the invariant that it breaks.
    pub const ALL: [(u8, Self); 20] = [
        (1, Self::LosesEdits),
        (2, Self::TakesTwice),
        (3, Self::SendsOtherwise),
        (4, Self::MixesOrder),
        (5, Self::AcknowledgesCreations),
        (6, Self::FalsifiesRows),
        (6, Self::ForgetsWhatWasHeard),
        (7, Self::HidesPending),
        (8, Self::TearsBatches),
        (9, Self::BringsBack),
        (10, Self::LeavesOutPending),
        (11, Self::LosesDisplaced),
        (12, Self::MixesUsers),
        (14, Self::NeverLocks),
        (15, Self::WritesAgain),
        (15, Self::NeverSleeps),
        (16, Self::OverlooksOthers),
        (16, Self::OverlooksHistories),
        (17, Self::ShiftsAnchors),
        (17, Self::ForgetsWhatWasSet),
    ];
}

/// Rows as they were stored, for the one that brings them back.
pub type OldRows = HashMap<Uuid, Entity>;

/// What the store makes of a batch.
pub fn spoil_batch(sabotage: Option<Sabotage>, batch: &mut Batch, disk: &Disk, old: &mut OldRows) {
    let rows = batch.shards.iter().flat_map(|(_, content)| content);
    for kept in rows {
        if let Some(row) = &kept.row {
            old.insert(kept.id, row.clone());
        }
    }
    match sabotage {
        Some(Sabotage::LosesEdits) => _ = batch.entries.pop(),
        Some(Sabotage::MixesOrder) => {
            for entry in &mut batch.entries {
                let before = disk.entries().into_iter().find(|known| {
                    known.record == entry.record
                        && known.edit.verb() == Verb::Patch
                        && known.order < entry.order
                });
                if entry.edit.verb() == Verb::Patch && before.is_some() {
                    entry.order = 0;
                }
            }
        }
        Some(Sabotage::TearsBatches) if batch.meta.cursor != disk.meta().cursor => {
            batch.shards.clear();
        }
        Some(Sabotage::BringsBack) => {
            let gone: HashSet<Uuid> = disk
                .rows()
                .filter(|kept| kept.row.is_none())
                .map(|kept| kept.id)
                .collect();
            let rows = batch.shards.iter_mut().flat_map(|(_, content)| content);
            for kept in rows.filter(|kept| gone.contains(&kept.id)) {
                kept.row = old.get(&kept.id).cloned();
            }
        }
        Some(Sabotage::LeavesOutPending) => {
            let pending: HashSet<Uuid> = disk.entries().iter().map(|entry| entry.record).collect();
            for record in &pending {
                let shard = Shard::of(EntityKind::Application, *record);
                if batch.shards.iter().all(|(known, _)| *known != shard) {
                    let content = disk.shard(shard);
                    batch.shards.push((shard, content));
                }
            }
            for (_, content) in &mut batch.shards {
                content.retain(|kept| kept.row.is_none() || !pending.contains(&kept.id));
            }
        }
        Some(Sabotage::LosesDisplaced) => {
            for item in &mut batch.displaced {
                item.mine = None;
            }
        }
        _ => {}
    }
}

/// A batch that writes what is stored.
pub fn same_again(disk: &Disk) -> Batch {
    Batch {
        number: 0,
        stamp: disk.stamp,
        entries: disk.entries(),
        settled: Vec::new(),
        displaced: disk.displaced(),
        dropped: Vec::new(),
        shards: Vec::new(),
        meta: disk.meta().clone(),
    }
}

/// What a page of a pull says when it arrives.
pub fn spoil_page(sabotage: Option<Sabotage>, page: &mut SyncPage) {
    for change in &mut page.changes {
        match (sabotage, &mut change.what) {
            (Some(Sabotage::FalsifiesRows), SyncRow::Upsert(Entity::Application(row))) => {
                row.updated_at += chrono::Duration::seconds(1);
            }
            (Some(Sabotage::ShiftsAnchors), SyncRow::Upsert(Entity::Application(row))) => {
                row.status_since -= chrono::Duration::milliseconds(1);
            }
            (Some(Sabotage::ForgetsWhatWasSet), SyncRow::Upsert(Entity::Reminder(row))) => {
                row.meta.set.clear();
            }
            _ => {}
        }
    }
}

impl World {
    /// The answer that a request gets without ever being sent.
    pub fn false_answer(&self, outgoing: &Outgoing, device: usize, at: usize) -> Option<String> {
        if self.sabotage != Some(Sabotage::AcknowledgesCreations)
            || outgoing.method != http::Method::POST
        {
            return None;
        }
        let engine = &self.devices[device].tabs[at].engine;
        let entry = engine.outbox().get(outgoing.key)?;
        let Edit::Application(Op::Create(create)) = &entry.edit else {
            return None;
        };
        let create = create.as_ref().clone();
        let row: Application = create
            .build(entry.record, entry.made_on, entry.made_at)
            .ok()?;
        serde_json::to_string(&row).ok()
    }
}
