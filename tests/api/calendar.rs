//! The address at which calendars read.

use crate::{
    client::{Answer, Client, path_of},
    harness::{Site, both},
};
use reqwest::Method;
use serde_json::{Value, json};

both![
    it_is_made_read_and_taken_away,
    it_says_no_more_than_when_where_that_is_wanted,
    another_address_takes_its_place_once,
    what_is_not_an_address_is_not_found,
    a_calendar_hears_of_what_is_gone,
    a_reminder_stands_in_it_where_that_is_wanted,
];

const FEED: &str = "/calendar-feed";

async fn made(client: &Client, change: Value) -> Value {
    client.post(FEED, &change).await.is(200).json()
}

/// The path of the address.
fn path(feed: &Value) -> String {
    let address = feed["address"].as_str().unwrap();
    address[address.find("/calendar/").unwrap()..].to_owned()
}

/// What a calendar is answered, which has no session and takes anything.
async fn read(calendar: &Client, path: &str) -> Answer {
    let call = calendar.raw(Method::GET, path);
    call.header("user-agent", "Google-Calendar-Importer")
        .header("accept-encoding", "gzip, br")
        .await
}

async fn interview(client: &Client, parent: &Value, starts_at: &str) -> Value {
    let body = json!({ "type": "Interview", "interview_stage": "loop", "starts_at": starts_at });
    let below = format!("{}/activities", path_of(parent));
    client.post(&below, &body).await.is(201).json()
}

fn unfolded(answer: &Answer) -> String {
    answer.text.replace("\r\n ", "")
}

async fn it_is_made_read_and_taken_away(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let none = jane.get(FEED).await.is(200).json();
    assert_eq!(none["address"], Value::Null);
    let parent = jane.create(json!({ "company": "Acme" })).await;
    interview(&jane, &parent, "2100-05-04T08:30:00Z").await;
    let feed = made(&jane, json!({})).await;
    assert_eq!(jane.get(FEED).await.is(200).json(), feed);
    assert_eq!(made(&jane, json!({})).await, feed, "sent twice");

    let calendar = app.browser();
    let first = read(&calendar, &path(&feed)).await.is(200);
    assert_eq!(first.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(first.header("cache-control"), "private, no-cache");
    assert_eq!(first.header("x-robots-tag"), "noindex");
    for absent in ["set-cookie", "content-disposition", "content-encoding"] {
        assert!(!first.headers.contains_key(absent), "{absent}: {first:?}");
    }
    let text = unfolded(&first);
    for line in [
        "NAME:Job hunt",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "SUMMARY:Interview loop\\, Acme",
        "DTSTART:21000504T083000Z",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}: {text}");
    }
    // The same bytes again, and no more than that they are.
    let tag = first.header("etag").to_owned();
    let again = read(&calendar, &path(&feed)).await.is(200);
    assert_eq!(again.text, first.text);
    let call = calendar.raw(Method::GET, &path(&feed));
    let known = call.header("if-none-match", &tag).await.is(304);
    assert_eq!(
        (known.text.as_str(), known.header("etag")),
        ("", tag.as_str())
    );
    let head = calendar.raw(Method::HEAD, &path(&feed)).await.is(200);
    assert_eq!(
        (head.text.as_str(), head.header("etag")),
        ("", tag.as_str())
    );

    let seen = jane.get(FEED).await.json();
    assert!(seen["last_read_at"].is_string(), "{seen}");
    assert_eq!(seen["last_reader"], "other", "who asked last: {seen}");
    read(&calendar, &path(&feed)).await.is(200);
    assert_eq!(jane.get(FEED).await.json()["last_reader"], "google");

    jane.post("/calendar-feed/revoke", &json!({})).await.is(204);
    jane.post("/calendar-feed/revoke", &json!({})).await.is(204);
    read(&calendar, &path(&feed)).await.is(404);
    assert_eq!(jane.get(FEED).await.json()["address"], Value::Null);
    // A new one is another one.
    let next = made(&jane, json!({})).await;
    assert_ne!(next["address"], feed["address"]);
    read(&calendar, &path(&feed)).await.is(404);
    read(&calendar, &path(&next)).await.is(200);
}

async fn it_says_no_more_than_when_where_that_is_wanted(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane
        .create(json!({ "company": "Acme", "role_title": "Baker" }))
        .await;
    let row = interview(&jane, &parent, "2100-05-04T08:30:00Z").await;
    let place = json!({ "location_or_link": "https://meet.example.com/x", "agenda": "Bread" });
    let at = format!("/activities/{}", row["id"].as_str().unwrap());
    jane.patch(&at, 1, &place).await.is(200);
    // Nothing is made by a change of what is not there.
    let none = made(&jane, json!({ "discreet": true })).await;
    assert_eq!(none["address"], Value::Null);
    made(&jane, json!({})).await;
    let feed = made(&jane, json!({ "discreet": true })).await;
    assert_eq!(feed["discreet"], true);
    let text = unfolded(&read(&app.browser(), &path(&feed)).await.is(200));
    assert!(text.contains("\r\nSUMMARY:Interview\r\n"));
    for word in [
        "Acme",
        "Baker",
        "loop",
        "meet",
        "Bread",
        "http",
        "DESCRIPTION",
    ] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    // Said of the one thing, the other stays.
    let open = made(&jane, json!({ "discreet": false })).await;
    assert_eq!(open["address"], feed["address"]);
    assert!(unfolded(&read(&app.browser(), &path(&open)).await).contains("Acme"));
}

async fn another_address_takes_its_place_once(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    made(&jane, json!({})).await;
    let first = made(&jane, json!({ "discreet": true })).await;
    read(&app.browser(), &path(&first)).await.is(200);
    let replaces = json!({ "replaces": first["generation"] });
    let second = made(&jane, replaces.clone()).await;
    assert_eq!(made(&jane, replaces).await, second, "pressed twice");
    assert_ne!(second["address"], first["address"]);
    assert_eq!(
        (&second["discreet"], &second["last_read_at"]),
        (&json!(true), &Value::Null)
    );
    read(&app.browser(), &path(&first)).await.is(404);
    read(&app.browser(), &path(&second)).await.is(200);
}

async fn what_is_not_an_address_is_not_found(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let john = app.sign_in("john@example.com").await;
    let (hers, his) = (made(&jane, json!({})).await, made(&john, json!({})).await);
    let (hers, his) = (path(&hers), path(&his));
    // The id of one with the proof of the other: 16 octets are 21 letters and some bits of one more.
    let mixed = format!(
        "{}{}",
        &hers[.."/calendar/".len() + 24],
        &his["/calendar/".len() + 24..]
    );
    let calendar = app.browser();
    for path in [
        mixed.as_str(),
        hers.trim_end_matches(".ics"),
        "/calendar/x.ics",
        "/calendar/.ics",
        "/calendar/AAAA.ics",
        "/calendar/%00.ics",
    ] {
        let answer = read(&calendar, path).await.is(404);
        assert!(!answer.headers.contains_key("set-cookie"), "{path}");
    }
    for (method, path) in [(Method::GET, FEED), (Method::POST, FEED)] {
        calendar.call(method, path).await.is(401);
    }
    let wrong = jane.post(FEED, &json!({ "discreet": "yes" })).await;
    assert_eq!(wrong.wrong_fields(), ["discreet"]);
}

async fn a_calendar_hears_of_what_is_gone(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane.create(json!({ "company": "Acme" })).await;
    let one = interview(&jane, &parent, "2100-05-04T08:30:00Z").await;
    let two = interview(&jane, &parent, "2100-05-05T08:30:00Z").await;
    let feed = made(&jane, json!({})).await;
    let calendar = app.browser();
    let entries = async || {
        let answer = read(&calendar, &path(&feed)).await.is(200);
        let text = unfolded(&answer);
        // Beside them stands what follows an interview.
        let entries = text.split("BEGIN:VEVENT").skip(1);
        let entries = entries.filter(|it| it.contains("SUMMARY:Interview"));
        let entries = entries.map(ToOwned::to_owned);
        (
            entries.collect::<Vec<_>>(),
            answer.header("etag").to_owned(),
        )
    };
    let (both, tag) = entries().await;
    assert_eq!(both.len(), 2);
    let at = |row: &Value| format!("/activities/{}", row["id"].as_str().unwrap());
    let off = json!({ "status": "canceled" });
    jane.patch(&at(&two), 1, &off).await.is(200);
    let (left, without) = entries().await;
    // The bytes of what did not change are the same.
    let body = |entry: &String| entry.split("END:VEVENT").next().unwrap().to_owned();
    assert_eq!(left.iter().map(body).collect::<Vec<_>>(), [body(&both[0])]);
    assert_ne!(tag, without);
    jane.delete(&at(&one), 1).await.is(204);
    let (none, empty) = entries().await;
    assert!(none.is_empty());
    assert_ne!(empty, without);
}

async fn a_reminder_stands_in_it_where_that_is_wanted(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let parent = jane
        .create(json!({ "company": "Acme", "status": "Draft" }))
        .await;
    for (title, channels) in [
        ("Ring them", json!(["in_app", "calendar"])),
        ("Quietly", json!(["in_app"])),
    ] {
        let body = json!({
            "application_id": parent["id"], "title": title, "channels": channels,
            "due_at": "2100-05-04T08:30:00Z",
        });
        jane.post("/reminders", &body).await.is(201);
    }
    let feed = made(&jane, json!({})).await;
    let text = unfolded(&read(&app.browser(), &path(&feed)).await.is(200));
    assert!(text.contains("SUMMARY:Ring them\\, Acme\r\n"), "{text}");
    assert!(!text.contains("Quietly"));
}
