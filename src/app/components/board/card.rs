//! A card, and its height: long columns are windowed, so it must be known without measuring.
//! The numbers are those of `style/card.css`.

use super::model::use_board;
use crate::{
    app::components::{icon::Icon, monogram::Monogram},
    client::habits::use_habits,
    client::store::use_store,
    client::zone::use_zone,
    domain::{
        activity::Activity,
        application::{Application, Priority},
        time::{Due, Timestamp, ZoneRules, day_label, days_label, due_label},
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use std::sync::Arc;
use uuid::Uuid;

/// Tags that a card shows; the rest is a number.
const SHOWN_TAGS: usize = 3;

/// The height of a card and the gap below it, in pixels.
pub fn slot_height(row: &Application, is_planned: bool) -> u32 {
    const GAP: u32 = 8;
    64 + if lines(row) == 2 { 20 } else { 0 }
        + if has_next(row, is_planned) { 24 } else { 0 }
        + if row.tags.is_empty() { 0 } else { 28 }
        + GAP
}

/// Whether something is to be done next, or an activity is planned.
fn has_next(row: &Application, is_planned: bool) -> bool {
    is_planned || row.next_action.is_some() || row.next_action_due.is_some()
}

/// What is next: the next action or the activity that is planned, whichever comes first. A next action
/// without a time stands back. What it is called, and when.
fn next_of(row: &Application, planned: Option<&Activity>) -> (Option<String>, Option<Timestamp>) {
    let starts = planned.and_then(|planned| planned.starts_at);
    let action = row.next_action.as_ref().map(ToString::to_string);
    let comes_first = match (row.next_action_due, starts) {
        (Some(due), Some(starts)) => starts < due,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    match planned.filter(|_| comes_first) {
        Some(planned) => (Some(planned.headline()), starts),
        None => (action, row.next_action_due),
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
        let title = format!("In this stage since {}", day_label(since, today));
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
    let planned = Memo::new(move |_| board.planned(id));
    let next = move || {
        let (row, zone) = (row.read(), zone.read());
        let (action, due) = next_of(&row, planned.get().as_deref());
        let due = due.map(|due| due_label(due, store.now(), &*zone, habits.get().clock));
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
            attr:data-next=move || flag(has_next(&row.read(), planned.read().is_some()))
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
        activity,
        application::tests::{now, sample},
    };
    use chrono::Duration;

    #[test]
    fn a_card_is_as_high_as_the_style_sheet_makes_it() {
        let mut row = sample(1);
        assert_eq!(slot_height(&row, false), 72);
        assert_eq!(slot_height(&row, true), 72 + 24);
        row.role_title = "Staff Engineer, Data Platform and Reliability"
            .parse()
            .unwrap();
        row.next_action = Some("Call".parse().unwrap());
        row.tags = serde_json::from_str(r#"["rust"]"#).unwrap();
        for planned in [false, true] {
            assert_eq!(slot_height(&row, planned), 136 + 8);
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
        let interview = Activity {
            starts_at: at(5),
            ..activity::tests::sample(7, 1)
        };
        let name = |due| next_of(&row(due), Some(&interview)).0.unwrap();
        assert_eq!(name(at(4)), "Call");
        assert_eq!(name(at(6)), "Interview");
        assert_eq!(name(None), "Interview");
        assert_eq!(next_of(&row(None), None), (Some("Call".to_owned()), None));
    }
}
