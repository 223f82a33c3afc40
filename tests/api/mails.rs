//! Mails about reminders: which there are, what they say, and what becomes of them.

use crate::{
    client::{path_of, version_of},
    harness::{Site, TestApp, User, both},
    smtp::{HANGS, Sink},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, Duration, Utc};
use job_hunt_tracker::server::{
    mail::LastMail,
    services::mails as services,
    worker::{due, mails},
};
use reqwest::Method;
use serde_json::{Value, json};

both![
    a_follow_up_is_mailed_once,
    what_is_so_no_more_is_dropped_after_a_day,
    the_rest_of_a_digest_is_mailed_whatever_a_try_came_to,
    nothing_is_mailed_at_night_that_has_time,
    an_interview_brings_its_file_once_a_state,
    what_is_called_off_or_deleted_is_taken_out_of_calendars_once,
    what_is_as_before_again_is_not_mailed,
    what_is_on_again_after_its_first_time_is_said,
    what_is_moved_by_night_into_that_night_is_said_at_once,
    a_calendar_that_reads_the_feed_gets_no_files,
    what_is_so_no_more_is_not_mailed,
    three_at_once_are_one_mail,
    what_shows_at_once_in_quiet_hours_is_not_mailed,
    mails_of_a_rule_are_stopped_by_a_press,
    looking_at_the_address_stops_nothing,
    what_was_being_sent_is_sent_again_as_the_same,
    what_may_have_arrived_is_not_sent_again_about_another_time,
    a_provider_that_cannot_be_reached_costs_no_try,
    what_is_refused_is_dead_and_its_reminder_says_so,
    providers_are_spoken_to_as_they_want,
    a_provider_that_does_not_take_us_for_the_sender_costs_no_try,
    what_may_come_later_is_tried_again,
    what_hangs_of_one_person_holds_up_nobody_else,
    where_the_database_was_set_back_mails_are_held,
    after_a_week_of_silence_mails_are_held,
    mails_of_long_ago_are_forgotten,
];

async fn patient(app: &TestApp) -> User {
    let jane = app.sign_in("jane@example.com").await;
    let body = json!({ "session_timeout_mins": 43_200, "timezone": "Europe/Berlin" });
    jane.patch("/settings", 1, &body).await.is(200);
    jane
}

/// Settles what is due, and sends what is to be mailed; where the clock has gone on by days, that is no silence
/// after which mails are held.
async fn work(app: &TestApp) {
    assert!(due::once(&app.state).await);
    app.state.db.hold_mails(None).await.unwrap();
    work_as_it_is(app).await;
}

async fn work_as_it_is(app: &TestApp) {
    assert!(due::once(&app.state).await);
    let post = mails::post(&app.state);
    for _ in 0..200 {
        mails::once(&post).await.unwrap();
        // The server's own worker may have some of them.
        let claimed = "SELECT COUNT(*) FROM mails WHERE state = 'claimed'";
        if app.site.number(claimed).await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("mails are being sent for ever");
}

fn subjects(site: &Site) -> Vec<String> {
    let mails = site.letters_to("jane@example.com");
    let subject = |mail: &String| {
        let line = mail.lines().find(|line| line.starts_with("Subject: "));
        line.unwrap_or_default()["Subject: ".len()..]
            .trim()
            .to_owned()
    };
    mails.iter().map(subject).collect()
}

fn header(mail: &str, name: &str) -> String {
    let mail = mail.replace("\r\n ", " ");
    let line = mail
        .lines()
        .find(|line| line.starts_with(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {mail}"))[name.len() + 2..]
        .trim()
        .to_owned()
}

fn path_in(address: &str) -> String {
    let address = address.trim_matches(['<', '>']);
    address[address.find("/unsubscribe/").unwrap()..].to_owned()
}

async fn interview(user: &User, parent: &Value, starts_at: DateTime<Utc>) -> Value {
    let body = json!({
        "type": "Interview", "interview_stage": "screening", "starts_at": starts_at,
        "location_or_link": "https://meet.example.com/acme",
    });
    let below = format!("{}/activities", path_of(parent));
    user.post(&below, &body).await.is(201).json()
}

fn noon(app: &TestApp, days: i64) -> DateTime<Utc> {
    let day = (app.clock.now() + Duration::days(days)).date_naive();
    day.and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn go_to(app: &TestApp, at: DateTime<Utc>) {
    app.clock.advance(at - app.clock.now());
}

async fn states(site: &Site) -> Vec<(String, String)> {
    let text = match site.engine {
        crate::harness::Engine::Sqlite => "CAST(attempts AS TEXT)",
        crate::harness::Engine::Postgres => "attempts::text",
    };
    let state = match site.engine {
        crate::harness::Engine::Sqlite => "state",
        crate::harness::Engine::Postgres => "state::text",
    };
    site.pairs(&format!(
        "SELECT {state}, {text} FROM mails ORDER BY created_at, id"
    ))
    .await
}

fn said(states: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = states.iter();
    pairs
        .map(|(one, other)| ((*one).to_owned(), (*other).to_owned()))
        .collect()
}

async fn a_follow_up_is_mailed_once(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane
        .create(json!({ "company": "Acme & Söhne", "role_title": "Baker", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(&app).await;
    work(&app).await;
    let mails = site.letters_to("jane@example.com");
    assert_eq!(mails.len(), 1, "{:?}", subjects(&site));
    let mail = &mails[0];
    let text = site.text_of(mail);
    assert!(text.contains("Follow up with Acme & Söhne"), "{text}");
    assert!(text.contains("and no answer so far."), "{text}");
    let id = parent["id"].as_str().unwrap();
    assert!(text.contains(&format!("{}/board/{id}", app.base)), "{text}");
    let message_id = header(mail, "Message-ID");
    assert!(message_id.ends_with("@127.0.0.1>"), "{message_id}");
    assert_eq!(
        header(mail, "List-Unsubscribe-Post"),
        "List-Unsubscribe=One-Click"
    );
    assert!(header(mail, "List-Unsubscribe").starts_with(&format!("<{}/unsubscribe/", app.base)));
    assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
    assert!(!mail.contains("text/calendar"));
    assert_eq!(states(&site).await, said(&[("delivered", "1")]));
    let kept = "SELECT COUNT(*) FROM mails WHERE bytes IS NOT NULL";
    assert_eq!(site.number(kept).await, 0);
    let noted = "SELECT COUNT(*) FROM audit_log WHERE event = 'mail_delivered'";
    assert_eq!(site.number(noted).await, 1);
}

async fn an_interview_brings_its_file_once_a_state(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane
        .create(json!({ "company": "Acme", "role_title": "Baker", "status": "Screening" }))
        .await;
    let starts = noon(&app, 3);
    let planned = interview(&jane, &parent, starts).await;
    go_to(&app, starts - Duration::hours(23));
    work(&app).await;
    go_to(&app, starts - Duration::minutes(30));
    work(&app).await;
    // An hour before there is nothing for the calendar any more, and no mail is wanted.
    let mails = site.letters_to("jane@example.com");
    assert_eq!(mails.len(), 1, "{:?}", subjects(&site));
    assert!(mails[0].contains("method=PUBLISH"), "{}", mails[0]);
    let file = site.file_of(&mails[0]);
    assert!(file.starts_with("BEGIN:VCALENDAR\r\n"), "{file}");
    assert!(file.contains(&starts.format("DTSTART:%Y%m%dT%H%M%SZ").to_string()));
    let text = site.text_of(&mails[0]);
    assert!(text.contains("(Berlin time)"), "{text}");
    assert!(text.contains("https://meet.example.com/acme"), "{text}");
    assert!(text.contains("The attached file"), "{text}");

    // Moved, it is another state.
    let later = noon(&app, 5);
    let path = format!("/activities/{}", planned["id"].as_str().unwrap());
    jane.patch(&path, version_of(&planned), &json!({ "starts_at": later }))
        .await
        .is(200);
    go_to(&app, starts - Duration::minutes(20));
    work(&app).await;
    let mails = site.letters_to("jane@example.com");
    assert_eq!(mails.len(), 2, "{:?}", subjects(&site));
    assert!(
        subjects(&site)[1].starts_with("Moved: "),
        "{:?}",
        subjects(&site)
    );
    let file = site.file_of(&mails[1]);
    assert!(file.contains(&later.format("DTSTART:%Y%m%dT%H%M%SZ").to_string()));
    assert!(file.contains("SEQUENCE:1"), "{file}");
    let text = site.text_of(&mails[1]);
    let before = starts.with_timezone(&chrono_tz::Europe::Berlin);
    let before = before.format("Before: %A, %-d %B %Y, %H:%M").to_string();
    assert!(text.contains(&before), "{text}");
    // It was mailed: a day before there is nothing more to bring.
    go_to(&app, later - Duration::hours(23));
    work(&app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 2);
}

/// An interview of which a file was mailed.
async fn mailed_interview(app: &TestApp, site: &Site) -> (User, Value, Value, DateTime<Utc>) {
    let jane = patient(app).await;
    let parent = jane
        .create(json!({ "company": "Acme", "role_title": "Baker", "status": "Screening" }))
        .await;
    let starts = noon(app, 3);
    let planned = interview(&jane, &parent, starts).await;
    go_to(app, starts - Duration::hours(23));
    work(app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 1);
    (jane, parent, planned, starts)
}

async fn what_is_called_off_or_deleted_is_taken_out_of_calendars_once(site: Site) {
    let app = site.start().await;
    for how in ["canceled", "deleted", "application"] {
        let email_before = site.letters_to("jane@example.com").len();
        assert_eq!(email_before, 0);
        let (jane, parent, planned, starts) = mailed_interview(&app, &site).await;
        let path = format!("/activities/{}", planned["id"].as_str().unwrap());
        match how {
            "canceled" => {
                let body = json!({ "status": "canceled" });
                jane.patch(&path, version_of(&planned), &body).await.is(200);
            }
            "deleted" => _ = jane.delete(&path, version_of(&planned)).await.is(204),
            _ => {
                let path = path_of(&parent);
                let now = jane.get(&path).await.is(200).json();
                jane.delete(&path, version_of(&now)).await.is(204);
            }
        }
        work(&app).await;
        assert_eq!(
            site.letters_to("jane@example.com").len(),
            1,
            "it settles first"
        );
        app.clock.advance(Duration::minutes(2));
        work(&app).await;
        app.clock.advance(Duration::hours(30));
        work(&app).await;
        let mails = site.letters_to("jane@example.com");
        assert_eq!(mails.len(), 2, "{how}: {:?}", subjects(&site));
        let verb = match how {
            "canceled" => "Called off: ",
            _ => "Removed: ",
        };
        let said = &subjects(&site)[1];
        assert!(said.starts_with(verb), "{how}: {said}");
        assert!(mails[1].contains("method=CANCEL"), "{}", mails[1]);
        let file = site.file_of(&mails[1]);
        assert!(
            file.contains("METHOD:CANCEL") && file.contains("STATUS:CANCELLED"),
            "{file}"
        );
        assert!(file.contains(&starts.format("DTSTART:%Y%m%dT%H%M%SZ").to_string()));
        let uid = |mail: &str| {
            let file = site.file_of(mail);
            let line = file.lines().find(|line| line.starts_with("UID:"));
            line.unwrap().to_owned()
        };
        assert_eq!(uid(&mails[0]), uid(&mails[1]));
        // The next one begins with nothing.
        std::fs::remove_dir_all(site.mail_folder()).unwrap();
        let settings = jane.get("/settings").await.is(200).json();
        let back = json!({ "session_timeout_mins": 4320, "timezone": "UTC" });
        jane.patch("/settings", version_of(&settings), &back)
            .await
            .is(200);
        site.execute("UPDATE user_settings SET version = 1").await;
    }
}

async fn what_is_as_before_again_is_not_mailed(site: Site) {
    let app = site.start().await;
    let (jane, parent, planned, starts) = mailed_interview(&app, &site).await;
    let path = format!("/activities/{}", planned["id"].as_str().unwrap());
    let mut version = version_of(&planned);
    for hours in [2, 3, 0] {
        let body = json!({ "starts_at": starts + Duration::hours(hours) });
        jane.patch(&path, version, &body).await.is(200);
        version += 1;
    }
    // Nor is what no calendar shows.
    let body = json!({ "outcome": "to be seen", "agenda": "Bring bread" });
    jane.patch(&path, version, &body).await.is(200);
    app.clock.advance(Duration::minutes(2));
    work(&app).await;
    assert_eq!(
        site.letters_to("jane@example.com").len(),
        1,
        "{:?}",
        subjects(&site)
    );
    // Another name is one.
    let now = jane.get(&path_of(&parent)).await.is(200).json();
    let body = json!({ "company": "Acme & Daughters" });
    jane.patch(&path_of(&parent), version_of(&now), &body)
        .await
        .is(200);
    app.clock.advance(Duration::minutes(2));
    work(&app).await;
    let last = subjects(&site).pop().unwrap();
    assert!(last.starts_with("Changed: "), "{:?}", subjects(&site));
    // Called off, and on again, each is said.
    for (status, verb) in [("canceled", "Called off: "), ("scheduled", "On again: ")] {
        let now = jane.get(&path).await.is(200).json();
        let body = json!({ "status": status });
        jane.patch(&path, version_of(&now), &body).await.is(200);
        app.clock.advance(Duration::minutes(2));
        work(&app).await;
        let last = subjects(&site).pop().unwrap();
        assert!(last.starts_with(verb), "{:?}", subjects(&site));
    }
    assert_eq!(site.letters_to("jane@example.com").len(), 4);
    let kinds = "SELECT COUNT(*) FROM mails WHERE state = 'waiting'";
    assert_eq!(site.number(kinds).await, 0);
}

async fn what_is_on_again_after_its_first_time_is_said(site: Site) {
    let app = site.start().await;
    let (jane, _, planned, starts) = mailed_interview(&app, &site).await;
    let path = format!("/activities/{}", planned["id"].as_str().unwrap());
    let later = starts + Duration::days(2);
    let steps = [
        (json!({ "status": "canceled" }), "Called off: "),
        (
            json!({ "status": "scheduled", "starts_at": later }),
            "On again: ",
        ),
        (json!({ "status": "canceled" }), "Called off: "),
        // By now the time that was mailed first is over.
        (json!({ "status": "scheduled" }), "On again: "),
    ];
    for (n, (body, verb)) in steps.iter().enumerate() {
        if n == 3 {
            go_to(&app, starts + Duration::hours(1));
            work(&app).await;
        }
        let now = jane.get(&path).await.is(200).json();
        jane.patch(&path, version_of(&now), body).await.is(200);
        app.clock.advance(Duration::minutes(2));
        work(&app).await;
        let said = subjects(&site);
        assert_eq!(said.len(), n + 2, "{said:?}");
        assert!(said[n + 1].starts_with(verb), "{said:?}");
    }
}

async fn what_is_moved_by_night_into_that_night_is_said_at_once(site: Site) {
    let app = site.start().await;
    let (jane, _, planned, starts) = mailed_interview(&app, &site).await;
    let settings = jane.get("/settings").await.is(200).json();
    let night = json!({ "quiet_hours_start": "21:00", "quiet_hours_end": "07:00" });
    jane.patch("/settings", version_of(&settings), &night)
        .await
        .is(200);
    // Midnight in Berlin.
    go_to(&app, starts - Duration::hours(13));
    let path = format!("/activities/{}", planned["id"].as_str().unwrap());
    for (to, letters) in [(Duration::days(1), 1), (Duration::hours(-11), 2)] {
        let now = jane.get(&path).await.is(200).json();
        let body = json!({ "starts_at": starts + to });
        jane.patch(&path, version_of(&now), &body).await.is(200);
        app.clock.advance(Duration::minutes(2));
        work(&app).await;
        assert_eq!(subjects(&site).len(), letters, "{:?}", subjects(&site));
    }
}

async fn a_calendar_that_reads_the_feed_gets_no_files(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Interview_Loop" })).await;
    let feed = jane.post("/calendar-feed", &json!({})).await.is(200).json();
    let address = feed["address"].as_str().unwrap();
    let path = &address[address.find("/calendar/").unwrap()..];
    let starts = noon(&app, 9);
    interview(&jane, &parent, starts).await;
    let body = json!({
        "type": "Interview", "interview_stage": "loop", "starts_at": starts + Duration::hours(3),
    });
    let below = format!("{}/activities", path_of(&parent));
    jane.post(&below, &body).await.is(201);
    go_to(&app, starts - Duration::hours(60));
    app.browser().raw(Method::GET, path).await.is(200);
    go_to(&app, starts - Duration::hours(20));
    work(&app).await;
    // What is mailed anyway comes without a file, and what would be mailed for the file is not.
    let mails = site.letters_to("jane@example.com");
    assert_eq!(mails.len(), 1, "{:?}", subjects(&site));
    assert!(!mails[0].contains("text/calendar"), "{}", mails[0]);
}

async fn what_is_so_no_more_is_not_mailed(site: Site) {
    // Nobody listens there.
    let app = site
        .start_with(&[("--mail-url", "smtp://127.0.0.1:9")])
        .await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    let moved = jane
        .create(json!({ "company": "Moved", "status": "Applied" }))
        .await;
    let stays = jane
        .create(json!({ "company": "Stays", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(&app).await;
    assert_eq!(
        states(&site).await,
        said(&[("waiting", "0"), ("waiting", "0")])
    );
    let body = json!({ "status": "Rejected" });
    jane.patch(&path_of(&moved), version_of(&moved), &body)
        .await
        .is(200);
    // What the mail says of it is from the time at which it goes.
    let body = json!({ "company": "Renamed" });
    jane.patch(&path_of(&stays), version_of(&stays), &body)
        .await
        .is(200);
    let clock = app.clock.now();
    app.stop().await;
    let app = site.start().await;
    go_to(&app, clock + Duration::minutes(2));
    work(&app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 1);
    let text = site.text_of(&site.letters_to("jane@example.com")[0]);
    assert!(text.contains("Renamed"), "{text}");
    // Who takes it back within a day is mailed after all.
    let now = jane_again(&app, &json!({})).await;
    let row = now.get(&path_of(&moved)).await.is(200).json();
    let body = json!({ "status": "Applied", "status_occurred_at": moved["status_since"] });
    now.patch(&path_of(&moved), version_of(&row), &body)
        .await
        .is(200);
    app.clock.advance(Duration::minutes(11));
    work(&app).await;
    assert_eq!(
        states(&site).await,
        said(&[("delivered", "1"), ("delivered", "1")])
    );
}

async fn what_is_so_no_more_is_dropped_after_a_day(site: Site) {
    let app = site
        .start_with(&[("--mail-url", "smtp://127.0.0.1:9")])
        .await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    let row = jane
        .create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(&app).await;
    let body = json!({ "status": "Rejected" });
    jane.patch(&path_of(&row), version_of(&row), &body)
        .await
        .is(200);
    app.clock.advance(Duration::minutes(1));
    work(&app).await;
    assert_eq!(states(&site).await, said(&[("waiting", "0")]));
    app.clock.advance(Duration::days(1));
    work(&app).await;
    assert_eq!(states(&site).await[0].0, "dropped");
}

/// Three own reminders that are due, each mailed.
async fn three_due(app: &TestApp, jane: &User) -> Vec<Value> {
    let parent = jane
        .create(json!({ "company": "Acme", "status": "Screening" }))
        .await;
    let due_at = app.clock.now() + Duration::minutes(1);
    let mut rows = Vec::new();
    for title in ["Ask about pay", "Send the portfolio", "Thank Mira"] {
        let body = json!({
            "application_id": parent["id"], "title": title, "due_at": due_at,
            "channels": ["in_app", "email"],
        });
        rows.push(jane.post("/reminders", &body).await.is(201).json());
    }
    app.clock.advance(Duration::minutes(2));
    rows
}

async fn the_rest_of_a_digest_is_mailed_whatever_a_try_came_to(site: Site) {
    // It takes the mail, and closes without a word.
    let sink = Sink::start(|line| if line == "." { "" } else { "250 fine" }).await;
    let url = sink.url();
    let app = site.start_with(&[("--mail-url", &url)]).await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    let rows = three_due(&app, &jane).await;
    work(&app).await;
    assert_eq!(states(&site).await, said(&[("waiting", "1")]));
    let path = format!("/reminders/{}", rows[1]["id"].as_str().unwrap());
    let now = jane.get(&path).await.is(200).json();
    let body = json!({ "done_at": app.clock.now() });
    jane.patch(&path, version_of(&now), &body).await.is(200);
    let clock = app.clock.now();
    app.stop().await;
    let app = site.start().await;
    go_to(&app, clock + Duration::hours(3));
    work(&app).await;
    let mails = site.letters_to("jane@example.com");
    assert_eq!(mails.len(), 1, "{:?}", subjects(&site));
    let text = site.text_of(&mails[0]);
    assert!(
        text.contains("Ask about pay") && text.contains("Thank Mira"),
        "{text}"
    );
    assert!(!text.contains("Send the portfolio"), "{text}");
}

async fn nothing_is_mailed_at_night_that_has_time(site: Site) {
    let app = site
        .start_with(&[("--mail-url", "smtp://127.0.0.1:9")])
        .await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    three_due(&app, &jane).await;
    work(&app).await;
    assert_eq!(states(&site).await, said(&[("waiting", "0")]));
    let now = app.clock.now();
    let clock = |minutes: i64| {
        (now + Duration::minutes(minutes))
            .format("%H:%M")
            .to_string()
    };
    let quiet = json!({
        "timezone": "UTC", "quiet_hours_start": clock(0), "quiet_hours_end": clock(120),
    });
    let settings = jane.get("/settings").await.is(200).json();
    jane.patch("/settings", version_of(&settings), &quiet)
        .await
        .is(200);
    app.stop().await;
    let app = site.start().await;
    go_to(&app, now + Duration::minutes(30));
    work(&app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 0);
    go_to(&app, now + Duration::minutes(121));
    work(&app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 1);
}

async fn three_at_once_are_one_mail(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    for company in ["Acme", "Borealis", "Cobalt"] {
        jane.create(json!({ "company": company, "status": "Applied" }))
            .await;
    }
    app.clock.advance(Duration::days(8));
    work(&app).await;
    let mails = site.letters_to("jane@example.com");
    assert_eq!(subjects(&site).len(), 1, "{:?}", subjects(&site));
    assert!(subjects(&site)[0].starts_with("3 reminders: "));
    let text = site.text_of(&mails[0]);
    for company in ["Acme", "Borealis", "Cobalt"] {
        assert!(
            text.contains(&format!("Follow up with {company}")),
            "{text}"
        );
    }
}

async fn what_shows_at_once_in_quiet_hours_is_not_mailed(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let parent = jane.create(json!({ "status": "Interview_Loop" })).await;
    let now = app.clock.now();
    let clock = |minutes: i64| {
        (now + Duration::minutes(minutes))
            .format("%H:%M")
            .to_string()
    };
    let quiet = json!({
        "timezone": "UTC", "quiet_hours_start": clock(-60), "quiet_hours_end": clock(300),
    });
    jane.patch("/settings", 2, &quiet).await.is(200);
    // Two hours before is in quiet hours that have begun, and after them it is too late.
    let body = json!({
        "type": "Interview", "interview_stage": "loop", "starts_at": now + Duration::hours(4),
    });
    let below = format!("{}/activities", path_of(&parent));
    jane.post(&below, &body).await.is(201);
    work(&app).await;
    let sent = jane.pages("/reminders?sent=true").await;
    assert_eq!(sent.len(), 1);
    assert_eq!(states(&site).await, []);
}

async fn one_mail(app: &TestApp, site: &Site, jane: &User) -> String {
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(app).await;
    site.letters_to("jane@example.com").remove(0)
}

async fn mails_of_a_rule_are_stopped_by_a_press(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let mail = one_mail(&app, &site, &jane).await;
    let path = path_in(&header(&mail, "List-Unsubscribe"));
    // As a mail program does it: without cookies, from anywhere.
    for _ in 0..2 {
        let press = app.browser();
        let press = press
            .raw(Method::POST, &path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://mail.example.com")
            .body("List-Unsubscribe=One-Click");
        press.await.is(200);
    }
    let settings = jane.get("/settings").await.is(200).json();
    assert_eq!(settings["reminder_defaults"]["applied"]["mail"], false);
    assert_eq!(settings["version"], 3, "once");
    jane.create(json!({ "company": "Borealis", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(&app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 1);
    // It still shows in the app.
    assert_eq!(jane.pages("/reminders?sent=true").await.len(), 2);
    let again = format!("{path}?again=true");
    app.browser().raw(Method::POST, &again).await.is(200);
    let settings = jane.get("/settings").await.is(200).json();
    assert_eq!(settings["reminder_defaults"], json!({}));
}

async fn looking_at_the_address_stops_nothing(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    let mail = one_mail(&app, &site, &jane).await;
    let path = path_in(&header(&mail, "List-Unsubscribe"));
    for method in [Method::GET, Method::HEAD] {
        let answer = app.browser().raw(method, &path).await.is(200);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let looked = app.browser().raw(Method::GET, &path).await;
    assert!(
        looked.text.contains("Applied, and no answer"),
        "{}",
        looked.text
    );
    let settings = jane.get("/settings").await.is(200).json();
    assert_eq!(settings["reminder_defaults"], json!({}));
    // One that is none says the same as one of nobody.
    let none = app
        .browser()
        .raw(Method::GET, "/unsubscribe/none")
        .await
        .is(200);
    assert!(none.text.contains("not whole"), "{}", none.text);
    let press = app.browser();
    press.raw(Method::POST, "/unsubscribe/none").await.is(200);
}

async fn what_was_being_sent_is_sent_again_as_the_same(site: Site) {
    let sink = Sink::start(|_| "250 taken").await;
    let url = sink.url();
    let app = site.start_with(&[("--mail-url", &url)]).await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(&app).await;
    assert_eq!(sink.taken().len(), 1);
    // The answer was lost, and the process with it.
    site.execute(
        "UPDATE mails SET state = 'claimed', ended_at = NULL, \
         lease_until = '2020-01-01T00:00:00.000+00:00'",
    )
    .await;
    work(&app).await;
    let taken = sink.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(
        header(&taken[0], "Message-ID"),
        header(&taken[1], "Message-ID")
    );
    assert_eq!(states(&site).await, said(&[("delivered", "2")]));
    // What may have arrived and is so no more counts as handed over.
    site.execute(
        "UPDATE mails SET state = 'claimed', ended_at = NULL, \
         lease_until = '2020-01-01T00:00:00.000+00:00'",
    )
    .await;
    let listed = jane.get("/applications").await.is(200).json();
    let row = &listed["items"][0];
    let body = json!({ "status": "Rejected" });
    jane.patch(&path_of(row), version_of(row), &body)
        .await
        .is(200);
    work(&app).await;
    assert_eq!(sink.taken().len(), 2);
    assert_eq!(states(&site).await[0].0, "delivered");
}

async fn what_may_have_arrived_is_not_sent_again_about_another_time(site: Site) {
    // It takes the mail, and closes without a word.
    let sink = Sink::start(|line| if line == "." { "" } else { "250 fine" }).await;
    let url = sink.url();
    let app = site.start_with(&[("--mail-url", &url)]).await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    let row = jane
        .create(json!({ "company": "Acme", "status": "Draft" }))
        .await;
    let starts = app.clock.now() + Duration::hours(30);
    let plan = json!({ "type": "Interview", "starts_at": starts });
    let path = format!("{}/activities", path_of(&row));
    let activity = jane.post(&path, &plan).await.is(201).json();
    let own = json!({
        "activity_id": activity["id"], "title": "Prepare", "channels": ["in_app", "email"],
        "due_at": app.clock.now() + Duration::hours(1),
    });
    jane.post("/reminders", &own).await.is(201);
    app.clock.advance(Duration::hours(2));
    work(&app).await;
    let sent =
        "SELECT COUNT(*) FROM mails WHERE uncertain AND state = 'waiting' AND activity_id IS NULL";
    assert_eq!(site.number(sent).await, 1);
    let hex = match site.engine {
        crate::harness::Engine::Sqlite => "hex(said)",
        crate::harness::Engine::Postgres => "encode(said, 'hex')",
    };
    let hash = format!("SELECT {hex}, 'x' FROM mails WHERE activity_id IS NULL");
    let said = async || site.pairs(&hash).await;
    let first = said().await;
    app.clock.advance(Duration::hours(2));
    work(&app).await;
    assert_eq!(said().await, first, "as it was");
    let moved = json!({ "starts_at": starts + Duration::hours(3) });
    let at = format!("/activities/{}", activity["id"].as_str().unwrap());
    jane.patch(&at, 1, &moved).await.is(200);
    app.clock.advance(Duration::hours(2));
    work(&app).await;
    assert_ne!(said().await, first, "it says the time that is");
}

async fn a_provider_that_cannot_be_reached_costs_no_try(site: Site) {
    let app = site
        .start_with(&[("--mail-url", "smtp://127.0.0.1:9")])
        .await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    for _ in 0..12 {
        work(&app).await;
    }
    assert_eq!(states(&site).await, said(&[("waiting", "0")]));
    let ready = app.browser().raw(Method::GET, "/readyz").await.is(200);
    assert!(ready.text.contains("cannot be reached"), "{}", ready.text);
}

async fn what_is_refused_is_dead_and_its_reminder_says_so(site: Site) {
    let sink = Sink::start(|line| {
        if line.starts_with("RCPT") && line.contains("jane@") {
            "550 no jane@example.com here"
        } else {
            "250 fine"
        }
    })
    .await;
    let url = sink.url();
    let settings = [
        ("--mail-url", &*url),
        ("--operator-email", "ops@example.com"),
    ];
    let app = site.start_with(&settings).await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(&app).await;
    assert_eq!(states(&site).await, said(&[("dead", "1")]));
    let told = sink.all();
    let told: Vec<_> = told
        .iter()
        .filter(|mail| mail.contains("ops@example.com"))
        .collect();
    assert_eq!(told.len(), 1);
    assert!(!told[0].contains("jane@"), "{}", told[0]);
    let rows = jane.pages("/reminders?sent=true").await;
    assert_eq!(rows[0]["failed"], json!(["email"]));
    // Whoever runs the server has it tried anew.
    let listed = app
        .state
        .db
        .list_mails(&[mail_state("dead")], 10)
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    let why = listed[0].last_error.as_deref().unwrap();
    assert!(why.contains("550") && !why.contains('@'), "{why}");
    let (db, now) = (&app.state.db, app.clock.now());
    assert!(services::retry(db, listed[0].id, now).await.unwrap());
    assert!(!services::retry(db, listed[0].id, now).await.unwrap());
    let rows = jane.pages("/reminders?sent=true").await;
    assert_eq!(rows[0]["failed"], json!([]), "it is tried anew");
    work(&app).await;
    assert_eq!(states(&site).await, said(&[("dead", "1")]));
    assert!(app.state.db.drop_mail(listed[0].id, now).await.unwrap());
    assert_eq!(states(&site).await[0].0, "dropped");
}

fn mail_state(word: &str) -> job_hunt_tracker::domain::mailing::MailState {
    word.parse().unwrap()
}

async fn what_hangs_of_one_person_holds_up_nobody_else(site: Site) {
    let sink = Sink::start(|line| {
        if line.starts_with("RCPT") && line.contains("joe@") {
            HANGS
        } else {
            "250 fine"
        }
    })
    .await;
    let url = sink.url();
    let app = site.start_with(&[("--mail-url", &url)]).await;
    let joe = site.signed_in(&app, "joe@example.com").await;
    let row = joe.create(json!({ "status": "Draft" })).await;
    // More than the server itself and the test can have under way.
    for minute in 1..=40 {
        let due_at = app.clock.now() + Duration::minutes(1);
        let body = json!({
            "application_id": row["id"], "title": format!("Ring {minute}"), "due_at": due_at,
            "channels": ["in_app", "email"],
        });
        joe.post("/reminders", &body).await.is(201);
        app.clock.advance(Duration::minutes(1));
        assert!(due::once(&app.state).await);
    }
    let jane = site.signed_in(&app, "jane@example.com").await;
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(6) + Duration::hours(23));
    app.state.db.hold_mails(None).await.unwrap();
    assert!(due::once(&app.state).await);
    app.clock.advance(Duration::hours(2));
    assert!(due::once(&app.state).await);
    let post = mails::post(&app.state);
    let sending = tokio::spawn(async move { mails::once(&post).await });
    let began = std::time::Instant::now();
    while sink.taken().is_empty() {
        let waits = began.elapsed();
        assert!(waits.as_secs() < 15, "{:?}", states(&site).await);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(sink.taken()[0].contains("jane@example.com"));
    sending.abort();
}

async fn where_the_database_was_set_back_mails_are_held(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(&app).await;
    assert_eq!(states(&site).await, said(&[("delivered", "1")]));
    let last = LastMail::new(&app.state.config.data_dir);
    let held = async || app.state.db.watch().await.unwrap().held_until;
    mails::begin(&app.state, &last).await.unwrap();
    assert_eq!(held().await, None, "the database knows of that mail");
    // A copy of three days ago does not.
    let then = job_hunt_tracker::domain::time::write_timestamp(app.clock.now() - Duration::days(3));
    site.execute("DELETE FROM mails").await;
    site.execute(&format!("UPDATE worker SET last_scan_at = '{then}'"))
        .await;
    mails::begin(&app.state, &last).await.unwrap();
    assert!(held().await.is_some());
    let ready = app.browser().raw(Method::GET, "/readyz").await.is(200);
    assert!(ready.text.contains("mail: held until"), "{}", ready.text);
    // Said once is enough.
    app.state.db.hold_mails(None).await.unwrap();
    mails::begin(&app.state, &last).await.unwrap();
    assert_eq!(held().await, None);
}

/// `user` and `key` as `AUTH PLAIN` brings them (RFC 4616).
fn let_in(line: &str, user: &str) -> &'static str {
    let plain = BASE64.encode(format!("\0{user}\0a.Key"));
    match line.strip_prefix("AUTH PLAIN ") {
        Some(said) if said == plain => "235 come in",
        Some(_) => "535 who are you",
        None => "250 fine",
    }
}

async fn providers_are_spoken_to_as_they_want(site: Site) {
    let sinks = [
        ("resend", Sink::start(|line| let_in(line, "resend")).await),
        ("sendgrid", Sink::start(|line| let_in(line, "apikey")).await),
    ];
    for (name, sink) in sinks {
        let server = sink.url().replace("smtp://", "");
        let url = format!("{name}://a.Key?server={server}");
        let app = site.start_with(&[("--mail-url", &url)]).await;
        let jane = site.signed_in(&app, &format!("{name}@example.com")).await;
        jane.create(json!({ "company": "Acme", "status": "Applied" }))
            .await;
        app.clock.advance(Duration::days(8));
        work(&app).await;
        let [mail] = sink.taken().try_into().unwrap();
        let id = header(&mail, "Message-ID");
        let id = id.trim_start_matches('<').split('@').next().unwrap();
        match name {
            "resend" => assert_eq!(header(&mail, "Resend-Idempotency-Key"), id),
            _ => assert!(header(&mail, "X-SMTPAPI").contains("clicktrack"), "{mail}"),
        }
        app.stop().await;
    }
}

async fn a_provider_that_does_not_take_us_for_the_sender_costs_no_try(site: Site) {
    let sink = Sink::start(|line| {
        if line == "." {
            "550 The example.com domain is not verified."
        } else {
            "250 fine"
        }
    })
    .await;
    let url = format!("resend://k?server={}", sink.url().replace("smtp://", ""));
    let app = site.start_with(&[("--mail-url", &url)]).await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(&app).await;
    assert_eq!(states(&site).await, said(&[("waiting", "0")]));
    let ready = app.browser().raw(Method::GET, "/readyz").await.is(200);
    assert!(ready.text.contains("cannot be reached"), "{}", ready.text);
}

async fn what_may_come_later_is_tried_again(site: Site) {
    let sink = Sink::start(|line| {
        if line == "." {
            "451 come again"
        } else {
            "250 fine"
        }
    })
    .await;
    let url = sink.url();
    let app = site.start_with(&[("--mail-url", &url)]).await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    for n in 1..=10 {
        work(&app).await;
        let state = if n < 10 { "waiting" } else { "dead" };
        assert_eq!(states(&site).await, said(&[(state, &n.to_string())]));
        app.clock.advance(Duration::hours(2));
    }
}

async fn after_a_week_of_silence_mails_are_held(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    work(&app).await;
    let then = app.clock.now();
    app.stop().await;
    // As if nobody had looked for eight days.
    let silent = (then - Duration::days(8)).format("%Y-%m-%dT%H:%M:%S%.3f+00:00");
    site.execute(&format!("UPDATE worker SET last_scan_at = '{silent}'"))
        .await;
    let app = site.start().await;
    let held = "SELECT COUNT(*) FROM worker WHERE held_until IS NOT NULL";
    for _ in 0..200 {
        if site.number(held).await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(site.number(held).await, 1);
    site.execute("UPDATE reminders SET send_at = '2020-01-01T00:00:00.000+00:00', due_at = '2020-01-01T00:00:00.000+00:00', meta = '{}'")
        .await;
    let rule = json!({ "reminder_defaults": { "custom": { "channels": ["in_app", "email"] } } });
    jane_again(&app, &rule).await;
    work_as_it_is(&app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 0);
    assert_eq!(states(&site).await, said(&[("waiting", "0")]));
    app.state.db.hold_mails(None).await.unwrap();
    work(&app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 1);
}

async fn jane_again(app: &TestApp, settings: &Value) -> User {
    let jane = app.sign_in("jane@example.com").await;
    let now = jane.get("/settings").await.is(200).json();
    let patch = jane.patch("/settings", version_of(&now), settings);
    patch.await.is(200);
    jane
}

async fn mails_of_long_ago_are_forgotten(site: Site) {
    let app = site.start().await;
    let jane = patient(&app).await;
    one_mail(&app, &site, &jane).await;
    use job_hunt_tracker::server::services::housekeeping::{MAILS_KEPT, forget_mails};
    let now = app.clock.now();
    assert_eq!(forget_mails(&app.state.db, now).await.unwrap(), 0);
    let later = now + MAILS_KEPT + Duration::hours(1);
    assert_eq!(forget_mails(&app.state.db, later).await.unwrap(), 1);
    let left = "SELECT COUNT(*) FROM mail_reminders";
    assert_eq!(site.number(left).await, 0);
}
