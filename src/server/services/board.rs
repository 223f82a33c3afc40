//! What the board's first paint needs.

use super::Context;
use crate::{
    domain::{error::Problem, stage::Status, sync::BoardSnapshot},
    server::db::{activities, applications, rows as table},
};
use uuid::Uuid;

/// Cards of each open column that the first paint shows: more than the tallest screen holds.
pub const FIRST_CARDS: i64 = 16;

/// Activities that the first paint knows of: more than anybody has ahead.
pub const FIRST_ACTIVITIES: i64 = 200;

/// The top of every open column, how long every column is, and `focus`, the application whose
/// sidebar is open.
///
/// # Errors
/// When the database does not answer.
pub async fn snapshot(
    context: &Context<'_>,
    focus: Option<Uuid>,
) -> Result<BoardSnapshot, Problem> {
    let mut tenant = context.db.read_as(context.owner).await?;
    let counts = applications::counts(&mut tenant).await?;
    let total: i64 = counts
        .iter()
        .map(|count| count.on_board + count.archived)
        .sum();
    let on_board: i64 = counts.iter().map(|count| count.on_board).sum();
    // Columns of closed applications are folded, so their cards can wait, unless the whole board
    // is small.
    let statuses: Vec<Status> = Status::ALL
        .iter()
        .copied()
        .filter(|status| !status.is_closed() || on_board <= FIRST_CARDS)
        .collect();
    let mut rows = applications::board(&mut tenant, &statuses, FIRST_CARDS).await?;
    let whole = i64::try_from(rows.len()).is_ok_and(|rows| rows == total);
    if let Some(id) = focus
        && !rows.iter().any(|row| row.id == id)
    {
        rows.extend(table::find(&mut tenant, id).await?);
    }
    let activities = activities::open(&mut tenant, FIRST_ACTIVITIES).await?;
    Ok(BoardSnapshot {
        now: context.now,
        rows,
        activities,
        counts: counts
            .into_iter()
            .map(|count| {
                let on_board = u32::try_from(count.on_board).unwrap_or(u32::MAX);
                (count.status, on_board)
            })
            .collect(),
        whole,
    })
}
