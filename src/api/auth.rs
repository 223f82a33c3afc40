//! `/auth`.

use super::rest::{Body, Get, Post, Reply, Resource, Rest};
use crate::domain::{
    error::Problem,
    settings::WeekStart,
    time::{Timestamp, ZoneName},
    user::{Email, Me, User},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The body of `POST /auth/magic-link`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MagicLinkRequest {
    /// Where to send the link.
    pub email: Email,
}

/// The body of `POST /auth/magic-link/verify`: a token or a code, and what the browser knows of the
/// person, for an account that begins by it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "ssr", schemars(extend("oneOf" = [
    { "required": ["token"], "properties": { "token": { "type": "string" }, "code": { "type": "null" } } },
    { "required": ["code"], "properties": { "code": { "type": "string" }, "token": { "type": "null" } } },
])))]
#[serde(deny_unknown_fields)]
pub struct MagicLinkVerify {
    /// The `token` of the link in the mail.
    #[cfg_attr(feature = "ssr", schemars(regex(pattern = "^[A-Za-z0-9_-]{43}$")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The six digits in the mail; only in the browser that asked for it.
    #[cfg_attr(feature = "ssr", schemars(regex(pattern = "^[0-9]{6}$")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The zone in which the person is. An account that is there already keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<ZoneName>,
    /// The day with which weeks begin where the person is. The same holds of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_start: Option<WeekStart>,
}

/// The answer of `POST /auth/magic-link/verify`. The session is also set as a cookie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct SignedIn {
    /// Who signed in.
    pub user: User,
    /// Whether the account began with this sign-in.
    pub is_new: bool,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
}

impl Resource for SignedIn {}
impl Resource for Me {}

/// Mails a sign-in link. The answer is the same whether or not the address is known.
#[server(endpoint = "/auth/magic-link", protocol = Rest<Post>)]
pub async fn request_magic_link(body: Body<MagicLinkRequest>) -> Result<Reply<()>, Problem> {
    use crate::server::auth::{caller::visitor, cookies, magic_link};
    let visitor = visitor()?;
    let browser = magic_link::request(&visitor, &body.parse()?.email).await?;
    let config = &visitor.state.config;
    let cookie = cookies::set(config, cookies::Kind::SignIn, browser, magic_link::LIFETIME);
    Ok(Reply::bare(202).header("set-cookie", cookie))
}

/// Uses up a link or a code, and starts a session.
#[server(endpoint = "/auth/magic-link/verify", protocol = Rest<Post>)]
pub async fn verify_magic_link(body: Body<MagicLinkVerify>) -> Result<Reply<SignedIn>, Problem> {
    use crate::server::{
        auth::{caller::visitor, cookies, magic_link, session},
        db::accounts::Beginnings,
    };
    let body = body.parse()?;
    let beginnings = Beginnings {
        timezone: body.timezone.unwrap_or_default(),
        week_start: body.week_start.unwrap_or_default(),
    };
    let proof = match (body.token, body.code) {
        (Some(token), None) => magic_link::Proof::Token(token),
        (None, Some(code)) => magic_link::Proof::Code(code),
        _ => return Err(Problem::field("token", "Send either token or code.")),
    };
    let visitor = visitor()?;
    let signed_in = magic_link::verify(&visitor, &proof, &beginnings).await?;
    let config = &visitor.state.config;
    let cookie = cookies::set(
        config,
        cookies::Kind::Session,
        signed_in.jwt,
        session::ABSOLUTE_LIFETIME,
    );
    Ok(Reply::ok(SignedIn {
        user: signed_in.user,
        is_new: signed_in.is_new,
        expires_at: signed_in.expires_at,
    })
    .header("set-cookie", cookie)
    .header("set-cookie", cookies::clear(config, cookies::Kind::SignIn)))
}

/// Ends the session.
#[server(endpoint = "/auth/logout", protocol = Rest<Post>)]
pub async fn logout() -> Result<Reply<()>, Problem> {
    use crate::server::auth::{caller::caller, cookies};
    let caller = caller().await?;
    let session = caller.session;
    caller
        .state
        .db
        .revoke_session(session.owner.user_id(), session.id, caller.now)
        .await?;
    let cookie = cookies::clear(&caller.state.config, cookies::Kind::Session);
    Ok(Reply::bare(204).header("set-cookie", cookie))
}

/// Who is signed in, and what a page needs to go on.
#[server(name = GetMe, endpoint = "/auth/me", protocol = Rest<Get>)]
pub async fn me() -> Result<Reply<Me>, Problem> {
    use crate::server::{auth::caller::caller, services::settings};
    let caller = caller().await?;
    settings::me(&caller.context(), caller.session)
        .await
        .map(Reply::ok)
}
