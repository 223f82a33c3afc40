use super::*;
use crate::{
    domain::row::{Edited, Made},
    server::zones::Zone,
};
use icalendar::{CalendarComponent, CalendarDateTime, DatePerhapsTime, parser};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

const LINK: &str = "https://jobs.example.com/board/1?activity=2";

fn row<R: Edited>(create: Value) -> R {
    let create = serde_json::from_value(create).unwrap();
    let at = "2026-11-02T08:00:00Z".parse().unwrap();
    R::build(&create, Uuid::from_u128(7), Made::utc(at)).unwrap()
}

fn application(company: &str) -> Application {
    row(json!({"company": company, "role_title": "Engineer", "status": "Screening"}))
}

/// An interview on 3 December 2026 at 10:00 in Berlin, with what `more` says of it.
fn interview(more: &Value) -> Activity {
    let mut create = json!({
        "application_id": Uuid::from_u128(1), "type": "Interview", "interview_stage": "screening",
        "status": "scheduled", "starts_at": "2026-12-03T09:00:00Z", "timezone": "Europe/Berlin",
    });
    for (name, value) in more.as_object().unwrap() {
        create[name] = value.clone();
    }
    row(create)
}

fn written(activity: &Activity, application: &Application) -> String {
    let zone = Zone::named(activity.timezone.as_str()).unwrap();
    let link = LINK.to_owned();
    let appointment = Appointment {
        activity,
        application,
        zone: &zone,
        link,
    };
    file(&appointment).unwrap()
}

fn read(file: &str) -> Event {
    let calendar: Calendar = parser::read_calendar(&parser::unfold(file)).unwrap().into();
    let [CalendarComponent::Event(event)] = calendar.components.as_slice() else {
        panic!("one event: {file}");
    };
    event.clone()
}

#[test]
fn it_is_written_as_calendars_take_it() {
    let interview = interview(&json!({
        "duration_minutes": 45, "interview_medium": "zoom", "location_or_link": "https://zoom.example.com/j/1,2",
        "agenda": "Your work; ours.\nQuestions", "related_contacts": [{"name": "Mira Okafor"}],
    }));
    let file = written(&interview, &application("Acme, Inc."));
    assert_eq!(file, written(&interview, &application("Acme, Inc.")));
    let lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Job Hunt Tracker//Job Hunt Tracker//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        "CREATED:20261102T080000Z",
        "DESCRIPTION:Engineer at Acme\\, Inc.\\nThursday\\, 3 December 2026\\, 10:00–10:45 (Berlin time)\\nZoom\\n\
         https://zoom.example.com/j/1\\,2\\nWith Mira Okafor\\n\\nYour work\\; ours.\\nQuestions\\n\\n\
         https://jobs.example.com/board/1?activity=2",
        "DTEND:20261203T094500Z",
        "DTSTAMP:20261102T080000Z",
        "DTSTART:20261203T090000Z",
        "LAST-MODIFIED:20261102T080000Z",
        "LOCATION:https://zoom.example.com/j/1\\,2",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "SUMMARY:Screening interview\\, Acme\\, Inc.",
        "UID:00000000-0000-0000-0000-000000000007@job-hunt-tracker",
        "URL:https://jobs.example.com/board/1?activity=2",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ];
    assert_eq!(file.replace("\r\n ", ""), lines.join("\r\n"));
}

#[test]
fn what_is_called_off_is_taken_out() {
    let off = interview(&json!({"status": "canceled"}));
    let file = written(&off, &application("Acme"));
    assert!(file.contains("\r\nMETHOD:CANCEL\r\n") && file.contains("\r\nSTATUS:CANCELLED\r\n"));
}

#[test]
fn a_change_is_newer_and_the_same_entry() {
    let first = interview(&json!({}));
    let patch = serde_json::from_value(json!({"starts_at": "2026-12-04T09:00:00Z"})).unwrap();
    let made = Made::utc("2026-11-03T08:00:00Z".parse().unwrap());
    let moved = read(&written(
        &first.patched(&patch, made).unwrap(),
        &application("Acme"),
    ));
    let first = read(&written(&first, &application("Acme")));
    assert_eq!(first.get_uid(), moved.get_uid());
    assert_eq!(
        (first.get_sequence(), moved.get_sequence()),
        (Some(0), Some(1))
    );
    assert!(first.get_timestamp() < moved.get_timestamp());
}

#[test]
fn without_a_time_there_is_none() {
    let (done, application) = (
        interview(&json!({"status": "done", "starts_at": null})),
        application("Acme"),
    );
    let zone = Zone::default();
    let link = LINK.to_owned();
    assert_eq!(
        file(&Appointment {
            activity: &done,
            application: &application,
            zone: &zone,
            link
        }),
        None
    );
}

#[test]
fn what_takes_no_time_has_no_end() {
    let mail = interview(&json!({"type": "Email", "interview_stage": null}));
    let event = read(&written(&mail, &application("Acme")));
    assert!(event.get_start().is_some() && event.get_end().is_none());
}

#[test]
fn over_midnight_both_days_are_named() {
    let late = interview(&json!({"starts_at": "2026-12-03T22:30:00Z"}));
    let event = read(&written(&late, &application("Acme")));
    let said = "Thursday, 3 December 2026, 23:30 – Friday, 4 December 2026, 00:30 (Berlin time)";
    assert!(event.get_description().unwrap().contains(said));
}

/// What people type and paste: with what ends a line somewhere, or stands for something in such files.
fn typed() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("\r\nATTENDEE:mailto:x@example.com".to_owned()),
        Just("\u{2028}BEGIN:VALARM".to_owned()),
        "[\\\\;,:\"\n\t ]{1,4}",
        "\\PC{1,60}",
        "[\u{4e00}-\u{4e40}\u{1f600}-\u{1f640}\u{300}-\u{310}]{1,40}",
    ];
    proptest::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_adds_a_line_or_is_lost(line in typed(), prose in typed(), at in 0_i64..4_000_000_000) {
        // One line has no control characters: they are refused where it is typed.
        let one = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned();
        let company: String = one(&format!("A{line}")).chars().take(100).collect();
        let starts = chrono::DateTime::from_timestamp(at, 0).unwrap();
        let plan = interview(&json!({
            "starts_at": starts, "location_or_link": one(&format!("B{line}")), "agenda": format!("C{prose}"),
        }));
        // As it is kept: trimmed.
        let application = application(&company);
        let company = &application.company;
        let file = written(&plan, &application);
        prop_assert!(file.ends_with("END:VCALENDAR\r\n"));
        for raw in file.split("\r\n") {
            prop_assert!(raw.len() <= 75, "{raw}");
            prop_assert!(!raw.chars().any(|c| c.is_control() && c != '\t'));
        }
        let whole = file.replace("\r\n ", "");
        prop_assert_eq!(whole.trim_end().lines().count(), 20);
        let names = whole.lines().filter(|line| line.starts_with("ATTENDEE") || line.contains("BEGIN:VALARM\r"));
        prop_assert_eq!(names.count(), 0);
        let event = read(&file);
        let utc = DatePerhapsTime::DateTime(CalendarDateTime::Utc(starts));
        prop_assert_eq!(event.get_start(), Some(utc));
        let summary = clean(&format!("Screening interview, {company}"));
        prop_assert_eq!(event.get_summary(), Some(summary.as_str()));
        let place = clean(plan.location_or_link.as_ref().unwrap().as_str());
        prop_assert_eq!(event.get_location(), Some(place.as_str()));
        let agenda = clean(plan.agenda.as_ref().unwrap().as_str());
        prop_assert!(event.get_description().unwrap().contains(&agenda));
    }
}
