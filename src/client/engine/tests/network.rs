//! No network, and what an edit waits for.

use super::*;

#[test]
fn no_network_keeps_the_edit_and_tries_again_with_the_same_bytes() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    let first = std::mem::take(&mut page.sent);
    page.answer(1, Err(problem(ProblemKind::Network)));
    assert!(page.sent.is_empty());
    assert!(page.wake_in.is_some());
    assert_eq!(page.state(), SyncState::Offline(1));
    assert_eq!(page.view(row.id).unwrap().status, Status::Offer);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.sent, first);
}

#[test]
fn offline_one_request_finds_out_for_all_and_edits_go_on_merging() {
    let rows: Vec<_> = (1..=4).map(sample).collect();
    let mut page = offline(&rows);
    for (n, row) in (1..).zip(&rows) {
        page.edit(row.id, note("a"), n);
    }
    page.edit(rows[3].id, note("b"), 9);
    assert_eq!(page.state(), SyncState::Offline(4));
    assert!(page.sent().is_empty());
    page.later(Duration::minutes(6));
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.wake();
    assert!(page.sent().is_empty());
    page.edit(rows[3].id, note("c"), 10);
    assert_eq!(page.keys(), [key(1), key(2), key(3), key(10)]);
    page.answer(1, Ok(json_of(&after(&rows[0], json!({"notes": "a"})))));
    assert_eq!(page.sent().len(), 3);
}

#[test]
fn an_answer_that_cannot_be_read_is_none() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Ok("<html>".to_owned()));
    assert_eq!(page.state(), SyncState::Offline(1));
}

#[test]
fn an_edit_whose_row_only_a_newer_version_can_read_is_done() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    let mut newer = json!(after(&row, json!({"notes": "x"})));
    newer["status"] = json!("Of_A_Newer_Version");
    page.sent();
    page.answer(1, Ok(newer.to_string()));
    assert_eq!(page.state(), SyncState::Saved);
    assert_eq!(page.notices(), [Notice::Skipped]);
    let shown = page.view(row.id).unwrap();
    assert_eq!(shown.notes.as_ref().unwrap().as_str(), "x");
    page.edit(row.id, note("y"), 2);
    assert_eq!(page.sent(), [(key(2), Some(2))]);
}

#[test]
fn a_network_that_is_said_to_be_gone_is_not_asked_until_it_is_said_to_be_back_or_a_while_has_passed()
 {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let effects = page.engine.offline(page.at);
    page.perform(effects);
    assert_eq!(page.state(), SyncState::Offline(0));
    page.edit(row.id, note("x"), 1);
    assert!(page.sent().is_empty());
    page.later(Duration::seconds(30));
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.state(), SyncState::Saving(1));
}

#[test]
fn an_edit_says_what_it_waits_for() {
    let rows = [sample(1), sample(2), sample(3)];
    let mut page = Page::new(&rows);
    page.edit(rows[0].id, note("x"), 1);
    page.edit(rows[0].id, to(Status::Offer), 2);
    page.edit(rows[1].id, delete(), 3);
    page.edit(rows[2].id, note("y"), 4);
    let standing = |page: &Page, n| {
        let entry = page.engine.outbox().get(key(n)).unwrap();
        page.engine.wait_reason(entry, page.at)
    };
    assert_eq!(standing(&page, 1), WaitReason::Sent);
    assert_eq!(standing(&page, 2), WaitReason::Turn);
    assert_eq!(standing(&page, 3), WaitReason::Undo);
    page.answer(4, Err(Problem::field("notes", "no")));
    assert_eq!(standing(&page, 4), WaitReason::User);
    page.edit(rows[2].id, to(Status::Offer), 5);
    assert_eq!(standing(&page, 5), WaitReason::Decision);
    page.answer(1, Err(problem(ProblemKind::Unavailable)));
    assert_eq!(standing(&page, 1), WaitReason::NextTry);
    let effects = page.engine.offline(page.at);
    page.perform(effects);
    assert_eq!(standing(&page, 1), WaitReason::Connection);
    assert_eq!(standing(&page, 3), WaitReason::Undo);
    page.answer(1, Err(problem(ProblemKind::Unauthorized)));
    assert_eq!(standing(&page, 2), WaitReason::SignIn);
}
