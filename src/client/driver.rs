//! What the engine asks for, done in the browser: requests, the store, timers, locks, and the
//! moments at which to pull.

use super::{
    cache::{self, Cache, Closed, OpenError, Protection, WriteError},
    device, dom,
    engine::{Batch, Effect, Engine, Outgoing, Pull, Stored, SyncState, Trouble, Unstored},
    locks::{self, Held},
    store::{Gate, LeftBehind, Store},
    toasts::Timer,
};
use crate::{
    api::{self, BASE, rest::Query, transport},
    domain::{
        error::{Problem, ProblemKind},
        sync::{BoardSnapshot, Entity, EntityKinds, PageParts, SyncPage, SyncQuery},
        time::{Timestamp, to_millis},
        user::Me,
    },
};
use futures::{
    future::{Either, select},
    lock::Mutex,
};
use gloo_timers::callback::{Interval, Timeout};
use leptos::{leptos_dom::helpers::window_event_listener, prelude::*, task::spawn_local};
use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Waker},
};
use uuid::Uuid;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::BroadcastChannel;

/// How long other tabs have to store what is being typed in them, before the user signs out here.
const OTHERS_SAVE_WITHIN: std::time::Duration = std::time::Duration::from_millis(300);
/// A pull every so many milliseconds while the page shows.
const PULL_EVERY_MS: u32 = 30_000;
/// Changes that are read at once: a few milliseconds of work.
const PART: usize = 128;
/// Signing out waits so long for a store that does not answer.
const STORE_ANSWERS_WITHIN_MS: u32 = 5_000;

/// What the driver holds of the browser.
#[derive(Default)]
struct Parts {
    cache: Rc<Mutex<Option<Cache>>>,
    lock: RefCell<Option<Held>>,
    /// How often the lock was asked for: the last asking is the one that counts.
    asked_for_lock: Cell<u64>,
    timer: RefCell<Option<Timeout>>,
    channel: RefCell<Option<BroadcastChannel>>,
    started: Cell<bool>,
    /// This user's data is being taken off the device: nothing is stored any more.
    leaving: Cell<bool>,
}

/// A form that is sent as a whole, where something was typed into it.
const UNFINISHED: &str = "form[data-unfinished]";

thread_local! {
    static PARTS: Parts = Parts::default();
}

fn parts<T>(use_it: impl FnOnce(&Parts) -> T) -> T {
    PARTS.with(use_it)
}

fn the_cache() -> Rc<Mutex<Option<Cache>>> {
    parts(|parts| parts.cache.clone())
}

/// Spawns work whose first step is done at once, not after all that the page has to show.
fn begin(work: impl Future<Output = ()> + 'static) {
    let mut work = Box::pin(work);
    let first = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    if first.is_pending() {
        spawn_local(work);
    }
}

/// Waits for the store, but not for ever: a page that is frozen can keep it from being deleted.
async fn in_time<T>(work: impl Future<Output = T>) -> Option<T> {
    let deadline = gloo_timers::future::TimeoutFuture::new(STORE_ANSWERS_WITHIN_MS);
    match select(pin!(work), deadline).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

fn random() -> f64 {
    js_sys::Math::random()
}

/// What other pages of this user tell each other. A hint only: whoever misses one finds out from the
/// store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    /// The store has changed.
    Stored,
    /// The user is about to sign out here: what is being typed elsewhere is to be stored first.
    Leaving,
    /// The user signed out here, or the cache was deleted.
    Left,
    /// The passphrase was set or taken away.
    Protected,
}

impl Hint {
    const fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Leaving => "leaving",
            Self::Left => "left",
            Self::Protected => "protected",
        }
    }
}

fn tell(hint: Hint) {
    parts(|parts| {
        if let Some(channel) = &*parts.channel.borrow() {
            // Refused only once the channel is closed.
            _ = channel.post_message(&hint.word().into());
        }
    });
}

/// Asks the browser not to clear what is stored when space runs short: once a page, and only when
/// there is work of the user's to lose.
fn ask_to_persist() {
    thread_local! {
        static ASKED: Cell<bool> = const { Cell::new(false) };
    }
    if !ASKED.replace(true)
        && let Ok(asking) = window().navigator().storage().persist()
    {
        // Either answer is fine: without it the store is as durable as the browser makes it.
        spawn_local(async move {
            _ = wasm_bindgen_futures::JsFuture::from(asking).await;
        });
    }
}

impl Store {
    /// Starts the work of the browser, once the page is hydrated, or mounted from the cache. Once for
    /// the page, however often it is called.
    pub fn start(self) {
        if parts(|parts| parts.started.replace(true)) {
            return;
        }
        self.set_now(self.clock());
        transport::set_user(self.engine(Engine::owner));
        self.listen();
        self.step(|engine| engine.start(self.clock()));
        self.step(Engine::pull);
    }

    fn listen(self) {
        dom::watch_typing();
        let shown = || !document().hidden();
        Interval::new(PULL_EVERY_MS, move || {
            if shown() {
                self.step(Engine::pull);
            }
        })
        .forget();
        Interval::new(60_000, move || self.set_now(self.clock())).forget();
        let look = move || {
            if shown() {
                self.catch_up();
                self.step(Engine::pull);
            } else {
                // A phone may end it without another word.
                dom::save_typed();
            }
        };
        _ = window_event_listener(leptos::ev::focus, move |_| look());
        let visible = Closure::<dyn FnMut()>::new(look);
        _ = document()
            .add_event_listener_with_callback("visibilitychange", visible.as_ref().unchecked_ref());
        visible.forget();
        _ = window_event_listener(leptos::ev::online, move |_| {
            self.step(|engine| engine.online(self.clock()));
            self.step(Engine::pull);
        });
        _ = window_event_listener(leptos::ev::offline, move |_| {
            self.step(|engine| engine.offline(self.clock()));
        });
        // Leaving a field saves it, so that what was typed last goes along.
        _ = window_event_listener(leptos::ev::beforeunload, move |event| {
            dom::blur();
            // What is stored survives the page; what is not lives here alone, as does a form that is sent
            // as a whole and half written.
            let now = self.clock();
            let lives_here =
                self.engine(|engine| engine.has_volatile(now)) || dom::exists(UNFINISHED);
            if lives_here && !parts(|parts| parts.leaving.get()) {
                event.prevent_default();
            }
        });
    }

    /// Opens the cache of the user of this page.
    async fn open(self) {
        let Some(user) = self.engine(Engine::owner) else {
            return;
        };
        // Also where nothing can be kept: that the user signed out is for every page.
        self.hear(user);
        self.look_for_others(user).await;
        match self.open_cache(user, None).await {
            Ok(stored) => self.step(|engine| engine.opened(stored, self.clock())),
            Err(OpenError::Locked | OpenError::WrongPassphrase) => self.shut(Gate::Locked),
            // It was there the last time, and what waits in it may be sent by the next page.
            Err(OpenError::Unavailable) if device::kept_user() == Some(user) => {
                self.store_went_away(Unstored::Lost);
            }
            Err(OpenError::Unavailable) => self.store_went_away(Unstored::Unavailable),
            Err(OpenError::Newer) => self.store_went_away(Unstored::Newer),
        }
    }

    async fn open_cache(self, user: Uuid, passphrase: Option<&str>) -> Result<Stored, OpenError> {
        let closed = move |closed| {
            self.store_went_away(match closed {
                Closed::Upgraded => Unstored::Newer,
                Closed::Deleted => Unstored::Lost,
            });
        };
        let outcome = Cache::open(user, passphrase, closed).await;
        if let Err(OpenError::Locked) = outcome {
            self.shut(Gate::Locked);
            self.step(|engine| {
                engine.locked_by_passphrase();
                Vec::new()
            });
        }
        // After what is to be shown has taken the page's place.
        gloo_timers::callback::Timeout::new(0, device::may_show).forget();
        let (opened, stored) = outcome?;
        device::remember_locked(opened.protection() == Protection::Passphrase);
        *the_cache().lock().await = Some(opened);
        device::remember_kept(user);
        self.hear(user);
        Ok(stored)
    }

    /// Takes the page away, after what is being typed in it.
    pub(super) fn shut(self, gate: Gate) {
        dom::save_typed();
        self.gate().set(gate);
    }

    /// There is no cache, or another page deleted or upgraded it: this page's connection is closed.
    fn store_went_away(self, why: Unstored) {
        if !parts(|parts| parts.leaving.get()) {
            self.step(|engine| engine.unstored(why, self.clock()));
        }
    }

    /// Lets go of the cache.
    async fn close_store(self) {
        drop(the_cache().lock().await.take());
    }

    /// Listens to the other pages of this user.
    fn hear(self, user: Uuid) {
        let Ok(channel) = BroadcastChannel::new(&format!("hunt-{user}")) else {
            return;
        };
        let heard = Closure::<dyn FnMut(web_sys::MessageEvent)>::new(
            move |event: web_sys::MessageEvent| {
                let word = event.data().as_string().unwrap_or_default();
                if word == Hint::Stored.word() {
                    self.catch_up();
                } else if word == Hint::Leaving.word() {
                    dom::save_typed();
                } else if word == Hint::Left.word() {
                    parts(|parts| parts.leaving.set(true));
                    // Nothing of this user may stay on the screen.
                    _ = window().location().set_href("/sign-in");
                } else if word == Hint::Protected.word() {
                    _ = window().location().reload();
                }
            },
        );
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
        // A page does not hear itself, but for a channel that it opened before.
        if let Some(before) = parts(|parts| parts.channel.replace(Some(channel))) {
            before.close();
        }
    }

    /// Takes in what other pages stored.
    fn catch_up(self) {
        spawn_local(async move {
            let cache = the_cache();
            let mut slot = cache.lock().await;
            self.refresh_from(&mut slot).await;
        });
    }

    /// The same, with the cache at hand. What is being written is joined when it is refused.
    async fn refresh_from(self, slot: &mut Option<Cache>) {
        let Some(cache) = slot.as_mut() else { return };
        let take = |stored| {
            let mut taken = false;
            self.step(|engine| {
                let (took, effects) = engine.refreshed(stored, self.clock());
                taken = took;
                effects
            });
            taken
        };
        // Where the store cannot be read now, the next hint or write finds out.
        _ = cache.refresh(take).await;
    }

    /// What this device knows of the user who was here last, for a start without a network. None
    /// where nothing is kept; the gate is closed where a passphrase is needed.
    pub async fn open_last(self, passphrase: Option<String>) -> Option<Me> {
        let user = device::user_to_show()?;
        match self.open_cache(user, passphrase.as_deref()).await {
            Ok(stored) => {
                let Some(me) = whose(&stored) else {
                    // Damaged: with a connection it is opened again, and made good.
                    self.close_store().await;
                    return None;
                };
                let snapshot = BoardSnapshot {
                    now: self.clock(),
                    rows: Vec::new(),
                    activities: Vec::new(),
                    counts: Vec::new(),
                    whole: stored.meta.complete,
                };
                self.load(&me, &snapshot);
                self.gate().set(Gate::Open);
                self.step_shown(|engine| engine.opened(stored, self.clock()));
                Some(me)
            }
            Err(OpenError::Locked | OpenError::WrongPassphrase) => {
                self.shut(Gate::Locked);
                None
            }
            Err(OpenError::Unavailable | OpenError::Newer) => None,
        }
    }

    /// Opens the cache with a passphrase. Answers whether it did.
    pub async fn unlock(self, passphrase: String) -> bool {
        let Some(user) = self.engine(Engine::owner) else {
            return self.open_last(Some(passphrase)).await.is_some();
        };
        let stored = self.open_cache(user, Some(&passphrase)).await;
        if let Ok(stored) = stored {
            self.gate().set(Gate::Open);
            self.step_shown(|engine| engine.opened(stored, self.clock()));
            true
        } else {
            false
        }
    }

    /// Whether a passphrase locks the cache; none where nothing is stored.
    pub async fn has_passphrase(self) -> Option<bool> {
        let cache = the_cache();
        let slot = cache.lock().await;
        let protection = slot.as_ref().map(Cache::protection);
        protection.map(|protection| protection == Protection::Passphrase)
    }

    /// Sets, changes or takes away the passphrase. Answers whether `old` was right.
    pub async fn protect(self, old: Option<String>, new: Option<String>) -> bool {
        let cache = the_cache();
        let mut slot = cache.lock().await;
        let Some(cache) = slot.as_mut() else {
            return false;
        };
        let done = cache.protect(old.as_deref(), new.as_deref()).await.is_ok();
        if done {
            device::remember_locked(cache.protection() == Protection::Passphrase);
            tell(Hint::Protected);
        }
        done
    }

    /// Deals with what another user left on this device: nothing of theirs stays, but for edits that
    /// were not sent; about those the user of this page is asked.
    async fn look_for_others(self, user: Uuid) {
        let Some(last) = device::kept_user().filter(|last| *last != user) else {
            return;
        };
        match Cache::waiting(last).await {
            Ok(0) => self.wipe(last).await,
            Ok(waiting) => self.left().set(Some(LeftBehind {
                user: last,
                waiting,
            })),
            // Sealed it stays, for the next page that can tell.
            Err(_) => {}
        }
    }

    /// Wipes what this device keeps of the user who was here last.
    pub async fn wipe_last(self) {
        if let Some(last) = device::kept_user() {
            self.wipe(last).await;
        }
    }

    /// Wipes what this device keeps of a user, unsent edits included.
    pub async fn wipe(self, user: Uuid) {
        if self.engine(Engine::owner) == Some(user) {
            parts(|parts| parts.leaving.set(true));
            _ = in_time(self.close_store()).await;
            tell(Hint::Left);
        }
        if device::kept_user() == Some(user) {
            device::forget_kept();
        }
        // Where it cannot be deleted, the key that opens it is as unreachable as before.
        _ = in_time(cache::delete(user)).await;
    }

    /// Leaves this user's cache as it is for their next sign-in.
    pub async fn seal(self) {
        parts(|parts| parts.leaving.set(true));
        _ = in_time(self.close_store()).await;
        tell(Hint::Left);
        device::forget_kept();
    }

    /// Sends all that waits, and answers how many edits are left after a few seconds, those that lie
    /// aside among them. Deletions keep their undo unless they are all that is left.
    pub async fn flush(self) -> usize {
        // What other tabs store of it within a moment is sent, or asked about, too.
        tell(Hint::Leaving);
        gloo_timers::future::sleep(OTHERS_SAVE_WITHIN).await;
        let cache = the_cache();
        let mut slot = cache.lock().await;
        self.refresh_from(&mut slot).await;
        drop(slot);
        self.step(|engine| engine.try_now(self.clock()));
        self.wait_until_sent().await;
        let now = self.clock();
        if self.engine(|engine| engine.has_only_held(now)) {
            self.step(|engine| engine.release(now));
            self.wait_until_sent().await;
        }
        self.engine(|engine| engine.unsent().count() + engine.displaced().len())
    }

    /// Waits five seconds at most, and not for a connection that is not there.
    async fn wait_until_sent(self) {
        for _ in 0..100 {
            gloo_timers::future::TimeoutFuture::new(50).await;
            let now = self.clock();
            let waits = self
                .engine(|engine| !engine.has_only_held(now) && engine.unsent().next().is_some());
            let offline = matches!(
                self.engine(|engine| engine.sync_state(now)),
                SyncState::Offline(_) | SyncState::SignedOut(_)
            );
            if !waits || offline {
                break;
            }
        }
    }

    /// What waits is tried now, and what changed is asked for.
    pub fn try_now(self) {
        self.step(|engine| engine.try_now(self.clock()));
        self.step(Engine::pull);
    }

    /// Takes a user's data off this device, unless another page has stored an edit meanwhile: that
    /// waits for the next sign-in.
    pub async fn wipe_what_is_sent(self, user: Uuid) {
        parts(|parts| parts.leaving.set(true));
        _ = in_time(self.close_store()).await;
        match in_time(Cache::waiting(user)).await {
            Some(Ok(0)) => self.wipe(user).await,
            // There are some, or it cannot be known.
            _ => self.seal().await,
        }
    }

    /// Brings in everything again, older rows too.
    pub fn load_all(self) {
        self.step(|engine| {
            engine.rebuild();
            engine.pull()
        });
    }

    /// Requests carry this token from now on. From the cache there is none; the first request that
    /// needs one fetches it.
    pub fn use_csrf_token(self, token: &str) {
        if !token.is_empty() {
            transport::set_csrf_token(token.to_owned());
        }
    }

    /// Fetches a token for requests where none is known: a page that started from the cache has none.
    pub async fn ensure_csrf_token(self) {
        if !transport::has_csrf_token()
            && let Ok(me) = api::auth::me().await.and_then(api::rest::Reply::into_body)
        {
            transport::set_csrf_token(me.csrf_token);
        }
    }

    /// `user` has signed in in this browser.
    pub fn remember_signed_in(self, user: Uuid) {
        device::remember_signed_in(user);
    }

    /// Calls `then` when somebody signs in in another tab, while the caller lives.
    pub fn when_signed_in_elsewhere(self, then: impl Fn() + 'static) {
        device::when_signed_in_elsewhere(then);
    }

    /// The time of what happens now.
    pub(super) fn clock(self) -> Timestamp {
        let millis = js_sys::Date::now() as i64;
        chrono::DateTime::from_timestamp_millis(millis).map_or(Timestamp::UNIX_EPOCH, to_millis)
    }

    /// Takes a toast away after a while.
    pub(super) fn expire_toast(self, timer: Timer) {
        let over = move || self.toasts.update(|toasts| toasts.expire(timer));
        Timeout::new(timer.seconds * 1000, over).forget();
    }

    pub(super) fn perform(self, effect: Effect) {
        match effect {
            Effect::Open => spawn_local(self.open()),
            Effect::CloseStore => spawn_local(self.close_store()),
            Effect::Write(batch) => begin(self.write(batch)),
            Effect::Send(outgoing) => spawn_local(self.send(*outgoing)),
            Effect::Pull(pull) => spawn_local(self.pull_page(pull)),
            Effect::Lock { steal } => spawn_local(self.lock(steal)),
            Effect::Unlock => parts(|parts| drop(parts.lock.take())),
            Effect::WakeIn(millis) => {
                let timer = Timeout::new(millis, move || {
                    self.step(|engine| engine.wake(self.clock()));
                });
                parts(|parts| *parts.timer.borrow_mut() = Some(timer));
            }
            Effect::Identify => spawn_local(self.identify()),
            Effect::Notify(_) => {}
        }
    }

    async fn write(self, batch: Arc<Batch>) {
        let cache = the_cache();
        let mut slot = cache.lock().await;
        let outcome = match slot.as_mut() {
            Some(cache) => cache.write(&batch).await,
            None => Err(WriteError::Trouble(Trouble::Broken)),
        };
        if parts(|parts| parts.leaving.get()) {
            return;
        }
        match outcome {
            Ok(()) => {
                tell(Hint::Stored);
                if !batch.entries.is_empty() {
                    ask_to_persist();
                }
                self.step(|engine| engine.written(batch.number, self.clock()));
            }
            Err(WriteError::Conflict(stored)) => {
                self.step(|engine| engine.write_conflict(batch.number, *stored, self.clock()));
            }
            Err(WriteError::Trouble(trouble)) => {
                self.step(|engine| engine.write_failed(batch.number, trouble, self.clock()));
            }
        }
    }

    /// One page sends at a time, and knows what the others stored.
    async fn lock(self, steal: bool) {
        let user = self.engine(Engine::owner).unwrap_or_default();
        let asking = parts(|parts| {
            parts.asked_for_lock.update(|count| count + 1);
            parts.asked_for_lock.get()
        });
        let is_last = move || parts(|parts| parts.asked_for_lock.get()) == asking;
        let lost = move || {
            if is_last() {
                parts(|parts| {
                    drop(parts.lock.take());
                    // What is being read under it is not for sending any more.
                    parts.asked_for_lock.update(|count| count + 1);
                });
                self.step(|engine| engine.lock_lost(self.clock()));
            }
        };
        let held = locks::acquire(&format!("hunt-flush-{user}"), steal, lost).await;
        if !is_last() {
            return;
        }
        parts(|parts| *parts.lock.borrow_mut() = held);
        let cache = the_cache();
        let reading = async {
            let mut slot = cache.lock().await;
            self.refresh_from(&mut slot).await;
        };
        // A store that hangs here is no reason for other pages to wait.
        let read = in_time(reading).await;
        if !is_last() {
            return;
        }
        match read {
            Some(()) => self.step(|engine| engine.locked(self.clock())),
            None => self.step(|engine| engine.not_locked(self.clock())),
        }
    }

    async fn send(self, outgoing: Outgoing) {
        let Outgoing {
            key,
            method,
            path,
            if_match,
            if_updated_at,
            body,
        } = outgoing;
        let mut request = transport::Request::new(method, format!("{BASE}{path}"));
        request.if_match = if_match;
        request.if_updated_at = if_updated_at;
        request.idempotency_key = Some(key.to_string());
        request.body = body;
        let answered = transport::exchange(request).await;
        self.step(|engine| engine.answered(key, answered.into(), self.clock(), random()));
    }

    async fn pull_page(self, pull: Pull) {
        let Pull {
            since,
            limit,
            heard_of,
        } = pull;
        let query = SyncQuery {
            since,
            limit: Some(limit),
            kinds: Some(EntityKinds::ALL),
        };
        let url = format!("{BASE}/sync?{}", Query::of(&query).text());
        let mut request = transport::Request::new(http::Method::GET, url);
        request.heard_of = heard_of;
        let answer = transport::send(request).await;
        let page = match &answer {
            Ok(response) => self.take_parts(&response.body).await,
            Err(problem) => Err(problem.clone()),
        };
        match page {
            Ok(page) => self.step(|engine| engine.pulled(page, self.clock())),
            Err(problem) => {
                self.step(|engine| engine.pull_failed(&problem, self.clock(), random()));
            }
        }
    }

    /// Takes in a page of changes part by part, so that the browser is heard in between. Answers the
    /// page without them.
    async fn take_parts(self, text: &str) -> Result<SyncPage, Problem> {
        let read = PageParts::read(text);
        let mut parts =
            read.map_err(|error| Problem::new(ProblemKind::Network, error.to_string()))?;
        while parts.has_more() {
            let part = parts.next_part(PART);
            self.engine.update_value(|engine| engine.pulled_part(part));
            dom::breathe().await;
        }
        Ok(parts.finish())
    }

    /// Asks who is signed in: the same user goes on with a new token, another one ends this page.
    async fn identify(self) {
        match api::auth::me().await.and_then(api::rest::Reply::into_body) {
            Ok(me) => {
                if self.engine(Engine::owner) == Some(me.user.id) {
                    transport::set_csrf_token(me.csrf_token);
                    self.session_is_back();
                }
                self.step(|engine| engine.identified(me.user.id, self.clock()));
                self.step(Engine::pull);
            }
            Err(problem) => {
                self.step(|engine| engine.identify_failed(&problem, self.clock()));
            }
        }
    }
}

/// Whose cache this is, as far as it says so.
fn whose(stored: &Stored) -> Option<Me> {
    let rows = stored.shards.iter().flat_map(|(_, rows)| rows);
    let mut settings = rows.filter_map(|kept| match &kept.row {
        Some(Entity::Settings(settings)) => Some(settings.as_ref().clone()),
        _ => None,
    });
    Some(Me {
        user: stored.meta.user.clone()?,
        settings: settings.next()?,
        csrf_token: String::new(),
    })
}
