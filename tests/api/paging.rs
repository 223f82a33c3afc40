//! Lists that are walked while they change.

use crate::{
    client::path_of,
    harness::{Site, User, both},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tokio::task::JoinSet;

both![
    every_row_is_met_once_while_others_come,
    a_row_that_goes_takes_no_other_with_it,
    pages_end_where_the_rows_end,
    a_cursor_is_taken_as_it_is_or_not_at_all,
    a_limit_is_1_to_200,
];

/// Creates so many applications; a third of them in one moment.
async fn fill(site: &Site, jane: &User, count: usize) -> BTreeSet<String> {
    let mut all = JoinSet::new();
    for number in 0..count {
        let company = if number % 3 == 0 { "Twin" } else { "Acme" };
        let body = json!({ "company": company, "role_title": "Engineer" });
        all.spawn(jane.post("/applications", &body).into_future());
    }
    let ids = all
        .join_all()
        .await
        .into_iter()
        .map(|answer| id(&answer.is(201).json()))
        .collect();
    site.execute(
        "UPDATE applications SET created_at = first, updated_at = first \
         FROM (SELECT MIN(created_at) AS first FROM applications WHERE company = 'Acme') AS a \
         WHERE company = 'Twin'",
    )
    .await;
    ids
}

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

async fn every_row_is_met_once_while_others_come(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let originals = fill(&site, &jane, 120).await;
    app.sign_in("joe@example.com")
        .await
        .create(json!({ "company": "Other" }))
        .await;
    for sort in ["-created_at", "created_at", "-updated_at", "updated_at"] {
        for limit in [7, 50] {
            let mut met = BTreeMap::<String, usize>::new();
            let mut order: Vec<(DateTime<Utc>, String)> = Vec::new();
            let mut cursor = String::new();
            loop {
                let path = format!("/applications?sort={sort}&limit={limit}{cursor}");
                let page = jane.get(&path).await.is(200).json();
                let items = page["items"].as_array().unwrap();
                assert!(items.len() <= limit);
                for row in items {
                    *met.entry(id(row)).or_default() += 1;
                    let key = row[sort.trim_start_matches('-')].as_str().unwrap();
                    order.push((key.parse().unwrap(), id(row)));
                }
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
                assert_eq!(items.len(), limit, "only the last page is short");
                if order.len() < 130 {
                    jane.create(json!({ "company": "Late" })).await;
                }
            }
            assert!(
                met.values().all(|times| *times == 1),
                "{sort}, {limit}: a row came twice"
            );
            let missed: Vec<_> = originals
                .iter()
                .filter(|id| !met.contains_key(*id))
                .collect();
            assert!(missed.is_empty(), "{sort}, {limit}: {missed:?} never came");
            let mut sorted = order.clone();
            sorted.sort();
            if sort.starts_with('-') {
                sorted.reverse();
            }
            assert_eq!(order, sorted, "{sort}, {limit}");
        }
    }
}

async fn a_row_that_goes_takes_no_other_with_it(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let mut expected = fill(&site, &jane, 20).await;
    let (mut met, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = jane
            .get(&format!("/applications?limit=3{cursor}"))
            .await
            .is(200)
            .json();
        let items = page["items"].as_array().unwrap();
        met.extend(items.iter().map(id));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
        // The very row at which the cursor stands.
        let last = items.last().unwrap();
        jane.delete(&path_of(last), 1).await.is(204);
        assert!(expected.contains(&id(last)));
    }
    expected.retain(|id| !met.contains(id));
    assert!(expected.is_empty(), "{expected:?} never came");
}

async fn pages_end_where_the_rows_end(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let empty = jane.get("/applications").await.is(200).json();
    assert_eq!(empty, json!({ "items": [], "next_cursor": null }));
    fill(&site, &jane, 51).await;
    let page = jane.get("/applications").await.is(200).json();
    assert_eq!(
        page["items"].as_array().unwrap().len(),
        50,
        "50 when nothing is said"
    );
    assert!(page["next_cursor"].is_string());
    let page = jane.get("/applications?limit=51").await.is(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 51);
    assert_eq!(
        page["next_cursor"],
        Value::Null,
        "a full last page is the last"
    );
}

async fn a_cursor_is_taken_as_it_is_or_not_at_all(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    fill(&site, &jane, 6).await;
    let page = jane.get("/applications?limit=2").await.is(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let with = |cursor: &str, more: &str| jane.get(&format!("/applications?cursor={cursor}{more}"));
    with(cursor, "").await.is(200);
    with(cursor, "&sort=-created_at").await.is(200);

    for sort in ["created_at", "-updated_at", "updated_at"] {
        assert_eq!(
            with(cursor, &format!("&sort={sort}")).await.wrong_fields(),
            ["cursor"],
            "{sort}"
        );
    }
    for at in 0..cursor.len() {
        let other = if &cursor[at..=at] == "A" { "B" } else { "A" };
        let tampered = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
        // The last character has bits that mean nothing, and must be zero.
        assert_eq!(
            with(&tampered, "").await.wrong_fields(),
            ["cursor"],
            "{tampered}"
        );
    }
    let half = &cursor[..cursor.len() / 2];
    let more = format!("{cursor}AAAA");
    for wrong in ["", "x", "AAAA", half, &more, "%00", "-created_at%7C0%7C"] {
        assert_eq!(with(wrong, "").await.wrong_fields(), ["cursor"], "{wrong}");
    }
}

async fn a_limit_is_1_to_200(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    fill(&site, &jane, 3).await;
    for limit in ["0", "201", "-1", "4294967296", "", "x", "1e2"] {
        let answer = jane.get(&format!("/applications?limit={limit}")).await;
        assert_eq!(answer.wrong_fields(), ["limit"], "{limit}");
    }
    for (limit, rows) in [("1", 1), ("200", 3)] {
        let page = jane
            .get(&format!("/applications?limit={limit}"))
            .await
            .is(200)
            .json();
        assert_eq!(page["items"].as_array().unwrap().len(), rows);
    }
}
