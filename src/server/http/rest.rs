//! Server functions by their REST paths. Leptos' own handler looks a function up by the literal
//! path of the request, so a path with parameters would miss; here each has a route that knows it.
//! The redirect for HTML forms is left out too: an API answers what it says.

use crate::{api::rest::address, server::AppState};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
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
        // axum routes HEAD to GET, and drops the body itself.
        if let Ok(filter) = MethodFilter::try_from(method.clone()) {
            let handler =
                move |State(state), request| answer(state, Function { path, method }, request);
            router = router.route(&address(path), on(filter, handler));
        }
    }
    router.with_state(state.clone())
}

/// What the framework knows a function by.
#[derive(Clone)]
struct Function {
    path: &'static str,
    method: Method,
}

async fn answer(state: AppState, function: Function, request: Request) -> Response {
    let Function { path, method } = function;
    let Some(mut function) = server_fn::axum::get_server_fn_service(path, method) else {
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
