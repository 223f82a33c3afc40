//! An SMTP server that answers as a scenario wants.

use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

/// It listens until it is dropped.
pub struct Sink {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
    over: Arc<Notify>,
    listening: JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// It never answers.
pub const HANGS: &str = "hangs";
/// It has taken the mail, and never says so.
pub const TAKEN_AND_HANGS: &str = "taken and hangs";
/// It has taken the mail, and closes without a word.
pub const LOST: &str = "lost";
/// It closes before it has said anything.
pub const UNREACHABLE: &str = "unreachable";

/// What it answers to a command, to the dot at the end of a mail, and to a connection, which is an empty line.
type Answer = Arc<dyn Fn(&str) -> &'static str + Send + Sync>;

impl Sink {
    /// Starts it on a free port.
    pub async fn start(answer: impl Fn(&str) -> &'static str + Send + Sync + 'static) -> Self {
        let answer: Answer = Arc::new(answer);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::<Mutex<Vec<String>>>::default();
        let over = Arc::<Notify>::default();
        let (kept, end) = (Arc::clone(&taken), Arc::clone(&over));
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                let end = Arc::clone(&end);
                tokio::spawn(async move {
                    tokio::select! {
                        _ = talk(stream, answer, kept) => {}
                        () = end.notified() => {}
                    }
                });
            }
        });
        Self {
            port,
            taken,
            over,
            listening,
        }
    }

    /// Closes all connections that there are.
    pub fn hang_up(&self) {
        self.over.notify_waiters();
    }

    /// Where it is reached.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// All mails that it has taken, oldest first.
    pub fn all(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }

    /// The mails about reminders that it has taken, oldest first.
    pub fn taken(&self) -> Vec<String> {
        let is_letter = |mail: &String| mail.contains("List-Unsubscribe: ");
        self.all().into_iter().filter(is_letter).collect()
    }
}

async fn talk(
    stream: TcpStream,
    answer: Answer,
    taken: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut lines = BufReader::new(from).lines();
    if answer("") == UNREACHABLE {
        return Ok(());
    }
    to.write_all(b"220 sink\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let reply = match line.split(' ').next().unwrap_or_default() {
            "EHLO" => "250-sink\r\n250-AUTH PLAIN\r\n250 8BITMIME",
            "QUIT" => "221 bye",
            "DATA" => "354 go on",
            _ => answer(&line),
        };
        if reply == HANGS {
            std::future::pending::<()>().await;
        }
        to.write_all(format!("{reply}\r\n").as_bytes()).await?;
        if reply.starts_with("354") {
            let mut mail = String::new();
            while let Some(line) = lines.next_line().await? {
                if line == "." {
                    break;
                }
                mail.push_str(&line);
                mail.push_str("\r\n");
            }
            let reply = answer(".");
            if reply.is_empty() {
                return Ok(());
            }
            if reply.starts_with('2') || [LOST, TAKEN_AND_HANGS].contains(&reply) {
                taken.lock().unwrap().push(mail);
            }
            match reply {
                LOST => return Ok(()),
                TAKEN_AND_HANGS => std::future::pending::<()>().await,
                _ => {}
            }
            to.write_all(format!("{reply}\r\n").as_bytes()).await?;
        }
    }
    Ok(())
}
