//! What is offered to be picked: words that [`read`] knows.

use super::{Clock, Context, Holds, Leans, When, read};
use crate::domain::time::Timestamp;
use chrono::Duration;

/// A day in words, and the hour that goes with it where a moment is wanted.
type Offer = (&'static str, Option<u32>);

const AHEAD: [Offer; 4] = [
    ("Today", Some(17)),
    ("Tomorrow", Some(9)),
    ("Mon", Some(9)),
    ("In 1 week", None),
];

const BACK: [Offer; 3] = [("Today", None), ("Yesterday", None), ("1 week ago", None)];

/// What is offered, by what it is called: nothing twice, and nothing that a field which looks ahead has
/// behind it.
pub fn offers(context: &Context<'_>) -> Vec<(String, When)> {
    let all: &[Offer] = match context.leans {
        Leans::Ahead => &AHEAD,
        Leans::Back => &BACK,
    };
    let mut offers: Vec<(String, When)> = Vec::with_capacity(all.len());
    for (day, hour) in all {
        let label = match (context.holds, hour, context.habits.clock) {
            (Holds::Day, ..) | (_, None, _) => (*day).to_owned(),
            (_, Some(hour), Clock::Hours24) => format!("{day} {hour}:00"),
            (_, Some(hour), Clock::Hours12) => {
                let half = if *hour < 12 { "am" } else { "pm" };
                format!("{day} {} {half}", (hour + 11) % 12 + 1)
            }
        };
        let Ok(understood) = read(&label, context) else {
            continue;
        };
        let when = understood.when;
        let is_over =
            matches!((context.leans, when), (Leans::Ahead, When::Moment(at)) if at <= context.now);
        if !is_over && offers.iter().all(|(_, known)| *known != when) {
            offers.push((label, when));
        }
    }
    offers
}

/// How long before something one may be reminded of it, in minutes.
const BEFORE: [(&str, i64); 4] = [
    ("1 day before", 24 * 60),
    ("2 hours before", 120),
    ("1 hour before", 60),
    ("10 minutes before", 10),
];

/// How long before `begins` one of the offers is that comes at `at`; none where none does.
pub fn lead_of(at: Timestamp, begins: Timestamp) -> Option<Duration> {
    let leads = BEFORE.map(|(_, minutes)| Duration::minutes(minutes));
    leads.into_iter().find(|lead| begins - at == *lead)
}

/// When one may be reminded before something that begins at `until`: what is still ahead.
pub fn before(until: Timestamp, now: Timestamp) -> Vec<(&'static str, Timestamp)> {
    let moments = BEFORE.map(|(label, minutes)| (label, until - Duration::minutes(minutes)));
    moments.into_iter().filter(|(_, at)| *at > now).collect()
}

/// The hour of an evening.
const EVENING: u32 = 18;

/// Until when something that is due at `due` may be put off: an hour from now where it is due already, this
/// evening, what is offered of other days anyhow, and a day and a week after `due`, in place of a week from
/// now, where that is ahead.
/// Nothing is earlier than `due`, or as late as what it is before, which is at `until`.
pub fn put_off(
    due: Timestamp,
    until: Option<Timestamp>,
    context: &Context<'_>,
) -> Vec<(String, Timestamp)> {
    let moment = |(label, when)| match when {
        When::Moment(at) => Some((label, at)),
        When::Day(_) => None,
    };
    let (now, today) = (context.now, context.zone.day(context.now));
    let mut offered = Vec::new();
    if due <= now {
        offered.push(("In 1 hour".to_owned(), now + Duration::hours(1)));
    }
    let evening = today.and_hms_opt(EVENING, 0, 0);
    let evening = evening.map(|wall| context.zone.instant(wall));
    if let Some(at) = evening.filter(|at| *at > now) {
        offered.push(("This evening".to_owned(), at));
    }
    let others = offers(context).into_iter().filter_map(moment);
    // What is still ahead is put off from its own time: a week from now beside that would be asked twice.
    let is_ahead =
        |label: &str| due > now && AHEAD.iter().any(|(day, at)| *day == label && at.is_none());
    offered.extend(others.filter(|(label, at)| context.zone.day(*at) != today && !is_ahead(label)));
    if due > now {
        let wall = context.zone.local(due);
        for (label, days) in [("A day later", 1), ("A week later", 7)] {
            let at = context.zone.instant(wall + Duration::days(days));
            if offered.iter().all(|(_, known)| *known != at) {
                offered.push((label.to_owned(), at));
            }
        }
    }
    // Of what is before something the nearer to that is told by how near.
    for (label, at) in until.map(|until| before(until, now)).unwrap_or_default() {
        if offered.iter().all(|(_, known)| *known != at) {
            offered.push((label.to_owned(), at));
        }
    }
    offered.retain(|(_, at)| *at > due && until.is_none_or(|until| *at < until));
    offered
}
