//! The table `calendar_feeds`.

use super::{
    Db, on,
    tenant::{Owner, Tenant, TenantWrite},
};
use crate::domain::{
    activity::Activity, calendar_feed::CalendarReader, reminder::Reminder, time::Timestamp,
};
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

/// An address as it is stored.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct FeedRow {
    /// Stays as long as there is an address.
    pub id: Uuid,
    /// Which address it is, counted from 1.
    pub generation: i64,
    /// Whether it says when alone.
    pub discreet: bool,
    /// Whether mails bring files, too.
    pub attach_too: bool,
    /// When a calendar last read it, to the hour.
    pub last_read_at: Option<Timestamp>,
    /// Which one.
    pub last_agent: Option<CalendarReader>,
}

const COLUMNS: &str = "id, generation, discreet, attach_too, last_read_at, last_agent";

/// The user's address, if there is one.
pub async fn find(tenant: &mut impl Tenant) -> sqlx::Result<Option<FeedRow>> {
    let user_id = tenant.user_id();
    let sql =
        format!("SELECT {COLUMNS} FROM calendar_feeds WHERE user_id = $1 AND revoked_at IS NULL");
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, FeedRow>(AssertSqlSafe(sql))
            .bind(user_id)
            .fetch_optional(conn)
            .await
    })
}

/// Stores a new address. There was none, as was read under the user's lock.
pub async fn insert(tenant: &mut TenantWrite, row: &FeedRow, now: Timestamp) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "INSERT INTO calendar_feeds (user_id, id, generation, discreet, attach_too, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(user_id)
        .bind(row.id)
        .bind(row.generation)
        .bind(row.discreet)
        .bind(row.attach_too)
        .bind(now)
        .execute(conn)
        .await
        .map(drop)
    })
}

/// Stores a changed address.
pub async fn update(tenant: &mut TenantWrite, row: &FeedRow) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "UPDATE calendar_feeds SET generation = $1, discreet = $2, attach_too = $3, \
             last_read_at = $4, last_agent = $5 WHERE user_id = $6 AND id = $7",
        )
        .bind(row.generation)
        .bind(row.discreet)
        .bind(row.attach_too)
        .bind(row.last_read_at)
        .bind(row.last_agent)
        .bind(user_id)
        .bind(row.id)
        .execute(conn)
        .await
        .map(drop)
    })
}

/// The address is over.
pub async fn revoke(tenant: &mut TenantWrite, now: Timestamp) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "UPDATE calendar_feeds SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL",
        )
        .bind(now)
        .bind(user_id)
        .execute(conn)
        .await
        .map(drop)
    })
}

/// Entries of a feed, at most: what calendars can bear.
const MOST: i64 = 5000;

/// The activities that were not called off and begin at `from` or later: where they are too many, those that come
/// first after `now`.
pub async fn activities(
    tenant: &mut impl Tenant,
    from: Timestamp,
    now: Timestamp,
) -> sqlx::Result<Vec<Activity>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("SELECT ");
        sql.push(super::rows::columns::<Activity>())
            .push(" FROM activities WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND status <> 'canceled' AND starts_at >= ")
            .push_bind(from)
            .push(" ORDER BY starts_at < ")
            .push_bind(now)
            .push(", starts_at, id LIMIT ")
            .push_bind(MOST);
        sql.build_query_as().fetch_all(conn).await
    })
}

/// The reminders for a calendar that are due at `from` or later and were neither called off nor deleted: where they
/// are too many, those that come first after `now`.
pub async fn reminders(
    tenant: &mut impl Tenant,
    from: Timestamp,
    now: Timestamp,
) -> sqlx::Result<Vec<Reminder>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("SELECT ");
        sql.push(super::rows::columns::<Reminder>())
            .push(" FROM reminders WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND canceled_at IS NULL AND due_at >= ")
            .push_bind(from)
            // As each engine stores a list.
            .push(match <DB as sqlx::Database>::NAME {
                "SQLite" => " AND channels LIKE '%\"calendar\"%'",
                _ => " AND 'calendar' = ANY(channels)",
            })
            .push(" ORDER BY due_at < ")
            .push_bind(now)
            .push(", due_at, id LIMIT ")
            .push_bind(MOST);
        sql.build_query_as().fetch_all(conn).await
    })
}

impl Db {
    /// Whose address `id` is, as long as there is one.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn owner_of_feed(&self, id: Uuid) -> sqlx::Result<Option<Owner>> {
        let mut conn = self.read().await?;
        let user_id: Option<Uuid> = on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Uuid>(
                "SELECT user_id FROM calendar_feeds WHERE id = $1 AND revoked_at IS NULL",
            )
            .bind(id)
            .fetch_optional(conn)
            .await
        })?;
        Ok(user_id.map(Owner::vouched))
    }
}
