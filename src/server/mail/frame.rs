//! What all mails about reminders have in common: how they look, how they are signed off, how they say a time.

use super::Mail;
use crate::domain::{
    time::{Timestamp, ZoneName, ZoneRules},
    user::Email,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The person's zone, and its rules.
#[derive(Clone, Copy)]
pub struct Zone<'a> {
    /// What it is called.
    pub name: &'a ZoneName,
    /// What its clocks show.
    pub rules: &'a dyn ZoneRules,
}

impl Zone<'_> {
    /// `Thu 5 Mar 10:00`.
    pub(super) fn short(self, at: Timestamp) -> String {
        self.rules.local(at).format("%a %-d %b %H:%M").to_string()
    }

    /// `Thursday, 5 March 2026, 10:00–11:00 (Berlin time)`.
    pub(super) fn at_length(self, from: Timestamp, to: Option<Timestamp>) -> String {
        let from = self.rules.local(from);
        let until = to.map(|to| self.rules.local(to)).filter(|to| *to > from);
        let until = match until {
            None => String::new(),
            Some(to) if to.date() == from.date() => format!("–{}", to.format("%H:%M")),
            Some(to) => format!(" – {}", to.format("%A, %-d %B %Y, %H:%M")),
        };
        let from = from.format("%A, %-d %B %Y, %H:%M");
        format!("{from}{until} ({} time)", self.name.place())
    }
}

/// One thing that is said, and where it opens.
pub(super) struct Said {
    pub headline: String,
    pub lines: Vec<String>,
    pub link: String,
}

/// What stands around it.
pub(super) struct Frame<'a> {
    /// What comes with the mail, in words.
    pub note: Option<String>,
    /// Why somebody gets it.
    pub why: String,
    /// Where the app lives.
    pub origin: &'a str,
    /// Where mails of its kind are stopped.
    pub unsubscribe: &'a str,
}

/// The longest subject, in characters.
pub(super) const MOST_OF_SUBJECT: usize = 120;

/// A mail that says these things, one below the other.
pub(super) fn mail(to: &Email, subject: &str, said: &[Said], frame: &Frame<'_>) -> Mail {
    let subject = cut(subject);
    Mail {
        to: to.clone(),
        text: text(said, frame),
        html: page(&subject, said, frame).into_string(),
        subject,
        notice: None,
    }
}

/// A text that is not too long, on one line.
fn cut(text: &str) -> String {
    // What turns the direction of all that follows is nobody's name.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = text.replace(turns, "");
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= MOST_OF_SUBJECT {
        return one_line;
    }
    let cut: String = one_line.chars().take(MOST_OF_SUBJECT - 1).collect();
    format!("{}…", cut.trim_end())
}

fn settings(frame: &Frame<'_>) -> String {
    format!("{}/settings#reminders", frame.origin)
}

fn text(said: &[Said], frame: &Frame<'_>) -> String {
    let mut text = String::new();
    for it in said {
        text.push_str(&it.headline);
        for line in &it.lines {
            text.push('\n');
            text.push_str(line);
        }
        text.push_str(&format!("\n\nOpen it: {}\n\n", it.link));
    }
    if let Some(note) = &frame.note {
        text.push_str(&format!("{note}\n\n"));
    }
    let Frame {
        why, unsubscribe, ..
    } = frame;
    let settings = settings(frame);
    // As mails have signed off since the days of Usenet (RFC 3676 §4.3).
    text.push_str(&format!(
        "-- \n{why}\nNo more mails like this: {unsubscribe}\nChoose what is mailed: {settings}\n"
    ));
    text
}

// Outlook's engine knows neither `padding` but of cells nor `max-width`; many programs take out `<style>`.
const BODY: &str = "margin:0;padding:0;background:#f4f5f9;color:#1d1f27;\
     font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const CARD: &str = "background:#ffffff;border:1px solid #dfe1ea;border-radius:10px";
const BUTTON: &str = "display:inline-block;color:#ffffff;text-decoration:none;font-weight:600;\
     font-size:15px;line-height:20px;padding:10px 18px";
const SMALL: &str = "font-size:13px;line-height:19px;color:#5b5f6e;margin:0 0 8px";

/// What is left of it in the dark: programs that know no such rule turn the colours themselves.
pub(super) const STYLE: &str = ":root{color-scheme:light dark;supported-color-schemes:light dark}\
     @media (prefers-color-scheme:dark){.body{background:#14151b!important;color:#e6e7ee!important}\
     .card{background:#1e2029!important;border-color:#343746!important}\
     .head{color:#f2f3f8!important}.line{color:#c9cbd6!important}\
     .small,.small a{color:#a3a6b5!important}}";

fn page(subject: &str, said: &[Said], frame: &Frame<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" dir="ltr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (subject) }
                style { (PreEscaped(STYLE)) }
            }
            body class="body" style=(BODY) {
                // What a list of mails shows beside the subject: what that does not say.
                div style="display:none;max-height:0;overflow:hidden;mso-hide:all" { (preview(said)) }
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                    tr { td align="center" style="padding:24px 12px" {
                        (PreEscaped("<!--[if mso]><table role=\"presentation\" width=\"560\"><tr><td><![endif]-->"))
                        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;text-align:left" {
                            @if said.len() > 1 {
                                tr { td style="padding:0 12px 12px" {
                                    h1 class="head" style="font-size:19px;line-height:26px;margin:0;font-weight:600" {
                                        (said.len()) " reminders"
                                    }
                                } }
                            }
                            @for it in said {
                                tr { td class="card" style={ (CARD) ";padding:24px" } { (card(it, said.len() > 1)) } }
                                tr { td style="height:12px;line-height:12px;font-size:1px" { "\u{a0}" } }
                            }
                            tr { td style="padding:8px 12px" { (foot(frame)) } }
                        }
                        (PreEscaped("<!--[if mso]></td></tr></table><![endif]-->"))
                    } }
                }
            }
        }
    }
}

/// The longest preview, in characters: lists of mails show no more.
const MOST_OF_PREVIEW: usize = 140;

fn preview(said: &[Said]) -> String {
    let words = match said {
        [one] => one.lines.join(" · "),
        many => {
            let all: Vec<&str> = many.iter().map(|it| it.headline.as_str()).collect();
            all.join(" · ")
        }
    };
    words.chars().take(MOST_OF_PREVIEW).collect()
}

/// One of the things that a mail says: of several, each below the heading of all.
fn card(said: &Said, is_one_of_several: bool) -> Markup {
    const HEAD: &str = "font-size:19px;line-height:26px;margin:0 0 8px;font-weight:600";
    html! {
        @if is_one_of_several {
            h2 class="head" style=(HEAD) { (said.headline) }
        } @else {
            h1 class="head" style=(HEAD) { (said.headline) }
        }
        @for line in &said.lines {
            p class="line" style="font-size:15px;line-height:22px;margin:0 0 4px;overflow-wrap:anywhere" { (linked(line)) }
        }
        table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin-top:16px" {
            tr { td bgcolor="#4353c9" style="background:#4353c9;border-radius:8px;mso-padding-alt:10px 18px" {
                // In a digest there are several.
                a href=(said.link) style=(BUTTON) aria-label={ "Open it: " (said.headline) } { "Open it" }
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

/// A text whose addresses of the web can be followed.
fn with_links(text: &str) -> Markup {
    html! {
        @for (n, word) in text.split(' ').enumerate() {
            @if n > 0 { " " }
            @if word.starts_with("https://") || word.starts_with("http://") {
                a href=(word) style="color:#5b5f6e" { (word) }
            } @else { (word) }
        }
    }
}

fn foot(frame: &Frame<'_>) -> Markup {
    html! {
        @if let Some(note) = &frame.note { p class="small" style=(SMALL) { (with_links(note)) } }
        p class="small" style=(SMALL) {
            (frame.why) " "
            a href=(frame.unsubscribe) style="color:#5b5f6e" { "No more mails like this" }
            " · "
            a href=(settings(frame)) style="color:#5b5f6e" { "Choose what is mailed" }
        }
    }
}
