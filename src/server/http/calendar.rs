//! Calendar files.

use super::with_instance;
use crate::{
    domain::error::Problem,
    server::{
        AppState, auth::caller::Visitor, calendar::CONTENT_TYPE, services::calendar::of_activity,
    },
};
use axum::{
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use http::header;
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
    let caller = Visitor { state, parts }.authenticate(None).await?;
    let origin = caller.state.config.public_url.origin();
    of_activity(&caller.context(), id, origin).await
}
