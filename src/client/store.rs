//! The engine as the components see it: signals to read, verbs to call. On the server it holds the
//! page's snapshot and nothing ever changes; in the browser the driver does what the engine asks.

use super::{
    engine::{Effect, Engine, Mutation, Notice, Rows, SyncState},
    zone::{CurrentZone, Zone},
};
use crate::domain::{
    application::{Application, ApplicationCreate, ApplicationPatch},
    change::Change,
    error::Problem,
    settings::Settings,
    stage::{StageEvent, Status},
    sync::BoardSnapshot,
    time::{Timestamp, ZoneName, ZoneRules},
};
use leptos::prelude::*;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// What a toast offers.
#[derive(Clone, Debug, PartialEq)]
pub enum ToastAction {
    /// Undo a move.
    UndoMove {
        /// The application.
        record: Uuid,
        /// The mutation that moved it.
        key: Uuid,
        /// Where it was.
        from: Status,
    },
    /// Set fields back.
    Apply {
        /// The application.
        record: Uuid,
        /// What sets them back.
        patch: Box<ApplicationPatch>,
        /// The button.
        label: &'static str,
    },
    /// Take a deletion back.
    Retract {
        /// The mutation that deleted it.
        key: Uuid,
        /// The application.
        record: Uuid,
    },
    /// Open an application.
    Open(Uuid),
    /// Sign in again.
    SignIn,
    /// Load the page anew.
    Reload,
}

impl ToastAction {
    /// The button's words.
    pub fn label(&self) -> &'static str {
        match self {
            Self::UndoMove { .. } | Self::Retract { .. } => "Undo",
            Self::Apply { label, .. } => label,
            Self::Open(_) => "Open",
            Self::SignIn => "Sign in",
            Self::Reload => "Reload",
        }
    }
}

/// A message that goes away by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Which one.
    pub id: u64,
    /// `info`, `error` or `conflict`.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
    /// What it offers.
    pub action: Option<ToastAction>,
}

/// The store. One for the whole app; copied freely.
#[derive(Clone, Copy)]
pub struct Store {
    engine: StoredValue<Engine>,
    rows: RwSignal<Arc<Rows>>,
    pending: RwSignal<Arc<HashSet<Uuid>>>,
    counts: RwSignal<HashMap<Status, u32>>,
    whole: RwSignal<bool>,
    loaded: RwSignal<bool>,
    /// Whose rows these are.
    owner: RwSignal<Option<Uuid>>,
    settings: RwSignal<Option<Settings>>,
    zone: CurrentZone,
    sync: RwSignal<SyncState>,
    now: RwSignal<Timestamp>,
    toasts: RwSignal<Vec<Toast>>,
    next_toast: StoredValue<u64>,
}

/// The store of this app.
pub fn use_store() -> Store {
    expect_context::<Store>()
}

impl Default for Store {
    fn default() -> Self {
        Self {
            engine: StoredValue::new(Engine::default()),
            rows: RwSignal::default(),
            pending: RwSignal::default(),
            counts: RwSignal::default(),
            whole: RwSignal::new(false),
            loaded: RwSignal::new(false),
            owner: RwSignal::new(None),
            settings: RwSignal::new(None),
            zone: CurrentZone::new(Zone::new(ZoneName::default())),
            sync: RwSignal::default(),
            now: RwSignal::new(Timestamp::UNIX_EPOCH),
            toasts: RwSignal::default(),
            next_toast: StoredValue::new(0),
        }
    }
}

impl Store {
    /// Takes the page's snapshot: what the server rendered is what the browser hydrates.
    pub fn load(self, owner: Uuid, snapshot: &BoardSnapshot) {
        if self.loaded.get_untracked() {
            return;
        }
        self.engine.update_value(|engine| engine.load(snapshot));
        self.owner.set(Some(owner));
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

    /// The view of every application that is known here.
    pub fn rows(self) -> Arc<Rows> {
        self.rows.get()
    }

    /// The view of one application.
    pub fn row(self, id: Uuid) -> Option<Arc<Application>> {
        self.rows.with(|rows| rows.get(&id).cloned())
    }

    /// The same, without subscribing.
    pub fn row_untracked(self, id: Uuid) -> Option<Arc<Application>> {
        self.rows.with_untracked(|rows| rows.get(&id).cloned())
    }

    /// Whether an edit of it is on its way.
    pub fn is_pending(self, id: Uuid) -> bool {
        self.pending.with(|pending| pending.contains(&id))
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

    /// The settings that the last pull brought, if it brought any.
    pub fn pulled_settings(self) -> Option<Settings> {
        self.settings.get()
    }

    /// The moves of an application, oldest first.
    pub fn history(self, id: Uuid) -> Vec<StageEvent> {
        self.rows.track();
        self.engine.with_value(|engine| engine.history(id))
    }

    /// The messages that show.
    pub fn toasts(self) -> Vec<Toast> {
        self.toasts.get()
    }

    /// Shows a message.
    pub fn toast(self, kind: &'static str, text: impl Into<String>, action: Option<ToastAction>) {
        let toast_offer = match action {
            Some(ToastAction::Retract { .. }) => Offer::Deletion,
            _ => Offer::Other,
        };
        let id = self.next_toast.with_value(|id| id + 1);
        self.next_toast.set_value(id);
        self.toasts.update(|toasts| {
            toasts.push(Toast {
                id,
                kind,
                text: text.into(),
                action,
            });
            // The oldest make room; a question that holds somebody's edit does not.
            while toasts.len() > 3 {
                let Some(oldest) = toasts.iter().position(|toast| toast.kind != "conflict") else {
                    break;
                };
                toasts.remove(oldest);
            }
        });
        // As long as its offer stands, or as reading takes.
        let seconds = match (kind, toast_offer) {
            (_, Offer::Deletion) => 29,
            ("conflict", _) => 30,
            ("error", _) => 12,
            _ => 8,
        };
        self.expire_toast(id, seconds);
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u64) {
        self.toasts
            .update(|toasts| toasts.retain(|toast| toast.id != id));
    }

    /// Does what a toast offers. What needs a page (opening, signing in) is the component's.
    pub fn act(self, action: &ToastAction) {
        match action {
            ToastAction::UndoMove { record, key, from } => {
                let patch = self
                    .engine
                    .with_value(|engine| engine.undo_of_move(*record, *key, *from));
                self.report(self.patch(*record, patch));
            }
            ToastAction::Apply { record, patch, .. } => {
                self.report(self.patch(*record, patch.as_ref().clone()));
            }
            ToastAction::Retract { key, .. } => {
                let mut could = false;
                self.engine
                    .update_value(|engine| could = engine.retract(*key));
                self.refresh();
                if !could {
                    self.toast("error", "Too late: it is deleted already.", None);
                }
            }
            ToastAction::Open(_) | ToastAction::SignIn | ToastAction::Reload => {}
        }
    }

    fn report(self, done: Result<Uuid, Problem>) {
        if let Err(problem) = done {
            self.toast("error", problem.sentence(), None);
        }
    }

    /// Makes an application.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    pub fn create(self, create: ApplicationCreate) -> Result<Uuid, Problem> {
        let id = create.id.unwrap_or_else(Uuid::new_v4);
        let now = self.clock();
        let mut create = ApplicationCreate {
            id: Some(id),
            status_occurred_at: Some(now),
            ..create
        };
        // The day on which it was made here, not the one on which it arrives at the server.
        if create.application_date.is_keep() {
            create.application_date = Change::Set(self.today(now));
        }
        self.mutate(id, Mutation::Create(Box::new(create)))?;
        Ok(id)
    }

    /// Changes fields. Answers the mutation's key.
    ///
    /// # Errors
    /// 400 naming what does not fit, 404 when it is gone.
    pub fn patch(self, id: Uuid, patch: ApplicationPatch) -> Result<Uuid, Problem> {
        self.mutate(id, Mutation::Patch(Box::new(patch)))
    }

    /// Moves a card to another column, with an undo.
    pub fn move_to(self, id: Uuid, status: Status) {
        let Some(row) = self.row_untracked(id) else {
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
        match self.patch(id, patch) {
            Ok(key) => self.toast(
                "info",
                format!("Moved “{}” to {}", row.role_title, status.label()),
                Some(ToastAction::UndoMove {
                    record: id,
                    key,
                    from: row.status,
                }),
            ),
            Err(problem) => self.toast("error", problem.sentence(), None),
        }
    }

    /// Takes an application off the board, or puts it back, with an undo.
    pub fn set_archived(self, id: Uuid, archived: bool) {
        let Some(row) = self.row_untracked(id) else {
            return;
        };
        let at = archived.then(|| self.clock());
        let patch = ApplicationPatch {
            archived_at: Change::Set(at),
            ..ApplicationPatch::default()
        };
        let undo = patch.inverse(&row);
        let verb = if archived { "Archived" } else { "Restored" };
        match self.patch(id, patch) {
            Ok(_) => self.toast(
                "info",
                format!("{verb} “{}”", row.role_title),
                Some(ToastAction::Apply {
                    record: id,
                    patch: Box::new(undo),
                    label: "Undo",
                }),
            ),
            Err(problem) => self.toast("error", problem.sentence(), None),
        }
    }

    /// Deletes an application, with an undo.
    pub fn delete(self, id: Uuid) {
        let Some(row) = self.row_untracked(id) else {
            return;
        };
        match self.mutate(id, Mutation::Delete) {
            Ok(key) => self.toast(
                "info",
                format!("Deleted “{}”", row.role_title),
                Some(ToastAction::Retract { key, record: id }),
            ),
            Err(problem) => self.toast("error", problem.sentence(), None),
        }
    }

    fn mutate(self, record: Uuid, mutation: Mutation) -> Result<Uuid, Problem> {
        let key = Uuid::new_v4();
        let now = self.clock();
        let today = self.today(now);
        let mut done = Ok(Vec::new());
        self.engine
            .update_value(|engine| done = engine.mutate(record, mutation, key, now, today));
        let effects = done?;
        self.refresh();
        self.run(effects);
        Ok(key)
    }

    /// The zone in which times are shown.
    pub fn zone(self) -> CurrentZone {
        self.zone
    }

    /// The user's calendar day.
    fn today(self, now: Timestamp) -> chrono::NaiveDate {
        self.zone.with_untracked(|zone| zone.day(now))
    }

    /// Shows what the engine holds.
    fn refresh(self) {
        let now = self.clock();
        let (rows, pending, sync) = self.engine.with_value(|engine| {
            (
                engine.view(),
                engine.pending_records(),
                engine.sync_state(now),
            )
        });
        self.rows.set(Arc::new(rows));
        if self.pending.with_untracked(|known| **known != pending) {
            self.pending.set(Arc::new(pending));
        }
        if self.sync.get_untracked() != sync {
            self.sync.set(sync);
        }
        let settings = self.engine.with_value(|engine| engine.settings().cloned());
        if self.settings.with_untracked(|known| *known != settings) {
            self.settings.set(settings);
        }
    }

    /// Does what the engine asks for, and tells what it has to tell.
    fn run(self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Notify(notice) => self.notify(notice),
                other => self.perform(other),
            }
        }
    }

    fn notify(self, notice: Notice) {
        match notice {
            Notice::Conflict {
                record,
                title,
                displaced,
            } => {
                let fields = words(&displaced.fields());
                let text = format!(
                    "“{title}” was changed elsewhere first, and shows that now. Undo local change{fields}?"
                );
                let again = ApplicationPatch {
                    voids_stage_event: None,
                    ..*displaced
                };
                let action = (!again.fields().is_empty()).then(|| ToastAction::Apply {
                    record,
                    patch: Box::new(again),
                    label: "Use mine again",
                });
                self.toast("conflict", text, action);
            }
            Notice::Vanished { title } => {
                let text = if title.is_empty() {
                    "What you changed here was deleted elsewhere.".to_owned()
                } else {
                    format!("“{title}” was deleted elsewhere.")
                };
                self.toast("error", text, None);
            }
            Notice::Rejected { title, problem } => {
                self.toast(
                    "error",
                    format!("“{title}” could not be saved. {}", problem.sentence()),
                    None,
                );
            }
        }
    }

    #[cfg(not(feature = "hydrate"))]
    fn perform(self, _: Effect) {}

    #[cfg(not(feature = "hydrate"))]
    fn expire_toast(self, _: u64, _: u32) {}

    /// The time of what happens now.
    #[cfg(not(feature = "hydrate"))]
    fn clock(self) -> Timestamp {
        self.now.get_untracked()
    }
}

/// What a toast's offer depends on.
enum Offer {
    /// The grace of a deletion.
    Deletion,
    /// Nothing that ends.
    Other,
}

/// ` of status and notes`, for a message.
fn words(fields: &[&str]) -> String {
    let names: Vec<String> = fields.iter().map(|field| field.replace('_', " ")).collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => format!(" of {last}"),
        Some((last, rest)) => format!(" of {} and {last}", rest.join(", ")),
    }
}

#[cfg(feature = "hydrate")]
pub(super) mod access {
    //! What the driver needs of the store.

    use super::{Effect, Engine, Store};
    use leptos::prelude::*;

    impl Store {
        /// Changes the engine, then shows and does what comes of it.
        pub(in crate::client) fn step(self, change: impl FnOnce(&mut Engine) -> Vec<Effect>) {
            let mut effects = Vec::new();
            self.engine.update_value(|engine| effects = change(engine));
            self.refresh();
            self.run(effects);
        }

        /// Reads the engine.
        pub(in crate::client) fn engine<T>(self, read: impl FnOnce(&Engine) -> T) -> T {
            self.engine.with_value(read)
        }

        /// From now on every application is known here.
        pub(in crate::client) fn set_whole(self) {
            self.whole.set(true);
        }

        /// Whose rows these are.
        pub(in crate::client) fn owner(self) -> Option<uuid::Uuid> {
            self.owner.get_untracked()
        }

        /// Sets the time that labels are made with.
        pub(in crate::client) fn set_now(self, now: crate::domain::time::Timestamp) {
            self.now.set(now);
        }
    }
}
