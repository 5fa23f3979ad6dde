//! Tickets and their messages as the operators' interface shows them, in its answers and in the frames of the
//! manager socket alike.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::ids::{AgentId, CategoryId, ContactId, MessageId, TicketId, UserId};
use super::item::{Part, parts};
use super::message::{Direction, Message};
use super::ticket::{Channel, Priority, Status, Ticket};

/// A ticket with what a list shows beside it.
#[derive(Debug, Clone)]
pub struct ShownTicket {
    pub ticket: Ticket,
    pub last_message: Option<Message>,
    /// The contact's messages that staff has neither read nor answered.
    pub unread: i64,
}

/// The wire form of a ticket; borrows from it.
#[derive(Debug, Serialize)]
pub struct TicketItem<'a> {
    id: TicketId,
    number: String,
    session_id: String,
    user: Person<'a>,
    support_manager: Option<Manager<'a>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    title: &'a str,
    resolved: bool,
    viewed: bool,
    status: Status,
    priority: Priority,
    category: Option<CategoryId>,
    channel: Channel,
    unread_count: i64,
    rating: Option<i64>,
    page_url: Option<&'a str>,
    last_message: Option<MessageItem<'a>>,
}

#[derive(Debug, Serialize)]
struct Person<'a> {
    id: ContactId,
    telegram_id: Option<i64>,
    user_id: &'a UserId,
    name: Option<&'a str>,
    email: Option<&'a str>,
    username: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Manager<'a> {
    id: AgentId,
    first_name: &'a str,
    last_name: &'a str,
}

/// The wire form of a message; borrows from it.
#[derive(Debug, Serialize)]
pub struct MessageItem<'a> {
    id: MessageId,
    created_at: DateTime<Utc>,
    sender: &'static str,
    text: &'a str,
    viewed: bool,
    ticket: Option<TicketId>,
    attachments: Vec<Part<'a>>,
    agent_name: Option<&'a str>,
    edited_at: Option<DateTime<Utc>>,
    read: bool,
}

impl<'a> From<&'a ShownTicket> for TicketItem<'a> {
    fn from(shown: &'a ShownTicket) -> Self {
        let ticket = &shown.ticket;
        Self {
            id: ticket.id,
            number: ticket.number().to_string(),
            session_id: ticket.session.to_string(),
            user: Person {
                id: ticket.contact,
                telegram_id: telegram_id(ticket.telegram_id, &ticket.user),
                user_id: &ticket.user,
                name: ticket.user_name.as_deref(),
                email: ticket.user_email.as_deref(),
                username: ticket.user_username.as_deref(),
            },
            support_manager: ticket.agent.map(|id| Manager {
                id,
                first_name: ticket.agent_first_name.as_deref().unwrap_or_default(),
                last_name: ticket.agent_last_name.as_deref().unwrap_or_default(),
            }),
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            title: &ticket.title,
            resolved: ticket.is_over(),
            viewed: ticket.viewed,
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category,
            channel: ticket.channel,
            unread_count: shown.unread,
            rating: ticket.rating,
            page_url: ticket.page_url.as_deref(),
            last_message: shown.last_message.as_ref().map(MessageItem::from),
        }
    }
}

impl<'a> From<&'a Message> for MessageItem<'a> {
    fn from(message: &'a Message) -> Self {
        let of_staff = message.direction == Direction::Support;
        Self {
            id: message.id,
            created_at: message.created_at,
            sender: if of_staff { "supp" } else { "user" },
            text: &message.text,
            // Staff has seen what staff wrote.
            viewed: of_staff || message.read,
            ticket: message.ticket,
            attachments: parts(message),
            agent_name: message.agent_name.as_deref(),
            edited_at: message.edited_at,
            read: message.read,
        }
    }
}

/// The contact's Telegram id, else its `user_id` where that is one number that can be written in one way only.
fn telegram_id(known: Option<i64>, user: &UserId) -> Option<i64> {
    let digits = user.as_str();
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    known.or_else(|| plain.then(|| digits.parse().ok()).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(user: &str) -> Option<i64> {
        telegram_id(None, &UserId::stored(user.to_owned()))
    }

    #[test]
    fn only_a_number_without_leading_zero_that_fits_is_a_telegram_id() {
        assert_eq!(of("123"), Some(123));
        assert_eq!(of("9223372036854775807"), Some(i64::MAX));
        for none in [
            "9223372036854775808",
            "0123",
            "0",
            "",
            "-5",
            "+5",
            "1e3",
            "12 ",
            "١٢٣",
            "tg:5",
        ] {
            assert_eq!(of(none), None, "{none:?}");
        }
        let linked = UserId::stored("77".to_owned());
        assert_eq!(telegram_id(Some(5), &linked), Some(5));
    }

    proptest! {
        #[test]
        fn a_number_that_is_shown_is_the_user_id(user in "[0-9a-z+-]{1,22}") {
            if let Some(number) = of(&user) {
                prop_assert_eq!(number.to_string(), user);
            }
        }
    }
}
