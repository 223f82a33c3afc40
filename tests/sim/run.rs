//! One run: chance for a while, then peace, then the reckoning.

use crate::{
    disk::Health,
    network::Message,
    trace,
    world::{Io, Tab, Why, World},
};
use chrono::Duration;
use job_hunt_tracker::client::engine::{Engine, Trouble, Unstored};
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
    Worker,
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
                (3, Step::Worker),
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
                Step::Worker => self.server.work().await,
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
                let now = self.time(device);
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
        if self.dice.percent(faults.leaves * 3) {
            self.leave(device);
        }
        if self.dice.percent(faults.deletions * 8) {
            self.devices[device].deleted();
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
            self.another_history(user).await;
        }
        if self.dice.percent(faults.full * 3) {
            let health = match self.devices[device].health {
                Health::Well => Health::Refuses(Trouble::Full),
                Health::Refuses(_) => Health::Well,
            };
            trace!("d{device} store is {health:?}");
            self.devices[device].health = health;
        }
        let tabs = self.devices[device].tabs.len();
        if self.dice.percent(faults.gone_stores * 2) && tabs > 0 {
            let at = self.dice.below(tabs);
            self.store_goes_away(device, at);
        }
        if self.dice.percent(faults.deploys * 2) {
            self.deploy();
        }
        if self.dice.percent(faults.clocks * 3) {
            let ahead = match self.dice.below(3) {
                0 => Duration::zero(),
                _ => self.devices[device].ahead + self.wrong_by(),
            };
            self.set_clock(device, ahead);
        }
        if self.dice.percent(faults.steals * 4) {
            self.steal_for_some(device);
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

    /// The server's history is another one, as after a restored backup: then records are as they were at
    /// earlier versions.
    pub async fn another_history(&mut self, user: Uuid) {
        let epoch = self.dice.uuid();
        trace!("the history is another one");
        self.server.forget_history(user, epoch).await;
        if self.dice.percent(25) {
            return;
        }
        self.stands_still();
        self.server.forget_plans(user).await;
        let session = self.server.sign_in(user).await;
        for record in self.ledger.applications_of(user) {
            let version = self.server.version(user, record).await;
            let Some(last) = version.filter(|version| *version > 1) else {
                continue;
            };
            let most = usize::try_from(last - 1).unwrap().min(4);
            let version = last - 1 - i64::try_from(self.dice.below(most)).unwrap();
            trace!("{} is at version {version}", &record.to_string()[..8]);
            self.server.set_back(user, record, version).await;
            self.ledger.set_back(record, version);
            // Who goes on there gives the numbers that were given before.
            if self.dice.percent(60) {
                for _ in 0..last - version {
                    self.touch(&session, record).await;
                }
            }
        }
    }

    /// A backup is restored that lacks the newest of what a user did, and perhaps nothing else: whoever has
    /// pulled since the backup finds a history that fits, and only whoever heard that those were taken knows
    /// better.
    pub async fn newest_is_undone(&mut self, user: Uuid) {
        self.stands_still();
        let most = 1 + self.dice.below(4);
        let undone = self.server.undo(user, most).await;
        trace!("the newest is undone: {undone:?}");
        let session = self.server.sign_in(user).await;
        for (record, version) in &undone {
            self.ledger.set_back(*record, *version);
        }
        for (record, _) in undone {
            if self.dice.percent(40) {
                self.touch(&session, record).await;
            }
        }
    }

    /// The server stands still for a while: nothing of before is still on its way back, and no two states
    /// of a row are of the same moment.
    fn stands_still(&mut self) {
        self.advance(Duration::seconds(1));
        for message in &mut self.net {
            if let Message::Answer(id, _) = message {
                *message = Message::Lost(*id);
            }
        }
    }

    /// The browser closes a page's connection to its store; what is being written and read never
    /// comes back.
    fn store_goes_away(&mut self, device: usize, at: usize) {
        let now = self.time(device);
        let tab = &self.devices[device].tabs[at];
        if !(tab.opened || tab.connected) || tab.store_is_gone {
            return;
        }
        trace!("d{device} t{} its store is gone", tab.id);
        self.loses_store(device, at);
        self.act(device, at, |engine| engine.unstored(Unstored::Lost, now));
    }

    /// Somebody signs out on a device. What it keeps of them is deleted, unless edits wait there; the
    /// deletion may wait for a page that is frozen.
    fn leave(&mut self, device: usize) {
        let Some(user) = self.devices[device].cookie.take().map(|cookie| cookie.user) else {
            return;
        };
        let Some(disk) = self.devices[device].disks.get(&user) else {
            return;
        };
        let waits = !disk.entries().is_empty() || !disk.displaced().is_empty();
        let kept = if waits { "sealed" } else { "emptied" };
        trace!("d{device} is left, and {kept}");
        let of_user = |tab: &&Tab| tab.user == user;
        let pages = self.devices[device].tabs.iter().filter(of_user);
        let pages: Vec<u64> = pages.map(|tab| tab.id).collect();
        for (n, page) in pages.into_iter().enumerate() {
            let Some(at) = self.find(device, page) else {
                continue;
            };
            // One that waits for the store to know whose it is has nothing to show, and is left.
            let knows_nobody = self.devices[device].tabs[at].engine.owner().is_none();
            if n == 0 || knows_nobody || self.dice.percent(60) {
                self.kill(device, at);
            } else if !waits {
                // It has not heard, but its connection is closed; or it opens once that is done.
                let tab = &mut self.devices[device].tabs[at];
                tab.io.retain(|io| !matches!(io, Io::Read(Why::Opening)));
                self.store_goes_away(device, at);
            }
        }
        if !waits {
            self.devices[device].deleting.insert(user);
            if !self.dice.percent(self.faults.deletions * 10) {
                self.devices[device].deleted();
            }
        }
    }

    /// A page goes on with what it has, and its store without it.
    pub fn loses_store(&mut self, device: usize, at: usize) {
        let tab = &self.devices[device].tabs[at];
        let place = (device, tab.user);
        let waiting = tab.engine.outbox().entries().iter();
        let records = waiting.map(|entry| (place, entry.record));
        self.ledger.alone.extend(records);
        self.close_store(device, at);
    }

    pub async fn sign_in(&mut self, device: usize, user: Uuid) {
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
}
