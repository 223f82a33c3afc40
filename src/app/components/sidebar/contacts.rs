//! People behind an application.

use super::{editor::Editor, links::RowsEditor};
use leptos::prelude::*;

/// The contacts: rows that can be added, changed and removed.
#[component]
pub fn ContactsField(
    /// The editor.
    editor: Editor,
) -> impl IntoView {
    view! {
        <RowsEditor
            editor
            field="contacts_inline"
            columns=&[
                ("name", "Name"),
                ("role", "What they do there"),
                ("email", "Email"),
                ("phone", "Phone"),
                ("url", "Profile"),
            ]
            required="name"
            noun="contact"
        />
    }
}
