//! Mails while all goes wrong that can: answers that get lost, refusals, a provider that is down for hours, what
//! hangs for ever. Each run follows from one seed; what the provider has taken is held
//! against what people did.
//!
//! `FAULT_SEEDS` is how many seeds are run on each engine, and `FAULT_START` the first one: `make fuzz-mails`.

use crate::{
    client::version_of,
    dice::Dice,
    harness::{Engine, Site, TestApp, User, both, run},
    mails::{header, work_as_it_is},
    smtp::{LOST, Sink, TAKEN_AND_HANGS, UNREACHABLE},
};
use chrono::{DateTime, Duration, Timelike as _, Utc};
use job_hunt_tracker::server::{
    clock::Clock,
    worker::{due, mails},
};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

both![whatever_the_provider_does_mails_keep_their_promises,];

pub fn of_environment(name: &str, usual: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(usual, |text| text.parse().unwrap())
}

/// How the provider is for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Good,
    /// It takes a mail, and the answer gets lost.
    Loses,
    /// It takes a mail, and never says so.
    Hangs,
    /// It wants the mail later.
    Later,
    /// It does not want the mail.
    Refuses,
    /// Nobody is there.
    Down,
    /// Each mail meets another one of these.
    Mixed,
}

/// What the provider has taken.
#[derive(Clone, Debug)]
struct Taken {
    at: DateTime<Utc>,
    mail: String,
}

pub struct Provider {
    pub sink: Sink,
    mood: Arc<Mutex<Mood>>,
    clock: Arc<Mutex<Option<Clock>>>,
    times: Arc<Mutex<Vec<DateTime<Utc>>>>,
}

impl Provider {
    pub async fn start(seed: u64) -> Self {
        let mood = Arc::new(Mutex::new(Mood::Good));
        let clock = Arc::<Mutex<Option<Clock>>>::default();
        let times = Arc::<Mutex<Vec<DateTime<Utc>>>>::default();
        let dice = Arc::new(Mutex::new(Dice::new(seed)));
        let (moods, clocks, taken) = (Arc::clone(&mood), Arc::clone(&clock), Arc::clone(&times));
        let sink = Sink::start(move |line| {
            let mut mood = *moods.lock().unwrap();
            if mood == Mood::Mixed && line == "." {
                let mut dice = dice.lock().unwrap();
                let each = [
                    (5, Mood::Good),
                    (3, Mood::Loses),
                    (2, Mood::Later),
                    (1, Mood::Refuses),
                ];
                mood = dice.weighted(&each);
            }
            let is_taken = matches!(mood, Mood::Good | Mood::Loses | Mood::Hangs);
            if line == "." && is_taken {
                let clock = clocks.lock().unwrap();
                let now = clock.as_ref().map_or_else(Utc::now, Clock::now);
                taken.lock().unwrap().push(now);
            }
            match (mood, line) {
                (Mood::Down, _) => UNREACHABLE,
                (Mood::Loses, ".") => LOST,
                (Mood::Hangs, ".") => TAKEN_AND_HANGS,
                (Mood::Later, ".") => "451 4.3.0 later",
                (Mood::Refuses, ".") => "550 5.7.1 not this one",
                _ => "250 fine",
            }
        });
        Self {
            sink: sink.await,
            mood,
            clock,
            times,
        }
    }

    pub fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn log(&self) -> Vec<Taken> {
        let times = self.times.lock().unwrap().clone();
        let mails = self.sink.all();
        let both = times.into_iter().zip(mails);
        both.map(|(at, mail)| Taken { at, mail }).collect()
    }
}

const OTHER_TEXT: &str = "another text under one Message-ID";
const OLD: &str = "what is so no more was mailed";
const WAITS: &str = "something waits for ever";
const TWICE: &str = "one reminder under two Message-IDs";
const LOST_MAIL: &str = "a mail was lost";
const OTHER_CALENDAR: &str = "a calendar has something else than there is";
const AT_NIGHT: &str = "something was mailed at night";

/// What is done behind the server's back, so that a promise breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sabotage {
    /// What waits counts as delivered.
    Loses,
    /// What was sent is due again, a little later.
    Repeats,
    /// What a person writes is not kept.
    ForgetsEdits,
    /// Quiet hours are off.
    ForgetsTheNight,
    /// What has changed is not said.
    ForgetsChanges,
    /// What is sent again says something else.
    Rewrites,
    /// What waits is for the next century.
    Postpones,
}

impl Sabotage {
    /// What is done before each sending.
    const fn sql(self) -> &'static str {
        match self {
            Self::Loses => {
                "UPDATE mails SET state = 'delivered' WHERE state = 'waiting' AND activity_id IS NULL"
            }
            Self::Repeats => {
                "UPDATE reminders SET sent = 0, sent_at = NULL, \
                 due_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', due_at, '+1 seconds') \
                 WHERE sent AND done_at IS NULL AND canceled_at IS NULL"
            }
            Self::ForgetsChanges => {
                "UPDATE mails SET state = 'dropped' WHERE state = 'waiting' AND activity_id IS NOT NULL"
            }
            Self::Rewrites => {
                "UPDATE mails SET bytes = CAST(replace(CAST(bytes AS TEXT), 'Company', 'Firm') AS BLOB) \
                 WHERE state = 'waiting' AND bytes IS NOT NULL"
            }
            Self::Postpones => {
                "UPDATE mails SET not_before = '2100-01-01T00:00:00.000+00:00' WHERE state = 'waiting'"
            }
            Self::ForgetsEdits | Self::ForgetsTheNight => "SELECT 1",
        }
    }
}

/// Something that a mail must not say from a place in the log on.
#[derive(Clone, Debug)]
struct Superseded {
    token: String,
    from: usize,
}

/// A reminder that a person set, to be mailed.
#[derive(Clone, Debug)]
struct Own {
    id: String,
    version: i64,
    /// What it says now, and nothing else does.
    token: String,
    due: DateTime<Utc>,
    /// Whether it is to come, as far as the person is concerned.
    stands: bool,
    /// Whether somebody did something about it when it had fallen due.
    touched: bool,
}

/// An interview, whose file is mailed.
#[derive(Clone, Debug)]
struct Talk {
    id: String,
    version: i64,
    token: String,
    starts: DateTime<Utc>,
    is_on: bool,
    is_there: bool,
}

struct Person {
    user: User,
    application: String,
    own: Vec<Own>,
    talks: Vec<Talk>,
}

struct Run {
    site: Site,
    app: TestApp,
    provider: Provider,
    people: Vec<Person>,
    dice: Dice,
    superseded: Vec<Superseded>,
    /// Whether people change their minds.
    changes: bool,
    sabotage: Option<Sabotage>,
}

/// At night nothing is mailed to the first person.
const NIGHT: std::ops::Range<u32> = 22..24;

impl Run {
    async fn start(site: &Site, seed: u64, sabotage: Option<Sabotage>) -> Self {
        let provider = Provider::start(seed).await;
        let url = provider.sink.url();
        let app = site.start_with(&[("--mail-url", &url)]).await;
        *provider.clock.lock().unwrap() = Some(app.clock.clone());
        // It begins at nine in the morning, at whatever hour the tests are run.
        let now = app.clock.now();
        let tomorrow = now.date_naive().succ_opt().unwrap();
        app.clock
            .advance(tomorrow.and_hms_opt(9, 0, 0).unwrap().and_utc() - now);
        let mut people = Vec::new();
        for n in 0..3 {
            let user = site
                .signed_in(&app, &format!("person-{n}-{seed}@example.com"))
                .await;
            if n == 0 && sabotage != Some(Sabotage::ForgetsTheNight) {
                let now = user.get("/settings").await.is(200).json();
                let body = json!({
                    "timezone": "UTC", "quiet_hours_start": "22:00", "quiet_hours_end": "00:00",
                });
                user.patch("/settings", version_of(&now), &body)
                    .await
                    .is(200);
            }
            let company = format!("Company {n}");
            let row = user
                .create(json!({ "company": company, "status": "Screening" }))
                .await;
            people.push(Person {
                user,
                application: row["id"].as_str().unwrap().to_owned(),
                own: Vec::new(),
                talks: Vec::new(),
            });
        }
        Self {
            site: site.clone(),
            app,
            provider,
            people,
            dice: Dice::new(seed),
            superseded: Vec::new(),
            changes: seed % 4 != 3,
            sabotage,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// From now on nothing says this.
    fn supersede(&mut self, token: &str) {
        self.superseded.push(Superseded {
            token: token.to_owned(),
            from: self.provider.log().len(),
        });
    }

    async fn remind(&mut self, whose: usize) {
        let token = format!("R{}x", self.dice.uuid().simple());
        let due = self.now() + Duration::minutes(self.dice.below(600) as i64);
        let due = due.with_nanosecond(0).unwrap();
        let person = &mut self.people[whose];
        let body = json!({
            "application_id": person.application, "title": token, "due_at": due,
            "channels": ["in_app", "email"],
        });
        let row = person.user.post("/reminders", &body).await.is(201).json();
        person.own.push(Own {
            id: row["id"].as_str().unwrap().to_owned(),
            version: version_of(&row),
            token,
            due,
            stands: true,
            touched: false,
        });
    }

    async fn change_reminder(&mut self, whose: usize) {
        let count = self.people[whose].own.len();
        if count == 0 {
            return;
        }
        let at = self.dice.below(count);
        let now = self.now();
        let own = self.people[whose].own[at].clone();
        if !own.stands {
            return;
        }
        let path = format!("/reminders/{}", own.id);
        let token = format!("R{}x", self.dice.uuid().simple());
        let due = now + Duration::minutes(5 + self.dice.below(600) as i64);
        let due = due.with_nanosecond(0).unwrap();
        let kind = self.dice.below(4);
        let body = match kind {
            0 => json!({ "done_at": now }),
            1 => json!({ "canceled_at": now }),
            2 => json!({ "title": token, "due_at": due }),
            _ => json!({ "title": token }),
        };
        let row = self.people[whose]
            .user
            .patch(&path, own.version, &body)
            .await
            .is(200)
            .json();
        if self.sabotage == Some(Sabotage::ForgetsEdits) {
            let old = &own.token;
            let back = format!("UPDATE reminders SET title = '{old}' WHERE title = '{token}'");
            self.site.execute(&back).await;
        }
        self.supersede(&own.token);
        let known = &mut self.people[whose].own[at];
        known.version = version_of(&row);
        known.touched |= own.due <= now && kind != 2;
        match kind {
            0 | 1 => known.stands = false,
            2 => (known.token, known.due, known.touched) = (token, due, false),
            _ => known.token = token,
        }
    }

    async fn plan(&mut self, whose: usize) {
        let token = format!("https://meet.example.com/i{}x", self.dice.uuid().simple());
        let starts = self.now() + Duration::minutes(180 + self.dice.below(3 * 1440) as i64);
        let starts = starts.with_nanosecond(0).unwrap();
        let person = &mut self.people[whose];
        let body = json!({
            "type": "Interview", "interview_stage": "screening", "starts_at": starts,
            "location_or_link": token, "timezone": "Europe/Berlin",
        });
        let path = format!("/applications/{}/activities", person.application);
        let row = person.user.post(&path, &body).await.is(201).json();
        person.talks.push(Talk {
            id: row["id"].as_str().unwrap().to_owned(),
            version: version_of(&row),
            token,
            starts,
            is_on: true,
            is_there: true,
        });
    }

    async fn change_talk(&mut self, whose: usize) {
        let count = self.people[whose].talks.len();
        if count == 0 {
            return;
        }
        let at = self.dice.below(count);
        let now = self.now();
        let talk = self.people[whose].talks[at].clone();
        if !talk.is_there || talk.starts <= now + Duration::hours(1) {
            return;
        }
        let path = format!("/activities/{}", talk.id);
        let token = format!("https://meet.example.com/i{}x", self.dice.uuid().simple());
        let starts = now + Duration::minutes(120 + self.dice.below(3 * 1440) as i64);
        let starts = starts.with_nanosecond(0).unwrap();
        let kind = self.dice.below(8);
        if kind == 0 {
            self.people[whose]
                .user
                .delete(&path, talk.version)
                .await
                .is(204);
            self.supersede(&talk.token);
            self.people[whose].talks[at].is_there = false;
            return;
        }
        let body = match kind {
            1 | 2 if talk.is_on => json!({ "status": "canceled" }),
            1 | 2 => json!({ "status": "scheduled", "location_or_link": token }),
            _ => json!({ "starts_at": starts, "location_or_link": token }),
        };
        let row = self.people[whose]
            .user
            .patch(&path, talk.version, &body)
            .await
            .is(200)
            .json();
        self.supersede(&talk.token);
        let known = &mut self.people[whose].talks[at];
        known.version = version_of(&row);
        match kind {
            1 | 2 => {
                known.is_on = !talk.is_on;
                if !talk.is_on {
                    known.token = token;
                }
            }
            _ => (known.token, known.starts) = (token, starts),
        }
    }

    async fn deed(&mut self) {
        let whose = self.dice.below(self.people.len());
        let kinds = [(5, 0), (2, 1), (2, 2), (3, 3)];
        match self.dice.weighted(&kinds) {
            0 => self.remind(whose).await,
            1 => self.plan(whose).await,
            2 if self.changes => self.change_reminder(whose).await,
            _ if self.changes => self.change_talk(whose).await,
            _ => self.remind(whose).await,
        }
    }

    /// Sends what is to be sent. What hangs is left behind, as by a process that died.
    async fn work(&self, hangs: bool) {
        if let Some(sabotage) = self.sabotage {
            self.site.execute(sabotage.sql()).await;
        }
        if !hangs {
            return work_as_it_is(&self.app).await;
        }
        assert!(due::once(&self.app.state).await);
        let post = mails::post(&self.app.state);
        let sending = tokio::spawn(async move { mails::once(&post).await });
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        sending.abort();
    }

    /// One thing after the other for some days, and then peace.
    async fn go(&mut self) {
        // What is sabotaged is soon seen.
        let rounds = match self.sabotage {
            None | Some(Sabotage::ForgetsChanges) => 40,
            Some(_) => 16,
        };
        for _ in 0..rounds {
            for _ in 0..self.dice.below(4) {
                self.deed().await;
            }
            let moods = [
                (6, Mood::Good),
                (4, Mood::Mixed),
                (2, Mood::Loses),
                (2, Mood::Later),
                (2, Mood::Down),
                (1, Mood::Hangs),
            ];
            let mood = self.dice.weighted(&moods);
            self.provider.is(mood);
            if mood == Mood::Down && self.dice.percent(30) {
                // Eight hours, and every minute it is tried.
                for _ in 0..24 {
                    self.work(false).await;
                    self.app.clock.advance(Duration::minutes(20));
                }
            }
            self.work(mood == Mood::Hangs).await;
            if mood == Mood::Hangs {
                // Its claim has run out by then.
                self.app.clock.advance(Duration::minutes(2));
            }
            let minutes = 1 + self.dice.below(180) as i64;
            self.app.clock.advance(Duration::minutes(minutes));
        }
        self.provider.is(Mood::Good);
        for _ in 0..60 {
            self.work(false).await;
            self.app.clock.advance(Duration::minutes(30));
        }
        self.work(false).await;
    }

    /// Leaves nothing behind for the next one.
    async fn end(self) {
        self.provider.sink.hang_up();
        self.app.stop().await;
        self.site.execute("DELETE FROM users").await;
    }

    /// What does not hold of what was promised.
    async fn broken(&self) -> BTreeSet<&'static str> {
        let mut broken = BTreeSet::new();
        let log = self.provider.log();
        let text = |taken: &Taken| self.site.text_of(&taken.mail);
        let texts: Vec<String> = log.iter().map(text).collect();
        let ids: Vec<String> = log
            .iter()
            .map(|it| header(&it.mail, "Message-ID"))
            .collect();

        // What is sent again is the same, but where what it said is so no more.
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        for (place, (id, text)) in ids.iter().zip(&texts).enumerate() {
            let Some(before) = known.insert(id, text).filter(|before| before != text) else {
                continue;
            };
            let is_old = |old: &Superseded| old.from <= place && before.contains(&old.token);
            if !self.superseded.iter().any(is_old) {
                println!("{id} says {text}\nand said {before}");
                broken.insert(OTHER_TEXT);
            }
        }
        for old in &self.superseded {
            let says = |text: &&String| text.contains(&old.token);
            if texts.iter().skip(old.from).any(|text| says(&text)) {
                broken.insert(OLD);
            }
        }
        let dead = match self.site.engine {
            Engine::Sqlite => {
                "SELECT lower(hex(r.reminder_id)), 'x' FROM mails m JOIN mail_reminders r \
                 ON r.user_id = m.user_id AND r.mail_id = m.id WHERE m.state = 'dead'"
            }
            Engine::Postgres => {
                "SELECT replace(r.reminder_id::text, '-', ''), 'x' FROM mails m JOIN mail_reminders r \
                 ON r.user_id = m.user_id AND r.mail_id = m.id WHERE m.state = 'dead'"
            }
        };
        let dead: BTreeSet<String> = self
            .site
            .pairs(dead)
            .await
            .into_iter()
            .map(|it| it.0)
            .collect();
        let dead_changes = match self.site.engine {
            Engine::Sqlite => {
                "SELECT lower(hex(activity_id)), 'x' FROM mails WHERE state = 'dead' AND activity_id IS NOT NULL"
            }
            Engine::Postgres => {
                "SELECT replace(activity_id::text, '-', ''), 'x' FROM mails WHERE state = 'dead' AND activity_id IS NOT NULL"
            }
        };
        let dead_changes: BTreeSet<String> = self
            .site
            .pairs(dead_changes)
            .await
            .into_iter()
            .map(|it| it.0)
            .collect();
        let waiting = "SELECT COUNT(*) FROM mails WHERE state IN ('waiting', 'claimed')";
        if self.site.number(waiting).await > 0 {
            broken.insert(WAITS);
        }
        for own in self.people.iter().flat_map(|person| &person.own) {
            let under: BTreeSet<&String> = ids
                .iter()
                .zip(&texts)
                .filter(|(_, text)| text.contains(&own.token))
                .map(|(id, _)| id)
                .collect();
            if under.len() > 1 {
                broken.insert(TWICE);
            }
            let is_dead = dead.contains(&own.id.replace('-', ""));
            if under.is_empty() && own.stands && !own.touched && !is_dead {
                println!("lost: {own:?}");
                broken.insert(LOST_MAIL);
            }
        }
        for talk in self.people.iter().flat_map(|person| &person.talks) {
            let file = |taken: &Taken| {
                let has_file = taken.mail.contains("text/calendar");
                has_file
                    .then(|| self.site.file_of(&taken.mail))
                    .filter(|file| file.contains(&talk.id))
            };
            let Some(last) = log.iter().filter_map(file).next_back() else {
                continue;
            };
            if dead_changes.contains(&talk.id.replace('-', "")) {
                continue;
            }
            let starts = talk.starts.format("DTSTART:%Y%m%dT%H%M%SZ").to_string();
            let is_off = last.contains("METHOD:CANCEL");
            let is_as_told = if talk.is_on && talk.is_there {
                !is_off && last.contains(&starts)
            } else {
                is_off
            };
            if !is_as_told {
                println!("not as told: {talk:?}: {last}");
                broken.insert(OTHER_CALENDAR);
            }
        }
        for (taken, text) in log.iter().zip(&texts) {
            let is_of_first = taken.mail.contains("To: person-0-");
            let is_own = self.people[0]
                .own
                .iter()
                .any(|own| text.contains(&own.token));
            if is_of_first && is_own && NIGHT.contains(&taken.at.hour()) {
                println!("at night: {} {text}", taken.at);
                broken.insert(AT_NIGHT);
            }
        }
        broken
    }
}

async fn whatever_the_provider_does_mails_keep_their_promises(site: Site) {
    let seeds = of_environment("FAULT_SEEDS", 3);
    let start = of_environment("FAULT_START", 0);
    for seed in start..start + seeds {
        let mut run = Run::start(&site, seed, None).await;
        run.go().await;
        let count = run.provider.log().len();
        let broken = run.broken().await;
        assert!(broken.is_empty(), "seed {seed}, {count} mails: {broken:?}");
        assert!(count > 10, "seed {seed}: {count} mails alone");
        run.end().await;
    }
}

/// The checks are tried themselves: what breaks a promise behind the server's back is seen. They are the same
/// for both engines.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_promise_is_seen_to_be_broken() {
    let each = [
        (Sabotage::Loses, LOST_MAIL),
        (Sabotage::Repeats, TWICE),
        (Sabotage::ForgetsEdits, OLD),
        (Sabotage::ForgetsTheNight, AT_NIGHT),
        (Sabotage::ForgetsChanges, OTHER_CALENDAR),
        (Sabotage::Rewrites, OTHER_TEXT),
        (Sabotage::Postpones, WAITS),
    ];
    for (sabotage, promise) in each {
        run(Engine::Sqlite, async move |site| {
            for seed in 0..8 {
                let mut run = Run::start(&site, seed, Some(sabotage)).await;
                run.go().await;
                let broken = run.broken().await;
                run.end().await;
                if broken.contains(promise) {
                    return;
                }
            }
            panic!("{sabotage:?} is not seen");
        })
        .await;
    }
}
