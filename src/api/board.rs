//! `/board`: what the board's first paint needs.

use super::rest::{Get, Query, Reply, Resource, Rest};
use crate::domain::{error::Problem, sync::BoardSnapshot};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The query of `GET /board`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BoardQuery {
    /// The application whose sidebar is open; its row comes along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focus: Option<Uuid>,
}

impl Resource for BoardSnapshot {}

/// The top of every open column, and how long each column is.
#[server(endpoint = "/board", protocol = Rest<Get>)]
pub async fn get_board(query: Query<BoardQuery>) -> Result<Reply<BoardSnapshot>, Problem> {
    use crate::server::{auth::caller::caller, services::board};
    board::snapshot(&caller().await?.context(), query.parse()?.focus)
        .await
        .map(Reply::ok)
}
