//! Where mails about reminders are stopped: without signing in, by a press, or by a mail program that does it
//! for a person (RFC 8058). Looking at the page changes nothing: what protects mailboxes opens links.

use crate::{
    app::content_policy,
    domain::{error::Problem, rules::Rule},
    server::{
        AppState,
        services::mails::{is_mailed, read_token, set_mailed},
    },
};
use axum::{
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Response},
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

/// Whether mails are to be sent again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    again: bool,
}

/// `GET /unsubscribe/{token}`: says what would stop.
pub async fn look(State(parts): State<Parts>, Path(token): Path<String>) -> Response {
    let said = async {
        let Some((owner, rule)) = read_token(&parts.state.keys, &token) else {
            return Ok(None);
        };
        let mailed = is_mailed(&parts.state.db, owner, rule).await?;
        Ok(mailed.map(|mailed| (rule, mailed)))
    };
    page(&parts, said.await)
}

/// `POST /unsubscribe/{token}`: stops them, or with `?again=true` has them sent again.
pub async fn press(
    State(parts): State<Parts>,
    Path(token): Path<String>,
    Query(Wanted { again }): Query<Wanted>,
) -> Response {
    let said = async {
        let Some((owner, rule)) = read_token(&parts.state.keys, &token) else {
            return Ok(None);
        };
        let now = parts.state.clock.now();
        set_mailed(&parts.state.db, owner, &[rule], again, now).await?;
        Ok(Some((rule, again)))
    };
    page(&parts, said.await)
}

/// The same for an address that is none: nobody learns which are.
fn page(parts: &Parts, said: Result<Option<(Rule, bool)>, Problem>) -> Response {
    let (status, body) = match said {
        Ok(Some((rule, true))) => (StatusCode::OK, asks(rule)),
        Ok(Some((rule, false))) => (StatusCode::OK, stopped(rule)),
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
        Rule::Custom => "reminders that you set yourself".to_owned(),
        Rule::Digest => "several reminders at once".to_owned(),
        rule => format!("“{}”", rule.label()),
    }
}

fn asks(rule: Rule) -> Markup {
    html! {
        h1 class="entry-title" { "Stop these mails?" }
        p class="entry-text" {
            "No more mails about " (named(rule)) ". The reminders still show in the app."
        }
        form class="entry-form" method="post" {
            button class="button button-primary" type="submit" { "Stop these mails" }
        }
    }
}

fn stopped(rule: Rule) -> Markup {
    html! {
        h1 class="entry-title" { "No more of these mails" }
        p class="entry-text" {
            "Mails about " (named(rule)) " have stopped. The reminders still show in the app; mails can be switched on again in its settings."
        }
        form class="entry-form" method="post" action="?again=true" {
            button class="button" type="submit" { "Send them again" }
        }
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
