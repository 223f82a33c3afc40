//! What waits for the server and why, and the edits that gave way.

use super::keys_dialog::{drive_dialog, is_closed};
use crate::{
    app::session::Dialogs,
    client::{
        dom,
        engine::{
            Displaced, Edit, Entry, Persistence, Reason, SyncState, Trouble, Unstored, Verb,
            WaitReason,
        },
        labels::field_label,
        store::{Store, use_store},
        toasts::answers,
        zone::use_zone,
    },
    domain::time::{ZoneRules, day_label},
};
use leptos::{html::Dialog, prelude::*};
use serde_json::Value;
use std::sync::Arc;

/// The panel, as a dialog.
#[component]
pub fn SyncPanel() -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    let store = use_store();
    let node = NodeRef::<Dialog>::new();
    drive_dialog(node, move || dialogs.sync.get(), || ());
    let close = move || dialogs.sync.set(false);
    let queue = Memo::new(move |_| Queue::of(&store.waiting(), store.displaced().len()));
    let title = move || {
        let open = dialogs.sync.get();
        open.then(|| headline(store.sync_state(), queue.get()))
    };
    let tries = Memo::new(move |_| dialogs.sync.get() && can_be_tried(store.sync_state()));
    view! {
        <dialog
            class="dialog sync-panel"
            node_ref=node
            aria-labelledby="sync-title"
            on:close=move |_| {
                if is_closed(node) {
                    close();
                }
            }
        >
            // It has the focus at first: Enter once more would press what nobody has read.
            <h2 class="dialog-title" id="sync-title" tabindex="-1" autofocus>{title}</h2>
            // Built only while it is open: it reads all that waits.
            {move || dialogs.sync.get().then(|| view! {
                <p class="panel-text">{move || explanation(store.sync_state(), store.persistence(), queue.get())}</p>
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
                <For
                    each=move || store.displaced().to_vec()
                    key=|item| item.id
                    let:item
                >
                    <DisplacedView item/>
                </For>
                <Waiting/>
                <Show when=move || store.is_partial()>
                    <p class="panel-text">
                        "This device keeps the newest 5,000 applications, and none that were archived more than 180 days ago. The server has them all."
                    </p>
                    <button type="button" class="button" on:click=move |_| {
                        focus_title();
                        load_all(store);
                    }>"Load them for now"</button>
                </Show>
            })}
            <footer class="dialog-footer">
                <button type="button" class="button" on:click=move |_| close()>"Close" <kbd>"Esc"</kbd></button>
            </footer>
        </dialog>
    }
}

fn load_all(store: Store) {
    #[cfg(feature = "hydrate")]
    store.load_all();
    #[cfg(not(feature = "hydrate"))]
    let _ = store;
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
        SyncState::Stale => "Not up to date",
        SyncState::SignedOut(_) => "Signed out",
        SyncState::Attention(1) => "1 change needs you",
        SyncState::Attention(count) => return format!("{count} changes need you"),
    };
    said.to_owned()
}

fn explanation(state: SyncState, persistence: Persistence, queue: Queue) -> String {
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
        SyncState::Stale => {
            "The server has all that you did. What changed on your other devices could not be fetched."
        }
        SyncState::SignedOut(_) => "Sign in again, and what waits is sent.",
        SyncState::Attention(_) => match (queue.refused, queue.displaced) {
            (0, 1..) => "Another device was faster: choose which is to stand.",
            (_, 0) => "The server did not take a change. Correct it, try again, or drop it.",
            _ => {
                "The server did not take a change. Correct it, try again, or drop it. With another one, another device was faster: choose which is to stand."
            }
        },
    };
    let kept = match persistence {
        Persistence::Opening => "",
        Persistence::Durable => {
            " This device keeps it all, encrypted; closing the page loses nothing."
        }
        Persistence::EditsOnly => {
            " This device keeps your changes, encrypted; for all applications its storage is too full."
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
        Persistence::Refused(Trouble::Broken) | Persistence::Memory(_) => {
            " This browser stores nothing for the app: leave the page open until all is sent."
        }
    };
    format!("{now}{kept}")
}

/// Thousands may wait; nobody reads them one by one.
const SHOWN_AT_MOST: usize = 100;

/// What needs the user comes first, then what is sent first.
fn first_shown(mut waiting: Vec<(Arc<Entry>, WaitReason)>) -> Vec<(Arc<Entry>, WaitReason)> {
    waiting.sort_by_key(|(entry, _)| entry.parked.is_none());
    waiting.truncate(SHOWN_AT_MOST);
    waiting
}

#[component]
fn Waiting() -> impl IntoView {
    let store = use_store();
    let any = Memo::new(move |_| store.has_waiting());
    let more = move || store.waiting().len().saturating_sub(SHOWN_AT_MOST);
    view! {
        <Show when=move || any.get()>
            <h3 class="group-title">"Waiting"</h3>
            <ul class="waiting">
                <For
                    each=move || first_shown(store.waiting())
                    key=|(entry, standing)| (entry.key, *standing)
                    let:waiting
                >
                    <WaitingView entry=waiting.0 standing=waiting.1/>
                </For>
            </ul>
            {move || (more() > 0).then(|| view! { <p class="panel-text">{format!("and {} more", more())}</p> })}
        </Show>
    }
}

#[component]
fn WaitingView(entry: Arc<Entry>, standing: WaitReason) -> impl IntoView {
    let store = use_store();
    let dialogs = expect_context::<Dialogs>();
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
        (None, WaitReason::Turn | WaitReason::User) => "Waits its turn".to_owned(),
    };
    let what = (!held).then(|| describe(&entry.edit));
    let opens = parked && can_be_opened(&entry.edit);
    // Of one that is deleted nothing shows any more.
    let deleted = store
        .row_before(&entry)
        .map(|row| format!("{}, {}", row.role_title, row.company));
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
                        <a class="button button-quiet" href=format!("/board/{record}") on:click=move |_| dialogs.sync.set(false)>"Open"</a>
                    })}
                    {answer("Drop", "button button-quiet", move || store.drop_parked(key))}
                </span>
            })}
            {held.then(|| view! {
                <span class="waiting-actions">
                    {answer("Undo", "button", move || store.retract(key))}
                </span>
            })}
        </li>
    }
}

/// Whether there is a page on which what an edit says can be corrected.
fn can_be_opened(edit: &Edit) -> bool {
    matches!(edit, Edit::Application(_)) && edit.verb() != Verb::Delete
}

#[component]
fn DisplacedView(item: Displaced) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let id = item.id;
    let when = {
        let at = item.at;
        move || {
            let zone = zone.read();
            day_label(zone.day(at), zone.day(store.now()))
        }
    };
    let text = match item.reason {
        Reason::Conflict => "Changed elsewhere first",
        Reason::Deleted => "Deleted elsewhere",
    };
    let (make_again, drop_it) = answers(item.reason);
    let (edit, record) = (item.edit.clone(), item.record);
    let rows = move || {
        let now = store.fields_of(&edit, record);
        edit.fields()
            .into_iter()
            .map(|(name, mine)| {
                let theirs = now.get(&name).map(show).unwrap_or_else(|| "–".into());
                view! {
                    <tr>
                        <th scope="row">{field_label(&name).to_owned()}</th>
                        <td>{show(&mine)}</td>
                        <td>{theirs}</td>
                    </tr>
                }
            })
            .collect_view()
    };
    let deletes = item.edit.verb() == Verb::Delete;
    view! {
        <section class="displaced" aria-label=item.title.clone()>
            <p class="displaced-title"><b>{item.title.clone()}</b> " " {text} ", " {when}</p>
            {if deletes {
                view! { <p class="panel-text">"You wanted to delete it."</p> }.into_any()
            } else {
                view! {
                    <table class="table">
                        <thead><tr><th scope="col">"Field"</th><th scope="col">"Yours"</th><th scope="col">"Now"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                }
                .into_any()
            }}
            <p class="displaced-actions">
                {answer(make_again, "button", move || store.reapply(id))}
                {answer(drop_it, "button button-quiet", move || store.drop_displaced(id))}
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
    let text = |name| row.get(name).and_then(Value::as_str);
    match (text("role_title"), text("company")) {
        (Some(role), Some(company)) => format!("{role}, {company}"),
        _ => capitalised(edit.noun()),
    }
}

/// With a capital letter.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A value for people.
fn show(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.is_empty() => "–".to_owned(),
        Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields.values().map(show).collect::<Vec<_>>().join(" "),
        Value::Number(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Queue, can_be_opened, can_be_tried, explanation, headline};
    use crate::client::engine::{Edit, Op, Persistence, SyncState, Unstored};

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
        let said = explanation(SyncState::Saved, Persistence::Opening, held(1));
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
            let said = explanation(state, Persistence::Opening, queue);
            assert_eq!(said.contains("nother device was faster"), faster, "{said}");
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
        let said = explanation(SyncState::Saving(1), newer, waits);
        assert!(said.contains("leave this page open"), "{said}");
        let said = explanation(SyncState::Saved, newer, Queue::default());
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
        ] {
            assert!(!can_be_tried(state), "{state:?}");
        }
    }

    #[test]
    fn what_is_deleted_or_no_application_is_not_opened() {
        let application = |op| can_be_opened(&Edit::Application(op));
        assert!(application(Op::Patch(Box::default())));
        assert!(!application(Op::Delete));
        assert!(!can_be_opened(&Edit::Settings(Op::Patch(Box::default()))));
    }
}
