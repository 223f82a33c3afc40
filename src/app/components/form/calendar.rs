//! The calendar of a date field, in a popover: what is likely, a month, and the times of a day. It is
//! built only while it is open.

use super::{date_field::Dated, field_row::input_id};
use crate::{
    app::components::icon::Icon,
    client::{dom, labels::field_label},
    domain::when::{
        Clock, Holds, Leans, MORNING, clock, day_in_full, half_hours, month_cells, month_title,
        offers, step, weekdays,
    },
};
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use leptos::{ev, prelude::*};

/// The id of a field's calendar.
pub(super) fn calendar_id(field: &str) -> String {
    format!("{}-calendar", input_id(field))
}

/// How many times stand in a row.
const TIMES_IN_ROW: usize = 4;

/// A time as programs write it.
fn plain_time(time: NaiveTime) -> String {
    clock(time, Clock::Hours24)
}

/// Puts the focus on what carries a day or a time, once that is there.
fn focus_on(field: &'static str, name: &'static str, value: String) {
    request_animation_frame(move || {
        dom::focus(&format!("#{} [{name}=\"{value}\"]", calendar_id(field)));
    });
}

/// Where somebody is in the calendar. Copied freely.
#[derive(Clone, Copy)]
struct Place {
    dated: Dated,
    open: RwSignal<bool>,
    /// The day that the keys are on; its month shows.
    day: RwSignal<NaiveDate>,
    /// The same of the times.
    time: RwSignal<NaiveTime>,
}

impl Place {
    /// It was opened or closed.
    fn toggled(self) {
        let field = self.dated.field;
        let opens = dom::is_popover_open(&calendar_id(field));
        if opens {
            let (day, time) = untrack(|| self.chosen());
            let today = untrack(|| self.dated.ask(|context| context.today()));
            let day = day.unwrap_or(today);
            self.day.set(day);
            // The nearest that is offered.
            let time = time.unwrap_or(MORNING);
            let half = if time.minute() < 30 { 0 } else { 30 };
            let offered = NaiveTime::from_hms_opt(time.hour(), half, 0);
            self.time.set(offered.unwrap_or(MORNING));
            focus_on(field, "data-day", day.to_string());
        }
        self.open.try_set(opens);
    }

    fn close(self) {
        dom::hide_popover(&calendar_id(self.dated.field));
    }

    /// The day and the time of the value.
    fn chosen(self) -> (Option<NaiveDate>, Option<NaiveTime>) {
        let Some(value) = self.dated.value() else {
            return (None, None);
        };
        let (day, time) = self.dated.ask(|context| context.parts(value));
        (Some(day), time)
    }

    fn pressed(self, event: &ev::MouseEvent) {
        let carried = |name| dom::attribute_under(event, name);
        if let Some(words) = carried("data-offer") {
            self.dated.pick(Some(&words));
            self.close();
        } else if let Some(day) = carried("data-day") {
            if dom::attribute_under(event, "aria-disabled").is_none() {
                self.pick_day(&day);
            }
        } else if let Some(time) = carried("data-time") {
            let words = format!("{} {time}", self.day.get_untracked());
            self.dated.pick(Some(&words));
            self.close();
        } else if let Some(key) = carried("data-step") {
            self.walk(&key, false);
        } else if carried("data-clear").is_some() {
            self.dated.pick(None);
            self.close();
        }
    }

    /// A day alone is all that a field for days needs. Of a moment it moves the day, and the time is next.
    fn pick_day(self, day: &str) {
        if self.dated.holds == Holds::Day {
            self.dated.pick(Some(day));
            return self.close();
        }
        let kept = untrack(|| self.chosen().1).unwrap_or(MORNING);
        if let Ok(day) = day.parse() {
            self.day.set(day);
        }
        self.dated
            .pick(Some(&format!("{day} {}", plain_time(kept))));
        let time = plain_time(self.time.get_untracked());
        focus_on(self.dated.field, "data-time", time);
    }

    /// Goes where a key leads. Answers whether it leads anywhere.
    fn walk(self, key: &str, shift: bool) -> Option<NaiveDate> {
        let start = untrack(|| self.dated.ask(|context| context.habits.week_start));
        let to = step(self.day.get_untracked(), key, shift, start)?;
        self.day.set(to);
        Some(to)
    }

    fn walk_times(self, key: &str) -> Option<NaiveTime> {
        let times: Vec<_> = half_hours().collect();
        let now = self.time.get_untracked();
        let at = times.iter().position(|time| *time == now)?;
        let to = match key {
            "ArrowLeft" => at.checked_sub(1),
            "ArrowRight" => Some(at + 1),
            "ArrowUp" => at.checked_sub(TIMES_IN_ROW),
            "ArrowDown" => Some(at + TIMES_IN_ROW),
            "Home" => Some(0),
            "End" => times.len().checked_sub(1),
            _ => None,
        };
        let to = *times.get(to?)?;
        self.time.set(to);
        Some(to)
    }

    fn key(self, event: &ev::KeyboardEvent) {
        let field = self.dated.field;
        let key = event.key();
        if key == "Escape" {
            self.close();
        } else if dom::attribute_of_target(event, "[data-day]", "data-day").is_some() {
            let Some(to) = self.walk(&key, event.shift_key()) else {
                return;
            };
            focus_on(field, "data-day", to.to_string());
        } else if dom::attribute_of_target(event, "[data-time]", "data-time").is_some() {
            let Some(to) = self.walk_times(&key) else {
                return;
            };
            focus_on(field, "data-time", plain_time(to));
        } else {
            return;
        }
        event.prevent_default();
    }
}

/// The calendar of a field; closed at first.
#[component]
pub(super) fn Calendar(dated: Dated) -> impl IntoView {
    let place = Place {
        dated,
        open: RwSignal::new(false),
        day: RwSignal::new(NaiveDate::default()),
        time: RwSignal::new(MORNING),
    };
    let id = calendar_id(dated.field);
    let left = move |event: ev::FocusEvent| {
        if dom::focus_leaves(&event, &calendar_id(dated.field)) {
            place.close();
        }
    };
    view! {
        <div
            class="calendar"
            id=id
            popover="auto"
            role="dialog"
            aria-label=format!("Calendar, {}", field_label(dated.field))
            tabindex="-1"
            on:toggle=move |_| place.toggled()
            on:click=move |event| place.pressed(&event)
            on:keydown=move |event| place.key(&event)
            on:focusout=left
        >
            {move || place.open.get().then(|| view! { <Opened place/> })}
        </div>
    }
}

#[component]
fn Opened(place: Place) -> impl IntoView {
    let dated = place.dated;
    // What was understood of the field stays in sight.
    let control = format!(".field-control:has(> #{})", input_id(dated.field));
    dom::keep_beside(calendar_id(dated.field), control);
    let offered = untrack(|| dated.ask(offers))
        .into_iter()
        .map(|(label, _)| view! { <button type="button" class="calendar-offer" data-offer=label>{label.clone()}</button> })
        .collect_view();
    let can_clear = !dated.required && untrack(|| dated.value()).is_some();
    view! {
        <div class="calendar-offers">{offered}</div>
        <Month place/>
        {(dated.holds == Holds::Moment).then(|| view! { <Times place/> })}
        {can_clear.then(|| view! {
            <button type="button" class="button button-quiet calendar-clear" data-clear="">"Clear"</button>
        })}
    }
}

#[component]
fn Month(place: Place) -> impl IntoView {
    let dated = place.dated;
    let title_id = format!("{}-title", calendar_id(dated.field));
    let heads = move || {
        let heads = dated.ask(|context| weekdays(context.habits));
        heads
            .map(|(short, name)| view! { <span role="columnheader" aria-label=name>{short}</span> })
            .collect_view()
    };
    let weeks = move || {
        let (shown, (chosen, _)) = (place.day.get(), place.chosen());
        let (today, habits) = dated.ask(|context| (context.today(), context.habits));
        let cells: Vec<_> = month_cells(shown, habits.week_start).collect();
        let cell = |day: &NaiveDate| {
            let day = *day;
            view! {
                <button
                    type="button"
                    role="gridcell"
                    class="calendar-day"
                    data-day=day.to_string()
                    data-outside=(day.month() != shown.month()).then_some("")
                    tabindex=if day == shown { "0" } else { "-1" }
                    aria-selected=if Some(day) == chosen { "true" } else { "false" }
                    aria-current=(day == today).then_some("date")
                    // What has happened did so by now.
                    aria-disabled=(dated.leans == Leans::Back && day > today).then_some("true")
                    aria-label=day_in_full(day, habits.order)
                >
                    {day.day()}
                </button>
            }
        };
        let week = |days: &[NaiveDate]| {
            let days = days.iter().map(cell).collect_view();
            view! { <div role="row" class="calendar-week">{days}</div> }
        };
        cells.chunks(7).map(week).collect_view()
    };
    view! {
        <div class="calendar-head">
            <span class="calendar-title" id=title_id.clone() aria-live="polite">
                {move || month_title(place.day.get())}
            </span>
            <button type="button" class="icon-button" aria-label="Previous month" data-step="PageUp">
                {Icon::ChevronLeft.view()}
            </button>
            <button type="button" class="icon-button" aria-label="Next month" data-step="PageDown">
                {Icon::ChevronRight.view()}
            </button>
        </div>
        <div role="grid" aria-labelledby=title_id class="calendar-grid">
            <div role="row" class="calendar-week calendar-weekdays">{heads}</div>
            {weeks}
        </div>
    }
}

#[component]
fn Times(place: Place) -> impl IntoView {
    let times = move || {
        let (near, (_, chosen)) = (place.time.get(), place.chosen());
        let habit = place.dated.ask(|context| context.habits.clock);
        half_hours()
            .map(|time| {
                view! {
                    <button
                        type="button"
                        role="option"
                        class="calendar-time"
                        data-time=plain_time(time)
                        tabindex=if time == near { "0" } else { "-1" }
                        aria-selected=if Some(time) == chosen { "true" } else { "false" }
                    >
                        {clock(time, habit)}
                    </button>
                }
            })
            .collect_view()
    };
    // The likely ones are in sight.
    let near = plain_time(place.time.get_untracked());
    let id = calendar_id(place.dated.field);
    request_animation_frame(move || {
        dom::centre_in(
            &format!("#{id} .calendar-times"),
            &format!("#{id} [data-time=\"{near}\"]"),
        );
    });
    view! { <div role="listbox" aria-label="Time" class="calendar-times">{times}</div> }
}
