//! What one user's store on one device holds. It is given what the browser's adapter seals
//! (entries, displaced edits, shards, meta) and nothing else; that a sealed blob shows nothing of
//! it is the adapter's to test.

use job_hunt_tracker::client::engine::{
    Batch, Displaced, Entry, Kept, Meta, Shard, Stored, Trouble,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, rc::Rc};
use uuid::Uuid;

#[derive(Clone, Default)]
pub struct Disk {
    pub stamp: u64,
    /// The version of the database.
    pub schema: u32,
    meta: Meta,
    entries: BTreeMap<Uuid, Entry>,
    displaced: BTreeMap<Uuid, Displaced>,
    /// Each with the stamp of the batch that wrote it.
    shards: BTreeMap<Shard, (u64, Rc<Vec<Kept>>)>,
}

/// What comes back of what is stored, as JSON.
fn stored<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

impl Disk {
    /// Everything, or nothing where another page wrote since.
    pub fn apply(&mut self, batch: &Batch) -> bool {
        if batch.stamp != self.stamp {
            return false;
        }
        self.stamp += 1;
        self.meta = stored(&batch.meta);
        for key in &batch.settled {
            self.entries.remove(key);
        }
        for entry in &batch.entries {
            self.entries.insert(entry.key, stored(entry));
        }
        for id in &batch.dropped {
            self.displaced.remove(id);
        }
        for item in &batch.displaced {
            self.displaced.insert(item.id, stored(item));
        }
        for (shard, content) in &batch.shards {
            assert_eq!(Shard::parse(&shard.name()), Some(*shard));
            let content = Rc::new(stored(content));
            self.shards.insert(*shard, (self.stamp, content));
        }
        true
    }

    /// Whether it holds the same as another one, but for the stamps.
    pub fn holds_the_same(&self, other: &Self) -> bool {
        let rows = |disk: &Self| -> Vec<(Shard, Rc<Vec<Kept>>)> {
            let shards = disk.shards.iter();
            let shards = shards.filter(|(_, (_, content))| !content.is_empty());
            let shards = shards.map(|(shard, (_, content))| (*shard, content.clone()));
            shards.collect()
        };
        self.meta == other.meta
            && self.entries == other.entries
            && self.displaced == other.displaced
            && rows(self) == rows(other)
    }

    /// What is stored; of the shards those that were written after `since`.
    pub fn read(&self, since: u64) -> Stored {
        Stored {
            stamp: self.stamp,
            meta: self.meta.clone(),
            entries: self.entries(),
            displaced: self.displaced(),
            shards: self
                .shards
                .iter()
                .filter(|(_, (stamp, _))| *stamp > since)
                .map(|(shard, (_, content))| (*shard, content.to_vec()))
                .collect(),
            damaged: false,
            unreadable: 0,
            newer: 0,
        }
    }

    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The queue, in its order.
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.entries.values().cloned().collect();
        entries.sort_by_key(|entry| (entry.order, entry.key));
        entries
    }

    pub fn displaced(&self) -> Vec<Displaced> {
        self.displaced.values().cloned().collect()
    }

    /// What one shard holds.
    pub fn shard(&self, shard: Shard) -> Vec<Kept> {
        let content = self.shards.get(&shard);
        content.map_or_else(Vec::new, |(_, content)| content.to_vec())
    }

    pub fn rows(&self) -> impl Iterator<Item = &Kept> {
        self.shards.values().flat_map(|(_, content)| content.iter())
    }
}

/// What the store does with the next batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Health {
    Well,
    Refuses(Trouble),
}
