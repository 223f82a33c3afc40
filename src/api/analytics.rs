//! `/analytics`: figures of a hunt.

use super::rest::{Get, Query, Reply, Resource, Rest};
use crate::domain::{
    analytics::{
        AnalyticsQuery, Conversion, Figures, Members, MembersQuery, Sources, Summary, Trends,
        TrendsQuery,
    },
    error::Problem,
};
use leptos::prelude::*;

impl Resource for Summary {}
impl Resource for Trends {}
impl Resource for Sources {}
impl Resource for Conversion {}
impl Resource for Figures {}
impl Resource for Members {}

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

/// All of that at once, and what was done on each day of the last year: what a page of figures shows.
#[server(endpoint = "/analytics/figures", protocol = Rest<Get>)]
pub async fn get_figures(query: Query<TrendsQuery>) -> Result<Reply<Figures>, Problem> {
    let (caller, query) = (crate::server::auth::caller::caller().await?, query.parse()?);
    let hunts = &caller.state.hunts;
    hunts
        .figures(&caller.context(), &query)
        .await
        .map(Reply::ok)
}

/// The applications behind a figure.
#[server(endpoint = "/analytics/applications", protocol = Rest<Get>)]
pub async fn get_members(query: Query<MembersQuery>) -> Result<Reply<Members>, Problem> {
    let (caller, query) = (crate::server::auth::caller::caller().await?, query.parse()?);
    let hunts = &caller.state.hunts;
    hunts
        .members(&caller.context(), &query)
        .await
        .map(Reply::ok)
}
