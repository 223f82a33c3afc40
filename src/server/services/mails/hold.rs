//! Holding mails back after a long silence, so that whoever runs the server can say what becomes of them.

use crate::{domain::time::Timestamp, server::db::Db};
use chrono::Duration;
/// After so long without a look at what is due, mails are held, so that whoever runs the server can say what is
/// to become of them.
const SILENCE: Duration = Duration::days(7);
/// How long they are held at most.
const HELD: Duration = Duration::hours(1);

/// Holds mails where nothing was looked for in a long time, as at a start and after a machine has slept, or where
/// `asked` to. Says until when they are held, if they are.
///
/// # Errors
/// When the database cannot.
pub async fn hold(db: &Db, asked: bool, now: Timestamp) -> sqlx::Result<Option<Timestamp>> {
    let watch = db.watch().await?;
    let was_silent = watch.last_scan_at.is_some_and(|at| at + SILENCE < now);
    let until = now + HELD;
    if !(asked || was_silent) {
        let held = watch.held_until.filter(|held| *held > now);
        // Further away than mails are ever held it was set by a clock that was ahead.
        if held.is_some_and(|held| held > until) {
            db.hold_mails(Some(until)).await?;
        }
        return Ok(held.map(|held| held.min(until)));
    }
    db.hold_mails(Some(until)).await?;
    // Once is enough for one silence.
    db.note_scan(now).await?;
    tracing::warn!(%until, "mails are held: see `deliveries list`, then `deliveries resume`");
    Ok(Some(until))
}
