//! The moves of an application.

use crate::{
    domain::{error::Problem, stage::StageEvent},
    server::{
        auth::caller::Caller,
        db::{applications, stage_events},
    },
};
use uuid::Uuid;

/// Every move of the application, oldest first, undone ones too.
///
/// # Errors
/// 404 when the application is not this user's.
pub async fn of_application(caller: &Caller, id: Uuid) -> Result<Vec<StageEvent>, Problem> {
    let mut tenant = caller.state.db.read_as(caller.session.owner).await?;
    if applications::find(&mut tenant, id).await?.is_none() {
        return Err(Problem::not_found("application", id));
    }
    Ok(stage_events::of_application(&mut tenant, id).await?)
}
