//! What the engine asks for, done in the browser: requests, timers, and the moments at which to
//! pull.

use super::{
    dom,
    engine::{Effect, Entry, Mutation},
    store::{Store, ToastAction},
};
use crate::{
    api::{self, BASE, rest::Query, transport},
    domain::{
        application::Application,
        error::{Problem, ProblemKind},
        sync::SyncQuery,
        time::{Timestamp, to_millis},
    },
};
use gloo_timers::callback::{Interval, Timeout};
use leptos::{leptos_dom::helpers::window_event_listener, prelude::*, task::spawn_local};
use std::cell::Cell;

/// A pull every so many milliseconds while the page shows (SPEC §9.1).
const PULL_EVERY_MS: u32 = 30_000;
/// Rows a page of the first pull: a whole hunt in a few answers.
const PULL_LIMIT: u32 = 2_000;

thread_local! {
    /// Whether a pull is under way.
    static PULLING: Cell<bool> = const { Cell::new(false) };
}

impl Store {
    /// Starts the work of the browser: called once the page is hydrated.
    pub fn start(self) {
        self.set_now(self.clock());
        self.pull();
        let pull_if_shown = move || {
            if !document().hidden() {
                self.pull();
            }
        };
        Interval::new(PULL_EVERY_MS, pull_if_shown).forget();
        Interval::new(60_000, move || self.set_now(self.clock())).forget();
        _ = window_event_listener(leptos::ev::focus, move |_| pull_if_shown());
        _ = window_event_listener(leptos::ev::online, move |_| {
            self.step(|engine| engine.online(self.clock()));
            self.pull();
        });
        // Leaving a field saves it, so that what was typed last goes along.
        _ = window_event_listener(leptos::ev::beforeunload, move |event| {
            dom::blur();
            // What is under way survives the page (`keepalive`); what still waits lives here alone,
            // and leaving would lose it.
            if self.engine(super::engine::Engine::has_unsent) {
                event.prevent_default();
            }
        });
        // A deletion's undo ends with the page.
        _ = window_event_listener(leptos::ev::pagehide, move |_| self.release());
    }

    /// Ends the grace of every deletion.
    fn release(self) {
        self.step(|engine| engine.release(self.clock()));
    }

    /// Forgets what waits: the user said so.
    pub fn forget_pending(self) {
        self.step(|engine| {
            engine.forget_pending();
            Vec::new()
        });
    }

    /// Sends all that waits, and answers how many edits are left after at most five seconds.
    pub async fn flush(self) -> usize {
        self.release();
        for _ in 0..100 {
            if self.engine(super::engine::Engine::pending) == 0 {
                break;
            }
            gloo_timers::future::TimeoutFuture::new(50).await;
        }
        self.engine(super::engine::Engine::pending)
    }

    /// The time of what happens now.
    pub(super) fn clock(self) -> Timestamp {
        let millis = js_sys::Date::now() as i64;
        chrono::DateTime::from_timestamp_millis(millis).map_or(Timestamp::UNIX_EPOCH, to_millis)
    }

    /// Takes a toast away after a while.
    pub(super) fn expire_toast(self, id: u64, seconds: u32) {
        Timeout::new(seconds * 1000, move || self.dismiss(id)).forget();
    }

    pub(super) fn perform(self, effect: Effect) {
        match effect {
            Effect::Send(entry) => spawn_local(self.send(*entry)),
            Effect::WakeIn(millis) => {
                Timeout::new(millis, move || self.step(|engine| engine.wake(self.clock()))).forget();
            }
            Effect::RefreshToken => spawn_local(self.identify()),
            Effect::SignedOut => self.toast(
                "error",
                "Your session has ended. Sign in again; nothing is lost while this page stays open.",
                Some(ToastAction::SignIn),
            ),
            Effect::Notify(_) => {}
        }
    }

    /// Asks who is signed in: the same user goes on with a new token, another one ends this page.
    async fn identify(self) {
        match api::auth::me().await.and_then(api::rest::Reply::into_body) {
            Ok(me) if self.owner() == Some(me.user.id) => {
                transport::set_csrf_token(me.csrf_token);
                self.step(|engine| engine.token_refreshed(self.clock()));
            }
            Ok(_) => {
                let mut news = false;
                self.step(|engine| {
                    news = engine.session_foreign();
                    Vec::new()
                });
                if news {
                    self.toast(
                        "error",
                        "Another account has signed in in this browser. Nothing more of this page is sent.",
                        Some(ToastAction::Reload),
                    );
                }
            }
            Err(problem) => self.step(|engine| engine.token_failed(problem.kind, self.clock())),
        }
    }

    async fn send(self, entry: Entry) {
        let key = entry.key;
        let answer = transport::send(request(&entry)).await.and_then(|response| {
            if response.body.is_empty() {
                return Ok(None);
            }
            serde_json::from_str::<Application>(&response.body)
                .map(Some)
                .map_err(|error| Problem::new(ProblemKind::Network, error.to_string()))
        });
        self.step(|engine| engine.answered(key, answer, self.clock(), js_sys::Math::random()));
    }

    /// Brings in what changed at the server, page by page.
    pub fn pull(self) {
        if !self.engine(super::engine::Engine::may_pull) || PULLING.replace(true) {
            return;
        }
        spawn_local(async move {
            self.pull_pages().await;
            PULLING.set(false);
        });
    }

    async fn pull_pages(self) {
        let mut rebuilt = false;
        while self.engine(super::engine::Engine::may_pull) {
            let since = self.engine(|engine| engine.cursor().map(ToOwned::to_owned));
            let query = SyncQuery {
                since,
                limit: Some(PULL_LIMIT),
            };
            let page = api::sync::pull_changes(Query::of(&query)).await;
            match page.and_then(api::rest::Reply::into_body) {
                Ok(page) => {
                    if self.engine(super::engine::Engine::is_signed_out) {
                        self.identify().await;
                        if self.engine(super::engine::Engine::is_signed_out) {
                            return;
                        }
                    }
                    let more = page.has_more;
                    self.step(|engine| engine.pulled(page, self.clock()));
                    if !more {
                        self.set_whole();
                        return;
                    }
                }
                // Another history: another user's, or a restored database.
                Err(problem) if problem.kind == ProblemKind::CursorExpired && !rebuilt => {
                    rebuilt = true;
                    self.identify().await;
                    self.step(|engine| {
                        engine.restart();
                        Vec::new()
                    });
                }
                Err(problem) => {
                    self.step(|engine| engine.pull_failed(problem.kind));
                    return;
                }
            }
        }
    }
}

/// The request that carries an entry. The same entry is always the same bytes.
fn request(entry: &Entry) -> transport::Request {
    let one = format!("{BASE}/applications/{}", entry.record);
    let (method, url, body) = match &entry.mutation {
        Mutation::Create(create) => (
            http::Method::POST,
            format!("{BASE}/applications"),
            serde_json::to_string(create).ok(),
        ),
        Mutation::Patch(patch) => (http::Method::PATCH, one, serde_json::to_string(patch).ok()),
        Mutation::Delete => (http::Method::DELETE, one, None),
    };
    let mut request = transport::Request::new(method, url);
    request.if_match = entry.seen;
    request.idempotency_key = Some(entry.key.to_string());
    request.body = body;
    request
}
