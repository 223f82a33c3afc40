//! Figures of a hunt.

use crate::{
    client::path_of,
    dice::Dice,
    harness::{Site, TestApp, User, both, watch},
};
use chrono::{DateTime, Duration, NaiveDate, SubsecRound as _, Utc};
use job_hunt_tracker::domain::{
    activity::Activity,
    analytics::{
        self, GroupBy, Hunt, MOST_MEMBERS, Measure, Members, MembersQuery, PIPELINE, Range,
        Selection, Subject,
    },
    application::Application,
    settings::WeekStart,
    stage::{StageEvent, Status},
    time::ZoneRules,
};
use serde_json::{Value, json};

both![
    an_empty_account_has_figures_of_nothing,
    figures_are_what_became_of_the_applications,
    days_are_the_users,
    what_is_not_said_is_from_the_first_application_to_today,
    ranges_that_are_none_are_refused,
    each_figure_follows_a_change_at_once,
    what_is_someone_elses_is_in_no_figure,
    figures_are_those_of_a_device,
    its_statements_do_not_grow_with_its_rows,
];

async fn figures(jane: &User, what: &str) -> Value {
    jane.get(&format!("/analytics/{what}")).await.is(200).json()
}

async fn an_empty_account_has_figures_of_nothing(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let today = app.clock.now().date_naive().to_string();
    let summary = figures(&jane, "summary").await;
    assert_eq!(
        (&summary["from"], &summary["to"]),
        (&json!(today), &json!(today))
    );
    let nothing = json!({
        "applications": 0, "responses": 0, "interviews": 0, "offers": 0, "accepted": 0, "rejections": 0,
    });
    assert_eq!(
        (&summary["totals"], &summary["previous"]),
        (&nothing, &nothing)
    );
    assert_eq!(summary["pending"], json!({ "total": 0, "items": [] }));
    assert_eq!(
        figures(&jane, "source-breakdown").await,
        json!({ "sources": [] })
    );
    assert_eq!(
        figures(&jane, "figures").await["activity"],
        json!({ "days": [] })
    );
    let trends = figures(&jane, "trends").await;
    assert_eq!(trends["group_by"], "week");
    assert_eq!(trends["buckets"].as_array().unwrap().len(), 1);
    let stages = figures(&jane, "stage-conversion").await;
    assert_eq!(
        stages["stages"][0],
        json!({ "status": "Applied", "reached": 0, "of_previous": null, "of_first": null })
    );
}

async fn figures_are_what_became_of_the_applications(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let now = app.clock.now().trunc_subsecs(3);
    let (sent, met) = (now - Duration::days(10), now - Duration::days(8));
    let day = (sent + Duration::hours(1)).date_naive();
    jane.create(json!({ "status": "Draft" })).await;
    let sent = |source: &str| json!({ "source": source, "application_date": day, "status_occurred_at": sent });
    jane.create(sent("Referral")).await;
    let rejected = jane.create(sent("LinkedIn")).await;
    let change = json!({ "status": "Interview_Loop", "status_occurred_at": met });
    let rejected = jane.change(&rejected, change).await;
    jane.change(
        &rejected,
        json!({ "status": "Rejected", "status_occurred_at": now }),
    )
    .await;
    let summary = figures(&jane, "summary").await;
    assert_eq!(summary["from"], json!(day));
    assert_eq!(summary["drafts"], 1);
    assert_eq!(
        summary["totals"],
        json!({ "applications": 2, "responses": 1, "interviews": 1, "offers": 0, "accepted": 0, "rejections": 1 })
    );
    let pending = &summary["pending"];
    assert_eq!(
        (&pending["total"], &pending["items"][0]["days_silent"]),
        (&json!(1), &json!(10))
    );
    let by_status = summary["by_status"].as_array().unwrap();
    assert_eq!(by_status.len(), 12, "each status but Draft");
    let stages = summary["time_in_stage"].as_array().unwrap();
    let of = |status: &str| stages.iter().find(|it| it["status"] == status).unwrap();
    assert_eq!(of("Applied")["mean_days"], 2.0);
    assert_eq!(of("Interview_Loop")["median_days"], 8.0);
    assert_eq!(of("Applied")["open_median_days"], 10.0);
    let stages = figures(&jane, "stage-conversion").await;
    let loops =
        json!({ "status": "Interview_Loop", "reached": 1, "of_previous": 1.0, "of_first": 0.5 });
    assert_eq!(stages["stages"][4], loops);
    let sources = figures(&jane, "source-breakdown").await;
    assert_eq!(
        sources["sources"][0],
        json!({
            "source": "LinkedIn", "applications": 1, "responses": 1, "interviews": 1, "offers": 0,
            "response_rate": 1.0, "offer_rate": 0.0,
        })
    );
    let days = figures(&jane, "figures").await;
    let days: Vec<_> = days["activity"]["days"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(days.len(), 3);
    assert_eq!(
        (&days[0]["applications"], &days[1]["moves"]),
        (&json!(2), &json!(1))
    );
}

async fn days_are_the_users(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for (zone, hours) in [("Pacific/Kiritimati", 14), ("Pacific/Niue", -11)] {
        let settings = jane.get("/settings").await.is(200).json();
        let change = json!({ "timezone": zone });
        let version = settings["version"].as_i64().unwrap();
        jane.patch("/settings", version, &change).await.is(200);
        let today = (app.clock.now() + Duration::hours(hours)).date_naive();
        assert_eq!(
            figures(&jane, "summary").await["to"],
            json!(today),
            "{zone}"
        );
    }
}

async fn what_is_not_said_is_from_the_first_application_to_today(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    jane.create(json!({ "application_date": "2021-05-03" }))
        .await;
    let today = app.clock.now().date_naive();
    let ends = async |query: &str| {
        let summary = figures(&jane, &format!("summary{query}")).await;
        let day = |name: &str| {
            summary[name]
                .as_str()
                .unwrap()
                .parse::<NaiveDate>()
                .unwrap()
        };
        (day("from"), day("to"))
    };
    let first = "2021-05-03".parse().unwrap();
    assert_eq!(ends("").await, (first, today));
    assert_eq!(ends("?to=2021-12-31").await.0, first);
    // Before the first one nothing was sent, and nobody said that it was.
    let before = "2020-12-31".parse().unwrap();
    assert_eq!(ends("?to=2020-12-31").await, (before, before));
    let after = today + Duration::days(30);
    assert_eq!(ends(&format!("?from={after}")).await, (after, after));
}

async fn ranges_that_are_none_are_refused(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for what in [
        "summary",
        "trends",
        "source-breakdown",
        "stage-conversion",
        "figures",
        "applications",
    ] {
        for (query, field) in [
            ("from=2026-02-02&to=2026-02-01", "to"),
            ("from=1969-12-31", "from"),
            ("to=2201-01-01", "to"),
            ("from=yesterday", "from"),
            ("to=", "to"),
        ] {
            let answer = jane.get(&format!("/analytics/{what}?{query}")).await;
            assert_eq!(answer.wrong_fields(), [field], "{what} {query}");
        }
        let answer = jane
            .get(&format!("/analytics/{what}?form=2026-02-01"))
            .await;
        answer.is(400);
        app.browser()
            .get(&format!("/analytics/{what}"))
            .await
            .is(401);
    }
    for query in [
        "counts=now",
        "counts=reached&status=Ghosted",
        "counts=drafts&status=Draft",
        "status=Offer",
        "counts=now&status=Sent",
    ] {
        let answer = jane.get(&format!("/analytics/applications?{query}")).await;
        assert_eq!(answer.wrong_fields(), ["status"], "{query}");
    }
    let trends = "/analytics/trends?from=2024-01-01&group_by=day&to=";
    let most = jane
        .get(&format!("{trends}2025-02-03"))
        .await
        .is(200)
        .json();
    assert_eq!(most["buckets"].as_array().unwrap().len(), 400);
    let more = jane.get(&format!("{trends}2025-02-04")).await;
    assert_eq!(more.wrong_fields(), ["group_by"]);
    let more = jane.get("/analytics/trends?group_by=year").await;
    assert_eq!(more.wrong_fields(), ["group_by"]);
}

async fn each_figure_follows_a_change_at_once(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let totals = async |name: &str| figures(&jane, "summary").await["totals"][name].clone();
    assert_eq!(totals("offers").await, 0);
    app.clock.advance(Duration::hours(1));
    let row = jane.change(&row, json!({ "status": "Offer" })).await;
    assert_eq!(totals("offers").await, 1);
    // A slip, taken back at once.
    app.clock.advance(Duration::minutes(1));
    let event = jane.events(&row).await.pop().unwrap();
    let body = json!({ "status": "Applied", "voids_stage_event": event["id"] });
    let row = jane.change(&row, body).await;
    assert_eq!(totals("offers").await, 0);
    assert_eq!(totals("responses").await, 0);
    let talk = json!({
        "type": "Call", "status": "done", "starts_at": app.clock.now(),
    });
    let path = format!("{}/activities", path_of(&row));
    jane.post(&path, &talk).await.is(201);
    assert_eq!(totals("responses").await, 1);
    let version = row["version"].as_i64().unwrap();
    jane.delete(&path_of(&row), version).await.is(204);
    assert_eq!(totals("applications").await, 0);
}

async fn what_is_someone_elses_is_in_no_figure(site: Site) {
    let app = site.start().await;
    let (jane, joe) = (
        app.sign_in("jane@example.com").await,
        app.sign_in("joe@example.com").await,
    );
    for _ in 0..3 {
        joe.create(json!({ "status": "Offer" })).await;
    }
    jane.create(json!({})).await;
    assert_eq!(figures(&joe, "summary").await["totals"]["applications"], 3);
    assert_eq!(figures(&jane, "summary").await["totals"]["applications"], 1);
    assert_eq!(figures(&jane, "applications").await["total"], 1);
    assert_eq!(
        figures(&jane, "stage-conversion").await["stages"][5]["reached"],
        0
    );
}

/// A day, near that on which a test runs.
fn some_day(dice: &mut Dice, today: NaiveDate) -> NaiveDate {
    today - Duration::days(dice.below(120) as i64)
}

/// What people do: applications, moves to anywhere, some of them back at once, some struck out or dated otherwise.
async fn some_history(site: &TestApp, jane: &User, dice: &mut Dice) {
    let sources = ["LinkedIn", "linkedin", "Referral", "A friend", "Other"];
    let now = site.clock.now().trunc_subsecs(3);
    for _ in 0..40 {
        let status = *dice.pick(Status::ALL).unwrap();
        let mut at = now - Duration::days(dice.below(120) as i64 + 1);
        let mut fields = json!({
            "status": status, "source": dice.pick(&sources), "status_occurred_at": at,
        });
        if dice.percent(50) && status.has_day() {
            fields["application_date"] = json!(some_day(dice, now.date_naive()));
        }
        let mut row = jane.create(fields).await;
        for _ in 0..dice.below(10) {
            let minutes = dice.weighted(&[(3, 4), (3, 3_000), (1, 40_000)]);
            at = (at + Duration::minutes(dice.below(minutes) as i64)).min(now);
            let status = *dice.pick(Status::ALL).unwrap();
            let back = Duration::hours(if dice.percent(20) {
                dice.below(400) as i64
            } else {
                0
            });
            let change = json!({ "status": status, "status_occurred_at": at - back });
            row = jane.change(&row, change).await;
            if dice.percent(15) {
                let events = jane.events(&row).await;
                let event = dice.pick(&events).unwrap();
                let path = format!(
                    "{}/stage-events/{}",
                    path_of(&row),
                    event["id"].as_str().unwrap()
                );
                let version = event["version"].as_i64().unwrap();
                let voided = json!({ "voided": event["voided_at"].is_null() });
                // The creation cannot be struck out.
                _ = jane.patch(&path, version, &voided).await;
                row = jane.get(&path_of(&row)).await.is(200).json();
            }
        }
        if dice.percent(20) {
            row = jane.change(&row, json!({ "archived_at": now })).await;
        }
        if dice.percent(40) {
            let path = format!("{}/activities", path_of(&row));
            let kind = *dice.pick(&["Interview", "Call", "FollowUp"]).unwrap();
            let status = *dice.pick(&["done", "scheduled", "canceled"]).unwrap();
            let at = now - Duration::hours(dice.below(1_000) as i64);
            let talk = json!({ "type": kind, "status": status, "starts_at": at });
            jane.post(&path, &talk).await.is(201);
        }
    }
}

/// What a device makes of the rows that it holds.
async fn hunt_of_a_device(jane: &User) -> Hunt {
    let rows = jane.pages("/applications?limit=200").await;
    let (mut events, mut activities) = (Vec::<StageEvent>::new(), Vec::<Activity>::new());
    for row in &rows {
        let of: Vec<StageEvent> = serde_json::from_value(json!(jane.events(row).await)).unwrap();
        events.extend(of);
        let path = format!("{}/activities", path_of(row));
        let of: Vec<Activity> = serde_json::from_value(json!(jane.pages(&path).await)).unwrap();
        activities.extend(of);
    }
    let rows: Vec<Application> = serde_json::from_value(json!(rows)).unwrap();
    let subjects = rows.iter().map(Subject::from);
    Hunt::new(subjects, &events, &activities)
}

async fn figures_are_those_of_a_device(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let mut dice = Dice::new(13);
    some_history(&app, &jane, &mut dice).await;
    let hunt = hunt_of_a_device(&jane).await;
    let courses = &hunt.courses;
    let zone = Lagos;
    let today = (app.clock.now() + Duration::hours(1)).date_naive();
    for _ in 0..12 {
        let (one, other) = (some_day(&mut dice, today), some_day(&mut dice, today));
        let range = Range {
            from: one.min(other),
            to: one.max(other),
        };
        let query = format!("from={}&to={}", range.from, range.to);
        let now = app.clock.now();
        let own = analytics::summary(courses, range, now, &zone);
        assert_eq!(
            figures(&jane, &format!("summary?{query}")).await,
            json!(own)
        );
        let own = analytics::conversion(courses, range);
        assert_eq!(
            figures(&jane, &format!("stage-conversion?{query}")).await,
            json!(own)
        );
        let own = analytics::sources(courses, range);
        assert_eq!(
            figures(&jane, &format!("source-breakdown?{query}")).await,
            json!(own)
        );
        for group_by in GroupBy::ALL {
            let own = analytics::trends(courses, range, *group_by, WeekStart::Monday).unwrap();
            let path = format!("trends?group_by={group_by}&{query}");
            assert_eq!(figures(&jane, &path).await, json!(own));
        }
        let own = analytics::sources(courses, range);
        let source = dice.pick(&own.sources);
        let source = source.map(|it| it.source.to_lowercase());
        for measure in some_measures(&mut dice) {
            let selection = Selection {
                measure,
                range,
                source: source.clone().filter(|_| dice.percent(30)),
            };
            let own = Members::of(&hunt.members(&selection, now, &zone), MOST_MEMBERS);
            let query = serde_urlencoded::to_string(MembersQuery::from(&selection)).unwrap();
            let path = format!("applications?{query}");
            assert_eq!(figures(&jane, &path).await, json!(own), "{query}");
        }
        let own = hunt.figures(range, None, WeekStart::Monday, now, &zone);
        assert_eq!(
            figures(&jane, &format!("figures?{query}")).await,
            json!(own)
        );
    }
}

/// What is counted without a status, and something of each that is counted by one.
fn some_measures(dice: &mut Dice) -> Vec<Measure> {
    let status = *dice.pick(Status::ALL).unwrap();
    vec![
        Measure::Applications,
        Measure::Responses,
        Measure::Rejections,
        Measure::Pending,
        Measure::Drafts,
        Measure::Reached(*dice.pick(&PIPELINE).unwrap()),
        Measure::Now(status),
        Measure::Stayed(status),
        Measure::Staying(status),
    ]
}

/// Where the accounts of tests live: an hour ahead of UTC, all the year.
struct Lagos;

impl ZoneRules for Lagos {
    fn offset_seconds(&self, _: DateTime<Utc>) -> i32 {
        3_600
    }
}

async fn its_statements_do_not_grow_with_its_rows(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    watch::install();
    let mut counts = Vec::new();
    for _ in 0..2 {
        for _ in 0..4 {
            jane.create(json!({})).await;
        }
        let answer = jane.get("/analytics/summary").await.is(200);
        let cold = watch::statements(answer.header("x-request-id")).len();
        // What is known is not read again.
        let answer = jane.get("/analytics/stage-conversion").await.is(200);
        let warm = watch::statements(answer.header("x-request-id")).len();
        assert!(warm < cold, "{warm} of {cold}");
        counts.push((cold, warm));
    }
    assert_eq!(counts[0], counts[1]);
}
