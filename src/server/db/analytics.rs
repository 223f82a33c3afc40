//! What figures are made of.

use super::{on, rows::columns, tenant::Tenant};
use crate::domain::{activity::Activity, analytics::Subject, stage::StageEvent};
use sqlx::AssertSqlSafe;

/// What figures know of each application.
pub async fn subjects(tenant: &mut impl Tenant) -> sqlx::Result<Vec<Subject>> {
    let user_id = tenant.user_id();
    let columns = columns::<Subject>();
    let sql = format!("SELECT {columns} FROM applications WHERE user_id = $1");
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, Subject>(AssertSqlSafe(sql))
            .bind(user_id)
            .fetch_all(conn)
            .await
    })
}

/// All moves that were not called off.
pub async fn moves(tenant: &mut impl Tenant) -> sqlx::Result<Vec<StageEvent>> {
    let user_id = tenant.user_id();
    let columns = columns::<StageEvent>();
    let sql =
        format!("SELECT {columns} FROM stage_events WHERE user_id = $1 AND voided_at IS NULL");
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, StageEvent>(AssertSqlSafe(sql))
            .bind(user_id)
            .fetch_all(conn)
            .await
    })
}

/// All activities that were not called off.
pub async fn activities(tenant: &mut impl Tenant) -> sqlx::Result<Vec<Activity>> {
    let user_id = tenant.user_id();
    let columns = columns::<Activity>();
    let sql =
        format!("SELECT {columns} FROM activities WHERE user_id = $1 AND status <> 'canceled'");
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, Activity>(AssertSqlSafe(sql))
            .bind(user_id)
            .fetch_all(conn)
            .await
    })
}
