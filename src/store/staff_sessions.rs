//! Sign-ins of staff: the hash of a token leads to an account for as long as it lasts.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::open::time;
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::AgentId;

impl Reading<'_> {
    /// Whom a token signs in; nobody once it has ended.
    pub fn agent_of_token(
        &self,
        token_hash: &[u8; 32],
        now: DateTime<Utc>,
    ) -> Result<Option<AgentId>, Error> {
        let sql = r"SELECT agent_id FROM staff_sessions WHERE token_hash = ?1 AND expires_at > ?2";
        Ok(self
            .prepare(sql)?
            .query_row(params![token_hash, time(now)], |row| {
                row.get(0).map(AgentId)
            })
            .optional()?)
    }
}

impl Tx<'_> {
    pub fn insert_staff_session(
        &mut self,
        token_hash: &[u8; 32],
        agent: AgentId,
        expires_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let sql = r"INSERT INTO staff_sessions (token_hash, agent_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)";
        let now = time(self.now());
        self.prepare(sql)?
            .execute(params![token_hash, agent.0, now, time(expires_at)])?;
        Ok(())
    }
}
