//! Business rules and transactions. What a server function does stands here; it is given who asks,
//! and returns what changed or a problem that a client can act on.

pub mod applications;
pub mod board;
pub mod housekeeping;
pub mod ledger;
pub mod settings;
pub mod stage_events;
pub mod sync;
