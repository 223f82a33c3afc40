//! The API, asked over HTTP as any client asks it, on both database engines. PostgreSQL is found by
//! `TEST_POSTGRES_URL`; `scripts/with-postgres.sh` starts one and sets it.

// Helpers outside of `#[test]` functions are tests too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod activities;
mod analytics;
mod applications;
mod board;
mod calendar;
mod client;
mod crash;
mod days;
mod harness;
mod housekeeping;
mod idempotency;
// All chance of a run, from one seed.
#[allow(dead_code)]
#[path = "../sim/dice.rs"]
mod dice;
mod mail_delivery;
mod mail_faults;
mod mail_kills;
mod mail_restarts;
mod mails;
mod migrations;
mod pages;
mod paging;
mod process;
mod program;
mod protocol;
mod pwa;
mod reminders;
mod schema;
mod seed;
mod sessions;
mod settings;
mod sign_in;
mod smtp;
mod stage_events;
mod sync;
