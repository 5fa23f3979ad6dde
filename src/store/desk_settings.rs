//! What owners set while the server runs, JSON by name, and who was told of it.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, params};

use super::open::time;
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::ContactId;

/// The setting that tells when the last backup was made.
pub const LAST_BACKUP: &str = "last_backup";

impl Reading<'_> {
    pub fn desk_setting(&self, name: &str) -> Result<Option<String>, Error> {
        let sql = r"SELECT value FROM desk_settings WHERE name = ?1";
        Ok(self
            .prepare(sql)?
            .query_row([name], |row| row.get(0))
            .optional()?)
    }

    /// The hours, unless none are set or the contact was told that day that nobody is there.
    pub fn hours_to_tell(
        &self,
        contact: ContactId,
        day: NaiveDate,
    ) -> Result<Option<String>, Error> {
        // Asked with every message of a contact: both tables by their keys.
        let sql = r"SELECT s.value FROM desk_settings s JOIN contacts c ON c.id = ?1
                    WHERE s.name = 'hours' AND (c.away_told_on IS NULL OR c.away_told_on <> ?2)";
        Ok(self
            .prepare(sql)?
            .query_row(params![contact.0, day.to_string()], |row| row.get(0))
            .optional()?)
    }
}

impl Tx<'_> {
    pub fn put_desk_setting(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let sql = r"INSERT INTO desk_settings (name, value, updated_at) VALUES (?1, ?2, ?3)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![name, value, now])?;
        Ok(())
    }

    /// Notes that the contact was told on that day that nobody is there.
    pub fn away_told(&mut self, contact: ContactId, day: NaiveDate) -> Result<(), Error> {
        let sql = r"UPDATE contacts SET away_told_on = ?2 WHERE id = ?1";
        self.prepare(sql)?
            .execute(params![contact.0, day.to_string()])?;
        Ok(())
    }
}
