use super::{Message, Question, ToastAction, Toasts, answers, name_of};
use crate::{
    client::engine::{Displaced, Edit, Op, Reason, Verb},
    domain::{
        application::{ApplicationPatch, tests::sample},
        change::Change,
        row::{Made, OfKind},
        stage::Status,
        when::Habits,
    },
};
use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;

fn record(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn undo_move(n: u128) -> Option<ToastAction> {
    Some(ToastAction::UndoMove {
        record: record(n),
        key: Uuid::from_u128(100 + n),
        from: Status::Applied,
    })
}

fn undo_archive(n: u128) -> Option<ToastAction> {
    let patch = ApplicationPatch {
        archived_at: Change::Set(None),
        ..ApplicationPatch::default()
    };
    Some(ToastAction::Apply {
        record: record(n),
        edits: vec![(record(n), Edit::Application(Op::Patch(Box::new(patch))))],
        label: "Undo",
    })
}

fn change(fields: serde_json::Value) -> Edit {
    Edit::Application(Op::Patch(serde_json::from_value(fields).unwrap()))
}

fn texts(toasts: &Toasts) -> Vec<&str> {
    let shown = toasts.shown().iter();
    shown.map(|toast| toast.text.as_str()).collect()
}

fn question(n: u128) -> Question {
    Question {
        id: record(n),
        text: format!("Undo {n}?"),
        reason: Reason::Conflict,
        verb: Verb::Patch,
    }
}

fn displaced(n: u128) -> Displaced {
    Displaced {
        id: record(n),
        keys: vec![record(n)],
        at: DateTime::UNIX_EPOCH,
        record: record(n),
        title: "Engineer".into(),
        reason: Reason::Conflict,
        edit: change(serde_json::json!({ "notes": "mine" })),
        mine: None,
    }
}

#[test]
fn a_record_has_one_offer_the_newest() {
    let mut toasts = Toasts::default();
    toasts.push("info", "Added", Some(ToastAction::Open(record(1))));
    toasts.push("info", "Other", undo_move(2));
    toasts.push("info", "Moved", undo_move(1));
    assert_eq!(texts(&toasts), ["Other", "Moved"]);
    toasts.push("info", "Moved again", undo_move(1));
    assert_eq!(texts(&toasts), ["Other", "Moved again"]);
    toasts.push("info", "Archived", undo_archive(1));
    assert_eq!(texts(&toasts), ["Other", "Archived"]);
    toasts.push("info", "Saved", None);
    assert_eq!(texts(&toasts), ["Other", "Archived", "Saved"]);
}

#[test]
fn an_offer_goes_with_an_edit_of_what_it_sets_back() {
    let moved = change(serde_json::json!({ "status": "Offer" }));
    let noted = change(serde_json::json!({ "notes": "x" }));
    let archived = change(serde_json::json!({ "archived_at": null }));
    let deleted = Edit::Application(Op::Delete);
    for (offer, edit, stays) in [
        (undo_move(1), &noted, true),
        (undo_move(1), &moved, false),
        (undo_move(1), &archived, true),
        (undo_move(1), &deleted, false),
        (undo_archive(1), &moved, true),
        (undo_archive(1), &archived, false),
        (Some(ToastAction::Open(record(1))), &moved, true),
        (Some(ToastAction::Open(record(1))), &deleted, false),
    ] {
        let mut toasts = Toasts::default();
        toasts.push("info", "Offer", offer.clone());
        toasts.edited(record(2), edit);
        assert_eq!(toasts.shown().len(), 1, "another record: {offer:?}");
        toasts.edited(record(1), edit);
        assert_eq!(
            toasts.shown().len(),
            usize::from(stays),
            "{offer:?} {edit:?}"
        );
    }
}

#[test]
fn what_is_offered_is_done_once() {
    let mut toasts = Toasts::default();
    let id = toasts.push("info", "Moved", undo_move(1)).toast;
    assert_eq!(toasts.take(id).map(|(taken, _)| taken), Some(undo_move(1)));
    assert_eq!(toasts.take(id), None);
    assert!(toasts.shown().is_empty());
}

#[test]
fn the_oldest_make_room_and_a_question_does_not() {
    let mut toasts = Toasts::default();
    toasts.ask(question(1));
    for text in ["one", "two", "three"] {
        toasts.push("info", text, None);
    }
    assert_eq!(texts(&toasts), ["Undo 1?", "two", "three"]);
}

#[test]
fn three_hundred_questions_are_one_that_counts_them() {
    let mut toasts = Toasts::default();
    let first = toasts.ask(question(1));
    assert_eq!(texts(&toasts), ["Undo 1?"]);
    let second = toasts.ask(question(2));
    assert_ne!(first.toast, second.toast, "it offers something else");
    for n in 3..=300 {
        let timer = toasts.ask(question(n));
        assert_eq!(timer.toast, second.toast, "it stays where it is");
    }
    assert_eq!(texts(&toasts), ["300 changes need a decision"]);
    assert_eq!(toasts.shown()[0].action, Some(ToastAction::Review));
    // It stays its full time after the last one.
    toasts.expire(second);
    assert_eq!(toasts.shown().len(), 1);
    let last = toasts.shown()[0].timer();
    toasts.expire(last);
    assert!(toasts.shown().is_empty());
    // The next one is asked by itself.
    toasts.ask(question(301));
    assert_eq!(texts(&toasts), ["Undo 301?"]);
}

#[test]
fn what_was_decided_elsewhere_is_not_asked() {
    let mut toasts = Toasts::default();
    for n in 1..=3 {
        toasts.ask(question(n));
    }
    assert_eq!(toasts.still_aside(&[1, 2, 3].map(displaced)), None);
    assert!(toasts.still_aside(&[1, 2].map(displaced)).is_some());
    assert_eq!(texts(&toasts), ["2 changes need a decision"]);
    assert!(toasts.still_aside(&[2].map(displaced)).is_some());
    assert_eq!(texts(&toasts), ["Undo 2?"]);
    assert_eq!(toasts.still_aside(&[]), None);
    assert!(toasts.shown().is_empty());
}

#[test]
fn what_gave_way_is_not_offered_to_be_taken_back() {
    let retract = Some(ToastAction::Retract {
        key: Uuid::from_u128(9),
        record: record(1),
    });
    for (offer, stays) in [
        (undo_move(1), false),
        (undo_archive(1), false),
        (retract, false),
        (Some(ToastAction::Open(record(1))), true),
        (undo_move(2), true),
    ] {
        let mut toasts = Toasts::default();
        toasts.push("info", "Offer", offer.clone());
        toasts.gave_way(record(1));
        assert_eq!(toasts.shown().len(), usize::from(stays), "{offer:?}");
    }
}

#[test]
fn a_deletion_that_was_taken_back_is_not_offered_to_be() {
    let mut toasts = Toasts::default();
    let key = Uuid::from_u128(9);
    let record = record(1);
    toasts.push("info", "Moved", undo_move(2));
    toasts.push(
        "info",
        "Deleted",
        Some(ToastAction::Retract { key, record }),
    );
    toasts.retracted(Uuid::from_u128(8));
    assert_eq!(texts(&toasts), ["Moved", "Deleted"]);
    toasts.retracted(key);
    assert_eq!(texts(&toasts), ["Moved"]);
}

#[test]
fn one_message_asks_to_sign_in_until_the_session_is_back() {
    let mut toasts = Toasts::default();
    toasts.push("error", "Your session", Some(ToastAction::SignIn));
    toasts.push("info", "Moved", undo_move(1));
    toasts.push("error", "Your session", Some(ToastAction::SignIn));
    assert_eq!(texts(&toasts), ["Moved", "Your session"]);
    toasts.withdraw_sign_in();
    assert_eq!(texts(&toasts), ["Moved"]);
}

#[test]
fn a_refusal_stands_in_the_place_of_what_was_offered() {
    let mut toasts = Toasts::default();
    toasts.push("info", "Moved", undo_move(1));
    toasts.push("info", "Other", undo_move(2));
    toasts.refused(record(1));
    assert_eq!(texts(&toasts), ["Other"]);
}

/// What is asked about an edit of Engineer at Acme that gave way, where other devices have set
/// these fields.
fn asked(reason: Reason, edit: Edit, elsewhere: &serde_json::Value) -> String {
    let mut row = sample(1);
    row.role_title = "Engineer".parse().unwrap();
    row.company = "Acme".parse().unwrap();
    let patched = |fields: &serde_json::Value| {
        let patch: ApplicationPatch = serde_json::from_value(fields.clone()).unwrap();
        row.patched(&patch, Made::utc(DateTime::UNIX_EPOCH))
            .unwrap()
    };
    let mine = match &edit {
        Edit::Application(Op::Patch(patch)) => {
            let mine = row.patched(patch, Made::utc(DateTime::UNIX_EPOCH)).unwrap();
            Some(mine.into_entity())
        }
        _ => None,
    };
    let now = match reason {
        Reason::Conflict => serde_json::to_value(patched(elsewhere)).unwrap(),
        Reason::Deleted => serde_json::Value::Null,
    };
    let item = Displaced {
        reason,
        edit,
        mine,
        ..displaced(1)
    };
    Question::about(
        &item,
        &now,
        DateTime::UNIX_EPOCH,
        &chrono_tz::UTC,
        Habits::default(),
    )
    .text
}

#[test]
fn a_question_says_what_stands_now_and_what_is_wanted() {
    let offer = json!({ "status": "Offer" });
    let noted = json!({ "notes": "mine" });
    for (mine, elsewhere, text) in [
        (
            &offer,
            json!({ "status": "Recruiter_Call" }),
            "“Engineer at Acme” is in Recruiter call now, moved elsewhere. Move it to Offer?",
        ),
        (
            &offer,
            json!({ "notes": "theirs" }),
            "“Engineer at Acme” was changed elsewhere first, and is in Applied. Move it to Offer?",
        ),
        (
            &json!({ "priority": "High" }),
            json!({ "priority": "Low" }),
            "“Engineer at Acme” was changed elsewhere first: priority is “Low” there. Use “High” instead?",
        ),
        (
            &json!({ "next_action": null }),
            json!({ "next_action": "Call Ann" }),
            "“Engineer at Acme” was changed elsewhere first: next action is “Call Ann” there. Empty it instead?",
        ),
        (
            &json!({ "next_action": "Call Ann" }),
            json!({ "next_action": null, "notes": "theirs" }),
            "“Engineer at Acme” was changed elsewhere first: next action is empty there. Use “Call Ann” instead?",
        ),
        (
            &json!({ "archived_at": "2026-01-01T00:00:00Z" }),
            json!({ "notes": "theirs" }),
            "“Engineer at Acme” was changed elsewhere meanwhile. Archive it anyway?",
        ),
        (
            &noted,
            json!({ "notes": "theirs" }),
            "“Engineer at Acme” was changed elsewhere first. Use your notes instead?",
        ),
        (
            &json!({ "status": "Offer", "notes": "mine" }),
            json!({ "notes": "theirs" }),
            "“Engineer at Acme” was changed elsewhere first. Use your notes and status instead?",
        ),
    ] {
        assert_eq!(
            asked(Reason::Conflict, change(mine.clone()), &elsewhere),
            text
        );
    }
    assert_eq!(
        asked(
            Reason::Conflict,
            Edit::Application(Op::Delete),
            &json!({ "notes": "theirs" })
        ),
        "“Engineer at Acme” was changed elsewhere meanwhile. Delete it anyway?"
    );
    assert_eq!(
        asked(Reason::Deleted, change(noted), &json!({})),
        "“Engineer at Acme” was deleted elsewhere while you changed it here. Make it again?"
    );
}

#[test]
fn a_record_that_is_not_known_has_the_name_that_was_kept() {
    assert_eq!(name_of(&displaced(1), &serde_json::Value::Null), "Engineer");
}

#[test]
fn a_question_fits_its_answers() {
    let mut toasts = Toasts::default();
    toasts.ask(question(1));
    let action = toasts.shown()[0].action.clone().unwrap();
    assert_eq!(action.label(), "Use mine");
    assert_eq!(action.keep_label(), Some("Keep theirs"));
    assert_eq!(ToastAction::Review.keep_label(), None);
    let deletion = answers(Reason::Conflict, Verb::Delete);
    assert_eq!(deletion, ("Delete it", "Keep it"));
}

#[test]
fn a_notice_says_what_is_wrong_and_what_helps() {
    use crate::client::engine::{Notice, Trouble, Unstored};
    let signed_out = Message::of(&Notice::SignedOut).unwrap();
    assert_eq!(signed_out.action, Some(ToastAction::SignIn));
    let ahead = Message::of(&Notice::ClockAhead(chrono::Duration::hours(50))).unwrap();
    assert_eq!(
        ahead.text,
        "This device’s clock is 2 days ahead. Your changes are saved at the right time; please set the clock."
    );
    // The page says these itself, for as long as they are so.
    for elsewhere in [
        Notice::Foreign,
        Notice::RowsUnstorable,
        Notice::StoreLost(Unstored::Newer),
        Notice::Unstorable(Trouble::Full),
    ] {
        assert_eq!(Message::of(&elsewhere), None, "{elsewhere:?}");
    }
}

#[test]
fn deeds_are_taken_back_newest_first_also_when_their_messages_are_gone() {
    let mut toasts = Toasts::default();
    for n in 1..=5 {
        toasts.push("info", format!("Moved {n}"), undo_move(n));
    }
    toasts.push("info", "Settings saved", None);
    assert_eq!(texts(&toasts), ["Moved 4", "Moved 5", "Settings saved"]);
    let mut back = || toasts.take_back().map(|(text, ..)| text);
    assert_eq!(back().as_deref(), Some("Moved 5"));
    assert_eq!(back().as_deref(), Some("Moved 4"));
    assert_eq!(back().as_deref(), Some("Moved 3"));
    assert_eq!(texts(&toasts), ["Settings saved"]);
    // What was edited since, or gave way, is not there to be taken back.
    toasts.edited(record(2), &change(json!({ "status": "Offer" })));
    toasts.gave_way(record(1));
    assert_eq!(toasts.take_back(), None);
}

#[test]
fn what_an_undo_gives_back_stands_behind_what_was_done_to_others_since() {
    let mut toasts = Toasts::default();
    let mut archive = |n, text: &str| {
        toasts.edited(record(n), &change(json!({ "archived_at": null })));
        toasts.push("info", text, undo_archive(n));
    };
    archive(1, "Archived 1");
    archive(2, "Archived 2");
    archive(1, "Archived 1 again");
    let mut back = || {
        let (text, _, earlier) = toasts.take_back()?;
        toasts.taken_back(earlier);
        Some(text)
    };
    assert_eq!(back().as_deref(), Some("Archived 1 again"));
    assert_eq!(back().as_deref(), Some("Archived 2"));
    assert_eq!(back().as_deref(), Some("Archived 1"));
}

#[test]
fn a_deed_is_taken_back_once_and_only_so_many_are_remembered() {
    let mut toasts = Toasts::default();
    toasts.push("info", "Moved", undo_move(1));
    let id = toasts.shown()[0].id;
    assert!(toasts.take(id).is_some());
    assert_eq!(toasts.take_back(), None);
    for n in 0..30 {
        toasts.push("info", format!("Moved {n}"), undo_move(n));
    }
    assert_eq!(std::iter::from_fn(|| toasts.take_back()).count(), 20);
}

#[test]
fn two_deeds_about_one_record_are_taken_back_one_after_the_other() {
    let mut toasts = Toasts::default();
    toasts.push("info", "Moved", undo_move(1));
    toasts.push("info", "Archived", undo_archive(1));
    assert_eq!(texts(&toasts), ["Archived"]);
    let back: Vec<_> = std::iter::from_fn(|| toasts.take_back()).collect();
    assert_eq!(back.len(), 2);
}

#[test]
fn what_covers_a_deed_gives_it_back_when_it_is_taken_back_itself() {
    let mut toasts = Toasts::default();
    let deed = |toasts: &mut Toasts, text: &str| {
        toasts.edited(record(1), &change(json!({ "status": "Offer" })));
        toasts.push("info", text, undo_move(1));
    };
    for text in ["Done", "Next", "Moved"] {
        deed(&mut toasts, text);
    }
    let back = |toasts: &mut Toasts| {
        let (text, _, earlier) = toasts.take_back()?;
        // Taking it back is an edit of the record, too.
        toasts.edited(record(1), &change(json!({ "status": "Applied" })));
        toasts.taken_back(earlier);
        Some(text)
    };
    for text in ["Moved", "Next", "Done"] {
        assert_eq!(back(&mut toasts).as_deref(), Some(text));
    }
    assert_eq!(back(&mut toasts), None);

    // An edit that is no deed is not undone along with what it covers.
    deed(&mut toasts, "Done");
    toasts.edited(record(1), &change(json!({ "status": "Offer" })));
    deed(&mut toasts, "Next");
    assert_eq!(back(&mut toasts).as_deref(), Some("Next"));
    assert_eq!(back(&mut toasts), None);
}

#[test]
fn what_is_said_again_is_said_once() {
    let mut toasts = Toasts::default();
    for _ in 0..3 {
        toasts.push("info", "Settings saved", None);
    }
    assert_eq!(texts(&toasts), ["Settings saved"]);
}

#[test]
fn a_deed_without_a_message_is_taken_back_in_its_turn() {
    let mut toasts = Toasts::default();
    toasts.push("info", "Moved", undo_move(1));
    let off = undo_archive(2).unwrap();
    toasts.note("Called off".to_owned(), off.clone(), None);
    assert_eq!(texts(&toasts), ["Moved"]);
    let (text, undo, _) = toasts.take_back().unwrap();
    assert_eq!((text.as_str(), undo), ("Called off", off));
    assert_eq!(texts(&toasts), ["Moved"]);
    assert_eq!(toasts.take_back().unwrap().0, "Moved");
}

#[test]
fn a_message_that_is_used_stays_its_time_from_then_on() {
    let mut toasts = Toasts::default();
    let first = toasts.push("info", "Moved", undo_move(1));
    let id = toasts.shown()[0].id;
    let then = toasts.linger(id).unwrap();
    toasts.expire(first);
    assert_eq!(texts(&toasts), ["Moved"]);
    toasts.expire(then);
    assert!(toasts.shown().is_empty() && toasts.linger(id).is_none());
}

#[test]
fn a_message_that_is_looked_at_stays_as_long_as_its_offer_does() {
    let mut toasts = Toasts::default();
    let first = toasts.push("info", "Moved", undo_move(1));
    let id = toasts.shown()[0].id;
    toasts.hold(id);
    toasts.expire(first);
    assert_eq!(texts(&toasts), ["Moved"]);
    let then = toasts.linger(id).unwrap();
    toasts.expire(then);
    assert!(toasts.shown().is_empty());
    // The server has taken the deletion by then.
    let deletion = ToastAction::Retract {
        record: record(1),
        key: record(9),
    };
    let ends = toasts.push("info", "Deleted", Some(deletion));
    let id = toasts.shown()[0].id;
    toasts.hold(id);
    assert!(toasts.linger(id).is_none());
    toasts.expire(ends);
    assert!(toasts.shown().is_empty());
}

#[test]
fn reminders_are_asked_until_they_are_answered_whatever_else_is_told() {
    let mut toasts = Toasts::default();
    let ring = |toasts: &mut Toasts, n: u128| {
        toasts.ring(record(n), format!("Interview {n}"), "/board/x".to_owned());
    };
    ring(&mut toasts, 1);
    assert_eq!(texts(&toasts), ["Interview 1"]);
    for n in 0..4 {
        toasts.push("info", format!("Saved {n}"), None);
    }
    assert_eq!(texts(&toasts), ["Interview 1", "Saved 2", "Saved 3"]);
    // More of them are one message.
    for n in [2, 3, 3] {
        ring(&mut toasts, n);
    }
    assert_eq!(texts(&toasts).last(), Some(&"3 reminders are due"));
    let last = toasts.shown().last().unwrap();
    assert_eq!(last.action, Some(ToastAction::ShowReminders));
    assert!(toasts.answered(record(1)) && !toasts.answered(record(1)));
    assert_eq!(texts(&toasts).last(), Some(&"2 reminders are due"));
    toasts.answered(record(3));
    assert_eq!(texts(&toasts).last(), Some(&"Interview 2"));
    toasts.answered(record(2));
    assert!(!texts(&toasts).contains(&"Interview 2"));
    // Whoever has looked is not asked again about these.
    ring(&mut toasts, 4);
    ring(&mut toasts, 5);
    let id = toasts.shown().last().unwrap().id;
    toasts.take(id);
    ring(&mut toasts, 6);
    assert_eq!(texts(&toasts).last(), Some(&"Interview 6"));
}

#[test]
fn what_was_done_within_a_message_goes_with_its_deed() {
    let mut toasts = Toasts::default();
    toasts.push("info", "Moved", undo_move(1));
    let id = toasts.shown()[0].id;
    let follow_up = undo_archive(2).unwrap();
    toasts.note("Set: Follow up".to_owned(), follow_up.clone(), Some(id));
    toasts.note("Other".to_owned(), undo_archive(3).unwrap(), None);
    assert_eq!(toasts.take_within(id), [follow_up]);
    assert!(toasts.take_within(id).is_empty());
    assert_eq!(toasts.take_back().unwrap().0, "Other");
    assert_eq!(toasts.take_back().unwrap().0, "Moved");
}
