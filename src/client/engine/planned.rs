//! Reminders as the rules would have them: what follows from edits that the server has not heard of yet,
//! of the rules too, and what comes next of a rule that repeats while the server is silent.
//!
//! The server plans by the same function, so what shows here is what it will issue. Until it has, a
//! reminder that is only planned here has no row there, and nothing is sent about it.

use super::{
    Edit, Edited, Effect, Engine, Entry, HasTable, HasView, Op, Verb,
    answers::redated_key,
    planner::{Planner, edited_last, is_cause},
    queue::{QueueEvent, with_edits},
};
use crate::domain::{
    activity::Activity,
    application::Application,
    change::Change,
    quiet_hours::QuietHours,
    reminder::{Reminder, ReminderCreate, ReminderPatch, anchor_of},
    row::OfEdit as _,
    settings::Settings,
    stage::StageEvent,
    time::Timestamp,
};
use chrono::Duration;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// How long an answer waits to a reminder that the server has not issued. By then it has, or never will.
pub const NOTED_FOR: Duration = Duration::days(7);

/// Quiet hours have nothing come earlier than that before it is due: they are shorter than a day.
const EARLIEST: Duration = Duration::days(1);

/// What a page knows of that beside its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Plans {
    /// Until when an application's repeating reminders fell due that the server has said nothing of.
    lapsed: HashMap<Uuid, Timestamp>,
    /// When edits of an application were made that the server has taken, where no pull has brought since
    /// what it planned: the first and the last of them.
    answered: HashMap<Uuid, [Timestamp; 2]>,
    /// Those of them of which the pull under way brings it.
    asked: HashSet<Uuid>,
    /// What has rung on this page and the server has not settled yet, as sent, by application: it stays as
    /// it was, whatever is edited after it.
    rang: HashMap<Uuid, Vec<Reminder>>,
    /// Reminders that show otherwise than base and queue have them, by application.
    over: HashMap<Uuid, HashSet<Uuid>>,
    /// Applications of which that may have changed since it was shown.
    changed: HashSet<Uuid>,
}

impl Plans {
    /// The server has taken an edit of this application that was made then.
    pub fn answered(&mut self, application: Uuid, made_at: Timestamp) {
        self.asked.remove(&application);
        let [first, last] = self
            .answered
            .entry(application)
            .or_insert([made_at, made_at]);
        (*first, *last) = (made_at.min(*first), made_at.max(*last));
        self.changed.insert(application);
    }

    /// A pull has begun.
    pub fn ask(&mut self) {
        self.asked = self.answered.keys().copied().collect();
    }

    /// The pull has come to its end, where `heard`, or to none.
    pub fn end(&mut self, heard: bool) {
        let asked = std::mem::take(&mut self.asked);
        if heard {
            self.answered.retain(|id, _| !asked.contains(id));
            self.changed.extend(asked);
        }
    }

    /// Whether anything can show otherwise.
    fn is_idle(&self) -> bool {
        self.lapsed.is_empty()
            && self.answered.is_empty()
            && self.rang.is_empty()
            && self.over.is_empty()
    }
}

impl Engine {
    /// Whether an edit is about a reminder that is only planned here: it waits until the server has issued
    /// that, holds up nothing, and is of no use where the server never does.
    pub fn is_noted(&self, entry: &Entry) -> bool {
        if !matches!(entry.edit, Edit::Reminder(Op::Patch(_))) || entry.seen.is_some() {
            return false;
        }
        let table = self.base.table::<Reminder>();
        let creates = |other: &Entry| other.edit.verb() == Verb::Create;
        table.get(entry.record).is_none()
            // Or it was there, and is no more.
            && entry.last_known.is_none()
            && !table.is_deleted(entry.record)
            && !entry.frozen
            && !self.meta.own.knows(entry.record)
            && !self.outbox.of_record(entry.record).any(creates)
    }

    /// What waits for the server, oldest first, but for what is only noted.
    pub fn unsent(&self) -> impl Iterator<Item = &Arc<Entry>> {
        let entries = self.outbox.entries().iter();
        entries.filter(|entry| !self.is_noted(entry))
    }

    /// The time is `now`: what has fallen due has rung, and of a rule that repeats the next one is planned
    /// where the server has not said so. Answers whether something may show otherwise.
    pub fn pass(&mut self, now: Timestamp) -> bool {
        let rang = self.ring(now);
        let quiet = self.quiet_hours();
        let mut latest: HashMap<Uuid, Timestamp> = HashMap::new();
        for row in Reminder::rows(&self.shown).values() {
            let repeats = row.repeated_rule().is_some() && row.is_open();
            if repeats && row.due_at <= now && self.goes_out(row, quiet) <= now {
                let latest = latest.entry(row.application_id).or_insert(row.due_at);
                *latest = row.due_at.max(*latest);
            }
        }
        let mut changed = HashSet::new();
        self.plans.lapsed.retain(|application, _| {
            let stays = latest.contains_key(application);
            if !stays {
                changed.insert(*application);
            }
            stays
        });
        for (application, due) in latest {
            let until = self.plans.lapsed.get(&application);
            if until.is_none_or(|until| *until < due) {
                self.plans.lapsed.insert(application, now);
                changed.insert(application);
            }
        }
        changed.extend(rang);
        let any = !changed.is_empty();
        self.plans.changed.extend(changed);
        any
    }

    /// Notes what has rung by `now`, and forgets what the server has settled since. Answers of which
    /// applications that was. Of a rule that repeats the latest rings, and the rest is told by it.
    fn ring(&mut self, now: Timestamp) -> HashSet<Uuid> {
        let mut changed = HashSet::new();
        let mut rang = std::mem::take(&mut self.plans.rang);
        rang.retain(|application, rows| {
            let before = rows.len();
            // A clock that was ahead has rung for nothing.
            rows.retain(|row| {
                let rang_at = row.sent_at.or(row.expired_at);
                rang_at.is_some_and(|at| at <= now) && self.is_unsettled(row)
            });
            if rows.len() != before {
                changed.insert(*application);
            }
            !rows.is_empty()
        });
        let quiet = self.quiet_hours();
        let near: Vec<(&Arc<Reminder>, Timestamp)> = Reminder::rows(&self.shown)
            .values()
            .filter(|row| row.due_at <= now + EARLIEST && row.is_open())
            .filter(|row| row.repeated_rule().is_none())
            .map(|row| (row, self.goes_out(row, quiet)))
            .collect();
        for (row, at) in near.iter().filter(|(_, at)| *at <= now) {
            // Of one appointment and minute the nearest rings, and the others are of no use.
            let mut others = near.iter();
            let is_farther = row.activity_id.is_some()
                && others.any(|(other, goes)| row.gives_way_to(other, *goes, now));
            let known = rang.entry(row.application_id).or_default();
            known.retain(|it| it.id != row.id);
            let mut row = Reminder::clone(row);
            if is_farther {
                row.expired_at = Some(*at);
            } else {
                (row.sent, row.sent_at) = (true, Some(*at));
            }
            changed.insert(row.application_id);
            known.push(row);
        }
        self.plans.rang = rang;
        changed
    }

    fn quiet_hours(&self) -> Option<QuietHours> {
        self.settings().as_deref().and_then(QuietHours::of)
    }

    /// When a reminder goes out, by the quiet hours.
    fn goes_out(&self, row: &Reminder, quiet: Option<QuietHours>) -> Timestamp {
        let about = row.activity_id.and_then(|id| self.view_of::<Activity>(id));
        row.goes_out(about.as_deref(), quiet, &*self.zone.rules)
    }

    /// Whether neither the server nor a person has settled or moved since what has rung here, as far as this
    /// page has heard.
    fn is_unsettled(&self, rang: &Reminder) -> bool {
        if let Some(row) = self.unplanned(rang.id) {
            return row.is_open() && row.due_at == rang.due_at;
        }
        if self.base.table::<Reminder>().is_deleted(rang.id) {
            return false;
        }
        // Who undoes the move from which it followed undoes it, too; who goes on does not.
        let anchor = rang.dedupe_key.as_deref().and_then(anchor_of);
        let anchor = anchor.filter(|_| rang.activity_id.is_none());
        let of = self.view_of::<Application>(rang.application_id);
        of.is_some_and(|of| anchor.is_none_or(|anchor| of.status_since >= anchor))
    }

    /// Puts a reminder off until `to`, as edits of reminders: another time for one that the server has
    /// issued; of one that is only planned here, one of its own in its place, under `id`. The second half
    /// takes it back.
    pub fn snoozed(
        &self,
        reminder: Uuid,
        to: Timestamp,
        id: Uuid,
        now: Timestamp,
    ) -> Option<[Vec<(Uuid, Edit)>; 2]> {
        let row = self.view_of::<Reminder>(reminder)?;
        let patch = |due_at, canceled_at| {
            let patch = ReminderPatch {
                due_at,
                canceled_at,
                ..ReminderPatch::default()
            };
            (reminder, Reminder::into_edit(Op::Patch(Box::new(patch))))
        };
        if self.is_issued(reminder) {
            let there = patch(Change::Set(to), Change::Keep);
            let back = patch(Change::Set(row.due_at), Change::Keep);
            return Some([vec![there], vec![back]]);
        }
        let of = self.view_of::<Application>(row.application_id);
        let about = row.activity_id.and_then(|id| self.view_of::<Activity>(id));
        let says = row.says(of.as_deref(), about.as_deref());
        let create = ReminderCreate {
            id: Some(id),
            application_id: Some(row.application_id),
            activity_id: row.activity_id,
            title: Change::Set(says.parse().unwrap_or_else(|_| row.title.clone())),
            due_at: Change::Set(to),
            ..ReminderCreate::default()
        };
        let create = (id, Reminder::into_edit(Op::Create(Box::new(create))));
        let delete = (id, Reminder::into_edit(Op::Delete));
        Some([
            vec![create, patch(Change::Keep, Change::Set(Some(now)))],
            vec![delete, patch(Change::Keep, Change::Set(None))],
        ])
    }

    /// Whether the server has issued a reminder, or will since a person set it.
    fn is_issued(&self, reminder: Uuid) -> bool {
        let creates = |entry: &Entry| entry.edit.verb() == Verb::Create;
        self.base.table::<Reminder>().get(reminder).is_some()
            || self.outbox.of_record(reminder).any(creates)
    }

    /// The server has planned what somebody answered here already: with what it issued the answer can go.
    pub(super) fn pull_for_noted(&mut self) -> Vec<Effect> {
        let Plans {
            answered, asked, ..
        } = &self.plans;
        let is_planned = |id: &Uuid| answered.contains_key(id) && !asked.contains(id);
        let entries = || self.outbox.entries().iter();
        let noted = entries().filter(|entry| is_planned(&entry.aggregate) && self.is_noted(entry));
        let waits = |id: Uuid| self.unsent().any(|entry| entry.aggregate == id);
        if noted.into_iter().all(|entry| waits(entry.aggregate)) {
            return Vec::new();
        }
        self.pull()
    }

    /// What was noted long ago of reminders that the server has still not issued is forgotten: a pull has
    /// brought all that it has.
    pub(super) fn forget_noted(&mut self, now: Timestamp) {
        let entries = self.outbox.entries().iter();
        let old = entries.filter(|entry| entry.made_at + NOTED_FOR < now && self.is_noted(entry));
        let old: Vec<[Uuid; 2]> = old.map(|entry| [entry.key, entry.record]).collect();
        for [key, record] in old {
            // What was answered and never issued rings no more.
            for rows in self.plans.rang.values_mut() {
                rows.retain(|row| row.id != record);
            }
            let given_up = self.outbox.given_up(key);
            self.outbox.record(QueueEvent::Withdraw(given_up));
        }
    }

    /// Does something to what waits of an application by which its planned reminders are others. What was
    /// noted of one is noted of the one that is now the same.
    pub(super) fn keep_noted(&mut self, application: Uuid, change: impl FnOnce(&mut Self)) {
        let entries = self.outbox.entries().iter();
        let noted = entries.filter(|entry| entry.aggregate == application && self.is_noted(entry));
        let noted: Vec<Arc<Entry>> = noted.cloned().collect();
        let planned = |engine: &Self| {
            let mut planned = engine.planned(HashSet::from([application]));
            planned.remove(&application).unwrap_or_default()
        };
        let before = if noted.is_empty() {
            HashMap::new()
        } else {
            planned(self)
        };
        change(self);
        if before.is_empty() {
            return;
        }
        let what = |row: &Reminder| (row.activity_id, row.meta.rule, row.meta.offset, row.meta.n);
        let after = planned(self);
        for entry in noted {
            let was = before.get(&entry.record).map(what);
            let is = after.values().find(|row| Some(what(row)) == was);
            let Some(is) = is.filter(|is| is.id != entry.record) else {
                continue;
            };
            let key = redated_key(entry.key);
            let again = Entry {
                key,
                keys: vec![key],
                record: is.id,
                ..Entry::clone(&entry)
            };
            let given_up = self.outbox.given_up(entry.key);
            self.outbox.record(QueueEvent::Withdraw(given_up));
            self.outbox.record(QueueEvent::Push {
                entry: Box::new(again),
                merged_into: None,
            });
        }
    }

    /// A reminder, where it shows otherwise than base and queue have it. One that is planned here alone is
    /// known once it was shown ([`Engine::shown`]): to look for it in all plans, for each record that changes,
    /// would be work for all that waits.
    pub(super) fn planned_one(&self, reminder: Uuid) -> Option<Reminder> {
        if !self.may_plan() {
            return None;
        }
        let of_row = || {
            let row = self.base.table::<Reminder>().get(reminder)?;
            Some(row.application_id)
        };
        let of_edit = || {
            let mut edits = self.outbox.of_record(reminder);
            let edit = edits.find(|entry| matches!(entry.edit, Edit::Reminder(_)))?;
            Some(edit.aggregate)
        };
        let of_plan = || {
            let mut all = self.plans.over.iter();
            let (application, _) = all.find(|(_, ids)| ids.contains(&reminder))?;
            Some(*application)
        };
        let application = of_row().or_else(of_edit).or_else(of_plan)?;
        let mut planned = self.planned(HashSet::from([application]));
        planned.get_mut(&application)?.remove(&reminder)
    }

    /// The server has taken an edit: what it plans of that comes with a pull that begins from now on.
    pub(super) fn plan_after(&mut self, entry: &Entry) {
        if !matches!(entry.edit, Edit::Settings(_)) || changes_rules(&entry.edit) {
            self.plans.answered(entry.aggregate, entry.made_at);
        }
    }

    /// When the rules, or the zone in which they count, were changed, where the server may have planned by
    /// the ones before.
    fn rules_changed_at(&self) -> Option<Timestamp> {
        let owner = self.owner()?;
        let edits = self.outbox.entries().iter();
        let edits = edits.filter(|entry| entry.record == owner && changes_rules(&entry.edit));
        let made_at = edits.map(|entry| entry.made_at).max();
        let answered = self.plans.answered.get(&owner);
        made_at.max(answered.map(|[_, last]| *last))
    }

    /// The applications of which reminders may show otherwise.
    fn planning(&self) -> HashSet<Uuid> {
        let edited = self.outbox.entries().iter().map(|entry| entry.aggregate);
        let Plans {
            lapsed,
            answered,
            rang,
            over,
            ..
        } = &self.plans;
        let known = lapsed.keys().chain(answered.keys());
        let known = known.chain(rang.keys()).chain(over.keys());
        let mut applications: HashSet<Uuid> = edited.chain(known.copied()).collect();
        if self.rules_changed_at().is_some() {
            applications.extend(self.base.table::<Application>().rows().keys());
        }
        applications
    }

    /// All reminders that show otherwise than base and queue have them.
    pub(super) fn planned_all(&self) -> HashMap<Uuid, Reminder> {
        let planned = self.planned(self.planning());
        planned.into_values().flatten().collect()
    }

    /// Whether anything can show otherwise.
    fn may_plan(&self) -> bool {
        !self.outbox.is_empty() || !self.plans.is_idle()
    }

    /// The applications of which reminders may show otherwise once these records do.
    pub(super) fn take_changed_plans(&mut self, records: &HashSet<Uuid>) -> HashSet<Uuid> {
        let mut applications = std::mem::take(&mut self.plans.changed);
        if self.may_plan() {
            let of = records.iter().filter_map(|id| self.application_of(*id));
            applications.extend(of);
            // The rules are among the settings.
            let is_owner = |owner| records.contains(&owner) || applications.contains(&owner);
            if self.owner().is_some_and(is_owner) {
                applications.extend(self.planning());
            }
        }
        applications
    }

    fn application_of(&self, record: Uuid) -> Option<Uuid> {
        fn of<R: HasTable>(engine: &Engine, record: Uuid) -> Option<Uuid> {
            engine.base.table::<R>().get(record)?.aggregate()
        }
        let edited = || Some(self.outbox.of_record(record).next()?.aggregate);
        let application = self.base.table::<Application>().get(record);
        application
            .map(|row| row.id)
            .or_else(|| of::<Activity>(self, record))
            .or_else(|| of::<StageEvent>(self, record))
            .or_else(|| of::<Reminder>(self, record))
            .or_else(edited)
            // What was made here, and is taken back.
            .or_else(|| self.plans.over.contains_key(&record).then_some(record))
    }

    /// Shows the reminders of these applications as they are planned now.
    pub(super) fn show_plans(&mut self, applications: HashSet<Uuid>) {
        for (application, planned) in self.planned(applications) {
            let ids: HashSet<Uuid> = planned.keys().copied().collect();
            let before = self.plans.over.remove(&application).unwrap_or_default();
            for id in before.difference(&ids) {
                let row = self.unplanned(*id);
                self.put(*id, row.map(Arc::new));
            }
            for (id, row) in planned {
                self.put(id, Some(Arc::new(row)));
            }
            if !ids.is_empty() {
                self.plans.over.insert(application, ids);
            }
        }
    }

    /// All views are made anew: these are planned.
    pub(super) fn note_all_plans(&mut self) {
        let mut over: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
        for (id, row) in self.planned_all() {
            over.entry(row.application_id).or_default().insert(id);
        }
        self.plans.over = over;
        self.plans.changed.clear();
    }

    /// A reminder as base and queue have it.
    fn unplanned(&self, reminder: Uuid) -> Option<Reminder> {
        let row = self.base.table::<Reminder>().get(reminder);
        let row = row.map(|row| Reminder::clone(row));
        with_edits(row, self.outbox.of_record(reminder))
    }

    /// The reminders of these applications that show otherwise than base and queue have them, by
    /// application. The queue is gone through once, however many they are.
    fn planned(&self, applications: HashSet<Uuid>) -> HashMap<Uuid, HashMap<Uuid, Reminder>> {
        let settings = self.settings().filter(|_| !applications.is_empty());
        let rules_at = self.rules_changed_at();
        let mut waiting: HashMap<Uuid, Vec<&Entry>> = HashMap::new();
        for entry in self.outbox.entries() {
            if applications.contains(&entry.aggregate) {
                waiting.entry(entry.aggregate).or_default().push(entry);
            }
        }
        let planned = |id: Uuid| {
            let entries = waiting.get(&id).map(Vec::as_slice).unwrap_or_default();
            let settings = settings.as_deref()?;
            Some(self.planned_of(id, entries, settings, rules_at))
        };
        let applications = applications.into_iter();
        applications
            .map(|id| (id, planned(id).unwrap_or_default()))
            .collect()
    }

    /// The reminders of an application that show otherwise than base and queue have them: as the rules
    /// make them of what is in the view. `entries` are all that wait of it.
    fn planned_of(
        &self,
        application: Uuid,
        entries: &[&Entry],
        settings: &Settings,
        rules_at: Option<Timestamp>,
    ) -> HashMap<Uuid, Reminder> {
        let (noted, unsent): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().partition(|entry| self.is_noted(entry));
        let lapsed = self.plans.lapsed.get(&application).copied();
        let answered = self.plans.answered.get(&application).copied();
        let edited = || unsent.iter().map(|entry| entry.made_at);
        let answered = answered.into_iter().flatten();
        let made_at = edited().chain(answered.clone()).max().max(rules_at);
        let rang = self.plans.rang.get(&application);
        if made_at.is_none() && lapsed.is_none() && rang.is_none() {
            return HashMap::new();
        }
        let Some(row) = self.view_among::<Application>(application, entries) else {
            return HashMap::new();
        };
        let mut planner = Planner {
            engine: self,
            application: &row,
            activities: self.activities_of(application, &unsent),
            settings,
            noted: &noted,
            edited: edited_last(&unsent),
            rows: self.reminders_of(application, &unsent),
        };
        let before = planner.rows.clone();
        let rang = rang
            .into_iter()
            .flatten()
            .filter(|it| self.is_unsettled(it));
        planner.ring(rang);
        // What was ahead when that was done from which it follows has rung since, and stays: it was a later
        // edit that had nothing to do with it.
        if let Some(first) = edited().chain(answered).min() {
            let since = |row: &Reminder| {
                let causes = unsent.iter().filter(|entry| is_cause(entry, row));
                let last = causes.map(|entry| entry.made_at).max().unwrap_or(first);
                last.max(rules_at.unwrap_or(last))
            };
            planner.plan_new(first, |row| row.due_at > since(row));
        }
        if let Some(at) = made_at {
            planner.plan(at);
        }
        planner.pass(lapsed);
        let is_new = |row: &Reminder| !before.contains(row);
        let rows = planner.rows.into_iter().filter(is_new);
        rows.map(|row| (row.id, row)).collect()
    }

    fn activities_of(&self, application: Uuid, unsent: &[&Entry]) -> Vec<Activity> {
        let ids = self.ids_of::<Activity>(application, unsent);
        let views = ids
            .into_iter()
            .filter_map(|id| self.view_among::<Activity>(id, unsent));
        views.map(|row| Activity::clone(&row)).collect()
    }

    fn reminders_of(&self, application: Uuid, unsent: &[&Entry]) -> Vec<Reminder> {
        let ids = self.ids_of::<Reminder>(application, unsent);
        let rows = ids
            .into_iter()
            .filter_map(|id| self.view_among::<Reminder>(id, unsent));
        rows.map(|row| Reminder::clone(&row)).collect()
    }

    /// What hangs on an application of a kind, or is on its way there.
    fn ids_of<R: Edited + HasTable>(&self, application: Uuid, unsent: &[&Entry]) -> HashSet<Uuid> {
        let table = self.base.table::<R>();
        let known = table.ids_of_parent(application);
        let edited = unsent.iter().filter(|entry| R::op(&entry.edit).is_some());
        known.chain(edited.map(|entry| entry.record)).collect()
    }
}

/// Whether reminders follow from an edit of the settings.
fn changes_rules(edit: &Edit) -> bool {
    match edit {
        Edit::Settings(Op::Patch(patch)) => {
            !patch.reminder_defaults.is_keep() || !patch.timezone.is_keep()
        }
        _ => false,
    }
}
