//! `/applications`.

use super::rest::{Body, Delete, Get, Patch, Post, Query, Reply, Resource, Rest, Version};
use crate::domain::{
    application::{Application, ApplicationCreate, ApplicationPatch},
    cursor::Page,
    error::Problem,
    filter::ApplicationQuery,
    stage::{StageEvent, StageEventPatch},
};
use leptos::prelude::*;
use uuid::Uuid;

impl Resource for Application {
    fn version(&self) -> Option<i64> {
        Some(self.version)
    }
    fn id(&self) -> Option<Uuid> {
        Some(self.id)
    }
    fn location(id: Uuid) -> Option<String> {
        Some(format!("/applications/{id}"))
    }
}

impl Resource for Vec<StageEvent> {}

/// A page of applications.
#[server(endpoint = "/applications", protocol = Rest<Get>)]
pub async fn list_applications(
    query: Query<ApplicationQuery>,
) -> Result<Reply<Page<Application>>, Problem> {
    use crate::server::{auth::caller::caller, services::applications};
    applications::list(&caller().await?.context(), &query.parse()?)
        .await
        .map(Reply::ok)
}

/// A new application.
#[server(endpoint = "/applications", protocol = Rest<Post>)]
pub async fn create_application(
    body: Body<ApplicationCreate>,
) -> Result<Reply<Application>, Problem> {
    use crate::server::{auth::caller::caller, services::rows};
    let body = body.parse()?;
    rows::create(&caller().await?.context(), body.id, &body)
        .await
        .map(|answer| Reply::once(201, answer))
}

/// One application.
#[server(endpoint = "/applications/{id}", protocol = Rest<Get>)]
pub async fn get_application(id: Uuid) -> Result<Reply<Application>, Problem> {
    use crate::server::{auth::caller::caller, services::rows};
    rows::get(&caller().await?.context(), id)
        .await
        .map(Reply::ok)
}

/// Changes an application.
#[server(endpoint = "/applications/{id}", protocol = Rest<Patch>)]
pub async fn patch_application(
    id: Uuid,
    if_match: Version,
    body: Body<ApplicationPatch>,
) -> Result<Reply<Application>, Problem> {
    use crate::server::{auth::caller::caller, services::rows};
    let body = body.parse()?;
    rows::patch(&caller().await?.context(), id, if_match.0, &body)
        .await
        .map(|answer| Reply::once(200, answer))
}

/// Deletes an application, for ever.
#[server(endpoint = "/applications/{id}", protocol = Rest<Delete>)]
pub async fn delete_application(id: Uuid, if_match: Version) -> Result<Reply<()>, Problem> {
    use crate::server::{auth::caller::caller, services::rows};
    rows::delete::<Application>(&caller().await?.context(), id, if_match.0)
        .await
        .map(|()| Reply::bare(204))
}

impl Resource for StageEvent {
    fn version(&self) -> Option<i64> {
        Some(self.version)
    }
    fn id(&self) -> Option<Uuid> {
        Some(self.id)
    }
}

/// The moves of an application, oldest first.
#[server(endpoint = "/applications/{id}/stage-events", protocol = Rest<Get>)]
pub async fn list_stage_events(id: Uuid) -> Result<Reply<Vec<StageEvent>>, Problem> {
    use crate::server::{auth::caller::caller, services::stage_events};
    stage_events::of_application(&caller().await?.context(), id)
        .await
        .map(Reply::ok)
}

/// Corrects a move of an application.
#[server(endpoint = "/applications/{id}/stage-events/{event_id}", protocol = Rest<Patch>)]
pub async fn patch_stage_event(
    id: Uuid,
    event_id: Uuid,
    if_match: Version,
    body: Body<StageEventPatch>,
) -> Result<Reply<StageEvent>, Problem> {
    use crate::server::{auth::caller::caller, services::stage_events};
    let body = body.parse()?;
    stage_events::patch(&caller().await?.context(), id, event_id, if_match.0, &body)
        .await
        .map(|answer| Reply::once(200, answer))
}
