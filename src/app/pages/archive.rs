//! What was taken off the board.

use crate::{
    app::{
        components::{each::Each, icon::Icon, page_header::PageHeader},
        frame::SignedIn,
        share::query_value,
    },
    client::{dom, habits::use_habits, search::Search, store::use_store, zone::use_zone},
    domain::{application::Application, order::sort_by_key, time::ZoneRules, when::day_label},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_location};
use std::sync::Arc;
use uuid::Uuid;

/// `/archive`.
#[component]
pub fn ArchivePage() -> impl IntoView {
    view! {
        <Title text="Archive"/>
        <SignedIn>
            <Archive/>
        </SignedIn>
    }
}

#[component]
fn Archive() -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let location = use_location();
    // A search of the board leads here.
    let searched = Memo::new(move |_| location.search.with(|search| query_value(search, "q")));
    let rows = Memo::new(move |_| {
        let search = Search::of(searched.read().as_deref().unwrap_or_default());
        let mut rows: Vec<_> = store
            .rows::<Application>()
            .values()
            .filter(|row| !row.is_on_board() && search.finds(row))
            .cloned()
            .collect();
        sort_by_key(&mut rows, |row| {
            std::cmp::Reverse((row.archived_at, row.id))
        });
        Arc::new(rows)
    });
    let sub = Signal::derive(move || match rows.read().len() {
        0 => String::new(),
        1 => "1 application".to_owned(),
        count => format!("{count} applications"),
    });
    // The focus goes to the row beside it, or to the page where it was the last.
    let restore = move |id: Uuid| {
        let beside = rows.with_untracked(|rows| {
            let at = rows.iter().position(|row| row.id == id)?;
            let before = at.checked_sub(1).and_then(|at| rows.get(at));
            rows.get(at + 1).or(before).map(|row| row.id)
        });
        store.set_archived(id, false);
        let target = beside.map_or("#main".to_owned(), |id| {
            format!("[data-row=\"{id}\"] button")
        });
        store.once_shown(move || request_animation_frame(move || dom::focus(&target)));
    };
    let body = move || {
        if rows.read().is_empty() && !store.is_whole() {
            return view! {
                <div class="skeleton skeleton-card" aria-hidden="true"></div>
                <div class="skeleton skeleton-card" aria-hidden="true"></div>
            }
            .into_any();
        }
        if rows.read().is_empty() && searched.read().is_some() {
            return view! {
                <div class="empty">
                    {Icon::Search.view()}
                    <h2>"No matches in the archive"</h2>
                </div>
            }
            .into_any();
        }
        if rows.read().is_empty() {
            return view! {
                <div class="empty">
                    {Icon::Archive.view()}
                    <h2>"Nothing archived"</h2>
                    <p>"Archive what is over to keep the board short. It still counts in your figures, and you can bring it back."</p>
                </div>
            }
            .into_any();
        }
        view! {
            <table class="table archive-table" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Role"</th>
                        <th role="columnheader" scope="col">"Company"</th>
                        <th role="columnheader" scope="col">"Status"</th>
                        <th role="columnheader" scope="col">"Archived"</th>
                        <th role="columnheader" scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <Each each=move || rows.get().to_vec() key=|row| (row.id, row.version, row.updated_at) let:row>
                        {
                            let (id, archived_at) = (row.id, row.archived_at);
                            let when = move || {
                                let (zone, now) = (zone.read(), store.now());
                                archived_at.map(|at| day_label(zone.day(at), zone.day(now), habits.get().order))
                            };
                            view! {
                                <tr role="row" data-row=id.to_string()>
                                    <td role="cell"><a href=format!("/board/{id}")>{row.role_title.to_string()}</a></td>
                                    <td role="cell">{row.company.to_string()}</td>
                                    <td role="cell">
                                        <span class="status" data-status=row.status.as_str()>
                                            <i class="status-dot"></i>
                                            {row.status.label()}
                                        </span>
                                    </td>
                                    <td role="cell">{when}</td>
                                    <td role="cell">
                                        <button
                                            type="button"
                                            class="button button-quiet"
                                            on:click=move |_| restore(id)
                                        >
                                            {Icon::Restore.view()}
                                            "Restore"
                                        </button>
                                    </td>
                                </tr>
                            }
                        }
                    </Each>
                </tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <main class="page" id="main" tabindex="-1">
            <PageHeader title="Archive" sub/>
            <div class="page-body">
                {move || searched.get().map(|text| view! {
                    <p class="archive-search">
                        "Matching “" <b>{text}</b> "”. " <A href="/archive">"Show all"</A>
                    </p>
                })}
                {body}
            </div>
        </main>
    }
}
