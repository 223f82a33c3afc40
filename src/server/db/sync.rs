//! A user's history: rows and tombstones in the order of their sequence numbers.

use super::{
    applications, on, settings, stage_events,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{
    application::Application,
    stage::StageEvent,
    sync::{Entity, EntityKind, SyncChange, SyncRow},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

/// Where a user's history stands.
#[derive(Debug, sqlx::FromRow)]
pub struct Head {
    /// Which history it is.
    pub epoch: Uuid,
    /// The newest number.
    pub last_seq: i64,
}

/// The newest number of the user's history. Everything up to it is committed: numbers are handed
/// out under a lock that is held until the commit.
pub async fn head(tenant: &mut impl Tenant) -> sqlx::Result<Head> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new("SELECT epoch, last_seq FROM user_sequences WHERE user_id = ")
            .push_bind(user_id)
            .build_query_as()
            .fetch_one(conn)
            .await
    })
}

/// The highest number of a tombstone that is no longer kept; 0 where all are.
pub async fn floor(tenant: &mut impl Tenant) -> sqlx::Result<i64> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new("SELECT tombstone_floor FROM user_sequences WHERE user_id = ")
            .push_bind(user_id)
            .build_query_scalar()
            .fetch_one(conn)
            .await
    })
}

/// Notes that tombstones up to number `seq` may be gone. A floor never sinks.
pub async fn raise_floor(tenant: &mut TenantWrite, seq: i64) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new("UPDATE user_sequences SET tombstone_floor = ")
            .push_bind(seq)
            .push(" WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND tombstone_floor < ")
            .push_bind(seq)
            .build()
            .execute(conn)
            .await
            .map(drop)
    })
}

#[derive(sqlx::FromRow)]
struct Numbered<T> {
    seq: i64,
    #[sqlx(flatten)]
    row: T,
}

#[derive(sqlx::FromRow)]
struct Tombstone {
    entity: EntityKind,
    id: Uuid,
}

/// At most `limit` changes after `since` and up to `head`, in order. Rows that change while this
/// reads get a number above `head` and come with the next page, so that nothing is skipped.
pub async fn changes(
    tenant: &mut impl Tenant,
    since: i64,
    head: i64,
    limit: i64,
) -> sqlx::Result<Vec<SyncChange>> {
    let mut changes = Vec::new();
    let rows: Vec<Numbered<Application>> = numbered(
        tenant,
        applications::COLUMNS,
        "applications",
        since,
        head,
        limit,
    )
    .await?;
    changes.extend(rows.into_iter().map(|Numbered { seq, row }| SyncChange {
        seq,
        id: row.id,
        what: SyncRow::Upsert(Entity::Application(Box::new(row))),
    }));
    let rows: Vec<Numbered<StageEvent>> = numbered(
        tenant,
        stage_events::COLUMNS,
        "stage_events",
        since,
        head,
        limit,
    )
    .await?;
    changes.extend(rows.into_iter().map(|Numbered { seq, row }| SyncChange {
        seq,
        id: row.id,
        what: SyncRow::Upsert(Entity::StageEvent(row)),
    }));
    let rows: Vec<Numbered<Tombstone>> =
        numbered(tenant, "entity, id", "tombstones", since, head, limit).await?;
    changes.extend(rows.into_iter().map(|Numbered { seq, row }| SyncChange {
        seq,
        id: row.id,
        what: SyncRow::Delete { entity: row.entity },
    }));
    let row = settings::find_row(tenant).await?;
    if row.seq > since && row.seq <= head {
        changes.push(SyncChange {
            seq: row.seq,
            id: tenant.user_id(),
            what: SyncRow::Upsert(Entity::Settings(row.settings)),
        });
    }
    changes.sort_by_key(|change| change.seq);
    changes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(changes)
}

async fn numbered<T>(
    tenant: &mut impl Tenant,
    columns: &str,
    table: &str,
    since: i64,
    head: i64,
    limit: i64,
) -> sqlx::Result<Vec<Numbered<T>>>
where
    T: Send + Unpin,
    T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>,
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new("SELECT seq, ")
            .push(columns)
            .push(" FROM ")
            .push(table)
            .push(" WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND seq > ")
            .push_bind(since)
            .push(" AND seq <= ")
            .push_bind(head)
            .push(" ORDER BY seq LIMIT ")
            .push_bind(limit)
            .build_query_as()
            .fetch_all(conn)
            .await
    })
}
