//! Which reminders rules want, and what that changes of those that there are. The same function plans at
//! the server and shows, offline, what the server will plan.

use super::{MAX_TITLE, Origin, Reminder, SetByHand, derive_id};
use crate::domain::{
    activity::{Activity, ActivityStatus, InterviewStage},
    application::Application,
    quiet_hours::days_after,
    rules::{Channels, DAY_MINUTES, ReminderDefaults, Rule},
    stage::Status,
    text::Line,
    time::{Timestamp, ZoneRules},
};
use chrono::Duration;
use uuid::Uuid;

/// What the reminders of an application follow from.
pub struct Facts<'a> {
    /// The application.
    pub application: &'a Application,
    /// All of its activities.
    pub activities: &'a [Activity],
    /// All of its reminders.
    pub reminders: &'a [Reminder],
    /// What the person changed of the rules.
    pub rules: &'a ReminderDefaults,
    /// The rules of the person's zone.
    pub zone: &'a dyn ZoneRules,
    /// The time.
    pub now: Timestamp,
}

/// A reminder that a rule wants.
struct Wanted {
    key: String,
    activity: Option<Uuid>,
    due_at: Timestamp,
    title: Line<MAX_TITLE>,
    channels: Channels,
    rule: Rule,
    offset: Option<i32>,
    n: Option<i32>,
}

/// The reminders that are new or change, as they will be; nothing is deleted. `edited` is the one that a
/// person has just made or changed: that stands, also where the application is closed.
pub fn plan(facts: &Facts<'_>, edited: Option<Uuid>) -> Vec<Reminder> {
    let wanted = wanted(facts);
    let mut changes = Vec::new();
    for row in facts.reminders {
        let mut next = row.clone();
        match (row.meta.rule, wanted.iter().find(|it| is_of(row, it))) {
            (Some(_), Some(wanted)) => keep(&mut next, wanted, facts.now),
            (None, _) if is_in_play(facts.application) => stand(&mut next, facts.now),
            _ => fall(&mut next, edited, facts.now),
        }
        if next != *row {
            // Later than the state before, whatever the clock says: that is how it is known to be newer.
            next.updated_at = facts.now.max(row.updated_at + Duration::milliseconds(1));
            changes.push(next);
        }
    }
    let new =
        |it: &&Wanted| it.due_at > facts.now && !facts.reminders.iter().any(|row| is_of(row, it));
    let new = wanted.iter().filter(new).map(|it| made(it, facts));
    changes.extend(new);
    changes
}

fn is_of(row: &Reminder, wanted: &Wanted) -> bool {
    row.dedupe_key.as_deref() == Some(wanted.key.as_str())
}

/// Whether an application is one that reminders are about: it is on the board, and the hunt goes on.
fn is_in_play(row: &Application) -> bool {
    row.is_on_board() && !row.status.is_closed()
}

/// A wanted reminder says what it is to say now, but for what a person set.
fn keep(row: &mut Reminder, wanted: &Wanted, now: Timestamp) {
    // What went out stays as it was.
    if row.sent || row.expired_at.is_some() || row.done_at.is_some() {
        return;
    }
    if !row.meta.is_set(SetByHand::DueAt) {
        row.due_at = wanted.due_at;
    }
    if !row.meta.is_set(SetByHand::Title) {
        row.title = wanted.title.clone();
    }
    if !row.meta.is_set(SetByHand::Channels) {
        row.channels = wanted.channels.clone();
    }
    stand(row, now);
}

/// One that is to stand is brought back where the planner called it off, and it is still to come.
fn stand(row: &mut Reminder, now: Timestamp) {
    if row.canceled_at.is_some() && row.meta.off && row.due_at > now {
        row.canceled_at = None;
    }
    if row.canceled_at.is_none() {
        row.meta.off = false;
        // Whoever brought it back has it as it would be anyway.
        row.meta.set.retain(|what| *what != SetByHand::CanceledAt);
    }
}

/// One that is not wanted any more is called off, unless a person said that it stands.
fn fall(row: &mut Reminder, edited: Option<Uuid>, now: Timestamp) {
    if !row.is_open() {
        return;
    }
    if edited == Some(row.id) {
        row.meta.note(SetByHand::CanceledAt);
    }
    if !row.meta.is_set(SetByHand::CanceledAt) {
        row.canceled_at = Some(now);
        row.meta.off = true;
    }
}

fn made(wanted: &Wanted, facts: &Facts<'_>) -> Reminder {
    Reminder {
        id: derive_id(&wanted.key),
        application_id: facts.application.id,
        activity_id: wanted.activity,
        version: 1,
        title: wanted.title.clone(),
        due_at: wanted.due_at,
        channels: wanted.channels.clone(),
        canceled_at: None,
        done_at: None,
        sent: false,
        sent_at: None,
        expired_at: None,
        failed: Channels::default(),
        dedupe_key: Some(wanted.key.clone()),
        meta: Origin {
            rule: Some(wanted.rule),
            offset: wanted.offset,
            n: wanted.n,
            ..Origin::default()
        },
        created_at: facts.now,
        updated_at: facts.now,
    }
}

/// All that the rules want of an application.
fn wanted(facts: &Facts<'_>) -> Vec<Wanted> {
    let row = facts.application;
    if !is_in_play(row) {
        return Vec::new();
    }
    let mut all = Vec::new();
    let company = &row.company;
    match row.status {
        Status::Applied if !is_answered(facts) => {
            let title = format!("Follow up with {company}");
            all.extend(after(
                facts,
                Rule::Applied,
                row.id,
                None,
                row.status_since,
                &title,
            ));
        }
        Status::Offer => {
            let title = format!("Answer the offer from {company}");
            all.extend(next_of(facts, Rule::Offer, &title));
        }
        Status::OnHold => {
            let title = format!("Still on hold: {}", row.name());
            all.extend(next_of(facts, Rule::OnHold, &title));
        }
        _ => {}
    }
    for activity in facts.activities {
        all.extend(of_activity(facts, activity));
    }
    all
}

/// Whether somebody answered since the application was sent: there is a talk.
fn is_answered(facts: &Facts<'_>) -> bool {
    let since = facts.application.status_since;
    facts.activities.iter().any(|it| {
        it.r#type.is_talk()
            && it.status != ActivityStatus::Canceled
            && it.starts_at.unwrap_or(it.created_at) >= since
    })
}

/// Which rule an interview goes by.
fn rule_of(activity: &Activity, status: Status) -> Rule {
    match activity.interview_stage {
        Some(InterviewStage::Screening) => Rule::Screening,
        Some(InterviewStage::Technical | InterviewStage::Loop) => Rule::Loop,
        _ if status == Status::InterviewLoop => Rule::Loop,
        _ => Rule::Screening,
    }
}

/// What the rules want of an interview, or of a call.
fn of_activity(facts: &Facts<'_>, activity: &Activity) -> Vec<Wanted> {
    let (Some(starts), Some(ends)) = (activity.starts_at, activity.ends_at()) else {
        return Vec::new();
    };
    if !activity.r#type.is_talk() || activity.status == ActivityStatus::Canceled {
        return Vec::new();
    }
    let rule = rule_of(activity, facts.application.status);
    let about = Some(activity.id);
    let mut all = Vec::new();
    if activity.is_planned() {
        let now = facts.rules.rule(rule);
        let title = format!("{}, {}", activity.headline(), facts.application.name());
        let offsets = now.offsets.iter().filter(|_| now.on);
        all.extend(offsets.filter_map(|offset| {
            let due = starts - Duration::minutes((*offset).into());
            let point = Point {
                anchor: starts,
                offset: Some(*offset),
                n: None,
                due,
            };
            point.wanted(rule, activity.id, about, &title, &now.channels)
        }));
    }
    if rule == Rule::Loop {
        let title = format!("Follow up on the interview, {}", facts.application.name());
        all.extend(after(
            facts,
            Rule::AfterLoop,
            activity.id,
            about,
            ends,
            &title,
        ));
    }
    all
}

/// What a rule wants that counts days after `anchor`.
fn after(
    facts: &Facts<'_>,
    rule: Rule,
    of: Uuid,
    activity: Option<Uuid>,
    anchor: Timestamp,
    title: &str,
) -> Vec<Wanted> {
    let now = facts.rules.rule(rule);
    let offsets = now.offsets.iter().filter(|_| now.on);
    let wanted = offsets.filter_map(|offset| {
        let due = days_after(anchor, (offset / DAY_MINUTES).into(), facts.zone);
        let point = Point {
            anchor,
            offset: Some(*offset),
            n: None,
            due,
        };
        point.wanted(rule, of, activity, title, &now.channels)
    });
    wanted.collect()
}

/// What a rule wants that repeats: the one that waits, or the next.
fn next_of(facts: &Facts<'_>, rule: Rule, title: &str) -> Option<Wanted> {
    let now = facts.rules.rule(rule);
    let (first, every) = (now.offsets.first()?, now.offsets.last()?);
    if !now.on {
        return None;
    }
    let (of, anchor) = (facts.application.id, facts.application.status_since);
    let [first, every] = [*first, *every].map(|minutes| i64::from(minutes / DAY_MINUTES).max(1));
    let due = |n: i32| days_after(anchor, first + every * i64::from(n), facts.zone);
    let of_rule = |n: i32| {
        let key = key(rule, of, anchor, n);
        facts
            .reminders
            .iter()
            .find(move |row| row.dedupe_key.as_deref() == Some(key.as_str()))
    };
    // Those that were settled: sent, or of no use, or called off or done by a person.
    let settled = |row: &&Reminder| !row.is_open() && !row.meta.off;
    let of_it = facts
        .reminders
        .iter()
        .filter(|row| row.meta.rule == Some(rule));
    let last = of_it.filter(settled).filter_map(|row| {
        row.meta
            .n
            .filter(|n| of_rule(*n).is_some_and(|it| it.id == row.id))
    });
    let from = last.max().map_or(0, |n| n + 1);
    // The first that is still to come: a few days more than those that have passed.
    let passed = (facts.now - anchor).num_days() - first;
    let guess = i32::try_from((passed / every).max(0)).unwrap_or(i32::MAX - 4);
    let ahead = ((guess - 1).max(0)..guess.saturating_add(4)).find(|n| due(*n) > facts.now)?;
    let waits = |n: &i32| {
        let waiting = of_rule(*n).filter(|row| row.is_open());
        waiting.is_some_and(|row| {
            let by_hand = row.meta.is_set(SetByHand::DueAt);
            by_hand || row.due_at <= facts.now || due(*n) > facts.now
        })
    };
    let numbers = facts.reminders.iter().filter_map(|row| row.meta.n);
    let waiting = numbers.filter(|n| *n >= from && waits(n)).min();
    let n = waiting.unwrap_or(from.max(ahead));
    if rule.most().is_some_and(|most| n >= most) {
        return None;
    }
    let point = Point {
        anchor,
        offset: None,
        n: Some(n),
        due: due(n),
    };
    point.wanted(rule, of, None, title, &now.channels)
}

/// A point in time that a rule names.
struct Point {
    anchor: Timestamp,
    offset: Option<i32>,
    n: Option<i32>,
    due: Timestamp,
}

impl Point {
    fn wanted(
        self,
        rule: Rule,
        of: Uuid,
        activity: Option<Uuid>,
        title: &str,
        channels: &Channels,
    ) -> Option<Wanted> {
        let number = self.offset.or(self.n)?;
        let title: String = title.chars().take(MAX_TITLE).collect();
        Some(Wanted {
            key: key(rule, of, self.anchor, number),
            activity,
            due_at: self.due,
            title: title.parse().ok()?,
            channels: channels.clone(),
            rule,
            offset: self.offset,
            n: self.n,
        })
    }
}

/// What makes a planned reminder the only one of its kind.
fn key(rule: Rule, of: Uuid, anchor: Timestamp, number: i32) -> String {
    format!("{rule}/{of}/{}/{number}", anchor.timestamp_millis())
}
