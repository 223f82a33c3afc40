//! What people do in a year, by chance, and what that is to the model.

use super::{
    World,
    clocks::{DAY, HOUR, MINUTE, Ms, Window, at},
    model::{self, Change, Name, Talk},
};
use job_hunt_tracker::{
    domain::{
        activity::Activity,
        application::Application,
        error::Problem,
        reminder::{Reminder, ReminderCreate},
        row::Edited,
        settings::SettingsPatch,
    },
    server::services::{Context, ledger::Answer, reminders, rows, settings},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Zones of all sorts: with half and quarter hours, on either side of the date line, clocks that jump in
/// either half of the year, at midnight, by half an hour, for a month, or never.
pub const ZONES: [&str; 40] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Asuncion",
    "America/Bogota",
    "America/Chicago",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Vancouver",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Dhaka",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
];

/// A year has so many applications of one person at once, at most.
const MOST_APPLICATIONS: usize = 5;

#[derive(Clone, Copy)]
enum Deed {
    Create,
    Move,
    Rename,
    Archive,
    Delete,
    PlanTalk,
    MoveTalk,
    ChangeTalk,
    DeleteTalk,
    Set,
    ChangeReminder,
    Settings,
}

const DEEDS: [(u32, Deed); 12] = [
    (12, Deed::Create),
    (20, Deed::Move),
    (4, Deed::Rename),
    (5, Deed::Archive),
    (2, Deed::Delete),
    (16, Deed::PlanTalk),
    (12, Deed::MoveTalk),
    (10, Deed::ChangeTalk),
    (2, Deed::DeleteTalk),
    (10, Deed::Set),
    (24, Deed::ChangeReminder),
    (6, Deed::Settings),
];

const STATUSES: [&str; 12] = [
    "Draft",
    "Applied",
    "Applied",
    "Applied",
    "Screening",
    "Interview_Loop",
    "Interview_Loop",
    "Offer",
    "Offer",
    "On_Hold",
    "Rejected",
    "Accepted",
];

fn done<T>(answer: Result<Answer<T>, Problem>) -> T {
    match answer {
        Ok(Answer::Done(row)) => row,
        Ok(Answer::Before(body)) => panic!("there is no key: {body}"),
        Err(problem) => panic!("refused: {problem:?}"),
    }
}

/// A body of this type.
fn body<T: serde::de::DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

impl World {
    fn context(&self, user: usize) -> Context<'_> {
        Context {
            db: &self.state.db,
            keys: &self.state.keys,
            owner: self.users[user].owner,
            mutation: None,
            reached: None,
            now: at(self.now),
        }
    }

    /// When a person does something next.
    pub fn next_deed(&mut self, user: usize) -> Ms {
        let (now, dice) = (self.now, &mut self.dice);
        let next = self.users[user].person.looked_at();
        let soon = next.filter(|next| (now..now + 10 * DAY).contains(next));
        match soon {
            // As something falls due, or almost.
            Some(next) if dice.percent(30) => next + dice.below(5_000) as Ms - 2_500,
            _ if dice.percent(30) => now + dice.below(2 * HOUR as usize) as Ms,
            _ => now + dice.below((2 * self.gap) as usize) as Ms,
        }
        .max(now + 1)
    }

    /// A person does something.
    pub async fn deed(&mut self, user: usize) {
        let deed = self.dice.weighted(&DEEDS);
        match deed {
            Deed::Create => self.create(user).await,
            Deed::Move | Deed::Rename | Deed::Archive | Deed::Delete => {
                let ids: Vec<Uuid> = self.users[user].applications.keys().copied().collect();
                match self.dice.pick(&ids).copied() {
                    None => self.create(user).await,
                    Some(id) => self.change_application(user, id, deed).await,
                }
            }
            Deed::PlanTalk => self.plan_talk(user).await,
            Deed::MoveTalk | Deed::ChangeTalk | Deed::DeleteTalk => {
                let ids: Vec<Uuid> = self.users[user].activities.keys().copied().collect();
                match self.dice.pick(&ids).copied() {
                    None => self.plan_talk(user).await,
                    Some(id) => self.change_talk(user, id, deed).await,
                }
            }
            Deed::Set => self.set(user).await,
            Deed::ChangeReminder => self.change_reminder(user).await,
            Deed::Settings => self.change_settings(user).await,
        }
    }

    fn knows(&mut self, user: usize, row: Application) {
        let user = &mut self.users[user];
        let application = model::Application {
            status: row.status.as_str(),
            since: row.status_since.timestamp_millis(),
            is_archived: row.archived_at.is_some(),
        };
        user.person.applications.insert(row.id, application);
        user.person.plan(row.id, self.now, None);
        user.applications.insert(row.id, row);
    }

    pub fn knows_talk(&mut self, user: usize, row: Activity) {
        let user = &mut self.users[user];
        let talk = Talk {
            of: row.application_id,
            status: row.status.as_str(),
            stage: row.interview_stage.map(|stage| stage.as_str()),
            starts: row.starts_at.unwrap().timestamp_millis(),
            minutes: row.duration_minutes.map_or(60, |it| it.count().into()),
        };
        user.person.talks.insert(row.id, talk);
        user.person.plan(row.application_id, self.now, None);
        user.activities.insert(row.id, row);
    }

    pub async fn create(&mut self, user: usize) {
        if self.users[user].applications.len() >= MOST_APPLICATIONS {
            let oldest = self.users[user].applications.keys().next().copied();
            let Some(oldest) = oldest else { return };
            return self.change_application(user, oldest, Deed::Delete).await;
        }
        let id = self.dice.uuid();
        let status = *self.dice.pick(&STATUSES).unwrap();
        let mut create = json!({ "company": "Acme", "role_title": "Baker", "status": status });
        if self.dice.percent(20) {
            let since = self.now - self.dice.below(9 * DAY as usize) as Ms;
            create["status_occurred_at"] = json!(at(since));
        }
        let row = rows::create::<Application>(&self.context(user), Some(id), &body(create)).await;
        self.knows(user, done(row));
    }

    async fn change_application(&mut self, user: usize, id: Uuid, deed: Deed) {
        let row = &self.users[user].applications[&id];
        let (seen, is_archived) = (row.seen(), row.archived_at.is_some());
        let patch = match deed {
            Deed::Move => {
                let mut patch = json!({ "status": self.dice.pick(&STATUSES).unwrap() });
                if self.dice.percent(10) {
                    let since = self.now - self.dice.below(5 * DAY as usize) as Ms;
                    patch["status_occurred_at"] = json!(at(since));
                }
                patch
            }
            Deed::Archive if is_archived => json!({ "archived_at": null }),
            Deed::Archive => json!({ "archived_at": at(self.now) }),
            Deed::Delete => {
                let context = self.context(user);
                rows::delete::<Application>(&context, id, seen)
                    .await
                    .unwrap();
                let user = &mut self.users[user];
                user.applications.remove(&id);
                user.activities.retain(|_, row| row.application_id != id);
                return user.person.drop_application(id);
            }
            _ => json!({ "company": format!("Acme {}", self.dice.below(9)) }),
        };
        let row = rows::patch::<Application>(&self.context(user), id, seen, &body(patch)).await;
        self.knows(user, done(row));
    }

    /// A start to come, often early in the morning: what is before it falls into the night.
    fn start(&mut self, user: usize) -> Ms {
        let days = *self.dice.pick(&[0, 1, 1, 2, 3, 5, 8, 13, 20]).unwrap() * DAY;
        let start = self.now + days + self.dice.below(DAY as usize) as Ms;
        let start = start - start.rem_euclid(15 * MINUTE);
        if self.dice.percent(40) {
            let clocks = &self.users[user].person.clocks;
            let morning = start - clocks.wall(start).rem_euclid(DAY) + DAY + 7 * HOUR;
            return morning + self.dice.below(10) as Ms * 15 * MINUTE;
        }
        // Somebody types a time that has passed.
        start - if self.dice.percent(5) { 2 * DAY } else { 0 }
    }

    async fn plan_talk(&mut self, user: usize) {
        let ids: Vec<Uuid> = self.users[user].applications.keys().copied().collect();
        let Some(of) = self.dice.pick(&ids).copied() else {
            return self.create(user).await;
        };
        let stages = [
            "screening",
            "screening",
            "technical",
            "loop",
            "offer",
            "other",
        ];
        let minutes = [None, None, Some(30), Some(90)];
        let (id, starts) = (self.dice.uuid(), self.start(user));
        let create = json!({
            "application_id": of, "type": self.dice.pick(&["Interview", "Call"]).unwrap(),
            "starts_at": at(starts), "duration_minutes": self.dice.pick(&minutes).unwrap(),
            "interview_stage": self.dice.pick(&stages).filter(|stage| **stage != "other"),
        });
        let row = rows::create::<Activity>(&self.context(user), Some(id), &body(create)).await;
        self.knows_talk(user, done(row));
    }

    async fn change_talk(&mut self, user: usize, id: Uuid, deed: Deed) {
        let row = &self.users[user].activities[&id];
        let (seen, starts) = (row.seen(), row.starts_at.unwrap().timestamp_millis());
        let patch = match deed {
            Deed::MoveTalk => {
                // Often back and forth.
                let by = [-DAY, -HOUR, -MINUTE, HOUR, DAY, 7 * DAY];
                let to = if self.dice.percent(60) {
                    starts + self.dice.pick(&by).unwrap()
                } else {
                    self.start(user)
                };
                json!({ "starts_at": at(to) })
            }
            Deed::DeleteTalk => {
                let context = self.context(user);
                rows::delete::<Activity>(&context, id, seen).await.unwrap();
                let (user, now) = (&mut self.users[user], self.now);
                user.activities.remove(&id);
                return user.person.drop_talk(id, now);
            }
            _ => match self.dice.below(4) {
                0 => json!({ "interview_stage": self.dice.pick(&["screening", "loop"]) }),
                1 => json!({ "duration_minutes": self.dice.pick(&[15, 45, 600]) }),
                _ => {
                    let statuses = ["scheduled", "scheduled", "done", "canceled"];
                    json!({ "status": self.dice.pick(&statuses).unwrap() })
                }
            },
        };
        let row = rows::patch::<Activity>(&self.context(user), id, seen, &body(patch)).await;
        self.knows_talk(user, done(row));
    }

    async fn set(&mut self, user: usize) {
        let ids: Vec<Uuid> = self.users[user].applications.keys().copied().collect();
        let Some(of) = self.dice.pick(&ids).copied() else {
            return self.create(user).await;
        };
        let talks = self.users[user].activities.values();
        let talks = talks
            .filter(|row| row.application_id == of)
            .map(|row| row.id);
        let talks: Vec<Uuid> = talks.collect();
        let about = self
            .dice
            .pick(&talks)
            .copied()
            .filter(|_| self.dice.percent(50));
        let due = self.time_to_come();
        self.set_on(user, of, about, due).await;
    }

    /// Sets a reminder.
    pub async fn set_on(&mut self, user: usize, of: Uuid, about: Option<Uuid>, due: Ms) -> Name {
        let (id, now) = (self.dice.uuid(), self.now);
        let create: ReminderCreate = body(json!({
            "application_id": of, "activity_id": about, "title": "Ring them", "due_at": at(due),
        }));
        done(rows::create::<Reminder>(&self.context(user), Some(id), &create).await);
        self.users[user].person.set(id, of, about, due, now);
        Name::Own(id)
    }

    /// When something is wanted: mostly to come.
    fn time_to_come(&mut self) -> Ms {
        match self.dice.below(10) {
            0 => self.now - self.dice.below(2 * DAY as usize) as Ms,
            1 => self.now + self.dice.below(MINUTE as usize) as Ms,
            2..=5 => self.now + self.dice.below(2 * DAY as usize) as Ms,
            _ => self.now + self.dice.below(20 * DAY as usize) as Ms,
        }
    }

    async fn change_reminder(&mut self, user: usize) {
        let rows = self.users[user].person.rows.iter();
        let rows = rows.filter(|(_, row)| !row.is_forgotten);
        let (open, closed): (Vec<_>, Vec<_>) = rows.partition(|(_, row)| row.is_open());
        let names = |rows: Vec<(&Name, &model::Row)>| -> Vec<Name> {
            rows.into_iter().map(|(name, _)| name.clone()).collect()
        };
        let (open, closed) = (names(open), names(closed));
        // Above all what is called off and could come back.
        let rows = &self.users[user].person.rows;
        let off = closed.iter().filter(|name| rows[name].is_off());
        let off: Vec<Name> = off.cloned().collect();
        let of = self
            .dice
            .weighted(&[(60, &open), (15, &closed), (25, &off)]);
        let Some(name) = self.dice.pick(of).cloned() else {
            return self.set(user).await;
        };
        let row = &self.users[user].person.rows[&name];
        let (is_off, is_done) = (row.off.is_some(), row.done);
        let change = match self.dice.below(10) {
            0..=3 => Change::Due(self.time_to_come()),
            4 | 5 => Change::Off(!is_off),
            6 | 7 => Change::Done(!is_done),
            8 => Change::Title,
            _ => Change::Deleted,
        };
        self.apply(user, &name, change).await;
    }

    pub async fn apply(&mut self, user: usize, name: &Name, change: Change) {
        let id = self.users[user].id_of(name);
        let context = self.context(user);
        let now = at(self.now);
        let patch = match change {
            Change::Due(due) => json!({ "due_at": at(due) }),
            Change::Off(off) => json!({ "canceled_at": off.then_some(now) }),
            Change::Done(done) => json!({ "done_at": done.then_some(now) }),
            Change::Title => json!({ "title": format!("Ring {}", self.now % 7) }),
            Change::Deleted => Value::Null,
        };
        let row = match rows::get::<Reminder>(&context, id).await {
            Ok(row) => row,
            Err(problem) => self.fault("lost", user, name, &format!("{problem:?}")),
        };
        if let Change::Deleted = change {
            reminders::delete(&context, id, row.seen()).await.unwrap();
        } else {
            done(rows::patch::<Reminder>(&context, id, row.seen(), &body(patch)).await);
        }
        let now = self.now;
        self.users[user].person.change(name, change, now);
    }

    /// Another zone, quiet window, or rule.
    pub async fn change_settings(&mut self, user: usize) {
        let patch = match self.dice.below(4) {
            0 => json!({ "timezone": self.dice.pick(&ZONES).unwrap() }),
            1 | 2 => {
                let windows = [
                    None,
                    Some(("21:00", "08:00")),
                    Some(("22:30", "06:15")),
                    Some(("00:00", "07:00")),
                    Some(("12:00", "13:30")),
                    Some(("01:30", "02:30")),
                    Some(("20:00", "11:00")),
                    Some(("08:00", "08:00")),
                ];
                let window = self.dice.pick(&windows).unwrap();
                json!({
                    "quiet_hours_start": window.map(|it| it.0),
                    "quiet_hours_end": window.map(|it| it.1),
                })
            }
            _ => json!({ "reminder_defaults": self.rules(user) }),
        };
        self.patch_settings(user, patch).await;
    }

    /// Rules as they are from now on, of which one is another than before.
    fn rules(&mut self, user: usize) -> Value {
        const D: Ms = 1440;
        let choices: [(&str, &[&[Ms]]); 6] = [
            ("applied", &[&[7 * D], &[3 * D], &[D, 5 * D], &[14 * D]]),
            ("screening", &[&[D, 60], &[60, 30, 5], &[2 * D, 720], &[1]]),
            ("loop", &[&[2 * D, 120], &[3 * D, D, 60], &[600]]),
            ("after_loop", &[&[2 * D], &[D], &[D, 7 * D]]),
            ("offer", &[&[3 * D, D], &[D, D], &[2 * D], &[D, 3 * D]]),
            ("on_hold", &[&[14 * D], &[7 * D], &[D, 10 * D]]),
        ];
        let (rule, minutes) = self.dice.pick(&choices).copied().unwrap();
        let minutes = self.dice.pick(minutes).unwrap().to_vec();
        let on = self.dice.percent(85);
        let mut rules = self.users[user].person.rules.clone();
        if self.dice.percent(30) {
            rules.remove(rule);
        } else {
            rules.insert(rule, (on, minutes));
        }
        let changes = rules.into_iter().map(|(rule, (on, minutes))| {
            (rule.to_owned(), json!({ "on": on, "offsets": minutes }))
        });
        Value::Object(changes.collect())
    }

    pub async fn patch_settings(&mut self, user: usize, patch: Value) {
        let seen = self.users[user].settings.seen();
        let asked: SettingsPatch = body(patch.clone());
        let row = done(settings::patch(&self.context(user), seen, &asked).await);
        let by = |settings: &job_hunt_tracker::domain::settings::Settings| {
            let window = (settings.quiet_hours_start, settings.quiet_hours_end);
            (
                settings.timezone.clone(),
                window,
                settings.reminder_defaults.clone(),
            )
        };
        let clocks = self.clocks_of(row.timezone.as_str());
        let user = &mut self.users[user];
        let is_other = by(&user.settings) != by(&row);
        user.settings = row;
        let person = &mut user.person;
        person.is_to_plan |= is_other;
        if patch.get("timezone").is_some() {
            person.clocks = clocks;
        }
        if let Some(from) = patch.get("quiet_hours_start") {
            let minute = |text: &Value| {
                let (hours, minutes) = text.as_str()?.split_once(':')?;
                Some(hours.parse::<Ms>().ok()? * 60 + minutes.parse::<Ms>().ok()?)
            };
            let until = minute(&patch["quiet_hours_end"]);
            let window = minute(from).zip(until);
            person.window = window.map(|(from, until)| Window { from, until });
        }
        if let Some(rules) = patch.get("reminder_defaults") {
            let all = [
                "applied",
                "screening",
                "loop",
                "after_loop",
                "offer",
                "on_hold",
            ];
            let minutes = |rule: &Value| -> Vec<Ms> { body(rule["offsets"].clone()) };
            person.rules = all
                .into_iter()
                .filter_map(|name| Some((name, rules.get(name)?)))
                .map(|(name, rule)| (name, (rule["on"] == json!(true), minutes(rule))))
                .collect();
        }
    }
}
