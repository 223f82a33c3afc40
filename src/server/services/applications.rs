//! Applications: what goes with a change of one, and lists of them.

use super::{
    Context,
    cursors::Asked,
    rows::{Kind, Step},
};
use crate::{
    domain::{
        application::{Application, ApplicationPatch},
        cursor::{Page, Sort},
        error::Problem,
        filter::{ApplicationQuery, MAX_SEARCH},
        stage::StageEvent,
        tags::MAX_TAG,
    },
    server::db::{
        applications,
        rows::{self, After},
        stage_events,
        tenant::TenantWrite,
    },
};
use uuid::Uuid;

/// A page of applications.
///
/// # Errors
/// 400 for a limit out of range, or a cursor that is not ours or was made for another order.
pub async fn list(
    context: &Context<'_>,
    query: &ApplicationQuery,
) -> Result<Page<Application>, Problem> {
    let sort = query.sort.unwrap_or(Sort::CreatedDesc);
    let page = Asked::read(context, sort.as_str(), query.limit, query.cursor.as_deref())?;
    check_text("q", query.q.as_deref(), MAX_SEARCH)?;
    check_text("tag", query.tag.as_deref(), MAX_TAG)?;
    let mut tenant = context.db.read_as(context.owner).await?;
    let most = page.limit_and_one();
    let items = applications::list(&mut tenant, query, sort, page.after, most).await?;
    Ok(page.of(context, items, |last| After {
        key: match sort {
            Sort::CreatedDesc | Sort::CreatedAsc => last.created_at,
            Sort::UpdatedDesc | Sort::UpdatedAsc => last.updated_at,
        },
        id: last.id,
    }))
}

/// Text to look for is short, and has nothing in it that no stored text has.
fn check_text(parameter: &str, text: Option<&str>, most: usize) -> Result<(), Problem> {
    let text = text.unwrap_or_default();
    if text.chars().count() > most {
        return Err(Problem::field(
            parameter,
            format!("At most {most} characters."),
        ));
    }
    if text.contains('\0') {
        return Err(Problem::field(parameter, "The character 0 is not text."));
    }
    Ok(())
}

impl Kind for Application {
    fn check(patch: &ApplicationPatch) -> Result<(), Problem> {
        let Some(Some(zone)) = patch.timezone.value() else {
            return Ok(());
        };
        let rules = zone.rules().map(drop);
        rules.map_err(|why| Problem::field("timezone", why))
    }

    /// A change of status is a stage event.
    async fn follow(
        tenant: &mut TenantWrite,
        context: &Context<'_>,
        step: Step<'_, Self>,
    ) -> Result<(), Problem> {
        let (from_status, row) = match step {
            Step::Created(row) => (None, row),
            Step::Changes { patch, after, .. } if patch.voids_stage_event.is_some() => {
                let event = patch.voids_stage_event.unwrap_or_default();
                after.status_since = void_newest(tenant, context, after, event).await?;
                return Ok(());
            }
            Step::Changes { before, after, .. } if after.status == before.status => return Ok(()),
            Step::Changes { before, after, .. } => (Some(before.status), &*after),
        };
        let event = StageEvent {
            id: StageEvent::derive_id(row.id, &cause(context)),
            application_id: row.id,
            from_status,
            to_status: row.status,
            occurred_at: row.status_since,
            recorded_at: context.now,
            voided_at: None,
        };
        rows::insert(tenant, &event, None).await?;
        Ok(())
    }
}

/// Voids the newest move, and answers since when the application has the status that it returns
/// to.
async fn void_newest(
    tenant: &mut TenantWrite,
    context: &Context<'_>,
    row: &Application,
    event_id: Uuid,
) -> Result<crate::domain::time::Timestamp, Problem> {
    const FIELD: &str = "voids_stage_event";
    let events = stage_events::of_application(tenant, row.id).await?;
    let mut counting = events
        .iter()
        .rev()
        .filter(|event| event.voided_at.is_none());
    let newest = counting.next().filter(|event| event.id == event_id);
    let Some((newest, from)) = newest.and_then(|event| Some((event, event.from_status?))) else {
        return Err(Problem::field(FIELD, "Only the newest move can be undone."));
    };
    if from != row.status {
        return Err(Problem::field(
            "status",
            format!("Undoing this move returns to {from}."),
        ));
    }
    let since = counting
        .next()
        .map_or(row.created_at, |event| event.occurred_at);
    let voided = StageEvent {
        voided_at: Some(context.now),
        ..newest.clone()
    };
    rows::update(tenant, &voided).await?;
    Ok(since)
}

/// What names the cause of a stage event: the idempotency key, or a new id where there is none.
fn cause(context: &Context<'_>) -> String {
    match context.mutation {
        Some(mutation) => mutation.key.clone(),
        None => Uuid::new_v4().to_string(),
    }
}
