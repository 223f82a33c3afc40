//! Which versions of a row this user's queue on this device made, one after another, with nobody's
//! in between: an edit that was made on one of them builds on the last of them, whichever page made
//! the edit and whichever page sent what came before it.

use crate::domain::{order::sort_by_key, row::Seen, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Rows of which that is remembered, beside those with queued edits: another page may have an edit
/// that is not stored yet.
const REMEMBERED: usize = 64;

/// The version that a creation makes.
const FIRST: Seen = Seen::only(1);

/// Versions that follow one another: each was made of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Span {
    from: i64,
    to: i64,
    /// When the last one was acknowledged.
    at: Timestamp,
    /// When the server made the first and the last: another history has the same numbers. A span that
    /// an older version stored does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to_at: Option<Timestamp>,
}

impl Span {
    fn first(self) -> Seen {
        Seen {
            at: self.from_at,
            version: self.from,
        }
    }

    fn last(self) -> Seen {
        Seen {
            at: self.to_at,
            version: self.to,
        }
    }

    /// Whether a state is one of these versions: by its number, and by its time where both are known.
    fn has(self, state: Seen) -> bool {
        let known = |at: Option<Timestamp>| at.zip(state.at);
        let is = |end: Seen| known(end.at).is_none_or(|(at, seen)| at == seen);
        if state.version == self.from || state.version == self.to {
            (state.version == self.from && is(self.first()))
                || (state.version == self.to && is(self.last()))
        } else {
            (self.from..self.to).contains(&state.version)
                && known(self.from_at).is_none_or(|(at, seen)| at <= seen)
                && known(self.to_at).is_none_or(|(at, seen)| seen <= at)
        }
    }

    /// Whether both are of one history, and one of them begins in the other.
    fn touches(self, other: Self) -> bool {
        let agrees = |one: Self, other: Self| {
            [other.first(), other.last()]
                .into_iter()
                .all(|end| !(one.from..=one.to).contains(&end.version) || one.has(end))
        };
        self.from <= other.to && other.from <= self.to && agrees(self, other) && agrees(other, self)
    }
}

/// The versions, by row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnVersions(BTreeMap<Uuid, Span>);

impl OwnVersions {
    /// The server made a state of `seen`, or of nothing, because the queue asked for it.
    pub(super) fn made(&mut self, record: Uuid, seen: Option<Seen>, made: Seen, at: Timestamp) {
        let from = seen.filter(|seen| seen.version < made.version);
        let from = from.unwrap_or(made);
        let new = Span {
            from: from.version,
            to: made.version,
            at,
            from_at: from.at,
            to_at: made.at,
        };
        let span = self.0.entry(record).or_insert(new);
        *span = joined(*span, new);
    }

    /// On which state an edit builds that was made on `seen`; on none yet where its creation was
    /// still to be sent.
    pub(super) fn advance(&self, record: Uuid, seen: Option<Seen>) -> Seen {
        let seen = seen.unwrap_or(FIRST);
        match self.0.get(&record) {
            Some(span) if span.has(seen) => span.last(),
            _ => seen,
        }
    }

    /// Another history has begun: whatever it does not have was never made in it. `state` is that of a
    /// row in the new base.
    pub(super) fn forget_lost(&mut self, state: impl Fn(Uuid) -> Option<Seen>) {
        self.0.retain(|record, span| {
            state(*record).is_some_and(|now| {
                span.to < now.version || (span.to == now.version && span.has(now))
            })
        });
    }

    /// Whether there are so many that it is worth pruning.
    pub(super) fn is_long(&self) -> bool {
        self.0.len() > 2 * REMEMBERED
    }

    /// Whether both know the same of this row.
    pub(super) fn agrees(&self, other: &Self, record: Uuid) -> bool {
        self.0.get(&record) == other.0.get(&record)
    }

    /// Whether the queue made any version of this row.
    pub(super) fn knows(&self, record: Uuid) -> bool {
        self.0.contains_key(&record)
    }

    /// Takes in what another page knows.
    pub(super) fn join(&mut self, other: &Self) {
        for (record, span) in &other.0 {
            let known = self.0.entry(*record).or_insert(*span);
            *known = joined(*known, *span);
        }
    }

    /// Forgets the oldest but for those of `busy` rows.
    pub(super) fn prune(&mut self, busy: &HashSet<Uuid>) {
        let mut idle: Vec<(Timestamp, Uuid)> = self
            .0
            .iter()
            .filter(|(record, _)| !busy.contains(record))
            .map(|(record, span)| (span.at, *record))
            .collect();
        if idle.len() > REMEMBERED {
            sort_by_key(&mut idle, |(at, record)| (*at, *record));
            for (_, record) in idle.iter().take(idle.len() - REMEMBERED) {
                self.0.remove(record);
            }
        }
    }
}

/// What is known from two: both where they follow one another, else the later.
fn joined(one: Span, other: Span) -> Span {
    if one.touches(other) {
        let [first, last] = ends(one, other);
        Span {
            from: first.version,
            to: last.version,
            at: one.at.max(other.at),
            from_at: first.at,
            to_at: last.at,
        }
    } else if one.last() >= other.last() {
        one
    } else {
        other
    }
}

/// The first and the last of what two spans have together; of one state the one whose time is known.
fn ends(one: Span, other: Span) -> [Seen; 2] {
    let key = |state: &Seen| (state.version, state.at);
    let [first, last] = [one.first(), one.last()];
    [
        if other.from < first.version || (other.from == first.version && first.at.is_none()) {
            other.first()
        } else {
            first
        },
        std::cmp::max_by_key(last, other.last(), key),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::application::tests::now;
    use chrono::Duration;

    const ROW: Uuid = Uuid::from_u128(1);

    fn seen(version: i64) -> Option<Seen> {
        Some(Seen::only(version))
    }

    /// A state that was made so many seconds after the beginning.
    fn state(version: i64, second: i64) -> Seen {
        Seen {
            at: Some(now() + Duration::seconds(second)),
            version,
        }
    }

    fn advanced(own: &OwnVersions, seen: Option<Seen>) -> i64 {
        own.advance(ROW, seen).version
    }

    #[test]
    fn an_edit_builds_on_the_last_of_the_versions_that_follow_the_one_it_saw() {
        let mut own = OwnVersions::default();
        assert_eq!(advanced(&own, seen(3)), 3);
        own.made(ROW, seen(3), Seen::only(4), now());
        own.made(ROW, seen(4), Seen::only(5), now());
        assert_eq!(advanced(&own, seen(2)), 2);
        assert_eq!(advanced(&own, seen(3)), 5);
        assert_eq!(advanced(&own, seen(6)), 6);
    }

    #[test]
    fn a_version_of_somebody_else_in_between_breaks_the_row() {
        let mut own = OwnVersions::default();
        own.made(ROW, None, Seen::only(1), now());
        assert_eq!(advanced(&own, None), 1);
        own.made(ROW, seen(2), Seen::only(3), now());
        assert_eq!(advanced(&own, None), 1);
        assert_eq!(advanced(&own, seen(2)), 3);
    }

    #[test]
    fn two_pages_know_together_what_each_knows() {
        let (mut one, mut other) = (OwnVersions::default(), OwnVersions::default());
        one.made(ROW, None, Seen::only(1), now());
        one.made(ROW, seen(1), Seen::only(2), now());
        other.made(ROW, seen(2), Seen::only(3), now());
        for (mut page, theirs) in [(one.clone(), &other), (other.clone(), &one)] {
            page.join(theirs);
            assert_eq!(advanced(&page, None), 3);
        }
    }

    #[test]
    fn the_oldest_are_forgotten_but_not_of_rows_that_wait() {
        let mut own = OwnVersions::default();
        for n in 0..100 {
            own.made(
                Uuid::from_u128(n),
                None,
                FIRST,
                now() + Duration::seconds(n as i64),
            );
        }
        own.prune(&HashSet::from([Uuid::from_u128(0)]));
        assert_eq!(own.0.len(), REMEMBERED + 1);
        assert!(own.0.contains_key(&Uuid::from_u128(0)));
        assert!(!own.0.contains_key(&Uuid::from_u128(1)));
        assert!(own.0.contains_key(&Uuid::from_u128(99)));
    }

    #[test]
    fn an_edit_of_a_state_that_another_history_does_not_have_builds_on_none_of_its_versions() {
        let mut own = OwnVersions::default();
        own.made(ROW, Some(state(3, 3)), state(4, 4), now());
        // The server was set back to version 3; somebody else made the fourth, and the queue more.
        own.made(ROW, Some(state(4, 10)), state(5, 11), now());
        own.made(ROW, Some(state(5, 11)), state(6, 12), now());
        for lost in [state(4, 4), state(5, 5), state(6, 6)] {
            assert_eq!(own.advance(ROW, Some(lost)), lost);
        }
        for made in [state(4, 10), state(5, 11), state(6, 12)] {
            assert_eq!(own.advance(ROW, Some(made)), state(6, 12));
        }
    }

    #[test]
    fn of_two_histories_pages_know_together_the_later_one() {
        let mut old = OwnVersions::default();
        old.made(ROW, Some(state(3, 3)), state(4, 4), now());
        old.made(ROW, Some(state(4, 4)), state(5, 5), now());
        let mut new = OwnVersions::default();
        new.made(ROW, Some(state(4, 10)), state(5, 11), now());
        for (mut page, theirs) in [(old.clone(), &new), (new.clone(), &old)] {
            page.join(theirs);
            assert_eq!(page, new);
        }
    }

    #[test]
    fn what_the_new_history_does_not_have_is_forgotten() {
        for (now_is, kept) in [
            (None, false),
            (Some(state(3, 3)), false),
            (Some(state(4, 4)), true),
            (Some(state(4, 10)), false),
            (Some(state(5, 11)), true),
        ] {
            let mut own = OwnVersions::default();
            own.made(ROW, Some(state(3, 3)), state(4, 4), now());
            own.forget_lost(|_| now_is);
            assert_eq!(own.knows(ROW), kept, "{now_is:?}");
        }
    }
}
