//! Reading a drawing part by part: by the pointer, a finger, or the arrow keys.

use crate::client::dom;
use leptos::{ev, prelude::*};

/// The part to which a key leads from `at`, of `count` in columns of `column`; none where it leads nowhere.
fn next(at: usize, key: &str, count: usize, column: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let to = match key {
        "ArrowLeft" => at.checked_sub(column)?,
        "ArrowRight" => at + column,
        // In a row up is more, as of any slider; in columns it is what stands above.
        "ArrowUp" if column == 1 => at + 1,
        "ArrowDown" if column == 1 => at.checked_sub(1)?,
        "ArrowUp" => at.checked_sub(1)?,
        "ArrowDown" => at + 1,
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    (to <= last).then_some(to)
}

/// A drawing whose parts carry `data-at`, and below it what the chosen one says. To programs that read to people it
/// is a slider over its parts.
#[component]
pub fn ReadOut(
    /// What the drawing is.
    label: &'static str,
    /// How many parts it has.
    #[prop(into)]
    count: Signal<usize>,
    /// So many parts stand above each other.
    column: usize,
    /// What a part says.
    #[prop(into)]
    words: Callback<usize, String>,
    /// Opens the list behind a part.
    #[prop(into)]
    open: Callback<usize>,
    /// The part that is chosen.
    at: RwSignal<Option<usize>>,
    /// The drawing.
    children: Children,
) -> impl IntoView {
    // The figures may have become fewer.
    let chosen = move || at.get().filter(|at| *at < count.get());
    // Whoever comes back goes on where they were.
    let kept = RwSignal::new(None);
    let is_focused = RwSignal::new(false);
    let now = move || {
        let kept = kept.get().filter(|at| *at < count.get());
        chosen().or(kept).or_else(|| count.get().checked_sub(1))
    };
    let is_empty = move || count.get() == 0;
    let said = move || now().map(|at| words.run(at));
    let under = move |event: &ev::MouseEvent| {
        let at = dom::attribute_under(event, "data-at")?;
        at.parse::<usize>().ok()
    };
    let choose = move |to: Option<usize>| {
        if to.is_some() {
            kept.set(to);
        }
        if at.get_untracked() != to {
            at.set(to);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        // Those are the browser's.
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let key = event.key();
        let opens = key == "Enter" || key == " ";
        let leads = key.starts_with("Arrow") || key == "Home" || key == "End";
        let Some(at) = untrack(now).filter(|_| opens || leads) else {
            return;
        };
        // At an end, too: the page does not begin to move.
        event.prevent_default();
        if leads {
            choose(next(at, &key, count.get_untracked(), column).or(Some(at)));
        } else if !event.repeat() {
            open.run(at);
        }
    };
    let on_click = move |event: ev::MouseEvent| {
        if let Some(at) = under(&event) {
            choose(Some(at));
            open.run(at);
        }
    };
    view! {
        <div
            class="drawing"
            role="slider"
            tabindex="0"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax=move || count.get().saturating_sub(1).to_string()
            aria-valuenow=move || now().unwrap_or_default().to_string()
            aria-valuetext=said
            on:keydown=on_key
            hidden=is_empty
            on:focus=move |_| {
                is_focused.set(true);
                choose(untrack(now));
            }
            on:blur=move |_| {
                is_focused.set(false);
                choose(None);
            }
            on:pointermove=move |event| {
                if let Some(at) = under(&event) {
                    choose(Some(at));
                }
            }
            on:pointerleave=move |_| {
                if !is_focused.get_untracked() {
                    choose(None);
                }
            }
            on:click=on_click
        >
            {children()}
        </div>
        <p class="read-out" aria-hidden="true" hidden=is_empty>
            {move || match chosen() {
                Some(at) => words.run(at),
                None => "Point at a part or tap it, or use the arrow keys.".to_owned(),
            }}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn arrows_lead_through_a_row_and_through_columns() {
        for (at, key, column, to) in [
            (3, "ArrowLeft", 1, Some(2)),
            (0, "ArrowLeft", 1, None),
            (9, "ArrowRight", 1, None),
            (3, "ArrowUp", 1, Some(4)),
            (3, "ArrowUp", 7, Some(2)),
            (3, "ArrowDown", 7, Some(4)),
            (2, "ArrowRight", 7, Some(9)),
            (3, "ArrowRight", 7, None),
            (3, "ArrowLeft", 7, None),
            (3, "End", 7, Some(9)),
            (3, "Home", 7, Some(0)),
            (3, "x", 1, None),
        ] {
            assert_eq!(next(at, key, 10, column), to, "{key} from {at} by {column}");
        }
        assert_eq!(next(0, "Home", 0, 1), None);
    }
}
