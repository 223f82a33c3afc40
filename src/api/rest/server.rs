//! The protocol at the server: arguments out of a request, a response out of what is answered.

use super::{IF_UPDATED_AT, Reply, Resource, Rest, Verb, parse::parse, reply::Content};
use crate::{
    api::{BASE, UNRECORDED, answer::POSITION},
    domain::{
        error::{Problem, ProblemKind},
        row::Seen,
        time::{Timestamp, write_timestamp},
    },
    server::{
        secrets,
        services::{
            Reached,
            ledger::{MAX_KEY, MutationKey},
        },
    },
};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    response::IntoResponse,
};
use chrono::DateTime;
use http::{HeaderMap, HeaderValue, Request, Response, header, request::Parts};
use leptos::prelude::provide_context;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use server_fn::{Protocol, axum::AxumServerFnBackend, client::Client};
use std::future::Future;
use uuid::Uuid;

/// The largest body, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

impl<V, Input, Output, C> Protocol<Input, Reply<Output>, C, AxumServerFnBackend, Problem>
    for Rest<V>
where
    V: Verb,
    Input: DeserializeOwned + Send,
    Output: Serialize + Resource + Send,
    C: Client<Problem>,
{
    const METHOD: http::Method = V::METHOD;

    async fn run_server<F, Fut>(
        request: Request<axum::body::Body>,
        server_fn: F,
    ) -> Result<Response<axum::body::Body>, Problem>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Reply<Output>, Problem>> + Send,
    {
        let (mut parts, body) = request.into_parts();
        let instance = parts
            .headers
            .get("x-request-id")
            .and_then(|id| id.to_str().ok())
            .map(ToOwned::to_owned);
        let reached = Reached::default();
        provide_context(reached.clone());
        let answer = match read::<V, Input>(&mut parts, body).await {
            Ok(input) => server_fn(input).await,
            Err(problem) => Err(problem),
        };
        let mut response = match answer.and_then(write) {
            Ok(response) => response,
            Err(problem) => Problem {
                instance,
                ..problem
            }
            .into_response(),
        };
        // Also beside a problem: what it tells of a row is of that history.
        if let Some(position) = reached.get()
            && let Ok(value) = HeaderValue::from_str(&position.to_string())
        {
            response.headers_mut().insert(POSITION, value);
        }
        Ok(response)
    }

    async fn run_client(_: &str, _: Input) -> Result<Reply<Output>, Problem> {
        Err(Problem::new(
            ProblemKind::Internal,
            "The server does not call itself.",
        ))
    }
}

/// Gathers the function's arguments from the request, and notes its idempotency key.
async fn read<V: Verb, Input: DeserializeOwned>(
    parts: &mut Parts,
    body: axum::body::Body,
) -> Result<Input, Problem> {
    let mut arguments = Map::new();
    let path = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|error| Problem::field("path", error.to_string()))?;
    for (name, value) in &path {
        arguments.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    let seen = seen(&parts.headers)?;
    if V::NEEDS_VERSION {
        let Seen { at, version } = seen.ok_or_else(|| {
            Problem::new(
                ProblemKind::PreconditionRequired,
                "Send the version that you saw (the ETag) in If-Match.",
            )
        })?;
        let seen = serde_json::json!({ "at": at, "version": version });
        arguments.insert("if_match".into(), seen);
    }
    let query = parts.uri.query().unwrap_or_default();
    arguments.insert("query".into(), query.into());
    let bytes = if V::HAS_BODY {
        read_body(&parts.headers, body).await?
    } else {
        Vec::new()
    };
    if V::HAS_BODY {
        let mut value = if bytes.is_empty() {
            Value::Object(Map::new())
        } else {
            serde_json::from_slice(&bytes)
                .map_err(|error| Problem::field("body", format!("This is no JSON: {error}.")))?
        };
        write_whole_numbers(&mut value);
        arguments.insert("body".into(), value);
    }
    if let Some(key) = idempotency_key::<V>(parts, seen, &bytes)? {
        provide_context(key);
    }
    parse(Value::Object(arguments))
}

/// `60.0` is `60`: JSON has one kind of number, and in a schema whatever is whole is an integer.
fn write_whole_numbers(value: &mut Value) {
    /// Up to here every whole number is a float, and no other is rounded to one.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number
                .as_f64()
                .filter(|it| it.fract() == 0.0 && it.abs() < EXACT);
            if let Some(whole) = whole {
                *number = (whole as i64).into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(write_whole_numbers),
        _ => {}
    }
}

async fn read_body(headers: &HeaderMap, body: axum::body::Body) -> Result<Vec<u8>, Problem> {
    let bytes = axum::body::to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| Problem::new(ProblemKind::PayloadTooLarge, "A body may have 256 KiB."))?;
    let json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !bytes.is_empty() && !json {
        return Err(Problem::new(
            ProblemKind::UnsupportedMediaType,
            "Send the body as Content-Type: application/json.",
        ));
    }
    Ok(bytes.into())
}

/// The state that a request is about.
fn seen(headers: &HeaderMap) -> Result<Option<Seen>, Problem> {
    let Some(version) = if_match(headers)? else {
        return Ok(None);
    };
    let at = if_updated_at(headers)?;
    Ok(Some(Seen { at, version }))
}

fn if_updated_at(headers: &HeaderMap) -> Result<Option<Timestamp>, Problem> {
    let Some(value) = headers.get(IF_UPDATED_AT) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    DateTime::parse_from_rfc3339(text)
        .map(|at| Some(at.to_utc()))
        .map_err(|_| Problem::field(IF_UPDATED_AT, "Send the row's updated_at, as it is."))
}

/// `2`, `"2"` and `W/"2"` are all version 2: one number names one state, so weak and strong
/// mean the same here.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let quoted = |tag: &'_ str| Some(tag.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    let digits = match text.strip_prefix("W/") {
        Some(tag) => quoted(tag),
        None => quoted(text).or_else(|| Some(text.to_owned())),
    };
    digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|version| *version > 0)
        .map(Some)
        .ok_or_else(|| Problem::field("If-Match", "Send one version, such as W/\"2\"."))
}

/// The key of an unsafe request, with the hash of what it asks; none where nothing is recorded.
fn idempotency_key<V: Verb>(
    parts: &Parts,
    seen: Option<Seen>,
    body: &[u8],
) -> Result<Option<MutationKey>, Problem> {
    const NAME: &str = "Idempotency-Key";
    let Some(value) = parts.headers.get(NAME) else {
        return Ok(None);
    };
    let below = parts.uri.path().strip_prefix(BASE).unwrap_or_default();
    if V::METHOD == http::Method::GET || UNRECORDED.iter().any(|path| below.starts_with(path)) {
        return Ok(None);
    }
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(Problem::field(
            NAME,
            format!("1 to {MAX_KEY} visible characters."),
        ));
    }
    let seen = seen.map(|seen| match seen.at {
        Some(at) => format!("{} {}", seen.version, write_timestamp(at)),
        None => seen.version.to_string(),
    });
    let seen = seen.unwrap_or_default();
    let head = format!("{}\n{}\n{seen}\n", V::METHOD, parts.uri.path());
    let request_hash = secrets::sha256(&[head.as_bytes(), body].concat());
    Ok(Some(MutationKey {
        key: key.to_owned(),
        request_hash,
    }))
}

/// What the headers say of a row.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    id: Option<Uuid>,
    version: Option<i64>,
}

fn write<T: Serialize + Resource>(reply: Reply<T>) -> Result<Response<axum::body::Body>, Problem> {
    let status = http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::OK);
    // Of an answer that was given before, what its headers said.
    let (mut response, head) = match &reply.content {
        Content::Nothing => (().into_response(), Head::default()),
        Content::Value(body) => {
            let (id, version) = (body.id(), body.version());
            (axum::Json(body).into_response(), Head { id, version })
        }
        Content::Json(text) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            let head = serde_json::from_str(text).unwrap_or_default();
            ((json, text.clone()).into_response(), head)
        }
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let mut put = |name: &'static str, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.append(name, value);
        }
    };
    if let Some(version) = head.version {
        put("etag", format!("W/\"{version}\""));
    }
    if status == http::StatusCode::CREATED
        && let Some(location) = head.id.and_then(T::location)
    {
        put("location", format!("{BASE}{location}"));
    }
    for (name, value) in reply.headers {
        put(name, value);
    }
    Ok(response)
}
