//! Tickets and messages as the helpdesk interface draws them.

use poem_openapi::Object;
use poem_openapi::types::Example;

use super::wire::moment;
use crate::desk::helpdesk_messages::{Sender, sender};
use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::domain::content::{ContentType, written};
use crate::domain::item::upload_path;
use crate::domain::message::Message;
use crate::domain::ticket::Ticket;

/// A ticket.
#[derive(Debug, Object)]
#[oai(rename = "HelpdeskTicket", example)]
pub struct TicketAnswer {
    pub id: i64,
    /// The number people say.
    pub ticket_number: String,
    /// Id of the user who asks.
    pub user: i64,
    /// At most 255 characters.
    pub title: String,
    /// Id of the category.
    pub category: Option<i64>,
    /// open, waiting_admin, in_progress, waiting_user, replied, escalated, expired or closed.
    pub status: String,
    /// low, medium or high.
    pub priority: String,
    /// What it was opened with; its first message says the same.
    pub description: Option<String>,
    /// Id of the admin who has it.
    pub assigned_admin: Option<i64>,
    /// Staff has opened or answered it since the user last wrote.
    pub is_read: bool,
    /// RFC 3339, UTC: since when; null while it is not.
    pub read_at: Option<String>,
    /// RFC 3339, UTC.
    pub close_at: Option<String>,
    /// Id of the admin who closed it; null too where the service did, or the call for expired ones.
    pub closed_by: Option<i64>,
    pub close_reason: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
    /// The ticket's id in web sessions.
    pub session_id: String,
    /// mobile, web, telegram or api: where the user writes from.
    pub channel: String,
    /// 1 to 5, given after closing.
    pub rating: Option<i64>,
}

impl Example for TicketAnswer {
    fn example() -> Self {
        Self {
            id: 1,
            ticket_number: "TKT-9E3779B1".to_owned(),
            user: 7,
            title: "Where is my order?".to_owned(),
            category: Some(2),
            status: "waiting_admin".to_owned(),
            priority: "medium".to_owned(),
            description: Some("It should have come on Monday.".to_owned()),
            assigned_admin: Some(3),
            is_read: false,
            read_at: None,
            close_at: None,
            closed_by: None,
            close_reason: None,
            created_at: "2026-03-01T12:00:00Z".to_owned(),
            updated_at: "2026-03-01T12:00:00Z".to_owned(),
            session_id: "0b7c3a0e-0000-4000-8000-000000000007".to_owned(),
            channel: "api".to_owned(),
            rating: None,
        }
    }
}

impl From<Ticket> for TicketAnswer {
    fn from(ticket: Ticket) -> Self {
        Self {
            id: ticket.id.0,
            ticket_number: ticket.number().to_string(),
            user: ticket.contact.0,
            title: ticket.title,
            category: ticket.category.map(|id| id.0),
            status: ticket.status.as_str().to_owned(),
            priority: ticket.priority.as_str().to_owned(),
            description: ticket.description,
            assigned_admin: ticket.agent.map(|id| id.0),
            is_read: ticket.viewed,
            read_at: ticket.viewed_at.filter(|_| ticket.viewed).map(moment),
            close_at: ticket.closed_at.map(moment),
            closed_by: ticket.closed_by.map(|id| id.0),
            close_reason: ticket.close_reason,
            created_at: moment(ticket.created_at),
            updated_at: moment(ticket.updated_at),
            session_id: ticket.session.to_string(),
            channel: ticket.channel.as_str().to_owned(),
            rating: ticket.rating,
        }
    }
}

/// A message of a ticket.
#[derive(Debug, Object)]
#[oai(rename = "HelpdeskMessage", example)]
pub struct MessageAnswer {
    /// Grows with every message of the server.
    pub id: i64,
    /// Id of the ticket.
    pub ticket: i64,
    /// Id of the user who wrote it; null on staff's.
    pub sender_user: Option<i64>,
    /// Id of the admin who wrote it; null on the user's, and where an agent of the group has no account here.
    pub sender_admin: Option<i64>,
    /// text, image, file, video, audio, location or voice.
    pub content_type: String,
    /// The text; of a location `lat,lon` in degrees.
    pub content: String,
    /// Telegram's `file_id` where the file came from there, else its path on this server (`/uploads/…`).
    pub file: Option<String>,
    /// All files of it, each as in `file`.
    pub files: Vec<String>,
    /// The admin's name as the user sees it.
    pub sender_name: Option<String>,
    /// RFC 3339, UTC: when it was written.
    pub timestamp: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC: of the last edit, else of its writing.
    pub updated_at: String,
}

impl Example for MessageAnswer {
    fn example() -> Self {
        Self {
            id: 12,
            ticket: 1,
            sender_user: Some(7),
            sender_admin: None,
            content_type: "text".to_owned(),
            content: "It should have come on Monday.".to_owned(),
            file: None,
            files: Vec::new(),
            sender_name: None,
            timestamp: "2026-03-01T12:00:00Z".to_owned(),
            created_at: "2026-03-01T12:00:00Z".to_owned(),
            updated_at: "2026-03-01T12:00:00Z".to_owned(),
        }
    }
}

impl From<Message> for MessageAnswer {
    fn from(message: Message) -> Self {
        let (user, admin) = match sender(&message) {
            Some(Sender::Contact(id)) => (Some(id.0), None),
            Some(Sender::Admin(id)) => (None, Some(id.0)),
            None => (None, None),
        };
        let first = message.attachments.first();
        let files: Vec<String> = message.attachments.iter().filter_map(file).collect();
        Self {
            id: message.id.0,
            ticket: message.ticket.map_or(0, |id| id.0),
            sender_user: user,
            sender_admin: admin,
            content_type: ContentType::of(first.map(|it| it.kind)).as_str().to_owned(),
            content: match first.filter(|_| message.text.is_empty()).and_then(words) {
                Some(words) => words,
                None => message.text,
            },
            file: files.first().cloned(),
            files,
            sender_name: message.agent_name,
            timestamp: moment(message.created_at),
            created_at: moment(message.created_at),
            updated_at: moment(message.edited_at.unwrap_or(message.created_at)),
        }
    }
}

fn file(attachment: &Attachment) -> Option<String> {
    let of_telegram = attachment.telegram_file_id.clone();
    let own = || attachment.file.as_deref().map(upload_path);
    of_telegram.or_else(own).or_else(|| attachment.link.clone())
}

/// What an attachment without a file says.
fn words(attachment: &Attachment) -> Option<String> {
    if attachment.kind == AttachmentKind::Contact {
        let parts = [attachment.name.clone(), attachment.phone.clone()];
        return Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }
    written(attachment)
}
