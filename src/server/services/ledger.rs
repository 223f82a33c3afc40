//! Doing a mutation once: the same key and request get the first answer again.

use super::Context;
use crate::{
    domain::error::{Problem, ProblemKind},
    server::db::{mutations, tenant::TenantWrite},
};
use serde::Serialize;
use uuid::Uuid;

/// The longest idempotency key.
pub const MAX_KEY: usize = 255;

/// The idempotency key of a request, and the hash of what was asked under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutationKey {
    /// As the client sent it.
    pub key: String,
    /// SHA-256 of method, path, the state that was seen, and body.
    pub request_hash: [u8; 32],
}

/// What a mutation is answered.
#[derive(Debug)]
pub enum Answer<T> {
    /// It was done now.
    Done(T),
    /// It had been done under this key before: the JSON of what was answered then, byte by byte, whatever
    /// has become of the row and of its type since.
    Before(String),
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

/// Does a mutation once: under the user's lock it answers what was answered to this request before,
/// or does `work`, records its answer under `status` and commits both. `work` says which row it changed.
/// Nothing is checked against the current row before the record is.
///
/// # Errors
/// Those of `work`; nothing is recorded then. 422 when the key was used for something else; 409 when
/// the row was deleted since.
pub async fn once<T, W>(
    context: &Context<'_>,
    resource: &str,
    status: u16,
    work: W,
) -> Result<Answer<T>, Problem>
where
    T: Serialize,
    W: AsyncFnOnce(&mut TenantWrite) -> Result<(Uuid, T), Problem>,
{
    in_one(context, async |tenant| {
        if let Some(recorded) = recorded(tenant, context.mutation).await? {
            let Some(body) = recorded.body else {
                let (id, detail) = (recorded.entity_id, "It was taken, and deleted since.");
                let meta = serde_json::json!({ "resource": resource, "id": id, "taken": true });
                return Err(Problem::new(ProblemKind::Gone, detail).with_meta(meta));
            };
            return Ok(Answer::Before(body));
        }
        let (id, answer) = work(tenant).await?;
        let body = serde_json::to_string(&answer).map_err(unwritable)?;
        record(context, tenant, status, Some(body), id).await?;
        Ok(Answer::Done(answer))
    })
    .await
}

/// The same for a deletion, which has no answer but that it was done.
///
/// # Errors
/// Those of `work`; 422 when the key was used for something else.
pub async fn delete_once<W>(context: &Context<'_>, id: Uuid, work: W) -> Result<(), Problem>
where
    W: AsyncFnOnce(&mut TenantWrite) -> Result<Vec<Uuid>, Problem>,
{
    in_one(context, async |tenant| {
        if recorded(tenant, context.mutation).await?.is_some() {
            return Ok(());
        }
        // What shows a row must not outlive it.
        for gone in work(tenant).await? {
            mutations::erase_bodies(tenant, gone).await?;
        }
        record(context, tenant, 204, None, id).await
    })
    .await
}

/// Does all of `work`, or nothing of it, and says where the user's history stands then: of that history is
/// what the answer tells, also that of what was refused.
async fn in_one<T, W>(context: &Context<'_>, work: W) -> Result<T, Problem>
where
    W: AsyncFnOnce(&mut TenantWrite) -> Result<T, Problem>,
{
    let mut tenant = context.db.write_as(context.owner).await?;
    let answer = work(&mut tenant).await;
    if let Some(reached) = context.reached {
        match tenant.position(answer.is_ok()).await {
            Ok(position) => reached.set(position),
            Err(error) if answer.is_ok() => return Err(error.into()),
            // What went wrong before is the answer.
            Err(_) => {}
        }
    }
    let answer = answer?;
    tenant.commit().await?;
    Ok(answer)
}

/// Records an answer in the transaction that it speaks of.
async fn record(
    context: &Context<'_>,
    tenant: &mut TenantWrite,
    status: u16,
    body: Option<String>,
    entity_id: Uuid,
) -> Result<(), Problem> {
    if let Some(mutation) = context.mutation {
        let (key, hash) = (&mutation.key, mutation.request_hash);
        mutations::insert(tenant, key, hash, status, body, entity_id, context.now).await?;
    }
    Ok(())
}

fn unwritable(error: serde_json::Error) -> Problem {
    tracing::error!(%error, "an answer cannot be written");
    Problem::new(ProblemKind::Internal, "Nothing was changed. Try again.")
}
