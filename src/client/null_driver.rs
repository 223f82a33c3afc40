//! The store where there is no browser, in the place of `driver`: nothing is kept, sent or fetched, no
//! time passes, and what is done shows at once. The server renders with it.

use super::{engine::Effect, store::Store, toasts::Timer};
use crate::domain::{time::Timestamp, user::Me};
use leptos::prelude::*;
use uuid::Uuid;

impl Store {
    /// Starts the work of the browser: there is none.
    pub fn start(self) {}

    /// What this device knows of the user who was here last: nothing.
    pub async fn open_last(self, _passphrase: Option<String>) -> Option<Me> {
        None
    }

    /// Opens the cache with a passphrase. Answers whether it did.
    pub async fn unlock(self, _passphrase: String) -> bool {
        false
    }

    /// Whether a passphrase locks the cache; none where nothing is stored.
    pub async fn has_passphrase(self) -> Option<bool> {
        None
    }

    /// Sets, changes or takes away the passphrase. Answers whether it did.
    pub async fn protect(self, _old: Option<String>, _new: Option<String>) -> bool {
        false
    }

    /// Wipes what this device keeps of the user who was here last.
    pub async fn wipe_last(self) {}

    /// Wipes what this device keeps of a user.
    pub async fn wipe(self, _user: Uuid) {}

    /// Takes a user's data off this device where all of it is sent.
    pub async fn wipe_what_is_sent(self, _user: Uuid) {}

    /// Leaves this user's cache as it is for their next sign-in.
    pub async fn seal(self) {}

    /// Sends all that waits, and answers how many edits are left.
    pub async fn flush(self) -> usize {
        0
    }

    /// What waits is tried now.
    pub fn try_now(self) {}

    /// Brings in everything again, older rows too.
    pub fn load_all(self) {}

    /// Requests carry this token from now on.
    pub fn use_csrf_token(self, _token: &str) {}

    /// Fetches a token for requests where none is known.
    pub async fn ensure_csrf_token(self) {}

    /// `user` has signed in in this browser.
    pub fn remember_signed_in(self, _user: Uuid) {}

    /// Calls nothing: nobody signs in here.
    pub fn when_signed_in_elsewhere(self, _: impl Fn() + 'static) {}

    /// Does something once what was done last shows: now.
    pub fn once_shown(self, then: impl FnOnce() + 'static) {
        then();
    }

    /// Looks at the clock at a moment: it stands still here.
    pub fn look_at_clock(self, _at: Timestamp) {}

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
