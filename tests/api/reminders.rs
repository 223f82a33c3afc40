//! Reminders: what rules plan, what people set, what the clock does to them.

use crate::{
    client::{path_of, version_of},
    harness::{Site, TestApp, User, both},
};
use chrono::{DateTime, Duration, Utc};
use job_hunt_tracker::server::{
    services::{housekeeping, zone_rules},
    worker::due,
};
use serde_json::{Value, json};
use uuid::Uuid;

both![
    a_custom_one_comes_back_as_it_was_made,
    what_does_not_fit_is_named,
    it_belongs_to_its_user,
    the_list_goes_by_when_they_are_due,
    rules_plan_with_the_edit,
    a_planned_one_that_is_deleted_is_called_off_for_good,
    what_is_due_is_settled_once,
    one_that_repeats_plans_the_next,
    what_is_snoozed_in_the_second_in_which_it_is_sent_is_no_conflict,
    an_id_that_is_taken_stops_nobody,
    a_deletion_is_done_once,
    what_was_due_long_ago_is_forgotten,
    new_zone_rules_move_reminders_along,
    quiet_hours_defer_it,
    a_backlog_that_waits_for_the_end_of_quiet_hours_holds_up_nobody,
    a_leap_second_is_the_second_after_it,
    of_one_appointment_the_nearest_goes_out,
    what_comes_too_late_expires,
    settings_that_change_replan_everything,
    identity_outlives_a_hundred_changes,
    a_deleted_interview_takes_its_reminders_along,
    a_sync_brings_it_to_who_asks_for_it,
    too_many_writes_are_told_to_wait,
    a_running_server_settles_when_it_is_time,
];

fn at(row: &Value) -> String {
    format!("/reminders/{}", row["id"].as_str().unwrap())
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

async fn patient(app: &TestApp) -> User {
    let jane = app.sign_in("jane@example.com").await;
    let body = json!({ "session_timeout_mins": 43_200 });
    jane.patch("/settings", 1, &body).await.is(200);
    jane
}

/// All reminders, in the order in which they are due.
async fn all(user: &User) -> Vec<Value> {
    user.pages("/reminders?limit=200").await
}

fn is_open(row: &Value) -> bool {
    let ends = ["canceled_at", "done_at", "expired_at"];
    row["sent"] == false && ends.iter().all(|end| row[end].is_null())
}

/// Rule and hours from now of those that are open.
async fn open(app: &TestApp, user: &User) -> Vec<(String, i64)> {
    let now = app.clock.now();
    let rows = all(user).await;
    let rows = rows.iter().filter(|row| is_open(row));
    rows.map(|row| {
        let rule = row["meta"]["rule"].as_str().unwrap_or("custom").to_owned();
        let minutes = (instant(&row["due_at"]) - now).num_seconds() as f64 / 3600.0;
        (rule, minutes.round() as i64)
    })
    .collect()
}

fn pairs(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    let pairs = expected.iter();
    pairs
        .map(|(rule, hours)| ((*rule).to_owned(), *hours))
        .collect()
}

fn set_to(app: &TestApp, at: DateTime<Utc>) {
    app.clock.advance(at - app.clock.now());
}

/// One look of the worker.
async fn look(app: &TestApp) {
    due::once(&app.state).await;
}

async fn interview(user: &User, application: &Value, stage: &str, at: DateTime<Utc>) -> Value {
    let body = json!({ "type": "Interview", "interview_stage": stage, "starts_at": at });
    let path = format!("{}/activities", path_of(application));
    user.post(&path, &body).await.is(201).json()
}

async fn change(user: &User, path: &str, body: Value) -> Value {
    let row = user.get(path).await.is(200).json();
    user.patch(path, version_of(&row), &body)
        .await
        .is(200)
        .json()
}

async fn custom(user: &User, application: &Value, due: DateTime<Utc>) -> Value {
    let body = json!({ "title": "Ring them", "application_id": application["id"], "due_at": due });
    user.post("/reminders", &body).await.is(201).json()
}

async fn a_custom_one_comes_back_as_it_was_made(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Draft" })).await;
    let id = Uuid::new_v4();
    let body = json!({
        "id": id, "application_id": parent["id"], "title": "Ask Mira",
        "due_at": "2199-05-04T08:30:00Z", "channels": ["calendar", "email"],
    });
    let answer = jane.post("/reminders", &body).await.is(201);
    let row = answer.json();
    let expected = json!({
        "id": id, "application_id": parent["id"], "activity_id": null, "version": 1,
        "title": "Ask Mira", "due_at": "2199-05-04T08:30:00Z", "channels": ["email", "calendar"],
        "canceled_at": null, "done_at": null, "sent": false, "sent_at": null, "expired_at": null,
        "failed": [], "dedupe_key": null, "meta": {}, "created_at": row["created_at"],
        "updated_at": row["created_at"],
    });
    assert_eq!(row, expected);
    assert_eq!(answer.header("location"), format!("/api/v1/reminders/{id}"));
    assert_eq!(answer.header("etag"), "W/\"1\"");
    assert_eq!(jane.get(&at(&row)).await.is(200).json(), row);
    // The same again is the same row; its way is the app itself where none is said.
    assert_eq!(jane.post("/reminders", &body).await.is(201).json(), row);
    let plain = custom(&jane, &parent, app.clock.now()).await;
    assert_eq!(plain["channels"], json!(["in_app"]));
    // Of an activity: it says whose.
    let talk = interview(&jane, &parent, "other", app.clock.now() + Duration::days(9)).await;
    let body = json!({ "activity_id": talk["id"], "title": "Pack", "due_at": app.clock.now() });
    let row = jane.post("/reminders", &body).await.is(201).json();
    assert_eq!(
        (&row["application_id"], &row["activity_id"]),
        (&parent["id"], &talk["id"])
    );
    jane.delete(&at(&row), 1).await.is(204);
    jane.get(&at(&row)).await.problem(404, "not-found");
}

async fn what_does_not_fit_is_named(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Draft" })).await;
    let other = jane.create(json!({ "status": "Draft" })).await;
    let talk = interview(&jane, &parent, "other", app.clock.now() + Duration::days(9)).await;
    let (title, due) = ("Ring", "2026-05-04T08:30:00Z");
    for (body, field) in [
        (json!({ "title": title, "due_at": due }), "application_id"),
        (
            json!({ "title": title, "due_at": due, "activity_id": talk["id"], "application_id": other["id"] }),
            "application_id",
        ),
        (
            json!({ "application_id": parent["id"], "due_at": due }),
            "title",
        ),
        (
            json!({ "application_id": parent["id"], "title": title }),
            "due_at",
        ),
        (
            json!({ "application_id": parent["id"], "title": title, "due_at": due, "channels": [] }),
            "channels",
        ),
        (
            json!({ "application_id": parent["id"], "title": title, "due_at": due, "channels": ["email", "email"] }),
            "channels",
        ),
        (
            json!({ "application_id": parent["id"], "title": title, "due_at": due, "sent": true }),
            "sent",
        ),
    ] {
        let answer = jane.post("/reminders", &body).await;
        assert_eq!(answer.wrong_fields(), [field], "{body}");
    }
    for (name, id) in [
        ("application_id", Uuid::new_v4()),
        ("activity_id", Uuid::new_v4()),
    ] {
        let body = json!({ "title": title, "due_at": due, name: id });
        jane.post("/reminders", &body)
            .await
            .problem(404, "not-found");
    }
    for (query, field) in [
        (
            "due_after=2026-05-04T00:00:00Z&due_before=2026-05-03T00:00:00Z",
            "due_before",
        ),
        ("limit=0", "limit"),
        ("sent=maybe", "sent"),
        ("cursor=abc", "cursor"),
    ] {
        let answer = jane.get(&format!("/reminders?{query}")).await;
        assert_eq!(answer.wrong_fields(), [field], "{query}");
    }
}

async fn it_belongs_to_its_user(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let joe = app.sign_in("joe@example.com").await;
    let parent = jane.create(json!({})).await;
    let row = custom(&jane, &parent, app.clock.now()).await;
    joe.get(&at(&row)).await.problem(404, "not-found");
    joe.patch(&at(&row), 1, &json!({ "title": "Mine" }))
        .await
        .problem(404, "not-found");
    joe.delete(&at(&row), 1).await.problem(404, "not-found");
    assert_eq!(all(&joe).await.len(), 0);
    let body =
        json!({ "title": "x", "due_at": "2026-05-04T08:30:00Z", "application_id": parent["id"] });
    joe.post("/reminders", &body)
        .await
        .problem(404, "not-found");
}

async fn the_list_goes_by_when_they_are_due(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Draft" })).await;
    let now = app.clock.now();
    let mut ids = Vec::new();
    for days in [5, 3, 9, 3, 1] {
        ids.push((
            days,
            custom(&jane, &parent, now + Duration::days(days)).await["id"].clone(),
        ));
    }
    ids.sort_by_key(|(days, id)| (*days, id.as_str().unwrap().to_owned()));
    let found: Vec<Value> = jane
        .pages("/reminders?limit=2")
        .await
        .iter()
        .map(|row| row["id"].clone())
        .collect();
    assert_eq!(
        found,
        ids.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>()
    );
    let iso = |days: i64| {
        (now + Duration::days(days)).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    // From the first one on, before the second.
    let path = format!("/reminders?due_after={}&due_before={}", iso(3), iso(9));
    let found = jane.get(&path).await.is(200).json()["items"].clone();
    let days: Vec<i64> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (instant(&row["due_at"]) - now).num_days())
        .collect();
    assert_eq!(days, [3, 3, 5]);
    app.clock.advance(Duration::days(4));
    look(&app).await;
    let count = |query: &'static str| {
        let jane = &jane;
        async move {
            jane.get(query).await.is(200).json()["items"]
                .as_array()
                .unwrap()
                .len()
        }
    };
    assert_eq!(count("/reminders?sent=true").await, 3);
    assert_eq!(count("/reminders?sent=false").await, 2);
    // Those that were called off, too.
    let row = &all(&jane).await[4];
    change(&jane, &at(row), json!({ "canceled_at": app.clock.now() })).await;
    assert_eq!(count("/reminders").await, 5);
}

async fn rules_plan_with_the_edit(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({ "company": "Northwind" })).await;
    assert_eq!(open(&app, &jane).await, pairs(&[("applied", 7 * 24)]));
    let planned = &all(&jane).await[0];
    assert_eq!(planned["title"], "Follow up with Northwind");
    assert_eq!(planned["channels"], json!(["in_app", "email"]));
    assert_eq!(
        planned["meta"],
        json!({ "rule": "applied", "offset": 10_080 })
    );
    let start = app.clock.now() + Duration::days(3);
    let talk = interview(&jane, &row, "technical", start).await;
    let expected = pairs(&[("loop", 24), ("loop", 70), ("after_loop", 5 * 24 + 1)]);
    assert_eq!(open(&app, &jane).await, expected);
    let path = format!("/activities/{}", talk["id"].as_str().unwrap());
    change(&jane, &path, json!({ "status": "canceled" })).await;
    assert_eq!(open(&app, &jane).await, pairs(&[("applied", 7 * 24)]));
    let row = jane.change(&row, json!({ "status": "Offer" })).await;
    assert_eq!(open(&app, &jane).await, pairs(&[("offer", 3 * 24)]));
    // A corrected move counts from there.
    let event = jane.events(&row).await[1].clone();
    let event_path = format!(
        "{}/stage-events/{}",
        path_of(&row),
        event["id"].as_str().unwrap()
    );
    app.clock.advance(Duration::days(2));
    let body = json!({ "occurred_at": app.clock.now() - Duration::days(1) });
    jane.patch(&event_path, 1, &body).await.is(200);
    assert_eq!(open(&app, &jane).await, pairs(&[("offer", 2 * 24)]));
    let row = jane.get(&path_of(&row)).await.json();
    let row = jane
        .change(&row, json!({ "archived_at": app.clock.now() }))
        .await;
    assert_eq!(open(&app, &jane).await, pairs(&[]));
    let row = jane.change(&row, json!({ "archived_at": null })).await;
    assert_eq!(open(&app, &jane).await, pairs(&[("offer", 2 * 24)]));
    jane.change(&row, json!({ "status": "Accepted" })).await;
    assert_eq!(open(&app, &jane).await, pairs(&[]));
}

async fn a_planned_one_that_is_deleted_is_called_off_for_good(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let planned = all(&jane).await[0].clone();
    jane.delete(&at(&planned), 7).await.problem(409, "conflict");
    jane.delete(&at(&planned), 1).await.is(204);
    let now = jane.get(&at(&planned)).await.is(200).json();
    assert_eq!(
        (&now["version"], &now["meta"]["set"]),
        (&json!(2), &json!(["canceled_at"]))
    );
    assert!(!now["canceled_at"].is_null());
    let row = jane.change(&row, json!({ "company": "Other" })).await;
    let row = jane
        .change(&row, json!({ "archived_at": app.clock.now() }))
        .await;
    jane.change(&row, json!({ "archived_at": null })).await;
    assert_eq!(open(&app, &jane).await, pairs(&[]));
    assert_eq!(all(&jane).await.len(), 1);
}

async fn what_is_due_is_settled_once(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Draft" })).await;
    let row = custom(&jane, &parent, app.clock.now() + Duration::hours(1)).await;
    look(&app).await;
    assert_eq!(jane.get(&at(&row)).await.json(), row, "not yet");
    app.clock.advance(Duration::hours(1));
    let now = app.clock.now();
    look(&app).await;
    let sent = jane.get(&at(&row)).await.json();
    assert_eq!((&sent["sent"], &sent["version"]), (&json!(true), &json!(1)));
    assert_eq!(instant(&sent["sent_at"]).timestamp(), now.timestamp());
    // Ticks that are doubled, or missed, are harmless.
    app.clock.advance(Duration::days(3));
    look(&app).await;
    look(&app).await;
    assert_eq!(jane.get(&at(&row)).await.json(), sent);
    // A new time that is still to come opens it again.
    let later = app.clock.now() + Duration::hours(2);
    let open = change(&jane, &at(&row), json!({ "due_at": later })).await;
    assert_eq!(
        (&open["sent"], &open["sent_at"]),
        (&json!(false), &Value::Null)
    );
    app.clock.advance(Duration::hours(2));
    look(&app).await;
    assert_eq!(jane.get(&at(&row)).await.json()["sent"], true);
    // What is due in the past is due at once.
    let past = custom(&jane, &parent, app.clock.now() - Duration::days(2)).await;
    look(&app).await;
    assert_eq!(jane.get(&at(&past)).await.json()["sent"], true);
}

async fn one_that_repeats_plans_the_next(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    jane.create(json!({ "status": "Offer" })).await;
    let mut days = 0;
    for wait in [3, 1, 1, 4] {
        app.clock.advance(Duration::days(wait));
        days += wait;
        look(&app).await;
        assert_eq!(
            open(&app, &jane).await,
            pairs(&[("offer", 24)]),
            "after {days} days"
        );
    }
    let sent = all(&jane)
        .await
        .iter()
        .filter(|row| row["sent"] == true)
        .count();
    assert_eq!(sent, 4, "one for all that passed while nobody looked");
}

async fn what_is_snoozed_in_the_second_in_which_it_is_sent_is_no_conflict(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Draft" })).await;
    let row = custom(&jane, &parent, app.clock.now()).await;
    look(&app).await;
    // As the app sends it: the state that was seen before it was sent.
    let snooze = |seen: Value, version, to: DateTime<Utc>| {
        let call = jane.call(http::Method::PATCH, &at(&row));
        let call = call.header("X-If-Updated-At", seen.as_str().unwrap());
        call.if_match(version).json(&json!({ "due_at": to }))
    };
    let later = app.clock.now() + Duration::hours(1);
    let snoozed = snooze(row["updated_at"].clone(), 1, later);
    let snoozed = snoozed.await.is(200).json();
    assert_eq!(
        (&snoozed["sent"], &snoozed["version"]),
        (&json!(false), &json!(2))
    );
    // What was before that version is another state.
    let old = snooze(row["updated_at"].clone(), 2, later).await;
    old.problem(409, "conflict");
    // The planner, too, changes it without a version.
    let row = jane.create(json!({})).await;
    let planned = all(&jane)
        .await
        .into_iter()
        .find(|it| it["application_id"] == row["id"]);
    let planned = planned.unwrap();
    jane.change(&row, json!({ "company": "Other" })).await;
    let call = jane.call(http::Method::PATCH, &at(&planned)).if_match(1);
    let call = call.header("X-If-Updated-At", planned["updated_at"].as_str().unwrap());
    call.json(&json!({ "due_at": later })).await.is(200);
}

/// Whoever takes the id that a planned one will have takes it from nobody, and stops nobody else's.
async fn an_id_that_is_taken_stops_nobody(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let other = jane.create(json!({ "status": "Draft" })).await;
    let row = jane.create(json!({ "status": "Offer" })).await;
    let first = all(&jane).await[0].clone();
    let key = first["dedupe_key"].as_str().unwrap();
    let (of, _) = key.rsplit_once('/').unwrap();
    let taken = job_hunt_tracker::domain::reminder::derive_id(&format!("{of}/4"));
    let due = app.clock.now() + Duration::days(99);
    let body =
        json!({ "id": taken, "application_id": other["id"], "title": "Mine", "due_at": due });
    let mine = jane.post("/reminders", &body).await.is(201).json();
    let joe = app.sign_in("joe@example.com").await;
    let parent = joe.create(json!({ "status": "Draft" })).await;
    let waits = custom(&joe, &parent, app.clock.now() + Duration::days(3)).await;
    app.clock.advance(Duration::days(3));
    look(&app).await;
    assert_eq!(jane.get(&at(&first)).await.json()["sent"], true);
    assert_eq!(jane.get(&at(&mine)).await.json(), mine);
    let joe = app.sign_in("joe@example.com").await;
    assert_eq!(joe.get(&at(&waits)).await.json()["sent"], true);
    let row = jane.get(&path_of(&row)).await.json();
    jane.change(&row, json!({ "company": "Other" })).await;
}

async fn a_deletion_is_done_once(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Draft" })).await;
    let row = custom(&jane, &parent, app.clock.now() + Duration::days(1)).await;
    let delete = |version| {
        let call = jane.call(http::Method::DELETE, &at(&row));
        call.key("once").if_match(version)
    };
    delete(1).await.is(204);
    delete(1).await.is(204);
    delete(2).await.problem(422, "idempotency-mismatch");
}

async fn what_was_due_long_ago_is_forgotten(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Draft" })).await;
    let now = app.clock.now();
    let old = custom(&jane, &parent, now - Duration::days(91)).await;
    let kept = custom(&jane, &parent, now - Duration::days(89)).await;
    let forgotten = housekeeping::forget_reminders(&app.state.db, now).await;
    assert_eq!(forgotten.unwrap(), 1);
    jane.get(&at(&old)).await.problem(404, "not-found");
    jane.get(&at(&kept)).await.is(200);
    let page = jane.get("/sync?kinds=reminder").await.json();
    let gone = &page["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["op"] == "delete");
    assert_eq!(gone.unwrap()["id"], old["id"]);
}

async fn new_zone_rules_move_reminders_along(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let start = app.clock.now() + Duration::days(4);
    let talk = interview(&jane, &row, "screening", start).await;
    // An hour earlier on the wall, as if rules had changed since it was picked.
    let local = (start + Duration::hours(2)).format("%Y-%m-%d %H:%M:%S%.3f");
    site.execute(&format!("UPDATE activities SET starts_local = '{local}'"))
        .await;
    site.execute("UPDATE worker SET zone_rules = ''").await;
    let moved = zone_rules::follow(&app.state.db, app.clock.now()).await;
    assert_eq!(moved.unwrap(), 1);
    let path = format!("/activities/{}", talk["id"].as_str().unwrap());
    let to = instant(&jane.get(&path).await.json()["starts_at"]);
    assert_eq!((to - start).num_minutes(), 60);
    let open = open(&app, &jane).await;
    assert_eq!(open, pairs(&[("screening", 73), ("screening", 96)]));
}

async fn a_backlog_that_waits_for_the_end_of_quiet_hours_holds_up_nobody(site: Site) {
    let most = "1000000";
    let app = site
        .start_with(&[
            ("--limit-reminder-writes", most),
            ("--limit-reminder-writes-per-client", most),
        ])
        .await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "company": "Acme" })).await;
    let now = app.clock.now();
    let clock = |hours: i64| (now + Duration::hours(hours)).format("%H:%M").to_string();
    let quiet = json!({
        "quiet_hours_start": clock(-1), "quiet_hours_end": clock(2), "timezone": "UTC",
    });
    jane.patch("/settings", 2, &quiet).await.is(200);
    // More than one batch settles, of one application: all were due before the night.
    let due_at = now - Duration::hours(3);
    for _ in 0..501 {
        let body = json!({ "application_id": parent["id"], "title": "Ask", "due_at": due_at });
        jane.post("/reminders", &body).await.is(201);
    }
    for _ in 0..3 {
        let settling = due::once(&app.state);
        let settled = tokio::time::timeout(std::time::Duration::from_secs(60), settling).await;
        assert!(settled.unwrap(), "it went well");
    }
    let sent = jane.pages("/reminders?sent=true&limit=200").await;
    assert_eq!(sent.len(), 0, "it is night");
    app.clock.advance(Duration::hours(4));
    due::once(&app.state).await;
    let sent = jane.pages("/reminders?sent=true&limit=200").await;
    assert_eq!(sent.len(), 501);
}

async fn a_leap_second_is_the_second_after_it(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "company": "Acme" })).await;
    for due_at in [
        "2030-06-30T23:59:60Z",
        "2030-06-30T23:59:60.500Z",
        "2030-07-01T00:00:00Z",
    ] {
        let body = json!({ "application_id": parent["id"], "title": "Ask", "due_at": due_at });
        jane.post("/reminders", &body).await.is(201);
    }
    let own = "/reminders?limit=1&due_after=2030-01-01T00:00:00Z";
    let listed = jane.pages(own).await;
    let mut dues: Vec<_> = listed.iter().map(|row| instant(&row["due_at"])).collect();
    dues.dedup();
    assert_eq!(listed.len(), 3);
    let next: DateTime<Utc> = "2030-07-01T00:00:00Z".parse().unwrap();
    assert_eq!(dues, [next, next + Duration::milliseconds(500)]);
}

async fn quiet_hours_defer_it(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Draft" })).await;
    // In Lagos it is an hour later than in UTC.
    let day = (app.clock.now() + Duration::days(2)).date_naive();
    let lagos =
        |hour, minute| day.and_hms_opt(hour, minute, 0).unwrap().and_utc() - Duration::hours(1);
    let row = custom(&jane, &parent, lagos(23, 30)).await;
    let body = json!({ "quiet_hours_start": "21:00", "quiet_hours_end": "08:00" });
    change(&jane, "/settings", body).await;
    let talk = interview(
        &jane,
        &parent,
        "screening",
        lagos(7, 45) + Duration::days(1),
    )
    .await;
    look(&app).await;
    let sent = || async {
        all(&jane)
            .await
            .iter()
            .filter(|row| row["sent"] == true)
            .count()
    };
    // The hour before a talk in the early morning goes out in the evening.
    set_to(&app, lagos(20, 58));
    look(&app).await;
    assert_eq!(sent().await, 1, "a day before it");
    set_to(&app, lagos(20, 59));
    look(&app).await;
    assert_eq!(sent().await, 2);
    set_to(&app, lagos(23, 31));
    look(&app).await;
    assert_eq!(jane.get(&at(&row)).await.json()["sent"], false);
    set_to(&app, lagos(8, 0) + Duration::days(1));
    look(&app).await;
    let late = jane.get(&at(&row)).await.json();
    assert_eq!(late["sent"], true);
    assert_eq!(late["due_at"], row["due_at"], "what was wanted stays");
    assert!(talk["id"].is_string());
    // The window moves while one waits.
    set_to(&app, lagos(22, 0) + Duration::days(1));
    let row = custom(&jane, &parent, lagos(21, 30) + Duration::days(1)).await;
    look(&app).await;
    assert_eq!(jane.get(&at(&row)).await.json()["sent"], false);
    let body = json!({ "quiet_hours_start": "23:00", "quiet_hours_end": "08:00" });
    change(&jane, "/settings", body).await;
    look(&app).await;
    assert_eq!(jane.get(&at(&row)).await.json()["sent"], true);
}

async fn of_one_appointment_the_nearest_goes_out(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({})).await;
    let start = app.clock.now() + Duration::days(4);
    interview(&jane, &parent, "loop", start).await;
    // The server was down over both.
    set_to(&app, start - Duration::hours(1));
    look(&app).await;
    let rows = all(&jane).await;
    let of: Vec<(&Value, bool, bool)> = rows
        .iter()
        .filter(|row| row["meta"]["rule"] == "loop")
        .map(|row| {
            (
                &row["meta"]["offset"],
                row["sent"] == true,
                !row["expired_at"].is_null(),
            )
        })
        .collect();
    assert_eq!(
        of,
        [(&json!(2880), false, true), (&json!(120), true, false)]
    );
}

async fn what_comes_too_late_expires(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({})).await;
    let start = app.clock.now() + Duration::days(4);
    interview(&jane, &parent, "screening", start).await;
    set_to(&app, start + Duration::minutes(1));
    look(&app).await;
    let rows = all(&jane).await;
    let late = rows.iter().filter(|row| row["meta"]["rule"] == "screening");
    assert!(late.clone().count() == 2 && late.clone().all(|row| !row["expired_at"].is_null()));
    assert!(rows.iter().all(|row| row["sent"] == false));
}

async fn settings_that_change_replan_everything(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    // More than one transaction of them.
    let count = 205;
    for _ in 0..count {
        jane.create(json!({})).await;
    }
    let rules = json!({ "applied": { "offsets": [1440, 14_400], "channels": ["in_app"] } });
    change(&jane, "/settings", json!({ "reminder_defaults": rules })).await;
    look(&app).await;
    let rows = open(&app, &jane).await;
    assert_eq!(rows.len(), 2 * count);
    assert!(rows.iter().all(|(_, hours)| [24, 240].contains(hours)));
    let writes = site
        .number("SELECT MAX(last_seq) FROM user_sequences")
        .await;
    look(&app).await;
    assert_eq!(
        site.number("SELECT MAX(last_seq) FROM user_sequences")
            .await,
        writes,
        "nothing without a cause"
    );
    // Another zone: the same time on another wall.
    change(
        &jane,
        "/settings",
        json!({ "timezone": "America/New_York" }),
    )
    .await;
    look(&app).await;
    assert_eq!(open(&app, &jane).await.len(), 2 * count);
}

async fn identity_outlives_a_hundred_changes(site: Site) {
    let app = site
        .start_with(&[("--limit-reminder-writes", "1000")])
        .await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let start = app.clock.now() + Duration::days(9);
    let talk = interview(&jane, &row, "loop", start).await;
    let talk_path = format!("/activities/{}", talk["id"].as_str().unwrap());
    let planned = all(&jane).await;
    let of = |offset: i64| {
        planned
            .iter()
            .find(|row| row["meta"]["offset"] == offset)
            .unwrap()
            .clone()
    };
    let later = app.clock.now() + Duration::days(8);
    let snoozed = change(&jane, &at(&of(2880)), json!({ "due_at": later })).await;
    let off = change(
        &jane,
        &at(&of(120)),
        json!({ "canceled_at": app.clock.now() }),
    )
    .await;
    let gone = all(&jane)
        .await
        .into_iter()
        .find(|row| row["meta"]["rule"] == "after_loop")
        .unwrap();
    jane.delete(&at(&gone), version_of(&gone)).await.is(204);
    let kept = ["id", "due_at", "canceled_at", "sent", "version"];
    let before: Vec<Value> = [&snoozed, &off, &gone].map(|row| row["id"].clone()).into();
    let state = || async {
        let rows = all(&jane).await;
        let of = rows.iter().filter(|row| before.contains(&row["id"]));
        of.map(|row| kept.map(|field| row[field].clone()))
            .collect::<Vec<_>>()
    };
    let first = state().await;
    for n in 0..25 {
        let row = jane.get(&path_of(&row)).await.json();
        jane.change(&row, json!({ "company": format!("Acme {n}") }))
            .await;
        let zone = if n % 2 == 0 {
            "Europe/Berlin"
        } else {
            "Africa/Lagos"
        };
        change(&jane, "/settings", json!({ "timezone": zone })).await;
        look(&app).await;
        change(
            &jane,
            &talk_path,
            json!({ "starts_at": start + Duration::days(n + 1) }),
        )
        .await;
        change(&jane, &talk_path, json!({ "starts_at": start })).await;
    }
    assert_eq!(state().await, first);
    assert_eq!(open(&app, &jane).await.len(), 1, "one live row a point");
}

async fn a_deleted_interview_takes_its_reminders_along(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let talk = interview(&jane, &row, "loop", app.clock.now() + Duration::days(9)).await;
    let since = jane.get("/sync?kinds=reminder").await.json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(open(&app, &jane).await.len(), 3);
    let path = format!("/activities/{}", talk["id"].as_str().unwrap());
    jane.delete(&path, 1).await.is(204);
    assert_eq!(open(&app, &jane).await, pairs(&[("applied", 7 * 24)]));
    let page = jane
        .get(&format!("/sync?kinds=reminder&since={since}"))
        .await
        .is(200)
        .json();
    let changes = page["changes"].as_array().unwrap();
    let of = |op: &str| changes.iter().filter(|change| change["op"] == op).count();
    assert_eq!((of("delete"), of("upsert")), (3, 1));
    let row = jane.get(&path_of(&row)).await.json();
    jane.delete(&path_of(&row), version_of(&row)).await.is(204);
    assert_eq!(all(&jane).await.len(), 0);
}

async fn a_sync_brings_it_to_who_asks_for_it(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let kinds = |page: Value| -> Vec<String> {
        let changes = page["changes"].as_array().unwrap().clone();
        changes
            .iter()
            .map(|change| change["entity"].as_str().unwrap().to_owned())
            .collect()
    };
    let unsaid = kinds(jane.get("/sync").await.json());
    assert!(!unsaid.contains(&"reminder".to_owned()));
    let page = jane.get("/sync?kinds=reminder").await.is(200).json();
    assert_eq!(kinds(page.clone()), ["reminder"]);
    let brought = &page["changes"][0]["row"];
    assert_eq!(brought, &all(&jane).await[0]);
    assert!(brought.get("send_at").is_none());
    // What the worker does comes too, at the same version and a later time.
    app.clock.advance(Duration::days(7));
    look(&app).await;
    let next = page["next"].as_str().unwrap();
    let page = jane
        .get(&format!("/sync?kinds=reminder&since={next}"))
        .await
        .json();
    let sent = &page["changes"][0]["row"];
    assert_eq!((&sent["sent"], &sent["version"]), (&json!(true), &json!(1)));
    assert!(instant(&sent["updated_at"]) > instant(&brought["updated_at"]));
    assert!(row["id"].is_string());
}

async fn too_many_writes_are_told_to_wait(site: Site) {
    let app = site.start_with(&[("--limit-reminder-writes", "3")]).await;
    let jane = patient(&app).await;
    let row = jane.create(json!({ "status": "Draft" })).await;
    for _ in 0..3 {
        custom(&jane, &row, app.clock.now()).await;
    }
    let body = json!({ "title": "x", "application_id": row["id"], "due_at": app.clock.now() });
    let answer = jane.post("/reminders", &body).await;
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    answer.problem(429, "too-many-requests");
    // Reading goes on, and so does everybody else.
    all(&jane).await;
    let joe = app.sign_in("joe@example.com").await;
    let row = joe.create(json!({ "status": "Draft" })).await;
    custom(&joe, &row, app.clock.now()).await;
}

async fn a_running_server_settles_when_it_is_time(site: Site) {
    let app = site.start().await;
    let worker = job_hunt_tracker::server::worker::Worker::start(&app.state)
        .await
        .unwrap();
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Draft" })).await;
    // The worker sleeps by now, until somebody writes what is nearer.
    let begun = std::time::Instant::now();
    let row = custom(
        &jane,
        &parent,
        app.clock.now() + Duration::milliseconds(400),
    )
    .await;
    app.clock.advance(Duration::milliseconds(400));
    loop {
        if jane.get(&at(&row)).await.json()["sent"] == true {
            break;
        }
        assert!(begun.elapsed().as_secs() < 10, "it sleeps on");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    worker.stop().await;
}
