//! The tables `mails` and `mail_reminders`: the queue of what is mailed.

use super::{
    Db, mail_files, on,
    tenant::{Owner, Tenant, TenantWrite},
};
use crate::domain::{mailing::MailState, rules::Rule, time::Timestamp};
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

/// A reminder as a mail is about it: when it was due makes it another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct About {
    /// Which reminder.
    pub reminder_id: Uuid,
    /// When it was due.
    pub due_at: Timestamp,
}

/// Those of `reminders` that were mailed already, due as they are.
pub async fn mailed_before(
    tenant: &mut TenantWrite,
    reminders: &[Uuid],
) -> sqlx::Result<Vec<About>> {
    if reminders.is_empty() {
        return Ok(Vec::new());
    }
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new(
            "SELECT reminder_id, due_at FROM mail_reminders WHERE user_id = ",
        );
        sql.push_bind(user_id).push(" AND reminder_id IN (");
        let mut ids = sql.separated(", ");
        for id in reminders {
            ids.push_bind(*id);
        }
        sql.push(")");
        sql.build_query_as().fetch_all(conn).await
    })
}

/// Puts a mail into the queue.
pub async fn insert(
    tenant: &mut TenantWrite,
    id: Uuid,
    kind: Rule,
    about: &[About],
    now: Timestamp,
) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "INSERT INTO mails (user_id, id, kind, not_before, created_at) \
             VALUES ($1, $2, $3, $4, $4)",
        )
        .bind(user_id)
        .bind(id)
        .bind(kind)
        .bind(now)
        .execute(conn)
        .await
        .map(drop)
    })?;
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new(
            "INSERT INTO mail_reminders (user_id, reminder_id, due_at, mail_id) ",
        );
        sql.push_values(about, |mut values, it| {
            values
                .push_bind(user_id)
                .push_bind(it.reminder_id)
                .push_bind(it.due_at)
                .push_bind(id);
        });
        sql.build().execute(conn).await.map(drop)
    })
}

/// What a mail is about.
pub async fn about(tenant: &mut impl Tenant, mail: Uuid) -> sqlx::Result<Vec<About>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, About>(
            "SELECT reminder_id, due_at FROM mail_reminders \
             WHERE user_id = $1 AND mail_id = $2 ORDER BY due_at, reminder_id",
        )
        .bind(user_id)
        .bind(mail)
        .fetch_all(conn)
        .await
    })
}

/// The mails that say what became of an appointment.
pub async fn of_activity(tenant: &mut impl Tenant, activity: Uuid) -> sqlx::Result<Vec<Uuid>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, Uuid>(
            "SELECT id FROM mails WHERE user_id = $1 AND activity_id = $2 ORDER BY id",
        )
        .bind(user_id)
        .bind(activity)
        .fetch_all(conn)
        .await
    })
}

/// A mail that waits, says what became of an appointment and was never tried goes at `at`, if it was to go later:
/// there is more to say. Whether there is one.
pub async fn hasten_change(
    tenant: &mut TenantWrite,
    activity: Uuid,
    at: Timestamp,
) -> sqlx::Result<bool> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "UPDATE mails SET not_before = CASE WHEN not_before < $1 THEN not_before ELSE $1 END \
             WHERE user_id = $2 AND activity_id = $3 AND state = 'waiting' AND NOT uncertain",
        )
        .bind(at)
        .bind(user_id)
        .bind(activity)
        .execute(conn)
        .await
        .map(|done| done.rows_affected() > 0)
    })
}

/// Whether a mail waits that says what became of an appointment, and was never tried.
pub async fn has_open_change(tenant: &mut impl Tenant, activity: Uuid) -> sqlx::Result<bool> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, i64>(
            "SELECT COUNT(*) FROM mails WHERE user_id = $1 AND activity_id = $2 \
             AND state = 'waiting' AND NOT uncertain",
        )
        .bind(user_id)
        .bind(activity)
        .fetch_one(conn)
        .await
    })
    .map(|count| count > 0)
}

/// Puts a mail into the queue that says what became of an appointment, from `not_before` on. One that was
/// dropped, since it was as before again, waits anew.
pub async fn insert_change(
    tenant: &mut TenantWrite,
    id: Uuid,
    kind: Rule,
    activity: Uuid,
    not_before: Timestamp,
    now: Timestamp,
) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "INSERT INTO mails (user_id, id, kind, activity_id, not_before, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, id) DO UPDATE SET \
             state = 'waiting', attempts = 0, not_before = excluded.not_before, ended_at = NULL \
             WHERE mails.state = 'dropped' AND COALESCE(mails.last_error, '') <> $7",
        )
        .bind(user_id)
        .bind(id)
        .bind(kind)
        .bind(activity)
        .bind(not_before)
        .bind(now)
        .bind(BY_HAND)
        .execute(conn)
        .await
        .map(drop)
    })
}

/// What is noted of a mail that whoever runs the server has dropped: it stays so.
const BY_HAND: &str = "dropped by hand";

/// A mail that was given up is tried anew. Whether it had been.
pub async fn retry(tenant: &mut TenantWrite, id: Uuid, now: Timestamp) -> sqlx::Result<bool> {
    let user_id = tenant.user_id();
    let done = on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "UPDATE mails SET state = 'waiting', attempts = 0, not_before = $1, ended_at = NULL \
             WHERE user_id = $2 AND id = $3 AND state = 'dead'",
        )
        .bind(now)
        .bind(user_id)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(done > 0)
}

/// A mail as it is shown to whoever runs the server.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Shown {
    /// Whom it is to.
    pub email: String,
    /// Which one.
    pub id: Uuid,
    /// By which rule it goes.
    pub kind: Rule,
    /// How it stands with it.
    pub state: MailState,
    /// Tries so far.
    pub attempts: i32,
    /// When it is tried.
    pub not_before: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

const SHOWN: &str = "SELECT u.email, m.id, m.kind, m.state, m.attempts, m.not_before, m.created_at, \
     m.ended_at, m.last_error FROM mails m JOIN users u ON u.id = m.user_id";

impl Db {
    /// The mails in one of `states`, the newest first, at most `most`.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn list_mails(&self, states: &[MailState], most: i64) -> sqlx::Result<Vec<Shown>> {
        let mut conn = self.read().await?;
        on!(conn.link(), |conn: DB| {
            let mut sql = QueryBuilder::<DB>::new(SHOWN);
            sql.push(" WHERE m.state IN (");
            let mut list = sql.separated(", ");
            for state in states {
                list.push_bind(*state);
            }
            sql.push(") ORDER BY m.created_at DESC, m.id LIMIT ")
                .push_bind(most);
            sql.build_query_as().fetch_all(conn).await
        })
    }

    /// The mail of this id.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn find_mail(&self, id: Uuid) -> sqlx::Result<Option<Shown>> {
        let mut conn = self.read().await?;
        let sql = format!("{SHOWN} WHERE m.id = $1");
        on!(conn.link(), |conn: DB| {
            sqlx::query_as::<DB, Shown>(AssertSqlSafe(sql))
                .bind(id)
                .fetch_optional(conn)
                .await
        })
    }

    /// Whose mail it is.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn owner_of_mail(&self, id: Uuid) -> sqlx::Result<Option<Owner>> {
        let mut conn = self.read().await?;
        let owner: Option<Uuid> = on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Uuid>("SELECT user_id FROM mails WHERE id = $1")
                .bind(id)
                .fetch_optional(conn)
                .await
        })?;
        Ok(owner.map(Owner::vouched))
    }

    /// How many mails wait or are being sent.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn count_open_mails(&self) -> sqlx::Result<i64> {
        let mut conn = self.read().await?;
        on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, i64>(
                "SELECT COUNT(*) FROM mails WHERE state IN ('waiting', 'claimed')",
            )
            .fetch_one(conn)
            .await
        })
    }

    /// When the newest mail that is known was delivered.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn newest_mail_at(&self) -> sqlx::Result<Option<Timestamp>> {
        let mut conn = self.read().await?;
        on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Timestamp>(
                "SELECT ended_at FROM mails WHERE ended_at IS NOT NULL AND state = 'delivered' \
                 ORDER BY ended_at DESC LIMIT 1",
            )
            .fetch_optional(conn)
            .await
        })
    }

    /// A mail that waits is not sent. Whether there was one of this id.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn drop_mail(&self, id: Uuid, now: Timestamp) -> sqlx::Result<bool> {
        let mut tx = self.begin().await?;
        let dropped: Option<(Uuid, bool)> = on!(tx.link(), |conn: DB| {
            sqlx::query_as::<DB, (Uuid, bool)>(
                "UPDATE mails SET state = 'dropped', ended_at = $1, bytes = NULL, last_error = $3 \
                 WHERE id = $2 AND state IN ('waiting', 'dead') RETURNING user_id, uncertain",
            )
            .bind(now)
            .bind(id)
            .bind(BY_HAND)
            .fetch_optional(conn)
            .await
        })?;
        if let Some((user_id, false)) = dropped {
            mail_files::forget(&mut tx, user_id, id).await?;
        }
        tx.commit().await?;
        Ok(dropped.is_some())
    }

    /// Deletes mails that ended before `before`, with what they were about: at most `most`.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn delete_mails_ended_before(
        &self,
        before: Timestamp,
        most: u64,
    ) -> sqlx::Result<u64> {
        let mut tx = self.begin().await?;
        const OLD: &str =
            "SELECT user_id, id FROM mails WHERE ended_at < $1 ORDER BY ended_at, id LIMIT $2";
        for (table, key) in [
            ("mail_reminders", "user_id, mail_id"),
            ("mail_files", "user_id, mail_id"),
        ] {
            let sql = format!("DELETE FROM {table} WHERE ({key}) IN ({OLD})");
            on!(tx.link(), |conn: DB| {
                sqlx::query::<DB>(AssertSqlSafe(sql))
                    .bind(before)
                    .bind(most.cast_signed())
                    .execute(conn)
                    .await
                    .map(drop)
            })?;
        }
        let sql = format!("DELETE FROM mails WHERE (user_id, id) IN ({OLD})");
        let deleted = on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(AssertSqlSafe(sql))
                .bind(before)
                .bind(most.cast_signed())
                .execute(conn)
                .await
                .map(|done| done.rows_affected())
        })?;
        tx.commit().await?;
        Ok(deleted)
    }
}
