//! What happened around an application and what is planned: planned things on top, then moves and
//! activities, the newest first.

use super::move_form::MoveForm;
use crate::{
    app::components::{
        activity::{Plan, PlanForm, icon_of, meeting_link, when_label},
        each::Each,
        icon::Icon,
    },
    client::{dom, habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        activity::{Activity, ActivityStatus},
        order::sort_by_key,
        stage::{StageEvent, Status, counted},
        time::{Timestamp, ZoneRules, stay_label},
        when::{day_label, due_label},
    },
};
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// Entries that show before one asks for all of them.
const SHOWN: usize = 8;

/// Planned activities that show before one asks for all of them.
const PLANNED: usize = 4;

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
    /// A move that was struck out.
    StruckOut {
        event: Uuid,
        to: Status,
        at: Timestamp,
    },
    /// An activity that is over.
    Activity(Arc<Activity>),
}

impl Entry {
    fn at(&self) -> Timestamp {
        match self {
            Self::Move { at, .. } | Self::StruckOut { at, .. } => *at,
            Self::Activity(row) => row.starts_at.unwrap_or(row.created_at),
        }
    }

    /// Names it, and says when what it shows has changed.
    fn key(&self) -> (Uuid, i64, Option<Timestamp>, Timestamp) {
        match self {
            Self::Move {
                event, at, until, ..
            } => (*event, 0, *until, *at),
            Self::StruckOut { event, at, .. } => (*event, 1, None, *at),
            Self::Activity(row) => (row.id, row.version, None, row.updated_at),
        }
    }
}

/// What happened, the newest first, with what was struck out where that is asked for. Of what happened at
/// one moment, moves come last: they follow from the rest.
fn entries(events: &[StageEvent], activities: &[Arc<Activity>], struck_out: bool) -> Vec<Entry> {
    let counting = counted(events);
    let untils = counting.iter().skip(1).map(|it| Some(it.at));
    let moves = counting
        .iter()
        .zip(untils.chain([None]))
        .map(|(it, until)| Entry::Move {
            event: it.event.id,
            to: it.event.to_status,
            at: it.at,
            until,
        });
    let voided = events
        .iter()
        .filter(|event| struck_out && event.voided_at.is_some())
        .map(|event| Entry::StruckOut {
            event: event.id,
            to: event.to_status,
            at: event.occurred_at,
        });
    let over = activities
        .iter()
        .filter(|row| row.status != ActivityStatus::Scheduled)
        .map(|row| Entry::Activity(Arc::clone(row)));
    let mut all: Vec<Entry> = over.chain(voided).chain(moves).collect();
    sort_by_key(&mut all, Entry::at);
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
    let all_planned = RwSignal::new(false);
    let next_planned = move || {
        let most = if all_planned.get() {
            usize::MAX
        } else {
            PLANNED
        };
        planned().into_iter().take(most)
    };
    let more_planned = move || {
        let hidden = planned().len().saturating_sub(PLANNED);
        (hidden > 0 && !all_planned.get()).then(|| {
            view! {
                <button type="button" class="button button-quiet" on:click=move |_| all_planned.set(true)>
                    {format!("Show {hidden} more that are planned")}
                </button>
            }
        })
    };
    let history = Memo::new(move |_| store.history(id));
    let struck_out = RwSignal::new(false);
    let past = Memo::new(move |_| entries(&history.read(), &activities.read(), struck_out.get()));
    // Of one move at a time it is said when it happened.
    let correcting = RwSignal::new(None::<Uuid>);
    let corrected = move || {
        let was = correcting.get_untracked();
        correcting.set(None);
        store.once_shown(move || {
            request_animation_frame(move || {
                let own = was.map(move_button).filter(|button| dom::exists(button));
                // Struck out it is gone from there.
                dom::focus(&own.unwrap_or_else(|| "[data-move]".to_owned()));
            });
        });
    };
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
    let without = move || {
        let some = history.read().iter().any(|event| event.voided_at.is_some());
        let label = move || {
            if struck_out.get() {
                "Hide what did not happen"
            } else {
                "Show what did not happen"
            }
        };
        some.then(|| {
            view! {
                <button
                    type="button"
                    class="button button-quiet"
                    aria-pressed=move || struck_out.get().to_string()
                    on:click=move |_| struck_out.update(|shows| *shows = !*shows)
                >
                    {label}
                </button>
            }
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
            <ol class="timeline timeline-planned" aria-label="Planned" data-slides="">
                <Each each=next_planned key=|row| (row.id, row.version, row.updated_at) let:row>
                    <PlannedItem row/>
                </Each>
            </ol>
            {more_planned}
            {move || correcting.get().map(|event| view! { <MoveForm application=id event on_done=corrected/> })}
            <ol class="timeline" aria-label="What happened">
                <Each each=shown key=Entry::key let:entry>
                    {match entry {
                        Entry::Move { event, to, at, until } => view! { <MoveItem event to at until correcting/> }.into_any(),
                        Entry::StruckOut { event, to, at } => view! { <StruckOutItem application=id event to at/> }.into_any(),
                        Entry::Activity(row) => view! { <PastItem row/> }.into_any(),
                    }}
                </Each>
            </ol>
            {more}
            {without}
            {move || loading().then(|| view! { <div class="skeleton skeleton-text"></div> })}
        </section>
    }
}

#[component]
fn PlannedItem(row: Arc<Activity>) -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let (id, icon) = (row.id, icon_of(row.r#type));
    let (title, address, link) = (row.headline(), row.page(), meeting_link(&row));
    let name = title.clone();
    let ends = row.ends_at();
    let late = move || ends.is_some_and(|ends| ends < store.now()).then_some("");
    let when = move || when_label(&row, store.now(), &zone.read(), habits.get());
    view! {
        <li class="timeline-item timeline-plan" data-late=late>
            {icon.view()}
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
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let (id, title, address) = (row.id, row.headline(), row.page());
    let canceled = row.status == ActivityStatus::Canceled;
    let outcome = row.outcome.as_ref().map(ToString::to_string);
    let follows = (!canceled).then(|| (row.next_action.clone(), row.next_action_due));
    let follows = move || {
        let (what, due) = follows.clone()?;
        let due = due.map(|due| due_label(due, store.now(), &*zone.read(), habits.get()).1);
        let text = match (what, due) {
            (None, None) => return None,
            (Some(what), None) => format!("Next: {what}"),
            (None, Some(due)) => format!("Next: {due}"),
            (Some(what), Some(due)) => format!("Next: {what} · {due}"),
        };
        Some(view! { <span class="timeline-outcome">{text}</span> })
    };
    let at = row.starts_at.unwrap_or(row.created_at);
    let day = move || {
        let zone = zone.read();
        day_label(zone.day(at), zone.day(store.now()), habits.get().order)
    };
    view! {
        <li class="timeline-item" data-canceled=canceled.then_some("")>
            {if canceled { Icon::Close.view().into_any() } else { icon_of(row.r#type).view().into_any() }}
            <a href=address class="timeline-link" data-activity=id.to_string() data-noscroll="">{title}</a>
            " "
            <time datetime=at.to_rfc3339()>{day}</time>
            {canceled.then_some(" called off")}
            {outcome.map(|text| view! { <span class="timeline-outcome">{text}</span> })}
            {follows}
        </li>
    }
}

/// The button of a move, for the focus.
fn move_button(event: Uuid) -> String {
    format!("[data-move=\"{event}\"]")
}

#[component]
fn MoveItem(
    event: Uuid,
    to: Status,
    at: Timestamp,
    until: Option<Timestamp>,
    correcting: RwSignal<Option<Uuid>>,
) -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let day = move || {
        let zone = zone.read();
        day_label(zone.day(at), zone.day(store.now()), habits.get().order)
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
            <button
                type="button"
                class="timeline-day"
                data-move=event.to_string()
                title="Change the day"
                aria-label=move || format!("{}, {}: change the day", to.label(), day())
                on:click=move |_| correcting.set(Some(event))
            >
                <time datetime=at.to_rfc3339()>{day}</time>
            </button>
            " "
            <span class="timeline-stay">{stay}</span>
        </li>
    }
}

#[component]
fn StruckOutItem(application: Uuid, event: Uuid, to: Status, at: Timestamp) -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let day = move || {
        let zone = zone.read();
        day_label(zone.day(at), zone.day(store.now()), habits.get().order)
    };
    let restore = move || {
        let Some(row) = store.move_untracked(application, event) else {
            return;
        };
        match store.strike_out(&row, false) {
            Ok(()) => store.once_shown(move || {
                request_animation_frame(move || dom::focus(&move_button(event)));
            }),
            Err(problem) => store.toast("error", problem.sentence(), None),
        }
    };
    view! {
        <li class="timeline-item" data-canceled="">
            {Icon::Close.view()}
            <span class="timeline-struck"><s>{to.label()}</s>" did not happen"</span>
            " "
            <time datetime=at.to_rfc3339()>{day}</time>
            " "
            <button
                type="button"
                class="button button-quiet"
                aria-label=format!("Restore: {}", to.label())
                on:click=move |_| restore()
            >
                "Restore"
            </button>
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
            version: 1,
            from_status: None,
            to_status,
            occurred_at: now() + Duration::hours(hours),
            recorded_at: now(),
            voided_at: voided.then(now),
            updated_at: now(),
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
        let story = entries(&events, &activities, false);
        let ids: Vec<u128> = story.iter().map(|entry| entry.key().0.as_u128()).collect();
        assert_eq!(ids, [13, 3, 11, 1]);
        let Some(Entry::Move { until, .. }) = story.last() else {
            panic!("{story:?}");
        };
        assert_eq!(*until, Some(now() + Duration::hours(5)));
    }
}
