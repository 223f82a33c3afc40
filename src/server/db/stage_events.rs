//! The table `stage_events`.

use super::{
    on,
    rows::{Table, columns},
    tenant::Tenant,
};
use crate::domain::stage::StageEvent;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

impl Table for StageEvent {
    const TABLE: &'static str = "stage_events";

    fn id(&self) -> Uuid {
        self.id
    }
}

/// The events of one application in the order in which they were recorded, voided ones too.
pub async fn of_application(
    tenant: &mut impl Tenant,
    application_id: Uuid,
) -> sqlx::Result<Vec<StageEvent>> {
    let user_id = tenant.user_id();
    let columns = columns::<StageEvent>();
    let sql =
        format!("SELECT {columns} FROM stage_events WHERE user_id = $1 AND application_id = $2");
    let mut events = on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, StageEvent>(AssertSqlSafe(sql))
            .bind(user_id)
            .bind(application_id)
            .fetch_all(conn)
            .await
    })?;
    StageEvent::in_order(&mut events);
    Ok(events)
}
