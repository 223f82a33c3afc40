//! What waits for the server and why, and the edits that gave way.

use super::keys_dialog::{drive_dialog, is_closed};
use crate::{
    app::session::Dialogs,
    client::{
        engine::{
            Displaced, Edit, Entry, Persistence, Reason, SyncState, Trouble, Unstored, Verb,
            WaitReason,
        },
        labels::field_label,
        store::use_store,
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
            // Built only while it is open: it reads all that waits.
            {move || dialogs.sync.get().then(|| view! {
                <h2 class="dialog-title" id="sync-title">{move || headline(store.sync_state())}</h2>
                <p class="panel-text">{move || explanation(store.sync_state(), store.persistence())}</p>
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
                    <button type="button" class="button" on:click=move |_| load_all(store)>"Load them for now"</button>
                </Show>
            })}
            <footer class="dialog-footer">
                <button type="button" class="button" on:click=move |_| close()>"Close" <kbd>"Esc"</kbd></button>
            </footer>
        </dialog>
    }
}

fn load_all(store: crate::client::store::Store) {
    #[cfg(feature = "hydrate")]
    store.load_all();
    #[cfg(not(feature = "hydrate"))]
    let _ = store;
}

fn headline(state: SyncState) -> &'static str {
    match state {
        SyncState::Opening => "Opening",
        SyncState::Saved => "Everything is saved",
        SyncState::Saving(_) => "Saving",
        SyncState::Offline(_) => "Working offline",
        SyncState::SignedOut(_) => "Signed out",
        SyncState::Attention(_) => "Something needs you",
    }
}

fn explanation(state: SyncState, persistence: Persistence) -> String {
    let now = match state {
        SyncState::Opening => "What this device keeps is being read.",
        SyncState::Saved => "The server has all that you did.",
        SyncState::Saving(_) => "What you did is on its way to the server.",
        SyncState::Offline(0) => {
            "There is no connection. Go on: what you do is sent when it is back."
        }
        SyncState::Offline(_) => "There is no connection. What waits is sent when it is back.",
        SyncState::SignedOut(_) => "Sign in again, and what waits is sent.",
        SyncState::Attention(_) => {
            "The server did not take a change. Correct it, try again, or drop it."
        }
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
    let key = entry.key;
    let what = describe(&entry.edit);
    let title = {
        let (edit, record) = (entry.edit.clone(), entry.record);
        move || title_of(&store.fields_of(&edit, record), &edit)
    };
    let state = match (&entry.parked, standing) {
        (Some(problem), _) => problem.sentence(),
        (None, WaitReason::Undo) => "Can be undone for 30 seconds".to_owned(),
        (None, WaitReason::Sent) => "Being sent".to_owned(),
        (None, WaitReason::NextTry) => {
            "The server could not take it now; it is tried again".to_owned()
        }
        (None, WaitReason::Connection) => "Waits for a connection".to_owned(),
        (None, WaitReason::Turn | WaitReason::User) => "Waits its turn".to_owned(),
    };
    let parked = entry.parked.is_some();
    view! {
        <li class="waiting-item" data-parked=parked.then_some("")>
            <span class="waiting-title">{title}</span>
            <span class="waiting-what">{what}</span>
            <span class="waiting-state">{state}</span>
            {parked.then(|| view! {
                <span class="waiting-actions">
                    <button type="button" class="button" on:click=move |_| store.retry_parked(key)>"Try again"</button>
                    <button type="button" class="button button-quiet" on:click=move |_| store.drop_parked(key)>"Drop"</button>
                </span>
            })}
        </li>
    }
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
    let (text, label) = match item.reason {
        Reason::Conflict => ("Changed elsewhere first", "Use mine again"),
        Reason::Deleted => ("Deleted elsewhere", "Make it again"),
    };
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
                <button type="button" class="button" on:click=move |_| store.reapply(id)>{label}</button>
                <button type="button" class="button button-quiet" on:click=move |_| store.drop_displaced(id)>"Drop mine"</button>
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
