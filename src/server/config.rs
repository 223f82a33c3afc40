//! Settings from the environment or the command line, parsed once; a wrong one stops the start
//! with a line that names it.

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, error::ContextKind};
use std::{ffi::OsStr, net::SocketAddr, path::PathBuf, str::FromStr};

/// Tracks a whole job hunt: the server and its tools.
#[derive(Debug, Parser)]
#[command(name = "job-hunt-tracker", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// What this process was started with: arguments and environment. A variable that is empty is as good as
    /// none: so files of settings write what is not set. Where it is of a secret, that is missing, and said: to
    /// start with another database or key would be worse.
    ///
    /// # Errors
    /// When they make no sense, or ask for no more than help.
    pub fn of_process() -> Result<Self, clap::Error> {
        let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
        let command = without(Self::command(), &is_empty);
        Self::from_arg_matches(&command.try_get_matches()?)
    }

    /// What is wrong with the arguments, in one line. A setting is named as in the environment, and
    /// its value is not shown: it may be a secret.
    pub fn complaint(error: &clap::Error) -> String {
        if let Some(argument) = error.get(ContextKind::InvalidArg)
            && let Some(name) = argument.to_string().split_whitespace().next()
            && error.get(ContextKind::InvalidValue).is_some()
        {
            let why = match (
                std::error::Error::source(error),
                error.get(ContextKind::ValidValue),
            ) {
                (Some(why), _) => why.to_string(),
                (None, Some(values)) => format!("expected one of {values}"),
                (None, None) => "this value does not fit".into(),
            };
            let name = variable(name.trim_start_matches('-')).unwrap_or_else(|| name.to_owned());
            return format!("{name}: {why}");
        }
        let text = error.to_string();
        text.lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned()
    }
}

/// The same command, without the variables that `is_empty`.
fn without(command: clap::Command, is_empty: &dyn Fn(&OsStr) -> bool) -> clap::Command {
    command
        .mut_args(|argument| match argument.get_env() {
            Some(name) if !argument.is_hide_env_values_set() && is_empty(name) => {
                argument.env(None::<&str>)
            }
            _ => argument,
        })
        .mut_subcommands(|command| without(command, is_empty))
}

/// The environment variable behind a long argument.
fn variable(long: &str) -> Option<String> {
    let command = Cli::command();
    let mut arguments = command
        .get_subcommands()
        .flat_map(|command| command.get_arguments());
    let argument = arguments.find(|argument| argument.get_long() == Some(long))?;
    argument
        .get_env()
        .map(|name| name.to_string_lossy().into_owned())
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the app.
    Serve(Config),
    /// Bring the database's schema up to date, and stop.
    Migrate(Config),
    /// Look at the mails about reminders, and say what becomes of them. The server may run meanwhile.
    Deliveries(DeliveriesArgs),
    /// Load a demo user with applications over all statuses. Doing it again adds nothing.
    Seed(SeedArgs),
}

/// What `deliveries` does.
#[derive(Debug, Args)]
pub struct DeliveriesArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: Deliveries,
}

/// What becomes of mails.
#[derive(Debug, Subcommand)]
pub enum Deliveries {
    /// List the mails that wait and those that were given up, the newest first.
    List {
        /// All, those that are over too.
        #[arg(long)]
        all: bool,
        /// The rest.
        #[command(flatten)]
        config: Config,
    },
    /// Show one.
    Show(MailArgs),
    /// Try one anew that was given up.
    Retry(MailArgs),
    /// Do not send one.
    Drop(MailArgs),
    /// Send what was held since the start.
    Resume(Config),
}

impl Deliveries {
    /// The settings.
    pub fn config(&self) -> &Config {
        match self {
            Self::List { config, .. } | Self::Resume(config) => config,
            Self::Show(mail) | Self::Retry(mail) | Self::Drop(mail) => &mail.config,
        }
    }
}

/// Which mail.
#[derive(Debug, Args)]
pub struct MailArgs {
    /// Its id, as `deliveries list` shows it.
    pub id: uuid::Uuid,
    /// The rest.
    #[command(flatten)]
    pub config: Config,
}

/// How `seed` does it.
#[derive(Debug, Args)]
pub struct SeedArgs {
    /// Whose account to fill.
    #[arg(long, env = "SEED_EMAIL", default_value = "demo@example.com")]
    pub email: crate::domain::user::Email,
    /// How many applications to make instead of the ten of the demo, for measuring.
    #[arg(long)]
    pub count: Option<u32>,
    /// The rest.
    #[command(flatten)]
    pub config: Config,
}

/// Every setting. See the table in the README.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`; an SQLite file in the data folder when absent.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
    /// Where people reach the app; links in mails start with it.
    #[arg(long, env = "PUBLIC_URL", default_value = "http://127.0.0.1:3000")]
    pub public_url: PublicUrl,
    /// The address to listen on; 127.0.0.1:3000 when neither this nor `Leptos.toml` says.
    #[arg(long, env = "LEPTOS_SITE_ADDR")]
    pub site_addr: Option<SocketAddr>,
    /// The address at which `/metrics` tells, to whoever can reach it, what is counted: an internal one. Nowhere
    /// when absent.
    #[arg(long, env = "METRICS_ADDR")]
    pub metrics_addr: Option<SocketAddr>,
    /// The folder of the built site; `target/site` when neither this nor `Leptos.toml` says.
    #[arg(long, env = "LEPTOS_SITE_ROOT")]
    pub site_root: Option<PathBuf>,
    /// Signs sessions: at least 32 characters. Made once under the data folder when absent.
    #[arg(long, env = "SECRET_KEY", hide_env_values = true)]
    pub secret_key: Option<SecretKey>,
    /// The folder for the database, the key and mails when nothing else is said.
    #[arg(long, env = "DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// `file:DIR`, `smtp://[user:password@]host[:port]`, `smtps://…`, `resend://KEY` or `sendgrid://KEY`; the
    /// folder `mail` in the data folder when absent.
    #[arg(long, env = "MAIL_URL", hide_env_values = true)]
    pub mail_url: Option<MailUrl>,
    /// The sender of every mail.
    #[arg(
        long,
        env = "MAIL_FROM",
        default_value = "Job Hunt Tracker <tracker@localhost>"
    )]
    pub mail_from: lettre::message::Mailbox,
    /// Whom to tell, once an hour at most, of mails about reminders that were given up.
    #[arg(long, env = "OPERATOR_EMAIL")]
    pub operator_email: Option<crate::domain::user::Email>,
    /// Whether mails about reminders wait after the start, until `deliveries resume` or for an hour: after a
    /// restored backup, say.
    #[arg(long, env = "HOLD_DELIVERIES", default_value_t = false, action = clap::ArgAction::Set)]
    pub hold_deliveries: bool,
    /// `text` or `json`.
    #[arg(long, env = "LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Whether the last `X-Forwarded-For` address is the client's. Only behind a proxy that sets it.
    #[arg(long, env = "TRUST_PROXY", default_value_t = false, action = clap::ArgAction::Set)]
    pub trust_proxy: bool,
    /// Sign-in mails an hour to one address.
    #[arg(long, env = "LIMIT_SIGN_IN_MAILS_PER_ADDRESS", default_value = "5")]
    pub limit_mails_per_address: std::num::NonZeroU32,
    /// Sign-in mails an hour asked for by one client.
    #[arg(long, env = "LIMIT_SIGN_IN_MAILS_PER_CLIENT", default_value = "20")]
    pub limit_mails_per_client: std::num::NonZeroU32,
    /// Tries a minute to use a sign-in link or code, by one client.
    #[arg(long, env = "LIMIT_VERIFICATIONS_PER_CLIENT", default_value = "10")]
    pub limit_verifications: std::num::NonZeroU32,
    /// Changes of reminders a minute, by one user.
    #[arg(long, env = "LIMIT_REMINDER_WRITES_PER_USER", default_value = "120")]
    pub limit_reminder_writes: std::num::NonZeroU32,
    /// Changes of reminders a minute, by one client.
    #[arg(long, env = "LIMIT_REMINDER_WRITES_PER_CLIENT", default_value = "600")]
    pub limit_reminder_writes_per_client: std::num::NonZeroU32,
}

impl Config {
    /// The database: what was set, else a file in the data folder.
    pub fn database(&self) -> DatabaseUrl {
        self.database_url
            .clone()
            .unwrap_or_else(|| DatabaseUrl::Sqlite(self.data_dir.join("job-hunt-tracker.db")))
    }

    /// How mail leaves: what was set, else into a folder in the data folder.
    pub fn mail(&self) -> MailUrl {
        self.mail_url
            .clone()
            .unwrap_or_else(|| MailUrl::File(self.data_dir.join("mail")))
    }

    /// What no single value can tell.
    ///
    /// # Errors
    /// A line that names the setting.
    pub fn check(&self) -> Result<(), String> {
        if matches!(self.mail(), MailUrl::File(_)) && !self.public_url.is_loopback() {
            return Err(format!(
                "MAIL_URL: file: prints sign-in links in the log, so it is for a loopback PUBLIC_URL only, not {}; give smtp:// or smtps://",
                self.public_url
            ));
        }
        Ok(())
    }
}

/// Which database engine, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            let path = path.split('?').next().unwrap_or(path);
            if path.is_empty() || path == ":memory:" {
                return Err("name a file, such as sqlite:data/job-hunt-tracker.db".into());
            }
            Ok(Self::Sqlite(path.into()))
        } else if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Ok(Self::Postgres(text.to_owned()))
        } else {
            Err("expected sqlite:PATH or postgres://…".into())
        }
    }
}

impl DatabaseUrl {
    /// What is wrong with it for whoever looks at a database that is there: it would be made, empty.
    ///
    /// # Errors
    /// A line that names the setting, and the file that is not there.
    pub fn must_be_there(&self) -> Result<(), String> {
        match self {
            Self::Sqlite(path) if !path.exists() => Err(format!(
                "DATABASE_URL: there is no database at {}",
                path.display()
            )),
            _ => Ok(()),
        }
    }
}

/// An origin: scheme, host and port, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    authority: http::uri::Authority,
    https: bool,
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: http::Uri = text.parse().map_err(|error| format!("{error}"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("expected http://HOST or https://HOST".into()),
        };
        let authority = uri.authority().ok_or("expected a host")?.clone();
        if uri.path_and_query().is_some_and(|path| path != "/") {
            return Err("the app lives at the root of its host: leave the path off".into());
        }
        Ok(Self {
            origin: format!("{}://{authority}", if https { "https" } else { "http" }),
            authority,
            https,
        })
    }
}

impl PublicUrl {
    /// Whether people come by HTTPS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether it can be reached from this machine alone.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.authority.host())
    }

    /// The host alone.
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// Host and port.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// Scheme, host and port, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// Whether a host is this machine.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.origin)
    }
}

/// A provider that takes mails by SMTP under an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relay {
    /// Resend.
    Resend,
    /// Twilio SendGrid.
    SendGrid,
}

impl Relay {
    /// All of them, with how [`MailUrl`] names them.
    pub const ALL: [(&str, Self); 2] = [("resend", Self::Resend), ("sendgrid", Self::SendGrid)];
}

/// How mail leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailUrl {
    /// As `.eml` files in a folder.
    File(PathBuf),
    /// By SMTP; lettre reads the address.
    Smtp(String),
    /// By a provider, under a key.
    Relay {
        /// Which.
        relay: Relay,
        /// The key.
        key: String,
        /// Another server than its usual one, as `host` or `host:port`.
        server: Option<String>,
    },
}

impl FromStr for MailUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(folder) = text.strip_prefix("file:") {
            if folder.is_empty() {
                return Err("name a folder, such as file:data/mail".into());
            }
            return Ok(Self::File(folder.into()));
        }
        if text.starts_with("smtp://") || text.starts_with("smtps://") {
            return Ok(Self::Smtp(text.to_owned()));
        }
        for (name, relay) in Relay::ALL {
            let Some(rest) = text
                .strip_prefix(name)
                .and_then(|it| it.strip_prefix("://"))
            else {
                continue;
            };
            let (key, server) = match rest.split_once("?server=") {
                Some((key, server)) => (key, Some(server.to_owned())),
                None => (rest, None),
            };
            let is_host = |server: &String| {
                !server.is_empty()
                    && !server.contains(['/', '@', '?', '#'])
                    && !server.contains(char::is_whitespace)
            };
            if key.is_empty() || !server.iter().all(is_host) {
                return Err(format!(
                    "expected {name}://KEY, or {name}://KEY?server=HOST"
                ));
            }
            return Ok(Self::Relay {
                relay,
                key: key.to_owned(),
                server,
            });
        }
        Err("expected file:DIR, smtp://HOST, smtps://HOST, resend://KEY or sendgrid://KEY".into())
    }
}

/// The secret from which signing keys are derived.
#[derive(Clone)]
pub struct SecretKey(String);

impl SecretKey {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl FromStr for SecretKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().len() < 32 {
            return Err("at least 32 characters".into());
        }
        Ok(Self(text.trim().to_owned()))
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("expected text or json".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_urls_name_an_engine() {
        assert_eq!(
            "sqlite:data/x.db".parse(),
            Ok(DatabaseUrl::Sqlite("data/x.db".into()))
        );
        assert_eq!(
            "sqlite:///tmp/x.db".parse(),
            Ok(DatabaseUrl::Sqlite("/tmp/x.db".into()))
        );
        assert!("mysql://x".parse::<DatabaseUrl>().is_err());
        assert!("sqlite::memory:".parse::<DatabaseUrl>().is_err());
    }

    #[test]
    fn a_provider_is_named_with_its_key() {
        let relay = |relay, key: &str, server: Option<&str>| MailUrl::Relay {
            relay,
            key: key.to_owned(),
            server: server.map(ToOwned::to_owned),
        };
        for (text, expected) in [
            ("resend://re_A1", relay(Relay::Resend, "re_A1", None)),
            ("sendgrid://SG.a-B", relay(Relay::SendGrid, "SG.a-B", None)),
            (
                "sendgrid://SG.a?server=smtp.eu.sendgrid.net",
                relay(Relay::SendGrid, "SG.a", Some("smtp.eu.sendgrid.net")),
            ),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in [
            "resend://",
            "resend:re_A1",
            "sendgrid://k?server=",
            "postmark://k",
        ] {
            assert!(text.parse::<MailUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn links_in_a_log_are_for_loopback_alone() {
        let parse = |args: &[&str]| {
            let Cli {
                command: Command::Serve(config),
            } = Cli::try_parse_from([&["x", "serve"], args].concat()).unwrap()
            else {
                unreachable!()
            };
            config
        };
        assert!(parse(&["--mail-url", "file:m"]).check().is_ok());
        let public = parse(&[
            "--mail-url",
            "file:m",
            "--public-url",
            "https://hunt.example.com",
        ]);
        assert!(public.check().unwrap_err().starts_with("MAIL_URL"));
        let smtp = parse(&[
            "--mail-url",
            "smtp://localhost",
            "--public-url",
            "https://hunt.example.com",
        ]);
        assert!(smtp.check().is_ok());
    }

    #[test]
    fn a_public_url_is_an_origin() {
        let url: PublicUrl = "https://hunt.example.com/".parse().unwrap();
        assert_eq!(url.origin(), "https://hunt.example.com");
        assert!(url.is_https() && !url.is_loopback());
        assert!(
            "http://[::1]:3000"
                .parse::<PublicUrl>()
                .unwrap()
                .is_loopback()
        );
        assert!("https://x.example/app".parse::<PublicUrl>().is_err());
        assert!("hunt.example.com".parse::<PublicUrl>().is_err());
    }
}
