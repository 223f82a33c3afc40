//! What stands between a user and the page: a lock, another account, edits that somebody left here.

use super::{dialog::Dialog, entry::EntryCard, form::Stacked, icon::Icon};
use crate::{
    app::acts::Submission,
    client::{
        dom,
        store::{Gate, use_store},
    },
};
use leptos::{prelude::*, task::spawn_local};

/// The page, or what stands before it.
#[component]
pub fn Gated(
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    let store = use_store();
    let children = StoredValue::new(children);
    move || match store.gate().get() {
        Gate::Open => children.with_value(|children| children()).into_any(),
        Gate::Locked => view! { <LockScreen on_open=|| ()/> }.into_any(),
        Gate::OtherAccount => view! { <OtherAccount/> }.into_any(),
    }
}

/// Asks for the passphrase that opens this device's cache.
#[component]
pub fn LockScreen(
    /// Called once it is open.
    on_open: impl Fn() + Copy + Send + 'static,
) -> impl IntoView {
    let store = use_store();
    let passphrase = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let submission = Submission::default();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !submission.begin() {
            return;
        }
        spawn_local(async move {
            if store.unlock(passphrase.get_untracked()).await {
                on_open();
            } else {
                error.try_set(Some("This passphrase does not open it.".to_owned()));
                submission.end();
                dom::focus("#passphrase");
            }
        });
    };
    view! {
        <EntryCard>
            <div class="entry-icon">{Icon::Lock.view()}</div>
            <h1 class="entry-title">"Locked"</h1>
            <p class="entry-text">"What this device keeps is locked by your passphrase. Nothing is sent or fetched meanwhile."</p>
            <form class="entry-form" novalidate on:submit=submit>
                <Stacked label="Passphrase" control="passphrase" error alert=true>
                    <input
                        class="input input-large"
                        id="passphrase"
                        type="password"
                        autocomplete="current-password"
                        autofocus
                        prop:value=passphrase
                        aria-invalid=move || error.get().map(|_| "true")
                        aria-describedby="passphrase-error"
                        on:input=move |event| {
                            error.set(None);
                            passphrase.set(event_target_value(&event));
                        }
                    />
                </Stacked>
                <button type="submit" class="button button-primary button-wide" aria-busy=move || submission.busy()>
                    "Unlock"
                </button>
            </form>
            <Forgotten/>
        </EntryCard>
    }
}

/// A forgotten passphrase means starting over from what the server has.
#[component]
fn Forgotten() -> impl IntoView {
    let asked = RwSignal::new(false);
    let (store, submission) = (use_store(), Submission::default());
    let wipe = move |_| {
        if submission.begin() {
            spawn_local(async move {
                store.wipe_last().await;
                dom::reload();
            });
        }
    };
    // What was pressed goes away: the focus goes to the way back.
    let ask = move |on| {
        asked.set(on);
        request_animation_frame(|| dom::focus("#forgotten"));
    };
    view! {
        {move || if asked.get() {
            view! {
                <p class="entry-text">"Everything that this device keeps will be deleted, and so will what was not sent yet. The server keeps the rest."</p>
                <button type="button" class="button button-danger button-wide" on:click=wipe>"Delete it and sign in again"</button>
                <button type="button" class="button button-quiet" id="forgotten" on:click=move |_| ask(false)>"Back"</button>
            }
            .into_any()
        } else {
            view! {
                <button type="button" class="button button-quiet" id="forgotten" on:click=move |_| ask(true)>"I forgot it"</button>
            }
            .into_any()
        }}
    }
}

/// Another account has signed in in this browser: nothing of this one shows any more.
#[component]
fn OtherAccount() -> impl IntoView {
    view! {
        <EntryCard>
            <div class="entry-icon">{Icon::Alert.view()}</div>
            <h1 class="entry-title">"Another account is signed in"</h1>
            <p class="entry-text">
                "Somebody signed in to another account in this browser. What you did here and was not sent yet waits on this device until you sign in again."
            </p>
            <a class="button button-primary button-wide" href="/board" rel="external">"Open their board"</a>
        </EntryCard>
    }
}

/// Edits that wait on this device for somebody else: theirs to send, or to be thrown away.
#[component]
pub fn LeftBehindDialog() -> impl IntoView {
    let store = use_store();
    let left = store.left();
    let open = Signal::derive(move || left.get().is_some());
    let discard = move |_| {
        if let Some(found) = left.get_untracked() {
            left.set(None);
            spawn_local(async move {
                store.wipe(found.user).await;
            });
        }
    };
    view! {
        <Dialog class="ask" title_id="left-title" open on_close=move || left.set(None)>
            <div class="dialog-form">
                <h2 class="dialog-title" id="left-title">
                    {move || match left.get().map_or(0, |left| left.waiting) {
                        1 => "1 unsent change of another account".to_owned(),
                        count => format!("{count} unsent changes of another account"),
                    }}
                </h2>
                <p class="panel-text">
                    "Somebody else used this browser before you, and not all of their work has reached the server. It can wait here, encrypted, until they sign in again. Without a passphrase of theirs, somebody with access to this browser profile could get at it."
                </p>
                <footer class="dialog-footer">
                    <button type="button" class="button button-danger" on:click=discard>"Throw it away"</button>
                    <button type="button" class="button button-primary" autofocus on:click=move |_| left.set(None)>"Keep it for them"</button>
                </footer>
            </div>
        </Dialog>
    }
}
