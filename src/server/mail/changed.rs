//! The mail that says that an appointment is another one than the file that was mailed of it.

use super::{
    Mail,
    frame::{self, Frame, Said, Zone},
    reminder::{of_appointment, whose},
};
use crate::{
    domain::{activity::Activity, application::Application, time::Timestamp, user::Email},
    server::calendar::Told,
};

/// What became of it.
pub enum Became<'a> {
    /// This.
    Other {
        /// As it is now.
        activity: &'a Activity,
        /// Whom it is with.
        application: &'a Application,
        /// Whether it had been said to be off.
        was_off: bool,
    },
    /// Nothing.
    Off {
        /// Whom it was with, as far as that is there.
        application: Option<&'a Application>,
        /// Whether it was deleted, and not called off.
        deleted: bool,
    },
}

/// What the mail is made of.
pub struct ChangeLetter<'a> {
    /// Who gets it.
    pub to: &'a Email,
    /// As it was mailed last.
    pub told: &'a Told,
    /// What became of it.
    pub became: Became<'a>,
    /// Where the app shows it, below its origin.
    pub page: &'a str,
    /// The person's zone.
    pub zone: Zone<'a>,
    /// Where the app lives.
    pub origin: &'a str,
    /// Where mails of this kind are stopped.
    pub unsubscribe: &'a str,
}

/// The mail.
pub fn change_mail(letter: &ChangeLetter<'_>) -> Mail {
    let (told, zone) = (letter.told, letter.zone);
    let was = |label: &str| format!("{label}: {}", zone.at_length(told.starts, Some(told.ends)));
    let (subject, headline, lines, note) = match &letter.became {
        Became::Off {
            application,
            deleted,
        } => {
            let verb = if *deleted { "Removed" } else { "Called off" };
            let mut lines: Vec<String> = application.iter().map(|it| it.name()).collect();
            lines.push(was("It was"));
            (
                format!("{verb}: {}, {}", zone.short(told.starts), told.summary),
                format!("{verb}: {}", told.summary),
                lines,
                if *deleted {
                    "You deleted it in the app. The attached file takes it out of your calendar. Where that does not work, delete the entry."
                } else {
                    "The attached file takes it out of your calendar. Where that does not work, delete the entry."
                },
            )
        }
        Became::Other {
            activity,
            application,
            was_off,
        } => {
            let what = format!("{}, {}", activity.headline(), application.company);
            let starts = activity.starts_at.unwrap_or(told.starts);
            let verb = verb(told, starts, *was_off);
            let mut lines = vec![whose(&what, application)];
            let appointment = of_appointment(activity, zone);
            let moved = (starts != told.starts && !was_off).then(|| was("Before"));
            // Right below the time that it has now.
            let (when, where_) = appointment.split_at(appointment.len().min(1));
            lines.extend_from_slice(when);
            lines.extend(moved);
            lines.extend_from_slice(where_);
            if what != told.summary {
                lines.push(format!("It was called: {}", told.summary));
            }
            (
                format!("{verb}: {}, {what}", zone.short(starts)),
                format!("{verb}: {what}"),
                lines,
                "The attached file is the appointment as it is now. If you put the one before into your calendar, delete that entry.",
            )
        }
    };
    let said = [Said {
        headline,
        lines,
        link: format!("{}{}", letter.origin, letter.page),
    }];
    let frame = Frame {
        note: Some(note.to_owned()),
        why: "You get this because its calendar file was mailed to you.".to_owned(),
        origin: letter.origin,
        unsubscribe: letter.unsubscribe,
    };
    frame::mail(letter.to, &subject, &said, &frame)
}

fn verb(told: &Told, starts: Timestamp, was_off: bool) -> &'static str {
    if was_off {
        "On again"
    } else if starts == told.starts {
        "Changed"
    } else {
        "Moved"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{activity, application};
    use chrono::Duration;
    use chrono_tz::Tz;
    use uuid::Uuid;

    #[test]
    fn it_says_what_was_and_what_is() {
        let now = application::tests::now();
        let told = Told {
            activity: Uuid::from_u128(6),
            sequence: 0,
            starts: now + Duration::days(2),
            ends: now + Duration::days(2) + Duration::hours(1),
            summary: "Interview loop, Acme".to_owned(),
        };
        let mut application = application::tests::sample(1);
        application.company = "Acme".parse().unwrap();
        let mut row = activity::tests::sample(6, 1);
        row.timezone = "Europe/Berlin".parse().unwrap();
        let zone = "Europe/Berlin".parse().unwrap();
        let mail = |starts: Option<Timestamp>, was_off: bool| {
            let mut row = row.clone();
            row.starts_at = starts;
            let became = match starts {
                None => Became::Off {
                    application: Some(&application),
                    deleted: was_off,
                },
                Some(_) => Became::Other {
                    activity: &row,
                    application: &application,
                    was_off,
                },
            };
            change_mail(&ChangeLetter {
                to: &"jane@example.com".to_owned().try_into().unwrap(),
                told: &told,
                became,
                page: "/board/1",
                zone: Zone {
                    name: &zone,
                    rules: &Tz::Europe__Berlin,
                },
                origin: "https://hunt.example.com",
                unsubscribe: "https://hunt.example.com/unsubscribe/abc",
            })
        };
        let off = mail(None, false);
        assert_eq!(
            off.subject,
            "Called off: Wed 4 Mar 10:00, Interview loop, Acme"
        );
        assert!(
            off.text
                .contains("It was: Wednesday, 4 March 2026, 10:00–11:00 (Berlin time)")
        );
        let role = application.role_title.as_str();
        assert!(off.text.contains(role), "{}", off.text);
        let removed = mail(None, true);
        assert!(removed.subject.starts_with("Removed: "));
        assert!(removed.text.contains("You deleted it"));
        let moved = mail(Some(told.starts + Duration::hours(3)), false);
        assert!(
            moved.subject.starts_with("Moved: Wed 4 Mar 13:00, "),
            "{}",
            moved.subject
        );
        assert!(moved.subject.ends_with(", Acme"), "{}", moved.subject);
        assert!(
            moved
                .text
                .contains("Before: Wednesday, 4 March 2026, 10:00–11:00")
        );
        let changed = mail(Some(told.starts), false);
        assert!(changed.subject.starts_with("Changed: "));
        assert!(!changed.text.contains("Before: "));
        let called = "It was called: Interview loop, Acme";
        assert!(changed.text.contains(called), "{}", changed.text);
        assert!(
            mail(Some(told.starts), true)
                .subject
                .starts_with("On again: ")
        );
    }
}
