//! Appointments as calendar files (RFC 5545).
//!
//! What goes in is cleaned here, and what the library would fill in by itself (a random `UID`, the time of
//! now) is always set: the same appointment is the same bytes.

#[cfg(test)]
mod tests;

use crate::domain::{
    activity::{Activity, ActivityStatus},
    application::Application,
    time::{Timestamp, ZoneRules},
};
use icalendar::{Calendar, Component, Event, EventLike as _, EventStatus, Property};

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
    const fn name(self) -> &'static str {
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
    let mut calendar = Calendar::empty();
    let method = Method::of(appointment.activity);
    for (name, value) in [
        ("VERSION", "2.0"),
        ("PRODID", PRODID),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", method.name()),
    ] {
        calendar.append_property(Property::new(name, value));
    }
    calendar.push(event(appointment)?);
    Some(folded(&calendar.to_string()))
}

/// The entry of an appointment.
fn event(appointment: &Appointment<'_>) -> Option<Event> {
    let Appointment {
        activity,
        application,
        zone,
        link,
    } = appointment;
    let (starts, ends) = (activity.starts_at?, activity.ends_at()?);
    let mut event = Event::new();
    event
        .uid(&format!("{}@{DOMAIN}", activity.id))
        .timestamp(activity.updated_at)
        .add_property("CREATED", utc(activity.created_at))
        .add_property("LAST-MODIFIED", utc(activity.updated_at))
        // Raised with every change: a calendar takes no other.
        .add_property("SEQUENCE", (activity.version - 1).max(0).to_string())
        .add_property("DTSTART", utc(starts))
        .add_property("DTEND", utc(ends))
        .summary(&clean(&format!(
            "{}, {}",
            activity.headline(),
            application.company
        )))
        .description(&clean(&description(appointment, starts, ends, *zone)))
        .status(match Method::of(activity) {
            Method::Publish => EventStatus::Confirmed,
            Method::Cancel => EventStatus::Cancelled,
        });
    if let Some(place) = &activity.location_or_link {
        event.location(&clean(place.as_str()));
    }
    // Written as it is: an address of ours has nothing that would need escaping.
    event.add_property("URL", link);
    Some(event.done())
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
