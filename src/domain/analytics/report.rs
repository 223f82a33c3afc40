//! What was done in some days, to be shown to others: an employment office, a coach. Notes, pay and outcomes are no
//! part of it.

use super::{AnalyticsQuery, Range, Subject, Totals, courses, summary::totals, talked};
use crate::domain::{
    activity::{Activity, ActivityStatus, ActivityType},
    application::{Application, Contact, Contacts},
    csv::csv,
    order::sort_by_key,
    stage::{StageEvent, Status, counted},
    time::{Timestamp, ZoneRules},
};
use chrono::NaiveDate;
use std::{borrow::Borrow, collections::HashMap};
use uuid::Uuid;

/// Something that was done, or is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// On which day.
    pub day: NaiveDate,
    /// What, in words.
    pub what: String,
}

/// An application of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Its id.
    pub id: Uuid,
    /// The day on which it was sent.
    pub day: Option<NaiveDate>,
    /// With whom.
    pub company: String,
    /// For what.
    pub role_title: String,
    /// Where the job is.
    pub place: Option<String>,
    /// Where it was found.
    pub source: String,
    /// The posting.
    pub job_url: Option<String>,
    /// People behind it, and how to reach them.
    pub contacts: Vec<String>,
    /// Where it stands now.
    pub status: Status,
    /// What was done, in the order of time.
    pub entries: Vec<Entry>,
}

/// What was done in a range of days.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Which days.
    pub range: Range,
    /// What became of what was sent in them.
    pub totals: Totals,
    /// What was sent in these days, the first first, and all that came of it.
    pub sent: Vec<Reported>,
    /// What was sent before and went on in these days, with what was done in them.
    pub went_on: Vec<Reported>,
}

impl Report {
    /// The report of the days that are asked for; none where they are none.
    pub fn of<A: Borrow<Application>, B: Borrow<Activity>>(
        applications: impl IntoIterator<Item = A> + Clone,
        events: &[StageEvent],
        activities: impl IntoIterator<Item = B> + Clone,
        days: &AnalyticsQuery,
        now: Timestamp,
        zone: &dyn ZoneRules,
    ) -> Option<Self> {
        let subjects = applications.clone().into_iter();
        let subjects = subjects.map(|row| Subject::from(row.borrow()));
        let courses = courses(subjects, events, &talked(activities.clone()));
        let range = days.range(Range::whole(&courses, now, zone)).ok()?;
        let days: HashMap<Uuid, NaiveDate> = courses
            .iter()
            .filter_map(|course| Some((course.subject.id, course.day?)))
            .collect();
        let mut entries = entries(events, activities, &days, zone);
        let (mut sent, mut went_on) = (Vec::new(), Vec::new());
        for row in applications {
            let row = row.borrow();
            let Some(day) = days.get(&row.id).copied() else {
                continue;
            };
            let mut done = entries.remove(&row.id).unwrap_or_default();
            if range.contains(day) {
                sent.push(reported(row, day, done));
                continue;
            }
            done.retain(|it| range.contains(it.day));
            // What was sent later belongs to those days.
            if day < range.from && !done.is_empty() {
                went_on.push(reported(row, day, done));
            }
        }
        for part in [&mut sent, &mut went_on] {
            sort_by_key(part, |it| (it.day, it.id));
        }
        Some(Self {
            range,
            totals: totals(courses.iter().filter(|course| course.is_in(range))),
            sent,
            went_on,
        })
    }

    /// The report as a table, a line for each thing that was done.
    pub fn csv(&self) -> String {
        let head = [
            "day", "company", "role", "what", "status", "place", "source", "contacts", "link",
        ];
        let of = |it: &Reported| {
            let it = it.clone();
            it.entries.clone().into_iter().map(move |entry| {
                [
                    entry.day.to_string(),
                    it.company.clone(),
                    it.role_title.clone(),
                    entry.what,
                    it.status.label().to_owned(),
                    it.place.clone().unwrap_or_default(),
                    it.source.clone(),
                    it.contacts.join("; "),
                    it.job_url.clone().unwrap_or_default(),
                ]
            })
        };
        csv(head, self.sent.iter().chain(&self.went_on).flat_map(of))
    }
}

/// What was done, by application, in the order of time: moves that count, and activities that took place or are
/// planned.
fn entries<B: Borrow<Activity>>(
    events: &[StageEvent],
    activities: impl IntoIterator<Item = B>,
    sent: &HashMap<Uuid, NaiveDate>,
    zone: &dyn ZoneRules,
) -> HashMap<Uuid, Vec<Entry>> {
    // That it was sent comes first on its day: the figures have it on that day, too, whenever it was written down.
    let mut all: Vec<(Uuid, NaiveDate, Option<Timestamp>, String)> = sent
        .iter()
        .map(|(id, day)| (*id, *day, None, "Applied".to_owned()))
        .collect();
    let mut moves: HashMap<Uuid, Vec<StageEvent>> = HashMap::new();
    for event in events {
        let of = moves.entry(event.application_id).or_default();
        of.push(event.clone());
    }
    for (id, mut events) in moves {
        StageEvent::in_order(&mut events);
        // The first is the one that is said by its day.
        let mut is_said = !sent.contains_key(&id);
        for (at, it) in counted(&events).into_iter().enumerate() {
            let what = match it.event.to_status {
                Status::Draft if at == 0 => "Written down".to_owned(),
                Status::Applied if !is_said => {
                    is_said = true;
                    continue;
                }
                other => format!("Moved to {}", other.label()),
            };
            all.push((id, zone.day(it.at), Some(it.at), what));
        }
    }
    for row in activities {
        let row = row.borrow();
        if row.status == ActivityStatus::Canceled {
            continue;
        }
        // Of what was done without a time it is known when it was written down.
        let at = row.starts_at.unwrap_or(row.created_at);
        // Never a headline that is made of notes: they are nobody else's.
        let mut what = match (row.r#type, row.interview_stage) {
            (ActivityType::Interview, Some(stage)) => stage.interview(),
            (ActivityType::Other, _) => "Another activity",
            (other, _) => other.label(),
        }
        .to_owned();
        let names: Vec<&str> = row
            .related_contacts
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        if !names.is_empty() {
            what = format!("{what} with {}", names.join(", "));
        }
        if row.is_planned() {
            what.push_str(" (planned)");
        }
        all.push((row.application_id, zone.day(at), Some(at), what));
    }
    sort_by_key(&mut all, |it| (it.0, it.1, it.2));
    let mut of: HashMap<Uuid, Vec<Entry>> = HashMap::new();
    for (id, day, _, what) in all {
        of.entry(id).or_default().push(Entry { day, what });
    }
    of
}

fn reported(row: &Application, day: NaiveDate, entries: Vec<Entry>) -> Reported {
    Reported {
        id: row.id,
        day: Some(day),
        company: row.company.as_str().to_owned(),
        role_title: row.role_title.as_str().to_owned(),
        place: row.location_text.as_ref().map(|it| it.as_str().to_owned()),
        source: row.source.as_str().to_owned(),
        job_url: row.job_url.as_ref().map(|it| it.as_str().to_owned()),
        contacts: people(&row.contacts_inline),
        status: row.status,
        entries,
    }
}

/// People, each with what they do and how to reach them.
fn people(contacts: &Contacts) -> Vec<String> {
    let words = |it: &Contact| {
        let role = it.role.as_ref().map(|it| it.as_str());
        let email = it.email.as_ref().map(|it| it.as_str());
        let phone = it.phone.as_ref().map(|it| it.as_str());
        let more = [role, email, phone].into_iter().flatten();
        let all: Vec<&str> = std::iter::once(it.name.as_str()).chain(more).collect();
        all.join(", ")
    };
    contacts.iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        activity,
        application::tests::{now, sample},
        stage::tests::event,
    };
    use chrono::{Duration, Utc};

    fn days(from: &str, to: &str) -> AnalyticsQuery {
        AnalyticsQuery {
            from: Some(from.parse().unwrap()),
            to: Some(to.parse().unwrap()),
        }
    }

    /// Applied on 2 March 2026, a screening on the 10th, an interview on the 12th; what is planned for the 20th.
    fn report(range: AnalyticsQuery) -> Report {
        let row = Application {
            status: Status::Screening,
            ..sample(1)
        };
        let mut events = vec![
            event(100, None, Status::Applied, now()),
            event(
                101,
                Some(Status::Applied),
                Status::Screening,
                now() + Duration::days(8),
            ),
        ];
        for event in &mut events {
            event.application_id = row.id;
        }
        let interview = |id, day, status| Activity {
            starts_at: Some(now() + Duration::days(day)),
            status,
            ..activity::tests::sample(id, 1)
        };
        let activities = [
            interview(10, 10, ActivityStatus::Done),
            interview(11, 18, ActivityStatus::Scheduled),
            interview(12, 19, ActivityStatus::Canceled),
        ];
        Report::of([row], &events, activities.iter(), &range, now(), &Utc).unwrap()
    }

    fn told(entries: &[Entry]) -> Vec<String> {
        let told = |it: &Entry| format!("{} {}", it.day, it.what);
        entries.iter().map(told).collect()
    }

    #[test]
    fn what_was_sent_in_these_days_stands_with_all_that_came_of_it() {
        let report = report(days("2026-03-01", "2026-03-05"));
        assert_eq!(report.totals.applications, 1);
        assert_eq!(report.went_on, []);
        let entries = told(&report.sent[0].entries);
        assert_eq!(entries[0], "2026-03-02 Applied");
        assert_eq!(entries[1], "2026-03-10 Moved to Screening");
        assert!(entries[2].starts_with("2026-03-12 "), "{entries:?}");
        assert!(entries[3].starts_with("2026-03-20 ") && entries[3].ends_with(" (planned)"));
        assert_eq!(entries.len(), 4);
    }

    #[test]
    fn what_went_on_stands_with_what_was_done_in_these_days() {
        let report = report(days("2026-03-09", "2026-03-11"));
        assert_eq!(report.totals.applications, 0);
        assert_eq!(report.sent, []);
        assert_eq!(
            told(&report.went_on[0].entries),
            ["2026-03-10 Moved to Screening"]
        );
    }

    #[test]
    fn it_was_sent_on_the_day_that_it_belongs_to_and_notes_are_nobody_elses() {
        let row = Application {
            application_date: "2026-02-20".parse().ok(),
            ..sample(1)
        };
        let mut event = event(100, None, Status::Screening, now());
        event.application_id = row.id;
        let private = Activity {
            r#type: ActivityType::Other,
            status: ActivityStatus::Done,
            starts_at: None,
            notes: "Not under 90k".parse().ok(),
            ..activity::tests::sample(10, 1)
        };
        let of = |range| {
            let (rows, events) = ([row.clone()], [event.clone()]);
            Report::of(rows, &events, [&private], &range, now(), &Utc).unwrap()
        };
        let report = of(days("2026-02-20", "2026-02-20"));
        let entries = told(&report.sent[0].entries);
        assert_eq!(entries[0], "2026-02-20 Applied");
        assert_eq!(entries[1], "2026-03-02 Moved to Screening");
        assert!(entries[2].ends_with("Another activity"), "{entries:?}");
        assert!(!report.csv().contains("90k"));
        // In days before it was sent it is not.
        let before = of(days("2026-02-01", "2026-02-19"));
        assert!(before.sent.is_empty() && before.went_on.is_empty());
    }

    #[test]
    fn who_is_back_at_applied_was_there_before() {
        let row = sample(1);
        let moves = [
            (None, Status::Applied, 0),
            (Some(Status::Applied), Status::Rejected, 3),
            (Some(Status::Rejected), Status::Applied, 5),
        ];
        let events: Vec<StageEvent> = moves
            .into_iter()
            .zip(100..)
            .map(|((from, to, days), id)| StageEvent {
                application_id: row.id,
                ..event(id, from, to, now() + Duration::days(days))
            })
            .collect();
        let none: [&Activity; 0] = [];
        let range = days("2026-03-01", "2026-03-31");
        let report = Report::of([row], &events, none, &range, now(), &Utc).unwrap();
        assert_eq!(
            told(&report.sent[0].entries),
            [
                "2026-03-02 Applied",
                "2026-03-05 Moved to Rejected",
                "2026-03-07 Moved to Applied"
            ]
        );
    }

    #[test]
    fn its_table_has_a_line_for_each_thing() {
        let text = report(days("2026-03-01", "2026-03-05")).csv();
        assert_eq!(text.lines().count(), 5);
        assert!(text.contains("2026-03-10,"), "{text}");
    }
}
