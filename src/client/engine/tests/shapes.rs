//! What is stored, byte for byte: pages of two versions read the same store one after the other.

use super::*;
use crate::domain::{
    activity::{Activity, ActivityCreate, ActivityPatch},
    application::{ApplicationCreate, ApplicationPatch},
    fields::{Create as _, Patch as _},
    reminder::{Reminder, ReminderCreate, ReminderPatch},
    row::OfKind as _,
    settings::{Settings, SettingsPatch},
    stage::StageEventPatch,
};

/// Everything that is stored with [`SCHEMA`]. Where this test fails, what is stored has changed: then
/// raise `SCHEMA`, so that no older page reads what it does not know, and write a new file. The file of
/// a schema that was released stays as it is.
const SHAPES: &str = include_str!("stored_shapes_6.json");

/// What the versions before stored, and whether its edits say when the state was made that they were made
/// on.
const OLDER: [(&str, bool); 4] = [
    (include_str!("stored_shapes_2.json"), false),
    (include_str!("stored_shapes_3.json"), true),
    (include_str!("stored_shapes_4.json"), true),
    (include_str!("stored_shapes_5.json"), true),
];

fn seen(version: i64) -> Seen {
    Seen {
        at: Some(now()),
        version,
    }
}

fn full_application() -> Application {
    let mut fields = serde_json::to_value(sample(1)).unwrap();
    let more = json!({
        "source": "LinkedIn", "priority": "High", "location_mode": "hybrid",
        "location_text": "Lagos", "timezone": "Africa/Lagos", "job_url": "https://jobs.example/1",
        "job_requisition_id": "R-1", "seniority_level": "Senior", "salary_min": 85000,
        "salary_max": 100000.5, "salary_currency": "EUR", "tech_keywords": ["rust"],
        "resume_url": "https://cv.example", "cover_letter_url": "https://letter.example",
        "cover_letter_used": true,
        "contacts_inline": [{
            "name": "Jane", "role": "Recruiter", "email": "jane@example.com", "phone": "+1 2",
            "url": "https://jane.example"
        }],
        "next_action": "Call", "next_action_due": now(), "notes": "one\ntwo", "tags": ["a", "b"],
        "attachments_links": [{"label": "Offer", "url": "https://offer.example"}],
        "archived_at": now(),
    });
    let (Some(fields_), Some(more)) = (fields.as_object_mut(), more.as_object()) else {
        panic!("objects")
    };
    fields_.extend(more.clone());
    serde_json::from_value(fields).unwrap()
}

fn full_activity() -> Activity {
    serde_json::from_value(json!({
        "id": Uuid::from_u128(6), "application_id": Uuid::from_u128(1), "version": 2,
        "type": "Interview", "status": "done", "starts_at": now(), "duration_minutes": 45,
        "timezone": "Europe/Berlin", "outcome": "Good", "next_action": "Send the portfolio",
        "next_action_due": now(), "notes": "one\ntwo",
        "related_contacts": [{"name": "Jane", "role": "Recruiter"}],
        "interview_stage": "technical", "interview_medium": "google_meet",
        "location_or_link": "https://meet.example/1", "agenda": "Their stack",
        "prep_checklist": [{"text": "Read the posting", "done": true}],
        "followup_channel": "email", "template_used": "After an interview",
        "reply_deadline": now(), "created_at": now(), "updated_at": now(),
    }))
    .unwrap()
}

fn full_reminder() -> Reminder {
    serde_json::from_value(json!({
        "id": Uuid::from_u128(7), "application_id": Uuid::from_u128(1),
        "activity_id": Uuid::from_u128(6), "version": 2, "title": "Ring them", "due_at": now(),
        "channels": ["in_app", "email"], "canceled_at": now(), "done_at": now(), "sent": true,
        "sent_at": now(), "expired_at": now(), "failed": ["email"], "dedupe_key": "loop/1/2/120",
        "meta": {"rule": "loop", "offset": 120, "n": 1, "set": ["due_at"], "off": true},
        "created_at": now(), "updated_at": now(),
    }))
    .unwrap()
}

fn full_settings() -> Settings {
    serde_json::from_value(json!({
        "version": 3, "display_name": "Ada", "timezone": "Africa/Lagos", "week_start": "sunday",
        "session_timeout_mins": 60, "quiet_hours_start": "21:00", "quiet_hours_end": "08:00",
        "reminder_defaults": {"applied": {"on": true}}, "updated_at": now(),
    }))
    .unwrap()
}

fn entry(edit: Edit) -> Entry {
    Entry {
        key: key(2),
        keys: vec![key(1), key(2)],
        order: 7,
        aggregate: Uuid::from_u128(1),
        record: Uuid::from_u128(1),
        edit,
        seen: Some(3),
        seen_at: Some(now()),
        exact: true,
        made_at: now(),
        made_on: now().date_naive(),
        not_before: now(),
        frozen: true,
        parked: Some(Problem::field("notes", "Too long.")),
        last_known: Some(Box::new(Entity::Application(Box::new(full_application())))),
    }
}

fn shapes() -> serde_json::Value {
    let application = full_application();
    let settings = full_settings();
    let event = StageEvent {
        id: Uuid::from_u128(5),
        application_id: application.id,
        version: 2,
        from_status: Some(Status::Applied),
        to_status: Status::Offer,
        occurred_at: now(),
        recorded_at: now(),
        voided_at: Some(now()),
        updated_at: now(),
    };
    let corrected = StageEventPatch {
        voided: Change::Set(true),
        ..StageEventPatch::at(&event, now())
    };
    let create = ApplicationCreate::copy(application.id, &application);
    let all: Vec<&str> = ApplicationPatch::FIELDS.to_vec();
    let fields = serde_json::to_value(&application).unwrap();
    let of_all = |fields: &serde_json::Value| -> serde_json::Map<String, serde_json::Value> {
        let names = all.iter().map(|name| (*name).to_owned());
        names
            .map(|name| (name.clone(), fields[&name].clone()))
            .collect()
    };
    let patch: ApplicationPatch = serde_json::from_value(of_all(&fields).into()).unwrap();
    let patch = ApplicationPatch {
        status_occurred_at: Some(now()),
        voids_stage_event: Some(event.id),
        ..patch
    };
    let mut changed = serde_json::to_value(&settings).unwrap();
    if let Some(changed) = changed.as_object_mut() {
        changed.remove("version");
        changed.remove("updated_at");
    }
    let set: SettingsPatch = serde_json::from_value(changed).unwrap();
    let activity = full_activity();
    let plan = ActivityCreate {
        application_id: Some(activity.application_id),
        ..ActivityCreate::copy_of(activity.id, &activity).unwrap()
    };
    let fields = serde_json::to_value(&activity).unwrap();
    let names = ActivityPatch::FIELDS.iter();
    let fields: serde_json::Map<_, _> = names
        .map(|name| ((*name).to_owned(), fields[*name].clone()))
        .collect();
    let told: ActivityPatch = serde_json::from_value(fields.into()).unwrap();
    let reminder = full_reminder();
    let asked = ReminderCreate {
        application_id: Some(reminder.application_id),
        activity_id: reminder.activity_id,
        ..ReminderCreate::copy_of(reminder.id, &reminder).unwrap()
    };
    let fields = serde_json::to_value(&reminder).unwrap();
    let names = ReminderPatch::FIELDS.iter();
    let fields: serde_json::Map<_, _> = names
        .map(|name| ((*name).to_owned(), fields[*name].clone()))
        .collect();
    let snoozed: ReminderPatch = serde_json::from_value(fields.into()).unwrap();
    let kept = |id, row| serde_json::to_value(Kept { id, row }).unwrap();
    let mut own = OwnVersions::default();
    own.made(application.id, Some(seen(3)), seen(4), now());
    let mut heard_of = Positions::default();
    heard_of.add(Position {
        epoch: key(7),
        seq: 42,
    });
    json!({
        "schema": SCHEMA,
        "entries": [
            entry(Edit::Application(Op::Create(Box::new(create)))),
            entry(Edit::Application(Op::Patch(Box::new(patch)))),
            entry(Edit::Application(Op::Delete)),
            entry(Edit::StageEvent(Op::Patch(Box::new(corrected)))),
            entry(Edit::Activity(Op::Create(Box::new(plan)))),
            entry(Edit::Activity(Op::Patch(Box::new(told)))),
            entry(Edit::Reminder(Op::Create(Box::new(asked)))),
            entry(Edit::Reminder(Op::Patch(Box::new(snoozed)))),
            entry(Edit::Settings(Op::Patch(Box::new(set)))),
        ],
        "displaced": Displaced {
            id: key(1),
            keys: vec![key(1)],
            at: now(),
            record: application.id,
            title: "Engineer".into(),
            reason: Reason::Conflict,
            edit: note("mine"),
            mine: Some(settings.clone().into_entity()),
        },
        "rows": [
            kept(application.id, Some(Entity::Application(Box::new(application)))),
            kept(event.id, Some(event.into_entity())),
            kept(activity.id, Some(activity.into_entity())),
            kept(reminder.id, Some(reminder.into_entity())),
            kept(key(9), Some(settings.into_entity())),
            kept(key(8), None),
        ],
        "meta": Meta {
            user: Some(me().user),
            cursor: Some("cursor".into()),
            base_generation: 2,
            complete: true,
            truncated: true,
            own,
            schema: SCHEMA,
            heard_of,
        },
    })
}

#[test]
fn what_is_stored_has_the_shape_of_its_schema() {
    let text = serde_json::to_string_pretty(&shapes()).unwrap();
    assert_eq!(text, SHAPES.trim_end(), "raise SCHEMA: see SHAPES");
}

#[test]
fn what_waits_in_the_store_of_an_older_version_is_read() {
    for (shapes, with_time) in OLDER {
        let saw = if with_time { seen(3) } else { Seen::only(3) };
        let shapes: serde_json::Value = serde_json::from_str(shapes).unwrap();
        for entry in shapes["entries"].as_array().unwrap() {
            let read: Entry = serde_json::from_str(&entry.to_string()).unwrap();
            assert_eq!(read.saw(), Some(saw));
        }
        for part in ["displaced", "meta"] {
            let text = shapes[part].to_string();
            let reads = match part {
                "meta" => serde_json::from_str::<Meta>(&text).map(drop),
                _ => serde_json::from_str::<Displaced>(&text).map(drop),
            };
            assert!(reads.is_ok(), "{part}: {reads:?}");
        }
    }
}

#[test]
fn what_is_stored_reads_back() {
    let shapes: serde_json::Value = serde_json::from_str(SHAPES).unwrap();
    for entry in shapes["entries"].as_array().unwrap() {
        let read: Entry = serde_json::from_str(&entry.to_string()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), *entry);
    }
    for row in shapes["rows"].as_array().unwrap() {
        let read: Kept = serde_json::from_str(&row.to_string()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), *row);
    }
    // A kind without a sample would change unseen.
    for kind in EntityKind::ALL {
        let is_of = |row: &serde_json::Value| row["row"].get(kind.as_str()).is_some();
        let rows = shapes["rows"].as_array().unwrap();
        assert!(rows.iter().any(is_of), "no {kind} in the sample");
    }
    let meta: Meta = serde_json::from_str(&shapes["meta"].to_string()).unwrap();
    assert_eq!(serde_json::to_value(&meta).unwrap(), shapes["meta"]);
    // Every field is in it: one that is left out of the sample would change unseen.
    let row = &shapes["rows"][0]["row"]["application"];
    for field in ApplicationPatch::FIELDS {
        assert!(!row[field].is_null(), "{field} is empty in the sample");
    }
    let row = &shapes["rows"][2]["row"]["activity"];
    for field in ActivityPatch::FIELDS {
        assert!(!row[field].is_null(), "{field} is empty in the sample");
    }
    let row = &shapes["rows"][3]["row"]["reminder"];
    for field in ReminderPatch::FIELDS {
        assert!(!row[field].is_null(), "{field} is empty in the sample");
    }
}
