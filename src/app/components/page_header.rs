//! The head of a page: its name, how it stands with the server, and the way to add.

use super::{bell::BellButton, icon::Icon, sync_status::SyncStatus};
use crate::{
    app::dialogs::use_dialogs,
    client::{
        dom,
        engine::{Persistence, SyncState, Trouble, Unstored},
        store::use_store,
    },
    domain::stage::Status,
};
use leptos::prelude::*;

/// The head of a page; `children` stand between the name and the buttons.
#[component]
pub fn PageHeader(
    /// The page's name.
    title: &'static str,
    /// A few words beside it.
    #[prop(optional, into)]
    sub: Signal<String>,
    /// Without the button that adds: where there is nothing to add to.
    #[prop(optional)]
    quiet: bool,
    /// What this page has of its own.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let dialogs = use_dialogs();
    view! {
        <header class="page-header">
            <h1 class="page-title">{title}</h1>
            <span class="page-sub">{sub}</span>
            <div class="spacer"></div>
            <SyncStatus/>
            <BellButton/>
            {children.map(|children| children())}
            {(!quiet).then(|| view! {
                <button
                    type="button"
                    class="button button-primary page-add"
                    on:click=move |_| dialogs.adding.set(Some(Status::Applied))
                >
                    {Icon::Plus.view()}
                    <span>"Add"</span>
                    <kbd>"C"</kbd>
                </button>
            })}
        </header>
        <StorageNotice/>
    }
}

/// Says so where this browser does not keep what is done here.
#[component]
fn StorageNotice() -> impl IntoView {
    let store = use_store();
    let shown = Memo::new(move |_| {
        let persistence = store.persistence();
        let waiting = match persistence {
            Persistence::Memory(Unstored::Newer | Unstored::Lost) => store.waiting().len(),
            // What is being sent now is at the server before this is read.
            Persistence::Refused(Trouble::Full) if is_held_up(store.sync_state()) => {
                store.waiting().len()
            }
            // To others it does not matter how many they are.
            _ => 0,
        };
        let said = notice(persistence, waiting)?;
        Some((said, is_over(persistence, waiting)))
    });
    move || {
        let (said, over) = shown.get()?;
        let reload = over.then(|| {
            view! {
                <button
                    type="button"
                    class="button"
                    on:click=move |_| dom::reload()
                >
                    "Reload"
                </button>
            }
        });
        Some(view! {
            <div class="notice storage-notice" data-kind="warn">
                <p role="status">{said}</p>
                {reload}
            </div>
        })
    }
}

/// Whether what is done here does not go to the server now.
fn is_held_up(state: SyncState) -> bool {
    !matches!(
        state,
        SyncState::Saved | SyncState::Saving(_) | SyncState::Stale
    )
}

/// What is said of a store that does not keep what is done here, while so many edits wait.
fn notice(persistence: Persistence, waiting: usize) -> Option<String> {
    let said = match persistence {
        Persistence::Opening | Persistence::Durable | Persistence::EditsOnly => return None,
        Persistence::Refused(Trouble::Full) if waiting == 0 => {
            "This browser’s storage is full. Your changes go to the server; without a connection they would live in this page alone."
        }
        Persistence::Refused(Trouble::Full) => {
            "Free some space on this device: this browser’s storage is full. What you do is kept in this page only: leave it open until it is saved."
        }
        Persistence::Memory(Unstored::Newer) if waiting == 0 => {
            "A newer version of the app is open. Reload this page to go on with it."
        }
        Persistence::Memory(Unstored::Newer) => {
            return Some(format!(
                "A newer version of the app is open in another tab. Leave this page open until your changes are sent ({waiting} waiting), then reload it."
            ));
        }
        Persistence::Memory(Unstored::Lost) if waiting == 0 => {
            "This page can no longer store anything on this device. Reload it to go on."
        }
        Persistence::Memory(Unstored::Lost) => {
            "This page can no longer store anything on this device. Reload it when everything is saved; until then, what you do lives in this page only."
        }
        Persistence::Refused(Trouble::Broken) | Persistence::Memory(Unstored::Unavailable) => {
            "This browser keeps nothing for the app, as in some private windows. What you do lives in this page only: leave it open until it is saved."
        }
    };
    Some(said.to_owned())
}

/// Whether this page is an older version's that has nothing left to do.
fn is_over(persistence: Persistence, waiting: usize) -> bool {
    matches!(
        persistence,
        Persistence::Memory(Unstored::Newer | Unstored::Lost)
    ) && waiting == 0
}

#[cfg(test)]
mod tests {
    use super::{is_held_up, is_over, notice};
    use crate::client::engine::{Persistence, SyncState, Trouble, Unstored};

    #[test]
    fn beside_a_newer_version_a_page_sends_what_it_has_and_is_over_then() {
        let newer = Persistence::Memory(Unstored::Newer);
        let said = notice(newer, 2).unwrap();
        assert!(said.contains("Leave this page open"), "{said}");
        assert!(said.contains("(2 waiting)"), "{said}");
        assert!(!is_over(newer, 2));
        let said = notice(newer, 0).unwrap();
        assert!(said.contains("Reload this page"), "{said}");
        assert!(is_over(newer, 0));
    }

    #[test]
    fn a_store_that_keeps_what_is_done_needs_no_notice() {
        for kept in [
            Persistence::Opening,
            Persistence::Durable,
            Persistence::EditsOnly,
        ] {
            assert_eq!(notice(kept, 1), None);
            assert!(!is_over(kept, 0));
        }
        assert!(!is_over(Persistence::Memory(Unstored::Unavailable), 0));
    }

    #[test]
    fn a_full_store_alarms_only_while_something_is_in_this_page_alone() {
        let full = |waiting| notice(Persistence::Refused(Trouble::Full), waiting).unwrap();
        assert!(full(1).starts_with("Free some space"), "{}", full(1));
        assert!(
            full(0).contains("Your changes go to the server"),
            "{}",
            full(0)
        );
        assert!(!is_held_up(SyncState::Saving(1)));
        assert!(is_held_up(SyncState::Offline(1)));
        assert!(is_held_up(SyncState::Attention(1)));
    }
}
