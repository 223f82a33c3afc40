//! What waits for the server and why, and the edits that gave way.

use super::{dialog::Dialog, each::Each};
use crate::{
    app::dialogs::use_dialogs,
    client::{
        dom,
        engine::{
            Displaced, Edit, Entry, Persistence, Reason, SyncState, Trouble, Unstored, Verb,
            WaitReason,
        },
        habits::use_habits,
        labels::{NOTHING, field_label, row_name, value_label},
        store::{Store, use_store},
        toasts::{answers, name_of},
        zone::use_zone,
    },
    domain::{
        time::{Timestamp, ZoneRules},
        when::{Habits, clock, moment_label},
    },
};
use chrono::Duration;
use leptos::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// The panel, as a dialog.
#[component]
pub fn SyncPanel() -> impl IntoView {
    let dialogs = use_dialogs();
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let close = move || dialogs.sync.set(false);
    let queue = Memo::new(move |_| Queue::of(&store.waiting(), store.displaced().len()));
    let title = move || {
        let open = dialogs.sync.get();
        open.then(|| headline(store.sync_state(), queue.get()))
    };
    // While somebody looks, a wait that the server asked for counts down.
    let second = RwSignal::new(0_u32);
    Effect::new(move |_| {
        let waits = matches!(store.sync_state(), SyncState::ToldToWait { .. });
        if waits && dialogs.sync.get() {
            let count = move || second.update(|second| *second = second.wrapping_add(1));
            if let Ok(ticking) = set_interval_with_handle(count, std::time::Duration::from_secs(1))
            {
                on_cleanup(move || ticking.clear());
            }
        }
    });
    let text = move || {
        second.track();
        let state = store.sync_state();
        let next = match state {
            SyncState::ToldToWait { until, .. } => {
                next_try(store.time_until(until), until, &*zone.read(), habits.get())
            }
            _ => String::new(),
        };
        explanation(state, &next, store.persistence(), queue.get())
    };
    let is_signed_out = move || matches!(store.sync_state(), SyncState::SignedOut(_));
    let signed_out = Memo::new(move |_| dialogs.sync.get() && is_signed_out());
    let tries = Memo::new(move |_| dialogs.sync.get() && can_be_tried(store.sync_state()));
    view! {
        <Dialog class="sync-panel" title_id="sync-title" open=dialogs.sync on_close=close>
            // It has the focus at first: Enter once more would press what nobody has read.
            <h2 class="dialog-title" id="sync-title" tabindex="-1" autofocus>{title}</h2>
            // Built only while it is open: it reads all that waits.
            {move || dialogs.sync.get().then(|| view! {
                <p class="panel-text">{text}</p>
                <Show when=move || signed_out.get()>
                    // This page keeps what waits; it goes on once somebody has signed in beside it.
                    <a class="button" href="/sign-in" target="_blank" rel="opener">"Sign in"</a>
                </Show>
                <Show when=move || tries.get()>
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| {
                            focus_title();
                            store.try_now();
                        }
                    >
                        "Try now"
                    </button>
                </Show>
                <Each
                    each=move || store.displaced().to_vec()
                    key=|item| item.id
                    let:item
                >
                    <DisplacedView item/>
                </Each>
                <Listed refused=true/>
                <Listed refused=false/>
                <Show when=move || store.is_partial()>
                    <p class="panel-text">
                        "This device keeps the newest 5,000 applications, and none that were archived more than 180 days ago. The server has them all."
                    </p>
                    <button type="button" class="button" on:click=move |_| {
                        focus_title();
                        store.load_all();
                    }>"Load them for now"</button>
                </Show>
            })}
            <footer class="dialog-footer">
                <button type="button" class="button" on:click=move |_| close()>"Close" <kbd>"Esc"</kbd></button>
            </footer>
        </Dialog>
    }
}

/// What was pressed goes away with what it was about; the focus would be nowhere then.
fn focus_title() {
    dom::focus("#sync-title");
}

/// A button that takes its item of the panel away.
fn answer(label: &'static str, class: &'static str, press: impl Fn() + 'static) -> impl IntoView {
    let press = move |_| {
        focus_title();
        press();
    };
    view! {
        <button type="button" class=class on:click=press>
            {label}
        </button>
    }
}

/// What the words at the top say of all that waits and lies aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Queue {
    /// Edits that the server has not acknowledged.
    waiting: usize,
    /// Those of them that it refused.
    refused: usize,
    /// Deletions among them that can be undone.
    held: usize,
    /// Edits that gave way.
    displaced: usize,
}

impl Queue {
    fn of(waiting: &[(Arc<Entry>, WaitReason)], displaced: usize) -> Self {
        let count = |wanted: WaitReason| {
            let reasons = waiting.iter().map(|(_, reason)| *reason);
            reasons.filter(|reason| *reason == wanted).count()
        };
        Self {
            waiting: waiting.len(),
            refused: count(WaitReason::User),
            held: count(WaitReason::Undo),
            displaced,
        }
    }
}

/// Whether it may help to try at once, rather than when it is time.
fn can_be_tried(state: SyncState) -> bool {
    matches!(state, SyncState::Offline(1..) | SyncState::Unanswered(1..))
}

fn headline(state: SyncState, queue: Queue) -> String {
    let said = match state {
        SyncState::Opening => "Opening",
        SyncState::Saved => match queue.held {
            0 => "Everything is saved",
            1 => "Saved, 1 deletion can still be undone",
            held => return format!("Saved, {held} deletions can still be undone"),
        },
        SyncState::Saving(_) => "Saving",
        SyncState::Offline(_) => "Working offline",
        SyncState::Unanswered(_) => "The server does not answer",
        SyncState::ToldToWait { .. } => "Waiting for the server",
        SyncState::Stale => "Not up to date",
        SyncState::SignedOut(_) => "Signed out",
        SyncState::Attention(1) => "1 change needs you",
        SyncState::Attention(count) => return format!("{count} changes need you"),
    };
    said.to_owned()
}

/// When a wait that the server asked for is over: `in 30 s`, and by the clock where it is long.
fn next_try(left: Duration, until: Timestamp, zone: &impl ZoneRules, habits: Habits) -> String {
    if left > Duration::minutes(2) {
        return format!("at {}", clock(zone.local(until).time(), habits.clock));
    }
    match (left.num_milliseconds() + 999) / 1000 {
        ..=0 => "now".to_owned(),
        seconds => format!("in {seconds} s"),
    }
}

/// What the panel says at its head; `next` is when a wait that the server asked for is over.
fn explanation(state: SyncState, next: &str, persistence: Persistence, queue: Queue) -> String {
    let asked;
    let now = match state {
        SyncState::Opening => "What this device keeps is being read.",
        SyncState::Saved if queue.held > 0 => "The server has all else that you did.",
        SyncState::Saved => "The server has all that you did.",
        SyncState::Saving(_) => "What you did is on its way to the server.",
        SyncState::Offline(0) => {
            "There is no connection. Go on: what you do is sent when it is back."
        }
        SyncState::Offline(_) => "There is no connection. What waits is sent when it is back.",
        SyncState::Unanswered(_) => {
            "What you did waits here, and is tried again by itself until the server takes it."
        }
        SyncState::ToldToWait { .. } => {
            asked = format!("The server asked to wait; it is tried again {next}.");
            &asked
        }
        SyncState::Stale => {
            "The server has all that you did. What changed on your other devices could not be fetched."
        }
        SyncState::SignedOut(_) => "Sign in again, and what waits is sent.",
        SyncState::Attention(_) => match (queue.refused, queue.displaced) {
            (0, 1..) => "A change from elsewhere came first: choose which is to stand.",
            (_, 0) => "The server did not take a change. Correct it, try again, or drop it.",
            _ => {
                "The server did not take a change. Correct it, try again, or drop it. For another one, a change from elsewhere came first: choose which is to stand."
            }
        },
    };
    let kept = match persistence {
        Persistence::Opening => "",
        Persistence::Durable => {
            " This device keeps it all, encrypted; closing the page loses nothing."
        }
        Persistence::EditsOnly => {
            " This device keeps your changes, encrypted; for all applications its storage is too full: free some space, or some may be missing without a connection."
        }
        Persistence::Refused(Trouble::Full) if queue.waiting == 0 => {
            " This browser’s storage is full: without a connection, what you do would live in this page alone."
        }
        Persistence::Refused(Trouble::Full) => {
            " This browser’s storage is full: leave the page open until all is sent."
        }
        Persistence::Memory(Unstored::Newer) if queue.waiting == 0 => {
            " A newer version of the app is open: reload this page to go on with it."
        }
        Persistence::Memory(Unstored::Newer) => {
            " A newer version of the app is open in another tab: leave this page open until all is sent, then reload it."
        }
        Persistence::Memory(Unstored::Lost) if queue.waiting == 0 => {
            " This page can no longer store anything on this device: reload it."
        }
        Persistence::Refused(Trouble::Broken) | Persistence::Memory(_) => {
            " This browser stores nothing for the app: leave the page open until all is sent."
        }
    };
    format!("{now}{kept}")
}

/// Thousands may wait; nobody reads them one by one.
const SHOWN_AT_MOST: usize = 100;

/// What was refused, or what waits for something else than the user; what is sent first comes first.
fn listed(waiting: Vec<(Arc<Entry>, WaitReason)>, refused: bool) -> Vec<(Arc<Entry>, WaitReason)> {
    let fits = |(entry, _): &(Arc<Entry>, WaitReason)| entry.parked.is_some() == refused;
    waiting.into_iter().filter(fits).collect()
}

#[component]
fn Listed(refused: bool) -> impl IntoView {
    let store = use_store();
    let count = Memo::new(move |_| listed(store.waiting(), refused).len());
    let any = Memo::new(move |_| count.get() > 0);
    let more = move || count.get().saturating_sub(SHOWN_AT_MOST);
    let title = if refused { "Refused" } else { "Waiting" };
    view! {
        <Show when=move || any.get()>
            <h3 class="group-title">{title}</h3>
            <ul class="waiting">
                <Each
                    each=move || listed(store.waiting(), refused).into_iter().take(SHOWN_AT_MOST)
                    key=|(entry, standing)| (entry.key, *standing)
                    let:waiting
                >
                    <WaitingView entry=waiting.0 standing=waiting.1/>
                </Each>
            </ul>
            {move || (more() > 0).then(|| view! { <p class="panel-text">{format!("and {} more", more())}</p> })}
        </Show>
    }
}

#[component]
fn WaitingView(entry: Arc<Entry>, standing: WaitReason) -> impl IntoView {
    let store = use_store();
    let dialogs = use_dialogs();
    let (key, record) = (entry.key, entry.record);
    let parked = entry.parked.is_some();
    let held = !parked && standing == WaitReason::Undo;
    let state = match (&entry.parked, standing) {
        (Some(problem), _) => problem.sentence(),
        (None, WaitReason::Undo) => "Deleted; can be undone for a moment".to_owned(),
        (None, WaitReason::Sent) => "Being sent".to_owned(),
        (None, WaitReason::NextTry) => {
            "The server could not take it now; it is tried again".to_owned()
        }
        (None, WaitReason::Connection) => "Waits for a connection".to_owned(),
        (None, WaitReason::Decision) => {
            "Waits for what you decide about the refused change".to_owned()
        }
        (None, WaitReason::SignIn) => "Waits until you sign in".to_owned(),
        (None, WaitReason::Turn | WaitReason::User) => "Waits its turn".to_owned(),
    };
    let what = (!held).then(|| describe(&entry.edit));
    let opens = parked && can_be_opened(&entry.edit);
    let address = match &entry.edit {
        Edit::Activity(_) => format!("/board/{}?activity={record}", entry.aggregate),
        Edit::StageEvent(_) => format!("/board/{}", entry.aggregate),
        _ => format!("/board/{record}"),
    };
    // Of one that is deleted nothing shows any more.
    let deleted = store.name_before(&entry);
    let title = move || {
        deleted.clone().unwrap_or_else(|| {
            let now = store.fields_of(&entry.edit, record);
            title_of(&now, &entry.edit)
        })
    };
    view! {
        <li class="waiting-item" data-parked=parked.then_some("")>
            <span class="waiting-title">{title}</span>
            {what.map(|what| view! { <span class="waiting-what">{what}</span> })}
            <span class="waiting-state">{state}</span>
            {parked.then(|| view! {
                <span class="waiting-actions">
                    {answer("Try again", "button", move || store.retry_parked(key))}
                    {opens.then(|| view! {
                        <a class="button button-quiet" href=address on:click=move |_| dialogs.sync.set(false)>"Open"</a>
                    })}
                    {answer("Drop", "button button-quiet", move || store.drop_parked(key))}
                </span>
            })}
            {held.then(|| view! {
                <span class="waiting-actions">
                    {answer("Undo", "button", move || _ = store.retract(key))}
                </span>
            })}
        </li>
    }
}

/// Whether there is a page on which what an edit says can be corrected.
fn can_be_opened(edit: &Edit) -> bool {
    let has_page = !matches!(edit, Edit::Settings(_));
    has_page && edit.verb() != Verb::Delete
}

/// Where the focus goes when a decision is made: to the next one, or else to the one before it.
fn next_decision(ids: &[Uuid], decided: Uuid) -> Option<Uuid> {
    let at = ids.iter().position(|id| *id == decided)?;
    let next = ids.get(at + 1);
    let before = at.checked_sub(1).and_then(|before| ids.get(before));
    next.or(before).copied()
}

/// The section and not a button of it, since Enter once more would press what nobody has read.
fn focus_next_decision(store: Store, decided: Uuid) {
    let ids: Vec<Uuid> = store.displaced().iter().map(|item| item.id).collect();
    match next_decision(&ids, decided) {
        Some(next) => dom::focus(&format!("#displaced-{next}")),
        None => focus_title(),
    }
}

#[component]
fn DisplacedView(item: Displaced) -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let id = item.id;
    let when = {
        let at = item.at;
        move || moment_label(at, store.now(), &*zone.read(), habits.get())
    };
    let verb = item.edit.verb();
    let text = match item.reason {
        Reason::Conflict => "Changed elsewhere first",
        Reason::Deleted => "Deleted elsewhere",
    };
    let (make_again, drop_it) = answers(item.reason, verb);
    let name = untrack(|| name_of(&item, &store.fields_of(&item.edit, item.record)));
    let (edit, record) = (item.edit, item.record);
    let rows = move || {
        let now = store.fields_of(&edit, record);
        let show = |name: &str, value: &Value| {
            value_label(name, value, store.now(), &*zone.read(), habits.get())
        };
        edit.fields()
            .into_iter()
            .map(|(name, mine)| {
                let theirs = now.get(&name).map(|theirs| show(&name, theirs));
                view! {
                    <tr role="row">
                        <th scope="row" role="rowheader">{field_label(&name).to_owned()}</th>
                        <td role="cell">{show(&name, &mine)}</td>
                        <td role="cell">{theirs.unwrap_or_else(|| NOTHING.to_owned())}</td>
                    </tr>
                }
            })
            .collect_view()
    };
    view! {
        <section class="displaced" id=format!("displaced-{id}") tabindex="-1" aria-label=name.clone()>
            <p class="displaced-title"><b>{name.clone()}</b> " " {text} ", " {when}</p>
            {if verb == Verb::Delete {
                view! { <p class="panel-text">"You wanted to delete it."</p> }.into_any()
            } else {
                // On a phone it is no table any more, and is still read as one.
                view! {
                    <table class="table" role="table">
                        <thead role="rowgroup">
                            <tr role="row">
                                <th scope="col" role="columnheader">"Field"</th>
                                <th scope="col" role="columnheader">"Mine"</th>
                                <th scope="col" role="columnheader">"Theirs"</th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">{rows}</tbody>
                    </table>
                }
                .into_any()
            }}
            <p class="displaced-actions">
                <button type="button" class="button" on:click=move |_| {
                    focus_next_decision(store, id);
                    store.reapply(id);
                }>{make_again}</button>
                <button type="button" class="button button-quiet" on:click=move |_| {
                    focus_next_decision(store, id);
                    store.drop_displaced(id);
                }>{drop_it}</button>
            </p>
        </section>
    }
}

/// What an edit does, in a few words.
fn describe(edit: &Edit) -> String {
    match edit.verb() {
        Verb::Create => "Added".to_owned(),
        Verb::Delete => "Deleted".to_owned(),
        Verb::Patch => {
            let names: Vec<String> = edit
                .fields()
                .into_iter()
                .map(|(name, _)| field_label(&name).to_lowercase())
                .collect();
            format!("Changed {}", names.join(", "))
        }
    }
}

/// What a record is called.
fn title_of(row: &Value, edit: &Edit) -> String {
    row_name(row).unwrap_or_else(|| capitalised(edit.noun()))
}

/// With a capital letter.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        Queue, can_be_opened, can_be_tried, explanation, headline, next_decision, next_try,
    };
    use crate::{
        client::engine::{Edit, Op, Persistence, SyncState, Trouble, Unstored},
        domain::when::Habits,
    };
    use chrono::{DateTime, Duration};
    use uuid::Uuid;

    #[test]
    fn saved_is_not_everything_while_a_deletion_can_be_undone() {
        let held = |held| Queue {
            waiting: held,
            held,
            ..Queue::default()
        };
        for (count, title) in [
            (0, "Everything is saved"),
            (1, "Saved, 1 deletion can still be undone"),
            (2, "Saved, 2 deletions can still be undone"),
        ] {
            assert_eq!(headline(SyncState::Saved, held(count)), title);
        }
        let said = explanation(SyncState::Saved, "", Persistence::Opening, held(1));
        assert_eq!(said, "The server has all else that you did.");
    }

    #[test]
    fn what_needs_the_user_is_counted_and_explained() {
        for (refused, displaced, title, faster, refusal) in [
            (1, 0, "1 change needs you", false, true),
            (0, 1, "1 change needs you", true, false),
            (2, 1, "3 changes need you", true, true),
        ] {
            let state = SyncState::Attention(refused + displaced);
            let queue = Queue {
                waiting: refused,
                refused,
                displaced,
                ..Queue::default()
            };
            assert_eq!(headline(state, queue), title);
            let said = explanation(state, "", Persistence::Opening, queue);
            assert_eq!(
                said.contains("change from elsewhere came first"),
                faster,
                "{said}"
            );
            assert_eq!(said.contains("did not take a change"), refusal, "{said}");
        }
    }

    #[test]
    fn beside_a_newer_version_one_waits_for_what_is_not_sent_and_then_reloads() {
        let newer = Persistence::Memory(Unstored::Newer);
        let waits = Queue {
            waiting: 1,
            ..Queue::default()
        };
        let said = explanation(SyncState::Saving(1), "", newer, waits);
        assert!(said.contains("leave this page open"), "{said}");
        let said = explanation(SyncState::Saved, "", newer, Queue::default());
        assert!(
            said.ends_with("reload this page to go on with it."),
            "{said}"
        );
    }

    #[test]
    fn one_tries_at_once_what_waits_for_another_time() {
        assert!(can_be_tried(SyncState::Offline(1)));
        assert!(can_be_tried(SyncState::Unanswered(2)));
        for state in [
            SyncState::Offline(0),
            SyncState::Saving(1),
            SyncState::Saved,
            SyncState::Attention(1),
            // Who said when to come back is not asked earlier.
            SyncState::ToldToWait {
                waiting: 1,
                until: DateTime::UNIX_EPOCH,
            },
        ] {
            assert!(!can_be_tried(state), "{state:?}");
        }
    }

    #[test]
    fn a_wait_that_the_server_asked_for_says_when_it_is_over() {
        let until = DateTime::UNIX_EPOCH + Duration::minutes(875);
        for (left, next) in [
            (Duration::milliseconds(29_001), "in 30 s"),
            (Duration::minutes(2), "in 120 s"),
            (Duration::milliseconds(120_001), "at 14:35"),
            (Duration::milliseconds(1), "in 1 s"),
            (Duration::seconds(-3), "now"),
        ] {
            assert_eq!(
                next_try(left, until, &chrono_tz::UTC, Habits::default()),
                next
            );
        }
        let waits = SyncState::ToldToWait { waiting: 4, until };
        assert_eq!(
            explanation(waits, "in 30 s", Persistence::Opening, Queue::default()),
            "The server asked to wait; it is tried again in 30 s."
        );
    }

    #[test]
    fn a_full_store_with_nothing_waiting_holds_nobody_here() {
        let full = Persistence::Refused(Trouble::Full);
        let said = explanation(SyncState::Saved, "", full, Queue::default());
        assert!(!said.contains("leave the page open"), "{said}");
    }

    #[test]
    fn after_a_decision_comes_the_next_one() {
        let [one, two, three] = [1, 2, 3].map(Uuid::from_u128);
        let all = [one, two, three];
        assert_eq!(next_decision(&all, one), Some(two));
        assert_eq!(next_decision(&all, three), Some(two));
        assert_eq!(next_decision(&[one], one), None);
        assert_eq!(next_decision(&all, Uuid::nil()), None);
    }

    #[test]
    fn what_is_deleted_or_no_application_is_not_opened() {
        let application = |op| can_be_opened(&Edit::Application(op));
        assert!(application(Op::Patch(Box::default())));
        assert!(!application(Op::Delete));
        assert!(!can_be_opened(&Edit::Settings(Op::Patch(Box::default()))));
    }
}
