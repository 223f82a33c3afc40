//! The moves of an application.

use super::Context;
use crate::{
    domain::{application::Application, error::Problem, stage::StageEvent},
    server::db::{rows, stage_events},
};
use uuid::Uuid;

/// Every move of the application, oldest first, undone ones too.
///
/// # Errors
/// 404 when the application is not this user's.
pub async fn of_application(context: &Context<'_>, id: Uuid) -> Result<Vec<StageEvent>, Problem> {
    let mut tenant = context.db.read_as(context.owner).await?;
    if rows::find::<Application>(&mut tenant, id).await?.is_none() {
        return Err(Problem::not_found("application", id));
    }
    Ok(stage_events::of_application(&mut tenant, id).await?)
}
