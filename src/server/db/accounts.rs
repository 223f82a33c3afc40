//! Users, sessions and sign-in tokens: what is looked up before anybody is signed in, so without a
//! tenant. Nothing here returns what a user has stored.

use super::{Db, Tx, on};
use crate::domain::{
    settings::WeekStart,
    time::{Timestamp, ZoneName},
    user::{Email, User},
};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// A sign-in that was asked for.
#[derive(Debug, sqlx::FromRow)]
pub struct SignInToken {
    /// Its row.
    pub id: Uuid,
    /// Who asked.
    pub email: Email,
    /// Hash of the code in the same mail.
    pub code_hash: Vec<u8>,
    /// Wrong codes so far.
    pub code_attempts: i32,
    /// It does not work after this.
    pub expires_at: Timestamp,
    /// When it was used.
    pub consumed_at: Option<Timestamp>,
}

/// A session as it is checked on every request.
#[derive(Debug, sqlx::FromRow)]
pub struct SessionRow {
    /// When a request last used it, to the minute.
    pub last_seen_at: Timestamp,
    /// It ends then, whatever happens.
    pub expires_at: Timestamp,
    /// When it was signed out.
    pub revoked_at: Option<Timestamp>,
    /// Idle minutes after which it ends.
    pub session_timeout_mins: i32,
}

/// What is known of a person whose account begins: as their browser has it, or else as everybody's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beginnings {
    /// Where they are.
    pub timezone: ZoneName,
    /// With which day their weeks begin.
    pub week_start: WeekStart,
}

/// A sign-in token to be stored.
pub struct NewSignInToken {
    /// Who asked.
    pub email: Email,
    /// SHA-256 of the token in the link.
    pub token_hash: [u8; 32],
    /// SHA-256 of the code.
    pub code_hash: [u8; 32],
    /// SHA-256 of the cookie of the browser that asked.
    pub browser_hash: [u8; 32],
    /// Now.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

const TOKEN_COLUMNS: &str = "id, email, code_hash, code_attempts, expires_at, consumed_at";

/// How a token is found.
pub enum TokenKey {
    /// By the link: SHA-256 of its token.
    Link([u8; 32]),
    /// By the browser that asked: SHA-256 of its cookie.
    Browser([u8; 32]),
}

impl Db {
    /// Stores a sign-in token.
    pub async fn insert_sign_in_token(&self, token: &NewSignInToken) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "INSERT INTO sign_in_tokens \
                 (id, email, token_hash, code_hash, browser_hash, created_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(Uuid::new_v4())
            .bind(token.email.clone())
            .bind(token.token_hash.to_vec())
            .bind(token.code_hash.to_vec())
            .bind(token.browser_hash.to_vec())
            .bind(token.created_at)
            .bind(token.expires_at)
            .execute(conn)
            .await
            .map(drop)
        })?;
        tx.commit().await
    }

    /// The token that `key` finds, used or not.
    pub async fn find_sign_in_token(&self, key: &TokenKey) -> sqlx::Result<Option<SignInToken>> {
        let mut conn = self.read().await?;
        let (column, hash) = match key {
            TokenKey::Link(hash) => ("token_hash", hash),
            TokenKey::Browser(hash) => ("browser_hash", hash),
        };
        let sql = format!("SELECT {TOKEN_COLUMNS} FROM sign_in_tokens WHERE {column} = $1");
        on!(conn.link(), |conn: DB| {
            sqlx::query_as::<DB, SignInToken>(AssertSqlSafe(sql))
                .bind(hash.to_vec())
                .fetch_optional(conn)
                .await
        })
    }

    /// Counts a wrong code, and answers whether this try was still allowed. Counting and asking are
    /// one statement, so that tries at the same moment cannot share a number.
    pub async fn spend_code_attempt(&self, id: Uuid, most: i32) -> sqlx::Result<bool> {
        let mut tx = self.begin().await?;
        let changed = on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "UPDATE sign_in_tokens SET code_attempts = code_attempts + 1 \
                 WHERE id = $1 AND code_attempts < $2",
            )
            .bind(id)
            .bind(most)
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
        })?;
        tx.commit().await?;
        Ok(changed == 1)
    }

    /// Uses the token up, makes the user where the address is new, and opens a session: all or
    /// nothing. Says whether the user is new. `None` when another request has used the token first.
    pub async fn sign_in(
        &self,
        token: &SignInToken,
        beginnings: &Beginnings,
        session: Uuid,
        user_agent: Option<&str>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> sqlx::Result<Option<(User, bool)>> {
        let mut tx = self.begin().await?;
        let consumed = on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "UPDATE sign_in_tokens SET consumed_at = $1 WHERE id = $2 AND consumed_at IS NULL",
            )
            .bind(now)
            .bind(token.id)
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
        })?;
        if consumed != 1 {
            return Ok(None);
        }
        let (user, is_new) = tx.user_for(&token.email, beginnings, now).await?;
        on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "INSERT INTO sessions \
                 (user_id, id, user_agent, created_at, last_seen_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $4, $5)",
            )
            .bind(user.id)
            .bind(session)
            .bind(user_agent)
            .bind(now)
            .bind(expires_at)
            .execute(conn)
            .await
            .map(drop)
        })?;
        tx.audit(Some(user.id), "sign_in", now).await?;
        tx.commit().await?;
        Ok(Some((user, is_new)))
    }

    /// The user with this address, made where it is new.
    pub async fn ensure_user(&self, email: &Email, now: Timestamp) -> sqlx::Result<User> {
        let mut tx = self.begin().await?;
        let (user, _) = tx.user_for(email, &Beginnings::default(), now).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Writes a line of the audit log.
    pub async fn audit(
        &self,
        user_id: Option<Uuid>,
        event: &str,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        tx.audit(user_id, event, now).await?;
        tx.commit().await
    }

    /// The session `id` of `user_id`, ended or not.
    pub async fn find_session(&self, user_id: Uuid, id: Uuid) -> sqlx::Result<Option<SessionRow>> {
        let mut conn = self.read().await?;
        on!(conn.link(), |conn: DB| {
            sqlx::query_as::<DB, SessionRow>(
                "SELECT s.last_seen_at, s.expires_at, s.revoked_at, u.session_timeout_mins \
                 FROM sessions s JOIN users u ON u.id = s.user_id \
                 WHERE s.user_id = $1 AND s.id = $2",
            )
            .bind(user_id)
            .bind(id)
            .fetch_optional(conn)
            .await
        })
    }

    /// Notes that a request used the session.
    pub async fn touch_session(&self, user_id: Uuid, id: Uuid, now: Timestamp) -> sqlx::Result<()> {
        self.set_session_time("last_seen_at", user_id, id, now)
            .await
    }

    /// Ends the session.
    pub async fn revoke_session(
        &self,
        user_id: Uuid,
        id: Uuid,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        self.set_session_time("revoked_at", user_id, id, now).await
    }

    async fn set_session_time(
        &self,
        column: &'static str,
        user_id: Uuid,
        id: Uuid,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        let sql = format!("UPDATE sessions SET {column} = $1 WHERE user_id = $2 AND id = $3");
        let mut tx = self.begin().await?;
        on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(AssertSqlSafe(sql))
                .bind(now)
                .bind(user_id)
                .bind(id)
                .execute(conn)
                .await
                .map(drop)
        })?;
        tx.commit().await
    }

    /// Deletes at most `most` sessions that were signed out, or else reached their absolute end,
    /// before `before`. Says how many.
    pub async fn delete_sessions_ended_before(
        &self,
        before: Timestamp,
        most: u64,
    ) -> sqlx::Result<u64> {
        let end = "COALESCE(revoked_at, expires_at)";
        self.delete_oldest("sessions", "user_id, id", end, before, most)
            .await
    }

    /// Deletes at most `most` sign-in tokens that expired before `before`. Says how many.
    pub async fn delete_tokens_expired_before(
        &self,
        before: Timestamp,
        most: u64,
    ) -> sqlx::Result<u64> {
        self.delete_oldest("sign_in_tokens", "id", "expires_at", before, most)
            .await
    }

    async fn delete_oldest(
        &self,
        table: &'static str,
        key: &'static str,
        time: &'static str,
        before: Timestamp,
        most: u64,
    ) -> sqlx::Result<u64> {
        let mut tx = self.begin().await?;
        let lock = match &tx {
            Tx::Sqlite(_) => "",
            // Whoever has a row right now is not waited for, so nobody waits for each other.
            Tx::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        };
        // Materialized: chosen once, not again for every row.
        let sql = format!(
            "WITH oldest AS MATERIALIZED (\
                SELECT {key} FROM {table} WHERE {time} < $1 ORDER BY {time} LIMIT $2{lock}\
             ) DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM oldest)"
        );
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

    /// The user `id`.
    pub async fn find_user(&self, id: Uuid) -> sqlx::Result<Option<User>> {
        let mut conn = self.read().await?;
        on!(conn.link(), |conn: DB| {
            sqlx::query_as::<DB, User>("SELECT id, email FROM users WHERE id = $1")
                .bind(id)
                .fetch_optional(conn)
                .await
        })
    }
}

impl Tx {
    /// The user with this address, and whether it is new: then one with default settings but for how it
    /// begins. Two first sign-ins at the same moment make one user.
    async fn user_for(
        &mut self,
        email: &Email,
        beginnings: &Beginnings,
        now: Timestamp,
    ) -> sqlx::Result<(User, bool)> {
        let id = Uuid::new_v4();
        let made: Option<User> = on!(self.link(), |conn: DB| {
            sqlx::query_as::<DB, User>(
                "INSERT INTO users (id, email, timezone, email_verified_at, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $4, $4) ON CONFLICT (email) DO NOTHING \
                 RETURNING id, email",
            )
            .bind(id)
            .bind(email.clone())
            .bind(beginnings.timezone.clone())
            .bind(now)
            .fetch_optional(conn)
            .await
        })?;
        let Some(user) = made else {
            let known = on!(self.link(), |conn: DB| {
                sqlx::query_as::<DB, User>("SELECT id, email FROM users WHERE email = $1")
                    .bind(email.clone())
                    .fetch_one(conn)
                    .await
            })?;
            return Ok((known, false));
        };
        on!(self.link(), |conn: DB| {
            sqlx::query::<DB>(
                "INSERT INTO user_sequences (user_id, epoch, last_seq) VALUES ($1, $2, 1)",
            )
            .bind(user.id)
            .bind(Uuid::new_v4())
            .execute(conn)
            .await
            .map(drop)
        })?;
        on!(self.link(), |conn: DB| {
            sqlx::query::<DB>(
                "INSERT INTO user_settings (user_id, seq, week_start, created_at, updated_at) \
                 VALUES ($1, 1, $2, $3, $3)",
            )
            .bind(user.id)
            .bind(beginnings.week_start)
            .bind(now)
            .execute(conn)
            .await
            .map(drop)
        })?;
        Ok((user, true))
    }

    pub(super) async fn audit(
        &mut self,
        user_id: Option<Uuid>,
        event: &str,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        on!(self.link(), |conn: DB| {
            sqlx::query::<DB>(
                "INSERT INTO audit_log (id, user_id, event, occurred_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(Uuid::new_v4())
            .bind(user_id)
            .bind(event)
            .bind(now)
            .execute(conn)
            .await
            .map(drop)
        })
    }
}
