//! Editing a record field by field: each is saved as one leaves it, and what does not fit is said
//! beside it. What kind of record that is, only the [`Record`] behind the [`Editor`] knows.

mod complaints;
mod editor;
mod field_row;
mod fields;
mod rows;
mod tokens;

pub use complaints::Complaints;
pub use editor::{Editor, Fields, Record, fields_of};
pub use field_row::{FieldRow, Stacked, error_id, input_id};
pub use fields::{
    CheckField, Choice, DateField, DueField, Entry, SelectField, TextAreaField, TextField, follow,
    settle,
};
pub use rows::RowsField;
pub use tokens::TokensField;
