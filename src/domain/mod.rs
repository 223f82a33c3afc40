//! What the product means, free of IO: types, validation, workflow and wire formats. Both sides
//! compile it, so the server and the offline client cannot disagree.

pub mod activity;
pub mod agenda;
pub mod analytics;
pub mod application;
pub mod bell;
pub mod calendar_feed;
pub mod change;
pub mod choice;
pub mod csv;
pub mod cursor;
pub mod edit;
pub mod error;
pub mod fields;
pub mod filter;
pub mod json;
pub mod kinds;
pub mod link;
pub mod mailing;
pub mod money;
pub mod mood;
pub mod number;
pub mod offsets;
pub mod order;
pub mod position;
pub mod quiet_hours;
pub mod reminder;
pub mod row;
pub mod rules;
pub mod rules_in_words;
pub mod settings;
pub mod stage;
pub mod sync;
pub mod tags;
pub mod text;
pub mod time;
pub mod user;
pub mod when;

#[cfg(feature = "ssr")]
mod schema;
#[cfg(feature = "ssr")]
pub(crate) mod sql;
