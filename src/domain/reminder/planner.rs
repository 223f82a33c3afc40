//! Which reminders rules want, and what that changes of those that there are. It is pure: the server plans
//! by it, and a client what the server has not heard of yet.

use super::{MAX_TITLE, Origin, Reminder, SetByHand, derive_id, is_in_play};
use crate::domain::{
    activity::{Activity, ActivityStatus, InterviewStage},
    application::Application,
    order::sort_by_key,
    quiet_hours::days_after,
    rules::{Channels, DAY_MINUTES, MAX_OFFSET, ReminderDefaults, Rule},
    stage::Status,
    text::Line,
    time::{Timestamp, YEARS, ZoneRules},
};
use chrono::{Datelike as _, Duration};
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
    offset: i32,
    n: Option<i32>,
}

/// The reminders that are new or change, as they will be; nothing is deleted. `edited` are those that a
/// person has just made or changed: they stand, also where the application is closed.
pub fn plan(facts: &Facts<'_>, edited: &[Uuid]) -> Vec<Reminder> {
    let wanted = wanted(facts);
    let mut changes = Vec::new();
    for row in facts.reminders {
        let mut next = row.clone();
        match (row.meta.rule, wanted.iter().find(|it| is_of(row, it))) {
            (Some(_), Some(wanted)) => keep(&mut next, wanted, facts.now),
            (None, _) if is_in_play(facts.application) => stand(&mut next, facts.now),
            _ => fall(&mut next, edited, facts),
        }
        if next != *row {
            // Later than the state before, whatever the clock says: that is how it is known to be newer.
            next.updated_at = facts.now.max(row.updated_at + Duration::milliseconds(1));
            changes.push(next);
        }
    }
    // An id that a person's own reminder has is not taken from it.
    let is_taken = |it: &Wanted| {
        let id = derive_id(&it.key);
        facts.reminders.iter().any(|row| row.id == id)
    };
    let new = wanted
        .iter()
        .filter(|it| it.due_at > facts.now && !is_taken(it));
    changes.extend(new.map(|it| made(it, facts)));
    changes
}

/// Whether what a reminder says that went out is still so: nobody has answered it, what it is before has not
/// begun, and its rule would say the same of what is known now.
pub fn still_stands(row: &Reminder, facts: &Facts<'_>) -> bool {
    let about = facts
        .activities
        .iter()
        .find(|it| Some(it.id) == row.activity_id);
    let is_over = row.event(about).is_some_and(|begins| begins <= facts.now);
    if !row.is_unanswered() || is_over {
        return false;
    }
    let of = facts.application;
    let Some(rule) = row.meta.rule else {
        // Whoever closes an application since calls off what rang before, too.
        let closed = of.archived_at.unwrap_or(of.status_since);
        return is_in_play(of) || row.sent_at.is_some_and(|rang| rang > closed);
    };
    if row.meta.is_set(SetByHand::Kept) && is_in_play(of) {
        return true;
    }
    // Of one that repeats the next is wanted by now.
    let status = match rule {
        Rule::Offer => Status::Offer,
        Rule::OnHold => Status::OnHold,
        _ => return wanted(facts).iter().any(|it| is_of(row, it)),
    };
    let is_counted_from = |key: &str| key.starts_with(&key_prefix(rule, of.id, of.status_since));
    is_in_play(of)
        && of.status == status
        && facts.rules.rule(rule).on
        && row.dedupe_key.as_deref().is_some_and(is_counted_from)
}

fn is_of(row: &Reminder, wanted: &Wanted) -> bool {
    row.dedupe_key.as_deref() == Some(wanted.key.as_str())
}

/// A wanted reminder says what it is to say now, but for what a person set.
fn keep(row: &mut Reminder, wanted: &Wanted, now: Timestamp) {
    // What went out stays as it was.
    if row.sent || row.expired_at.is_some() || row.done_at.is_some() {
        return;
    }
    // Who set it to what it would be anyway, as by taking back that it was put off, has set nothing.
    if row.due_at == wanted.due_at {
        row.meta.set.retain(|what| *what != SetByHand::DueAt);
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

/// How long after its time one may still go out that was called off while it waited.
const STILL_WAITS: Duration = Duration::days(1);

/// Whether one that the planner called off would still go out: its time is to come, or it waited for the
/// end of quiet hours when it was called off.
fn would_go_out(row: &Reminder, now: Timestamp) -> bool {
    let waited = row.canceled_at.is_some_and(|off| off >= row.due_at);
    row.due_at > now || (waited && now - row.due_at < STILL_WAITS)
}

/// One that is to stand is brought back where the planner called it off, and it would still go out.
fn stand(row: &mut Reminder, now: Timestamp) {
    if row.canceled_at.is_some() && row.meta.off && would_go_out(row, now) {
        row.canceled_at = None;
    }
    if row.canceled_at.is_none() {
        row.meta.off = false;
        // Whoever brought it back has it as it would be anyway.
        let anyway = [SetByHand::CanceledAt, SetByHand::Kept];
        row.meta.set.retain(|what| !anyway.contains(what));
    }
}

/// One that is not wanted any more is called off, unless a person said that it stands: in that case when
/// the application is closed, unless they said so since.
fn fall(row: &mut Reminder, edited: &[Uuid], facts: &Facts<'_>) {
    let in_play = is_in_play(facts.application);
    if row.is_open() && edited.contains(&row.id) {
        if in_play {
            // That it was brought back says no more than that, and ends with it.
            row.meta.set.retain(|what| *what != SetByHand::CanceledAt);
            row.meta.note(SetByHand::Kept);
        } else {
            row.meta.note(SetByHand::CanceledAt);
        }
    }
    let kept = row.meta.is_set(SetByHand::Kept) && in_play;
    if row.is_open() && !kept && !row.meta.is_set(SetByHand::CanceledAt) {
        row.canceled_at = Some(facts.now);
        row.meta.off = true;
    } else if kept && row.meta.off && would_go_out(row, facts.now) {
        (row.canceled_at, row.meta.off) = (None, false);
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
            offset: Some(wanted.offset),
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
    match row.status {
        Status::Applied if !is_answered(row, facts.activities) => {
            let title = title_of(Rule::Applied, row, None);
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
            let title = title_of(Rule::Offer, row, None);
            all.extend(next_of(facts, Rule::Offer, &title));
        }
        Status::OnHold => {
            let title = title_of(Rule::OnHold, row, None);
            all.extend(next_of(facts, Rule::OnHold, &title));
        }
        _ => {}
    }
    for activity in talks(facts) {
        all.extend(of_activity(facts, activity));
    }
    all
}

/// The most talks of one application that are reminded of at once.
const MOST_TALKS: usize = 50;

/// The talks that may be reminded of, the next first: those that are later come up when these are over.
fn talks<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a Activity> {
    // Until then the last reminder of one may come.
    let until = |row: &Activity| {
        row.ends_at()
            .map(|ends| ends + Duration::minutes(MAX_OFFSET.into()))
    };
    let is_on = |row: &&Activity| row.r#type.is_talk() && row.status != ActivityStatus::Canceled;
    let mut talks: Vec<&Activity> = facts.activities.iter().filter(is_on).collect();
    talks.retain(|row| until(row).is_some_and(|until| until > facts.now));
    sort_by_key(&mut talks, |row| {
        let starts = row.starts_at.unwrap_or(row.created_at);
        // What is to come goes before what is over, and the latest of that first.
        let is_over = starts <= facts.now;
        let away = (starts - facts.now).abs();
        (is_over, away, row.id)
    });
    talks.into_iter().take(MOST_TALKS)
}

/// What a reminder of `rule` says of an application, or of one of its talks: no longer than a title may be.
/// Empty of what people set themselves, and where the talk is not known.
pub fn title_of(rule: Rule, of: &Application, about: Option<&Activity>) -> String {
    let title = match rule {
        Rule::Applied => format!("Follow up with {}", of.company),
        Rule::Offer => format!("Answer the offer from {}", of.company),
        Rule::OnHold => "Still on hold?".to_owned(),
        Rule::AfterLoop => "Follow up after the interview".to_owned(),
        Rule::Screening | Rule::Loop => about.map(Activity::headline).unwrap_or_default(),
        Rule::Custom | Rule::Digest => String::new(),
    };
    title.chars().take(MAX_TITLE).collect()
}

/// Whether somebody answered since the application was sent: there is a talk.
pub(super) fn is_answered<'a>(
    row: &Application,
    activities: impl IntoIterator<Item = &'a Activity>,
) -> bool {
    activities.into_iter().any(|it| {
        it.application_id == row.id
            && it.r#type.is_talk()
            && it.status != ActivityStatus::Canceled
            && it.starts_at.unwrap_or(it.created_at) >= row.status_since
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

/// How many minutes before a talk the last reminder of its rule comes; none where none is to come. `status`
/// is its application's.
pub fn last_before(activity: &Activity, status: Status, rules: &ReminderDefaults) -> Option<i32> {
    let rule = rules.rule(rule_of(activity, status));
    let is_reminded = rule.on && activity.r#type.is_talk();
    rule.offsets.iter().min().copied().filter(|_| is_reminded)
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
        let title = title_of(rule, facts.application, Some(activity));
        let offsets = now.offsets.iter().filter(|_| now.on);
        all.extend(offsets.filter_map(|offset| {
            let due = starts - Duration::minutes((*offset).into());
            let point = Point {
                anchor: starts,
                number: *offset,
                offset: *offset,
                n: None,
                due,
            };
            point.wanted(rule, activity.id, about, &title, &now.channels)
        }));
    }
    if rule == Rule::Loop {
        let title = title_of(Rule::AfterLoop, facts.application, Some(activity));
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
            number: *offset,
            offset: *offset,
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
    if !now.on {
        return None;
    }
    let (of, anchor) = (facts.application.id, facts.application.status_since);
    let days = |minutes: &i32| i64::from(minutes / DAY_MINUTES).max(1);
    let (first, every) = (
        now.offsets.first().map(days)?,
        now.offsets.last().map(days)?,
    );
    // Each is known by its day, which is the same where the time between them changes.
    let day_of = |row: &Reminder| {
        let day = row.meta.offset? / DAY_MINUTES;
        let key = key(rule, of, anchor, day);
        (row.dedupe_key.as_deref() == Some(key.as_str())).then(|| i64::from(day))
    };
    let rows = || {
        let all = facts.reminders.iter();
        all.filter_map(|row| Some((row, day_of(row)?)))
    };
    // Sent, or of no use, or called off or done by a person.
    let is_settled = |row: &Reminder| !row.is_open() && !row.meta.off;
    let settled = || rows().filter(|(row, _)| is_settled(row));
    // The first of them may be forgotten by now: the others say which they were.
    let count = i32::try_from(settled().count()).ok()?;
    let known = settled().filter_map(|(row, _)| Some(row.meta.n? + 1)).max();
    let n = count.max(known.unwrap_or_default());
    if rule.most().is_some_and(|most| n >= most) {
        return None;
    }
    // Where all are forgotten, the days say that it is over.
    let last = rule.most().map(|most| first + every * i64::from(most - 1));
    let is_within = |day: i64| last.is_none_or(|last| day <= last);
    let due = |day: i64| days_after(anchor, day, facts.zone);
    let waits = |row: &Reminder, day: i64| {
        let goes = row.is_open() || (row.meta.off && would_go_out(row, facts.now));
        let is_point = day >= first && (day - first) % every == 0 && is_within(day);
        goes && (is_point || row.meta.is_set(SetByHand::DueAt) || row.due_at <= facts.now)
    };
    let waiting = rows().filter(|(row, day)| waits(row, *day));
    let waiting = waiting.map(|(_, day)| day).min();
    // The first that is to come, but for those that were done before their time.
    let ahead = || {
        let passed = ((facts.now - anchor).num_days() - first) / every;
        let from = (passed - 1).max(0);
        let days = (from..from + 4 + i64::from(n)).map(|step| first + every * step);
        let is_settled = |day: i64| rows().any(|(row, of)| of == day && is_settled(row));
        days.into_iter()
            .take_while(|day| is_within(*day))
            .find(|day| due(*day) > facts.now && !is_settled(*day))
    };
    let day = waiting.or_else(ahead)?;
    let point = Point {
        anchor,
        number: i32::try_from(day).ok()?,
        offset: i32::try_from(day * i64::from(DAY_MINUTES)).ok()?,
        n: Some(n),
        due: due(day),
    };
    point.wanted(rule, of, None, title, &now.channels)
}

/// A point in time that a rule names.
struct Point {
    anchor: Timestamp,
    /// What tells it from the others of its rule: the minutes, or the day of one that repeats.
    number: i32,
    /// Minutes from what it is counted from.
    offset: i32,
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
        // Nobody could change one that is due beyond the years that dates may have.
        if !YEARS.contains(&self.due.year()) {
            return None;
        }
        Some(Wanted {
            key: key(rule, of, self.anchor, self.number),
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
    format!("{}{number}", key_prefix(rule, of, anchor))
}

/// From when a planned reminder is counted, as its key has it.
pub fn anchor_of(key: &str) -> Option<Timestamp> {
    let millis = key.split('/').nth(2)?.parse().ok()?;
    Timestamp::from_timestamp_millis(millis)
}

/// What the keys of all points of a rule begin with that are counted from `anchor`.
pub(super) fn key_prefix(rule: Rule, of: Uuid, anchor: Timestamp) -> String {
    format!("{rule}/{of}/{}/", anchor.timestamp_millis())
}
