//! `/settings`.

use super::rest::{Body, Get, Patch, Reply, Resource, Rest, Version};
use crate::domain::{
    error::Problem,
    settings::{Settings, SettingsPatch},
};
use leptos::prelude::*;

impl Resource for Settings {
    fn version(&self) -> Option<i64> {
        Some(self.version)
    }
}

/// The user's settings.
#[server(endpoint = "/settings", protocol = Rest<Get>)]
pub async fn get_settings() -> Result<Reply<Settings>, Problem> {
    use crate::server::{auth::caller::caller, services::settings};
    settings::get(&caller().await?.context())
        .await
        .map(Reply::ok)
}

/// Changes the user's settings.
#[server(endpoint = "/settings", protocol = Rest<Patch>)]
pub async fn patch_settings(
    if_match: Version,
    body: Body<SettingsPatch>,
) -> Result<Reply<Settings>, Problem> {
    use crate::server::{auth::caller::caller, services::settings};
    settings::patch(&caller().await?.context(), if_match.0, &body.parse()?)
        .await
        .map(|answer| Reply::once(200, answer))
}
