//! What a page of tickets shows beside its rows: the last message and the unread ones, one query each for the
//! whole page. Ids go in as a JSON list, so that a page of any size is one prepared statement.

use std::collections::HashMap;

use super::messages::{fold, select_messages};
use super::reader::Reading;
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId};
use crate::domain::message::Message;
use crate::domain::ticket::Ticket;
use crate::domain::ticket_item::ShownTicket;

impl Reading<'_> {
    /// Tickets with what is shown beside them, in the same order.
    pub fn show_tickets(&self, tickets: Vec<Ticket>) -> Result<Vec<ShownTicket>, Error> {
        let last = tickets.iter().filter_map(|ticket| ticket.last_message);
        let last = self.messages_by_id(last)?;
        let mut last: HashMap<MessageId, Message> = last
            .into_iter()
            .map(|message| (message.id, message))
            .collect();
        let unread = self.unread_in(tickets.iter().map(|ticket| ticket.id))?;
        let shown = tickets.into_iter().map(|ticket| ShownTicket {
            last_message: ticket.last_message.and_then(|id| last.remove(&id)),
            unread: unread.get(&ticket.id).copied().unwrap_or(0),
            ticket,
        });
        Ok(shown.collect())
    }

    /// Messages by their ids, oldest first; those that are gone are left out.
    pub fn messages_by_id(
        &self,
        ids: impl Iterator<Item = MessageId>,
    ) -> Result<Vec<Message>, Error> {
        let sql = select_messages!("SELECT value AS id FROM json_each(?1)");
        fold(self.prepare(sql)?.query([list(ids.map(|id| id.0))])?)
    }

    /// How many of the contact's messages staff has not read, for those tickets that have any.
    fn unread_in(
        &self,
        tickets: impl Iterator<Item = TicketId>,
    ) -> Result<HashMap<TicketId, i64>, Error> {
        let sql = r"SELECT t.id, COUNT(*) FROM json_each(?1) AS page
                    CROSS JOIN tickets t ON t.id = page.value
                    JOIN messages m ON m.ticket_id = t.id AND m.id > t.staff_read_up_to AND m.direction = 'user'
                    GROUP BY t.id";
        let counts = self
            .prepare(sql)?
            .query_map([list(tickets.map(|id| id.0))], |row| {
                Ok((TicketId(row.get(0)?), row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        Ok(counts)
    }
}

/// Numbers as a JSON list.
fn list(ids: impl Iterator<Item = i64>) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    format!("[{}]", ids.join(","))
}
