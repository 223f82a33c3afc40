//! What people call the fields of an application and of the settings: on the form, and wherever an
//! edit of them is shown.

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
        "display_name" => "Name",
        "session_timeout_mins" => "Sign out after",
        "quiet_hours_start" => "Quiet from",
        "quiet_hours_end" => "Quiet until",
        "reminder_defaults" => "Reminders",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::field_label;
    use crate::domain::application::{Application, tests::sample};

    /// Every field that an edit can set has a name that is not the API's.
    #[test]
    fn every_field_has_a_name_for_people() {
        let row = serde_json::to_value::<Application>(sample(1)).unwrap();
        for field in row.as_object().unwrap().keys() {
            let derived = ["id", "version", "status_since", "created_at", "updated_at"];
            if !derived.contains(&field.as_str()) {
                assert_ne!(field_label(field), field);
            }
        }
    }
}
