//! The optimistic engine, without IO: `view = base ⊕ pending`.
//!
//! Base holds only states that the server issued. Pending holds mutations in the order in which
//! they were made; per record they are sent one after another, each on the version that the one
//! before it made. What is to be done in the world comes out as [`Effect`]s; what happened there
//! goes in as calls. Time and ids are arguments.

use crate::domain::{
    application::{Application, ApplicationCreate, ApplicationPatch},
    change::Change,
    error::{Problem, ProblemKind},
    settings::Settings,
    stage::{StageEvent, Status},
    sync::{BoardSnapshot, Entity, EntityKind, SyncPage, SyncRow},
    time::Timestamp,
};
use chrono::{Duration, NaiveDate};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};
use uuid::Uuid;

/// How long a deletion waits before it is sent: its undo.
pub const DELETE_GRACE: Duration = Duration::seconds(30);

/// Rows by id.
pub type Rows = HashMap<Uuid, Arc<Application>>;

/// What a user did to one application.
#[derive(Clone, Debug, PartialEq)]
pub enum Mutation {
    /// Made it.
    Create(Box<ApplicationCreate>),
    /// Changed some fields.
    Patch(Box<ApplicationPatch>),
    /// Deleted it.
    Delete,
}

/// A mutation that the server has not acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The idempotency key: sending it twice is harmless.
    pub key: Uuid,
    /// Whose record.
    pub record: Uuid,
    /// What was done.
    pub mutation: Mutation,
    /// The version that the user saw; `None` while an earlier entry of this queue decides it.
    pub seen: Option<i64>,
    /// When it was done.
    pub made_at: Timestamp,
    /// The user's calendar day then, for the defaults of a create.
    pub made_on: NaiveDate,
    /// It may not be sent before.
    pub not_before: Timestamp,
    /// Whether a request is under way.
    pub in_flight: bool,
    /// Answers that were no answer, so far.
    pub attempts: u32,
    /// The server said when to come back (`Retry-After`): earlier is not welcome.
    pub told_to_wait: bool,
    /// Times that the CSRF token was refused, each after a new one was fetched.
    pub token_refusals: u32,
}

/// What is to be done in the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send this entry, with this version in `If-Match`.
    Send(Box<Entry>),
    /// Call [`Engine::wake`] after so many milliseconds.
    WakeIn(u32),
    /// Ask who is signed in and for the CSRF token, then call [`Engine::token_refreshed`],
    /// [`Engine::session_foreign`] or [`Engine::token_failed`].
    RefreshToken,
    /// The session has ended; nothing is sent until somebody signs in.
    SignedOut,
    /// Tell the user.
    Notify(Notice),
}

/// What the user must hear of.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Another device changed the record first; the server's state was taken. Holds the fields of
    /// the user's edit, so that it can be made again.
    Conflict {
        /// The record.
        record: Uuid,
        /// Its role, for the message.
        title: String,
        /// The user's edits of it, as one.
        displaced: Box<ApplicationPatch>,
    },
    /// The record was deleted elsewhere while it was edited here.
    Vanished {
        /// Its role, for the message.
        title: String,
    },
    /// The server refused an edit for good.
    Rejected {
        /// Its role, for the message.
        title: String,
        /// Why.
        problem: Problem,
    },
}

/// How it stands with the session behind this page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Session {
    /// As far as is known it lives.
    #[default]
    Live,
    /// A new CSRF token is being fetched; nothing is sent meanwhile.
    Refreshing,
    /// It has ended; nothing is sent until the same user signs in.
    Ended,
    /// Somebody else is signed in now; nothing of this page is ever sent or pulled again.
    Foreign,
}

/// How it stands with the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncState {
    /// Everything is at the server.
    #[default]
    Saved,
    /// So many edits are on their way.
    Saving(usize),
    /// No connection; so many edits wait.
    Offline(usize),
    /// The session has ended; so many edits wait.
    SignedOut(usize),
}

/// The engine.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    base: Base,
    /// A new base under construction: the old one shows until it is whole.
    rebuild: Option<Base>,
    outbox: VecDeque<Entry>,
    cursor: Option<String>,
    settings: Option<Settings>,
    offline: bool,
    session: Session,
}

/// What the server issued.
#[derive(Clone, Debug, Default)]
struct Base {
    rows: Rows,
    events: HashMap<Uuid, Vec<StageEvent>>,
    /// Deleted ids: an answer that was on its way never brings one back.
    gone: HashSet<Uuid>,
}

impl Base {
    /// Takes a row, unless a newer one is here or it was deleted.
    fn take(&mut self, row: Application) {
        let newer = self
            .rows
            .get(&row.id)
            .is_none_or(|known| known.version <= row.version);
        if newer && !self.gone.contains(&row.id) {
            self.rows.insert(row.id, Arc::new(row));
        }
    }

    fn take_event(&mut self, event: StageEvent) {
        let events = self.events.entry(event.application_id).or_default();
        match events.iter_mut().find(|known| known.id == event.id) {
            Some(known) => *known = event,
            None => events.push(event),
        }
    }

    fn delete(&mut self, record: Uuid) {
        self.rows.remove(&record);
        self.events.remove(&record);
        self.gone.insert(record);
    }
}

impl Engine {
    /// Takes the page's first rows as base.
    pub fn load(&mut self, snapshot: &BoardSnapshot) {
        for row in &snapshot.rows {
            self.base.take(row.clone());
        }
    }

    /// Where the next pull starts.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Does something to `record`: at once in the view, soon at the server.
    ///
    /// # Errors
    /// 400 naming what does not fit, 404 when there is no such record. Nothing is changed then.
    pub fn mutate(
        &mut self,
        record: Uuid,
        mutation: Mutation,
        key: Uuid,
        now: Timestamp,
        today: NaiveDate,
    ) -> Result<Vec<Effect>, Problem> {
        let current = self.view_of(record);
        match (&mutation, &current) {
            (Mutation::Create(create), None) => {
                create.as_ref().clone().build(record, today, now)?;
            }
            (Mutation::Create(_), Some(_)) => {
                return Err(Problem::new(
                    ProblemKind::Conflict,
                    "This application exists already.",
                ));
            }
            (Mutation::Patch(patch), Some(row)) => {
                row.patched(patch, now)?;
            }
            (Mutation::Delete, Some(_)) => {}
            (_, None) => return Err(Problem::not_found("application", record)),
        }
        let queued = self.outbox.iter().any(|entry| entry.record == record);
        let seen = if queued {
            None
        } else {
            self.base.rows.get(&record).map(|row| row.version)
        };
        let not_before = match mutation {
            Mutation::Delete => now + DELETE_GRACE,
            _ => now,
        };
        self.outbox.push_back(Entry {
            key,
            record,
            mutation,
            seen,
            made_at: now,
            made_on: today,
            not_before,
            in_flight: false,
            attempts: 0,
            told_to_wait: false,
            token_refusals: 0,
        });
        Ok(self.wake(now))
    }

    /// Takes back a mutation that was not sent. Answers whether it still could.
    pub fn retract(&mut self, key: Uuid) -> bool {
        let before = self.outbox.len();
        self.outbox
            .retain(|entry| entry.key != key || entry.in_flight);
        self.outbox.len() < before
    }

    /// Sends what may be sent now, and says when to look again.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.session != Session::Live {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let mut busy: Vec<Uuid> = Vec::new();
        let mut next: Option<Timestamp> = None;
        for entry in &mut self.outbox {
            // FIFO per record: whatever comes later for it waits.
            if busy.contains(&entry.record) {
                continue;
            }
            busy.push(entry.record);
            if entry.in_flight {
                continue;
            }
            if entry.not_before <= now {
                entry.in_flight = true;
                effects.push(Effect::Send(Box::new(entry.clone())));
            } else {
                next = Some(next.map_or(entry.not_before, |next| next.min(entry.not_before)));
            }
        }
        if let Some(next) = next {
            let wait = (next - now).num_milliseconds().clamp(10, 60_000);
            effects.push(Effect::WakeIn(u32::try_from(wait).unwrap_or(60_000)));
        }
        effects
    }

    /// The server answered the request of `key`: the row, nothing (a deletion), or a problem.
    /// `jitter` is a random number from 0 to 1.
    pub fn answered(
        &mut self,
        key: Uuid,
        answer: Result<Option<Application>, Problem>,
        now: Timestamp,
        jitter: f64,
    ) -> Vec<Effect> {
        let Some(index) = self.outbox.iter().position(|entry| entry.key == key) else {
            return Vec::new();
        };
        let problem = match answer {
            Ok(row) => {
                self.offline = false;
                return self.acknowledge(index, row, now);
            }
            Err(problem) => problem,
        };
        self.offline = matches!(problem.kind, ProblemKind::Network);
        let Some(entry) = self.outbox.get_mut(index) else {
            return Vec::new();
        };
        entry.in_flight = false;
        match problem.kind {
            ProblemKind::Network
            | ProblemKind::Unavailable
            | ProblemKind::Internal
            | ProblemKind::TooManyRequests => {
                entry.attempts += 1;
                entry.told_to_wait = problem.retry_after.is_some();
                entry.not_before = now + backoff(entry.attempts, problem.retry_after, jitter);
                self.wake(now)
            }
            ProblemKind::Unauthorized => self.session_ended(),
            // Refused with a token that was new: it will not help to fetch another.
            ProblemKind::Csrf if entry.token_refusals > 0 => self.rejected(index, problem, now),
            ProblemKind::Csrf => {
                entry.token_refusals += 1;
                let known = std::mem::replace(&mut self.session, Session::Refreshing);
                match known {
                    Session::Live => vec![Effect::RefreshToken],
                    // Under way already, or past helping.
                    other => {
                        self.session = other;
                        Vec::new()
                    }
                }
            }
            ProblemKind::Conflict => self.conflict(index, &problem, now),
            ProblemKind::NotFound | ProblemKind::Gone => self.vanished(index, now),
            _ => self.rejected(index, problem, now),
        }
    }

    /// The session has ended: said once.
    fn session_ended(&mut self) -> Vec<Effect> {
        match self.session {
            Session::Ended | Session::Foreign => Vec::new(),
            Session::Live | Session::Refreshing => {
                self.session = Session::Ended;
                vec![Effect::SignedOut]
            }
        }
    }

    /// The same user is signed in, and the token is a new one: what waits goes on.
    pub fn token_refreshed(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.session != Session::Foreign {
            self.session = Session::Live;
        }
        self.wake(now)
    }

    /// Somebody else is signed in. Answers whether that is news.
    pub fn session_foreign(&mut self) -> bool {
        std::mem::replace(&mut self.session, Session::Foreign) != Session::Foreign
    }

    /// Who is signed in could not be asked; the entries that need it wait a little.
    pub fn token_failed(&mut self, kind: ProblemKind, now: Timestamp) -> Vec<Effect> {
        if kind == ProblemKind::Unauthorized {
            return self.session_ended();
        }
        if self.session == Session::Refreshing {
            self.session = Session::Live;
        }
        for entry in self
            .outbox
            .iter_mut()
            .filter(|entry| entry.token_refusals > 0)
        {
            entry.token_refusals = 0;
            entry.not_before = entry.not_before.max(now + Duration::seconds(5));
        }
        self.wake(now)
    }

    /// Whether the session has ended, so that a pull that works means it is back.
    pub fn is_signed_out(&self) -> bool {
        self.session == Session::Ended
    }

    /// Whether this page may still pull.
    pub fn may_pull(&self) -> bool {
        self.session != Session::Foreign
    }

    fn acknowledge(
        &mut self,
        index: usize,
        row: Option<Application>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(entry) = self.outbox.remove(index) else {
            return Vec::new();
        };
        match row {
            Some(row) => {
                self.derive_event(&entry, &row, now);
                let version = row.version;
                self.base.take(row);
                // Only this queue's own acknowledgements advance what its next entry builds on.
                if let Some(next) = self
                    .outbox
                    .iter_mut()
                    .find(|next| next.record == entry.record)
                {
                    next.seen = Some(version);
                }
            }
            None => self.base.delete(entry.record),
        }
        self.wake(now)
    }

    /// The stage event that an acknowledged entry caused has a known id, so history need not wait
    /// for the next pull.
    fn derive_event(&mut self, entry: &Entry, row: &Application, now: Timestamp) {
        let before = self.base.rows.get(&entry.record).map(|row| row.status);
        let events = self.base.events.entry(entry.record).or_default();
        if let Mutation::Patch(patch) = &entry.mutation
            && let Some(voided) = patch.voids_stage_event
        {
            for event in events.iter_mut().filter(|event| event.id == voided) {
                event.voided_at.get_or_insert(now);
            }
        } else if before != Some(row.status) {
            let id = StageEvent::derive_id(row.id, &entry.key.to_string());
            if !events.iter().any(|event| event.id == id) {
                events.push(StageEvent {
                    id,
                    application_id: row.id,
                    from_status: before,
                    to_status: row.status,
                    occurred_at: row.status_since,
                    recorded_at: row.updated_at,
                    voided_at: None,
                });
            }
        }
    }

    fn conflict(&mut self, index: usize, problem: &Problem, now: Timestamp) -> Vec<Effect> {
        let current: Option<Application> = problem
            .meta
            .get("current")
            .and_then(|current| serde_json::from_value(current.clone()).ok());
        let (Some(current), Some(entry)) = (current, self.outbox.get(index)) else {
            return self.rejected(index, problem.clone(), now);
        };
        let already = match &entry.mutation {
            Mutation::Patch(patch) => patch.leaves(&current),
            _ => false,
        };
        if already {
            return self.acknowledge(index, Some(current), now);
        }
        let record = entry.record;
        let displaced = self.drop_record(record);
        let title = current.role_title.to_string();
        self.base.take(current);
        let mut effects = vec![Effect::Notify(Notice::Conflict {
            record,
            title,
            displaced: Box::new(displaced),
        })];
        effects.extend(self.wake(now));
        effects
    }

    fn vanished(&mut self, index: usize, now: Timestamp) -> Vec<Effect> {
        let Some(entry) = self.outbox.get(index) else {
            return Vec::new();
        };
        let (record, deleted) = (entry.record, entry.mutation == Mutation::Delete);
        let title = self.title(record);
        self.drop_record(record);
        self.base.delete(record);
        let mut effects = Vec::new();
        if !deleted {
            effects.push(Effect::Notify(Notice::Vanished { title }));
        }
        effects.extend(self.wake(now));
        effects
    }

    fn rejected(&mut self, index: usize, problem: Problem, now: Timestamp) -> Vec<Effect> {
        let Some(entry) = self.outbox.get(index) else {
            return Vec::new();
        };
        let record = entry.record;
        let title = self.title(record);
        if matches!(entry.mutation, Mutation::Create(_)) {
            // What was done after it was done to something that never came to be.
            self.drop_record(record);
        } else if let Some(refused) = self.outbox.remove(index)
            && let Some(next) = self.outbox.iter_mut().find(|next| next.record == record)
        {
            // The next one builds on what this one was to build on.
            next.seen = next.seen.or(refused.seen);
        }
        let mut effects = vec![Effect::Notify(Notice::Rejected { title, problem })];
        effects.extend(self.wake(now));
        effects
    }

    /// Drops every entry of a record and answers its patches as one.
    fn drop_record(&mut self, record: Uuid) -> ApplicationPatch {
        let mut displaced = ApplicationPatch::default();
        self.outbox.retain(|entry| {
            if entry.record != record {
                return true;
            }
            if let Mutation::Patch(patch) = &entry.mutation {
                displaced.then(patch.as_ref().clone());
            }
            false
        });
        displaced
    }

    fn title(&self, record: Uuid) -> String {
        self.view_of(record)
            .map(|row| row.role_title.to_string())
            .unwrap_or_default()
    }

    /// A page of the server's history. It never changes what a queued edit builds on.
    pub fn pulled(&mut self, page: SyncPage, now: Timestamp) -> Vec<Effect> {
        let base = self.rebuild.as_mut().unwrap_or(&mut self.base);
        for change in page.changes {
            match change.what {
                SyncRow::Upsert(Entity::Application(row)) => base.take(*row),
                SyncRow::Upsert(Entity::StageEvent(event)) => base.take_event(event),
                SyncRow::Upsert(Entity::Settings(settings)) => self.settings = Some(settings),
                SyncRow::Delete {
                    entity: EntityKind::Application,
                } => base.delete(change.id),
                SyncRow::Delete { .. } => {}
            }
        }
        self.cursor = Some(page.next);
        if !page.has_more
            && let Some(rebuilt) = self.rebuild.take()
        {
            self.base = rebuilt;
        }
        if std::mem::take(&mut self.offline) {
            return self.online(now);
        }
        self.wake(now)
    }

    /// The newest settings that a pull brought.
    pub fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// The server's history is another one, or too old: a new base is built, pending stays.
    pub fn restart(&mut self) {
        self.rebuild = Some(Base::default());
        self.cursor = None;
    }

    /// A pull got no answer, or one that was none.
    pub fn pull_failed(&mut self, kind: ProblemKind) -> Vec<Effect> {
        match kind {
            ProblemKind::Network => self.offline = true,
            ProblemKind::Unauthorized => return self.session_ended(),
            _ => {}
        }
        Vec::new()
    }

    /// The network is said to be back: what backs off is tried at once.
    pub fn online(&mut self, now: Timestamp) -> Vec<Effect> {
        for entry in &mut self.outbox {
            if entry.attempts > 0 && !entry.told_to_wait {
                entry.not_before = entry.not_before.min(now);
            }
        }
        self.wake(now)
    }

    /// How it stands with the server. A deletion that waits for its undo counts as saved: nothing
    /// is wrong.
    pub fn sync_state(&self, now: Timestamp) -> SyncState {
        let waiting = self.outbox.len();
        let held = |entry: &Entry| entry.attempts == 0 && entry.not_before > now;
        if matches!(self.session, Session::Ended | Session::Foreign) {
            SyncState::SignedOut(waiting)
        } else if self.offline {
            SyncState::Offline(waiting)
        } else if self.outbox.iter().all(held) {
            SyncState::Saved
        } else {
            SyncState::Saving(waiting)
        }
    }

    /// Ends the grace of every deletion: the page is being left.
    pub fn release(&mut self, now: Timestamp) -> Vec<Effect> {
        for entry in &mut self.outbox {
            if entry.attempts == 0 {
                entry.not_before = entry.not_before.min(now);
            }
        }
        self.wake(now)
    }

    /// Forgets what waits: the user said so.
    pub fn forget_pending(&mut self) {
        self.outbox.clear();
    }

    /// Whether an edit is not even under way. A deletion in its grace does not count: leaving the
    /// page sends it.
    pub fn has_unsent(&self) -> bool {
        let held = |entry: &Entry| entry.attempts == 0 && entry.mutation == Mutation::Delete;
        self.outbox
            .iter()
            .any(|entry| !entry.in_flight && !held(entry))
    }

    /// How many mutations wait.
    pub fn pending(&self) -> usize {
        self.outbox.len()
    }

    /// Records with a pending mutation.
    pub fn pending_records(&self) -> std::collections::HashSet<Uuid> {
        self.outbox.iter().map(|entry| entry.record).collect()
    }

    /// The view of every record.
    pub fn view(&self) -> Rows {
        let mut rows = self.base.rows.clone();
        for entry in &self.outbox {
            let row = step(rows.get(&entry.record), entry);
            match row {
                Some(row) => _ = rows.insert(entry.record, Arc::new(row)),
                None => _ = rows.remove(&entry.record),
            }
        }
        rows
    }

    /// The view of one record.
    pub fn view_of(&self, record: Uuid) -> Option<Arc<Application>> {
        let mut row = self.base.rows.get(&record).cloned();
        for entry in self.outbox.iter().filter(|entry| entry.record == record) {
            row = step(row.as_ref(), entry).map(Arc::new);
        }
        row
    }

    /// The moves of a record, oldest first, those that are not yet acknowledged too.
    pub fn history(&self, record: Uuid) -> Vec<StageEvent> {
        let mut events = self.base.events.get(&record).cloned().unwrap_or_default();
        events.sort_by_key(|event| event.recorded_at);
        let mut row = self.base.rows.get(&record).cloned();
        for entry in self.outbox.iter().filter(|entry| entry.record == record) {
            let next = step(row.as_ref(), entry);
            if let Mutation::Patch(patch) = &entry.mutation
                && let Some(voided) = patch.voids_stage_event
            {
                for event in events.iter_mut().filter(|event| event.id == voided) {
                    event.voided_at = Some(entry.made_at);
                }
            } else if let Some(next) = &next
                && row.as_ref().is_none_or(|row| row.status != next.status)
            {
                events.push(StageEvent {
                    id: StageEvent::derive_id(record, &entry.key.to_string()),
                    application_id: record,
                    from_status: row.as_ref().map(|row| row.status),
                    to_status: next.status,
                    occurred_at: next.status_since,
                    recorded_at: entry.made_at,
                    voided_at: None,
                });
            }
            row = next.map(Arc::new);
        }
        events
    }

    /// Since when the record had its status before the newest move that counts: what undoing that
    /// move returns to.
    fn since_before(&self, record: Uuid, voided: Uuid) -> Option<Timestamp> {
        let events = self.history(record);
        events
            .iter()
            .rfind(|event| event.voided_at.is_none() && event.id != voided)
            .map(|event| event.occurred_at)
    }

    /// The patch that undoes the move which the mutation `key` made of `record`.
    pub fn undo_of_move(&self, record: Uuid, key: Uuid, from: Status) -> ApplicationPatch {
        let event = StageEvent::derive_id(record, &key.to_string());
        ApplicationPatch {
            status: Change::Set(from),
            voids_stage_event: Some(event),
            status_occurred_at: self.since_before(record, event),
            ..ApplicationPatch::default()
        }
    }
}

/// What an entry makes of a row.
fn step(row: Option<&Arc<Application>>, entry: &Entry) -> Option<Application> {
    match &entry.mutation {
        Mutation::Create(create) => create
            .as_ref()
            .clone()
            .build(entry.record, entry.made_on, entry.made_at)
            .ok(),
        Mutation::Patch(patch) => {
            let row = row?;
            // It fitted when it was made; where base has moved so that it no longer does, the
            // server will say so, and until then the row stands as it is.
            Some(
                row.patched(patch, entry.made_at)
                    .unwrap_or_else(|_| row.as_ref().clone()),
            )
        }
        Mutation::Delete => None,
    }
}

/// Full jitter, doubling from one second, five minutes at most; `Retry-After` is honoured.
fn backoff(attempts: u32, retry_after: Option<u64>, jitter: f64) -> Duration {
    const CAP_MS: f64 = 300_000.0;
    let ceiling = (1000.0 * 2f64.powi(attempts.min(10).cast_signed() - 1)).min(CAP_MS);
    let jittered = Duration::milliseconds((ceiling * jitter.clamp(0.0, 1.0)) as i64 + 50);
    let asked = Duration::seconds(retry_after.unwrap_or(0).min(3600).cast_signed());
    jittered.max(asked)
}

#[cfg(test)]
mod tests;
