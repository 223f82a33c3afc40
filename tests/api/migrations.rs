//! A database that is in use is brought up to date, and nothing of it is lost.

use crate::harness::{Engine, Site, both};
use serde_json::json;
use sqlx::{
    Connection, PgConnection, SqliteConnection,
    migrate::{Migrate, Migrator},
};

both![
    nothing_is_lost_and_drafts_lose_the_day_of_their_creation,
    a_database_that_was_brought_up_to_date_serves,
];

/// The last migration of the version that is brought up to date.
const LANDED: i64 = 6;

/// The migrations of that version.
fn landed(all: &Migrator) -> Migrator {
    let migrations = all.migrations.iter().filter(|it| it.version <= LANDED);
    Migrator {
        migrations: migrations.cloned().collect::<Vec<_>>().into(),
        ..Migrator::DEFAULT
    }
}

async fn migrate<C>(conn: &mut C, migrator: &Migrator)
where
    C: Migrate,
{
    migrator.run_direct(None, conn, false).await.unwrap();
}

/// Rows in every table, of two users. `#1` stands for an id, `~` for a hash.
const ROWS: &str = r#"
INSERT INTO users (id, email, timezone, created_at, updated_at) VALUES
    (#1, 'one@example.com', 'Pacific/Kiritimati', @, @), (#2, 'two@example.com', 'UTC', @, @);
INSERT INTO user_settings (user_id, seq, created_at, updated_at) VALUES (#1, 1, @, @), (#2, 1, @, @);
INSERT INTO user_sequences (user_id, epoch, last_seq) VALUES (#1, #9, 40), (#2, #9, 70);
INSERT INTO sequence_runs (user_id, run, after_seq) VALUES (#1, #8, 0), (#2, #8, 0);
INSERT INTO sessions (user_id, id, created_at, last_seen_at, expires_at) VALUES
    (#1, #3, @, @, @), (#2, #3, @, @, @);
INSERT INTO sign_in_tokens (id, email, token_hash, code_hash, browser_hash, created_at, expires_at)
    VALUES (#1, 'one@example.com', ~, ~, ~, @, @);
INSERT INTO applications (user_id, id, version, seq, company, role_title, status, application_date,
    status_since, created_hash, created_at, updated_at) VALUES
    (#1, #11, 1, 12, 'today', 'Engineer', 'Draft', '2026-03-02', @, ~, @, @),
    (#1, #12, 3, 11, 'east', 'Engineer', 'Draft', '2026-03-03', @, ~, '2026-03-02T11:00:00.000+00:00', @),
    (#1, #13, 1, 13, 'given', 'Engineer', 'Draft', '2026-02-20', @, ~, @, @),
    (#1, #14, 1, 14, 'sent', 'Engineer', 'Applied', '2026-03-02', @, ~, @, @),
    (#1, #15, 1, 15, 'held', 'Engineer', 'On_Hold', '2026-03-02', @, ~, @, @),
    (#2, #11, 1, 70, 'today', 'Engineer', 'Draft', '2026-03-02', @, ~, @, @),
    (#2, #14, 1, 14, 'sent', 'Engineer', 'Applied', '2026-03-02', @, ~, @, @);
INSERT INTO stage_events (user_id, id, application_id, seq, from_status, to_status, occurred_at,
    recorded_at, voided_at) VALUES
    (#1, #21, #11, 22, NULL, 'Draft', @, @, NULL),
    (#1, #22, #14, 23, NULL, 'Applied', @, @, NULL),
    (#1, #23, #14, 24, 'Applied', 'Offer', @, @, '2026-03-05T10:00:00.000+00:00'),
    (#2, #21, #11, 22, NULL, 'Draft', @, @, NULL);
INSERT INTO activities (user_id, id, application_id, version, seq, type, status, timezone,
    created_hash, created_at, updated_at) VALUES
    (#1, #31, #11, 1, 32, 'Call', 'done', 'UTC', ~, @, @),
    (#2, #31, #14, 1, 32, 'Call', 'done', 'UTC', ~, @, @);
INSERT INTO reminders (user_id, id, application_id, activity_id, version, seq, title, due_at, channels,
    created_hash, created_at, updated_at) VALUES
    (#1, #41, #11, NULL, 1, 34, 'Ask', @, ^, ~, @, @), (#1, #42, NULL, #31, 1, 35, 'Ask', @, ^, ~, @, @),
    (#2, #41, #14, NULL, 1, 34, 'Ask', @, ^, ~, @, @);
INSERT INTO tombstones (user_id, entity, id, seq, deleted_at) VALUES
    (#1, 'application', #51, 40, @), (#2, 'application', #51, 41, @);
INSERT INTO mutations (user_id, key, request_hash, status, body, entity_id, created_at) VALUES
    (#1, 'k', ~, 201, '{}', #11, @), (#2, 'k', ~, 201, '{}', #11, @);
INSERT INTO audit_log (id, user_id, event, occurred_at) VALUES (#61, #1, 'signed_in', @);
"#;

/// The statements as an engine reads them.
fn rows(engine: Engine) -> String {
    let (hash, channels) = match engine {
        Engine::Sqlite => ("x'00'", "'[\"in_app\"]'"),
        Engine::Postgres => (r"'\x00'", "'{in_app}'"),
    };
    let text = ROWS
        .replace('~', hash)
        .replace('^', channels)
        .replace(" @", " '2026-03-02T09:00:00.000+00:00'");
    let mut parts = text.split('#');
    let mut sql = parts.next().unwrap().to_owned();
    for part in parts {
        let digits = part.chars().take_while(char::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let hex = format!("{:032x}", number.parse::<u128>().unwrap());
        match engine {
            Engine::Sqlite => sql.push_str(&format!("x'{hex}'")),
            Engine::Postgres => sql.push_str(&format!("'{hex}'")),
        }
        sql.push_str(rest);
    }
    sql
}

/// A database of the landed version, with rows in every table.
async fn fill(site: &Site) {
    match site.engine {
        Engine::Sqlite => {
            let url = format!("{}?mode=rwc", site.database_url);
            let mut conn = SqliteConnection::connect(&url).await.unwrap();
            migrate(&mut conn, &landed(&sqlx::migrate!("migrations/sqlite"))).await;
        }
        Engine::Postgres => {
            let mut conn = PgConnection::connect(&site.database_url).await.unwrap();
            migrate(&mut conn, &landed(&sqlx::migrate!("migrations/postgres"))).await;
        }
    }
    site.execute(&rows(site.engine)).await;
}

/// How many rows every table has.
async fn counts(site: &Site) -> Vec<(String, i64)> {
    let sql = match site.engine {
        Engine::Sqlite => {
            "SELECT name, '' FROM pragma_table_list WHERE type = 'table' AND schema = 'main' \
             AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY name"
        }
        Engine::Postgres => {
            "SELECT table_name::text, '' FROM information_schema.tables \
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%' ORDER BY table_name"
        }
    };
    let mut counts = Vec::new();
    for (table, _) in site.pairs(sql).await {
        let count = site.number(&format!("SELECT COUNT(*) FROM {table}")).await;
        counts.push((table, count));
    }
    counts
}

async fn nothing_is_lost_and_drafts_lose_the_day_of_their_creation(site: Site) {
    fill(&site).await;
    let before = counts(&site).await;
    assert!(before.iter().all(|(_, rows)| *rows > 0), "{before:?}");
    let seqs = "SELECT company || '/' || substr(u.email, 1, 3), CAST(a.seq AS text) \
         FROM applications a JOIN users u ON u.id = a.user_id ORDER BY 1";
    assert_eq!(site.pairs(seqs).await.len(), 7);

    site.start().await.stop().await;

    let after = counts(&site).await;
    for (table, rows) in &before {
        let known = after.iter().find(|(name, _)| name == table);
        assert_eq!(known, Some(&(table.clone(), *rows)));
    }
    let days = "SELECT company || '/' || substr(u.email, 1, 3), \
         COALESCE(CAST(a.application_date AS text), '-') \
         FROM applications a JOIN users u ON u.id = a.user_id ORDER BY 1";
    let pairs = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
        owned.collect()
    };
    let expected = [
        ("east/one", "-"),
        ("given/one", "2026-02-20"),
        ("held/one", "2026-03-02"),
        ("sent/one", "2026-03-02"),
        ("sent/two", "2026-03-02"),
        ("today/one", "-"),
        ("today/two", "-"),
    ];
    assert_eq!(site.pairs(days).await, pairs(&expected));
    // They and only they have a new number, in the order that they had.
    let expected = [
        ("east/one", "41"),
        ("given/one", "13"),
        ("held/one", "15"),
        ("sent/one", "14"),
        ("sent/two", "14"),
        ("today/one", "42"),
        ("today/two", "71"),
    ];
    assert_eq!(site.pairs(seqs).await, pairs(&expected));
    let heads = "SELECT substr(u.email, 1, 3), CAST(s.last_seq AS text) \
         FROM user_sequences s JOIN users u ON u.id = s.user_id ORDER BY 1";
    assert_eq!(
        site.pairs(heads).await,
        pairs(&[("one", "42"), ("two", "71")])
    );
    // A move was changed last when it was called off.
    let late = "SELECT COUNT(*) FROM stage_events WHERE version = 1 AND updated_at > recorded_at";
    assert_eq!(site.number(late).await, 1);
    let wrong = "SELECT COUNT(*) FROM stage_events \
         WHERE updated_at <> COALESCE(voided_at, recorded_at)";
    assert_eq!(site.number(wrong).await, 0);
}

async fn a_database_that_was_brought_up_to_date_serves(site: Site) {
    fill(&site).await;
    let app = site.start().await;
    let one = app.sign_in("one@example.com").await;
    let mut rows = one.list().await;
    rows.sort_by_key(|row| row["company"].to_string());
    let days: Vec<_> = rows
        .iter()
        .map(|row| row["application_date"].clone())
        .collect();
    let null = serde_json::Value::Null;
    let (sent, given) = (json!("2026-03-02"), json!("2026-02-20"));
    assert_eq!(days, [null.clone(), given, sent.clone(), sent, null]);
    // The draft is sent, in the user's zone, where it is tomorrow.
    let draft = one.change(&rows[4], json!({ "status": "Applied" })).await;
    let there = (app.clock.now() + chrono::Duration::hours(14)).date_naive();
    assert_eq!(draft["application_date"], json!(there));
    let events = one.events(&draft).await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["version"], 1);
}
