//! What is stored, and a store that refuses.

use super::*;

// --- the store ---

#[test]
fn what_is_stored_joins_what_was_done_while_it_was_read() {
    let rows = [sample(1), sample(2)];
    let mut first = Page::new(&[]);
    first.pulled(page_of(vec![upsert(1, &rows[0]), upsert(2, &rows[1])], "2"));
    first.edit(rows[0].id, note("stored"), 1);
    let newer = after(&rows[1], json!({"notes": "newer"}));
    let mut page = Page::over(&first.disk);
    page.engine
        .load(&me(), &snapshot(std::slice::from_ref(&newer)));
    page.edit(newer.id, change(json!({"company": "B"})), 2);
    assert!(page.sent.is_empty());
    page.open();
    assert_eq!(page.keys(), [key(1), key(2)]);
    let view = page.view(newer.id).unwrap();
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "newer");
    assert_eq!(view.company.as_str(), "B");
    assert_eq!(
        page.view(rows[0].id)
            .unwrap()
            .notes
            .as_ref()
            .unwrap()
            .as_str(),
        "stored"
    );
    assert_eq!(page.disk.borrow().entries.len(), 2);
    // It goes on where the store stopped.
    page.pull();
    assert_eq!(page.pulls.pop().unwrap().as_deref(), Some("2"));
}

#[test]
fn what_the_page_came_with_outlives_a_store_that_was_built_anew() {
    let row = sample(1);
    let mut first = Page::new(&[]);
    first.engine.rebuild();
    first.pulled(page_of(vec![upsert(1, &row)], "1"));
    let newer = after(&row, json!({"notes": "newer"}));
    let mut page = Page::over(&first.disk);
    page.engine
        .load(&me(), &snapshot(std::slice::from_ref(&newer)));
    page.open();
    assert_eq!(*page.view(row.id).unwrap(), newer);
}

#[test]
fn a_store_that_another_page_wrote_to_is_joined() {
    let rows = [sample(1), sample(2)];
    let mut one = Page::new(&rows);
    let mut two = one.reopened();
    one.lock_waits = true;
    two.lock_waits = true;
    two.engine.load(&me(), &snapshot(&rows));
    one.edit(rows[0].id, note("one"), 1);
    two.edit(rows[1].id, note("two"), 2);
    assert_eq!(two.keys(), [key(1), key(2)]);
    assert_eq!(
        two.view(rows[0].id)
            .unwrap()
            .notes
            .as_ref()
            .unwrap()
            .as_str(),
        "one"
    );
    one.refresh();
    assert_eq!(one.keys(), two.keys());
    assert_eq!(one.disk.borrow().entries.len(), 2);
}

#[test]
fn an_entry_that_another_page_settled_is_settled_here_too() {
    let row = sample(1);
    let mut one = Page::new(std::slice::from_ref(&row));
    one.edit(row.id, note("x"), 1);
    let mut two = one.reopened();
    two.sent();
    one.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    two.refresh();
    assert!(two.engine.outbox().is_empty());
    assert_eq!(
        two.engine
            .base()
            .table::<Application>()
            .get(row.id)
            .unwrap()
            .version,
        2
    );
    // Its answer comes late, and is no news.
    two.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert!(two.engine.outbox().is_empty());
}

#[test]
fn what_was_read_before_the_last_write_is_old() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.lock_waits = true;
    let old = page.disk.borrow().read();
    page.edit(row.id, note("x"), 1);
    let (_, effects) = page.engine.refreshed(old, page.at);
    page.perform(effects);
    assert_eq!(page.keys(), [key(1)]);
}

#[test]
fn what_an_older_version_stored_is_sent_as_it_was_meant() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    // It had no list of keys, and only the first edit of a record said what it builds on.
    for (n, entry) in page.disk.borrow_mut().entries.values_mut().enumerate() {
        let mut old = serde_json::to_value(&*entry).unwrap();
        old.as_object_mut().unwrap().remove("keys");
        *entry = serde_json::from_value(old).unwrap();
        entry.seen = entry.seen.filter(|_| n == 0);
    }
    let mut page = page.reopened();
    assert_eq!(page.state(), SyncState::Saving(2));
    let entries = page.engine.outbox().entries();
    assert!(
        entries
            .iter()
            .all(|entry| page.engine.outbox().is_durable(entry))
    );
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert_eq!(page.sent(), [(key(2), Some(2))]);
}

#[test]
fn a_full_store_is_told_once_and_everything_goes_on() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.disk.borrow_mut().trouble = Some(Trouble::Full);
    page.edit(rows[0].id, note("x"), 1);
    assert_eq!(page.notices(), [Notice::Unstorable(Trouble::Full)]);
    assert_eq!(
        page.engine.persistence(),
        Persistence::Refused(Trouble::Full)
    );
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.later(Duration::seconds(5));
    assert!(page.notices().is_empty());
    page.disk.borrow_mut().trouble = None;
    page.edit(rows[1].id, note("y"), 2);
    page.later(Duration::seconds(5));
    assert_eq!(page.engine.persistence(), Persistence::EditsOnly);
    page.later(Duration::minutes(1));
    assert_eq!(page.engine.persistence(), Persistence::Durable);
    assert_eq!(page.disk.borrow().entries.len(), 2);
}

#[test]
fn without_a_store_edits_are_sent_all_the_same() {
    let row = sample(1);
    let mut page = Page::over(&Rc::default());
    page.lock_waits = true;
    page.engine
        .load(&me(), &snapshot(std::slice::from_ref(&row)));
    let effects = page.engine.unstored(Unstored::Unavailable, page.at);
    page.perform(effects);
    page.edit(row.id, note("x"), 1);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert_eq!(page.state(), SyncState::Saved);
    assert_eq!(page.disk.borrow().stamp, 0);
}

#[test]
fn a_damaged_store_is_built_anew_and_keeps_its_queue() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.edit(row.id, note("x"), 1);
    let mut again = Page::over(&page.disk);
    let stored = Stored {
        damaged: true,
        ..page.disk.borrow().read()
    };
    let effects = again.engine.opened(stored, again.at);
    again.perform(effects);
    again.pull();
    assert_eq!(again.pulls, [None]);
    assert_eq!(again.keys(), [key(1)]);
}

#[test]
fn displaced_edits_are_kept_for_thirty_days() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(conflict_with(&after(&row, json!({"notes": "y"})))));
    page.at += KEPT - Duration::seconds(1);
    let mut again = page.reopened();
    assert_eq!(again.engine.displaced().len(), 1);
    // A clock that is ahead throws nothing away that the user is to decide.
    let right = again.at + Duration::seconds(1);
    again.at += Duration::days(40);
    let mut last = again.reopened();
    assert_eq!(last.engine.displaced().len(), 1);
    last.server_now = Some(right - Duration::seconds(1));
    last.edit(row.id, note("z"), 2);
    last.answer(2, Err(problem(ProblemKind::Network)));
    assert_eq!(last.engine.displaced().len(), 1);
    last.server_now = Some(right);
    last.answer(2, Err(problem(ProblemKind::Network)));
    assert!(last.engine.displaced().is_empty());
    assert!(last.disk.borrow().displaced.is_empty());
}

#[test]
fn a_displaced_edit_can_be_dropped() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(conflict_with(&after(&row, json!({"notes": "y"})))));
    let effects = page.engine.drop_displaced(key(1), page.at);
    page.perform(effects);
    assert!(page.disk.borrow().displaced.is_empty());
}

#[test]
fn the_cap_leaves_out_the_oldest_but_nothing_that_waits() {
    let mut rows: Vec<_> = (0..CAP as u128 + 3).map(|n| sample(n + 1)).collect();
    for (n, row) in rows.iter_mut().enumerate() {
        row.created_at = now() + Duration::seconds(i64::try_from(n).unwrap());
    }
    let mut page = offline(&[]);
    let changes = (1..).zip(&rows).map(|(n, row)| upsert(n, row)).collect();
    page.engine.base.take(rows[0].id, rows[0].clone());
    page.edit(rows[0].id, note("old, but mine"), 1);
    page.pulled(page_of(changes, "x"));
    let again = page.reopened();
    assert_eq!(again.engine.base().table::<Application>().rows().len(), CAP);
    assert!(again.view(rows[0].id).is_some());
    assert!(again.view(rows[1].id).is_none());
    assert!(again.view(rows[CAP + 2].id).is_some());
    assert!(again.engine.meta().truncated);
    assert_eq!(again.keys(), [key(1)]);
}

#[test]
fn what_was_archived_long_ago_leaves_the_store_unless_it_waits() {
    let old = now() - ARCHIVED_FOR;
    let rows = [sample(1), sample(2), sample(3)].map(|row| Application {
        archived_at: Some(old + Duration::days(1)),
        ..row
    });
    let mut page = offline(&[]);
    for row in &rows {
        page.engine.base.take(row.id, row.clone());
    }
    page.edit(rows[0].id, note("x"), 1);
    let rows_stored = |page: &Page| {
        let disk = page.disk.borrow();
        rows.each_ref().map(|row| disk.row(row.id).is_some())
    };
    assert_eq!(rows_stored(&page), [true; 3]);
    page.at += Duration::days(2);
    let again = page.reopened();
    assert_eq!(rows_stored(&again), [true, false, false]);
}

/// Where a store leaves something out, it has all that hangs on what it does not leave out.
#[test]
fn what_hangs_on_an_application_is_stored_when_that_comes_or_comes_back() {
    let old = Application {
        archived_at: Some(now() - ARCHIVED_FOR - Duration::days(1)),
        ..sample(1)
    };
    let row = sample(2);
    let of = |n, row: &Application| crate::domain::activity::tests::sample(n, row.id.as_u128());
    let (kept_out, early) = (of(7, &old), of(8, &row));
    let came = |seq, row: &crate::domain::activity::Activity| SyncChange {
        seq,
        id: row.id,
        what: SyncRow::Upsert(Entity::Activity(Box::new(row.clone()))),
    };
    let mut page = Page::new(&[]);
    page.pull();
    let changes = vec![upsert(1, &old), came(2, &kept_out), came(3, &early)];
    page.pulled(page_of(changes, "x"));
    let stored = |page: &Page| {
        let disk = page.disk.borrow();
        [kept_out.id, early.id].map(|id| disk.row(id).is_some())
    };
    assert_eq!(stored(&page), [false, false]);
    page.pull();
    page.pulled(page_of(vec![upsert(4, &row)], "y"));
    assert_eq!(stored(&page), [false, true]);
    let back = after(&old, json!({ "archived_at": null }));
    page.pull();
    page.pulled(page_of(vec![upsert(5, &back)], "z"));
    assert_eq!(stored(&page), [true, true]);
}

#[test]
fn what_a_store_held_that_is_gone_lives_as_long_as_the_page() {
    let row = sample(1);
    for (why, volatile) in [(Unstored::Lost, true), (Unstored::Newer, false)] {
        let mut page = offline(std::slice::from_ref(&row));
        page.edit(row.id, note("mine"), 1);
        assert!(!page.engine.has_volatile(page.at));
        let effects = page.engine.unstored(why, page.at);
        page.perform(effects);
        assert_eq!(page.engine.has_volatile(page.at), volatile, "{why:?}");
    }
    // So does a deletion whose undo is not over.
    let mut page = offline(std::slice::from_ref(&row));
    let effects = page.engine.unstored(Unstored::Unavailable, page.at);
    page.perform(effects);
    page.edit(row.id, delete(), 1);
    assert!(page.engine.has_volatile(page.at));
}
