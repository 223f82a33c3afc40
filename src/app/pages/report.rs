//! What was done in some days, to be printed and shown to others.

use crate::{
    app::{
        components::{analytics::lacks_words, page_header::PageHeader},
        figures::{Asked, ask},
        frame::SignedIn,
    },
    client::{dom, engine::SyncState, habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        analytics::Reported,
        application::name_of,
        time::ZoneRules,
        when::{Order, date_label},
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_location};

/// `/analytics/report`.
#[component]
pub fn ReportPage() -> impl IntoView {
    view! {
        <Title text="Report"/>
        <SignedIn>
            <ReportOfDays/>
        </SignedIn>
    }
}

/// The report, made on this device of what it holds.
#[component]
fn ReportOfDays() -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let location = use_location();
    let asked = Memo::new(move |_| location.search.with(|search| Asked::of(search)));
    let today = Memo::new(move |_| zone.read().day(store.now()));
    let report = Memo::new(move |_| {
        let days = asked.get().period.query(today.get());
        // Without all moves and activities it would say less than is so.
        store
            .is_complete()
            .then(|| store.report_of(&days, &*zone.read()))?
    });
    let days = move || {
        let report = report.read();
        let range = report.as_ref()?.range;
        let order = habits.get().order;
        let (from, to) = (date_label(range.from, order), date_label(range.to, order));
        Some(if from == to {
            from
        } else {
            format!("{from} – {to}")
        })
    };
    let sub = Signal::derive(move || days().unwrap_or_default());
    let name = move || {
        let named = store.settings()?.display_name.clone();
        let named = named.map(|name| name.as_str().to_owned());
        named.or_else(|| Some(store.me()?.user.email.as_str().to_owned()))
    };
    let download = move |_| {
        report.with_untracked(|report| {
            if let Some(report) = report {
                let name = format!("report-{}-{}.csv", report.range.from, report.range.to);
                dom::download(&name, "text/csv", &report.csv());
            }
        });
    };
    let is_making = move || report.read().is_none();
    let back = move || asked.get().address();
    let body = move || {
        let Some(report) = report.get() else {
            return view! {
                <p class="figures-none" role="status">"Your applications are on their way to this device: the report is made of all of them."</p>
                <div class="skeleton skeleton-card" aria-hidden="true"></div>
                <div class="skeleton skeleton-card" aria-hidden="true"></div>
            }
            .into_any();
        };
        let order = habits.get().order;
        let totals = report.totals;
        let is_empty = report.sent.is_empty() && report.went_on.is_empty();
        view! {
            <p class="report-totals">
                {format!(
                    "{} sent, {} of them answered, {} came to interviews, {} to offers.",
                    totals.applications, totals.responses, totals.interviews, totals.offers,
                )}
            </p>
            {is_empty.then(|| view! {
                <p class="figures-none">"Nothing was done in these days."</p>
            })}
            {part("Sent in these days", &report.sent, order)}
            {part("Sent before, and went on in these days", &report.went_on, order)}
        }
        .into_any()
    };
    view! {
        <main class="page" id="main" tabindex="-1">
            <PageHeader title="Report" sub quiet=true/>
            <div class="page-body">
                <article class="report">
                    <div class="report-actions">
                        <A href=back attr:class="button button-quiet">"Other days"</A>
                        <span class="spacer"></span>
                        <button type="button" class="button" disabled=is_making on:click=download>"Download CSV"</button>
                        <button type="button" class="button button-primary" disabled=is_making on:click=move |_| dom::print()>"Print"</button>
                    </div>
                    <p class="report-actions figures-note">
                        "For an employment office or a coach: what you sent, to whom, and what came of it. Your notes, pay and outcomes are not in it. It is made on this device, and works offline."
                    </p>
                    <header class="report-head">
                        <h2 class="report-title">"Applications and what came of them"</h2>
                        <p>{name}{move || days().map(|days| format!(", {days}"))}</p>
                        <p class="figures-note">{move || format!("As of {}", date_label(today.get(), habits.get().order))}</p>
                    </header>
                    <Missing asked/>
                    {body}
                    // Offices want it signed.
                    <p class="report-sign print-only" aria-hidden="true">
                        <span>"Place and date"</span>
                        <span>"Signature"</span>
                    </p>
                </article>
            </div>
        </main>
    }
}

/// Says what this device does not hold, and so is not in the report.
#[component]
fn Missing(asked: Memo<Asked>) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let lacks = Memo::new(move |_| store.is_complete() && !store.has_all());
    let all = RwSignal::new(None::<(Asked, u64)>);
    let news = Memo::new(move |_| {
        let is_saved = store.sync_state() == SyncState::Saved;
        (store.heard_up_to(), is_saved)
    });
    Effect::new(move |_| {
        let asked = asked.get();
        news.track();
        if !lacks.get() {
            return;
        }
        let today = zone.with_untracked(|zone| zone.day(store.now_untracked()));
        spawn_local(async move {
            if let Ok(served) = ask(asked, today).await {
                store.know_total(served.figures.applications);
                _ = all.try_set(Some((asked, served.figures.summary.totals.applications)));
            }
        });
    });
    move || {
        if !lacks.get() {
            return None;
        }
        let asked = asked.get();
        let known = all.get().filter(|it| it.0 == asked).map(|it| it.1);
        let today = zone.with(|zone| zone.day(store.now()));
        let here = store.report_of(&asked.period.query(today), &*zone.read());
        let here = here.map_or(0, |report| report.sent.len() as u64);
        let told = match known.map(|all| all.saturating_sub(here)) {
            Some(0) => return None,
            Some(1) => {
                "1 application of these days is not on this device, and so not in this report."
                    .to_owned()
            }
            Some(missing) => format!(
                "{missing} applications of these days are not on this device, and so not in this report."
            ),
            None => format!(
                "{}. Some of these days may not be in this report: how many, it says once there is a connection.",
                lacks_words(store.missing())
            ),
        };
        Some(view! { <p class="notice" data-kind="warn" role="status">{told}</p> })
    }
}

/// A part of the report, as a table.
fn part(title: &'static str, rows: &[Reported], order: Order) -> impl IntoView {
    if rows.is_empty() {
        return None;
    }
    let day = move |day| date_label(day, order);
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let entries: Vec<_> = row
                .entries
                .iter()
                .map(|entry| view! { <li><span class="report-day">{day(entry.day)}</span> {entry.what.clone()}</li> })
                .collect();
            let contacts: Vec<_> = row
                .contacts
                .iter()
                .map(|contact| view! { <p class="report-aside">{contact.clone()}</p> })
                .collect();
            let more: Vec<String> = [row.place.clone(), Some(row.source.clone()), row.job_url.clone()]
                .into_iter()
                .flatten()
                .filter(|words| !words.is_empty())
                .collect();
            view! {
                <tr>
                    <td class="report-day">{row.day.map(day)}</td>
                    <th scope="row">
                        {name_of(&row.role_title, &row.company)}
                        <p class="report-aside">{more.join(" · ")}</p>
                        {contacts}
                    </th>
                    <td>{row.status.label()}</td>
                    <td><ul class="report-entries">{entries}</ul></td>
                </tr>
            }
        })
        .collect();
    Some(view! {
        <section class="report-part">
            <h3 class="report-part-title">{title}</h3>
                <table class="report-table">
                    <thead>
                        <tr>
                            <th scope="col">"Applied"</th>
                            <th scope="col">"Job"</th>
                            <th scope="col">"Now"</th>
                            <th scope="col">"What was done"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
        </section>
    })
}
