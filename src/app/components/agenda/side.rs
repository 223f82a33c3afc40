//! Beside the agenda: the next interview, the week, and what went quiet.

use super::use_agenda;
use crate::{
    app::components::{
        activity::{JoinLink, meeting_link, when_label},
        each::Each,
        follow_up_button::FollowUpButton,
    },
    client::{habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        activity::Activity,
        agenda::{Quiet, Subject, countdown},
        application::Application,
        time::{ZoneRules, days_label},
        when::{short_weekday, weekday_of},
    },
};
use chrono::{Datelike, Duration, NaiveDate};
use leptos::prelude::*;
use leptos_router::components::A;

/// Applications that went quiet, of which so many show before one asks for more …
const SHOWN: usize = 5;
/// … and how many more that brings.
const MORE: usize = 50;

/// What stands beside the agenda.
#[component]
pub fn Side() -> impl IntoView {
    view! {
        <aside class="agenda-side" aria-label="Ahead">
            <NextInterview/>
            <Week/>
            <WentQuiet/>
        </aside>
    }
}

/// The interview that is next, as an object.
#[component]
fn NextInterview() -> impl IntoView {
    let (store, zone, model) = (use_store(), use_zone(), use_agenda());
    let habits = use_habits();
    let next = Memo::new(move |_| {
        let agenda = model.agenda.read();
        let ahead = [&agenda.today, &agenda.tomorrow, &agenda.week, &agenda.later];
        ahead.into_iter().flatten().find_map(|item| {
            let Subject::Activity(id) = item.subject else {
                return None;
            };
            let row = store.row::<Activity>(id)?;
            row.r#type.is_talk().then_some((*item, row))
        })
    });
    move || {
        next.get().map(|(item, row)| {
            let of = store.row::<Application>(row.application_id);
            let status = of.as_ref().map(|of| of.status.as_str());
            let of = of.map(|of| of.name());
            let people: Vec<String> = row
                .related_contacts
                .iter()
                .map(|one| one.name.to_string())
                .collect();
            let with = (!people.is_empty()).then(|| format!("With {}", people.join(", ")));
            let to_prepare = row.prep_checklist.iter().filter(|item| !item.done).count();
            let prepare = match to_prepare {
                0 => "Prepare".to_owned(),
                count => format!("Prepare · {count} left"),
            };
            let (title, address, link) = (row.headline(), row.page(), meeting_link(&row));
            let until = move || countdown(item.at, item.until, store.now(), &*zone.read());
            let when = move || when_label(&row, store.now(), &zone.read(), habits.get());
            view! {
                <section class="next-interview" data-status=status aria-label="Next interview">
                    <p class="next-until">{until}</p>
                    <p class="next-when">{when}</p>
                    <p class="next-what">{title}</p>
                    <p class="next-of">{of}</p>
                    {with.map(|with| view! { <p class="next-with">{with}</p> })}
                    <div class="next-actions">
                        {link.map(|link| view! { <JoinLink link/> })}
                        <A href=address attr:class="button">{prepare}</A>
                    </div>
                </section>
            }
        })
    }
}

/// Seven days, and how much stands in each.
#[component]
fn Week() -> impl IntoView {
    let (store, zone, model) = (use_store(), use_zone(), use_agenda());
    let days = Memo::new(move |_| {
        let (agenda, zone) = (model.agenda.read(), zone.read());
        let today = zone.day(store.now());
        let count = |day: NaiveDate| {
            let items = agenda.this_week();
            items.filter(|item| zone.day(item.at) == day).count()
        };
        (0..7)
            .map(|ahead| today + Duration::days(ahead))
            .map(|day| (day, count(day)))
            .collect::<Vec<_>>()
    });
    view! {
        <ol class="week" aria-label="The next seven days">
            {move || days.get().into_iter().enumerate().map(|(index, (day, count))| {
                let said = match count {
                    0 => "nothing".to_owned(),
                    1 => "1 thing to do".to_owned(),
                    count => format!("{count} things to do"),
                };
                view! {
                    <li class="week-day" data-today=(index == 0).then_some("") data-busy=(count > 0).then_some("")>
                        <span aria-hidden="true">{short_weekday(day)}</span>
                        <b>{day.day()}</b>
                        <span class="week-dots" aria-hidden="true">{"•".repeat(count.min(3))}</span>
                        <span class="visually-hidden">{format!("{}: {said}", weekday_of(day))}</span>
                    </li>
                }
            }).collect_view()}
        </ol>
    }
}

/// Applications in which nothing happens.
#[component]
fn WentQuiet() -> impl IntoView {
    let model = use_agenda();
    let most = RwSignal::new(SHOWN);
    let quiet = Memo::new(move |_| model.agenda.with(|agenda| agenda.quiet.clone()));
    let shown = move || quiet.get().into_iter().take(most.get());
    let any = Memo::new(move |_| !quiet.read().is_empty());
    let title = move || match quiet.read().len() {
        1 => "1 went quiet".to_owned(),
        count => format!("{count} went quiet"),
    };
    let more = move || {
        let hidden = quiet.read().len().saturating_sub(most.get());
        (hidden > 0).then(|| {
            view! {
                <button type="button" class="button button-quiet" on:click=move |_| most.update(|most| *most += MORE)>
                    {format!("Show {} more", hidden.min(MORE))}
                </button>
            }
        })
    };
    move || {
        any.get().then(|| {
            view! {
                <section class="quiet" aria-label="Went quiet">
                    <h2 class="agenda-title">{title}</h2>
                    <ul class="quiet-list" data-slides="">
                        <Each each=shown key=|quiet| (quiet.application, quiet.since) let:quiet>
                            <QuietRow quiet/>
                        </Each>
                    </ul>
                    {more}
                </section>
            }
        })
    }
}

#[component]
fn QuietRow(quiet: Quiet) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let id = quiet.application;
    let name = move || {
        let row = store.row::<Application>(id);
        row.map(|row| row.name())
    };
    let status = move || store.row::<Application>(id).map(|row| row.status.as_str());
    let days = move || days_label(quiet.since, zone.read().day(store.now()));
    view! {
        <li class="quiet-row">
            <i class="status-dot" data-status=status></i>
            <A href=format!("/board/{id}") attr:class="quiet-link">{name}</A>
            <span class="quiet-days">{days}</span>
            <FollowUpButton application=id name=Signal::derive(move || name().unwrap_or_default())/>
        </li>
    }
}
