//! Sends what is to be mailed: when something was put into the queue, when a try is due again, and by the clock.

use crate::server::{
    AppState,
    services::mails::{Post, hold},
};
use chrono::Duration;
use std::sync::Arc;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

/// Mails that are sent at once.
const AT_ONCE: i64 = 16;
/// The longest sleep: another instance may have put something into the queue.
const LONGEST: Duration = Duration::seconds(60);
/// The shortest sleep.
const LEAST: Duration = Duration::milliseconds(200);
/// How long a provider is left alone that could not be reached.
const UNREACHABLE_FOR: Duration = Duration::seconds(60);

/// What mails are sent with.
pub fn post(state: &AppState) -> Post {
    Post {
        db: state.db.clone(),
        keys: state.keys.clone(),
        mailer: state.mailer.clone(),
        clock: state.clock.clone(),
        origin: state.config.public_url.origin().into(),
    }
}

/// How long a stop waits for what is being sent: a try that is broken off may have delivered, and then nothing
/// of it can be said anew.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Does so until the server stops, and what is being sent then has come to its end. What has not by then may
/// arrive: it is sent again under the same id.
pub async fn run(state: AppState, nearer: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    let sending = send_until(&state, &nearer, stopped.clone());
    tokio::pin!(sending);
    tokio::select! {
        biased;
        () = told(&mut stopped) => {
            if tokio::time::timeout(PATIENCE, sending).await.is_err() {
                tracing::warn!("mails were being sent when the server stopped");
            }
        }
        () = &mut sending => {}
    }
}

/// Resolves when the server stops.
async fn told(stopped: &mut watch::Receiver<bool>) {
    _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn send_until(state: &AppState, nearer: &Notify, mut stopped: watch::Receiver<bool>) {
    let post = post(state);
    if let Err(error) = begin(state).await {
        tracing::error!(%error, "what mails were being sent is not known");
    }
    while !*stopped.borrow() {
        let sleep = match until(&post, || *stopped.borrow()).await {
            Ok(sleep) => sleep,
            Err(error) => {
                tracing::error!(%error, "mails were not sent");
                LONGEST
            }
        };
        let is_held = !post.mailer.is_reachable();
        let sleep = sleep.clamp(LEAST, LONGEST).to_std().unwrap_or_default();
        tokio::select! {
            () = told(&mut stopped) => {}
            // Where the provider cannot be reached, more mails are no reason to ask it sooner.
            () = nearer.notified(), if !is_held => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Before the first mail: what an earlier process was sending is sent again, and what waited for too long is
/// held.
async fn begin(state: &AppState) -> sqlx::Result<()> {
    let (db, now) = (&state.db, state.clock.now());
    if db.is_alone() {
        let mails = db.release_claims(now).await?;
        if mails > 0 {
            tracing::warn!(mails, "mails were being sent when the server ended");
        }
    }
    hold(db, state.config.hold_deliveries, now).await
}

/// Sends what is to be sent by now. Says how long there is nothing to do.
///
/// # Errors
/// When the database cannot. Claims of what was not sent run out.
pub async fn once(post: &Post) -> sqlx::Result<Duration> {
    until(post, || false).await
}

/// The same, but claims nothing more once `is_over`.
async fn until(post: &Post, is_over: impl Fn() -> bool) -> sqlx::Result<Duration> {
    loop {
        if is_over() {
            return Ok(Duration::zero());
        }
        let now = post.clock.now();
        hold(&post.db, false, now).await?;
        if let Some(until) = post
            .db
            .watch()
            .await?
            .held_until
            .filter(|until| *until > now)
        {
            return Ok(until - now);
        }
        // To look takes no lock; to claim does.
        let next = post.db.next_mail_at().await?;
        if let Some(at) = next.filter(|at| *at > now) {
            return Ok(at - now);
        }
        if next.is_none() {
            return Ok(LONGEST);
        }
        // Whether it can be reached again one mail finds out.
        let most = if post.mailer.is_reachable() {
            AT_ONCE
        } else {
            1
        };
        let claimed = post.claim(most).await?;
        if claimed.is_empty() {
            // Another instance has them.
            return Ok(LONGEST);
        }
        let mut sending = JoinSet::new();
        for mail in claimed {
            let post = post.clone();
            sending.spawn(async move { post.deliver(&mail, rand::random()).await });
        }
        let (mut is_reached, mut failed) = (true, None);
        // What goes wrong with one breaks off none of the others.
        while let Some(sent) = sending.join_next().await {
            match sent {
                Ok(Ok(reached)) => is_reached &= reached,
                Ok(Err(error)) => failed = Some(error),
                Err(error) => tracing::error!(%error, "a mail was not sent"),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        if !is_reached {
            return Ok(UNREACHABLE_FOR);
        }
    }
}
