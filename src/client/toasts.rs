//! What is told: messages that go away by themselves, and what they offer.

use super::{
    engine::{Displaced, Notice, Reason, Trouble, Unstored},
    labels::field_label,
    store::{Gate, Store},
};
use crate::domain::{application::ApplicationPatch, stage::Status};
use leptos::prelude::*;
use uuid::Uuid;

/// What a toast offers.
#[derive(Clone, Debug, PartialEq)]
pub enum ToastAction {
    /// Undo a move.
    UndoMove {
        /// The application.
        record: Uuid,
        /// The mutation that moved it.
        key: Uuid,
        /// Where it was.
        from: Status,
    },
    /// Set fields back.
    Apply {
        /// The application.
        record: Uuid,
        /// What sets them back.
        patch: Box<ApplicationPatch>,
        /// The button.
        label: &'static str,
    },
    /// Take a deletion back.
    Retract {
        /// The mutation that deleted it.
        key: Uuid,
        /// The application.
        record: Uuid,
    },
    /// Make an edit again that gave way, or drop it.
    Reapply {
        /// The displaced edit.
        id: Uuid,
        /// The button.
        label: &'static str,
    },
    /// Show what waits, and why.
    Review,
    /// Open an application.
    Open(Uuid),
    /// Sign in again.
    SignIn,
    /// Load the page anew.
    Reload,
}

impl ToastAction {
    /// The button's words.
    pub fn label(&self) -> &'static str {
        match self {
            Self::UndoMove { .. } | Self::Retract { .. } => "Undo",
            Self::Apply { label, .. } | Self::Reapply { label, .. } => label,
            Self::Review => "Look at it",
            Self::Open(_) => "Open",
            Self::SignIn => "Sign in",
            Self::Reload => "Reload",
        }
    }
}

/// A message that goes away by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Which one.
    pub id: u64,
    /// `info`, `error` or `conflict`.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
    /// What it offers.
    pub action: Option<ToastAction>,
}

impl Store {
    /// The messages that show.
    pub fn toasts(self) -> Vec<Toast> {
        self.toasts.get()
    }

    /// Shows a message.
    pub fn toast(self, kind: &'static str, text: impl Into<String>, action: Option<ToastAction>) {
        // As long as its offer stands, or as reading takes.
        let seconds = match (kind, &action) {
            (_, Some(ToastAction::Retract { .. })) => 29,
            ("conflict", _) => 30,
            ("error", _) => 12,
            _ => 8,
        };
        let id = self.next_toast.with_value(|id| id + 1);
        self.next_toast.set_value(id);
        self.toasts.update(|toasts| {
            toasts.push(Toast {
                id,
                kind,
                text: text.into(),
                action,
            });
            // The oldest make room; a question that holds somebody's edit does not.
            while toasts.len() > 3 {
                let Some(oldest) = toasts.iter().position(|toast| toast.kind != "conflict") else {
                    break;
                };
                toasts.remove(oldest);
            }
        });
        self.expire_toast(id, seconds);
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u64) {
        self.toasts
            .update(|toasts| toasts.retain(|toast| toast.id != id));
    }

    /// Does what a toast offers. What needs a page (opening, signing in) is the component's.
    pub fn act(self, action: &ToastAction) {
        match action {
            ToastAction::UndoMove { record, key, from } => {
                let patch = self
                    .engine
                    .with_value(|engine| engine.undo_of_move(*record, *key, *from));
                self.report(self.patch(*record, patch));
            }
            ToastAction::Apply { record, patch, .. } => {
                self.report(self.patch(*record, patch.as_ref().clone()));
            }
            ToastAction::Retract { key, .. } => {
                let now = self.clock();
                let mut effects = None;
                self.engine
                    .update_value(|engine| effects = engine.retract(*key, now));
                match effects {
                    Some(effects) => {
                        self.refresh();
                        self.run(effects);
                    }
                    None => self.toast("error", "Too late: it is deleted already.", None),
                }
            }
            ToastAction::Reapply { id, .. } => self.reapply(*id),
            ToastAction::Open(_)
            | ToastAction::Review
            | ToastAction::SignIn
            | ToastAction::Reload => {}
        }
    }

    /// Declines what a toast offers, where that is an answer of its own.
    pub fn decline(self, action: &ToastAction) {
        if let ToastAction::Reapply { id, .. } = action {
            self.drop_displaced(*id);
        }
    }

    pub(super) fn notify(self, notice: Notice) {
        match notice {
            Notice::Displaced(item) => {
                let Displaced {
                    id, title, reason, ..
                } = *item;
                let names: Vec<String> = item.edit.fields().into_iter().map(|(name, _)| name).collect();
                let fields = words(&names);
                let (text, label) = match reason {
                    Reason::Conflict => (
                        format!(
                            "“{title}” was changed elsewhere first, and shows that now. Undo local change{fields}?"
                        ),
                        "Use mine again",
                    ),
                    Reason::Deleted => (
                        format!("“{title}” was deleted elsewhere while you changed it here. Make it again?"),
                        "Make it again",
                    ),
                };
                self.toast("conflict", text, Some(ToastAction::Reapply { id, label }));
            }
            Notice::Parked { title, problem, .. } => self.toast(
                "error",
                format!("“{title}” could not be saved. {}", problem.sentence()),
                Some(ToastAction::Review),
            ),
            Notice::SignedOut => self.toast(
                "error",
                "Your session has ended. Nothing is lost: sign in again, and what waits is sent.",
                Some(ToastAction::SignIn),
            ),
            Notice::Foreign => self.gate.set(Gate::OtherAccount),
            Notice::Unreadable(count) => self.toast(
                "error",
                format!(
                    "Unsent changes on this device were damaged and cannot be read ({count}). What the server has is unharmed."
                ),
                None,
            ),
            Notice::RowsUnstorable => self.toast(
                "error",
                "This browser’s storage is full. Your changes are kept; some applications may be missing when there is no network.",
                None,
            ),
            Notice::StoreLost(Unstored::Newer) => self.toast(
                "error",
                "A newer version of the app is open in another tab. Reload this page to go on with it; what waits here is sent first.",
                Some(ToastAction::Reload),
            ),
            Notice::StoreLost(_) => self.toast(
                "error",
                "This page can no longer store anything on this device. Leave it open until everything is saved, then reload it.",
                Some(ToastAction::Reload),
            ),
            Notice::ClockAhead(ahead) => self.toast(
                "error",
                format!(
                    "This device’s clock is {} ahead. Your changes are saved at the right time; please set the clock.",
                    span(ahead)
                ),
                None,
            ),
            Notice::NotPulled(problem) => self.toast(
                "error",
                format!(
                    "What changed on your other devices could not be fetched. {}",
                    problem.sentence()
                ),
                Some(ToastAction::Reload),
            ),
            Notice::Unstorable(trouble) => self.toast(
                "error",
                match trouble {
                    Trouble::Full => {
                        "This browser’s storage is full. Your changes are kept in this page until they reach the server: leave it open."
                    }
                    Trouble::Broken => {
                        "This browser does not store your changes. They are kept in this page until they reach the server: leave it open."
                    }
                },
                None,
            ),
        }
    }
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

/// ` of status and notes`, for a message.
fn words(fields: &[String]) -> String {
    let names: Vec<String> = fields
        .iter()
        .map(|field| field_label(field).to_lowercase())
        .collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => format!(" of {last}"),
        Some((last, rest)) => format!(" of {} and {last}", rest.join(", ")),
    }
}
