//! The real program, in a process of its own.

use crate::harness::Site;
use std::{
    fs::File,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// The program with these arguments, on this site and with no other settings than it names.
pub fn command(site: &Site, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_job-hunt-tracker"));
    command
        .args(arguments)
        .current_dir(&site.folder)
        .env_clear()
        .env("DATABASE_URL", &site.database_url)
        .stdin(Stdio::null());
    command
}

/// A running server; killed when it is dropped.
pub struct Program {
    child: Child,
    /// Scheme, host and port.
    pub base: String,
    log: PathBuf,
}

impl Program {
    /// Starts it, and waits until it is ready.
    pub async fn serve(site: &Site) -> Self {
        Self::serve_mailing(site, &format!("file:{}", site.mail_folder().display())).await
    }

    /// Starts it with this provider of mails, and waits until it is ready.
    pub async fn serve_mailing(site: &Site, mail_url: &str) -> Self {
        Self::serve_with(site, &[("MAIL_URL", mail_url)]).await
    }

    /// Starts it with these settings, and waits until it is ready.
    pub async fn serve_with(site: &Site, settings: &[(&str, &str)]) -> Self {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let base = format!("http://{address}");
        let log = site.folder.join(format!("server-{}.log", address.port()));
        let child = command(site, &["serve"])
            .env("LEPTOS_SITE_ADDR", address.to_string())
            .env("PUBLIC_URL", &base)
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut program = Self { child, base, log };
        let client = crate::client::Client::browser(&program.base);
        let start = Instant::now();
        loop {
            match client.raw(http::Method::GET, "/readyz").try_send().await {
                Ok(answer) if answer.status == 200 => return program,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
            if start.elapsed() > Duration::from_secs(30)
                || program.child.try_wait().unwrap().is_some()
            {
                panic!("the server did not start: {}", program.log());
            }
        }
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// It stands still until it is to go on.
    pub fn stand_still(&self) {
        self.signal("-STOP");
    }

    /// It goes on.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status();
        assert!(status.unwrap().success());
    }

    /// How it ended; it must end soon.
    pub async fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "it does not end: {}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
