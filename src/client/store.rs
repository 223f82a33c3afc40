//! The engine as the components see it: signals to read, verbs to call. On the server it holds the
//! page's snapshot and nothing ever changes; in the browser the driver does what the engine asks.

use super::{
    engine::{
        Displaced, Edit, Effect, Engine, Entry, Keeping, Made, Notice, Op, Reason, Rows, Standing,
        SyncState, Trouble,
    },
    labels::field_label,
    zone::{CurrentZone, Zone},
};
use crate::domain::{
    application::{Application, ApplicationCreate, ApplicationPatch},
    change::Change,
    error::Problem,
    settings::{Settings, SettingsPatch},
    stage::{StageEvent, Status},
    sync::BoardSnapshot,
    time::{Timestamp, ZoneName, ZoneRules},
    user::Me,
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
    /// Make an edit again that gave way, or drop it.
    Reapply {
        /// The displaced edit.
        id: Uuid,
        /// The button.
        label: &'static str,
    },
    /// Show what waits, and why.
    Review,
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
            Self::Apply { label, .. } | Self::Reapply { label, .. } => label,
            Self::Review => "Look at it",
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
    /// Changes with anything that the engine holds.
    beat: RwSignal<()>,
    pending: RwSignal<Arc<HashSet<Uuid>>>,
    counts: RwSignal<HashMap<Status, u32>>,
    whole: RwSignal<bool>,
    loaded: RwSignal<bool>,
    settings: RwSignal<Option<Arc<Settings>>>,
    zone: CurrentZone,
    sync: RwSignal<SyncState>,
    keeping: RwSignal<Keeping>,
    partial: RwSignal<bool>,
    waiting: RwSignal<Arc<Vec<(Entry, Standing)>>>,
    displaced: RwSignal<Arc<Vec<Displaced>>>,
    gate: RwSignal<Gate>,
    left: RwSignal<Option<LeftBehind>>,
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
            beat: RwSignal::default(),
            pending: RwSignal::default(),
            counts: RwSignal::default(),
            whole: RwSignal::new(false),
            loaded: RwSignal::new(false),
            settings: RwSignal::new(None),
            zone: CurrentZone::new(Zone::new(ZoneName::default())),
            sync: RwSignal::default(),
            keeping: RwSignal::default(),
            partial: RwSignal::new(false),
            waiting: RwSignal::default(),
            displaced: RwSignal::default(),
            gate: RwSignal::default(),
            left: RwSignal::default(),
            now: RwSignal::new(Timestamp::UNIX_EPOCH),
            toasts: RwSignal::default(),
            next_toast: StoredValue::new(0),
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

    /// The settings, with what is on its way.
    pub fn settings(self) -> Option<Arc<Settings>> {
        self.settings.get()
    }

    /// How it stands with the store of this device.
    pub fn keeping(self) -> Keeping {
        self.keeping.get()
    }

    /// Whether older rows were left out of this device's store.
    pub fn is_partial(self) -> bool {
        self.partial.get()
    }

    /// What the server has not acknowledged, oldest first, and what each waits for.
    pub fn waiting(self) -> Arc<Vec<(Entry, Standing)>> {
        self.waiting.get()
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
        self.beat.track();
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
                let now = self.clock();
                let mut effects = None;
                self.engine
                    .update_value(|engine| effects = engine.retract(*key, now));
                match effects {
                    Some(effects) => {
                        self.refresh();
                        self.run(effects);
                    }
                    None => self.toast("error", "Too late: it is deleted already.", None),
                }
            }
            ToastAction::Reapply { id, .. } => self.reapply(*id),
            ToastAction::Open(_)
            | ToastAction::Review
            | ToastAction::SignIn
            | ToastAction::Reload => {}
        }
    }

    /// Declines what a toast offers, where that is an answer of its own.
    pub fn decline(self, action: &ToastAction) {
        if let ToastAction::Reapply { id, .. } = action {
            self.drop_displaced(*id);
        }
    }

    /// Makes an edit again that gave way.
    pub fn reapply(self, id: Uuid) {
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
        self.change(|engine| engine.drop_displaced(id, now));
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
        self.rows.track();
        self.engine.with_value(|engine| {
            let row = match edit {
                Edit::Application(_) => engine
                    .view_of::<Application>(record)
                    .map(|row| serde_json::to_string(&*row)),
                Edit::Settings(_) => engine
                    .view_of::<Settings>(record)
                    .map(|row| serde_json::to_string(&*row)),
            };
            row.and_then(Result::ok)
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default()
        })
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
        self.mutate(id, Edit::Application(Op::Create(Box::new(create))))?;
        Ok(id)
    }

    /// Changes fields. Answers the mutation's key.
    ///
    /// # Errors
    /// 400 naming what does not fit, 404 when it is gone.
    pub fn patch(self, id: Uuid, patch: ApplicationPatch) -> Result<Uuid, Problem> {
        self.mutate(id, Edit::Application(Op::Patch(Box::new(patch))))
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
        match self.mutate(id, Edit::Application(Op::Delete)) {
            Ok(key) => self.toast(
                "info",
                format!("Deleted “{}”", row.role_title),
                Some(ToastAction::Retract { key, record: id }),
            ),
            Err(problem) => self.toast("error", problem.sentence(), None),
        }
    }

    /// Changes settings. Answers the mutation's key.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    pub fn save_settings(self, patch: SettingsPatch) -> Result<Uuid, Problem> {
        let owner = self.engine.with_value(Engine::owner).unwrap_or_default();
        self.mutate(owner, Edit::Settings(Op::Patch(Box::new(patch))))
    }

    fn mutate(self, record: Uuid, edit: Edit) -> Result<Uuid, Problem> {
        let key = Uuid::new_v4();
        let made = self.made();
        let mut done = Ok(Vec::new());
        self.engine
            .update_value(|engine| done = engine.mutate(record, edit, key, made));
        let effects = done?;
        // What is to be stored is on its way while the page changes.
        self.run(effects);
        self.refresh();
        Ok(key)
    }

    /// When and on which of the user's days something is done now.
    fn made(self) -> Made {
        let at = self.clock();
        Made {
            at,
            on: self.today(at),
        }
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
        self.engine.with_value(|engine| {
            replace(self.rows, engine.view::<Application>());
            replace(self.pending, engine.pending_records());
            let entries = engine.outbox().entries().iter();
            let waiting = entries
                .map(|entry| (entry.clone(), engine.standing(entry, self.clock())))
                .collect();
            replace(self.waiting, waiting);
            replace(self.displaced, engine.displaced().to_vec());
            update(self.sync, engine.sync_state(now));
            update(self.keeping, engine.keeping());
            update(self.partial, engine.meta().partial);
            update(
                self.whole,
                self.whole.get_untracked() || engine.meta().whole,
            );
            update(self.settings, engine.settings());
        });
        self.beat.set(());
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
            Notice::Displaced(item) => {
                let Displaced {
                    id, title, reason, ..
                } = *item;
                let names: Vec<String> = item.edit.fields().into_iter().map(|(name, _)| name).collect();
                let fields = words(&names);
                let (text, label) = match reason {
                    Reason::Conflict => (
                        format!(
                            "“{title}” was changed elsewhere first, and shows that now. Undo local change{fields}?"
                        ),
                        "Use mine again",
                    ),
                    Reason::Deleted => (
                        format!("“{title}” was deleted elsewhere while you changed it here. Make it again?"),
                        "Make it again",
                    ),
                };
                self.toast("conflict", text, Some(ToastAction::Reapply { id, label }));
            }
            Notice::Parked { title, problem, .. } => self.toast(
                "error",
                format!("“{title}” could not be saved. {}", problem.sentence()),
                Some(ToastAction::Review),
            ),
            Notice::SignedOut => self.toast(
                "error",
                "Your session has ended. Nothing is lost: sign in again, and what waits is sent.",
                Some(ToastAction::SignIn),
            ),
            Notice::Foreign => self.gate.set(Gate::OtherAccount),
            Notice::Unreadable(count) => self.toast(
                "error",
                format!(
                    "Unsent changes on this device were damaged and cannot be read ({count}). What the server has is unharmed."
                ),
                None,
            ),
            Notice::Unstorable(trouble) => self.toast(
                "error",
                match trouble {
                    Trouble::Full => {
                        "This browser’s storage is full. Your changes are kept in this page until they reach the server: leave it open."
                    }
                    Trouble::Broken => {
                        "This browser does not store your changes. They are kept in this page until they reach the server: leave it open."
                    }
                },
                None,
            ),
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

/// What a toast's offer depends on.
enum Offer {
    /// The grace of a deletion.
    Deletion,
    /// Nothing that ends.
    Other,
}

/// ` of status and notes`, for a message.
fn words(fields: &[String]) -> String {
    let names: Vec<String> = fields
        .iter()
        .map(|field| field_label(field).to_lowercase())
        .collect();
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
    use gloo_timers::callback::Timeout;
    use leptos::prelude::*;
    use std::cell::Cell;

    /// What happens within so many milliseconds is shown at once: two hundred answers are not two
    /// hundred boards.
    const SHOW_AFTER_MS: u32 = 16;

    thread_local! {
        static SHOWING: Cell<bool> = const { Cell::new(false) };
    }

    impl Store {
        /// Changes the engine, does what comes of it, and shows it soon.
        pub(in crate::client) fn step(self, change: impl FnOnce(&mut Engine) -> Vec<Effect>) {
            let mut effects = Vec::new();
            self.engine.update_value(|engine| effects = change(engine));
            self.run(effects);
            if !SHOWING.replace(true) {
                Timeout::new(SHOW_AFTER_MS, move || {
                    SHOWING.set(false);
                    self.refresh();
                })
                .forget();
            }
        }

        /// The same, shown at once.
        pub(in crate::client) fn step_shown(self, change: impl FnOnce(&mut Engine) -> Vec<Effect>) {
            self.change(change);
        }

        /// Reads the engine.
        pub(in crate::client) fn engine<T>(self, read: impl FnOnce(&Engine) -> T) -> T {
            self.engine.with_value(read)
        }

        /// Sets the time that labels are made with.
        pub(in crate::client) fn set_now(self, now: crate::domain::time::Timestamp) {
            self.now.set(now);
        }
    }
}
