//! The board by keyboard: arrows walk, Space picks up and drops, Esc puts back.

use super::{
    card::slot_height,
    model::{BoardModel, Drag},
};
use crate::{
    app::components::announcer::{Announcer, use_announcer},
    client::store::{Store, use_store},
    domain::stage::Status,
};
use leptos::{ev, prelude::*};
use uuid::Uuid;

/// Listens while the caller lives.
pub fn listen(board: BoardModel) {
    let (store, announcer) = (use_store(), use_announcer());
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let Some(id) = focused_card(&event) else {
            return;
        };
        let keys = Keys {
            board,
            store,
            announcer,
            id,
        };
        let used = match board.drag.get_untracked() {
            Some(drag) if drag.by_keyboard && drag.id == id => keys.lifted(&event.key(), drag),
            // The focus has left the card that was picked up: it lies where it was.
            Some(drag) if drag.by_keyboard => {
                board.drag.set(None);
                announcer.say(format!("Put back in {}.", drag.from.label()));
                keys.resting(&event.key())
            }
            Some(_) => false,
            None => keys.resting(&event.key()),
        };
        if used {
            event.prevent_default();
            event.stop_propagation();
        }
    });
    on_cleanup(move || handle.remove());
}

#[derive(Clone, Copy)]
struct Keys {
    board: BoardModel,
    store: Store,
    announcer: Announcer,
    id: Uuid,
}

impl Keys {
    /// A key while the card lies in its column. Answers whether it meant something.
    fn resting(&self, key: &str) -> bool {
        let Some(row) = self.store.row_untracked(self.id) else {
            return false;
        };
        match key {
            " " => {
                self.board.pick_up(Drag {
                    id: self.id,
                    from: row.status,
                    over: Some(row.status),
                    by_keyboard: true,
                });
                self.announcer.say(format!(
                    "Picked up {} at {}, in {}. Left and right choose a column, Space drops, Escape puts back.",
                    row.role_title,
                    row.company,
                    row.status.label()
                ));
            }
            "ArrowDown" | "j" => self.step(row.status, 1),
            "ArrowUp" | "k" => self.step(row.status, -1),
            "ArrowRight" | "l" => self.hop(row.status, 1),
            "ArrowLeft" | "h" => self.hop(row.status, -1),
            "e" => {
                let next = self.beside(row.status);
                self.store.set_archived(self.id, true);
                if let Some(next) = next {
                    self.focus(row.status, next);
                }
            }
            _ => return false,
        }
        true
    }

    /// A key while the card is picked up.
    fn lifted(&self, key: &str, drag: Drag) -> bool {
        let over = drag.over.unwrap_or(drag.from);
        match key {
            "ArrowRight" | "l" => self.carry(drag, neighbour(over, 1)),
            "ArrowLeft" | "h" => self.carry(drag, neighbour(over, -1)),
            "Home" => self.carry(drag, Status::ALL.first().copied()),
            "End" => self.carry(drag, Status::ALL.last().copied()),
            " " | "Enter" => {
                self.board.drop_on(self.id, over);
                self.announcer.say(if over == drag.from {
                    format!("Put back in {}.", over.label())
                } else {
                    format!("Dropped in {}.", over.label())
                });
                let keys = *self;
                self.store.once_shown(move || {
                    // The board may be gone by now.
                    if keys.board.drag.try_set(None).is_none() {
                        keys.refocus(over);
                    }
                });
            }
            "Escape" | "Tab" => {
                self.board.drag.set(None);
                self.announcer
                    .say(format!("Put back in {}.", drag.from.label()));
                // Tab goes on to where it was going.
                return key == "Escape";
            }
            "ArrowUp" | "ArrowDown" => {}
            _ => return false,
        }
        true
    }

    fn carry(&self, drag: Drag, over: Option<Status>) {
        let Some(over) = over else { return };
        self.board.drag.set(Some(Drag {
            over: Some(over),
            ..drag
        }));
        let place = Status::ALL
            .iter()
            .position(|status| *status == over)
            .unwrap_or_default()
            + 1;
        self.announcer.say(format!(
            "{}, column {place} of {}.",
            over.label(),
            Status::ALL.len()
        ));
        reveal(over);
    }

    /// The card below, or else the one above: where the focus goes when this one goes away.
    fn beside(&self, status: Status) -> Option<Uuid> {
        let cards = self.board.cards(status);
        let here = cards.iter().position(|row| row.id == self.id)?;
        let above = here.checked_sub(1).and_then(|above| cards.get(above));
        cards.get(here + 1).or(above).map(|row| row.id)
    }

    /// To the card above or below.
    fn step(&self, status: Status, by: isize) {
        let cards = self.board.cards(status);
        let here = cards.iter().position(|row| row.id == self.id);
        let next = here
            .and_then(|here| here.checked_add_signed(by))
            .and_then(|next| cards.get(next));
        if let Some(next) = next {
            self.focus(status, next.id);
        }
    }

    /// To the same height in the next open column that has cards.
    fn hop(&self, status: Status, by: isize) {
        let place = self
            .board
            .cards(status)
            .iter()
            .position(|row| row.id == self.id)
            .unwrap_or(0);
        let mut column = neighbour(status, by);
        while let Some(next) = column {
            let cards = self.board.cards(next);
            if self.board.is_open(next)
                && let Some(card) = cards.get(place).or_else(|| cards.last())
            {
                self.focus(next, card.id);
                return;
            }
            column = neighbour(next, by);
        }
    }
}

impl Keys {
    fn focus(&self, status: Status, id: Uuid) {
        go_to(self.board, status, id);
    }

    /// The card is made anew in its new column, at its top; the focus follows it there. A folded
    /// column has no cards, so its strip takes the focus.
    fn refocus(&self, status: Status) {
        if self.board.is_open(status) {
            self.focus(status, self.id);
        } else {
            let strip = format!(
                ".column[data-status=\"{}\"] .column-unfold",
                status.as_str()
            );
            request_animation_frame(move || crate::client::dom::focus(&strip));
        }
    }
}

/// The focus goes to a card; where it is outside the column's window, the column is scrolled there
/// first, and the card is made by the next frame.
pub fn go_to(board: BoardModel, status: Status, id: Uuid) {
    let cards = board.cards(status);
    let Some(place) = cards.iter().position(|card| card.id == id) else {
        return;
    };
    let heights = |range: &[std::sync::Arc<crate::domain::application::Application>]| {
        range.iter().map(|row| slot_height(row)).sum::<u32>()
    };
    let top = heights(cards.get(..place).unwrap_or_default());
    let bottom = heights(cards.get(..=place).unwrap_or_default());
    scroll_into_window(status, top, bottom);
    focus_soon(id);
}

/// Scrolls the board to a column, and the column to its top, by the next frame: it may have just been
/// opened.
pub fn show_top(status: Status) {
    request_animation_frame(move || {
        reveal(status);
        scroll_into_window(status, 0, 0);
    });
}

fn neighbour(status: Status, by: isize) -> Option<Status> {
    let here = Status::ALL.iter().position(|other| *other == status)?;
    Status::ALL.get(here.checked_add_signed(by)?).copied()
}

/// The card that has the focus.
fn focused_card(event: &ev::KeyboardEvent) -> Option<Uuid> {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let element = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        element
            .class_list()
            .contains("card")
            .then(|| element.get_attribute("data-id"))??
            .parse()
            .ok()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = event;
        None
    }
}

/// Focuses the card once it is in the document: at the latest two frames after its column moved.
fn focus_soon(id: Uuid) {
    let card = format!(".card[data-id=\"{id}\"]");
    let again = card.clone();
    crate::client::dom::focus(&card);
    request_animation_frame(move || {
        crate::client::dom::focus(&card);
        request_animation_frame(move || crate::client::dom::focus(&again));
    });
}

/// Scrolls a column so that what lies between `top` and `bottom` can be seen.
fn scroll_into_window(status: Status, top: u32, bottom: u32) {
    #[cfg(feature = "hydrate")]
    {
        let selector = format!(
            ".column[data-status=\"{}\"] .column-scroll",
            status.as_str()
        );
        let Some(scroller) = crate::client::dom::find(&selector) else {
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
    #[cfg(not(feature = "hydrate"))]
    let _ = (status, top, bottom);
}

/// Scrolls the board so that the column can be seen.
fn reveal(status: Status) {
    let selector = format!(".column[data-status=\"{}\"]", status.as_str());
    if let Ok(Some(column)) = document().query_selector(&selector) {
        #[cfg(feature = "hydrate")]
        {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_inline(web_sys::ScrollLogicalPosition::Nearest);
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            column.scroll_into_view_with_scroll_into_view_options(&options);
        }
        #[cfg(not(feature = "hydrate"))]
        drop(column);
    }
}
