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

/// What was answered before.
pub enum Replay<T> {
    /// The recorded row.
    Row(T),
    /// The status alone: there never was a body, or its entity was deleted since.
    Bare(u16),
}

/// The answer that was recorded under this request's key. Call it under the user's lock, before
/// anything is checked against the current row.
///
/// # Errors
/// 422 when the key was used for something else.
pub async fn replay<T: DeserializeOwned>(
    tenant: &mut TenantWrite,
    mutation: Option<&MutationKey>,
) -> Result<Option<Replay<T>>, Problem> {
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
    let status = u16::try_from(recorded.status).unwrap_or(200);
    Ok(Some(match recorded.body {
        Some(body) => Replay::Row(serde_json::from_value(body.0).map_err(unreadable)?),
        None => Replay::Bare(status),
    }))
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
