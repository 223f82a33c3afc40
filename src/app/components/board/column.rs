//! A column: its head, and as many cards as can be seen. Windowed, so that five thousand cards
//! scroll like fifty.

use super::{
    card::{Card, slot_height},
    model::{AllAsked, Cards, use_board},
    sight::{focus_fold, focused_card},
};
use crate::{
    app::{
        components::{each::Each, icon::Icon, icon_button::IconButton},
        dialogs::use_dialogs,
    },
    client::{
        dom,
        hydration::{html_of, is_hydrating, starts_as_rendered, take_over_later},
        store::use_store,
    },
    domain::{application::Application, stage::Status},
};
use leptos::{html, prelude::*};
use std::{ops::Range, sync::Arc};

/// Cards that are kept above and below what can be seen.
const MARGIN: usize = 6;
/// Cards of the first paint: those that the server sends along.
const FIRST: usize = 16;

/// What of a column is in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Window {
    /// Which cards.
    range: Range<usize>,
    /// Pixels of the cards before.
    above: u32,
    /// Pixels of the cards after.
    below: u32,
}

impl Window {
    /// The part of `cards` that shows between `top` and `top + height`, and a margin.
    fn of(cards: &Cards, asked: &AllAsked, top: f64, height: f64) -> Self {
        let slot = |row: &Arc<Application>| slot_height(row, asked.get(&row.id));
        let heights: Vec<u32> = cards.iter().map(slot).collect();
        let total: u32 = heights.iter().sum();
        let (mut first, mut last, mut edge) = (heights.len(), heights.len(), 0_u32);
        for (index, slot) in heights.iter().enumerate() {
            edge += slot;
            if first == heights.len() && f64::from(edge) > top {
                first = index;
            }
            if f64::from(edge) >= top + height {
                last = index + 1;
                break;
            }
        }
        let range = first.saturating_sub(MARGIN)..(last + MARGIN).min(heights.len());
        let sum = |part: Option<&[u32]>| part.map(|part| part.iter().sum()).unwrap_or_default();
        let above: u32 = sum(heights.get(..range.start));
        let shown: u32 = sum(heights.get(range.clone()));
        Self {
            range,
            above,
            below: total.saturating_sub(above + shown),
        }
    }
}

/// The column of a status: open, or a strip.
#[component]
pub fn ColumnView(
    /// Which.
    status: Status,
) -> impl IntoView {
    let board = use_board();
    let open = Memo::new(move |_| board.is_open(status));
    move || {
        if open.get() {
            view! { <Open status/> }.into_any()
        } else {
            view! { <Folded status/> }.into_any()
        }
    }
}

fn title_id(status: Status) -> String {
    format!("column-{}", status.as_str())
}

#[component]
fn Folded(status: Status) -> impl IntoView {
    let board = use_board();
    view! {
        <section
            class="column column-folded"
            data-status=status.as_str()
            aria-labelledby=title_id(status)
            data-over=move || is_over(status).then_some("")
        >
            <button
                type="button"
                class="column-unfold"
                aria-expanded="false"
                title=format!("Show {}", status.label())
                on:click=move |_| {
                    board.toggle(status);
                    focus_fold(status);
                }
            >
                <h2 class="column-title" id=title_id(status)>
                    <i class="status-dot"></i>
                    {status.label()}
                    " "
                    <span class="column-count">{move || board.strip_count(status)}</span>
                </h2>
            </button>
        </section>
    }
}

fn is_over(status: Status) -> bool {
    use_board()
        .drag
        .get()
        .is_some_and(|drag| drag.over == Some(status) && drag.from != status)
}

#[component]
fn Open(status: Status) -> impl IntoView {
    let (store, board) = (use_store(), use_board());
    let dialogs = use_dialogs();
    let cards = Memo::new(move |_| board.cards(status));
    let scroller = NodeRef::<html::Div>::new();
    // Until the column was measured it shows what the server sent.
    let seen = RwSignal::new(None::<(f64, f64)>);
    let window = Memo::new(move |_| {
        let cards = cards.read();
        match seen.get() {
            Some((top, height)) => Window::of(&cards, &board.all_asked(), top, height),
            None => Window {
                range: 0..cards.len().min(FIRST),
                above: 0,
                below: 0,
            },
        }
    });
    let shown = move || {
        let (cards, window) = (cards.read(), window.read());
        cards.get(window.range.clone()).unwrap_or_default().to_vec()
    };
    let scrolled = move || {
        if let Some(element) = scroller.get_untracked() {
            let top = f64::from(element.scroll_top());
            seen.update(|seen| *seen = seen.map(|(_, height)| (top, height)));
        }
    };
    // One that is scrolled, or pulled back by its end, says so; the server's may have been scrolled before.
    dom::watch_height(scroller, move |height| {
        let element = scroller.try_get_untracked().flatten();
        let top = element.map_or(0.0, |element| f64::from(element.scroll_top()));
        _ = seen.try_update(|seen| *seen = Some((top, height)));
    });

    let (above, below) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    // Through the object model, since the content policy forbids style attributes.
    let pad = |node: NodeRef<html::Div>, height: u32| {
        if let Some(element) = node.get() {
            _ = element.style(("height", format!("{height}px")));
        }
    };
    Effect::new(move |_| {
        let window = window.read();
        pad(above, window.above);
        pad(below, window.below);
    });
    // The server's cards are links that work: they stay as they are until the column's turn comes.
    let as_rendered = RwSignal::new(starts_as_rendered());
    let rendered = move || {
        shown()
            .into_iter()
            .map(|row| view! { <Slot row/> })
            .collect_view()
    };
    if is_hydrating() {
        take_over_later(move || {
            let focused = focused_card(status);
            as_rendered.try_set(false);
            if let Some(card) = focused {
                request_animation_frame(move || dom::focus(&card));
            }
        });
    }
    let missing = move || board.count(status).saturating_sub(cards.read().len());

    view! {
        <section
            class="column"
            data-status=status.as_str()
            data-first=move || board.is_first(status).then_some("")
            aria-labelledby=title_id(status)
            data-over=move || is_over(status).then_some("")
        >
            <header class="column-header">
                <h2 class="column-title" id=title_id(status)>
                    <i class="status-dot"></i>
                    {status.label()}
                    " "
                    <span class="column-count">{move || board.count(status)}</span>
                </h2>
                <IconButton
                    label=format!("Add to {}", status.label())
                    icon=Icon::Plus
                    on_press=move || dialogs.adding.set(Some(status))
                    class="column-add"
                />
                <IconButton
                    label=format!("Fold {}", status.label())
                    icon=Icon::Fold
                    on_press=move || {
                        board.toggle(status);
                        focus_fold(status);
                    }
                    class="column-fold"
                />
            </header>
            <div class="column-scroll" node_ref=scroller on:scroll=move |_| scrolled()>
                <div class="column-pad" node_ref=above></div>
                {move || match as_rendered.get() {
                    true => view! { <ul class="cards" inner_html=html_of(rendered)></ul> }.into_any(),
                    false => view! {
                        <ul class="cards">
                            <Each each=shown key=|row| row.id let:row>
                                <Slot row/>
                            </Each>
                        </ul>
                    }.into_any(),
                }}
                <div class="column-pad" node_ref=below></div>
                {move || {
                    (cards.read().is_empty() && missing() == 0).then(|| {
                        let text = if board.is_searching() { "No matches here." } else { "Nothing here." };
                        view! { <p class="column-empty">{text}</p> }
                    })
                }}
                {move || {
                    (missing() > 0 && !store.is_whole()).then(|| view! {
                        <div class="skeleton skeleton-card" aria-hidden="true"></div>
                        <div class="skeleton skeleton-card" aria-hidden="true"></div>
                    })
                }}
            </div>
        </section>
    }
}

#[component]
fn Slot(row: Arc<Application>) -> impl IntoView {
    view! {
        <li class="card-slot">
            <Card id=row.id first=row/>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::application::tests::sample;

    fn cards(count: u128) -> Cards {
        Arc::new((1..=count).map(|id| Arc::new(sample(id))).collect())
    }

    #[test]
    fn a_short_column_is_whole() {
        assert_eq!(
            Window::of(&cards(3), &AllAsked::default(), 0.0, 600.0),
            Window {
                range: 0..3,
                above: 0,
                below: 0
            }
        );
        assert_eq!(
            Window::of(&cards(0), &AllAsked::default(), 0.0, 600.0),
            Window {
                range: 0..0,
                above: 0,
                below: 0
            }
        );
    }

    #[test]
    fn a_long_column_shows_what_can_be_seen_and_keeps_its_height() {
        let (cards, none) = (cards(5000), AllAsked::default());
        for top in [0.0, 71.0, 72.0, 100_000.0, 359_000.0, 999_999.0] {
            let window = Window::of(&cards, &none, top, 600.0);
            let shown = u32::try_from(window.range.len()).unwrap() * 72;
            assert_eq!(window.above + shown + window.below, 5000 * 72);
            assert!(window.range.len() <= 9 + 1 + 2 * MARGIN, "{window:?}");
        }
        assert_eq!(
            Window::of(&cards, &none, 7200.0, 600.0).range.start,
            100 - MARGIN
        );
    }
}
