//! Batches of the engine into the database, and back.

use super::{
    database::{self, Failure, Work},
    keys::{DataKey, KeyError, Protection, Wrapped, random},
    seal::Sealer,
};
use crate::client::engine::{Batch, Displaced, Entry, Kept, Meta, Shard, Stored, Trouble};
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use web_sys::IdbDatabase;

const STATE: &str = "state";
/// Shards that are sealed before the page may paint again.
const BREATH: usize = 8;

/// Why a cache does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The browser has no store that can hold a key.
    Unavailable,
    /// A passphrase is needed.
    Locked,
    /// This passphrase does not open it.
    WrongPassphrase,
}

impl From<Failure> for OpenError {
    fn from(_: Failure) -> Self {
        Self::Unavailable
    }
}

impl From<KeyError> for OpenError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unavailable => Self::Unavailable,
            KeyError::Locked => Self::Locked,
            KeyError::WrongPassphrase => Self::WrongPassphrase,
        }
    }
}

/// Why a batch was not taken.
pub enum WriteError {
    /// Another page wrote since; this is what it wrote.
    Conflict(Box<Stored>),
    /// The store does not take it.
    Trouble(Trouble),
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        Self::Trouble(match failure {
            Failure::Full => Trouble::Full,
            Failure::Closed | Failure::Broken(_) => Trouble::Broken,
        })
    }
}

/// What stands in the clear beside the blobs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    stamp: u64,
    versions: BTreeMap<String, u64>,
}

/// One user's open cache.
pub struct Cache {
    database: IdbDatabase,
    sealer: Sealer,
    protection: Protection,
    known: State,
}

fn name(user: Uuid) -> String {
    format!("hunt-{user}")
}

/// Deletes a user's cache with its keys.
pub async fn delete(user: Uuid) -> Result<(), OpenError> {
    Ok(database::delete(&name(user)).await?)
}

impl Cache {
    /// Opens `user`'s cache, and makes one where there is none. `closed` is called when another
    /// page upgrades or deletes it.
    pub async fn open(
        user: Uuid,
        passphrase: Option<&str>,
        closed: impl Fn() + 'static,
    ) -> Result<(Self, Stored), OpenError> {
        let database = database::open(&name(user), closed).await?;
        let wrapped = Wrapped::load(&Work::reading(&database)?).await?;
        let (key, protection) = match wrapped {
            Some(wrapped) => (wrapped.unwrap(passphrase).await?, wrapped.protection()),
            None => Self::first_key(&database).await?,
        };
        let mut cache = Self {
            sealer: Sealer::new(&key.bytes, key.id, user),
            database,
            protection,
            known: State::default(),
        };
        let (state, stored) = cache.read().await?;
        cache.known = state;
        Ok((cache, stored))
    }

    async fn first_key(database: &IdbDatabase) -> Result<(DataKey, Protection), OpenError> {
        let key = DataKey {
            bytes: random(),
            id: Uuid::new_v4(),
        };
        let wrapped = Wrapped::wrap(&key, None).await?;
        let work = Work::writing(database, true)?;
        // Another page may have been faster: its key is the one.
        if let Some(first) = Wrapped::load(&work).await? {
            work.abort();
            return Ok((first.unwrap(None).await?, first.protection()));
        }
        wrapped.save(&work)?;
        work.commit().await?;
        Ok((key, Protection::Device))
    }

    /// What wraps the data key.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// Wraps the data key anew: with a passphrase, or with a key of this profile.
    pub async fn protect(
        &mut self,
        user: Uuid,
        old: Option<&str>,
        new: Option<&str>,
    ) -> Result<(), OpenError> {
        let work = Work::reading(&self.database)?;
        let wrapped = Wrapped::load(&work).await?.ok_or(OpenError::Unavailable)?;
        let key = wrapped.unwrap(old).await?;
        let again = Wrapped::wrap(&key, new).await?;
        let work = Work::writing(&self.database, true)?;
        again.save(&work)?;
        work.commit().await?;
        self.protection = again.protection();
        self.sealer = Sealer::new(&key.bytes, key.id, user);
        Ok(())
    }

    /// Hands over what other pages wrote since this one read or wrote last, if any did. `take` says
    /// whether it was taken in: what was not is read again the next time.
    pub async fn refresh(&mut self, take: impl FnOnce(Stored) -> bool) -> Result<(), Failure> {
        let (state, _) = read_state(&Work::reading(&self.database)?).await?;
        if state.stamp != self.known.stamp {
            let (state, stored) = self.read().await?;
            if take(stored) {
                self.known = state;
            }
        }
        Ok(())
    }

    /// Reads all queues, and the shards that have changed since.
    async fn read(&self) -> Result<(State, Stored), Failure> {
        let work = Work::reading(&self.database)?;
        let (state, meta) = read_state(&work).await?;
        let outbox = work.all("outbox").await?;
        let displaced = work.all("displaced").await?;
        let first = self.known.versions.is_empty();
        let mut blobs = Vec::new();
        if first {
            blobs = work.all("shards").await?;
        } else {
            for (shard, version) in &state.versions {
                if self.known.versions.get(shard) != Some(version)
                    && let Some(blob) = work.get("shards", shard).await?
                {
                    blobs.push((shard.clone(), blob));
                }
            }
        }
        let mut stored = Stored {
            stamp: state.stamp,
            ..Stored::default()
        };
        match meta {
            Some(blob) => match self.open_blob::<Meta>(STATE, STATE, Some(state.stamp), &blob) {
                Some(meta) => stored.meta = meta,
                None => stored.damaged = true,
            },
            None => stored.damaged = state.stamp > 0,
        }
        let mut spoiled = Vec::new();
        for (key, blob) in outbox {
            match self.open_blob::<Entry>("outbox", &key, None, &blob) {
                Some(entry) => stored.entries.push(entry),
                None => spoiled.push(("outbox", key)),
            }
        }
        for (key, blob) in displaced {
            match self.open_blob::<Displaced>("displaced", &key, None, &blob) {
                Some(item) => stored.displaced.push(item),
                None => spoiled.push(("displaced", key)),
            }
        }
        stored.unreadable = spoiled.len();
        self.clear(spoiled).await?;
        let mut found = 0;
        for (name, blob) in blobs {
            found += usize::from(state.versions.contains_key(&name));
            let content = state.versions.get(&name).and_then(|version| {
                self.open_blob::<Vec<Kept>>("shards", &name, Some(*version), &blob)
            });
            match (Shard::parse(&name), content) {
                (Some(shard), Some(content)) => stored.shards.push((shard, content)),
                _ => stored.damaged = true,
            }
        }
        stored.damaged |= first && found < state.versions.len();
        Ok((state, stored))
    }

    /// Removes what nobody can read any more: it is said once.
    async fn clear(&self, spoiled: Vec<(&'static str, String)>) -> Result<(), Failure> {
        if spoiled.is_empty() {
            return Ok(());
        }
        let work = Work::writing(&self.database, false)?;
        for (store, key) in spoiled {
            work.remove(store, &key)?;
        }
        work.commit().await
    }

    /// Writes a batch in one transaction, if the store is as the batch expects it.
    pub async fn write(&mut self, batch: &Batch) -> Result<(), WriteError> {
        // Sealing comes first: a transaction in which something else is awaited ends.
        let mut next = State {
            stamp: batch.stamp + 1,
            versions: self.known.versions.clone(),
        };
        let mut shards = Vec::new();
        for (index, (shard, content)) in batch.shards.iter().enumerate() {
            let name = shard.name();
            if content.is_empty() {
                next.versions.remove(&name);
                shards.push((name, None));
            } else {
                next.versions.insert(name.clone(), next.stamp);
                let blob = self.seal("shards", &name, next.stamp, content);
                shards.push((name, Some(blob)));
            }
            if index % BREATH == BREATH - 1 {
                gloo_timers::future::TimeoutFuture::new(0).await;
            }
        }
        let entries: Vec<(String, JsValue)> = batch
            .entries
            .iter()
            .map(|entry| (entry.key.to_string(), next.stamp, entry))
            .map(|(key, version, entry)| {
                let blob = self.seal("outbox", &key, version, entry);
                (key, blob)
            })
            .collect();
        let displaced: Vec<(String, JsValue)> = batch
            .displaced
            .iter()
            .map(|item| {
                let key = item.id.to_string();
                let blob = self.seal("displaced", &key, next.stamp, item);
                (key, blob)
            })
            .collect();
        let meta = self.seal(STATE, STATE, next.stamp, &batch.meta);
        let plain = serde_json::to_string(&next).unwrap_or_default();

        let work = Work::writing(&self.database, !batch.entries.is_empty())?;
        let (state, _) = read_state(&work).await?;
        if state.stamp != batch.stamp {
            work.abort();
            let (state, stored) = self.read().await?;
            self.known = state;
            return Err(WriteError::Conflict(Box::new(stored)));
        }
        for (key, blob) in &entries {
            work.put("outbox", key, blob)?;
        }
        for key in &batch.settled {
            work.remove("outbox", &key.to_string())?;
        }
        for (key, blob) in &displaced {
            work.put("displaced", key, blob)?;
        }
        for key in &batch.dropped {
            work.remove("displaced", &key.to_string())?;
        }
        for (name, blob) in &shards {
            match blob {
                Some(blob) => work.put("shards", name, blob)?,
                None => work.remove("shards", name)?,
            }
        }
        work.put(STATE, "meta", &meta)?;
        work.put(STATE, STATE, &JsValue::from_str(&plain))?;
        work.commit().await?;
        self.known = next;
        Ok(())
    }

    /// How many edits wait in `user`'s cache: known without any key.
    pub async fn waiting(user: Uuid) -> u32 {
        let count = async {
            let database = database::open(&name(user), || ()).await?;
            let count = Work::reading(&database)?.count("outbox").await?;
            database.close();
            Ok::<u32, Failure>(count)
        };
        count.await.unwrap_or(0)
    }

    /// Closes the connection, so that the database can be deleted.
    pub fn close(&self) {
        self.database.close();
    }

    fn seal<T: Serialize>(&self, store: &str, record: &str, version: u64, value: &T) -> JsValue {
        // Our own types are plain data.
        let plain = serde_json::to_string(value).unwrap_or_default();
        let blob = self
            .sealer
            .seal(store, record, version, random(), plain.as_bytes());
        Uint8Array::from(blob.as_slice()).into()
    }

    fn open_blob<T: DeserializeOwned>(
        &self,
        store: &str,
        record: &str,
        version: Option<u64>,
        blob: &JsValue,
    ) -> Option<T> {
        let blob = Uint8Array::new(blob).to_vec();
        let plain = self.sealer.open(store, record, version, &blob).ok()?;
        // Always from text: each way of reading is another copy of every field's parser in the WASM.
        serde_json::from_str(std::str::from_utf8(&plain).ok()?).ok()
    }
}

/// The state of the store, and the sealed meta.
async fn read_state(work: &Work) -> Result<(State, Option<JsValue>), Failure> {
    let state = work
        .get(STATE, STATE)
        .await?
        .and_then(|state| state.as_string())
        .and_then(|state| serde_json::from_str(&state).ok())
        .unwrap_or_default();
    let meta = work.get(STATE, "meta").await?;
    Ok((state, meta))
}
