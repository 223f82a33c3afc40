//! What is counted, and the applications behind a figure: both by one rule, so that the list is as long as the
//! figure says.

use super::{Course, Range, summary::is_pending};
use crate::domain::{
    order::sort_by_key,
    stage::Status,
    tags::folded,
    time::{Timestamp, ZoneRules},
};
use std::cmp::Reverse;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Applications.
    Applications,
    /// Those that anybody answered.
    Responses,
    /// Those that reached a stage of the pipeline, or a later one.
    Reached(Status),
    /// Those that were rejected.
    Rejections,
    /// Those that are in a status now.
    Now(Status),
    /// Stays in a status that are over.
    Stayed(Status),
    /// Stays in a status that last.
    Staying(Status),
    /// Those that wait for an answer, whatever their day.
    Pending,
    /// Drafts, and what was stepped back from before it was sent, all of now.
    Drafts,
}

impl Measure {
    /// Those that got to talk: that reached Screening or later.
    pub const INTERVIEWS: Self = Self::Reached(Status::Screening);
    /// Those that reached an offer.
    pub const OFFERS: Self = Self::Reached(Status::Offer);
    /// Those whose offer was accepted.
    pub const ACCEPTED: Self = Self::Reached(Status::Accepted);

    /// Whether an application is counted only if its day is in the range.
    const fn is_of_range(self) -> bool {
        !matches!(self, Self::Pending | Self::Drafts)
    }

    /// How often an application of the range is counted: once or not at all, but for stays.
    pub(super) fn count(self, course: &Course) -> usize {
        let stays = |over: bool, status: Status| {
            let stays = course.stays.iter();
            let of = stays.filter(|it| it.status == status && it.until.is_some() == over);
            of.count()
        };
        match self {
            Self::Applications => 1,
            Self::Responses => course.responded.into(),
            Self::Reached(stage) => course.has_reached(stage).into(),
            Self::Rejections => course.rejected.into(),
            Self::Now(status) => (course.subject.status == status).into(),
            Self::Stayed(status) => stays(true, status),
            Self::Staying(status) => stays(false, status),
            Self::Drafts => course.day.is_none().into(),
            Self::Pending => 0,
        }
    }
}

/// A figure, by what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// What is counted.
    pub measure: Measure,
    /// Of the applications of these days.
    pub range: Range,
    /// Of one source only, as it is folded.
    pub source: Option<String>,
}

/// The applications behind a figure, the newest first; one with several stays that are counted as often.
pub fn members<'c>(
    courses: &'c [Course],
    selection: &Selection,
    now: Timestamp,
    zone: &dyn ZoneRules,
) -> Vec<&'c Course> {
    let Selection { measure, range, .. } = *selection;
    let is_asked = |course: &&Course| {
        let source = || folded(course.subject.source.as_str());
        let of_source = selection.source.as_ref().is_none_or(|of| *of == source());
        of_source && (!measure.is_of_range() || course.is_in(range))
    };
    let times = |course: &'c Course| {
        let times = match measure {
            Measure::Pending => is_pending(course, now, zone).into(),
            other => other.count(course),
        };
        std::iter::repeat_n(course, times)
    };
    let mut members: Vec<_> = courses.iter().filter(is_asked).flat_map(times).collect();
    sort_by_key(&mut members, |course| {
        Reverse((course.day, course.subject.created_at, course.subject.id))
    });
    members
}
