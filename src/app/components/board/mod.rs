//! The board: columns by status, cards that can be dragged by pointer, touch and keyboard.

mod card;
mod column;
mod drag;
mod keyboard;
mod model;

pub use column::ColumnView;
pub use drag::DragLayer;
pub use keyboard::{go_to, listen as listen_to_keys, show_top};
pub use model::{BoardModel, use_board};
