//! One thing to do.

use super::{
    AgendaModel, Part, use_agenda,
    wording::{activity_of, href_of, key_of, reminder_of, time_of, title_of},
};
use crate::{
    app::{
        components::{
            activity::{JoinLink, Moods, meeting_link},
            icon::Icon,
            icon_button::IconButton,
            monogram::Monogram,
            put_off::PutOff,
        },
        origin::{Opened, use_origin},
    },
    client::{
        dom,
        habits::use_habits,
        store::{Store, use_store},
        zone::use_zone,
    },
    domain::{
        activity::Activity,
        agenda::{Item, Subject, countdown, is_asked},
        application::Application,
        reminder::Reminder,
        time::Timestamp,
    },
};
use chrono::Duration;
use leptos::prelude::*;
use leptos_router::components::A;

/// Before its start so long, and while it lasts, one can join a meeting.
const JOIN_BEFORE: Duration = Duration::minutes(15);

/// The row of an item.
#[component]
pub fn AgendaRow(
    /// What is to be done.
    item: Item,
    /// Where it stands.
    part: Part,
) -> impl IntoView {
    let (store, zone, model) = (use_store(), use_zone(), use_agenda());
    let habits = use_habits();
    let activity = Memo::new(move |last: Option<&Option<_>>| {
        let now = activity_of(item.subject).and_then(|id| store.row::<Activity>(id));
        // While it goes away its last state stands.
        now.or_else(|| last.cloned().flatten())
    });
    let reminder = Memo::new(move |last: Option<&Option<_>>| {
        let now = reminder_of(item.subject).and_then(|id| store.row::<Reminder>(id));
        now.or_else(|| last.cloned().flatten())
    });
    let row = Memo::new(move |last: Option<&Option<_>>| {
        let now = store.row::<Application>(item.application);
        now.or_else(|| last.cloned().flatten())
    });
    let company = Signal::derive(move || {
        let row = row.read();
        row.as_ref()
            .map(|row| row.company.to_string())
            .unwrap_or_default()
    });
    let title = Memo::new(move |_| {
        let (row, activity, reminder) = (row.read(), activity.read(), reminder.read());
        title_of(
            &item,
            row.as_deref(),
            activity.as_deref(),
            reminder.as_deref(),
        )
    });
    let of = move || {
        let row = row.read();
        row.as_ref().map(|row| row.name())
    };
    let time = move || time_of(&item, part, store.now(), &*zone.read(), habits.get());
    let is_planned = matches!(item.subject, Subject::Activity(_));
    let until = move || {
        let soon = is_planned && matches!(part, Part::Today);
        soon.then(|| countdown(item.at, item.until, store.now(), &*zone.read()))
            .filter(|text| text != "now")
    };
    let join = move || {
        let now = store.now();
        let is_near = item.at - JOIN_BEFORE <= now && now <= item.until;
        let link = meeting_link(activity.read().as_deref()?)?;
        (is_planned && is_near).then(|| view! { <JoinLink link/> })
    };
    let status = move || row.read().as_ref().map(|row| row.status.as_str());
    let done = move || done(store, model, item);
    let later = move || later(store, model, item);
    // A conversation whose time is over: how did it go?
    let asks = Memo::new(move |_| {
        let (activity, now) = (activity.read(), store.now());
        let over = activity
            .as_ref()
            .filter(|row| row.r#type.is_talk() && row.is_over(now));
        over.filter(|_| is_planned).map(|row| row.id)
    });
    // A conversation is an appointment with somebody: it is moved, and not put off.
    let put_off = Memo::new(move |_| {
        let activity = activity.read();
        let is_talk = activity.as_ref().is_some_and(|row| row.r#type.is_talk());
        if is_planned && is_talk {
            "Move"
        } else {
            "Later"
        }
    });
    let origin = use_origin();
    let opened = move |_| origin.leaves_today(opened(&item, false));
    let putting_off = Memo::new(move |_| model.later.get() == Some(item));
    let key = key_of(&item);
    view! {
        <li class="agenda-row" data-item=key.clone() data-late=(part == Part::Late).then_some("")>
            <span class="agenda-time">{time}</span>
            <Monogram company/>
            <A
                href=move || href_of(&item, activity.read().as_deref(), reminder.read().as_deref())
                attr:class="agenda-link"
                on:click=opened
            >
                <span class="agenda-what">{title}</span>
                <span class="agenda-of">
                    <i class="status-dot" data-status=status></i>
                    <span>{of}</span>
                </span>
            </A>
            {move || until().map(|text| view! { <span class="agenda-until">{text}</span> })}
            {join}
            <span class="agenda-actions">
                <IconButton label=Signal::derive(move || format!("Done: {}", title.get())) icon=Icon::Check on_press=done class="agenda-done"/>
                <IconButton label=Signal::derive(move || format!("{}: {}", put_off.get(), title.get())) icon=Icon::Clock on_press=later expanded=putting_off class="agenda-later"/>
            </span>
            {move || asks.get().map(|id| {
                let told = move |mood| finish(store, model, item, |store| store.tell_how_it_went(id, mood));
                view! {
                    <div class="agenda-how">
                        <span>"How did it go?"</span>
                        <Moods chosen=None on_choose=told/>
                    </div>
                }
            })}
            {move || putting_off.get().then(|| view! { <LaterChoices item/> })}
        </li>
    }
}

/// An item, as what was opened on Today.
fn opened(item: &Item, to_move: bool) -> Opened {
    Opened {
        item: key_of(item),
        application: item.application,
        to_move,
    }
}

/// It is done. What is next is asked where it stood; where that is known already, the focus goes on.
pub fn done(store: Store, model: AgendaModel, item: Item) {
    finish(store, model, item, |store| store.complete(&item));
}

/// The same, where `complete` says that it is done, and perhaps more.
fn finish(store: Store, model: AgendaModel, item: Item, complete: impl FnOnce(Store)) {
    // Pressed twice, it is done once: what was done a moment ago may not show yet.
    let activity = activity_of(item.subject).and_then(|id| store.row_untracked::<Activity>(id));
    let row = store.row_untracked::<Application>(item.application);
    let reminder = reminder_of(item.subject).and_then(|id| store.row_untracked::<Reminder>(id));
    if !is_asked(
        &item,
        row.as_deref(),
        activity.as_deref(),
        reminder.as_deref(),
    ) {
        return;
    }
    let (part, beside) = (model.part_of(&item), model.beside(&item));
    complete(store);
    model.later.set(None);
    let next = store
        .row_untracked::<Application>(item.application)
        .and_then(|row| row.next_action.clone());
    match part.filter(|_| next.is_none()) {
        Some(part) => {
            model.heir.set_value(beside);
            model.asked.set(Some((part, item)));
        }
        None => store.once_shown(move || go_on_to(beside)),
    }
}

/// The focus goes to another item, or to the page where there is none.
pub fn go_on_to(item: Option<Item>) {
    let link = item.map(|item| format!("[data-item=\"{}\"] .agenda-link", key_of(&item)));
    request_animation_frame(move || dom::focus(link.as_deref().unwrap_or("#main")));
}

/// It is put off: the person is asked until when. A conversation is an appointment with somebody: it is
/// moved where its time stands.
pub fn later(store: Store, model: AgendaModel, item: Item) {
    let activity = activity_of(item.subject).and_then(|id| store.row_untracked::<Activity>(id));
    let is_planned = matches!(item.subject, Subject::Activity(_));
    match activity.filter(|row| is_planned && row.r#type.is_talk()) {
        Some(row) => {
            model.origin.leaves_today(opened(&item, true));
            model.open.set(Some(href_of(&item, Some(&row), None)));
        }
        None => model.later.set(Some(item)),
    }
}

/// When instead.
#[component]
fn LaterChoices(item: Item) -> impl IntoView {
    let (store, model) = (use_store(), use_agenda());
    // Back to what it was opened by: the button, or the row by its key.
    let button = format!("[data-item=\"{}\"] .agenda-later", key_of(&item));
    let origin = if dom::exists(&format!("{button}:focus")) {
        button
    } else {
        format!("[data-item=\"{}\"] .agenda-link", key_of(&item))
    };
    let close = move |()| {
        model.later.set(None);
        dom::focus(&origin);
    };
    let choose = move |at: Timestamp| {
        let beside = model.beside(&item);
        model.later.set(None);
        store.postpone(&item, at);
        store.once_shown(move || go_on_to(beside));
    };
    let until = reminder_of(item.subject).and_then(|id| store.begins_after(id));
    view! {
        <PutOff due=item.at until field="put_off_item" class="agenda-choices" on_choose=choose on_close=close/>
    }
}
