//! Batches of the engine into the database, and back.

use super::{
    database::{self, Closed, Connection, Failure, Work},
    keys::{KeyError, Protection, RawKey, Wrapped},
    seal::NotOpened,
    sealer::Sealer,
};
use crate::client::{
    dom,
    engine::{Batch, Displaced, Entry, Kept, Meta, Shard, Stored, Trouble},
};
use futures::{
    future::{LocalBoxFuture, join4},
    stream::{FuturesUnordered, Stream, StreamExt},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};
use uuid::Uuid;
use wasm_bindgen::JsValue;

const STATE: &str = "state";
const META: &str = "meta";

/// Why a cache does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The browser has no store that can hold a key.
    Unavailable,
    /// A passphrase is needed.
    Locked,
    /// This passphrase does not open it.
    WrongPassphrase,
    /// A newer version of the app has it.
    Newer,
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Newer => Self::Newer,
            Failure::Full | Failure::Closed | Failure::Broken(_) => Self::Unavailable,
        }
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
            Failure::Closed | Failure::Newer | Failure::Broken(_) => Trouble::Broken,
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
    /// The state of a store, of an empty one too; nothing where a newer version wrote another form.
    fn parse(record: Option<JsValue>) -> Option<Self> {
        match record {
            None => Some(Self::default()),
            Some(record) => serde_json::from_str(&record.as_string()?).ok(),
        }
    }
}

/// A record that is being sealed, to be put into a store under a key.
type Sealing = LocalBoxFuture<'static, Result<(&'static str, String, JsValue), KeyError>>;

/// Why a record is not here though its blob is.
enum Unread {
    /// It is not what was sealed at its place.
    Spoiled,
    /// It is, and this version does not understand it: a newer one made it.
    Newer,
}

impl From<NotOpened> for Unread {
    fn from(why: NotOpened) -> Self {
        match why {
            NotOpened::Refused => Self::Spoiled,
            // It is kept, and this page goes on without the store.
            NotOpened::Unable => Self::Newer,
        }
    }
}

/// Reads what a record says.
fn parse<T: DeserializeOwned>(plain: &[u8]) -> Result<T, Unread> {
    // Always from text: each way of reading is another copy of every field's parser in the WASM.
    let text = std::str::from_utf8(plain).map_err(|_| Unread::Newer)?;
    serde_json::from_str(text).map_err(|_| Unread::Newer)
}

/// Reads shards as they are opened, one at a time, so that the browser is heard in between.
async fn parse_shards<'a>(
    mut opening: impl Stream<Item = Result<(&'a String, Result<Vec<u8>, Unread>), Failure>> + Unpin,
) -> Result<Vec<Result<(Shard, Vec<Kept>), Unread>>, Failure> {
    let mut shards = Vec::new();
    while let Some(opened) = opening.next().await {
        let (name, plain) = opened?;
        let content = plain.and_then(|plain| parse(&plain));
        shards.push(match (Shard::parse(name), content) {
            (Some(shard), Ok(content)) => Ok((shard, content)),
            (None, Ok(_)) => Err(Unread::Newer),
            (_, Err(unread)) => Err(unread),
        });
        dom::breathe().await;
    }
    Ok(shards)
}

/// What was read of one object store.
struct Records<T> {
    records: Vec<T>,
    /// Places of those that are not what was sealed there.
    spoiled: Vec<(&'static str, String)>,
    /// How many this version does not understand.
    newer: usize,
}

impl<T> Default for Records<T> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            spoiled: Vec::new(),
            newer: 0,
        }
    }
}

impl<T> Records<T> {
    fn take(&mut self, store: &'static str, key: String, record: Result<T, Unread>) {
        match record {
            Ok(record) => self.records.push(record),
            Err(Unread::Spoiled) => self.spoiled.push((store, key)),
            Err(Unread::Newer) => self.newer += 1,
        }
    }
}

/// One user's open cache.
pub struct Cache {
    database: Connection,
    sealer: Sealer,
    protection: Protection,
    known: State,
    /// Entries of the outbox as they were read last, with the versions of their blobs: each hint of
    /// another page would open all of a long queue again.
    entries: RefCell<HashMap<String, (u64, Entry)>>,
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
        closed: impl Fn(Closed) + 'static,
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
            entries: RefCell::default(),
        };
        let (state, stored) = cache.read().await?;
        cache.known = state;
        Ok((cache, stored))
    }

    async fn first_key(database: &Connection) -> Result<(RawKey, Protection), OpenError> {
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
        let state = State::parse(state.await?);
        if state.is_none_or(|state| state.stamp != self.known.stamp) {
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
        let Some(state) = State::parse(state.await?) else {
            let stored = Stored {
                newer: 1,
                ..Stored::default()
            };
            return Ok((State::default(), stored));
        };
        let shards = FuturesUnordered::new();
        for (name, version) in &state.versions {
            if self.known.versions.get(name) != Some(version) {
                let blob = work.get("shards", name)?;
                shards.push(async move {
                    let plain = match blob.await? {
                        Some(blob) => self.unseal("shards", name, Some(*version), &blob).await,
                        None => Err(Unread::Spoiled),
                    };
                    Ok::<_, Failure>((name, plain))
                });
            }
        }
        let meta = async {
            let Some(blob) = meta.await? else {
                return Ok(match state.stamp {
                    0 => Ok(Meta::default()),
                    _ => Err(Unread::Spoiled),
                });
            };
            let meta = self.open_blob::<Meta>(STATE, STATE, Some(state.stamp), &blob);
            Ok::<_, Failure>(meta.await)
        };
        let (meta, entries, displaced, shards) = join4(
            meta,
            self.open_entries(outbox),
            self.open_all::<Displaced>("displaced", displaced),
            parse_shards(shards),
        )
        .await;
        let (meta, entries, displaced) = (meta?, entries?, displaced?);
        let mut spoiled = entries.spoiled;
        spoiled.extend(displaced.spoiled);
        let mut stored = Stored {
            stamp: state.stamp,
            entries: entries.records,
            displaced: displaced.records,
            unreadable: spoiled.len(),
            newer: entries.newer + displaced.newer,
            ..Stored::default()
        };
        match meta {
            Ok(meta) => stored.meta = meta,
            Err(Unread::Spoiled) => stored.damaged = true,
            Err(Unread::Newer) => stored.newer += 1,
        }
        for shard in shards? {
            match shard {
                Ok(shard) => stored.shards.push(shard),
                Err(Unread::Spoiled) => stored.damaged = true,
                Err(Unread::Newer) => stored.newer += 1,
            }
        }
        self.clear(spoiled, state.stamp).await?;
        Ok((state, stored))
    }

    /// Opens the entries of the outbox, but for those that were read before and have not changed since.
    async fn open_entries(
        &self,
        blobs: impl Future<Output = Result<Vec<(String, JsValue)>, Failure>>,
    ) -> Result<Records<Entry>, Failure> {
        let (mut fresh, mut versions) = (Vec::new(), HashMap::new());
        let mut records = Records::default();
        let before = self.entries.take();
        let mut read = HashMap::new();
        for (key, blob) in blobs.await? {
            let version = self.sealer.version(&blob);
            match before.get(&key).filter(|known| version == Some(known.0)) {
                Some(known) => _ = read.insert(key, known.clone()),
                None => {
                    versions.insert(key.clone(), version.unwrap_or_default());
                    fresh.push((key, blob));
                }
            }
        }
        for (key, entry) in self.open_each::<Entry>("outbox", fresh).await {
            if let Ok(entry) = &entry {
                let version = versions.get(&key).copied().unwrap_or_default();
                read.insert(key.clone(), (version, entry.clone()));
            } else {
                records.take("outbox", key, entry);
            }
        }
        records
            .records
            .extend(read.values().map(|(_, entry)| entry.clone()));
        self.entries.replace(read);
        Ok(records)
    }

    /// Opens all records of a store.
    async fn open_all<T: DeserializeOwned>(
        &self,
        store: &'static str,
        blobs: impl Future<Output = Result<Vec<(String, JsValue)>, Failure>>,
    ) -> Result<Records<T>, Failure> {
        let mut records = Records::default();
        for (key, record) in self.open_each(store, blobs.await?).await {
            records.take(store, key, record);
        }
        Ok(records)
    }

    async fn open_each<T: DeserializeOwned>(
        &self,
        store: &'static str,
        blobs: Vec<(String, JsValue)>,
    ) -> Vec<(String, Result<T, Unread>)> {
        let opening: Vec<_> = blobs
            .into_iter()
            .map(|(key, blob)| {
                let opening = self.open_blob::<T>(store, &key, None, &blob);
                (key, opening)
            })
            .collect();
        let mut opened = Vec::new();
        for (key, opening) in opening {
            opened.push((key, opening.await));
        }
        opened
    }

    /// Removes what nobody can read any more: it is said once. Where another page has written since
    /// it was read, with the stamp `stamp`, it may be something else by now, and the next reading
    /// finds out.
    async fn clear(&self, spoiled: Vec<(&'static str, String)>, stamp: u64) -> Result<(), Failure> {
        if spoiled.is_empty() {
            return Ok(());
        }
        let work = Work::writing(&self.database, false)?;
        let state = State::parse(work.get(STATE, STATE)?.await?);
        if state.is_some_and(|state| state.stamp == stamp) {
            work.change(&[], &spoiled)?;
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
        let version = next.stamp;
        let mut puts = Vec::new();
        let mut removed: Vec<(&str, String)> = Vec::new();
        for (shard, content) in &batch.shards {
            let name = shard.name();
            if content.is_empty() {
                next.versions.remove(&name);
                removed.push(("shards", name));
            } else {
                next.versions.insert(name.clone(), version);
                puts.push(self.seal("shards", name, version, content).await?);
                dom::breathe().await;
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
            Ok(state) => State::parse(state).map(|state| state.stamp),
            Err(failure) => {
                return Err(work.abort_for(failure).into());
            }
        };
        if stamp != Some(batch.stamp) {
            work.abort();
            let (state, stored) = self.read().await?;
            self.known = state;
            return Err(WriteError::Conflict(Box::new(stored)));
        }
        work.commit().await?;
        self.known = next;
        Ok(())
    }

    /// How many edits wait in `user`'s cache, for the server or for a decision: known without any key.
    ///
    /// # Errors
    /// Where it cannot be looked into now, or only by a newer version: edits may wait there.
    pub async fn waiting(user: Uuid) -> Result<u32, OpenError> {
        let database = database::open(&name(user), |_| ()).await?;
        let work = Work::reading(&database)?;
        let waiting = work.count("outbox").await?;
        Ok(waiting + work.count("displaced").await?)
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
    ) -> impl Future<Output = Result<T, Unread>> + use<T> {
        let opening = self.unseal(store, record, version, blob);
        async move { parse(&opening.await?) }
    }

    /// Begins to open a record, and leaves what it says unread.
    fn unseal(
        &self,
        store: &str,
        record: &str,
        version: Option<u64>,
        blob: &JsValue,
    ) -> impl Future<Output = Result<Vec<u8>, Unread>> + use<> {
        let opening = self.sealer.open(store, record, version, blob);
        async move { opening?.await.map_err(Unread::from) }
    }
}
