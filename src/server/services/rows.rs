//! What is the same for every kind of row that people make and change: read it, create it, change it,
//! delete it.

use super::{
    Context,
    ledger::{self, Answer},
    reminders,
};
use crate::{
    domain::{
        error::{Problem, ProblemKind},
        fields::Create as _,
        row::{Edited, Made, Seen},
        settings::Settings,
        time::{Timestamp, ZoneRules as _},
    },
    server::{
        db::{
            rows::{self, Table},
            settings,
            tenant::TenantWrite,
            tombstones,
        },
        secrets,
        zones::Zone,
    },
};
use serde::Serialize;
use uuid::Uuid;

/// What is particular to a kind of row at the server.
pub trait Kind: Edited + Table {
    /// Checks what only the server can check in a create, or in a patch.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    fn check(patch: &Self::Patch) -> Result<(), Problem>;

    /// Fills in what a create leaves to the server, and checks what only its transaction can see.
    ///
    /// # Errors
    /// 400 naming what does not fit; 404 where what it is to hang on is not there.
    fn complete(
        _: &mut TenantWrite,
        _: &mut Self::Create,
        _: &Settings,
    ) -> impl Future<Output = Result<(), Problem>> + Send {
        std::future::ready(Ok(()))
    }

    /// Does what goes with a change, in its transaction. `zone` is the user's.
    ///
    /// # Errors
    /// 400 naming what does not fit; nothing of the change is kept then.
    fn follow(
        tenant: &mut TenantWrite,
        context: &Context<'_>,
        zone: Zone,
        change: Step<'_, Self>,
    ) -> impl Future<Output = Result<(), Problem>> + Send;

    /// The application whose reminders follow from it, and the reminder that it is, if it is one.
    fn plans(&self) -> Option<(Uuid, Option<Uuid>)>;

    /// Whether the current version of a row, that `row` is, was in a state of this time before something
    /// followed that made no version.
    fn was_in(
        _: &mut TenantWrite,
        _: &Self,
        _: Timestamp,
    ) -> impl Future<Output = Result<bool, Problem>> + Send {
        std::future::ready(Ok(false))
    }
}

/// What happens to a row.
pub enum Step<'a, R: Edited> {
    /// It was stored for the first time.
    Created(&'a R),
    /// It will be stored.
    Changes {
        /// As it is stored.
        before: &'a R,
        /// What is asked for.
        patch: &'a R::Patch,
        /// As it will be stored.
        after: &'a mut R,
    },
}

/// The row `id`.
///
/// # Errors
/// 404 when it is not this user's.
pub async fn get<R: Kind>(context: &Context<'_>, id: Uuid) -> Result<R, Problem> {
    let mut tenant = context.db.read_as(context.owner).await?;
    let row = rows::find(&mut tenant, id).await?;
    row.ok_or_else(|| Problem::not_found(R::NOUN, id))
}

/// Creates a row under `id`, or a new id. The same create again answers the row.
///
/// # Errors
/// 400 for fields that do not fit; 409 when the id has other content, or was deleted.
pub async fn create<R: Kind>(
    context: &Context<'_>,
    id: Option<Uuid>,
    input: &R::Create,
) -> Result<Answer<R>, Problem> {
    ledger::once(context, R::NOUN, 201, async |tenant| {
        let id = id.unwrap_or_else(Uuid::new_v4);
        let created_hash = content_hash(input);
        if let Some(existing) = rows::created_hash::<R>(tenant, id).await? {
            let row = rows::find::<R>(tenant, id).await?;
            let row = row.ok_or_else(|| Problem::not_found(R::NOUN, id))?;
            if existing != created_hash {
                let detail = format!("Another {} has this id.", R::NOUN);
                return Err(conflict(detail, id, &row));
            }
            return Ok((id, row));
        }
        if tombstones::exists(tenant, R::KIND, id).await? {
            let noun = R::NOUN;
            let detail = format!("The {noun} with this id was deleted; create it under a new id.");
            let meta = serde_json::json!({ "resource": noun, "id": id });
            return Err(Problem::new(ProblemKind::Gone, detail).with_meta(meta));
        }
        let settings = settings::find(tenant).await?;
        let zone = zone_of(&settings);
        let mut input = input.clone();
        R::complete(tenant, &mut input, &settings).await?;
        let asked = input.clone().into_patch();
        R::check(&asked)?;
        let row = R::build(&input, id, made::<R>(context, zone, &asked))?;
        rows::insert(tenant, &row, Some(created_hash)).await?;
        R::follow(tenant, context, zone, Step::Created(&row)).await?;
        planned(tenant, context, id, row).await
    })
    .await
}

/// Changes a row that is still as it was `seen`.
///
/// # Errors
/// 400 for fields that do not fit, 404 when it is not this user's, 409 when it has changed.
pub async fn patch<R: Kind>(
    context: &Context<'_>,
    id: Uuid,
    seen: Seen,
    patch: &R::Patch,
) -> Result<Answer<R>, Problem> {
    ledger::once(context, R::NOUN, 200, async |tenant| {
        let before: R = current_at(tenant, id, seen).await?;
        R::check(patch)?;
        let zone = zone_of(&settings::find(tenant).await?);
        let mut after = before.patched(patch, made::<R>(context, zone, patch))?;
        let step = Step::Changes {
            before: &before,
            patch,
            after: &mut after,
        };
        R::follow(tenant, context, zone, step).await?;
        rows::update(tenant, &after).await?;
        planned(tenant, context, id, after).await
    })
    .await
}

/// Deletes a row that is still as it was `seen`, with all that hangs on it.
///
/// # Errors
/// 404 when it is not this user's, 409 when it has changed.
pub async fn delete<R: Kind>(context: &Context<'_>, id: Uuid, seen: Seen) -> Result<(), Problem> {
    ledger::delete_once(context, id, async |tenant| {
        let row = current_at::<R>(tenant, id, seen).await?;
        remove(tenant, context, id, &row).await
    })
    .await
}

/// Takes a row away with all that hangs on it. Answers what is gone.
pub(super) async fn remove<R: Kind>(
    tenant: &mut TenantWrite,
    context: &Context<'_>,
    id: Uuid,
    row: &R,
) -> Result<Vec<Uuid>, Problem> {
    let mut gone = rows::hanging_on(tenant, R::KIND, id).await?;
    gone.push((R::KIND, id));
    rows::delete::<R>(tenant, id).await?;
    for (kind, id) in &gone {
        tombstones::insert(tenant, *kind, *id, context.now).await?;
    }
    if let Some((application, _)) = row.plans() {
        reminders::replan(tenant, context.now, &[application], None).await?;
    }
    Ok(gone.into_iter().map(|(_, id)| id).collect())
}

/// Plans the reminders that follow from a row which was stored, and answers it as it is then.
async fn planned<R: Kind>(
    tenant: &mut TenantWrite,
    context: &Context<'_>,
    id: Uuid,
    row: R,
) -> Result<(Uuid, R), Problem> {
    let Some((application, edited)) = row.plans() else {
        return Ok((id, row));
    };
    reminders::replan(tenant, context.now, &[application], edited).await?;
    if edited.is_none() {
        return Ok((id, row));
    }
    let row = rows::find::<R>(tenant, id).await?;
    let row = row.ok_or_else(|| Problem::not_found(R::NOUN, id))?;
    Ok((id, row))
}

/// The row `id`, if it still is as it was `seen`.
pub(super) async fn current_at<R: Kind>(
    tenant: &mut TenantWrite,
    id: Uuid,
    seen: Seen,
) -> Result<R, Problem> {
    let current = rows::find::<R>(tenant, id).await?;
    let current = current.ok_or_else(|| Problem::not_found(R::NOUN, id))?;
    if let Some(at) = seen.at
        && seen.version == current.version()
        && R::was_in(tenant, &current, at).await?
    {
        return Ok(current);
    }
    check_state(&current, id, seen)?;
    Ok(current)
}

/// The rules of the user's zone.
pub(super) fn zone_of(settings: &Settings) -> Zone {
    settings.timezone.rules().unwrap_or_default()
}

/// When something is done now, and on which of the user's days what it tells happened.
fn made<R: Edited>(context: &Context<'_>, zone: Zone, asked: &R::Patch) -> Made {
    Made {
        at: context.now,
        on: zone.day(R::happened_at(asked).unwrap_or(context.now)),
    }
}

/// Checks `If-Match`, and the time of that version where the request says it.
///
/// # Errors
/// 409 with the row when it is not as it was `seen`.
pub(super) fn check_state<R: Edited>(current: &R, id: Uuid, seen: Seen) -> Result<(), Problem> {
    if seen.is(current) {
        return Ok(());
    }
    let (version, wanted) = (current.version(), seen.version);
    let detail = if version == wanted {
        format!("Row version {version} is another one than was seen.")
    } else {
        format!("Row version {version} does not match If-Match {wanted}.")
    };
    Err(conflict(detail, id, current))
}

fn conflict<R: Edited>(detail: String, id: Uuid, current: &R) -> Problem {
    let mut meta = serde_json::json!({ "resource": R::NOUN, "current": current });
    // What is at the collection's own address needs no id.
    if let Some(meta) = meta.as_object_mut().filter(|_| !R::SINGLE) {
        meta.insert("id".into(), serde_json::json!(id));
    }
    Problem::new(ProblemKind::Conflict, detail).with_meta(meta)
}

/// The hash of what a create asks for. Equal requests have equal canonical forms: the fields are
/// written in one order, and absent ones not at all.
fn content_hash(input: &impl Serialize) -> [u8; 32] {
    let json = serde_json::to_vec(input).unwrap_or_default();
    secrets::sha256(&json)
}
