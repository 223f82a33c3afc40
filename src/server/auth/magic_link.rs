//! Sign-in by mail: a link that works anywhere, and a code that works in the browser that asked.
//! Both are used up by a POST, since mail scanners follow links.

use super::{caller::Visitor, cookies, csrf, session};
use crate::{
    domain::{
        error::{Problem, ProblemKind},
        time::Timestamp,
        user::{Email, User},
    },
    server::{
        db::accounts::{Beginnings, NewSignInToken, SignInToken, TokenKey},
        mail::sign_in_mail,
        secrets,
    },
};
use uuid::Uuid;

/// How long a link and its code work.
pub const LIFETIME: chrono::Duration = chrono::Duration::minutes(15);
/// Wrong codes after which the mail's code is dead; its link still works.
const CODE_TRIES: i32 = 5;

/// What the browser brings back from the mail.
pub enum Proof {
    /// The token of the link.
    Token(String),
    /// The six digits.
    Code(String),
}

/// A sign-in that worked.
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// Whether the account began with it.
    pub is_new: bool,
    /// The session's JWT.
    pub jwt: String,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// Mails a link and a code. The same answer, by the same path, whether or not the address is
/// known. Returns the value of the cookie that binds the code to this browser.
///
/// # Errors
/// 403 from another site, 429 when asked too often, 503 when mail does not leave.
pub async fn request(visitor: &Visitor, email: &Email) -> Result<String, Problem> {
    let state = &visitor.state;
    csrf::check_origin(&state.config, &visitor.parts.headers)?;
    state
        .limits
        .sign_in_mail(email.as_str(), visitor.client())?;
    let now = state.clock.now();
    let (token, code, browser) = (
        secrets::random_token(),
        secrets::random_code(),
        secrets::random_token(),
    );
    state
        .db
        .insert_sign_in_token(&NewSignInToken {
            email: email.clone(),
            token_hash: secrets::sha256(token.as_bytes()),
            code_hash: code_hash(&browser, &code),
            browser_hash: secrets::sha256(browser.as_bytes()),
            created_at: now,
            expires_at: now + LIFETIME,
        })
        .await?;
    let link = format!("{}/sign-in/verify?token={token}", state.config.public_url);
    state
        .mailer
        .send(sign_in_mail(email, &link, &code))
        .await
        .map_err(|error| {
            tracing::error!(%error, "a sign-in mail did not leave");
            Problem::new(
                ProblemKind::Unavailable,
                "The mail could not be sent. Try again in a minute.",
            )
        })?;
    Ok(browser)
}

/// Signs in with what the mail brought. An account that begins by it begins as `beginnings` says.
///
/// # Errors
/// 403 from another site, 429 when tried too often, 400 naming `token` or `code` when it is wrong,
/// used or too old, or `timezone` where there is no such zone; that uses nothing up.
pub async fn verify(
    visitor: &Visitor,
    proof: &Proof,
    beginnings: &Beginnings,
) -> Result<SignedIn, Problem> {
    let state = &visitor.state;
    csrf::check_origin(&state.config, &visitor.parts.headers)?;
    let zone = beginnings.timezone.rules().map(drop);
    zone.map_err(|why| Problem::field("timezone", why))?;
    state.limits.verification(visitor.client())?;
    let now = state.clock.now();
    let token = match proof {
        Proof::Token(token) => by_link(visitor, token, now).await,
        Proof::Code(code) => by_code(visitor, code, now).await,
    };
    let token = match token {
        Ok(token) => token,
        Err(problem) => {
            state.db.audit(None, "sign_in_failed", now).await?;
            return Err(problem);
        }
    };
    let session_id = Uuid::new_v4();
    let expires_at = now + session::ABSOLUTE_LIFETIME;
    let user_agent = visitor
        .parts
        .headers
        .get(http::header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .map(|agent| agent.chars().take(300).collect::<String>());
    let (user, is_new) = state
        .db
        .sign_in(
            &token,
            beginnings,
            session_id,
            user_agent.as_deref(),
            now,
            expires_at,
        )
        .await?
        .ok_or_else(|| Problem::field("token", "This link was used already. Ask for a new one."))?;
    let jwt = session::issue(&state.keys, user.id, session_id, now, expires_at)?;
    Ok(SignedIn {
        user,
        is_new,
        jwt,
        expires_at,
    })
}

async fn by_link(visitor: &Visitor, token: &str, now: Timestamp) -> Result<SignInToken, Problem> {
    let key = TokenKey::Link(secrets::sha256(token.as_bytes()));
    match visitor.state.db.find_sign_in_token(&key).await? {
        Some(found) if found.consumed_at.is_some() => Err(Problem::field(
            "token",
            "This link was used already. Ask for a new one.",
        )),
        Some(found) if found.expires_at > now => Ok(found),
        Some(_) => Err(Problem::field(
            "token",
            "This link is too old. Ask for a new one.",
        )),
        None => Err(Problem::field(
            "token",
            "This link does not work. Ask for a new one.",
        )),
    }
}

async fn by_code(visitor: &Visitor, code: &str, now: Timestamp) -> Result<SignInToken, Problem> {
    use subtle::ConstantTimeEq;
    let dead = || Problem::field("code", "This code no longer works. Ask for a new mail.");
    let config = &visitor.state.config;
    let browser =
        cookies::read(config, cookies::Kind::SignIn, &visitor.parts.headers).ok_or_else(|| {
            Problem::field(
                "code",
                "A code works only in the browser that asked for it.",
            )
        })?;
    let key = TokenKey::Browser(secrets::sha256(browser.as_bytes()));
    let found = visitor
        .state
        .db
        .find_sign_in_token(&key)
        .await?
        .ok_or_else(dead)?;
    if found.consumed_at.is_some() || found.expires_at <= now {
        return Err(dead());
    }
    if !visitor
        .state
        .db
        .spend_code_attempt(found.id, CODE_TRIES)
        .await?
    {
        return Err(dead());
    }
    let given = code_hash(&browser, code.trim());
    if bool::from(given.as_slice().ct_eq(&found.code_hash)) {
        Ok(found)
    } else {
        Err(Problem::field("code", "That is not the code in the mail."))
    }
}

/// The code is short, so its hash is salted with the browser's 256 random bits.
fn code_hash(browser: &str, code: &str) -> [u8; 32] {
    secrets::sha256(format!("{browser}:{code}").as_bytes())
}
