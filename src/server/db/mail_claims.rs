//! The queue of the table `mails`: who tries which, and what came of that.

use super::{Db, Tx, mail_files, on, tenant::Owner};
use crate::domain::{mailing::MailState, rules::Rule, time::Timestamp};
use sqlx::QueryBuilder;
use uuid::Uuid;

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

    /// Keeps what a mail says, before it is sent, and the hash of that where it was written anew. Whether the
    /// claim still holds: one whose time is over is anybody's, though nobody has taken it yet.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn keep_mail(
        &self,
        mail: &Claimed,
        bytes: &[u8],
        said: Option<[u8; 32]>,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        let write = ClaimWrite {
            claim: Claim::of(mail),
            what: What::Keep {
                bytes: bytes.to_vec(),
                said: said.map(Vec::from),
                now,
            },
        };
        self.together().write(self, write).await
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
        let write = ClaimWrite {
            claim: Claim::of(mail),
            what: What::End {
                end: end.clone(),
                was_uncertain: mail.uncertain,
                why: why.map(ToOwned::to_owned),
                now,
            },
        };
        self.together().write(self, write).await
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

    /// All mails that wait after a try are to be tried now.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn try_mails_again(&self, now: Timestamp) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "UPDATE mails SET not_before = $1 \
                 WHERE state = 'waiting' AND attempts > 0 AND not_before > $1",
            )
            .bind(now)
            .execute(conn)
            .await
            .map(drop)
        })?;
        tx.commit().await
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
}

/// Which claim.
#[derive(Clone, Copy, Debug)]
struct Claim {
    user_id: Uuid,
    mail: Uuid,
    id: Uuid,
}

impl Claim {
    fn of(mail: &Claimed) -> Self {
        Self {
            user_id: mail.user_id,
            mail: mail.id,
            id: mail.claim_id,
        }
    }
}

/// What whoever has a claim writes: nothing where it holds no more.
#[derive(Debug)]
pub(super) struct ClaimWrite {
    claim: Claim,
    what: What,
}

#[derive(Debug)]
enum What {
    Keep {
        bytes: Vec<u8>,
        said: Option<Vec<u8>>,
        now: Timestamp,
    },
    End {
        end: End,
        was_uncertain: bool,
        why: Option<String>,
        now: Timestamp,
    },
}

impl ClaimWrite {
    /// Does it in a transaction. Whether the claim held.
    pub(super) async fn run(&self, tx: &mut Tx) -> sqlx::Result<bool> {
        match &self.what {
            What::Keep { bytes, said, now } => self.keep(tx, bytes, said.as_deref(), *now).await,
            What::End {
                end,
                was_uncertain,
                why,
                now,
            } => {
                self.end(tx, end, *was_uncertain, why.as_deref(), *now)
                    .await
            }
        }
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        bytes: &[u8],
        said: Option<&[u8]>,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        let claim = self.claim;
        on!(tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "UPDATE mails SET bytes = $1, said = COALESCE($2, said) \
                 WHERE user_id = $3 AND id = $4 AND claim_id = $5 AND state = 'claimed' \
                 AND lease_until > $6",
            )
            .bind(bytes.to_vec())
            .bind(said.map(<[u8]>::to_vec))
            .bind(claim.user_id)
            .bind(claim.mail)
            .bind(claim.id)
            .bind(now)
            .execute(conn)
            .await
            .map(|done| done.rows_affected() > 0)
        })
    }

    async fn end(
        &self,
        tx: &mut Tx,
        end: &End,
        was_uncertain: bool,
        why: Option<&str>,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        let claim = self.claim;
        let (state, not_before, given_back, uncertain, ended_at) = match end {
            End::Over(state) => (*state, now, 0, was_uncertain, Some(now)),
            End::Again {
                at,
                counts,
                uncertain,
            } => (
                MailState::Waiting,
                *at,
                i32::from(!counts),
                was_uncertain || *uncertain,
                None,
            ),
        };
        let why = why.map(ToOwned::to_owned);
        let held = on!(tx.link(), |conn: DB| {
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
            .bind(claim.user_id)
            .bind(claim.mail)
            .bind(claim.id)
            .execute(conn)
            .await
            .map(|done| done.rows_affected() > 0)
        })?;
        if !held {
            return Ok(false);
        }
        if state == MailState::Dropped {
            mail_files::forget(tx, claim.user_id, claim.mail).await?;
        }
        let event = match state {
            MailState::Delivered => Some("mail_delivered"),
            MailState::Dead => Some("mail_failed"),
            _ => None,
        };
        if let Some(event) = event {
            tx.audit(Some(claim.user_id), event, now).await?;
        }
        Ok(true)
    }
}
