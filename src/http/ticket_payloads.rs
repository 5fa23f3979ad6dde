//! The shapes of the operators' interface, as its document describes them. What is written is made in
//! `domain::ticket_item`.

use poem_openapi::Object;
use poem_openapi::types::Example;

use super::payloads::AttachmentItem;

/// A message of a ticket.
#[derive(Debug, Object)]
pub struct TicketMessage {
    /// Grows with every message of the server.
    pub id: i64,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// user: the contact; supp: staff.
    pub sender: String,
    /// Empty where there are only attachments.
    pub text: String,
    /// On the contact's messages: staff has read or answered it. On staff's own: always true.
    pub viewed: bool,
    pub ticket: i64,
    pub attachments: Vec<AttachmentItem>,
    /// Who answered; null on the contact's messages.
    pub agent_name: Option<String>,
    /// RFC 3339, UTC, of the last edit, or null.
    pub edited_at: Option<String>,
    /// As `viewed`, but on staff's messages: the contact has read it.
    pub read: bool,
}

/// The contact of a ticket.
#[derive(Debug, Object)]
pub struct TicketUser {
    /// The contact's own number.
    pub id: i64,
    /// The Telegram id; else `user_id` where that is a number without leading zero of at most 64 bits; else null.
    pub telegram_id: Option<i64>,
    /// What the contact was made with.
    pub user_id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub username: Option<String>,
}

/// Whose ticket it is.
#[derive(Debug, Object)]
pub struct TicketManager {
    pub id: i64,
    pub first_name: String,
    pub last_name: String,
}

/// A ticket: one conversation of one contact, from whatever channel.
#[derive(Debug, Object)]
#[oai(rename = "SupportTicket")]
pub struct TicketAnswer {
    pub id: i64,
    /// The number people say, such as `TKT-1A2B3C4D`.
    pub number: String,
    /// UUID, by which web pages know it.
    pub session_id: String,
    pub user: TicketUser,
    /// null while nobody has taken it.
    pub support_manager: Option<TicketManager>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC, of the last thing that happened to it.
    pub updated_at: String,
    pub title: String,
    /// Whether it is over: closed or expired.
    pub resolved: bool,
    /// Staff has opened or answered it since the contact last wrote.
    pub viewed: bool,
    /// open, waiting_admin, in_progress, waiting_user, replied, escalated, expired or closed.
    pub status: String,
    /// low, medium or high.
    pub priority: String,
    /// Id of the category, or null.
    pub category: Option<i64>,
    /// mobile, web, telegram or api.
    pub channel: String,
    /// The contact's messages that staff has neither read nor answered.
    pub unread_count: i64,
    /// 1 to 5, once the contact has rated it.
    pub rating: Option<i64>,
    /// The latest page a web contact wrote from.
    pub page_url: Option<String>,
    pub last_message: Option<TicketMessage>,
}

/// A number or a text.
#[derive(Debug, poem_openapi::Union)]
pub enum NumberOrText {
    Number(i64),
    Text(String),
}

/// A new ticket.
#[derive(Debug, Object)]
#[oai(rename = "NewSupportTicket", example)]
pub struct NewTicketJson {
    /// What the contact was made with, number or text; an unknown one makes the contact, of channel api.
    pub user_id: NumberOrText,
    #[oai(validator(min_length = 1, max_length = 256))]
    pub title: String,
}

impl Example for NewTicketJson {
    fn example() -> Self {
        Self {
            user_id: NumberOrText::Text("user-42".to_owned()),
            title: "Where is my order?".to_owned(),
        }
    }
}

/// What changes; what is absent stays.
#[derive(Debug, Object)]
#[oai(example)]
pub struct ChangeTicketJson {
    #[oai(validator(min_length = 1, max_length = 256))]
    pub title: Option<String>,
    /// true closes it, false opens it again.
    pub resolved: Option<bool>,
    /// Id of the agent it is given to; null gives it to nobody. Of a closed ticket only together with `resolved: false`.
    #[oai(validator(minimum(value = "0")))]
    pub support_manager: Option<i64>,
    /// Whether staff has opened it.
    pub viewed: Option<bool>,
}

impl Example for ChangeTicketJson {
    fn example() -> Self {
        Self {
            title: Some("Where is my order?".to_owned()),
            resolved: Some(false),
            support_manager: None,
            viewed: None,
        }
    }
}

/// The same with the title, which a PUT must have.
#[derive(Debug, Object)]
#[oai(example)]
pub struct PutTicketJson {
    #[oai(validator(min_length = 1, max_length = 256))]
    pub title: String,
    /// true closes it, false opens it again.
    pub resolved: Option<bool>,
    /// Id of the agent it is given to; null gives it to nobody. Of a closed ticket only together with `resolved: false`.
    #[oai(validator(minimum(value = "0")))]
    pub support_manager: Option<i64>,
    /// Whether staff has opened it.
    pub viewed: Option<bool>,
}

impl Example for PutTicketJson {
    fn example() -> Self {
        Self {
            title: "Where is my order?".to_owned(),
            resolved: Some(false),
            support_manager: None,
            viewed: None,
        }
    }
}

#[derive(Debug, poem_openapi::Enum)]
#[oai(rename_all = "lowercase")]
pub enum Sender {
    User,
    Supp,
}

/// A message to store.
#[derive(Debug, Object)]
#[oai(example)]
pub struct TicketMessageJson {
    #[oai(validator(min_length = 1, max_length = 4096))]
    pub text: String,
    /// supp: an answer, which goes to the contact. user: what the contact said elsewhere, which goes to the group.
    pub sender: Sender,
}

impl Example for TicketMessageJson {
    fn example() -> Self {
        Self {
            text: "Your order is on its way.".to_owned(),
            sender: Sender::Supp,
        }
    }
}

/// The caller itself.
#[derive(Debug, poem_openapi::Enum)]
#[oai(rename_all = "lowercase")]
pub enum Me {
    Me,
}

/// An agent's id, or `me`.
#[derive(Debug, poem_openapi::Union)]
pub enum AgentOrMe {
    Id(i64),
    Me(Me),
}

/// Whose ticket it shall be.
#[derive(Debug, Object)]
#[oai(example)]
pub struct AssignTicketJson {
    /// An agent's id, `me`, or null for nobody. Must be there.
    pub agent: Option<AgentOrMe>,
}

impl Example for AssignTicketJson {
    fn example() -> Self {
        Self {
            agent: Some(AgentOrMe::Id(1)),
        }
    }
}

/// Why a ticket is closed.
#[derive(Debug, Object)]
#[oai(example)]
pub struct CloseTicketJson {
    #[oai(validator(max_length = 4096))]
    pub reason: Option<String>,
}

impl Example for CloseTicketJson {
    fn example() -> Self {
        Self {
            reason: Some("Refunded".to_owned()),
        }
    }
}

/// A message that was found.
#[derive(Debug, Object)]
pub struct FoundMessageAnswer {
    pub message: TicketMessage,
    /// The ticket it is in, and that ticket's title.
    pub ticket: i64,
    pub title: String,
    /// Plain text around the first of the words, on one line.
    pub snippet: String,
}

/// What a search found.
#[derive(Debug, Object)]
pub struct SearchAnswer {
    /// By number and user id first, then by title, name and e-mail, newest first.
    pub tickets: Vec<TicketAnswer>,
    /// Newest first.
    pub messages: Vec<FoundMessageAnswer>,
}
