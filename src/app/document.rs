//! The documents around the app: of a page that the server renders, and of the shell that stands in
//! for it where no page can be had.

use super::{App, components::icon::Icon};
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// What tells this deployed site from any other; none while it is being worked on
/// (`cargo leptos watch`), when files change under a running server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteVersion(pub Option<String>);

impl SiteVersion {
    /// The address of a file of this version. A service worker of another version lets it pass, so
    /// that a page never runs code that was built for another (`docs/decisions/0009`).
    pub fn url(&self, path: &str) -> String {
        match &self.0 {
            Some(version) => format!("{path}?v={version}"),
            None => path.to_owned(),
        }
    }
}

/// The addresses of what runs in the browser.
struct Program {
    script: String,
    wasm: String,
    style: String,
}

impl Program {
    fn of(options: &LeptosOptions, version: &SiteVersion) -> Self {
        let file = |extension: &str| {
            let (folder, name) = (&options.site_pkg_dir, &options.output_name);
            version.url(&format!("/{folder}/{name}.{extension}"))
        };
        Self {
            script: file("js"),
            wasm: file("wasm"),
            style: file("css"),
        }
    }
}

/// The document of a page that the server renders. Its version comes by context.
pub fn page(options: LeptosOptions) -> impl IntoView {
    let version = use_context::<SiteVersion>().unwrap_or_default();
    let program = Program::of(&options, &version);
    let start = format!(
        "import({:?}).then(app => app.default({{module_or_path: {:?}}}).then(() => setTimeout(app.hydrate)))",
        program.script, program.wasm
    );
    view! {
        <!DOCTYPE html>
        <html lang="en" data-version=version.0.clone()>
            <Head version=version.clone() program>
                <AutoReload options/>
                <script type="module" nonce=leptos::nonce::use_nonce()>{start}</script>
                <MetaTags/>
            </Head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The shell: the same for everybody, kept by the service worker, shown at whatever address cannot
/// be reached. Its scripts are files, because a kept page cannot carry a fresh nonce. Until the app
/// has something to show, it looks like a board that is about to.
pub fn shell(options: &LeptosOptions, version: &SiteVersion) -> impl IntoView {
    let program = Program::of(options, version);
    let boot = version.url("/boot.js");
    let version = version.clone();
    let columns = [3, 4, 2, 1, 2]
        .map(|cards| {
            let cards = (0..cards)
                .map(|_| view! { <div class="skeleton skeleton-card"></div> })
                .collect_view();
            view! {
                <div class="column">
                    <div class="column-header"><div class="skeleton skeleton-text"></div></div>
                    <div class="column-scroll">{cards}</div>
                </div>
            }
        })
        .collect_view();
    let place = |icon: Icon, label| {
        view! {
            <span class="rail-link">
                {icon.view()}
                <span class="rail-label">{label}</span>
            </span>
        }
    };
    view! {
        <!DOCTYPE html>
        <html lang="en" data-shell="" data-version=version.0.clone()>
            <Head version=version.clone() program>
                // As text it would carry one of the marks that views put between their parts.
                <title inner_html="Job Hunt Tracker"></title>
                <script type="module" src=boot></script>
            </Head>
            <body>
                <div class="app" id="placeholder">
                    <div class="rail" aria-hidden="true">
                        <span class="rail-logo">{Icon::Logo.view()}</span>
                        {place(Icon::Board, "Board")}
                        {place(Icon::Archive, "Archive")}
                        <div class="rail-spacer"></div>
                        {place(Icon::Settings, "Settings")}
                    </div>
                    <main class="page">
                        <p class="visually-hidden" role="status">"Loading"</p>
                        <p class="notice placeholder-trouble" data-kind="error" id="boot-trouble" hidden>
                            "The app could not be started. "
                            <a href="">"Try again"</a>
                        </p>
                        <div class="page-header" aria-hidden="true">
                            <div class="skeleton skeleton-text placeholder-title"></div>
                        </div>
                        <div class="board" aria-hidden="true">{columns}</div>
                    </main>
                </div>
            </body>
        </html>
    }
}

/// What the heads of both have in common.
#[component]
fn Head(version: SiteVersion, program: Program, children: Children) -> impl IntoView {
    view! {
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
            <link rel="manifest" href="/manifest.webmanifest"/>
            <link
                rel="preload"
                r#as="font"
                type="font/woff2"
                crossorigin="anonymous"
                href="/fonts/inter-latin.woff2"
            />
            // Blocking on purpose: the theme must stand before the first paint.
            <script src=version.url("/theme.js")></script>
            <link rel="stylesheet" id="leptos" href=program.style/>
            // The page is readable without: on a slow line style and font come first.
            <link
                rel="modulepreload"
                crossorigin="anonymous"
                fetchpriority="low"
                href=program.script
            />
            <link
                rel="preload"
                r#as="fetch"
                fetchpriority="low"
                type="application/wasm"
                crossorigin="anonymous"
                href=program.wasm
            />
            {children()}
        </head>
    }
}
