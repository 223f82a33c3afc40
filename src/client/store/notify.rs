//! What the store tells, and doing what a message offers.

use super::{Gate, Store};
use crate::client::{
    asked, dom,
    engine::{Displaced, Edit, Notice, Verb},
    labels::row_name,
    toasts::{Earlier, Message, Question, Timer, Toast, ToastAction, Toasts},
};
use crate::domain::{application::Application, change::Change, settings::SettingsPatch};
use leptos::prelude::*;
use uuid::Uuid;

impl Store {
    /// The messages that show.
    pub fn toasts(self) -> Vec<Toast> {
        self.toasts.with(|toasts| toasts.shown().to_vec())
    }

    /// What one of them says.
    pub fn toast_text(self, id: u64) -> Option<String> {
        self.toasts
            .with(|toasts| toasts.get(id).map(|toast| toast.text.clone()))
    }

    /// Shows a message.
    pub fn toast(self, kind: &'static str, text: impl Into<String>, action: Option<ToastAction>) {
        let mut timer = None;
        self.toasts
            .update(|toasts| timer = Some(toasts.push(kind, text, action)));
        self.run_out(timer);
    }

    /// Takes a message away that is not true any more.
    pub fn unsay(self, text: &str) {
        let says = |toasts: &Toasts| toasts.shown().iter().any(|toast| toast.text == text);
        if self.toasts.with_untracked(says) {
            self.toasts.update(|toasts| toasts.unsay(text));
        }
    }

    /// A reminder has fallen due.
    pub fn ring(self, id: Uuid, text: String, address: String) {
        self.toasts.update(|toasts| toasts.ring(id, text, address));
    }

    /// What was done last and can be taken back, while that is told.
    pub fn last_deed(self) -> Option<Toast> {
        let takes_back =
            |toast: &&Toast| toast.action.as_ref().is_some_and(ToastAction::takes_back);
        self.toasts
            .with(|toasts| toasts.shown().iter().rfind(takes_back).cloned())
    }

    /// A reminder was answered.
    pub fn unsay_reminder(self, id: Uuid) {
        self.toasts.maybe_update(|toasts| toasts.answered(id));
    }

    /// A deed that shows by itself, and can be taken back.
    pub(super) fn note(self, text: String, edits: Vec<(Uuid, Edit)>, within: Option<u64>) {
        let Some((record, _)) = edits.first() else {
            return;
        };
        let undo = ToastAction::Apply {
            record: *record,
            edits,
            label: "Undo",
        };
        self.once_shown(move || self.toasts.update(|toasts| toasts.note(text, undo, within)));
    }

    /// Somebody looks at a message, or is in it with the keyboard: it waits.
    pub fn hold(self, id: u64) {
        self.toasts.update_untracked(|toasts| toasts.hold(id));
    }

    /// Somebody has done something in a message, or leaves it: its time begins anew.
    pub fn linger(self, id: u64) {
        let mut timer = None;
        self.toasts
            .update_untracked(|toasts| timer = toasts.linger(id));
        self.run_out(timer);
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u64) {
        self.toasts.update(|toasts| {
            // Put away unanswered it is not asked again.
            let action = toasts.get(id).and_then(|toast| toast.action.as_ref());
            if let Some(ToastAction::UseZone(zone)) = action {
                asked::remember(zone.as_str());
            }
            toasts.dismiss(id);
        });
    }

    /// A record is edited: what was offered about it before may be over.
    pub(super) fn outdate_offers(self, record: Uuid, edit: &Edit) {
        self.withdraw_offers(|toasts| toasts.edited(record, edit));
    }

    /// The session is back.
    pub fn session_is_back(self) {
        self.withdraw_offers(Toasts::withdraw_sign_in);
    }

    /// Takes messages away, and tells of it only where there were any.
    pub(super) fn withdraw_offers(self, withdraw: impl FnOnce(&mut Toasts)) {
        self.toasts.maybe_update(|toasts| {
            let before = toasts.shown().len();
            withdraw(toasts);
            toasts.shown().len() != before
        });
    }

    /// What lies aside has changed: nothing is asked about what does not.
    pub(super) fn settle_questions(self, aside: &[Displaced]) {
        let mut timer = None;
        self.toasts.maybe_update(|toasts| {
            let before = toasts.questions();
            timer = toasts.still_aside(aside);
            toasts.questions() != before
        });
        self.run_out(timer);
    }

    fn run_out(self, timer: Option<Timer>) {
        if let Some(timer) = timer {
            self.expire_toast(timer);
        }
    }

    /// Does what a toast offers, once. Answers what the page has to do: to open something, to sign
    /// in.
    pub fn act(self, id: u64) -> Option<ToastAction> {
        let (mut taken, mut within) = (None, Vec::new());
        self.toasts.update(|toasts| {
            within = toasts.take_within(id);
            taken = toasts.take(id);
        });
        let (action, earlier) = taken?;
        match action? {
            undo @ (ToastAction::UndoMove { .. }
            | ToastAction::Apply { .. }
            | ToastAction::Retract { .. }) => {
                for undo in within {
                    self.undo(undo);
                }
                _ = self.take_back(undo, earlier);
            }
            ToastAction::Reapply { id, .. } => self.reapply(id),
            ToastAction::UseZone(zone) => {
                asked::remember(zone.as_str());
                let patch = SettingsPatch {
                    timezone: Change::Set(zone),
                    ..SettingsPatch::default()
                };
                _ = self.report(self.save_settings(patch));
            }
            other => return Some(other),
        }
        None
    }

    /// Takes the newest deed back that was not taken back yet, and says so. Answers whether there was any.
    pub fn undo_last(self) -> bool {
        let mut taken = None;
        self.toasts.update(|toasts| taken = toasts.take_back());
        let Some((text, undo, earlier)) = taken else {
            return false;
        };
        // What cannot be taken back is said instead.
        if self.take_back(undo, earlier) {
            let text = undone(&text);
            self.once_shown(move || self.toast("info", text, None));
        }
        true
    }

    /// Takes a deed back; then the one before it, of the same record, can be. Answers whether that was
    /// possible; where it was not, that is said.
    fn take_back(self, undo: ToastAction, earlier: Earlier) -> bool {
        let done = self.undo(undo);
        if done {
            self.toasts.update(|toasts| toasts.taken_back(earlier));
        }
        done
    }

    fn undo(self, undo: ToastAction) -> bool {
        match undo {
            ToastAction::UndoMove { record, key, from } => {
                let patch = self
                    .engine
                    .with_value(|engine| engine.undo_of_move(record, key, from));
                self.report(self.patch::<Application>(record, patch))
            }
            ToastAction::Apply { edits, .. } => {
                let mut all = true;
                for (record, edit) in edits {
                    let deletes = edit.verb() == Verb::Delete;
                    let done = self.mutate(record, self.over_settings_of_now(edit));
                    if let (true, Ok(key)) = (deletes, &done) {
                        // Nobody is offered to take an undo back.
                        self.release_deletion(*key);
                    }
                    all &= self.report(done);
                }
                all
            }
            ToastAction::Retract { key, .. } => self.retract(key),
            _ => false,
        }
    }

    /// Declines what a toast offers, where that is an answer of its own.
    pub fn decline(self, id: u64) {
        let mut taken = None;
        self.toasts.update(|toasts| taken = toasts.take(id));
        match taken {
            Some((Some(ToastAction::Reapply { id, .. }), _)) => self.drop_displaced(id),
            Some((Some(ToastAction::UseZone(zone)), _)) => asked::remember(zone.as_str()),
            _ => {}
        }
    }

    pub(super) fn notify(self, notice: Notice) {
        match notice {
            Notice::Displaced(item) => {
                let mut timer = None;
                let row = untrack(|| self.fields_of(&item.edit, item.record));
                let (now, habits) = (self.clock(), self.habits.get_untracked());
                let question = self
                    .zone()
                    .with_untracked(|zone| Question::about(&item, &row, now, zone, habits));
                self.toasts.update(|toasts| {
                    toasts.gave_way(item.record);
                    timer = Some(toasts.ask(question));
                });
                self.run_out(timer);
            }
            Notice::Parked {
                key,
                title,
                problem,
            } => {
                let entry = self
                    .engine
                    .with_value(|engine| engine.outbox().get(key).cloned());
                let name = entry.and_then(|entry| {
                    self.withdraw_offers(|toasts| toasts.refused(entry.record));
                    row_name(&untrack(|| self.fields_of(&entry.edit, entry.record)))
                });
                let Message { kind, text, action } =
                    Message::refused(&name.unwrap_or(title), &problem);
                self.toast(kind, text, action);
            }
            Notice::Foreign => {
                // What is being typed waits for its user with the rest.
                dom::save_typed();
                self.gate.set(Gate::OtherAccount);
            }
            other => {
                if let Some(Message { kind, text, action }) = Message::of(&other) {
                    self.toast(kind, text, action);
                }
            }
        }
    }
}

/// What is said of a deed that was taken back: of `Done: Call Jane` it is the call that was undone, and what
/// followed from it is so no more.
fn undone(text: &str) -> String {
    let is_verb = |verb: &str| !verb.contains(' ') || verb == "Called off";
    let (verb, of) = match text.split_once(": ").filter(|(verb, _)| is_verb(verb)) {
        Some((verb, of)) => (verb, of),
        None => ("", text),
    };
    let of = match verb {
        // The time to which it was put off, or for which it was planned; what comes next.
        "Later" | "Moved" | "Planned" | "Done" | "Called off" => {
            of.split_once(" · ").map_or(of, |(of, _)| of)
        }
        _ => of.rsplit_once(". Its ").map_or(of, |(of, _)| of),
    };
    match text.strip_prefix("Not done: ") {
        Some(of) => format!("Done again: {of}"),
        None => format!("Undone: {of}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_undone_is_said_without_what_is_so_no_more() {
        for (done, undone) in [
            ("Done: Call Jane, Acme", "Undone: Call Jane, Acme"),
            ("Later: Call Jane · today 16:00", "Undone: Call Jane"),
            (
                "Moved: Call, Baker at St. Mary · today 16:00. Its reminder moves along: Prepare, today 15:00",
                "Undone: Call, Baker at St. Mary",
            ),
            (
                "Called off: Still on hold?, Baker at Acme · the next one 2 Dec, 9:00",
                "Undone: Still on hold?, Baker at Acme",
            ),
            (
                "Called off: Interview (24 h before)",
                "Undone: Interview (24 h before)",
            ),
            (
                "Moved Baker at St. Mary to Rejected. Its 2 reminders are called off",
                "Undone: Moved Baker at St. Mary to Rejected",
            ),
            ("Not done: Call Jane", "Done again: Call Jane"),
        ] {
            assert_eq!(super::undone(done), undone);
        }
    }
}
