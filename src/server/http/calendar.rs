//! Calendar files, and the addresses at which calendars read.

use super::with_instance;
use crate::{
    domain::error::Problem,
    server::{
        AppState,
        auth::caller::Visitor,
        calendar::CONTENT_TYPE,
        secrets::{base64, sha256},
        services::calendar::{of_activity, read_feed},
    },
};
use axum::{
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use uuid::Uuid;

/// Where the file of an activity is had, below the API's base.
pub const OF_ACTIVITY: &str = "/activities/{id}/calendar.ics";

/// `GET /activities/{id}/calendar.ics`. An attachment: what is none is taken for a calendar to subscribe to.
pub async fn activity(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let answer = of(state, parts.clone(), &id).await;
    match answer {
        Ok(file) => (
            [
                (header::CONTENT_TYPE, CONTENT_TYPE),
                (
                    header::CONTENT_DISPOSITION,
                    "attachment; filename=\"appointment.ics\"",
                ),
            ],
            file,
        )
            .into_response(),
        Err(problem) => with_instance(&Request::from_parts(parts, body), problem).into_response(),
    }
}

async fn of(state: AppState, parts: http::request::Parts, id: &str) -> Result<String, Problem> {
    let id: Uuid = id
        .parse()
        .map_err(|_| Problem::field("id", "An id is a UUID."))?;
    let caller = Visitor { state, parts }.authenticate(None, None).await?;
    let origin = caller.state.config.public_url.origin();
    of_activity(&caller.context(), id, origin).await
}

/// Where the address of a person begins.
pub const FEEDS: &str = "/calendar/";

/// `GET /calendar/{token}.ics`, for calendars: without a session, a cookie, a redirect or an attachment. Whether it
/// is the same as before is told by the `ETag` alone: what is deleted makes nothing newer.
pub async fn feed(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let headers = request.headers();
    let said = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let agent = said(header::USER_AGENT).unwrap_or_default();
    let Some(token) = name.strip_suffix(".ics") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let origin = state.config.public_url.origin();
    let now = state.clock.now();
    let (text, changed) = match read_feed(&state.db, &state.keys, token, agent, now, origin).await {
        Ok(Some(found)) => found,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(problem) => return problem.into_response(),
    };
    let tag = format!("\"{}\"", base64(&sha256(text.as_bytes())));
    let known = said(header::IF_NONE_MATCH).unwrap_or_default();
    let mut known = known
        .split(',')
        .map(|one| one.trim().trim_start_matches("W/"));
    let is_known = known.any(|one| one == "*" || one == tag);
    let mut answer = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
    };
    let changed = changed.map(|at| at.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    for (name, value) in [
        (header::ETAG, Some(tag)),
        (header::LAST_MODIFIED, changed),
        (header::CACHE_CONTROL, Some("private, no-cache".to_owned())),
        (header::REFERRER_POLICY, Some("no-referrer".to_owned())),
        (ROBOTS, Some("noindex".to_owned())),
    ] {
        if let Some(Ok(value)) = value.map(|value| HeaderValue::from_str(&value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
