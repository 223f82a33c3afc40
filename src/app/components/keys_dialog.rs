//! The list of keys.

use super::dialog::Dialog;
use crate::app::{dialogs::use_dialogs, keys};
use leptos::prelude::*;

/// The list of keys, as a dialog.
#[component]
pub fn KeysDialog() -> impl IntoView {
    let dialogs = use_dialogs();
    let row = |(keys, meaning): &(&'static [&'static str], &'static str)| {
        let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> });
        view! { <div><dt>{keys.collect_view()}</dt><dd>{*meaning}</dd></div> }
    };
    let rows = move || keys::LIST.iter().map(row).collect_view();
    view! {
        <Dialog class="keys" title_id="keys-title" open=dialogs.keys on_close=move || dialogs.keys.set(false)>
            <h2 class="dialog-title" id="keys-title">"Keys"</h2>
            <dl class="keys-list">{rows}</dl>
            <footer class="dialog-footer">
                <button type="button" class="button" on:click=move |_| dialogs.keys.set(false)>
                    "Close" <kbd>"Esc"</kbd>
                </button>
            </footer>
        </Dialog>
    }
}
