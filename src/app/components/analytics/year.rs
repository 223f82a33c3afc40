//! What was done on each day of the last year.

use super::{
    chart::{HEAT_BOX, day_words, heat, heat_days, heat_place},
    download::Download,
    model::{Figure, use_analytics},
    read_out::ReadOut,
    words::count,
};
use crate::{
    client::habits::use_habits,
    domain::{
        analytics::{Figures, Measure, Range, Table},
        settings::WeekStart,
        when::day_label,
    },
};
use chrono::{Days, NaiveDate};
use leptos::prelude::*;

/// A square a day: how much was done.
#[component]
pub fn Year(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let (model, habits) = (use_analytics(), use_habits());
    let weeks = move || WeekStart::of(habits.get().week_start);
    let days = move || heat_days(weeks(), model.today.get());
    let drawing = move || figures.with(|it| heat(&it.activity.days, weeks(), model.today.get()));
    let parts = Signal::derive(move || {
        let days = days();
        usize::try_from((days.to - days.from).num_days() + 1).unwrap_or_default()
    });
    let day = move |at: usize| days().from + Days::new(at as u64);
    let words = move |at: usize| {
        let (day, today, order) = (day(at), model.today.get(), habits.get().order);
        figures.with(|it| {
            let done = it.activity.days.iter().find(|it| it.day == day);
            day_words(day, done, today, order)
        })
    };
    let sent_on = move |day: NaiveDate| {
        let (today, order) = (model.today.get_untracked(), habits.get_untracked().order);
        format!("Sent, {}", day_label(day, today, order))
    };
    let open = move |at: usize| {
        let day = untrack(|| day(at));
        let sent = figures.with_untracked(|it| {
            let done = it.activity.days.iter().find(|it| it.day == day);
            done.is_some_and(|it| it.applications > 0)
        });
        if sent {
            let range = Range { from: day, to: day };
            model.open_of(sent_on(day), Measure::Applications, range, None);
        }
    };
    let at = RwSignal::new(None);
    let place = Memo::new(move |_| {
        let day = at.get().map(day);
        day.map(|day| heat_place(day, weeks(), model.today.get()))
    });
    let mark = move |of: fn((i64, i64)) -> i64| move || place.get().map(of);
    let marked = move || at.get().is_some().then_some("true");
    let told = move || {
        figures.with(|it| {
            let days = &it.activity.days;
            if days.is_empty() {
                return "What you do shows here: a square a day.".to_owned();
            }
            let sum = |of: fn(&crate::domain::analytics::ActivityOfDay) -> u64| {
                days.iter().map(of).sum::<u64>()
            };
            format!(
                "In the last year you did something on {}: {} sent, {}, {} done.",
                count(days.len() as u64, "day", "days"),
                count(sum(|it| it.applications), "application", "applications"),
                count(sum(|it| it.moves), "move", "moves"),
                count(sum(|it| it.activities), "activity", "activities"),
            )
        })
    };
    let rows = move || {
        let (today, habits) = (model.today.get(), habits.get());
        let figures = figures.get();
        // The newest first.
        let days = figures.activity.days.iter().rev();
        let rows: Vec<_> = days
            .map(|it| {
                let range = Range { from: it.day, to: it.day };
                view! {
                    <tr>
                        <th scope="row">{day_label(it.day, today, habits.order)}</th>
                        <td class="number">
                            <Figure number=it.applications title=sent_on(it.day) measure=Measure::Applications range/>
                        </td>
                        <td class="number">{it.moves}</td>
                        <td class="number">{it.activities}</td>
                    </tr>
                }
            })
            .collect();
        rows
    };
    let any = Memo::new(move |_| figures.with(|it| !it.activity.days.is_empty()));
    let shown = RwSignal::new(false);
    view! {
        <section class="figures year" aria-labelledby="year-title">
            <h2 class="figures-title" id="year-title">{Table::Year.title()}</h2>
            <p class="figures-note">{told}</p>
            <ReadOut label="What was done each day" count=parts column=7 words open at>
                <svg class="heat" viewBox=HEAT_BOX aria-hidden="true">
                    <g inner_html=drawing></g>
                    <rect class="heat-mark" data-shown=marked x=mark(|it| it.0) y=mark(|it| it.1) width="10" height="10" rx="2"></rect>
                </svg>
            </ReadOut>
            <p class="heat-key" aria-hidden="true">
                "less"
                <svg class="heat-keys" viewBox="0 0 58 10">
                    {["heat-0", "heat-1", "heat-2", "heat-3", "heat-4"].into_iter().enumerate().map(|(at, class)| view! {
                        <rect class=class x=at * 12 y="0" width="10" height="10" rx="2"></rect>
                    }).collect_view()}
                </svg>
                "more"
            </p>
            {move || any.get().then(|| view! {
                <details class="figures-more" on:toggle=move |_| shown.set(true)>
                    <summary>"As a table"</summary>
                    {move || shown.get().then(|| view! {
                        <div class="figures-scroll" tabindex="0" role="region" aria-label="What was done each day">
                            <table class="figures-table">
                                <thead>
                                    <tr>
                                        <th scope="col">"Day"</th>
                                        <th scope="col" class="number">"Sent"</th>
                                        <th scope="col" class="number">"Moved"</th>
                                        <th scope="col" class="number">"Done"</th>
                                    </tr>
                                </thead>
                                <tbody>{rows}</tbody>
                            </table>
                        </div>
                        <Download figures table=Table::Year/>
                    })}
                </details>
            })}
        </section>
    }
}
