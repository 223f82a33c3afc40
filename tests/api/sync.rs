//! The user's history, as a client pulls it.

use crate::{
    client::{Answer, Client, path_of, version_of},
    harness::{Site, User, both, watch},
};
use job_hunt_tracker::api::answer::POSITION;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::task::JoinSet;
use uuid::Uuid;

both![
    from_nothing_everything_comes_in_order,
    a_page_brings_what_changed_since,
    a_deletion_is_a_tombstone_for_the_row_and_its_events,
    pages_have_a_limit,
    a_limit_is_1_to_5000,
    kinds_choose_what_comes,
    kinds_that_were_not_asked_for_are_not_read,
    kinds_are_known,
    a_cursor_belongs_to_its_kinds,
    a_cursor_of_another_history_is_gone,
    a_cursor_of_a_history_that_was_lost_is_gone_however_far_the_next_one_is,
    what_was_answered_and_lost_since_is_of_another_history,
    every_answer_to_a_mutation_says_where_the_history_stands,
    a_cursor_outlives_a_restart,
    a_cursor_is_ours,
    histories_belong_to_their_user,
    what_changes_nothing_is_no_history,
    a_reader_misses_nothing_while_others_write,
];

/// Pulls once.
async fn pull(client: &Client, since: Option<&str>) -> Value {
    let since = since
        .map(|since| format!("?since={since}"))
        .unwrap_or_default();
    client.get(&format!("/sync{since}")).await.is(200).json()
}

fn next(page: &Value) -> Option<&str> {
    page["next"].as_str()
}

/// The changes, each as `entity op`.
fn words(page: &Value) -> Vec<String> {
    let changes = page["changes"].as_array().unwrap();
    let word = |change: &Value, name| change[name].as_str().unwrap().to_owned();
    changes
        .iter()
        .map(|change| format!("{} {}", word(change, "entity"), word(change, "op")))
        .collect()
}

fn seqs(page: &Value) -> Vec<i64> {
    page["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["seq"].as_i64().unwrap())
        .collect()
}

async fn from_nothing_everything_comes_in_order(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let first = jane.create(json!({})).await;
    let second = jane.create(json!({ "company": "Beta" })).await;
    let first = jane.change(&first, json!({ "status": "Offer" })).await;
    let events = [jane.events(&first).await, jane.events(&second).await].concat();
    let settings = jane.get("/settings").await.json();

    let page = pull(&jane, None).await;
    let change = |seq: i64, entity: &str, id: &Value, row: &Value| json!({ "seq": seq, "op": "upsert", "entity": entity, "id": id, "row": row });
    assert_eq!(
        page["changes"],
        json!([
            change(1, "settings", &json!(jane.id), &settings),
            // The first application was 2, and has moved on; 4 and 7 are reminders.
            change(3, "stage_event", &events[0]["id"], &events[0]),
            change(5, "application", &second["id"], &second),
            change(6, "stage_event", &events[2]["id"], &events[2]),
            change(8, "stage_event", &events[1]["id"], &events[1]),
            change(9, "application", &first["id"], &first),
        ])
    );
    assert_eq!(page["has_more"], false);
    assert_eq!(
        page["epoch"]
            .as_str()
            .unwrap()
            .parse::<Uuid>()
            .unwrap()
            .get_version_num(),
        4
    );
}

async fn a_page_brings_what_changed_since(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let page = pull(&jane, None).await;
    assert_eq!(words(&page), ["settings upsert"]);
    let quiet = pull(&jane, next(&page)).await;
    assert_eq!(words(&quiet), [""; 0]);
    assert_eq!(next(&quiet), next(&page), "nothing happened");

    let row = jane.create(json!({})).await;
    let page = pull(&jane, next(&page)).await;
    assert_eq!(words(&page), ["application upsert", "stage_event upsert"]);
    assert_eq!(page["changes"][0]["row"], row);

    let row = jane.change(&row, json!({ "company": "Beta" })).await;
    let page = pull(&jane, next(&page)).await;
    assert_eq!(words(&page), ["application upsert"]);
    assert_eq!(page["changes"][0]["row"], row);

    let row = jane.change(&row, json!({ "status": "Offer" })).await;
    let page = pull(&jane, next(&page)).await;
    assert_eq!(words(&page), ["stage_event upsert", "application upsert"]);

    let event = jane.events(&row).await[1].clone();
    jane.change(
        &row,
        json!({ "status": "Applied", "voids_stage_event": event["id"] }),
    )
    .await;
    let page = pull(&jane, next(&page)).await;
    assert_eq!(words(&page), ["stage_event upsert", "application upsert"]);
    assert_eq!(page["changes"][0]["id"], event["id"]);
    assert!(page["changes"][0]["row"]["voided_at"].is_string());

    let settings = jane
        .patch("/settings", 1, &json!({ "timezone": "UTC" }))
        .await
        .is(200)
        .json();
    let page = pull(&jane, next(&page)).await;
    assert_eq!(words(&page), ["settings upsert"]);
    assert_eq!(page["changes"][0]["row"], settings);
    assert_eq!(page["changes"][0]["id"], json!(jane.id));
}

async fn a_deletion_is_a_tombstone_for_the_row_and_its_events(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let row = jane.change(&row, json!({ "status": "Offer" })).await;
    let events = jane.events(&row).await;
    let before = pull(&jane, None).await;
    jane.delete(&path_of(&row), 2).await.is(204);
    let page = pull(&jane, next(&before)).await;
    let stone = |change: &Value, entity: &str, id: &Value| {
        assert_eq!(
            *change,
            json!({ "seq": change["seq"], "op": "delete", "entity": entity, "id": id })
        );
    };
    let changes = page["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 3);
    stone(&changes[0], "stage_event", &events[0]["id"]);
    stone(&changes[1], "stage_event", &events[1]["id"]);
    stone(&changes[2], "application", &row["id"]);
    // From nothing, nothing of it is left but that it is gone.
    let page = pull(&jane, None).await;
    assert!(
        page["changes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|change| change["entity"] == "settings" || change["op"] == "delete")
    );
}

async fn pages_have_a_limit(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for number in 0..6 {
        let row = jane
            .create(json!({ "company": format!("Company {number}") }))
            .await;
        if number == 1 {
            jane.delete(&path_of(&row), 1).await.is(204);
        } else if number == 3 {
            jane.change(&row, json!({ "status": "Offer" })).await;
        }
    }
    jane.patch("/settings", 1, &json!({ "timezone": "UTC" }))
        .await
        .is(200);
    let whole = pull(&jane, None).await;
    let all = whole["changes"].as_array().unwrap();
    assert_eq!(all.len(), 5 + 6 + 2 + 1);
    for limit in [1, 2, 3, all.len() - 1, all.len(), all.len() + 1] {
        let (mut met, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = jane
                .get(&format!("/sync?limit={limit}{cursor}"))
                .await
                .is(200)
                .json();
            let changes = page["changes"].as_array().unwrap();
            assert!(changes.len() <= limit);
            met.extend(changes.iter().cloned());
            assert_eq!(page["has_more"], met.len() < all.len(), "{limit}");
            cursor = format!("&since={}", next(&page).unwrap());
            if page["has_more"] == false {
                break;
            }
        }
        assert_eq!(met, *all, "{limit} a page");
        assert_eq!(cursor, format!("&since={}", next(&whole).unwrap()));
    }
}

async fn a_limit_is_1_to_5000(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for limit in ["0", "5001", "-1", "x", ""] {
        let wrong = jane
            .get(&format!("/sync?limit={limit}"))
            .await
            .wrong_fields();
        assert_eq!(wrong, ["limit"], "{limit}");
    }
    jane.get("/sync?limit=5000").await.is(200);
    assert_eq!(jane.get("/sync?until=x").await.wrong_fields(), ["until"]);
}

/// A history in which the kinds alternate, with tombstones.
async fn furnish(jane: &User) {
    for number in 0..4 {
        let row = jane
            .create(json!({ "company": format!("Company {number}") }))
            .await;
        let row = jane.change(&row, json!({ "status": "Offer" })).await;
        if number % 2 == 1 {
            jane.delete(&path_of(&row), 2).await.is(204);
        }
    }
    jane.patch("/settings", 1, &json!({ "timezone": "UTC" }))
        .await
        .is(200);
    jane.create(json!({})).await;
}

async fn kinds_choose_what_comes(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    furnish(&jane).await;
    let whole = pull(&jane, None).await;
    let all = whole["changes"].as_array().unwrap();
    assert_eq!(all.len(), 2 * 3 + 2 * 3 + 1 + 2);
    const KINDS: [&str; 3] = ["application", "stage_event", "settings"];
    for set in 1..8 {
        let kinds: Vec<&str> = (0..3)
            .filter(|bit| set & (1 << bit) != 0)
            .map(|bit| KINDS[bit])
            .collect();
        let expected: Vec<&Value> = all
            .iter()
            .filter(|change| kinds.contains(&change["entity"].as_str().unwrap()))
            .collect();
        for limit in [1, 2, expected.len(), 100] {
            let (mut met, mut since) = (Vec::new(), String::new());
            loop {
                let path = format!("/sync?kinds={}&limit={limit}{since}", kinds.join(","));
                let page = jane.get(&path).await.is(200).json();
                let changes = page["changes"].as_array().unwrap();
                assert!(changes.len() <= limit);
                met.extend(changes.iter().cloned());
                let more = met.len() < expected.len();
                assert_eq!(page["has_more"], more, "{kinds:?}, {limit} a page");
                since = format!("&since={}", next(&page).unwrap());
                if !more {
                    break;
                }
            }
            let met: Vec<&Value> = met.iter().collect();
            assert_eq!(met, expected, "{kinds:?}, {limit} a page");
        }
    }
}

async fn kinds_that_were_not_asked_for_are_not_read(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for (kinds, tables) in [
        ("settings", &[][..]),
        ("application", &["applications"]),
        ("stage_event,application", &["applications", "stage_events"]),
    ] {
        let page = jane.get(&format!("/sync?kinds={kinds}")).await.is(200);
        let statements = watch::statements(page.header("x-request-id"));
        let read: Vec<&str> = ["applications", "stage_events"]
            .into_iter()
            .filter(|table| statements.iter().any(|sql| sql.contains(*table)))
            .collect();
        assert_eq!(read, tables, "{statements:?}");
    }
}

async fn kinds_are_known(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for kinds in [
        "",
        ",",
        "note",
        "application,note",
        "application,",
        "Application",
        "application;settings",
        "application%00",
    ] {
        let wrong = jane
            .get(&format!("/sync?kinds={kinds}"))
            .await
            .wrong_fields();
        assert_eq!(wrong, ["kinds"], "{kinds}");
    }
    // As browsers write a comma.
    let page = jane
        .get("/sync?kinds=application%2Csettings")
        .await
        .is(200)
        .json();
    assert_eq!(words(&page), ["settings upsert"]);
}

async fn a_cursor_belongs_to_its_kinds(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    furnish(&jane).await;
    let ask = |kinds: Option<&str>, since: &str| {
        let kinds = kinds.map(|kinds| format!("&kinds={kinds}"));
        jane.get(&format!(
            "/sync?limit=2&since={since}{}",
            kinds.unwrap_or_default()
        ))
    };
    let page = jane
        .get("/sync?limit=2&kinds=settings,application")
        .await
        .is(200)
        .json();
    let some = next(&page).unwrap();
    for same in ["settings,application", "application,settings,application"] {
        ask(Some(same), some).await.is(200);
    }
    for other in [None, Some("application"), Some("application,stage_event")] {
        ask(other, some).await.problem(410, "cursor-expired");
    }
    // Who does not say what it knows, and who says just that, are the same.
    let page = jane.get("/sync?limit=2").await.is(200).json();
    let unsaid = next(&page).unwrap();
    assert_eq!(
        unsaid.matches('.').count(),
        2,
        "as it has always been: {unsaid}"
    );
    ask(Some("settings,stage_event,application"), unsaid)
        .await
        .is(200);
    ask(Some("application"), unsaid)
        .await
        .problem(410, "cursor-expired");
    let (start, kinds) = some.rsplit_once('.').unwrap();
    for since in [
        format!("{start}.note"),
        format!("{start}.settings-application"),
        format!("{start}.{kinds}.1"),
        format!("{start}."),
    ] {
        let wrong = ask(Some("settings,application"), &since)
            .await
            .wrong_fields();
        assert_eq!(wrong, ["since"], "{since}");
    }
}

async fn a_cursor_of_another_history_is_gone(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let page = pull(&jane, None).await;
    let (epoch, seq) = next(&page).unwrap().split_once('.').unwrap();
    let hers = next(&page).unwrap();
    joe.get(&format!("/sync?since={hers}"))
        .await
        .problem(410, "cursor-expired");
    for since in [
        // A number that was never given: the server was restored from a backup.
        format!("{epoch}.{}", seq.parse::<i64>().unwrap() + 1),
        format!("{epoch}.{}", i64::MAX),
        format!("{}.{seq}", Uuid::new_v4().simple()),
        format!("{}.0", Uuid::nil().simple()),
    ] {
        let answer = jane.get(&format!("/sync?since={since}")).await;
        answer.problem(410, "cursor-expired");
    }
    let unbegun = page["epoch"].as_str().unwrap().replace('-', "");
    jane.get(&format!("/sync?since={unbegun}.0")).await.is(200);
    // A new epoch makes the old cursors worthless.
    site.execute("UPDATE user_sequences SET epoch = user_id")
        .await;
    jane.get(&format!("/sync?since={hers}"))
        .await
        .problem(410, "cursor-expired");
    pull(&jane, None).await;
}

async fn a_cursor_of_a_history_that_was_lost_is_gone_however_far_the_next_one_is(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    jane.create(json!({})).await;
    let backed_up = seqs(&pull(&jane, None).await).pop().unwrap();
    jane.create(json!({})).await;
    let page = pull(&jane, None).await;
    app.stop().await;
    // The backup is restored: whatever came later is gone, and so is what was noted of it.
    for sql in [
        format!("DELETE FROM stage_events WHERE seq > {backed_up}"),
        format!("DELETE FROM applications WHERE seq > {backed_up}"),
        format!("UPDATE user_sequences SET last_seq = {backed_up}"),
    ] {
        site.execute(&sql).await;
    }
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for _ in 0..3 {
        jane.create(json!({})).await;
    }
    jane.get(&format!("/sync?since={}", next(&page).unwrap()))
        .await
        .problem(410, "cursor-expired");
    let anew = pull(&jane, None).await;
    jane.get(&format!("/sync?since={}", next(&anew).unwrap()))
        .await
        .is(200);
}

/// What a pull from `since` by a client that heard of `places` is answered.
async fn pull_told(client: &Client, since: &Value, places: &str) -> Answer {
    let since = next(since).unwrap();
    let call = client.get(&format!("/sync?since={since}"));
    call.header(POSITION, places).await
}

async fn what_was_answered_and_lost_since_is_of_another_history(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let page = pull(&jane, None).await;
    let (_, backed_up) = next(&page).unwrap().split_once('.').unwrap();
    let path = path_of(&row);
    let edited = jane.patch(&path, 1, &json!({ "notes": "lost" })).await;
    let heard = edited.is(200).header(POSITION).to_owned();
    pull_told(&jane, &page, &heard).await.is(200);
    app.stop().await;
    // The backup is as new as the pull: the cursor is of its history.
    for sql in [
        format!("UPDATE applications SET version = 1, seq = {backed_up}, notes = NULL"),
        format!("UPDATE user_sequences SET last_seq = {backed_up}"),
    ] {
        site.execute(&sql).await;
    }
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    pull(&jane, next(&page)).await;
    for _ in 0..3 {
        let told = pull_told(&jane, &page, &heard).await;
        told.problem(410, "cursor-expired");
        let other = jane.create(json!({})).await;
        pull(&jane, next(&page)).await;
        let gone = jane.delete(&path_of(&other), 1).await;
        pull_told(&jane, &page, gone.is(204).header(POSITION))
            .await
            .is(200);
    }
    // Whoever begins anew and tells of it is told as well: that is no history to have it from.
    let anew = jane.get("/sync").header(POSITION, &heard).await;
    anew.problem(410, "cursor-expired");
}

async fn every_answer_to_a_mutation_says_where_the_history_stands(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let page = pull(&jane, None).await;
    let body = json!({ "company": "Acme", "role_title": "Baker" });
    let create = || {
        jane.post("/applications", &body)
            .header("idempotency-key", "one")
    };
    let created = create().await.is(201);
    let row = created.json();
    let heard = created.header(POSITION).to_owned();
    // Again, refused, and as somebody else's.
    let again = create().await;
    assert_eq!(again.is(201).header(POSITION), heard);
    let note = json!({ "notes": "x" });
    let refused = jane.patch(&path_of(&row), 7, &note).await;
    assert_eq!(refused.is(409).header(POSITION), heard);
    let missing = jane
        .patch(&format!("/applications/{}", Uuid::new_v4()), 1, &note)
        .await;
    assert_eq!(missing.is(404).header(POSITION), heard);
    let settings = jane.get("/settings").await.is(200).json();
    let set = jane
        .patch(
            "/settings",
            version_of(&settings),
            &json!({ "display_name": "Jane" }),
        )
        .await;
    let later = set.is(200).header(POSITION).to_owned();
    assert_ne!(later, heard);
    for places in [
        &heard,
        &later,
        &format!("{heard},{later}"),
        &format!("{later}, {heard}"),
    ] {
        pull_told(&jane, &page, places).await.is(200);
    }
    let joe = app.sign_in("joe@example.com").await;
    let his = pull(&joe, None).await;
    pull_told(&joe, &his, &heard)
        .await
        .problem(410, "cursor-expired");
    let many: Vec<String> = (0..9)
        .map(|_| format!("{}.1", Uuid::new_v4().simple()))
        .collect();
    for places in [
        "",
        "x",
        "7",
        &format!("{heard},"),
        &heard.replace('.', ".0"),
        &many.join(","),
    ] {
        let wrong = pull_told(&jane, &page, places).await;
        if places.is_empty() {
            wrong.is(200);
        } else {
            assert_eq!(wrong.wrong_fields(), [POSITION], "{places}");
        }
    }
}

async fn a_cursor_outlives_a_restart(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    jane.create(json!({})).await;
    let page = pull(&jane, None).await;
    app.stop().await;
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let since = pull(&jane, next(&page)).await;
    assert_eq!(since["changes"][0]["id"], row["id"]);
}

async fn a_cursor_is_ours(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let page = pull(&jane, None).await;
    let (epoch, _) = next(&page).unwrap().split_once('.').unwrap();
    for since in [
        "",
        "x",
        "7",
        ".",
        ".1",
        "x.1",
        epoch,
        &format!("{epoch}."),
        &format!("{epoch}.x"),
        &format!("{epoch}.-1"),
        &format!("{epoch}.1.1"),
        &format!("{epoch}.9223372036854775808"),
        "%00",
    ] {
        let wrong = jane
            .get(&format!("/sync?since={since}"))
            .await
            .wrong_fields();
        assert_eq!(wrong, ["since"], "{since}");
    }
}

async fn histories_belong_to_their_user(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    jane.create(json!({})).await;
    let gone = jane.create(json!({})).await;
    jane.delete(&path_of(&gone), 1).await.is(204);
    let his = pull(&joe, None).await;
    assert_eq!(words(&his), ["settings upsert"]);
    assert_eq!(his["changes"][0]["id"], json!(joe.id));
    assert_ne!(his["epoch"], pull(&jane, None).await["epoch"]);
}

async fn what_changes_nothing_is_no_history(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let id = Uuid::new_v4();
    let row = jane.create(json!({ "id": id })).await;
    let patch = || {
        jane.patch(&path_of(&row), 1, &json!({ "status": "Offer" }))
            .key("k")
    };
    patch().await.is(200);
    let before = pull(&jane, None).await;
    // A replay, the same create again, and failures.
    patch().await.is(200);
    jane.create(json!({ "id": id })).await;
    jane.patch(&path_of(&row), 1, &json!({ "status": "Draft" }))
        .await
        .is(409);
    jane.patch(&path_of(&row), 2, &json!({ "company": "" }))
        .await
        .is(400);
    jane.delete(&path_of(&row), 1).await.is(409);
    jane.patch("/settings", 1, &json!({ "timezone": "Mars/Olympus" }))
        .await
        .is(400);
    app.sign_in("jane@example.com").await;
    assert_eq!(pull(&jane, None).await, before);
    assert_eq!(words(&pull(&jane, next(&before)).await), [""; 0]);
}

/// A small generator of numbers: the same seed gives the same work.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Creates, changes, moves, undoes and deletes its own rows, and races for the shared ones.
async fn write(client: Client, seed: u64, shared: Vec<Value>, steps: usize) {
    let mut random = Random(seed);
    let mut own: Vec<Value> = Vec::new();
    for step in 0..steps {
        let status = ["Draft", "Applied", "Offer", "Rejected"][random.below(4)];
        match random.below(8) {
            0..=2 => own.push(
                client
                    .create(json!({ "company": format!("{seed} {step}") }))
                    .await,
            ),
            3..=4 if !own.is_empty() => {
                let at = random.below(own.len());
                own[at] = client.change(&own[at], json!({ "status": status })).await;
            }
            5 if !own.is_empty() => {
                let row = own.swap_remove(random.below(own.len()));
                client
                    .delete(&path_of(&row), version_of(&row))
                    .await
                    .is(204);
            }
            6 => {
                // Settings and shared rows: who comes late gets a conflict, and leaves it at that.
                let version = client.get("/settings").await.json()["version"]
                    .as_i64()
                    .unwrap();
                let body = json!({ "display_name": format!("{seed} {step}") });
                let status = client.patch("/settings", version, &body).await.status;
                assert!(matches!(status, 200 | 409), "{status}");
            }
            _ => {
                let path = path_of(&shared[random.below(shared.len())]);
                let version = version_of(&client.get(&path).await.json());
                let body = json!({ "status": status, "company": format!("{seed} {step}") });
                let status = client.patch(&path, version, &body).await.status;
                assert!(matches!(status, 200 | 409), "{status}");
            }
        }
    }
}

/// A client's base: what it knows by entity and id.
#[derive(Default)]
struct Base {
    rows: BTreeMap<(String, String), Value>,
    cursor: Option<String>,
    last_seq: i64,
}

impl Base {
    /// Pulls a page, and says whether there is more.
    async fn pull(&mut self, client: &Client, limit: usize) -> bool {
        let since = self
            .cursor
            .as_ref()
            .map(|cursor| format!("&since={cursor}"))
            .unwrap_or_default();
        let page = client
            .get(&format!("/sync?limit={limit}{since}"))
            .await
            .is(200)
            .json();
        for seq in seqs(&page) {
            assert!(seq > self.last_seq, "{seq} came after {}", self.last_seq);
            self.last_seq = seq;
        }
        for change in page["changes"].as_array().unwrap() {
            let text = |name: &str| change[name].as_str().unwrap().to_owned();
            let key = (text("entity"), text("id"));
            if change["op"] == "delete" {
                self.rows.remove(&key);
            } else {
                self.rows.insert(key, change["row"].clone());
            }
        }
        self.cursor = next(&page).map(ToOwned::to_owned);
        page["has_more"] == true
    }
}

/// What the server has, as a client's base would hold it.
async fn server_rows(jane: &User) -> BTreeMap<(String, String), Value> {
    let mut rows = BTreeMap::new();
    for row in jane.list().await {
        for event in jane.events(&row).await {
            rows.insert(
                ("stage_event".into(), event["id"].as_str().unwrap().into()),
                event,
            );
        }
        rows.insert(
            ("application".into(), row["id"].as_str().unwrap().into()),
            row,
        );
    }
    rows.insert(
        ("settings".into(), jane.id.to_string()),
        jane.get("/settings").await.json(),
    );
    rows
}

async fn a_reader_misses_nothing_while_others_write(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut shared = Vec::new();
    for _ in 0..3 {
        shared.push(jane.create(json!({ "company": "Shared" })).await);
    }
    let mut writers = JoinSet::new();
    for number in 0..8 {
        writers.spawn(write(jane.clone(), seed + number, shared.clone(), 40));
    }
    // Two readers, with small and with large pages.
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for limit in [3, 50] {
        let (client, done) = (jane.clone(), Arc::clone(&done));
        readers.spawn(async move {
            let (mut base, mut pages) = (Base::default(), 0);
            loop {
                let last = done.load(Ordering::SeqCst);
                pages += 1;
                if !base.pull(&client, limit).await && last {
                    return (base, pages);
                }
            }
        });
    }
    writers.join_all().await;
    done.store(true, Ordering::SeqCst);
    let expected = server_rows(&jane).await;
    assert!(expected.len() > 50, "{}", expected.len());
    for (base, pages) in readers.join_all().await {
        assert!(pages > 5, "the reader read while the others wrote");
        assert_eq!(base.rows, expected);
    }
}
