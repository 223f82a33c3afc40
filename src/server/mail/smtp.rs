//! Handing a mail over by SMTP, step by step: how far it came decides what a failure means.

use super::{MailError, outcome::Outcome};
use lettre::{
    address::Envelope,
    transport::smtp::{
        self,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Tls, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};
use std::{
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};
use tokio::net::TcpStream;
use url::Url;

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(15);
/// How long handing over one mail may take: longer than mail servers have been seen to take, and less than
/// the claim on it holds.
const DEADLINE: Duration = Duration::from_secs(60);

/// A server, and how it is reached.
#[derive(Clone)]
pub(super) struct Smtp {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
}

/// How far a mail came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Step {
    /// The server is there and knows us, and takes us for the sender.
    Connecting,
    /// It takes the recipient.
    Addressing,
    /// It has the mail, perhaps.
    Content,
}

impl Smtp {
    /// The server of an address such as `smtps://user:password@host:port`.
    pub(super) fn new(address: &str) -> Result<Self, MailError> {
        let wrong = |why: &str| MailError::Url(why.to_owned());
        let url = Url::parse(address).map_err(|error| MailError::Url(error.to_string()))?;
        let host = url.host_str().ok_or_else(|| wrong("it has no host"))?;
        let parameters = || TlsParameters::new(host.trim_matches(['[', ']']).to_owned());
        let asked = url.query_pairs().find(|(key, _)| key == "tls");
        let asked = asked.map(|(_, value)| value.into_owned());
        let (tls, port) = match (url.scheme(), asked.as_deref()) {
            ("smtps", _) => (Tls::Wrapper(parameters()?), 465),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), 587),
            ("smtp", Some("opportunistic")) => (Tls::Opportunistic(parameters()?), 587),
            ("smtp", None) => (Tls::None, 25),
            _ => {
                return Err(wrong(
                    "it is none of smtp and smtps, or `tls` is another word",
                ));
            }
        };
        let read = |text: &str| {
            let text = percent_encoding::percent_decode_str(text).decode_utf8();
            text.map(std::borrow::Cow::into_owned)
                .map_err(|error| MailError::Url(error.to_string()))
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(read(url.username())?, read(password)?)),
            None => None,
        };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(port),
            tls,
            credentials,
        })
    }

    /// Hands a mail over.
    pub(super) async fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Outcome {
        let step = AtomicU8::new(Step::Connecting as u8);
        let sent = tokio::time::timeout(DEADLINE, self.talk(envelope, bytes, &step)).await;
        let step = match step.load(Ordering::Relaxed) {
            0 => Step::Connecting,
            1 => Step::Addressing,
            _ => Step::Content,
        };
        match sent {
            Ok(Ok(())) => Outcome::Taken,
            Ok(Err(Failure { code, why })) => Outcome::at(step, code, why),
            Err(_) => Outcome::at(step, None, "the server took too long".to_owned()),
        }
    }

    async fn talk(
        &self,
        envelope: &Envelope,
        bytes: &[u8],
        step: &AtomicU8,
    ) -> Result<(), Failure> {
        let mut conn = self.connection().await?;
        let mut parameters = Vec::new();
        if conn.server_info().supports_feature(Extension::SmtpUtfEight) {
            let mut addresses = envelope.to().iter().chain(envelope.from());
            let is_ascii = addresses.all(|it| it.to_string().is_ascii());
            parameters.extend((!is_ascii).then_some(MailParameter::SmtpUtfEight));
        }
        conn.command(Mail::new(envelope.from().cloned(), parameters))
            .await?;
        step.store(Step::Addressing as u8, Ordering::Relaxed);
        for to in envelope.to() {
            conn.command(Rcpt::new(to.clone(), Vec::new())).await?;
        }
        conn.command(Data).await?;
        step.store(Step::Content as u8, Ordering::Relaxed);
        conn.message(bytes).await?;
        // It has it, whatever it says to a goodbye.
        conn.abort().await;
        Ok(())
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, Failure> {
        let (wrapped, start) = match &self.tls {
            Tls::Wrapper(parameters) => (Some(parameters.clone()), None),
            Tls::None => (None, None),
            Tls::Required(parameters) => (None, Some((parameters, true))),
            Tls::Opportunistic(parameters) => (None, Some((parameters, false))),
        };
        let hello = ClientId::default();
        let server = (self.host.as_str(), self.port);
        let mut conn = if wrapped.is_some() {
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &hello, wrapped, None)
                .await?
        } else {
            let stream = connected(server).await.map_err(Failure::of_network)?;
            AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?
        };
        if let Some((parameters, is_required)) = start
            && (is_required || conn.can_starttls())
        {
            conn.starttls(parameters.clone(), &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            conn.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(conn)
    }
}

/// A connection that sends at once what is written: the end of a mail would wait for the server to acknowledge what
/// is before it, which takes 40 ms (Nagle's algorithm against delayed acknowledgements, RFC 1122 §4.2.3). Of a server
/// with several addresses one that is silent does not hide the others.
async fn connected(server: (&str, u16)) -> std::io::Result<TcpStream> {
    let mut failed = None;
    for address in tokio::net::lookup_host(server).await? {
        let connected = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await;
        match connected.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.unwrap_or_else(|| std::io::ErrorKind::AddrNotAvailable.into()))
}

/// Why a mail was not handed over.
struct Failure {
    /// The server's reply code (RFC 5321 §4.2), where it gave one.
    code: Option<u16>,
    /// In words.
    why: String,
}

impl Failure {
    fn of_network(error: std::io::Error) -> Self {
        Self {
            code: None,
            why: format!("Connection error: {error}"),
        }
    }
}

impl From<smtp::Error> for Failure {
    fn from(error: smtp::Error) -> Self {
        Self {
            code: error.status().map(u16::from),
            why: error.to_string(),
        }
    }
}
