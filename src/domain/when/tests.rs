use super::*;
use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

const BERLIN: Tz = chrono_tz::Europe::Berlin;

const AMERICAN: Habits = Habits {
    order: Order::MonthFirst,
    clock: Clock::Hours12,
    week_start: Weekday::Sun,
};

fn wall(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

/// Friday, 27 November 2026, 13:20 in Berlin.
fn context(holds: Holds, leans: Leans, habits: Habits) -> Context<'static> {
    Context {
        now: BERLIN.instant(wall("2026-11-27 13:20")),
        zone: &BERLIN,
        habits,
        holds,
        leans,
    }
}

fn due() -> Context<'static> {
    context(Holds::Moment, Leans::Ahead, Habits::default())
}

/// What is understood, as the clock and the calendar in Berlin have it.
fn as_read(text: &str, context: &Context<'_>) -> Result<String, String> {
    let understood = read(text, context).map_err(|why| why.sentence(context))?;
    Ok(match context.parts(understood.when) {
        (day, None) => day.to_string(),
        (day, Some(time)) => format!("{day} {}", clock(time, Clock::Hours24)),
    })
}

fn check(context: &Context<'_>, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(as_read(text, context).as_deref(), Ok(*expected), "{text}");
    }
}

fn check_refused(context: &Context<'_>, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let read = as_read(text, context);
        assert_eq!(read.err().as_deref(), Some(*expected), "{text}");
    }
}

#[test]
fn what_calendars_write_is_read_by_its_beginning() {
    check(
        &due(),
        &[
            ("Thursday 3 December⋅14:30 – 15:30", "2026-12-03 14:30"),
            ("3.12.2026 14:30-15:15", "2026-12-03 14:30"),
            ("tomorrow 9:00 am – 10:00 am", "2026-11-28 09:00"),
            ("tomorrow 2:30 – 3:30 PM", "2026-11-28 14:30"),
            ("in 30m", "2026-11-27 13:50"),
            ("2026-11-30 14:00", "2026-11-30 14:00"),
        ],
    );
    let american = context(Holds::Moment, Leans::Ahead, AMERICAN);
    check(
        &american,
        &[("Thu, Dec 3, 2026 2:30 PM – 3:30 PM", "2026-12-03 14:30")],
    );
}

#[test]
fn a_moment_is_read_as_people_say_it() {
    check(
        &due(),
        &[
            // It is past nine: the next full hour.
            ("today", "2026-11-27 14:00"),
            ("tonight 8pm", "2026-11-27 20:00"),
            ("tonight", "2026-11-27 20:00"),
            ("tonight 9", "2026-11-27 21:00"),
            ("tonight at 7:30", "2026-11-27 19:30"),
            ("tomorrow evening", "2026-11-28 18:00"),
            ("mon morning", "2026-11-30 09:00"),
            ("mon 2 in the afternoon", "2026-11-30 14:00"),
            ("tomorrow morning 6", "2026-11-28 06:00"),
            ("this evening", "2026-11-27 18:00"),
            ("tonight midnight", "2026-11-28 00:00"),
            ("mon 12:30 in the afternoon", "2026-11-30 12:30"),
            ("tomorrow", "2026-11-28 09:00"),
            ("Tomorrow 2pm", "2026-11-28 14:00"),
            ("tomorrow at 2 p.m.", "2026-11-28 14:00"),
            ("tmrw noon", "2026-11-28 12:00"),
            ("yesterday 8:05", "2026-11-26 08:05"),
            // Today is a Friday.
            ("fri", "2026-12-04 09:00"),
            ("Saturday", "2026-11-28 09:00"),
            ("next fri", "2026-12-04 09:00"),
            ("next mon 10:30", "2026-11-30 10:30"),
            ("last fri", "2026-11-20 09:00"),
            ("mon 9", "2026-11-30 09:00"),
            // Nobody meets in the night.
            ("mon 1", "2026-11-30 13:00"),
            ("mon at 2", "2026-11-30 14:00"),
            ("tomorrow 6", "2026-11-28 18:00"),
            ("30 nov 3", "2026-11-30 15:00"),
            ("mon 02", "2026-11-30 02:00"),
            ("mon 2:00", "2026-11-30 02:00"),
            ("mon 2 am", "2026-11-30 02:00"),
            ("mon 0", "2026-11-30 00:00"),
            ("mon 7", "2026-11-30 07:00"),
            ("mon 11", "2026-11-30 11:00"),
            ("mon 12", "2026-11-30 12:00"),
            ("mon midnight", "2026-12-01 00:00"),
            ("tomorrow at midnight", "2026-11-29 00:00"),
            ("midnight", "2026-11-28 00:00"),
            ("on mon. at 9", "2026-11-30 09:00"),
            ("14:00 tues", "2026-12-01 14:00"),
            ("thurs 12am", "2026-12-03 00:00"),
            ("in 2 weeks", "2026-12-11 09:00"),
            ("in two weeks at 14:00", "2026-12-11 14:00"),
            ("in a week", "2026-12-04 09:00"),
            ("next week", "2026-12-04 09:00"),
            ("in 3 days", "2026-11-30 09:00"),
            ("3 days", "2026-11-30 09:00"),
            ("3 days ago 17:00", "2026-11-24 17:00"),
            ("in 1 month", "2026-12-27 09:00"),
            ("next month", "2026-12-27 09:00"),
            ("in 1 year", "2027-11-27 09:00"),
            ("in 2 hours", "2026-11-27 15:20"),
            ("in an hour", "2026-11-27 14:20"),
            ("45 min", "2026-11-27 14:05"),
            ("2h", "2026-11-27 15:20"),
            ("now", "2026-11-27 13:20"),
            // What is over is tomorrow's.
            ("14:00", "2026-11-27 14:00"),
            ("2pm", "2026-11-27 14:00"),
            ("13:20", "2026-11-28 13:20"),
            ("9:00 am", "2026-11-28 09:00"),
        ],
    );
}

#[test]
fn dates_are_read_in_any_form() {
    check(
        &due(),
        &[
            ("30.11.", "2026-11-30 09:00"),
            ("30.11. 14:00", "2026-11-30 14:00"),
            ("30.11. 14.00", "2026-11-30 14:00"),
            ("30.11.14:00", "2026-11-30 14:00"),
            ("30. 11. 2026, 14:00", "2026-11-30 14:00"),
            ("30.11.26", "2026-11-30 09:00"),
            ("30.11.26 9", "2026-11-30 09:00"),
            ("30/11", "2026-11-30 09:00"),
            ("30/11/2026 8:15", "2026-11-30 08:15"),
            ("1/2", "2027-02-01 09:00"),
            ("11/30", "2026-11-30 09:00"),
            ("30-11-2026", "2026-11-30 09:00"),
            ("Nov 30", "2026-11-30 09:00"),
            ("nov 30 14:00", "2026-11-30 14:00"),
            ("Nov. 30th, 2027", "2027-11-30 09:00"),
            ("November 30, 2026, 2:00 pm", "2026-11-30 14:00"),
            ("30 nov 2026", "2026-11-30 09:00"),
            ("30 nov '27", "2027-11-30 09:00"),
            ("30 nov 27", "2027-11-30 09:00"),
            ("30 nov 14", "2026-11-30 14:00"),
            ("30-Nov-2026", "2026-11-30 09:00"),
            ("30. Nov", "2026-11-30 09:00"),
            ("the 30th of November", "2026-11-30 09:00"),
            ("the 30th", "2026-11-30 09:00"),
            ("26th", "2026-12-26 09:00"),
            ("2026-11-30", "2026-11-30 09:00"),
            ("2026-11-30 14:00", "2026-11-30 14:00"),
            ("2026-11-30T14:00:30", "2026-11-30 14:00"),
            ("2026-11-30T14:00:00Z", "2026-11-30 15:00"),
            ("2026/11/30", "2026-11-30 09:00"),
            // As it is pasted.
            ("2026–11–30\u{a0}14:00", "2026-11-30 14:00"),
            (
                " 30\u{2009}Nov\u{a0}2026,\u{202f}2:00\u{202f}PM ",
                "2026-11-30 14:00",
            ),
            ("Mon 30 Nov, 14:00", "2026-11-30 14:00"),
            ("Mon, Nov 30, 2026, 2:00 pm", "2026-11-30 14:00"),
            // Today still is, a day ago is next year's.
            ("27 nov", "2026-11-27 14:00"),
            ("26 nov", "2027-11-26 09:00"),
            ("29 feb", "2028-02-29 09:00"),
        ],
    );
}

#[test]
fn what_stands_first_is_the_persons_habit() {
    let american = context(Holds::Moment, Leans::Ahead, AMERICAN);
    check(
        &american,
        &[
            ("1/2", "2027-01-02 09:00"),
            ("11/30", "2026-11-30 09:00"),
            ("30/11", "2026-11-30 09:00"),
            ("1-2-27", "2027-01-02 09:00"),
            // Points have one order everywhere.
            ("1.2.", "2027-02-01 09:00"),
            ("2026-11-30", "2026-11-30 09:00"),
            // Their weeks begin on Sunday.
            ("next sun", "2026-11-29 09:00"),
        ],
    );
    check(&due(), &[("next sun", "2026-12-06 09:00")]);
}

#[test]
fn a_day_has_no_time() {
    let applied = context(Holds::Day, Leans::Back, Habits::default());
    check(
        &applied,
        &[
            ("today", "2026-11-27"),
            ("now", "2026-11-27"),
            ("yesterday", "2026-11-26"),
            ("fri", "2026-11-20"),
            ("mon", "2026-11-23"),
            ("2 weeks ago", "2026-11-13"),
            ("2 weeks", "2026-11-13"),
            ("last week", "2026-11-20"),
            ("last month", "2026-10-27"),
            // The nearest that has been.
            ("30.11.", "2025-11-30"),
            ("27/11", "2026-11-27"),
            ("30th", "2026-10-30"),
            ("2 mar 26", "2026-03-02"),
            ("2 mar 14", "2014-03-02"),
            ("29 feb", "2024-02-29"),
            ("2027-01-02", "2027-01-02"),
        ],
    );
    const ONLY: &str = "Only a day is kept here. Leave the time out.";
    check_refused(
        &applied,
        &[
            ("30.11. 14:00", ONLY),
            ("2pm", ONLY),
            ("in 2 hours", ONLY),
            ("2026-11-30T14:00:00Z", ONLY),
            (
                "soon",
                "“soon” is not clear as a day. Write it like 30 Nov or fri.",
            ),
        ],
    );
}

#[test]
fn what_cannot_be_is_said_in_words() {
    let american = context(Holds::Moment, Leans::Ahead, AMERICAN);
    check_refused(
        &due(),
        &[
            ("31.11.", "There is no 31 November."),
            ("31/11", "There is no 31 November."),
            ("30 feb", "There is no 30 February."),
            ("29.2.2027", "There is no 29 February 2027."),
            ("0.11.", "There is no 0 November."),
            ("25:00", "There is no 25:00 on a clock."),
            ("mon 12:75", "There is no 12:75 on a clock."),
            ("14:00 pm", "There is no 14:00 pm on a clock."),
            ("mon 25", "There is no 25:00 on a clock."),
            (
                "fri 30 nov 2026",
                "30 November 2026 is a Monday, not a Friday.",
            ),
            ("1 jan 1066", "Give a date between 1970 and 2200."),
            ("31 dec 2200 midnight", "Give a date between 1970 and 2200."),
            ("in 9999 weeks", "Give a date between 1970 and 2200."),
            ("in 99999999999 weeks", "Give a date between 1970 and 2200."),
            ("in 4000000000 hours", "Give a date between 1970 and 2200."),
            (
                "lots",
                "“lots” is not clear as a time. Write it like 30 Nov 14:00 or fri 14:00.",
            ),
        ],
    );
    check_refused(
        &american,
        &[
            ("11/31", "There is no November 31."),
            (
                "soonish",
                "“soonish” is not clear as a time. Write it like Nov 30 2 pm or fri 2 pm.",
            ),
        ],
    );
    for text in [
        "9",
        "13.13.",
        "today tomorrow",
        "fri mon",
        "14:00 15:00",
        "in 2 hours 14:00",
        "in",
        "next",
        "nov",
        "30.",
        "9:5",
        "1.2.3.4",
        "2026",
        "2026-11",
        "14:",
        "+",
        "..",
        "a",
        "1st 2nd",
        "11111111111111111111.5",
        "fri next",
        "::",
        "in 2",
        "2 hours 3 hours",
    ] {
        assert!(
            matches!(read(text, &due()), Err(Why::Unclear(_))),
            "{text}: {:?}",
            read(text, &due())
        );
    }
}

#[test]
fn what_was_decided_is_told() {
    let note = |text| read(text, &due()).unwrap().note;
    assert_eq!(note("fri"), Some(Note::NoTime));
    assert_eq!(note("fri 9:00"), None);
    assert_eq!(note("fri 2"), Some(Note::Afternoon));
    assert_eq!(note("fri 02"), None);
    let american = context(Holds::Moment, Leans::Ahead, AMERICAN);
    let understood = read("2:30", &american).unwrap();
    assert_eq!(understood.note, Some(Note::Afternoon));
    assert_eq!(as_read("2:30", &american).unwrap(), "2026-11-27 14:30");
    let late = Context {
        now: BERLIN.instant(wall("2026-11-27 21:10")),
        ..due()
    };
    check(
        &late,
        &[
            ("tonight", "2026-11-27 22:00"),
            ("today", "2026-11-27 22:00"),
        ],
    );
    // Of which night?
    for text in ["tonight 1", "tomorrow night 2:30", "tonight 0:30"] {
        assert!(matches!(read(text, &due()), Err(Why::Unclear(_))), "{text}");
    }
    assert_eq!(note("fri midnight"), Some(Note::Midnight));
    assert_eq!(note("midnight"), Some(Note::Midnight));
    assert_eq!(note("2027-03-28 02:30"), Some(Note::Skipped));
    assert_eq!(note("2027-10-31 02:30"), Some(Note::Twice));
    assert_eq!(note("2027-10-31 03:00"), None);
    check(
        &due(),
        &[
            ("2027-03-28 02:30", "2027-03-28 03:30"),
            ("2027-10-31 02:30", "2027-10-31 02:30"),
        ],
    );
    let first = read("2027-10-31 02:30", &due()).unwrap().when;
    assert_eq!(first, When::Moment("2027-10-31T00:30:00Z".parse().unwrap()));
}

#[test]
fn values_are_written_as_the_person_has_them() {
    let american = context(Holds::Moment, Leans::Ahead, AMERICAN);
    let at = |text| When::Moment(BERLIN.instant(wall(text)));
    for (when, own, own_echo, theirs, their_echo) in [
        (
            at("2026-11-27 14:00"),
            "27 Nov 2026, 14:00",
            "Fri 27 Nov, 14:00",
            "Nov 27, 2026, 2:00 pm",
            "Fri, Nov 27, 2:00 pm",
        ),
        (
            at("2027-01-02 00:05"),
            "2 Jan 2027, 00:05",
            "Sat 2 Jan 2027, 00:05",
            "Jan 2, 2027, 12:05 am",
            "Sat, Jan 2, 2027, 12:05 am",
        ),
        (
            When::Day(wall("2026-03-02 00:00").date()),
            "2 Mar 2026",
            "Mon 2 Mar",
            "Mar 2, 2026",
            "Mon, Mar 2",
        ),
    ] {
        assert_eq!(write(when, &due()), own);
        assert_eq!(echo(when, &due()), own_echo);
        assert_eq!(write(when, &american), theirs);
        assert_eq!(echo(when, &american), their_echo);
    }
    let day = wall("2026-11-27 00:00").date();
    assert_eq!(day_in_full(day, Order::DayFirst), "Friday 27 November 2026");
    assert_eq!(
        day_in_full(day, Order::MonthFirst),
        "Friday, November 27, 2026"
    );
    assert_eq!(month_title(day), "November 2026");
    assert_eq!(weekdays(AMERICAN)[0], ("Su", "Sunday"));
    assert_eq!(weekdays(AMERICAN)[6], ("Sa", "Saturday"));
}

#[test]
fn what_is_offered_fits_the_field() {
    let labels = |context: &Context<'_>| -> Vec<String> {
        offers(context)
            .into_iter()
            .map(|(label, _)| label)
            .collect()
    };
    assert_eq!(
        labels(&due()),
        ["Today 17:00", "Tomorrow 9:00", "Mon 9:00", "In 1 week"]
    );
    let american = context(Holds::Moment, Leans::Ahead, AMERICAN);
    assert_eq!(
        labels(&american),
        ["Today 5 pm", "Tomorrow 9 am", "Mon 9 am", "In 1 week"]
    );
    let evening = Context {
        now: BERLIN.instant(wall("2026-11-29 18:00")),
        ..due()
    };
    // It is too late for today's, and tomorrow is Monday.
    assert_eq!(labels(&evening), ["Tomorrow 9:00", "In 1 week"]);
    let applied = context(Holds::Day, Leans::Back, Habits::default());
    assert_eq!(labels(&applied), ["Today", "Yesterday", "1 week ago"]);
    let until = context(Holds::Day, Leans::Ahead, Habits::default());
    assert_eq!(labels(&until), ["Today", "Tomorrow", "Mon", "In 1 week"]);
}

#[test]
fn what_is_put_off_goes_on_and_never_into_the_past() {
    let labels = |due_at: &str| -> Vec<String> {
        let due_at = BERLIN.instant(wall(due_at));
        let offered = put_off(due_at, None, &due());
        assert!(
            offered
                .iter()
                .all(|(_, at)| *at > due_at && *at > due().now)
        );
        offered.into_iter().map(|(label, _)| label).collect()
    };
    let usual = [
        "In 1 hour",
        "This evening",
        "Tomorrow 9:00",
        "Mon 9:00",
        "In 1 week",
    ];
    // What is before something is not put off past that.
    let (due_at, until) = ("2026-11-20 09:00", "2026-11-30 08:00");
    let instant = |text| BERLIN.instant(wall(text));
    let before = put_off(instant(due_at), Some(instant(until)), &due());
    assert!(before.iter().all(|(_, at)| *at < instant(until)));
    let before: Vec<&str> = before.iter().map(|(label, _)| label.as_str()).collect();
    let expected = [
        "In 1 hour",
        "This evening",
        "Tomorrow 9:00",
        "1 day before",
        "2 hours before",
        "1 hour before",
        "10 minutes before",
    ];
    assert_eq!(before, expected);
    let (now, until) = (due().now, due().now + chrono::Duration::minutes(30));
    let soon = put_off(now - chrono::Duration::minutes(30), Some(until), &due());
    let soon: Vec<&str> = soon.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(soon, ["10 minutes before"]);
    assert_eq!(labels("2026-11-20 09:00"), usual);
    let monday = labels("2026-11-30 09:00");
    assert_eq!(monday, ["A day later", "A week later"]);
    // Tomorrow's day later is no other chip's time, and is not offered twice.
    let tomorrow = labels("2026-11-28 09:00");
    assert_eq!(tomorrow, ["Mon 9:00", "A day later", "A week later"]);
    assert_eq!(labels("2026-11-29 09:00"), ["Mon 9:00", "A week later"]);
}

#[test]
fn a_calendar_shows_six_whole_weeks() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let cells: Vec<_> = month_cells(day("2026-11-27"), Weekday::Mon).collect();
    assert_eq!(
        (cells.len(), cells[0], cells[41]),
        (42, day("2026-10-26"), day("2026-12-06"))
    );
    let sundays: Vec<_> = month_cells(day("2026-11-27"), Weekday::Sun).collect();
    assert_eq!(sundays[0], day("2026-11-01"));
    assert_eq!(half_hours().count(), 48);
}

#[test]
fn keys_walk_over_a_calendar() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    for (from, key, shift, to) in [
        ("2026-11-27", "ArrowLeft", false, Some("2026-11-26")),
        ("2026-11-30", "ArrowRight", false, Some("2026-12-01")),
        ("2026-11-27", "ArrowUp", false, Some("2026-11-20")),
        ("2026-11-27", "ArrowDown", false, Some("2026-12-04")),
        ("2026-11-27", "Home", false, Some("2026-11-23")),
        ("2026-11-27", "End", false, Some("2026-11-29")),
        ("2026-11-23", "Home", false, Some("2026-11-23")),
        ("2026-10-31", "PageDown", false, Some("2026-11-30")),
        ("2026-11-27", "PageUp", false, Some("2026-10-27")),
        ("2024-02-29", "PageDown", true, Some("2025-02-28")),
        ("2200-12-31", "ArrowRight", false, None),
        ("1970-01-01", "PageUp", true, None),
        ("2026-11-27", "a", false, None),
    ] {
        assert_eq!(
            step(day(from), key, shift, Weekday::Mon),
            to.map(day),
            "{from} {key}"
        );
    }
    assert_eq!(
        step(day("2026-11-27"), "Home", false, Weekday::Sun),
        Some(day("2026-11-22"))
    );
}

fn any_habits() -> impl Strategy<Value = Habits> {
    (any::<bool>(), any::<bool>(), 0_u8..7).prop_map(|(month_first, hours_12, start)| Habits {
        order: if month_first {
            Order::MonthFirst
        } else {
            Order::DayFirst
        },
        clock: if hours_12 {
            Clock::Hours12
        } else {
            Clock::Hours24
        },
        week_start: Weekday::try_from(start).unwrap(),
    })
}

fn any_leans() -> impl Strategy<Value = Leans> {
    any::<bool>().prop_map(|ahead| if ahead { Leans::Ahead } else { Leans::Back })
}

/// A minute of the years that there are.
fn any_minute() -> impl Strategy<Value = DateTime<Utc>> {
    (60_i64 * 24..121_000_000).prop_map(|minute| DateTime::from_timestamp(minute * 60, 0).unwrap())
}

const ZONES: [Tz; 4] = [
    BERLIN,
    chrono_tz::Africa::Lagos,
    chrono_tz::America::St_Johns,
    chrono_tz::Australia::Lord_Howe,
];

proptest! {
    #[test]
    fn a_moment_is_read_as_it_is_written(at in any_minute(), now in any_minute(), zone in 0_usize..4, habits in any_habits(), leans in any_leans()) {
        let zone = &ZONES[zone];
        let context = Context { now, zone, habits, holds: Holds::Moment, leans };
        // Of two moments that a clock shows alike the first is meant.
        let meant = When::Moment(zone.instant(zone.local(at)));
        let text = write(When::Moment(at), &context);
        prop_assert_eq!(read(&text, &context).map(|it| it.when), Ok(meant), "{}", &text);
        if zone.local(at).year() == zone.local(now).year() {
            return Ok(());
        }
        // With the weekday and the year.
        let text = echo(When::Moment(at), &context);
        prop_assert_eq!(read(&text, &context).map(|it| it.when), Ok(meant), "{}", &text);
    }

    #[test]
    fn a_day_is_read_as_it_is_written(at in any_minute(), now in any_minute(), habits in any_habits(), leans in any_leans()) {
        let context = Context { now, zone: &Utc, habits, holds: Holds::Day, leans };
        let (day, time) = (at.date_naive(), at.time());
        for text in [
            write(When::Day(day), &context),
            day_in_full(day, habits.order),
            day.to_string(),
            day.format("%d.%m.%Y").to_string(),
            if habits.order == Order::MonthFirst { day.format("%m/%d/%Y") } else { day.format("%d/%m/%Y") }.to_string(),
        ] {
            prop_assert_eq!(read(&text, &context).map(|it| it.when), Ok(When::Day(day)), "{}", &text);
        }
        let context = Context { holds: Holds::Moment, ..context };
        let text = format!("{day} {}", clock(time, habits.clock));
        prop_assert_eq!(read(&text, &context).map(|it| it.when), Ok(When::Moment(at)), "{}", &text);
    }

    #[test]
    fn no_text_breaks_it(text in any::<String>(), now in any_minute(), habits in any_habits(), leans in any_leans()) {
        for holds in [Holds::Day, Holds::Moment] {
            let context = Context { now, zone: &BERLIN, habits, holds, leans };
            if let Err(why) = read(&text, &context) {
                prop_assert!(why.sentence(&context).ends_with('.'));
            }
        }
    }

    /// The same of what nearly means something.
    #[test]
    fn no_words_break_it(words in prop::collection::vec("in|next|last|ago|fri|mon|nov|february|today|the|a|noon|midnight|now|weeks?|hours|am|pm|st|th|t|z|[0-9]{1,11}|[.:/,'+ -]", 0..9), now in any_minute(), habits in any_habits(), leans in any_leans()) {
        for (holds, between) in [(Holds::Day, ""), (Holds::Moment, ""), (Holds::Day, " "), (Holds::Moment, " ")] {
            let context = Context { now, zone: &BERLIN, habits, holds, leans };
            match read(&words.join(between), &context) {
                Ok(understood) => {
                    let year = context.parts(understood.when).0.year();
                    prop_assert!(crate::domain::time::YEARS.contains(&year));
                    // It goes into the field as it is, and is the same there.
                    let again = read(&write(understood.when, &context), &context);
                    prop_assert_eq!(again.map(|it| it.when), Ok(understood.when));
                }
                Err(why) => prop_assert!(why.sentence(&context).ends_with('.')),
            }
        }
    }
}
