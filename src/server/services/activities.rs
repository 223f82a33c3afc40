//! Activities: what goes with a change of one, and lists of them.

use super::{
    Context, cursors,
    rows::{self, Kind, Step},
};
use crate::{
    domain::{
        activity::{Activity, ActivityCreate, ActivityPatch},
        application::Application,
        change::Change,
        cursor::Page,
        error::Problem,
        filter::{ActivityQuery, PageQuery},
        settings::Settings,
        time::ZoneRules as _,
    },
    server::{
        db::{activities, rows::After, tenant::TenantWrite},
        zones::Zone,
    },
};
use uuid::Uuid;

/// A page of the activities of an application, oldest first.
///
/// # Errors
/// 404 when the application is not this user's; 400 for a limit out of range, or a cursor that is not
/// ours.
pub async fn of_application(
    context: &Context<'_>,
    application: Uuid,
    query: &PageQuery,
) -> Result<Page<Activity>, Problem> {
    rows::get::<Application>(context, application).await?;
    let order = format!("activities of {application}");
    let page = cursors::Asked::read(context, &order, query.limit, query.cursor.as_deref())?;
    let mut tenant = context.db.read_as(context.owner).await?;
    let most = page.limit_and_one();
    let items = activities::of_application(&mut tenant, application, page.after, most).await?;
    Ok(page.of(context, items, |last| After {
        key: last.created_at,
        id: last.id,
    }))
}

/// A page of the activities that have a start, the earliest first.
///
/// # Errors
/// 400 for a limit out of range, a cursor that is not ours, or `to` before `from`.
pub async fn list(context: &Context<'_>, query: &ActivityQuery) -> Result<Page<Activity>, Problem> {
    if let (Some(from), Some(to)) = (query.from, query.to)
        && to < from
    {
        return Err(Problem::field("to", "The end is before the start."));
    }
    let page = cursors::Asked::read(context, "activities", query.limit, query.cursor.as_deref())?;
    let mut tenant = context.db.read_as(context.owner).await?;
    let items = activities::starting(&mut tenant, query, page.after, page.limit_and_one()).await?;
    Ok(page.of(context, items, |last| After {
        // What is listed has a start.
        key: last.starts_at.unwrap_or(last.created_at),
        id: last.id,
    }))
}

impl Kind for Activity {
    fn plans(&self) -> Option<(Uuid, Option<Uuid>)> {
        Some((self.application_id, None))
    }

    fn check(patch: &ActivityPatch) -> Result<(), Problem> {
        let Some(zone) = patch.timezone.value() else {
            return Ok(());
        };
        let rules = zone.rules().map(drop);
        rules.map_err(|why| Problem::field("timezone", why))
    }

    /// Its application must be there; its zone is the user's where none is said.
    async fn complete(
        tenant: &mut TenantWrite,
        create: &mut ActivityCreate,
        settings: &Settings,
    ) -> Result<(), Problem> {
        let application = create.application_id.unwrap_or_default();
        let parent = crate::server::db::rows::find::<Application>(tenant, application).await?;
        if parent.is_none() {
            return Err(Problem::not_found("application", application));
        }
        if create.timezone.is_keep() {
            create.timezone = Change::Set(settings.timezone.clone());
        }
        Ok(())
    }

    /// The clock on the wall is kept beside the moment: zone rules change, appointments do not.
    async fn follow(
        tenant: &mut TenantWrite,
        _: &Context<'_>,
        _: Zone,
        step: Step<'_, Self>,
    ) -> Result<(), Problem> {
        let row = match step {
            Step::Created(row) => row,
            Step::Changes { before, after, .. } => {
                if (before.starts_at, &before.timezone) == (after.starts_at, &after.timezone) {
                    return Ok(());
                }
                &*after
            }
        };
        let zone = row.timezone.rules();
        let zone = zone.map_err(|why| Problem::field("timezone", why))?;
        let local = row.starts_at.map(|at| zone.local(at));
        Ok(activities::set_starts_local(tenant, row.id, local).await?)
    }
}
