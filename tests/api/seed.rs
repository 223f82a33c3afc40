//! The demo data.

use crate::{
    client::{path_of, version_of},
    harness::{Site, both},
};
use job_hunt_tracker::server::seed::seed;
use std::collections::BTreeSet;

both![
    it_covers_every_status_once_loaded_and_no_more,
    it_makes_as_many_as_are_asked_for
];

async fn it_covers_every_status_once_loaded_and_no_more(site: Site) {
    let app = site.start().await;
    let email = "demo@example.com".parse().unwrap();
    let added = seed(&app.state, &email, None).await.unwrap().added;
    assert!(added >= 10);
    let demo = app.sign_in("demo@example.com").await;
    let rows = demo.list().await;
    assert_eq!(rows.len(), usize::try_from(added).unwrap());
    let statuses: BTreeSet<&str> = rows
        .iter()
        .map(|row| row["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses.len(), 13);
    // Their past is told by their events.
    for row in &rows {
        let events = demo.events(row).await;
        assert_eq!(events.last().unwrap()["to_status"], row["status"]);
        assert_eq!(events.last().unwrap()["occurred_at"], row["status_since"]);
    }

    // Interviews of the past, of today and to come, and a follow-up.
    let activities = demo.get("/activities").await.is(200).json();
    let statuses: Vec<_> = activities["items"].as_array().unwrap().iter().collect();
    let of = |word: &str| statuses.iter().filter(|row| row["status"] == word).count();
    assert_eq!((of("done"), of("scheduled")), (1, 3));

    // Two reminders are due, and mail nobody.
    let now = app
        .clock
        .now()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let due = demo.get(&format!("/reminders?due_before={now}")).await;
    let due = due.is(200).json()["items"].as_array().unwrap().clone();
    assert_eq!(due.len(), 2);
    assert!(
        due.iter()
            .all(|row| row["channels"] == serde_json::json!(["in_app"]))
    );

    let history = demo.get("/sync").await.is(200).json();
    assert_eq!(seed(&app.state, &email, None).await.unwrap().added, 0);
    assert_eq!(
        demo.get("/sync").await.is(200).json(),
        history,
        "nothing was touched"
    );
    // What the user deleted stays deleted, whether it had moved or not.
    let moved = rows.iter().find(|row| version_of(row) > 1).unwrap();
    let still = rows.iter().find(|row| version_of(row) == 1).unwrap();
    for row in [moved, still] {
        demo.delete(&path_of(row), version_of(row)).await.is(204);
    }
    assert_eq!(seed(&app.state, &email, None).await.unwrap().added, 0);
    assert_eq!(demo.list().await.len(), rows.len() - 2);
    // Another account gets its own.
    let other = "other@example.com".parse().unwrap();
    assert_eq!(seed(&app.state, &other, None).await.unwrap().added, added);
}

async fn it_makes_as_many_as_are_asked_for(site: Site) {
    let app = site.start().await;
    let email = "demo@example.com".parse().unwrap();
    assert_eq!(seed(&app.state, &email, Some(30)).await.unwrap().added, 30);
    assert_eq!(seed(&app.state, &email, Some(40)).await.unwrap().added, 10);
    assert_eq!(app.sign_in("demo@example.com").await.list().await.len(), 40);
}
