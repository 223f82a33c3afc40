//! The table `mail_files`: states of appointments whose file was mailed.

use super::{
    Tx, on,
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{rules::Rule, time::Timestamp};
use sqlx::QueryBuilder;
use uuid::Uuid;

/// Whether this state of an appointment was mailed, or will be.
pub async fn has(tenant: &mut impl Tenant, activity: Uuid, content: &[u8]) -> sqlx::Result<bool> {
    let (user_id, content) = (tenant.user_id(), content.to_vec());
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, i64>(
            "SELECT COUNT(*) FROM mail_files f \
             LEFT JOIN mails m ON m.user_id = f.user_id AND m.id = f.mail_id \
             WHERE f.user_id = $1 AND f.activity_id = $2 AND f.content = $3 \
             AND (m.id IS NULL OR m.state IN ('waiting', 'claimed', 'delivered') OR m.uncertain)",
        )
        .bind(user_id)
        .bind(activity)
        .bind(content)
        .fetch_one(conn)
        .await
    })
    .map(|count| count > 0)
}

/// A state of an appointment whose file was mailed.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct MailedFile {
    /// Which appointment.
    pub activity_id: Uuid,
    /// SHA-256 of what a calendar shows of it; zeros where it is off.
    pub content: Vec<u8>,
    /// The mail that brings it.
    pub mail_id: Uuid,
    /// The application that it is of.
    pub application_id: Uuid,
    /// By which rule mails about it go.
    pub kind: Rule,
    /// Which state it is, as calendars count.
    pub sequence: i64,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// What it is called.
    pub summary: String,
}

const FILE: &str = "f.activity_id, f.content, f.mail_id, f.application_id, f.kind, f.sequence, \
     f.starts_at, f.ends_at, f.summary";

/// Notes that a mail brings this state of an appointment. One that was there before is the last again.
pub async fn insert(
    tenant: &mut TenantWrite,
    file: &MailedFile,
    now: Timestamp,
) -> sqlx::Result<()> {
    let (user_id, file) = (tenant.user_id(), file.clone());
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "INSERT INTO mail_files (user_id, activity_id, content, mail_id, application_id, kind, \
             sequence, starts_at, ends_at, summary, noted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (user_id, activity_id, content) DO UPDATE SET mail_id = excluded.mail_id, \
             application_id = excluded.application_id, kind = excluded.kind, \
             sequence = excluded.sequence, starts_at = excluded.starts_at, \
             ends_at = excluded.ends_at, summary = excluded.summary, \
             noted_at = excluded.noted_at",
        )
        .bind(user_id)
        .bind(file.activity_id)
        .bind(file.content)
        .bind(file.mail_id)
        .bind(file.application_id)
        .bind(file.kind)
        .bind(file.sequence)
        .bind(file.starts_at)
        .bind(file.ends_at)
        .bind(file.summary)
        .bind(now)
        .execute(conn)
        .await
        .map(drop)
    })
}

/// The files that may have arrived of appointments of these applications, and were to begin after `now`: the
/// earliest that was mailed first. What waits and was never tried is not among them.
pub async fn of_applications(
    tenant: &mut impl Tenant,
    applications: &[Uuid],
    now: Timestamp,
) -> sqlx::Result<Vec<MailedFile>> {
    if applications.is_empty() {
        return Ok(Vec::new());
    }
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("SELECT ");
        sql.push(FILE)
            .push(ARRIVED)
            .push_bind(user_id)
            .push(" AND f.starts_at > ")
            .push_bind(now)
            .push(" AND f.application_id IN (");
        let mut ids = sql.separated(", ");
        for id in applications {
            ids.push_bind(*id);
        }
        sql.push(") ORDER BY f.noted_at, f.sequence");
        sql.build_query_as().fetch_all(conn).await
    })
}

/// Files with their mails, where that may have arrived.
const ARRIVED: &str = " FROM mail_files f \
     LEFT JOIN mails m ON m.user_id = f.user_id AND m.id = f.mail_id \
     WHERE (m.id IS NULL OR m.state IN ('claimed', 'delivered') OR m.uncertain) AND f.user_id = ";

/// The last file of an appointment that may have arrived, but for that of the mail `but`.
pub async fn last(
    tenant: &mut impl Tenant,
    activity: Uuid,
    but: Uuid,
) -> sqlx::Result<Option<MailedFile>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("SELECT ");
        sql.push(FILE)
            .push(ARRIVED)
            .push_bind(user_id)
            .push(" AND f.activity_id = ")
            .push_bind(activity)
            .push(" AND f.mail_id <> ")
            .push_bind(but)
            .push(" ORDER BY f.noted_at DESC, f.sequence DESC LIMIT 1");
        sql.build_query_as().fetch_optional(conn).await
    })
}

/// The content of the file that a mail brings of an appointment.
pub async fn content_of_mail(
    tenant: &mut impl Tenant,
    activity: Uuid,
    mail: Uuid,
) -> sqlx::Result<Option<Vec<u8>>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, Vec<u8>>(
            "SELECT content FROM mail_files WHERE user_id = $1 AND activity_id = $2 \
             AND mail_id = $3 ORDER BY noted_at DESC LIMIT 1",
        )
        .bind(user_id)
        .bind(activity)
        .bind(mail)
        .fetch_optional(conn)
        .await
    })
}

/// The activities whose file a mail brings.
pub async fn activities_of_mail(tenant: &mut impl Tenant, mail: Uuid) -> sqlx::Result<Vec<Uuid>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, Uuid>(
            "SELECT DISTINCT activity_id FROM mail_files WHERE user_id = $1 AND mail_id = $2",
        )
        .bind(user_id)
        .bind(mail)
        .fetch_all(conn)
        .await
    })
}

/// What a mail was to bring it has not brought.
pub(super) async fn forget(tx: &mut Tx, user_id: Uuid, mail: Uuid) -> sqlx::Result<()> {
    on!(tx.link(), |conn: DB| {
        sqlx::query::<DB>("DELETE FROM mail_files WHERE user_id = $1 AND mail_id = $2")
            .bind(user_id)
            .bind(mail)
            .execute(conn)
            .await
            .map(drop)
    })
}
