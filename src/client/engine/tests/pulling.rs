//! The server's history.

use super::*;
use crate::domain::row::OfKind as _;

// --- pulling ---

#[test]
fn a_pull_never_hides_a_conflict() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.pulled(page_of(
        vec![upsert(9, &after(&row, json!({"notes": "theirs"})))],
        "9",
    ));
    // The network is back, so it is sent; still on the version that the user saw.
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    assert_eq!(
        page.view(row.id).unwrap().notes.as_ref().unwrap().as_str(),
        "mine"
    );
}

#[test]
fn an_edit_made_after_the_pull_builds_on_it_but_not_one_that_joins_an_older_one() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.engine
        .base
        .take(row.id, after(&row, json!({"company": "B"})));
    page.edit(row.id, change(json!({"source": "x"})), 2);
    assert_eq!(page.engine.outbox().entries()[0].seen, Some(1));
    let mut page = offline(std::slice::from_ref(&row));
    page.engine
        .base
        .take(row.id, after(&row, json!({"company": "B"})));
    page.edit(row.id, note("mine"), 1);
    assert_eq!(page.engine.outbox().entries()[0].seen, Some(2));
}

#[test]
fn the_cursor_is_stored_with_the_rows_before_it() {
    let row = sample(1);
    let mut page = Page::new(&[]);
    page.writes_wait = true;
    page.pull();
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.pull();
    page.pulled(page_of(
        vec![upsert(2, &after(&row, json!({"notes": "x"})))],
        "2",
    ));
    let first = page.waiting.as_ref().unwrap();
    assert_eq!(first.meta.cursor.as_deref(), Some("1"));
    assert_eq!(page.disk.borrow().meta.cursor, None);
    page.write();
    let second = page.waiting.as_ref().unwrap();
    assert_eq!(second.meta.cursor.as_deref(), Some("2"));
    assert_eq!(second.shards.len(), 1);
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("1"));
}

#[test]
fn rows_that_the_page_came_with_are_stored_when_the_history_brings_them() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pull();
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("1"));
    let again = page.reopened();
    assert_eq!(again.view(row.id).as_deref(), Some(&row));
}

#[test]
fn a_row_that_was_edited_is_stored_with_the_edit() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    let owner = page.engine.owner().unwrap();
    let named: SettingsPatch = serde_json::from_value(json!({"display_name": "Ada"})).unwrap();
    page.edit(owner, Edit::Settings(Op::Patch(Box::new(named))), 2);
    let again = page.reopened();
    assert_eq!(again.view(row.id).unwrap().company, row.company);
    assert!(again.engine.settings().is_some());
}

#[test]
fn moves_that_were_acknowledged_are_stored_when_the_history_brings_them() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    page.answer(1, Ok(json_of(&after(&row, json!({"status": "Offer"})))));
    let [event] = page.engine.history(row.id).try_into().unwrap();
    page.pulled(page_of(
        vec![SyncChange {
            seq: 3,
            id: event.id,
            what: SyncRow::Upsert(event.clone().into_entity()),
        }],
        "3",
    ));
    assert_eq!(page.reopened().engine.history(row.id), [event]);
}

#[test]
fn only_moves_that_the_server_recorded_are_shown_as_such() {
    // Somebody else made the same move: it is theirs.
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    let theirs = after(&row, json!({"status": "Offer"}));
    page.answer(1, Err(conflict_with(&theirs)));
    assert_eq!(*page.view(row.id).unwrap(), theirs);
    assert!(page.engine.history(row.id).is_empty());
    // A new base that does not have the row yet knows of no move.
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.engine.rebuild();
    let answer = after(&row, json!({"notes": "x"}));
    page.answer(1, Ok(json_of(&answer)));
    page.pulled(page_of(vec![upsert(1, &answer)], "1"));
    assert!(page.engine.history(row.id).is_empty());
}

#[test]
fn a_late_answer_does_not_bring_back_what_was_deleted() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.pulled(page_of(vec![gone(9, row.id)], "9"));
    page.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert!(page.view(row.id).is_none());
    assert!(page.reopened().view(row.id).is_none());
}

#[test]
fn a_new_history_replaces_the_old_one_only_when_it_is_whole() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.pulled(page_of(
        vec![upsert(1, &rows[0]), upsert(2, &rows[1])],
        "old",
    ));
    page.edit(rows[0].id, note("mine"), 1);
    page.sent();
    page.pull();
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("old"));
    let expired = problem(ProblemKind::CursorExpired);
    let effects = page.engine.pull_failed(&expired, page.at, 0.5);
    page.perform(effects);
    assert_eq!(page.pulls.pop(), Some(None));
    let mut first = page_of(vec![upsert(1, &rows[0])], "new 1");
    first.has_more = true;
    page.pulled(first);
    assert_eq!(page.engine.view::<Application>().len(), 2);
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("old"));
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("new 1"));
    page.pulled(page_of(vec![upsert(2, &sample(3))], "new 2"));
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("new 2"));
    for page in [&page, &page.reopened()] {
        let view = page.engine.view::<Application>();
        assert_eq!(view.len(), 2);
        assert!(!view.contains_key(&rows[1].id));
        assert_eq!(page.keys(), [key(1)]);
        assert_eq!(view[&rows[0].id].notes.as_ref().unwrap().as_str(), "mine");
    }
}

#[test]
fn a_new_history_without_a_record_puts_its_edits_aside() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.engine.rebuild();
    page.pulled(page_of(vec![], "new"));
    assert_displaced_and_recreated(&mut page, row.id);
}

#[test]
fn what_the_whole_history_does_not_have_is_there_no_more() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.pull();
    let mut first = page_of(vec![upsert(1, &rows[0])], "1");
    first.has_more = true;
    page.pulled(first);
    assert!(page.view(rows[1].id).is_some());
    // A failure in between does not make the end of it the beginning.
    let effects = page
        .engine
        .pull_failed(&problem(ProblemKind::Network), page.at, 0.5);
    page.perform(effects);
    page.pull();
    page.pulled(page_of(vec![], "2"));
    assert!(page.view(rows[0].id).is_some());
    assert!(page.view(rows[1].id).is_none());
}

#[test]
fn a_page_of_a_history_that_another_page_replaced_is_not_taken() {
    let rows = [sample(1), sample(2), sample(3)];
    let mut page = Page::new(&[]);
    page.pulled(page_of(vec![upsert(1, &rows[0])], "1"));
    // Another page builds the base anew, up to 1.
    let mut other = page.reopened();
    other.engine.rebuild();
    other.pulled(page_of(vec![upsert(1, &rows[0])], "1"));
    // This one is further, and not stored.
    page.writes_wait = true;
    page.pulled(page_of(vec![upsert(2, &rows[1])], "2"));
    page.pull();
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("2"));
    page.write();
    page.pulled(page_of(vec![upsert(3, &rows[2])], "3"));
    // Row 2 would be missing for ever.
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("1"));
    page.pulled(page_of(vec![upsert(2, &rows[1]), upsert(3, &rows[2])], "3"));
    assert_eq!(page.engine.view::<Application>().len(), 3);
}

#[test]
fn a_pull_that_is_asked_for_meanwhile_comes_after() {
    let mut page = Page::over(&Rc::default());
    page.engine.load(&me(), &snapshot(&[]));
    page.pull();
    assert!(page.pulls.is_empty());
    page.open();
    assert_eq!(page.pulls.len(), 1);
    page.pull();
    page.pull();
    assert_eq!(page.pulls.len(), 1);
    page.pulled(page_of(vec![], "1"));
    assert_eq!(page.pulls.len(), 2);
    page.pulled(page_of(vec![], "2"));
    assert_eq!(page.pulls.len(), 2);
}

#[test]
fn a_first_pull_finds_rows_of_another_history_and_builds_the_base_anew() {
    let row = sample(1);
    let later = after(&row, json!({"notes": "before the restore"}));
    let mut page = Page::new(std::slice::from_ref(&later));
    // The server was restored between the page and the first pull.
    page.pull();
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    assert_eq!(page.disk.borrow().meta.cursor, None, "not while in doubt");
    page.pulled(page_of(Vec::new(), "1"));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    assert_eq!(page.view(row.id).as_deref(), Some(&row));
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("1"));
}

#[test]
fn a_first_pull_that_was_overtaken_by_an_edit_needs_one_more_and_no_new_base() {
    let row = sample(1);
    let later = after(&row, json!({"notes": "mine"}));
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pull();
    page.edit(row.id, note("mine"), 1);
    page.answer(1, Ok(json_of(&later)));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.pulled(page_of(vec![upsert(2, &later)], "2"));
    assert_eq!(page.view(row.id).as_deref(), Some(&later));
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("2"));
    assert_eq!(page.engine.meta().base_generation, 0);
}

#[test]
fn a_move_that_the_history_does_not_bring_never_was() {
    let id = Uuid::from_u128(1);
    let mut page = Page::new(&[]);
    page.edit(id, create(id), 1);
    let made = page.view(id).unwrap();
    page.answer(1, Ok(json_of(&made)));
    assert_eq!(page.engine.history(id).len(), 1);
    // Another page had sent the same creation under another key before.
    let event = StageEvent {
        id: StageEvent::derive_id(id, &key(2).to_string()),
        ..page.engine.history(id).remove(0)
    };
    page.pull();
    let change = SyncChange {
        seq: 2,
        id: event.id,
        what: SyncRow::Upsert(event.clone().into_entity()),
    };
    page.pulled(page_of(vec![upsert(1, &made), change], "2"));
    assert_eq!(page.engine.history(id), [event]);
}

#[test]
fn an_edit_whose_row_is_gone_in_a_part_of_a_page_is_stored_with_what_the_row_was() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.engine.pulled_part(vec![gone(9, row.id)]);
    // The rest of the page is still being read.
    page.edit(sample(2).id, create(sample(2).id), 2);
    let disk = page.disk.borrow();
    let entry = disk.entries.values().find(|entry| entry.key == key(1));
    assert!(entry.unwrap().last_known.is_some());
}

#[test]
fn rows_that_were_skipped_are_not_taken_for_deleted() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pull();
    let skipping = SyncPage {
        skipped: 1,
        ..page_of(Vec::new(), "1")
    };
    page.pulled(skipping);
    assert!(page.view(row.id).is_some());
    assert_eq!(page.notices(), [Notice::Skipped]);
}

#[test]
fn bases_that_two_pages_built_of_two_histories_are_not_joined() {
    let row = sample(1);
    let mut one = Page::new(&[]);
    one.pulled(page_of(vec![upsert(1, &row)], "1"));
    let mut two = one.reopened();
    let later = after(&after(&row, json!({"notes": "of a history"})), json!({}));
    one.engine.rebuild();
    one.pull();
    one.pulled(page_of(vec![upsert(3, &later)], "3"));
    assert_eq!(one.disk.borrow().meta.base_generation, 1);
    // That was set back meanwhile, and the other page has what is so now.
    two.writes_wait = true;
    two.engine.rebuild();
    two.pull();
    two.pulled(page_of(vec![upsert(1, &row)], "another.1"));
    two.write();
    let version = |page: &Page| page.engine.base().version(row.id);
    assert_eq!(version(&two), Some(1));
    two.write();
    assert_eq!(two.disk.borrow().meta.base_generation, 2);
    one.refresh();
    assert_eq!(version(&one), Some(1));
    assert_eq!(version(&two.reopened()), Some(1));
}

#[test]
fn what_two_pages_read_from_the_beginning_of_two_histories_is_read_anew() {
    let row = sample(1);
    let lost = after(&row, json!({"notes": "of a history"}));
    let mut one = Page::new(&[]);
    let mut two = one.reopened();
    two.writes_wait = true;
    two.pull();
    two.pulled(page_of(vec![upsert(2, &lost)], "2"));
    // The server was set back meanwhile; the other page is the first to store where it is.
    one.pull();
    one.pulled(page_of(vec![upsert(1, &row)], "another.1"));
    two.write();
    assert_eq!(two.disk.borrow().meta.cursor.as_deref(), Some("another.1"));
    two.pulls.clear();
    two.pull();
    assert_eq!(two.pulls, [None]);
    two.pulled(page_of(vec![upsert(1, &row)], "another.1"));
    two.writes_wait = false;
    two.write();
    let version = |page: &Page| page.engine.base().version(row.id);
    assert_eq!(version(&two), Some(1));
    assert_eq!(version(&two.reopened()), Some(1));
}

#[test]
fn a_page_that_reads_from_the_beginning_beside_what_is_stored_builds_its_base_anew() {
    let row = sample(1);
    let old = Application {
        archived_at: Some(now() - Duration::days(400)),
        ..sample(2)
    };
    let mut one = Page::new(&[]);
    let mut two = one.reopened();
    one.pull();
    one.pulled(page_of(vec![upsert(1, &row), upsert(2, &old)], "2"));
    assert!(one.disk.borrow().meta.truncated);
    // Rows are left out of the store, so this page reads all of them for itself.
    two.refresh();
    two.pull();
    assert_eq!(two.pulls.last(), Some(&None));
    two.pulled(page_of(vec![upsert(1, &row)], "another.1"));
    assert_eq!(two.disk.borrow().meta.base_generation, 1);
    one.refresh();
    assert!(one.view(old.id).is_none());
}
