//! Tickets: one conversation of one contact each, and what happens to one.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use super::open::{read_optional_time, read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::group::GroupRef;
use crate::domain::ids::{AgentId, CategoryId, ContactId, MessageId, TicketId, UserId};
use crate::domain::ticket::{Channel, Priority, Status, Ticket};

/// A ticket about to be stored.
pub struct NewTicket<'a> {
    pub contact: ContactId,
    pub channel: Channel,
    pub title: &'a str,
    pub subject: Option<&'a str>,
    pub page_url: Option<&'a str>,
    pub category: Option<CategoryId>,
    pub priority: Priority,
    pub description: Option<&'a str>,
}

impl<'a> NewTicket<'a> {
    /// One with nothing said but its title.
    pub fn titled(contact: ContactId, channel: Channel, title: &'a str) -> Self {
        Self {
            contact,
            channel,
            title,
            subject: None,
            page_url: None,
            category: None,
            priority: Priority::default(),
            description: None,
        }
    }
}

macro_rules! select_tickets {
    ($page:literal) => {
        concat!(
            "SELECT t.id, t.session_id, t.channel, t.title, t.status, t.priority, t.description, t.subject, t.page_url, ",
            "t.category_id, t.contact_id, t.agent_id, t.viewed, t.viewed_at, t.closed_at, t.closed_by, t.close_reason, ",
            "t.last_message_id, t.message_count, t.staff_read_up_to, t.contact_read_up_to, t.first_answer_at, t.rating, ",
            "t.rating_comment, t.created_at, t.updated_at, t.group_chat_id, ",
            "c.user_id, c.name, c.telegram_id, c.email, c.username, a.first_name, a.last_name ",
            "FROM ", $page, " JOIN contacts c ON c.id = t.contact_id LEFT JOIN agents a ON a.id = t.agent_id"
        )
    };
}
pub(super) use select_tickets;

/// A word of the store as its type.
fn word<T>(
    row: &Row,
    column: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| {
        let unknown = format!("unknown {column} in the store: {text}");
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, unknown.into())
    })
}

pub(super) fn ticket(row: &Row) -> rusqlite::Result<Ticket> {
    Ok(Ticket {
        id: TicketId(row.get("id")?),
        session: word(row, "session_id", |text| text.parse().ok())?,
        channel: word(row, "channel", Channel::parse)?,
        title: row.get("title")?,
        status: word(row, "status", Status::parse)?,
        priority: word(row, "priority", Priority::parse)?,
        description: row.get("description")?,
        subject: row.get("subject")?,
        page_url: row.get("page_url")?,
        category: row.get::<_, Option<i64>>("category_id")?.map(CategoryId),
        contact: ContactId(row.get("contact_id")?),
        user: UserId::stored(row.get("user_id")?),
        user_name: row.get("name")?,
        telegram_id: row.get("telegram_id")?,
        user_email: row.get("email")?,
        user_username: row.get("username")?,
        agent: row.get::<_, Option<i64>>("agent_id")?.map(AgentId),
        agent_first_name: row.get("first_name")?,
        agent_last_name: row.get("last_name")?,
        viewed: row.get("viewed")?,
        viewed_at: read_optional_time(row, "viewed_at")?,
        closed_at: read_optional_time(row, "closed_at")?,
        closed_by: row.get::<_, Option<i64>>("closed_by")?.map(AgentId),
        close_reason: row.get("close_reason")?,
        last_message: row.get::<_, Option<i64>>("last_message_id")?.map(MessageId),
        message_count: row.get("message_count")?,
        staff_read_up_to: MessageId(row.get("staff_read_up_to")?),
        contact_read_up_to: MessageId(row.get("contact_read_up_to")?),
        first_answer_at: read_optional_time(row, "first_answer_at")?,
        rating: row.get("rating")?,
        rating_comment: row.get("rating_comment")?,
        created_at: read_time(row, "created_at")?,
        updated_at: read_time(row, "updated_at")?,
        group: GroupRef::of_named(row.get("group_chat_id")?),
    })
}

impl Reading<'_> {
    pub fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, Error> {
        let sql = select_tickets!("(SELECT * FROM tickets WHERE id = ?1) AS t");
        Ok(self.prepare(sql)?.query_row([id.0], ticket).optional()?)
    }

    pub fn ticket_of_session(&self, session: Uuid) -> Result<Option<TicketId>, Error> {
        let sql = r"SELECT id FROM tickets WHERE session_id = ?1";
        self.ticket_id(sql, [session.to_string()])
    }

    /// The contact's newest ticket that is not over.
    pub fn open_ticket(&self, contact: ContactId) -> Result<Option<TicketId>, Error> {
        let sql = r"SELECT id FROM tickets WHERE contact_id = ?1 AND resolved = 0 ORDER BY id DESC LIMIT 1";
        self.ticket_id(sql, [contact.0])
    }

    /// Where a contact's next message of a channel goes: the newest ticket that is not over, else the last
    /// one closed at or after `reopen_since`.
    pub fn ticket_to_continue(
        &self,
        contact: ContactId,
        channel: Channel,
        reopen_since: DateTime<Utc>,
    ) -> Result<Option<TicketId>, Error> {
        let sql = r"SELECT id FROM tickets
                    WHERE contact_id = ?1 AND channel = ?2 AND (resolved = 0 OR closed_at >= ?3)
                    ORDER BY resolved, closed_at DESC, id DESC LIMIT 1";
        self.ticket_id(
            sql,
            params![contact.0, channel.as_str(), time(reopen_since)],
        )
    }

    pub(super) fn ticket_id(
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

/// What the row was before a contact's message.
#[derive(Debug, Clone, Copy)]
pub struct BeforeMessage {
    pub was_resolved: bool,
    pub agent: Option<AgentId>,
    /// Nothing was said in it before.
    pub was_empty: bool,
}

impl Tx<'_> {
    pub fn create_ticket(&mut self, new: &NewTicket) -> Result<TicketId, Error> {
        let sql = r"INSERT INTO tickets
                    (session_id, contact_id, channel, title, status, subject, page_url, category_id, group_chat_id, priority, description, created_at, updated_at)
                    VALUES (?1, ?2, ?3, ?4, 'open', ?5, ?6, ?7, (SELECT group_chat_id FROM categories WHERE id = ?7), ?8, ?9, ?10, ?10) RETURNING id";
        let session = self.chance().uuid().to_string();
        let now = time(self.now());
        let id = self.prepare(sql)?.query_row(
            params![
                session,
                new.contact.0,
                new.channel.as_str(),
                new.title,
                new.subject,
                new.page_url,
                new.category.map(|category| category.0),
                new.priority.as_str(),
                new.description,
                now
            ],
            |row| row.get(0),
        )?;
        Ok(TicketId(id))
    }

    /// The contact wrote this message: the ticket is open, and waits for staff to look.
    pub fn contact_wrote(
        &mut self,
        id: TicketId,
        message: MessageId,
    ) -> Result<BeforeMessage, Error> {
        let sql = r"SELECT resolved, agent_id, status, message_count FROM tickets WHERE id = ?1";
        let (before, status) = self.prepare(sql)?.query_row([id.0], |row| {
            let before = BeforeMessage {
                was_resolved: row.get(0)?,
                agent: row.get::<_, Option<i64>>(1)?.map(AgentId),
                was_empty: row.get::<_, i64>(3)? == 0,
            };
            Ok((before, row.get::<_, String>(2)?))
        })?;
        let now = time(self.now());
        let after = Status::after_contact_wrote(before.agent.is_some()).as_str();
        if status == after && !before.was_resolved {
            // Nearly every message: what is not set here leaves most indexes of the table alone.
            let sql = r"UPDATE tickets SET last_message_id = ?2, message_count = message_count + 1, updated_at = ?3, viewed = 0 WHERE id = ?1";
            self.prepare(sql)?.execute(params![id.0, message.0, now])?;
            return Ok(before);
        }
        let sql = r"UPDATE tickets SET last_message_id = ?2, message_count = message_count + 1, updated_at = ?3, status = ?4,
                    resolved = 0, closed_at = NULL, closed_by = NULL, close_reason = NULL, viewed = 0 WHERE id = ?1";
        self.prepare(sql)?
            .execute(params![id.0, message.0, now, after])?;
        Ok(before)
    }

    /// Staff answered with this message: what the contact wrote up to it is read. One that is over stays so.
    pub fn staff_answered(&mut self, id: TicketId, message: MessageId) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET last_message_id = ?2, message_count = message_count + 1, updated_at = ?3,
                    status = CASE resolved WHEN 1 THEN status ELSE 'replied' END, staff_read_up_to = MAX(staff_read_up_to, ?2),
                    viewed = 1, viewed_at = CASE viewed WHEN 1 THEN viewed_at ELSE ?3 END,
                    first_answer_at = COALESCE(first_answer_at, ?3) WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![id.0, message.0, now])?;
        Ok(())
    }

    /// The desk itself said something: nobody has answered or read by it.
    pub fn desk_said(&mut self, id: TicketId, message: MessageId) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET last_message_id = ?2, message_count = message_count + 1 WHERE id = ?1";
        self.prepare(sql)?.execute(params![id.0, message.0])?;
        Ok(())
    }

    /// Staff has seen the contact's messages up to this one; whether that was news.
    pub fn staff_read(&mut self, id: TicketId, up_to: MessageId) -> Result<bool, Error> {
        let sql = r"UPDATE tickets SET staff_read_up_to = MAX(staff_read_up_to, ?2), viewed = 1,
                    viewed_at = CASE viewed WHEN 1 THEN viewed_at ELSE ?3 END
                    WHERE id = ?1 AND (staff_read_up_to < ?2 OR viewed = 0)";
        let now = time(self.now());
        Ok(self.prepare(sql)?.execute(params![id.0, up_to.0, now])? > 0)
    }

    /// Sets or clears the mark that staff has opened it.
    pub fn set_viewed(&mut self, id: TicketId, viewed: bool) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET viewed = ?2, viewed_at = CASE WHEN ?2 = 0 THEN NULL WHEN viewed = 1 THEN viewed_at ELSE ?3 END WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![id.0, viewed, now])?;
        Ok(())
    }

    /// The contact has read this ticket's support messages up to this one; whether that was news.
    pub fn contact_read(&mut self, id: TicketId, up_to: MessageId) -> Result<bool, Error> {
        let sql =
            r"UPDATE tickets SET contact_read_up_to = ?2 WHERE id = ?1 AND contact_read_up_to < ?2";
        Ok(self.prepare(sql)?.execute(params![id.0, up_to.0])? > 0)
    }

    /// Gives it to an agent, or to nobody. The agent's turn is remembered, for fair assignment.
    pub fn assign(&mut self, id: TicketId, agent: Option<AgentId>) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET agent_id = ?2, assigned_at = ?3, updated_at = ?4,
                    status = CASE WHEN resolved = 1 THEN status WHEN ?2 IS NULL THEN 'open' ELSE 'waiting_admin' END WHERE id = ?1";
        let now = time(self.now());
        let assigned_at = agent.is_some().then(|| now.clone());
        self.prepare(sql)?
            .execute(params![id.0, agent.map(|agent| agent.0), assigned_at, now])?;
        if let Some(agent) = agent {
            let sql = r"UPDATE agents SET last_assigned_at = ?2 WHERE id = ?1";
            self.prepare(sql)?.execute(params![agent.0, now])?;
        }
        Ok(())
    }

    /// Ends it, as `closed` or `expired`.
    pub fn close_ticket(
        &mut self,
        id: TicketId,
        status: Status,
        by: Option<AgentId>,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET status = ?2, resolved = 1, closed_at = ?3, closed_by = ?4, close_reason = ?5, updated_at = ?3 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![
            id.0,
            status.as_str(),
            now,
            by.map(|agent| agent.0),
            reason
        ])?;
        Ok(())
    }

    /// Sets a state that is not over; what closing left is taken back.
    pub fn set_status(&mut self, id: TicketId, status: Status) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET status = ?2, resolved = 0, closed_at = NULL, closed_by = NULL, close_reason = NULL, updated_at = ?3 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?
            .execute(params![id.0, status.as_str(), now])?;
        Ok(())
    }

    /// Changes what a ticket says about itself; None leaves a column alone.
    pub fn describe_ticket(&mut self, id: TicketId, change: &TicketTexts) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET title = COALESCE(?2, title), priority = COALESCE(?3, priority), description = COALESCE(?4, description),
                    category_id = CASE WHEN ?5 THEN ?6 ELSE category_id END, page_url = COALESCE(?7, page_url), updated_at = ?8 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![
            id.0,
            change.title,
            change.priority.map(Priority::as_str),
            change.description,
            change.category.is_some(),
            change.category.flatten().map(|category| category.0),
            change.page_url,
            now
        ])?;
        Ok(())
    }

    /// Removes a ticket with its messages; their files become strays, which the sweeper takes.
    pub fn delete_ticket(&mut self, id: TicketId) -> Result<(), Error> {
        // A greeting's row never belongs to a ticket, so nothing else points at these messages.
        let sql = r"DELETE FROM tickets WHERE id = ?1";
        self.prepare(sql)?.execute([id.0])?;
        Ok(())
    }
}

/// What a ticket says about itself, where it changes.
#[derive(Debug, Clone, Default)]
pub struct TicketTexts {
    pub title: Option<String>,
    pub priority: Option<Priority>,
    pub description: Option<String>,
    /// `Some(None)` takes the category away.
    pub category: Option<Option<CategoryId>>,
    pub page_url: Option<String>,
}
