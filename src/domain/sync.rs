//! What travels between a client's cache and the server (DESIGN §7).

use super::{application::Application, settings::Settings, stage::StageEvent, time::Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The query of `GET /sync`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SyncQuery {
    /// `next` of the last page; absent starts from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Changes a page: 1 to 5,000, 500 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A page of changes, in the order of their sequence numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct SyncPage {
    /// Which history these numbers belong to; another one means starting again.
    pub epoch: Uuid,
    /// What changed.
    pub changes: Vec<SyncChange>,
    /// `since` of the next request. Opaque.
    pub next: String,
    /// Whether more is there already.
    pub has_more: bool,
}

/// One row that was written or deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct SyncChange {
    /// Its place in the user's history.
    pub seq: i64,
    /// Which row.
    pub id: Uuid,
    /// What happened to it.
    #[serde(flatten)]
    pub what: SyncRow,
}

impl SyncChange {
    /// The version of the row, where it is there and has one.
    pub fn version(&self) -> Option<i64> {
        match &self.what {
            SyncRow::Upsert(Entity::Application(row)) => Some(row.version),
            SyncRow::Upsert(Entity::Settings(row)) => Some(row.version),
            SyncRow::Upsert(Entity::StageEvent(_)) | SyncRow::Delete { .. } => None,
        }
    }
}

/// A kind of row, and its state or its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum SyncRow {
    /// The row as it is now.
    Upsert(Entity),
    /// The row is gone, for ever.
    Delete {
        /// Which kind it was.
        entity: EntityKind,
    },
}

/// A row of any kind that is synchronised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "entity", content = "row", rename_all = "snake_case")]
pub enum Entity {
    /// An application.
    Application(Box<Application>),
    /// A change of status.
    StageEvent(StageEvent),
    /// The user's settings; its id is the user's.
    Settings(Settings),
}

super::choice::choice! {
    /// The kinds of row that are synchronised.
    pub enum EntityKind as "entity_kind" {
        /// An application.
        Application = "application",
        /// A change of status.
        StageEvent = "stage_event",
        /// The user's settings.
        Settings = "settings",
    }
}

/// What the board's first paint needs: the top of every column, and how long each is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct BoardSnapshot {
    /// When it was taken.
    pub now: Timestamp,
    /// The first rows of every column, columns in order, newest in the stage first.
    pub rows: Vec<Application>,
    /// How many applications every status has on the board.
    pub counts: Vec<(super::stage::Status, u32)>,
    /// Whether `rows` is all that the user has, archived ones too.
    pub whole: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_flat() {
        let change = SyncChange {
            seq: 7,
            id: Uuid::from_u128(1),
            what: SyncRow::Upsert(Entity::Application(Box::new(
                crate::domain::application::tests::sample(1),
            ))),
        };
        let json = serde_json::to_value(&change).unwrap();
        assert_eq!(json["op"], "upsert");
        assert_eq!(json["entity"], "application");
        assert_eq!(json["row"]["company"], "Acme");
        assert_eq!(serde_json::from_value::<SyncChange>(json).unwrap(), change);
        let gone = SyncChange {
            seq: 8,
            id: Uuid::from_u128(1),
            what: SyncRow::Delete {
                entity: EntityKind::Application,
            },
        };
        let json = serde_json::to_value(&gone).unwrap();
        assert_eq!(json["op"], "delete");
        assert_eq!(json["entity"], "application");
        assert_eq!(serde_json::from_value::<SyncChange>(json).unwrap(), gone);
    }
}
