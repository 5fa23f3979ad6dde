//! A message: one entry of a ticket, from the contact, from an agent, or the greeting.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::attachment::Attachment;
use super::ids::{AgentId, ContactId, MessageId, TicketId, UserId};

/// Who wrote it, seen from the contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    User,
    Support,
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Support => "support",
        }
    }
}

/// A message as it is read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: MessageId,
    /// The UUID that web sessions and programs know it by.
    pub public_id: String,
    /// None for a greeting, which opens no ticket.
    pub ticket: Option<TicketId>,
    pub contact: ContactId,
    pub user: UserId,
    pub direction: Direction,
    pub text: String,
    pub created_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    /// The name the contact sees beside an agent's answer.
    pub agent_name: Option<String>,
    /// The account that answered; None for the contact's messages and for agents of the group without one.
    pub agent: Option<AgentId>,
    /// Whose ticket it is in.
    pub ticket_agent: Option<AgentId>,
    /// On the contact's messages: staff has answered or read it since; on support messages: the contact has.
    pub read: bool,
    pub attachments: Vec<Attachment>,
}
