//! Pages: rendered by Leptos; and the files of the site.

use super::site::Site;
use crate::{
    app::{App, document},
    domain::error::{Problem, ProblemKind},
    server::{AppState, auth::caller, db::activities},
};
use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderValue, header};
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list_with_exclusions};
use tower::ServiceBuilder;
use tower_http::services::ServeDir;

/// The pages and the files.
pub fn routes(state: &AppState, options: LeptosOptions) -> Router {
    // Server functions have their own routes (`super::rest`).
    let functions: Vec<String> = server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.to_owned())
        .collect();
    let list = generate_route_list_with_exclusions(App, Some(functions.clone()));
    let paths = list.iter().map(AxumRouteListing::path);
    let site = Site::new(
        &options,
        paths.filter(|path| !functions.iter().any(|function| function == path)),
    );
    let context = {
        let (state, site) = (state.clone(), site.clone());
        move || {
            provide_context(state.clone());
            provide_context(site.version());
        }
    };
    let pages = Router::new()
        .leptos_routes_with_context(&options, list, context.clone(), {
            let options = options.clone();
            move || document::page(options.clone())
        })
        .layer(middleware::from_fn_with_state(state.clone(), guard));
    let files = ServeDir::new(&*options.site_root)
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false)
        .fallback(
            get(leptos_axum::file_and_error_handler_with_context::<
                LeptosOptions,
                _,
            >(context, document::page))
            .with_state(options.clone()),
        );
    let files = ServiceBuilder::new()
        .layer(middleware::from_fn(cache_files))
        .service(files);
    Router::new()
        .route("/", get(home).with_state(state.clone()))
        .merge(site.routes())
        .merge(pages.with_state(options))
        .fallback_service(files)
}

/// Leads to what to do now, once there is an activity; before that, and for whoever is not signed in, to
/// the board.
async fn home(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let has_activities = async || -> Result<bool, Problem> {
        let session = caller::session_of(&state, &parts).await?;
        let mut tenant = state.db.read_as(session.owner).await?;
        Ok(activities::any(&mut tenant).await?)
    };
    // Where that cannot be told, the page that is asked for says why.
    let path = match has_activities().await {
        Ok(true) => "/today",
        Ok(false) | Err(_) => "/board",
    };
    let mut response = Redirect::to(path).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Sends a visitor without a session to sign in, and one with a session past the sign-in page.
/// Authorisation itself stands in the server functions; this only spares a wrong page.
async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    // What was shared with the app is in the query: it must outlast signing in.
    let wanted = request.uri().path_and_query().map(ToString::to_string);
    let (parts, body) = request.into_parts();
    let signed_in = match caller::session_of(&state, &parts).await {
        Ok(_) => true,
        Err(problem) if problem.kind == ProblemKind::Unauthorized => false,
        // Whoever it is need not sign in again because the database had a bad moment.
        Err(problem) => return problem.into_response(),
    };
    let request = Request::from_parts(parts, body);
    let mut response = match (path.starts_with("/sign-in"), signed_in) {
        (false, false) => {
            let next = wanted.unwrap_or(path);
            let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
            Redirect::to(&format!("/sign-in?{query}")).into_response()
        }
        (true, true) if path == "/sign-in" => Redirect::to("/board").into_response(),
        _ => next.run(request).await,
    };
    // A signed-in page is one user's: no cache may keep it.
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Files are asked for again after every deploy: their names do not change, their contents do.
/// The font's content never does.
async fn cache_files(request: Request, next: Next) -> Response {
    let font = request.uri().path().starts_with("/fonts/");
    let mut response = next.run(request).await;
    let value = if font {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static(value));
    response
}
