//! How a conversation went, in a word with which its outcome begins; more can be written after it.

use super::choice::choice;

choice! {
    /// How it went.
    pub enum Mood as "mood" {
        /// Well.
        Good = "good",
        /// Hard to say.
        Mixed = "mixed",
        /// Badly.
        Bad = "bad",
    }
}

impl Mood {
    /// What people say.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Good => "It went well",
            Self::Mixed => "Hard to say",
            Self::Bad => "It went badly",
        }
    }

    /// The one with which an outcome begins.
    pub fn of(outcome: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mood| {
            let rest = outcome.strip_prefix(mood.as_str());
            rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        })
    }

    /// An outcome that begins with this mood, in the place of another one; what was written stays.
    pub fn before(self, outcome: &str) -> String {
        let known = Self::of(outcome).map_or(0, |mood| mood.as_str().len());
        let rest = outcome.get(known..).unwrap_or_default();
        match rest.trim_start_matches([':', ',', ' ']) {
            "" => self.as_str().to_owned(),
            rest => format!("{self}: {rest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mood::{self, Bad, Good, Mixed};

    #[test]
    fn a_mood_stands_before_what_was_written() {
        for (was, mood, is) in [
            ("", Good, "good"),
            ("good", Bad, "bad"),
            ("They liked me", Good, "good: They liked me"),
            ("good: They liked me", Mixed, "mixed: They liked me"),
            ("bad, but short", Good, "good: but short"),
            // A word of its own.
            ("goodbye", Bad, "bad: goodbye"),
        ] {
            assert_eq!(mood.before(was), is);
            assert_eq!(Mood::of(is), Some(mood));
        }
        assert_eq!(Mood::of("goodbye"), None);
        assert_eq!(Mood::of("Good"), None);
    }
}
