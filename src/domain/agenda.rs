//! What is to do now: next actions, interviews and calls, deadlines of answers, reminders, and what went
//! quiet.
//!
//! A reminder is a row of its own where no other row says it. One that a rule planned before an interview is
//! said by the interview; another one of a rule, by what a person said to be next by that day, and by its
//! interview until somebody told how that went. One that a person set stands, unless it has the words of a
//! row that is there.

use super::{
    activity::{Activity, ActivityStatus},
    application::Application,
    bell::Bell,
    order::sort_by_key,
    reminder::{self, Reminder},
    rules::Counting,
    stage::Status,
    time::{Timestamp, ZoneRules},
};
use chrono::{Duration, NaiveDate, NaiveTime};
use std::{
    borrow::Borrow,
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// An application in which nothing moved for so many of the user's days went quiet.
pub const QUIET_DAYS: i64 = 10;

/// What an item of the agenda is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An activity that is planned.
    Activity(Uuid),
    /// The application's next action.
    NextAction,
    /// What is to follow an activity.
    FollowOn(Uuid),
    /// An activity's answer is to be had until then.
    Reply(Uuid),
    /// A reminder that says what no other item does.
    Reminder(Uuid),
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// What.
    pub subject: Subject,
    /// Whose.
    pub application: Uuid,
    /// When it begins, or is due.
    pub at: Timestamp,
    /// When it is over; `at` of what takes no time. A reminder has its whole day.
    pub until: Timestamp,
}

impl Item {
    /// Whether it is over, and nobody told.
    fn is_late(&self, now: Timestamp) -> bool {
        self.until < now
    }

    /// Whether it takes place now.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        let lasts = self.at < self.until && !matches!(self.subject, Subject::Reminder(_));
        lasts && self.at <= now && now <= self.until
    }
}

/// An application in which nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// Which.
    pub application: Uuid,
    /// The last of the user's days on which something moved.
    pub since: NaiveDate,
}

/// What is to do, each part in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agenda {
    /// What is past and not told.
    pub late: Vec<Item>,
    /// The rest of today.
    pub today: Vec<Item>,
    /// Tomorrow.
    pub tomorrow: Vec<Item>,
    /// The five days after that.
    pub week: Vec<Item>,
    /// What comes later.
    pub later: Vec<Item>,
    /// Applications in which nothing is planned and nothing moved, quiet for longest first.
    pub quiet: Vec<Quiet>,
}

impl Agenda {
    /// What is to do at `now`, as it follows from applications, activities and what is [`reminded`] of.
    /// Those of archived applications are left out, and of those that came to nothing; what a person wants
    /// to be reminded of stands.
    pub fn new<A: Borrow<Application>, B: Borrow<Activity>>(
        applications: impl IntoIterator<Item = A>,
        activities: impl IntoIterator<Item = B>,
        reminded: &[Item],
        now: Timestamp,
        zone: &impl ZoneRules,
    ) -> Self {
        let mut items = reminded.to_vec();
        let mut moved: HashMap<Uuid, (Status, Timestamp)> = HashMap::new();
        for row in applications {
            let row = row.borrow();
            if !is_in_play(row) {
                continue;
            }
            moved.insert(row.id, (row.status, row.status_since));
            items.extend(next_action_of(row));
        }
        for row in activities {
            let row = row.borrow();
            let Some((_, last)) = moved.get_mut(&row.application_id) else {
                continue;
            };
            items.extend(items_of(row));
            if row.status == ActivityStatus::Done
                && let Some(at) = row.ends_at().filter(|at| *at <= now)
            {
                *last = (*last).max(at);
            }
        }
        sort_by_key(&mut items, |item| (item.at, item.application, item.subject));
        let mut agenda = Self::default();
        let today = zone.day(now);
        for item in &items {
            let days = (zone.day(item.at) - today).num_days();
            let part = match days {
                _ if item.is_late(now) => &mut agenda.late,
                // What began yesterday and is not over is of today.
                ..=0 => &mut agenda.today,
                1 => &mut agenda.tomorrow,
                2..=6 => &mut agenda.week,
                _ => &mut agenda.later,
            };
            part.push(*item);
        }
        for item in &items {
            moved.remove(&item.application);
        }
        for (application, (status, last)) in moved {
            let since = zone.day(last);
            if is_awaiting(status) && (today - since).num_days() >= QUIET_DAYS {
                agenda.quiet.push(Quiet { application, since });
            }
        }
        sort_by_key(&mut agenda.quiet, |quiet| (quiet.since, quiet.application));
        agenda
    }

    /// The first that is not over yet.
    pub fn next(&self) -> Option<&Item> {
        let parts = [&self.today, &self.tomorrow, &self.week, &self.later];
        parts.into_iter().flatten().next()
    }

    /// What is to do up to the end of the week, in order.
    pub fn this_week(&self) -> impl Iterator<Item = &Item> {
        let parts = [&self.late, &self.today, &self.tomorrow, &self.week];
        parts.into_iter().flatten()
    }

    /// Whether there is nothing to do up to the end of the week.
    pub fn is_clear(&self) -> bool {
        self.this_week().next().is_none()
    }
}

/// How much is late at `now`: as much as [`Agenda::late`] has.
pub fn count_late<A: Borrow<Application>, B: Borrow<Activity>>(
    applications: impl IntoIterator<Item = A>,
    activities: impl IntoIterator<Item = B>,
    reminded: &[Item],
    now: Timestamp,
) -> usize {
    let mut in_play = HashSet::new();
    let mut count = reminded.iter().filter(|item| item.is_late(now)).count();
    for row in applications {
        let row = row.borrow();
        if is_in_play(row) {
            in_play.insert(row.id);
            count += usize::from(next_action_of(row).is_some_and(|item| item.is_late(now)));
        }
    }
    for row in activities {
        let row = row.borrow();
        if in_play.contains(&row.application_id) {
            count += items_of(row).filter(|item| item.is_late(now)).count();
        }
    }
    count
}

/// What reminders ask for that have fallen due and wait, or are to come, and that no other item says.
pub fn reminded(
    bell: &Bell,
    reminder: impl Fn(Uuid) -> Option<Arc<Reminder>>,
    application: impl Fn(Uuid) -> Option<Arc<Application>>,
    activity: impl Fn(Uuid) -> Option<Arc<Activity>>,
    zone: &impl ZoneRules,
) -> Vec<Item> {
    let mut items = Vec::new();
    // Of a rule that repeats, an application has the one that waits, or the next.
    let mut seen = HashSet::new();
    for rung in bell.new.iter().chain(&bell.later) {
        let Some(row) = reminder(rung.id) else {
            continue;
        };
        let Some(of) = application(row.application_id) else {
            continue;
        };
        let about = row.activity_id.and_then(&activity);
        // Quiet hours may defer it to another day.
        let is_deferred = zone.day(rung.ready) != zone.day(rung.due);
        let at = if is_deferred { rung.ready } else { rung.due };
        if is_said(&row, at, &of, about.as_deref(), zone) {
            continue;
        }
        if row
            .repeated_rule()
            .is_some_and(|rule| !seen.insert((rule, of.id)))
        {
            continue;
        }
        let next_day = (zone.day(at) + Duration::days(1)).and_time(NaiveTime::MIN);
        items.push(Item {
            subject: Subject::Reminder(row.id),
            application: of.id,
            at,
            until: (zone.instant(next_day) - Duration::milliseconds(1)).max(at),
        });
    }
    items
}

/// Whether another item says what a reminder would at `at`, or nobody wants to hear it any more.
fn is_said(
    row: &Reminder,
    at: Timestamp,
    of: &Application,
    about: Option<&Activity>,
    zone: &impl ZoneRules,
) -> bool {
    let by_then = |due: Option<Timestamp>| due.is_some_and(|due| zone.day(due) <= zone.day(at));
    if let Some(rule) = row.meta.rule {
        return rule.counting() == Counting::Before
            || !reminder::is_in_play(of)
            || by_then(of.next_action_due)
            || about.is_some_and(|it| it.is_planned() || by_then(it.next_action_due));
    }
    let says = |text: &str| text.trim().eq_ignore_ascii_case(row.title.as_str().trim());
    let next = of
        .next_action
        .as_ref()
        .filter(|_| of.next_action_due.is_some());
    next.is_some_and(|next| is_in_play(of) && says(next.as_str()))
        || about.is_some_and(|it| it.is_planned() && says(&it.headline()))
}

/// Whether an application can ask for anything: it is on the board, and has not come to nothing. One that
/// was accepted may: a contract is to be signed.
fn is_in_play(row: &Application) -> bool {
    row.is_on_board() && (row.status == Status::Accepted || !row.status.is_closed())
}

/// What an application asks for itself.
fn next_action_of(row: &Application) -> Option<Item> {
    row.next_action_due.map(|at| Item {
        subject: Subject::NextAction,
        application: row.id,
        at,
        until: at,
    })
}

/// What an activity asks for.
fn items_of(row: &Activity) -> impl Iterator<Item = Item> {
    let item = |subject, at, until| Item {
        subject,
        application: row.application_id,
        at,
        until,
    };
    let is_on = row.status != ActivityStatus::Canceled;
    let planned = row.starts_at.filter(|_| row.is_planned());
    let follow_on = row.next_action_due.filter(|_| is_on);
    let reply = row.reply_deadline.filter(|_| is_on);
    let all = [
        planned.map(|at| item(Subject::Activity(row.id), at, row.ends_at().unwrap_or(at))),
        follow_on.map(|at| item(Subject::FollowOn(row.id), at, at)),
        reply.map(|at| item(Subject::Reply(row.id), at, at)),
    ];
    all.into_iter().flatten()
}

/// What an application asks for first, while it is in play: for its next action, or for `asked` of one of
/// its activities ([`first_asked`]).
pub fn first_of(row: &Application, asked: Option<&Item>) -> Option<Item> {
    if !is_in_play(row) {
        return None;
    }
    let both = next_action_of(row).into_iter().chain(asked.copied());
    both.min_by_key(|item| (item.at, item.subject))
}

/// What stands for an application where there is room for one: what it asks for first, `first`; but where that
/// is late, an appointment by the end of tomorrow goes before it, for nobody can catch up on that.
/// `appointments` are all of its own, in the order of time.
pub fn foremost(
    first: Option<Item>,
    appointments: impl IntoIterator<Item = Item>,
    now: Timestamp,
    zone: &impl ZoneRules,
) -> Option<Item> {
    let first = first?;
    if !first.is_late(now) {
        return Some(first);
    }
    let last = zone.day(now) + Duration::days(1);
    let is_near = |item: &Item| !item.is_late(now) && zone.day(item.at) <= last;
    Some(appointments.into_iter().find(is_near).unwrap_or(first))
}

/// An appointment, as an item.
pub fn appointment(row: &Activity) -> Option<Item> {
    items_of(row).find(|item| matches!(item.subject, Subject::Activity(_)))
}

/// Whether this is still asked for: nobody has done it, moved it or called it off.
pub fn is_asked(
    item: &Item,
    row: Option<&Application>,
    activity: Option<&Activity>,
    reminder: Option<&Reminder>,
) -> bool {
    if let Subject::Reminder(_) = item.subject {
        return reminder.is_some_and(|row| row.is_unanswered() && row.due_at <= item.at);
    }
    let own = row.filter(|row| is_in_play(row)).and_then(next_action_of);
    let asked = activity.into_iter().flat_map(items_of);
    own.into_iter().chain(asked).any(|asked| asked == *item)
}

/// What an activity asks for first.
pub fn first_asked(row: &Activity) -> Option<Item> {
    items_of(row).min_by_key(|item| (item.at, item.subject))
}

/// Whether it is somebody's turn to answer.
pub fn is_awaiting(status: Status) -> bool {
    !status.is_closed() && !matches!(status, Status::Draft | Status::OnHold)
}

/// How long it is until `at`, to the minute where that is less than a day: `in 2 h 14 min`, `now`; else in
/// days of the user's calendar, as people count them: `in 3 days`.
pub fn countdown(at: Timestamp, until: Timestamp, now: Timestamp, zone: &impl ZoneRules) -> String {
    if at <= now {
        return if now <= until { "now" } else { "over" }.to_owned();
    }
    // The minute that has begun counts: at 13:59:40 it is one minute to 14:00.
    let minutes = ((at - now) + Duration::seconds(59)).num_minutes();
    match (minutes / (24 * 60), minutes / 60, minutes % 60) {
        (0, 0, minutes) => format!("in {minutes} min"),
        (0, hours, 0) => format!("in {hours} h"),
        (0, hours, minutes) => format!("in {hours} h {minutes} min"),
        _ => match (zone.day(at) - zone.day(now)).num_days() {
            1 => "in 1 day".to_owned(),
            days => format!("in {days} days"),
        },
    }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::*;
    use crate::domain::{activity, application, application::tests::now};
    use chrono_tz::Africa::Lagos;

    fn at(hours: i64) -> Timestamp {
        now() + Duration::hours(hours)
    }

    fn row(id: u128, due: Option<Timestamp>) -> Application {
        Application {
            next_action_due: due,
            ..application::tests::sample(id)
        }
    }

    fn interview(id: u128, of: u128, starts: Timestamp) -> Activity {
        Activity {
            starts_at: Some(starts),
            ..activity::tests::sample(id, of)
        }
    }

    fn agenda(rows: &[Application], activities: &[Activity]) -> Agenda {
        Agenda::new(rows, activities, &[], now(), &Lagos)
    }

    fn whose(items: &[Item]) -> Vec<u128> {
        items
            .iter()
            .map(|item| item.application.as_u128())
            .collect()
    }

    /// It is Monday, 10:00 in Lagos.
    #[test]
    fn each_item_stands_under_its_day() {
        let rows: Vec<Application> = [-30, -1, 1, 13, 14, 37, 38, 157, 158]
            .into_iter()
            .zip(1..)
            .map(|(hours, id)| row(id, Some(at(hours))))
            .collect();
        let agenda = agenda(&rows, &[]);
        assert_eq!(whose(&agenda.late), [1, 2]);
        assert_eq!(whose(&agenda.today), [3, 4]);
        assert_eq!(whose(&agenda.tomorrow), [5, 6]);
        assert_eq!(whose(&agenda.week), [7, 8]);
        assert_eq!(whose(&agenda.later), [9]);
        assert_eq!(agenda.next().map(|item| item.at), Some(at(1)));
        assert_eq!(count_late(&rows, &[] as &[Activity], &[], now()), 2);
    }

    #[test]
    fn an_interview_is_late_once_it_is_over_and_nobody_told_how_it_went() {
        let rows = [row(1, None)];
        let under_way = [interview(7, 1, now() - Duration::minutes(40))];
        assert_eq!(agenda(&rows, &under_way).today.len(), 1);
        let over = [interview(7, 1, now() - Duration::minutes(46))];
        assert_eq!(agenda(&rows, &over).late.len(), 1);
        assert_eq!(count_late(&rows, &over, &[], now()), 1);
        for status in [ActivityStatus::Done, ActivityStatus::Canceled] {
            let told = over.clone().map(|row| Activity { status, ..row });
            assert!(agenda(&rows, &told).is_clear());
        }
    }

    #[test]
    fn what_follows_an_activity_and_what_it_waits_for_are_to_do() {
        let done = Activity {
            status: ActivityStatus::Done,
            next_action_due: Some(at(1)),
            reply_deadline: Some(at(2)),
            ..interview(7, 1, at(-5))
        };
        let subjects = |row: &Activity| -> Vec<Subject> {
            let agenda = agenda(&[self::row(1, None)], std::slice::from_ref(row));
            agenda.today.iter().map(|item| item.subject).collect()
        };
        let id = done.id;
        assert_eq!(subjects(&done), [Subject::FollowOn(id), Subject::Reply(id)]);
        let canceled = Activity {
            status: ActivityStatus::Canceled,
            ..done
        };
        assert!(subjects(&canceled).is_empty());
    }

    #[test]
    fn what_was_done_or_moved_is_not_asked_for_any_more() {
        let row = row(1, Some(at(1)));
        let item = next_action_of(&row).unwrap();
        assert!(is_asked(&item, Some(&row), None, None));
        let moved = self::row(1, Some(at(2)));
        assert!(!is_asked(&item, Some(&moved), None, None));
        assert!(!is_asked(&item, None, None, None));
        let planned = interview(7, 1, at(1));
        let item = first_asked(&planned).unwrap();
        assert!(is_asked(&item, Some(&row), Some(&planned), None));
        let done = Activity {
            status: ActivityStatus::Done,
            ..planned
        };
        assert!(!is_asked(&item, Some(&row), Some(&done), None));
    }

    #[test]
    fn what_is_archived_asks_for_nothing() {
        let archived = Application {
            archived_at: Some(now()),
            ..row(1, Some(at(1)))
        };
        let archived = [archived];
        let activities = [interview(7, 1, at(-2)), interview(8, 99, at(2))];
        assert_eq!(agenda(&archived, &activities), Agenda::default());
        assert_eq!(count_late(&archived, &activities, &[], at(3)), 0);
    }

    #[test]
    fn an_application_is_quiet_while_nothing_moves_and_nothing_is_planned() {
        let still = |id, status, days| Application {
            status,
            status_since: now() - Duration::days(days),
            ..row(id, None)
        };
        let rows = [
            still(1, Status::Applied, 10),
            still(2, Status::Applied, 9),
            still(3, Status::Rejected, 30),
            still(4, Status::Draft, 30),
            still(5, Status::OnHold, 30),
            still(6, Status::Screening, 20),
            still(7, Status::Screening, 20),
            still(8, Status::Screening, 20),
        ];
        let activities = [
            interview(71, 7, at(24 * 30)),
            Activity {
                status: ActivityStatus::Done,
                ..interview(81, 8, at(-24))
            },
        ];
        let quiet = agenda(&rows, &activities).quiet;
        let whose: Vec<u128> = quiet
            .iter()
            .map(|quiet| quiet.application.as_u128())
            .collect();
        assert_eq!(whose, [6, 1]);
    }

    #[test]
    fn an_interview_that_is_near_goes_before_what_is_late() {
        let late = Item {
            subject: Subject::NextAction,
            application: Uuid::from_u128(1),
            at: at(-30),
            until: at(-30),
        };
        let due = Item {
            at: at(1),
            until: at(1),
            ..late
        };
        let of = |hours: &[i64]| -> Vec<Item> {
            let rows = (20..)
                .zip(hours)
                .map(|(id, hours)| interview(id, 1, at(*hours)));
            rows.filter_map(|row| appointment(&row)).collect()
        };
        let shown =
            |first, hours: &[i64]| foremost(first, of(hours), now(), &Lagos).map(|item| item.at);
        assert_eq!(shown(Some(late), &[-50, 3, 20]), Some(at(3)));
        // It is ten in Lagos.
        assert_eq!(shown(Some(late), &[37]), Some(at(37)), "tomorrow at 23:00");
        assert_eq!(shown(Some(late), &[38]), Some(late.at), "the day after");
        assert_eq!(shown(Some(late), &[-50]), Some(late.at), "it is over");
        assert_eq!(shown(Some(due), &[3]), Some(due.at), "in the order of time");
        assert_eq!(shown(None, &[3]), None, "it is not in play");
    }

    #[test]
    fn a_countdown_speaks_as_people_do() {
        for (minutes, text) in [
            (1, "in 1 min"),
            (59, "in 59 min"),
            (60, "in 1 h"),
            (134, "in 2 h 14 min"),
            (24 * 60, "in 1 day"),
            (3 * 24 * 60 + 5, "in 3 days"),
            (0, "now"),
            (-5, "now"),
            (-31, "over"),
        ] {
            let at = now() + Duration::minutes(minutes);
            let until = at + Duration::minutes(30);
            assert_eq!(countdown(at, until, now(), &Lagos), text);
        }
        let soon = now() + Duration::seconds(20);
        assert_eq!(countdown(soon, soon, now(), &Lagos), "in 1 min");
        // It is Monday, 10:00 in Lagos: Thursday, 9:00 is three days away, as everybody says.
        let thursday = at(71);
        assert_eq!(countdown(thursday, thursday, now(), &Lagos), "in 3 days");
    }

    #[test]
    fn what_came_to_nothing_asks_for_nothing() {
        for (status, asks) in [
            (Status::Applied, true),
            (Status::Accepted, true),
            (Status::Rejected, false),
            (Status::Withdrawn, false),
        ] {
            let row = Application {
                status,
                ..row(1, Some(at(-1)))
            };
            let interview = interview(7, 1, at(2));
            let agenda = agenda(std::slice::from_ref(&row), std::slice::from_ref(&interview));
            assert_eq!(!agenda.is_clear(), asks, "{status}");
            let late = count_late([&row], [&interview], &[], now());
            assert_eq!(late == 1, asks, "{status}");
        }
    }

    /// What reminders ask for at `now`, in order: their ids.
    fn reminded_of(
        rows: &[Reminder],
        of: &Application,
        about: &Activity,
        now: Timestamp,
    ) -> Vec<(u128, Item)> {
        let rows: Vec<Arc<Reminder>> = rows.iter().cloned().map(Arc::new).collect();
        let reminder = |id| rows.iter().find(|row| row.id == id).cloned();
        let application = |id| (id == of.id).then(|| Arc::new(of.clone()));
        let activity = |id| (id == about.id).then(|| Arc::new(about.clone()));
        let bell = Bell::new(&rows, application, activity, None, now, &Lagos);
        let items = reminded(&bell, reminder, application, activity, &Lagos);
        let id = |item: &Item| match item.subject {
            Subject::Reminder(id) => id.as_u128(),
            _ => 0,
        };
        items.into_iter().map(|item| (id(&item), item)).collect()
    }

    fn reminder(id: u128, hours: i64, change: impl FnOnce(&mut Reminder)) -> Reminder {
        let mut row = Reminder {
            due_at: at(hours),
            ..crate::domain::reminder::tests::sample(id, 1)
        };
        change(&mut row);
        row
    }

    #[test]
    fn a_reminder_is_of_its_day_and_late_from_the_next_on() {
        let (row, about) = (row(1, None), interview(7, 1, at(500)));
        // It is Monday, 10:00 in Lagos.
        let rows = [reminder(10, -1, |_| ()), reminder(11, 14, |_| ())];
        for (hours, late) in [(0, 0), (13, 0), (14, 1), (37, 1), (38, 2)] {
            let now = at(hours);
            let items: Vec<Item> = reminded_of(&rows, &row, &about, now)
                .into_iter()
                .map(|(_, item)| item)
                .collect();
            let agenda = Agenda::new([&row], [] as [&Activity; 0], &items, now, &Lagos);
            assert_eq!(agenda.late.len(), late, "{hours}");
            let none = [] as [&Activity; 0];
            assert_eq!(count_late([&row], none, &items, now), late, "{hours}");
            assert!(items.iter().all(|item| !item.is_under_way(now)));
        }
    }

    #[test]
    fn a_reminder_that_another_row_says_is_no_row() {
        use crate::domain::rules::Rule;
        let by = |rule| move |row: &mut Reminder| row.meta.rule = Some(rule);
        let about = |row: &mut Reminder| row.activity_id = Some(Uuid::from_u128(7));
        let rows = [
            reminder(10, 1, |row| {
                about(row);
                by(Rule::Screening)(row);
            }),
            reminder(11, 26, by(Rule::Applied)),
            reminder(12, 2, |row| {
                about(row);
                row.title = "interview".parse().unwrap();
            }),
            reminder(13, 2, |row| {
                about(row);
                row.title = "Bring the contract".parse().unwrap();
            }),
            reminder(14, 2, |row| row.title = "Call Jane".parse().unwrap()),
            reminder(15, 50, |row| {
                about(row);
                by(Rule::AfterLoop)(row);
            }),
        ];
        let ids = |of: &Application, about: &Activity| {
            let mut ids: Vec<u128> = reminded_of(&rows, of, about, now())
                .into_iter()
                .map(|(id, _)| id)
                .collect();
            ids.sort_unstable();
            ids
        };
        let planned = interview(7, 1, at(3));
        assert_eq!(ids(&row(1, None), &planned), [11, 13, 14]);
        // Told how it went, what follows it is to be done.
        let done = Activity {
            status: ActivityStatus::Done,
            ..planned.clone()
        };
        assert_eq!(ids(&row(1, None), &done), [11, 12, 13, 14, 15]);
        // What a person said to be next, and by when, goes before what a rule says.
        let next = Application {
            next_action: "call jane".parse().ok(),
            ..row(1, Some(at(25)))
        };
        assert_eq!(ids(&next, &planned), [13]);
        let later = Application {
            next_action_due: Some(at(60)),
            ..next
        };
        assert_eq!(ids(&later, &planned), [11, 13]);
        let rejected = Application {
            status: Status::Rejected,
            ..row(1, None)
        };
        assert_eq!(ids(&rejected, &planned), [13, 14]);
    }

    #[test]
    fn of_a_rule_that_repeats_one_stands() {
        use crate::domain::rules::Rule;
        let offer = |row: &mut Reminder| row.meta.rule = Some(Rule::Offer);
        let rows = [reminder(10, -24, offer), reminder(11, 24, offer)];
        let about = interview(7, 1, at(500));
        let ids = |now| reminded_of(&rows, &row(1, None), &about, now)[0].0;
        assert_eq!(reminded_of(&rows, &row(1, None), &about, now()).len(), 1);
        assert_eq!((ids(now()), ids(at(25))), (10, 11));
    }

    #[test]
    fn a_reminder_is_asked_until_it_is_answered_or_put_off() {
        let row = reminder(10, -1, |_| ());
        let item = reminded_of(
            std::slice::from_ref(&row),
            &self::row(1, None),
            &interview(7, 1, at(500)),
            now(),
        )[0]
        .1;
        let asked = |row: &Reminder| is_asked(&item, None, None, Some(row));
        assert!(asked(&row));
        assert!(!asked(&Reminder {
            done_at: Some(now()),
            ..row.clone()
        }));
        assert!(!asked(&Reminder {
            due_at: at(5),
            ..row
        }));
    }
}
