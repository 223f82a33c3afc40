//! The mail that tells whoever runs the server of mails that were given up.

use super::Mail;
use crate::domain::{time::Timestamp, user::Email};
use chrono::Duration;
use maud::{DOCTYPE, html};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// At most one such mail in this time: where a provider refuses everything, each mail is given up.
const EVERY: Duration = Duration::hours(1);

/// Whom to tell, and when that was done.
#[derive(Clone)]
pub struct Operator {
    to: Option<Email>,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    at: Option<Timestamp>,
    /// Mails that were given up since, without a word.
    more: u32,
    /// The last of those, and why.
    last: Option<(Uuid, String)>,
}

impl Operator {
    /// This one, or nobody.
    pub fn new(to: Option<Email>) -> Self {
        Self {
            to,
            told: Arc::default(),
        }
    }

    /// A mail was given up: what is to be said of it now.
    pub fn hears_of(&self, mail: Uuid, why: &str, now: Timestamp) -> Option<Mail> {
        let to = self.to.as_ref()?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.at.is_some_and(|at| (at..at + EVERY).contains(&now)) {
            told.more += 1;
            told.last = Some((mail, why.to_owned()));
            return None;
        }
        let more = told.more;
        *told = Told {
            at: Some(now),
            ..Told::default()
        };
        Some(given_up_mail(to, mail, why, more))
    }

    /// What is to be said by now of mails that were given up without a word: the hour is over.
    pub fn sums_up(&self, now: Timestamp) -> Option<Mail> {
        let to = self.to.as_ref()?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.at.is_none_or(|at| (at..at + EVERY).contains(&now)) {
            return None;
        }
        let (mail, why) = told.last.take()?;
        let more = told.more.saturating_sub(1);
        *told = Told {
            at: Some(now),
            ..Told::default()
        };
        Some(given_up_mail(to, mail, &why, more))
    }

    /// That mail did not go: the next one is to be told at once.
    pub fn did_not_hear(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.at = None;
        told.more += 1;
    }
}

fn given_up_mail(to: &Email, mail: Uuid, why: &str, more: u32) -> Mail {
    let others = match more {
        0 => String::new(),
        1 => "One more was given up since the last such mail.".to_owned(),
        more => format!("{more} more were given up since the last such mail."),
    };
    let what = format!("The mail {mail} was given up: {why}");
    let see = "On the server, `job-hunt-tracker deliveries list` shows what waits and what was given up, \
               `deliveries retry` tries one anew, and `deliveries drop` lets it be. You hear of this once an \
               hour at most.";
    let lines = [what.as_str(), others.as_str(), see];
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            body { @for line in &lines { p { (line) } } }
        }
    };
    Mail {
        to: to.clone(),
        subject: "A mail was given up".into(),
        text: lines.join("\n\n") + "\n",
        html: page.into_string(),
        notice: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_hears_once_an_hour_and_of_how_many() {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let operator = Operator::new(Some("ops@example.com".parse().unwrap()));
        let hears = |minutes| {
            let at = now + Duration::minutes(minutes);
            let mail = operator.hears_of(Uuid::from_u128(7), "550 <b>no</b>", at);
            mail.map(|mail| (mail.text, mail.html))
        };
        let (text, html) = hears(0).unwrap();
        assert!(
            text.contains("550 <b>no</b>") && html.contains("550 &lt;b&gt;no"),
            "{html}"
        );
        assert!(!text.contains("more"), "{text}");
        assert_eq!((hears(1), hears(59)), (None, None));
        assert!(hears(60).unwrap().0.contains("2 more were given up"));
        // The clock was set back.
        assert!(hears(-600).is_some());
        operator.did_not_hear();
        assert!(hears(-599).unwrap().0.contains("One more was given up"));
        let nobody = Operator::new(None);
        assert!(nobody.hears_of(Uuid::nil(), "why", now).is_none());
        assert!(nobody.sums_up(now).is_none());
    }

    #[test]
    fn what_was_not_said_is_said_when_the_hour_is_over() {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let operator = Operator::new(Some("ops@example.com".parse().unwrap()));
        let at = |minutes| now + Duration::minutes(minutes);
        assert!(operator.sums_up(at(0)).is_none());
        for (n, minutes) in [(7, 0), (8, 1), (9, 2)] {
            _ = operator.hears_of(Uuid::from_u128(n), "550 no", at(minutes));
        }
        assert!(operator.sums_up(at(59)).is_none());
        let text = operator.sums_up(at(60)).unwrap().text;
        assert!(text.contains(&Uuid::from_u128(9).to_string()), "{text}");
        assert!(text.contains("One more was given up"), "{text}");
        assert!(operator.sums_up(at(200)).is_none(), "it was said");
    }
}
