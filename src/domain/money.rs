//! Money: exact amounts with two decimals and an ISO 4217 currency.

use super::text::text_type;
use serde::{Deserialize, Serialize};

/// An amount of money in hundredths of the currency's unit. On the wire it is a JSON number with
/// at most two decimals (`85000`, `18.5`); a string in the same form is read too. From 0 to
/// 10,000,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(i64);

/// The largest amount, in hundredths.
const MAX_HUNDREDTHS: i64 = 1_000_000_000_000;

impl Amount {
    /// The amount in hundredths of the currency's unit.
    pub const fn hundredths(self) -> i64 {
        self.0
    }
}

impl std::str::FromStr for Amount {
    type Err = String;

    /// Reads `85000`, `85000.5` or `85000.50`; no sign, no exponent, no grouping.
    fn from_str(text: &str) -> Result<Self, String> {
        const WRONG: &str = "Give an amount such as 85000 or 18.50.";
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
        let hundredths = whole * 100 + part;
        if hundredths > MAX_HUNDREDTHS {
            return Err("At most 10,000,000,000.".into());
        }
        Ok(Self(hundredths))
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
                value.to_string().parse().map_err(E::custom)
            }
            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Amount, E> {
                value.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
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
    use super::{Amount, Currency};
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
            json_schema!({ "type": "number", "minimum": 0, "maximum": 10_000_000_000_i64, "multipleOf": 0.01 })
        }
    }
    impl JsonSchema for Currency {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> Cow<'static, str> {
            "Currency".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 code" })
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

    proptest! {
        #[test]
        fn an_amount_survives_json(hundredths in 0..=MAX_HUNDREDTHS) {
            let amount = Amount(hundredths);
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
            prop_assert_eq!(amount.to_string().parse::<Amount>().unwrap(), amount);
        }
    }
}
