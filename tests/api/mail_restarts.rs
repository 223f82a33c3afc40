//! What is mailed by a server that was away for hours, for days, or that is set back to a copy: how many mails
//! exactly, and which.

use crate::{
    harness::{Site, TestApp, User, both},
    mails::{header, interview, said, states, work_as_it_is},
};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;

both![
    after_a_day_and_three_hours_what_is_still_of_use_is_mailed_at_once,
    after_eight_days_nothing_is_mailed_before_an_hour,
    after_a_copy_of_three_days_ago_what_comes_twice_is_seen_to_be_the_same,
    whoever_asks_for_it_has_mails_held,
];

/// A Monday, noon in Berlin.
fn monday() -> DateTime<Utc> {
    "2026-03-02T11:00:00Z".parse().unwrap()
}

async fn start(site: &Site, at: DateTime<Utc>) -> TestApp {
    site.start_at(at, &[]).await
}

/// Somebody who stays signed in for a month.
async fn user(app: &TestApp, email: &str) -> User {
    let user = app.sign_in(email).await;
    let body = json!({ "session_timeout_mins": 43_200, "timezone": "Europe/Berlin" });
    user.patch("/settings", 1, &body).await.is(200);
    user
}

/// Reminders of a person's own, so many hours after Monday noon, which are mailed.
async fn remind(user: &User, of: &Value, hours: &[i64]) {
    for after in hours {
        let body = json!({
            "application_id": of["id"], "title": format!("Call after {after} hours"),
            "due_at": monday() + Duration::hours(*after), "channels": ["in_app", "email"],
        });
        user.post("/reminders", &body).await.is(201);
    }
}

async fn go_to(app: &TestApp, at: DateTime<Utc>) {
    app.clock.advance(at - app.clock.now());
    work_as_it_is(app).await;
}

/// The subjects of the mails to somebody, sorted.
fn subjects(site: &Site, email: &str) -> Vec<String> {
    let mails = site.letters_to(email);
    let mut subjects: Vec<String> = mails.iter().map(|it| header(it, "Subject")).collect();
    subjects.sort();
    subjects
}

fn ids(site: &Site, email: &str) -> Vec<String> {
    let mails = site.letters_to(email);
    mails.iter().map(|it| header(it, "Message-ID")).collect()
}

const JANE: &str = "jane@example.com";
const OMAR: &str = "omar@example.com";

async fn after_a_day_and_three_hours_what_is_still_of_use_is_mailed_at_once(site: Site) {
    let app = start(&site, monday()).await;
    let (jane, omar) = (user(&app, JANE).await, user(&app, OMAR).await);
    let acme = jane
        .create(json!({ "company": "Acme", "status": "Screening" }))
        .await;
    let cobalt = omar
        .create(json!({ "company": "Cobalt", "status": "Screening" }))
        .await;
    remind(&jane, &acme, &[2, 5, 26, 40]).await;
    remind(&omar, &cobalt, &[3]).await;
    // Over by then, with what would have been an hour before it.
    interview(&jane, &acme, monday() + Duration::hours(10)).await;
    // A day before it is over by then; an hour before is still to come.
    interview(&jane, &acme, monday() + Duration::hours(30)).await;
    app.stop().await;

    let back = monday() + Duration::hours(27);
    let app = start(&site, back).await;
    work_as_it_is(&app).await;
    let now = subjects(&site, JANE);
    assert_eq!(now.len(), 2, "{now:#?}");
    assert!(
        now.iter().any(|it| it.starts_with("3 reminders")),
        "{now:#?}"
    );
    assert!(
        now.iter()
            .any(|it| it.contains("Acme") && it.contains("18:00")),
        "{now:#?}"
    );
    assert_eq!(subjects(&site, OMAR).len(), 1);
    // Nothing of it once more, however often it starts.
    app.stop().await;
    let app = start(&site, back + Duration::minutes(1)).await;
    work_as_it_is(&app).await;
    assert_eq!(subjects(&site, JANE).len(), 2);
    // The hour before: the calendar has the appointment from the first mail.
    go_to(&app, monday() + Duration::hours(29)).await;
    assert_eq!(subjects(&site, JANE).len(), 2);
    go_to(&app, monday() + Duration::hours(40)).await;
    assert_eq!(subjects(&site, JANE).len(), 3);
    assert_eq!(subjects(&site, OMAR).len(), 1);
    let all: BTreeSet<String> = ids(&site, JANE).into_iter().collect();
    assert_eq!(all.len(), 3);
    assert_eq!(states(&site).await, said(&[("delivered", "1"); 4]));
}

async fn after_eight_days_nothing_is_mailed_before_an_hour(site: Site) {
    let app = start(&site, monday()).await;
    let (jane, omar) = (user(&app, JANE).await, user(&app, OMAR).await);
    // Its follow-up falls due after seven days.
    let acme = jane
        .create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    let cobalt = omar
        .create(json!({ "company": "Cobalt", "status": "Screening" }))
        .await;
    remind(&jane, &acme, &[24, 48, 72]).await;
    remind(&omar, &cobalt, &[24]).await;
    interview(&omar, &cobalt, monday() + Duration::days(3)).await;
    app.stop().await;

    let back = monday() + Duration::days(8);
    let app = start(&site, back).await;
    work_as_it_is(&app).await;
    // In the app they stand.
    let listed = jane
        .at(&app)
        .get("/reminders?sent=true")
        .await
        .is(200)
        .json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 4, "{listed:#}");
    go_to(&app, back + Duration::minutes(59)).await;
    assert_eq!(subjects(&site, JANE).len() + subjects(&site, OMAR).len(), 0);
    go_to(&app, back + Duration::minutes(61)).await;
    let now = subjects(&site, JANE);
    assert_eq!(now.len(), 1, "{now:#?}");
    assert!(now[0].starts_with("4 reminders"), "{now:#?}");
    // The interview is over: what was before it is of no use.
    let now = subjects(&site, OMAR);
    assert_eq!(now.len(), 1, "{now:#?}");
    assert!(now[0].contains("Call after 24 hours"), "{now:#?}");
    assert_eq!(states(&site).await, said(&[("delivered", "1"); 2]));
}

async fn after_a_copy_of_three_days_ago_what_comes_twice_is_seen_to_be_the_same(site: Site) {
    let app = start(&site, monday()).await;
    let jane = user(&app, JANE).await;
    let acme = jane
        .create(json!({ "company": "Acme", "status": "Screening" }))
        .await;
    remind(&jane, &acme, &[1, 24, 48, 100]).await;
    go_to(&app, monday() + Duration::hours(1)).await;
    assert_eq!(subjects(&site, JANE).len(), 1);
    app.stop().await;
    let copy = site.copy().await;
    let app = start(&site, monday() + Duration::hours(2)).await;
    for day in 1..=2 {
        go_to(&app, monday() + Duration::days(day)).await;
    }
    let before = ids(&site, JANE);
    assert_eq!(before.len(), 3);
    let again = |hours| monday() + Duration::hours(hours);
    go_to(&app, again(74)).await;
    app.stop().await;

    site.set_back_to(copy).await;
    let app = start(&site, again(75)).await;
    work_as_it_is(&app).await;
    go_to(&app, again(75) + Duration::minutes(59)).await;
    assert_eq!(ids(&site, JANE), before, "held: it may have been sent");
    go_to(&app, again(75) + Duration::minutes(61)).await;
    let after = ids(&site, JANE);
    // The two of which the copy does not know come again, each as what it is.
    assert_eq!(after.len(), 5);
    let known: BTreeSet<&String> = before.iter().collect();
    assert!(after.iter().all(|id| known.contains(id)));
    // Then it goes on.
    go_to(&app, again(100)).await;
    assert_eq!(ids(&site, JANE).len(), 6);
}

async fn whoever_asks_for_it_has_mails_held(site: Site) {
    let app = start(&site, monday()).await;
    let jane = user(&app, JANE).await;
    let acme = jane
        .create(json!({ "company": "Acme", "status": "Screening" }))
        .await;
    remind(&jane, &acme, &[1]).await;
    app.stop().await;
    let back = monday() + Duration::hours(2);
    let app = site.start_at(back, &[("--hold-deliveries", "true")]).await;
    work_as_it_is(&app).await;
    assert_eq!(subjects(&site, JANE).len(), 0);
    assert_eq!(states(&site).await, said(&[("waiting", "0")]));
    go_to(&app, back + Duration::minutes(61)).await;
    assert_eq!(subjects(&site, JANE).len(), 1);
}
