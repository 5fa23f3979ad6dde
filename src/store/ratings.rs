//! What contacts thought of their tickets.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::open::{read_optional_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{ContactId, TicketId};

impl Reading<'_> {
    /// The contact's ticket that ended last, of those that are over.
    pub fn last_closed_ticket(&self, contact: ContactId) -> Result<Option<TicketId>, Error> {
        let sql = r"SELECT id FROM tickets WHERE contact_id = ?1 AND resolved = 1 ORDER BY closed_at DESC, id DESC LIMIT 1";
        Ok(self
            .prepare(sql)?
            .query_row([contact.0], |row| row.get(0).map(TicketId))
            .optional()?)
    }

    /// When the rating that stands was first given.
    pub fn rated_at(&self, id: TicketId) -> Result<Option<DateTime<Utc>>, Error> {
        let sql = r"SELECT rated_at FROM tickets WHERE id = ?1";
        let found = self
            .prepare(sql)?
            .query_row([id.0], |row| read_optional_time(row, "rated_at"))
            .optional()?;
        Ok(found.flatten())
    }
}

impl Tx<'_> {
    pub fn rate_ticket(
        &mut self,
        id: TicketId,
        rating: i64,
        comment: Option<&str>,
        first_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let sql =
            r"UPDATE tickets SET rating = ?2, rating_comment = ?3, rated_at = ?4 WHERE id = ?1";
        self.prepare(sql)?
            .execute(params![id.0, rating, comment, time(first_at)])?;
        Ok(())
    }
}
