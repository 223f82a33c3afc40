//! The installed app: registers the service worker, and offers the new version that it has ready.
//! Nothing is reloaded unasked.

use leptos::prelude::*;

/// What there is to say about versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// A newer version waits to be used.
    Ready,
    /// Another tab has begun to use it.
    Elsewhere,
}

/// The offer that stands, if any.
#[derive(Clone, Copy)]
pub struct Updates(RwSignal<Option<Update>>);

/// Provides what [`UpdateOffer`] shows, and registers the worker once the page is hydrated.
pub fn provide() {
    let updates = Updates(RwSignal::new(None));
    provide_context(updates);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::watch(updates));
}

/// Offers the new version, beside the other messages.
#[component]
pub fn UpdateOffer() -> impl IntoView {
    let updates = expect_context::<Updates>();
    move || {
        let (text, label) = match updates.0.get()? {
            Update::Ready => ("A new version is ready.", "Reload to update"),
            Update::Elsewhere => (
                "Updated in another tab: reload when you are ready.",
                "Reload",
            ),
        };
        let apply = move |_| {
            #[cfg(feature = "hydrate")]
            browser::apply();
        };
        Some(view! {
            <div class="toast" data-kind="update" role="status">
                <span class="toast-text">{text}</span>
                <button type="button" class="toast-action toast-keep" on:click=move |_| updates.0.set(None)>
                    "Later"
                </button>
                <button type="button" class="toast-action" on:click=apply>{label}</button>
            </div>
        })
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::{Update, Updates};
    use futures::future::{Either, select};
    use gloo_timers::{callback::Interval, future::TimeoutFuture};
    use js_sys::{Array, Promise, Reflect};
    use leptos::{ev, leptos_dom::helpers::window_event_listener, prelude::*, task::spawn_local};
    use std::cell::{Cell, RefCell};
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{
        MessageChannel, MessageEvent, ServiceWorker, ServiceWorkerContainer,
        ServiceWorkerRegistration,
    };

    /// A new version is looked for so often, in milliseconds …
    const LOOK_EVERY_MS: u32 = 60 * 60 * 1000;
    /// … and when the window is come back to after so long.
    const LOOK_ON_FOCUS_AFTER_MS: f64 = 10.0 * 60.0 * 1000.0;
    /// A worker that waits may take so long to say what it is, in milliseconds.
    const PATIENCE_MS: u32 = 3_000;

    thread_local! {
        /// The registration, once there is one.
        static REGISTRATION: RefCell<Option<ServiceWorkerRegistration>> = const { RefCell::new(None) };
        /// Whether the user has asked for the new version in this tab.
        static ASKED: Cell<bool> = const { Cell::new(false) };
        /// Whether this page runs the version of the newest worker, once that has said so.
        static CURRENT: Cell<Option<bool>> = const { Cell::new(None) };
    }

    /// Registers the worker and follows it. Without one the app works all the same, but for being
    /// offline: what goes wrong is for developers alone.
    pub(super) fn watch(updates: Updates) {
        let Some(container) = container() else {
            return;
        };
        listen_to_change(&container, updates);
        spawn_local(async move {
            let registering = JsFuture::from(container.register("/sw.js")).await;
            match registering.and_then(JsCast::dyn_into::<ServiceWorkerRegistration>) {
                Ok(registration) => follow(registration, updates),
                Err(error) => web_sys::console::debug_2(&"no service worker:".into(), &error),
            }
        });
    }

    /// Where workers are registered: in secure contexts, for a site that has a version.
    fn container() -> Option<ServiceWorkerContainer> {
        let versioned = version().is_some();
        let navigator = window().navigator();
        let supported = Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false);
        (versioned && supported && window().is_secure_context()).then(|| navigator.service_worker())
    }

    /// The version of this page.
    fn version() -> Option<String> {
        document().document_element()?.get_attribute("data-version")
    }

    /// The worker of this page changes when the first one comes, and when a newer one is asked for,
    /// here or in another tab.
    fn listen_to_change(container: &ServiceWorkerContainer, updates: Updates) {
        let controlled = Cell::new(container.controller().is_some());
        let changed = move || {
            if ASKED.get() {
                reload();
            } else if controlled.replace(true) && CURRENT.get() != Some(true) {
                updates.0.set(Some(Update::Elsewhere));
            }
        };
        container.set_oncontrollerchange(Some(&forever(changed)));
    }

    fn follow(registration: ServiceWorkerRegistration, updates: Updates) {
        if let Some(worker) = registration.waiting() {
            offer(worker, updates);
        }
        let found = {
            let registration = registration.clone();
            move || {
                if let Some(worker) = registration.installing() {
                    announce_when_installed(&registration, worker, updates);
                }
            }
        };
        // One may have been found before anybody listened.
        found();
        registration.set_onupdatefound(Some(&forever(found)));
        REGISTRATION.set(Some(registration));

        let last = Cell::new(js_sys::Date::now());
        _ = window_event_listener(ev::focus, move |_| {
            // The other pages may be closed by now, or the worker was too slow to say what it is.
            if CURRENT.get() != Some(false)
                && let Some(worker) = waiting()
            {
                ask_again(worker, updates);
            }
            let now = js_sys::Date::now();
            if now - last.get() >= LOOK_ON_FOCUS_AFTER_MS {
                last.set(now);
                look();
            }
        });
        Interval::new(LOOK_EVERY_MS, look).forget();
    }

    fn announce_when_installed(
        registration: &ServiceWorkerRegistration,
        worker: ServiceWorker,
        updates: Updates,
    ) {
        let registration = registration.clone();
        let changed = {
            let worker = worker.clone();
            move || {
                // The first worker waits for nobody.
                if is(&worker, "installed") && registration.active().is_some() {
                    offer(worker.clone(), updates);
                }
            }
        };
        worker.set_onstatechange(Some(&forever(changed)));
    }

    /// Offers what waits, unless this page runs it already: then the worker knows what to do.
    fn offer(worker: ServiceWorker, updates: Updates) {
        spawn_local(async move {
            let own = greet(&worker).await.unwrap_or(None);
            CURRENT.set(own);
            updates.0.set((own != Some(true)).then_some(Update::Ready));
        });
    }

    /// Takes the offer back if the worker says only now that this page runs its version. What was
    /// put off is not offered again.
    fn ask_again(worker: ServiceWorker, updates: Updates) {
        spawn_local(async move {
            if let Ok(Some(own)) = greet(&worker).await {
                CURRENT.set(Some(own));
                if own {
                    updates.0.set(None);
                }
            }
        });
    }

    /// Tells a worker the version of this page, and answers whether that is its own; none if it
    /// does not say so in time.
    async fn greet(worker: &ServiceWorker) -> Result<Option<bool>, JsValue> {
        let channel = MessageChannel::new()?;
        let heard = Promise::new(&mut |resolve, _| {
            let closure = Closure::once_into_js(move |event: MessageEvent| {
                // Refused never: it is a function.
                _ = resolve.call1(&JsValue::UNDEFINED, &event.data());
            });
            channel.port1().set_onmessage(Some(closure.unchecked_ref()));
        });
        let message = message("greet");
        Reflect::set(&message, &"version".into(), &version().into())?;
        worker.post_message_with_transferable(&message, &Array::of1(&channel.port2()))?;
        let answer = select(JsFuture::from(heard), TimeoutFuture::new(PATIENCE_MS)).await;
        channel.port1().close();
        match answer {
            Either::Left((own, _)) => Ok(Some(own?.is_truthy())),
            Either::Right(_) => Ok(None),
        }
    }

    fn message(kind: &str) -> js_sys::Object {
        let message = js_sys::Object::new();
        // Refused never: a fresh object takes any field.
        _ = Reflect::set(&message, &"type".into(), &kind.into());
        message
    }

    /// The worker that waits to take over.
    fn waiting() -> Option<ServiceWorker> {
        REGISTRATION.with_borrow(|registration| registration.as_ref()?.waiting())
    }

    /// Asks the server for a newer worker.
    fn look() {
        let Some(registration) = REGISTRATION.with_borrow(Clone::clone) else {
            return;
        };
        spawn_local(async move {
            if let Ok(looking) = registration.update() {
                // Offline there is nothing to find.
                _ = JsFuture::from(looking).await;
            }
        });
    }

    /// Uses the version that waits, and reloads once it is in charge.
    pub(super) fn apply() {
        // Another tab was faster.
        let Some(worker) = waiting() else {
            return reload();
        };
        ASKED.set(true);
        // A page that was reloaded past its worker has none, and hears of no change.
        let changed = {
            let worker = worker.clone();
            move || {
                if is(&worker, "activated") {
                    reload();
                }
            }
        };
        worker.set_onstatechange(Some(&forever(changed)));
        // Refused never: a worker takes any message.
        _ = worker.post_message(&message("activate"));
    }

    fn reload() {
        thread_local! {
            static DONE: Cell<bool> = const { Cell::new(false) };
        }
        if !DONE.replace(true) {
            // Refused never for the page itself.
            _ = window().location().reload();
        }
    }

    fn is(worker: &ServiceWorker, state: &str) -> bool {
        Reflect::get(worker, &"state".into()).is_ok_and(|it| it == JsValue::from_str(state))
    }

    /// A handler that lives as long as the page.
    fn forever(handler: impl Fn() + 'static) -> js_sys::Function {
        let closure = Closure::wrap(Box::new(handler) as Box<dyn Fn()>);
        closure.into_js_value().unchecked_into()
    }
}
