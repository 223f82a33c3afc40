//! Which reminders that went out are mailed, and which of them together. It is pure.

use super::{
    choice::choice,
    reminder::Reminder,
    rules::{ReminderChannel, ReminderDefaults, Rule},
    time::Timestamp,
};
use chrono::Duration;

choice! {
    /// How it stands with a mail.
    pub enum MailState as "mail_state" {
        /// It is to be sent, or sent again.
        Waiting = "waiting",
        /// Somebody is sending it.
        Claimed = "claimed",
        /// It was handed over.
        Delivered = "delivered",
        /// It was given up.
        Dead = "dead",
        /// What it was about is not so any more.
        Dropped = "dropped",
    }
}

/// A reminder that went out, as far as a mail goes.
#[derive(Clone, Copy, Debug)]
pub struct GoneOut<'a> {
    /// The reminder.
    pub row: &'a Reminder,
    /// When begins what it is before; none where it is before nothing.
    pub event: Option<Timestamp>,
    /// Whether there is something for the person's calendar that it does not have yet.
    pub has_file: bool,
}

/// What goes in one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// By which rule: whoever wants no more of these turns that off.
    pub kind: Rule,
    /// The places of its reminders.
    pub of: Vec<usize>,
}

/// So many at once go in one mail.
const DIGEST_FROM: usize = 3;
/// What begins within this is too important to stand among others.
const SOON: Duration = Duration::hours(24);

/// The rule by which a reminder is mailed.
pub fn rule_of(row: &Reminder) -> Rule {
    row.meta.rule.unwrap_or(Rule::Custom)
}

/// The mails about what goes out to one person at `now`.
pub fn letters(gone_out: &[GoneOut<'_>], rules: &ReminderDefaults, now: Timestamp) -> Vec<Letter> {
    let is_mailed = |it: &GoneOut<'_>| {
        let by = |way| it.row.channels.contains(&way);
        let wanted = by(ReminderChannel::Email) || (by(ReminderChannel::Calendar) && it.has_file);
        wanted && rules.rule(rule_of(it.row)).mail
    };
    let is_soon = |it: &GoneOut<'_>| it.event.is_some_and(|event| event <= now + SOON);
    let mailed = gone_out.iter().enumerate().filter(|(_, it)| is_mailed(it));
    let (alone, together): (Vec<_>, Vec<_>) = mailed.partition(|(_, it)| is_soon(it));
    let one = |(place, it): (usize, &GoneOut<'_>)| Letter {
        kind: rule_of(it.row),
        of: vec![place],
    };
    let mut letters: Vec<Letter> = alone.into_iter().map(one).collect();
    if together.len() < DIGEST_FROM {
        letters.extend(together.into_iter().map(one));
    } else if rules.rule(Rule::Digest).mail {
        letters.push(Letter {
            kind: Rule::Digest,
            of: together.into_iter().map(|(place, _)| place).collect(),
        });
    }
    letters
}

/// After so many tries a mail is given up.
pub const MOST_TRIES: i32 = 10;
/// The longest wait after the first try.
const FIRST_WAIT: Duration = Duration::seconds(30);
/// The longest wait of all.
const LONGEST_WAIT: Duration = Duration::hours(2);

/// How long a mail waits after its `attempts`th try failed: `random`, from 0 to 1, of a wait that doubles
/// (full jitter), so that what failed together does not come back together. `asked` is what the provider
/// asked for.
pub fn wait(attempts: i32, asked: Option<Duration>, random: f64) -> Duration {
    let doubled = u32::try_from(attempts.clamp(0, 16)).unwrap_or_default();
    let most = (FIRST_WAIT * 2_i32.saturating_pow(doubled)).min(LONGEST_WAIT);
    let part = if random.is_nan() {
        0.0
    } else {
        random.clamp(0.0, 1.0)
    };
    let wait = most.to_std().unwrap_or_default().mul_f64(part);
    let wait = Duration::from_std(wait).unwrap_or_default();
    asked.map_or(wait, |asked| asked.max(wait))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        application::tests::now,
        reminder::tests::sample,
        rules::{Channels, RuleChange},
    };

    fn mailed(id: u128, rule: Option<Rule>, channels: &[ReminderChannel]) -> Reminder {
        let mut row = sample(id, 1);
        row.meta.rule = rule;
        row.channels = Channels::of(channels);
        row
    }

    fn out(row: &Reminder) -> GoneOut<'_> {
        GoneOut {
            row,
            event: None,
            has_file: false,
        }
    }

    #[test]
    fn a_mail_goes_where_mail_is_wanted_or_there_is_a_file_for_the_calendar() {
        use ReminderChannel::{Calendar, Email, InApp};
        let rules = ReminderDefaults::default();
        for (channels, has_file, goes) in [
            (&[InApp][..], true, false),
            (&[InApp, Email], false, true),
            (&[InApp, Calendar], false, false),
            (&[InApp, Calendar], true, true),
            (&[Email, Calendar], true, true),
        ] {
            let row = mailed(1, Some(Rule::Screening), channels);
            let it = GoneOut {
                has_file,
                ..out(&row)
            };
            let found = letters(&[it], &rules, now());
            assert_eq!(found.len(), usize::from(goes), "{channels:?} {has_file}");
            let no_mail = RuleChange {
                mail: Some(false),
                ..RuleChange::default()
            };
            let rules = rules.clone().with(Rule::Screening, no_mail);
            assert_eq!(letters(&[it], &rules, now()), []);
        }
    }

    #[test]
    fn three_at_once_are_one_mail_but_for_what_begins_soon() {
        let rows: Vec<Reminder> = (1..=4)
            .map(|id| mailed(id, Some(Rule::Applied), &[ReminderChannel::Email]))
            .collect();
        let mut all: Vec<GoneOut<'_>> = rows.iter().map(out).collect();
        all[1].event = Some(now() + Duration::hours(24));
        let digest = |of: &[usize]| Letter {
            kind: Rule::Digest,
            of: of.to_vec(),
        };
        let one = |place| Letter {
            kind: Rule::Applied,
            of: vec![place],
        };
        let rules = ReminderDefaults::default();
        assert_eq!(letters(&all, &rules, now()), [one(1), digest(&[0, 2, 3])]);
        assert_eq!(letters(&all[..3], &rules, now()), [one(1), one(0), one(2)]);
        all[1].event = Some(now() + Duration::hours(25));
        assert_eq!(letters(&all, &rules, now()), [digest(&[0, 1, 2, 3])]);
        let no_digest = rules.with(
            Rule::Digest,
            RuleChange {
                mail: Some(false),
                ..RuleChange::default()
            },
        );
        // What would be in it shows in the app alone.
        assert_eq!(letters(&all, &no_digest, now()), []);
    }

    #[test]
    fn waits_double_up_to_two_hours_and_are_spread() {
        assert_eq!(wait(1, None, 1.0), Duration::seconds(60));
        assert_eq!(wait(3, None, 1.0), Duration::seconds(240));
        assert_eq!(wait(3, None, 0.5), Duration::seconds(120));
        assert_eq!(wait(i32::MAX, None, 1.0), Duration::hours(2));
        assert_eq!(wait(1, None, f64::NAN), Duration::zero());
        let asked = Some(Duration::minutes(9));
        assert_eq!(wait(1, asked, 1.0), Duration::minutes(9));
        assert_eq!(wait(9, asked, 1.0), Duration::hours(2));
    }
}
