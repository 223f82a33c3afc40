//! Where nothing happens, nothing is done (invariant 15), and what waits does not wait for ever.

use super::*;

/// Two pages over one store from which a row is left out, and the change that makes them tell each
/// other something.
fn two_pages_with_an_old_row() -> (Page, Page, Application) {
    let old = Application {
        archived_at: Some(now() - ARCHIVED_FOR - Duration::days(1)),
        ..sample(1)
    };
    let row = sample(2);
    let mut one = Page::new(&[]);
    one.pulled(page_of(vec![upsert(1, &old), upsert(2, &row)], "2"));
    assert!(one.engine.meta().truncated);
    let two = one.reopened();
    one.refresh();
    (one, two, row)
}

#[test]
fn two_pages_do_not_write_to_each_other_for_ever() {
    let (mut one, mut two, row) = two_pages_with_an_old_row();
    one.pulled(page_of(
        vec![upsert(3, &after(&row, json!({"notes": "elsewhere"})))],
        "3",
    ));
    let stamp = one.disk.borrow().stamp;
    for _ in 0..3 {
        two.refresh();
        one.refresh();
    }
    assert_eq!(one.disk.borrow().stamp, stamp);
    assert_eq!(one.disk.borrow().meta.cursor.as_deref(), Some("3"));
    // The page that heard of it asks from where it is itself: what is left out of the store may
    // have changed too.
    two.pull();
    assert_eq!(two.pulls.pop().unwrap().as_deref(), Some("2"));
}

#[test]
fn an_edit_does_not_take_the_cursor_of_the_store_back() {
    let (mut one, mut two, row) = two_pages_with_an_old_row();
    one.pulled(page_of(vec![upsert(3, &after(&row, json!({})))], "3"));
    two.refresh();
    two.edit(row.id, note("mine"), 1);
    assert_eq!(one.disk.borrow().meta.cursor.as_deref(), Some("3"));
    two.pulled(page_of(vec![], "4"));
    assert_eq!(one.disk.borrow().meta.cursor.as_deref(), Some("4"));
}

#[test]
fn a_store_that_is_gone_wakes_nobody() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.disk.borrow_mut().trouble = Some(Trouble::Broken);
    page.edit(row.id, note("x"), 1);
    let effects = page.engine.unstored(Unstored::Unavailable, page.at);
    page.perform(effects);
    page.wake_in = None;
    page.later(Duration::seconds(6));
    assert!(
        page.wake_in.is_none_or(|wait| wait > 1000),
        "{:?}",
        page.wake_in
    );
}

#[test]
fn a_write_that_takes_long_wakes_nobody() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.disk.borrow_mut().trouble = Some(Trouble::Broken);
    page.edit(row.id, note("x"), 1);
    page.writes_wait = true;
    page.lock_waits = true;
    page.later(Duration::seconds(6));
    assert!(page.waiting.is_some(), "it is tried again");
    page.wake_in = None;
    page.wake();
    assert!(
        page.wake_in.is_none_or(|wait| wait > 1000),
        "{:?}",
        page.wake_in
    );
}

#[test]
fn a_clock_that_is_set_back_delays_nothing_beyond_the_longest_wait() {
    let rows = [sample(1), sample(2), sample(3)];
    let mut page = Page::new(&rows);
    page.at += Duration::days(1);
    page.edit(rows[0].id, delete(), 1);
    page.edit(rows[1].id, note("x"), 2);
    let mut busy = problem(ProblemKind::TooManyRequests);
    busy.retry_after = Some(60);
    page.answer(2, Err(busy));
    page.sent();
    page.at -= Duration::days(1);
    page.wake();
    // One finds out whether the server has time again.
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.answer(1, Ok(String::new()));
    assert_eq!(page.sent(), [(key(2), Some(1))]);
    // Nor does the store.
    page.at += Duration::days(1);
    page.disk.borrow_mut().trouble = Some(Trouble::Broken);
    page.edit(rows[2].id, note("y"), 3);
    page.disk.borrow_mut().trouble = None;
    page.at -= Duration::days(1);
    page.wake();
    assert_eq!(page.engine.persistence(), Persistence::Durable);
}

#[test]
fn a_network_that_backs_off_is_asked_though_the_clock_is_set_back() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.at += Duration::days(1);
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::Network)));
    page.sent();
    page.at -= Duration::days(1);
    page.wake();
    assert_eq!(page.sent(), [(key(1), Some(1))]);
}

#[test]
fn a_full_disk_takes_the_edits_though_it_does_not_take_the_rows() {
    let mut page = Page::new(&[]);
    page.lock_waits = true;
    page.disk.borrow_mut().rows_at_most = Some(2);
    let rows: Vec<_> = (1..=3).map(sample).collect();
    let changes = (1..).zip(&rows).map(|(n, row)| upsert(n, row)).collect();
    page.pulled(page_of(changes, "3"));
    assert_eq!(page.engine.persistence(), Persistence::EditsOnly);
    assert_eq!(page.notices(), [Notice::RowsUnstorable]);
    page.edit(rows[0].id, note("mine"), 1);
    page.later(Duration::seconds(6));
    let disk = page.disk.borrow();
    assert!(disk.entries.contains_key(&key(1)), "the edit is stored");
    assert_eq!(
        disk.meta.cursor, None,
        "and not the cursor of rows that are not"
    );
    drop(disk);
    page.disk.borrow_mut().rows_at_most = None;
    page.later(Duration::minutes(2));
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("3"));
    assert_eq!(page.engine.persistence(), Persistence::Durable);
    assert!(page.notices().is_empty());
}

#[test]
fn when_the_server_is_busy_the_queue_waits_and_not_one_entry_alone() {
    let rows: Vec<_> = (1..=9).map(sample).collect();
    for kind in [ProblemKind::TooManyRequests, ProblemKind::Unavailable] {
        let mut page = Page::new(&rows);
        for (n, row) in (1..).zip(&rows) {
            page.edit(row.id, note("x"), n);
        }
        assert_eq!(page.sent().len(), 6);
        let mut busy = problem(kind);
        busy.retry_after = Some(20);
        page.answer(1, Err(busy.clone()));
        page.answer(2, Err(busy));
        assert!(
            page.sent().is_empty(),
            "what waits is not sent in their place"
        );
        for (n, row) in (3..=6).zip(&rows[2..]) {
            page.answer(n, Ok(json_of(&after(row, json!({"notes": "x"})))));
        }
        assert!(
            page.sent().is_empty(),
            "what was under way changes nothing of that"
        );
        page.later(Duration::seconds(20));
        assert_eq!(page.sent(), [(key(7), Some(1))], "one finds out for all");
        page.answer(7, Ok(json_of(&after(&rows[6], json!({"notes": "x"})))));
        assert_eq!(page.sent().len(), 4);
    }
}

#[test]
fn what_may_only_be_sent_as_the_store_has_it_waits_for_the_write_and_not_by_asking() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.disk.borrow_mut().trouble = Some(Trouble::Broken);
    page.lock_waits = true;
    page.edit(row.id, note("x"), 1);
    page.writes_wait = true;
    page.later(Duration::seconds(6));
    assert!(page.waiting.is_some());
    // The lock is granted while the store is being written: what it holds is not known.
    page.refresh();
    page.locks = 0;
    let effects = page.engine.locked(page.at);
    page.perform(effects);
    assert_eq!((page.locks, page.sent.len()), (0, 0));
    page.disk.borrow_mut().trouble = None;
    page.writes_wait = false;
    page.write();
    assert_eq!(page.sent(), [(key(1), Some(1))]);
}

#[test]
fn a_store_is_asked_for_once_and_not_for_ever() {
    let mut page = Page::over(&Rc::default());
    page.engine.load(&me(), &snapshot(&[sample(1)]));
    for _ in 0..2 {
        let effects = page.engine.start(page.at);
        page.perform(effects);
    }
    assert_eq!(page.opens, 1);
    assert!(page.wake_in.is_some());
    // It never answers: the page goes on without, and says so.
    page.edit(sample(1).id, note("x"), 1);
    assert!(page.sent().is_empty());
    page.later(Duration::seconds(15));
    assert_eq!(
        page.engine.persistence(),
        Persistence::Memory(Unstored::Lost)
    );
    assert_eq!(page.notices(), [Notice::StoreLost(Unstored::Lost)]);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    // What opens after all is let go of.
    page.closes = 0;
    page.open();
    assert_eq!(page.closes, 1);
    assert_eq!(
        page.engine.persistence(),
        Persistence::Memory(Unstored::Lost)
    );
}

#[test]
fn a_passphrase_takes_as_long_as_it_takes() {
    let mut page = Page::over(&Rc::default());
    page.engine.load(&me(), &snapshot(&[]));
    let effects = page.engine.start(page.at);
    page.perform(effects);
    page.engine.locked_by_passphrase();
    page.later(Duration::hours(1));
    assert_eq!(page.engine.persistence(), Persistence::Opening);
    page.open();
    assert_eq!(page.engine.persistence(), Persistence::Durable);
}

#[test]
fn a_write_that_ends_after_the_store_was_lost_does_not_bring_it_back() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.writes_wait = true;
    page.edit(row.id, note("x"), 1);
    let batch = page.waiting.take().unwrap();
    let effects = page.engine.unstored(Unstored::Lost, page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    let effects = page.engine.written(batch.number, page.at);
    page.perform(effects);
    assert_eq!(
        page.engine.persistence(),
        Persistence::Memory(Unstored::Lost)
    );
    page.edit(row.id, to(Status::Offer), 2);
    assert!(page.waiting.is_none());
}

#[test]
fn what_a_newer_version_left_in_the_store_is_neither_sent_nor_deleted() {
    let row = sample(1);
    let mut one = offline(std::slice::from_ref(&row));
    one.edit(row.id, note("mine"), 1);
    let before = one.disk.borrow().entries.len();
    let stored = Stored {
        stamp: one.disk.borrow().stamp + 1,
        newer: 1,
        ..one.disk.borrow().read()
    };
    let (taken, effects) = one.engine.refreshed(stored, one.at);
    one.perform(effects);
    assert!(!taken);
    assert_eq!(
        one.engine.persistence(),
        Persistence::Memory(Unstored::Newer)
    );
    assert_eq!(one.notices(), [Notice::StoreLost(Unstored::Newer)]);
    assert_eq!(one.closes, 1);
    // What this page has itself goes to the server, and the store stays as it is.
    let effects = one.engine.online(one.at);
    one.perform(effects);
    assert_eq!(one.sent(), [(key(1), Some(1))]);
    one.answer(1, Ok(json_of(&after(&row, json!({"notes": "mine"})))));
    assert_eq!(one.disk.borrow().entries.len(), before);
}

#[test]
fn a_base_of_another_schema_shows_until_it_is_read_anew_and_the_queue_stays() {
    let row = sample(1);
    let mut page = Page::new(&[]);
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.lock_waits = true;
    page.edit(row.id, note("mine"), 1);
    page.disk.borrow_mut().meta.schema = 1;
    let mut next = Page::over(&page.disk);
    next.lock_waits = true;
    next.open();
    assert!(next.view(row.id).is_some());
    assert_eq!(next.keys(), [key(1)]);
    next.pull();
    assert_eq!(next.pulls, [None]);
    // A page that dies meanwhile begins again.
    assert_eq!(next.reopened().disk.borrow().meta.schema, 1);
    next.pulled(page_of(vec![upsert(1, &row)], "1"));
    assert_eq!(next.disk.borrow().meta.schema, SCHEMA);
    assert_eq!(next.keys(), [key(1)]);
    let mut last = next.reopened();
    last.pull();
    assert_eq!(last.pulls.pop().unwrap().as_deref(), Some("1"));
}

#[test]
fn a_slow_line_is_asked_for_less_and_a_fast_one_for_more() {
    let mut page = Page::new(&[]);
    page.pull();
    let slow = problem(ProblemKind::Network);
    for _ in 0..5 {
        let effects = page.engine.pull_failed(&slow, page.at, 0.5);
        page.perform(effects);
        page.pull();
    }
    assert_eq!(page.limits, [500, 250, 125, 62, 50, 50]);
    page.limits.clear();
    for n in 0..6 {
        let mut part = page_of(vec![upsert(n, &sample(n as u128))], &n.to_string());
        part.has_more = true;
        page.pulled(part);
    }
    assert_eq!(page.limits, [100, 200, 400, 800, 1600, 2000]);
}

#[test]
fn in_the_midst_of_a_long_history_rows_are_stored_now_and_then_and_edits_at_once() {
    let mut page = Page::new(&[]);
    page.lock_waits = true;
    page.pull();
    let part = |page: &mut Page, n: i64| {
        let mut part = page_of(vec![upsert(n, &sample(n as u128))], &n.to_string());
        part.has_more = true;
        page.pulled(part);
    };
    part(&mut page, 1);
    let stamp = page.disk.borrow().stamp;
    part(&mut page, 2);
    assert_eq!(
        page.disk.borrow().stamp,
        stamp,
        "all of it would be written again"
    );
    let row = sample(2);
    page.edit(row.id, note("mine"), 1);
    assert_eq!(page.disk.borrow().entries.len(), 1);
    assert!(
        page.disk.borrow().row(row.id).is_some(),
        "what it was made of"
    );
    assert_eq!(page.disk.borrow().meta.cursor, None);
    page.at += Duration::seconds(2);
    part(&mut page, 3);
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("3"));
    page.pulled(page_of(vec![], "4"));
    assert_eq!(page.disk.borrow().meta.cursor.as_deref(), Some("4"));
}

#[test]
fn a_pull_that_is_refused_again_and_again_is_said() {
    let mut page = Page::new(&[]);
    page.pulled(page_of(vec![], "1"));
    page.pulls.clear();
    // A cursor that cannot be read leads nowhere.
    page.pull();
    let effects = page
        .engine
        .pull_failed(&Problem::field("since", "no"), page.at, 0.5);
    page.perform(effects);
    assert_eq!(page.pulls, [Some("1".to_owned()), None]);
    let other = problem(ProblemKind::Internal);
    for _ in 0..4 {
        let effects = page.engine.pull_failed(&other, page.at, 0.5);
        page.perform(effects);
        page.pull();
    }
    assert_eq!(page.notices(), [Notice::NotPulled(other)]);
}
