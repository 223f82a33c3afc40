//! An application in full, beside the board: every field, saved as one leaves it.

mod activity_panel;
mod closing;
mod move_form;
mod pay;
mod reminders;
mod story;

use super::{
    board::{BoardModel, refocus, refocus_beside, show_card, use_board},
    form::{
        CheckField, DateField, Editor, Entry, Group, RowRecord, RowsField, SelectField,
        TextAreaField, TextField, TokensField, choices,
    },
    icon::Icon,
    icon_button::IconButton,
    monogram::Monogram,
    sync_status::SyncStatus,
};
use crate::{
    app::{leaving::Leaving, origin::use_origin, share::query_value},
    client::{
        dom,
        store::{Store, use_store},
        zone::use_zone,
    },
    domain::{
        application::{Application, LocationMode, Priority},
        stage::Status,
        time::{ZoneRules, stay_label},
        when::{Holds, Leans},
    },
};
use activity_panel::ActivityPanel;
pub use closing::Closing;
use leptos::{ev, prelude::*};
use leptos_router::{
    NavigateOptions,
    components::A,
    hooks::{use_location, use_navigate},
};
use pay::PayField;
use reminders::Reminders;
use std::sync::Arc;
use story::Story;
use uuid::Uuid;

/// The sidebar of the application `id`.
#[component]
pub fn Sidebar(
    /// Whose.
    id: Uuid,
) -> impl IntoView {
    let store = use_store();
    let row = Memo::new(move |_| store.row::<Application>(id));
    let known = RwSignal::new(row.with_untracked(Option::is_some));
    let (board, closing) = (use_board(), expect_context::<Closing>());
    closing.begin();
    Effect::new(move |_| {
        let is_known = row.read().is_some();
        if !is_known {
            // It was deleted elsewhere: what is being typed is kept while its field is still there.
            dom::blur();
            // There is nothing left to correct.
            closing.begin();
        }
        if known.get_untracked() != is_known {
            known.set(is_known);
        }
    });
    let location = use_location();
    let activity = Memo::new(move |_| {
        let named = location
            .search
            .with(|search| query_value(search, "activity"));
        named.and_then(|id| id.parse::<Uuid>().ok())
    });
    let navigate = use_navigate();
    // One step back: from an activity to its application, from there to the board; to Today at once from
    // what was opened there.
    let origin = use_origin();
    let close = move || {
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        match activity.get_untracked() {
            _ if origin.is_of(id) => navigate("/today", options),
            Some(_) => navigate(&format!("/board/{id}"), options),
            None => {
                navigate("/board", options);
                focus_card(store, board, id);
            }
        }
    };
    let escape = window_event_listener(ev::keydown, move |event| {
        let dialog = dom::exists("dialog[open]") || dom::exists(":popover-open");
        if event.key() == "Escape" && !event.default_prevented() && !dialog && !event.is_composing()
        {
            // What was typed is saved while its field is still there.
            dom::blur();
            if closing.may_close() {
                close();
            }
        }
    });
    on_cleanup(move || escape.remove());
    #[cfg(feature = "hydrate")]
    closing::ways_out::watch(closing);
    expect_context::<Leaving>().guard(move || {
        if closing.may_close() {
            return Ok(());
        }
        let search = location.search.get_untracked();
        let sign = if search.is_empty() { "" } else { "?" };
        Err(format!("/board/{id}{sign}{search}"))
    });
    // The focus goes into the panel, so that the next Tab is in it.
    // The board has made way by then, and its card is not to be behind the panel.
    Effect::new(move |_| {
        request_animation_frame(move || {
            if !origin.is_to_move() {
                dom::focus("#sidebar-title");
            }
            // Gone by now, where it was closed at once.
            if row.try_get_untracked().flatten().is_some()
                && let Some(row) = store.row_untracked::<Application>(id)
            {
                show_card(board, row.status, id);
            }
        });
    });
    view! {
        <section class="sidebar" role="dialog" aria-labelledby="sidebar-title">
            {move || {
                if let Some(activity) = activity.get() {
                    view! { <ActivityPanel id=activity application=id/> }.into_any()
                } else if known.get() {
                    let first = row.get_untracked();
                    first.map(|first| view! { <Known first/> }).into_any()
                } else {
                    view! { <Unknown id/> }.into_any()
                }
            }}
        </section>
    }
}

/// The way back: to Today from what was opened there, else to the board, where the focus returns to the
/// card.
#[component]
fn CloseLink(id: Uuid) -> impl IntoView {
    let (store, board) = (use_store(), use_board());
    let is_of_today = use_origin().is_of(id);
    view! {
        <A
            href=if is_of_today { "/today" } else { "/board" }
            attr:class="icon-button"
            attr:aria-label="Close"
            scroll=false
            on:click=move |_| {
                if !is_of_today {
                    focus_card(store, board, id);
                }
            }
        >
            {Icon::Close.view()}
        </A>
    }
}

/// The focus goes back to the card, wherever that stands by now, and else to one beside it.
fn focus_card(store: Store, board: BoardModel, id: Uuid) {
    request_animation_frame(move || match store.row_untracked::<Application>(id) {
        Some(row) => refocus(board, row.status, id),
        None => dom::focus(".board .card"),
    });
}

#[component]
fn Unknown(id: Uuid) -> impl IntoView {
    view! {
        <header class="sidebar-header">
            <div class="spacer"></div>
            <CloseLink id/>
        </header>
        <div class="sidebar-body">
            <NotHere noun="application"/>
        </div>
    }
}

/// What shows in the place of a row that is not known here, or not yet.
#[component]
fn NotHere(noun: &'static str) -> impl IntoView {
    let store = use_store();
    move || {
        if store.is_whole() {
            view! {
                <h2 class="sidebar-title" id="sidebar-title" tabindex="-1">"Not here"</h2>
                <p>{format!("This {noun} was deleted, or belongs to another account.")}</p>
            }
            .into_any()
        } else {
            view! {
                <h2 class="sidebar-title" id="sidebar-title" tabindex="-1">"Loading…"</h2>
                <div class="skeleton skeleton-text"></div>
                <div class="skeleton skeleton-text"></div>
            }
            .into_any()
        }
    }
}

#[component]
fn Known(first: Arc<Application>) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let (board, closing) = (use_board(), expect_context::<Closing>());
    let id = first.id;
    let record = RowRecord::new(id, first);
    let row = record.row;
    let editor = Editor::new(record, closing.complaints);
    let company = Signal::derive(move || row.read().company.to_string());
    let archived = Signal::derive(move || row.read().archived_at.is_some());
    let archive_label = Signal::derive(move || {
        if archived.get() {
            "Restore".to_owned()
        } else {
            "Archive".to_owned()
        }
    });
    let archive = move || store.set_archived(id, !archived.get_untracked());
    let navigate = use_navigate();
    let delete = move || {
        let status = status_untracked(row);
        let next = untrack(|| board.beside(status, id));
        store.discard(id);
        store.once_shown(move || {
            board.dealt_with(id, None);
            refocus_beside(board, status, next);
        });
        navigate(
            "/board",
            NavigateOptions {
                scroll: false,
                ..NavigateOptions::default()
            },
        );
    };
    let since = move || {
        let (row, zone) = (row.read(), zone.read());
        format!(
            "{} here",
            stay_label(zone.day(row.status_since), zone.day(store.now()))
        )
    };
    // What was not sent need not have a day.
    let has_day = Memo::new(move |_| row.read().status.has_day());
    let day_field = move || {
        let required = has_day.get();
        view! { <DateField editor field="application_date" holds=Holds::Day leans=Leans::Back required/> }
    };
    view! {
        <header class="sidebar-header">
            <Monogram company/>
            <span class="sidebar-company">{company}</span>
            <div class="spacer"></div>
            <SyncStatus/>
            <button
                type="button"
                class="icon-button"
                aria-label=archive_label
                title=archive_label
                on:click=move |_| archive()
            >
                {move || if archived.get() { Icon::Restore.view().into_any() } else { Icon::ArchiveBox.view().into_any() }}
            </button>
            <IconButton label="Delete" icon=Icon::Trash on_press=delete class="icon-danger"/>
            <CloseLink id/>
        </header>
        <div class="sidebar-body" on:input=move |_| closing.typed()>
            <h2 class="sidebar-title" id="sidebar-title" tabindex="-1">
                {move || row.read().role_title.to_string()}
            </h2>
            <div class="sidebar-status">
                <StatusSelect id row/>
                <span class="sidebar-since">{since}</span>
            </div>
            {move || archived.get().then(|| view! {
                <p class="notice" data-kind="info">"Archived: not on the board, but still in your figures."</p>
            })}
            <Story id/>
            <Group title="Essentials">
                <TextField editor field="company" required=true/>
                <TextField editor field="role_title" required=true/>
                {day_field}
                <SelectField editor field="priority" choices=choices(Priority::ALL, |p| p.as_str(), |p| p.as_str())/>
                <TextField editor field="source" required=true suggestions=sources()/>
                <TokensField editor field="tags" noun="tag"/>
            </Group>
            <Group title="Next">
                <TextField editor field="next_action" placeholder="What to do next"/>
                <DateField editor field="next_action_due" holds=Holds::Moment leans=Leans::Ahead/>
            </Group>
            <Reminders id/>
            <Group title="The job">
                <TextField editor field="job_url" entry=Entry::Url placeholder="https://…"/>
                <SelectField editor field="location_mode" choices=choices(LocationMode::ALL, |m| m.as_str(), |m| m.label())/>
                <TextField editor field="location_text" placeholder="City, country"/>
                <TextField editor field="timezone" placeholder="Europe/Berlin"/>
                <PayField editor/>
                <TextField editor field="seniority_level" placeholder="Senior, staff, …"/>
                <TextField editor field="job_requisition_id" placeholder="The employer's own"/>
                <TokensField editor field="tech_keywords" noun="technology"/>
            </Group>
            <Group title="What you sent">
                <TextField editor field="resume_url" entry=Entry::Url placeholder="https://…"/>
                <CheckField editor field="cover_letter_used" text="Sent one"/>
                <TextField editor field="cover_letter_url" entry=Entry::Url placeholder="https://…"/>
                <RowsField editor field="attachments_links" columns=LINK required="url" noun="link"/>
            </Group>
            <Group title="People">
                <RowsField editor field="contacts_inline" columns=CONTACT required="name" noun="contact"/>
            </Group>
            <Group title="Notes">
                <TextAreaField editor field="notes" placeholder="Anything worth remembering"/>
            </Group>
        </div>
    }
}

/// What a link has, and what its cells look like while blank.
const LINK: &[(&str, &str)] = &[("label", "What it is"), ("url", "https://…")];

/// What a contact has, and what its cells look like while blank.
const CONTACT: &[(&str, &str)] = &[
    ("name", "Name"),
    ("role", "What they do there"),
    ("email", "Email"),
    ("phone", "Phone"),
    ("url", "Profile"),
];

/// Where people hear of jobs.
fn sources() -> Signal<Vec<String>> {
    const SOURCES: [&str; 8] = [
        "LinkedIn",
        "Referral",
        "Company site",
        "Job board",
        "Recruiter",
        "Agency",
        "Conference",
        "Other",
    ];
    Signal::stored(SOURCES.map(ToOwned::to_owned).to_vec())
}

#[component]
fn StatusSelect(id: Uuid, row: Memo<Arc<Application>>) -> impl IntoView {
    let status = move || row.read().status;
    let (store, board) = (use_store(), use_board());
    let chosen = status_untracked(row);
    view! {
        <label class="status-select" data-status=move || status().as_str()>
            <i class="status-dot"></i>
            <select
                aria-label="Status"
                prop:value=move || status().as_str()
                on:change=move |event| {
                    if let Ok(status) = event_target_value(&event).parse() {
                        store.move_to(id, status);
                        // The board goes along.
                        store.once_shown(move || {
                            request_animation_frame(move || show_card(board, status, id));
                        });
                    }
                }
            >
                {Status::ALL
                    .iter()
                    .map(|status| view! {
                        <option value=status.as_str() selected=*status == chosen>{status.label()}</option>
                    })
                    .collect_view()}
            </select>
        </label>
    }
}

fn status_untracked(row: Memo<Arc<Application>>) -> Status {
    row.with_untracked(|row| row.status)
}
