//! Listening, and stopping without dropping anybody.

use super::router;
use crate::server::AppState;
use leptos::config::LeptosOptions;
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

/// What is still being answered when the process is asked to stop may take this long.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until `stop` resolves, then finishes what is being answered and closes the database.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    state: AppState,
    options: LeptosOptions,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = router(state.clone(), options).into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, mut stopped) = tokio::sync::watch::channel(false);
    let limits = state.limits.clone();
    let tidy = tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_secs(600));
        loop {
            every.tick().await;
            limits.forget_idle();
        }
    });
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
    tidy.abort();
    state.db.close().await;
    result
}
