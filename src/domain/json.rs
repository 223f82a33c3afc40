//! Values of JSON, to and from types. By way of the text: each type has a reader and a writer for text
//! anyhow, and those for values would be as much code again in what a browser loads.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Reads a value as a type.
///
/// # Errors
/// A sentence that says what does not fit.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_json::from_str(&value.to_string()).map_err(|error| without_place(&error))
}

/// What something is as a value; `null` for what JSON cannot say.
pub fn value_of(what: &impl Serialize) -> Value {
    let text = serde_json::to_string(what).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Nobody sees the text, so nobody is told where in it the error is.
fn without_place(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Line;
    use serde_json::json;

    #[test]
    fn an_error_says_what_is_wrong_and_not_where() {
        type Text = Line<3>;
        for value in [json!("four"), json!(7), json!({ "a": [1] }), json!(null)] {
            let expected = serde_json::from_value::<Text>(value.clone()).unwrap_err();
            assert_eq!(read::<Text>(&value).unwrap_err(), expected.to_string());
        }
        assert_eq!(read::<Text>(&json!("two")).unwrap().as_str(), "two");
    }

    #[test]
    fn a_value_is_what_the_text_says() {
        let list = (1, "a", None::<u8>, 2.5);
        assert_eq!(value_of(&list), json!([1, "a", null, 2.5]));
    }
}
