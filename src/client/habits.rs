//! How the person is used to dates and times: as their browser writes them, with the week of their
//! settings. The server does not know the browser; what it renders, and what is taken over, is as the rest
//! of the app writes.

use crate::domain::{
    settings::{Settings, WeekStart},
    when::Habits,
};
use leptos::prelude::*;

/// The habits of who sits here.
pub type CurrentHabits = RwSignal<Habits>;

/// How dates are written and read here.
pub fn use_habits() -> CurrentHabits {
    expect_context::<CurrentHabits>()
}

/// Asks the browser, once the page has been taken over as it was rendered.
pub fn learn(habits: CurrentHabits) {
    #[cfg(feature = "hydrate")]
    if let Some((order, clock)) = intl::habits() {
        let own = Habits {
            order,
            clock,
            ..habits.get_untracked()
        };
        if habits.get_untracked() != own {
            habits.set(own);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = habits;
}

/// Weeks begin as the settings say.
pub fn follow(habits: CurrentHabits, settings: &Settings) {
    let week_start = settings.week_start.weekday();
    if habits.with_untracked(|habits| habits.week_start != week_start) {
        habits.update(|habits| habits.week_start = week_start);
    }
}

/// The day with which weeks begin as the browser's language and region have it; Monday where it does not
/// tell.
pub fn week_start_here() -> WeekStart {
    #[cfg(feature = "hydrate")]
    return intl::week_start().map(WeekStart::of).unwrap_or_default();
    #[cfg(not(feature = "hydrate"))]
    WeekStart::default()
}

#[cfg(feature = "hydrate")]
mod intl {
    use crate::domain::when::{Clock, Order};
    use chrono::Weekday;
    use js_sys::{Array, Date, Function, Intl, Object, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    fn get(of: &JsValue, name: &str) -> Option<JsValue> {
        Reflect::get(of, &name.into()).ok()
    }

    fn call(of: &JsValue, name: &str, arguments: &Array) -> Option<JsValue> {
        let function: Function = get(of, name)?.dyn_into().ok()?;
        function.apply(of, arguments).ok()
    }

    /// As the browser's language and region have them; none where it does not tell.
    pub fn habits() -> Option<(Order, Clock)> {
        let options = Object::new();
        for part in ["month", "day", "hour"] {
            // Refused never: it is an object of ours.
            _ = Reflect::set(&options, &part.into(), &"numeric".into());
        }
        let formatter = Intl::DateTimeFormat::new(&Array::new(), &options);
        let date = Date::new_0();
        let parts: Array = call(&formatter, "formatToParts", &Array::of1(&date))?
            .dyn_into()
            .ok()?;
        let kinds = parts
            .iter()
            .filter_map(|part| get(&part, "type")?.as_string());
        let first = kinds
            .into_iter()
            .find(|kind| kind == "day" || kind == "month")?;
        let resolved = call(&formatter, "resolvedOptions", &Array::new())?;
        let order = if first == "month" {
            Order::MonthFirst
        } else {
            Order::DayFirst
        };
        let clock = if get(&resolved, "hour12")?.is_truthy() {
            Clock::Hours12
        } else {
            Clock::Hours24
        };
        Some((order, clock))
    }

    /// The first day of the week, where the browser knows it.
    pub fn week_start() -> Option<Weekday> {
        let formatter = Intl::DateTimeFormat::default();
        let resolved = call(&formatter, "resolvedOptions", &Array::new())?;
        let locale = get(&resolved, "locale")?;
        let constructor: Function = get(&get(&js_sys::global(), "Intl")?, "Locale")?
            .dyn_into()
            .ok()?;
        let locale = Reflect::construct(&constructor, &Array::of1(&locale)).ok()?;
        // A function now, a property before.
        let info = call(&locale, "getWeekInfo", &Array::new())
            .or_else(|| get(&locale, "weekInfo"))
            .filter(JsValue::is_object)?;
        // From 1, Monday, to 7.
        let day = get(&info, "firstDay")?.as_f64()?;
        Weekday::try_from((day as u8).checked_sub(1)?).ok()
    }
}
