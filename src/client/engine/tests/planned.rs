//! Reminders that rules make of what the server has not heard of, or while it is silent.

use super::*;
use crate::domain::{
    activity::Activity,
    reminder::{Facts, ReminderPatch, plan, tests::planned_by},
    rules::Rule,
};

/// What the page shows of reminders that wait, by rule and due time.
fn open(page: &Page) -> Vec<(Option<Rule>, Timestamp)> {
    let rows = page.engine.view::<Reminder>();
    let open = rows.values().filter(|row| row.is_open());
    let mut open: Vec<_> = open.map(|row| (row.meta.rule, row.due_at)).collect();
    open.sort();
    open
}

fn only(page: &Page) -> Reminder {
    let rows = page.engine.view::<Reminder>();
    let open: Vec<_> = rows.values().filter(|row| row.is_open()).collect();
    assert_eq!(open.len(), 1, "{open:?}");
    Reminder::clone(open[0])
}

fn came(seq: i64, row: &Reminder) -> SyncChange {
    SyncChange {
        seq,
        id: row.id,
        what: SyncRow::Upsert(Entity::Reminder(Box::new(row.clone()))),
    }
}

fn gone_reminder(seq: i64, id: Uuid) -> SyncChange {
    SyncChange {
        seq,
        id,
        what: SyncRow::Delete {
            entity: EntityKind::Reminder,
        },
    }
}

fn says(fields: serde_json::Value) -> Edit {
    let patch: ReminderPatch = serde_json::from_value(fields).unwrap();
    Edit::Reminder(Op::Patch(Box::new(patch)))
}

/// A page whose application was moved while nothing reached the server.
fn moved_to(status: Status) -> (Page, Application) {
    let row = Application {
        status: Status::Draft,
        ..sample(1)
    };
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, to(status), 1);
    let (key, _) = page.sent()[0];
    assert_eq!(key, self::key(1));
    (page, row)
}

/// The server takes the move, and its answer comes.
fn take_the_move(page: &mut Page, row: &Application, status: Status) -> Application {
    let taken = after(row, json!({ "status": status }));
    let taken = Application {
        status_since: page.at,
        updated_at: page.at,
        ..taken
    };
    page.answer(1, Ok(json_of(&taken)));
    taken
}

#[test]
fn what_the_server_will_plan_shows_at_once() {
    let (mut page, row) = moved_to(Status::Applied);
    let day = Duration::days(1);
    assert_eq!(open(&page), [(Some(Rule::Applied), page.at + day * 7)]);
    let planned = only(&page);
    assert_eq!(planned.id, planned_by(&page.view(row.id).unwrap(), page.at));
    // Over what the server has planned.
    page.edit(row.id, to(Status::OnHold), 2);
    assert_eq!(open(&page).len(), 1);
    assert_eq!(only(&page).meta.rule, Some(Rule::OnHold));
    // Nothing is left of it where the edit is taken back.
    let (mut page, row) = moved_to(Status::Applied);
    page.answer(1, Err(problem(ProblemKind::Validation)));
    let effects = page.engine.drop_parked(key(1), page.at);
    page.perform(effects);
    assert_eq!(open(&page), []);
    assert_eq!(page.view(row.id).unwrap().status, Status::Draft);
}

fn change_settings(page: &mut Page, fields: serde_json::Value, n: u128) {
    let owner = page.engine.owner().unwrap();
    let patch: SettingsPatch = serde_json::from_value(fields).unwrap();
    page.edit(owner, Edit::Settings(Op::Patch(Box::new(patch))), n);
}

#[test]
fn it_follows_the_rules_that_hold_now() {
    let (mut page, _) = moved_to(Status::Applied);
    let rules = json!({ "reminder_defaults": { "applied": { "offsets": [2_880] } } });
    // What is planned is compared with what shows after each edit.
    change_settings(&mut page, rules, 2);
    let day = Duration::days(1);
    assert_eq!(open(&page), [(Some(Rule::Applied), page.at + day * 2)]);
}

#[test]
fn all_follow_rules_and_zones_that_the_server_has_not_heard_of() {
    let (mut page, row) = moved_to(Status::Applied);
    page.engine
        .read_zones(|name| Arc::new(name.as_str().parse::<chrono_tz::Tz>().unwrap()));
    let planned = only(&page);
    take_the_move(&mut page, &row, Status::Applied);
    page.pull();
    page.pulled(page_of(vec![came(9, &planned)], "x"));
    assert_eq!(only(&page), planned);

    let day = Duration::days(1);
    let rules = json!({ "reminder_defaults": { "applied": { "offsets": [2_880] } } });
    change_settings(&mut page, rules, 2);
    let sooner = only(&page);
    assert_eq!(sooner.due_at, page.at + day * 2);
    // The old one is called off, not gone.
    assert_eq!(page.engine.view::<Reminder>().len(), 2);
    // Nothing follows from what is not about rules.
    change_settings(&mut page, json!({ "display_name": "Ada" }), 3);
    assert_eq!(only(&page), sooner);

    // Until a pull brings what the server planned by them.
    let settings = page.engine.settings().unwrap();
    page.answer(2, Ok(serde_json::to_string(&*settings).unwrap()));
    assert_eq!(only(&page), sooner);
    page.pull();
    page.pulled(page_of(vec![], "y"));
    assert_eq!(only(&page), planned);

    // There clocks are put forward in between.
    let zone = json!({ "timezone": "America/New_York", "reminder_defaults": {} });
    change_settings(&mut page, zone, 4);
    let earlier = planned.due_at - Duration::hours(1);
    assert_eq!(open(&page), [(Some(Rule::Applied), earlier)]);
}

#[test]
fn it_shows_until_a_pull_brings_what_the_server_planned() {
    let (mut page, row) = moved_to(Status::Applied);
    let planned = only(&page);
    // This one began before the answer came.
    page.pull();
    take_the_move(&mut page, &row, Status::Applied);
    assert_eq!(only(&page).id, planned.id);
    page.pulled(page_of(vec![], "x"));
    assert_eq!(only(&page).id, planned.id);
    page.pull();
    let effects = page
        .engine
        .pull_failed(&problem(ProblemKind::Network), page.at, 0.5);
    page.perform(effects);
    assert_eq!(only(&page).id, planned.id);
    page.pull();
    page.pulled(page_of(vec![came(9, &planned)], "y"));
    assert_eq!(only(&page), planned);
    // And no longer.
    page.pull();
    page.pulled(page_of(vec![gone_reminder(10, planned.id)], "z"));
    assert_eq!(open(&page), []);
}

#[test]
fn nothing_is_sent_of_one_that_the_server_has_not_issued() {
    let (mut page, row) = moved_to(Status::Applied);
    let planned = only(&page);
    page.edit(planned.id, says(json!({ "done_at": page.at })), 2);
    assert_eq!(open(&page), []);
    // Nor does it hold up, nor count.
    page.edit(row.id, note("after it"), 3);
    let taken = take_the_move(&mut page, &row, Status::Applied);
    assert_eq!(page.sent(), [(key(3), Some(2))]);
    let noted = after(&taken, json!({ "notes": "after it" }));
    assert!(page.pulls.is_empty());
    page.answer(3, Ok(json_of(&noted)));
    // What was planned is asked for at once: the answer waits for it.
    assert_eq!(page.pulls.len(), 1);
    assert_eq!(page.sent(), []);
    assert_eq!(page.state(), SyncState::Saved);
    assert_eq!(page.keys(), [key(2)]);
    // Once it comes, it is done there, too.
    assert_eq!(open(&page), []);
    page.pulled(page_of(vec![came(9, &planned)], "x"));
    assert_eq!(open(&page), []);
    assert_eq!(page.sent(), [(key(2), Some(1))]);
}

#[test]
fn what_the_server_never_issues_is_forgotten() {
    let (mut page, row) = moved_to(Status::Applied);
    let planned = only(&page);
    page.edit(planned.id, says(json!({ "done_at": page.at })), 2);
    take_the_move(&mut page, &row, Status::Applied);
    page.later(Duration::days(6));
    page.pull();
    page.pulled(page_of(vec![], "x"));
    assert_eq!(page.keys(), [key(2)]);
    // Not before all that the server has came.
    let mut reopened = page.reopened();
    reopened.later(Duration::days(2));
    assert_eq!(reopened.keys(), [key(2)]);
    reopened.pull();
    reopened.pulled(page_of(vec![], "y"));
    assert!(reopened.keys().is_empty());
    assert!(page.disk.borrow().entries.is_empty());
    assert_eq!((page.notices(), reopened.notices()), (vec![], vec![]));
}

#[test]
fn one_that_is_only_planned_here_is_put_off_as_one_of_its_own() {
    let (mut page, row) = moved_to(Status::Applied);
    let planned = only(&page);
    let (until, id) = (page.at + Duration::days(3), Uuid::from_u128(77));
    let snoozed = page.engine.snoozed(planned.id, until, id, page.at);
    let [there, back] = snoozed.unwrap();
    for (n, (record, edit)) in (2..).zip(there) {
        page.edit(record, edit, n);
    }
    assert_eq!(open(&page), [(None, until)]);
    assert_eq!(only(&page).title, planned.title);
    for (n, (record, edit)) in (4..).zip(back) {
        page.edit(record, edit, n);
    }
    page.later(Duration::minutes(1));
    assert_eq!(only(&page).id, planned.id);

    // One that the server has issued is moved itself.
    page.sent();
    take_the_move(&mut page, &row, Status::Applied);
    page.pull();
    page.pulled(page_of(vec![came(9, &planned)], "x"));
    let snoozed = page.engine.snoozed(planned.id, until, id, page.at);
    let [there, _] = snoozed.unwrap();
    assert_eq!(there, [(planned.id, says(json!({ "due_at": until })))]);
}

#[test]
fn while_the_server_is_silent_the_next_of_a_rule_that_repeats_follows() {
    let (mut page, row) = moved_to(Status::Offer);
    let began = page.at;
    let taken = take_the_move(&mut page, &row, Status::Offer);
    let first = crate::domain::reminder::tests::planned(&taken, began);
    assert_eq!(first.len(), 1, "{first:?}");
    page.pull();
    page.pulled(page_of(vec![upsert(8, &taken), came(9, &first[0])], "x"));
    let due = first[0].due_at;
    let dues = |page: &Page| -> Vec<i64> {
        let open = open(page);
        open.iter().map(|(_, at)| (*at - due).num_days()).collect()
    };
    assert_eq!(dues(&page), [0]);
    let every = |page: &mut Page, at: Timestamp| {
        page.at = at;
        let changed = page.engine.pass(at);
        page.wake();
        changed
    };
    assert!(!every(&mut page, due - Duration::seconds(1)));
    assert!(every(&mut page, due));
    assert!(!every(&mut page, due + Duration::minutes(1)));
    let step = dues(&page)[1];
    assert_eq!(dues(&page), [0, step]);
    every(&mut page, due + Duration::days(2 * step));
    assert_eq!(dues(&page), [0, step, 2 * step, 3 * step]);
    // The server speaks: what it says stands.
    let mut sent = first[0].clone();
    (sent.sent, sent.sent_at) = (true, Some(due));
    sent.updated_at = page.at;
    page.pull();
    page.pulled(page_of(vec![came(10, &sent)], "y"));
    every(&mut page, due + Duration::days(2 * step));
    assert_eq!(open(&page), []);
}

#[test]
fn what_was_put_off_without_a_network_is_followed_by_the_next() {
    let (mut page, row) = moved_to(Status::Offer);
    let began = page.at;
    let taken = take_the_move(&mut page, &row, Status::Offer);
    let first = crate::domain::reminder::tests::planned(&taken, began);
    let due = first[0].due_at;
    let mut sent = first[0].clone();
    (sent.sent, sent.sent_at) = (true, Some(due));
    let facts = Facts {
        application: &taken,
        activities: &[],
        reminders: std::slice::from_ref(&sent),
        rules: &Default::default(),
        zone: &chrono::Utc,
        now: due,
    };
    let next = plan(&facts, &[]);
    assert_eq!(next.len(), 1, "{next:?}");
    page.pull();
    let rows = vec![upsert(8, &taken), came(9, &sent), came(10, &next[0])];
    page.pulled(page_of(rows, "x"));
    page.at = due + Duration::minutes(5);
    // There is no network, and it is put off: until it has rung it is the one.
    let until = page.at + Duration::hours(1);
    page.edit(sent.id, says(json!({ "due_at": until })), 3);
    assert_eq!(open(&page).len(), 1);
    page.at = until;
    page.engine.pass(until);
    page.wake();
    let dues: Vec<Timestamp> = open(&page).iter().map(|(_, at)| *at).collect();
    assert_eq!(dues, [until, next[0].due_at]);
    let days = Duration::days(2);
    page.at = next[0].due_at + days;
    page.engine.pass(page.at);
    page.wake();
    assert!(open(&page).len() > 3, "{:?}", open(&page));
}

#[test]
fn what_rang_here_stays_until_it_is_answered_whatever_else_is_edited() {
    let (mut page, row) = moved_to(Status::Applied);
    let planned = only(&page);
    page.later(Duration::days(8));
    page.edit(row.id, note("after it"), 2);
    assert_eq!(only(&page), planned);
    // It is put off as before it rang: as one deed.
    let (until, id) = (page.at + Duration::days(1), Uuid::from_u128(77));
    let snoozed = page.engine.snoozed(planned.id, until, id, page.at);
    let [there, back] = snoozed.unwrap();
    for (n, (record, edit)) in (3..).zip(there) {
        page.edit(record, edit, n);
    }
    assert_eq!(open(&page), [(None, until)]);
    for (n, (record, edit)) in (5..).zip(back) {
        page.edit(record, edit, n);
    }
    page.later(Duration::minutes(1));
    assert_eq!(only(&page).id, planned.id);
    // And so does the answer.
    page.edit(planned.id, says(json!({ "done_at": page.at })), 7);
    page.edit(row.id, note("later"), 8);
    let done = page.engine.view_of::<Reminder>(planned.id);
    assert_eq!(done.unwrap().done_at, Some(page.at));
}

#[test]
fn what_was_past_when_it_was_planned_does_not_ring() {
    let (mut page, row) = moved_to(Status::Screening);
    page.later(Duration::days(1));
    let id = Uuid::from_u128(70);
    let interview = json!({
        "id": id, "application_id": row.id, "type": "Interview",
        "interview_stage": "loop", "timezone": "Africa/Lagos",
        "starts_at": page.at + Duration::hours(3),
    });
    let create = serde_json::from_value(interview).unwrap();
    page.edit(id, Edit::Activity(Op::Create(Box::new(create))), 2);
    page.edit(row.id, note("more"), 3);
    // Two days before it was before the move, and before it was planned.
    let before = open(&page);
    let ahead = before.iter().filter(|(_, due)| *due <= page.at);
    assert_eq!(ahead.count(), 0, "{before:?}");
}

#[test]
fn what_was_noted_follows_a_move_that_a_wrong_clock_dated() {
    let row = Application {
        status: Status::Draft,
        ..sample(1)
    };
    let mut page = Page::new(std::slice::from_ref(&row));
    let moved = json!({ "status": "Applied", "status_occurred_at": page.at });
    page.edit(row.id, change(moved), 1);
    let planned = only(&page);
    page.edit(planned.id, says(json!({ "canceled_at": page.at })), 2);
    assert_eq!(open(&page), []);
    let wrong = Problem::field("status_occurred_at", "That is still to come.");
    page.server_now = Some(page.at - Duration::hours(1));
    page.answer(1, Err(wrong));
    // It goes once more, an hour earlier, and so does what follows from it.
    assert_eq!(open(&page), []);
    let rows = page.engine.view::<Reminder>();
    let off: Vec<_> = rows
        .values()
        .filter(|row| row.canceled_at.is_some())
        .collect();
    assert_eq!(off.len(), 1, "{off:?}");
    assert_eq!(off[0].due_at, planned.due_at - Duration::hours(1));
    assert_ne!(off[0].id, planned.id);
    assert_eq!(page.keys().len(), 2);
    assert!(page.view(row.id).is_some());
}

/// What has rung and nobody has answered.
fn rung(page: &Page) -> Vec<(Uuid, Timestamp)> {
    let rows = page.engine.view::<Reminder>();
    let rung = rows.values().filter(|row| row.sent && row.is_unanswered());
    rung.map(|row| (row.id, row.due_at)).collect()
}

fn time_passes(page: &mut Page, by: Duration) {
    page.later(by);
    page.engine.pass(page.at);
    page.wake();
}

#[test]
fn what_has_rung_stays_as_it_was_whatever_is_edited_after_it() {
    // One that the server has issued, and sends without a word that reaches this page; and one that it has not.
    for issued in [true, false] {
        let (mut page, row) = moved_to(Status::Applied);
        page.engine
            .read_zones(|name| Arc::new(name.as_str().parse::<chrono_tz::Tz>().unwrap()));
        let planned = only(&page);
        if issued {
            take_the_move(&mut page, &row, Status::Applied);
            page.pull();
            page.pulled(page_of(vec![came(9, &planned)], "x"));
        }
        assert_eq!(rung(&page), []);
        time_passes(&mut page, Duration::days(8));
        let rang = [(planned.id, planned.due_at)];
        assert_eq!(rung(&page), rang, "{issued}");
        assert!(!page.engine.pass(page.at), "once");
        let rules = json!({ "reminder_defaults": { "applied": { "offsets": [14_400] } } });
        change_settings(&mut page, rules, 2);
        assert_eq!(rung(&page), rang, "rules, {issued}");
        change_settings(&mut page, json!({ "timezone": "Asia/Kathmandu" }), 3);
        assert_eq!(rung(&page), rang, "zone, {issued}");
        let quiet = json!({ "quiet_hours_start": "00:00", "quiet_hours_end": "23:59" });
        change_settings(&mut page, quiet, 4);
        time_passes(&mut page, Duration::minutes(1));
        assert_eq!(rung(&page), rang, "quiet hours, {issued}");
        page.edit(row.id, to(Status::Screening), 5);
        time_passes(&mut page, Duration::minutes(1));
        assert_eq!(rung(&page), rang, "a move, {issued}");
        // Once it is answered it is over, and with that taken back it stands again.
        page.edit(planned.id, says(json!({ "done_at": page.at })), 6);
        time_passes(&mut page, Duration::minutes(1));
        assert_eq!(rung(&page), [], "{issued}");
        page.edit(planned.id, says(json!({ "done_at": null })), 7);
        time_passes(&mut page, Duration::minutes(1));
        assert_eq!(rung(&page), rang, "undone, {issued}");
        // A clock that was ahead has rung for nothing.
        page.at -= Duration::days(4);
        page.engine.pass(page.at);
        page.wake();
        assert_eq!(rung(&page), [], "{issued}");
    }
}

#[test]
fn what_has_rung_goes_with_the_move_that_is_undone_and_with_its_answer() {
    let (mut page, row) = moved_to(Status::Applied);
    let planned = only(&page);
    time_passes(&mut page, Duration::days(8));
    assert_eq!(rung(&page).len(), 1);
    // What was noted of it is forgotten once the server has not issued it for long; that it rang goes along.
    page.edit(planned.id, says(json!({ "done_at": page.at })), 2);
    let moved = page.at - Duration::days(8);
    let taken = Application {
        status_since: moved,
        ..after(&row, json!({ "status": "Applied" }))
    };
    page.answer(1, Ok(json_of(&taken)));
    page.pull();
    page.pulled(page_of(vec![upsert(8, &taken)], "x"));
    assert_eq!(rung(&page), []);
    time_passes(&mut page, NOTED_FOR + Duration::days(1));
    page.engine.forget_noted(page.at);
    time_passes(&mut page, Duration::minutes(1));
    assert_eq!(rung(&page), []);

    let (mut page, _) = moved_to(Status::Applied);
    time_passes(&mut page, Duration::days(8));
    assert_eq!(rung(&page).len(), 1);
    let since = row.status_since - Duration::hours(1);
    let back = json!({ "status": "Draft", "status_occurred_at": since });
    page.edit(row.id, change(back), 2);
    time_passes(&mut page, Duration::minutes(1));
    assert_eq!(rung(&page), []);
}

#[test]
fn what_has_rung_is_as_the_server_says_once_it_speaks() {
    let (mut page, row) = moved_to(Status::Applied);
    let planned = only(&page);
    let taken = take_the_move(&mut page, &row, Status::Applied);
    page.pull();
    page.pulled(page_of(vec![upsert(8, &taken), came(9, &planned)], "x"));
    time_passes(&mut page, Duration::days(8));
    assert_eq!(rung(&page).len(), 1);
    let mut useless = planned.clone();
    useless.expired_at = Some(page.at);
    useless.updated_at = page.at;
    page.pull();
    page.pulled(page_of(vec![came(10, &useless)], "y"));
    assert_eq!(rung(&page), []);
    assert!(page.engine.pass(page.at));
    assert!(!page.engine.pass(page.at), "it is forgotten");
}

#[test]
fn a_move_that_was_undone_and_done_again_is_followed_up_anew() {
    let row = Application {
        status: Status::Draft,
        ..sample(1)
    };
    let mut page = Page::new(std::slice::from_ref(&row));
    let moved = |at: Timestamp| change(json!({ "status": "Applied", "status_occurred_at": at }));
    page.edit(row.id, moved(page.at), 1);
    let first = only(&page);
    time_passes(&mut page, Duration::days(8));
    assert_eq!(rung(&page), [(first.id, first.due_at)]);
    let undo = page.engine.undo_of_move(row.id, key(1), Status::Draft);
    page.edit(row.id, Edit::Application(Op::Patch(Box::new(undo))), 2);
    assert_eq!(page.view(row.id).unwrap().status, Status::Draft);
    time_passes(&mut page, Duration::minutes(1));
    page.edit(row.id, moved(page.at), 3);
    let again = only(&page);
    assert_eq!(again.due_at, page.at + Duration::days(7));
}

#[test]
fn of_one_appointment_and_minute_the_nearest_has_rung_for_all() {
    let (mut page, row) = moved_to(Status::Screening);
    take_the_move(&mut page, &row, Status::Screening);
    let starts = page.at + Duration::days(2);
    // Of which no rule says anything: what there is came from the server.
    let about = Activity {
        r#type: crate::domain::activity::ActivityType::Other,
        starts_at: Some(starts),
        ..crate::domain::activity::tests::sample(70, 1)
    };
    let one = |n: u128, seconds: i64| {
        let mut it = crate::domain::reminder::tests::sample(n, 1);
        it.activity_id = Some(about.id);
        it.meta.rule = Some(Rule::Screening);
        it.due_at = starts - Duration::hours(2) + Duration::seconds(seconds);
        it.dedupe_key = Some(format!("{n}"));
        it.meta.set = vec![crate::domain::reminder::SetByHand::Kept];
        it
    };
    let (farther, nearest) = (one(71, 0), one(72, 10));
    page.pull();
    page.pulled(page_of(
        vec![
            SyncChange {
                seq: 8,
                id: about.id,
                what: SyncRow::Upsert(Entity::Activity(Box::new(about.clone()))),
            },
            came(9, &farther),
            came(10, &nearest),
        ],
        "x",
    ));
    assert_eq!(open(&page).len(), 2);
    time_passes(&mut page, Duration::hours(46) + Duration::seconds(30));
    assert_eq!(rung(&page), [(nearest.id, nearest.due_at)]);
    // Who puts that off has answered for both.
    let to = page.at + Duration::hours(1);
    let [there, _] = page
        .engine
        .snoozed(nearest.id, to, Uuid::from_u128(77), page.at)
        .unwrap();
    for (n, (record, edit)) in (2..).zip(there) {
        page.edit(record, edit, n);
    }
    time_passes(&mut page, Duration::seconds(1));
    assert_eq!(rung(&page), []);
    assert_eq!(open(&page), [(Some(Rule::Screening), to)]);
}

#[test]
fn one_that_repeats_is_followed_by_the_next_when_quiet_hours_let_it_out() {
    let (mut page, row) = moved_to(Status::Offer);
    page.engine
        .read_zones(|name| Arc::new(name.as_str().parse::<chrono_tz::Tz>().unwrap()));
    let began = page.at;
    let taken = take_the_move(&mut page, &row, Status::Offer);
    let first = crate::domain::reminder::tests::planned(&taken, began);
    page.pull();
    page.pulled(page_of(vec![upsert(8, &taken), came(9, &first[0])], "x"));
    let due = first[0].due_at;
    let clock = |hours: i64| (due + Duration::hours(hours)).format("%H:%M").to_string();
    let quiet = json!({
        "timezone": "UTC", "quiet_hours_start": clock(-1), "quiet_hours_end": clock(2),
    });
    change_settings(&mut page, quiet, 2);
    assert_eq!(open(&page).len(), 1);
    time_passes(&mut page, due - began + Duration::minutes(1));
    assert_eq!(open(&page).len(), 1, "it waits");
    time_passes(&mut page, Duration::hours(2));
    assert_eq!(open(&page).len(), 2);
}
