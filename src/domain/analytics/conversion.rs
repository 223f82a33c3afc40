//! How many applications reached which stage.

use super::{Course, Measure, PIPELINE, Range, share, summary::count};
use crate::domain::stage::Status;
use serde::{Deserialize, Serialize};

/// How many of the applications of a range reached a stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct StageReached {
    /// Which.
    pub status: Status,
    /// How many reached it or a later one.
    pub reached: u64,
    /// As a share of those that reached the one before, from 0 to 1 to four places; none for the first, and where none had.
    pub of_previous: Option<f64>,
    /// As a share of all, from 0 to 1 to four places; none where there are none.
    pub of_first: Option<f64>,
}

/// The answer of `GET /analytics/stage-conversion`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Conversion {
    /// In the order of the pipeline.
    pub stages: Vec<StageReached>,
}

/// How many of the applications of a range reached each stage.
pub fn conversion(courses: &[Course], range: Range) -> Conversion {
    let inside = || courses.iter().filter(|course| course.is_in(range));
    let mut stages: Vec<StageReached> = Vec::with_capacity(PIPELINE.len());
    for status in PIPELINE {
        let reached = count(inside(), Measure::Reached(status));
        let first = stages.first().map_or(reached, |first| first.reached);
        stages.push(StageReached {
            status,
            reached,
            of_previous: stages.last().and_then(|last| share(reached, last.reached)),
            of_first: share(reached, first),
        });
    }
    Conversion { stages }
}
