//! All figures of a page.

use super::{
    Activity, Conversion, Course, GroupBy, Plan, Range, Selection, Sources, Steps, Subject,
    Summary, Trends, activity_of_days, conversion, courses, done, members, sources,
    steps::{plans, steps},
    summary, talked, trends,
};
use crate::domain::{
    activity,
    settings::WeekStart,
    stage::StageEvent,
    time::{Timestamp, ZoneRules},
};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use uuid::Uuid;

/// What became of all applications of a user, and what else was done: what every figure is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hunt {
    /// What became of each application.
    pub courses: Vec<Course>,
    /// When activities took place, and of which applications.
    pub done: Vec<(Uuid, Timestamp)>,
    /// What activities ask for.
    pub plans: Vec<Plan>,
}

/// Days of a year's worth of weeks, and of the week that is not over.
const HEAT_DAYS: i64 = 53 * 7 - 1;

/// All figures of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Figures {
    /// All applications that there are, whatever days, drafts and archived ones too.
    // A server of an older version tells of none.
    #[serde(default)]
    pub applications: u64,
    /// Totals, what stands where, how long stages take, what is silent.
    pub summary: Summary,
    /// How many reached each stage.
    pub conversion: Conversion,
    /// Applications over time.
    pub trends: Trends,
    /// What came of each source.
    pub sources: Sources,
    /// What was done on each day of the last year.
    pub activity: Activity,
    /// What to do next.
    // A server of an older version tells of none.
    #[serde(default)]
    pub steps: Steps,
}

impl Hunt {
    /// The hunt that these rows tell of.
    pub fn new<A: Borrow<activity::Activity>>(
        subjects: impl IntoIterator<Item = Subject>,
        events: impl IntoIterator<Item = impl Borrow<StageEvent>>,
        activities: impl IntoIterator<Item = A> + Clone,
    ) -> Self {
        let talked = talked(activities.clone());
        Self {
            courses: courses(subjects, events, &talked),
            done: done(activities.clone()),
            plans: plans(activities),
        }
    }

    /// The days of all that was ever sent, up to today; today alone where nothing was.
    pub fn whole(&self, now: Timestamp, zone: &dyn ZoneRules) -> Range {
        Range::whole(&self.courses, now, zone)
    }

    /// The figures of a range. Days are put together as asked for, where that is not too many parts.
    pub fn figures(
        &self,
        range: Range,
        group_by: Option<GroupBy>,
        weeks: WeekStart,
        now: Timestamp,
        zone: &dyn ZoneRules,
    ) -> Figures {
        let year = year_to(zone.day(now));
        let group_by = GroupBy::fitting(group_by, range);
        let trends = trends(&self.courses, range, group_by, weeks);
        Figures {
            applications: self.courses.len() as u64,
            summary: summary(&self.courses, range, now, zone),
            conversion: conversion(&self.courses, range),
            trends: trends.unwrap_or(Trends {
                group_by,
                buckets: Vec::new(),
            }),
            sources: sources(&self.courses, range),
            activity: activity_of_days(&self.courses, &self.done, year, zone),
            steps: self.steps(now, zone),
        }
    }

    /// What to do next.
    pub fn steps(&self, now: Timestamp, zone: &dyn ZoneRules) -> Steps {
        steps(&self.courses, &self.plans, &self.done, now, zone)
    }

    /// The applications behind a figure, the newest first.
    pub fn members(
        &self,
        selection: &Selection,
        now: Timestamp,
        zone: &dyn ZoneRules,
    ) -> Vec<&Course> {
        members(&self.courses, selection, now, zone)
    }
}

/// The days of the heat map: a year's worth of weeks up to this day.
pub fn year_to(today: NaiveDate) -> Range {
    Range {
        from: today - Duration::days(HEAT_DAYS),
        to: today,
    }
}
