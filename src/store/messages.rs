//! Messages, their attachments, and the greetings among them.

use chrono::NaiveDate;
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, Rows, params};

use super::open::{read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, ContactId, MessageId, TicketId, UserId};
use crate::domain::message::{Direction, Message};

/// A message about to be stored.
pub struct NewMessage<'a> {
    pub contact: ContactId,
    pub ticket: Option<TicketId>,
    pub direction: Direction,
    pub text: &'a str,
    pub attachments: &'a [Attachment],
    pub agent_name: Option<&'a str>,
    pub agent_telegram_id: Option<i64>,
    pub agent: Option<AgentId>,
    pub is_greeting: bool,
    pub client_msg_id: Option<&'a str>,
    pub content_hash: Option<[u8; 32]>,
    pub media_group: Option<&'a str>,
}

/// A message and the hash of its content.
pub type SentBefore = (MessageId, Option<[u8; 32]>);

/// Where a page of history starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryCursor {
    /// The newest ones.
    Newest,
    /// The newest ones before this.
    Before(MessageId),
    /// The oldest ones after this.
    After(MessageId),
}

macro_rules! select_messages {
    ($page:literal) => {
        concat!(
            "SELECT m.id, m.ticket_id, m.direction, m.text, m.created_at, m.edited_at, m.agent_name, c.user_id, ",
            "CASE m.direction WHEN 'user' THEN m.id <= COALESCE(t.staff_read_up_to, 0) ",
            "ELSE m.id <= MAX(c.read_up_to, COALESCE(t.contact_read_up_to, 0)) END AS is_read, ",
            "a.kind, a.file, a.thumb, a.link, a.name, a.mime, a.size, a.latitude, a.longitude, a.phone, a.telegram_file_id, ",
            "m.public_id, m.contact_id, m.agent_id, t.agent_id ",
            "FROM (", $page, ") AS page CROSS JOIN messages m ON m.id = page.id ",
            "JOIN contacts c ON c.id = m.contact_id LEFT JOIN tickets t ON t.id = m.ticket_id ",
            "LEFT JOIN attachments a ON a.message_id = m.id ORDER BY m.id, a.id"
        )
    };
}

pub(super) use select_messages;

/// Folds the join back into messages; rows of one message follow each other.
pub(super) fn fold(mut rows: Rows) -> Result<Vec<Message>, Error> {
    let mut messages: Vec<Message> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = MessageId(row.get(0)?);
        if messages.last().is_none_or(|last| last.id != id) {
            messages.push(message(row, id)?);
        }
        if let (Some(message), Some(attachment)) = (messages.last_mut(), attachment(row)?) {
            message.attachments.push(attachment);
        }
    }
    Ok(messages)
}

// Columns by number, in the order of `select_messages`: pages of history are what the server reads
// most, and twenty names would be looked up for every row.

fn message(row: &Row, id: MessageId) -> Result<Message, Error> {
    let edited_at = match row.get_ref(5)? {
        ValueRef::Null => None,
        _ => Some(read_time(row, 5)?),
    };
    Ok(Message {
        id,
        ticket: row.get::<_, Option<i64>>(1)?.map(TicketId),
        public_id: row.get(20)?,
        contact: ContactId(row.get(21)?),
        user: UserId::stored(row.get(7)?),
        direction: match row.get_ref(2)? {
            ValueRef::Text(b"user") => Direction::User,
            _ => Direction::Support,
        },
        text: row.get(3)?,
        created_at: read_time(row, 4)?,
        edited_at,
        agent_name: row.get(6)?,
        agent: row.get::<_, Option<i64>>(22)?.map(AgentId),
        ticket_agent: row.get::<_, Option<i64>>(23)?.map(AgentId),
        read: row.get(8)?,
        attachments: Vec::new(),
    })
}

fn attachment(row: &Row) -> Result<Option<Attachment>, Error> {
    let Some(kind) = row.get::<_, Option<String>>(9)? else {
        return Ok(None);
    };
    let kind = AttachmentKind::parse(&kind).ok_or_else(|| {
        Error::internal(format_args!(
            "unknown kind of attachment in the store: {kind}"
        ))
    })?;
    let mut attachment = Attachment::of(kind);
    attachment.file = row.get(10)?;
    attachment.thumb = row.get(11)?;
    attachment.link = row.get(12)?;
    attachment.name = row.get(13)?;
    attachment.mime = row.get(14)?;
    attachment.size = row
        .get::<_, Option<i64>>(15)?
        .and_then(|size| size.try_into().ok());
    attachment.latitude = row.get(16)?;
    attachment.longitude = row.get(17)?;
    attachment.phone = row.get(18)?;
    attachment.telegram_file_id = row.get(19)?;
    Ok(Some(attachment))
}

impl Reading<'_> {
    pub fn message(&self, id: MessageId) -> Result<Option<Message>, Error> {
        let sql = select_messages!("SELECT ?1 AS id");
        Ok(fold(self.prepare(sql)?.query([id.0])?)?.pop())
    }

    pub fn message_by_public_id(&self, public_id: &str) -> Result<Option<Message>, Error> {
        let sql = select_messages!("SELECT id FROM messages WHERE public_id = ?1");
        Ok(fold(self.prepare(sql)?.query([public_id])?)?.pop())
    }

    /// A page of a ticket's messages, oldest first.
    pub fn ticket_messages(
        &self,
        ticket: TicketId,
        cursor: HistoryCursor,
        limit: u32,
    ) -> Result<Vec<Message>, Error> {
        let (sql, bound) = match cursor {
            HistoryCursor::Newest => (
                select_messages!(
                    "SELECT id FROM messages WHERE ticket_id = ?1 AND ?3 = 0 ORDER BY id DESC LIMIT ?2"
                ),
                0,
            ),
            HistoryCursor::Before(id) => (
                select_messages!(
                    "SELECT id FROM messages WHERE ticket_id = ?1 AND id < ?3 ORDER BY id DESC LIMIT ?2"
                ),
                id.0,
            ),
            HistoryCursor::After(id) => (
                select_messages!(
                    "SELECT id FROM messages WHERE ticket_id = ?1 AND id > ?3 ORDER BY id LIMIT ?2"
                ),
                id.0,
            ),
        };
        fold(self.prepare(sql)?.query(params![ticket.0, limit, bound])?)
    }

    /// The last messages of a ticket, newest first.
    pub fn newest_messages(&self, ticket: TicketId, count: usize) -> Result<Vec<MessageId>, Error> {
        let sql = r"SELECT id FROM messages WHERE ticket_id = ?1 ORDER BY id DESC LIMIT ?2";
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let found = self
            .prepare(sql)?
            .query_map([ticket.0, count], |row| row.get(0).map(MessageId))?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// A page of a ticket's messages by position, newest first as the position counts, returned oldest first.
    pub fn ticket_messages_page(
        &self,
        ticket: TicketId,
        newest_first: bool,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Message>, Error> {
        let sql = if newest_first {
            select_messages!(
                "SELECT id FROM messages WHERE ticket_id = ?1 ORDER BY id DESC LIMIT ?2 OFFSET ?3"
            )
        } else {
            select_messages!(
                "SELECT id FROM messages WHERE ticket_id = ?1 ORDER BY id LIMIT ?2 OFFSET ?3"
            )
        };
        fold(self.prepare(sql)?.query(params![ticket.0, limit, offset])?)
    }

    /// A page of a contact's messages over all its tickets, oldest first.
    pub fn history(
        &self,
        contact: ContactId,
        cursor: HistoryCursor,
        limit: u32,
    ) -> Result<Vec<Message>, Error> {
        match cursor {
            HistoryCursor::Newest => {
                let sql = select_messages!(
                    "SELECT id FROM messages WHERE contact_id = ?1 ORDER BY id DESC LIMIT ?2"
                );
                fold(self.prepare(sql)?.query(params![contact.0, limit])?)
            }
            HistoryCursor::Before(id) => {
                let sql = select_messages!(
                    "SELECT id FROM messages WHERE contact_id = ?1 AND id < ?3 ORDER BY id DESC LIMIT ?2"
                );
                fold(self.prepare(sql)?.query(params![contact.0, limit, id.0])?)
            }
            HistoryCursor::After(id) => {
                let sql = select_messages!(
                    "SELECT id FROM messages WHERE contact_id = ?1 AND id > ?3 ORDER BY id LIMIT ?2"
                );
                fold(self.prepare(sql)?.query(params![contact.0, limit, id.0])?)
            }
        }
    }

    /// What the contact stored under this id of its own, with the hash of its content.
    pub fn sent_before(
        &self,
        contact: ContactId,
        client_msg_id: &str,
    ) -> Result<Option<SentBefore>, Error> {
        let sql =
            r"SELECT id, content_hash FROM messages WHERE contact_id = ?1 AND client_msg_id = ?2";
        Ok(self
            .prepare(sql)?
            .query_row(params![contact.0, client_msg_id], |row| {
                Ok((MessageId(row.get(0)?), row.get(1)?))
            })
            .optional()?)
    }

    /// Support messages after the contact's mark, greetings not counted.
    pub fn unread_count(&self, contact: ContactId) -> Result<i64, Error> {
        let sql = r"SELECT COUNT(*) FROM messages m JOIN contacts c ON c.id = m.contact_id LEFT JOIN tickets t ON t.id = m.ticket_id
                    WHERE m.contact_id = ?1 AND m.id > c.read_up_to AND m.id > COALESCE(t.contact_read_up_to, 0)
                    AND m.direction = 'support' AND m.is_greeting = 0";
        Ok(self
            .prepare(sql)?
            .query_row([contact.0], |row| row.get(0))?)
    }

    pub fn newest_message_of(&self, contact: ContactId) -> Result<Option<MessageId>, Error> {
        let sql = r"SELECT MAX(id) FROM messages WHERE contact_id = ?1";
        let id: Option<i64> = self
            .prepare(sql)?
            .query_row([contact.0], |row| row.get(0))?;
        Ok(id.map(MessageId))
    }

    pub fn greeted(&self, contact: ContactId, day: NaiveDate) -> Result<bool, Error> {
        let sql = r"SELECT 1 FROM greetings_sent WHERE contact_id = ?1 AND day = ?2";
        Ok(self
            .prepare(sql)?
            .exists(params![contact.0, day.to_string()])?)
    }

    /// The answer an agent's album became.
    pub fn answer_of_album(
        &self,
        chat: i64,
        media_group: &str,
    ) -> Result<Option<MessageId>, Error> {
        let sql = r"SELECT m.id FROM messages m JOIN message_mapping p ON p.answer_id = m.id
                    WHERE m.media_group = ?2 AND p.chat_id = ?1 LIMIT 1";
        let found = self
            .prepare(sql)?
            .query_row(params![chat, media_group], |row| row.get(0))
            .optional()?;
        Ok(found.map(MessageId))
    }
}

impl Tx<'_> {
    pub fn insert_message(&mut self, new: &NewMessage) -> Result<MessageId, Error> {
        let sql = r"INSERT INTO messages
                    (public_id, contact_id, ticket_id, direction, text, agent_name, agent_telegram_id, is_greeting, client_msg_id, content_hash, media_group, agent_id, created_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING id";
        let public_id = self.chance().uuid().to_string();
        let now = time(self.now());
        let id = MessageId(self.prepare(sql)?.query_row(
            params![
                public_id,
                new.contact.0,
                new.ticket.map(|ticket| ticket.0),
                new.direction.as_str(),
                new.text,
                new.agent_name,
                new.agent_telegram_id,
                new.is_greeting,
                new.client_msg_id,
                new.content_hash,
                new.media_group,
                new.agent.map(|agent| agent.0),
                now
            ],
            |row| row.get(0),
        )?);
        for attachment in new.attachments {
            self.insert_attachment(id, attachment)?;
        }
        Ok(id)
    }

    pub fn insert_attachment(
        &mut self,
        message: MessageId,
        attachment: &Attachment,
    ) -> Result<(), Error> {
        let sql = r"INSERT INTO attachments (message_id, kind, file, thumb, link, name, mime, size, latitude, longitude, phone, telegram_file_id)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        self.prepare(sql)?.execute(params![
            message.0,
            attachment.kind.as_str(),
            attachment.file,
            attachment.thumb,
            attachment.link,
            attachment.name,
            attachment.mime,
            attachment.size.and_then(|size| i64::try_from(size).ok()),
            attachment.latitude,
            attachment.longitude,
            attachment.phone,
            attachment.telegram_file_id
        ])?;
        Ok(())
    }

    pub fn edit_message(&mut self, id: MessageId, text: &str) -> Result<(), Error> {
        let sql = r"UPDATE messages SET text = ?2, edited_at = ?3 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![id.0, text, now])?;
        Ok(())
    }

    /// Notes that the contact was greeted on that day.
    pub fn remember_greeting(
        &mut self,
        contact: ContactId,
        day: NaiveDate,
        message: MessageId,
    ) -> Result<(), Error> {
        let sql = r"INSERT INTO greetings_sent (contact_id, day, message_id) VALUES (?1, ?2, ?3)";
        self.prepare(sql)?
            .execute(params![contact.0, day.to_string(), message.0])?;
        Ok(())
    }
}
