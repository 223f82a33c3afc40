//! What forms are made of.

mod field_row;

pub use field_row::{FieldRow, Stacked};
