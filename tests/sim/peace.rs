//! When nothing goes wrong any more: everything comes to rest, and must be right.

use crate::{disk::Health, ledger::Place, server::Request, trace, versions::seen_by, world::World};
use chrono::Duration;
use job_hunt_tracker::{
    client::engine::{Displaced, Edit, Engine, Entry, Op, Persistence, SyncState, Verb},
    domain::{
        activity::Activity,
        application::Application,
        reminder::{Facts, Reminder, plan},
        settings::Settings,
        stage::StageEvent,
        sync::{Entity, EntityKinds, SyncPage, SyncRow},
        time::Timestamp,
    },
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

impl World {
    /// Nothing goes wrong any more: everything comes to rest, and must be right.
    pub async fn reckon(&mut self) {
        trace!("--- peace");
        let (histories, undone) = (self.faults.histories > 0, self.faults.undone > 0);
        self.faults = crate::world::Faults::default();
        self.calm = true;
        for device in &mut self.devices {
            device.online = true;
            device.health = Health::Well;
            device.deleted();
        }
        for user in self.users.clone() {
            self.come_to_rest(user).await;
            self.compare(user).await;
            if self.restore(user).await {
                self.come_to_rest(user).await;
                self.compare(user).await;
            }
            // A backup is restored while everything rests: then nobody can but notice.
            if histories && self.dice.percent(50) {
                self.another_history(user).await;
                self.come_to_rest(user).await;
                self.compare(user).await;
            }
            // Or one that lacks what pages have just heard to be taken: then only they can notice.
            if undone && self.dice.percent(50) {
                self.edit_on_each(user);
                self.settle().await;
                self.newest_is_undone(user).await;
                self.come_to_rest(user).await;
                self.compare(user).await;
            }
            self.edit_in_peace(user).await;
            self.compare(user).await;
        }
        let places = self.places();
        let disks: Vec<_> = places
            .iter()
            .map(|place| (*place, self.disk(*place)))
            .collect();
        self.ledger.check_all(&disks);
    }

    /// The user signs in wherever a store of theirs is, and waits.
    async fn come_to_rest(&mut self, user: Uuid) {
        trace!("--- rest");
        let places = self.places_of(user);
        for (device, _) in &places {
            let signed_in = self.devices[*device].cookie.as_ref();
            if signed_in.is_none_or(|session| session.user != user) {
                self.sign_in(*device, user).await;
            } else {
                self.devices[*device].cookie = Some(self.server.sign_in(user).await);
            }
            while let Some(at) = self.devices[*device]
                .tabs
                .iter()
                .position(|tab| tab.user != user || tab.told_foreign)
            {
                self.kill(*device, at);
            }
            while self.devices[*device].tabs.len() > 2 {
                self.kill(*device, 0);
            }
            if self.devices[*device].tabs.len() < 2 {
                self.open_tab(*device).await;
            }
        }
        self.wait_for_rest(&places).await;
        // A page without its store has sent what it had, and is loaded anew, as is one of an older
        // version.
        let mut anew = false;
        for (device, _) in &places {
            let newer = self.newer;
            let old = |tab: &crate::world::Tab| tab.store_is_gone || tab.newer != newer;
            while let Some(at) = self.devices[*device].tabs.iter().position(old) {
                self.kill(*device, at);
                self.open_tab(*device).await;
                anew = true;
            }
        }
        if anew {
            self.wait_for_rest(&places).await;
        }
        self.check_rest(user).await;
    }

    async fn wait_for_rest(&mut self, places: &[Place]) {
        let mut quiet = 0;
        for round in 0..60 {
            // An answer from before may tell a page to go; its user loads it anew.
            for (device, _) in places {
                let told = |tab: &crate::world::Tab| tab.told_foreign;
                while let Some(at) = self.devices[*device].tabs.iter().position(told) {
                    self.kill(*device, at);
                    self.open_tab(*device).await;
                }
            }
            self.look();
            self.server.work().await;
            self.settle().await;
            let before = self.progress();
            for device in 0..self.devices.len() {
                let now = self.time(device);
                for at in 0..self.devices[device].tabs.len() {
                    self.act(device, at, |engine| engine.online(now));
                    // Of some pages the others hear first.
                    if round > 0 || self.dice.percent(50) {
                        self.act(device, at, Engine::pull);
                    }
                }
            }
            self.settle().await;
            let waits = places.iter().any(|place| self.waits(*place));
            // A page that has just learned that it is signed in asks for what is new the next time.
            let rests = !waits && before == self.progress() && !self.waits_for_answers();
            quiet = if rests { quiet + 1 } else { 0 };
            if quiet == 2 {
                break;
            }
            self.advance(Duration::minutes(2));
        }
        for place in places {
            assert!(
                !self.waits(*place),
                "invariant 14: {:?} still waits, in pages {:?}",
                self.disk(*place).entries(),
                self.devices[place.0]
                    .tabs
                    .iter()
                    .map(|tab| (tab.id, tab.engine.outbox().entries()))
                    .collect::<Vec<_>>()
            );
        }
        self.look();
        self.settle().await;
    }

    /// Whatever pages hear and ask, nothing is written, sent or woken where nothing happens.
    async fn check_rest(&mut self, user: Uuid) {
        let of_user = |world: &Self| {
            let places = world.places_of(user);
            let stamps: Vec<u64> = places
                .iter()
                .map(|place| world.disk(*place).stamp)
                .collect();
            let tabs = world.devices.iter().flat_map(|device| &device.tabs);
            let tabs = tabs.filter(|tab| tab.user == user);
            let asked: Vec<(u64, u64)> = tabs.map(|tab| (tab.id, tab.asked)).collect();
            (stamps, asked)
        };
        let before = of_user(self);
        for _ in 0..3 {
            self.look();
            for device in 0..self.devices.len() {
                for at in 0..self.devices[device].tabs.len() {
                    self.act(device, at, Engine::pull);
                }
            }
            self.settle().await;
            self.advance(Duration::seconds(70));
        }
        assert_eq!(
            before,
            of_user(self),
            "invariant 15: stamps and requests of {user}, though nothing happened"
        );
        let tabs = self.devices.iter().flat_map(|device| &device.tabs);
        for tab in tabs.filter(|tab| tab.user == user) {
            assert_eq!(
                tab.wake_at, None,
                "invariant 15: t{} has nothing to wake up for",
                tab.id
            );
        }
    }

    /// Pages that heard of nothing look by themselves, as they do when they get the focus.
    fn look(&mut self) {
        for device in self.devices.iter_mut().filter(|device| !device.storeless) {
            for tab in device.tabs.iter_mut().filter(|tab| !tab.store_is_gone) {
                tab.io.push(crate::world::Io::Read(crate::world::Why::Hint));
            }
        }
    }

    /// How far stores and pages are.
    fn progress(&self) -> (Vec<u64>, Vec<(Option<String>, SyncState)>) {
        let places = self.places();
        let stamps = places.iter().map(|place| self.disk(*place).stamp);
        let tabs = self.devices.iter().flat_map(|device| &device.tabs);
        // A page that was signed out until now has not asked yet for what is new.
        let states = tabs.map(|tab| {
            let state = tab.engine.sync_state(self.now);
            (tab.engine.meta().cursor.clone(), state)
        });
        (stamps.collect(), states.collect())
    }

    /// Whether something in the store could still be sent.
    fn waits(&self, place: (usize, Uuid)) -> bool {
        let mut stored = self.disk(place).entries();
        stored.retain(|entry| !self.ledger.is_noted(entry));
        fn could_be_sent<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> bool {
            let mut held_up = std::collections::HashSet::new();
            entries.into_iter().any(|entry| {
                if entry.parked.is_some() {
                    held_up.insert(entry.aggregate);
                }
                !held_up.contains(&entry.aggregate)
            })
        }
        let mut tabs = self.devices[place.0].tabs.iter();
        let in_memory = tabs.any(|tab| {
            matches!(tab.engine.persistence(), Persistence::Memory(_))
                && could_be_sent(tab.engine.unsent().map(Arc::as_ref))
        });
        if self.devices[place.0].storeless || in_memory {
            return in_memory;
        }
        // A queue that no page can read waits for one that can.
        let mut tabs = self.devices[place.0].tabs.iter();
        let is_read = tabs.any(|tab| tab.user == place.1 && !tab.store_is_gone);
        let in_store = is_read && could_be_sent(&stored);
        let in_pages = self.devices[place.0]
            .tabs
            .iter()
            .filter(|tab| tab.user == place.1 && !tab.store_is_gone)
            .any(|tab| {
                let outbox = tab.engine.outbox();
                let unstored = outbox
                    .entries()
                    .iter()
                    .any(|entry| !outbox.is_durable(entry));
                // A store that has refused something is tried again after a while.
                unstored || matches!(tab.engine.persistence(), Persistence::Refused(_))
            });
        in_store || in_pages
    }

    /// Every page and every store of a user has what the server has (invariant 6).
    async fn compare(&mut self, user: Uuid) {
        let session = self.server.sign_in(user).await;
        let request = Request::new(
            http::Method::GET,
            format!("/sync?limit=5000&kinds={}", EntityKinds::ALL),
            Some(session),
        );
        let page: SyncPage = serde_json::from_str(&self.server.call(&request).await.body).unwrap();
        assert!(!page.has_more);
        let mut truth: BTreeMap<Uuid, Entity> = BTreeMap::new();
        for change in page.changes {
            match change.what {
                SyncRow::Upsert(entity) => _ = truth.insert(change.id, entity),
                SyncRow::Delete { .. } => _ = truth.remove(&change.id),
            }
        }
        let made = |row: &&Entity| match row {
            Entity::Application(_) | Entity::Activity(_) => true,
            Entity::Reminder(row) => row.meta.rule.is_none(),
            Entity::StageEvent(_) | Entity::Settings(_) => false,
        };
        let alive = self.ledger.alive_of(user);
        let records = truth.values().filter(made).count();
        assert_eq!(records, alive.len(), "records at the server");
        let old = |row: &Application| self.is_old(row.archived_at);
        for (device, _) in self.places().into_iter().filter(|place| place.1 == user) {
            if !self.devices[device].storeless {
                let stored = seen_by(self.newer, self.disk((device, user)).read(0));
                let mut fresh = Engine::default();
                _ = fresh.opened(stored, self.time(device));
                let what = format!("the store of d{device}");
                check_plans(&truth, &fresh, self.now, &what);
                compare_engine(&truth, &fresh, user, &what, old);
            }
            for tab in &self.devices[device].tabs {
                check_plans(&truth, &tab.engine, self.now, &format!("t{}", tab.id));
                compare_engine(&truth, &tab.engine, user, &format!("t{}", tab.id), old);
            }
        }
    }

    /// What lies aside can be made again, and what was refused dropped. Answers whether there was
    /// any.
    async fn restore(&mut self, user: Uuid) -> bool {
        let mut any = false;
        let places = self.places_of(user);
        // What devices make again may conflict among them; each time at least one comes through.
        let most = places.len() + 1;
        for n in 0..=most {
            let again = self.make_again(user).await;
            if again.is_empty() {
                break;
            }
            assert!(
                n < most,
                "invariant 14: made again {most} times, and displaced each time: {again:?}"
            );
            any = true;
            self.come_to_rest(user).await;
        }
        for (device, _) in &places {
            let at = self.a_tab(*device, user);
            for _ in 0..50 {
                let engine = &self.devices[*device].tabs[at].engine;
                let parked = engine
                    .outbox()
                    .entries()
                    .iter()
                    .find(|entry| entry.parked.is_some());
                let Some(entry) = parked.cloned() else { break };
                any = true;
                let now = self.time(*device);
                self.give_up(&entry, entry.edit.verb() == Verb::Create, *device, at);
                self.act(*device, at, |engine| engine.drop_parked(entry.key, now));
                self.settle().await;
            }
        }
        any
    }

    /// Makes again what lies aside on every device of a user. Answers what.
    async fn make_again(&mut self, user: Uuid) -> Vec<Displaced> {
        let mut again = Vec::new();
        for (device, _) in self.places_of(user) {
            let at = self.a_tab(device, user);
            let items = self.devices[device].tabs[at].engine.displaced().to_vec();
            for item in items {
                self.reapply(device, at, item.id);
                self.settle().await;
                again.push(item);
            }
        }
        again
    }

    /// Where everything rests, an edit comes through: nobody has anything against it.
    async fn edit_in_peace(&mut self, user: Uuid) {
        let edits = self.edit_on_each(user);
        self.come_to_rest(user).await;
        for key in edits {
            assert!(
                self.ledger.has_arrived(key),
                "invariant 14: in peace {:?} does not come through",
                self.ledger.intent(key)
            );
        }
    }

    /// Something is done to an application on each device, to another one on each.
    fn edit_on_each(&mut self, user: Uuid) -> Vec<Uuid> {
        let mut edits = Vec::new();
        let mut taken = HashSet::new();
        for place in self.places_of(user) {
            let device = place.0;
            let at = self.a_tab(device, user);
            let engine = &self.devices[device].tabs[at].engine;
            let pending = engine.pending_records();
            let rows = engine.view::<Application>();
            let mut records: Vec<Uuid> = rows.keys().copied().collect();
            records.retain(|record| !pending.contains(record) && !taken.contains(record));
            // One that it has edited before, if any; each device another one.
            records.sort_by_key(|record| (!self.ledger.has_edited(place, *record), *record));
            let Some(record) = records.first().copied() else {
                continue;
            };
            taken.insert(record);
            let notes = serde_json::json!({"notes": self.word()});
            let patch = serde_json::from_value(notes).unwrap();
            let edit = Edit::Application(Op::Patch(Box::new(patch)));
            edits.extend(self.edit(device, at, record, edit));
        }
        edits
    }

    fn a_tab(&self, device: usize, user: Uuid) -> usize {
        let tabs = &self.devices[device].tabs;
        tabs.iter().position(|tab| tab.user == user).unwrap()
    }
}

/// The planner makes of what a page shows the very reminders that the server has issued.
fn check_plans(truth: &BTreeMap<Uuid, Entity>, engine: &Engine, now: Timestamp, what: &str) {
    let base = engine.base();
    // The server's: a change of them that it refused shows, and holds nowhere else.
    let settings = base.table::<Settings>().rows().values().next().unwrap();
    // Where a store is partial, an application may be there without all that hangs on it.
    let is_whole = |application: Uuid| {
        let hangs = |row: &&Entity| row.parents().any(|parent| parent == application);
        let mut children = truth.iter().filter(|(_, row)| hangs(row));
        children.all(|(id, row)| base.entity(row.kind(), *id).is_some())
    };
    let applications = base.table::<Application>().rows().values();
    for application in applications.filter(|row| is_whole(row.id)) {
        let activities = base.table::<Activity>().of_parent(application.id);
        let activities: Vec<Activity> = activities.map(|row| Activity::clone(row)).collect();
        let reminders = base.table::<Reminder>().of_parent(application.id);
        let reminders: Vec<Reminder> = reminders.map(|row| Reminder::clone(row)).collect();
        let facts = Facts {
            application,
            activities: &activities,
            reminders: &reminders,
            rules: &settings.reminder_defaults,
            zone: &chrono::Utc,
            now,
        };
        let changes = plan(&facts, &[]);
        assert!(
            changes.is_empty(),
            "invariant 17: in {what} the planner makes of {application:?} with {activities:?} and {reminders:?} {changes:?}"
        );
    }
}

fn compare_engine(
    truth: &BTreeMap<Uuid, Entity>,
    engine: &Engine,
    user: Uuid,
    what: &str,
    is_old: impl Fn(&Application) -> bool,
) {
    let base = engine.base();
    let partial = engine.meta().truncated;
    let mut left: std::collections::HashSet<Uuid> =
        base.table::<Application>().rows().keys().copied().collect();
    left.extend(base.table::<StageEvent>().rows().keys());
    left.extend(base.table::<Activity>().rows().keys());
    left.extend(base.table::<Reminder>().rows().keys());
    for (id, row) in truth {
        left.remove(id);
        let known = base.entity(row.kind(), *id);
        // What was archived long ago may be left out, and with an application its events.
        let left_out = match row {
            Entity::Application(row) => is_old(row),
            other => other.parents().next().is_some(),
        };
        if known.is_none() && partial && left_out {
            continue;
        }
        assert_eq!(known.as_ref(), Some(row), "invariant 6: {id} in {what}");
    }
    let more: Vec<_> = left
        .iter()
        .map(|id| (id, base.table::<StageEvent>().get(*id)))
        .collect();
    assert!(
        more.is_empty(),
        "invariant 6: {more:?} in {what} and nowhere else"
    );
    let owner = engine.owner();
    assert_eq!(owner, Some(user), "{what}");
}
