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
        time::Timestamp,
    },
    server::{
        db::{
            applications,
            rows::{self, After},
            stage_events,
            tenant::TenantWrite,
        },
        zones::Zone,
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
    fn plans(&self) -> Option<(Uuid, Option<Uuid>)> {
        Some((self.id, None))
    }

    fn check(patch: &ApplicationPatch) -> Result<(), Problem> {
        let Some(Some(zone)) = patch.timezone.value() else {
            return Ok(());
        };
        let rules = zone.rules().map(drop);
        rules.map_err(|why| Problem::field("timezone", why))
    }

    /// A change of status is a stage event, or takes the newest one back; since when it has its status,
    /// and its day, follow.
    async fn follow(
        tenant: &mut TenantWrite,
        context: &Context<'_>,
        zone: Zone,
        step: Step<'_, Self>,
    ) -> Result<(), Problem> {
        let (before, patch, after) = match step {
            Step::Created(row) => {
                let event = StageEvent::recorded(row, &cause(context), None, context.now);
                return Ok(rows::insert(tenant, &event, None).await?);
            }
            Step::Changes {
                before,
                patch,
                after,
            } => (before, patch, after),
        };
        if patch.voids_stage_event.is_none() && after.status == before.status {
            return Ok(());
        }
        let events = stage_events::of_application(tenant, after.id).await?;
        let mut now = events.clone();
        if let Some(id) = patch.voids_stage_event {
            let voided = newest(&events, id, after)?.voided(context.now);
            rows::update(tenant, &voided).await?;
            for event in now.iter_mut().filter(|event| event.id == id) {
                event.clone_from(&voided);
            }
        } else {
            let from = Some(before.status);
            let at = StageEvent::recorded_next(&events, context.now);
            let event = StageEvent::recorded(after, &cause(context), from, at);
            rows::insert(tenant, &event, None).await?;
            now.push(event);
        }
        after.follow_since(&now);
        if patch.application_date.is_keep() {
            after.follow_day(&events, &now, &zone);
        }
        Ok(())
    }

    async fn was_in(
        tenant: &mut TenantWrite,
        row: &Application,
        at: Timestamp,
    ) -> Result<bool, Problem> {
        let from = applications::followed_from(tenant, row.id, row.version).await?;
        Ok(from.is_some_and(|from| (from..=row.updated_at).contains(&at)))
    }
}

/// The newest move, if it is the move `id` and may be undone as the row asks.
fn newest<'a>(
    events: &'a [StageEvent],
    id: Uuid,
    row: &Application,
) -> Result<&'a StageEvent, Problem> {
    const FIELD: &str = "voids_stage_event";
    let mut standing = events
        .iter()
        .rev()
        .filter(|event| event.voided_at.is_none());
    let newest = standing.next().filter(|event| event.id == id);
    let Some(newest) = newest.filter(|event| event.from_status.is_some()) else {
        return Err(Problem::field(FIELD, "Only the newest move can be undone."));
    };
    // What was between may have been struck out; where all was, nothing would say how it stands.
    let Some(before) = standing.next() else {
        let why = "Everything before this move was struck out. Restore a move first.";
        return Err(Problem::field(FIELD, why));
    };
    let from = before.to_status;
    if from != row.status {
        return Err(Problem::field(
            "status",
            format!("Undoing this move returns to {from}."),
        ));
    }
    Ok(newest)
}

/// What names the cause of a stage event: the idempotency key, or a new id where there is none.
fn cause(context: &Context<'_>) -> String {
    match context.mutation {
        Some(mutation) => mutation.key.clone(),
        None => Uuid::new_v4().to_string(),
    }
}
