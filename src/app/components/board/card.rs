//! A card, and its height: long columns are windowed, so it must be known without measuring.
//! The numbers are those of `style/card.css`.

use super::model::use_board;
use crate::{
    app::components::{icon::Icon, monogram::Monogram},
    client::store::use_store,
    client::zone::use_zone,
    domain::{
        application::{Application, Priority},
        time::{Due, ZoneRules, day_label, days_label, due_label},
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use std::sync::Arc;
use uuid::Uuid;

/// Tags that a card shows; the rest is a number.
const SHOWN_TAGS: usize = 3;

/// The height of a card and the gap below it, in pixels.
pub fn slot_height(row: &Application) -> u32 {
    const GAP: u32 = 8;
    64 + if lines(row) == 2 { 20 } else { 0 }
        + if row.next_action.is_some() || row.next_action_due.is_some() {
            24
        } else {
            0
        }
        + if row.tags.is_empty() { 0 } else { 28 }
        + GAP
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
    let next = move || {
        let (row, zone) = (row.read(), zone.read());
        let action = row.next_action.as_ref().map(ToString::to_string);
        let due = row
            .next_action_due
            .map(|due| due_label(due, store.now(), &*zone));
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
            attr:data-next=move || flag(row.read().next_action.is_some() || row.read().next_action_due.is_some())
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
    use crate::domain::application::tests::sample;

    #[test]
    fn a_card_is_as_high_as_the_style_sheet_makes_it() {
        let mut row = sample(1);
        assert_eq!(slot_height(&row), 72);
        row.role_title = "Staff Engineer, Data Platform and Reliability"
            .parse()
            .unwrap();
        row.next_action = Some("Call".parse().unwrap());
        row.tags = serde_json::from_str(r#"["rust"]"#).unwrap();
        assert_eq!(slot_height(&row), 136 + 8);
    }
}
