//! The store where there is no browser, in the place of `driver`: nothing is kept, sent or fetched, no
//! time passes, and what is done shows at once. The server renders with it.

use super::{engine::Effect, store::Store, toasts::Timer};
use crate::domain::time::Timestamp;
use leptos::prelude::*;

impl Store {
    /// What waits is tried now.
    pub fn try_now(self) {}

    /// Does something once what was done last shows: now.
    pub fn once_shown(self, then: impl FnOnce() + 'static) {
        then();
    }

    pub(super) fn show_once_stored(self) {
        self.refresh();
    }

    pub(super) fn shown(self) {}

    pub(super) fn perform(self, _effect: Effect) {}

    pub(super) fn expire_toast(self, _timer: Timer) {}

    /// The time of what happens now: the page's own.
    pub(super) fn clock(self) -> Timestamp {
        untrack(|| self.now())
    }
}
