//! Signing in by mail: the link, the code, and what they must not do.

use crate::{
    client::Answer,
    harness::{Site, both},
};
use chrono::{DateTime, Duration, Utc};
use http::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Instant};
use tokio::task::JoinSet;

both![
    a_link_signs_in_once,
    a_link_works_for_15_minutes,
    a_link_works_in_another_browser,
    opening_a_link_does_not_use_it_up,
    a_code_works_only_in_the_browser_that_asked,
    a_code_and_its_link_are_used_up_together,
    five_wrong_codes_kill_the_code_but_not_the_link,
    tries_at_the_same_moment_are_counted_one_by_one,
    another_site_can_neither_ask_nor_verify,
    this_machine_may_go_by_its_other_name,
    known_and_unknown_addresses_get_the_same_answer,
    wrong_requests_name_their_fields,
    an_address_gets_its_mail_or_is_refused,
    an_address_is_one_person_in_any_case,
    an_address_is_asked_five_times_an_hour,
    a_client_asks_twenty_times_an_hour,
    a_client_tries_ten_times_a_minute,
    behind_a_proxy_clients_are_told_apart,
    without_a_proxy_nobody_believes_forwarded_addresses,
    cookies_over_http,
    cookies_over_https,
    of_verifications_at_once_one_succeeds,
    first_sign_ins_at_once_make_one_user,
    an_account_begins_with_the_zone_and_the_week_of_its_browser,
    a_zone_that_there_is_not_uses_nothing_up,
    no_token_is_ever_stored,
    sign_ins_are_logged,
];

const ASK: &str = "/auth/magic-link";
const VERIFY: &str = "/auth/magic-link/verify";

fn seconds(text: &Value) -> i64 {
    text.as_str()
        .unwrap()
        .parse::<DateTime<Utc>>()
        .unwrap()
        .timestamp()
}

async fn a_link_signs_in_once(site: Site) {
    let app = site.start().await;
    let browser = app.browser();
    let asked = browser
        .post(ASK, &json!({ "email": "jane@example.com" }))
        .await
        .is(202);
    assert_eq!(asked.text, "");
    assert_eq!(site.mails_to("jane@example.com").len(), 1);
    let mail = site.mail_to("jane@example.com");
    assert_eq!(
        mail.link,
        format!("{}/sign-in/verify?token={}", app.base, mail.token)
    );
    assert_eq!(mail.token.len(), 43, "256 bits in base64");
    assert!(
        mail.code.bytes().all(|byte| byte.is_ascii_digit()),
        "{mail:?}"
    );
    browser.get("/auth/me").await.problem(401, "unauthorized");

    let body = json!({ "token": mail.token });
    let signed_in = browser.post(VERIFY, &body).await.is(200).json();
    assert_eq!(signed_in["user"]["email"], "jane@example.com");
    let in_30_days = (app.clock.now() + Duration::days(30)).timestamp();
    assert!(
        (seconds(&signed_in["expires_at"]) - in_30_days).abs() <= 30,
        "{signed_in}"
    );
    let me = browser.get("/auth/me").await.is(200).json();
    assert_eq!(me["user"], signed_in["user"]);

    assert_eq!(browser.post(VERIFY, &body).await.wrong_fields(), ["token"]);
    assert_eq!(
        app.browser().post(VERIFY, &body).await.wrong_fields(),
        ["token"]
    );
    // The session that was opened goes on.
    browser.get("/auth/me").await.is(200);
}

async fn a_link_works_for_15_minutes(site: Site) {
    let app = site.start().await;
    let browser = app.browser();
    let early = app.ask(&browser, "early@example.com").await;
    app.clock
        .advance(Duration::minutes(15) - Duration::seconds(20));
    browser
        .post(VERIFY, &json!({ "token": early.token }))
        .await
        .is(200);

    let late = app.ask(&browser, "late@example.com").await;
    app.clock.advance(Duration::minutes(15));
    assert_eq!(
        browser
            .post(VERIFY, &json!({ "token": late.token }))
            .await
            .wrong_fields(),
        ["token"]
    );
    assert_eq!(
        browser
            .post(VERIFY, &json!({ "code": late.code }))
            .await
            .wrong_fields(),
        ["code"]
    );
    assert_eq!(
        site.number("SELECT COUNT(*) FROM users").await,
        1,
        "nobody came late"
    );
}

async fn a_link_works_in_another_browser(site: Site) {
    let app = site.start().await;
    let mail = app.ask(&app.browser(), "jane@example.com").await;
    let phone = app.browser();
    phone
        .post(VERIFY, &json!({ "token": mail.token }))
        .await
        .is(200);
    assert_eq!(
        phone.get("/auth/me").await.is(200).json()["user"]["email"],
        "jane@example.com"
    );
}

async fn opening_a_link_does_not_use_it_up(site: Site) {
    let app = site.start().await;
    let mail = app.ask(&app.browser(), "jane@example.com").await;
    // As scanners of mail do.
    let path = mail.link.strip_prefix(&app.base).unwrap();
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let page = app.browser().raw(method, path).await.is(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(!page.headers.contains_key("set-cookie"));
    }
    let body = json!({ "token": mail.token });
    app.browser().post(VERIFY, &body).await.is(200);
}

async fn a_code_works_only_in_the_browser_that_asked(site: Site) {
    let app = site.start().await;
    let asker = app.browser();
    let mail = app.ask(&asker, "jane@example.com").await;
    let body = json!({ "code": mail.code });

    assert_eq!(
        app.browser().post(VERIFY, &body).await.wrong_fields(),
        ["code"]
    );
    let other = app.browser();
    let others = app.ask(&other, "jane@example.com").await;
    if others.code != mail.code {
        assert_eq!(other.post(VERIFY, &body).await.wrong_fields(), ["code"]);
    }
    assert!(other.cookie("jht_session").is_none());

    assert_eq!(
        asker.post(VERIFY, &body).await.is(200).json()["user"]["email"],
        "jane@example.com"
    );
    asker.get("/auth/me").await.is(200);
}

async fn a_code_and_its_link_are_used_up_together(site: Site) {
    let app = site.start().await;
    let browser = app.browser();
    let first = app.ask(&browser, "jane@example.com").await;
    browser
        .post(VERIFY, &json!({ "code": first.code }))
        .await
        .is(200);
    assert_eq!(
        browser
            .post(VERIFY, &json!({ "token": first.token }))
            .await
            .wrong_fields(),
        ["token"]
    );

    let second = app.ask(&browser, "jane@example.com").await;
    let cookie = format!("jht_sign_in={}", browser.cookie("jht_sign_in").unwrap());
    browser
        .post(VERIFY, &json!({ "token": second.token }))
        .await
        .is(200);
    let again = app
        .browser()
        .post(VERIFY, &json!({ "code": second.code }))
        .header("cookie", cookie);
    assert_eq!(again.await.wrong_fields(), ["code"]);
}

/// A code that is not `code`.
fn wrong(code: &str, number: u32) -> String {
    format!(
        "{:06}",
        (code.parse::<u32>().unwrap() + 1 + number) % 1_000_000
    )
}

async fn five_wrong_codes_kill_the_code_but_not_the_link(site: Site) {
    let app = site.start().await;
    // Four leave the code alive.
    let browser = app.browser();
    let mail = app.ask(&browser, "jane@example.com").await;
    for number in 0..4 {
        let body = json!({ "code": wrong(&mail.code, number) });
        assert_eq!(browser.post(VERIFY, &body).await.wrong_fields(), ["code"]);
    }
    browser
        .post(VERIFY, &json!({ "code": mail.code }))
        .await
        .is(200);

    let browser = app.browser();
    let mail = app.ask(&browser, "jane@example.com").await;
    for number in 0..5 {
        let body = json!({ "code": wrong(&mail.code, number) });
        assert_eq!(browser.post(VERIFY, &body).await.wrong_fields(), ["code"]);
    }
    assert_eq!(
        browser
            .post(VERIFY, &json!({ "code": mail.code }))
            .await
            .wrong_fields(),
        ["code"]
    );
    browser
        .post(VERIFY, &json!({ "token": mail.token }))
        .await
        .is(200);
}

async fn tries_at_the_same_moment_are_counted_one_by_one(site: Site) {
    let app = site.start().await;
    let browser = app.browser();
    let mail = app.ask(&browser, "jane@example.com").await;
    let mut tries = JoinSet::new();
    for number in 0..30 {
        tries.spawn(
            browser
                .post(VERIFY, &json!({ "code": wrong(&mail.code, number) }))
                .into_future(),
        );
    }
    for answer in tries.join_all().await {
        assert_eq!(answer.wrong_fields(), ["code"]);
    }
    assert_eq!(
        site.number("SELECT CAST(MAX(code_attempts) AS bigint) FROM sign_in_tokens")
            .await,
        5
    );
    assert_eq!(
        browser
            .post(VERIFY, &json!({ "code": mail.code }))
            .await
            .wrong_fields(),
        ["code"]
    );
}

async fn another_site_can_neither_ask_nor_verify(site: Site) {
    let app = site.start().await;
    let browser = app.browser();
    let mail = app.ask(&browser, "jane@example.com").await;
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for (name, value) in foreign {
        let ask = browser
            .post(ASK, &json!({ "email": "joe@example.com" }))
            .header(name, value);
        ask.await.problem(403, "csrf");
        for body in [json!({ "token": mail.token }), json!({ "code": mail.code })] {
            browser
                .post(VERIFY, &body)
                .header(name, value)
                .await
                .problem(403, "csrf");
        }
    }
    assert_eq!(site.mails_to("joe@example.com"), []);

    // Our own pages may, and the foreign tries have used nothing up.
    let ask = browser.post(ASK, &json!({ "email": "joe@example.com" }));
    ask.header("origin", &app.base)
        .header("sec-fetch-site", "same-origin")
        .await
        .is(202);
    let verify = app.browser().post(VERIFY, &json!({ "token": mail.token }));
    verify
        .header("origin", &app.base)
        .header("sec-fetch-site", "same-origin")
        .await
        .is(200);
}

async fn this_machine_may_go_by_its_other_name(site: Site) {
    let app = site.start().await;
    let name = app.base.replace("http://127.0.0.1", "localhost");
    let ask = |host: &str, origin: &str| {
        let call = app
            .browser()
            .post(ASK, &json!({ "email": "jane@example.com" }));
        call.header("host", host).header("origin", origin)
    };
    ask(&name, &format!("http://{name}")).await.is(202);
    ask(&name, "http://localhost:1").await.problem(403, "csrf");

    // A public address has one name, whatever the request says of its host.
    let smtp = "smtp://127.0.0.1:1";
    let public = [
        ("--public-url", "https://hunt.example.com"),
        ("--mail-url", smtp),
    ];
    let app = site.start_with(&public).await;
    let other = "evil.example";
    let call = app
        .browser()
        .post(VERIFY, &json!({ "token": "x" }))
        .header("host", other);
    call.header("origin", format!("https://{other}"))
        .await
        .problem(403, "csrf");
    let call = app.browser().post(VERIFY, &json!({ "token": "x" }));
    let own = call.header("origin", "https://hunt.example.com").await;
    assert_eq!(own.wrong_fields(), ["token"]);
}

/// What a stranger sees of an answer: all but what is new in each.
fn visible(answer: &Answer) -> (u16, String, BTreeSet<(String, String)>) {
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = match name.as_str() {
            "date" | "x-request-id" => "",
            "set-cookie" => value.to_str().unwrap().split_once(';').unwrap().1,
            _ => value.to_str().unwrap(),
        };
        (name.to_string(), value.to_owned())
    });
    (answer.status, answer.text.clone(), headers.collect())
}

async fn known_and_unknown_addresses_get_the_same_answer(site: Site) {
    let app = site.start().await;
    app.sign_in("known@example.com").await;
    let known = app
        .browser()
        .post(ASK, &json!({ "email": "known@example.com" }))
        .await
        .is(202);
    let unknown = app
        .browser()
        .post(ASK, &json!({ "email": "unknown@example.com" }))
        .await
        .is(202);
    assert_eq!(visible(&known), visible(&unknown));
    assert_eq!(
        known.set_cookie("jht_sign_in").len(),
        unknown.set_cookie("jht_sign_in").len()
    );
    // Both got a mail, so the time that it takes is the same too.
    assert_eq!(site.mails_to("unknown@example.com").len(), 1);
}

async fn wrong_requests_name_their_fields(site: Site) {
    let app = site.start().await;
    let browser = app.browser();
    for (path, body, fields) in [
        (ASK, json!({}), &["email"][..]),
        (ASK, json!({ "email": "jane" }), &["email"]),
        (
            ASK,
            json!({ "email": "jane@example.com\nbcc: joe@example.com" }),
            &["email"],
        ),
        (ASK, json!({ "email": null }), &["email"]),
        (
            ASK,
            json!({ "email": "jane@example.com", "name": "Jane" }),
            &["name"],
        ),
        (VERIFY, json!({}), &["token"]),
        (
            VERIFY,
            json!({ "token": "x", "code": "123456" }),
            &["token"],
        ),
        (VERIFY, json!({ "token": "x" }), &["token"]),
        (VERIFY, json!({ "token": 7 }), &["token"]),
        (VERIFY, json!({ "token": "" }), &["token"]),
        (VERIFY, json!({ "code": "123456" }), &["code"]),
        (VERIFY, json!({ "code": "1", "pin": "2" }), &["pin"]),
    ] {
        assert_eq!(
            browser.post(path, &body).await.wrong_fields(),
            fields,
            "{body}"
        );
    }
    assert!(!site.mail_folder().exists(), "no mail left");
}

async fn an_address_gets_its_mail_or_is_refused(site: Site) {
    let app = site.start().await;
    for email in [
        "jane+tag@example.com",
        "j.o'neil@example.co.uk",
        "!#$%&'*/=?^_`{|}~-@example.com",
        "jäne@example.com",
        "jane@bücher.example",
        "jane@127.0.0.1",
        "jane@x-y.example",
        "jane@例え.jp",
        "jane@exa_mple.com",
        "\u{212a}elvin@example.com",
        "jane@example.c",
        &format!("{}@example.com", "x".repeat(64)),
        &format!("{}@example.com", "x".repeat(65)),
        &format!("jane@{}.com", "x".repeat(63)),
    ] {
        let answer = app.browser().post(ASK, &json!({ "email": email })).await;
        match answer.status {
            202 => assert_eq!(count_mails(&site), 1, "{email}"),
            _ => assert_eq!(answer.wrong_fields(), ["email"], "{email}"),
        }
        _ = std::fs::remove_dir_all(site.mail_folder());
    }
}

fn count_mails(site: &Site) -> usize {
    std::fs::read_dir(site.mail_folder()).map_or(0, Iterator::count)
}

async fn an_address_is_one_person_in_any_case(site: Site) {
    let app = site.start().await;
    let first = app.sign_in("Jane.Doe@Example.COM").await;
    let second = app.sign_in("jane.doe@example.com").await;
    assert_eq!(first.id, second.id);
    assert_eq!(
        first.get("/auth/me").await.json()["user"]["email"],
        "jane.doe@example.com"
    );
}

async fn an_address_is_asked_five_times_an_hour(site: Site) {
    let app = site.start_with(&[]).await;
    for _ in 0..5 {
        app.browser()
            .post(ASK, &json!({ "email": "jane@example.com" }))
            .await
            .is(202);
    }
    let refused = app
        .browser()
        .post(ASK, &json!({ "email": "JANE@example.com" }))
        .await;
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    // One more is allowed every twelve minutes.
    assert!((600..=721).contains(&wait), "{wait}");
    refused.problem(429, "too-many-requests");
    assert_eq!(site.mails_to("jane@example.com").len(), 5);
    app.browser()
        .post(ASK, &json!({ "email": "joe@example.com" }))
        .await
        .is(202);
}

async fn a_client_asks_twenty_times_an_hour(site: Site) {
    let app = site.start_with(&[]).await;
    for number in 0..20 {
        let body = json!({ "email": format!("jane{number}@example.com") });
        app.browser().post(ASK, &body).await.is(202);
    }
    let refused = app
        .browser()
        .post(ASK, &json!({ "email": "jane20@example.com" }))
        .await;
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((100..=181).contains(&wait), "{wait}");
    refused.problem(429, "too-many-requests");
    assert_eq!(site.mails_to("jane20@example.com"), []);
}

async fn a_client_tries_ten_times_a_minute(site: Site) {
    let app = site.start_with(&[]).await;
    let mail = app.ask(&app.browser(), "jane@example.com").await;
    let (start, mut tries) = (Instant::now(), 0);
    let refused = loop {
        let answer = app.browser().post(VERIFY, &json!({ "token": "x" })).await;
        if answer.status == 429 {
            break answer;
        }
        assert_eq!(answer.wrong_fields(), ["token"]);
        tries += 1;
    };
    // One more is allowed every six seconds.
    let most = 10 + start.elapsed().as_secs() / 6;
    assert!(
        (10..=most).contains(&tries),
        "{tries} tries, at most {most}"
    );
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=7).contains(&wait), "{wait}");
    refused.problem(429, "too-many-requests");
    // A good token does not pass either.
    let good = app
        .browser()
        .post(VERIFY, &json!({ "token": mail.token }))
        .await;
    assert!(
        good.status == 429 || start.elapsed().as_secs() >= 6,
        "{good:?}"
    );
}

async fn behind_a_proxy_clients_are_told_apart(site: Site) {
    let app = site
        .start_with(&[("--trust-proxy", "true"), ("--limit-mails-per-client", "1")])
        .await;
    let ask = |number: u32, forwarded: &str| {
        let body = json!({ "email": format!("jane{number}@example.com") });
        app.browser()
            .post(ASK, &body)
            .header("x-forwarded-for", forwarded)
    };
    ask(1, "203.0.113.1").await.is(202);
    ask(2, "203.0.113.1").await.is(429);
    ask(3, "203.0.113.2").await.is(202);
    // The proxy appends the address that it saw; what stands before it is only claimed.
    ask(4, "198.51.100.7, 203.0.113.1").await.is(429);
    ask(5, "203.0.113.1, 203.0.113.3").await.is(202);
    // Some proxies append a line of their own.
    let two_lines = |number: u32, claimed: &str, seen: &str| {
        ask(number, claimed).header("x-forwarded-for", seen)
    };
    two_lines(6, "203.0.113.4", "203.0.113.1").await.is(429);
    two_lines(7, "203.0.113.1", "203.0.113.4").await.is(202);
    // Whoever has an IPv6 network has all addresses in it.
    ask(8, "2001:db8:1:2::1").await.is(202);
    ask(9, "2001:db8:1:2:ffff::9").await.is(429);
    ask(10, "2001:db8:1:3::1").await.is(202);
    ask(11, "::ffff:203.0.113.1").await.is(429);
}

async fn without_a_proxy_nobody_believes_forwarded_addresses(site: Site) {
    let app = site.start_with(&[("--limit-mails-per-client", "1")]).await;
    let ask = |number: u32| {
        let body = json!({ "email": format!("jane{number}@example.com") });
        app.browser()
            .post(ASK, &body)
            .header("x-forwarded-for", format!("203.0.113.{number}"))
    };
    ask(1).await.is(202);
    ask(2).await.is(429);
}

/// A cookie's attributes, in order of the alphabet.
fn attributes(set_cookie: &str) -> Vec<&str> {
    let mut attributes: Vec<&str> = set_cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    attributes
}

async fn cookies_over_http(site: Site) {
    let app = site.start().await;
    let browser = app.browser();
    let asked = browser
        .post(ASK, &json!({ "email": "jane@example.com" }))
        .await
        .is(202);
    let binding = attributes(asked.set_cookie("jht_sign_in"));
    assert_eq!(
        binding,
        ["HttpOnly", "Max-Age=900", "Path=/", "SameSite=Lax"]
    );
    assert!(!asked.headers.contains_key("strict-transport-security"));

    let body = json!({ "token": site.mail_to("jane@example.com").token });
    let signed_in = browser.post(VERIFY, &body).await.is(200);
    let session = attributes(signed_in.set_cookie("jht_session"));
    assert_eq!(
        session,
        ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax"]
    );
    // The other cookie has done its work.
    let binding = signed_in.set_cookie("jht_sign_in");
    assert!(
        binding.starts_with("jht_sign_in=;") && binding.contains("Max-Age=0"),
        "{binding}"
    );
    // The token is in the cookie alone, where scripts do not get at it.
    assert!(
        !signed_in
            .text
            .contains(&browser.cookie("jht_session").unwrap())
    );
}

async fn cookies_over_https(site: Site) {
    // A loopback address, so that mail may go to a folder.
    let app = site
        .start_with(&[("--public-url", "https://localhost:8443")])
        .await;
    let browser = app.browser();
    let ask = browser.post(ASK, &json!({ "email": "jane@example.com" }));
    let asked = ask.header("origin", "https://localhost:8443").await.is(202);
    let binding = attributes(asked.set_cookie("__Host-jht_sign_in"));
    assert_eq!(
        binding,
        [
            "HttpOnly",
            "Max-Age=900",
            "Path=/",
            "SameSite=Lax",
            "Secure"
        ]
    );
    assert_eq!(
        asked.header("strict-transport-security"),
        "max-age=63072000; includeSubDomains"
    );
    let mail = site.mail_to("jane@example.com");
    assert!(
        mail.link
            .starts_with("https://localhost:8443/sign-in/verify?token="),
        "{mail:?}"
    );

    // By the code, which needs the cookie.
    let signed_in = browser
        .post(VERIFY, &json!({ "code": mail.code }))
        .await
        .is(200);
    let session = attributes(signed_in.set_cookie("__Host-jht_session"));
    assert_eq!(
        session,
        [
            "HttpOnly",
            "Max-Age=2592000",
            "Path=/",
            "SameSite=Lax",
            "Secure"
        ]
    );
    browser.get("/auth/me").await.is(200);
    // Under the name that a sibling host could set, it is nothing.
    let cookie = format!(
        "jht_session={}",
        browser.cookie("__Host-jht_session").unwrap()
    );
    app.browser()
        .get("/auth/me")
        .header("cookie", cookie)
        .await
        .problem(401, "unauthorized");
}

async fn of_verifications_at_once_one_succeeds(site: Site) {
    let app = site.start().await;
    for round in 0..5 {
        let mail = app.ask(&app.browser(), "jane@example.com").await;
        let mut all = JoinSet::new();
        for _ in 0..8 {
            let body = json!({ "token": mail.token });
            all.spawn(app.browser().post(VERIFY, &body).into_future());
        }
        let (good, bad): (Vec<_>, Vec<_>) = all
            .join_all()
            .await
            .into_iter()
            .partition(|answer| answer.status == 200);
        assert_eq!((good.len(), bad.len()), (1, 7));
        for answer in bad {
            assert_eq!(answer.wrong_fields(), ["token"]);
        }
        assert_eq!(
            site.number("SELECT COUNT(*) FROM sessions").await,
            round + 1
        );
    }
}

async fn first_sign_ins_at_once_make_one_user(site: Site) {
    let app = site.start().await;
    for round in 0..5 {
        let email = format!("jane{round}@example.com");
        let mut all = JoinSet::new();
        for _ in 0..4 {
            let mail = app.ask(&app.browser(), &email).await;
            let body = json!({ "token": mail.token });
            let browser = app.browser();
            all.spawn(async move {
                let answer = browser.post(VERIFY, &body).await.is(200).json();
                // The user is whole: settings and history were made once.
                browser.get("/auth/me").await.is(200);
                answer["user"]["id"].as_str().unwrap().to_owned()
            });
        }
        let ids: BTreeSet<String> = all.join_all().await.into_iter().collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(site.number("SELECT COUNT(*) FROM users").await, round + 1);
    }
}

async fn no_token_is_ever_stored(site: Site) {
    let app = site.start().await;
    let browser = app.browser();
    let ask = || {
        browser
            .post(ASK, &json!({ "email": "jane@example.com" }))
            .key("same key")
    };
    ask().await.is(202);
    ask().await.is(202);
    assert_eq!(
        site.mails_to("jane@example.com").len(),
        2,
        "no idempotency here"
    );
    let body = json!({ "token": site.mail_to("jane@example.com").token });
    browser.post(VERIFY, &body).key("another key").await.is(200);
    assert_eq!(
        browser
            .post(VERIFY, &body)
            .key("another key")
            .await
            .wrong_fields(),
        ["token"]
    );
    assert_eq!(site.number("SELECT COUNT(*) FROM mutations").await, 0);
}

async fn sign_ins_are_logged(site: Site) {
    let app = site.start().await;
    let jane = app.sign_in("jane@example.com").await;
    let browser = app.browser();
    app.ask(&browser, "jane@example.com").await;
    for body in [json!({ "token": "x" }), json!({ "code": "x" })] {
        browser.post(VERIFY, &body).await.is(400);
    }
    let count = async |event: &str| {
        let sql = format!("SELECT COUNT(*) FROM audit_log WHERE event = '{event}'");
        site.number(&sql).await
    };
    assert_eq!(count("sign_in").await, 1);
    assert_eq!(count("sign_in_failed").await, 2);
    let known = "SELECT COUNT(*) FROM audit_log AS a JOIN users AS u ON a.user_id = u.id";
    assert_eq!(site.number(known).await, 1, "{}", jane.id);
}

async fn an_account_begins_with_the_zone_and_the_week_of_its_browser(site: Site) {
    let app = site.start().await;
    let settings = async |said: Value| {
        let browser = app.browser();
        let mail = app.ask(&browser, "jane@example.com").await;
        let mut body = json!({ "token": mail.token });
        body.as_object_mut()
            .unwrap()
            .extend(said.as_object().unwrap().clone());
        let signed_in = browser.post(VERIFY, &body).await.is(200).json();
        let settings = browser.get("/settings").await.is(200).json();
        let begins = json!([settings["timezone"], settings["week_start"]]);
        (signed_in["is_new"].clone(), begins, settings)
    };
    let berlin = json!({ "timezone": "Europe/Berlin", "week_start": "sunday" });
    let (is_new, begins, first) = settings(berlin).await;
    assert_eq!(is_new, true);
    assert_eq!(begins, json!(["Europe/Berlin", "sunday"]));
    assert_eq!(first["version"], 1);
    // What is there stays as it is, wherever its person signs in.
    let elsewhere = json!({ "timezone": "America/New_York", "week_start": "monday" });
    let (is_new, _, later) = settings(elsewhere).await;
    assert_eq!(is_new, false);
    assert_eq!(later, first);
}

async fn a_zone_that_there_is_not_uses_nothing_up(site: Site) {
    let app = site.start().await;
    let browser = app.browser();
    let mail = app.ask(&browser, "jane@example.com").await;
    for (field, value) in [
        ("timezone", "Mars/Olympus"),
        ("timezone", "../etc"),
        ("timezone", ""),
        ("week_start", "friday"),
        ("week_start", ""),
    ] {
        let body = json!({ "token": mail.token, field: value });
        let answer = browser.post(VERIFY, &body).await;
        assert_eq!(answer.wrong_fields(), [field], "{value}");
    }
    let body = json!({ "token": mail.token, "timezone": null, "week_start": null });
    browser.post(VERIFY, &body).await.is(200);
    let settings = browser.get("/settings").await.is(200).json();
    assert_eq!(settings["timezone"], "Africa/Lagos");
    assert_eq!(settings["week_start"], "monday");
}
