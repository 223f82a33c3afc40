//! The hourly job: what is old goes, and what is planned follows the rules of its zone.

use crate::server::{
    AppState,
    services::{housekeeping, zone_rules},
};

/// Does all of it, each part whether or not the one before it worked. A failure is logged, and what
/// is left is done the next time.
pub async fn run(state: &AppState) {
    let (db, now) = (&state.db, state.clock.now());
    match zone_rules::follow(db, now).await {
        Ok(0) => {}
        Ok(moved) => tracing::info!(moved, "planned starts follow new zone rules"),
        Err(error) => tracing::error!(%error, "planned starts do not follow the zone rules"),
    }
    match housekeeping::prune_histories(db, now).await {
        Ok(pruned) => tracing::debug!(pruned.answers, pruned.tombstones, "histories were pruned"),
        Err(error) => tracing::error!(%error, "histories were not pruned"),
    }
    match housekeeping::forget_reminders(db, now).await {
        Ok(reminders) => tracing::debug!(reminders, "reminders of long ago were forgotten"),
        Err(error) => tracing::error!(%error, "reminders of long ago were not forgotten"),
    }
    match housekeeping::forget_mails(db, now).await {
        Ok(mails) => tracing::debug!(mails, "mails of long ago were forgotten"),
        Err(error) => tracing::error!(%error, "mails of long ago were not forgotten"),
    }
    match housekeeping::forget_sessions(db, now).await {
        Ok(sessions) => tracing::debug!(sessions, "ended sessions were forgotten"),
        Err(error) => tracing::error!(%error, "ended sessions were not forgotten"),
    }
    match housekeeping::forget_sign_in_tokens(db, now).await {
        Ok(tokens) => tracing::debug!(tokens, "expired sign-in tokens were forgotten"),
        Err(error) => tracing::error!(%error, "expired sign-in tokens were not forgotten"),
    }
}
