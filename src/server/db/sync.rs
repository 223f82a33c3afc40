//! A user's history: rows and tombstones in the order of their sequence numbers.

use super::{
    applications, on, settings, stage_events,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{
    application::Application,
    stage::StageEvent,
    sync::{Entity, EntityKind, EntityKinds, SyncChange, SyncRow},
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

/// Which history a number belongs to, of those that begin alike: `epoch`, and the process that wrote
/// it. A database that was set back and gone on with gives the same number in another one.
pub async fn epoch_at(tenant: &mut impl Tenant, epoch: Uuid, seq: i64) -> sqlx::Result<Uuid> {
    let user_id = tenant.user_id();
    let run: Option<Uuid> = on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, Uuid>(
            "SELECT run FROM sequence_runs WHERE user_id = $1 AND after_seq < $2 \
             ORDER BY after_seq DESC LIMIT 1",
        )
        .bind(user_id)
        .bind(seq)
        .fetch_optional(conn)
        .await
    })?;
    Ok(run.map_or(epoch, |run| Uuid::new_v5(&epoch, run.as_bytes())))
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

/// Which part of a history is read.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Rows and tombstones of these kinds.
    pub kinds: EntityKinds,
    /// After this number.
    pub since: i64,
    /// Up to this number.
    pub head: i64,
    /// At most so many.
    pub limit: i64,
}

/// What changed, in order. Rows that change while this reads get a number above `head` and come with
/// the next page, so that nothing is skipped.
pub async fn changes(tenant: &mut impl Tenant, wanted: Wanted) -> sqlx::Result<Vec<SyncChange>> {
    let kinds = wanted.kinds;
    let mut changes = Vec::new();
    if kinds.has(EntityKind::Application) {
        let rows: Vec<Numbered<Application>> =
            numbered(tenant, applications::COLUMNS, "applications", wanted).await?;
        changes.extend(rows.into_iter().map(|Numbered { seq, row }| SyncChange {
            seq,
            id: row.id,
            what: SyncRow::Upsert(Entity::Application(Box::new(row))),
        }));
    }
    if kinds.has(EntityKind::StageEvent) {
        let rows: Vec<Numbered<StageEvent>> =
            numbered(tenant, stage_events::COLUMNS, "stage_events", wanted).await?;
        changes.extend(rows.into_iter().map(|Numbered { seq, row }| SyncChange {
            seq,
            id: row.id,
            what: SyncRow::Upsert(Entity::StageEvent(row)),
        }));
    }
    if kinds.has(EntityKind::Settings) {
        let row = settings::find_row(tenant).await?;
        if row.seq > wanted.since && row.seq <= wanted.head {
            changes.push(SyncChange {
                seq: row.seq,
                id: tenant.user_id(),
                what: SyncRow::Upsert(Entity::Settings(row.settings)),
            });
        }
    }
    let rows = tombstones(tenant, wanted).await?;
    changes.extend(rows.into_iter().map(|Numbered { seq, row }| SyncChange {
        seq,
        id: row.id,
        what: SyncRow::Delete { entity: row.entity },
    }));
    changes.sort_by_key(|change| change.seq);
    changes.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
    Ok(changes)
}

/// The rows of a table.
async fn numbered<T>(
    tenant: &mut impl Tenant,
    columns: &str,
    table: &str,
    wanted: Wanted,
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
            .push_bind(wanted.since)
            .push(" AND seq <= ")
            .push_bind(wanted.head)
            .push(" ORDER BY seq LIMIT ")
            .push_bind(wanted.limit)
            .build_query_as()
            .fetch_all(conn)
            .await
    })
}

async fn tombstones(
    tenant: &mut impl Tenant,
    wanted: Wanted,
) -> sqlx::Result<Vec<Numbered<Tombstone>>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut query =
            QueryBuilder::<DB>::new("SELECT seq, entity, id FROM tombstones WHERE user_id = ");
        query
            .push_bind(user_id)
            .push(" AND seq > ")
            .push_bind(wanted.since)
            .push(" AND seq <= ")
            .push_bind(wanted.head)
            .push(" AND entity IN (");
        let mut words = query.separated(", ");
        for kind in wanted.kinds.iter() {
            words.push_bind(kind);
        }
        query
            .push(") ORDER BY seq LIMIT ")
            .push_bind(wanted.limit)
            .build_query_as()
            .fetch_all(conn)
            .await
    })
}
