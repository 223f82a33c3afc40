//! The mails about reminders: what one says, as text and as HTML. They say times as dates, and never "in two
//! hours": nobody knows when they are read.

#[cfg(test)]
mod tests;

use super::Mail;
use crate::domain::{
    activity::Activity,
    application::Application,
    mailing::rule_of,
    reminder::Reminder,
    rules::{Counting, Rule},
    time::{Timestamp, ZoneName, ZoneRules},
    user::Email,
};
use chrono::NaiveDate;
use maud::{DOCTYPE, Markup, PreEscaped, html};

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
    /// The person's zone, and its rules.
    pub zone: (&'a ZoneName, &'a dyn ZoneRules),
    /// Where the app lives.
    pub origin: &'a str,
    /// Where mails of this kind are stopped.
    pub unsubscribe: &'a str,
    /// Whether the calendar file of an appointment comes with it.
    pub has_file: bool,
}

/// What is said of one reminder.
struct Said {
    headline: String,
    lines: Vec<String>,
    link: String,
}

/// The mail.
pub fn reminder_mail(letter: &Letter<'_>) -> Mail {
    let said: Vec<Said> = letter.items.iter().map(|it| said(it, letter)).collect();
    Mail {
        to: letter.to.clone(),
        subject: subject(letter, &said),
        text: text(letter, &said),
        html: page(letter, &said).into_string(),
        notice: None,
    }
}

/// The longest part of a subject that comes from what a person typed, in characters.
const MOST_OF_SUBJECT: usize = 120;

/// What, whom and when.
fn subject(letter: &Letter<'_>, said: &[Said]) -> String {
    let subject = match (letter.items.as_slice(), said) {
        ([item], [said]) => match begins(item) {
            Some(at) => format!("{}: {}", said.headline, short(at, letter)),
            None => said.headline.clone(),
        },
        _ => {
            let first = said.first().map_or("", |it| it.headline.as_str());
            format!("{} reminders: {first}, …", said.len())
        }
    };
    cut(&subject)
}

/// A text that is not too long, on one line.
fn cut(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= MOST_OF_SUBJECT {
        return one_line;
    }
    let cut: String = one_line.chars().take(MOST_OF_SUBJECT - 1).collect();
    format!("{}…", cut.trim_end())
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
    let (company, title) = (application.company.as_str(), reminder.title.as_str());
    let headline = if title.contains(company) {
        title.to_owned()
    } else if begins(item).is_some() {
        format!("{title} with {company}")
    } else if title.ends_with(['?', '!', '.']) {
        format!("{title} {company}")
    } else {
        format!("{title}: {company}")
    };
    let mut lines = vec![application.name()];
    let (_, zone) = letter.zone;
    let since = day(zone.day(application.status_since));
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
                format!("{what}: {}.", at_length(at, None, letter))
            }));
        }
        (rule, Some(activity)) => {
            // What a person has set says something else than what it is about.
            lines.extend((rule == Rule::Custom).then(|| activity.headline()));
            lines.extend(of_appointment(activity, letter));
        }
        (_, None) => {}
    }
    Said {
        headline,
        lines,
        link: format!("{}{}", letter.origin, reminder.page()),
    }
}

/// When, where and with whom.
fn of_appointment(activity: &Activity, letter: &Letter<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(starts) = activity.starts_at {
        lines.push(at_length(starts, activity.ends_at(), letter));
        // Where it was said in another zone, that too.
        let (zone, _) = letter.zone;
        let own = activity.timezone.rules().ok();
        let own = own.filter(|_| activity.timezone.place() != zone.place());
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

/// `Thu 5 Mar, 10:00`.
fn short(at: Timestamp, letter: &Letter<'_>) -> String {
    letter
        .zone
        .1
        .local(at)
        .format("%a %-d %b, %H:%M")
        .to_string()
}

/// `Thursday, 5 March 2026, 10:00–11:00 (Berlin time)`.
fn at_length(from: Timestamp, to: Option<Timestamp>, letter: &Letter<'_>) -> String {
    let (name, zone) = letter.zone;
    let from = zone.local(from);
    let until = to.map(|to| zone.local(to)).filter(|to| *to > from);
    let until = match until {
        None => String::new(),
        Some(to) if to.date() == from.date() => format!("–{}", to.format("%H:%M")),
        Some(to) => format!(" – {}", to.format("%A, %-d %B %Y, %H:%M")),
    };
    let from = from.format("%A, %-d %B %Y, %H:%M");
    format!("{from}{until} ({} time)", name.place())
}

/// What comes with it, in words; nothing where nothing does.
fn about_file(letter: &Letter<'_>) -> Option<String> {
    let settings = settings(letter);
    letter.has_file.then(|| {
        format!(
            "The attached file puts it into your calendar as it is now. If it moves, delete that \
             entry; or have your calendar read the address in your settings, which follows by \
             itself: {settings}"
        )
    })
}

fn settings(letter: &Letter<'_>) -> String {
    format!("{}/settings", letter.origin)
}

/// Why somebody gets it.
fn why(kind: Rule) -> String {
    match kind {
        Rule::Custom => "You get this because you set this reminder to mail you.".to_owned(),
        Rule::Digest => "These reminders were due at once, so they come in one mail.".to_owned(),
        kind => format!("You get this because of the reminder “{}”.", kind.label()),
    }
}

fn text(letter: &Letter<'_>, said: &[Said]) -> String {
    let mut text = String::new();
    for it in said {
        text.push_str(&it.headline);
        for line in &it.lines {
            text.push('\n');
            text.push_str(line);
        }
        text.push_str(&format!("\n\nOpen it: {}\n\n", it.link));
    }
    if let Some(about) = about_file(letter) {
        text.push_str(&format!("{about}\n\n"));
    }
    let (why, settings) = (why(letter.kind), settings(letter));
    let unsubscribe = letter.unsubscribe;
    // As mails have signed off since the days of Usenet (RFC 3676 §4.3).
    text.push_str(&format!(
        "-- \n{why}\nNo more mails like this: {unsubscribe}\nAll reminders: {settings}\n"
    ));
    text
}

// Outlook's engine knows neither `padding` but of cells nor `max-width`; many programs take out `<style>`.
const BODY: &str = "margin:0;padding:0;background:#f4f5f9;color:#1d1f27;\
     font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const CARD: &str = "background:#ffffff;border:1px solid #dfe1ea;border-radius:10px";
const BUTTON: &str = "display:inline-block;color:#ffffff;text-decoration:none;font-weight:600;\
     font-size:15px;line-height:20px";
const SMALL: &str = "font-size:13px;line-height:19px;color:#5b5f6e;margin:0 0 8px";

/// What is left of it in the dark: programs that know no such rule turn the colours themselves.
const STYLE: &str = ":root{color-scheme:light dark;supported-color-schemes:light dark}\
     @media (prefers-color-scheme:dark){.body{background:#14151b!important;color:#e6e7ee!important}\
     .card{background:#1e2029!important;border-color:#343746!important}\
     .head{color:#f2f3f8!important}.line{color:#c9cbd6!important}\
     .small,.small a{color:#a3a6b5!important}}";

fn page(letter: &Letter<'_>, said: &[Said]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" dir="ltr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (subject(letter, said)) }
                style { (PreEscaped(STYLE)) }
            }
            body class="body" style=(BODY) {
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                    tr { td align="center" style="padding:24px 12px" {
                        (PreEscaped("<!--[if mso]><table role=\"presentation\" width=\"560\"><tr><td><![endif]-->"))
                        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;text-align:left" {
                            @for it in said {
                                tr { td class="card" style={ (CARD) ";padding:24px" } { (card(it)) } }
                                tr { td style="height:12px;line-height:12px;font-size:1px" { "\u{a0}" } }
                            }
                            tr { td style="padding:8px 12px" { (foot(letter)) } }
                        }
                        (PreEscaped("<!--[if mso]></td></tr></table><![endif]-->"))
                    } }
                }
            }
        }
    }
}

fn card(said: &Said) -> Markup {
    html! {
        h1 class="head" style="font-size:19px;line-height:26px;margin:0 0 8px;font-weight:600" { (said.headline) }
        @for line in &said.lines {
            p class="line" style="font-size:15px;line-height:22px;margin:0 0 4px;overflow-wrap:anywhere" { (linked(line)) }
        }
        table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin-top:16px" {
            tr { td bgcolor="#4353c9" style="background:#4353c9;border-radius:8px;padding:10px 18px" {
                a href=(said.link) style=(BUTTON) { "Open it" }
            } }
        }
    }
}

/// A line that is an address of the web can be followed.
fn linked(line: &str) -> Markup {
    let is_address = line.starts_with("https://") || line.starts_with("http://");
    html! {
        @if is_address && !line.contains(char::is_whitespace) { a href=(line) { (line) } } @else { (line) }
    }
}

fn foot(letter: &Letter<'_>) -> Markup {
    html! {
        @if let Some(about) = about_file(letter) { p class="small" style=(SMALL) { (about) } }
        p class="small" style=(SMALL) {
            (why(letter.kind)) " "
            a href=(letter.unsubscribe) style="color:#5b5f6e" { "No more mails like this" }
            " · "
            a href=(settings(letter)) style="color:#5b5f6e" { "All reminders" }
        }
    }
}
