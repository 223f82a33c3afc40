//! Providers that take mails by SMTP under an API key: what each wants beside the mail, and what its words mean.
//!
//! Sources: <https://resend.com/docs/send-with-smtp>,
//! <https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-filters>.

use super::{super::config::Relay, outcome::Outcome};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

impl Relay {
    /// Where it listens, unless it is said otherwise: with TLS from the first byte.
    fn server(self) -> &'static str {
        match self {
            Self::Resend => "smtp.resend.com",
            Self::SendGrid => "smtp.sendgrid.net",
        }
    }

    /// Whom its keys belong to.
    fn user(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::SendGrid => "apikey",
        }
    }

    /// Its address for SMTP. `server` is another than its own; on this machine, nothing is encrypted.
    pub(super) fn address(self, key: &str, server: Option<&str>, is_here: bool) -> String {
        let scheme = if is_here { "smtp" } else { "smtps" };
        let key = utf8_percent_encode(key, NON_ALPHANUMERIC);
        let server = server.unwrap_or(self.server());
        format!("{scheme}://{}:{key}@{server}", self.user())
    }

    /// The lines that it wants above a mail of these bytes; `id` is that of one that is sent until it arrives.
    pub(super) fn headers(self, id: Option<Uuid>, bytes: &[u8]) -> String {
        match (self, id) {
            // For a day it takes what comes twice once, and refuses anything else under the same key.
            (Self::Resend, Some(id)) => {
                let key = Uuid::new_v5(&id, bytes);
                format!("Resend-Idempotency-Key: {key}\r\n")
            }
            (Self::Resend, None) => String::new(),
            // It would lead links, those to sign in too, by way of itself.
            (Self::SendGrid, _) => "X-SMTPAPI: {\"filters\": {\r\n \
                \"clicktrack\": {\"settings\": {\"enable\": 0}},\r\n \
                \"opentrack\": {\"settings\": {\"enable\": 0}},\r\n \
                \"subscriptiontrack\": {\"settings\": {\"enable\": 0}}}}\r\n"
                .to_owned(),
        }
    }
}

/// What it means that a provider refused a mail: whether it knows us, and takes us for the sender, is said at
/// any step, and is nothing about the mail. Addresses in its words are no words of its own, and what is said of a
/// recipient is about that mail.
pub(super) fn meant(outcome: Outcome) -> Outcome {
    const ABOUT_US: [&str; 8] = [
        "api key",
        "authenticat",
        "not authorized to send",
        "credits",
        "not verified",
        "quota",
        "sender identity",
        "verify a domain",
    ];
    const ABOUT_THEM: [&str; 5] = [
        "recipient",
        "mailbox",
        "no such user",
        "unknown user",
        "user unknown",
    ];
    let is_about_us = |why: &str| {
        let words = why.split_whitespace().filter(|word| !word.contains('@'));
        let words = words.collect::<Vec<_>>().join(" ").to_lowercase();
        let has = |any: &[&str]| any.iter().any(|it| words.contains(it));
        has(&ABOUT_US) && !has(&ABOUT_THEM)
    };
    match outcome {
        Outcome::Refused { why }
        | Outcome::TryAgain {
            why,
            uncertain: false,
            ..
        } if is_about_us(&why) => Outcome::Unreachable { why },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_no_part_of_an_address() {
        let address = Relay::SendGrid.address("SG.a/b@c:d", None, false);
        assert_eq!(
            address,
            "smtps://apikey:SG%2Ea%2Fb%40c%3Ad@smtp.sendgrid.net"
        );
        let here = Relay::Resend.address("re_1", Some("127.0.0.1:25"), true);
        assert_eq!(here, "smtp://resend:re%5F1@127.0.0.1:25");
    }

    #[test]
    fn lines_above_a_mail_are_whole_and_short() {
        for (_, relay) in Relay::ALL {
            let lines = relay.headers(Some(Uuid::from_u128(7)), b"mail");
            assert!(
                lines.ends_with("\r\n") && !lines.contains("\r\n\r\n"),
                "{lines}"
            );
            for line in lines.split("\r\n") {
                assert!(line.len() <= 78 && !line.contains('\n'), "{line}");
            }
        }
        let said = Relay::SendGrid.headers(None, b"");
        let value = said.strip_prefix("X-SMTPAPI: ").unwrap();
        let json: serde_json::Value = serde_json::from_str(value).unwrap();
        assert_eq!(json["filters"]["clicktrack"]["settings"]["enable"], 0);
    }

    #[test]
    fn what_is_written_anew_is_sent_under_another_key() {
        let key = |id: u128, bytes: &[u8]| Relay::Resend.headers(Some(Uuid::from_u128(id)), bytes);
        assert_eq!(key(7, b"at ten"), key(7, b"at ten"));
        assert_ne!(key(7, b"at ten"), key(7, b"at noon"));
        assert_ne!(key(7, b"at ten"), key(8, b"at ten"));
    }

    #[test]
    fn what_is_said_about_us_is_nothing_about_the_mail() {
        let why = |text: &str| text.to_owned();
        for text in [
            "550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.",
            "550 Unauthenticated senders not allowed",
            "550 You are not authorized to send from jane@example.com",
            "451 Authentication failed: Maximum credits exceeded",
            "550 The example.com domain is not verified. Please, add and verify your domain",
            "450 You have reached your daily email sending quota.",
            "535 Authentication credentials invalid",
            "550 You can only send testing emails to your own email address. Please verify a domain",
        ] {
            let again = Outcome::TryAgain {
                asked: None,
                uncertain: false,
                why: why(text),
            };
            for outcome in [Outcome::Refused { why: why(text) }, again] {
                assert_eq!(meant(outcome), Outcome::Unreachable { why: why(text) });
            }
        }
        for text in [
            "550 Requested action not taken: mailbox unavailable",
            "552 too large",
            "550 5.1.1 <quota@example.com>: no such user",
            "552 5.2.2 the recipient's mailbox is over quota",
            "550 5.7.1 Recipient not authorized to receive mail",
        ] {
            let refused = Outcome::Refused { why: why(text) };
            assert_eq!(meant(refused.clone()), refused);
        }
        // It may have taken it before it said so.
        let perhaps = Outcome::TryAgain {
            asked: None,
            uncertain: true,
            why: why("quota"),
        };
        assert_eq!(meant(perhaps.clone()), perhaps);
    }
}
