//! What tables of rows have in common: beside the columns of its row each has `user_id` and `seq`, the
//! row's place in its user's history.

use super::{
    on,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{
    activity::Activity,
    reminder::Reminder,
    sql::{Bind, Columns},
    stage::StageEvent,
    sync::EntityKind,
    time::Timestamp,
};
use sqlx::{
    Arguments as _, AssertSqlSafe, FromRow, Postgres, QueryBuilder, Sqlite, postgres::PgRow,
    sqlite::SqliteRow,
};
use uuid::Uuid;

/// A row that stands in a table of its own.
pub trait Table:
    Bind<Sqlite>
    + Bind<Postgres>
    + for<'r> FromRow<'r, SqliteRow>
    + for<'r> FromRow<'r, PgRow>
    + Send
    + Sync
    + Unpin
{
    /// The table.
    const TABLE: &'static str;

    /// The row's id.
    fn id(&self) -> Uuid;
}

/// Where a page of a list starts: after this sort key and id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct After {
    /// The last row's sort key.
    pub key: Timestamp,
    /// The last row's id.
    pub id: Uuid,
}

/// The columns of a row, with commas between them.
pub(super) fn columns<T: Columns>() -> String {
    T::COLUMNS.join(", ")
}

/// The row `id`, if it is this user's.
pub async fn find<T: Table>(tenant: &mut impl Tenant, id: Uuid) -> sqlx::Result<Option<T>> {
    let user_id = tenant.user_id();
    let (columns, table) = (columns::<T>(), T::TABLE);
    let sql = format!("SELECT {columns} FROM {table} WHERE user_id = $1 AND id = $2");
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, T>(AssertSqlSafe(sql))
            .bind(user_id)
            .bind(id)
            .fetch_optional(conn)
            .await
    })
}

/// The rows whose `column` is among `ids`.
pub async fn among<T: Table>(
    tenant: &mut impl Tenant,
    column: &'static str,
    ids: &[Uuid],
) -> sqlx::Result<Vec<T>> {
    // PostgreSQL has no empty list.
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let user_id = tenant.user_id();
    let (columns, table) = (columns::<T>(), T::TABLE);
    on!(tenant.link(), |conn: DB| {
        let mut sql =
            QueryBuilder::<DB>::new(format!("SELECT {columns} FROM {table} WHERE user_id = "));
        sql.push_bind(user_id).push(format!(" AND {column} IN ("));
        let mut list = sql.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        sql.push(") ORDER BY id");
        sql.build_query_as().fetch_all(conn).await
    })
}

/// The user's rows, in the order of their ids: those after `after`, at most `most`.
pub async fn after<T: Table>(
    tenant: &mut impl Tenant,
    after: Option<Uuid>,
    most: i64,
) -> sqlx::Result<Vec<T>> {
    let user_id = tenant.user_id();
    let (columns, table, from) = (columns::<T>(), T::TABLE, after.map_or(">=", |_| ">"));
    let after = after.unwrap_or(Uuid::nil());
    let sql = format!(
        "SELECT {columns} FROM {table} WHERE user_id = $1 AND id {from} $2 ORDER BY id LIMIT $3"
    );
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, T>(AssertSqlSafe(sql))
            .bind(user_id)
            .bind(after)
            .bind(most)
            .fetch_all(conn)
            .await
    })
}

/// What the create of `id` asked for, as a hash.
pub async fn created_hash<T: Table>(
    tenant: &mut impl Tenant,
    id: Uuid,
) -> sqlx::Result<Option<Vec<u8>>> {
    let user_id = tenant.user_id();
    let table = T::TABLE;
    let sql = format!("SELECT created_hash FROM {table} WHERE user_id = $1 AND id = $2");
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, Vec<u8>>(AssertSqlSafe(sql))
            .bind(user_id)
            .bind(id)
            .fetch_optional(conn)
            .await
    })
}

/// Stores a new row; one that a client created with the hash of what it asked for.
pub async fn insert<T: Table>(
    tenant: &mut TenantWrite,
    row: &T,
    created_hash: Option<[u8; 32]>,
) -> sqlx::Result<()> {
    let (user_id, seq) = (tenant.user_id(), tenant.next_seq());
    let mut columns = vec!["user_id", "seq"];
    columns.extend(created_hash.map(|_| "created_hash"));
    columns.extend(T::COLUMNS);
    let values: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
    let (table, columns, values) = (T::TABLE, columns.join(", "), values.join(", "));
    let sql = format!("INSERT INTO {table} ({columns}) VALUES ({values})");
    on!(tenant.link(), |conn: DB| {
        let mut arguments = <DB as sqlx::Database>::Arguments::default();
        let bound = arguments
            .add(user_id)
            .and_then(|()| arguments.add(seq))
            .and_then(|()| created_hash.map_or(Ok(()), |hash| arguments.add(hash.to_vec())))
            .and_then(|()| Bind::<DB>::bind_to(row, &mut arguments));
        bound.map_err(sqlx::Error::Encode)?;
        sqlx::query_with::<DB, _>(AssertSqlSafe(sql), arguments)
            .execute(conn)
            .await
            .map(drop)
    })
}

/// Stores a changed row. What it was changed from was read under the user's lock.
pub async fn update<T: Table>(tenant: &mut TenantWrite, row: &T) -> sqlx::Result<()> {
    let (user_id, seq) = (tenant.user_id(), tenant.next_seq());
    let assignments: Vec<String> = (4..)
        .zip(T::COLUMNS)
        .map(|(n, column)| format!("{column} = ${n}"))
        .collect();
    let (table, assignments) = (T::TABLE, assignments.join(", "));
    let sql = format!("UPDATE {table} SET seq = $1, {assignments} WHERE user_id = $2 AND id = $3");
    on!(tenant.link(), |conn: DB| {
        let mut arguments = <DB as sqlx::Database>::Arguments::default();
        let bound = arguments
            .add(seq)
            .and_then(|()| arguments.add(user_id))
            .and_then(|()| arguments.add(row.id()))
            .and_then(|()| Bind::<DB>::bind_to(row, &mut arguments));
        bound.map_err(sqlx::Error::Encode)?;
        sqlx::query_with::<DB, _>(AssertSqlSafe(sql), arguments)
            .execute(conn)
            .await
            .map(drop)
    })
}

/// Removes a row; what hangs on it goes with it.
pub async fn delete<T: Table>(tenant: &mut TenantWrite, id: Uuid) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    let sql = format!("DELETE FROM {} WHERE user_id = $1 AND id = $2", T::TABLE);
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(AssertSqlSafe(sql))
            .bind(user_id)
            .bind(id)
            .execute(conn)
            .await
            .map(drop)
    })
}

/// Columns that name the row on which a row hangs: the kind on which, the kind that does, its table,
/// and the column.
const PARENTS: &[(EntityKind, EntityKind, &str, &str)] = &[
    (
        EntityKind::Application,
        EntityKind::StageEvent,
        StageEvent::TABLE,
        "application_id",
    ),
    (
        EntityKind::Application,
        EntityKind::Activity,
        Activity::TABLE,
        "application_id",
    ),
    (
        EntityKind::Application,
        EntityKind::Reminder,
        Reminder::TABLE,
        "application_id",
    ),
    (
        EntityKind::Activity,
        EntityKind::Reminder,
        Reminder::TABLE,
        "activity_id",
    ),
];

/// What hangs on a row, and goes when it goes.
pub async fn hanging_on(
    tenant: &mut impl Tenant,
    kind: EntityKind,
    id: Uuid,
) -> sqlx::Result<Vec<(EntityKind, Uuid)>> {
    let user_id = tenant.user_id();
    let mut all = vec![(kind, id)];
    let mut next = 0;
    while let Some(&(kind, id)) = all.get(next) {
        next += 1;
        for (_, child, table, column) in PARENTS.iter().filter(|(of, ..)| *of == kind) {
            let sql =
                format!("SELECT id FROM {table} WHERE user_id = $1 AND {column} = $2 ORDER BY seq");
            let ids: Vec<Uuid> = on!(tenant.link(), |conn: DB| {
                sqlx::query_scalar::<DB, Uuid>(AssertSqlSafe(sql))
                    .bind(user_id)
                    .bind(id)
                    .fetch_all(conn)
                    .await
            })?;
            for child in ids.into_iter().map(|id| (*child, id)) {
                // It may hang on two of them.
                if !all.contains(&child) {
                    all.push(child);
                }
            }
        }
    }
    Ok(all.split_off(1))
}
