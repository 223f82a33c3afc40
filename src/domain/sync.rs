//! What travels between a client's cache and the server (DESIGN §7).

use super::{application::Application, settings::Settings, stage::StageEvent, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
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
    /// The kinds of row that are wanted, with commas between them. A client names those that it
    /// knows; absent is `application,stage_event,settings`. `next` leads on for the same kinds alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<EntityKinds>,
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

/// Some of the kinds of row that are synchronised, at least one. Written in the order in which they
/// are declared, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntityKinds(u32);

impl EntityKinds {
    /// All that this version knows.
    pub const ALL: Self = Self::of(EntityKind::ALL);

    /// What a client gets that does not say what it knows: what there was before clients said it. It
    /// never grows, since such a client may not know more.
    pub const UNSAID: Self = Self::of(&[
        EntityKind::Application,
        EntityKind::StageEvent,
        EntityKind::Settings,
    ]);

    const fn of(mut kinds: &[EntityKind]) -> Self {
        let mut bits = 0;
        while let [first, rest @ ..] = kinds {
            bits |= Self::bit(*first);
            kinds = rest;
        }
        Self(bits)
    }

    const fn bit(kind: EntityKind) -> u32 {
        1 << kind as u32
    }

    /// Whether `kind` is among them.
    pub const fn has(self, kind: EntityKind) -> bool {
        self.0 & Self::bit(kind) != 0
    }

    /// The kinds, in order.
    pub fn iter(self) -> impl Iterator<Item = EntityKind> {
        let kinds = EntityKind::ALL.iter().copied();
        kinds.filter(move |kind| self.has(*kind))
    }

    /// Their words, with `between` between them.
    pub fn join(self, between: &str) -> String {
        let words: Vec<&str> = self.iter().map(EntityKind::as_str).collect();
        words.join(between)
    }

    /// The kinds of these words, with `between` between them.
    ///
    /// # Errors
    /// A sentence, for a word that is no kind, or for none at all.
    pub fn split(text: &str, between: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Name at least one kind, or leave it out.".into());
        }
        let kinds: Result<Vec<EntityKind>, String> = text.split(between).map(str::parse).collect();
        kinds.map(|kinds| Self::of(&kinds))
    }
}

impl fmt::Display for EntityKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.join(","))
    }
}

impl From<EntityKinds> for String {
    fn from(kinds: EntityKinds) -> Self {
        kinds.to_string()
    }
}

impl TryFrom<String> for EntityKinds {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::split(&text, ",")
    }
}

#[cfg(feature = "ssr")]
impl schemars::JsonSchema for EntityKinds {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EntityKinds".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let word = format!("({})", Self::ALL.join("|"));
        schemars::json_schema!({
            "type": "string", "pattern": format!("^{word}(,{word})*$"), "examples": [Self::ALL]
        })
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
    fn kinds_have_one_spelling() {
        let read = |text: &str| EntityKinds::try_from(text.to_owned());
        let both = read("settings,application,settings").unwrap();
        assert_eq!(both.to_string(), "application,settings");
        assert!(both.has(EntityKind::Settings) && !both.has(EntityKind::StageEvent));
        assert_eq!(read("application,settings"), Ok(both));
        assert_eq!(EntityKinds::split("settings-application", "-"), Ok(both));
        for text in [
            "",
            ",",
            "application,",
            "application, settings",
            "Application",
            "note",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn who_does_not_say_what_it_knows_gets_what_there_was_then() {
        let said = "application,stage_event,settings";
        assert_eq!(EntityKinds::UNSAID.to_string(), said);
    }

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
