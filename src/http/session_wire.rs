//! The shapes of the web chat interface: how sessions and messages are written, and how the document describes them.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use poem_openapi::types::Example;
use serde::Serialize;
use uuid::Uuid;

use super::address::OwnAddress;
use super::payloads::AttachmentItem;
use crate::desk::session_reading::Session;
use crate::domain::attachment::AttachmentKind;
use crate::domain::item::{Part, parts};
use crate::domain::message::{Direction, Message};

/// MESSAGE, as it is written; borrows from what it shows.
#[derive(Serialize)]
pub struct ChatItem<'a> {
    id: &'a str,
    sender: &'static str,
    message_type: &'static str,
    content: &'a str,
    created_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    support_agent_name: &'a str,
    is_read: bool,
    attachments: Vec<Part<'a>>,
}

impl<'a> From<&'a Message> for ChatItem<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            id: &message.public_id,
            sender: message.direction.as_str(),
            message_type: message_type(message),
            content: &message.text,
            created_at: message.created_at,
            edited_at: message.edited_at,
            support_agent_name: match message.direction {
                Direction::Support => message.agent_name.as_deref().unwrap_or_default(),
                Direction::User => "",
            },
            is_read: message.read,
            attachments: parts(message),
        }
    }
}

/// What a message is, by what hangs on it.
fn message_type(message: &Message) -> &'static str {
    let mut kinds = message.attachments.iter().map(|attachment| attachment.kind);
    if message.attachments.is_empty() {
        "text"
    } else if kinds.all(|kind| kind == AttachmentKind::Photo) {
        "image"
    } else {
        "file"
    }
}

/// SESSION, as it is written.
#[derive(Serialize)]
pub struct SessionItem<'a> {
    id: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    is_active: bool,
    page_url: Option<&'a str>,
    subject: Option<&'a str>,
    message_count: i64,
    messages: Vec<ChatItem<'a>>,
    unread_count: usize,
    rating: Option<i64>,
    session_url: String,
    session_link: String,
}

impl<'a> SessionItem<'a> {
    pub fn of(session: &'a Session, own: &OwnAddress) -> Self {
        let ticket = &session.ticket;
        Self {
            id: ticket.session.to_string(),
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            is_active: !ticket.is_over(),
            page_url: ticket.page_url.as_deref(),
            subject: ticket.subject.as_deref(),
            message_count: ticket.message_count,
            messages: session.messages.iter().map(ChatItem::from).collect(),
            unread_count: session.unread(),
            rating: ticket.rating,
            session_url: session_url(own, ticket.session),
            session_link: session_link(own, ticket.session, &session.key),
        }
    }
}

/// The page on which a session can be read and continued.
pub fn session_url(own: &OwnAddress, session: Uuid) -> String {
    format!("{}/support/chat/{session}/", own.0)
}

/// The same with the key that opens it to whoever has no token.
pub fn session_link(own: &OwnAddress, session: Uuid, key: &str) -> String {
    format!("{}?key={key}", session_url(own, session))
}

/// The answer to a message that was stored.
#[derive(Serialize)]
pub struct SaidItem<'a> {
    pub message: ChatItem<'a>,
    pub session_id: String,
    pub session_url: String,
    pub session_link: String,
}

/// A message of a session.
#[derive(Debug, Object)]
#[oai(example)]
pub struct ChatMessageAnswer {
    /// UUID; the cursor `after_id` and the id of the event `message`.
    pub id: String,
    /// user: the contact; support: an agent.
    pub sender: String,
    /// text, image (photos only) or file.
    pub message_type: String,
    /// The text; empty where there are only files.
    pub content: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC, of the last edit, or null.
    pub edited_at: Option<String>,
    /// Who answered; empty on the contact's messages.
    pub support_agent_name: String,
    /// On the contact's messages: staff has answered or read it since. On support's: the contact has read it.
    pub is_read: bool,
    pub attachments: Vec<AttachmentItem>,
}

impl Example for ChatMessageAnswer {
    fn example() -> Self {
        Self {
            id: "0b7c3a0e-3f0c-4a7e-9d31-6f1f64c25a0e".to_owned(),
            sender: "support".to_owned(),
            message_type: "text".to_owned(),
            content: "Your order is on its way.".to_owned(),
            created_at: "2026-03-01T12:00:05Z".to_owned(),
            edited_at: None,
            support_agent_name: "Olga".to_owned(),
            is_read: false,
            attachments: Vec::new(),
        }
    }
}

/// A session: one conversation.
#[derive(Debug, Object)]
pub struct SessionAnswer {
    /// UUID.
    pub id: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC, of the last thing that happened to it.
    pub updated_at: String,
    /// false once it is closed. Within 7 days a further message opens it again.
    pub is_active: bool,
    /// The page the contact last wrote from.
    pub page_url: Option<String>,
    /// What the first message said it is about.
    pub subject: Option<String>,
    /// All messages, also where `messages` holds only the newest.
    pub message_count: i64,
    /// Oldest first: the newest 500; in a list the newest 50 of each session.
    pub messages: Vec<ChatMessageAnswer>,
    /// Messages of support among them that the contact has not read.
    pub unread_count: u64,
    /// 1 to 5, once the contact has rated it.
    pub rating: Option<i64>,
    /// A page on which the contact can read and continue it.
    pub session_url: String,
    /// The same for whoever has no token: valid 30 days.
    pub session_link: String,
}

/// What became of a message.
#[derive(Debug, Object)]
pub struct SaidAnswer {
    pub message: ChatMessageAnswer,
    /// The session it is in; name it in the next one.
    pub session_id: String,
    /// A page on which the contact can read and continue it.
    pub session_url: String,
    /// The same for whoever has no token: valid 30 days.
    pub session_link: String,
}

/// What is said on the web, as JSON.
#[derive(Debug, Object)]
#[oai(example)]
pub struct ChatMessageJson {
    /// The text. May be empty or blank only together with a file, which needs a form.
    #[oai(validator(max_length = 16000))]
    pub content: String,
    /// text, image or file. What is answered and shown goes by what the message really holds.
    pub message_type: Option<ChatMessageType>,
    /// http or https address of the page it is written from; the latest is shown to staff.
    #[oai(validator(max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s]+$"))]
    pub page_url: Option<String>,
    /// What a new session is about; later ones are ignored.
    #[oai(validator(max_length = 255))]
    pub subject: Option<String>,
    /// The session to go on with; without it a new one begins.
    pub session_id: Option<String>,
    /// The page's own id of this message: a repeated request with the same one stores nothing and gets the first answer.
    #[oai(validator(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub client_msg_id: Option<String>,
}

impl Example for ChatMessageJson {
    fn example() -> Self {
        Self {
            content: "Where is my order?".to_owned(),
            message_type: Some(ChatMessageType::Text),
            page_url: Some("https://shop.example/orders/7".to_owned()),
            subject: Some("Order 7".to_owned()),
            session_id: None,
            client_msg_id: Some("5f0c2d1e".to_owned()),
        }
    }
}

#[derive(Debug, poem_openapi::Enum)]
#[oai(rename_all = "lowercase")]
pub enum ChatMessageType {
    Text,
    Image,
    File,
}

/// An anonymous visitor.
#[derive(Debug, Object)]
#[oai(example)]
pub struct VisitorAnswer {
    /// Nobody guesses it.
    pub user_id: String,
    /// Bearer token of this visitor, valid 90 days.
    pub token: String,
}

impl Example for VisitorAnswer {
    fn example() -> Self {
        Self {
            user_id: "visitor:6f1f64c2-5a0e-4a54-9a6e-0d7f1f3c9a01".to_owned(),
            token: "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl".to_owned(),
        }
    }
}

/// That everything is read.
#[derive(Debug, Object)]
#[oai(example)]
pub struct ReadAnswer {
    pub success: bool,
    /// Messages of support that are unread now.
    pub unread_count: i64,
}

impl Example for ReadAnswer {
    fn example() -> Self {
        Self {
            success: true,
            unread_count: 0,
        }
    }
}
