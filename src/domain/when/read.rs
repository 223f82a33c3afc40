//! Understanding what people type: words are split into tokens, and each token, with those after it,
//! says a day, a weekday, a time or a moment. What says one thing twice, or nothing, is not understood.

use super::{
    Clock, Context, Holds, Leans, MORNING, Order, When,
    write::{MONTHS, WEEKDAYS, date_in_full, weekday_name},
};
use crate::domain::{
    text::plain,
    time::{Timestamp, YEARS},
};
use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveTime, Timelike, Weekday};

/// What was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Understood {
    /// The value.
    pub when: When,
    /// What the person should know of how it came about.
    pub note: Option<Note>,
}

/// What had to be decided for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// No time was given: it is nine in the morning.
    NoTime,
    /// A small number alone is an hour of the afternoon: nobody meets at two in the night.
    Afternoon,
    /// Midnight ends the day that was said: it is the first moment of the next.
    Midnight,
    /// Clocks skip that time: it is as much later.
    Skipped,
    /// Clocks show that time twice: it is the first one.
    Twice,
}

impl Note {
    /// In a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoTime => "no time was given",
            Self::Afternoon => "in the afternoon; write am for the night",
            Self::Midnight => "the end of that day",
            Self::Skipped => "clocks go forward then",
            Self::Twice => "the first of two, clocks go back then",
        }
    }
}

/// Why something was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is not clear what it means. How it begins.
    Unclear(String),
    /// No month, or not this year's, has such a day.
    NoSuchDay {
        /// The day of the month.
        day: u32,
        /// The month, from 1.
        month: u32,
        /// The year, if one was given.
        year: Option<i32>,
    },
    /// No clock shows that time. As it was typed.
    NoSuchTime(String),
    /// A time, where only a day is kept.
    OnlyDay,
    /// The day is another day of the week than was said.
    OtherWeekday {
        /// The day.
        day: NaiveDate,
        /// What was said.
        said: Weekday,
    },
    /// A year that cannot be kept.
    OutOfRange,
}

impl Why {
    /// What is wrong and what to do, in a sentence.
    pub fn sentence(&self, context: &Context<'_>) -> String {
        let order = context.habits.order;
        match self {
            Self::Unclear(start) => {
                let (kind, date, time) = match (context.holds, order) {
                    (Holds::Day, Order::DayFirst) => ("day", "30 Nov", ""),
                    (Holds::Day, Order::MonthFirst) => ("day", "Nov 30", ""),
                    (Holds::Moment, Order::DayFirst) => ("time", "30 Nov", " 14:00"),
                    (Holds::Moment, Order::MonthFirst) => ("time", "Nov 30", " 2 pm"),
                };
                format!(
                    "“{start}” is not clear as a {kind}. Write it like {date}{time} or fri{time}."
                )
            }
            Self::NoSuchDay { day, month, year } => {
                format!("There is no {}.", date_in_full(*day, *month, *year, order))
            }
            Self::NoSuchTime(text) => format!("There is no {text} on a clock."),
            Self::OnlyDay => "Only a day is kept here. Leave the time out.".to_owned(),
            Self::OtherWeekday { day, said } => {
                let date = date_in_full(day.day(), day.month(), Some(day.year()), order);
                let (is, said) = (weekday_name(day.weekday()), weekday_name(*said));
                format!("{date} is a {is}, not a {said}.")
            }
            Self::OutOfRange => {
                let (first, last) = (YEARS.start(), YEARS.end());
                format!("Give a date between {first} and {last}.")
            }
        }
    }
}

/// Understands `text`, which is not blank.
///
/// # Errors
/// Why it does not say one day, or one moment.
pub fn read(text: &str, context: &Context<'_>) -> Result<Understood, Why> {
    let unclear = || Why::Unclear(text.trim().chars().take(40).collect());
    let plain = plain(text).replace("a.m.", "am").replace("p.m.", "pm");
    let plain = start_of_range(&plain.replace(['⋅', '·', '•', '|'], " "));
    // As programs write it, with its offset.
    if let Ok(at) = DateTime::parse_from_rfc3339(plain.trim()) {
        return match context.holds {
            Holds::Moment => within(at.to_utc(), context),
            Holds::Day => Err(Why::OnlyDay),
        };
    }
    let mut reader = Reader {
        tokens: tokens(&plain),
        at: 0,
        context,
        said: Said::default(),
    };
    match reader.all() {
        Ok(()) => reader.said.resolve(context, unclear),
        Err(Stop::Unclear) => Err(unclear()),
        Err(Stop::Why(why)) => Err(why),
    }
}

/// Of `14:30 - 15:30`, as calendars write an appointment, when it begins: the half of the day that is said at its
/// end holds for both. Anything else stays as it is.
fn start_of_range(text: &str) -> String {
    let whole = || text.to_owned();
    let Some((start, end)) = text.rsplit_once('-') else {
        return whole();
    };
    let half = |text: &str| {
        ["am", "pm"]
            .into_iter()
            .find(|half| text.trim_end().ends_with(half))
    };
    let bare = |text: &str| {
        let text = text.trim();
        let text = half(text)
            .map_or(text, |half| text.trim_end_matches(half))
            .trim_end();
        text.rsplit(' ').next().unwrap_or_default().to_owned()
    };
    let is_time = |word: &str| {
        word.split_once(':').is_some_and(|(hour, minute)| {
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
            digits(hour) && digits(minute)
        })
    };
    // Nothing else stands behind it.
    let ends = end.trim();
    let is_end = is_time(&bare(end))
        && half(ends)
            .map_or(ends, |half| ends.trim_end_matches(half))
            .trim_end()
            == bare(end);
    if !is_end || !is_time(&bare(start)) {
        return whole();
    }
    match (half(start), half(end)) {
        (None, Some(half)) => format!("{} {half}", start.trim_end()),
        _ => start.trim_end().to_owned(),
    }
}

fn within(at: Timestamp, context: &Context<'_>) -> Result<Understood, Why> {
    let when = When::Moment(at);
    if !YEARS.contains(&context.parts(when).0.year()) {
        return Err(Why::OutOfRange);
    }
    Ok(Understood { when, note: None })
}

/// Part of what was typed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'a> {
    /// A number, and how many digits it has.
    Number(u32, usize),
    Word(&'a str),
    Mark(char),
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    part: Part<'a>,
    /// There is space before it.
    apart: bool,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut apart = true;
    while let Some(first) = rest.chars().next() {
        let alike: fn(&char) -> bool = match first {
            '0'..='9' => char::is_ascii_digit,
            c if c.is_alphabetic() => |c| c.is_alphabetic(),
            _ => |_| false,
        };
        let length: usize = rest.chars().take_while(alike).map(char::len_utf8).sum();
        let (this, after) = rest.split_at(length.max(first.len_utf8()));
        rest = after;
        let part = match first {
            ' ' => {
                apart = true;
                continue;
            }
            // What is too long for a number is too large for any use.
            '0'..='9' => Part::Number(this.parse().unwrap_or(u32::MAX), length),
            _ if length > 0 => Part::Word(this),
            mark => Part::Mark(mark),
        };
        tokens.push(Token { part, apart });
        apart = false;
    }
    tokens
}

/// Why reading ends early.
enum Stop {
    Unclear,
    Why(Why),
}

type Read<T = ()> = Result<T, Stop>;

/// What has been said so far.
#[derive(Default)]
struct Said {
    day: Option<NaiveDate>,
    weekday: Option<Weekday>,
    time: Option<NaiveTime>,
    moment: Option<Timestamp>,
    /// The hour that a part of the day stands for: `evening`.
    around: Option<u32>,
    /// `am` or `pm` was said.
    half: bool,
    /// What the person should know of how the time was understood.
    note: Option<Note>,
}

impl Said {
    /// The time that was said, or that a part of the day stands for: eight in the evening is 20:00. An
    /// hour after midnight is of no evening that was said: which day is meant is not clear then.
    ///
    /// # Errors
    /// `unclear` of such an hour.
    fn time(&self, unclear: impl Fn() -> Why) -> Result<Option<NaiveTime>, Why> {
        let Some(around) = self.around else {
            return Ok(self.time);
        };
        let first = if around < EVENING { 1 } else { 5 };
        match self.time {
            None => Ok(NaiveTime::from_hms_opt(around, 0, 0)),
            time if around < 12 || self.half || self.note == Some(Note::Midnight) => Ok(time),
            Some(time) if (first..12).contains(&time.hour()) => {
                Ok(NaiveTime::from_hms_opt(time.hour() + 12, time.minute(), 0))
            }
            Some(time) if time.hour() < first => Err(unclear()),
            time => Ok(time),
        }
    }

    fn resolve(self, context: &Context<'_>, unclear: impl Fn() -> Why) -> Result<Understood, Why> {
        let today = context.today();
        let time = self.time(&unclear)?;
        let day = match (self.day, self.weekday) {
            (Some(day), Some(said)) if day.weekday() != said => {
                return Err(Why::OtherWeekday { day, said });
            }
            (None, Some(weekday)) => Some(nearest_weekday(today, weekday, context.leans)),
            (day, _) => day,
        };
        // Where no day is said it is the coming midnight, or the last.
        let day = match (self.note, day, context.leans) {
            (Some(Note::Midnight), None, Leans::Back) => Some(today),
            (Some(Note::Midnight), day, _) => day.unwrap_or(today).succ_opt(),
            (_, day, _) => day,
        };
        let noted = |understood: Understood| Understood {
            note: understood.note.or(self.note),
            ..understood
        };
        let unread = match (self.moment, day, time, context.holds) {
            (Some(_), None, None, Holds::Day) | (None, _, Some(_), Holds::Day) => Why::OnlyDay,
            (Some(at), None, None, Holds::Moment) => return within(at, context),
            (None, Some(day), None, Holds::Day) if YEARS.contains(&day.year()) => {
                let when = When::Day(day);
                return Ok(Understood { when, note: None });
            }
            (None, Some(day), time, Holds::Moment) => {
                // This evening, said in the evening, is what is left of it.
                let wall = context.zone.local(context.now);
                let is_over = |time: &NaiveTime| {
                    let is_ahead = context.leans == Leans::Ahead && self.time.is_none();
                    is_ahead && day == wall.date() && *time <= wall.time()
                };
                let time = time.filter(|time| !is_over(time));
                let time = time.or_else(|| later_today(day, context));
                return at_wall(day, time, context).map(noted);
            }
            (None, None, Some(time), Holds::Moment) => {
                let at = at_wall(today, Some(time), context)?;
                let found = match (at.when, context.leans) {
                    (When::Moment(then), Leans::Ahead) if then <= context.now => {
                        at_wall(today + Days::new(1), Some(time), context)
                    }
                    (When::Moment(then), Leans::Back) if then > context.now => {
                        at_wall(today - Days::new(1), Some(time), context)
                    }
                    _ => Ok(at),
                };
                return found.map(noted);
            }
            (None, Some(_), None, Holds::Day) => Why::OutOfRange,
            _ => unclear(),
        };
        Err(unread)
    }
}

/// The time of what is to be done today, said after the morning: the next full hour.
fn later_today(day: NaiveDate, context: &Context<'_>) -> Option<NaiveTime> {
    let wall = context.zone.local(context.now);
    if context.leans == Leans::Back || day != wall.date() || wall.time() < MORNING {
        return None;
    }
    let last = || NaiveTime::from_hms_opt(23, 59, 0);
    NaiveTime::from_hms_opt(wall.hour() + 1, 0, 0).or_else(last)
}

/// The instant of a day and a time in the person's zone.
fn at_wall(
    day: NaiveDate,
    time: Option<NaiveTime>,
    context: &Context<'_>,
) -> Result<Understood, Why> {
    if !YEARS.contains(&day.year()) {
        return Err(Why::OutOfRange);
    }
    let wall = day.and_time(time.unwrap_or(MORNING));
    let zone = context.zone;
    let at = zone.instant(wall);
    let later = Duration::seconds(zone.offset_seconds(at + Duration::days(1)).into());
    let again = wall.and_utc() - later;
    let note = if zone.local(at) != wall {
        Some(Note::Skipped)
    } else if again > at && zone.local(again) == wall {
        Some(Note::Twice)
    } else {
        time.is_none().then_some(Note::NoTime)
    };
    let when = When::Moment(at);
    Ok(Understood { when, note })
}

/// The next day of this name, or the last: never today.
fn nearest_weekday(today: NaiveDate, weekday: Weekday, leans: Leans) -> NaiveDate {
    let days = |from: Weekday, to: Weekday| {
        Days::new(match to.days_since(from) {
            0 => 7,
            days => days.into(),
        })
    };
    match leans {
        Leans::Ahead => today + days(today.weekday(), weekday),
        Leans::Back => today - days(weekday, today.weekday()),
    }
}

/// Words for days, by how far they are from today.
const DAYS: [(&str, i64); 7] = [
    ("today", 0),
    ("tonight", 0),
    ("tomorrow", 1),
    ("tom", 1),
    ("tmr", 1),
    ("tmrw", 1),
    ("yesterday", -1),
];

/// From this hour on a part of the day reaches into the next day.
const EVENING: u32 = 18;

/// Parts of the day, and the hour that each stands for.
const PARTS: [(&str, u32); 5] = [
    ("morning", 9),
    ("afternoon", 14),
    ("evening", EVENING),
    ("tonight", 20),
    ("night", 20),
];

/// Words that say nothing of their own. The `t` stands between day and time where programs write.
const FILLERS: [&str; 7] = ["at", "on", "the", "this", "by", "of", "t"];

const COUNTS: [&str; 10] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

/// A length of time.
#[derive(Clone, Copy)]
enum Unit {
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

const UNITS: [(&[&str], Unit); 6] = [
    (&["minute", "minutes", "min", "mins", "m"], Unit::Minutes),
    (&["hour", "hours", "hr", "hrs", "h"], Unit::Hours),
    (&["day", "days", "d"], Unit::Days),
    (&["week", "weeks", "wk", "wks", "w"], Unit::Weeks),
    (&["month", "months"], Unit::Months),
    (&["year", "years", "y"], Unit::Years),
];

fn unit(word: &str) -> Option<Unit> {
    let mut units = UNITS.iter();
    let found = units.find(|(names, _)| names.contains(&word));
    found.map(|(_, unit)| *unit)
}

/// The place of a name that begins so, by three letters at least.
fn place_of(word: &str, names: &[&str]) -> Option<usize> {
    let begins = |name: &&str| {
        name.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    (word.len() >= 3).then(|| names.iter().position(begins))?
}

fn month_named(word: &str) -> Option<u32> {
    let place = place_of(word, &MONTHS)?;
    u32::try_from(place + 1).ok()
}

fn weekday_named(word: &str) -> Option<Weekday> {
    let place = place_of(word, &WEEKDAYS)?;
    Weekday::try_from(u8::try_from(place).ok()?).ok()
}

/// How many days a month has at most.
const fn longest(month: u32) -> Option<u32> {
    match month {
        2 => Some(29),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    context: &'a Context<'a>,
    said: Said,
}

impl<'a> Reader<'a> {
    fn all(&mut self) -> Read {
        while let Some(part) = self.peek(0) {
            self.at += 1;
            match part {
                Part::Number(number, digits) => self.number(number, digits)?,
                Part::Word(word) => self.word(word)?,
                Part::Mark(',') => {}
                Part::Mark(_) => return Err(Stop::Unclear),
            }
        }
        Ok(())
    }

    /// What comes next, or after so many others.
    fn peek(&self, ahead: usize) -> Option<Part<'a>> {
        self.tokens.get(self.at + ahead).map(|token| token.part)
    }

    fn word_ahead(&self, ahead: usize) -> &'a str {
        match self.peek(ahead) {
            Some(Part::Word(word)) => word,
            _ => "",
        }
    }

    fn number_ahead(&self, ahead: usize) -> Option<(u32, usize)> {
        match self.peek(ahead) {
            Some(Part::Number(number, digits)) => Some((number, digits)),
            _ => None,
        }
    }

    /// Whether a mark comes next; it is taken.
    fn takes(&mut self, mark: char) -> bool {
        let is_next = self.peek(0) == Some(Part::Mark(mark));
        self.at += usize::from(is_next);
        is_next
    }

    /// Whether the number that is `ahead` begins a time.
    fn begins_time(&self, ahead: usize) -> bool {
        self.peek(ahead + 1) == Some(Part::Mark(':'))
            || matches!(self.word_ahead(ahead + 1), "am" | "pm")
    }

    fn say_day(&mut self, day: Option<NaiveDate>) -> Read {
        let day = day.ok_or(Stop::Why(Why::OutOfRange))?;
        match self.said.day.replace(day) {
            None => Ok(()),
            Some(_) => Err(Stop::Unclear),
        }
    }

    fn word(&mut self, word: &str) -> Read {
        let today = self.context.today();
        if FILLERS.contains(&word) {
            return Ok(());
        }
        if let Some((_, hour)) = PARTS.iter().find(|(name, _)| *name == word) {
            if self.said.around.replace(*hour).is_some() {
                return Err(Stop::Unclear);
            }
            if word != "tonight" {
                return Ok(());
            }
        }
        if let Some((_, days)) = DAYS.iter().find(|(name, _)| *name == word) {
            return self.say_day(today.checked_add_signed(Duration::days(*days)));
        }
        if let Some(weekday) = weekday_named(word) {
            return match self.said.weekday.replace(weekday) {
                None => {
                    self.takes('.');
                    Ok(())
                }
                Some(_) => Err(Stop::Unclear),
            };
        }
        if let Some(month) = month_named(word) {
            self.takes('.');
            let Some((day, 1..=2)) = self.number_ahead(0) else {
                return Err(Stop::Unclear);
            };
            self.at += 1;
            self.ordinal();
            let year = self.year(false);
            return self.date(day, month, year);
        }
        match word {
            "now" if self.said.moment.is_none() => match self.context.holds {
                Holds::Day => self.say_day(Some(today)),
                Holds::Moment => {
                    self.said.moment = Some(to_minute(self.context.now));
                    Ok(())
                }
            },
            "noon" => self.say_time(NaiveTime::from_hms_opt(12, 0, 0)),
            "midnight" => {
                self.said.note = Some(Note::Midnight);
                self.say_time(Some(NaiveTime::MIN))
            }
            // `in the evening`
            "in" if self.word_ahead(0) == "the" => Ok(()),
            "in" => match self.count() {
                Some(count) => self.shift(count),
                None => Err(Stop::Unclear),
            },
            "next" | "last" => self.beside(word == "next"),
            _ => {
                self.at -= 1;
                match self.count() {
                    Some(count) => self.bare_shift(count),
                    None => Err(Stop::Unclear),
                }
            }
        }
    }

    /// A number of something: `2`, `two`, `a`.
    fn count(&mut self) -> Option<i64> {
        let count = match self.peek(0)? {
            Part::Number(number, _) => i64::from(number),
            Part::Word("a" | "an") => 1,
            Part::Word(word) => {
                let place = COUNTS.iter().position(|count| *count == word)?;
                i64::try_from(place + 1).ok()?
            }
            Part::Mark(_) => return None,
        };
        self.at += 1;
        Some(count)
    }

    /// So many of a unit without a word before: `2 weeks ago`, or as the field leans.
    fn bare_shift(&mut self, count: i64) -> Read {
        let ago = self.word_ahead(1) == "ago";
        let back = ago || self.context.leans == Leans::Back;
        self.shift(if back { -count } else { count })?;
        self.at += usize::from(ago);
        Ok(())
    }

    /// So many of the unit that comes next, from now.
    fn shift(&mut self, count: i64) -> Read {
        let unit = unit(self.word_ahead(0)).ok_or(Stop::Unclear)?;
        self.at += 1;
        self.shift_by(count, unit)
    }

    fn shift_by(&mut self, count: i64, unit: Unit) -> Read {
        let today = self.context.today();
        let minutes = match unit {
            Unit::Minutes => count,
            Unit::Hours => count * 60,
            Unit::Days => return self.say_day(days_from(today, count)),
            Unit::Weeks => return self.say_day(days_from(today, count * 7)),
            Unit::Months => return self.say_day(months_from(today, count)),
            Unit::Years => return self.say_day(months_from(today, count * 12)),
        };
        let at = Duration::try_minutes(minutes)
            .and_then(|minutes| self.context.now.checked_add_signed(minutes))
            .ok_or(Stop::Why(Why::OutOfRange))?;
        match self.said.moment.replace(to_minute(at)) {
            None => Ok(()),
            Some(_) => Err(Stop::Unclear),
        }
    }

    /// `next fri`, `last week`: a weekday of the week after this one, or the last that was.
    fn beside(&mut self, next: bool) -> Read {
        let word = self.word_ahead(0);
        self.at += 1;
        if let Some(weekday) = weekday_named(word) {
            let today = self.context.today();
            if !next {
                return self.say_day(Some(nearest_weekday(today, weekday, Leans::Back)));
            }
            let start = self.context.habits.week_start;
            let days = 7 - i64::from(today.weekday().days_since(start))
                + i64::from(weekday.days_since(start));
            return self.say_day(days_from(today, days));
        }
        match unit(word) {
            Some(unit @ (Unit::Weeks | Unit::Months | Unit::Years)) => {
                self.shift_by(if next { 1 } else { -1 }, unit)
            }
            _ => Err(Stop::Unclear),
        }
    }

    /// What begins with a number.
    fn number(&mut self, number: u32, digits: usize) -> Read {
        if let Some(Part::Mark(mark @ ('.' | '/' | '-'))) = self.peek(0) {
            if let Some((second, second_digits)) = self.number_ahead(1) {
                // A time with a point, where the day has been said: `30.11. 14.00`.
                let ends = self.peek(2) != Some(Part::Mark('.'));
                if mark == '.' && self.said.day.is_some() && second_digits == 2 && ends {
                    return self.time(number, digits);
                }
                if second_digits > 2 || !matches!(digits, 1 | 2 | 4) {
                    return Err(Stop::Unclear);
                }
                self.at += 2;
                return self.numeric(number, digits, mark, second);
            }
            // `30. Nov`, `30-nov`
            if month_named(self.word_ahead(1)).is_some() {
                self.at += 1;
            }
        }
        if self.begins_time_here() {
            return self.time(number, digits);
        }
        let ordinal = self.ordinal();
        let of = usize::from(self.word_ahead(0) == "of");
        if let Some(month) = month_named(self.word_ahead(of))
            && digits <= 2
        {
            self.at += of + 1;
            let joined = ['.', '-', '/'].iter().any(|mark| self.takes(*mark));
            let year = self.year(joined);
            return self.date(number, month, year);
        }
        if ordinal {
            return self.day_of_month(number);
        }
        if unit(self.word_ahead(0)).is_some() {
            return self.bare_shift(i64::from(number));
        }
        // `mon 9`
        let day_said = self.said.day.is_some() || self.said.weekday.is_some();
        if day_said && digits <= 2 {
            // `fri 2`, and not `fri 02`.
            return self.say_small_clock(number, 0, digits == 1);
        }
        Err(Stop::Unclear)
    }

    /// The same of the number that has just been taken.
    fn begins_time_here(&self) -> bool {
        self.peek(0) == Some(Part::Mark(':')) || matches!(self.word_ahead(0), "am" | "pm")
    }

    /// Takes the end of `30th`.
    fn ordinal(&mut self) -> bool {
        let attached = self.tokens.get(self.at).is_some_and(|token| !token.apart);
        let is_next = attached && matches!(self.word_ahead(0), "st" | "nd" | "rd" | "th");
        self.at += usize::from(is_next);
        is_next
    }

    /// A date of numbers: `2026-11-30`, `30.11.`, `30/11/26`.
    fn numeric(&mut self, first: u32, digits: usize, mark: char, second: u32) -> Read {
        if digits == 4 {
            let third = match self.number_ahead(1) {
                Some((day, 1..=2)) if self.takes(mark) => day,
                _ => return Err(Stop::Unclear),
            };
            self.at += 1;
            return self.date(third, second, i32::try_from(first).ok());
        }
        let joined = self.takes(mark);
        let year = joined.then(|| self.year(true)).flatten();
        // Where points stand between them, the day is the first everywhere.
        let day_first = mark == '.' || self.context.habits.order == Order::DayFirst;
        let (as_is, swapped) = ((first, second), (second, first));
        let (wanted, other) = if day_first {
            (as_is, swapped)
        } else {
            (swapped, as_is)
        };
        let is_possible =
            |(day, month): (u32, u32)| (1..=longest(month).unwrap_or_default()).contains(&day);
        // Of two that cannot be, the one whose month there is tells more.
        let chosen = [wanted, other].into_iter().find(|pair| is_possible(*pair));
        let named = || {
            [wanted, other]
                .into_iter()
                .find(|pair| longest(pair.1).is_some())
        };
        let (day, month) = chosen.or_else(named).ok_or(Stop::Unclear)?;
        self.date(day, month, year)
    }

    /// A year, if one comes next: of four digits, of two after a mark (`joined`) or an apostrophe, and of
    /// two that can be no hour.
    fn year(&mut self, joined: bool) -> Option<i32> {
        let comma = usize::from(self.peek(0) == Some(Part::Mark(',')));
        let quote = usize::from(self.peek(comma) == Some(Part::Mark('\'')));
        let ahead = comma + quote;
        let (number, digits) = self.number_ahead(ahead)?;
        if self.begins_time(ahead) {
            return None;
        }
        let apart = self
            .tokens
            .get(self.at + ahead)
            .is_some_and(|token| token.apart);
        let is_no_hour = number > 23 || self.context.holds == Holds::Day;
        let year = match digits {
            4 => i32::try_from(number).ok()?,
            2 if quote > 0 || (joined && !apart) || is_no_hour => {
                // Of the hundred years around this one.
                let this = self.context.today().year();
                let year = this - this.rem_euclid(100) + i32::try_from(number).ok()?;
                match year - this {
                    51.. => year - 100,
                    ..=-50 => year + 100,
                    _ => year,
                }
            }
            _ => return None,
        };
        self.at += ahead + 1;
        Some(year)
    }

    /// A day of a month; without a year the nearest one that way.
    fn date(&mut self, day: u32, month: u32, year: Option<i32>) -> Read {
        let in_year = |year| NaiveDate::from_ymd_opt(year, month, day);
        let today = self.context.today();
        let found = match (year, self.context.leans) {
            (Some(year), _) => in_year(year),
            // A leap day may be eight years off.
            (None, Leans::Ahead) => (today.year()..=today.year() + 8)
                .filter_map(in_year)
                .find(|day| *day >= today),
            (None, Leans::Back) => (today.year() - 8..=today.year())
                .rev()
                .filter_map(in_year)
                .find(|day| *day <= today),
        };
        match found {
            Some(day) => self.say_day(Some(day)),
            None if longest(month).is_none() => Err(Stop::Unclear),
            None => Err(Stop::Why(Why::NoSuchDay { day, month, year })),
        }
    }

    /// `the 30th`: of this month, or the nearest one that has it.
    fn day_of_month(&mut self, number: u32) -> Read {
        let today = self.context.today();
        let ahead = self.context.leans == Leans::Ahead;
        let found = (0..12)
            .filter_map(|months| {
                months_from(today.with_day(1)?, if ahead { months } else { -months })
            })
            .filter_map(|month| month.with_day(number))
            .find(|day| if ahead { *day >= today } else { *day <= today });
        match found {
            Some(day) => self.say_day(Some(day)),
            None => Err(Stop::Unclear),
        }
    }

    /// The rest of a time whose hour has been taken.
    fn time(&mut self, hour: u32, digits: usize) -> Read {
        let mut minute = 0;
        if self.takes(':') || self.takes('.') {
            let Some((number, 2)) = self.number_ahead(0) else {
                return Err(Stop::Unclear);
            };
            minute = number;
            self.at += 1;
            // Seconds, which are not kept.
            if self.peek(0) == Some(Part::Mark(':')) {
                let Some((0..=59, 2)) = self.number_ahead(1) else {
                    return Err(Stop::Unclear);
                };
                self.at += 2;
            }
        }
        let half = self.word_ahead(0);
        let hour_of_day = match (half, hour) {
            ("am", 1..=12) => hour % 12,
            ("pm", 1..=12) => hour % 12 + 12,
            ("am" | "pm", _) => {
                let text = format!("{hour}:{minute:02} {half}");
                return Err(Stop::Why(Why::NoSuchTime(text)));
            }
            _ => {
                // By a clock of twelve hours `2:30` is either; by one of 24 it is in the night.
                let is_either = digits == 1 && self.context.habits.clock == Clock::Hours12;
                return self.say_small_clock(hour, minute, is_either);
            }
        };
        self.at += 1;
        self.said.half = true;
        self.say_clock(hour_of_day, minute)
    }

    /// A small hour that may be of either half of the day is of the afternoon, unless its part is said.
    fn say_small_clock(&mut self, hour: u32, minute: u32, is_either: bool) -> Read {
        let is_afternoon = is_either && (1..=6).contains(&hour) && self.said.around.is_none();
        if is_afternoon {
            self.said.note = Some(Note::Afternoon);
        }
        self.say_clock(if is_afternoon { hour + 12 } else { hour }, minute)
    }

    fn say_clock(&mut self, hour: u32, minute: u32) -> Read {
        let Some(time) = NaiveTime::from_hms_opt(hour, minute, 0) else {
            let text = format!("{hour}:{minute:02}");
            return Err(Stop::Why(Why::NoSuchTime(text)));
        };
        self.say_time(Some(time))
    }

    fn say_time(&mut self, time: Option<NaiveTime>) -> Read {
        match (time, self.said.time) {
            (Some(_), None) => {
                self.said.time = time;
                Ok(())
            }
            _ => Err(Stop::Unclear),
        }
    }
}

fn days_from(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    day.checked_add_signed(Duration::try_days(days)?)
}

fn months_from(day: NaiveDate, months: i64) -> Option<NaiveDate> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 {
        day.checked_sub_months(count)
    } else {
        day.checked_add_months(count)
    }
}

/// Without what is finer than a minute, which no field shows.
fn to_minute(at: Timestamp) -> Timestamp {
    let minute = at.with_second(0).and_then(|at| at.with_nanosecond(0));
    minute.unwrap_or(at)
}
