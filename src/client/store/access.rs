//! What the driver needs of the store.

use super::{Effect, Engine, Store};
use crate::domain::time::Timestamp;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};

/// What happens within so many milliseconds is shown at once: two hundred answers are not two
/// hundred boards. An edit shows when it is stored, or after as many.
const SHOW_AFTER_MS: u32 = 16;

/// What comes after the next time that the page changes.
type Then = Vec<Box<dyn FnOnce()>>;

thread_local! {
    /// The page is about to change.
    static SHOWING: Cell<bool> = const { Cell::new(false) };
    /// It waits for an edit to be stored.
    static EDITED: Cell<bool> = const { Cell::new(false) };
    static THEN: RefCell<Then> = const { RefCell::new(Vec::new()) };
    /// The next look at the clock.
    static LOOK: RefCell<Option<Timeout>> = const { RefCell::new(None) };
}

impl Store {
    /// Changes the engine, does what comes of it, and shows it soon.
    pub(in crate::client) fn step(self, change: impl FnOnce(&mut Engine) -> Vec<Effect>) {
        let mut effects = Vec::new();
        self.engine.update_value(|engine| effects = change(engine));
        self.run(effects);
        if EDITED.get() && !self.engine(Engine::is_writing) {
            self.refresh();
        } else {
            self.show_soon();
        }
    }

    /// The same, shown at once.
    pub(in crate::client) fn step_shown(self, change: impl FnOnce(&mut Engine) -> Vec<Effect>) {
        self.change(change);
    }

    fn show_soon(self) {
        if !SHOWING.replace(true) {
            Timeout::new(SHOW_AFTER_MS, move || {
                if SHOWING.get() {
                    self.refresh();
                }
            })
            .forget();
        }
    }

    /// Shows an edit when it is stored: while the page changes, the store is not heard.
    pub(super) fn show_once_stored(self) {
        if self.engine(Engine::is_writing) {
            EDITED.set(true);
            // That it is not safe yet is said at once: "Saved" above an edit is not true.
            super::update(
                self.sync,
                self.engine(|engine| engine.sync_state(self.clock())),
            );
            self.show_soon();
        } else {
            self.refresh();
        }
    }

    /// Does something once what was done last shows: now, where it does.
    pub fn once_shown(self, then: impl FnOnce() + 'static) {
        if EDITED.get() {
            THEN.with_borrow_mut(|list| list.push(Box::new(then)));
        } else {
            then();
        }
    }

    /// Looks at the clock at a moment, which is soon: something falls due.
    pub fn look_at_clock(self, at: Timestamp) {
        let wait = (at - self.clock()).num_milliseconds().clamp(0, 120_000);
        let look = Timeout::new(u32::try_from(wait).unwrap_or(0), move || {
            self.set_now(self.clock());
        });
        LOOK.set(Some(look));
    }

    /// The page shows what the engine holds.
    pub(super) fn shown(self) {
        SHOWING.set(false);
        EDITED.set(false);
        for then in THEN.take() {
            untrack(then);
        }
    }

    /// Reads the engine.
    pub(in crate::client) fn engine<T>(self, read: impl FnOnce(&Engine) -> T) -> T {
        self.engine.with_value(read)
    }

    /// Sets the time that labels are made with.
    pub(in crate::client) fn set_now(self, now: Timestamp) {
        self.now.set(now);
        let mut changed = false;
        self.engine
            .update_value(|engine| changed = engine.pass(now));
        if changed {
            self.refresh();
        }
    }
}
