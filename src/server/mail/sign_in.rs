//! The mail that signs somebody in.

use super::{Mail, frame::STYLE};
use crate::domain::user::Email;
use maud::{DOCTYPE, PreEscaped, html};

/// The mail with the link and the code.
pub fn sign_in_mail(to: &Email, link: &str, code: &str) -> Mail {
    let text = format!(
        "Open this link to sign in to Job Hunt Tracker:\n\n{link}\n\n\
         Or type this code where you asked for the mail: {code}\n\n\
         Both work once, for 15 minutes. If you did not ask for them, do nothing.\n"
    );
    // Colours stand twice: many programs take out `<style>`.
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { "Sign in to Job Hunt Tracker" }
                style { (PreEscaped(STYLE)) }
            }
            body class="body" style="font-family:system-ui,sans-serif;color:#1d1f27;max-width:30rem;margin:2rem auto;padding:0 1rem" {
                h1 class="head" style="font-size:1.25rem" { "Sign in to Job Hunt Tracker" }
                p {
                    a href=(link) style="display:inline-block;background:#4353c9;color:#fff;text-decoration:none;font-weight:600;padding:.7rem 1.2rem;border-radius:.5rem" { "Sign in" }
                }
                p class="line" { "Or type this code where you asked for the mail:" }
                p class="head" style="font-size:1.75rem;letter-spacing:.3rem;font-weight:700" { (code) }
                p class="small" style="color:#5b5f6e" { "Both work once, for 15 minutes. If you did not ask for them, do nothing." }
            }
        }
    };
    Mail {
        to: to.clone(),
        // Without the code: subjects show on lock screens.
        subject: "Sign in to Job Hunt Tracker".into(),
        text,
        html: html.into_string(),
        notice: Some(format!(
            "Sign-in link for {to}: {link}\n  Or the code: {code}"
        )),
    }
}
