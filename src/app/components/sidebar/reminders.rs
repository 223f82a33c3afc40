//! What an application will remind of, and setting one more.

use super::closing::Closing;
use crate::{
    app::{
        acts::Submission,
        components::{
            bell::comes_at,
            each::Each,
            form::{Complaints, DateField, Draft, Editor, Fields, Group, TextField, input_id},
            icon::Icon,
            icon_button::IconButton,
            put_off::PutOff,
        },
    },
    client::{
        dom,
        habits::use_habits,
        store::{BY_QUIET_HOURS, use_store},
        zone::use_zone,
    },
    domain::{
        activity::Activity,
        json,
        reminder::Reminder,
        rules::ReminderChannel,
        time::{Timestamp, ZoneRules as _},
        when::{Holds, Leans, before, ring_label, time_label},
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// What is said of a reminder that was begun and is left.
const UNFINISHED: &str = "Set the reminder, or cancel it.";

/// The reminders of the application `id`, or of one of its activities.
#[component]
pub(super) fn Reminders(
    /// Whose.
    id: Uuid,
    /// Of which activity alone.
    #[prop(optional)]
    activity: Option<Uuid>,
) -> impl IntoView {
    let store = use_store();
    let setting = RwSignal::new(false);
    let rows = Memo::new(move |_| store.reminders_of(id, activity));
    let done = move || {
        setting.set(false);
        request_animation_frame(|| dom::focus("#remind-me"));
    };
    // A row that moves within the list loses the focus to nobody: it gets it back.
    let focused = StoredValue::new(None::<String>);
    Effect::new(move |_| {
        rows.track();
        request_animation_frame(move || {
            if let Some(Some(button)) = focused.try_get_value()
                && !dom::has_focus()
            {
                dom::focus(&button);
            }
        });
    });
    let enter = move |event: leptos::ev::FocusEvent| {
        let buttons = [".reminder-done", ".reminder-later", ".reminder-off"];
        focused.set_value(dom::part_of_row(
            &event,
            ".reminder",
            "data-reminder",
            &buttons,
        ));
    };
    view! {
        <Group title="Reminders">
            <ul class="reminders" on:focusin=enter on:focusout=move |_| focused.set_value(None)>
                // A row stays what it is whatever is changed of it, and with it the focus.
                <Each each=move || rows.get() key=|row| row.id let:row>
                    <Row row rows/>
                </Each>
            </ul>
            {move || if setting.get() {
                view! { <RemindForm application=id activity on_done=done/> }.into_any()
            } else {
                view! {
                    <button type="button" class="button button-quiet" id="remind-me" on:click=move |_| setting.set(true)>
                        {Icon::Bell.view()}
                        "Remind me"
                    </button>
                }
                .into_any()
            }}
        </Group>
    }
}

#[component]
fn Row(
    /// As it was when it came.
    row: Arc<Reminder>,
    /// All of them, as they are.
    rows: Memo<Vec<Arc<Reminder>>>,
) -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let id = row.id;
    let now = Memo::new(move |known: Option<&Arc<Reminder>>| {
        let found = rows.with(|rows| rows.iter().find(|row| row.id == id).cloned());
        // While it goes it shows what it was.
        let known = || Arc::clone(known.unwrap_or(&row));
        found.unwrap_or_else(known)
    });
    let title = move || store.reminder_title(&now.read());
    let of_interview = move || store.lead_in_words(&now.read());
    let name = Memo::new(move |_| match store.lead_in_words(&now.read()) {
        Some(lead) => format!("{}, {lead}", title()),
        None => title(),
    });
    let when = move || {
        let due = now.read().due_at;
        let (at, now, zone) = (comes_at(id, due), store.now(), zone.read());
        // What has rung today is not late yet.
        let label = |at| {
            if at <= now && zone.day(at) == zone.day(now) {
                time_label(at, now, &*zone, habits.get())
            } else {
                ring_label(at, now, &*zone, habits.get())
            }
        };
        let quiet = if at == due { "" } else { BY_QUIET_HOURS };
        format!("{}{quiet}", label(at))
    };
    let line = move || match of_interview() {
        Some(lead) => format!("{lead} · {}", when()),
        None => when(),
    };
    let putting_off = RwSignal::new(false);
    let itself = format!(".reminder[data-reminder=\"{id}\"] .reminder-later");
    let moved = itself.clone();
    let close = move |()| {
        putting_off.set(false);
        dom::focus(&itself);
    };
    let choose = move |at: Timestamp| {
        putting_off.set(false);
        store.snooze(id, at);
        let moved = moved.clone();
        store.once_shown(move || {
            request_animation_frame(move || {
                let is_there = dom::exists(&moved);
                dom::focus(if is_there { &moved } else { "#remind-me" });
            });
        });
    };
    // Whoever takes the focus away names its heir: the same button of the row beside it.
    let leave = move |button: &'static str| {
        let heir = rows.with_untracked(|rows| {
            let place = rows.iter().position(|row| row.id == id)?;
            let beside = rows
                .get(place + 1)
                .or_else(|| rows.get(place.checked_sub(1)?));
            beside.map(|row| format!(".reminder[data-reminder=\"{}\"] {button}", row.id))
        });
        let heir = heir.unwrap_or_else(|| "#remind-me".to_owned());
        store.once_shown(move || {
            request_animation_frame(move || {
                let is_there = dom::exists(&heir);
                dom::focus(if is_there { &heir } else { "#remind-me" });
            });
        });
    };
    let done = move || {
        leave(".reminder-done");
        store.complete_reminder(id);
    };
    let off = move || {
        leave(".reminder-off");
        store.call_off(id);
    };
    view! {
        <li class="reminder" data-reminder=id.to_string()>
            <span class="reminder-what">
                <span>{title}</span>
                <span class="reminder-when">{line}</span>
            </span>
            <IconButton
                label=Signal::derive(move || format!("Done: {}", name.get()))
                icon=Icon::Check
                on_press=done
                class="reminder-done"
            />
            <IconButton
                label=Signal::derive(move || format!("Later: {}", name.get()))
                icon=Icon::Clock
                on_press=move || putting_off.update(|it| *it = !*it)
                expanded=putting_off
                class="reminder-later"
            />
            <IconButton
                label=Signal::derive(move || format!("Call off: {}", name.get()))
                icon=Icon::Close
                on_press=off
                class="reminder-off"
            />
            {move || putting_off.get().then(|| view! {
                <PutOff
                    due=untrack(|| comes_at(id, now.read().due_at))
                    until=store.begins_after(id)
                    field="put_off_reminder"
                    class="reminder-choices"
                    on_choose=choose.clone()
                    on_close=close.clone()
                />
            })}
        </li>
    }
}

/// Of what, and when.
#[component]
fn RemindForm(
    application: Uuid,
    activity: Option<Uuid>,
    /// It is over.
    on_done: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let store = use_store();
    // Whoever leaves what was begun is told first.
    let closing = expect_context::<Closing>();
    on_cleanup(move || closing.unfinished(None));
    // Whether there is anything to lose.
    let begun = RwSignal::new(false);
    // Of what is still to come something is to be prepared.
    let about = activity.and_then(|id| store.row_untracked::<Activity>(id));
    let begins = about
        .and_then(|row| row.starts_at)
        .filter(|at| *at > store.now_untracked());
    let title = if begins.is_some() {
        "Prepare"
    } else {
        "Follow up"
    };
    let fields: Fields = [("title".to_owned(), json!(title))].into_iter().collect();
    let editor = Editor::new(Draft::new(fields), Complaints::default());
    let submission = Submission::default();
    let (ways, may_mail) = store.own_ways();
    let mailed = RwSignal::new(may_mail && ways.contains(&ReminderChannel::Email));
    request_animation_frame(|| dom::focus(&format!("#{}", input_id("due_at"))));
    let set = move |at: Timestamp| {
        let title = json::read::<String>(&editor.saved("title")).unwrap_or_default();
        let done = store.remind(application, activity, &title, at, mailed.get_untracked());
        done.map(|()| on_done())
            .map_err(|problem| problem.sentence())
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        dom::save_typed();
        if ["title", "due_at"]
            .iter()
            .any(|field| editor.is_wrong(field))
            || !submission.begin()
        {
            return;
        }
        let refuse = |field: &'static str, why: &str| {
            submission.end();
            editor.refuse(field, why);
            dom::focus(&format!("#{}", input_id(field)));
        };
        let Ok(at) = json::read::<Timestamp>(&editor.saved("due_at")) else {
            return refuse("due_at", "Say when: “tomorrow 9”, “in 3 days”.");
        };
        if store.time_until(at) <= chrono::Duration::zero() {
            return refuse("due_at", "That has passed. Say a time that is to come.");
        }
        if let Err(why) = set(at) {
            refuse("title", &why);
        }
    };
    let soon = begins.map(|begins| before(begins, store.now_untracked()));
    let chips = soon.unwrap_or_default().into_iter().map(|(label, at)| {
        let press = move |_| {
            dom::save_typed();
            if editor.is_wrong("title") || !submission.begin() {
                return;
            }
            if let Err(why) = set(at) {
                submission.end();
                editor.refuse("title", &why);
            }
        };
        view! { <button type="button" class="chip" on:click=press>{label}</button> }
    });
    let chips = chips.collect_view();
    let titled = RwSignal::new(title.to_owned());
    let look = move || {
        let is_blank = dom::exists(&format!("#{}:placeholder-shown", input_id("due_at")));
        let has_begun = !is_blank || titled.with_untracked(|it| it != title);
        begun.set(has_begun);
        closing.unfinished(has_begun.then_some(UNFINISHED));
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() != "Escape" {
            return;
        }
        // A field that was emptied by it has nothing to lose any more.
        if event.default_prevented() {
            request_animation_frame(look);
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        on_done();
    };
    // Where such mails were stopped as a kind, none comes.
    let ask_of_mails = if may_mail {
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    id="remind-by-mail"
                    prop:checked=mailed
                    on:change=move |event| mailed.set(event_target_checked(&event))
                />
                <span>"Mail me, too"</span>
            </label>
        }
        .into_any()
    } else {
        view! {
            <p class="plan-note">
                "Mails about your own reminders are stopped: "
                <A href="/settings#reminders" attr:class="link">"see the settings"</A> "."
            </p>
        }
        .into_any()
    };
    view! {
        <form
            class="plan"
            aria-label="A reminder"
            novalidate
            on:submit=submit
            on:keydown=key
            data-unfinished=move || begun.get().then_some("")
            on:input=move |event| {
                let field = event_target::<leptos::web_sys::Element>(&event).id();
                if field == input_id("title") {
                    titled.set(event_target_value(&event));
                }
                look();
            }
        >
            <div class="fields">
                <TextField editor field="title" required=true/>
                <DateField editor field="due_at" holds=Holds::Moment leans=Leans::Ahead required=true/>
            </div>
            {ask_of_mails}
            // The focus stays until the form has taken what stands there.
            {begins.is_some().then(|| view! {
                <div class="chips plan-chips" role="group" aria-label="Set it at once, before it begins" on:mousedown=move |event| event.prevent_default()>
                    <span class="chips-label">"Or at once:"</span>
                    {chips}
                </div>
            })}
            // As in the form of a plan: the focus stays until the form has taken what stands there.
            <footer class="plan-footer" on:mousedown=move |event| event.prevent_default()>
                <div class="spacer"></div>
                <button type="button" class="button button-quiet" on:click=move |_| on_done()>"Cancel"</button>
                <button type="submit" class="button button-primary">"Remind me"</button>
            </footer>
        </form>
    }
}
