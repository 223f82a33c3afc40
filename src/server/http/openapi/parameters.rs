//! What an operation takes besides its body.

use super::operations::Operation;
use crate::{
    api::{answer::POSITION, rest::IF_UPDATED_AT},
    domain::position::MOST,
    server::{auth::caller::USER_HEADER, services::ledger::MAX_KEY},
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

/// All of an operation.
pub(super) fn of(operation: &Operation) -> Vec<Value> {
    let mut parameters = operation.query.clone();
    for name in operation.ids() {
        parameters.push(json!({
            "name": name, "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" },
        }));
    }
    let mut header = |name: &str, required: bool, description: &str, schema: Value| {
        parameters.push(json!({
            "name": name, "in": "header", "required": required, "description": description, "schema": schema,
        }));
    };
    if operation.needs_version() {
        // Eighteen digits are less than the largest number.
        let version = r#"^([1-9][0-9]{0,17}|(W/)?"[1-9][0-9]{0,17}")$"#;
        let schema = json!({ "type": "string", "pattern": version, "examples": ["W/\"2\""] });
        header("If-Match", true, "The version that was seen.", schema);
        let schema = json!({ "type": "string", "format": "date-time" });
        let description = "The updated_at of that version: a restored backup may give its number to another state.";
        header(IF_UPDATED_AT, false, description, schema);
    }
    if operation.takes_key() {
        let schema = json!({
            "type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]([ -~]*[!-~])?$",
        });
        let description = "Makes sending it twice harmless.";
        header("Idempotency-Key", false, description, schema);
    }
    if !operation.open {
        let schema = json!({ "type": "string", "format": "uuid" });
        let description =
            "Whose answer is expected: under another user's session nothing is read or changed.";
        header(USER_HEADER, false, description, schema);
    }
    parameters
}

/// What the answer to a mutation says of the user's history.
pub(super) fn position() -> Value {
    json!({ "type": "string", "pattern": r"^[0-9a-f]{32}\.(0|[1-9][0-9]{0,17})$" })
}

/// Such places, given back.
pub(super) fn positions() -> Value {
    let one = r"[0-9a-f]{32}\.(0|[1-9][0-9]{0,17})";
    let most = MOST - 1;
    let description = "What X-Sync-Position said in the answers to mutations: where this history does not have it, as after a restored backup, it is 410.";
    json!({
        "name": POSITION, "in": "header", "required": false, "description": description,
        "schema": { "type": "string", "pattern": format!("^({one}(, ?{one}){{0,{most}}})?$") },
    })
}

/// Those of a query, from the fields of the type that parses it.
pub(super) fn query<T: JsonSchema>() -> Vec<Value> {
    let schema = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    let properties = schema.get("properties").and_then(Value::as_object).cloned();
    properties
        .unwrap_or_default()
        .into_iter()
        .map(|(name, mut schema)| {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            without_null(&mut schema);
            json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
        })
        .collect()
}

/// What may be left out of a query is left out, and not null: that is no text.
fn without_null(schema: &mut Value) {
    let Some(parts) = schema.as_object_mut() else {
        return;
    };
    for list in ["type", "enum", "anyOf"] {
        if let Some(items) = parts.get_mut(list).and_then(Value::as_array_mut) {
            items.retain(|item| {
                *item != "null" && !item.is_null() && *item != json!({ "type": "null" })
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::ApplicationQuery;

    #[test]
    fn nothing_in_a_query_is_null() {
        let parameters = query::<ApplicationQuery>();
        let names: Vec<&str> = parameters
            .iter()
            .filter_map(|it| it["name"].as_str())
            .collect();
        assert!(
            names.contains(&"cursor") && names.contains(&"status"),
            "{names:?}"
        );
        let text = Value::from(parameters).to_string();
        assert!(!text.contains("null"), "{text}");
    }
}
