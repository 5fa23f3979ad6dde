//! The mobile interface: what apps call.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use serde::Serialize;

use super::Tags;
use super::asking::Asking;
use super::errors::{Failure, Reads, Sends, Writes};
use super::payloads::{
    CheckDeviceAnswer, HistoryAnswer, MarkReadAnswer, MarkReadJson, RegisterDeviceAnswer,
    RegisterDeviceJson, SendMessageAnswer, UnregisterDeviceAnswer, UnregisterDeviceJson,
};
use super::send::SendMessageBody;
use super::user_in_path::UserInPath;
use super::wire::{JsonFields, Serialised};
use crate::desk::Desk;
use crate::desk::devices::Registration;
use crate::desk::history::{HistoryCursor, PageRequest};
use crate::domain::device::Platform;
use crate::domain::error::Error;
use crate::domain::ids::MessageId;
use crate::domain::item::Item;
use crate::domain::text;

/// Longest FCM token, characters.
const TOKEN_MAX: usize = 4096;
/// Longest device id, characters.
const DEVICE_ID_MAX: usize = 256;

pub struct Mobile {
    pub desk: Arc<Desk>,
}

#[derive(Serialize)]
struct HistoryBody<'a> {
    success: bool,
    messages: Vec<Item<'a>>,
    greeting_sent: bool,
    has_more: bool,
}

#[OpenApi(tag = "Tags::Mobile")]
impl Mobile {
    /// Send a message to support
    ///
    /// Stores the message and answers; the post to the agents follows by itself and survives restarts, rate limits and outages.
    /// With a `client_msg_id` (or the header `Idempotency-Key`) a request may be repeated safely: the same id from the same
    /// user stores nothing again and gets the first answer; with another text or other photos it is a 409.
    #[oai(path = "/send_message", method = "post", operation_id = "send_message")]
    async fn send_message(
        &self,
        asking: Asking,
        /// The same as `client_msg_id`; both together must be equal.
        #[oai(name = "Idempotency-Key", validator(min_length = 1, max_length = 128))]
        idempotency_key: Header<Option<String>>,
        body: SendMessageBody,
    ) -> Result<Json<SendMessageAnswer>, Failure<Sends>> {
        // Checked together with the field it stands for, while the body is read.
        drop(idempotency_key);
        let message = self.desk.receive(&asking.caller, body.0).await?;
        Ok(Json(SendMessageAnswer::from(&message)))
    }

    /// Read the conversation
    ///
    /// Oldest first; without a cursor the newest `limit` messages. The first request of a calendar day (in the server's
    /// `TIMEZONE`) stores a greeting, which is in the answer. `after_id` resynchronises without a gap after a lost connection.
    #[oai(
        path = "/message_history/:user_id",
        method = "get",
        operation_id = "message_history"
    )]
    async fn message_history(
        &self,
        asking: Asking,
        /// The app's own id of its user, percent-encoded where needed.
        user_id: Path<UserInPath>,
        /// How many messages at most.
        #[oai(
            default = "default_limit",
            validator(minimum(value = "1"), maximum(value = "500"))
        )]
        limit: Query<u32>,
        /// Remembered as the contact's name, and used in the greeting.
        #[oai(validator(max_length = 256))]
        user_name: Query<Option<String>>,
        /// The oldest messages after this one. Not together with `before_id`.
        #[oai(validator(minimum(value = "0")))]
        after_id: Query<Option<i64>>,
        /// The newest messages before this one. Not together with `after_id`.
        #[oai(validator(minimum(value = "0")))]
        before_id: Query<Option<i64>>,
    ) -> Result<Serialised<HistoryAnswer>, Failure<Reads>> {
        let user_name = match &user_name.0 {
            Some(raw) => text::contact_name(raw, "user_name")?,
            None => None,
        };
        let request = PageRequest {
            user: user_id.check()?,
            user_name,
            cursor: cursor(after_id.0, before_id.0)?,
            limit: limit.0,
            locale: asking.locale,
        };
        let page = self.desk.history(&asking.caller, request).await?;
        let body = HistoryBody {
            success: true,
            messages: page.messages.iter().map(Item::from).collect(),
            greeting_sent: page.greeting_sent,
            has_more: page.has_more,
        };
        Ok(Serialised::from(&body)?)
    }

    /// Register a device for push
    ///
    /// The same token again is refreshed. A token belongs to one user: registering it for another moves it.
    /// A `device_id` known with an older token gets the new one instead.
    #[oai(
        path = "/register_device",
        method = "post",
        operation_id = "register_device"
    )]
    async fn register_device(
        &self,
        asking: Asking,
        body: JsonFields<RegisterDeviceJson>,
    ) -> Result<Json<RegisterDeviceAnswer>, Failure<Writes>> {
        let mut fields = body.0;
        let platform = match fields.text("platform")? {
            Some(word) => {
                Platform::parse(&word).ok_or_else(|| Error::bad("invalid_field", "platform"))?
            }
            None => Platform::default(),
        };
        let registration = Registration {
            user: fields.user_id()?,
            token: fields
                .word("fcm_token", TOKEN_MAX)?
                .ok_or_else(|| Error::missing("fcm_token"))?,
            platform,
            device_id: fields.word("device_id", DEVICE_ID_MAX)?,
        };
        let device_count = self
            .desk
            .register_device(&asking.caller, registration)
            .await?;
        Ok(Json(RegisterDeviceAnswer {
            success: true,
            message: self
                .desk
                .texts()
                .get(asking.locale, "device-registered", &[]),
            device_count,
        }))
    }

    /// Forget a device
    ///
    /// A token that is not there changes nothing.
    #[oai(
        path = "/unregister_device",
        method = "post",
        operation_id = "unregister_device"
    )]
    async fn unregister_device(
        &self,
        asking: Asking,
        body: JsonFields<UnregisterDeviceJson>,
    ) -> Result<Json<UnregisterDeviceAnswer>, Failure<Writes>> {
        let mut fields = body.0;
        let user = fields.user_id()?;
        let token = fields
            .word("fcm_token", TOKEN_MAX)?
            .ok_or_else(|| Error::missing("fcm_token"))?;
        let device_count = self
            .desk
            .unregister_device(&asking.caller, user, token)
            .await?;
        Ok(Json(UnregisterDeviceAnswer {
            success: true,
            device_count,
        }))
    }

    /// Ask whether a user has devices
    ///
    /// Whether pushes have anywhere to go. An unknown user has none.
    #[oai(
        path = "/check_device/:user_id",
        method = "get",
        operation_id = "check_device"
    )]
    async fn check_device(
        &self,
        asking: Asking,
        /// The app's own id of its user, percent-encoded where needed.
        user_id: Path<UserInPath>,
    ) -> Result<Json<CheckDeviceAnswer>, Failure<Reads>> {
        let user = user_id.check()?;
        let device_count = self.desk.device_count(&asking.caller, user.clone()).await?;
        Ok(Json(CheckDeviceAnswer {
            user_id: user.to_string(),
            registered: device_count > 0,
            device_count,
            has_tokens: device_count > 0,
        }))
    }

    /// Mark messages as read
    ///
    /// Moves the user's mark forward, never back. Reading the history marks nothing by itself.
    #[oai(path = "/mark_read", method = "post", operation_id = "mark_read")]
    async fn mark_read(
        &self,
        asking: Asking,
        body: JsonFields<MarkReadJson>,
    ) -> Result<Json<MarkReadAnswer>, Failure<Writes>> {
        let mut fields = body.0;
        let user = fields.user_id()?;
        let up_to = MessageId(fields.required_number("up_to_id")?);
        let unread_count = self.desk.mark_read(&asking.caller, user, up_to).await?;
        Ok(Json(MarkReadAnswer {
            success: true,
            unread_count,
        }))
    }
}

fn default_limit() -> u32 {
    50
}

fn cursor(after: Option<i64>, before: Option<i64>) -> Result<HistoryCursor, Error> {
    match (after, before) {
        (None, None) => Ok(HistoryCursor::Newest),
        (Some(id), None) => Ok(HistoryCursor::After(MessageId(id))),
        (None, Some(id)) => Ok(HistoryCursor::Before(MessageId(id))),
        (Some(_), Some(_)) => Err(Error::bad("both_cursors", "before_id")),
    }
}
