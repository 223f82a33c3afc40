//! How an activity reads.

use crate::{
    app::components::icon::Icon,
    client::zone::Zone,
    domain::{
        activity::{Activity, ActivityType},
        link::WebUrl,
        time::{Timestamp, ZoneRules},
        when::{Habits, clock, day_label, time_label},
    },
};

/// When an activity is, in the zone of the person: `tomorrow 14:00–15:00`; where it was planned in a zone
/// whose clocks show something else, by those too, with the day where that differs: `· 09:00 in New York`.
pub fn when_label(row: &Activity, now: Timestamp, zone: &Zone, habits: Habits) -> Option<String> {
    let (start, end) = (row.starts_at?, row.ends_at()?);
    let own = Zone::new(row.timezone.clone());
    let mut text = time_label(start, now, zone, habits);
    // Where nobody said how long it takes, an end would be invented.
    if row.duration_minutes.is_some() && end > start {
        text.push('–');
        text.push_str(&clock(zone.local(end).time(), habits.clock));
    }
    if own.offset_seconds(start) != zone.offset_seconds(start) {
        let (there, here) = (own.local(start), zone.local(start));
        let day = (there.date() != here.date())
            .then(|| format!("{}, ", day_label(there.date(), zone.day(now), habits.order)));
        let clock = clock(there.time(), habits.clock);
        let place = row.timezone.place();
        text.push_str(&format!(" · {}{clock} in {place}", day.unwrap_or_default()));
    }
    Some(text)
}

/// The icon of a kind of activity.
pub const fn icon_of(kind: ActivityType) -> Icon {
    match kind {
        ActivityType::Interview => Icon::Talk,
        ActivityType::Call => Icon::Phone,
        ActivityType::Email => Icon::Mail,
        ActivityType::FollowUp => Icon::Reply,
        ActivityType::Other => Icon::Check,
    }
}

/// The address of the meeting, where its place is one.
pub fn meeting_link(row: &Activity) -> Option<WebUrl> {
    row.location_or_link.as_ref()?.as_str().parse().ok()
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::*;
    use crate::domain::activity::tests::sample;

    fn zone(name: &str) -> Zone {
        Zone::new(name.parse().unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_said_by_the_clocks_of_both_zones_where_they_differ() {
        let row = Activity {
            starts_at: Some(at("2026-05-04T13:00:00Z")),
            timezone: "America/New_York".parse().unwrap(),
            ..sample(1, 2)
        };
        let now = at("2026-05-04T07:00:00Z");
        for (place, reads) in [
            ("America/New_York", "today 09:00–09:45"),
            ("Europe/Berlin", "today 15:00–15:45 · 09:00 in New York"),
            ("Asia/Tokyo", "today 22:00–22:45 · 09:00 in New York"),
            (
                "Pacific/Auckland",
                "5 May, 01:00–01:45 · 4 May, 09:00 in New York",
            ),
        ] {
            let said = when_label(&row, now, &zone(place), Habits::default());
            assert_eq!(said.as_deref(), Some(reads));
        }
        let without = Activity {
            starts_at: None,
            ..row
        };
        assert_eq!(
            when_label(&without, now, &zone("Europe/Berlin"), Habits::default()),
            None
        );
    }

    #[test]
    fn a_place_is_a_link_where_it_is_an_address() {
        let row = |place: &str| Activity {
            location_or_link: place.parse().ok(),
            ..sample(1, 2)
        };
        let link = |place| meeting_link(&row(place)).map(|link| link.to_string());
        assert_eq!(
            link("https://meet.example/1").as_deref(),
            Some("https://meet.example/1")
        );
        assert_eq!(link("Main Street 5"), None);
        assert_eq!(link("javascript:alert(1)"), None);
    }
}
