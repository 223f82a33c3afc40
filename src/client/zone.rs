//! The rules of the user's time zone: the server's from the IANA database, the browser's from
//! `Intl`. See `docs/decisions/0003-time-zone-rules-are-an-argument.md`.

use crate::domain::time::{ZoneName, ZoneRules};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// A time zone whose rules are at hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    name: ZoneName,
}

impl Zone {
    /// The zone of this name.
    pub fn new(name: ZoneName) -> Self {
        Self { name }
    }

    /// The place that it is named after, for people.
    pub fn place(&self) -> String {
        self.name.place()
    }
}

impl ZoneRules for Zone {
    #[cfg(not(feature = "hydrate"))]
    fn offset_seconds(&self, at: DateTime<Utc>) -> i32 {
        #[cfg(feature = "ssr")]
        let offset = self
            .name
            .rules()
            .map_or(0, |rules| rules.offset_seconds(at));
        #[cfg(not(feature = "ssr"))]
        let offset = {
            _ = at;
            0
        };
        offset
    }

    #[cfg(feature = "hydrate")]
    fn offset_seconds(&self, at: DateTime<Utc>) -> i32 {
        intl::offset_seconds(self.name.as_str(), at)
    }
}

/// The signed-in user's zone.
pub type CurrentZone = RwSignal<Zone>;

/// The zone in which this app shows times.
pub fn use_zone() -> CurrentZone {
    expect_context::<CurrentZone>()
}

/// Every zone that the browser knows; empty on the server.
pub fn known_zones() -> Vec<String> {
    #[cfg(feature = "hydrate")]
    return intl::known_zones();
    #[cfg(not(feature = "hydrate"))]
    Vec::new()
}

/// Whether the browser knows a zone of this name. The server has no say here: it asks its own
/// database.
pub fn is_known_zone(name: &str) -> bool {
    #[cfg(feature = "hydrate")]
    return intl::is_known(name);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = name;
        true
    }
}

/// Where zones are, as their names begin.
const AREAS: [&str; 8] = [
    "Africa",
    "America",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
];

/// The zone that somebody means by its name, or by its place alone, such as `Berlin`; none where there is
/// none, or where several zones have such a place.
pub fn zone_meant(text: &str) -> Option<String> {
    let text = text.trim();
    meant(text, &known_zones(), &is_known_zone)
}

/// The same, given the zones that are listed, and whether there is a zone of a name: a browser knows more
/// names than it lists, and takes them in any case.
fn meant(text: &str, listed: &[String], is_known: &dyn Fn(&str) -> bool) -> Option<String> {
    let wanted = plain(text);
    if let Some(zone) = listed.iter().find(|zone| plain(zone) == wanted) {
        return Some(zone.clone());
    }
    if matches!(wanted.as_str(), "utc" | "gmt") && is_known("UTC") {
        return Some("UTC".to_owned());
    }
    // Neither an offset, which has no rules, nor a name in another case, which the server does not know.
    if text.starts_with(|first: char| first.is_ascii_uppercase())
        && (text.contains(|it: char| it.is_ascii_lowercase()) || text == "UTC")
        && is_known(text)
    {
        return Some(text.to_owned());
    }
    let place = |zone: &&String| plain(zone.rsplit('/').next().unwrap_or_default()) == wanted;
    let mut there = listed.iter().filter(place).cloned();
    match (there.next(), there.next()) {
        (Some(zone), None) => Some(zone),
        (Some(_), Some(_)) => None,
        // A place may have another name by now: Kyiv, Kolkata.
        (None, _) => {
            let name = in_name(&wanted)?;
            let zones = AREAS.map(|area| format!("{area}/{name}"));
            let mut known = zones.into_iter().filter(|zone| is_known(zone));
            known.next().filter(|_| known.next().is_none())
        }
    }
}

/// A name as it is compared: in small letters, with single spaces between its words.
fn plain(name: &str) -> String {
    let name = name.replace(['.', '\'', '’'], "").replace(['_', '-'], " ");
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Words as the name of a zone has them: `ho chi minh` is `Ho_Chi_Minh`.
fn in_name(words: &str) -> Option<String> {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next()?.to_ascii_uppercase();
        Some(format!("{first}{}", letters.as_str()))
    };
    let words: Option<Vec<String>> = words.split(' ').map(word).collect();
    Some(words?.join("_"))
}

/// The zone of the machine, where it can be told.
pub fn machine_zone() -> Option<String> {
    #[cfg(feature = "hydrate")]
    return intl::machine_zone();
    #[cfg(not(feature = "hydrate"))]
    None
}

#[cfg(feature = "hydrate")]
mod intl {
    use crate::domain::offsets::KnownOffsets;
    use chrono::{DateTime, NaiveDate, Utc};
    use js_sys::{Array, Date, Function, Intl, Object, Reflect};
    use std::{cell::RefCell, collections::HashMap};
    use wasm_bindgen::{JsCast, JsValue};

    /// A zone that the browser knows, and what it said of it.
    struct Known {
        formatter: Intl::DateTimeFormat,
        offsets: KnownOffsets,
    }

    thread_local! {
        /// Making a formatter is slow; using one is not.
        static ZONES: RefCell<HashMap<String, Option<Known>>> = RefCell::default();
    }

    pub fn offset_seconds(zone: &str, at: DateTime<Utc>) -> i32 {
        ZONES
            .with_borrow_mut(|zones| {
                if !zones.contains_key(zone) {
                    let known = formatter(zone).map(|formatter| Known {
                        formatter,
                        offsets: KnownOffsets::default(),
                    });
                    zones.insert(zone.to_owned(), known);
                }
                let Known { formatter, offsets } = zones.get_mut(zone)?.as_mut()?;
                offsets.offset_seconds(at, |at| offset(formatter, at))
            })
            .unwrap_or(0)
    }

    pub fn is_known(zone: &str) -> bool {
        formatter(zone).is_some()
    }

    /// A formatter for the zone; none where the browser does not know it.
    fn formatter(zone: &str) -> Option<Intl::DateTimeFormat> {
        let options = Object::new();
        let set =
            |name: &str, value: &str| Reflect::set(&options, &name.into(), &value.into()).ok();
        set("timeZone", zone)?;
        set("hourCycle", "h23")?;
        for part in ["year", "month", "day", "hour", "minute", "second"] {
            set(part, "numeric")?;
        }
        let locales = Array::of1(&"en-US".into());
        // Constructed through Reflect, since an unknown zone throws.
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        let constructor: Function = Reflect::get(&intl, &"DateTimeFormat".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let made = Reflect::construct(&constructor, &Array::of2(&locales, &options)).ok()?;
        Some(made.unchecked_into())
    }

    fn offset(formatter: &Intl::DateTimeFormat, at: DateTime<Utc>) -> Option<i32> {
        let date = Date::new(&JsValue::from_f64(at.timestamp_millis() as f64));
        let format: Function = Reflect::get(formatter, &"formatToParts".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let parts: Array = format.call1(formatter, &date).ok()?.dyn_into().ok()?;
        let mut numbers = HashMap::new();
        for part in parts.iter() {
            let kind = Reflect::get(&part, &"type".into()).ok()?.as_string()?;
            let value = Reflect::get(&part, &"value".into()).ok()?.as_string()?;
            if let Ok(number) = value.parse::<u32>() {
                numbers.insert(kind, number);
            }
        }
        let number = |kind: &str| numbers.get(kind).copied();
        let day = NaiveDate::from_ymd_opt(
            i32::try_from(number("year")?).ok()?,
            number("month")?,
            number("day")?,
        )?;
        let wall = day.and_hms_opt(number("hour")? % 24, number("minute")?, number("second")?)?;
        i32::try_from((wall.and_utc().timestamp()) - at.timestamp()).ok()
    }

    pub fn known_zones() -> Vec<String> {
        let list = || {
            let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
            let values: Function = Reflect::get(&intl, &"supportedValuesOf".into())
                .ok()?
                .dyn_into()
                .ok()?;
            let zones: Array = values
                .call1(&intl, &"timeZone".into())
                .ok()?
                .dyn_into()
                .ok()?;
            Some(zones.iter().filter_map(|zone| zone.as_string()).collect())
        };
        list().unwrap_or_default()
    }

    pub fn machine_zone() -> Option<String> {
        let formatter = Intl::DateTimeFormat::default();
        let resolve: Function = Reflect::get(&formatter, &"resolvedOptions".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let options = resolve.call0(&formatter).ok()?;
        Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
    }
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_zone_is_meant_by_its_name_or_by_its_place() {
        let listed = [
            "America/New_York",
            "America/Louisville",
            "America/Kentucky/Louisville",
            "America/St_Johns",
            "America/Port-au-Prince",
            "Asia/Calcutta",
            "Europe/Berlin",
            "UTC",
        ]
        .map(ToOwned::to_owned);
        // In any case, with offsets and newer names, as a browser has it.
        let more = [
            "asia/kolkata",
            "europe/berlin",
            "europe/kyiv",
            "-0500",
            "utc",
        ];
        let is_known = |name: &str| more.contains(&name.to_lowercase().as_str());
        for (text, zone) in [
            ("Europe/Berlin", Some("Europe/Berlin")),
            ("europe/berlin", Some("Europe/Berlin")),
            ("EUROPE/BERLIN", Some("Europe/Berlin")),
            ("utc", Some("UTC")),
            ("Berlin", Some("Europe/Berlin")),
            ("new  york", Some("America/New_York")),
            ("New_York", Some("America/New_York")),
            ("St. Johns", Some("America/St_Johns")),
            ("Port au Prince", Some("America/Port-au-Prince")),
            ("Calcutta", Some("Asia/Calcutta")),
            ("Asia/Kolkata", Some("Asia/Kolkata")),
            ("kolkata", Some("Asia/Kolkata")),
            ("Kyiv", Some("Europe/Kyiv")),
            ("Louisville", None),
            ("-0500", None),
            ("Atlantis", None),
            ("", None),
        ] {
            assert_eq!(meant(text, &listed, &is_known).as_deref(), zone, "{text}");
        }
    }
}
