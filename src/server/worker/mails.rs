//! Sends what is to be mailed: when something was put into the queue, when a try is due again, and by the clock.

use crate::server::{
    AppState,
    db::mail_claims::{Claimed, Wanted},
    mail::{LastMail, Operator},
    services::mails::{Post, hold},
};
use chrono::Duration;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use tokio::{
    sync::{Notify, watch},
    task::{self, JoinSet},
};
use uuid::Uuid;

/// Mails that are sent at once: providers refuse more connections.
const AT_ONCE: usize = 16;
/// Mails of one person that are claimed at once.
const MOST_OF_ONE: i64 = 4;
/// For so long more are not claimed while others are being sent.
const HOLDS_UP_FOR: std::time::Duration = std::time::Duration::from_secs(1);
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
        operator: Operator::new(state.config.operator_email.clone()),
        last_mail: LastMail::new(&state.config.data_dir),
        metrics: Arc::clone(&state.metrics),
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
/// held, as is everything where the database was set back to a backup: it may have been sent.
///
/// # Errors
/// When the database cannot.
pub async fn begin(state: &AppState, last_mail: &LastMail) -> sqlx::Result<()> {
    let (db, now) = (&state.db, state.clock.now());
    if db.is_alone() {
        let mails = db.release_claims(now).await?;
        if mails > 0 {
            tracing::warn!(mails, "mails were being sent when the server ended");
        }
    }
    if let Some(off) = db.clock_off_by(now).await? {
        let seconds = off.num_seconds();
        tracing::warn!(
            seconds,
            "the clock differs from the database's: mails go too early, or too late"
        );
    }
    let known = db
        .newest_mail_at()
        .await?
        .max(db.watch().await?.last_scan_at);
    let was_set_back = last_mail.is_ahead_of(known);
    if was_set_back {
        tracing::warn!("mails were sent of which the database does not know: it was set back");
    }
    let asked = was_set_back || state.config.hold_deliveries;
    hold(db, asked, now).await.map(drop)
}

/// Sends what is to be sent by now. Says how long there is nothing to do.
///
/// # Errors
/// When the database cannot. Claims of what was not sent run out.
pub async fn once(post: &Post) -> sqlx::Result<Duration> {
    until(post, || false).await
}

/// The same, but claims nothing more once `is_over`. What hangs holds up nothing else: as soon as others have
/// gone, more are claimed.
async fn until(post: &Post, is_over: impl Fn() -> bool) -> sqlx::Result<Duration> {
    let mut sending = Sending::default();
    let mut idle = Ok(Duration::zero());
    post.sum_up().await;
    loop {
        if !is_over() && sending.is_reached && idle.is_ok() {
            idle = claim_more(post, &mut sending).await;
        }
        if sending.is_empty() {
            break;
        }
        sending.some().await;
    }
    if let Some(error) = sending.failed {
        return Err(error);
    }
    if sending.is_reached {
        idle
    } else {
        Ok(UNREACHABLE_FOR)
    }
}

/// Claims what can be sent beside what is being sent, and begins with it. Says how long there is nothing to do
/// but that.
async fn claim_more(post: &Post, sending: &mut Sending) -> sqlx::Result<Duration> {
    let now = post.clock.now();
    if let Some(until) = hold(&post.db, false, now).await? {
        return Ok(until - now);
    }
    // To look takes no lock; to claim does.
    let next = post.db.next_mail_at().await?;
    let Some(next) = next else {
        return Ok(LONGEST);
    };
    if next > now {
        return Ok(next - now);
    }
    // Whether it can be reached again one mail finds out.
    let most = if post.mailer.is_reachable() {
        AT_ONCE
    } else {
        1
    };
    let free = most.saturating_sub(sending.count());
    if free == 0 {
        return Ok(Duration::zero());
    }
    let wanted = Wanted {
        most: i64::try_from(free).unwrap_or(1),
        most_of_one: MOST_OF_ONE,
        not_of: &sending.busy(),
    };
    for mail in post.claim(&wanted).await? {
        sending.begin(post.clone(), mail);
    }
    // Where there were none, another instance has them.
    Ok(LONGEST)
}

/// What is being sent.
struct Sending {
    tasks: JoinSet<sqlx::Result<bool>>,
    /// To whom each of them is.
    to: HashMap<task::Id, Uuid>,
    /// Whether the provider could be reached each time.
    is_reached: bool,
    /// The last that went wrong in the database.
    failed: Option<sqlx::Error>,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            tasks: JoinSet::new(),
            to: HashMap::new(),
            is_reached: true,
            failed: None,
        }
    }
}

impl Sending {
    fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    fn count(&self) -> usize {
        self.tasks.len()
    }

    /// The people to whom something is being sent: more of theirs waits for that.
    fn busy(&self) -> Vec<Uuid> {
        let people: HashSet<Uuid> = self.to.values().copied().collect();
        people.into_iter().collect()
    }

    fn begin(&mut self, post: Post, mail: Claimed) {
        let user = mail.user_id;
        let task = async move { post.deliver(&mail, rand::random()).await };
        self.to.insert(self.tasks.spawn(task).id(), user);
    }

    /// Waits until half of what can be sent at once is free, for as long as what hangs may hold up others:
    /// each claim is a transaction.
    async fn some(&mut self) {
        let waiting = async {
            while let Some(ended) = self.tasks.join_next_with_id().await {
                let (task, sent) = match ended {
                    Ok((task, sent)) => (task, Some(sent)),
                    Err(error) => {
                        tracing::error!(%error, "a mail was not sent");
                        (error.id(), None)
                    }
                };
                self.to.remove(&task);
                match sent {
                    Some(Ok(reached)) => self.is_reached &= reached,
                    // What goes wrong with one breaks off none of the others.
                    Some(Err(error)) => self.failed = Some(error),
                    None => {}
                }
                if self.tasks.len() <= AT_ONCE / 2 {
                    break;
                }
            }
        };
        _ = tokio::time::timeout(HOLDS_UP_FOR, waiting).await;
    }
}
