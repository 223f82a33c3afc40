//! What is told: messages that go away by themselves, and what they offer.

use super::{
    dom,
    engine::{Displaced, Edit, Entry, Notice, Op, Reason, Trouble, Unstored, Verb},
    labels::{field_label, row_name, value_label},
    store::{Gate, Store},
};
use crate::domain::{
    application::{Application, ApplicationPatch},
    row::OfKind,
    stage::Status,
    sync::Entity,
    time::{Timestamp, ZoneRules},
};
use leptos::prelude::*;
use serde_json::Value;
use uuid::Uuid;

/// Messages that show at once.
const MOST: usize = 3;

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
        /// The button that makes it again.
        label: &'static str,
        /// The button that drops it.
        keep: &'static str,
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

    /// The words of the button that declines, where that is an answer of its own.
    pub fn keep_label(&self) -> Option<&'static str> {
        match self {
            Self::Reapply { keep, .. } => Some(*keep),
            _ => None,
        }
    }

    /// Whether it takes back what was done to its record.
    fn takes_back(&self) -> bool {
        matches!(
            self,
            Self::UndoMove { .. } | Self::Apply { .. } | Self::Retract { .. }
        )
    }

    /// The record that the offer is about; none where it stands for itself.
    fn record(&self) -> Option<Uuid> {
        match self {
            Self::UndoMove { record, .. }
            | Self::Apply { record, .. }
            | Self::Retract { record, .. }
            | Self::Open(record) => Some(*record),
            Self::Reapply { .. } | Self::Review | Self::SignIn | Self::Reload => None,
        }
    }

    /// Whether what is offered is no longer what it was once its record is edited so: taken back, it
    /// would take back the newer edit too, or the server would refuse it.
    fn is_outdated_by(&self, edit: &Edit) -> bool {
        if edit.verb() != Verb::Patch {
            return true;
        }
        let sets = match self {
            Self::UndoMove { .. } => vec!["status".to_owned()],
            Self::Apply { patch, .. } => names(&Edit::Application(Op::Patch(patch.clone()))),
            _ => Vec::new(),
        };
        names(edit).iter().any(|name| sets.contains(name))
    }
}

/// The fields that an edit sets.
fn names(edit: &Edit) -> Vec<String> {
    edit.fields().into_iter().map(|(name, _)| name).collect()
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
    /// How often it began to show: each time anew it stays its full time.
    pub round: u32,
}

impl Toast {
    /// How long it stays: as long as its offer stands, or as reading takes.
    fn seconds(&self) -> u32 {
        match (self.kind, &self.action) {
            (_, Some(ToastAction::Retract { .. })) => 29,
            ("conflict", _) => 30,
            ("error", _) => 12,
            _ => 8,
        }
    }

    /// What is to be done about it when its time is over.
    fn timer(&self) -> Timer {
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
    toast: u64,
    round: u32,
    /// From now on.
    pub seconds: u32,
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
        Some(Entity::Application(row)) => Some(format!("{}, {}", row.role_title, row.company)),
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
    fn about(item: &Displaced, row: &Value, now: Timestamp, zone: &impl ZoneRules) -> Self {
        let (name, verb) = (name_of(item, row), item.edit.verb());
        let text = match (item.reason, verb) {
            (Reason::Conflict, Verb::Delete) => {
                format!("“{name}” was changed on another device meanwhile. Delete it anyway?")
            }
            (Reason::Conflict, _) => {
                about_one_field(item, &name, row, now, zone).unwrap_or_else(|| {
                    let mine = words(&item.edit);
                    format!(
                        "“{name}” was changed on another device first. Use your {mine} instead?"
                    )
                })
            }
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
            "“{name}” was changed on another device meanwhile. {wish} it anyway?"
        ));
    }
    let short = |value: &Value| {
        let label = value_label(field, value, now, zone);
        let is_plain = !matches!(value, Value::Array(_) | Value::Object(_));
        (is_plain && field != "notes" && label.chars().count() <= SHORT).then_some(label)
    };
    let (wish, stands) = (short(mine)?, short(theirs)?);
    if field == "status" {
        return Some(if differs_only_in(item, row, field) {
            format!("“{name}” is in {stands} now, moved on another device. Move it to {wish}?")
        } else {
            format!(
                "“{name}” was changed on another device first, and is in {stands}. Move it to {wish}?"
            )
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
        "“{name}” was changed on another device first: {field} is {stands} there. {wish} instead?"
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

/// The messages that show. An offer is about a record, and a record has one offer: a newer deed takes
/// older ones away. What gave way is one question, however much it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toasts {
    shown: Vec<Toast>,
    asked: Vec<Question>,
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
            self.withdraw(|offer| offer.record() == Some(record));
        }
        if action == Some(ToastAction::SignIn) {
            self.withdraw_sign_in();
        }
        self.next += 1;
        let toast = Toast {
            id: self.next,
            kind,
            text: text.into(),
            action,
            round: 0,
        };
        let timer = toast.timer();
        self.shown.push(toast);
        // The oldest make room; a question that holds somebody's edit does not.
        while self.shown.len() > MOST {
            let Some(oldest) = self.shown.iter().position(|toast| toast.kind != "conflict") else {
                break;
            };
            self.shown.remove(oldest);
        }
        timer
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

    /// Takes a message away.
    pub fn dismiss(&mut self, id: u64) {
        if self.get(id).is_some_and(|toast| toast.kind == "conflict") {
            self.asked.clear();
        }
        self.shown.retain(|toast| toast.id != id);
    }

    /// Takes a message away whose time is over, unless it began to show anew.
    pub fn expire(&mut self, timer: Timer) {
        let over = self.get(timer.toast);
        if over.is_some_and(|toast| toast.round == timer.round) {
            self.dismiss(timer.toast);
        }
    }

    /// Takes a message away because what it offers is done: once.
    pub fn take(&mut self, id: u64) -> Option<ToastAction> {
        let action = self.get(id)?.action.clone();
        self.dismiss(id);
        action
    }

    /// A record is edited: offers about it that are over by that go.
    pub fn edited(&mut self, record: Uuid, edit: &Edit) {
        self.withdraw(|offer| offer.record() == Some(record) && offer.is_outdated_by(edit));
    }

    /// An edit of a record gave way: what could be taken back of it is not there any more.
    pub fn gave_way(&mut self, record: Uuid) {
        self.withdraw(|offer| offer.record() == Some(record) && offer.takes_back());
    }

    /// An edit of a record was refused: that is said in the place of what was offered about it.
    pub fn refused(&mut self, record: Uuid) {
        self.withdraw(|offer| offer.record() == Some(record));
    }

    /// A deletion was taken back: that is not offered any more.
    pub fn retracted(&mut self, deletion: Uuid) {
        self.withdraw(
            |offer| matches!(offer, ToastAction::Retract { key, .. } if *key == deletion),
        );
    }

    /// The session is back: nobody is asked to sign in any more.
    pub fn withdraw_sign_in(&mut self) {
        self.withdraw(|offer| *offer == ToastAction::SignIn);
    }

    fn withdraw(&mut self, is_over: impl Fn(&ToastAction) -> bool) {
        self.shown
            .retain(|toast| !toast.action.as_ref().is_some_and(&is_over));
    }
}

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

    /// How long it is until then.
    pub fn time_until(self, at: Timestamp) -> chrono::Duration {
        at - self.clock()
    }

    /// Shows a message.
    pub fn toast(self, kind: &'static str, text: impl Into<String>, action: Option<ToastAction>) {
        let mut timer = None;
        self.toasts
            .update(|toasts| timer = Some(toasts.push(kind, text, action)));
        self.run_out(timer);
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u64) {
        self.toasts.update(|toasts| toasts.dismiss(id));
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
    fn withdraw_offers(self, withdraw: impl FnOnce(&mut Toasts)) {
        self.toasts.maybe_update(|toasts| {
            let before = toasts.shown().len();
            withdraw(toasts);
            toasts.shown().len() != before
        });
    }

    /// Takes a deletion back that was not sent yet.
    pub fn retract(self, key: Uuid) {
        let now = self.clock();
        let mut effects = None;
        self.engine
            .update_value(|engine| effects = engine.retract(key, now));
        self.withdraw_offers(|toasts| toasts.retracted(key));
        match effects {
            Some(effects) => {
                self.refresh();
                self.run(effects);
            }
            None => self.toast("error", "Too late: it is deleted already.", None),
        }
    }

    /// The application that an edit deletes, as it was before; nothing where it deletes none.
    pub fn row_before(self, entry: &Entry) -> Option<Application> {
        if !matches!(entry.edit, Edit::Application(Op::Delete)) {
            return None;
        }
        self.engine.with_value(|engine| {
            let known = engine.base().table::<Application>().get(entry.record);
            let last = || {
                let last = entry.last_known.as_deref().cloned();
                last.and_then(Application::from_entity)
            };
            // Made here, and not at the server yet.
            let made = || {
                let mut edits = engine.outbox().of_record(entry.record);
                edits.find_map(|earlier| match &earlier.edit {
                    Edit::Application(Op::Create(create)) => {
                        let made = earlier.made();
                        let create = (**create).clone();
                        create.build(entry.record, made.on, made.at).ok()
                    }
                    _ => None,
                })
            };
            known
                .map(|row| Application::clone(row))
                .or_else(last)
                .or_else(made)
        })
    }

    /// What lies aside has changed: nothing is asked about what does not.
    pub(super) fn settle_questions(self, aside: &[Displaced]) {
        let mut timer = None;
        self.toasts.maybe_update(|toasts| {
            let before = toasts.asked.len();
            timer = toasts.still_aside(aside);
            toasts.asked.len() != before
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
        let mut taken = None;
        self.toasts.update(|toasts| taken = toasts.take(id));
        match taken? {
            ToastAction::UndoMove { record, key, from } => {
                let patch = self
                    .engine
                    .with_value(|engine| engine.undo_of_move(record, key, from));
                self.report(self.patch(record, patch));
            }
            ToastAction::Apply { record, patch, .. } => self.report(self.patch(record, *patch)),
            ToastAction::Retract { key, .. } => self.retract(key),
            ToastAction::Reapply { id, .. } => self.reapply(id),
            other => return Some(other),
        }
        None
    }

    /// Declines what a toast offers, where that is an answer of its own.
    pub fn decline(self, id: u64) {
        let mut taken = None;
        self.toasts.update(|toasts| taken = toasts.take(id));
        if let Some(ToastAction::Reapply { id, .. }) = taken {
            self.drop_displaced(id);
        }
    }

    pub(super) fn notify(self, notice: Notice) {
        match notice {
            Notice::Displaced(item) => {
                let mut timer = None;
                let row = untrack(|| self.fields_of(&item.edit, item.record));
                let now = self.clock();
                let question = self
                    .zone()
                    .with_untracked(|zone| Question::about(&item, &row, now, zone));
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
                let name = name.unwrap_or(title);
                self.toast(
                    "error",
                    format!("“{name}” could not be saved. {}", problem.sentence()),
                    Some(ToastAction::Review),
                );
            }
            Notice::UndoRefused { title, .. } => self.toast(
                "error",
                format!("“{title}” was moved again since, so that move cannot be undone."),
                None,
            ),
            Notice::SignedOut => self.toast(
                "error",
                "Your session has ended. Nothing is lost: sign in again, and what waits is sent.",
                Some(ToastAction::SignIn),
            ),
            Notice::Foreign => {
                // What is being typed waits for its user with the rest.
                dom::save_typed();
                self.gate.set(Gate::OtherAccount);
            }
            Notice::Unreadable(count) => self.toast(
                "error",
                format!(
                    "Unsent changes on this device were damaged and cannot be read ({count}). What the server has is unharmed."
                ),
                None,
            ),
            // The page says so at its head, or the sync panel where nothing is in danger, for as long as
            // it is so, and what to do.
            Notice::StoreLost(Unstored::Newer)
            | Notice::Unstorable(Trouble::Full)
            | Notice::RowsUnstorable => {}
            Notice::StoreLost(_) => self.toast(
                "error",
                "This page can no longer store anything on this device. Leave it open until everything is saved, then reload it.",
                Some(ToastAction::Reload),
            ),
            Notice::Skipped => self.toast(
                "error",
                "Some of your data was written by a newer version of the app. Reload to see all of it.",
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
            Notice::Unstorable(Trouble::Broken) => self.toast(
                "error",
                "This browser does not store your changes. They are kept in this page until they reach the server: leave it open.",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{application::tests::sample, change::Change};
    use chrono::DateTime;
    use serde_json::json;

    fn record(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn undo_move(n: u128) -> Option<ToastAction> {
        Some(ToastAction::UndoMove {
            record: record(n),
            key: Uuid::from_u128(100 + n),
            from: Status::Applied,
        })
    }

    fn undo_archive(n: u128) -> Option<ToastAction> {
        let patch = ApplicationPatch {
            archived_at: Change::Set(None),
            ..ApplicationPatch::default()
        };
        Some(ToastAction::Apply {
            record: record(n),
            patch: Box::new(patch),
            label: "Undo",
        })
    }

    fn change(fields: serde_json::Value) -> Edit {
        Edit::Application(Op::Patch(serde_json::from_value(fields).unwrap()))
    }

    fn texts(toasts: &Toasts) -> Vec<&str> {
        let shown = toasts.shown().iter();
        shown.map(|toast| toast.text.as_str()).collect()
    }

    fn question(n: u128) -> Question {
        Question {
            id: record(n),
            text: format!("Undo {n}?"),
            reason: Reason::Conflict,
            verb: Verb::Patch,
        }
    }

    fn displaced(n: u128) -> Displaced {
        Displaced {
            id: record(n),
            keys: vec![record(n)],
            at: DateTime::UNIX_EPOCH,
            record: record(n),
            title: "Engineer".into(),
            reason: Reason::Conflict,
            edit: change(serde_json::json!({ "notes": "mine" })),
            mine: None,
        }
    }

    #[test]
    fn a_record_has_one_offer_the_newest() {
        let mut toasts = Toasts::default();
        toasts.push("info", "Added", Some(ToastAction::Open(record(1))));
        toasts.push("info", "Other", undo_move(2));
        toasts.push("info", "Moved", undo_move(1));
        assert_eq!(texts(&toasts), ["Other", "Moved"]);
        toasts.push("info", "Moved again", undo_move(1));
        assert_eq!(texts(&toasts), ["Other", "Moved again"]);
        toasts.push("info", "Archived", undo_archive(1));
        assert_eq!(texts(&toasts), ["Other", "Archived"]);
        toasts.push("info", "Saved", None);
        assert_eq!(texts(&toasts), ["Other", "Archived", "Saved"]);
    }

    #[test]
    fn an_offer_goes_with_an_edit_of_what_it_sets_back() {
        let moved = change(serde_json::json!({ "status": "Offer" }));
        let noted = change(serde_json::json!({ "notes": "x" }));
        let archived = change(serde_json::json!({ "archived_at": null }));
        let deleted = Edit::Application(Op::Delete);
        for (offer, edit, stays) in [
            (undo_move(1), &noted, true),
            (undo_move(1), &moved, false),
            (undo_move(1), &archived, true),
            (undo_move(1), &deleted, false),
            (undo_archive(1), &moved, true),
            (undo_archive(1), &archived, false),
            (Some(ToastAction::Open(record(1))), &moved, true),
            (Some(ToastAction::Open(record(1))), &deleted, false),
        ] {
            let mut toasts = Toasts::default();
            toasts.push("info", "Offer", offer.clone());
            toasts.edited(record(2), edit);
            assert_eq!(toasts.shown().len(), 1, "another record: {offer:?}");
            toasts.edited(record(1), edit);
            assert_eq!(
                toasts.shown().len(),
                usize::from(stays),
                "{offer:?} {edit:?}"
            );
        }
    }

    #[test]
    fn what_is_offered_is_done_once() {
        let mut toasts = Toasts::default();
        let id = toasts.push("info", "Moved", undo_move(1)).toast;
        assert_eq!(toasts.take(id), undo_move(1));
        assert_eq!(toasts.take(id), None);
        assert!(toasts.shown().is_empty());
    }

    #[test]
    fn the_oldest_make_room_and_a_question_does_not() {
        let mut toasts = Toasts::default();
        toasts.ask(question(1));
        for text in ["one", "two", "three"] {
            toasts.push("info", text, None);
        }
        assert_eq!(texts(&toasts), ["Undo 1?", "two", "three"]);
    }

    #[test]
    fn three_hundred_questions_are_one_that_counts_them() {
        let mut toasts = Toasts::default();
        let first = toasts.ask(question(1));
        assert_eq!(texts(&toasts), ["Undo 1?"]);
        let second = toasts.ask(question(2));
        assert_ne!(first.toast, second.toast, "it offers something else");
        for n in 3..=300 {
            let timer = toasts.ask(question(n));
            assert_eq!(timer.toast, second.toast, "it stays where it is");
        }
        assert_eq!(texts(&toasts), ["300 changes need a decision"]);
        assert_eq!(toasts.shown()[0].action, Some(ToastAction::Review));
        // It stays its full time after the last one.
        toasts.expire(second);
        assert_eq!(toasts.shown().len(), 1);
        let last = toasts.shown()[0].timer();
        toasts.expire(last);
        assert!(toasts.shown().is_empty());
        // The next one is asked by itself.
        toasts.ask(question(301));
        assert_eq!(texts(&toasts), ["Undo 301?"]);
    }

    #[test]
    fn what_was_decided_elsewhere_is_not_asked() {
        let mut toasts = Toasts::default();
        for n in 1..=3 {
            toasts.ask(question(n));
        }
        assert_eq!(toasts.still_aside(&[1, 2, 3].map(displaced)), None);
        assert!(toasts.still_aside(&[1, 2].map(displaced)).is_some());
        assert_eq!(texts(&toasts), ["2 changes need a decision"]);
        assert!(toasts.still_aside(&[2].map(displaced)).is_some());
        assert_eq!(texts(&toasts), ["Undo 2?"]);
        assert_eq!(toasts.still_aside(&[]), None);
        assert!(toasts.shown().is_empty());
    }

    #[test]
    fn what_gave_way_is_not_offered_to_be_taken_back() {
        let retract = Some(ToastAction::Retract {
            key: Uuid::from_u128(9),
            record: record(1),
        });
        for (offer, stays) in [
            (undo_move(1), false),
            (undo_archive(1), false),
            (retract, false),
            (Some(ToastAction::Open(record(1))), true),
            (undo_move(2), true),
        ] {
            let mut toasts = Toasts::default();
            toasts.push("info", "Offer", offer.clone());
            toasts.gave_way(record(1));
            assert_eq!(toasts.shown().len(), usize::from(stays), "{offer:?}");
        }
    }

    #[test]
    fn a_deletion_that_was_taken_back_is_not_offered_to_be() {
        let mut toasts = Toasts::default();
        let key = Uuid::from_u128(9);
        let record = record(1);
        toasts.push("info", "Moved", undo_move(2));
        toasts.push(
            "info",
            "Deleted",
            Some(ToastAction::Retract { key, record }),
        );
        toasts.retracted(Uuid::from_u128(8));
        assert_eq!(texts(&toasts), ["Moved", "Deleted"]);
        toasts.retracted(key);
        assert_eq!(texts(&toasts), ["Moved"]);
    }

    #[test]
    fn one_message_asks_to_sign_in_until_the_session_is_back() {
        let mut toasts = Toasts::default();
        toasts.push("error", "Your session", Some(ToastAction::SignIn));
        toasts.push("info", "Moved", undo_move(1));
        toasts.push("error", "Your session", Some(ToastAction::SignIn));
        assert_eq!(texts(&toasts), ["Moved", "Your session"]);
        toasts.withdraw_sign_in();
        assert_eq!(texts(&toasts), ["Moved"]);
    }

    #[test]
    fn a_refusal_stands_in_the_place_of_what_was_offered() {
        let mut toasts = Toasts::default();
        toasts.push("info", "Moved", undo_move(1));
        toasts.push("info", "Other", undo_move(2));
        toasts.refused(record(1));
        assert_eq!(texts(&toasts), ["Other"]);
    }

    /// What is asked about an edit of Engineer at Acme that gave way, where other devices have set
    /// these fields.
    fn asked(reason: Reason, edit: Edit, elsewhere: &serde_json::Value) -> String {
        let mut row = sample(1);
        row.role_title = "Engineer".parse().unwrap();
        row.company = "Acme".parse().unwrap();
        let patched = |fields: &serde_json::Value| {
            let patch: ApplicationPatch = serde_json::from_value(fields.clone()).unwrap();
            row.patched(&patch, DateTime::UNIX_EPOCH).unwrap()
        };
        let mine = match &edit {
            Edit::Application(Op::Patch(patch)) => {
                let mine = row.patched(patch, DateTime::UNIX_EPOCH).unwrap();
                Some(mine.into_entity())
            }
            _ => None,
        };
        let now = match reason {
            Reason::Conflict => serde_json::to_value(patched(elsewhere)).unwrap(),
            Reason::Deleted => serde_json::Value::Null,
        };
        let item = Displaced {
            reason,
            edit,
            mine,
            ..displaced(1)
        };
        Question::about(&item, &now, DateTime::UNIX_EPOCH, &chrono_tz::UTC).text
    }

    #[test]
    fn a_question_says_what_stands_now_and_what_is_wanted() {
        let offer = json!({ "status": "Offer" });
        let noted = json!({ "notes": "mine" });
        for (mine, elsewhere, text) in [
            (
                &offer,
                json!({ "status": "Recruiter_Call" }),
                "“Engineer, Acme” is in Recruiter call now, moved on another device. Move it to Offer?",
            ),
            (
                &offer,
                json!({ "notes": "theirs" }),
                "“Engineer, Acme” was changed on another device first, and is in Applied. Move it to Offer?",
            ),
            (
                &json!({ "priority": "High" }),
                json!({ "priority": "Low" }),
                "“Engineer, Acme” was changed on another device first: priority is “Low” there. Use “High” instead?",
            ),
            (
                &json!({ "next_action": null }),
                json!({ "next_action": "Call Ann" }),
                "“Engineer, Acme” was changed on another device first: next action is “Call Ann” there. Empty it instead?",
            ),
            (
                &json!({ "next_action": "Call Ann" }),
                json!({ "next_action": null, "notes": "theirs" }),
                "“Engineer, Acme” was changed on another device first: next action is empty there. Use “Call Ann” instead?",
            ),
            (
                &json!({ "archived_at": "2026-01-01T00:00:00Z" }),
                json!({ "notes": "theirs" }),
                "“Engineer, Acme” was changed on another device meanwhile. Archive it anyway?",
            ),
            (
                &noted,
                json!({ "notes": "theirs" }),
                "“Engineer, Acme” was changed on another device first. Use your notes instead?",
            ),
            (
                &json!({ "status": "Offer", "notes": "mine" }),
                json!({ "notes": "theirs" }),
                "“Engineer, Acme” was changed on another device first. Use your notes and status instead?",
            ),
        ] {
            assert_eq!(
                asked(Reason::Conflict, change(mine.clone()), &elsewhere),
                text
            );
        }
        assert_eq!(
            asked(
                Reason::Conflict,
                Edit::Application(Op::Delete),
                &json!({ "notes": "theirs" })
            ),
            "“Engineer, Acme” was changed on another device meanwhile. Delete it anyway?"
        );
        assert_eq!(
            asked(Reason::Deleted, change(noted), &json!({})),
            "“Engineer, Acme” was deleted elsewhere while you changed it here. Make it again?"
        );
    }

    #[test]
    fn a_record_that_is_not_known_has_the_name_that_was_kept() {
        assert_eq!(name_of(&displaced(1), &serde_json::Value::Null), "Engineer");
    }

    #[test]
    fn a_question_fits_its_answers() {
        let mut toasts = Toasts::default();
        toasts.ask(question(1));
        let action = toasts.shown()[0].action.clone().unwrap();
        assert_eq!(action.label(), "Use mine");
        assert_eq!(action.keep_label(), Some("Keep theirs"));
        assert_eq!(ToastAction::Review.keep_label(), None);
        let deletion = answers(Reason::Conflict, Verb::Delete);
        assert_eq!(deletion, ("Delete it", "Keep it"));
    }
}
