//! The mutation ledger: what was asked under an idempotency key, and what was answered.

use super::{
    on,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::time::Timestamp;
use uuid::Uuid;

/// A mutation that was applied.
#[derive(Debug, sqlx::FromRow)]
pub struct Recorded {
    /// SHA-256 of method, path, the state that was seen, and body.
    pub request_hash: Vec<u8>,
    /// The answer's JSON as it was sent; a deletion has none, and it is erased when its entity is deleted.
    pub body: Option<String>,
    /// What it changed.
    pub entity_id: Option<Uuid>,
}

/// What was answered under `key`. Asked under the user's lock, so that of two requests with one
/// key the second sees the first.
pub async fn find(tenant: &mut TenantWrite, key: &str) -> sqlx::Result<Option<Recorded>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, Recorded>(
            "SELECT request_hash, body, entity_id FROM mutations WHERE user_id = $1 AND key = $2",
        )
        .bind(user_id)
        .bind(key)
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
    body: Option<String>,
    entity_id: Uuid,
    now: Timestamp,
) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "INSERT INTO mutations \
             (user_id, key, request_hash, status, body, entity_id, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(user_id)
        .bind(key)
        .bind(request_hash.to_vec())
        .bind(i32::from(status))
        .bind(body)
        .bind(entity_id)
        .bind(now)
        .execute(conn)
        .await
        .map(drop)
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
        sqlx::query::<DB>(
            "DELETE FROM mutations WHERE user_id = $1 AND key IN (\
                SELECT key FROM mutations WHERE user_id = $1 AND created_at < $2 \
                ORDER BY created_at LIMIT $3\
             )",
        )
        .bind(user_id)
        .bind(before)
        .bind(most.cast_signed())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })
}

/// Erases the recorded bodies that show a deleted entity.
pub async fn erase_bodies(tenant: &mut TenantWrite, entity_id: Uuid) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>("UPDATE mutations SET body = NULL WHERE user_id = $1 AND entity_id = $2")
            .bind(user_id)
            .bind(entity_id)
            .execute(conn)
            .await
            .map(drop)
    })
}
