//! Cases that were worked out by hand, and what holds whatever people do.

use super::*;
use crate::domain::{
    activity::{self, ActivityStatus},
    application::{
        Application,
        tests::{now, sample},
    },
    settings::WeekStart,
    stage::{StageEvent, counted, tests::event},
};
use Status::{
    Accepted, Applied, Declined, Draft, Ghosted, InterviewLoop, Offer, OnHold, Rejected, Screening,
    TechScreen, Withdrawn,
};
use chrono::Utc;
use chrono_tz::Tz;
use proptest::prelude::*;
use uuid::Uuid;

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// The last stage that was reached, whether it was answered, and whether it was rejected.
type Told = (Option<Status>, bool, bool);

/// Statuses, and minutes after [`now`].
type Steps = &'static [(Status, i64)];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn range(from: &str, to: &str) -> Range {
    Range {
        from: day(from),
        to: day(to),
    }
}

/// What people did, kept as the server keeps it.
#[derive(Debug, Default)]
struct Hunt {
    applications: Vec<Application>,
    events: Vec<StageEvent>,
    activities: Vec<activity::Activity>,
}

impl Hunt {
    /// An application of 2 March 2026 with these moves, each so many minutes after nine of that day; the first is
    /// its creation.
    fn add(&mut self, steps: &[(Status, i64)]) -> &mut Application {
        let id = self.applications.len() as u128 + 1;
        let mut row = sample(id);
        let mut from = None;
        for (to, minutes) in steps {
            let moved = now() + Duration::minutes(*minutes);
            let number = self.events.len() as u128 + 1_000;
            let mut event = event(number, from, *to, moved);
            event.application_id = row.id;
            self.events.push(event);
            from = Some(*to);
            (row.status, row.status_since) = (*to, moved);
        }
        self.follow(&mut row);
        self.applications.push(row);
        self.applications.last_mut().unwrap()
    }

    fn follow(&self, row: &mut Application) {
        let of = |event: &&StageEvent| event.application_id == row.id;
        let mut events: Vec<StageEvent> = self.events.iter().filter(of).cloned().collect();
        StageEvent::in_order(&mut events);
        if let Some(last) = counted(&events).last() {
            (row.status, row.status_since) = (last.event.to_status, last.at);
        }
    }

    fn courses(&self) -> Vec<Course> {
        {
            let subjects = self.applications.iter().map(Subject::from);
            courses(subjects, &self.events, &talked(&self.activities))
        }
    }

    /// Of each application, in their order: the last stage that it reached, whether it was answered, and whether
    /// it was rejected.
    fn told(&self) -> Vec<Told> {
        let courses = self.courses();
        let told = |it: &Course| (it.furthest(), it.responded, it.rejected);
        courses.iter().map(told).collect()
    }
}

fn one(steps: &[(Status, i64)]) -> Told {
    let mut hunt = Hunt::default();
    hunt.add(steps);
    hunt.told()[0]
}

#[test]
fn what_an_application_reached_is_what_the_rules_say() {
    let table: &[(&str, Steps, Told)] = &[
        (
            "a straight path",
            &[
                (Draft, 0),
                (Applied, DAY),
                (Screening, 2 * DAY),
                (Offer, 9 * DAY),
                (Accepted, 10 * DAY),
            ],
            (Some(Accepted), true, false),
        ),
        ("silence", &[(Applied, 0)], (Some(Applied), false, false)),
        (
            "silence that is told",
            &[(Applied, 0), (Ghosted, 60 * DAY)],
            (Some(Applied), false, false),
        ),
        (
            "rejected after the interview: the interview stands",
            &[(Applied, 0), (InterviewLoop, 5 * DAY), (Rejected, 9 * DAY)],
            (Some(InterviewLoop), true, true),
        ),
        (
            "rejected at once is an answer",
            &[(Applied, 0), (Rejected, DAY)],
            (Some(Applied), true, true),
        ),
        (
            "reopened",
            &[(Applied, 0), (Rejected, DAY), (Screening, 3 * DAY)],
            (Some(Screening), true, true),
        ),
        (
            "stages are skipped",
            &[(Applied, 0), (Offer, 3 * DAY)],
            (Some(Offer), true, false),
        ),
        (
            "declined",
            &[(Applied, 0), (Declined, 3 * DAY)],
            (Some(Offer), true, false),
        ),
        (
            "withdrawn",
            &[(Applied, 0), (Withdrawn, 3 * DAY)],
            (Some(Applied), false, false),
        ),
        (
            "moved twice a day, and on",
            &[(Applied, 0), (Screening, 60), (TechScreen, 120)],
            (Some(TechScreen), true, false),
        ),
        (
            "a slip of twenty seconds by a second drag",
            &[(Applied, 0), (Offer, DAY), (Applied, DAY)],
            (Some(Applied), false, false),
        ),
        (
            "what slipped for three days counts, until it is struck out",
            &[(Applied, 0), (Offer, DAY), (Applied, 4 * DAY)],
            (Some(Offer), true, false),
        ),
        (
            "back to a draft it is in nothing",
            &[(Applied, 0), (Screening, DAY), (Draft, 3 * DAY)],
            (None, false, false),
        ),
        (
            "a later way back leaves what was reached",
            &[(Applied, 0), (Offer, DAY), (Screening, 3 * DAY)],
            (Some(Offer), true, false),
        ),
    ];
    for (name, steps, expected) in table {
        assert_eq!(one(steps), *expected, "{name}");
    }
}

#[test]
fn what_was_struck_out_or_undone_is_not_reached() {
    let mut hunt = Hunt::default();
    hunt.add(&[(Applied, 0), (Offer, DAY), (Applied, 4 * DAY)]);
    hunt.events[1].voided_at = Some(now());
    assert_eq!(hunt.told(), [(Some(Applied), false, false)]);
    // The way back alone is struck out: it is at the offer.
    hunt.events[1].voided_at = None;
    hunt.events[2].voided_at = Some(now());
    assert_eq!(hunt.told(), [(Some(Offer), true, false)]);
}

#[test]
fn a_talk_that_took_place_is_an_answer() {
    use activity::ActivityType::{Call, FollowUp, Interview};
    for (kind, status, answered) in [
        (Interview, ActivityStatus::Done, true),
        (Call, ActivityStatus::Done, true),
        (Interview, ActivityStatus::Scheduled, false),
        (Call, ActivityStatus::Canceled, false),
        (FollowUp, ActivityStatus::Done, false),
    ] {
        let mut hunt = Hunt::default();
        hunt.add(&[(Applied, 0)]);
        let mut row = activity::tests::sample(7, 1);
        (row.r#type, row.status) = (kind, status);
        hunt.activities.push(row);
        assert_eq!(
            hunt.told(),
            [(Some(Applied), answered, false)],
            "{kind:?} {status:?}"
        );
    }
}

#[test]
fn drafts_and_what_was_never_sent_are_counted_apart() {
    let mut hunt = Hunt::default();
    hunt.add(&[(Draft, 0)]).application_date = None;
    hunt.add(&[(Draft, 0), (Withdrawn, DAY)]).application_date = None;
    hunt.add(&[(Draft, 0), (OnHold, DAY)]).application_date = None;
    // Sent, and withdrawn then.
    hunt.add(&[(Applied, 0), (Withdrawn, DAY)]);
    // Back to a draft, with the day that it had.
    hunt.add(&[(Applied, 0), (Draft, DAY)]);
    let all = hunt.courses();
    let summary = summary(&all, Range::whole(&all, now(), &Utc), now(), &Utc);
    assert_eq!(summary.drafts, 4);
    assert_eq!(summary.totals.applications, 1);
    let sum: u64 = summary.by_status.iter().map(|it| it.count).sum();
    assert_eq!(sum, 1);
}

#[test]
fn archived_ones_count_and_wait_for_nothing() {
    let mut hunt = Hunt::default();
    hunt.add(&[(Applied, 0)]);
    hunt.add(&[(Applied, 0)]).archived_at = Some(now());
    let (all, later) = (hunt.courses(), now() + Duration::days(7));
    let summary = summary(&all, range("2026-03-01", "2026-03-09"), later, &Utc);
    assert_eq!(summary.totals.applications, 2);
    assert_eq!(summary.pending.total, 1);
    assert_eq!(summary.pending.items[0].days_silent, 7);
}

#[test]
fn silence_is_counted_in_the_users_days() {
    let mut hunt = Hunt::default();
    // Nine in the evening in Los Angeles, on 1 March.
    hunt.add(&[(Applied, -4 * 60)]);
    let all = hunt.courses();
    let pending = |now: &str, zone: Tz| {
        let whole = Range::whole(&all, at(now), &zone);
        summary(&all, whole, at(now), &zone).pending.total
    };
    // 8 March, seven of their days later: there clocks went forward in that night.
    assert_eq!(pending("2026-03-08T06:59:00Z", Tz::America__Los_Angeles), 0);
    assert_eq!(pending("2026-03-08T08:01:00Z", Tz::America__Los_Angeles), 1);
    assert_eq!(pending("2026-03-08T23:59:00Z", Tz::UTC), 0);
    assert_eq!(pending("2026-03-09T00:00:00Z", Tz::UTC), 1);
}

#[test]
fn of_one_instant_each_place_has_its_own_day() {
    let mut hunt = Hunt::default();
    hunt.add(&[(Applied, 0)]);
    let all = hunt.courses();
    // Half past ten in the morning of 5 June at Greenwich.
    let instant = at("2026-06-05T10:30:00Z");
    for (zone, today) in [
        (Tz::Pacific__Auckland, "2026-06-05"),
        (Tz::America__Los_Angeles, "2026-06-05"),
        (Tz::Pacific__Kiritimati, "2026-06-06"),
        (Tz::Pacific__Niue, "2026-06-04"),
    ] {
        assert_eq!(Range::whole(&all, instant, &zone).to, day(today), "{zone}");
    }
    let row = ActivityStatus::Done;
    let mut talk = activity::tests::sample(7, 1);
    (talk.status, talk.starts_at) = (row, Some(instant - Duration::hours(1)));
    talk.duration_minutes = None;
    for (zone, on) in [
        (Tz::Pacific__Kiritimati, "2026-06-06"),
        (Tz::Pacific__Niue, "2026-06-04"),
    ] {
        let done = activity_of_days(
            &all,
            &done([&talk]),
            range("2026-06-01", "2026-06-30"),
            &zone,
        );
        assert_eq!(done.days.len(), 1);
        assert_eq!((done.days[0].day, done.days[0].activities), (day(on), 1));
    }
}

#[test]
fn a_range_without_anything_has_figures_of_nothing() {
    let all = Hunt::default();
    let all = all.courses();
    let empty = range("2026-03-01", "2026-03-31");
    let figures = summary(&all, empty, now(), &Utc);
    assert_eq!(figures.totals, Totals::default());
    assert!(
        figures
            .time_in_stage
            .iter()
            .all(|it| it.mean_days.is_none())
    );
    let funnel = conversion(&all, empty).stages;
    assert!(
        funnel
            .iter()
            .all(|it| it.of_previous.is_none() && it.of_first.is_none())
    );
    assert!(sources(&all, empty).sources.is_empty());
    let months = trends(&all, empty, GroupBy::Month, WeekStart::Monday).unwrap();
    assert_eq!(months.buckets.len(), 1);
    assert_eq!(
        Range::whole(&all, now(), &Utc),
        range("2026-03-02", "2026-03-02")
    );
}

#[test]
fn the_period_before_is_as_long() {
    let march = range("2026-03-01", "2026-03-31");
    assert_eq!(march.previous(), Some(range("2026-01-29", "2026-02-28")));
    let one = range("2026-03-01", "2026-03-01");
    assert_eq!(one.previous(), Some(range("2026-02-28", "2026-02-28")));
    let mut hunt = Hunt::default();
    hunt.add(&[(Applied, 0)]);
    hunt.add(&[(Applied, 0), (Screening, DAY)]).application_date = Some(day("2026-02-28"));
    hunt.add(&[(Applied, 0)]).application_date = Some(day("2026-01-28"));
    let figures = summary(&hunt.courses(), march, now(), &Utc);
    assert_eq!(
        (figures.totals.applications, figures.totals.interviews),
        (1, 0)
    );
    assert_eq!(
        (figures.previous.applications, figures.previous.interviews),
        (1, 1)
    );
}

#[test]
fn stays_are_counted_apart_while_they_last() {
    let mut hunt = Hunt::default();
    for days in [1, 2, 4, 10] {
        hunt.add(&[(Applied, 0), (Screening, days * DAY)]);
    }
    hunt.add(&[(Applied, 0)]);
    let all = hunt.courses();
    let later = now() + Duration::days(12);
    let figures = summary(&all, range("2026-03-02", "2026-03-02"), later, &Utc);
    let applied = figures.time_in_stage[0];
    assert_eq!(
        (applied.status, applied.completed, applied.open),
        (Applied, 4, 1)
    );
    assert_eq!(applied.mean_days, Some(4.3), "4.25");
    assert_eq!(applied.median_days, Some(3.0));
    assert_eq!(applied.p90_days, Some(10.0));
    assert_eq!(applied.open_median_days, Some(12.0));
    let screening = figures.time_in_stage[1];
    assert_eq!((screening.completed, screening.open), (0, 4));
    // 11, 10, 8 and 2 days.
    assert_eq!(screening.open_median_days, Some(9.0));
    assert_eq!(screening.mean_days, None);
}

#[test]
fn stays_end_at_days_that_people_give() {
    // Told on the day of the offer that they were in screening the week before.
    let mut hunt = Hunt::default();
    hunt.add(&[(Applied, 0), (Screening, 10 * DAY), (Offer, 10 * DAY + 20)]);
    hunt.events[1].occurred_at = now() + Duration::days(3);
    let figures = summary(
        &hunt.courses(),
        range("2026-03-02", "2026-03-02"),
        now(),
        &Utc,
    );
    assert_eq!(figures.time_in_stage[0].mean_days, Some(3.0));
    assert_eq!(figures.time_in_stage[1].mean_days, Some(7.0));
}

#[test]
fn the_funnel_counts_later_stages_as_earlier_ones() {
    let mut hunt = Hunt::default();
    hunt.add(&[(Applied, 0)]);
    hunt.add(&[(Applied, 0), (InterviewLoop, DAY), (Rejected, 2 * DAY)]);
    hunt.add(&[(Applied, 0), (Offer, DAY)]);
    hunt.add(&[(Applied, 0), (Declined, DAY)]);
    let stages = conversion(&hunt.courses(), range("2026-03-02", "2026-03-02")).stages;
    let reached: Vec<u64> = stages.iter().map(|it| it.reached).collect();
    assert_eq!(reached, [4, 3, 3, 3, 3, 2, 0]);
    assert_eq!(stages[0].of_previous, None);
    assert_eq!(stages[0].of_first, Some(1.0));
    assert_eq!(stages[1].of_previous, Some(0.75));
    assert_eq!(stages[5].of_previous, Some(0.6667));
    assert_eq!(stages[5].of_first, Some(0.5));
    assert_eq!(stages[6].of_previous, Some(0.0));
}

#[test]
fn weeks_begin_on_the_users_day_and_are_cut_to_the_range() {
    let mut hunt = Hunt::default();
    // A Sunday.
    hunt.add(&[(Applied, 0)]).application_date = Some(day("2026-03-08"));
    let all = hunt.courses();
    let asked = range("2026-03-04", "2026-03-17");
    let weeks = |start| {
        let weeks = trends(&all, asked, GroupBy::Week, start).unwrap().buckets;
        let told = |it: &Bucket| (it.start.to_string(), it.end.to_string(), it.applications);
        weeks.iter().map(told).collect::<Vec<_>>()
    };
    let expected = |list: &[(&str, &str, u64)]| {
        let own = |(start, end, count): &(&str, &str, u64)| {
            (format!("2026-03-{start}"), format!("2026-03-{end}"), *count)
        };
        list.iter().map(own).collect::<Vec<_>>()
    };
    assert_eq!(
        weeks(WeekStart::Monday),
        expected(&[("04", "08", 1), ("09", "15", 0), ("16", "17", 0)])
    );
    assert_eq!(
        weeks(WeekStart::Sunday),
        expected(&[("04", "07", 0), ("08", "14", 1), ("15", "17", 0)])
    );
    assert_eq!(
        weeks(WeekStart::Saturday),
        expected(&[("04", "06", 0), ("07", "13", 1), ("14", "17", 0)])
    );
}

#[test]
fn there_are_400_buckets_at_most() {
    let (from, all) = (day("2025-01-01"), Hunt::default());
    let all = all.courses();
    let days = |count: i64| {
        let to = from + Duration::days(count - 1);
        trends(&all, Range { from, to }, GroupBy::Day, WeekStart::Monday)
    };
    assert_eq!(days(400).unwrap().buckets.len(), 400);
    assert_eq!(days(401), None);
    // From the first day that there is to the last one.
    let longest = range("1970-01-01", "2002-12-31");
    let months = trends(&all, longest, GroupBy::Month, WeekStart::Monday).unwrap();
    assert_eq!(months.buckets.len(), 396);
}

#[test]
fn days_are_put_together_so_that_there_are_not_too_many() {
    let to = day("2026-03-02");
    let by = |days: i64, asked: Option<GroupBy>| {
        let from = to - Duration::days(days - 1);
        let by = GroupBy::fitting(asked, Range { from, to });
        assert!(trends(&[], Range { from, to }, by, WeekStart::Monday).is_some());
        by
    };
    assert_eq!(by(7, None), GroupBy::Day);
    assert_eq!(by(90, None), GroupBy::Week);
    assert_eq!(by(900, None), GroupBy::Month);
    assert_eq!(by(400, Some(GroupBy::Day)), GroupBy::Day);
    assert_eq!(by(401, Some(GroupBy::Day)), GroupBy::Month);
    assert_eq!(by(9_000, Some(GroupBy::Week)), GroupBy::Month);
}

#[test]
fn a_source_is_one_however_it_is_spelled() {
    let mut hunt = Hunt::default();
    for (source, status) in [
        ("linkedin", Applied),
        ("LinkedIn", Offer),
        ("LinkedIn", Applied),
        ("Referral", Screening),
    ] {
        hunt.add(&[(Applied, 0), (status, DAY)]).source = source.parse().unwrap();
    }
    let all = hunt.courses();
    let answer = sources(&all, range("2026-03-02", "2026-03-02")).sources;
    assert_eq!(answer.len(), 2);
    let first = &answer[0];
    assert_eq!(
        (first.source.as_str(), first.applications, first.offers),
        ("LinkedIn", 3, 1)
    );
    assert_eq!(first.response_rate, 0.3333);
    assert_eq!(
        (answer[1].source.as_str(), answer[1].response_rate),
        ("Referral", 1.0)
    );
}

#[test]
fn what_was_done_is_told_by_its_day() {
    let mut hunt = Hunt::default();
    hunt.add(&[
        (Draft, 0),
        (Applied, 0),
        (Screening, DAY),
        (Rejected, DAY + 30),
    ]);
    let days = activity_of_days(
        &hunt.courses(),
        &done(&hunt.activities),
        range("2026-03-01", "2026-03-31"),
        &Utc,
    );
    let told: Vec<_> = days
        .days
        .iter()
        .map(|it| (it.day, it.applications, it.moves))
        .collect();
    assert_eq!(told, [(day("2026-03-02"), 1, 0), (day("2026-03-03"), 0, 2)]);
}

/// A hunt as people may have it: moves anywhere, also back, some of them called off or dated otherwise.
fn any_hunt() -> impl Strategy<Value = Hunt> {
    let status = proptest::sample::select(Status::ALL);
    let step = (
        status,
        0..20 * DAY,
        proptest::bool::weighted(0.15),
        0..400_i64,
    );
    let row = (
        proptest::collection::vec(step, 1..8),
        proptest::option::weighted(0.85, 0..60_i64),
        proptest::sample::select(vec!["LinkedIn", "linkedin", "Referral", "Other"]),
        any::<bool>(),
    );
    proptest::collection::vec(row, 0..30).prop_map(|rows| {
        let mut hunt = Hunt::default();
        for (steps, dated, source, talked) in rows {
            let mut minutes = 0;
            let first = hunt.events.len();
            let moves: Vec<_> = steps
                .iter()
                .map(|(status, after, ..)| {
                    minutes += after / if after % 3 == 0 { 4_000 } else { 1 };
                    (*status, minutes)
                })
                .collect();
            let row = hunt.add(&moves);
            row.source = source.parse().unwrap();
            row.application_date = dated.map(|days| now().date_naive() + Duration::days(days));
            let (id, mut row) = (row.id, row.clone());
            for (event, (_, _, voided, back)) in hunt.events[first..].iter_mut().zip(&steps) {
                event.voided_at = voided.then(now);
                if back % 5 == 0 {
                    event.occurred_at -= Duration::hours(*back);
                }
            }
            hunt.follow(&mut row);
            *hunt.applications.last_mut().unwrap() = row;
            if talked {
                let number = hunt.activities.len() as u128 + 50_000;
                let mut talk = activity::tests::sample(number, 0);
                (talk.application_id, talk.status) = (id, ActivityStatus::Done);
                hunt.activities.push(talk);
            }
        }
        hunt
    })
}

fn listed(all: &[Course], range: Range, measure: Measure, now: Timestamp) -> u64 {
    let selection = Selection {
        measure,
        range,
        source: None,
    };
    members(all, &selection, now, &Tz::Africa__Lagos).len() as u64
}

proptest! {
    #[test]
    fn figures_agree_with_each_other_and_with_the_lists_behind_them(
        hunt in any_hunt(),
        from in 0..50_i64,
        days in 1..60_i64,
        later in 0..90_i64,
    ) {
        let (all, zone) = (hunt.courses(), Tz::Africa__Lagos);
        let from = now().date_naive() + Duration::days(from);
        let range = Range { from, to: from + Duration::days(days - 1) };
        let then = now() + Duration::days(later);
        let figures = summary(&all, range, then, &zone);
        let count = |measure| listed(&all, range, measure, then);

        prop_assert_eq!(figures.totals.applications, count(Measure::Applications));
        prop_assert_eq!(figures.totals.responses, count(Measure::Responses));
        prop_assert_eq!(figures.totals.interviews, count(Measure::INTERVIEWS));
        prop_assert_eq!(figures.totals.rejections, count(Measure::Rejections));
        prop_assert_eq!(figures.drafts, count(Measure::Drafts));
        prop_assert_eq!(figures.pending.total, count(Measure::Pending));
        for it in &figures.by_status {
            prop_assert_eq!(it.count, count(Measure::Now(it.status)));
        }
        let now_somewhere: u64 = figures.by_status.iter().map(|it| it.count).sum();
        prop_assert_eq!(now_somewhere, figures.totals.applications);
        for it in &figures.time_in_stage {
            prop_assert_eq!(it.completed, count(Measure::Stayed(it.status)));
            prop_assert_eq!(it.open, count(Measure::Staying(it.status)));
            prop_assert!(it.mean_days.is_none_or(|days| days >= 0.0));
            prop_assert!(it.median_days <= it.p90_days);
        }

        let funnel = conversion(&all, range).stages;
        prop_assert_eq!(funnel[0].reached, figures.totals.applications);
        for pair in funnel.windows(2) {
            prop_assert!(pair[1].reached <= pair[0].reached, "the funnel rises");
        }
        for it in &funnel {
            prop_assert_eq!(it.reached, count(Measure::Reached(it.status)));
            for share in [it.of_previous, it.of_first].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&share));
            }
        }

        for group_by in GroupBy::ALL {
            let buckets = trends(&all, range, *group_by, WeekStart::Monday).unwrap().buckets;
            let sum = |of: fn(&Bucket) -> u64| buckets.iter().map(of).sum::<u64>();
            prop_assert_eq!(sum(|it| it.applications), figures.totals.applications);
            prop_assert_eq!(sum(|it| it.responses), figures.totals.responses);
            prop_assert_eq!(sum(|it| it.interviews), figures.totals.interviews);
            prop_assert_eq!(sum(|it| it.offers), figures.totals.offers);
            prop_assert_eq!(buckets[0].start, range.from);
            prop_assert_eq!(buckets[buckets.len() - 1].end, range.to);
            for pair in buckets.windows(2) {
                prop_assert_eq!(pair[0].end.succ_opt(), Some(pair[1].start));
            }
        }

        let of_sources = sources(&all, range).sources;
        let sum: u64 = of_sources.iter().map(|it| it.applications).sum();
        prop_assert_eq!(sum, figures.totals.applications);
        for it in &of_sources {
            let source = Some(crate::domain::tags::folded(&it.source));
            let selection = Selection { measure: Measure::Responses, range, source };
            prop_assert_eq!(members(&all, &selection, then, &zone).len() as u64, it.responses);
            prop_assert!((0.0..=1.0).contains(&it.response_rate));
            prop_assert!((0.0..=1.0).contains(&it.offer_rate));
        }
    }
}

#[test]
fn nobody_is_counted_for_activities_of_what_is_gone() {
    let mut talk = activity::tests::sample(7, 99);
    (talk.status, talk.application_id) = (ActivityStatus::Done, Uuid::from_u128(99));
    let days = activity_of_days(&[], &done([&talk]), range("2026-03-01", "2026-12-31"), &Utc);
    assert!(days.days.is_empty());
}

#[test]
fn tables_say_what_the_figures_say() {
    let mut hunt = Hunt::default();
    hunt.add(&[(Applied, 0)]).source = "=cmd, \"x\"".to_owned().try_into().unwrap();
    let subjects = hunt.applications.iter().map(Subject::from);
    let hunt = super::Hunt::new(subjects, &hunt.events, &hunt.activities);
    let days = range("2026-03-01", "2026-03-02");
    let figures = hunt.figures(days, None, WeekStart::Monday, now(), &Utc);
    let sources = Table::Sources.csv(&figures);
    assert_eq!(
        sources.lines().nth(1),
        Some("\"'=cmd, \"\"x\"\"\",1,0,0,0,0,0")
    );
    let over_time = Table::OverTime.csv(&figures);
    let lines: Vec<_> = over_time.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "2026-03-01,2026-03-01,0,0,0,0",
            "2026-03-02,2026-03-02,1,0,0,0"
        ]
    );
    for table in [Table::Funnel, Table::Stages, Table::Year] {
        assert!(table.csv(&figures).lines().count() > 1, "{table:?}");
    }
}
