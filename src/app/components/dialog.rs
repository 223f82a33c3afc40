//! A native modal dialog that a signal opens and closes.

use crate::client::{
    dom,
    hydration::{is_hydrating, starts_as_rendered, take_over_later},
};
use leptos::{
    html,
    prelude::*,
    task::{spawn_local, tick},
};

/// The dialog. It may be closed by Escape too, which is told.
#[component]
pub fn Dialog(
    /// More classes.
    class: &'static str,
    /// The id of its title.
    title_id: &'static str,
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Readies it, each time that it opens.
    #[prop(optional, into)]
    on_open: Option<Callback<()>>,
    /// A press beside it closes it.
    #[prop(optional)]
    light: bool,
    /// It was closed.
    #[prop(into)]
    on_close: Callback<()>,
    /// What it holds: made when the page was taken over, since nobody sees it before.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let is_made = !starts_as_rendered();
    let (filled, ready) = (RwSignal::new(is_made), RwSignal::new(is_made));
    // Whether it was told that this opening is over.
    let told = StoredValue::new(false);
    // What is to have the focus is there before it opens.
    let fill = move || {
        filled.try_set(true);
        spawn_local(async move {
            tick().await;
            ready.try_set(true);
        });
    };
    if is_hydrating() {
        take_over_later(fill);
    }
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        match (open.get(), dialog.open()) {
            // Asked for early it is filled at once, and open before another key is heard.
            (true, false) if !ready.get() => fill(),
            (true, false) => {
                if let Some(ready) = on_open {
                    ready.run(());
                }
                told.set_value(false);
                // Refused only where it is open or not in the document.
                _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let tell = move || {
        if !told.get_value() {
            told.set_value(true);
            on_close.run(());
        }
    };
    // Told at the key: `close` is late, and whoever opens it again before that would set what
    // is set. A file field's `cancel` bubbles up to here and is another's.
    let cancelled = move |event: leptos::web_sys::Event| {
        if event.target() == event.current_target() {
            tell();
        }
    };
    let closed = move |_| {
        // The event is late, and the dialog may have been opened again meanwhile.
        if node.get_untracked().is_none_or(|dialog| !dialog.open()) {
            tell();
        }
    };
    // Pressed and released beside it: whoever selects text may end there.
    let pressed = StoredValue::new(false);
    let press = move |event: leptos::ev::MouseEvent| pressed.set_value(dom::is_beside(&event));
    let release = move |event: leptos::ev::MouseEvent| {
        if light && pressed.get_value() && dom::is_beside(&event) {
            tell();
        }
    };
    view! {
        <dialog class=format!("dialog {class}") node_ref=node aria-labelledby=title_id on:cancel=cancelled on:close=closed on:mousedown=press on:click=release>
            {move || filled.get().then(|| children())}
        </dialog>
    }
}
