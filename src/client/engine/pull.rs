//! Pulling the server's history, and building the base anew where the history is another one.

use super::{Base, Effect, Engine, Session};
use crate::domain::{
    error::{Problem, ProblemKind},
    sync::SyncPage,
    time::Timestamp,
};

/// How it stands with pulling.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulling {
    /// A request is under way.
    under_way: bool,
    /// The cursor began with nothing, and has not come to its end yet: there the whole history is known.
    from_nothing: bool,
    /// Somebody asked for another pull meanwhile.
    again: bool,
    /// A new base under construction, and how far it is: the old one shows until it is whole.
    rebuild: Option<(Base, Option<String>)>,
    /// The base was replaced while a request was under way: its page leads on from another state.
    stale: bool,
}

impl Pulling {
    /// The state on which the request under way builds is no more.
    pub fn lose_track(&mut self) {
        self.stale |= self.under_way;
        self.from_nothing = false;
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
            Session::Live if self.storage.keeping == super::Keeping::Opening => {
                self.pulling.again = true;
                Vec::new()
            }
            Session::Live if self.pulling.under_way => {
                self.pulling.again = true;
                Vec::new()
            }
            Session::Live => {
                self.pulling.under_way = true;
                self.pulling.from_nothing |= self.meta.cursor.is_none();
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

    fn next_page(&self) -> Effect {
        let since = match &self.pulling.rebuild {
            Some((_, cursor)) => cursor.clone(),
            None => self.meta.cursor.clone(),
        };
        Effect::Pull { since }
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
        match &mut self.pulling.rebuild {
            Some((base, cursor)) => {
                for change in page.changes {
                    base.change(change);
                }
                *cursor = Some(page.next);
            }
            None => {
                for change in page.changes {
                    self.base.change(change);
                }
                self.meta.cursor = Some(page.next);
                self.keep_what_left();
            }
        }
        if more {
            effects.push(self.next_page());
        } else {
            self.pulling.under_way = false;
            if let Some((base, cursor)) = self.pulling.rebuild.take() {
                let old = std::mem::replace(&mut self.base, base);
                self.base.succeed(old);
                self.base.mark_dirty(Base::all_shards());
                self.meta.cursor = cursor;
                self.meta.life += 1;
                self.meta.partial = false;
                self.keep_what_left();
            } else if std::mem::take(&mut self.pulling.from_nothing) {
                self.base.drop_what_no_history_has();
                self.keep_what_left();
            }
            self.meta.whole = true;
            effects.extend(self.postponed_pull());
        }
        effects.extend(if was_down {
            self.online(now)
        } else {
            self.wake(now)
        });
        effects
    }

    /// A pull got a problem, or no answer. `jitter` is a random number from 0 to 1.
    pub fn pull_failed(&mut self, problem: &Problem, now: Timestamp, jitter: f64) -> Vec<Effect> {
        self.pulling.under_way = false;
        self.pulling.again = false;
        let stale = std::mem::take(&mut self.pulling.stale);
        let mut effects = Vec::new();
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
            // A rebuild starts over with the next pull.
            _ => {}
        }
        effects.extend(self.wake(now));
        effects
    }

    /// From the next pull on, a new base is built from nothing.
    pub fn rebuild(&mut self) {
        self.pulling.lose_track();
        self.pulling.rebuild = Some((Base::default(), None));
    }

    /// Does something to the base, and to the one that is under construction.
    pub(super) fn each_base(&mut self, mut change: impl FnMut(&mut Base)) {
        change(&mut self.base);
        if let Some((base, _)) = &mut self.pulling.rebuild {
            change(base);
        }
    }
}
