//! What the library's OpenAPI document leaves out or gets wrong: that optional fields may be null, and that a
//! choice between types need not be an object.

use serde_json::{Value, json};

/// The document with `nullable` on every property that need not be there: null means absent in this
/// interface, in answers as in requests.
pub fn complete(document: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(document) else {
        return document.to_owned();
    };
    let schemas = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for schema in schemas.into_iter().flat_map(|schemas| schemas.values_mut()) {
        if let Some(choice) = schema
            .as_object_mut()
            .filter(|own| own.contains_key("anyOf"))
        {
            choice.remove("type");
        }
        let required = schema
            .get("required")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let optional = !required.iter().any(|known| known == name);
            if optional {
                *property = or_null(property.take());
            }
        }
    }
    document.to_string()
}

/// The same, or null. `nullable` needs a `type` beside it; what has none becomes a choice.
fn or_null(mut property: Value) -> Value {
    if property.get("type").is_none() {
        let nothing = json!({"type": "string", "nullable": true, "enum": [null]});
        return json!({"anyOf": [property, nothing]});
    }
    if let Some(property) = property.as_object_mut() {
        property.insert("nullable".to_owned(), true.into());
    }
    property
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_need_not_be_there_may_be_null() {
        let document = json!({"components": {"schemas": {"A": {
            "required": ["a"],
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"$ref": "#/x"}},
        }}}});
        let complete: Value = serde_json::from_str(&complete(&document.to_string())).unwrap();
        let properties = &complete["components"]["schemas"]["A"]["properties"];
        assert_eq!(properties["a"].get("nullable"), None);
        assert_eq!(properties["b"]["nullable"], true);
        assert_eq!(properties["c"]["anyOf"][0]["$ref"], "#/x");
        assert_eq!(properties["c"]["anyOf"][1]["nullable"], true);
    }
}
