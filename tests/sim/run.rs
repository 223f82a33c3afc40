//! One run: chance for a while, then peace, then the reckoning.

use crate::{
    disk::Health,
    server::Request,
    trace,
    world::{Moved, World},
};
use chrono::Duration;
use job_hunt_tracker::{
    client::engine::{Edit, Engine, Entry, Keeping, Op, Trouble, Verb},
    domain::{
        application::{Application, ApplicationPatch},
        change::Change,
        error::ProblemKind,
        settings::Settings,
        stage::{StageEvent, Status},
        sync::{Entity, SyncPage, SyncRow},
    },
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What happens next.
#[derive(Clone, Copy)]
enum Step {
    Network,
    Store,
    Lock,
    Time,
    Person,
    Outside,
    Pull,
    Fault,
}

impl World {
    /// So many things happen, whatever they are.
    pub async fn chaos(&mut self, steps: usize) {
        for _ in 0..steps {
            let step = self.dice.weighted(&[
                (30, Step::Network),
                (30, Step::Store),
                (8, Step::Lock),
                (10, Step::Time),
                (14, Step::Person),
                (4, Step::Outside),
                (4, Step::Pull),
                (6, Step::Fault),
            ]);
            match step {
                Step::Network => {
                    let messages = self.messages();
                    if messages > 0 {
                        let at = self.dice.below(messages);
                        self.deliver(at).await;
                    }
                }
                Step::Store => {
                    if let Some((device, at)) = self.any_tab(|tab| !tab.io.is_empty()) {
                        let waiting = self.devices[device].tabs[at].io.len();
                        let io = self.dice.below(waiting);
                        self.io(device, at, io).await;
                    }
                }
                Step::Lock => {
                    let device = self.dice.below(self.devices.len());
                    self.grant(device);
                }
                Step::Time => self.pass_time(),
                Step::Person => {
                    if let Some((device, at)) = self.any_tab(|_| true) {
                        self.person(device, at);
                    }
                }
                Step::Outside => self.outside().await,
                Step::Pull => {
                    if let Some((device, at)) = self.any_tab(|_| true) {
                        self.act(device, at, Engine::pull);
                    }
                }
                Step::Fault => self.fault().await,
            }
        }
    }

    fn any_tab(&mut self, fits: impl Fn(&crate::world::Tab) -> bool) -> Option<(usize, usize)> {
        let mut tabs = Vec::new();
        for (n, device) in self.devices.iter().enumerate() {
            for (at, tab) in device.tabs.iter().enumerate() {
                if fits(tab) {
                    tabs.push((n, at));
                }
            }
        }
        self.dice.pick(&tabs).copied()
    }

    fn pass_time(&mut self) {
        let by = match self.dice.below(10) {
            0..4 => Duration::milliseconds(1 + self.dice.below(900) as i64),
            4..8 => Duration::seconds(1 + self.dice.below(20) as i64),
            8 => Duration::seconds(35),
            _ => Duration::minutes(1 + self.dice.below(10) as i64),
        };
        self.advance(by);
    }

    async fn fault(&mut self) {
        let faults = self.faults;
        let device = self.dice.below(self.devices.len());
        let tabs = self.devices[device].tabs.len();
        if self.dice.percent(faults.kills * 3) && tabs > 0 {
            let at = self.dice.below(tabs);
            self.kill(device, at);
        }
        if self.devices[device].tabs.len() < 2 && self.dice.percent(50) {
            self.open_tab(device).await;
        }
        if self.dice.percent(faults.restarts * 2) {
            trace!("the server restarts");
            self.server.restart().await;
        }
        if self.dice.percent(faults.offline * 3) {
            let online = !self.devices[device].online;
            trace!("d{device} is {}", if online { "online" } else { "offline" });
            self.devices[device].online = online;
            if online {
                let now = self.now;
                for at in 0..self.devices[device].tabs.len() {
                    self.act(device, at, |engine| engine.online(now));
                }
            }
        }
        if self.dice.percent(faults.sessions * 3) {
            let user = self.devices[device].last_user;
            trace!("every session of a user ends");
            self.server.sign_out(user).await;
            let at = self.users.iter().position(|known| *known == user).unwrap();
            self.outside[at] = self.server.sign_in(user).await;
        }
        if self.dice.percent(faults.sessions * 4 + 10) {
            let user = self.devices[device].last_user;
            self.sign_in(device, user).await;
        }
        if self.dice.percent(faults.others * 3) {
            // Bob uses the first device alone.
            let user = self.users[self.dice.below(2)];
            self.sign_in(0, user).await;
            self.open_tab(0).await;
        }
        if self.dice.percent(faults.histories * 3) {
            let user = self.users[self.dice.below(2)];
            trace!("the history is another one");
            let epoch = self.dice.uuid();
            self.server.forget_history(user, epoch).await;
        }
        if self.dice.percent(faults.full * 3) {
            let health = match self.devices[device].health {
                Health::Well => Health::Refuses(Trouble::Full),
                Health::Refuses(_) => Health::Well,
            };
            trace!("d{device} store is {health:?}");
            self.devices[device].health = health;
        }
        if self.dice.percent(faults.leaps) {
            let days = [1, 2, 31, 181][self.dice.below(4)];
            trace!("{days} days pass");
            self.advance(Duration::days(days));
            for at in 0..self.users.len() {
                self.outside[at] = self.server.sign_in(self.users[at]).await;
            }
        }
    }

    async fn sign_in(&mut self, device: usize, user: Uuid) {
        let name = if user == self.users[0] { "Ada" } else { "Bob" };
        trace!("{name} signs in on d{device}");
        self.devices[device].cookie = Some(self.server.sign_in(user).await);
        self.devices[device].last_user = user;
        // A page that was told to go is left.
        while let Some(at) = self.devices[device]
            .tabs
            .iter()
            .position(|tab| tab.told_foreign)
        {
            self.kill(device, at);
        }
    }

    // --- people ---

    fn word(&mut self) -> String {
        self.words += 1;
        format!("w{}", self.words)
    }

    fn fields(&mut self) -> Map<String, Value> {
        let mut fields = Map::new();
        for _ in 0..=self.dice.below(2) {
            let (name, value) = match self.dice.below(8) {
                0 => ("notes", json!(self.word())),
                1 => ("company", json!(self.word())),
                2 => ("source", json!(self.word())),
                3 => ("location_text", json!(self.word())),
                4 => ("next_action", json!(self.word())),
                5 => ("salary_min", json!(10_000 * (1 + self.dice.below(9)))),
                6 => ("salary_max", json!(10_000 * (1 + self.dice.below(9)))),
                _ => ("priority", json!(["Low", "High"][self.dice.below(2)])),
            };
            fields.insert(name.to_owned(), value);
        }
        fields
    }

    fn patch(fields: Map<String, Value>) -> Edit {
        let patch = serde_json::from_value(Value::Object(fields)).unwrap();
        Edit::Application(Op::Patch(Box::new(patch)))
    }

    /// Somebody does something on a page.
    fn person(&mut self, device: usize, at: usize) {
        let now = self.now;
        let tab = &self.devices[device].tabs[at];
        let user = tab.user;
        let mut rows: Vec<(Uuid, Status)> = tab
            .engine
            .view::<Application>()
            .values()
            .map(|row| (row.id, row.status))
            .collect();
        rows.sort_by_key(|(id, _)| *id);
        // A few records that everybody is at, not many that nobody is.
        let row = match self.dice.below(3) {
            0 => self.dice.pick(&rows).copied(),
            _ => rows.first().copied(),
        };
        match (self.dice.below(20), row) {
            (0..3, _) | (_, None) => {
                let id = self.dice.uuid();
                let mut fields = self.fields();
                fields.insert("id".into(), json!(id));
                fields.entry("company").or_insert_with(|| json!("Acme"));
                fields.insert("role_title".into(), json!("Engineer"));
                if let Ok(create) = serde_json::from_value(Value::Object(fields)) {
                    let edit = Edit::Application(Op::Create(Box::new(create)));
                    self.edit(device, at, id, edit);
                }
            }
            (3..9, Some((id, _))) => {
                let fields = self.fields();
                self.edit(device, at, id, Self::patch(fields));
            }
            (9..12, Some((id, from))) => {
                let to = Status::ALL[self.dice.below(5)];
                if to == from {
                    return;
                }
                let patch = ApplicationPatch {
                    status: Change::Set(to),
                    status_occurred_at: Some(now),
                    ..ApplicationPatch::default()
                };
                let edit = Edit::Application(Op::Patch(Box::new(patch)));
                if let Some(key) = self.edit(device, at, id, edit) {
                    self.devices[device].tabs[at].moves.push(Moved {
                        record: id,
                        key,
                        from,
                    });
                }
            }
            (12, _) => {
                let Some(moved) = self.devices[device].tabs[at].moves.pop() else {
                    return;
                };
                let engine = &self.devices[device].tabs[at].engine;
                let patch = engine.undo_of_move(moved.record, moved.key, moved.from);
                let edit = Edit::Application(Op::Patch(Box::new(patch)));
                self.edit(device, at, moved.record, edit);
            }
            (13, Some((id, _))) => {
                let archived = self.dice.percent(70).then_some(now);
                self.edit(
                    device,
                    at,
                    id,
                    Self::patch(
                        json!({"archived_at": archived})
                            .as_object()
                            .unwrap()
                            .clone(),
                    ),
                );
            }
            (14 | 15, Some((id, _))) => {
                _ = self.edit(device, at, id, Edit::Application(Op::Delete))
            }
            (16, _) => self.take_back(device, at),
            (17, _) => {
                let name = self.word();
                let patch = serde_json::from_value(json!({"display_name": name})).unwrap();
                self.edit(device, at, user, Edit::Settings(Op::Patch(Box::new(patch))));
            }
            (18, _) => self.displaced(device, at),
            _ => {
                if self.dice.percent(50) {
                    self.parked(device, at);
                } else {
                    trace!("d{device} releases");
                    self.act(device, at, |engine| engine.release(now));
                }
            }
        }
    }

    fn take_back(&mut self, device: usize, at: usize) {
        let now = self.now;
        let tab = &self.devices[device].tabs[at];
        let entries = tab.engine.outbox().entries();
        let deletion = entries
            .iter()
            .rfind(|entry| entry.edit.verb() == Verb::Delete);
        let Some(entry) = deletion.or(entries.last()).cloned() else {
            return;
        };
        let result = self.devices[device].tabs[at].engine.retract(entry.key, now);
        if let Some(effects) = result {
            trace!("d{device} takes back {}", &entry.key.to_string()[..8]);
            self.give_up(&entry, entry.edit.verb() == Verb::Create, device, at);
            self.perform(device, at, effects);
        }
    }

    /// The user gives up an entry; with a creation all that was done to it.
    fn give_up(&mut self, entry: &Entry, all: bool, device: usize, at: usize) {
        let carried = self.ledger.carried_by_entry(entry);
        self.ledger.given_up.extend(carried);
        if all {
            let user = self.devices[device].tabs[at].user;
            let of_record = self
                .ledger
                .intents
                .iter()
                .enumerate()
                .filter(|(_, intent)| {
                    intent.record == entry.record && intent.place == (device, user)
                });
            let of_record: Vec<usize> = of_record.map(|(n, _)| n).collect();
            self.ledger.given_up.extend(of_record);
        }
    }

    fn parked(&mut self, device: usize, at: usize) {
        let now = self.now;
        let tab = &self.devices[device].tabs[at];
        let parked: Vec<_> = tab
            .engine
            .outbox()
            .entries()
            .iter()
            .filter(|entry| entry.parked.is_some())
            .cloned()
            .collect();
        let Some(entry) = self.dice.pick(&parked).cloned() else {
            return;
        };
        if self.dice.percent(50) {
            trace!("d{device} drops {}", &entry.key.to_string()[..8]);
            self.give_up(&entry, entry.edit.verb() == Verb::Create, device, at);
            self.act(device, at, |engine| engine.drop_parked(entry.key, now));
        } else {
            trace!("d{device} tries {} again", &entry.key.to_string()[..8]);
            self.act(device, at, |engine| engine.retry_parked(entry.key, now));
        }
    }

    fn displaced(&mut self, device: usize, at: usize) {
        let now = self.now;
        let items = self.devices[device].tabs[at].engine.displaced().to_vec();
        let Some(item) = self.dice.pick(&items).cloned() else {
            return;
        };
        if self.dice.percent(30) {
            trace!("d{device} drops what was displaced");
            let carried = self.ledger.carried_by_displaced(&item);
            self.ledger.given_up.extend(carried);
            self.act(device, at, |engine| engine.drop_displaced(item.id, now));
        } else {
            self.reapply(device, at, item.id);
        }
    }

    /// Makes a displaced edit again: it must be possible, unless it does not fit any more.
    fn reapply(&mut self, device: usize, at: usize, id: Uuid) {
        let (fresh, key, made) = (self.dice.uuid(), self.dice.uuid(), self.made());
        let tab = &mut self.devices[device].tabs[at];
        let user = tab.user;
        let Some(item) = tab
            .engine
            .displaced()
            .iter()
            .find(|item| item.id == id)
            .cloned()
        else {
            return;
        };
        let shown = tab.engine.view_of::<Application>(item.record).is_some();
        trace!("d{device} makes again what was displaced");
        match tab.engine.reapply(id, fresh, key, made) {
            Ok((record, effects)) => {
                let again = item.edit.clone().again();
                let entry = tab.engine.outbox().get(key).unwrap();
                let edit = if record == item.record {
                    again
                } else {
                    entry.edit.clone()
                };
                self.ledger.owners.entry(record).or_insert(user);
                self.intended(device, at, record, &edit, key);
                let carried = self.ledger.carried_by_displaced(&item);
                self.ledger.given_up.extend(carried);
                self.perform(device, at, effects);
                self.check_restored(device, at, record, &item.edit);
            }
            Err(problem) => {
                trace!("no: {}", problem.detail);
                let fits = problem.kind == ProblemKind::Validation;
                // A deletion of what is gone has nothing to do, and settings are never gone.
                let moot = item.edit.verb() == Verb::Delete && !shown;
                assert!(
                    fits || moot,
                    "invariant 11: {item:?} cannot be made again: {problem}"
                );
                // Dropped then, as a person would.
                let carried = self.ledger.carried_by_displaced(&item);
                self.ledger.given_up.extend(carried);
                let now = self.now;
                self.act(device, at, |engine| engine.drop_displaced(id, now));
            }
        }
    }

    fn check_restored(&mut self, device: usize, at: usize, record: Uuid, edit: &Edit) {
        let engine = &self.devices[device].tabs[at].engine;
        let shown = match edit {
            Edit::Application(_) => engine
                .view_of::<Application>(record)
                .map(|row| serde_json::to_value(&*row).unwrap()),
            Edit::Settings(_) => engine
                .view_of::<Settings>(record)
                .map(|row| serde_json::to_value(&*row).unwrap()),
        };
        if edit.verb() == Verb::Delete {
            assert!(shown.is_none(), "invariant 11: {record} is still there");
            return;
        }
        let shown = shown.unwrap_or_default();
        for (name, value) in edit.fields() {
            assert_eq!(
                shown.get(&name),
                Some(&value),
                "invariant 11: {name} of {record} is not as it was wanted"
            );
        }
    }

    /// Somebody changes something past every page: another program of the same user.
    async fn outside(&mut self) {
        let n = usize::from(self.dice.percent(15));
        let (session, user) = (self.outside[n].clone(), self.users[n]);
        let records: Vec<Uuid> = self
            .ledger
            .alive
            .iter()
            .copied()
            .filter(|id| self.ledger.owners.get(id) == Some(&user))
            .collect();
        let mut request = Request::new(http::Method::POST, "/applications", Some(session.clone()));
        request.csrf = Some(session.csrf);
        let record = match self.dice.below(3) {
            0 => self.dice.pick(&records).copied(),
            _ => records.first().copied(),
        };
        match (self.dice.below(10), record) {
            (0, _) | (_, None) => {
                let id = self.dice.uuid();
                self.ledger.owners.insert(id, user);
                request.body =
                    Some(json!({"id": id, "company": self.word(), "role_title": "x"}).to_string());
            }
            (1, Some(id)) => {
                request.method = http::Method::DELETE;
                request.path = format!("/applications/{id}");
                request.if_match = self.server.version(user, id).await;
            }
            (kind, Some(id)) => {
                request.method = http::Method::PATCH;
                request.path = format!("/applications/{id}");
                request.if_match = self.server.version(user, id).await;
                let body = match kind {
                    2 | 3 => json!({"status": Status::ALL[self.dice.below(5)]}),
                    // The same as somebody wants on a page.
                    4 => self.same_as_somebody(id),
                    _ => Value::Object(self.fields()),
                };
                request.body = Some(body.to_string());
            }
        }
        let reply = self.serve(&request).await;
        trace!(
            "outside {} {} {} {}",
            request.method,
            request.path,
            request.body.unwrap_or_default(),
            reply.status
        );
    }

    fn same_as_somebody(&mut self, record: Uuid) -> Value {
        let waiting: Vec<Edit> = self
            .devices
            .iter()
            .flat_map(|device| &device.tabs)
            .flat_map(|tab| tab.engine.outbox().of_record(record))
            .filter(|entry| entry.edit.verb() == Verb::Patch)
            .map(|entry| entry.edit.clone())
            .collect();
        match self.dice.pick(&waiting) {
            Some(edit) => Value::Object(edit.fields().into_iter().collect()),
            None => json!({"notes": "same"}),
        }
    }

    // --- peace ---

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
        let places: Vec<_> = self
            .places()
            .into_iter()
            .filter(|place| place.1 == user)
            .collect();
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
        let places: Vec<_> = self
            .places()
            .into_iter()
            .filter(|place| place.1 == user)
            .collect();
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
