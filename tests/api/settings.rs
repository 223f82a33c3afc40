//! Settings of a user.

use crate::harness::{Site, both};
use chrono::Duration;
use serde_json::{Value, json};
use tokio::task::JoinSet;

both![
    they_begin_as_the_specification_says,
    every_field_comes_back,
    a_whole_number_is_an_integer_however_it_is_written,
    absent_stays_and_null_clears,
    a_stale_version_gets_the_latest,
    of_changes_at_once_one_wins,
    every_wrong_field_is_named,
    they_belong_to_their_user,
];

async fn they_begin_as_the_specification_says(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let answer = jane.get("/settings").await.is(200);
    let settings = answer.json();
    assert_eq!(
        settings,
        json!({
            "version": 1, "display_name": null, "timezone": "Africa/Lagos",
            "week_start": "monday", "session_timeout_mins": 4320, "quiet_hours_start": null, "quiet_hours_end": null,
            "reminder_defaults": {}, "updated_at": settings["updated_at"],
        })
    );
    assert_eq!(answer.header("etag"), "W/\"1\"");
}

async fn every_field_comes_back(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    app.clock.advance(Duration::minutes(1));
    let now = app.clock.now();
    let body = json!({
        "display_name": "Jane Łódź", "timezone": "America/St_Johns",
        "week_start": "sunday", "session_timeout_mins": 43_200,
        "quiet_hours_start": "21:00", "quiet_hours_end": "08:30",
        "reminder_defaults": {
            "applied": { "on": true, "offsets": [14_400], "channels": ["in_app"], "mail": false },
            "digest": { "mail": false },
        },
    });
    let answer = jane.patch("/settings", 1, &body).await.is(200);
    let settings = answer.json();
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(settings[field], *value, "{field}");
    }
    assert_eq!(settings["version"], 2);
    assert_eq!(answer.header("etag"), "W/\"2\"");
    let updated = settings["updated_at"]
        .as_str()
        .unwrap()
        .parse::<chrono::DateTime<chrono::Utc>>();
    assert!((now..=app.clock.now()).contains(&updated.unwrap()));
    let found = jane.get("/settings").await.is(200);
    assert_eq!((found.json(), found.header("etag")), (settings, "W/\"2\""));
}

async fn a_whole_number_is_an_integer_however_it_is_written(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let set = |version: i64, minutes: &str| {
        jane.call(http::Method::PATCH, "/settings")
            .if_match(version)
            .header("content-type", "application/json")
            .body(format!("{{\"session_timeout_mins\": {minutes}}}"))
    };
    for (version, minutes) in (1..).zip(["60.0", "6.1e1", "62"]) {
        let settings = set(version, minutes).await.is(200).json();
        assert_eq!(settings["session_timeout_mins"], 59 + version);
    }
    for minutes in ["60.5", "1e300"] {
        let wrong = set(4, minutes).await.wrong_fields();
        assert_eq!(wrong, ["session_timeout_mins"], "{minutes}");
    }
}

async fn absent_stays_and_null_clears(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let body =
        json!({ "display_name": "Jane", "quiet_hours_start": "21:00", "quiet_hours_end": "08:00" });
    jane.patch("/settings", 1, &body).await.is(200);
    let settings = jane
        .patch("/settings", 2, &json!({ "timezone": "UTC" }))
        .await
        .is(200)
        .json();
    assert_eq!(settings["display_name"], "Jane");
    assert_eq!(settings["quiet_hours_start"], "21:00");
    let body = json!({ "display_name": null, "quiet_hours_start": null, "quiet_hours_end": null });
    let settings = jane.patch("/settings", 3, &body).await.is(200).json();
    for field in ["display_name", "quiet_hours_start", "quiet_hours_end"] {
        assert_eq!(settings[field], Value::Null, "{field}");
    }
    assert_eq!(settings["timezone"], "UTC");
    for field in [
        "timezone",
        "week_start",
        "session_timeout_mins",
        "reminder_defaults",
    ] {
        let answer = jane.patch("/settings", 4, &json!({ field: null })).await;
        assert_eq!(answer.wrong_fields(), [field]);
    }
}

async fn a_stale_version_gets_the_latest(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let latest = jane
        .patch("/settings", 1, &json!({ "timezone": "UTC" }))
        .await
        .is(200)
        .json();
    for version in [1, 3] {
        let answer = jane
            .patch(
                "/settings",
                version,
                &json!({ "timezone": "Europe/Berlin" }),
            )
            .await;
        let problem = answer.problem(409, "conflict");
        assert_eq!(
            problem["meta"],
            json!({ "resource": "settings", "current": latest })
        );
    }
    assert_eq!(jane.get("/settings").await.json(), latest);
}

async fn of_changes_at_once_one_wins(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for version in 1..4 {
        let mut all = JoinSet::new();
        for number in 0..6 {
            let body = json!({ "display_name": format!("Jane {version} {number}") });
            all.spawn(jane.patch("/settings", version, &body).into_future());
        }
        let mut statuses: Vec<u16> = all
            .join_all()
            .await
            .iter()
            .map(|answer| answer.status)
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    }
}

async fn every_wrong_field_is_named(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for (body, fields) in [
        (json!({ "timezone": "Mars/Olympus" }), &["timezone"][..]),
        (json!({ "timezone": "lagos" }), &["timezone"]),
        (json!({ "timezone": "" }), &["timezone"]),
        (json!({ "display_name": "" }), &["display_name"]),
        (json!({ "display_name": "x".repeat(81) }), &["display_name"]),
        (
            json!({ "session_timeout_mins": 4 }),
            &["session_timeout_mins"],
        ),
        (
            json!({ "session_timeout_mins": 43_201 }),
            &["session_timeout_mins"],
        ),
        (
            json!({ "session_timeout_mins": 4_294_967_296_i64 }),
            &["session_timeout_mins"],
        ),
        (
            json!({ "session_timeout_mins": "60" }),
            &["session_timeout_mins"],
        ),
        (
            json!({ "quiet_hours_start": "21:00" }),
            &["quiet_hours_end"],
        ),
        (
            json!({ "quiet_hours_end": "21:00" }),
            &["quiet_hours_start"],
        ),
        (
            json!({ "quiet_hours_start": "24:00", "quiet_hours_end": "08:00" }),
            &["quiet_hours_start"],
        ),
        (
            json!({ "quiet_hours_start": "9pm", "quiet_hours_end": "08:60" }),
            &["quiet_hours_end", "quiet_hours_start"],
        ),
        (json!({ "reminder_defaults": [] }), &["reminder_defaults"]),
        (
            json!({ "reminder_defaults": { "nul \u{0}": {} } }),
            &["reminder_defaults"],
        ),
        (
            json!({ "reminder_defaults": { "applied": { "on": "yes" } } }),
            &["reminder_defaults.applied.on"],
        ),
        (
            json!({ "reminder_defaults": { "applied": { "offsets": [60] } } }),
            &["reminder_defaults"],
        ),
        (json!({ "email": "joe@example.com" }), &["email"]),
        (json!({ "version": 7 }), &["version"]),
    ] {
        let answer = jane.patch("/settings", 1, &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert_eq!(answer.wrong_fields(), fields, "{body}");
    }
    assert_eq!(jane.get("/settings").await.json()["version"], 1);
}

async fn they_belong_to_their_user(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let his = joe.get("/settings").await.json();
    jane.patch(
        "/settings",
        1,
        &json!({ "timezone": "UTC", "display_name": "Jane" }),
    )
    .await
    .is(200);
    assert_eq!(joe.get("/settings").await.json(), his);
}
