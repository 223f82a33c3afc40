//! The engine as the components see it: signals to read, verbs to call. On the server it holds the
//! page's snapshot and nothing ever changes; in the browser the driver does what the engine asks.

#[cfg(feature = "hydrate")]
mod access;
mod activities;
mod analytics;
mod follow_ups;
mod moves;
mod notify;
mod reminders;
mod rows;
mod settings;

pub use reminders::BY_QUIET_HOURS;
pub use rows::HasSignal;

use reminders::called_off;
use rows::RowSignals;

use super::{
    engine::{
        Began, Displaced, Edit, Edited, Effect, Engine, Entry, HasTable, Made, Op, Persistence,
        Rows, SyncState, WaitReason,
    },
    habits::CurrentHabits,
    labels::NAME,
    toasts::{ToastAction, Toasts},
    zone::{CurrentZone, Zone},
};
use crate::domain::{
    activity::Activity,
    application::{Application, ApplicationCreate, ApplicationPatch},
    change::Change,
    error::Problem,
    fields::Patch as _,
    row::OfEdit as _,
    settings::Settings,
    stage::{StageEvent, Status},
    sync::BoardSnapshot,
    time::{Timestamp, ZoneName, ZoneRules},
    user::Me,
};
use leptos::prelude::*;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// The store. One for the whole app; copied freely.
#[derive(Clone, Copy)]
pub struct Store {
    pub(super) engine: StoredValue<Engine>,
    rows: RowSignals,
    /// Changes with anything that the engine holds.
    changed: RwSignal<()>,
    counts: RwSignal<HashMap<Status, u32>>,
    whole: RwSignal<bool>,
    loaded: RwSignal<bool>,
    zone: CurrentZone,
    habits: CurrentHabits,
    sync: RwSignal<SyncState>,
    persistence: RwSignal<Persistence>,
    partial: RwSignal<bool>,
    displaced: RwSignal<Arc<Vec<Displaced>>>,
    gate: RwSignal<Gate>,
    left: RwSignal<Option<LeftBehind>>,
    now: RwSignal<Timestamp>,
    pub(super) toasts: RwSignal<Toasts>,
}

/// The store of this app.
pub fn use_store() -> Store {
    expect_context::<Store>()
}

/// An engine that knows the zones of this browser.
fn engine() -> Engine {
    let mut engine = Engine::default();
    engine.read_zones(|name| Arc::new(Zone::new(name.clone())));
    engine
}

impl Default for Store {
    fn default() -> Self {
        Self {
            engine: StoredValue::new(engine()),
            rows: RowSignals::default(),
            changed: RwSignal::default(),
            counts: RwSignal::default(),
            whole: RwSignal::new(false),
            loaded: RwSignal::new(false),
            zone: CurrentZone::new(Zone::new(ZoneName::default())),
            habits: CurrentHabits::default(),
            sync: RwSignal::default(),
            persistence: RwSignal::default(),
            partial: RwSignal::new(false),
            displaced: RwSignal::default(),
            gate: RwSignal::default(),
            left: RwSignal::default(),
            now: RwSignal::new(Timestamp::UNIX_EPOCH),
            toasts: RwSignal::default(),
        }
    }
}

impl Store {
    /// Takes the page's snapshot: what the server rendered is what the browser hydrates.
    pub fn load(self, me: &Me, snapshot: &BoardSnapshot) {
        if self.loaded.get_untracked() {
            return;
        }
        self.engine.update_value(|engine| engine.load(me, snapshot));
        self.now.set(snapshot.now);
        self.counts.set(snapshot.counts.iter().copied().collect());
        self.whole.set(snapshot.whole);
        self.loaded.set(true);
        self.refresh();
    }

    /// Whether a page's snapshot was taken.
    pub fn is_loaded(self) -> bool {
        self.loaded.get_untracked()
    }

    /// The view of every row of a kind that is known here.
    pub fn rows<R: HasSignal>(self) -> Arc<Rows<R>> {
        R::signal(self.rows).get()
    }

    /// The view of one row.
    pub fn row<R: HasSignal>(self, id: Uuid) -> Option<Arc<R>> {
        R::signal(self.rows).with(|rows| rows.get(&id).cloned())
    }

    /// The same, without subscribing, and with what was done a moment ago and does not show yet.
    pub fn row_untracked<R: HasSignal>(self, id: Uuid) -> Option<Arc<R>> {
        self.engine.with_value(|engine| engine.view_of(id))
    }

    /// Whether an edit of it is on its way.
    pub fn is_pending(self, id: Uuid) -> bool {
        self.changed.track();
        self.engine
            .with_value(|engine| engine.pending_records().contains(&id))
    }

    /// Whether every application is known here, archived ones too.
    pub fn is_whole(self) -> bool {
        self.whole.get()
    }

    /// How many applications a status has on the board, as the server counted, until all are here.
    pub fn counted(self, status: Status) -> usize {
        self.counts
            .with(|counts| counts.get(&status).copied().unwrap_or_default() as usize)
    }

    /// How it stands with the server.
    pub fn sync_state(self) -> SyncState {
        self.sync.get()
    }

    /// The time, to the minute; the page's own until it is hydrated.
    pub fn now(self) -> Timestamp {
        self.now.get()
    }

    /// The same, without subscribing.
    pub fn now_untracked(self) -> Timestamp {
        self.now.get_untracked()
    }

    /// The time, to the millisecond, without subscribing.
    pub fn clock_now(self) -> Timestamp {
        self.clock()
    }

    /// How long it is until then.
    pub fn time_until(self, at: Timestamp) -> chrono::Duration {
        at - self.clock()
    }

    /// The settings, with what is on its way.
    pub fn settings(self) -> Option<Arc<Settings>> {
        Settings::signal(self.rows).with(|rows| rows.get(&self.owner()?).cloned())
    }

    /// The same, without subscribing, and with what was done a moment ago and does not show yet.
    pub fn settings_untracked(self) -> Option<Arc<Settings>> {
        self.engine.with_value(Engine::settings)
    }

    /// How it stands with the store of this device.
    pub fn persistence(self) -> Persistence {
        self.persistence.get()
    }

    /// Whether older rows were left out of this device's store.
    pub fn is_partial(self) -> bool {
        self.partial.get()
    }

    /// What the server has not acknowledged, oldest first, and what each waits for.
    pub fn waiting(self) -> Vec<(Arc<Entry>, WaitReason)> {
        self.changed.track();
        let now = self.clock();
        self.engine.with_value(|engine| {
            let entries = engine.unsent();
            entries
                .map(|entry| (Arc::clone(entry), engine.wait_reason(entry, now)))
                .collect()
        })
    }

    /// What that which an edit deletes was called; nothing where it deletes nothing that is known.
    pub fn name_before(self, entry: &Entry) -> Option<String> {
        match &entry.edit {
            Edit::Application(Op::Delete) => {
                let row = self.row_before::<Application>(entry)?;
                Some(row.name())
            }
            Edit::Activity(Op::Delete) => {
                let row = self.row_before::<Activity>(entry)?;
                Some(self.activity_name(&row))
            }
            _ => None,
        }
    }

    /// The row of an edit, as it was before.
    fn row_before<R: Edited + HasTable>(self, entry: &Entry) -> Option<R> {
        self.engine.with_value(|engine| {
            let known = engine.base().table::<R>().get(entry.record);
            let last = || {
                let last = entry.last_known.as_deref().cloned();
                last.and_then(R::from_entity)
            };
            // Made here, and not at the server yet.
            let made = || {
                let mut edits = engine.outbox().of_record(entry.record);
                edits.find_map(|earlier| match R::op(&earlier.edit)? {
                    Op::Create(create) => R::build(create, entry.record, earlier.made()).ok(),
                    Op::Patch(_) | Op::Delete => None,
                })
            };
            known.map(|row| R::clone(row)).or_else(last).or_else(made)
        })
    }

    /// Whether there is anything that the server has not acknowledged.
    pub fn has_waiting(self) -> bool {
        self.changed.track();
        self.engine
            .with_value(|engine| engine.unsent().next().is_some())
    }

    /// Edits that gave way, oldest first.
    pub fn displaced(self) -> Arc<Vec<Displaced>> {
        self.displaced.get()
    }

    /// Who this is, as far as this device knows.
    pub fn me(self) -> Option<Me> {
        self.engine.with_value(|engine| {
            Some(Me {
                user: engine.meta().user.clone()?,
                settings: engine
                    .settings()
                    .map(|settings| Settings::clone(&settings))?,
                csrf_token: String::new(),
            })
        })
    }

    /// Edits that somebody else left on this device, while that is a question.
    pub fn left(self) -> RwSignal<Option<LeftBehind>> {
        self.left
    }

    /// Whose store this is.
    pub fn owner(self) -> Option<Uuid> {
        self.engine.with_value(Engine::owner)
    }

    /// What stands between the user and this page.
    pub fn gate(self) -> RwSignal<Gate> {
        self.gate
    }

    /// The moves of an application, oldest first.
    pub fn history(self, id: Uuid) -> Vec<StageEvent> {
        self.changed.track();
        self.engine.with_value(|engine| engine.history(id))
    }

    /// Makes an edit again that gave way.
    pub fn reapply(self, id: Uuid) {
        // Pressed twice, it is made again once.
        let lies_aside = |engine: &Engine| engine.displaced().iter().any(|item| item.id == id);
        if !self.engine.with_value(lies_aside) {
            return;
        }
        let made = self.made();
        let mut done = Err(Problem::not_found("change", id));
        self.engine.update_value(|engine| {
            done = engine.reapply(id, Uuid::new_v4(), Uuid::new_v4(), made);
        });
        match done {
            Ok((_, effects)) => {
                self.refresh();
                self.run(effects);
            }
            Err(problem) => self.toast("error", problem.sentence(), None),
        }
    }

    /// Drops an edit that gave way.
    pub fn drop_displaced(self, id: Uuid) {
        let now = self.clock();
        let item = self.engine.with_value(|engine| {
            let mut items = engine.displaced().iter();
            items.find(|item| item.id == id).cloned()
        });
        self.change(|engine| engine.drop_displaced(id, now));
        if let Some(item) = item {
            self.reminders_come_back(&item);
        }
    }

    /// Sends an edit once more that the server refused.
    pub fn retry_parked(self, key: Uuid) {
        let now = self.clock();
        self.change(|engine| engine.retry_parked(key, now));
    }

    /// Drops an edit that the server refused.
    pub fn drop_parked(self, key: Uuid) {
        let now = self.clock();
        self.change(|engine| engine.drop_parked(key, now));
    }

    /// Changes the engine, then shows and does what comes of it.
    fn change(self, change: impl FnOnce(&mut Engine) -> Vec<Effect>) {
        let mut effects = Vec::new();
        self.engine.update_value(|engine| effects = change(engine));
        self.refresh();
        self.run(effects);
    }

    /// How a record looks now, for comparing: its fields as they go over the wire.
    pub fn fields_of(self, edit: &Edit, record: Uuid) -> serde_json::Value {
        self.changed.track();
        let mut fields: serde_json::Value = self.engine.with_value(|engine| {
            let row = engine.text_of(edit, record);
            row.and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default()
        });
        // What it is called follows from its application too.
        if let Edit::Activity(_) = edit
            && let Some(row) = self.row_untracked::<Activity>(record)
            && let Some(fields) = fields.as_object_mut()
        {
            fields.insert(NAME.to_owned(), self.activity_name(&row).into());
        }
        // What a person says is whether, what is kept is since when.
        if let Edit::StageEvent(_) = edit
            && let Some(row) = self.row_untracked::<StageEvent>(record)
            && let Some(fields) = fields.as_object_mut()
        {
            let of = self.row_untracked::<Application>(row.application_id);
            let of = of.map(|of| format!(", {}", of.name())).unwrap_or_default();
            fields.insert(NAME.to_owned(), format!("{}{of}", row.title()).into());
            let voided = fields.get("voided_at").is_some_and(|at| !at.is_null());
            fields.insert("voided".to_owned(), voided.into());
        }
        fields
    }

    /// Says what is wrong, where anything is. Answers whether nothing is.
    fn report(self, done: Result<Uuid, Problem>) -> bool {
        if let Err(problem) = &done {
            self.toast("error", problem.sentence(), None);
        }
        done.is_ok()
    }

    /// Makes a row. Answers the mutation's key.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    pub fn create<R: HasSignal>(self, id: Uuid, create: R::Create) -> Result<Uuid, Problem> {
        self.mutate(id, R::into_edit(Op::Create(Box::new(create))))
    }

    /// Deletes a row. Answers the mutation's key.
    ///
    /// # Errors
    /// 404 when it is gone.
    pub fn delete<R: HasSignal>(self, id: Uuid) -> Result<Uuid, Problem> {
        self.mutate(id, R::into_edit(Op::Delete))
    }

    /// Makes an application. Answers its id.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    pub fn create_application(self, create: ApplicationCreate) -> Result<Uuid, Problem> {
        let id = create.id.unwrap_or_else(Uuid::new_v4);
        let now = self.clock();
        let happened = create.status_occurred_at.unwrap_or(now);
        let mut create = ApplicationCreate {
            id: Some(id),
            status_occurred_at: Some(happened),
            ..create
        };
        // The day in this zone, on which it was made here, and not the one on which it arrives at the
        // server. A draft has none.
        let is_draft = create.status.value() == Some(&Status::Draft);
        if create.application_date.is_keep() && !is_draft {
            create.application_date = Change::Set(Some(self.today(happened)));
        }
        self.create::<Application>(id, create)?;
        Ok(id)
    }

    /// Changes fields. Answers the mutation's key.
    ///
    /// # Errors
    /// 400 naming what does not fit, 404 when it is gone.
    pub fn patch<R: HasSignal>(self, id: Uuid, patch: R::Patch) -> Result<Uuid, Problem> {
        self.mutate(id, R::into_edit(Op::Patch(Box::new(patch))))
    }

    /// A row as it is when somebody begins to change it.
    pub fn begin<R: HasSignal>(self, id: Uuid) -> Option<Began<R>> {
        self.engine.with_value(|engine| engine.begin(id))
    }

    /// Changes fields of a row that was as `began` has it for each of them when the user began. Answers
    /// the mutation's key.
    ///
    /// # Errors
    /// 400 naming what does not fit, 404 when it is gone.
    pub fn patch_from<R: HasSignal>(
        self,
        id: Uuid,
        patch: R::Patch,
        began: &dyn Fn(&str) -> Option<Began<R>>,
    ) -> Result<Uuid, Problem> {
        self.mutate_from(id, R::into_edit(Op::Patch(Box::new(patch))), began)
    }

    /// Moves a card to another column, with an undo.
    pub fn move_to(self, id: Uuid, status: Status) {
        self.move_from(id, status, None);
    }

    /// The same of a card that was as in `began` when it was picked up.
    pub fn move_from(self, id: Uuid, status: Status, began: Option<&Began<Application>>) {
        let Some(row) = self.row_untracked::<Application>(id) else {
            return;
        };
        if row.status == status {
            return;
        }
        let patch = ApplicationPatch {
            status: Change::Set(status),
            status_occurred_at: Some(self.clock()),
            ..ApplicationPatch::default()
        };
        let began = |_: &str| began.cloned();
        let is_over = status.is_closed() && !row.status.is_closed();
        let off = is_over.then(|| called_off(self.count_open_reminders(id)));
        let off = off.unwrap_or_default();
        self.announce(self.patch_from(id, patch, &began), |key| {
            let text = format!("Moved {} to {}{off}", row.name(), status.label());
            let undo = ToastAction::UndoMove {
                record: id,
                key,
                from: row.status,
            };
            (text, undo)
        });
    }

    /// Takes an application off the board, or puts it back, with an undo.
    pub fn set_archived(self, id: Uuid, archived: bool) {
        let Some(row) = self.row_untracked::<Application>(id) else {
            return;
        };
        let at = archived.then(|| self.clock());
        let patch = ApplicationPatch {
            archived_at: Change::Set(at),
            ..ApplicationPatch::default()
        };
        let undo = patch.inverse(&row);
        let verb = if archived { "Archived" } else { "Restored" };
        // What was set about one that is closed stays.
        let is_over = archived && !row.status.is_closed();
        let off = is_over.then(|| called_off(self.count_open_reminders(id)));
        let off = off.unwrap_or_default();
        self.announce(self.patch::<Application>(id, patch), |_| {
            let undo = ToastAction::Apply {
                record: id,
                edits: vec![(id, Application::into_edit(Op::Patch(Box::new(undo))))],
                label: "Undo",
            };
            (format!("{verb} {}{off}", row.name()), undo)
        });
    }

    /// Deletes an application, with an undo.
    pub fn discard(self, id: Uuid) {
        let Some(row) = self.row_untracked::<Application>(id) else {
            return;
        };
        self.announce(self.delete::<Application>(id), |key| {
            let undo = ToastAction::Retract { key, record: id };
            (format!("Deleted {}", row.name()), undo)
        });
    }

    /// A deletion need not wait for somebody to take it back.
    fn release_deletion(self, key: Uuid) {
        let now = self.clock();
        let mut effects = Vec::new();
        self.engine
            .update_value(|engine| effects = engine.release_deletion(key, now));
        self.run(effects);
    }

    /// Takes a deletion back that was not sent yet. Answers whether it was in time.
    pub fn retract(self, key: Uuid) -> bool {
        let now = self.clock();
        let mut effects = None;
        self.engine
            .update_value(|engine| effects = engine.retract(key, now));
        self.withdraw_offers(|toasts| toasts.retracted(key));
        let Some(effects) = effects else {
            self.toast("error", "Too late: it is deleted already.", None);
            return false;
        };
        self.refresh();
        self.run(effects);
        true
    }

    fn mutate(self, record: Uuid, edit: Edit) -> Result<Uuid, Problem> {
        self.mutate_from::<Application>(record, edit, &|_| None)
    }

    fn mutate_from<R: Edited + HasTable>(
        self,
        record: Uuid,
        edit: Edit,
        began: &dyn Fn(&str) -> Option<Began<R>>,
    ) -> Result<Uuid, Problem> {
        let key = Uuid::new_v4();
        let made = self.made_of(&edit);
        let mut done = Ok(Vec::new());
        let deed = edit.clone();
        self.engine.update_value(|engine| {
            done = engine.mutate_from(record, edit, key, made, began);
        });
        let effects = done?;
        self.outdate_offers(record, &deed);
        self.run(effects);
        self.show_once_stored();
        Ok(key)
    }

    /// Tells what was done and how to undo it, once it shows; or what is wrong with it.
    fn announce(
        self,
        done: Result<Uuid, Problem>,
        told: impl FnOnce(Uuid) -> (String, ToastAction),
    ) {
        match done {
            Ok(key) => {
                let (text, undo) = told(key);
                self.once_shown(move || self.toast("info", text, Some(undo)));
            }
            Err(problem) => self.toast("error", problem.sentence(), None),
        }
    }

    /// When and on which of the user's days something is done now.
    fn made(self) -> Made {
        let at = self.clock();
        Made {
            at,
            on: self.today(at),
        }
    }

    /// The same, of an edit that may say when it happened.
    fn made_of(self, edit: &Edit) -> Made {
        let at = self.clock();
        Made {
            at,
            on: self.today(edit.happened_at().unwrap_or(at)),
        }
    }

    /// The zone in which times are shown.
    pub fn zone(self) -> CurrentZone {
        self.zone
    }

    /// How dates are written here.
    pub fn habits(self) -> CurrentHabits {
        self.habits
    }

    /// The user's calendar day.
    fn today(self, now: Timestamp) -> chrono::NaiveDate {
        self.zone.with_untracked(|zone| zone.day(now))
    }

    /// Shows what the engine holds.
    pub(super) fn refresh(self) {
        let now = self.clock();
        self.engine.update_value(|engine| {
            self.rows.show(engine.shown());
            replace(self.displaced, engine.displaced().to_vec());
            self.settle_questions(engine.displaced());
            update(self.sync, engine.sync_state(now));
            update(self.persistence, engine.persistence());
            update(self.partial, engine.meta().truncated);
            update(
                self.whole,
                self.whole.get_untracked() || engine.meta().complete,
            );
        });
        self.changed.set(());
        self.shown();
    }

    /// Does what the engine asks for, and tells what it has to tell.
    pub(super) fn run(self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Notify(notice) => self.notify(notice),
                other => self.perform(other),
            }
        }
    }
}

/// Edits of somebody else that wait on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// Whose.
    pub user: Uuid,
    /// How many.
    pub waiting: u32,
}

/// What stands between the user and the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// Nothing.
    #[default]
    Open,
    /// The cache is locked by a passphrase.
    Locked,
    /// Another account is signed in in this browser; this page is over.
    OtherAccount,
}

fn update<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}

fn replace<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<Arc<T>>, value: T) {
    if signal.with_untracked(|known| **known != value) {
        signal.set(Arc::new(value));
    }
}
