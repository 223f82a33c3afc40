//! Logs: one line an event, for people or as JSON, with the request's id.

use super::config::LogFormat;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// What is logged where `RUST_LOG` does not say.
const DEFAULT: &str = "info,sqlx=warn,tokio_cron_scheduler=warn";

/// Starts logging to standard error. `RUST_LOG` chooses what is logged; a wrong value is an error.
///
/// # Errors
/// A line that names `RUST_LOG` and what is wrong with it.
pub fn init(format: LogFormat) -> Result<(), String> {
    let wanted = std::env::var("RUST_LOG").unwrap_or_else(|_| DEFAULT.into());
    let filter = EnvFilter::try_new(&wanted).map_err(|error| format!("RUST_LOG: {error}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let done = match format {
        LogFormat::Text => registry.with(layer.compact()).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
    };
    done.map_err(|error| error.to_string())
}
