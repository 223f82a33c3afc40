//! Figures in words.

use crate::domain::{
    analytics::{Range, Totals},
    when::{Order, day_label},
};
use chrono::NaiveDate;

/// A part of a whole in percent. What is not nothing is not said to be, nor what is not all.
pub fn percent(part: u64, of: u64) -> String {
    let share = (part * 200 + of).checked_div(of * 2).unwrap_or_default();
    match share {
        0 if part > 0 => "under 1 %".to_owned(),
        100 if part < of => "99 %".to_owned(),
        share => format!("{share} %"),
    }
}

/// A number of days: to a tenth where it is small.
pub fn days(days: f64) -> String {
    // Never negative, and no stay is as long as this holds.
    let tenths = (days * 10.0).round() as u64;
    match (tenths / 10, tenths % 10) {
        (0, 0) => "at once".to_owned(),
        (1, 0) => "1 day".to_owned(),
        (whole @ 0..10, rest @ 1..) => format!("{whole}.{rest} days"),
        (whole, 5..) => format!("{} days", whole + 1),
        (whole, _) => format!("{whole} days"),
    }
}

/// So many of something.
pub fn count(number: u64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

/// How a number stands to that of the time before.
pub fn change(now: u64, before: u64, called: &str) -> String {
    match (now, before) {
        (0, 0) => format!("none in {called} either"),
        (_, 0) => format!("new: none in {called}"),
        (now, before) if now == before => format!("as in {called}"),
        (now, before) if now > before => format!("+{} against {called}", now - before),
        (now, before) => format!("−{} against {called}", before - now),
    }
}

/// How great the share of answers was in the time before.
pub fn answers_before(before: &Totals, called: &str) -> String {
    match before.applications {
        0 => format!("nothing sent in {called}"),
        of => format!("{} in {called}", percent(before.responses, of)),
    }
}

/// What is in no figure, after how many drafts there are.
pub fn drafts_words(drafts: u64) -> String {
    let drafts = if drafts == 1 { "draft" } else { "drafts" };
    format!(" {drafts} that you have not sent: counted in nothing above.")
}

/// What a device says that does not hold all: how many are missing, where that is known.
pub fn lacks_words(missing: Option<u64>) -> String {
    const NOT_ALL: &str = "This device does not hold all of your applications";
    match missing {
        None => NOT_ALL.to_owned(),
        Some(1) => format!("{NOT_ALL}: 1 is missing"),
        Some(missing) => format!("{NOT_ALL}: {missing} are missing"),
    }
}

/// Days, from the first to the last.
pub fn range_label(range: Range, today: NaiveDate, order: Order) -> String {
    let label = |day| day_label(day, today, order);
    match range.from == range.to {
        true => label(range.from),
        false => format!("{} – {}", label(range.from), label(range.to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_say_neither_nothing_nor_all_of_what_is_between() {
        assert_eq!(percent(0, 0), "0 %");
        assert_eq!(percent(0, 7), "0 %");
        assert_eq!(percent(1, 1000), "under 1 %");
        assert_eq!(percent(999, 1000), "99 %");
        assert_eq!(percent(1000, 1000), "100 %");
        assert_eq!(percent(1, 3), "33 %");
        assert_eq!(percent(2, 3), "67 %");
    }

    #[test]
    fn days_are_as_exact_as_they_need_be() {
        for (number, words) in [
            (0.0, "at once"),
            (0.3, "0.3 days"),
            (1.0, "1 day"),
            (4.0, "4 days"),
            (4.3, "4.3 days"),
            (9.9, "9.9 days"),
            (12.5, "13 days"),
            (12.4, "12 days"),
        ] {
            assert_eq!(days(number), words);
        }
    }

    #[test]
    fn there_is_no_percentage_of_nothing() {
        let called = "the 30 days before";
        assert_eq!(change(3, 0, called), "new: none in the 30 days before");
        assert_eq!(change(0, 0, called), "none in the 30 days before either");
        assert_eq!(change(5, 2, called), "+3 against the 30 days before");
        assert_eq!(change(2, 5, called), "−3 against the 30 days before");
        assert_eq!(change(5, 5, called), "as in the 30 days before");
    }
}
