//! The follow-up of an application that was sent: what a person is offered at once, before the server has
//! planned it and after.

use super::{
    Reminder, is_in_play,
    planner::{is_answered, key_prefix, title_of},
};
use crate::domain::{
    activity::Activity,
    application::Application,
    order::sort_by_key,
    quiet_hours::days_after,
    rules::{DAY_MINUTES, ReminderDefaults, Rule},
    stage::Status,
    time::{Timestamp, ZoneRules},
};
use std::sync::Arc;
use uuid::Uuid;

/// The follow-up of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// When it comes first.
    pub at: Timestamp,
    /// Whether it comes.
    pub on: bool,
    /// The reminders that it consists of, as far as they are here.
    pub rows: Vec<Uuid>,
    /// Whether the rule makes them; else a person does.
    pub by_rule: bool,
}

/// The follow-up of `row`; none where it was answered, or none is to come any more.
pub fn follow_up<'a>(
    row: &Application,
    activities: impl IntoIterator<Item = &'a Activity>,
    reminders: impl IntoIterator<Item = &'a Arc<Reminder>>,
    rules: &ReminderDefaults,
    now: Timestamp,
    zone: &impl ZoneRules,
) -> Option<FollowUp> {
    if row.status != Status::Applied || !is_in_play(row) || is_answered(row, activities) {
        return None;
    }
    let rule = rules.rule(Rule::Applied);
    let by_rule = rule.on && !rule.offsets.is_empty();
    let usual = || ReminderDefaults::default().rule(Rule::Applied).offsets;
    let offsets = if by_rule { rule.offsets } else { usual() };
    let due = |minutes: &i32| days_after(row.status_since, (minutes / DAY_MINUTES).into(), zone);
    let mut points: Vec<_> = offsets.iter().map(due).collect();
    points.sort_unstable();
    // The first of a rule; what a person sets is one.
    let first = *points.iter().find(|at| **at > now)?;
    let title = title_of(Rule::Applied, row, None);
    let is_it = |it: &&Arc<Reminder>| {
        if by_rule {
            is_planned_for(it, row)
        } else {
            let is_own = it.meta.rule.is_none() && it.application_id == row.id;
            is_own && it.due_at == first && it.title.as_str() == title
        }
    };
    let to_come = |it: &&Arc<Reminder>| !it.sent && it.done_at.is_none() && it.due_at > now;
    let mut rows: Vec<_> = reminders
        .into_iter()
        .filter(is_it)
        .filter(to_come)
        .collect();
    sort_by_key(&mut rows, |it| (!it.is_open(), it.due_at, it.id));
    Some(FollowUp {
        at: rows.first().map_or(first, |it| it.due_at),
        on: rows.first().map_or(by_rule, |it| it.is_open()),
        rows: rows.into_iter().map(|it| it.id).collect(),
        by_rule,
    })
}

/// Whether the rule planned this reminder for `row` as it is since it was sent last.
fn is_planned_for(reminder: &Reminder, row: &Application) -> bool {
    let prefix = key_prefix(Rule::Applied, row.id, row.status_since);
    let key = reminder.dedupe_key.as_deref();
    reminder.application_id == row.id && key.is_some_and(|key| key.starts_with(&prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        activity,
        application::{self, tests::now},
        reminder::{Facts, plan, tests::sample},
        rules::RuleChange,
    };
    use chrono::{Duration, Utc};

    fn rules(change: RuleChange) -> ReminderDefaults {
        ReminderDefaults::default().with(Rule::Applied, change)
    }

    fn off() -> ReminderDefaults {
        rules(RuleChange {
            on: Some(false),
            ..RuleChange::default()
        })
    }

    struct World {
        row: Application,
        activities: Vec<Activity>,
        reminders: Vec<Arc<Reminder>>,
        rules: ReminderDefaults,
    }

    impl World {
        fn new(rules: ReminderDefaults) -> Self {
            let row = application::tests::sample(1);
            assert_eq!(row.status, Status::Applied);
            Self {
                row,
                activities: Vec::new(),
                reminders: Vec::new(),
                rules,
            }
        }

        /// The server plans.
        fn plan(&mut self) {
            let known: Vec<_> = self.reminders.iter().map(|it| (**it).clone()).collect();
            let facts = Facts {
                application: &self.row,
                activities: &self.activities,
                reminders: &known,
                rules: &self.rules,
                zone: &Utc,
                now: now(),
            };
            self.reminders = plan(&facts, &[]).into_iter().map(Arc::new).collect();
        }

        fn seen(&self) -> Option<FollowUp> {
            let (row, rules) = (&self.row, &self.rules);
            follow_up(row, &self.activities, &self.reminders, rules, now(), &Utc)
        }
    }

    #[test]
    fn what_is_offered_at_once_is_what_the_server_plans() {
        let fortnight = RuleChange {
            offsets: Some(vec![21 * DAY_MINUTES, 14 * DAY_MINUTES]),
            ..RuleChange::default()
        };
        for (rules, count) in [(ReminderDefaults::default(), 1), (rules(fortnight), 2)] {
            let mut world = World::new(rules);
            let before = world.seen().unwrap();
            assert!(before.on && before.by_rule && before.rows.is_empty());
            world.plan();
            let after = world.seen().unwrap();
            assert_eq!((after.at, after.on), (before.at, true));
            assert_eq!(after.rows.len(), count);
            for row in &mut world.reminders {
                Arc::make_mut(row).canceled_at = Some(now());
            }
            assert!(!world.seen().unwrap().on);
        }
    }

    #[test]
    fn those_of_an_earlier_stay_are_others() {
        let mut world = World::new(ReminderDefaults::default());
        world.plan();
        world.row.status_since += Duration::hours(1);
        let seen = world.seen().unwrap();
        assert!(seen.rows.is_empty() && seen.on);
    }

    #[test]
    fn where_the_rule_is_off_a_person_sets_one() {
        let mut world = World::new(off());
        let seen = world.seen().unwrap();
        assert!(!seen.on && !seen.by_rule);
        assert_eq!(seen.at, world.row.status_since + Duration::days(7));
        let mut own = sample(9, 1);
        own.due_at = seen.at;
        own.title = title_of(Rule::Applied, &world.row, None).parse().unwrap();
        world.reminders.push(Arc::new(own));
        let seen = world.seen().unwrap();
        assert!(seen.on);
        assert_eq!(seen.rows, [Uuid::from_u128(9)]);
    }

    #[test]
    fn nothing_is_offered_where_none_is_to_come() {
        let answered = |world: &mut World| {
            let talk = activity::tests::sample(7, 1);
            world.activities.push(Activity {
                starts_at: Some(now() + Duration::days(2)),
                ..talk
            });
        };
        let moved = |world: &mut World| world.row.status = Status::Screening;
        let long_ago = |world: &mut World| world.row.status_since -= Duration::days(30);
        let archived = |world: &mut World| world.row.archived_at = Some(now());
        let all: [fn(&mut World); 4] = [answered, moved, long_ago, archived];
        for (case, change) in all.into_iter().enumerate() {
            let mut world = World::new(ReminderDefaults::default());
            change(&mut world);
            assert_eq!(world.seen(), None, "{case}");
        }
    }
}
