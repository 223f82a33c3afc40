//! What messages say: pure, of what happened and of how a record looks now.

use super::action::{ToastAction, names};
use crate::{
    client::{
        engine::{Displaced, Edit, Notice, Reason, Trouble, Unstored, Verb},
        labels::{field_label, row_name, value_label},
    },
    domain::{
        error::Problem,
        sync::Entity,
        time::{Timestamp, ZoneRules},
        when::Habits,
    },
};
use serde_json::Value;
use uuid::Uuid;

/// What is told, before it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// `info`, `error` or `conflict`.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
    /// What it offers.
    pub action: Option<ToastAction>,
}

impl Message {
    /// What went wrong, and what can be done about it.
    fn error(text: impl Into<String>, action: Option<ToastAction>) -> Self {
        Self {
            kind: "error",
            text: text.into(),
            action,
        }
    }

    /// What a notice of the engine says. Nothing of those that are told elsewhere: a record's by its
    /// name ([`Message::refused`], [`Question`]), a foreign session by the page that it takes away.
    pub fn of(notice: &Notice) -> Option<Self> {
        Some(match notice {
            Notice::Displaced(_) | Notice::Parked { .. } | Notice::Foreign => return None,
            // The page says so at its head, or the sync panel where nothing is in danger, for as long as
            // it is so, and what to do.
            Notice::StoreLost(Unstored::Newer | Unstored::Lost)
            | Notice::Unstorable(Trouble::Full)
            | Notice::RowsUnstorable => return None,
            Notice::UndoRefused { title, .. } => Self::error(
                format!("“{title}” was moved again since, so that move cannot be undone."),
                None,
            ),
            Notice::SignedOut => Self::error(
                "Your session has ended. Nothing is lost: sign in again, and what waits is sent.",
                Some(ToastAction::SignIn),
            ),
            Notice::Unreadable(count) => Self::error(
                format!(
                    "Unsent changes on this device were damaged and cannot be read ({count}). What the server has is unharmed."
                ),
                None,
            ),
            Notice::StoreLost(_) => Self::error(
                "This page can no longer store anything on this device. Leave it open until everything is saved, then reload it.",
                Some(ToastAction::Reload),
            ),
            Notice::Skipped => Self::error(
                "Some of your data was written by a newer version of the app. Reload to see all of it.",
                Some(ToastAction::Reload),
            ),
            Notice::ClockAhead(ahead) => Self::error(
                format!(
                    "This device’s clock is {} ahead. Your changes are saved at the right time; please set the clock.",
                    span(*ahead)
                ),
                None,
            ),
            Notice::NotPulled(problem) => Self::error(
                format!(
                    "What changed on your other devices could not be fetched. {}",
                    problem.sentence()
                ),
                Some(ToastAction::Reload),
            ),
            Notice::Unstorable(Trouble::Broken) => Self::error(
                "This browser does not store your changes. They are kept in this page until they reach the server: leave it open.",
                None,
            ),
        })
    }

    /// An edit of the record of this name was refused.
    pub fn refused(name: &str, problem: &Problem) -> Self {
        Self::error(
            format!("“{name}” could not be saved. {}", problem.sentence()),
            Some(ToastAction::Review),
        )
    }
}

/// The two answers to what is asked about an edit that gave way: to make it again, and to drop it.
pub fn answers(reason: Reason, verb: Verb) -> (&'static str, &'static str) {
    match (reason, verb) {
        (Reason::Conflict, Verb::Delete) => ("Delete it", "Keep it"),
        (Reason::Conflict, _) => ("Use mine", "Keep theirs"),
        (Reason::Deleted, _) => ("Make it again", "Drop it"),
    }
}

/// What the record of an edit that gave way is called, where `now` is how it looks: by its role and
/// its company wherever they are known.
pub fn name_of(item: &Displaced, now: &Value) -> String {
    let was = || match &item.mine {
        Some(Entity::Application(row)) => Some(row.name()),
        _ => None,
    };
    row_name(now)
        .or_else(was)
        .unwrap_or_else(|| item.title.clone())
}

/// An edit that gave way, and what is asked about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The displaced edit.
    pub id: Uuid,
    /// What is asked.
    pub text: String,
    /// Why it gave way, which decides the answers.
    pub reason: Reason,
    /// What it did, which decides them too.
    pub verb: Verb,
}

impl Question {
    /// What is asked about an edit that gave way to a record that is as in `row` now.
    pub fn about(
        item: &Displaced,
        row: &Value,
        now: Timestamp,
        zone: &impl ZoneRules,
        habits: Habits,
    ) -> Self {
        let (name, verb) = (name_of(item, row), item.edit.verb());
        let text = match (item.reason, verb) {
            (Reason::Conflict, Verb::Delete) => {
                format!("“{name}” was changed elsewhere meanwhile. Delete it anyway?")
            }
            (Reason::Conflict, _) => about_one_field(item, &name, row, now, zone, habits)
                .unwrap_or_else(|| {
                    let mine = words(&item.edit);
                    format!("“{name}” was changed elsewhere first. Use your {mine} instead?")
                }),
            (Reason::Deleted, _) => {
                format!("“{name}” was deleted elsewhere while you changed it here. Make it again?")
            }
        };
        Self {
            id: item.id,
            text,
            reason: item.reason,
            verb,
        }
    }
}

/// The question about one field, where both of its values fit into a sentence.
fn about_one_field(
    item: &Displaced,
    name: &str,
    row: &Value,
    now: Timestamp,
    zone: &impl ZoneRules,
    habits: Habits,
) -> Option<String> {
    /// The longest value that is said in a sentence, in characters.
    const SHORT: usize = 40;
    let fields = item.edit.fields();
    let [(field, mine)] = fields.as_slice() else {
        return None;
    };
    let theirs = row.get(field)?;
    if field == "archived_at" {
        let wish = match (mine, theirs) {
            (Value::Null, _) => "Restore",
            (_, Value::Null) => "Archive",
            _ => return None,
        };
        return Some(format!(
            "“{name}” was changed elsewhere meanwhile. {wish} it anyway?"
        ));
    }
    let short = |value: &Value| {
        let label = value_label(field, value, now, zone, habits);
        let is_plain = !matches!(value, Value::Array(_) | Value::Object(_));
        (is_plain && field != "notes" && label.chars().count() <= SHORT).then_some(label)
    };
    let (wish, stands) = (short(mine)?, short(theirs)?);
    if field == "status" {
        return Some(if differs_only_in(item, row, field) {
            format!("“{name}” is in {stands} now, moved elsewhere. Move it to {wish}?")
        } else {
            format!("“{name}” was changed elsewhere first, and is in {stands}. Move it to {wish}?")
        });
    }
    let stands = match theirs {
        Value::Null => "empty".to_owned(),
        _ => format!("“{stands}”"),
    };
    let wish = match mine {
        Value::Null => "Empty it".to_owned(),
        _ => format!("Use “{wish}”"),
    };
    let field = field_label(field).to_lowercase();
    Some(format!(
        "“{name}” was changed elsewhere first: {field} is {stands} there. {wish} instead?"
    ))
}

/// Whether what the user saw, with the edit, is the record as it is now but for this field: then it
/// is this field that was changed elsewhere.
fn differs_only_in(item: &Displaced, row: &Value, field: &str) -> bool {
    const DERIVED: [&str; 5] = ["id", "version", "status_since", "created_at", "updated_at"];
    let mine = item.mine.as_ref().and_then(|mine| {
        let text = serde_json::to_string(mine).ok()?;
        let mut mine: Value = serde_json::from_str(&text).ok()?;
        mine.get_mut("row").map(Value::take)
    });
    let (Some(Value::Object(mine)), Value::Object(row)) = (mine, row) else {
        return false;
    };
    row.iter()
        .filter(|(name, _)| *name != field && !DERIVED.contains(&name.as_str()))
        .all(|(name, value)| mine.get(name) == Some(value))
}

/// `2 days`, for a message.
fn span(time: chrono::Duration) -> String {
    let (count, unit) = match time.num_minutes() {
        minutes if minutes < 120 => (minutes, "minutes"),
        minutes if minutes < 48 * 60 => (minutes / 60, "hours"),
        minutes => (minutes / (24 * 60), "days"),
    };
    format!("{count} {unit}")
}

/// `status and notes`: what an edit is about, for a message.
fn words(edit: &Edit) -> String {
    if edit.verb() == Verb::Delete {
        return "deletion".to_owned();
    }
    let names: Vec<String> = names(edit)
        .iter()
        .map(|field| field_label(field).to_lowercase())
        .collect();
    match names.split_last() {
        None => "change".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
