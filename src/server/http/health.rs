//! Whether the process lives, and whether it can work.

use crate::{
    domain::time::write_timestamp,
    server::{
        AppState,
        metrics::{CONTENT_TYPE, Queue},
    },
};
use axum::{extract::State, response::IntoResponse};
use http::{StatusCode, header};

/// `GET /healthz`: the process answers.
pub async fn process() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers, and its schema is ours. What whoever runs the server should know, and
/// what is no reason to send people elsewhere, stands in lines of its own.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, String) {
    match notices(&state).await {
        Ok(notices) => (StatusCode::OK, format!("ready\n{notices}")),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n".to_owned(),
            )
        }
    }
}

/// `GET /metrics`, at an address of its own: what is counted.
pub async fn metrics(State(state): State<AppState>) -> Result<impl IntoResponse, StatusCode> {
    let written = async {
        let held_until = state.db.watch().await?.held_until;
        let queue = Queue {
            open: state.db.count_open_mails().await?,
            is_held: held_until.is_some_and(|until| until > state.clock.now()),
            is_reachable: state.mailer.is_reachable(),
        };
        state
            .metrics
            .written(queue)
            .map_err(|error| sqlx::Error::Encode(error.into()))
    };
    match written.await {
        Ok(text) => Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text)),
        Err(error) => {
            tracing::warn!(%error, "metrics could not be read");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

async fn notices(state: &AppState) -> sqlx::Result<String> {
    state.db.ready().await?;
    let now = state.clock.now();
    let mut notices = String::new();
    if !state.mailer.is_reachable() {
        notices.push_str("mail: the provider cannot be reached\n");
    }
    let held_until = state.db.watch().await?.held_until;
    if let Some(until) = held_until.filter(|until| *until > now) {
        let until = write_timestamp(until);
        notices.push_str(&format!("mail: held until {until}\n"));
    }
    if let Some(off) = state.db.clock_off_by(now).await? {
        let seconds = off.num_seconds();
        notices.push_str(&format!(
            "clock: differs from the database's by {seconds} s\n"
        ));
    }
    Ok(notices)
}
