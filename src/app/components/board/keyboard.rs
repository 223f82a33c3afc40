//! The board by keyboard: arrows walk, Space picks up and drops, Esc puts back.

use super::{
    model::{BoardModel, Drag},
    sight::{column, focus_column, go_to, refocus},
};
use crate::{
    app::components::announcer::{Announcer, use_announcer},
    client::{
        dom,
        store::{Store, use_store},
    },
    domain::{application::Application, stage::Status},
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
        let focused = focused_card(&event);
        if event.key() == "Escape" && clears_search(board, &event) {
            board.search_for(String::new());
            // The columns are others now.
            if let Some(row) = focused.and_then(|id| store.row_untracked::<Application>(id)) {
                request_animation_frame(move || refocus(board, row.status, row.id));
            }
            event.prevent_default();
            return;
        }
        let Some(id) = focused else {
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
        let Some(row) = self.store.row_untracked::<Application>(self.id) else {
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
                    "Picked up {}, in {}. Left and right choose a column, Space drops, Escape puts back.",
                    row.name(),
                    row.status.label()
                ));
            }
            "ArrowDown" | "j" => self.step(row.status, 1),
            "ArrowUp" | "k" => self.step(row.status, -1),
            "ArrowRight" | "l" => self.hop(row.status, 1),
            "ArrowLeft" | "h" => self.hop(row.status, -1),
            "e" => {
                let next = self.board.beside(row.status, self.id);
                self.store.set_archived(self.id, true);
                if let Some(next) = next {
                    self.focus(row.status, next);
                }
                let keys = *self;
                self.store.once_shown(move || {
                    keys.board.dealt_with(keys.id, None);
                    if next.is_none() {
                        focus_column(row.status);
                    }
                });
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
                        keys.board.dealt_with(keys.id, Some(over));
                        refocus(keys.board, over, keys.id);
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
        dom::reveal(&column(over));
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
}

/// Whether Escape ends the search: nothing else that it would end is there.
fn clears_search(board: BoardModel, event: &ev::KeyboardEvent) -> bool {
    untrack(|| board.is_searching() && board.drag.read().is_none())
        && !event.default_prevented()
        && !event.is_composing()
        && !dom::types_text(event)
        && !dom::exists("dialog[open], .sidebar")
}

fn neighbour(status: Status, by: isize) -> Option<Status> {
    let here = Status::ALL.iter().position(|other| *other == status)?;
    Status::ALL.get(here.checked_add_signed(by)?).copied()
}

/// The card that has the focus.
fn focused_card(event: &ev::KeyboardEvent) -> Option<Uuid> {
    let id = dom::attribute_of_target(event, ".card", "data-id");
    id?.parse().ok()
}
