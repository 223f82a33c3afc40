//! What stands around a page of a signed-in user.

use super::{
    components::{
        announcer::AnnouncerView,
        bell::{self, BellPanel},
        entry::EntryCard,
        gates::{Gated, LeftBehindDialog, LockScreen},
        keys_dialog::KeysDialog,
        quick_add::QuickAdd,
        rail::Rail,
        sync_panel::SyncPanel,
        toasts::Toasts,
    },
    figures::LastServed,
    keys,
    origin::use_origin,
    session::{Start, Wanted, remember, start, start_from_shell, use_me},
    zone_offer,
};
use crate::{
    client::{
        dom,
        habits::{self, use_habits},
        hydration::{is_shell, mark_hydrated, take_over_later},
        notifications,
        store::{Gate, use_store},
        zone::{CurrentZone, Zone},
    },
    domain::{
        error::{Problem, ProblemKind},
        settings::Settings,
    },
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

/// How far the shell has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ShellPhase {
    /// This device's cache is being opened.
    Opening,
    /// It needs its passphrase.
    Locked,
    /// It is open.
    Kept,
    /// There is none; the server is asked.
    Nothing,
}

/// A page of a signed-in user: the frame around it, once there is something to show. The first
/// page of a session brings its data along; later ones find it in the store.
#[component]
pub fn SignedIn(
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    let store = use_store();
    let children = StoredValue::new(children);
    let frame = move || {
        view! {
            <Frame>{children.with_value(|children| children())}</Frame>
        }
    };
    if store.is_loaded() {
        return frame().into_any();
    }
    let location = use_location();
    let wanted = move || {
        let search = location.search.get_untracked();
        location
            .pathname
            .with_untracked(|path| Wanted::of(path, &search))
    };
    let served = expect_context::<LastServed>();
    let show = move |start: Result<Start, Problem>| match start {
        Ok(Start { me, board, figures }) => {
            store.load(&me, &board);
            served.set(figures);
            remember(me);
            frame().into_any()
        }
        Err(problem) => view! { <Trouble problem/> }.into_any(),
    };
    if is_shell() {
        let phase = RwSignal::new(ShellPhase::Opening);
        leptos::task::spawn_local(async move {
            let kept = store.open_last(None).await.is_some();
            phase.set(match store.gate().get_untracked() {
                Gate::Locked => ShellPhase::Locked,
                _ if kept => ShellPhase::Kept,
                _ => ShellPhase::Nothing,
            });
        });
        return (move || match phase.get() {
            ShellPhase::Opening => ().into_any(),
            ShellPhase::Locked => {
                mark_hydrated();
                view! { <LockScreen on_open=move || phase.set(ShellPhase::Kept)/> }.into_any()
            }
            ShellPhase::Kept => {
                if let Some(me) = store.me() {
                    remember(me);
                }
                frame().into_any()
            }
            ShellPhase::Nothing => {
                let start = LocalResource::new(move || start_from_shell(wanted()));
                view! {
                    <Suspense fallback=|| ()>
                        {move || Suspend::new(async move { show(start.await) })}
                    </Suspense>
                }
                .into_any()
            }
        })
        .into_any();
    }
    let start = Resource::new_blocking(wanted, start);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move { show(start.await) })}
        </Suspense>
    }
    .into_any()
}

/// The frame: navigation, dialogs, toasts.
#[component]
fn Frame(children: ChildrenFn) -> impl IntoView {
    keys::listen();
    bell::provide();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let navigate = navigate.clone();
        notifications::listen(move |address| navigate(address, NavigateOptions::default()));
    });
    let (store, me, zone) = (use_store(), use_me(), expect_context::<CurrentZone>());
    let habits = use_habits();
    let (origin, location) = (use_origin(), use_location());
    Effect::new(move |_| location.pathname.with(|path| origin.at(path)));
    // Settings change here, or come in with the pulls.
    Effect::new(move |_| {
        let Some(settings) = store.settings() else {
            return;
        };
        let known = me.with_untracked(|me| me.as_ref().is_some_and(|me| me.settings == *settings));
        if !known {
            zone.set(Zone::new(settings.timezone.clone()));
            habits::follow(habits, &settings);
            me.update(|me| {
                if let Some(me) = me {
                    me.settings = Settings::clone(&settings);
                }
            });
        }
    });
    Effect::new(move |_| {
        mark_hydrated();
        store.start();
        // All dates of the page at once.
        take_over_later(move || habits::learn(habits));
        take_over_later(move || zone_offer::tell_or_ask(store));
    });
    let children = StoredValue::new(children);
    view! {
        <Gated>
            <a
                class="skip-link"
                href="#main"
                on:click=|event| {
                    // The router would change the address and leave the focus here.
                    event.prevent_default();
                    dom::focus("#main");
                }
            >
                "Skip to content"
            </a>
            <div class="app">
                <Rail/>
                {children.with_value(|children| children())}
            </div>
            <QuickAdd/>
            <KeysDialog/>
            <SyncPanel/>
            <BellPanel/>
            <LeftBehindDialog/>
            <Toasts/>
            <AnnouncerView/>
        </Gated>
    }
}

/// A page that could not be loaded.
#[component]
fn Trouble(problem: Problem) -> impl IntoView {
    Effect::new(|_| mark_hydrated());
    let (href, label) = match problem.kind {
        ProblemKind::Unauthorized => ("/sign-in", "Sign in"),
        _ => ("", "Try again"),
    };
    view! {
        <EntryCard>
            <h1 class="entry-title">{problem.kind.title()}</h1>
            <p class="entry-text">{problem.sentence()}</p>
            <a class="button button-primary button-wide" href=href rel="external">{label}</a>
            {problem.instance.map(|id| view! { <p class="entry-text">"Request " {id}</p> })}
        </EntryCard>
    }
}
