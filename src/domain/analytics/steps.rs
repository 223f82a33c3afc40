//! What to do next, from the same rows as the figures.

use super::{Course, Subject};
use crate::domain::{
    activity::{Activity, ActivityStatus, ActivityType},
    agenda::{QUIET_DAYS, is_awaiting},
    order::sort_by_key,
    stage::Status,
    time::{Timestamp, ZoneRules},
};
use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, collections::HashMap};
use uuid::Uuid;

/// Steps that are named, at most.
pub const MOST_STEPS: usize = 20;
/// What is to come within so many of the user's days is near.
pub const NEAR_DAYS: i64 = 7;
/// An offer without a day by which to answer is asked after once it is so many of the user's days old.
pub const OFFER_DAYS: i64 = 3;
/// A draft of so many of the user's days waits.
pub const DRAFT_DAYS: i64 = 7;

/// Why something is to be done: the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The answer to an offer is due soon, or was: by what a person said to be next, or by a deadline.
    OfferLapses,
    /// An interview is near, and nothing is prepared.
    InterviewUnprepared,
    /// An offer is open, and nobody wrote down by when to answer.
    OfferOpen,
    /// Nothing has moved for long after the application was answered, and nothing is planned.
    Silent,
    /// A draft was never sent.
    DraftWaits,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Step {
    /// Of which application.
    pub id: Uuid,
    /// With whom.
    pub company: String,
    /// For what.
    pub role_title: String,
    /// Why.
    pub reason: Reason,
    /// The interview that is not prepared.
    pub activity: Option<Uuid>,
    /// When the interview begins, or the answer is due.
    pub at: Option<Timestamp>,
    /// For how many of the user's days nothing has moved, the offer is open, or the draft waits.
    pub days: Option<i64>,
}

/// What to do next, whatever days are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Steps {
    /// All of it.
    pub total: u64,
    /// The most urgent of it: at most 20.
    pub items: Vec<Step>,
}

/// What steps know of an activity that was not called off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Its id.
    id: Uuid,
    /// Of which application.
    application: Uuid,
    /// When it begins, where it is planned.
    starts_at: Option<Timestamp>,
    /// Whether it is an interview of which nothing is prepared: no word on what will be talked about, and nothing on
    /// the list of what to prepare.
    is_unprepared: bool,
    /// When something is to follow it.
    next_action_due: Option<Timestamp>,
    /// By when an answer is to be had.
    reply_deadline: Option<Timestamp>,
}

/// What steps know of these activities: of those that ask for nothing it is nothing.
pub(super) fn plans<A: Borrow<Activity>>(activities: impl IntoIterator<Item = A>) -> Vec<Plan> {
    let of = |row: A| {
        let row = row.borrow();
        let is_prepared = row.agenda.is_some() || !row.prep_checklist.is_empty();
        let plan = Plan {
            id: row.id,
            application: row.application_id,
            starts_at: row.starts_at.filter(|_| row.is_planned()),
            is_unprepared: row.r#type == ActivityType::Interview && !is_prepared,
            next_action_due: row.next_action_due,
            reply_deadline: row.reply_deadline,
        };
        let asks = plan.starts_at.or(plan.next_action_due);
        let asks = asks.or(plan.reply_deadline).is_some();
        (asks && row.status != ActivityStatus::Canceled).then_some(plan)
    };
    let mut plans: Vec<Plan> = activities.into_iter().filter_map(of).collect();
    sort_by_key(&mut plans, |plan| (plan.application, plan.id));
    plans
}

/// What to do next at `now`. `done` is when activities took place, and of which applications.
pub(super) fn steps(
    courses: &[Course],
    plans: &[Plan],
    done: &[(Uuid, Timestamp)],
    now: Timestamp,
    zone: &dyn ZoneRules,
) -> Steps {
    let mut planned: HashMap<Uuid, Vec<&Plan>> = HashMap::new();
    for plan in plans {
        planned.entry(plan.application).or_default().push(plan);
    }
    let mut last_done: HashMap<Uuid, Timestamp> = HashMap::new();
    for (application, at) in done.iter().filter(|it| it.1 <= now) {
        let last = last_done.entry(*application).or_insert(*at);
        *last = (*last).max(*at);
    }
    let days_since = |at: Timestamp| (zone.day(now) - zone.day(at)).num_days();
    let mut all = Vec::new();
    for row in courses.iter().map(|course| &course.subject) {
        if row.archived_at.is_some() {
            continue;
        }
        let plans = planned.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        let step = |reason, at, days| step(row, reason, at, days);
        if !row.status.is_closed() {
            let unprepared = plans.iter().filter(|plan| plan.is_unprepared);
            all.extend(unprepared.filter_map(|plan| {
                let at = plan.starts_at.filter(|at| *at > now)?;
                (days_since(at) >= -NEAR_DAYS).then(|| Step {
                    activity: Some(plan.id),
                    ..step(Reason::InterviewUnprepared, Some(at), None)
                })
            }));
        }
        if row.status == Status::Offer {
            // What is due next of an offer is the answer.
            let own = row.next_action_due;
            let deadlines = || {
                let asked = plans.iter().filter_map(|plan| plan.reply_deadline);
                asked.chain(own)
            };
            let next = deadlines().filter(|at| *at >= now).min();
            let days = days_since(row.status_since);
            match next.or_else(|| deadlines().max()) {
                Some(at) if days_since(at) >= -NEAR_DAYS => {
                    all.push(step(Reason::OfferLapses, Some(at), None));
                }
                None if days >= OFFER_DAYS => {
                    all.push(step(Reason::OfferOpen, None, Some(days)));
                }
                _ => {}
            }
            continue;
        }
        let is_planned = row.next_action_due.is_some() || !plans.is_empty();
        let last = last_done.get(&row.id).copied().unwrap_or(row.status_since);
        let days = days_since(last.max(row.status_since));
        // What was sent and is silent has a list of its own.
        let waits = is_awaiting(row.status) && row.status != Status::Applied;
        if waits && !is_planned && days >= QUIET_DAYS {
            all.push(step(Reason::Silent, None, Some(days)));
        }
        let days = days_since(row.created_at);
        if row.status == Status::Draft && !is_planned && days >= DRAFT_DAYS {
            all.push(step(Reason::DraftWaits, None, Some(days)));
        }
    }
    // What has a time by that, what lasts by how long.
    sort_by_key(&mut all, |it| {
        (it.reason, it.at, -it.days.unwrap_or_default(), it.id)
    });
    let total = all.len() as u64;
    Steps {
        total,
        items: most_urgent(all),
    }
}

/// Those that are named: of each reason so many that there is room for all reasons, then others.
fn most_urgent(all: Vec<Step>) -> Vec<Step> {
    const OF_EACH: usize = MOST_STEPS / 5;
    let mut seen: HashMap<Reason, usize> = HashMap::new();
    let (mut first, rest): (Vec<Step>, Vec<Step>) = all.into_iter().partition(|step| {
        let seen = seen.entry(step.reason).or_default();
        *seen += 1;
        *seen <= OF_EACH
    });
    let room = MOST_STEPS.saturating_sub(first.len());
    first.extend(rest.into_iter().take(room));
    first
}

fn step(row: &Subject, reason: Reason, at: Option<Timestamp>, days: Option<i64>) -> Step {
    Step {
        id: row.id,
        company: row.company.as_str().to_owned(),
        role_title: row.role_title.as_str().to_owned(),
        reason,
        activity: None,
        at,
        days,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        activity::{self, ChecklistItem},
        analytics::Hunt,
        application::{
            Application,
            tests::{now, sample},
        },
        stage::StageEvent,
    };
    use chrono::{Duration, Utc};

    fn ago(days: i64) -> Timestamp {
        now() - Duration::days(days)
    }

    fn row(id: u128, status: Status, since: Timestamp) -> Application {
        Application {
            status,
            status_since: since,
            created_at: since,
            next_action_due: None,
            ..sample(id)
        }
    }

    fn interview(id: u128, of: u128, starts_at: Timestamp) -> Activity {
        Activity {
            starts_at: Some(starts_at),
            ..activity::tests::sample(id, of)
        }
    }

    /// Whose, why, and how many days.
    fn told(rows: &[Application], activities: &[Activity]) -> Vec<(u128, Reason, Option<i64>)> {
        let subjects = rows.iter().map(Subject::from);
        let hunt = Hunt::new(subjects, Vec::<StageEvent>::new(), activities);
        let steps = hunt.steps(now(), &Utc);
        assert_eq!(steps.total, steps.items.len() as u64);
        let told = |it: &Step| (it.id.as_u128(), it.reason, it.days);
        steps.items.iter().map(told).collect()
    }

    #[test]
    fn the_most_urgent_comes_first() {
        let rows = [
            row(1, Status::Draft, ago(7)),
            row(2, Status::Screening, ago(10)),
            row(3, Status::Offer, ago(3)),
            row(4, Status::TechScreen, ago(1)),
            row(5, Status::Offer, ago(1)),
            row(6, Status::TechScreen, ago(30)),
        ];
        let mut answer = interview(11, 5, ago(1));
        answer.status = ActivityStatus::Done;
        answer.reply_deadline = Some(ago(-2));
        let activities = [interview(10, 4, ago(-2)), answer];
        assert_eq!(
            told(&rows, &activities),
            [
                (5, Reason::OfferLapses, None),
                (4, Reason::InterviewUnprepared, None),
                (3, Reason::OfferOpen, Some(3)),
                (6, Reason::Silent, Some(30)),
                (2, Reason::Silent, Some(10)),
                (1, Reason::DraftWaits, Some(7)),
            ]
        );
    }

    #[test]
    fn what_is_fresh_planned_or_over_asks_for_nothing() {
        let rows = [
            row(1, Status::Draft, ago(6)),
            row(2, Status::Screening, ago(9)),
            row(3, Status::Offer, ago(2)),
            row(4, Status::Rejected, ago(90)),
            row(5, Status::OnHold, ago(90)),
            // It has a list of its own.
            row(6, Status::Applied, ago(90)),
            Application {
                next_action_due: Some(ago(-1)),
                ..row(7, Status::Screening, ago(90))
            },
            Application {
                archived_at: Some(ago(1)),
                ..row(8, Status::Screening, ago(90))
            },
            row(9, Status::Screening, ago(90)),
            row(10, Status::Screening, ago(90)),
        ];
        let mut followed_up = interview(20, 9, ago(-8));
        followed_up.r#type = ActivityType::FollowUp;
        // A talk of five days ago moved something.
        let mut talked = interview(21, 10, ago(5));
        talked.status = ActivityStatus::Done;
        assert_eq!(told(&rows, &[followed_up, talked]), []);
    }

    #[test]
    fn an_interview_is_prepared_once_anything_is() {
        let rows = [row(1, Status::TechScreen, ago(1))];
        let is_asked = |change: fn(&mut Activity)| {
            let mut activity = interview(10, 1, ago(-7));
            change(&mut activity);
            !told(&rows, &[activity]).is_empty()
        };
        let item = |done| ChecklistItem {
            text: "Read about them".parse().unwrap(),
            done,
        };
        assert!(is_asked(|_| {}));
        assert!(!is_asked(
            |it| it.agenda = Some("Their stack".parse().unwrap())
        ));
        assert!(!is_asked(|it| it.starts_at = Some(ago(-8))));
        assert!(!is_asked(|it| it.starts_at = Some(ago(0))));
        assert!(!is_asked(|it| it.status = ActivityStatus::Canceled));
        assert!(!is_asked(|it| it.r#type = ActivityType::Call));
        for done in [false, true] {
            let mut activity = interview(10, 1, ago(-7));
            activity.prep_checklist = vec![item(done)].try_into().unwrap();
            assert_eq!(told(&rows, &[activity]), []);
        }
    }

    #[test]
    fn what_is_due_of_an_offer_is_its_answer() {
        for (due, days) in [(ago(2), -2), (ago(-2), 2)] {
            let offer = Application {
                next_action_due: Some(due),
                ..row(1, Status::Offer, ago(9))
            };
            assert_eq!(
                told(&[offer], &[]),
                [(1, Reason::OfferLapses, None)],
                "{days}"
            );
        }
    }

    #[test]
    fn there_is_room_for_every_reason() {
        let offers = (1..=30).map(|id| row(id, Status::Offer, ago(9)));
        let rows: Vec<Application> = offers.chain([row(40, Status::Draft, ago(9))]).collect();
        let subjects = rows.iter().map(Subject::from);
        let none: [Activity; 0] = [];
        let hunt = Hunt::new(subjects, Vec::<StageEvent>::new(), &none);
        let steps = hunt.steps(now(), &Utc);
        assert_eq!((steps.total, steps.items.len()), (31, MOST_STEPS));
        assert!(steps.items.iter().any(|it| it.reason == Reason::DraftWaits));
    }

    #[test]
    fn an_answer_that_was_due_is_still_asked_for() {
        let rows = [row(1, Status::Offer, ago(1))];
        let with = |days: i64| {
            let mut activity = interview(10, 1, ago(1));
            activity.status = ActivityStatus::Done;
            activity.reply_deadline = Some(ago(days));
            told(&rows, &[activity])
        };
        assert_eq!(with(1), [(1, Reason::OfferLapses, None)]);
        assert_eq!(with(-7), [(1, Reason::OfferLapses, None)]);
        assert_eq!(with(-8), []);
    }
}
