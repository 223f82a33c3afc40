//! The cookies that we set, and how they are read.

use crate::server::config::Config;
use cookie::{Cookie, SameSite};
use http::HeaderMap;

/// What the cookie of a session is called, without a prefix.
pub const SESSION: &str = "jht_session";

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The session's JWT.
    Session,
    /// Binds the code of a sign-in mail to the browser that asked for it.
    SignIn,
}

impl Kind {
    /// Its name. Under HTTPS the prefix makes browsers refuse one set by a sibling host or over
    /// HTTP.
    fn name(self, config: &Config) -> String {
        let bare = match self {
            Self::Session => SESSION,
            Self::SignIn => "jht_sign_in",
        };
        if config.public_url.is_https() {
            format!("__Host-{bare}")
        } else {
            bare.to_owned()
        }
    }
}

/// The `Set-Cookie` value that stores `value` for `lifetime`.
pub fn set(config: &Config, kind: Kind, value: String, lifetime: chrono::Duration) -> String {
    let seconds = cookie::time::Duration::seconds(lifetime.num_seconds());
    Cookie::build((kind.name(config), value))
        .path("/")
        .http_only(true)
        .secure(config.public_url.is_https())
        .same_site(SameSite::Lax)
        .max_age(seconds)
        .build()
        .to_string()
}

/// The `Set-Cookie` value that removes the cookie.
pub fn clear(config: &Config, kind: Kind) -> String {
    set(config, kind, String::new(), chrono::Duration::zero())
}

/// The value of the cookie in a request.
pub fn read(config: &Config, kind: Kind, headers: &HeaderMap) -> Option<String> {
    let name = kind.name(config);
    headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| !value.is_empty())
}
