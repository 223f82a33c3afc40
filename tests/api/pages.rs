//! Pages, as far as the server decides: who sees which, and with what headers.

use crate::{
    client::path_of,
    harness::{Site, both},
};
use http::Method;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

both![
    who_is_not_signed_in_is_asked_to,
    who_is_signed_in_sees_pages_of_their_own,
    what_is_no_page_is_not_found,
];

async fn who_is_not_signed_in_is_asked_to(site: Site) {
    let app = site.start().await;
    for (path, to) in [
        ("/", "/board"),
        ("/board", "/sign-in?next=%2Fboard"),
        ("/settings", "/sign-in?next=%2Fsettings"),
    ] {
        let answer = app.browser().raw(Method::GET, path).await.is(303);
        assert_eq!(answer.header("location"), to);
    }
    let page = app.browser().raw(Method::GET, "/sign-in").await.is(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("cache-control"), "no-store");
}

async fn who_is_signed_in_sees_pages_of_their_own(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let answer = jane.browser.raw(Method::GET, "/sign-in").await.is(303);
    assert_eq!(answer.header("location"), "/board");
    // The board, until there is something to do.
    let home = async || jane.browser.raw(Method::GET, "/").await.is(303);
    assert_eq!(home().await.header("location"), "/board");
    let row = jane.create(json!({})).await;
    let call = json!({ "type": "Call", "status": "done" });
    jane.post(&format!("{}/activities", path_of(&row)), &call)
        .await
        .is(201);
    assert_eq!(home().await.header("location"), "/today");
    // An activity has an address, as has one that is not there.
    let made = jane
        .post(&format!("{}/activities", path_of(&row)), &call)
        .await
        .json();
    let made: Uuid = made["id"].as_str().unwrap().parse().unwrap();
    let at = |activity: Uuid| format!("/board/{}?activity={activity}", row["id"].as_str().unwrap());
    for address in [
        at(made),
        at(Uuid::new_v4()),
        format!("/board/{}?activity=x", Uuid::new_v4()),
    ] {
        jane.browser.raw(Method::GET, &address).await.is(200);
    }
    let mut nonces = BTreeSet::new();
    for path in ["/board", "/today", "/settings", "/board"] {
        let page = jane.browser.raw(Method::GET, path).await.is(200);
        assert!(page.text.starts_with("<!DOCTYPE html>"), "{}", page.text);
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(page.header(name), value, "{path}");
        }
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        let (_, nonce) = policy.split_once("'nonce-").unwrap();
        let (nonce, _) = nonce.split_once('\'').unwrap();
        assert!(page.text.contains(&format!("nonce=\"{nonce}\"")));
        assert!(nonces.insert(nonce.to_owned()), "each page has its own");
    }
}

async fn what_is_no_page_is_not_found(site: Site) {
    let app = site.start().await;
    let answer = app.browser().raw(Method::GET, "/nothing").await.is(404);
    assert!(answer.header("content-type").starts_with("text/html"));
    // Nor does a path lead out of the site's folder.
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/..%2fCargo.toml",
        "/pkg/%2e%2e/%2e%2e/Cargo.toml",
    ] {
        let answer = app.browser().raw(Method::GET, path).await;
        assert_ne!(answer.status, 200, "{path}");
        assert!(!answer.text.contains("[package]"), "{path}");
    }
}
