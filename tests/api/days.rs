//! Which day counts, and moves that people correct.

use crate::{
    client::{Client, path_of, version_of},
    harness::{Site, TestApp, User, both},
};
use chrono::{DateTime, Duration, Utc};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

both![
    a_draft_has_no_day_until_it_is_sent,
    only_a_draft_is_created_without_a_day,
    the_day_is_that_of_the_move_in_the_users_zone,
    a_status_that_has_a_day_keeps_it,
    the_day_goes_when_the_move_is_undone_or_was_a_slip,
    a_corrected_move_takes_along_since_when_and_the_day,
    what_follows_makes_no_version,
    the_application_of_a_corrected_move_goes_out_with_it,
    moves_stand_in_the_order_in_which_they_were_recorded,
    a_move_is_struck_out_and_restored,
    the_newest_that_counts_is_not_struck_out,
    a_status_never_stands_without_a_move,
    a_correction_names_what_was_seen,
    a_correction_is_checked,
    a_correction_is_done_once,
    a_slip_of_the_hand_is_no_move,
];

/// Somebody who stays signed in for weeks.
async fn patient(app: &TestApp) -> User {
    let jane = app.sign_in("jane@example.com").await;
    let body = json!({ "session_timeout_mins": 43_200 });
    jane.patch("/settings", 1, &body).await.is(200);
    jane
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

/// The day in Lagos, where a new user is.
fn day_of(at: DateTime<Utc>) -> Value {
    json!((at + Duration::hours(1)).date_naive())
}

fn path_of_event(event: &Value) -> String {
    let part = |name: &str| event[name].as_str().unwrap().to_owned();
    format!(
        "/applications/{}/stage-events/{}",
        part("application_id"),
        part("id")
    )
}

async fn correct(client: &Client, event: &Value, body: Value) -> Value {
    let call = client
        .call(Method::PATCH, &path_of_event(event))
        .if_as(event);
    call.json(&body).await.is(200).json()
}

async fn refused(client: &Client, event: &Value, body: Value) -> Vec<String> {
    let call = client.patch(&path_of_event(event), version_of(event), &body);
    call.await.wrong_fields()
}

async fn now(client: &Client, row: &Value) -> Value {
    client.get(&path_of(row)).await.is(200).json()
}

async fn a_draft_has_no_day_until_it_is_sent(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let draft = jane.create(json!({ "status": "Draft" })).await;
    assert_eq!(draft["application_date"], Value::Null);
    app.clock.advance(Duration::days(3));
    let held = jane.change(&draft, json!({ "status": "On_Hold" })).await;
    assert_eq!(held["application_date"], Value::Null);
    let sent = jane.change(&held, json!({ "status": "Screening" })).await;
    assert_eq!(sent["application_date"], day_of(app.clock.now()));
    // Later moves leave it.
    app.clock.advance(Duration::days(3));
    for status in ["Offer", "On_Hold", "Draft", "Applied"] {
        let moved = now(&jane, &sent).await;
        let moved = jane.change(&moved, json!({ "status": status })).await;
        assert_eq!(
            moved["application_date"], sent["application_date"],
            "{status}"
        );
        app.clock.advance(Duration::hours(1));
    }
    // A day that somebody gave a draft stays when it is sent.
    let draft = jane
        .create(json!({ "status": "Draft", "application_date": "2026-01-05" }))
        .await;
    let sent = jane.change(&draft, json!({ "status": "Applied" })).await;
    assert_eq!(sent["application_date"], "2026-01-05");
    let draft = jane.create(json!({ "status": "Draft" })).await;
    let sent = json!({ "status": "Applied", "application_date": "2026-01-06" });
    let sent = jane.change(&draft, sent).await;
    assert_eq!(sent["application_date"], "2026-01-06");
}

async fn only_a_draft_is_created_without_a_day(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let today = day_of(app.clock.now());
    for status in ["Applied", "Offer", "On_Hold", "Withdrawn", "Ghosted"] {
        let row = jane.create(json!({ "status": status })).await;
        assert_eq!(row["application_date"], today, "{status}");
    }
    // What happened before has the day of that.
    let body = json!({ "status_occurred_at": "2026-01-09T23:30:00Z" });
    assert_eq!(jane.create(body).await["application_date"], "2026-01-10");
    let body = json!({ "status": "Draft", "status_occurred_at": "2026-01-09T23:30:00Z" });
    assert_eq!(jane.create(body).await["application_date"], Value::Null);
}

async fn the_day_is_that_of_the_move_in_the_users_zone(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let body = json!({ "timezone": "Pacific/Kiritimati" });
    jane.patch("/settings", 2, &body).await.is(200);
    let draft = jane.create(json!({ "status": "Draft" })).await;
    let sent = json!({ "status": "Applied", "status_occurred_at": "2026-01-09T10:30:00Z" });
    let sent = jane.change(&draft, sent).await;
    assert_eq!(sent["application_date"], "2026-01-10");
    let event = jane.events(&sent).await[1].clone();
    correct(
        &jane,
        &event,
        json!({ "occurred_at": "2026-01-08T09:00:00Z" }),
    )
    .await;
    assert_eq!(now(&jane, &sent).await["application_date"], "2026-01-08");
}

async fn a_status_that_has_a_day_keeps_it(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let wrong = async |row: &Value, body: Value| {
        let call = jane.patch(&path_of(row), version_of(row), &body);
        call.await.wrong_fields()
    };
    let cleared = json!({ "application_date": null });
    assert_eq!(wrong(&row, cleared.clone()).await, ["application_date"]);
    let moved = json!({ "status": "Offer", "application_date": null });
    assert_eq!(wrong(&row, moved).await, ["application_date"]);
    let draft = json!({ "status": "Draft", "application_date": null });
    let draft = jane.change(&row, draft).await;
    assert_eq!(draft["application_date"], Value::Null);
    let held = jane.change(&draft, json!({ "status": "On_Hold" })).await;
    jane.change(&held, cleared).await;
    // Undone, it is where it has one, and so it gets one.
    let row = jane.create(json!({})).await;
    app.clock.advance(Duration::days(2));
    let draft = jane
        .change(&row, json!({ "status": "Draft", "application_date": null }))
        .await;
    let event = jane.events(&row).await[1]["id"].clone();
    let undo = json!({ "status": "Applied", "voids_stage_event": event });
    let undone = jane.change(&draft, undo).await;
    assert_eq!(undone["application_date"], row["application_date"]);
}

async fn the_day_goes_when_the_move_is_undone_or_was_a_slip(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let draft = jane.create(json!({ "status": "Draft" })).await;
    app.clock.advance(Duration::days(1));
    let sent = jane.change(&draft, json!({ "status": "Applied" })).await;
    let event = jane.events(&draft).await[1]["id"].clone();
    let undo = json!({ "status": "Draft", "voids_stage_event": event });
    let undone = jane.change(&sent, undo).await;
    assert_eq!(undone["application_date"], Value::Null);
    assert_eq!(undone["status_since"], draft["status_since"]);

    let sent = jane.change(&undone, json!({ "status": "Applied" })).await;
    assert_eq!(sent["application_date"], day_of(app.clock.now()));
    app.clock.advance(Duration::minutes(9));
    let back = jane.change(&sent, json!({ "status": "Draft" })).await;
    assert_eq!(back["application_date"], Value::Null);
    assert_eq!(back["status_since"], draft["status_since"]);

    // A later way back is real.
    let sent = jane.change(&back, json!({ "status": "Applied" })).await;
    app.clock.advance(Duration::minutes(11));
    let back = jane.change(&sent, json!({ "status": "Draft" })).await;
    assert_eq!(back["application_date"], sent["application_date"]);
    assert_eq!(back["status_since"], back["updated_at"]);
}

async fn a_corrected_move_takes_along_since_when_and_the_day(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let draft = jane.create(json!({ "status": "Draft" })).await;
    app.clock.advance(Duration::days(20));
    let sent = jane.change(&draft, json!({ "status": "Applied" })).await;
    let event = jane.events(&draft).await[1].clone();
    let at = app.clock.now() - Duration::days(12);
    let corrected = correct(&jane, &event, json!({ "occurred_at": at })).await;
    assert_eq!(instant(&corrected["occurred_at"]), at);
    assert_eq!(corrected["version"], 2);
    assert_eq!(corrected["recorded_at"], event["recorded_at"]);
    let row = now(&jane, &sent).await;
    assert_eq!(instant(&row["status_since"]), at);
    assert_eq!(row["application_date"], day_of(at));
    assert_eq!(jane.events(&draft).await[1], corrected);
    // Before its creation: that gives way.
    let at = instant(&draft["created_at"]) - Duration::days(5);
    correct(&jane, &corrected, json!({ "occurred_at": at })).await;
    assert_eq!(instant(&now(&jane, &sent).await["status_since"]), at);
    // A day that somebody gave stays.
    let row = now(&jane, &sent).await;
    let row = jane
        .change(&row, json!({ "application_date": "2026-01-05" }))
        .await;
    let event = jane.events(&draft).await[1].clone();
    correct(&jane, &event, json!({ "occurred_at": app.clock.now() })).await;
    assert_eq!(now(&jane, &row).await["application_date"], "2026-01-05");
}

/// Also those of one millisecond, those of a clock that was set back, and those that were corrected.
async fn the_application_of_a_corrected_move_goes_out_with_it(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let event = jane.events(&row).await[0].clone();
    let next = jane.get("/sync").await.is(200).json()["next"].clone();
    // A page in another zone would have another day.
    let at = instant(&event["occurred_at"]) - Duration::minutes(1);
    correct(&jane, &event, json!({ "occurred_at": at })).await;
    let since = format!("/sync?since={}", next.as_str().unwrap());
    let page = jane.get(&since).await.is(200).json();
    let changes = page["changes"].as_array().unwrap();
    let of_row = changes.iter().find(|change| change["id"] == row["id"]);
    let sent = &of_row.expect("the application")["row"];
    assert_eq!(sent["application_date"], row["application_date"]);
    assert_eq!(sent["version"], row["version"]);
}

async fn moves_stand_in_the_order_in_which_they_were_recorded(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let row = jane.change(&row, json!({ "status": "Screening" })).await;
    app.clock.advance(Duration::hours(-1));
    let row = jane.change(&row, json!({ "status": "Offer" })).await;
    let order = |events: &[Value]| -> Vec<Value> {
        assert!(events.is_sorted_by_key(|event| instant(&event["recorded_at"])));
        events
            .iter()
            .map(|event| event["to_status"].clone())
            .collect()
    };
    let events = jane.events(&row).await;
    assert_eq!(order(&events), ["Applied", "Screening", "Offer"]);
    // The day of the creation follows it, however often it is corrected.
    let mut creation = events[0].clone();
    for days in [3, 5, 4] {
        let at = instant(&row["created_at"]) - Duration::days(days);
        creation = correct(&jane, &creation, json!({ "occurred_at": at })).await;
        assert_eq!(now(&jane, &row).await["application_date"], day_of(at));
    }
    assert_eq!(
        order(&jane.events(&row).await),
        ["Applied", "Screening", "Offer"]
    );
}

async fn what_follows_makes_no_version(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let first = jane
        .get("/sync?kinds=application,stage_event")
        .await
        .is(200)
        .json();
    let since = first["next"].as_str().unwrap();
    let event = jane.events(&row).await[0].clone();
    // The clock stands still, and still the later state is known to be later.
    let at = app.clock.now() - Duration::days(4);
    correct(&jane, &event, json!({ "occurred_at": at })).await;
    let followed = now(&jane, &row).await;
    assert_eq!(followed["version"], row["version"]);
    assert!(instant(&followed["updated_at"]) > instant(&row["updated_at"]));
    assert_eq!(followed["application_date"], day_of(at));
    let page = jane
        .get(&format!(
            "/sync?kinds=application,stage_event&since={since}"
        ))
        .await
        .is(200)
        .json();
    let changed: Vec<&Value> = page["changes"].as_array().unwrap().iter().collect();
    assert_eq!(changed.len(), 2);
    assert!(changed.iter().any(|change| change["row"] == followed));
    // Who saw the row before has seen this version.
    let note = |row: &Value, text: &str| {
        let call = jane.call(Method::PATCH, &path_of(row)).if_as(row);
        call.json(&json!({ "notes": text }))
    };
    let noted = note(&row, "one").await.is(200).json();
    assert_eq!(noted["version"], 2);
    // And no other one.
    let event = jane.events(&row).await[0].clone();
    correct(&jane, &event, json!({ "occurred_at": app.clock.now() })).await;
    note(&row, "two").await.problem(409, "conflict");
    let mut lost = noted.clone();
    lost["updated_at"] = json!(instant(&noted["updated_at"]) - Duration::seconds(1));
    note(&lost, "three").await.problem(409, "conflict");
    lost["updated_at"] = json!(app.clock.now() + Duration::days(1));
    note(&lost, "four").await.problem(409, "conflict");
    let again = correct(
        &jane,
        &jane.events(&row).await[0],
        json!({ "occurred_at": at }),
    )
    .await;
    assert_eq!(again["version"], 4);
    note(&noted, "five").await.is(200);
    // Where nothing follows, nothing of the row is another.
    let row = jane
        .create(json!({ "application_date": "2026-01-05" }))
        .await;
    let row = jane.change(&row, json!({ "status": "Offer" })).await;
    let event = jane.events(&row).await[0].clone();
    correct(&jane, &event, json!({ "occurred_at": at })).await;
    let mut same = now(&jane, &row).await;
    same["updated_at"] = row["updated_at"].clone();
    assert_eq!(same, row);
}

async fn a_move_is_struck_out_and_restored(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let mut row = jane.create(json!({ "status": "Draft" })).await;
    for status in ["Applied", "Screening"] {
        app.clock.advance(Duration::days(2));
        row = jane.change(&row, json!({ "status": status })).await;
    }
    let sent = row["application_date"].clone();
    let event = jane.events(&row).await[1].clone();
    let struck = correct(&jane, &event, json!({ "voided": true })).await;
    assert_eq!(struck["voided_at"], struck["updated_at"]);
    let after = now(&jane, &row).await;
    assert_eq!(after["status"], "Screening");
    assert_eq!(after["status_since"], row["status_since"]);
    // It was sent by the next move then.
    assert_eq!(after["application_date"], day_of(app.clock.now()));
    // Struck out twice it stays as it was struck out.
    app.clock.advance(Duration::minutes(1));
    let again = correct(&jane, &struck, json!({ "voided": true })).await;
    assert_eq!(again["voided_at"], struck["voided_at"]);
    let restored = correct(&jane, &again, json!({ "voided": false })).await;
    assert_eq!(restored["voided_at"], Value::Null);
    assert_eq!(now(&jane, &row).await["application_date"], sent);
}

async fn the_newest_that_counts_is_not_struck_out(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let mut row = jane.create(json!({})).await;
    let created = jane.events(&row).await[0].clone();
    let strike = json!({ "voided": true });
    assert_eq!(refused(&jane, &created, strike.clone()).await, ["voided"]);
    app.clock.advance(Duration::days(2));
    row = jane.change(&row, json!({ "status": "Offer" })).await;
    let newest = jane.events(&row).await[1].clone();
    assert_eq!(refused(&jane, &newest, strike).await, ["voided"]);
    assert_eq!(jane.events(&row).await[1], newest);
    // What was undone does not come back so.
    let undo = json!({ "status": "Applied", "voids_stage_event": newest["id"] });
    row = jane.change(&row, undo).await;
    let undone = jane.events(&row).await[1].clone();
    let restore = json!({ "voided": false });
    assert_eq!(refused(&jane, &undone, restore.clone()).await, ["voided"]);
    // Before another move it does.
    app.clock.advance(Duration::days(2));
    jane.change(&row, json!({ "status": "Screening" })).await;
    correct(&jane, &undone, restore).await;
    assert_eq!(now(&jane, &row).await["status"], "Screening");
}

/// With all before it struck out, the newest move cannot be undone: nothing would say how it stands.
async fn a_status_never_stands_without_a_move(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({ "status": "Draft" })).await;
    app.clock.advance(Duration::days(2));
    let row = jane.change(&row, json!({ "status": "Offer" })).await;
    let events = jane.events(&row).await;
    let (created, offer) = (events[0].clone(), events[1].clone());
    let struck = correct(&jane, &created, json!({ "voided": true })).await;
    let row = now(&jane, &row).await;
    let undo = json!({ "status": "Draft", "voids_stage_event": offer["id"] });
    let refusal = jane.patch(&path_of(&row), version_of(&row), &undo).await;
    let problem = refusal.problem(400, "validation");
    assert_eq!(problem["errors"][0]["field"], "voids_stage_event");
    correct(&jane, &struck, json!({ "voided": false })).await;
    let row = now(&jane, &row).await;
    let undone = jane.change(&row, undo).await;
    assert_eq!(undone["status"], "Draft");
    assert_eq!(undone["application_date"], Value::Null);
}

async fn a_correction_names_what_was_seen(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let event = jane.events(&row).await[0].clone();
    let path = path_of_event(&event);
    let body = json!({ "occurred_at": "2026-01-05T08:00:00Z" });
    let call = jane.call(Method::PATCH, &path).json(&body);
    call.await.problem(428, "precondition-required");
    let answer = jane.patch(&path, 1, &body).await.is(200);
    assert_eq!(answer.header("etag"), "W/\"2\"");
    let conflict = jane.patch(&path, 1, &body).await.problem(409, "conflict");
    assert_eq!(conflict["meta"]["current"], answer.json());
    // An undo is a correction too.
    app.clock.advance(Duration::days(2));
    let moved = jane
        .change(&now(&jane, &row).await, json!({ "status": "Offer" }))
        .await;
    let newest = jane.events(&row).await[1].clone();
    let undo = json!({ "status": "Applied", "voids_stage_event": newest["id"] });
    jane.change(&moved, undo).await;
    let call = jane.patch(&path_of_event(&newest), 1, &body);
    call.await.problem(409, "conflict");
}

async fn a_correction_is_checked(site: Site) {
    let app = site.start().await;
    let (jane, john) = (
        app.sign_in("jane@example.com").await,
        app.sign_in("john@example.com").await,
    );
    let row = jane.create(json!({})).await;
    let other = jane.create(json!({})).await;
    let event = jane.events(&row).await[0].clone();
    let far = app.clock.now() + Duration::minutes(11);
    for (body, field) in [
        (json!({ "occurred_at": far }), "occurred_at"),
        (
            json!({ "occurred_at": "1969-12-31T00:00:00Z" }),
            "occurred_at",
        ),
        (json!({ "occurred_at": null }), "occurred_at"),
        (json!({ "voided": null }), "voided"),
        (json!({ "voided_at": "2026-01-01T00:00:00Z" }), "voided_at"),
        (json!({ "to_status": "Offer" }), "to_status"),
        (json!({ "application_id": other["id"] }), "application_id"),
    ] {
        assert_eq!(
            refused(&jane, &event, body.clone()).await,
            [field],
            "{body}"
        );
    }
    assert_eq!(jane.events(&row).await, std::slice::from_ref(&event));
    // Another application's, nobody's, somebody else's.
    let body = json!({ "occurred_at": "2026-01-05T08:00:00Z" });
    let mut elsewhere = event.clone();
    elsewhere["application_id"] = other["id"].clone();
    let mut nobodys = event.clone();
    nobodys["id"] = json!(Uuid::new_v4());
    for event in [&elsewhere, &nobodys] {
        let call = jane.patch(&path_of_event(event), 1, &body);
        call.await.problem(404, "not-found");
    }
    let call = john.patch(&path_of_event(&event), 1, &body);
    call.await.problem(404, "not-found");
    assert_eq!(jane.events(&row).await, [event]);
}

async fn a_correction_is_done_once(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    let event = jane.events(&row).await[0].clone();
    let body = json!({ "occurred_at": "2026-01-05T08:00:00Z" });
    let call = async || {
        let call = jane.patch(&path_of_event(&event), 1, &body).key("correct");
        call.await.is(200).json()
    };
    let first = call().await;
    app.clock.advance(Duration::minutes(1));
    assert_eq!(call().await, first);
    assert_eq!(jane.events(&row).await, [first]);
    // It goes with its application, and what was answered too.
    let row = now(&jane, &row).await;
    jane.delete(&path_of(&row), version_of(&row)).await.is(204);
    let again = jane.patch(&path_of_event(&event), 1, &body).key("correct");
    again.await.problem(409, "gone");
}

async fn a_slip_of_the_hand_is_no_move(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let row = jane.create(json!({})).await;
    app.clock.advance(Duration::days(2));
    let slip = jane.change(&row, json!({ "status": "Offer" })).await;
    app.clock.advance(Duration::minutes(5));
    let back = jane.change(&slip, json!({ "status": "Applied" })).await;
    assert_eq!(back["status_since"], row["status_since"]);
    // All of it stays on record, and a correction makes it real.
    let events = jane.events(&row).await;
    assert!(events.iter().all(|event| event["voided_at"].is_null()));
    let at = instant(&row["created_at"]) + Duration::days(1);
    correct(&jane, &events[1], json!({ "occurred_at": at })).await;
    assert_eq!(now(&jane, &back).await["status_since"], back["updated_at"]);
}
