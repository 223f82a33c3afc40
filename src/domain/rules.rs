//! The default reminders: which there are, when each goes out and by which ways, as everybody has them
//! and as a person changed them.

use super::{change::Items, choice::choice, error::FieldError};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::collections::BTreeMap;

choice! {
    /// A way by which a reminder reaches a person.
    pub enum ReminderChannel as "reminder_channel" {
        /// In the app itself.
        InApp = "in_app",
        /// By mail.
        Email = "email",
        /// In the person's calendar.
        Calendar = "calendar",
    }
}

impl ReminderChannel {
    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::InApp => "the app",
            Self::Email => "mail",
            Self::Calendar => "calendar",
        }
    }
}

/// Ways, each at most once, in the order of their declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<ReminderChannel>")]
pub struct Channels(Vec<ReminderChannel>);

impl Channels {
    /// Of `channels`, each once.
    pub fn of(channels: &[ReminderChannel]) -> Self {
        let all = ReminderChannel::ALL.iter().copied();
        Self(all.filter(|one| channels.contains(one)).collect())
    }
}

impl std::ops::Deref for Channels {
    type Target = [ReminderChannel];
    fn deref(&self) -> &[ReminderChannel] {
        &self.0
    }
}

impl TryFrom<Vec<ReminderChannel>> for Channels {
    type Error = String;

    fn try_from(channels: Vec<ReminderChannel>) -> Result<Self, String> {
        let once = Self::of(&channels);
        if once.len() == channels.len() {
            Ok(once)
        } else {
            Err("Name each channel once.".into())
        }
    }
}

choice! {
    /// What makes a reminder by itself, and what other reminders go by.
    pub enum Rule as "reminder_rule" {
        /// Nobody answered to an application.
        Applied = "applied",
        /// An interview is to come.
        Screening = "screening",
        /// A technical interview, or several in a row, is to come.
        Loop = "loop",
        /// Such an interview is over.
        AfterLoop = "after_loop",
        /// An offer waits for an answer.
        Offer = "offer",
        /// An application is on hold.
        OnHold = "on_hold",
        /// What people set themselves.
        Custom = "custom",
        /// Several reminders in one mail.
        Digest = "digest",
    }
}

/// What a point of a rule is counted from, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// So long before an appointment begins, by the clock that never jumps.
    Before,
    /// So many calendar days after something, at the same time on the wall.
    After,
    /// The first so many days after something, and then again and again, as far apart as the last of the
    /// offsets says.
    Repeated,
    /// The rule makes no reminders.
    Nothing,
}

/// Minutes of a day, which is the smallest step of a rule that counts days.
pub const DAY_MINUTES: i32 = 24 * 60;
/// The furthest that a point of a rule may be from what it is counted from: a year.
pub const MAX_OFFSET: i32 = 366 * DAY_MINUTES;
/// The most points of one rule.
pub const MAX_OFFSETS: usize = 5;
/// How often an offer is asked after.
pub const MOST_REPEATED: i32 = 30;

impl Rule {
    /// How it counts.
    pub const fn counting(self) -> Counting {
        match self {
            Self::Screening | Self::Loop => Counting::Before,
            Self::Applied | Self::AfterLoop => Counting::After,
            Self::Offer | Self::OnHold => Counting::Repeated,
            Self::Custom | Self::Digest => Counting::Nothing,
        }
    }

    /// How many times it repeats at most; none for one that goes on.
    pub const fn most(self) -> Option<i32> {
        match self {
            Self::Offer => Some(MOST_REPEATED),
            _ => None,
        }
    }

    /// The rule as everybody has it.
    fn usual(self) -> RuleNow {
        use ReminderChannel::{Calendar, Email, InApp};
        const HOUR: i32 = 60;
        let (offsets, channels): (&[i32], &[ReminderChannel]) = match self {
            Self::Applied => (&[7 * DAY_MINUTES], &[InApp, Email]),
            Self::Screening => (&[24 * HOUR, HOUR], &[InApp, Calendar]),
            Self::Loop => (&[48 * HOUR, 2 * HOUR], &[InApp, Email, Calendar]),
            Self::AfterLoop => (&[2 * DAY_MINUTES], &[InApp, Email, Calendar]),
            Self::Offer => (&[3 * DAY_MINUTES, DAY_MINUTES], &[InApp, Email]),
            Self::OnHold => (&[14 * DAY_MINUTES], &[InApp]),
            Self::Custom => (&[], &[InApp]),
            Self::Digest => (&[], &[Email]),
        };
        RuleNow {
            on: true,
            offsets: offsets.to_vec(),
            channels: Channels::of(channels),
            mail: true,
        }
    }
}

/// A rule as it is for a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleNow {
    /// Whether it makes reminders.
    pub on: bool,
    /// When, in minutes; see [`Counting`].
    pub offsets: Vec<i32>,
    /// By which ways.
    pub channels: Channels,
    /// Whether it sends mails.
    pub mail: bool,
}

/// What a person changed of a rule; what is absent is as everybody has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleChange {
    /// Whether it makes reminders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// When, in minutes: before an appointment begins (`screening`, `loop`), else after what it is
    /// counted from, in whole days of 1,440. Of `offer` and `on_hold` the last one is the time from one
    /// to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offsets: Option<Vec<i32>>,
    /// By which ways: at least one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<Channels>,
    /// Whether it sends mails: `false` after they were unsubscribed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<bool>,
}

impl RuleChange {
    /// What is wrong with it; none where nothing is.
    fn fault(&self, rule: Rule) -> Option<String> {
        let counting = rule.counting();
        if counting == Counting::Nothing && self.offsets.is_some() {
            return Some(format!("“{rule}” has no offsets."));
        }
        if rule == Rule::Digest && self.channels.is_some() {
            return Some(format!("“{rule}” has no channels."));
        }
        if self.channels.as_ref().is_some_and(|it| it.is_empty()) {
            return Some(format!("“{rule}” needs a channel; or turn it off."));
        }
        let offsets = self.offsets.as_ref()?;
        let most = match counting {
            Counting::Repeated => 2,
            _ => MAX_OFFSETS,
        };
        if offsets.is_empty() || offsets.len() > most {
            return Some(format!("“{rule}” has 1 to {most} offsets; or turn it off."));
        }
        if offsets.iter().any(|it| !(1..=MAX_OFFSET).contains(it)) {
            return Some(format!(
                "The offsets of “{rule}” are minutes, up to a year."
            ));
        }
        let days = counting != Counting::Before;
        if days && offsets.iter().any(|it| it % DAY_MINUTES != 0) {
            return Some(format!(
                "The offsets of “{rule}” are whole days, of {DAY_MINUTES} minutes."
            ));
        }
        // Of one that repeats the second is the time between, and may be the same.
        let mut seen = offsets.clone();
        seen.sort_unstable();
        seen.dedup();
        if counting != Counting::Repeated && seen.len() < offsets.len() {
            return Some(format!("Name each offset of “{rule}” once."));
        }
        None
    }
}

/// What a person changed of the default reminders, by rule. A rule that is absent is as everybody has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
// By their words, so that what is wrong with one is said of it.
#[serde(try_from = "BTreeMap<String, RuleChange>")]
pub struct ReminderDefaults(BTreeMap<Rule, RuleChange>);

impl TryFrom<BTreeMap<String, RuleChange>> for ReminderDefaults {
    type Error = String;

    fn try_from(all: BTreeMap<String, RuleChange>) -> Result<Self, String> {
        let rule = |(word, change): (String, RuleChange)| Ok((word.parse()?, change));
        all.into_iter()
            .map(rule)
            .collect::<Result<_, String>>()
            .map(Self)
    }
}

impl ReminderDefaults {
    /// A rule as it is for the person.
    pub fn rule(&self, rule: Rule) -> RuleNow {
        let usual = rule.usual();
        let change = self.0.get(&rule).cloned().unwrap_or_default();
        RuleNow {
            on: change.on.unwrap_or(usual.on),
            offsets: change.offsets.unwrap_or(usual.offsets),
            channels: change.channels.unwrap_or(usual.channels),
            mail: change.mail.unwrap_or(usual.mail),
        }
    }

    /// What was changed of a rule.
    pub fn change(&self, rule: Rule) -> Option<&RuleChange> {
        self.0.get(&rule)
    }

    /// The same with `change` as all that was changed of `rule`.
    #[must_use]
    pub fn with(mut self, rule: Rule, change: RuleChange) -> Self {
        if change == RuleChange::default() {
            self.0.remove(&rule);
        } else {
            self.0.insert(rule, change);
        }
        self
    }

    /// What of each rule is otherwise for the person here than by `other`, as it is here.
    #[must_use]
    pub fn where_they_differ(&self, other: &Self) -> Self {
        let mut all = Self::default();
        for rule in Rule::ALL {
            let (here, there) = (self.rule(*rule), other.rule(*rule));
            let change = RuleChange {
                on: (here.on != there.on).then_some(here.on),
                offsets: (here.offsets != there.offsets).then_some(here.offsets),
                channels: (here.channels != there.channels).then_some(here.channels),
                mail: (here.mail != there.mail).then_some(here.mail),
            };
            all = all.with(*rule, change);
        }
        all
    }

    /// The same with what `over` says of a rule in place of what these say of it; of what it does not say they
    /// stay.
    #[must_use]
    pub fn overlaid(mut self, over: &Self) -> Self {
        for (rule, over) in &over.0 {
            let (known, usual) = (self.0.get(rule).cloned().unwrap_or_default(), rule.usual());
            let over = over.clone();
            let change = RuleChange {
                on: over.on.or(known.on).filter(|it| *it != usual.on),
                offsets: over
                    .offsets
                    .or(known.offsets)
                    .filter(|it| *it != usual.offsets),
                channels: over
                    .channels
                    .or(known.channels)
                    .filter(|it| *it != usual.channels),
                mail: over.mail.or(known.mail).filter(|it| *it != usual.mail),
            };
            self = self.with(*rule, change);
        }
        self
    }

    /// What is wrong with them, by rule.
    pub(super) fn faults(&self) -> impl Iterator<Item = FieldError> {
        let fault = |(rule, change): (&Rule, &RuleChange)| change.fault(*rule);
        let faults = self.0.iter().filter_map(fault);
        faults.map(|why| FieldError::new("reminder_defaults", why))
    }

    /// Reads them with whatever else a newer version knows, which is left out and counts as not changed.
    ///
    /// # Errors
    /// Where it is no object of changes.
    pub fn read_known<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Any {
            on: Option<bool>,
            offsets: Option<Vec<i32>>,
            channels: Option<Vec<String>>,
            mail: Option<bool>,
        }
        let all = BTreeMap::<String, Any>::deserialize(from).map_err(D::Error::custom)?;
        let known = all.into_iter().filter_map(|(name, any)| {
            let channels = any.channels.map(|words| {
                let known: Vec<_> = words.iter().filter_map(|word| word.parse().ok()).collect();
                Channels::of(&known)
            });
            let change = RuleChange {
                on: any.on,
                offsets: any.offsets,
                channels,
                mail: any.mail,
            };
            Some((name.parse().ok()?, change))
        });
        Ok(Self(known.collect()))
    }
}

impl Items for ReminderDefaults {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read_known(from)
    }
}

#[cfg(feature = "ssr")]
mod storage {
    use super::{
        Channels, Counting, DAY_MINUTES, MAX_OFFSET, MAX_OFFSETS, ReminderChannel,
        ReminderDefaults, Rule,
    };

    impl schemars::JsonSchema for Channels {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Channels".into()
        }
        fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
            let items = generator.subschema_for::<ReminderChannel>();
            schemars::json_schema!({
                "type": "array", "items": items, "uniqueItems": true,
                "maxItems": ReminderChannel::ALL.len(),
            })
        }
    }

    impl schemars::JsonSchema for ReminderDefaults {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "ReminderDefaults".into()
        }
        fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
            let channel = generator.subschema_for::<ReminderChannel>();
            let channels = schemars::json_schema!({
                "type": "array", "items": channel, "uniqueItems": true, "minItems": 1,
                "description": "By which ways.",
            });
            let rules = Rule::ALL.iter().map(|rule| {
                let mut fields = serde_json::Map::new();
                let flag =
                    |says: &str| serde_json::json!({ "type": "boolean", "description": says });
                fields.insert("on".into(), flag("Whether it makes reminders."));
                fields.insert("mail".into(), flag("Whether it sends mails."));
                if *rule != Rule::Digest {
                    fields.insert("channels".into(), channels.clone().to_value());
                }
                fields.extend(offsets(*rule).map(|offsets| ("offsets".into(), offsets)));
                let change = serde_json::json!({
                    "type": "object", "properties": fields, "additionalProperties": false,
                });
                (rule.as_str().to_owned(), change)
            });
            schemars::json_schema!({
                "type": "object",
                "properties": serde_json::Map::from_iter(rules),
                "additionalProperties": false,
            })
        }
    }

    /// What the offsets of a rule may be; none where it has none.
    fn offsets(rule: Rule) -> Option<serde_json::Value> {
        let counting = rule.counting();
        let (step, says) = match counting {
            Counting::Before => (1, "Minutes before the appointment begins."),
            Counting::After => (DAY_MINUTES, "Minutes after it: whole days of 1,440."),
            Counting::Repeated => (
                DAY_MINUTES,
                "Minutes until the first, and from one to the next where that is another time: whole days of 1,440.",
            ),
            Counting::Nothing => return None,
        };
        let repeated = counting == Counting::Repeated;
        Some(serde_json::json!({
            "type": "array",
            "items": {
                "type": "integer", "minimum": step, "maximum": MAX_OFFSET, "multipleOf": step,
            },
            "minItems": 1,
            "maxItems": if repeated { 2 } else { MAX_OFFSETS },
            "uniqueItems": !repeated,
            "description": says,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Counting::{After, Before, Repeated};
    use ReminderChannel::{Calendar, Email, InApp};

    /// A rule as the specification has it: its words, how it counts, minutes, ways.
    type Line = (
        &'static str,
        Rule,
        Counting,
        &'static [i32],
        &'static [ReminderChannel],
    );

    #[test]
    fn what_is_taken_back_of_a_rule_leaves_the_others_alone() {
        let of = |text: &str| serde_json::from_str::<ReminderDefaults>(text).unwrap();
        let before = of(r#"{"loop":{"offsets":[1440]}}"#);
        let after = of(r#"{"loop":{"offsets":[1440]},"applied":{"offsets":[7200]}}"#);
        let undo = before.where_they_differ(&after);
        // Meanwhile mails were stopped, another rule was changed, and something else of this one.
        let now = of(
            r#"{"loop":{"offsets":[60]},"applied":{"offsets":[7200],"mail":false},"screening":{"mail":false}}"#,
        );
        assert_eq!(
            now.overlaid(&undo),
            of(r#"{"loop":{"offsets":[60]},"applied":{"mail":false},"screening":{"mail":false}}"#)
        );
        assert_eq!(after.overlaid(&undo), before);
        // What was switched off is on again, and nothing is as it was for no difference.
        let stopped = of(r#"{"applied":{"mail":false}}"#);
        let undo = ReminderDefaults::default().where_they_differ(&stopped);
        assert_eq!(stopped.overlaid(&undo), ReminderDefaults::default());
        assert_eq!(
            before.where_they_differ(&before),
            ReminderDefaults::default()
        );
    }

    #[test]
    fn the_rules_are_those_of_the_specification() {
        const H: i32 = 60;
        const D: i32 = 24 * H;
        let table: &[Line] = &[
            (
                "Applied → remind in 7 days if no response (in-app + email).",
                Rule::Applied,
                After,
                &[7 * D],
                &[InApp, Email],
            ),
            (
                "Screening scheduled → remind 24h & 1h before (in-app + calendar).",
                Rule::Screening,
                Before,
                &[24 * H, H],
                &[InApp, Calendar],
            ),
            (
                "Interview loop → 48h & 2h before; … (in-app + email + calendar).",
                Rule::Loop,
                Before,
                &[48 * H, 2 * H],
                &[InApp, Email, Calendar],
            ),
            (
                "… post-interview follow-up in 2 days (in-app + email + calendar).",
                Rule::AfterLoop,
                After,
                &[2 * D],
                &[InApp, Email, Calendar],
            ),
            (
                "Offer → remind to respond in 3 days; then daily (in-app + email).",
                Rule::Offer,
                Repeated,
                &[3 * D, D],
                &[InApp, Email],
            ),
            (
                "On Hold → ping every 14 days (in-app).",
                Rule::OnHold,
                Repeated,
                &[14 * D],
                &[InApp],
            ),
        ];
        let defaults = ReminderDefaults::default();
        for (words, rule, counting, offsets, channels) in table {
            let now = defaults.rule(*rule);
            assert!(now.on && now.mail, "{words}");
            assert_eq!(rule.counting(), *counting, "{words}");
            assert_eq!(now.offsets, *offsets, "{words}");
            assert_eq!(&*now.channels, *channels, "{words}");
        }
        // “Rejected/Accepted → no reminders”, and nothing else makes any.
        let others = Rule::ALL
            .iter()
            .filter(|rule| table.iter().all(|line| line.1 != **rule));
        for rule in others {
            assert_eq!(rule.counting(), Counting::Nothing, "{rule}");
        }
    }

    fn read(json: &str) -> ReminderDefaults {
        serde_json::from_str(json).unwrap()
    }

    fn lenient(json: &str) -> ReminderDefaults {
        ReminderDefaults::read(&mut serde_json::Deserializer::from_str(json)).unwrap()
    }

    #[test]
    fn what_is_not_changed_is_as_everybody_has_it() {
        let changed = read(r#"{"applied": {"offsets": [14400]}, "offer": {"on": false}}"#);
        let applied = changed.rule(Rule::Applied);
        assert_eq!(applied.offsets, [10 * DAY_MINUTES]);
        assert_eq!(&*applied.channels, [InApp, Email]);
        assert!(!changed.rule(Rule::Offer).on);
        assert_eq!(changed.rule(Rule::Loop), Rule::Loop.usual());
        let text = serde_json::to_string(&changed).unwrap();
        assert_eq!(read(&text), changed);
        let back = changed.with(Rule::Offer, RuleChange::default());
        assert_eq!(back.change(Rule::Offer), None);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (json, why) in [
            (r#"{"applied": {"offsets": []}}"#, "1 to 5 offsets"),
            (r#"{"applied": {"offsets": [60]}}"#, "whole days"),
            (r#"{"applied": {"offsets": [1440, 1440]}}"#, "once"),
            (r#"{"screening": {"offsets": [0]}}"#, "up to a year"),
            (r#"{"screening": {"offsets": [-60]}}"#, "up to a year"),
            (
                r#"{"screening": {"offsets": [1, 2, 3, 4, 5, 6]}}"#,
                "1 to 5",
            ),
            (r#"{"on_hold": {"offsets": [1440, 1440, 1440]}}"#, "1 to 2"),
            (r#"{"loop": {"channels": []}}"#, "needs a channel"),
            (r#"{"custom": {"offsets": [60]}}"#, "no offsets"),
            (r#"{"digest": {"channels": ["email"]}}"#, "no channels"),
        ] {
            let defaults = read(json);
            let faults: Vec<FieldError> = defaults.faults().collect();
            let [fault] = &faults[..] else {
                panic!("{json}: {faults:?}");
            };
            assert_eq!(fault.field, "reminder_defaults");
            assert!(fault.message.contains(why), "{json}: {}", fault.message);
        }
        for fine in [
            r#"{}"#,
            r#"{"screening": {"offsets": [30, 1440]}, "digest": {"mail": false}}"#,
            r#"{"offer": {"offsets": [1440, 1440]}, "custom": {"channels": ["calendar"]}}"#,
        ] {
            assert_eq!(read(fine).faults().count(), 0, "{fine}");
        }
        for wrong in [
            r#"{"aplied": {}}"#,
            r#"{"applied": {"of": [1440]}}"#,
            r#"{"applied": {"channels": ["email", "email"]}}"#,
            r#"{"applied": {"channels": ["fax"]}}"#,
            r#"{"applied": 7}"#,
        ] {
            assert!(
                serde_json::from_str::<ReminderDefaults>(wrong).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_only_a_newer_version_knows_is_left_out() {
        let read = lenient(
            r#"{"applied": {"offsets": [1440], "tone": "kind", "channels": ["in_app", "sms"]}, "birthday": {"on": true}}"#,
        );
        let applied = read.rule(Rule::Applied);
        assert_eq!(applied.offsets, [1440]);
        assert_eq!(&*applied.channels, [InApp]);
        assert_eq!(read.0.len(), 1);
    }
}
