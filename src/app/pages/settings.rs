//! Settings: the person, quiet hours, this device.

use super::sign_in::leave_for;
use crate::{
    api::{
        auth::logout,
        rest::{Body, Reply, Version},
        settings::patch_settings,
    },
    app::{
        components::{icon::Icon, page_header::PageHeader},
        session::{CurrentUser, SignedIn, use_me},
    },
    client::store::{Store, use_store},
    client::zone::{Zone, known_zones, machine_zone},
    domain::{
        error::{Problem, ProblemKind},
        settings::{Settings, SettingsPatch},
        user::Me,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use std::collections::VecDeque;

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

/// Errors by field, and what is being saved.
#[derive(Clone, Copy)]
struct Form {
    errors: RwSignal<Vec<(&'static str, String)>>,
    queue: SaveQueue,
}

impl Form {
    /// A form of this page.
    fn new() -> Self {
        Self {
            errors: RwSignal::default(),
            queue: expect_context(),
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

    /// Saves some fields; `field` is where a complaint goes. Saves go one after another, each on
    /// the version that the one before it made.
    fn save(self, field: &'static str, patch: serde_json::Value) {
        self.errors
            .update(|errors| errors.retain(|(name, _)| *name != field));
        let patch = match serde_json::from_value::<SettingsPatch>(patch) {
            Ok(patch) => patch,
            Err(error) => {
                self.complain(field, error.to_string());
                return;
            }
        };
        let queue = self.queue;
        queue.waiting.update_value(|waiting| {
            waiting.push_back(Save {
                form: self,
                field,
                patch,
            });
        });
        if !queue.busy.get_value() {
            queue.busy.set_value(true);
            spawn_local(queue.run());
        }
    }

    fn complain(self, field: &'static str, why: String) {
        self.errors.try_update(|errors| errors.push((field, why)));
    }
}

/// A change of settings that waits for its turn.
struct Save {
    form: Form,
    field: &'static str,
    patch: SettingsPatch,
}

/// Changes of settings in the order in which they were made.
#[derive(Clone, Copy)]
struct SaveQueue {
    waiting: StoredValue<VecDeque<Save>>,
    busy: StoredValue<bool>,
    me: CurrentUser,
    store: Store,
}

impl SaveQueue {
    fn new() -> Self {
        Self {
            waiting: StoredValue::default(),
            busy: StoredValue::default(),
            me: use_me(),
            store: use_store(),
        }
    }

    async fn run(self) {
        let Self { me, store, .. } = self;
        let settled = move |settings: Settings| {
            store.zone().set(Zone::new(settings.timezone.clone()));
            me.update(|me| {
                if let Some(me) = me {
                    me.settings = settings;
                }
            });
        };
        // The queue is the page's: once that is left, what waits has been taken along below.
        while let Some(Some(save)) = self.waiting.try_update_value(VecDeque::pop_front) {
            let Some(version) = me.with_untracked(|me| me.as_ref().map(|me| me.settings.version))
            else {
                break;
            };
            let answer = patch_settings(Version(version), Body::of(&save.patch)).await;
            match answer.and_then(Reply::into_body) {
                Ok(settings) => {
                    settled(settings);
                    store.toast("info", "Settings saved", None);
                }
                Err(problem) if problem.kind == ProblemKind::Conflict => {
                    if let Some(current) = problem.meta.get("current")
                        && let Ok(settings) = serde_json::from_value(current.clone())
                    {
                        settled(settings);
                    }
                    store.toast(
                        "conflict",
                        "Your settings were changed elsewhere; this is the newer state. Change it again if you still want to.",
                        None,
                    );
                }
                Err(problem) => save.form.complain(save.field, problem.sentence()),
            }
        }
        self.busy.try_set_value(false);
    }
}

#[component]
fn SettingsView() -> impl IntoView {
    provide_context(SaveQueue::new());
    view! {
        <main class="page" id="main" tabindex="-1">
            <PageHeader title="Settings" quiet=true/>
            <div class="page-body">
                <You/>
                <QuietHours/>
                <Device/>
                <Account/>
            </div>
        </main>
    }
}

fn setting(read: impl Fn(&Me) -> String + Send + Sync + 'static) -> Signal<String> {
    let me = use_me();
    Signal::derive(move || me.with(|me| me.as_ref().map(&read).unwrap_or_default()))
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
                        {offer}
                        <datalist id="zones">
                            {move || zones.get().into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}
                        </datalist>
                        <p class="field-error">{move || form.error("timezone")}</p>
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
    Effect::new(move |_| theme.set(theme_of_device()));
    view! {
        <section class="panel">
            <h2 class="panel-title">"This device"</h2>
            <div class="fields">
                <div class="field">
                    <label class="field-label" for="theme">"Theme"</label>
                    <div class="field-control">
                        <select
                            class="select"
                            id="theme"
                            prop:value=theme
                            on:change=move |event| {
                                let chosen = event_target_value(&event);
                                set_theme(&chosen);
                                theme.set(chosen);
                            }
                        >
                            <option value="system">"As the system"</option>
                            <option value="light">"Light"</option>
                            <option value="dark">"Dark"</option>
                        </select>
                    </div>
                </div>
            </div>
        </section>
    }
}

fn theme_of_device() -> String {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = window().local_storage()
        && let Ok(Some(theme)) = storage.get_item("theme")
    {
        return theme;
    }
    "system".to_owned()
}

fn set_theme(theme: &str) {
    #[cfg(feature = "hydrate")]
    {
        let chosen = matches!(theme, "light" | "dark");
        if let Ok(Some(storage)) = window().local_storage() {
            // Where storage is refused the choice lasts as long as the page.
            _ = if chosen {
                storage.set_item("theme", theme)
            } else {
                storage.remove_item("theme")
            };
        }
        if let Some(root) = document().document_element() {
            _ = if chosen {
                root.set_attribute("data-theme", theme)
            } else {
                root.remove_attribute("data-theme")
            };
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = theme;
}

#[component]
fn Account() -> impl IntoView {
    let store = use_store();
    let busy = RwSignal::new(false);
    let sign_out = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            if let Err(problem) = leave(store).await {
                store.toast("error", problem.sentence(), None);
            }
            busy.try_set(false);
        });
    };
    view! {
        <section class="panel">
            <h2 class="panel-title">"Session"</h2>
            <p class="panel-text">"Signing out ends this session at the server too."</p>
            <button type="button" class="button" on:click=sign_out>
                {Icon::SignOut.view()}
                "Sign out"
            </button>
        </section>
    }
}

/// Sends what waits, asks where something cannot be sent, and ends the session.
async fn leave(store: Store) -> Result<(), Problem> {
    #[cfg(feature = "hydrate")]
    {
        let left = store.flush().await;
        let question = format!(
            "{left} of your changes could not be saved yet, and signing out loses them. Sign out all the same?"
        );
        if left > 0 && !window().confirm_with_message(&question).unwrap_or(false) {
            return Ok(());
        }
        store.forget_pending();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = store;
    match logout().await {
        Err(problem) if problem.kind != ProblemKind::Unauthorized => Err(problem),
        _ => {
            leave_for("/sign-in");
            Ok(())
        }
    }
}
