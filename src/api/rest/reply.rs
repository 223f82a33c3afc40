//! What a function answers.

#[cfg(feature = "ssr")]
use crate::server::services::ledger::Answer;
use crate::{
    api::answer::Expected,
    domain::{
        cursor::Page,
        error::{Problem, ProblemKind},
    },
};
use uuid::Uuid;

/// What has an address and a version of its own.
pub trait Resource {
    /// What an answer with it brings.
    const EXPECTED: Expected = Expected::Body;
    /// The version, for the `ETag`.
    fn version(&self) -> Option<i64> {
        None
    }
    /// Its id, where it has an address of its own.
    fn id(&self) -> Option<Uuid> {
        None
    }
    /// The address below [`crate::api::BASE`] of the one with this id, for `Location`.
    fn location(_id: Uuid) -> Option<String> {
        None
    }
}

impl<T> Resource for Page<T> {}

impl Resource for () {
    const EXPECTED: Expected = Expected::Nothing;
}

/// What a reply brings.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content<T> {
    Nothing,
    Value(T),
    /// The JSON of one.
    #[cfg(feature = "ssr")]
    Json(String),
}

/// What an endpoint answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply<T> {
    pub(super) status: u16,
    pub(super) content: Content<T>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl<T> Reply<T> {
    /// 200 with a body.
    pub fn ok(body: T) -> Self {
        Self {
            status: 200,
            content: Content::Value(body),
            headers: Vec::new(),
        }
    }

    /// What a mutation is answered under this status: the same again where it had been done before.
    #[cfg(feature = "ssr")]
    pub fn once(status: u16, answer: Answer<T>) -> Self {
        Self {
            status,
            content: match answer {
                Answer::Done(row) => Content::Value(row),
                Answer::Before(json) => Content::Json(json),
            },
            headers: Vec::new(),
        }
    }

    /// A status without a body.
    pub fn bare(status: u16) -> Self {
        Self {
            status,
            content: Content::Nothing,
            headers: Vec::new(),
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The body.
    ///
    /// # Errors
    /// When the answer had none, or is one that was given before.
    pub fn into_body(self) -> Result<T, Problem> {
        match self.content {
            Content::Value(body) => Ok(body),
            _ => Err(Problem::new(ProblemKind::Internal, "The answer was empty.")),
        }
    }
}
