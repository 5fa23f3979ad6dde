//! What goes into private chats with the bot: one lane a chat, in order. How it looks there is not known here.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tickets;
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId};
use crate::domain::ticket::Ticket;
use crate::store::{NewJob, Tx};

/// The carrier of private chats.
pub const PRIVATE: &str = "private";

/// A text of the bot's, as plain words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub text: String,
    /// Rows of buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Vec<LineButton>>,
    /// The post whose place it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<i64>,
}

/// A button under a line: what it says, and what comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineButton {
    pub text: String,
    pub data: String,
}

/// The lane of a chat.
pub fn lane_of(chat: i64) -> String {
    format!("chat:{chat}")
}

/// The chat of a lane.
pub fn chat_of(lane: &str) -> Option<i64> {
    lane.strip_prefix("chat:")?.parse().ok()
}

/// The attachments of an answer that a job shows, as its payload says it; the words go with the first of them.
pub(super) fn parts(from: usize, to: usize) -> Value {
    json!({ "from": from, "to": to })
}

/// Queues something for a chat.
pub(super) fn queue(
    tx: &mut Tx,
    chat: i64,
    kind: &'static str,
    about: (Option<TicketId>, Option<MessageId>),
    payload: Value,
) -> Result<(), Error> {
    tx.add_job(&NewJob {
        carrier: PRIVATE,
        lane: &lane_of(chat),
        key: 0,
        kind,
        ticket: about.0,
        message: about.1,
        device: None,
        payload,
    })
}

/// Queues a text for a chat.
pub(super) fn say(tx: &mut Tx, chat: i64, line: &Line) -> Result<(), Error> {
    queue(tx, chat, "line", (None, None), json!(line))
}

/// Something of a ticket goes to its contact's chat, where there is one; whoever keeps the bot out gets nothing, and
/// the group hears that an answer does not arrive.
pub(super) fn tell_contact(
    tx: &mut Tx,
    ticket: &Ticket,
    kind: &'static str,
    (message, payload): (Option<MessageId>, Value),
    telegram: bool,
) -> Result<(), Error> {
    // A contact that is on Telegram hears there of all its tickets: an app's user has linked itself for just that.
    let Some(chat) = ticket.telegram_id.filter(|_| telegram) else {
        return Ok(());
    };
    if !tx.keeps_bot_out(ticket.contact)? {
        return queue(tx, chat, kind, (Some(ticket.id), message), payload);
    }
    match kind {
        "answer" => tickets::tell_group(tx, ticket.id, "not_reached", json!({}), telegram),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_leads_back_to_its_chat() {
        assert_eq!(chat_of(&lane_of(42)), Some(42));
        for other in ["", "chat:", "chat:x", "group", "device:4"] {
            assert_eq!(chat_of(other), None, "{other}");
        }
    }
}
