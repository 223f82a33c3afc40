//! The second model: what one person is to be reminded of and when, written from the design (§8) and the
//! specification (3.3) alone. It knows nothing of the planner, of the code of quiet hours, or of what is
//! stored.

use super::clocks::{Clocks, DAY, HOUR, MINUTE, Ms, Window};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use uuid::Uuid;

/// What makes a reminder the only one of its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// A rule's: which, what it is about, from when it is counted, how far.
    Of(String, Uuid, Ms, Ms),
    /// One that the person set.
    Own(Uuid),
}

#[derive(Clone, Debug)]
pub struct Application {
    pub status: &'static str,
    pub since: Ms,
    pub is_archived: bool,
}

impl Application {
    fn is_in_play(&self) -> bool {
        let closed = ["Accepted", "Declined", "Rejected", "Ghosted", "Withdrawn"];
        !self.is_archived && !closed.contains(&self.status)
    }
}

/// An interview or a call.
#[derive(Clone, Debug)]
pub struct Talk {
    pub of: Uuid,
    pub status: &'static str,
    pub stage: Option<&'static str>,
    pub starts: Ms,
    pub minutes: Ms,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub of: Uuid,
    pub about: Option<Uuid>,
    pub due: Ms,
    due_by_hand: bool,
    place: usize,
    pub sent: bool,
    pub expired: bool,
    pub done: bool,
    /// Since when it is called off.
    pub off: Option<Ms>,
    /// By rules, not by the person.
    off_by_rules: bool,
    /// The person wants it though no rule does any more; until the application is closed.
    kept: bool,
    /// The person wants it though the application is closed.
    kept_on_closed: bool,
    /// When it goes out.
    pub goes: Ms,
    /// Since when that is so, and what follows from it.
    since: Ms,
    /// What it followed from: the moment itself, when the appointment begins, the quiet window.
    by: Option<(Ms, Option<Ms>, Option<Window>)>,
    /// It was found at night, and waits until then.
    waits: Option<Ms>,
    /// So old that nobody keeps it any more.
    pub is_forgotten: bool,
}

impl Row {
    pub fn is_open(&self) -> bool {
        !self.sent && !self.expired && !self.done && self.off.is_none() && !self.is_forgotten
    }

    /// Whether it is called off, and did not go out before.
    pub fn is_off(&self) -> bool {
        self.off.is_some() && !self.sent && !self.expired && !self.done
    }

    /// One that rules called off comes back where its time is still to come. What was waiting for the
    /// morning when it was called off does so for a day.
    fn may_come_back(&self, now: Ms) -> bool {
        let waited = self.off.is_some_and(|off| off >= self.due);
        self.off_by_rules && (self.due > now || (waited && now - self.due < DAY))
    }

    /// When the worker is to look at it.
    pub fn looked_at(&self) -> Ms {
        self.goes.max(self.waits.unwrap_or(Ms::MIN))
    }
}

/// What a rule wants.
struct Wish {
    name: Name,
    about: Option<Uuid>,
    due: Ms,
    /// How many of a rule that repeats were before it.
    place: usize,
}

/// What becomes of a reminder that the worker looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Goes,
    /// It is of no use any more, or a nearer one goes out instead.
    Expires,
    /// Until it is not quiet any more.
    Waits(Ms),
}

pub struct Person {
    pub clocks: Rc<Clocks>,
    pub window: Option<Window>,
    /// Rules that the person changed: whether they are on, and their minutes.
    pub rules: BTreeMap<&'static str, (bool, Vec<Ms>)>,
    pub applications: BTreeMap<Uuid, Application>,
    pub talks: BTreeMap<Uuid, Talk>,
    pub rows: BTreeMap<Name, Row>,
    /// Settings were changed, and nothing was planned by them yet.
    pub is_to_plan: bool,
}

impl Person {
    /// The minutes of a rule; none where it is off.
    fn minutes(&self, rule: &str) -> Vec<Ms> {
        if let Some((on, minutes)) = self.rules.get(rule) {
            return if *on { minutes.clone() } else { Vec::new() };
        }
        match rule {
            "applied" => vec![7 * 1440],
            "screening" => vec![24 * 60, 60],
            "loop" => vec![48 * 60, 2 * 60],
            "after_loop" => vec![2 * 1440],
            "offer" => vec![3 * 1440, 1440],
            "on_hold" => vec![14 * 1440],
            other => panic!("no rule: {other}"),
        }
    }

    /// All that rules want of an application.
    fn wishes(&self, id: Uuid, now: Ms) -> Vec<Wish> {
        let of = &self.applications[&id];
        let mut all = Vec::new();
        if !of.is_in_play() {
            return all;
        }
        let talks = || self.talks.iter().filter(|(_, talk)| talk.of == id);
        let on = || talks().filter(|(_, talk)| talk.status != "canceled");
        let days_after = |rule: &str, of: Uuid, about, anchor| {
            let minutes = self.minutes(rule).into_iter();
            let wish = minutes.map(move |minutes| {
                let due = self.clocks.days_after(anchor, minutes / 1440);
                (minutes, due)
            });
            let rule = rule.to_owned();
            wish.map(move |(minutes, due)| Wish {
                name: Name::Of(rule.clone(), of, anchor, minutes),
                about,
                due,
                place: 0,
            })
        };
        match of.status {
            "Applied" if !on().any(|(_, talk)| talk.starts >= of.since) => {
                all.extend(days_after("applied", id, None, of.since));
            }
            "Offer" => all.extend(self.next("offer", id, of.since, now)),
            "On_Hold" => all.extend(self.next("on_hold", id, of.since, now)),
            _ => {}
        }
        for (talk_id, talk) in on() {
            let is_loop = match talk.stage {
                Some("screening") => false,
                Some("technical" | "loop") => true,
                _ => of.status == "Interview_Loop",
            };
            let rule = if is_loop { "loop" } else { "screening" };
            if talk.status == "scheduled" {
                all.extend(self.minutes(rule).into_iter().map(|minutes| Wish {
                    name: Name::Of(rule.to_owned(), *talk_id, talk.starts, minutes),
                    about: Some(*talk_id),
                    due: talk.starts - minutes * MINUTE,
                    place: 0,
                }));
            }
            if is_loop {
                let ends = talk.starts + talk.minutes * MINUTE;
                all.extend(days_after("after_loop", *talk_id, Some(*talk_id), ends));
            }
        }
        all
    }

    /// Of a rule that repeats: the one that waits, or the next.
    fn next(&self, rule: &str, of: Uuid, anchor: Ms, now: Ms) -> Option<Wish> {
        let minutes = self.minutes(rule);
        let (first, every) = (*minutes.first()? / 1440, *minutes.last()? / 1440);
        let of_this: BTreeMap<Ms, &Row> = self
            .rows
            .iter()
            .filter_map(|(name, row)| match name {
                Name::Of(r, o, a, day) if r == rule && *o == of && *a == anchor => {
                    Some((*day, row))
                }
                _ => None,
            })
            .collect();
        let is_settled = |row: &Row| !row.is_open() && !row.off_by_rules;
        // Also where an earlier one was put off, and is not settled any more.
        let settled = || of_this.values().filter(|row| is_settled(row));
        let places = settled().map(|row| row.place + 1).max();
        let place = settled().count().max(places.unwrap_or_default());
        if rule == "offer" && place >= 30 {
            return None;
        }
        // What nobody was there to send is not made up for at the end.
        let is_over = |day: Ms| rule == "offer" && day > first + 29 * every;
        let is_point = |day: Ms| day >= first && (day - first) % every == 0 && !is_over(day);
        let waits = of_this.iter().find(|(day, row)| {
            (row.is_open() || row.may_come_back(now))
                && (is_point(**day) || row.due_by_hand || row.due <= now)
        });
        let mut day = first;
        if let Some((waiting, _)) = waits {
            day = *waiting;
        } else {
            while self.clocks.days_after(anchor, day) <= now
                || of_this.get(&day).is_some_and(|row| is_settled(row))
            {
                day += every;
            }
            if is_over(day) {
                return None;
            }
        }
        Some(Wish {
            name: Name::Of(rule.to_owned(), of, anchor, day),
            about: None,
            due: self.clocks.days_after(anchor, day),
            place,
        })
    }

    /// Plans the reminders of an application. `touched` is the one that the person has just made or changed.
    pub fn plan(&mut self, id: Uuid, now: Ms, touched: Option<&Name>) {
        let Some(of) = self.applications.get(&id) else {
            return;
        };
        let in_play = of.is_in_play();
        let wishes = self.wishes(id, now);
        let mut rows = std::mem::take(&mut self.rows);
        let ours = rows
            .iter_mut()
            .filter(|(_, row)| row.of == id && !row.is_forgotten);
        for (name, row) in ours {
            let wish = wishes.iter().find(|wish| wish.name == *name);
            let is_own = matches!(name, Name::Own(_));
            if let Some(wish) = wish {
                if row.sent || row.expired || row.done {
                    continue;
                }
                if !row.due_by_hand {
                    row.due = wish.due;
                }
            }
            if wish.is_some() || (is_own && in_play) {
                if row.may_come_back(now) {
                    (row.off, row.by) = (None, None);
                }
                if row.off.is_none() {
                    (row.off_by_rules, row.kept, row.kept_on_closed) = (false, false, false);
                }
                continue;
            }
            if row.is_open() && touched == Some(name) {
                row.kept |= in_play;
                row.kept_on_closed |= !in_play;
            }
            let stands = row.kept_on_closed || (row.kept && in_play);
            if row.is_open() && !stands {
                (row.off, row.off_by_rules) = (Some(now), true);
            } else if row.kept && in_play && row.may_come_back(now) {
                (row.off, row.off_by_rules, row.by) = (None, false, None);
            }
        }
        for wish in wishes {
            if wish.due > now && !rows.contains_key(&wish.name) {
                let mut row = Row::new(id, wish.about, wish.due);
                (row.due_by_hand, row.place) = (false, wish.place);
                rows.insert(wish.name, row);
            }
        }
        self.rows = rows;
        self.schedule(id, now);
    }

    /// When a reminder's appointment begins, if it is before one.
    fn begins(&self, row: &Row) -> Option<Ms> {
        let talk = self.talks.get(&row.about?)?;
        (talk.status == "scheduled" && row.due < talk.starts).then_some(talk.starts)
    }

    /// Whether it is quiet for the person.
    pub fn is_quiet(&self, moment: Ms) -> bool {
        self.window
            .is_some_and(|window| window.is_quiet(moment, &self.clocks))
    }

    /// Notes when the reminders of an application go out.
    fn schedule(&mut self, id: Uuid, now: Ms) {
        let mut rows = std::mem::take(&mut self.rows);
        let ours = rows
            .values_mut()
            .filter(|row| row.of == id && row.is_open());
        for row in ours {
            let goes = match self.window.filter(|_| self.is_quiet(row.due)) {
                None => row.due,
                Some(window) => {
                    let over = window.over(row.due, &self.clocks);
                    let before = window.began(row.due, &self.clocks) - MINUTE;
                    if self.begins(row).is_none_or(|begins| over < begins) {
                        over
                    } else if before >= now {
                        before
                    } else {
                        // At once; or it stood there already.
                        row.goes.min(now)
                    }
                }
            };
            row.goes = goes;
            row.waits = (goes <= now).then(|| self.waits(row, now)).flatten();
            let by = Some((goes, self.begins(row), self.window));
            if row.by != by {
                (row.by, row.since) = (by, now);
            }
        }
        self.rows = rows;
    }

    /// Until when a reminder waits that is found late, where it is quiet. Within a minute is not late.
    fn waits(&self, row: &Row, now: Ms) -> Option<Ms> {
        if now - row.goes <= LATE {
            return None;
        }
        let window = self.window.filter(|_| self.is_quiet(now))?;
        let over = window.over(now, &self.clocks);
        // What was to go out before the window, or is of no use after it, goes within it.
        let has_time = self.begins(row).is_none_or(|begins| over < begins);
        (has_time && row.due <= now).then_some(over)
    }

    /// What becomes of an open reminder whose time has come.
    fn fate(&self, name: &Name, row: &Row, now: Ms) -> Fate {
        let begins = self.begins(row);
        if begins.is_some_and(|begins| begins <= now) {
            return Fate::Expires;
        }
        let minute = |moment: Ms| moment.div_euclid(MINUTE);
        let is_nearer = |(other, it): (&Name, &Row)| match (name, other) {
            (Name::Of(rule, ..), Name::Of(other_rule, ..)) => {
                row.about.is_some()
                    && it.about == row.about
                    && rule == other_rule
                    && it.is_open()
                    && minute(it.looked_at()) <= minute(now)
                    && it.due > row.due
            }
            _ => false,
        };
        if self.rows.iter().any(is_nearer) {
            Fate::Expires
        } else {
            Fate::Goes
        }
    }

    /// When the worker has something to do for the person.
    pub fn looked_at(&self) -> Option<Ms> {
        let open = self.rows.values().filter(|row| row.is_open());
        open.map(Row::looked_at).min()
    }

    /// The worker looks. What becomes of what is due, by name.
    pub fn look(&mut self, now: Ms) -> Vec<(Name, Fate)> {
        if std::mem::take(&mut self.is_to_plan) {
            let ids: Vec<Uuid> = self.applications.keys().copied().collect();
            for id in ids {
                self.plan(id, now, None);
            }
        }
        let mut fates = Vec::new();
        // What comes back by that, and was due before, goes out, too.
        for _ in 0..ROUNDS {
            let more = self.end_due(now);
            if more.is_empty() {
                return fates;
            }
            fates.extend(more);
        }
        panic!("due for ever: {fates:#?}");
    }

    /// What becomes of what is due by now.
    fn end_due(&mut self, now: Ms) -> Vec<(Name, Fate)> {
        let is_due = |row: &Row| row.is_open() && row.looked_at() <= now;
        let due = self.rows.values().filter(|row| is_due(row));
        let ids: BTreeSet<Uuid> = due.map(|row| row.of).collect();
        let mut fates = Vec::new();
        for id in ids {
            let due = self.rows.iter();
            let due = due.filter(|(_, row)| row.of == id && is_due(row));
            let were_due: Vec<Name> = due.map(|(name, _)| name.clone()).collect();
            self.plan(id, now, None);
            let wait = were_due.into_iter().filter_map(|name| {
                let until = self.rows.get(&name)?.waits.filter(|until| *until > now)?;
                Some((name, Fate::Waits(until)))
            });
            fates.extend(wait);
            let due = self.rows.iter();
            let due = due.filter(|(_, row)| row.of == id && is_due(row));
            let of_this: Vec<(Name, Fate)> = due
                .map(|(name, row)| (name.clone(), self.fate(name, row, now)))
                .collect();
            for (name, fate) in &of_this {
                let row = self.rows.get_mut(name).unwrap();
                match fate {
                    Fate::Goes => row.sent = true,
                    Fate::Expires => row.expired = true,
                    Fate::Waits(_) => {}
                }
            }
            fates.extend(of_this);
            self.plan(id, now, None);
        }
        fates
    }

    /// By when a reminder is to be out, where somebody looks all the time since `up`.
    pub fn latest(&self, row: &Row, up: Ms) -> Ms {
        let from = up.max(row.since);
        if row.goes >= from {
            return row.goes;
        }
        // Whoever looks does so within the minute: the window may have begun by then.
        let quiet = [from, from + LATE]
            .into_iter()
            .find(|at| self.is_quiet(*at));
        match self.window.zip(quiet) {
            Some((window, moment)) if row.due <= moment => {
                let over = window.over(moment, &self.clocks);
                let has_time = self.begins(row).is_none_or(|begins| over < begins);
                if has_time { over } else { from }
            }
            _ => from,
        }
    }

    /// Nobody keeps what was due so long ago.
    pub fn forget(&mut self, before: Ms) {
        for row in self.rows.values_mut().filter(|row| row.due < before) {
            row.is_forgotten = true;
        }
    }

    /// A talk was deleted, with all that hangs on it.
    pub fn drop_talk(&mut self, id: Uuid, now: Ms) {
        self.rows.retain(|_, row| row.about != Some(id));
        if let Some(talk) = self.talks.remove(&id) {
            self.plan(talk.of, now, None);
        }
    }

    /// An application was deleted, with all that hangs on it.
    pub fn drop_application(&mut self, id: Uuid) {
        self.applications.remove(&id);
        self.talks.retain(|_, talk| talk.of != id);
        self.rows.retain(|_, row| row.of != id);
    }

    /// The person sets a reminder.
    pub fn set(&mut self, id: Uuid, of: Uuid, about: Option<Uuid>, due: Ms, now: Ms) {
        let name = Name::Own(id);
        self.rows.insert(name.clone(), Row::new(of, about, due));
        self.plan(of, now, Some(&name));
    }

    /// The person changes a reminder.
    pub fn change(&mut self, name: &Name, change: Change, now: Ms) {
        let row = self.rows.get_mut(name).unwrap();
        match change {
            Change::Due(due) if due == row.due => {}
            Change::Due(due) => {
                (row.due, row.due_by_hand) = (due, true);
                if due > now {
                    (row.sent, row.expired, row.done) = (false, false, false);
                    if row.off_by_rules {
                        (row.off, row.off_by_rules) = (None, false);
                    }
                }
            }
            Change::Off(off) => (row.off, row.off_by_rules) = (off.then_some(now), false),
            Change::Done(done) => row.done = done,
            Change::Title => {}
            Change::Deleted => {
                if let Name::Own(_) = name {
                    let of = row.of;
                    self.rows.remove(name);
                    return self.plan(of, now, None);
                }
                // For good: the rule would make it again.
                (row.off, row.off_by_rules) = (Some(now), false);
            }
        }
        row.by = None;
        let of = row.of;
        self.plan(of, now, Some(name));
    }
}

/// What a person does to a reminder.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    Due(Ms),
    Off(bool),
    Done(bool),
    Title,
    Deleted,
}

impl Row {
    fn new(of: Uuid, about: Option<Uuid>, due: Ms) -> Self {
        Self {
            of,
            about,
            due,
            due_by_hand: true,
            place: 0,
            sent: false,
            expired: false,
            done: false,
            off: None,
            off_by_rules: false,
            kept: false,
            kept_on_closed: false,
            goes: Ms::MAX,
            since: Ms::MIN,
            by: None,
            waits: None,
            is_forgotten: false,
        }
    }
}

/// How late one may be.
pub const LATE: Ms = MINUTE;
/// What is due comes to an end in so many rounds.
pub const ROUNDS: usize = 20;
/// How often it is asked whether any is.
pub const CENSUS: Ms = 6 * HOUR;
