//! `/activities`.

use super::rest::{Body, Delete, Get, Patch, Post, Query, Reply, Resource, Rest, Version};
use crate::domain::{
    activity::{Activity, ActivityCreate, ActivityPatch},
    cursor::Page,
    error::Problem,
    filter::{ActivityQuery, PageQuery},
};
use leptos::prelude::*;
use uuid::Uuid;

impl Resource for Activity {
    fn version(&self) -> Option<i64> {
        Some(self.version)
    }
    fn id(&self) -> Option<Uuid> {
        Some(self.id)
    }
    fn location(id: Uuid) -> Option<String> {
        Some(format!("/activities/{id}"))
    }
}

/// The activities of an application, oldest first.
#[server(endpoint = "/applications/{id}/activities", protocol = Rest<Get>)]
pub async fn list_activities_of(
    id: Uuid,
    query: Query<PageQuery>,
) -> Result<Reply<Page<Activity>>, Problem> {
    use crate::server::{auth::caller::caller, services::activities};
    activities::of_application(&caller().await?.context(), id, &query.parse()?)
        .await
        .map(Reply::ok)
}

/// A new activity of an application.
#[server(endpoint = "/applications/{id}/activities", protocol = Rest<Post>)]
pub async fn create_activity(
    id: Uuid,
    body: Body<ActivityCreate>,
) -> Result<Reply<Activity>, Problem> {
    use crate::server::{auth::caller::caller, services::rows};
    let mut body = body.parse()?;
    if body.application_id.is_some_and(|said| said != id) {
        let why = "The address names another application.";
        return Err(Problem::field("application_id", why));
    }
    body.application_id = Some(id);
    rows::create(&caller().await?.context(), body.id, &body)
        .await
        .map(|answer| Reply::once(201, answer))
}

/// Activities that have a start, the earliest first.
#[server(endpoint = "/activities", protocol = Rest<Get>)]
pub async fn list_activities(
    query: Query<ActivityQuery>,
) -> Result<Reply<Page<Activity>>, Problem> {
    use crate::server::{auth::caller::caller, services::activities};
    activities::list(&caller().await?.context(), &query.parse()?)
        .await
        .map(Reply::ok)
}

/// One activity.
#[server(endpoint = "/activities/{id}", protocol = Rest<Get>)]
pub async fn get_activity(id: Uuid) -> Result<Reply<Activity>, Problem> {
    use crate::server::{auth::caller::caller, services::rows};
    rows::get(&caller().await?.context(), id)
        .await
        .map(Reply::ok)
}

/// Changes an activity.
#[server(endpoint = "/activities/{id}", protocol = Rest<Patch>)]
pub async fn patch_activity(
    id: Uuid,
    if_match: Version,
    body: Body<ActivityPatch>,
) -> Result<Reply<Activity>, Problem> {
    use crate::server::{auth::caller::caller, services::rows};
    let body = body.parse()?;
    rows::patch(&caller().await?.context(), id, if_match.0, &body)
        .await
        .map(|answer| Reply::once(200, answer))
}

/// Deletes an activity, for ever.
#[server(endpoint = "/activities/{id}", protocol = Rest<Delete>)]
pub async fn delete_activity(id: Uuid, if_match: Version) -> Result<Reply<()>, Problem> {
    use crate::server::{auth::caller::caller, services::rows};
    rows::delete::<Activity>(&caller().await?.context(), id, if_match.0)
        .await
        .map(|()| Reply::bare(204))
}
