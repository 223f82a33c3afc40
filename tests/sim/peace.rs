//! When nothing goes wrong any more: everything comes to rest, and must be right.

use crate::{disk::Health, server::Request, trace, world::World};
use chrono::Duration;
use job_hunt_tracker::{
    client::engine::{Engine, Entry, Keeping, Verb},
    domain::{
        application::Application,
        settings::Settings,
        stage::StageEvent,
        sync::{Entity, SyncPage, SyncRow},
    },
};
use std::collections::BTreeMap;
use uuid::Uuid;

impl World {
    /// Nothing goes wrong any more: everything comes to rest, and must be right.
    pub async fn reckon(&mut self) {
        trace!("--- peace");
        self.faults = crate::world::Faults::default();
        self.calm = true;
        for device in &mut self.devices {
            device.online = true;
            device.health = Health::Well;
        }
        for user in self.users.clone() {
            self.come_to_rest(user).await;
            self.compare(user).await;
            if self.restore(user).await {
                self.come_to_rest(user).await;
                self.compare(user).await;
            }
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
        let mut quiet = 0;
        for _ in 0..60 {
            // An answer from before may tell a page to go; its user loads it anew.
            for (device, _) in &places {
                let told = |tab: &crate::world::Tab| tab.told_foreign;
                while let Some(at) = self.devices[*device].tabs.iter().position(told) {
                    self.kill(*device, at);
                    self.open_tab(*device).await;
                }
            }
            self.look();
            self.settle().await;
            let before = self.progress();
            for device in 0..self.devices.len() {
                let now = self.now;
                for at in 0..self.devices[device].tabs.len() {
                    self.act(device, at, |engine| engine.online(now));
                    self.act(device, at, Engine::pull);
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
        for place in &places {
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

    /// Pages that heard of nothing look by themselves, as they do when they get the focus.
    fn look(&mut self) {
        for device in self.devices.iter_mut().filter(|device| !device.storeless) {
            for tab in &mut device.tabs {
                tab.io.push(crate::world::Io::Read(crate::world::Why::Hint));
            }
        }
    }

    /// How far stores and pages are.
    fn progress(&self) -> (Vec<u64>, Vec<Option<String>>) {
        let places = self.places();
        let stamps = places.iter().map(|place| self.disk(*place).stamp);
        let tabs = self.devices.iter().flat_map(|device| &device.tabs);
        let cursors = tabs.map(|tab| tab.engine.meta().cursor.clone());
        (stamps.collect(), cursors.collect())
    }

    /// Whether something in the store could still be sent.
    fn waits(&self, place: (usize, Uuid)) -> bool {
        let stored = self.disk(place).entries();
        let could_be_sent = |entries: &[Entry]| {
            let mut held_up = std::collections::HashSet::new();
            entries.iter().any(|entry| {
                if entry.parked.is_some() {
                    held_up.insert(entry.aggregate);
                }
                !held_up.contains(&entry.aggregate)
            })
        };
        if self.devices[place.0].storeless {
            let mut tabs = self.devices[place.0].tabs.iter();
            return tabs.any(|tab| could_be_sent(tab.engine.outbox().entries()));
        }
        let in_store = could_be_sent(&stored);
        let in_pages = self.devices[place.0]
            .tabs
            .iter()
            .filter(|tab| tab.user == place.1)
            .any(|tab| {
                let outbox = tab.engine.outbox();
                let unstored = outbox
                    .entries()
                    .iter()
                    .any(|entry| !outbox.is_durable(entry));
                // A store that has refused something is tried again after a while.
                unstored || matches!(tab.engine.keeping(), Keeping::Refused(_))
            });
        in_store || in_pages
    }

    /// Every page and every store of a user has what the server has (invariant 6).
    async fn compare(&mut self, user: Uuid) {
        let session = self.server.sign_in(user).await;
        let request = Request::new(http::Method::GET, "/sync?limit=5000", Some(session));
        let page: SyncPage = serde_json::from_str(&self.server.call(&request).await.body).unwrap();
        assert!(!page.has_more);
        let mut truth: BTreeMap<Uuid, Entity> = BTreeMap::new();
        for change in page.changes {
            match change.what {
                SyncRow::Upsert(entity) => _ = truth.insert(change.id, entity),
                SyncRow::Delete { .. } => _ = truth.remove(&change.id),
            }
        }
        let alive = self.ledger.alive.iter();
        let alive = alive.filter(|id| self.ledger.owners.get(*id) == Some(&user));
        let applications = truth
            .values()
            .filter(|row| matches!(row, Entity::Application(_)));
        assert_eq!(applications.count(), alive.count(), "records at the server");
        for (device, _) in self.places().into_iter().filter(|place| place.1 == user) {
            if !self.devices[device].storeless {
                let stored = self.disk((device, user)).read(0);
                let mut fresh = Engine::default();
                _ = fresh.opened(stored, self.now);
                compare_engine(&truth, &fresh, user, &format!("the store of d{device}"));
            }
            for tab in &self.devices[device].tabs {
                compare_engine(&truth, &tab.engine, user, &format!("t{}", tab.id));
            }
        }
    }

    /// What lies aside can be made again, and what was refused dropped. Answers whether there was
    /// any.
    async fn restore(&mut self, user: Uuid) -> bool {
        let mut any = false;
        let places = self.places_of(user);
        for (device, _) in &places {
            let at = self.a_tab(*device, user);
            let engine = &self.devices[*device].tabs[at].engine;
            let items: Vec<Uuid> = engine.displaced().iter().map(|item| item.id).collect();
            for id in items {
                any = true;
                self.reapply(*device, at, id);
                self.settle().await;
            }
        }
        if any {
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
                let now = self.now;
                self.give_up(&entry, entry.edit.verb() == Verb::Create, *device, at);
                self.act(*device, at, |engine| engine.drop_parked(entry.key, now));
                self.settle().await;
            }
        }
        any
    }

    fn a_tab(&self, device: usize, user: Uuid) -> usize {
        let tabs = &self.devices[device].tabs;
        tabs.iter().position(|tab| tab.user == user).unwrap()
    }
}

fn compare_engine(truth: &BTreeMap<Uuid, Entity>, engine: &Engine, user: Uuid, what: &str) {
    let base = engine.base();
    let partial = engine.meta().partial;
    let mut left: std::collections::HashSet<Uuid> =
        base.table::<Application>().rows().keys().copied().collect();
    left.extend(base.table::<StageEvent>().rows().keys());
    for (id, row) in truth {
        left.remove(id);
        let known = match row {
            Entity::Application(_) => base
                .table::<Application>()
                .get(*id)
                .map(|row| Entity::Application(Box::new(Application::clone(row)))),
            Entity::StageEvent(_) => base
                .table::<StageEvent>()
                .get(*id)
                .map(|row| Entity::StageEvent(StageEvent::clone(row))),
            Entity::Settings(_) => base
                .table::<Settings>()
                .get(user)
                .map(|row| Entity::Settings(Settings::clone(row))),
        };
        // What was archived long ago may be left out.
        if known.is_none() && partial {
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
