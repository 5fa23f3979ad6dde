//! Messages in the helpdesk interface.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tags;
use super::errors::{Changes, Failure, Looks};
use super::fields::Fields;
use super::helpdesk_shapes::MessageAnswer;
use super::outcomes::{Created, Deleted};
use super::pages_of::{PageOf, Paging};
use super::staff::StaffAsking;
use super::wire::JsonFields;
use crate::desk::Desk;
use crate::desk::helpdesk_messages::{NewEntry, Sender, words};
use crate::domain::content::{ContentType, place};
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, ContactId, MessageId, TicketId};

/// Longest `file_id`, characters; Telegram's own have about a hundred.
const FILE_ID_MAX: usize = 512;

pub struct HelpdeskMessages {
    pub desk: Arc<Desk>,
}

/// A message to store, from exactly one of the two senders.
#[derive(Debug, Object)]
#[oai(rename = "HelpdeskNewMessage")]
pub struct NewMessageJson {
    /// Id of the ticket.
    #[oai(validator(minimum(value = "1")))]
    pub ticket: i64,
    /// Id of the ticket's user. Only the service speaks for users.
    #[oai(validator(minimum(value = "1")))]
    pub sender_user: Option<i64>,
    /// Id of an admin. A staff token sends as itself, the service as anybody.
    #[oai(validator(minimum(value = "1")))]
    pub sender_admin: Option<i64>,
    /// text, image, file, video, audio, location or voice; where absent, told from the file.
    #[oai(validator(pattern = "^(text|image|file|video|audio|location|voice)$"))]
    pub content_type: Option<String>,
    /// At most 16000 characters; of a location `lat,lon` in degrees. Must not be blank without a file.
    #[oai(validator(max_length = 16000))]
    pub content: Option<String>,
    /// A `file_id` of this server's Telegram bot, at most 512 characters; at most 20 × 1024 × 1024 bytes are fetched.
    #[oai(validator(max_length = 512))]
    pub file: Option<String>,
}

/// What a message says from now on.
#[derive(Debug, Object)]
#[oai(rename = "HelpdeskMessageChange")]
pub struct MessageChangeJson {
    /// At most 16000 characters; blank only where the message has a file.
    #[oai(validator(max_length = 16000))]
    pub content: Option<String>,
}

fn new_entry(fields: &mut Fields) -> Result<NewEntry, Error> {
    let ticket = fields
        .id("ticket")?
        .ok_or_else(|| Error::missing("ticket"))?;
    let sender = match (fields.id("sender_user")?, fields.id("sender_admin")?) {
        (Some(user), None) => Sender::Contact(ContactId(user)),
        (None, Some(admin)) => Sender::Admin(AgentId(admin)),
        _ => return Err(Error::bad("one_sender", "sender_user")),
    };
    let content_type = match fields.text("content_type")? {
        Some(word) => {
            let known = ContentType::parse(&word);
            Some(known.ok_or_else(|| Error::bad("invalid_field", "content_type"))?)
        }
        None => None,
    };
    let content = words(&fields.text("content")?.unwrap_or_default())?;
    let file = fields.text("file")?.filter(|file| !file.is_empty());
    if let Some(file) = &file {
        if file.chars().count() > FILE_ID_MAX {
            return Err(Error::bad("field_too_long", "file").with("max", FILE_ID_MAX));
        }
        if file.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::bad("file_not_found", "file"));
        }
    }
    let is_place = content_type == Some(ContentType::Location);
    match (content_type, &file) {
        (Some(ContentType::Location), Some(_)) => return Err(Error::bad("invalid_field", "file")),
        (None | Some(ContentType::Text | ContentType::Location), _) | (_, Some(_)) => {}
        (Some(_), None) => return Err(Error::missing("file")),
    }
    if content.trim().is_empty() && file.is_none() {
        return Err(Error::bad("empty_message", "content"));
    }
    let wrong_place = || Error::bad("invalid_field", "content");
    Ok(NewEntry {
        ticket: TicketId(ticket),
        sender,
        content_type,
        place: match is_place {
            true => Some(place(&content).ok_or_else(wrong_place)?),
            false => None,
        },
        text: if is_place { String::new() } else { content },
        file,
    })
}

#[OpenApi(tag = "Tags::Helpdesk")]
impl HelpdeskMessages {
    /// List messages
    ///
    /// Oldest first.
    #[oai(
        path = "/api/ticket/messages",
        method = "get",
        operation_id = "messages_list"
    )]
    async fn list(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// Only those of the ticket with this id.
        ticket: Query<Option<i64>>,
        /// From 1.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<Option<u64>>,
        /// Entries of a page, 20 where not given; above 100 is 100.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page_size: Query<Option<u64>>,
    ) -> Result<Json<PageOf<MessageAnswer>>, Failure<Looks>> {
        let paging = Paging::asked(request, page.0, page_size.0)?;
        let ticket = ticket.0.map(TicketId);
        let (limit, offset) = (paging.limit(), paging.offset());
        let found = self
            .desk
            .messages_page(&asking.staff, ticket, limit, offset);
        let (messages, count) = found.await?;
        let messages = messages.into_iter().map(MessageAnswer::from).collect();
        Ok(Json(paging.of(messages, count)?))
    }

    /// Store a message
    ///
    /// An admin's reaches the user on its channel, a user's reaches the group. A file is fetched from Telegram first: where
    /// Telegram refuses it, 400 `file_not_found`; where it does not answer, 503 with `Retry-After`, and nothing is stored.
    #[oai(
        path = "/api/ticket/messages",
        method = "post",
        operation_id = "messages_create"
    )]
    async fn create(
        &self,
        asking: StaffAsking,
        body: JsonFields<NewMessageJson>,
    ) -> Result<Created<MessageAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let entry = new_entry(&mut fields)?;
        let message = self.desk.store_entry(&asking.staff, entry).await?;
        Ok(Created::It(Json(message.into())))
    }

    /// Read a message
    ///
    /// All staff. Reading here marks nothing as read.
    #[oai(
        path = "/api/ticket/messages/:id",
        method = "get",
        operation_id = "messages_get"
    )]
    async fn get(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Json<MessageAnswer>, Failure<Looks>> {
        let found = self.desk.message(&asking.staff, MessageId(id.0)).await?;
        Ok(Json(found.into()))
    }

    /// Change what a message says
    ///
    /// One's own; the service changes all. A location stays as it is: 400.
    #[oai(
        path = "/api/ticket/messages/:id",
        method = "patch",
        operation_id = "messages_patch"
    )]
    async fn patch(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<MessageChangeJson>,
    ) -> Result<Json<MessageAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let id = MessageId(id.0);
        let message = match fields.text("content")? {
            Some(raw) => {
                self.desk
                    .edit_entry(&asking.staff, id, words(&raw)?)
                    .await?
            }
            None => self.desk.message(&asking.staff, id).await?,
        };
        Ok(Json(message.into()))
    }

    /// Delete a message
    ///
    /// Owners only.
    #[oai(
        path = "/api/ticket/messages/:id",
        method = "delete",
        operation_id = "messages_delete"
    )]
    async fn delete(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Deleted, Failure<Changes>> {
        let id = MessageId(id.0);
        self.desk.remove_entry(&asking.staff, id).await?;
        Ok(Deleted::It)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(body: Value) -> Result<NewEntry, Error> {
        match body {
            Value::Object(map) => new_entry(&mut map.into()),
            other => panic!("not an object: {other}"),
        }
    }

    #[test]
    fn what_is_wrong_names_its_field() {
        let long = "x".repeat(16_001);
        let cases = [
            (json!({"sender_admin": 1, "content": "x"}), "ticket"),
            (
                json!({"ticket": "1", "sender_admin": 1, "content": "x"}),
                "ticket",
            ),
            (json!({"ticket": 1, "content": "x"}), "sender_user"),
            (
                json!({"ticket": 1, "sender_user": 1, "sender_admin": 1, "content": "x"}),
                "sender_user",
            ),
            (json!({"ticket": 1, "sender_admin": 1}), "content"),
            (
                json!({"ticket": 1, "sender_admin": 1, "content": " "}),
                "content",
            ),
            (
                json!({"ticket": 1, "sender_admin": 1, "content": 5}),
                "content",
            ),
            (
                json!({"ticket": 1, "sender_admin": 1, "content": long}),
                "content",
            ),
            (
                json!({"ticket": 1, "sender_admin": 1, "content": "x", "content_type": "html"}),
                "content_type",
            ),
            (
                json!({"ticket": 1, "sender_admin": 1, "content": "x", "content_type": "image"}),
                "file",
            ),
            (
                json!({"ticket": 1, "sender_admin": 1, "content": "x", "content_type": "location"}),
                "content",
            ),
            (
                json!({"ticket": 1, "sender_admin": 1, "content": "1,2", "content_type": "location", "file": "f"}),
                "file",
            ),
            (
                json!({"ticket": 1, "sender_admin": 1, "file": "a b"}),
                "file",
            ),
            (
                json!({"ticket": 1, "sender_admin": 1, "file": "f".repeat(513)}),
                "file",
            ),
        ];
        for (body, field) in cases {
            let error = read(body.clone()).err();
            let found = error.as_ref().and_then(|error| error.field.as_deref());
            assert_eq!(found, Some(field), "{body}");
        }
    }

    #[test]
    fn a_place_is_no_text_and_a_file_needs_none() {
        let here = json!({"ticket": 1, "sender_user": 2, "content_type": "location", "content": "41.3,69.2"});
        let entry = read(here).unwrap();
        assert_eq!((entry.text.as_str(), entry.place.is_some()), ("", true));
        let photo = json!({"ticket": 1, "sender_user": 2, "content": null, "file": "AgAC"});
        assert_eq!(read(photo).unwrap().file.as_deref(), Some("AgAC"));
    }
}
