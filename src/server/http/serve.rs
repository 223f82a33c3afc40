//! Listening, and stopping without dropping anybody.

use super::router;
use crate::server::{AppState, worker::Worker};
use leptos::config::LeptosOptions;
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

/// What is still being answered when the process is asked to stop may take this long.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves, and does what the server does by itself, until `stop` resolves; then finishes what is
/// being answered and closes the database.
///
/// # Errors
/// When the listener breaks, or the scheduler does not start.
pub async fn serve(
    state: AppState,
    options: LeptosOptions,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = router(state.clone(), options).into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, mut stopped) = tokio::sync::watch::channel(false);
    let worker = Worker::start(&state).await.map_err(std::io::Error::other)?;
    let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping");
        _ = stopping.send(true);
    });
    let result = tokio::select! {
        result = serving => result,
        () = async {
            // Open connections that do nothing must not hold the process for ever.
            _ = stopped.wait_for(|stopped| *stopped).await;
            tokio::time::sleep(DRAIN).await;
        } => {
            tracing::warn!("some connections were cut");
            Ok(())
        }
    };
    worker.stop().await;
    state.db.close().await;
    result
}
