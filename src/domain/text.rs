//! Text with stated limits. Limits count characters (Unicode scalar values), not bytes.

use serde::{Deserialize, Serialize};

/// Implements what every text newtype shares: reading as `&str`, display, storage.
macro_rules! text_type {
    ($name:ty $(, const $n:ident)?) => {
        impl$(<const $n: usize>)? $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl$(<const $n: usize>)? From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
        impl$(<const $n: usize>)? std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl$(<const $n: usize>)? std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::try_from(text.to_owned())
            }
        }
        #[cfg(feature = "ssr")]
        $crate::domain::sql::sql_as!(
            $name, String, |text: &Self| text.0.clone(), |text| Self(text) $(, const $n)?
        );
    };
}
pub(crate) use text_type;

/// Whether a text has more than so many characters. No character is less than a byte, so most texts
/// need not be counted.
fn is_longer(text: &str, than: usize) -> bool {
    text.len() > than && text.chars().count() > than
}

/// Whether a text has a name in it as words of their own: "Interview" does not name "Inter".
pub fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric();
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let (before, rest) = text.split_at(at);
            let after = rest.strip_prefix(name).unwrap_or_default();
            // What begins or ends with no letter, as "C++", is a word anyhow.
            let begins = !before.ends_with(is_part) || !name.starts_with(is_part);
            let ends = !after.starts_with(is_part) || !name.ends_with(is_part);
            begins && ends
        })
}

/// The same text with one character for each of the many that mean the same, without those that
/// cannot be seen, and in small letters: for what is read, not kept.
pub fn plain(text: &str) -> String {
    let visible = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}');
    let one = |c: char| match c {
        // The full-width forms stand in the order of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    let same = |c: char| match c {
        '’' | '‘' | 'ʼ' | '´' | '`' | '′' => '\'',
        '‐' | '‑' | '‒' | '–' | '—' | '−' | '~' | '〜' => '-',
        c if c.is_whitespace() => ' ',
        c => c.to_ascii_lowercase(),
    };
    text.chars().filter(visible).map(one).map(same).collect()
}

/// One line of text: trimmed, not blank, without control characters, at most `MAX` characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line<const MAX: usize>(String);

impl<const MAX: usize> TryFrom<String> for Line<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err("Fill this in.".into());
        }
        if is_longer(trimmed, MAX) {
            return Err(format!("At most {MAX} characters."));
        }
        if trimmed.chars().any(char::is_control) {
            return Err("One line only, without control characters.".into());
        }
        Ok(Self(if trimmed.len() == text.len() {
            text
        } else {
            trimmed.to_owned()
        }))
    }
}
text_type!(Line<MAX>, const MAX);

/// Free text over several lines, at most `MAX` characters. Space at the end is dropped, line ends
/// become `\n`, and control characters other than tab and newline are refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prose<const MAX: usize>(String);

impl<const MAX: usize> TryFrom<String> for Prose<MAX> {
    type Error = String;

    fn try_from(mut text: String) -> Result<Self, String> {
        if text.contains("\r\n") {
            text = text.replace("\r\n", "\n");
        }
        text.truncate(text.trim_end().len());
        if text.is_empty() {
            return Err("Fill this in.".into());
        }
        if is_longer(&text, MAX) {
            return Err(format!("At most {MAX} characters."));
        }
        if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            return Err("Control characters are not text.".into());
        }
        Ok(Self(text))
    }
}
text_type!(Prose<MAX>, const MAX);

#[cfg(feature = "ssr")]
mod described {
    use super::{Line, Prose};
    use crate::domain::schema;
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    impl<const MAX: usize> JsonSchema for Line<MAX> {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> Cow<'static, str> {
            format!("Line{MAX}").into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX, "pattern": schema::line() })
        }
    }
    impl<const MAX: usize> JsonSchema for Prose<MAX> {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> Cow<'static, str> {
            format!("Prose{MAX}").into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX, "pattern": schema::prose() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_named_by_words_of_its_own() {
        for (text, name, is) in [
            ("Follow up with Acme", "Acme", true),
            ("Interview", "Inter", false),
            ("Inter: an Interview", "Inter", true),
            ("Answer Jo", "A", false),
            ("A call, A", "A", true),
            ("Learn C++ and C#", "C++", true),
            ("Ring Söhne & Co.", "Söhne & Co.", true),
            ("Größe", "Gr", false),
            ("anything", "", false),
        ] {
            assert_eq!(names(text, name), is, "{name} in {text}");
        }
    }

    #[test]
    fn a_line_is_trimmed_and_bounded() {
        assert_eq!("  Acme ".parse::<Line<5>>().unwrap().as_str(), "Acme");
        assert!("".parse::<Line<5>>().is_err());
        assert!(" \t ".parse::<Line<5>>().is_err());
        assert!("Acme Corp".parse::<Line<5>>().is_err());
        assert!("a\nb".parse::<Line<5>>().is_err());
    }

    #[test]
    fn limits_count_characters_not_bytes() {
        assert!("ÄÖÜÄÖ".parse::<Line<5>>().is_ok());
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(text in any::<String>()) {
            if let Ok(line) = text.parse::<Line<40>>() {
                prop_assert_eq!(line.as_str().parse::<Line<40>>().unwrap(), line);
            }
            if let Ok(prose) = text.parse::<Prose<40>>() {
                prop_assert_eq!(prose.as_str().parse::<Prose<40>>().unwrap(), prose);
            }
        }
    }
}
