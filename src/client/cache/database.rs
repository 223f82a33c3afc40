//! IndexedDB through `idb`: what `rexie` above it hides (an aborted transaction, its error, its
//! durability, a blocked upgrade) is what the invariants hang on. See
//! `docs/decisions/0010-idb-rather-than-rexie.md`.

use crate::client::engine::SCHEMA;
use idb::{DatabaseEvent, Factory, ObjectStoreParams, Transaction, TransactionResult};
use js_sys::{Array, Function, Object, Reflect};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

/// A connection to a database, closed when it is dropped: one that nobody uses any more would keep the
/// database from being upgraded or deleted.
pub struct Connection(IdbDatabase);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Every object store.
pub const STORES: [&str; 5] = ["keys", "state", "shards", "outbox", "displaced"];

/// What the browser's store can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The quota is used up.
    Full,
    /// Another page upgraded the database, or the connection is gone.
    Closed,
    /// The database is of a newer version of the app.
    Newer,
    /// Anything else.
    Broken(String),
}

impl From<idb::Error> for Failure {
    fn from(error: idb::Error) -> Self {
        let text = error.to_string();
        if text.contains("Quota") {
            Self::Full
        } else if text.contains("VersionError") {
            Self::Newer
        } else {
            Self::Broken(text)
        }
    }
}

/// Why a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// A page of a newer version has the database now.
    Upgraded,
    /// The database was deleted.
    Deleted,
}

/// Opens a database, and makes it where there is none. Its version is that of what is stored in it: a
/// later one adds its stores here. `closed` is called when another page wants to upgrade or delete
/// it: the connection is closed at once, so that nobody waits for this page.
pub async fn open(name: &str, closed: impl Fn(Closed) + 'static) -> Result<Connection, Failure> {
    let mut request = Factory::new()?.open(name, Some(SCHEMA))?;
    request.on_upgrade_needed(|event| {
        let Ok(database) = event.database() else {
            return;
        };
        let known = database.store_names();
        for store in STORES {
            if !known.iter().any(|name| name == store) {
                // Refused only where it exists.
                _ = database.create_object_store(store, ObjectStoreParams::new());
            }
        }
    });
    let mut database = request.await?;
    let closed = Rc::new(closed);
    // The user cleared the site's data, or the disk failed (IndexedDB 3.0, 5.2).
    database.on_close({
        let closed = closed.clone();
        move |_| closed(Closed::Deleted)
    });
    database.on_version_change(move |event| {
        if let Ok(database) = event.database() {
            database.close();
        }
        // `newVersion` is null where the database is to be deleted (IndexedDB 3.0, 4.2).
        let version = Reflect::get(&event, &"newVersion".into());
        closed(match version.ok().and_then(|version| version.as_f64()) {
            Some(_) => Closed::Upgraded,
            None => Closed::Deleted,
        });
    });
    // The listener lives as long as the connection.
    database.forget_callbacks();
    Ok(Connection(database.into()))
}

/// Deletes a database with all that is in it.
pub async fn delete(name: &str) -> Result<(), Failure> {
    Ok(Factory::new()?.delete(name)?.await?)
}

/// A transaction, and the handle through which its error can be asked for.
pub struct Work {
    transaction: Transaction,
    raw: JsValue,
}

impl Work {
    /// Begins reading.
    pub fn reading(database: &Connection) -> Result<Self, Failure> {
        Self::begin(database, "readonly", "default")
    }

    /// Begins writing. A strict transaction is on the disk when it is done, not only handed over.
    pub fn writing(database: &Connection, strict: bool) -> Result<Self, Failure> {
        Self::begin(
            database,
            "readwrite",
            if strict { "strict" } else { "relaxed" },
        )
    }

    fn begin(
        Connection(database): &Connection,
        mode: &str,
        durability: &str,
    ) -> Result<Self, Failure> {
        let broken = |error: JsValue| match error.dyn_ref::<web_sys::DomException>() {
            Some(error) if error.name() == "InvalidStateError" => Failure::Closed,
            _ => Failure::Broken(format!("{error:?}")),
        };
        let names: Array = STORES.iter().map(|name| JsValue::from_str(name)).collect();
        let options = Object::new();
        Reflect::set(&options, &"durability".into(), &durability.into()).map_err(broken)?;
        let begin: Function = Reflect::get(database, &"transaction".into())
            .map_err(broken)?
            .unchecked_into();
        let raw = begin
            .call3(database, &names, &mode.into(), &options)
            .map_err(broken)?;
        let transaction = Transaction::try_from(raw.clone())?;
        Ok(Self { transaction, raw })
    }

    /// One value. It is asked for at once: what is asked for together comes together.
    pub fn get(
        &self,
        store: &str,
        key: &str,
    ) -> Result<impl Future<Output = Result<Option<JsValue>, Failure>> + use<>, Failure> {
        let request = self
            .transaction
            .object_store(store)?
            .get(JsValue::from_str(key))?
            .into_future();
        Ok(async move { Ok(request.await?) })
    }

    /// Every key and its value, asked for at once.
    pub fn all(
        &self,
        store: &str,
    ) -> Result<impl Future<Output = Result<Vec<(String, JsValue)>, Failure>> + use<>, Failure>
    {
        let store = self.transaction.object_store(store)?;
        let keys = store.get_all_keys(None, None)?.into_future();
        let values = store.get_all(None, None)?.into_future();
        Ok(async move {
            let (keys, values) = (keys.await?, values.await?);
            Ok(keys
                .into_iter()
                .filter_map(|key| key.as_string())
                .zip(values)
                .collect())
        })
    }

    /// How many values there are.
    pub async fn count(&self, store: &str) -> Result<u32, Failure> {
        Ok(self.transaction.object_store(store)?.count(None)?.await?)
    }

    /// Puts a value; a failure shows when the transaction ends.
    pub fn put(&self, store: &str, key: &str, value: &JsValue) -> Result<(), Failure> {
        let key = JsValue::from_str(key);
        self.transaction
            .object_store(store)?
            .put(value, Some(&key))?;
        Ok(())
    }

    /// Puts and removes values, all of them named by store and key; a failure shows at the latest
    /// when the transaction ends.
    pub fn change(
        &self,
        puts: &[(&str, String, JsValue)],
        removed: &[(&str, String)],
    ) -> Result<(), Failure> {
        for (store, key, value) in puts {
            self.put(store, key, value)?;
        }
        for (store, key) in removed {
            let store = self.transaction.object_store(store)?;
            store.delete(JsValue::from_str(key))?;
        }
        Ok(())
    }

    /// Ends it, and answers once it is durable.
    pub async fn commit(self) -> Result<(), Failure> {
        let outcome = match self.transaction.commit() {
            Ok(transaction) => transaction.await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(TransactionResult::Committed) => Ok(()),
            Ok(TransactionResult::Aborted) | Err(_) => Err(why(&self.raw)),
        }
    }

    /// Gives it up; nothing of it is done.
    pub fn abort(self) {
        // Refused where it has ended already.
        _ = self.transaction.abort();
    }

    /// The same where something of it failed. Answers why: what ended the transaction says more than
    /// what was asked of it then.
    pub fn abort_for(self, failure: Failure) -> Failure {
        let why = why(&self.raw);
        self.abort();
        if why == Failure::Full { why } else { failure }
    }
}

/// Why a transaction was aborted.
fn why(transaction: &JsValue) -> Failure {
    let name = Reflect::get(transaction, &"error".into())
        .ok()
        .and_then(|error| Reflect::get(&error, &"name".into()).ok())
        .and_then(|name| name.as_string())
        .unwrap_or_default();
    if name.contains("Quota") {
        Failure::Full
    } else {
        Failure::Broken(name)
    }
}
