//! What the user sees.

use super::*;
use crate::domain::row::OfKind as _;

// --- what is shown ---

#[test]
fn undoing_a_move_returns_to_since_when_it_stood_there() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.pulled(page_of(
        vec![SyncChange {
            seq: 1,
            id: Uuid::from_u128(77),
            what: SyncRow::Upsert(Entity::StageEvent(Box::new(StageEvent {
                id: Uuid::from_u128(77),
                application_id: row.id,
                version: 1,
                from_status: None,
                to_status: Status::Applied,
                occurred_at: row.status_since,
                recorded_at: row.created_at,
                voided_at: None,
                updated_at: row.created_at,
            }))),
        }],
        "x",
    ));
    page.at += Duration::days(3);
    page.edit(row.id, to(Status::Offer), 1);
    let undo = page.engine.undo_of_move(row.id, key(1), Status::Applied);
    assert_eq!(undo.status, Change::Set(Status::Applied));
    page.edit(row.id, Edit::Application(Op::Patch(Box::new(undo))), 2);
    let view = page.view(row.id).unwrap();
    assert_eq!(
        (view.status, view.status_since),
        (Status::Applied, row.status_since)
    );
    let history = page.engine.history(row.id);
    assert_eq!(
        history
            .iter()
            .filter(|event| event.voided_at.is_none())
            .count(),
        1
    );
    // The move was sent; its undo is an event of its own.
    assert_eq!(page.keys(), [key(1), key(2)]);
}

#[test]
fn what_waits_is_counted_as_what_it_waits_for() {
    let rows = [sample(1), sample(2)];
    let mut page = offline(&rows);
    assert_eq!(page.state(), SyncState::Offline(0));
    page.edit(rows[0].id, note("x"), 1);
    page.edit(rows[1].id, delete(), 2);
    assert_eq!(page.state(), SyncState::Offline(1));
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.state(), SyncState::Saving(1));
    page.answer(1, Err(Problem::field("notes", "no")));
    assert_eq!(page.state(), SyncState::Attention(1));
    page.later(DELETE_GRACE);
    page.answer(2, Err(problem(ProblemKind::Unauthorized)));
    assert_eq!(page.state(), SyncState::SignedOut(2));
}

#[test]
fn a_wait_that_the_server_asked_for_has_an_end_and_is_not_called_sending() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    page.edit(row.id, note("x"), 1);
    assert_eq!(page.state(), SyncState::Saving(1));
    let mut asked = problem(ProblemKind::TooManyRequests);
    asked.retry_after = Some(30);
    page.answer(1, Err(asked));
    let until = page.at + Duration::seconds(30);
    assert_eq!(page.state(), SyncState::ToldToWait { waiting: 1, until });
    // The network is said to be back: who said when to come back is not asked earlier.
    let effects = page.engine.online(page.at);
    page.perform(effects);
    assert_eq!(page.state(), SyncState::ToldToWait { waiting: 1, until });
    page.later(Duration::seconds(31));
    assert_eq!(page.state(), SyncState::Saving(1));
    // Refused again without a word of when: nobody asked to wait any more.
    page.answer(1, Err(problem(ProblemKind::Unavailable)));
    assert_eq!(page.state(), SyncState::Unanswered(1));
}

/// One thing that happens to a page and to the plain server behind it.
#[derive(Clone, Debug)]
enum Happening {
    Edit(u8, u8),
    Answer { lost: bool },
    Restart,
}

proptest! {
    /// Whatever is lost on the way, after everything was answered the view is what the edits in
    /// their order make of the start, and every key took effect once.
    #[test]
    fn everything_arrives_once_and_in_order(
        happenings in prop::collection::vec(
            prop_oneof![
                4 => (0u8..3, any::<u8>()).prop_map(|(record, text)| Happening::Edit(record, text)),
                4 => any::<bool>().prop_map(|lost| Happening::Answer { lost }),
                1 => Just(Happening::Restart),
            ],
            1..60,
        )
    ) {
        let rows: Vec<Application> = (1..4).map(sample).collect();
        let mut page = Page::new(&[]);
        page.pulled(page_of((1..).zip(&rows).map(|(n, row)| upsert(n, row)).collect(), "3"));
        let mut server: HashMap<Uuid, Application> = rows.iter().map(|row| (row.id, row.clone())).collect();
        let mut answered: HashMap<Uuid, Application> = HashMap::new();
        let mut expected: HashMap<Uuid, String> = HashMap::new();
        let mut next_key = 0;
        let mut serve = |outgoing: &Outgoing| {
            if let Some(first) = answered.get(&outgoing.key) {
                return Ok(json_of(first));
            }
            let id: Uuid = outgoing.path.rsplit('/').next().unwrap().parse().unwrap();
            let row = server.get_mut(&id).unwrap();
            if outgoing.if_match != Some(row.version) {
                return Err(conflict_with(row));
            }
            let patch = serde_json::from_str(outgoing.body.as_deref().unwrap()).unwrap();
            *row = row.patched(&patch, Made::utc(now())).unwrap();
            answered.insert(outgoing.key, row.clone());
            Ok(json_of(row))
        };
        let closing = std::iter::repeat_n(Happening::Answer { lost: false }, 200);
        for happening in happenings.into_iter().chain(closing) {
            page.at += Duration::seconds(1);
            match happening {
                Happening::Edit(record, text) => {
                    next_key += 1;
                    let id = rows[record as usize].id;
                    let text = format!("note {text} {next_key}");
                    expected.insert(id, text.clone());
                    page.edit(id, note(&text), next_key);
                }
                Happening::Answer { lost } => {
                    if !page.sent.is_empty() {
                        // The request arrived; what is lost is the answer.
                        let outgoing = page.sent.remove(0);
                        let answer = serve(&outgoing);
                        let lost_answer = Err(problem(ProblemKind::Network));
                        let answer = if lost { lost_answer } else { answer };
                        prop_assert!(!matches!(&answer, Err(problem) if problem.kind == ProblemKind::Conflict));
                        page.answer_to(outgoing.key, answer);
                    }
                    page.later(Duration::minutes(10));
                }
                Happening::Restart => page = page.reopened(),
            }
        }
        prop_assert!(page.engine.outbox().is_empty());
        prop_assert!(page.notices.is_empty());
        for (id, text) in expected {
            let view = page.view(id).unwrap();
            prop_assert_eq!(view.notes.as_ref().unwrap().as_str(), text.as_str());
            prop_assert_eq!(&*view, &server[&id]);
        }
    }
}

#[test]
fn moves_that_were_recorded_at_one_moment_stand_in_the_order_in_which_they_happened() {
    let row = sample(1);
    let mut page = Page::new(std::slice::from_ref(&row));
    let moved = |id: u128, days: i64, to: Status| {
        StageEvent {
            id: Uuid::from_u128(id),
            application_id: row.id,
            version: 1,
            from_status: None,
            to_status: to,
            occurred_at: row.created_at + Duration::days(days),
            recorded_at: row.created_at,
            voided_at: None,
            updated_at: row.created_at,
        }
        .into_entity()
    };
    let events = [
        moved(90, 1, Status::Applied),
        moved(80, 2, Status::Screening),
        moved(70, 3, Status::Offer),
    ];
    let changes = (1..).zip(events).map(|(seq, event)| SyncChange {
        seq,
        id: Uuid::from_u128(100 - 10 * seq.unsigned_abs() as u128),
        what: SyncRow::Upsert(event),
    });
    page.pulled(page_of(changes.collect(), "x"));
    let order: Vec<Status> = page
        .engine
        .history(row.id)
        .iter()
        .map(|event| event.to_status)
        .collect();
    assert_eq!(order, [Status::Applied, Status::Screening, Status::Offer]);
}
