//! A user's history: rows and tombstones in the order of their sequence numbers.

use super::{
    on,
    rows::{Table, columns},
    settings,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{
    activity::Activity,
    application::Application,
    position::Position,
    reminder::Reminder,
    row::OfKind,
    stage::StageEvent,
    sync::{EntityKind, EntityKinds, SyncChange, SyncRow},
};
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

/// Where a user's history stands.
#[derive(Debug, sqlx::FromRow)]
pub struct Head {
    /// Which history it is, whatever processes have written it.
    pub epoch: Uuid,
    /// The newest number.
    pub last_seq: i64,
}

/// The newest number of the user's history. Everything up to it is committed: numbers are handed
/// out under a lock that is held until the commit.
pub async fn head(tenant: &mut impl Tenant) -> sqlx::Result<Head> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, Head>("SELECT epoch, last_seq FROM user_sequences WHERE user_id = $1")
            .bind(user_id)
            .fetch_one(conn)
            .await
    })
}

/// The place of a number, in the history that it belongs to of those that begin alike: that of the epoch
/// and of the process that wrote it. A database that was set back and gone on with gives the same number
/// in another one.
pub async fn position_at(tenant: &mut impl Tenant, seq: i64) -> sqlx::Result<Position> {
    let user_id = tenant.user_id();
    let (epoch, run): (Uuid, Option<Uuid>) = on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, (Uuid, Option<Uuid>)>(
            "SELECT epoch, (\
                SELECT run FROM sequence_runs WHERE user_id = $1 AND after_seq < $2 \
                ORDER BY after_seq DESC LIMIT 1\
             ) FROM user_sequences WHERE user_id = $1",
        )
        .bind(user_id)
        .bind(seq)
        .fetch_one(conn)
        .await
    })?;
    let epoch = run.map_or(epoch, |run| Uuid::new_v5(&epoch, run.as_bytes()));
    Ok(Position { epoch, seq })
}

/// The highest number of a tombstone that is no longer kept; 0 where all are.
pub async fn floor(tenant: &mut impl Tenant) -> sqlx::Result<i64> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, i64>(
            "SELECT tombstone_floor FROM user_sequences WHERE user_id = $1",
        )
        .bind(user_id)
        .fetch_one(conn)
        .await
    })
}

/// Notes that tombstones up to number `seq` may be gone. A floor never sinks.
pub async fn raise_floor(tenant: &mut TenantWrite, seq: i64) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "UPDATE user_sequences SET tombstone_floor = $1 \
             WHERE user_id = $2 AND tombstone_floor < $1",
        )
        .bind(seq)
        .bind(user_id)
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
    let mut changes = Vec::new();
    for kind in wanted.kinds.iter() {
        match kind {
            EntityKind::Application => {
                numbered::<Application>(tenant, wanted, &mut changes).await?
            }
            EntityKind::StageEvent => numbered::<StageEvent>(tenant, wanted, &mut changes).await?,
            EntityKind::Activity => numbered::<Activity>(tenant, wanted, &mut changes).await?,
            EntityKind::Reminder => numbered::<Reminder>(tenant, wanted, &mut changes).await?,
            EntityKind::Settings => {
                let row = settings::find_row(tenant).await?;
                if row.seq > wanted.since && row.seq <= wanted.head {
                    changes.push(SyncChange {
                        seq: row.seq,
                        id: tenant.user_id(),
                        what: SyncRow::Upsert(row.settings.into_entity()),
                    });
                }
            }
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

/// Adds the rows of a table that changed.
async fn numbered<T: Table + OfKind>(
    tenant: &mut impl Tenant,
    wanted: Wanted,
    changes: &mut Vec<SyncChange>,
) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    let (columns, table) = (columns::<T>(), T::TABLE);
    let sql = format!(
        "SELECT seq, {columns} FROM {table} \
         WHERE user_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4"
    );
    let rows: Vec<Numbered<T>> = on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, Numbered<T>>(AssertSqlSafe(sql))
            .bind(user_id)
            .bind(wanted.since)
            .bind(wanted.head)
            .bind(wanted.limit)
            .fetch_all(conn)
            .await
    })?;
    changes.extend(rows.into_iter().map(|Numbered { seq, row }| SyncChange {
        seq,
        id: row.id(),
        what: SyncRow::Upsert(row.into_entity()),
    }));
    Ok(())
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
