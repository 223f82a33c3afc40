//! The table `tombstones`.

use super::{
    on,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{sync::EntityKind, time::Timestamp};
use uuid::Uuid;

/// Whether `id` was deleted.
pub async fn exists(tenant: &mut impl Tenant, entity: EntityKind, id: Uuid) -> sqlx::Result<bool> {
    let user_id = tenant.user_id();
    let found: Option<i64> = on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, i64>(
            "SELECT seq FROM tombstones WHERE user_id = $1 AND entity = $2 AND id = $3",
        )
        .bind(user_id)
        .bind(entity)
        .bind(id)
        .fetch_optional(conn)
        .await
    })?;
    Ok(found.is_some())
}

/// Remembers that `id` was deleted.
pub async fn insert(
    tenant: &mut TenantWrite,
    entity: EntityKind,
    id: Uuid,
    now: Timestamp,
) -> sqlx::Result<()> {
    let (user_id, seq) = (tenant.user_id(), tenant.next_seq());
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "INSERT INTO tombstones (user_id, entity, id, seq, deleted_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(user_id)
        .bind(entity)
        .bind(id)
        .bind(seq)
        .bind(now)
        .execute(conn)
        .await
        .map(drop)
    })
}

/// Deletes at most `most` tombstones that were made before `before`, oldest first, and returns
/// their numbers. Raise the floor above them in the same transaction ([`super::sync::raise_floor`]).
pub async fn delete_before(
    tenant: &mut TenantWrite,
    before: Timestamp,
    most: u64,
) -> sqlx::Result<Vec<i64>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, i64>(
            "DELETE FROM tombstones WHERE user_id = $1 AND seq IN (\
                SELECT seq FROM tombstones WHERE user_id = $1 AND deleted_at < $2 \
                ORDER BY deleted_at LIMIT $3\
             ) RETURNING seq",
        )
        .bind(user_id)
        .bind(before)
        .bind(most.cast_signed())
        .fetch_all(conn)
        .await
    })
}
