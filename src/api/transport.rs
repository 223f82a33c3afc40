//! One `fetch`: the only place of the client that speaks HTTP.

use crate::domain::error::{Problem, ProblemKind};
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
    /// What makes sending it twice harmless.
    pub idempotency_key: Option<String>,
    /// The JSON body.
    pub body: Option<String>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: http::Method, url: String) -> Self {
        Self {
            method,
            url,
            if_match: None,
            idempotency_key: None,
            body: None,
        }
    }
}

/// A success.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status, 200 to 299.
    pub status: u16,
    /// The body; empty when there was none.
    pub body: String,
}

/// How long an answer may take, in milliseconds.
const TIMEOUT_MS: u32 = 30_000;

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
    SendWrapper::new(fetch(request)).await
}

async fn fetch(request: Request) -> Result<Response, Problem> {
    let broken = |error: JsValue| {
        let detail = error.dyn_ref::<js_sys::Error>().map_or_else(
            || "The server did not answer.".to_owned(),
            |error| String::from(error.message()),
        );
        Problem::new(ProblemKind::Network, detail)
    };
    let init = web_sys::RequestInit::new();
    init.set_method(request.method.as_str());
    init.set_credentials(web_sys::RequestCredentials::SameOrigin);
    let headers = web_sys::Headers::new().map_err(broken)?;
    headers.set("accept", "application/json").map_err(broken)?;
    if let Some(body) = &request.body {
        headers
            .set("content-type", "application/json")
            .map_err(broken)?;
        init.set_body(&JsValue::from_str(body));
    }
    if let Some(version) = request.if_match {
        headers
            .set("if-match", &format!("W/\"{version}\""))
            .map_err(broken)?;
    }
    if let Some(key) = &request.idempotency_key {
        headers.set("idempotency-key", key).map_err(broken)?;
    }
    if let Some(user) = USER.get() {
        headers
            .set("x-user-id", &user.to_string())
            .map_err(broken)?;
    }
    if request.method != http::Method::GET
        && let Some(token) = CSRF_TOKEN.with_borrow(Clone::clone)
    {
        headers.set("x-csrf-token", &token).map_err(broken)?;
    }
    init.set_headers(&headers);
    // A connection that hangs is one that is lost.
    init.set_signal(Some(&web_sys::AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    let small = request
        .body
        .as_ref()
        .is_none_or(|body| body.len() < KEEPALIVE_MAX);
    if request.method != http::Method::GET && small {
        // A change that is under way is finished even if the page is left. web-sys has no setter.
        js_sys::Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE).map_err(broken)?;
    }
    let window = web_sys::window().ok_or_else(|| broken(JsValue::NULL))?;
    let answer = JsFuture::from(window.fetch_with_str_and_init(&request.url, &init))
        .await
        .map_err(broken)?;
    let answer: web_sys::Response = answer.dyn_into().map_err(broken)?;
    let status = answer.status();
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .ok()
            .flatten()
            .unwrap_or_default()
    };
    let kind = header("content-type");
    let retry_after = header("retry-after").parse().ok();
    let body = JsFuture::from(answer.text().map_err(broken)?)
        .await
        .map_err(broken)?;
    let body = body.as_string().unwrap_or_default();
    let json = kind.contains("json");
    if (200..300).contains(&status) && (body.is_empty() || json) {
        return Ok(Response { status, body });
    }
    match serde_json::from_str::<Problem>(&body) {
        Ok(problem) if json => Err(Problem {
            retry_after,
            ..problem
        }),
        _ if status >= 500 => Err(Problem {
            retry_after,
            ..Problem::new(ProblemKind::Unavailable, "The server is not available.")
        }),
        _ => Err(Problem::new(
            ProblemKind::Network,
            "Something between you and the server answered instead of it.",
        )),
    }
}
