//! The site as it was deployed: its version, the service worker that keeps it, and the shell.

use crate::{
    app::{
        content_policy,
        document::{self, SiteVersion},
    },
    server::secrets,
};
use axum::{Router, response::IntoResponse, routing::get};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, header};
use leptos::{config::LeptosOptions, prelude::*};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, LazyLock},
};

/// What the worker keeps besides the program and the shell, by path.
const FILES: &[&str] = &[
    "/boot.js",
    "/favicon.svg",
    "/fonts/inter-latin.woff2",
    "/icons/apple-touch-icon.png",
    "/icons/icon-192.png",
    "/icons/icon-512.png",
    "/icons/icon-maskable-512.png",
    "/manifest.webmanifest",
    "/theme.js",
];

/// The worker, but for the line that says what it keeps.
const WORKER: &str = include_str!("sw.js");

/// Its own fetches are all that a worker does.
const WORKER_POLICY: &str =
    "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'";

/// The site as the process found it, read when it is first asked for: whoever uses the API alone
/// never needs it.
#[derive(Clone)]
pub struct Site(Arc<LazyLock<Content, Box<dyn FnOnce() -> Content + Send>>>);

struct Content {
    version: String,
    worker: String,
    shell: String,
}

impl Site {
    /// The site of these options. `pages` are the paths of the app's pages.
    pub fn new<'a>(options: &LeptosOptions, pages: impl Iterator<Item = &'a str>) -> Self {
        let options = options.clone();
        let places = pages
            .map(|page| page.trim_start_matches('/').split('/').next().unwrap_or(""))
            // The root leads to the board.
            .chain([""])
            .map(ToOwned::to_owned)
            .collect();
        Self(Arc::new(LazyLock::new(Box::new(move || {
            Content::read(&options, &places)
        }))))
    }

    /// The version that pages carry: none under `cargo leptos watch`, which changes files while the
    /// server runs. No worker is registered there, and none answers for a page without a version.
    pub fn version(&self) -> SiteVersion {
        let watched = std::env::var_os("LEPTOS_WATCH").is_some();
        SiteVersion((!watched).then(|| self.0.version.clone()))
    }

    /// `/sw.js` and `/shell`.
    pub fn routes(&self) -> Router {
        let worker = {
            let site = self.clone();
            move || async move {
                answer(
                    "text/javascript; charset=utf-8",
                    WORKER_POLICY,
                    &site.0.worker,
                )
            }
        };
        let shell = {
            let site = self.clone();
            move || async move {
                answer(
                    "text/html; charset=utf-8",
                    &content_policy::text(""),
                    &site.0.shell,
                )
            }
        };
        Router::new()
            .route("/sw.js", get(worker))
            .route("/shell", get(shell))
    }
}

impl Content {
    fn read(options: &LeptosOptions, places: &BTreeSet<String>) -> Self {
        let (folder, name) = (&options.site_pkg_dir, &options.output_name);
        let program =
            ["css", "js", "wasm"].map(|extension| format!("/{folder}/{name}.{extension}"));
        let paths = program
            .iter()
            .map(String::as_str)
            .chain(FILES.iter().copied());
        let mut files: Vec<(&str, String)> = paths
            .filter_map(|path| Some((path, integrity(&read(&options.site_root, path)?))))
            .collect();

        // The shell names its version, so the version is made from the shell without one.
        let unversioned = render_shell(options, &SiteVersion::default());
        let contents = json!([WORKER, unversioned, files, places]);
        let hash = Sha256::digest(contents.to_string());
        let version: String = secrets::base64(&hash).chars().take(16).collect();

        let shell = render_shell(options, &SiteVersion(Some(version.clone())));
        files.push(("/shell", integrity(shell.as_bytes())));
        let site = json!({ "version": version, "files": files, "places": places });
        Self {
            worker: format!("const SITE = {site};\n{WORKER}"),
            version,
            shell,
        }
    }
}

/// Asked for again each time: what is kept of it is the worker's affair.
fn answer(kind: &'static str, policy: &str, body: &str) -> impl IntoResponse + use<> {
    // A policy is made of visible characters alone; without one the strictest holds
    // (`super::headers`).
    let policy =
        HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, body.to_owned())
}

fn render_shell(options: &LeptosOptions, version: &SiteVersion) -> String {
    Owner::new().with(|| document::shell(options, version).to_html())
}

/// A file of the site. The site may be incomplete, or not built yet; then the app has other worries
/// than being offline, and the worker keeps what there is.
fn read(root: &str, path: &str) -> Option<Vec<u8>> {
    let file = Path::new(root).join(path.trim_start_matches('/'));
    std::fs::read(&file)
        .inspect_err(|error| tracing::warn!(file = %file.display(), %error, "not in the site"))
        .ok()
}

/// The hash by which a browser knows a file (Subresource Integrity).
fn integrity(content: &[u8]) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(content)))
}
