//! `/calendar-feed`.

use super::rest::{Body, Get, Post, Reply, Resource, Rest};
use crate::domain::{
    calendar_feed::{CalendarFeed, CalendarFeedChange},
    error::Problem,
};
use leptos::prelude::*;

impl Resource for CalendarFeed {}

/// The address at which calendars read the user's appointments.
#[server(endpoint = "/calendar-feed", protocol = Rest<Get>)]
pub async fn get_calendar_feed() -> Result<Reply<CalendarFeed>, Problem> {
    use crate::server::{auth::caller::caller, services::calendar};
    let caller = caller().await?;
    let origin = caller.state.config.public_url.origin();
    calendar::feed(&caller.context(), origin)
        .await
        .map(Reply::ok)
}

/// Makes or changes it.
#[server(endpoint = "/calendar-feed", protocol = Rest<Post>)]
pub async fn change_calendar_feed(
    body: Body<CalendarFeedChange>,
) -> Result<Reply<CalendarFeed>, Problem> {
    use crate::server::{auth::caller::caller, services::calendar};
    let caller = caller().await?;
    let origin = caller.state.config.public_url.origin();
    calendar::change_feed(&caller.context(), body.parse()?, origin)
        .await
        .map(Reply::ok)
}

/// Takes it away.
#[server(endpoint = "/calendar-feed/revoke", protocol = Rest<Post>)]
pub async fn revoke_calendar_feed() -> Result<Reply<()>, Problem> {
    use crate::server::{auth::caller::caller, services::calendar};
    calendar::revoke_feed(&caller().await?.context()).await?;
    Ok(Reply::bare(204))
}
