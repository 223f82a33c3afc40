//! `/analytics`: figures of a hunt.

use super::rest::{Get, Query, Reply, Resource, Rest};
use crate::domain::{
    analytics::{Activity, AnalyticsQuery, Conversion, Sources, Summary, Trends, TrendsQuery},
    error::Problem,
};
use leptos::prelude::*;

impl Resource for Summary {}
impl Resource for Trends {}
impl Resource for Sources {}
impl Resource for Conversion {}
impl Resource for Activity {}

/// Totals, what stands where, how long stages take, what is silent.
#[server(endpoint = "/analytics/summary", protocol = Rest<Get>)]
pub async fn get_summary(query: Query<AnalyticsQuery>) -> Result<Reply<Summary>, Problem> {
    let (caller, query) = (crate::server::auth::caller::caller().await?, query.parse()?);
    let hunts = &caller.state.hunts;
    hunts
        .summary(&caller.context(), &query)
        .await
        .map(Reply::ok)
}

/// Applications over time.
#[server(endpoint = "/analytics/trends", protocol = Rest<Get>)]
pub async fn get_trends(query: Query<TrendsQuery>) -> Result<Reply<Trends>, Problem> {
    let (caller, query) = (crate::server::auth::caller::caller().await?, query.parse()?);
    let hunts = &caller.state.hunts;
    hunts.trends(&caller.context(), &query).await.map(Reply::ok)
}

/// What came of each source.
#[server(endpoint = "/analytics/source-breakdown", protocol = Rest<Get>)]
pub async fn get_sources(query: Query<AnalyticsQuery>) -> Result<Reply<Sources>, Problem> {
    let (caller, query) = (crate::server::auth::caller::caller().await?, query.parse()?);
    let hunts = &caller.state.hunts;
    hunts
        .sources(&caller.context(), &query)
        .await
        .map(Reply::ok)
}

/// How many reached each stage.
#[server(endpoint = "/analytics/stage-conversion", protocol = Rest<Get>)]
pub async fn get_conversion(query: Query<AnalyticsQuery>) -> Result<Reply<Conversion>, Problem> {
    let (caller, query) = (crate::server::auth::caller::caller().await?, query.parse()?);
    let hunts = &caller.state.hunts;
    hunts
        .conversion(&caller.context(), &query)
        .await
        .map(Reply::ok)
}

/// What was done on each day.
#[server(endpoint = "/analytics/activity", protocol = Rest<Get>)]
pub async fn get_activity(query: Query<AnalyticsQuery>) -> Result<Reply<Activity>, Problem> {
    let (caller, query) = (crate::server::auth::caller::caller().await?, query.parse()?);
    let hunts = &caller.state.hunts;
    hunts
        .activity(&caller.context(), &query)
        .await
        .map(Reply::ok)
}
