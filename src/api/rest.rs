//! The protocol that makes a server function a REST endpoint.
//!
//! A function's arguments come from the request by their names: `body` is the JSON body, `query`
//! the query string, `if_match` the version in `If-Match`; any other name is a path parameter. What
//! it returns decides status and headers ([`Reply`]).

use super::answer::Expected;
use crate::domain::error::Problem;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use uuid::Uuid;

/// A method of HTTP, as a type.
pub trait Verb: Send + Sync + 'static {
    /// The method.
    const METHOD: http::Method;
    /// Whether `If-Match` must be sent.
    const NEEDS_VERSION: bool = false;
    /// Whether a body is read.
    const HAS_BODY: bool = false;
}

macro_rules! verb {
    ($(#[$meta:meta])* $name:ident, $method:ident, $version:literal, $body:literal) => {
        $(#[$meta])*
        pub struct $name;
        impl Verb for $name {
            const METHOD: http::Method = http::Method::$method;
            const NEEDS_VERSION: bool = $version;
            const HAS_BODY: bool = $body;
        }
    };
}
verb!(/// Reads.
    Get, GET, false, false);
verb!(/// Creates, or does something.
    Post, POST, false, true);
verb!(/// Changes a version.
    Patch, PATCH, true, true);
verb!(/// Deletes a version.
    Delete, DELETE, true, false);

/// The protocol, for one method.
pub struct Rest<V>(PhantomData<V>);

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
            value: serde_json::to_value(value).unwrap_or_default(),
            kind: PhantomData,
        }
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

/// A row's version, as `If-Match` carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub i64);

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
    /// The address below [`super::BASE`] of the one with this id, for `Location`.
    fn location(_id: Uuid) -> Option<String> {
        None
    }
}

/// What a reply brings.
#[derive(Clone, Debug, PartialEq)]
enum Content<T> {
    Nothing,
    Value(T),
    /// The JSON of one.
    #[cfg(feature = "ssr")]
    Json(String),
}

/// What an endpoint answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply<T> {
    status: u16,
    content: Content<T>,
    headers: Vec<(&'static str, String)>,
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

    /// A status without a body.
    pub fn bare(status: u16) -> Self {
        Self {
            status,
            content: Content::Nothing,
            headers: Vec::new(),
        }
    }

    /// What a mutation is answered under this status: the same again where it had been done before.
    #[cfg(feature = "ssr")]
    pub fn once(status: u16, answer: crate::server::services::ledger::Answer<T>) -> Self {
        use crate::server::services::ledger::Answer;
        Self {
            status,
            content: match answer {
                Answer::Done(row) => Content::Value(row),
                Answer::Before(json) => Content::Json(json),
            },
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
            _ => Err(Problem::new(
                crate::domain::error::ProblemKind::Internal,
                "The answer was empty.",
            )),
        }
    }
}

#[cfg(feature = "ssr")]
mod server {
    use super::{Body, Content, Query, Reply, Resource, Rest, Verb, parse::parse};
    use crate::{
        domain::error::{Problem, ProblemKind},
        server::{
            secrets,
            services::ledger::{MAX_KEY, MutationKey},
        },
    };
    use axum::{
        extract::{FromRequestParts, RawPathParams},
        response::IntoResponse,
    };
    use http::{HeaderMap, HeaderValue, Request, Response, header, request::Parts};
    use leptos::prelude::provide_context;
    use serde::{Deserialize, Serialize, de::DeserializeOwned};
    use serde_json::{Map, Value};
    use server_fn::{Protocol, axum::AxumServerFnBackend, client::Client};
    use std::future::Future;
    use uuid::Uuid;

    /// The largest body, in bytes.
    pub const MAX_BODY: usize = 256 * 1024;

    impl<V, Input, Output, C> Protocol<Input, Reply<Output>, C, AxumServerFnBackend, Problem>
        for Rest<V>
    where
        V: Verb,
        Input: DeserializeOwned + Send,
        Output: Serialize + Resource + Send,
        C: Client<Problem>,
    {
        const METHOD: http::Method = V::METHOD;

        async fn run_server<F, Fut>(
            request: Request<axum::body::Body>,
            server_fn: F,
        ) -> Result<Response<axum::body::Body>, Problem>
        where
            F: Fn(Input) -> Fut + Send,
            Fut: Future<Output = Result<Reply<Output>, Problem>> + Send,
        {
            let (mut parts, body) = request.into_parts();
            let instance = parts
                .headers
                .get("x-request-id")
                .and_then(|id| id.to_str().ok())
                .map(ToOwned::to_owned);
            let answer = match read::<V, Input>(&mut parts, body).await {
                Ok(input) => server_fn(input).await,
                Err(problem) => Err(problem),
            };
            let response = match answer.and_then(write) {
                Ok(response) => response,
                Err(problem) => Problem {
                    instance,
                    ..problem
                }
                .into_response(),
            };
            Ok(response)
        }

        async fn run_client(_: &str, _: Input) -> Result<Reply<Output>, Problem> {
            Err(Problem::new(
                ProblemKind::Internal,
                "The server does not call itself.",
            ))
        }
    }

    /// Gathers the function's arguments from the request, and notes its idempotency key.
    async fn read<V: Verb, Input: DeserializeOwned>(
        parts: &mut Parts,
        body: axum::body::Body,
    ) -> Result<Input, Problem> {
        let mut arguments = Map::new();
        let path = RawPathParams::from_request_parts(parts, &())
            .await
            .map_err(|error| Problem::field("path", error.to_string()))?;
        for (name, value) in &path {
            arguments.insert(name.to_owned(), Value::String(value.to_owned()));
        }
        let version = if_match(&parts.headers)?;
        if V::NEEDS_VERSION {
            let version = version.ok_or_else(|| {
                Problem::new(
                    ProblemKind::PreconditionRequired,
                    "Send the version that you saw (the ETag) in If-Match.",
                )
            })?;
            arguments.insert("if_match".into(), version.into());
        }
        let query = parts.uri.query().unwrap_or_default();
        arguments.insert("query".into(), query.into());
        let bytes = if V::HAS_BODY {
            read_body(&parts.headers, body).await?
        } else {
            Vec::new()
        };
        if V::HAS_BODY {
            let value = if bytes.is_empty() {
                Value::Object(Map::new())
            } else {
                serde_json::from_slice(&bytes)
                    .map_err(|error| Problem::field("body", format!("This is no JSON: {error}.")))?
            };
            arguments.insert("body".into(), value);
        }
        if let Some(key) = idempotency_key::<V>(parts, version, &bytes)? {
            provide_context(key);
        }
        parse(Value::Object(arguments))
    }

    async fn read_body(headers: &HeaderMap, body: axum::body::Body) -> Result<Vec<u8>, Problem> {
        let bytes = axum::body::to_bytes(body, MAX_BODY)
            .await
            .map_err(|_| Problem::new(ProblemKind::PayloadTooLarge, "A body may have 256 KiB."))?;
        let json = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if !bytes.is_empty() && !json {
            return Err(Problem::new(
                ProblemKind::UnsupportedMediaType,
                "Send the body as Content-Type: application/json.",
            ));
        }
        Ok(bytes.into())
    }

    /// `2`, `"2"` and `W/"2"` are all version 2: one number names one state, so weak and strong
    /// mean the same here.
    fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
        let Some(value) = headers.get(header::IF_MATCH) else {
            return Ok(None);
        };
        let text = value.to_str().unwrap_or_default().trim();
        let quoted = |tag: &'_ str| Some(tag.strip_prefix('"')?.strip_suffix('"')?.to_owned());
        let digits = match text.strip_prefix("W/") {
            Some(tag) => quoted(tag),
            None => quoted(text).or_else(|| Some(text.to_owned())),
        };
        digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .filter(|version| *version > 0)
            .map(Some)
            .ok_or_else(|| Problem::field("If-Match", "Send one version, such as W/\"2\"."))
    }

    /// The key of an unsafe request, with the hash of what it asks. Sign-in is exempt, so that no
    /// token is ever stored.
    fn idempotency_key<V: Verb>(
        parts: &Parts,
        version: Option<i64>,
        body: &[u8],
    ) -> Result<Option<MutationKey>, Problem> {
        const NAME: &str = "Idempotency-Key";
        let Some(value) = parts.headers.get(NAME) else {
            return Ok(None);
        };
        if V::METHOD == http::Method::GET || parts.uri.path().starts_with("/api/v1/auth/") {
            return Ok(None);
        }
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(Problem::field(
                NAME,
                format!("1 to {MAX_KEY} visible characters."),
            ));
        }
        let version = version
            .map(|version| version.to_string())
            .unwrap_or_default();
        let head = format!("{}\n{}\n{version}\n", V::METHOD, parts.uri.path());
        let request_hash = secrets::sha256(&[head.as_bytes(), body].concat());
        Ok(Some(MutationKey {
            key: key.to_owned(),
            request_hash,
        }))
    }

    /// What the headers say of a row.
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Head {
        id: Option<Uuid>,
        version: Option<i64>,
    }

    fn write<T: Serialize + Resource>(
        reply: Reply<T>,
    ) -> Result<Response<axum::body::Body>, Problem> {
        let status = http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::OK);
        // Of an answer that was given before, what its headers said.
        let (mut response, head) = match &reply.content {
            Content::Nothing => (().into_response(), Head::default()),
            Content::Value(body) => {
                let (id, version) = (body.id(), body.version());
                (axum::Json(body).into_response(), Head { id, version })
            }
            Content::Json(text) => {
                let json = [(header::CONTENT_TYPE, "application/json")];
                let head = serde_json::from_str(text).unwrap_or_default();
                ((json, text.clone()).into_response(), head)
            }
        };
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let mut put = |name: &'static str, text: String| {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.append(name, value);
            }
        };
        if let Some(version) = head.version {
            put("etag", format!("W/\"{version}\""));
        }
        if status == http::StatusCode::CREATED
            && let Some(location) = head.id.and_then(T::location)
        {
            put("location", format!("{}{location}", crate::api::BASE));
        }
        for (name, value) in reply.headers {
            put(name, value);
        }
        Ok(response)
    }

    impl<T: DeserializeOwned> Body<T> {
        /// The body as its type.
        ///
        /// # Errors
        /// 400 that names every field that does not fit.
        pub fn parse(self) -> Result<T, Problem> {
            parse(self.value)
        }
    }

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
                super::parse::field_error(&path, &message).into_problem()
            })
        }
    }
}
#[cfg(feature = "ssr")]
pub use server::MAX_BODY;

/// From JSON to types, naming every field that does not fit.
#[cfg(feature = "ssr")]
mod parse {
    use crate::domain::error::{FieldError, Problem};
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    /// More complaints than this help nobody.
    const MOST_ERRORS: usize = 20;

    /// Reads `value` as a `T`. Where a field does not fit, it is noted and taken out, and the rest
    /// is read again, so that all of them are named.
    pub fn parse<T: DeserializeOwned>(mut value: Value) -> Result<T, Problem> {
        let mut errors: Vec<FieldError> = Vec::new();
        loop {
            let error = match serde_path_to_error::deserialize(&value) {
                Ok(parsed) if errors.is_empty() => return Ok(parsed),
                Ok(_) => return Err(Problem::validation(errors)),
                Err(error) => error,
            };
            let (path, message) = (error.path().to_string(), error.into_inner().to_string());
            let complaint = field_error(&path, &message);
            let field = complaint.field.clone();
            let known = errors.iter().any(|error| error.field == field);
            if !known {
                errors.push(complaint.into());
            }
            let top = field.split(['.', '[']).next().unwrap_or_default();
            let removed = value.as_object_mut().and_then(|object| object.remove(top));
            if known || removed.is_none() || errors.len() == MOST_ERRORS {
                return Err(Problem::validation(errors));
            }
        }
    }

    /// A complaint of serde, in our words.
    pub struct Complaint {
        pub field: String,
        message: String,
    }

    impl Complaint {
        pub fn into_problem(self) -> Problem {
            Problem::field(self.field, self.message)
        }
    }

    impl From<Complaint> for FieldError {
        fn from(complaint: Complaint) -> Self {
            Self::new(complaint.field, complaint.message)
        }
    }

    /// Turns serde's path and message into the field's name and a sentence.
    pub fn field_error(path: &str, message: &str) -> Complaint {
        let quoted = |prefix: &str| {
            message
                .strip_prefix(prefix)
                .and_then(|rest| rest.split('`').next())
                .map(ToOwned::to_owned)
        };
        let parent = if path == "." { "" } else { path };
        let join = |name: String| {
            let tail = format!(".{name}");
            match parent {
                "" => name,
                // The path already ends with the name where serde saw the key first.
                parent if parent == name || parent.ends_with(&tail) => parent.to_owned(),
                parent => format!("{parent}.{name}"),
            }
        };
        let (field, message) = if let Some(name) = quoted("unknown field `") {
            (join(name), "There is no such field.".to_owned())
        } else if let Some(name) = quoted("missing field `") {
            (join(name), "Fill this in.".to_owned())
        } else {
            let field = if parent.is_empty() {
                "body".to_owned()
            } else {
                parent.to_owned()
            };
            let mut sentence = message.trim_end_matches('.').to_owned();
            sentence.push('.');
            (field, sentence)
        };
        // The arguments of a server function are gathered in one object; its own names are not the
        // client's.
        let field = match field.as_str() {
            "if_match" => "If-Match".to_owned(),
            other => other.to_owned(),
        };
        Complaint { field, message }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::domain::application::ApplicationCreate;

        #[test]
        fn every_field_that_does_not_fit_is_named() {
            let body = serde_json::json!({
                "company": "", "role_title": "x", "job_url": "javascript:alert(1)",
                "status": "applied", "colour": "red", "contacts_inline": [{"name": "J", "email": "no"}],
            });
            let problem = parse::<ApplicationCreate>(body).unwrap_err();
            let mut fields: Vec<_> = problem.errors.iter().map(|e| e.field.as_str()).collect();
            fields.sort_unstable();
            assert_eq!(
                fields,
                [
                    "colour",
                    "company",
                    "contacts_inline[0].email",
                    "job_url",
                    "status"
                ]
            );
            assert_eq!(problem.message_for("company"), Some("Fill this in."));
            assert_eq!(
                problem.message_for("colour"),
                Some("There is no such field.")
            );
        }

        #[test]
        fn a_body_that_is_no_object_is_an_error() {
            let problem = parse::<ApplicationCreate>(serde_json::json!([1, 2])).unwrap_err();
            assert!(!problem.errors.is_empty());
            let problem = parse::<ApplicationCreate>(serde_json::json!("x")).unwrap_err();
            assert_eq!(problem.errors[0].field, "body");
        }

        #[test]
        fn null_for_what_must_stay_is_an_error() {
            let problem =
                parse::<ApplicationCreate>(serde_json::json!({"company": null, "role_title": "x"}))
                    .unwrap_err();
            assert_eq!(problem.errors[0].field, "company");
        }
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::{Content, Reply, Resource, Rest, Verb};
    use crate::{api::transport, domain::error::Problem};
    use send_wrapper::SendWrapper;
    use serde::{Serialize, de::DeserializeOwned};
    use serde_json::Value;
    use server_fn::{Protocol, client::Client, server::Server};
    use std::future::Future;

    impl<V, Input, Output, C, S> Protocol<Input, Reply<Output>, C, S, Problem> for Rest<V>
    where
        V: Verb,
        Input: Serialize + Send,
        Output: DeserializeOwned + Resource + Send,
        C: Client<Problem>,
        S: Server<Problem>,
    {
        const METHOD: http::Method = V::METHOD;

        async fn run_server<F, Fut>(_: S::Request, _: F) -> Result<S::Response, Problem>
        where
            F: Fn(Input) -> Fut + Send,
            Fut: Future<Output = Result<Reply<Output>, Problem>> + Send,
        {
            Err(Problem::new(
                crate::domain::error::ProblemKind::Internal,
                "A browser is no server.",
            ))
        }

        fn run_client(
            path: &str,
            input: Input,
        ) -> impl Future<Output = Result<Reply<Output>, Problem>> + Send {
            let mut request = request::<V, Input>(path, &input);
            request.expected = Output::EXPECTED;
            // The browser has one thread.
            SendWrapper::new(async move {
                let response = transport::send(request).await?;
                let content = if response.body.is_empty() {
                    Content::Nothing
                } else {
                    Content::Value(serde_json::from_str(&response.body).map_err(|error| {
                        Problem::new(
                            crate::domain::error::ProblemKind::Network,
                            error.to_string(),
                        )
                    })?)
                };
                Ok(Reply {
                    status: response.status,
                    content,
                    headers: Vec::new(),
                })
            })
        }
    }

    /// The request that carries the arguments: the reverse of what the server reads.
    fn request<V: Verb, Input: Serialize>(path: &str, input: &Input) -> transport::Request {
        let mut url = path.to_owned();
        let mut request = transport::Request::new(V::METHOD, String::new());
        if let Ok(Value::Object(arguments)) = serde_json::to_value(input) {
            for (name, value) in arguments {
                let text = match &value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                match name.as_str() {
                    "query" if text.is_empty() => {}
                    "query" => url = format!("{url}?{text}"),
                    "body" => request.body = Some(value.to_string()),
                    "if_match" => request.if_match = value.as_i64(),
                    _ => url = url.replace(&format!("{{{name}}}"), &text),
                }
            }
        }
        request.url = url;
        request
    }
}

impl<T> Resource for crate::domain::cursor::Page<T> {}
impl Resource for () {
    const EXPECTED: Expected = Expected::Nothing;
}
