//! The shapes of the Bot API's answers: `{"ok": …}`, with Telegram's statuses and wording.

use serde_json::{Value, json};

/// A refusal of the Bot API.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ApiError {
    pub status: u16,
    pub description: String,
    pub parameters: Option<Value>,
}

impl ApiError {
    pub fn new(status: u16, description: impl Into<String>) -> Self {
        Self {
            status,
            description: description.into(),
            parameters: None,
        }
    }

    pub fn bad(description: impl Into<String>) -> Self {
        Self::new(400, description)
    }

    pub fn kicked() -> Self {
        Self::new(403, "Forbidden: bot was kicked from the supergroup chat")
    }

    pub fn blocked() -> Self {
        Self::new(403, "Forbidden: bot was blocked by the user")
    }

    pub fn not_started() -> Self {
        Self::new(
            403,
            "Forbidden: bot can't initiate conversation with a user",
        )
    }

    pub fn too_many(retry_after: u64) -> Self {
        Self {
            status: 429,
            description: format!("Too Many Requests: retry after {retry_after}"),
            parameters: Some(json!({ "retry_after": retry_after })),
        }
    }

    pub fn migrated(to: i64) -> Self {
        Self {
            status: 400,
            description: "Bad Request: group chat was upgraded to a supergroup chat".into(),
            parameters: Some(json!({ "migrate_to_chat_id": to })),
        }
    }
}

pub(super) type Outcome = Result<Value, ApiError>;

/// Status and body of an outcome.
pub(super) fn render(outcome: Outcome) -> (u16, Value) {
    match outcome {
        Ok(result) => (200, json!({ "ok": true, "result": result })),
        Err(error) => {
            let mut body = json!({
                "ok": false,
                "error_code": error.status,
                "description": error.description,
            });
            if let (Some(parameters), Some(object)) = (error.parameters, body.as_object_mut()) {
                object.insert("parameters".into(), parameters);
            }
            (error.status, body)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_429_says_it_twice_in_words_and_in_parameters() {
        let (status, body) = render(Err(ApiError::too_many(7)));
        assert_eq!(status, 429);
        assert_eq!(
            body,
            json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 7",
                "parameters": {"retry_after": 7}})
        );
    }
}
