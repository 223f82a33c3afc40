//! The follow-up of an application that was sent: whether it comes, and calling it off.

use super::Store;
use crate::{
    client::engine::{Op, Rows},
    domain::{
        activity::Activity,
        application::Application,
        change::Change,
        fields::Patch as _,
        reminder::{
            FollowUp, Reminder, ReminderCreate, ReminderPatch, follow_up, follow_up_title,
            is_planned_for,
        },
        row::OfEdit as _,
        time::Timestamp,
    },
};
use chrono::Duration;
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// Follow-ups that a person called off before the server had planned them: of which application, and when.
/// Nothing is sent of a reminder that the server has not issued; once it has, it is called off.
pub type CalledOff = Vec<(Uuid, Timestamp)>;

/// After so long the server has planned what it will.
const KEPT: Duration = Duration::days(90);

impl Store {
    /// The follow-up of an application; none where none is to come.
    pub fn follow_up(self, application: Uuid) -> Option<FollowUp> {
        let row = self.row::<Application>(application)?;
        self.follow_up_of(&row, &self.rows::<Reminder>())
    }

    fn follow_up_of(self, row: &Application, reminders: &Rows<Reminder>) -> Option<FollowUp> {
        let rules = &self.settings()?.reminder_defaults;
        let activities = self.rows::<Activity>();
        let activities = activities.values().map(AsRef::as_ref);
        let called_off = self
            .called_off
            .with(|all| all.iter().any(|(of, _)| *of == row.id));
        let (now, zone) = (self.now(), self.zone.read());
        follow_up(
            row,
            activities,
            reminders.values(),
            rules,
            called_off,
            now,
            &*zone,
        )
    }

    /// Calls the follow-up of an application off, or brings it back; where no rule makes one, it is set, or
    /// called off. It is a deed that can be taken back, once the server has planned it.
    pub fn turn_follow_up(self, application: Uuid) {
        // With what was done a moment ago and does not show yet.
        let Some(row) = self.row_untracked::<Application>(application) else {
            return;
        };
        let reminders = self.engine.with_value(|engine| engine.view::<Reminder>());
        let Some(known) = untrack(|| self.follow_up_of(&row, &reminders)) else {
            return;
        };
        let (on, title) = (!known.on, follow_up_title(&row));
        let mut undo = Vec::new();
        if !known.rows.is_empty() {
            let patch = ReminderPatch {
                canceled_at: Change::Set((!on).then(|| self.clock())),
                ..ReminderPatch::default()
            };
            for reminder in known.rows.iter().filter_map(|id| reminders.get(id)) {
                let inverse = Op::Patch(Box::new(patch.inverse(reminder)));
                if self.report(self.patch::<Reminder>(reminder.id, patch.clone())) {
                    undo.push((reminder.id, Reminder::into_edit(inverse)));
                }
            }
        } else if known.by_rule {
            let mut all = self.called_off.get_untracked();
            all.retain(|(of, _)| *of != application);
            if !on {
                all.push((application, self.clock()));
            }
            self.set_called_off(all);
        } else if let Ok(line) = title.parse() {
            let id = Uuid::new_v4();
            let create = ReminderCreate {
                id: Some(id),
                application_id: Some(application),
                title: Change::Set(line),
                due_at: Change::Set(known.at),
                ..ReminderCreate::default()
            };
            if self.report(self.create::<Reminder>(id, create)) {
                undo.push((id, Reminder::into_edit(Op::Delete)));
            }
        }
        if !undo.is_empty() {
            let verb = if on { "Set" } else { "Called off" };
            self.note(format!("{verb}: {title}"), undo);
        }
    }

    /// Reminders that were called off before they were here are called off once they are.
    pub fn settle_follow_ups(self) {
        let waiting = self.called_off.get();
        if waiting.is_empty() {
            return;
        }
        let (rows, reminders) = (self.rows::<Application>(), self.rows::<Reminder>());
        let now = self.now();
        let settled = |of: Uuid, at: Timestamp| {
            // The page may not know yet what was done offline.
            let Some(row) = rows.get(&of) else {
                return now - at > KEPT;
            };
            let planned = reminders.values().filter(|it| is_planned_for(it, row));
            let planned: Vec<&Arc<Reminder>> = planned.collect();
            for reminder in planned.iter().filter(|it| it.is_open()) {
                let patch = ReminderPatch {
                    // Whichever page does it, it is the same edit.
                    canceled_at: Change::Set(Some(at)),
                    ..ReminderPatch::default()
                };
                _ = self.report(self.patch::<Reminder>(reminder.id, patch));
            }
            // Moved since, it has none to call off.
            !planned.is_empty() || row.status_since > at || now - at > KEPT
        };
        let mut left = waiting.clone();
        left.retain(|(of, at)| !untrack(|| settled(*of, *at)));
        if left.len() != waiting.len() {
            self.set_called_off(left);
        }
    }

    fn set_called_off(self, all: CalledOff) {
        self.keep_called_off(&all);
        self.called_off.set(all);
    }
}
