//! A day or a moment: typed in words, or picked from a calendar.

use super::{
    calendar::{Calendar, calendar_id},
    editor::Editor,
    field_row::{FieldRow, error_id, input_id},
    fields::{follow, settle},
};
use crate::{
    app::components::icon::Icon,
    client::{
        dom,
        habits::{CurrentHabits, use_habits},
        labels::field_label,
        store::{Store, use_store},
        zone::{CurrentZone, Zone, use_zone},
    },
    domain::{
        json,
        time::{Timestamp, ZoneName},
        when::{Clock, Context, Holds, Leans, When, echo, read, write},
    },
};
use chrono::NaiveDate;
use leptos::{ev, html, leptos_dom::helpers::TimeoutHandle, prelude::*};
use serde_json::{Value, json};
use std::time::Duration;

/// After so long without a key, typing has paused.
const PAUSE: Duration = Duration::from_millis(700);

/// A field of a record that holds a day or a moment. Copied freely.
#[derive(Clone, Copy)]
pub(super) struct Dated {
    editor: Editor,
    pub(super) field: &'static str,
    pub(super) holds: Holds,
    pub(super) leans: Leans,
    pub(super) required: bool,
    /// What stands in the control and is not what is so.
    typed: RwSignal<Option<String>>,
    /// Typing has paused: what is not understood by now may be said.
    paused: RwSignal<bool>,
    control: NodeRef<html::Input>,
    store: Store,
    zone: CurrentZone,
    habits: CurrentHabits,
}

impl Dated {
    /// Asks something that depends on the time, the zone and the habits of the person.
    pub(super) fn ask<T>(self, ask: impl FnOnce(&Context<'_>) -> T) -> T {
        // Gone with its form, the field is still told that it was left.
        let zone = self.zone.try_get();
        let zone = zone.unwrap_or_else(|| Zone::new(ZoneName::default()));
        ask(&Context {
            // What is typed counts from this moment, and not from the page's minute.
            now: self.store.now().max(self.store.clock_now()),
            zone: &zone,
            habits: self.habits.get(),
            holds: self.holds,
            leans: self.leans,
        })
    }

    /// The value as it shows.
    pub(super) fn value(self) -> Option<When> {
        self.of(self.editor.value(self.field))
    }

    /// Nothing of what is no such value.
    fn of(self, value: Value) -> Option<When> {
        match self.holds {
            Holds::Day => json::read::<NaiveDate>(&value).map(When::Day).ok(),
            Holds::Moment => json::read::<Timestamp>(&value).map(When::Moment).ok(),
        }
    }

    /// A value as the control shows it.
    fn text(self, when: Option<When>) -> String {
        when.map(|when| self.ask(|context| write(when, context)))
            .unwrap_or_default()
    }

    /// Saves what was typed. What is not understood stays where it is, and nothing is saved.
    fn save_typed(self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return self.clear();
        }
        let read = untrack(|| {
            self.ask(|context| read(text, context).map_err(|why| why.sentence(context)))
        });
        match read {
            Ok(understood) => self.save(understood.when),
            Err(why) => self.editor.refuse(self.field, why),
        }
    }

    fn save(self, when: When) {
        // The text says less than the value, which may have seconds: the same text is the same value.
        let saved = self.of(self.editor.saved(self.field));
        let is_same = untrack(|| self.text(saved) == self.text(Some(when)));
        let value = match saved.filter(|_| is_same).unwrap_or(when) {
            When::Day(day) => json!(day),
            When::Moment(at) => json!(at),
        };
        self.editor.save(self.field, value);
    }

    fn clear(self) {
        if self.required {
            self.editor.refuse(self.field, "Give a day.");
        } else {
            self.editor.clear(self.field);
        }
    }

    /// Somebody types. What was wrong with the text before is not wrong with this one.
    fn types(self, text: String, pause: StoredValue<Option<TimeoutHandle>>) {
        if self.editor.is_wrong(self.field) {
            self.editor.take_back(self.field);
        }
        self.typed.set(Some(text));
        self.paused.set(false);
        if let Some(last) = pause.get_value() {
            last.clear();
        }
        let handle = set_timeout_with_handle(move || _ = self.paused.try_set(true), PAUSE);
        pause.set_value(handle.ok());
    }

    /// It was left with what is not understood: that stays there, whatever the browser reports.
    fn keep_unclear(self) {
        let Some(text) = self.typed.try_get_untracked().flatten() else {
            return;
        };
        let is_read = || untrack(|| self.ask(|context| read(&text, context).is_ok()));
        if !text.trim().is_empty() && !self.editor.is_wrong(self.field) && !is_read() {
            self.save_typed(&text);
        }
    }

    /// What was picked is saved and shows at once, whatever was typed before. `None` clears.
    pub(super) fn pick(self, words: Option<&str>) {
        match words {
            Some(words) => self.save_typed(words),
            None => self.clear(),
        }
        self.show_saved();
    }

    /// The control shows what was saved, once that shows elsewhere too, unless it could not be saved.
    fn show_saved(self) {
        self.once_settled(move || self.show());
    }

    /// Does something once what was saved shows, unless it could not be, or somebody types on.
    fn once_settled(self, then: impl FnOnce() + 'static) {
        let typed = self.typed.try_get_untracked();
        self.editor.once_shown(move || {
            let typed_on = self.typed.try_get_untracked() != typed;
            if !typed_on && !self.editor.is_wrong(self.field) {
                then();
            }
        });
    }

    /// The control shows what is so.
    fn show(self) {
        self.typed.try_set(None);
        let Some(control) = self.control.try_get_untracked().flatten() else {
            return;
        };
        let saved = self.of(self.editor.saved(self.field));
        control.set_value(&untrack(|| self.text(saved)));
        self.editor.shows(self.field);
    }

    /// What was typed is thrown away. Answers whether there was anything.
    fn take_back(self) -> bool {
        let is_typed = untrack(|| self.typed.with(Option::is_some));
        if !is_typed && !self.editor.is_wrong(self.field) {
            return false;
        }
        self.editor.take_back(self.field);
        self.show();
        true
    }

    /// What a program reads, what a person reads, and what belongs to it: of what is typed, or of what
    /// is so.
    fn echo(self) -> (String, String, String) {
        let (when, note) = match self.typed.get() {
            Some(text) => match self.ask(|context| read(&text, context)) {
                Ok(understood) => (Some(understood.when), understood.note),
                Err(why) => {
                    // A complaint says it already.
                    let is_said = self.editor.error(self.field).is_some();
                    let says = self.paused.get() && !is_said && !text.trim().is_empty();
                    let why = says.then(|| self.ask(|context| why.sentence(context)));
                    return (String::new(), String::new(), why.unwrap_or_default());
                }
            },
            None => (self.value(), None),
        };
        let Some(when) = when else {
            return Default::default();
        };
        self.ask(|context| {
            let machine = match context.parts(when) {
                (day, None) => day.to_string(),
                (day, Some(time)) => {
                    let time = crate::domain::when::clock(time, Default::default());
                    format!("{day}T{time}")
                }
            };
            let mut rest = match self.holds {
                Holds::Day => String::new(),
                Holds::Moment => format!(
                    " · {}",
                    self.zone
                        .try_get()
                        .map(|zone| zone.place())
                        .unwrap_or_default()
                ),
            };
            if let Some(note) = note {
                rest += " · ";
                rest += note.words();
            }
            (machine, echo(when, context), rest)
        })
    }
}

/// A day or a moment: words and dates as people type them, with what was understood below, and a
/// calendar to pick from. It is saved at Enter, when it is left, or when something is picked.
#[component]
pub fn DateField(
    /// The editor.
    editor: Editor,
    /// Which field.
    field: &'static str,
    /// A day, without a time, or a moment.
    holds: Holds,
    /// Whether it is about what is to come, or what has been.
    leans: Leans,
    /// It may not be cleared.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let dated = Dated {
        editor,
        field,
        holds,
        leans,
        required,
        typed: RwSignal::new(None),
        paused: RwSignal::new(false),
        control: NodeRef::new(),
        store: use_store(),
        zone: use_zone(),
        habits: use_habits(),
    };
    let typed = dated.typed;
    let pause = StoredValue::new(None);
    let value = Memo::new(move |_| dated.text(dated.value()));
    follow(editor, field, value);
    let key = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Enter" if !event.is_composing() => {
            dom::save_typed();
            if typed.with_untracked(Option::is_some) {
                dated.show_saved();
            }
        }
        "Escape" if !event.is_composing() && dated.take_back() => {
            event.prevent_default();
        }
        "ArrowDown" => {
            event.prevent_default();
            dom::show_popover(&calendar_id(field));
        }
        _ => {}
    };
    let left = move || {
        dated.keep_unclear();
        settle(editor, field, value);
        dated.once_settled(move || _ = typed.try_set(None));
    };
    let echo_id = format!("{}-echo", input_id(field));
    let described = format!("{echo_id} {}", error_id(field));
    let said = Memo::new(move |_| dated.echo());
    let echo = move || {
        view! {
            // While somebody types, what is understood is read out.
            <p class="field-echo" id=echo_id aria-live=move || if typed.with(Option::is_some) { "polite" } else { "off" }>
                <time datetime=move || said.read().0.clone()>{move || said.read().1.clone()}</time>
                <span>{move || said.read().2.clone()}</span>
            </p>
        }
    };
    let habits = use_habits();
    let placeholder = move || match (holds, leans, habits.get().clock) {
        (Holds::Moment, _, Clock::Hours24) => "tomorrow 9, fri 14:00",
        (Holds::Moment, _, Clock::Hours12) => "tomorrow 9 am, fri 2 pm",
        (Holds::Day, Leans::Ahead, _) => "tomorrow, in 2 weeks",
        (Holds::Day, Leans::Back, _) => "yesterday, mon",
    };
    view! {
        <FieldRow label=field_label(field) control=input_id(field) error=editor.complaint(field) below=echo>
            <input
                class="input date-input"
                id=input_id(field)
                type="text"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder=placeholder
                value=value.get_untracked()
                aria-invalid=move || editor.invalid(field)
                aria-describedby=described
                node_ref=dated.control
                // Whoever comes to it types another date rather than a part of this one.
                on:focus=move |_| {
                    if let Some(control) = dated.control.try_get_untracked().flatten() {
                        control.select();
                    }
                }
                on:input=move |event| dated.types(event_target_value(&event), pause)
                // What was taken back, or never typed, is not saved, whatever the browser reports.
                on:change=move |event| {
                    if typed.try_with_untracked(Option::is_some) == Some(true) {
                        dated.save_typed(&event_target_value(&event));
                    }
                }
                on:keydown=key
                on:blur=move |_| left()
            />
            <button
                type="button"
                class="field-open date-open"
                popovertarget=calendar_id(field)
                aria-haspopup="dialog"
                aria-label=format!("Open calendar, {}", field_label(field))
            >
                {Icon::Calendar.view()}
            </button>
            <Calendar dated/>
        </FieldRow>
    }
}
