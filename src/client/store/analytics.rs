//! The figures of the hunt, as this device knows it.

use super::Store;
use crate::client::known_total;
use crate::domain::{
    activity::Activity,
    analytics::{AnalyticsQuery, Hunt, Report, Subject},
    application::Application,
    stage::StageEvent,
    time::ZoneRules,
};
use leptos::prelude::*;
use std::sync::Arc;

impl Store {
    /// Whether all rows are here: figures that are made here are those of the server.
    pub fn has_all(self) -> bool {
        self.changed.track();
        self.has_all_untracked()
    }

    /// The same, without subscribing.
    fn has_all_untracked(self) -> bool {
        self.engine.with_value(|engine| {
            let meta = engine.meta();
            meta.complete && !meta.truncated
        })
    }

    /// Whether all that the server had to tell has come, moves and activities too, as far as this device keeps it.
    pub fn is_complete(self) -> bool {
        self.changed.track();
        self.engine.with_value(|engine| engine.meta().complete)
    }

    /// How many applications are not on this device, as far as the server has said how many there are.
    pub fn missing(self) -> Option<u64> {
        let all = known_total::of(self.owner()?)?;
        let here = self.rows::<Application>().len() as u64;
        Some(all.saturating_sub(here)).filter(|missing| *missing > 0)
    }

    /// Takes note of how many applications there are, as the server says.
    pub fn know_total(self, total: u64) {
        if let Some(user) = self.owner() {
            known_total::remember(user, total);
        }
    }

    /// Up to where this device has heard of the server: another place means that there is news.
    pub fn heard_up_to(self) -> Option<String> {
        self.changed.track();
        self.engine
            .with_value(|engine| engine.meta().cursor.clone())
    }

    /// What became of all applications; none where this device does not hold all of them. Whoever reads it is told
    /// of changes in rows, and of nothing else.
    pub fn hunt(self) -> Option<Arc<Hunt>> {
        let (rows, activities) = (self.rows::<Application>(), self.rows::<Activity>());
        // Of moves those that are on their way are the engine's: here it is told that any has changed.
        _ = self.rows::<StageEvent>();
        if !self.has_all_untracked() {
            return None;
        }
        let subjects = rows.values().map(|row| Subject::from(&**row));
        let moves = self.engine.with_value(|engine| engine.all_moves());
        let activities = activities.values().map(AsRef::<Activity>::as_ref);
        Some(Arc::new(Hunt::new(subjects, moves, activities)))
    }

    /// The report of these days, of what this device holds; none for days that are none.
    pub fn report_of(self, days: &AnalyticsQuery, zone: &dyn ZoneRules) -> Option<Report> {
        let (rows, activities) = (self.rows::<Application>(), self.rows::<Activity>());
        _ = self.rows::<StageEvent>();
        let moves = self.engine.with_value(|engine| engine.all_moves());
        let rows = rows.values().map(AsRef::<Application>::as_ref);
        let activities = activities.values().map(AsRef::<Activity>::as_ref);
        Report::of(rows, &moves, activities, days, self.now(), zone)
    }
}
