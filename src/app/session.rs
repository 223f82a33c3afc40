//! The signed-in user, and the frame that every page of theirs stands in.

use super::{
    components::{
        announcer::AnnouncerView,
        gates::{Gated, LeftBehindDialog, LockScreen},
        keys_dialog::KeysDialog,
        quick_add::QuickAdd,
        rail::Rail,
        sync_panel::SyncPanel,
        toasts::Toasts,
    },
    keys,
};
use crate::{
    api::{
        auth,
        board::{BoardQuery, get_board},
        rest::{Query, Reply},
    },
    client::store::{Gate, Store, use_store},
    client::zone::{CurrentZone, Zone},
    domain::{
        error::{Problem, ProblemKind},
        settings::Settings,
        sync::BoardSnapshot,
        user::Me,
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who is signed in; nobody until a page of theirs is loaded.
pub type CurrentUser = RwSignal<Option<Me>>;

/// The signed-in user.
pub fn use_me() -> CurrentUser {
    expect_context::<CurrentUser>()
}

/// What the app asks of its frame.
#[derive(Clone, Copy)]
pub struct Dialogs {
    /// Quick add is open, for a status.
    pub adding: RwSignal<Option<crate::domain::stage::Status>>,
    /// The list of keys is open.
    pub keys: RwSignal<bool>,
    /// What waits for the server, and what gave way, is shown.
    pub sync: RwSignal<bool>,
}

/// Provides what pages share.
pub fn provide() {
    provide_context(CurrentUser::new(None));
    provide_context(use_store().zone());
    provide_context(Dialogs {
        adding: RwSignal::new(None),
        keys: RwSignal::new(false),
        sync: RwSignal::new(false),
    });
}

/// What the first page of a session is rendered from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Start {
    me: Me,
    board: BoardSnapshot,
}

async fn start(focus: Option<Uuid>) -> Result<Start, Problem> {
    let me = auth::me().await.and_then(Reply::into_body)?;
    let query = Query::of(&BoardQuery { focus });
    let board = get_board(query).await.and_then(Reply::into_body)?;
    Ok(Start { me, board })
}

/// The same in the shell, which no server has rendered.
async fn start_from_shell(focus: Option<Uuid>) -> Result<Start, Problem> {
    start(focus).await.map_err(|problem| match problem.kind {
        ProblemKind::Network => Problem::new(
            ProblemKind::Network,
            "You are offline, and nothing is kept on this device yet.",
        ),
        _ => problem,
    })
}

/// Opens what this device keeps of the user who was here last. Answers whether there is anything.
async fn open_kept(store: Store) -> bool {
    #[cfg(feature = "hydrate")]
    return store.open_last(None).await.is_some();
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = store;
        false
    }
}

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
    let focus = move || {
        location
            .pathname
            .with_untracked(|path| path.strip_prefix("/board/").and_then(|id| id.parse().ok()))
    };
    let show = move |start: Result<Start, Problem>| match start {
        Ok(Start { me, board }) => {
            store.load(&me, &board);
            remember(me);
            frame().into_any()
        }
        Err(problem) => view! { <Trouble problem/> }.into_any(),
    };
    if super::is_shell() {
        let phase = RwSignal::new(ShellPhase::Opening);
        leptos::task::spawn_local(async move {
            let kept = open_kept(store).await;
            phase.set(match store.gate().get_untracked() {
                Gate::Locked => ShellPhase::Locked,
                _ if kept => ShellPhase::Kept,
                _ => ShellPhase::Nothing,
            });
        });
        return (move || match phase.get() {
            ShellPhase::Opening => ().into_any(),
            ShellPhase::Locked => {
                super::mark_hydrated();
                view! { <LockScreen on_open=move || phase.set(ShellPhase::Kept)/> }.into_any()
            }
            ShellPhase::Kept => {
                if let Some(me) = store.me() {
                    remember(me);
                }
                frame().into_any()
            }
            ShellPhase::Nothing => {
                let start = LocalResource::new(move || start_from_shell(focus()));
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
    let start = Resource::new_blocking(focus, start);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move { show(start.await) })}
        </Suspense>
    }
    .into_any()
}

/// Takes note of who is signed in.
pub fn remember(me: Me) {
    // From the cache there is none; the first request that needs one fetches it.
    #[cfg(feature = "hydrate")]
    if !me.csrf_token.is_empty() {
        crate::api::transport::set_csrf_token(me.csrf_token.clone());
    }
    expect_context::<CurrentZone>().set(Zone::new(me.settings.timezone.clone()));
    use_me().set(Some(me));
}

/// The frame: navigation, dialogs, toasts.
#[component]
fn Frame(children: ChildrenFn) -> impl IntoView {
    keys::listen();
    let (store, me, zone) = (use_store(), use_me(), expect_context::<CurrentZone>());
    // Settings change here, or come in with the pulls.
    Effect::new(move |_| {
        let Some(settings) = store.settings() else {
            return;
        };
        let known = me.with_untracked(|me| me.as_ref().is_some_and(|me| me.settings == *settings));
        if !known {
            zone.set(Zone::new(settings.timezone.clone()));
            me.update(|me| {
                if let Some(me) = me {
                    me.settings = Settings::clone(&settings);
                }
            });
        }
    });
    Effect::new(|started: Option<bool>| {
        super::mark_hydrated();
        #[cfg(feature = "hydrate")]
        if started.is_none() && !STARTED.replace(true) {
            use_store().start();
        }
        started.unwrap_or(true)
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
                    crate::client::dom::focus("#main");
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
            <LeftBehindDialog/>
            <Toasts/>
            <AnnouncerView/>
        </Gated>
    }
}

#[cfg(feature = "hydrate")]
thread_local! {
    /// The store works once, however often the frame is built.
    static STARTED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// A page that could not be loaded.
#[component]
fn Trouble(problem: Problem) -> impl IntoView {
    Effect::new(|_| super::mark_hydrated());
    let signed_out = problem.kind == ProblemKind::Unauthorized;
    view! {
        <div class="entry">
            <main class="entry-card" id="main">
                <h1 class="entry-title">{problem.kind.title()}</h1>
                <p class="entry-text">{problem.sentence()}</p>
                {if signed_out {
                    view! { <a class="button button-primary button-wide" href="/sign-in" rel="external">"Sign in"</a> }.into_any()
                } else {
                    view! { <a class="button button-primary button-wide" href="" rel="external">"Try again"</a> }.into_any()
                }}
                {problem.instance.map(|id| view! { <p class="entry-text">"Request " {id}</p> })}
            </main>
        </div>
    }
}
