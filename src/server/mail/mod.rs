//! Mail: one trait-like enum of providers, and the templates.

mod sign_in;

use super::config::{Config, MailUrl};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart},
};
pub use sign_in::sign_in_mail;
use std::path::PathBuf;

/// A mail before it has a sender.
pub struct Mail {
    /// The one who gets it.
    pub to: crate::domain::user::Email,
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same for programs that show HTML.
    pub html: String,
    /// What the terminal shows where mail is only written to a folder.
    pub notice: Option<String>,
}

/// How mail leaves.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    provider: Provider,
}

#[derive(Clone)]
enum Provider {
    File(PathBuf),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
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
    /// The SMTP server refused, or did not answer.
    #[error("SMTP: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
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
            MailUrl::Smtp(url) => Provider::Smtp(
                AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)?
                    .timeout(Some(std::time::Duration::from_secs(15)))
                    .build(),
            ),
        };
        Ok(Self {
            from: config.mail_from.clone(),
            provider,
        })
    }

    /// Hands a mail over.
    ///
    /// # Errors
    /// When the provider did not take it.
    pub async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let to = Mailbox::new(None, mail.to.as_str().parse()?);
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(mail.subject)
            .message_id(None)
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html))?;
        match &self.provider {
            Provider::File(folder) => {
                write_eml(folder, &message.formatted()).await?;
                if let Some(notice) = mail.notice {
                    eprintln!("\n  {notice}\n");
                }
                Ok(())
            }
            Provider::Smtp(transport) => {
                transport.send(message).await?;
                Ok(())
            }
        }
    }
}

/// Writes one `.eml` file. It appears under its name only when it is whole.
async fn write_eml(folder: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let stamp = chrono::Utc::now().format("%Y%m%dT%H%M%S%.3f");
    let name = format!("{stamp}-{}", uuid::Uuid::new_v4().simple());
    tokio::fs::create_dir_all(folder).await?;
    let aside = folder.join(format!(".{name}"));
    tokio::fs::write(&aside, bytes).await?;
    tokio::fs::rename(aside, folder.join(format!("{name}.eml"))).await
}
