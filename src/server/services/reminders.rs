//! Reminders: what plans them, lists of them, and what is particular to a change of one.

use super::{
    Context, cursors, ledger, mails,
    rows::{self, Kind, Step},
};
use crate::{
    domain::{
        activity::Activity,
        application::Application,
        change::Change,
        cursor::Page,
        error::Problem,
        filter::ReminderQuery,
        quiet_hours::{QuietHours, sending},
        reminder::{Facts, Reminder, ReminderCreate, ReminderPatch, plan as planned, still_stands},
        row::{Edited as _, Made, Seen},
        settings::Settings,
        sync::EntityKind,
        time::Timestamp,
    },
    server::{
        db::{
            self,
            reminders::{self, Scheduled},
            rows::After,
            tenant::{Tenant, TenantWrite},
            tombstones,
        },
        secrets,
        zones::Zone,
    },
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A page of reminders, in the order in which they are due; those that were called off too.
///
/// # Errors
/// 400 for a limit out of range, a cursor that is not ours, or `due_before` before `due_after`.
pub async fn list(context: &Context<'_>, query: &ReminderQuery) -> Result<Page<Reminder>, Problem> {
    if let (Some(from), Some(to)) = (query.due_after, query.due_before)
        && to < from
    {
        return Err(Problem::field("due_before", "The end is before the start."));
    }
    let page = cursors::Asked::read(context, "reminders", query.limit, query.cursor.as_deref())?;
    let mut tenant = context.db.read_as(context.owner).await?;
    let items = reminders::list(&mut tenant, query, page.after, page.limit_and_one()).await?;
    Ok(page.of(context, items, |last| After {
        key: last.due_at,
        id: last.id,
    }))
}

/// Deletes a reminder that is still as it was `seen`. One that a rule planned stays, called off for good:
/// the rule would make it again.
///
/// # Errors
/// 404 when it is not this user's, 409 when it has changed.
pub async fn delete(context: &Context<'_>, id: Uuid, seen: Seen) -> Result<(), Problem> {
    ledger::delete_once(context, id, async |tenant| {
        let row: Reminder = rows::current_at(tenant, id, seen).await?;
        if row.meta.rule.is_none() {
            return rows::remove(tenant, context, id, &row).await;
        }
        let patch = ReminderPatch {
            canceled_at: Change::Set(Some(context.now)),
            ..ReminderPatch::default()
        };
        let row = row.patched(&patch, Made::utc(context.now))?;
        reminders::set_version_from(tenant, id, row.updated_at).await?;
        db::rows::update(tenant, &row).await?;
        replan(tenant, context.now, &[row.application_id], Some(id)).await?;
        Ok(Vec::new())
    })
    .await
}

impl Kind for Reminder {
    fn check(_: &ReminderPatch) -> Result<(), Problem> {
        Ok(())
    }

    /// What it is about must be there, and be one.
    async fn complete(
        tenant: &mut TenantWrite,
        create: &mut ReminderCreate,
        _: &Settings,
    ) -> Result<(), Problem> {
        if let Some(id) = create.activity_id {
            let activity = db::rows::find::<Activity>(tenant, id).await?;
            let activity = activity.ok_or_else(|| Problem::not_found(Activity::NOUN, id))?;
            let of = activity.application_id;
            if create.application_id.is_some_and(|said| said != of) {
                let why = "The activity is one of another application.";
                return Err(Problem::field("application_id", why));
            }
            create.application_id = Some(of);
            return Ok(());
        }
        let Some(id) = create.application_id else {
            let why = "Say which application, or which activity, it is about.";
            return Err(Problem::field("application_id", why));
        };
        let application = db::rows::find::<Application>(tenant, id).await?;
        let none = || Problem::not_found(Application::NOUN, id);
        application.map(drop).ok_or_else(none)
    }

    /// When a person made this version is kept: planner and worker change a row without one.
    async fn follow(
        tenant: &mut TenantWrite,
        _: &Context<'_>,
        _: Zone,
        step: Step<'_, Self>,
    ) -> Result<(), Problem> {
        if let Step::Changes { after, .. } = step {
            reminders::set_version_from(tenant, after.id, after.updated_at).await?;
        }
        Ok(())
    }

    async fn was_in(
        tenant: &mut TenantWrite,
        row: &Reminder,
        at: Timestamp,
    ) -> Result<bool, Problem> {
        let from = reminders::version_from(tenant, row.id).await?;
        Ok((from.unwrap_or(row.created_at)..=row.updated_at).contains(&at))
    }

    fn plans(&self) -> Option<(Uuid, Option<Uuid>)> {
        Some((self.application_id, Some(self.id)))
    }
}

/// Plans the reminders of these applications anew, in the transaction of what changed. `edited` is the
/// reminder that a person has just made or changed.
pub(super) async fn replan(
    tenant: &mut TenantWrite,
    now: Timestamp,
    applications: &[Uuid],
    edited: Option<Uuid>,
) -> sqlx::Result<()> {
    let settings = db::settings::find(tenant).await?;
    let rows = db::rows::among::<Application>(tenant, "id", applications).await?;
    let mut whole = Whole::load(tenant, &settings, rows).await?;
    for id in whole.applications() {
        whole.plan(tenant, id, now, edited).await?;
    }
    // Also those that are open again and go out when they did before: nobody wakes for them yet.
    let open = whole.reminders.values().flatten();
    for at in open
        .filter(|it| it.row.is_open())
        .filter_map(|it| it.send_at)
    {
        tenant.wakes_at(at);
    }
    mails::follow(tenant, applications, now).await
}

/// Applications with all that hangs on them, and what is asked of them.
pub(super) struct Whole<'a> {
    settings: &'a Settings,
    zone: Zone,
    quiet: Option<QuietHours>,
    applications: BTreeMap<Uuid, Application>,
    activities: HashMap<Uuid, Vec<Activity>>,
    reminders: HashMap<Uuid, Vec<Scheduled>>,
}

impl<'a> Whole<'a> {
    /// Reads what hangs on these.
    pub(super) async fn load(
        tenant: &mut impl Tenant,
        settings: &'a Settings,
        applications: Vec<Application>,
    ) -> sqlx::Result<Self> {
        let mut whole = Self {
            settings,
            zone: rows::zone_of(settings),
            quiet: QuietHours::of(settings),
            applications: applications.into_iter().map(|row| (row.id, row)).collect(),
            activities: HashMap::new(),
            reminders: HashMap::new(),
        };
        let ids = &whole.applications();
        if ids.is_empty() {
            return Ok(whole);
        }
        for row in db::rows::among::<Activity>(tenant, "application_id", ids).await? {
            whole
                .activities
                .entry(row.application_id)
                .or_default()
                .push(row);
        }
        for it in reminders::of_applications(tenant, ids).await? {
            whole
                .reminders
                .entry(it.row.application_id)
                .or_default()
                .push(it);
        }
        Ok(whole)
    }

    /// The ids of the applications, in their order.
    pub(super) fn applications(&self) -> Vec<Uuid> {
        self.applications.keys().copied().collect()
    }

    /// The reminders of an application.
    pub(super) fn reminders_of(&self, application: Uuid) -> &[Scheduled] {
        self.reminders.get(&application).map_or(&[], Vec::as_slice)
    }

    /// All reminders, as they are by now.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Reminder> {
        self.reminders.values().flatten().map(|it| &it.row)
    }

    /// Plans the reminders of one application, and when they go out.
    pub(super) async fn plan(
        &mut self,
        tenant: &mut TenantWrite,
        application: Uuid,
        now: Timestamp,
        edited: Option<Uuid>,
    ) -> sqlx::Result<()> {
        let Some(row) = self.applications.get(&application) else {
            return Ok(());
        };
        let none = Vec::new();
        let known = self.reminders.entry(application).or_default();
        let before: Vec<Reminder> = known.iter().map(|it| it.row.clone()).collect();
        let changes = {
            let facts = Facts {
                application: row,
                activities: self.activities.get(&application).unwrap_or(&none),
                reminders: &before,
                rules: &self.settings.reminder_defaults,
                zone: &self.zone,
                now,
            };
            planned(&facts, edited.as_slice())
        };
        for change in changes {
            match known.iter_mut().find(|it| it.row.id == change.id) {
                Some(it) => {
                    db::rows::update(tenant, &change).await?;
                    it.row = change;
                }
                // A person had one of this id, and deleted it: it never comes back.
                None if tombstones::exists(tenant, EntityKind::Reminder, change.id).await? => {}
                // Nor is it taken from the one that a person has of another application.
                None if db::rows::find::<Reminder>(tenant, change.id)
                    .await?
                    .is_some() => {}
                None => {
                    // Nobody created it: what it is called is all that was asked for.
                    let key = change.dedupe_key.as_deref().unwrap_or_default();
                    let hash = secrets::sha256(key.as_bytes());
                    db::rows::insert(tenant, &change, Some(hash)).await?;
                    known.push(Scheduled {
                        row: change,
                        send_at: None,
                    });
                }
            }
        }
        for place in 0..known.len() {
            self.schedule(tenant, application, place, now).await?;
        }
        Ok(())
    }

    /// Notes when a reminder goes out, where that is another moment than before.
    async fn schedule(
        &mut self,
        tenant: &mut TenantWrite,
        application: Uuid,
        place: usize,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        let of = self.reminders.get(&application);
        let Some(it) = of
            .and_then(|of| of.get(place))
            .filter(|it| it.row.is_open())
        else {
            return Ok(());
        };
        let event = self.event_of(&it.row);
        let to = sending(it.row.due_at, event, now, self.quiet, &self.zone);
        // What stands in the app at once stood there already, perhaps.
        let stands = !to.rings && it.send_at.is_some_and(|at| at <= now);
        // What is late waits for the end of quiet hours, also where it was put off until then before.
        let late = self.late(&it.row, now);
        let at = if to.at <= now && late > now {
            late
        } else {
            to.at
        };
        if it.send_at == Some(at) || stands {
            return Ok(());
        }
        let id = it.row.id;
        reminders::set_send_at(tenant, id, at).await?;
        if let Some(of) = self.reminders.get_mut(&application)
            && let Some(it) = of.get_mut(place)
        {
            it.send_at = Some(at);
        }
        Ok(())
    }

    /// When begins what a reminder is before; none where it is before nothing.
    pub(super) fn event_of(&self, row: &Reminder) -> Option<Timestamp> {
        row.event(self.activity_of(row))
    }

    /// What is asked of them.
    pub(super) fn settings(&self) -> &Settings {
        self.settings
    }

    /// One of the applications.
    pub(super) fn application(&self, id: Uuid) -> Option<&Application> {
        self.applications.get(&id)
    }

    /// The activity that a reminder is about.
    pub(super) fn activity_of(&self, row: &Reminder) -> Option<&Activity> {
        let of = self.activities.get(&row.application_id)?;
        of.iter().find(|it| Some(it.id) == row.activity_id)
    }

    /// Whether what a reminder says that went out is still so.
    pub(super) fn stands(&self, row: &Reminder, now: Timestamp) -> bool {
        let Some(application) = self.applications.get(&row.application_id) else {
            return false;
        };
        let none = Vec::new();
        let facts = Facts {
            application,
            activities: self.activities.get(&application.id).unwrap_or(&none),
            reminders: &[],
            rules: &self.settings.reminder_defaults,
            zone: &self.zone,
            now,
        };
        still_stands(row, &facts)
    }

    /// Whether a reminder goes out with a sound, and does not just show where it would have been too late.
    pub(super) fn rings(&self, it: &Scheduled) -> bool {
        let event = self.event_of(&it.row);
        // What goes out before quiet hours goes out at that very moment; what shows at once does so later.
        let at = it.send_at.unwrap_or(it.row.due_at);
        sending(it.row.due_at, event, at, self.quiet, &self.zone).rings
    }

    /// When goes out at last what is to go out by `now`.
    pub(super) fn late(&self, row: &Reminder, now: Timestamp) -> Timestamp {
        let event = self.event_of(row);
        crate::domain::quiet_hours::sending_late(row.due_at, event, now, self.quiet, &self.zone)
    }

    /// Takes note of a reminder as it is stored now.
    pub(super) fn take(&mut self, row: Reminder) {
        let of = self.reminders.get_mut(&row.application_id);
        if let Some(it) = of.and_then(|of| of.iter_mut().find(|it| it.row.id == row.id)) {
            it.row = row;
        }
    }
}
