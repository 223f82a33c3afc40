//! `/reminders`.

use super::rest::{Body, Delete, Get, Patch, Post, Query, Reply, Resource, Rest, Version};
use crate::domain::{
    cursor::Page,
    error::Problem,
    filter::ReminderQuery,
    reminder::{Reminder, ReminderCreate, ReminderPatch},
};
use leptos::prelude::*;
use uuid::Uuid;

impl Resource for Reminder {
    fn version(&self) -> Option<i64> {
        Some(self.version)
    }
    fn id(&self) -> Option<Uuid> {
        Some(self.id)
    }
    fn location(id: Uuid) -> Option<String> {
        Some(format!("/reminders/{id}"))
    }
}

/// Reminders, in the order in which they are due.
#[server(endpoint = "/reminders", protocol = Rest<Get>)]
pub async fn list_reminders(query: Query<ReminderQuery>) -> Result<Reply<Page<Reminder>>, Problem> {
    use crate::server::{auth::caller::caller, services::reminders};
    reminders::list(&caller().await?.context(), &query.parse()?)
        .await
        .map(Reply::ok)
}

/// A new reminder, of an application or an activity.
#[server(endpoint = "/reminders", protocol = Rest<Post>)]
pub async fn create_reminder(body: Body<ReminderCreate>) -> Result<Reply<Reminder>, Problem> {
    use crate::server::{auth::caller::reminder_writer, services::rows};
    let body = body.parse()?;
    rows::create(&reminder_writer().await?.context(), body.id, &body)
        .await
        .map(|answer| Reply::once(201, answer))
}

/// One reminder.
#[server(endpoint = "/reminders/{id}", protocol = Rest<Get>)]
pub async fn get_reminder(id: Uuid) -> Result<Reply<Reminder>, Problem> {
    use crate::server::{auth::caller::caller, services::rows};
    rows::get(&caller().await?.context(), id)
        .await
        .map(Reply::ok)
}

/// Changes a reminder: another time, called off, done.
#[server(endpoint = "/reminders/{id}", protocol = Rest<Patch>)]
pub async fn patch_reminder(
    id: Uuid,
    if_match: Version,
    body: Body<ReminderPatch>,
) -> Result<Reply<Reminder>, Problem> {
    use crate::server::{auth::caller::reminder_writer, services::rows};
    let body = body.parse()?;
    rows::patch(&reminder_writer().await?.context(), id, if_match.0, &body)
        .await
        .map(|answer| Reply::once(200, answer))
}

/// Deletes a reminder; one that a rule planned is called off for good.
#[server(endpoint = "/reminders/{id}", protocol = Rest<Delete>)]
pub async fn delete_reminder(id: Uuid, if_match: Version) -> Result<Reply<()>, Problem> {
    use crate::server::{auth::caller::reminder_writer, services::reminders};
    reminders::delete(&reminder_writer().await?.context(), id, if_match.0)
        .await
        .map(|()| Reply::bare(204))
}
