//! From JSON to types, naming every field that does not fit.

use crate::domain::error::{FieldError, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// More complaints than this help nobody.
const MOST_ERRORS: usize = 20;

/// Reads `value` as a `T`. Where a field does not fit, it is noted and taken out, and the rest
/// is read again, so that all of them are named.
pub fn parse<T: DeserializeOwned>(mut value: Value) -> Result<T, Problem> {
    let mut errors: Vec<FieldError> = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize(&value) {
            Ok(parsed) if errors.is_empty() => return Ok(parsed),
            Ok(_) => return Err(Problem::validation(errors)),
            Err(error) => error,
        };
        let (path, message) = (error.path().to_string(), error.into_inner().to_string());
        let complaint = field_error(&path, &message);
        let field = complaint.field.clone();
        let known = errors.iter().any(|error| error.field == field);
        if !known {
            errors.push(complaint.into());
        }
        let top = field.split(['.', '[']).next().unwrap_or_default();
        let removed = value.as_object_mut().and_then(|object| object.remove(top));
        if known || removed.is_none() || errors.len() == MOST_ERRORS {
            return Err(Problem::validation(errors));
        }
    }
}

/// A complaint of serde, in our words.
pub struct Complaint {
    pub field: String,
    message: String,
}

impl Complaint {
    pub fn into_problem(self) -> Problem {
        Problem::field(self.field, self.message)
    }
}

impl From<Complaint> for FieldError {
    fn from(complaint: Complaint) -> Self {
        Self::new(complaint.field, complaint.message)
    }
}

/// Turns serde's path and message into the field's name and a sentence.
pub fn field_error(path: &str, message: &str) -> Complaint {
    let quoted = |prefix: &str| {
        message
            .strip_prefix(prefix)
            .and_then(|rest| rest.split('`').next())
            .map(ToOwned::to_owned)
    };
    let parent = if path == "." { "" } else { path };
    let join = |name: String| {
        let tail = format!(".{name}");
        match parent {
            "" => name,
            // The path already ends with the name where serde saw the key first.
            parent if parent == name || parent.ends_with(&tail) => parent.to_owned(),
            parent => format!("{parent}.{name}"),
        }
    };
    let (field, message) = if let Some(name) = quoted("unknown field `") {
        (join(name), "There is no such field.".to_owned())
    } else if let Some(name) = quoted("missing field `") {
        (join(name), "Fill this in.".to_owned())
    } else {
        let field = if parent.is_empty() {
            "body".to_owned()
        } else {
            parent.to_owned()
        };
        let mut sentence = message.trim_end_matches('.').to_owned();
        sentence.push('.');
        (field, sentence)
    };
    // The arguments of a server function are gathered in one object; its own names are not the
    // client's.
    let field = match field.as_str() {
        "if_match" => "If-Match".to_owned(),
        other => other.to_owned(),
    };
    Complaint { field, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::application::ApplicationCreate;

    #[test]
    fn every_field_that_does_not_fit_is_named() {
        let body = serde_json::json!({
            "company": "", "role_title": "x", "job_url": "javascript:alert(1)",
            "status": "applied", "colour": "red", "contacts_inline": [{"name": "J", "email": "no"}],
        });
        let problem = parse::<ApplicationCreate>(body).unwrap_err();
        let mut fields: Vec<_> = problem.errors.iter().map(|e| e.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "colour",
                "company",
                "contacts_inline[0].email",
                "job_url",
                "status"
            ]
        );
        assert_eq!(problem.message_for("company"), Some("Fill this in."));
        assert_eq!(
            problem.message_for("colour"),
            Some("There is no such field.")
        );
    }

    #[test]
    fn a_body_that_is_no_object_is_an_error() {
        let problem = parse::<ApplicationCreate>(serde_json::json!([1, 2])).unwrap_err();
        assert!(!problem.errors.is_empty());
        let problem = parse::<ApplicationCreate>(serde_json::json!("x")).unwrap_err();
        assert_eq!(problem.errors[0].field, "body");
    }

    #[test]
    fn null_for_what_must_stay_is_an_error() {
        let problem =
            parse::<ApplicationCreate>(serde_json::json!({"company": null, "role_title": "x"}))
                .unwrap_err();
        assert_eq!(problem.errors[0].field, "company");
    }
}
