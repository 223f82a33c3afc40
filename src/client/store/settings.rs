//! Changing settings.

use super::Store;
use crate::{
    client::engine::{Edit, Op},
    domain::{
        change::Change,
        error::Problem,
        fields::Patch as _,
        quiet_hours::night,
        row::OfEdit as _,
        settings::{Settings, SettingsPatch},
    },
};
use uuid::Uuid;

impl Store {
    /// Changes settings. Answers the mutation's key.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    pub fn save_settings(self, patch: SettingsPatch) -> Result<Uuid, Problem> {
        self.patch::<Settings>(self.owner().unwrap_or_default(), patch)
    }

    /// Nothing is to ring at night, with an undo. `told` is what is said of it.
    pub fn keep_nights_quiet(self, told: String) {
        let (start, end) = night();
        let patch = SettingsPatch {
            quiet_hours_start: Change::Set(Some(start)),
            quiet_hours_end: Change::Set(Some(end)),
            ..SettingsPatch::default()
        };
        if let Err(problem) = self.change_settings(patch, told) {
            self.toast("error", problem.sentence(), None);
        }
    }

    /// Changes settings, says `told`, and offers an undo.
    ///
    /// # Errors
    /// 400 naming what does not fit.
    pub fn change_settings(self, patch: SettingsPatch, told: String) -> Result<(), Problem> {
        let before = self.settings_untracked();
        let undo = before.map(|before| {
            let mut undo = patch.inverse(&before);
            // Of the rules that alone which is changed now: what is changed of others meanwhile stays.
            if let (Some(was), Some(is)) = (
                undo.reminder_defaults.value(),
                patch.reminder_defaults.value(),
            ) {
                undo.reminder_defaults = Change::Set(was.where_they_differ(is));
            }
            undo
        });
        let id = self.owner().unwrap_or_default();
        self.save_settings(patch)?;
        let undo = undo.map(|undo| (id, Settings::into_edit(Op::Patch(Box::new(undo)))));
        self.tell(told, id, undo.into_iter().collect());
        Ok(())
    }

    /// An edit that takes back what [`Store::change_settings`] did, over the settings as they are now.
    pub(super) fn over_settings_of_now(self, edit: Edit) -> Edit {
        let Edit::Settings(Op::Patch(mut patch)) = edit else {
            return edit;
        };
        if let (Some(undo), Some(now)) =
            (patch.reminder_defaults.value(), self.settings_untracked())
        {
            let rules = now.reminder_defaults.clone().overlaid(undo);
            patch.reminder_defaults = Change::Set(rules);
        }
        Edit::Settings(Op::Patch(patch))
    }
}
