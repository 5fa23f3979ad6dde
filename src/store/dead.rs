//! Jobs that were given up, for whoever looks after the server.

use chrono::{DateTime, Utc};

use super::open::read_time;
use super::reader::Reading;
use crate::domain::error::Error;
use crate::domain::ids::{JobId, MessageId, TicketId};

/// A job that was given up.
#[derive(Debug, Clone)]
pub struct DeadJob {
    pub id: JobId,
    /// The way it was to go: group, push.
    pub carrier: String,
    pub kind: String,
    pub ticket: Option<TicketId>,
    pub message: Option<MessageId>,
    pub attempts: u32,
    pub created_at: DateTime<Utc>,
    pub last_error: Option<String>,
}

impl Reading<'_> {
    /// Newest first.
    pub fn dead_jobs(&self, limit: u32) -> Result<Vec<DeadJob>, Error> {
        let sql = r"SELECT id, carrier, kind, ticket_id, message_id, attempts, created_at, last_error
                    FROM outbox WHERE state = 'dead' ORDER BY created_at DESC, id DESC LIMIT ?1";
        let jobs = self
            .prepare(sql)?
            .query_map([limit], |row| {
                Ok(DeadJob {
                    id: JobId(row.get("id")?),
                    carrier: row.get("carrier")?,
                    kind: row.get("kind")?,
                    ticket: row.get::<_, Option<i64>>("ticket_id")?.map(TicketId),
                    message: row.get::<_, Option<i64>>("message_id")?.map(MessageId),
                    attempts: row.get("attempts")?,
                    created_at: read_time(row, "created_at")?,
                    last_error: row.get("last_error")?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(jobs)
    }
}
