//! The list of keys.

use crate::app::{keys, session::Dialogs};
use leptos::{html::Dialog, prelude::*};

/// Opens and closes a native dialog with a signal; `opening` readies it each time.
pub fn drive_dialog(
    node: NodeRef<Dialog>,
    open: impl Fn() -> bool + 'static,
    opening: impl Fn() + 'static,
) {
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        match (open(), dialog.open()) {
            (true, false) => {
                opening();
                // Refused only where it is open or not in the document.
                _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
}

/// Whether it still is closed when its `close` event arrives: that event is late, and the dialog may
/// have been opened again meanwhile.
pub fn is_closed(node: NodeRef<Dialog>) -> bool {
    node.get_untracked().is_none_or(|dialog| !dialog.open())
}

/// The list of keys, as a dialog.
#[component]
pub fn KeysDialog() -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    let node = NodeRef::<Dialog>::new();
    drive_dialog(node, move || dialogs.keys.get(), || ());
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
            on:close=move |_| {
                if is_closed(node) {
                    dialogs.keys.set(false);
                }
            }
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
