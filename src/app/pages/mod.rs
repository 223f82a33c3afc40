//! One file a page.

pub mod analytics;
pub mod archive;
pub mod board;
pub mod not_found;
pub mod report;
pub mod settings;
pub mod sign_in;
pub mod today;
pub mod verify;
