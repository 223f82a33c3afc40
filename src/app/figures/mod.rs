//! Which figures an address asks for, and those that the server gave.

mod asked;
mod served;

pub use asked::{Asked, Period};
pub use served::{LastServed, Served, ask, ask_members, provide};
