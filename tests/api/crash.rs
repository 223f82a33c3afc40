//! What was acknowledged survives a process that dies.

use crate::{
    client::Client,
    harness::{Site, both, sign_in},
    program::Program,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::{sync::mpsc, task::JoinSet};
use uuid::Uuid;

both![acknowledged_creates_survive_a_kill];

const ALL: usize = 200;

fn body(id: Uuid) -> Value {
    json!({ "id": id, "company": format!("Company {id}"), "role_title": "Engineer" })
}

/// Every application with the number of its stage events, both from the history, which is complete.
async fn stored(client: &Client) -> BTreeMap<Uuid, usize> {
    let page = client.get("/sync?limit=5000").await.is(200).json();
    assert_eq!(page["has_more"], false);
    let changes = page["changes"].as_array().unwrap();
    let of = |entity: &'static str| {
        changes
            .iter()
            .filter(move |change| change["entity"] == entity)
    };
    let id = |value: &Value| value.as_str().unwrap().parse::<Uuid>().unwrap();
    let mut stored = BTreeMap::new();
    for change in of("application") {
        assert_eq!(stored.insert(id(&change["id"]), 0), None, "twice");
        assert_eq!(
            change["row"]["company"],
            format!("Company {}", id(&change["id"]))
        );
    }
    for change in of("stage_event") {
        let application = id(&change["row"]["application_id"]);
        *stored
            .get_mut(&application)
            .expect("an event without its application") += 1;
    }
    stored
}

async fn acknowledged_creates_survive_a_kill(site: Site) {
    let mut program = Program::serve(&site).await;
    let jane = sign_in(&site, &program.base, "jane@example.com").await;
    let ids: Arc<Vec<Uuid>> = Arc::new((0..ALL).map(|_| Uuid::new_v4()).collect());

    let (acknowledge, mut acknowledged) = mpsc::unbounded_channel();
    let mut writers = JoinSet::new();
    for at in 0..ALL {
        let call = jane
            .post("/applications", &body(ids[at]))
            .key(&format!("create {at}"));
        let (ids, acknowledge) = (Arc::clone(&ids), acknowledge.clone());
        writers.spawn(async move {
            // An error is an answer that never came.
            if let Ok(answer) = call.try_send().await {
                answer.is(201);
                _ = acknowledge.send(ids[at]);
            }
        });
    }
    drop(acknowledge);
    let mut safe = BTreeSet::new();
    while let Some(id) = acknowledged.recv().await {
        safe.insert(id);
        if safe.len() == ALL / 4 {
            program.kill();
        }
    }
    writers.join_all().await;
    println!("{} of {ALL} were acknowledged", safe.len());
    assert!(
        safe.len() >= ALL / 4 && safe.len() < ALL,
        "the kill came too late: {}",
        safe.len()
    );

    let program = Program::serve(&site).await;
    let jane = Client::browser(&program.base).with_bearer(&jane.token);
    let found = stored(&jane).await;
    let lost: Vec<_> = safe.iter().filter(|id| !found.contains_key(id)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert!(
        found.values().all(|events| *events == 1),
        "every application has its event: {found:?}"
    );

    // A client that knows nothing of what arrived sends all of it again.
    let mut writers = JoinSet::new();
    for (at, id) in ids.iter().enumerate() {
        writers.spawn(
            jane.post("/applications", &body(*id))
                .key(&format!("create {at}"))
                .into_future(),
        );
    }
    for answer in writers.join_all().await {
        answer.is(201);
    }
    let found = stored(&jane).await;
    assert_eq!(
        found.keys().copied().collect::<BTreeSet<_>>(),
        ids.iter().copied().collect()
    );
    assert!(found.values().all(|events| *events == 1), "{found:?}");
    assert_eq!(jane.list().await.len(), ALL);
}
