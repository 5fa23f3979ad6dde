//! Tickets as a contact's web page reads them: its own, with their newest messages.

use rusqlite::params;

use super::messages::{fold, select_messages};
use super::reader::Reading;
use super::tickets::{select_tickets, ticket};
use crate::domain::error::Error;
use crate::domain::ids::{ContactId, TicketId};
use crate::domain::message::Message;
use crate::domain::ticket::Ticket;

impl Reading<'_> {
    /// A contact's tickets of every channel, newest first.
    pub fn tickets_of_contact(&self, contact: ContactId, limit: u32) -> Result<Vec<Ticket>, Error> {
        let sql = concat!(
            select_tickets!(
                "(SELECT * FROM tickets WHERE contact_id = ?1 ORDER BY id DESC LIMIT ?2) AS t"
            ),
            " ORDER BY t.id DESC"
        );
        let tickets = self
            .prepare(sql)?
            .query_map(params![contact.0, limit], ticket)?
            .collect::<Result<_, _>>()?;
        Ok(tickets)
    }

    /// The newest `each` messages of each of a contact's tickets from `oldest` on, in the order they came.
    pub fn newest_of_each(
        &self,
        contact: ContactId,
        oldest: TicketId,
        each: u32,
    ) -> Result<Vec<Message>, Error> {
        let sql = select_messages!(
            "SELECT m.id FROM tickets t JOIN messages m ON m.ticket_id = t.id
             WHERE t.contact_id = ?1 AND t.id >= ?2 AND m.id >= COALESCE(
                 (SELECT o.id FROM messages o WHERE o.ticket_id = t.id ORDER BY o.id DESC LIMIT 1 OFFSET ?3), 0)"
        );
        let skipped = each.saturating_sub(1);
        fold(
            self.prepare(sql)?
                .query(params![contact.0, oldest.0, skipped])?,
        )
    }
}
