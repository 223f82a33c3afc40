//! A server that was set back to a backup: the numbers of versions are given a second time.

use super::*;

/// What the server makes of a row so many seconds later.
fn later(row: &Application, fields: serde_json::Value, seconds: i64) -> Application {
    let at = row.updated_at + Duration::seconds(seconds);
    row.patched(&patch(fields), Made::utc(at)).unwrap()
}

/// The states on which the requests since the last look were sent, by their keys.
fn sent_on(page: &mut Page) -> Vec<(Uuid, Option<Seen>)> {
    let state = |outgoing: Outgoing| {
        let seen = outgoing.if_match.map(|version| Seen {
            at: outgoing.if_updated_at,
            version,
        });
        (outgoing.key, seen)
    };
    page.sent.drain(..).map(state).collect()
}

/// A pull finds that the history is another one, and brings these rows of it.
fn new_history(page: &mut Page, rows: &[&Application]) {
    page.pull();
    let expired = problem(ProblemKind::CursorExpired);
    let effects = page.engine.pull_failed(&expired, page.at, 0.5);
    page.perform(effects);
    let rows = rows.iter().map(|row| upsert(9, row)).collect();
    page.pulled(page_of(rows, "new"));
}

/// A version that was lost, and the one of the same number that somebody else made after the restore.
fn same_number() -> (Application, Application) {
    let backed_up = sample(1);
    let lost = later(&backed_up, json!({"notes": "lost"}), 10);
    let theirs = later(&backed_up, json!({"notes": "theirs"}), 60);
    assert_eq!(lost.version, theirs.version);
    (lost, theirs)
}

#[test]
fn an_edit_is_sent_on_the_state_that_its_user_saw() {
    let (row, _) = same_number();
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    assert_eq!(sent_on(&mut page), [(key(1), Some(row.seen()))]);
    let made = later(&row, json!({"notes": "mine"}), 1);
    page.answer(1, Ok(json_of(&made)));
    page.edit(row.id, note("more"), 2);
    assert_eq!(sent_on(&mut page), [(key(2), Some(made.seen()))]);
}

#[test]
fn an_edit_of_a_lost_version_gives_way_to_the_one_that_has_its_number() {
    for pulls_first in [false, true] {
        let (lost, theirs) = same_number();
        let mut page = offline(std::slice::from_ref(&lost));
        page.edit(lost.id, note("mine"), 1);
        if pulls_first {
            new_history(&mut page, &[&theirs]);
        }
        let effects = page.engine.online(page.at);
        page.perform(effects);
        assert_eq!(sent_on(&mut page), [(key(1), Some(lost.seen()))]);
        page.pulls.clear();
        page.answer(1, Err(conflict_with(&theirs)));
        assert_eq!(
            page.pulls,
            [None],
            "one number, two states: another history"
        );
        page.pulled(page_of(vec![upsert(9, &theirs)], "new"));
        let notices = page.notices();
        let [Notice::Displaced(item)] = notices.as_slice() else {
            panic!("one notice: {notices:?}");
        };
        assert_eq!(item.reason, Reason::Conflict);
        assert_eq!(page.view(lost.id).as_deref(), Some(&theirs));
        let made = page.made();
        let (_, effects) = page
            .engine
            .reapply(item.id, Uuid::from_u128(77), key(2), made)
            .unwrap();
        page.perform(effects);
        assert_eq!(sent_on(&mut page), [(key(2), Some(theirs.seen()))]);
    }
}

#[test]
fn what_is_the_same_in_both_histories_conflicts_with_nothing() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    new_history(&mut page, &[&row]);
    assert_eq!(sent_on(&mut page), [(key(1), Some(row.seen()))]);
    page.answer(1, Ok(json_of(&later(&row, json!({"notes": "mine"}), 1))));
    assert!(page.notices().is_empty());
    assert!(page.engine.outbox().is_empty());
}

#[test]
fn an_edit_of_a_lost_version_does_not_build_on_what_the_queue_made_since() {
    let (lost, theirs) = same_number();
    let mut page = Page::new(std::slice::from_ref(&lost));
    new_history(&mut page, &[&theirs]);
    page.edit(lost.id, note("mine"), 1);
    assert_eq!(sent_on(&mut page), [(key(1), Some(theirs.seen()))]);
    let made = later(&theirs, json!({"notes": "mine"}), 1);
    page.answer(1, Ok(json_of(&made)));
    // Another page knew of the lost version alone when its user did something to it.
    let mut deletion = Entry::new(lost.id, lost.id, delete(), key(2), page.made());
    deletion.see(Some(lost.seen()));
    push(&mut page, deletion);
    page.later(DELETE_GRACE);
    assert_eq!(sent_on(&mut page), [(key(2), Some(lost.seen()))]);
}

#[test]
fn what_an_older_version_stored_goes_out_on_its_number() {
    let row = sample(1);
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    for entry in page.disk.borrow_mut().entries.values_mut() {
        entry.seen_at = None;
    }
    let mut page = page.reopened();
    let only = Seen::only(row.version);
    assert_eq!(sent_on(&mut page), [(key(1), Some(only))]);
    // What came of it is known as it is.
    let made = later(&row, json!({"notes": "mine"}), 1);
    page.answer(1, Ok(json_of(&made)));
    page.edit(row.id, note("more"), 2);
    assert_eq!(sent_on(&mut page), [(key(2), Some(made.seen()))]);
}

#[test]
fn a_row_that_only_a_newer_version_can_read_was_made_when_the_server_says() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("mine"), 1);
    page.sent();
    let made = later(&row, json!({"notes": "mine"}), 7);
    let mut body = serde_json::to_value(&made).unwrap();
    body["status"] = json!("OnProbation");
    page.answer(1, Ok(body.to_string()));
    page.edit(row.id, note("more"), 2);
    assert_eq!(sent_on(&mut page), [(key(2), Some(made.seen()))]);
}

#[test]
fn a_field_that_has_stood_since_before_a_restore_is_saved_on_what_it_showed() {
    let (lost, theirs) = same_number();
    let mut page = Page::new(std::slice::from_ref(&lost));
    let began = page.engine.begin::<Application>(lost.id).unwrap();
    new_history(&mut page, &[&theirs]);
    let made = page.made();
    let effects = page
        .engine
        .mutate_from(lost.id, note("mine"), key(1), made, &|_| {
            Some(began.clone())
        })
        .unwrap();
    page.perform(effects);
    assert_eq!(sent_on(&mut page), [(key(1), Some(lost.seen()))]);
}

#[test]
fn what_the_queue_made_in_a_lost_history_does_not_come_back_from_a_page_of_it() {
    let (row, other) = (sample(1), sample(2));
    let mut one = Page::new(&[]);
    one.pulled(page_of(vec![upsert(1, &row), upsert(2, &other)], "old"));
    one.edit(row.id, note("lost"), 1);
    let lost = later(&row, json!({"notes": "lost"}), 1);
    one.answer(1, Ok(json_of(&lost)));
    let mut two = one.reopened();
    // The server was set back; while the base that was built anew is to be stored, another page stores
    // what it still knows.
    one.writes_wait = true;
    new_history(&mut one, &[&row, &other]);
    two.edit(other.id, note("mine"), 2);
    one.writes_wait = false;
    one.write();
    assert_eq!(one.disk.borrow().meta.base_generation, 1);
    one.sent.clear();
    one.edit(row.id, note("again"), 3);
    let sent = sent_on(&mut one);
    assert!(sent.contains(&(key(3), Some(row.seen()))), "{sent:?}");
}

#[test]
fn what_one_page_found_lost_is_not_brought_back_by_another() {
    let row = sample(1);
    let mut one = Page::new(&[]);
    one.pulled(page_of(vec![upsert(1, &row)], "old"));
    // Two edits: the first waits for its user, and the second for that.
    one.edit(row.id, note("mine"), 1);
    one.edit(row.id, to(Status::Offer), 2);
    one.answer(1, Err(problem(ProblemKind::Validation)));
    let mut two = one.reopened();
    new_history(&mut one, &[]);
    two.refresh();
    assert_eq!(two.keys(), [key(1), key(2)]);
    // Both have the base that was built anew, and are content with it.
    for page in [&mut two, &mut one] {
        page.refresh();
        assert!(page.view(row.id).is_none());
        page.pull();
        page.pulled(page_of(vec![], "new"));
        assert_eq!(page.engine.meta().base_generation, 1);
        assert_eq!(page.pulls.pop(), Some(Some("new".to_owned())));
    }
}

fn place(epoch: u128, seq: i64) -> Position {
    let epoch = key(epoch);
    Position { epoch, seq }
}

fn places(all: &[Position]) -> Positions {
    let mut places = Positions::default();
    all.iter().for_each(|place| places.add(*place));
    places
}

/// A page whose edit was taken, in the history that is there.
fn taken(at: Position) -> (Page, Application) {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.position = Some(at);
    page.edit(row.id, note("mine"), 1);
    let made = later(&row, json!({"notes": "mine"}), 1);
    page.answer(1, Ok(json_of(&made)));
    page.told.clear();
    (page, row)
}

/// Of which places the next pull tells.
fn told(page: &mut Page) -> Positions {
    page.pull();
    page.told.pop().expect("a pull")
}

#[test]
fn a_pull_tells_of_what_was_answered_since_the_last_one() {
    let (mut page, _) = taken(place(70, 42));
    assert_eq!(told(&mut page), places(&[place(70, 42)]));
    page.pulled(page_of(Vec::new(), "further"));
    assert!(told(&mut page).is_empty(), "the cursor vouches for it");
}

#[test]
fn what_was_answered_is_told_by_whoever_goes_on_with_what_is_stored() {
    let (page, _) = taken(place(70, 42));
    let mut next = page.reopened();
    assert_eq!(told(&mut next), places(&[place(70, 42)]));
    next.pulled(page_of(Vec::new(), "further"));
    assert!(next.disk.borrow().meta.heard_of.is_empty());
    assert!(told(&mut next.reopened()).is_empty());
}

#[test]
fn another_page_that_shows_it_tells_of_it_too() {
    let (page, _) = taken(place(70, 42));
    let mut other = page.reopened();
    let (mut page, row) = (page, sample(1));
    page.position = Some(place(70, 43));
    page.edit(row.id, note("more"), 2);
    page.answer(2, Ok(json_of(&later(&row, json!({"notes": "more"}), 2))));
    other.refresh();
    assert_eq!(told(&mut other), places(&[place(70, 43)]));
}

/// A cursor as the server writes it.
fn cursor(at: Position) -> String {
    format!("{at}.application-settings")
}

#[test]
fn what_was_reached_is_told_also_where_another_page_sets_the_cursor_back() {
    let (mut page, _) = taken(place(70, 42));
    page.pull();
    page.pulled(page_of(Vec::new(), &cursor(place(70, 42))));
    // It had pulled before, and stores that cursor after.
    page.disk.borrow_mut().meta.cursor = Some(cursor(place(70, 41)));
    assert_eq!(told(&mut page.reopened()), places(&[place(70, 42)]));
    assert_eq!(told(&mut page), places(&[place(70, 42)]));
    page.pulled(page_of(Vec::new(), &cursor(place(71, 45))));
    assert_eq!(told(&mut page), places(&[place(71, 45)]));
}

#[test]
fn what_a_store_has_without_a_cursor_is_dropped_where_the_history_has_it_not() {
    let [lost, stays] = [sample(1), sample(2)];
    let page = Page::new(&[]);
    {
        // Another page stored what it knew of a history, and ended before anything vouched for that.
        let mut disk = page.disk.borrow_mut();
        for row in [&lost, &stays] {
            let shard = Shard::of(EntityKind::Application, row.id);
            let kept = Kept {
                id: row.id,
                row: Some(Entity::Application(Box::new(row.clone()))),
            };
            disk.shards.entry(shard).or_default().push(kept);
        }
        disk.stamp += 1;
        assert_eq!(disk.meta.cursor, None);
    }
    let mut other = page.reopened();
    assert!(other.view(lost.id).is_some(), "it shows meanwhile");
    // What is read once more is no more vouched for.
    other.refresh();
    other.pull();
    other.pulled(page_of(vec![upsert(1, &stays)], "x"));
    assert_eq!(other.view(lost.id), None);
    assert!(other.view(stays.id).is_some());
    other.later(Duration::minutes(1));
    assert_eq!(other.disk.borrow().row(lost.id), None);
    assert!(other.disk.borrow().row(stays.id).is_some());
}

#[test]
fn what_is_answered_while_a_pull_is_under_way_is_told_by_the_next() {
    let (mut page, row) = taken(place(70, 42));
    page.pull();
    page.position = Some(place(71, 50));
    page.edit(row.id, note("more"), 2);
    page.answer(2, Ok(json_of(&later(&row, json!({"notes": "more"}), 2))));
    page.pulled(page_of(Vec::new(), "further"));
    assert_eq!(told(&mut page), places(&[place(71, 50)]));
}

#[test]
fn a_refusal_with_the_row_is_of_a_history_too() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.position = Some(place(70, 42));
    page.edit(row.id, note("mine"), 1);
    page.answer(
        1,
        Err(conflict_with(&later(&row, json!({"notes": "theirs"}), 9))),
    );
    page.told.clear();
    assert_eq!(told(&mut page), places(&[place(70, 42)]));
}

#[test]
fn a_base_that_is_read_anew_need_not_be_vouched_for() {
    let (mut page, row) = taken(place(70, 42));
    new_history(&mut page, &[&row]);
    assert_eq!(page.view(row.id).as_deref(), Some(&row));
    assert_eq!(page.told, [places(&[place(70, 42)]), places(&[])]);
    assert!(page.disk.borrow().meta.heard_of.is_empty());
    assert!(told(&mut page).is_empty());
}

#[test]
fn whoever_heard_of_very_many_histories_begins_anew() {
    let (mut page, row) = taken(place(70, 42));
    for n in 0..9 {
        page.position = Some(place(80 + n, 50));
        page.edit(row.id, note(&format!("note {n}")), 10 + n);
        let made = later(&row, json!({"notes": format!("note {n}")}), 2);
        page.answer(10 + n, Ok(json_of(&made)));
    }
    page.pull();
    assert_eq!(page.pulls.last(), Some(&None));
    assert_eq!(page.told.last(), Some(&places(&[])));
}
