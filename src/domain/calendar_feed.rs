//! The address at which calendars read a person's appointments.

use super::{choice::choice, time::Timestamp};
use serde::{Deserialize, Serialize};

choice! {
    /// Which calendar has read it.
    pub enum CalendarReader as "calendar_reader" {
        /// Google Calendar.
        Google = "google",
        /// The calendar of a Mac, an iPhone or an iPad.
        Apple = "apple",
        /// Outlook, or a Microsoft server for it.
        Microsoft = "microsoft",
        /// Any other.
        Other = "other",
    }
}

impl CalendarReader {
    /// Who says so of itself in `User-Agent`.
    pub fn of(agent: &str) -> Self {
        let agent = agent.to_ascii_lowercase();
        let is = |names: &[&str]| names.iter().any(|name| agent.contains(name));
        if is(&["google-calendar-importer", "googlebot"]) {
            Self::Google
        } else if is(&[
            "dataaccessd",
            "calendaragent",
            "ios/",
            "macos/",
            "icalendar",
        ]) {
            Self::Apple
        } else if is(&["microsoft", "outlook"]) {
            Self::Microsoft
        } else {
            Self::Other
        }
    }

    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Google => "Google Calendar",
            Self::Apple => "an Apple calendar",
            Self::Microsoft => "Outlook",
            Self::Other => "another calendar",
        }
    }
}

/// The address, and who reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct CalendarFeed {
    /// The whole address; none while there is none.
    pub address: Option<String>,
    /// Which address it is, counted from 1; 0 while there is none.
    pub generation: i64,
    /// Whether it says when alone: no company, place or link.
    pub discreet: bool,
    /// Whether mails bring calendar files also while a calendar reads it.
    // A server of an older version says nothing of it.
    #[serde(default)]
    pub attach_too: bool,
    /// When a calendar last read it, to the hour.
    pub last_read_at: Option<Timestamp>,
    /// Which one.
    pub last_reader: Option<CalendarReader>,
}

/// The body of `POST /calendar-feed`. What is absent stays; an empty one makes an address where there is none,
/// and any other changes nothing there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CalendarFeedChange {
    /// Whether it says when alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discreet: Option<bool>,
    /// Whether mails bring calendar files also while a calendar reads the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach_too: Option<bool>,
    /// The generation that is not to be read any more: another address takes its place. One that is over
    /// already changes nothing, so that sending it twice is harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_are_known_by_what_they_say() {
        for (agent, reader) in [
            ("Google-Calendar-Importer", CalendarReader::Google),
            ("iOS/18.1 (22B83) dataaccessd/1.0", CalendarReader::Apple),
            (
                "macOS/15.0 (24A335) CalendarAgent/1000",
                CalendarReader::Apple,
            ),
            (
                "Microsoft Exchange/15.20 (WebCalendar)",
                CalendarReader::Microsoft,
            ),
            ("Mozilla/5.0 Thunderbird/128.0", CalendarReader::Other),
            ("", CalendarReader::Other),
        ] {
            assert_eq!(CalendarReader::of(agent), reader, "{agent}");
        }
    }
}
