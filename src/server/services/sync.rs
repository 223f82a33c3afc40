//! A user's history, a page at a time (DESIGN §7).

use crate::{
    domain::{
        error::{Problem, ProblemKind},
        sync::{SyncPage, SyncQuery},
    },
    server::{auth::caller::Caller, db::sync},
};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Changes a page when no limit is given, and the most.
const DEFAULT_LIMIT: u32 = 500;
const MAX_LIMIT: u32 = 5_000;

/// What changed since the cursor.
///
/// # Errors
/// 400 for a limit out of range or a cursor that is not ours; 410 for one of another history, or
/// one that may have missed a deletion whose tombstone is no longer kept.
pub async fn pull(caller: &Caller, query: &SyncQuery) -> Result<SyncPage, Problem> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::field(
            "limit",
            format!("Between 1 and {MAX_LIMIT}."),
        ));
    }
    let cursor: Option<Cursor> = query.since.as_deref().map(str::parse).transpose()?;
    let mut tenant = caller.state.db.read_as(caller.session.owner).await?;
    let head = sync::head(&mut tenant).await?;
    let (seq, began) = match cursor {
        None => (0, head.last_seq),
        Some(cursor) if cursor.epoch != head.epoch || cursor.began > head.last_seq => {
            return Err(expired());
        }
        Some(cursor) => (cursor.seq, cursor.began),
    };
    let changes = sync::changes(&mut tenant, seq, head.last_seq, limit.into()).await?;
    // Asked last: a tombstone that was pruned while the changes were read is missed as well.
    if cursor.is_some() && began < sync::floor(&mut tenant).await? {
        return Err(expired());
    }
    let full = changes.len() == limit as usize;
    let reached = match changes.last() {
        Some(last) if full => last.seq,
        _ => head.last_seq,
    };
    let next = Cursor {
        epoch: head.epoch,
        seq: reached,
        began: began.max(reached),
    };
    Ok(SyncPage {
        epoch: head.epoch,
        changes,
        next: next.to_string(),
        has_more: reached < head.last_seq,
    })
}

fn expired() -> Problem {
    Problem::new(
        ProblemKind::CursorExpired,
        "This history is no longer kept. Start again without since.",
    )
}

/// How far a client has read. On the wire `epoch.seq`, and `epoch.seq.began` in the middle of a
/// pull from nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    /// Which history.
    epoch: Uuid,
    /// It has read everything up to this number.
    seq: i64,
    /// It needs no tombstone up to this number: `seq`, or, while it reads from nothing, the newest
    /// number when it began. Whatever it has read since was there then, or came later, so only a
    /// later tombstone can speak of it.
    began: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch.simple(), self.seq)?;
        if self.began > self.seq {
            write!(f, ".{}", self.began)?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let number = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
        let read = || {
            let (epoch, seqs) = text.split_once('.')?;
            let (seq, began) = match seqs.split_once('.') {
                None => (number(seqs)?, number(seqs)?),
                Some((seq, began)) => (number(seq)?, number(began)?),
            };
            let cursor = Self {
                epoch: epoch.parse().ok()?,
                seq,
                began,
            };
            // Only what we would write ourselves.
            (began > seq || !seqs.contains('.')).then_some(cursor)
        };
        read().ok_or_else(|| Problem::field("since", "Use next of the page before, as it is."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_wire() {
        for (seq, began) in [(0, 0), (0, 1), (7, 7), (7, 9), (i64::MAX - 1, i64::MAX)] {
            let cursor = Cursor {
                epoch: Uuid::from_u128(1),
                seq,
                began,
            };
            assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }
    }

    #[test]
    fn a_pull_cannot_have_begun_before_what_it_has_read() {
        let epoch = Uuid::nil().simple();
        for text in ["7.7", "7.6", "7.-1", "7.", "7.9.9", "7.x", ".9"] {
            assert!(
                format!("{epoch}.{text}").parse::<Cursor>().is_err(),
                "{text}"
            );
        }
    }
}
