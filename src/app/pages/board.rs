//! The board, and the sidebar of the application that the address names.

use crate::{
    app::{
        components::{
            board::{BoardModel, ColumnView, DragLayer, listen_to_keys},
            icon::Icon,
            page_header::PageHeader,
            sidebar::Sidebar,
        },
        session::{Dialogs, SignedIn},
    },
    client::store::use_store,
    domain::stage::Status,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

/// `/board` and `/board/<id>`.
#[component]
pub fn BoardPage() -> impl IntoView {
    view! {
        <Title text="Board"/>
        <SignedIn>
            <Board/>
        </SignedIn>
    }
}

#[component]
fn Board() -> impl IntoView {
    let board = BoardModel::of_store();
    provide_context(board);
    listen_to_keys(board);
    let params = use_params_map();
    let selected = Memo::new(move |_| {
        params.with(|params| params.get("id").and_then(|id| id.parse::<Uuid>().ok()))
    });
    let sub = Signal::derive(move || match board.open_count() {
        0 => String::new(),
        count => format!("{} open", grouped(count)),
    });
    let empty = Memo::new(move |_| board.is_empty());
    view! {
        <main class="page" id="main" tabindex="-1">
            <PageHeader title="Board" sub>
                <Search/>
            </PageHeader>
            {move || {
                if empty.get() {
                    view! { <EmptyBoard/> }.into_any()
                } else {
                    view! {
                        <div class="board" data-dragging=move || board.drag.get().is_some().then_some("")>
                            {Status::ALL.iter().map(|status| view! { <ColumnView status=*status/> }).collect_view()}
                        </div>
                    }
                    .into_any()
                }
            }}
            <p id="drag-help" hidden>
                "Enter opens it. Space picks it up; then the arrow keys choose a column, Space drops it there and Escape puts it back."
            </p>
        </main>
        <DragLayer board/>
        {move || selected.get().map(|id| view! { <Sidebar id/> })}
    }
}

/// A number with its thousands apart: `3,079`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let lead = digits.len() % 3;
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == lead {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[component]
fn Search() -> impl IntoView {
    let board = crate::app::components::board::use_board();
    view! {
        <label class="search">
            {Icon::Search.view()}
            <span class="visually-hidden">"Search the board"</span>
            <input
                class="search-input"
                id="search"
                type="search"
                placeholder="Search"
                autocomplete="off"
                prop:value=board.search
                on:input=move |event| board.search.set(event_target_value(&event))
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        board.search.set(String::new());
                        crate::client::dom::focus(".board .card");
                    }
                }
            />
            <kbd>"/"</kbd>
        </label>
    }
}

#[component]
fn EmptyBoard() -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    let store = use_store();
    let archived = move || store.rows().values().any(|row| !row.is_on_board());
    view! {
        <div class="board-empty">
            {Icon::Board.view()}
            <h2>{move || if archived() { "Nothing on the board" } else { "Start your hunt" }}</h2>
            <p>
                {move || if archived() {
                    "Everything is archived. Add the next application, or restore one from the archive."
                } else {
                    "Add the job you applied to last: company and role are enough. Then drag its card as things move on."
                }}
            </p>
            <button
                type="button"
                class="button button-primary"
                on:click=move |_| dialogs.adding.set(Some(Status::Applied))
            >
                "Add an application" <kbd>"C"</kbd>
            </button>
            <ul class="board-empty-keys">
                <li><kbd>"C"</kbd> " add"</li>
                <li><kbd>"Space"</kbd> " pick up and drop"</li>
                <li><kbd>"?"</kbd> " all keys"</li>
            </ul>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (30_791, "30,791"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
