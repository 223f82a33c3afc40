//! What happened around an application and what is planned: planned things on top, then moves and
//! activities, the newest first.

use crate::{
    app::components::{
        activity::{Plan, PlanForm, meeting_link, when_label},
        icon::Icon,
    },
    client::{dom, store::use_store, zone::use_zone},
    domain::{
        activity::{Activity, ActivityStatus},
        stage::{StageEvent, Status},
        time::{Timestamp, ZoneRules, day_label, stay_label},
    },
};
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// Entries that show before one asks for all of them.
const SHOWN: usize = 8;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
enum Entry {
    /// A move to a status, and how long the application stayed there.
    Move {
        event: Uuid,
        to: Status,
        at: Timestamp,
        until: Option<Timestamp>,
    },
    /// An activity that is over.
    Activity(Arc<Activity>),
}

impl Entry {
    fn at(&self) -> Timestamp {
        match self {
            Self::Move { at, .. } => *at,
            Self::Activity(row) => row.starts_at.unwrap_or(row.created_at),
        }
    }

    /// Names it, and says when what it shows has changed.
    fn key(&self) -> (Uuid, i64, Option<Timestamp>, Timestamp) {
        match self {
            Self::Move {
                event, at, until, ..
            } => (*event, 0, *until, *at),
            Self::Activity(row) => (row.id, row.version, None, row.updated_at),
        }
    }
}

/// What happened, the newest first. Of what happened at one moment, moves come last: they follow from
/// the rest.
fn entries(events: &[StageEvent], activities: &[Arc<Activity>]) -> Vec<Entry> {
    let counting = || events.iter().filter(|event| event.voided_at.is_none());
    let untils = counting().skip(1).map(|event| Some(event.occurred_at));
    let moves = counting()
        .zip(untils.chain([None]))
        .map(|(event, until)| Entry::Move {
            event: event.id,
            to: event.to_status,
            at: event.occurred_at,
            until,
        });
    let over = activities
        .iter()
        .filter(|row| row.status != ActivityStatus::Scheduled)
        .map(|row| Entry::Activity(Arc::clone(row)));
    let mut all: Vec<Entry> = over.chain(moves).collect();
    all.sort_by_key(Entry::at);
    all.reverse();
    all
}

/// The story of the application `id`.
#[component]
pub fn Story(
    /// Whose.
    id: Uuid,
) -> impl IntoView {
    let store = use_store();
    let planning = RwSignal::new(None::<Plan>);
    let all = RwSignal::new(false);
    let activities = Memo::new(move |_| store.activities_of(id));
    let planned = move || {
        let mut rows = activities.get();
        rows.retain(|row| row.status == ActivityStatus::Scheduled);
        rows
    };
    let past = Memo::new(move |_| entries(&store.history(id), &activities.read()));
    let shown = move || {
        let most = if all.get() { usize::MAX } else { SHOWN };
        past.get().into_iter().take(most)
    };
    let more =
        move || {
            let hidden = past.read().len().saturating_sub(SHOWN);
            (hidden > 0 && !all.get()).then(|| view! {
            <button type="button" class="button button-quiet" on:click=move |_| all.set(true)>
                {format!("Show {hidden} more")}
            </button>
        })
        };
    let loading = move || past.read().is_empty() && !store.is_whole();
    let done = move |_: Option<Uuid>| {
        let was = planning.get_untracked();
        planning.set(None);
        if let Some(plan) = was {
            let button = format!("[data-plan=\"{}\"]", plan.word());
            request_animation_frame(move || dom::focus(&button));
        }
    };
    view! {
        <section class="group story">
            <h3 class="group-title">"Story"</h3>
            {move || match planning.get() {
                Some(plan) => view! { <PlanForm plan application=id on_done=done/> }.into_any(),
                None => view! {
                    <div class="chips">
                        {Plan::ALL.map(|plan| view! {
                            <button
                                type="button"
                                class="chip"
                                data-plan=plan.word()
                                on:click=move |_| planning.set(Some(plan))
                            >
                                {Icon::Plus.view()}
                                {plan.label()}
                            </button>
                        })}
                    </div>
                }.into_any(),
            }}
            <ol class="timeline timeline-planned" aria-label="Planned">
                <For each=planned key=|row| (row.id, row.version, row.updated_at) let:row>
                    <PlannedItem row/>
                </For>
            </ol>
            <ol class="timeline" aria-label="What happened">
                <For each=shown key=Entry::key let:entry>
                    {match entry {
                        Entry::Move { to, at, until, .. } => view! { <MoveItem to at until/> }.into_any(),
                        Entry::Activity(row) => view! { <PastItem row/> }.into_any(),
                    }}
                </For>
            </ol>
            {more}
            {move || loading().then(|| view! { <div class="skeleton skeleton-text"></div> })}
        </section>
    }
}

/// The address of an activity.
pub fn address_of(row: &Activity) -> String {
    format!("/board/{}?activity={}", row.application_id, row.id)
}

#[component]
fn PlannedItem(row: Arc<Activity>) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let id = row.id;
    let (title, address, link) = (row.headline(), address_of(&row), meeting_link(&row));
    let name = title.clone();
    let ends = row.ends_at();
    let late = move || ends.is_some_and(|ends| ends < store.now()).then_some("");
    let when = move || when_label(&row, store.now(), &zone.read());
    view! {
        <li class="timeline-item timeline-plan" data-late=late>
            {Icon::Calendar.view()}
            <a href=address class="timeline-link" data-activity=id.to_string() data-noscroll="">{title}</a>
            " "
            <span class="timeline-when">{when}</span>
            <span class="timeline-actions">
                {link.map(|link| view! {
                    <a class="button button-quiet" href=link.to_string() target="_blank" rel="noopener noreferrer">"Join"</a>
                })}
                <button
                    type="button"
                    class="icon-button"
                    aria-label=format!("Done: {name}")
                    title="Done"
                    on:click=move |_| {
                        store.set_activity_status(id, ActivityStatus::Done);
                        let told = format!("[data-activity=\"{id}\"]");
                        store.once_shown(move || request_animation_frame(move || dom::focus(&told)));
                    }
                >
                    {Icon::Check.view()}
                </button>
            </span>
        </li>
    }
}

#[component]
fn PastItem(row: Arc<Activity>) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let (id, title, address) = (row.id, row.headline(), address_of(&row));
    let canceled = row.status == ActivityStatus::Canceled;
    let outcome = row.outcome.as_ref().map(ToString::to_string);
    let at = row.starts_at.unwrap_or(row.created_at);
    let day = move || {
        let zone = zone.read();
        day_label(zone.day(at), zone.day(store.now()))
    };
    view! {
        <li class="timeline-item" data-canceled=canceled.then_some("")>
            {if canceled { Icon::Close.view().into_any() } else { Icon::Check.view().into_any() }}
            <a href=address class="timeline-link" data-activity=id.to_string() data-noscroll="">{title}</a>
            " "
            <time datetime=at.to_rfc3339()>{day}</time>
            {canceled.then_some(" called off")}
            {outcome.map(|text| view! { <span class="timeline-outcome">{text}</span> })}
        </li>
    }
}

#[component]
fn MoveItem(to: Status, at: Timestamp, until: Option<Timestamp>) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let day = move || {
        let zone = zone.read();
        day_label(zone.day(at), zone.day(store.now()))
    };
    let stay = move || {
        let zone = zone.read();
        match until {
            Some(until) => stay_label(zone.day(at), zone.day(until)),
            None => format!("{} here", stay_label(zone.day(at), zone.day(store.now()))),
        }
    };
    view! {
        <li class="timeline-item" data-status=to.as_str()>
            <i class="status-dot"></i>
            <span>{to.label()}</span>
            " "
            <time datetime=at.to_rfc3339()>{day}</time>
            " "
            <span class="timeline-stay">{stay}</span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, entries};
    use crate::domain::{
        activity::{self, Activity, ActivityStatus},
        application::tests::now,
        stage::{StageEvent, Status},
    };
    use chrono::Duration;
    use std::sync::Arc;
    use uuid::Uuid;

    fn moved(id: u128, to_status: Status, hours: i64, voided: bool) -> StageEvent {
        StageEvent {
            id: Uuid::from_u128(id),
            application_id: Uuid::from_u128(1),
            from_status: None,
            to_status,
            occurred_at: now() + Duration::hours(hours),
            recorded_at: now(),
            voided_at: voided.then(now),
        }
    }

    fn held(id: u128, status: ActivityStatus, hours: i64) -> Arc<Activity> {
        Arc::new(Activity {
            status,
            starts_at: Some(now() + Duration::hours(hours)),
            ..activity::tests::sample(id, 1)
        })
    }

    #[test]
    fn moves_and_activities_are_one_story() {
        let events = [
            moved(1, Status::Applied, 0, false),
            moved(2, Status::Offer, 1, true),
            moved(3, Status::Screening, 5, false),
        ];
        let activities = [
            held(11, ActivityStatus::Done, 3),
            held(12, ActivityStatus::Scheduled, 9),
            held(13, ActivityStatus::Canceled, 6),
        ];
        let story = entries(&events, &activities);
        let ids: Vec<u128> = story.iter().map(|entry| entry.key().0.as_u128()).collect();
        assert_eq!(ids, [13, 3, 11, 1]);
        let Some(Entry::Move { until, .. }) = story.last() else {
            panic!("{story:?}");
        };
        assert_eq!(*until, Some(now() + Duration::hours(5)));
    }
}
