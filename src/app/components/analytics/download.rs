//! Figures as files.

use super::{
    drawing::{Reader, drawing},
    model::use_analytics,
};
use crate::{
    client::{dom, habits::use_habits},
    domain::{
        analytics::{Figures, Table, year_to},
        settings::WeekStart,
    },
};
use leptos::prelude::*;
use std::sync::Arc;

/// The kinds of files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Svg,
    Png,
}

/// Gives a part of the figures that show to a spreadsheet, or as a drawing. Made here: it needs no network.
#[component]
pub fn Download(
    /// The figures.
    figures: Signal<Arc<Figures>>,
    /// Which part of them.
    table: Table,
) -> impl IntoView {
    let (model, habits) = (use_analytics(), use_habits());
    let download = move |kind: Kind| {
        let days = untrack(|| model.range());
        let days = if table == Table::Year {
            Some(year_to(model.today.get_untracked()))
        } else {
            days
        };
        let days = days.map(|it| format!("-{}-{}", it.from, it.to));
        let name = format!("{}{}", table.name(), days.unwrap_or_default());
        if kind == Kind::Csv {
            let text = figures.with_untracked(|it| table.csv(it));
            return dom::download(&format!("{name}.csv"), "text/csv", &text);
        }
        let habits = habits.get_untracked();
        let reader = Reader {
            today: model.today.get_untracked(),
            order: habits.order,
            weeks: WeekStart::of(habits.week_start),
        };
        let drawn = figures.with_untracked(|it| drawing(table, it, reader));
        match kind {
            Kind::Png => {
                let name = format!("{name}.png");
                dom::download_picture(&name, &drawn.svg, drawn.width, drawn.height);
            }
            _ => dom::download(&format!("{name}.svg"), "image/svg+xml", &drawn.svg),
        }
    };
    let kinds = [(Kind::Csv, "CSV"), (Kind::Svg, "SVG"), (Kind::Png, "PNG")];
    let buttons = kinds.map(|(kind, label)| {
        let of = format!("Download “{}” as {label}", table.title());
        view! {
            <button type="button" class="link" aria-label=of on:click=move |_| download(kind)>{label}</button>
        }
    });
    view! {
        <p class="figures-download">"Download " {buttons.collect_view()}</p>
    }
}
