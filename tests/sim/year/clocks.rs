//! What clocks on a wall show, and when it is quiet: found by looking at every minute.

use job_hunt_tracker::{domain::time::ZoneRules, server::zones::Zone};

/// Milliseconds since 1970.
pub type Ms = i64;

pub const SECOND: Ms = 1_000;
pub const MINUTE: Ms = 60 * SECOND;
pub const HOUR: Ms = 60 * MINUTE;
pub const DAY: Ms = 24 * HOUR;

pub fn at(ms: Ms) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_millis(ms).unwrap()
}

/// The clocks of a zone: how far they are ahead of UTC, from when on. None of them jumps at another moment
/// than a whole minute.
#[derive(Debug)]
pub struct Clocks(Vec<(Ms, Ms)>);

impl Clocks {
    /// Looks at all of the time between two moments.
    pub fn of(zone: &str, from: Ms, until: Ms) -> Self {
        let zone = Zone::named(zone).unwrap();
        let ahead = |moment: Ms| Ms::from(zone.offset_seconds(at(moment))) * SECOND;
        let (mut all, mut hour) = (vec![(Ms::MIN, ahead(from))], from);
        while hour < until {
            if ahead(hour) != ahead(hour + HOUR) {
                let minutes = (1..=60).map(|minute| hour + minute * MINUTE);
                for minute in minutes.filter(|it| ahead(*it) != ahead(it - MINUTE)) {
                    all.push((minute, ahead(minute)));
                }
            }
            hour += HOUR;
        }
        Self(all)
    }

    /// What they show, in milliseconds since they showed the beginning of 1970.
    pub fn wall(&self, moment: Ms) -> Ms {
        let since = self.0.iter().rev().find(|(since, _)| *since <= moment);
        moment + since.unwrap().1
    }

    /// The first moment at which they show so late a time, or a later one.
    fn first(&self, wall: Ms) -> Ms {
        let ends = self.0.iter().skip(1).map(|(since, _)| *since);
        let ends = ends.chain([Ms::MAX]);
        for ((since, ahead), end) in self.0.iter().zip(ends) {
            let moment = (wall - ahead).max(*since);
            if moment < end {
                return moment;
            }
        }
        unreachable!("the last part has no end")
    }

    /// So many days after a moment, at the same time on the wall; the end of a gap that has that time in it.
    pub fn days_after(&self, moment: Ms, days: Ms) -> Ms {
        self.first(self.wall(moment) + days * DAY)
    }
}

/// From and until which minute of the day nobody wants to hear anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Ms,
    pub until: Ms,
}

impl Window {
    pub fn is_quiet(self, moment: Ms, clocks: &Clocks) -> bool {
        let minute = clocks.wall(moment).rem_euclid(DAY) / MINUTE;
        if self.from == self.until {
            false
        } else if self.from < self.until {
            self.from <= minute && minute < self.until
        } else {
            self.from <= minute || minute < self.until
        }
    }

    /// The first moment from then on at which it is not quiet.
    pub fn over(self, mut moment: Ms, clocks: &Clocks) -> Ms {
        while self.is_quiet(moment, clocks) {
            moment = (moment.div_euclid(MINUTE) + 1) * MINUTE;
        }
        moment
    }

    /// The first moment of the quiet that there is then.
    pub fn began(self, moment: Ms, clocks: &Clocks) -> Ms {
        let mut first = moment.div_euclid(MINUTE) * MINUTE;
        while self.is_quiet(first - MINUTE, clocks) {
            first -= MINUTE;
        }
        first
    }
}
