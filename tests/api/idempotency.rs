//! The same request under the same key takes effect once and gets the first answer again.

use crate::{
    client::{Answer, path_of},
    harness::{Site, both},
};
use chrono::Duration;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::task::JoinSet;
use uuid::Uuid;

both![
    a_create_is_done_once,
    a_change_is_done_once,
    a_deletion_is_done_once,
    a_change_of_settings_is_done_once,
    the_first_answer_comes_again_when_the_row_has_moved_on,
    an_answer_of_an_older_app_comes_again_as_it_was,
    a_key_belongs_to_one_request,
    of_requests_at_once_with_one_key_one_takes_effect,
    failures_are_not_recorded,
    after_a_deletion_a_replay_says_that_it_was_taken,
    keys_belong_to_their_user,
    a_key_is_1_to_255_visible_characters,
    reading_takes_no_key,
];

fn card(company: &str) -> Value {
    json!({ "company": company, "role_title": "Engineer" })
}

/// What must be the same in both answers.
fn essence(answer: &Answer) -> (u16, &str, Option<&str>, Option<&str>) {
    let header = |name| {
        answer
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    (
        answer.status,
        &answer.text,
        header("etag"),
        header("location"),
    )
}

async fn a_create_is_done_once(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    // Without a client's id, so that only the key can tell.
    let create = || jane.post("/applications", &card("Acme")).key("k");
    let first = create().await.is(201);
    app.clock.advance(Duration::hours(1));
    for _ in 0..3 {
        assert_eq!(essence(&create().await), essence(&first));
    }
    assert_eq!(jane.list().await, [first.json()]);
    assert_eq!(jane.events(&first.json()).await.len(), 1);
}

async fn a_change_is_done_once(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let patch = || {
        jane.patch(&path_of(&row), 1, &json!({ "status": "Offer" }))
            .key("k")
    };
    let first = patch().await.is(200);
    app.clock.advance(Duration::hours(1));
    for _ in 0..3 {
        assert_eq!(essence(&patch().await), essence(&first));
    }
    assert_eq!(jane.get(&path_of(&row)).await.json(), first.json());
    assert_eq!(jane.events(&row).await.len(), 2);
    // The three forms of one version are one request.
    let other = jane
        .call(Method::PATCH, &path_of(&row))
        .json(&json!({ "status": "Offer" }))
        .key("k");
    assert_eq!(
        essence(&other.header("if-match", "W/\"1\"").await),
        essence(&first)
    );
}

async fn a_deletion_is_done_once(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let delete = || jane.delete(&path_of(&row), 1).key("k");
    delete().await.is(204);
    for _ in 0..3 {
        let again = delete().await.is(204);
        assert_eq!(again.text, "");
    }
    jane.delete(&path_of(&row), 1)
        .await
        .problem(404, "not-found");
    assert_eq!(
        site.number("SELECT COUNT(*) FROM tombstones WHERE entity = 'application'")
            .await,
        1
    );
}

async fn a_change_of_settings_is_done_once(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let patch = || {
        jane.patch("/settings", 1, &json!({ "display_name": "Jane" }))
            .key("k")
    };
    let first = patch().await.is(200);
    jane.patch("/settings", 2, &json!({ "display_name": "J" }))
        .await
        .is(200);
    assert_eq!(essence(&patch().await), essence(&first));
    assert_eq!(jane.get("/settings").await.json()["display_name"], "J");
    assert_eq!(jane.get("/settings").await.json()["version"], 3);
}

async fn the_first_answer_comes_again_when_the_row_has_moved_on(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let create = || jane.post("/applications", &card("Acme")).key("create");
    let created = create().await.is(201);
    let path = path_of(&created.json());
    let patch = || {
        jane.patch(&path, 1, &json!({ "company": "Beta" }))
            .key("patch")
    };
    let patched = patch().await.is(200);
    let latest = jane
        .change(&patched.json(), json!({ "company": "Gamma" }))
        .await;
    assert_eq!(essence(&create().await), essence(&created));
    assert_eq!(essence(&patch().await), essence(&patched));
    assert_eq!(
        jane.get(&path).await.json(),
        latest,
        "nothing was done again"
    );
}

async fn a_key_belongs_to_one_request(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let created = jane
        .post("/applications", &card("Acme"))
        .key("create")
        .await
        .is(201)
        .json();
    let other = jane.create(json!({ "company": "Other" })).await;
    let path = path_of(&created);
    let body = json!({ "company": "Beta" });
    jane.patch(&path, 1, &body).key("patch").await.is(200);
    for call in [
        jane.post("/applications", &card("Beta")).key("create"),
        jane.patch(&path, 1, &body).key("create"),
        jane.delete(&path, 2).key("create"),
        jane.patch("/settings", 1, &json!({})).key("create"),
        jane.patch(&path, 1, &json!({ "company": "Gamma" }))
            .key("patch"),
        jane.patch(&path, 2, &body).key("patch"),
        jane.call(Method::PATCH, &path)
            .json(&body)
            .if_as(&created)
            .key("patch"),
        jane.patch(&path_of(&other), 1, &body).key("patch"),
        jane.delete(&path, 1).key("patch"),
        jane.post("/applications", &body).key("patch"),
    ] {
        call.await.problem(422, "idempotency-mismatch");
    }
    let rows = jane.pages("/applications?sort=created_at").await;
    let companies: Vec<&str> = rows
        .iter()
        .map(|row| row["company"].as_str().unwrap())
        .collect();
    assert_eq!(companies, ["Beta", "Other"]);
    assert_eq!(jane.get("/settings").await.json()["version"], 1);
}

async fn of_requests_at_once_with_one_key_one_takes_effect(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for round in 0..3 {
        let key = format!("create {round}");
        let mut all = JoinSet::new();
        for _ in 0..10 {
            all.spawn(
                jane.post("/applications", &card("Acme"))
                    .key(&key)
                    .into_future(),
            );
        }
        let answers = all.join_all().await;
        let distinct: BTreeSet<_> = answers.iter().map(essence).collect();
        assert_eq!(distinct.len(), 1, "{distinct:?}");
        let row = answers.into_iter().next().unwrap().is(201).json();
        assert_eq!(jane.list().await.len(), round + 1);

        let key = format!("patch {round}");
        let mut all = JoinSet::new();
        for _ in 0..10 {
            let patch = jane
                .patch(&path_of(&row), 1, &json!({ "status": "Offer" }))
                .key(&key);
            all.spawn(patch.into_future());
        }
        let answers = all.join_all().await;
        let distinct: BTreeSet<_> = answers.iter().map(essence).collect();
        assert_eq!(distinct.len(), 1, "{distinct:?}");
        assert_eq!(answers[0].status, 200);
        assert_eq!(jane.events(&row).await.len(), 2);
    }
    // Different requests under one key: one is done, the rest are refused.
    let mut all = JoinSet::new();
    for number in 0..10 {
        all.spawn(
            jane.post("/applications", &card(&format!("Company {number}")))
                .key("k")
                .into_future(),
        );
    }
    let mut statuses: Vec<u16> = all
        .join_all()
        .await
        .iter()
        .map(|answer| answer.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[201].as_slice(), [422; 9].as_slice()].concat());
    assert_eq!(jane.list().await.len(), 4);
}

async fn failures_are_not_recorded(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    // The very same request fails, then succeeds.
    let id = Uuid::new_v4();
    let path = format!("/applications/{id}");
    let patch = || jane.patch(&path, 1, &json!({ "company": "Beta" })).key("k");
    patch().await.problem(404, "not-found");
    jane.create(json!({ "id": id })).await;
    patch().await.is(200);

    // Another request takes the key of one that failed.
    jane.post("/applications", &json!({}))
        .key("a")
        .await
        .is(400);
    jane.post("/applications", &card("Acme"))
        .key("a")
        .await
        .is(201);
    jane.patch(&path, 1, &json!({ "company": "Gamma" }))
        .key("b")
        .await
        .problem(409, "conflict");
    jane.patch(&path, 2, &json!({ "company": "Gamma" }))
        .key("b")
        .await
        .is(200);
    jane.delete(&path, 1)
        .key("c")
        .await
        .problem(409, "conflict");
    jane.delete(&path, 3).key("c").await.is(204);
    jane.patch("/settings", 7, &json!({}))
        .key("d")
        .await
        .problem(409, "conflict");
    jane.patch("/settings", 1, &json!({ "timezone": "Mars/Olympus" }))
        .key("d")
        .await
        .is(400);
    jane.patch("/settings", 1, &json!({}))
        .key("d")
        .await
        .is(200);
}

async fn an_answer_of_an_older_app_comes_again_as_it_was(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let id = Uuid::new_v4();
    let body = json!({ "id": id, "company": "Acme", "role_title": "Engineer" });
    let create = || jane.post("/applications", &body).key("k");
    create().await.is(201);
    // Fewer fields, another order, a number written in another way.
    let before = format!(r#"{{"version":3, "id":"{id}","salary":1.50e3}}"#);
    site.execute(&format!("UPDATE mutations SET body = '{before}'"))
        .await;
    let again = create().await.is(201);
    assert_eq!(again.text, before);
    assert_eq!(again.headers["etag"], "W/\"3\"");
    assert_eq!(
        again.headers["location"],
        format!("/api/v1/applications/{id}")
    );
}

async fn after_a_deletion_a_replay_says_that_it_was_taken(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let id = Uuid::new_v4();
    let path = format!("/applications/{id}");
    let body = json!({ "id": id, "company": "Secret", "role_title": "Engineer" });
    let create = |key: &str| jane.post("/applications", &body).key(key);
    let patch = || {
        jane.patch(&path, 1, &json!({ "notes": "Secret" }))
            .key("patch")
    };
    let delete = || jane.delete(&path, 2).key("delete");
    create("create").await.is(201);
    patch().await.is(200);
    let kept = jane
        .post("/applications", &card("Kept"))
        .key("kept")
        .await
        .is(201);
    delete().await.is(204);

    for call in [create("create"), patch()] {
        let replay = call.await.problem(409, "gone");
        let meta = json!({ "resource": "application", "id": id, "taken": true });
        assert_eq!(replay["meta"], meta);
    }
    assert_eq!(delete().await.is(204).text, "");
    jane.get(&path).await.problem(404, "not-found");
    let refused = create("another key").await.problem(409, "gone");
    assert_eq!(
        refused["meta"],
        json!({ "resource": "application", "id": id }),
        "this one was not taken"
    );
    let bodies = "SELECT COUNT(*) FROM mutations WHERE CAST(body AS text) LIKE '%Secret%'";
    assert_eq!(site.number(bodies).await, 0);
    let again = jane.post("/applications", &card("Kept")).key("kept").await;
    assert_eq!(
        essence(&again),
        essence(&kept),
        "what was not deleted is remembered whole"
    );
}

async fn keys_belong_to_their_user(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let hers = jane
        .post("/applications", &card("Acme"))
        .key("k")
        .await
        .is(201)
        .json();
    let his = joe
        .post("/applications", &card("Acme"))
        .key("k")
        .await
        .is(201)
        .json();
    assert_ne!(hers["id"], his["id"]);
    joe.patch(&path_of(&his), 1, &json!({ "company": "Beta" }))
        .key("k2")
        .await
        .is(200);
    jane.post("/applications", &card("Other"))
        .key("k2")
        .await
        .is(201);
    // Two sessions of one user share them.
    let phone = app.sign_in("jane@example.com").await;
    assert_eq!(
        phone
            .post("/applications", &card("Acme"))
            .key("k")
            .await
            .is(201)
            .json(),
        hers
    );
}

async fn a_key_is_1_to_255_visible_characters(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let long = "k".repeat(256);
    for key in ["", "   ", "schlüssel", &long] {
        let wrong = jane
            .post("/applications", &card("Acme"))
            .key(key)
            .await
            .wrong_fields();
        assert_eq!(wrong, ["Idempotency-Key"], "{key}");
    }
    let key = &long[..255];
    let first = jane
        .post("/applications", &card("Acme"))
        .key(key)
        .await
        .is(201);
    assert_eq!(
        essence(&jane.post("/applications", &card("Acme")).key(key).await),
        essence(&first)
    );
    assert_eq!(jane.list().await.len(), 1);
}

async fn reading_takes_no_key(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    assert_eq!(
        jane.get("/applications").key("k").await.json()["items"],
        json!([])
    );
    jane.post("/applications", &card("Acme"))
        .key("k")
        .await
        .is(201);
    let page = jane.get("/applications").key("k").await.is(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}
