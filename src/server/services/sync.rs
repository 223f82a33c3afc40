//! A user's history, a page at a time (docs/ARCHITECTURE.md, the life of one edit).

use super::Context;
use crate::{
    domain::{
        error::{Problem, ProblemKind},
        position::{Position, Positions},
        sync::{DEFAULT_LIMIT, EntityKinds, MAX_LIMIT, SyncPage, SyncQuery},
    },
    server::db::{
        sync::{self, Head},
        tenant::Tenant,
    },
};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// What changed since the cursor. `heard_of` are places of the history of which the client has heard.
///
/// # Errors
/// 400 for a limit out of range or a cursor that is not ours; 410 for one of another history or of
/// other kinds, or one that may have missed a deletion whose tombstone is no longer kept, and where the
/// client has heard of something that this history does not have: a backup was restored.
pub async fn pull(
    context: &Context<'_>,
    query: &SyncQuery,
    heard_of: &Positions,
) -> Result<SyncPage, Problem> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::field(
            "limit",
            format!("Between 1 and {MAX_LIMIT}."),
        ));
    }
    let kinds = query.kinds.unwrap_or(EntityKinds::UNSAID);
    let cursor: Option<Cursor> = query.since.as_deref().map(str::parse).transpose()?;
    let mut tenant = context.db.read_as(context.owner).await?;
    let head = sync::head(&mut tenant).await?;
    for place in heard_of.iter() {
        is_of(&mut tenant, &head, place).await?;
    }
    let (seq, began) = match cursor {
        None => (0, head.last_seq),
        Some(cursor) => {
            let began = Position {
                epoch: cursor.epoch,
                seq: cursor.began,
            };
            is_of(&mut tenant, &head, began).await?;
            if cursor.kinds != kinds {
                return Err(expired());
            }
            (cursor.seq, cursor.began)
        }
    };
    let wanted = sync::Wanted {
        kinds,
        since: seq,
        head: head.last_seq,
        // One more than asked for tells whether there is a next page.
        limit: i64::from(limit) + 1,
    };
    let mut changes = sync::changes(&mut tenant, wanted).await?;
    // Asked last: a tombstone that was pruned while the changes were read is missed as well.
    if cursor.is_some() && began < sync::floor(&mut tenant).await? {
        return Err(expired());
    }
    let has_more = changes.len() > limit as usize;
    changes.truncate(limit as usize);
    let reached = match changes.last() {
        Some(last) if has_more => last.seq,
        _ => head.last_seq,
    };
    let began = began.max(reached);
    let next = Cursor {
        epoch: sync::position_at(&mut tenant, began).await?.epoch,
        seq: reached,
        began,
        kinds,
    };
    Ok(SyncPage {
        epoch: head.epoch,
        changes,
        next: next.to_string(),
        has_more,
        skipped: 0,
    })
}

/// Refuses a place that this history does not have.
async fn is_of(tenant: &mut impl Tenant, head: &Head, place: Position) -> Result<(), Problem> {
    if place.seq <= head.last_seq && sync::position_at(tenant, place.seq).await? == place {
        Ok(())
    } else {
        Err(expired())
    }
}

fn expired() -> Problem {
    Problem::new(
        ProblemKind::CursorExpired,
        "This history is no longer kept, or was never this one. Start again with nothing of it.",
    )
}

/// How far a client has read. On the wire `epoch.seq`, and `epoch.seq.began` in the middle of a
/// pull from nothing; then the kinds (`.application-settings`), but for those that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    /// Which history it is at the newest number that it knows ([`sync::position_at`]).
    epoch: Uuid,
    /// It has read everything up to this number.
    seq: i64,
    /// It needs no tombstone up to this number: `seq`, or, while it reads from nothing, the newest
    /// number when it began. Whatever it has read since was there then, or came later, so only a
    /// later tombstone can speak of it.
    began: i64,
    /// Of what it has read: of other kinds it knows nothing.
    kinds: EntityKinds,
}

/// Between kinds, where a comma would have to be escaped.
const BETWEEN: &str = "-";

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch.simple(), self.seq)?;
        if self.began > self.seq {
            write!(f, ".{}", self.began)?;
        }
        if self.kinds != EntityKinds::UNSAID {
            write!(f, ".{}", self.kinds.join(BETWEEN))?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let number = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
        let read = || {
            let mut parts = text.split('.').peekable();
            let epoch = parts.next()?.parse().ok()?;
            let seq = number(parts.next()?)?;
            let began = match parts.peek().copied().and_then(number) {
                Some(began) => parts.next().map(|_| began)?,
                None => seq,
            };
            let kinds = match parts.next() {
                Some(words) => EntityKinds::split(words, BETWEEN).ok()?,
                None => EntityKinds::UNSAID,
            };
            let cursor = Self {
                epoch,
                seq,
                began,
                kinds,
            };
            // Only what we would write ourselves.
            (cursor.to_string() == text).then_some(cursor)
        };
        read().ok_or_else(|| Problem::field("since", "Use next of the page before, as it is."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_wire() {
        let epoch = Uuid::from_u128(1);
        let some = EntityKinds::split("settings,application", ",").unwrap();
        for kinds in [EntityKinds::UNSAID, some] {
            for (seq, began) in [(0, 0), (0, 1), (7, 7), (7, 9), (i64::MAX - 1, i64::MAX)] {
                let cursor = Cursor {
                    epoch,
                    seq,
                    began,
                    kinds,
                };
                assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
                // A client reads as much of it.
                let reached = Position { epoch, seq: began };
                assert_eq!(Position::of_cursor(&cursor.to_string()), Some(reached));
            }
        }
        let written = |seq, began, kinds| {
            let cursor = Cursor {
                epoch,
                seq,
                began,
                kinds,
            };
            cursor.to_string().replace(&epoch.simple().to_string(), "e")
        };
        // As cursors were written before there were kinds.
        assert_eq!(written(7, 7, EntityKinds::UNSAID), "e.7");
        assert_eq!(written(7, 9, EntityKinds::UNSAID), "e.7.9");
        assert_eq!(written(7, 7, some), "e.7.application-settings");
        assert_eq!(written(7, 9, some), "e.7.9.application-settings");
    }

    #[test]
    fn only_what_we_would_write_is_a_cursor() {
        let epoch = Uuid::nil().simple();
        for text in [
            "7.7",
            "7.6",
            "7.-1",
            "7.",
            "7.9.9",
            "7.x",
            ".9",
            "+7",
            "07",
            "7.settings-application",
            "7.application-application",
            "7.application,settings",
            "7.application-stage_event-settings",
            "7.application.9",
            "7.application.application",
            "7.9.",
        ] {
            assert!(
                format!("{epoch}.{text}").parse::<Cursor>().is_err(),
                "{text}"
            );
        }
    }
}
