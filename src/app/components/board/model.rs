//! What the board shows: columns of the view, sorted, filtered by the search, and what is being
//! dragged over them.

use crate::{
    app::components::bell::{use_reminded, use_rung},
    client::{
        engine::Began,
        search::Search,
        store::{Store, use_store},
    },
    domain::{
        activity::Activity,
        agenda::{Item, Subject, first_asked},
        application::Application,
        order::sort_by_key,
        reminder::Reminder,
        stage::Status,
    },
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

/// What an activity asks for, or a reminder that a person set.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What, and when.
    pub item: Item,
    /// Who asks.
    pub by: Asking,
    /// The talks that are planned, in the order of time.
    pub appointments: Vec<Arc<Activity>>,
}

/// Who asks for something.
#[derive(Clone, Debug, PartialEq)]
pub enum Asking {
    /// This activity.
    Activity(Arc<Activity>),
    /// This reminder.
    Reminder(Arc<Reminder>),
}

impl Asking {
    /// The activity, if it is one.
    pub fn activity(&self) -> Option<&Activity> {
        match self {
            Self::Activity(row) => Some(row),
            Self::Reminder(_) => None,
        }
    }

    /// The reminder, if it is one.
    pub fn reminder(&self) -> Option<&Reminder> {
        match self {
            Self::Reminder(row) => Some(row),
            Self::Activity(_) => None,
        }
    }
}

/// What the activities and reminders of each application ask for first.
pub type AllAsked = HashMap<Uuid, Asked>;

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

/// What a search leaves; without one, everything.
#[derive(Clone, Debug, Default, PartialEq)]
struct Found {
    /// The cards of the board.
    columns: HashMap<Status, Cards>,
    /// How many cards each column has without it.
    totals: HashMap<Status, usize>,
    /// How many it found in the archive.
    archived: usize,
}

/// The board's state. Copied freely.
#[derive(Clone, Copy)]
pub struct BoardModel {
    store: Store,
    found: Memo<Found>,
    first: Memo<Option<Status>>,
    asked: Memo<Arc<AllAsked>>,
    search: RwSignal<String>,
    /// What is dragged.
    pub drag: RwSignal<Option<Drag>>,
    /// The same as it was when it was picked up.
    picked: StoredValue<Option<Began<Application>>>,
    /// Columns that stand open; the others are a strip.
    open: RwSignal<HashSet<Status>>,
    /// Columns that were opened or folded since the search was typed: it opens those with matches, and
    /// folds the others.
    turned: RwSignal<HashSet<Status>>,
    /// The card that was moved or taken away last, and the column where that left it, if it is on the
    /// board.
    dealt: StoredValue<Option<(Uuid, Option<Status>)>>,
}

/// The board that the caller is part of.
pub fn use_board() -> BoardModel {
    expect_context::<BoardModel>()
}

impl BoardModel {
    /// A board over the store: columns of closed applications are folded at first.
    pub fn of_store() -> Self {
        let (store, reminded, rung) = (use_store(), use_reminded(), use_rung());
        let search = RwSignal::new(String::new());
        let found = Memo::new(move |_| find(store, &Search::of(&search.read())));
        let open = Status::ALL
            .iter()
            .copied()
            .filter(|status| !status.is_closed())
            .collect();
        let first = Memo::new(move |_| {
            let whole = store.is_whole();
            let count = |status| match whole {
                true => found.with(|found| found.totals.get(&status).copied().unwrap_or_default()),
                false => store.counted(status),
            };
            Status::ALL
                .iter()
                .copied()
                .find(|status| count(*status) > 0)
        });
        Self {
            store,
            found,
            first,
            asked: Memo::new(move |_| {
                let (activities, reminders) = (store.rows(), store.rows());
                let has_rung = |id| rung.with(|rung| rung.contains(&id));
                Arc::new(asked(&activities, &reminded.read(), &reminders, has_rung))
            }),
            search,
            drag: RwSignal::new(None),
            picked: StoredValue::new(None),
            open: RwSignal::new(open),
            turned: RwSignal::default(),
            dealt: StoredValue::new(None),
        }
    }

    /// A card was moved to a column, or taken off the board, and shows so.
    pub fn dealt_with(self, id: Uuid, to: Option<Status>) {
        self.dealt.try_set_value(Some((id, to)));
    }

    /// The card that was dealt with last, and its column, where that was taken back. Answers it once.
    pub fn came_back(self) -> Option<(Status, Uuid)> {
        let rows = self.store.rows::<Application>();
        let (id, left) = self.dealt.get_value()?;
        let row = rows.get(&id).filter(|row| row.is_on_board());
        let status = taken_back(left, row.map(|row| row.status))?;
        self.dealt.set_value(None);
        Some((status, id))
    }

    /// The card below, or else the one above: where the focus goes when this one goes away.
    pub fn beside(self, status: Status, id: Uuid) -> Option<Uuid> {
        beside(&self.cards(status), id)
    }

    /// A card is picked up.
    pub fn pick_up(self, drag: Drag) {
        self.picked.set_value(self.store.begin(drag.id));
        self.drag.set(Some(drag));
    }

    /// The card that was picked up is dropped on a column.
    pub fn drop_on(self, id: Uuid, status: Status) {
        let picked = self.picked.get_value();
        self.store.move_from(id, status, picked.as_ref());
    }

    /// The cards of a column that are known here.
    pub fn cards(self, status: Status) -> Cards {
        self.found
            .with(|found| found.columns.get(&status).cloned().unwrap_or_default())
    }

    /// What the activities and reminders of an application ask for first.
    pub fn asked(self, id: Uuid) -> Option<Asked> {
        self.asked.with(|asked| asked.get(&id).cloned())
    }

    /// The same of all of them.
    pub fn all_asked(self) -> Arc<AllAsked> {
        self.asked.get()
    }

    /// Whether this is the first column that has cards.
    pub fn is_first(self, status: Status) -> bool {
        self.first.get() == Some(status)
    }

    /// How many cards a column has: until all are here, as the server counted.
    pub fn count(self, status: Status) -> usize {
        if self.store.is_whole() || self.is_searching() {
            self.cards(status).len()
        } else {
            self.store.counted(status)
        }
    }

    /// The number at a column that is a strip: while one searches it has its matches there, of all; one
    /// without cards says nothing then.
    pub fn strip_count(self, status: Status) -> String {
        let total = if self.store.is_whole() {
            self.found
                .with(|found| found.totals.get(&status).copied().unwrap_or_default())
        } else {
            self.store.counted(status)
        };
        strip_count(self.is_searching(), self.count(status), total)
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

    /// What is searched for.
    pub fn search(self) -> String {
        self.search.get()
    }

    /// Searches for something else; for nothing, and the whole board is there again.
    pub fn search_for(self, text: String) {
        self.turned.update(HashSet::clear);
        self.search.set(text);
    }

    /// Whether a search narrows the board.
    pub fn is_searching(self) -> bool {
        self.search.with(|text| !text.trim().is_empty())
    }

    /// How many cards the search leaves.
    pub fn matches(self) -> usize {
        self.found
            .with(|found| found.columns.values().map(|cards| cards.len()).sum())
    }

    /// Whether the search leaves nothing, as far as that can be known.
    pub fn finds_nothing(self) -> bool {
        self.is_searching() && self.store.is_whole() && self.matches() == 0
    }

    /// How many the search finds in the archive, where all of that is here.
    pub fn archived_matches(self) -> usize {
        if self.is_searching() && self.store.is_whole() && !self.store.is_partial() {
            self.found.with(|found| found.archived)
        } else {
            0
        }
    }

    /// The card that the search means, of those that it leaves: its column, and which one it is.
    pub fn first_match(self) -> Option<(Status, Uuid)> {
        let text = self.search();
        let open = Status::ALL.iter().filter(|status| self.is_open(**status));
        let columns: Vec<(Status, Cards)> =
            open.map(|status| (*status, self.cards(*status))).collect();
        let cards = columns
            .iter()
            .flat_map(|(status, cards)| cards.iter().map(move |card| (*status, &**card)));
        meant(cards, &text)
    }

    /// Opens or folds a column.
    pub fn toggle(self, status: Status) {
        let turned = if untrack(|| self.is_searching()) {
            self.turned
        } else {
            self.open
        };
        turned.update(|columns| {
            if !columns.remove(&status) {
                columns.insert(status);
            }
        });
    }

    /// Whether a column stands open.
    pub fn is_open(self, status: Status) -> bool {
        if self.is_searching() {
            let has_matches = !self.cards(status).is_empty();
            has_matches != self.turned.with(|turned| turned.contains(&status))
        } else {
            self.open.with(|open| open.contains(&status))
        }
    }
}

/// The card that somebody means who searches for a text: the one that is called so, or else one whose
/// name begins so; of several the first.
fn meant<'a>(
    cards: impl Iterator<Item = (Status, &'a Application)>,
    text: &str,
) -> Option<(Status, Uuid)> {
    let wanted = text.trim().to_lowercase();
    let distance = |(_, card): &(Status, &Application)| {
        let names = [card.company.as_str(), card.role_title.as_str()];
        let names = names.map(str::to_lowercase);
        if names.contains(&wanted) {
            0
        } else if names.iter().any(|name| name.starts_with(&wanted)) {
            1
        } else {
            2
        }
    };
    // Of several that are as good it is the first.
    let (status, card) = cards.min_by_key(distance)?;
    Some((status, card.id))
}

/// Where a card is that was left in a column, or off the board, if that is not there any more.
fn taken_back(left: Option<Status>, now: Option<Status>) -> Option<Status> {
    now.filter(|now| left != Some(*now))
}

fn beside(cards: &Cards, id: Uuid) -> Option<Uuid> {
    let here = cards.iter().position(|row| row.id == id)?;
    let above = here.checked_sub(1).and_then(|above| cards.get(above));
    cards.get(here + 1).or(above).map(|row| row.id)
}

fn strip_count(is_searching: bool, count: usize, total: usize) -> String {
    match (is_searching, total) {
        (false, _) => count.to_string(),
        (true, 0) => String::new(),
        // Before all are here more may be found than were counted.
        (true, total) => format!("{count} of {}", total.max(count)),
    }
}

/// What the activities of each application ask for first, and the reminders that a person set.
fn asked(
    activities: &HashMap<Uuid, Arc<Activity>>,
    reminded: &[Item],
    reminders: &HashMap<Uuid, Arc<Reminder>>,
    has_rung: impl Fn(Uuid) -> bool,
) -> AllAsked {
    let mut first = AllAsked::new();
    let mut add = |item: Item, by: &dyn Fn() -> Asking| {
        let is_later = first
            .get(&item.application)
            .is_some_and(|known| (known.item.at, known.item.subject) < (item.at, item.subject));
        if !is_later {
            let asked = Asked {
                item,
                by: by(),
                appointments: Vec::new(),
            };
            first.insert(item.application, asked);
        }
    };
    for row in activities.values() {
        if let Some(item) = first_asked(row) {
            add(item, &|| Asking::Activity(Arc::clone(row)));
        }
    }
    for item in reminded {
        let Subject::Reminder(id) = item.subject else {
            continue;
        };
        // What a rule planned stands here once it has rung: before that there are too many of them.
        let stands = |row: &&Arc<Reminder>| row.meta.rule.is_none() || has_rung(id);
        if let Some(row) = reminders.get(&id).filter(stands) {
            add(*item, &|| Asking::Reminder(Arc::clone(row)));
        }
    }
    // Nobody waits for what one does alone.
    let is_appointment = |row: &&Arc<Activity>| row.is_planned() && row.r#type.is_talk();
    for row in activities.values().filter(is_appointment) {
        if let Some(asked) = first.get_mut(&row.application_id) {
            asked.appointments.push(Arc::clone(row));
        }
    }
    for asked in first.values_mut() {
        sort_by_key(&mut asked.appointments, |row| (row.starts_at, row.id));
    }
    first
}

fn find(store: Store, search: &Search) -> Found {
    let mut columns: HashMap<Status, Vec<Arc<Application>>> = HashMap::new();
    let mut totals: HashMap<Status, usize> = HashMap::new();
    let mut archived = 0;
    for row in store.rows::<Application>().values() {
        if row.is_on_board() {
            *totals.entry(row.status).or_default() += 1;
        }
        if !search.finds(row) {
            continue;
        }
        if row.is_on_board() {
            columns.entry(row.status).or_default().push(row.clone());
        } else {
            archived += 1;
        }
    }
    let columns = columns.into_iter().map(|(status, mut cards)| {
        sort_by_key(&mut cards, |row| Reverse((row.status_since, row.id)));
        (status, Arc::new(cards))
    });
    Found {
        columns: columns.collect(),
        totals,
        archived,
    }
}

#[cfg(test)]
mod tests {
    use super::{beside, meant, strip_count, taken_back};
    use crate::domain::{application::tests::sample, stage::Status};
    use std::sync::Arc;

    #[test]
    fn the_focus_goes_to_the_card_below_else_to_the_one_above() {
        let cards = Arc::new((1..=3).map(|n| Arc::new(sample(n))).collect::<Vec<_>>());
        let id = |n: usize| cards[n].id;
        assert_eq!(beside(&cards, id(0)), Some(id(1)));
        assert_eq!(beside(&cards, id(1)), Some(id(2)));
        assert_eq!(beside(&cards, id(2)), Some(id(1)));
        let alone = Arc::new(vec![cards[0].clone()]);
        assert_eq!(beside(&alone, id(0)), None);
        assert_eq!(beside(&alone, id(1)), None);
    }

    #[test]
    fn a_card_came_back_where_it_is_elsewhere_than_it_was_left() {
        use Status::{Applied, Offer};
        assert_eq!(taken_back(None, Some(Applied)), Some(Applied));
        assert_eq!(taken_back(Some(Offer), Some(Applied)), Some(Applied));
        assert_eq!(taken_back(Some(Offer), Some(Offer)), None);
        assert_eq!(taken_back(Some(Offer), None), None);
        assert_eq!(taken_back(None, None), None);
    }

    #[test]
    fn a_strip_is_not_empty_because_one_searches() {
        assert_eq!(strip_count(false, 12, 12), "12");
        assert_eq!(strip_count(false, 0, 0), "0");
        assert_eq!(strip_count(true, 0, 12), "0 of 12");
        assert_eq!(strip_count(true, 3, 12), "3 of 12");
        assert_eq!(strip_count(true, 3, 2), "3 of 3");
        assert_eq!(strip_count(true, 0, 0), "");
    }

    #[test]
    fn the_card_that_is_called_so_is_meant_then_one_that_begins_so_then_the_first() {
        let cards: Vec<_> = (1..)
            .zip([
                (Status::Draft, "Initech", "Acme integrations"),
                (Status::Applied, "Big Acme", "Engineer"),
                (Status::Applied, "Acme Labs", "Tester"),
                (Status::Offer, "ACME", "Engineer"),
                (Status::Offer, "Acme", "Writer"),
            ])
            .map(|(n, (status, company, role))| {
                let mut card = sample(n);
                card.company = company.parse().unwrap();
                card.role_title = role.parse().unwrap();
                (status, card)
            })
            .collect();
        let found = |text| {
            let shown = cards.iter().map(|(status, card)| (*status, card));
            let (status, id) = meant(shown, text)?;
            let index = cards.iter().position(|(_, card)| card.id == id)?;
            Some((status, index))
        };
        for (text, index) in [
            // The first of those that are called so.
            ("acme", 3),
            (" Acme ", 3),
            ("ENGINEER", 1),
            ("writer", 4),
            // The first that begins so.
            ("acm", 0),
            ("big", 1),
            ("acme l", 2),
            // The first at all.
            ("integrations", 0),
        ] {
            assert_eq!(found(text), Some((cards[index].0, index)), "{text}");
        }
        assert_eq!(meant(std::iter::empty(), "acme"), None);
    }
}
