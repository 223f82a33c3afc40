//! The one error type that leaves a service: what went wrong, which field or resource, and what a
//! client may do about it. On the wire it is an RFC 9457 problem document.

use serde::{Deserialize, Serialize};

/// The base of every problem's `type` URI (RFC 9457 §3.1.1).
pub const TYPE_BASE: &str = "https://errors.jobtracker.app/";

macro_rules! problem_kinds {
    ($( $(#[$meta:meta])* $Kind:ident = $status:literal $slug:literal $title:literal, )+) => {
        /// What kind of problem it is. It decides the status, the title and the last part of `type`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ProblemKind {
            $( $(#[$meta])* #[serde(rename = $slug)] $Kind, )+
        }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[ $( Self::$Kind ),+ ];

            /// The HTTP status; 0 where no answer came.
            pub const fn status(self) -> u16 {
                match self { $( Self::$Kind => $status ),+ }
            }

            /// The last part of the `type` URI.
            pub const fn slug(self) -> &'static str {
                match self { $( Self::$Kind => $slug ),+ }
            }

            /// The short, constant title of the kind.
            pub const fn title(self) -> &'static str {
                match self { $( Self::$Kind => $title ),+ }
            }
        }
    };
}

// Each with its status, the last part of its `type` and its title.
problem_kinds! {
    /// 400: a body, query or header that does not fit; `errors` names the fields.
    Validation = 400 "validation" "Some values do not fit",
    /// 401: no session, or one that has ended.
    Unauthorized = 401 "unauthorized" "Sign in first",
    /// 401: the session is of another user than the one that `X-User-Id` names.
    OtherUser = 401 "other-user" "Another account is signed in",
    /// 403: the CSRF token is missing or wrong, or the request came from another origin.
    Csrf = 403 "csrf" "Request not confirmed",
    /// 404: no such resource for this user.
    NotFound = 404 "not-found" "Not found",
    /// 405: the path exists, the method does not.
    MethodNotAllowed = 405 "method-not-allowed" "Method not allowed",
    /// 409: the row has changed since the version in `If-Match`; `meta.current` is the latest row.
    Conflict = 409 "conflict" "Version conflict",
    /// 409: the id was deleted and never comes back.
    Gone = 409 "gone" "Deleted",
    /// 410: a sync cursor that is too old; start again from nothing.
    CursorExpired = 410 "cursor-expired" "Cursor expired",
    /// 413: the body is too large.
    PayloadTooLarge = 413 "payload-too-large" "Too large",
    /// 415: the body is not `application/json`.
    UnsupportedMediaType = 415 "unsupported-media-type" "JSON expected",
    /// 422: the idempotency key was used for another request.
    IdempotencyMismatch = 422 "idempotency-mismatch" "Idempotency key used before",
    /// 428: `If-Match` is required.
    PreconditionRequired = 428 "precondition-required" "If-Match required",
    /// 429: too many requests; see `Retry-After`.
    TooManyRequests = 429 "too-many-requests" "Too many requests",
    /// 500: our fault; `instance` finds it in the log.
    Internal = 500 "internal" "Something broke on our side",
    /// 503: the database does not answer.
    Unavailable = 503 "unavailable" "Not available right now",
    /// No answer came from the server (made by the client only).
    Network = 0 "network" "No connection",
}

impl ProblemKind {
    fn from_type(uri: &str) -> Option<Self> {
        let slug = uri.strip_prefix(TYPE_BASE)?;
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }

    /// What a kind that only a newer server knows is treated as: its status says what there is to do,
    /// or else the class of the status (RFC 9110 §15).
    fn from_status(status: u16) -> Option<Self> {
        let of = |status| {
            Self::ALL
                .iter()
                .copied()
                .find(|kind| kind.status() == status)
        };
        let failed = (400..600).contains(&status).then_some(status)?;
        of(failed).or_else(|| of(failed / 100 * 100))
    }
}

/// One field that does not fit, and why, in words for the person who filled it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct FieldError {
    /// The field's path in the body or query (`contacts_inline[0].email`), or a header's name.
    pub field: String,
    /// What is wrong with it, as a sentence.
    pub message: String,
}

impl FieldError {
    /// A complaint about `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// A failure that a client can act on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {detail}", kind.title())]
pub struct Problem {
    /// What kind it is.
    pub kind: ProblemKind,
    /// What happened this time, as a sentence.
    pub detail: String,
    /// The fields that do not fit; empty but for `Validation`.
    pub errors: Vec<FieldError>,
    /// Facts for a program: the resource, its id, the current row. `Null` when there are none.
    pub meta: serde_json::Value,
    /// The id of the request, to find it in the log.
    pub instance: Option<String>,
    /// Seconds to wait before another try.
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem of `kind` with one sentence of detail.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            meta: serde_json::Value::Null,
            instance: None,
            retry_after: None,
        }
    }

    /// 400 with the fields that do not fit.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.field, one.message),
            many => format!("{} fields do not fit.", many.len()),
        };
        Self {
            errors,
            ..Self::new(ProblemKind::Validation, detail)
        }
    }

    /// 400 about one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::validation(vec![FieldError::new(field, message)])
    }

    /// 404 for `resource` (`application`), which may exist for somebody else.
    pub fn not_found(resource: &str, id: impl std::fmt::Display) -> Self {
        let mut problem = Self::new(ProblemKind::NotFound, format!("No {resource} {id}."));
        problem.meta = serde_json::json!({ "resource": resource, "id": id.to_string() });
        problem
    }

    /// The same problem with facts for a program.
    #[must_use]
    pub fn with_meta(mut self, meta: serde_json::Value) -> Self {
        self.meta = meta;
        self
    }

    /// The message for `field`, if there is one.
    pub fn message_for(&self, field: &str) -> Option<&str> {
        self.errors
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.message.as_str())
    }

    /// A sentence for a person.
    pub fn sentence(&self) -> String {
        match self.errors.first() {
            Some(first) => first.message.clone(),
            None => self.detail.clone(),
        }
    }
}

/// The document of RFC 9457, as it is written and read.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "ssr", schemars(rename = "Problem"))]
pub struct ProblemDocument {
    /// A URI that names the kind.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened this time.
    detail: String,
    /// The request's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// The fields that do not fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Facts for a program; on a conflict `current` is the latest row.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    meta: serde_json::Value,
}

impl Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ProblemDocument {
            kind: format!("{TYPE_BASE}{}", self.kind.slug()),
            title: self.kind.title().to_owned(),
            status: self.kind.status(),
            detail: self.detail.clone(),
            instance: self.instance.clone(),
            errors: self.errors.clone(),
            meta: self.meta.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Problem {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = ProblemDocument::deserialize(deserializer)?;
        let kind = ProblemKind::from_type(&document.kind)
            .or_else(|| ProblemKind::from_status(document.status))
            .ok_or_else(|| {
                serde::de::Error::custom(format!("unknown problem {}", document.kind))
            })?;
        Ok(Self {
            kind,
            detail: document.detail,
            errors: document.errors,
            meta: document.meta,
            instance: document.instance,
            retry_after: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_survives_the_wire() {
        for &kind in ProblemKind::ALL {
            let problem = Problem::new(kind, "why")
                .with_meta(serde_json::json!({ "resource": "application" }));
            let text = serde_json::to_string(&problem).unwrap();
            assert!(text.contains(kind.slug()));
            assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), problem);
        }
    }

    #[test]
    fn a_kind_that_is_not_known_is_as_its_status_says() {
        let read = |kind: &str, status: u16| {
            let document = serde_json::json!({
                "type": kind, "title": "New", "status": status, "detail": "Why.", "later": 1,
            });
            serde_json::from_value::<Problem>(document)
        };
        let new = "https://errors.jobtracker.app/new";
        for (status, kind) in [
            (400, ProblemKind::Validation),
            (401, ProblemKind::Unauthorized),
            (402, ProblemKind::Validation),
            (404, ProblemKind::NotFound),
            (409, ProblemKind::Conflict),
            (500, ProblemKind::Internal),
            (507, ProblemKind::Internal),
        ] {
            assert_eq!(read(new, status).unwrap(), Problem::new(kind, "Why."));
        }
        for status in [1, 204, 302] {
            assert!(read("about:blank", status).is_err());
        }
    }

    #[test]
    fn validation_names_a_single_field_in_its_detail() {
        let problem = Problem::field("company", "Give a company.");
        assert_eq!(problem.detail, "company: Give a company.");
        assert_eq!(problem.message_for("company"), Some("Give a company."));
        assert_eq!(problem.message_for("role_title"), None);
    }
}
