//! The table `stage_events`.

use super::{
    on,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{stage::StageEvent, time::Timestamp};
use sqlx::QueryBuilder;
use uuid::Uuid;

pub(super) const COLUMNS: &str =
    "id, application_id, from_status, to_status, occurred_at, recorded_at, voided_at";

/// The events of one application, oldest first, voided ones too. Those of one moment stand in the
/// order in which they were recorded.
pub async fn of_application(
    tenant: &mut impl Tenant,
    application_id: Uuid,
) -> sqlx::Result<Vec<StageEvent>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new("SELECT ")
            .push(COLUMNS)
            .push(" FROM stage_events WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND application_id = ")
            .push_bind(application_id)
            .push(" ORDER BY recorded_at, seq")
            .build_query_as()
            .fetch_all(conn)
            .await
    })
}

/// Stores a new event.
pub async fn insert(tenant: &mut TenantWrite, event: &StageEvent) -> sqlx::Result<()> {
    let (user_id, seq) = (tenant.user_id(), tenant.next_seq());
    on!(tenant.link(), |conn: DB| {
        let mut query = QueryBuilder::<DB>::new("INSERT INTO stage_events (user_id, seq, ");
        query.push(COLUMNS).push(") VALUES (");
        query
            .separated(", ")
            .push_bind(user_id)
            .push_bind(seq)
            .push_bind(event.id)
            .push_bind(event.application_id)
            .push_bind(event.from_status)
            .push_bind(event.to_status)
            .push_bind(event.occurred_at)
            .push_bind(event.recorded_at)
            .push_bind(event.voided_at);
        query.push(")").build().execute(conn).await.map(drop)
    })
}

/// Makes an event count for nothing.
pub async fn void(tenant: &mut TenantWrite, id: Uuid, now: Timestamp) -> sqlx::Result<()> {
    let (user_id, seq) = (tenant.user_id(), tenant.next_seq());
    on!(tenant.link(), |conn: DB| {
        QueryBuilder::<DB>::new("UPDATE stage_events SET voided_at = ")
            .push_bind(now)
            .push(", seq = ")
            .push_bind(seq)
            .push(" WHERE user_id = ")
            .push_bind(user_id)
            .push(" AND id = ")
            .push_bind(id)
            .build()
            .execute(conn)
            .await
            .map(drop)
    })
}
