//! Mails while the real process is killed, or stands still: what was due is sent, under one Message-ID. `FAULT_KILLS`
//! is how often it is killed.

use crate::{
    client::Client,
    dice::Dice,
    harness::{Engine, Site, User, both, run, sign_in},
    mail_faults::{Mood, Provider, of_environment},
    mails::header,
    program::Program,
};
use chrono::{Duration, Utc};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

both![mails_survive_kills];

/// People to whom mails go, signed in with a provider whose mails can be read here.
async fn people_of(site: &Site) -> Vec<User> {
    let program = Program::serve(site).await;
    let mut people = Vec::new();
    for n in 0..3 {
        people.push(sign_in(site, &program.base, &format!("person-{n}@example.com")).await);
    }
    people
}

/// A reminder that is due at once. Answers what it says, where the server has it.
async fn due_at_once(program: &Program, person: &User, application: &str) -> Option<String> {
    let token = format!("R{}x", Uuid::new_v4().simple());
    let body = json!({
        "application_id": application, "title": token,
        "due_at": Utc::now() - Duration::minutes(1), "channels": ["in_app", "email"],
    });
    let client = Client::browser(&program.base).with_bearer(&person.token);
    // An error is an answer that never came.
    let answer = client.post("/reminders", &body).try_send().await.ok()?;
    answer.is(201);
    Some(token)
}

/// What the provider has taken under which Message-ID.
fn message_ids(site: &Site, provider: &Provider, token: &str) -> Vec<String> {
    let log = provider.sink.taken();
    let says = |mail: &&String| site.text_of(mail).contains(token);
    let with = log.iter().filter(says);
    with.map(|mail| header(mail, "Message-ID")).collect()
}

async fn mails_survive_kills(site: Site) {
    let kills = of_environment("FAULT_KILLS", 8);
    let mut dice = Dice::new(of_environment("FAULT_START", 0));
    let provider = Provider::start(1).await;
    let url = provider.sink.url();
    let people = people_of(&site).await;
    let mut tokens = Vec::new();
    let mut applications = Vec::new();
    for _ in 0..kills {
        let mut program = Program::serve_mailing(&site, &url).await;
        if applications.is_empty() {
            for person in &people {
                let client = Client::browser(&program.base).with_bearer(&person.token);
                let row = client.create(json!({ "company": "Acme" })).await;
                applications.push(row["id"].as_str().unwrap().to_owned());
            }
        }
        for _ in 0..3 + dice.below(5) {
            let whose = dice.below(people.len());
            let token = due_at_once(&program, &people[whose], &applications[whose]).await;
            tokens.extend(token);
        }
        let moment = dice.below(300) as u64;
        tokio::time::sleep(std::time::Duration::from_millis(moment)).await;
        program.kill();
        if site.engine == Engine::Postgres {
            // What it had under way ends with it, and meanwhile the claims run out. SQLite has one process, which
            // takes them back when it starts.
            let ended = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid()";
            site.number(ended).await;
            let over =
                "UPDATE mails SET lease_until = '2020-01-01T00:00:00Z' WHERE state = 'claimed'";
            site.execute(over).await;
        }
    }
    let program = Program::serve_mailing(&site, &url).await;
    let open = "SELECT COUNT(*) FROM mails WHERE state IN ('waiting', 'claimed')";
    let unsent = "SELECT COUNT(*) FROM reminders WHERE title LIKE 'R%x' AND sent = FALSE";
    let start = std::time::Instant::now();
    while site.number(open).await + site.number(unsent).await > 0 {
        let log = program.log();
        assert!(start.elapsed().as_secs() < 90, "mails wait for ever: {log}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(tokens.len() as u64 >= kills * 3, "{}", tokens.len());
    for token in &tokens {
        let ids = message_ids(&site, &provider, token);
        let under: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(under.len(), 1, "{token}: {ids:?}");
    }
}

/// Two processes share PostgreSQL; on SQLite there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_stood_still_does_not_send_what_another_has_sent() {
    run(Engine::Postgres, async move |site: Site| {
        let provider = Provider::start(1).await;
        let url = provider.sink.url();
        let people = people_of(&site).await;
        let person = &people[0];
        let first = Program::serve_mailing(&site, &url).await;
        let client = Client::browser(&first.base).with_bearer(&person.token);
        let row = client.create(json!({ "company": "Acme" })).await;
        provider.is(Mood::Hangs);
        let id = row["id"].as_str().unwrap();
        let token = due_at_once(&first, person, id).await.unwrap();
        let taken = async |count: usize| {
            let start = std::time::Instant::now();
            while message_ids(&site, &provider, &token).len() < count {
                assert!(start.elapsed().as_secs() < 30, "{}", first.log());
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        taken(1).await;
        first.stand_still();
        provider.is(Mood::Good);
        // As long as a claim holds, another process leaves it alone.
        let second = Program::serve_mailing(&site, &url).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert_eq!(message_ids(&site, &provider, &token).len(), 1);
        drop(second);
        site.execute("UPDATE mails SET lease_until = '2020-01-01T00:00:00Z'")
            .await;
        let second = Program::serve_mailing(&site, &url).await;
        taken(2).await;
        let delivered = "SELECT COUNT(*) FROM mails WHERE state = 'delivered' AND attempts = 2";
        let start = std::time::Instant::now();
        while site.number(delivered).await < 1 {
            assert!(start.elapsed().as_secs() < 30, "{}", second.log());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        // The first one hears that nothing became of its try, which is not its mail any more.
        first.go_on();
        provider.sink.hang_up();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(site.number(delivered).await, 1);
        let ids = message_ids(&site, &provider, &token);
        assert_eq!(ids.len(), 2, "{ids:?}");
        assert_eq!(ids[0], ids[1]);
    })
    .await;
}
