//! What each answer of the server does to the queue.

use super::{
    Edit, Edited, Effect, Engine, Entry, HasTable, Network, Notice, Op, Reason, Session, Verb,
    history,
    queue::{Displacement, QueueEvent, with_edits},
};
use crate::{
    api::answer::Answered,
    domain::{
        application::Application,
        edit::each_kind,
        error::{Problem, ProblemKind},
        fields::Patch as _,
        position::Position,
        row::OfKind,
        stage::StageEvent,
        sync::EntityKind,
        time::Timestamp,
    },
};
use chrono::Duration;
use serde::Deserialize;
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

/// The longest wait between two tries of a server that does not answer.
pub(super) const LONGEST_BACKOFF: Duration = Duration::milliseconds(300_050);
/// The longest wait that a server can ask for.
pub(super) const LONGEST_WAIT: Duration = Duration::hours(1);
/// A clock that differs from the server's by less is as good as right.
const CLOCK_TOLERANCE: Duration = Duration::minutes(5);

/// Under which key an edit goes once more at the right time: any page finds the same.
pub(super) fn redated_key(key: Uuid) -> Uuid {
    Uuid::new_v5(&key, b"redated")
}

/// What every version of the app reads of a row.
#[derive(Deserialize)]
struct OnlyState {
    version: i64,
    updated_at: Timestamp,
}

/// What came of sending an edit.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// A row or nothing (the body), or a problem.
    pub result: Result<String, Problem>,
    /// The time by the server's clock, where the answer says it.
    pub server_now: Option<Timestamp>,
    /// Where the user's history stood, where the answer says it.
    pub position: Option<Position>,
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        Self {
            result: answered.result.map(|response| response.body),
            server_now: answered.server_time,
            position: answered.position,
        }
    }
}

impl Engine {
    /// The server answered the request of `key`. `jitter` is a random number from 0 to 1.
    pub fn answered(
        &mut self,
        key: Uuid,
        answer: Answer,
        now: Timestamp,
        jitter: f64,
    ) -> Vec<Effect> {
        let Answer {
            result: answer,
            server_now,
            position,
        } = answer;
        let mut effects = Vec::new();
        // Who is signed in is told whatever became of the entry.
        match answer.as_ref().map_err(|problem| problem.kind) {
            Err(ProblemKind::Unauthorized) => self.session_ended(&mut effects),
            Err(ProblemKind::OtherUser) => self.foreign(&mut effects),
            _ => {}
        }
        // An entry that is gone was settled by another page.
        if self.outbox.get(key).is_some() {
            // What the answer brings is of that history: the next pull must know it too.
            if let Some(position) = position {
                self.hear_of(position);
            }
            self.outbox.delivery_mut(key).in_flight = false;
            let answer = answer.and_then(|body| self.acknowledge(key, &body, now, &mut effects));
            match answer {
                Ok(()) => self.accepted(now),
                Err(problem) => {
                    if !self.redate(key, &problem, server_now, now, &mut effects) {
                        self.refused(key, problem, now, jitter, &mut effects);
                    }
                }
            }
        }
        if let Some(server) = server_now {
            // By either clock: one that is wrong must not throw away what a user has to decide.
            self.expire(now.min(server));
        }
        effects.extend(self.pull_for_noted());
        effects.extend(self.wake(now));
        effects
    }

    /// 2xx: the row and the entry's end are stored together.
    fn acknowledge(
        &mut self,
        key: Uuid,
        body: &str,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Problem> {
        let Some(entry) = self.outbox.get(key).cloned() else {
            return Ok(());
        };
        each_kind!(&entry.edit, |_op: R| {
            // The status alone.
            if entry.edit.verb() == Verb::Delete && body.is_empty() {
                self.row_deleted(&entry, true, now, effects);
                return Ok(());
            }
            let row = match serde_json::from_str::<R>(body) {
                Ok(row) => row,
                Err(error) => {
                    let state = serde_json::from_str::<OnlyState>(body)
                        .map_err(|_| Problem::new(ProblemKind::Network, error.to_string()))?;
                    self.acknowledge_unread::<R>(&entry, &state, now, effects);
                    return Ok(());
                }
            };
            if R::KIND == EntityKind::Application
                && let Some(row) = Application::from_entity(row.clone().into_entity())
            {
                self.each_base(|base| history::acknowledged(base, &entry, &row));
            }
            if R::KIND == EntityKind::StageEvent
                && let Some(event) = StageEvent::from_entity(row.clone().into_entity())
            {
                let zone = self.zone.clone();
                self.each_base(|base| history::corrected(base, &event, &zone));
            }
            if self.was_sent_in_another_life(key) && self.lacks(&entry, &row) {
                // It may be of a history that is no more: the next pull must bring it.
                self.pulling.doubt(entry.record, row.version());
                effects.extend(self.pull());
            }
            self.settle(&entry, &row, now);
        });
        Ok(())
    }

    /// An edit is done, and the row that came of it is one that only a newer version can read: it
    /// shows as this one would have made it.
    fn acknowledge_unread<R: Edited + HasTable>(
        &mut self,
        entry: &Entry,
        state: &OnlyState,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.tell_of_skipped(effects);
        // As the server made it, and when.
        let taken = Entry {
            made_at: state.updated_at,
            ..entry.clone()
        };
        let known = self.base.table::<R>().get(entry.record);
        let known = known.map(|row| R::clone(row));
        let made = with_edits(known, std::iter::once(&taken));
        let made = made.filter(|row| row.version() == state.version);
        match made {
            Some(row) => self.settle(entry, &row, now),
            None => self.outbox.record(QueueEvent::Acknowledge(entry.key)),
        }
    }

    /// Whether the base was built anew, or is about to be, since the request of an entry began.
    fn was_sent_in_another_life(&self, key: Uuid) -> bool {
        self.pulling.is_rebuilding()
            || self.outbox.delivery(key).sent_in != self.meta.base_generation
    }

    /// Whether the base has nothing of this row that is as new.
    fn lacks<R: Edited + HasTable>(&self, entry: &Entry, row: &R) -> bool {
        let known = self.base.table::<R>().get(entry.record);
        self.pulling.is_rebuilding() || known.is_none_or(|known| known.version() < row.version())
    }

    /// What was refused because this device's clock is ahead, or was, goes once more, under another key
    /// and at the time that it was by the server's clock, as far as that is known. Answers whether
    /// that is so.
    fn redate(
        &mut self,
        key: Uuid,
        problem: &Problem,
        server_now: Option<Timestamp>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let about_time = problem.kind == ProblemKind::Validation
            && problem.message_for("status_occurred_at").is_some();
        let (Some(server), Some(entry), true) = (server_now, self.outbox.get(key), about_time)
        else {
            return false;
        };
        // It says that it was made later than now. The clock may have been set since: then it was
        // ahead by that much at least. Made earlier, it is not refused for that again.
        let from_future = entry.made_at - server;
        if from_future < CLOCK_TOLERANCE {
            return false;
        }
        let ahead = from_future.max(now - server);
        let application = entry.aggregate;
        self.keep_noted(application, |engine| {
            engine.outbox.record(QueueEvent::Redate {
                key,
                new_key: redated_key(key),
                ahead,
            });
        });
        if !std::mem::replace(&mut self.told_of_clock, true) {
            effects.push(Effect::Notify(Notice::ClockAhead(ahead)));
        }
        self.reached();
        true
    }

    /// Takes an entry out of the queue, and its row into base. Only the queue's own acknowledgements
    /// advance what its next entries build on.
    fn settle<R: Edited + HasTable>(&mut self, entry: &Entry, row: &R, now: Timestamp) {
        self.meta
            .own
            .made(entry.record, entry.saw(), row.seen(), now);
        self.storage.own_moved = true;
        self.take_acknowledged(entry, row);
    }

    /// The same, where what was wanted is there without having been made for this entry.
    fn take_acknowledged<R: Edited + HasTable>(&mut self, entry: &Entry, row: &R) {
        self.outbox.record(QueueEvent::Acknowledge(entry.key));
        self.plan_after(entry);
        self.each_base(|base| {
            base.take(entry.record, row.clone());
            base.keep(R::KIND, entry.record);
        });
        // A pull may have brought its end before this answer came.
        self.attach_last_known();
    }

    /// The row of an entry is gone: what else was done to it gives way, and the entry itself where
    /// it is not `done`.
    fn row_deleted(
        &mut self,
        entry: &Entry,
        done: bool,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.displace(entry, done, Reason::Deleted, now, effects);
        if done {
            self.plan_after(entry);
        }
        each_kind!(&entry.edit, |_op: R| {
            self.each_base(|base| {
                // Of what was never here it is not known that it will never be.
                if base.table::<R>().get(entry.record).is_some() {
                    base.delete(R::KIND, entry.record);
                }
            });
        });
        // A page may have gone on with it meanwhile, and its edit turn up here.
        self.attach_last_known();
    }

    fn refused(
        &mut self,
        key: Uuid,
        problem: Problem,
        now: Timestamp,
        jitter: f64,
        effects: &mut Vec<Effect>,
    ) {
        let delivery = self.outbox.delivery_mut(key);
        // Between two tries the session may be another one: only twice in a row is a refusal.
        if problem.kind != ProblemKind::Csrf {
            delivery.token_refusals = 0;
        }
        if problem.kind == ProblemKind::Network {
            delivery.unanswered += 1;
            self.unreached(now, jitter);
            return;
        }
        if matches!(
            problem.kind,
            ProblemKind::Unavailable | ProblemKind::TooManyRequests
        ) {
            // It is about all that waits.
            delivery.unanswered += 1;
            self.reached();
            self.refused_for_now(problem.retry_after, now, jitter);
            return;
        }
        self.network = Network::default();
        match problem.kind {
            // It may be about this one alone: others go on.
            ProblemKind::Internal => {
                delivery.attempts += 1;
                delivery.retry_at =
                    Some(now + backoff(delivery.attempts, problem.retry_after, jitter));
            }
            ProblemKind::Unauthorized | ProblemKind::OtherUser => {}
            // Refused with a token that was new: it will not help to fetch another.
            ProblemKind::Csrf if delivery.token_refusals > 0 => self.park(key, problem, effects),
            ProblemKind::Csrf => {
                delivery.token_refusals += 1;
                if self.session == Session::Live {
                    self.session = Session::Identifying;
                    effects.push(Effect::Identify);
                }
            }
            ProblemKind::Conflict => self.conflict(key, problem, now, effects),
            ProblemKind::Gone if problem.meta.get("taken") == Some(&true.into()) => {
                self.vanished(key, true, now, effects);
            }
            ProblemKind::NotFound | ProblemKind::Gone => self.vanished(key, false, now, effects),
            ProblemKind::Validation if self.is_undo(key) => self.drop_undo(key, problem, effects),
            _ => self.park(key, problem, effects),
        }
    }

    /// Stands aside until the user decides; what was done to the same aggregate later waits.
    fn park(&mut self, key: Uuid, problem: Problem, effects: &mut Vec<Effect>) {
        let Some(entry) = self.outbox.get(key) else {
            return;
        };
        let title = self.title(entry.record, &entry.edit);
        self.outbox.record(QueueEvent::Park {
            key,
            problem: Box::new(problem.clone()),
        });
        effects.push(Effect::Notify(Notice::Parked {
            key,
            title,
            problem,
        }));
    }

    fn is_undo(&self, key: Uuid) -> bool {
        let entry = self.outbox.get(key);
        entry.is_some_and(|entry| entry.edit.is_undo())
    }

    /// An undo that came too late holds nothing that somebody typed: it goes, and what was done to
    /// its record later goes on.
    fn drop_undo(&mut self, key: Uuid, problem: Problem, effects: &mut Vec<Effect>) {
        let Some(entry) = self.outbox.get(key) else {
            return;
        };
        let title = self.title(entry.record, &entry.edit);
        let given_up = self.outbox.given_up(key);
        let problem = Box::new(problem);
        self.outbox.record(QueueEvent::Park { key, problem });
        self.outbox.record(QueueEvent::Drop(given_up));
        effects.push(Effect::Notify(Notice::UndoRefused { key, title }));
    }

    /// 409: the server's state is taken, and what the user did to the record gives way, unless the
    /// server already has what was wanted.
    fn conflict(&mut self, key: Uuid, problem: Problem, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(entry) = self.outbox.get(key).cloned() else {
            return;
        };
        each_kind!(&entry.edit, |op: R| {
            let current: Option<R> = problem
                .meta
                .get("current")
                .and_then(|current| serde_json::from_str(&current.to_string()).ok());
            let Some(current) = current else {
                self.park(key, problem, effects);
                return;
            };
            // Versions rise for ever, and a number has one state: else the server was set back, and its
            // history is another one.
            let went_back = entry.saw().is_some_and(|seen| {
                let (now, then) = (current.version(), seen.version);
                now < then || (now == then && !seen.is(&current))
            });
            if let Op::Patch(patch) = op
                && patch.is_noop_on(&current)
            {
                // What else is there than this edit its user has not seen: later ones, which were
                // made on what they saw, are not to go out over it.
                if !went_back && self.is_what_was_seen_with::<R>(&entry, patch, &current) {
                    self.settle(&entry, &current, now);
                } else {
                    self.take_acknowledged(&entry, &current);
                }
            } else {
                self.displace(&entry, false, Reason::Conflict, now, effects);
                self.each_base(|base| base.take(entry.record, current.clone()));
            }
            if went_back {
                self.rebuild();
                effects.extend(self.pull());
            }
        });
    }

    /// Whether a row is the one that the user saw when making the edit, and the edit, but for what
    /// the server derives.
    fn is_what_was_seen_with<R: Edited + HasTable>(
        &self,
        entry: &Entry,
        patch: &R::Patch,
        current: &R,
    ) -> bool {
        let known = self.base.table::<R>().get(entry.record);
        let seen = known.filter(|row| entry.saw().is_some_and(|seen| seen.is(&***row)));
        let with_it = seen.and_then(|row| row.patched(patch, entry.made()).ok());
        with_it.is_some_and(|row| R::Patch::are_alike(&row, current))
    }

    /// 404 or gone: a deletion has succeeded, and so has what was `taken` before the record was
    /// deleted; anything else gives way, with all that was done to the aggregate.
    fn vanished(&mut self, key: Uuid, taken: bool, now: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(entry) = self.outbox.get(key).cloned() {
            let done = taken || entry.edit.verb() == Verb::Delete;
            self.row_deleted(&entry, done, now, effects);
        }
    }

    /// Puts aside what was done to the record of an entry, on the row as it is known here, and tells.
    pub(super) fn displace(
        &mut self,
        entry: &Entry,
        done: bool,
        reason: Reason,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let row = each_kind!(&entry.edit, |_op: R| {
            let row = self.base.table::<R>().get(entry.record);
            let row = row.map(|row| R::clone(row));
            let row = row.or_else(|| self.outbox.last_known(entry.record));
            // What was taken, and deleted since, was part of what the user saw.
            let taken = (done && entry.edit.verb() != Verb::Delete).then_some(entry);
            let row = with_edits(row, taken.into_iter());
            let created = || {
                let edits = self.outbox.of_record(entry.record);
                let edits = edits.filter(|entry| entry.edit.verb() != Verb::Delete);
                with_edits(None, edits)
            };
            let row = row.or_else(created);
            if let (Reason::Deleted, Some(row)) = (reason, &row) {
                self.base.remember(entry.record, row);
            }
            row.map(R::into_entity)
        });
        let giving_way = self.outbox.giving_way(entry.key, reason);
        let keys = giving_way
            .flat_map(|entry| entry.keys.iter().copied())
            .collect();
        let known: HashSet<Uuid> = self.displaced().iter().map(|item| item.id).collect();
        self.outbox
            .record(QueueEvent::Displace(Box::new(Displacement {
                key: entry.key,
                keys,
                done,
                reason,
                title: self.title(entry.record, &entry.edit),
                row,
                at: now,
            })));
        let news = self
            .displaced()
            .iter()
            .filter(|item| !known.contains(&item.id));
        effects.extend(news.map(|item| {
            let item = Box::new(item.clone());
            Effect::Notify(Notice::Displaced(item))
        }));
    }

    /// What a record is called; by its kind where it is not there.
    fn title(&self, record: Uuid, edit: &Edit) -> String {
        each_kind!(edit, |_op: R| {
            self.view_of::<R>(record)
                .or_else(|| self.base.table::<R>().get(record).cloned())
                .or_else(|| self.outbox.last_known(record).map(Arc::new))
                .map_or_else(|| R::NOUN.to_owned(), |row| row.title())
        })
    }

    /// The session has ended: said once.
    pub(super) fn session_ended(&mut self, effects: &mut Vec<Effect>) {
        if matches!(self.session, Session::Live | Session::Identifying) {
            self.session = Session::Ended;
            effects.push(Effect::Notify(Notice::SignedOut));
        }
    }

    /// Somebody else is signed in: said once, and for good.
    pub(super) fn foreign(&mut self, effects: &mut Vec<Effect>) {
        if self.session != Session::Foreign {
            self.session = Session::Foreign;
            effects.push(Effect::Notify(Notice::Foreign));
        }
    }

    /// `user` is signed in, and the token is a new one: what waits of the same user goes on.
    pub fn identified(&mut self, user: Uuid, now: Timestamp) -> Vec<Effect> {
        self.reached();
        let mut effects = Vec::new();
        if self.owner().is_some_and(|owner| owner != user) {
            self.foreign(&mut effects);
        } else if self.session != Session::Foreign {
            self.session = Session::Live;
        }
        effects.extend(self.wake(now));
        effects
    }

    /// Who is signed in could not be asked; the entries that need it wait a little.
    pub fn identify_failed(&mut self, problem: &Problem, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match problem.kind {
            ProblemKind::Unauthorized => self.session_ended(&mut effects),
            ProblemKind::OtherUser => self.foreign(&mut effects),
            _ => {
                if self.session == Session::Identifying {
                    self.session = Session::Live;
                }
                let later = now + Duration::seconds(5);
                for delivery in self.outbox.deliveries_mut() {
                    if std::mem::take(&mut delivery.token_refusals) > 0 {
                        delivery.retry_at = delivery.retry_at.max(Some(later));
                    }
                }
            }
        }
        effects.extend(self.wake(now));
        effects
    }

    /// Whether the session has ended, as far as is known.
    pub fn is_signed_out(&self) -> bool {
        self.session == Session::Ended
    }

    /// Whether somebody else is signed in.
    pub fn is_foreign(&self) -> bool {
        self.session == Session::Foreign
    }
}

/// Full jitter, doubling from one second, five minutes at most; `Retry-After` is honoured.
pub(super) fn backoff(attempts: u32, retry_after: Option<u64>, jitter: f64) -> Duration {
    const CAP_MS: f64 = 300_000.0;
    let ceiling = (1000.0 * 2f64.powi(attempts.min(10).cast_signed() - 1)).min(CAP_MS);
    let jittered = Duration::milliseconds((ceiling * jitter.clamp(0.0, 1.0)) as i64 + 50);
    let asked = Duration::seconds(retry_after.unwrap_or(0).min(3600).cast_signed());
    jittered.max(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_is_capped() {
        assert!(backoff(1, None, 1.0) <= Duration::milliseconds(1050));
        assert!(backoff(30, None, 1.0) <= Duration::milliseconds(300_050));
        assert_eq!(backoff(1, Some(60), 0.0), Duration::seconds(60));
    }
}
