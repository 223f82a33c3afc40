//! The default reminders, as the settings have them: when each comes, and what that means.

use super::{
    form::{Editor, FieldRow, input_id},
    panel::Panel,
};
use crate::{
    client::{
        habits::use_habits,
        store::use_store,
        zone::{Zone, use_zone},
    },
    domain::{
        json,
        quiet_hours::QuietHours,
        rules::{Counting, ReminderDefaults, Rule, RuleChange},
        rules_in_words::{preview, read, write},
        settings::Settings,
        time::{Timestamp, ZoneRules},
        when::{Habits, clock, weekday_label, weekday_of},
    },
};
use chrono::{Datelike, Duration, NaiveTime, Weekday};
use leptos::prelude::*;
use serde_json::json;

const FIELD: &str = "reminder_defaults";

/// The panel.
#[component]
pub fn ReminderRules(
    /// Of the settings.
    editor: Editor,
) -> impl IntoView {
    view! {
        <Panel title="Reminders">
            <p class="panel-text">"They come by themselves, in the app. What you empty does not come."</p>
            <div class="fields">
                {Rule::THAT_REMIND.map(|rule| view! { <RuleField editor rule/> })}
            </div>
        </Panel>
    }
}

/// The rules as they show.
fn shown(editor: Editor) -> ReminderDefaults {
    json::read(&editor.value(FIELD)).unwrap_or_default()
}

#[component]
fn RuleField(editor: Editor, rule: Rule) -> impl IntoView {
    let (store, zone, habits) = (use_store(), use_zone(), use_habits());
    let error = RwSignal::new(None::<String>);
    let words = Memo::new(move |_| write(rule, &shown(editor).rule(rule)));
    // What is typed stands until it is left, whatever comes in meanwhile.
    let typed = RwSignal::new(None::<String>);
    let value = move || typed.get().unwrap_or_else(|| words.get());
    let leave = move || {
        let Some(text) = typed.get_untracked() else {
            return;
        };
        let offsets = match read(rule, &text) {
            Ok(offsets) => offsets,
            Err(why) => return error.set(Some(why)),
        };
        error.set(None);
        typed.set(None);
        // On what was saved last: another field of these may have been left a moment ago.
        let latest: ReminderDefaults = json::read(&editor.saved(FIELD)).unwrap_or_default();
        let known = latest.change(rule).cloned().unwrap_or_default();
        let usual = ReminderDefaults::default().rule(rule);
        let is_usual = offsets == usual.offsets;
        let change = RuleChange {
            on: offsets.is_empty().then_some(false),
            offsets: (!offsets.is_empty() && !is_usual).then_some(offsets),
            ..known
        };
        let next = latest.with(rule, change);
        if json!(next) != editor.saved(FIELD) {
            editor.save(FIELD, json!(next));
        }
    };
    let hint = move || {
        if error.with(Option::is_some) {
            return None;
        }
        let settings = store.settings()?;
        let (zone, now) = (zone.read(), store.now());
        Some(said(
            rule,
            &shown(editor),
            &settings,
            now,
            &zone,
            habits.get(),
        ))
    };
    let id = input_id(rule.as_str());
    view! {
        <FieldRow label=rule.label() control=id.clone() error below=move || view! {
            <p class="field-hint">{hint}</p>
        }>
            <input
                class="input"
                id=id.clone()
                autocomplete="off"
                enterkeyhint="done"
                placeholder="Never"
                prop:value=value
                value=words.get_untracked()
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=format!("{id}-error")
                on:input=move |event| {
                    error.set(None);
                    typed.set(Some(event_target_value(&event)));
                }
                on:change=move |_| leave()
                on:keydown=move |event| match event.key().as_str() {
                    "Enter" => leave(),
                    "Escape" if typed.get_untracked().is_some() => {
                        event.prevent_default();
                        event.stop_propagation();
                        error.set(None);
                        typed.set(None);
                    }
                    _ => {}
                }
            />
        </FieldRow>
    }
}

/// What a rule means, for an example that is near.
fn said(
    rule: Rule,
    defaults: &ReminderDefaults,
    settings: &Settings,
    now: Timestamp,
    zone: &Zone,
    habits: Habits,
) -> String {
    let (at, of) = match rule.counting() {
        Counting::Before => {
            let at = thursday(now, zone);
            let day = zone.day(at);
            let time = clock(zone.local(at).time(), habits.clock);
            (at, format!("an interview on {} {time}", weekday_of(day)))
        }
        _ => (now, String::new()),
    };
    let quiet = QuietHours::of(settings);
    let all = preview(rule, defaults, quiet, at, now, zone);
    if all.is_empty() {
        return "Never.".to_owned();
    }
    let today = zone.day(now);
    let words = all.iter().map(|at| {
        let wall = zone.local(*at);
        let day = weekday_label(wall.date(), today, habits.order);
        format!("{day}, {}", clock(wall.time(), habits.clock))
    });
    let words = words.collect::<Vec<_>>().join(" and ");
    let then = match rule.counting() {
        Counting::Repeated => ", and again",
        _ => "",
    };
    if of.is_empty() {
        format!("Counted from now: {words}{then}.")
    } else {
        format!("For {of}: {words}.")
    }
}

/// Ten in the morning of the Thursday after the next two days: late enough for all that is before it.
fn thursday(now: Timestamp, zone: &Zone) -> Timestamp {
    let from = zone.day(now) + Duration::days(3);
    let ahead =
        (Weekday::Thu.num_days_from_monday() + 7 - from.weekday().num_days_from_monday()) % 7;
    let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
    zone.instant((from + Duration::days(ahead.into())).and_time(ten))
}
