//! One activity in full: when, how, what to prepare, and how it went.

use super::{
    moods::Moods,
    wording::{meeting_link, when_label},
};
use crate::{
    api::BASE,
    app::components::{
        each::Each,
        form::{
            ChecklistField, Choice, Complaints, DateField, Editor, Fields, Group, Record,
            RowRecord, RowsField, SelectField, TextAreaField, TextField, choices, fields_of,
            input_id, name_zone,
        },
        icon::Icon,
    },
    client::{
        dom,
        engine::{Edit, Op, SyncState},
        habits::use_habits,
        labels::length_label,
        store::{Store, use_store},
        zone::{CurrentZone, Zone, use_zone},
    },
    domain::{
        activity::{
            Activity, ActivityPatch, ActivityStatus, ActivityType, FollowupChannel,
            InterviewMedium, InterviewStage, Minutes,
        },
        agenda::countdown,
        application::Application,
        fields::Patch as _,
        json,
        link::WebUrl,
        mood::Mood,
        order::sort_by_key,
        row::OfEdit as _,
        time::{Timestamp, ZoneName, ZoneRules},
        when::{Holds, Leans},
    },
};
use leptos::{context::Provider, prelude::*};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// The lengths that are offered, in minutes.
const LENGTHS: [i32; 8] = [15, 30, 45, 60, 90, 120, 180, 240];

/// Texts for a follow-up: what each is called, and what it says.
const TEXTS: [(&str, &str); 3] = [
    (
        "After applying",
        "Hello, I applied for the role some time ago and am still very interested. Is there any news on the next steps? I am happy to send whatever else would help.",
    ),
    (
        "After an interview",
        "Hello, thank you again for the conversation. I enjoyed it and would like to go on. Is there anything that you still need from me, and when may I expect to hear from you?",
    ),
    (
        "A gentle reminder",
        "Hello, I wanted to ask once more how it stands with my application. If the role is filled, I would be glad to know as well. Thank you for your time.",
    ),
];

/// The columns of the people who take part.
const PEOPLE: &[(&str, &str)] = &[
    ("name", "Name"),
    ("role", "What they do there"),
    ("email", "Email"),
    ("phone", "Phone"),
    ("url", "Profile"),
];

/// The form of an activity.
#[component]
pub fn ActivityForm(
    /// As it is now.
    first: Arc<Activity>,
    /// What is wrong with what was typed.
    complaints: Complaints,
    /// What stands below when it is.
    children: Children,
) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let habits = use_habits();
    let (id, application) = (first.id, first.application_id);
    let record = RowRecord::new(id, first);
    let row = record.row;
    let editor = Editor::new(SameWall(record, store), complaints);
    let title = move || row.read().headline();
    let status = Memo::new(move |_| row.read().status);
    let kind = Memo::new(move |_| row.read().r#type);
    let when = move || {
        let (row, zone) = (row.read(), zone.read());
        when_label(&row, store.now(), &zone, habits.get())
    };
    let until = move || {
        let row = row.read();
        let (start, end) = (row.starts_at?, row.ends_at()?);
        let is_planned = row.status == ActivityStatus::Scheduled;
        let zone = zone.read();
        let text = is_planned.then(|| countdown(start, end, store.now(), &*zone));
        text.filter(|text| text != "over")
    };
    let over = Memo::new(move |_| row.read().is_over(store.now()));
    let said = move || match over.get() {
        true => "Over",
        false => status.get().label(),
    };
    let join = Memo::new(move |_| meeting_link(&row.read()));
    let is_talk = move || kind.get().is_talk();
    // Where it stands is settled when the form opens, and by its own buttons: it does not move under the
    // fingers when somebody else says that it took place, or it ends meanwhile.
    let told_first = RwSignal::new(untrack(|| {
        status.get() == ActivityStatus::Done || row.read().is_over(store.now())
    }));
    // But what was moved to another day is still to come.
    Effect::new(move |was: Option<bool>| {
        let is_ahead = status.get() == ActivityStatus::Scheduled && !over.get();
        if is_ahead && was == Some(false) {
            told_first.set(false);
        }
        is_ahead
    });
    let is_writing = move || matches!(kind.get(), ActivityType::FollowUp | ActivityType::Email);
    view! {
        <h2 class="sidebar-title" id="sidebar-title" tabindex="-1">{title}</h2>
        <p class="activity-when">
            <span class="activity-status" data-status=move || status.get().as_str()>{said}</span>
            <span>{when}</span>
            {move || until().map(|text| view! { <b class="activity-until">{text}</b> })}
        </p>
        <div class="activity-actions">
            {move || join.get().filter(|_| status.get() == ActivityStatus::Scheduled && !over.get()).map(|link| view! { <JoinLink link/> })}
            {move || (status.get() == ActivityStatus::Scheduled && !over.get()).then(|| view! { <CalendarLink id/> })}
            {move || actions(status.get()).iter().map(|(to, label)| view! {
                <button type="button" class="button" on:click=move |_| {
                    store.set_activity_status(id, *to);
                    told_first.set(*to == ActivityStatus::Done);
                    // The button goes with what it did.
                    store.once_shown(|| dom::focus("#sidebar-title"));
                }>{*label}</button>
            }).collect_view()}
        </div>
        {move || told_first.get().then(|| view! { <Told editor row title=HOW/> })}
        <Group title="When">
            <InItsZone row>
                // What is planned has a start.
                <DateField
                    editor
                    field="starts_at"
                    holds=Holds::Moment
                    leans=Leans::Ahead
                    required=untrack(|| row.read().status == ActivityStatus::Scheduled)
                />
            </InItsZone>
            <SelectField editor field="duration_minutes" choices=lengths(row)/>
            <TextField editor field="timezone" required=true placeholder="Europe/Berlin"/>
        </Group>
        {children()}
        <Group title="What">
            <SelectField editor field="type" choices=choices(ActivityType::ALL, |one| one.as_str(), |one| one.label())/>
            {move || (kind.get() == ActivityType::Interview).then(|| view! {
                <SelectField editor field="interview_stage" choices=or_none(choices(InterviewStage::ALL, |one| one.as_str(), |one| one.label()))/>
            })}
            {move || is_talk().then(|| view! {
                <SelectField editor field="interview_medium" choices=or_none(choices(InterviewMedium::ALL, |one| one.as_str(), |one| one.label()))/>
                <TextField editor field="location_or_link" placeholder="Address, or https://…"/>
            })}
            {move || is_writing().then(|| view! {
                <SelectField editor field="followup_channel" choices=or_none(choices(FollowupChannel::ALL, |one| one.as_str(), |one| one.label()))/>
                <DateField editor field="reply_deadline" holds=Holds::Moment leans=Leans::Ahead/>
            })}
        </Group>
        {move || is_talk().then(|| view! {
            <Group title="To prepare">
                <ChecklistField editor field="prep_checklist" placeholder="Add something to prepare"/>
            </Group>
            <Group title="Agenda and questions">
                <TextAreaField editor field="agenda" placeholder="What will be talked about, and what you want to ask"/>
            </Group>
        })}
        {move || is_writing().then(|| view! {
            <Group title="What to write">
                <TextsField editor/>
            </Group>
        })}
        <Group title="With">
            <KnownPeople editor application/>
            <RowsField editor field="related_contacts" columns=PEOPLE required="name" noun="person"/>
        </Group>
        <Group title="Notes">
            <TextAreaField editor field="notes" placeholder="Anything worth remembering"/>
        </Group>
        {move || (!told_first.get()).then(|| view! { <Told editor row title="Afterwards"/> })}
    }
}

/// An activity whose clock on the wall stays what it was where its zone is set right: that is what was
/// agreed.
struct SameWall(RowRecord<Activity>, Store);

impl SameWall {
    /// Says that it was moved, with an undo: `before` has when it was.
    fn tell(&self, before: &Fields, changed: Vec<String>) {
        let row = self.0.row.get_untracked();
        let was = changed.into_iter().filter_map(|field| {
            let value = before.get(&field)?.clone();
            Some((field, value))
        });
        let Ok(undo) = json::read::<ActivityPatch>(&Value::Object(was.collect())) else {
            return;
        };
        // As it was where it began then.
        let mut was = Activity::clone(&row);
        undo.apply(&mut was);
        let undo = Activity::into_edit(Op::Patch(Box::new(undo)));
        self.1.tell_moved(&was, "Moved", undo);
    }
}

impl Record for SameWall {
    fn shown(&self) -> Option<Fields> {
        self.0.shown()
    }

    fn latest(&self) -> Option<Fields> {
        self.0.latest()
    }

    fn shows(&self, field: &'static str) {
        self.0.shows(field);
    }

    fn restoring(&self, field: &'static str) -> Option<(Uuid, Edit)> {
        self.0.restoring(field)
    }

    fn save(&self, mut changed: Fields) -> Result<(), String> {
        name_zone(&mut changed)?;
        let to = changed.get("timezone").and_then(Value::as_str);
        let to = to.and_then(|name| name.parse().ok()).map(Zone::new);
        let moves = to.filter(|_| !changed.contains_key("starts_at"));
        let latest = self.0.latest().unwrap_or_default();
        if let Some(to) = &moves {
            let of = |field: &str| latest.get(field).cloned().unwrap_or_default();
            let from = json::read::<ZoneName>(&of("timezone")).map(Zone::new);
            let starts = json::read::<Timestamp>(&of("starts_at"));
            if let (Ok(from), Ok(starts)) = (from, starts) {
                let moved = to.instant(from.local(starts));
                changed.insert("starts_at".to_owned(), json!(moved));
            }
        }
        let is_set = |fields: &Fields| fields.get("starts_at").is_some_and(|at| !at.is_null());
        let is_moved = is_set(&changed) && is_set(&latest);
        let names = changed.keys().cloned().collect();
        self.0.save(changed)?;
        if is_moved {
            self.tell(&latest, names);
        }
        if moves.is_some() {
            // It reads the same, and is another moment.
            self.0.shows("starts_at");
        }
        Ok(())
    }
}

/// What can be done with an activity of this status, and what it is called.
const fn actions(status: ActivityStatus) -> &'static [(ActivityStatus, &'static str)] {
    match status {
        ActivityStatus::Scheduled => &[
            (ActivityStatus::Done, "Done"),
            (ActivityStatus::Canceled, "Call off"),
        ],
        ActivityStatus::Done => &[],
        ActivityStatus::Canceled => &[(ActivityStatus::Scheduled, "Plan again")],
    }
}

/// The way into the meeting.
#[component]
pub fn JoinLink(
    /// Its address.
    link: WebUrl,
) -> impl IntoView {
    view! {
        <a class="button button-primary" href=link.to_string() target="_blank" rel="noopener noreferrer">
            {Icon::ExternalLink.view()}
            "Join"
        </a>
    }
}

/// The way into other calendars: a file, which the server writes.
#[component]
fn CalendarLink(
    /// The activity.
    id: Uuid,
) -> impl IntoView {
    let store = use_store();
    let press = move |event: leptos::ev::MouseEvent| {
        let reaches = matches!(
            untrack(|| store.sync_state()),
            SyncState::Saved | SyncState::Saving(_)
        );
        let why = if !reaches {
            "The calendar file comes from the server. Try again when there is a network."
        } else if untrack(|| store.is_pending(id)) {
            "Your last changes are on their way to the server, and would not be in the file. Try again in a moment."
        } else {
            return;
        };
        event.prevent_default();
        store.toast("info", why, None);
    };
    view! {
        <a
            class="button"
            href=format!("{BASE}/activities/{id}/calendar.ics")
            download="appointment.ics"
            rel="external"
            on:click=press
        >
            {Icon::Calendar.view()}
            "Add to calendar"
        </a>
    }
}

/// Fields whose times are those of the activity's zone.
#[component]
fn InItsZone(row: Memo<Arc<Activity>>, children: Children) -> impl IntoView {
    let name = Memo::new(move |_| row.read().timezone.clone());
    let zone: CurrentZone = RwSignal::new(Zone::new(name.get_untracked()));
    Effect::new(move |_| {
        let now = Zone::new(name.get());
        if zone.with_untracked(|zone| *zone != now) {
            zone.set(now);
        }
    });
    view! { <Provider value=zone>{children()}</Provider> }
}

/// What is asked once it is over.
const HOW: &str = "How did it go?";

/// How it went, and what follows.
#[component]
fn Told(editor: Editor, row: Memo<Arc<Activity>>, title: &'static str) -> impl IntoView {
    let store = use_store();
    let over = Memo::new(move |_| {
        let row = row.read();
        row.status == ActivityStatus::Done || row.is_over(store.now())
    });
    let outcome = Memo::new(move |_| editor.text("outcome"));
    let chosen = Signal::derive(move || outcome.with(|text| Mood::of(text)));
    let choose = move |mood: Mood| {
        let known = row.get_untracked();
        // Whoever says how it went says that it took place.
        if known.is_over(store.now_untracked()) {
            store.tell_how_it_went(known.id, mood);
            return;
        }
        editor.shows("outcome");
        let text = mood.before(editor.saved("outcome").as_str().unwrap_or_default());
        editor.save("outcome", text.into());
    };
    view! {
        <Group title=title>
            {move || over.get().then(|| view! {
                {(title != HOW).then(|| view! { <p class="hint">{HOW}</p> })}
                <Moods chosen on_choose=choose/>
            })}
            <TextField editor field="outcome" placeholder="What came of it"/>
            <TextField editor field="next_action" placeholder="What to do next"/>
            <DateField editor field="next_action_due" holds=Holds::Moment leans=Leans::Ahead/>
        </Group>
    }
}

/// Texts that are offered; which one was taken is kept by its name.
#[component]
fn TextsField(editor: Editor) -> impl IntoView {
    let taken = Memo::new(move |_| editor.text("template_used"));
    let offer = move |(name, text): (&'static str, &'static str)| {
        let pressed = move || taken.with(|taken| taken == name);
        let take = move |_| {
            editor.shows("template_used");
            editor.save("template_used", name.into());
            let notes = editor.saved("notes");
            let notes = with_text(notes.as_str().unwrap_or_default(), text);
            editor.shows("notes");
            editor.save("notes", notes.into());
        };
        view! {
            <button type="button" class="chip" title=text aria-pressed=move || pressed().to_string() on:click=take>
                {name}
            </button>
        }
    };
    view! {
        <div class="chips" role="group" aria-label="Texts">{TEXTS.map(offer)}</div>
        <p class="hint">"The text goes into the notes, to be copied from there."</p>
    }
}

/// Notes with an offered text: what somebody wrote stays above it, and another text that was taken gives
/// way to it.
fn with_text(notes: &str, text: &str) -> String {
    let mut written = notes.trim_end();
    if written.contains(text) {
        return written.to_owned();
    }
    for (_, other) in TEXTS {
        written = written.strip_suffix(other).unwrap_or(written).trim_end();
    }
    match written {
        "" => text.to_owned(),
        written => format!("{written}\n\n{text}"),
    }
}

/// People of the application who do not take part yet: one press and they do.
#[component]
fn KnownPeople(editor: Editor, application: uuid::Uuid) -> impl IntoView {
    let store = use_store();
    let others = Memo::new(move |_| {
        let with = editor.value("related_contacts");
        people_of(store, application, &with)
    });
    view! {
        <div class="chips">
            <Each each=move || others.get() key=ToString::to_string let:person>
                {
                    let name = person.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                    let add = move |_| {
                        let mut with = editor.saved("related_contacts").as_array().cloned().unwrap_or_default();
                        with.push(person.clone());
                        editor.shows("related_contacts");
                        editor.save("related_contacts", with.into());
                        // The chip goes; whoever was added stands below.
                        let added = format!("#{}-rows .row:last-child input", input_id("related_contacts"));
                        editor.once_shown(move || request_animation_frame(move || dom::focus(&added)));
                    };
                    view! {
                        <button type="button" class="chip" on:click=add>
                            {Icon::Plus.view()}
                            {name}
                        </button>
                    }
                }
            </Each>
        </div>
    }
}

/// The contacts of the application that are not in `with` by their names.
fn people_of(store: Store, application: uuid::Uuid, with: &Value) -> Vec<Value> {
    let Some(row) = store.row::<Application>(application) else {
        return Vec::new();
    };
    let known = fields_of(&*row).remove("contacts_inline");
    let name = |person: &Value| person.get("name").cloned();
    let with: Vec<Option<Value>> = with.as_array().into_iter().flatten().map(name).collect();
    let known = known.as_ref().and_then(Value::as_array).cloned();
    let mut known = known.unwrap_or_default();
    known.retain(|person| !with.contains(&name(person)));
    known
}

/// The lengths that are offered, with the one that is so.
fn lengths(row: Memo<Arc<Activity>>) -> Vec<Choice> {
    let now = row.with_untracked(|row| row.duration_minutes.map(Minutes::count));
    let mut all: Vec<i32> = LENGTHS.into_iter().chain(now).collect();
    sort_by_key(&mut all, |minutes| *minutes);
    all.dedup();
    let choice = |minutes: i32| Choice {
        value: json!(minutes),
        label: length_label(u64::from(minutes.unsigned_abs())),
    };
    or_none(all.into_iter().map(choice).collect())
}

/// The same, and nothing said.
fn or_none(mut choices: Vec<Choice>) -> Vec<Choice> {
    let none = Choice {
        value: Value::Null,
        label: "–".to_owned(),
    };
    choices.insert(0, none);
    choices
}
