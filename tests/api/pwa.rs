//! What makes the app installable and lets it start without a network.

use crate::harness::{Site, TestApp, both};
use http::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

both![
    the_worker_names_what_it_keeps,
    the_shell_is_the_same_for_everybody,
    pages_carry_the_version_of_the_worker,
    the_version_follows_the_contents,
    a_site_that_is_not_built_does_not_stop_the_server,
    the_manifest_is_one,
    what_was_shared_outlasts_signing_in,
];

/// A site of few bytes, with the files that are in the repository as they are.
fn a_site(site: &Site) -> PathBuf {
    let root = site.folder.join("site");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("public"), &root);
    std::fs::create_dir_all(root.join("pkg")).unwrap();
    for extension in ["css", "js", "wasm"] {
        let file = root.join(format!("pkg/job-hunt-tracker.{extension}"));
        std::fs::write(file, extension).unwrap();
    }
    root
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

async fn start(site: &Site, root: &Path) -> TestApp {
    site.start_with(&[("--site-root", root.to_str().unwrap())])
        .await
}

/// What the worker was told by the server: the first line of it.
async fn told(app: &TestApp) -> Value {
    let worker = app.browser().raw(Method::GET, "/sw.js").await.is(200).text;
    let (line, _) = worker.split_once(";\n").unwrap();
    serde_json::from_str(line.strip_prefix("const SITE = ").unwrap()).unwrap()
}

async fn the_worker_names_what_it_keeps(site: Site) {
    let app = start(&site, &a_site(&site)).await;
    let answer = app.browser().raw(Method::GET, "/sw.js").await.is(200);
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("connect-src 'self'") && !policy.contains("nonce"));

    let told = told(&app).await;
    assert_eq!(
        told["places"],
        json!([
            "",
            "analytics",
            "archive",
            "board",
            "settings",
            "sign-in",
            "today"
        ])
    );
    let version = told["version"].as_str().unwrap();
    let files = told["files"].as_array().unwrap();
    assert!(files.len() >= 13, "{told}");
    for file in files {
        let path = file[0].as_str().unwrap();
        let answer = app
            .browser()
            .raw(Method::GET, &format!("{path}?v={version}"))
            .await
            .is(200);
        // An answer that a cache must not keep is not one for a worker's cache either.
        assert_ne!(answer.header("cache-control"), "no-store", "{path}");
        let integrity = file[1].as_str().unwrap();
        assert!(integrity.starts_with("sha256-") && integrity.len() == 51);
    }
}

async fn the_shell_is_the_same_for_everybody(site: Site) {
    let app = start(&site, &a_site(&site)).await;
    let jane = app.sign_in("jane@example.com").await;
    jane.create(json!({ "company": "Secret Corp" })).await;
    let mine = jane.browser.raw(Method::GET, "/shell").await.is(200);
    let theirs = app.browser().raw(Method::GET, "/shell").await.is(200);
    assert_eq!(mine.text, theirs.text);
    assert_eq!(mine.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(mine.header("cache-control"), "no-cache");
    assert!(!mine.headers.contains_key("set-cookie"));

    let policy = mine.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self' 'wasm-unsafe-eval';"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    let html = mine.text;
    assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
    assert!(html.contains("data-shell"), "{html}");
    assert!(html.contains("<title>Job Hunt Tracker</title>"), "{html}");
    for never in ["nonce", "Secret", "jane@", " style=", "<script>"] {
        assert!(!html.contains(never), "{never} in {html}");
    }
    // Every script is a file.
    assert_eq!(
        html.matches("<script").count(),
        html.matches(" src=").count()
    );
}

async fn pages_carry_the_version_of_the_worker(site: Site) {
    let app = start(&site, &a_site(&site)).await;
    let told = told(&app).await;
    let version = told["version"].as_str().unwrap();
    for path in ["/sign-in", "/shell", "/nothing"] {
        let html = app.browser().raw(Method::GET, path).await.text;
        assert!(
            html.contains(&format!("data-version=\"{version}\"")),
            "{html}"
        );
        assert!(html.contains("rel=\"manifest\""), "{html}");
        for extension in ["css", "js", "wasm"] {
            let file = format!("/pkg/job-hunt-tracker.{extension}");
            let named = html.matches(&file).count();
            assert!(named > 0, "{html}");
            assert_eq!(named, html.matches(&format!("{file}?v={version}")).count());
        }
    }
}

async fn the_version_follows_the_contents(site: Site) {
    let root = a_site(&site);
    let mut versions = Vec::new();
    for change in [
        None,
        None,
        Some("pkg/job-hunt-tracker.wasm"),
        Some("theme.js"),
    ] {
        if let Some(file) = change {
            std::fs::write(root.join(file), "changed").unwrap();
        }
        let app = start(&site, &root).await;
        versions.push(told(&app).await["version"].as_str().unwrap().to_owned());
        app.stop().await;
    }
    assert_eq!(versions[0], versions[1], "the same site, the same version");
    assert_ne!(versions[1], versions[2]);
    assert_ne!(versions[2], versions[3]);
}

async fn a_site_that_is_not_built_does_not_stop_the_server(site: Site) {
    let app = start(&site, &site.folder.join("nowhere")).await;
    let told = told(&app).await;
    assert_eq!(
        told["files"].as_array().unwrap().len(),
        1,
        "the shell alone"
    );
    app.browser().raw(Method::GET, "/sign-in").await.is(200);
}

async fn the_manifest_is_one(site: Site) {
    let root = a_site(&site);
    let app = start(&site, &root).await;
    let answer = app
        .browser()
        .raw(Method::GET, "/manifest.webmanifest")
        .await
        .is(200);
    assert_eq!(answer.header("content-type"), "application/manifest+json");
    let manifest = answer.json();
    assert_eq!(manifest["start_url"], "/board");
    assert_eq!(manifest["scope"], "/");
    assert_eq!(manifest["display"], "standalone");
    let kept = told(&app).await["files"].to_string();
    for icon in manifest["icons"].as_array().unwrap() {
        let path = icon["src"].as_str().unwrap();
        app.browser().raw(Method::GET, path).await.is(200);
        assert!(kept.contains(path), "{path}");
    }
}

async fn what_was_shared_outlasts_signing_in(site: Site) {
    let app = site.start().await;
    let answer = app
        .browser()
        .raw(Method::GET, "/board?add&url=https%3A%2F%2Fexample.com%2F1")
        .await
        .is(303);
    assert_eq!(
        answer.header("location"),
        "/sign-in?next=%2Fboard%3Fadd%26url%3Dhttps%253A%252F%252Fexample.com%252F1"
    );
}
