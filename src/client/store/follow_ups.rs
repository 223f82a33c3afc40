//! The follow-up of an application that was sent: whether it comes, and calling it off.

use super::Store;
use crate::{
    client::engine::{Op, Rows},
    domain::{
        activity::Activity,
        application::Application,
        change::Change,
        fields::Patch as _,
        reminder::{FollowUp, Reminder, ReminderCreate, ReminderPatch, follow_up, title_of},
        row::OfEdit as _,
        rules::Rule,
    },
};
use leptos::prelude::*;
use uuid::Uuid;

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
        let (now, zone) = (self.now(), self.zone.read());
        follow_up(row, activities, reminders.values(), rules, now, &*zone)
    }

    /// Calls the follow-up of an application off, or brings it back; where no rule makes one, it is set, or
    /// called off. It is a deed that can be taken back; what is set so goes with the deed of the message
    /// `within` which that was done.
    pub fn turn_follow_up(self, application: Uuid, within: u64) {
        // With what was done a moment ago and does not show yet.
        let Some(row) = self.row_untracked::<Application>(application) else {
            return;
        };
        let reminders = self.engine.with_value(|engine| engine.view::<Reminder>());
        let Some(known) = untrack(|| self.follow_up_of(&row, &reminders)) else {
            return;
        };
        let (on, title) = (!known.on, title_of(Rule::Applied, &row, None));
        let (mut undo, mut goes_with) = (Vec::new(), None);
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
                goes_with = Some(within);
            }
        }
        if !undo.is_empty() {
            let verb = if on { "Set" } else { "Called off" };
            self.note(format!("{verb}: {title}"), undo, goes_with);
        }
    }
}
