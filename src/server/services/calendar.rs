//! Appointments for the calendars that people have: a file of one, and an address that calendars read.

use super::{Context, rows};
use crate::{
    domain::{
        activity::Activity,
        application::Application,
        calendar_feed::{CalendarFeed, CalendarFeedChange, CalendarReader},
        error::{Problem, ProblemKind},
        reminder::Reminder,
        rules::{Counting, ReminderChannel},
        time::Timestamp,
    },
    server::{
        calendar::{self, Appointment, Entry, file},
        db::{
            self, Db,
            calendar_feeds::{self, FeedRow},
        },
        secrets::{Keys, base64, unbase64},
    },
};
use chrono::Duration;
use std::collections::HashMap;
use uuid::Uuid;

/// The calendar file of an activity. `origin` is where the app lives.
///
/// # Errors
/// 404 when it is not this user's, or has no time.
pub async fn of_activity(context: &Context<'_>, id: Uuid, origin: &str) -> Result<String, Problem> {
    let activity = rows::get::<Activity>(context, id).await?;
    let application = rows::get::<Application>(context, activity.application_id).await?;
    let appointment = Appointment {
        activity: &activity,
        application: &application,
        zone: &activity.timezone.rules().unwrap_or_default(),
        link: format!("{origin}{}", activity.page()),
    };
    file(&appointment).ok_or_else(|| {
        let why = "It has no time yet: there is nothing to put into a calendar.";
        Problem::new(ProblemKind::NotFound, why)
    })
}

/// The user's address, as it stands. `origin` is where the app lives.
///
/// # Errors
/// When the database does not answer.
pub async fn feed(context: &Context<'_>, origin: &str) -> Result<CalendarFeed, Problem> {
    let mut tenant = context.db.read_as(context.owner).await?;
    let row = calendar_feeds::find(&mut tenant).await?;
    Ok(shown(context.keys, row, origin))
}

/// Makes or changes the address.
///
/// # Errors
/// When the database does not answer.
pub async fn change_feed(
    context: &Context<'_>,
    change: CalendarFeedChange,
    origin: &str,
) -> Result<CalendarFeed, Problem> {
    let mut tenant = context.db.write_as(context.owner).await?;
    let before = calendar_feeds::find(&mut tenant).await?;
    // What another tab took away is not made again by a change of it.
    if before.is_none() && change != CalendarFeedChange::default() {
        return Ok(shown(context.keys, None, origin));
    }
    let is_new = before.is_none();
    let mut row = before.unwrap_or(FeedRow {
        id: Uuid::new_v4(),
        generation: 1,
        discreet: false,
        attach_too: false,
        last_read_at: None,
        last_agent: None,
    });
    if change.replaces == Some(row.generation) {
        row.generation += 1;
        (row.last_read_at, row.last_agent) = (None, None);
    }
    row.discreet = change.discreet.unwrap_or(row.discreet);
    row.attach_too = change.attach_too.unwrap_or(row.attach_too);
    if is_new {
        calendar_feeds::insert(&mut tenant, &row, context.now).await?;
    } else {
        calendar_feeds::update(&mut tenant, &row).await?;
    }
    tenant.commit().await?;
    Ok(shown(context.keys, Some(row), origin))
}

/// There is no address any more.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke_feed(context: &Context<'_>) -> Result<(), Problem> {
    let mut tenant = context.db.write_as(context.owner).await?;
    calendar_feeds::revoke(&mut tenant, context.now).await?;
    tenant.commit().await?;
    Ok(())
}

/// What the key is derived for that makes addresses.
const PURPOSE: &str = "calendar-feed";

/// The octets of an id.
const ID: usize = 16;

/// The part of an address that nobody guesses: the id, and what the key makes of it and the generation.
fn token(keys: &Keys, row: &FeedRow) -> String {
    let tag = keys.sign(PURPOSE, &signed(row));
    base64(&[row.id.as_bytes().as_slice(), &tag].concat())
}

fn signed(row: &FeedRow) -> Vec<u8> {
    [row.id.as_bytes().as_slice(), &row.generation.to_be_bytes()].concat()
}

fn shown(keys: &Keys, row: Option<FeedRow>, origin: &str) -> CalendarFeed {
    let Some(row) = row else {
        return CalendarFeed {
            address: None,
            generation: 0,
            discreet: false,
            attach_too: false,
            last_read_at: None,
            last_reader: None,
        };
    };
    CalendarFeed {
        address: Some(format!("{origin}/calendar/{}.ics", token(keys, &row))),
        generation: row.generation,
        discreet: row.discreet,
        attach_too: row.attach_too,
        last_read_at: row.last_read_at,
        last_reader: row.last_agent,
    }
}

/// How far back entries stay: what leaves the feed leaves the calendars that read it.
const BACK: Duration = Duration::days(366);
/// How often it is noted that it was read.
const NOTED: Duration = Duration::hours(1);

/// What a calendar reads at an address, and when any of it last changed; none where there is no such
/// address. `agent` is what the calendar says it is.
///
/// # Errors
/// When the database does not answer.
pub async fn read_feed(
    db: &Db,
    keys: &Keys,
    token: &str,
    agent: &str,
    now: Timestamp,
    origin: &str,
) -> Result<Option<(String, Option<Timestamp>)>, Problem> {
    let bytes = unbase64(token).unwrap_or_default();
    let Some((id, tag)) = bytes.split_at_checked(ID) else {
        return Ok(None);
    };
    let Ok(id) = Uuid::from_slice(id) else {
        return Ok(None);
    };
    let Some(owner) = db.owner_of_feed(id).await? else {
        return Ok(None);
    };
    let mut tenant = db.read_as(owner).await?;
    let row = calendar_feeds::find(&mut tenant).await?;
    let is_it = |row: &FeedRow| row.id == id && keys.verify(PURPOSE, &signed(row), tag);
    let Some(mut row) = row.filter(is_it) else {
        return Ok(None);
    };
    let from = now - BACK;
    let activities = calendar_feeds::activities(&mut tenant, from, now).await?;
    let mut reminders = calendar_feeds::reminders(&mut tenant, from, now).await?;
    reminders.retain(stands_alone);
    let mut of: Vec<Uuid> = activities.iter().map(|row| row.application_id).collect();
    of.extend(reminders.iter().map(|row| row.application_id));
    of.sort_unstable();
    of.dedup();
    let mut applications = HashMap::new();
    for some in of.chunks(BOUND) {
        for row in db::rows::among::<Application>(&mut tenant, "id", some).await? {
            applications.insert(row.id, row);
        }
    }
    drop(tenant);
    let changed = activities.iter().map(|row| row.updated_at);
    let changed = changed
        .chain(reminders.iter().map(|row| row.updated_at))
        .max();
    let of_activity = activities.iter().filter_map(|activity| {
        let entry = Entry::of(&Appointment {
            activity,
            application: applications.get(&activity.application_id)?,
            zone: &activity.timezone.rules().unwrap_or_default(),
            link: format!("{origin}{}", activity.page()),
        })?;
        Some((entry, activity.r#type.label()))
    });
    let of_reminder = reminders.iter().filter_map(|reminder| {
        let application = applications.get(&reminder.application_id)?;
        let link = format!("{origin}{}", reminder.page());
        Some((Entry::of_reminder(reminder, application, link), "Reminder"))
    });
    let entries = of_activity.chain(of_reminder);
    let entries = entries.map(|(entry, label)| {
        if row.discreet {
            entry.discreet(label)
        } else {
            entry
        }
    });
    let text = calendar::feed(entries.collect());

    let reader = CalendarReader::of(agent);
    let is_noted = row
        .last_read_at
        .is_some_and(|at| (at..at + NOTED).contains(&now));
    if !is_noted || row.last_agent != Some(reader) {
        (row.last_read_at, row.last_agent) = (Some(now), Some(reader));
        note_read(db, owner, row).await?;
    }
    Ok(Some((text, changed)))
}

/// What is bound to one statement, at most.
const BOUND: usize = 500;

/// Whether a reminder is an entry of its own: one before an appointment is in the appointment's.
fn stands_alone(row: &Reminder) -> bool {
    let is_before = row
        .meta
        .rule
        .is_some_and(|rule| rule.counting() == Counting::Before);
    row.channels.contains(&ReminderChannel::Calendar) && !is_before
}

/// Notes who has read it, unless it was changed meanwhile.
async fn note_read(db: &Db, owner: db::tenant::Owner, read: FeedRow) -> Result<(), Problem> {
    let mut tenant = match db.write_as(owner).await {
        // The account was deleted meanwhile.
        Err(sqlx::Error::RowNotFound) => return Ok(()),
        tenant => tenant?,
    };
    let row = calendar_feeds::find(&mut tenant).await?;
    let is_it = |row: &FeedRow| (row.id, row.generation) == (read.id, read.generation);
    if let Some(mut row) = row.filter(is_it) {
        (row.last_read_at, row.last_agent) = (read.last_read_at, read.last_agent);
        calendar_feeds::update(&mut tenant, &row).await?;
        tenant.commit().await?;
    }
    Ok(())
}
