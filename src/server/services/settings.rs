//! Settings.

use super::{
    Context,
    ledger::{self, Answer},
    rows,
};
use crate::{
    domain::{
        error::{Problem, ProblemKind},
        row::{Edited as _, Seen},
        settings::{Settings, SettingsPatch},
        user::Me,
    },
    server::{
        auth::{csrf, session::Session},
        db::settings,
    },
};

/// The user's settings.
///
/// # Errors
/// When the database does not answer.
pub async fn get(context: &Context<'_>) -> Result<Settings, Problem> {
    let mut tenant = context.db.read_as(context.owner).await?;
    Ok(settings::find(&mut tenant).await?)
}

/// Who is signed in, with what a page needs to go on.
///
/// # Errors
/// 401 when the user is gone.
pub async fn me(context: &Context<'_>, session: Session) -> Result<Me, Problem> {
    let user = context
        .db
        .find_user(context.owner.user_id())
        .await?
        .ok_or_else(|| Problem::new(ProblemKind::Unauthorized, "Sign in first."))?;
    Ok(Me {
        user,
        settings: get(context).await?,
        csrf_token: csrf::token(context.keys, session.id),
    })
}

/// Changes settings that are still as they were `seen`.
///
/// # Errors
/// 400 for values that do not fit, 409 when they have changed.
pub async fn patch(
    context: &Context<'_>,
    seen: Seen,
    patch: &SettingsPatch,
) -> Result<Answer<Settings>, Problem> {
    let user_id = context.owner.user_id();
    ledger::once(context, Settings::NOUN, 200, async |tenant| {
        let current = settings::find(tenant).await?;
        rows::check_state(&current, user_id, seen)?;
        if let Some(zone) = patch.timezone.value() {
            let rules = zone.rules().map(drop);
            rules.map_err(|why| Problem::field("timezone", why))?;
        }
        let next = current.patched(patch, context.now)?;
        let replan = current.plans_by() != next.plans_by();
        settings::update(tenant, &next, replan).await?;
        if replan {
            tenant.wakes_at(context.now);
        }
        Ok((user_id, next))
    })
    .await
}
