//! What the client asks of the document itself. On the server there is none, and nothing happens.

use leptos::{
    ev::{ClipboardEvent, FocusEvent, KeyboardEvent, MouseEvent},
    html,
    prelude::{NodeRef, document, window},
};

/// Goes to a page with all that its session needs: the server renders it anew.
pub fn leave_for(path: &str) {
    // Refused never for a path of this origin.
    _ = window().location().assign(path);
}

/// Loads the page anew.
pub fn reload() {
    // Refused never for the page itself.
    _ = window().location().reload();
}

/// Whether somebody may look at the page: it is not behind another tab.
pub fn is_looked_at() -> bool {
    #[cfg(feature = "hydrate")]
    {
        !document().hidden()
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Whether somebody is at the page: it can be seen, and its window has the focus.
pub fn is_used() -> bool {
    #[cfg(feature = "hydrate")]
    {
        is_looked_at() && document().has_focus().unwrap_or(true)
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Whether what was pressed is the element that listens, and the press beside its box: that is the backdrop
/// of a dialog.
pub fn is_beside(event: &MouseEvent) -> bool {
    #[cfg(feature = "hydrate")]
    return browser::is_beside(event);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// Puts a text where it can be pasted from. Answers whether that went well: only a page that came safely may,
/// and the browser may refuse.
pub async fn copy(text: &str) -> bool {
    #[cfg(feature = "hydrate")]
    return browser::copy(text).await;
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = text;
        false
    }
}

/// Gives a text of a media type to the browser, to be kept as a file of this name.
pub fn download(name: &str, media_type: &str, text: &str) {
    #[cfg(feature = "hydrate")]
    browser::download(name, media_type, text);
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, media_type, text);
}

/// The same of an SVG drawing of this size, as a PNG with two dots a pixel.
pub fn download_picture(name: &str, svg: &str, width: u32, height: u32) {
    #[cfg(feature = "hydrate")]
    browser::download_picture(name, svg, width, height);
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, svg, width, height);
}

/// Opens the browser's dialog for printing.
pub fn print() {
    #[cfg(feature = "hydrate")]
    {
        // Where it may not print it does nothing.
        _ = document().default_view().map(|window| window.print());
    }
}

/// Shows a number at the app's icon, where it is installed and the system can.
pub fn set_badge(count: usize) {
    #[cfg(feature = "hydrate")]
    browser::set_badge(count);
    #[cfg(not(feature = "hydrate"))]
    let _ = count;
}

/// Whether there is an element that fits.
pub fn exists(selector: &str) -> bool {
    document().query_selector(selector).ok().flatten().is_some()
}

/// Which of these `parts` of a row has got the focus: what finds it again, wherever the row stands by then. The
/// row is known by its attribute `name`.
pub fn part_of_row(event: &FocusEvent, row: &str, name: &str, parts: &[&str]) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        use leptos::wasm_bindgen::JsCast as _;
        let target: leptos::web_sys::Element = event.target()?.dyn_into().ok()?;
        let id = target.closest(row).ok()??.get_attribute(name)?;
        let part = parts.iter().find(|part| target.matches(part) == Ok(true))?;
        Some(format!("{row}[{name}=\"{id}\"] {part}"))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = (event, row, name, parts);
        None
    }
}

/// The text that is being pasted; the browser does not put it into the field then. None where it is one
/// line, which the field takes by itself: it would put lines of a list behind one another.
pub fn pasted_lines(event: &ClipboardEvent) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let text = event.clipboard_data()?.get_data("text/plain").ok()?;
        text.trim().contains(['\n', '\r']).then(|| {
            event.prevent_default();
            text
        })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

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

/// Shows `text` in the field with this id, unless the focus is there. Answers whether it shows.
pub fn show_value(id: &str, text: &str) -> bool {
    #[cfg(feature = "hydrate")]
    return browser::show_value(id, text);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (id, text);
        true
    }
}

/// Scrolls as little as possible, and at once, so that what fits first can be seen.
pub fn reveal(selector: &str) {
    #[cfg(feature = "hydrate")]
    browser::reveal(selector);
    #[cfg(not(feature = "hydrate"))]
    let _ = selector;
}

/// Scrolls the first element that fits so that what lies between `top` and `bottom` in it, in pixels,
/// can be seen.
pub fn scroll_into_window(selector: &str, top: u32, bottom: u32) {
    #[cfg(feature = "hydrate")]
    browser::scroll_into_window(selector, top, bottom);
    #[cfg(not(feature = "hydrate"))]
    let _ = (selector, top, bottom);
}

/// Scrolls what fits first so that an element in it is in its middle, and nothing around it.
pub fn centre_in(scroller: &str, element: &str) {
    #[cfg(feature = "hydrate")]
    browser::centre_in(scroller, element);
    #[cfg(not(feature = "hydrate"))]
    let _ = (scroller, element);
}

/// Whether anything has the focus that one sees: until the browser has drawn the page again, a dialog that was
/// just closed holds it.
pub fn has_focus() -> bool {
    exists(":focus:not(dialog:not([open]) *)")
}

/// Whether the key goes into a field.
pub fn types_text(event: &KeyboardEvent) -> bool {
    #[cfg(feature = "hydrate")]
    return browser::types_text(event);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// Whether a key is pressed in a field that takes back what was typed there by itself: a switch does not.
pub fn undoes_itself(event: &KeyboardEvent) -> bool {
    #[cfg(feature = "hydrate")]
    return browser::undoes_itself(event);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// The attribute of what has the focus while a key is pressed, where that fits.
pub fn attribute_of_target(event: &KeyboardEvent, selector: &str, name: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    return browser::attribute_of_target(event, selector, name);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, selector, name);
        None
    }
}

/// Whether the focus shows where it has come to: it came by the keyboard.
pub fn focus_shows(event: &FocusEvent) -> bool {
    #[cfg(feature = "hydrate")]
    return browser::focus_shows(event);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// The attribute of what was pressed, or of what it is in.
pub fn attribute_under(event: &MouseEvent, name: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    return browser::attribute_under(event, name);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, name);
        None
    }
}

/// Whether the focus goes from within the element with this id to something outside.
pub fn focus_leaves(event: &FocusEvent, id: &str) -> bool {
    #[cfg(feature = "hydrate")]
    return browser::focus_leaves(event, id);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, id);
        false
    }
}

/// Opens the popover with this id, where the browser has any.
pub fn show_popover(id: &str) {
    #[cfg(feature = "hydrate")]
    browser::show_popover(id);
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Closes it; the focus goes back to where it came from.
pub fn hide_popover(id: &str) {
    #[cfg(feature = "hydrate")]
    browser::hide_popover(id);
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Whether it is open.
pub fn is_popover_open(id: &str) -> bool {
    exists(&format!("#{id}:popover-open"))
}

/// Keeps the popover with this id beside the first element that fits while the caller lives: below it,
/// above, or left of it, wherever there is room. The style sheet has the place as `--x` and `--y`.
pub fn keep_beside(popover: String, anchor: String) {
    #[cfg(feature = "hydrate")]
    browser::keep_beside(popover, anchor);
    #[cfg(not(feature = "hydrate"))]
    let _ = (popover, anchor);
}

/// Tells the height of an element's content in pixels, once at first and then whenever it changes,
/// while the caller lives.
pub fn watch_height(node: NodeRef<html::Div>, changed: impl Fn(f64) + Copy + 'static) {
    #[cfg(feature = "hydrate")]
    browser::watch_height(node, changed);
    #[cfg(not(feature = "hydrate"))]
    let _ = (node, changed);
}

#[cfg(feature = "hydrate")]
pub use browser::{CaptureListener, breathe, find, watch_typing};

#[cfg(feature = "hydrate")]
mod browser {
    use js_sys::{Function, Promise, Reflect};
    use leptos::{html, leptos_dom::helpers::window_event_listener_untyped, prelude::*};
    use std::cell::Cell;
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use wasm_bindgen_futures::{JsFuture, spawn_local};
    use web_sys::{
        AddEventListenerOptions, CanvasRenderingContext2d, Element, Event, EventInit, FocusEvent,
        HtmlCanvasElement, HtmlElement, HtmlImageElement, KeyboardEvent, MessageChannel,
        MouseEvent, Node, ResizeObserver, ResizeObserverEntry, ScrollIntoViewOptions,
        ScrollLogicalPosition,
    };

    /// The first element that fits.
    pub fn find(selector: &str) -> Option<HtmlElement> {
        document()
            .query_selector(selector)
            .ok()
            .flatten()
            .and_then(|element| element.dyn_into().ok())
    }

    /// A text as an address.
    fn data_url(media_type: &str, text: &str) -> String {
        let text = String::from(js_sys::encode_uri_component(text));
        format!("data:{media_type};charset=utf-8,{text}")
    }

    /// Gives a text of a media type to the browser, to be kept as a file of this name.
    pub fn download(name: &str, media_type: &str, text: &str) {
        keep(name, &data_url(media_type, text));
    }

    /// The same of an SVG drawing, as a PNG. What this browser cannot draw it does not give.
    pub fn download_picture(name: &str, svg: &str, width: u32, height: u32) {
        const DOTS: u32 = 2;
        let (name, url) = (name.to_owned(), data_url("image/svg+xml", svg));
        spawn_local(async move {
            let Ok(image) = HtmlImageElement::new() else {
                return;
            };
            image.set_src(&url);
            if JsFuture::from(image.decode()).await.is_err() {
                return;
            }
            let canvas = document().create_element("canvas").ok();
            let Some(canvas) = canvas.and_then(|it| it.dyn_into::<HtmlCanvasElement>().ok()) else {
                return;
            };
            canvas.set_width(width * DOTS);
            canvas.set_height(height * DOTS);
            let context = canvas.get_context("2d").ok().flatten();
            let Some(context) =
                context.and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok())
            else {
                return;
            };
            let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
            let drawn = context
                .draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height);
            if let Some(url) = drawn.ok().and_then(|()| canvas.to_data_url().ok()) {
                keep(&name, &url);
            }
        });
    }

    /// Gives what is at an address to the browser, to be kept as a file of this name.
    fn keep(name: &str, url: &str) {
        let Ok(link) = document().create_element("a") else {
            return;
        };
        let set = |name: &str, value: &str| link.set_attribute(name, value).is_ok();
        if set("href", url)
            && set("download", name)
            && let Some(link) = link.dyn_ref::<HtmlElement>()
        {
            link.click();
        }
    }

    /// Puts a text into the clipboard. A page that came over plain HTTP has none.
    pub async fn copy(text: &str) -> bool {
        let navigator = window().navigator();
        let board = Reflect::get(&navigator, &"clipboard".into());
        let Some(board) = board.ok().filter(|board| board.is_object()) else {
            return false;
        };
        let write = Reflect::get(&board, &"writeText".into());
        let Some(write) = write.ok().and_then(|it| it.dyn_into::<Function>().ok()) else {
            return false;
        };
        let written = write.call1(&board, &text.into());
        let written = written.ok().and_then(|it| it.dyn_into::<Promise>().ok());
        match written {
            Some(written) => JsFuture::from(written).await.is_ok(),
            None => false,
        }
    }

    /// Shows a number at the app's icon. Not every browser has a name for that
    /// (<https://www.w3.org/TR/badging/>).
    pub fn set_badge(count: usize) {
        let navigator = window().navigator();
        let name = if count == 0 {
            "clearAppBadge"
        } else {
            "setAppBadge"
        };
        let Ok(set) = Reflect::get(&navigator, &name.into()) else {
            return;
        };
        let Some(set) = set.dyn_ref::<Function>() else {
            return;
        };
        let number = u32::try_from(count).unwrap_or(u32::MAX);
        let asked = set.call1(&navigator, &number.into());
        if let Some(asked) = asked
            .ok()
            .and_then(|asked| asked.dyn_into::<Promise>().ok())
        {
            // Where it is refused there is no badge, and nothing else to do.
            spawn_local(async move {
                _ = JsFuture::from(asked).await;
            });
        }
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

    /// From now on it is known whether somebody is typing, and what was typed is reported at the latest
    /// when its field is left. A browser compares with what stood there when the focus came: it says
    /// nothing of what was reported meanwhile and then taken back.
    pub fn watch_typing() {
        let set = |name: &'static str, typed: bool| {
            window_event_listener_untyped(name, move |_| TYPED.set(typed));
        };
        set("input", true);
        set("focusin", false);
        window_event_listener_untyped("change", |event| {
            if !(event.is_trusted() && has_parts(&event)) {
                TYPED.set(false);
            }
        });
        // Before the field itself hears that it is left.
        let left = CaptureListener::new("blur", |event| {
            let field = event.target().and_then(|target| target.dyn_into().ok());
            if let Some(field) = field
                && TYPED.take()
            {
                report(&field);
            }
        });
        // As long as the page lives.
        std::mem::forget(left);
    }

    /// Whether the field of an event is one of several parts: what it says of itself between two keys is
    /// not what is meant.
    fn has_parts(event: &Event) -> bool {
        let field = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        field.is_some_and(|field| field.matches("[type=time]").unwrap_or_default())
    }

    /// Says of the field with the focus what the browser says when one leaves it, if somebody has typed
    /// in it: what it shows else may be older than what is here.
    pub(super) fn report_change() {
        if let Some(field) = active()
            && TYPED.take()
        {
            report(&field);
        }
    }

    fn report(field: &HtmlElement) {
        let init = EventInit::new();
        init.set_bubbles(true);
        if let Ok(event) = Event::new_with_event_init_dict("change", &init) {
            // Refused only for an event that is under way.
            _ = field.dispatch_event(&event);
        }
    }

    pub(super) fn show_value(id: &str, text: &str) -> bool {
        let Some(field) = document().get_element_by_id(id) else {
            return false;
        };
        // One name for inputs and text areas.
        let name = JsValue::from_str("value");
        let has_focus = document()
            .active_element()
            .is_some_and(|active| active == field);
        if has_focus {
            let shown = js_sys::Reflect::get(&field, &name).ok();
            return shown.and_then(|shown| shown.as_string()).as_deref() == Some(text);
        }
        js_sys::Reflect::set(&field, &name, &text.into()).unwrap_or_default()
    }

    pub(super) fn reveal(selector: &str) {
        if let Some(element) = find(selector) {
            let options = ScrollIntoViewOptions::new();
            options.set_inline(ScrollLogicalPosition::Nearest);
            options.set_block(ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    pub(super) fn scroll_into_window(selector: &str, top: u32, bottom: u32) {
        let Some(scroller) = find(selector) else {
            return;
        };
        let (top, bottom) = (top.cast_signed(), bottom.cast_signed());
        let (from, height) = (scroller.scroll_top(), scroller.client_height());
        if top < from {
            scroller.set_scroll_top(top);
        } else if bottom > from + height {
            scroller.set_scroll_top(bottom - height);
        }
    }

    pub(super) fn centre_in(scroller: &str, element: &str) {
        if let (Some(scroller), Some(element)) = (find(scroller), find(element)) {
            // Both are placed in the same element.
            let top = element.offset_top() - scroller.offset_top();
            let room = scroller.client_height() - element.offset_height();
            scroller.set_scroll_top(top - room / 2);
        }
    }

    fn target(event: &KeyboardEvent) -> Option<Element> {
        event.target()?.dyn_into().ok()
    }

    pub(super) fn types_text(event: &KeyboardEvent) -> bool {
        goes_into(event, "input, textarea, select, [contenteditable]")
    }

    pub(super) fn undoes_itself(event: &KeyboardEvent) -> bool {
        let fields = "input:not([type=checkbox]):not([type=radio]), textarea, [contenteditable]";
        goes_into(event, fields)
    }

    /// Whether the key goes into one of these fields. Until the browser has drawn the page again, that of a
    /// dialog that was just closed still has the focus; nobody types there.
    fn goes_into(event: &KeyboardEvent, fields: &str) -> bool {
        let around = |selector| target(event)?.closest(selector).ok().flatten();
        around(fields).is_some() && around("dialog:not([open])").is_none()
    }

    pub(super) fn attribute_of_target(
        event: &KeyboardEvent,
        selector: &str,
        name: &str,
    ) -> Option<String> {
        target(event)?.closest(selector).ok()??.get_attribute(name)
    }

    pub(super) fn focus_shows(event: &FocusEvent) -> bool {
        let target: Option<Element> = event.target().and_then(|target| target.dyn_into().ok());
        target.is_some_and(|target| target.matches(":focus-visible") == Ok(true))
    }

    pub(super) fn attribute_under(event: &MouseEvent, name: &str) -> Option<String> {
        let target: Element = event.target()?.dyn_into().ok()?;
        let carrier = target.closest(&format!("[{name}]")).ok().flatten()?;
        carrier.get_attribute(name)
    }

    pub(super) fn is_beside(event: &MouseEvent) -> bool {
        let target = event.target();
        if target.is_none() || target != event.current_target() {
            return false;
        }
        let Some(Ok(element)) = target.map(JsCast::dyn_into::<Element>) else {
            return false;
        };
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        let own = element.get_bounding_client_rect();
        x < own.left() || x > own.right() || y < own.top() || y > own.bottom()
    }

    pub(super) fn focus_leaves(event: &FocusEvent, id: &str) -> bool {
        let Some(to) = event.related_target() else {
            // It goes to another window, or nowhere.
            return false;
        };
        let element = document().get_element_by_id(id);
        element.is_some_and(|element| !element.contains(to.dyn_ref::<Node>()))
    }

    fn by_id(id: &str) -> Option<HtmlElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }

    pub(super) fn show_popover(id: &str) {
        if let Some(popover) = by_id(id) {
            // Refused where it is open, and where the browser has none.
            _ = popover.show_popover();
        }
    }

    pub(super) fn hide_popover(id: &str) {
        if let Some(popover) = by_id(id) {
            // Refused where the browser has none.
            _ = popover.hide_popover();
        }
    }

    pub(super) fn keep_beside(popover: String, anchor: String) {
        let place = move || {
            if let (Some(popover), Some(anchor)) = (by_id(&popover), find(&anchor)) {
                place_beside(&popover, &anchor);
            }
        };
        // Once it is as high as it will be.
        request_animation_frame(place.clone());
        let scrolled = {
            let place = place.clone();
            CaptureListener::new("scroll", move |_| place())
        };
        let resized = CaptureListener::new("resize", move |_| place());
        let listeners = send_wrapper::SendWrapper::new((scrolled, resized));
        on_cleanup(move || drop(listeners));
    }

    fn place_beside(popover: &HtmlElement, anchor: &HtmlElement) {
        const GAP: f64 = 4.0;
        const MARGIN: f64 = 8.0;
        let size = |of: Result<JsValue, JsValue>| of.ok().and_then(|size| size.as_f64());
        let (Some(width), Some(height)) =
            (size(window().inner_width()), size(window().inner_height()))
        else {
            return;
        };
        let anchor = anchor.get_bounding_client_rect();
        let own = popover.get_bounding_client_rect();
        let aligned = anchor.left().min(width - own.width() - MARGIN).max(MARGIN);
        let lowest = height - own.height() - MARGIN;
        let (below, above) = (anchor.bottom() + GAP, anchor.top() - own.height() - GAP);
        let left = anchor.left() - own.width() - GAP;
        let (x, y) = if below <= lowest {
            (aligned, below)
        } else if above >= MARGIN {
            (aligned, above)
        } else {
            // It would cover the element.
            let x = if left >= MARGIN { left } else { aligned };
            (x, lowest.max(MARGIN))
        };
        for (name, at) in [("--x", x), ("--y", y)] {
            // Refused never: it is a length.
            _ = popover
                .style()
                .set_property(name, &format!("{}px", at.round() as i32));
        }
    }

    pub(super) fn watch_height(node: NodeRef<html::Div>, changed: impl Fn(f64) + Copy + 'static) {
        Effect::new(move |_| {
            if let Some(element) = node.get() {
                let watch = send_wrapper::SendWrapper::new(HeightWatch::new(&element, changed));
                on_cleanup(move || drop(watch));
            }
        });
    }

    /// Tells the height of an element's content in pixels, once at first and then whenever it changes:
    /// asked for it, the browser would lay out the page for the answer. Ends when dropped.
    struct HeightWatch {
        observer: Option<ResizeObserver>,
        _changed: Closure<dyn FnMut(Vec<ResizeObserverEntry>)>,
    }

    impl HeightWatch {
        /// Watches from now on.
        fn new(element: &Element, changed: impl Fn(f64) + 'static) -> Self {
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
