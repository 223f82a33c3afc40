//! What is sent, and when.

use super::{
    Effect, Engine, Keeping, Lock, Network, Outgoing, Reason, Session, Verb, answers,
    kind::each_kind,
    queue::{Entry, QueueEvent},
};
use crate::domain::time::Timestamp;
use chrono::Duration;
use std::collections::HashSet;
use uuid::Uuid;

/// Requests that are under way at once: as many as a browser gives one host.
const MAX_IN_FLIGHT: usize = 6;

/// What an edit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
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
}

/// A browser that says that there is no network may be wrong: it is tried again after this.
const SAID_TO_BE_GONE: Duration = Duration::seconds(30);

impl Engine {
    /// What an edit of the queue waits for.
    pub fn standing(&self, entry: &Entry, now: Timestamp) -> Standing {
        let here = self.outbox.here(entry.key);
        if entry.parked.is_some() {
            Standing::User
        } else if here.in_flight {
            Standing::Sent
        } else if entry.is_held(now) {
            Standing::Undo
        } else if self.network.down {
            Standing::Connection
        } else if here.retry_at.is_some_and(|retry_at| retry_at > now) {
            Standing::NextTry
        } else {
            Standing::Turn
        }
    }

    /// Stores what is not stored, sends what may be sent, and says when to look again.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut next = None;
        self.shorten(now);
        if self.session == Session::Live && self.storage.keeping != Keeping::Opening {
            next = self.flush(now, &mut effects);
        } else if self.lock == Lock::Held && !self.outbox.is_under_way() {
            // Another page of the same user may go on where this one must not.
            self.lock = Lock::Free;
            effects.push(Effect::Unlock);
        }
        self.persist(now, &mut effects);
        next = earliest(next, self.storage.retry_at);
        if let Some(next) = next {
            let wait = (next - now).num_milliseconds().clamp(10, 60_000);
            effects.push(Effect::WakeIn(u32::try_from(wait).unwrap_or(60_000)));
        }
        effects
    }

    /// What a deletion that is due makes pointless need not be sent.
    fn shorten(&mut self, now: Timestamp) {
        let is_due = |entry: &&Entry| {
            entry.edit.verb() == Verb::Delete && !entry.frozen && entry.not_before <= now
        };
        let due = self.outbox.entries().iter().filter(is_due);
        let due: Vec<Uuid> = due.map(|entry| entry.key).collect();
        for key in due {
            if self.outbox.shortens(key) {
                self.outbox.record(QueueEvent::Shorten(key));
            }
        }
    }

    /// Sends the first entry of every aggregate that may be sent. Answers when to look again.
    fn flush(&mut self, now: Timestamp, effects: &mut Vec<Effect>) -> Option<Timestamp> {
        let mut busy: HashSet<Uuid> = HashSet::new();
        let mut ready = Vec::new();
        let mut under_way = 0;
        let mut next = None;
        for entry in self.outbox.entries() {
            // Whatever comes later for the same aggregate waits.
            if !busy.insert(entry.aggregate) || entry.parked.is_some() {
                continue;
            }
            let here = self.outbox.here(entry.key);
            if here.in_flight {
                under_way += 1;
                continue;
            }
            let held = (!entry.frozen).then_some(entry.not_before);
            let due = held.max(here.retry_at);
            match due {
                Some(due) if due > now => next = earliest(next, Some(due)),
                _ => ready.push(entry.key),
            }
        }
        if ready.is_empty() {
            if self.lock == Lock::Held && under_way == 0 {
                self.lock = Lock::Free;
                effects.push(Effect::Unlock);
            }
            return next;
        }
        let mut room = MAX_IN_FLIGHT - under_way.min(MAX_IN_FLIGHT);
        if self.network.down {
            match self.network.retry_at {
                Some(retry_at) if retry_at > now => return earliest(next, Some(retry_at)),
                // One request finds out for all.
                _ => room = usize::from(under_way == 0),
            }
        }
        let alone = matches!(self.storage.keeping, Keeping::Memory(_));
        if self.lock == Lock::Held && self.storage.unread && self.storage.is_volatile() {
            // What is sent without being stored must be of the queue as the store has it.
            if under_way > 0 {
                return next;
            }
            self.lock = Lock::Free;
            effects.push(Effect::Unlock);
        }
        if self.lock != Lock::Held && !alone {
            if self.lock == Lock::Free {
                self.lock = Lock::Asked;
                effects.push(Effect::Lock);
            }
            return next;
        }
        let mut lost = false;
        for key in ready.into_iter().take(room) {
            match self.outbox.get(key).filter(|entry| self.is_lost(entry)) {
                Some(entry) => {
                    let (entry, done) = (entry.clone(), entry.edit.verb() == Verb::Delete);
                    self.put_aside(&entry, done, Reason::Deleted, now, effects);
                    lost = true;
                }
                None => self.send(key, effects),
            }
        }
        if lost {
            // What waited behind it may go.
            return self.flush(now, effects);
        }
        next
    }

    /// Whether it is known without asking that there is no row to edit: it was deleted, or its
    /// creation was taken back. What was sent is to be answered.
    fn is_lost(&self, entry: &Entry) -> bool {
        if entry.frozen || entry.edit.verb() == Verb::Create {
            return false;
        }
        let (here, gone) = each_kind!(&entry.edit, |_op: R| {
            let table = self.base.table::<R>();
            let here = table.get(entry.record).is_some();
            (here, table.is_gone(entry.record))
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
                _ if entry.frozen => entry.seen,
                Verb::Create => None,
                Verb::Patch | Verb::Delete => Some(self.meta.own.advance(record, entry.seen)),
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
                body,
            })));
            self.outbox.here_mut(key).in_flight = true;
        }
    }

    /// The lock is this page's, and the queue is as it is stored.
    pub fn locked(&mut self, now: Timestamp) -> Vec<Effect> {
        self.lock = Lock::Held;
        self.wake(now)
    }

    /// The network is said to be back: what backs off is tried at once.
    pub fn online(&mut self, now: Timestamp) -> Vec<Effect> {
        self.reached();
        for here in self.outbox.all_here_mut() {
            if !here.told_to_wait {
                here.retry_at = None;
            }
        }
        self.wake(now)
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

    /// No answer came.
    pub(super) fn unreached(&mut self, now: Timestamp, jitter: f64) {
        self.network.down = true;
        self.network.attempts += 1;
        self.network.retry_at = Some(now + answers::backoff(self.network.attempts, None, jitter));
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
