//! What people do with activities, and with what the agenda says.

use super::Store;
use crate::{
    client::{
        engine::{Displaced, Edit, Op},
        toasts::ToastAction,
    },
    domain::{
        activity::{Activity, ActivityCreate, ActivityPatch, ActivityStatus, ActivityType},
        agenda::{Item, Subject},
        application::{Application, ApplicationPatch},
        change::Change,
        error::Problem,
        fields::Patch,
        mood::Mood,
        order::sort_by_key,
        row::OfEdit,
        text::{Line, Prose},
        time::Timestamp,
    },
};
use std::sync::Arc;
use uuid::Uuid;

impl Store {
    /// The activities of an application that are known here, in the order of their starts; those without
    /// one by when they were made.
    pub fn activities_of(self, application: Uuid) -> Vec<Arc<Activity>> {
        let rows = self.rows::<Activity>();
        let mut rows: Vec<_> = rows
            .values()
            .filter(|row| row.application_id == application)
            .cloned()
            .collect();
        sort_by_key(&mut rows, |row| {
            (row.starts_at.unwrap_or(row.created_at), row.id)
        });
        rows
    }

    /// Makes an activity of an application, in the user's zone where it says none, with an undo. Answers
    /// its id.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    pub fn create_activity(
        self,
        application: Uuid,
        create: ActivityCreate,
    ) -> Result<Uuid, Problem> {
        let id = Uuid::new_v4();
        let create = self.activity(id, application, create);
        self.create::<Activity>(id, create)?;
        if let Some(row) = self.row_untracked::<Activity>(id) {
            let verb = match row.status {
                ActivityStatus::Scheduled => "Planned",
                ActivityStatus::Done | ActivityStatus::Canceled => "Logged",
            };
            let sooner = self.begins_sooner(&row);
            self.tell(
                format!(
                    "{verb}: {}{}{}",
                    self.activity_name(&row),
                    self.planned_for(&row),
                    sooner.unwrap_or_default()
                ),
                id,
                vec![(id, Activity::into_edit(Op::Delete))],
            );
        }
        Ok(id)
    }

    fn activity(self, id: Uuid, application: Uuid, create: ActivityCreate) -> ActivityCreate {
        let zone = self
            .settings_untracked()
            .map(|settings| settings.timezone.clone());
        ActivityCreate {
            id: Some(id),
            application_id: Some(application),
            timezone: Change::Set(create.timezone.unwrap_or_else(|| zone.unwrap_or_default())),
            ..create
        }
    }

    /// Says that an activity took place, or that it will not, with an undo.
    pub fn set_activity_status(self, id: Uuid, status: ActivityStatus) {
        let verb = match status {
            ActivityStatus::Scheduled => "Planned again",
            ActivityStatus::Done => "Done",
            ActivityStatus::Canceled => "Called off",
        };
        let patch = ActivityPatch {
            status: Change::Set(status),
            ..ActivityPatch::default()
        };
        self.change_activity(id, patch, verb);
    }

    /// Says that an activity took place, and how it went, with an undo. What was written of it stays.
    pub fn tell_how_it_went(self, id: Uuid, mood: Mood) {
        let Some(row) = self.row_untracked::<Activity>(id) else {
            return;
        };
        let written = row.outcome.as_ref().map_or("", |text| text.as_str());
        let patch = ActivityPatch {
            status: Change::Set(ActivityStatus::Done),
            // Where both do not fit into one line, what was written stays as it is.
            outcome: mood
                .before(written)
                .parse()
                .map_or(Change::Keep, |text| Change::Set(Some(text))),
            ..ActivityPatch::default()
        };
        self.change_activity(id, patch, "Done");
    }

    /// Changes fields of an activity, says `verb`, and offers an undo.
    fn change_activity(self, id: Uuid, patch: ActivityPatch, verb: &str) {
        let Some(row) = self.row_untracked::<Activity>(id) else {
            return;
        };
        // Pressed twice, it is one deed, with one undo.
        if patch.is_noop_on(&row) {
            return;
        }
        let undo = patch.inverse(&row);
        let moves = !patch.starts_at.is_keep();
        let calls_off = patch.status == Change::Set(ActivityStatus::Canceled);
        self.report_or(self.patch::<Activity>(id, patch), || {
            let undo = Activity::into_edit(Op::Patch(Box::new(undo)));
            if moves {
                return self.tell_moved(&row, verb, undo);
            }
            let stays = calls_off.then(|| self.own_reminder_stays(id)).flatten();
            let name = self.activity_name(&row);
            self.tell(
                format!("{verb}: {name}{}", stays.unwrap_or_default()),
                id,
                vec![(id, undo)],
            );
        });
    }

    /// An activity that was as `before` has been moved: what a person set so long before it moves along. Says
    /// so, with `undo` and theirs.
    pub fn tell_moved(self, before: &Activity, verb: &str, undo: Edit) {
        let id = before.id;
        let Some(row) = self.row_untracked::<Activity>(id) else {
            return;
        };
        let (moved, along) = self.own_reminders_follow(before, &row);
        let along = along.or_else(|| self.own_reminder_stays(id));
        let sooner = self.begins_sooner(&row);
        let text = format!(
            "{verb}: {}{}{}{}",
            self.activity_name(&row),
            self.planned_for(&row),
            along.unwrap_or_default(),
            sooner.unwrap_or_default()
        );
        let mut undo = vec![(id, undo)];
        undo.extend(moved);
        self.tell(text, id, undo);
    }

    /// A move of an activity gave way to what was done to it elsewhere, and is not made again: what had moved along
    /// goes to where the activity is.
    pub(super) fn reminders_come_back(self, item: &Displaced) {
        let Edit::Activity(Op::Patch(patch)) = &item.edit else {
            return;
        };
        let (Some(starts_at), Some(row)) = (
            patch.starts_at.value().copied(),
            self.row_untracked::<Activity>(item.record),
        ) else {
            return;
        };
        let mine = Activity {
            starts_at,
            ..Activity::clone(&row)
        };
        let (undo, said) = self.own_reminders_follow(&mine, &row);
        if let Some(said) = said {
            let name = self.activity_name(&row);
            self.tell(format!("Kept: {name}{said}"), row.id, undo);
        }
    }

    /// For when something is planned, in words.
    fn planned_for(self, row: &Activity) -> String {
        let starts = row.starts_at.filter(|_| row.is_planned());
        let label = starts.map(|at| self.moment(at));
        label.map(|label| format!(" · {label}")).unwrap_or_default()
    }

    /// Deletes an activity, with an undo.
    pub fn discard_activity(self, id: Uuid) {
        let Some(row) = self.row_untracked::<Activity>(id) else {
            return;
        };
        let name = self.activity_name(&row);
        self.announce(self.delete::<Activity>(id), |key| {
            let undo = ToastAction::Retract { key, record: id };
            (format!("Deleted {name}"), undo)
        });
    }

    /// What the agenda asks for is done: it goes from there, and what was to be done by the person stands
    /// in the application's story from then on. With an undo of all of it.
    pub fn complete(self, item: &Item) {
        match item.subject {
            Subject::Activity(id) => self.set_activity_status(id, ActivityStatus::Done),
            Subject::NextAction => self.complete_next_action(item.application),
            Subject::FollowOn(id) => self.complete_follow_on(id),
            Subject::Reply(id) => {
                let patch = ActivityPatch {
                    reply_deadline: Change::Set(None),
                    ..ActivityPatch::default()
                };
                self.change_activity(id, patch, "Done");
            }
            Subject::Reminder(id) => self.complete_reminder(id),
        }
    }

    fn complete_next_action(self, application: Uuid) {
        let Some(row) = self.row_untracked::<Application>(application) else {
            return;
        };
        let patch = ApplicationPatch {
            next_action: Change::Set(None),
            next_action_due: Change::Set(None),
            ..ApplicationPatch::default()
        };
        let undo = Application::into_edit(Op::Patch(Box::new(patch.inverse(&row))));
        self.report_or(self.patch::<Application>(application, patch), || {
            let mut undo = vec![(application, undo)];
            undo.extend(self.log_done(application, row.next_action.as_ref()));
            let what = row.next_action.as_ref().map_or("Next action", Line::as_str);
            self.tell(format!("Done: {what}, {}", row.name()), application, undo);
        });
    }

    fn complete_follow_on(self, id: Uuid) {
        let Some(row) = self.row_untracked::<Activity>(id) else {
            return;
        };
        let patch = ActivityPatch {
            next_action: Change::Set(None),
            next_action_due: Change::Set(None),
            ..ActivityPatch::default()
        };
        let undo = Activity::into_edit(Op::Patch(Box::new(patch.inverse(&row))));
        self.report_or(self.patch::<Activity>(id, patch), || {
            let mut undo = vec![(id, undo)];
            undo.extend(self.log_done(row.application_id, row.next_action.as_ref()));
            let what = row.next_action.as_ref().map_or("Next action", Line::as_str);
            self.tell(format!("Done: {what}"), id, undo);
        });
    }

    /// What was done stands in the application's story. Answers what takes that back.
    fn log_done(self, application: Uuid, what: Option<&Line<200>>) -> Option<(Uuid, Edit)> {
        // What fits one line fits several.
        let text = what?.as_str().parse::<Prose<20000>>().ok()?;
        let id = Uuid::new_v4();
        let create = ActivityCreate {
            r#type: Change::Set(ActivityType::Other),
            status: Change::Set(ActivityStatus::Done),
            starts_at: Change::Set(Some(self.clock())),
            notes: Change::Set(Some(text)),
            ..ActivityCreate::default()
        };
        let create = self.activity(id, application, create);
        self.create::<Activity>(id, create).ok()?;
        Some((id, Activity::into_edit(Op::Delete)))
    }

    /// What the agenda asks for is to be done then, with an undo.
    pub fn postpone(self, item: &Item, to: Timestamp) {
        let at = Change::Set(Some(to));
        match item.subject {
            Subject::NextAction => {
                let Some(row) = self.row_untracked::<Application>(item.application) else {
                    return;
                };
                let patch = ApplicationPatch {
                    next_action_due: at,
                    ..ApplicationPatch::default()
                };
                let undo = Application::into_edit(Op::Patch(Box::new(patch.inverse(&row))));
                self.report_or(self.patch::<Application>(row.id, patch), || {
                    let what = row
                        .next_action
                        .as_ref()
                        .map_or("Next action", |text| text.as_str());
                    self.tell(
                        format!("Later: {what}, {}", row.name()),
                        row.id,
                        vec![(row.id, undo)],
                    );
                });
            }
            Subject::Activity(id) => {
                let patch = ActivityPatch {
                    starts_at: at,
                    ..ActivityPatch::default()
                };
                self.change_activity(id, patch, "Moved");
            }
            Subject::FollowOn(id) => {
                let patch = ActivityPatch {
                    next_action_due: at,
                    ..ActivityPatch::default()
                };
                self.change_activity(id, patch, "Later");
            }
            Subject::Reply(id) => {
                let patch = ActivityPatch {
                    reply_deadline: at,
                    ..ActivityPatch::default()
                };
                self.change_activity(id, patch, "Later");
            }
            Subject::Reminder(id) => self.snooze(id, to),
        }
    }

    /// Sets what is to be done next about an application, and when.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    pub fn set_next_action(
        self,
        application: Uuid,
        text: &str,
        due: Option<Timestamp>,
    ) -> Result<(), Problem> {
        let what: Line<200> = text
            .parse()
            .map_err(|why: String| Problem::field("next_action", why))?;
        let patch = ApplicationPatch {
            next_action: Change::Set(Some(what.clone())),
            next_action_due: Change::Set(due),
            ..ApplicationPatch::default()
        };
        let missing = || Problem::not_found("application", application);
        let row = self
            .row_untracked::<Application>(application)
            .ok_or_else(missing)?;
        let undo = Application::into_edit(Op::Patch(Box::new(patch.inverse(&row))));
        self.patch::<Application>(application, patch)?;
        let undo = vec![(application, undo)];
        self.tell(format!("Next: {what}, {}", row.name()), application, undo);
        Ok(())
    }

    /// What an activity is called beside those of other applications.
    pub fn activity_name(self, row: &Activity) -> String {
        let application = self.row_untracked::<Application>(row.application_id);
        let of = application.map(|of| format!(", {}", of.name()));
        format!("{}{}", row.headline(), of.unwrap_or_default())
    }

    pub(super) fn report_or(self, done: Result<Uuid, Problem>, then: impl FnOnce()) {
        match done {
            Ok(_) => then(),
            Err(problem) => self.toast("error", problem.sentence(), None),
        }
    }

    /// Says what was done to `record`, once it shows, with what takes it back.
    pub fn tell(self, text: String, record: Uuid, undo: Vec<(Uuid, Edit)>) {
        let undo = ToastAction::Apply {
            record,
            edits: undo,
            label: "Undo",
        };
        self.once_shown(move || self.toast("info", text, Some(undo)));
    }
}
