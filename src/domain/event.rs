//! What happened, told after it is durable, in the order of commits.

use uuid::Uuid;

use super::ids::{AgentId, MessageId, NoteId, TicketId, UserId};
use super::message::{Direction, Message};

#[derive(Debug, Clone)]
pub enum Event {
    MessageCreated(Message),
    MessageUpdated(Message),
    /// As it was before it went.
    MessageDeleted(Message),
    /// Somebody is writing; `by` is the side that writes. Not stored.
    Typing {
        user: UserId,
        /// None where the channel knows only the contact.
        ticket: Option<TicketId>,
        by: Direction,
    },
    Ticket(TicketEvent),
}

/// Something happened to a ticket besides messages.
#[derive(Debug, Clone)]
pub struct TicketEvent {
    pub ticket: TicketId,
    /// The UUID that apps and pages know the ticket by.
    pub session: Uuid,
    pub user: UserId,
    /// Whose it is now.
    pub agent: Option<AgentId>,
    pub change: TicketChange,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketChange {
    Created,
    Assigned {
        before: Option<AgentId>,
    },
    Resolved(bool),
    /// Staff has read the contact's messages up to this one.
    StaffRead(MessageId),
    /// The contact has read support's messages up to this one.
    ContactRead(MessageId),
    Rated(i64),
    Noted(NoteId),
    /// Title, category, priority, page or state.
    Changed,
    Deleted,
}

impl Event {
    /// The contact it is about.
    pub fn user(&self) -> &UserId {
        match self {
            Self::MessageCreated(message)
            | Self::MessageUpdated(message)
            | Self::MessageDeleted(message) => &message.user,
            Self::Typing { user, .. } => user,
            Self::Ticket(event) => &event.user,
        }
    }

    /// The ticket it is about; a greeting is about none.
    pub fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::MessageCreated(message)
            | Self::MessageUpdated(message)
            | Self::MessageDeleted(message) => message.ticket,
            Self::Typing { ticket, .. } => *ticket,
            Self::Ticket(event) => Some(event.ticket),
        }
    }
}
