//! A year of reminders by a clock that jumps from one thing to the next: people in zones of all sorts who
//! do everything, a worker that looks when it is woken, is down for minutes or days, or is there twice; the
//! real services on a real database, and a second, naive model ([`model`]) that says of each reminder when
//! it must go out. Nothing may be lost, doubled, early, more than a minute late, or come at night.
//!
//! `YEAR_SEED=n YEAR_USERS=n YEAR_GAP=hours` run another year: so many people, who do something that often.

mod clocks;
mod model;
mod people;
mod sabotage;

use crate::{dice::Dice, server};
use clocks::{Clocks, DAY, HOUR, MINUTE, Ms, SECOND, at};
use job_hunt_tracker::{
    domain::{
        activity::Activity, application::Application, reminder::derive_id, settings::Settings,
    },
    server::{
        AppState,
        clock::Clock,
        db::{self, Db, reminders::Scheduled, tenant::Owner},
        services::{due, housekeeping, zone_rules},
    },
};
use model::{CENSUS, Change, Fate, LATE, Name, Person, ROUNDS};
use sabotage::Sabotage;
use serde_json::json;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    rc::Rc,
};
use uuid::Uuid;

struct User {
    owner: Owner,
    person: Person,
    settings: Settings,
    applications: BTreeMap<Uuid, Application>,
    activities: BTreeMap<Uuid, Activity>,
    /// What went out: for which time, and when.
    went: BTreeMap<Name, Vec<(Ms, Ms)>>,
}

impl User {
    fn id_of(&self, name: &Name) -> Uuid {
        match name {
            Name::Own(id) => *id,
            Name::Of(rule, of, anchor, number) => {
                derive_id(&format!("{rule}/{of}/{anchor}/{number}"))
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A person does something.
    Deed(usize),
    /// The worker stops.
    Down,
    /// The worker starts.
    Up,
    /// Is anything late?
    Census,
    /// Old rows go.
    Housekeeping,
    /// A server with another planner, or other zone rules, starts.
    Upgrade,
}

struct World {
    state: AppState,
    /// Another instance, on the same database.
    other: AppState,
    dice: Dice,
    now: Ms,
    /// How much time people let pass between two deeds.
    gap: Ms,
    users: Vec<User>,
    clocks: BTreeMap<String, Rc<Clocks>>,
    events: BinaryHeap<Reverse<(Ms, Event)>>,
    /// Since when somebody looks all the time; none while the worker is down.
    up: Option<Ms>,
    sleeps_until: Ms,
    sabotage: Option<Sabotage>,
    counts: BTreeMap<&'static str, u64>,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn start_of_year() -> Ms {
    let start = "2026-01-05T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>();
    start.unwrap().timestamp_millis()
}

impl World {
    async fn new(seed: u64, users: usize, gap: Ms, folder: &std::path::Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let start = || AppState::start(server::config(folder), Clock::still(at(start_of_year())));
        let mut world = Self {
            state: start().await.unwrap(),
            other: start().await.unwrap(),
            dice: Dice::new(seed),
            now: start_of_year(),
            gap,
            users: Vec::new(),
            clocks: BTreeMap::new(),
            events: BinaryHeap::new(),
            up: Some(start_of_year()),
            sleeps_until: start_of_year(),
            sabotage: None,
            counts: BTreeMap::new(),
        };
        for n in 0..users {
            let email = format!("u{n}@example.com").parse().unwrap();
            let db = &world.state.db;
            db.ensure_user(&email, at(world.now)).await.unwrap();
        }
        let db = world.state.db.clone();
        // Nobody was planned yet.
        let owners = db.owners_to_plan("", None, users as u64).await.unwrap();
        for owner in owners {
            let mut tenant = db.read_as(owner).await.unwrap();
            let settings = db::settings::find(&mut tenant).await.unwrap();
            drop(tenant);
            let clocks = world.clocks_of(settings.timezone.as_str());
            world.users.push(User {
                owner,
                person: Person {
                    clocks,
                    window: None,
                    rules: BTreeMap::new(),
                    applications: BTreeMap::new(),
                    talks: BTreeMap::new(),
                    rows: BTreeMap::new(),
                    is_to_plan: false,
                },
                settings,
                applications: BTreeMap::new(),
                activities: BTreeMap::new(),
                went: BTreeMap::new(),
            });
        }
        for user in 0..users {
            let zone = people::ZONES[user % people::ZONES.len()];
            world
                .patch_settings(user, json!({ "timezone": zone }))
                .await;
            if world.dice.percent(60) {
                let quiet = json!({ "quiet_hours_start": "21:00", "quiet_hours_end": "08:00" });
                world.patch_settings(user, quiet).await;
            }
            let first = world.now + world.dice.below((2 * gap) as usize) as Ms;
            world.events.push(Reverse((first, Event::Deed(user))));
        }
        for (days, event) in [
            (5, Event::Down),
            (0, Event::Census),
            (1, Event::Housekeeping),
            (40, Event::Upgrade),
        ] {
            world.events.push(Reverse((world.now + days * DAY, event)));
        }
        world
    }

    fn clocks_of(&mut self, zone: &str) -> Rc<Clocks> {
        let (from, until) = (start_of_year() - 30 * DAY, start_of_year() + 500 * DAY);
        let new = || Rc::new(Clocks::of(zone, from, until));
        Rc::clone(self.clocks.entry(zone.to_owned()).or_insert_with(new))
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Says what is wrong, of which kind.
    fn fault(&self, kind: &str, user: usize, name: &Name, why: &str) -> ! {
        let now = at(self.now);
        let person = &self.users[user].person;
        let row = person.rows.get(name);
        panic!("{kind}: user {user}, {now}: {name:?}: {why}\nthe model has {row:#?}");
    }

    /// Lets the time until `end` pass.
    async fn run(&mut self, end: Ms) {
        loop {
            let next = self.events.peek().map_or(Ms::MAX, |it| it.0.0);
            let wakes = self.up.map_or(Ms::MAX, |_| self.sleeps_until);
            if next.min(wakes) > end {
                break;
            }
            if wakes <= next {
                // Nobody wakes to the millisecond.
                let late = if self.dice.percent(20) {
                    self.dice.below(20 * SECOND as usize) as Ms
                } else {
                    0
                };
                self.now = self.now.max((wakes + late).min(next));
                self.look().await;
                continue;
            }
            let Some(Reverse((moment, event))) = self.events.pop() else {
                break;
            };
            self.now = self.now.max(moment);
            self.happens(event).await;
            if self.up.is_some() && self.is_woken().await && !self.loses_wake() {
                self.look().await;
            }
        }
        self.now = end;
    }

    async fn happens(&mut self, event: Event) {
        let now = self.now;
        let mut again = |after: Ms, event| self.events.push(Reverse((now + after, event)));
        match event {
            Event::Deed(user) => {
                self.count("deeds");
                self.deed(user).await;
                self.check_plan(user).await;
                self.spoil(user).await;
                let next = self.next_deed(user);
                self.events.push(Reverse((next, Event::Deed(user))));
            }
            Event::Down => {
                self.up = None;
                let most = *self
                    .dice
                    .pick(&[5 * MINUTE, 2 * HOUR, 14 * HOUR, 4 * DAY])
                    .unwrap();
                let down = MINUTE + self.dice.below(most as usize) as Ms;
                self.events.push(Reverse((now + down, Event::Up)));
                self.count("downtimes");
            }
            Event::Up => {
                self.up = Some(now);
                let until = self.dice.below(8 * DAY as usize) as Ms;
                self.events.push(Reverse((now + until, Event::Down)));
                // The server starts: whoever is first looks.
                self.sleeps_until = now;
            }
            Event::Census => {
                again(CENSUS, Event::Census);
                self.census();
            }
            Event::Housekeeping => {
                again(DAY, Event::Housekeeping);
                let db = &self.state.db;
                housekeeping::forget_reminders(db, at(now)).await.unwrap();
                let before = now - housekeeping::REMINDERS_KEPT.num_milliseconds();
                for user in &mut self.users {
                    user.person.forget(before);
                }
                self.zone_rules_change().await;
            }
            Event::Upgrade => {
                again(40 * DAY, Event::Upgrade);
                self.sql("UPDATE user_settings SET planned_with = '0/1970a'")
                    .await;
                for user in &mut self.users {
                    user.person.is_to_plan = true;
                }
                self.sleeps_until = now;
            }
        }
    }

    async fn sql(&self, sql: &'static str) {
        let Db::Sqlite { writer, .. } = &self.state.db else {
            unreachable!("a year is simulated on SQLite");
        };
        sqlx::query(sql).execute(writer).await.unwrap();
    }

    /// Somebody's zone has other rules from now on: an appointment is an hour earlier than it was.
    async fn zone_rules_change(&mut self) {
        let user = self.dice.below(self.users.len());
        let to_come = self.users[user].activities.values();
        let to_come = to_come.filter(|row| row.status.as_str() == "scheduled");
        let to_come = to_come.filter(|row| row.starts_at.is_some_and(|it| it > at(self.now + DAY)));
        let Some(id) = to_come.map(|row| row.id).next() else {
            return;
        };
        let Db::Sqlite { writer, .. } = &self.state.db else {
            unreachable!("a year is simulated on SQLite");
        };
        let picked = "SELECT starts_local FROM activities WHERE user_id = ? AND id = ?";
        let owner = self.users[user].owner;
        let picked: chrono::NaiveDateTime = sqlx::query_scalar(picked)
            .bind(owner.user_id())
            .bind(id)
            .fetch_one(writer)
            .await
            .unwrap();
        sqlx::query("UPDATE activities SET starts_local = ? WHERE user_id = ? AND id = ?")
            .bind(
                (picked - chrono::Duration::hours(1))
                    .format("%Y-%m-%d %H:%M:%S%.3f")
                    .to_string(),
            )
            .bind(owner.user_id())
            .bind(id)
            .execute(writer)
            .await
            .unwrap();
        self.sql("UPDATE worker SET zone_rules = ''").await;
        let moved = zone_rules::follow(&self.state.db, at(self.now))
            .await
            .unwrap();
        if moved > 0 {
            self.count("moved by zone rules");
        }
        let mut tenant = self.state.db.read_as(owner).await.unwrap();
        let row = db::rows::find::<Activity>(&mut tenant, id).await.unwrap();
        drop(tenant);
        self.knows_talk(user, row.unwrap());
        self.check_plan(user).await;
    }

    /// Whether somebody woke the worker.
    async fn is_woken(&self) -> bool {
        tokio::select! {
            biased;
            () = self.state.db.due().nearer() => true,
            () = std::future::ready(()) => false,
        }
    }

    /// The worker looks, as `worker::due` does; sometimes two of them at once.
    async fn look(&mut self) {
        let (now, up) = (self.now, self.up.unwrap());
        self.count("looks");
        let db = self.state.db.clone();
        db.due().awake();
        let mut touched: BTreeSet<Uuid> = BTreeSet::new();
        let owners = db.owners_of_due(at(now), None, u64::from(u32::MAX)).await;
        touched.extend(owners.unwrap().into_iter().map(Owner::user_id));
        self.in_time(now, up);
        if self.dice.percent(15) {
            self.count("looks of two at once");
            let other = &self.other.db;
            let one = async |db: &Db| {
                due::replan(db, at(now)).await.unwrap();
                due::settle(db, at(now)).await.unwrap()
            };
            let (one, two) = tokio::join!(one(&db), one(other));
            assert_eq!(one.failed + two.failed, 0);
        } else {
            due::replan(&db, at(now)).await.unwrap();
            assert_eq!(due::settle(&db, at(now)).await.unwrap().failed, 0);
        }
        // The worker does not sleep while something is due.
        for round in 0.. {
            let next = db.next_send_at().await.unwrap();
            if next.is_none_or(|next| next > at(now)) {
                break;
            }
            assert!(round < ROUNDS, "due for ever, at {}", at(now));
            due::settle(&db, at(now)).await.unwrap();
        }
        for user in 0..self.users.len() {
            let it = &mut self.users[user];
            let is_due = it.person.looked_at().is_some_and(|at| at <= now);
            if it.person.is_to_plan || is_due || touched.contains(&it.owner.user_id()) {
                let fates = it.person.look(now);
                self.check(user, &fates).await;
            }
        }
        let next = db.next_send_at().await.unwrap();
        self.sleeps_until = next.map_or(Ms::MAX, |at| at.timestamp_millis());
        db.due().sleep_until(next.unwrap_or(at(now + 1000 * DAY)));
        // What the worker wrote itself is known to it.
        self.is_woken().await;
        self.respoil().await;
    }

    /// Nothing that the worker finds now has been due for longer than a minute.
    fn in_time(&self, now: Ms, up: Ms) {
        for (user, it) in self.users.iter().enumerate() {
            if it.person.looked_at().is_none_or(|at| at > now) {
                continue;
            }
            for (name, row) in it.person.rows.iter().filter(|(_, row)| row.is_open()) {
                let latest = it.person.latest(row, up);
                if latest + LATE < now {
                    self.fault(
                        "late",
                        user,
                        name,
                        &format!("it was to be out by {}", at(latest)),
                    );
                }
            }
        }
    }

    /// Looks for what is late though nobody looked.
    fn census(&self) {
        if let Some(up) = self.up {
            self.in_time(self.now, up);
        }
    }

    /// The reminders of a person as they are stored, by name.
    async fn stored(&self, user: usize) -> BTreeMap<Name, Scheduled> {
        let user = &self.users[user];
        let ids: Vec<Uuid> = user.applications.keys().copied().collect();
        if ids.is_empty() {
            return BTreeMap::new();
        }
        let mut tenant = self.state.db.read_as(user.owner).await.unwrap();
        let rows = db::reminders::of_applications(&mut tenant, &ids)
            .await
            .unwrap();
        let name = |it: &Scheduled| {
            let Some(key) = &it.row.dedupe_key else {
                return Name::Own(it.row.id);
            };
            let parts: Vec<&str> = key.split('/').collect();
            let number = |n: usize| parts[n].parse::<Ms>().unwrap();
            Name::Of(
                parts[0].to_owned(),
                parts[1].parse().unwrap(),
                number(2),
                number(3),
            )
        };
        rows.into_iter().map(|it| (name(&it), it)).collect()
    }

    /// What went out, or did not, is what the model says; `fates` is what became due just now.
    async fn check(&mut self, user: usize, fates: &[(Name, Fate)]) {
        let (now, stored) = (self.now, self.stored(user).await);
        for (name, it) in &stored {
            let fate = fates
                .iter()
                .find(|(of, _)| of == name)
                .map(|(_, fate)| *fate);
            let row = &it.row;
            let due = row.due_at.timestamp_millis();
            let went = row
                .sent_at
                .filter(|_| row.sent)
                .map(|at| at.timestamp_millis());
            let known = self.users[user].went.entry(name.clone()).or_default();
            if let Some(went) = went.filter(|went| !known.iter().any(|(_, at)| at == went)) {
                let twice = known.iter().any(|(of, _)| *of == due);
                known.push((due, went));
                self.count("went out");
                if twice {
                    self.fault("doubled", user, name, "it went out for this time before");
                }
                let Some(expected) = self.users[user].person.rows.get(name) else {
                    self.fault("from nowhere", user, name, &format!("{row:#?}"));
                };
                match fate {
                    Some(Fate::Goes) if went == now => {}
                    // The model lets nothing go at night but for what may.
                    _ if self.users[user].person.is_quiet(now) => {
                        self.fault("at night", user, name, &format!("it went out: {fate:?}"));
                    }
                    _ if expected.goes > now => self.fault("early", user, name, "it went out"),
                    _ => self.fault(
                        "odd",
                        user,
                        name,
                        &format!("{fate:?}, and it went out at {went}"),
                    ),
                }
            }
            match fate {
                Some(Fate::Goes) if !row.sent => {
                    self.fault("lost", user, name, &format!("it did not go out: {it:#?}"));
                }
                Some(Fate::Expires) if row.expired_at.is_none() => {
                    self.fault(
                        "useless",
                        user,
                        name,
                        &format!("it did not expire: {it:#?}"),
                    );
                }
                Some(Fate::Expires) => self.count("expired"),
                Some(Fate::Waits(_)) => self.count("waited"),
                _ => {}
            }
        }
        if let Some((name, _)) = fates.iter().find(|(name, _)| !stored.contains_key(name)) {
            self.fault("lost", user, name, "it is not there any more");
        }
        self.agrees(user, &stored);
    }

    /// What is planned is what the model plans, to the millisecond.
    async fn check_plan(&mut self, user: usize) {
        if self.sabotage.is_none() {
            let stored = self.stored(user).await;
            self.agrees(user, &stored);
        }
    }

    fn agrees(&self, user: usize, stored: &BTreeMap<Name, Scheduled>) {
        // Whether what goes out is noticed, without a look at what is planned.
        if self.sabotage.is_some() {
            return;
        }
        let person = &self.users[user].person;
        for (name, row) in person.rows.iter().filter(|(_, row)| !row.is_forgotten) {
            let Some(it) = stored.get(name) else {
                self.fault("plan", user, name, "it is not there");
            };
            let actual = (it.row.is_open(), it.row.due_at.timestamp_millis());
            if actual != (row.is_open(), row.due) {
                self.fault("plan", user, name, &format!("it is {it:#?}"));
            }
            let goes = it.send_at.map(|at| at.timestamp_millis());
            // By the settings that there are once it was planned by them.
            let is_planned = !person.is_to_plan && row.is_open();
            if is_planned && goes != Some(row.looked_at()) {
                self.fault(
                    "plan",
                    user,
                    name,
                    &format!("it goes out otherwise: {it:#?}"),
                );
            }
        }
        let known = |name: &Name| person.rows.contains_key(name);
        if let Some((name, it)) = stored.iter().find(|(name, _)| !known(name)) {
            self.fault("plan", user, name, &format!("nobody wants it: {it:#?}"));
        }
    }
}

/// Runs a year. Answers what happened in it.
async fn year(
    seed: u64,
    users: usize,
    gap: Ms,
    days: Ms,
    sabotage: Option<Sabotage>,
    folder: std::path::PathBuf,
) -> BTreeMap<&'static str, u64> {
    let mut world = World::new(seed, users, gap, &folder).await;
    world.sabotage = sabotage;
    world.run(start_of_year() + days * DAY).await;
    // Everybody's, whoever was looked at last.
    world.up = Some(world.now);
    world.look().await;
    for user in 0..world.users.len() {
        world.check(user, &[]).await;
    }
    world.state.db.close().await;
    world.other.db.close().await;
    world.counts
}

/// Runs it in a folder that goes away, on a thread of its own.
fn simulate(
    seed: u64,
    users: usize,
    gap: Ms,
    days: Ms,
    sabotage: Option<Sabotage>,
) -> BTreeMap<&'static str, u64> {
    let folder = crate::Folder::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let place = folder.0.clone();
    let year = year(seed, users, gap, days, sabotage, place);
    runtime.unwrap().block_on(year)
}

/// A year of the usual size, or of the size that is asked for: how often what happened in it.
fn usual_year(seed: u64) -> BTreeMap<&'static str, u64> {
    let number = |name, usual| number(name).unwrap_or(usual);
    let users = number("YEAR_USERS", people::ZONES.len() as u64);
    let gap = number("YEAR_GAP", 24 * 60).cast_signed() * HOUR;
    println!(
        "YEAR_SEED={seed} YEAR_USERS={users} YEAR_GAP={}",
        gap / HOUR
    );
    let counts = simulate(seed, users as usize, gap, 365, None);
    println!("{counts:#?}");
    counts
}

#[test]
fn a_year_of_reminders() {
    let seed = number("YEAR_SEED").unwrap_or(1);
    let counts = usual_year(seed);
    // That all of it happens is known of this one. Another may be a quiet year.
    for (what, least) in [
        ("went out", 200),
        ("waited", 1),
        ("expired", 1),
        ("downtimes", 20),
    ] {
        let count = counts.get(what).copied().unwrap_or_default();
        assert!(seed != 1 || count >= least, "too few: {what}");
    }
}

/// Another one with each commit.
#[test]
fn a_year_that_the_commit_names() {
    usual_year(number("YEAR_SEED").unwrap_or_else(crate::start_of_commit));
}

/// Lets somebody with one application do something.
fn with_one(scenario: impl AsyncFnOnce(&mut World, Uuid)) {
    let folder = crate::Folder::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let mut world = World::new(1, 1, DAY, &folder.0).await;
        world.create(0).await;
        let of = *world.users[0].applications.keys().next().unwrap();
        scenario(&mut world, of).await;
    });
}

#[test]
fn what_is_due_seconds_before_quiet_hours_goes_out_when_the_worker_wakes_up() {
    with_one(async |world, of| {
        let quiet = json!({
            "timezone": "Africa/Lagos", "quiet_hours_start": "21:00", "quiet_hours_end": "08:00",
        });
        world.patch_settings(0, quiet).await;
        // Lagos is an hour ahead, always.
        let quiet_from = start_of_year() + 20 * HOUR;
        // The worker starts then, and ends what was due of the application before.
        world.now = quiet_from - HOUR;
        world.up = Some(world.now);
        world.look().await;
        let last_seconds = world.set_on(0, of, None, quiet_from - 8 * SECOND).await;
        let earlier = world.set_on(0, of, None, quiet_from - 70 * SECOND).await;
        // It was away for a moment, and looks in quiet hours.
        world.now = quiet_from + 12 * SECOND;
        world.up = Some(world.now);
        world.look().await;
        let stored = world.stored(0).await;
        assert!(stored[&last_seconds].row.sent);
        // That is late, and has time until the morning.
        assert!(!stored[&earlier].row.sent);
        assert!(stored[&earlier].send_at.unwrap().timestamp_millis() > quiet_from + HOUR);
    });
}

#[test]
fn one_that_is_open_again_wakes_the_worker() {
    with_one(async |world, of| {
        let due = world.now + MINUTE;
        let name = world.set_on(0, of, None, due).await;
        world.apply(0, &name, Change::Off(true)).await;
        world.look().await;
        assert!(!world.is_woken().await);
        world.apply(0, &name, Change::Off(false)).await;
        assert!(world.is_woken().await);
    });
}
