//! The time, as an argument: tests hold it still or move it.

use crate::domain::time::{Timestamp, to_millis};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Tells the time, to the millisecond.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds by which a test has moved the clock.
    shift: Arc<AtomicI64>,
    /// Where it stands, but for what a test moves it; the machine's time otherwise.
    still: Option<Timestamp>,
}

impl Clock {
    /// A clock that stands still until it is moved. For tests.
    pub fn still(at: Timestamp) -> Self {
        Self {
            still: Some(at),
            ..Self::default()
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let shift = chrono::Duration::milliseconds(self.shift.load(Ordering::Relaxed));
        to_millis(self.still.unwrap_or_else(chrono::Utc::now) + shift)
    }

    /// Moves the clock of everything that shares it. For tests.
    pub fn advance(&self, by: chrono::Duration) {
        self.shift
            .fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}
