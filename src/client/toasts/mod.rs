//! What is told: messages that go away by themselves, and what they offer. Plain values; the store
//! shows them, and does what they offer.

mod action;
mod list;
#[cfg(test)]
mod tests;
mod wording;

pub use action::ToastAction;
pub use list::{Earlier, Timer, Toast, Toasts};
pub use wording::{Message, Question, answers, name_of};
