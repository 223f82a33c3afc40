//! The moves of an application.

use super::{
    Context,
    ledger::Answer,
    rows::{Kind, Step},
};
use crate::{
    domain::{
        application::Application,
        error::Problem,
        row::{Edited as _, Seen},
        stage::{StageEvent, StageEventPatch, check_corrected},
    },
    server::{
        db::{applications, rows, stage_events, tenant::TenantWrite},
        zones::Zone,
    },
};
use chrono::Duration;
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

/// Corrects a move of an application that is still as it was `seen`.
///
/// # Errors
/// 400 for what does not fit, 404 when the application has no such move, 409 when the move has changed.
pub async fn patch(
    context: &Context<'_>,
    application: Uuid,
    id: Uuid,
    seen: Seen,
    patch: &StageEventPatch,
) -> Result<Answer<StageEvent>, Problem> {
    if patch.application_id.is_some_and(|said| said != application) {
        let why = "The address names another application.";
        return Err(Problem::field("application_id", why));
    }
    // Which application's a move is never changes, so it may be asked before the lock is taken.
    let mut tenant = context.db.read_as(context.owner).await?;
    let known = rows::find::<StageEvent>(&mut tenant, id).await?;
    drop(tenant);
    if known.is_some_and(|event| event.application_id != application) {
        return Err(Problem::not_found(StageEvent::NOUN, id));
    }
    let patch = StageEventPatch {
        application_id: Some(application),
        ..patch.clone()
    };
    super::rows::patch(context, id, seen, &patch).await
}

impl Kind for StageEvent {
    fn plans(&self) -> Option<(Uuid, Option<Uuid>)> {
        Some((self.application_id, None))
    }

    fn check(_: &StageEventPatch) -> Result<(), Problem> {
        Ok(())
    }

    /// Since when the application has its status, and its day, follow, and make no version of it.
    async fn follow(
        tenant: &mut TenantWrite,
        context: &Context<'_>,
        zone: Zone,
        step: Step<'_, Self>,
    ) -> Result<(), Problem> {
        let Step::Changes { before, after, .. } = step else {
            return Ok(());
        };
        let application = before.application_id;
        let row = rows::find::<Application>(tenant, application).await?;
        let row = row.ok_or_else(|| Problem::not_found("application", application))?;
        let events = stage_events::of_application(tenant, application).await?;
        let mut now = events.clone();
        for event in now.iter_mut().filter(|event| event.id == after.id) {
            event.clone_from(after);
        }
        check_corrected(&events, &now, after.id)?;
        let mut next = row.clone();
        next.follow_since(&now);
        next.follow_day(&events, &now, &zone);
        // It goes out also where nothing follows: a page that shows already what it takes for following may
        // have reckoned with the rules of another zone, and would be told nothing.
        // Later than the state before, whatever the clock says: that is how it is known to be newer.
        next.updated_at = context.now.max(row.updated_at + Duration::milliseconds(1));
        applications::follow(tenant, &row, &next).await?;
        Ok(())
    }
}
