//! The description of the API, OpenAPI 3.1. Schemas are derived from the types that parse requests
//! and make answers; a test says that the operations are those that are registered.

use crate::{
    api::{BASE, answer, auth, board::BoardQuery},
    domain::{
        application::{Application, ApplicationCreate, ApplicationPatch},
        cursor::Page,
        error::ProblemDocument,
        filter::ApplicationQuery,
        settings::{Settings, SettingsPatch},
        stage::StageEvent,
        sync::{BoardSnapshot, SyncPage, SyncQuery},
        user::Me,
    },
    server::auth::caller::USER_HEADER,
};
use axum::{Json, response::IntoResponse};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// Where it is served.
pub fn address() -> String {
    format!("{BASE}/openapi.json")
}

/// Answers with it.
pub async fn serve() -> impl IntoResponse {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
    Json(&*DOCUMENT)
}

/// One endpoint.
struct Operation {
    method: &'static str,
    /// Below the server's base.
    path: &'static str,
    summary: &'static str,
    detail: &'static str,
    query: Option<Value>,
    body: Option<Value>,
    status: u16,
    answer: Option<Value>,
    problems: &'static [u16],
    open: bool,
}

/// The whole document.
pub fn document() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let problem = reference::<ProblemDocument>(&mut generator);
    let mut paths = Map::new();
    for operation in operations(&mut generator) {
        let item = paths
            .entry(operation.path)
            .or_insert_with(|| Map::new().into());
        if let Some(item) = item.as_object_mut() {
            item.insert(operation.method.into(), describe(&operation, &problem));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Job Hunt Tracker",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": BASE }],
        "security": [{ "cookie": [], "csrf": [] }, { "bearer": [] }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "headers": {
                "Ours": { "required": true, "description": "Says that the answer is the server's own.", "schema": { "const": "1" } },
            },
            "securitySchemes": {
                "cookie": { "type": "apiKey", "in": "cookie", "name": "jht_session", "description": "Under HTTPS: __Host-jht_session." },
                "csrf": { "type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "csrf_token of GET /auth/me; on unsafe methods only." },
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The value of the session cookie." },
            },
        },
    })
}

const DESCRIPTION: &str = "\
Errors are problem documents (RFC 9457). Rows have a version: it is the ETag of every answer with one row, and \
PATCH and DELETE take it in If-Match (`2`, `\"2\"` or `W/\"2\"`); a stale one is answered by 409 with the latest \
row in `meta.current`. In a PATCH an absent field stays and `null` clears. Unsafe requests may carry an \
Idempotency-Key: the same request under the same key gets the first answer again; where its row was deleted \
since, 409 `gone` with `meta.taken`. Every answer has the header X-Job-Hunt: one without it comes from something \
in between, and says nothing about the request. With X-User-Id a request is answered under that user's session \
alone, and under another's by 401 `other-user`. Lists answer `items` and `next_cursor`, which goes into `cursor` \
as it is.";

fn reference<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// Query parameters, from the fields of the type that parses them.
fn parameters<T: JsonSchema>() -> Value {
    let schema = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    properties
        .into_iter()
        .map(|(name, mut schema)| {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
        })
        .collect()
}

fn operations(g: &mut SchemaGenerator) -> Vec<Operation> {
    let read = || Operation {
        method: "get",
        path: "",
        summary: "",
        detail: "",
        query: None,
        body: None,
        status: 200,
        answer: None,
        problems: &[400, 401],
        open: false,
    };
    vec![
        Operation {
            method: "post",
            path: "/auth/magic-link",
            summary: "Ask for a sign-in mail",
            detail: "The mail has a link, whose `token` goes to /auth/magic-link/verify, and a code of six digits for the browser that asked.",
            body: Some(reference::<auth::MagicLinkRequest>(g)),
            status: 202,
            problems: &[400, 403, 415, 429, 503],
            open: true,
            ..read()
        },
        Operation {
            method: "post",
            path: "/auth/magic-link/verify",
            summary: "Sign in with what the mail brought",
            detail: "Sets the session cookie.",
            body: Some(reference::<auth::MagicLinkVerify>(g)),
            answer: Some(reference::<auth::SignedIn>(g)),
            problems: &[400, 403, 415, 429],
            open: true,
            ..read()
        },
        Operation {
            method: "post",
            path: "/auth/logout",
            summary: "Sign out",
            status: 204,
            problems: &[400, 401, 403],
            ..read()
        },
        Operation {
            path: "/auth/me",
            summary: "Who is signed in",
            detail: "With the settings and the CSRF token.",
            answer: Some(reference::<Me>(g)),
            ..read()
        },
        Operation {
            path: "/applications",
            summary: "List applications",
            query: Some(parameters::<ApplicationQuery>()),
            answer: Some(reference::<Page<Application>>(g)),
            problems: &[400, 401],
            ..read()
        },
        Operation {
            method: "post",
            path: "/applications",
            summary: "Create an application",
            detail: "Company and role are enough. With a client-made `id`, the same create again answers the same row; other content under that id is a conflict; a deleted id stays deleted.",
            body: Some(reference::<ApplicationCreate>(g)),
            status: 201,
            answer: Some(reference::<Application>(g)),
            problems: &[400, 401, 403, 409, 413, 415, 422],
            ..read()
        },
        Operation {
            path: "/applications/{id}",
            summary: "Get an application",
            answer: Some(reference::<Application>(g)),
            problems: &[400, 401, 404],
            ..read()
        },
        Operation {
            method: "patch",
            path: "/applications/{id}",
            summary: "Change an application",
            detail: "A change of status appends a stage event.",
            body: Some(reference::<ApplicationPatch>(g)),
            answer: Some(reference::<Application>(g)),
            problems: &[400, 401, 403, 404, 409, 413, 415, 422, 428],
            ..read()
        },
        Operation {
            method: "delete",
            path: "/applications/{id}",
            summary: "Delete an application",
            detail: "For ever, with all that hangs on it.",
            status: 204,
            problems: &[400, 401, 403, 404, 409, 422, 428],
            ..read()
        },
        Operation {
            path: "/applications/{id}/stage-events",
            summary: "The moves of an application",
            answer: Some(reference::<Vec<StageEvent>>(g)),
            problems: &[400, 401, 404],
            ..read()
        },
        Operation {
            path: "/board",
            summary: "The top of every open column",
            query: Some(parameters::<BoardQuery>()),
            answer: Some(reference::<BoardSnapshot>(g)),
            problems: &[400, 401],
            ..read()
        },
        Operation {
            path: "/settings",
            summary: "Get the settings",
            answer: Some(reference::<Settings>(g)),
            ..read()
        },
        Operation {
            method: "patch",
            path: "/settings",
            summary: "Change the settings",
            body: Some(reference::<SettingsPatch>(g)),
            answer: Some(reference::<Settings>(g)),
            problems: &[400, 401, 403, 409, 413, 415, 422, 428],
            ..read()
        },
        Operation {
            path: "/sync",
            summary: "What changed",
            detail: "In the order of the user's history. Without `since`, everything; then `next` of the page before, which leads on for the same `kinds` alone: with others it is 410. Skip kinds, operations and fields that you do not know; more may come.",
            query: Some(parameters::<SyncQuery>()),
            answer: Some(reference::<SyncPage>(g)),
            problems: &[400, 401, 410],
            ..read()
        },
    ]
}

fn describe(operation: &Operation, problem: &Value) -> Value {
    let mut parameters = operation
        .query
        .as_ref()
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let header = |name: &str, required: bool, description: &str| json!({ "name": name, "in": "header", "required": required, "description": description, "schema": { "type": "string" } });
    if operation.path.contains("{id}") {
        parameters.push(json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } }));
    }
    if matches!(operation.method, "patch" | "delete") {
        parameters.push(header("If-Match", true, "The version that was seen."));
    }
    if operation.method != "get" && !operation.path.starts_with("/auth/") {
        parameters.push(header(
            "Idempotency-Key",
            false,
            "Makes sending it twice harmless.",
        ));
    }
    if !operation.open {
        parameters.push(header(
            USER_HEADER,
            false,
            "Whose answer is expected: under another user's session nothing is read or changed.",
        ));
    }
    let headers = json!({ answer::MARK: { "$ref": "#/components/headers/Ours" } });
    let mut responses = Map::new();
    let success = match &operation.answer {
        Some(schema) => {
            json!({ "description": operation.summary, "headers": headers, "content": { "application/json": { "schema": schema } } })
        }
        None => json!({ "description": operation.summary, "headers": headers }),
    };
    responses.insert(operation.status.to_string(), success);
    for status in operation.problems {
        let title = http::StatusCode::from_u16(*status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Problem");
        responses.insert(
            status.to_string(),
            json!({ "description": title, "headers": headers, "content": { crate::api::problem::CONTENT_TYPE: { "schema": problem } } }),
        );
    }
    let mut described = Map::new();
    described.insert("summary".into(), operation.summary.into());
    described.insert("parameters".into(), parameters.into());
    described.insert("responses".into(), responses.into());
    if !operation.detail.is_empty() {
        described.insert("description".into(), operation.detail.into());
    }
    if operation.open {
        described.insert("security".into(), json!([]));
    }
    if let Some(schema) = &operation.body {
        let body =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        described.insert("requestBody".into(), body);
    }
    described.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_registered_function_is_described_and_no_more() {
        let registered: BTreeSet<(String, String)> = server_fn::axum::server_fn_paths()
            .map(|(path, method)| {
                let address = crate::api::rest::address(path);
                (address, method.to_string().to_lowercase())
            })
            .collect();
        let document = document();
        let described: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                item.as_object()
                    .unwrap()
                    .keys()
                    .map(move |method| (format!("{BASE}{path}"), method.clone()))
            })
            .collect();
        assert_eq!(registered, described);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for part in text.split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
        assert!(text.contains("#/components/schemas/Application"));
    }
}
