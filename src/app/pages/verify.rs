//! Where the link of a sign-in mail leads. The link is used up by a press, not by opening it: mail
//! scanners open links.

use super::sign_in::{Brand, NeedsConnection, leave_for, signed_in};
use crate::api::{
    auth::{MagicLinkVerify, verify_magic_link},
    rest::Body,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// `/sign-in/verify?token=…`.
#[component]
pub fn VerifyPage() -> impl IntoView {
    let query = use_query_map();
    let token = move || {
        query
            .with(|query| query.get("token"))
            .filter(|token| !token.is_empty())
    };
    let (error, busy) = (RwSignal::new(None::<String>), RwSignal::new(false));
    Effect::new(|_| crate::app::mark_hydrated());
    let verify = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let proof = MagicLinkVerify {
            token: query.with_untracked(|query| query.get("token")),
            code: None,
        };
        spawn_local(async move {
            match verify_magic_link(Body::of(&proof)).await {
                Ok(answer) => {
                    signed_in(answer);
                    leave_for("/board");
                }
                Err(problem) => {
                    error.set(Some(problem.sentence()));
                    busy.set(false);
                }
            }
        });
    };
    let body = move || {
        if token().is_none() {
            return view! {
                <h1 class="entry-title">"This link is not whole"</h1>
                <p class="entry-text">"Copy all of it from the mail, or ask for a new one."</p>
                <a class="button button-primary button-wide" href="/sign-in">"Ask for a new link"</a>
            }
            .into_any();
        }
        match error.get() {
            None => view! {
                <h1 class="entry-title">"Welcome back"</h1>
                <p class="entry-text">"One press, and you are in."</p>
                <button
                    type="button"
                    class="button button-primary button-wide"
                    autofocus
                    aria-busy=move || busy.get().then_some("true")
                    on:click=verify
                >
                    {move || if busy.get() { "Signing in…" } else { "Sign in" }}
                </button>
            }
            .into_any(),
            Some(why) => view! {
                <h1 class="entry-title">"That did not work"</h1>
                <p class="notice" data-kind="error" role="alert">{why}</p>
                <a class="button button-primary button-wide" href="/sign-in">"Ask for a new link"</a>
            }
            .into_any(),
        }
    };
    view! {
        <Title text="Sign in"/>
        <div class="entry">
            <main class="entry-card" id="main">
                <Brand/>
                <NeedsConnection/>
                {body}
            </main>
        </div>
    }
}
