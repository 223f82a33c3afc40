//! Applications: created, read, changed, deleted. Each change writes its stage event, its place in
//! the user's history and its ledger entry in one transaction.

use super::ledger;
use crate::{
    domain::{
        application::{Application, ApplicationCreate, ApplicationPatch},
        cursor::{DEFAULT_LIMIT, MAX_LIMIT, Page, Sort},
        error::{Problem, ProblemKind},
        filter::ApplicationQuery,
        stage::StageEvent,
        sync::EntityKind,
        time::ZoneRules,
    },
    server::{
        auth::caller::Caller,
        db::{applications, settings, stage_events, tenant::TenantWrite, tombstones},
        secrets,
    },
};
use uuid::Uuid;

const RESOURCE: &str = "application";

/// The application `id`.
///
/// # Errors
/// 404 when it is not this user's.
pub async fn get(caller: &Caller, id: Uuid) -> Result<Application, Problem> {
    let mut tenant = caller.state.db.read_as(caller.session.owner).await?;
    applications::find(&mut tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found(RESOURCE, id))
}

/// A page of applications.
///
/// # Errors
/// 400 for a limit out of range, or a cursor that is not ours or was made for another order.
pub async fn list(caller: &Caller, query: &ApplicationQuery) -> Result<Page<Application>, Problem> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::field(
            "limit",
            format!("Between 1 and {MAX_LIMIT}."),
        ));
    }
    check_text("q", query.q.as_deref(), MAX_SEARCH)?;
    check_text("tag", query.tag.as_deref(), MAX_TAG)?;
    let sort = query.sort.unwrap_or(Sort::CreatedDesc);
    let after = query
        .cursor
        .as_deref()
        .map(|cursor| read_cursor(caller, cursor, sort))
        .transpose()?;
    let mut tenant = caller.state.db.read_as(caller.session.owner).await?;
    // One more than asked for tells whether there is a next page.
    let mut items =
        applications::list(&mut tenant, query, sort, after, i64::from(limit) + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|last| {
        let key = match sort {
            Sort::CreatedDesc | Sort::CreatedAsc => last.created_at,
            Sort::UpdatedDesc | Sort::UpdatedAsc => last.updated_at,
        };
        write_cursor(caller, sort, applications::After { key, id: last.id })
    });
    Ok(Page { items, next_cursor })
}

/// The longest text to search for, in characters.
const MAX_SEARCH: usize = 200;
/// As long as a tag can be.
const MAX_TAG: usize = 40;

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

const CURSOR: &str = "list-cursor";

/// `sort|milliseconds|id`, signed: a cursor that somebody made up is refused, not obeyed.
fn write_cursor(caller: &Caller, sort: Sort, after: applications::After) -> String {
    let text = format!("{sort}|{}|{}", after.key.timestamp_millis(), after.id);
    let tag = caller.state.keys.sign(CURSOR, text.as_bytes());
    let mut bytes = tag.get(..16).unwrap_or(&tag).to_vec();
    bytes.extend_from_slice(text.as_bytes());
    secrets::base64(&bytes)
}

fn read_cursor(caller: &Caller, cursor: &str, sort: Sort) -> Result<applications::After, Problem> {
    let read = || {
        let bytes = secrets::unbase64(cursor)?;
        let (tag, text) = bytes.split_at_checked(16)?;
        let expected = caller.state.keys.sign(CURSOR, text);
        if !bool::from(subtle::ConstantTimeEq::ct_eq(expected.get(..16)?, tag)) {
            return None;
        }
        let mut parts = std::str::from_utf8(text).ok()?.split('|');
        let made_for: Sort = parts.next()?.parse().ok()?;
        let key = chrono::DateTime::from_timestamp_millis(parts.next()?.parse().ok()?)?;
        let id = parts.next()?.parse().ok()?;
        Some((made_for, applications::After { key, id }))
    };
    match read() {
        Some((made_for, after)) if made_for == sort => Ok(after),
        Some(_) => Err(Problem::field(
            "cursor",
            "This cursor was made for another order.",
        )),
        None => Err(Problem::field(
            "cursor",
            "Use next_cursor of the page before, as it is.",
        )),
    }
}

/// Creates an application. The same create again answers the row.
///
/// # Errors
/// 400 for fields that do not fit; 409 when the id has other content, or was deleted.
pub async fn create(caller: &Caller, input: ApplicationCreate) -> Result<Application, Problem> {
    let mutation = caller.mutation.as_ref();
    let mut tenant = caller.state.db.write_as(caller.session.owner).await?;
    if let Some(row) = ledger::replay(&mut tenant, mutation, RESOURCE).await? {
        return Ok(row);
    }
    let id = input.id.unwrap_or_else(Uuid::new_v4);
    let created_hash = content_hash(&input);
    if let Some(existing) = applications::created_hash(&mut tenant, id).await? {
        let row = applications::find(&mut tenant, id)
            .await?
            .ok_or_else(|| Problem::not_found(RESOURCE, id))?;
        if existing != created_hash {
            return Err(
                Problem::new(ProblemKind::Conflict, "Another application has this id.").with_meta(
                    serde_json::json!({ "resource": RESOURCE, "id": id, "current": row }),
                ),
            );
        }
        ledger::record(&mut tenant, mutation, 201, Some(&row), id, caller.now).await?;
        tenant.commit().await?;
        return Ok(row);
    }
    if tombstones::exists(&mut tenant, EntityKind::Application, id).await? {
        return Err(Problem::new(
            ProblemKind::Gone,
            "The application with this id was deleted; create it under a new id.",
        )
        .with_meta(serde_json::json!({ "resource": RESOURCE, "id": id })));
    }
    let settings = settings::find(&mut tenant).await?;
    let zone = settings
        .timezone
        .rules()
        .unwrap_or(chrono_tz::Africa::Lagos);
    check_zone(input.timezone.value())?;
    let row = input.build(id, zone.day(caller.now), caller.now)?;
    applications::insert(&mut tenant, &row, created_hash).await?;
    let event = StageEvent {
        id: StageEvent::derive_id(id, &mutation_id(caller)),
        application_id: id,
        from_status: None,
        to_status: row.status,
        occurred_at: row.status_since,
        recorded_at: caller.now,
        voided_at: None,
    };
    stage_events::insert(&mut tenant, &event).await?;
    ledger::record(&mut tenant, mutation, 201, Some(&row), id, caller.now).await?;
    tenant.commit().await?;
    Ok(row)
}

/// Changes an application that is still at `version`.
///
/// # Errors
/// 400 for fields that do not fit, 404 when it is not this user's, 409 when it has changed.
pub async fn patch(
    caller: &Caller,
    id: Uuid,
    version: i64,
    patch: &ApplicationPatch,
) -> Result<Application, Problem> {
    let mutation = caller.mutation.as_ref();
    let mut tenant = caller.state.db.write_as(caller.session.owner).await?;
    if let Some(row) = ledger::replay(&mut tenant, mutation, RESOURCE).await? {
        return Ok(row);
    }
    let current = current_at(&mut tenant, id, version).await?;
    check_zone(patch.timezone.value())?;
    let mut row = current.patched(patch, caller.now)?;
    if let Some(event_id) = patch.voids_stage_event {
        row.status_since = void_newest(&mut tenant, caller, &row, event_id).await?;
    } else if row.status != current.status {
        let event = StageEvent {
            id: StageEvent::derive_id(id, &mutation_id(caller)),
            application_id: id,
            from_status: Some(current.status),
            to_status: row.status,
            occurred_at: row.status_since,
            recorded_at: caller.now,
            voided_at: None,
        };
        stage_events::insert(&mut tenant, &event).await?;
    }
    applications::update(&mut tenant, &row).await?;
    ledger::record(&mut tenant, mutation, 200, Some(&row), id, caller.now).await?;
    tenant.commit().await?;
    Ok(row)
}

/// Deletes an application that is still at `version`, with all that hangs on it.
///
/// # Errors
/// 404 when it is not this user's, 409 when it has changed.
pub async fn delete(caller: &Caller, id: Uuid, version: i64) -> Result<(), Problem> {
    let mutation = caller.mutation.as_ref();
    let mut tenant = caller.state.db.write_as(caller.session.owner).await?;
    if ledger::was_deleted(&mut tenant, mutation).await? {
        return Ok(());
    }
    current_at(&mut tenant, id, version).await?;
    for event in stage_events::of_application(&mut tenant, id).await? {
        tombstones::insert(&mut tenant, EntityKind::StageEvent, event.id, caller.now).await?;
    }
    applications::delete(&mut tenant, id).await?;
    tombstones::insert(&mut tenant, EntityKind::Application, id, caller.now).await?;
    crate::server::db::mutations::erase_bodies(&mut tenant, id).await?;
    ledger::record(
        &mut tenant,
        mutation,
        204,
        None::<&Application>,
        id,
        caller.now,
    )
    .await?;
    tenant.commit().await?;
    Ok(())
}

/// The application `id`, if it still is at `version`.
async fn current_at(
    tenant: &mut TenantWrite,
    id: Uuid,
    version: i64,
) -> Result<Application, Problem> {
    let current = applications::find(tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found(RESOURCE, id))?;
    if current.version != version {
        return Err(Problem::new(
            ProblemKind::Conflict,
            format!(
                "Row version {} does not match If-Match {version}.",
                current.version
            ),
        )
        .with_meta(serde_json::json!({ "resource": RESOURCE, "id": id, "current": current })));
    }
    Ok(current)
}

/// Voids the newest move, and answers since when the application has the status that it returns
/// to.
async fn void_newest(
    tenant: &mut TenantWrite,
    caller: &Caller,
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
    let Some(StageEvent {
        from_status: Some(from),
        ..
    }) = newest
    else {
        return Err(Problem::field(FIELD, "Only the newest move can be undone."));
    };
    if *from != row.status {
        return Err(Problem::field(
            "status",
            format!("Undoing this move returns to {from}."),
        ));
    }
    let since = counting
        .next()
        .map_or(row.created_at, |event| event.occurred_at);
    stage_events::void(tenant, event_id, caller.now).await?;
    Ok(since)
}

/// What names the cause of a stage event: the idempotency key, or a new id where there is none.
fn mutation_id(caller: &Caller) -> String {
    match &caller.mutation {
        Some(mutation) => mutation.key.clone(),
        None => Uuid::new_v4().to_string(),
    }
}

/// The hash of what a create asks for. Equal requests have equal canonical forms: the fields are
/// written in one order, and absent ones not at all.
fn content_hash(input: &ApplicationCreate) -> [u8; 32] {
    let json = serde_json::to_vec(input).unwrap_or_default();
    secrets::sha256(&json)
}

fn check_zone(zone: Option<&Option<crate::domain::time::ZoneName>>) -> Result<(), Problem> {
    match zone {
        Some(Some(name)) => name
            .rules()
            .map(drop)
            .map_err(|why| Problem::field("timezone", why)),
        _ => Ok(()),
    }
}
