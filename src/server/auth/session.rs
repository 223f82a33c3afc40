//! Sessions: a row a sign-in, and a JWT that carries its id. The row is checked on every request,
//! so that signing out really ends it.

use crate::{
    domain::{
        error::{Problem, ProblemKind},
        time::Timestamp,
    },
    server::{AppState, db::tenant::Owner, secrets::Keys},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A session ends after this, however busy it is.
pub const ABSOLUTE_LIFETIME: chrono::Duration = chrono::Duration::days(30);

/// `last_seen_at` is written at most this often.
const TOUCH_EVERY: chrono::Duration = chrono::Duration::minutes(1);

/// A session that was checked for this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its row.
    pub id: Uuid,
    /// Whose it is.
    pub owner: Owner,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    /// The user.
    sub: Uuid,
    /// The session.
    sid: Uuid,
    /// Issued at, in seconds.
    iat: i64,
    /// Ends at, in seconds: the session's absolute end.
    exp: i64,
}

const PURPOSE: &str = "session-jwt";

/// The JWT for a session.
///
/// # Errors
/// When it cannot be signed, which does not happen with HMAC.
pub fn issue(
    keys: &Keys,
    user_id: Uuid,
    session_id: Uuid,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<String, Problem> {
    let claims = Claims {
        sub: user_id,
        sid: session_id,
        iat: now.timestamp(),
        exp: expires_at.timestamp(),
    };
    let key = EncodingKey::from_secret(&keys.derive(PURPOSE));
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).map_err(|error| {
        tracing::error!(%error, "a session token could not be signed");
        Problem::new(ProblemKind::Internal, "You were not signed in. Try again.")
    })
}

/// Checks a JWT and the session behind it; where the request says who sends it, that it is theirs.
///
/// # Errors
/// 401 for whatever is wrong with it, without saying what; 401 `OtherUser` for a session that is
/// good, but not `expected`'s.
pub async fn authenticate(
    state: &AppState,
    token: &str,
    expected: Option<Uuid>,
) -> Result<Session, Problem> {
    let unauthorized = || {
        Problem::new(
            ProblemKind::Unauthorized,
            "Your session has ended. Sign in again.",
        )
    };
    let mut validation = Validation::new(Algorithm::HS256);
    // The row decides, by the injected clock.
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(&state.keys.derive(PURPOSE));
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|_| unauthorized())?
        .claims;
    let row = state
        .db
        .find_session(claims.sub, claims.sid)
        .await?
        .ok_or_else(unauthorized)?;
    let now = state.clock.now();
    let idle = chrono::Duration::minutes(row.session_timeout_mins.into());
    if row.revoked_at.is_some() || row.expires_at <= now || row.last_seen_at + idle <= now {
        return Err(unauthorized());
    }
    // Before the session counts as used: a page that somebody left open must not keep it alive.
    if expected.is_some_and(|user_id| user_id != claims.sub) {
        return Err(Problem::new(
            ProblemKind::OtherUser,
            "Another account is signed in here. Nothing was read or changed.",
        ));
    }
    if row.last_seen_at + TOUCH_EVERY <= now {
        // A request must not fail because this note could not be made.
        let noted = state.db.touch_session(claims.sub, claims.sid, now).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "a session's use was not noted");
        }
    }
    Ok(Session {
        id: claims.sid,
        owner: Owner::vouched(claims.sub),
    })
}
