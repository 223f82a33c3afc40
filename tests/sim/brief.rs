//! What happened, in short.

use crate::server::Reply;
use job_hunt_tracker::client::engine::{Batch, Edit, Notice, Verb};
use uuid::Uuid;

pub fn brief(reply: &Reply) -> String {
    let id = |text: &str| text.chars().take(120).collect::<String>();
    if reply.is_success() {
        format!("{} bytes", reply.body.len())
    } else {
        id(&reply.body)
    }
}

pub fn short_edit(edit: &Edit, record: Uuid) -> String {
    let fields: Vec<String> = edit
        .fields()
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let op = match edit.verb() {
        Verb::Create => "creates",
        Verb::Patch => "changes",
        Verb::Delete => "deletes",
    };
    format!("{op} {} {}", &record.to_string()[..8], fields.join(" "))
}

pub fn short(notice: &Notice) -> String {
    match notice {
        Notice::Displaced(item) => format!(
            "displaced {:?} {} of {}",
            item.reason,
            item.keys
                .iter()
                .map(|key| key.to_string()[..8].to_owned())
                .collect::<Vec<_>>()
                .join(" "),
            &item.record.to_string()[..8]
        ),
        Notice::Parked { key, problem, .. } => {
            format!("parked {} {}", &key.to_string()[..8], problem.detail)
        }
        other => format!("{other:?}"),
    }
}

pub fn short_batch(batch: &Batch) -> String {
    let keys = |keys: Vec<Uuid>| {
        let keys: Vec<String> = keys
            .iter()
            .map(|key| key.to_string()[..8].to_owned())
            .collect();
        keys.join(" ")
    };
    format!(
        "{}: +[{}] -[{}] displaced +{} -{} shards {} cursor {:?} base {}",
        batch.stamp,
        keys(batch.entries.iter().map(|entry| entry.key).collect()),
        keys(batch.settled.clone()),
        batch.displaced.len(),
        batch.dropped.len(),
        batch.shards.len(),
        batch
            .meta
            .cursor
            .as_ref()
            .map(|cursor| cursor.rsplit('.').next().map(ToOwned::to_owned)),
        batch.meta.base_generation,
    )
}
