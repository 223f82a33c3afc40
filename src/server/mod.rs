//! The server: configuration, storage, business rules and HTTP. Compiled with the feature `ssr`.

pub mod auth;
pub mod calendar;
pub mod clock;
pub mod config;
pub mod db;
pub mod deliveries;
pub mod http;
pub mod mail;
pub mod metrics;
pub mod secrets;
pub mod seed;
pub mod services;
pub mod state;
pub mod telemetry;
pub mod worker;
pub mod zones;

pub use state::AppState;
