//! What an operation answers.

use super::{operations::Operation, parameters};
use crate::{
    api::{
        answer::{MARK, POSITION},
        problem::CONTENT_TYPE,
    },
    domain::error::{ProblemKind, TYPE_BASE},
};
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The header that names a request in the log.
const REQUEST_ID: &str = "X-Request-Id";

/// All of an operation, by their status.
pub(super) fn of(operation: &Operation) -> Value {
    let mut success = Map::new();
    success.insert("description".into(), operation.summary.into());
    let mut headers = operation.headers.to_vec();
    headers.extend(operation.takes_key().then_some(POSITION));
    success.insert("headers".into(), with_headers(&headers));
    if let Some(schema) = &operation.answer {
        let mut content = Map::new();
        content.insert(operation.media.into(), json!({ "schema": schema }));
        success.insert("content".into(), content.into());
    }
    if let Some(links) = &operation.links {
        success.insert("links".into(), links.clone());
    }
    let mut responses = Map::new();
    responses.insert(operation.status.to_string(), success.into());
    for status in operation.problems() {
        let reference = format!("#/components/responses/{}", name(status));
        responses.insert(status.to_string(), json!({ "$ref": reference }));
    }
    responses.into()
}

/// The answers that are problems, by their name.
pub(super) fn problems(document: &Value) -> Value {
    let statuses: BTreeSet<u16> = ProblemKind::ALL
        .iter()
        .map(|kind| kind.status())
        // Of a network that failed there is no answer, and what a wrong method gets belongs to none.
        .filter(|status| !matches!(status, 0 | 405))
        .collect();
    let problems = statuses
        .into_iter()
        .map(|status| (name(status), problem(status, document)));
    Value::Object(problems.collect())
}

/// Whatever is a problem with this status.
fn problem(status: u16, document: &Value) -> Value {
    let kinds = || {
        ProblemKind::ALL
            .iter()
            .filter(|kind| kind.status() == status)
    };
    let types: Vec<String> = kinds()
        .map(|kind| format!("{TYPE_BASE}{}", kind.slug()))
        .collect();
    let titles: Vec<&str> = kinds().map(|kind| kind.title()).collect();
    let mut particular = vec![document.clone()];
    particular.push(json!({ "properties": {
        "type": { "enum": types }, "title": { "enum": titles }, "status": { "const": status },
    } }));
    // Whoever filled something in is told what does not fit.
    if status == 400 {
        particular.push(json!({
            "required": ["errors"], "properties": { "errors": { "minItems": 1 } },
        }));
    }
    let waits: &[&str] = match status {
        429 | 503 => &["Retry-After"],
        404 | 409 => &[POSITION],
        _ => &[],
    };
    json!({
        "description": format!("{}.", titles.join(", or: ")),
        "headers": with_headers(waits),
        "content": { CONTENT_TYPE: { "schema": { "allOf": particular } } },
    })
}

/// The standard's name of a status, as one word.
fn name(status: u16) -> String {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    reason.unwrap_or("Problem").replace(' ', "")
}

/// References to the headers of every answer, and to these.
fn with_headers(more: &[&str]) -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    let names = [MARK, REQUEST_ID].into_iter().chain(more.iter().copied());
    Value::Object(
        names
            .map(|name| (name.to_owned(), reference(name)))
            .collect(),
    )
}

/// Every header of an answer, by its name.
pub(super) fn headers() -> Value {
    json!({
        MARK: {
            "required": true, "description": "Says that the answer is the server's own.",
            "schema": { "const": "1" },
        },
        REQUEST_ID: {
            "required": true, "description": "Finds the request in the log.",
            "schema": { "type": "string", "pattern": "^req_[0-9a-f]{32}$" },
        },
        "ETag": {
            "required": true, "description": "The version of the row, for If-Match.",
            "schema": { "type": "string", "pattern": r#"^W/"[1-9][0-9]*"$"# },
        },
        "Location": {
            "required": true, "description": "Where the row stands from now on.",
            "schema": { "type": "string", "format": "uri-reference" },
        },
        "Content-Disposition": {
            "required": true, "description": "The name of the file.",
            "schema": { "type": "string" },
        },
        "Set-Cookie": {
            "required": true, "description": "Cookies that are set or taken away.",
            "schema": { "type": "string" },
        },
        POSITION: {
            "description": "Where the user's history stands: give it back with the next GET /sync.",
            "schema": parameters::position(),
        },
        "Retry-After": {
            "description": "Seconds to wait before another try.",
            "schema": { "type": "integer", "minimum": 1 },
        },
    })
}
