//! Batches of the engine into the database, and back.

use super::{
    database::{self, Failure, Work},
    keys::{KeyError, Protection, RawKey, Wrapped},
    sealer::Sealer,
};
use crate::client::engine::{Batch, Displaced, Entry, Kept, Meta, Shard, Stored, Trouble};
use futures::future::{LocalBoxFuture, join_all, join4};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use web_sys::IdbDatabase;

const STATE: &str = "state";
const META: &str = "meta";
/// Shards that are serialised before the page may paint again.
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

impl From<KeyError> for WriteError {
    fn from(_: KeyError) -> Self {
        Self::Trouble(Trouble::Broken)
    }
}

/// What stands in the clear beside the blobs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    stamp: u64,
    versions: BTreeMap<String, u64>,
}

impl State {
    fn parse(record: Option<JsValue>) -> Self {
        record
            .and_then(|state| state.as_string())
            .and_then(|state| serde_json::from_str(&state).ok())
            .unwrap_or_default()
    }
}

/// A record that is being sealed, to be put into a store under a key.
type Sealing = LocalBoxFuture<'static, Result<(&'static str, String, JsValue), KeyError>>;

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
            sealer: Sealer::new(key.import().await?, user),
            database,
            protection,
            known: State::default(),
        };
        let (state, stored) = cache.read().await?;
        cache.known = state;
        Ok((cache, stored))
    }

    async fn first_key(database: &IdbDatabase) -> Result<(RawKey, Protection), OpenError> {
        let key = RawKey::random()?;
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
    pub async fn protect(&mut self, old: Option<&str>, new: Option<&str>) -> Result<(), OpenError> {
        let work = Work::reading(&self.database)?;
        let wrapped = Wrapped::load(&work).await?.ok_or(OpenError::Unavailable)?;
        let key = wrapped.unwrap(old).await?;
        let again = Wrapped::wrap(&key, new).await?;
        let work = Work::writing(&self.database, true)?;
        again.save(&work)?;
        work.commit().await?;
        self.protection = again.protection();
        Ok(())
    }

    /// Hands over what other pages wrote since this one read or wrote last, if any did. `take` says
    /// whether it was taken in: what was not is read again the next time.
    pub async fn refresh(&mut self, take: impl FnOnce(Stored) -> bool) -> Result<(), Failure> {
        let state = Work::reading(&self.database)?.get(STATE, STATE)?;
        if State::parse(state.await?).stamp != self.known.stamp {
            let (state, stored) = self.read().await?;
            if take(stored) {
                self.known = state;
            }
        }
        Ok(())
    }

    /// Reads all queues, and the shards that have changed since. While some blobs are read, others
    /// are opened: IndexedDB and WebCrypto work on threads of their own. Shards are asked for one by
    /// one, so that each is opened as it comes.
    async fn read(&self) -> Result<(State, Stored), Failure> {
        let work = Work::reading(&self.database)?;
        let (state, meta) = (work.get(STATE, STATE)?, work.get(STATE, META)?);
        let (outbox, displaced) = (work.all("outbox")?, work.all("displaced")?);
        let state = State::parse(state.await?);
        let mut shards = Vec::new();
        for (name, version) in &state.versions {
            if self.known.versions.get(name) != Some(version) {
                let blob = work.get("shards", name)?;
                shards.push(async move {
                    let Some(blob) = blob.await? else {
                        return Ok(None);
                    };
                    let content =
                        self.open_blob::<Vec<Kept>>("shards", name, Some(*version), &blob);
                    Ok::<_, Failure>(Shard::parse(name).zip(content.await))
                });
            }
        }
        let meta = async {
            let Some(blob) = meta.await? else {
                return Ok((state.stamp == 0).then(Meta::default));
            };
            let meta = self.open_blob::<Meta>(STATE, STATE, Some(state.stamp), &blob);
            Ok::<_, Failure>(meta.await)
        };
        let (meta, entries, displaced, shards) = join4(
            meta,
            self.open_all::<Entry>("outbox", outbox),
            self.open_all::<Displaced>("displaced", displaced),
            join_all(shards),
        )
        .await;
        let (meta, (entries, mut spoiled), (displaced, more)) = (meta?, entries?, displaced?);
        spoiled.extend(more);
        let mut stored = Stored {
            stamp: state.stamp,
            damaged: meta.is_none(),
            meta: meta.unwrap_or_default(),
            entries,
            displaced,
            unreadable: spoiled.len(),
            ..Stored::default()
        };
        for shard in shards {
            match shard? {
                Some(shard) => stored.shards.push(shard),
                None => stored.damaged = true,
            }
        }
        self.clear(spoiled).await?;
        Ok((state, stored))
    }

    /// Opens the records of a store. Answers with them the places of those that do not open.
    async fn open_all<T: DeserializeOwned>(
        &self,
        store: &'static str,
        blobs: impl Future<Output = Result<Vec<(String, JsValue)>, Failure>>,
    ) -> Result<(Vec<T>, Vec<(&'static str, String)>), Failure> {
        let blobs = blobs.await?;
        let opening: Vec<_> = blobs
            .iter()
            .map(|(key, blob)| self.open_blob::<T>(store, key, None, blob))
            .collect();
        let (mut records, mut spoiled) = (Vec::new(), Vec::new());
        for (opening, (key, _)) in opening.into_iter().zip(&blobs) {
            match opening.await {
                Some(record) => records.push(record),
                None => spoiled.push((store, key.clone())),
            }
        }
        Ok((records, spoiled))
    }

    /// Removes what nobody can read any more: it is said once.
    async fn clear(&self, spoiled: Vec<(&'static str, String)>) -> Result<(), Failure> {
        if spoiled.is_empty() {
            return Ok(());
        }
        let work = Work::writing(&self.database, false)?;
        work.change(&[], &spoiled)?;
        work.commit().await
    }

    /// Writes a batch in one transaction, if the store is as the batch expects it.
    pub async fn write(&mut self, batch: &Batch) -> Result<(), WriteError> {
        // Sealing comes first: a transaction in which something else is awaited ends.
        let mut next = State {
            stamp: batch.stamp + 1,
            versions: self.known.versions.clone(),
        };
        let version = next.stamp;
        let mut puts = Vec::new();
        let mut removed: Vec<(&str, String)> = Vec::new();
        for part in batch.shards.chunks(BREATH) {
            let mut sealing = Vec::new();
            for (shard, content) in part {
                let name = shard.name();
                if content.is_empty() {
                    next.versions.remove(&name);
                    removed.push(("shards", name));
                } else {
                    next.versions.insert(name.clone(), version);
                    sealing.push(self.seal("shards", name, version, content));
                }
            }
            for sealing in sealing {
                puts.push(sealing.await?);
            }
        }
        let entries = batch
            .entries
            .iter()
            .map(|entry| self.seal("outbox", entry.key.to_string(), version, entry));
        let displaced = batch
            .displaced
            .iter()
            .map(|item| self.seal("displaced", item.id.to_string(), version, item));
        // Its place is that of the state, beside which it is put.
        let meta = self.seal(STATE, STATE.to_owned(), version, &batch.meta);
        let sealing: Vec<_> = entries.chain(displaced).collect();
        for sealing in sealing {
            puts.push(sealing.await?);
        }
        let (store, _, meta) = meta.await?;
        puts.push((store, META.to_owned(), meta));
        let plain = serde_json::to_string(&next).unwrap_or_default();
        puts.push((STATE, STATE.to_owned(), JsValue::from_str(&plain)));
        let settled = batch.settled.iter().map(|key| ("outbox", key.to_string()));
        let dropped = batch
            .dropped
            .iter()
            .map(|key| ("displaced", key.to_string()));
        removed.extend(settled.chain(dropped));

        let work = Work::writing(&self.database, !batch.entries.is_empty())?;
        // All of it is asked for with the state that it depends on: it takes effect only where the
        // transaction ends well, and before it ends the state is here.
        let state = work.get(STATE, STATE)?;
        let asked = work.change(&puts, &removed);
        let state = state.await;
        let stamp = match asked.and(state) {
            Ok(state) => State::parse(state).stamp,
            Err(failure) => {
                return Err(work.abort_for(failure).into());
            }
        };
        if stamp != batch.stamp {
            work.abort();
            let (state, stored) = self.read().await?;
            self.known = state;
            return Err(WriteError::Conflict(Box::new(stored)));
        }
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

    /// Begins to seal a record; answers it as it is to be put.
    fn seal<T: Serialize>(
        &self,
        store: &'static str,
        record: String,
        version: u64,
        value: &T,
    ) -> Sealing {
        // Our own types are plain data.
        let plain = serde_json::to_string(value).unwrap_or_default();
        let sealing = self.sealer.seal(store, &record, version, plain.as_bytes());
        Box::pin(async move { Ok((store, record, sealing?.await?)) })
    }

    /// Begins to open a record.
    fn open_blob<T: DeserializeOwned>(
        &self,
        store: &str,
        record: &str,
        version: Option<u64>,
        blob: &JsValue,
    ) -> impl Future<Output = Option<T>> + use<T> {
        let opening = self.sealer.open(store, record, version, blob);
        async move {
            let plain = opening.ok()?.await.ok()?;
            // Always from text: each way of reading is another copy of every field's parser in the WASM.
            serde_json::from_str(std::str::from_utf8(&plain).ok()?).ok()
        }
    }
}
