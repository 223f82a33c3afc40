//! The table `tombstones`.

use super::{
    on,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{sync::EntityKind, time::Timestamp};
use sqlx::QueryBuilder;
use uuid::Uuid;

/// Whether `id` was deleted.
pub async fn exists(tenant: &mut impl Tenant, entity: EntityKind, id: Uuid) -> sqlx::Result<bool> {
    let user_id = tenant.user_id();
    let found: Option<i64> = on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new("SELECT seq FROM tombstones WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND entity = ")
            .push_bind(entity)
            .push(" AND id = ")
            .push_bind(id)
            .build_query_scalar()
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
        let mut query = QueryBuilder::<DB>::new(
            "INSERT INTO tombstones (user_id, entity, id, seq, deleted_at) VALUES (",
        );
        query
            .separated(", ")
            .push_bind(user_id)
            .push_bind(entity)
            .push_bind(id)
            .push_bind(seq)
            .push_bind(now);
        query.push(")").build().execute(conn).await.map(drop)
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
        QueryBuilder::<DB>::new("DELETE FROM tombstones WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND seq IN (SELECT seq FROM tombstones WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND deleted_at < ")
            .push_bind(before)
            .push(" ORDER BY deleted_at LIMIT ")
            .push_bind(most.cast_signed())
            .push(") RETURNING seq")
            .build_query_scalar()
            .fetch_all(conn)
            .await
    })
}
