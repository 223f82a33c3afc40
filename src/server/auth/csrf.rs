//! Requests that another site made a browser send: refused by a token that only our pages can
//! read, and by what the browser says of where the request came from.

use crate::{
    domain::error::{Problem, ProblemKind},
    server::{
        config::Config,
        secrets::{self, Keys},
    },
};
use http::{HeaderMap, Method, header};
use uuid::Uuid;

/// The header that carries the token.
pub const HEADER: &str = "X-CSRF-Token";

const PURPOSE: &str = "csrf";

/// The token of a session.
pub fn token(keys: &Keys, session: Uuid) -> String {
    secrets::base64(&keys.sign(PURPOSE, session.as_bytes()))
}

/// Whether a method may change something.
pub fn is_unsafe(method: &Method) -> bool {
    !matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    )
}

/// Checks the token of an unsafe request that is authorised by the cookie.
///
/// # Errors
/// 403 when it is missing or not this session's.
pub fn check_token(keys: &Keys, session: Uuid, headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    let tag = given.and_then(secrets::unbase64);
    match tag {
        Some(tag) if keys.verify(PURPOSE, session.as_bytes(), &tag) => Ok(()),
        _ => Err(Problem::new(
            ProblemKind::Csrf,
            "Send the csrf_token of GET /auth/me in the header X-CSRF-Token.",
        )),
    }
}

/// Refuses a request that a browser says comes from another site. Programs that send neither
/// header pass: they are no browser that could be tricked.
///
/// # Errors
/// 403 for a foreign `Origin` or `Sec-Fetch-Site`.
pub fn check_origin(config: &Config, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let foreign = || Problem::new(ProblemKind::Csrf, "This request came from another site.");
    let fetch_site = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    if fetch_site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(foreign());
    }
    let Some(origin) = text(header::ORIGIN) else {
        return Ok(());
    };
    if origin == config.public_url.origin() {
        return Ok(());
    }
    // The same machine under another name (`localhost` for `127.0.0.1`): what the browser asked
    // for is what it shows. Only while developing: a public name is one name.
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    if config.public_url.is_loopback() && authority.is_some() && authority == text(header::HOST) {
        return Ok(());
    }
    Err(foreign())
}
