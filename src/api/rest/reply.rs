//! What a function answers.

use crate::{
    api::answer::Expected,
    domain::{
        cursor::Page,
        error::{Problem, ProblemKind},
    },
};

/// What has an address and a version of its own.
pub trait Resource {
    /// What an answer with it brings.
    const EXPECTED: Expected = Expected::Body;
    /// The version, for the `ETag`.
    fn version(&self) -> Option<i64> {
        None
    }
    /// The address below [`crate::api::BASE`], for `Location`.
    fn location(&self) -> Option<String> {
        None
    }
}

impl<T> Resource for Page<T> {}

impl Resource for () {
    const EXPECTED: Expected = Expected::Nothing;
}

/// What an endpoint answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply<T> {
    pub(super) status: u16,
    pub(super) body: Option<T>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl<T> Reply<T> {
    /// 200 with a body.
    pub fn ok(body: T) -> Self {
        Self {
            status: 200,
            body: Some(body),
            headers: Vec::new(),
        }
    }

    /// 201 with the row that was created.
    pub fn created(body: T) -> Self {
        Self {
            status: 201,
            ..Self::ok(body)
        }
    }

    /// A status without a body.
    pub fn bare(status: u16) -> Self {
        Self {
            status,
            body: None,
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
    /// When the answer had none.
    pub fn into_body(self) -> Result<T, Problem> {
        self.body
            .ok_or_else(|| Problem::new(ProblemKind::Internal, "The answer was empty."))
    }
}
