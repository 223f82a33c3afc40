//! Settings: the person, quiet hours, this device.

use crate::{
    api::auth::logout,
    app::{
        acts::Submission,
        components::{
            bell::QUIET_HOURS,
            calendar_feed::CalendarPanel,
            device::DeviceStore,
            dialog::Dialog,
            form::{
                Choice, Complaints, Editor, FieldRow, Fields, Record, SelectField, TextField,
                choices, error_id, fields_of, follow, input_id, name_zone, settle,
            },
            icon::Icon,
            page_header::PageHeader,
            panel::Panel,
            reminder_rules::ReminderRules,
        },
        frame::SignedIn,
        session::use_me,
    },
    client::{
        dom,
        engine::SyncState,
        labels::field_label,
        store::{Store, use_store},
        theme,
        zone::{known_zones, machine_zone},
    },
    domain::{
        error::ProblemKind,
        json,
        quiet_hours::typed,
        settings::{SettingsPatch, WeekStart},
    },
};
use leptos::{html, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use serde_json::Value;

/// `/settings`.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <Title text="Settings"/>
        <SignedIn>
            <SettingsView/>
        </SignedIn>
    }
}

/// The settings, as a form edits them.
struct SettingsRecord {
    store: Store,
}

impl Record for SettingsRecord {
    fn shown(&self) -> Option<Fields> {
        self.store.settings().map(|settings| fields_of(&*settings))
    }

    fn latest(&self) -> Option<Fields> {
        let settings = self.store.settings_untracked();
        settings.map(|settings| fields_of(&*settings))
    }

    // A setting is changed on the settings as they are by then, whatever showed.
    fn shows(&self, _: &'static str) {}

    fn save(&self, mut changed: Fields) -> Result<(), String> {
        // Both or neither: they go together, so that no other device's half stands beside ours.
        const PAIR: [&str; 2] = ["quiet_hours_start", "quiet_hours_end"];
        if PAIR.iter().any(|end| changed.contains_key(*end)) {
            let latest = self.latest().unwrap_or_default();
            for end in PAIR {
                let other = latest.get(end).cloned().unwrap_or_default();
                changed.entry(end).or_insert(other);
            }
        }
        let store = self.store;
        if !changed.is_empty() {
            name_zone(&mut changed)?;
            let patch = json::read::<SettingsPatch>(&Value::Object(changed))?;
            let saved = store.change_settings(patch, "Settings saved".to_owned());
            return saved.map_err(|problem| problem.sentence());
        }
        store.once_shown(move || store.toast("info", "Settings saved", None));
        Ok(())
    }
}

#[component]
fn SettingsView() -> impl IntoView {
    let editor = Editor::new(SettingsRecord { store: use_store() }, Complaints::default());
    let location = use_location();
    Effect::new(move |_| {
        if location.hash.with(|hash| hash == "#quiet-hours") {
            request_animation_frame(|| dom::focus(QUIET_HOURS));
        }
    });
    view! {
        <main class="page" id="main" tabindex="-1">
            <PageHeader title="Settings" quiet=true/>
            <div class="page-body">
                <You editor/>
                <ReminderRules editor/>
                <QuietHours editor/>
                <CalendarPanel/>
                <Device/>
                <DeviceStore/>
                <Account/>
            </div>
        </main>
    }
}

/// Finds the field of the time zone.
const TIME_ZONE: &str = "#f-timezone";

#[component]
fn You(editor: Editor) -> impl IntoView {
    let me = use_me();
    let email = move || me.with(|me| me.as_ref().map(|me| me.user.email.to_string()));
    // What the browser knows comes in after hydration.
    let (zones, machine) = (RwSignal::new(Vec::new()), RwSignal::new(None));
    Effect::new(move |_| {
        zones.set(known_zones());
        machine.set(machine_zone());
    });
    let chosen = untrack(|| editor.value("session_timeout_mins"));
    let offer = move || {
        let other = |machine: &String| *machine != editor.text("timezone");
        machine.get().filter(other).map(|machine| {
            let chosen = machine.clone();
            view! {
                <button
                    type="button"
                    class="button button-quiet"
                    on:click=move |_| {
                        editor.save("timezone", chosen.clone().into());
                        // The button goes away with the difference.
                        editor.once_shown(|| request_animation_frame(|| dom::focus(TIME_ZONE)));
                    }
                >
                    "Use " {machine}
                </button>
            }
        })
    };
    view! {
        <Panel title="You">
            <p class="panel-text">"Signed in as " <b>{email}</b> "."</p>
            <div class="fields">
                <TextField editor field="display_name" placeholder="How to address you" autocomplete="name"/>
                <TextField
                    editor
                    field="timezone"
                    required=true
                    placeholder="Africa/Lagos"
                    suggestions=Signal::from(zones)
                    below=move || offer
                />
                <SelectField editor field="week_start" choices=choices(WeekStart::ALL, |one| one.as_str(), |one| one.label())/>
                <SelectField editor field="session_timeout_mins" choices=timeouts(&chosen)/>
            </div>
        </Panel>
    }
}

/// After how long without use a session may end: a few, and the one that is chosen.
fn timeouts(chosen: &Value) -> Vec<Choice> {
    const FEW: [(i32, &str); 6] = [
        (60, "1 hour"),
        (480, "8 hours"),
        (1440, "1 day"),
        (4320, "3 days"),
        (10080, "7 days"),
        (43200, "30 days"),
    ];
    let few = FEW.map(|(minutes, time)| Choice {
        value: minutes.into(),
        label: format!("{time} without use"),
    });
    let own = (!few.iter().any(|choice| choice.value == *chosen)).then(|| Choice {
        value: chosen.clone(),
        label: format!("{chosen} minutes without use"),
    });
    own.into_iter().chain(few).collect()
}

#[component]
fn QuietHours(editor: Editor) -> impl IntoView {
    const START: &str = "quiet_hours_start";
    const END: &str = "quiet_hours_end";
    let [start, end] = [START, END].map(|field| Memo::new(move |_| editor.text(field)));
    follow(editor, START, start);
    follow(editor, END, end);
    let on = move || !start.read().is_empty();
    let give_up = move || {
        if [START, END].iter().any(|end| !editor.saved(end).is_null()) {
            editor.save_fields(&[(START, Value::Null), (END, Value::Null)]);
        } else {
            editor.take_back(START);
        }
    };
    let (from, to) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    // Only both make sense.
    let both = move || {
        let inputs = [from.get_untracked()?, to.get_untracked()?];
        Some(if inputs.iter().any(lacks_a_part) {
            Err("Give a whole time of day, such as 21:00.")
        } else {
            let [start, end] = inputs.map(|input| input.value());
            typed(&start, &end)
        })
    };
    let save = move |event: leptos::ev::Event| {
        // What the browser itself says may be half of it: it is saved when it is left.
        if !event.is_trusted()
            && let Some(Ok(Some((start, end)))) = both()
        {
            editor.save_fields(&[(START, start.into()), (END, end.into())]);
        }
    };
    let is_one_of_them = move |to_node: &leptos::web_sys::EventTarget| {
        let inputs = [from.get_untracked(), to.get_untracked()];
        let mut inputs = inputs.iter().flatten();
        inputs.any(|input| AsRef::<leptos::web_sys::EventTarget>::as_ref(input) == to_node)
    };
    let time = move |field: &'static str, value: Memo<String>, node| {
        let left = move |event: leptos::ev::FocusEvent| {
            // What is half by now may become whole in the other one.
            let stays = event.related_target().is_some_and(|to| is_one_of_them(&to));
            match both() {
                Some(Err(why)) if !stays => return editor.refuse(START, why),
                Some(Ok(None)) if !stays => give_up(),
                Some(Ok(Some(_))) => editor.take_back(START),
                _ => return,
            }
            settle(editor, field, value);
        };
        view! {
            <input
                class="input"
                id=input_id(field)
                type="time"
                aria-label=field_label(field)
                value=value.get_untracked()
                aria-invalid=move || editor.invalid(START)
                aria-describedby=error_id(START)
                node_ref=node
                on:change=save
                on:blur=left
            />
        }
    };
    let none = move |_| {
        give_up();
        // The button goes away with them.
        editor.once_shown(|| request_animation_frame(|| dom::focus(QUIET_HOURS)));
    };
    view! {
        <Panel title="Quiet hours" id="quiet-hours">
            <p class="panel-text">"Reminders wait until they are over; one that would be too late by then, as for an early interview, comes just before they start."</p>
            <div class="fields">
                <FieldRow label="From, until" control=input_id(START) error=editor.complaint(START)>
                    <div class="input-pair">
                        {time(START, start, from)}
                        <span>"–"</span>
                        {time(END, end, to)}
                    </div>
                    {move || on().then(|| view! {
                        <button type="button" class="button button-quiet" on:click=none>"No quiet hours"</button>
                    })}
                </FieldRow>
            </div>
        </Panel>
    }
}

/// Whether a part of a time is missing, which makes it read as none: the hour is there, and no minute.
fn lacks_a_part(input: &leptos::web_sys::HtmlInputElement) -> bool {
    // A selector that every browser knows.
    input.matches(":invalid").unwrap_or_default()
}

#[component]
fn Device() -> impl IntoView {
    let theme = RwSignal::new("system".to_owned());
    Effect::new(move |_| theme.set(theme::of_device()));
    view! {
        <Panel title="This device">
            <div class="fields">
                <FieldRow label="Theme" control="theme">
                    <select
                        class="select"
                        id="theme"
                        prop:value=theme
                        on:change=move |event| {
                            let chosen = event_target_value(&event);
                            theme::choose(&chosen);
                            theme.set(chosen);
                        }
                    >
                        <option value="system">"As the system"</option>
                        <option value="light">"Light"</option>
                        <option value="dark">"Dark"</option>
                    </select>
                </FieldRow>
            </div>
        </Panel>
    }
}

#[component]
fn Account() -> impl IntoView {
    let store = use_store();
    let submission = Submission::default();
    // Edits that could not be sent: what becomes of them is asked before the session ends.
    let left = RwSignal::new(None::<usize>);
    let open = Signal::derive(move || left.get().is_some());
    let start = move |_| {
        if !submission.begin() {
            return;
        }
        spawn_local(async move {
            let left_over = store.flush().await;
            if matches!(untrack(|| store.sync_state()), SyncState::Offline(_)) {
                tell_that_it_needs_a_connection(store);
                submission.end();
                return;
            }
            match left_over {
                0 => leave(store, Fate::Clean).await,
                count => left.set(Some(count)),
            }
            submission.end();
        });
    };
    let decide = move |fate| {
        left.set(None);
        if submission.begin() {
            spawn_local(async move {
                leave(store, fate).await;
                submission.end();
            });
        }
    };
    view! {
        <Panel title="Session">
            <p class="panel-text">"Signing out ends this session at the server too, and removes what this device keeps."</p>
            <button type="button" class="button" aria-busy=move || submission.busy() on:click=start>
                {Icon::SignOut.view()}
                {move || if submission.is_under_way() { "Signing out…" } else { "Sign out" }}
            </button>
            <Dialog class="ask" title_id="leave-title" open on_close=move || left.set(None)>
                <div class="dialog-form">
                    <h2 class="dialog-title" id="leave-title">
                        {move || match left.get().unwrap_or_default() {
                            1 => "1 change is not sent yet".to_owned(),
                            count => format!("{count} changes are not sent yet"),
                        }}
                    </h2>
                    <p class="panel-text">
                        {move || if_one_stays(store.sync_state())}
                        " Or keep it on this device until you sign in here again: without a passphrase, the next person at this browser profile could get at it. Or throw it away."
                    </p>
                    <footer class="dialog-footer">
                        <button type="button" class="button button-danger" on:click=move |_| decide(Fate::Wipe)>"Discard and sign out"</button>
                        <button type="button" class="button" on:click=move |_| decide(Fate::Seal)>"Keep here and sign out"</button>
                        <button type="button" class="button button-primary" autofocus on:click=move |_| left.set(None)>"Stay"</button>
                    </footer>
                </div>
            </Dialog>
        </Panel>
    }
}

/// What becomes of work that is not sent, where its user stays.
fn if_one_stays(state: SyncState) -> &'static str {
    match state {
        SyncState::Offline(_) => "Stay, and your work is sent as soon as there is a connection.",
        SyncState::SignedOut(_) => "Stay, and your work is sent once you have signed in again.",
        SyncState::Attention(_) => {
            "Stay, and decide about what needs you; the rest is sent as soon as the server answers."
        }
        _ => "Stay, and your work is sent as soon as the server answers.",
    }
}

/// What becomes of what this device keeps.
#[derive(Clone, Copy)]
enum Fate {
    /// All of it is at the server, so it is deleted; not where another tab has just stored more.
    Clean,
    /// It is deleted.
    Wipe,
    /// It stays for the next sign-in of the same user.
    Seal,
}

fn tell_that_it_needs_a_connection(store: Store) {
    store.toast(
        "error",
        "Signing out needs a connection, so that the session ends at the server too.",
        None,
    );
}

/// Ends the session.
async fn leave(store: Store, fate: Fate) {
    // A page that started from the cache has no token yet.
    store.ensure_csrf_token().await;
    let answer = logout().await;
    match answer {
        Err(problem) if problem.kind == ProblemKind::Network => {
            tell_that_it_needs_a_connection(store);
            return;
        }
        Err(problem) if problem.kind != ProblemKind::Unauthorized => {
            store.toast("error", problem.sentence(), None);
            return;
        }
        _ => {}
    }
    match (fate, store.owner()) {
        (Fate::Clean, Some(owner)) => store.wipe_what_is_sent(owner).await,
        (Fate::Wipe, Some(owner)) => store.wipe(owner).await,
        _ => store.seal().await,
    }
    dom::leave_for("/sign-in");
}
