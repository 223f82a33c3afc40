//! One `fetch`: the only place of the client that speaks HTTP.

use super::{
    answer::{self, Answered, Expected, Head, POSITION, Response},
    rest::IF_UPDATED_AT,
};
use crate::domain::{
    error::Problem,
    position::Positions,
    time::{Timestamp, write_timestamp},
};
use send_wrapper::SendWrapper;
use std::cell::{Cell, RefCell};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What is sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: http::Method,
    /// The path and query.
    pub url: String,
    /// The version that the user saw.
    pub if_match: Option<i64>,
    /// When the server made it.
    pub if_updated_at: Option<Timestamp>,
    /// Places of the user's history of which the page has heard.
    pub heard_of: Positions,
    /// What makes sending it twice harmless.
    pub idempotency_key: Option<String>,
    /// The JSON body.
    pub body: Option<String>,
    /// What its success brings.
    pub expected: Expected,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: http::Method, url: String) -> Self {
        Self {
            expected: Expected::of(&method),
            method,
            url,
            if_match: None,
            if_updated_at: None,
            heard_of: Positions::default(),
            idempotency_key: None,
            body: None,
        }
    }
}

/// Browsers refuse `keepalive` where all such bodies together exceed 64 KiB; a larger body goes
/// without.
const KEEPALIVE_MAX: usize = 8 * 1024;

thread_local! {
    /// The session's CSRF token, once it is known.
    static CSRF_TOKEN: RefCell<Option<String>> = const { RefCell::new(None) };
    /// The user in whose name this page speaks.
    static USER: Cell<Option<Uuid>> = const { Cell::new(None) };
}

/// From now on every request says in whose name it comes: under another user's session it is
/// refused, rather than answered with their data.
pub fn set_user(user: Option<Uuid>) {
    USER.set(user);
}

/// Remembers the token for every unsafe request from now on.
pub fn set_csrf_token(token: String) {
    CSRF_TOKEN.with_borrow_mut(|slot| *slot = Some(token));
}

/// Whether a token is known.
pub fn has_csrf_token() -> bool {
    CSRF_TOKEN.with_borrow(Option::is_some)
}

/// Sends a request and waits for its answer.
///
/// # Errors
/// The server's problem; `Network` when no answer came, or one that is not ours (the page of a
/// captive portal, say).
pub async fn send(request: Request) -> Result<Response, Problem> {
    exchange(request).await.result
}

/// The same, with the server's time, and where the user's history stood.
pub async fn exchange(request: Request) -> Answered {
    let answer = SendWrapper::new(fetch(request)).await;
    answer.unwrap_or_else(|error| Answered::lost(why_lost(&error)))
}

/// Why no answer came, for people: the browser's own words are not for them.
fn why_lost(error: &JsValue) -> &'static str {
    let error = error.dyn_ref::<web_sys::DomException>();
    match error.map(web_sys::DomException::name).as_deref() {
        Some("TimeoutError") => "The server took too long to answer.",
        _ => "No connection to the server.",
    }
}

/// The error is that no answer came.
async fn fetch(request: Request) -> Result<Answered, JsValue> {
    let init = web_sys::RequestInit::new();
    init.set_method(request.method.as_str());
    init.set_credentials(web_sys::RequestCredentials::SameOrigin);
    let headers = web_sys::Headers::new()?;
    headers.set("accept", "application/json")?;
    if let Some(body) = &request.body {
        headers.set("content-type", "application/json")?;
        init.set_body(&JsValue::from_str(body));
    }
    if let Some(version) = request.if_match {
        headers.set("if-match", &format!("W/\"{version}\""))?;
    }
    if let Some(at) = request.if_updated_at {
        headers.set(IF_UPDATED_AT, &write_timestamp(at))?;
    }
    if !request.heard_of.is_empty() {
        headers.set(POSITION, &request.heard_of.to_string())?;
    }
    if let Some(key) = &request.idempotency_key {
        headers.set("idempotency-key", key)?;
    }
    if let Some(user) = USER.get() {
        headers.set("x-user-id", &user.to_string())?;
    }
    if request.method != http::Method::GET
        && let Some(token) = CSRF_TOKEN.with_borrow(Clone::clone)
    {
        headers.set("x-csrf-token", &token)?;
    }
    init.set_headers(&headers);
    let bytes = request.body.as_ref().map_or(0, String::len);
    let timeout = answer::timeout(bytes);
    init.set_signal(Some(&web_sys::AbortSignal::timeout_with_u32(timeout)));
    let small = request
        .body
        .as_ref()
        .is_none_or(|body| body.len() < KEEPALIVE_MAX);
    if request.method != http::Method::GET && small {
        // A change that is under way is finished even if the page is left. web-sys has no setter.
        js_sys::Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE)?;
    }
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let answer = JsFuture::from(window.fetch_with_str_and_init(&request.url, &init)).await?;
    let answer: web_sys::Response = answer.dyn_into()?;
    let headers = answer.headers();
    let head = Head::read(answer.status(), |name| headers.get(name).ok().flatten());
    let body = JsFuture::from(answer.text()?).await?;
    let body = body.as_string().unwrap_or_default();
    Ok(answer::read(request.expected, &head, body))
}
