//! The list behind a figure.

use super::{
    model::{Listed, use_analytics},
    words::count,
};
use crate::{
    app::{
        components::{dialog::Dialog, icon::Icon, icon_button::IconButton},
        figures::ask_members,
    },
    client::{dom, habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        analytics::{Measure, Member, Members},
        application::name_of,
        error::Problem,
        stage::Status,
        when::day_label,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::components::A;

/// So many lines show before one asks for more.
const SHOWN: usize = 100;
/// And so many more each time.
const MORE: usize = 500;

/// The applications behind the figure that was pressed.
#[component]
pub fn FigureList() -> impl IntoView {
    let (model, store, zone, habits) = (use_analytics(), use_store(), use_zone(), use_habits());
    let open = Signal::derive(move || model.listed.read().is_some());
    // What it was while it closes.
    let last = Memo::new(move |last: Option<&Option<Listed>>| {
        model.listed.get().or_else(|| last.cloned().flatten())
    });
    let most = RwSignal::new(SHOWN);
    let answer = RwSignal::new(None::<(Listed, Result<Members, Problem>)>);
    let is_here = Memo::new(move |_| model.hunt.read().is_some());
    // Where this device does not hold all, the server is asked each time that a list is opened.
    Effect::new(move |_| {
        let Some(listed) = model.listed.get().filter(|_| !is_here.get()) else {
            return;
        };
        answer.set(None);
        spawn_local(async move {
            let members = ask_members(&listed.selection).await;
            // Gone with its page, or another list is open by now.
            if model.listed.try_get_untracked().flatten().as_ref() == Some(&listed) {
                _ = answer.try_set(Some((listed, members)));
            }
        });
    });
    let members = Memo::new(move |_| {
        let listed = last.get()?;
        let Some(hunt) = model.hunt.get() else {
            let (of, members) = answer.get()?;
            return (of == listed).then_some(members);
        };
        let members = hunt.members(&listed.selection, store.now(), &*zone.read());
        Some(Ok(Members::of(&members, usize::MAX)))
    });
    let title = move || last.get().map(|listed| listed.title);
    let close = move || model.listed.set(None);
    let line = move |member: &Member| {
        let name = name_of(&member.role_title, &member.company);
        let day = member
            .day
            .map(|day| day_label(day, model.today.get(), habits.get().order));
        let furthest = member
            .furthest
            .filter(|stage| *stage != member.status && *stage != Status::Applied);
        view! {
            <li class="figure-line" data-status=member.status.as_str()>
                <A href=format!("/board/{}", member.id) attr:class="quiet-link">{name}</A>
                <span class="status"><i class="status-dot"></i>{member.status.label()}</span>
                <span class="figure-line-note">
                    {day.map(|day| format!("Applied {day}"))}
                    {furthest.map(|stage| format!(" · reached {}", stage.label()))}
                </span>
            </li>
        }
    };
    let body = move || {
        let members = match members.get() {
            None => {
                return view! { <p class="figures-none" role="status">"Asking the server…"</p> }
                    .into_any();
            }
            Some(Err(problem)) => {
                return view! {
                    <p class="notice" data-kind="warn" role="status">
                        {problem.sentence()}
                        " This device does not hold all of your applications, so the list comes from the server. Open it again to try once more."
                    </p>
                }
                .into_any();
            }
            Some(Ok(members)) => members,
        };
        let (here, shown) = (members.items.len(), most.get());
        let lines: Vec<_> = members.items.iter().take(shown).map(line).collect();
        let is_cut = (here as u64) < members.total && here <= shown;
        view! {
            <ul class="figure-lines">{lines}</ul>
            {(here > shown).then(|| view! {
                <button type="button" class="button" on:click=move |_| {
                    most.set(shown + MORE);
                    let next = format!(".figure-line:nth-child({}) a", shown + 1);
                    request_animation_frame(move || dom::focus(&next));
                }>
                    {format!("Show {} more", MORE.min(here - shown))}
                </button>
            })}
            {is_cut.then(|| view! {
                <p class="figures-none">{format!("These are the newest {here} of {}.", members.total)}</p>
            })}
        }
        .into_any()
    };
    let number = move || {
        let members = members.read();
        let known = members.as_ref().and_then(|it| it.as_ref().ok());
        let of_stays = matches!(
            last.read().as_ref()?.selection.measure,
            Measure::Stayed(_) | Measure::Staying(_)
        );
        // Of one application there may be several.
        let (one, many) = if of_stays {
            ("stay", "stays")
        } else {
            ("application", "applications")
        };
        known.map(|it| count(it.total, one, many))
    };
    view! {
        <Dialog class="figure-list" title_id="figure-list-title" open light=true on_open=move || most.set(SHOWN) on_close=close>
            <header class="figure-list-head">
                <h2 class="dialog-title" id="figure-list-title">{title}</h2>
                <span class="figure-list-count">{number}</span>
                <IconButton label="Close" icon=Icon::Close on_press=close/>
            </header>
            <div class="figure-list-body" tabindex="0">{body}</div>
        </Dialog>
    }
}
