//! Several pages of one user over one store.

use super::*;

#[test]
fn an_edit_that_joined_one_that_another_page_is_sending_is_apart_again() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    // The first sends, the second does not know.
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    assert_eq!(one.sent(), [(key(1), Some(1))]);
    two.edit(row.id, change(json!({"company": "B"})), 2);
    two.edit(row.id, change(json!({"source": "S"})), 3);
    assert_eq!(two.keys(), [key(1), key(3)]);
    let entry = &two.engine.outbox().entries()[1];
    assert_eq!(entry.edit, change(json!({"company": "B", "source": "S"})));
    one.refresh();
    one.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert_eq!(one.sent(), [(key(3), Some(2))]);
}

#[test]
fn an_edit_that_keeps_its_place_stays_before_those_after_it() {
    let id = Uuid::from_u128(1);
    let (_, mut two) = two_pages(None, create(id), id);
    two.disk.borrow_mut().trouble = Some(Trouble::Full);
    two.edit(id, note("x"), 9);
    two.edit(id, to(Status::Offer), 3);
    two.disk.borrow_mut().trouble = None;
    two.refresh();
    two.edit(id, to(Status::Rejected), 2);
    two.refresh();
    assert_eq!(two.keys(), [key(1), key(9), key(3), key(2)]);
}

#[test]
fn an_edit_of_a_creation_that_another_page_is_sending_is_no_second_creation() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    two.edit(id, note("x"), 2);
    let entry = &two.engine.outbox().entries()[1];
    assert_eq!(entry.edit, note("x"));
    assert_eq!(two.view(id).unwrap().notes.as_ref().unwrap().as_str(), "x");
}

#[test]
fn an_edit_that_joined_one_that_another_page_saw_acknowledged_builds_on_it() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    two.edit(row.id, change(json!({"company": "B"})), 2);
    assert_eq!(two.keys(), [key(2)]);
    let entry = &two.engine.outbox().entries()[0];
    assert_eq!(entry.edit, change(json!({"company": "B"})));
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    assert_eq!(two.sent(), [(key(2), Some(2))]);
}

#[test]
fn an_edit_that_joined_one_that_another_page_saw_displaced_is_no_part_of_the_new_state() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(
        1,
        Err(conflict_with(&after(&row, json!({"notes": "theirs"})))),
    );
    two.edit(row.id, change(json!({"company": "B"})), 2);
    let entry = &two.engine.outbox().entries()[0];
    // The user saw the first version, not theirs.
    assert_eq!(entry.seen, Some(1));
}

#[test]
fn an_edit_of_a_creation_that_another_page_took_back_is_put_aside() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    two.writes_wait = true;
    two.edit(id, change(json!({"status": "Offer"})), 2);
    two.edit(id, note("mine"), 3);
    one.edit(id, delete(), 4);
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(4)]);
    two.write();
    assert_eq!(two.keys(), [key(4), key(2), key(3)]);
    two.write();
    find_out(&mut two);
    assert!(two.keys().is_empty());
    let Ok([Notice::Displaced(item)]) = <[Notice; 1]>::try_from(two.notices()) else {
        panic!()
    };
    let made = two.made();
    let effects = two
        .engine
        .reapply(item.id, Uuid::from_u128(77), key(5), made);
    two.perform(effects.unwrap().1);
    let view = two.view(Uuid::from_u128(77)).unwrap();
    assert_eq!(view.status, Status::Offer);
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "mine");
}

#[test]
fn what_a_deletion_made_pointless_is_back_when_another_page_took_it_back() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    two.edit(id, delete(), 2);
    one.refresh();
    assert_eq!(one.keys(), [key(1), key(2)]);
    let effects = two.engine.retract(key(2), two.at).unwrap();
    two.perform(effects);
    // The first does not know yet.
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(1)]);
    assert!(one.view(id).is_some());
    assert_eq!(one.disk.borrow().entries.len(), 1);
}

#[test]
fn what_was_left_out_for_a_deletion_is_not_left_to_another_page_before_that_is_stored() {
    let id = Uuid::from_u128(1);
    let (mut one, _) = two_pages(None, create(id), id);
    one.disk.borrow_mut().trouble = Some(Trouble::Full);
    one.edit(id, delete(), 2);
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(2)]);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.holds = true;
    one.answer(2, Err(problem(ProblemKind::NotFound)));
    assert!(one.keys().is_empty());
    assert!(one.holds, "another page would create it again");
    one.disk.borrow_mut().trouble = None;
    one.later(Duration::minutes(1));
    assert!(one.disk.borrow().entries.is_empty());
    assert!(!one.holds);
}

#[test]
fn a_deletion_goes_once_more_where_another_page_sent_what_it_left_out() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    one.edit(id, delete(), 2);
    two.refresh();
    one.disk.borrow_mut().trouble = Some(Trouble::Full);
    one.later(DELETE_GRACE);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(2, Err(problem(ProblemKind::NotFound)));
    assert!(one.keys().is_empty());
    // The second page sent the creation.
    one.disk.borrow_mut().trouble = None;
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    assert_eq!(
        two.disk
            .borrow()
            .entries
            .values()
            .filter(|entry| entry.frozen)
            .count(),
        1
    );
    one.refresh();
    assert_eq!(one.keys(), [key(1), key(2)]);
    let row = one.view(id);
    assert!(row.is_none(), "it is deleted all the same");
}

#[test]
fn a_row_that_was_answered_while_another_page_built_the_base_anew_is_not_taken_for_deleted() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    let made = one.view(id).unwrap();
    one.edit(id, to(Status::Offer), 2);
    two.refresh();
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    two.pull();
    let expired = problem(ProblemKind::CursorExpired);
    let effects = two.engine.pull_failed(&expired, two.at, 0.5);
    two.perform(effects);
    // It was asked for before the creation arrived.
    two.pulled(page_of(vec![], "new"));
    one.answer(1, Ok(json_of(&made)));
    one.refresh();
    assert_eq!(one.engine.meta().base_generation, 1);
    assert_eq!(one.keys(), [key(2)]);
    assert_eq!(one.view(id).unwrap().status, Status::Offer);
}

#[test]
fn a_base_that_another_page_built_anew_is_built_once() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    for page in [&mut one, &mut two] {
        page.pull();
        let expired = problem(ProblemKind::CursorExpired);
        let effects = page.engine.pull_failed(&expired, page.at, 0.5);
        page.perform(effects);
    }
    one.pulled(page_of(vec![upsert(1, &row)], "new"));
    two.refresh();
    // What it had asked for is of no use.
    two.pulls.clear();
    two.pulled(page_of(vec![upsert(1, &row)], "new"));
    assert_eq!(two.pulls, [Some("new".to_owned())]);
    two.pulled(page_of(vec![], "new"));
    assert_eq!(two.engine.meta().base_generation, 1);
}

#[test]
fn what_a_deletion_made_pointless_stays_so_though_the_deletion_was_never_stored() {
    let row = sample(1);
    let (mut one, _) = two_pages(Some(&row), note("x"), row.id);
    one.disk.borrow_mut().trouble = Some(Trouble::Full);
    one.edit(row.id, delete(), 2);
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(2)]);
    one.refresh();
    assert_eq!(one.keys(), [key(2)]);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(2, Ok(String::new()));
    one.refresh();
    assert!(one.keys().is_empty(), "{:?}", one.keys());
    one.disk.borrow_mut().trouble = None;
    one.later(Duration::seconds(5));
    assert!(one.disk.borrow().entries.is_empty());
}

#[test]
fn what_another_page_did_after_a_deletion_is_not_pointless() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    one.edit(id, delete(), 2);
    two.writes_wait = true;
    two.edit(id, note("x"), 3);
    // Each writes what the other does not know.
    one.writes_wait = true;
    one.later(DELETE_GRACE);
    assert_eq!(one.keys(), [key(2)]);
    two.write();
    two.write();
    assert_eq!(two.keys(), [key(1), key(2), key(3)]);
    one.writes_wait = false;
    one.write();
    assert_eq!(one.keys(), [key(1), key(2), key(3)]);
    // The record is made and deleted; the edit can be had again.
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(1, Ok(json_of(&Application { id, ..sample(1) })));
    one.answer(2, Ok(String::new()));
    assert!(one.keys().is_empty());
    assert_eq!(one.engine.displaced()[0].keys, [key(3)]);
    assert!(one.engine.displaced()[0].mine.is_some());
}

/// Two pages, and an edit of the row that the first has just put aside; the second does not know.
fn a_conflict_that_is_not_stored() -> (Application, Page, Page) {
    let row = sample(1);
    let (mut one, two) = two_pages(Some(&row), to(Status::Offer), row.id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.writes_wait = true;
    let theirs = after(&row, json!({"notes": "theirs"}));
    one.answer(1, Err(conflict_with(&theirs)));
    (row, one, two)
}

#[test]
fn an_edit_that_another_page_joined_to_one_that_gives_way_gives_way_with_it() {
    let (row, mut one, mut two) = a_conflict_that_is_not_stored();
    two.edit(row.id, note("mine"), 2);
    one.write();
    one.writes_wait = false;
    one.write();
    for page in [&one, &one.reopened()] {
        let Ok([item]) = <[Displaced; 1]>::try_from(page.engine.displaced().to_vec()) else {
            panic!()
        };
        assert_eq!(item.keys, [key(1), key(2)]);
        assert!(page.keys().is_empty());
    }
    assert_eq!(one.notices().len(), 1);
}

#[test]
fn dropping_what_lies_aside_drops_nothing_that_joined_it_unseen() {
    let (row, mut one, mut two) = a_conflict_that_is_not_stored();
    let effects = one.engine.drop_displaced(key(1), one.at);
    one.perform(effects);
    two.edit(row.id, note("mine"), 2);
    one.write();
    assert_eq!(one.engine.displaced().len(), 1);
}

#[test]
fn an_edit_on_what_another_page_made_meanwhile_is_no_conflict() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), to(Status::Offer), row.id);
    let mut late = two.reopened();
    late.lock_waits = true;
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    let moved = after(&row, json!({"status": "Offer"}));
    one.answer(1, Ok(json_of(&moved)));
    // Both saw the first version, and one of them nothing of the queue either.
    two.writes_wait = true;
    two.edit(row.id, note("x"), 2);
    late.edit(row.id, change(json!({"company": "B"})), 3);
    two.writes_wait = false;
    two.write();
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    let sent = two.sent();
    assert_eq!(sent.first().map(|sent| sent.1), Some(Some(2)), "{sent:?}");
}

#[test]
fn what_was_sent_without_being_stored_does_not_go_apart_any_more() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    two.disk.borrow_mut().trouble = Some(Trouble::Full);
    two.edit(id, note("x"), 2);
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    let first = two.sent.clone();
    assert_eq!(first.len(), 1);
    two.disk.borrow_mut().trouble = None;
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    two.later(Duration::seconds(5));
    two.answer(2, Err(problem(ProblemKind::Network)));
    let effects = two.engine.online(two.at);
    two.perform(effects);
    let again: Vec<_> = two.sent.iter().filter(|sent| sent.key == key(2)).collect();
    assert!(again.iter().all(|sent| **sent == first[0]), "{again:?}");
}

#[test]
fn an_edit_of_what_this_page_knows_to_be_deleted_is_put_aside_as_its_page_saw_it() {
    let row = sample(1);
    let mut one = Page::new(&[]);
    one.writes_wait = true;
    one.pulled(page_of(vec![upsert(1, &row), gone(2, row.id)], "2"));
    let mut two = Page::over(&one.disk);
    two.lock_waits = true;
    two.engine
        .load(&me(), &snapshot(std::slice::from_ref(&row)));
    two.open();
    two.edit(row.id, to(Status::Offer), 1);
    two.edit(row.id, note("mine"), 2);
    one.writes_wait = false;
    one.write();
    assert_displaced_and_recreated(&mut one, row.id);
}

#[test]
fn two_creations_that_are_put_aside_lose_nothing_of_either() {
    let id = Uuid::from_u128(1);
    let (_, mut two) = two_pages(None, create(id), id);
    two.edit(id, change(json!({"source": "S"})), 2);
    let mut other = Entry::clone(&two.engine.outbox().entries()[0]);
    other.key = key(3);
    other.frozen = true;
    let with_note = json!({"id": id, "company": "Acme", "role_title": "Engineer", "notes": "N"});
    other.edit = Edit::Application(Op::Create(serde_json::from_value(with_note).unwrap()));
    push(&mut two, other);
    two.pulled(page_of(vec![gone(1, id)], "1"));
    two.answer(2, Err(problem(ProblemKind::Gone)));
    let Ok([Notice::Displaced(item)]) = <[Notice; 1]>::try_from(two.notices()) else {
        panic!()
    };
    let made = two.made();
    let effects = two
        .engine
        .reapply(item.id, Uuid::from_u128(77), key(5), made);
    two.perform(effects.unwrap().1);
    let view = two.view(Uuid::from_u128(77)).unwrap();
    assert_eq!(view.source.as_str(), "S");
    assert_eq!(view.notes.as_ref().unwrap().as_str(), "N");
}

#[test]
fn an_answer_that_another_page_could_not_store_takes_nothing_along_that_was_done_meanwhile() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    two.disk.borrow_mut().trouble = Some(Trouble::Full);
    two.edit(id, delete(), 2);
    two.later(DELETE_GRACE);
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    two.answer(2, Err(problem(ProblemKind::NotFound)));
    // The other one makes and deletes the record.
    two.disk.borrow_mut().trouble = None;
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    one.answer(1, Ok(json_of(&Application { id, ..sample(1) })));
    one.edit(id, delete(), 3);
    one.later(DELETE_GRACE);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    assert_eq!(one.sent().last(), Some(&(key(3), Some(1))));
    two.refresh();
    two.later(Duration::seconds(5));
    assert_eq!(two.keys(), [key(3)]);
    assert!(one.disk.borrow().entries.contains_key(&key(3)));
}

#[test]
fn what_another_page_did_to_a_creation_that_was_deleted_before_its_answer_can_be_made_anew() {
    let id = Uuid::from_u128(1);
    let (mut one, mut two) = two_pages(None, create(id), id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    two.edit(id, to(Status::Offer), 2);
    // The first does not know of that, and hears that the record was made and is gone.
    one.answer(1, Err(taken()));
    find_out(&mut one);
    let item = one.engine.displaced()[0].clone();
    assert_eq!(item.keys, [key(2)]);
    let Some(Entity::Application(mine)) = item.mine else {
        panic!("nothing to make it anew from")
    };
    assert_eq!(
        (mine.company.as_str(), mine.status),
        ("Acme", Status::Offer)
    );
}

#[test]
fn the_lock_is_taken_from_a_page_that_stands_still() {
    let row = sample(1);
    let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
    let effects = one.engine.locked(one.at);
    one.perform(effects);
    two.later(Duration::seconds(150));
    // It is at work: it has stored something.
    one.at = two.at;
    one.edit(row.id, note("y"), 2);
    two.refresh();
    two.later(Duration::seconds(170));
    assert_eq!(two.steals, 0);
    two.later(Duration::seconds(10));
    assert_eq!(two.steals, 1, "nothing for three minutes");
    two.later(Duration::seconds(10));
    assert_eq!(two.steals, 1, "asked once");
    two.refresh();
    let effects = two.engine.locked(two.at);
    two.perform(effects);
    // The same bytes under the same key.
    assert_eq!(two.sent(), one.sent());
    let locks = one.locks;
    let effects = one.engine.lock_lost(one.at);
    one.perform(effects);
    two.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    one.answer(1, Ok(json_of(&after(&row, json!({"notes": "x"})))));
    assert_eq!(one.sent(), [], "what comes next is the other's to send");
    assert_eq!(one.locks, locks + 1);
}

#[test]
fn two_tabs_that_are_left_at_one_moment_do_not_overwrite_each_other_unseen() {
    let row = sample(1);
    for (theirs, mine, asked) in [
        (json!({"company": "A"}), json!({"company": "B"}), true),
        (json!({"company": "A"}), json!({"company": "A"}), false),
        (json!({"company": "A"}), json!({"source": "S"}), false),
    ] {
        for sent in [false, true] {
            let (mut one, mut two) = two_pages(Some(&row), note("x"), row.id);
            one.edit(row.id, change(theirs.clone()), 2);
            if sent {
                let effects = one.engine.locked(one.at);
                one.perform(effects);
                let both = after(&row, json!({"notes": "x"}));
                one.answer(1, Ok(json_of(&both)));
                one.answer(2, Ok(json_of(&after(&both, theirs.clone()))));
            }
            // This tab has not heard of it; the store tells when it writes.
            two.edit(row.id, change(mine.clone()), 3);
            let entries = two.engine.outbox().entries();
            assert_eq!(
                entries.last().unwrap().exact,
                asked,
                "{theirs} {mine} {sent}"
            );
            if sent {
                let effects = two.engine.locked(two.at);
                two.perform(effects);
                assert_eq!(two.engine.displaced().len(), usize::from(asked));
            }
        }
    }
}
