//! Doing a mutation once (DESIGN §4): the same key and request get the first answer again.

use crate::{
    domain::{
        error::{Problem, ProblemKind},
        time::Timestamp,
    },
    server::db::{mutations, tenant::TenantWrite},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// The longest idempotency key.
pub const MAX_KEY: usize = 255;

/// The idempotency key of a request, and the hash of what was asked under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutationKey {
    /// As the client sent it.
    pub key: String,
    /// SHA-256 of method, path, `If-Match` and body.
    pub request_hash: [u8; 32],
}

/// What was recorded under this request's key.
async fn recorded(
    tenant: &mut TenantWrite,
    mutation: Option<&MutationKey>,
) -> Result<Option<mutations::Recorded>, Problem> {
    let Some(mutation) = mutation else {
        return Ok(None);
    };
    let Some(recorded) = mutations::find(tenant, &mutation.key).await? else {
        return Ok(None);
    };
    if recorded.request_hash != mutation.request_hash {
        return Err(Problem::new(
            ProblemKind::IdempotencyMismatch,
            "This Idempotency-Key was used for another request.",
        ));
    }
    Ok(Some(recorded))
}

/// The row that was answered to this request before, if it was. Call it under the user's lock,
/// before anything is checked against the current row.
///
/// # Errors
/// 422 when the key was used for something else; 409 when the row was deleted since.
pub async fn replay<T: DeserializeOwned>(
    tenant: &mut TenantWrite,
    mutation: Option<&MutationKey>,
    resource: &str,
) -> Result<Option<T>, Problem> {
    let Some(recorded) = recorded(tenant, mutation).await? else {
        return Ok(None);
    };
    let Some(body) = recorded.body else {
        let (id, detail) = (recorded.entity_id, "It was taken, and deleted since.");
        let meta = serde_json::json!({ "resource": resource, "id": id, "taken": true });
        return Err(Problem::new(ProblemKind::Gone, detail).with_meta(meta));
    };
    serde_json::from_value(body.0).map(Some).map_err(unreadable)
}

/// Whether this request to delete was done before. Call it under the user's lock.
///
/// # Errors
/// 422 when the key was used for something else.
pub async fn was_deleted(
    tenant: &mut TenantWrite,
    mutation: Option<&MutationKey>,
) -> Result<bool, Problem> {
    Ok(recorded(tenant, mutation).await?.is_some())
}

/// Records an answer, in the transaction that it speaks of. Only successes are recorded.
///
/// # Errors
/// When the database cannot.
pub async fn record<T: Serialize>(
    tenant: &mut TenantWrite,
    mutation: Option<&MutationKey>,
    status: u16,
    body: Option<&T>,
    entity_id: Uuid,
    now: Timestamp,
) -> Result<(), Problem> {
    let Some(mutation) = mutation else {
        return Ok(());
    };
    let body = body
        .map(serde_json::to_value)
        .transpose()
        .map_err(unreadable)?;
    mutations::insert(
        tenant,
        &mutation.key,
        mutation.request_hash,
        status,
        body,
        entity_id,
        now,
    )
    .await?;
    Ok(())
}

fn unreadable(error: serde_json::Error) -> Problem {
    tracing::error!(%error, "a recorded answer cannot be read or written");
    Problem::new(ProblemKind::Internal, "Nothing was changed. Try again.")
}
