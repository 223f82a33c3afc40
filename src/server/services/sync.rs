//! A user's history, a page at a time (DESIGN §7).

use crate::{
    domain::{
        error::{Problem, ProblemKind},
        sync::{SyncPage, SyncQuery},
    },
    server::{auth::caller::Caller, db::sync},
};
use uuid::Uuid;

/// Changes a page when no limit is given, and the most.
const DEFAULT_LIMIT: u32 = 500;
const MAX_LIMIT: u32 = 5_000;

/// What changed since the cursor.
///
/// # Errors
/// 400 for a limit out of range or a cursor that is not ours; 410 for one of another history.
pub async fn pull(caller: &Caller, query: &SyncQuery) -> Result<SyncPage, Problem> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::field(
            "limit",
            format!("Between 1 and {MAX_LIMIT}."),
        ));
    }
    let mut tenant = caller.state.db.read_as(caller.session.owner).await?;
    let head = sync::head(&mut tenant).await?;
    let since = match &query.since {
        None => 0,
        Some(cursor) => {
            let (epoch, seq) = read_cursor(cursor)?;
            if epoch != head.epoch || seq > head.last_seq {
                return Err(Problem::new(
                    ProblemKind::CursorExpired,
                    "This history is no longer kept. Start again without since.",
                ));
            }
            seq
        }
    };
    let changes = sync::changes(&mut tenant, since, head.last_seq, limit.into()).await?;
    let full = changes.len() == limit as usize;
    let reached = match changes.last() {
        Some(last) if full => last.seq,
        _ => head.last_seq,
    };
    Ok(SyncPage {
        epoch: head.epoch,
        changes,
        next: format!("{}.{reached}", head.epoch.simple()),
        has_more: reached < head.last_seq,
    })
}

fn read_cursor(cursor: &str) -> Result<(Uuid, i64), Problem> {
    cursor
        .split_once('.')
        .and_then(|(epoch, seq)| Some((epoch.parse().ok()?, seq.parse().ok()?)))
        .filter(|(_, seq): &(Uuid, i64)| *seq >= 0)
        .ok_or_else(|| Problem::field("since", "Use next of the page before, as it is."))
}
