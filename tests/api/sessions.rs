//! Sessions: how they end, what passes for one, and requests that another site made.

use crate::{
    client::{Call, Client},
    harness::{Site, TestApp, User, both},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chrono::Duration;
use http::Method;
use job_hunt_tracker::server::auth::session;
use serde_json::{Value, json};
use uuid::Uuid;

both![
    nothing_works_without_a_session,
    a_session_tells_who_it_is,
    signing_out_ends_the_cookie_and_the_token,
    signing_out_leaves_other_sessions_alone,
    an_idle_session_ends_after_three_days,
    the_idle_time_is_a_setting,
    use_keeps_a_session_alive,
    a_busy_session_ends_after_30_days,
    what_is_not_our_token_is_nothing,
    a_bearer_token_needs_no_csrf_token,
    a_cookie_needs_the_csrf_token_of_its_session,
    a_cookie_is_not_taken_from_another_site,
    a_bearer_token_goes_before_a_cookie,
    a_request_can_name_its_user,
    another_users_request_reads_and_changes_nothing,
    another_users_page_keeps_no_session_alive,
];

fn card() -> Value {
    json!({ "company": "Acme", "role_title": "Engineer" })
}

async fn nothing_works_without_a_session(site: Site) {
    let app = site.start().await;
    let id = app
        .sign_in("jane@example.com")
        .await
        .create(json!({}))
        .await["id"]
        .clone();
    let id = id.as_str().unwrap();
    let stranger = app.browser();
    for path in [
        "/auth/me",
        "/applications",
        &format!("/applications/{id}"),
        &format!("/applications/{id}/stage-events"),
        "/board",
        "/settings",
        "/sync",
    ] {
        stranger.get(path).await.problem(401, "unauthorized");
    }
    stranger
        .post("/auth/logout", &json!({}))
        .await
        .problem(401, "unauthorized");
    stranger
        .post("/applications", &card())
        .await
        .problem(401, "unauthorized");
    for path in [format!("/applications/{id}"), "/settings".into()] {
        stranger
            .patch(&path, 1, &json!({}))
            .await
            .problem(401, "unauthorized");
    }
    stranger
        .delete(&format!("/applications/{id}"), 1)
        .await
        .problem(401, "unauthorized");
    assert_eq!(
        site.number("SELECT COUNT(*) FROM applications WHERE version = 1")
            .await,
        1
    );
}

async fn a_session_tells_who_it_is(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let me = jane.browser.get("/auth/me").await.is(200).json();
    assert_eq!(
        me["user"],
        json!({ "id": jane.id, "email": "jane@example.com" })
    );
    assert_eq!(me["settings"], jane.get("/settings").await.json());
    assert_eq!(
        me["csrf_token"].as_str().unwrap().len(),
        43,
        "256 bits in base64"
    );
    let mut names: Vec<_> = me.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["csrf_token", "settings", "user"]);
}

async fn signing_out_ends_the_cookie_and_the_token(site: Site) {
    let app = site.start().await;
    // By cookie.
    let jane = app.sign_in("jane@example.com").await;
    jane.browser
        .call(Method::POST, "/auth/logout")
        .await
        .problem(403, "csrf");
    let stolen = format!("jht_session={}", jane.token);
    let out = jane
        .browser
        .call(Method::POST, "/auth/logout")
        .header("x-csrf-token", &jane.csrf);
    let out = out.await.is(204);
    assert_eq!(out.text, "");
    assert!(out.set_cookie("jht_session").contains("Max-Age=0"));
    assert_eq!(jane.browser.cookie("jht_session"), None);
    app.browser()
        .get("/auth/me")
        .header("cookie", stolen)
        .await
        .problem(401, "unauthorized");
    jane.get("/auth/me").await.problem(401, "unauthorized");

    // By token.
    let jane = app.sign_in("jane@example.com").await;
    jane.call(Method::POST, "/auth/logout").await.is(204);
    jane.get("/auth/me").await.problem(401, "unauthorized");
    jane.browser
        .get("/auth/me")
        .await
        .problem(401, "unauthorized");
    jane.call(Method::POST, "/auth/logout")
        .await
        .problem(401, "unauthorized");
    jane.post("/applications", &card())
        .await
        .problem(401, "unauthorized");
}

async fn signing_out_leaves_other_sessions_alone(site: Site) {
    let app = site.start().await;
    let laptop = app.sign_in("jane@example.com").await;
    let phone = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    laptop.call(Method::POST, "/auth/logout").await.is(204);
    laptop.get("/auth/me").await.is(401);
    phone.get("/auth/me").await.is(200);
    joe.get("/auth/me").await.is(200);
}

async fn an_idle_session_ends_after_three_days(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    app.clock.advance(Duration::minutes(4319));
    jane.get("/auth/me").await.is(200);
    app.clock.advance(Duration::minutes(4320));
    jane.get("/auth/me").await.problem(401, "unauthorized");
    jane.browser
        .get("/auth/me")
        .await
        .problem(401, "unauthorized");
}

async fn set_timeout(user: &User, minutes: i64) {
    let body = json!({ "session_timeout_mins": minutes });
    user.patch("/settings", 1, &body).await.is(200);
}

async fn the_idle_time_is_a_setting(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    set_timeout(&jane, 10).await;
    app.clock.advance(Duration::minutes(9));
    jane.get("/auth/me").await.is(200);
    app.clock.advance(Duration::minutes(10));
    jane.get("/auth/me").await.problem(401, "unauthorized");
    // It does not come back to life.
    jane.get("/auth/me").await.problem(401, "unauthorized");
}

async fn use_keeps_a_session_alive(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    set_timeout(&jane, 5).await;
    for _ in 0..10 {
        app.clock.advance(Duration::minutes(4));
        jane.browser.get("/auth/me").await.is(200);
    }
    app.clock.advance(Duration::minutes(5));
    jane.browser
        .get("/auth/me")
        .await
        .problem(401, "unauthorized");
}

async fn a_busy_session_ends_after_30_days(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    set_timeout(&jane, 43_200).await;
    for _ in 0..29 {
        app.clock.advance(Duration::days(1));
        jane.get("/auth/me").await.is(200);
    }
    app.clock.advance(Duration::hours(23));
    jane.get("/auth/me").await.is(200);
    app.clock.advance(Duration::hours(1));
    jane.get("/auth/me").await.problem(401, "unauthorized");
    jane.browser
        .get("/auth/me")
        .await
        .problem(401, "unauthorized");
}

/// The claims of a token.
fn claims(token: &str) -> Value {
    serde_json::from_slice(&BASE64.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn encode(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

/// A token for this user and session, signed with the server's own key.
fn signed(app: &TestApp, user: Uuid, session: Uuid) -> String {
    let now = app.clock.now();
    session::issue(
        &app.state.keys,
        user,
        session,
        now,
        now + Duration::days(30),
    )
    .unwrap()
}

async fn what_is_not_our_token_is_nothing(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let session: Uuid = claims(&jane.token)["sid"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let parts: Vec<&str> = jane.token.split('.').collect();
    let [head, body, tag] = parts[..] else {
        panic!("{}", jane.token)
    };

    // So that the forgeries below fail for their own reason.
    let genuine = signed(&app, jane.id, session);
    app.browser()
        .with_bearer(&genuine)
        .get("/auth/me")
        .await
        .is(200);

    let mut as_joe = claims(&jane.token);
    as_joe["sub"] = json!(joe.id);
    let first = if tag.starts_with('A') { "B" } else { "A" };
    let none = encode(&json!({ "alg": "none", "typ": "JWT" }));
    let hs512 = encode(&json!({ "alg": "HS512", "typ": "JWT" }));
    let forged = [
        ("another tag", format!("{head}.{body}.{first}{}", &tag[1..])),
        ("no tag", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        (
            "another user under the old tag",
            format!("{head}.{}.{tag}", encode(&as_joe)),
        ),
        ("alg none, no tag", format!("{none}.{body}.")),
        ("alg none, the old tag", format!("{none}.{body}.{tag}")),
        (
            "alg none, another user",
            format!("{none}.{}.", encode(&as_joe)),
        ),
        ("another algorithm", format!("{hs512}.{body}.{tag}")),
        ("another user's session", signed(&app, joe.id, session)),
        ("no such session", signed(&app, jane.id, Uuid::new_v4())),
        ("no such user", signed(&app, Uuid::new_v4(), session)),
        ("a word", "word".into()),
        ("nothing", String::new()),
    ];
    for (what, token) in forged {
        let program = app.browser().with_bearer(&token);
        assert_eq!(program.get("/auth/me").await.status, 401, "{what}");
        let cookie = format!("jht_session={token}");
        let answer = app.browser().get("/auth/me").header("cookie", cookie).await;
        assert_eq!(answer.status, 401, "{what}, as a cookie");
    }

    // Another installation's key.
    let folder = site.folder.join("other").display().to_string();
    let other = site.start_with(&[("--data-dir", &folder)]).await;
    let token = signed(&other, jane.id, session);
    assert_eq!(
        app.browser()
            .with_bearer(&token)
            .get("/auth/me")
            .await
            .status,
        401
    );
}

async fn a_bearer_token_needs_no_csrf_token(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let row = jane.post("/applications", &card()).await.is(201).json();
    jane.change(&row, json!({ "company": "Beta" })).await;
    // The name of the scheme has no case.
    let token = format!("bearer {}", jane.token);
    app.browser()
        .post("/applications", &card())
        .header("authorization", token)
        .await
        .is(201);
}

async fn a_cookie_needs_the_csrf_token_of_its_session(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let other = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    assert_ne!(jane.csrf, other.csrf);
    let row = jane.create(json!({})).await;
    let path = format!("/applications/{}", row["id"].as_str().unwrap());

    let wrong = [
        None,
        Some(""),
        Some("x"),
        Some(&*other.csrf),
        Some(&*joe.csrf),
        Some(&jane.csrf[..42]),
    ];
    for token in wrong {
        let calls = [
            jane.browser.post("/applications", &card()),
            jane.browser.patch(&path, 1, &json!({ "company": "Beta" })),
            jane.browser.delete(&path, 1),
            jane.browser
                .patch("/settings", 1, &json!({ "display_name": "J" })),
            jane.browser.call(Method::POST, "/auth/logout"),
        ];
        for call in calls {
            let call = match token {
                Some(token) => call.header("x-csrf-token", token),
                None => call,
            };
            call.await.problem(403, "csrf");
        }
    }
    // Reading needs none, and nothing has happened.
    assert_eq!(jane.browser.list().await, [row]);

    let call = jane.browser.patch(&path, 1, &json!({ "company": "Beta" }));
    call.header("x-csrf-token", &jane.csrf).await.is(200);
    let call = jane.browser.post("/applications", &card());
    call.header("x-csrf-token", &jane.csrf).await.is(201);
    let call = jane.browser.delete(&path, 2);
    call.header("x-csrf-token", &jane.csrf).await.is(204);
}

async fn a_cookie_is_not_taken_from_another_site(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let create = |browser: &Client| {
        browser
            .post("/applications", &card())
            .header("x-csrf-token", &jane.csrf)
    };
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        create(&jane.browser)
            .header(name, value)
            .await
            .problem(403, "csrf");
    }
    assert_eq!(jane.list().await.len(), 0);
    let own = create(&jane.browser).header("origin", &app.base);
    own.header("sec-fetch-site", "same-origin").await.is(201);
}

async fn a_bearer_token_goes_before_a_cookie(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let call = |token: &str| {
        let call = app
            .browser()
            .get("/auth/me")
            .header("cookie", format!("jht_session={}", jane.token));
        call.header("authorization", format!("Bearer {token}"))
    };
    call("word").await.problem(401, "unauthorized");
    assert_eq!(
        call(&joe.token).await.is(200).json()["user"]["email"],
        "joe@example.com"
    );
}

/// One call of every endpoint under a session, by the cookie and with its CSRF token. `id` is an
/// application at version 1.
fn every_call(user: &User, id: &str) -> Vec<Call> {
    let browser = &user.browser;
    let path = format!("/applications/{id}");
    let change = json!({ "company": "Beta" });
    let reads = [
        "/auth/me",
        "/applications",
        "/board",
        "/settings",
        "/sync",
        &path,
        &format!("{path}/stage-events"),
    ];
    let writes = [
        browser.post("/applications", &card()).key("create"),
        browser.patch(&path, 1, &change).key("patch"),
        browser
            .patch("/settings", 1, &json!({ "display_name": "J" }))
            .key("settings"),
        browser.delete(&path, 1).key("delete"),
        browser.call(Method::POST, "/auth/logout"),
    ]
    .map(|call| call.header("x-csrf-token", &user.csrf));
    let reads = reads.map(|path| browser.get(path));
    reads.into_iter().chain(writes).collect()
}

async fn a_request_can_name_its_user(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let id = jane.create(json!({})).await["id"].clone();
    for call in every_call(&jane, id.as_str().unwrap()) {
        let status = call.header("x-user-id", jane.id).await.status;
        // What was patched before it is deleted has moved on.
        assert!(matches!(status, 200 | 201 | 204 | 409), "{status}");
    }
    // Without a session it opens nothing, and signing in does not ask for it.
    let joe = app.sign_in("joe@example.com").await;
    let answer = app
        .browser()
        .get("/auth/me")
        .header("x-user-id", joe.id)
        .await;
    answer.problem(401, "unauthorized");
    let ask = app
        .browser()
        .post("/auth/magic-link", &json!({ "email": "joe@example.com" }));
    ask.header("x-user-id", jane.id).await.is(202);
}

async fn another_users_request_reads_and_changes_nothing(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    let row = jane.create(json!({})).await;
    let before = jane.get("/sync").await.json();
    let id = row["id"].as_str().unwrap();
    for call in every_call(&jane, id) {
        let problem = call
            .header("x-user-id", joe.id)
            .await
            .problem(401, "other-user");
        assert_eq!(problem["title"], "Another account is signed in");
        assert!(
            !problem.to_string().contains(&jane.id.to_string()),
            "{problem}"
        );
    }
    // Joe's page has the token of his session: that is not what is wrong.
    let call = jane
        .browser
        .post("/applications", &card())
        .header("x-csrf-token", &joe.csrf);
    call.header("x-user-id", joe.id)
        .await
        .problem(401, "other-user");
    let call = jane
        .get("/applications")
        .header("x-user-id", Uuid::new_v4());
    call.await.problem(401, "other-user");

    for garbage in [
        "",
        "x",
        "jane@example.com",
        &id[1..],
        &format!("{id}, {id}"),
    ] {
        for call in every_call(&jane, id) {
            let wrong = call.header("x-user-id", garbage).await.wrong_fields();
            assert_eq!(wrong, ["X-User-Id"], "{garbage}");
        }
    }
    // One of two is no answer, even if the other is right.
    let call = jane.get("/applications").header("x-user-id", jane.id);
    assert_eq!(
        call.header("x-user-id", joe.id).await.wrong_fields(),
        ["X-User-Id"]
    );

    assert_eq!(jane.get("/sync").await.json(), before);
    assert_eq!(site.number("SELECT COUNT(*) FROM mutations").await, 0);
    jane.browser.get("/auth/me").await.is(200);
}

async fn another_users_page_keeps_no_session_alive(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let joe = app.sign_in("joe@example.com").await;
    set_timeout(&jane, 10).await;
    for _ in 0..2 {
        app.clock.advance(Duration::minutes(5));
        let call = jane.browser.get("/sync").header("x-user-id", joe.id);
        let answer = call.await;
        assert_eq!(answer.status, 401, "{}", answer.text);
    }
    jane.get("/auth/me").await.problem(401, "unauthorized");
}
