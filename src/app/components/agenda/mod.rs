//! What is to do now, as lists of things to be done, put off or opened.

mod keyboard;
mod next_step;
mod row;
mod side;
mod wording;

pub use keyboard::listen as listen_to_keys;
pub use side::Side;
pub use wording::{activity_of, reminder_of, title_of};

use crate::{
    app::{
        components::{bell::use_reminded, each::Each},
        origin::{Origin, use_origin},
    },
    client::{habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        activity::Activity,
        agenda::{Agenda, Item},
        application::Application,
        time::{Timestamp, ZoneRules},
        when::clock,
    },
};
use leptos::prelude::*;
use next_step::NextStep;
use row::{AgendaRow, go_on_to};
use std::{collections::HashMap, sync::Arc};
use wording::key_of;

/// Items of a part that show at first, and that each press for more adds: nobody does more in a day, and a
/// page of thousands is slow.
const SHOWN: usize = 50;

/// A part of the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Where the focus goes once that is answered.
    heir: StoredValue<Option<Item>>,
    /// How many items of a part show, where that is not as many as at first.
    shown: RwSignal<HashMap<Part, usize>>,
    /// The address to go to.
    pub open: RwSignal<Option<String>>,
    /// The item that is being put off.
    pub later: RwSignal<Option<Item>>,
    /// What is opened here goes back here.
    origin: Origin,
}

impl AgendaModel {
    /// The agenda of the store.
    pub fn of_store() -> Self {
        let (store, zone, reminded) = (use_store(), use_zone(), use_reminded());
        let agenda = Memo::new(move |_| {
            let (rows, activities) = (store.rows::<Application>(), store.rows::<Activity>());
            let rows = rows.values().map(Arc::as_ref);
            let activities = activities.values().map(Arc::as_ref);
            let reminded = reminded.read();
            Arc::new(Agenda::new(
                rows,
                activities,
                &reminded,
                store.now(),
                &*zone.read(),
            ))
        });
        Self {
            agenda,
            asked: RwSignal::new(None),
            heir: StoredValue::new(None),
            shown: RwSignal::default(),
            open: RwSignal::new(None),
            later: RwSignal::new(None),
            origin: use_origin(),
        }
    }

    /// The items of a part that show.
    fn shown(self, part: Part) -> Vec<Item> {
        let most = self.shown.with(|shown| shown.get(&part).copied());
        self.agenda.with(|agenda| {
            let items = part.items(agenda).iter().copied();
            items.take(most.unwrap_or(SHOWN)).collect()
        })
    }

    /// All items that show, in order.
    fn all_shown(self) -> Vec<Item> {
        untrack(|| Part::ALL.map(|part| self.shown(part)).concat())
    }

    /// Shows more of a part. Answers the first of them.
    fn show_more(self, part: Part) -> Option<Item> {
        let before = untrack(|| self.shown(part).len());
        self.shown.update(|shown| {
            *shown.entry(part).or_insert(SHOWN) += SHOWN;
        });
        let items = |agenda: &Arc<Agenda>| part.items(agenda).get(before).copied();
        self.agenda.with_untracked(items)
    }

    /// The item that this word stands for shows, if it is one of this week's.
    pub fn reveal(self, key: &str) {
        let place = self.agenda.with_untracked(|agenda| {
            Part::ALL.into_iter().find_map(|part| {
                let items = part.items(agenda);
                let at = items.iter().position(|item| key_of(item) == key)?;
                Some((part, at))
            })
        });
        if let Some((part, at)) = place.filter(|(_, at)| *at >= SHOWN) {
            self.shown.update(|shown| _ = shown.insert(part, at + 1));
        }
    }

    /// The item below, or else the one above: where the focus goes when this one goes away.
    fn beside(self, item: &Item) -> Option<Item> {
        let all = self.all_shown();
        let at = all.iter().position(|known| known == item)?;
        let before = at.checked_sub(1).and_then(|before| all.get(before));
        all.get(at + 1).or(before).copied()
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

/// Items in the order of time, and none where it is `now`: after what has begun.
fn with_now(items: Vec<Item>, now: Option<Timestamp>) -> Vec<Option<Item>> {
    let begun = now.map(|now| items.iter().take_while(|item| item.at <= now).count());
    let mut entries: Vec<_> = items.into_iter().map(Some).collect();
    if let Some(begun) = begun.filter(|_| !entries.is_empty()) {
        entries.insert(begun, None);
    }
    entries
}

/// A part, where there is anything in it.
#[component]
pub fn PartView(
    /// Which.
    part: Part,
) -> impl IntoView {
    let model = use_agenda();
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let entries = move || {
        let items = model.shown(part);
        let now = (part == Part::Today).then(|| store.now());
        with_now(items, now)
    };
    let time = move || {
        let wall = zone.read().local(store.now());
        clock(wall.time(), habits.get().clock)
    };
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
    let hidden = Memo::new(move |_| count.get().saturating_sub(model.shown(part).len()));
    let more = move || {
        let label = |hidden: usize| format!("Show {} more", hidden.min(SHOWN));
        (hidden.get() > 0).then(|| {
            view! {
                <button type="button" class="button button-quiet" on:click=move |_| go_on_to(model.show_more(part))>
                    {move || label(hidden.get())}
                </button>
            }
        })
    };
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
                    <ul class="agenda-list" data-slides="">
                        <Each
                            each=entries
                            key=|entry| entry.map(|item| (item.subject, item.application, item.at))
                            let:entry
                        >
                            {match entry {
                                Some(item) => view! { <AgendaRow item part/> }.into_any(),
                                // What is past and what is to come is said by the times.
                                None => view! { <li class="agenda-now" aria-hidden="true">"now " {time}</li> }.into_any(),
                            }}
                        </Each>
                    </ul>
                    {more}
                    {move || (hidden.get() > 0).then(|| view! {
                        <p class="print-only">{format!("And {} more.", hidden.get())}</p>
                    })}
                </section>
            }
        })
    }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::with_now;
    use crate::domain::{
        agenda::{Item, Subject},
        application::tests::now,
    };
    use chrono::Duration;
    use uuid::Uuid;

    #[test]
    fn now_stands_between_what_has_begun_and_what_has_not() {
        let item = |minutes| {
            let at = now() + Duration::minutes(minutes);
            Item {
                subject: Subject::NextAction,
                application: Uuid::from_u128(1),
                at,
                until: at + Duration::minutes(60),
            }
        };
        for (items, place) in [
            (vec![item(5), item(9)], Some(0)),
            (vec![item(-5), item(9)], Some(1)),
            (vec![item(-5), item(0)], Some(2)),
            (vec![], None),
        ] {
            let entries = with_now(items.clone(), Some(now()));
            assert_eq!(entries.iter().position(Option::is_none), place);
            assert_eq!(entries.into_iter().flatten().collect::<Vec<_>>(), items);
        }
        assert!(with_now(vec![item(5)], None).iter().all(Option::is_some));
    }
}
