//! Activities: below their application, changed at their own address, synchronised, and gone with it.

use crate::{
    client::{merge, path_of},
    harness::{Engine, Site, both},
};
use chrono::{DateTime, Utc};
use job_hunt_tracker::server::{services::zone_rules, zones};
use serde_json::{Value, json};
use uuid::Uuid;

both![
    every_field_comes_back,
    type_and_start_are_enough,
    what_does_not_fit_is_named,
    it_is_changed_and_deleted_at_its_own_address,
    it_belongs_to_its_application_and_its_user,
    the_same_create_again_is_the_same_row,
    those_of_an_application_come_in_pages,
    those_that_start_are_found_by_time,
    it_is_had_as_a_calendar_file,
    it_goes_with_its_application,
    a_sync_brings_it_to_who_asks_for_it,
    the_clock_on_the_wall_is_kept,
    what_is_planned_follows_new_zone_rules_once,
];

fn below(application: &Value) -> String {
    format!("{}/activities", path_of(application))
}

fn at(row: &Value) -> String {
    format!("/activities/{}", row["id"].as_str().unwrap())
}

fn interview(starts_at: &str) -> Value {
    json!({ "type": "Interview", "starts_at": starts_at })
}

async fn every_field_comes_back(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    let fields = json!({
        "type": "Interview", "status": "scheduled", "starts_at": "2026-05-04T08:30:00Z",
        "duration_minutes": 90, "timezone": "Asia/Kathmandu", "outcome": "Good\nand long",
        "next_action": "Send the slides", "next_action_due": "2026-05-06T10:00:00Z",
        "notes": "Bring ID.",
        "related_contacts": [{ "name": "Jo Doe", "role": "Lead", "email": "jo@example.com" }],
        "interview_stage": "technical", "interview_medium": "google_meet",
        "location_or_link": "https://meet.example.com/abc", "agenda": "Their stack",
        "prep_checklist": [{ "text": "Read the posting", "done": true }, { "text": "Sleep", "done": false }],
        "followup_channel": "linkedin", "template_used": "Thank you",
        "reply_deadline": "2026-05-20T21:59:00Z",
    });
    let created = jane.post(&below(&parent), &fields).await.is(201);
    let row = created.json();
    let mut whole = fields.clone();
    merge(
        &mut whole,
        json!({
            "id": row["id"], "application_id": parent["id"], "version": 1,
            "created_at": row["created_at"], "updated_at": row["created_at"],
        }),
    );
    assert_eq!(row, whole);
    assert_eq!(created.header("etag"), "W/\"1\"");
    assert_eq!(
        created.header("location"),
        format!("/api/v1{}", at(&row)),
        "it has an address of its own"
    );
    assert_eq!(jane.get(&at(&row)).await.is(200).json(), row);
}

async fn type_and_start_are_enough(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    let body = interview("2026-05-04T08:30:00Z");
    let row = jane.post(&below(&parent), &body).await.is(201).json();
    assert_eq!(row["status"], "scheduled");
    let settings = jane.get("/settings").await.json();
    assert_eq!(row["timezone"], settings["timezone"], "the user's zone");
    let done = json!({ "type": "Call", "status": "done" });
    let row = jane.post(&below(&parent), &done).await.is(201).json();
    assert_eq!(row["starts_at"], Value::Null);
}

async fn what_does_not_fit_is_named(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    let start = "2026-05-04T08:30:00Z";
    let item = json!({ "text": "x" });
    let contact = json!({ "name": "Jo" });
    for (fields, wrong) in [
        (json!({ "type": "Interview" }), "starts_at"),
        (json!({ "starts_at": start }), "type"),
        (json!({ "type": "Lunch", "starts_at": start }), "type"),
        (json!({ "duration_minutes": 0 }), "duration_minutes"),
        (json!({ "duration_minutes": 1441 }), "duration_minutes"),
        (json!({ "timezone": "Europe/Atlantis" }), "timezone"),
        (json!({ "starts_at": "2300-01-01T00:00:00Z" }), "starts_at"),
        (json!({ "template_used": "x".repeat(121) }), "template_used"),
        (
            json!({ "prep_checklist": vec![&item; 51] }),
            "prep_checklist",
        ),
        (
            json!({ "prep_checklist": [{ "text": "" }] }),
            "prep_checklist[0].text",
        ),
        (
            json!({ "related_contacts": vec![&contact; 17] }),
            "related_contacts",
        ),
        (json!({ "interview_stage": "final" }), "interview_stage"),
        (json!({ "colour": "red" }), "colour"),
        (
            json!({ "application_id": Uuid::new_v4() }),
            "application_id",
        ),
    ] {
        let alone = wrong == "type" || fields.get("type").is_some();
        let mut body = if alone { json!({}) } else { interview(start) };
        merge(&mut body, fields);
        let refused = jane.post(&below(&parent), &body).await;
        assert_eq!(refused.wrong_fields(), [wrong], "{body}");
    }
}

async fn it_is_changed_and_deleted_at_its_own_address(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    let body = interview("2026-05-04T08:30:00Z");
    let row = jane.post(&below(&parent), &body).await.is(201).json();
    let moved = json!({ "starts_at": "2026-05-05T09:00:00Z" });
    let after = jane.patch(&at(&row), 1, &moved).await.is(200).json();
    assert_eq!(after["version"], 2);
    assert_eq!(after["starts_at"], "2026-05-05T09:00:00Z");
    let stale = jane.patch(&at(&row), 1, &json!({ "notes": "x" })).await;
    let problem = stale.problem(409, "conflict");
    assert_eq!(problem["meta"]["resource"], "activity");
    assert_eq!(problem["meta"]["current"], after);
    for (patch, wrong) in [
        (json!({ "starts_at": null }), "starts_at"),
        (json!({ "type": null }), "type"),
        (
            json!({ "application_id": Uuid::new_v4() }),
            "application_id",
        ),
    ] {
        let refused = jane.patch(&at(&row), 2, &patch).await;
        assert_eq!(refused.wrong_fields(), [wrong]);
    }
    jane.delete(&at(&row), 1).await.problem(409, "conflict");
    jane.delete(&at(&row), 2).await.is(204);
    jane.get(&at(&row)).await.problem(404, "not-found");
    let same = json!({ "id": row["id"], "type": "Call", "status": "done" });
    let gone = jane.post(&below(&parent), &same).await;
    gone.problem(409, "gone");
}

async fn it_belongs_to_its_application_and_its_user(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let mallory = app.sign_in("mallory@example.com").await;
    let parent = jane.create(json!({})).await;
    let body = interview("2026-05-04T08:30:00Z");
    let row = jane.post(&below(&parent), &body).await.is(201).json();
    for path in [below(&parent), at(&row)] {
        mallory.get(&path).await.problem(404, "not-found");
    }
    let create = mallory.post(&below(&parent), &body).await;
    create.problem(404, "not-found");
    let patch = mallory.patch(&at(&row), 1, &json!({ "notes": "x" })).await;
    patch.problem(404, "not-found");
    mallory.delete(&at(&row), 1).await.problem(404, "not-found");
    let nowhere = format!("/applications/{}/activities", Uuid::new_v4());
    jane.post(&nowhere, &body).await.problem(404, "not-found");
    assert_eq!(mallory.pages("/activities").await, [Value::Null; 0]);
}

async fn the_same_create_again_is_the_same_row(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    let mut body = interview("2026-05-04T08:30:00Z");
    merge(&mut body, json!({ "id": Uuid::new_v4() }));
    let first = jane.post(&below(&parent), &body).await.is(201).json();
    // With the application said once more it is the same request.
    merge(&mut body, json!({ "application_id": parent["id"] }));
    let again = jane.post(&below(&parent), &body).await.is(201).json();
    assert_eq!(again, first);
    merge(&mut body, json!({ "notes": "other" }));
    let other = jane.post(&below(&parent), &body).await;
    other.problem(409, "conflict");
    let keyed = || {
        let body = interview("2026-05-04T10:00:00Z");
        jane.post(&below(&parent), &body).key("k")
    };
    assert_eq!(keyed().await.is(201).text, keyed().await.is(201).text);
    assert_eq!(jane.pages(&below(&parent)).await.len(), 2);
}

async fn those_of_an_application_come_in_pages(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let (parent, other) = (jane.create(json!({})).await, jane.create(json!({})).await);
    let mut ids = Vec::new();
    for hour in 0..5 {
        let body = interview(&format!("2026-05-04T0{hour}:30:00Z"));
        ids.push(jane.post(&below(&parent), &body).await.json()["id"].clone());
        app.clock.advance(chrono::Duration::seconds(1));
    }
    let body = interview("2026-05-04T01:00:00Z");
    jane.post(&below(&other), &body).await.is(201);
    let pages = jane.pages(&format!("{}?limit=2", below(&parent))).await;
    let found: Vec<Value> = pages.iter().map(|row| row["id"].clone()).collect();
    assert_eq!(found, ids, "oldest first");
    let first = jane
        .get(&format!("{}?limit=2", below(&parent)))
        .await
        .json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let elsewhere = jane
        .get(&format!("{}?cursor={cursor}", below(&other)))
        .await;
    assert_eq!(elsewhere.wrong_fields(), ["cursor"]);
    for limit in ["0", "201"] {
        let path = format!("{}?limit={limit}", below(&parent));
        assert_eq!(jane.get(&path).await.wrong_fields(), ["limit"]);
    }
}

async fn those_that_start_are_found_by_time(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    for (day, kind, status) in [
        (4, "Interview", "scheduled"),
        (5, "Call", "scheduled"),
        (6, "Interview", "done"),
        (7, "Interview", "scheduled"),
    ] {
        let start = format!("2026-05-0{day}T08:00:00Z");
        let body = json!({ "type": kind, "status": status, "starts_at": start });
        jane.post(&below(&parent), &body).await.is(201);
    }
    let timeless = json!({ "type": "Email", "status": "done" });
    jane.post(&below(&parent), &timeless).await.is(201);
    let days = async |query: &str| -> Vec<String> {
        let rows = jane.pages(&format!("/activities?{query}limit=1")).await;
        rows.iter()
            .map(|row| row["starts_at"].as_str().unwrap()[9..10].to_owned())
            .collect()
    };
    assert_eq!(days("").await, ["4", "5", "6", "7"]);
    let within = "from=2026-05-05T08:00:00Z&to=2026-05-07T08:00:00Z&";
    assert_eq!(days(within).await, ["5", "6"], "the end does not count");
    assert_eq!(days("status=scheduled&").await, ["4", "5", "7"]);
    assert_eq!(days("type=Interview&status=scheduled&").await, ["4", "7"]);
    for (query, wrong) in [
        ("from=2026-05-05T08:00:00Z&to=2026-05-04T08:00:00Z", "to"),
        ("from=tomorrow", "from"),
        ("type=Lunch", "type"),
        ("cursor=x", "cursor"),
    ] {
        let answer = jane.get(&format!("/activities?{query}")).await;
        assert_eq!(answer.wrong_fields(), [wrong]);
    }
}

async fn it_is_had_as_a_calendar_file(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({ "company": "Acme, Inc." })).await;
    let mut body = interview("2026-05-04T08:30:00Z");
    merge(&mut body, json!({ "timezone": "Asia/Kathmandu" }));
    let row = jane.post(&below(&parent), &body).await.is(201).json();
    let address = format!("{}/calendar.ics", at(&row));
    let file = jane.get(&address).await.is(200);
    assert_eq!(file.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"appointment.ics\""
    );
    assert_eq!(file.header("cache-control"), "no-store");
    let text = file.text.replace("\r\n ", "");
    for line in [
        "METHOD:PUBLISH",
        "DTSTART:20260504T083000Z",
        "DTEND:20260504T093000Z",
        "SEQUENCE:0",
        "SUMMARY:Interview\\, Acme\\, Inc.",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}: {text}");
    }
    assert!(text.contains("Monday\\, 4 May 2026\\, 14:15–15:15 (Kathmandu time)"));
    let page = format!("/board/{}?activity=", parent["id"].as_str().unwrap());
    assert!(text.contains(&page), "it leads back: {text}");

    let off = json!({ "status": "canceled" });
    let off = jane.patch(&at(&row), 1, &off).await.is(200).json();
    let text = jane.get(&address).await.is(200).text;
    assert!(text.contains("METHOD:CANCEL\r\n") && text.contains("SEQUENCE:1\r\n"));
    assert_eq!(off["version"], 2);

    // Nobody else has it, and what has no time has none.
    let john = app.sign_in("john@example.com").await;
    john.get(&address).await.is(404);
    app.browser().get(&address).await.is(401);
    let done = json!({ "type": "Call", "status": "done" });
    let row = jane.post(&below(&parent), &done).await.is(201).json();
    let none = jane
        .get(&format!("{}/calendar.ics", at(&row)))
        .await
        .is(404);
    assert!(none.json()["detail"].as_str().unwrap().contains("no time"));
    jane.get("/activities/x/calendar.ics").await.is(400);
}

async fn it_goes_with_its_application(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    let mut body = interview("2026-05-04T08:30:00Z");
    merge(&mut body, json!({ "notes": "Secret" }));
    let create = || jane.post(&below(&parent), &body).key("create");
    let row = create().await.is(201).json();
    let since = jane
        .get("/sync?kinds=application,stage_event,settings,activity")
        .await
        .json();
    jane.delete(&path_of(&parent), 1).await.is(204);
    jane.get(&at(&row)).await.problem(404, "not-found");
    let cursor = since["next"].as_str().unwrap();
    let page = jane.get(&format!(
        "/sync?kinds=application,stage_event,settings,activity&since={cursor}"
    ));
    let changes = page.await.json()["changes"].clone();
    let gone = |kind: &str| {
        let changes = changes.as_array().unwrap();
        let of_kind = |change: &&Value| change["entity"] == kind && change["op"] == "delete";
        changes.iter().filter(of_kind).count()
    };
    assert_eq!((gone("application"), gone("activity")), (1, 1));
    create().await.problem(409, "gone");
    let bodies = "SELECT COUNT(*) FROM mutations WHERE CAST(body AS text) LIKE '%Secret%'";
    assert_eq!(site.number(bodies).await, 0);
}

async fn a_sync_brings_it_to_who_asks_for_it(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    let body = interview("2026-05-04T08:30:00Z");
    let row = jane.post(&below(&parent), &body).await.is(201).json();
    let page = jane.get("/sync?kinds=activity").await.is(200).json();
    let changes = page["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["row"], row);
    // Clients of before do not say which they know.
    let page = jane.get("/sync").await.is(200).text;
    assert!(!page.contains("activity"), "{page}");
}

async fn the_clock_on_the_wall_is_kept(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    let mut body = interview("2026-05-04T08:30:00Z");
    merge(&mut body, json!({ "timezone": "Asia/Kathmandu" }));
    let row = jane.post(&below(&parent), &body).await.is(201).json();
    let local = async || {
        let sql = "SELECT CAST(starts_local AS text), '' FROM activities";
        site.pairs(sql).await[0].0.replace('T', " ")
    };
    assert!(
        local().await.starts_with("2026-05-04 14:15:00"),
        "{}",
        local().await
    );
    let moved = json!({ "timezone": "Europe/Berlin" });
    jane.patch(&at(&row), 1, &moved).await.is(200);
    assert!(
        local().await.starts_with("2026-05-04 10:30:00"),
        "{}",
        local().await
    );
}

async fn what_is_planned_follows_new_zone_rules_once(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({})).await;
    let (now, start) = (app.clock.now(), "2198-05-04T08:30:00Z");
    let zone = json!({ "timezone": "Europe/Berlin" });
    let plan = async |starts_at: &str, fields: Value| {
        let mut body = interview(starts_at);
        merge(&mut body, zone.clone());
        merge(&mut body, fields);
        jane.post(&below(&parent), &body).await.is(201).json()
    };
    let planned = plan(start, json!({})).await;
    let rests = [
        plan(start, json!({ "status": "canceled" })).await,
        plan("2001-05-04T08:30:00Z", json!({})).await,
    ];
    let since = jane.get("/sync?kinds=activity").await.is(200).json();
    // The rules were others when they were picked: clocks were an hour less ahead.
    match site.engine {
        Engine::Sqlite => {
            let sql = "UPDATE activities SET starts_local = \
                       strftime('%Y-%m-%d %H:%M:%S', starts_local, '-1 hour')";
            site.execute(sql).await;
        }
        Engine::Postgres => {
            let sql = "UPDATE activities SET starts_local = starts_local - interval '1 hour'";
            site.execute(sql).await;
        }
    }
    site.execute("UPDATE worker SET zone_rules = '2001a'").await;
    let (db, version) = (&app.state.db, zones::version());
    assert_eq!(zone_rules::follow(db, now).await.unwrap(), 1);
    assert_eq!(db.zone_rules().await.unwrap(), version);

    let moved = jane.get(&at(&planned)).await.is(200).json();
    assert_eq!(moved["starts_at"], "2198-05-04T07:30:00Z");
    assert_eq!(moved["version"], planned["version"]);
    let made = |row: &Value| row["updated_at"].as_str().unwrap().parse::<DateTime<Utc>>();
    assert!(made(&moved).unwrap() > made(&planned).unwrap());
    for row in &rests {
        assert_eq!(jane.get(&at(row)).await.is(200).json(), *row);
    }
    // Other devices learn of it.
    let next = since["next"].as_str().unwrap();
    let page = format!("/sync?kinds=activity&since={next}");
    let changes = jane.get(&page).await.is(200).json()["changes"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 1);
    assert_eq!(changes[0]["row"], moved);

    // Of the same rules, or older ones, nothing follows.
    for known in [version, "9999z"] {
        site.execute(&format!("UPDATE worker SET zone_rules = '{known}'"))
            .await;
        assert_eq!(zone_rules::follow(db, now).await.unwrap(), 0);
        assert_eq!(db.zone_rules().await.unwrap(), known);
    }
    site.execute("UPDATE worker SET zone_rules = ''").await;
    assert_eq!(zone_rules::follow(db, now).await.unwrap(), 0);
}
