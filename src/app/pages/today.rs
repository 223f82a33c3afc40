//! What to do now.

use crate::{
    app::{
        components::{
            agenda::{
                AgendaModel, Part, PartView, Side, activity_of, listen_to_keys, reminder_of,
                title_of, use_agenda,
            },
            icon::Icon,
            page_header::PageHeader,
        },
        dialogs::use_dialogs,
        frame::SignedIn,
        origin::use_origin,
    },
    client::{dom, habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        activity::Activity,
        application::Application,
        reminder::Reminder,
        stage::Status,
        time::ZoneRules,
        when::{time_label, weekday_label},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{NavigateOptions, components::A, hooks::use_navigate};

/// `/today`.
#[component]
pub fn TodayPage() -> impl IntoView {
    view! {
        <Title text="Today"/>
        <SignedIn>
            <Today/>
        </SignedIn>
    }
}

#[component]
fn Today() -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let model = AgendaModel::of_store();
    provide_context(model);
    listen_to_keys(model);
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(address) = model.open.get() {
            navigate(&address, NavigateOptions::default());
        }
    });
    let origin = use_origin();
    Effect::new(move |_| {
        if let Some(item) = origin.returns() {
            model.reveal(&item);
            let link = format!("[data-item=\"{item}\"] .agenda-link");
            request_animation_frame(move || dom::focus(&link));
        }
    });
    let sub = Signal::derive(move || {
        let day = zone.read().day(store.now());
        weekday_label(day, day, habits.get().order)
    });
    let has_any = Memo::new(move |_| !store.rows::<Application>().is_empty());
    let clear = Memo::new(move |_| {
        model.agenda.with(|agenda| agenda.is_clear()) && model.asked.get().is_none()
    });
    let body = move || {
        if !has_any.get() && store.is_whole() {
            return view! { <NothingYet/> }.into_any();
        }
        view! {
            <div class="today">
                <div class="agenda">
                    {move || (clear.get() && store.is_whole()).then(|| view! { <Clear/> })}
                    {Part::ALL.map(|part| view! { <PartView part/> })}
                    {move || (!store.is_whole()).then(|| view! {
                        <div class="skeleton skeleton-text" aria-hidden="true"></div>
                        <div class="skeleton skeleton-text" aria-hidden="true"></div>
                    })}
                </div>
                <Side/>
            </div>
        }
        .into_any()
    };
    view! {
        <main class="page" id="main" tabindex="-1">
            <PageHeader title="Today" sub/>
            <div class="page-body">{body}</div>
        </main>
    }
}

/// There is nothing to do up to the end of the week.
#[component]
fn Clear() -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let model = use_agenda();
    let next = move || {
        let agenda = model.agenda.read();
        let item = agenda.next()?;
        let row = store.row::<Application>(item.application)?;
        let when = time_label(item.at, store.now(), &*zone.read(), habits.get());
        let activity = activity_of(item.subject).and_then(|id| store.row::<Activity>(id));
        let reminder = reminder_of(item.subject).and_then(|id| store.row::<Reminder>(id));
        let what = title_of(item, Some(&row), activity.as_deref(), reminder.as_deref());
        Some(view! {
            <p>"Next: " {what} ", " {when} ", " <A href=format!("/board/{}", item.application)>{row.name()}</A> "."</p>
        })
    };
    view! {
        <div class="agenda-clear">
            {Icon::Check.view()}
            <h2>"Nothing due this week"</h2>
            {next}
            <p>"Open a card on the board to plan an interview or a follow-up; it shows here when its time comes."</p>
        </div>
    }
}

#[component]
fn NothingYet() -> impl IntoView {
    let dialogs = use_dialogs();
    view! {
        <div class="empty">
            {Icon::Calendar.view()}
            <h2>"Nothing to do yet"</h2>
            <p>"Add the job you applied to last. Its interviews, follow-ups and next steps show here when their time comes."</p>
            <button
                type="button"
                class="button button-primary"
                on:click=move |_| dialogs.adding.set(Some(Status::Applied))
            >
                "Add an application" <kbd>"C"</kbd>
            </button>
        </div>
    }
}
