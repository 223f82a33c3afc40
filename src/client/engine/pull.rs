//! Pulling the server's history, and building the base anew where the history is another one.

use super::{Base, Busy, Effect, Engine, Notice, Session, due::is_due, storage::SCHEMA};
use crate::domain::{
    error::{Problem, ProblemKind},
    position::{Position, Positions},
    sync::{SyncChange, SyncPage, SyncRow},
    time::Timestamp,
};
use chrono::Duration;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Changes that the first page of a pull asks for: few enough for a slow line.
const FIRST_LIMIT: u32 = 500;
/// The fewest and the most that are asked for.
const LIMITS: std::ops::RangeInclusive<u32> = 50..=2_000;
/// In the midst of a long history what came is stored as often as this.
const STORE_EVERY: Duration = Duration::seconds(2);
/// After so many refusals in a row that say nothing of the cursor, the user hears of it.
const REFUSALS: u32 = 3;

/// How it stands with pulling.
#[derive(Clone, Debug)]
pub(super) struct Pulling {
    /// Changes that the next page asks for.
    limit: u32,
    /// Refusals in a row that are neither about the network nor about the cursor.
    refusals: u32,
    /// More of the history is on its way; since when what came waits to be stored.
    waits_since: Option<Timestamp>,
    /// A request is under way.
    under_way: bool,
    /// The cursor began with nothing, and has not come to its end yet: there the whole history is known.
    from_nothing: bool,
    /// Part of that was another page's work: the cursor is the store's.
    from_another: bool,
    /// Somebody asked for another pull meanwhile.
    again: bool,
    /// A new base under construction: the old one shows until it is whole.
    rebuild: Option<Rebuild>,
    /// Of which places of the history the request under way tells.
    told: Positions,
    /// The base was replaced while a request was under way: its page leads on from another state.
    stale: bool,
    /// Versions of rows that the next pull must bring, since they may be of another history: they were
    /// answered to what was sent before the base was built anew, or were here before any history.
    doubted: HashMap<Uuid, i64>,
    /// Those that the pull under way must bring: it began after they were known.
    awaited: HashMap<Uuid, i64>,
    /// Moves that answers to edits told of before the pull under way began: it brings them.
    told_moves: HashSet<Uuid>,
}

/// A base that is built anew.
#[derive(Clone, Debug, Default)]
struct Rebuild {
    base: Base,
    /// How far it is.
    cursor: Option<String>,
    /// The places of which answers told since it was begun.
    heard_of: Positions,
}

/// What is asked of the server's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Pull {
    /// Where the page before led on to; none begins with nothing.
    pub since: Option<String>,
    /// The most changes.
    pub limit: u32,
    /// Places that this history must have.
    pub heard_of: Positions,
}

impl Default for Pulling {
    fn default() -> Self {
        Self {
            limit: FIRST_LIMIT,
            refusals: 0,
            waits_since: None,
            under_way: false,
            from_nothing: false,
            from_another: false,
            again: false,
            rebuild: None,
            told: Positions::default(),
            stale: false,
            doubted: HashMap::new(),
            awaited: HashMap::new(),
            told_moves: HashSet::new(),
        }
    }
}

impl Pulling {
    /// When what came is to be stored, where that is later than now: each page of a long history
    /// would write all of it once more.
    pub fn writes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let at = self.waits_since? + STORE_EVERY;
        (!is_due(at, now, STORE_EVERY)).then_some(at)
    }

    /// What came is being stored.
    pub fn written(&mut self, now: Timestamp) {
        if self.waits_since.is_some() {
            self.waits_since = Some(now);
        }
    }

    /// A row that may be of a history that is no more.
    pub fn doubt(&mut self, record: Uuid, version: i64) {
        self.doubted.insert(record, version);
    }

    /// Whether rows that are here may be of a history that is no more.
    fn is_in_doubt(&self) -> bool {
        !self.doubted.is_empty() || !self.awaited.is_empty()
    }

    fn began(&mut self) {
        self.under_way = true;
        self.awaited.extend(self.doubted.drain());
    }

    /// The cursor is one that another page stored.
    pub fn takes_cursor_of_another(&mut self) {
        self.from_another = true;
    }

    fn came(&mut self, more: bool, now: Timestamp) {
        self.refusals = 0;
        self.limit = (self.limit * 2).min(*LIMITS.end());
        self.waits_since = more.then(|| self.waits_since.unwrap_or(now));
    }

    fn did_not_come(&mut self) {
        self.limit = (self.limit / 2).max(*LIMITS.start());
        self.waits_since = None;
        self.doubted.extend(self.awaited.drain());
    }

    /// The state on which the request under way builds is no more.
    pub fn lose_track(&mut self) {
        self.stale |= self.under_way;
        self.from_nothing = false;
    }

    /// Another page built the base anew: what was under construction here, or in doubt, is of no use.
    pub fn starts_over(&mut self) {
        self.lose_track();
        self.rebuild = None;
        self.doubted.clear();
        self.awaited.clear();
    }

    /// Whether the server refuses to tell what changed, again and again.
    pub fn is_refused(&self) -> bool {
        self.refusals >= REFUSALS
    }

    /// Whether the base that is under construction is what requests are for.
    pub fn is_rebuilding(&self) -> bool {
        self.rebuild.is_some()
    }
}

impl Engine {
    /// Brings in what changed at the server.
    pub fn pull(&mut self) -> Vec<Effect> {
        match self.session {
            Session::Foreign | Session::Identifying => Vec::new(),
            // Finds out whether somebody has signed in again, without asking for anything of theirs.
            Session::Ended => vec![Effect::Identify],
            Session::Live if self.storage.persistence == super::Persistence::Opening => {
                self.pulling.again = true;
                Vec::new()
            }
            Session::Live if self.pulling.under_way => {
                self.pulling.again = true;
                Vec::new()
            }
            Session::Live => {
                let is_anew = self.meta.cursor.is_none() && self.storage.meta.cursor.is_some();
                if is_anew && !self.pulling.is_rebuilding() {
                    // What another page has stored may be of another history than the one that is read
                    // from its beginning here: the two never mix.
                    self.rebuild();
                }
                // Joined from several pages: whoever asks for everything need not tell.
                if self.meta.heard_of.are_too_many() && !self.pulling.is_rebuilding() {
                    self.rebuild();
                }
                self.pulling.began();
                self.plans.ask();
                self.pulling.told_moves = self.base.told_moves().collect();
                if self.meta.cursor.is_none() {
                    self.pulling.from_nothing = true;
                    self.pulling.from_another = false;
                }
                vec![self.next_page()]
            }
        }
    }

    /// The pull that was asked for while it could not be done.
    pub(super) fn postponed_pull(&mut self) -> Vec<Effect> {
        if std::mem::take(&mut self.pulling.again) {
            self.pull()
        } else {
            Vec::new()
        }
    }

    fn next_page(&mut self) -> Effect {
        let (since, heard_of) = match &mut self.pulling.rebuild {
            // What was answered until now is in the page that is asked for, or of a history that is
            // no more.
            Some(rebuild) if rebuild.cursor.is_none() => {
                *rebuild = Rebuild::default();
                (None, Positions::default())
            }
            Some(rebuild) => (rebuild.cursor.clone(), rebuild.heard_of.clone()),
            None => (self.meta.cursor.clone(), self.meta.heard_of.clone()),
        };
        self.pulling.told = heard_of.clone();
        Effect::Pull(Pull {
            since,
            limit: self.pulling.limit,
            heard_of,
        })
    }

    /// The history at the server had this place: what is here of it is to be found out by the next pull where it
    /// has it no more.
    pub(super) fn hear_of(&mut self, position: Position) {
        self.meta.heard_of.add(position);
        let heard_of = match &mut self.pulling.rebuild {
            Some(rebuild) => {
                rebuild.heard_of.add(position);
                &rebuild.heard_of
            }
            None => &self.meta.heard_of,
        };
        // Whoever asks for everything need not tell.
        if heard_of.are_too_many() {
            self.rebuild();
        }
    }

    /// A part of a page that is still being read, so that the browser can do something else between
    /// two parts; [`Engine::pulled`] comes with the rest. Without its end nothing is skipped: the
    /// cursor stays where it is.
    pub fn pulled_part(&mut self, changes: Vec<SyncChange>) {
        if self.session == Session::Foreign || self.pulling.stale {
            return;
        }
        let takes_away = |change: &SyncChange| matches!(change.what, SyncRow::Delete { .. });
        let takes_away = changes.iter().any(takes_away);
        let base = match &mut self.pulling.rebuild {
            Some(rebuild) => &mut rebuild.base,
            None => &mut self.base,
        };
        for change in changes {
            let reaches = |version: i64| change.version().is_none_or(|it| it >= version);
            let awaited = self.pulling.awaited.get(&change.id);
            if awaited.is_some_and(|version| reaches(*version)) {
                self.pulling.awaited.remove(&change.id);
            }
            // Without a cursor nobody can tell of which history the rows are that are here already.
            // One that the whole history has at an earlier version was changed since the page was
            // asked for, or is of another history.
            if let Some(known) = base.version(change.id)
                && self.pulling.from_nothing
                && !reaches(known)
            {
                self.pulling.doubted.insert(change.id, known);
            }
            base.change(change);
        }
        // What is done before the rest comes may store it.
        if takes_away {
            self.attach_last_known();
        }
    }

    /// A page of the server's history. It never changes what a queued edit builds on.
    pub fn pulled(&mut self, page: SyncPage, now: Timestamp) -> Vec<Effect> {
        let was_down = self.network.down;
        self.reached();
        let mut effects = Vec::new();
        // It is this user's; but whoever is signed in now is not to be asked for more.
        if self.session == Session::Foreign {
            self.pulling.under_way = false;
            return effects;
        }
        if std::mem::take(&mut self.pulling.stale) {
            effects.push(self.next_page());
            effects.extend(self.wake(now));
            return effects;
        }
        let more = page.has_more;
        if page.skipped > 0 {
            self.tell_of_skipped(&mut effects);
        }
        self.pulling.came(more, now);
        // A server that answers has time for edits too, unless it said when.
        if !self.busy.told {
            self.busy = Busy::default();
        }
        self.pulled_part(page.changes);
        let reached = Position::of_cursor(&page.next);
        match &mut self.pulling.rebuild {
            Some(rebuild) => rebuild.cursor = Some(page.next),
            None => {
                self.meta.cursor = Some(page.next);
                // Not for the store while a row may be of another history: whoever opens it then
                // begins with nothing once more, and finds out.
                self.storage.cursor_moved |= !self.pulling.is_in_doubt();
            }
        }
        if more {
            effects.push(self.next_page());
        } else {
            self.pulling.under_way = false;
            self.plans.end(true);
            // One creation that was sent under two keys has one move, and its id is of the first key.
            let told_moves = std::mem::take(&mut self.pulling.told_moves);
            self.base.drop_told_moves(told_moves);
            if let Some(rebuild) = self.pulling.rebuild.take() {
                let Rebuild {
                    base,
                    cursor,
                    heard_of,
                } = rebuild;
                let old = std::mem::replace(&mut self.base, base);
                self.meta.heard_of = heard_of;
                self.base.store_all_anew(&old);
                self.base.succeed(old);
                self.meta.cursor = cursor;
                self.storage.cursor_moved = true;
                self.meta.base_generation += 1;
                self.meta.schema = SCHEMA;
                self.meta.truncated = self.told_of_skipped;
                self.forget_versions_of_another_history();
                self.attach_last_known();
                self.pulling.awaited.clear();
            } else if std::mem::take(&mut self.pulling.from_nothing) {
                self.drop_what_no_history_has();
            }
            self.meta.complete = true;
            // Whatever history has what was reached has those too.
            self.meta.heard_of.drop_up_to(&self.pulling.told);
            // The cursor may go back, where another page stores one from before.
            if let Some(reached) = reached {
                self.meta.heard_of.add(reached);
            }
            self.forget_noted(now);
            // They are of a history that is no more.
            if !std::mem::take(&mut self.pulling.awaited).is_empty() {
                self.rebuild();
            }
            self.pulling.again |= self.pulling.is_rebuilding() || !self.pulling.doubted.is_empty();
            effects.extend(self.postponed_pull());
        }
        effects.extend(if was_down {
            self.online(now)
        } else {
            self.wake(now)
        });
        effects
    }

    /// Says once that there are rows that only a newer version can read.
    pub(super) fn tell_of_skipped(&mut self, effects: &mut Vec<Effect>) {
        // The store is without them, as is every page that trusts it.
        self.meta.truncated = true;
        if !std::mem::replace(&mut self.told_of_skipped, true) {
            effects.push(Effect::Notify(Notice::Skipped));
        }
    }

    /// A pull got a problem, or no answer. `jitter` is a random number from 0 to 1.
    pub fn pull_failed(&mut self, problem: &Problem, now: Timestamp, jitter: f64) -> Vec<Effect> {
        self.pulling.under_way = false;
        self.pulling.again = false;
        self.plans.end(false);
        let stale = std::mem::take(&mut self.pulling.stale);
        let mut effects = Vec::new();
        self.pulling.did_not_come();
        match problem.kind {
            ProblemKind::Network => self.unreached(now, jitter),
            ProblemKind::Unauthorized => self.session_ended(&mut effects),
            ProblemKind::OtherUser => self.foreign(&mut effects),
            // The history is another one, or too old: a new base is built, the queue stays.
            ProblemKind::CursorExpired => {
                if !stale {
                    self.rebuild();
                }
                effects.extend(self.pull());
            }
            // A cursor that this server cannot read leads nowhere. Without one there is nothing to
            // blame it for.
            ProblemKind::Validation
                if problem.message_for("since").is_some() && self.has_cursor() =>
            {
                if !stale {
                    self.rebuild();
                }
                effects.extend(self.pull());
            }
            // It may pass. Where it does not, the user is to know that what shows is old.
            _ => {
                self.pulling.refusals += 1;
                if self.pulling.refusals == REFUSALS {
                    effects.push(Effect::Notify(Notice::NotPulled(problem.clone())));
                }
            }
        }
        effects.extend(self.wake(now));
        effects
    }

    fn has_cursor(&self) -> bool {
        match &self.pulling.rebuild {
            Some(rebuild) => rebuild.cursor.is_some(),
            None => self.meta.cursor.is_some(),
        }
    }

    /// The history was read to its end, by this page or up to where another one was: rows that the page
    /// came with and that it does not have are there no more.
    fn drop_what_no_history_has(&mut self) {
        // It has them, and this version cannot read them.
        if self.told_of_skipped {
            return;
        }
        // What another page left out of the store, or found there as it was, it may have; the whole of it tells.
        if self.pulling.from_another {
            if self.base.has_what_no_history_has() {
                self.rebuild();
            }
            return;
        }
        self.base.drop_what_no_history_has();
        self.attach_last_known();
    }

    /// What the queue made in the history before need not be there in this one: an edit that built on
    /// it would conflict for ever.
    fn forget_versions_of_another_history(&mut self) {
        let base = &self.base;
        self.meta.own.forget_lost(|record| base.state(record));
        self.storage.own_moved = true;
    }

    /// From the next pull on, a new base is built from nothing.
    pub fn rebuild(&mut self) {
        self.pulling.lose_track();
        self.pulling.rebuild = Some(Rebuild::default());
    }

    /// Does something to the base, and to the one that is under construction.
    pub(super) fn each_base(&mut self, mut change: impl FnMut(&mut Base)) {
        change(&mut self.base);
        if let Some(rebuild) = &mut self.pulling.rebuild {
            change(&mut rebuild.base);
        }
    }
}
