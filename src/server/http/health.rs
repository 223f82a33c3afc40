//! Whether the process lives, and whether it can work.

use crate::server::AppState;
use axum::extract::State;
use http::StatusCode;

/// `GET /healthz`: the process answers.
pub async fn process() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers, and its schema is ours.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match state.db.ready().await {
        // It works without, so that it is no reason to send people elsewhere.
        Ok(()) if !state.mailer.is_reachable() => (
            StatusCode::OK,
            "ready\nmail: the provider cannot be reached\n",
        ),
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
        }
    }
}
