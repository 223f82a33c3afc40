//! The table `activities`.

use super::{
    on,
    rows::{After, Table, columns},
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{
    activity::Activity,
    filter::ActivityQuery,
    time::{Timestamp, ZoneName},
};
use chrono::NaiveDateTime;
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

impl Table for Activity {
    const TABLE: &'static str = "activities";

    fn id(&self) -> Uuid {
        self.id
    }
}

/// The activities of an application, oldest first: those after `after`, at most `limit`.
pub async fn of_application(
    tenant: &mut impl Tenant,
    application: Uuid,
    after: Option<After>,
    limit: i64,
) -> sqlx::Result<Vec<Activity>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("SELECT ");
        sql.push(columns::<Activity>())
            .push(" FROM activities WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND application_id = ")
            .push_bind(application);
        if let Some(after) = after {
            sql.push(" AND (created_at, id) > (")
                .push_bind(after.key)
                .push(", ")
                .push_bind(after.id)
                .push(")");
        }
        sql.push(" ORDER BY created_at, id LIMIT ").push_bind(limit);
        sql.build_query_as().fetch_all(conn).await
    })
}

/// Activities that have a start and fit `query`, the earliest first: those after `after`, at most
/// `limit`.
pub async fn starting(
    tenant: &mut impl Tenant,
    query: &ActivityQuery,
    after: Option<After>,
    limit: i64,
) -> sqlx::Result<Vec<Activity>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("SELECT ");
        sql.push(columns::<Activity>())
            .push(" FROM activities WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND starts_at IS NOT NULL");
        if let Some(from) = query.from {
            sql.push(" AND starts_at >= ").push_bind(from);
        }
        if let Some(to) = query.to {
            sql.push(" AND starts_at < ").push_bind(to);
        }
        if let Some(status) = query.status {
            sql.push(" AND status = ").push_bind(status);
        }
        if let Some(kind) = query.r#type {
            sql.push(" AND type = ").push_bind(kind);
        }
        if let Some(after) = after {
            sql.push(" AND (starts_at, id) > (")
                .push_bind(after.key)
                .push(", ")
                .push_bind(after.id)
                .push(")");
        }
        sql.push(" ORDER BY starts_at, id LIMIT ").push_bind(limit);
        sql.build_query_as().fetch_all(conn).await
    })
}

/// Whether the user has any.
pub async fn any(tenant: &mut impl Tenant) -> sqlx::Result<bool> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, bool>(
            "SELECT EXISTS (SELECT 1 FROM activities WHERE user_id = $1)",
        )
        .bind(user_id)
        .fetch_one(conn)
        .await
    })
}

/// Activities that ask for something, planned ones first, the earliest of each first; at most `limit`.
pub async fn open(tenant: &mut impl Tenant, limit: i64) -> sqlx::Result<Vec<Activity>> {
    let user_id = tenant.user_id();
    let columns = columns::<Activity>();
    let sql = format!(
        "SELECT {columns} FROM activities WHERE user_id = $1 AND (status = 'scheduled' OR \
         (status = 'done' AND (next_action_due IS NOT NULL OR reply_deadline IS NOT NULL))) \
         ORDER BY CASE status WHEN 'scheduled' THEN 0 ELSE 1 END, starts_at, id LIMIT $2"
    );
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, Activity>(AssertSqlSafe(sql))
            .bind(user_id)
            .bind(limit)
            .fetch_all(conn)
            .await
    })
}

/// A start that is planned, and what a clock on the wall showed when it was picked.
#[derive(Debug, sqlx::FromRow)]
pub struct Picked {
    /// Of which activity.
    pub id: Uuid,
    /// When it is.
    pub starts_at: Timestamp,
    /// Where that clock is.
    pub timezone: ZoneName,
    /// What it showed.
    pub starts_local: NaiveDateTime,
}

/// The starts after `now` that are planned, by id: those after `after`, at most `limit`.
pub async fn picked(
    tenant: &mut impl Tenant,
    now: Timestamp,
    after: Uuid,
    limit: i64,
) -> sqlx::Result<Vec<Picked>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, Picked>(
            "SELECT id, starts_at, timezone, starts_local FROM activities \
             WHERE user_id = $1 AND status = 'scheduled' AND starts_at > $2 \
             AND starts_local IS NOT NULL AND id > $3 ORDER BY id LIMIT $4",
        )
        .bind(user_id)
        .bind(now)
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await
    })
}

/// Notes the clock on the wall at which an activity starts, as it was picked.
pub async fn set_starts_local(
    tenant: &mut TenantWrite,
    id: Uuid,
    local: Option<NaiveDateTime>,
) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>("UPDATE activities SET starts_local = $1 WHERE user_id = $2 AND id = $3")
            .bind(local)
            .bind(user_id)
            .bind(id)
            .execute(conn)
            .await
            .map(drop)
    })
}
