//! Settings.

use super::ledger;
use crate::{
    domain::{
        error::{Problem, ProblemKind},
        settings::{Settings, SettingsPatch},
        user::Me,
    },
    server::{
        auth::{caller::Caller, csrf},
        db::settings,
    },
};

const RESOURCE: &str = "settings";

/// The user's settings.
///
/// # Errors
/// When the database does not answer.
pub async fn get(caller: &Caller) -> Result<Settings, Problem> {
    let mut tenant = caller.state.db.read_as(caller.session.owner).await?;
    Ok(settings::find(&mut tenant).await?)
}

/// Who is signed in, with what a page needs to go on.
///
/// # Errors
/// 401 when the user is gone.
pub async fn me(caller: &Caller) -> Result<Me, Problem> {
    let user = caller
        .state
        .db
        .find_user(caller.session.owner.user_id())
        .await?
        .ok_or_else(|| Problem::new(ProblemKind::Unauthorized, "Sign in first."))?;
    Ok(Me {
        user,
        settings: get(caller).await?,
        csrf_token: csrf::token(&caller.state.keys, caller.session.id),
    })
}

/// Changes settings that are still at `version`.
///
/// # Errors
/// 400 for values that do not fit, 409 when they have changed.
pub async fn patch(
    caller: &Caller,
    version: i64,
    patch: &SettingsPatch,
) -> Result<Settings, Problem> {
    let mutation = caller.mutation.as_ref();
    let mut tenant = caller.state.db.write_as(caller.session.owner).await?;
    if let Some(row) = ledger::replay(&mut tenant, mutation, RESOURCE).await? {
        return Ok(row);
    }
    let current = settings::find(&mut tenant).await?;
    if current.version != version {
        return Err(Problem::new(
            ProblemKind::Conflict,
            format!(
                "Settings version {} does not match If-Match {version}.",
                current.version
            ),
        )
        .with_meta(serde_json::json!({ "resource": RESOURCE, "current": current })));
    }
    if let Some(zone) = patch.timezone.value() {
        zone.rules()
            .map_err(|why| Problem::field("timezone", why))?;
    }
    let next = current.patched(patch, caller.now)?;
    settings::update(&mut tenant, &next).await?;
    let user_id = caller.session.owner.user_id();
    ledger::record(&mut tenant, mutation, 200, Some(&next), user_id, caller.now).await?;
    tenant.commit().await?;
    Ok(next)
}
