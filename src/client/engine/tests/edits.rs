//! An edit's way to the server: what is stored, merged, held back and sent.

use super::*;

// --- an edit's way ---

#[test]
fn a_move_shows_at_once_and_is_sent_on_the_version_that_was_seen() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    assert_eq!(page.view(row.id).unwrap().status, Status::Offer);
    let [sent] = page.sent.as_slice() else {
        panic!("{:?}", page.sent)
    };
    assert_eq!(sent.method, http::Method::PATCH);
    assert_eq!(sent.path, format!("/applications/{}", row.id));
    assert_eq!(sent.if_match, Some(1));
    assert_eq!(sent.body.as_deref(), Some(r#"{"status":"Offer"}"#));
    assert_eq!(page.state(), SyncState::Saving(1));
    assert_eq!(page.engine.history(row.id).len(), 1);
    page.answer(1, Ok(json_of(&after(&row, json!({"status": "Offer"})))));
    assert_eq!(page.state(), SyncState::Saved);
    assert!(page.engine.outbox().is_empty() && page.disk.borrow().entries.is_empty());
    assert!(!page.holds);
    let stored = page.disk.borrow().row(row.id);
    assert!(matches!(stored, Some(Entity::Application(row)) if row.version == 2));
}

#[test]
fn nothing_is_sent_before_it_is_stored_as_it_is_sent() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.writes_wait = true;
    page.edit(row.id, note("a"), 1);
    assert!(page.sent().is_empty());
    assert!(page.engine.has_volatile(page.at));
    assert_eq!(page.state(), SyncState::Saving(1));
    page.wake();
    assert!(page.sent().is_empty());
    while page.waiting.is_some() && page.sent.is_empty() {
        page.write();
    }
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    let stored = page.disk.borrow().entries[&key(1)].clone();
    assert!(stored.frozen && stored.seen == Some(1));
    assert!(!page.engine.has_volatile(page.at));
}

#[test]
fn after_a_crash_the_same_bytes_go_again() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(vec![upsert(1, &row)], "1"));
    page.edit(row.id, note("a"), 1);
    let first = page.sent.clone();
    let mut again = page.reopened();
    // The base has moved on; the request has not.
    again.pulled(page_of(vec![upsert(2, &after(&row, json!({})))], "2"));
    assert_eq!(again.sent, first);
}

#[test]
fn edits_of_one_record_go_one_after_another_each_on_the_one_before() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    page.edit(row.id, note("x"), 2);
    assert!(page.sent().is_empty());
    page.answer(1, Ok(json_of(&after(&row, json!({"status": "Offer"})))));
    assert_eq!(page.sent(), [(key(2), Some(2))]);
}

#[test]
fn records_do_not_block_each_other_and_six_go_at_once() {
    let rows: Vec<_> = (1..=8).map(sample).collect();
    let mut page = Page::new(&rows);
    for (n, row) in (1..).zip(&rows) {
        page.edit(row.id, note("a"), n);
    }
    assert_eq!(page.sent().len(), 6);
    page.answer(1, Ok(json_of(&after(&rows[0], json!({"notes": "a"})))));
    assert_eq!(page.sent(), [(key(7), Some(1))]);
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let made = page.made();
    let wrong = change(json!({"salary_min": 2, "salary_max": 1}));
    assert!(page.engine.mutate(row.id, wrong, key(1), made).is_err());
    let nobody = Uuid::from_u128(99);
    let problem = page.engine.mutate(nobody, note("x"), key(1), made);
    assert_eq!(problem.unwrap_err().kind, ProblemKind::NotFound);
    assert!(
        page.engine
            .mutate(row.id, create(row.id), key(1), made)
            .is_err()
    );
    assert!(page.engine.outbox().is_empty());
}

#[test]
fn settings_are_changed_as_any_other_row() {
    let mut page = Page::new(&[]);
    let owner = page.engine.owner().unwrap();
    let named: SettingsPatch = serde_json::from_value(json!({"display_name": "Ada"})).unwrap();
    page.edit(owner, Edit::Settings(Op::Patch(Box::new(named))), 1);
    let settings = page.engine.settings().unwrap();
    assert_eq!(settings.display_name.as_ref().unwrap().as_str(), "Ada");
    assert_eq!(page.sent[0].path, "/settings");
    assert_eq!(page.sent[0].if_match, Some(1));
    page.answer(1, Ok(serde_json::to_string(&*settings).unwrap()));
    assert_eq!(page.engine.settings().unwrap().version, 2);
    assert_eq!(page.state(), SyncState::Saved);
}

// --- coalescing ---

#[test]
fn a_create_and_its_edits_are_one_create_of_the_day_on_which_it_was_made() {
    let mut page = offline(&[]);
    let id = Uuid::from_u128(1);
    let made = page.at;
    page.edit(id, create(id), 1);
    page.at += Duration::milliseconds(300);
    page.edit(id, note("x"), 2);
    assert_eq!(page.keys(), [key(2)]);
    let entry = &page.engine.outbox().entries()[0];
    assert_eq!((entry.edit.verb(), entry.made_at), (Verb::Create, made));
    assert_eq!(page.view(id).unwrap().notes.as_ref().unwrap().as_str(), "x");
    assert_eq!(page.disk.borrow().entries.len(), 1);
}

#[test]
fn edits_merge_while_unsent_and_the_later_one_wins() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, change(json!({"notes": "a", "company": "B"})), 1);
    page.edit(row.id, note("b"), 2);
    assert_eq!(page.keys(), [key(2)]);
    let entry = &page.engine.outbox().entries()[0];
    assert_eq!(entry.edit, change(json!({"notes": "b", "company": "B"})));
    assert_eq!(entry.seen, Some(1));
}

#[test]
fn a_move_never_merges() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("a"), 1);
    page.edit(row.id, to(Status::Screening), 2);
    page.edit(row.id, to(Status::Offer), 3);
    page.edit(row.id, note("b"), 4);
    page.edit(row.id, note("c"), 5);
    assert_eq!(page.keys(), [key(1), key(2), key(3), key(5)]);
    assert_eq!(page.engine.history(row.id).len(), 2);
}

#[test]
fn what_was_sent_is_not_changed_any_more() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("a"), 1);
    page.edit(row.id, note("b"), 2);
    page.edit(row.id, note("c"), 3);
    assert_eq!(page.keys(), [key(1), key(3)]);
    assert_eq!(page.engine.outbox().entries()[0].edit, note("a"));
}

#[test]
fn of_a_creation_that_nobody_saw_the_deletion_alone_is_sent() {
    let row = sample(5);
    let mut page = offline(std::slice::from_ref(&row));
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.edit(id, to(Status::Offer), 2);
    page.edit(id, delete(), 3);
    page.edit(row.id, note("x"), 4);
    page.later(DELETE_GRACE);
    // Another page may have sent the creation without being able to store that.
    assert_eq!(page.keys(), [key(3), key(4)]);
    assert_eq!(page.disk.borrow().entries.len(), 2);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    page.answer(3, Err(problem(ProblemKind::NotFound)));
    assert_eq!(page.keys(), [key(4)]);
    assert!(page.notices().is_empty());
}

#[test]
fn what_a_deletion_makes_pointless_is_not_sent() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, to(Status::Offer), 2);
    page.edit(row.id, delete(), 3);
    page.later(DELETE_GRACE);
    assert_eq!(page.keys(), [key(3)]);
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(3), Some(1))]);
}

#[test]
fn two_deletions_of_one_record_are_one() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    one.edit(row.id, delete(), 2);
    two.edit(row.id, to(Status::Offer), 3);
    let deletion = Entry {
        key: key(4),
        edit: delete(),
        not_before: two.at + DELETE_GRACE,
        ..Entry::clone(&two.engine.outbox().entries()[0])
    };
    push(&mut two, deletion);
    two.wake();
    one.refresh();
    assert_eq!(one.keys(), [key(1), key(2), key(3), key(4)]);
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(4)]);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    assert_eq!(one.sent(), [(key(4), Some(1))]);
}

// --- deletions ---

#[test]
fn a_deletion_waits_for_its_undo() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, delete(), 1);
    assert!(page.sent().is_empty());
    assert!(page.view(row.id).is_none());
    assert_eq!(page.state(), SyncState::Saved);
    assert_eq!(page.disk.borrow().entries.len(), 1);
    assert_eq!(page.wake_in, Some(30_000));
    let effects = page.engine.retract(key(1), page.at).unwrap();
    page.perform(effects);
    assert!(page.view(row.id).is_some());
    assert!(page.disk.borrow().entries.is_empty());
    page.edit(row.id, delete(), 2);
    page.later(DELETE_GRACE);
    assert_eq!(page.sent(), [(key(2), Some(1))]);
    assert!(page.engine.retract(key(2), page.at).is_none());
    page.answer(2, Ok(String::new()));
    assert!(page.view(row.id).is_none());
    assert!(page.engine.base().table::<Application>().is_deleted(row.id));
    assert_eq!(page.state(), SyncState::Saved);
}

#[test]
fn a_deletion_that_is_due_cannot_be_taken_back() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, delete(), 2);
    page.later(DELETE_GRACE);
    // What was done before it is gone already.
    assert_eq!(page.keys(), [key(2)]);
    assert!(page.engine.retract(key(2), page.at).is_none());
    assert_eq!(page.keys(), [key(2)]);
}

#[test]
fn the_grace_is_durable_and_ends_when_it_is_released() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, delete(), 1);
    let mut again = page.reopened();
    again.later(Duration::seconds(10));
    assert!(again.sent().is_empty());
    let effects = again.engine.release(again.at);
    again.perform(effects);
    assert_eq!(again.sent().len(), 1);
}

#[test]
fn a_deletion_that_is_taken_back_leaves_what_came_before() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.edit(row.id, delete(), 2);
    page.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    let effects = page.engine.retract(key(2), page.at).unwrap();
    page.perform(effects);
    page.sent();
    page.edit(row.id, note("y"), 3);
    assert_eq!(page.sent(), [(key(3), Some(2))]);
}

#[test]
fn a_creation_that_is_taken_back_takes_along_what_was_done_to_it() {
    let mut page = offline(&[]);
    let id = Uuid::from_u128(1);
    page.edit(id, create(id), 1);
    page.edit(id, to(Status::Offer), 2);
    let effects = page.engine.retract(key(1), page.at).unwrap();
    page.perform(effects);
    assert!(page.engine.outbox().is_empty());
    assert!(page.disk.borrow().entries.is_empty());
}

#[test]
fn what_changed_while_one_typed_is_not_overwritten_unseen() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let began = page.engine.begin::<Application>(row.id).unwrap();
    // The cursor stands in the notes; elsewhere they are written, and it is pulled.
    let theirs = after(&row, json!({"notes": "theirs"}));
    page.pulled(page_of(vec![upsert(9, &theirs)], "9"));
    let made = page.made();
    let edit = note("mine");
    let effects = page
        .engine
        .mutate_from(row.id, edit, key(1), made, &|_| Some(began.clone()));
    page.perform(effects.unwrap());
    assert_eq!(page.sent(), [(key(1), Some(1))], "on what was seen");
    page.answer(1, Err(conflict_with(&theirs)));
    assert_eq!(page.engine.displaced().len(), 1);
}

#[test]
fn what_changed_in_other_fields_while_one_typed_is_no_conflict() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let began = page.engine.begin::<Application>(row.id).unwrap();
    let theirs = after(&row, json!({"company": "theirs"}));
    page.pulled(page_of(vec![upsert(9, &theirs)], "9"));
    let made = page.made();
    let effects = page
        .engine
        .mutate_from(row.id, note("mine"), key(1), made, &|_| Some(began.clone()));
    page.perform(effects.unwrap());
    assert_eq!(page.sent(), [(key(1), Some(2))]);
}

#[test]
fn what_was_begun_on_less_does_not_join_what_was_made_on_more() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    let began = page.engine.begin::<Application>(row.id).unwrap();
    let theirs = after(&row, json!({"notes": "theirs"}));
    page.engine.base.take(row.id, theirs);
    page.edit(row.id, change(json!({"source": "x"})), 1);
    let made = page.made();
    let effects = page
        .engine
        .mutate_from(row.id, note("mine"), key(2), made, &|_| Some(began.clone()));
    page.perform(effects.unwrap());
    let seen: Vec<_> = page
        .engine
        .outbox()
        .entries()
        .iter()
        .map(|entry| entry.seen)
        .collect();
    assert_eq!(seen, [Some(2), Some(1)]);
}

#[test]
fn what_is_typed_while_the_row_is_deleted_elsewhere_is_asked_about() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let began = page.engine.begin::<Application>(row.id).unwrap();
    page.pulled(page_of(vec![gone(9, row.id)], "9"));
    let made = page.made();
    let effects = page
        .engine
        .mutate_from(row.id, note("a paragraph"), key(1), made, &|_| {
            Some(began.clone())
        });
    page.perform(effects.unwrap());
    assert!(page.sent().is_empty());
    let Some(Notice::Displaced(item)) = page.notices().pop() else {
        panic!("nothing is asked");
    };
    assert_eq!(item.reason, Reason::Deleted);
    let Some(Entity::Application(mine)) = item.mine else {
        panic!("it is not kept");
    };
    assert_eq!(mine.notes.unwrap().as_str(), "a paragraph");
}

#[test]
fn what_is_typed_while_another_tab_deletes_the_row_is_kept_whether_or_not_that_is_undone() {
    let row = sample(1);
    for undone in [true, false] {
        let mut page = Page::new(std::slice::from_ref(&row));
        let began = page.engine.begin::<Application>(row.id).unwrap();
        page.edit(row.id, delete(), 1);
        let made = page.made();
        let late = page
            .engine
            .mutate_from(row.id, note("mine"), key(2), made, &|_| Some(began.clone()));
        page.perform(late.unwrap());
        if undone {
            let effects = page.engine.retract(key(1), page.at).unwrap();
            page.perform(effects);
            assert_eq!(
                page.view(row.id).unwrap().notes.as_ref().unwrap().as_str(),
                "mine"
            );
        } else {
            page.later(DELETE_GRACE);
            page.answer(1, Ok(String::new()));
            let displaced = page.engine.displaced();
            assert_eq!(displaced.len(), 1, "it is asked about");
            assert_eq!(displaced[0].reason, Reason::Deleted);
        }
    }
}

#[test]
fn what_shows_with_an_edit_that_is_on_its_way_was_seen_as_that_edit_was() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let began = page.engine.begin::<Application>(row.id).unwrap();
    let theirs = after(&row, json!({"notes": "theirs"}));
    page.pulled(page_of(vec![upsert(9, &theirs)], "9"));
    let type_on = |page: &mut Page, text: &str, n, began: &Began<Application>| {
        let made = page.made();
        let effects = page
            .engine
            .mutate_from(row.id, note(text), key(n), made, &|_| Some(began.clone()));
        page.perform(effects.unwrap());
    };
    type_on(&mut page, "mine", 1, &began);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    // The field shows it from now on, and what is typed next is typed on that.
    let began = page.engine.begin::<Application>(row.id).unwrap();
    page.answer(1, Err(conflict_with(&theirs)));
    type_on(&mut page, "mine, and more", 2, &began);
    assert_eq!(
        page.sent(),
        [(key(2), Some(1))],
        "not on theirs, which never showed"
    );
}

/// Somebody saves what they began to type in the notes before `elsewhere` happened on another page of
/// theirs, which both see.
fn two_tabs(page: &mut Page, id: Uuid, elsewhere: impl FnOnce(&mut Page)) {
    let began = page.engine.begin::<Application>(id).unwrap();
    elsewhere(page);
    let made = page.made();
    let effects = page
        .engine
        .mutate_from(id, note("mine"), key(2), made, &|_| Some(began.clone()));
    page.perform(effects.unwrap());
}

#[test]
fn what_another_tab_of_the_same_person_made_meanwhile_is_not_overwritten_unseen() {
    let row = sample(1);
    let other = after(&row, json!({"notes": "the other tab's"}));
    // It waits still, is on its way, or was taken.
    for (sent, answered) in [(false, false), (true, false), (true, true)] {
        let mut page = if sent {
            Page::new(std::slice::from_ref(&row))
        } else {
            offline(std::slice::from_ref(&row))
        };
        two_tabs(&mut page, row.id, |page| {
            page.edit(row.id, note("the other tab's"), 1);
            if answered {
                page.answer(1, Ok(serde_json::to_string(&other).unwrap()));
            }
        });
        if !sent {
            let effects = page.engine.online(page.at);
            page.perform(effects);
        }
        if !answered {
            page.answer(1, Ok(serde_json::to_string(&other).unwrap()));
        }
        let displaced = page.engine.displaced();
        assert_eq!(displaced.len(), 1, "it is asked about");
        assert_eq!(displaced[0].reason, Reason::Conflict);
        assert!(page.engine.outbox().is_empty());
        let notes = page.view(row.id).unwrap().notes.clone();
        assert_eq!(notes.unwrap().as_str(), "the other tab's");
    }
}

#[test]
fn nor_in_a_row_that_the_server_has_not_got_yet() {
    let mut page = offline(&[]);
    let id = Uuid::from_u128(7);
    page.edit(id, create(id), 1);
    two_tabs(&mut page, id, |page| {
        page.edit(id, note("the other tab's"), 3);
    });
    let created = page.view(id).unwrap();
    assert_eq!(created.notes.as_ref().unwrap().as_str(), "mine");
    assert_eq!(page.engine.outbox().len(), 2, "they stay apart");
    let effects = page.engine.online(page.at);
    page.perform(effects);
    let row = Application {
        notes: Some("the other tab's".parse().unwrap()),
        ..Application::clone(&created)
    };
    page.answer(3, Ok(serde_json::to_string(&row).unwrap()));
    assert_eq!(page.engine.displaced().len(), 1);
}

#[test]
fn what_has_become_what_is_wanted_is_no_conflict() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    two_tabs(&mut page, row.id, |page| {
        page.edit(row.id, note("mine"), 1);
    });
    let made = after(&row, json!({"notes": "mine"}));
    page.answer(1, Ok(serde_json::to_string(&made).unwrap()));
    assert!(page.engine.displaced().is_empty());
}
