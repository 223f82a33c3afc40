//! Where somebody came from: what is opened on Today goes back there.

use leptos::prelude::*;
use uuid::Uuid;

/// What was opened on Today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The item, by its word in the page.
    pub item: String,
    /// Whose it is.
    pub application: Uuid,
    /// It is opened to be moved to another time.
    pub to_move: bool,
}

/// What was opened on Today and is not closed. Copied freely.
#[derive(Clone, Copy)]
pub struct Origin(RwSignal<Option<Opened>>);

/// Provides it: nothing was opened.
pub fn provide() {
    provide_context(Origin(RwSignal::new(None)));
}

/// Where somebody came from.
pub fn use_origin() -> Origin {
    expect_context::<Origin>()
}

impl Origin {
    /// Something is opened on Today.
    pub fn leaves_today(self, opened: Opened) {
        self.0.set(Some(opened));
    }

    /// Whether this application was opened there.
    pub fn is_of(self, application: Uuid) -> bool {
        self.0.with_untracked(|opened| {
            let opened = opened.as_ref().map(|opened| opened.application);
            opened == Some(application)
        })
    }

    /// Whether what was opened there is to be moved: the field for its time is wanted first.
    pub fn is_to_move(self) -> bool {
        self.0
            .with_untracked(|opened| opened.as_ref().is_some_and(|opened| opened.to_move))
    }

    /// Today shows again: the item that was opened there.
    pub fn returns(self) -> Option<String> {
        let opened = self.0.get_untracked()?;
        self.0.set(None);
        Some(opened.item)
    }

    /// Somebody went another way.
    pub fn at(self, path: &str) {
        let is_on_the_way = path == "/today" || path.starts_with("/board/");
        if !is_on_the_way && self.0.with_untracked(Option::is_some) {
            self.0.set(None);
        }
    }
}
