//! What happened, told after it is durable, in the order of commits.

use super::ids::UserId;
use super::message::{Direction, Message};

#[derive(Debug, Clone)]
pub enum Event {
    MessageCreated(Message),
    MessageUpdated(Message),
    /// Somebody is writing; `by` is the side that writes.
    Typing {
        user: UserId,
        by: Direction,
    },
}

impl Event {
    /// The contact it is about.
    pub fn user(&self) -> &UserId {
        match self {
            Self::MessageCreated(message) | Self::MessageUpdated(message) => &message.user,
            Self::Typing { user, .. } => user,
        }
    }
}
