//! The encrypted cache and outbox of this device, in IndexedDB: one database a user.
//!
//! Object stores: `keys` (how the data key is wrapped), `state` (the stamp, the version of every
//! shard, and the sealed meta), `shards`, `outbox` and `displaced` (sealed blobs). Nothing but ids,
//! names of shards and versions stands there in the clear.

#[cfg(feature = "hydrate")]
mod database;
#[cfg(feature = "hydrate")]
mod keys;
pub mod seal;
#[cfg(feature = "hydrate")]
mod sealer;
#[cfg(feature = "hydrate")]
mod store;

#[cfg(feature = "hydrate")]
pub use database::Closed;
#[cfg(feature = "hydrate")]
pub use keys::Protection;
#[cfg(feature = "hydrate")]
pub use store::{Cache, OpenError, WriteError, delete};
