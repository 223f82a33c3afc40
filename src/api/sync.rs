//! `/sync`.

use super::rest::{Get, Query, Reply, Resource, Rest};
use crate::domain::{
    error::Problem,
    sync::{SyncPage, SyncQuery},
};
use leptos::prelude::*;

impl Resource for SyncPage {}

/// What changed since the cursor, in the order of the user's history.
#[server(endpoint = "/sync", protocol = Rest<Get>)]
pub async fn pull_changes(query: Query<SyncQuery>) -> Result<Reply<SyncPage>, Problem> {
    use crate::server::{
        auth::caller::{caller, heard_of},
        services::sync,
    };
    let heard_of = heard_of()?;
    sync::pull(&caller().await?.context(), &query.parse()?, &heard_of)
        .await
        .map(Reply::ok)
}
