//! When the default reminders come, as people write it: `7 days`, `24 h, 1 h`.

use super::{
    quiet_hours::{QuietHours, days_after, sending},
    reminder::{Reminder, SetByHand},
    rules::{Counting, DAY_MINUTES, MAX_OFFSET, ReminderDefaults, Rule, RuleNow},
    time::{Timestamp, ZoneRules},
};
use chrono::Duration;

impl Rule {
    /// The rules that make reminders, in the order in which people meet them.
    pub const THAT_REMIND: [Self; 6] = [
        Self::Applied,
        Self::Screening,
        Self::Loop,
        Self::AfterLoop,
        Self::Offer,
        Self::OnHold,
    ];

    /// What it is about, for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Applied => "Applied, and no answer",
            Self::Screening => "Before a first interview or a call",
            Self::Loop => "Before later interviews",
            Self::AfterLoop => "After later interviews",
            Self::Offer => "Offer to answer",
            Self::OnHold => "On hold",
            Self::Custom => "What you set yourself",
            Self::Digest => "Several at once",
        }
    }

    /// What to write, for example.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Screening | Self::Loop => "24 h, 1 h",
            Self::Offer => "3 days, then 1 day",
            Self::OnHold => "14 days",
            _ => "7 days",
        }
    }
}

/// The points of a rule in words; nothing for one that is off.
pub fn write(rule: Rule, now: &RuleNow) -> String {
    if !now.on {
        return String::new();
    }
    let mut offsets = now.offsets.clone();
    match rule.counting() {
        // The furthest comes first.
        Counting::Before => offsets.sort_unstable_by_key(|offset| std::cmp::Reverse(*offset)),
        Counting::After => offsets.sort_unstable(),
        Counting::Repeated | Counting::Nothing => {}
    }
    let hours = rule.counting() == Counting::Before;
    let words = offsets.iter().map(|offset| length(*offset, hours));
    let between = match rule.counting() {
        Counting::Repeated => ", then every ",
        _ => ", ",
    };
    words.collect::<Vec<_>>().join(between)
}

/// A length of time: in days, or where hours are counted in hours and minutes.
fn length(minutes: i32, hours: bool) -> String {
    match minutes {
        minutes if !hours && minutes == DAY_MINUTES => "1 day".to_owned(),
        minutes if !hours => format!("{} days", minutes / DAY_MINUTES),
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes if minutes < 60 => format!("{minutes} min"),
        minutes => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// How far a reminder is from what it is before: `24 h before`. None of one that is not, or that a person
/// moved.
pub fn lead(row: &Reminder) -> Option<String> {
    let is_before = row.meta.rule?.counting() == Counting::Before;
    let is_moved = row.meta.is_set(SetByHand::DueAt);
    let offset = row.meta.offset.filter(|_| is_before && !is_moved)?;
    Some(format!("{} before", length(offset, true)))
}

/// The points that a text names, in minutes; none for a text that names none, which turns the rule off.
///
/// # Errors
/// What is not understood, in a sentence.
pub fn read(rule: Rule, text: &str) -> Result<Vec<i32>, String> {
    let text = super::text::plain(text);
    let days_alone = rule.counting() != Counting::Before;
    let parts = text.split([',', ';']).map(str::trim);
    let mut offsets = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let part = part.trim_start_matches("then").trim();
        let part = part.trim_start_matches("every").trim();
        let unclear = || format!("“{part}” is no length of time. Write “{}”.", rule.example());
        let minutes = read_length(part, days_alone).ok_or_else(unclear)?;
        if !(1..=MAX_OFFSET).contains(&minutes) {
            return Err("From a minute to a year.".to_owned());
        }
        if days_alone && minutes % DAY_MINUTES != 0 {
            return Err("This one counts whole days.".to_owned());
        }
        if rule.counting() == Counting::Repeated || !offsets.contains(&minutes) {
            offsets.push(minutes);
        }
    }
    Ok(offsets)
}

/// `2 h 30 min`, `3 days`, `a week`; a number alone is days where days are counted, else hours.
fn read_length(text: &str, days_alone: bool) -> Option<i32> {
    let mut sum: i32 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let (number, after) = match (number, after) {
            ("", after) => (
                1,
                after
                    .strip_prefix("an ")
                    .or_else(|| after.strip_prefix("a "))?,
            ),
            (number, after) => (number.parse().ok()?, after),
        };
        let letters = after
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit = match unit {
            "m" | "min" | "mins" | "minute" | "minutes" => 1,
            "h" | "hr" | "hrs" | "hour" | "hours" => 60,
            "d" | "day" | "days" => DAY_MINUTES,
            "w" | "wk" | "week" | "weeks" => 7 * DAY_MINUTES,
            "" if sum > 0 => 1,
            "" if days_alone => DAY_MINUTES,
            "" => 60,
            _ => return None,
        };
        sum = sum.checked_add(i32::checked_mul(number, unit)?)?;
        rest = after.trim_start();
    }
    (!text.is_empty()).then_some(sum)
}

/// When a person will hear of it: of an appointment that begins at `at`, or of what happened then. Quiet
/// hours count, and what has passed at `now` does not come.
pub fn preview(
    rule: Rule,
    defaults: &ReminderDefaults,
    quiet: Option<QuietHours>,
    at: Timestamp,
    now: Timestamp,
    zone: &impl ZoneRules,
) -> Vec<Timestamp> {
    let rule_now = defaults.rule(rule);
    if !rule_now.on {
        return Vec::new();
    }
    let offsets = rule_now.offsets.iter().map(|offset| {
        let days = i64::from(offset / DAY_MINUTES);
        match rule.counting() {
            Counting::Before => at - Duration::minutes((*offset).into()),
            _ => days_after(at, days, zone),
        }
    });
    // Of one that repeats the first is told.
    let most = match rule.counting() {
        Counting::Repeated => 1,
        _ => usize::MAX,
    };
    let event = (rule.counting() == Counting::Before).then_some(at);
    let goes = offsets.take(most).filter(|due| *due > now);
    let mut all: Vec<_> = goes
        .map(|due| sending(due, event, now, quiet, zone).at)
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{application::tests::now, rules::RuleChange};
    use chrono::Utc;

    #[test]
    fn the_rules_of_everybody_read_as_the_specification_has_them() {
        let defaults = ReminderDefaults::default();
        let words = Rule::THAT_REMIND.map(|rule| write(rule, &defaults.rule(rule)));
        assert_eq!(
            words,
            [
                "7 days",
                "24 h, 1 h",
                "48 h, 2 h",
                "2 days",
                "3 days, then every 1 day",
                "14 days"
            ]
        );
        for (rule, words) in Rule::THAT_REMIND.into_iter().zip(words) {
            assert_eq!(
                read(rule, &words).unwrap(),
                defaults.rule(rule).offsets,
                "{words}"
            );
        }
    }

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (rule, text, minutes) in [
            (Rule::Screening, "1 day, 30 min", vec![1440, 30]),
            (Rule::Screening, "2h30", vec![150]),
            (Rule::Screening, "2 h 30 min; 5m", vec![150, 5]),
            (Rule::Screening, "24", vec![1440]),
            (Rule::Screening, "an hour", vec![60]),
            (Rule::Screening, "1 h, 60 min", vec![60]),
            (Rule::Applied, "10", vec![14_400]),
            (Rule::Applied, "a week, 2 weeks", vec![10_080, 20_160]),
            (Rule::Offer, "2 days, then every 3 days", vec![2880, 4320]),
            (Rule::Offer, "1 day, 1 day", vec![1440, 1440]),
            (Rule::OnHold, "２ Weeks", vec![20_160]),
            (Rule::OnHold, "  ", vec![]),
        ] {
            assert_eq!(read(rule, text), Ok(minutes), "{text}");
        }
        for (rule, text, why) in [
            (Rule::Applied, "3 hours", "whole days"),
            (Rule::Applied, "soon", "no length of time"),
            (Rule::Screening, "0 min", "From a minute"),
            (Rule::Screening, "2 years", "no length of time"),
            (Rule::Screening, "99999999999 h", "no length of time"),
            (Rule::OnHold, "400 days", "From a minute"),
        ] {
            let said = read(rule, text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn two_before_one_interview_are_told_apart() {
        let mut row = crate::domain::reminder::tests::sample(9, 1);
        assert_eq!(lead(&row), None);
        (row.meta.rule, row.meta.offset) = (Some(Rule::Loop), Some(2880));
        assert_eq!(lead(&row).as_deref(), Some("48 h before"));
        row.meta.offset = Some(90);
        assert_eq!(lead(&row).as_deref(), Some("1 h 30 min before"));
        row.meta.set = vec![SetByHand::DueAt];
        assert_eq!(lead(&row), None, "a person moved it");
        (row.meta.rule, row.meta.set) = (Some(Rule::Applied), Vec::new());
        assert_eq!(lead(&row), None);
    }

    #[test]
    fn a_preview_counts_quiet_hours_and_leaves_out_what_has_passed() {
        let defaults = ReminderDefaults::default();
        let at = now() + Duration::hours(20);
        let hours = |quiet| {
            let all = preview(Rule::Screening, &defaults, quiet, at, now(), &Utc);
            all.into_iter()
                .map(|it| (it - now()).num_minutes())
                .collect::<Vec<_>>()
        };
        // Five in the morning: a day before has passed, an hour before is four.
        assert_eq!(hours(None), [19 * 60]);
        let clock = |text: &str| text.to_owned().try_into().unwrap();
        let quiet = QuietHours::new(clock("21:00"), clock("08:00"));
        assert_eq!(hours(quiet), [12 * 60 - 1]);
        let off = RuleChange {
            on: Some(false),
            ..RuleChange::default()
        };
        let defaults = defaults.with(Rule::Offer, off);
        assert!(preview(Rule::Offer, &defaults, None, at, now(), &Utc).is_empty());
        assert_eq!(write(Rule::Offer, &defaults.rule(Rule::Offer)), "");
    }
}
