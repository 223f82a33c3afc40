//! What people do with reminders.

use super::Store;
use crate::{
    client::engine::{Edit, Op},
    domain::{
        activity::Activity,
        application::Application,
        change::Change,
        error::Problem,
        fields::Patch,
        order::sort_by_key,
        quiet_hours::QuietHours,
        reminder::{Reminder, ReminderCreate, ReminderPatch, last_before},
        row::OfEdit,
        rules::{Channels, Counting, ReminderChannel, ReminderDefaults, Rule},
        rules_in_words::{lead, lead_to},
        text::names,
        time::Timestamp,
        when::{lead_of, ring_label, time_label},
    },
};
use chrono::Duration;
use leptos::prelude::{Get as _, Read as _, WithValue as _, untrack};
use std::sync::Arc;
use uuid::Uuid;

impl Store {
    /// The reminders of an application, or of one of its activities, that wait, or that a person set and has not answered, in the order in
    /// which they are due.
    pub fn reminders_of(self, application: Uuid, activity: Option<Uuid>) -> Vec<Arc<Reminder>> {
        let rows = self.rows::<Reminder>();
        let waits =
            |row: &Reminder| row.is_open() || (row.meta.rule.is_none() && row.is_unanswered());
        let is_about = |row: &Reminder| activity.is_none() || row.activity_id == activity;
        let of =
            |row: &&Arc<Reminder>| row.application_id == application && is_about(row) && waits(row);
        let mut rows: Vec<_> = rows.values().filter(of).cloned().collect();
        sort_by_key(&mut rows, |row| (row.due_at, row.id));
        rows
    }

    /// How what a person sets themselves comes: as they want it, else as the server makes it where nothing is
    /// said; and whether it can be mailed.
    pub fn own_ways(self) -> (Channels, bool) {
        let settings = self.settings_untracked();
        let rules = settings.map(|settings| settings.reminder_defaults.clone());
        let own = rules.unwrap_or_default().rule(Rule::Custom);
        (own.channels, own.mail)
    }

    /// Sets a reminder of an application, or of one of its activities, with an undo. `mailed` is whether it
    /// comes by mail, too.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    pub fn remind(
        self,
        application: Uuid,
        activity: Option<Uuid>,
        title: &str,
        at: Timestamp,
        mailed: bool,
    ) -> Result<(), Problem> {
        let title = title
            .parse()
            .map_err(|why: String| Problem::field("title", why))?;
        let id = Uuid::new_v4();
        let (usually, _) = self.own_ways();
        let is_wanted = |way: &ReminderChannel| match way {
            ReminderChannel::InApp => true,
            ReminderChannel::Email => mailed,
            ReminderChannel::Calendar => usually.contains(way),
        };
        let ways = ReminderChannel::ALL.iter().copied();
        let ways = Channels::of(&ways.filter(is_wanted).collect::<Vec<_>>());
        let usual = ReminderDefaults::default().rule(Rule::Custom).channels;
        let ways = Some(ways).filter(|ways| *ways != usual);
        let create = ReminderCreate {
            id: Some(id),
            application_id: Some(application),
            activity_id: activity,
            title: Change::Set(title),
            due_at: Change::Set(at),
            channels: ways.map_or(Change::Keep, Change::Set),
            ..ReminderCreate::default()
        };
        self.create::<Reminder>(id, create)?;
        if let Some(row) = self.row_untracked::<Reminder>(id) {
            let undo = Reminder::into_edit(Op::Delete);
            self.tell(
                format!("Set: {}, {}", self.reminder_name(&row), self.comes(&row)),
                id,
                vec![(id, undo)],
            );
        }
        Ok(())
    }

    /// What a reminder says is done, with an undo.
    pub fn complete_reminder(self, id: Uuid) {
        let patch = ReminderPatch {
            done_at: Change::Set(Some(self.clock())),
            ..ReminderPatch::default()
        };
        self.answer_reminder(id, patch, "Done");
    }

    /// What a reminder says is not done after all, with an undo.
    pub fn reopen_reminder(self, id: Uuid) {
        let patch = ReminderPatch {
            done_at: Change::Set(None),
            ..ReminderPatch::default()
        };
        self.change_reminder(id, patch, "Not done");
    }

    /// A reminder that was called off is set again, with an undo.
    pub fn set_again(self, id: Uuid) {
        let patch = ReminderPatch {
            canceled_at: Change::Set(None),
            ..ReminderPatch::default()
        };
        self.change_reminder(id, patch, "Set again");
    }

    /// A reminder is to come then instead, with an undo.
    pub fn snooze(self, id: Uuid, to: Timestamp) {
        let Some(row) = self.row_untracked::<Reminder>(id) else {
            return;
        };
        let (new, now) = (Uuid::new_v4(), self.clock());
        let edits = self
            .engine
            .with_value(|engine| engine.snoozed(id, to, new, now));
        let Some([edits, undo]) = edits.filter(|_| is_asked(&row) && row.due_at != to) else {
            return;
        };
        for (record, edit) in edits {
            if !self.report(self.mutate(record, edit)) {
                return;
            }
        }
        // As it is now: it comes as long before an interview no more.
        let row = self.row_untracked::<Reminder>(id).unwrap_or(row);
        let name = self.reminder_name(&row);
        let row = Reminder {
            due_at: to,
            ..Reminder::clone(&row)
        };
        self.tell(format!("Later: {name} · {}", self.comes(&row)), id, undo);
    }

    /// When a reminder comes, in words: quiet hours may have it come at another time.
    fn comes(self, row: &Reminder) -> String {
        let about = row.activity_id;
        let about = about.and_then(|id| self.row_untracked::<Activity>(id));
        let quiet = self.settings_untracked();
        let quiet = quiet.as_deref().and_then(QuietHours::of);
        untrack(|| {
            let zone = self.zone().read();
            let at = row.goes_out(about.as_deref(), quiet, &*zone);
            let label = time_label(at, self.now(), &*zone, self.habits().get());
            let moved = if at == row.due_at { "" } else { BY_QUIET_HOURS };
            format!("{label}{moved}")
        })
    }

    /// A moment, in words.
    pub(super) fn moment(self, at: Timestamp) -> String {
        untrack(|| time_label(at, self.now(), &*self.zone().read(), self.habits().get()))
    }

    /// When that begins which a rule reminds of before: until then it can be put off.
    pub fn begins_after(self, id: Uuid) -> Option<Timestamp> {
        let row = self.row_untracked::<Reminder>(id)?;
        let rule = row.meta.rule?;
        let about = self.row_untracked::<Activity>(row.activity_id?)?;
        about
            .starts_at
            .filter(|_| rule.counting() == Counting::Before)
    }

    /// When that begins which a reminder is before, where a person has moved the reminder, or the interview
    /// since it rang: `begins today 17:30`.
    pub fn begins_in_words(self, row: &Reminder) -> Option<String> {
        let is_before = row.meta.rule?.counting() == Counting::Before;
        let about = self.row_untracked::<Activity>(row.activity_id.filter(|_| is_before)?)?;
        let tells = |starts: &Timestamp| lead_to(row, *starts).is_none();
        let starts = about.starts_at.filter(tells)?;
        let (zone, habits) = (self.zone(), self.habits());
        untrack(|| {
            let label = ring_label(starts, self.now(), &*zone.read(), habits.get());
            Some(format!("begins {label}"))
        })
    }

    /// What a person has set about an activity and waits, in the order in which it is due.
    fn own_reminders(self, activity: Uuid) -> Vec<Arc<Reminder>> {
        let rows = untrack(|| self.rows::<Reminder>());
        let is_own = |row: &&Arc<Reminder>| {
            row.activity_id == Some(activity) && row.meta.rule.is_none() && row.is_open()
        };
        let mut own: Vec<_> = rows.values().filter(is_own).cloned().collect();
        sort_by_key(&mut own, |row| (row.due_at, row.id));
        own
    }

    /// What a person has set so long before an activity as is offered there goes along where that moves: from
    /// `before` to `now`. Answers what takes that back, and what is said of it.
    pub(super) fn own_reminders_follow(
        self,
        before: &Activity,
        now: &Activity,
    ) -> (Vec<(Uuid, Edit)>, Option<String>) {
        let (Some(was), Some(is)) = (before.starts_at, now.starts_at) else {
            return (Vec::new(), None);
        };
        let clock = self.clock();
        let mut undo = Vec::new();
        let mut last = None;
        for row in self.own_reminders(now.id) {
            let to = lead_of(row.due_at, was).map(|lead| is - lead);
            let Some(to) = to.filter(|to| *to > clock) else {
                continue;
            };
            let patch = ReminderPatch {
                due_at: Change::Set(to),
                ..ReminderPatch::default()
            };
            let back = Reminder::into_edit(Op::Patch(Box::new(patch.inverse(&row))));
            if self.report(self.patch::<Reminder>(row.id, patch)) {
                undo.push((row.id, back));
                let row = Reminder {
                    due_at: to,
                    ..Reminder::clone(&row)
                };
                last = Some(format!("{}, {}", row.title, self.comes(&row)));
            }
        }
        let said = match (undo.len(), last) {
            (0, _) | (_, None) => None,
            (1, Some(last)) => Some(format!(". Its reminder moves along: {last}")),
            (count, _) => Some(format!(". Its {count} reminders move along")),
        };
        (undo, said)
    }

    /// What is said of an activity that was moved or called off: what a person has set about it stays where it is.
    pub(super) fn own_reminder_stays(self, activity: Uuid) -> Option<String> {
        let own = self.own_reminders(activity);
        let first = own.first()?;
        Some(match own.len() {
            1 => format!(
                ". Its reminder stays: {}, {}",
                first.title,
                self.comes(first)
            ),
            count => format!(". Its {count} reminders of yours stay where they are"),
        })
    }

    /// What is said of a talk that begins before the first reminder of it could come: nobody is to wait for one.
    pub(super) fn begins_sooner(self, row: &Activity) -> Option<&'static str> {
        let settings = self.settings_untracked()?;
        let status = self
            .row_untracked::<Application>(row.application_id)?
            .status;
        let starts = row.starts_at.filter(|_| row.is_planned())?;
        let is_too_late = last_before(row, status, &settings.reminder_defaults)
            .is_some_and(|minutes| starts - Duration::minutes(minutes.into()) <= self.clock());
        let rows = untrack(|| self.rows::<Reminder>());
        let is_of = |of: &Arc<Reminder>| of.activity_id == Some(row.id) && of.is_open();
        let has_one = rows.values().any(is_of);
        (is_too_late && starts > self.clock() && !has_one)
            .then_some(". It begins too soon for a reminder")
    }

    /// How many reminders of an application wait.
    pub(super) fn count_open_reminders(self, application: Uuid) -> usize {
        let rows = untrack(|| self.reminders_of(application, None));
        rows.iter().filter(|row| row.is_open()).count()
    }

    /// A reminder is called off, with an undo.
    pub fn call_off(self, id: Uuid) {
        let patch = ReminderPatch {
            canceled_at: Change::Set(Some(self.clock())),
            ..ReminderPatch::default()
        };
        self.answer_reminder(id, patch, "Called off");
    }

    /// Pressed twice, an answer is one deed, with one undo.
    fn answer_reminder(self, id: Uuid, patch: ReminderPatch, verb: &'static str) {
        let row = self.row_untracked::<Reminder>(id);
        if row.is_some_and(|row| is_asked(&row)) {
            self.change_reminder(id, patch, verb);
        }
    }

    fn change_reminder(self, id: Uuid, patch: ReminderPatch, verb: &'static str) {
        let Some(row) = self.row_untracked::<Reminder>(id) else {
            return;
        };
        if patch.is_noop_on(&row) {
            return;
        }
        let undo = patch.inverse(&row);
        let answers = patch.done_at.value().is_some() || patch.canceled_at.value().is_some();
        self.report_or(self.patch::<Reminder>(id, patch), || {
            let undo = Reminder::into_edit(Op::Patch(Box::new(undo)));
            // What follows of a rule that repeats is planned by then.
            self.once_shown(move || {
                let next = self.next_of_rule(&row).filter(|_| answers);
                let next = next.map(|next| format!(" · the next one {}", self.comes(&next)));
                self.tell(
                    format!(
                        "{verb}: {}{}",
                        self.reminder_name(&row),
                        next.unwrap_or_default()
                    ),
                    id,
                    vec![(id, undo)],
                );
            });
        });
    }

    /// The one that comes after `row`, of a rule that repeats.
    fn next_of_rule(self, row: &Reminder) -> Option<Arc<Reminder>> {
        let rule = row.repeated_rule()?;
        let rows = untrack(|| self.rows::<Reminder>());
        let of_rule = rows.values().filter(|it| {
            it.id != row.id
                && it.is_open()
                && it.application_id == row.application_id
                && it.repeated_rule() == Some(rule)
        });
        of_rule.min_by_key(|it| (it.due_at, it.id)).cloned()
    }

    /// What a reminder says, by what its application and its interview are called now.
    pub fn reminder_title(self, row: &Reminder) -> String {
        let of = self.row::<Application>(row.application_id);
        let about = row.activity_id.and_then(|id| self.row::<Activity>(id));
        row.says(of.as_deref(), about.as_deref())
    }

    /// How long before something a reminder is, or when that begins where it is so long before it no more.
    pub fn lead_in_words(self, row: &Reminder) -> Option<String> {
        self.begins_in_words(row).or_else(|| lead(row))
    }

    /// What a reminder is called beside those of other applications.
    pub fn reminder_name(self, row: &Reminder) -> String {
        let application = self.row_untracked::<Application>(row.application_id);
        let title = untrack(|| self.reminder_title(row));
        // Some say it themselves.
        let of = application.filter(|of| !names(&title, of.company.as_str()));
        let of = of.map(|of| format!(", {}", of.name()));
        // Those of one interview are told apart by how long before it they come; of one that was moved it is
        // said when the interview begins, for its own time is none.
        let lead = self.lead_in_words(row).map(|lead| format!(" ({lead})"));
        format!(
            "{title}{}{}",
            lead.unwrap_or_default(),
            of.unwrap_or_default()
        )
    }
}

/// What is said beside when a reminder comes, where that is not when it was wanted.
pub const BY_QUIET_HOURS: &str = ", by your quiet hours";

/// What is said where an application is closed or archived: its reminders go with it.
pub(super) fn called_off(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ". Its reminder is called off".to_owned(),
        count => format!(". Its {count} reminders are called off"),
    }
}

/// Whether nobody has answered a reminder yet.
fn is_asked(row: &Reminder) -> bool {
    row.done_at.is_none() && row.canceled_at.is_none()
}
