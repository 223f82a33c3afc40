//! The tables `mails` and `mail_reminders`: the queue of what is mailed.

use super::{
    Db, Tx, mail_files, on,
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
             WHERE mails.state = 'dropped'",
        )
        .bind(user_id)
        .bind(id)
        .bind(kind)
        .bind(activity)
        .bind(not_before)
        .bind(now)
        .execute(conn)
        .await
        .map(drop)
    })
}

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

/// A mail that somebody has claimed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Claimed {
    /// Whom it is to.
    pub user_id: Uuid,
    /// Which one.
    pub id: Uuid,
    /// By which rule it goes.
    pub kind: Rule,
    /// The appointment of which it says what became of it, where it does.
    pub activity_id: Option<Uuid>,
    /// Tries, with this one.
    pub attempts: i32,
    /// As it was written for an earlier try.
    pub bytes: Option<Vec<u8>>,
    /// The hash of what that says.
    pub said: Option<Vec<u8>>,
    /// Whether an earlier try may have delivered it.
    pub uncertain: bool,
    /// When it was put into the queue.
    pub created_at: Timestamp,
    /// Who has claimed it.
    pub claim_id: Uuid,
}

impl Claimed {
    /// Whose it is.
    pub fn owner(&self) -> Owner {
        Owner::vouched(self.user_id)
    }
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

/// What a claim does to a mail when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It is over.
    Over(MailState),
    /// It is tried again at this time; `counts` where the try was one.
    Again {
        /// When.
        at: Timestamp,
        /// Whether the try counts.
        counts: bool,
        /// Whether it may have been delivered.
        uncertain: bool,
    },
}

/// Which mails are claimed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// At most so many.
    pub most: i64,
    /// At most so many of one person: what hangs of theirs holds up nobody else.
    pub most_of_one: i64,
    /// None of these people.
    pub not_of: &'a [Uuid],
}

/// So many of the mails that wait for longest are looked at to find those of several people.
const HEAD_OF_QUEUE: i64 = 100;

/// The condition for a mail that can be claimed.
fn push_open<DB>(sql: &mut QueryBuilder<DB>, now: Timestamp)
where
    DB: sqlx::Database,
    Timestamp: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    sql.push("state IN ('waiting', 'claimed') AND not_before <= ")
        .push_bind(now)
        .push(" AND (state = 'waiting' OR lease_until <= ")
        .push_bind(now)
        .push(")");
}

impl Db {
    /// Claims mails that are to be tried by `now`, those that wait for longest. One whose claim ran out may
    /// have been delivered.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn claim_mails(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        wanted: &Wanted<'_>,
    ) -> sqlx::Result<Vec<Claimed>> {
        let mut tx = self.begin().await?;
        let lock = match &tx {
            Tx::Sqlite(_) => "",
            Tx::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        };
        let claim_id = Uuid::new_v4();
        let claimed: Vec<Claimed> = on!(tx.link(), |conn: DB| {
            let mut sql = QueryBuilder::<DB>::new(
                "UPDATE mails SET uncertain = uncertain OR state = 'claimed', state = 'claimed', \
                 attempts = attempts + 1, claim_id = ",
            );
            sql.push_bind(claim_id)
                .push(", lease_until = ")
                .push_bind(lease_until)
                .push(" WHERE (user_id, id) IN (SELECT user_id, id FROM mails WHERE ");
            push_open(&mut sql, now);
            // Which of one person: of those at the head of the queue.
            sql.push(
                " AND (user_id, id) IN (SELECT user_id, id FROM (\
                    SELECT user_id, id, not_before, \
                    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY not_before, id) AS place \
                    FROM (SELECT user_id, id, not_before FROM mails WHERE ",
            );
            push_open(&mut sql, now);
            if !wanted.not_of.is_empty() {
                sql.push(" AND user_id NOT IN (");
                let mut users = sql.separated(", ");
                for user in wanted.not_of {
                    users.push_bind(*user);
                }
                sql.push(")");
            }
            sql.push(" ORDER BY not_before, id LIMIT ")
                .push_bind(HEAD_OF_QUEUE)
                .push(") AS head) AS placed WHERE place <= ")
                .push_bind(wanted.most_of_one)
                .push(" ORDER BY not_before, id LIMIT ")
                .push_bind(wanted.most)
                .push(")")
                .push(lock)
                .push(
                    ") RETURNING user_id, id, kind, activity_id, attempts, bytes, said, \
                     uncertain, created_at, claim_id",
                );
            sql.build_query_as().fetch_all(conn).await
        })?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Keeps what a mail says, before it is sent, and the hash of that where it was written anew. Whether the claim still holds.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn keep_mail(
        &self,
        mail: &Claimed,
        bytes: &[u8],
        said: Option<[u8; 32]>,
    ) -> sqlx::Result<bool> {
        let mut tx = self.begin().await?;
        let (bytes, said) = (bytes.to_vec(), said.map(Vec::from));
        let kept = on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "UPDATE mails SET bytes = $1, said = COALESCE($2, said) \
                 WHERE user_id = $3 AND id = $4 AND claim_id = $5 AND state = 'claimed'",
            )
            .bind(bytes)
            .bind(said)
            .bind(mail.user_id)
            .bind(mail.id)
            .bind(mail.claim_id)
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
        })?;
        tx.commit().await?;
        Ok(kept > 0)
    }

    /// Ends a claim. Whether it still held: whoever has lost it says nothing about the mail.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn end_claim(
        &self,
        mail: &Claimed,
        end: &End,
        why: Option<&str>,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        let (state, not_before, given_back, uncertain, ended_at) = match end {
            End::Over(state) => (*state, now, 0, mail.uncertain, Some(now)),
            End::Again {
                at,
                counts,
                uncertain,
            } => (
                MailState::Waiting,
                *at,
                i32::from(!counts),
                mail.uncertain || *uncertain,
                None,
            ),
        };
        let why = why.map(ToOwned::to_owned);
        let mut tx = self.begin().await?;
        let ended = on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "UPDATE mails SET state = $1, not_before = $2, attempts = attempts - $3, \
                 uncertain = $4, ended_at = $5, last_error = COALESCE($6, last_error), \
                 claim_id = NULL, lease_until = NULL, \
                 bytes = CASE WHEN $7 THEN NULL ELSE bytes END \
                 WHERE user_id = $8 AND id = $9 AND claim_id = $10 AND state = 'claimed'",
            )
            .bind(state)
            .bind(not_before)
            .bind(given_back)
            .bind(uncertain)
            .bind(ended_at)
            .bind(why)
            // What it said is of no use any more; one that is tried anew is written anew.
            .bind(state != MailState::Waiting)
            .bind(mail.user_id)
            .bind(mail.id)
            .bind(mail.claim_id)
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
        })?;
        if state == MailState::Dropped && ended > 0 {
            mail_files::forget(&mut tx, mail.user_id, mail.id).await?;
        }
        let event = match state {
            MailState::Delivered => Some("mail_delivered"),
            MailState::Dead => Some("mail_failed"),
            _ => None,
        };
        if let Some(event) = event.filter(|_| ended > 0) {
            tx.audit(Some(mail.user_id), event, now).await?;
        }
        tx.commit().await?;
        Ok(ended > 0)
    }

    /// Ends all claims: this process is the only one that makes any, and has just started. What was being
    /// sent may have been delivered.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn release_claims(&self, now: Timestamp) -> sqlx::Result<u64> {
        let mut tx = self.begin().await?;
        let released = on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "UPDATE mails SET state = 'waiting', uncertain = $1, not_before = $2, \
                 claim_id = NULL, lease_until = NULL WHERE state = 'claimed'",
            )
            .bind(true)
            .bind(now)
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
        })?;
        tx.commit().await?;
        Ok(released)
    }

    /// Whether all claims are this process's: SQLite has one server.
    pub fn is_alone(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    /// When the next mail is to be tried; none where none waits.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn next_mail_at(&self) -> sqlx::Result<Option<Timestamp>> {
        let mut conn = self.read().await?;
        on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Timestamp>(
                "SELECT CASE WHEN state = 'claimed' THEN lease_until ELSE not_before END AS at \
                 FROM mails WHERE state IN ('waiting', 'claimed') ORDER BY at LIMIT 1",
            )
            .fetch_optional(conn)
            .await
        })
    }

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
                "UPDATE mails SET state = 'dropped', ended_at = $1, bytes = NULL \
                 WHERE id = $2 AND state IN ('waiting', 'dead') RETURNING user_id, uncertain",
            )
            .bind(now)
            .bind(id)
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
