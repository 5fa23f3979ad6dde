//! Who did what, and the notes that only staff sees.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use super::open::{read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, ContactId, NoteId, TicketId};

/// An entry of the log about to be stored.
pub struct NewEntry<'a> {
    pub agent: Option<AgentId>,
    /// The name stays when the account goes.
    pub actor: &'a str,
    /// assigned, transferred, unassigned, answered, closed, expired, reopened, blocked, unblocked, deleted …
    pub action: &'static str,
    pub ticket: Option<TicketId>,
    pub contact: Option<ContactId>,
    pub detail: Option<&'a str>,
}

/// A note, as it is read back.
#[derive(Debug, Clone)]
pub struct NoteRow {
    pub id: NoteId,
    pub ticket: TicketId,
    pub agent: Option<AgentId>,
    pub agent_name: String,
    pub text: String,
    pub created_at: DateTime<Utc>,
}

fn note(row: &Row) -> rusqlite::Result<NoteRow> {
    Ok(NoteRow {
        id: NoteId(row.get("id")?),
        ticket: TicketId(row.get("ticket_id")?),
        agent: row.get::<_, Option<i64>>("agent_id")?.map(AgentId),
        agent_name: row.get("agent_name")?,
        text: row.get("text")?,
        created_at: read_time(row, "created_at")?,
    })
}

impl Reading<'_> {
    /// The notes of a ticket, oldest first.
    pub fn notes(&self, ticket: TicketId) -> Result<Vec<NoteRow>, Error> {
        let sql = r"SELECT id, ticket_id, agent_id, agent_name, text, created_at FROM notes WHERE ticket_id = ?1 ORDER BY id";
        let notes = self
            .prepare(sql)?
            .query_map([ticket.0], note)?
            .collect::<Result<_, _>>()?;
        Ok(notes)
    }
}

impl Tx<'_> {
    pub fn log(&mut self, entry: &NewEntry) -> Result<(), Error> {
        let sql = r"INSERT INTO activity_log (at, agent_id, actor_name, action, ticket_id, contact_id, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![
            now,
            entry.agent.map(|agent| agent.0),
            entry.actor,
            entry.action,
            entry.ticket.map(|ticket| ticket.0),
            entry.contact.map(|contact| contact.0),
            entry.detail
        ])?;
        Ok(())
    }

    pub fn insert_note(
        &mut self,
        ticket: TicketId,
        agent: Option<AgentId>,
        agent_name: &str,
        text: &str,
    ) -> Result<NoteRow, Error> {
        let sql = r"INSERT INTO notes (ticket_id, agent_id, agent_name, text, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
                    RETURNING id, ticket_id, agent_id, agent_name, text, created_at";
        let now = time(self.now());
        Ok(self.prepare(sql)?.query_row(
            params![ticket.0, agent.map(|agent| agent.0), agent_name, text, now],
            note,
        )?)
    }
}
