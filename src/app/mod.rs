//! What people see.

pub mod acts;
pub mod components;
#[cfg(feature = "ssr")]
pub mod document;
pub mod keys;
pub mod pages;
pub mod pwa;
pub mod session;
pub mod share;

use crate::client::store::Store;
use components::{announcer::Announcer, icon::Icon};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};
use pages::{
    archive::ArchivePage, board::BoardPage, not_found::NotFoundPage, settings::SettingsPage,
    sign_in::SignInPage, verify::VerifyPage,
};

/// The app.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    acts::listen();
    provide_context(Store::default());
    provide_context(Announcer::default());
    session::provide();
    pwa::provide();
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
    ) && let Ok(value) =
        http::HeaderValue::from_str(&content_policy(&format!("'nonce-{nonce}' ")))
    {
        response.insert_header(http::header::CONTENT_SECURITY_POLICY, value);
    }
}

/// What a document may load and run: our files, and what `scripts` names besides (followed by a
/// space).
#[cfg(feature = "ssr")]
pub fn content_policy(scripts: &str) -> String {
    // `cargo leptos watch` reloads pages over a socket of its own.
    let dev = if std::env::var_os("LEPTOS_WATCH").is_some() {
        " ws:"
    } else {
        ""
    };
    format!(
        "default-src 'none'; script-src 'self' {scripts}'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{dev}; manifest-src 'self'; \
         worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Whether this document is the shell: no server has rendered this page, and perhaps none can be
/// reached. Never on the server.
pub fn is_shell() -> bool {
    #[cfg(feature = "hydrate")]
    {
        let root = document().document_element();
        root.is_some_and(|root| root.has_attribute("data-shell"))
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Says that the page reacts now: what tests and the style sheet wait for. What the shell showed
/// until then goes.
pub fn mark_hydrated() {
    #[cfg(feature = "hydrate")]
    {
        if let Some(placeholder) = document().get_element_by_id("placeholder") {
            placeholder.remove();
        }
        if let Some(root) = document().document_element() {
            // Refused only for a name that is none.
            _ = root.set_attribute("data-hydrated", "");
        }
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
