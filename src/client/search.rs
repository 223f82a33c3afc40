//! What a search finds among applications.

use crate::domain::application::Application;

/// Words that are searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    words: Vec<String>,
}

impl Search {
    /// A search for every word of a text.
    pub fn of(text: &str) -> Self {
        Self {
            words: text.split_whitespace().map(str::to_lowercase).collect(),
        }
    }

    /// Whether nothing is searched for: then everything is found.
    pub fn is_blank(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether every word stands somewhere in what a card shows or could show.
    pub fn finds(&self, row: &Application) -> bool {
        if self.is_blank() {
            return true;
        }
        let mut text = format!("{} {} {}", row.company, row.role_title, row.source);
        for part in row.tags.iter().chain(row.tech_keywords.iter()) {
            text.push(' ');
            text.push_str(part.as_str());
        }
        for part in [row.location_text.as_ref(), row.next_action.as_ref()]
            .into_iter()
            .flatten()
        {
            text.push(' ');
            text.push_str(part.as_str());
        }
        let text = text.to_lowercase();
        self.words.iter().all(|word| text.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::Search;
    use crate::domain::application::tests::sample;

    #[test]
    fn every_word_has_to_stand_somewhere() {
        let mut row = sample(1);
        row.tags = serde_json::from_str(r#"["rust"]"#).unwrap();
        row.next_action = Some("Call Jane".parse().unwrap());
        for (text, found) in [
            ("", true),
            ("  ", true),
            ("ENGINEER", true),
            ("engineer rust", true),
            ("jane rus", true),
            ("rust go", false),
        ] {
            assert_eq!(Search::of(text).finds(&row), found, "{text}");
        }
        assert!(Search::of(" ").is_blank());
    }
}
