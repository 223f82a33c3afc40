//! A field of a partial update: absent keeps, present sets. `null` clears a field whose type is an
//! `Option`, and is an error for one that must stay.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

/// What an update does to one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The field was not named: it stays.
    #[default]
    Keep,
    /// The field becomes this. For an optional field `Set(None)` clears it.
    Set(T),
}

impl<T> Change<T> {
    /// Whether the field was not named.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The new value, if the field was named.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The new value, or what `default` makes.
    pub fn unwrap_or_else(self, default: impl FnOnce() -> T) -> T {
        match self {
            Self::Keep => default(),
            Self::Set(value) => value,
        }
    }

    /// Writes the new value to `slot`, if the field was named.
    pub fn apply(&self, slot: &mut T)
    where
        T: Clone,
    {
        if let Self::Set(value) = self {
            slot.clone_from(value);
        }
    }

    /// This change, then `later`: the later one wins where it names the field.
    pub fn then(&mut self, later: Self) {
        if let Self::Set(_) = later {
            *self = later;
        }
    }

    /// What would set the field back to `current`, if it is named.
    pub fn restoring(&self, current: &T) -> Self
    where
        T: Clone,
    {
        match self {
            Self::Keep => Self::Keep,
            Self::Set(_) => Self::Set(current.clone()),
        }
    }

    /// Whether a field that is now `current` would stay as it is.
    pub fn is_noop_on(&self, current: &T) -> bool
    where
        T: PartialEq,
    {
        self.value().is_none_or(|value| value == current)
    }
}

impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // Reached only without `skip_serializing_if = "Change::is_keep"`.
            Self::Keep => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

/// A list of objects, read for what it stands in. In a row the objects may have fields that only a newer
/// version knows; in a body such a field is an error, since what it says would be lost.
pub(super) trait Items: Sized {
    /// Reads the list.
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
}

impl<T: DeserializeOwned> Items for Change<T> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Set)
    }
}

#[cfg(feature = "ssr")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Change<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Patch {
        #[serde(default, skip_serializing_if = "Change::is_keep")]
        name: Change<String>,
        #[serde(default, skip_serializing_if = "Change::is_keep")]
        note: Change<Option<String>>,
    }

    #[test]
    fn absent_keeps_null_clears_and_null_on_a_required_field_is_an_error() {
        let patch: Patch = serde_json::from_str(r#"{"note":null}"#).unwrap();
        assert_eq!(
            patch,
            Patch {
                name: Change::Keep,
                note: Change::Set(None)
            }
        );
        assert_eq!(serde_json::to_string(&patch).unwrap(), r#"{"note":null}"#);
        assert!(serde_json::from_str::<Patch>(r#"{"name":null}"#).is_err());
    }

    #[test]
    fn a_later_change_wins_only_where_it_names_the_field() {
        let mut change = Change::Set(1);
        change.then(Change::Keep);
        assert_eq!(change, Change::Set(1));
        change.then(Change::Set(2));
        assert_eq!(change, Change::Set(2));
    }
}
