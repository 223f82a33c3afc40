//! Statuses, and the facts of how an application moved between them.

mod counted;
mod day;
mod edited;

pub use counted::{Counted, SLIP, counted};
pub use edited::{StageEventPatch, check_corrected};

use super::{
    application::Application,
    choice::choice,
    order::sort_by_key,
    row::Row,
    time::{Timestamp, read_timestamp},
};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};
use uuid::Uuid;

choice! {
    /// Where an application stands. Any move
    /// between two of them is legal: real hunts are messy. Columns stand in this order.
    pub enum Status as "app_status" {
        /// Being written.
        Draft = "Draft",
        /// Sent.
        Applied = "Applied",
        /// Somebody looks at it.
        Screening = "Screening",
        /// A call with a recruiter.
        RecruiterCall = "Recruiter_Call",
        /// A technical screen.
        TechScreen = "Tech_Screen",
        /// A round of interviews.
        InterviewLoop = "Interview_Loop",
        /// They made an offer.
        Offer = "Offer",
        /// The offer was accepted.
        Accepted = "Accepted",
        /// The offer was declined.
        Declined = "Declined",
        /// They said no.
        Rejected = "Rejected",
        /// Waiting, by agreement.
        OnHold = "On_Hold",
        /// They never answered.
        Ghosted = "Ghosted",
        /// The seeker stepped back.
        Withdrawn = "Withdrawn",
    }
}

impl Status {
    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::RecruiterCall => "Recruiter call",
            Self::TechScreen => "Tech screen",
            Self::InterviewLoop => "Interview loop",
            Self::OnHold => "On hold",
            other => other.as_str(),
        }
    }

    /// Whether an application in this status has a day on which it was sent. One that was stepped back
    /// from, or waits, may have been sent or not.
    pub const fn has_day(self) -> bool {
        !matches!(self, Self::Draft | Self::OnHold | Self::Withdrawn)
    }

    /// Whether the hunt for this job is over.
    pub const fn is_closed(self) -> bool {
        matches!(
            self,
            Self::Accepted | Self::Declined | Self::Rejected | Self::Ghosted | Self::Withdrawn
        )
    }
}

/// The namespace of ids that are derived from their cause (UUIDv5, RFC 9562 §5.5).
const STAGE_EVENTS: Uuid = Uuid::from_u128(0x6f0d_3c1e_52a7_4b0e_9a55_0c9d_1f6e_7b21);

/// One change of status: a fact that later moves never touch. A creation has no `from`. People correct
/// its time, strike it out and restore it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema, sqlx::FromRow))]
pub struct StageEvent {
    /// Derived from the application and the mutation that caused it, so that an offline client
    /// knows it before the server does.
    pub id: Uuid,
    /// Whose move it was.
    pub application_id: Uuid,
    /// Raised by one with each correction; the `ETag`.
    #[cfg_attr(feature = "ssr", schemars(range(min = 1)))]
    pub version: i64,
    /// The status before; none for a creation.
    pub from_status: Option<Status>,
    /// The status after.
    pub to_status: Status,
    /// When the move happened, as the user says.
    #[serde(deserialize_with = "read_timestamp")]
    pub occurred_at: Timestamp,
    /// When the server learned of it.
    #[serde(deserialize_with = "read_timestamp")]
    pub recorded_at: Timestamp,
    /// When it was called off, by undoing the move or by striking it out; it then counts for nothing.
    pub voided_at: Option<Timestamp>,
    /// When it was last changed.
    #[serde(deserialize_with = "read_timestamp")]
    pub updated_at: Timestamp,
}

impl Row for StageEvent {
    fn supersedes(&self, known: &Self) -> bool {
        (self.version, self.updated_at) >= (known.version, known.updated_at)
    }
    fn hash_state(&self, hasher: &mut impl Hasher) {
        (self.version, self.updated_at).hash(hasher);
    }
    fn parents(&self) -> [Option<Uuid>; 2] {
        [Some(self.application_id), None]
    }
}

impl StageEvent {
    /// The move of `application` that the mutation `mutation` caused, as it is recorded at `at`.
    pub fn recorded(
        application: &Application,
        mutation: &str,
        from_status: Option<Status>,
        at: Timestamp,
    ) -> Self {
        Self {
            id: Self::derive_id(application.id, mutation),
            application_id: application.id,
            version: 1,
            from_status,
            to_status: application.status,
            occurred_at: application.status_since,
            recorded_at: at,
            voided_at: None,
            updated_at: at,
        }
    }

    /// When a move after `moves` is recorded: now, and later than each of them, also where several are of
    /// one millisecond or the clock was set back. So the order in which they were recorded can be read
    /// from them.
    pub fn recorded_next(moves: &[Self], now: Timestamp) -> Timestamp {
        let newest = moves.iter().map(|event| event.recorded_at).max();
        let next = newest.map(|newest| newest + Duration::milliseconds(1));
        next.map_or(now, |next| next.max(now))
    }

    /// Puts moves in the order in which they were recorded, whatever was corrected since.
    pub fn in_order(moves: &mut [Self]) {
        // Where older versions of the server recorded several in one millisecond, as they happened.
        sort_by_key(moves, |event| {
            let moved = !event.is_creation();
            (event.recorded_at, moved, event.occurred_at, event.id)
        });
    }

    /// Called off at `at`, as undoing the move does it.
    #[must_use]
    pub fn voided(&self, at: Timestamp) -> Self {
        Self {
            version: self.version + 1,
            voided_at: Some(at),
            updated_at: at,
            ..self.clone()
        }
    }

    /// Whether it is no move, but how the application began.
    pub fn is_creation(&self) -> bool {
        self.from_status.is_none()
    }

    /// The id of the event that the mutation `mutation` of `application` causes. The mutation is
    /// known by its idempotency key.
    pub fn derive_id(application: Uuid, mutation: &str) -> Uuid {
        let namespace = Uuid::new_v5(&STAGE_EVENTS, application.as_bytes());
        Uuid::new_v5(&namespace, mutation.as_bytes())
    }
}

#[cfg(feature = "ssr")]
super::sql::sql_columns! { StageEvent {
    id: Uuid,
    application_id: Uuid,
    version: i64,
    from_status: Option<Status>,
    to_status: Status,
    occurred_at: Timestamp,
    recorded_at: Timestamp,
    voided_at: Option<Timestamp>,
    updated_at: Timestamp,
} }

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A move that was recorded when it happened.
    pub(crate) fn event(
        id: u128,
        from_status: Option<Status>,
        to_status: Status,
        at: Timestamp,
    ) -> StageEvent {
        StageEvent {
            id: Uuid::from_u128(id),
            application_id: Uuid::from_u128(1),
            version: 1,
            from_status,
            to_status,
            occurred_at: at,
            recorded_at: at,
            voided_at: None,
            updated_at: at,
        }
    }

    #[test]
    fn each_move_is_recorded_after_those_before_it() {
        let now = crate::domain::application::tests::now();
        let first = event(9, None, Status::Applied, now);
        assert_eq!(StageEvent::recorded_next(&[], now), now);
        let moves = [first.clone()];
        let at = StageEvent::recorded_next(&moves, now);
        assert_eq!(at, now + Duration::milliseconds(1));
        let set_back = StageEvent::recorded_next(&moves, now - Duration::hours(1));
        assert_eq!(set_back, at);
        let later = now + Duration::hours(1);
        assert_eq!(StageEvent::recorded_next(&moves, later), later);
        // What older versions recorded in one millisecond: the creation is first, whatever day it has.
        let mut late = first;
        late.occurred_at = later;
        let moved = event(1, Some(Status::Applied), Status::Offer, now);
        let mut moves = [moved.clone(), late.clone()];
        StageEvent::in_order(&mut moves);
        assert_eq!(moves, [late, moved]);
    }

    #[test]
    fn every_status_reads_back_and_has_a_label_without_underscores() {
        for &status in Status::ALL {
            assert_eq!(status.as_str().parse::<Status>().unwrap(), status);
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert!(!status.label().contains('_'));
        }
        assert_eq!(Status::ALL.len(), 13);
        assert!("applied".parse::<Status>().is_err());
    }

    #[test]
    fn the_same_cause_has_the_same_event() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(
            StageEvent::derive_id(a, "m1"),
            StageEvent::derive_id(a, "m1")
        );
        assert_ne!(
            StageEvent::derive_id(a, "m1"),
            StageEvent::derive_id(b, "m1")
        );
        assert_ne!(
            StageEvent::derive_id(a, "m1"),
            StageEvent::derive_id(a, "m2")
        );
    }
}
