//! What the worker remembers: the one row of the table `worker`.

use super::{Db, on};

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
