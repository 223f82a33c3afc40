//! The mails about reminders: what one says, as text and as HTML. They say times as dates, and never "in two
//! hours": nobody knows when they are read.

#[cfg(test)]
mod tests;

use super::{
    Mail,
    frame::{self, Frame, Said, Zone},
};
use crate::domain::{
    activity::{Activity, ActivityStatus},
    application::Application,
    mailing::rule_of,
    reminder::Reminder,
    rules::{Counting, Rule},
    text::names,
    time::{Timestamp, ZoneRules as _},
    user::Email,
};
use chrono::NaiveDate;

/// A reminder with what it is about.
pub struct Item<'a> {
    /// The reminder.
    pub reminder: &'a Reminder,
    /// The application that it is about.
    pub application: &'a Application,
    /// The activity that it is about, if it is about one.
    pub activity: Option<&'a Activity>,
}

/// What a mail is made of.
pub struct Letter<'a> {
    /// Who gets it.
    pub to: &'a Email,
    /// By which rule it goes.
    pub kind: Rule,
    /// What it is about: more than one in a digest.
    pub items: Vec<Item<'a>>,
    /// The person's zone.
    pub zone: Zone<'a>,
    /// Where the app lives.
    pub origin: &'a str,
    /// Where mails of this kind are stopped.
    pub unsubscribe: &'a str,
    /// Whether the calendar file of an appointment comes with it.
    pub has_file: bool,
}

/// Reminders in one mail: mail programs cut what is longer than some 100 kB.
const MOST_ITEMS: usize = 40;

/// The mail.
pub fn reminder_mail(letter: &Letter<'_>) -> Mail {
    let all = letter.items.len();
    let shown = letter.items.iter().take(MOST_ITEMS);
    let said: Vec<Said> = shown.map(|it| said(it, letter)).collect();
    let more = all.saturating_sub(said.len());
    let frame = Frame {
        note: match more {
            0 => letter.has_file.then(|| about_file(letter.origin)),
            more => Some(format!(
                "And {more} more, in the app: {}/board",
                letter.origin
            )),
        },
        why: why(letter.kind),
        origin: letter.origin,
        unsubscribe: letter.unsubscribe,
    };
    frame::mail(letter.to, &subject(letter, &said), &said, &frame)
}

/// What, whom and when.
fn subject(letter: &Letter<'_>, said: &[Said]) -> String {
    match (letter.items.as_slice(), said) {
        ([item], [said]) => match begins(item) {
            // Of a subject the first words show on a locked screen.
            Some(at) => format!("{}: {}", letter.zone.short(at), said.headline),
            None => said.headline.clone(),
        },
        (items, _) => {
            let title = |it: &Item<'_>| it.reminder.says(Some(it.application), it.activity);
            let titles = items.iter().map(title).collect::<Vec<_>>().join(", ");
            format!("{} reminders: {titles}", items.len())
        }
    }
}

/// When begins what a reminder is before.
fn begins(item: &Item<'_>) -> Option<Timestamp> {
    let is_before = item
        .reminder
        .meta
        .rule
        .is_some_and(|rule| rule.counting() == Counting::Before);
    item.activity.filter(|_| is_before)?.starts_at
}

fn said(item: &Item<'_>, letter: &Letter<'_>) -> Said {
    let Item {
        reminder,
        application,
        activity,
    } = item;
    let company = application.company.as_str();
    // By the names of now: it may have waited since it was planned.
    let title = reminder.says(Some(application), *activity);
    let headline = if names(&title, company) {
        title
    } else if begins(item).is_some() {
        format!("{title} with {company}")
    } else if title.ends_with(['?', '!', '.']) {
        format!("{title} {company}")
    } else {
        format!("{title}: {company}")
    };
    let mut lines = vec![whose(&headline, application)];
    let since = day(letter.zone.rules.day(application.status_since));
    match (rule_of(reminder), activity) {
        (Rule::Applied, _) => {
            let on = application.application_date.map_or(since, day);
            lines.push(format!("Applied on {on}, and no answer so far."));
        }
        (Rule::Offer, _) => lines.push(format!("The offer came on {since}.")),
        (Rule::OnHold, _) => lines.push(format!("On hold since {since}.")),
        (Rule::AfterLoop, Some(activity)) => {
            lines.extend(activity.starts_at.map(|at| {
                let what = activity.headline();
                format!("{what}: {}.", letter.zone.at_length(at, None))
            }));
        }
        (rule, Some(activity)) => {
            // What a person has set says something else than what it is about.
            lines.extend((rule == Rule::Custom).then(|| activity.headline()));
            lines.extend(of_appointment(activity, letter.zone));
        }
        (_, None) => {}
    }
    if rule_of(reminder) == Rule::Custom {
        // It may have waited for the morning, or for a provider.
        let due = letter.zone.at_length(reminder.due_at, None);
        lines.push(format!("You set it for {due}."));
    }
    Said {
        headline,
        lines,
        link: format!("{}{}", letter.origin, reminder.page()),
    }
}

/// The role, and the company where that has not been said.
pub(super) fn whose(headline: &str, application: &Application) -> String {
    if names(headline, application.company.as_str()) {
        application.role_title.to_string()
    } else {
        application.name()
    }
}

/// When, where and with whom.
pub(super) fn of_appointment(activity: &Activity, zone: Zone<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let is_off = activity.status == ActivityStatus::Canceled;
    lines.extend(is_off.then(|| "It was called off.".to_owned()));
    if let Some(starts) = activity.starts_at {
        // An end that nobody has given is not said.
        let ends = activity
            .ends_at()
            .filter(|_| activity.duration_minutes.is_some());
        lines.push(zone.at_length(starts, ends));
        // Where it was said in another zone, that too.
        let own = activity.timezone.rules().ok();
        let own = own.filter(|own| own.local(starts) != zone.rules.local(starts));
        if let Some(own) = own {
            let wall = own.local(starts).format("%A, %H:%M");
            lines.push(format!("{wall} in {}", activity.timezone.place()));
        }
    }
    let medium = activity.interview_medium.map(|it| it.label().to_owned());
    let place = activity.location_or_link.as_ref().map(ToString::to_string);
    lines.extend(medium.into_iter().chain(place));
    let with = activity.related_contacts.iter();
    let with: Vec<String> = with.map(|it| it.name.to_string()).collect();
    if !with.is_empty() {
        lines.push(format!("With {}", with.join(", ")));
    }
    lines
}

fn day(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// What comes with it, in words.
fn about_file(origin: &str) -> String {
    format!(
        "The attached file puts it into your calendar as it is now. If it moves you get another mail; to have \
         your calendar follow by itself, let it read the address in your settings: {origin}/settings#calendar"
    )
}

/// Why somebody gets it.
fn why(kind: Rule) -> String {
    match kind {
        Rule::Custom => "You get this because your own reminders are mailed.".to_owned(),
        Rule::Digest => "These reminders were due at once, so they come in one mail; without it nothing of them is mailed.".to_owned(),
        kind => format!("You get this because of the reminder “{}”.", kind.label()),
    }
}
