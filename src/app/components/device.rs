//! What this device keeps, in the settings: how it is protected, and how to take it away.

use super::{form::FieldRow, panel::Panel};
use crate::{
    app::acts::Submission,
    client::{
        dom,
        engine::{Persistence, Trouble, Unstored},
        store::use_store,
    },
};
use leptos::{prelude::*, task::spawn_local};

/// The shortest passphrase, in characters.
const SHORTEST: usize = 8;

/// Sends the form. Not a field, which would open the keyboard of a phone for nothing, and take keys that
/// are meant for the app.
const SUBMIT: &str = "form:has(#new-passphrase) button[type=submit]";

/// The panel.
#[component]
pub fn DeviceStore() -> impl IntoView {
    let store = use_store();
    // None while nothing is known, or nothing is stored.
    let locked = RwSignal::new(None::<bool>);
    Effect::new(move |_| {
        store.persistence();
        spawn_local(async move {
            let found = store.has_passphrase().await;
            locked.try_set(found);
        });
    });
    let state = move || match store.persistence() {
        Persistence::Opening => "Opening what this device keeps…",
        Persistence::Durable => {
            "Your applications and unsent changes are kept here, encrypted, so that the app works with no network."
        }
        Persistence::EditsOnly => {
            "Your unsent changes are kept here, encrypted. This browser’s storage is too full for all applications: free some space, or some may be missing when there is no network."
        }
        Persistence::Refused(Trouble::Full) => {
            "This browser’s storage is full: nothing more is kept. Free some space on this device."
        }
        Persistence::Refused(Trouble::Broken) => {
            "This browser refuses to store anything for the app."
        }
        Persistence::Memory(Unstored::Newer) => {
            "A newer version of the app, in another tab, has what is kept here. Reload this page to use it too."
        }
        Persistence::Memory(Unstored::Lost) => {
            "The store of this browser does not answer. Reload this page to try again."
        }
        Persistence::Memory(Unstored::Unavailable) => {
            "This browser has no store that can hold a key, as in some private windows. Nothing is kept once the page is closed."
        }
    };
    view! {
        <Panel title="Kept on this device">
            <p class="panel-text">{state}</p>
            {move || locked.get().filter(|_| matches!(store.persistence(), Persistence::Durable | Persistence::EditsOnly)).map(|has| view! { <Passphrase has locked/> })}
        </Panel>
    }
}

#[component]
fn Passphrase(has: bool, locked: RwSignal<Option<bool>>) -> impl IntoView {
    let store = use_store();
    let (old, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (old_error, new_error) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let shown = RwSignal::new(false);
    let kind = move || if shown.get() { "text" } else { "password" };
    let submission = Submission::default();
    let save = move |remove: bool| {
        if !submission.begin() {
            return;
        }
        let wanted = new.get_untracked();
        if !remove && wanted.chars().count() < SHORTEST {
            new_error.set(Some(format!("At least {SHORTEST} characters.")));
            submission.end();
            dom::focus("#new-passphrase");
            return;
        }
        old_error.set(None);
        new_error.set(None);
        let old = has.then(|| old.get_untracked());
        let wanted = (!remove).then_some(wanted);
        spawn_local(async move {
            let set = wanted.is_some();
            if store.protect(old, wanted).await {
                let text = if set {
                    "Passphrase set"
                } else {
                    "Passphrase removed"
                };
                store.toast("info", text, None);
                // The form is made anew, and what was pressed with it.
                locked.try_set(Some(set));
                request_animation_frame(|| dom::focus(SUBMIT));
            } else {
                let (error, why, field) = wrong(has, old_error, new_error);
                error.try_set(Some(why.to_owned()));
                submission.end();
                dom::focus(field);
            }
        });
    };
    let text = if has {
        "A passphrase locks it: it is asked for each time the app is opened here. With it, somebody who copies this browser’s files cannot read them. It does not protect from programs that run in this page. If you forget it, what is kept here must be deleted, unsent changes included."
    } else {
        "Without a passphrase the key lies in this browser’s profile: that stops casual reading of files, and no more. With one, a copied profile cannot be read either."
    };
    let below = move || {
        view! {
            // Whoever mistypes it locks themselves out.
            <label class="check">
                <input type="checkbox" prop:checked=shown on:change=move |event| shown.set(event_target_checked(&event))/>
                <span>{if has { "Show passphrases" } else { "Show passphrase" }}</span>
            </label>
            <div class="button-row">
                <button type="submit" class="button">{if has { "Change passphrase" } else { "Set passphrase" }}</button>
                {has.then(|| view! {
                    <button type="button" class="button button-quiet" on:click=move |_| save(true)>"Remove passphrase"</button>
                })}
            </div>
        }
    };
    view! {
        <p class="panel-text">{text}</p>
        <form
            class="fields"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                save(false);
            }
        >
            {has.then(|| view! {
                <FieldRow label="Passphrase now" control="old-passphrase" error=old_error>
                    <input
                        class="input"
                        id="old-passphrase"
                        type=kind
                        autocomplete="current-password"
                        autocapitalize="off"
                        spellcheck="false"
                        prop:value=old
                        aria-invalid=move || old_error.get().map(|_| "true")
                        aria-describedby="old-passphrase-error"
                        on:input=move |event| {
                            old_error.set(None);
                            old.set(event_target_value(&event));
                        }
                    />
                </FieldRow>
            })}
            <FieldRow
                label=if has { "New passphrase" } else { "Passphrase" }
                control="new-passphrase"
                error=new_error
                below=below
            >
                <input
                    class="input"
                    id="new-passphrase"
                    type=kind
                    autocomplete="new-password"
                    autocapitalize="off"
                    spellcheck="false"
                    prop:value=new
                    aria-invalid=move || new_error.get().map(|_| "true")
                    aria-describedby="new-passphrase-error"
                    on:input=move |event| {
                        new_error.set(None);
                        new.set(event_target_value(&event));
                    }
                />
            </FieldRow>
        </form>
    }
}

/// What was wrong, and with which field: `has` is whether there is a passphrase already, which then was
/// typed wrong.
fn wrong<T>(has: bool, old: T, new: T) -> (T, &'static str, &'static str) {
    if has {
        (old, "That is not the passphrase.", "#old-passphrase")
    } else {
        (
            new,
            "This browser did not take it. Reload this page, and try again.",
            "#new-passphrase",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn a_wrong_passphrase_is_the_old_one() {
        let (error, why, field) = wrong(true, "old", "new");
        assert_eq!((error, field), ("old", "#old-passphrase"));
        assert_eq!(why, "That is not the passphrase.");
        let (error, _, field) = wrong(false, "old", "new");
        assert_eq!((error, field), ("new", "#new-passphrase"));
    }
}
