//! A session that ended, another user, a token that is out of date.

use super::*;

#[test]
fn a_session_that_ended_keeps_the_queue_says_so_once_and_goes_on_after_signing_in() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.edit(rows[0].id, note("x"), 1);
    page.edit(rows[1].id, note("y"), 2);
    page.sent();
    page.answer(1, Err(problem(ProblemKind::Unauthorized)));
    page.answer(2, Err(problem(ProblemKind::Unauthorized)));
    assert_eq!(page.notices(), [Notice::SignedOut]);
    assert_eq!(page.state(), SyncState::SignedOut(2));
    page.later(Duration::hours(1));
    assert!(page.sent().is_empty());
    // It asks who is there, and for nothing else.
    page.pull();
    assert!(page.pulls.is_empty());
    assert_eq!(page.identifies, 1);
    let effects = page.engine.identified(Uuid::from_u128(9), page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(1), Some(1)), (key(2), Some(1))]);
}

#[test]
fn a_session_that_a_pull_finds_ended_is_told_too() {
    let mut page = Page::new(&[]);
    page.pull();
    let effects = page
        .engine
        .pull_failed(&problem(ProblemKind::Unauthorized), page.at, 0.5);
    page.perform(effects);
    assert_eq!(page.notices(), [Notice::SignedOut]);
    assert!(page.engine.is_signed_out());
}

#[test]
fn nothing_is_sent_or_pulled_under_another_user() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::OtherUser)));
    page.answer(1, Err(problem(ProblemKind::OtherUser)));
    assert_eq!(page.notices(), [Notice::Foreign]);
    page.sent();
    page.pull();
    page.later(Duration::hours(1));
    // Not even when the user comes back: the page must be loaded anew.
    let effects = page.engine.identified(Uuid::from_u128(9), page.at);
    page.perform(effects);
    assert!(page.sent.is_empty() && page.pulls.is_empty() && page.identifies == 0);
    assert_eq!(page.engine.outbox().len(), 1);
}

#[test]
fn an_answer_for_another_user_counts_whatever_became_of_its_edit() {
    let row = sample(1);
    for (kind, notice) in [
        (ProblemKind::OtherUser, Notice::Foreign),
        (ProblemKind::Unauthorized, Notice::SignedOut),
    ] {
        let mut page = Page::new(std::slice::from_ref(&row));
        page.answer(1, Err(problem(kind)));
        assert_eq!(page.notices(), [notice]);
    }
}

#[test]
fn another_user_is_found_out_by_asking() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    page.sent();
    assert_eq!(page.identifies, 1);
    let effects = page.engine.identified(Uuid::from_u128(10), page.at);
    page.perform(effects);
    assert!(page.engine.is_foreign());
    assert!(page.sent.is_empty());
}

#[test]
fn a_page_that_may_not_send_lets_go_of_the_lock() {
    let row = sample(1);
    for kind in [ProblemKind::Unauthorized, ProblemKind::OtherUser] {
        let mut page = Page::new(std::slice::from_ref(&row));
        page.edit(row.id, note("x"), 1);
        assert!(page.holds);
        page.answer(1, Err(problem(kind)));
        assert!(!page.holds, "{kind:?}");
    }
    // Also where it comes too late.
    let mut page = Page::new(std::slice::from_ref(&row));
    page.lock_waits = true;
    page.edit(row.id, note("x"), 1);
    page.pull();
    let ended = problem(ProblemKind::Unauthorized);
    let effects = page.engine.pull_failed(&ended, page.at, 0.5);
    page.perform(effects);
    page.holds = true;
    let effects = page.engine.locked(page.at);
    page.perform(effects);
    assert!(!page.holds);
}

#[test]
fn a_wrong_token_is_fetched_once_for_all_and_drops_nothing() {
    let rows = [sample(1), sample(2)];
    let mut page = Page::new(&rows);
    page.edit(rows[0].id, note("x"), 1);
    page.edit(rows[1].id, note("y"), 2);
    page.sent();
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    page.answer(2, Err(problem(ProblemKind::Csrf)));
    assert_eq!(page.identifies, 1);
    page.wake();
    assert!(page.sent().is_empty());
    // Asking failed: both wait, and are tried again.
    let lost = problem(ProblemKind::Network);
    let effects = page.engine.identify_failed(&lost, page.at);
    page.perform(effects);
    assert!(page.sent().is_empty());
    page.later(Duration::seconds(6));
    assert_eq!(page.sent().len(), 2);
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    assert_eq!(page.identifies, 2);
    let effects = page.engine.identified(Uuid::from_u128(9), page.at);
    page.perform(effects);
    assert_eq!(page.sent(), [(key(1), Some(1))]);
    // Refused with a new token: that is an answer.
    page.answer(1, Err(problem(ProblemKind::Csrf)));
    assert!(matches!(page.notices().as_slice(), [Notice::Parked { .. }]));
}
