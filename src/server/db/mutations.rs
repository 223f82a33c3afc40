//! The mutation ledger: what was asked under an idempotency key, and what was answered.

use super::{
    on,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::time::Timestamp;
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};
use uuid::Uuid;

/// A mutation that was applied.
#[derive(Debug, sqlx::FromRow)]
pub struct Recorded {
    /// SHA-256 of method, path, `If-Match` and body.
    pub request_hash: Vec<u8>,
    /// The answer's body; a deletion has none, and it is erased when its entity is deleted.
    pub body: Option<Json<Value>>,
    /// What it changed.
    pub entity_id: Option<Uuid>,
}

/// What was answered under `key`. Asked under the user's lock, so that of two requests with one
/// key the second sees the first.
pub async fn find(tenant: &mut TenantWrite, key: &str) -> sqlx::Result<Option<Recorded>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new(
            "SELECT request_hash, body, entity_id FROM mutations WHERE user_id = ",
        )
        .push_bind(user_id)
        .push(" AND key = ")
        .push_bind(key.to_owned())
        .build_query_as()
        .fetch_optional(conn)
        .await
    })
}

/// Records an answer, in the transaction that it speaks of.
pub async fn insert(
    tenant: &mut TenantWrite,
    key: &str,
    request_hash: [u8; 32],
    status: u16,
    body: Option<Value>,
    entity_id: Uuid,
    now: Timestamp,
) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut query = QueryBuilder::<DB>::new(
            "INSERT INTO mutations (user_id, key, request_hash, status, body, entity_id, created_at) VALUES (",
        );
        query
            .separated(", ")
            .push_bind(user_id)
            .push_bind(key.to_owned())
            .push_bind(request_hash.to_vec())
            .push_bind(i32::from(status))
            .push_bind(body.map(Json))
            .push_bind(entity_id)
            .push_bind(now);
        query.push(")").build().execute(conn).await.map(drop)
    })
}

/// Deletes at most `most` answers that were recorded before `before`, oldest first, and says how
/// many.
pub async fn delete_before(
    tenant: &mut TenantWrite,
    before: Timestamp,
    most: u64,
) -> sqlx::Result<u64> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new("DELETE FROM mutations WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND key IN (SELECT key FROM mutations WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND created_at < ")
            .push_bind(before)
            .push(" ORDER BY created_at LIMIT ")
            .push_bind(most.cast_signed())
            .push(")")
            .build()
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })
}

/// Erases the recorded bodies that show a deleted entity.
pub async fn erase_bodies(tenant: &mut TenantWrite, entity_id: Uuid) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new("UPDATE mutations SET body = NULL WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND entity_id = ")
            .push_bind(entity_id)
            .build()
            .execute(conn)
            .await
            .map(drop)
    })
}
