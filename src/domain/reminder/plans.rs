//! What the planner makes of what happens.

use super::*;
use crate::domain::{
    activity::{Activity, ActivityPatch},
    application::{Application, tests::now},
    rules::ReminderDefaults,
    stage::Status,
    time::ZoneRules,
};
use chrono::Duration;
use chrono_tz::{Africa::Lagos, Europe::Berlin};
use proptest::prelude::*;
use serde_json::json;

/// An application with all that hangs on it.
struct World {
    application: Application,
    activities: Vec<Activity>,
    reminders: Vec<Reminder>,
    rules: ReminderDefaults,
    zone: Box<dyn ZoneRules>,
    now: Timestamp,
}

impl World {
    fn new() -> Self {
        Self {
            application: crate::domain::application::tests::sample(1),
            activities: Vec::new(),
            reminders: Vec::new(),
            rules: ReminderDefaults::default(),
            zone: Box::new(Lagos),
            now: now(),
        }
    }

    fn planned(&mut self, edited: Option<Uuid>) -> usize {
        let changes = plan(
            &Facts {
                application: &self.application,
                activities: &self.activities,
                reminders: &self.reminders,
                rules: &self.rules,
                zone: &*self.zone,
                now: self.now,
            },
            edited.as_slice(),
        );
        let count = changes.len();
        for change in changes {
            match self.reminders.iter_mut().find(|row| row.id == change.id) {
                Some(row) => *row = change,
                None => self.reminders.push(change),
            }
        }
        count
    }

    fn plan(&mut self) -> &mut Self {
        self.planned(None);
        assert_eq!(self.planned(None), 0, "planning twice changes nothing more");
        self
    }

    fn moved(&mut self, to: Status) -> &mut Self {
        self.application.status = to;
        self.application.status_since = self.now;
        self.plan()
    }

    fn wait(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self
    }

    /// An interview so long from now.
    fn interview(&mut self, id: u128, stage: &str, ahead: Duration) -> &mut Self {
        let mut activity = crate::domain::activity::tests::sample(id, 1);
        activity.interview_stage = serde_json::from_value(json!(stage)).unwrap();
        activity.starts_at = Some(self.now + ahead);
        activity.created_at = self.now;
        self.activities.push(activity);
        self.plan()
    }

    fn change_interview(&mut self, patch: serde_json::Value) -> &mut Self {
        let patch: ActivityPatch = serde_json::from_value(patch).unwrap();
        let made = Made::utc(self.now);
        self.activities[0] = self.activities[0].patched(&patch, made).unwrap();
        self.plan()
    }

    /// A person changes a reminder.
    fn edit(&mut self, id: Uuid, patch: serde_json::Value) -> &mut Self {
        let patch: ReminderPatch = serde_json::from_value(patch).unwrap();
        let made = Made::utc(self.now);
        let row = self.reminders.iter_mut().find(|row| row.id == id).unwrap();
        *row = row.patched(&patch, made).unwrap();
        self.planned(Some(id));
        self.plan()
    }

    /// The worker sends what is due, and plans on.
    fn send(&mut self) -> usize {
        let mut sent = 0;
        let now = self.now;
        for row in self.reminders.iter_mut().filter(|row| row.is_open()) {
            if row.due_at <= now {
                (row.sent, row.sent_at) = (true, Some(now));
                sent += 1;
            }
        }
        self.plan();
        sent
    }

    /// Rule, and hours from [`now`], of all that are open.
    fn open(&self) -> Vec<(&'static str, i64)> {
        let open = self.reminders.iter().filter(|row| row.is_open());
        let mut all: Vec<_> = open
            .map(|row| {
                let rule = row.meta.rule.map_or("", Rule::as_str);
                (rule, (row.due_at - now()).num_hours())
            })
            .collect();
        all.sort_unstable_by_key(|(_, at)| *at);
        all
    }

    fn one_open(&self) -> &Reminder {
        let open: Vec<&Reminder> = self.reminders.iter().filter(|row| row.is_open()).collect();
        let [one] = open[..] else {
            panic!("{open:?}");
        };
        one
    }
}

const DAY: i64 = 24;

#[test]
fn applied_without_a_response_reminds_after_seven_days() {
    let mut world = World::new();
    assert_eq!(world.plan().open(), [("applied", 7 * DAY)]);
    let row = world.one_open();
    assert_eq!(row.title.as_str(), "Follow up with Acme");
    assert_eq!(row.id, derive_id(row.dedupe_key.as_ref().unwrap()));
    // A response is a later stage…
    assert_eq!(world.moved(Status::Screening).open(), []);
    // … or a talk.
    let mut world = World::new();
    world.plan().interview(7, "screening", Duration::days(3));
    assert_eq!(
        world.open(),
        [("screening", 2 * DAY), ("screening", 3 * DAY - 1)]
    );
    world.change_interview(json!({"status": "canceled"}));
    assert_eq!(world.open(), [("applied", 7 * DAY)], "none took place");
}

#[test]
fn interviews_remind_before_and_those_of_the_loop_after() {
    let mut world = World::new();
    world.interview(7, "screening", Duration::days(5));
    assert_eq!(
        world.open(),
        [("screening", 4 * DAY), ("screening", 5 * DAY - 1)]
    );
    for stage in ["technical", "loop"] {
        let mut world = World::new();
        world.interview(7, stage, Duration::days(5));
        let expected = [
            ("loop", 3 * DAY),
            ("loop", 5 * DAY - 2),
            ("after_loop", 7 * DAY),
        ];
        assert_eq!(world.open(), expected, "{stage}");
    }
    // Another stage goes by how the application stands.
    let mut world = World::new();
    world.interview(7, "other", Duration::days(5));
    assert_eq!(world.open()[0].0, "screening");
    world.moved(Status::InterviewLoop);
    assert_eq!(world.open()[0].0, "loop");
}

#[test]
fn an_offer_reminds_after_three_days_and_then_daily() {
    let mut world = World::new();
    world.moved(Status::Offer);
    assert_eq!(world.open(), [("offer", 3 * DAY)]);
    let mut sent = 0;
    for _ in 0..100 {
        world.wait(Duration::days(1));
        sent += world.send();
        assert!(world.open().len() <= 1);
    }
    assert_eq!(sent, 30);
    assert_eq!(world.open(), []);
}

#[test]
fn an_offer_that_is_old_is_not_asked_after_anew() {
    let mut world = World::new();
    world.moved(Status::Offer);
    let mut sent = 0;
    for _ in 0..200 {
        world.wait(Duration::days(1));
        // Nobody keeps what was due so long ago.
        let kept = world.now - Duration::days(90);
        world.reminders.retain(|row| row.due_at >= kept);
        sent += world.send();
    }
    assert_eq!(sent, 30);
    assert!(world.reminders.is_empty());
    // Less often from some day on, too.
    world.moved(Status::Offer).wait(Duration::days(3)).send();
    world.rules = serde_json::from_value(json!({"offer": {"offsets": [10 * 1440]}})).unwrap();
    let mut sent = 1;
    for _ in 0..500 {
        world.wait(Duration::days(1));
        let kept = world.now - Duration::days(90);
        world.reminders.retain(|row| row.due_at >= kept);
        sent += world.send();
    }
    assert_eq!(sent, 30);
}

#[test]
fn a_server_that_was_down_sends_one_and_not_all() {
    let mut world = World::new();
    world.moved(Status::Offer).wait(Duration::days(10));
    assert_eq!(world.plan().open(), [("offer", 3 * DAY)]);
    assert_eq!(world.send(), 1);
    assert_eq!(world.open(), [("offer", 11 * DAY)]);
}

#[test]
fn on_hold_is_asked_every_fourteen_days() {
    let mut world = World::new();
    world.moved(Status::OnHold);
    for fortnight in 1..40 {
        assert_eq!(world.open(), [("on_hold", fortnight * 14 * DAY)]);
        world.wait(Duration::days(14));
        assert_eq!(world.send(), 1);
    }
}

#[test]
fn closed_ones_remind_of_nothing() {
    for status in [
        Status::Rejected,
        Status::Accepted,
        Status::Declined,
        Status::Ghosted,
        Status::Withdrawn,
    ] {
        let mut world = World::new();
        world.interview(7, "loop", Duration::days(5));
        assert_eq!(world.open().len(), 3);
        world.moved(status);
        assert_eq!(world.open(), [], "{status}");
        // What is still ahead is back with the application.
        world.wait(Duration::days(4)).moved(Status::InterviewLoop);
        assert_eq!(
            world.open(),
            [("loop", 5 * DAY - 2), ("after_loop", 7 * DAY)]
        );
    }
    let mut world = World::new();
    world.plan().application.archived_at = Some(now());
    assert_eq!(world.plan().open(), []);
    world.application.archived_at = None;
    assert_eq!(world.plan().open(), [("applied", 7 * DAY)]);
}

#[test]
fn points_that_have_passed_are_not_made() {
    let mut world = World::new();
    world.interview(7, "loop", Duration::minutes(40));
    assert_eq!(world.open(), [("after_loop", 2 * DAY + 1)]);
}

#[test]
fn an_interview_that_moves_leaves_those_of_the_last_time_alone() {
    let mut world = World::new();
    world.interview(7, "loop", Duration::hours(29));
    let start = world.activities[0].starts_at.unwrap();
    let first = world.open();
    world.change_interview(json!({"starts_at": start + Duration::hours(20)}));
    assert_eq!(
        world.open(),
        [("loop", 1), ("loop", 47), ("after_loop", 49 + 2 * DAY)]
    );
    world.change_interview(json!({"starts_at": start}));
    assert_eq!(world.open(), first);
    world.change_interview(json!({"status": "canceled"}));
    assert_eq!(world.open(), [("applied", 7 * DAY)]);
}

#[test]
fn what_went_out_goes_out_again_for_another_time_alone() {
    let mut world = World::new();
    world
        .interview(7, "screening", Duration::days(2))
        .wait(Duration::days(1));
    assert_eq!(world.send(), 1);
    let start = world.activities[0].starts_at.unwrap();
    world.change_interview(json!({"starts_at": start + Duration::days(1)}));
    assert_eq!(
        world.open(),
        [("screening", 2 * DAY), ("screening", 3 * DAY - 1)]
    );
    world.change_interview(json!({"starts_at": start}));
    assert_eq!(world.open(), [("screening", 2 * DAY - 1)]);
}

#[test]
fn what_a_person_set_stays_whatever_happens() {
    let mut world = World::new();
    world.plan();
    let id = world.one_open().id;
    let later = now() + Duration::days(9);
    world.edit(id, json!({"due_at": later, "title": "Ring them"}));
    world.interview(7, "screening", Duration::days(3));
    let start = world.activities[0].starts_at.unwrap();
    world.change_interview(json!({"starts_at": start + Duration::hours(1)}));
    let hour = world
        .reminders
        .iter()
        .find(|row| row.is_open() && row.meta.offset == Some(60))
        .unwrap()
        .id;
    world.edit(hour, json!({"canceled_at": now()}));
    for days in 0..100 {
        world.application.company = format!("Acme {days}").parse().unwrap();
        world.zone = if days % 2 == 0 {
            Box::new(Berlin)
        } else {
            Box::new(Lagos)
        };
        world.change_interview(json!({"starts_at": start + Duration::days(days)}));
        world.change_interview(json!({"starts_at": start + Duration::hours(1)}));
    }
    let rows: Vec<&Reminder> = world
        .reminders
        .iter()
        .filter(|row| row.id == hour)
        .collect();
    assert!(rows.len() == 1 && !rows[0].is_open());
    let open: Vec<&Reminder> = world.reminders.iter().filter(|row| row.is_open()).collect();
    assert_eq!(open.len(), 1, "one live row a point: {open:?}");
    world.change_interview(json!({"status": "canceled"}));
    let applied = world.one_open();
    assert_eq!(
        (applied.id, applied.due_at, applied.title.as_str()),
        (id, later, "Ring them")
    );
}

#[test]
fn one_that_a_person_sets_on_a_closed_application_goes_out() {
    let mut world = World::new();
    world.reminders.push(super::tests::sample(5, 1));
    world.moved(Status::Rejected);
    assert_eq!(world.open(), []);
    let new = super::tests::sample(6, 1);
    world.reminders.push(new.clone());
    world.planned(Some(new.id));
    assert_eq!(world.plan().one_open().id, new.id);
    // One that is brought back by hand, too.
    world.edit(Uuid::from_u128(5), json!({"canceled_at": null}));
    assert_eq!(world.open().len(), 2);
    // Reopened it is as any other.
    world.moved(Status::Offer).moved(Status::Rejected);
    assert_eq!(world.open(), []);
    world.moved(Status::Offer);
    assert_eq!(world.open().len(), 3);
}

#[test]
fn rules_that_change_leave_what_they_still_say() {
    let mut world = World::new();
    world.interview(7, "screening", Duration::days(5));
    world.rules = serde_json::from_value(json!({
        "screening": {"offsets": [60, 30], "channels": ["email"]}, "applied": {"on": false},
    }))
    .unwrap();
    world.plan();
    assert_eq!(
        world.reminders.iter().filter(|row| row.is_open()).count(),
        2
    );
    assert!(
        world
            .reminders
            .iter()
            .filter(|row| row.is_open())
            .all(|row| row.channels.len() == 1)
    );
    world.rules = ReminderDefaults::default();
    assert_eq!(
        world.plan().open(),
        [("screening", 4 * DAY), ("screening", 5 * DAY - 1)]
    );
    // One that repeats more often from now on does not go out for what would have been.
    world.moved(Status::OnHold).wait(Duration::days(10));
    world.rules = serde_json::from_value(json!({"on_hold": {"offsets": [7 * 1440]}})).unwrap();
    world.plan();
    let of_hold = world.open().into_iter().filter(|it| it.0 == "on_hold");
    assert_eq!(of_hold.collect::<Vec<_>>(), [("on_hold", 14 * DAY)]);
}

#[test]
fn days_are_those_of_the_calendar_and_hours_are_elapsed_time() {
    // 2026-03-29: clocks in Berlin go from 2:00 to 3:00.
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut world = World::new();
    world.zone = Box::new(Berlin);
    world.now = at("2026-03-25T01:30:00Z");
    world.moved(Status::Offer);
    let mut times = Vec::new();
    for _ in 0..5 {
        world.now = world.one_open().due_at;
        times.push(Berlin.local(world.now).format("%d %H:%M").to_string());
        assert_eq!(world.send(), 1);
    }
    assert_eq!(
        times,
        ["28 02:30", "29 03:00", "30 02:30", "31 02:30", "01 02:30"]
    );
    let mut world = World::new();
    world.zone = Box::new(Berlin);
    world.now = at("2026-03-27T08:00:00Z");
    // Ten in the morning after the night that is an hour shorter.
    world.interview(7, "screening", at("2026-03-29T08:00:00Z") - world.now);
    let due: Vec<Timestamp> = world
        .reminders
        .iter()
        .filter(|row| row.is_open())
        .map(|row| row.due_at)
        .collect();
    assert!(due.contains(&at("2026-03-28T08:00:00Z")));
}

#[test]
fn what_waits_for_the_morning_outlives_a_slip() {
    let mut world = World::new();
    world.reminders.push(super::tests::sample(5, 1));
    // Due, and not sent: it is night.
    world.plan().wait(Duration::hours(30)).plan();
    world.wait(Duration::minutes(1)).moved(Status::Rejected);
    assert!(world.open().is_empty());
    world.wait(Duration::minutes(1));
    world.application.status = Status::Applied;
    world.application.status_since = now();
    assert_eq!(world.plan().open(), [("", DAY), ("applied", 7 * DAY)]);
    // Weeks later it is over.
    world
        .moved(Status::Rejected)
        .wait(Duration::days(20))
        .moved(Status::Screening);
    assert!(world.open().is_empty());
}

#[test]
fn a_longer_time_between_counts_from_the_same_day() {
    let mut world = World::new();
    world.rules = serde_json::from_value(json!({"on_hold": {"offsets": [1440]}})).unwrap();
    world.moved(Status::OnHold);
    for _ in 0..10 {
        world.wait(Duration::days(1));
        assert_eq!(world.send(), 1);
    }
    world.rules = ReminderDefaults::default();
    assert_eq!(world.plan().open(), [("on_hold", 14 * DAY)]);
    world.rules = serde_json::from_value(json!({"on_hold": {"offsets": [1440]}})).unwrap();
    assert_eq!(world.plan().open(), [("on_hold", 11 * DAY)]);
}

#[test]
fn one_that_is_put_off_though_no_rule_wants_it_comes_until_it_is_closed() {
    let mut world = World::new();
    let id = world.plan().one_open().id;
    world.wait(Duration::days(7));
    assert_eq!(world.send(), 1);
    world.moved(Status::Screening);
    let later = world.now + Duration::days(1);
    world.edit(id, json!({"due_at": later}));
    assert_eq!(world.one_open().id, id);
    world.moved(Status::Rejected);
    assert!(world.open().is_empty());
    world.moved(Status::Screening);
    assert_eq!(world.one_open().id, id);
    // Put off while it is closed, it comes.
    world.moved(Status::Rejected);
    world.edit(id, json!({"due_at": later + Duration::days(1)}));
    assert_eq!(world.one_open().id, id);
}

#[test]
fn one_that_is_brought_back_though_no_rule_wants_it_comes_until_it_is_closed() {
    let mut world = World::new();
    world.interview(7, "screening", Duration::days(5));
    let old = world.open()[0];
    let id = world.reminders.iter().find(|row| row.is_open()).unwrap().id;
    let start = world.activities[0].starts_at.unwrap();
    world.change_interview(json!({"starts_at": start + Duration::days(1)}));
    assert!(!world.open().contains(&old));
    world.edit(id, json!({"canceled_at": null}));
    assert_eq!(world.open().len(), 3);
    world.moved(Status::Rejected);
    assert_eq!(world.open(), []);
}

#[test]
fn an_id_that_a_person_has_taken_is_not_taken_from_them() {
    let mut world = World::new();
    let id = world.plan().one_open().id;
    let own = super::tests::sample(id.as_u128(), 1);
    world.reminders = vec![own.clone()];
    assert_eq!(world.plan().reminders, [own]);
}

#[test]
fn of_very_many_talks_the_next_are_reminded_of() {
    let mut world = World::new();
    for n in 0..60 {
        let mut talk = crate::domain::activity::tests::sample(1000 + n, 1);
        talk.starts_at = Some(now() + Duration::days(30 - i64::try_from(n % 20).unwrap()));
        world.activities.push(talk);
    }
    world.plan();
    assert_eq!(world.open().len(), 100);
    world.wait(Duration::days(29)).send();
    assert!(world.activities.iter().all(|talk| {
        talk.starts_at.unwrap() <= world.now
            || world
                .reminders
                .iter()
                .any(|row| row.activity_id == Some(talk.id))
    }));
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Deed {
    Wait(i64),
    Move(usize),
    Archive(bool),
    Interview(u8, i64),
    Reschedule(usize, i64),
    Tell(usize, bool),
    Snooze(usize, i64),
    CallOff(usize, bool),
    Rules(u8),
    Send,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (1..200_i64).prop_map(Deed::Wait),
        (0..Status::ALL.len()).prop_map(Deed::Move),
        any::<bool>().prop_map(Deed::Archive),
        (0..3_u8, 0..300_i64).prop_map(|(stage, hours)| Deed::Interview(stage, hours)),
        (any::<prop::sample::Index>(), -50..300_i64)
            .prop_map(|(which, hours)| Deed::Reschedule(which.index(8), hours)),
        (0..8_usize, any::<bool>()).prop_map(|(which, done)| Deed::Tell(which, done)),
        (0..30_usize, 1..100_i64).prop_map(|(which, hours)| Deed::Snooze(which, hours)),
        (0..30_usize, any::<bool>()).prop_map(|(which, off)| Deed::CallOff(which, off)),
        (0..3_u8).prop_map(Deed::Rules),
        Just(Deed::Send),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_happens_one_row_stands_for_a_point(deeds in prop::collection::vec(deed(), 1..40)) {
        let mut world = World::new();
        world.plan();
        for (n, deed) in (100..).zip(deeds) {
            let before = world.reminders.clone();
            let pick = |which: usize| before.get(which % before.len().max(1)).map(|row| row.id);
            match deed {
                Deed::Wait(hours) => { world.wait(Duration::hours(hours)); }
                Deed::Move(to) => { world.moved(Status::ALL[to]); }
                Deed::Archive(away) => world.application.archived_at = away.then_some(world.now),
                Deed::Interview(stage, hours) => {
                    let stage = ["screening", "technical", "loop"][usize::from(stage)];
                    world.interview(n, stage, Duration::hours(hours));
                }
                Deed::Reschedule(which, hours) => {
                    let at = world.now + Duration::hours(hours);
                    if let Some(row) = world.activities.get_mut(which) { row.starts_at = Some(at); }
                }
                Deed::Tell(which, done) => {
                    let status = serde_json::from_value(json!(if done { "done" } else { "canceled" })).unwrap();
                    if let Some(row) = world.activities.get_mut(which) { row.status = status; }
                }
                Deed::Snooze(which, hours) => {
                    let at = world.now + Duration::hours(hours);
                    if let Some(id) = pick(which) { world.edit(id, json!({"due_at": at})); }
                }
                Deed::CallOff(which, off) => {
                    let at = off.then_some(world.now);
                    if let Some(id) = pick(which) { world.edit(id, json!({"canceled_at": at})); }
                }
                Deed::Rules(which) => {
                    world.rules = serde_json::from_value(match which {
                        0 => json!({}),
                        1 => json!({"applied": {"offsets": [1440, 14400]}, "loop": {"on": false}}),
                        _ => json!({"offer": {"offsets": [1440, 2880]}, "screening": {"offsets": [30, 60, 5]}}),
                    }).unwrap();
                }
                Deed::Send => { world.send(); }
            }
            world.plan();
            let mut keys: Vec<_> = world.reminders.iter().filter_map(|row| row.dedupe_key.clone()).collect();
            let count = keys.len();
            keys.sort_unstable();
            keys.dedup();
            prop_assert_eq!(keys.len(), count, "one row a key");
            for row in &world.reminders {
                prop_assert_eq!(row.id, derive_id(row.dedupe_key.as_ref().unwrap()));
                let known = before.iter().find(|it| it.id == row.id);
                if known.is_some_and(|it| it.sent && it.due_at == row.due_at) {
                    prop_assert!(row.sent, "what was sent stays sent");
                }
                if known.is_none() {
                    prop_assert!(row.due_at > world.now - Duration::milliseconds(1), "nothing is made for what has passed");
                }
                if row.meta.off {
                    prop_assert!(row.canceled_at.is_some());
                }
            }
            for rule in [Rule::Offer, Rule::OnHold] {
                // But for those that a person wants to hear of anyway.
                let by_hand = |row: &Reminder| [SetByHand::CanceledAt, SetByHand::Kept].iter().any(|what| row.meta.is_set(*what));
                let open = world.reminders.iter().filter(|row| row.meta.rule == Some(rule) && row.is_open() && !by_hand(row));
                prop_assert!(open.count() <= 1, "only the next of a rule that repeats");
            }
        }
    }
}
