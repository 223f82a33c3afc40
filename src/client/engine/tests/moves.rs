//! Moves that people correct, offline too, and what follows from them.

use super::*;
use crate::domain::{row::OfKind as _, stage::StageEventPatch};

fn came_in(seq: i64, event: &StageEvent) -> SyncChange {
    SyncChange {
        seq,
        id: event.id,
        what: SyncRow::Upsert(event.clone().into_entity()),
    }
}

fn corrected(patch: StageEventPatch) -> Edit {
    Edit::StageEvent(Op::Patch(Box::new(patch)))
}

/// An application that was a draft, was sent after two days and is in a screening since the fourth.
fn hunt() -> (Application, [StageEvent; 3]) {
    let row = sample(1);
    let mut from = None;
    let steps = [
        (Status::Draft, 0),
        (Status::Applied, 2),
        (Status::Screening, 4),
    ];
    let mut n = 70;
    let events = steps.map(|(to, days)| {
        n += 1;
        let at = now() + Duration::days(days);
        let event = crate::domain::stage::tests::event(n, from, to, at);
        from = Some(to);
        event
    });
    let row = Application {
        version: 3,
        status: Status::Screening,
        status_since: events[2].occurred_at,
        application_date: Some(events[1].occurred_at.date_naive()),
        updated_at: events[2].recorded_at,
        ..row
    };
    (row, events)
}

fn page_with_hunt() -> (Page, Application, [StageEvent; 3]) {
    let (row, events) = hunt();
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pull();
    let moves = (2..).zip(&events).map(|(seq, event)| came_in(seq, event));
    let changes = std::iter::once(upsert(1, &row)).chain(moves).collect();
    page.pulled(page_of(changes, "x"));
    page.at = now() + Duration::days(9);
    page.wake();
    page.sent.clear();
    (page, row, events)
}

#[test]
fn a_correction_shows_at_once_and_goes_to_the_address_of_the_move() {
    let (mut page, row, [_, sent, newest]) = page_with_hunt();
    let at = now() + Duration::days(1);
    page.edit(sent.id, corrected(StageEventPatch::at(&sent, at)), 1);
    let view = page.view(row.id).unwrap();
    assert_eq!(view.application_date, Some(at.date_naive()));
    assert_eq!(view.status_since, newest.occurred_at);
    assert_eq!(
        (view.version, view.updated_at),
        (row.version, row.updated_at)
    );
    assert_eq!(page.engine.history(row.id)[1].occurred_at, at);
    let shown = page.engine.shown().clone();
    let shown = <Application as HasView>::rows(&shown).get(&row.id).cloned();
    assert_eq!(shown, Some(view));

    let request = page.sent.pop().unwrap();
    assert_eq!(request.method, http::Method::PATCH);
    let path = format!("/applications/{}/stage-events/{}", row.id, sent.id);
    assert_eq!(request.path, path);
    assert_eq!(
        (request.if_match, request.if_updated_at),
        (Some(1), Some(sent.updated_at))
    );

    // The answer tells of the move; what follows shows before the next pull brings it.
    let after = sent
        .patched(&StageEventPatch::at(&sent, at), Made::utc(page.at))
        .unwrap();
    page.answer(1, Ok(serde_json::to_string(&after).unwrap()));
    assert!(page.engine.outbox().is_empty());
    let view = page.view(row.id).unwrap();
    assert_eq!(view.application_date, Some(at.date_naive()));
    // The server's own state is of the same version, and later.
    let followed = Application {
        updated_at: page.at,
        ..Application::clone(&view)
    };
    page.pull();
    page.pulled(page_of(vec![upsert(9, &followed)], "y"));
    assert_eq!(*page.view(row.id).unwrap(), followed);
    page.pull();
    page.pulled(page_of(vec![upsert(9, &row)], "z"));
    assert_eq!(*page.view(row.id).unwrap(), followed);
}

#[test]
fn what_the_server_would_refuse_is_refused_here() {
    let (page, _, [_, sent, newest]) = page_with_hunt();
    let mut engine = page.engine.clone();
    let made = page.made();
    let mut tried = |event: &StageEvent, patch| {
        let done = engine.mutate(event.id, corrected(patch), key(1), made);
        done.map(drop).unwrap_err()
    };
    let problem = tried(&newest, StageEventPatch::voiding(&newest, true));
    assert!(problem.message_for("voided").is_some());
    let problem = tried(
        &sent,
        StageEventPatch::at(&sent, page.at + Duration::hours(1)),
    );
    assert!(problem.message_for("occurred_at").is_some());
    let nobodys = StageEvent {
        id: Uuid::from_u128(7),
        ..sent.clone()
    };
    let problem = tried(&nobodys, StageEventPatch::voiding(&nobodys, true));
    assert_eq!(problem.kind, ProblemKind::NotFound);
    assert!(engine.outbox().is_empty());
}

#[test]
fn a_move_is_struck_out_and_restored() {
    let (mut page, row, [_, sent, newest]) = page_with_hunt();
    page.edit(sent.id, corrected(StageEventPatch::voiding(&sent, true)), 1);
    let view = page.view(row.id).unwrap();
    assert_eq!(view.application_date, Some(newest.occurred_at.date_naive()));
    assert!(page.engine.history(row.id)[1].voided_at.is_some());
    // The first was sent; the next builds on what it makes.
    page.edit(
        sent.id,
        corrected(StageEventPatch::voiding(&sent, false)),
        2,
    );
    let view = page.view(row.id).unwrap();
    assert_eq!(view.application_date, row.application_date);
    assert_eq!(page.engine.outbox().len(), 2);
    let struck = sent
        .patched(&StageEventPatch::voiding(&sent, true), page.made())
        .unwrap();
    page.sent.clear();
    page.answer(1, Ok(serde_json::to_string(&struck).unwrap()));
    assert_eq!(page.sent(), [(key(2), Some(2))]);
}

#[test]
fn it_waits_for_what_was_done_to_its_application_before() {
    let (mut page, row, [_, sent, _]) = page_with_hunt();
    page.edit(row.id, note("first"), 1);
    let at = now() + Duration::days(1);
    page.edit(sent.id, corrected(StageEventPatch::at(&sent, at)), 2);
    assert_eq!(page.sent(), [(key(1), Some(3))]);
    let noted = Application {
        version: 4,
        updated_at: page.at,
        notes: Some("first".parse().unwrap()),
        ..row
    };
    page.answer(1, Ok(json_of(&noted)));
    assert_eq!(page.sent(), [(key(2), Some(1))]);
}

#[test]
fn a_move_that_is_on_its_way_is_corrected_too() {
    let (row, events) = hunt();
    let mut page = offline(std::slice::from_ref(&row));
    page.edit(row.id, to(Status::Offer), 1);
    let made = page.engine.history(row.id).pop().unwrap();
    let at = page.at - Duration::hours(5);
    page.edit(made.id, corrected(StageEventPatch::at(&made, at)), 2);
    let view = page.view(row.id).unwrap();
    assert_eq!((view.status, view.status_since), (Status::Offer, at));
    assert_eq!(page.engine.history(row.id).pop().unwrap().occurred_at, at);
    assert_eq!(events.len(), 3);
    // The move goes first.
    page.later(Duration::minutes(6));
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(1), Some(3))]);
    let moved = after(&row, json!({ "status": "Offer" }));
    page.answer(1, Ok(json_of(&moved)));
    assert_eq!(page.sent(), [(key(2), Some(1))]);
}

#[test]
fn a_move_and_its_way_back_within_minutes_were_a_slip() {
    let (mut page, row, _) = page_with_hunt();
    page.edit(row.id, to(Status::Offer), 1);
    page.at += Duration::minutes(3);
    page.edit(row.id, to(Status::Screening), 2);
    let view = page.view(row.id).unwrap();
    assert_eq!(view.status_since, row.status_since);
    page.at += Duration::minutes(1);
    page.edit(row.id, to(Status::Offer), 3);
    assert_eq!(page.view(row.id).unwrap().status_since, page.at);
}

#[test]
fn the_day_goes_with_the_move_that_gave_it() {
    let draft = Application {
        status: Status::Draft,
        application_date: None,
        ..sample(1)
    };
    let created = crate::domain::stage::tests::event(71, None, Status::Draft, now());
    let mut page = Page::new(std::slice::from_ref(&draft));
    page.pulled(page_of(vec![came_in(1, &created)], "x"));
    page.at += Duration::days(3);
    page.edit(draft.id, to(Status::Applied), 1);
    let view = page.view(draft.id).unwrap();
    assert_eq!(view.application_date, Some(page.at.date_naive()));
    let undo = page.engine.undo_of_move(draft.id, key(1), Status::Draft);
    page.edit(draft.id, Edit::Application(Op::Patch(Box::new(undo))), 2);
    let view = page.view(draft.id).unwrap();
    assert_eq!(view.application_date, None);
    assert_eq!(view.status_since, draft.status_since);
}

#[test]
fn undoing_returns_to_what_was_not_struck_out() {
    let (mut page, row, [_, sent, _]) = page_with_hunt();
    page.edit(row.id, to(Status::Offer), 1);
    let screening = page.engine.history(row.id)[2].clone();
    let strike = StageEventPatch::voiding(&screening, true);
    page.edit(screening.id, corrected(strike), 2);
    let undo = page.engine.undo_of_move(row.id, key(1), Status::Screening);
    assert_eq!(undo.status, Change::Set(Status::Applied));
    assert_eq!(undo.status_occurred_at, Some(sent.occurred_at));
}

#[test]
fn where_not_all_moves_are_known_what_follows_is_left_to_the_server() {
    let (row, [made, sent, newest]) = hunt();
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pull();
    // The newest comes with the next page.
    let moves = (2..)
        .zip([&made, &sent])
        .map(|(seq, event)| came_in(seq, event));
    let changes = std::iter::once(upsert(1, &row)).chain(moves).collect();
    page.pulled(page_of(changes, "x"));
    page.at = now() + Duration::days(9);
    page.wake();
    page.sent.clear();
    let at = now() + Duration::days(1);
    page.edit(sent.id, corrected(StageEventPatch::at(&sent, at)), 1);
    let answer = StageEvent {
        version: 2,
        occurred_at: at,
        updated_at: page.at,
        ..sent
    };
    page.answer(1, Ok(serde_json::to_string(&answer).unwrap()));
    assert_eq!(page.view(row.id).unwrap().status_since, newest.occurred_at);
}

#[test]
fn a_move_whose_correction_waits_stays_in_the_store_also_where_its_application_cannot_be_read() {
    let (_, [_, sent, _]) = hunt();
    let left_out = Application {
        archived_at: Some(now() - ARCHIVED_FOR),
        ..sample(2)
    };
    let mut page = offline(std::slice::from_ref(&left_out));
    page.engine.base.take(sent.id, sent.clone());
    let at = now() - Duration::days(1);
    page.edit(sent.id, corrected(StageEventPatch::at(&sent, at)), 1);
    // From now on not everything is stored.
    page.at += Duration::days(2);
    page.engine.base.mark_dirty(Base::all_shards());
    let again = page.reopened();
    assert!(again.engine.meta().truncated);
    assert_eq!(again.keys(), [key(1)]);
    assert!(again.disk.borrow().row(sent.id).is_some());
}
