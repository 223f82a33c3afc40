//! The real server, called in this process, on a database file of its own.

use axum::{Router, body::Body};
use chrono::SubsecRound;
use clap::Parser;
use job_hunt_tracker::{
    api::{
        BASE,
        answer::{self, Expected, Head, POSITION},
        rest::IF_UPDATED_AT,
    },
    client::engine::Answer,
    domain::{
        error::{Problem, ProblemKind},
        position::Positions,
        time::{Timestamp, write_timestamp},
    },
    server::{
        AppState,
        auth::{csrf, session},
        clock::Clock,
        config::{Cli, Command, Config},
        db::Db,
        http, worker,
    },
};
use sqlx::{AssertSqlSafe, SqlitePool};
use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};
use tower::ServiceExt;
use uuid::Uuid;

/// When every run begins.
pub fn start_of_time() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// Where files of tests are written fastest.
pub fn folder_for_tests() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    }
}

/// A request as a browser sends it.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: ::http::Method,
    /// Below the API's base.
    pub path: String,
    pub body: Option<String>,
    pub if_match: Option<i64>,
    pub if_updated_at: Option<Timestamp>,
    pub key: Option<Uuid>,
    /// Places of the history that the page has heard of.
    pub heard_of: Positions,
    pub cookie: Option<Session>,
    pub csrf: Option<String>,
    /// Whom the page thinks to be signed in.
    pub user: Option<Uuid>,
}

impl Request {
    pub fn new(method: ::http::Method, path: impl Into<String>, cookie: Option<Session>) -> Self {
        Self {
            method,
            path: path.into(),
            body: None,
            if_match: None,
            if_updated_at: None,
            key: None,
            heard_of: Positions::default(),
            csrf: None,
            user: None,
            cookie,
        }
    }
}

/// What came back, from the server or from what stands before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub head: Head,
    pub body: String,
}

impl Reply {
    /// What stands between a page and the server answers, as if it were the server.
    pub fn problem(kind: ProblemKind, retry_after: Option<u64>) -> Self {
        let body = serde_json::to_string(&Problem::new(kind, "No.")).unwrap();
        let mut reply = Self::foreign(kind.status(), "application/problem+json", &body);
        reply.head.retry_after = retry_after;
        reply
    }

    /// What stands between a page and the server answers.
    pub fn foreign(status: u16, content_type: &str, body: &str) -> Self {
        Self {
            head: Head {
                status,
                ours: false,
                content_type: content_type.to_owned(),
                retry_after: None,
                date: None,
                position: None,
            },
            body: body.to_owned(),
        }
    }

    pub fn status(&self) -> u16 {
        self.head.status
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// What a page makes of it that asked by this method.
    pub fn read(self, method: &::http::Method) -> Answer {
        answer::read(Expected::of(method), &self.head, self.body).into()
    }
}

/// A signed-in browser.
#[derive(Clone, Debug)]
pub struct Session {
    pub user: Uuid,
    pub jwt: String,
    pub csrf: String,
}

pub struct Server {
    folder: PathBuf,
    clock: Clock,
    state: AppState,
    router: Router,
}

pub fn config(folder: &Path) -> Config {
    let arguments = [
        "job-hunt-tracker",
        "serve",
        "--database-url",
        &format!("sqlite:{}", folder.join("sim.db").display()),
        "--public-url",
        "http://127.0.0.1:3000",
        "--data-dir",
        &folder.display().to_string(),
        "--mail-url",
        &format!("file:{}", folder.join("mail").display()),
        "--secret-key",
        "only for the simulation, and nothing else",
    ]
    .map(ToOwned::to_owned);
    match Cli::try_parse_from(arguments).unwrap().command {
        Command::Serve(config) => config,
        other => panic!("{other:?}"),
    }
}

async fn start(folder: &Path, clock: &Clock) -> (AppState, Router) {
    static OPTIONS: OnceLock<leptos::config::LeptosOptions> = OnceLock::new();
    let config = config(folder);
    let options = OPTIONS.get_or_init(|| http::leptos_options(&config).unwrap());
    let state = AppState::start(config, clock.clone()).await.unwrap();
    let router = http::router(state.clone(), options.clone());
    (state, router)
}

/// A database with these users and nothing else, to copy from.
pub async fn template(folder: &Path, emails: &[&str]) -> Vec<Uuid> {
    std::fs::create_dir_all(folder).unwrap();
    let clock = Clock::still(start_of_time());
    let (state, _) = start(folder, &clock).await;
    let mut users = Vec::new();
    for email in emails {
        let email = email.parse().unwrap();
        users.push(state.db.ensure_user(&email, clock.now()).await.unwrap().id);
    }
    // All of it in one file.
    if let Db::Sqlite { writer, .. } = &state.db {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(writer)
            .await
            .unwrap();
    }
    state.db.close().await;
    users
}

/// What was answered of the versions of a record after this one was never said.
const FORGET_ANSWERS: &str = "DELETE FROM mutations WHERE user_id = ?1 AND entity_id = ?2 \
     AND body ->> '$.version' > ?3";

impl Server {
    /// A server on a copy of the template.
    pub async fn start(template: &Path, folder: PathBuf, clock: Clock) -> Self {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(template.join("sim.db"), folder.join("sim.db")).unwrap();
        let (state, router) = start(&folder, &clock).await;
        let server = Self {
            folder,
            clock,
            state,
            router,
        };
        server.remember_the_past().await;
        server
    }

    /// From now on every state of every application is kept, so that it can be had back.
    async fn remember_the_past(&self) {
        let mut past =
            vec!["CREATE TABLE past AS SELECT * FROM applications WHERE false".to_owned()];
        for change in ["INSERT", "UPDATE"] {
            past.push(format!(
                "CREATE TRIGGER past_{change} AFTER {change} ON applications BEGIN \
                 INSERT INTO past SELECT * FROM applications \
                 WHERE user_id = NEW.user_id AND id = NEW.id; END"
            ));
        }
        for sql in past {
            let sql = sqlx::query(AssertSqlSafe(sql));
            sql.execute(self.pool()).await.unwrap();
        }
    }

    /// The process ends, and another one begins on the same file.
    pub async fn restart(&mut self) {
        self.state.db.close().await;
        (self.state, self.router) = start(&self.folder, &self.clock).await;
    }

    pub async fn stop(self) {
        self.state.db.close().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }

    pub fn pool(&self) -> &SqlitePool {
        match &self.state.db {
            Db::Sqlite { writer, .. } => writer,
            Db::Postgres { .. } => unreachable!("the simulation runs on SQLite"),
        }
    }

    pub async fn call(&self, request: &Request) -> Reply {
        let mut http = ::http::Request::builder()
            .method(request.method.clone())
            .uri(format!("{BASE}{}", request.path))
            .header("accept", "application/json");
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                http = std::mem::take(&mut http).header(name, value);
            }
        };
        put(
            "content-type",
            request.body.as_ref().map(|_| "application/json".into()),
        );
        put(
            "if-match",
            request.if_match.map(|version| format!("W/\"{version}\"")),
        );
        put(IF_UPDATED_AT, request.if_updated_at.map(write_timestamp));
        let heard_of = Some(&request.heard_of).filter(|all| !all.is_empty());
        put(POSITION, heard_of.map(ToString::to_string));
        put("idempotency-key", request.key.map(|key| key.to_string()));
        put("x-csrf-token", request.csrf.clone());
        put("x-user-id", request.user.map(|user| user.to_string()));
        let cookie = request.cookie.as_ref();
        put(
            "cookie",
            cookie.map(|session| format!("jht_session={}", session.jwt)),
        );
        let body = request.body.clone().map_or_else(Body::empty, Body::from);
        let answer = self
            .router
            .clone()
            .oneshot(http.body(body).unwrap())
            .await
            .unwrap();
        let mut head = Head::read(answer.status().as_u16(), |name| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        });
        // Over HTTP hyper says it, by the clock of its machine.
        head.date = Some(self.clock.now().trunc_subsecs(0));
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap();
        Reply {
            head,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Opens a session, as a sign-in does.
    pub async fn sign_in(&self, user: Uuid) -> Session {
        let id = Uuid::new_v4();
        let now = self.clock.now();
        let expires = now + session::ABSOLUTE_LIFETIME;
        sqlx::query(
            "INSERT INTO sessions (user_id, id, created_at, last_seen_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(user)
        .bind(id)
        .bind(now)
        .bind(now)
        .bind(expires)
        .execute(self.pool())
        .await
        .unwrap();
        Session {
            user,
            jwt: session::issue(&self.state.keys, user, id, now, expires).unwrap(),
            csrf: csrf::token(&self.state.keys, id),
        }
    }

    /// Ends every session of a user.
    pub async fn sign_out(&self, user: Uuid) {
        sqlx::query("UPDATE sessions SET revoked_at = ? WHERE user_id = ?")
            .bind(self.clock.now())
            .bind(user)
            .execute(self.pool())
            .await
            .unwrap();
    }

    /// Which history a number of a user belongs to, as cursors name it.
    pub async fn history_at(&self, user: Uuid, seq: i64) -> Uuid {
        let run: Option<Uuid> = sqlx::query_scalar(
            "SELECT run FROM sequence_runs WHERE user_id = ? AND after_seq < ? ORDER BY after_seq DESC",
        )
        .bind(user)
        .bind(seq)
        .fetch_optional(self.pool())
        .await
        .unwrap();
        let epoch = self.head(user).await.1;
        run.map_or(epoch, |run| Uuid::new_v5(&epoch, run.as_bytes()))
    }

    /// Another history: cursors are worth nothing any more, and old tombstones are gone.
    pub async fn forget_history(&self, user: Uuid, epoch: Uuid) {
        sqlx::query("UPDATE user_sequences SET epoch = ? WHERE user_id = ?")
            .bind(epoch)
            .bind(user)
            .execute(self.pool())
            .await
            .unwrap();
        sqlx::query("DELETE FROM tombstones WHERE user_id = ? AND deleted_at < ?")
            .bind(user)
            .bind(self.clock.now() - chrono::Duration::days(1))
            .execute(self.pool())
            .await
            .unwrap();
    }

    /// The columns of an application but these, with commas between them.
    async fn columns_but(&self, left_out: &[&str]) -> String {
        let names = "SELECT name FROM pragma_table_info('applications')";
        let mut columns: Vec<String> = sqlx::query_scalar(names)
            .fetch_all(self.pool())
            .await
            .unwrap();
        columns.retain(|name| !left_out.contains(&name.as_str()));
        columns.join(", ")
    }

    /// A record is as it was at an earlier version, as after a restored backup: what came later was
    /// never heard of.
    pub async fn set_back(&self, user: Uuid, id: Uuid, version: i64) {
        let columns = self.columns_but(&["user_id", "id", "seq"]).await;
        let row = format!(
            "UPDATE applications SET ({columns}) = (SELECT {columns} FROM past \
             WHERE user_id = ?1 AND id = ?2 AND version = ?3 ORDER BY rowid DESC) \
             WHERE user_id = ?1 AND id = ?2"
        );
        let moves = "DELETE FROM stage_events WHERE user_id = ?1 AND application_id = ?2 \
             AND recorded_at > (SELECT updated_at FROM applications WHERE user_id = ?1 AND id = ?2)";
        for sql in [row.as_str(), moves, FORGET_ANSWERS] {
            sqlx::query(AssertSqlSafe(sql.to_owned()))
                .bind(user)
                .bind(id)
                .bind(version)
                .execute(self.pool())
                .await
                .unwrap();
        }
    }

    /// A backup is restored that lacks the newest changes of a user, one or more of those up to the last that
    /// is not of an application alone. Numbers are given again, by the process that begins. Answers which
    /// applications are at which versions then.
    pub async fn undo(&mut self, user: Uuid, most: usize) -> Vec<(Uuid, i64)> {
        let columns = self.columns_but(&["user_id", "id"]).await;
        let row = format!(
            "UPDATE applications SET ({columns}) = (SELECT {columns} FROM past \
             WHERE user_id = ?1 AND id = ?2 AND seq < ?3 ORDER BY rowid DESC LIMIT 1) \
             WHERE user_id = ?1 AND id = ?2 RETURNING version"
        );
        let was = "SELECT updated_at FROM past WHERE user_id = ?1 AND id = ?2 AND seq < ?3 \
             ORDER BY rowid DESC LIMIT 1";
        let made =
            "DELETE FROM stage_events WHERE user_id = ?1 AND application_id = ?2 AND seq >= ?3";
        let numbers = [
            "UPDATE user_sequences SET last_seq = ?2 WHERE user_id = ?1",
            "DELETE FROM sequence_runs WHERE user_id = ?1 AND after_seq >= ?2",
        ];
        let mut undone = Vec::new();
        for _ in 0..most {
            let (last, _) = self.head(user).await;
            let rows = self.numbered(user).await;
            let [(_, id, Some(before), ..)] =
                rows.iter().filter(|row| row.0 == last).collect::<Vec<_>>()[..]
            else {
                break;
            };
            let was = sqlx::query_scalar(was).bind(user).bind(id).bind(last);
            let Some(was_updated) = was.fetch_optional(self.pool()).await.unwrap() else {
                break;
            };
            let Some(first) = self.first_of_change(user, *id, last, was_updated).await else {
                break;
            };
            let version: i64 = sqlx::query_scalar(AssertSqlSafe(row.clone()))
                .bind(user)
                .bind(id)
                .bind(last)
                .fetch_one(self.pool())
                .await
                .unwrap();
            let made = sqlx::query(made).bind(user).bind(id).bind(first);
            made.execute(self.pool()).await.unwrap();
            let answers = sqlx::query(FORGET_ANSWERS).bind(user).bind(id);
            answers.bind(version).execute(self.pool()).await.unwrap();
            for sql in numbers {
                let sql = sqlx::query(sql).bind(user).bind(first - 1);
                sql.execute(self.pool()).await.unwrap();
            }
            if version < *before {
                undone.push((*id, version));
            }
        }
        self.restart().await;
        undone
    }

    /// The first number that the last change of an application gave: its moves come before it. None where the
    /// change was to a move of before, which no backup of a row alone brings back.
    async fn first_of_change(
        &self,
        user: Uuid,
        application: Uuid,
        last: i64,
        was_updated: Timestamp,
    ) -> Option<i64> {
        let moves: Vec<(i64, Timestamp)> = sqlx::query_as(
            "SELECT seq, recorded_at FROM stage_events \
             WHERE user_id = ? AND application_id = ? AND seq < ? ORDER BY seq DESC",
        )
        .bind(user)
        .bind(application)
        .bind(last)
        .fetch_all(self.pool())
        .await
        .unwrap();
        let mut first = last;
        for (seq, recorded_at) in moves {
            if seq != first - 1 {
                break;
            }
            if recorded_at <= was_updated {
                return None;
            }
            first = seq;
        }
        Some(first)
    }

    /// What is due is settled, and what is to be planned anew is planned.
    pub async fn work(&self) {
        assert!(worker::due::once(&self.state).await, "the worker failed");
    }

    /// Another history has begun: what it made of applications is planned anew.
    pub async fn forget_plans(&self, user: Uuid) {
        sqlx::query("UPDATE user_settings SET planned_with = NULL WHERE user_id = ?")
            .bind(user)
            .execute(self.pool())
            .await
            .unwrap();
    }

    /// Forgets that it took the mutation of a key. Answers whether it had.
    pub async fn forget_key(&self, user: Uuid, key: Uuid) -> bool {
        sqlx::query("DELETE FROM mutations WHERE user_id = ? AND key = ?")
            .bind(user)
            .bind(key.to_string())
            .execute(self.pool())
            .await
            .unwrap()
            .rows_affected()
            > 0
    }

    /// The newest number of a user's history, and which history it is.
    pub async fn head(&self, user: Uuid) -> (i64, Uuid) {
        sqlx::query_as("SELECT last_seq, epoch FROM user_sequences WHERE user_id = ?")
            .bind(user)
            .fetch_one(self.pool())
            .await
            .unwrap()
    }

    /// Every row and tombstone of a user: number, id, version (none for a tombstone), since when an
    /// application is archived, and that of what hangs on one.
    pub async fn numbered(
        &self,
        user: Uuid,
    ) -> Vec<(i64, Uuid, Option<i64>, Option<Timestamp>, Option<Uuid>)> {
        sqlx::query_as(
            "SELECT seq, id, version, archived_at, NULL FROM applications WHERE user_id = ?1 \
             UNION ALL SELECT seq, id, version, NULL, application_id FROM stage_events WHERE user_id = ?1 \
             UNION ALL SELECT seq, id, version, NULL, application_id FROM activities WHERE user_id = ?1 \
             UNION ALL SELECT seq, id, version, NULL, application_id FROM reminders WHERE user_id = ?1 \
             UNION ALL SELECT seq, id, NULL, NULL, NULL FROM tombstones WHERE user_id = ?1",
        )
        .bind(user)
        .fetch_all(self.pool())
        .await
        .unwrap()
    }

    /// The version of a record.
    pub async fn version(&self, user: Uuid, id: Uuid) -> Option<i64> {
        sqlx::query_scalar("SELECT version FROM applications WHERE user_id = ? AND id = ?")
            .bind(user)
            .bind(id)
            .fetch_optional(self.pool())
            .await
            .unwrap()
    }
}
