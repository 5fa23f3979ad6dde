//! A message as the mobile interface shows it, in its answers and in its events alike.

use std::fmt;

use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::{Serialize, Serializer};

use super::attachment::{Attachment, AttachmentKind};
use super::message::Message;

/// The wire form of a message; borrows from it.
#[derive(Debug, Serialize)]
pub struct Item<'a> {
    id: i64,
    message: &'a str,
    photo_url: Option<String>,
    photo_urls: Vec<String>,
    direction: &'static str,
    created_at: Time,
    attachments: Vec<Part<'a>>,
    agent_name: Option<&'a str>,
    edited_at: Option<Time>,
    read: bool,
}

/// The wire form of an attachment.
#[derive(Debug, Serialize)]
pub struct Part<'a> {
    url: Option<String>,
    thumb_url: Option<String>,
    kind: AttachmentKind,
    name: Option<&'a str>,
    size: Option<u64>,
    mime: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
}

/// `YYYY-MM-DD HH:MM:SS`, UTC, as clients in the field parse it. Written by hand: chrono reads its
/// format anew for each of the fifty times on a page.
#[derive(Debug)]
struct Time(DateTime<Utc>);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(at) = self;
        let (year, month, day) = (at.year(), at.month(), at.day());
        let (hour, minute, second) = (at.hour(), at.minute(), at.second());
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        )
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'a> From<&'a Message> for Item<'a> {
    fn from(message: &'a Message) -> Self {
        let photo_urls = photo_urls(message);
        Self {
            id: message.id.0,
            message: &message.text,
            photo_url: photo_urls.first().cloned(),
            photo_urls,
            direction: message.direction.as_str(),
            created_at: Time(message.created_at),
            attachments: parts(message),
            agent_name: message.agent_name.as_deref(),
            edited_at: message.edited_at.map(Time),
            read: message.read,
        }
    }
}

/// Where a message's photos are: paths of this server, or the address that was sent.
pub fn photo_urls(message: &Message) -> Vec<String> {
    message
        .attachments
        .iter()
        .filter(|attachment| attachment.kind == AttachmentKind::Photo)
        .filter_map(url)
        .collect()
}

/// Where this server serves a file of the uploads folder.
pub fn upload_path(name: &str) -> String {
    format!("/uploads/{name}")
}

fn url(attachment: &Attachment) -> Option<String> {
    let own = attachment.file.as_deref().map(upload_path);
    own.or_else(|| attachment.link.clone())
}

/// Everything that hangs on a message, in every interface the same.
pub fn parts(message: &Message) -> Vec<Part<'_>> {
    message.attachments.iter().map(part).collect()
}

fn part(attachment: &Attachment) -> Part<'_> {
    Part {
        url: url(attachment),
        thumb_url: attachment.thumb.as_deref().map(upload_path),
        kind: attachment.kind,
        name: attachment.name.as_deref(),
        size: attachment.size,
        mime: attachment.mime.as_deref(),
        latitude: attachment.latitude,
        longitude: attachment.longitude,
        phone: attachment.phone.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ContactId, MessageId, UserId};
    use crate::domain::message::Direction;

    #[test]
    fn the_wire_form_has_every_key_and_the_old_time_format() {
        let mut photo = Attachment::of(AttachmentKind::Photo);
        photo.file = Some("a.jpg".to_owned());
        let mut place = Attachment::of(AttachmentKind::Location);
        (place.latitude, place.longitude) = (Some(41.3), Some(69.2));
        let message = Message {
            id: MessageId(7),
            public_id: "0b7c3a0e-0000-4000-8000-000000000007".to_owned(),
            ticket: None,
            contact: ContactId(1),
            user: UserId::stored("u".to_owned()),
            direction: Direction::Support,
            text: "hi".to_owned(),
            created_at: "2026-03-01T12:00:05.999Z".parse().unwrap(),
            edited_at: None,
            agent_name: Some("Olga".to_owned()),
            agent: None,
            ticket_agent: None,
            read: false,
            attachments: vec![photo, place],
        };
        let expected = serde_json::json!({
            "id": 7, "message": "hi", "photo_url": "/uploads/a.jpg", "photo_urls": ["/uploads/a.jpg"], "direction": "support",
            "created_at": "2026-03-01 12:00:05", "agent_name": "Olga", "edited_at": null, "read": false,
            "attachments": [
                {"url": "/uploads/a.jpg", "thumb_url": null, "kind": "photo", "name": null, "size": null, "mime": null},
                {"url": null, "thumb_url": null, "kind": "location", "name": null, "size": null, "mime": null, "latitude": 41.3, "longitude": 69.2},
            ],
        });
        assert_eq!(
            serde_json::to_value(Item::from(&message)).unwrap(),
            expected
        );
    }
}
