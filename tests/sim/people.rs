//! What people do on pages, and another program past every page.

use crate::{
    ledger::as_told,
    server::{Request, Session},
    trace,
    world::{Moved, World},
};
use chrono::Duration;
use job_hunt_tracker::{
    client::engine::{ARCHIVED_FOR, Edit, Entry, Op, Verb},
    domain::{
        activity::Activity,
        application::{Application, ApplicationPatch},
        change::Change,
        error::ProblemKind,
        reminder::Reminder,
        row::OfKind as _,
        settings::Settings,
        stage::{StageEventPatch, Status},
        time::{Timestamp, to_millis},
    },
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The kind of edit from outside that archives a record long ago.
const LONG_AGO: usize = 12;

impl World {
    pub fn word(&mut self) -> String {
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
    pub fn person(&mut self, device: usize, at: usize) {
        let now = self.time(device);
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
        match (self.dice.below(33), row) {
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
                    // And a note to it: two edits of one record, which stay apart.
                    if self.dice.percent(40) {
                        let fields = self.fields();
                        self.edit(device, at, id, Self::patch(fields));
                    }
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
                let days = 1 + self.dice.below(9);
                let patch = match self.dice.below(3) {
                    0 => json!({"reminder_defaults": {
                        "applied": {"offsets": [days * 1440]}, "offer": {"on": days < 5},
                    }}),
                    _ => json!({"display_name": self.word()}),
                };
                let patch = serde_json::from_value(patch).unwrap();
                self.edit(device, at, user, Edit::Settings(Op::Patch(Box::new(patch))));
            }
            (20..24, Some((id, _))) => self.plans(device, at, id),
            (28..33, Some((id, _))) => self.reminds(device, at, id),
            (24, Some((id, _))) => {
                let tab = &mut self.devices[device].tabs[at];
                tab.forms
                    .extend(tab.engine.begin(id).map(|began| (id, began)));
            }
            (25, _) => self.saves_what_was_begun(device, at),
            (26 | 27, Some((id, _))) => self.corrects(device, at, id),
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

    /// Somebody plans something for an application, moves it, tells how it went, or drops it.
    fn plans(&mut self, device: usize, at: usize, application: Uuid) {
        let engine = &self.devices[device].tabs[at].engine;
        let view = engine.view::<Activity>();
        let planned = view
            .values()
            .filter(|row| row.application_id == application);
        let mut planned: Vec<Uuid> = planned.map(|row| row.id).collect();
        planned.sort_unstable();
        let known = self.dice.pick(&planned).copied();
        let starts = self.time(device) + Duration::hours(self.dice.below(200) as i64);
        let (record, edit) = match (self.dice.below(8), known) {
            (0..3, _) | (_, None) => {
                let id = self.dice.uuid();
                let create = serde_json::from_value(json!({
                    "id": id, "application_id": application, "type": "Interview",
                    "timezone": "Africa/Lagos", "starts_at": starts, "notes": self.word(),
                }));
                (id, Op::Create(Box::new(create.unwrap())))
            }
            (7, Some(id)) => (id, Op::Delete),
            (n, Some(id)) => {
                let patch = match n {
                    3 => json!({ "starts_at": starts }),
                    4 => json!({ "status": (["done", "canceled"][self.dice.below(2)]) }),
                    5 => json!({ "prep_checklist": [{ "text": self.word() }] }),
                    _ => json!({ "notes": self.word() }),
                };
                let patch = serde_json::from_value(patch).unwrap();
                (id, Op::Patch(Box::new(patch)))
            }
        };
        self.edit(device, at, record, Edit::Activity(edit));
    }

    /// Somebody sets a reminder of an application, or answers one: of those that only this page has
    /// planned, too.
    fn reminds(&mut self, device: usize, at: usize, application: Uuid) {
        let now = self.time(device);
        let engine = &mut self.devices[device].tabs[at].engine;
        engine.shown();
        let view = engine.view::<Reminder>();
        let of = view
            .values()
            .filter(|row| row.application_id == application);
        let mut rows: Vec<(Uuid, bool)> = of.map(|row| (row.id, row.meta.rule.is_none())).collect();
        rows.sort_unstable();
        let known = self.dice.pick(&rows).copied();
        let to = to_millis(now + Duration::minutes(self.dice.below(6_000) as i64));
        let patch = match (self.dice.below(10), known) {
            (0..2, _) | (_, None) => {
                let id = self.dice.uuid();
                let create = serde_json::from_value(json!({
                    "id": id, "application_id": application, "title": self.word(), "due_at": to,
                }));
                let edit = Edit::Reminder(Op::Create(Box::new(create.unwrap())));
                self.edit(device, at, id, edit);
                return;
            }
            (2, Some((id, true))) => {
                self.edit(device, at, id, Edit::Reminder(Op::Delete));
                return;
            }
            (3 | 4, Some((id, _))) => {
                let new = self.dice.uuid();
                let engine = &self.devices[device].tabs[at].engine;
                let [there, _] = engine.snoozed(id, to, new, now).unwrap();
                for (record, edit) in there {
                    self.edit(device, at, record, edit);
                }
                return;
            }
            (5 | 6, _) => json!({ "done_at": to_millis(now) }),
            (7, _) => json!({ "canceled_at": to_millis(now) }),
            (8, _) => json!({ "canceled_at": null, "done_at": null }),
            _ => json!({ "title": self.word() }),
        };
        let patch = serde_json::from_value(patch).unwrap();
        if let Some((id, _)) = known {
            self.edit(device, at, id, Edit::Reminder(Op::Patch(Box::new(patch))));
        }
    }

    /// Somebody saves notes that they began to write some time ago, whatever has become of them since.
    fn saves_what_was_begun(&mut self, device: usize, at: usize) {
        let forms = &mut self.devices[device].tabs[at].forms;
        let Some((record, began)) = (!forms.is_empty()).then(|| forms.remove(0)) else {
            return;
        };
        let (word, key, made) = (self.word(), self.dice.uuid(), self.made(device));
        let patch = serde_json::from_value(json!({ "notes": word })).unwrap();
        let edit = Edit::Application(Op::Patch(Box::new(patch)));
        let engine = &mut self.devices[device].tabs[at].engine;
        let now = engine.view_of::<Application>(record);
        let overlooks = now.is_some_and(|now| now.notes != began.row().notes);
        let began_on = began.seen();
        let deed = edit.clone();
        let result = engine.mutate_from(record, deed, key, made, &|_| Some(began.clone()));
        if self.took(device, at, record, edit, key, result).is_some() && overlooks {
            self.ledger.overlooks(key, began_on);
        }
    }

    /// Somebody puts right when a move happened, strikes it out or restores it.
    fn corrects(&mut self, device: usize, at: usize, application: Uuid) {
        let moves = self.devices[device].tabs[at].engine.history(application);
        let Some(event) = self.dice.pick(&moves).cloned() else {
            return;
        };
        let patch = if self.dice.percent(60) {
            let earlier = Duration::minutes(self.dice.below(9_000) as i64);
            StageEventPatch::at(&event, to_millis(self.time(device) - earlier))
        } else {
            StageEventPatch::voiding(&event, event.voided_at.is_none())
        };
        let edit = Edit::StageEvent(Op::Patch(Box::new(patch)));
        self.edit(device, at, event.id, edit);
    }

    fn take_back(&mut self, device: usize, at: usize) {
        let now = self.time(device);
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
    pub fn give_up(&mut self, entry: &Entry, all: bool, device: usize, at: usize) {
        let carried = self.ledger.carried_by_entry(entry);
        self.ledger.given_up.extend(carried);
        if all {
            let user = self.devices[device].tabs[at].user;
            // And what hangs on it.
            let is_of = |id: Uuid| self.ledger.is_or_hangs_on(id, entry.record);
            let intents = self.ledger.intents.iter().enumerate();
            let of_record = intents
                .filter(|(_, intent)| is_of(intent.record) && intent.place == (device, user));
            let of_record: Vec<usize> = of_record.map(|(n, _)| n).collect();
            self.ledger.given_up.extend(of_record);
        }
    }

    fn parked(&mut self, device: usize, at: usize) {
        let now = self.time(device);
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
        let now = self.time(device);
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
    pub fn reapply(&mut self, device: usize, at: usize, id: Uuid) {
        let (fresh, key, made) = (self.dice.uuid(), self.dice.uuid(), self.made(device));
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
        let settings = tab.engine.view_of::<Settings>(item.record);
        let settings = settings.map(|row| Settings::clone(&row).into_entity());
        let again = item.edit.clone().again(settings);
        trace!("d{device} makes again what was displaced");
        match tab.engine.reapply(id, fresh, key, made) {
            Ok((record, effects)) => {
                let entry = tab.engine.outbox().get(key).unwrap();
                let edit = if record == item.record {
                    again.clone()
                } else {
                    entry.edit.clone()
                };
                self.ledger.owners.entry(record).or_insert(user);
                self.intended(device, at, record, &edit, key);
                let carried = self.ledger.carried_by_displaced(&item);
                self.ledger.given_up.extend(carried);
                self.perform(device, at, effects);
                self.check_restored(device, at, record, &again);
            }
            Err(problem) => {
                trace!("no: {}", problem.detail);
                let fits = problem.kind == ProblemKind::Validation;
                // A deletion of what is gone has nothing to do, and settings are never gone.
                let moot = item.edit.verb() == Verb::Delete && !shown;
                // It went with its application.
                let hangs = matches!(
                    item.edit,
                    Edit::Activity(_) | Edit::StageEvent(_) | Edit::Reminder(_)
                );
                let orphan = hangs && problem.kind == ProblemKind::NotFound;
                assert!(
                    fits || moot || orphan,
                    "invariant 11: {item:?} cannot be made again: {problem}"
                );
                // Dropped then, as a person would.
                let carried = self.ledger.carried_by_displaced(&item);
                self.ledger.given_up.extend(carried);
                let now = self.time(device);
                self.act(device, at, |engine| engine.drop_displaced(id, now));
            }
        }
    }

    fn check_restored(&mut self, device: usize, at: usize, record: Uuid, edit: &Edit) {
        let engine = &self.devices[device].tabs[at].engine;
        let shown = engine.text_of(edit, record);
        let shown = shown.map(|text| as_told(serde_json::from_str(&text).unwrap()));
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

    /// Longer ago than a device stores.
    fn long_ago(&self) -> Timestamp {
        self.now - ARCHIVED_FOR - Duration::days(20)
    }

    /// A record that was archived long ago, last among those of its user.
    pub async fn old_row(&mut self) {
        let session = self.outside[0].clone();
        let mut bytes = self.dice.uuid().into_bytes();
        bytes[0] = u8::MAX;
        let id = Uuid::from_bytes(bytes);
        self.ledger.owners.insert(id, session.user);
        let mut request = Request::new(http::Method::POST, "/applications", Some(session.clone()));
        request.csrf = Some(session.csrf);
        let fields = json!({
            "id": id, "company": self.word(), "role_title": "x", "archived_at": self.long_ago()
        });
        request.body = Some(fields.to_string());
        let reply = self.serve(&request).await;
        assert!(reply.is_success(), "{reply:?}");
        trace!("{} was archived long ago", &id.to_string()[..8]);
    }

    /// Somebody changes something past every page: another program of the same user.
    pub async fn outside(&mut self) {
        let n = usize::from(self.dice.percent(15));
        let (session, user) = (self.outside[n].clone(), self.users[n]);
        let records = self.ledger.applications_of(user);
        let mut request = Request::new(http::Method::POST, "/applications", Some(session.clone()));
        request.csrf = Some(session.csrf);
        let kind = self.dice.below(13);
        let record = match self.dice.below(3) {
            _ if kind == LONG_AGO => records.last().copied(),
            0 => self.dice.pick(&records).copied(),
            _ => records.first().copied(),
        };
        match (kind, record) {
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
                    4 | 10 | 11 => self.same_as_somebody(id),
                    LONG_AGO => json!({"archived_at": self.long_ago()}),
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
            reply.status()
        );
    }

    /// Another program changes a record.
    pub async fn touch(&mut self, session: &Session, record: Uuid) {
        let path = format!("/applications/{record}");
        let mut request = Request::new(http::Method::PATCH, path, Some(session.clone()));
        request.csrf = Some(session.csrf.clone());
        request.if_match = self.server.version(session.user, record).await;
        request.body = Some(json!({"notes": self.word()}).to_string());
        let reply = self.serve(&request).await;
        assert!(reply.is_success(), "{reply:?}");
    }

    fn same_as_somebody(&mut self, record: Uuid) -> Value {
        // What is sent next, of every page.
        let tabs = self.devices.iter().flat_map(|device| &device.tabs);
        let next = tabs.filter_map(|tab| tab.engine.outbox().of_record(record).next());
        let next: Vec<Edit> = next
            .filter(|entry| entry.edit.verb() == Verb::Patch)
            .map(|entry| entry.edit.clone())
            .collect();
        let Some(edit) = self.dice.pick(&next) else {
            return json!({"notes": "same"});
        };
        let mut fields: Map<String, Value> = edit.fields().into_iter().collect();
        // And more, which nobody on a page has seen.
        if self.dice.percent(60) {
            let name = ["notes", "source", "next_action"][self.dice.below(3)];
            let value = json!(self.word());
            fields.entry(name).or_insert(value);
        }
        Value::Object(fields)
    }
}
