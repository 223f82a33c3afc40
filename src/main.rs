//! Process start: settings, telemetry, then what was asked for.

use job_hunt_tracker::server::{
    AppState,
    clock::Clock,
    config::{Cli, Command, Config, MailUrl},
    deliveries, http, seed, telemetry, zones,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::of_process() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return fail(&Cli::complaint(&error)),
        // `--help` and `--version`.
        Err(error) => error.exit(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => fail(&line),
    }
}

async fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Serve(config) => serve(config).await,
        Command::Migrate(config) => {
            telemetry::init(config.log_format)?;
            let state = AppState::start(config, Clock::default()).await?;
            state.db.close().await;
            println!("The database is up to date.");
            Ok(())
        }
        Command::Deliveries(args) => {
            let config = args.what.config().clone();
            telemetry::init(config.log_format)?;
            config.database().must_be_there()?;
            let state = AppState::start(config, Clock::default()).await?;
            let said = deliveries::run(&state, &args.what).await;
            state.db.close().await;
            println!("{}", said?);
            Ok(())
        }
        Command::Seed(args) => {
            telemetry::init(args.config.log_format)?;
            let state = AppState::start(args.config, Clock::default()).await?;
            let seeded = seed::seed(&state, &args.email, args.count)
                .await
                .map_err(|problem| problem.to_string())?;
            state.db.close().await;
            println!("{}: {} applications added.", seeded.email, seeded.added);
            if seeded.added > 0 {
                println!("Mails about reminders are off for this account: see its settings.");
            }
            println!(
                "Start the app, ask for a link as {}, and open it.",
                seeded.email
            );
            Ok(())
        }
    }
}

async fn serve(config: Config) -> Result<(), String> {
    telemetry::init(config.log_format)?;
    let public_url = config.public_url.clone();
    let options = http::leptos_options(&config)?;
    let address = options.site_addr;
    let state = AppState::start(config, Clock::default()).await?;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| format!("LEPTOS_SITE_ADDR: {address}: {error}"))?;
    if let Some(address) = state.config.metrics_addr {
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .map_err(|error| format!("METRICS_ADDR: {address}: {error}"))?;
        let router = http::metrics_router(state.clone());
        // It goes with the process.
        tokio::spawn(async { axum::serve(listener, router).await });
    }
    tracing::info!(version = zones::version(), from = %zones::origin(), "rules of time zones");
    eprintln!(
        "\n  Job Hunt Tracker is ready: open {public_url}\n  \
         Sign in with any address; {}\n",
        match state.config.mail() {
            MailUrl::File(folder) => format!(
                "the link is printed here (mails land in {}).\n  For a demo board: make seed, then sign in as demo@example.com.",
                folder.display()
            ),
            MailUrl::Smtp(_) | MailUrl::Relay { .. } => "the link comes by mail.".into(),
        }
    );
    http::serve(state, options, listener, asked_to_stop())
        .await
        .map_err(|error| format!("{address}: {error}"))
}

/// Resolves at SIGTERM or Ctrl-C.
async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => _ = signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}

fn fail(line: &str) -> ExitCode {
    eprintln!("job-hunt-tracker: {line}");
    ExitCode::from(2)
}
