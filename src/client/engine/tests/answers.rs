//! What each answer does.

use super::*;

#[test]
fn a_conflict_takes_the_servers_state_and_tells_once() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    page.edit(row.id, note("mine"), 2);
    let theirs = after(&row, json!({"status": "Rejected"}));
    page.answer(1, Err(conflict_with(&theirs)));
    assert_eq!(*page.view(row.id).unwrap(), theirs);
    let notices = page.notices();
    let [Notice::Displaced(item)] = notices.as_slice() else {
        panic!("one notice: {notices:?}");
    };
    assert_eq!(item.reason, Reason::Conflict);
    assert_eq!(item.title, "Backend Engineer");
    assert_eq!(
        item.edit,
        change(json!({"status": "Offer", "notes": "mine"}))
    );
    assert!(page.engine.outbox().is_empty());
    assert_eq!(page.engine.displaced(), [item.as_ref().clone()]);
    // It is kept, and made again on what is there now.
    let mut again = page.reopened();
    assert_eq!(again.engine.displaced().len(), 1);
    let made = again.made();
    let (record, effects) = again
        .engine
        .reapply(key(1), Uuid::from_u128(77), key(3), made)
        .unwrap();
    again.perform(effects);
    assert_eq!(record, row.id);
    assert_eq!(again.sent(), [(key(3), Some(2))]);
    assert!(again.engine.displaced().is_empty());
    assert!(again.disk.borrow().displaced.is_empty());
}

#[test]
fn a_conflict_with_what_was_wanted_anyway_is_silent() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    page.edit(row.id, note("x"), 2);
    page.sent();
    // Exactly this edit, made elsewhere: what the user sees is what is there.
    page.answer(
        1,
        Err(conflict_with(&after(&row, json!({"status": "Offer"})))),
    );
    assert!(page.notices().is_empty());
    assert_eq!(page.sent(), [(key(2), Some(2))]);
}

#[test]
fn an_edit_does_not_go_out_over_what_somebody_else_did_beside_the_same_edit() {
    let row = sample(1);
    let theirs = after(&row, json!({"status": "Offer", "notes": "theirs"}));
    for pulled_first in [false, true] {
        let current = &theirs;
        let mut page = Page::new(std::slice::from_ref(&row));
        page.edit(row.id, to(Status::Offer), 1);
        page.edit(row.id, note("mine"), 2);
        page.sent();
        if pulled_first {
            page.pulled(page_of(vec![upsert(3, current)], "3"));
        }
        page.answer(1, Err(conflict_with(current)));
        // The first has come true; the second is still on what its user saw, so the server can
        // refuse it.
        assert!(page.notices().is_empty());
        assert_eq!(page.sent(), [(key(2), Some(1))]);
        page.answer(2, Err(conflict_with(current)));
        assert!(matches!(
            page.notices().as_slice(),
            [Notice::Displaced(item)] if item.reason == Reason::Conflict
        ));
    }
}

#[test]
fn after_a_restored_backup_an_edit_reaches_the_server_again() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    let mut latest = row.clone();
    for n in 1..=3 {
        page.edit(row.id, note(&n.to_string()), n);
        latest = after(&latest, json!({"notes": n.to_string()}));
        page.answer(n, Ok(json_of(&latest)));
    }
    assert_eq!(latest.version, 4);
    page.sent();
    // The server was set back to the first version; its history is another one.
    page.pull();
    let expired = problem(ProblemKind::CursorExpired);
    let effects = page.engine.pull_failed(&expired, page.at, 0.5);
    page.perform(effects);
    page.pulled(page_of(vec![upsert(1, &row)], "new"));
    page.edit(row.id, note("again"), 4);
    assert_eq!(page.sent(), [(key(4), Some(1))]);
}

#[test]
fn a_page_that_hears_of_a_restored_backup_from_another_one_forgets_its_versions_too() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.edit(row.id, note("mine"), 1);
    page.sent();
    page.answer(1, Ok(json_of(&after(&row, json!({"notes": "mine"})))));
    let mut other = page.reopened();
    other.engine.rebuild();
    other.pulled(page_of(vec![upsert(1, &row)], "new"));
    page.refresh();
    page.edit(row.id, note("again"), 2);
    assert_eq!(page.sent(), [(key(2), Some(1))]);
}

#[test]
fn an_edit_made_before_a_restored_backup_conflicts_once_and_not_for_ever() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    let mut latest = row.clone();
    for n in 1..=3 {
        page.edit(row.id, note(&n.to_string()), n);
        latest = after(&latest, json!({"notes": n.to_string()}));
        page.answer(n, Ok(json_of(&latest)));
    }
    page.sent();
    page.pulls.clear();
    // The page does not know of the backup yet.
    page.edit(row.id, note("mine"), 4);
    assert_eq!(page.sent(), [(key(4), Some(4))]);
    page.answer(4, Err(conflict_with(&row)));
    assert_eq!(
        page.pulls,
        [None],
        "a version that went down: all is read anew"
    );
    page.pulled(page_of(vec![upsert(1, &row)], "new"));
    let made = page.made();
    let again = page.engine.reapply(key(4), row.id, key(5), made);
    page.perform(again.unwrap().1);
    assert_eq!(page.sent(), [(key(5), Some(1))]);
}

#[test]
fn an_answer_from_before_a_rebuild_is_no_state_of_the_new_history() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.edit(row.id, note("mine"), 1);
    page.sent();
    page.engine.rebuild();
    page.pulled(page_of(vec![upsert(1, &row)], "new"));
    let before = Application {
        version: 7,
        ..after(&row, json!({"notes": "mine"}))
    };
    page.pulls.clear();
    page.answer(1, Ok(json_of(&before)));
    assert_eq!(
        page.pulls.len(),
        1,
        "the new history says what became of it"
    );
    // It says nothing of that row: what was answered is of a history that is no more.
    page.pulls.clear();
    let now_there = after(&row, json!({"company": "Elsewhere"}));
    page.pulled(page_of(vec![upsert(2, &now_there)], "new 2"));
    assert_eq!(page.pulls, [None]);
    page.pulled(page_of(vec![upsert(2, &now_there)], "new 2"));
    assert_eq!(page.view(row.id).as_deref(), Some(&now_there));
}

#[test]
fn an_answer_from_before_the_first_page_of_a_rebuild_was_asked_for_is_no_state_of_it() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.edit(row.id, note("mine"), 1);
    page.pull();
    for kind in [ProblemKind::CursorExpired, ProblemKind::Network] {
        let effects = page.engine.pull_failed(&problem(kind), page.at, 0.5);
        page.perform(effects);
        if kind == ProblemKind::CursorExpired {
            page.answer(1, Ok(json_of(&after(&row, json!({"notes": "mine"})))));
        }
    }
    // The server was set back before it was asked once more.
    page.pull();
    page.pulled(page_of(vec![upsert(1, &row)], "new"));
    page.pulled(page_of(vec![], "new"));
    assert_eq!(page.view(row.id).as_deref(), Some(&row));
    assert_eq!(page.engine.meta().base_generation, 1);
}

#[test]
fn a_creation_in_conflict_is_kept_as_it_was_meant() {
    let theirs = sample(1);
    let mut page = offline(&[]);
    page.edit(theirs.id, create(theirs.id), 1);
    page.edit(theirs.id, note("mine"), 2);
    page.pulled(page_of(vec![upsert(1, &theirs)], "1"));
    page.answer(2, Err(conflict_with(&theirs)));
    let made = page.made();
    let effects = page
        .engine
        .reapply(key(2), Uuid::from_u128(77), key(3), made);
    page.perform(effects.unwrap().1);
    let view = page.view(Uuid::from_u128(77)).unwrap();
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "mine");
}

#[test]
fn a_creation_in_conflict_that_was_moved_later_is_kept_as_it_was_meant() {
    let row = sample(1);
    let mut page = offline(&[]);
    page.edit(row.id, create(row.id), 1);
    page.later(Duration::seconds(9));
    let moved = json!({"status": "Offer", "status_occurred_at": page.at});
    page.edit(row.id, change(moved), 2);
    page.answer(
        1,
        Err(conflict_with(&after(&row, json!({"company": "Other"})))),
    );
    let Some(Entity::Application(mine)) = page.engine.displaced()[0].mine.clone() else {
        panic!()
    };
    assert_eq!(
        (mine.company.as_str(), mine.status),
        ("Acme", Status::Offer)
    );
}

#[test]
fn a_conflict_that_does_not_say_what_is_there_parks() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::Conflict)));
    assert_eq!(page.state(), SyncState::Attention(1));
}

#[test]
fn a_displaced_deletion_can_be_made_again() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, delete(), 1);
    page.later(DELETE_GRACE);
    page.answer(1, Err(conflict_with(&after(&row, json!({"notes": "new"})))));
    assert!(page.view(row.id).is_some());
    let made = page.made();
    let (_, effects) = page
        .engine
        .reapply(key(1), Uuid::from_u128(77), key(2), made)
        .unwrap();
    page.perform(effects);
    assert!(page.view(row.id).is_none());
}

#[test]
fn what_is_displaced_around_a_deletion_is_kept_where_it_goes_on() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.edit(row.id, delete(), 2);
    let late = Entry {
        key: key(3),
        edit: to(Status::Offer),
        ..Entry::clone(&page.engine.outbox().entries()[1])
    };
    push(&mut page, late);
    page.answer(
        1,
        Err(conflict_with(&after(&row, json!({"notes": "theirs"})))),
    );
    let Ok([Notice::Displaced(item)]) = <[Notice; 1]>::try_from(page.notices()) else {
        panic!()
    };
    assert_eq!(item.keys, [key(1), key(2), key(3)]);
    assert_eq!(
        item.edit,
        change(json!({"notes": "mine", "status": "Offer"}))
    );
    // Also where the record is deleted before that.
    page.pulled(page_of(vec![gone(9, row.id)], "9"));
    let made = page.made();
    let id = Uuid::from_u128(77);
    let effects = page.engine.reapply(item.id, id, key(4), made);
    page.perform(effects.unwrap().1);
    let view = page.view(id).unwrap();
    assert_eq!(view.status, Status::Offer);
}

#[test]
fn deleting_what_is_gone_has_succeeded() {
    let row = sample(1);
    for kind in [ProblemKind::NotFound, ProblemKind::Gone] {
        let mut page = Page::new(std::slice::from_ref(&row));
        page.edit(row.id, delete(), 1);
        page.later(DELETE_GRACE);
        page.answer(1, Err(problem(kind)));
        assert!(page.notices().is_empty() && page.engine.outbox().is_empty());
        assert!(page.view(row.id).is_none());
    }
}

#[test]
fn edits_of_what_was_deleted_elsewhere_are_put_aside_and_can_be_made_anew() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.answer(1, Err(problem(ProblemKind::NotFound)));
    assert!(page.view(row.id).is_none());
    assert_displaced_and_recreated(&mut page, row.id);
}

#[test]
fn a_pull_that_brings_the_deletion_first_hides_no_edit() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.pulled(page_of(vec![gone(5, row.id)], "5"));
    assert!(page.view(row.id).is_none());
    assert_displaced_and_recreated(&mut page, row.id);
    // The cursor is past the deletion, so the edit must be durable with it.
    let disk = page.disk.borrow();
    assert_eq!(disk.meta.cursor.as_deref(), Some("5"));
}

#[test]
fn what_was_taken_and_deleted_since_puts_aside_what_came_after() {
    let mut page = Page::new(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.edit(id, note("mine"), 2);
    page.edit(id, to(Status::Offer), 3);
    // It was created, and deleted by another device; the ledger remembers that alone.
    page.answer(1, Err(taken()));
    let notices = page.notices();
    let [Notice::Displaced(item)] = notices.as_slice() else {
        panic!("one notice: {notices:?}");
    };
    assert_eq!(item.reason, Reason::Deleted);
    let mine = item.mine.clone();
    assert!(matches!(mine, Some(Entity::Application(row)) if row.status == Status::Offer));
    assert!(page.engine.outbox().is_empty());
    assert!(page.view(id).is_none());
}

#[test]
fn of_what_was_taken_and_deleted_since_nothing_is_lost() {
    let row = sample(1);
    for (edit, rows) in [(create(row.id), vec![]), (note("mine"), vec![row.clone()])] {
        let mut page = Page::new(&rows);
        page.edit(row.id, edit.clone(), 1);
        page.answer(1, Err(taken()));
        assert!(page.engine.outbox().is_empty());
        assert!(page.view(row.id).is_none());
        assert!(page.notices().is_empty(), "it took effect");
        // The same of an id that was deleted before: it did not.
        let mut page = Page::new(&rows);
        page.edit(row.id, edit, 1);
        page.answer(1, Err(problem(ProblemKind::Gone)));
        assert_eq!(page.notices().len(), 1);
    }
}

#[test]
fn a_success_without_a_row_is_none() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.answer(1, Ok(String::new()));
    assert_eq!(page.keys(), [key(1)]);
    assert!(page.view(row.id).is_some());
}

#[test]
fn a_creation_that_is_answered_after_its_end_was_pulled_leaves_its_row_to_what_came_after() {
    let row = sample(1);
    let mut page = Page::new(&[]);
    page.edit(row.id, create(row.id), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.pulled(page_of(vec![gone(2, row.id)], "2"));
    page.edit(row.id, note("mine"), 3);
    page.answer(1, Ok(json_of(&row)));
    assert_displaced_and_recreated(&mut page, row.id);
}

#[test]
fn an_edit_that_another_page_queued_after_a_deletion_can_be_made_anew() {
    let row = sample(1);
    for pulled_first in [false, true] {
        let (mut one, mut two) = two_pages(Some(&row), delete(), row.id);
        let mut late = Page::over(&Rc::default());
        late.engine
            .load(&me(), &snapshot(std::slice::from_ref(&row)));
        let made = late.made();
        _ = late.engine.mutate(row.id, note("mine"), key(2), made);
        let entry = Entry::clone(&late.engine.outbox().entries()[0]);
        push(&mut two, entry);
        two.wake();
        one.refresh();
        assert_eq!(one.keys(), [key(1), key(2)]);
        if pulled_first {
            one.pulled(page_of(vec![gone(2, row.id)], "2"));
            find_out(&mut one);
        } else {
            one.at += DELETE_GRACE;
            let effects = one.engine.locked(one.at);
            one.perform(effects);
            assert_eq!(one.sent(), [(key(1), Some(1))]);
            one.answer(1, Ok(String::new()));
        }
        let Ok([Notice::Displaced(item)]) = <[Notice; 1]>::try_from(one.notices()) else {
            panic!()
        };
        assert!(item.keys.contains(&key(2)));
        let made = one.made();
        let effects = one
            .engine
            .reapply(item.id, Uuid::from_u128(77), key(3), made);
        one.perform(effects.unwrap().1);
        let view = one.view(Uuid::from_u128(77)).unwrap();
        assert_eq!(view.notes.as_ref().unwrap().as_str(), "mine");
    }
}

#[test]
fn what_does_not_fit_any_more_is_not_left_out_when_it_is_made_anew() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, change(json!({"salary_max": 10})), 1);
    page.pulled(page_of(
        vec![upsert(1, &after(&row, json!({"salary_min": 20})))],
        "1",
    ));
    page.pulled(page_of(vec![gone(2, row.id)], "2"));
    find_out(&mut page);
    let made = page.made();
    let id = Uuid::from_u128(77);
    let problem = page.engine.reapply(key(1), id, key(2), made).unwrap_err();
    assert!(problem.message_for("salary_max").is_some());
    assert_eq!(page.engine.displaced().len(), 1);
}

#[test]
fn a_creation_that_does_not_fit_as_a_whole_is_not_made_anew_in_part() {
    let row = sample(1);
    let mut page = Page::new(&[]);
    page.edit(row.id, create(row.id), 1);
    page.edit(row.id, change(json!({"salary_min": 20})), 2);
    // Another page saw the creation without that.
    let misfit = Entry {
        key: key(3),
        edit: change(json!({"salary_max": 10, "next_action": "Call"})),
        frozen: false,
        ..Entry::clone(&page.engine.outbox().entries()[0])
    };
    push(&mut page, misfit);
    page.answer(1, Err(conflict_with(&row)));
    let id = page.engine.displaced()[0].id;
    let (fresh, made) = (Uuid::from_u128(77), page.made());
    let problem = page.engine.reapply(id, fresh, key(4), made).unwrap_err();
    assert!(problem.message_for("salary_max").is_some());
    assert_eq!(page.engine.displaced().len(), 1);
}

#[test]
fn wanting_it_deleted_too_is_no_conflict() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, delete(), 2);
    page.answer(1, Err(problem(ProblemKind::NotFound)));
    assert!(page.notices().is_empty());
    assert!(page.engine.outbox().is_empty() && page.engine.displaced().is_empty());
}

#[test]
fn a_refused_edit_is_parked_and_holds_up_its_record_alone() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&[]);
    page.pulled(page_of(vec![upsert(1, &rows[0]), upsert(2, &rows[1])], "2"));
    page.edit(rows[0].id, to(Status::Offer), 1);
    page.edit(rows[0].id, note("later"), 2);
    page.answer(1, Err(Problem::field("status", "no")));
    let notices = page.notices();
    assert!(
        matches!(notices.as_slice(), [Notice::Parked { key: parked, title, .. }]
            if *parked == key(1) && title == "Backend Engineer")
    );
    assert_eq!(page.state(), SyncState::Attention(1));
    page.sent();
    page.edit(rows[1].id, note("other"), 3);
    assert_eq!(page.sent(), [(key(3), Some(1))]);
    // It outlives the page.
    let mut again = page.reopened();
    again.sent();
    assert_eq!(again.state(), SyncState::Attention(1));
    assert_eq!(again.view(rows[0].id).unwrap().status, Status::Offer);
    let effects = again.engine.drop_parked(key(1), again.at);
    again.perform(effects);
    assert_eq!(again.sent(), [(key(2), Some(1))]);
    assert_eq!(again.view(rows[0].id).unwrap().status, Status::Applied);
}

#[test]
fn an_undo_that_is_refused_is_dropped_and_what_came_after_goes_on() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let undo = json!({"status": "Draft", "voids_stage_event": Uuid::from_u128(5)});
    page.edit(row.id, change(undo), 1);
    page.edit(row.id, note("later"), 2);
    page.sent();
    let why = Problem::field("voids_stage_event", "Only the newest move can be undone.");
    page.answer(1, Err(why));
    let title = "Backend Engineer".to_owned();
    assert_eq!(page.notices(), [Notice::UndoRefused { key: key(1), title }]);
    assert_eq!(page.sent(), [(key(2), Some(1))]);
    assert_eq!(page.state(), SyncState::Saving(1));
    let view = page.view(row.id).unwrap();
    assert_eq!(view.status, Status::Applied);
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "later");
    let stored: Vec<Uuid> = page.disk.borrow().entries.keys().copied().collect();
    assert_eq!(stored, [key(2)]);
}

#[test]
fn an_undo_that_was_not_refused_for_what_it_says_waits_for_its_user() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let undo = json!({"status": "Draft", "voids_stage_event": Uuid::from_u128(5)});
    page.edit(row.id, change(undo), 1);
    page.answer(1, Err(problem(ProblemKind::PayloadTooLarge)));
    assert!(matches!(page.notices().as_slice(), [Notice::Parked { .. }]));
    assert_eq!(page.keys(), [key(1)]);
}

#[test]
fn a_refused_edit_can_be_sent_once_more() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::PayloadTooLarge)));
    page.sent();
    page.later(Duration::hours(1));
    assert!(page.sent().is_empty());
    let effects = page.engine.retry_parked(key(1), page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
}

#[test]
fn a_refused_edit_that_is_corrected_goes_under_a_new_key() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, change(json!({"notes": "a", "company": "B"})), 1);
    page.answer(1, Err(Problem::field("notes", "no")));
    page.sent();
    page.edit(row.id, note("b"), 2);
    assert_eq!(page.sent(), [(key(2), Some(1))]);
    assert_eq!(page.keys(), [key(2)]);
    let entry = &page.engine.outbox().entries()[0];
    assert_eq!(entry.edit, change(json!({"notes": "b", "company": "B"})));
    assert_eq!(entry.parked, None);
    assert_eq!(page.disk.borrow().entries.len(), 1);
}

#[test]
fn what_the_server_may_have_taken_is_neither_corrected_nor_forgotten() {
    let mut page = Page::new(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    // Refused before anybody looked whether an earlier try had come through.
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    let effects = page.engine.identified(Uuid::from_u128(9), page.at);
    page.perform(effects);
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    assert!(page.engine.outbox().entries()[0].parked.is_some());
    page.edit(id, note("x"), 2);
    page.edit(id, delete(), 3);
    page.later(DELETE_GRACE);
    assert_eq!(page.keys(), [key(1), key(2), key(3)]);
}

#[test]
fn two_sessions_in_a_row_are_no_refusal() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    for _ in 0..3 {
        page.answer(1, Err(problem(ProblemKind::Csrf)));
        let effects = page.engine.identified(Uuid::from_u128(9), page.at);
        page.perform(effects);
        page.answer(1, Err(problem(ProblemKind::Network)));
        page.later(Duration::minutes(6));
    }
    assert!(page.notices().is_empty());
}

#[test]
fn dropping_a_refused_creation_drops_what_was_done_to_it() {
    let mut page = Page::new(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.edit(id, to(Status::Offer), 2);
    page.answer(1, Err(Problem::field("company", "no")));
    assert_eq!(page.keys(), [key(1), key(2)]);
    let effects = page.engine.drop_parked(key(1), page.at);
    page.perform(effects);
    assert!(page.engine.outbox().is_empty() && page.disk.borrow().entries.is_empty());
    assert!(page.view(id).is_none());
}

#[test]
fn a_refused_creation_is_forgotten_when_it_is_deleted() {
    let mut page = Page::new(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.answer(1, Err(Problem::field("company", "no")));
    page.edit(id, delete(), 2);
    page.later(DELETE_GRACE);
    assert_eq!(page.keys(), [key(2)]);
}

#[test]
fn when_told_to_wait_all_wait_as_long_as_that() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.edit(rows[0].id, note("x"), 1);
    let mut busy = problem(ProblemKind::TooManyRequests);
    busy.retry_after = Some(300);
    page.answer(1, Err(busy));
    page.sent();
    page.edit(rows[1].id, note("y"), 2);
    page.at += Duration::seconds(30);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert!(page.sent().is_empty());
    page.later(Duration::seconds(270));
    assert_eq!(page.sent(), [(key(2), Some(1))]);
    page.answer(2, Ok(json_of(&after(&rows[1], json!({"notes": "y"})))));
    assert_eq!(page.sent(), [(key(1), Some(1))]);
}

#[test]
fn who_does_not_want_to_wait_need_not() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    let mut busy = problem(ProblemKind::Unavailable);
    busy.retry_after = Some(3600);
    page.answer(1, Err(busy));
    page.sent();
    let effects = page.engine.try_now(page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
}

#[test]
fn what_is_refused_on_the_way_each_time_holds_up_no_other() {
    let rows: Vec<_> = (1..=3).map(sample).collect();
    for kind in [ProblemKind::Unavailable, ProblemKind::Network] {
        let mut page = Page::new(&rows);
        page.edit(rows[0].id, note("x"), 1);
        page.sent();
        page.answer(1, Err(problem(kind)));
        page.edit(rows[1].id, note("y"), 2);
        page.edit(rows[2].id, note("z"), 3);
        page.sent();
        page.later(Duration::minutes(6));
        assert_eq!(page.sent(), [(key(2), Some(1))], "another one finds out");
        page.answer(2, Ok(json_of(&after(&rows[1], json!({"notes": "y"})))));
        assert_eq!(page.sent(), [(key(1), Some(1)), (key(3), Some(1))]);
    }
}

#[test]
fn a_page_that_waits_lets_others_send() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    assert_eq!(page.engine.lock, Lock::Held);
    for kind in [ProblemKind::Unavailable, ProblemKind::Network] {
        page.answer(1, Err(problem(kind)));
        assert_eq!(page.engine.lock, Lock::Free);
        page.later(Duration::minutes(6));
        assert_eq!(page.engine.lock, Lock::Held);
    }
}

#[test]
fn a_page_that_cannot_read_its_store_lets_others_send_and_asks_again() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.lock_waits = true;
    page.edit(row.id, note("x"), 1);
    assert!(matches!(page.engine.lock, Lock::Asked { .. }));
    let effects = page.engine.not_locked(page.at);
    assert_eq!(effects.first(), Some(&Effect::Unlock));
    let asks = Effect::Lock { steal: false };
    assert!(effects.contains(&asks), "behind those that wait");
    assert!(matches!(page.engine.lock, Lock::Asked { .. }));
}

#[test]
fn a_move_that_was_redated_can_be_undone() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let right = page.at;
    page.at += Duration::days(3);
    page.server_now = Some(right);
    let moved = json!({"status": "Offer", "status_occurred_at": page.at});
    page.edit(row.id, change(moved), 1);
    page.sent.clear();
    page.answer(
        1,
        Err(Problem::field("status_occurred_at", "in the future")),
    );
    let [again] = std::mem::take(&mut page.sent).try_into().unwrap();
    let moved = json!({"status": "Offer", "status_occurred_at": right});
    page.answer_to(again.key, Ok(json_of(&after(&row, moved))));
    let undo = page.engine.undo_of_move(row.id, key(1), row.status);
    let event = StageEvent::derive_id(row.id, &again.key.to_string());
    assert_eq!(undo.voids_stage_event, Some(event));
}

#[test]
fn an_edit_that_breaks_the_server_does_not_hold_up_others() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.edit(rows[0].id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::Internal)));
    page.sent();
    page.edit(rows[1].id, note("y"), 2);
    assert_eq!(page.sent(), [(key(2), Some(1))]);
}

#[test]
fn what_was_done_by_a_clock_that_is_ahead_goes_once_more_at_the_right_time() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let right = page.at;
    page.at += Duration::days(2);
    page.server_now = Some(right);
    let moved = json!({"status": "Offer", "status_occurred_at": page.at});
    page.edit(row.id, change(moved), 1);
    page.edit(row.id, note("later"), 2);
    page.sent.clear();
    page.answer(
        1,
        Err(Problem::field("status_occurred_at", "in the future")),
    );
    assert_eq!(page.notices(), [Notice::ClockAhead(Duration::days(2))]);
    let [again] = std::mem::take(&mut page.sent).try_into().unwrap();
    assert_ne!(again.key, key(1), "a key stands for one request");
    let body: serde_json::Value = serde_json::from_str(&again.body.unwrap()).unwrap();
    assert_eq!(body["status_occurred_at"], json!(right));
    assert_eq!(page.engine.outbox().len(), 2);
    assert_eq!(page.disk.borrow().entries.len(), 2);
    // Where the clock is right, the server means it.
    page.at = right;
    page.answer_to(
        again.key,
        Err(Problem::field("status_occurred_at", "in the future")),
    );
    assert_eq!(page.state(), SyncState::Attention(1));
}

#[test]
fn what_a_clock_dated_that_was_put_right_since_goes_once_more_and_not_again_and_again() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let right = page.at;
    page.at += Duration::days(3);
    page.server_now = Some(right);
    page.edit(
        row.id,
        change(json!({"status": "Offer", "status_occurred_at": page.at})),
        1,
    );
    page.sent.clear();
    // Ahead it still is, by less than it was.
    page.at = right + Duration::hours(1);
    page.answer(
        1,
        Err(Problem::field("status_occurred_at", "in the future")),
    );
    let [again] = std::mem::take(&mut page.sent).try_into().unwrap();
    let body: serde_json::Value = serde_json::from_str(&again.body.unwrap()).unwrap();
    assert_eq!(body["status_occurred_at"], json!(right));
}

#[test]
fn a_server_in_trouble_is_asked_again_later() {
    let row = sample(1);
    for kind in [ProblemKind::Unavailable, ProblemKind::Internal] {
        let mut page = Page::new(std::slice::from_ref(&row));
        page.edit(row.id, note("x"), 1);
        page.sent();
        for _ in 0..20 {
            page.answer(1, Err(problem(kind)));
            assert!(page.sent().is_empty());
            assert!(page.wake_in.is_some());
            page.later(Duration::minutes(6));
            assert_eq!(page.sent(), [(key(1), Some(1))]);
        }
        assert!(page.notices().is_empty());
    }
}
