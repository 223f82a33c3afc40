//! The server functions: one function, one REST endpoint, one typed call. Their bodies
//! extract who asks and call a service, and do nothing else.

#![allow(
    missing_docs,
    reason = "the server macro makes structs of arguments, whose fields cannot be documented"
)]

pub mod activities;
pub mod analytics;
pub mod answer;
pub mod applications;
pub mod auth;
pub mod board;
pub mod calendar_feed;
pub mod problem;
pub mod reminders;
pub mod rest;
pub mod settings;
pub mod sync;

#[cfg(feature = "hydrate")]
pub mod transport;

/// Where every endpoint stands: what its address begins with.
pub const BASE: &str = "/api/v1";

/// Where what is answered is a secret: no answer is recorded below these paths, under whatever key, and each
/// request may be sent twice as it is.
pub const UNRECORDED: [&str; 2] = ["/auth/", "/calendar-feed"];
