//! The schema of FCM's `SendMessageRequest`, from Google's discovery document, and the check of a
//! request against it: unknown names, wrong types, reserved data keys, the one target.

use serde_json::{Map, Value};

use super::answer::Refusal;

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    Whole,
    Number,
    /// Map of text to text.
    Texts,
    /// List of text.
    List,
    /// Any object: sent on to the platform as it is.
    Free,
    /// One of these words.
    Word(&'static [&'static str]),
    Of(Schema),
}

/// Names are camelCase here; proto JSON takes snake_case as well.
type Schema = &'static [(&'static str, Kind)];

use Kind::{Flag, Free, List, Number, Of, Text, Texts, Whole, Word};

const REQUEST: Schema = &[("message", Of(MESSAGE)), ("validateOnly", Flag)];

const MESSAGE: Schema = &[
    ("name", Text),
    ("data", Texts),
    ("notification", Of(NOTIFICATION)),
    ("android", Of(ANDROID)),
    ("webpush", Of(WEBPUSH)),
    ("apns", Of(APNS)),
    ("fcmOptions", Of(OPTIONS)),
    ("token", Text),
    ("topic", Text),
    ("condition", Text),
];

const NOTIFICATION: Schema = &[("title", Text), ("body", Text), ("image", Text)];
const OPTIONS: Schema = &[("analyticsLabel", Text)];

const ANDROID: Schema = &[
    ("collapseKey", Text),
    ("priority", Word(&["NORMAL", "HIGH", "normal", "high"])),
    ("ttl", Text),
    ("restrictedPackageName", Text),
    ("data", Texts),
    ("notification", Of(ANDROID_NOTIFICATION)),
    ("fcmOptions", Of(OPTIONS)),
    ("directBootOk", Flag),
    ("bandwidthConstrainedOk", Flag),
    ("restrictedSatelliteOk", Flag),
];

const ANDROID_NOTIFICATION: Schema = &[
    ("title", Text),
    ("body", Text),
    ("icon", Text),
    ("color", Text),
    ("sound", Text),
    ("tag", Text),
    ("clickAction", Text),
    ("bodyLocKey", Text),
    ("bodyLocArgs", List),
    ("titleLocKey", Text),
    ("titleLocArgs", List),
    ("channelId", Text),
    ("ticker", Text),
    ("sticky", Flag),
    ("eventTime", Text),
    ("localOnly", Flag),
    (
        "notificationPriority",
        Word(&[
            "PRIORITY_UNSPECIFIED",
            "PRIORITY_MIN",
            "PRIORITY_LOW",
            "PRIORITY_DEFAULT",
            "PRIORITY_HIGH",
            "PRIORITY_MAX",
        ]),
    ),
    ("defaultSound", Flag),
    ("defaultVibrateTimings", Flag),
    ("defaultLightSettings", Flag),
    ("vibrateTimings", List),
    (
        "visibility",
        Word(&["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"]),
    ),
    ("notificationCount", Whole),
    ("lightSettings", Of(LIGHT)),
    ("image", Text),
    ("bypassProxyNotification", Flag),
    (
        "proxy",
        Word(&["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"]),
    ),
];

const LIGHT: Schema = &[
    ("color", Of(COLOR)),
    ("lightOnDuration", Text),
    ("lightOffDuration", Text),
];

const COLOR: Schema = &[
    ("red", Number),
    ("green", Number),
    ("blue", Number),
    ("alpha", Number),
];

const WEBPUSH: Schema = &[
    ("headers", Texts),
    ("data", Texts),
    ("notification", Free),
    (
        "fcmOptions",
        Of(&[("link", Text), ("analyticsLabel", Text)]),
    ),
];

const APNS: Schema = &[
    ("headers", Texts),
    ("payload", Free),
    (
        "fcmOptions",
        Of(&[("analyticsLabel", Text), ("image", Text)]),
    ),
    ("liveActivityToken", Text),
];

pub(super) fn check_request(request: &Value) -> Result<(), Refusal> {
    check(request, Of(REQUEST), "")?;
    let Some(message) = request.get("message").and_then(Value::as_object) else {
        return Err(Refusal::invalid("message", "Message is not set."));
    };
    check_target(message)?;
    check_data_keys(message)?;
    check_ttl(message)
}

fn check(value: &Value, kind: Kind, path: &str) -> Result<(), Refusal> {
    let fits = match kind {
        Text => value.is_string(),
        Flag => value.is_boolean(),
        Whole => value.is_i64(),
        Number => value.is_number(),
        Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        List => value
            .as_array()
            .is_some_and(|list| list.iter().all(Value::is_string)),
        Free => value.is_object(),
        Texts => return check_texts(value, path),
        Of(schema) => return check_object(value, schema, path),
    };
    match fits || value.is_null() {
        true => Ok(()),
        false => Err(wrong_type(path, type_name(kind), value)),
    }
}

fn check_object(value: &Value, schema: Schema, path: &str) -> Result<(), Refusal> {
    let Some(object) = value.as_object() else {
        return match value.is_null() {
            true => Ok(()),
            false => Err(wrong_type(path, "OBJECT", value)),
        };
    };
    for (name, inner) in object {
        let known = schema.iter().find(|(known, _)| *known == camel(name));
        let Some((_, kind)) = known else {
            let place = match path {
                "" => String::new(),
                path => format!(" at '{path}'"),
            };
            return Err(Refusal::malformed(
                path,
                format!(
                    "Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field."
                ),
            ));
        };
        let deeper = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        check(inner, *kind, &deeper)?;
    }
    Ok(())
}

fn check_texts(value: &Value, path: &str) -> Result<(), Refusal> {
    let Some(object) = value.as_object() else {
        return match value.is_null() {
            true => Ok(()),
            false => Err(wrong_type(path, "MAP", value)),
        };
    };
    match object
        .values()
        .enumerate()
        .find(|(_, text)| !text.is_string())
    {
        None => Ok(()),
        Some((at, text)) => Err(wrong_type(
            &format!("{path}[{at}].value"),
            "TYPE_STRING",
            text,
        )),
    }
}

fn wrong_type(path: &str, expected: &str, value: &Value) -> Refusal {
    Refusal::malformed(
        path,
        format!("Invalid value at '{path}' ({expected}), {value}"),
    )
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Text | List => "TYPE_STRING",
        Flag => "TYPE_BOOL",
        Whole => "TYPE_INT32",
        Number => "TYPE_FLOAT",
        Word(_) => "TYPE_ENUM",
        Texts | Free | Of(_) => "TYPE_MESSAGE",
    }
}

fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut raise = false;
    for c in name.chars() {
        match c {
            '_' => raise = true,
            c if raise => {
                camel.push(c.to_ascii_uppercase());
                raise = false;
            }
            c => camel.push(c),
        }
    }
    camel
}

fn check_target(message: &Map<String, Value>) -> Result<(), Refusal> {
    let set: Vec<&str> = ["token", "topic", "condition"]
        .into_iter()
        .filter(|name| message.get(*name).is_some_and(|value| !value.is_null()))
        .collect();
    match set.as_slice() {
        [] => Err(Refusal::invalid(
            "message",
            "Recipient of the message is not set.",
        )),
        [one] if message.get(*one).and_then(Value::as_str) == Some("") => {
            let why = "Recipient of the message is not set.";
            Err(Refusal::invalid(&format!("message.{one}"), why))
        }
        [_] => Ok(()),
        [_, second, ..] => Err(Refusal::malformed(
            "message",
            format!(
                "Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set '{second}'"
            ),
        )),
    }
}

/// Keys FCM keeps for itself.
fn check_data_keys(message: &Map<String, Value>) -> Result<(), Refusal> {
    let data = message.get("data").and_then(Value::as_object);
    let reserved = |key: &&String| {
        matches!(key.as_str(), "from" | "message_type")
            || key.starts_with("google.")
            || key.starts_with("gcm.")
    };
    match data.and_then(|data| data.keys().find(reserved)) {
        None => Ok(()),
        Some(key) => {
            let why = format!("Invalid data payload key: {key}");
            Err(Refusal::invalid("message.data", &why))
        }
    }
}

/// A duration in JSON is seconds with an `s`.
fn check_ttl(message: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(ttl) = message
        .get("android")
        .and_then(|android| android.get("ttl"))
    else {
        return Ok(());
    };
    let fits = ttl
        .as_str()
        .and_then(|ttl| ttl.strip_suffix('s'))
        .is_some_and(|seconds| seconds.parse::<f64>().is_ok_and(|seconds| seconds >= 0.0));
    match fits {
        true => Ok(()),
        false => Err(Refusal::malformed(
            "message.android.ttl",
            format!(
                "Invalid value at 'message.android.ttl' (type.googleapis.com/google.protobuf.Duration), {ttl}"
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(message: Value) -> Refusal {
        check_request(&json!({ "message": message })).unwrap_err()
    }

    #[test]
    fn a_whole_message_of_ours_fits_in_either_spelling() {
        let message = json!({
            "token": "t", "notification": {"title": "a", "body": "b"}, "data": {"type": "x"},
            "android": {"priority": "HIGH", "collapse_key": "k", "ttl": "86400s",
                "notification": {"channelId": "c", "notification_count": 2}},
            "apns": {"headers": {"apns-priority": "10"}, "payload": {"aps": {"badge": 1}}},
        });
        assert_eq!(check_request(&json!({ "message": message })), Ok(()));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (message, field, words) in [
            (
                json!({"token": "t", "to": "x"}),
                "message",
                "Unknown name \"to\" at 'message'",
            ),
            (
                json!({"token": "t", "data": {"n": 1}}),
                "message.data[0].value",
                "(TYPE_STRING), 1",
            ),
            (
                json!({"token": "t", "android": {"priority": "max"}}),
                "message.android.priority",
                "TYPE_ENUM",
            ),
            (
                json!({"token": "t", "android": {"ttl": "1d"}}),
                "message.android.ttl",
                "Duration",
            ),
            (
                json!({"token": "t", "apns": {"headers": {"apns-priority": 10}}}),
                "message.apns.headers[0].value",
                "10",
            ),
            (
                json!({"data": {}}),
                "message",
                "Recipient of the message is not set.",
            ),
            (
                json!({"token": "t", "topic": "n"}),
                "message",
                "Cannot set 'topic'",
            ),
            (
                json!({"token": "t", "data": {"from": "x"}}),
                "message.data",
                "key: from",
            ),
        ] {
            let refusal = refused(message.clone());
            let (at, why) = *refusal.violation.unwrap();
            assert_eq!(at, field, "{message}");
            assert!(why.contains(words), "{why}");
        }
    }

    #[test]
    fn no_message_at_all_is_refused() {
        assert!(check_request(&json!({})).is_err());
        assert!(check_request(&json!([])).is_err());
    }
}
