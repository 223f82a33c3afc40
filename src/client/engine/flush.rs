//! What is sent, and when.

use super::{
    Busy, Effect, Engine, Lock, Network, Outgoing, Persistence, Reason, Session, Verb,
    answers::{self, LONGEST_BACKOFF, LONGEST_WAIT},
    due::is_due,
    queue::{Entry, QueueEvent},
};
use crate::domain::{edit::each_kind, order::sort_by_key, time::Timestamp};
use chrono::Duration;
use std::collections::HashSet;
use uuid::Uuid;

/// Requests that are under way at once: as many as a browser gives one host.
const MAX_IN_FLIGHT: usize = 6;

/// What an edit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitReason {
    /// The server's answer.
    Sent,
    /// The next try: the server could not take it now.
    NextTry,
    /// A connection.
    Connection,
    /// The edits before it, or the next moment.
    Turn,
    /// The end of its undo.
    Undo,
    /// The user: the server refused it.
    User,
    /// What the user does about one before it, which the server refused.
    Decision,
    /// The user's signing in.
    SignIn,
}

/// What may be sent, and what is being sent.
#[derive(Debug, Default)]
struct Turn {
    /// Entries that may be sent.
    ready: Vec<Uuid>,
    /// Requests under way.
    under_way: usize,
    /// When another entry may be sent.
    next: Option<Timestamp>,
}

/// A page that holds the lock and has stored nothing for so long stands still: the longest request
/// takes two thirds of it ([`crate::api::answer::timeout`]).
const LOCK_WITHIN: Duration = Duration::minutes(3);

/// A browser that says that there is no network may be wrong: it is tried again after this.
const SAID_TO_BE_GONE: Duration = Duration::seconds(30);

impl Engine {
    /// What an edit of the queue waits for.
    pub fn wait_reason(&self, entry: &Entry, now: Timestamp) -> WaitReason {
        let delivery = self.outbox.delivery(entry.key);
        if entry.parked.is_some() {
            WaitReason::User
        } else if delivery.in_flight {
            WaitReason::Sent
        } else if entry.is_held(now) {
            WaitReason::Undo
        } else if matches!(self.session, Session::Ended | Session::Foreign) {
            WaitReason::SignIn
        } else if self.waits_for_a_decision(entry) {
            WaitReason::Decision
        } else if self.network.down {
            WaitReason::Connection
        } else if delivery.waits(now) || self.is_busy(now) {
            WaitReason::NextTry
        } else {
            WaitReason::Turn
        }
    }

    /// Whether an edit before it, of the same aggregate, waits for the user.
    fn waits_for_a_decision(&self, entry: &Entry) -> bool {
        let before = self.outbox.entries().iter();
        let mut before = before.take_while(|other| other.key != entry.key);
        before.any(|other| other.aggregate == entry.aggregate && other.parked.is_some())
    }

    /// Stores what is not stored, sends what may be sent, and says when to look again.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut next = None;
        self.give_up_opening(now, &mut effects);
        self.shorten(now);
        if self.session == Session::Live && self.storage.persistence != Persistence::Opening {
            next = self.flush(now, &mut effects);
        } else if self.may_give_way(self.outbox.is_under_way()) {
            // Another page of the same user may go on where this one must not.
            self.lock = Lock::Free;
            effects.push(Effect::Unlock);
        }
        next = earliest(next, self.persist(now, &mut effects));
        if let Some(next) = next {
            let wait = (next - now).num_milliseconds().clamp(10, 60_000);
            effects.push(Effect::WakeIn(u32::try_from(wait).unwrap_or(60_000)));
        }
        effects
    }

    /// What a deletion that is due makes pointless need not be sent.
    fn shorten(&mut self, now: Timestamp) {
        let deletions = self.outbox.deletions_that_shorten(now);
        if !deletions.is_empty() {
            self.outbox.record(QueueEvent::Shorten(deletions));
        }
    }

    /// Sends the first entry of every aggregate that may be sent. Answers when to look again.
    fn flush(&mut self, now: Timestamp, effects: &mut Vec<Effect>) -> Option<Timestamp> {
        loop {
            let Turn {
                ready,
                under_way,
                next,
            } = self.whose_turn(now);
            let room = self.room(under_way, now);
            if ready.is_empty() || room.is_err() {
                // Another page may have something to send, or better luck.
                if self.may_give_way(under_way > 0) {
                    self.lock = Lock::Free;
                    effects.push(Effect::Unlock);
                }
                let pause = room.err().filter(|_| !ready.is_empty());
                return earliest(next, pause);
            }
            let room = room.unwrap_or_default();
            if !self.has_lock(under_way, now, effects) {
                return earliest(next, self.lock.overdue_at());
            }
            let lost: Vec<(Uuid, Reason)> = ready
                .iter()
                .filter_map(|key| Some((*key, self.lost_for(self.outbox.get(*key)?)?)))
                .collect();
            if lost.is_empty() {
                for key in ready.into_iter().take(room) {
                    self.send(key, effects);
                }
                return next;
            }
            // What waited behind it may go.
            self.displace_all(&lost, now, effects);
        }
    }

    /// The first entry of every aggregate, unless it waits for something.
    fn whose_turn(&self, now: Timestamp) -> Turn {
        let mut turn = Turn::default();
        let mut busy: HashSet<Uuid> = HashSet::with_capacity(self.outbox.len());
        for entry in self.outbox.entries() {
            if self.is_noted(entry) {
                continue;
            }
            // Whatever comes later for the same aggregate waits.
            if !busy.insert(entry.aggregate) || entry.parked.is_some() {
                continue;
            }
            let delivery = self.outbox.delivery(entry.key);
            if delivery.in_flight {
                turn.under_way += 1;
                continue;
            }
            let undo = entry.is_held(now).then_some(entry.not_before);
            let retry = delivery.retry_at.filter(|_| delivery.waits(now));
            match undo.max(retry) {
                Some(due) => turn.next = earliest(turn.next, Some(due)),
                None => turn.ready.push(entry.key),
            }
        }
        // Something on the way may refuse one of them whatever happens: it is not the one that finds
        // out for all each time.
        sort_by_key(&mut turn.ready, |key| self.outbox.delivery(*key).unanswered);
        turn
    }

    /// How many requests may begin now, beside those under way.
    ///
    /// # Errors
    /// The moment before which none may.
    fn room(&self, under_way: usize, now: Timestamp) -> Result<usize, Timestamp> {
        let waits = |at: &Timestamp, longest| !is_due(*at, now, longest);
        if let Some(at) = self.busy.until.filter(|at| waits(at, LONGEST_WAIT)) {
            return Err(at);
        }
        let network = self.network.retry_at.filter(|_| self.network.down);
        if let Some(at) = network.filter(|at| waits(at, LONGEST_BACKOFF)) {
            return Err(at);
        }
        Ok(if self.network.down || self.busy.until.is_some() {
            // One request finds out for all.
            usize::from(under_way == 0)
        } else {
            MAX_IN_FLIGHT - under_way.min(MAX_IN_FLIGHT)
        })
    }

    /// Whether another page may send in this one's place. What this one left out, since a deletion made
    /// it pointless, another would send as long as the store has it.
    fn may_give_way(&self, is_under_way: bool) -> bool {
        let left_out = self.storage.is_volatile() && self.outbox.has_unstored_shortening();
        self.lock == Lock::Held && !is_under_way && !left_out
    }

    /// Whether this page may send; asks for the lock where it has not got it.
    fn has_lock(&mut self, under_way: usize, now: Timestamp, effects: &mut Vec<Effect>) -> bool {
        let alone = matches!(self.storage.persistence, Persistence::Memory(_));
        if self.lock == Lock::Held && self.storage.unread && self.storage.is_volatile() {
            // What is sent without being stored must be of the queue as the store has it. While it is
            // being written, that is not known.
            if under_way > 0 || self.storage.writing.is_some() {
                return false;
            }
            self.lock = Lock::Free;
            effects.push(Effect::Unlock);
        }
        if self.lock == Lock::Held || alone {
            return true;
        }
        let is_overdue = |at| is_due(at, now, LOCK_WITHIN);
        let steal = self.lock.overdue_at().is_some_and(is_overdue);
        if self.lock == Lock::Free || steal {
            self.lock = Lock::Asked { since: now };
            effects.push(Effect::Lock { steal });
        }
        false
    }

    /// Edits that have lost what they were made on give way.
    fn displace_all(&mut self, lost: &[(Uuid, Reason)], now: Timestamp, effects: &mut Vec<Effect>) {
        for (key, reason) in lost {
            // With the one before it may have gone too.
            if let Some(entry) = self.outbox.get(*key).cloned() {
                let done = entry.edit.verb() == Verb::Delete;
                self.displace(&entry, done, *reason, now, effects);
            }
        }
    }

    /// Why it is known without asking that an edit cannot take effect on what its user saw; none where
    /// it is not known.
    fn lost_for(&self, entry: &Entry) -> Option<Reason> {
        if self.has_no_row(entry) {
            return Some(Reason::Deleted);
        }
        // What was made of its row since was made by this queue, so the server would not know.
        let builds_on = self.meta.own.advance(entry.record, entry.saw());
        let overtaken = entry.exact && !entry.frozen && entry.saw() != Some(builds_on);
        overtaken.then_some(Reason::Conflict)
    }

    /// Whether it is known without asking that there is no row to edit: it was deleted, or its
    /// creation was taken back. What was sent is to be answered.
    fn has_no_row(&self, entry: &Entry) -> bool {
        if entry.frozen || entry.edit.verb() == Verb::Create {
            return false;
        }
        let (here, gone) = each_kind!(&entry.edit, |_op: R| {
            let table = self.base.table::<R>();
            let here = table.get(entry.record).is_some();
            (here, table.is_deleted(entry.record))
        });
        let created = here || entry.seen.is_some() || self.meta.own.knows(entry.record);
        gone || !(created || entry.edit.verb() == Verb::Delete)
    }

    fn send(&mut self, key: Uuid, effects: &mut Vec<Effect>) {
        let Some(entry) = self.outbox.get(key) else {
            return;
        };
        let as_stored = entry.frozen && self.outbox.is_durable(entry);
        let sent = self.storage.is_volatile() && !as_stored;
        if !entry.frozen || (sent && !self.outbox.was_sent_unstored(key)) {
            let record = entry.record;
            let seen = match entry.edit.verb() {
                _ if entry.frozen => entry.saw(),
                Verb::Create => None,
                _ if entry.exact => entry.saw(),
                Verb::Patch | Verb::Delete => Some(self.meta.own.advance(record, entry.saw())),
            };
            self.outbox.record(QueueEvent::Freeze { key, seen, sent });
        }
        let Some(entry) = self.outbox.get(key) else {
            return;
        };
        // What is sent is stored first, as it is sent: after a crash the same bytes go again.
        if sent || self.outbox.is_durable(entry) {
            let (method, path, body) = entry.edit.request(entry.record);
            effects.push(Effect::Send(Box::new(Outgoing {
                key,
                method,
                path,
                if_match: entry.seen,
                if_updated_at: entry.seen_at,
                body,
            })));
            let delivery = self.outbox.delivery_mut(key);
            delivery.in_flight = true;
            delivery.sent_in = self.meta.base_generation;
        }
    }

    /// The lock came, and what is stored could not be read in time: other pages go first.
    pub fn not_locked(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        if matches!(self.lock, Lock::Asked { .. }) {
            self.lock = Lock::Free;
            effects.push(Effect::Unlock);
        }
        effects.extend(self.wake(now));
        effects
    }

    /// Another page took the lock, since this one seemed to stand still: what is under way may still
    /// be answered; the rest waits for its turn again.
    pub fn lock_lost(&mut self, now: Timestamp) -> Vec<Effect> {
        self.lock = Lock::Free;
        self.wake(now)
    }

    /// Another page stored something: whoever holds the lock may be at work.
    pub(super) fn others_are_alive(&mut self, now: Timestamp) {
        if let Lock::Asked { since } = &mut self.lock {
            *since = now;
        }
    }

    /// The lock is this page's, and the queue is as it is stored.
    pub fn locked(&mut self, now: Timestamp) -> Vec<Effect> {
        self.lock = Lock::Held;
        self.wake(now)
    }

    /// The network is said to be back: what backs off is tried at once.
    pub fn online(&mut self, now: Timestamp) -> Vec<Effect> {
        self.network = Network::default();
        // Who said when to come back is not asked earlier.
        if !self.busy.told {
            self.busy = Busy::default();
        }
        for delivery in self.outbox.deliveries_mut() {
            delivery.retry_at = None;
        }
        self.wake(now)
    }

    /// The user does not want to wait: what waits is tried now, whoever said what.
    pub fn try_now(&mut self, now: Timestamp) -> Vec<Effect> {
        self.busy = Busy::default();
        self.online(now)
    }

    /// Whether all that waits are deletions that can still be undone.
    pub fn has_only_held(&self, now: Timestamp) -> bool {
        let mut unsent = self.unsent().peekable();
        unsent.peek().is_some() && unsent.all(|entry| entry.is_held(now))
    }

    /// The network is said to be gone: nothing is asked for a while, unless it is said to be back.
    pub fn offline(&mut self, now: Timestamp) -> Vec<Effect> {
        self.network = Network {
            down: true,
            attempts: self.network.attempts,
            retry_at: Some(now + SAID_TO_BE_GONE),
        };
        self.wake(now)
    }

    /// An answer came: there is a network.
    pub(super) fn reached(&mut self) {
        self.network = Network::default();
    }

    /// The server took something: it has time again, unless it said when.
    pub(super) fn accepted(&mut self, now: Timestamp) {
        self.reached();
        if !self.is_busy(now) {
            self.busy = Busy::default();
        }
    }

    /// The server has no time: nothing is sent for a while.
    pub(super) fn refused_for_now(
        &mut self,
        retry_after: Option<u64>,
        now: Timestamp,
        jitter: f64,
    ) {
        // Six requests that were under way together are one refusal.
        if !self.is_busy(now) {
            self.busy.attempts += 1;
            self.busy.told = false;
        }
        let until = now + answers::backoff(self.busy.attempts, retry_after, jitter);
        self.busy.until = self.busy.until.filter(|at| *at > until).or(Some(until));
        self.busy.told |= retry_after.is_some();
    }

    /// Until when nothing is sent because the server said so; while a try is under way, nothing waits
    /// for a time.
    pub(super) fn told_to_wait(&self, now: Timestamp) -> Option<Timestamp> {
        let said = self.busy.until.filter(|_| self.busy.told);
        said.filter(|_| self.is_busy(now))
    }

    /// Whether the server has no time.
    fn is_busy(&self, now: Timestamp) -> bool {
        let until = self.busy.until;
        until.is_some_and(|until| !is_due(until, now, LONGEST_WAIT))
    }

    /// No answer came.
    pub(super) fn unreached(&mut self, now: Timestamp, jitter: f64) {
        self.network.down = true;
        self.network.attempts += 1;
        self.network.retry_at = Some(now + answers::backoff(self.network.attempts, None, jitter));
    }
}

impl Lock {
    /// When a page that has it is taken to stand still, as long as it is asked for.
    fn overdue_at(self) -> Option<Timestamp> {
        match self {
            Self::Asked { since } => Some(since + LOCK_WITHIN),
            Self::Free | Self::Held => None,
        }
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
