//! What whoever runs the server sees and does about mails: `deliveries` on the command line.

use super::{AppState, config::Deliveries, db::mails::Shown, services::mails};
use crate::domain::mailing::MailState;
use uuid::Uuid;

/// Mails that are listed at most.
const MOST: i64 = 1_000;

/// Does it. Answers what to print.
///
/// # Errors
/// A line that says what is wrong.
pub async fn run(state: &AppState, what: &Deliveries) -> Result<String, String> {
    let failed = |error: sqlx::Error| format!("DATABASE_URL: {error}");
    let (db, now) = (&state.db, state.clock.now());
    match what {
        Deliveries::List { all, .. } => {
            let open = [MailState::Waiting, MailState::Claimed, MailState::Dead];
            let states = if *all { MailState::ALL } else { &open };
            let listed = db.list_mails(states, MOST).await.map_err(failed)?;
            let held = db.watch().await.map_err(failed)?.held_until;
            let held = held.filter(|until| *until > now);
            let held = held.map(|until| {
                format!("Mails are held until {until}: `deliveries resume` sends them.\n")
            });
            if listed.is_empty() {
                return Ok(format!("{}There are none.", held.unwrap_or_default()));
            }
            let lines: Vec<String> = listed.iter().map(line).collect();
            Ok(held.unwrap_or_default() + &lines.join("\n"))
        }
        Deliveries::Show(mail) => {
            let found = db.find_mail(mail.id).await.map_err(failed)?;
            found.as_ref().map(at_length).ok_or_else(|| none(mail.id))
        }
        Deliveries::Retry(mail) => {
            let done = mails::retry(db, mail.id, now).await.map_err(failed)?;
            let why = || format!("{}: no mail that was given up.", mail.id);
            done.then(|| "It is tried anew.".to_owned()).ok_or_else(why)
        }
        Deliveries::Drop(mail) => {
            let done = db.drop_mail(mail.id, now).await.map_err(failed)?;
            let why = || format!("{}: no mail that waits.", mail.id);
            done.then(|| "It is not sent.".to_owned()).ok_or_else(why)
        }
        Deliveries::Resume(_) => {
            db.hold_mails(None).await.map_err(failed)?;
            Ok("Mails are sent.".to_owned())
        }
    }
}

fn none(id: Uuid) -> String {
    format!("{id}: there is no such mail.")
}

fn line(mail: &Shown) -> String {
    let why = mail.last_error.as_deref().unwrap_or_default();
    format!(
        "{}  {:9}  {:2} tries  {}  {}  {}  {why}",
        mail.id, mail.state, mail.attempts, mail.created_at, mail.kind, mail.email
    )
}

fn at_length(mail: &Shown) -> String {
    let ended = mail.ended_at.map_or("-".to_owned(), |at| at.to_string());
    format!(
        "id          {}\nto          {}\nkind        {}\nstate       {}\ntries       {}\nmade        {}\n\
         not before  {}\nended       {ended}\nlast error  {}",
        mail.id,
        mail.email,
        mail.kind,
        mail.state,
        mail.attempts,
        mail.created_at,
        mail.not_before,
        mail.last_error.as_deref().unwrap_or("-"),
    )
}
