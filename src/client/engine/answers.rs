//! What each answer of the server does to the queue (the table of DESIGN §7).

use super::{
    Edit, Edited, Effect, Engine, Entry, Network, Notice, Op, Row, Session, Verb,
    displaced::{Displaced, Reason},
    kind::each_kind,
};
use crate::domain::{
    error::{Problem, ProblemKind},
    sync::Entity,
    time::Timestamp,
};
use chrono::Duration;
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

/// What would be lost with a row: what it is called, and how it would show with its queued edits,
/// deletions apart.
pub(super) struct Stake {
    record: Uuid,
    title: String,
    mine: Option<Entity>,
}

impl Engine {
    /// The server answered the request of `key`: a row or nothing (the body), or a problem.
    /// `jitter` is a random number from 0 to 1.
    pub fn answered(
        &mut self,
        key: Uuid,
        answer: Result<String, Problem>,
        now: Timestamp,
        jitter: f64,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        // Who is signed in is told whatever became of the entry.
        match answer.as_ref().map_err(|problem| problem.kind) {
            Err(ProblemKind::Unauthorized) => self.session_ended(&mut effects),
            Err(ProblemKind::OtherUser) => self.foreign(&mut effects),
            _ => {}
        }
        // An entry that is gone was settled by another page.
        if let Some(entry) = self.outbox.get_mut(key) {
            entry.here.in_flight = false;
            let answer = answer.and_then(|body| self.acknowledge(key, &body, now, &mut effects));
            if let Err(problem) = answer {
                self.refused(key, problem, now, jitter, &mut effects);
            } else {
                self.reached();
            }
        }
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
            let row: Option<R> = if body.is_empty() {
                None
            } else {
                let row = serde_json::from_str(body)
                    .map_err(|error| Problem::new(ProblemKind::Network, error.to_string()))?;
                Some(row)
            };
            // The status alone: it was a deletion, or the record was deleted since.
            let stake = row.is_none().then(|| self.stake(&entry));
            if let Some(row) = &row {
                self.each_base(|base| R::acknowledged(base, &entry, row, now));
            }
            self.settle(&entry, row);
            if let Some(stake) = stake {
                self.put_aside(stake, now, effects);
            }
        });
        Ok(())
    }

    /// Takes an entry out of the queue, and its row into base.
    fn settle<R: Edited>(&mut self, entry: &Entry, row: Option<R>) {
        // Only this queue's own acknowledgements advance what its next entry builds on.
        self.outbox
            .acknowledge(entry.key, row.as_ref().map(R::version));
        match row {
            Some(row) => self.each_base(|base| base.take(entry.record, row.clone())),
            None => self.each_base(|base| base.delete(R::KIND, entry.record)),
        }
    }

    fn refused(
        &mut self,
        key: Uuid,
        problem: Problem,
        now: Timestamp,
        jitter: f64,
        effects: &mut Vec<Effect>,
    ) {
        let Some(entry) = self.outbox.get_mut(key) else {
            return;
        };
        // Between two tries the session may be another one: only twice in a row is a refusal.
        if problem.kind != ProblemKind::Csrf {
            entry.here.token_refusals = 0;
        }
        if problem.kind == ProblemKind::Network {
            self.unreached(now, jitter);
            return;
        }
        self.network = Network::default();
        match problem.kind {
            ProblemKind::Unavailable | ProblemKind::Internal | ProblemKind::TooManyRequests => {
                entry.here.attempts += 1;
                entry.here.told_to_wait = problem.retry_after.is_some();
                entry.here.retry_at =
                    Some(now + backoff(entry.here.attempts, problem.retry_after, jitter));
            }
            ProblemKind::Unauthorized | ProblemKind::OtherUser => {}
            // Refused with a token that was new: it will not help to fetch another.
            ProblemKind::Csrf if entry.here.token_refusals > 0 => self.park(key, problem, effects),
            ProblemKind::Csrf => {
                entry.here.token_refusals += 1;
                if self.session == Session::Live {
                    self.session = Session::Identifying;
                    effects.push(Effect::Identify);
                }
            }
            ProblemKind::Conflict => self.conflict(key, problem, now, effects),
            ProblemKind::NotFound | ProblemKind::Gone => self.vanished(key, now, effects),
            _ => self.park(key, problem, effects),
        }
    }

    /// Stands aside until the user decides; what was done to the same aggregate later waits.
    fn park(&mut self, key: Uuid, problem: Problem, effects: &mut Vec<Effect>) {
        let Some(entry) = self.outbox.get_mut(key) else {
            return;
        };
        entry.parked = Some(problem.clone());
        entry.here.dirty = true;
        let (record, edit) = (entry.record, entry.edit.clone());
        let title = self.title(record, &edit);
        effects.push(Effect::Notify(Notice::Parked {
            key,
            title,
            problem,
        }));
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
            if let Op::Patch(patch) = op
                && current.leaves(patch)
            {
                self.settle(&entry, Some(current));
                return;
            }
            let keys: Vec<Uuid> = self
                .outbox
                .of_record(entry.record)
                .map(|entry| entry.key)
                .collect();
            let mut edits: Vec<&Entry> = self.outbox.of_record(entry.record).collect();
            let base = self.base.table::<R>().get(entry.record).cloned();
            let last = edits.last().map(|last| last.edit.verb());
            if last != Some(Verb::Delete) {
                edits.retain(|entry| entry.edit.verb() != Verb::Delete);
            }
            let mine =
                Self::with_edits(base, edits.into_iter()).map(|row| R::clone(&row).into_entity());
            let title = self.title(entry.record, &entry.edit);
            let entries = keys
                .into_iter()
                .filter_map(|key| self.outbox.settle(key))
                .collect();
            self.each_base(|base| base.take(entry.record, current.clone()));
            self.displace(entries, title, mine, Reason::Conflict, now, effects);
        });
    }

    /// 404 or gone: a deletion has succeeded; anything else gives way, with all that was done to
    /// the aggregate.
    fn vanished(&mut self, key: Uuid, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(entry) = self.outbox.get(key).cloned() else {
            return;
        };
        each_kind!(&entry.edit, |op: R| {
            let stake = self.stake(&entry);
            if matches!(op, Op::Delete) {
                self.settle::<R>(&entry, None);
            }
            self.each_base(|base| base.delete(R::KIND, entry.record));
            self.put_aside(stake, now, effects);
        });
    }

    /// The edits of rows that there are, before base or queue changes: see [`Self::bury`].
    pub(super) fn at_stake(&self) -> Vec<Stake> {
        let mut seen = HashSet::new();
        let first = |entry: &&Entry| seen.insert(entry.record);
        self.outbox
            .entries()
            .iter()
            .filter(first)
            .filter(|entry| !self.is_lost(entry))
            .map(|entry| self.stake(entry))
            .collect()
    }

    /// The same, of edits that are new here, on these rows.
    pub(super) fn stakes_on(&self, rows: Vec<Entity>) -> Vec<Stake> {
        let stake = |row: Entity| match row {
            Entity::Application(row) => Some(self.stake_on(row.id, *row)),
            // Settings are never deleted, and nobody edits the rest.
            Entity::Settings(_) | Entity::StageEvent(_) => None,
        };
        rows.into_iter().filter_map(stake).collect()
    }

    fn stake_on<R: Edited>(&self, record: Uuid, row: R) -> Stake {
        let title = row.title();
        let edits = self.outbox.of_record(record);
        let edits = edits.filter(|entry| entry.edit.verb() != Verb::Delete);
        let mine = Self::with_edits(Some(Arc::new(row)), edits);
        Stake {
            record,
            title,
            mine: mine.map(|row| R::clone(&row).into_entity()),
        }
    }

    /// What the user would not see any more, were the entry's row gone.
    fn stake(&self, entry: &Entry) -> Stake {
        each_kind!(&entry.edit, |_op: R| Stake {
            record: entry.record,
            title: self.title(entry.record, &entry.edit),
            mine: self
                .view_but_deletions::<R>(entry.record)
                .map(|row| R::clone(&row).into_entity()),
        })
    }

    fn is_in_base(&self, entry: &Entry) -> bool {
        each_kind!(&entry.edit, |_op: R| self
            .base
            .table::<R>()
            .get(entry.record)
            .is_some())
    }

    /// Whether there is no row to edit: it was deleted, or never made. Where only a part of all rows
    /// is known, a missing one need not be deleted.
    pub(super) fn is_lost(&self, entry: &Entry) -> bool {
        let gone = each_kind!(&entry.edit, |_op: R| self
            .base
            .table::<R>()
            .is_gone(entry.record));
        let made_here = |entry: &Entry| entry.edit.verb() == Verb::Create;
        gone || !(self.meta.partial
            || self.is_in_base(entry)
            || self.outbox.of_record(entry.record).any(made_here))
    }

    /// Puts aside the edits of rows that there were and are no more. It is done with the
    /// change that takes the row away: an answer would come when there is nothing left to show of
    /// it.
    pub(super) fn bury(&mut self, stakes: Vec<Stake>, now: Timestamp, effects: &mut Vec<Effect>) {
        for stake in stakes {
            let lost = self.outbox.of_record(stake.record).next();
            let lost = lost.filter(|entry| self.is_lost(entry));
            if lost.is_some() {
                self.put_aside(stake, now, effects);
            }
        }
    }

    /// Takes out what was done to a row that is gone, and all that hangs on it. What the user did
    /// before deleting it too is not missed.
    fn put_aside(&mut self, stake: Stake, now: Timestamp, effects: &mut Vec<Effect>) {
        let entries = self.outbox.settle_of(stake.record);
        let Stake { title, mine, .. } = stake;
        if entries.last().map(|last| last.edit.verb()) != Some(Verb::Delete) {
            self.displace(entries, title, mine, Reason::Deleted, now, effects);
        }
    }

    fn displace(
        &mut self,
        entries: Vec<Entry>,
        title: String,
        mine: Option<Entity>,
        reason: Reason,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let keys = entries.iter().map(|entry| entry.key).collect();
        let (Some(first), Some(last)) = (entries.first().cloned(), entries.last()) else {
            return;
        };
        // A deletion after which another page went on is not what the user wants in the end.
        let goes_on = last.edit.verb() != Verb::Delete;
        let edits = entries
            .into_iter()
            .map(|entry| entry.edit)
            .filter(|edit| !goes_on || edit.verb() != Verb::Delete);
        let Some(edit) = edits.reduce(|edit: Edit, later| edit.together(&later).unwrap_or(later))
        else {
            return;
        };
        // A creation is what it asks for.
        let mine = edit.built(first.record, first.made()).or(mine);
        let item = Displaced {
            id: first.key,
            keys,
            at: now,
            record: first.record,
            title,
            reason,
            edit,
            mine,
        };
        self.displaced.push(item.clone());
        effects.push(Effect::Notify(Notice::Displaced(Box::new(item))));
    }

    /// What a record is called; by its kind where it is not there.
    fn title(&self, record: Uuid, edit: &Edit) -> String {
        each_kind!(edit, |_op: R| self
            .view_of::<R>(record)
            .or_else(|| self.base.table::<R>().get(record).cloned())
            .map_or_else(|| R::NOUN.to_owned(), |row| row.title()))
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
                for entry in self.outbox.iter_mut() {
                    if std::mem::take(&mut entry.here.token_refusals) > 0 {
                        entry.here.retry_at = entry.here.retry_at.max(Some(later));
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
