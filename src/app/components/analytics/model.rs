//! What the page shows, and of what.

use crate::{
    app::figures::{Asked, LastServed, Served, ask},
    client::{engine::SyncState, habits::use_habits, store::use_store, zone::use_zone},
    domain::{
        analytics::{Hunt, Measure, Range, Selection},
        error::Problem,
        settings::WeekStart,
        time::ZoneRules as _,
    },
};
use chrono::NaiveDate;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use std::sync::Arc;

/// A figure whose list is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// What it is called.
    pub title: String,
    /// What it counts.
    pub selection: Selection,
}

/// Up to where this device has heard of the server, whether all is saved, and the user's day.
type News = (Option<String>, bool, NaiveDate);

/// The page. Copied freely.
#[derive(Clone, Copy)]
pub struct AnalyticsModel {
    /// What the address asks for.
    pub asked: Memo<Asked>,
    /// The user's day.
    pub today: Memo<NaiveDate>,
    /// What this device knows, where it holds all.
    pub hunt: Memo<Option<Arc<Hunt>>>,
    /// The figures, and what they answer: this device's, or those of the server; while others are asked for, those
    /// before.
    pub shown: Memo<Option<Served>>,
    /// Why those that are asked for cannot be had.
    pub problem: RwSignal<Option<Problem>>,
    /// The figure whose list is open.
    pub listed: RwSignal<Option<Listed>>,
}

/// The model of the page.
pub fn use_analytics() -> AnalyticsModel {
    expect_context::<AnalyticsModel>()
}

impl AnalyticsModel {
    /// The model of what the store and the address say.
    pub fn of_store() -> Self {
        let (store, zone, habits) = (use_store(), use_zone(), use_habits());
        let location = use_location();
        let asked = Memo::new(move |_| location.search.with(|search| Asked::of(search)));
        let today = Memo::new(move |_| zone.read().day(store.now()));
        let has_all = Memo::new(move |_| store.has_all());
        let hunt = Memo::new(move |_| has_all.get().then(|| store.hunt()).flatten());
        let served = expect_context::<LastServed>();
        let shown = Memo::new(move |last: Option<&Option<Served>>| {
            let asked = asked.get();
            let Some(hunt) = hunt.get() else {
                let served = served.read();
                let served = served.as_ref().filter(|it| it.asked == asked);
                return served.or(last.and_then(Option::as_ref)).cloned();
            };
            let (now, zone) = (store.now(), zone.read());
            let query = asked.period.query(today.get());
            let range = query.range(hunt.whole(now, &*zone)).ok()?;
            let weeks = WeekStart::of(habits.get().week_start);
            let figures = hunt.figures(range, asked.group_by, weeks, now, &*zone);
            Some(Served {
                asked,
                figures: Arc::new(figures),
            })
        });
        let (problem, now_asked) = (RwSignal::new(None), asked);
        let news = Memo::new(move |_| {
            let is_saved = store.sync_state() == SyncState::Saved;
            (store.heard_up_to(), is_saved, today.get())
        });
        // Where this device does not hold all, the server is asked: again where it has news, once there is a network
        // again, and on another day.
        Effect::new(move |last: Option<(Asked, News)>| {
            let asked = asked.get();
            let news = news.get();
            let now = (asked, news);
            if last.as_ref() == Some(&now) {
                return now;
            }
            // Told only where it changes: on the way to another page those that read it are gone.
            if problem.with_untracked(Option::is_some) {
                problem.set(None);
            }
            let is_known =
                served.with_untracked(|it| it.as_ref().is_some_and(|it| it.asked == asked));
            if has_all.get() || (is_known && last.is_none()) {
                return now;
            }
            let today = today.get_untracked();
            spawn_local(async move {
                let answer = ask(asked, today).await;
                // Gone with its page, or others are asked for by now.
                if now_asked.try_get_untracked() != Some(asked) {
                    return;
                }
                match answer {
                    Ok(answer) => _ = served.try_set(Some(answer)),
                    Err(why) => _ = problem.try_set(Some(why)),
                }
            });
            now
        });
        // What this device lacks it can say without a network, too.
        Effect::new(move |_| {
            let total = served.with(|it| it.as_ref().map(|it| it.figures.applications));
            if let Some(total) = total.filter(|total| *total > 0) {
                store.know_total(total);
            }
        });
        // Whoever comes back is to see what was done meanwhile.
        // Nobody is told: the page is going.
        on_cleanup(move || _ = served.try_update_untracked(|served| *served = None));
        Self {
            asked,
            today,
            hunt,
            shown,
            problem,
            listed: RwSignal::new(None),
        }
    }

    /// Whether the figures that show are not those that are asked for: the server has not answered yet.
    pub fn is_stale(self) -> bool {
        let shown = self.shown.read();
        shown
            .as_ref()
            .is_some_and(|it| it.asked != self.asked.get())
    }

    /// How the time before that of the figures is called; none where there is none.
    pub fn before(self) -> Option<String> {
        self.shown.read().as_ref()?.asked.period.before()
    }

    /// The days of the figures that show.
    pub fn range(self) -> Option<Range> {
        let shown = self.shown.read();
        let summary = &shown.as_ref()?.figures.summary;
        Some(Range {
            from: summary.from,
            to: summary.to,
        })
    }

    /// Opens the list behind a figure of the range that shows.
    pub fn open(self, title: impl Into<String>, measure: Measure) {
        if let Some(range) = untrack(|| self.range()) {
            self.open_of(title, measure, range, None);
        }
    }

    /// The same of these days, and of one source alone.
    pub fn open_of(
        self,
        title: impl Into<String>,
        measure: Measure,
        range: Range,
        source: Option<String>,
    ) {
        let (title, selection) = (
            title.into(),
            Selection {
                measure,
                range,
                source,
            },
        );
        self.listed.set(Some(Listed { title, selection }));
    }
}

/// A figure that opens the list behind it.
#[component]
pub fn Figure(
    /// The number.
    number: u64,
    /// What the list is called.
    #[prop(into)]
    title: String,
    /// What it counts.
    measure: Measure,
    /// Of these days, where they are others than those of the page.
    #[prop(optional)]
    range: Option<Range>,
    /// Of one source alone, as it is folded.
    #[prop(optional)]
    source: Option<String>,
) -> impl IntoView {
    let model = use_analytics();
    if number == 0 {
        return view! { <span class="figure-none">"0"</span> }.into_any();
    }
    let said = format!("{number}, {title}: show them");
    let open = move |_| {
        let range = range.or_else(|| untrack(|| model.range()));
        if let Some(range) = range {
            model.open_of(title.clone(), measure, range, source.clone());
        }
    };
    view! {
        <button type="button" class="figure" aria-label=said on:click=open>{number}</button>
    }
    .into_any()
}
