//! A card, and its height: long columns are windowed, so it must be known without measuring.
//! The numbers are those of `style/card.css`.

use super::model::{Asked, Asking, use_board};
use crate::{
    app::components::{agenda::title_of, icon::Icon, monogram::Monogram},
    client::habits::use_habits,
    client::store::use_store,
    client::zone::use_zone,
    domain::{
        activity::Activity,
        agenda::{Item, Subject, appointment, first_of, foremost},
        application::{Application, Priority},
        time::{Timestamp, ZoneRules, days_label},
        when::{Due, Habits, day_label, due_label, span_label, time_label},
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use std::sync::Arc;
use uuid::Uuid;

/// Tags that a card shows; the rest is a number.
const SHOWN_TAGS: usize = 3;

/// The height of a card and the gap below it, in pixels.
pub fn slot_height(row: &Application, asked: Option<&Asked>) -> u32 {
    const GAP: u32 = 8;
    64 + if lines(row) == 2 { 20 } else { 0 }
        + if has_next(row, asked) { 24 } else { 0 }
        + if row.tags.is_empty() { 0 } else { 28 }
        + GAP
}

/// Whether something is to be done next.
fn has_next(row: &Application, asked: Option<&Asked>) -> bool {
    row.next_action.is_some() || first_of(row, asked.map(|asked| &asked.item)).is_some()
}

/// What is next: the next action, what an activity asks for, or what a person wants to be reminded of,
/// whichever comes first, but an interview that is near before what is late. A next action without a time
/// stands back. What it is called, and when.
fn next_of(
    row: &Application,
    asked: Option<&Asked>,
    now: Timestamp,
    zone: &impl ZoneRules,
) -> (Option<String>, Option<Item>) {
    let planned = || asked.iter().flat_map(|asked| &asked.appointments);
    let appointments = planned().filter_map(|row| appointment(row));
    let first = first_of(row, asked.map(|asked| &asked.item));
    match foremost(first, appointments, now, zone) {
        None => (row.next_action.as_ref().map(ToString::to_string), None),
        // A time alone says all there is.
        Some(item) if item.subject == Subject::NextAction && row.next_action.is_none() => {
            (None, Some(item))
        }
        Some(item) => {
            let by = asked.map(|asked| &asked.by);
            let is_it = |row: &&Arc<Activity>| item.subject == Subject::Activity(row.id);
            let activity = planned().find(is_it).map(|row| &**row);
            let activity = activity.or_else(|| by.and_then(Asking::activity));
            let reminder = by.and_then(Asking::reminder);
            let title = title_of(&item, Some(row), activity, reminder);
            (Some(title), Some(item))
        }
    }
}

/// When it is, and how near that is. What has fallen due today is not late before tomorrow.
fn when_of(item: &Item, now: Timestamp, zone: &impl ZoneRules, habits: Habits) -> (Due, String) {
    match item.subject {
        Subject::Reminder(_) if item.at <= now && now <= item.until => {
            (Due::Soon, time_label(item.at, now, zone, habits))
        }
        Subject::Reminder(_) => due_label(item.at, now, zone, habits),
        _ => span_label(item.at, item.until, now, zone, habits),
    }
}

/// The lines that the role takes: as many characters as fit, by the font's average width.
fn lines(row: &Application) -> u8 {
    let most = if row.priority == Priority::None {
        31
    } else {
        27
    };
    if row.role_title.as_str().chars().count() > most {
        2
    } else {
        1
    }
}

/// The card of an application.
#[component]
pub fn Card(
    /// Whose.
    id: Uuid,
    /// Its state when the card was made.
    first: Arc<Application>,
) -> impl IntoView {
    let (store, board, zone) = (use_store(), use_board(), use_zone());
    let habits = use_habits();
    // A card that has just left the view shows its last state until it is taken away.
    let row = Memo::new(move |last: Option<&Arc<Application>>| {
        store
            .row(id)
            .unwrap_or_else(|| last.cloned().unwrap_or_else(|| first.clone()))
    });
    let selected = use_selected(id);
    let flag = |on: bool| on.then_some("");
    let company = Signal::derive(move || row.read().company.to_string());
    let days = move || {
        let (row, zone, now) = (row.read(), zone.read(), store.now());
        let (since, today) = (zone.day(row.status_since), zone.day(now));
        let title = format!(
            "In this stage since {}",
            day_label(since, today, habits.get().order)
        );
        view! { <span class="card-days" title=title>{days_label(since, today)}</span> }
    };
    let priority = move || {
        let (glyph, label) = match row.read().priority {
            Priority::None => return None,
            Priority::Low => ("▼", "Low priority"),
            Priority::Medium => ("■", "Medium priority"),
            Priority::High => ("▲", "High priority"),
        };
        let value = row.read().priority.as_str();
        Some(
            view! { <span class="priority" data-priority=value role="img" aria-label=label title=label>{glyph}</span> },
        )
    };
    let asked = Memo::new(move |_| board.asked(id));
    let next = move || {
        let (row, zone) = (row.read(), zone.read());
        let (action, due) = next_of(&row, asked.read().as_ref(), store.now(), &*zone);
        let due = due.map(|item| when_of(&item, store.now(), &*zone, habits.get()));
        // The words give way where both are too long; the time stays whole.
        let (near, when) = match (&action, due) {
            (None, None) => return None,
            (Some(_), None) => (Due::Later, None),
            (None, Some((near, when))) => (near, Some(when)),
            (Some(_), Some((near, when))) => (near, Some(format!(" · {when}"))),
        };
        let near = match near {
            Due::Late => "late",
            Due::Soon => "soon",
            Due::Later => "later",
        };
        Some(view! {
            <span class="card-next" data-due=near>
                {Icon::Clock.view()}
                <span>{action}</span>
                <span class="card-when">{when}</span>
            </span>
        })
    };
    let tags = move || {
        let row = row.read();
        if row.tags.is_empty() {
            return None;
        }
        let shown = row
            .tags
            .iter()
            .take(SHOWN_TAGS)
            .map(|tag| view! { <span class="tag">{tag.to_string()}</span> })
            .collect_view();
        let more = row.tags.len().saturating_sub(SHOWN_TAGS);
        let more =
            (more > 0).then(|| view! { <span class="tag tag-more">{format!("+{more}")}</span> });
        Some(view! { <span class="card-tags">{shown}{more}</span> })
    };
    view! {
        <A
            href=format!("/board/{id}")
            attr:class="card"
            attr:draggable="false"
            attr:data-id=id.to_string()
            attr:data-status=move || row.read().status.as_str()
            attr:data-lines=move || lines(&row.read()).to_string()
            attr:data-next=move || flag(has_next(&row.read(), asked.read().as_ref()))
            attr:data-tags=move || flag(!row.read().tags.is_empty())
            attr:data-selected=move || flag(selected.get())
            attr:data-lifted=move || flag(board.drag.get().is_some_and(|drag| drag.id == id && drag.by_keyboard))
            attr:data-ghost=move || flag(board.drag.get().is_some_and(|drag| drag.id == id && !drag.by_keyboard))
            attr:data-pending=move || flag(store.is_pending(id))
            attr:aria-describedby="drag-help"
            scroll=false
        >
            <span class="card-head">
                <Monogram company/>
                <span class="card-company">{company}</span>
                {days}
            </span>
            <span class="card-role">
                {move || row.read().role_title.to_string()}
                {priority}
            </span>
            {next}
            {tags}
        </A>
    }
}

/// Whether the sidebar shows this application.
fn use_selected(id: Uuid) -> Memo<bool> {
    let location = leptos_router::hooks::use_location();
    let path = format!("/board/{id}");
    Memo::new(move |_| location.pathname.with(|current| *current == path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        activity::{self, ActivityStatus},
        agenda::first_asked,
        application::tests::{now, sample},
        stage::Status,
    };
    use chrono::{Duration, Utc};

    fn asked(activity: Activity) -> Asked {
        Asked {
            item: first_asked(&activity).unwrap(),
            by: Asking::Activity(Arc::new(activity.clone())),
            appointments: vec![Arc::new(activity)],
        }
    }

    fn interview(hours: i64) -> Activity {
        Activity {
            starts_at: Some(now() + Duration::hours(hours)),
            ..activity::tests::sample(7, 1)
        }
    }

    #[test]
    fn a_card_is_as_high_as_the_style_sheet_makes_it() {
        let mut row = sample(1);
        let planned = asked(interview(5));
        assert_eq!(slot_height(&row, None), 72);
        assert_eq!(slot_height(&row, Some(&planned)), 72 + 24);
        let over = Application {
            status: Status::Rejected,
            ..row.clone()
        };
        assert_eq!(slot_height(&over, Some(&planned)), 72);
        row.role_title = "Staff Engineer, Data Platform and Reliability"
            .parse()
            .unwrap();
        row.next_action = Some("Call".parse().unwrap());
        row.tags = serde_json::from_str(r#"["rust"]"#).unwrap();
        for asked in [None, Some(&planned)] {
            assert_eq!(slot_height(&row, asked), 136 + 8);
        }
    }

    #[test]
    fn the_next_thing_is_what_comes_first() {
        let at = |hours| Some(now() + Duration::hours(hours));
        let row = |due| Application {
            next_action: "Call".parse().ok(),
            next_action_due: due,
            ..sample(1)
        };
        let planned = asked(interview(5));
        let next_of = |row: &_, asked| super::next_of(row, asked, now(), &Utc);
        let name = |due| next_of(&row(due), Some(&planned)).0.unwrap();
        assert_eq!(name(at(4)), "Call");
        assert_eq!(name(at(6)), "Interview");
        assert_eq!(name(None), "Interview");
        assert_eq!(name(at(-4)), "Interview", "it is near, the other is late");
        assert_eq!(next_of(&row(None), None), (Some("Call".to_owned()), None));

        // What is to follow a conversation counts, whichever of the two it was noted at.
        let told = asked(Activity {
            status: ActivityStatus::Done,
            next_action: "Send the task".parse().ok(),
            next_action_due: at(3),
            ..interview(-5)
        });
        let (title, item) = next_of(&row(at(4)), Some(&told));
        assert_eq!(title.as_deref(), Some("Send the task"));
        assert_eq!(item.map(|item| item.at), at(3));

        // What came to nothing is late with nothing, as on Today.
        let over = Application {
            status: Status::Rejected,
            ..row(at(-4))
        };
        assert_eq!(next_of(&over, Some(&told)), (Some("Call".to_owned()), None));
    }
}
