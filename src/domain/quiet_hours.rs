//! Hours in which nobody is reminded of anything: what is due then waits until they are over, unless it
//! would come too late.

use super::{
    settings::{ClockTime, Settings},
    time::{Timestamp, ZoneRules, to_millis},
};
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};

/// How long before quiet hours goes out what would come too late after them.
const EARLIER: Duration = Duration::minutes(1);

/// What is found within this of its time is not late: whoever looks does not wake up to the millisecond.
const IN_TIME: Duration = Duration::minutes(1);

/// Quiet hours on a person's wall: from a time, until another one, on the same day or the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    start: NaiveTime,
    end: NaiveTime,
}

/// The quiet hours that are offered to whoever has none: from 21:00 until 8:00, the example of the
/// requirements.
pub fn night() -> (ClockTime, ClockTime) {
    (ClockTime::at_hour(21), ClockTime::at_hour(8))
}

/// When a reminder goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// At this moment.
    pub at: Timestamp,
    /// Whether it may ring, as a mail does; what cannot go out before quiet hours any more, and would be
    /// too late after them, only stands in the app.
    pub rings: bool,
}

impl QuietHours {
    /// From `start` until just before `end`. None where both are the same: that is no time at all.
    pub fn new(start: ClockTime, end: ClockTime) -> Option<Self> {
        let (start, end) = (start.time(), end.time());
        (start != end).then_some(Self { start, end })
    }

    /// Those of a person, if there are any.
    pub fn of(settings: &Settings) -> Option<Self> {
        Self::new(settings.quiet_hours_start?, settings.quiet_hours_end?)
    }

    /// Whether it is quiet while the clock shows `wall`.
    fn has(self, wall: NaiveTime) -> bool {
        if self.start < self.end {
            (self.start..self.end).contains(&wall)
        } else {
            wall >= self.start || wall < self.end
        }
    }

    /// Whether it is quiet at `at`.
    pub fn is_quiet(self, at: Timestamp, zone: &(impl ZoneRules + ?Sized)) -> bool {
        self.has(zone.local(at).time())
    }

    /// The first moment from `at` on at which it is not quiet: the end, or a jump of the clocks over it.
    pub fn over(self, at: Timestamp, zone: &(impl ZoneRules + ?Sized)) -> Timestamp {
        if !self.is_quiet(at, zone) {
            return at;
        }
        let mut changes = moments(at, self.end, zone);
        changes.retain(|moment| *moment > at && !self.is_quiet(*moment, zone));
        // Some day has an end.
        changes.into_iter().min().unwrap_or(at)
    }

    /// When the quiet hours began that are at `at`: the first moment from which it is quiet until then.
    fn began(self, at: Timestamp, zone: &(impl ZoneRules + ?Sized)) -> Timestamp {
        let mut starts = moments(at, self.start, zone);
        let before = |moment: Timestamp| self.is_quiet(moment - Duration::milliseconds(1), zone);
        starts.retain(|moment| *moment <= at && self.is_quiet(*moment, zone) && !before(*moment));
        starts.into_iter().max().unwrap_or(at)
    }
}

/// The start and the end that a person typed; none where both are blank, which is no quiet hours.
///
/// # Errors
/// What is missing or makes no sense, in a sentence: nothing of it is to be saved.
pub fn typed(start: &str, end: &str) -> Result<Option<(String, String)>, &'static str> {
    match (start.trim(), end.trim()) {
        ("", "") => Ok(None),
        (_, "") => Err("Also say until when. Empty both for no quiet hours."),
        ("", _) => Err("Also say from when. Empty both for no quiet hours."),
        (start, end) if start == end => {
            Err("From a time until the same time is no quiet time at all. Change one of them.")
        }
        (start, end) => Ok(Some((start.to_owned(), end.to_owned()))),
    }
}

/// When a reminder goes out that is `due`, and planned at `now`. `event` is when what it is before begins.
pub fn sending(
    due: Timestamp,
    event: Option<Timestamp>,
    now: Timestamp,
    quiet: Option<QuietHours>,
    zone: &(impl ZoneRules + ?Sized),
) -> Sending {
    let Some(quiet) = quiet.filter(|quiet| quiet.is_quiet(due, zone)) else {
        return Sending {
            at: due,
            rings: true,
        };
    };
    let over = quiet.over(due, zone);
    if event.is_none_or(|event| over < event) {
        return Sending {
            at: over,
            rings: true,
        };
    }
    let earlier = quiet.began(due, zone) - EARLIER;
    if earlier >= now {
        Sending {
            at: earlier,
            rings: true,
        }
    } else {
        Sending {
            at: now,
            rings: false,
        }
    }
}

/// When goes out at last what was to go out by `now`: then, or when the quiet hours are over in which it
/// is now. `due` is when it was wanted. What was to go out within the last minute goes: the quiet hours began
/// while it was on its way.
pub fn sending_late(
    due: Timestamp,
    event: Option<Timestamp>,
    now: Timestamp,
    quiet: Option<QuietHours>,
    zone: &(impl ZoneRules + ?Sized),
) -> Timestamp {
    let Some(quiet) = quiet.filter(|quiet| quiet.is_quiet(now, zone)) else {
        return now;
    };
    let planned = sending(due, event, now, Some(quiet), zone);
    let is_in_time = planned.rings && planned.at <= now && now - planned.at <= IN_TIME;
    let over = quiet.over(now, zone);
    // What would be too late then: it was due before these hours, or could not go out before them.
    if is_in_time || event.is_some_and(|event| over >= event) || due > now {
        now
    } else {
        over
    }
}

/// The moments about `at`, a day and more on either side, at which clocks show `time`, and those at which
/// they jump: over it, or back to before it.
fn moments(at: Timestamp, time: NaiveTime, zone: &(impl ZoneRules + ?Sized)) -> Vec<Timestamp> {
    let day = zone.day(at);
    let days = [-2, -1, 0, 1, 2].map(|days| plus_days(day, days));
    let days = days.into_iter().flatten();
    let mut all: Vec<Timestamp> = days.flat_map(|day| shown(day, time, zone)).collect();
    for days in -2..2 {
        let (early, late) = (at + Duration::days(days), at + Duration::days(days + 1));
        if zone.offset_seconds(early) != zone.offset_seconds(late) {
            all.push(jump(early, late, zone));
        }
    }
    all
}

/// A day so many days later.
fn plus_days(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    let many = Days::new(days.unsigned_abs());
    if days < 0 {
        day.checked_sub_days(many)
    } else {
        day.checked_add_days(many)
    }
}

/// The moments at which a clock shows `time` on `day`: one, or two where it is set back then. Where it is
/// set over that time, the moment after the jump.
fn shown(day: NaiveDate, time: NaiveTime, zone: &(impl ZoneRules + ?Sized)) -> Vec<Timestamp> {
    let wall = day.and_time(time);
    let as_utc = wall.and_utc();
    let offset = |at: DateTime<Utc>| zone.offset_seconds(at);
    let (early, late) = (as_utc - Duration::days(1), as_utc + Duration::days(1));
    let mut offsets = vec![offset(early), offset(late)];
    offsets.dedup();
    let candidates = offsets
        .iter()
        .map(|it| as_utc - Duration::seconds((*it).into()));
    let mut found: Vec<_> = candidates.filter(|at| zone.local(*at) == wall).collect();
    if found.is_empty() {
        found.push(jump(early, late, zone));
    }
    found.sort();
    found
}

/// The moment between two, of different offsets, from which clocks are as they are at the second one.
fn jump(mut early: Timestamp, mut late: Timestamp, zone: &(impl ZoneRules + ?Sized)) -> Timestamp {
    let after = zone.offset_seconds(late);
    while late - early > Duration::milliseconds(1) {
        let middle = to_millis(early + (late - early) / 2);
        if zone.offset_seconds(middle) == after {
            late = middle;
        } else {
            early = middle;
        }
    }
    late
}

/// The moment at which a clock shows the time of `from` so many days later: the first where it shows it
/// twice, and the moment after the jump where it skips it.
pub fn days_after(from: Timestamp, days: i64, zone: &(impl ZoneRules + ?Sized)) -> Timestamp {
    let wall = zone.local(from);
    let moment = plus_days(wall.date(), days)
        .and_then(|day| shown(day, wall.time(), zone).into_iter().min());
    moment.unwrap_or(from + Duration::days(days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;
    use chrono_tz::Tz;

    fn clock(text: &str) -> ClockTime {
        text.to_owned().try_into().unwrap()
    }

    fn quiet(start: &str, end: &str) -> Option<QuietHours> {
        QuietHours::new(clock(start), clock(end))
    }

    fn at(zone: Tz, wall: &str) -> Timestamp {
        let wall = chrono::NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M").unwrap();
        zone.from_local_datetime(&wall).earliest().unwrap().to_utc()
    }

    fn shows(zone: Tz, at: Timestamp) -> String {
        zone.local(at).format("%m-%d %H:%M").to_string()
    }

    const BERLIN: Tz = chrono_tz::Europe::Berlin;
    /// Zones of all sorts: none that changes, half hours, a day ahead, a night in Ramadan.
    const ZONES: [Tz; 9] = [
        chrono_tz::Africa::Lagos,
        chrono_tz::America::New_York,
        BERLIN,
        chrono_tz::Africa::Cairo,
        chrono_tz::Asia::Kathmandu,
        chrono_tz::Pacific::Apia,
        chrono_tz::America::St_Johns,
        chrono_tz::Australia::Lord_Howe,
        chrono_tz::Africa::Casablanca,
    ];

    #[test]
    fn what_is_due_in_quiet_hours_waits_unless_it_would_come_too_late() {
        let made = at(BERLIN, "2026-02-01 12:00");
        // What it is before, when it is due, when it goes out.
        let table = [
            (
                "an hour before 8:30",
                Some("2026-02-03 08:30"),
                "2026-02-03 07:30",
                "02-03 08:00",
            ),
            (
                "an hour before 7:45",
                Some("2026-02-03 07:45"),
                "2026-02-03 06:45",
                "02-02 20:59",
            ),
            (
                "at the end exactly it is too late",
                Some("2026-02-03 08:00"),
                "2026-02-03 07:00",
                "02-02 20:59",
            ),
            (
                "a day before 22:30",
                Some("2026-02-04 22:30"),
                "2026-02-03 22:30",
                "02-04 08:00",
            ),
            ("before nothing", None, "2026-02-03 03:00", "02-03 08:00"),
            ("the first minute", None, "2026-02-03 21:00", "02-04 08:00"),
            ("the minute before", None, "2026-02-03 20:59", "02-03 20:59"),
            ("the end", None, "2026-02-03 08:00", "02-03 08:00"),
        ];
        for (what, event, due, expected) in table {
            let event = event.map(|event| at(BERLIN, event));
            let sending = sending(
                at(BERLIN, due),
                event,
                made,
                quiet("21:00", "08:00"),
                &BERLIN,
            );
            assert_eq!(shows(BERLIN, sending.at), expected, "{what}");
            assert!(sending.rings, "{what}");
        }
        // Made in the night, too late for the evening: it stands in the app, and does not ring.
        let made = at(BERLIN, "2026-02-02 23:00");
        let event = Some(at(BERLIN, "2026-02-03 07:45"));
        let due = at(BERLIN, "2026-02-03 06:45");
        let sending = sending(due, event, made, quiet("21:00", "08:00"), &BERLIN);
        assert_eq!(
            sending,
            Sending {
                at: made,
                rings: false
            }
        );
    }

    #[test]
    fn half_of_them_is_not_taken_for_all() {
        assert_eq!(typed("", " "), Ok(None));
        assert_eq!(
            typed("21:00", "08:00"),
            Ok(Some(("21:00".into(), "08:00".into())))
        );
        for (start, end, why) in [
            ("21:00", "", "until when"),
            ("", "08:00", "from when"),
            ("22:00", "22:00", "no quiet time"),
        ] {
            let said = typed(start, end).unwrap_err();
            assert!(said.contains(why), "{start}–{end}: {said}");
        }
    }

    #[test]
    fn start_equal_to_end_is_no_time_at_all() {
        assert_eq!(quiet("00:00", "00:00"), None);
        assert_eq!(quiet("08:00", "08:00"), None);
        let due = at(BERLIN, "2026-02-03 03:00");
        assert_eq!(sending(due, None, due, None, &BERLIN).at, due);
    }

    #[test]
    fn hours_within_one_day_are_those() {
        let lunch = quiet("12:00", "13:30");
        let due = |wall: &str| {
            sending(
                at(BERLIN, wall),
                None,
                at(BERLIN, "2026-02-01 00:00"),
                lunch,
                &BERLIN,
            )
        };
        assert_eq!(shows(BERLIN, due("2026-02-03 12:30").at), "02-03 13:30");
        assert_eq!(shows(BERLIN, due("2026-02-03 23:30").at), "02-03 23:30");
    }

    #[test]
    fn what_comes_late_waits_too_where_that_is_of_use() {
        let quiet = quiet("21:00", "08:00");
        let late = |due: &str, event: Option<&str>, now: &str| {
            let event = event.map(|event| at(BERLIN, event));
            let at = sending_late(at(BERLIN, due), event, at(BERLIN, now), quiet, &BERLIN);
            shows(BERLIN, at)
        };
        let early = Some("2026-02-03 07:30");
        // When it was due, what it is before, when it is found, when it goes out.
        for (what, due, event, now, expected) in [
            (
                "due in the evening",
                "02-02 20:00",
                None,
                "02-02 23:00",
                "02-03 08:00",
            ),
            (
                "it was on its way",
                "02-02 20:59",
                None,
                "02-02 21:00",
                "02-02 21:00",
            ),
            (
                "for two minutes",
                "02-02 20:58",
                None,
                "02-02 21:00",
                "02-03 08:00",
            ),
            (
                "known since then, as a change",
                "02-02 23:00",
                None,
                "02-02 23:00",
                "02-03 08:00",
            ),
            (
                "of no use then",
                "02-02 20:00",
                early,
                "02-02 23:00",
                "02-02 23:00",
            ),
            (
                "it was to go before",
                "02-03 06:30",
                early,
                "02-02 21:10",
                "02-02 21:10",
            ),
            (
                "found by day",
                "02-02 20:00",
                None,
                "02-03 09:00",
                "02-03 09:00",
            ),
        ] {
            let year = |moment: &str| format!("2026-{moment}");
            assert_eq!(late(&year(due), event, &year(now)), expected, "{what}");
        }
    }

    #[test]
    fn an_end_that_clocks_skip_is_the_moment_after_the_jump() {
        // 2026-03-29: from 2:00 to 3:00.
        let quiet = quiet("21:00", "02:30").unwrap();
        let over = quiet.over(at(BERLIN, "2026-03-28 23:00"), &BERLIN);
        assert_eq!(shows(BERLIN, over), "03-29 03:00");
        // 2026-10-25: 2:30 comes twice.
        let first = quiet.over(at(BERLIN, "2026-10-24 23:00"), &BERLIN);
        assert_eq!(first.to_rfc3339(), "2026-10-25T00:30:00+00:00");
        // 2026-04-24: Cairo goes from 0:00 to 1:00.
        let cairo = chrono_tz::Africa::Cairo;
        let over = QuietHours::new(clock("21:00"), clock("00:15"))
            .unwrap()
            .over(at(cairo, "2026-04-23 22:00"), &cairo);
        assert_eq!(shows(cairo, over), "04-24 01:00");
    }

    #[test]
    fn days_later_is_the_same_time_on_the_wall() {
        let day = |days| {
            shows(
                BERLIN,
                days_after(at(BERLIN, "2026-03-28 02:30"), days, &BERLIN),
            )
        };
        assert_eq!(
            [day(0), day(1), day(2)],
            ["03-28 02:30", "03-29 03:00", "03-30 02:30"]
        );
        let cairo = chrono_tz::Africa::Cairo;
        let day = |days| {
            shows(
                cairo,
                days_after(at(cairo, "2026-04-23 00:15"), days, &cairo),
            )
        };
        assert_eq!([day(1), day(2)], ["04-24 01:00", "04-25 00:15"]);
    }

    /// A quarter of an hour: clocks jump by whole ones, and the hours below begin and end at whole ones.
    const STEP: Duration = Duration::minutes(15);

    /// The second model: it looks at every quarter of an hour.
    struct Naive<'a> {
        from: &'a str,
        until: &'a str,
        zone: Tz,
    }

    impl Naive<'_> {
        fn is_quiet(&self, at: Timestamp) -> bool {
            let wall = self.zone.local(at).format("%H:%M").to_string();
            if self.from < self.until {
                *self.from <= *wall && *wall < *self.until
            } else {
                *self.from <= *wall || *wall < *self.until
            }
        }

        fn over(&self, mut at: Timestamp) -> Timestamp {
            while self.is_quiet(at) {
                let next = at.timestamp() - at.timestamp().rem_euclid(900) + 900;
                at = DateTime::from_timestamp(next, 0).unwrap();
            }
            at
        }

        fn began(&self, mut at: Timestamp) -> Timestamp {
            let quarter = at.timestamp() - at.timestamp().rem_euclid(900);
            at = DateTime::from_timestamp(quarter, 0).unwrap();
            while self.is_quiet(at - STEP) {
                at -= STEP;
            }
            at
        }

        /// When it goes out, and whether it rings.
        fn sending(&self, due: Timestamp, event: Option<Timestamp>, made: Timestamp) -> Sending {
            if !self.is_quiet(due) {
                return Sending {
                    at: due,
                    rings: true,
                };
            }
            let over = self.over(due);
            match event {
                Some(event) if over >= event => {
                    let before = self.began(due) - Duration::minutes(1);
                    let rings = before >= made;
                    Sending {
                        at: if rings { before } else { made },
                        rings,
                    }
                }
                _ => Sending {
                    at: over,
                    rings: true,
                },
            }
        }
    }

    /// Windows: over midnight, within a day, ends that jumps hit.
    const WINDOWS: [(&str, &str); 5] = [
        ("21:00", "08:00"),
        ("22:15", "06:45"),
        ("00:00", "02:30"),
        ("12:00", "13:30"),
        ("02:30", "01:45"),
    ];

    /// The times from 2024 to 2030 at which clocks of a zone jump.
    fn jumps(zone: Tz) -> Vec<Timestamp> {
        let day = |n: i64| DateTime::from_timestamp((19_723 + n) * 86_400, 0).unwrap();
        let mut all = Vec::new();
        for n in 0..7 * 365 {
            if zone.offset_seconds(day(n)) != zone.offset_seconds(day(n + 1)) {
                all.push(jump(day(n), day(n + 1), &zone));
            }
        }
        all
    }

    #[test]
    fn around_each_jump_of_every_zone_it_is_as_looking_at_every_quarter_says() {
        let mut count = 0;
        for zone in chrono_tz::TZ_VARIANTS {
            for (n, jump) in jumps(zone).into_iter().enumerate() {
                let (from, until) = WINDOWS[n % WINDOWS.len()];
                let quiet = QuietHours::new(clock(from), clock(until)).unwrap();
                let naive = Naive { from, until, zone };
                for step in -20..=20 {
                    let due = jump + Duration::minutes(73 * step);
                    count += 1;
                    assert_eq!(quiet.is_quiet(due, &zone), naive.is_quiet(due));
                    assert_eq!(
                        quiet.over(due, &zone),
                        naive.over(due),
                        "{zone} {due} {from} {until}"
                    );
                }
            }
        }
        assert!(count > 10_000, "{count}");
    }

    #[test]
    fn in_nine_zones_it_is_as_the_second_model_has_it() {
        for zone in ZONES {
            let mut days = vec![at(zone, "2026-06-10 12:00"), at(zone, "2027-01-20 12:00")];
            days.extend(jumps(zone));
            for day in days {
                for (from, until) in WINDOWS {
                    let quiet = QuietHours::new(clock(from), clock(until)).unwrap();
                    let naive = Naive { from, until, zone };
                    // Due before, in and after the window; made before it and in it; before nothing, or
                    // before something that is sooner or later than its end.
                    for step in -13..=13 {
                        let due = day + Duration::minutes(127 * step);
                        for made in [due - Duration::days(3), due - Duration::minutes(20)] {
                            for event in [None, Some(15), Some(180), Some(3000)] {
                                let event = event.map(|minutes| due + Duration::minutes(minutes));
                                let got = sending(due, event, made, Some(quiet), &zone);
                                let expected = naive.sending(due, event, made);
                                assert_eq!(
                                    got, expected,
                                    "{zone} {due} {event:?} {made} {from} {until}"
                                );
                                if got.rings && event.is_some_and(|event| got.at >= event) {
                                    panic!("it comes after what it is before: {zone} {due}");
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
