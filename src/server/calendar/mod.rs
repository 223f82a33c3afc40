//! Appointments as calendar files (RFC 5545).
//!
//! What goes in is cleaned here, and what the library would fill in by itself (a random `UID`, the time of
//! now) is always set: the same appointment is the same bytes.

#[cfg(test)]
mod tests;

use crate::domain::{
    activity::{Activity, ActivityStatus},
    application::Application,
    reminder::Reminder,
    time::{Timestamp, ZoneRules},
};
use icalendar::{Calendar, Component, Event, EventLike as _, EventStatus, Property};
use uuid::Uuid;

/// Who makes these files. Without a version of the program: the bytes would change with each.
const PRODID: &str = "-//Job Hunt Tracker//Job Hunt Tracker//EN";

/// What ids end in: not the name of the host, which may change while an appointment stands in calendars.
const DOMAIN: &str = "job-hunt-tracker";

/// The media type of such a file.
pub const CONTENT_TYPE: &str = "text/calendar; charset=utf-8";

/// What a calendar is to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Show what is in it.
    Publish,
    /// Take it out.
    Cancel,
}

impl Method {
    /// What is to be done about an activity as it stands.
    pub fn of(activity: &Activity) -> Self {
        match activity.status {
            ActivityStatus::Canceled => Self::Cancel,
            ActivityStatus::Scheduled | ActivityStatus::Done => Self::Publish,
        }
    }

    /// As RFC 5546 §1.4 names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Cancel => "CANCEL",
        }
    }
}

/// An appointment, with what is around it.
pub struct Appointment<'a> {
    /// What is planned.
    pub activity: &'a Activity,
    /// Whom it is with.
    pub application: &'a Application,
    /// The zone in which its times were said.
    pub zone: &'a dyn ZoneRules,
    /// Where the app shows it.
    pub link: String,
}

/// A file with one appointment; none where it has no time.
pub fn file(appointment: &Appointment<'_>) -> Option<String> {
    let entry = Entry::of(appointment)?;
    let mut calendar = empty(Method::of(appointment.activity));
    calendar.push(entry.event());
    Some(folded(&calendar.to_string()))
}

/// An appointment as it was told of: there may be nothing else of it any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which activity it was.
    pub activity: Uuid,
    /// Which state of it.
    pub sequence: i64,
    /// When it was to begin.
    pub starts: Timestamp,
    /// When it was to end.
    pub ends: Timestamp,
    /// What it was called.
    pub summary: String,
}

/// A file that takes out again what was told of. `at` is when it was called off.
pub fn cancellation(told: &Told, at: Timestamp) -> String {
    let entry = Entry {
        uid: format!("{}@{DOMAIN}", told.activity),
        created_at: at,
        updated_at: at,
        sequence: told.sequence + 1,
        starts: told.starts,
        ends: told.ends,
        summary: told.summary.clone(),
        canceled: true,
        more: None,
    };
    let mut calendar = empty(Method::Cancel);
    calendar.push(entry.event());
    folded(&calendar.to_string())
}

/// What calendars read again and again: all `entries`.
pub fn feed(mut entries: Vec<Entry>) -> String {
    entries.sort_by(|one, other| (one.starts, &one.uid).cmp(&(other.starts, &other.uid)));
    let mut calendar = empty(Method::Publish);
    // Of both names and both waits each calendar knows one (RFC 7986 §5.1 and §5.7, and before it).
    calendar.append_property(Property::new("NAME", NAME));
    calendar.append_property(Property::new("X-WR-CALNAME", NAME));
    let mut every = Property::new("REFRESH-INTERVAL", EVERY);
    every.add_parameter("VALUE", "DURATION");
    calendar.append_property(every.done());
    calendar.append_property(Property::new("X-PUBLISHED-TTL", EVERY));
    for entry in &entries {
        calendar.push(entry.event());
    }
    folded(&calendar.to_string())
}

/// What the calendar is called in others.
const NAME: &str = "Job hunt";
/// How often it is worth reading.
const EVERY: &str = "PT1H";

fn empty(method: Method) -> Calendar {
    let mut calendar = Calendar::empty();
    for (name, value) in [
        ("VERSION", "2.0"),
        ("PRODID", PRODID),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", method.name()),
    ] {
        calendar.append_property(Property::new(name, value));
    }
    calendar
}

/// One entry of a calendar.
pub struct Entry {
    uid: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Raised with every change: a calendar takes no other.
    sequence: i64,
    starts: Timestamp,
    ends: Timestamp,
    summary: String,
    canceled: bool,
    more: Option<More>,
}

/// What a discreet entry does not say.
struct More {
    description: String,
    place: Option<String>,
    link: String,
}

impl Entry {
    /// That of an appointment; none where it has no time.
    pub fn of(appointment: &Appointment<'_>) -> Option<Self> {
        let Appointment {
            activity,
            application,
            zone,
            link,
        } = appointment;
        let (starts, ends) = (activity.starts_at?, activity.ends_at()?);
        Some(Self {
            uid: format!("{}@{DOMAIN}", activity.id),
            created_at: activity.created_at,
            updated_at: activity.updated_at,
            sequence: activity.version - 1,
            starts,
            ends,
            summary: format!("{}, {}", activity.headline(), application.company),
            canceled: Method::of(activity) == Method::Cancel,
            more: Some(More {
                description: description(appointment, starts, ends, *zone),
                place: activity.location_or_link.as_ref().map(ToString::to_string),
                link: link.clone(),
            }),
        })
    }

    /// That of a reminder, which takes no time. `link` is where the app shows what it is about.
    pub fn of_reminder(row: &Reminder, application: &Application, link: String) -> Self {
        Self {
            uid: format!("{}@{DOMAIN}", row.id),
            created_at: row.created_at,
            updated_at: row.updated_at,
            sequence: row.version - 1,
            starts: row.due_at,
            ends: row.due_at,
            summary: format!(
                "{}, {}",
                row.says(Some(application), None),
                application.company
            ),
            canceled: false,
            more: Some(More {
                description: format!("{}\n{link}", application.name()),
                place: None,
                link,
            }),
        }
    }

    /// The same without a word of what it is about, for calendars that others see: `label` alone.
    #[must_use]
    pub fn discreet(self, label: &str) -> Self {
        Self {
            summary: label.to_owned(),
            more: None,
            ..self
        }
    }

    fn event(&self) -> Event {
        let mut event = Event::new();
        event
            .uid(&self.uid)
            .timestamp(self.updated_at)
            .add_property("CREATED", utc(self.created_at))
            .add_property("LAST-MODIFIED", utc(self.updated_at))
            .add_property("SEQUENCE", self.sequence.max(0).to_string())
            .add_property("DTSTART", utc(self.starts))
            .summary(&clean(&self.summary))
            .status(if self.canceled {
                EventStatus::Cancelled
            } else {
                EventStatus::Confirmed
            });
        // What takes no time has no end (RFC 5545 §3.8.2.2: it is later than the start).
        if self.ends > self.starts {
            event.add_property("DTEND", utc(self.ends));
        }
        if let Some(More {
            description,
            place,
            link,
        }) = &self.more
        {
            event.description(&clean(description));
            if let Some(place) = place {
                event.location(&clean(place));
            }
            // Written as it is: an address of ours has nothing that would need escaping.
            event.add_property("URL", link);
        }
        event.done()
    }
}

/// What it is about, in words: for calendars that show times in another zone, the time as it was said, too.
fn description(
    appointment: &Appointment<'_>,
    starts: Timestamp,
    ends: Timestamp,
    zone: &dyn ZoneRules,
) -> String {
    let Appointment {
        activity,
        application,
        link,
        ..
    } = appointment;
    let (from, to) = (zone.local(starts), zone.local(ends));
    let until = match (from == to, from.date() == to.date()) {
        (true, _) => String::new(),
        (false, true) => format!("–{}", to.format("%H:%M")),
        (false, false) => format!(" – {}", to.format("%A, %-d %B %Y, %H:%M")),
    };
    let time = format!(
        "{}{until} ({} time)",
        from.format("%A, %-d %B %Y, %H:%M"),
        activity.timezone.place()
    );
    let mut parts = vec![application.name(), time];
    let medium = activity
        .interview_medium
        .map(|medium| medium.label().to_owned());
    let place = activity.location_or_link.as_ref().map(ToString::to_string);
    parts.extend(medium.into_iter().chain(place));
    let with = activity
        .related_contacts
        .iter()
        .map(|contact| contact.name.to_string());
    let with: Vec<String> = with.collect();
    if !with.is_empty() {
        parts.push(format!("With {}", with.join(", ")));
    }
    if let Some(agenda) = &activity.agenda {
        parts.push(format!("\n{agenda}\n"));
    }
    parts.push(link.clone());
    parts.join("\n")
}

/// The most octets of a line, without its end (RFC 5545 §3.1).
const LINE: usize = 75;

/// The same lines, folded anew between characters: the library leaves a last part of 76 octets, and one line
/// too long has some calendars leave out the whole file.
fn folded(file: &str) -> String {
    let mut all = String::with_capacity(file.len());
    for line in file.replace("\r\n ", "").split_terminator("\r\n") {
        let mut octets = 0;
        for c in line.chars() {
            if octets + c.len_utf8() > LINE {
                all.push_str("\r\n ");
                octets = 1;
            }
            all.push(c);
            octets += c.len_utf8();
        }
        all.push_str("\r\n");
    }
    all
}

/// A time in UTC (RFC 5545 §3.3.5): every calendar reads it right, and with it none needs rules of a zone.
fn utc(at: Timestamp) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// A text of which nothing is taken for the end of a line, or cannot stand in a file (RFC 5545 §3.1).
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let one = |c: char| match c {
        '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        c => c,
    };
    let stays = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().map(one).filter(stays).collect()
}
