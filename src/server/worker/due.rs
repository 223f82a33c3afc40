//! Settles what is due: at the moment at which the next reminder goes out, when somebody writes a nearer
//! one, and by the clock.

use crate::server::{AppState, services::due};
use chrono::Duration;
use tokio::sync::watch;

/// The longest sleep: the clock may be set meanwhile.
const LONGEST: Duration = Duration::seconds(60);

/// Does so until the server stops, which breaks off what is under way: its open transaction is rolled back.
pub async fn run(state: AppState, mut stopped: watch::Receiver<bool>) {
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = settle_for_ever(&state) => {}
    }
}

async fn settle_for_ever(state: &AppState) {
    let due = state.db.due();
    loop {
        due.awake();
        once(state).await;
        let now = state.clock.now();
        let next = match state.db.next_send_at().await {
            Ok(next) => next.map_or(now + LONGEST, |at| at.clamp(now, now + LONGEST)),
            Err(_) => now + LONGEST,
        };
        due.sleep_until(next);
        // The database may refuse what is due: then the clock wakes, not the reminder again and again.
        let sleep = (next - now).max(LEAST).to_std().unwrap_or_default();
        tokio::select! {
            () = due.nearer() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// The shortest sleep.
const LEAST: Duration = Duration::milliseconds(200);

/// Plans what is to be planned anew, and settles what is due. A failure is logged, and what is left is done
/// the next time.
pub async fn once(state: &AppState) {
    let (db, now) = (&state.db, state.clock.now());
    match due::replan(db, now).await {
        Ok(0) => {}
        Ok(users) => tracing::info!(users, "reminders were planned anew"),
        Err(error) => tracing::error!(%error, "reminders were not planned anew"),
    }
    match due::settle(db, now).await {
        Ok(settled) if settled == due::Settled::default() => {}
        Ok(settled) => tracing::info!(
            settled.sent,
            settled.expired,
            settled.deferred,
            "what was due was settled"
        ),
        Err(error) => tracing::error!(%error, "what was due was not settled"),
    }
}
