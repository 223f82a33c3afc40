//! The list of keys.

use crate::app::{keys, session::Dialogs};
use leptos::{html::Dialog, prelude::*};

/// Opens and closes a native dialog with a signal, and the signal with the dialog.
pub fn drive_dialog(node: NodeRef<Dialog>, open: impl Fn() -> bool + 'static) {
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        match (open(), dialog.open()) {
            // Refused only where it is open or not in the document.
            (true, false) => _ = dialog.show_modal(),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
}

/// The list of keys, as a dialog.
#[component]
pub fn KeysDialog() -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    let node = NodeRef::<Dialog>::new();
    drive_dialog(node, move || dialogs.keys.get());
    let rows = keys::LIST
        .iter()
        .map(|(keys, meaning)| {
            let keys = keys
                .iter()
                .map(|key| view! { <kbd>{*key}</kbd> })
                .collect_view();
            view! { <div><dt>{keys}</dt><dd>{*meaning}</dd></div> }
        })
        .collect_view();
    view! {
        <dialog
            class="dialog keys"
            node_ref=node
            aria-labelledby="keys-title"
            on:close=move |_| dialogs.keys.set(false)
        >
            <h2 class="dialog-title" id="keys-title">"Keys"</h2>
            <dl class="keys-list">{rows}</dl>
            <footer class="dialog-footer">
                <button type="button" class="button" on:click=move |_| dialogs.keys.set(false)>
                    "Close" <kbd>"Esc"</kbd>
                </button>
            </footer>
        </dialog>
    }
}
