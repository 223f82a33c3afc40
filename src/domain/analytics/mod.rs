//! Figures of a hunt. One set of rules, for the server, for pages without a network, and for the lists behind each
//! figure:
//!
//! - An application belongs to the day of its `application_date`. Drafts, and what was stepped back from or put on
//!   hold without ever having been sent, are counted apart and in nothing else. Archived ones count.
//! - It *reached* a stage of [`PIPELINE`] when a move that counts ([`counted`]) led to it or to a later one; what was
//!   declined reached the offer. Rejected, Ghosted, Withdrawn and On hold reach nothing by themselves. What was sent
//!   reached Applied.
//! - A *response* is a move that counts to Screening or later, or to Rejected, or an interview or call that took
//!   place. Silence is none.
//! - Figures say what has ever been so, but for the counts by status, which say what is.

mod conversion;
mod course;
mod days;
mod figures;
mod measure;
mod members;
mod query;
mod report;
mod sources;
mod steps;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod trends;

pub use conversion::{Conversion, StageReached, conversion};
pub use course::{Course, Stay, Subject, courses, talked};
pub use days::{Activity, ActivityOfDay, activity_of_days, done};
pub use figures::{Figures, Hunt, year_to};
pub use measure::{Measure, Selection, members};
pub use members::{Counted, MOST_MEMBERS, Member, Members, MembersQuery};
pub use query::{AnalyticsQuery, TrendsQuery};
pub use report::{Entry, Report, Reported};
pub use sources::{OfSource, Sources, sources};
pub use steps::{DRAFT_DAYS, NEAR_DAYS, OFFER_DAYS, Plan, Reason, Step, Steps};
pub use summary::{
    ByStatus, PENDING_AFTER_DAYS, Pending, PendingItem, Summary, TimeInStage, Totals, summary,
};
pub use tables::Table;
pub use trends::{Bucket, GroupBy, MOST_BUCKETS, Trends, trends};

use super::{
    stage::Status,
    time::{Timestamp, ZoneRules},
};
use chrono::{Duration, NaiveDate};

/// The stages in the order in which an application comes to them.
pub const PIPELINE: [Status; 7] = [
    Status::Applied,
    Status::Screening,
    Status::RecruiterCall,
    Status::TechScreen,
    Status::InterviewLoop,
    Status::Offer,
    Status::Accepted,
];

/// How far along the pipeline a status is, from 0; none for one that says nothing of it.
pub fn rank(status: Status) -> Option<usize> {
    let stage = match status {
        Status::Declined => Status::Offer,
        other => other,
    };
    PIPELINE.iter().position(|one| *one == stage)
}

/// A part as a share of the whole, from 0 to 1, to four places: more say nothing about people, and not every reader
/// of JSON has them alike. None of nothing.
fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| (part as f64 / of as f64 * 1e4).round() / 1e4)
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, not before the first.
    pub to: NaiveDate,
}

impl Range {
    /// Whether a day is one of them.
    pub fn contains(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// As many days, up to the one before these. None where the calendar has none.
    pub fn previous(&self) -> Option<Self> {
        let days = (self.to - self.from).num_days() + 1;
        Some(Self {
            from: self.from.checked_sub_signed(Duration::days(days))?,
            to: self.from.pred_opt()?,
        })
    }

    /// The days of all that was ever sent, up to today; today alone where nothing was.
    pub fn whole(courses: &[Course], now: Timestamp, zone: &dyn ZoneRules) -> Self {
        let today = zone.day(now);
        let first = courses.iter().filter_map(|course| course.day).min();
        Self {
            from: first.map_or(today, |first| first.min(today)),
            to: today,
        }
    }
}
