//! What only the helpdesk interface asks of tickets and messages.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::messages::{fold, select_messages};
use super::open::time;
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId};
use crate::domain::message::Message;

impl Reading<'_> {
    /// Tickets that wait for staff, were never answered, and whose last message is older than this; of those
    /// after the first id and up to the second, the first `limit`.
    pub fn expired_tickets(
        &self,
        before: DateTime<Utc>,
        (after, up_to): (TicketId, TicketId),
        limit: u32,
    ) -> Result<Vec<TicketId>, Error> {
        let sql = r"SELECT t.id FROM tickets t LEFT JOIN messages m ON m.id = t.last_message_id
                    WHERE t.resolved = 0 AND t.id > ?2 AND t.id <= ?3 AND t.status IN ('open', 'waiting_admin', 'in_progress')
                    AND t.first_answer_at IS NULL AND COALESCE(m.created_at, t.created_at) < ?1 ORDER BY t.id LIMIT ?4";
        let ids = self
            .prepare(sql)?
            .query_map(params![time(before), after.0, up_to.0, limit], |row| {
                row.get(0).map(TicketId)
            })?
            .collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// A page of the messages of one ticket, or of all of them, oldest first; greetings belong to none.
    pub fn messages_page(
        &self,
        ticket: Option<TicketId>,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Message>, Error> {
        if let Some(ticket) = ticket {
            return self.ticket_messages_page(ticket, false, limit, offset);
        }
        let sql = select_messages!(
            "SELECT id FROM messages WHERE ticket_id IS NOT NULL ORDER BY id LIMIT ?1 OFFSET ?2"
        );
        fold(self.prepare(sql)?.query([limit, offset])?)
    }

    pub fn count_messages(&self, ticket: Option<TicketId>) -> Result<i64, Error> {
        let Some(ticket) = ticket else {
            let sql = r"SELECT COUNT(*) FROM messages WHERE ticket_id IS NOT NULL";
            return Ok(self.prepare(sql)?.query_row([], |row| row.get(0))?);
        };
        let sql = r"SELECT COUNT(*) FROM messages WHERE ticket_id = ?1";
        Ok(self.prepare(sql)?.query_row([ticket.0], |row| row.get(0))?)
    }
}

impl Tx<'_> {
    /// Removes a message of a ticket; its files become strays, which the sweeper takes.
    pub fn delete_message(&mut self, ticket: TicketId, id: MessageId) -> Result<(), Error> {
        let sql = r"DELETE FROM messages WHERE id = ?1 AND ticket_id = ?2";
        let gone = self.prepare(sql)?.execute(params![id.0, ticket.0])?;
        let sql = r"UPDATE tickets SET message_count = message_count - ?2, updated_at = ?3,
                    last_message_id = (SELECT MAX(m.id) FROM messages m WHERE m.ticket_id = ?1) WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?
            .execute(params![ticket.0, i64::try_from(gone).unwrap_or(0), now])?;
        Ok(())
    }
}
