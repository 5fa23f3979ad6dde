//! Telegram's updates by webhook, and answers that a program posts: two paths, two contracts.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::web::Data;
use poem::{Body, IntoResponse, Request, Response, handler};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::body::SteadyBody;
use crate::desk::Desk;
use crate::desk::answers::Answer;
use crate::domain::agent::NAMELESS;
use crate::domain::error::{Error, Kind};
use crate::domain::text::{MESSAGE_MAX_CHARS, NAME_MAX_CHARS};

/// Updates are small; files in them are only named.
const UPDATE_LIMIT: usize = 1024 * 1024;
/// What a program may call its message.
const MESSAGE_TYPES: [&str; 3] = ["text", "image", "file"];

/// What callers of the webhooks prove themselves with.
#[derive(Clone, Default)]
pub struct WebhookSecrets {
    /// `TG_WEBHOOK_SECRET`, for Telegram.
    pub telegram: Option<String>,
    /// `TELEGRAM_WEBHOOK_API_KEY`, for a program.
    pub api_key: Option<String>,
}

/// `POST /api/telegram/webhook/`
#[handler]
pub async fn telegram(
    request: &Request,
    body: Body,
    desk: Data<&Arc<Desk>>,
    secrets: Data<&WebhookSecrets>,
) -> Response {
    if !from_telegram(request, &secrets) {
        return answer(
            StatusCode::UNAUTHORIZED,
            &json!({"ok": false, "error": "Unauthorized"}),
        );
    }
    match take_update(&desk, body).await {
        Ok(()) => answer(StatusCode::OK, &json!({"ok": true})),
        Err(error) if error.kind == Kind::BadRequest => answer(
            StatusCode::BAD_REQUEST,
            &json!({"ok": false, "error": "Invalid JSON"}),
        ),
        Err(error) => super::errors::bare(error),
    }
}

/// `POST /support/webhook/telegram/`: Telegram, or a program with a key.
#[handler]
pub async fn support(
    request: &Request,
    body: Body,
    desk: Data<&Arc<Desk>>,
    secrets: Data<&WebhookSecrets>,
) -> Response {
    if from_telegram(request, &secrets) {
        return match take_update(&desk, body).await {
            Ok(()) => answer(StatusCode::OK, &json!({"ok": true})),
            Err(error) if error.kind == Kind::BadRequest => {
                answer(StatusCode::BAD_REQUEST, &json!({"error": "Invalid JSON"}))
            }
            Err(error) => super::errors::bare(error),
        };
    }
    if !same(request.header("x-api-key"), secrets.api_key.as_deref()) {
        return answer(StatusCode::UNAUTHORIZED, &json!({"error": "Unauthorized"}));
    }
    program_answers(&desk, body)
        .await
        .unwrap_or_else(|response| response)
}

fn from_telegram(request: &Request, secrets: &WebhookSecrets) -> bool {
    same(
        request.header("x-telegram-bot-api-secret-token"),
        secrets.telegram.as_deref(),
    )
}

/// Compares in constant time; nothing configured is nobody's secret.
fn same(given: Option<&str>, secret: Option<&str>) -> bool {
    match (given, secret) {
        (Some(given), Some(secret)) if !secret.is_empty() => {
            given.as_bytes().ct_eq(secret.as_bytes()).into()
        }
        _ => false,
    }
}

async fn take_update(desk: &Desk, body: Body) -> Result<(), Error> {
    let bytes = SteadyBody::new(body, desk.clock().clone())
        .collect(UPDATE_LIMIT)
        .await?;
    let update: Value =
        serde_json::from_slice(&bytes).map_err(|_| Error::new(Kind::BadRequest, "invalid_json"))?;
    let id = update.get("update_id").and_then(Value::as_i64);
    let id = id.ok_or_else(|| Error::bad("invalid_json", "update_id"))?;
    desk.take_updates(vec![(id, bytes)]).await
}

/// A program answers a contact in the name of an agent.
async fn program_answers(desk: &Desk, body: Body) -> Result<Response, Response> {
    let bad = |words: &str| answer(StatusCode::BAD_REQUEST, &json!({"error": words}));
    let failed = |error: Error| super::errors::bare(error);
    let bytes = SteadyBody::new(body, desk.clock().clone())
        .collect(UPDATE_LIMIT)
        .await
        .map_err(failed)?;
    let call: Value = serde_json::from_slice(&bytes).map_err(|_| bad("Invalid JSON"))?;
    let text = |name| {
        call.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
    };
    let (Some(session), Some(content)) = (text("session_id"), text("content")) else {
        return Err(bad("session_id and content are required"));
    };
    if content.chars().count() > MESSAGE_MAX_CHARS {
        return Err(failed(
            Error::bad("message_too_long", "content").with("max", MESSAGE_MAX_CHARS),
        ));
    }
    let wrong = |field: &'static str| failed(Error::bad("invalid_field", field));
    let given = |name| call.get(name).filter(|value| !value.is_null());
    if given("support_agent_name").is_some_and(|name| !name.is_string()) {
        return Err(wrong("support_agent_name"));
    }
    // What the message is, shows by itself.
    if given("message_type").is_some_and(|word| !MESSAGE_TYPES.iter().any(|known| word == known)) {
        return Err(wrong("message_type"));
    }
    let agent_telegram_id = match given("telegram_user_id") {
        Some(id) => Some(telegram_id(id).ok_or_else(|| wrong("telegram_user_id"))?),
        None => None,
    };
    let agent_name: String = text("support_agent_name")
        .unwrap_or(NAMELESS)
        .chars()
        .take(NAME_MAX_CHARS)
        .collect();
    let unknown = || failed(Error::not_found("session_not_found").on("session_id"));
    let session: Uuid = session.parse().map_err(|_| unknown())?;
    let ticket = desk
        .ticket_of_session(session)
        .await
        .map_err(failed)?
        .ok_or_else(unknown)?;
    let stored = desk
        .answer(Answer {
            ticket,
            text: content.to_owned(),
            attachments: Vec::new(),
            agent_name,
            agent_telegram_id,
            agent: None,
            sources: Vec::new(),
            media_group: None,
            updates: Vec::new(),
        })
        .await
        .map_err(failed)?;
    let message = stored.ok_or_else(unknown)?;
    Ok(answer(
        StatusCode::CREATED,
        &json!({"success": true, "message_id": message.public_id}),
    ))
}

/// A Telegram id, as a number or in digits.
fn telegram_id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn answer(status: StatusCode, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .content_type("application/json; charset=utf-8")
        .body(body.to_string())
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_secret_nobody_is_let_in() {
        assert!(same(Some("s"), Some("s")));
        for (given, secret) in [
            (Some(""), Some("")),
            (Some("x"), None),
            (None, Some("x")),
            (Some("x"), Some("xy")),
            (None, None),
        ] {
            assert!(!same(given, secret), "{given:?} {secret:?}");
        }
    }
}
