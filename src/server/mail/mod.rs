//! Mail: the providers, and the templates.

mod changed;
mod frame;
mod given_up;
mod last;
mod outcome;
mod relay;
mod reminder;
mod sign_in;
mod smtp;

use super::config::{Config, MailUrl, Relay, is_loopback};
use crate::domain::user::Email;
pub use changed::{Became, ChangeLetter, change_mail};
pub use frame::Zone;
pub use given_up::Operator;
pub use last::LastMail;
use lettre::{
    Message,
    address::Envelope,
    message::{
        Attachment, Mailbox, MultiPart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
pub use outcome::Outcome;
pub use reminder::{Item, Letter, reminder_mail};
pub use sign_in::sign_in_mail;
use smtp::Smtp;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use uuid::Uuid;

/// A mail before it has a sender.
pub struct Mail {
    /// The one who gets it.
    pub to: Email,
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same for programs that show HTML.
    pub html: String,
    /// What the terminal shows where mail is only written to a folder.
    pub notice: Option<String>,
}

/// What a mail has that is sent again until it arrives.
pub struct Sealed {
    /// What it is known by, however often it is sent.
    pub id: Uuid,
    /// Where mails of its kind are stopped, by a person and by their mail program (RFC 8058).
    pub unsubscribe: String,
    /// Calendar files.
    pub files: Vec<CalendarFile>,
}

/// A calendar file that comes with a mail.
pub struct CalendarFile {
    /// What it says.
    pub content: String,
    /// What a calendar is to do with it, as its `METHOD` says.
    pub method: &'static str,
}

/// How mail leaves.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    /// What ids of mails end in.
    host: String,
    provider: Provider,
    /// Whether the provider took something when it was last asked.
    reachable: Arc<AtomicBool>,
}

#[derive(Clone)]
enum Provider {
    File(PathBuf),
    Smtp(Smtp, Option<Relay>),
}

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The mail could not be put together.
    #[error("the mail is not valid: {0}")]
    Message(#[from] lettre::error::Error),
    /// The address is none that mail can be sent to.
    #[error("the address is not valid: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// A file's kind is none.
    #[error("the attachment is not valid: {0}")]
    Attachment(#[from] lettre::message::header::ContentTypeErr),
    /// The server's address makes no sense.
    #[error("the address of the server: {0}")]
    Url(String),
    /// Nothing can be encrypted for the server.
    #[error("SMTP: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The provider did not take it.
    #[error("{0}")]
    NotTaken(String),
    /// The folder cannot be written to.
    #[error("the mail folder: {0}")]
    File(#[from] std::io::Error),
}

impl Mailer {
    /// The provider that the settings name.
    ///
    /// # Errors
    /// When its address makes no sense.
    pub fn new(config: &Config) -> Result<Self, MailError> {
        let provider = match config.mail() {
            MailUrl::File(folder) => Provider::File(folder),
            MailUrl::Smtp(url) => Provider::Smtp(Smtp::new(&encrypted(url))?, None),
            MailUrl::Relay { relay, key, server } => {
                let host = server.as_deref().map(host_of);
                let address = relay.address(&key, server.as_deref(), host.is_some_and(is_loopback));
                Provider::Smtp(Smtp::new(&address)?, Some(relay))
            }
        };
        Ok(Self {
            from: config.mail_from.clone(),
            host: config.public_url.host().to_owned(),
            provider,
            reachable: Arc::new(AtomicBool::new(true)),
        })
    }

    /// Whether the provider took something when it was last asked.
    pub fn is_reachable(&self) -> bool {
        self.reachable.load(Ordering::Relaxed)
    }

    /// Hands a mail over, once.
    ///
    /// # Errors
    /// When the provider did not take it.
    pub async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let message = self
            .addressed(&mail)?
            .message_id(None)
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html))?;
        match &self.provider {
            Provider::File(folder) => {
                write_eml(folder, Uuid::new_v4(), &message.formatted()).await?;
                if let Some(notice) = mail.notice {
                    eprintln!("\n  {notice}\n");
                }
                Ok(())
            }
            Provider::Smtp(smtp, relay) => {
                let bytes = message.formatted();
                match by_smtp(smtp, *relay, message.envelope(), None, &bytes).await {
                    Outcome::Taken => Ok(()),
                    Outcome::TryAgain { why, .. }
                    | Outcome::Refused { why }
                    | Outcome::Unreachable { why } => Err(MailError::NotTaken(why)),
                }
            }
        }
    }

    /// A mail as it is handed over, as often as it takes.
    ///
    /// # Errors
    /// When it cannot be put together.
    pub fn write(&self, mail: Mail, sealed: Sealed) -> Result<Vec<u8>, MailError> {
        let mut builder = self
            .addressed(&mail)?
            .message_id(Some(format!("<{}@{}>", sealed.id, self.host)));
        for (name, value) in [
            ("List-Unsubscribe", format!("<{}>", sealed.unsubscribe)),
            (
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click".to_owned(),
            ),
            // No robot is to answer (RFC 3834 §5; the second is Exchange's).
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("X-Auto-Response-Suppress", "All".to_owned()),
        ] {
            let name = HeaderName::new_from_ascii_str(name);
            builder = builder.raw_header(HeaderValue::new(name, value));
        }
        let said = MultiPart::alternative_plain_html(mail.text, mail.html);
        if sealed.files.is_empty() {
            return Ok(builder.multipart(said)?.formatted());
        }
        let mut whole = MultiPart::mixed().multipart(said);
        for (n, file) in sealed.files.into_iter().enumerate() {
            let kind = format!("text/calendar; charset=utf-8; method={}", file.method);
            let name = match n {
                0 => "appointment.ics".to_owned(),
                n => format!("appointment-{}.ics", n + 1),
            };
            let kind = ContentType::parse(&kind)?;
            whole = whole.singlepart(Attachment::new(name).body(file.content.into_bytes(), kind));
        }
        Ok(builder.multipart(whole)?.formatted())
    }

    /// Hands over what [`Mailer::write`] wrote.
    pub async fn hand_over(&self, to: &Email, id: Uuid, bytes: &[u8]) -> Outcome {
        let outcome = self.try_to(to, id, bytes).await;
        let reachable = !matches!(outcome, Outcome::Unreachable { .. });
        self.reachable.store(reachable, Ordering::Relaxed);
        outcome
    }

    async fn try_to(&self, to: &Email, id: Uuid, bytes: &[u8]) -> Outcome {
        match &self.provider {
            Provider::File(folder) => match write_eml(folder, id, bytes).await {
                Ok(()) => Outcome::Taken,
                Err(error) => Outcome::Unreachable {
                    why: format!("the mail folder: {error}"),
                },
            },
            Provider::Smtp(smtp, relay) => {
                let to = to.as_str().parse();
                let envelope = to
                    .ok()
                    .and_then(|to| Envelope::new(Some(self.from.email.clone()), vec![to]).ok());
                match envelope {
                    Some(envelope) => by_smtp(smtp, *relay, &envelope, Some(id), bytes).await,
                    None => Outcome::Refused {
                        why: "the address is not valid".to_owned(),
                    },
                }
            }
        }
    }

    fn addressed(&self, mail: &Mail) -> Result<lettre::message::MessageBuilder, MailError> {
        let to = Mailbox::new(None, mail.to.as_str().parse()?);
        let builder = Message::builder().from(self.from.clone()).to(to);
        Ok(builder.subject(mail.subject.clone()))
    }
}

/// Hands a mail over by SMTP, with what the provider wants beside it.
async fn by_smtp(
    smtp: &Smtp,
    relay: Option<Relay>,
    envelope: &Envelope,
    id: Option<Uuid>,
    bytes: &[u8],
) -> Outcome {
    let Some(relay) = relay else {
        return smtp.send(envelope, bytes).await;
    };
    let headers = relay.headers(id, bytes);
    let whole = [headers.as_bytes(), bytes].concat();
    relay::meant(smtp.send(envelope, &whole).await)
}

/// The host of `host:port`.
fn host_of(server: &str) -> &str {
    server.rsplit_once(':').map_or(server, |(host, _)| host)
}

/// The address of an SMTP server by which nothing leaves this machine unencrypted: where it says nothing
/// else, a server elsewhere must take STARTTLS.
fn encrypted(url: String) -> String {
    let uri = url.parse::<http::Uri>().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    let is_plain = url.starts_with("smtp://") && !url.contains("tls=");
    if is_plain && !is_loopback(host) {
        let more = if url.contains('?') { '&' } else { '?' };
        return format!("{url}{more}tls=required");
    }
    url
}

/// Writes one `.eml` file. It appears under its name only when it is whole. Their names are in the order in
/// which they were written.
async fn write_eml(folder: &std::path::Path, id: Uuid, bytes: &[u8]) -> std::io::Result<()> {
    let stamp = chrono::Utc::now().format("%Y%m%dT%H%M%S%.3f");
    let name = format!("{stamp}-{}", id.simple());
    tokio::fs::create_dir_all(folder).await?;
    let aside = folder.join(format!(".{name}"));
    tokio::fs::write(&aside, bytes).await?;
    tokio::fs::rename(aside, folder.join(format!("{name}.eml"))).await
}

#[cfg(test)]
mod tests {
    use super::encrypted;

    #[test]
    fn nothing_leaves_this_machine_unencrypted() {
        for (said, used) in [
            ("smtp://127.0.0.1:25", "smtp://127.0.0.1:25"),
            ("smtp://[::1]:25", "smtp://[::1]:25"),
            ("smtp://localhost", "smtp://localhost"),
            (
                "smtps://u:p@mail.example.com",
                "smtps://u:p@mail.example.com",
            ),
            (
                "smtp://u:p@mail.example.com",
                "smtp://u:p@mail.example.com?tls=required",
            ),
            (
                "smtp://mail.example.com?tls=opportunistic",
                "smtp://mail.example.com?tls=opportunistic",
            ),
        ] {
            assert_eq!(encrypted(said.to_owned()), used);
        }
    }
}
