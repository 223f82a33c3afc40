use super::*;
use crate::domain::application::tests::{now, sample};
use proptest::prelude::*;

fn engine(rows: &[Application]) -> Engine {
    let mut engine = Engine::default();
    engine.load(&BoardSnapshot {
        now: now(),
        rows: rows.to_vec(),
        counts: Vec::new(),
        whole: true,
    });
    engine
}

fn key(n: u128) -> Uuid {
    Uuid::from_u128(1000 + n)
}

fn today() -> NaiveDate {
    now().date_naive()
}

fn to(status: Status) -> Mutation {
    Mutation::Patch(Box::new(ApplicationPatch {
        status: Change::Set(status),
        ..ApplicationPatch::default()
    }))
}

fn note(text: &str) -> Mutation {
    Mutation::Patch(Box::new(
        serde_json::from_value(serde_json::json!({ "notes": text })).unwrap(),
    ))
}

fn sent(effects: &[Effect]) -> Vec<(Uuid, Option<i64>)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send(entry) => Some((entry.key, entry.seen)),
            _ => None,
        })
        .collect()
}

fn conflict_with(row: &Application) -> Problem {
    Problem::new(ProblemKind::Conflict, "stale").with_meta(serde_json::json!({ "current": row }))
}

#[test]
fn a_move_shows_at_once_and_is_sent_on_the_version_that_was_seen() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    let effects = engine
        .mutate(row.id, to(Status::Offer), key(1), now(), today())
        .unwrap();
    assert_eq!(engine.view_of(row.id).unwrap().status, Status::Offer);
    assert_eq!(sent(&effects), [(key(1), Some(1))]);
    assert_eq!(engine.sync_state(now()), SyncState::Saving(1));
    assert_eq!(engine.history(row.id).len(), 1);
}

#[test]
fn edits_of_one_record_go_one_after_another_each_on_the_one_before() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    engine
        .mutate(row.id, to(Status::Offer), key(1), now(), today())
        .unwrap();
    let effects = engine
        .mutate(row.id, note("x"), key(2), now(), today())
        .unwrap();
    assert!(sent(&effects).is_empty());
    let mut answer = row.patched(&ApplicationPatch::default(), now()).unwrap();
    answer.status = Status::Offer;
    let effects = engine.answered(key(1), Ok(Some(answer)), now(), 0.5);
    assert_eq!(sent(&effects), [(key(2), Some(2))]);
}

#[test]
fn records_do_not_block_each_other() {
    let rows = [sample(1), sample(2)];
    let mut engine = engine(&rows);
    engine
        .mutate(rows[0].id, note("a"), key(1), now(), today())
        .unwrap();
    let effects = engine
        .mutate(rows[1].id, note("b"), key(2), now(), today())
        .unwrap();
    assert_eq!(sent(&effects), [(key(2), Some(1))]);
}

#[test]
fn a_conflict_takes_the_servers_state_and_tells_once() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    engine
        .mutate(row.id, to(Status::Offer), key(1), now(), today())
        .unwrap();
    engine
        .mutate(row.id, note("mine"), key(2), now(), today())
        .unwrap();
    let mut theirs = row.clone();
    theirs.version = 5;
    theirs.status = Status::Rejected;
    let effects = engine.answered(key(1), Err(conflict_with(&theirs)), now(), 0.5);
    assert_eq!(*engine.view_of(row.id).unwrap(), theirs);
    let [Effect::Notify(Notice::Conflict { displaced, .. })] = effects.as_slice() else {
        panic!("one notice: {effects:?}");
    };
    assert_eq!(displaced.fields(), ["status", "notes"]);
    assert_eq!(engine.pending(), 0);
}

#[test]
fn a_conflict_with_what_was_wanted_anyway_is_silent() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    engine
        .mutate(row.id, to(Status::Offer), key(1), now(), today())
        .unwrap();
    let mut theirs = row.clone();
    theirs.version = 5;
    theirs.status = Status::Offer;
    let effects = engine.answered(key(1), Err(conflict_with(&theirs)), now(), 0.5);
    assert!(effects.is_empty());
    assert_eq!(engine.pending(), 0);
}

#[test]
fn a_refusal_brings_the_card_back() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    engine
        .mutate(row.id, to(Status::Offer), key(1), now(), today())
        .unwrap();
    let problem = Problem::field("status", "no");
    let effects = engine.answered(key(1), Err(problem), now(), 0.5);
    assert!(matches!(
        effects.as_slice(),
        [Effect::Notify(Notice::Rejected { .. })]
    ));
    assert_eq!(*engine.view_of(row.id).unwrap(), row);
}

#[test]
fn no_network_keeps_the_edit_and_tries_again_with_the_same_key() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    engine
        .mutate(row.id, to(Status::Offer), key(1), now(), today())
        .unwrap();
    let lost = Problem::new(ProblemKind::Network, "lost");
    let effects = engine.answered(key(1), Err(lost), now(), 1.0);
    assert!(matches!(effects.as_slice(), [Effect::WakeIn(_)]));
    assert_eq!(engine.sync_state(now()), SyncState::Offline(1));
    assert_eq!(engine.view_of(row.id).unwrap().status, Status::Offer);
    assert_eq!(sent(&engine.online(now())), [(key(1), Some(1))]);
}

#[test]
fn a_pull_never_hides_a_conflict() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    let lost = Problem::new(ProblemKind::Network, "lost");
    engine
        .mutate(row.id, note("mine"), key(1), now(), today())
        .unwrap();
    engine.answered(key(1), Err(lost), now(), 0.0);
    let mut theirs = row.clone();
    theirs.version = 2;
    let effects = engine.pulled(
        SyncPage {
            epoch: Uuid::nil(),
            changes: vec![crate::domain::sync::SyncChange {
                seq: 9,
                id: row.id,
                what: SyncRow::Upsert(Entity::Application(Box::new(theirs))),
            }],
            next: "x".into(),
            has_more: false,
        },
        now(),
    );
    // The network is back, so it is sent; still on the version that the user saw.
    assert_eq!(sent(&effects), [(key(1), Some(1))]);
}

#[test]
fn a_deletion_waits_for_its_undo() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    let effects = engine
        .mutate(row.id, Mutation::Delete, key(1), now(), today())
        .unwrap();
    assert!(sent(&effects).is_empty());
    assert!(engine.view_of(row.id).is_none());
    assert_eq!(engine.sync_state(now()), SyncState::Saved);
    assert!(engine.retract(key(1)));
    assert!(engine.view_of(row.id).is_some());
    engine
        .mutate(row.id, Mutation::Delete, key(2), now(), today())
        .unwrap();
    let effects = engine.wake(now() + DELETE_GRACE);
    assert_eq!(sent(&effects), [(key(2), Some(1))]);
    assert!(!engine.retract(key(2)));
    engine.answered(key(2), Ok(None), now(), 0.5);
    assert!(engine.view_of(row.id).is_none());
}

#[test]
fn undoing_a_move_returns_to_since_when_it_stood_there() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    let later = now() + Duration::days(3);
    engine.pulled(
        SyncPage {
            epoch: Uuid::nil(),
            changes: vec![crate::domain::sync::SyncChange {
                seq: 1,
                id: Uuid::from_u128(77),
                what: SyncRow::Upsert(Entity::StageEvent(StageEvent {
                    id: Uuid::from_u128(77),
                    application_id: row.id,
                    from_status: None,
                    to_status: Status::Applied,
                    occurred_at: row.status_since,
                    recorded_at: row.created_at,
                    voided_at: None,
                })),
            }],
            next: "x".into(),
            has_more: false,
        },
        now(),
    );
    engine
        .mutate(row.id, to(Status::Offer), key(1), later, today())
        .unwrap();
    let undo = engine.undo_of_move(row.id, key(1), Status::Applied);
    engine
        .mutate(
            row.id,
            Mutation::Patch(Box::new(undo)),
            key(2),
            later,
            today(),
        )
        .unwrap();
    let view = engine.view_of(row.id).unwrap();
    assert_eq!(
        (view.status, view.status_since),
        (Status::Applied, row.status_since)
    );
    let counting: Vec<_> = engine
        .history(row.id)
        .into_iter()
        .filter(|e| e.voided_at.is_none())
        .collect();
    assert_eq!(counting.len(), 1);
}

fn unauthorized() -> Result<Option<Application>, Problem> {
    Err(Problem::new(ProblemKind::Unauthorized, ""))
}

fn csrf() -> Result<Option<Application>, Problem> {
    Err(Problem::new(ProblemKind::Csrf, ""))
}

#[test]
fn a_session_that_ended_keeps_the_queue_says_so_once_and_goes_on_after_signing_in() {
    let rows = [sample(1), sample(2)];
    let mut engine = engine(&rows);
    engine
        .mutate(rows[0].id, note("x"), key(1), now(), today())
        .unwrap();
    engine
        .mutate(rows[1].id, note("y"), key(2), now(), today())
        .unwrap();
    assert_eq!(
        engine.answered(key(1), unauthorized(), now(), 0.5),
        [Effect::SignedOut]
    );
    assert!(
        engine
            .answered(key(2), unauthorized(), now(), 0.5)
            .is_empty()
    );
    assert!(engine.pull_failed(ProblemKind::Unauthorized).is_empty());
    assert_eq!(engine.sync_state(now()), SyncState::SignedOut(2));
    assert!(engine.wake(now()).is_empty());
    assert_eq!(
        sent(&engine.token_refreshed(now())),
        [(key(1), Some(1)), (key(2), Some(1))]
    );
}

#[test]
fn a_session_that_a_pull_finds_ended_is_told_too() {
    let mut engine = engine(&[]);
    assert_eq!(
        engine.pull_failed(ProblemKind::Unauthorized),
        [Effect::SignedOut]
    );
}

#[test]
fn nothing_is_sent_under_another_user() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    engine
        .mutate(row.id, note("x"), key(1), now(), today())
        .unwrap();
    engine.answered(key(1), csrf(), now(), 0.5);
    assert!(engine.session_foreign());
    assert!(!engine.session_foreign());
    assert!(!engine.may_pull());
    assert!(engine.token_refreshed(now()).is_empty());
    assert!(engine.wake(now()).is_empty());
}

#[test]
fn a_wrong_token_is_fetched_once_for_all_and_drops_nothing() {
    let rows = [sample(1), sample(2)];
    let mut engine = engine(&rows);
    engine
        .mutate(rows[0].id, note("x"), key(1), now(), today())
        .unwrap();
    engine
        .mutate(rows[1].id, note("y"), key(2), now(), today())
        .unwrap();
    assert_eq!(
        engine.answered(key(1), csrf(), now(), 0.5),
        [Effect::RefreshToken]
    );
    assert!(engine.answered(key(2), csrf(), now(), 0.5).is_empty());
    assert!(engine.wake(now()).is_empty());
    // Asking failed: both wait, and are tried again.
    let effects = engine.token_failed(ProblemKind::Network, now());
    assert!(matches!(effects.as_slice(), [Effect::WakeIn(_)]));
    let later = now() + Duration::seconds(6);
    assert_eq!(sent(&engine.wake(later)).len(), 2);
    assert_eq!(
        engine.answered(key(1), csrf(), later, 0.5),
        [Effect::RefreshToken]
    );
    assert_eq!(sent(&engine.token_refreshed(later)), [(key(1), Some(1))]);
    // Refused with a new token: that is an answer.
    let effects = engine.answered(key(1), csrf(), later, 0.5);
    assert!(matches!(
        effects.as_slice(),
        [Effect::Notify(Notice::Rejected { .. }), ..]
    ));
}

#[test]
fn a_refusal_takes_only_itself_along() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    engine
        .mutate(row.id, note("bad"), key(1), now(), today())
        .unwrap();
    engine
        .mutate(row.id, to(Status::Offer), key(2), now(), today())
        .unwrap();
    let effects = engine.answered(key(1), Err(Problem::field("notes", "no")), now(), 0.5);
    assert_eq!(sent(&effects), [(key(2), Some(1))]);
    assert_eq!(engine.view_of(row.id).unwrap().status, Status::Offer);
    assert_eq!(engine.view_of(row.id).unwrap().notes, None);
}

#[test]
fn a_late_answer_does_not_bring_back_what_was_deleted() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    engine
        .mutate(row.id, note("x"), key(1), now(), today())
        .unwrap();
    engine.pulled(
        SyncPage {
            epoch: Uuid::nil(),
            changes: vec![crate::domain::sync::SyncChange {
                seq: 9,
                id: row.id,
                what: SyncRow::Delete {
                    entity: EntityKind::Application,
                },
            }],
            next: "x".into(),
            has_more: false,
        },
        now(),
    );
    let answer = row.patched(&ApplicationPatch::default(), now()).unwrap();
    engine.answered(key(1), Ok(Some(answer)), now(), 0.5);
    assert!(engine.view_of(row.id).is_none());
}

#[test]
fn a_new_history_replaces_the_old_one_only_when_it_is_whole() {
    let rows = [sample(1), sample(2)];
    let mut engine = engine(&rows);
    engine.restart();
    let page = |row: &Application, has_more| SyncPage {
        epoch: Uuid::nil(),
        changes: vec![crate::domain::sync::SyncChange {
            seq: 1,
            id: row.id,
            what: SyncRow::Upsert(Entity::Application(Box::new(row.clone()))),
        }],
        next: "x".into(),
        has_more,
    };
    engine.pulled(page(&rows[0], true), now());
    assert_eq!(engine.view().len(), 2);
    engine.pulled(page(&sample(3), false), now());
    assert!(engine.view_of(rows[0].id).is_some());
    assert!(engine.view_of(rows[1].id).is_none());
    assert_eq!(engine.view().len(), 2);
}

#[test]
fn when_told_to_wait_it_waits() {
    let row = sample(1);
    let mut engine = engine(std::slice::from_ref(&row));
    engine
        .mutate(row.id, note("x"), key(1), now(), today())
        .unwrap();
    let mut busy = Problem::new(ProblemKind::TooManyRequests, "");
    busy.retry_after = Some(300);
    engine.answered(key(1), Err(busy), now(), 0.0);
    assert!(sent(&engine.online(now() + Duration::seconds(30))).is_empty());
    assert_eq!(sent(&engine.wake(now() + Duration::seconds(300))).len(), 1);
}

#[test]
fn waiting_grows_and_is_capped() {
    assert!(backoff(1, None, 1.0) <= Duration::milliseconds(1050));
    assert!(backoff(30, None, 1.0) <= Duration::milliseconds(300_050));
    assert_eq!(backoff(1, Some(60), 0.0), Duration::seconds(60));
}

/// One thing that happens to an engine and to the plain server behind it.
#[derive(Clone, Debug)]
enum Happening {
    Edit(u8, u8),
    Answer { lost: bool },
}

proptest! {
    /// Whatever is lost on the way, after everything was answered the view is what the edits in
    /// their order make of the start, and every key took effect once.
    #[test]
    fn everything_arrives_once_and_in_order(
        happenings in prop::collection::vec(
            prop_oneof![
                (0u8..3, any::<u8>()).prop_map(|(record, text)| Happening::Edit(record, text)),
                any::<bool>().prop_map(|lost| Happening::Answer { lost }),
            ],
            1..60,
        )
    ) {
        let rows: Vec<Application> = (1..4).map(sample).collect();
        let mut engine = engine(&rows);
        let mut server: HashMap<Uuid, Application> = rows.iter().map(|row| (row.id, row.clone())).collect();
        let mut answered: HashMap<Uuid, Application> = HashMap::new();
        let mut expected: HashMap<Uuid, String> = HashMap::new();
        let mut wire: VecDeque<Entry> = VecDeque::new();
        let mut clock = now();
        let mut next_key = 0;
        let send = |effects: Vec<Effect>, wire: &mut VecDeque<Entry>| {
            for effect in effects {
                if let Effect::Send(entry) = effect {
                    wire.push_back(*entry);
                }
            }
        };
        let mut serve = |entry: &Entry| {
            if let Some(first) = answered.get(&entry.key) {
                return Ok(Some(first.clone()));
            }
            let row = server.get_mut(&entry.record).unwrap();
            if entry.seen != Some(row.version) {
                return Err(conflict_with(row));
            }
            let Mutation::Patch(patch) = &entry.mutation else { unreachable!() };
            *row = row.patched(patch, now()).unwrap();
            answered.insert(entry.key, row.clone());
            Ok(Some(row.clone()))
        };
        let closing = std::iter::repeat_n(Happening::Answer { lost: false }, 200);
        for happening in happenings.into_iter().chain(closing) {
            clock += Duration::seconds(1);
            match happening {
                Happening::Edit(record, text) => {
                    next_key += 1;
                    let id = rows[record as usize].id;
                    let text = format!("note {text} {next_key}");
                    expected.insert(id, text.clone());
                    let effects = engine.mutate(id, note(&text), key(next_key), clock, today()).unwrap();
                    send(effects, &mut wire);
                }
                Happening::Answer { lost } => {
                    if let Some(entry) = wire.pop_front() {
                        // The request arrived; what is lost is the answer.
                        let answer = serve(&entry);
                        let answer = if lost { Err(Problem::new(ProblemKind::Network, "lost")) } else { answer };
                        prop_assert!(!matches!(&answer, Err(problem) if problem.kind == ProblemKind::Conflict));
                        send(engine.answered(entry.key, answer, clock, 0.1), &mut wire);
                    }
                    clock += Duration::minutes(10);
                    send(engine.wake(clock), &mut wire);
                }
            }
        }
        prop_assert_eq!(engine.pending(), 0);
        for (id, text) in expected {
            let view = engine.view_of(id).unwrap();
            prop_assert_eq!(view.notes.as_ref().unwrap().as_str(), text.as_str());
            prop_assert_eq!(&*view, &server[&id]);
        }
    }
}
