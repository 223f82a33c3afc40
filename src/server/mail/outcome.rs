//! What came of handing a mail over, and what that means for it and for the others that wait.

use lettre::transport::smtp;
use std::time::Duration;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has it.
    Taken,
    /// It may be taken another time.
    TryAgain {
        /// How long the provider asked to wait.
        asked: Option<Duration>,
        /// Whether it may have been taken all the same.
        uncertain: bool,
        /// Why.
        why: String,
    },
    /// This mail is not taken, however often it is tried.
    Refused {
        /// Why.
        why: String,
    },
    /// No mail is taken: the provider cannot be reached, or does not know us.
    Unreachable {
        /// Why.
        why: String,
    },
}

impl Outcome {
    /// What an error of SMTP means.
    pub(super) fn of_smtp(error: &smtp::Error) -> Self {
        let why = error.to_string();
        match error.status().map(u16::from) {
            Some(code) => Self::of_code(code, why),
            None if error.is_client() => Self::Refused { why },
            None if error.is_tls() || is_unconnected(error) => Self::Unreachable { why },
            // The connection broke, at any point: also after the last dot of the mail, perhaps.
            None => Self::TryAgain {
                asked: None,
                uncertain: true,
                why,
            },
        }
    }

    /// What a reply means (RFC 5321 §4.2, RFC 4954 §6).
    fn of_code(code: u16, why: String) -> Self {
        match code {
            // It wants to be signed in to, or does not let us: that is nothing about this mail. Nor is a server
            // that is closing.
            421 | 432 | 454 | 530 | 534 | 535 | 538 => Self::Unreachable { why },
            400..=499 => Self::TryAgain {
                asked: None,
                uncertain: false,
                why,
            },
            _ => Self::Refused { why },
        }
    }
}

/// Whether there was no connection: the library tells in words alone.
fn is_unconnected(error: &smtp::Error) -> bool {
    error.to_string().starts_with("Connection error")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor, address::Envelope};

    #[test]
    fn a_reply_is_about_the_mail_or_about_us() {
        let of = |code| Outcome::of_code(code, String::new());
        for code in [421, 454, 530, 535] {
            assert!(matches!(of(code), Outcome::Unreachable { .. }), "{code}");
        }
        for code in [450, 451, 452] {
            let again = matches!(
                of(code),
                Outcome::TryAgain {
                    uncertain: false,
                    ..
                }
            );
            assert!(again, "{code}");
        }
        for code in [550, 552, 554] {
            assert!(matches!(of(code), Outcome::Refused { .. }), "{code}");
        }
    }

    #[tokio::test]
    async fn where_nobody_listens_nothing_was_taken() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        drop(socket);
        let url = format!("smtp://127.0.0.1:{port}");
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url).unwrap();
        let jane = "jane@example.com".parse().unwrap();
        let envelope = Envelope::new(None, vec![jane]).unwrap();
        let error = transport
            .build()
            .send_raw(&envelope, b"")
            .await
            .unwrap_err();
        let outcome = Outcome::of_smtp(&error);
        assert!(
            matches!(outcome, Outcome::Unreachable { .. }),
            "{outcome:?}"
        );
    }
}
