//! What the board's first paint needs.

use crate::{
    client::path_of,
    harness::{Site, User, both, watch},
};
use chrono::{DateTime, Duration, Utc};
use job_hunt_tracker::domain::stage::Status;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::task::JoinSet;
use uuid::Uuid;

both![
    a_small_board_is_whole,
    a_large_board_is_the_top_of_its_open_columns,
    what_is_archived_is_not_on_it,
    the_focus_comes_along,
    its_statements_do_not_grow_with_its_rows,
];

async fn board(jane: &User, query: &str) -> Value {
    jane.get(&format!("/board{query}")).await.is(200).json()
}

fn counts(board: &Value) -> BTreeMap<String, u64> {
    let counts = board["counts"].as_array().unwrap().iter();
    counts
        .map(|pair| {
            (
                pair[0].as_str().unwrap().to_owned(),
                pair[1].as_u64().unwrap(),
            )
        })
        .collect()
}

fn ids(board: &Value) -> Vec<&str> {
    board["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect()
}

async fn a_small_board_is_whole(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let empty = board(&jane, "").await;
    assert_eq!((&empty["rows"], &empty["counts"]), (&json!([]), &json!([])));

    // One of every status, last status first, and a second one in two columns.
    let mut expected = Vec::new();
    for status in Status::ALL.iter().rev() {
        app.clock.advance(Duration::minutes(1));
        expected.push(jane.create(json!({ "status": status })).await);
    }
    expected.reverse();
    for at in [0, 10] {
        app.clock.advance(Duration::minutes(1));
        let status = expected[at]["status"].clone();
        expected.insert(at, jane.create(json!({ "status": status })).await);
    }
    app.sign_in("joe@example.com").await.create(json!({})).await;
    let before = app.clock.now();
    let board = board(&jane, "").await;
    // Columns in order; in a column the newest move first.
    assert_eq!(board["rows"], json!(expected));
    assert_eq!(board["whole"], true);
    let counts = counts(&board);
    assert_eq!(counts.len(), 13);
    assert_eq!(counts["Draft"], 2);
    assert_eq!(counts.values().sum::<u64>(), 15);
    let now = board["now"]
        .as_str()
        .unwrap()
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap();
    assert!(before <= now && now <= app.clock.now());
}

/// Creates so many applications of a status.
async fn fill(jane: &User, status: &str, count: usize) {
    let mut all = JoinSet::new();
    for _ in 0..count {
        let body = json!({ "company": "Acme", "role_title": "Engineer", "status": status });
        all.spawn(jane.post("/applications", &body).into_future());
    }
    for answer in all.join_all().await {
        answer.is(201);
    }
}

async fn a_large_board_is_the_top_of_its_open_columns(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    fill(&jane, "Applied", 20).await;
    fill(&jane, "On_Hold", 3).await;
    fill(&jane, "Rejected", 5).await;
    let oldest = jane
        .pages("/applications?sort=created_at&status=Applied")
        .await
        .remove(0);
    app.clock.advance(Duration::minutes(1));
    let moved = jane.change(&oldest, json!({ "status": "Offer" })).await;
    // Back within minutes it would have been a slip.
    app.clock.advance(Duration::minutes(11));
    let moved = jane.change(&moved, json!({ "status": "Applied" })).await;
    let board = board(&jane, "").await;
    assert_eq!(
        counts(&board),
        BTreeMap::from([
            ("Applied".to_owned(), 20),
            ("On_Hold".to_owned(), 3),
            ("Rejected".to_owned(), 5)
        ])
    );
    let rows = board["rows"].as_array().unwrap();
    let of = |status: &str| rows.iter().filter(|row| row["status"] == status).count();
    assert_eq!(
        (of("Applied"), of("On_Hold"), of("Rejected"), rows.len()),
        (16, 3, 0, 19)
    );
    assert_eq!(rows[0], moved, "moved last, so at the top");
    assert_eq!(board["whole"], false);
    let time = |at: &Value| at.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let keys: Vec<_> = rows[..16]
        .iter()
        // As text, a whole second would come after its milliseconds.
        .map(|row| (time(&row["status_since"]), row["id"].as_str()))
        .collect();
    assert!(keys.is_sorted_by(|a, b| a > b), "{keys:?}");
}

async fn what_is_archived_is_not_on_it(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let stays = jane.create(json!({})).await;
    let row = jane
        .change(&row, json!({ "archived_at": app.clock.now() }))
        .await;
    let archived = board(&jane, "").await;
    assert_eq!(archived["rows"], json!([stays]));
    assert_eq!(archived["counts"], json!([["Applied", 1]]));
    assert_eq!(
        archived["whole"], false,
        "there is one more, in the archive"
    );
    let row = jane.change(&row, json!({ "archived_at": null })).await;
    let back = board(&jane, "").await;
    assert_eq!(back["counts"], json!([["Applied", 2]]));
    assert_eq!(back["whole"], true);
    assert!(back["rows"].as_array().unwrap().contains(&row));
}

async fn the_focus_comes_along(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let focus = jane.create(json!({ "status": "Rejected" })).await;
    fill(&jane, "Applied", 17).await;
    let id = focus["id"].as_str().unwrap();
    let without = board(&jane, "").await;
    assert_eq!(without["rows"].as_array().unwrap().len(), 16);
    let with = board(&jane, &format!("?focus={id}")).await;
    assert_eq!(with["rows"].as_array().unwrap().len(), 17);
    assert_eq!(with["rows"][16], focus);
    assert_eq!(with["counts"], without["counts"]);
    // One that is there anyway comes once, and one that is not there does no harm.
    let shown = ids(&without)[0].to_owned();
    assert_eq!(
        board(&jane, &format!("?focus={shown}")).await["rows"],
        without["rows"]
    );
    jane.delete(&path_of(&focus), 1).await.is(204);
    for gone in [id.to_owned(), Uuid::new_v4().to_string()] {
        assert_eq!(
            board(&jane, &format!("?focus={gone}")).await["rows"],
            without["rows"]
        );
    }
    assert_eq!(jane.get("/board?focus=x").await.wrong_fields(), ["focus"]);
    assert_eq!(
        jane.get("/board?colour=red").await.wrong_fields(),
        ["colour"]
    );
}

async fn its_statements_do_not_grow_with_its_rows(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    // The session, the counts, the rows, what is open around them.
    let four = async || {
        let answer = jane.get("/board").await.is(200);
        let statements = || watch::statements(answer.header("x-request-id"));
        // SQLite's thread may note the last one after it was answered.
        let noted = tokio::time::timeout(std::time::Duration::from_secs(10), async {
            while statements().len() < 4 {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        });
        _ = noted.await;
        // One too many would be noted before those of a later request.
        jane.get("/settings").await.is(200);
        let statements = statements();
        assert_eq!(statements.len(), 4, "{statements:#?}");
    };
    four().await;
    for status in Status::ALL {
        fill(&jane, status.as_str(), 1).await;
    }
    four().await;
    for status in Status::ALL {
        fill(&jane, status.as_str(), 12).await;
    }
    four().await;
    assert_eq!(jane.list().await.len(), 13 * 13);
}
