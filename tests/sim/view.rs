//! `view = base ⊕ pending` (invariant 7), said once more, in JSON and without the engine's code.

use job_hunt_tracker::{
    client::engine::{Edit, Engine, Verb},
    domain::{application::Application, settings::Settings},
};
use serde_json::{Map, Value};
use std::sync::Arc;
use uuid::Uuid;

/// What neither side promises of a row that waits for its answer.
pub const OPEN: [&str; 5] = [
    "version",
    "updated_at",
    "status_since",
    "created_at",
    "application_date",
];

fn object(value: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(value).unwrap() {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

/// What the domain's rule between fields says, as far as the simulation breaks it.
fn holds(row: &Map<String, Value>) -> bool {
    let number = |name: &str| row.get(name).and_then(Value::as_f64);
    match (number("salary_min"), number("salary_max")) {
        (Some(min), Some(max)) => min <= max,
        _ => true,
    }
}

fn pending_on(base: Option<Map<String, Value>>, edits: &[&Edit]) -> Option<Map<String, Value>> {
    let mut row = base;
    for edit in edits {
        match (edit.verb(), &mut row) {
            (Verb::Create, None) => row = Some(edit.fields().into_iter().collect()),
            (Verb::Create, Some(_)) | (Verb::Patch, None) => {}
            (Verb::Patch, Some(known)) => {
                let mut next = known.clone();
                next.extend(edit.fields());
                if holds(&next) {
                    *known = next;
                }
            }
            (Verb::Delete, _) => row = None,
        }
    }
    row
}

/// Panics where the engine shows something else; `hidden` is what it would be without what waits.
pub fn check(engine: &Engine, hidden: bool) {
    let mut view = engine.view::<Application>();
    if hidden {
        view.clone_from(engine.base().table::<Application>().rows());
    }
    let base = engine.base().table::<Application>().rows();
    let edits_of = |record: Uuid| -> Vec<&Edit> {
        let entries = engine.outbox().of_record(record);
        entries.map(|entry| &entry.edit).collect()
    };
    // What follows from a correction of a move shows in its application.
    let corrections = engine.outbox().entries().iter();
    let corrected = corrections.filter(|entry| matches!(entry.edit, Edit::StageEvent(_)));
    let mut pending = engine.pending_records().clone();
    pending.extend(corrected.map(|entry| entry.aggregate));
    let applications = engine
        .outbox()
        .entries()
        .iter()
        .filter(|entry| matches!(entry.edit, Edit::Application(_)))
        .map(|entry| entry.record);
    for record in applications {
        let expected = pending_on(
            base.get(&record).map(|row| object(&**row)),
            &edits_of(record),
        );
        let shown = view.get(&record);
        assert_eq!(
            shown,
            engine.view_of::<Application>(record).as_ref(),
            "invariant 7: two views of {record}"
        );
        compare(record, expected, shown.map(|row| object(&**row)));
    }
    for (id, row) in &view {
        assert!(
            pending.contains(id) || base.get(id).is_some_and(|known| Arc::ptr_eq(known, row)),
            "invariant 7: {id} is shown otherwise than it is"
        );
    }
    for id in base.keys() {
        assert!(
            pending.contains(id) || view.contains_key(id),
            "invariant 7: {id} is not shown"
        );
    }
    if let Some(owner) = engine.owner() {
        let known = engine.base().table::<Settings>().get(owner);
        let expected = pending_on(known.map(|row| object(&**row)), &edits_of(owner));
        compare(owner, expected, engine.settings().map(|row| object(&*row)));
    }
}

fn compare(record: Uuid, expected: Option<Map<String, Value>>, shown: Option<Map<String, Value>>) {
    let (Some(expected), Some(shown)) = (&expected, &shown) else {
        assert_eq!(
            expected.is_some(),
            shown.is_some(),
            "invariant 7: {record}: {expected:?} {shown:?}"
        );
        return;
    };
    for (name, value) in expected {
        if !OPEN.contains(&name.as_str()) {
            assert_eq!(
                Some(value),
                shown.get(name),
                "invariant 7: {name} of {record}"
            );
        }
    }
}
