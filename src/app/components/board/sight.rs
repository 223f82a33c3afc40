//! What comes into sight, and where the focus goes when what had it is gone.

use super::{card::slot_height, model::BoardModel};
use crate::{
    client::dom,
    domain::{application::Application, stage::Status},
};
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// The focus goes to a card; where it is outside the column's window, the column is scrolled there
/// first, and the card is made by the next frame.
pub fn go_to(board: BoardModel, status: Status, id: Uuid) {
    let Some((top, bottom)) = place(board, status, id) else {
        return;
    };
    scroll_into_window(status, top, bottom);
    focus_soon(id);
}

/// The focus goes to a card that was made anew: in another column, or on a board that has changed.
/// Where it is not shown, to the first of its column, or to what that has instead.
pub fn refocus(board: BoardModel, status: Status, id: Uuid) {
    // The board may be gone by now.
    if board.drag.is_disposed() {
        return;
    }
    let target = untrack(|| {
        let cards = board.cards(status);
        let found = cards.iter().find(|row| row.id == id).or(cards.first());
        found.filter(|_| board.is_open(status)).map(|row| row.id)
    });
    match target {
        Some(id) => {
            dom::reveal(&column(status));
            untrack(|| go_to(board, status, id));
        }
        None => focus_column(status),
    }
}

/// The focus goes from a card that was taken away to the one that was beside it, if there was one.
pub fn refocus_beside(board: BoardModel, status: Status, beside: Option<Uuid>) {
    // No card is called so: without one it is the column's first, or the column.
    refocus(board, status, beside.unwrap_or_default());
}

/// The focus goes to a column without cards: to its strip, or to its way to add.
pub fn focus_column(status: Status) {
    let column = column(status);
    let selector =
        format!("{column} .column-unfold, {column} .column-add, .board-empty .button-primary");
    request_animation_frame(move || dom::focus(&selector));
}

/// The focus stays on what folds and unfolds a column: each takes the other's place.
pub fn focus_fold(status: Status) {
    let column = column(status);
    let selector = format!("{column} .column-unfold, {column} .column-fold");
    request_animation_frame(move || dom::focus(&selector));
}

/// A card that was just added comes into sight and takes the focus, where the board is shown. It stands
/// at the top of its column; a folded one has no cards, and its strip takes the focus.
pub fn show_added(status: Status, id: Uuid) {
    request_animation_frame(move || {
        let column = column(status);
        dom::reveal(&column);
        scroll_into_window(status, 0, 0);
        dom::focus(&format!("{column} .column-unfold"));
        focus_soon(id);
    });
}

/// A card comes into sight, and the focus stays where it is.
pub fn show_card(board: BoardModel, status: Status, id: Uuid) {
    if board.drag.is_disposed() {
        return;
    }
    if let Some((top, bottom)) = untrack(|| place(board, status, id)) {
        dom::reveal(&column(status));
        scroll_into_window(status, top, bottom);
    }
}

/// Scrolls the board to a column, and the column to its top, by the next frame: it may have just been
/// opened.
pub fn show_top(status: Status) {
    request_animation_frame(move || {
        dom::reveal(&column(status));
        scroll_into_window(status, 0, 0);
    });
}

/// The card of a column that has the focus, as a selector.
pub fn focused_card(status: Status) -> Option<String> {
    let selector = format!("{} .card:focus", column(status));
    let card = document().query_selector(&selector).ok().flatten()?;
    let id = card.get_attribute("data-id")?;
    Some(format!(".card[data-id=\"{id}\"]"))
}

/// Whether nothing has the focus.
pub fn nothing_has_focus() -> bool {
    let active = document().active_element();
    active.is_none_or(|element| element.tag_name() == "BODY")
}

/// A column, as a selector.
pub fn column(status: Status) -> String {
    format!(".column[data-status=\"{}\"]", status.as_str())
}

/// Where a card lies in its column, in pixels: its top and its bottom.
fn place(board: BoardModel, status: Status, id: Uuid) -> Option<(u32, u32)> {
    let cards = board.cards(status);
    let place = cards.iter().position(|card| card.id == id)?;
    let asked = board.all_asked();
    let slot = |row: &Arc<Application>| slot_height(row, asked.get(&row.id));
    let heights = |range: &[Arc<Application>]| range.iter().map(slot).sum::<u32>();
    let top = heights(cards.get(..place).unwrap_or_default());
    let bottom = heights(cards.get(..=place).unwrap_or_default());
    Some((top, bottom))
}

/// Focuses the card once it is in the document: at the latest two frames after its column moved.
fn focus_soon(id: Uuid) {
    let card = format!(".card[data-id=\"{id}\"]");
    let again = card.clone();
    dom::focus(&card);
    request_animation_frame(move || {
        dom::focus(&card);
        request_animation_frame(move || dom::focus(&again));
    });
}

/// Scrolls a column so that what lies between `top` and `bottom` can be seen.
fn scroll_into_window(status: Status, top: u32, bottom: u32) {
    dom::scroll_into_window(&format!("{} .column-scroll", column(status)), top, bottom);
}
