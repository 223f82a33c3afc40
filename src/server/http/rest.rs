//! Server functions by their REST paths. Leptos' own handler looks a function up by the literal
//! path of the request, so a path with parameters would miss; this one asks for the pattern that
//! axum matched. It leaves out the redirect for HTML forms too: an API answers what it says.

use crate::server::AppState;
use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request, State},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use http::{Method, header};
use leptos::{
    prelude::provide_context,
    reactive::{computed::ScopedFuture, owner::Owner},
};

/// A route for every registered server function.
pub fn routes(state: &AppState) -> Router {
    let mut router = Router::new();
    for (path, method) in server_fn::axum::server_fn_paths() {
        if let Ok(filter) = MethodFilter::try_from(method) {
            router = router.route(path, on(filter, answer));
        }
    }
    router.with_state(state.clone())
}

async fn answer(State(state): State<AppState>, matched: MatchedPath, request: Request) -> Response {
    // axum routes HEAD to GET, and drops the body itself.
    let method = match request.method() {
        &Method::HEAD => Method::GET,
        method => method.clone(),
    };
    let Some(mut function) = server_fn::axum::get_server_fn_service(matched.as_str(), method)
    else {
        return super::no_such_endpoint(request).await.into_response();
    };
    let (parts, body) = request.into_parts();
    let mut request = Request::from_parts(parts.clone(), body);
    // To whoever takes HTML it would answer with a redirect to the page of the form.
    request.headers_mut().remove(header::ACCEPT);
    Owner::new()
        .with(|| {
            ScopedFuture::new(async move {
                provide_context(parts);
                provide_context(state);
                let response: Response<Body> = function.run(request).await;
                response
            })
        })
        .await
}
