//! The kinds of row that the engine keeps, and what it must know of each. A new kind is a type that
//! implements [`Row`] (and [`Edited`], where people change it), a table in [`Base`] and a variant of
//! [`Edit`]; the engine itself stays as it is.

use super::base::{Base, Table};
use crate::domain::{
    application::{Application, ApplicationCreate, ApplicationPatch},
    change::Change,
    error::{Problem, ProblemKind},
    settings::{Settings, SettingsPatch},
    stage::StageEvent,
    sync::{Entity, EntityKind},
    time::Timestamp,
};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fmt::Debug;
use uuid::Uuid;

/// A kind of row that the server issues.
pub trait Row: Clone + Debug + PartialEq + Serialize + DeserializeOwned + 'static {
    /// Which kind.
    const KIND: EntityKind;
    /// Whether this state is at least as new as another one of the same row.
    fn supersedes(&self, known: &Self) -> bool;
    /// The application that it hangs on; none for what stands by itself.
    fn parent(&self) -> Option<Uuid> {
        None
    }
    /// The row among those of all kinds.
    fn into_entity(self) -> Entity;
    /// The row of this kind, if it is one.
    fn from_entity(entity: Entity) -> Option<Self>;
    /// Where rows of this kind are kept.
    fn table(base: &Base) -> &Table<Self>;
    /// The same, to change it.
    fn table_mut(base: &mut Base) -> &mut Table<Self>;
}

/// When and on which of the user's days an edit was made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// The moment.
    pub at: Timestamp,
    /// The user's calendar day then.
    pub on: NaiveDate,
}

/// A kind of row that people make or change.
pub trait Edited: Row {
    /// The body that creates one.
    type Create: Clone + Debug + PartialEq + Serialize + DeserializeOwned;
    /// The body that changes one.
    type Patch: Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned;
    /// The address of the collection below the API's base.
    const COLLECTION: &'static str;
    /// Whether one row stands at the collection's own address.
    const SINGLE: bool = false;
    /// What it is called in a message.
    const NOUN: &'static str;

    /// The version that `If-Match` names.
    fn version(&self) -> i64;
    /// What it is called by its user.
    fn title(&self) -> String;
    /// The row that a create makes.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    fn build(create: &Self::Create, id: Uuid, made: Made) -> Result<Self, Problem>;
    /// What a patch makes of the row.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    fn patched(&self, patch: &Self::Patch, at: Timestamp) -> Result<Self, Problem>;
    /// What creates a copy of this row under another id; none where that is not possible.
    fn recreate(&self, id: Uuid) -> Option<Self::Create>;
    /// Whether a patch is an event of its own that never merges with another.
    fn is_event(patch: &Self::Patch) -> bool;
    /// Whether a patch takes back what the user did before: worth nothing once that cannot be done.
    fn is_undo(_: &Self::Patch) -> bool {
        false
    }
    /// A create, then a patch, as one create.
    fn extend_create(create: &mut Self::Create, later: Self::Patch);
    /// A patch, then a later one, as one.
    fn extend(patch: &mut Self::Patch, later: Self::Patch);
    /// Whether the row already is what the patch would make of it.
    fn is_noop_on(&self, patch: &Self::Patch) -> bool;
    /// Whether a person who sees one sees the other: all but what the server derives is the same.
    fn says_the_same_as(&self, other: &Self) -> bool;
    /// Takes the times that the clock of the device gave to an operation back by `ahead`, and the
    /// days by `days`.
    fn make_earlier(_: &mut Op<Self>, _ahead: Duration, _days: Duration) {}
    /// The patch as it would be made anew on a later state.
    fn again(patch: Self::Patch) -> Self::Patch;
    /// Takes note of what the server derived from an edit that it has just acknowledged.
    fn acknowledged(_: &mut Base, _: &super::queue::Entry, _: &Self, _: Timestamp) {}
    /// The edit among those of all kinds.
    fn into_edit(op: Op<Self>) -> Edit;
    /// The operation of an edit of this kind.
    fn op(edit: &Edit) -> Option<&Op<Self>>;
}

/// What was done to one row of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", bound = "")]
pub enum Op<R: Edited> {
    /// Made it.
    Create(Box<R::Create>),
    /// Changed some fields.
    Patch(Box<R::Patch>),
    /// Deleted it.
    Delete,
}

/// What was done to one row of any kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// To an application.
    Application(Op<Application>),
    /// To the user's settings.
    Settings(Op<Settings>),
}

/// Expands a body for the kind of an edit: `$op` is its operation, `$R` the row's type.
macro_rules! each_kind {
    ($edit:expr, |$op:ident: $R:ident| $body:expr) => {
        match $edit {
            // Not every body names the type.
            $crate::client::engine::kind::Edit::Application($op) => {
                #[allow(dead_code)]
                type $R = $crate::domain::application::Application;
                $body
            }
            $crate::client::engine::kind::Edit::Settings($op) => {
                #[allow(dead_code)]
                type $R = $crate::domain::settings::Settings;
                $body
            }
        }
    };
}
pub(super) use each_kind;

/// What is told apart in an edit without knowing its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It makes a row.
    Create,
    /// It changes one.
    Patch,
    /// It deletes one.
    Delete,
}

impl Edit {
    /// Which kind of row it is about.
    pub fn kind(&self) -> EntityKind {
        each_kind!(self, |_op: R| R::KIND)
    }

    /// What it does.
    pub fn verb(&self) -> Verb {
        each_kind!(self, |op: R| match op {
            Op::Create(_) => Verb::Create,
            Op::Patch(_) => Verb::Patch,
            Op::Delete => Verb::Delete,
        })
    }

    /// What a row of this kind is called in a message.
    pub fn noun(&self) -> &'static str {
        each_kind!(self, |_op: R| R::NOUN)
    }

    /// Whether it must stay apart from other edits of its row.
    pub fn is_event(&self) -> bool {
        each_kind!(self, |op: R| match op {
            Op::Patch(patch) => R::is_event(patch),
            Op::Create(_) | Op::Delete => false,
        })
    }

    /// Whether it takes back what the user did before.
    pub fn is_undo(&self) -> bool {
        each_kind!(self, |op: R| match op {
            Op::Patch(patch) => R::is_undo(patch),
            Op::Create(_) | Op::Delete => false,
        })
    }

    /// This edit, then `later`, as one; none where they cannot be one.
    pub fn merged(&self, later: &Self) -> Option<Self> {
        fn ops<R: Edited>(first: &Op<R>, later: &Op<R>) -> Option<Edit> {
            let Op::Patch(later) = later else { return None };
            Some(R::into_edit(match first {
                Op::Create(create) => {
                    let mut create = create.clone();
                    R::extend_create(&mut create, later.as_ref().clone());
                    Op::Create(create)
                }
                Op::Patch(patch) => {
                    let mut patch = patch.clone();
                    R::extend(&mut patch, later.as_ref().clone());
                    Op::Patch(patch)
                }
                Op::Delete => return None,
            }))
        }
        match (self, later) {
            (Self::Application(first), Self::Application(later)) => ops(first, later),
            (Self::Settings(first), Self::Settings(later)) => ops(first, later),
            _ => None,
        }
    }

    /// This edit and a later one, as one, also where both create the row: what pages made that could
    /// not store it.
    pub(super) fn together(&self, later: &Self) -> Option<Self> {
        fn ops<R: Edited>(first: &Op<R>, later: &Op<R>) -> Option<Edit> {
            let (Op::Create(first), Op::Create(later)) = (first, later) else {
                return None;
            };
            let mut fields = serde_json::to_value(first).ok()?;
            let later = serde_json::to_value(later).ok()?;
            fields.as_object_mut()?.extend(later.as_object()?.clone());
            let create = serde_json::from_value(fields).ok()?;
            Some(R::into_edit(Op::Create(Box::new(create))))
        }
        self.merged(later).or_else(|| match (self, later) {
            (Self::Application(first), Self::Application(later)) => ops(first, later),
            (Self::Settings(first), Self::Settings(later)) => ops(first, later),
            _ => None,
        })
    }

    /// The row that it creates, if it creates one.
    pub(super) fn built(&self, record: Uuid, made: Made) -> Option<Entity> {
        each_kind!(self, |op: R| match op {
            Op::Create(create) => R::build(create, record, made).ok().map(R::into_entity),
            Op::Patch(_) | Op::Delete => None,
        })
    }

    /// The edit as it would be made anew on a later state of its row.
    #[must_use]
    pub fn again(self) -> Self {
        fn op<R: Edited>(op: Op<R>) -> Edit {
            R::into_edit(match op {
                Op::Patch(patch) => Op::Patch(Box::new(R::again(*patch))),
                other => other,
            })
        }
        match self {
            Self::Application(edit) => op(edit),
            Self::Settings(edit) => op(edit),
        }
    }

    /// The edit as it was made by a clock that is `ahead` less, on a day that is `days` less.
    #[must_use]
    pub(super) fn earlier(&self, ahead: Duration, days: Duration) -> Self {
        let mut earlier = self.clone();
        each_kind!(&mut earlier, |op: R| R::make_earlier(op, ahead, days));
        earlier
    }

    /// The fields that it sets, with their values, as they go over the wire.
    pub fn fields(&self) -> Vec<(String, serde_json::Value)> {
        let body = match self.body() {
            Some(serde_json::Value::Object(body)) => body,
            _ => return Vec::new(),
        };
        body.into_iter()
            .filter(|(name, _)| {
                !matches!(
                    name.as_str(),
                    "id" | "status_occurred_at" | "voids_stage_event"
                )
            })
            .collect()
    }

    fn body(&self) -> Option<serde_json::Value> {
        each_kind!(self, |op: R| match op {
            Op::Create(create) => serde_json::to_string(create).ok(),
            Op::Patch(patch) => serde_json::to_string(patch).ok(),
            Op::Delete => None,
        })
        .and_then(|text| serde_json::from_str(&text).ok())
    }

    /// The request that carries it: method, address below the API's base, body. The same edit is
    /// always the same bytes.
    pub fn request(&self, record: Uuid) -> (http::Method, String, Option<String>) {
        each_kind!(self, |op: R| {
            let one = if R::SINGLE {
                R::COLLECTION.to_owned()
            } else {
                format!("{}/{record}", R::COLLECTION)
            };
            match op {
                Op::Create(create) => (
                    http::Method::POST,
                    R::COLLECTION.to_owned(),
                    serde_json::to_string(create).ok(),
                ),
                Op::Patch(patch) => (http::Method::PATCH, one, serde_json::to_string(patch).ok()),
                Op::Delete => (http::Method::DELETE, one, None),
            }
        })
    }
}

/// Nothing creates a row of this kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Never {}

impl Row for Application {
    const KIND: EntityKind = EntityKind::Application;

    fn supersedes(&self, known: &Self) -> bool {
        self.version >= known.version
    }
    fn into_entity(self) -> Entity {
        Entity::Application(Box::new(self))
    }
    fn from_entity(entity: Entity) -> Option<Self> {
        match entity {
            Entity::Application(row) => Some(*row),
            _ => None,
        }
    }
    fn table(base: &Base) -> &Table<Self> {
        &base.applications
    }
    fn table_mut(base: &mut Base) -> &mut Table<Self> {
        &mut base.applications
    }
}

impl Edited for Application {
    type Create = ApplicationCreate;
    type Patch = ApplicationPatch;
    const COLLECTION: &'static str = "/applications";
    const NOUN: &'static str = "application";

    fn version(&self) -> i64 {
        self.version
    }
    fn title(&self) -> String {
        self.role_title.to_string()
    }
    fn build(create: &ApplicationCreate, id: Uuid, made: Made) -> Result<Self, Problem> {
        create.clone().build(id, made.on, made.at)
    }
    fn patched(&self, patch: &ApplicationPatch, at: Timestamp) -> Result<Self, Problem> {
        Self::patched(self, patch, at)
    }
    fn recreate(&self, id: Uuid) -> Option<ApplicationCreate> {
        Some(ApplicationCreate::copy(id, self))
    }
    fn is_event(patch: &ApplicationPatch) -> bool {
        !patch.status.is_keep() || patch.voids_stage_event.is_some()
    }
    fn is_undo(patch: &ApplicationPatch) -> bool {
        patch.voids_stage_event.is_some()
    }
    fn extend_create(create: &mut ApplicationCreate, later: ApplicationPatch) {
        create.then(later);
    }
    fn extend(patch: &mut ApplicationPatch, later: ApplicationPatch) {
        if later.status_occurred_at.is_some() {
            patch.status_occurred_at = later.status_occurred_at;
        }
        patch.then(later);
    }
    fn is_noop_on(&self, patch: &ApplicationPatch) -> bool {
        patch.is_noop_on(self)
    }
    fn says_the_same_as(&self, other: &Self) -> bool {
        let derived = Self {
            version: other.version,
            status_since: other.status_since,
            created_at: other.created_at,
            updated_at: other.updated_at,
            ..self.clone()
        };
        derived == *other
    }
    fn make_earlier(op: &mut Op<Self>, ahead: Duration, days: Duration) {
        let (occurred, archived, applied) = match op {
            Op::Create(create) => (
                &mut create.status_occurred_at,
                &mut create.archived_at,
                Some(&mut create.application_date),
            ),
            Op::Patch(patch) => (&mut patch.status_occurred_at, &mut patch.archived_at, None),
            Op::Delete => return,
        };
        if let Some(at) = occurred {
            *at -= ahead;
        }
        if let Change::Set(Some(at)) = archived {
            *at -= ahead;
        }
        if let Some(Change::Set(day)) = applied {
            *day += days;
        }
    }
    fn again(patch: ApplicationPatch) -> ApplicationPatch {
        ApplicationPatch {
            voids_stage_event: None,
            ..patch
        }
    }
    fn acknowledged(base: &mut Base, entry: &super::queue::Entry, row: &Self, now: Timestamp) {
        super::history::acknowledged(base, entry, row, now);
    }
    fn into_edit(op: Op<Self>) -> Edit {
        Edit::Application(op)
    }
    fn op(edit: &Edit) -> Option<&Op<Self>> {
        match edit {
            Edit::Application(op) => Some(op),
            Edit::Settings(_) => None,
        }
    }
}

impl Row for StageEvent {
    const KIND: EntityKind = EntityKind::StageEvent;

    fn supersedes(&self, known: &Self) -> bool {
        // It changes once: when it is called off.
        self.voided_at.is_some() || known.voided_at.is_none()
    }
    fn parent(&self) -> Option<Uuid> {
        Some(self.application_id)
    }
    fn into_entity(self) -> Entity {
        Entity::StageEvent(self)
    }
    fn from_entity(entity: Entity) -> Option<Self> {
        match entity {
            Entity::StageEvent(row) => Some(row),
            _ => None,
        }
    }
    fn table(base: &Base) -> &Table<Self> {
        &base.stage_events
    }
    fn table_mut(base: &mut Base) -> &mut Table<Self> {
        &mut base.stage_events
    }
}

impl Row for Settings {
    const KIND: EntityKind = EntityKind::Settings;

    fn supersedes(&self, known: &Self) -> bool {
        self.version >= known.version
    }
    fn into_entity(self) -> Entity {
        Entity::Settings(self)
    }
    fn from_entity(entity: Entity) -> Option<Self> {
        match entity {
            Entity::Settings(row) => Some(row),
            _ => None,
        }
    }
    fn table(base: &Base) -> &Table<Self> {
        &base.settings
    }
    fn table_mut(base: &mut Base) -> &mut Table<Self> {
        &mut base.settings
    }
}

impl Edited for Settings {
    type Create = Never;
    type Patch = SettingsPatch;
    const COLLECTION: &'static str = "/settings";
    const SINGLE: bool = true;
    const NOUN: &'static str = "settings";

    fn version(&self) -> i64 {
        self.version
    }
    fn title(&self) -> String {
        "Settings".to_owned()
    }
    fn build(create: &Never, _: Uuid, _: Made) -> Result<Self, Problem> {
        match *create {}
    }
    fn patched(&self, patch: &SettingsPatch, at: Timestamp) -> Result<Self, Problem> {
        Self::patched(self, patch, at)
    }
    fn recreate(&self, _: Uuid) -> Option<Never> {
        None
    }
    fn is_event(_: &SettingsPatch) -> bool {
        false
    }
    fn extend_create(create: &mut Never, _: SettingsPatch) {
        match *create {}
    }
    fn extend(patch: &mut SettingsPatch, later: SettingsPatch) {
        patch.then(later);
    }
    fn is_noop_on(&self, patch: &SettingsPatch) -> bool {
        patch.is_noop_on(self)
    }
    fn says_the_same_as(&self, other: &Self) -> bool {
        let derived = Self {
            version: other.version,
            updated_at: other.updated_at,
            ..self.clone()
        };
        derived == *other
    }
    fn again(patch: SettingsPatch) -> SettingsPatch {
        patch
    }
    fn into_edit(op: Op<Self>) -> Edit {
        Edit::Settings(op)
    }
    fn op(edit: &Edit) -> Option<&Op<Self>> {
        match edit {
            Edit::Settings(op) => Some(op),
            Edit::Application(_) => None,
        }
    }
}

/// The edit that creates a copy of a row under another id; none where that is not possible.
pub fn recreate(row: &Entity, id: Uuid) -> Option<Edit> {
    fn of<R: Edited>(row: &R, id: Uuid) -> Option<Edit> {
        let create = row.recreate(id)?;
        Some(R::into_edit(Op::Create(Box::new(create))))
    }
    match row {
        Entity::Application(row) => of(row.as_ref(), id),
        Entity::Settings(row) => of(row, id),
        Entity::StageEvent(_) => None,
    }
}

/// What an operation makes of a row; `None` is no row.
///
/// # Errors
/// 400 naming what does not fit, 404 where there is nothing to change, 409 where there is something
/// already.
pub fn apply<R: Edited>(
    op: &Op<R>,
    row: Option<&R>,
    id: Uuid,
    made: Made,
) -> Result<Option<R>, Problem> {
    let missing = || Problem::not_found(R::NOUN, id);
    match op {
        Op::Create(create) if row.is_none() => R::build(create, id, made).map(Some),
        Op::Create(_) => Err(Problem::new(
            ProblemKind::Conflict,
            format!("This {} exists already.", R::NOUN),
        )),
        Op::Patch(patch) => row.ok_or_else(missing)?.patched(patch, made.at).map(Some),
        Op::Delete => row.ok_or_else(missing).map(|_| None),
    }
}
