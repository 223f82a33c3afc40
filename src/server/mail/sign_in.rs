//! The mail that signs somebody in.

use super::Mail;
use crate::domain::user::Email;

/// The mail with the link and the code. Both are made of characters that need no escaping.
pub fn sign_in_mail(to: &Email, link: &str, code: &str) -> Mail {
    let text = format!(
        "Open this link to sign in to Job Hunt Tracker:\n\n{link}\n\n\
         Or type this code where you asked for the mail: {code}\n\n\
         Both work once, for 15 minutes. If you did not ask for them, do nothing.\n"
    );
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><body style=\"font-family:system-ui,sans-serif;color:#1d1f27;max-width:30rem;margin:2rem auto;padding:0 1rem\">\
         <h1 style=\"font-size:1.25rem\">Sign in to Job Hunt Tracker</h1>\
         <p><a href=\"{link}\" style=\"display:inline-block;background:#4353c9;color:#fff;text-decoration:none;font-weight:600;padding:.7rem 1.2rem;border-radius:.5rem\">Sign in</a></p>\
         <p>Or type this code where you asked for the mail:</p>\
         <p style=\"font-size:1.75rem;letter-spacing:.3rem;font-weight:700\">{code}</p>\
         <p style=\"color:#5b5f6e\">Both work once, for 15 minutes. If you did not ask for them, do nothing.</p>\
         </body></html>"
    );
    Mail {
        to: to.clone(),
        // Without the code: subjects show on lock screens.
        subject: "Sign in to Job Hunt Tracker".into(),
        text,
        html,
        notice: Some(format!(
            "Sign-in link for {to}: {link}\n  Or the code: {code}"
        )),
    }
}
