//! Updates from Telegram as they came, so that acknowledging one loses nothing.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::open::time;
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;

impl Reading<'_> {
    /// Updates nobody handled yet, in the order they came, after the row of `after`.
    pub fn waiting_updates(&self, limit: u32) -> Result<Vec<(i64, Vec<u8>)>, Error> {
        let sql = r"SELECT update_id, body FROM inbox WHERE state = 'new' ORDER BY id LIMIT ?1";
        let updates = self
            .prepare(sql)?
            .query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(updates)
    }
}

impl Tx<'_> {
    /// Stores an update once, however often it comes.
    pub fn put_update(&mut self, update_id: i64, body: &[u8]) -> Result<(), Error> {
        let sql = r"INSERT INTO inbox (update_id, body, received_at) VALUES (?1, ?2, ?3) ON CONFLICT (update_id) DO NOTHING";
        let now = time(self.now());
        let added = self.prepare(sql)?.execute(params![update_id, body, now])?;
        self.effects.inbox |= added > 0;
        Ok(())
    }

    pub fn update_done(&mut self, update_id: i64) -> Result<(), Error> {
        let sql = r"UPDATE inbox SET state = 'done' WHERE update_id = ?1";
        self.prepare(sql)?.execute([update_id])?;
        Ok(())
    }

    /// What is left to do for an update takes its place, so that a restart does that and nothing twice.
    pub fn update_left(&mut self, update_id: i64, left: &[u8]) -> Result<(), Error> {
        let sql = r"UPDATE inbox SET body = ?2 WHERE update_id = ?1";
        self.prepare(sql)?.execute(params![update_id, left])?;
        Ok(())
    }

    pub fn update_dead(&mut self, update_id: i64, reason: &str) -> Result<(), Error> {
        let sql = r"UPDATE inbox SET state = 'dead', last_error = ?2 WHERE update_id = ?1";
        self.prepare(sql)?.execute(params![update_id, reason])?;
        Ok(())
    }

    /// Forgets handled updates that Telegram can not send again (it keeps them for a day).
    pub fn forget_updates(&mut self, before: DateTime<Utc>) -> Result<usize, Error> {
        let sql = r"DELETE FROM inbox WHERE state = 'done' AND received_at < ?1";
        Ok(self.prepare(sql)?.execute([time(before)])?)
    }
}
