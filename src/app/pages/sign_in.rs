//! Asking for a sign-in mail, and typing its code.

use crate::{
    api::{
        auth::{
            MagicLinkRequest, MagicLinkVerify, SignedIn, request_magic_link, verify_magic_link,
        },
        rest::Body,
    },
    app::{
        acts::Submission,
        components::{entry::EntryCard, form::Stacked, icon::Icon},
        share::query_value,
        zone_offer,
    },
    client::{
        dom,
        habits::week_start_here,
        hydration::{is_shell, mark_hydrated},
        leading_on,
        store::{Store, use_store},
        zone::machine_zone,
    },
    domain::{
        error::{Problem, ProblemKind},
        time::ZoneName,
        user::Email,
    },
};
use leptos::{html, prelude::*, task::spawn_local};
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
    next.filter(is_ours).unwrap_or_else(|| "/".to_owned())
}

/// Signs in with a token or a code. This browser remembers who it is now: nothing of anybody else is shown
/// from its cache. An account that begins by it has the zone and the week of this browser.
///
/// # Errors
/// What is wrong with the token or the code, and what else the server says.
pub async fn verify(store: Store, proof: MagicLinkVerify) -> Result<(), Problem> {
    let of_here = machine_zone().and_then(|zone| zone.parse::<ZoneName>().ok());
    let mut proof = MagicLinkVerify {
        timezone: of_here,
        week_start: Some(week_start_here()),
        ..proof
    };
    let mut answer = verify_magic_link(Body::of(&proof)).await;
    // A browser may know a zone that the server does not. Nothing is used up by that, and nobody is kept
    // out.
    let is_unknown =
        |problem: &Problem| proof.timezone.is_some() && problem.message_for("timezone").is_some();
    if answer.as_ref().err().is_some_and(is_unknown) {
        proof.timezone = None;
        answer = verify_magic_link(Body::of(&proof)).await;
    }
    let SignedIn { user, is_new, .. } = answer?.into_body()?;
    store.remember_signed_in(user.id);
    if is_new && proof.timezone.is_some() {
        zone_offer::tell_on_the_next_page();
    }
    Ok(())
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
    is_shell().then(|| {
        view! { <p class="notice" role="status">"Signing in needs a connection."</p> }
    })
}

/// `/sign-in`.
#[component]
pub fn SignInPage() -> impl IntoView {
    let email = RwSignal::new(String::new());
    let sent = RwSignal::new(None::<Email>);
    Effect::new(|_| mark_hydrated());
    view! {
        <Title text="Sign in"/>
        <EntryCard>
            <Brand/>
            <NeedsConnection/>
            {move || match sent.get() {
                None => view! { <AskForMail email sent/> }.into_any(),
                Some(address) => view! { <TypeCode address sent/> }.into_any(),
            }}
        </EntryCard>
    }
}

/// Has a mail sent.
async fn ask_for_mail(address: &Email) -> Result<(), String> {
    let body = Body::of(&MagicLinkRequest {
        email: address.clone(),
    });
    let answer = request_magic_link(body).await;
    answer.map(drop).map_err(|problem| problem.sentence())
}

#[component]
fn AskForMail(email: RwSignal<String>, sent: RwSignal<Option<Email>>) -> impl IntoView {
    let (error, submission) = (RwSignal::new(None::<String>), Submission::default());
    let fail = move |why| {
        error.try_set(Some(why));
        submission.end();
        dom::focus("#email");
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !submission.begin() {
            return;
        }
        let address = match email.get_untracked().parse::<Email>() {
            Ok(address) => address,
            Err(why) => return fail(why),
        };
        error.set(None);
        spawn_local(async move {
            match ask_for_mail(&address).await {
                Ok(()) => sent.set(Some(address)),
                Err(why) => fail(why),
            }
        });
    };
    view! {
        <h1 class="entry-title">"Sign in"</h1>
        <p class="entry-text">"We mail you a link. There is no password to remember, and a new address gets an account."</p>
        <form class="entry-form" novalidate on:submit=submit>
            <Stacked label="Email" control="email" error alert=true>
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
            </Stacked>
            <button type="submit" class="button button-primary button-wide" aria-busy=move || submission.busy()>
                {move || if submission.is_under_way() { "Sending…" } else { "Email me a link" }}
            </button>
        </form>
    }
}

#[component]
fn TypeCode(address: Email, sent: RwSignal<Option<Email>>) -> impl IntoView {
    let (store, location) = (use_store(), use_location());
    let (code, error) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    // The code that was refused last.
    let refused = RwSignal::new(None::<String>);
    let (submission, sending) = (Submission::default(), Submission::default());
    let sent_again = RwSignal::new(false);
    let field = NodeRef::<html::Input>::new();
    // It comes in the place of the form that had the focus.
    Effect::new(move |_| request_animation_frame(|| dom::focus("#code")));
    let next = move || {
        let asked = |search: &String| query_value(search, "next");
        destination(location.search.with_untracked(asked))
    };
    // The mailed link may be opened in another tab.
    Effect::new(move |_| {
        let next = untrack(next);
        leading_on::remember((next != destination(None)).then_some(next.as_str()));
    });
    Effect::new(move |_| {
        store.when_signed_in_elsewhere(move || dom::leave_for(&next()));
    });
    let verify = move || {
        if !submission.begin() {
            return;
        }
        error.set(None);
        let next = next();
        let tried = code.get_untracked();
        spawn_local(async move {
            let proof = MagicLinkVerify {
                code: Some(tried.clone()),
                ..MagicLinkVerify::default()
            };
            match self::verify(store, proof).await {
                Ok(()) => {
                    leading_on::remember(None);
                    dom::leave_for(&next);
                }
                Err(problem) => {
                    // What nobody looked at may be right.
                    if problem.kind == ProblemKind::Validation {
                        refused.try_set(Some(tried));
                    }
                    error.try_set(Some(problem.sentence()));
                    submission.end();
                    // What is typed next takes its place.
                    if let Some(input) = field.try_get_untracked().flatten() {
                        _ = input.focus();
                        input.select();
                    }
                }
            }
        });
    };
    let input = move |event| {
        let text = event_target_value(&event);
        let refused = refused.get_untracked();
        let now = typed(&code.get_untracked(), &text, refused.as_deref());
        // The signal may be as it was, and the field not.
        if now != text
            && let Some(input) = field.get_untracked()
        {
            input.set_value(&now);
        }
        let goes = is_sent(&now, refused.as_deref());
        code.set(now);
        if goes {
            verify();
        }
    };
    let again = {
        let address = address.clone();
        move |_| {
            if !sending.begin() {
                return;
            }
            error.set(None);
            sent_again.set(false);
            let address = address.clone();
            spawn_local(async move {
                match ask_for_mail(&address).await {
                    Ok(()) => {
                        code.try_set(String::new());
                        refused.try_set(None);
                        sent_again.try_set(true);
                    }
                    Err(why) => _ = error.try_set(Some(why)),
                }
                sending.end();
                dom::focus("#code");
            });
        }
    };
    let another = move |_| {
        sent.set(None);
        request_animation_frame(|| dom::focus("#email"));
    };
    view! {
        <div class="entry-icon">{Icon::Mail.view()}</div>
        <h1 class="entry-title">"Check your email"</h1>
        <p class="entry-text">
            "We sent a link and a code to " <b>{address.to_string()}</b>
            ". Open the link on any device, or type the code here. Both work once, and expire in 15 minutes."
        </p>
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
                    placeholder="······"
                    node_ref=field
                    prop:value=code
                    readonly=move || submission.is_under_way()
                    aria-busy=move || submission.busy()
                    // Of a code that nobody looked at, nobody knows that it is wrong.
                    aria-invalid=move || (error.get().is_some() && refused.get().is_some()).then_some("true")
                    aria-describedby="code-error"
                    on:input=input
                />
                <p class="field-error" id="code-error" role="alert">{error}</p>
                <p class="entry-status" role="status">{move || submission.is_under_way().then_some("Checking…")}</p>
            </div>
            // A whole code goes by itself; once it came to nothing, a keypad without Enter needs a button.
            {move || error.get().map(|_| view! {
                <button type="submit" class="button button-primary button-wide">"Sign in"</button>
            })}
        </form>
        <div class="entry-else">
            <p role="status">{move || sent_again.get().then_some("Sent again. Only the code of the newest email works.")}</p>
            <button type="button" class="button button-quiet" aria-busy=move || sending.busy() on:click=again>
                {move || if sending.is_under_way() { "Sending…" } else { "Send again" }}
            </button>
            <button type="button" class="button button-quiet" on:click=another>"Use another address"</button>
        </div>
    }
}

/// The digits of a code.
const CODE_LENGTH: usize = 6;

/// The digits of a text, which may be more than a code: the line of the mail, say, or a code in two
/// halves.
fn digits(text: &str) -> String {
    let digit = |c: char| match c {
        '0'..='9' => Some(c),
        // Full width, in the order of ASCII.
        '\u{ff10}'..='\u{ff19}' => char::from_u32(u32::from(c) - 0xfee0),
        _ => None,
    };
    text.chars().filter_map(digit).collect()
}

/// The code in the field once it holds `text`, where `before` was in it. What is typed into a code
/// that was refused begins a new one: nobody means the old one with a digit more.
fn typed(before: &str, text: &str, refused: Option<&str>) -> String {
    let all = digits(text);
    let begins = refused == Some(before);
    let new = begins.then(|| inserted(before, &all)).flatten();
    new.unwrap_or(all).chars().take(CODE_LENGTH).collect()
}

/// What was put into `before` anywhere, where `after` is that and no more.
fn inserted(before: &str, after: &str) -> Option<String> {
    let more = after.len().checked_sub(before.len())?;
    if more == 0 {
        return None;
    }
    let same = before
        .chars()
        .zip(after.chars())
        .take_while(|(a, b)| a == b);
    let head = same.count();
    let rest = after.chars().skip(head + more);
    rest.eq(before.chars().skip(head))
        .then(|| after.chars().skip(head).take(more).collect())
}

/// Whether typing sends a code by itself: a whole one, and not once more the one that was refused.
fn is_sent(code: &str, refused: Option<&str>) -> bool {
    code.len() == CODE_LENGTH && refused != Some(code)
}

#[cfg(test)]
mod tests {
    use super::{destination, is_sent, typed};

    #[test]
    fn a_code_is_found_in_what_was_pasted() {
        for text in [
            "482913",
            " 482 913",
            "482\u{a0}913",
            "4 8 2 9 1 3",
            "Or type this code where you asked for the mail: 482913",
            "４８２９１３",
            "4829130",
        ] {
            assert_eq!(typed("", text, None), "482913", "{text}");
        }
        assert_eq!(typed("", "48a", None), "48");
    }

    #[test]
    fn a_refused_code_makes_room_for_the_next_one() {
        let refused = Some("123456");
        for (before, text, code) in [
            // At its end, at its beginning, in its midst; one digit, or a whole code.
            ("123456", "1234564", "4"),
            ("123456", "4123456", "4"),
            ("123456", "1239456", "9"),
            ("123456", "123456482913", "482913"),
            ("123456", "123456 482 913", "482913"),
            // Over it, while it is selected.
            ("123456", "4", "4"),
            ("123456", "482913", "482913"),
            // Some of it is deleted, and it is corrected.
            ("123456", "12345", "12345"),
            ("12345", "123457", "123457"),
            ("123456", "", ""),
            ("48", "482", "482"),
        ] {
            assert_eq!(typed(before, text, refused), code, "{before} {text}");
        }
        // One that nobody refused is full.
        assert_eq!(typed("123456", "1234567", None), "123456");
        assert_eq!(typed("111111", "1111111", Some("111111")), "1");
    }

    #[test]
    fn typing_sends_a_whole_code_and_none_twice() {
        assert!(is_sent("482913", None));
        assert!(is_sent("482913", Some("123456")));
        assert!(!is_sent("123456", Some("123456")));
        assert!(!is_sent("48291", None));
    }

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
            assert_eq!(destination(Some(foreign.into())), "/");
        }
        assert_eq!(destination(None), "/");
    }
}
