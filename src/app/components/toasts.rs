//! Messages that go away by themselves.

use super::{each::Each, icon::Icon, icon_button::IconButton};
use crate::{
    app::{components::bell::NewReminders, dialogs::use_dialogs, pwa::UpdateOffer},
    client::{
        dom,
        habits::use_habits,
        store::use_store,
        toasts::{Toast, ToastAction},
        zone::use_zone,
    },
    domain::{
        reminder::Reminder,
        time::ZoneRules,
        when::{before, day_label},
    },
};
use chrono::Duration;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

/// The messages, newest at the bottom.
#[component]
pub fn Toasts() -> impl IntoView {
    let store = use_store();
    view! {
        // The second half of a double press is no deed to the message that slides there.
        <div class="toasts" role="region" aria-label="Notifications" data-slides="">
            <UpdateOffer/>
            <Each each=move || store.toasts() key=|toast| toast.id let:toast>
                <ToastView toast/>
            </Each>
        </div>
    }
}

/// Gives the focus to the next message, or to the page where there is none.
fn focus_next() {
    let button = ".toasts button";
    dom::focus(if dom::exists(button) { button } else { "#main" });
}

#[component]
fn ToastView(toast: Toast) -> impl IntoView {
    let store = use_store();
    let dialogs = use_dialogs();
    let navigate = use_navigate();
    let Toast {
        id,
        kind,
        text,
        action,
        ..
    } = toast;
    let role = if kind == "info" { "status" } else { "alert" };
    // Who reads it, or is in it, is not hurried.
    let (read, focused) = (StoredValue::new(false), StoredValue::new(false));
    // A browser may tell of the focus or the pointer once more while the message goes away.
    let is_so = |it: StoredValue<bool>| it.try_get_value().unwrap_or_default();
    let hold = move |by: StoredValue<bool>, holds: bool| {
        _ = by.try_set_value(holds);
        if is_so(read) || is_so(focused) {
            store.hold(id);
        } else {
            store.linger(id);
        }
    };
    // The focus does not go down with it.
    let leave = move || {
        if is_so(focused) {
            request_animation_frame(focus_next);
        }
    };
    // It may count on while it stands.
    let rings = match &action {
        Some(ToastAction::Answer { reminder, .. }) => Some(*reminder),
        _ => None,
    };
    let counts = action == Some(ToastAction::ShowReminders);
    let NewReminders(waiting) = expect_context();
    let text = Memo::new(move |last: Option<&String>| {
        let said = store.toast_text(id).or_else(|| last.cloned());
        // What a reminder says, and how many there are, may change while that is told.
        let rung = rings.and_then(|id| store.row::<Reminder>(id));
        let rung = rung.map(|row| store.reminder_name(&row));
        let many = counts.then(|| waiting.get()).filter(|count| *count > 0);
        let many = many.map(|count| match count {
            1 => "1 reminder is due".to_owned(),
            count => format!("{count} reminders are due"),
        });
        let said = rung.or(many).or(said);
        said.unwrap_or_else(|| text.clone())
    });
    let placed = action.as_ref().and_then(ToastAction::placed);
    let follow_up = placed
        .filter(|_| kind == "info")
        .map(|of| view! { <FollowUpChip toast=id of/> });
    let answers = action.as_ref().and_then(|action| match action {
        ToastAction::Answer { reminder, .. } => Some(*reminder),
        _ => None,
    });
    let answers = answers.map(|reminder| {
        // The message goes once the answer shows.
        let answered = move |had_focus: bool| {
            if had_focus {
                store.once_shown(|| request_animation_frame(focus_next));
            }
        };
        let done = move |_| {
            let had_focus = is_so(focused);
            store.complete_reminder(reminder);
            answered(had_focus);
        };
        // What is before something is not put off until that has begun.
        let until = store.begins_after(reminder);
        let soonest = move || {
            let now = store.now_untracked();
            let hour = now + Duration::hours(1);
            match until {
                Some(until) if hour >= until => before(until, now).first().copied(),
                _ => Some(("In 1 hour", hour)),
            }
        };
        let later = soonest().map(|(label, _)| {
            let press = move |_| {
                let had_focus = is_so(focused);
                if let Some((_, at)) = soonest() {
                    store.snooze(reminder, at);
                }
                answered(had_focus);
            };
            // "Again in 1 hour".
            let label = format!("Again {}", label.to_lowercase());
            view! { <button type="button" class="toast-action" on:click=press>{label}</button> }
        });
        view! {
            <button type="button" class="toast-action" on:click=done>"Done"</button>
            {later}
        }
    });
    // A conflict is a question with two answers.
    let keep = action
        .as_ref()
        .and_then(ToastAction::keep_label)
        .map(|label| {
            view! {
                <button
                    type="button"
                    class="toast-action toast-keep"
                    on:click=move |_| {
                        leave();
                        store.decline(id);
                    }
                >
                    {label}
                </button>
            }
        });
    let offer = action.map(|action| {
        let press = move |_| match store.act(id) {
            Some(ToastAction::Open(record)) => navigate(
                &format!("/board/{record}"),
                leptos_router::NavigateOptions::default(),
            ),
            Some(ToastAction::Answer { address, .. }) => {
                navigate(&address, leptos_router::NavigateOptions::default());
            }
            Some(ToastAction::SignIn) => {
                _ = window().open_with_url_and_target("/sign-in", "_blank");
            }
            Some(ToastAction::Review) => dialogs.sync.set(true),
            Some(ToastAction::ShowReminders) => dialogs.bell.set(true),
            Some(ToastAction::Reload) => dom::reload(),
            Some(ToastAction::Settings) => {
                navigate("/settings", leptos_router::NavigateOptions::default());
            }
            _ => leave(),
        };
        view! { <button type="button" class="toast-action" on:click=press>{action.label()}</button> }
    });
    let dismiss = move || {
        leave();
        store.dismiss(id);
    };
    view! {
        <div
            class="toast"
            data-kind=kind
            role=role
            on:pointerenter=move |_| hold(read, true)
            on:pointerleave=move |_| hold(read, false)
            on:focusin=move |event| hold(focused, dom::focus_shows(&event))
            on:focusout=move |_| hold(focused, false)
        >
            {(kind == "reminder").then(|| view! {
                <span class="toast-bell">{Icon::Bell.view()} <span class="visually-hidden">"Reminder:"</span></span>
            })}
            <span class="toast-text">{text}</span>
            {follow_up}
            {answers}
            // In the order of the panel, whose columns are mine and theirs.
            {offer}
            {keep}
            <IconButton label="Dismiss" icon=Icon::Close on_press=dismiss class="toast-close"/>
        </div>
    }
}

/// Whether the application is followed up, where that is to come: on while it is pressed.
#[component]
fn FollowUpChip(
    /// In which message.
    toast: u64,
    /// Of which application.
    of: Uuid,
) -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let known = Memo::new(move |_| store.follow_up(of).map(|it| (it.at, it.on)));
    let is_offered = Memo::new(move |_| known.get().is_some());
    let label = move || {
        let (at, on) = known.get()?;
        if !on {
            return Some("No follow-up".to_owned());
        }
        let (zone, now) = (zone.read(), store.now());
        let day = day_label(zone.day(at), zone.day(now), habits.get().order);
        Some(format!("Follow up {day}"))
    };
    let on = move || known.get().is_some_and(|(_, on)| on).to_string();
    let turn = move |_| {
        store.turn_follow_up(of, toast);
        store.linger(toast);
    };
    move || {
        is_offered.get().then(|| {
            view! {
                <button type="button" class="chip toast-chip" aria-pressed=on on:click=turn>
                    {Icon::Bell.view()}
                    {label}
                </button>
            }
        })
    }
}
