//! What does not fit is not dropped without a word: the sidebar closes at the second try.

use crate::{
    app::components::form::Complaints,
    client::{
        dom,
        store::{Store, use_store},
    },
};
use leptos::prelude::*;

/// The field that is wrong; with several, the first.
const WRONG: &str = ".sidebar [aria-invalid], .sidebar [data-invalid] :is(input, select, textarea)";
/// What is said of it.
const COMPLAINT: &str = ".sidebar .field-error:not(:empty)";

/// What is said then.
const NOT_SAVED: &str = "Not everything was saved. Correct it, or close again to drop it.";

/// Whether somebody who wants to close was told that something would be dropped.
#[derive(Debug, Default)]
struct Guard {
    told: bool,
}

impl Guard {
    /// Somebody wants to close. Answers whether it may: nothing is wrong, or they were told.
    fn admits(&mut self, is_wrong: bool) -> bool {
        !is_wrong || std::mem::replace(&mut self.told, true)
    }

    /// Something else is typed: what they were told is over.
    fn typed(&mut self) {
        self.told = false;
    }
}

/// The way out of the sidebar. Copied freely; one for the page, readied by each sidebar.
#[derive(Clone, Copy)]
pub struct Closing {
    /// What is wrong in the sidebar that is open.
    pub(super) complaints: Complaints,
    guard: StoredValue<Guard>,
    store: Store,
}

impl Closing {
    /// Nothing is open.
    pub fn of_page() -> Self {
        Self {
            complaints: Complaints::default(),
            guard: StoredValue::default(),
            store: use_store(),
        }
    }

    /// A sidebar opens, or shows nothing to type in any more.
    pub(super) fn begin(self) {
        self.complaints.clear();
        self.store.unsay(NOT_SAVED);
        self.guard.try_set_value(Guard::default());
    }

    /// Something was begun that is saved as a whole, or is over.
    pub fn unfinished(self, why: Option<&str>) {
        self.complaints
            .leave_unfinished("plan", why.map(ToOwned::to_owned));
    }

    /// Something is typed.
    pub(super) fn typed(self) {
        self.store.unsay(NOT_SAVED);
        self.guard.try_update_value(Guard::typed);
    }

    /// Whether what is open may close. If not, the field that is wrong gets the focus, and that is said.
    pub fn may_close(self) -> bool {
        let is_wrong = self.complaints.stand_on_leaving();
        let admits = self
            .guard
            .try_update_value(|guard| guard.admits(is_wrong))
            .unwrap_or(true);
        if !admits {
            self.store.toast("error", NOT_SAVED, None);
            // Once the fields show what is wrong.
            request_animation_frame(|| {
                dom::focus(WRONG);
                dom::reveal(COMPLAINT);
            });
        }
        admits
    }
}

/// Listens for ways out of the sidebar that lead past its own: links of the page.
#[cfg(feature = "hydrate")]
pub(super) mod ways_out {
    use super::Closing;
    use crate::client::dom::CaptureListener;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, MouseEvent};

    /// Listens while the caller lives.
    pub fn watch(closing: Closing) {
        let click = CaptureListener::new("click", move |event| {
            if leads_away(&event) && !closing.may_close() {
                event.prevent_default();
                event.stop_propagation();
            }
        });
        let click = send_wrapper::SendWrapper::new(click);
        on_cleanup(move || drop(click));
    }

    /// Whether a click is on a link that takes this page elsewhere.
    fn leads_away(event: &Event) -> bool {
        let Some(mouse) = event.dyn_ref::<MouseEvent>() else {
            return false;
        };
        // These open something else beside the page.
        if event.default_prevented() || mouse.ctrl_key() || mouse.meta_key() || mouse.shift_key() {
            return false;
        }
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let link = target.and_then(|target| {
            let links = "a[href]:not([target], [href^=\"#\"], [data-selected])";
            target.closest(links).ok().flatten()
        });
        link.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Guard;

    #[test]
    fn the_second_try_closes() {
        let mut guard = Guard::default();
        assert!(!guard.admits(true));
        assert!(guard.admits(true));
    }

    #[test]
    fn what_fits_never_holds_it_open() {
        let mut guard = Guard::default();
        assert!(guard.admits(false));
        // That was no try to drop something.
        assert!(!guard.admits(true));
        assert!(guard.admits(false));
    }

    #[test]
    fn who_types_on_is_told_again() {
        let mut guard = Guard::default();
        assert!(!guard.admits(true));
        guard.typed();
        assert!(!guard.admits(true));
        assert!(guard.admits(true));
    }
}
