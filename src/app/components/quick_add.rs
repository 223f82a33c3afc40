//! Quick add: company, role, Enter.

use super::{
    announcer::use_announcer,
    board::show_added,
    dialog::Dialog,
    form::{Complaints, DateField, Draft, Editor, Fields, Stacked, input_id},
    icon::Icon,
    icon_button::IconButton,
};
use crate::{
    app::{acts::Submission, dialogs::use_dialogs, share::Share},
    client::{dom, habits::use_habits, store::use_store, toasts::ToastAction, zone::use_zone},
    domain::{
        application::{self, Application, ApplicationCreate},
        change::Change,
        json,
        link::WebUrl,
        stage::Status,
        text::Line,
        time::{Timestamp, ZoneRules},
        when::{Holds, Leans, day_label},
    },
};
use chrono::NaiveDate;
use leptos::{html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use std::sync::Arc;
use uuid::Uuid;

/// The dialog, open while the frame says so.
#[component]
pub fn QuickAdd() -> impl IntoView {
    let dialogs = use_dialogs();
    let (store, zone, announcer) = (use_store(), use_zone(), use_announcer());
    let habits = use_habits();
    let (company, role) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (company_error, role_error) =
        (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let posting = RwSignal::new(None::<WebUrl>);
    let asked = StoredValue::new(None::<Share>);
    let submission = Submission::default();
    // A day that is not said is today; a draft has none.
    let draft = Draft::new(Fields::new());
    let complaints = Complaints::default();
    let editor = Editor::new(draft, complaints);
    let first = NodeRef::<html::Input>::new();
    let second = NodeRef::<html::Input>::new();
    let status = move || dialogs.adding.get().unwrap_or(Status::Applied);
    let has_day = Memo::new(move |_| status().has_day());
    let close = move || dialogs.adding.set(None);
    let reset = move || {
        let share = asked
            .try_update_value(Option::take)
            .flatten()
            .unwrap_or_default();
        company.set(String::new());
        role.set(share.role);
        posting.set(share.posting);
        company_error.set(None);
        role_error.set(None);
        draft.clear();
        complaints.clear();
        submission.end();
    };
    let open = Signal::derive(move || dialogs.adding.get().is_some());

    // An address may ask for it: a shortcut of the installed app, or what another app shares. It asks
    // once: the address then goes on without that.
    let (location, navigate) = (use_location(), use_navigate());
    Effect::new(move |_| {
        let search = location.search.get();
        let Some(share) = Share::of(&search) else {
            return;
        };
        asked.set_value(Some(share));
        dialogs.adding.set(Some(Status::Applied));
        let path = location.pathname.get_untracked();
        let to = match Share::without(&search).as_str() {
            "" => path,
            rest => format!("{path}?{rest}"),
        };
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&to, options);
    });

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        dom::save_typed();
        if !submission.begin() {
            return;
        }
        let parsed = (
            company.get_untracked().parse::<Line<200>>(),
            role.get_untracked().parse::<Line<200>>(),
        );
        company_error.set(
            parsed
                .0
                .as_ref()
                .err()
                .map(|_| complaint(&company.get_untracked(), "company")),
        );
        role_error.set(
            parsed
                .1
                .as_ref()
                .err()
                .map(|_| complaint(&role.get_untracked(), "role")),
        );
        let (Ok(company), Ok(role)) = parsed else {
            let focus = if company_error.get_untracked().is_some() {
                first
            } else {
                second
            };
            if let Some(input) = focus.get_untracked() {
                _ = input.focus();
            }
            submission.end();
            return;
        };
        if editor.is_wrong(WHEN) {
            dom::focus(&format!("#{}", input_id(WHEN)));
            submission.end();
            return;
        }
        let title = application::name_of(role.as_str(), company.as_str());
        let status = dialogs.adding.get_untracked().unwrap_or(Status::Applied);
        let day = json::read::<NaiveDate>(&editor.saved(WHEN)).ok();
        let day = day.filter(|_| status != Status::Draft);
        let now = store.now_untracked();
        let happened = day.map(|day| zone.with_untracked(|zone| moment_of(day, now, zone)));
        if happened.is_some_and(|at| at > now) {
            editor.refuse(WHEN, "That day is still to come.");
            dom::focus(&format!("#{}", input_id(WHEN)));
            submission.end();
            return;
        }
        let create = ApplicationCreate {
            status: Change::Set(status),
            status_occurred_at: happened,
            application_date: day.map_or(Change::Keep, |day| Change::Set(Some(day))),
            job_url: posting
                .get_untracked()
                .map_or(Change::Keep, |url| Change::Set(Some(url))),
            ..ApplicationCreate::quick(Uuid::new_v4(), company, role)
        };
        match store.create_application(create) {
            Ok(id) => {
                store.once_shown(move || {
                    let text = format!("Added {title}");
                    announcer.say(text.clone());
                    store.toast("info", text, Some(ToastAction::Open(id)));
                    show_added(status, id);
                });
                close();
            }
            Err(problem) => {
                role_error.set(Some(problem.sentence()));
                submission.end();
            }
        }
    };

    // The typing guard: warns, never forbids.
    let known = Memo::new(move |_| {
        let rows = store.rows::<Application>();
        Known::among(rows.values(), &company.get(), &role.get())
    });
    let guard = move || {
        let known = known.get()?;
        let today = zone.get().day(store.now());
        let day = known.newest.application_date;
        let day = day.map(|day| day_label(day, today, habits.get().order));
        let kind = if known.is_twin { "warn" } else { "info" };
        Some(view! { <p class="notice" data-kind=kind>{known.sentence(day.as_deref())}</p> })
    };

    let is_begun = Memo::new(move |_| {
        let is_typed = |text: RwSignal<String>| text.with(|text| !text.trim().is_empty());
        open.get() && (is_typed(company) || is_typed(role))
    });
    view! {
        <Dialog class="quick-add" title_id="quick-add-title" open on_open=reset on_close=close>
            <form
                class="dialog-form"
                novalidate
                data-unfinished=move || is_begun.get().then_some("")
                on:submit=submit
            >
                <h2 class="dialog-title" id="quick-add-title">"Add application"</h2>
                <Stacked label="Company" control="quick-company" error=company_error>
                    <input
                        class="input input-large"
                        id="quick-company"
                        name="company"
                        autocomplete="off"
                        autofocus
                        node_ref=first
                        prop:value=company
                        aria-invalid=move || company_error.get().map(|_| "true")
                        aria-describedby="quick-company-error"
                        on:input=move |event| company.set(event_target_value(&event))
                        on:keydown=move |event| {
                            let goes_on = !event.is_composing()
                                && event.key() == "Enter"
                                && goes_on_to_role(&company.get_untracked(), &role.get_untracked());
                            if goes_on && let Some(input) = second.get_untracked() {
                                event.prevent_default();
                                _ = input.focus();
                            }
                        }
                    />
                </Stacked>
                <Stacked label="Role" control="quick-role" error=role_error>
                    <input
                        class="input input-large"
                        id="quick-role"
                        name="role"
                        autocomplete="off"
                        node_ref=second
                        prop:value=role
                        aria-invalid=move || role_error.get().map(|_| "true")
                        aria-describedby="quick-role-error"
                        on:input=move |event| role.set(event_target_value(&event))
                    />
                </Stacked>
                {move || has_day.get().then(|| view! {
                    <DateField editor field=WHEN holds=Holds::Day leans=Leans::Back/>
                })}
                {move || posting.get().map(|url| view! {
                    <div class="quick-posting">
                        <p title=url.to_string()>"Posting: " <b>{without_scheme(&url)}</b></p>
                        <IconButton
                            label="Remove the posting"
                            icon=Icon::Close
                            on_press=move || posting.set(None)
                        />
                    </div>
                })}
                {guard}
                <p class="dialog-hint">
                    <label class="quick-status">
                        "Goes to "
                        <select
                            class="select"
                            prop:value=move || status().as_str()
                            on:change=move |event| {
                                if let Ok(status) = event_target_value(&event).parse::<Status>() {
                                    dialogs.adding.set(Some(status));
                                }
                            }
                        >
                            {Status::ALL
                                .iter()
                                .map(|status| view! { <option value=status.as_str()>{status.label()}</option> })
                                .collect_view()}
                        </select>
                    </label>
                    {move || if has_day.get() { ". Without a day it is of today." } else { "." }}
                    " Everything else can wait."
                </p>
                <footer class="dialog-footer">
                    <button type="button" class="button button-quiet" on:click=move |_| close()>
                        "Cancel" <kbd>"Esc"</kbd>
                    </button>
                    <button type="submit" class="button button-primary">
                        "Add" <kbd>"⏎"</kbd>
                    </button>
                </footer>
            </form>
        </Dialog>
    }
}

/// The field for the day.
const WHEN: &str = "when";

/// The moment of what happened on a day: now, or when the clock on the wall showed the same.
fn moment_of(day: NaiveDate, now: Timestamp, zone: &impl ZoneRules) -> Timestamp {
    let wall = zone.local(now);
    if wall.date() == day {
        now
    } else {
        zone.instant(day.and_time(wall.time()))
    }
}

/// What is here already of a company.
#[derive(Clone, PartialEq)]
struct Known {
    /// The newest of it.
    newest: Arc<Application>,
    /// How many others there are.
    others: usize,
    /// Whether these have the role that is being typed, or none is typed yet.
    is_twin: bool,
}

impl Known {
    /// What is here of a company and a role as they are typed; where there is nothing of the role, of the
    /// company.
    fn among<'a>(
        rows: impl Iterator<Item = &'a Arc<Application>>,
        company: &str,
        role: &str,
    ) -> Option<Self> {
        let [company, role] = [company, role].map(|text| text.trim().to_lowercase());
        if company.chars().count() < 2 {
            return None;
        }
        let at_company = rows.filter(|row| row.company.as_str().to_lowercase() == company);
        let at_company: Vec<_> = at_company.collect();
        let is_same = |row: &Application| row.role_title.as_str().to_lowercase().starts_with(&role);
        let is_twin = at_company.iter().any(|row| is_same(row));
        let meant = at_company.into_iter();
        let meant: Vec<_> = meant.filter(|row| !is_twin || is_same(row)).collect();
        let newest = meant.iter().max_by_key(|row| row.application_date)?;
        Some(Self {
            newest: Arc::clone(newest),
            others: meant.len() - 1,
            is_twin,
        })
    }

    /// Where it stands, in a sentence or two; `day` is the day on which it was sent.
    fn sentence(&self, day: Option<&str>) -> String {
        let row = &*self.newest;
        let place = match row.status {
            _ if !row.is_on_board() => "the archive",
            status => status.label(),
        };
        let name = row.name();
        let others = match self.others {
            0 => String::new(),
            1 => " There is one more.".to_owned(),
            others => format!(" There are {others} more."),
        };
        match day {
            _ if !self.is_twin => {
                format!("Another role there: {name} is in {place}.{others}")
            }
            Some(day) if row.status != Status::Draft => {
                format!("You applied for {name} on {day}. It is in {place}.{others}")
            }
            _ => format!("{name} is here already. It is in {place}.{others}"),
        }
    }
}

/// Whether Enter in the company goes to the role, as Tab does: it is what comes next.
fn goes_on_to_role(company: &str, role: &str) -> bool {
    !company.trim().is_empty() && role.trim().is_empty()
}

/// An address as people say it.
fn without_scheme(url: &WebUrl) -> String {
    let (_, rest) = url.as_str().split_once("://").unwrap_or(("", url.as_str()));
    rest.trim_start_matches("www.")
        .trim_end_matches('/')
        .to_owned()
}

fn complaint(text: &str, what: &str) -> String {
    if text.trim().is_empty() {
        format!("Give a {what}.")
    } else {
        "At most 200 characters, on one line.".into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, goes_on_to_role, moment_of};
    use crate::domain::{
        application::{
            Application,
            tests::{now, sample},
        },
        stage::Status,
    };
    use std::sync::Arc;

    #[test]
    fn it_says_where_the_same_application_stands() {
        let mut row = sample(1);
        row.company = "Acme Corp".parse().unwrap();
        row.role_title = "Backend Engineer".parse().unwrap();
        row.status = Status::TechScreen;
        let known_as = |row: &Application, day| {
            let rows = [Arc::new(row.clone())];
            let known = Known::among(rows.iter(), "acme corp ", "back").unwrap();
            known.sentence(day)
        };
        assert_eq!(
            known_as(&row, Some("24 Nov")),
            "You applied for Backend Engineer at Acme Corp on 24 Nov. It is in Tech screen."
        );
        row.archived_at = Some(row.created_at);
        assert_eq!(
            known_as(&row, Some("24 Nov")),
            "You applied for Backend Engineer at Acme Corp on 24 Nov. It is in the archive."
        );
        row.archived_at = None;
        row.status = Status::Draft;
        assert_eq!(
            known_as(&row, Some("24 Nov")),
            "Backend Engineer at Acme Corp is here already. It is in Draft."
        );
    }

    #[test]
    fn another_role_at_the_company_is_told_too() {
        let row = |id, role: &str, days| {
            let mut row = sample(id);
            row.company = "Acme".parse().unwrap();
            row.role_title = role.parse().unwrap();
            row.application_date = Some(now().date_naive() - chrono::Days::new(days));
            Arc::new(row)
        };
        let rows = [
            row(1, "Designer", 3),
            row(2, "Designer, Web", 1),
            row(3, "Nurse", 9),
        ];
        let known = |company, role| {
            let known = Known::among(rows.iter(), company, role);
            known.map(|known| known.sentence(Some("2 Nov")))
        };
        assert_eq!(
            known("ACME", "engineer").as_deref(),
            Some("Another role there: Designer, Web at Acme is in Applied. There are 2 more.")
        );
        assert_eq!(
            known("Acme", "designer").as_deref(),
            Some(
                "You applied for Designer, Web at Acme on 2 Nov. It is in Applied. There is one more."
            )
        );
        assert_eq!(known("Acme Labs", "nurse"), None);
        assert_eq!(known("a", ""), None);
    }

    #[test]
    fn what_happened_on_a_day_happened_at_the_hour_of_now() {
        let now = now();
        let zone = chrono::Utc;
        let today = now.date_naive();
        assert_eq!(moment_of(today, now, &zone), now);
        let before = today - chrono::Days::new(3);
        let at = now - chrono::Duration::days(3);
        assert_eq!(moment_of(before, now, &zone), at);
    }

    #[test]
    fn enter_in_the_company_goes_to_a_role_that_is_empty() {
        assert!(goes_on_to_role("Acme", ""));
        assert!(goes_on_to_role("Acme", " "));
        assert!(!goes_on_to_role("Acme", "Engineer"));
        // Nothing was typed: what is missing is said.
        assert!(!goes_on_to_role(" ", ""));
    }
}
