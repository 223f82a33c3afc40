//! Mails about reminders: which there are, what they say, and what becomes of them.

use crate::{
    client::{path_of, version_of},
    harness::{Site, TestApp, User, both},
    smtp::Sink,
};
use chrono::{DateTime, Duration, Utc};
use job_hunt_tracker::server::worker::{due, mails};
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
    what_waits_says_what_things_are_called_by_then,
    a_change_that_was_dropped_by_hand_stays_dropped,
    what_is_so_no_more_is_not_mailed,
    three_at_once_are_one_mail,
    what_shows_at_once_in_quiet_hours_is_not_mailed,
    mails_of_a_rule_are_stopped_by_a_press,
    looking_at_the_address_stops_nothing,
];

pub async fn patient(app: &TestApp) -> User {
    let jane = app.sign_in("jane@example.com").await;
    let body = json!({ "session_timeout_mins": 43_200, "timezone": "Europe/Berlin" });
    jane.patch("/settings", 1, &body).await.is(200);
    jane
}

/// Settles what is due, and sends what is to be mailed; where the clock has gone on by days, that is no silence
/// after which mails are held.
pub async fn work(app: &TestApp) {
    assert!(due::once(&app.state).await);
    for _ in 0..20 {
        app.state.db.hold_mails(None).await.unwrap();
        work_as_it_is(app).await;
        // The server's own worker may have held them since, by what it had read before.
        if app.state.db.watch().await.unwrap().held_until.is_none() {
            return;
        }
    }
    panic!("mails are held for ever");
}

pub async fn work_as_it_is(app: &TestApp) {
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

pub fn header(mail: &str, name: &str) -> String {
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

pub async fn interview(user: &User, parent: &Value, starts_at: DateTime<Utc>) -> Value {
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

pub async fn states(site: &Site) -> Vec<(String, String)> {
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

pub fn said(states: &[(&str, &str)]) -> Vec<(String, String)> {
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

    // Who wants both has both.
    let both = json!({ "attach_too": true });
    let feed = jane.post("/calendar-feed", &both).await.is(200).json();
    assert_eq!(feed["attach_too"], true);
    let later = starts + Duration::days(2);
    interview(&jane, &parent, later).await;
    go_to(&app, later - Duration::hours(30));
    app.browser().raw(Method::GET, path).await.is(200);
    go_to(&app, later - Duration::hours(20));
    work(&app).await;
    let mails = site.letters_to("jane@example.com");
    let with_file = mails.iter().filter(|mail| mail.contains("text/calendar"));
    assert_eq!(with_file.count(), 1, "{:?}", subjects(&site));
    let both = json!({ "discreet": true });
    let feed = jane.post("/calendar-feed", &both).await.is(200).json();
    assert_eq!(feed["attach_too"], true, "what is absent stays");
}

async fn what_waits_says_what_things_are_called_by_then(site: Site) {
    let sink = Sink::start(|line| if line == "." { "250 taken" } else { "250 fine" }).await;
    let url = sink.url();
    let app = site.start_with(&[("--mail-url", &url)]).await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    let row = jane
        .create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    // It is in the queue, and held.
    app.state
        .db
        .hold_mails(Some(app.clock.now() + Duration::hours(1)))
        .await
        .unwrap();
    work_as_it_is(&app).await;
    jane.change(&row, json!({ "company": "Beta" })).await;
    assert_eq!(sink.taken().len(), 0);
    work(&app).await;
    let mails = sink.taken();
    assert_eq!(mails.len(), 1);
    assert_eq!(header(&mails[0], "Subject"), "Follow up with Beta");
}

async fn a_change_that_was_dropped_by_hand_stays_dropped(site: Site) {
    let app = site.start().await;
    let (jane, parent, planned, starts) = mailed_interview(&app, &site).await;
    let path = format!("/activities/{}", planned["id"].as_str().unwrap());
    let later = json!({ "starts_at": starts + Duration::hours(3) });
    let moved = jane
        .patch(&path, version_of(&planned), &later)
        .await
        .is(200)
        .json();
    let waiting = "waiting".parse().unwrap();
    let waiting = app.state.db.list_mails(&[waiting], 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(
        app.state
            .db
            .drop_mail(waiting[0].id, app.clock.now())
            .await
            .unwrap()
    );
    // Whatever else is edited.
    jane.change(&parent, json!({ "priority": "High" })).await;
    app.clock.advance(Duration::minutes(5));
    work(&app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 1);
    // Another change is another mail.
    let later = json!({ "starts_at": starts + Duration::hours(5) });
    jane.patch(&path, version_of(&moved), &later).await.is(200);
    app.clock.advance(Duration::minutes(5));
    work(&app).await;
    assert_eq!(site.letters_to("jane@example.com").len(), 2);
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

pub async fn one_mail(app: &TestApp, site: &Site, jane: &User) -> String {
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

pub async fn jane_again(app: &TestApp, settings: &Value) -> User {
    let jane = app.sign_in("jane@example.com").await;
    let now = jane.get("/settings").await.is(200).json();
    let patch = jane.patch("/settings", version_of(&now), settings);
    patch.await.is(200);
    jane
}
