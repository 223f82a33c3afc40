//! What the server does by itself, by the clock. Every instance does it; jobs must not mind.

pub mod due;
pub mod housekeeping;
pub mod mails;

use super::{AppState, mail::LastMail};
use std::{pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, Notify, watch},
    task::JoinHandle,
};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// How long after the start the first housekeeping waits, so that it does not get in the way of
/// those who have waited for the server.
const FIRST_HOUSEKEEPING: Duration = Duration::from_secs(60);
/// Time between two.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(3600);
/// Time between two looks for clients that were quiet long enough for the limits to forget them.
const FORGET_IDLE_EVERY: Duration = Duration::from_secs(600);
/// When what is due is looked for, whether or not anybody said that there is something: four times a
/// minute, by the clock (cron with seconds first).
const LOOK_FOR_DUE: &str = "*/15 * * * * *";

/// The jobs of a running server. They go on until it is stopped, or dropped.
pub struct Worker {
    scheduler: JobScheduler,
    stop: watch::Sender<bool>,
    /// Held by the housekeeping that is under way.
    busy: Arc<Mutex<()>>,
    /// Settles what is due.
    due: JoinHandle<()>,
    /// Sends what is mailed.
    mails: JoinHandle<()>,
}

impl Worker {
    /// Schedules the jobs; none of them runs yet.
    ///
    /// # Errors
    /// When the scheduler does not start.
    pub async fn start(state: &AppState) -> Result<Self, JobSchedulerError> {
        Self::start_with(state, FIRST_HOUSEKEEPING, HOUSEKEEPING_EVERY).await
    }

    /// The same with housekeeping after `first`, and then every `every`, each from the start and to
    /// the second. For tests.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        state: &AppState,
        first: Duration,
        every: Duration,
    ) -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let (stop, stopped) = watch::channel(false);
        let busy = Arc::new(Mutex::new(()));
        let tidy = {
            let (state, busy) = (state.clone(), Arc::clone(&busy));
            move || tidy(state.clone(), stopped.clone(), Arc::clone(&busy))
        };
        let at_first = tidy.clone();
        let jobs = [
            Job::new_one_shot_async(first, move |_, _| at_first())?,
            Job::new_repeated_async(every, move |_, _| tidy())?,
            Job::new_async(LOOK_FOR_DUE, {
                let db = state.db.clone();
                move |_, _| {
                    // Whoever sleeps wakes and looks.
                    db.due().wake();
                    Box::pin(std::future::ready(()))
                }
            })?,
            Job::new_repeated(FORGET_IDLE_EVERY, {
                let limits = Arc::clone(&state.limits);
                move |_, _| limits.forget_idle()
            })?,
        ];
        for job in jobs {
            scheduler.add(job).await?;
        }
        scheduler.start().await?;
        // Before it is noted that somebody looks for what is due.
        let last_mail = LastMail::new(&state.config.data_dir);
        if let Err(error) = mails::begin(state, &last_mail).await {
            tracing::error!(%error, "what mails were being sent is not known");
        }
        let nearer = Arc::new(Notify::new());
        let mails = mails::run(state.clone(), Arc::clone(&nearer), stop.subscribe());
        let mails = tokio::spawn(mails);
        let due = tokio::spawn(due::run(state.clone(), nearer, stop.subscribe()));
        Ok(Self {
            scheduler,
            stop,
            busy,
            due,
            mails,
        })
    }

    /// Starts nothing any more, and breaks off what is under way: its open transaction is rolled
    /// back, a commit that has begun is finished by the database.
    pub async fn stop(mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::warn!(%error, "the scheduler did not stop");
        }
        _ = self.stop.send(true);
        drop(self.busy.lock().await);
        if let Err(error) = self.due.await {
            tracing::error!(%error, "what settles reminders had ended");
        }
        if let Err(error) = self.mails.await {
            tracing::error!(%error, "what sends mails had ended");
        }
    }
}

/// Housekeeping, until the server stops. Where the one before has not finished, that one goes on.
fn tidy(
    state: AppState,
    mut stopped: watch::Receiver<bool>,
    busy: Arc<Mutex<()>>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let Ok(_guard) = busy.try_lock() else {
            return;
        };
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => {}
            () = housekeeping::run(&state) => {}
        }
    })
}
