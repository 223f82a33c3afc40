//! Where mails about reminders are stopped: without signing in, by a press, or by a mail program that does it
//! for a person (RFC 8058). Looking at the page changes nothing: what protects mailboxes opens links.

use crate::{
    app::content_policy,
    domain::{error::Problem, rules::Rule},
    server::{
        AppState,
        services::mails::{UNSUBSCRIBE, is_mailed, read_token, set_mailed},
    },
};
use axum::{
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// What the routes need: the server, and the address of the style sheet.
#[derive(Clone)]
pub struct Parts {
    /// The parts of the server.
    pub state: AppState,
    /// The address of the style sheet.
    pub style: Arc<str>,
}

/// What is wanted beside the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Mails are to be sent again, or have just been switched on again.
    again: bool,
    /// A person has pressed it on the page, which is shown anew. A mail program is answered in place.
    page: bool,
}

/// `GET /unsubscribe/{token}`: says what would stop.
pub async fn look(
    State(parts): State<Parts>,
    Path(token): Path<String>,
    Query(Wanted { again, .. }): Query<Wanted>,
) -> Response {
    let said = async {
        let Some((owner, rule)) = read_token(&parts.state.keys, &token) else {
            return Ok(None);
        };
        let mailed = is_mailed(&parts.state.db, owner, rule).await?;
        Ok(mailed.map(|mailed| match (mailed, again) {
            (true, false) => asks(rule),
            (true, true) => sent_again(rule),
            (false, _) => stopped(rule),
        }))
    };
    page(&parts, said.await)
}

/// `POST /unsubscribe/{token}`: stops them, or with `?again=true` has them sent again.
pub async fn press(
    State(parts): State<Parts>,
    Path(token): Path<String>,
    Query(Wanted {
        again,
        page: on_page,
    }): Query<Wanted>,
) -> Response {
    let said = async {
        let Some((owner, rule)) = read_token(&parts.state.keys, &token) else {
            return Ok(None);
        };
        let now = parts.state.clock.now();
        set_mailed(&parts.state.db, owner, &[rule], again, now).await?;
        Ok(Some(if again {
            sent_again(rule)
        } else {
            stopped(rule)
        }))
    };
    let said = said.await;
    // So that going back asks nobody to send a form again.
    if on_page && matches!(said, Ok(Some(_))) {
        let query = if again { "?again=true" } else { "" };
        return Redirect::to(&format!("{UNSUBSCRIBE}{token}{query}")).into_response();
    }
    page(&parts, said)
}

/// The same for an address that is none: nobody learns which are.
fn page(parts: &Parts, said: Result<Option<Markup>, Problem>) -> Response {
    let (status, body) = match said {
        Ok(Some(body)) => (StatusCode::OK, body),
        Ok(None) => (StatusCode::OK, unknown()),
        Err(problem) => {
            tracing::error!(%problem, "mails were not stopped");
            (StatusCode::SERVICE_UNAVAILABLE, failed())
        }
    };
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Mails about reminders · Job Hunt Tracker" }
                link rel="stylesheet" href=(parts.style);
                link rel="icon" href="/favicon.svg";
            }
            body { div class="entry" { main class="entry-card" id="main" { (body) } } }
        }
    };
    let mut answer = (status, Html(document.into_string())).into_response();
    let policy = HeaderValue::from_str(&content_policy::text(""));
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy.ok()),
        (
            header::CACHE_CONTROL,
            Some(HeaderValue::from_static("no-store")),
        ),
        (
            header::REFERRER_POLICY,
            Some(HeaderValue::from_static("no-referrer")),
        ),
    ] {
        if let Some(value) = value {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// What the mails of a rule are, in a sentence.
fn named(rule: Rule) -> String {
    match rule {
        Rule::Custom => "any reminder that you set yourself".to_owned(),
        Rule::Digest => {
            "reminders of which three or more are due at once, neither together nor one by one"
                .to_owned()
        }
        rule => format!("“{}”", rule.label()),
    }
}

fn settings() -> Markup {
    html! { p class="entry-text" { a href="/settings#reminders" { "Choose what is mailed" } } }
}

fn asks(rule: Rule) -> Markup {
    html! {
        h1 class="entry-title" { "Stop these mails?" }
        p class="entry-text" {
            "You would get no more mails about " (named(rule)) ". The reminders would still show in the app."
            @if matches!(rule, Rule::Screening | Rule::Loop) {
                " You would also not hear when an interview that is in your calendar already moves or is called off."
            }
        }
        form class="entry-form" method="post" action="?page=true" {
            button class="button button-primary" type="submit" { "Stop these mails" }
        }
        (settings())
    }
}

fn stopped(rule: Rule) -> Markup {
    html! {
        h1 class="entry-title" { "No more of these mails" }
        p class="entry-text" {
            "You get no more mails about " (named(rule)) ". The reminders still show in the app."
        }
        form class="entry-form" method="post" action="?page=true&again=true" {
            button class="button" type="submit" { "Send them again" }
        }
        (settings())
    }
}

fn sent_again(rule: Rule) -> Markup {
    html! {
        h1 class="entry-title" { "These mails come again" }
        p class="entry-text" { "As before, you get mails about " (match rule {
            Rule::Digest => "several reminders at once".to_owned(),
            rule => named(rule),
        }) "." }
        form class="entry-form" method="post" action="?page=true" {
            button class="button" type="submit" { "Stop these mails" }
        }
        (settings())
    }
}

fn unknown() -> Markup {
    html! {
        h1 class="entry-title" { "This link is not whole" }
        p class="entry-text" { "Copy all of it from the mail, or switch the mails off in the settings of the app." }
        p class="entry-else" { a class="button" href="/settings" { "Open the settings" } }
    }
}

fn failed() -> Markup {
    html! {
        h1 class="entry-title" { "That did not work" }
        p class="entry-text" { "Nothing was changed. Try again in a minute." }
    }
}
