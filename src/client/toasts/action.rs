//! What a message offers.

use crate::{
    client::engine::{Edit, Verb},
    domain::{stage::Status, time::ZoneName},
};
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
    /// Take back what was done.
    Apply {
        /// The row that it was done to.
        record: Uuid,
        /// What takes it back: edits and whose rows they are.
        edits: Vec<(Uuid, Edit)>,
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
        /// The button that makes it again.
        label: &'static str,
        /// The button that drops it.
        keep: &'static str,
    },
    /// Show what waits, and why.
    Review,
    /// Open an application.
    Open(Uuid),
    /// Answer a reminder that has fallen due, or open what it is about.
    Answer {
        /// The reminder.
        reminder: Uuid,
        /// Where it opens.
        address: String,
    },
    /// Show the reminders that have fallen due.
    ShowReminders,
    /// Sign in again.
    SignIn,
    /// Load the page anew.
    Reload,
    /// Show the settings.
    Settings,
    /// Show times in this zone, or keep the one of the settings.
    UseZone(ZoneName),
}

impl ToastAction {
    /// The button's words.
    pub fn label(&self) -> &'static str {
        match self {
            Self::UndoMove { .. } | Self::Retract { .. } => "Undo",
            Self::Apply { label, .. } | Self::Reapply { label, .. } => label,
            Self::Review => "Look at it",
            Self::Open(_) | Self::Answer { .. } => "Open",
            Self::ShowReminders => "Show",
            Self::SignIn => "Sign in",
            Self::Reload => "Reload",
            Self::Settings => "Change",
            Self::UseZone(_) => "Use it",
        }
    }

    /// The words of the button that declines, where that is an answer of its own.
    pub fn keep_label(&self) -> Option<&'static str> {
        match self {
            Self::Reapply { keep, .. } => Some(*keep),
            Self::UseZone(_) => Some("Keep"),
            _ => None,
        }
    }

    /// The application that it was put where it stands, if that is what was done: a follow-up may be offered.
    pub fn placed(&self) -> Option<Uuid> {
        match self {
            Self::UndoMove { record, .. } | Self::Open(record) => Some(*record),
            _ => None,
        }
    }

    /// Whether it takes back what was done to its record.
    pub fn takes_back(&self) -> bool {
        matches!(
            self,
            Self::UndoMove { .. } | Self::Apply { .. } | Self::Retract { .. }
        )
    }

    /// The record that the offer is about; none where it stands for itself.
    pub(super) fn record(&self) -> Option<Uuid> {
        match self {
            Self::UndoMove { record, .. }
            | Self::Apply { record, .. }
            | Self::Retract { record, .. }
            | Self::Open(record) => Some(*record),
            Self::Answer { reminder, .. } => Some(*reminder),
            Self::Reapply { .. }
            | Self::Review
            | Self::ShowReminders
            | Self::SignIn
            | Self::Reload
            | Self::Settings
            | Self::UseZone(_) => None,
        }
    }

    /// Whether what is offered is no longer what it was once its record is edited so: taken back, it
    /// would take back the newer edit too, or the server would refuse it.
    pub(super) fn is_outdated_by(&self, edit: &Edit) -> bool {
        if edit.verb() != Verb::Patch {
            return true;
        }
        let sets = match self {
            Self::UndoMove { .. } => vec!["status".to_owned()],
            Self::Apply { record, edits, .. } => {
                let own = || edits.iter().filter(|(id, _)| id == record);
                // What was made would go with all that was written since.
                if own().any(|(_, edit)| edit.verb() == Verb::Delete) {
                    return true;
                }
                own().flat_map(|(_, edit)| names(edit)).collect()
            }
            _ => Vec::new(),
        };
        names(edit).iter().any(|name| sets.contains(name))
    }
}

/// The fields that an edit sets.
pub(super) fn names(edit: &Edit) -> Vec<String> {
    edit.fields().into_iter().map(|(name, _)| name).collect()
}
