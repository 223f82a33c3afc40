//! Two versions of the app side by side. The newer one knows a field and a status more, and asks for
//! another set of kinds, so its cursors are not the older one's; and it has another schema of the
//! store. The code is the same for both: what tells them apart is done here, on the way between
//! pages, server and store.

use crate::{
    disk::Disk,
    server::{Reply, Request},
    trace,
    world::{Tab, World},
};
use job_hunt_tracker::{
    client::engine::{Batch, Meta, SCHEMA, Stored},
    domain::error::ProblemKind,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The end of a newer page's cursor: the sets of kinds differ.
const OTHER_KINDS: &str = ".newer";

/// The version of the stored data that pages of a version keep.
const fn schema_of(newer: bool) -> u32 {
    SCHEMA + newer as u32
}

/// What a page of a newer version takes for its own schema is one less than it is.
pub fn seen_by(newer: bool, mut stored: Stored) -> Stored {
    if newer && stored.stamp > 0 {
        stored.meta.schema = stored.meta.schema.saturating_sub(1);
    }
    stored
}

/// A batch as it is stored.
pub fn kept_by(newer: bool, batch: &Batch) -> Batch {
    let mut batch = batch.clone();
    if newer {
        let meta = Meta {
            schema: batch.meta.schema + 1,
            ..batch.meta
        };
        batch.meta = meta;
    }
    batch
}

/// Whether a store is of a version that this page does not know.
pub fn is_beyond(newer: bool, disk: &Disk) -> bool {
    disk.schema > schema_of(newer)
}

/// A pull as the server gets it; none where the cursor is of another set of kinds.
pub fn asks(newer: bool, request: &Request) -> Option<Request> {
    let mut request = request.clone();
    if !request.path.contains("since=") {
        return Some(request);
    }
    let path = request.path.replace(OTHER_KINDS, "");
    (newer == (path != request.path)).then(|| {
        request.path = path;
        request
    })
}

/// A pull whose cursor is of another set of kinds.
pub fn of_other_kinds() -> Reply {
    let mut reply = Reply::problem(ProblemKind::CursorExpired, None);
    reply.head.ours = true;
    reply
}

impl World {
    /// A newer version of the app is out: the server is of it, and pages from now on, or soon.
    pub fn deploy(&mut self) {
        if !self.newer {
            trace!("a newer version is out");
            self.newer = true;
            let alive: Vec<Uuid> = self.ledger.alive.iter().copied().collect();
            self.of_new_status = self.dice.pick(&alive).copied();
        }
    }

    /// Whether a page that opens now is of the newer version.
    pub fn opens_newer(&mut self, online: bool) -> bool {
        self.newer && (self.calm || self.dice.percent(if online { 80 } else { 50 }))
    }

    /// A store is opened by a page: one of an older version is brought up to date, and older pages
    /// lose it.
    pub fn upgrade(&mut self, device: usize, at: usize) {
        let (user, newer) = {
            let tab = &self.devices[device].tabs[at];
            (tab.user, tab.newer)
        };
        let Some(disk) = self.devices[device].disks.get_mut(&user) else {
            return;
        };
        if disk.schema >= schema_of(newer) {
            return;
        }
        disk.schema = schema_of(newer);
        for at in 0..self.devices[device].tabs.len() {
            let tab = &self.devices[device].tabs[at];
            if tab.user == user && !tab.newer && tab.connected && !tab.store_is_gone {
                self.loses_store(device, at);
                self.is_of_a_newer_version(device, at);
            }
        }
    }

    /// What a page reads of an answer: an older one meets what it does not know.
    pub fn read_by(&self, tab: &Tab, pull: bool, reply: Reply) -> Reply {
        let Ok(mut body) = serde_json::from_str::<Value>(&reply.body) else {
            return reply;
        };
        if pull && tab.newer && reply.is_success() {
            if let Some(next) = body.get("next").and_then(Value::as_str) {
                body["next"] = json!(format!("{next}{OTHER_KINDS}"));
            }
        } else if self.newer && !tab.newer {
            if pull && let Some(changes) = body.get_mut("changes").and_then(Value::as_array_mut) {
                changes.iter_mut().for_each(|change| {
                    if let Some(row) = change.get_mut("row") {
                        self.add_news(row);
                    }
                });
                let other = json!({"seq": 0, "id": Uuid::nil(), "op": "upsert", "entity": "mood",
                    "row": {"id": Uuid::nil(), "smile": true}});
                changes.insert(0, other);
            } else if let Some(current) = body.pointer_mut("/meta/current") {
                self.add_news(current);
            } else if reply.is_success() {
                self.add_news(&mut body);
            }
        } else {
            return reply;
        }
        Reply {
            body: body.to_string(),
            ..reply
        }
    }

    /// A row as a newer server sends it.
    fn add_news(&self, row: &mut Value) {
        let Some(row): Option<&mut Map<String, Value>> = row.as_object_mut() else {
            return;
        };
        row.insert("mood".to_owned(), json!("sunny"));
        let id = row.get("id").and_then(Value::as_str);
        let is_it = id.and_then(|id| id.parse().ok()) == self.of_new_status;
        if is_it && self.of_new_status.is_some() && row.contains_key("status") {
            row.insert("status".to_owned(), json!("OnProbation"));
        }
    }

    /// Whether an older page may have skipped this row.
    pub fn is_skipped(&self, disk: &Disk, id: Uuid) -> bool {
        disk.schema < schema_of(self.newer) && self.of_new_status == Some(id)
    }
}
