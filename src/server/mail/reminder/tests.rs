use super::*;
use crate::domain::{
    activity, application, mailing, reminder,
    rules::Rule,
    stage::Status,
    time::{Timestamp, ZoneName},
};
use crate::server::mail::frame::MOST_OF_SUBJECT;
use chrono::Duration;
use chrono_tz::Tz;
use proptest::prelude::*;

struct World {
    application: Application,
    activity: Activity,
    reminder: Reminder,
}

/// Nine in the morning of a Monday in March, in UTC.
fn now() -> Timestamp {
    application::tests::now()
}

fn world(rule: Option<Rule>) -> World {
    let mut application = application::tests::sample(1);
    application.company = "Acme".parse().unwrap();
    application.role_title = "Baker".parse().unwrap();
    application.status = Status::Applied;
    application.status_since = now() - Duration::days(7);
    application.application_date = Some((now() - Duration::days(8)).date_naive());
    let mut activity = activity::tests::sample(6, 1);
    activity.r#type = activity::ActivityType::Interview;
    activity.interview_stage = Some(activity::InterviewStage::Loop);
    activity.starts_at = Some(now() + Duration::days(2));
    activity.timezone = "Europe/Berlin".parse().unwrap();
    let mut reminder = reminder::tests::sample(9, 1);
    reminder.meta.rule = rule;
    World {
        application,
        activity,
        reminder,
    }
}

impl World {
    fn mail(&self, with_activity: bool) -> Mail {
        self.mail_of(&[self], with_activity, mailing::rule_of(&self.reminder))
    }

    fn mail_of(&self, all: &[&Self], with_activity: bool, kind: Rule) -> Mail {
        let zone: ZoneName = "Europe/Berlin".parse().unwrap();
        let items = all.iter().map(|it| Item {
            reminder: &it.reminder,
            application: &it.application,
            activity: with_activity.then_some(&it.activity),
        });
        reminder_mail(&Letter {
            to: &"jane@example.com".to_owned().try_into().unwrap(),
            kind,
            items: items.collect(),
            zone: Zone {
                name: &zone,
                rules: &Tz::Europe__Berlin,
            },
            origin: "https://hunt.example.com",
            unsubscribe: "https://hunt.example.com/unsubscribe/abc",
            has_file: with_activity,
        })
    }
}

#[test]
fn each_kind_says_what_whom_and_when() {
    for (rule, title, subject, line) in [
        (
            Some(Rule::Applied),
            "Follow up with Acme",
            "Follow up with Acme",
            "Applied on 22 February 2026, and no answer so far.",
        ),
        (
            Some(Rule::Offer),
            "Answer the offer from Acme",
            "Answer the offer from Acme",
            "The offer came on 23 February 2026.",
        ),
        (
            Some(Rule::OnHold),
            "Still on hold?",
            "Still on hold? Acme",
            "On hold since 23 February 2026.",
        ),
        (None, "Ask about pay", "Ask about pay: Acme", "Baker"),
    ] {
        let mut world = world(rule);
        world.reminder.title = title.parse().unwrap();
        let mail = world.mail(false);
        assert_eq!(mail.subject, subject);
        assert!(mail.text.contains(line), "{}", mail.text);
        assert!(mail.html.contains(line), "{}", mail.html);
        assert!(!mail.text.contains("attached"), "{}", mail.text);
    }
}

#[test]
fn an_interview_is_said_with_its_time_in_the_zone_of_the_person() {
    let mut world = world(Some(Rule::Loop));
    world.reminder.title = "Interview loop".parse().unwrap();
    let mail = world.mail(true);
    assert_eq!(mail.subject, "Wed 4 Mar 10:00: Interview loop with Acme");
    let when = "Wednesday, 4 March 2026, 10:00–10:45 (Berlin time)";
    assert!(mail.text.contains(when), "{}", mail.text);
    assert!(mail.text.contains("The attached file"), "{}", mail.text);
    assert!(!mail.text.contains(" in London"), "{}", mail.text);
    // Said in another zone, it stands there too.
    world.activity.timezone = "Europe/London".parse().unwrap();
    let mail = world.mail(true);
    assert!(
        mail.text.contains("Wednesday, 09:00 in London"),
        "{}",
        mail.text
    );
    // After it, it is said when it was.
    world.reminder.meta.rule = Some(Rule::AfterLoop);
    world.reminder.title = "Follow up after the interview".parse().unwrap();
    let mail = world.mail(true);
    assert_eq!(mail.subject, "Follow up after the interview: Acme");
}

#[test]
fn several_are_said_one_below_the_other() {
    let (mut one, mut other) = (world(None), world(None));
    one.reminder.title = "Ask about pay".parse().unwrap();
    other.reminder.title = "Send the portfolio".parse().unwrap();
    let mail = one.mail_of(&[&one, &other], false, Rule::Digest);
    assert_eq!(
        mail.subject,
        "2 reminders: Ask about pay, Send the portfolio"
    );
    assert!(mail.text.contains("Send the portfolio: Acme"));
    assert!(mail.text.contains("due at once"), "{}", mail.text);
    assert!(mail.html.contains(">2 reminders</h1>"), "{}", mail.html);
    assert_eq!(mail.html.matches("<h2").count(), 2);
}

#[test]
fn every_mail_can_be_stopped_and_leads_to_what_it_is_about() {
    let world = world(Some(Rule::Applied));
    let mail = world.mail(false);
    let id = world.application.id;
    for text in [&mail.text, &mail.html] {
        assert!(text.contains(&format!("https://hunt.example.com/board/{id}")));
        assert!(text.contains("https://hunt.example.com/unsubscribe/abc"));
        assert!(text.contains("https://hunt.example.com/settings"));
    }
}

proptest! {
    #[test]
    fn whatever_is_typed_stays_a_text(company in "\\PC{1,60}", title in "\\PC{1,60}", place in "\\PC{1,80}") {
        let mut world = world(Some(Rule::Loop));
        let (Ok(company), Ok(title), Ok(place)) = (company.parse(), title.parse(), place.parse()) else {
            return Ok(());
        };
        world.application.company = company;
        world.reminder.title = title;
        world.activity.location_or_link = Some(place);
        let mail = world.mail(true);
        prop_assert!(!mail.subject.contains(['\r', '\n']));
        prop_assert!(mail.subject.chars().count() <= MOST_OF_SUBJECT);
        let tags = |html: &str| html.matches('<').count();
        let mut plain = self::world(Some(Rule::Loop));
        plain.activity.location_or_link = Some("there".parse().unwrap());
        let is_address = world.activity.location_or_link.as_ref().is_some_and(|it| it.as_str().starts_with("http"));
        let more = if is_address { 2 } else { 0 };
        let of_plain = tags(&plain.mail(true).html);
        prop_assert!([of_plain, of_plain + more].contains(&tags(&mail.html)));
    }
}
