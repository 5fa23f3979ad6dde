//! The shapes of the mobile interface, as its document describes them.

use poem_openapi::Object;
use poem_openapi::types::Example;

use crate::domain::item::photo_urls;
use crate::domain::message::Message;

/// One attachment.
#[derive(Debug, Clone, Object)]
pub struct AttachmentItem {
    /// Where the file is: a path of this server, or an address elsewhere; null for a location or a contact.
    pub url: Option<String>,
    /// A small picture of it, at most 320 × 320 pixels, where there is one.
    pub thumb_url: Option<String>,
    /// photo, video, video_note, animation, audio, voice, document, sticker, location or contact.
    pub kind: String,
    /// The file's own name, or a contact's name.
    pub name: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// The type of the content, sniffed.
    pub mime: Option<String>,
    /// Degrees, WGS 84, of a location.
    #[oai(skip_serializing_if_is_none)]
    pub latitude: Option<f64>,
    /// Degrees, WGS 84, of a location.
    #[oai(skip_serializing_if_is_none)]
    pub longitude: Option<f64>,
    /// The number of a contact.
    #[oai(skip_serializing_if_is_none)]
    pub phone: Option<String>,
}

/// A message of the conversation.
#[derive(Debug, Clone, Object)]
#[oai(example)]
pub struct MessageItem {
    /// Grows with every message of the server; cursors count by it.
    pub id: i64,
    /// The text; empty where there are only attachments.
    pub message: String,
    /// The first of `photo_urls`, or null.
    pub photo_url: Option<String>,
    /// Paths of this server (`/uploads/…`), or the address that was sent as `photo_url`.
    pub photo_urls: Vec<String>,
    /// user: from the contact; support: from an agent, or the greeting.
    pub direction: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
    /// Everything that hangs on the message, photos included.
    pub attachments: Vec<AttachmentItem>,
    /// Who answered; null on the contact's own messages and on greetings.
    pub agent_name: Option<String>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC, of the last edit, or null.
    pub edited_at: Option<String>,
    /// On the contact's messages: staff has answered or read it since. On support messages: the contact has read it.
    pub read: bool,
}

impl Example for MessageItem {
    fn example() -> Self {
        Self {
            id: 12346,
            message: "Your order is on its way.".to_owned(),
            photo_url: Some("/uploads/0f8c2a.jpg".to_owned()),
            photo_urls: vec!["/uploads/0f8c2a.jpg".to_owned()],
            direction: "support".to_owned(),
            created_at: "2026-03-01 12:00:05".to_owned(),
            attachments: vec![AttachmentItem {
                url: Some("/uploads/0f8c2a.jpg".to_owned()),
                thumb_url: Some("/uploads/77d1e0.jpg".to_owned()),
                kind: "photo".to_owned(),
                name: None,
                size: Some(48213),
                mime: Some("image/jpeg".to_owned()),
                latitude: None,
                longitude: None,
                phone: None,
            }],
            agent_name: Some("Olga".to_owned()),
            edited_at: None,
            read: false,
        }
    }
}

/// What an app sends as JSON.
#[derive(Debug, Object)]
#[oai(example)]
pub struct SendMessageJson {
    /// The app's own id of its user, without control characters.
    #[oai(validator(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub user_id: String,
    /// The text. May be empty or blank only together with `photo_url`.
    #[oai(validator(max_length = 16000))]
    pub message: Option<String>,
    /// Remembered as the contact's name.
    #[oai(validator(max_length = 256))]
    pub user_name: Option<String>,
    /// http or https address of a photo; Telegram fetches it, this server never does.
    #[oai(validator(max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s]+$"))]
    pub photo_url: Option<String>,
    /// The app's own id of this message: a repeated request with the same one stores nothing and gets the first answer.
    #[oai(validator(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub client_msg_id: Option<String>,
}

impl Example for SendMessageJson {
    fn example() -> Self {
        Self {
            user_id: "user-42".to_owned(),
            message: Some("Where is my order?".to_owned()),
            user_name: Some("Ann".to_owned()),
            photo_url: None,
            client_msg_id: Some("5f0c6d1e-1".to_owned()),
        }
    }
}

/// What the server stored.
#[derive(Debug, Object)]
#[oai(example)]
pub struct SendMessageAnswer {
    pub success: bool,
    /// The server's own id of the message.
    pub message_id: i64,
    /// The first of `photo_urls`, or null.
    pub photo_url: Option<String>,
    pub photo_urls: Vec<String>,
    pub photo_count: u32,
    /// Always `queued`: the message is stored, and on its way to the agents.
    pub status: String,
}

impl Example for SendMessageAnswer {
    fn example() -> Self {
        Self {
            success: true,
            message_id: 12345,
            photo_url: None,
            photo_urls: Vec::new(),
            photo_count: 0,
            status: "queued".to_owned(),
        }
    }
}

impl From<&Message> for SendMessageAnswer {
    fn from(message: &Message) -> Self {
        let photo_urls = photo_urls(message);
        Self {
            success: true,
            message_id: message.id.0,
            photo_url: photo_urls.first().cloned(),
            photo_count: u32::try_from(photo_urls.len()).unwrap_or(u32::MAX),
            photo_urls,
            status: "queued".to_owned(),
        }
    }
}

/// A page of the conversation.
#[derive(Debug, Object)]
pub struct HistoryAnswer {
    pub success: bool,
    /// Oldest first.
    pub messages: Vec<MessageItem>,
    /// This very request stored the greeting of the day, which is among the messages.
    pub greeting_sent: bool,
    /// Older messages exist; with `after_id`, newer ones.
    pub has_more: bool,
}

/// A device that pushes go to.
#[derive(Debug, Object)]
#[oai(example)]
pub struct RegisterDeviceJson {
    /// The app's own id of its user, without control characters.
    #[oai(validator(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub user_id: String,
    /// The registration token FCM gave the app.
    #[oai(validator(
        min_length = 1,
        max_length = 4096,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub fcm_token: String,
    /// android, ios or web; android when absent.
    #[oai(validator(pattern = "^(android|ios|web)$"))]
    pub platform: Option<String>,
    /// The app's own id of the device: its older token is replaced.
    #[oai(validator(
        min_length = 1,
        max_length = 256,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub device_id: Option<String>,
}

impl Example for RegisterDeviceJson {
    fn example() -> Self {
        Self {
            user_id: "user-42".to_owned(),
            fcm_token: "token-from-fcm".to_owned(),
            platform: Some("android".to_owned()),
            device_id: Some("pixel-8".to_owned()),
        }
    }
}

/// The device is registered.
#[derive(Debug, Object)]
pub struct RegisterDeviceAnswer {
    pub success: bool,
    /// For people, in the language of `Accept-Language`, else the server's.
    pub message: String,
    /// Devices of this user.
    pub device_count: i64,
}

/// A token to forget.
#[derive(Debug, Object)]
#[oai(example)]
pub struct UnregisterDeviceJson {
    /// The app's own id of its user, without control characters.
    #[oai(validator(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub user_id: String,
    /// The token; one that is not there changes nothing.
    #[oai(validator(
        min_length = 1,
        max_length = 4096,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub fcm_token: String,
}

impl Example for UnregisterDeviceJson {
    fn example() -> Self {
        Self {
            user_id: "user-42".to_owned(),
            fcm_token: "token-from-fcm".to_owned(),
        }
    }
}

/// How many devices are left.
#[derive(Debug, Object)]
pub struct UnregisterDeviceAnswer {
    pub success: bool,
    pub device_count: i64,
}

/// Whether pushes have anywhere to go.
#[derive(Debug, Object)]
pub struct CheckDeviceAnswer {
    pub user_id: String,
    pub registered: bool,
    pub device_count: i64,
    pub has_tokens: bool,
}

/// How far the contact has read.
#[derive(Debug, Object)]
#[oai(example)]
pub struct MarkReadJson {
    /// The app's own id of its user, without control characters.
    #[oai(validator(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub user_id: String,
    /// The newest message that was seen; the mark never goes back.
    #[oai(validator(minimum(value = "0")))]
    pub up_to_id: i64,
}

impl Example for MarkReadJson {
    fn example() -> Self {
        Self {
            user_id: "user-42".to_owned(),
            up_to_id: 12346,
        }
    }
}

/// The app's badge.
#[derive(Debug, Object)]
pub struct MarkReadAnswer {
    pub success: bool,
    /// Support messages after the mark, greetings not counted.
    pub unread_count: i64,
}

/// Requests can be served.
#[derive(Debug, Object)]
pub struct HealthAnswer {
    /// Always `ok`.
    pub status: String,
}

/// How the server is doing.
#[derive(Debug, Object)]
pub struct ReadyAnswer {
    /// ok, degraded (it works, a way out is in trouble) or unavailable (nothing can be stored).
    pub status: String,
    pub parts: ReadyParts,
    pub queue: ReadyQueue,
}

/// The parts of the server.
#[derive(Debug, Object)]
pub struct ReadyParts {
    pub database: PartState,
    pub telegram: PartState,
    pub push: PartState,
}

/// One part.
#[derive(Debug, Object)]
pub struct PartState {
    /// ok, degraded, or off (not configured).
    pub state: String,
    /// What is wrong, in words an operator can act on.
    #[oai(skip_serializing_if_is_none)]
    pub reason: Option<String>,
}

/// What waits to leave the server.
#[derive(Debug, Object)]
pub struct ReadyQueue {
    /// Posts and pushes that wait.
    pub waiting: i64,
    /// Age of the oldest of them, seconds; 0 when nothing waits.
    pub oldest_seconds: i64,
    /// Given up; `relaydesk outbox` shows and replays them.
    pub dead: i64,
}
