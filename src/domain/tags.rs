//! Free-form tags.

use super::text::Line;
use serde::{Deserialize, Serialize};

/// The most tags of one application.
pub const MAX_TAGS: usize = 32;

/// The longest tag, in characters.
pub const MAX_TAG: usize = 40;

/// One tag: a line of at most [`MAX_TAG`] characters.
pub type Tag = Line<MAX_TAG>;

/// At most [`MAX_TAGS`] tags, unique without regard to case; the first spelling stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "ssr", schemars(extend("maxItems" = MAX_TAGS)))]
#[serde(try_from = "Vec<Tag>")]
pub struct Tags(Vec<Tag>);

impl TryFrom<Vec<Tag>> for Tags {
    type Error = String;

    fn try_from(tags: Vec<Tag>) -> Result<Self, String> {
        let mut unique: Vec<Tag> = Vec::with_capacity(tags.len().min(MAX_TAGS));
        for tag in tags {
            if unique
                .iter()
                .any(|known| same(known.as_str(), tag.as_str()))
            {
                continue;
            }
            if unique.len() == MAX_TAGS {
                return Err(format!("At most {MAX_TAGS} tags."));
            }
            unique.push(tag);
        }
        Ok(Self(unique))
    }
}

/// A word as it is compared: without regard to case.
pub fn folded(word: &str) -> String {
    word.to_lowercase()
}

/// Whether two tags are the same but for case. Most tags are ASCII, where nothing need be copied.
fn same(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        one.eq_ignore_ascii_case(other)
    } else {
        folded(one) == folded(other)
    }
}

impl Tags {
    /// Whether `tag` is among them, without regard to case.
    pub fn has(&self, tag: &str) -> bool {
        self.0.iter().any(|known| same(known.as_str(), tag))
    }

    /// The tags as plain strings.
    pub fn to_strings(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// What the database holds; it was valid when it was stored.
    #[cfg(feature = "ssr")]
    pub(super) fn from_stored(strings: Vec<String>) -> Self {
        Self(
            strings
                .into_iter()
                .filter_map(|tag| tag.parse().ok())
                .collect(),
        )
    }
}

impl std::ops::Deref for Tags {
    type Target = [Tag];
    fn deref(&self) -> &[Tag] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_unique_without_regard_to_case() {
        let tags: Tags = serde_json::from_str(r#"["Rust"," rust ","remote"]"#).unwrap();
        assert_eq!(tags.to_strings(), ["Rust", "remote"]);
        assert!(tags.has("RUST"));
        assert!(!tags.has("go"));
    }

    #[test]
    fn too_many_tags_and_too_long_ones_are_refused() {
        let many: Vec<String> = (0..33).map(|n| format!("tag {n}")).collect();
        assert!(serde_json::from_value::<Tags>(serde_json::json!(many)).is_err());
        assert!(serde_json::from_value::<Tags>(serde_json::json!(["x".repeat(41)])).is_err());
    }
}
