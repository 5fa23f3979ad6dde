//! What the library's OpenAPI document leaves out or gets wrong: that optional fields may be null, that a choice
//! between types need not be an object, and that some parameters must be there although code reads them as optional.

use serde_json::{Value, json};

/// Parameters whose absence has an answer of its own, so that the library must not give it.
const NEEDED: [(&str, &str); 3] = [
    ("/support/search", "q"),
    ("/api/ticket/tickets/my-tickets", "admin_id"),
    ("/api/ticket/tickets/user-tickets", "user_id"),
];

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
    for (path, name) in NEEDED {
        let operation = document
            .get_mut("paths")
            .and_then(|paths| paths.get_mut(path));
        let parameters = operation.and_then(|operation| operation.pointer_mut("/get/parameters"));
        let parameters = parameters.and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            if parameter.get("name").and_then(Value::as_str) == Some(name) {
                need(parameter);
            }
        }
    }
    document.to_string()
}

/// An empty parameter is none.
fn need(parameter: &mut Value) {
    if let Some(parameter) = parameter.as_object_mut() {
        parameter.insert("required".to_owned(), true.into());
    }
    let schema = parameter.get_mut("schema").and_then(Value::as_object_mut);
    if let Some(schema) = schema
        && schema.get("type").is_some_and(|kind| kind == "string")
    {
        schema.insert("minLength".to_owned(), 1.into());
    }
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

    #[test]
    fn what_has_an_answer_of_its_own_when_absent_is_still_required() {
        let parameter =
            |kind: &str| json!({"name": "q", "required": false, "schema": {"type": kind}});
        let [mut text, mut number] = ["string", "integer"].map(parameter);
        need(&mut text);
        need(&mut number);
        assert_eq!(
            text,
            json!({"name": "q", "required": true, "schema": {"type": "string", "minLength": 1}})
        );
        assert_eq!(
            number,
            json!({"name": "q", "required": true, "schema": {"type": "integer"}})
        );
    }
}
