//! What the server deletes by itself, and what that does to those who were away.

use crate::{
    client::{Client, path_of, version_of},
    harness::{Engine, Site, TestApp, User, both},
};
use chrono::Duration;
use http::Method;
use job_hunt_tracker::server::{
    services::housekeeping::{self, Pruned},
    worker::{self, Worker},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

both![
    an_answer_is_kept_for_120_days,
    a_device_may_be_away_for_90_days,
    a_pull_from_nothing_gets_through,
    a_pull_from_nothing_that_rested_too_long_starts_again,
    each_user_has_a_floor_of_their_own,
    a_backlog_goes_in_batches,
    sessions_are_kept_for_90_days_after_their_end,
    sign_in_tokens_are_kept_for_a_day,
    what_is_not_old_stays,
    many_may_do_it_at_once,
    a_reader_beside_it_misses_nothing,
    it_is_done_by_the_clock,
    it_stops_with_the_server,
];

/// Does all of it once.
async fn tidy(app: &TestApp) -> Pruned {
    let (db, now) = (&app.state.db, app.clock.now());
    housekeeping::forget_sessions(db, now).await.unwrap();
    housekeeping::forget_sign_in_tokens(db, now).await.unwrap();
    housekeeping::prune_histories(db, now).await.unwrap()
}

/// Lets time go by, and signs in again: no session lasts that long.
async fn later(app: &TestApp, days: i64) -> User {
    app.clock.advance(Duration::days(days));
    app.sign_in("jane@example.com").await
}

/// Pulls a page of history; `&since=` is a cursor.
async fn pull(client: &Client, since: &str) -> Value {
    client
        .get(&format!("/sync?limit=5000{since}"))
        .await
        .is(200)
        .json()
}

/// The cursor that a page ends with.
fn since(page: &Value) -> String {
    format!("&since={}", page["next"].as_str().unwrap())
}

fn deletions(page: &Value) -> usize {
    let changes = page["changes"].as_array().unwrap();
    changes
        .iter()
        .filter(|change| change["op"] == "delete")
        .count()
}

async fn remove(client: &Client, row: &Value) {
    let call = client.delete(&path_of(row), version_of(row));
    call.await.is(204);
}

async fn an_answer_is_kept_for_120_days(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let body = json!({ "company": "Acme", "role_title": "Engineer" });
    let create = |user: &User| user.post("/applications", &body).key("k");
    let first = create(&jane).await.is(201);

    let jane = later(&app, 119).await;
    assert_eq!(tidy(&app).await.answers, 0);
    assert_eq!(create(&jane).await.is(201).text, first.text);

    let jane = later(&app, 2).await;
    assert_eq!(tidy(&app).await.answers, 1);
    assert_eq!(site.number("SELECT COUNT(*) FROM mutations").await, 0);
    assert_ne!(create(&jane).await.is(201).json()["id"], first.json()["id"]);
    assert_eq!(jane.list().await.len(), 2);
}

async fn a_device_may_be_away_for_90_days(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let kept = jane.create(json!({})).await;
    let gone = jane.create(json!({})).await;
    let before = since(&pull(&jane, "").await);
    remove(&jane, &gone).await;
    let after = since(&pull(&jane, &before).await);

    let jane = later(&app, 89).await;
    tidy(&app).await;
    assert_eq!(deletions(&pull(&jane, &before).await), 2);

    let jane = later(&app, 2).await;
    // The application, its event and its reminder.
    assert_eq!(tidy(&app).await.tombstones, 3);
    assert_eq!(site.number("SELECT COUNT(*) FROM tombstones").await, 0);
    jane.get(&format!("/sync?limit=5000{before}"))
        .await
        .problem(410, "cursor-expired");
    // Who knew of the deletion has missed nothing.
    assert_eq!(pull(&jane, &after).await["changes"], json!([]));

    let fresh = pull(&jane, "").await;
    let ids: Vec<&Value> = fresh["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["entity"] == "application")
        .map(|change| &change["id"])
        .collect();
    assert_eq!(ids, [&kept["id"]]);
    assert_eq!(deletions(&fresh), 0);

    // And life goes on.
    remove(&jane, &kept).await;
    for cursor in [after, since(&fresh)] {
        assert_eq!(deletions(&pull(&jane, &cursor).await), 2);
    }
}

/// Pulls to the end, a change a page, and returns how many pages it took.
async fn pull_slowly(client: &Client, mut cursor: String) -> usize {
    for pages in 1.. {
        let page = client
            .get(&format!("/sync?limit=1{cursor}"))
            .await
            .is(200)
            .json();
        if page["has_more"] == false {
            return pages;
        }
        cursor = since(&page);
    }
    unreachable!()
}

/// The floor is far above the first pages: their cursors must not be taken for old ones.
async fn a_pull_from_nothing_gets_through(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    jane.create(json!({})).await;
    jane.create(json!({})).await;
    let gone = jane.create(json!({})).await;
    remove(&jane, &gone).await;
    let jane = later(&app, 91).await;
    // One page before the tombstones go, and the rest after.
    let page = jane.get("/sync?limit=1").await.is(200).json();
    assert_eq!(tidy(&app).await.tombstones, 3);
    // Settings, two applications, two events.
    assert_eq!(pull_slowly(&jane, since(&page)).await, 4);
    assert_eq!(pull_slowly(&jane, String::new()).await, 5);
    // What is deleted while it pulls, it is told.
    let page = jane.get("/sync?limit=2").await.is(200).json();
    let row = jane.list().await[0].clone();
    remove(&jane, &row).await;
    assert_eq!(deletions(&pull(&jane, &since(&page)).await), 2);
}

async fn a_pull_from_nothing_that_rested_too_long_starts_again(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let page = jane.get("/sync?limit=2").await.is(200).json();
    assert_eq!(page["changes"][1]["id"], row["id"]);
    remove(&jane, &row).await;
    let jane = later(&app, 91).await;
    pull(&jane, &since(&page)).await;
    tidy(&app).await;
    jane.get(&format!("/sync?limit=2{}", since(&page)))
        .await
        .problem(410, "cursor-expired");
    pull(&jane, "").await;
}

async fn each_user_has_a_floor_of_their_own(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let hers = since(&pull(&jane, "").await);
    let his = since(&pull(&joe, "").await);
    let row = jane.create(json!({})).await;
    remove(&jane, &row).await;
    let jane = later(&app, 91).await;
    let joe_again = app.sign_in("joe@example.com").await;
    assert_eq!(joe_again.id, joe.id);
    let row = joe_again.create(json!({})).await;
    remove(&joe_again, &row).await;
    tidy(&app).await;
    jane.get(&format!("/sync?limit=1{hers}"))
        .await
        .problem(410, "cursor-expired");
    assert_eq!(deletions(&pull(&joe_again, &his).await), 2);
}

/// Gives every user this many recorded answers and tombstones of long ago.
async fn burden(site: &Site, rows: u32) {
    let (id, kind) = match site.engine {
        Engine::Sqlite => ("randomblob(16)", "'application'"),
        Engine::Postgres => ("gen_random_uuid()", "'application'"),
    };
    let numbers = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})"
    );
    let long_ago = "'2020-01-01T00:00:00+00:00'";
    let empty = match site.engine {
        Engine::Sqlite => "zeroblob(32)",
        Engine::Postgres => "'\\x00'::bytea",
    };
    site.execute(&format!(
        "INSERT INTO tombstones (user_id, entity, id, seq, deleted_at)
         {numbers} SELECT user_id, {kind}, {id}, last_seq + n, {long_ago} FROM user_sequences, numbers WHERE true;
         INSERT INTO mutations (user_id, key, request_hash, status, created_at)
         {numbers} SELECT user_id, 'k' || n, {empty}, 204, {long_ago} FROM user_sequences, numbers WHERE true;
         UPDATE user_sequences SET last_seq = last_seq + {rows};"
    ))
    .await;
}

async fn a_backlog_goes_in_batches(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let before = since(&pull(&jane, "").await);
    burden(&site, 1_234).await;
    let after = since(&pull(&jane, "").await);
    let all = Pruned {
        answers: 2 * 1_234,
        tombstones: 2 * 1_234,
    };
    assert_eq!(tidy(&app).await, all);
    assert_eq!(tidy(&app).await, Pruned::default());
    jane.get(&format!("/sync?limit=1{before}"))
        .await
        .problem(410, "cursor-expired");
    assert_eq!(pull(&jane, &after).await["changes"], json!([]));
    for user in [&jane, &joe] {
        assert_eq!(deletions(&pull(user, "").await), 0);
        user.create(json!({})).await;
    }
}

async fn sessions_are_kept_for_90_days_after_their_end(site: Site) {
    let app = site.start().await;
    let sessions = || site.number("SELECT COUNT(*) FROM sessions");
    let jane = app.sign_in("jane@example.com").await;
    // One is signed out today, one expires in 30 days.
    app.sign_in("jane@example.com").await;
    jane.call(Method::POST, "/auth/logout").await.is(204);
    for (days, left) in [(90, 2), (1, 1), (29, 1), (1, 0)] {
        app.clock.advance(Duration::days(days));
        // The moment itself is not past.
        app.clock.advance(Duration::minutes(-1));
        tidy(&app).await;
        assert_eq!(sessions().await, left, "{days} days later");
        app.clock.advance(Duration::minutes(1));
    }
    let jane = app.sign_in("jane@example.com").await;
    tidy(&app).await;
    jane.get("/auth/me").await.is(200);
}

async fn sign_in_tokens_are_kept_for_a_day(site: Site) {
    let app = site.start().await;
    let tokens = || site.number("SELECT COUNT(*) FROM sign_in_tokens");
    let browser = app.browser();
    let mail = app.ask(&browser, "jane@example.com").await;
    app.sign_in("joe@example.com").await;
    app.clock.advance(Duration::hours(24));
    tidy(&app).await;
    assert_eq!(tokens().await, 2);
    // It still says why it does not work.
    let verify = || browser.post("/auth/magic-link/verify", &json!({ "token": mail.token }));
    let problem = verify().await.problem(400, "validation");
    assert!(problem.to_string().contains("too old"), "{problem}");
    app.clock.advance(Duration::minutes(16));
    app.ask(&browser, "jane@example.com").await;
    tidy(&app).await;
    assert_eq!(tokens().await, 1, "the new one");
    verify().await.problem(400, "validation");
}

async fn what_is_not_old_stays(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane
        .post(
            "/applications",
            &json!({ "company": "Acme", "role_title": "Engineer" }),
        )
        .key("k")
        .await
        .is(201)
        .json();
    jane.change(&row, json!({ "status": "Offer" })).await;
    let other = jane.create(json!({})).await;
    remove(&jane, &other).await;
    let before = (jane.list().await, pull(&jane, "").await);
    for _ in 0..2 {
        assert_eq!(tidy(&app).await, Pruned::default());
    }
    assert_eq!((jane.list().await, pull(&jane, "").await), before);
    // However old it is: rows are not what goes.
    let jane = later(&app, 1_000).await;
    tidy(&app).await;
    assert_eq!(jane.list().await, before.0);
    assert_eq!(jane.events(&before.0[0]).await.len(), 2);
}

/// Several instances, and people at work meanwhile: each row goes once, and nobody is hindered.
async fn many_may_do_it_at_once(site: Site) {
    let app = site.start().await;
    let users = [
        app.sign_in("jane@example.com").await,
        app.sign_in("joe@example.com").await,
    ];
    burden(&site, 1_100).await;
    let mut writers = JoinSet::new();
    for user in &users {
        let client = app.browser().with_bearer(&user.token);
        writers.spawn(async move {
            for step in 0..15 {
                let body = json!({ "company": "Acme", "role_title": "Engineer" });
                let create = client
                    .post("/applications", &body)
                    .key(&format!("new {step}"));
                let row = create.await.is(201).json();
                remove(&client, &row).await;
            }
        });
    }
    let mut keepers = JoinSet::new();
    for _ in 0..4 {
        let (db, now) = (app.state.db.clone(), app.clock.now());
        keepers.spawn(async move {
            housekeeping::forget_sessions(&db, now).await.unwrap();
            housekeeping::forget_sign_in_tokens(&db, now).await.unwrap();
            housekeeping::prune_histories(&db, now).await.unwrap()
        });
    }
    let pruned = keepers.join_all().await;
    writers.join_all().await;
    assert_eq!(pruned.iter().map(|one| one.answers).sum::<u64>(), 2 * 1_100);
    assert_eq!(
        pruned.iter().map(|one| one.tombstones).sum::<u64>(),
        2 * 1_100
    );
    for user in &users {
        // Their own 15 deletions, each of a row and its event, are all there.
        assert_eq!(deletions(&pull(user, "").await), 30);
    }
    assert_eq!(site.number("SELECT COUNT(*) FROM mutations").await, 30);
}

/// Whoever pulls while tombstones go gets all of them, or learns that some are gone.
async fn a_reader_beside_it_misses_nothing(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for _ in 0..10 {
        let before = since(&pull(&jane, "").await);
        burden(&site, 50).await;
        let mut readers = JoinSet::new();
        for _ in 0..4 {
            let client = app.browser().with_bearer(&jane.token);
            let path = format!("/sync?limit=5000{before}");
            readers.spawn(async move {
                loop {
                    let answer = client.get(&path).await;
                    if answer.status == 410 {
                        break;
                    }
                    assert_eq!(deletions(&answer.is(200).json()), 50);
                }
            });
        }
        // In the midst of their reading.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert_eq!(tidy(&app).await.tombstones, 50);
        let done = tokio::time::timeout(std::time::Duration::from_secs(30), readers.join_all());
        done.await.expect("a reader is never told");
    }
}

async fn it_is_done_by_the_clock(site: Site) {
    let app = site.start().await;
    let second = std::time::Duration::from_secs(1);
    let worker = Worker::start_with(&app.state, second, 2 * second)
        .await
        .unwrap();
    // At first, and again.
    for _ in 0..2 {
        app.ask(&app.browser(), "jane@example.com").await;
        app.clock.advance(Duration::days(2));
        let mut waited = 0;
        while site.number("SELECT COUNT(*) FROM sign_in_tokens").await > 0 {
            assert!(waited < 200, "nothing was done");
            waited += 1;
            tokio::time::sleep(second / 10).await;
        }
    }
    worker.stop().await;
    app.ask(&app.browser(), "jane@example.com").await;
    app.clock.advance(Duration::days(2));
    tokio::time::sleep(3 * second).await;
    assert_eq!(site.number("SELECT COUNT(*) FROM sign_in_tokens").await, 1);
    // A failure is no more than a line in the log.
    app.state.db.close().await;
    worker::housekeeping::run(&app.state).await;
    app.browser().raw(Method::GET, "/healthz").await.is(200);
}

async fn it_stops_with_the_server(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    burden(&site, 30_000).await;
    let second = std::time::Duration::from_secs(1);
    let worker = Worker::start_with(&app.state, second, 60 * second)
        .await
        .unwrap();
    let begun = tokio::time::timeout(30 * second, async {
        while site.number("SELECT COUNT(*) FROM mutations").await == 30_000 {
            tokio::time::sleep(second / 100).await;
        }
    });
    begun.await.expect("nothing was done");
    worker.stop().await;
    // A commit that had begun is finished. Who writes now comes after it.
    jane.create(json!({})).await;
    let left = site.number("SELECT COUNT(*) FROM mutations").await;
    assert!(left > 0, "it was stopped too late to tell");
    tokio::time::sleep(second / 10).await;
    assert_eq!(site.number("SELECT COUNT(*) FROM mutations").await, left);
    // What it had not finished, the next one does.
    tidy(&app).await;
    assert_eq!(site.number("SELECT COUNT(*) FROM mutations").await, 0);
    app.stop().await;
}
