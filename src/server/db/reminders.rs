//! The table `reminders`.

use super::{
    Db, on,
    rows::{After, Table, columns},
    tenant::{Owner, Tenant, TenantWrite},
};
use crate::domain::{
    application::Application, filter::ReminderQuery, reminder::Reminder, time::Timestamp,
};
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

impl Table for Reminder {
    const TABLE: &'static str = "reminders";

    fn id(&self) -> Uuid {
        self.id
    }
}

/// What is still to go out; see [`Reminder::is_open`].
// SQLite takes an index over a part where the same words say which.
const OPEN: &str = "NOT sent AND canceled_at IS NULL AND done_at IS NULL AND expired_at IS NULL";

/// A reminder, and when it goes out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Scheduled {
    /// The reminder.
    #[sqlx(flatten)]
    pub row: Reminder,
    /// When it goes out; none before that was planned.
    pub send_at: Option<Timestamp>,
}

/// All reminders of these applications.
pub async fn of_applications(
    tenant: &mut impl Tenant,
    applications: &[Uuid],
) -> sqlx::Result<Vec<Scheduled>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("SELECT send_at, ");
        sql.push(columns::<Reminder>())
            .push(" FROM reminders WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND application_id IN (");
        let mut ids = sql.separated(", ");
        for id in applications {
            ids.push_bind(*id);
        }
        sql.push(") ORDER BY due_at, id");
        sql.build_query_as().fetch_all(conn).await
    })
}

/// The applications that have reminders which are to go out by `now`: the `most` that wait for longest.
// One statement: each row that is asked for on the way costs as much as one that is needed.
pub async fn with_due(
    tenant: &mut impl Tenant,
    now: Timestamp,
    most: i64,
) -> sqlx::Result<Vec<Application>> {
    let user_id = tenant.user_id();
    let columns = columns::<Application>();
    let sql = format!(
        "SELECT {columns} FROM applications WHERE user_id = $1 AND id IN (\
            SELECT application_id FROM reminders WHERE user_id = $1 AND send_at <= $2 AND {OPEN} \
            GROUP BY application_id ORDER BY MIN(send_at), application_id LIMIT $3\
         ) ORDER BY id"
    );
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, Application>(AssertSqlSafe(sql))
            .bind(user_id)
            .bind(now)
            .bind(most)
            .fetch_all(conn)
            .await
    })
}

/// Notes when a reminder goes out.
pub async fn set_send_at(tenant: &mut TenantWrite, id: Uuid, at: Timestamp) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    tenant.wakes_at(at);
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>("UPDATE reminders SET send_at = $1 WHERE user_id = $2 AND id = $3")
            .bind(at)
            .bind(user_id)
            .bind(id)
            .execute(conn)
            .await
            .map(drop)
    })
}

/// Rows a statement: SQLite counts what is bound to one.
const ROWS: usize = 500;

/// Stores that these were sent, or are of no use any more; nothing else of them changed.
pub async fn set_ended(tenant: &mut TenantWrite, rows: &[&Reminder]) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    for rows in rows.chunks(ROWS) {
        let rows: Vec<(i64, &Reminder)> =
            rows.iter().map(|row| (tenant.next_seq(), *row)).collect();
        on!(tenant.link(), |conn: DB| {
            let mut sql = QueryBuilder::<DB>::new(
                "WITH ended (id, seq, sent, sent_at, expired_at, updated_at) AS (",
            );
            sql.push_values(rows, |mut values, (seq, row)| {
                values
                    .push_bind(row.id)
                    .push_bind(seq)
                    .push_bind(row.sent)
                    .push_bind(row.sent_at)
                    .push_bind(row.expired_at)
                    .push_bind(row.updated_at);
            });
            sql.push(
                ") UPDATE reminders SET seq = ended.seq, sent = ended.sent, sent_at = ended.sent_at, \
                 expired_at = ended.expired_at, updated_at = ended.updated_at \
                 FROM ended WHERE reminders.id = ended.id AND user_id = ",
            )
            .push_bind(user_id);
            sql.build().execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// Notes when a person made the version that a reminder has.
pub async fn set_version_from(
    tenant: &mut TenantWrite,
    id: Uuid,
    at: Timestamp,
) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>("UPDATE reminders SET version_from = $1 WHERE user_id = $2 AND id = $3")
            .bind(at)
            .bind(user_id)
            .bind(id)
            .execute(conn)
            .await
            .map(drop)
    })
}

/// When a person made the version that a reminder has; none where it is the first.
pub async fn version_from(tenant: &mut impl Tenant, id: Uuid) -> sqlx::Result<Option<Timestamp>> {
    let user_id = tenant.user_id();
    let from: Option<Option<Timestamp>> = on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, Option<Timestamp>>(
            "SELECT version_from FROM reminders WHERE user_id = $1 AND id = $2",
        )
        .bind(user_id)
        .bind(id)
        .fetch_optional(conn)
        .await
    })?;
    Ok(from.flatten())
}

/// Reminders that fit `query`, in the order in which they are due: those after `after`, at most `limit`.
pub async fn list(
    tenant: &mut impl Tenant,
    query: &ReminderQuery,
    after: Option<After>,
    limit: i64,
) -> sqlx::Result<Vec<Reminder>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("SELECT ");
        sql.push(columns::<Reminder>())
            .push(" FROM reminders WHERE user_id = ")
            .push_bind(user_id);
        if let Some(from) = query.due_after {
            sql.push(" AND due_at >= ").push_bind(from);
        }
        if let Some(to) = query.due_before {
            sql.push(" AND due_at < ").push_bind(to);
        }
        if let Some(sent) = query.sent {
            sql.push(" AND sent = ").push_bind(sent);
        }
        if let Some(after) = after {
            sql.push(" AND (due_at, id) > (")
                .push_bind(after.key)
                .push(", ")
                .push_bind(after.id)
                .push(")");
        }
        sql.push(" ORDER BY due_at, id LIMIT ").push_bind(limit);
        sql.build_query_as().fetch_all(conn).await
    })
}

/// Reminders that were due before `before`, at most `most`: their ids.
pub async fn due_before(
    tenant: &mut impl Tenant,
    before: Timestamp,
    most: u64,
) -> sqlx::Result<Vec<Uuid>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, Uuid>(
            "SELECT id FROM reminders WHERE user_id = $1 AND due_at < $2 ORDER BY due_at LIMIT $3",
        )
        .bind(user_id)
        .bind(before)
        .bind(most.cast_signed())
        .fetch_all(conn)
        .await
    })
}

impl Db {
    /// Who has something that is to go out by `now`: at most `most` users, in an order of their own, those
    /// after `after`.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn owners_of_due(
        &self,
        now: Timestamp,
        after: Option<Owner>,
        most: u64,
    ) -> sqlx::Result<Vec<Owner>> {
        let mut conn = self.read().await?;
        let sql = format!(
            "SELECT DISTINCT user_id FROM reminders WHERE send_at <= $1 AND user_id > $2 AND {OPEN} \
             ORDER BY user_id LIMIT $3"
        );
        let ids: Vec<Uuid> = on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Uuid>(AssertSqlSafe(sql))
                .bind(now)
                .bind(after.map_or(Uuid::nil(), Owner::user_id))
                .bind(most.cast_signed())
                .fetch_all(conn)
                .await
        })?;
        Ok(ids.into_iter().map(Owner::vouched).collect())
    }

    /// Who has reminders that were due before `before`: at most `most` users, those after `after`.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn owners_of_reminders_due_before(
        &self,
        before: Timestamp,
        after: Option<Owner>,
        most: u64,
    ) -> sqlx::Result<Vec<Owner>> {
        let mut conn = self.read().await?;
        let ids: Vec<Uuid> = on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Uuid>(
                "SELECT s.user_id FROM user_sequences s WHERE s.user_id > $1 AND \
                    EXISTS (SELECT 1 FROM reminders r \
                        WHERE r.user_id = s.user_id AND r.due_at < $2) \
                 ORDER BY s.user_id LIMIT $3",
            )
            .bind(after.map_or(Uuid::nil(), Owner::user_id))
            .bind(before)
            .bind(most.cast_signed())
            .fetch_all(conn)
            .await
        })?;
        Ok(ids.into_iter().map(Owner::vouched).collect())
    }

    /// When the next reminder goes out; none where none waits.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn next_send_at(&self) -> sqlx::Result<Option<Timestamp>> {
        let mut conn = self.read().await?;
        let sql = format!(
            "SELECT send_at FROM reminders WHERE send_at IS NOT NULL AND {OPEN} \
             ORDER BY send_at LIMIT 1"
        );
        on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Timestamp>(AssertSqlSafe(sql))
                .fetch_optional(conn)
                .await
        })
    }
}
