//! Problems on the wire: `application/problem+json` (RFC 9457).

use crate::domain::error::{Problem, ProblemKind};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// The media type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

impl FromServerFnError for Problem {
    type Encoder = JsonEncoding;

    /// What the framework itself can complain about. Our protocol answers everything that a
    /// request can cause, so this is a mistake of ours or a connection that broke.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(detail) => Self::new(ProblemKind::Network, detail),
            other => Self::new(ProblemKind::Internal, other.to_string()),
        }
    }
}

#[cfg(feature = "ssr")]
impl axum::response::IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let status = http::StatusCode::from_u16(self.kind.status())
            .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response =
            (status, [(http::header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(http::header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
