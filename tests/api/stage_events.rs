//! Stage events: the facts of how applications moved.

use crate::{
    client::{Client, path_of, version_of},
    harness::{Site, both},
};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

both![
    creating_is_the_first_event,
    every_move_is_an_event,
    what_is_no_move_makes_no_event,
    later_changes_touch_no_event,
    a_move_may_have_happened_before,
    a_move_is_not_in_the_future,
    undoing_voids_the_newest_move,
    moves_are_undone_one_after_the_other,
    only_the_newest_move_is_undone_and_to_where_it_came_from,
    ids_follow_from_the_mutation,
];

fn moves(events: &[Value]) -> Vec<(&str, &str, bool)> {
    let words = |event: &Value| {
        (
            event["from_status"]
                .as_str()
                .unwrap_or("-")
                .to_owned()
                .leak() as &str,
            event["to_status"].as_str().unwrap().to_owned().leak() as &str,
            !event["voided_at"].is_null(),
        )
    };
    events.iter().map(words).collect()
}

async fn undo(client: &Client, row: &Value, event: &Value) -> Value {
    let body = json!({ "status": event["from_status"], "voids_stage_event": event["id"] });
    client.change(row, body).await
}

async fn creating_is_the_first_event(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({ "status": "Draft" })).await;
    let events = jane.events(&row).await;
    assert_eq!(
        events,
        [json!({
            "id": events[0]["id"], "application_id": row["id"], "version": 1, "from_status": null,
            "to_status": "Draft", "occurred_at": row["created_at"],
            "recorded_at": row["created_at"], "voided_at": null, "updated_at": row["created_at"],
        })]
    );
}

async fn every_move_is_an_event(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let mut row = jane.create(json!({})).await;
    let mut expected = vec![("-".to_owned(), "Applied".to_owned())];
    // Any move is legal.
    for status in [
        "Offer",
        "Draft",
        "Screening",
        "Recruiter_Call",
        "Tech_Screen",
        "Interview_Loop",
        "Accepted",
        "Declined",
        "Rejected",
        "On_Hold",
        "Ghosted",
        "Withdrawn",
        "Applied",
    ] {
        app.clock.advance(Duration::minutes(1));
        expected.push((
            row["status"].as_str().unwrap().to_owned(),
            status.to_owned(),
        ));
        row = jane.change(&row, json!({ "status": status })).await;
        assert_eq!(row["status_since"], row["updated_at"]);
    }
    let events = jane.events(&row).await;
    let found: Vec<_> = moves(&events)
        .into_iter()
        .map(|(from, to, _)| (from.to_owned(), to.to_owned()))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(events.last().unwrap()["occurred_at"], row["status_since"]);
    assert_eq!(events.last().unwrap()["recorded_at"], row["updated_at"]);
}

async fn what_is_no_move_makes_no_event(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    app.clock.advance(Duration::minutes(1));
    let changed = jane.change(&row, json!({ "company": "Beta" })).await;
    let changed = jane.change(&changed, json!({ "status": "Applied" })).await;
    let earlier = "2026-01-01T00:00:00Z";
    let changed = jane
        .change(
            &changed,
            json!({ "status": "Applied", "status_occurred_at": earlier }),
        )
        .await;
    assert_eq!(changed["status_since"], row["status_since"]);
    assert_eq!(jane.events(&row).await.len(), 1);
    // A move that is refused makes none either.
    let stale = jane
        .patch(&path_of(&row), 1, &json!({ "status": "Offer" }))
        .await;
    stale.problem(409, "conflict");
    let wrong = json!({ "status": "Offer", "salary_min": 2, "salary_max": 1 });
    assert_eq!(
        jane.patch(&path_of(&row), 4, &wrong).await.wrong_fields(),
        ["salary_max"]
    );
    assert_eq!(jane.events(&row).await.len(), 1);
}

async fn later_changes_touch_no_event(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let mut row = jane.create(json!({})).await;
    row = jane
        .change(&row, json!({ "status": "Interview_Loop" }))
        .await;
    let before = jane.events(&row).await;
    for fields in [
        json!({ "status": "Rejected" }),
        json!({ "company": "Beta" }),
        json!({ "status": "Interview_Loop" }),
        json!({ "archived_at": "2026-01-01T00:00:00Z" }),
    ] {
        app.clock.advance(Duration::minutes(1));
        row = jane.change(&row, fields).await;
    }
    let undone = jane.events(&row).await.pop().unwrap();
    undo(&jane, &row, &undone).await;
    assert_eq!(jane.events(&row).await[..2], before[..]);
}

async fn a_move_may_have_happened_before(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let (first, second) = ("2026-01-05T08:00:00Z", "2026-01-09T17:30:00Z");
    let row = jane.create(json!({ "status_occurred_at": first })).await;
    assert_eq!(row["status_since"], first);
    assert_ne!(row["created_at"], first);
    let row = jane
        .change(
            &row,
            json!({ "status": "Offer", "status_occurred_at": second }),
        )
        .await;
    assert_eq!(row["status_since"], second);
    let events = jane.events(&row).await;
    assert_eq!(events[0]["occurred_at"], first);
    assert_eq!(events[0]["recorded_at"], row["created_at"]);
    assert_eq!(events[1]["occurred_at"], second);
    assert_eq!(events[1]["recorded_at"], row["updated_at"]);
    // Events stand in the order in which they were recorded, whenever they happened.
    let row = jane
        .change(
            &row,
            json!({ "status": "Draft", "status_occurred_at": first }),
        )
        .await;
    assert_eq!(
        moves(&jane.events(&row).await),
        [
            ("-", "Applied", false),
            ("Applied", "Offer", false),
            ("Offer", "Draft", false)
        ]
    );
}

async fn a_move_is_not_in_the_future(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    // A client's clock may be wrong by some minutes.
    let (near, far) = (
        app.clock.now() + Duration::minutes(9),
        app.clock.now() + Duration::minutes(11),
    );
    let body = |at: DateTime<Utc>| json!({ "status": "Offer", "status_occurred_at": at });
    let wrong = jane
        .patch(&path_of(&row), 1, &body(far))
        .await
        .wrong_fields();
    assert_eq!(wrong, ["status_occurred_at"]);
    jane.change(&row, body(near)).await;
}

async fn undoing_voids_the_newest_move(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    app.clock.advance(Duration::minutes(1));
    let moved = jane.change(&row, json!({ "status": "Offer" })).await;
    app.clock.advance(Duration::minutes(1));
    let event = jane.events(&row).await[1].clone();
    let undone = undo(&jane, &moved, &event).await;
    assert_eq!(undone["status"], "Applied");
    assert_eq!(
        undone["status_since"], row["status_since"],
        "as if it had never moved"
    );
    assert_eq!(undone["version"], 3);

    let events = jane.events(&row).await;
    assert_eq!(
        moves(&events),
        [("-", "Applied", false), ("Applied", "Offer", true)]
    );
    assert_eq!(events[1]["voided_at"], undone["updated_at"]);
    for field in ["id", "occurred_at", "recorded_at"] {
        assert_eq!(events[1][field], event[field], "{field}");
    }
    // It goes on from there.
    let moved = jane.change(&undone, json!({ "status": "Screening" })).await;
    assert_eq!(
        moves(&jane.events(&moved).await),
        [
            ("-", "Applied", false),
            ("Applied", "Offer", true),
            ("Applied", "Screening", false)
        ]
    );
}

async fn moves_are_undone_one_after_the_other(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    // Faster than the clock ticks, so that the order does not rest on the time.
    let mut row = jane.create(json!({})).await;
    let mut sinces = vec![row["status_since"].clone()];
    for status in ["Screening", "Offer", "Accepted"] {
        row = jane.change(&row, json!({ "status": status })).await;
        sinces.push(row["status_since"].clone());
    }
    for (number, status) in [(3, "Offer"), (2, "Screening"), (1, "Applied")] {
        let event = jane.events(&row).await[number].clone();
        row = undo(&jane, &row, &event).await;
        assert_eq!(row["status"], status);
        assert_eq!(row["status_since"], sinces[number - 1]);
    }
    let voided: Vec<bool> = moves(&jane.events(&row).await)
        .iter()
        .map(|(_, _, voided)| *voided)
        .collect();
    assert_eq!(voided, [false, true, true, true]);
}

async fn only_the_newest_move_is_undone_and_to_where_it_came_from(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let other = jane.create(json!({})).await;
    let other = jane.change(&other, json!({ "status": "Offer" })).await;
    let row = jane.create(json!({})).await;
    let row = jane.change(&row, json!({ "status": "Screening" })).await;
    let row = jane.change(&row, json!({ "status": "Offer" })).await;
    let events = jane.events(&row).await;
    let others = jane.events(&other).await;
    let (first, middle, newest) = (&events[0]["id"], &events[1]["id"], &events[2]["id"]);
    let unknown = json!(Uuid::new_v4());
    for (event, status, field) in [
        (first, "Screening", "voids_stage_event"),
        (middle, "Applied", "voids_stage_event"),
        (&others[1]["id"], "Screening", "voids_stage_event"),
        (&unknown, "Screening", "voids_stage_event"),
        (newest, "Applied", "status"),
        (newest, "Offer", "status"),
    ] {
        let body = json!({ "status": status, "voids_stage_event": event });
        let wrong = jane
            .patch(&path_of(&row), version_of(&row), &body)
            .await
            .wrong_fields();
        assert_eq!(wrong, [field], "{body}");
    }
    let alone = json!({ "voids_stage_event": newest });
    assert_eq!(
        jane.patch(&path_of(&row), 3, &alone).await.wrong_fields(),
        ["status"]
    );
    assert_eq!(jane.get(&path_of(&row)).await.json(), row);
    assert_eq!(jane.events(&row).await, events);

    // Once undone it is not undone again; and a creation is no move.
    let row = undo(&jane, &row, &events[2]).await;
    let body = json!({ "status": "Screening", "voids_stage_event": newest });
    assert_eq!(
        jane.patch(&path_of(&row), 4, &body).await.wrong_fields(),
        ["voids_stage_event"]
    );
    let row = undo(&jane, &row, &events[1]).await;
    let body = json!({ "status": "Draft", "voids_stage_event": first });
    assert_eq!(
        jane.patch(&path_of(&row), 5, &body).await.wrong_fields(),
        ["voids_stage_event"]
    );
}

async fn ids_follow_from_the_mutation(site: Site) {
    use job_hunt_tracker::domain::stage::StageEvent;
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let id = Uuid::new_v4();
    let body = json!({ "id": id, "company": "Acme", "role_title": "Engineer" });
    let row = jane
        .post("/applications", &body)
        .key("create")
        .await
        .is(201)
        .json();
    let patch = jane
        .patch(&path_of(&row), 1, &json!({ "status": "Offer" }))
        .key("move");
    patch.await.is(200);
    let ids: Vec<Value> = jane
        .events(&row)
        .await
        .into_iter()
        .map(|event| event["id"].clone())
        .collect();
    let expected = ["create", "move"].map(|key| json!(StageEvent::derive_id(id, key)));
    assert_eq!(ids, expected);
}
