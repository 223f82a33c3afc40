//! Whether a moment has come, by a clock that may be set.

use crate::domain::time::Timestamp;
use chrono::Duration;

/// Whether what was to wait until `at`, `longest` at the most, need not wait any longer. A moment that
/// lies further away than anything ever waits was set by a clock that was ahead then: it is due.
pub(super) fn is_due(at: Timestamp, now: Timestamp, longest: Duration) -> bool {
    at <= now || at - now > longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::application::tests::now;

    #[test]
    fn a_moment_is_due_once_it_has_come_and_where_it_is_out_of_reach() {
        let longest = Duration::seconds(30);
        for (seconds, due) in [(-1, true), (0, true), (1, false), (30, false), (31, true)] {
            let at = now() + Duration::seconds(seconds);
            assert_eq!(is_due(at, now(), longest), due, "{seconds}");
        }
    }
}
