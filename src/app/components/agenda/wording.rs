//! How an item of the agenda reads.

use super::Part;
use crate::domain::{
    activity::Activity,
    agenda::{Item, Subject},
    application::Application,
    reminder::Reminder,
    time::{Timestamp, ZoneRules},
    when::{Habits, clock, due_label, short_weekday},
};
use uuid::Uuid;

/// When an item is to be done: within its part the day says itself.
pub fn time_of(
    item: &Item,
    part: Part,
    now: Timestamp,
    zone: &impl ZoneRules,
    habits: Habits,
) -> String {
    let wall = zone.local(item.at);
    match part {
        Part::Late => due_label(item.at, now, zone, habits)
            .1
            .replace(", late", ""),
        Part::Today if item.is_under_way(now) => "now".to_owned(),
        Part::Today | Part::Tomorrow => clock(wall.time(), habits.clock),
        Part::Week => format!(
            "{} {}",
            short_weekday(wall.date()),
            clock(wall.time(), habits.clock)
        ),
    }
}

/// What is to be done.
pub fn title_of(
    item: &Item,
    row: Option<&Application>,
    activity: Option<&Activity>,
    reminder: Option<&Reminder>,
) -> String {
    match item.subject {
        Subject::NextAction => {
            let action = row.and_then(|row| row.next_action.as_ref());
            action.map_or("Next action".to_owned(), ToString::to_string)
        }
        Subject::Activity(_) => activity.map(Activity::headline).unwrap_or_default(),
        Subject::FollowOn(_) => {
            let action = activity.and_then(|row| row.next_action.as_ref());
            action.map_or("Next action".to_owned(), ToString::to_string)
        }
        Subject::Reply(_) => "An answer is due".to_owned(),
        Subject::Reminder(_) => reminder
            .map(|reminder| reminder.says(row, activity))
            .unwrap_or_default(),
    }
}

/// The activity that an item is about.
pub const fn activity_of(subject: Subject) -> Option<Uuid> {
    match subject {
        Subject::Activity(id) | Subject::FollowOn(id) | Subject::Reply(id) => Some(id),
        Subject::NextAction | Subject::Reminder(_) => None,
    }
}

/// The reminder that an item is.
pub const fn reminder_of(subject: Subject) -> Option<Uuid> {
    match subject {
        Subject::Reminder(id) => Some(id),
        _ => None,
    }
}

/// Where an item opens.
pub fn href_of(item: &Item, activity: Option<&Activity>, reminder: Option<&Reminder>) -> String {
    match (activity, reminder) {
        (Some(row), _) => row.page(),
        (_, Some(row)) => row.page(),
        _ => format!("/board/{}", item.application),
    }
}

/// The word that stands for an item in the page.
pub fn key_of(item: &Item) -> String {
    let (word, id) = match item.subject {
        Subject::NextAction => ("action", item.application),
        Subject::Activity(id) => ("activity", id),
        Subject::FollowOn(id) => ("follow-on", id),
        Subject::Reply(id) => ("reply", id),
        Subject::Reminder(id) => ("reminder", id),
    };
    format!("{word}-{id}")
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::{Part, time_of, title_of};
    use crate::domain::{
        activity,
        agenda::{Item, Subject},
        application::tests::{now, sample},
        reminder,
        when::Habits,
    };
    use chrono::Duration;
    use uuid::Uuid;

    #[test]
    fn the_time_says_what_its_part_does_not() {
        let item = |minutes: i64, takes: i64| Item {
            subject: Subject::NextAction,
            application: Uuid::from_u128(1),
            at: now() + Duration::minutes(minutes),
            until: now() + Duration::minutes(minutes + takes),
        };
        // It is Monday, 10:00 in Lagos.
        for (item, part, reads) in [
            (item(-60, 0), Part::Late, "today 09:00"),
            (item(-48 * 60, 0), Part::Late, "2 days late"),
            (item(-10, 45), Part::Today, "now"),
            (item(90, 0), Part::Today, "11:30"),
            (item(24 * 60, 30), Part::Tomorrow, "10:00"),
            (item(72 * 60, 30), Part::Week, "Thu 10:00"),
        ] {
            assert_eq!(
                time_of(
                    &item,
                    part,
                    now(),
                    &chrono_tz::Africa::Lagos,
                    Habits::default()
                ),
                reads
            );
        }
    }

    #[test]
    fn each_item_says_what_is_to_be_done() {
        let mut row = sample(1);
        let activity = activity::tests::sample(7, 1);
        let reminder = reminder::tests::sample(9, 1);
        let title = |row: &_, subject| {
            let item = Item {
                subject,
                application: Uuid::from_u128(1),
                at: now(),
                until: now(),
            };
            title_of(&item, Some(row), Some(&activity), Some(&reminder))
        };
        assert_eq!(title(&row, Subject::NextAction), "Next action");
        row.next_action = "Call Jane".parse().ok();
        assert_eq!(title(&row, Subject::NextAction), "Call Jane");
        assert_eq!(title(&row, Subject::Activity(activity.id)), "Interview");
        assert_eq!(title(&row, Subject::Reply(activity.id)), "An answer is due");
        let own = title(&row, Subject::Reminder(reminder.id));
        assert_eq!(own, "Ask Mira about the team");
    }
}
