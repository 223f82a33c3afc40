//! The only way to a table that belongs to users: a handle that carries whose rows it may touch.
//! Every function over such a table takes a [`Tenant`], so that a query without an owner cannot be
//! written by accident.

use super::{Conn, Db, Link, Tx, due::Due, on};
use crate::domain::{position::Position, time::Timestamp};
use sqlx::AssertSqlSafe;
use std::sync::Arc;
use uuid::Uuid;

/// Somebody whose identity was established: by a session, or by the program itself for a job that
/// it does for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner(Uuid);

impl Owner {
    /// Vouches for `user_id`. Only code that has checked a session, made the user, or does a job
    /// of the program for the user, may call it.
    pub(in crate::server) fn vouched(user_id: Uuid) -> Self {
        Self(user_id)
    }

    /// The user's id.
    pub fn user_id(self) -> Uuid {
        self.0
    }
}

/// A handle to one user's rows.
pub trait Tenant: Send {
    /// Whose rows.
    fn user_id(&self) -> Uuid;
    /// Where statements run.
    fn link(&mut self) -> Link<'_>;
}

/// One user's rows, for reading.
pub struct TenantRead {
    owner: Owner,
    conn: Conn,
}

impl Tenant for TenantRead {
    fn user_id(&self) -> Uuid {
        self.owner.0
    }
    fn link(&mut self) -> Link<'_> {
        self.conn.link()
    }
}

/// One user's rows as they all are at one moment, for reading.
pub struct TenantSnapshot {
    owner: Owner,
    tx: Tx,
}

impl Tenant for TenantSnapshot {
    fn user_id(&self) -> Uuid {
        self.owner.0
    }
    fn link(&mut self) -> Link<'_> {
        self.tx.link()
    }
}

/// One user's rows, for writing: a transaction that holds the user's sequence lock from its start,
/// so that writes of one user stand in one order, and a reader of the sequence never skips one.
pub struct TenantWrite {
    owner: Owner,
    tx: Tx,
    run: Uuid,
    last_seq: i64,
    first_seq: i64,
    due: Arc<Due>,
    /// The earliest moment at which something goes out that this transaction changed.
    wakes_at: Option<Timestamp>,
}

impl Tenant for TenantWrite {
    fn user_id(&self) -> Uuid {
        self.owner.0
    }
    fn link(&mut self) -> Link<'_> {
        self.tx.link()
    }
}

impl TenantWrite {
    /// The next number of the user's history, for one row that this transaction changes.
    pub fn next_seq(&mut self) -> i64 {
        self.last_seq += 1;
        self.last_seq
    }

    /// Once this is committed, there is something to do at `at`.
    pub fn wakes_at(&mut self, at: Timestamp) {
        self.wakes_at = Some(self.wakes_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Where the user's history stands once this is committed, or where it stood before.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn position(&mut self, committed: bool) -> sqlx::Result<Position> {
        let seq = if committed {
            self.last_seq
        } else {
            self.first_seq
        };
        if seq != self.first_seq {
            self.note_run().await?;
        }
        super::sync::position_at(self, seq).await
    }

    /// Makes everything durable and lets go of the lock.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        if self.last_seq != self.first_seq {
            let (user_id, last_seq) = (self.owner.0, self.last_seq);
            self.note_run().await?;
            on!(self.tx.link(), |conn: DB| {
                sqlx::query::<DB>("UPDATE user_sequences SET last_seq = $1 WHERE user_id = $2")
                    .bind(last_seq)
                    .bind(user_id)
                    .execute(conn)
                    .await
                    .map(drop)
            })?;
        }
        self.tx.commit().await?;
        if let Some(at) = self.wakes_at {
            self.due.comes(at);
        }
        Ok(())
    }
}

impl TenantWrite {
    /// Notes once that this process goes on with the user's history where it stood: what a cursor is
    /// checked by ([`super::sync::position_at`]).
    async fn note_run(&mut self) -> sqlx::Result<()> {
        let (user_id, run, after_seq) = (self.owner.0, self.run, self.first_seq);
        on!(self.tx.link(), |conn: DB| {
            sqlx::query::<DB>(
                "INSERT INTO sequence_runs (user_id, run, after_seq) VALUES ($1, $2, $3) \
                 ON CONFLICT (user_id, run) DO NOTHING",
            )
            .bind(user_id)
            .bind(run)
            .bind(after_seq)
            .execute(conn)
            .await
            .map(drop)
        })
    }
}

impl Db {
    /// Whose recorded answers are older than `answers`, or tombstones than `tombstones`: at most
    /// `most` users, in an order of their own, those after `after`.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn owners_of_old(
        &self,
        answers: Timestamp,
        tombstones: Timestamp,
        after: Option<Owner>,
        most: u64,
    ) -> sqlx::Result<Vec<Owner>> {
        let mut conn = self.read().await?;
        let ids: Vec<Uuid> = on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Uuid>(
                "SELECT s.user_id FROM user_sequences s WHERE s.user_id > $1 AND (\
                    EXISTS (SELECT 1 FROM mutations m \
                        WHERE m.user_id = s.user_id AND m.created_at < $2) \
                    OR EXISTS (SELECT 1 FROM tombstones t \
                        WHERE t.user_id = s.user_id AND t.deleted_at < $3)\
                 ) ORDER BY s.user_id LIMIT $4",
            )
            .bind(after.map_or(Uuid::nil(), Owner::user_id))
            .bind(answers)
            .bind(tombstones)
            .bind(most.cast_signed())
            .fetch_all(conn)
            .await
        })?;
        Ok(ids.into_iter().map(Owner).collect())
    }

    /// Who has planned something for after `now`: at most `most` users, in an order of their own, those
    /// after `after`.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn owners_of_planned(
        &self,
        now: Timestamp,
        after: Option<Owner>,
        most: u64,
    ) -> sqlx::Result<Vec<Owner>> {
        let mut conn = self.read().await?;
        let ids: Vec<Uuid> = on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Uuid>(
                "SELECT s.user_id FROM user_sequences s WHERE s.user_id > $1 AND \
                    EXISTS (SELECT 1 FROM activities a \
                        WHERE a.user_id = s.user_id AND a.starts_at > $2) \
                 ORDER BY s.user_id LIMIT $3",
            )
            .bind(after.map_or(Uuid::nil(), Owner::user_id))
            .bind(now)
            .bind(most.cast_signed())
            .fetch_all(conn)
            .await
        })?;
        Ok(ids.into_iter().map(Owner).collect())
    }

    /// `owner`'s rows, for reading.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn read_as(&self, owner: Owner) -> sqlx::Result<TenantRead> {
        Ok(TenantRead {
            owner,
            conn: self.read().await?,
        })
    }

    /// `owner`'s rows as they all are at one moment, for reading.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn snapshot_as(&self, owner: Owner) -> sqlx::Result<TenantSnapshot> {
        let tx = match self {
            Self::Sqlite { reader, .. } => Tx::Sqlite(reader.begin().await?),
            Self::Postgres { pool, .. } => Tx::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        };
        Ok(TenantSnapshot { owner, tx })
    }

    /// `owner`'s rows, for writing.
    ///
    /// # Errors
    /// `RowNotFound` when the user is gone; else when no connection is to be had.
    pub async fn write_as(&self, owner: Owner) -> sqlx::Result<TenantWrite> {
        let mut tx = self.begin().await?;
        let lock = match &tx {
            // BEGIN IMMEDIATE holds the lock already.
            Tx::Sqlite(_) => "",
            Tx::Postgres(_) => " FOR UPDATE",
        };
        let sql = format!("SELECT last_seq FROM user_sequences WHERE user_id = $1{lock}");
        let last_seq: i64 = on!(tx.link(), |conn: DB| {
            sqlx::query_scalar::<DB, i64>(AssertSqlSafe(sql))
                .bind(owner.0)
                .fetch_one(conn)
                .await
        })?;
        Ok(TenantWrite {
            owner,
            tx,
            run: self.run(),
            last_seq,
            first_seq: last_seq,
            due: Arc::clone(self.due()),
            wakes_at: None,
        })
    }
}
