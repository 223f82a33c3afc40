//! Settings: the person, quiet hours, this device.

use crate::{
    api::auth::logout,
    app::{
        acts::Submission,
        components::{
            device::DeviceStore, dialog::Dialog, form::FieldRow, icon::Icon,
            page_header::PageHeader, panel::Panel,
        },
        frame::SignedIn,
        session::use_me,
    },
    client::{
        dom,
        engine::SyncState,
        store::{Store, use_store},
        theme,
        zone::{is_known_zone, known_zones, machine_zone},
    },
    domain::{error::ProblemKind, settings::SettingsPatch, user::Me},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;

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

/// Saves fields, and holds what is wrong with them.
#[derive(Clone, Copy)]
struct Form {
    errors: RwSignal<Vec<(&'static str, String)>>,
    store: Store,
}

impl Form {
    /// A form of this page.
    fn new() -> Self {
        Self {
            errors: RwSignal::default(),
            store: use_store(),
        }
    }

    fn error(self, field: &'static str) -> Option<String> {
        self.errors.with(|errors| {
            errors
                .iter()
                .find(|(name, _)| *name == field)
                .map(|(_, why)| why.clone())
        })
    }

    /// Saves some fields; `field` is where a complaint goes.
    fn save(self, field: &'static str, patch: serde_json::Value) {
        self.errors
            .update(|errors| errors.retain(|(name, _)| *name != field));
        let patch = match serde_json::from_value::<SettingsPatch>(patch) {
            Ok(patch) => patch,
            Err(error) => return self.complain(field, error.to_string()),
        };
        if let Some(zone) = patch.timezone.value()
            && !is_known_zone(zone.as_str())
        {
            return self.complain(field, "There is no time zone of this name.".into());
        }
        match self.store.save_settings(patch) {
            Ok(_) => {
                let store = self.store;
                store.once_shown(move || store.toast("info", "Settings saved", None));
            }
            Err(problem) => self.complain(field, problem.sentence()),
        }
    }

    fn complain(self, field: &'static str, why: String) {
        self.errors.update(|errors| errors.push((field, why)));
    }
}

#[component]
fn SettingsView() -> impl IntoView {
    view! {
        <main class="page" id="main" tabindex="-1">
            <PageHeader title="Settings" quiet=true/>
            <div class="page-body">
                <You/>
                <QuietHours/>
                <Device/>
                <DeviceStore/>
                <Account/>
            </div>
        </main>
    }
}

/// A setting as it is. Where another one was saved it is the same, and what was typed in its field
/// stays there to be corrected.
fn setting(read: impl Fn(&Me) -> String + Send + Sync + 'static) -> Signal<String> {
    let me = use_me();
    Memo::new(move |_| me.with(|me| me.as_ref().map(&read).unwrap_or_default())).into()
}

#[component]
fn You() -> impl IntoView {
    let form = Form::new();
    let name = setting(|me| {
        me.settings
            .display_name
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    });
    let zone = setting(|me| me.settings.timezone.to_string());
    let email = setting(|me| me.user.email.to_string());
    let timeout = setting(|me| me.settings.session_timeout_mins.to_string());
    // What the browser knows comes in after hydration.
    let (zones, machine) = (RwSignal::new(Vec::new()), RwSignal::new(None));
    Effect::new(move |_| {
        zones.set(known_zones());
        machine.set(machine_zone());
    });
    let offer = move || {
        machine.get().filter(|machine| *machine != zone.get()).map(|machine| {
            let chosen = machine.clone();
            view! {
                <button
                    type="button"
                    class="button button-quiet"
                    on:click=move |_| form.save("timezone", serde_json::json!({ "timezone": chosen }))
                >
                    "Use " {machine.clone()}
                </button>
            }
        })
    };
    view! {
        <section class="panel">
            <h2 class="panel-title">"You"</h2>
            <p class="panel-text">"Signed in as " <b>{email}</b> "."</p>
            <div class="fields">
                <div class="field" data-invalid=move || form.error("display_name").map(|_| "")>
                    <label class="field-label" for="display-name">"Name"</label>
                    <div class="field-control">
                        <input
                            class="input"
                            id="display-name"
                            autocomplete="name"
                            placeholder="How to address you"
                            prop:value=name
                            value=name.get_untracked()
                            on:change=move |event| {
                                let text = event_target_value(&event);
                                let value = if text.trim().is_empty() { serde_json::Value::Null } else { text.into() };
                                form.save("display_name", serde_json::json!({ "display_name": value }));
                            }
                        />
                        <p class="field-error">{move || form.error("display_name")}</p>
                    </div>
                </div>
                <div class="field" data-invalid=move || form.error("timezone").map(|_| "")>
                    <label class="field-label" for="timezone">"Time zone"</label>
                    <div class="field-control">
                        <input
                            class="input"
                            id="timezone"
                            list="zones"
                            autocomplete="off"
                            placeholder="Africa/Lagos"
                            prop:value=zone
                            value=zone.get_untracked()
                            on:change=move |event| form.save("timezone", serde_json::json!({ "timezone": event_target_value(&event) }))
                        />
                        <datalist id="zones">
                            {move || zones.get().into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}
                        </datalist>
                        <p class="field-error">{move || form.error("timezone")}</p>
                        {offer}
                    </div>
                </div>
                <div class="field" data-invalid=move || form.error("session_timeout_mins").map(|_| "")>
                    <label class="field-label" for="timeout">"Sign out after"</label>
                    <div class="field-control">
                        <select
                            class="select"
                            id="timeout"
                            prop:value=timeout
                            on:change=move |event| {
                                let minutes = event_target_value(&event).parse::<i32>().unwrap_or_default();
                                form.save("session_timeout_mins", serde_json::json!({ "session_timeout_mins": minutes }));
                            }
                        >
                            <TimeoutOptions timeout/>
                        </select>
                        <p class="field-error">{move || form.error("session_timeout_mins")}</p>
                    </div>
                </div>
            </div>
        </section>
    }
}

#[component]
fn TimeoutOptions(timeout: Signal<String>) -> impl IntoView {
    const CHOICES: [(&str, &str); 6] = [
        ("60", "1 hour without use"),
        ("480", "8 hours without use"),
        ("1440", "1 day without use"),
        ("4320", "3 days without use"),
        ("10080", "7 days without use"),
        ("43200", "30 days without use"),
    ];
    let chosen = timeout.get_untracked();
    let own = (!CHOICES.iter().any(|(value, _)| *value == chosen))
        .then(|| view! { <option value=chosen.clone() selected>{format!("{chosen} minutes without use")}</option> });
    let options = CHOICES
        .iter()
        .map(|(value, label)| view! { <option value=*value selected=*value == chosen>{*label}</option> })
        .collect_view();
    view! { {own} {options} }
}

#[component]
fn QuietHours() -> impl IntoView {
    let form = Form::new();
    let clock = |time: Option<crate::domain::settings::ClockTime>| {
        time.map(|time| time.to_string()).unwrap_or_default()
    };
    let start = setting(move |me| clock(me.settings.quiet_hours_start));
    let end = setting(move |me| clock(me.settings.quiet_hours_end));
    let (from, to) = (
        RwSignal::new(start.get_untracked()),
        RwSignal::new(end.get_untracked()),
    );
    Effect::new(move |_| {
        from.set(start.get());
        to.set(end.get());
    });
    let on = move || !start.get().is_empty();
    let save = move || {
        let (from, to) = (from.get_untracked(), to.get_untracked());
        if from.is_empty() || to.is_empty() {
            return;
        }
        form.save(
            "quiet_hours",
            serde_json::json!({ "quiet_hours_start": from, "quiet_hours_end": to }),
        );
    };
    let off = move |_| {
        form.save(
            "quiet_hours",
            serde_json::json!({ "quiet_hours_start": null, "quiet_hours_end": null }),
        )
    };
    view! {
        <section class="panel">
            <h2 class="panel-title">"Quiet hours"</h2>
            <p class="panel-text">"Reminders wait until they are over."</p>
            <div class="fields">
                <div class="field" data-invalid=move || form.error("quiet_hours").map(|_| "")>
                    <label class="field-label" for="quiet-from">"From, until"</label>
                    <div class="field-control">
                        <div class="input-pair">
                            <input
                                class="input"
                                id="quiet-from"
                                type="time"
                                aria-label="Quiet from"
                                prop:value=from
                                value=from.get_untracked()
                                on:change=move |event| {
                                    from.set(event_target_value(&event));
                                    save();
                                }
                            />
                            <span>"–"</span>
                            <input
                                class="input"
                                id="quiet-to"
                                type="time"
                                aria-label="Quiet until"
                                prop:value=to
                                value=to.get_untracked()
                                on:change=move |event| {
                                    to.set(event_target_value(&event));
                                    save();
                                }
                            />
                        </div>
                        {move || on().then(|| view! {
                            <button type="button" class="button button-quiet" on:click=off>"No quiet hours"</button>
                        })}
                        <p class="field-error">{move || form.error("quiet_hours")}</p>
                    </div>
                </div>
            </div>
        </section>
    }
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
