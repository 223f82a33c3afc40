//! The messages that show: which make room, which take others away, and when they go.

use super::{
    action::ToastAction,
    wording::{Question, answers},
};
use crate::client::engine::{Displaced, Edit};
use uuid::Uuid;

/// Messages that show at once.
const MOST: usize = 3;
/// Deeds that can be taken back one after the other, also when their messages are gone.
const DEEDS: usize = 20;

/// What was done, and what takes it back.
#[derive(Clone, Debug, PartialEq)]
struct Deed {
    /// The message that tells of it.
    toast: u64,
    text: String,
    undo: ToastAction,
    /// The message of another deed in which this one was done: it goes with that.
    within: Option<u64>,
    /// Earlier deeds to the same record, oldest first: they can be taken back once this one is.
    below: Vec<Deed>,
}

impl Deed {
    fn record(&self) -> Option<Uuid> {
        self.undo.record()
    }
}

/// Earlier deeds to a record of which one is being taken back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Earlier(Vec<Deed>);

/// A message that goes away by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Which one.
    pub id: u64,
    /// `info`, `error`, `conflict` or `reminder`.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
    /// What it offers.
    pub action: Option<ToastAction>,
    /// How often it began to show: each time anew it stays its full time.
    pub round: u32,
}

impl Toast {
    /// How long it stays: as long as its offer stands, or as reading takes.
    fn seconds(&self) -> u32 {
        match (self.kind, &self.action) {
            (_, Some(ToastAction::Retract { .. })) => 29,
            ("conflict", _) | (_, Some(ToastAction::UseZone(_))) => 30,
            ("error", _) => 12,
            // It stays until it is answered.
            ("reminder", _) => 24 * 3600,
            _ => 8,
        }
    }

    /// Whether it stands until it is answered, whatever else is told.
    fn asks(&self) -> bool {
        matches!(self.kind, "conflict" | "reminder")
            || matches!(self.action, Some(ToastAction::UseZone(_)))
    }

    /// Whether its offer is of no use after its time: a deletion goes to the server.
    fn ends_by_itself(&self) -> bool {
        matches!(self.action, Some(ToastAction::Retract { .. }))
    }

    /// What is to be done about it when its time is over.
    pub(super) fn timer(&self) -> Timer {
        Timer {
            toast: self.id,
            round: self.round,
            seconds: self.seconds(),
        }
    }
}

/// When a message goes by itself: [`Toasts::expire`] is to be called then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    pub(super) toast: u64,
    round: u32,
    /// From now on.
    pub seconds: u32,
}

/// A reminder that has fallen due, and waits for an answer.
#[derive(Clone, Debug, PartialEq)]
struct Ring {
    reminder: Uuid,
    text: String,
    /// Where it opens.
    address: String,
}

/// The messages that show. An offer is about a record, and a record has one offer: a newer deed takes
/// older ones away. What gave way is one question, however much it is, and so is what has fallen due.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toasts {
    shown: Vec<Toast>,
    asked: Vec<Question>,
    /// The latest last.
    rings: Vec<Ring>,
    /// What can be taken back, oldest first.
    deeds: Vec<Deed>,
    /// Deeds to a record that was edited since: that edit may be a deed of its own, which is to be told.
    covered: Vec<Deed>,
    next: u64,
}

impl Toasts {
    /// Those that show, oldest first.
    pub fn shown(&self) -> &[Toast] {
        &self.shown
    }

    /// One of them.
    pub fn get(&self, id: u64) -> Option<&Toast> {
        self.shown.iter().find(|toast| toast.id == id)
    }

    /// Shows a message, in the place of an older offer about the same record.
    pub fn push(
        &mut self,
        kind: &'static str,
        text: impl Into<String>,
        action: Option<ToastAction>,
    ) -> Timer {
        if let Some(record) = action.as_ref().and_then(ToastAction::record) {
            let shown = |toast: &Toast| {
                let offer = toast.action.as_ref().and_then(ToastAction::record);
                offer != Some(record)
            };
            self.shown.retain(shown);
        }
        // What is said again is said once.
        let text = text.into();
        self.shown
            .retain(|toast| toast.action.is_some() || toast.kind != kind || toast.text != text);
        if action == Some(ToastAction::SignIn) {
            self.withdraw_sign_in();
        }
        self.next += 1;
        let toast = Toast {
            id: self.next,
            kind,
            text,
            action,
            round: 0,
        };
        let timer = toast.timer();
        if let Some(undo) = toast.action.clone().filter(ToastAction::takes_back) {
            self.add_deed(toast.id, toast.text.clone(), undo);
        }
        self.shown.push(toast);
        // The oldest make room; a question does not.
        while self.shown.len() > MOST {
            let Some(oldest) = self.shown.iter().position(|toast| !toast.asks()) else {
                break;
            };
            self.shown.remove(oldest);
        }
        timer
    }

    /// A deed that needs no message of its own: it can be taken back by the key, and with the deed of the
    /// message `within` which it was done.
    pub fn note(&mut self, text: String, undo: ToastAction, within: Option<u64>) {
        self.next += 1;
        self.add_deed(self.next, text, undo);
        if let Some(deed) = self.deeds.last_mut() {
            deed.within = within;
        }
    }

    /// What was done within a message, newest first: it is to be taken back with that.
    pub fn take_within(&mut self, id: u64) -> Vec<ToastAction> {
        let within = self.deeds.extract_if(.., |deed| deed.within == Some(id));
        let mut actions: Vec<ToastAction> = within.map(|deed| deed.undo).collect();
        actions.reverse();
        actions
    }

    fn add_deed(&mut self, toast: u64, text: String, undo: ToastAction) {
        let record = undo.record();
        let mut below = Vec::new();
        for mut deed in self.covered.extract_if(.., |deed| deed.record() == record) {
            below.append(&mut deed.below);
            below.push(deed);
        }
        below.drain(..below.len().saturating_sub(DEEDS));
        self.deeds.push(Deed {
            toast,
            text,
            undo,
            within: None,
            below,
        });
        let too_many = self.deeds.len().saturating_sub(DEEDS);
        self.deeds.drain(..too_many);
    }

    /// Somebody looks at a message, or is in it: it stays until [`Toasts::linger`]. One whose offer ends by
    /// itself goes with that all the same.
    pub fn hold(&mut self, id: u64) {
        let held = self.shown.iter_mut().find(|toast| toast.id == id);
        if let Some(toast) = held.filter(|toast| !toast.ends_by_itself()) {
            toast.round += 1;
        }
    }

    /// A message is used: it stays its full time from now on. Answers when it goes.
    pub fn linger(&mut self, id: u64) -> Option<Timer> {
        let toast = self.shown.iter_mut().find(|toast| toast.id == id);
        let toast = toast.filter(|toast| !toast.ends_by_itself())?;
        toast.round += 1;
        Some(toast.timer())
    }

    /// Asks about an edit that gave way. While one question stands another one joins it.
    pub fn ask(&mut self, question: Question) -> Timer {
        self.asked.retain(|asked| asked.id != question.id);
        self.asked.push(question);
        self.restate()
    }

    /// Only these edits still lie aside: of the others nothing is asked any more. Answers when the
    /// question goes, where it is another one now.
    pub fn still_aside(&mut self, aside: &[Displaced]) -> Option<Timer> {
        let before = self.asked.len();
        let lies_aside = |question: &Question| aside.iter().any(|item| item.id == question.id);
        self.asked.retain(lies_aside);
        if self.asked.len() == before {
            return None;
        }
        if self.asked.is_empty() {
            self.shown.retain(|toast| toast.kind != "conflict");
            return None;
        }
        Some(self.restate())
    }

    /// The question as it is now: about one edit, or how many they are.
    fn restate(&mut self) -> Timer {
        let (text, action) = match self.asked.as_slice() {
            [question] => {
                let (id, (label, keep)) = (question.id, answers(question.reason, question.verb));
                let text = question.text.clone();
                (text, ToastAction::Reapply { id, label, keep })
            }
            many => (
                format!("{} changes need a decision", many.len()),
                ToastAction::Review,
            ),
        };
        let standing = self.shown.iter_mut().find(|toast| toast.kind == "conflict");
        if let Some(toast) = standing {
            if toast.action.as_ref() == Some(&action) {
                toast.text = text;
                toast.round += 1;
                return toast.timer();
            }
            let id = toast.id;
            self.shown.retain(|toast| toast.id != id);
        }
        self.push("conflict", text, Some(action))
    }

    /// A reminder has fallen due: it is asked about until it is answered. More than one are told as one
    /// message.
    pub fn ring(&mut self, reminder: Uuid, text: String, address: String) {
        self.rings.retain(|ring| ring.reminder != reminder);
        self.rings.push(Ring {
            reminder,
            text,
            address,
        });
        self.ring_anew();
    }

    fn ring_anew(&mut self) {
        let (text, action) = match self.rings.as_slice() {
            [] => {
                self.shown.retain(|toast| toast.kind != "reminder");
                return;
            }
            [ring] => {
                let (reminder, address) = (ring.reminder, ring.address.clone());
                let action = ToastAction::Answer { reminder, address };
                (ring.text.clone(), action)
            }
            many => (
                format!("{} reminders are due", many.len()),
                ToastAction::ShowReminders,
            ),
        };
        let mut standing = self
            .shown
            .iter_mut()
            .filter(|toast| toast.kind == "reminder");
        match standing.find(|toast| toast.action.as_ref() == Some(&action)) {
            Some(toast) => toast.text = text,
            None => {
                self.shown.retain(|toast| toast.kind != "reminder");
                _ = self.push("reminder", text, Some(action));
            }
        }
    }

    /// How many edits that gave way are asked about.
    pub fn questions(&self) -> usize {
        self.asked.len()
    }

    /// Takes a message away.
    pub fn dismiss(&mut self, id: u64) {
        match self.get(id).map(|toast| toast.kind) {
            Some("conflict") => self.asked.clear(),
            Some("reminder") => self.rings.clear(),
            _ => {}
        }
        self.shown.retain(|toast| toast.id != id);
    }

    /// Takes a message away that is not true any more, by what it says.
    pub fn unsay(&mut self, text: &str) {
        self.shown.retain(|toast| toast.text != text);
    }

    /// Takes a message away whose time is over, unless it began to show anew.
    pub fn expire(&mut self, timer: Timer) {
        let over = self.get(timer.toast);
        if over.is_some_and(|toast| toast.round == timer.round) {
            self.dismiss(timer.toast);
        }
    }

    /// Takes a message away because what it offers is done: once. Answers the earlier deeds that can be
    /// taken back after that, if it was one.
    pub fn take(&mut self, id: u64) -> Option<(Option<ToastAction>, Earlier)> {
        let action = self.get(id)?.action.clone();
        self.dismiss(id);
        let at = self.deeds.iter().position(|deed| deed.toast == id);
        let below = at.map(|at| self.deeds.remove(at).below);
        Some((action, Earlier(below.unwrap_or_default())))
    }

    /// The newest deed that can be taken back, and what takes it back: once. What told of it goes.
    pub fn take_back(&mut self) -> Option<(String, ToastAction, Earlier)> {
        let deed = self.deeds.pop()?;
        self.dismiss(deed.toast);
        Some((deed.text, deed.undo, Earlier(deed.below)))
    }

    /// A deed was taken back: the one before it can be, too.
    pub fn taken_back(&mut self, Earlier(mut below): Earlier) {
        if let Some(mut last) = below.pop() {
            last.below = below;
            // In its turn: what was done to other records since comes first.
            let at = self.deeds.partition_point(|deed| deed.toast < last.toast);
            self.deeds.insert(at, last);
        }
    }

    /// A record is edited: offers about it that are over by that go.
    pub fn edited(&mut self, record: Uuid, edit: &Edit) {
        let is_over =
            |offer: &ToastAction| offer.record() == Some(record) && offer.is_outdated_by(edit);
        // The edit that covered them was no deed.
        self.covered.retain(|deed| deed.record() != Some(record));
        let over = self.deeds.extract_if(.., |deed| is_over(&deed.undo));
        self.covered.extend(over);
        self.withdraw(is_over);
    }

    /// An edit of a record gave way: what could be taken back of it is not there any more.
    pub fn gave_way(&mut self, record: Uuid) {
        self.forget(record);
        self.withdraw(|offer| offer.record() == Some(record) && offer.takes_back());
    }

    /// An edit of a record was refused: that is said in the place of what was offered about it.
    pub fn refused(&mut self, record: Uuid) {
        self.forget(record);
        self.withdraw(|offer| offer.record() == Some(record));
    }

    /// A deletion was taken back: that is not offered any more.
    pub fn retracted(&mut self, deletion: Uuid) {
        self.withdraw(
            |offer| matches!(offer, ToastAction::Retract { key, .. } if *key == deletion),
        );
    }

    /// A reminder was answered, here or elsewhere: it is not asked any more. Says whether it was.
    pub fn answered(&mut self, id: Uuid) -> bool {
        let before = self.rings.len();
        self.rings.retain(|ring| ring.reminder != id);
        let was_asked = self.rings.len() != before;
        if was_asked {
            self.ring_anew();
        }
        was_asked
    }

    /// The session is back: nobody is asked to sign in any more.
    pub fn withdraw_sign_in(&mut self) {
        self.withdraw(|offer| *offer == ToastAction::SignIn);
    }

    fn withdraw(&mut self, is_over: impl Fn(&ToastAction) -> bool) {
        self.shown
            .retain(|toast| !toast.action.as_ref().is_some_and(&is_over));
        self.deeds.retain(|deed| !is_over(&deed.undo));
    }

    /// What could be taken back of a record is not there any more, however long ago it was done.
    fn forget(&mut self, record: Uuid) {
        self.covered.retain(|deed| deed.record() != Some(record));
    }
}
