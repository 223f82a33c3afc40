//! The default reminders, as the settings have them: when each comes, and what that means.

use super::{
    form::{Editor, FieldRow, input_id},
    panel::Panel,
};
use crate::{
    client::{
        habits::use_habits,
        notifications::{self, Alerts},
        store::use_store,
        zone::{Zone, use_zone},
    },
    domain::{
        json,
        quiet_hours::QuietHours,
        rules::{
            Channels, Counting, DAY_MINUTES, ReminderChannel, ReminderDefaults, Rule, RuleChange,
            RuleNow,
        },
        rules_in_words::{again, preview, read, write},
        settings::Settings,
        time::{Timestamp, ZoneRules},
        when::{Habits, clock, weekday_label},
    },
};
use chrono::{Datelike, Duration, NaiveTime, Weekday};
use leptos::{html, prelude::*, task::spawn_local};
use serde_json::json;

const FIELD: &str = "reminder_defaults";

/// The panel.
#[component]
pub fn ReminderRules(
    /// Of the settings.
    editor: Editor,
) -> impl IntoView {
    view! {
        <Panel title="Reminders" id="reminders">
            <p class="panel-text">"They come by themselves, in the app, and by mail where that is on. Leave a field empty to get no such reminder."</p>
            <div class="fields">
                <AlertsField/>
                {Rule::THAT_REMIND.map(|rule| view! { <RuleField editor rule/> })}
                <FieldRow label="Other mails" control=mail_id(Rule::Custom) below=|| ()>
                    <div class="checks">
                        <MailSwitch editor rule=Rule::Custom/>
                        <MailSwitch editor rule=Rule::Digest/>
                    </div>
                </FieldRow>
            </div>
        </Panel>
    }
}

/// The rules as they show.
fn shown(editor: Editor) -> ReminderDefaults {
    json::read(&editor.value(FIELD)).unwrap_or_default()
}

/// What `offsets` change of a rule: none of them turns it off.
fn change_to(rule: Rule, offsets: Vec<i32>) -> RuleChange {
    let is_usual = offsets == ReminderDefaults::default().rule(rule).offsets;
    RuleChange {
        on: offsets.is_empty().then_some(false),
        offsets: (!offsets.is_empty() && !is_usual).then_some(offsets),
        ..RuleChange::default()
    }
}

/// The id of the switch for mails of a rule.
fn mail_id(rule: Rule) -> String {
    format!("mail-{}", rule.as_str().replace('_', "-"))
}

/// What is mailed of a rule, in words.
fn mailed(rule: Rule, now: &RuleNow) -> &'static str {
    let by = |way| now.channels.contains(&way);
    match rule {
        Rule::Custom => "Mail me what I set myself from now on, too",
        Rule::Digest => {
            "When three or more are due at once, mail me one list. Off: what would be in it is not mailed"
        }
        // Where a calendar reads the address, it has the appointment anyhow.
        _ if by(ReminderChannel::Calendar) && !by(ReminderChannel::Email) => {
            "Mail me a calendar file, once; not while a calendar reads the address under “Your calendar”"
        }
        _ => "Mail me, too",
    }
}

/// Whether anything of a rule is mailed.
fn is_mailed(rule: Rule, now: &RuleNow) -> bool {
    let ways = [ReminderChannel::Email, ReminderChannel::Calendar];
    let by_any = rule == Rule::Digest || ways.iter().any(|way| now.channels.contains(way));
    now.mail && by_any
}

/// The change of a rule by which it is mailed, or not.
fn with_mail(rule: Rule, change: RuleChange, wanted: bool) -> RuleChange {
    let next = RuleChange {
        mail: (!wanted).then_some(false),
        ..change
    };
    let now = ReminderDefaults::default()
        .with(rule, next.clone())
        .rule(rule);
    if !wanted || is_mailed(rule, &now) {
        return next;
    }
    let ways = [now.channels.as_ref(), &[ReminderChannel::Email]].concat();
    RuleChange {
        channels: Some(Channels::of(&ways)),
        ..next
    }
}

/// Whether a rule is mailed.
#[component]
fn MailSwitch(editor: Editor, rule: Rule) -> impl IntoView {
    let now = Memo::new(move |_| shown(editor).rule(rule));
    let turn = move |event| {
        let wanted = event_target_checked(&event);
        // On what was saved last: another one of these may have been pressed a moment ago.
        let latest: ReminderDefaults = json::read(&editor.saved(FIELD)).unwrap_or_default();
        let known = latest.change(rule).cloned().unwrap_or_default();
        let next = latest.with(rule, with_mail(rule, known, wanted));
        if json!(next) != editor.saved(FIELD) {
            editor.save(FIELD, json!(next));
        }
    };
    view! {
        <label class="check">
            <input
                type="checkbox"
                role="switch"
                id=mail_id(rule)
                prop:checked=move || now.with(|now| is_mailed(rule, now))
                checked=now.with_untracked(|now| is_mailed(rule, now))
                on:change=turn
            />
            <span>
                {move || now.with(|now| mailed(rule, now))}
                {Rule::THAT_REMIND.contains(&rule).then(|| view! {
                    <span class="visually-hidden">{format!(": {}", rule.label())}</span>
                })}
            </span>
        </label>
    }
}

/// Whether the system tells of them on this device.
#[component]
fn AlertsField() -> impl IntoView {
    let alerts = RwSignal::new(Alerts::default());
    let asked = RwSignal::new(false);
    let control = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        alerts.set(notifications::of_device());
        asked.set(true);
    });
    let is_on = move || alerts.get() == Alerts::On;
    let is_asking = move || alerts.get() == Alerts::Asking;
    // The control says what is so, whatever the press has made of it.
    let show = move |now| {
        alerts.try_set(now);
        if let Some(Some(control)) = control.try_get_untracked() {
            control.set_checked(now == Alerts::On);
        }
    };
    let turn = move |event| {
        let wanted = event_target_checked(&event);
        if untrack(is_asking) {
            return show(Alerts::Asking);
        }
        show(notifications::until_chosen(wanted));
        spawn_local(async move { show(notifications::choose(wanted).await) });
    };
    let hint = move || match alerts.get() {
        Alerts::Unsupported if !asked.get() => "",
        Alerts::Unsupported => {
            "This browser shows no notifications. On an iPhone or iPad, add the app to the Home Screen and open it from there."
        }
        Alerts::Blocked => {
            "The browser blocks notifications of this site. Allow them in its settings for this site, then switch this on."
        }
        Alerts::Asking => "Answer the browser’s question.",
        Alerts::Off => "This device shows no notifications of its own.",
        Alerts::On => {
            "What falls due while you look at something else is shown by the system, by its title, as long as the app is open."
        }
    };
    view! {
        <FieldRow label="On this device" control="notify" below=move || view! {
            <p class="field-hint" aria-live="polite">{hint}</p>
        }>
            <label class="check">
                <input
                    type="checkbox"
                    role="switch"
                    id="notify"
                    prop:checked=is_on
                    disabled=move || alerts.get() == Alerts::Unsupported
                    aria-busy=move || is_asking().then_some("true")
                    node_ref=control
                    on:change=turn
                />
                <span>"Notify me on this device"</span>
            </label>
        </FieldRow>
    }
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
        let RuleChange { on, offsets, .. } = change_to(rule, offsets);
        let change = RuleChange {
            on,
            offsets,
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
        // What is typed, as far as it is understood.
        let defaults = match typed.get() {
            Some(text) => shown(editor).with(rule, change_to(rule, read(rule, &text).ok()?)),
            None => shown(editor),
        };
        Some(said(rule, &defaults, &settings, now, &zone, habits.get()))
    };
    let id = input_id(rule.as_str());
    view! {
        <FieldRow label=rule.label() control=id.clone() error below=move || view! {
            <p class="field-hint" aria-live=move || typed.with(Option::is_some).then_some("polite")>{hint}</p>
            {move || shown(editor).rule(rule).on.then(|| view! { <MailSwitch editor rule/> })}
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
    let today = zone.day(now);
    let words = |at: Timestamp| {
        let wall = zone.local(at);
        let day = weekday_label(wall.date(), today, habits.order);
        // A date is not broken over two lines.
        format!("{day}, {}", clock(wall.time(), habits.clock)).replace(' ', "\u{a0}")
    };
    let rule_now = defaults.rule(rule);
    let (at, of) = match rule.counting() {
        Counting::Before => {
            let furthest = rule_now.offsets.iter().max().copied();
            let at = thursday(now, furthest.unwrap_or_default(), zone);
            (at, format!("For an interview on {}", words(at)))
        }
        _ => (now, "Counted from now".to_owned()),
    };
    let quiet = QuietHours::of(settings);
    let all = preview(rule, defaults, quiet, at, now, zone);
    if all.is_empty() {
        return "Never.".to_owned();
    }
    let words = all.into_iter().map(words);
    let words = words.collect::<Vec<_>>().join(" and ");
    let again = again(rule, &rule_now).map(|again| format!(", {again}"));
    format!("{of}: {words}{}.", again.unwrap_or_default())
}

/// Ten in the morning of a Thursday: late enough for a reminder that comes `furthest` minutes before it.
fn thursday(now: Timestamp, furthest: i32, zone: &Zone) -> Timestamp {
    let days = (furthest / DAY_MINUTES + 1).max(3);
    let from = zone.day(now) + Duration::days(days.into());
    let ahead =
        (Weekday::Thu.num_days_from_monday() + 7 - from.weekday().num_days_from_monday()) % 7;
    let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
    zone.instant((from + Duration::days(ahead.into())).and_time(ten))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_mailed_by_a_press_and_is_as_it_was_by_another() {
        let usual = ReminderDefaults::default();
        for rule in Rule::ALL {
            let before = is_mailed(*rule, &usual.rule(*rule));
            let change = with_mail(*rule, RuleChange::default(), !before);
            let changed = usual.clone().with(*rule, change.clone());
            assert_eq!(is_mailed(*rule, &changed.rule(*rule)), !before, "{rule}");
            let back = usual.clone().with(*rule, with_mail(*rule, change, before));
            assert_eq!(is_mailed(*rule, &back.rule(*rule)), before, "{rule}");
            if before {
                assert_eq!(back, usual, "{rule}");
            }
        }
    }
}
