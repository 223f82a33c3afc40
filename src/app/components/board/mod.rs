//! The board: columns by status, cards that can be dragged by pointer, touch and keyboard.

mod card;
mod column;
mod drag;
mod keyboard;
mod model;
mod sight;

pub use column::ColumnView;
pub use drag::DragLayer;
pub use keyboard::listen as listen_to_keys;
pub use model::{BoardModel, use_board};
pub use sight::{
    go_to, nothing_has_focus, refocus, refocus_beside, show_added, show_card, show_top,
};
