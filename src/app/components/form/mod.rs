//! Editing a record field by field: each is saved as one leaves it, and what does not fit is said
//! beside it. What kind of record that is, only the [`Record`] behind the [`Editor`] knows.

mod calendar;
mod checklist;
mod complaints;
mod date_field;
mod draft;
mod editor;
mod field_row;
mod fields;
mod record;
mod rows;
mod tokens;

pub use checklist::ChecklistField;
pub use complaints::Complaints;
pub use date_field::DateField;
pub use draft::Draft;
pub use editor::{Editor, Fields, Record, fields_of};
pub use field_row::{FieldRow, Group, Stacked, error_id, input_id};
pub use fields::{
    CheckField, Choice, Entry, SelectField, TextAreaField, TextField, choices, follow, settle,
};
pub use record::{RowRecord, name_zone};
pub use rows::RowsField;
pub use tokens::TokensField;
