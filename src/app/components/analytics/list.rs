//! The list behind a figure.

use super::{
    model::{Listed, use_analytics},
    words::count,
};
use crate::{
    app::components::{dialog::Dialog, icon::Icon, icon_button::IconButton},
    client::{habits::use_habits, store::use_store, zone::use_zone},
    domain::{analytics::Course, application::name_of, stage::Status, when::day_label},
};
use leptos::prelude::*;
use leptos_router::components::A;

/// So many lines show before one asks for more.
const SHOWN: usize = 100;

/// The applications behind the figure that was pressed.
#[component]
pub fn FigureList() -> impl IntoView {
    let (model, store, zone, habits) = (use_analytics(), use_store(), use_zone(), use_habits());
    let open = Signal::derive(move || model.listed.read().is_some());
    // What it was while it closes.
    let last = Memo::new(move |last: Option<&Option<Listed>>| {
        model.listed.get().or_else(|| last.cloned().flatten())
    });
    let all = RwSignal::new(false);
    let members = Memo::new(move |_| {
        let (Some(listed), Some(hunt)) = (last.get(), model.hunt.get()) else {
            return None;
        };
        let members = hunt.members(&listed.selection, store.now(), &*zone.read());
        Some(members.into_iter().cloned().collect::<Vec<Course>>())
    });
    let title = move || last.get().map(|listed| listed.title);
    let close = move || model.listed.set(None);
    let line = move |course: &Course| {
        let subject = &course.subject;
        let name = name_of(subject.role_title.as_str(), subject.company.as_str());
        let day = course
            .day
            .map(|day| day_label(day, model.today.get(), habits.get().order));
        let furthest = course
            .furthest()
            .filter(|stage| *stage != subject.status && *stage != Status::Applied);
        view! {
            <li class="figure-line" data-status=subject.status.as_str()>
                <A href=format!("/board/{}", subject.id) attr:class="quiet-link">{name}</A>
                <span class="status"><i class="status-dot"></i>{subject.status.label()}</span>
                <span class="figure-line-note">
                    {day.map(|day| format!("Applied {day}"))}
                    {furthest.map(|stage| format!(" · reached {}", stage.label()))}
                </span>
            </li>
        }
    };
    let body = move || {
        let Some(members) = members.get() else {
            let text = if store.is_partial() {
                "This device keeps no more than a part of your applications, and not all that this counts."
            } else {
                "The list comes as soon as all applications are on this device."
            };
            return view! { <p class="figures-none">{text}</p> }.into_any();
        };
        let (total, most) = (members.len(), if all.get() { usize::MAX } else { SHOWN });
        let lines: Vec<_> = members.iter().take(most).map(line).collect();
        view! {
            <ul class="figure-lines">{lines}</ul>
            {(total > most).then(|| view! {
                <button type="button" class="button" on:click=move |_| all.set(true)>
                    {format!("Show {} more", total - most)}
                </button>
            })}
        }
        .into_any()
    };
    let number = move || {
        members
            .read()
            .as_ref()
            .map(|it| count(it.len() as u64, "application", "applications"))
    };
    view! {
        <Dialog class="figure-list" title_id="figure-list-title" open light=true on_open=move || all.set(false) on_close=close>
            <header class="figure-list-head">
                <h2 class="dialog-title" id="figure-list-title">{title}</h2>
                <span class="figure-list-count">{number}</span>
                <IconButton label="Close" icon=Icon::Close on_press=close/>
            </header>
            <div class="figure-list-body" tabindex="0">{body}</div>
        </Dialog>
    }
}
