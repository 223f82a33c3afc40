//! Applications: created, read, changed, deleted, found, and kept apart from other people's.

use crate::{
    client::{merge, path_of, version_of},
    harness::{Site, TestApp, both},
};
use chrono::{DateTime, Duration, FixedOffset, NaiveTime, Utc};
use job_hunt_tracker::api::BASE;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::task::JoinSet;
use uuid::Uuid;

both![
    company_and_role_are_enough,
    every_field_comes_back,
    what_people_type_is_tidied,
    what_is_accepted_can_be_read_again,
    instants_are_kept_to_the_millisecond,
    the_application_date_is_today_where_the_user_is,
    the_same_create_again_is_the_same_row,
    the_same_create_at_once_is_one_row,
    other_content_under_an_id_is_a_conflict,
    a_deleted_id_stays_deleted,
    every_wrong_field_is_named,
    all_wrong_fields_are_named_together,
    unknown_fields_are_refused,
    rows_belong_to_their_user,
    the_same_id_at_two_users_is_two_rows,
    if_match_takes_three_forms,
    if_match_must_be_there_and_make_sense,
    the_time_of_a_version_must_make_sense,
    a_change_is_made_on_the_state_that_was_seen,
    a_stale_version_gets_the_latest_row,
    null_clears_and_absent_stays,
    null_is_no_value_for_what_must_stay,
    pay_is_a_range_across_stored_and_sent,
    deleting_removes_everything,
    of_changes_at_once_one_wins,
    filters_restrict,
    text_is_found_literally_and_in_any_case,
    lists_stand_in_order,
    wrong_queries_name_their_parameter,
];

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["company"].as_str().unwrap())
        .collect()
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

async fn company_and_role_are_enough(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let before = app.clock.now();
    let body = json!({ "company": "Acme", "role_title": "Engineer" });
    let created = jane.post("/applications", &body).await.is(201);
    let row = created.json();
    let now = instant(&row["created_at"]);
    assert!(before <= now && now <= app.clock.now());
    assert_eq!(
        row,
        json!({
            "id": row["id"], "version": 1, "company": "Acme", "role_title": "Engineer",
            "status": "Applied", "source": "Other",
            "application_date": (now + Duration::hours(1)).date_naive(),
            "priority": "None", "location_mode": "remote", "location_text": null, "timezone": null,
            "job_url": null, "job_requisition_id": null, "seniority_level": null,
            "salary_min": null, "salary_max": null, "salary_currency": null, "tech_keywords": [],
            "resume_url": null, "cover_letter_url": null, "cover_letter_used": false,
            "contacts_inline": [], "next_action": null, "next_action_due": null, "notes": null,
            "tags": [], "attachments_links": [], "archived_at": null,
            "status_since": now, "created_at": now, "updated_at": now,
        })
    );
    assert_eq!(created.header("etag"), "W/\"1\"");
    let location = created.header("location");
    assert_eq!(location, format!("{BASE}{}", path_of(&row)));
    let found = jane.raw(http::Method::GET, location).await.is(200);
    assert_eq!((found.json(), found.header("etag")), (row, "W/\"1\""));
}

/// A value for every field that a person fills in; none is the default.
fn full() -> Value {
    json!({
        "company": "Société Générale & Fils “Łódź”", "role_title": "Ingénieur 🚀 <script>",
        "status": "Tech_Screen", "source": "LinkedIn", "application_date": "2025-10-13",
        "priority": "High", "location_mode": "hybrid", "location_text": "Lagos, Nigeria",
        "timezone": "Europe/Berlin", "job_url": "https://jobs.example.com/42?x=1&y=%20#apply",
        "job_requisition_id": "REQ-42", "seniority_level": "Senior",
        "salary_min": 85000, "salary_max": 96000.55, "salary_currency": "EUR",
        "tech_keywords": ["Rust", "PostgreSQL"], "resume_url": "https://example.com/cv.pdf",
        "cover_letter_url": "http://example.com/letter", "cover_letter_used": true,
        "contacts_inline": [
            { "name": "Jane Recruiter", "role": "Talent", "email": "jane@acme.com", "phone": "+49 30 1", "url": "https://example.com/jane" },
            { "name": "Joe" },
        ],
        "next_action": "Call back", "next_action_due": "2026-01-02T03:04:05.678Z",
        "notes": "First line\n\n\tsecond 'line'; DROP TABLE applications; -- \\ \" % _",
        "tags": ["backend", "Łódź", "with, comma", "with \"quotes\"", "{braces}"],
        "attachments_links": [
            { "url": "https://example.com/task", "label": "Take-home" },
            { "url": "https://example.com/x", "label": null },
        ],
        "archived_at": "2026-02-03T04:05:06Z",
    })
}

async fn every_field_comes_back(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let check = |row: &Value| {
        for (field, value) in full().as_object().unwrap() {
            assert_eq!(row[field], *value, "{field}");
        }
    };
    // At creation.
    let created = jane.create(full()).await;
    check(&created);
    assert_eq!(jane.get(&path_of(&created)).await.is(200).json(), created);
    assert_eq!(jane.list().await, std::slice::from_ref(&created));
    // By a change.
    let plain = jane.create(json!({})).await;
    let changed = jane.change(&plain, full()).await;
    check(&changed);
    assert_eq!(jane.get(&path_of(&plain)).await.is(200).json(), changed);
    // In the history.
    let page = jane.get("/sync").await.is(200).json();
    let changes = page["changes"].as_array().unwrap();
    for row in [&created, &changed] {
        let change = changes
            .iter()
            .find(|change| change["id"] == row["id"])
            .unwrap();
        assert_eq!(change["row"], *row);
    }
}

async fn what_people_type_is_tidied(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane
        .create(json!({
            "company": "  Acme  ", "tags": [" Rust ", "rust", "RUST", "go"],
            "tech_keywords": ["SQL", "sql"], "job_url": "example.com/jobs", "salary_currency": "eur",
            "salary_min": "18.50", "notes": "a\r\nb  \n",
            "next_action_due": "2026-03-02T10:00:00+01:00",
            "contacts_inline": [{ "name": " Jane ", "email": "Jane@ACME.com" }],
        }))
        .await;
    let expected = json!({
        "company": "Acme", "tags": ["Rust", "go"], "tech_keywords": ["SQL"],
        "job_url": "https://example.com/jobs", "salary_currency": "EUR", "salary_min": 18.5,
        "notes": "a\nb", "next_action_due": "2026-03-02T09:00:00Z",
        "contacts_inline": [{ "name": "Jane", "email": "jane@acme.com" }],
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(row[field], *value, "{field}");
    }
}

async fn what_is_accepted_can_be_read_again(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    // At the limits, where tidying makes longer what was just short enough.
    let name = |length: usize| "é".repeat(length);
    for fields in [
        json!({ "job_url": format!("https://example.com/{}", "x".repeat(2028)) }),
        json!({ "company": name(200), "role_title": name(200), "source": name(80) }),
        json!({ "notes": "🚀".repeat(20_000), "next_action": name(200) }),
        json!({ "tags": (0..32).map(|n| format!("{n:02}{}", name(38))).collect::<Vec<_>>() }),
        json!({ "salary_min": 0, "salary_max": 10_000_000_000_i64 }),
        json!({ "salary_min": 0.01, "salary_max": 9_999_999_999.99 }),
    ] {
        let row = jane.create(fields.clone()).await;
        for (field, value) in fields.as_object().unwrap() {
            assert_eq!(row[field], *value, "{field}");
        }
        // A client sends back what it was given.
        jane.change(&row, fields).await;
    }
    let long = format!("example.com/{}", "x".repeat(2036));
    let body = json!({ "company": "Acme", "role_title": "x", "job_url": long });
    let answer = jane.post("/applications", &body).await;
    assert_eq!(
        answer.wrong_fields(),
        ["job_url"],
        "with https:// it is too long"
    );
}

async fn instants_are_kept_to_the_millisecond(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let fine = "2026-03-02T09:00:00.123987654Z";
    let kept = "2026-03-02T09:00:00.123Z";
    let fields =
        json!({ "next_action_due": fine, "archived_at": fine, "status_occurred_at": fine });
    let created = jane.create(fields.clone()).await;
    let plain = jane.create(json!({})).await;
    let mut changes = fields;
    merge(&mut changes, json!({ "status": "Offer" }));
    let changed = jane.change(&plain, changes).await;
    for row in [created, changed] {
        assert_eq!(
            jane.get(&path_of(&row)).await.json(),
            row,
            "what is answered is what is stored"
        );
        for field in ["next_action_due", "archived_at", "status_since"] {
            assert_eq!(row[field], kept, "{field}");
        }
        assert_eq!(jane.events(&row).await.last().unwrap()["occurred_at"], kept);
    }
}

/// Moves the clock to the next time that it is `time` in UTC.
fn advance_to(app: &TestApp, time: &str) {
    let now = app.clock.now();
    let time: NaiveTime = time.parse().unwrap();
    let mut then = now.date_naive().and_time(time).and_utc();
    if then <= now {
        then += Duration::days(1);
    }
    app.clock.advance(then - now);
}

async fn the_application_date_is_today_where_the_user_is(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let day = async || jane.create(json!({})).await["application_date"].clone();
    // Lagos is an hour ahead of UTC.
    advance_to(&app, "22:58:00");
    let today = app.clock.now().date_naive();
    assert_eq!(day().await, json!(today));
    app.clock.advance(Duration::minutes(3));
    assert_eq!(day().await, json!(today + Duration::days(1)));

    let zones = [
        ("Pacific/Kiritimati", 14),
        ("Pacific/Honolulu", -10),
        ("UTC", 0),
    ];
    for (version, (zone, offset)) in (1..).zip(zones) {
        let body = json!({ "timezone": zone });
        jane.patch("/settings", version, &body).await.is(200);
        // A minute before midnight there, and a minute after.
        let midnight = (24 - offset) % 24;
        advance_to(&app, &format!("{:02}:58:00", (midnight + 23) % 24));
        let there = (app.clock.now() + Duration::hours(offset)).date_naive();
        assert_eq!(day().await, json!(there), "{zone}, before midnight");
        app.clock.advance(Duration::minutes(3));
        assert_eq!(
            day().await,
            json!(there + Duration::days(1)),
            "{zone}, after midnight"
        );
    }
    // A date that is given stays as it is.
    let given = jane
        .create(json!({ "application_date": "2025-01-31" }))
        .await;
    assert_eq!(given["application_date"], "2025-01-31");
}

async fn the_same_create_again_is_the_same_row(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let id = Uuid::new_v4();
    let mut body = full();
    merge(&mut body, json!({ "id": id }));
    let first = jane.post("/applications", &body).await.is(201);
    assert_eq!(first.json()["id"], json!(id));
    // In another order of fields, and a day later.
    let fields = body.as_object().unwrap();
    let turned: serde_json::Map<_, _> = fields
        .iter()
        .rev()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    app.clock.advance(Duration::days(1));
    let again = jane
        .post("/applications", &Value::Object(turned))
        .await
        .is(201);
    assert_eq!(again.json(), first.json());
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(jane.list().await.len(), 1);
    assert_eq!(jane.events(&first.json()).await.len(), 1);

    // Also once the row has changed: it is answered as it is now.
    let changed = jane
        .change(&first.json(), json!({ "company": "Beta" }))
        .await;
    let again = jane.post("/applications", &body).await.is(201);
    assert_eq!((again.header("etag"), again.json()), ("W/\"2\"", changed));
}

async fn the_same_create_at_once_is_one_row(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let body = json!({ "id": Uuid::new_v4(), "company": "Acme", "role_title": "Engineer" });
    let mut all = JoinSet::new();
    for _ in 0..16 {
        all.spawn(jane.post("/applications", &body).into_future());
    }
    let rows: BTreeSet<String> = all
        .join_all()
        .await
        .into_iter()
        .map(|answer| answer.is(201).text)
        .collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(jane.list().await.len(), 1);
    assert_eq!(site.number("SELECT COUNT(*) FROM stage_events").await, 1);
}

async fn other_content_under_an_id_is_a_conflict(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let body = json!({ "id": Uuid::new_v4(), "company": "Acme", "role_title": "Engineer" });
    let row = jane.post("/applications", &body).await.is(201).json();
    for other in [
        json!({ "company": "Beta" }),
        json!({ "tags": ["x"] }),
        json!({ "status": "Draft" }),
    ] {
        let mut body = body.clone();
        merge(&mut body, other);
        let problem = jane
            .post("/applications", &body)
            .await
            .problem(409, "conflict");
        assert_eq!(
            problem["meta"],
            json!({ "resource": "application", "id": row["id"], "current": row })
        );
    }
    assert_eq!(jane.list().await, [row]);
}

async fn a_deleted_id_stays_deleted(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let body = json!({ "id": Uuid::new_v4(), "company": "Acme", "role_title": "Engineer" });
    let row = jane.post("/applications", &body).await.is(201).json();
    jane.delete(&path_of(&row), 1).await.is(204);
    let mut other = body.clone();
    merge(&mut other, json!({ "company": "Beta" }));
    for body in [&body, &other] {
        let problem = jane.post("/applications", body).await.problem(409, "gone");
        assert_eq!(
            problem["meta"],
            json!({ "resource": "application", "id": row["id"] })
        );
    }
    assert_eq!(jane.list().await.len(), 0);
    // Another user may have it.
    let joe = app.sign_in("joe@example.com").await;
    joe.post("/applications", &body).await.is(201);
}

/// A field, and a value that it does not take; then the path that is named, where it is longer.
fn wrong_values() -> Vec<(&'static str, Value, &'static str)> {
    let long = |length: usize| json!("x".repeat(length));
    let many = |count: usize| json!((0..count).map(|n| format!("tag {n}")).collect::<Vec<_>>());
    let people = |count: usize| json!(vec![json!({ "name": "J" }); count]);
    let links = |count: usize| json!(vec![json!({ "url": "https://example.com" }); count]);
    let mut all = vec![
        ("company", json!(""), ""),
        ("company", json!(" \t "), ""),
        ("company", json!("two\nlines"), ""),
        ("company", json!("nul\u{0}"), ""),
        ("company", json!(7), ""),
        ("company", json!(["Acme"]), ""),
        ("company", long(201), ""),
        ("role_title", json!(""), ""),
        ("role_title", long(201), ""),
        ("status", json!("applied"), ""),
        ("status", json!("Hired"), ""),
        ("status", json!(1), ""),
        ("source", json!(""), ""),
        ("source", long(81), ""),
        ("application_date", json!("2026-02-30"), ""),
        ("application_date", json!("13.10.2025"), ""),
        ("application_date", json!("1969-12-31"), ""),
        ("application_date", json!("2201-01-01"), ""),
        ("application_date", json!("2026-01-01T00:00:00Z"), ""),
        ("priority", json!("Urgent"), ""),
        ("location_mode", json!("Remote"), ""),
        ("location_text", long(201), ""),
        ("timezone", json!("Mars/Olympus"), ""),
        ("timezone", json!("../etc/passwd"), ""),
        ("timezone", json!("+02:00"), ""),
        ("job_url", json!("javascript:alert(1)"), ""),
        ("job_url", json!("word"), ""),
        (
            "job_url",
            json!(format!("https://example.com/{}", "x".repeat(2048))),
            "",
        ),
        ("job_requisition_id", long(121), ""),
        ("seniority_level", long(81), ""),
        ("salary_min", json!(-1), ""),
        ("salary_min", json!(1.234), ""),
        ("salary_min", json!("1,000"), ""),
        ("salary_min", json!(true), ""),
        ("salary_max", json!(10_000_000_001_i64), ""),
        ("salary_max", json!(1e300), ""),
        ("salary_currency", json!("ABC"), ""),
        ("salary_currency", json!("EURO"), ""),
        ("tech_keywords", json!("rust"), ""),
        ("tech_keywords", many(33), ""),
        ("resume_url", json!("ftp://example.com"), ""),
        ("cover_letter_url", json!("data:text/html,x"), ""),
        ("cover_letter_used", json!("yes"), ""),
        ("contacts_inline", people(17), ""),
        ("contacts_inline", json!({}), ""),
        ("contacts_inline", json!([{}]), "contacts_inline[0].name"),
        (
            "contacts_inline",
            json!([{ "name": "J" }, { "name": "" }]),
            "contacts_inline[1].name",
        ),
        (
            "contacts_inline",
            json!([{ "name": "J", "email": "no" }]),
            "contacts_inline[0].email",
        ),
        (
            "contacts_inline",
            json!([{ "name": "J", "url": "no" }]),
            "contacts_inline[0].url",
        ),
        (
            "contacts_inline",
            json!([{ "name": "J", "age": 7 }]),
            "contacts_inline[0].age",
        ),
        ("next_action", long(201), ""),
        ("next_action_due", json!("tomorrow"), ""),
        ("next_action_due", json!("2026-01-01"), ""),
        ("next_action_due", json!("1969-12-31T23:59:59Z"), ""),
        ("next_action_due", json!("2201-01-01T00:00:00Z"), ""),
        ("notes", long(20_001), ""),
        ("notes", json!("bell \u{7}"), ""),
        ("notes", json!("nul \u{0}"), ""),
        ("tags", many(33), ""),
        ("tags", json!([long(41)]), "tags[0]"),
        ("tags", json!(["x", ""]), "tags[1]"),
        ("tags", json!(["x", null]), "tags[1]"),
        ("attachments_links", links(33), ""),
        (
            "attachments_links",
            json!([{ "label": "x" }]),
            "attachments_links[0].url",
        ),
        (
            "attachments_links",
            json!([{ "url": "x" }]),
            "attachments_links[0].url",
        ),
        ("archived_at", json!("yes"), ""),
        ("archived_at", json!("2201-01-01T00:00:00Z"), ""),
        ("status_occurred_at", json!("2201-01-01T00:00:00Z"), ""),
        ("status_occurred_at", json!("1969-01-01T00:00:00Z"), ""),
        (
            "status_occurred_at",
            json!(Utc::now() + Duration::days(2)),
            "",
        ),
    ];
    for (field, _, path) in &mut all {
        if path.is_empty() {
            *path = field;
        }
    }
    all
}

async fn every_wrong_field_is_named(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    for (field, value, path) in wrong_values() {
        let mut body = json!({ "company": "Acme", "role_title": "Engineer" });
        merge(&mut body, json!({ field: value }));
        let answer = jane.post("/applications", &body).await;
        assert_eq!(answer.status, 400, "{field}: {value}: {}", answer.text);
        assert_eq!(answer.wrong_fields(), [path], "{field}: {value}");
        let answer = jane
            .patch(&path_of(&row), 1, &json!({ field: value }))
            .await;
        assert_eq!(answer.status, 400, "{field}: {value}: {}", answer.text);
        assert_eq!(answer.wrong_fields(), [path], "{field}: {value}");
    }
    for id in [json!("x"), json!(7), json!("3f6c3b7e-1f8f-476d-9b2b")] {
        let body = json!({ "id": id, "company": "Acme", "role_title": "Engineer" });
        assert_eq!(
            jane.post("/applications", &body).await.wrong_fields(),
            ["id"]
        );
    }
    assert_eq!(jane.list().await, [row], "nothing was changed");
}

async fn all_wrong_fields_are_named_together(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    assert_eq!(
        jane.post("/applications", &json!({})).await.wrong_fields(),
        ["company", "role_title"]
    );
    let body = json!({
        "company": "", "status": "Hired", "colour": "red", "job_url": "no", "tags": [""],
        "contacts_inline": [{ "name": "J", "email": "no" }],
    });
    let wrong = jane.post("/applications", &body).await.wrong_fields();
    let expected = [
        "colour",
        "company",
        "contacts_inline[0].email",
        "job_url",
        "status",
        "tags[0]",
    ];
    assert_eq!(wrong, expected);
    // What no single field can tell is named together too.
    let body = json!({
        "company": "Acme", "role_title": "x", "salary_min": 2, "salary_max": 1,
        "application_date": "1900-01-01",
    });
    let wrong = jane.post("/applications", &body).await.wrong_fields();
    assert_eq!(wrong, ["application_date", "salary_max"]);
}

async fn unknown_fields_are_refused(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    for field in [
        "colour",
        "version",
        "user_id",
        "created_at",
        "status_since",
        "seq",
        "voids_stage_event",
    ] {
        let mut body = json!({ "company": "Acme", "role_title": "Engineer" });
        merge(&mut body, json!({ field: "x" }));
        assert_eq!(
            jane.post("/applications", &body).await.wrong_fields(),
            [field]
        );
    }
    for field in [
        "colour",
        "id",
        "version",
        "user_id",
        "created_at",
        "status_since",
        "seq",
    ] {
        let answer = jane.patch(&path_of(&row), 1, &json!({ field: "x" })).await;
        assert_eq!(answer.wrong_fields(), [field]);
    }
}

async fn rows_belong_to_their_user(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let row = jane.create(json!({ "company": "Secret" })).await;
    let path = path_of(&row);
    // Somebody else's row is answered as one that never was.
    let never = format!("/applications/{}", Uuid::new_v4());
    for path in [&path, &never] {
        let id = path.rsplit('/').next().unwrap();
        for call in [
            joe.get(path),
            joe.get(&format!("{path}/stage-events")),
            joe.patch(path, 1, &json!({ "company": "Mine" })),
            joe.patch(path, 2, &json!({ "company": "Mine" })),
            joe.delete(path, 1),
            joe.delete(path, 2),
        ] {
            let problem = call.await.problem(404, "not-found");
            assert_eq!(
                problem["meta"],
                json!({ "resource": "application", "id": id })
            );
        }
    }
    assert_eq!(joe.list().await.len(), 0);
    for path in [
        "/board",
        &format!("/board?focus={}", row["id"].as_str().unwrap()),
        "/sync",
    ] {
        assert!(
            !joe.get(path).await.is(200).text.contains("Secret"),
            "{path}"
        );
    }
    assert_eq!(jane.get(&path).await.json(), row);
}

async fn the_same_id_at_two_users_is_two_rows(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let id = Uuid::new_v4();
    let hers = jane.create(json!({ "id": id, "company": "Hers" })).await;
    let his = joe.create(json!({ "id": id, "company": "His" })).await;
    let hers = jane.change(&hers, json!({ "status": "Offer" })).await;
    let path = path_of(&hers);
    assert_eq!(joe.get(&path).await.json(), his);
    assert_eq!(
        (jane.events(&hers).await.len(), joe.events(&his).await.len()),
        (2, 1)
    );
    joe.delete(&path, 1).await.is(204);
    assert_eq!(jane.get(&path).await.is(200).json(), hers);
    assert_eq!(jane.events(&hers).await.len(), 2);
}

async fn if_match_takes_three_forms(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let path = path_of(&row);
    let patch = |form: &str| {
        jane.call(http::Method::PATCH, &path)
            .json(&json!({ "priority": "High" }))
            .header("if-match", form)
    };
    for (form, etag) in [
        ("1", "W/\"2\""),
        ("\"2\"", "W/\"3\""),
        ("W/\"3\"", "W/\"4\""),
    ] {
        let answer = patch(form).await.is(200);
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(format!("W/\"{}\"", answer.json()["version"]), etag);
        assert_eq!(jane.get(&path).await.header("etag"), etag);
    }
    jane.call(http::Method::DELETE, &path)
        .header("if-match", "W/\"4\"")
        .await
        .is(204);
}

async fn if_match_must_be_there_and_make_sense(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    for (method, path) in [
        (http::Method::PATCH, path_of(&row)),
        (http::Method::DELETE, path_of(&row)),
        (http::Method::PATCH, "/settings".to_owned()),
    ] {
        let call = || jane.call(method.clone(), &path).json(&json!({}));
        call().await.problem(428, "precondition-required");
        for form in [
            "",
            "x",
            "*",
            "0",
            "-1",
            "+1",
            "1.0",
            "\"1",
            "1\"",
            "\"x\"",
            "W/1",
            "w/\"1\"",
            "W/\"1",
            "\"\"",
            "\"1\", \"2\"",
            "99999999999999999999",
        ] {
            let answer = call().header("if-match", form).await;
            assert_eq!(answer.status, 400, "{method} {form}: {}", answer.text);
            assert_eq!(answer.wrong_fields(), ["If-Match"]);
        }
    }
    assert_eq!(jane.list().await, [row]);
}

async fn the_time_of_a_version_must_make_sense(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let call = |at: &str| {
        let patch = jane.patch(&path_of(&row), 1, &json!({ "notes": "x" }));
        patch.header("x-if-updated-at", at)
    };
    for at in [
        "",
        "x",
        "1",
        "2026-03-02",
        "2026-03-02T09:00:00",
        "Mon, 02 Mar 2026 09:00:00 GMT",
    ] {
        let answer = call(at).await;
        assert_eq!(answer.status, 400, "{at}: {}", answer.text);
        assert_eq!(answer.wrong_fields(), ["X-If-Updated-At"]);
    }
    // In whichever form that time is written.
    let at: DateTime<FixedOffset> = row["updated_at"].as_str().unwrap().parse().unwrap();
    let at = at.with_timezone(&FixedOffset::east_opt(3600).unwrap());
    call(&at.to_rfc3339()).await.is(200);
}

async fn a_change_is_made_on_the_state_that_was_seen(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let lost = jane.change(&row, json!({ "notes": "lost" })).await;
    let settings = jane.get("/settings").await.json();
    app.stop().await;
    // A backup of the time before is restored, and somebody makes the second version once more.
    site.execute("UPDATE applications SET version = 1, notes = NULL")
        .await;
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let theirs = jane.change(&row, json!({ "notes": "theirs" })).await;
    assert_eq!(version_of(&theirs), version_of(&lost));
    let path = path_of(&row);
    let calls = |seen: &Value| {
        [
            jane.call(http::Method::PATCH, &path)
                .json(&json!({ "notes": "mine" }))
                .if_as(seen),
            jane.call(http::Method::DELETE, &path).if_as(seen),
        ]
    };
    for call in calls(&lost) {
        let problem = call.await.problem(409, "conflict");
        assert_eq!(problem["meta"]["current"], theirs);
        assert_eq!(
            problem["detail"],
            "Row version 2 is another one than was seen."
        );
    }
    // Who names the number alone means whatever has it.
    let mine = jane.change(&theirs, json!({ "notes": "mine" })).await;
    for call in calls(&theirs) {
        call.await.problem(409, "conflict");
    }
    for call in calls(&mine).into_iter().skip(1) {
        call.await.is(204);
    }
    let set = |seen: &Value| {
        jane.call(http::Method::PATCH, "/settings")
            .json(&json!({ "display_name": "Jane" }))
            .if_as(seen)
    };
    let mut another = settings.clone();
    another["updated_at"] = json!("2026-01-01T00:00:00.000Z");
    set(&another).await.problem(409, "conflict");
    set(&settings).await.is(200);
}

async fn a_stale_version_gets_the_latest_row(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let path = path_of(&row);
    let latest = jane
        .change(&row, json!({ "company": "Beta", "notes": "n" }))
        .await;
    for version in [1, 3] {
        for call in [
            jane.patch(&path, version, &json!({ "company": "Gamma" })),
            jane.delete(&path, version),
        ] {
            let problem = call.await.problem(409, "conflict");
            assert_eq!(
                problem["meta"],
                json!({ "resource": "application", "id": row["id"], "current": latest })
            );
        }
    }
    assert_eq!(jane.get(&path).await.json(), latest);
}

const CLEARABLE: [&str; 15] = [
    "location_text",
    "timezone",
    "job_url",
    "job_requisition_id",
    "seniority_level",
    "salary_min",
    "salary_max",
    "salary_currency",
    "resume_url",
    "cover_letter_url",
    "next_action",
    "next_action_due",
    "notes",
    "archived_at",
    "",
];

async fn null_clears_and_absent_stays(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let mut row = jane.create(full()).await;
    for field in CLEARABLE.into_iter().filter(|field| !field.is_empty()) {
        assert!(!row[field].is_null(), "{field}");
        let changed = jane.change(&row, json!({ field: null })).await;
        let mut expected = row.clone();
        merge(
            &mut expected,
            json!({ field: null, "version": changed["version"], "updated_at": changed["updated_at"] }),
        );
        assert_eq!(changed, expected, "{field}: all else stays");
        assert_eq!(jane.get(&path_of(&row)).await.json(), expected);
        row = changed;
    }
    // At creation null is the same as absent.
    let mut body = json!({});
    for field in CLEARABLE.into_iter().filter(|field| !field.is_empty()) {
        merge(&mut body, json!({ field: null }));
    }
    let created = jane.create(body).await;
    assert_eq!(created["notes"], Value::Null);
}

async fn null_is_no_value_for_what_must_stay(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(full()).await;
    let fields = row.as_object().unwrap().keys().filter(|field| {
        let kept = ["id", "version", "status_since", "created_at", "updated_at"];
        !CLEARABLE.contains(&field.as_str()) && !kept.contains(&field.as_str())
    });
    let fields: Vec<&String> = fields.collect();
    assert_eq!(fields.len(), 12, "{fields:?}");
    for field in fields {
        let answer = jane.patch(&path_of(&row), 1, &json!({ field: null })).await;
        assert_eq!(answer.wrong_fields(), [field.as_str()]);
    }
    assert_eq!(jane.get(&path_of(&row)).await.json(), row);
}

async fn pay_is_a_range_across_stored_and_sent(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane
        .create(json!({ "salary_min": 80_000, "salary_max": 90_000 }))
        .await;
    let path = path_of(&row);
    for wrong in [
        json!({ "salary_min": 90_000.01 }),
        json!({ "salary_max": 79_999 }),
        json!({ "salary_min": 5, "salary_max": 4 }),
    ] {
        assert_eq!(
            jane.patch(&path, 1, &wrong).await.wrong_fields(),
            ["salary_max"]
        );
    }
    let row = jane.change(&row, json!({ "salary_min": 90_000 })).await;
    let row = jane
        .change(&row, json!({ "salary_min": 100, "salary_max": 200 }))
        .await;
    let row = jane.change(&row, json!({ "salary_max": null })).await;
    let row = jane.change(&row, json!({ "salary_min": 300 })).await;
    assert_eq!(
        jane.patch(&path, 5, &json!({ "salary_max": 299.99 }))
            .await
            .wrong_fields(),
        ["salary_max"]
    );
    jane.change(&row, json!({ "salary_max": 300 })).await;
}

async fn deleting_removes_everything(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let stays = jane.create(json!({ "company": "Stays" })).await;
    let row = jane.create(json!({ "company": "Secret" })).await;
    let row = jane.change(&row, json!({ "status": "Offer" })).await;
    let path = path_of(&row);
    let deleted = jane.delete(&path, 2).await.is(204);
    assert_eq!(deleted.text, "");

    jane.get(&path).await.problem(404, "not-found");
    jane.get(&format!("{path}/stage-events"))
        .await
        .problem(404, "not-found");
    jane.patch(&path, 2, &json!({ "company": "Back" }))
        .await
        .problem(404, "not-found");
    jane.delete(&path, 2).await.problem(404, "not-found");
    assert_eq!(jane.list().await, [stays]);
    for path in ["/board", "/applications?q=secret", "/sync"] {
        assert!(
            !jane.get(path).await.is(200).text.contains("Secret"),
            "{path}"
        );
    }
    assert_eq!(site.number("SELECT COUNT(*) FROM applications").await, 1);
    assert_eq!(site.number("SELECT COUNT(*) FROM stage_events").await, 1);
}

async fn of_changes_at_once_one_wins(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for _ in 0..5 {
        let row = jane.create(json!({})).await;
        let mut all = JoinSet::new();
        for number in 0..8 {
            let body = json!({ "company": format!("Company {number}"), "status": "Offer" });
            all.spawn(jane.patch(&path_of(&row), 1, &body).into_future());
        }
        let (good, bad): (Vec<_>, Vec<_>) = all
            .join_all()
            .await
            .into_iter()
            .partition(|answer| answer.status == 200);
        assert_eq!((good.len(), bad.len()), (1, 7));
        let winner = good[0].json();
        for answer in bad {
            assert_eq!(answer.problem(409, "conflict")["meta"]["current"], winner);
        }
        assert_eq!(jane.get(&path_of(&row)).await.json(), winner);
        assert_eq!(jane.events(&row).await.len(), 2, "one move");
    }
}

async fn filters_restrict(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let at = "2026-01-01T00:00:00Z";
    for fields in [
        json!({ "company": "A", "status": "Draft", "priority": "High", "tags": ["Rust", "remote"] }),
        json!({ "company": "B", "status": "Offer", "priority": "High", "tags": ["rust"], "archived_at": at }),
        json!({ "company": "C", "status": "Offer", "priority": "Low", "tags": ["Rusty", "Łódź"] }),
        json!({ "company": "D", "status": "Interview_Loop" }),
    ] {
        jane.create(fields).await;
    }
    app.sign_in("joe@example.com")
        .await
        .create(json!({ "company": "X", "tags": ["rust"] }))
        .await;
    for (query, expected) in [
        ("", &["A", "B", "C", "D"][..]),
        ("status=Offer", &["B", "C"]),
        ("status=Interview_Loop", &["D"]),
        ("status=Accepted", &[]),
        ("priority=High", &["A", "B"]),
        ("priority=None", &["D"]),
        ("archived=true", &["B"]),
        ("archived=false", &["A", "C", "D"]),
        ("tag=RUST", &["A", "B"]),
        ("tag=rusty", &["C"]),
        ("tag=rus", &[]),
        ("tag=%C5%81%C3%B3d%C5%BA", &["C"]),
        ("tag=rust&archived=false", &["A"]),
        (
            "status=Offer&priority=Low&tag=rusty&archived=false&q=c",
            &["C"],
        ),
        ("status=Draft&priority=Low", &[]),
    ] {
        let rows = jane
            .pages(&format!("/applications?sort=created_at&{query}"))
            .await;
        assert_eq!(names(&rows), expected, "{query}");
        // The filter holds on every page.
        let rows = jane
            .pages(&format!("/applications?sort=created_at&limit=1&{query}"))
            .await;
        assert_eq!(names(&rows), expected, "{query}, one a page");
    }
}

async fn text_is_found_literally_and_in_any_case(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for fields in [
        json!({ "company": "Acme 100%" }),
        json!({ "company": "B", "role_title": "Acme_Engineer!" }),
        json!({ "company": "C", "location_text": "Acme Street" }),
        json!({ "company": "D", "notes": "first\nthen ACME\\x" }),
        json!({ "company": "École Ünïversität", "tags": ["acme"] }),
        json!({ "company": "F", "next_action": "acme" }),
    ] {
        jane.create(fields).await;
    }
    for (text, expected) in [
        ("acme", &["Acme 100%", "B", "C", "D"][..]),
        ("%20aCmE%20", &["Acme 100%", "B", "C", "D"]),
        ("100%25", &["Acme 100%"]),
        ("0%25%25", &[]),
        ("e_e", &["B"]),
        ("r!", &["B"]),
        ("me%20st", &["C"]),
        ("acme%5C", &["D"]),
        ("'%20OR%20'1'='1", &[]),
        ("%C3%89cole", &["École Ünïversität"]),
        ("%C3%A9COLE", &["École Ünïversität"]),
        ("%C3%BCn%C3%8F", &["École Ünïversität"]),
        ("", &["Acme 100%", "B", "C", "D", "École Ünïversität", "F"]),
    ] {
        let rows = jane
            .pages(&format!("/applications?sort=created_at&q={text}"))
            .await;
        assert_eq!(names(&rows), expected, "{text}");
    }
    // Nothing that can be typed breaks it.
    for text in ["%00", "a%00b", "%25", "_", "!", "%5C", "%22", "%EF%BF%BF"] {
        for parameter in ["q", "tag"] {
            let answer = jane.get(&format!("/applications?{parameter}={text}")).await;
            if text.contains("%00") {
                assert_eq!(answer.wrong_fields(), [parameter], "{text}");
            } else {
                answer.is(200);
            }
        }
    }
    for c in (' '..='~').filter(|c| *c != ' ') {
        let word = format!("x{c}y");
        let row = jane
            .create(json!({ "company": word, "tags": [word] }))
            .await;
        let text: String = word.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for parameter in ["q", "tag"] {
            let found = jane
                .pages(&format!("/applications?{parameter}={text}"))
                .await;
            let of_letters = c.is_ascii_alphabetic() && found.len() == 2;
            assert!(
                found.contains(&row) && (found.len() == 1 || of_letters),
                "{parameter}={word}"
            );
        }
    }
    for (parameter, most) in [("q", 200), ("tag", 40)] {
        let path = |length: usize| format!("/applications?{parameter}={}", "%C3%A9".repeat(length));
        jane.get(&path(most)).await.is(200);
        assert_eq!(jane.get(&path(most + 1)).await.wrong_fields(), [parameter]);
    }
}

async fn lists_stand_in_order(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let mut rows = Vec::new();
    for company in ["A", "B", "C"] {
        app.clock.advance(Duration::minutes(1));
        rows.push(jane.create(json!({ "company": company })).await);
    }
    app.clock.advance(Duration::minutes(1));
    jane.change(&rows[0], json!({ "priority": "High" })).await;
    for (sort, expected) in [
        ("", ["C", "B", "A"]),
        ("?sort=-created_at", ["C", "B", "A"]),
        ("?sort=created_at", ["A", "B", "C"]),
        ("?sort=-updated_at", ["A", "C", "B"]),
        ("?sort=updated_at", ["B", "C", "A"]),
    ] {
        let page = jane
            .get(&format!("/applications{sort}"))
            .await
            .is(200)
            .json();
        assert_eq!(names(page["items"].as_array().unwrap()), expected, "{sort}");
        assert_eq!(page["next_cursor"], Value::Null);
    }
}

async fn wrong_queries_name_their_parameter(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for (query, parameter) in [
        ("status=offer", "status"),
        ("status=", "status"),
        ("priority=Urgent", "priority"),
        ("archived=yes", "archived"),
        ("sort=company", "sort"),
        ("limit=many", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("cursor=x", "cursor"),
        ("colour=red", "colour"),
        ("user_id=x", "user_id"),
    ] {
        let answer = jane.get(&format!("/applications?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        assert_eq!(answer.wrong_fields(), [parameter], "{query}");
    }
    for path in [
        "/applications/x",
        "/applications/3f6c3b7e",
        "/applications/x/stage-events",
    ] {
        assert_eq!(jane.get(path).await.wrong_fields(), ["id"], "{path}");
    }
}
