//! The table `applications`.

use super::{
    on,
    rows::{self, After, Table, columns},
    tenant::{Tenant, TenantWrite},
};
use crate::domain::{
    application::Application, cursor::Sort, filter::ApplicationQuery, stage::Status,
    time::Timestamp,
};
use sqlx::QueryBuilder;
use uuid::Uuid;

impl Table for Application {
    const TABLE: &'static str = "applications";

    fn id(&self) -> Uuid {
        self.id
    }
}

/// A page of applications: those that fit `query`, after `after`, at most `limit`.
pub async fn list(
    tenant: &mut impl Tenant,
    query: &ApplicationQuery,
    sort: Sort,
    after: Option<After>,
    limit: i64,
) -> sqlx::Result<Vec<Application>> {
    let user_id = tenant.user_id();
    let (key, direction, comparison) = match sort {
        Sort::CreatedDesc => ("created_at", "DESC", "<"),
        Sort::CreatedAsc => ("created_at", "ASC", ">"),
        Sort::UpdatedDesc => ("updated_at", "DESC", "<"),
        Sort::UpdatedAsc => ("updated_at", "ASC", ">"),
    };
    let link = tenant.link();
    let engine = match &link {
        super::Link::Sqlite(_) => Search {
            // SQLite's own functions know the case of ASCII alone.
            tag: "EXISTS (SELECT 1 FROM json_each(tags) AS t WHERE t.value REGEXP ",
            tag_pattern: |text| format!("(?i)^{}$", literally(text)),
            text: " REGEXP ",
            text_pattern: |text| format!("(?i){}", literally(text)),
        },
        super::Link::Postgres(_) => Search {
            tag: "EXISTS (SELECT 1 FROM unnest(tags) AS t WHERE t ILIKE ",
            tag_pattern: like_pattern,
            text: " ILIKE ",
            text_pattern: |text| format!("%{}%", like_pattern(text)),
        },
    };
    on!(link, |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("SELECT ");
        sql.push(columns::<Application>())
            .push(" FROM applications WHERE user_id = ")
            .push_bind(user_id);
        if let Some(status) = query.status {
            sql.push(" AND status = ").push_bind(status);
        }
        if let Some(priority) = query.priority {
            sql.push(" AND priority = ").push_bind(priority);
        }
        match query.archived {
            Some(true) => _ = sql.push(" AND archived_at IS NOT NULL"),
            Some(false) => _ = sql.push(" AND archived_at IS NULL"),
            None => {}
        }
        if let Some(tag) = &query.tag {
            sql.push(" AND ")
                .push(engine.tag)
                .push_bind((engine.tag_pattern)(tag.trim()))
                .push(")");
        }
        if let Some(text) = query
            .q
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            let pattern = (engine.text_pattern)(text);
            sql.push(" AND (");
            for (index, column) in ["company", "role_title", "location_text", "notes"]
                .iter()
                .enumerate()
            {
                if index > 0 {
                    sql.push(" OR ");
                }
                sql.push(*column)
                    .push(engine.text)
                    .push_bind(pattern.clone());
            }
            sql.push(")");
        }
        if let Some(after) = after {
            sql.push(" AND (")
                .push(key)
                .push(", id) ")
                .push(comparison)
                .push(" (");
            sql.push_bind(after.key)
                .push(", ")
                .push_bind(after.id)
                .push(")");
        }
        sql.push(format_args!(
            " ORDER BY {key} {direction}, id {direction} LIMIT "
        ))
        .push_bind(limit);
        sql.build_query_as().fetch_all(conn).await
    })
}

/// Stores what followed without making a version: `next`, after `row`.
pub async fn follow(
    tenant: &mut TenantWrite,
    row: &Application,
    next: &Application,
) -> sqlx::Result<()> {
    let from = followed_from(tenant, row.id, row.version).await?;
    rows::update(tenant, next).await?;
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query::<DB>(
            "UPDATE applications SET followed_version = $1, followed_from = $2 \
             WHERE user_id = $3 AND id = $4",
        )
        .bind(next.version)
        .bind(from.unwrap_or(row.updated_at))
        .bind(user_id)
        .bind(next.id)
        .execute(conn)
        .await
        .map(drop)
    })
}

/// When people made this version, where something followed since.
pub async fn followed_from(
    tenant: &mut impl Tenant,
    id: Uuid,
    version: i64,
) -> sqlx::Result<Option<Timestamp>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_scalar::<DB, Timestamp>(
            "SELECT followed_from FROM applications \
             WHERE user_id = $1 AND id = $2 AND followed_version = $3",
        )
        .bind(user_id)
        .bind(id)
        .bind(version)
        .fetch_optional(conn)
        .await
    })
}

/// How an engine looks for text in any case: what stands before the pattern, and the pattern.
struct Search {
    tag: &'static str,
    tag_pattern: fn(&str) -> String,
    text: &'static str,
    text_pattern: fn(&str) -> String,
}

/// The text with the pattern characters of LIKE taken literally.
fn like_pattern(text: &str) -> String {
    escaped(text, |c| matches!(c, '%' | '_' | '\\'))
}

/// The text with the pattern characters of a regular expression taken literally.
fn literally(text: &str) -> String {
    // Those of the crate `regex`; it gives an escaped `<` a meaning of its own.
    escaped(text, |c| r"\.+*?()|[]{}^$#&-~".contains(c))
}

fn escaped(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if special(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// The newest `each` applications of every status in `statuses` that stand on the board. One
/// statement of index scans, however long the columns are.
pub async fn board(
    tenant: &mut impl Tenant,
    statuses: &[Status],
    each: i64,
) -> sqlx::Result<Vec<Application>> {
    let user_id = tenant.user_id();
    let columns = columns::<Application>();
    on!(tenant.link(), |conn: DB| {
        let mut sql = QueryBuilder::<DB>::new("");
        for (index, status) in statuses.iter().enumerate() {
            if index > 0 {
                sql.push(" UNION ALL ");
            }
            sql.push("SELECT * FROM (SELECT ").push(&columns);
            sql.push(" FROM applications WHERE archived_at IS NULL AND user_id = ")
                .push_bind(user_id);
            sql.push(" AND status = ").push_bind(*status);
            sql.push(" ORDER BY status_since DESC, id DESC LIMIT ")
                .push_bind(each);
            sql.push(format_args!(") AS c{index}"));
        }
        sql.build_query_as().fetch_all(conn).await
    })
}

/// How many applications one status has.
#[derive(Debug, sqlx::FromRow)]
pub struct StatusCount {
    /// The status.
    pub status: Status,
    /// Those on the board.
    pub on_board: i64,
    /// Those in the archive.
    pub archived: i64,
}

/// How many applications every status has; a status without any is left out.
pub async fn counts(tenant: &mut impl Tenant) -> sqlx::Result<Vec<StatusCount>> {
    let user_id = tenant.user_id();
    on!(tenant.link(), |conn: DB| {
        sqlx::query_as::<DB, StatusCount>(
            "SELECT status, COUNT(*) FILTER (WHERE archived_at IS NULL) AS on_board, \
             COUNT(*) FILTER (WHERE archived_at IS NOT NULL) AS archived \
             FROM applications WHERE user_id = $1 GROUP BY status",
        )
        .bind(user_id)
        .fetch_all(conn)
        .await
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn pattern_characters_are_taken_literally() {
        assert_eq!(super::like_pattern("100%_a!\\"), "100\\%\\_a!\\\\");
        assert_eq!(super::literally("a.b (C++)"), "a\\.b \\(C\\+\\+\\)");
    }
}
