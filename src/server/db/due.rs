//! Tells whoever waits for the next thing to do that there is a nearer one.

use crate::domain::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// Until when somebody sleeps, and how to wake them.
#[derive(Debug)]
pub struct Due {
    /// In milliseconds since 1970.
    sleeps_until: AtomicI64,
    nearer: Notify,
}

impl Default for Due {
    fn default() -> Self {
        Self {
            // Nobody knows yet: everything is nearer.
            sleeps_until: AtomicI64::new(i64::MAX),
            nearer: Notify::new(),
        }
    }
}

impl Due {
    /// There is something to do at `at`. Whoever sleeps longer is woken; who is not asleep yet will not
    /// fall asleep over it.
    pub fn comes(&self, at: Timestamp) {
        if at.timestamp_millis() < self.sleeps_until.load(Ordering::SeqCst) {
            self.nearer.notify_one();
        }
    }

    /// Whoever sleeps looks what there is, whatever is known.
    pub fn wake(&self) {
        self.nearer.notify_one();
    }

    /// Before it is asked how long one may sleep: from now on everything wakes.
    pub fn awake(&self) {
        self.sleeps_until.store(i64::MAX, Ordering::SeqCst);
    }

    /// Nothing before `at` is known.
    pub fn sleep_until(&self, at: Timestamp) {
        self.sleeps_until
            .store(at.timestamp_millis(), Ordering::SeqCst);
    }

    /// Waits until something nearer comes.
    pub async fn nearer(&self) {
        self.nearer.notified().await;
    }
}
