//! Storage: one set of functions over SQLite and PostgreSQL. SQL stands in this folder and nowhere
//! else.

pub mod accounts;
pub mod activities;
pub mod analytics;
pub mod applications;
pub mod calendar_feeds;
mod due;
pub mod mail_claims;
pub mod mail_files;
pub mod mails;
pub mod mutations;
pub mod reminders;
pub mod rows;
pub mod settings;
pub mod stage_events;
pub mod sync;
pub mod tenant;
mod together;
pub mod tombstones;
pub mod worker;

pub use due::Due;
pub use together::Together;

use super::config::DatabaseUrl;
use crate::domain::{
    error::{Problem, ProblemKind},
    time::Timestamp,
};
use sqlx::{
    ConnectOptions, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool,
    Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{str::FromStr, sync::Arc, time::Duration};
use uuid::Uuid;

/// The open database.
#[derive(Clone, Debug)]
pub enum Db {
    /// An SQLite file: one connection that writes, several that read.
    Sqlite {
        /// Reads only.
        reader: SqlitePool,
        /// One connection: SQLite has one writer anyway, and waiting here is fair.
        writer: SqlitePool,
        /// Which process this is to the histories that it writes.
        run: Uuid,
        /// When there is something to do.
        due: Arc<Due>,
        /// What is committed together.
        together: Arc<Together>,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Reads and writes.
        pool: PgPool,
        /// As above.
        run: Uuid,
        /// As above.
        due: Arc<Due>,
        /// As above.
        together: Arc<Together>,
    },
}

/// A connection of either engine, for reading.
pub enum Conn {
    /// SQLite.
    Sqlite(PoolConnection<Sqlite>),
    /// PostgreSQL.
    Postgres(PoolConnection<Postgres>),
}

/// A transaction of either engine. Dropped without a commit, it rolls back.
pub enum Tx {
    /// SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// Where a statement runs.
pub enum Link<'c> {
    /// SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// PostgreSQL.
    Postgres(&'c mut PgConnection),
}

impl Conn {
    /// Where its statements run.
    pub fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(conn) => Link::Sqlite(conn),
            Self::Postgres(conn) => Link::Postgres(conn),
        }
    }
}

impl Tx {
    /// Where its statements run.
    pub fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(tx) => Link::Sqlite(tx),
            Self::Postgres(tx) => Link::Postgres(tx),
        }
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

/// Expands `$body` once for each engine, with `$conn` as the connection and `$DB` as the engine's
/// type. Statements name their placeholders `$1`, which both engines read.
macro_rules! on {
    ($link:expr, |$conn:ident: $DB:ident| $body:expr) => {
        match $link {
            $crate::server::db::Link::Sqlite($conn) => {
                #[allow(dead_code)]
                type $DB = sqlx::Sqlite;
                $body
            }
            $crate::server::db::Link::Postgres($conn) => {
                #[allow(dead_code)]
                type $DB = sqlx::Postgres;
                $body
            }
        }
    };
}
pub(crate) use on;

/// Clocks that differ by less are as good as the same.
const CLOCKS_MAY_DIFFER_BY: chrono::Duration = chrono::Duration::seconds(30);

impl Db {
    /// Opens the database; an SQLite file is made where none is.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn connect(url: &DatabaseUrl) -> sqlx::Result<Self> {
        let run = Uuid::new_v4();
        let (due, together) = (Arc::default(), Arc::default());
        match url {
            DatabaseUrl::Sqlite(path) => {
                if let Some(folder) = path
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty())
                {
                    std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
                }
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .foreign_keys(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // An acknowledged commit survives a power cut.
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(Duration::from_secs(10))
                    .optimize_on_close(true, 400)
                    // For searching: the case of all scripts.
                    .with_regexp()
                    // Each row that waits here is one less change of threads.
                    .row_buffer_size(1_000)
                    .log_slow_statements(tracing_level(), Duration::from_millis(250));
                // What one writes after another, such as what falls due for many at one moment, changes the same
                // pages again and again: 16 MB of them stay at hand, and go into the file by the 16 MB.
                let writing = options
                    .clone()
                    .pragma("cache_size", "-16000")
                    .pragma("wal_autocheckpoint", "4000")
                    .pragma("temp_store", "memory");
                let writer = SqlitePoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(Duration::from_secs(15))
                    .connect_with(writing)
                    .await?;
                let reader = SqlitePoolOptions::new()
                    .max_connections(8)
                    .connect_with(options.read_only(true).create_if_missing(false))
                    .await?;
                Ok(Self::Sqlite {
                    reader,
                    writer,
                    run,
                    due,
                    together,
                })
            }
            DatabaseUrl::Postgres(url) => {
                let options = PgConnectOptions::from_str(url)?
                    .application_name("job-hunt-tracker")
                    .log_slow_statements(tracing_level(), Duration::from_millis(250));
                let pool = PgPoolOptions::new()
                    .max_connections(20)
                    .acquire_timeout(Duration::from_secs(15))
                    .connect_with(options)
                    .await?;
                Ok(Self::Postgres {
                    pool,
                    run,
                    due,
                    together,
                })
            }
        }
    }

    /// Brings the schema up to date. The migrations are inside the binary.
    ///
    /// # Errors
    /// When a migration fails, or one that ran before has changed since.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        match self {
            Self::Sqlite { writer, .. } => {
                // Under the write lock: of two processes that start at once the second finds all done.
                let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                let migrator = sqlx::migrate!("migrations/sqlite");
                migrator.run_direct(None, &mut *tx, false).await?;
                tx.commit().await?;
                Ok(())
            }
            Self::Postgres { pool, .. } => sqlx::migrate!("migrations/postgres").run(pool).await,
        }
    }

    /// A connection to read from.
    ///
    /// # Errors
    /// When none is to be had.
    pub async fn read(&self) -> sqlx::Result<Conn> {
        match self {
            Self::Sqlite { reader, .. } => reader.acquire().await.map(Conn::Sqlite),
            Self::Postgres { pool, .. } => pool.acquire().await.map(Conn::Postgres),
        }
    }

    /// A transaction to write in. On SQLite it takes the write lock at once.
    ///
    /// # Errors
    /// When none is to be had.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        match self {
            Self::Sqlite { writer, .. } => {
                writer.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite)
            }
            Self::Postgres { pool, .. } => pool.begin().await.map(Tx::Postgres),
        }
    }

    /// Which process this is to the histories that it writes: another one after each start.
    pub(super) fn run(&self) -> Uuid {
        match self {
            Self::Sqlite { run, .. } | Self::Postgres { run, .. } => *run,
        }
    }

    /// When there is something to do, as those who write say.
    pub fn due(&self) -> &Arc<Due> {
        match self {
            Self::Sqlite { due, .. } | Self::Postgres { due, .. } => due,
        }
    }

    /// What is committed together.
    fn together(&self) -> &Together {
        match self {
            Self::Sqlite { together, .. } | Self::Postgres { together, .. } => together,
        }
    }

    /// Whether the database answers and its schema is ours.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ready(&self) -> sqlx::Result<()> {
        let mut conn = self.read().await?;
        on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, i64>("SELECT COUNT(*) FROM _sqlx_migrations WHERE success")
                .fetch_one(conn)
                .await
        })
        .and_then(|applied| {
            if applied > 0 {
                Ok(())
            } else {
                Err(sqlx::Error::RowNotFound)
            }
        })
    }

    /// By how much `now` is ahead of the clock of the database's machine, where that is another one and they
    /// differ by more than half a minute; less than nothing where it is behind.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn clock_off_by(&self, now: Timestamp) -> sqlx::Result<Option<chrono::Duration>> {
        let Self::Postgres { pool, .. } = self else {
            return Ok(None);
        };
        let theirs: Timestamp = sqlx::query_scalar("SELECT clock_timestamp()")
            .fetch_one(pool)
            .await?;
        let off = now - theirs;
        Ok((off.abs() > CLOCKS_MAY_DIFFER_BY).then_some(off))
    }

    /// Closes every connection, after what they are doing.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { reader, writer, .. } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

fn tracing_level() -> log::LevelFilter {
    log::LevelFilter::Warn
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                tracing::error!(%error, "the database does not answer");
                let mut problem = Self::new(
                    ProblemKind::Unavailable,
                    "The database does not answer. Try again.",
                );
                problem.retry_after = Some(2);
                problem
            }
            error => {
                tracing::error!(%error, "a statement failed");
                Self::new(ProblemKind::Internal, "Nothing was changed. Try again.")
            }
        }
    }
}
