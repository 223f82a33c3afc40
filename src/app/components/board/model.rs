//! What the board shows: columns of the view, sorted, filtered by the search, and what is being
//! dragged over them.

use crate::{
    client::store::{Store, use_store},
    domain::{application::Application, stage::Status},
};
use leptos::prelude::*;
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// A column's cards, newest in the stage first.
pub type Cards = Arc<Vec<Arc<Application>>>;

/// A card that was picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drag {
    /// Which card.
    pub id: Uuid,
    /// Where it came from.
    pub from: Status,
    /// The column it is above, if it is above one.
    pub over: Option<Status>,
    /// Picked up by the keyboard rather than a pointer.
    pub by_keyboard: bool,
}

/// The board's state. Copied freely.
#[derive(Clone, Copy)]
pub struct BoardModel {
    store: Store,
    columns: Memo<HashMap<Status, Cards>>,
    /// What is searched for.
    pub search: RwSignal<String>,
    /// What is dragged.
    pub drag: RwSignal<Option<Drag>>,
    /// Columns that stand open; the others are a strip.
    pub open: RwSignal<HashSet<Status>>,
}

/// The board that the caller is part of.
pub fn use_board() -> BoardModel {
    expect_context::<BoardModel>()
}

impl BoardModel {
    /// A board over the store: columns of closed applications are folded at first.
    pub fn of_store() -> Self {
        let store = use_store();
        let search = RwSignal::new(String::new());
        let columns = Memo::new(move |_| columns(store, &search.read()));
        let open = Status::ALL
            .iter()
            .copied()
            .filter(|status| !status.is_closed())
            .collect();
        Self {
            store,
            columns,
            search,
            drag: RwSignal::new(None),
            open: RwSignal::new(open),
        }
    }

    /// The cards of a column that are known here.
    pub fn cards(self, status: Status) -> Cards {
        self.columns
            .with(|columns| columns.get(&status).cloned().unwrap_or_default())
    }

    /// How many cards a column has: until all are here, as the server counted.
    pub fn count(self, status: Status) -> usize {
        if self.store.is_whole() || self.is_searching() {
            self.cards(status).len()
        } else {
            self.store.counted(status)
        }
    }

    /// Cards of open applications on the board.
    pub fn open_count(self) -> usize {
        Status::ALL
            .iter()
            .filter(|status| !status.is_closed())
            .map(|status| self.count(*status))
            .sum()
    }

    /// Whether there is nothing on the board at all.
    pub fn is_empty(self) -> bool {
        !self.is_searching()
            && Status::ALL
                .iter()
                .all(|status| self.count(*status) == 0 && self.cards(*status).is_empty())
    }

    /// Whether a search narrows the board.
    pub fn is_searching(self) -> bool {
        self.search.with(|text| !text.trim().is_empty())
    }

    /// Opens or folds a column.
    pub fn toggle(self, status: Status) {
        self.open.update(|open| {
            if !open.remove(&status) {
                open.insert(status);
            }
        });
    }

    /// Whether a column stands open.
    pub fn is_open(self, status: Status) -> bool {
        self.open.with(|open| open.contains(&status))
    }
}

fn columns(store: Store, search: &str) -> HashMap<Status, Cards> {
    let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    let mut columns: HashMap<Status, Vec<Arc<Application>>> = HashMap::new();
    for row in store.rows().values() {
        if row.is_on_board() && matches(row, &words) {
            columns.entry(row.status).or_default().push(row.clone());
        }
    }
    columns
        .into_iter()
        .map(|(status, mut cards)| {
            cards.sort_unstable_by_key(|row| Reverse((row.status_since, row.id)));
            (status, Arc::new(cards))
        })
        .collect()
}

/// Whether every word stands somewhere in the card.
fn matches(row: &Application, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = format!("{} {} {}", row.company, row.role_title, row.source);
    for part in row.tags.iter().chain(row.tech_keywords.iter()) {
        text.push(' ');
        text.push_str(part.as_str());
    }
    for part in [row.location_text.as_ref(), row.next_action.as_ref()]
        .into_iter()
        .flatten()
    {
        text.push(' ');
        text.push_str(part.as_str());
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}
