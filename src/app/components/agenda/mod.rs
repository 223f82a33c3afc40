//! What is to do now, as lists of things to be done, put off or opened.

mod keyboard;
mod next_step;
mod row;
mod side;
mod wording;

pub use keyboard::listen as listen_to_keys;
pub use side::Side;

use crate::{
    client::{store::use_store, zone::use_zone},
    domain::{
        activity::Activity,
        agenda::{Agenda, Item},
        application::Application,
    },
};
use leptos::prelude::*;
use next_step::NextStep;
use row::AgendaRow;
use std::sync::Arc;

/// A part of the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is past and not told.
    Late,
    /// The rest of today.
    Today,
    /// Tomorrow.
    Tomorrow,
    /// The days after that.
    Week,
}

impl Part {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Late, Self::Today, Self::Tomorrow, Self::Week];

    /// What it is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Late => "Late",
            Self::Today => "Today",
            Self::Tomorrow => "Tomorrow",
            Self::Week => "This week",
        }
    }

    /// Its items.
    pub fn items(self, agenda: &Agenda) -> &[Item] {
        match self {
            Self::Late => &agenda.late,
            Self::Today => &agenda.today,
            Self::Tomorrow => &agenda.tomorrow,
            Self::Week => &agenda.week,
        }
    }
}

/// The agenda of a page. Copied freely.
#[derive(Clone, Copy)]
pub struct AgendaModel {
    /// What is to do.
    pub agenda: Memo<Arc<Agenda>>,
    /// Something was done: what is next for this application is asked where it stood.
    pub asked: RwSignal<Option<(Part, Item)>>,
    /// The address to go to.
    pub open: RwSignal<Option<String>>,
    /// The item that is being put off.
    pub later: RwSignal<Option<Item>>,
}

impl AgendaModel {
    /// The agenda of the store.
    pub fn of_store() -> Self {
        let (store, zone) = (use_store(), use_zone());
        let agenda = Memo::new(move |_| {
            let (rows, activities) = (store.rows::<Application>(), store.rows::<Activity>());
            let rows = rows.values().map(Arc::as_ref);
            let activities = activities.values().map(Arc::as_ref);
            Arc::new(Agenda::new(rows, activities, store.now(), &*zone.read()))
        });
        Self {
            agenda,
            asked: RwSignal::new(None),
            open: RwSignal::new(None),
            later: RwSignal::new(None),
        }
    }

    /// The item below, or else the one above: where the focus goes when this one goes away.
    fn beside(self, item: &Item) -> Option<Item> {
        self.agenda.with_untracked(|agenda| {
            let all: Vec<&Item> = agenda.this_week().collect();
            let at = all.iter().position(|known| *known == item)?;
            let before = at.checked_sub(1).and_then(|before| all.get(before));
            all.get(at + 1).or(before).map(|item| **item)
        })
    }

    /// The part in which an item stands.
    fn part_of(self, item: &Item) -> Option<Part> {
        self.agenda.with_untracked(|agenda| {
            let mut parts = Part::ALL.into_iter();
            parts.find(|part| part.items(agenda).contains(item))
        })
    }
}

/// The agenda that the caller is part of.
pub fn use_agenda() -> AgendaModel {
    expect_context::<AgendaModel>()
}

/// A part, where there is anything in it.
#[component]
pub fn PartView(
    /// Which.
    part: Part,
) -> impl IntoView {
    let model = use_agenda();
    let items = move || model.agenda.with(|agenda| part.items(agenda).to_vec());
    let asked = Memo::new(move |_| {
        let asked = model.asked.get().filter(|(of, _)| *of == part);
        // Taken back, it is to be done again.
        let stands = |item: &Item| {
            model
                .agenda
                .with(|agenda| agenda.this_week().any(|known| known == item))
        };
        asked
            .map(|(_, item)| item)
            .filter(|item| !stands(item))
            .map(|item| item.application)
    });
    let count = Memo::new(move |_| model.agenda.with(|agenda| part.items(agenda).len()));
    let shows = Memo::new(move |_| count.get() > 0 || asked.get().is_some());
    move || {
        shows.get().then(|| {
            view! {
                <section class="agenda-part" data-part=part.label() aria-label=part.label()>
                    <h2 class="agenda-title">
                        {part.label()}
                        <span class="agenda-count">{move || (count.get() > 0).then(|| count.get())}</span>
                    </h2>
                    {move || asked.get().map(|application| view! { <NextStep application/> })}
                    <ul class="agenda-list">
                        <For each=items key=|item| (item.subject, item.application, item.at) let:item>
                            <AgendaRow item part/>
                        </For>
                    </ul>
                </section>
            }
        })
    }
}
