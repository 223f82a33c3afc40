//! When the default reminders come, as people write it: `7 days`, `24 h, 1 h`.

use super::{
    quiet_hours::{QuietHours, days_after, sending},
    reminder::{Reminder, SetByHand},
    rules::{Counting, DAY_MINUTES, MAX_OFFSET, MAX_OFFSETS, ReminderDefaults, Rule, RuleNow},
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
            Self::Offer => "3 days, then every day",
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
    if let (Counting::Repeated, [first, every]) = (rule.counting(), offsets.as_slice()) {
        return format!("{}, then {}", length(*first, false), interval(*every));
    }
    let words = offsets.iter().map(|offset| length(*offset, hours));
    words.collect::<Vec<_>>().join(", ")
}

/// How a rule that repeats goes on after its first reminder, and until when: `then every day until you move
/// it on`. None of one that does not repeat, or is off.
pub fn again(rule: Rule, now: &RuleNow) -> Option<String> {
    let repeats = now.on && rule.counting() == Counting::Repeated;
    let every = now.offsets.last().filter(|_| repeats)?;
    let most = rule.most().map(|most| format!(", {most} times at most"));
    Some(format!(
        "then {} until you move it on{}",
        interval(*every),
        most.unwrap_or_default()
    ))
}

/// How often, in days.
fn interval(minutes: i32) -> String {
    match minutes {
        DAY_MINUTES => "every day".to_owned(),
        minutes => format!("every {}", length(minutes, false)),
    }
}

/// A length of time: in days, or where hours are counted in hours and minutes, up to two days.
fn length(minutes: i32, hours: bool) -> String {
    let hours = hours && (minutes <= 2 * DAY_MINUTES || minutes % DAY_MINUTES != 0);
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

/// How far a reminder is from what it is before and what begins then: none where it is as far from it no more.
pub fn lead_to(row: &Reminder, begins: Timestamp) -> Option<String> {
    lead(row).filter(|_| row.is_planned_for(begins))
}

/// What people write for a rule that is to make no reminders.
const NEVER: [&str; 6] = ["never", "off", "none", "no", "nothing", "-"];

/// The points that a text names, in minutes; none for a text that names none, which turns the rule off.
///
/// # Errors
/// What is not understood, in sentences.
pub fn read(rule: Rule, text: &str) -> Result<Vec<i32>, String> {
    let text = super::text::plain(text);
    let text = text.trim().trim_end_matches('.');
    if NEVER.contains(&text) {
        return Ok(Vec::new());
    }
    points(rule, text).map_err(|why| format!("{why} An empty field means never."))
}

fn points(rule: Rule, text: &str) -> Result<Vec<i32>, String> {
    let example = rule.example();
    let days_alone = rule.counting() != Counting::Before;
    let repeats = rule.counting() == Counting::Repeated;
    let mut parts = Vec::new();
    for text in split(text) {
        // As it is said elsewhere: `1 h before`, `2 days after`. The other side is none that it could be on.
        let sides: &[&str] = if days_alone {
            &[" after", " later"]
        } else {
            &[" before"]
        };
        let said = sides.iter().find_map(|side| text.strip_suffix(side));
        let text = said.map_or(text.as_str(), str::trim).to_owned();
        let part = Part::read(&text).map_err(|why| match why {
            Unclear::Unknown => format!("“{text}” is no length of time. Write “{example}”."),
            Unclear::Ambiguous => {
                format!("“{text}” can be read in two ways. Write it like “{example}”.")
            }
        })?;
        parts.push((text, part));
    }
    let usual = if days_alone { DAY } else { HOUR };
    let mut unit = usual;
    for (_, part) in parts.iter_mut().rev() {
        for amount in part.lengths.iter_mut().flatten().rev() {
            let own = *amount.unit.get_or_insert(unit);
            // A number without a unit has that of the next one, as in `30, 15 min`; not as in `3, then weekly`.
            unit = if repeats { usual } else { own };
        }
    }
    let last = parts.len().saturating_sub(1);
    let mut offsets = Vec::new();
    for (place, (text, part)) in parts.iter().enumerate() {
        if part.every && !repeats {
            return Err(format!("This one does not repeat. Write “{example}”."));
        }
        if part.every && (place < last || part.lengths.len() > 1) {
            return Err(format!(
                "How often it repeats comes last. Write “{example}”."
            ));
        }
        for length in &part.lengths {
            let sum: i64 = length.iter().map(Amount::hundredths_of_minutes).sum();
            if !(100..=i64::from(MAX_OFFSET) * 100).contains(&sum) {
                return Err("From a minute to a year.".to_owned());
            }
            if days_alone && sum % (DAY * 100) != 0 {
                return Err(format!("“{text}” is not whole days. Write “{example}”."));
            }
            if sum % 100 != 0 {
                return Err(format!("“{text}” is not whole minutes. Write “{example}”."));
            }
            // Within the range of offsets.
            let minutes = i32::try_from(sum / 100).unwrap_or(MAX_OFFSET);
            if repeats || !offsets.contains(&minutes) {
                offsets.push(minutes);
            }
        }
    }
    match offsets.len() {
        many if repeats && many > 2 => Err(format!(
            "At most two: when it comes first, and how often then. Write “{example}”."
        )),
        many if many > MAX_OFFSETS => Err(format!("At most {MAX_OFFSETS} of them.")),
        _ => Ok(offsets),
    }
}

/// The parts of a list, apart by signs or words; none is empty. A comma between two digits stays, as it is
/// that of a decimal fraction, and so does a slash, which may be that of a fraction.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![Vec::new()];
    let chars: Vec<char> = text.chars().collect();
    let is_digit = |place: Option<usize>| {
        let char = place.and_then(|place| chars.get(place));
        char.is_some_and(char::is_ascii_digit)
    };
    let mark = |(place, char): (usize, &char)| match char {
        ',' | '/' if is_digit(place.checked_sub(1)) && is_digit(Some(place + 1)) => *char,
        // No line has one.
        ',' | '/' | ';' | '&' => '\n',
        char => *char,
    };
    let marked: String = chars.iter().enumerate().map(mark).collect();
    for line in marked.split('\n') {
        for word in line.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "and" | "then" => parts.push(Vec::new()),
                "every" => parts.push(vec![word]),
                word => {
                    if let Some(part) = parts.last_mut() {
                        part.push(word);
                    }
                }
            }
        }
        parts.push(Vec::new());
    }
    parts.retain(|part| !part.is_empty());
    parts.iter().map(|words| words.join(" ")).collect()
}

/// Minutes of the units.
const HOUR: i64 = 60;
const DAY: i64 = DAY_MINUTES as i64;
const WEEK: i64 = 7 * DAY;

/// Why a text is not understood.
#[derive(Debug, PartialEq, Eq)]
enum Unclear {
    /// It is no length of time.
    Unknown,
    /// It may mean this or that: `1,5` is one and a half, or two numbers.
    Ambiguous,
}

/// So many of a unit.
struct Amount {
    hundredths: i64,
    /// Its minutes; none where no unit is named.
    unit: Option<i64>,
}

impl Amount {
    fn hundredths_of_minutes(&self) -> i64 {
        // A number that is too large for it is too large for a reminder.
        self.hundredths.saturating_mul(self.unit.unwrap_or(1))
    }
}

/// What stands between two signs of a list: lengths, each of amounts whose units descend.
struct Part {
    /// It says how often.
    every: bool,
    lengths: Vec<Vec<Amount>>,
}

impl Part {
    /// `2 h 30 min`, `1.5 days`, `a week`, `24h 1h`, `every day`, `daily`.
    fn read(text: &str) -> Result<Self, Unclear> {
        let one = |unit| Self {
            every: true,
            lengths: vec![vec![Amount {
                hundredths: 100,
                unit: Some(unit),
            }]],
        };
        match text {
            "daily" => return Ok(one(DAY)),
            "weekly" => return Ok(one(WEEK)),
            _ => {}
        }
        let Some(rest) = text.strip_prefix("every ") else {
            let lengths = read_lengths(text)?;
            return Ok(Self {
                every: false,
                lengths,
            });
        };
        if let Some(unit) = unit_of(rest) {
            return Ok(one(unit));
        }
        let lengths = read_lengths(rest)?;
        Ok(Self {
            every: true,
            lengths,
        })
    }
}

/// The minutes of a unit.
fn unit_of(word: &str) -> Option<i64> {
    match word {
        "m" | "min" | "mins" | "minute" | "minutes" => Some(1),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(HOUR),
        "d" | "day" | "days" => Some(DAY),
        "w" | "wk" | "wks" | "week" | "weeks" => Some(WEEK),
        _ => None,
    }
}

fn read_lengths(text: &str) -> Result<Vec<Vec<Amount>>, Unclear> {
    let mut lengths: Vec<Vec<Amount>> = Vec::new();
    let mut before = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (hundredths, number, after) = read_number(rest)?;
        // `2h30`: directly behind the hours, and two digits, as on a clock.
        let is_clock = before == Some(HOUR) && number.len() == 2 && text_ends_in_unit(text, rest);
        let after = after.trim_start();
        let letters = after
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(after.len());
        let (word, after) = after.split_at(letters);
        let unit = match word {
            "" if is_clock => Some(1),
            "" if before.is_some() || !after.is_empty() => return Err(Unclear::Ambiguous),
            "" if number.contains(',') => return Err(Unclear::Ambiguous),
            "" => None,
            word => Some(unit_of(word).ok_or(Unclear::Unknown)?),
        };
        let amount = Amount { hundredths, unit };
        match lengths.last_mut() {
            Some(length) if unit < before => length.push(amount),
            _ => lengths.push(vec![amount]),
        }
        before = unit;
        rest = after.trim_start();
    }
    Ok(lengths)
}

/// Whether `rest`, the end of `text`, stands directly behind a letter.
fn text_ends_in_unit(text: &str, rest: &str) -> bool {
    let head = text.strip_suffix(rest).unwrap_or_default();
    head.ends_with(char::is_alphabetic)
}

/// A number at the start of a text in hundredths, as it is written, and what follows.
fn read_number(text: &str) -> Result<(i64, &str, &str), Unclear> {
    for one in ["an ", "a "] {
        if let Some(after) = text.strip_prefix(one) {
            return Ok((100, "", after));
        }
    }
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '/');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (number, after) = text.split_at(end);
    let (whole, fraction) = number.split_once([',', '.', '/']).unwrap_or((number, ""));
    let whole: i64 = whole.parse::<u32>().map_err(|_| Unclear::Unknown)?.into();
    let hundredths = match (fraction.len(), fraction.parse::<i64>()) {
        (0, _) if !number.ends_with(|c: char| !c.is_ascii_digit()) => 0,
        // Three digits may be thousands.
        (1, Ok(tenths)) if !number.contains('/') => tenths * 10,
        (2, Ok(hundredths)) if !number.contains('/') => hundredths,
        _ => return Err(Unclear::Ambiguous),
    };
    Ok((whole * 100 + hundredths, number, after))
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
    fn which_side_it_is_on_may_be_said() {
        for (rule, text) in [
            (Rule::Loop, "48 h before, 2 h before"),
            (Rule::AfterLoop, "2 days after"),
            (Rule::Applied, "7 days later"),
        ] {
            let usual = ReminderDefaults::default().rule(rule).offsets;
            assert_eq!(read(rule, text), Ok(usual), "{text}");
        }
        for (rule, text) in [(Rule::Loop, "2 h after"), (Rule::Applied, "7 days before")] {
            assert!(read(rule, text).is_err(), "{text}");
        }
    }

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
                "3 days, then every day",
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
            // A comma between two digits is that of a fraction.
            (Rule::Screening, "1,5 days", vec![2160]),
            (Rule::Screening, "1.5 days, 0,25 h", vec![2160, 15]),
            (Rule::Screening, "0,5 weeks", vec![5040]),
            (Rule::Screening, "1.5", vec![90]),
            (Rule::Screening, "24h,1h", vec![1440, 60]),
            // Units that descend are one length, others are several.
            (Rule::Screening, "1 day 4 hours", vec![1680]),
            (Rule::Screening, "24h 1h", vec![1440, 60]),
            (Rule::Screening, "1 h 1 day", vec![60, 1440]),
            (Rule::Applied, "7 days 14 days", vec![10_080, 20_160]),
            // What stands between them.
            (Rule::Screening, "24 h and 1 h", vec![1440, 60]),
            (Rule::Screening, "24 h & 1 h/5 min;", vec![1440, 60, 5]),
            (Rule::Screening, "1 day, 2 h, and 5 min", vec![1440, 120, 5]),
            (Rule::Screening, "30, 15 min", vec![30, 15]),
            (Rule::Applied, "2 and 1 weeks", vec![20_160, 10_080]),
            // How often.
            (Rule::Offer, "3 days, then every 1 day", vec![4320, 1440]),
            (Rule::Offer, "3 days, then every day", vec![4320, 1440]),
            (Rule::Offer, "3 days then daily", vec![4320, 1440]),
            (Rule::Offer, "3 days, then 1 day", vec![4320, 1440]),
            (Rule::Offer, "3 days every day", vec![4320, 1440]),
            (Rule::Offer, "3, then weekly", vec![4320, 10_080]),
            (Rule::Offer, "1 week, weekly", vec![10_080, 10_080]),
            (Rule::Offer, "Every day", vec![1440]),
            (Rule::OnHold, "every week", vec![10_080]),
            (Rule::OnHold, "every 2 weeks", vec![20_160]),
        ] {
            assert_eq!(read(rule, text), Ok(minutes), "{text}");
        }
    }

    #[test]
    fn whoever_wants_none_may_say_so() {
        for text in [
            "", "never", "Never", " OFF ", "none", "No", "nothing", "–", "never.",
        ] {
            assert_eq!(read(Rule::Applied, text), Ok(vec![]), "{text}");
            assert_eq!(read(Rule::Loop, text), Ok(vec![]), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_and_never_read_as_something_else() {
        for (rule, text, why) in [
            (Rule::Applied, "3 hours", "not whole days"),
            (Rule::Applied, "1,5 days", "not whole days"),
            (Rule::Applied, "7,14 days", "not whole days"),
            (Rule::Applied, "soon", "no length of time"),
            (Rule::Screening, "0 min", "From a minute"),
            (Rule::Screening, "2 years", "no length of time"),
            (Rule::Screening, "99999999999 h", "no length of time"),
            (Rule::Screening, "4294967295 weeks", "From a minute"),
            (Rule::OnHold, "400 days", "From a minute"),
            (Rule::Screening, "0,01 h", "From a minute"),
            (Rule::Screening, "1,33 h", "not whole minutes"),
            // One length, or two?
            (Rule::Screening, "1,5", "two ways"),
            (Rule::Applied, "7,14,21", "two ways"),
            (Rule::Screening, "1,000 h", "two ways"),
            (Rule::Screening, "1.000 h", "two ways"),
            (Rule::Screening, "1/2 day", "two ways"),
            (Rule::Screening, "24 1", "two ways"),
            (Rule::Screening, "1 440 min", "two ways"),
            (Rule::Screening, "24h 1", "two ways"),
            (Rule::Screening, "1 day 4", "two ways"),
            (Rule::Screening, "2h3", "two ways"),
            (Rule::Applied, "every 7 days", "does not repeat"),
            (Rule::Screening, "24 h, then daily", "does not repeat"),
            (Rule::Offer, "every day, 3 days", "comes last"),
            (Rule::Offer, "every 3 days 3 days", "comes last"),
            // More than are kept.
            (Rule::Offer, "1 day, 2 days, 3 days", "At most two"),
            (Rule::Loop, "1 h, 2 h, 3 h, 4 h, 5 h, 6 h", "At most 5"),
        ] {
            let said = read(rule, text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
            assert!(said.ends_with("An empty field means never."), "{said}");
        }
        // What is given as an example is understood.
        for rule in Rule::THAT_REMIND {
            assert_ne!(read(rule, rule.example()).unwrap(), Vec::<i32>::new());
        }
    }

    #[test]
    fn how_one_goes_on_that_repeats_is_said() {
        let words = |rule: Rule, offsets: &[i32]| {
            let now = RuleNow {
                offsets: offsets.to_vec(),
                ..ReminderDefaults::default().rule(rule)
            };
            (write(rule, &now), again(rule, &now))
        };
        for (rule, offsets, text, goes_on) in [
            (
                Rule::Offer,
                &[4320][..],
                "3 days",
                "then every 3 days until you move it on, 30 times at most",
            ),
            (
                Rule::Offer,
                &[4320, 1440],
                "3 days, then every day",
                "then every day until you move it on, 30 times at most",
            ),
            (
                Rule::OnHold,
                &[20_160, 2880],
                "14 days, then every 2 days",
                "then every 2 days until you move it on",
            ),
        ] {
            let (written, said) = words(rule, offsets);
            assert_eq!(written, text);
            assert_eq!(said.as_deref(), Some(goes_on));
            assert_eq!(read(rule, &written).unwrap(), offsets);
        }
        assert_eq!(words(Rule::Applied, &[1440, 2880]).1, None);
        let off = RuleNow {
            on: false,
            ..ReminderDefaults::default().rule(Rule::Offer)
        };
        assert_eq!(again(Rule::Offer, &off), None);
    }

    #[test]
    fn two_before_one_interview_are_told_apart() {
        let mut row = crate::domain::reminder::tests::sample(9, 1);
        assert_eq!(lead(&row), None);
        (row.meta.rule, row.meta.offset) = (Some(Rule::Loop), Some(2880));
        assert_eq!(lead(&row).as_deref(), Some("48 h before"));
        row.meta.offset = Some(90);
        assert_eq!(lead(&row).as_deref(), Some("1 h 30 min before"));
        row.meta.offset = Some(14 * 1440);
        assert_eq!(lead(&row).as_deref(), Some("14 days before"));
        let begins = row.due_at + Duration::days(14);
        assert_eq!(lead_to(&row, begins), lead(&row));
        let later = begins + Duration::hours(1);
        assert_eq!(lead_to(&row, later), None, "the interview was moved");
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
