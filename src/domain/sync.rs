//! What travels between a client's cache and the server.

use super::{
    kinds::kinds,
    row::{OfKind, Row},
    time::Timestamp,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, hash::Hasher};
use uuid::Uuid;

/// Changes a page when no limit is given.
pub const DEFAULT_LIMIT: u32 = 500;
/// The most changes a page.
pub const MAX_LIMIT: u32 = 5_000;

/// The query of `GET /sync`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SyncQuery {
    /// `next` of the last page; absent starts from nothing.
    #[cfg_attr(
        feature = "ssr",
        schemars(regex(pattern = r"^[0-9a-f]{32}(\.[0-9]{1,19}){1,2}(\.[a-z_]+(-[a-z_]+)*)?$"))
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Changes a page: 1 to 5,000, 500 when absent.
    #[cfg_attr(feature = "ssr", schemars(range(min = 1, max = MAX_LIMIT)))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The kinds of row that are wanted, with commas between them. A client names those that it
    /// knows; absent is `application,stage_event,settings`. `next` leads on for the same kinds alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<EntityKinds>,
}

/// A page of changes, in the order of their sequence numbers. It is read from JSON text alone, and
/// leaves out what this version does not know ([`SyncPage::skipped`]).
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// How many rows of kinds that are known could not be read: a newer server may have a status, say,
    /// that this version lacks. Not on the wire.
    #[serde(skip)]
    pub skipped: u32,
}

/// One row that was written or deleted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct SyncChange {
    /// Its place in the user's history.
    #[cfg_attr(feature = "ssr", schemars(range(min = 1)))]
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
            SyncRow::Upsert(row) => row.version(),
            SyncRow::Delete { .. } => None,
        }
    }
}

/// A kind of row, and its state or its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

impl<'de> Deserialize<'de> for SyncPage {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut parts = PageParts::of(Page::deserialize(from)?);
        let changes = parts.next_part(usize::MAX);
        Ok(Self {
            changes,
            ..parts.finish()
        })
    }
}

/// A page as it stands in the text, its rows still unread.
#[derive(Deserialize)]
struct Page<'a> {
    epoch: Uuid,
    #[serde(borrow)]
    changes: Vec<WireChange<'a>>,
    next: String,
    has_more: bool,
}

/// A page that is read a part at a time: thousands of rows at once would hold up whoever has one
/// thread for everything.
pub struct PageParts<'a> {
    unread: std::vec::IntoIter<WireChange<'a>>,
    rest: SyncPage,
}

impl<'a> PageParts<'a> {
    fn of(page: Page<'a>) -> Self {
        Self {
            unread: page.changes.into_iter(),
            rest: SyncPage {
                epoch: page.epoch,
                changes: Vec::new(),
                next: page.next,
                has_more: page.has_more,
                skipped: 0,
            },
        }
    }

    /// Begins to read the text of a page.
    ///
    /// # Errors
    /// For a text that is no page.
    pub fn read(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self::of)
    }

    /// Whether changes are left to be read.
    pub fn has_more(&self) -> bool {
        self.unread.len() > 0
    }

    /// Reads the next changes, so many at most. What this version does not know is skipped.
    pub fn next_part(&mut self, most: usize) -> Vec<SyncChange> {
        let mut changes = Vec::new();
        for change in self.unread.by_ref().take(most) {
            match change.read() {
                Ok(Some(change)) => changes.push(change),
                Ok(None) => {}
                Err(_) => self.rest.skipped += 1,
            }
        }
        changes
    }

    /// The page without the changes that were read.
    pub fn finish(self) -> SyncPage {
        self.rest
    }
}

/// A change as it stands in a page. Flat, so that each row is read once, straight into its type: by
/// serde's tags it would be taken apart into a tree first, and a page with anything unknown in it would
/// not be read at all.
#[derive(Deserialize)]
struct WireChange<'a> {
    seq: i64,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    op: Cow<'a, str>,
    #[serde(borrow)]
    entity: Cow<'a, str>,
    #[serde(borrow, default)]
    row: Option<&'a RawValue>,
}

impl WireChange<'_> {
    /// The change; none for a kind or an operation that this version does not know.
    ///
    /// # Errors
    /// For a row of a kind that is known which does not read as one.
    fn read(&self) -> Result<Option<SyncChange>, serde_json::Error> {
        let Ok(kind) = self.entity.parse::<EntityKind>() else {
            return Ok(None);
        };
        let what = match &*self.op {
            "upsert" => {
                let row = self.row.map_or("null", RawValue::get);
                SyncRow::Upsert(Entity::read(kind, row)?)
            }
            "delete" => SyncRow::Delete { entity: kind },
            _ => return Ok(None),
        };
        Ok(Some(SyncChange {
            seq: self.seq,
            id: self.id.parse().map_err(serde::de::Error::custom)?,
            what,
        }))
    }
}

macro_rules! define_kinds {
    (
        all { $( $(#[$meta:meta])* $module:ident::$Kind:ident $table:ident $word:literal $shards:literal, )+ }
        edited { $( $edited_module:ident::$Edited:ident, )+ }
    ) => {
        $( use super::$module::$Kind; )+

        super::choice::choice! {
            /// The kinds of row that are synchronised.
            pub enum EntityKind as "text" {
                $( $(#[$meta])* $Kind = $word, )+
            }
        }

        /// A row of any kind that is synchronised.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
        #[serde(tag = "entity", content = "row", rename_all = "snake_case")]
        pub enum Entity {
            $( $(#[$meta])* $Kind(Box<$Kind>), )+
        }

        impl Entity {
            /// Reads a row of a kind from its JSON.
            fn read(kind: EntityKind, text: &str) -> Result<Self, serde_json::Error> {
                match kind {
                    $( EntityKind::$Kind => serde_json::from_str(text).map(Self::$Kind), )+
                }
            }

            /// Which kind it is of.
            pub fn kind(&self) -> EntityKind {
                match self {
                    $( Self::$Kind(_) => EntityKind::$Kind, )+
                }
            }

            /// The version of the row, where it has one: of those that people change.
            pub fn version(&self) -> Option<i64> {
                match self {
                    $( Self::$Edited(row) => Some(row.version), )+
                    // There may be kinds that nobody edits.
                    #[allow(unreachable_patterns)]
                    _ => None,
                }
            }

            /// Feeds what tells two states of the same row apart.
            pub fn hash_state(&self, hasher: &mut impl Hasher) {
                match self {
                    $( Self::$Kind(row) => row.hash_state(hasher), )+
                }
            }

            /// The rows that it hangs on.
            pub fn parents(&self) -> impl Iterator<Item = Uuid> {
                let parents = match self {
                    $( Self::$Kind(row) => row.parents(), )+
                };
                parents.into_iter().flatten()
            }
        }

        $(
            impl OfKind for $Kind {
                const KIND: EntityKind = EntityKind::$Kind;

                fn into_entity(self) -> Entity {
                    Entity::$Kind(Box::new(self))
                }
                fn from_entity(entity: Entity) -> Option<Self> {
                    match entity {
                        Entity::$Kind(row) => Some(*row),
                        _ => None,
                    }
                }
            }
        )+
    };
}
kinds!(define_kinds);

// From JSON text alone, straight into the row's type: what serde makes for a tag beside its content
// reads every type a second time, from a tree.
impl<'de> Deserialize<'de> for Entity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            entity: EntityKind,
            #[serde(borrow)]
            row: &'a RawValue,
        }
        let wire = Wire::deserialize(from)?;
        Self::read(wire.entity, wire.row.get()).map_err(serde::de::Error::custom)
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
    /// What is planned or due around them; the earliest, where there are very many.
    #[serde(default)]
    pub activities: Vec<super::activity::Activity>,
    /// How many applications every status has on the board.
    pub counts: Vec<(super::stage::Status, u32)>,
    /// Whether `rows` is all that the user has, archived ones too.
    pub whole: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        activity,
        application::tests::{now, sample},
        error::Problem,
        reminder,
        stage::Status,
        user::Me,
    };
    use serde_json::{Value, json};

    fn activity() -> activity::Activity {
        activity::Activity {
            prep_checklist: serde_json::from_value(json!([{ "text": "Read", "done": true }]))
                .unwrap(),
            related_contacts: serde_json::from_value(json!([{ "name": "Jo" }])).unwrap(),
            ..activity::tests::sample(6, 1)
        }
    }

    fn reminder() -> reminder::Reminder {
        reminder::Reminder {
            meta: serde_json::from_value(json!({ "rule": "offer", "n": 2, "set": ["title"] }))
                .unwrap(),
            ..reminder::tests::sample(7, 1)
        }
    }

    #[test]
    fn a_page_in_parts_is_the_page() {
        let changes = (1..=5).map(|n| SyncChange {
            seq: n,
            id: Uuid::from_u128(n as u128),
            what: SyncRow::Upsert(Entity::Application(Box::new(sample(n as u128)))),
        });
        let page = SyncPage {
            epoch: Uuid::from_u128(9),
            changes: changes.collect(),
            next: "next".into(),
            has_more: true,
            skipped: 0,
        };
        let text = serde_json::to_string(&page).unwrap();
        for most in [1, 2, 5, 6] {
            let mut parts = PageParts::read(&text).unwrap();
            let mut changes = Vec::new();
            while parts.has_more() {
                let part = parts.next_part(most);
                assert!(part.len() <= most);
                changes.extend(part);
            }
            let whole = SyncPage {
                changes,
                ..parts.finish()
            };
            assert_eq!(whole, page);
        }
        assert!(PageParts::read("<html>").is_err());
    }

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

    fn change(seq: i64, what: SyncRow) -> SyncChange {
        let id = Uuid::from_u128(1);
        SyncChange { seq, id, what }
    }

    fn upsert() -> SyncRow {
        SyncRow::Upsert(Entity::Application(Box::new(sample(1))))
    }

    fn page(changes: Vec<SyncChange>) -> SyncPage {
        SyncPage {
            epoch: Uuid::nil(),
            changes,
            next: "here".into(),
            has_more: true,
            skipped: 0,
        }
    }

    fn settings() -> Settings {
        serde_json::from_value(json!({
            "version": 3, "display_name": "Jane", "timezone": "UTC", "session_timeout_mins": 30,
            "quiet_hours_start": "21:00", "quiet_hours_end": "07:00", "reminder_defaults": {"offer": {"on": false}},
            "updated_at": now(),
        }))
        .unwrap()
    }

    fn stage_event() -> StageEvent {
        StageEvent {
            id: Uuid::from_u128(2),
            application_id: Uuid::from_u128(1),
            version: 1,
            from_status: None,
            to_status: Status::Applied,
            occurred_at: now(),
            recorded_at: now(),
            voided_at: None,
            updated_at: now(),
        }
    }

    /// The page with one change, which is this.
    fn read(change: &str) -> SyncPage {
        let text = format!(
            r#"{{"epoch":"{}","changes":[{change}],"next":"here","has_more":true}}"#,
            Uuid::nil()
        );
        serde_json::from_str(&text).unwrap()
    }

    const ID: &str = "00000000-0000-0000-0000-000000000001";

    #[test]
    fn the_wire_form_is_flat() {
        let row = serde_json::to_string(&sample(1)).unwrap();
        let written = page(vec![
            change(7, upsert()),
            change(
                8,
                SyncRow::Delete {
                    entity: EntityKind::StageEvent,
                },
            ),
        ]);
        let expected = format!(
            r#"{{"epoch":"{}","changes":[{{"seq":7,"id":"{ID}","op":"upsert","entity":"application","row":{row}}},{{"seq":8,"id":"{ID}","op":"delete","entity":"stage_event"}}],"next":"here","has_more":true}}"#,
            Uuid::nil()
        );
        assert_eq!(serde_json::to_string(&written).unwrap(), expected);
    }

    #[test]
    fn a_page_survives_the_wire() {
        let mut changes = vec![
            change(7, upsert()),
            change(8, SyncRow::Upsert(stage_event().into_entity())),
            change(9, SyncRow::Upsert(settings().into_entity())),
        ];
        changes.extend(EntityKind::ALL.iter().map(|kind| {
            let entity = *kind;
            change(10, SyncRow::Delete { entity })
        }));
        let page = page(changes);
        for text in [
            serde_json::to_string(&page).unwrap(),
            serde_json::to_string_pretty(&page).unwrap(),
            // Whatever the order of the names.
            serde_json::to_value(&page).unwrap().to_string(),
        ] {
            assert_eq!(serde_json::from_str::<SyncPage>(&text).unwrap(), page);
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        for unknown in [
            format!(r#"{{"seq":8,"id":"{ID}","op":"upsert","entity":"note","row":{{"a":[1]}}}}"#),
            format!(r#"{{"seq":8,"id":"{ID}","op":"delete","entity":"note"}}"#),
            r#"{"seq":8,"id":"2026-03","op":"upsert","entity":"day","row":7}"#.to_owned(),
            format!(r#"{{"seq":8,"id":"{ID}","op":"merge","entity":"application","row":{{}}}}"#),
            format!(r#"{{"seq":8,"id":"{ID}","op":"","entity":""}}"#),
        ] {
            assert_eq!(read(&unknown), page(vec![]), "{unknown}");
            let known = serde_json::to_string(&change(7, upsert())).unwrap();
            let both = read(&format!("{unknown},{known}"));
            assert_eq!(both, page(vec![change(7, upsert())]), "{unknown}");
        }
    }

    #[test]
    fn a_row_that_does_not_read_is_left_out_and_counted() {
        let with = |name: &str, value: Value| {
            let mut row = json!(sample(1));
            row[name] = value;
            row.to_string()
        };
        for row in [
            r#","row":null"#.to_owned(),
            String::new(),
            r#","row":7"#.to_owned(),
            r#","row":{}"#.to_owned(),
            format!(r#","row":{}"#, with("status", json!("Ghosted_Again"))),
            format!(r#","row":{}"#, with("company", json!(null))),
        ] {
            let one =
                format!(r#"{{"seq":8,"id":"{ID}","op":"upsert","entity":"application"{row}}}"#);
            let known = serde_json::to_string(&change(9, upsert())).unwrap();
            let expected = SyncPage {
                skipped: 1,
                ..page(vec![change(9, upsert())])
            };
            assert_eq!(read(&format!("{one},{known}")), expected, "{row}");
        }
        let nowhere = r#"{"seq":8,"id":"x","op":"delete","entity":"application"}"#;
        assert_eq!(read(nowhere).skipped, 1);
    }

    #[test]
    fn words_may_be_escaped() {
        let escaped = r#"{"seq":7,"id":"00000000\u002d0000-0000-0000-000000000001","op":"d\u0065lete","entity":"stage\u005fevent"}"#;
        let entity = EntityKind::StageEvent;
        let expected = page(vec![change(7, SyncRow::Delete { entity })]);
        assert_eq!(read(escaped), expected);
    }

    #[test]
    fn what_is_no_page_is_an_error() {
        for text in ["", "{}", "[]", "<html>", r#"{"changes":[]}"#] {
            assert!(serde_json::from_str::<SyncPage>(text).is_err(), "{text}");
        }
        let torn = serde_json::to_string(&page(vec![change(7, upsert())])).unwrap();
        assert!(serde_json::from_str::<SyncPage>(&torn[..torn.len() - 20]).is_err());
    }

    /// Adds a field that no version knows to every object.
    fn newer(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(newer),
            Value::Object(fields) => {
                fields.iter_mut().for_each(|(_, value)| newer(value));
                fields.insert("later".into(), json!({ "and": ["more"] }));
            }
            _ => {}
        }
    }

    fn reads_a_newer<T>(row: &T)
    where
        T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let mut value = json!(row);
        newer(&mut value);
        assert_eq!(serde_json::from_str::<T>(&value.to_string()).unwrap(), *row);
    }

    #[test]
    fn fields_that_are_not_known_are_left_out_of_every_row() {
        let mut full = sample(1);
        full.contacts_inline =
            serde_json::from_value(json!([{ "name": "Jo", "email": "jo@example.com" }])).unwrap();
        full.attachments_links =
            serde_json::from_value(json!([{ "url": "https://example.com", "label": "Task" }]))
                .unwrap();
        reads_a_newer(&full);
        reads_a_newer(&stage_event());
        reads_a_newer(&activity());
        reads_a_newer(&reminder());
        reads_a_newer(&settings());
        reads_a_newer(&Me {
            user: serde_json::from_value(json!({ "id": ID, "email": "jane@example.com" })).unwrap(),
            settings: settings(),
            csrf_token: "t".into(),
        });
        reads_a_newer(&BoardSnapshot {
            now: now(),
            rows: vec![full.clone()],
            activities: vec![activity()],
            counts: vec![(Status::Applied, 1)],
            whole: true,
        });
        reads_a_newer(&page(vec![
            change(7, SyncRow::Upsert(Entity::Application(Box::new(full)))),
            change(8, SyncRow::Upsert(stage_event().into_entity())),
            change(9, SyncRow::Upsert(settings().into_entity())),
            change(10, SyncRow::Upsert(activity().into_entity())),
            change(11, SyncRow::Upsert(reminder().into_entity())),
        ]));
        reads_a_newer(&Problem::field("company", "Fill this in.").with_meta(json!(7)));
    }
}
