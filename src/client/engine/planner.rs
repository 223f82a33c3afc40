//! Plans one application as the server will: with what a person did to reminders that are planned only now,
//! and with what fell due while the server was silent.

use super::{Edit, Engine, Entry, Op, history::is_of_moves, queue::with_edits};
use crate::domain::{
    activity::Activity,
    application::Application,
    quiet_hours::QuietHours,
    reminder::{Facts, Reminder, plan},
    settings::Settings,
    time::Timestamp,
};
use uuid::Uuid;

/// Of a rule that repeats, so many are looked ahead at the most that fell due while the server was silent.
const MOST_LAPSED: usize = 60;

/// Plans what is in a view.
pub(super) struct Planner<'a> {
    pub engine: &'a Engine,
    pub application: &'a Application,
    pub activities: Vec<Activity>,
    pub settings: &'a Settings,
    pub noted: &'a [&'a Entry],
    pub edited: Vec<Uuid>,
    pub rows: Vec<Reminder>,
}

impl Planner<'_> {
    /// Plans as the server will at `at`. What a person did to one that is planned only now is done to it,
    /// and of that something may follow.
    pub fn plan(&mut self, at: Timestamp) {
        for _ in 0..=self.noted.len() {
            let changes = plan(
                &Facts {
                    application: self.application,
                    activities: &self.activities,
                    reminders: &self.rows,
                    rules: &self.settings.reminder_defaults,
                    zone: &*self.engine.zone.rules,
                    now: at,
                },
                &self.edited,
            );
            let mut answered = false;
            for change in changes {
                if let Some(row) = self.rows.iter_mut().find(|row| row.id == change.id) {
                    *row = change;
                    continue;
                }
                let id = change.id;
                let notes = self.noted.iter().filter(|entry| entry.record == id);
                let planned = change.clone();
                if let Some(row) = with_edits(Some(change), notes.copied()) {
                    answered |= row != planned;
                    self.rows.push(row);
                }
            }
            if !answered {
                break;
            }
        }
    }

    /// Of what would have been planned at `at` beside the rows there are, those that `fits`.
    pub fn plan_new(&mut self, at: Timestamp, fits: impl Fn(&Reminder) -> bool) {
        let before = self.rows.clone();
        self.plan(at);
        let planned = std::mem::replace(&mut self.rows, before);
        let is_new = |row: &Reminder| self.rows.iter().all(|known| known.id != row.id);
        let new: Vec<Reminder> = planned
            .into_iter()
            .filter(|row| is_new(row) && fits(row))
            .collect();
        self.rows.extend(new);
    }

    /// Of what would have been planned at `at`, the next of each rule that repeats: also where that was called off
    /// while the one before it was put off.
    fn plan_next(&mut self, at: Timestamp) {
        let before = self.rows.clone();
        self.plan(at);
        let planned = std::mem::replace(&mut self.rows, before);
        for row in planned
            .into_iter()
            .filter(|row| row.repeated_rule().is_some())
        {
            match self.rows.iter_mut().find(|known| known.id == row.id) {
                Some(known) if known.meta.off && row.is_open() => *known = row,
                Some(_) => {}
                None => self.rows.push(row),
            }
        }
    }

    /// What has rung stays as it was, and with what a person did to it since.
    pub fn ring<'r>(&mut self, rang: impl Iterator<Item = &'r Reminder>) {
        for it in rang {
            if let Some(row) = self.rows.iter_mut().find(|row| row.id == it.id) {
                if row.is_open() && row.due_at == it.due_at {
                    (row.sent, row.sent_at) = (it.sent, it.sent_at);
                    row.expired_at = it.expired_at;
                }
                continue;
            }
            let notes = self.noted.iter().filter(|entry| entry.record == it.id);
            self.rows
                .extend(with_edits(Some(it.clone()), notes.copied()));
        }
    }

    /// Time has passed until `until`: what fell due of rules that repeat has gone out, and the next follows.
    pub fn pass(&mut self, until: Option<Timestamp>) {
        let Some(until) = until else {
            return;
        };
        let mut at = None;
        let mut gone: Vec<(Uuid, Reminder)> = Vec::new();
        for _ in 0..MOST_LAPSED {
            let quiet = QuietHours::of(self.settings);
            let zone = &*self.engine.zone.rules;
            let before = gone.len();
            for row in &mut self.rows {
                // What repeats is about no activity.
                let goes = row.goes_out(None, quiet, zone);
                if row.repeated_rule().is_none() || !row.is_open() || goes > until {
                    continue;
                }
                gone.push((row.id, row.clone()));
                (row.sent, row.sent_at) = (true, Some(goes));
                at = at.max(Some(goes));
            }
            match at.filter(|_| gone.len() > before) {
                Some(at) => self.plan_next(at),
                None => break,
            }
        }
        // That they went out is for the server to say.
        for (id, before) in gone {
            if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
                (row.sent, row.sent_at) = (before.sent, before.sent_at);
            }
        }
    }
}

/// Whether an edit decides from when a planned reminder counts: one of what it is about, or a move.
pub(super) fn is_cause(entry: &Entry, row: &Reminder) -> bool {
    let decides = || match &entry.edit {
        Edit::Application(Op::Patch(patch)) => !patch.archived_at.is_keep(),
        Edit::Application(_) => true,
        _ => false,
    };
    match row.activity_id {
        Some(activity) => entry.record == activity,
        None => is_of_moves(&entry.edit) || decides(),
    }
}

/// The reminders that were edited after everything else that waits of their application.
pub(super) fn edited_last(unsent: &[&Entry]) -> Vec<Uuid> {
    let of_reminder = |entry: &&&Entry| matches!(entry.edit, Edit::Reminder(_));
    let last = unsent.iter().rev().take_while(of_reminder);
    last.map(|entry| entry.record).collect()
}
