//! Asking for a sign-in mail, and typing its code.

use crate::{
    api::{
        auth::{
            MagicLinkRequest, MagicLinkVerify, SignedIn, request_magic_link, verify_magic_link,
        },
        rest::{Body, Reply},
    },
    app::{components::icon::Icon, share::query_value},
    domain::user::Email,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// Where to go once signed in: a path of this app, or the board.
pub fn destination(next: Option<String>) -> String {
    // Browsers drop tabs and line ends from addresses, which would leave `//elsewhere`.
    let is_ours = |path: &String| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(|c: char| c == '\\' || c.is_control())
    };
    next.filter(is_ours).unwrap_or_else(|| "/board".to_owned())
}

/// Goes to a page with all that its session needs: the server renders it anew.
pub fn leave_for(path: &str) {
    // Refused never for a path of this origin.
    _ = window().location().assign(path);
}

/// This browser remembers who it is now: nothing of anybody else is shown from its cache.
pub fn signed_in(answer: Reply<SignedIn>) {
    #[cfg(feature = "hydrate")]
    if let Ok(SignedIn { user, .. }) = answer.into_body() {
        crate::client::device::remember_signed_in(user.id);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = answer;
}

/// The mark above the form.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <div class="entry-brand">
            <span class="rail-logo">{Icon::Logo.view()}</span>
            <span>"Job Hunt Tracker"</span>
        </div>
    }
}

/// Says in the shell what cannot be done without a network.
#[component]
pub fn NeedsConnection() -> impl IntoView {
    crate::app::is_shell().then(|| {
        view! { <p class="notice" role="status">"Signing in needs a connection."</p> }
    })
}

/// `/sign-in`.
#[component]
pub fn SignInPage() -> impl IntoView {
    let email = RwSignal::new(String::new());
    let sent = RwSignal::new(None::<Email>);
    Effect::new(|_| crate::app::mark_hydrated());
    view! {
        <Title text="Sign in"/>
        <div class="entry">
            <main class="entry-card" id="main">
                <Brand/>
                <NeedsConnection/>
                {move || match sent.get() {
                    None => view! { <AskForMail email sent/> }.into_any(),
                    Some(address) => view! { <TypeCode address sent/> }.into_any(),
                }}
            </main>
        </div>
    }
}

#[component]
fn AskForMail(email: RwSignal<String>, sent: RwSignal<Option<Email>>) -> impl IntoView {
    let (error, busy) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let address = match email.get_untracked().parse::<Email>() {
            Ok(address) => address,
            Err(why) => return error.set(Some(why)),
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let body = Body::of(&MagicLinkRequest {
                email: address.clone(),
            });
            match request_magic_link(body).await {
                Ok(_) => sent.set(Some(address)),
                Err(problem) => error.set(Some(problem.sentence())),
            }
            busy.set(false);
        });
    };
    view! {
        <h1 class="entry-title">"Sign in"</h1>
        <p class="entry-text">"We mail you a link. There is no password to remember, and a new address gets an account."</p>
        <form class="entry-form" novalidate on:submit=submit>
            <div class="stack">
                <label class="stack-label" for="email">"Email"</label>
                <input
                    class="input input-large"
                    id="email"
                    name="email"
                    type="email"
                    autocomplete="email"
                    autofocus
                    placeholder="you@example.com"
                    prop:value=email
                    aria-invalid=move || error.get().map(|_| "true")
                    aria-describedby="email-error"
                    on:input=move |event| email.set(event_target_value(&event))
                />
                <p class="field-error" id="email-error" role="alert">{error}</p>
            </div>
            <button type="submit" class="button button-primary button-wide" aria-busy=move || busy.get().then_some("true")>
                {move || if busy.get() { "Sending…" } else { "Email me a link" }}
            </button>
        </form>
    }
}

#[component]
fn TypeCode(address: Email, sent: RwSignal<Option<Email>>) -> impl IntoView {
    let location = use_location();
    let (code, error, busy) = (
        RwSignal::new(String::new()),
        RwSignal::new(None::<String>),
        RwSignal::new(false),
    );
    let verify = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let next = destination(
            location
                .search
                .with_untracked(|search| query_value(search, "next")),
        );
        spawn_local(async move {
            let proof = MagicLinkVerify {
                code: Some(code.get_untracked()),
                token: None,
            };
            match verify_magic_link(Body::of(&proof)).await {
                Ok(answer) => {
                    signed_in(answer);
                    leave_for(&next);
                }
                Err(problem) => {
                    error.set(Some(problem.sentence()));
                    busy.set(false);
                }
            }
        });
    };
    let typed = move |event| {
        let digits: String = event_target_value(&event)
            .chars()
            .filter(char::is_ascii_digit)
            .take(6)
            .collect();
        let full = digits.len() == 6;
        code.set(digits);
        if full {
            verify();
        }
    };
    view! {
        <div class="entry-sent">
            {Icon::Mail.view()}
            <h1 class="entry-title">"Look into your mail"</h1>
            <p class="entry-text">"We sent a link to " <b>{address.to_string()}</b> ". Open it on any device, or type its code here."</p>
            <form
                class="entry-form"
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    verify();
                }
            >
                <div class="stack">
                    <label class="stack-label" for="code">"Code"</label>
                    <input
                        class="input input-large input-code"
                        id="code"
                        name="code"
                        inputmode="numeric"
                        autocomplete="one-time-code"
                        maxlength="7"
                        placeholder="······"
                        autofocus
                        prop:value=code
                        aria-invalid=move || error.get().map(|_| "true")
                        aria-describedby="code-error"
                        on:input=typed
                    />
                    <p class="field-error" id="code-error" role="alert">{error}</p>
                </div>
            </form>
            <p class="entry-text">"Both work once, for 15 minutes."</p>
            <button type="button" class="button button-quiet" on:click=move |_| sent.set(None)>
                "Use another address"
            </button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::destination;

    #[test]
    fn only_paths_of_this_app_are_gone_to() {
        assert_eq!(destination(Some("/board/x".into())), "/board/x");
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "x",
        ] {
            assert_eq!(destination(Some(foreign.into())), "/board");
        }
        assert_eq!(destination(None), "/board");
    }
}
