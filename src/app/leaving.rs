//! The browser's Back, before the router hears of it: what is being typed is saved while its field is
//! still there, and what would be dropped is asked about.

use leptos::prelude::*;
use std::sync::Arc;

/// Whether what is open may be left; if not, the address that it is at.
type Guard = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Who is asked before a page is left. Copied freely; one for the app.
#[derive(Clone, Copy)]
pub struct Leaving(StoredValue<Option<Guard>>);

/// Provides it, and listens. To be called before there is a router: a browser calls those who listen at
/// its window in the order in which they came.
pub fn provide() {
    let leaving = Leaving(StoredValue::new(None));
    provide_context(leaving);
    #[cfg(feature = "hydrate")]
    listen(leaving);
}

impl Leaving {
    /// Asks `guard` while the caller lives.
    pub fn guard(self, guard: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        self.0.set_value(Some(Arc::new(guard)));
        on_cleanup(move || _ = self.0.try_set_value(None));
    }
}

#[cfg(feature = "hydrate")]
fn listen(leaving: Leaving) {
    use crate::client::dom::{self, CaptureListener};
    use wasm_bindgen::JsValue;

    let back = CaptureListener::new("popstate", move |event| {
        dom::blur();
        let guard = leaving.0.try_get_value().flatten();
        if let Some(Err(address)) = guard.map(|guard| guard()) {
            event.stop_immediate_propagation();
            // The browser has gone already: the address is again that of what is open.
            if let Ok(history) = window().history() {
                // Refused never: it is an address of this page.
                _ = history.push_state_with_url(&JsValue::NULL, "", Some(&address));
            }
        }
    });
    let back = send_wrapper::SendWrapper::new(back);
    on_cleanup(move || drop(back));
}
