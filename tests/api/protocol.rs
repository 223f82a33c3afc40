//! What holds of every endpoint: media types, sizes, methods, unknown paths.

use crate::{
    client::path_of,
    harness::{Site, both},
};
use http::Method;
use serde_json::json;
use std::collections::BTreeSet;

both![
    every_answer_says_that_it_is_ours,
    what_is_no_json_is_named,
    a_body_is_json_and_says_so,
    a_body_has_256_kib_at_most,
    a_wrong_method_is_a_problem,
    an_unknown_endpoint_is_a_problem,
    a_form_is_not_sent_back_to_its_page,
    head_is_get_without_a_body,
    request_ids_are_ours,
    the_description_is_served,
];

async fn every_answer_says_that_it_is_ours(site: Site) {
    let app = site.start_with(&[("--limit-mails-per-address", "1")]).await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let one = path_of(&row);
    let card = json!({ "company": "Acme", "role_title": "Engineer" });
    let large = app.browser().with_bearer(&jane.token);
    let large = large
        .call(Method::POST, "/applications")
        .header("content-type", "application/json")
        .body(" ".repeat(256 * 1024 + 1));
    let (browser, other) = (app.browser(), app.browser().with_bearer(&jane.token));
    for (status, call) in [
        (200, jane.get(&one)),
        (200, jane.call(Method::HEAD, &one)),
        (200, jane.get("/openapi.json")),
        (200, jane.get("/sync").header("accept-encoding", "br")),
        (201, jane.post("/applications", &card)),
        (
            202,
            browser.post("/auth/magic-link", &json!({ "email": "joe@example.com" })),
        ),
        (
            429,
            browser.post("/auth/magic-link", &json!({ "email": "joe@example.com" })),
        ),
        (400, jane.post("/applications", &json!({}))),
        (401, browser.get("/auth/me")),
        (
            404,
            jane.get("/applications/00000000-0000-4000-8000-000000000000"),
        ),
        (404, jane.get("/nothing")),
        (405, jane.call(Method::PUT, "/applications")),
        (409, jane.patch(&one, 7, &json!({ "notes": "x" }))),
        (
            410,
            jane.get("/sync?since=00000000000000000000000000000000.1"),
        ),
        (413, large),
        (
            415,
            jane.call(Method::POST, "/applications")
                .body("company=Acme"),
        ),
        (428, jane.call(Method::DELETE, &one)),
        (204, jane.delete(&one, 1)),
        (204, other.call(Method::POST, "/auth/logout")),
    ] {
        let answer = call.await.is(status);
        assert_eq!(answer.header("x-job-hunt"), "1", "{answer:?}");
        answer.header("date");
    }
}

async fn what_is_no_json_is_named(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for body in [
        "{",
        "{\"company\": }",
        "company=Acme",
        "{} {}",
        "\u{feff}{}",
        "{\"a\":1e999}",
    ] {
        let call = jane.call(Method::POST, "/applications").body(body);
        let answer = call.header("content-type", "application/json").await;
        assert_eq!(answer.wrong_fields(), ["body"], "{body}");
    }
    // Bytes that are no UTF-8.
    let call = jane
        .call(Method::POST, "/applications")
        .body(&b"{\"company\":\"\xff\"}"[..]);
    assert_eq!(
        call.header("content-type", "application/json")
            .await
            .wrong_fields(),
        ["body"]
    );
    // JSON, but no object.
    for body in [
        "null",
        "7",
        "\"x\"",
        "true",
        "[]",
        "[\"Acme\", \"Engineer\"]",
    ] {
        let call = jane.call(Method::POST, "/applications").body(body);
        let answer = call.header("content-type", "application/json").await;
        assert_eq!(answer.wrong_fields(), ["body"], "{body}");
    }
    // No body at all names what is missing.
    let wrong = jane
        .call(Method::POST, "/applications")
        .await
        .wrong_fields();
    assert_eq!(wrong, ["company", "role_title"]);
}

async fn a_body_is_json_and_says_so(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let body = json!({ "company": "Acme", "role_title": "Engineer" }).to_string();
    let kinds = [
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/jsonx"),
        Some("application/merge-patch+json"),
        Some(""),
        None,
    ];
    for kind in kinds {
        for call in [
            jane.call(Method::POST, "/applications"),
            jane.call(Method::PATCH, &path_of(&row)).if_match(1),
            jane.call(Method::PATCH, "/settings").if_match(1),
            app.browser().call(Method::POST, "/auth/magic-link"),
            app.browser().call(Method::POST, "/auth/magic-link/verify"),
        ] {
            let call = call.body(body.clone());
            let call = match kind {
                Some(kind) => call.header("content-type", kind),
                None => call,
            };
            call.await.problem(415, "unsupported-media-type");
        }
    }
    for kind in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json ; x=y",
    ] {
        let call = jane.call(Method::POST, "/applications").body(body.clone());
        call.header("content-type", kind).await.is(201);
    }
}

async fn a_body_has_256_kib_at_most(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let sized = |bytes: usize| {
        let mut body = json!({ "company": "Acme", "role_title": "Engineer" }).to_string();
        body.push_str(&" ".repeat(bytes - body.len()));
        body
    };
    // Each on a connection of its own: the server closes one whose body it did not read.
    let call = |bytes: usize| {
        let program = app.browser().with_bearer(&jane.token);
        let call = program
            .call(Method::POST, "/applications")
            .body(sized(bytes));
        call.header("content-type", "application/json")
    };
    call(256 * 1024).await.is(201);
    call(256 * 1024 + 1).await.problem(413, "payload-too-large");
    // It may be closed before the client has written everything, and looks for the answer.
    if let Ok(answer) = call(2 * 1024 * 1024).try_send().await {
        answer.problem(413, "payload-too-large");
    }
    assert_eq!(jane.list().await.len(), 1);
}

async fn a_wrong_method_is_a_problem(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let one = path_of(&row);
    for (path, allowed) in [
        ("/applications", &["GET", "HEAD", "POST"][..]),
        (&one, &["DELETE", "GET", "HEAD", "PATCH"]),
        (&format!("{one}/stage-events"), &["GET", "HEAD"]),
        ("/settings", &["GET", "HEAD", "PATCH"]),
        ("/board", &["GET", "HEAD"]),
        ("/sync", &["GET", "HEAD"]),
        ("/auth/me", &["GET", "HEAD"]),
        ("/auth/logout", &["POST"]),
        ("/auth/magic-link", &["POST"]),
        ("/auth/magic-link/verify", &["POST"]),
        ("/openapi.json", &["GET", "HEAD"]),
    ] {
        let all = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        for method in all.into_iter().filter(|method| !allowed.contains(method)) {
            let answer = jane.call(method.parse().unwrap(), path).await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
            let listed: BTreeSet<&str> = answer.header("allow").split(',').map(str::trim).collect();
            assert_eq!(listed, allowed.iter().copied().collect(), "{method} {path}");
            answer.problem(405, "method-not-allowed");
        }
    }
    assert_eq!(jane.list().await, [row]);
    jane.get("/auth/me").await.is(200);
}

async fn an_unknown_endpoint_is_a_problem(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    for path in [
        "/nothing",
        "/applications/",
        "/applications/x/y",
        "/auth",
        "/Applications",
        "//sync",
    ] {
        for method in [Method::GET, Method::POST, Method::PATCH, Method::DELETE] {
            jane.call(method.clone(), path)
                .await
                .problem(404, "not-found");
            app.browser()
                .call(method, path)
                .await
                .problem(404, "not-found");
        }
    }
    let other = jane.raw(Method::GET, "/api/v2/applications").await;
    other.problem(404, "not-found");
}

async fn a_form_is_not_sent_back_to_its_page(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let html = "text/html,application/xhtml+xml";
    let referer = format!("{}/board", app.base);
    let body = json!({ "company": "Acme", "role_title": "Engineer" });
    let create = jane
        .post("/applications", &body)
        .header("accept", html)
        .header("referer", &referer);
    let row = create.await.is(201).json();
    assert_eq!(row["company"], "Acme");
    for (call, status) in [
        (jane.post("/applications", &json!({})), 400),
        (jane.get(&path_of(&row)), 200),
        (jane.patch(&path_of(&row), 7, &json!({})), 409),
        (jane.delete(&path_of(&row), 1), 204),
        (
            app.browser()
                .post("/auth/magic-link", &json!({ "email": "j@example.com" })),
            202,
        ),
        (app.browser().get("/auth/me"), 401),
    ] {
        let answer = call
            .header("accept", html)
            .header("referer", &referer)
            .await
            .is(status);
        assert!(!answer.headers.contains_key("location"));
    }
}

async fn head_is_get_without_a_body(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.create(json!({})).await;
    let head = jane.call(Method::HEAD, &path_of(&row)).await.is(200);
    assert_eq!((head.text.as_str(), head.header("etag")), ("", "W/\"1\""));
    app.browser()
        .call(Method::HEAD, &path_of(&row))
        .await
        .is(401);
}

async fn request_ids_are_ours(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let answer = jane
            .get("/auth/me")
            .header("x-request-id", "req_mine")
            .await
            .is(200);
        assert!(seen.insert(answer.header("x-request-id").to_owned()));
    }
    let health = jane.raw(Method::GET, "/healthz").await.is(200);
    assert!(health.header("x-request-id").starts_with("req_"));
}

async fn the_description_is_served(site: Site) {
    let app = site.start().await;
    let document = app.browser().get("/openapi.json").await.is(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    // Every path of it leads somewhere: to a session that is missing, not to nothing.
    for (path, operations) in document["paths"].as_object().unwrap() {
        let id = "3f6c3b7e-1f8f-476d-9b2b-5e4e2e2f5a11";
        let path = path.replace("{id}", id).replace("{event_id}", id);
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let call = app
                .browser()
                .call(method.clone(), &path)
                .if_match(1)
                .json(&json!({}));
            let answer = call.await;
            let expected = if operation["security"] == json!([]) {
                400
            } else {
                401
            };
            assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text);
        }
    }
}
