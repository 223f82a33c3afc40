//! What people call the fields of an application, an activity and the settings, and how their values read
//! outside the form: wherever an edit of them is shown.

use crate::domain::{
    activity::{ActivityStatus, ActivityType, FollowupChannel, InterviewMedium, InterviewStage},
    application::{self, LocationMode},
    money::Amount,
    number,
    rules::ReminderChannel,
    settings::WeekStart,
    stage::Status,
    time::{Timestamp, ZoneRules},
    when::{Habits, day_label, time_label},
};
use chrono::{DateTime, NaiveDate};
use serde_json::Value;
use std::str::FromStr;

/// The name of a field, as it stands in the API, for people.
pub fn field_label(field: &str) -> &str {
    match field {
        "company" => "Company",
        "role_title" => "Role",
        "status" => "Status",
        "application_date" => "Applied on",
        "priority" => "Priority",
        "source" => "Source",
        "tags" => "Tags",
        "next_action" => "Next action",
        "next_action_due" => "Due",
        "job_url" => "Posting",
        "location_mode" => "Work",
        "location_text" => "Place",
        "timezone" => "Time zone",
        "salary_min" => "Pay from",
        "salary_max" => "Pay to",
        "salary_currency" => "Currency",
        "seniority_level" => "Level",
        "job_requisition_id" => "Job number",
        "tech_keywords" => "Technologies",
        "resume_url" => "Résumé",
        "cover_letter_used" => "Cover letter",
        "cover_letter_url" => "Letter’s address",
        "attachments_links" => "Links",
        "contacts_inline" => "People",
        "notes" => "Notes",
        "archived_at" => "Archived",
        "occurred_at" => "Happened",
        "when" => "When",
        "voided" => "Did not happen",
        "type" => "What",
        "starts_at" => "When",
        "duration_minutes" => "Takes",
        "outcome" => "Outcome",
        "related_contacts" => "With",
        "interview_stage" => "Which interview",
        "interview_medium" => "How",
        "location_or_link" => "Place or link",
        "agenda" => "Agenda",
        "prep_checklist" => "To prepare",
        "followup_channel" => "By",
        "template_used" => "Text",
        "reply_deadline" => "Answer by",
        "title" => "Remind me to",
        "due_at" | "put_off" | "put_off_item" | "put_off_reminder" => "When",
        "channels" => "By",
        "canceled_at" => "Called off",
        "done_at" => "Done",
        "display_name" => "Name",
        "session_timeout_mins" => "Sign out after",
        "week_start" => "Weeks begin on",
        "quiet_hours_start" => "Quiet from",
        "quiet_hours_end" => "Quiet until",
        "reminder_defaults" => "Reminders",
        other => other,
    }
}

/// What stands where a value is empty.
pub const NOTHING: &str = "–";

/// The value of a field, as it goes over the wire, for people.
pub fn value_label(
    field: &str,
    value: &Value,
    now: Timestamp,
    zone: &impl ZoneRules,
    habits: Habits,
) -> String {
    let read = match (field, value) {
        ("archived_at" | "canceled_at" | "done_at", Value::Null) => Some("no".to_owned()),
        ("status", Value::String(word)) => {
            let status = word.parse::<Status>().ok().map(Status::label);
            let or_that = || {
                word.parse::<ActivityStatus>()
                    .ok()
                    .map(ActivityStatus::label)
            };
            status.or_else(or_that).map(ToOwned::to_owned)
        }
        ("type", Value::String(word)) => word_label(word, ActivityType::label),
        ("interview_stage", Value::String(word)) => word_label(word, InterviewStage::label),
        ("interview_medium", Value::String(word)) => word_label(word, InterviewMedium::label),
        ("followup_channel", Value::String(word)) => word_label(word, FollowupChannel::label),
        ("duration_minutes", Value::Number(minutes)) => minutes.as_u64().map(length_label),
        ("week_start", Value::String(word)) => word_label(word, WeekStart::label),
        ("location_mode", Value::String(word)) => {
            let known = LocationMode::ALL.iter();
            let mut fits = known.filter(|mode| mode.as_str() == word);
            fits.next().map(|mode| mode.label().to_owned())
        }
        ("application_date", Value::String(day)) => {
            let day = day.parse::<NaiveDate>().ok();
            day.map(|day| day_label(day, zone.day(now), habits.order))
        }
        (
            "next_action_due" | "archived_at" | "starts_at" | "reply_deadline" | "occurred_at"
            | "due_at" | "canceled_at" | "done_at",
            Value::String(at),
        ) => {
            let at = DateTime::parse_from_rfc3339(at).ok();
            at.map(|at| time_label(at.to_utc(), now, zone, habits))
        }
        ("salary_min" | "salary_max", Value::Number(number)) => {
            let amount = number.to_string().parse::<Amount>().ok();
            amount.map(Amount::grouped)
        }
        ("channels", Value::Array(ways)) => {
            let ways = ways
                .iter()
                .filter_map(|way| word_label(way.as_str()?, ReminderChannel::label));
            Some(ways.collect::<Vec<_>>().join(", "))
        }
        ("session_timeout_mins", Value::Number(minutes)) => minutes.as_u64().map(length_label),
        // Each of these is several things: a comma within one, a semicolon between two.
        (
            "contacts_inline" | "attachments_links" | "related_contacts" | "prep_checklist",
            Value::Array(items),
        ) if !items.is_empty() => {
            let items: Vec<String> = items.iter().map(parts_label).collect();
            Some(items.join("; "))
        }
        _ => None,
    };
    read.unwrap_or_else(|| plain_label(value))
}

fn word_label<T: FromStr>(word: &str, label: impl FnOnce(T) -> &'static str) -> Option<String> {
    let known = word.parse().ok();
    known.map(|known| label(known).to_owned())
}

/// Where the name of a row stands among its fields that is not made of them alone.
pub const NAME: &str = "name";

/// What a row is called: an application by its role and its company, any other by its [`NAME`]. None of
/// what has neither.
pub fn row_name(row: &Value) -> Option<String> {
    let text = |name| row.get(name).and_then(Value::as_str);
    if let Some(name) = text(NAME) {
        return Some(name.to_owned());
    }
    Some(application::name_of(text("role_title")?, text("company")?))
}

/// `8 hours`, of minutes.
pub fn length_label(minutes: u64) -> String {
    let (count, unit) = match minutes {
        minutes if minutes % (24 * 60) == 0 => (minutes / (24 * 60), "day"),
        minutes if minutes % 60 == 0 => (minutes / 60, "hour"),
        minutes => (minutes, "minute"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {unit}{plural}", number::grouped(count))
}

/// What a person or a link consists of, the name first.
fn parts_label(item: &Value) -> String {
    let Value::Object(fields) = item else {
        return plain_label(item);
    };
    // In the order in which the form has them.
    let parts: Vec<&str> = ["name", "role", "email", "phone", "label", "url", "text"]
        .iter()
        .filter_map(|part| fields.get(*part).and_then(Value::as_str))
        .collect();
    parts.join(", ")
}

fn plain_label(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.is_empty() => NOTHING.to_owned(),
        Value::Array(items) => items.iter().map(plain_label).collect::<Vec<_>>().join(", "),
        Value::Object(fields) if fields.is_empty() => NOTHING.to_owned(),
        Value::Object(fields) => fields
            .values()
            .map(plain_label)
            .collect::<Vec<_>>()
            .join(" "),
        Value::Number(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{field_label, value_label};
    use crate::domain::{
        activity::ActivityPatch,
        application::ApplicationPatch,
        fields::Patch as _,
        reminder::ReminderPatch,
        settings::SettingsPatch,
        stage::StageEventPatch,
        time::{Timestamp, ZoneRules},
        when::Habits,
    };
    use chrono::{DateTime, Utc};
    use serde_json::json;

    /// An hour ahead of UTC.
    struct Ahead;

    impl ZoneRules for Ahead {
        fn offset_seconds(&self, _: DateTime<Utc>) -> i32 {
            3600
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_value_reads_as_it_does_on_the_page() {
        let now = at("2026-11-27T09:00:00Z");
        for (field, value, reads) in [
            ("status", json!("Interview_Loop"), "Interview loop"),
            ("status", json!("canceled"), "Called off"),
            ("type", json!("FollowUp"), "Follow-up"),
            ("interview_medium", json!("google_meet"), "Google Meet"),
            ("duration_minutes", json!(45), "45 minutes"),
            (
                "prep_checklist",
                json!([{ "text": "Read the posting", "done": true }]),
                "Read the posting",
            ),
            ("status", json!("Of_A_Later_Version"), "Of_A_Later_Version"),
            ("location_mode", json!("onsite"), "On site"),
            ("priority", json!("High"), "High"),
            ("application_date", json!("2026-10-13"), "13 Oct"),
            ("application_date", json!("2025-10-13"), "13 Oct 2025"),
            (
                "next_action_due",
                json!("2026-11-28T23:30:00Z"),
                "29 Nov, 00:30",
            ),
            (
                "next_action_due",
                json!("2026-11-27T13:30:00.000Z"),
                "today 14:30",
            ),
            ("next_action_due", json!(null), "–"),
            ("archived_at", json!(null), "no"),
            (
                "archived_at",
                json!("2026-11-20T13:30:00Z"),
                "20 Nov, 14:30",
            ),
            ("salary_min", json!(85000), "85,000"),
            ("salary_max", json!(18.5), "18.50"),
            ("cover_letter_used", json!(true), "yes"),
            ("tags", json!(["rust", "remote"]), "rust, remote"),
            ("tags", json!([]), "–"),
            (
                "contacts_inline",
                json!([{ "email": "ann@example.com", "name": "Ann Lee", "role": "Recruiter" }, { "name": "Bo" }]),
                "Ann Lee, Recruiter, ann@example.com; Bo",
            ),
            (
                "attachments_links",
                json!([{ "url": "https://example.com", "label": null }]),
                "https://example.com",
            ),
            ("session_timeout_mins", json!(60), "1 hour"),
            ("session_timeout_mins", json!(4320), "3 days"),
            ("session_timeout_mins", json!(95), "95 minutes"),
            ("reminder_defaults", json!({}), "–"),
            ("notes", json!("As typed."), "As typed."),
        ] {
            assert_eq!(
                value_label(field, &value, now, &Ahead, Habits::default()),
                reads,
                "{field}"
            );
        }
    }

    /// Every field that an edit can set has a name that is not the API's.
    #[test]
    fn every_field_has_a_name_for_people() {
        let fields = ApplicationPatch::FIELDS.iter().chain(ActivityPatch::FIELDS);
        let fields = fields
            .chain(SettingsPatch::FIELDS)
            .chain(ReminderPatch::FIELDS);
        for field in fields.chain(StageEventPatch::FIELDS) {
            assert_ne!(field_label(field), *field);
        }
    }
}
