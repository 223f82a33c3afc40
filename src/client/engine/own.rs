//! Which versions of a row this user's queue on this device made, one after another, with nobody's
//! in between: an edit that was made on one of them builds on the last of them, whichever page made
//! the edit and whichever page sent what came before it.

use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Rows of which that is remembered, beside those with queued edits: another page may have an edit
/// that is not stored yet.
const REMEMBERED: usize = 64;

/// The version that a creation makes.
const FIRST: i64 = 1;

/// Versions that follow one another: each was made of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Span {
    from: i64,
    to: i64,
    /// When the last one was acknowledged.
    at: Timestamp,
}

impl Span {
    fn touches(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// The versions, by row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnVersions(BTreeMap<Uuid, Span>);

impl OwnVersions {
    /// The server made `version` of `seen`, or of nothing, because the queue asked for it.
    pub(super) fn made(&mut self, record: Uuid, seen: Option<i64>, version: i64, at: Timestamp) {
        let new = Span {
            from: seen.unwrap_or(version).min(version),
            to: version,
            at,
        };
        let span = self.0.entry(record).or_insert(new);
        *span = joined(*span, new);
    }

    /// On which version an edit builds that was made on `seen`; on none yet where its creation was
    /// still to be sent.
    pub(super) fn advance(&self, record: Uuid, seen: Option<i64>) -> i64 {
        let seen = seen.unwrap_or(FIRST);
        match self.0.get(&record) {
            Some(span) if (span.from..=span.to).contains(&seen) => span.to,
            _ => seen,
        }
    }

    /// Another history has begun: whatever lies above the versions that it has was never made in it.
    /// `version` is that of a row in the new base.
    pub(super) fn forget_above(&mut self, version: impl Fn(Uuid) -> Option<i64>) {
        self.0
            .retain(|record, span| version(*record).is_some_and(|version| span.to <= version));
    }

    /// Whether there are so many that it is worth pruning.
    pub(super) fn is_long(&self) -> bool {
        self.0.len() > 2 * REMEMBERED
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
            idle.sort_unstable();
            for (_, record) in idle.iter().take(idle.len() - REMEMBERED) {
                self.0.remove(record);
            }
        }
    }
}

/// What is known from two: both where they follow one another, else the later.
fn joined(one: Span, other: Span) -> Span {
    if one.touches(other) {
        Span {
            from: one.from.min(other.from),
            to: one.to.max(other.to),
            at: one.at.max(other.at),
        }
    } else if one.to >= other.to {
        one
    } else {
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::application::tests::now;
    use chrono::Duration;

    const ROW: Uuid = Uuid::from_u128(1);

    #[test]
    fn an_edit_builds_on_the_last_of_the_versions_that_follow_the_one_it_saw() {
        let mut own = OwnVersions::default();
        assert_eq!(own.advance(ROW, Some(3)), 3);
        own.made(ROW, Some(3), 4, now());
        own.made(ROW, Some(4), 5, now());
        assert_eq!(own.advance(ROW, Some(2)), 2);
        assert_eq!(own.advance(ROW, Some(3)), 5);
        assert_eq!(own.advance(ROW, Some(6)), 6);
    }

    #[test]
    fn a_version_of_somebody_else_in_between_breaks_the_row() {
        let mut own = OwnVersions::default();
        own.made(ROW, None, 1, now());
        assert_eq!(own.advance(ROW, None), 1);
        own.made(ROW, Some(2), 3, now());
        assert_eq!(own.advance(ROW, None), 1);
        assert_eq!(own.advance(ROW, Some(2)), 3);
    }

    #[test]
    fn two_pages_know_together_what_each_knows() {
        let (mut one, mut other) = (OwnVersions::default(), OwnVersions::default());
        one.made(ROW, None, 1, now());
        one.made(ROW, Some(1), 2, now());
        other.made(ROW, Some(2), 3, now());
        for (mut page, theirs) in [(one.clone(), &other), (other.clone(), &one)] {
            page.join(theirs);
            assert_eq!(page.advance(ROW, None), 3);
        }
    }

    #[test]
    fn the_oldest_are_forgotten_but_not_of_rows_that_wait() {
        let mut own = OwnVersions::default();
        for n in 0..100 {
            own.made(
                Uuid::from_u128(n),
                None,
                1,
                now() + Duration::seconds(n as i64),
            );
        }
        own.prune(&HashSet::from([Uuid::from_u128(0)]));
        assert_eq!(own.0.len(), REMEMBERED + 1);
        assert!(own.0.contains_key(&Uuid::from_u128(0)));
        assert!(!own.0.contains_key(&Uuid::from_u128(1)));
        assert!(own.0.contains_key(&Uuid::from_u128(99)));
    }
}
