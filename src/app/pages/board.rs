//! The board, and the sidebar of the application that the address names.

use crate::{
    app::{
        components::{
            board::{
                BoardModel, ColumnView, DragLayer, go_to, listen_to_keys, nothing_has_focus,
                refocus, show_top, use_board,
            },
            icon::Icon,
            page_header::PageHeader,
            sidebar::{Closing, Sidebar},
        },
        dialogs::use_dialogs,
        frame::SignedIn,
    },
    client::{dom, store::use_store},
    domain::{application::Application, number::grouped, stage::Status},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    components::A,
    hooks::{use_navigate, use_params_map},
};
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
    let (store, board) = (use_store(), BoardModel::of_store());
    provide_context(board);
    provide_context(Closing::of_page());
    listen_to_keys(board);
    let params = use_params_map();
    let selected = Memo::new(move |_| {
        params.with(|params| params.get("id").and_then(|id| id.parse::<Uuid>().ok()))
    });
    // While one searches, the field says how many there are.
    let sub = Signal::derive(move || match board.open_count() {
        count if count > 0 && !board.is_searching() => format!("{} open", grouped(count as u64)),
        _ => String::new(),
    });
    // The first match comes into sight with the search, and again when all cards are here.
    Effect::new(move |_| {
        store.is_whole();
        if board.is_searching()
            && let Some((status, _)) = untrack(|| board.first_match())
        {
            show_top(status);
        }
    });
    // Undone from a toast, which is gone with its button: the card that came back has the focus then.
    Effect::new(move |_| {
        if let Some((status, id)) = board.came_back() {
            request_animation_frame(move || {
                let is_open = selected.try_get_untracked().flatten().is_some();
                if !is_open && nothing_has_focus() {
                    refocus(board, status, id);
                }
            });
        }
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
                        <Found/>
                        <div
                            class="board"
                            hidden=move || board.finds_nothing()
                            data-dragging=move || board.drag.get().is_some().then_some("")
                        >
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

#[component]
fn Search() -> impl IntoView {
    let (store, board) = (use_store(), use_board());
    let (navigate, closing) = (use_navigate(), expect_context::<Closing>());
    let count = move || match board.matches() {
        _ if !board.is_searching() => String::new(),
        0 if !store.is_whole() => "Searching…".to_owned(),
        0 => "No matches".to_owned(),
        1 => "1 match".to_owned(),
        count => format!("{} matches", grouped(count as u64)),
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        let first = || untrack(|| board.is_searching().then(|| board.first_match()).flatten());
        match event.key().as_str() {
            _ if event.is_composing() => {}
            "Escape" => {
                board.search_for(String::new());
                dom::focus(".board .card");
            }
            "Enter" => {
                if let Some((_, id)) = first()
                    && closing.may_close()
                {
                    let options = NavigateOptions {
                        scroll: false,
                        ..NavigateOptions::default()
                    };
                    navigate(&format!("/board/{id}"), options);
                }
            }
            "ArrowDown" => {
                if let Some((status, id)) = first() {
                    event.prevent_default();
                    untrack(|| go_to(board, status, id));
                }
            }
            _ => {}
        }
    };
    view! {
        <div class="search">
            {Icon::Search.view()}
            <label class="visually-hidden" for="search">"Search the board"</label>
            <input
                class="search-input"
                id="search"
                type="search"
                placeholder="Search"
                autocomplete="off"
                enterkeyhint="search"
                prop:value=move || board.search()
                on:input=move |event| board.search_for(event_target_value(&event))
                on:keydown=key
            />
            <span class="search-count" role="status">{count}</span>
            // The browser's own goes with the focus, while the board is still narrowed.
            <button
                type="button"
                class="search-clear"
                aria-label="Clear the search"
                hidden=move || board.search().is_empty()
                on:click=move |_| {
                    board.search_for(String::new());
                    dom::focus("#search");
                }
            >
                {Icon::Close.view()}
            </button>
            <kbd aria-hidden="true">"/"</kbd>
        </div>
    }
}

/// What the board itself does not show of a search: that it finds nothing here, and what it finds in
/// the archive.
#[component]
fn Found() -> impl IntoView {
    let board = use_board();
    let nothing = Memo::new(move |_| board.finds_nothing());
    let archived = Memo::new(move |_| board.archived_matches());
    let link = move || {
        let count = archived.get();
        (count > 0).then(|| {
            let more = if nothing.get() { "" } else { " more" };
            view! {
                <A href=move || archive_of(&board.search()) attr:class="search-more">
                    {Icon::Archive.view()}
                    {format!("{}{more} in the archive", grouped(count as u64))}
                </A>
            }
        })
    };
    move || {
        if nothing.get() {
            view! {
                <div class="empty board-none">
                    {Icon::Search.view()}
                    <h2>"Nothing on the board matches “" {move || board.search().trim().to_owned()} "”"</h2>
                    {link}
                    <button type="button" class="button" on:click=move |_| {
                        board.search_for(String::new());
                        dom::focus("#search");
                    }>
                        "Clear the search"
                    </button>
                </div>
            }
            .into_any()
        } else {
            link.into_any()
        }
    }
}

/// The archive, narrowed by the same search.
fn archive_of(search: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    format!(
        "/archive?{}",
        query.append_pair("q", search.trim()).finish()
    )
}

#[component]
fn EmptyBoard() -> impl IntoView {
    let dialogs = use_dialogs();
    let store = use_store();
    let archived = move || {
        store
            .rows::<Application>()
            .values()
            .any(|row| !row.is_on_board())
    };
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
