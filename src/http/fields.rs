//! Fields of a request, whether they came as JSON or as a form: one place that says which is wrong.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::domain::error::Error;
use crate::domain::ids::UserId;

/// The fields by name. Unknown ones are left alone, null means absent but where it is asked for.
#[derive(Debug, Default)]
pub struct Fields(HashMap<String, Value>, HashSet<String>);

impl From<Map<String, Value>> for Fields {
    fn from(map: Map<String, Value>) -> Self {
        let (nulls, values): (Vec<_>, Vec<_>) =
            map.into_iter().partition(|(_, value)| value.is_null());
        let nulls = nulls.into_iter().map(|(name, _)| name).collect();
        Self(values.into_iter().collect(), nulls)
    }
}

impl Fields {
    /// Adds a text field of a form; a name that comes twice is an error of the caller.
    pub fn put(&mut self, name: &str, value: String) -> Result<(), Error> {
        match self.0.insert(name.to_owned(), Value::String(value)) {
            None => Ok(()),
            Some(_) => Err(Error::bad("invalid_field", name)),
        }
    }

    /// A text that may be absent.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, Error> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::bad("invalid_field", name)),
        }
    }

    /// A field that was left empty counts as absent from here on.
    pub fn forget_empty(&mut self, name: &str) {
        if self.0.get(name).and_then(Value::as_str) == Some("") {
            self.0.remove(name);
        }
    }

    pub fn required_text(&mut self, name: &'static str) -> Result<String, Error> {
        self.text(name)?.ok_or_else(|| Error::missing(name))
    }

    pub fn user_id(&mut self) -> Result<UserId, Error> {
        UserId::parse(&self.required_text("user_id")?, "user_id")
    }

    /// A text that may be absent, of 1 to `max` characters without control characters.
    pub fn word(&mut self, name: &'static str, max: usize) -> Result<Option<String>, Error> {
        let Some(word) = self.text(name)? else {
            return Ok(None);
        };
        if word.is_empty() {
            return Err(Error::missing(name));
        }
        if word.chars().count() > max {
            return Err(Error::bad("field_too_long", name).with("max", max));
        }
        if word.chars().any(char::is_control) {
            return Err(Error::bad("invalid_field", name));
        }
        Ok(Some(word))
    }

    /// A yes or no that may be absent.
    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Error> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(Error::bad("invalid_field", name)),
        }
    }

    /// A user id as text, or as the whole number an app may write instead.
    pub fn user_id_or_number(&mut self) -> Result<UserId, Error> {
        if let Some(Value::Number(number)) = self.0.get("user_id") {
            // Numbers of 64 bits with a sign: what clients' languages, and the document's format, have in common.
            let text = number.as_i64().map(|number| number.to_string());
            let text = text.ok_or_else(|| Error::bad("invalid_field", "user_id"))?;
            return UserId::parse(&text, "user_id");
        }
        self.user_id()
    }

    /// Whether it was sent as null.
    pub fn is_null(&self, name: &str) -> bool {
        self.1.contains(name)
    }

    /// An id where null means nobody: `None` when absent, `Some(None)` when null.
    pub fn id_or_nobody(&mut self, name: &'static str) -> Result<Option<Option<i64>>, Error> {
        if self.1.contains(name) {
            return Ok(Some(None));
        }
        self.number(name).map(|id| id.map(Some))
    }

    /// The id of a chat, which may be below 0: `None` when absent, `Some(None)` when null.
    pub fn chat_or_none(&mut self, name: &'static str) -> Result<Option<Option<i64>>, Error> {
        if self.1.contains(name) {
            return Ok(Some(None));
        }
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(id) if id != 0 => Ok(Some(Some(id))),
                _ => Err(Error::bad("invalid_field", name)),
            },
            Some(_) => Err(Error::bad("invalid_field", name)),
        }
    }

    /// What a field says, where it is a text; it stays.
    pub fn peek_text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Whether it was given and is not null.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A line that may be absent or empty, of at most `max` characters, trimmed.
    pub fn line(&mut self, name: &'static str, max: usize) -> Result<Option<String>, Error> {
        let Some(line) = self.text(name)? else {
            return Ok(None);
        };
        let line = line.trim();
        if line.chars().count() > max {
            return Err(Error::bad("field_too_long", name).with("max", max));
        }
        if line.chars().any(char::is_control) {
            return Err(Error::bad("invalid_field", name));
        }
        Ok(Some(line.to_owned()))
    }

    /// An id that may be absent: a whole number from 1.
    pub fn id(&mut self, name: &'static str) -> Result<Option<i64>, Error> {
        match self.number(name)? {
            Some(0) => Err(Error::bad("invalid_field", name)),
            id => Ok(id),
        }
    }

    /// A list of ids that may be absent.
    pub fn ids(&mut self, name: &'static str) -> Result<Option<Vec<i64>>, Error> {
        let wrong = || Error::bad("invalid_field", name);
        let id = |value: &Value| value.as_i64().filter(|id| *id > 0).ok_or_else(wrong);
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::Array(all)) => all.iter().map(id).collect::<Result<_, _>>().map(Some),
            Some(_) => Err(wrong()),
        }
    }

    /// An http or https address that may be absent.
    pub fn web_address(&mut self, name: &'static str, max: usize) -> Result<Option<String>, Error> {
        let Some(raw) = self.text(name)? else {
            return Ok(None);
        };
        if raw.chars().count() > max {
            return Err(Error::bad("field_too_long", name).with("max", max));
        }
        // What browsers put right (`http:x`, backslashes) others do not understand.
        let (scheme, rest) = raw.split_once("://").unwrap_or_default();
        let web = ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
            && !rest.starts_with('/')
            && url::Url::parse(&raw).is_ok_and(|url| url.has_host());
        if !web || raw.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::bad("invalid_url", name));
        }
        Ok(Some(raw))
    }

    /// A whole number of at least 0 that may be absent.
    pub fn number(&mut self, name: &'static str) -> Result<Option<i64>, Error> {
        let number = match self.0.remove(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(_) => None,
        };
        match number {
            Some(0..) => Ok(number),
            _ => Err(Error::bad("invalid_field", name)),
        }
    }

    pub fn required_number(&mut self, name: &'static str) -> Result<i64, Error> {
        self.number(name)?.ok_or_else(|| Error::missing(name))
    }

    /// Whatever stands there, to be read by its own rule.
    pub fn any(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        match value {
            Value::Object(map) => map.into(),
            other => panic!("not an object: {other}"),
        }
    }

    #[test]
    fn null_is_absent_and_a_wrong_type_names_its_field() {
        let mut given =
            fields(json!({"a": null, "b": 1, "c": "x", "n": 5, "f": 1.5, "neg": -1, "s": "5"}));
        assert_eq!(given.text("a").unwrap(), None);
        assert_eq!(given.text("b").unwrap_err().field.as_deref(), Some("b"));
        assert_eq!(given.required_text("c").unwrap(), "x");
        assert_eq!(given.required_text("c").unwrap_err().code, "missing_field");
        assert_eq!(given.required_number("n").unwrap(), 5);
        for wrong in ["f", "neg", "s"] {
            assert_eq!(
                given.required_number(wrong).unwrap_err().field.as_deref(),
                Some(wrong)
            );
        }
    }

    #[test]
    fn ids_begin_with_one_and_lines_may_be_empty() {
        let mut given = fields(
            json!({"a": 0, "b": 1, "c": [1, 2], "d": [0], "e": " x ", "f": "", "g": "a\nb"}),
        );
        assert!(given.id("a").is_err());
        assert_eq!(given.id("b").unwrap(), Some(1));
        assert_eq!(given.ids("c").unwrap(), Some(vec![1, 2]));
        assert!(given.ids("d").is_err());
        assert_eq!(given.line("e", 1).unwrap().as_deref(), Some("x"));
        assert_eq!(given.line("f", 1).unwrap().as_deref(), Some(""));
        assert!(given.line("g", 9).is_err() && !given.has("g"));
    }

    #[test]
    fn null_can_mean_nobody_and_a_user_id_may_be_a_number() {
        let mut given = fields(json!({"agent": null, "boss": 3, "user_id": 77, "bad": "3"}));
        assert_eq!(given.id_or_nobody("agent").unwrap(), Some(None));
        assert_eq!(given.id_or_nobody("boss").unwrap(), Some(Some(3)));
        assert_eq!(given.id_or_nobody("other").unwrap(), None);
        assert!(given.id_or_nobody("bad").is_err());
        assert_eq!(given.user_id_or_number().unwrap().as_str(), "77");
        for wrong in [json!(1.5), json!(true), json!([]), json!(1_u64 << 63)] {
            let mut given = fields(json!({"user_id": wrong}));
            let error = given.user_id_or_number().unwrap_err();
            assert_eq!(error.field.as_deref(), Some("user_id"));
        }
    }

    #[test]
    fn words_have_a_length_and_no_control_characters() {
        let mut given = fields(json!({"a": "", "b": "x\u{0}", "c": "яя", "d": "яяя"}));
        assert_eq!(given.word("a", 2).unwrap_err().code, "missing_field");
        assert_eq!(given.word("b", 2).unwrap_err().code, "invalid_field");
        assert_eq!(given.word("c", 2).unwrap().as_deref(), Some("яя"));
        assert_eq!(given.word("d", 2).unwrap_err().code, "field_too_long");
    }
}
