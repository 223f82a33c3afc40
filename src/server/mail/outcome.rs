//! What came of handing a mail over, and what that means for it and for the others that wait.

use super::smtp::Step;
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
    /// What it means that SMTP came no further: with a reply of this code (RFC 5321 §4.2), or with none, where
    /// the connection broke or the time was up.
    pub(super) fn at(step: Step, code: Option<u16>, why: String) -> Self {
        let again = |uncertain, why| Self::TryAgain {
            asked: None,
            uncertain,
            why,
        };
        match (step, code) {
            // A server that is not there, does not greet, does not let us in, or does not take us for the sender:
            // nothing of that is about this mail.
            (Step::Connecting, _) => Self::Unreachable { why },
            // The service shuts down, at whatever step it says so (RFC 5321 §3.8): nothing was taken.
            (_, Some(421)) => Self::Unreachable { why },
            (_, Some(500..)) => Self::Refused { why },
            (_, Some(_)) => again(false, why),
            // It had no content yet.
            (Step::Addressing, None) => again(false, why),
            // After the last dot, perhaps.
            (Step::Content, None) => again(true, why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::smtp::Smtp, *};
    use lettre::address::Envelope;

    #[test]
    fn how_far_it_came_says_what_a_failure_means() {
        let at = |step, code| Outcome::at(step, code, String::new());
        for code in [None, Some(421), Some(535), Some(550), Some(554)] {
            let outcome = at(Step::Connecting, code);
            assert!(matches!(outcome, Outcome::Unreachable { .. }), "{code:?}");
        }
        for (step, code, uncertain) in [
            (Step::Addressing, None, false),
            (Step::Addressing, Some(450), false),
            (Step::Content, Some(451), false),
            (Step::Content, None, true),
        ] {
            let outcome = at(step, code);
            let is_it =
                matches!(outcome, Outcome::TryAgain { uncertain: is, .. } if is == uncertain);
            assert!(is_it, "{step:?} {code:?}: {outcome:?}");
        }
        for step in [Step::Addressing, Step::Content] {
            assert!(matches!(at(step, Some(421)), Outcome::Unreachable { .. }));
            assert!(matches!(at(step, Some(550)), Outcome::Refused { .. }));
        }
    }

    #[tokio::test]
    async fn where_nobody_listens_nothing_was_taken() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        drop(socket);
        let smtp = Smtp::new(&format!("smtp://127.0.0.1:{port}")).unwrap();
        let jane = "jane@example.com".parse().unwrap();
        let envelope = Envelope::new(None, vec![jane]).unwrap();
        let outcome = smtp.send(&envelope, b"").await;
        assert!(
            matches!(outcome, Outcome::Unreachable { .. }),
            "{outcome:?}"
        );
    }
}
