//! Dragging by pointer: a mouse drags at once, a finger after a long press, so that it can still
//! scroll. The card stays in its place as a ghost; a copy of it follows the pointer.

use super::model::BoardModel;
use leptos::prelude::*;

/// Listens on the board while it is there.
#[component]
pub fn DragLayer(
    /// The board.
    board: BoardModel,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    pointer::listen(board);
    #[cfg(not(feature = "hydrate"))]
    let _ = board;
}

#[cfg(feature = "hydrate")]
mod pointer {
    use super::super::{
        model::{BoardModel, Drag},
        sight::refocus,
    };
    use crate::{
        client::{dom::CaptureListener, store::use_store},
        domain::stage::Status,
    };
    use gloo_timers::callback::{Interval, Timeout};
    use leptos::prelude::*;
    use std::{cell::RefCell, rc::Rc};
    use uuid::Uuid;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent};

    /// Pixels that a mouse moves before it drags.
    const THRESHOLD: f64 = 5.0;
    /// Pixels that a finger may tremble during a long press.
    const TREMBLE: f64 = 10.0;
    /// How long a press must last, in milliseconds.
    const LONG_PRESS_MS: u32 = 260;
    /// Pixels from an edge at which the board scrolls by itself, and how far a step goes.
    const EDGE: f64 = 56.0;
    const STEP: i32 = 14;

    /// A pointer that is down.
    struct Press {
        pointer: i32,
        card: HtmlElement,
        id: Uuid,
        from: Status,
        start: (f64, f64),
        at: (f64, f64),
        touch: bool,
        /// The copy under the pointer, once it drags.
        copy: Option<HtmlElement>,
        /// Where on the card it was taken.
        grip: (f64, f64),
        /// Starts the drag of a finger; dropped, it does not.
        _long_press: Option<Timeout>,
        /// Scrolls at the edges.
        scroll: Option<Interval>,
    }

    type Shared = Rc<RefCell<Option<Press>>>;

    pub fn listen(board: BoardModel) {
        let store = use_store();
        let press: Shared = Rc::default();
        // A drag ends with a click on the card, which must not open it.
        let swallow = Rc::new(std::cell::Cell::new(false));

        let mut listeners = Vec::new();
        let mut on = |name: &'static str, handler: Box<dyn FnMut(Event)>| {
            listeners.push(CaptureListener::new(name, handler));
        };
        on("pointerdown", {
            let (press, swallow) = (press.clone(), swallow.clone());
            Box::new(move |event| {
                swallow.set(false);
                let event: PointerEvent = event.unchecked_into();
                if event.button() == 0
                    && event.is_primary()
                    && !event.ctrl_key()
                    && !event.meta_key()
                    && !event.shift_key()
                {
                    down(&press, &event, board);
                }
            })
        });
        on("pointermove", {
            let press = press.clone();
            Box::new(move |event| moved(&press, &event.unchecked_into(), board))
        });
        on("pointerup", {
            let (press, swallow) = (press.clone(), swallow.clone());
            Box::new(move |event| {
                let event: PointerEvent = event.unchecked_into();
                let Some(done) = take(&press, Some(event.pointer_id())) else {
                    return;
                };
                if done.copy.is_none() {
                    return;
                }
                swallow.set(true);
                let over = board
                    .drag
                    .get_untracked()
                    .and_then(|drag| Some((drag.over?, drag.id)));
                if let Some((status, id)) = over {
                    board.drop_on(id, status);
                }
                let from = done.from;
                // The copy stays until the card lies where it was dropped.
                store.once_shown(move || {
                    let is_there = finish(board, done);
                    let moved = over.filter(|(status, _)| is_there && *status != from);
                    if let Some((status, id)) = moved {
                        board.dealt_with(id, Some(status));
                        refocus(board, status, id);
                    }
                });
            })
        });
        for name in ["pointercancel", "blur"] {
            let press = press.clone();
            on(
                name,
                Box::new(move |event| {
                    // Every element's blur passes here; only the window's ends a drag.
                    let element = event
                        .target()
                        .is_some_and(|target| target.has_type::<Element>());
                    if element && event.type_() == "blur" {
                        return;
                    }
                    if let Some(done) = take(&press, None) {
                        _ = finish(board, done);
                    }
                }),
            );
        }
        on("keydown", {
            let press = press.clone();
            Box::new(move |event| {
                let key: &KeyboardEvent = event.unchecked_ref();
                let dragging = press
                    .borrow()
                    .as_ref()
                    .is_some_and(|press| press.copy.is_some());
                if key.key() == "Escape" && dragging {
                    event.stop_propagation();
                    if let Some(done) = take(&press, None) {
                        _ = finish(board, done);
                    }
                }
            })
        });
        on("click", {
            let swallow = swallow.clone();
            Box::new(move |event| {
                // A drag that ends on another element has no click. The next one may then be a key
                // press on a button, or Enter in a form: these count no presses of a pointer.
                let pressed = event.unchecked_ref::<web_sys::UiEvent>().detail() > 0;
                if pressed && swallow.replace(false) {
                    event.prevent_default();
                    event.stop_propagation();
                }
            })
        });
        // Once a finger drags, the page must not scroll with it.
        on("touchmove", {
            let press = press.clone();
            Box::new(move |event| {
                if press
                    .borrow()
                    .as_ref()
                    .is_some_and(|press| press.copy.is_some())
                {
                    event.prevent_default();
                }
            })
        });
        // The long press opens no menu.
        on("contextmenu", {
            let press = press.clone();
            Box::new(move |event| {
                if press.borrow().as_ref().is_some_and(|press| press.touch) {
                    event.prevent_default();
                }
            })
        });
        let listeners = send_wrapper::SendWrapper::new((listeners, press));
        on_cleanup(move || {
            let (listeners, press) = listeners.take();
            drop(listeners);
            if let Some(done) = take(&press, None) {
                _ = finish(board, done);
            }
        });
    }

    fn down(shared: &Shared, event: &PointerEvent, board: BoardModel) {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let card = target.and_then(|target| target.closest(".board .card").ok().flatten());
        let Some(card) = card.and_then(|card| card.dyn_into::<HtmlElement>().ok()) else {
            return;
        };
        let id = card.get_attribute("data-id").and_then(|id| id.parse().ok());
        let from = card
            .get_attribute("data-status")
            .and_then(|status| status.parse().ok());
        let (Some(id), Some(from)) = (id, from) else {
            return;
        };
        let touch = event.pointer_type() == "touch";
        let start = position(event);
        let bounds = card.get_bounding_client_rect();
        let long_press = touch.then(|| {
            let shared = shared.clone();
            Timeout::new(LONG_PRESS_MS, move || lift(&shared, board))
        });
        *shared.borrow_mut() = Some(Press {
            pointer: event.pointer_id(),
            card,
            id,
            from,
            start,
            at: start,
            touch,
            copy: None,
            grip: (start.0 - bounds.left(), start.1 - bounds.top()),
            _long_press: long_press,
            scroll: None,
        });
    }

    fn moved(shared: &Shared, event: &PointerEvent, board: BoardModel) {
        let far = {
            let mut slot = shared.borrow_mut();
            let Some(press) = slot
                .as_mut()
                .filter(|press| press.pointer == event.pointer_id())
            else {
                return;
            };
            press.at = position(event);
            if press.copy.is_some() {
                follow(press, board);
                return;
            }
            let (dx, dy) = (press.at.0 - press.start.0, press.at.1 - press.start.1);
            let distance = dx.hypot(dy);
            if press.touch {
                // It scrolls.
                if distance > TREMBLE {
                    *slot = None;
                }
                return;
            }
            distance > THRESHOLD
        };
        if far {
            lift(shared, board);
        }
    }

    /// The drag begins.
    fn lift(shared: &Shared, board: BoardModel) {
        let again = shared.clone();
        let mut slot = shared.borrow_mut();
        let Some(press) = slot.as_mut() else { return };
        let Ok(copy) = press.card.clone_node_with_deep(true) else {
            return;
        };
        let Ok(copy) = copy.dyn_into::<HtmlElement>() else {
            return;
        };
        for name in ["data-id", "data-selected", "href", "aria-describedby"] {
            _ = copy.remove_attribute(name);
        }
        _ = copy.class_list().add_1("card-drag");
        _ = copy.set_attribute("aria-hidden", "true");
        _ = web_sys::HtmlElement::style(&copy)
            .set_property("width", &format!("{}px", press.card.offset_width()));
        if let Some(body) = document().body() {
            _ = body.append_child(&copy);
        }
        press.copy = Some(copy);
        press.scroll = Some(Interval::new(16, move || {
            if let Some(press) = again.borrow_mut().as_mut() {
                scroll_at_edges(press);
                follow(press, board);
            }
        }));
        board.pick_up(Drag {
            id: press.id,
            from: press.from,
            over: None,
            by_keyboard: false,
        });
        follow(press, board);
    }

    /// The copy goes where the pointer is, and the column below it lights up.
    fn follow(press: &Press, board: BoardModel) {
        let Some(copy) = &press.copy else { return };
        let style = web_sys::HtmlElement::style(copy);
        _ = style.set_property("left", &format!("{}px", press.at.0 - press.grip.0));
        _ = style.set_property("top", &format!("{}px", press.at.1 - press.grip.1));
        let below = document().element_from_point(press.at.0 as f32, press.at.1 as f32);
        let column = below.and_then(|element| element.closest(".column").ok().flatten());
        let over = column
            .and_then(|column| column.get_attribute("data-status"))
            .and_then(|status| status.parse().ok());
        board.drag.maybe_update(|drag| match drag {
            Some(drag) if drag.over != over => {
                drag.over = over;
                true
            }
            _ => false,
        });
    }

    fn scroll_at_edges(press: &Press) {
        let Ok(Some(board)) = document().query_selector(".board") else {
            return;
        };
        let bounds = board.get_bounding_client_rect();
        if press.at.0 < bounds.left() + EDGE {
            board.set_scroll_left(board.scroll_left() - STEP);
        } else if press.at.0 > bounds.right() - EDGE {
            board.set_scroll_left(board.scroll_left() + STEP);
        }
    }

    fn take(shared: &Shared, pointer: Option<i32>) -> Option<Press> {
        let mut slot = shared.borrow_mut();
        let ours = slot
            .as_ref()
            .is_some_and(|press| pointer.is_none_or(|id| press.pointer == id));
        if ours { slot.take() } else { None }
    }

    /// The copy goes; the drag is over. Answers whether there was one, and the board is still there.
    fn finish(board: BoardModel, press: Press) -> bool {
        let Some(copy) = press.copy else { return false };
        copy.remove();
        board.drag.try_set(None).is_none()
    }

    fn position(event: &PointerEvent) -> (f64, f64) {
        (f64::from(event.client_x()), f64::from(event.client_y()))
    }
}
