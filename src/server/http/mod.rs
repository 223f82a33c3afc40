//! HTTP: the router and what stands around every request.

mod calendar;
mod headers;
mod health;
pub mod openapi;
mod pages;
mod rest;
mod serve;
mod site;
mod unsubscribe;

use super::{AppState, metrics::Metrics, services::mails::UNSUBSCRIBE};
use crate::{
    api::BASE,
    domain::error::{Problem, ProblemKind},
};
use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderName, HeaderValue, Method};
pub use serve::serve;
use std::sync::Arc;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, CompressionLevel,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::TraceLayer,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything that the server answers.
pub fn router(state: AppState, leptos: leptos::config::LeptosOptions) -> Router {
    let api = rest::routes(&state)
        .route(
            &format!("{BASE}{}", calendar::OF_ACTIVITY),
            get(calendar::activity).with_state(state.clone()),
        )
        .route(&openapi::address(), get(openapi::serve))
        .route("/api/{*rest}", axum::routing::any(no_such_endpoint))
        .method_not_allowed_fallback(method_not_allowed);
    let api = around_data(api);
    let health = Router::new()
        .route("/healthz", get(health::process))
        .route("/readyz", get(health::ready))
        .with_state(state.clone());
    let feeds = Router::new()
        .route(&format!("{}{{name}}", calendar::FEEDS), get(calendar::feed))
        .with_state(state.clone());
    let style = format!("/{}/{}.css", leptos.site_pkg_dir, leptos.output_name);
    let unsubscribe = Router::new()
        .route(
            &format!("{UNSUBSCRIBE}{{token}}"),
            get(unsubscribe::look).post(unsubscribe::press),
        )
        .with_state(unsubscribe::Parts {
            state: state.clone(),
            style: style.into(),
        });
    let pages = pages::routes(&state, leptos);
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        // The font is compressed as it is.
        .compress_when(
            DefaultPredicate::new()
                .and(NotForContentType::const_new("font/"))
                // A built site has it packed; one that is being worked on goes over no wire.
                .and(NotForContentType::const_new("application/wasm"))
                // Some calendars cannot unpack what they read.
                .and(NotForContentType::const_new("text/calendar")),
        );
    let around = ServiceBuilder::new()
        .layer(middleware::map_request(without_id))
        .layer(SetRequestIdLayer::new(REQUEST_ID, FreshId))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_response(answered)
                .on_request(())
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&state.metrics),
            measured,
        ))
        .layer(middleware::from_fn_with_state(state, headers::for_all))
        .layer(compression)
        .layer(CatchPanicLayer::custom(panicked));
    Router::new()
        .merge(api)
        .merge(health)
        .merge(feeds)
        .merge(unsubscribe)
        .merge(pages)
        .layer(around)
}

/// Counts an answer, and how long it took.
async fn measured(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let begun = std::time::Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let answer = next.run(request).await;
    // Addresses that nobody has made up are told by one word, and methods are those of the standard.
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    let method = if METHODS.contains(&method) {
        method.as_str()
    } else {
        "other"
    };
    metrics.answered(method, route, answer.status().as_u16(), begun.elapsed());
    answer
}

/// What is counted under its own name (RFC 9110 §9).
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];

/// What is asked for at `METRICS_ADDR`.
pub fn metrics_router(state: AppState) -> Router {
    Router::new()
        .route("/metrics", get(health::metrics))
        .with_state(state)
}

/// What stands around every answer of the API, that of a panic too.
fn around_data(api: Router) -> Router {
    let around = ServiceBuilder::new()
        .layer(middleware::from_fn(headers::for_data))
        .layer(CatchPanicLayer::custom(panicked));
    api.layer(around)
}

/// The id that a client sends is not trusted to be unique.
async fn without_id(mut request: Request) -> Request {
    request.headers_mut().remove(REQUEST_ID);
    request
}

/// A new id for every request.
#[derive(Clone)]
struct FreshId;

impl MakeRequestId for FreshId {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        let id = format!("req_{}", uuid::Uuid::new_v4().simple());
        HeaderValue::from_str(&id).ok().map(RequestId::new)
    }
}

fn span(request: &Request) -> tracing::Span {
    let id = request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .unwrap_or("");
    let path = logged(request.uri().path());
    tracing::info_span!("request", request_id = id, method = %request.method(), path)
}

/// What the log says of the address of a request: the path alone, since a query may carry a sign-in token; and
/// no address that calendars read, or at which mails are stopped.
fn logged(path: &str) -> &str {
    let secret = [calendar::FEEDS, UNSUBSCRIBE];
    let below = secret.into_iter().find(|below| path.starts_with(below));
    below.unwrap_or(path)
}

fn answered(response: &Response, latency: std::time::Duration, _: &tracing::Span) {
    let status = response.status().as_u16();
    let ms = latency.as_secs_f64() * 1000.0;
    if status >= 500 {
        tracing::error!(status, latency_ms = format_args!("{ms:.1}"), "failed");
    } else {
        tracing::debug!(status, latency_ms = format_args!("{ms:.1}"), "answered");
    }
}

async fn no_such_endpoint(request: Request) -> Problem {
    with_instance(
        &request,
        Problem::new(
            ProblemKind::NotFound,
            format!("There is no such endpoint. See {}.", openapi::address()),
        ),
    )
}

async fn method_not_allowed(request: Request) -> Problem {
    let detail = format!(
        "{} does not work here. See {}.",
        request.method(),
        openapi::address()
    );
    with_instance(
        &request,
        Problem::new(ProblemKind::MethodNotAllowed, detail),
    )
}

fn with_instance(request: &Request, problem: Problem) -> Problem {
    let id = request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|id| id.to_str().ok());
    Problem {
        instance: id.map(ToOwned::to_owned),
        ..problem
    }
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response<Body> {
    tracing::error!("a request panicked");
    Problem::new(ProblemKind::Internal, "Nothing was changed. Try again.").into_response()
}

/// What Leptos needs to know: from our settings, else from `Cargo.toml` where the project is, else
/// from `Leptos.toml` where a deployed binary stands.
///
/// # Errors
/// A line that names what is wrong.
pub fn leptos_options(
    config: &super::config::Config,
) -> Result<leptos::config::LeptosOptions, String> {
    let file = ["Cargo.toml", "Leptos.toml"]
        .into_iter()
        .find(|file| std::path::Path::new(file).exists());
    let mut options = match file {
        Some(file) => {
            leptos::config::get_configuration(Some(file))
                .map_err(|error| format!("{file}: {error}"))?
                .leptos_options
        }
        None => leptos::config::LeptosOptions::builder()
            .output_name("job-hunt-tracker")
            .site_root("target/site")
            .build(),
    };
    if let Some(address) = config.site_addr {
        options.site_addr = address;
    }
    if let Some(root) = &config.site_root {
        options.site_root = root.to_string_lossy().into();
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::answer::Head;
    use tower::ServiceExt;

    #[test]
    fn no_address_of_a_calendar_is_logged() {
        assert_eq!(logged("/calendar/secret.ics"), "/calendar/");
        assert_eq!(logged("/board"), "/board");
    }

    #[tokio::test]
    async fn a_panic_is_answered_as_ours() {
        async fn panics() {
            panic!("on purpose");
        }
        let api = around_data(Router::new().route("/x", get(panics)));
        let request = Request::get("/x").body(Body::empty()).unwrap();
        let answer = api.oneshot(request).await.unwrap();
        let head = Head::read(answer.status().as_u16(), |name| {
            Some(answer.headers().get(name)?.to_str().unwrap().to_owned())
        });
        assert!(head.ours);
        assert_eq!(head.status, 500);
        assert_eq!(head.content_type, crate::api::problem::CONTENT_TYPE);
    }
}
