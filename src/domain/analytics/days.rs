//! What was done on each day.

use super::{Course, Range};
use crate::domain::{
    activity::{Activity as Row, ActivityStatus},
    stage::Status,
    time::{Timestamp, ZoneRules},
};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashSet},
};
use uuid::Uuid;

/// What was done on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ActivityOfDay {
    /// Which.
    pub day: NaiveDate,
    /// Applications that were sent.
    pub applications: u64,
    /// Moves that count, but those by which an application was written down or sent.
    pub moves: u64,
    /// Activities that were done.
    pub activities: u64,
}

impl ActivityOfDay {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.applications + self.moves + self.activities
    }
}

/// What was done on some days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Activity {
    /// In the order of time; days on which nothing was done are left out.
    pub days: Vec<ActivityOfDay>,
}

/// When activities took place, and of which applications: of those that are done.
pub fn done<A: Borrow<Row>>(activities: impl IntoIterator<Item = A>) -> Vec<(Uuid, Timestamp)> {
    let done = |row: A| {
        let row = row.borrow();
        let at = row.ends_at().filter(|_| row.status == ActivityStatus::Done);
        Some((row.application_id, at?))
    };
    activities.into_iter().filter_map(done).collect()
}

/// What was done on the days of a range, by what became of applications and by the activities that were
/// [`done`].
pub fn activity_of_days(
    courses: &[Course],
    done: &[(Uuid, Timestamp)],
    range: Range,
    zone: &dyn ZoneRules,
) -> Activity {
    let mut days: BTreeMap<NaiveDate, ActivityOfDay> = BTreeMap::new();
    // A day is asked of a zone for each, which is slow: not of what is far away.
    let near = |at: &Timestamp| {
        let day = at.date_naive();
        day + Duration::days(1) >= range.from && day - Duration::days(1) <= range.to
    };
    let mut on = |day: NaiveDate, count: &dyn Fn(&mut ActivityOfDay)| {
        if range.contains(day) {
            count(days.entry(day).or_insert(ActivityOfDay {
                day,
                applications: 0,
                moves: 0,
                activities: 0,
            }));
        }
    };
    let mut known = HashSet::new();
    for course in courses {
        known.insert(course.subject.id);
        if let Some(day) = course.day {
            on(day, &|it| it.applications += 1);
        }
        let moves = course.stays.iter().skip(1);
        let moves = moves.filter(|stay| !matches!(stay.status, Status::Draft | Status::Applied));
        for stay in moves.filter(|stay| near(&stay.from)) {
            on(zone.day(stay.from), &|it| it.moves += 1);
        }
    }
    let done = done.iter().filter(|(_, at)| near(at));
    for (_, at) in done.filter(|(of, _)| known.contains(of)) {
        on(zone.day(*at), &|it| it.activities += 1);
    }
    Activity {
        days: days.into_values().collect(),
    }
}
