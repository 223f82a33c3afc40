//! The address at which the person's own calendar reads what is planned, in the settings.

use super::{form::FieldRow, panel::Panel};
use crate::{
    api::{
        calendar_feed::{change_calendar_feed, get_calendar_feed, revoke_calendar_feed},
        rest::Body,
    },
    app::acts::Submission,
    client::{dom, engine::SyncState, habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        calendar_feed::{CalendarFeed, CalendarFeedChange},
        error::{Problem, ProblemKind},
        when::time_label,
    },
};
use leptos::{
    ev::{FocusEvent, KeyboardEvent},
    prelude::*,
    task::spawn_local,
};

/// The first thing to do about it, wherever it stands.
const FIRST: &str = "#calendar .button, #calendar .input";

/// The way out of what is asked.
const KEEP: &str = "#calendar .calendar-keep";

/// Whether it says when alone.
const DISCREET: &str = "#calendar-discreet";
const ATTACH_TOO: &str = "#calendar-files";

/// Where a calendar takes an address: what it is called, the page where that is done, and how late it is.
const CALENDARS: [(&str, &str, &str); 2] = [
    (
        "Google Calendar",
        "https://calendar.google.com/calendar/u/0/r/settings/addbyurl",
        "Paste the address into the page that opens. Google reads it a few times a day: a change may show a day later.",
    ),
    (
        "Outlook",
        "https://outlook.live.com/calendar/0/addcalendar",
        "On the page that opens choose “Subscribe from web” and paste the address. Outlook reads it every few hours.",
    ),
];

/// What is known of the address.
#[derive(Clone, PartialEq)]
enum Known {
    Asking,
    /// Why it is not known.
    Failed(String),
    Feed(CalendarFeed),
}

/// What is asked before it is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    Replace,
    Revoke,
}

/// The panel.
#[component]
pub fn CalendarPanel() -> impl IntoView {
    let store = use_store();
    let known = RwSignal::new(Known::Asking);
    let submission = Submission::default();
    let ask = RwSignal::new(None::<Ask>);
    // `focus`: whoever had it is gone.
    let load = move |focus: bool| {
        known.set(Known::Asking);
        spawn_local(async move {
            let answer = get_calendar_feed().await;
            let found = match answer.and_then(|reply| reply.into_body()) {
                Ok(feed) => Known::Feed(feed),
                Err(problem) => Known::Failed(why_not(&problem)),
            };
            known.try_set(found);
            if focus {
                request_animation_frame(|| dom::focus(FIRST));
            }
        });
    };
    Effect::new(move |_| load(false));
    // Once there is a network again.
    Effect::new(move |_| {
        let is_back = store.sync_state() == SyncState::Saved;
        if is_back && untrack(|| known.with(|known| matches!(known, Known::Failed(_)))) {
            load(false);
        }
    });
    let change = move |change: CalendarFeedChange, done: &'static str, heir: &'static str| {
        if !submission.begin() {
            return;
        }
        ask.set(None);
        spawn_local(async move {
            // A page that started from the cache has no token yet.
            store.ensure_csrf_token().await;
            let answer = change_calendar_feed(Body::of(&change)).await;
            match answer.and_then(|reply| reply.into_body()) {
                Ok(feed) => {
                    known.try_set(Known::Feed(feed));
                    store.toast("info", done, None);
                    // The panel is made anew, and what was pressed with it.
                    request_animation_frame(move || dom::focus(heir));
                }
                Err(problem) => {
                    store.toast("error", why_not(&problem), None);
                    // What was pressed shows again what holds.
                    _ = known.try_update(|_| ());
                    request_animation_frame(move || dom::focus(heir));
                }
            }
            submission.end();
        });
    };
    let revoke = move || {
        if !submission.begin() {
            return;
        }
        ask.set(None);
        spawn_local(async move {
            store.ensure_csrf_token().await;
            match revoke_calendar_feed().await {
                Ok(_) => {
                    store.toast("info", "The address is gone", None);
                    load(true);
                }
                Err(problem) => {
                    store.toast("error", why_not(&problem), None);
                    request_animation_frame(|| dom::focus(FIRST));
                }
            }
            submission.end();
        });
    };
    let make = move |_| change(CalendarFeedChange::default(), "Address made", FIRST);
    let shown = move || {
        match known.get() {
        Known::Asking => view! { <p class="panel-text" role="status">"Asking the server…"</p> }.into_any(),
        Known::Failed(why) => view! {
            <p class="panel-text" role="status">{why}</p>
            <button type="button" class="button" on:click=move |_| load(true)>"Try again"</button>
        }
        .into_any(),
        Known::Feed(CalendarFeed { address: None, .. }) => view! {
            <p class="panel-text">
                "See interviews, calls and what else is planned in the calendar that you use: it reads them at an address that is yours alone, and hears of every change."
            </p>
            <button type="button" class="button" aria-busy=move || submission.busy() on:click=make>
                "Make an address"
            </button>
        }
        .into_any(),
        Known::Feed(CalendarFeed { address: Some(address), generation, discreet, attach_too, last_read_at, last_reader }) => {
            let (zone, habits) = (use_zone(), use_habits());
            let read = move || match (last_read_at, last_reader) {
                (Some(at), Some(reader)) => {
                    let at = time_label(at, store.now(), &*zone.read(), habits.get());
                    format!("Last read {at} by {}.", reader.label())
                }
                _ => "No calendar has read it yet.".to_owned(),
            };
            let replace = CalendarFeedChange { replaces: Some(generation), ..CalendarFeedChange::default() };
            let with_files = move |event| {
                let attach_too = Some(event_target_checked(&event));
                let said = if attach_too == Some(true) { "Mails bring calendar files, too" } else { "No calendar files by mail while a calendar reads the address" };
                change(CalendarFeedChange { attach_too, ..CalendarFeedChange::default() }, said, ATTACH_TOO);
            };
            let discreetly = move |event| {
                let discreet = Some(event_target_checked(&event));
                let said = if discreet == Some(true) { "Calendars show the time alone" } else { "Calendars show all of it" };
                change(CalendarFeedChange { discreet, ..CalendarFeedChange::default() }, said, DISCREET);
            };
            let put = move |what: Ask| {
                ask.set(Some(what));
                request_animation_frame(|| dom::focus(KEEP));
            };
            let deeds = move || match ask.get() {
                None => view! {
                    <div class="button-row">
                        <button type="button" class="button" on:click=move |_| put(Ask::Replace)>"Another address"</button>
                        <button type="button" class="button button-quiet" on:click=move |_| put(Ask::Revoke)>"Take it away"</button>
                    </div>
                }
                .into_any(),
                Some(asked) => {
                    let (text, label) = match asked {
                        Ask::Replace => (
                            "Calendars that read the address stop hearing of changes, until they are given the new one.",
                            "Make another",
                        ),
                        Ask::Revoke => ("Calendars that read the address hear of nothing any more.", "Take it away"),
                    };
                    let act = move |_| match asked {
                        Ask::Replace => change(replace, "Another address is made", FIRST),
                        Ask::Revoke => revoke(),
                    };
                    let keep = move |_| {
                        ask.set(None);
                        request_animation_frame(|| dom::focus(FIRST));
                    };
                    let key = move |event: KeyboardEvent| {
                        if event.key() == "Escape" && !event.default_prevented() {
                            event.prevent_default();
                            event.stop_propagation();
                            ask.set(None);
                            request_animation_frame(|| dom::focus(FIRST));
                        }
                    };
                    view! {
                        <p class="panel-text" role="alert">{text}</p>
                        <div class="button-row" on:keydown=key>
                            <button type="button" class="button button-danger" aria-busy=move || submission.busy() on:click=act>{label}</button>
                            <button type="button" class="button calendar-keep" on:click=keep>"Keep it"</button>
                        </div>
                    }
                    .into_any()
                }
            };
            view! { <Address address/> <p class="panel-text">{read}</p>
                <label class="check">
                    <input type="checkbox" id="calendar-discreet" prop:checked=discreet on:change=discreetly/>
                    <span>"Show only the time: no company, place or link, for calendars that others see"</span>
                </label>
                <label class="check">
                    <input type="checkbox" id="calendar-files" prop:checked=attach_too on:change=with_files/>
                    <span>"Mail me calendar files as well: while a calendar reads the address, none come"</span>
                </label>
                <p class="panel-text">"Whoever has the address can read it."</p>
                {deeds}
            }
            .into_any()
        }
    }
    };
    view! {
        <Panel title="Your calendar" id="calendar">
            {shown}
        </Panel>
    }
}

/// Why it could not be done, in a sentence.
fn why_not(problem: &Problem) -> String {
    match problem.kind {
        ProblemKind::Network => {
            "This needs a connection: the address is kept by the server.".to_owned()
        }
        _ => problem.sentence(),
    }
}

/// The address, and a way into each calendar.
#[component]
fn Address(address: String) -> impl IntoView {
    let store = use_store();
    let told = RwSignal::new(None::<&'static str>);
    let apple = match address.split_once("://") {
        Some((_, rest)) => format!("webcal://{rest}"),
        None => address.clone(),
    };
    let text = StoredValue::new(address.clone());
    let copy = move |how: Option<&'static str>| {
        told.set(how);
        let text = text.get_value();
        spawn_local(async move {
            let said = if dom::copy(&text).await {
                "Address copied"
            } else {
                "This browser does not let it be copied: select it, and copy it by hand."
            };
            store.toast("info", said, None);
        });
    };
    let select =
        |event: FocusEvent| event_target::<leptos::web_sys::HtmlInputElement>(&event).select();
    let others = CALENDARS.map(|(name, page, how)| {
        view! {
            <a class="button" href=page target="_blank" rel="noopener noreferrer" on:click=move |_| copy(Some(how))>
                {name}
            </a>
        }
    });
    view! {
        <div class="fields">
            <FieldRow label="Address" control="calendar-address">
                <div class="input-pair">
                    <input
                        class="input"
                        id="calendar-address"
                        readonly
                        value=address
                        on:focus=select
                    />
                    <button type="button" class="button" on:click=move |_| copy(None)>"Copy"</button>
                </div>
            </FieldRow>
        </div>
        <div class="button-row">
            <a class="button" href=apple on:click=move |_| told.set(Some("Your calendar asks whether to subscribe. Choose to refresh it every hour: on a Mac it is once a week otherwise."))>
                "Apple Calendar"
            </a>
            {others}
        </div>
        <p class="panel-text">
            "How late a change shows is up to each: Apple up to an hour where it is told to refresh so often, Outlook a few hours, Google up to a day."
        </p>
        {move || told.get().map(|how| view! { <p class="panel-text" role="status">{how}</p> })}
    }
}
