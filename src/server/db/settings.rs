//! A user's settings, which stand in `users` and `user_settings`.

use super::{
    Db, on,
    tenant::{Owner, Tenant, TenantWrite},
};
use crate::domain::{rules::ReminderDefaults, settings::Settings};
use serde::Deserialize;
use sqlx::{FromRow, Row, types::Json};
use uuid::Uuid;

/// The settings and their place in the user's history.
pub(super) struct SettingsRow {
    pub settings: Settings,
    pub seq: i64,
}

/// The default reminders as they are stored, perhaps by a newer version.
#[derive(Deserialize)]
struct Stored(#[serde(deserialize_with = "ReminderDefaults::read_known")] ReminderDefaults);

macro_rules! impl_from_row {
    ($row:ty) => {
        impl FromRow<'_, $row> for SettingsRow {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                let Json(Stored(reminder_defaults)) = row.try_get("reminder_defaults")?;
                Ok(Self {
                    seq: row.try_get("seq")?,
                    settings: Settings {
                        version: row.try_get("version")?,
                        display_name: row.try_get("display_name")?,
                        timezone: row.try_get("timezone")?,
                        week_start: row.try_get("week_start")?,
                        session_timeout_mins: row.try_get("session_timeout_mins")?,
                        quiet_hours_start: row.try_get("quiet_hours_start")?,
                        quiet_hours_end: row.try_get("quiet_hours_end")?,
                        reminder_defaults,
                        updated_at: row.try_get("updated_at")?,
                    },
                })
            }
        }
    };
}
impl_from_row!(sqlx::sqlite::SqliteRow);
impl_from_row!(sqlx::postgres::PgRow);

/// The settings with their sequence number.
pub(super) async fn find_row(tenant: &mut impl Tenant) -> sqlx::Result<SettingsRow> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, SettingsRow>(
            "SELECT s.version, s.seq, u.display_name, u.timezone, u.session_timeout_mins, \
             s.week_start, s.quiet_hours_start, s.quiet_hours_end, s.reminder_defaults, s.updated_at \
             FROM user_settings s JOIN users u ON u.id = s.user_id WHERE s.user_id = $1",
        )
        .bind(user_id)
        .fetch_one(conn)
        .await
    })
}

/// The user's settings.
pub async fn find(tenant: &mut impl Tenant) -> sqlx::Result<Settings> {
    find_row(tenant).await.map(|row| row.settings)
}

/// Stores changed settings. Their version was checked under the user's lock. Where `replan`, all
/// reminders are to be planned anew.
pub async fn update(
    tenant: &mut TenantWrite,
    settings: &Settings,
    replan: bool,
) -> sqlx::Result<()> {
    let (user_id, seq) = (tenant.user_id(), tenant.next_seq());
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "UPDATE users SET display_name = $1, timezone = $2, session_timeout_mins = $3, \
             updated_at = $4 WHERE id = $5",
        )
        .bind(settings.display_name.clone())
        .bind(settings.timezone.clone())
        .bind(settings.session_timeout_mins)
        .bind(settings.updated_at)
        .bind(user_id)
        .execute(conn)
        .await
        .map(drop)
    })?;
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "UPDATE user_settings SET version = $1, seq = $2, week_start = $3, \
             quiet_hours_start = $4, quiet_hours_end = $5, reminder_defaults = $6, \
             updated_at = $7, planned_with = CASE WHEN $8 THEN NULL ELSE planned_with END \
             WHERE user_id = $9",
        )
        .bind(settings.version)
        .bind(seq)
        .bind(settings.week_start)
        .bind(settings.quiet_hours_start)
        .bind(settings.quiet_hours_end)
        .bind(Json(settings.reminder_defaults.clone()))
        .bind(settings.updated_at)
        .bind(replan)
        .bind(user_id)
        .execute(conn)
        .await
        .map(drop)
    })
}

/// All of the user's reminders were planned with what `planned_with` names, by settings of this version.
/// Where those have changed since, they are to be planned anew.
pub async fn set_planned_with(
    tenant: &mut TenantWrite,
    planned_with: &str,
    version: i64,
) -> sqlx::Result<()> {
    let user_id = tenant.user_id();
    let planned_with = planned_with.to_owned();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "UPDATE user_settings SET planned_with = $1 WHERE user_id = $2 AND version = $3",
        )
        .bind(planned_with)
        .bind(user_id)
        .bind(version)
        .execute(conn)
        .await
        .map(drop)
    })
}

impl Db {
    /// Whose reminders were not all planned with what `planned_with` names: at most `most` users, in an
    /// order of their own, those after `after`.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn owners_to_plan(
        &self,
        planned_with: &str,
        after: Option<Owner>,
        most: u64,
    ) -> sqlx::Result<Vec<Owner>> {
        let mut conn = self.read().await?;
        let planned_with = planned_with.to_owned();
        let ids: Vec<Uuid> = on!(conn.link(), |conn: DB| {
            sqlx::query_scalar::<DB, Uuid>(
                "SELECT user_id FROM user_settings WHERE user_id > $1 \
                 AND (planned_with IS NULL OR planned_with <> $2) ORDER BY user_id LIMIT $3",
            )
            .bind(after.map_or(Uuid::nil(), Owner::user_id))
            .bind(planned_with)
            .bind(most.cast_signed())
            .fetch_all(conn)
            .await
        })?;
        Ok(ids.into_iter().map(Owner::vouched).collect())
    }
}
