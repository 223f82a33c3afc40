//! The applications behind a figure, as a server tells them to a device that does not hold them all.

use super::{AnalyticsQuery, Course, Measure, PIPELINE, Range, Selection};
use crate::domain::{choice::choice, error::Problem, stage::Status, tags::folded};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Applications of one answer, at most.
pub const MOST_MEMBERS: usize = 1_000;

choice! {
    /// What is counted.
    #[derive(Default)]
    pub enum Counted as "counts" {
        /// Applications.
        #[default]
        Applications = "applications",
        /// Those that anybody answered.
        Responses = "responses",
        /// Those that reached a stage, or a later one.
        Reached = "reached",
        /// Those that were rejected.
        Rejections = "rejections",
        /// Those that are in a status now.
        Now = "now",
        /// Stays in a status that are over.
        Stayed = "stayed",
        /// Stays in a status that last.
        Staying = "staying",
        /// Those that wait for an answer, whatever their day.
        Pending = "pending",
        /// Drafts, whatever their day.
        Drafts = "drafts",
    }
}

/// The query of `GET /analytics/applications`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MembersQuery {
    /// What is counted; absent is `applications`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counted>,
    /// Of which status: where `reached`, `now`, `stayed` or `staying` is counted, and there alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Of one source alone, without regard to case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The first day; absent is that of the first application.
    #[cfg_attr(feature = "ssr", schemars(extend("pattern" = crate::domain::schema::years())))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day, included, not before `from`; absent is today.
    #[cfg_attr(feature = "ssr", schemars(extend("pattern" = crate::domain::schema::years())))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

/// An application behind a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Member {
    /// Which.
    pub id: Uuid,
    /// With whom.
    pub company: String,
    /// For what.
    pub role_title: String,
    /// Where it is now.
    pub status: Status,
    /// The day to which it belongs; null of what is counted with the drafts.
    pub day: Option<NaiveDate>,
    /// The last stage that it reached; null of what is counted with the drafts.
    pub furthest: Option<Status>,
}

/// The answer of `GET /analytics/applications`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Members {
    /// The figure.
    pub total: u64,
    /// The newest first, at most 1,000; one with several stays that are counted as often.
    pub items: Vec<Member>,
}

impl Members {
    /// Those behind a figure: the first `most`.
    pub fn of(courses: &[&Course], most: usize) -> Self {
        let items = courses.iter().take(most);
        Self {
            total: courses.len() as u64,
            items: items.map(|course| Member::from(*course)).collect(),
        }
    }
}

impl From<&Course> for Member {
    fn from(course: &Course) -> Self {
        let subject = &course.subject;
        Self {
            id: subject.id,
            company: subject.company.to_string(),
            role_title: subject.role_title.to_string(),
            status: subject.status,
            day: course.day,
            furthest: course.furthest(),
        }
    }
}

impl MembersQuery {
    /// What is counted.
    ///
    /// # Errors
    /// 400 where a status is missing, is not asked for, or is no stage that is reached.
    fn measure(&self) -> Result<Measure, Problem> {
        let counted = self.counts.unwrap_or_default();
        let of_status = |of: fn(Status) -> Measure| match self.status {
            Some(status) => Ok(of(status)),
            None => {
                let message = format!("Say of which status `{counted}` is counted.");
                Err(Problem::field("status", message))
            }
        };
        let measure = match counted {
            Counted::Reached => {
                let measure = of_status(Measure::Reached)?;
                if self.status.is_some_and(|it| !PIPELINE.contains(&it)) {
                    let message = "Nothing is counted as having reached that: it says nothing of how far an application came.";
                    return Err(Problem::field("status", message));
                }
                return Ok(measure);
            }
            Counted::Now => return of_status(Measure::Now),
            Counted::Stayed => return of_status(Measure::Stayed),
            Counted::Staying => return of_status(Measure::Staying),
            Counted::Applications => Measure::Applications,
            Counted::Responses => Measure::Responses,
            Counted::Rejections => Measure::Rejections,
            Counted::Pending => Measure::Pending,
            Counted::Drafts => Measure::Drafts,
        };
        if self.status.is_some() {
            let message = format!("`{counted}` is counted whatever the status: leave it out.");
            return Err(Problem::field("status", message));
        }
        Ok(measure)
    }

    /// What is asked for; days that are not said are those of `whole`.
    ///
    /// # Errors
    /// 400 where the days are no range, and where the status does not go with what is counted.
    pub fn selection(&self, whole: Range) -> Result<Selection, Problem> {
        let days = AnalyticsQuery {
            from: self.from,
            to: self.to,
        };
        Ok(Selection {
            measure: self.measure()?,
            range: days.range(whole)?,
            source: self.source.as_deref().map(folded),
        })
    }
}

impl From<&Selection> for MembersQuery {
    fn from(selection: &Selection) -> Self {
        let (counts, status) = match selection.measure {
            Measure::Applications => (Counted::Applications, None),
            Measure::Responses => (Counted::Responses, None),
            Measure::Reached(status) => (Counted::Reached, Some(status)),
            Measure::Rejections => (Counted::Rejections, None),
            Measure::Now(status) => (Counted::Now, Some(status)),
            Measure::Stayed(status) => (Counted::Stayed, Some(status)),
            Measure::Staying(status) => (Counted::Staying, Some(status)),
            Measure::Pending => (Counted::Pending, None),
            Measure::Drafts => (Counted::Drafts, None),
        };
        Self {
            counts: Some(counts),
            status,
            source: selection.source.clone(),
            from: Some(selection.range.from),
            to: Some(selection.range.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Range {
        Range {
            from: "2026-01-01".parse().unwrap(),
            to: "2026-03-01".parse().unwrap(),
        }
    }

    #[test]
    fn a_figure_is_asked_for_as_it_is_counted() {
        let of_status = [Measure::Now, Measure::Stayed, Measure::Staying];
        let of_status = of_status
            .iter()
            .flat_map(|of| Status::ALL.iter().map(|status| of(*status)));
        let reached = PIPELINE.map(Measure::Reached);
        let others = [
            Measure::Applications,
            Measure::Responses,
            Measure::Rejections,
            Measure::Pending,
            Measure::Drafts,
        ];
        for measure in of_status.chain(reached).chain(others) {
            for source in [None, Some("a & b=c".to_owned())] {
                let selection = Selection {
                    measure,
                    range: whole(),
                    source,
                };
                let query = MembersQuery::from(&selection);
                let text = serde_urlencoded::to_string(&query).unwrap();
                let read: MembersQuery = serde_urlencoded::from_str(&text).unwrap();
                assert_eq!(read.selection(whole()), Ok(selection), "{text}");
            }
        }
    }

    #[test]
    fn a_status_is_said_where_one_is_counted_and_there_alone() {
        let asked = |counts, status| MembersQuery {
            counts: Some(counts),
            status,
            ..MembersQuery::default()
        };
        for query in [
            asked(Counted::Now, None),
            asked(Counted::Reached, None),
            asked(Counted::Reached, Some(Status::Rejected)),
            asked(Counted::Drafts, Some(Status::Draft)),
        ] {
            let problem = query.selection(whole()).unwrap_err();
            assert_eq!(problem.errors[0].field, "status", "{query:?}");
        }
        let nothing_said = MembersQuery::default().selection(whole()).unwrap();
        assert_eq!(nothing_said.measure, Measure::Applications);
    }
}
