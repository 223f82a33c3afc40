//! The description of the API, OpenAPI 3.1. Schemas are derived from the types that parse requests
//! and make answers; a test says that the operations are those that are registered.

mod operations;
mod parameters;
mod responses;

use crate::{
    api::BASE,
    domain::error::ProblemDocument,
    server::auth::{cookies, csrf},
};
use axum::{Json, response::IntoResponse};
use operations::{Operation, operations};
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
            item.insert(operation.method.into(), describe(&operation));
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
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "headers": responses::headers(),
            "responses": responses::problems(&problem),
            "securitySchemes": {
                "cookie": {
                    "type": "apiKey", "in": "cookie", "name": cookies::SESSION,
                    "description": format!("Under HTTPS: __Host-{}.", cookies::SESSION),
                },
                "csrf": {
                    "type": "apiKey", "in": "header", "name": csrf::HEADER,
                    "description": "With the cookie, on unsafe methods: csrf_token of GET /auth/me, 43 characters of base64 for URLs.",
                },
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The value of the session cookie." },
            },
        },
    })
}

const DESCRIPTION: &str = "\
Errors are problem documents (RFC 9457). Rows have a version: it is the ETag of every answer with one row, and \
PATCH and DELETE take it in If-Match (`2`, `\"2\"` or `W/\"2\"`); a stale one is answered by 409 with the latest \
row in `meta.current`, and so is one whose `updated_at` is not the one in X-If-Updated-At, where that is sent: after \
a restored backup a number may stand for another state. In a PATCH an absent field stays and `null` clears. Unsafe requests may carry an \
Idempotency-Key: the same request under the same key gets the first answer again; where its row was deleted \
since, 409 `gone` with `meta.taken`. Every answer has the header X-Job-Hunt: one without it comes from something \
in between, and says nothing about the request. With X-User-Id a request is answered under that user's session \
alone, and under another's by 401 `other-user`. Lists answer `items` and `next_cursor`, which goes into `cursor` \
as it is.";

fn reference<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// An operation as the document has it.
fn describe(operation: &Operation) -> Value {
    let mut described = Map::new();
    described.insert("operationId".into(), operation.id.into());
    described.insert("summary".into(), operation.summary.into());
    if !operation.detail.is_empty() {
        described.insert("description".into(), operation.detail.into());
    }
    described.insert("parameters".into(), parameters::of(operation).into());
    described.insert("responses".into(), responses::of(operation));
    let security = match (operation.open, operation.is_unsafe()) {
        (true, _) => json!([]),
        (false, true) => json!([{ "cookie": [], "csrf": [] }, { "bearer": [] }]),
        (false, false) => json!([{ "cookie": [] }, { "bearer": [] }]),
    };
    described.insert("security".into(), security);
    if let Some(schema) = &operation.body {
        let body = json!({
            // Nothing is what `{}` is: no change.
            "required": operation.method != "patch" && !operation.may_lack_body,
            "description": format!("At most {} KiB.", crate::api::rest::MAX_BODY / 1024),
            "content": { "application/json": { "schema": schema } },
        });
        described.insert("requestBody".into(), body);
    }
    described.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::http::calendar;
    use std::collections::BTreeSet;

    #[test]
    fn every_registered_function_is_described_and_no_more() {
        let registered: BTreeSet<(String, String)> = server_fn::axum::server_fn_paths()
            .map(|(path, method)| {
                (
                    crate::api::rest::address(path),
                    method.to_string().to_lowercase(),
                )
            })
            // No functions: what they answer is no JSON.
            .chain([(format!("{BASE}{}", calendar::OF_ACTIVITY), "get".to_owned())])
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
