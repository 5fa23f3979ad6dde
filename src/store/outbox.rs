//! What must leave: jobs by lane and key, their claims and their ends.

use chrono::{DateTime, Duration, Utc};
use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

use super::open::{read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{DeviceId, JobId, MessageId, TicketId};

/// A job about to be stored.
pub struct NewJob<'a> {
    pub carrier: &'static str,
    pub lane: &'a str,
    /// Whom the lane serves in turn, such as a ticket.
    pub key: i64,
    pub kind: &'a str,
    pub ticket: Option<TicketId>,
    pub message: Option<MessageId>,
    pub device: Option<DeviceId>,
    pub payload: Value,
}

/// The first job of a key in its lane: the only one of the key that may go next.
#[derive(Debug, Clone)]
pub struct Head {
    pub id: JobId,
    pub lane: String,
    pub key: i64,
    /// Nobody knows whether its last send arrived.
    pub uncertain: bool,
    /// When it is due, as written before a restart.
    pub due_at: Option<DateTime<Utc>>,
}

/// A stored job, as the engine hands it on.
#[derive(Debug, Clone)]
pub struct JobRow {
    pub id: JobId,
    pub lane: String,
    pub kind: String,
    pub ticket: Option<TicketId>,
    pub message: Option<MessageId>,
    pub device: Option<DeviceId>,
    pub payload: Value,
    pub attempts: u32,
    /// Sends of the present step whose fate is unknown.
    pub uncertain: u32,
    pub created_at: DateTime<Utc>,
    pub last_error: Option<String>,
}

/// How the queue stands, for whoever runs the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueState {
    pub waiting: i64,
    pub oldest_seconds: i64,
    pub dead: i64,
}

pub(super) fn job(row: &Row) -> rusqlite::Result<JobRow> {
    let payload: String = row.get("payload")?;
    Ok(JobRow {
        id: JobId(row.get("id")?),
        lane: row.get("lane")?,
        kind: row.get("kind")?,
        ticket: row.get::<_, Option<i64>>("ticket_id")?.map(TicketId),
        message: row.get::<_, Option<i64>>("message_id")?.map(MessageId),
        device: row.get::<_, Option<i64>>("device_id")?.map(DeviceId),
        payload: serde_json::from_str(&payload).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                5,
                rusqlite::types::Type::Text,
                Box::new(error),
            )
        })?,
        attempts: row.get("attempts")?,
        uncertain: row.get("uncertain")?,
        created_at: read_time(row, "created_at")?,
        last_error: row.get("last_error")?,
    })
}

impl Reading<'_> {
    /// The heads of all keys of a carrier that are not in flight, oldest first.
    pub fn heads(&self, carrier: &str) -> Result<Vec<Head>, Error> {
        let sql = r"SELECT o.id, o.lane, o.fair_key, o.state, o.due_at
                    FROM (SELECT MIN(id) AS id FROM outbox WHERE carrier = ?1 AND state <> 'dead' GROUP BY lane, fair_key) AS head
                    JOIN outbox o ON o.id = head.id WHERE o.state <> 'sending' ORDER BY o.id";
        let mut statement = self.prepare(sql)?;
        let heads = statement
            .query_map([carrier], |row| {
                let state: String = row.get("state")?;
                let due: Option<String> = row.get("due_at")?;
                Ok(Head {
                    id: JobId(row.get("id")?),
                    lane: row.get("lane")?,
                    key: row.get("fair_key")?,
                    uncertain: state == "uncertain",
                    due_at: due.and_then(|text| text.parse().ok()),
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(heads)
    }

    /// The lanes of a carrier where something waits. Each costs one look into the index, however much waits.
    pub fn lanes(&self, carrier: &str) -> Result<Vec<String>, Error> {
        let sql = r"WITH RECURSIVE found (lane) AS (
                        SELECT MIN(lane) FROM outbox WHERE carrier = ?1 AND state <> 'dead'
                        UNION ALL
                        SELECT (SELECT MIN(o.lane) FROM outbox o WHERE o.carrier = ?1 AND o.state <> 'dead' AND o.lane > found.lane)
                        FROM found WHERE found.lane IS NOT NULL
                    ) SELECT lane FROM found WHERE lane IS NOT NULL";
        let lanes = self
            .prepare(sql)?
            .query_map([carrier], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(lanes)
    }

    /// The jobs of a key that wait for their first send, in order.
    pub fn fresh_jobs(&self, carrier: &str, lane: &str, key: i64) -> Result<Vec<JobRow>, Error> {
        let sql = r"SELECT id, lane, kind, ticket_id, message_id, device_id, payload, attempts, uncertain, created_at, last_error
                    FROM outbox WHERE carrier = ?1 AND lane = ?2 AND fair_key = ?3 AND state = 'waiting' ORDER BY id LIMIT 200";
        let jobs = self
            .prepare(sql)?
            .query_map(params![carrier, lane, key], job)?
            .collect::<Result<_, _>>()?;
        Ok(jobs)
    }

    pub fn job(&self, id: JobId) -> Result<Option<JobRow>, Error> {
        let sql = r"SELECT id, lane, kind, ticket_id, message_id, device_id, payload, attempts, uncertain, created_at, last_error
                    FROM outbox WHERE id = ?1";
        Ok(self.prepare(sql)?.query_row([id.0], job).optional()?)
    }

    /// What the database takes on the disk.
    pub fn database_bytes(&self) -> Result<i64, Error> {
        let sql = r"SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        Ok(self.prepare(sql)?.query_row([], |row| row.get(0))?)
    }

    pub fn queue_state(&self, now: DateTime<Utc>) -> Result<QueueState, Error> {
        let sql = r"SELECT (SELECT COUNT(*) FROM outbox WHERE state <> 'dead') AS waiting,
                    (SELECT MIN(created_at) FROM outbox WHERE state <> 'dead') AS oldest,
                    (SELECT COUNT(*) FROM outbox WHERE state = 'dead') + (SELECT COUNT(*) FROM inbox WHERE state = 'dead') AS dead";
        let (waiting, oldest, dead): (i64, Option<String>, i64) = self
            .prepare(sql)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(QueueState {
            waiting,
            oldest_seconds: age(oldest, now),
            dead,
        })
    }

    /// The same of one carrier.
    pub fn queue_of(&self, carrier: &str, now: DateTime<Utc>) -> Result<QueueState, Error> {
        let sql = r"SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest,
                    (SELECT COUNT(*) FROM outbox WHERE state = 'dead' AND carrier = ?1) AS dead
                    FROM outbox WHERE carrier = ?1 AND state <> 'dead'";
        let state = self.prepare(sql)?.query_row([carrier], |row| {
            Ok(QueueState {
                waiting: row.get("waiting")?,
                oldest_seconds: age(row.get("oldest")?, now),
                dead: row.get("dead")?,
            })
        });
        Ok(state?)
    }

    /// Updates that came in and were not handled yet, and those that could not be.
    pub fn inbox_state(&self) -> Result<(i64, i64), Error> {
        let sql = r"SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'new'), (SELECT COUNT(*) FROM inbox WHERE state = 'dead')";
        let state = self
            .prepare(sql)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(state)
    }
}

/// How long ago that was, in seconds; 0 for nothing.
fn age(since: Option<String>, now: DateTime<Utc>) -> i64 {
    let since: Option<DateTime<Utc>> = since.and_then(|text| text.parse().ok());
    since.map_or(0, |since| (now - since).num_seconds().max(0))
}

impl Tx<'_> {
    pub fn add_job(&mut self, new: &NewJob) -> Result<(), Error> {
        let sql = r"INSERT INTO outbox (carrier, lane, fair_key, kind, ticket_id, message_id, device_id, payload, created_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![
            new.carrier,
            new.lane,
            new.key,
            new.kind,
            new.ticket.map(|id| id.0),
            new.message.map(|id| id.0),
            new.device.map(|id| id.0),
            new.payload.to_string(),
            now
        ])?;
        self.effects.outbox = true;
        Ok(())
    }

    /// After a start: what was being sent when the process ended. Nobody knows whether it arrived: it is
    /// repeated like any uncertain send, or at once where twice is harmless.
    pub fn recover_jobs(
        &mut self,
        carrier: &str,
        twice_is_harmless: bool,
        again_at: DateTime<Utc>,
    ) -> Result<usize, Error> {
        if twice_is_harmless {
            let sql =
                r"UPDATE outbox SET state = 'waiting' WHERE carrier = ?1 AND state = 'sending'";
            return Ok(self.prepare(sql)?.execute([carrier])?);
        }
        let sql = r"UPDATE outbox SET state = CASE WHEN uncertain = 0 THEN 'uncertain' ELSE 'dead' END, uncertain = uncertain + 1,
                    due_at = ?2, last_error = 'the server stopped while this was being sent'
                    WHERE carrier = ?1 AND state = 'sending'";
        Ok(self
            .prepare(sql)?
            .execute(params![carrier, time(again_at)])?)
    }

    /// The same where nothing is ever sent twice: the carrier passes over what may have been sent, at once.
    pub fn recover_to_pass_over(&mut self, carrier: &str) -> Result<usize, Error> {
        let sql = r"UPDATE outbox SET state = 'uncertain', uncertain = uncertain + 1, due_at = NULL,
                    last_error = 'the server stopped while this was being sent' WHERE carrier = ?1 AND state = 'sending'";
        Ok(self.prepare(sql)?.execute([carrier])?)
    }

    /// Counts the try and marks the job as being sent, before it is.
    pub fn begin_job(&mut self, id: JobId) -> Result<Option<JobRow>, Error> {
        let sql = r"UPDATE outbox SET state = 'sending', attempts = attempts + 1, due_at = NULL
                    WHERE id = ?1 AND state IN ('waiting', 'uncertain')
                    RETURNING id, lane, kind, ticket_id, message_id, device_id, payload, attempts, uncertain, created_at, last_error";
        Ok(self.prepare(sql)?.query_row([id.0], job).optional()?)
    }

    /// Puts one job in the place of several of the same key.
    pub fn join_jobs(
        &mut self,
        first: JobId,
        others: &[JobId],
        kind: &str,
        payload: &Value,
    ) -> Result<(), Error> {
        let sql = r"UPDATE outbox SET kind = ?2, payload = ?3, message_id = NULL, attempts = 0, uncertain = 0 WHERE id = ?1";
        self.prepare(sql)?
            .execute(params![first.0, kind, payload.to_string()])?;
        for id in others {
            self.end_job(*id)?;
        }
        Ok(())
    }

    pub fn end_job(&mut self, id: JobId) -> Result<(), Error> {
        self.prepare(r"DELETE FROM outbox WHERE id = ?1")?
            .execute([id.0])?;
        Ok(())
    }

    /// One step is done: the job waits for its next.
    pub fn advance_job(&mut self, id: JobId, payload: &Value) -> Result<(), Error> {
        let sql = r"UPDATE outbox SET state = 'waiting', payload = ?2, attempts = 0, uncertain = 0, due_at = NULL, last_error = NULL WHERE id = ?1";
        self.prepare(sql)?
            .execute(params![id.0, payload.to_string()])?;
        self.effects.outbox = true;
        Ok(())
    }

    /// It did not happen and is tried again; `counted` is false where the job is not to blame.
    pub fn retry_job(
        &mut self,
        id: JobId,
        due_at: DateTime<Utc>,
        reason: &str,
        counted: bool,
    ) -> Result<(), Error> {
        let sql = r"UPDATE outbox SET state = CASE WHEN uncertain > 0 THEN 'uncertain' ELSE 'waiting' END, due_at = ?2,
                    last_error = ?3, attempts = attempts - ?4 WHERE id = ?1";
        self.prepare(sql)?
            .execute(params![id.0, time(due_at), reason, i64::from(!counted)])?;
        Ok(())
    }

    pub fn job_uncertain(
        &mut self,
        id: JobId,
        due_at: DateTime<Utc>,
        reason: &str,
    ) -> Result<(), Error> {
        let sql = r"UPDATE outbox SET state = 'uncertain', uncertain = uncertain + 1, due_at = ?2, last_error = ?3 WHERE id = ?1";
        self.prepare(sql)?
            .execute(params![id.0, time(due_at), reason])?;
        Ok(())
    }

    pub fn kill_job(&mut self, id: JobId, reason: &str) -> Result<(), Error> {
        let sql = r"UPDATE outbox SET state = 'dead', due_at = NULL, last_error = ?2 WHERE id = ?1";
        self.prepare(sql)?.execute(params![id.0, reason])?;
        self.effects.outbox = true; // the key's next job may go
        Ok(())
    }

    /// Lets the dead jobs, or one of them, and dead updates try again; how many.
    pub fn replay(&mut self, id: Option<JobId>) -> Result<usize, Error> {
        let now = time(self.now());
        let sql = r"UPDATE outbox SET state = 'waiting', attempts = 0, uncertain = 0, due_at = NULL, created_at = ?2
                    WHERE state = 'dead' AND (?1 IS NULL OR id = ?1)";
        let mut count = self
            .prepare(sql)?
            .execute(params![id.map(|id| id.0), now])?;
        if id.is_none() {
            count += self
                .prepare(r"UPDATE inbox SET state = 'new' WHERE state = 'dead'")?
                .execute([])?;
        }
        self.effects.outbox = true;
        self.effects.inbox = true;
        Ok(count)
    }

    /// The latest time a retry may be put off to across a restart.
    pub fn clamp_due(&mut self, carrier: &str, most: Duration) -> Result<(), Error> {
        let sql = r"UPDATE outbox SET due_at = ?2 WHERE carrier = ?1 AND due_at > ?2";
        let latest = time(self.now() + most);
        self.prepare(sql)?.execute(params![carrier, latest])?;
        Ok(())
    }
}
