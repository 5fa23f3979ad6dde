//! Tickets: one conversation of one contact each.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use super::open::time;
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{ContactId, MessageId, TicketId, UserId};

#[derive(Debug, Clone)]
pub struct TicketRow {
    pub id: TicketId,
    pub session: Uuid,
    pub contact: ContactId,
    pub user: UserId,
    pub user_name: Option<String>,
    /// The forum topic: chat and thread.
    pub topic: Option<(i64, i64)>,
}

fn ticket(row: &Row) -> rusqlite::Result<TicketRow> {
    let session: String = row.get("session_id")?;
    let thread: Option<i64> = row.get("topic_thread_id")?;
    Ok(TicketRow {
        id: TicketId(row.get("id")?),
        session: session.parse().map_err(|error: uuid::Error| {
            rusqlite::Error::FromSqlConversionFailure(
                1,
                rusqlite::types::Type::Text,
                Box::new(error),
            )
        })?,
        contact: ContactId(row.get("contact_id")?),
        user: UserId::stored(row.get("user_id")?),
        user_name: row.get("name")?,
        topic: match thread {
            Some(thread) => Some((row.get("topic_chat_id")?, thread)),
            None => None,
        },
    })
}

impl Reading<'_> {
    pub fn ticket(&self, id: TicketId) -> Result<Option<TicketRow>, Error> {
        let sql = r"SELECT t.id, t.session_id, t.contact_id, t.topic_chat_id, t.topic_thread_id, c.user_id, c.name
                    FROM tickets t JOIN contacts c ON c.id = t.contact_id WHERE t.id = ?1";
        Ok(self.prepare(sql)?.query_row([id.0], ticket).optional()?)
    }

    pub fn ticket_of_session(&self, session: Uuid) -> Result<Option<TicketId>, Error> {
        let sql = r"SELECT id FROM tickets WHERE session_id = ?1";
        self.ticket_id(sql, [session.to_string()])
    }

    pub fn ticket_of_topic(&self, chat: i64, thread: i64) -> Result<Option<TicketId>, Error> {
        let sql = r"SELECT id FROM tickets WHERE topic_chat_id = ?1 AND topic_thread_id = ?2";
        self.ticket_id(sql, [chat, thread])
    }

    pub fn open_ticket(&self, contact: ContactId) -> Result<Option<TicketId>, Error> {
        let sql = r"SELECT id FROM tickets WHERE contact_id = ?1 AND status = 'open' ORDER BY id DESC LIMIT 1";
        self.ticket_id(sql, [contact.0])
    }

    fn ticket_id(
        &self,
        sql: &'static str,
        params: impl rusqlite::Params,
    ) -> Result<Option<TicketId>, Error> {
        Ok(self
            .prepare(sql)?
            .query_row(params, |row| row.get(0).map(TicketId))
            .optional()?)
    }
}

impl Tx<'_> {
    /// The ticket a contact's next message of a channel goes into: the newest open one, else the last one
    /// closed at or after `reopen_since` (opened again), else a new one.
    pub fn ticket_for(
        &mut self,
        contact: ContactId,
        channel: &str,
        title: &str,
        reopen_since: DateTime<Utc>,
    ) -> Result<TicketId, Error> {
        let now = time(self.now());
        let sql = r"SELECT id FROM tickets
                    WHERE contact_id = ?1 AND channel = ?2 AND (status = 'open' OR closed_at >= ?3)
                    ORDER BY status = 'open' DESC, closed_at DESC, id DESC LIMIT 1";
        if let Some(known) = self.ticket_id(sql, params![contact.0, channel, time(reopen_since)])? {
            let sql = r"UPDATE tickets SET status = 'open', closed_at = NULL, updated_at = ?2 WHERE id = ?1";
            self.prepare(sql)?.execute(params![known.0, now])?;
            return Ok(known);
        }
        let sql = r"INSERT INTO tickets (session_id, contact_id, channel, title, status, created_at, updated_at)
                    VALUES (?1, ?2, ?3, ?4, 'open', ?5, ?5) RETURNING id";
        let session = self.chance().uuid().to_string();
        let id = self
            .prepare(sql)?
            .query_row(params![session, contact.0, channel, title, now], |row| {
                row.get(0)
            })?;
        Ok(TicketId(id))
    }

    /// Staff has answered: everything the contact wrote up to this message is read.
    pub fn staff_read(&mut self, id: TicketId, up_to: MessageId) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET staff_read_up_to = MAX(staff_read_up_to, ?2), updated_at = ?3 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![id.0, up_to.0, now])?;
        Ok(())
    }

    pub fn set_topic(&mut self, id: TicketId, topic: Option<(i64, i64)>) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET topic_chat_id = ?2, topic_thread_id = ?3 WHERE id = ?1";
        self.prepare(sql)?.execute(params![
            id.0,
            topic.map(|(chat, _)| chat),
            topic.map(|(_, thread)| thread)
        ])?;
        Ok(())
    }
}
