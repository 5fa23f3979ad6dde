//! Rows for reports: few columns of many tickets, each query led by an index on the time it asks for.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::open::{read_optional_time, read_time, time};
use super::reader::Reading;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId, ContactId, TicketId};

/// A ticket created in a span of time.
#[derive(Debug, Clone, Copy)]
pub struct CreatedTicket {
    pub created_at: DateTime<Utc>,
    pub category: Option<CategoryId>,
    pub agent: Option<AgentId>,
    pub resolved: bool,
    pub first_answer_at: Option<DateTime<Utc>>,
}

/// A ticket closed in a span of time, and not opened again.
#[derive(Debug, Clone, Copy)]
pub struct ClosedTicket {
    pub created_at: DateTime<Utc>,
    pub closed_at: DateTime<Utc>,
    pub expired: bool,
}

/// What agents did in a span of time.
#[derive(Debug, Clone, Default)]
pub struct AgentWork {
    pub given: Vec<Given>,
    pub answers: Vec<Answered>,
    pub first_answers: Vec<FirstAnswer>,
}

/// A ticket was given to the agent who still has it.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    pub agent: AgentId,
    pub at: DateTime<Utc>,
    /// It still waits for staff.
    pub waits: bool,
}

/// An agent answered in a ticket.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    pub agent: AgentId,
    pub at: DateTime<Utc>,
    pub ticket: TicketId,
}

/// A ticket of the agent got its first answer.
#[derive(Debug, Clone, Copy)]
pub struct FirstAnswer {
    pub agent: AgentId,
    pub created_at: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

/// An entry of the log, as it is read back.
#[derive(Debug, Clone)]
pub struct LogRow {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub agent: Option<AgentId>,
    pub actor_name: String,
    pub action: String,
    pub ticket: Option<TicketId>,
    pub contact: Option<ContactId>,
    pub detail: Option<String>,
}

impl Reading<'_> {
    pub fn tickets_created(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<CreatedTicket>, Error> {
        let sql = r"SELECT created_at, category_id, agent_id, resolved, first_answer_at FROM tickets
                    WHERE created_at >= ?1 AND created_at < ?2";
        let rows = self
            .prepare(sql)?
            .query_map([time(from), time(to)], |row| {
                Ok(CreatedTicket {
                    created_at: read_time(row, 0)?,
                    category: row.get::<_, Option<i64>>(1)?.map(CategoryId),
                    agent: row.get::<_, Option<i64>>(2)?.map(AgentId),
                    resolved: row.get(3)?,
                    first_answer_at: read_optional_time(row, 4)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    pub fn tickets_closed(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<ClosedTicket>, Error> {
        let sql = r"SELECT created_at, closed_at, status = 'expired' FROM tickets WHERE closed_at >= ?1 AND closed_at < ?2";
        let rows = self
            .prepare(sql)?
            .query_map([time(from), time(to)], |row| {
                Ok(ClosedTicket {
                    created_at: read_time(row, 0)?,
                    closed_at: read_time(row, 1)?,
                    expired: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Tickets that are not over, and those of them that wait for staff with a last message before this.
    pub fn tickets_open(&self, overdue_before: DateTime<Utc>) -> Result<(i64, i64), Error> {
        let sql = r"SELECT COUNT(*), COALESCE(SUM(t.status IN ('open', 'waiting_admin', 'in_progress') AND COALESCE(m.created_at, t.created_at) < ?1), 0)
                    FROM tickets t LEFT JOIN messages m ON m.id = t.last_message_id WHERE t.resolved = 0";
        let found = self
            .prepare(sql)?
            .query_row([time(overdue_before)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found)
    }

    /// Stars given in a span of time, and how often.
    pub fn ratings(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<(i64, i64)>, Error> {
        let sql = r"SELECT rating, COUNT(*) FROM tickets WHERE rated_at >= ?1 AND rated_at < ?2 AND rating IS NOT NULL GROUP BY rating";
        let rows = self
            .prepare(sql)?
            .query_map([time(from), time(to)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    pub fn category_name(&self, id: CategoryId) -> Result<Option<String>, Error> {
        let sql = r"SELECT name_uz FROM categories WHERE id = ?1";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([id.0])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// What one agent, or all of them, did.
    pub fn work_of_agents(
        &self,
        agent: Option<AgentId>,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<AgentWork, Error> {
        // A number no agent has, so that one query serves both.
        let agent = agent.map_or(-1, |agent| agent.0);
        let span = params![time(from), time(to), agent];
        let sql = r"SELECT agent_id, assigned_at, status IN ('open', 'waiting_admin', 'in_progress') FROM tickets
                    WHERE assigned_at >= ?1 AND assigned_at < ?2 AND agent_id IS NOT NULL AND (?3 = -1 OR agent_id = ?3)";
        let given = self
            .prepare(sql)?
            .query_map(span, |row| {
                Ok(Given {
                    agent: AgentId(row.get(0)?),
                    at: read_time(row, 1)?,
                    waits: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        let sql = r"SELECT m.agent_id, m.created_at, m.ticket_id FROM agents a JOIN messages m ON m.agent_id = a.id
                    WHERE (?3 = -1 OR a.id = ?3) AND m.created_at >= ?1 AND m.created_at < ?2 AND m.ticket_id IS NOT NULL";
        let answers = self
            .prepare(sql)?
            .query_map(span, |row| {
                Ok(Answered {
                    agent: AgentId(row.get(0)?),
                    at: read_time(row, 1)?,
                    ticket: TicketId(row.get(2)?),
                })
            })?
            .collect::<Result<_, _>>()?;
        let sql = r"SELECT agent_id, created_at, first_answer_at FROM tickets
                    WHERE first_answer_at >= ?1 AND first_answer_at < ?2 AND agent_id IS NOT NULL AND (?3 = -1 OR agent_id = ?3)";
        let first_answers = self
            .prepare(sql)?
            .query_map(span, |row| {
                Ok(FirstAnswer {
                    agent: AgentId(row.get(0)?),
                    created_at: read_time(row, 1)?,
                    at: read_time(row, 2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(AgentWork {
            given,
            answers,
            first_answers,
        })
    }

    /// A page of the log, newest first.
    pub fn log_page(&self, limit: u32, offset: u32) -> Result<Vec<LogRow>, Error> {
        let sql = r"SELECT id, at, agent_id, actor_name, action, ticket_id, contact_id, detail FROM activity_log
                    ORDER BY id DESC LIMIT ?1 OFFSET ?2";
        let rows = self
            .prepare(sql)?
            .query_map([limit, offset], |row| {
                Ok(LogRow {
                    id: row.get(0)?,
                    at: read_time(row, 1)?,
                    agent: row.get::<_, Option<i64>>(2)?.map(AgentId),
                    actor_name: row.get(3)?,
                    action: row.get(4)?,
                    ticket: row.get::<_, Option<i64>>(5)?.map(TicketId),
                    contact: row.get::<_, Option<i64>>(6)?.map(ContactId),
                    detail: row.get(7)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    pub fn count_log(&self) -> Result<i64, Error> {
        let sql = r"SELECT COUNT(*) FROM activity_log";
        Ok(self.prepare(sql)?.query_row([], |row| row.get(0))?)
    }
}
