//! What was done on each day of the last year.

use super::{
    chart::{HEAT_BOX, heat},
    download::Download,
    model::use_analytics,
    words::count,
};
use crate::{
    client::habits::use_habits,
    domain::{
        analytics::{Figures, Table, year_to},
        settings::WeekStart,
        when::day_label,
    },
};
use leptos::prelude::*;

/// A square a day: how much was done.
#[component]
pub fn Year(figures: Signal<std::sync::Arc<Figures>>) -> impl IntoView {
    let (model, habits) = (use_analytics(), use_habits());
    let drawing = move || {
        let (today, habits) = (model.today.get(), habits.get());
        let weeks = WeekStart::of(habits.week_start);
        figures.with(|it| {
            heat(
                &it.activity.days,
                year_to(today),
                weeks,
                today,
                habits.order,
            )
        })
    };
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
                view! {
                    <tr>
                        <th scope="row">{day_label(it.day, today, habits.order)}</th>
                        <td class="number">{it.applications}</td>
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
            <svg class="heat" viewBox=HEAT_BOX aria-hidden="true" inner_html=drawing></svg>
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
