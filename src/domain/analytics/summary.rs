//! The figures at the head of the page: totals, what stands where, how long stages take, what is silent.

use super::{Course, Measure, Range};
use crate::domain::{
    order::sort_by_key,
    stage::Status,
    time::{Timestamp, ZoneRules},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What was sent in a range of days, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Totals {
    /// Applications of these days.
    pub applications: u64,
    /// Those of them that anybody answered.
    pub responses: u64,
    /// Those that reached Screening or later.
    pub interviews: u64,
    /// Those that reached an offer.
    pub offers: u64,
    /// Those whose offer was accepted.
    pub accepted: u64,
    /// Those that were rejected.
    pub rejections: u64,
}

/// How many of the applications of a range are in a status now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ByStatus {
    /// Which.
    pub status: Status,
    /// How many.
    pub count: u64,
}

/// How long applications stay in a status, in days of 24 hours, to a tenth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct TimeInStage {
    /// Which.
    pub status: Status,
    /// Stays that are over.
    pub completed: u64,
    /// Of those, the mean.
    pub mean_days: Option<f64>,
    /// Of those, the median.
    pub median_days: Option<f64>,
    /// Nine of ten of those were no longer.
    pub p90_days: Option<f64>,
    /// Stays that last.
    pub open: u64,
    /// How long those have lasted, the median.
    pub open_median_days: Option<f64>,
}

/// An application that nobody has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PendingItem {
    /// Which.
    pub id: Uuid,
    /// With whom.
    pub company: String,
    /// For what.
    pub role_title: String,
    /// For how many of the user's days it has been Applied.
    pub days_silent: i64,
}

/// What waits for an answer for a week or more, whatever the range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Pending {
    /// All of them.
    pub total: u64,
    /// The first of them, silent for longest first: at most 50.
    pub items: Vec<PendingItem>,
}

/// The answer of `GET /analytics/summary`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Summary {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, included.
    pub to: NaiveDate,
    /// Drafts, and what was stepped back from or put on hold before it was sent: all of now.
    pub drafts: u64,
    /// Of the range.
    pub totals: Totals,
    /// Of as many days before it.
    pub previous: Totals,
    /// Where those of the range stand now: every status but Draft.
    pub by_status: Vec<ByStatus>,
    /// How long those of the range stay in the stages of a hunt that goes on.
    pub time_in_stage: Vec<TimeInStage>,
    /// What is silent.
    pub pending: Pending,
}

/// Applications that are shown as pending, at most.
pub const MOST_PENDING: usize = 50;
/// Nobody wonders before so many days.
pub const PENDING_AFTER_DAYS: i64 = 7;

/// The figures of a range.
pub fn summary(courses: &[Course], range: Range, now: Timestamp, zone: &dyn ZoneRules) -> Summary {
    let of = |range: Range| courses.iter().filter(move |course| course.is_in(range));
    let inside: Vec<&Course> = of(range).collect();
    let before = range.previous().map(|range| totals(of(range)));
    Summary {
        from: range.from,
        to: range.to,
        drafts: count(courses.iter(), Measure::Drafts),
        totals: totals(inside.iter().copied()),
        previous: before.unwrap_or_default(),
        by_status: by_status(&inside),
        time_in_stage: time_in_stage(&inside, now),
        pending: pending(courses, now, zone),
    }
}

/// How much is counted of these.
pub(super) fn count<'c>(courses: impl Iterator<Item = &'c Course>, measure: Measure) -> u64 {
    courses.map(|course| measure.count(course) as u64).sum()
}

/// What became of these.
pub(super) fn totals<'c>(courses: impl Iterator<Item = &'c Course> + Clone) -> Totals {
    let of = |measure| count(courses.clone(), measure);
    Totals {
        applications: of(Measure::Applications),
        responses: of(Measure::Responses),
        interviews: of(Measure::INTERVIEWS),
        offers: of(Measure::OFFERS),
        accepted: of(Measure::ACCEPTED),
        rejections: of(Measure::Rejections),
    }
}

fn by_status(courses: &[&Course]) -> Vec<ByStatus> {
    let all = Status::ALL
        .iter()
        .filter(|status| **status != Status::Draft);
    let of = |status: Status| ByStatus {
        status,
        count: count(courses.iter().copied(), Measure::Now(status)),
    };
    all.map(|status| of(*status)).collect()
}

/// The statuses in which an application waits for something.
fn stages() -> impl Iterator<Item = Status> {
    let lasts = |status: &Status| *status != Status::Draft && !status.is_closed();
    Status::ALL.iter().copied().filter(lasts)
}

fn time_in_stage(courses: &[&Course], now: Timestamp) -> Vec<TimeInStage> {
    let days = |millis: i64| millis.max(0) as f64 / 86_400_000.0;
    let of = |status: Status| {
        let (mut over, mut open) = (Vec::new(), Vec::new());
        for stay in courses
            .iter()
            .flat_map(|course| &course.stays)
            .filter(|it| it.status == status)
        {
            match stay.until {
                Some(until) => over.push(days((until - stay.from).num_milliseconds())),
                None => open.push(days((now - stay.from).num_milliseconds())),
            }
        }
        over.sort_unstable_by(f64::total_cmp);
        open.sort_unstable_by(f64::total_cmp);
        let mean = (!over.is_empty()).then(|| over.iter().sum::<f64>() / over.len() as f64);
        TimeInStage {
            status,
            completed: over.len() as u64,
            mean_days: mean.map(tenth),
            median_days: median(&over).map(tenth),
            p90_days: nearest_rank(&over, 9, 10).map(tenth),
            open: open.len() as u64,
            open_median_days: median(&open).map(tenth),
        }
    };
    stages().map(of).collect()
}

fn tenth(days: f64) -> f64 {
    (days * 10.0).round() / 10.0
}

/// Of numbers in their order: of an even number of them the mean of the two in the middle.
fn median(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    let middle = *sorted.get(half)?;
    let before = half.checked_sub(1).and_then(|at| sorted.get(at));
    match before.filter(|_| sorted.len().is_multiple_of(2)) {
        Some(before) => Some(f64::midpoint(*before, middle)),
        None => Some(middle),
    }
}

/// The least number that so many of them, as a fraction, are not above.
fn nearest_rank(sorted: &[f64], share: usize, of: usize) -> Option<f64> {
    let place = (sorted.len() * share).div_ceil(of);
    sorted.get(place.checked_sub(1)?).copied()
}

/// For how many of the user's days an application has been where it is.
fn days_silent(course: &Course, now: Timestamp, zone: &dyn ZoneRules) -> i64 {
    (zone.day(now) - zone.day(course.subject.status_since)).num_days()
}

/// Whether it waits for an answer: on the board, Applied, and silent for a week or more.
pub(super) fn is_pending(course: &Course, now: Timestamp, zone: &dyn ZoneRules) -> bool {
    let row = &course.subject;
    let waits = row.status == Status::Applied && row.archived_at.is_none() && !course.responded;
    waits && days_silent(course, now, zone) >= PENDING_AFTER_DAYS
}

fn pending(courses: &[Course], now: Timestamp, zone: &dyn ZoneRules) -> Pending {
    let waits = |course: &&Course| is_pending(course, now, zone);
    let mut waiting: Vec<&Course> = courses.iter().filter(waits).collect();
    sort_by_key(&mut waiting, |course| {
        (course.subject.status_since, course.subject.id)
    });
    let item = |course: &&Course| PendingItem {
        id: course.subject.id,
        company: course.subject.company.to_string(),
        role_title: course.subject.role_title.to_string(),
        days_silent: days_silent(course, now, zone),
    };
    Pending {
        total: waiting.len() as u64,
        items: waiting.iter().take(MOST_PENDING).map(item).collect(),
    }
}
