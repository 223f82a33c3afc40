//! Money: exact amounts with two decimals and an ISO 4217 currency.

use super::{
    number,
    text::{plain, text_type},
};
use serde::{Deserialize, Serialize};

/// An amount of money in hundredths of the currency's unit. On the wire it is a JSON number with
/// at most two decimals (`85000`, `18.5`); a string in the same form is read too. From 0 to
/// 10,000,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(i64);

const WRONG: &str = "Give an amount such as 85000 or 18.50.";

/// The largest amount, in hundredths.
const MAX_HUNDREDTHS: i64 = 1_000_000_000_000;

impl Amount {
    /// The amount in hundredths of the currency's unit.
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    fn of(hundredths: i64) -> Result<Self, String> {
        if hundredths > MAX_HUNDREDTHS {
            return Err("At most 10,000,000,000.".into());
        }
        Ok(Self(hundredths))
    }

    /// The amount that a binary fraction stands for: what a program has computed is off by its last
    /// digits, `0.35000000000000003`.
    fn nearest(value: f64) -> Result<Self, String> {
        let hundredths = (value * 100.0).round();
        let off = (hundredths / 100.0 - value).abs();
        // A few of the smallest steps that there are at this size.
        if !value.is_finite() || hundredths < 0.0 || off > value.abs() * f64::EPSILON * 4.0 {
            return Err(WRONG.into());
        }
        // A cast ends at the largest number, which is too large.
        Self::of(hundredths as i64)
    }

    /// As people read it: `85,000`, `18.50`.
    pub fn grouped(self) -> String {
        let whole = number::grouped((self.0 / 100).unsigned_abs());
        match self.0 % 100 {
            0 => whole,
            part => format!("{whole}.{part:02}"),
        }
    }
}

impl std::str::FromStr for Amount {
    type Err = String;

    /// Reads `85000`, `85000.5` or `85000.50`; no sign, no exponent, no grouping.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 2 || whole.len() > 12 {
            return Err(WRONG.into());
        }
        let whole: i64 = whole.parse().map_err(|_| WRONG.to_owned())?;
        let part: i64 = format!("{part:0<2}")
            .parse()
            .map_err(|_| WRONG.to_owned())?;
        Self::of(whole * 100 + part)
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part {
            0 => write!(f, "{whole}"),
            part if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            part => write!(f, "{whole}.{part:02}"),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            serializer.serialize_i64(self.0 / 100)
        } else {
            // Below 2^53 hundredths, so the shortest decimal form of the double is the exact one.
            serializer.serialize_f64(self.0 as f64 / 100.0)
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Amount;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an amount such as 85000 or 18.50")
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Amount, E> {
                value.to_string().parse().map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Amount, E> {
                value.to_string().parse().map_err(E::custom)
            }
            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Amount, E> {
                Amount::nearest(value).map_err(E::custom)
            }
            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Amount, E> {
                value.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// What somebody wrote where money is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// An amount.
    One(Amount),
    /// From one amount to another.
    Range(Amount, Amount),
}

impl Written {
    /// Reads money as people write it, wherever they are from: `85,000`, `85.000`, `85 000`,
    /// `1'250.50`, `18,50`, `85k`, `€85,000`, `100–120k`. The currency is not read.
    ///
    /// # Errors
    /// In words, where it is not clear which number is meant: of that none is made.
    pub fn read(text: &str) -> Result<Self, String> {
        let plain = plain(text).replace(" to ", "-");
        let ends: Vec<&str> = split_range(plain.trim());
        let unclear = || {
            let start: String = text.trim().chars().take(40).collect();
            format!("“{start}” is not clear as an amount. Write it like 85000 or 18.50.")
        };
        match ends.as_slice() {
            [one] => {
                let one = End::read(one).ok_or_else(unclear)?;
                Ok(Self::One(Amount::of(one.value())?))
            }
            [from, to] => {
                let ends = End::read(from).zip(End::read(to));
                let (from, to) = ends
                    .and_then(|(from, to)| from.up_to(to))
                    .ok_or_else(unclear)?;
                Ok(Self::Range(Amount::of(from)?, Amount::of(to)?))
            }
            _ => Err(unclear()),
        }
    }
}

/// The parts of a text on both sides of a dash. One after a comma or a point stands for no cents:
/// `1.250,-`.
fn split_range(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(dash) = rest.get(from..).and_then(|text| text.find('-')) {
        let dash = from + dash;
        let (before, after) = rest.split_at(dash);
        if before.ends_with([',', '.']) {
            from = dash + 1;
        } else {
            parts.push(before);
            rest = after.get(1..).unwrap_or_default();
            from = 0;
        }
    }
    parts.push(rest);
    parts
}

/// An amount, or an end of a range.
#[derive(Clone, Copy)]
struct End {
    hundredths: i64,
    /// They are thousands: `85k`.
    thousands: bool,
}

impl End {
    fn read(text: &str) -> Option<Self> {
        let text = without_currency(text);
        let text = text.strip_suffix(",-").unwrap_or(text);
        let text = text.strip_suffix(".-").unwrap_or(text);
        let (text, thousands) = match text.strip_suffix('k') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let hundredths = hundredths(text.trim(), thousands)?;
        Some(Self {
            hundredths,
            thousands,
        })
    }

    fn value(self) -> i64 {
        if self.thousands {
            self.hundredths * 1000
        } else {
            self.hundredths
        }
    }

    /// A range from this one to another: `100–120k` means thousands on both sides.
    fn up_to(self, to: Self) -> Option<(i64, i64)> {
        const THOUSAND: i64 = 1000 * 100;
        let both = |from: i64| Some((from, to.value()));
        match (self.thousands, to.thousands) {
            (false, true) if self.hundredths >= THOUSAND => both(self.hundredths),
            (false, true) if self.hundredths <= to.hundredths => both(self.hundredths * 1000),
            (false, true) => None,
            (true, false) if to.value() < self.value() => None,
            _ => both(self.value()),
        }
    }
}

/// A text without the currency before or behind its amount: a sign, such as € or US$, or a code.
fn without_currency(text: &str) -> &str {
    let is_sign = |c: char| {
        matches!(
            c,
            '$' | '£' | '¤' | '¥' | '฿' | '\u{20a0}'
                ..='\u{20cf}' | '￡' | '￥' | '￦' | '元' | '円' | '원'
        )
    };
    let is_code = |code: &str| Currency::codes().any(|known| known.eq_ignore_ascii_case(code));
    let text = text.trim();
    let before = ["", "us", "ca", "au", "nz", "hk", "mx", "a", "c", "s", "r"];
    let text = text
        .strip_prefix(is_sign)
        .or_else(|| {
            let dollars = |country: &&str| text.strip_prefix(*country)?.strip_prefix('$');
            before.iter().find_map(dollars)
        })
        .or_else(|| {
            let (code, rest) = text.split_at_checked(3)?;
            is_code(code).then_some(rest)
        })
        .unwrap_or(text)
        .trim();
    text.strip_suffix(is_sign)
        .or_else(|| {
            let (rest, code) = text.split_at_checked(text.len().checked_sub(3)?)?;
            is_code(code).then_some(rest)
        })
        .unwrap_or(text)
        .trim()
}

/// A number in hundredths. A comma or a point that stands once, before one or two digits, is the
/// decimal one; any other separator parts thousands, and has to do so throughout.
fn hundredths(text: &str, thousands: bool) -> Option<i64> {
    let mut separators: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let mut groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    if groups.iter().any(|group| group.is_empty()) {
        return None;
    }
    let mut part = "";
    if let (Some(last), Some(tail)) = (separators.last().copied(), groups.last().copied()) {
        let once = separators.iter().filter(|c| **c == last).count() == 1;
        if once && matches!(last, ',' | '.') && tail.len() <= 2 {
            part = tail;
            separators.pop();
            groups.pop();
        }
    }
    if !is_whole(&groups, &separators) {
        return None;
    }
    // `1.234k`: a thousand, or more than a million?
    if thousands && part.is_empty() && matches!(separators.as_slice(), [',' | '.']) {
        return None;
    }
    let digits = groups.concat();
    if digits.len() > 12 {
        return None;
    }
    let whole: i64 = digits.parse().ok()?;
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    Some(whole * 100 + part)
}

/// Whether groups of digits are a whole number: all in one, by three, or as in India.
fn is_whole(groups: &[&str], separators: &[char]) -> bool {
    let Some((separator, others)) = separators.split_first() else {
        return true;
    };
    let known = matches!(separator, ',' | '.' | '\'' | ' ');
    if !known || others.iter().any(|other| other != separator) {
        return false;
    }
    let [first, middle @ .., last] = groups else {
        return false;
    };
    let by = |size: usize| {
        first.len() <= size && last.len() == 3 && middle.iter().all(|group| group.len() == size)
    };
    !first.starts_with('0') && (by(3) || (*separator == ',' && !middle.is_empty() && by(2)))
}

/// The active codes of ISO 4217 (without funds, metals and testing codes).
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB \
BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD \
FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR \
KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR \
MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK \
SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED \
VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// A currency by its ISO 4217 code, in capitals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(String);

impl Currency {
    /// Every code that is accepted, in alphabetical order.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        CURRENCIES.split(' ')
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let code = text.trim().to_ascii_uppercase();
        if Self::codes().any(|known| known == code) {
            Ok(Self(code))
        } else {
            Err("Give a currency by its three letters, such as EUR.".into())
        }
    }
}
text_type!(Currency);

#[cfg(feature = "ssr")]
mod storage {
    use super::{Amount, Currency, MAX_HUNDREDTHS};
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    crate::domain::sql::sql_as!(Amount, i64, |amount: &Amount| amount.0, Amount);

    impl JsonSchema for Amount {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> Cow<'static, str> {
            "Amount".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "With two decimals at most. Answers have a number; a text is read too.",
                "anyOf": [
                    { "type": "number", "minimum": 0, "maximum": MAX_HUNDREDTHS / 100, "multipleOf": 0.01 },
                    { "type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$" },
                ]
            })
        }
    }
    impl JsonSchema for Currency {
        fn schema_name() -> Cow<'static, str> {
            "Currency".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            let codes: Vec<&str> = Currency::codes().collect();
            json_schema!({ "type": "string", "enum": codes, "description": "ISO 4217 code" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_exact_and_bounded() {
        assert_eq!("18.5".parse::<Amount>().unwrap().hundredths(), 1850);
        assert_eq!("85000".parse::<Amount>().unwrap().to_string(), "85000");
        assert_eq!("0.05".parse::<Amount>().unwrap().to_string(), "0.05");
        for wrong in [
            "",
            "-1",
            "1e5",
            "1.234",
            "1,000",
            ".5",
            "5.",
            "10000000000.01",
            "NaN",
        ] {
            assert!(wrong.parse::<Amount>().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Amount>("-5").is_err());
        for (number, hundredths) in [
            ("0.35000000000000003", 35),
            ("-0.0", 0),
            ("1e2", 10_000),
            ("9999999999.99", 999_999_999_999),
            ("10000000000.0", 1_000_000_000_000),
        ] {
            let amount: Amount = serde_json::from_str(number).unwrap();
            assert_eq!(amount.hundredths(), hundredths, "{number}");
        }
        for wrong in [
            "-0.01",
            "0.001",
            "18.501",
            "1e-9",
            "10000000000.01",
            "1e300",
        ] {
            assert!(serde_json::from_str::<Amount>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            serde_json::from_str::<Amount>("\"18.50\"")
                .unwrap()
                .hundredths(),
            1850
        );
    }

    #[test]
    fn currencies_are_those_of_the_standard() {
        assert_eq!("eur".parse::<Currency>().unwrap().as_str(), "EUR");
        assert!("EURO".parse::<Currency>().is_err());
        assert!("ABC".parse::<Currency>().is_err());
        assert!("EU R".parse::<Currency>().is_err());
    }

    fn read(text: &str) -> Result<Vec<f64>, String> {
        let value = |amount: Amount| amount.hundredths() as f64 / 100.0;
        Written::read(text).map(|written| match written {
            Written::One(one) => vec![value(one)],
            Written::Range(from, to) => vec![value(from), value(to)],
        })
    }

    #[test]
    fn money_is_read_as_people_write_it() {
        for (text, amount) in [
            ("85000", 85_000.0),
            ("0", 0.0),
            (" 85000 ", 85_000.0),
            ("18.50", 18.5),
            ("18,50", 18.5),
            ("82,5", 82.5),
            ("0,5", 0.5),
            ("45.000", 45_000.0),
            ("45.000,00", 45_000.0),
            ("85,000", 85_000.0),
            ("85,000.00", 85_000.0),
            ("1'250", 1250.0),
            ("1’250.50", 1250.5),
            ("1 250", 1250.0),
            ("1\u{a0}250", 1250.0),
            ("1\u{202f}250,50", 1250.5),
            ("1.250.000", 1_250_000.0),
            ("12,50,000", 1_250_000.0),
            ("1,00,000.50", 100_000.5),
            ("1.250,-", 1250.0),
            ("1'250.–", 1250.0),
            ("120k", 120_000.0),
            ("85K", 85_000.0),
            ("85 k", 85_000.0),
            ("1,5k", 1500.0),
            ("2.25k", 2250.0),
            ("€85000", 85_000.0),
            ("€85,000", 85_000.0),
            ("$ 85,000", 85_000.0),
            ("US$85k", 85_000.0),
            ("85.000 €", 85_000.0),
            ("eur 85 000", 85_000.0),
            ("120k EUR", 120_000.0),
            ("£1,250.5", 1250.5),
            ("¥5,000,000", 5_000_000.0),
            ("８５，０００", 85_000.0),
            ("１８．５０", 18.5),
            ("\u{200e}85000\u{200b}", 85_000.0),
            ("10,000,000,000", 10_000_000_000.0),
        ] {
            assert_eq!(read(text), Ok(vec![amount]), "{text}");
        }
    }

    #[test]
    fn a_range_is_read_as_one() {
        for (text, from, to) in [
            ("100–120k", 100_000.0, 120_000.0),
            ("100-120k", 100_000.0, 120_000.0),
            ("100k - 120k", 100_000.0, 120_000.0),
            ("€100–120k", 100_000.0, 120_000.0),
            ("€100k – €120k", 100_000.0, 120_000.0),
            ("82,000—96,000", 82_000.0, 96_000.0),
            ("82.000 − 96.000 EUR", 82_000.0, 96_000.0),
            ("90,000 to 100,000", 90_000.0, 100_000.0),
            ("90000–120k", 90_000.0, 120_000.0),
            ("100k–120000", 100_000.0, 120_000.0),
            ("18,50-25", 18.5, 25.0),
            ("1.250,- – 1.500,-", 1250.0, 1500.0),
            ("１００〜１２０ｋ", 100_000.0, 120_000.0),
            // What is wrong with it is said where ranges are checked.
            ("120–100", 120.0, 100.0),
        ] {
            assert_eq!(read(text), Ok(vec![from, to]), "{text}");
        }
    }

    #[test]
    fn of_what_is_not_clear_no_number_is_made() {
        for text in [
            "",
            " ",
            "a lot",
            "competitive",
            "-1",
            "5.",
            ".5",
            "1e5",
            "1..2",
            "1.2.3",
            "1,2345",
            "8500,000",
            "0,500",
            "0.500",
            "045.000",
            "1.234k",
            "85,000k",
            "1,234.567",
            "1 250,000",
            "1'250 000",
            "12 50",
            "1 2",
            "85kk",
            "k",
            "€",
            "50¢",
            "85000 per year",
            "100–",
            "100–120–140",
            "2026-11-26",
            "120–100k",
            "100k–120",
            "500-1k",
            "1m",
            "NaN",
            "12345678901234567890",
        ] {
            let why = read(text).unwrap_err();
            assert!(
                why.starts_with(&format!("“{}”", text.trim())),
                "{text}: {why}"
            );
        }
        assert_eq!(
            read("10,000,000,000.01"),
            Err("At most 10,000,000,000.".into())
        );
        assert_eq!(read("20000000k"), Err("At most 10,000,000,000.".into()));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_the_same(hundredths in 0..=MAX_HUNDREDTHS) {
            let amount = Amount(hundredths);
            let shown = amount.grouped();
            prop_assert_eq!(Written::read(&shown), Ok(Written::One(amount)));
            prop_assert_eq!(Written::read(&amount.to_string()), Ok(Written::One(amount)));
        }

        /// Whatever separators a country has.
        #[test]
        fn an_amount_is_the_same_in_every_notation(hundredths in 0..=MAX_HUNDREDTHS) {
            let amount = Amount(hundredths);
            let shown = amount.grouped();
            for (thousands, decimal) in [('.', ','), (' ', ','), ('\u{202f}', ','), ('\'', '.'), ('’', '.')] {
                let local: String = shown
                    .chars()
                    .map(|c| match c {
                        ',' => thousands,
                        '.' => decimal,
                        c => c,
                    })
                    .collect();
                prop_assert_eq!(Written::read(&local), Ok(Written::One(amount)), "{}", local);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}|[0-9.,'k€ –-]{0,12}") {
            if let Ok(Written::One(amount)) = Written::read(&text) {
                // No digit is made up, and none is left out but zeros.
                let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
                let (typed, read) = (digits(&plain(&text)), digits(&amount.to_string()));
                let bare = |text: &str| text.trim_matches('0').to_owned();
                prop_assert_eq!(bare(&typed), bare(&read), "{}", text);
            }
        }

        #[test]
        fn an_amount_survives_json(hundredths in 0..=MAX_HUNDREDTHS) {
            let amount = Amount(hundredths);
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
            prop_assert_eq!(amount.to_string().parse::<Amount>().unwrap(), amount);
        }
    }
}
