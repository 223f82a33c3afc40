//! What became of an application.

use super::{PIPELINE, Range, rank};
use crate::domain::{
    activity::{Activity, ActivityStatus},
    application::Application,
    order::sort_by_key,
    stage::{StageEvent, Status, counted},
    text::Line,
    time::Timestamp,
};
use chrono::NaiveDate;
use std::{
    borrow::Borrow,
    collections::{HashMap, HashSet},
};
use uuid::Uuid;

/// A stay in a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// In which.
    pub status: Status,
    /// Since when, in figures.
    pub from: Timestamp,
    /// Until when; none while it lasts.
    pub until: Option<Timestamp>,
}

/// What figures know of an application itself.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
pub struct Subject {
    /// Its id.
    pub id: Uuid,
    /// With whom.
    pub company: Line<200>,
    /// For what.
    pub role_title: Line<200>,
    /// Where it is now.
    pub status: Status,
    /// Since when.
    pub status_since: Timestamp,
    /// The day on which it was sent.
    pub application_date: Option<NaiveDate>,
    /// Where it came from.
    pub source: Line<80>,
    /// Since when it is off the board.
    pub archived_at: Option<Timestamp>,
    /// When to do what is next.
    pub next_action_due: Option<Timestamp>,
    /// When it was written down.
    pub created_at: Timestamp,
}

impl From<&Application> for Subject {
    fn from(row: &Application) -> Self {
        Self {
            id: row.id,
            company: row.company.clone(),
            role_title: row.role_title.clone(),
            status: row.status,
            status_since: row.status_since,
            application_date: row.application_date,
            source: row.source.clone(),
            archived_at: row.archived_at,
            next_action_due: row.next_action_due,
            created_at: row.created_at,
        }
    }
}

#[cfg(feature = "ssr")]
crate::domain::sql::sql_columns! { Subject {
    id: Uuid,
    company: Line<200>,
    role_title: Line<200>,
    status: Status,
    status_since: Timestamp,
    application_date: Option<NaiveDate>,
    source: Line<80>,
    archived_at: Option<Timestamp>,
    next_action_due: Option<Timestamp>,
    created_at: Timestamp,
} }

/// What became of an application.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Of which.
    pub subject: Subject,
    /// The day to which it belongs; none of what is counted with the drafts.
    pub day: Option<NaiveDate>,
    /// The last stage of the pipeline that it reached, as its place there; none of what is counted with the drafts.
    pub reached: Option<usize>,
    /// Whether anybody answered.
    pub responded: bool,
    /// Whether it was rejected.
    pub rejected: bool,
    /// Its stays, the oldest first.
    pub stays: Vec<Stay>,
}

impl Course {
    /// Whether it reached a stage.
    pub fn has_reached(&self, stage: Status) -> bool {
        self.reached.is_some() && self.reached >= rank(stage)
    }

    /// The last stage of the pipeline that it reached.
    pub fn furthest(&self) -> Option<Status> {
        PIPELINE.get(self.reached?).copied()
    }

    /// Whether it belongs to these days.
    pub fn is_in(&self, range: Range) -> bool {
        self.day.is_some_and(|day| range.contains(day))
    }
}

/// What became of each application, in the order of their ids. Activities are told by the application that they
/// hang on, [talks](talked) alone.
pub fn courses<E: Borrow<StageEvent>>(
    subjects: impl IntoIterator<Item = Subject>,
    events: impl IntoIterator<Item = E>,
    talked: &HashSet<Uuid>,
) -> Vec<Course> {
    let mut moves: HashMap<Uuid, Vec<StageEvent>> = HashMap::new();
    for event in events {
        let event = event.borrow();
        let of = moves.entry(event.application_id).or_default();
        of.push(event.clone());
    }
    let course = |subject: Subject| {
        let mut events = moves.remove(&subject.id).unwrap_or_default();
        StageEvent::in_order(&mut events);
        let talked = talked.contains(&subject.id);
        course(subject, &events, talked)
    };
    let mut all: Vec<Course> = subjects.into_iter().map(course).collect();
    sort_by_key(&mut all, |course| course.subject.id);
    all
}

/// The applications of which a talk took place.
pub fn talked<A: Borrow<Activity>>(activities: impl IntoIterator<Item = A>) -> HashSet<Uuid> {
    let of = |row: A| {
        let row = row.borrow();
        let took_place = row.r#type.is_talk() && row.status == ActivityStatus::Done;
        took_place.then_some(row.application_id)
    };
    activities.into_iter().filter_map(of).collect()
}

fn course(subject: Subject, events: &[StageEvent], talked: bool) -> Course {
    let counted = counted(events);
    let day = subject.application_date;
    let day = day.filter(|_| subject.status != Status::Draft);
    let furthest = counted.iter().filter_map(|it| rank(it.event.to_status));
    let furthest = furthest.max().unwrap_or_default();
    let is_rejection = |status| status == Status::Rejected;
    let rejected = counted.iter().any(|it| is_rejection(it.event.to_status));
    let ends = counted.iter().skip(1).map(|it| Some(it.at)).chain([None]);
    let stays = counted.iter().zip(ends).map(|(it, until)| Stay {
        status: it.event.to_status,
        from: it.at,
        until,
    });
    Course {
        day,
        // What has a day was sent.
        reached: day.map(|_| furthest),
        responded: day.is_some() && (furthest > 0 || rejected || talked),
        rejected: day.is_some() && rejected,
        stays: stays.collect(),
        subject,
    }
}
