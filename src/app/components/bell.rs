//! The bell: what has fallen due, what comes later, and what is done.

use super::{dialog::Dialog, each::Each, icon::Icon, icon_button::IconButton, put_off::PutOff};
use crate::{
    app::{dialogs::use_dialogs, keys::is_undo},
    client::{
        asked, dom,
        habits::use_habits,
        hydration::take_over_later,
        notifications::{self, Alerts},
        store::{Store, use_store},
        told,
        zone::use_zone,
    },
    domain::{
        activity::Activity,
        agenda::{Item, reminded},
        application::Application,
        bell::{Bell, Rung},
        quiet_hours::{QuietHours, night},
        reminder::Reminder,
        rules::ReminderChannel,
        rules_in_words::lead_to,
        settings::{ClockTime, Settings},
        time::Timestamp,
        when::{Habits, clock, ring_label, time_label},
    },
};
use chrono::Duration;
use leptos::prelude::*;
use leptos_router::components::A;
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

/// Rows of a pile that show.
const SHOWN: usize = 50;
/// What went out longer ago is no news to a page that hears of it.
const NEWS: Duration = Duration::minutes(2);

/// So far ahead of the page's clock the server's may be.
const AHEAD: Duration = Duration::hours(1);

/// A little longer than from one look at the clock to the next.
const SOON: Duration = Duration::seconds(75);

/// The first field of the quiet hours, in the settings.
pub const QUIET_HOURS: &str = "#f-quiet_hours_start";

/// When a reminder comes, quiet hours included; `due` where that is not known.
pub fn comes_at(id: Uuid, due: Timestamp) -> Timestamp {
    let BellModel(bell) = use_bell();
    let bell = bell.read();
    let rung = bell.later.iter().find(|rung| rung.id == id);
    rung.map_or(due, |rung| rung.at)
}

/// What the bell of a page knows. Copied freely.
#[derive(Clone, Copy)]
pub struct BellModel(Memo<Arc<Bell>>);

/// What reminders ask for that nothing else does.
#[derive(Clone, Copy)]
struct Reminded(Memo<Arc<Vec<Item>>>);

/// What reminders ask for that nothing else does, for all that says what is to do.
pub fn use_reminded() -> Memo<Arc<Vec<Item>>> {
    let Reminded(items) = expect_context();
    items
}

/// Which reminders have fallen due and wait.
pub fn use_rung() -> Memo<HashSet<Uuid>> {
    let BellModel(bell) = use_bell();
    Memo::new(move |_| bell.read().new.iter().map(|rung| rung.id).collect())
}

/// How many reminders are new, for what stands outside the frame: the title of the window.
#[derive(Clone, Copy, Default)]
pub struct NewReminders(pub RwSignal<usize>);

/// Provides it, and tells of each reminder that falls due.
pub fn provide() {
    let (store, zone) = (use_store(), use_zone());
    let count = expect_context::<NewReminders>();
    let bell = Memo::new(move |_| {
        let rows = store.rows::<Reminder>();
        let quiet = store
            .settings()
            .and_then(|settings| QuietHours::of(&settings));
        Arc::new(Bell::new(
            rows.values(),
            |id| store.row::<Application>(id),
            |id| store.row::<Activity>(id),
            quiet,
            store.now(),
            &*zone.read(),
        ))
    });
    provide_context(BellModel(bell));
    // It rings when it is due, and not at the next minute of the page's clock.
    Effect::new(move |_| {
        let now = store.now();
        let next = bell.read().next().map(|next| next.at);
        if let Some(at) = next.filter(|at| *at - now < SOON) {
            store.look_at_clock(at);
        }
    });

    provide_context(Reminded(Memo::new(move |_| {
        let bell = bell.read();
        Arc::new(reminded(
            &bell,
            |id| store.row::<Reminder>(id),
            |id| store.row::<Application>(id),
            |id| store.row::<Activity>(id),
            &*zone.read(),
        ))
    })));
    // What was told once is not told again: not after its answer was taken back, either.
    let told = StoredValue::new(HashSet::<(Uuid, Timestamp)>::new());
    Effect::new(move |known: Option<HashSet<Uuid>>| {
        let bell = bell.get();
        let now = untrack(|| store.now());
        for rung in &bell.new {
            let is_first = told
                .try_update_value(|told| told.insert((rung.id, rung.ready)))
                .unwrap_or_default();
            let is_news = now - rung.at < NEWS && rung.at - now < AHEAD;
            if is_first && known.is_some() && is_news {
                // Not before the page knows how the person writes times.
                let (id, key) = (rung.id, format!("{}:{}", rung.id, rung.ready.timestamp()));
                take_over_later(move || {
                    if told::is_first(&key) {
                        tell(store, id);
                    }
                });
            }
        }
        // Nor is what was done before this page came.
        told.update_value(|told| told.extend(bell.done.iter().map(|it| (it.id, it.ready))));
        // What was answered is not asked any more.
        let rings = |id: &Uuid| bell.new.iter().any(|rung| rung.id == *id);
        for id in known.iter().flatten().filter(|id| !rings(id)) {
            store.unsay_reminder(*id);
        }
        if count.0.get_untracked() != bell.new.len() {
            count.0.set(bell.new.len());
            dom::set_badge(bell.new.len());
        }
        bell.new.iter().map(|rung| rung.id).collect()
    });
}

/// Says that a reminder has fallen due: in the page while it can be seen, and by the system where somebody
/// looks at something else and wants that.
fn tell(store: Store, id: Uuid) {
    let Some(row) = store.row_untracked::<Reminder>(id) else {
        return;
    };
    let address = row.page();
    if !dom::is_used() && notifications::of_device() == Alerts::On {
        let of = store.row_untracked::<Application>(row.application_id);
        let of = of.map(|of| of.name()).unwrap_or_default();
        notifications::show(&store.reminder_title(&row), &of, &id.to_string(), &address);
    }
    if dom::is_looked_at() {
        store.ring(id, store.reminder_name(&row), address);
    }
}

fn use_bell() -> BellModel {
    expect_context::<BellModel>()
}

/// The bell in the head of a page, with how much is new.
#[component]
pub fn BellButton() -> impl IntoView {
    let (dialogs, BellModel(bell)) = (use_dialogs(), use_bell());
    let count = Memo::new(move |_| bell.read().new.len());
    let said = move || match count.get() {
        0 => "Reminders".to_owned(),
        count => format!("Reminders, {count} new"),
    };
    let shown = move || match count.get() {
        0 => String::new(),
        count @ 1..=99 => count.to_string(),
        _ => "99+".to_owned(),
    };
    view! {
        <button
            type="button"
            class="icon-button bell-button"
            title="Reminders"
            aria-label=said
            on:click=move |_| dialogs.bell.set(true)
        >
            {Icon::Bell.view()}
            <span class="bell-count" aria-hidden="true">{shown}</span>
        </button>
    }
}

/// The piles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pile {
    New,
    Later,
    Done,
}

impl Pile {
    const ALL: [Self; 3] = [Self::New, Self::Later, Self::Done];

    const fn label(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Later => "Later",
            Self::Done => "Done",
        }
    }

    fn of(self, bell: &Bell) -> &[Rung] {
        match self {
            Self::New => &bell.new,
            Self::Later => &bell.later,
            Self::Done => &bell.done,
        }
    }

    const fn nothing(self) -> &'static str {
        match self {
            Self::New => "Nothing new.",
            Self::Later => {
                "Nothing planned. Reminders come by themselves when you apply, plan an interview or get an offer; or set one on an application."
            }
            Self::Done => "What you tick off stands here for 30 days.",
        }
    }
}

/// The list behind the bell, as a dialog.
#[component]
pub fn BellPanel() -> impl IntoView {
    let (dialogs, BellModel(bell)) = (use_dialogs(), use_bell());
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let pile = RwSignal::new(Pile::New);
    let putting_off = RwSignal::new(None::<Uuid>);
    let most = RwSignal::new(SHOWN);
    // Asked at the first reminder, and never again on this device.
    let nights_asked = RwSignal::new(true);
    let close = move || {
        putting_off.set(None);
        dialogs.bell.set(false);
        // What opened it may be gone, as a message is.
        request_animation_frame(|| {
            if !dom::has_focus() {
                dom::focus(".bell-button");
            }
        });
    };
    let ready = move || {
        // Another tab may have heard the answer.
        nights_asked.set(asked::was(asked::QUIET_HOURS));
        pile.set(Pile::New);
        most.set(SHOWN);
    };
    let items = move || {
        let bell = bell.read();
        let rows = pile.get().of(&bell).iter().copied();
        rows.take(most.get()).collect::<Vec<_>>()
    };
    let left = Memo::new(move |_| pile.get().of(&bell.read()).len().saturating_sub(most.get()));
    let more = move || {
        let show = move |_| most.update(|most| *most += SHOWN);
        (left.get() > 0).then(|| {
            view! {
                <li class="bell-more">
                    <button type="button" class="button button-quiet" on:click=show>
                        {move || format!("Show {} of {} more", left.get().min(SHOWN), left.get())}
                    </button>
                </li>
            }
        })
    };
    let deed = Memo::new(move |_| store.last_deed().map(|toast| (toast.id, toast.text)));
    // The messages are behind the dialog: what they offer is had here, and by the key.
    let way_back = move || {
        let (id, text) = deed.get()?;
        let undo = move |_| {
            _ = store.act(id);
            dom::focus("#bell-title");
        };
        Some(view! {
            // The deed before it slides into its place.
            <p class="bell-deed" role="status" data-slides="">
                <span>{text}</span>
                <button type="button" class="button" on:click=undo>"Undo"</button>
            </p>
        })
    };
    let undo = move |event: leptos::ev::KeyboardEvent| {
        if is_undo(&event) && store.undo_last() {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let is_empty = Memo::new(move |_| pile.get().of(&bell.read()).is_empty());
    let next = move || {
        let bell = bell.read();
        let next = bell.next().filter(|_| pile.get() == Pile::New)?;
        let row = store.row::<Reminder>(next.id)?;
        let at = time_label(next.at, store.now(), &*zone.read(), habits.get());
        Some(format!(" Next: {}, {at}.", store.reminder_name(&row)))
    };
    let offers_nights = Memo::new(move |_| {
        let none = |settings: &Settings| {
            settings.quiet_hours_start.is_none() && settings.quiet_hours_end.is_none()
        };
        let has_any = || {
            Pile::ALL
                .iter()
                .any(|pile| !pile.of(&bell.read()).is_empty())
        };
        !nights_asked.get() && store.settings().as_deref().is_some_and(none) && has_any()
    });
    let answer = move |keep: bool| {
        asked::remember(asked::QUIET_HOURS);
        nights_asked.set(true);
        if keep {
            let (start, end) = night_in_words(habits.get_untracked());
            store.keep_nights_quiet(format!("Quiet from {start} to {end}"));
        }
        dom::focus("#bell-title");
    };
    let offer = move || {
        let (start, end) = night_in_words(habits.get());
        offers_nights.get().then(|| {
            view! {
                <p class="bell-deed">
                    <span>
                        {format!("Keep nights quiet? From {start} to {end} nothing rings: it comes in the morning.")}
                    </span>
                    <button type="button" class="button" on:click=move |_| answer(true)>"Keep quiet"</button>
                    <button type="button" class="button button-quiet" on:click=move |_| answer(false)>"No"</button>
                </p>
            }
        })
    };
    let quiet = move || {
        let settings = store.settings();
        settings.map(|settings| quiet_words(&settings, habits.get()))
    };
    view! {
        <Dialog
            class="bell"
            title_id="bell-title"
            open=dialogs.bell
            light=true
            on_open=Callback::new(move |()| ready())
            on_close=Callback::new(move |()| close())
        >
            <div class="bell-head" on:keydown=undo>
                <h2 class="dialog-title" id="bell-title" tabindex="-1" autofocus>"Reminders"</h2>
                <div class="segments" role="group" aria-label="Which reminders">
                    {Pile::ALL.map(|one| {
                        let count = move || match one.of(&bell.read()).len() {
                            0 => String::new(),
                            count => format!(" {count}"),
                        };
                        view! {
                            <button
                                type="button"
                                class="segment"
                                aria-pressed=move || (pile.get() == one).to_string()
                                on:click=move |_| pile.set(one)
                            >
                                {one.label()}
                                {move || (one != Pile::Done).then(count)}
                            </button>
                        }
                    })}
                </div>
            </div>
            // Built only while it is open: it reads all that there is.
            {move || dialogs.bell.get().then(|| view! {
                <ul class="bell-list" on:keydown=undo>
                    <Each each=items key=move |rung| (rung.id, rung.at, rung.due, pile.get_untracked() as u8) let:rung>
                        <Row rung pile=pile.get_untracked() putting_off/>
                    </Each>
                    {more}
                </ul>
                {move || is_empty.get().then(|| view! {
                    <p class="panel-text bell-empty">{move || pile.get().nothing()} {next}</p>
                })}
            })}
            {way_back}
            {offer}
            <footer class="dialog-footer">
                <A
                    href="/settings#quiet-hours"
                    attr:class="bell-quiet"
                    on:click=move |_| {
                        close();
                        // Where one is there already, nothing else does it.
                        request_animation_frame(|| dom::focus(QUIET_HOURS));
                    }
                >
                    {quiet}
                </A>
                <button type="button" class="button" on:click=move |_| close()>"Close" <kbd>"Esc"</kbd></button>
            </footer>
        </Dialog>
    }
}

/// From when until when a night is.
fn night_in_words(habits: Habits) -> (String, String) {
    let (start, end) = night();
    let at = |time: ClockTime| clock(time.time(), habits.clock);
    (at(start), at(end))
}

/// What is said of quiet hours.
fn quiet_words(settings: &Settings, habits: Habits) -> String {
    match (settings.quiet_hours_start, settings.quiet_hours_end) {
        (Some(start), Some(end)) if start != end => {
            let at = |time| clock(time, habits.clock);
            format!(
                "Quiet from {} to {} · Change",
                at(start.time()),
                at(end.time())
            )
        }
        _ => "Set quiet hours".to_owned(),
    }
}

#[component]
fn Row(rung: Rung, pile: Pile, putting_off: RwSignal<Option<Uuid>>) -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let dialogs = use_dialogs();
    let id = rung.id;
    let row = Memo::new(move |last: Option<&Option<_>>| {
        let now = store.row::<Reminder>(id);
        // While it goes away its last state stands.
        now.or_else(|| last.cloned().flatten())
    });
    let title = Memo::new(move |_| {
        let row = row.read();
        row.as_ref()
            .map(|row| store.reminder_title(row))
            .unwrap_or_default()
    });
    let of = move || {
        let row = row.read();
        let of = store.row::<Application>(row.as_ref()?.application_id)?;
        Some(of.name())
    };
    let is_off = Memo::new(move |_| {
        let row = row.read();
        row.as_ref().is_some_and(|row| row.canceled_at.is_some())
    });
    let BellModel(bell) = use_bell();
    let shown = if pile == Pile::New { rung.due } else { rung.at };
    // Those of one interview are told apart by how long before it they come.
    let when = move || {
        let (row, zone, now) = (row.read(), zone.read(), store.now());
        let lead = row.as_deref().and_then(|row| {
            let about = store.row::<Activity>(row.activity_id?)?;
            let starts = about.starts_at?;
            let lead = lead_to(row, starts)?;
            let begins = ring_label(starts, now, &*zone, habits.get());
            // Quiet hours may have it come at another time.
            let comes = (pile == Pile::Later && rung.at != rung.due)
                .then(|| format!(", comes {}", time_label(rung.at, now, &*zone, habits.get())));
            Some(format!("{lead} {begins}{}", comes.unwrap_or_default()))
        });
        let at = || time_label(shown, now, &*zone, habits.get());
        let begins = || row.as_deref().and_then(|row| store.begins_in_words(row));
        let is_unmailed = row
            .as_deref()
            .is_some_and(|row| row.failed.contains(&ReminderChannel::Email));
        let unmailed = if is_unmailed {
            " · its mail failed"
        } else {
            ""
        };
        let said = match pile {
            Pile::Done if is_off.get() => format!("Called off {}", at()),
            Pile::Done => format!("Done {}", at()),
            Pile::New | Pile::Later => lead.unwrap_or_else(|| match begins() {
                Some(begins) => format!("{} · {begins}", at()),
                None => at(),
            }),
        };
        format!("{said}{unmailed}")
    };
    let name = Memo::new(move |_| {
        let row = row.read();
        let lead = row.as_deref().and_then(|row| store.lead_in_words(row));
        let lead = lead.map(|lead| format!(", {lead}")).unwrap_or_default();
        format!("{}{lead}", title.get())
    });
    let href = move || {
        let row = row.read();
        row.as_deref().map(Reminder::page)
    };
    let icon = move || {
        let of_activity = row
            .read()
            .as_ref()
            .is_some_and(|row| row.activity_id.is_some());
        let icon = if of_activity {
            Icon::Calendar
        } else {
            Icon::Bell
        };
        icon.view()
    };
    // Whoever takes the focus away names its heir: the same button of the row beside it.
    let leave = move |button: usize| {
        let heir = bell.with_untracked(|bell| {
            let rows = pile.of(bell);
            let place = rows.iter().position(|row| row.id == id)?;
            let beside = rows
                .get(place + 1)
                .or_else(|| rows.get(place.checked_sub(1)?));
            beside.map(|row| row.id)
        });
        let heir = heir.map_or("#bell-title".to_owned(), |id| {
            format!("[data-reminder=\"{id}\"] .bell-actions button:nth-child({button})")
        });
        store.once_shown(move || {
            request_animation_frame(move || dom::focus(&heir));
        });
    };
    let done = move || {
        leave(1);
        store.complete_reminder(id);
    };
    let later = move || putting_off.update(|it| *it = (*it != Some(id)).then_some(id));
    let off = move || {
        leave(3);
        store.call_off(id);
    };
    let again = move || {
        leave(1);
        if is_off.get_untracked() {
            store.set_again(id);
        } else {
            store.reopen_reminder(id);
        }
    };
    let is_open = pile != Pile::Done;
    let puts_off = Memo::new(move |_| putting_off.get() == Some(id));
    view! {
        <li class="bell-row" data-reminder=id.to_string()>
            <span class="bell-icon">{icon}</span>
            <A
                href=move || href().unwrap_or_default()
                attr:class="bell-link"
                on:click=move |_| dialogs.bell.set(false)
            >
                <span class="bell-what">{title}</span>
                <span class="bell-of">{when} " · " {of}</span>
            </A>
            {is_open.then(|| view! {
                <span class="bell-actions">
                    <IconButton label=Signal::derive(move || format!("Done: {}", name.get())) icon=Icon::Check on_press=done/>
                    <IconButton label=Signal::derive(move || format!("Later: {}", name.get())) icon=Icon::Clock on_press=later expanded=puts_off/>
                    <IconButton label=Signal::derive(move || format!("Call off: {}", name.get())) icon=Icon::Close on_press=off/>
                </span>
            })}
            // Where what it is about is over, it would show nowhere.
            {(!is_open && rung.asks).then(|| view! {
                <span class="bell-actions">
                    <IconButton
                        label=Signal::derive(move || {
                            let verb = if is_off.get() { "Set again" } else { "Not done" };
                            format!("{verb}: {}", name.get())
                        })
                        icon=Icon::Reply
                        on_press=again
                    />
                </span>
            })}
            {move || puts_off.get().then(|| view! {
                <Choices rung has_rung=pile == Pile::New putting_off leave=Callback::new(move |()| leave(2))/>
            })}
        </li>
    }
}

/// When instead.
#[component]
fn Choices(
    rung: Rung,
    has_rung: bool,
    putting_off: RwSignal<Option<Uuid>>,
    /// The row goes, and names an heir of the focus.
    leave: Callback<()>,
) -> impl IntoView {
    let store = use_store();
    let choose = move |at: Timestamp| {
        leave.run(());
        putting_off.set(None);
        store.snooze(rung.id, at);
    };
    // One that has rung is due, whatever this clock says.
    let now = store.now_untracked();
    let due = if has_rung { rung.at.min(now) } else { rung.at };
    let close = move |()| {
        putting_off.set(None);
        dom::focus(&format!(
            "[data-reminder=\"{}\"] .bell-actions button:nth-child(2)",
            rung.id
        ));
    };
    view! {
        <PutOff due until=store.begins_after(rung.id) field="put_off" class="bell-choices" on_choose=choose on_close=close/>
    }
}
