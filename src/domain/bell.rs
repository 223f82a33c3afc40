//! What the bell shows: reminders that have fallen due, those to come, and those that are done.

use super::{
    activity::{Activity, ActivityStatus},
    application::Application,
    order::sort_by_key,
    quiet_hours::QuietHours,
    reminder::{Reminder, is_in_play},
    rules::Rule,
    time::{Timestamp, ZoneRules},
};
use chrono::Duration;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// How long what is answered stays in the list.
const DONE_SHOWN: Duration = Duration::days(30);

/// A reminder, and when it went out or will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Which one.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// When it was wanted; quiet hours may have deferred it.
    pub due: Timestamp,
    /// When it was to go out by the quiet hours, whether or not anything was late.
    pub ready: Timestamp,
    /// Whether it would ask for something, were it not done: what it is about may be over.
    pub asks: bool,
}

/// The reminders in three piles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bell {
    /// Those that have fallen due and wait for a person, the latest first.
    pub new: Vec<Rung>,
    /// Those to come, the next first.
    pub later: Vec<Rung>,
    /// Those that a person has done or called off, the latest first.
    pub done: Vec<Rung>,
}

impl Bell {
    /// What it shows at `now`. What the server has not heard or said yet is told by the same rules.
    pub fn new<'a>(
        reminders: impl IntoIterator<Item = &'a Arc<Reminder>>,
        application: impl Fn(Uuid) -> Option<Arc<Application>>,
        activity: impl Fn(Uuid) -> Option<Arc<Activity>>,
        quiet: Option<QuietHours>,
        now: Timestamp,
        zone: &impl ZoneRules,
    ) -> Self {
        let mut bell = Self::default();
        // Who has answered the latest of a rule that repeats has answered those before it.
        let mut answered: HashMap<(Rule, Uuid), Timestamp> = HashMap::new();
        // Of a rule that repeats, an application has the latest.
        let mut latest: Vec<(Rung, &Reminder)> = Vec::new();
        // Of one appointment and minute there is the nearest.
        let mut nearest: HashMap<Moment, (Timestamp, Uuid)> = HashMap::new();
        let mut later: Vec<(Rung, &Reminder)> = Vec::new();
        for row in reminders {
            let by_a_person = row.done_at.or(row.canceled_at.filter(|_| !row.meta.off));
            if let Some(rule) = row.repeated_rule()
                && by_a_person.is_some_and(|at| at >= row.due_at)
            {
                let known = answered
                    .entry((rule, row.application_id))
                    .or_insert(row.due_at);
                *known = row.due_at.max(*known);
            }
            if row.expired_at.is_some() || row.canceled_at.is_some_and(|_| row.meta.off) {
                continue;
            }
            let about = row.activity_id.map(&activity);
            // What it is about was deleted: so is the reminder, once the server has heard.
            let Some(of) = application(row.application_id) else {
                continue;
            };
            if matches!(about, Some(None)) {
                continue;
            }
            let about = about.flatten();
            let ready = row.goes_out(about.as_deref(), quiet, zone);
            let goes = row.sent_at.filter(|_| row.sent).unwrap_or(ready);
            let is_moot = is_moot(row, &of, about.as_deref(), goes, now);
            let rung = |at| Rung {
                id: row.id,
                at,
                due: row.due_at,
                ready,
                asks: !is_moot,
            };
            // What was called off or done before it rang leaves its place to another.
            let answered = row.canceled_at.or(row.done_at);
            if answered.is_none_or(|at| at >= goes)
                && let Some(moment) = moment(row, goes)
            {
                let known = nearest.entry(moment).or_insert((row.due_at, row.id));
                *known = (row.due_at, row.id).max(*known);
            }
            // What was called off by mistake is found here, too.
            if let Some(answered) = row.canceled_at.or(row.done_at) {
                if now - answered < DONE_SHOWN {
                    bell.done.push(rung(answered));
                }
                continue;
            }
            if is_moot {
                continue;
            }
            // What the server has sent went out, whatever this clock says.
            if goes > now && !row.sent {
                later.push((rung(goes), row));
                continue;
            }
            latest.push((rung(goes), row));
        }
        let is_nearest = |rung: &Rung, row: &Reminder| {
            let moment = moment(row, rung.at);
            let nearest = moment.and_then(|moment| nearest.get(&moment));
            nearest.is_none_or(|(_, id)| *id == row.id)
        };
        later.retain(|(rung, row)| is_nearest(rung, row));
        latest.retain(|(rung, row)| is_nearest(rung, row));
        bell.later.extend(later.into_iter().map(|(rung, _)| rung));
        sort_by_key(&mut latest, |(rung, _)| {
            (std::cmp::Reverse(rung.due), rung.id)
        });
        let mut seen = HashSet::new();
        for (rung, row) in latest {
            let stands = row.repeated_rule().is_none_or(|rule| {
                let of = (rule, row.application_id);
                let is_answered = answered.get(&of).is_some_and(|due| *due > row.due_at);
                !is_answered && seen.insert(of)
            });
            if stands {
                bell.new.push(rung);
            }
        }
        sort_by_key(&mut bell.later, |rung| (rung.at, rung.id));
        sort_by_key(&mut bell.done, |rung| (std::cmp::Reverse(rung.at), rung.id));
        bell
    }

    /// When the next one falls due.
    pub fn next(&self) -> Option<&Rung> {
        self.later.first()
    }
}

/// An appointment, the rule by which one is reminded of it, and a minute.
type Moment = (Uuid, Rule, i64);

/// At which minute a reminder that goes out at `goes` meets others of its appointment: of them there is one.
fn moment(row: &Reminder, goes: Timestamp) -> Option<Moment> {
    Some((
        row.activity_id?,
        row.meta.rule?,
        goes.timestamp().div_euclid(60),
    ))
}

/// Whether a reminder that goes out at `went` asks for nothing any more: what it is about is over.
fn is_moot(
    row: &Reminder,
    of: &Application,
    about: Option<&Activity>,
    went: Timestamp,
    now: Timestamp,
) -> bool {
    let is_by_rule = row.meta.rule.is_some();
    // What a person sets on a closed application is asked nonetheless.
    let closed = of.archived_at.unwrap_or(of.status_since);
    let is_left = !is_in_play(of) && (is_by_rule || went <= closed);
    let is_off = about.is_some_and(|it| {
        let is_before = it.starts_at.is_some_and(|starts| row.due_at < starts);
        let begun = it.starts_at.is_some_and(|starts| starts <= now);
        // What a person set on it is theirs to answer until it would have begun.
        let is_settled = match it.status {
            ActivityStatus::Scheduled => false,
            ActivityStatus::Done => is_before,
            ActivityStatus::Canceled => true,
        };
        (is_before && begun) || (is_by_rule && is_settled)
    });
    is_left || is_off
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        activity,
        application::{self, tests::now},
        reminder::tests::sample,
        stage::Status,
    };
    use chrono::Utc;

    struct World {
        application: Application,
        activity: Activity,
        reminders: Vec<Arc<Reminder>>,
    }

    fn world() -> World {
        World {
            application: application::tests::sample(1),
            activity: activity::tests::sample(6, 1),
            reminders: Vec::new(),
        }
    }

    impl World {
        fn add(&mut self, id: u128, change: impl FnOnce(&mut Reminder)) -> &mut Self {
            let mut row = sample(id, 1);
            change(&mut row);
            self.reminders.push(Arc::new(row));
            self
        }

        fn piles(&self, hours: i64) -> [Vec<u128>; 3] {
            self.piles_with(hours, None)
        }

        fn piles_with(&self, hours: i64, quiet: Option<QuietHours>) -> [Vec<u128>; 3] {
            let now = now() + Duration::hours(hours);
            let bell = Bell::new(
                &self.reminders,
                |id| (id == self.application.id).then(|| Arc::new(self.application.clone())),
                |id| (id == self.activity.id).then(|| Arc::new(self.activity.clone())),
                quiet,
                now,
                &Utc,
            );
            let ids = |pile: &[Rung]| pile.iter().map(|rung| rung.id.as_u128()).collect();
            [ids(&bell.new), ids(&bell.later), ids(&bell.done)]
        }
    }

    #[test]
    fn it_rings_when_it_is_due_whether_or_not_the_server_said_so() {
        let mut world = world();
        world.add(10, |_| ());
        assert_eq!(world.piles(23), [vec![], vec![10], vec![]]);
        assert_eq!(world.piles(24), [vec![10], vec![], vec![]]);
        // What was sent a moment ago, by another clock, has gone out.
        let mut sent = self::world();
        sent.add(11, |row| {
            (row.sent, row.sent_at) = (true, Some(now() + Duration::hours(24)));
        });
        assert_eq!(sent.piles(23), [vec![11], vec![], vec![]]);
        // In quiet hours it waits here, too: now is nine in the morning.
        let clock = |text: &str| text.to_owned().try_into().unwrap();
        let quiet = QuietHours::new(clock("08:00"), clock("10:00"));
        assert_eq!(world.piles_with(24, quiet), [vec![], vec![10], vec![]]);
        assert_eq!(world.piles_with(25, quiet), [vec![10], vec![], vec![]]);
    }

    #[test]
    fn what_is_answered_or_over_does_not_ring() {
        let mut world = world();
        world
            .add(10, |row| row.done_at = Some(now()))
            .add(11, |row| row.canceled_at = Some(now()))
            .add(12, |row| row.expired_at = Some(now()));
        assert_eq!(world.piles(30), [vec![], vec![], vec![10, 11]]);
        assert_eq!(world.piles(31 * 24), [vec![], vec![], vec![]]);
        // An hour before something rings until that begins.
        world.add(13, |row| row.activity_id = Some(Uuid::from_u128(6)));
        assert_eq!(world.piles(25)[0], [13]);
        assert_eq!(world.piles(48)[0], Vec::<u128>::new());
    }

    #[test]
    fn of_a_rule_that_repeats_the_latest_rings() {
        let mut world = world();
        for (id, days) in [(10, 0), (11, 1), (12, 2)] {
            world.add(id, |row| {
                row.meta.rule = Some(Rule::Offer);
                row.due_at += Duration::days(days);
                (row.sent, row.sent_at) = (true, Some(row.due_at));
            });
        }
        world.add(13, |row| row.due_at -= Duration::hours(1));
        assert_eq!(world.piles(73)[0], [12, 13]);
        world.application.status = Status::Accepted;
        assert_eq!(world.piles(73)[0], [13], "what a person set stays");
        world.application.status = Status::Applied;
        // Whoever answers the latest has answered those before it.
        for answer in [
            |row: &mut Reminder| row.done_at = Some(row.due_at + Duration::hours(1)),
            |row: &mut Reminder| row.canceled_at = Some(row.due_at + Duration::hours(1)),
        ] {
            let latest = world
                .reminders
                .iter_mut()
                .find(|row| row.id == Uuid::from_u128(12));
            answer(Arc::make_mut(latest.unwrap()));
            assert_eq!(world.piles(73)[0], [13]);
        }
        // Done before it was due, it says nothing of one that rings.
        let latest = world
            .reminders
            .iter_mut()
            .find(|row| row.id == Uuid::from_u128(12));
        let latest = Arc::make_mut(latest.unwrap());
        (latest.canceled_at, latest.done_at) = (None, Some(latest.due_at - Duration::hours(1)));
        assert_eq!(world.piles(73)[0], [11, 13]);
    }

    #[test]
    fn of_one_appointment_and_minute_there_is_the_nearest() {
        let mut world = world();
        // Quiet until ten; the interview begins at a quarter to eleven, and now is nine.
        world.activity.starts_at = Some(now() + Duration::minutes(24 * 60 + 105));
        for (id, minutes) in [(10, 120), (11, 60)] {
            world.add(id, |row| {
                row.activity_id = Some(Uuid::from_u128(6));
                row.meta.rule = Some(Rule::Screening);
                row.due_at = now() + Duration::minutes(24 * 60 + 105 - minutes);
            });
        }
        let clock = |text: &str| text.to_owned().try_into().unwrap();
        let quiet = QuietHours::new(clock("08:00"), clock("10:00"));
        assert_eq!(world.piles_with(23, quiet), [vec![], vec![11], vec![]]);
        assert_eq!(world.piles_with(25, quiet), [vec![11], vec![], vec![]]);
        // Done before it rings, it leaves its place to the other.
        let before = world.reminders.clone();
        Arc::make_mut(&mut world.reminders[1]).done_at = Some(now());
        assert_eq!(world.piles_with(23, quiet), [vec![], vec![10], vec![11]]);
        assert_eq!(world.piles_with(25, quiet), [vec![10], vec![], vec![11]]);
        world.reminders = before;
        assert_eq!(world.piles(25)[0], [11, 10], "each at its own time");
        let of = |id: u128| move |row: &&mut Arc<Reminder>| row.id == Uuid::from_u128(id);
        let mut nearest = world.reminders.iter_mut();
        let nearest = Arc::make_mut(nearest.find(of(11)).unwrap());
        // Called off when it had rung it is answered for both, and before that for itself.
        nearest.canceled_at = Some(now() + Duration::hours(25));
        assert_eq!(world.piles_with(25, quiet)[0], Vec::<u128>::new());
        let mut nearest = world.reminders.iter_mut();
        let nearest = Arc::make_mut(nearest.find(of(11)).unwrap());
        nearest.canceled_at = Some(now());
        assert_eq!(world.piles_with(25, quiet)[0], [10]);
    }

    #[test]
    fn what_is_over_asks_for_nothing() {
        let mut world = world();
        world.activity.starts_at = Some(now() + Duration::hours(30));
        // Before the interview, by a rule and by a person; and what follows it.
        world.add(10, |row| {
            row.activity_id = Some(Uuid::from_u128(6));
            row.meta.rule = Some(Rule::Screening);
        });
        world.add(11, |row| row.activity_id = Some(Uuid::from_u128(6)));
        world.add(12, |row| {
            row.activity_id = Some(Uuid::from_u128(6));
            row.due_at = now() + Duration::hours(50);
        });
        assert_eq!(world.piles(25)[0], [10, 11]);
        for (status, soon, waits) in [
            (ActivityStatus::Scheduled, vec![10, 11], 3),
            // What a person set is theirs to answer until it would have begun.
            (ActivityStatus::Canceled, vec![11], 2),
            (ActivityStatus::Done, vec![11], 2),
        ] {
            world.activity.status = status;
            assert_eq!(world.piles(25)[0], soon, "{status}");
            assert_eq!(world.piles(23)[1].len(), waits, "{status}");
            assert_eq!(world.piles(51)[0], [12], "{status}");
        }
        world.activity.id = Uuid::from_u128(7);
        assert_eq!(world.piles(51), [vec![], vec![], vec![]], "it was deleted");

        // What rang before the hunt there was over rings no more; what is set after it does.
        let mut world = self::world();
        world.add(10, |_| ());
        world.add(11, |row| row.due_at = now() + Duration::hours(48));
        world.application.status = Status::Rejected;
        world.application.status_since = now() + Duration::hours(36);
        assert_eq!(world.piles(49)[0], [11]);
        world.application.archived_at = Some(now() + Duration::hours(60));
        assert_eq!(world.piles(61)[0], Vec::<u128>::new());
    }

    #[test]
    fn the_piles_stand_in_order() {
        let mut world = world();
        for (id, hours) in [(10, 30), (11, 10), (12, 20)] {
            world.add(id, |row| row.due_at = now() + Duration::hours(hours));
        }
        assert_eq!(world.piles(0)[1], [11, 12, 10]);
        assert_eq!(world.piles(40)[0], [10, 12, 11]);
    }
}
