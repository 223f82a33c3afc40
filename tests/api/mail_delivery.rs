//! Mails about reminders on their way: providers, tries, what is held and what was given up.

use crate::{
    client::{path_of, version_of},
    harness::{Site, both},
    mails::{header, jane_again, one_mail, patient, said, states, work, work_as_it_is},
    smtp::{HANGS, Sink},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chrono::Duration;
use job_hunt_tracker::server::{
    mail::LastMail,
    services::mails as services,
    worker::{due, mails},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use uuid::Uuid;

both![
    what_was_being_sent_is_sent_again_as_the_same,
    what_may_have_arrived_is_not_sent_again_about_another_time,
    a_provider_that_cannot_be_reached_costs_no_try,
    what_is_refused_is_dead_and_its_reminder_says_so,
    where_a_calendar_does_not_hear_of_a_change_the_bell_says_so,
    providers_are_spoken_to_as_they_want,
    a_provider_that_does_not_take_us_for_the_sender_costs_no_try,
    what_may_come_later_is_tried_again,
    what_hangs_of_one_person_holds_up_nobody_else,
    where_the_database_was_set_back_mails_are_held,
    after_a_week_of_silence_mails_are_held,
    a_clock_that_was_ahead_holds_nothing_up_for_as_long_as_it_was_wrong,
    mails_of_long_ago_are_forgotten,
];

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

async fn where_a_calendar_does_not_hear_of_a_change_the_bell_says_so(site: Site) {
    let refuses = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&refuses);
    let sink = Sink::start(move |line| {
        let is_refused = line.starts_with("RCPT") && seen.load(Ordering::Relaxed);
        if is_refused { "550 no" } else { "250 fine" }
    })
    .await;
    let url = sink.url();
    let app = site.start_with(&[("--mail-url", &url)]).await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    let row = jane
        .create(json!({ "company": "Acme", "status": "Screening" }))
        .await;
    let plan = json!({ "type": "Interview", "starts_at": app.clock.now() + Duration::hours(30) });
    let path = format!("{}/activities", path_of(&row));
    let activity = jane.post(&path, &plan).await.is(201).json();
    app.clock.advance(Duration::hours(7));
    work(&app).await;
    assert_eq!(sink.taken().len(), 1);
    refuses.store(true, Ordering::Relaxed);
    let path = format!("/activities/{}", activity["id"].as_str().unwrap());
    jane.delete(&path, version_of(&activity)).await.is(204);
    app.clock.advance(Duration::minutes(5));
    work(&app).await;
    work(&app).await;
    let rows = jane.pages("/reminders?sent=true").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let title = rows[0]["title"].as_str().unwrap();
    assert!(
        title.starts_with("Put your calendar right, the mail failed: "),
        "{title}"
    );
    assert_eq!(rows[0]["application_id"], row["id"]);
    assert_eq!(
        (&rows[0]["done_at"], &rows[0]["expired_at"]),
        (&Value::Null, &Value::Null)
    );
    // Tried anew, it arrives: nothing is to be put right any more.
    refuses.store(false, Ordering::Relaxed);
    site.execute("UPDATE mails SET state = 'waiting', attempts = 0 WHERE state = 'dead'")
        .await;
    work(&app).await;
    assert_eq!(sink.taken().len(), 2);
    let rows = jane.pages("/reminders?sent=true").await;
    assert_ne!(rows[0]["expired_at"], Value::Null);
}

async fn a_clock_that_was_ahead_holds_nothing_up_for_as_long_as_it_was_wrong(site: Site) {
    let accepts = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&accepts);
    let answer = move |line: &str| match line {
        "." if !seen.load(Ordering::Relaxed) => "451 come again",
        _ => "250 fine",
    };
    let sink = Sink::start(answer).await;
    let url = sink.url();
    let app = site.start_with(&[("--mail-url", &url)]).await;
    let jane = site.signed_in(&app, "jane@example.com").await;
    jane.create(json!({ "company": "Acme", "status": "Applied" }))
        .await;
    app.clock.advance(Duration::days(8));
    work(&app).await;
    assert_eq!(states(&site).await, said(&[("waiting", "1")]));
    let now = app.clock.now();
    // As if all of that had been by a clock that was 30 days ahead.
    let ahead = |days: i64| {
        let at = now + Duration::days(days);
        at.format("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
    };
    site.execute(&format!("UPDATE worker SET last_scan_at = '{}'", ahead(30)))
        .await;
    site.execute(&format!("UPDATE mails SET not_before = '{}'", ahead(30)))
        .await;
    site.execute(&format!("UPDATE worker SET held_until = '{}'", ahead(31)))
        .await;
    accepts.store(true, Ordering::Relaxed);
    work_as_it_is(&app).await;
    let held = app.state.db.watch().await.unwrap().held_until.unwrap();
    assert!(held <= app.clock.now() + Duration::hours(1), "{held}");
    assert!(sink.taken().is_empty());
    app.clock.advance(Duration::minutes(61));
    work_as_it_is(&app).await;
    assert_eq!(sink.taken().len(), 1);
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
        match name {
            "resend" => {
                _ = header(&mail, "Resend-Idempotency-Key")
                    .parse::<Uuid>()
                    .unwrap()
            }
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
