//! The client's memory: what the server issued (base), what the user did since (pending), and the
//! view that is both. The engine is pure and is compiled and tested natively; what touches the
//! browser is compiled for it alone, and what others ask of it there does nothing on the server.

pub mod asked;
pub mod cache;
pub mod dom;
pub mod engine;
pub mod habits;
pub mod hydration;
pub mod known_total;
pub mod labels;
pub mod leading_on;
pub mod notifications;
pub mod search;
pub mod store;
pub mod theme;
pub mod toasts;
pub mod told;
pub mod zone;

#[cfg(feature = "hydrate")]
mod device;
#[cfg(feature = "hydrate")]
mod driver;
#[cfg(feature = "hydrate")]
mod locks;
#[cfg(not(feature = "hydrate"))]
mod null_driver;
