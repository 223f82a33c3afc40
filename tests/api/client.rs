//! Requests as a browser or a program sends them, and answers that are checked on arrival.

use chrono::Utc;
use http::{HeaderMap, Method};
use job_hunt_tracker::{
    api::{BASE, answer::Head},
    domain::application::Application,
    server::http::openapi::document,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::Display,
    pin::Pin,
    sync::{Arc, LazyLock, Mutex},
};

/// The cookies of a browser, by name. All are kept and sent back, `Secure` ones too.
type Jar = Arc<Mutex<BTreeMap<String, String>>>;

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// The token in `Authorization`.
    bearer: Option<String>,
    jar: Option<Jar>,
}

impl Client {
    /// A browser without cookies. `base` is scheme, host and port.
    pub fn browser(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            http,
            base: base.to_owned(),
            bearer: None,
            jar: Some(Jar::default()),
        }
    }

    /// The same server, asked by a program that sends `token` as a bearer token and no cookies.
    pub fn with_bearer(&self, token: &str) -> Self {
        Self {
            bearer: Some(token.to_owned()),
            jar: None,
            ..self.clone()
        }
    }

    /// The value of a cookie that the server has set.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar
            .as_ref()
            .and_then(|jar| jar.lock().unwrap().get(name).cloned())
    }

    /// A request to an endpoint below [`BASE`].
    pub fn call(&self, method: Method, path: &str) -> Call {
        let mut call = self.raw(method.clone(), &format!("{BASE}{path}"));
        call.endpoint = Some((method, path.to_owned()));
        call
    }

    /// A request to any path.
    pub fn raw(&self, method: Method, path: &str) -> Call {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(jar) = &self.jar {
            let cookies: Vec<String> = jar
                .lock()
                .unwrap()
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            if !cookies.is_empty() {
                request = request.header("cookie", cookies.join("; "));
            }
        }
        Call {
            request,
            jar: self.jar.clone(),
            endpoint: None,
        }
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// `POST` with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// `PATCH` of a version with a JSON body.
    pub fn patch(&self, path: &str, version: i64, body: &Value) -> Call {
        self.call(Method::PATCH, path).if_match(version).json(body)
    }

    /// `DELETE` of a version.
    pub fn delete(&self, path: &str, version: i64) -> Call {
        self.call(Method::DELETE, path).if_match(version)
    }

    /// Creates an application with these fields besides company and role, which have defaults.
    pub async fn create(&self, fields: Value) -> Value {
        let mut body = json!({ "company": "Acme", "role_title": "Engineer" });
        merge(&mut body, fields);
        readable(self.post("/applications", &body).await.is(201).json())
    }

    /// Changes the application `row` to these fields.
    pub async fn change(&self, row: &Value, fields: Value) -> Value {
        let patch = self.patch(&path_of(row), version_of(row), &fields);
        readable(patch.await.is(200).json())
    }

    /// Every application, newest first.
    pub async fn list(&self) -> Vec<Value> {
        self.pages("/applications?limit=200").await
    }

    /// The rows of all pages of a list.
    pub async fn pages(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{cursor}")).await.is(200).json();
            rows.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }

    /// The stage events of an application, oldest first.
    pub async fn events(&self, row: &Value) -> Vec<Value> {
        let path = format!("{}/stage-events", path_of(row));
        self.get(&path)
            .await
            .is(200)
            .json()
            .as_array()
            .unwrap()
            .clone()
    }
}

/// A row, which must read as the type that a client reads it as, and be written as it came.
fn readable(row: Value) -> Value {
    let read: Application = serde_json::from_value(row.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), row);
    row
}

/// Where an application stands, below [`BASE`].
pub fn path_of(row: &Value) -> String {
    format!("/applications/{}", row["id"].as_str().unwrap())
}

/// A row's version.
pub fn version_of(row: &Value) -> i64 {
    row["version"].as_i64().unwrap()
}

/// Writes the fields of `more` over those of `into`.
pub fn merge(into: &mut Value, more: Value) {
    let Value::Object(fields) = more else {
        panic!("{more} has no fields")
    };
    into.as_object_mut().unwrap().extend(fields);
}

/// A request that is not sent yet; awaiting it sends it.
#[must_use = "a call is sent when it is awaited"]
pub struct Call {
    request: reqwest::RequestBuilder,
    jar: Option<Jar>,
    /// The method, and the path below [`BASE`].
    endpoint: Option<(Method, String)>,
}

impl Call {
    /// With a header more.
    pub fn header(mut self, name: &str, value: impl Display) -> Self {
        self.request = self.request.header(name, value.to_string());
        self
    }

    /// With a JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// With these bytes as its body, and no content type.
    pub fn body(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.body(body);
        self
    }

    /// With the version that was seen.
    pub fn if_match(self, version: i64) -> Self {
        self.header("if-match", version)
    }

    /// With the state that was seen: its version, and when it was made.
    pub fn if_as(self, row: &Value) -> Self {
        let at = row["updated_at"].as_str().unwrap();
        self.if_match(version_of(row)).header("x-if-updated-at", at)
    }

    /// With an idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sends it. The error is that no answer came.
    pub async fn try_send(self) -> reqwest::Result<Answer> {
        let response = self.request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        if let Some(jar) = self.jar {
            let mut jar = jar.lock().unwrap();
            for cookie in headers.get_all("set-cookie") {
                let cookie = cookie.to_str().unwrap();
                let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
                if value.is_empty() {
                    jar.remove(name);
                } else {
                    jar.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        let answer = Answer {
            status,
            headers,
            text,
        };
        if let Some((method, path)) = self.endpoint {
            answer.check(method == Method::HEAD);
            answer.check_described(&method, &path);
        }
        Ok(answer)
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.try_send().await.unwrap() })
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// What holds of every answer of the API.
    fn check(&self, head: bool) {
        let said = Head::read(self.status, |name| {
            let value = self.headers.get(name)?;
            Some(value.to_str().unwrap().to_owned())
        });
        assert!(said.ours, "it does not say whose it is: {self:?}");
        let age = said.date.map(|date| Utc::now() - date);
        assert!(
            age.is_some_and(|age| age.num_seconds().abs() < 60),
            "it does not say when it was made: {self:?}"
        );
        let id = self.header("x-request-id");
        assert!(id.starts_with("req_") && id.len() == 36, "{id}");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("x-frame-options"), "DENY");
        assert_eq!(self.header("referrer-policy"), "same-origin");
        assert!(
            self.header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert!(
            !(300..400).contains(&self.status),
            "an API does not redirect: {self:?}"
        );
        if self.status >= 400 {
            assert_eq!(
                self.header("content-type"),
                "application/problem+json",
                "{self:?}"
            );
            if !head {
                self.check_problem(id);
            }
        } else if !self.text.is_empty() {
            let known = ["application/json", "text/calendar; charset=utf-8"];
            assert!(known.contains(&self.header("content-type")), "{self:?}");
        }
    }

    /// The description of the API knows this answer of this endpoint. What any endpoint may answer
    /// when something breaks is not listed at each.
    fn check_described(&self, method: &Method, path: &str) {
        static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
        let mut parts: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
        if parts[1] == "applications" && parts.len() > 2 {
            parts[2] = "{id}";
        }
        let item = &DOCUMENT["paths"][parts.join("/")];
        let operation = &item[method.as_str().to_lowercase()];
        if operation.is_object() && self.status < 500 {
            let known = &operation["responses"][self.status.to_string()];
            assert!(
                known.is_object(),
                "{method} {path}: {} is not described",
                self.status
            );
        }
    }

    /// What holds of every problem.
    fn check_problem(&self, id: &str) {
        let problem = self.json();
        let kind = problem["type"].as_str().unwrap_or_default();
        assert!(
            kind.starts_with("https://errors.jobtracker.app/"),
            "{problem}"
        );
        assert_eq!(problem["status"], self.status, "{problem}");
        assert_eq!(problem["instance"], id, "{problem}");
        for text in ["title", "detail"] {
            assert!(
                problem[text].as_str().is_some_and(|text| !text.is_empty()),
                "{problem}"
            );
        }
        let errors = problem["errors"].as_array().map_or(0, Vec::len);
        assert_eq!(
            self.status == 400,
            errors > 0,
            "a 400 names fields, nothing else does: {problem}"
        );
        assert_eq!(
            matches!(self.status, 429 | 503),
            self.headers.contains_key("retry-after"),
            "{self:?}"
        );
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The problem, which must have this status and be of this kind.
    #[track_caller]
    pub fn problem(self, status: u16, kind: &str) -> Value {
        let problem = self.is(status).json();
        assert_eq!(
            problem["type"],
            format!("https://errors.jobtracker.app/{kind}"),
            "{problem}"
        );
        problem
    }

    /// The fields that a 400 names, in order of the alphabet.
    #[track_caller]
    pub fn wrong_fields(self) -> Vec<String> {
        let problem = self.problem(400, "validation");
        let mut fields: Vec<String> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                assert!(
                    error["message"]
                        .as_str()
                        .is_some_and(|text| !text.is_empty()),
                    "{problem}"
                );
                error["field"].as_str().unwrap().to_owned()
            })
            .collect();
        fields.sort();
        fields
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// A header, which must be there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        match self.headers.get(name) {
            Some(value) => value.to_str().unwrap(),
            None => panic!("no {name}: {self:?}"),
        }
    }

    /// The `Set-Cookie` header that sets `name`.
    #[track_caller]
    pub fn set_cookie(&self, name: &str) -> &str {
        self.headers
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap())
            .find(|value| value.starts_with(&format!("{name}=")))
            .unwrap_or_else(|| panic!("{name} is not set: {self:?}"))
    }
}
