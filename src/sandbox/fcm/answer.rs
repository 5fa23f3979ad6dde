//! FCM's refusals in Google's shape: `{"error": {"code", "message", "status", "details": […]}}`.

use serde_json::{Value, json};

const FCM_ERROR: &str = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub code: u16,
    pub status: &'static str,
    pub message: String,
    /// `errorCode` of the `FcmError` detail.
    pub error_code: Option<&'static str>,
    /// Field and description of the `BadRequest` detail.
    pub violation: Option<Box<(String, String)>>,
    /// Seconds.
    pub retry_after: Option<u64>,
}

impl Refusal {
    fn new(code: u16, status: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            status,
            message: message.into(),
            error_code: None,
            violation: None,
            retry_after: None,
        }
    }

    fn coded(mut self, error_code: &'static str) -> Self {
        self.error_code = Some(error_code);
        self
    }

    /// The JSON itself does not fit the schema; such refusals have no `FcmError`.
    pub fn malformed(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut refusal = Self::new(400, "INVALID_ARGUMENT", message.clone());
        refusal.violation = Some(Box::new((field.to_owned(), message)));
        refusal
    }

    /// The schema fits but FCM will not take it.
    pub fn invalid(field: &str, message: &str) -> Self {
        Self::malformed(field, message).coded("INVALID_ARGUMENT")
    }

    pub fn invalid_token() -> Self {
        let message = "The registration token is not a valid FCM registration token";
        let mut refusal = Self::new(400, "INVALID_ARGUMENT", message).coded("INVALID_ARGUMENT");
        let why = "Invalid registration token".to_owned();
        refusal.violation = Some(Box::new(("message.token".to_owned(), why)));
        refusal
    }

    pub fn unregistered() -> Self {
        Self::new(404, "NOT_FOUND", "Requested entity was not found.").coded("UNREGISTERED")
    }

    pub fn sender_id_mismatch() -> Self {
        Self::new(403, "PERMISSION_DENIED", "SenderId mismatch").coded("SENDER_ID_MISMATCH")
    }

    pub fn other_project() -> Self {
        Self::new(
            403,
            "PERMISSION_DENIED",
            "Permission 'cloudmessaging.messages.create' denied on resource (or it may not exist).",
        )
    }

    pub fn unauthenticated(sent: bool) -> Self {
        let what = match sent {
            true => "Request had invalid authentication credentials.",
            false => "Request is missing required authentication credential.",
        };
        let hint =
            "Expected OAuth 2 access token, login cookie or other valid authentication credential.";
        Self::new(401, "UNAUTHENTICATED", format!("{what} {hint}"))
    }

    pub fn not_found_page() -> Self {
        Self::new(
            404,
            "NOT_FOUND",
            "The requested URL was not found on this server.",
        )
    }

    pub fn too_large() -> Self {
        Self::new(
            413,
            "INVALID_ARGUMENT",
            "Request payload size exceeds the limit.",
        )
    }

    /// What FCM says with a status that concerns everybody.
    pub fn of_status(code: u16, retry_after: Option<u64>) -> Self {
        let mut refusal = match code {
            400 => Self::new(
                400,
                "INVALID_ARGUMENT",
                "Request contains an invalid argument.",
            )
            .coded("INVALID_ARGUMENT"),
            401 => Self::unauthenticated(true).coded("THIRD_PARTY_AUTH_ERROR"),
            403 => Self::other_project(),
            429 => Self::new(
                429,
                "RESOURCE_EXHAUSTED",
                "Quota exceeded for quota metric 'Sending messages'.",
            )
            .coded("QUOTA_EXCEEDED"),
            500 => Self::new(500, "INTERNAL", "Internal error encountered.").coded("INTERNAL"),
            503 => Self::new(503, "UNAVAILABLE", "The service is currently unavailable.")
                .coded("UNAVAILABLE"),
            other => Self::new(other, "UNKNOWN", "Unknown Error."),
        };
        refusal.retry_after = retry_after;
        refusal
    }

    pub fn json(&self) -> Value {
        let mut details = Vec::new();
        if let Some(code) = self.error_code {
            details.push(json!({"@type": FCM_ERROR, "errorCode": code}));
        }
        if let Some((field, description)) = self.violation.as_deref() {
            let violations = json!([{"field": field, "description": description}]);
            details.push(json!({"@type": BAD_REQUEST, "fieldViolations": violations}));
        }
        let mut error = json!({"code": self.code, "message": self.message, "status": self.status});
        if let (false, Some(object)) = (details.is_empty(), error.as_object_mut()) {
            object.insert("details".into(), details.into());
        }
        json!({ "error": error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_look_like_googles() {
        assert_eq!(
            Refusal::unregistered().json(),
            json!({"error": {"code": 404, "message": "Requested entity was not found.",
                "status": "NOT_FOUND",
                "details": [{"@type": FCM_ERROR, "errorCode": "UNREGISTERED"}]}})
        );
        let token = Refusal::invalid_token().json();
        assert_eq!(
            token.pointer("/error/details/1/fieldViolations/0/field"),
            Some(&json!("message.token"))
        );
    }
}
