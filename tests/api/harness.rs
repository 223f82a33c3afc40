//! Starts the real server for one scenario, on a database of its own, and takes all away again.

use crate::client::Client;
use clap::Parser;
use job_hunt_tracker::domain::time::Timestamp;
use job_hunt_tracker::server::{
    AppState,
    clock::Clock,
    config::{Cli, Command, Config},
    http,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::{collections::BTreeMap, net::SocketAddr, ops::Deref, path::PathBuf};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use uuid::Uuid;

/// Makes `NAME::sqlite` and `NAME::postgres` of every scenario `async fn NAME(site: Site)`.
macro_rules! both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use crate::harness::{Engine, run};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                run(Engine::Sqlite, super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                run(Engine::Postgres, super::$name).await;
            }
        }
    )+};
}
pub(crate) use both;

/// Which database engine a scenario runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Where one scenario lives: a folder and an empty database that nobody else uses.
#[derive(Clone, Debug)]
pub struct Site {
    pub engine: Engine,
    pub folder: PathBuf,
    pub database_url: String,
    name: String,
}

/// A copy of a site's database.
#[derive(Debug)]
pub struct Backup(String);

/// Runs a scenario on a fresh site, and removes the site, also when the scenario fails.
pub async fn run<S, F>(engine: Engine, scenario: S)
where
    S: FnOnce(Site) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let site = Site::open(engine).await;
    let outcome = tokio::spawn(scenario(site.clone())).await;
    site.remove().await;
    if let Err(error) = outcome {
        std::panic::resume_unwind(error.into_panic());
    }
}

fn postgres_url() -> String {
    std::env::var("TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "TEST_POSTGRES_URL is not set. Run the tests through scripts/with-postgres.sh, or set it \
             to a server where databases may be made: postgres://postgres@127.0.0.1:5432/postgres"
        )
    })
}

impl Site {
    async fn open(engine: Engine) -> Self {
        let name = format!("jht_test_{}", Uuid::new_v4().simple());
        let folder = std::env::temp_dir().join(&name);
        let database_url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.join("test.db").display()),
            Engine::Postgres => {
                let server = postgres_url();
                on_server(&format!("CREATE DATABASE {name}")).await;
                let (host, _) = server.rsplit_once('/').unwrap();
                format!("{host}/{name}")
            }
        };
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            engine,
            folder,
            database_url,
            name,
        }
    }

    async fn remove(&self) {
        if self.engine == Engine::Postgres {
            on_server(&format!(
                "DROP DATABASE IF EXISTS {} WITH (FORCE)",
                self.name
            ))
            .await;
        }
        // What a server that was dropped had under way may be at its end only now.
        let mut tries = 100;
        while let Err(error) = std::fs::remove_dir_all(&self.folder) {
            assert!(tries > 0, "{}: {error}", self.folder.display());
            tries -= 1;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Starts the server with limits that no scenario reaches.
    pub async fn start(&self) -> TestApp {
        self.start_with(&[
            ("--limit-mails-per-address", "1000000"),
            ("--limit-mails-per-client", "1000000"),
            ("--limit-verifications", "1000000"),
        ])
        .await
    }

    /// Starts the server with these settings besides the database, the folders and the address.
    pub async fn start_with(&self, settings: &[(&str, &str)]) -> TestApp {
        self.start_by(Clock::default(), settings).await
    }

    /// Starts the server at this moment, at which its clock stands until it is moved.
    pub async fn start_at(&self, at: Timestamp, settings: &[(&str, &str)]) -> TestApp {
        self.start_by(Clock::still(at), settings).await
    }

    async fn start_by(&self, clock: Clock, settings: &[(&str, &str)]) -> TestApp {
        watch::install();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = self.config(address, settings);
        let options = http::leptos_options(&config).unwrap();
        let state = AppState::start(config, clock.clone()).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = http::serve(state.clone(), options, listener, async {
            _ = stopped.await;
        });
        let app = TestApp {
            site: self.clone(),
            base: format!("http://{address}"),
            clock,
            state,
            stop,
            serving: tokio::spawn(async { serving.await.unwrap() }),
        };
        // Once it answers, what the server does by itself at the start is over: a test that sends mails before
        // would have its claims ended.
        app.browser()
            .raw(reqwest::Method::GET, "/healthz")
            .await
            .is(200);
        app
    }

    fn config(&self, address: SocketAddr, settings: &[(&str, &str)]) -> Config {
        let mut all = BTreeMap::from([
            ("--database-url", self.database_url.clone()),
            ("--public-url", format!("http://{address}")),
            ("--data-dir", self.folder.display().to_string()),
            (
                "--mail-url",
                format!("file:{}", self.mail_folder().display()),
            ),
        ]);
        all.extend(
            settings
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        let arguments = all
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value]);
        let start = ["job-hunt-tracker".to_owned(), "serve".to_owned()];
        match Cli::try_parse_from(start.into_iter().chain(arguments))
            .unwrap()
            .command
        {
            Command::Serve(config) => config,
            other => panic!("{other:?}"),
        }
    }

    /// Where the server puts mails.
    pub fn mail_folder(&self) -> PathBuf {
        self.folder.join("mail")
    }

    /// The newest mail to `address`, which must be there.
    pub fn mail_to(&self, address: &str) -> Mail {
        self.mails_to(address)
            .pop()
            .unwrap_or_else(|| panic!("no mail to {address}"))
    }

    /// The files of all mails, oldest first: their names start with the time.
    fn mail_files(&self) -> Vec<PathBuf> {
        let Ok(folder) = std::fs::read_dir(self.mail_folder()) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = folder
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        files.sort();
        files
    }

    /// The sign-in mails to `address`, oldest first. One whose file is still being written is waited for.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let mut files = self.mail_files();
        let to = format!("To: {}\r\n", address.to_lowercase());
        files.retain(|path| !is_letter(&std::fs::read_to_string(path).unwrap()));
        files
            .into_iter()
            .filter_map(|path| {
                let read = || {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let whole = text.contains("\r\n\r\n").then(|| Mail::read(&text))??;
                    Some((text, whole))
                };
                let mut tries = 0..100;
                let (text, mail) = loop {
                    if let Some(whole) = read() {
                        break whole;
                    }
                    let more = tries.next().is_some();
                    assert!(more, "{} is no mail of ours", path.display());
                    std::thread::sleep(std::time::Duration::from_millis(10));
                };
                text.contains(&to).then_some(mail)
            })
            .collect()
    }

    /// The mails about reminders to `address`, as they were written, oldest first.
    pub fn letters_to(&self, address: &str) -> Vec<String> {
        let to = format!("To: {}\r\n", address.to_lowercase());
        let files = self.mail_files();
        let letters = files
            .iter()
            .map(|path| std::fs::read_to_string(path).unwrap());
        letters
            .filter(|text| is_letter(text) && text.contains(&to))
            .collect()
    }

    /// The part of a mail that is plain text.
    pub fn text_of(&self, mail: &str) -> String {
        part(mail, "text/plain")
    }

    /// The calendar file of a mail.
    pub fn file_of(&self, mail: &str) -> String {
        part(mail, "text/calendar")
    }

    /// Somebody who is signed in at `app`, whose mails nobody reads.
    pub async fn signed_in(&self, app: &TestApp, email: &str) -> User {
        let reads = self.start().await;
        let user = reads.sign_in(email).await;
        let body = json!({ "session_timeout_mins": 43_200, "timezone": "Europe/Berlin" });
        user.patch("/settings", 1, &body).await.is(200);
        reads.stop().await;
        user.at(app)
    }

    /// A copy of the database, of which no server is running.
    pub async fn copy(&self) -> Backup {
        let name = format!("{}_copy", self.name);
        match self.engine {
            Engine::Sqlite => {
                std::fs::copy(self.folder.join("test.db"), self.folder.join(&name)).unwrap();
            }
            Engine::Postgres => {
                on_server(&format!("CREATE DATABASE {name} TEMPLATE {}", self.name)).await;
            }
        }
        Backup(name)
    }

    /// Sets the database back to a copy, while no server is running. The rest of the folder stays as it is.
    pub async fn set_back_to(&self, copy: Backup) {
        let Backup(name) = copy;
        match self.engine {
            Engine::Sqlite => {
                std::fs::rename(self.folder.join(name), self.folder.join("test.db")).unwrap();
            }
            Engine::Postgres => {
                let now = &self.name;
                on_server(&format!("DROP DATABASE {now} WITH (FORCE)")).await;
                on_server(&format!("ALTER DATABASE {name} RENAME TO {now}")).await;
            }
        }
    }

    /// Runs a statement past the server.
    pub async fn execute(&self, sql: &str) {
        match self.engine {
            Engine::Sqlite => {
                let mut conn = self.sqlite().await;
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                    .execute(&mut conn)
                    .await
                    .unwrap();
            }
            Engine::Postgres => {
                let mut conn = PgConnection::connect(&self.database_url).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                    .execute(&mut conn)
                    .await
                    .unwrap();
            }
        }
    }

    /// The one number that a query asks for, past the server.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.engine {
            Engine::Sqlite => sqlx::query_scalar(sql)
                .fetch_one(&mut self.sqlite().await)
                .await
                .unwrap(),
            Engine::Postgres => {
                let mut conn = PgConnection::connect(&self.database_url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap()
            }
        }
    }

    /// The pairs of texts that a query asks for, past the server.
    pub async fn pairs(&self, sql: &str) -> Vec<(String, String)> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.engine {
            Engine::Sqlite => sqlx::query_as(sql)
                .fetch_all(&mut self.sqlite().await)
                .await
                .unwrap(),
            Engine::Postgres => {
                let mut conn = PgConnection::connect(&self.database_url).await.unwrap();
                sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap()
            }
        }
    }

    async fn sqlite(&self) -> SqliteConnection {
        SqliteConnection::connect(&self.database_url).await.unwrap()
    }
}

async fn on_server(sql: &str) {
    let mut conn = PgConnection::connect(&postgres_url()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut conn)
        .await
        .unwrap();
}

/// What a sign-in mail brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The address of the link.
    pub link: String,
    /// The `token` in it.
    pub token: String,
    /// The six digits.
    pub code: String,
}

impl Mail {
    /// None where the text has not come to its end.
    fn read(text: &str) -> Option<Self> {
        let text = decode(text);
        // A header may say "http" by chance.
        let path = text.find("/sign-in/verify?token=")?;
        let at = text[..path].rfind("http")?;
        let link = text[at..].split_whitespace().next()?.to_owned();
        let token = link.split_once("?token=")?.1.to_owned();
        let (_, code) = text.split_once("asked for the mail: ")?;
        Some(Self {
            token,
            code: code.get(..6)?.to_owned(),
            link,
        })
    }
}

/// Whether a mail is about reminders.
fn is_letter(text: &str) -> bool {
    text.contains("\r\nList-Unsubscribe: ")
}

/// The first part of a mail of this kind, as it is read.
fn part(mail: &str, kind: &str) -> String {
    let (_, part) = mail
        .split_once(&format!("Content-Type: {kind}"))
        .unwrap_or_else(|| panic!("no {kind} in {mail}"));
    let (head, body) = part.split_once("\r\n\r\n").unwrap();
    let body = body.split("\r\n--").next().unwrap();
    let encoding = head.to_lowercase();
    if encoding.contains("base64") {
        use base64::Engine as _;
        let body: String = body.split_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(body);
        return String::from_utf8(bytes.unwrap()).unwrap();
    }
    if encoding.contains("quoted-printable") {
        let bytes: Vec<u8> = decode(body).chars().map(|c| c as u8).collect();
        return String::from_utf8(bytes).unwrap();
    }
    body.to_owned()
}

/// Undoes quoted-printable (RFC 2045 §6.7).
fn decode(text: &str) -> String {
    let mut decoded = String::new();
    let mut parts = text.split('=');
    decoded.push_str(parts.next().unwrap());
    for part in parts {
        if let Some(rest) = part.strip_prefix("\r\n") {
            decoded.push_str(rest);
        } else if let Some(Ok(byte)) = part.get(..2).map(|hex| u8::from_str_radix(hex, 16)) {
            decoded.push(char::from(byte));
            decoded.push_str(&part[2..]);
        } else {
            decoded.push('=');
            decoded.push_str(part);
        }
    }
    decoded
}

/// A running server, in this process.
pub struct TestApp {
    pub site: Site,
    /// Scheme, host and port.
    pub base: String,
    pub clock: Clock,
    pub state: AppState,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl TestApp {
    /// Stops the server, after what it is answering.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap();
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Client {
        Client::browser(&self.base)
    }

    /// Asks for a sign-in mail, and returns it.
    pub async fn ask(&self, browser: &Client, email: &str) -> Mail {
        browser
            .post("/auth/magic-link", &json!({ "email": email }))
            .await
            .is(202);
        self.site.mail_to(email)
    }

    /// Signs in by the link of a mail.
    pub async fn sign_in(&self, email: &str) -> User {
        sign_in(&self.site, &self.base, email).await
    }
}

/// Signs in at the server at `base` by the link of a mail.
pub async fn sign_in(site: &Site, base: &str, email: &str) -> User {
    let browser = Client::browser(base);
    browser
        .post("/auth/magic-link", &json!({ "email": email }))
        .await
        .is(202);
    let token = site.mail_to(email).token;
    let answer = browser
        .post("/auth/magic-link/verify", &json!({ "token": token }))
        .await
        .is(200);
    let token = browser.cookie("jht_session").unwrap();
    let me = browser.get("/auth/me").await.is(200).json();
    User {
        program: browser.with_bearer(&token),
        csrf: me["csrf_token"].as_str().unwrap().to_owned(),
        id: answer.json()["user"]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap(),
        browser,
        token,
    }
}

/// Somebody who is signed in. Requests go out with the bearer token.
pub struct User {
    program: Client,
    /// The browser that holds the same session as a cookie.
    pub browser: Client,
    /// What the browser must send with unsafe requests.
    pub csrf: String,
    /// The session's JWT.
    pub token: String,
    pub id: Uuid,
}

impl User {
    /// The same session at another server on the same database.
    pub fn at(self, app: &TestApp) -> Self {
        let browser = Client::browser(&app.base);
        Self {
            program: browser.with_bearer(&self.token),
            browser,
            ..self
        }
    }
}

impl Deref for User {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.program
    }
}

/// Notes the SQL statements of every request.
pub mod watch {
    use std::{
        collections::HashMap,
        sync::{Mutex, Once},
    };
    use tracing::{
        Event, Id, Metadata, Subscriber,
        field::{Field, Visit},
        level_filters::LevelFilter,
        span::Attributes,
    };
    use tracing_subscriber::{
        Layer, Registry,
        filter::filter_fn,
        layer::{Context, SubscriberExt},
        registry::LookupSpan,
    };

    static NOTED: Mutex<Option<HashMap<String, Vec<String>>>> = Mutex::new(None);

    /// Starts taking notes. Errors of the server are printed: no scenario expects one.
    pub fn install() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let wanted =
                |what: &Metadata<'_>| what.target() == "sqlx::query" || what.name() == "request";
            let errors = tracing_subscriber::fmt::layer().with_test_writer();
            let subscriber = Registry::default()
                .with(Statements.with_filter(filter_fn(wanted)))
                .with(errors.with_filter(LevelFilter::ERROR));
            tracing::subscriber::set_global_default(subscriber).unwrap();
        });
    }

    /// The statements that the request with this id has run.
    pub fn statements(request_id: &str) -> Vec<String> {
        let noted = NOTED.lock().unwrap();
        let statements = noted.as_ref().and_then(|noted| noted.get(request_id));
        statements.cloned().unwrap_or_default()
    }

    struct Statements;

    struct RequestId(String);

    impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Statements {
        fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
            let mut find = FindId(None);
            attributes.record(&mut find);
            if let (FindId(Some(text)), Some(span)) = (find, context.span(id)) {
                span.extensions_mut().insert(RequestId(text));
            }
        }

        fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
            let mut text = Text(String::new());
            event.record(&mut text);
            // What a new connection begins with: SQLite's settings, the names of PostgreSQL's enums.
            if text.0.contains("PRAGMA") || text.0.contains("pg_catalog") {
                return;
            }
            for span in context.event_scope(event).into_iter().flatten() {
                if let Some(RequestId(id)) = span.extensions().get() {
                    let mut noted = NOTED.lock().unwrap();
                    let statements = noted.get_or_insert_default().entry(id.clone()).or_default();
                    statements.push(text.0.clone());
                }
            }
        }
    }

    struct Text(String);

    impl Visit for Text {
        fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
            self.0.push_str(&format!("{value:?}"));
        }
    }

    struct FindId(Option<String>);

    impl Visit for FindId {
        fn record_str(&mut self, field: &Field, value: &str) {
            if field.name() == "request_id" {
                self.0 = Some(value.to_owned());
            }
        }
        fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
    }
}
