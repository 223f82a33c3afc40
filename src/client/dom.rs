//! What the client asks of the document itself. On the server there is none, and nothing happens.

/// Puts the focus on the first element that fits.
pub fn focus(selector: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(element) = browser::find(selector) {
        // Refused never: an element that cannot take the focus ignores it.
        _ = element.focus();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = selector;
}

/// Takes the focus away from a field, which saves what was typed in it.
pub fn blur() {
    #[cfg(feature = "hydrate")]
    if let Some(element) = browser::active() {
        _ = element.blur();
    }
}

/// Saves what is being typed in a field and leaves the focus there: for a page that may not come back.
pub fn save_typed() {
    #[cfg(feature = "hydrate")]
    browser::report_change();
}

/// Shows `text` in the field with this id, unless somebody is typing there.
pub fn show_value(id: &str, text: &str) {
    #[cfg(feature = "hydrate")]
    browser::show_value(id, text);
    #[cfg(not(feature = "hydrate"))]
    let _ = (id, text);
}

#[cfg(feature = "hydrate")]
pub use browser::{CaptureListener, HeightWatch, breathe, find, watch_typing};

#[cfg(feature = "hydrate")]
mod browser {
    use js_sys::Promise;
    use leptos::{
        leptos_dom::helpers::window_event_listener_untyped,
        prelude::{document, window},
    };
    use std::cell::Cell;
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{
        AddEventListenerOptions, Element, Event, EventInit, HtmlElement, MessageChannel,
        ResizeObserver, ResizeObserverEntry,
    };

    /// The first element that fits.
    pub fn find(selector: &str) -> Option<HtmlElement> {
        document()
            .query_selector(selector)
            .ok()
            .flatten()
            .and_then(|element| element.dyn_into().ok())
    }

    /// Lets the browser do what else waits: paint, hear keys. A message to oneself, since a timer is
    /// held back for four milliseconds.
    pub async fn breathe() {
        let Ok(channel) = MessageChannel::new() else {
            return;
        };
        let heard = Promise::new(&mut |resolve, _| {
            channel.port1().set_onmessage(Some(&resolve));
        });
        if channel.port2().post_message(&JsValue::NULL).is_ok() {
            // Nothing refuses it.
            _ = JsFuture::from(heard).await;
        }
        channel.port1().close();
    }

    pub(super) fn active() -> Option<HtmlElement> {
        document()
            .active_element()
            .and_then(|element| element.dyn_into().ok())
    }

    thread_local! {
        /// Somebody has typed in the field with the focus since it was saved.
        static TYPED: Cell<bool> = const { Cell::new(false) };
    }

    /// From now on it is known whether somebody is typing.
    pub fn watch_typing() {
        let set = |name: &'static str, typed: bool| {
            window_event_listener_untyped(name, move |_| TYPED.set(typed));
        };
        set("input", true);
        set("change", false);
        set("focusin", false);
    }

    /// Says of the field with the focus what the browser says when one leaves it, if somebody has typed
    /// in it: what it shows else may be older than what is here.
    pub(super) fn report_change() {
        if !TYPED.take() {
            return;
        }
        let init = EventInit::new();
        init.set_bubbles(true);
        if let Some(field) = active()
            && let Ok(event) = Event::new_with_event_init_dict("change", &init)
        {
            // Refused only for an event that is under way.
            _ = field.dispatch_event(&event);
        }
    }

    pub(super) fn show_value(id: &str, text: &str) {
        let Some(field) = document().get_element_by_id(id) else {
            return;
        };
        let typing = document()
            .active_element()
            .is_some_and(|active| active == field);
        if !typing {
            // One name for inputs and text areas.
            _ = js_sys::Reflect::set(&field, &"value".into(), &text.into());
        }
    }

    /// Tells the height of an element's content in pixels, once at first and then whenever it changes:
    /// asked for it, the browser would lay out the page for the answer. Ends when dropped.
    pub struct HeightWatch {
        observer: Option<ResizeObserver>,
        _changed: Closure<dyn FnMut(Vec<ResizeObserverEntry>)>,
    }

    impl HeightWatch {
        /// Watches from now on.
        pub fn new(element: &Element, mut changed: impl FnMut(f64) + 'static) -> Self {
            let changed = Closure::new(move |entries: Vec<ResizeObserverEntry>| {
                if let Some(entry) = entries.last() {
                    changed(entry.content_rect().height());
                }
            });
            // Refused never: it is a function.
            let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
            if let Some(observer) = &observer {
                observer.observe(element);
            }
            Self {
                observer,
                _changed: changed,
            }
        }
    }

    impl Drop for HeightWatch {
        fn drop(&mut self) {
            if let Some(observer) = &self.observer {
                observer.disconnect();
            }
        }
    }

    /// A listener on the window, in the capture phase and never passive; gone when dropped.
    pub struct CaptureListener {
        name: &'static str,
        handler: Closure<dyn FnMut(Event)>,
    }

    impl CaptureListener {
        /// Listens from now on.
        pub fn new(name: &'static str, handler: impl FnMut(Event) + 'static) -> Self {
            let handler = Closure::wrap(Box::new(handler) as Box<dyn FnMut(Event)>);
            let options = AddEventListenerOptions::new();
            options.set_capture(true);
            options.set_passive(false);
            // Refused never: name and handler are what they should be.
            _ = window().add_event_listener_with_callback_and_add_event_listener_options(
                name,
                handler.as_ref().unchecked_ref(),
                &options,
            );
            Self { name, handler }
        }
    }

    impl Drop for CaptureListener {
        fn drop(&mut self) {
            _ = window().remove_event_listener_with_callback_and_bool(
                self.name,
                self.handler.as_ref().unchecked_ref(),
                true,
            );
        }
    }
}
