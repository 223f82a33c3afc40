//! Where the link of a sign-in mail leads. The link is used up by a press, not by opening it: mail
//! scanners open links.

use super::sign_in::{self, Brand, NeedsConnection};
use crate::{
    api::auth::MagicLinkVerify,
    app::{acts::Submission, components::entry::EntryCard},
    client::{dom, hydration::mark_hydrated, leading_on, store::use_store},
    domain::error::{Problem, ProblemKind},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// `/sign-in/verify?token=…`.
#[component]
pub fn VerifyPage() -> impl IntoView {
    let (store, query) = (use_store(), use_query_map());
    let token = move || {
        query
            .with(|query| query.get("token"))
            .filter(|token| !token.is_empty())
    };
    let (failure, submission) = (RwSignal::new(None::<Failure>), Submission::default());
    Effect::new(|_| mark_hydrated());
    let verify = move |_| {
        if !submission.begin() {
            return;
        }
        let proof = MagicLinkVerify {
            token: query.with_untracked(|query| query.get("token")),
            ..MagicLinkVerify::default()
        };
        spawn_local(async move {
            match sign_in::verify(store, proof).await {
                Ok(()) => dom::leave_for(&sign_in::destination(leading_on::take())),
                Err(problem) => {
                    failure.set(Some(Failure::of(&problem)));
                    submission.end();
                    // What was pressed may be gone.
                    request_animation_frame(|| dom::focus("#next-step"));
                }
            }
        });
    };
    let dead = Memo::new(move |_| matches!(*failure.read(), Some(Failure::Link(_))));
    let notice = move || {
        failure.get().map(|failure| {
            view! { <p class="notice" data-kind="error" role="alert">{failure.sentence()}</p> }
        })
    };
    let body = move || {
        if token().is_none() {
            return view! {
                <h1 class="entry-title">"This link is not whole"</h1>
                <p class="entry-text">"Copy all of it from the mail, or ask for a new one."</p>
                <AskForNew/>
            }
            .into_any();
        }
        if dead.get() {
            return view! {
                <h1 class="entry-title">"That did not work"</h1>
                {notice}
                <AskForNew/>
            }
            .into_any();
        }
        view! {
            <h1 class="entry-title">"Sign in here"</h1>
            <p class="entry-text">"Press the button, and you are in."</p>
            {notice}
            <button
                type="button"
                class="button button-primary button-wide"
                id="next-step"
                autofocus
                aria-busy=move || submission.busy()
                on:click=verify
            >
                {move || if submission.is_under_way() { "Signing in…" } else { "Sign in" }}
            </button>
        }
        .into_any()
    };
    view! {
        <Title text="Sign in"/>
        <EntryCard>
            <Brand/>
            <NeedsConnection/>
            {body}
        </EntryCard>
    }
}

/// Why the link did not sign in.
#[derive(Clone)]
enum Failure {
    /// It is used, too old, or no link of ours: another one is needed.
    Link(String),
    /// It could not be tried; it still may work.
    Try(String),
}

impl Failure {
    fn of(problem: &Problem) -> Self {
        match problem.kind {
            ProblemKind::Validation => Self::Link(problem.sentence()),
            _ => Self::Try(problem.sentence()),
        }
    }

    fn sentence(self) -> String {
        match self {
            Self::Link(why) | Self::Try(why) => why,
        }
    }
}

#[component]
fn AskForNew() -> impl IntoView {
    view! {
        <a class="button button-primary button-wide" id="next-step" href="/sign-in">"Ask for a new link"</a>
    }
}
