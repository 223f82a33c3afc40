//! What counts of an application's moves, and at which time: derived on reading, stored nowhere.

use super::{StageEvent, Status};
use crate::domain::time::Timestamp;
use chrono::Duration;

/// A move that is taken back as soon as this was a slip of the hand.
pub const SLIP: Duration = Duration::minutes(10);

/// A move that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted<'a> {
    /// The move.
    pub event: &'a StageEvent,
    /// Its time in figures: never before that of the move that counts before it.
    pub at: Timestamp,
}

/// The moves that count, of `events` in the order in which they were recorded.
///
/// What was called off does not count. Nobody moves before an earlier move, whatever days people typed;
/// only a creation gives way: where the first move is dated before it, the application was there before it
/// was written down, and the creation takes that time. A move that takes back the one before it within
/// [`SLIP`] removes both, and what is then left is looked at again; a creation is never removed.
pub fn counted(events: &[StageEvent]) -> Vec<Counted<'_>> {
    let mut all: Vec<Counted<'_>> = Vec::with_capacity(events.len());
    for event in events.iter().filter(|event| event.voided_at.is_none()) {
        let at = match all.as_slice() {
            [] => event.occurred_at,
            [first] if first.event.is_creation() => event.occurred_at,
            [.., last] => event.occurred_at.max(last.at),
        };
        if takes_back(event, at, &all) {
            all.pop();
        } else {
            all.push(Counted { event, at });
        }
    }
    if let [first, second, ..] = all.as_mut_slice()
        && first.event.is_creation()
    {
        first.at = first.at.min(second.at);
    }
    all
}

/// Whether a move at `at` makes a slip of the last one of `before`.
fn takes_back(event: &StageEvent, at: Timestamp, before: &[Counted<'_>]) -> bool {
    let Some(last) = before.last() else {
        return false;
    };
    let Some(from) = last.event.from_status else {
        return false;
    };
    // By what counts: of the moves in between one may have been called off since.
    event.to_status == status_before_last(before).unwrap_or(from) && at - last.at <= SLIP
}

/// The status from which the last one moved.
fn status_before_last(all: &[Counted<'_>]) -> Option<Status> {
    match all {
        [.., before, _] => Some(before.event.to_status),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{application::tests::now, stage::tests::event};
    use Status::{Applied, Draft, Offer, Screening};
    use proptest::prelude::*;

    /// Moves from one status to the next, the first one a creation, each so many minutes after [`now`].
    fn moves(steps: &[(Status, i64)]) -> Vec<StageEvent> {
        let mut from = None;
        let mut events = Vec::new();
        for (n, (to, minutes)) in (1..).zip(steps) {
            events.push(event(n, from, *to, now() + Duration::minutes(*minutes)));
            from = Some(*to);
        }
        events
    }

    fn figures(events: &[StageEvent]) -> Vec<(Status, i64)> {
        let minutes = |at: Timestamp| (at - now()).num_minutes();
        let all = counted(events).into_iter();
        all.map(|it| (it.event.to_status, minutes(it.at))).collect()
    }

    /// Statuses, and minutes after [`now`].
    type Steps = &'static [(Status, i64)];

    #[test]
    fn what_counts_is_what_the_rules_say() {
        const DAY: i64 = 24 * 60;
        let table: &[(&str, Steps, Steps)] = &[
            ("nothing", &[], &[]),
            ("a creation", &[(Applied, 0)], &[(Applied, 0)]),
            (
                "an event's time is never before that of the one that counts before it",
                &[(Draft, 0), (Applied, DAY), (Screening, 5)],
                &[(Draft, 0), (Applied, DAY), (Screening, DAY)],
            ),
            (
                "a creation gives way to the first move",
                &[(Draft, 0), (Applied, -DAY), (Screening, 5)],
                &[(Draft, -DAY), (Applied, -DAY), (Screening, 5)],
            ),
            (
                "and not to a later one",
                &[(Draft, 0), (Applied, 5), (Screening, -DAY)],
                &[(Draft, 0), (Applied, 5), (Screening, 5)],
            ),
            (
                "taken back within ten minutes it was a slip",
                &[(Applied, 0), (Offer, DAY), (Applied, DAY + 10)],
                &[(Applied, 0)],
            ),
            (
                "a later way back is real",
                &[(Applied, 0), (Offer, DAY), (Applied, DAY + 11)],
                &[(Applied, 0), (Offer, DAY), (Applied, DAY + 11)],
            ),
            (
                "by their times in figures",
                &[(Draft, 0), (Applied, DAY), (Draft, -DAY)],
                &[(Draft, 0)],
            ),
            (
                "a creation is never a slip",
                &[(Draft, 0), (Applied, 1), (Draft, 2), (Offer, 3)],
                &[(Draft, 0), (Offer, 3)],
            ),
            (
                "repeatedly on what is left",
                &[
                    (Draft, 0),
                    (Applied, 1),
                    (Offer, 2),
                    (Applied, 3),
                    (Draft, 4),
                ],
                &[(Draft, 0)],
            ),
            (
                "from the left",
                &[(Draft, 0), (Applied, 1), (Draft, 2), (Applied, 3)],
                &[(Draft, 0), (Applied, 3)],
            ),
            (
                "a creation gives way to what is left, not to a slip",
                &[(Draft, 0), (Offer, -DAY), (Draft, 5 - DAY), (Applied, 5)],
                &[(Draft, 0), (Applied, 5)],
            ),
        ];
        for (why, steps, expected) in table {
            assert_eq!(figures(&moves(steps)), *expected, "{why}");
        }
    }

    #[test]
    fn what_was_called_off_counts_for_nothing() {
        let mut events = moves(&[(Draft, 0), (Applied, 20), (Screening, 40), (Applied, 45)]);
        events[1].voided_at = Some(now());
        // Draft, Screening, Applied: nothing is taken back.
        assert_eq!(
            figures(&events),
            [(Draft, 0), (Screening, 40), (Applied, 45)]
        );
        events[2].voided_at = Some(now());
        assert_eq!(figures(&events), [(Draft, 0), (Applied, 45)]);
    }

    proptest! {
        #[test]
        fn whatever_happens_the_rules_hold(
            steps in prop::collection::vec((0..4_usize, -40..40_i64, any::<bool>()), 0..12),
        ) {
            let statuses = [Draft, Applied, Screening, Offer];
            let steps: Vec<(Status, i64, bool)> = steps
                .into_iter()
                .map(|(status, minutes, voided)| (statuses[status], minutes, voided))
                .collect();
            let plain: Vec<(Status, i64)> = steps.iter().map(|(to, at, _)| (*to, *at)).collect();
            let mut events = moves(&plain);
            for (event, (_, _, voided)) in events.iter_mut().zip(&steps) {
                event.voided_at = voided.then(now);
            }
            let found = counted(&events);
            // Times never go back.
            prop_assert!(found.is_sorted_by_key(|it| it.at));
            // They stand in their order, and slips go in pairs.
            prop_assert!(found.is_sorted_by_key(|it| it.event.id));
            let alive: Vec<&StageEvent> =
                events.iter().filter(|event| event.voided_at.is_none()).collect();
            prop_assert_eq!((alive.len() - found.len()) % 2, 0);
            // A creation stays, and so does the status in the end.
            if let Some(first) = alive.first().filter(|first| first.is_creation()) {
                prop_assert_eq!(found[0].event.id, first.id);
                prop_assert_eq!(found.last().map(|it| it.event.to_status), alive.last().map(|it| it.to_status));
            }
            // What is left has no slip.
            let left: Vec<StageEvent> = found.iter().map(|it| it.event.clone()).collect();
            prop_assert_eq!(counted(&left).len(), left.len());
        }
    }
}
