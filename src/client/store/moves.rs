//! What people do with the moves of an application: correct when one happened, strike it out, restore it,
//! take the newest back.

use super::Store;
use crate::domain::{
    application::{Application, ApplicationPatch},
    change::Change,
    edit::Op,
    error::Problem,
    fields::Patch as _,
    row::OfEdit as _,
    stage::{StageEvent, StageEventPatch},
    time::{Timestamp, ZoneRules as _},
    when::day_label,
};
use leptos::prelude::*;
use uuid::Uuid;

impl Store {
    /// One move of an application, with what is on its way, without subscribing.
    pub fn move_untracked(self, application: Uuid, event: Uuid) -> Option<StageEvent> {
        let mut moves = self
            .engine
            .with_value(|engine| engine.history(application))
            .into_iter();
        moves.find(|it| it.id == event)
    }

    /// Whether taking this move back is undoing it: it is the one by which the application stands where it
    /// does.
    pub fn is_newest_move(self, event: &StageEvent) -> bool {
        let moves = self
            .engine
            .with_value(|engine| engine.history(event.application_id));
        let mut standing = moves.iter().rev().filter(|it| it.voided_at.is_none());
        standing.next().is_some_and(|it| it.id == event.id)
    }

    /// A move happened then, with an undo.
    ///
    /// # Errors
    /// 400 where it cannot have.
    pub fn correct_move(self, event: &StageEvent, at: Timestamp) -> Result<(), Problem> {
        let order = self.habits.get_untracked().order;
        let day = self
            .zone
            .with_untracked(|zone| day_label(zone.day(at), zone.day(self.clock()), order));
        let said = format!("{} on {day}", event.to_status.label());
        self.change_move(event, StageEventPatch::at(event, at), said)
    }

    /// A move did not happen, or did after all, with an undo.
    ///
    /// # Errors
    /// 400 where the status would be another one.
    pub fn strike_out(self, event: &StageEvent, voided: bool) -> Result<(), Problem> {
        let verb = if voided { "Struck out" } else { "Restored" };
        let said = format!("{verb}: {}", event.to_status.label());
        self.change_move(event, StageEventPatch::voiding(event, voided), said)
    }

    fn change_move(
        self,
        event: &StageEvent,
        patch: StageEventPatch,
        said: String,
    ) -> Result<(), Problem> {
        let undo = patch.inverse(event);
        self.patch::<StageEvent>(event.id, patch)?;
        let of = self.row_untracked::<Application>(event.application_id);
        let of = of.map(|of| format!(", {}", of.name())).unwrap_or_default();
        let undo = StageEvent::into_edit(Op::Patch(Box::new(undo)));
        self.tell(format!("{said}{of}"), event.id, vec![(event.id, undo)]);
        Ok(())
    }

    /// Takes back the newest move, as if it had never been made; what makes it again is offered.
    pub fn undo_move(self, event: &StageEvent) {
        let id = event.application_id;
        let Some(from) = event.from_status else {
            return;
        };
        let patch = self
            .engine
            .with_value(|engine| engine.undo_of_event(id, event.id, from));
        let again = ApplicationPatch {
            status: Change::Set(event.to_status),
            status_occurred_at: Some(event.occurred_at),
            ..ApplicationPatch::default()
        };
        self.report_or(self.patch::<Application>(id, patch), || {
            let of = self.row_untracked::<Application>(id);
            let of = of.map(|of| format!(", {}", of.name())).unwrap_or_default();
            let again = Application::into_edit(Op::Patch(Box::new(again)));
            let text = format!("Took back: {}{of}", event.to_status.label());
            self.tell(text, id, vec![(id, again)]);
        });
    }
}
