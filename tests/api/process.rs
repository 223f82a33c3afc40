//! The process: how it starts, says that it is well, and stops.

use crate::{
    client::Client,
    harness::{Site, both, sign_in},
    program::{Program, command},
};
use http::Method;
use job_hunt_tracker::{api::BASE, server::zones};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};
use tokio::task::JoinSet;

both![
    it_says_that_it_is_well,
    it_says_which_zone_rules_it_has,
    without_its_database_it_is_alive_but_not_ready,
    it_finishes_what_it_answers_and_stops,
    a_wrong_setting_is_named_in_one_line,
    an_empty_variable_is_as_good_as_none,
    secrets_are_not_printed,
    what_is_counted_is_told_at_an_address_of_its_own,
    migrations_run_once,
    the_seed_is_a_command,
    who_looks_at_mails_makes_no_database,
    several_start_at_once,
];

async fn it_says_that_it_is_well(site: Site) {
    let app = site.start().await;
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = app.browser().raw(Method::GET, path).await.is(200);
        assert_eq!(answer.text, text);
        assert_eq!(app.browser().raw(Method::POST, path).await.status, 405);
    }
}

async fn it_says_which_zone_rules_it_has(site: Site) {
    let log = Program::serve(&site).await.log();
    let lines: Vec<&str> = log.lines().filter(|it| it.contains("time zones")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains(zones::version()), "{log}");
}

async fn without_its_database_it_is_alive_but_not_ready(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    app.state.db.close().await;
    app.browser().raw(Method::GET, "/healthz").await.is(200);
    app.browser().raw(Method::GET, "/readyz").await.is(503);
    let answer = jane.get("/applications").await;
    assert_eq!(answer.header("retry-after"), "2");
    answer.problem(503, "unavailable");
}

async fn it_finishes_what_it_answers_and_stops(site: Site) {
    let mut program = Program::serve(&site).await;
    let jane = sign_in(&site, &program.base, "jane@example.com").await;
    let address = program.base.trim_start_matches("http://").to_owned();

    // A request whose body the server waits for: it says so with `100 Continue`.
    let body = json!({ "company": "Last", "role_title": "Engineer" }).to_string();
    let mut connection = TcpStream::connect(&address).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let head = format!(
        "POST {BASE}/applications HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        jane.token,
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    let mut buffer = [0; 64];
    let read = connection.read(&mut buffer).unwrap();
    assert!(
        buffer[..read].starts_with(b"HTTP/1.1 100 "),
        "{}",
        String::from_utf8_lossy(&buffer)
    );

    program.terminate();
    // It takes no new connections, but has not forgotten this one.
    while TcpStream::connect(&address).is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    connection.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let status = program.wait().await;
    assert_eq!(status.code(), Some(0), "{}", program.log());

    let program = Program::serve(&site).await;
    let rows = Client::browser(&program.base)
        .with_bearer(&jane.token)
        .list()
        .await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["company"], "Last");
}

async fn what_is_counted_is_told_at_an_address_of_its_own(site: Site) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mail = format!("file:{}", site.mail_folder().display());
    let settings = [("METRICS_ADDR", address.as_str()), ("MAIL_URL", &mail)];
    let program = Program::serve_with(&site, &settings).await;
    let jane = sign_in(&site, &program.base, "jane@example.com").await;
    let row = jane.create(json!({ "company": "Acme" })).await;
    let due = chrono::Utc::now() - chrono::Duration::minutes(1);
    let body = json!({
        "application_id": row["id"], "title": "Ring Mira", "due_at": due, "channels": ["in_app", "email"],
    });
    jane.post("/reminders", &body).await.is(201);
    let metrics = Client::browser(&format!("http://{address}"));
    let begun = std::time::Instant::now();
    let text = loop {
        let text = metrics.raw(Method::GET, "/metrics").await.is(200).text;
        if text.contains("job_hunt_tracker_mails_total{outcome=\"delivered\"} 1") {
            break text;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    for line in [
        "job_hunt_tracker_reminders_total{outcome=\"sent\"} 1",
        "job_hunt_tracker_mails_open 0",
        "job_hunt_tracker_mail_provider_reachable 1",
        "route=\"/api/v1/reminders\",status=\"201\"} 1",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("jane") && !text.contains("Acme"), "{text}");
    // Those who use the app are not told.
    Client::browser(&program.base)
        .raw(Method::GET, "/metrics")
        .await
        .is(404);
}

/// What a start with these variables prints to standard error; it must fail at once.
fn complaint(site: &Site, variables: &[(&str, &str)]) -> String {
    // Nothing but errors: under load a slow statement may be warned of too.
    let output = command(site, &["serve"])
        .env("RUST_LOG", "error")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{variables:?} started");
    assert!(
        output.status.code().is_some(),
        "{variables:?} ended by a signal: {text}"
    );
    assert_eq!(output.stdout, b"", "{variables:?}");
    text
}

async fn a_wrong_setting_is_named_in_one_line(site: Site) {
    let folder = site.folder.join("taken");
    std::fs::write(&folder, "a file").unwrap();
    let folder = folder.display().to_string();
    let short = site.folder.join("short");
    std::fs::create_dir(&short).unwrap();
    std::fs::write(short.join("secret.key"), "short").unwrap();
    let short = short.display().to_string();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (name, value) in [
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "sqlite::memory:"),
        ("DATABASE_URL", &format!("sqlite:{folder}/x.db")),
        ("DATABASE_URL", "postgres://nobody@localhost:notaport/x"),
        ("PUBLIC_URL", "hunt.example.com"),
        ("PUBLIC_URL", "https://hunt.example.com/app"),
        ("LEPTOS_SITE_ADDR", "localhost"),
        ("LEPTOS_SITE_ADDR", &taken),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", ""),
        ("MAIL_URL", "pigeon:x"),
        ("MAIL_URL", "file:"),
        ("MAIL_FROM", "nobody"),
        ("LOG_FORMAT", "xml"),
        ("TRUST_PROXY", "maybe"),
        ("LIMIT_SIGN_IN_MAILS_PER_ADDRESS", "0"),
        ("LIMIT_SIGN_IN_MAILS_PER_CLIENT", "many"),
        ("LIMIT_VERIFICATIONS_PER_CLIENT", "-1"),
        ("RUST_LOG", "info,=,x=y"),
    ] {
        let text = complaint(&site, &[(name, value)]);
        assert_eq!(text.lines().count(), 1, "{name}={value}: {text}");
        assert!(text.contains(name), "{name}={value}: {text}");
    }
    // A folder that is no folder, and a key in it that is no key.
    for folder in [folder, short] {
        let text = complaint(&site, &[("DATA_DIR", &folder)]);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(&folder), "{text}");
    }
    // What no single value can tell: links in a public server's log.
    let text = complaint(&site, &[("PUBLIC_URL", "https://hunt.example.com")]);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.contains("MAIL_URL") && text.contains("https://hunt.example.com"),
        "{text}"
    );
}

async fn an_empty_variable_is_as_good_as_none(site: Site) {
    let output = command(&site, &["migrate"])
        .env("METRICS_ADDR", "")
        .env("OPERATOR_EMAIL", "")
        .env("LOG_FORMAT", "")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
}

async fn secrets_are_not_printed(site: Site) {
    for (name, value) in [
        ("SECRET_KEY", "hunter2"),
        ("MAIL_URL", "smpt://user:hunter2@mail.example.com"),
        ("DATABASE_URL", "postgers://user:hunter2@db.example.com/x"),
    ] {
        let text = complaint(&site, &[(name, value)]);
        assert!(text.contains(name), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

async fn migrations_run_once(site: Site) {
    for _ in 0..2 {
        let output = command(&site, &["migrate"]).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.stdout, b"The database is up to date.\n");
    }
    assert_eq!(site.number("SELECT COUNT(*) FROM users").await, 0);
}

async fn who_looks_at_mails_makes_no_database(site: Site) {
    let missing = site.folder.join("elsewhere.db");
    let output = command(&site, &["deliveries", "list"])
        .env("DATABASE_URL", format!("sqlite:{}", missing.display()))
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    let line = format!(
        "DATABASE_URL: there is no database at {}",
        missing.display()
    );
    assert!(text.contains(&line), "{text}");
    assert!(!missing.exists());
}

async fn the_seed_is_a_command(site: Site) {
    let seed = |arguments: &[&str]| {
        let output = command(&site, &[&["seed"], arguments].concat())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let first = seed(&[]);
    let count = site.number("SELECT COUNT(*) FROM applications").await;
    assert!(count >= 10);
    assert!(
        first.starts_with(&format!("demo@example.com: {count} applications added.\n")),
        "{first}"
    );
    assert!(seed(&[]).starts_with("demo@example.com: 0 applications added.\n"));
    assert_eq!(
        site.number("SELECT COUNT(*) FROM applications").await,
        count
    );
    // Beside a running server.
    let program = Program::serve(&site).await;
    let other = seed(&["--email", "jane@example.com", "--count", "3"]);
    assert!(
        other.starts_with("jane@example.com: 3 applications added.\n"),
        "{other}"
    );
    let jane = sign_in(&site, &program.base, "jane@example.com").await;
    assert_eq!(jane.list().await.len(), 3);
}

async fn several_start_at_once(site: Site) {
    let mut starts = JoinSet::new();
    for _ in 0..3 {
        let site = site.clone();
        starts.spawn(async move { Program::serve(&site).await });
    }
    let programs = starts.join_all().await;
    // A session of one is a session of all.
    let jane = sign_in(&site, &programs[0].base, "jane@example.com").await;
    for program in &programs {
        let client = Client::browser(&program.base).with_bearer(&jane.token);
        client.create(json!({ "company": program.base })).await;
    }
    assert_eq!(jane.list().await.len(), 3);
}
