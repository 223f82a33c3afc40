//! What follows from an application's moves: since when it has its status, and the day to which it
//! belongs.

use super::{Counted, StageEvent, counted};
use crate::domain::{application::Application, time::ZoneRules};
use chrono::NaiveDate;
use uuid::Uuid;

impl Application {
    /// Takes over since when it has its status from its moves, in the order in which they were recorded.
    /// Where none counts, it stays as it is: they may not be known here.
    pub fn follow_since(&mut self, moves: &[StageEvent]) {
        if let Some(newest) = counted(moves).last() {
            self.status_since = newest.at;
        }
    }

    /// Takes over its day from its moves, which were `before` and are `after` now.
    ///
    /// A day that somebody gave stays. One that is the day of the move which gave it follows that move, and
    /// goes with it; where that leaves a status without the day that it has, the move that would have
    /// given it gives it now.
    pub fn follow_day(
        &mut self,
        before: &[StageEvent],
        after: &[StageEvent],
        zone: &(impl ZoneRules + ?Sized),
    ) {
        let (was, is) = (counted(before), counted(after));
        let day = |it: &Counted<'_>| zone.day(it.event.occurred_at);
        let giver = self
            .application_date
            .and_then(|day_now| givers(&was).find(|it| day(it) == day_now));
        let given: Option<NaiveDate> = match (self.application_date, giver) {
            (Some(day), None) => Some(day),
            (None, _) => {
                let known = |id: Uuid| was.iter().any(|it| it.event.id == id);
                givers(&is).find(|it| !known(it.event.id)).map(day)
            }
            (Some(_), Some(giver)) => {
                let place = is.iter().position(|it| it.event.id == giver.event.id);
                match place.and_then(|place| is.get(..=place)) {
                    // One before it that counts again has given it.
                    Some(up_to_it) => givers(up_to_it).last().map(day),
                    None => {
                        let later = |it: &&Counted<'_>| {
                            let place = |id| before.iter().position(|event| event.id == id);
                            place(it.event.id) > place(giver.event.id)
                        };
                        givers(&is).find(later).map(day)
                    }
                }
            }
        };
        let last = || {
            givers(&is)
                .last()
                .map(day)
                .filter(|_| self.status.has_day())
        };
        self.application_date = given.or_else(last);
    }
}

/// The moves that give a day where there is none: by which something was sent that had not been, and how
/// it began, but for a draft.
fn givers<'a>(moves: &'a [Counted<'a>]) -> impl DoubleEndedIterator<Item = &'a Counted<'a>> {
    (0..moves.len()).filter_map(move |place| {
        let it = moves.get(place)?;
        let before = place.checked_sub(1).and_then(|before| moves.get(before));
        let gives = match before {
            Some(before) => it.event.to_status.has_day() && !before.event.to_status.has_day(),
            None if it.event.is_creation() => it.event.to_status != super::Status::Draft,
            None => it.event.to_status.has_day(),
        };
        gives.then_some(it)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        application::tests::{now, sample},
        stage::{
            Status::{self, Applied, Draft, OnHold, Screening},
            tests::event,
        },
    };
    use chrono::{Duration, Utc};

    fn moves(steps: &[(Status, i64)]) -> Vec<StageEvent> {
        let mut from = None;
        let mut events = Vec::new();
        for (n, (to, days)) in (1..).zip(steps) {
            events.push(event(n, from, *to, now() + Duration::days(*days)));
            from = Some(*to);
        }
        events
    }

    fn day(days: i64) -> Option<NaiveDate> {
        Some((now() + Duration::days(days)).date_naive())
    }

    /// The day after `change`, of an application that has `day` and these moves.
    fn followed(
        day: Option<NaiveDate>,
        steps: &[(Status, i64)],
        change: impl FnOnce(&mut Vec<StageEvent>),
    ) -> Option<NaiveDate> {
        let before = moves(steps);
        let mut after = before.clone();
        change(&mut after);
        let mut row = sample(1);
        row.status = after.last().unwrap().to_status;
        if let Some(last) = counted(&after).last() {
            row.status = last.event.to_status;
        }
        row.application_date = day;
        row.follow_day(&before, &after, &Utc);
        row.application_date
    }

    fn voided(n: usize) -> impl FnOnce(&mut Vec<StageEvent>) {
        move |events| events[n].voided_at = Some(now())
    }

    fn corrected(n: usize, days: i64) -> impl FnOnce(&mut Vec<StageEvent>) {
        move |events| events[n].occurred_at = now() + Duration::days(days)
    }

    #[test]
    fn while_it_equals_the_day_of_the_move_it_follows_the_correction() {
        let steps = [(Draft, 0), (Applied, 3), (Screening, 9)];
        assert_eq!(followed(day(3), &steps, corrected(1, 1)), day(1));
        // Another move's correction, and a day that somebody gave.
        assert_eq!(followed(day(3), &steps, corrected(2, 7)), day(3));
        assert_eq!(followed(day(2), &steps, corrected(1, 1)), day(2));
        assert_eq!(followed(day(9), &steps, corrected(2, 7)), day(9));
        // A creation too.
        let steps = [(Applied, 0), (Screening, 9)];
        assert_eq!(followed(day(0), &steps, corrected(0, -4)), day(-4));
    }

    #[test]
    fn it_goes_when_the_move_is_called_off() {
        let steps = [(Draft, 0), (Applied, 3)];
        assert_eq!(followed(day(3), &steps, voided(1)), None);
        assert_eq!(followed(day(2), &steps, voided(1)), day(2));
        let steps = [(Draft, 0), (Applied, 3), (OnHold, 5)];
        assert_eq!(followed(day(3), &steps, voided(1)), None);
    }

    #[test]
    fn it_goes_when_the_move_was_a_slip() {
        let slip = |events: &mut Vec<StageEvent>| {
            let at = events[1].occurred_at + Duration::minutes(5);
            events.push(event(9, Some(Applied), Draft, at));
        };
        let steps = [(Draft, 0), (Applied, 3)];
        assert_eq!(followed(day(3), &steps, slip), None);
        let back = |events: &mut Vec<StageEvent>| {
            let at = events[1].occurred_at + Duration::minutes(11);
            events.push(event(9, Some(Applied), Draft, at));
        };
        assert_eq!(followed(day(3), &steps, back), day(3));
    }

    #[test]
    fn the_move_that_would_have_given_it_gives_it_then() {
        let steps = [(Draft, 0), (Applied, 3), (Screening, 9)];
        assert_eq!(followed(day(3), &steps, voided(1)), day(9));
        let steps = [(Draft, 0), (Applied, 3), (Screening, 9), (OnHold, 11)];
        assert_eq!(followed(day(3), &steps, voided(1)), day(9));
        // Once the day was taken away in a draft, and another one given.
        let steps = [(Applied, 0), (Draft, 2), (Applied, 5)];
        assert_eq!(followed(day(5), &steps, voided(2)), None);
        assert_eq!(followed(day(5), &steps, corrected(2, 4)), day(4));
    }

    #[test]
    fn what_is_restored_gives_it_again() {
        let back = |n: usize, steps: &[(Status, i64)], day: Option<NaiveDate>| {
            let after = moves(steps);
            let mut before = after.clone();
            before[n].voided_at = Some(now());
            let mut row = sample(1);
            row.status = steps.last().unwrap().0;
            row.application_date = day;
            row.follow_day(&before, &after, &Utc);
            row.application_date
        };
        let steps = [(Draft, 0), (Applied, 3), (Screening, 9)];
        assert_eq!(back(1, &steps, day(9)), day(3));
        assert_eq!(back(1, &steps, day(8)), day(8));
        let steps = [(Draft, 0), (Applied, 3), (OnHold, 9)];
        assert_eq!(back(1, &steps, None), day(3));
        assert_eq!(back(1, &steps, day(8)), day(8));
    }

    #[test]
    fn a_status_that_has_a_day_has_one() {
        let nothing = |_: &mut Vec<StageEvent>| ();
        assert_eq!(followed(None, &[(Applied, 3)], nothing), day(3));
        assert_eq!(followed(None, &[(Draft, 3)], nothing), None);
        assert_eq!(followed(None, &[(Draft, 0), (OnHold, 3)], nothing), None);
        let sent = |events: &mut Vec<StageEvent>| {
            events.push(event(9, Some(Draft), Applied, now() + Duration::days(7)));
        };
        assert_eq!(followed(None, &[(Applied, 0), (Draft, 3)], sent), day(7));
    }

    #[test]
    fn the_day_is_that_of_the_zone() {
        struct East;
        impl ZoneRules for East {
            fn offset_seconds(&self, _: chrono::DateTime<Utc>) -> i32 {
                14 * 3600
            }
        }
        // 9:00 in UTC is 23:00 there.
        let before = moves(&[(Draft, 0), (Applied, 0)]);
        let mut after = before.clone();
        after[1].occurred_at += Duration::hours(2);
        let mut row = sample(1);
        row.application_date = day(0);
        row.follow_day(&before, &after, &East);
        assert_eq!(row.application_date, day(1));
        row.follow_day(&after, &before, &Utc);
        assert_eq!(
            row.application_date,
            day(1),
            "it is not the day of the move there"
        );
    }

    #[test]
    fn since_when_is_the_time_of_the_newest_move_that_counts() {
        let mut row = sample(1);
        let events = moves(&[(Draft, 0), (Applied, 3), (Screening, 1)]);
        row.follow_since(&events);
        assert_eq!(row.status_since, now() + Duration::days(3));
        let since = row.status_since;
        row.follow_since(&[]);
        assert_eq!(row.status_since, since);
    }
}
