//! Settles what is due: at the moment at which the next reminder goes out, when somebody writes a nearer
//! one, and by the clock.

use crate::{
    domain::time::Timestamp,
    server::{
        AppState,
        services::{due, mails},
    },
};
use chrono::Duration;
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// The longest sleep: the clock may be set meanwhile.
const LONGEST: Duration = Duration::seconds(60);
/// The shortest sleep.
const LEAST: Duration = Duration::milliseconds(200);

/// Does so until the server stops, which breaks off what is under way: its open transaction is rolled back.
/// `mails` is told of what is to be mailed.
pub async fn run(state: AppState, mails: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = settle_for_ever(&state, &mails) => {}
    }
}

async fn settle_for_ever(state: &AppState, mails: &Notify) {
    let due = state.db.due();
    loop {
        due.awake();
        let went_well = once(state).await;
        mails.notify_one();
        let now = state.clock.now();
        let next = match state.db.next_send_at().await {
            Ok(next) => next.map_or(now + LONGEST, |at| at.clamp(now, now + LONGEST)),
            Err(_) => now + LONGEST,
        };
        due.sleep_until(next);
        // What failed is tried again when the clock wakes, and not again and again.
        let least = if went_well { LEAST } else { LONGEST };
        let sleep = (next - now).max(least).to_std().unwrap_or_default();
        tokio::select! {
            () = due.nearer() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Plans what is to be planned anew, and settles what is due. A failure is logged, and what is left is done
/// the next time. Answers whether all of it went well.
pub async fn once(state: &AppState) -> bool {
    let (db, now) = (&state.db, state.clock.now());
    let mut went_well = true;
    // Before it is noted that somebody looks again.
    if let Err(error) = mails::hold(db, false, now).await {
        went_well = false;
        tracing::error!(%error, "whether mails are to be held is not known");
    }
    match due::replan(db, now).await {
        Ok(0) => {}
        Ok(users) => tracing::info!(users, "reminders were planned anew"),
        Err(error) => {
            went_well = false;
            tracing::error!(%error, "reminders were not planned anew");
        }
    }
    match due::settle(db, now).await {
        Ok(settled) if settled == due::Settled::default() => {}
        Ok(settled) => {
            went_well &= settled.failed == 0;
            state.metrics.reminders("sent", settled.sent);
            state.metrics.reminders("expired", settled.expired);
            tracing::info!(
                settled.sent,
                settled.expired,
                settled.mails,
                settled.failed,
                "what was due was settled"
            );
        }
        Err(error) => {
            went_well = false;
            tracing::error!(%error, "what was due was not settled");
        }
    }
    if let Err(error) = note_scan(state, now).await {
        went_well = false;
        tracing::error!(%error, "that it was looked for what is due was not noted");
    }
    went_well
}

/// How often it is noted that it was looked for what is due: often enough to tell days.
const NOTED_EVERY: Duration = Duration::hours(1);

async fn note_scan(state: &AppState, now: Timestamp) -> sqlx::Result<()> {
    let known = state.db.watch().await?.last_scan_at;
    if known.is_some_and(|at| (at..at + NOTED_EVERY).contains(&now)) {
        return Ok(());
    }
    if known.is_some_and(|at| at > now) {
        // The clock was ahead, and is right again: what waits after a try would wait for as long as it was wrong.
        state.db.try_mails_again(now).await?;
    }
    state.db.note_scan(now).await
}
