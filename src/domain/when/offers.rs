//! What is offered to be picked: words that [`read`] knows.

use super::{Clock, Context, Holds, Leans, When, read};

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
