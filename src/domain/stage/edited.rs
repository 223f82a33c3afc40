//! What people do to the moves of an application: correct when one happened, strike it out, restore it.

use super::{StageEvent, counted};
use crate::domain::{
    change::Change,
    error::{FieldError, Problem},
    fields::{Never, Patch},
    row::{Edited, Made},
    time::{CLOCK_SKEW, Timestamp, outside_years, to_millis},
};
use chrono::Datelike as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The body of `PATCH /applications/{id}/stage-events/{event_id}`: an absent field stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StageEventPatch {
    /// That to which it belongs already: a move stays with its application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<Uuid>,
    /// When the move happened, no more than ten minutes from now.
    #[cfg_attr(feature = "ssr", schemars(extend("pattern" = crate::domain::schema::years())))]
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub occurred_at: Change<Timestamp>,
    /// Whether it did not happen, and counts for nothing. The newest move that counts is undone by the
    /// application's own PATCH.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub voided: Change<bool>,
}

impl StageEventPatch {
    /// One that moves the time of a move.
    pub fn at(event: &StageEvent, occurred_at: Timestamp) -> Self {
        Self {
            application_id: Some(event.application_id),
            occurred_at: Change::Set(occurred_at),
            ..Self::default()
        }
    }

    /// One that strikes a move out, or restores it.
    pub fn voiding(event: &StageEvent, voided: bool) -> Self {
        Self {
            application_id: Some(event.application_id),
            voided: Change::Set(voided),
            ..Self::default()
        }
    }
}

// By hand: what a person says is whether, what is kept is since when.
impl Patch for StageEventPatch {
    type Row = StageEvent;
    const FIELDS: &'static [&'static str] = &["occurred_at", "voided"];

    fn apply(&self, row: &mut StageEvent) {
        self.occurred_at.apply(&mut row.occurred_at);
        match self.voided {
            Change::Set(true) => row.voided_at = row.voided_at.or(Some(row.updated_at)),
            Change::Set(false) => row.voided_at = None,
            Change::Keep => {}
        }
    }
    fn is_noop_on(&self, row: &StageEvent) -> bool {
        self.occurred_at.is_noop_on(&row.occurred_at)
            && self.voided.is_noop_on(&row.voided_at.is_some())
    }
    fn then(&mut self, later: Self) {
        self.application_id = later.application_id.or(self.application_id);
        self.occurred_at.then(later.occurred_at);
        self.voided.then(later.voided);
    }
    fn names(&self) -> Vec<&'static str> {
        let all = [self.occurred_at.is_keep(), self.voided.is_keep()];
        let named = Self::FIELDS.iter().zip(all).filter(|(_, keep)| !keep);
        named.map(|(name, _)| *name).collect()
    }
    fn inverse(&self, row: &StageEvent) -> Self {
        Self {
            application_id: self.application_id,
            occurred_at: self.occurred_at.restoring(&row.occurred_at),
            voided: self.voided.restoring(&row.voided_at.is_some()),
        }
    }
    fn are_alike(one: &StageEvent, other: &StageEvent) -> bool {
        one.occurred_at == other.occurred_at && one.voided_at.is_some() == other.voided_at.is_some()
    }
}

impl Edited for StageEvent {
    type Create = Never;
    type Patch = StageEventPatch;
    const COLLECTION: &'static str = "/stage-events";
    const NOUN: &'static str = "move";

    fn version(&self) -> i64 {
        self.version
    }
    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }
    fn title(&self) -> String {
        format!("Move to {}", self.to_status.label())
    }
    fn build(create: &Never, _: Uuid, _: Made) -> Result<Self, Problem> {
        match *create {}
    }
    fn patched(&self, patch: &StageEventPatch, made: Made) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        if patch
            .application_id
            .is_some_and(|id| id != self.application_id)
        {
            let why = "A move stays with its application.";
            errors.push(FieldError::new("application_id", why));
        }
        if let Some(at) = patch.occurred_at.value() {
            if *at > made.at + CLOCK_SKEW {
                let why = "A move cannot be in the future.";
                errors.push(FieldError::new("occurred_at", why));
            } else {
                errors.extend(outside_years("occurred_at", at.year()));
            }
        }
        if !errors.is_empty() {
            return Err(Problem::validation(errors));
        }
        let mut row = Self {
            version: self.version + 1,
            updated_at: made.at,
            ..self.clone()
        };
        patch.apply(&mut row);
        row.occurred_at = to_millis(row.occurred_at);
        Ok(row)
    }
    fn patched_at(patch: &StageEventPatch, id: Uuid) -> String {
        let application = patch.application_id.unwrap_or_default();
        format!("/applications/{application}/stage-events/{id}")
    }
}

/// Checks that one move may be corrected so: `before` are all moves of its application in the order in
/// which they were recorded, `after` the same with the correction. The status stays whatever is struck out
/// or restored.
///
/// # Errors
/// 400 naming `voided`.
pub fn check_corrected(
    before: &[StageEvent],
    after: &[StageEvent],
    event: Uuid,
) -> Result<(), Problem> {
    let is_voided = |moves: &[StageEvent]| {
        let mut moves = moves.iter();
        moves.any(|it| it.id == event && it.voided_at.is_some())
    };
    let (was, is) = (is_voided(before), is_voided(after));
    let stands = |moves: &[StageEvent]| {
        let mut moves = moves.iter().rev();
        let last = moves.find(|it| it.voided_at.is_none());
        last.map(|it| it.id)
    };
    let newest = counted(before).last().map(|it| it.event.id);
    let refused = match (was, is) {
        (false, true) => newest == Some(event) || stands(before) == Some(event),
        (true, false) => stands(after) == Some(event) && stands(before).is_some(),
        _ => false,
    };
    if !refused {
        return Ok(());
    }
    let why = if is {
        "This is how the application stands. Undo the move instead."
    } else {
        "This move is the last one. Move the application instead."
    };
    Err(Problem::field("voided", why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        application::tests::now,
        stage::{
            Status::{Applied, Draft, Offer, Screening},
            tests::event,
        },
    };
    use chrono::Duration;

    fn moves() -> Vec<StageEvent> {
        vec![
            event(1, None, Draft, now()),
            event(2, Some(Draft), Applied, now() + Duration::days(1)),
            event(3, Some(Applied), Screening, now() + Duration::days(2)),
        ]
    }

    fn checked(before: &[StageEvent], n: usize) -> Result<(), Problem> {
        let mut after = before.to_vec();
        let at = after[n].voided_at.xor(Some(now()));
        after[n].voided_at = at;
        check_corrected(before, &after, before[n].id)
    }

    #[test]
    fn the_newest_that_counts_is_not_struck_out() {
        let mut all = moves();
        assert!(checked(&all, 2).is_err());
        assert!(checked(&all, 1).is_ok());
        assert!(checked(&all, 0).is_ok());
        // After a slip an earlier one counts, and the status is of the later one.
        all.push(event(4, Some(Screening), Offer, now() + Duration::days(3)));
        all.push(event(5, Some(Offer), Screening, now() + Duration::days(3)));
        assert!(checked(&all, 2).is_err());
        assert!(checked(&all, 3).is_ok());
        assert!(checked(&all, 4).is_err());
    }

    #[test]
    fn what_was_undone_is_not_restored_as_the_last() {
        let mut all = moves();
        all[2].voided_at = Some(now());
        assert!(checked(&all, 2).is_err());
        all.push(event(4, Some(Applied), Offer, now() + Duration::days(3)));
        assert!(checked(&all, 2).is_ok());
    }

    #[test]
    fn a_correction_is_a_version_and_its_inverse_restores_it() {
        let made = Made::utc(now() + Duration::days(9));
        let before = moves().remove(1);
        let patch = StageEventPatch {
            voided: Change::Set(true),
            ..StageEventPatch::at(&before, now())
        };
        let after = before.patched(&patch, made).unwrap();
        assert_eq!(after.version, 2);
        assert_eq!((after.occurred_at, after.voided_at), (now(), Some(made.at)));
        assert!(patch.is_noop_on(&after) && !patch.is_noop_on(&before));
        let back = after.patched(&patch.inverse(&before), made).unwrap();
        assert!(StageEventPatch::are_alike(&back, &before));
        assert_eq!(patch.names(), ["occurred_at", "voided"]);
    }

    #[test]
    fn a_move_is_not_in_the_future_and_stays_where_it_is() {
        let made = Made::utc(now() + Duration::days(1));
        let row = moves().remove(1);
        let near = StageEventPatch::at(&row, made.at + CLOCK_SKEW);
        assert!(row.patched(&near, made).is_ok());
        let far = StageEventPatch::at(&row, made.at + CLOCK_SKEW + Duration::seconds(1));
        let problem = row.patched(&far, made).unwrap_err();
        assert!(problem.message_for("occurred_at").is_some());
        let other = StageEventPatch {
            application_id: Some(Uuid::from_u128(77)),
            ..StageEventPatch::default()
        };
        let problem = row.patched(&other, made).unwrap_err();
        assert!(problem.message_for("application_id").is_some());
    }

    #[test]
    fn it_goes_to_its_own_address() {
        let row = moves().remove(1);
        let patch = StageEventPatch::voiding(&row, true);
        assert_eq!(
            StageEvent::patched_at(&patch, row.id),
            format!(
                "/applications/{}/stage-events/{}",
                row.application_id, row.id
            )
        );
    }
}
