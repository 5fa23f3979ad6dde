//! Sign-ins of staff: the hash of a token leads to an account for as long as it lasts; and how often
//! somebody failed to sign in.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::open::{read_optional_time, read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::AgentId;

/// Failed sign-ins in a row, of an account or from an address.
#[derive(Debug, Clone)]
pub struct LoginFailures {
    pub failures: u32,
    pub locked_until: Option<DateTime<Utc>>,
    pub last_at: DateTime<Utc>,
}

impl Reading<'_> {
    pub fn login_failures(&self, key: &str) -> Result<Option<LoginFailures>, Error> {
        let sql = r"SELECT failures, locked_until, last_at FROM login_failures WHERE key = ?1";
        Ok(self
            .prepare(sql)?
            .query_row([key], |row| {
                Ok(LoginFailures {
                    failures: row.get("failures")?,
                    locked_until: read_optional_time(row, "locked_until")?,
                    last_at: read_time(row, "last_at")?,
                })
            })
            .optional()?)
    }

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

    /// Signs a token out; one that is not signed in is none.
    pub fn delete_staff_session(&mut self, token_hash: &[u8; 32]) -> Result<(), Error> {
        let sql = r"DELETE FROM staff_sessions WHERE token_hash = ?1";
        self.prepare(sql)?.execute([token_hash])?;
        Ok(())
    }

    /// Signs an agent out everywhere.
    pub fn delete_sessions_of(&mut self, agent: AgentId) -> Result<(), Error> {
        let sql = r"DELETE FROM staff_sessions WHERE agent_id = ?1";
        self.prepare(sql)?.execute([agent.0])?;
        Ok(())
    }

    pub fn set_login_failures(
        &mut self,
        key: &str,
        failures: u32,
        locked_until: Option<DateTime<Utc>>,
    ) -> Result<(), Error> {
        let sql = r"INSERT INTO login_failures (key, failures, locked_until, last_at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (key) DO UPDATE SET failures = ?2, locked_until = ?3, last_at = ?4";
        let now = time(self.now());
        self.prepare(sql)?
            .execute(params![key, failures, locked_until.map(time), now])?;
        Ok(())
    }

    pub fn clear_login_failures(&mut self, key: &str) -> Result<(), Error> {
        let sql = r"DELETE FROM login_failures WHERE key = ?1";
        self.prepare(sql)?.execute([key])?;
        Ok(())
    }

    /// One failure less, and the lock it brought; a lock that another failure brought stays.
    pub fn take_back_login_failure(
        &mut self,
        key: &str,
        lock: Option<DateTime<Utc>>,
    ) -> Result<(), Error> {
        let sql = r"UPDATE login_failures SET failures = MAX(failures - 1, 0),
                    locked_until = CASE WHEN locked_until = ?2 THEN NULL ELSE locked_until END WHERE key = ?1";
        self.prepare(sql)?.execute(params![key, lock.map(time)])?;
        Ok(())
    }

    /// Removes sign-ins that have ended, and failures whose last one was before; how many rows.
    pub fn forget_sign_ins(&mut self, failed_before: DateTime<Utc>) -> Result<usize, Error> {
        let now = time(self.now());
        let sql = r"DELETE FROM staff_sessions WHERE expires_at <= ?1";
        let ended = self.prepare(sql)?.execute([now])?;
        let sql = r"DELETE FROM login_failures WHERE last_at < ?1";
        Ok(ended + self.prepare(sql)?.execute([time(failed_before)])?)
    }
}
