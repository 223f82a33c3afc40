//! What a request brings to a function besides the parameters of its path.

#[cfg(feature = "ssr")]
use super::parse::{field_error, parse};
#[cfg(feature = "ssr")]
use crate::domain::error::Problem;
use crate::domain::{json, row::Seen};
#[cfg(feature = "ssr")]
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The JSON body, as it came; a function parses it to the type it expects, so that every field
/// that does not fit is named at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body<T> {
    value: serde_json::Value,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

impl<T: Serialize> Body<T> {
    /// The body that says `value`.
    pub fn of(value: &T) -> Self {
        // Our own types are plain data; what cannot be written would be refused by the server.
        Self {
            value: json::value_of(value),
            kind: PhantomData,
        }
    }
}

#[cfg(feature = "ssr")]
impl<T: DeserializeOwned> Body<T> {
    /// The body as its type.
    ///
    /// # Errors
    /// 400 that names every field that does not fit.
    pub fn parse(self) -> Result<T, Problem> {
        // serde would take a list for an object, by the order of its fields.
        if !self.value.is_object() {
            return Err(Problem::field("body", "Send a JSON object."));
        }
        parse(self.value)
    }
}

/// The query string, as it came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Query<T> {
    text: String,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

impl<T: Serialize> Query<T> {
    /// The query that says `value`.
    pub fn of(value: &T) -> Self {
        Self {
            text: serde_urlencoded::to_string(value).unwrap_or_default(),
            kind: PhantomData,
        }
    }

    /// The query string.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(feature = "ssr")]
impl<T: DeserializeOwned> Query<T> {
    /// The query as its type.
    ///
    /// # Errors
    /// 400 that names the parameter that does not fit.
    pub fn parse(self) -> Result<T, Problem> {
        let pairs =
            serde_urlencoded::Deserializer::new(form_urlencoded::parse(self.text.as_bytes()));
        serde_path_to_error::deserialize(pairs).map_err(|error| {
            let (path, message) = (error.path().to_string(), error.into_inner().to_string());
            field_error(&path, &message).into_problem()
        })
    }
}

/// The state of a row that was seen: its version, as `If-Match` carries it, and its time, as
/// [`IF_UPDATED_AT`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub Seen);

/// The header beside `If-Match` that says when the version was made that was seen. After a restored
/// backup the same number may stand for what somebody else made.
pub const IF_UPDATED_AT: &str = "X-If-Updated-At";
