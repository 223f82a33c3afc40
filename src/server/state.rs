//! What every request may use.

use super::{
    auth::limits::Limits, clock::Clock, config::Config, db::Db, mail::Mailer, metrics::Metrics,
    secrets::Keys, services::analytics::Hunts,
};
use std::sync::Arc;

/// The parts of a running server. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub db: Db,
    /// How mail leaves.
    pub mailer: Mailer,
    /// What signs and checks.
    pub keys: Keys,
    /// The time.
    pub clock: Clock,
    /// Who asks too often.
    pub limits: Arc<Limits>,
    /// What figures are made of, of those who look at them.
    pub hunts: Hunts,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl AppState {
    /// Opens the database, brings its schema up to date, and readies the rest.
    ///
    /// # Errors
    /// A line that names what could not be opened.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, String> {
        config.check()?;
        let db = Db::connect(&config.database())
            .await
            .map_err(|error| format!("DATABASE_URL: {error}"))?;
        db.migrate()
            .await
            .map_err(|error| format!("DATABASE_URL: migrations: {error}"))?;
        let keys = Keys::load(&config)
            .map_err(|error| format!("SECRET_KEY: {}: {error}", config.data_dir.display()))?;
        let mailer = Mailer::new(&config).map_err(|error| format!("MAIL_URL: {error}"))?;
        let limits = Arc::new(Limits::new(&config));
        Ok(Self {
            config: Arc::new(config),
            db,
            mailer,
            keys,
            clock,
            limits,
            hunts: Hunts::default(),
            metrics: Arc::default(),
        })
    }
}
