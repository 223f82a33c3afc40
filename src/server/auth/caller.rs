//! What a server function knows of the request that it answers.

use super::{cookies, csrf, session, session::Session};
use crate::{
    api::answer::POSITION,
    domain::{
        error::{Problem, ProblemKind},
        position::{MOST, Positions},
        time::Timestamp,
    },
    server::{
        AppState,
        services::{Context, Reached, ledger::MutationKey},
    },
};
use axum::extract::ConnectInfo;
use http::{HeaderMap, header, request::Parts};
use leptos::prelude::use_context;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use uuid::Uuid;

/// The header by which a client says whose answer it waits for. In a browser several pages share
/// one cookie: without it, one that was opened under Jane would send and get what is Joe's, once he
/// has signed in beside it.
pub const USER_HEADER: &str = "X-User-Id";

/// A request before anybody is known to be behind it.
pub struct Visitor {
    /// The parts of the server.
    pub state: AppState,
    /// The request's head.
    pub parts: Parts,
}

/// A signed-in user's request.
pub struct Caller {
    /// The parts of the server.
    pub state: AppState,
    /// The session that was checked.
    pub session: Session,
    /// The idempotency key of the request, if it has one.
    pub mutation: Option<MutationKey>,
    /// What its answer says of the user's history.
    pub reached: Option<Reached>,
    /// The time of the request.
    pub now: Timestamp,
}

impl Caller {
    /// What services need of it.
    pub fn context(&self) -> Context<'_> {
        Context {
            db: &self.state.db,
            keys: &self.state.keys,
            owner: self.session.owner,
            mutation: self.mutation.as_ref(),
            reached: self.reached.as_ref(),
            now: self.now,
        }
    }
}

/// The request that is being answered, by a server function or while a page is rendered.
///
/// # Errors
/// 500 outside a request, which is a mistake of ours.
pub fn visitor() -> Result<Visitor, Problem> {
    let (Some(state), Some(parts)) = (use_context::<AppState>(), use_context::<Parts>()) else {
        tracing::error!("a server function ran outside a request");
        return Err(Problem::new(
            ProblemKind::Internal,
            "Nothing was changed. Try again.",
        ));
    };
    Ok(Visitor { state, parts })
}

/// The signed-in user behind the request. Checks the session and, for an unsafe method that is
/// authorised by the cookie, where the request came from.
///
/// # Errors
/// 401 without a session, or with another user's than [`USER_HEADER`] names; 400 for such a header
/// that is none; 403 for a request that another site caused.
pub async fn caller() -> Result<Caller, Problem> {
    let (mutation, reached) = (use_context(), use_context());
    visitor()?.authenticate(mutation, reached).await
}

/// The signed-in user behind a request that changes a reminder, which is counted.
///
/// # Errors
/// As [`caller`]; 429 with the seconds to wait for too many.
pub async fn reminder_writer() -> Result<Caller, Problem> {
    let client = visitor()?.client();
    let caller = caller().await?;
    let user = caller.session.owner.user_id();
    caller.state.limits.reminder_write(user, client)?;
    Ok(caller)
}

/// The places of the user's history that the request says to know ([`POSITION`]).
///
/// # Errors
/// 400 for a header that names none; 500 outside a request.
pub fn heard_of() -> Result<Positions, Problem> {
    let headers = visitor()?.parts.headers;
    let mut positions = Positions::default();
    // Of several lines each is a list (RFC 9110 §5.3).
    for value in headers.get_all(POSITION) {
        let text = value.to_str().map_err(|error| error.to_string());
        let told = text.and_then(|text| text.trim().parse::<Positions>());
        positions.join(&told.map_err(|error| Problem::field(POSITION, error))?);
    }
    if positions.are_too_many() {
        return Err(Problem::field(POSITION, format!("Send at most {MOST}.")));
    }
    Ok(positions)
}

impl Visitor {
    /// The signed-in user behind it.
    ///
    /// # Errors
    /// As [`caller`].
    pub async fn authenticate(
        self,
        mutation: Option<MutationKey>,
        reached: Option<Reached>,
    ) -> Result<Caller, Problem> {
        let Self { state, parts } = self;
        let session = session_of(&state, &parts).await?;
        let now = state.clock.now();
        Ok(Caller {
            state,
            session,
            mutation,
            reached,
            now,
        })
    }

    /// The client's address, as far as it is known.
    pub fn client(&self) -> IpAddr {
        if self.state.config.trust_proxy
            // Proxies append, some as a line of its own: the last element of the last line is ours.
            && let Some(forwarded) = self.parts.headers.get_all("x-forwarded-for").iter().next_back()
            && let Ok(list) = forwarded.to_str()
            && let Some(last) = list.rsplit(',').next()
            && let Ok(address) = last.trim().parse()
        {
            return address;
        }
        self.parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip())
    }
}

/// The session of a request: the bearer token if there is one (cookies are then ignored), else the
/// cookie.
///
/// # Errors
/// As [`caller`].
pub async fn session_of(state: &AppState, parts: &Parts) -> Result<Session, Problem> {
    let missing = || Problem::new(ProblemKind::Unauthorized, "Sign in first.");
    let expected = expected_user(&parts.headers)?;
    if let Some(token) = bearer(&parts.headers) {
        return session::authenticate(state, token, expected).await;
    }
    let token =
        cookies::read(&state.config, cookies::Kind::Session, &parts.headers).ok_or_else(missing)?;
    let session = session::authenticate(state, &token, expected).await?;
    // After that: the page of another user has another session's token, and a new one is no help.
    if csrf::is_unsafe(&parts.method) {
        csrf::check_origin(&state.config, &parts.headers)?;
        csrf::check_token(&state.keys, session.id, &parts.headers)?;
    }
    Ok(session)
}

/// Whom the request names in [`USER_HEADER`].
fn expected_user(headers: &HeaderMap) -> Result<Option<Uuid>, Problem> {
    let mut values = headers.get_all(USER_HEADER).iter();
    let id = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value
            .to_str()
            .ok()
            .and_then(|text| text.trim().parse().ok()),
        // Two users are no user.
        (Some(_), Some(_)) => None,
    };
    id.map(Some)
        .ok_or_else(|| Problem::field(USER_HEADER, "Send the user's id, as GET /auth/me has it."))
}

/// The token of `Authorization: Bearer …`; the scheme's case does not matter (RFC 9110 §11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
