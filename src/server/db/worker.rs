//! What the worker remembers: the one row of the table `worker`.

use super::{Db, on};
use crate::domain::time::Timestamp;

impl Db {
    /// The version of the zone rules that every planned start follows; empty before the first.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn zone_rules(&self) -> sqlx::Result<String> {
        let mut conn = self.read().await?;
        on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, String>("SELECT zone_rules FROM worker")
                .fetch_one(conn)
                .await
        })
    }

    /// Every planned start follows the rules of this version.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn set_zone_rules(&self, version: &str) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        let version = version.to_owned();
        on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>("UPDATE worker SET zone_rules = $1")
                .bind(version)
                .execute(conn)
                .await
                .map(drop)
        })?;
        tx.commit().await
    }
}

/// What all instances know of the worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Watch {
    /// When it was last looked for what is due, to the hour.
    pub last_scan_at: Option<Timestamp>,
    /// Until then no reminder is mailed.
    pub held_until: Option<Timestamp>,
}

impl Db {
    /// When it was last looked for what is due, and whether mails are held.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn watch(&self) -> sqlx::Result<Watch> {
        let mut conn = self.read().await?;
        on!(conn.link(), |conn: DB| {
            sqlx::query_as::<DB, Watch>("SELECT last_scan_at, held_until FROM worker")
                .fetch_one(conn)
                .await
        })
    }

    /// It was looked for what is due.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn note_scan(&self, at: Timestamp) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>("UPDATE worker SET last_scan_at = $1")
                .bind(at)
                .execute(conn)
                .await
                .map(drop)
        })?;
        tx.commit().await
    }

    /// No reminder is mailed until then; none holds nothing.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn hold_mails(&self, until: Option<Timestamp>) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>("UPDATE worker SET held_until = $1")
                .bind(until)
                .execute(conn)
                .await
                .map(drop)
        })?;
        tx.commit().await
    }
}
