//! What people see.

pub mod components;
pub mod keys;
pub mod pages;
pub mod session;

use crate::client::store::Store;
use components::{announcer::Announcer, icon::Icon};
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};
use pages::{
    archive::ArchivePage, board::BoardPage, not_found::NotFoundPage, settings::SettingsPage,
    sign_in::SignInPage, verify::VerifyPage,
};

/// The document around the app.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fdfcfb"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#131418"/>
                <meta
                    name="description"
                    content="Track a whole job hunt: applications on a board, follow-ups that never slip."
                />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/icons/apple-touch-icon.png"/>
                <link
                    rel="preload"
                    r#as="font"
                    type="font/woff2"
                    crossorigin="anonymous"
                    href="/fonts/inter-latin.woff2"
                />
                // Blocking on purpose: the theme must stand before the first paint.
                <script src="/theme.js"></script>
                <link rel="stylesheet" id="leptos" href="/pkg/job-hunt-tracker.css"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The app.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(Store::default());
    provide_context(Announcer::default());
    session::provide();
    send_content_policy();

    view! {
        <Title formatter=|title: String| match title.as_str() {
            "" => "Job Hunt Tracker".to_owned(),
            title => format!("{title} · Job Hunt Tracker"),
        }/>
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/verify") view=VerifyPage ssr=SsrMode::Async/>
                <Route path=path!("/board/:id?") view=BoardPage ssr=SsrMode::Async/>
                <Route path=path!("/archive") view=ArchivePage ssr=SsrMode::Async/>
                <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// Tells the page's scripts and styles apart from anybody else's: only ours run, and what must
/// stand in the page itself carries this page's nonce.
fn send_content_policy() {
    #[cfg(feature = "ssr")]
    if let (Some(nonce), Some(response)) = (
        leptos::nonce::use_nonce(),
        use_context::<leptos_axum::ResponseOptions>(),
    ) {
        // `cargo leptos watch` reloads pages over a socket of its own.
        let dev = if std::env::var_os("LEPTOS_WATCH").is_some() {
            " ws:"
        } else {
            ""
        };
        let policy = format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data:; font-src 'self'; connect-src 'self'{dev}; manifest-src 'self'; \
             worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        if let Ok(value) = http::HeaderValue::from_str(&policy) {
            response.insert_header(http::header::CONTENT_SECURITY_POLICY, value);
        }
    }
}

/// Says that the page reacts now: what tests and the style sheet wait for.
pub fn mark_hydrated() {
    #[cfg(feature = "hydrate")]
    if let Some(root) = document().document_element() {
        // Refused only for a name that is none.
        _ = root.set_attribute("data-hydrated", "");
    }
}

/// A button that shows an icon alone.
#[component]
fn IconButton(
    /// What it does, for those who do not see the icon.
    #[prop(into)]
    label: Signal<String>,
    /// The icon.
    icon: Icon,
    /// What happens.
    on_press: impl Fn() + 'static,
    /// More classes.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=format!("icon-button {class}")
            aria-label=label
            title=label
            on:click=move |_| on_press()
        >
            {icon.view()}
        </button>
    }
}
