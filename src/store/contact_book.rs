//! Contacts as staff keeps them: listed, made, described, removed.

use rusqlite::params;

use super::contacts::{ContactRow, contact, contact_columns};
use super::open::time;
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{ContactId, UserId};
use crate::domain::locale::Locale;
use crate::domain::ticket::Channel;

/// What is said of a contact; None leaves it, an empty text takes it away.
#[derive(Debug, Clone, Default)]
pub struct ContactChange {
    pub name: Option<String>,
    pub username: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub language: Option<Locale>,
    pub is_blocked: Option<bool>,
}

impl Reading<'_> {
    /// A page of contacts, newest first.
    pub fn contacts(&self, limit: u32, offset: u32) -> Result<Vec<ContactRow>, Error> {
        let sql = concat!(
            "SELECT ",
            contact_columns!(),
            " FROM contacts ORDER BY id DESC LIMIT ?1 OFFSET ?2"
        );
        let found = self
            .prepare(sql)?
            .query_map([limit, offset], contact)?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    pub fn count_contacts(&self) -> Result<i64, Error> {
        let sql = r"SELECT COUNT(*) FROM contacts";
        Ok(self.prepare(sql)?.query_row([], |row| row.get(0))?)
    }

    pub fn contact_has_tickets(&self, id: ContactId) -> Result<bool, Error> {
        let sql = r"SELECT 1 FROM tickets WHERE contact_id = ?1";
        Ok(self.prepare(sql)?.exists([id.0])?)
    }
}

impl Tx<'_> {
    /// A contact that has not written yet.
    pub fn insert_contact(
        &mut self,
        user: &UserId,
        channel: Channel,
        telegram_id: Option<i64>,
    ) -> Result<ContactId, Error> {
        let sql = r"INSERT INTO contacts (user_id, channel, telegram_id, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id";
        let now = time(self.now());
        Ok(self.prepare(sql)?.query_row(
            params![user.as_str(), channel.as_str(), telegram_id, now],
            |row| row.get(0).map(ContactId),
        )?)
    }

    pub fn change_contact(&mut self, id: ContactId, change: &ContactChange) -> Result<(), Error> {
        let sql = r"UPDATE contacts SET name = CASE WHEN ?2 IS NULL THEN name ELSE NULLIF(?2, '') END,
                    username = CASE WHEN ?3 IS NULL THEN username ELSE NULLIF(?3, '') END,
                    first_name = CASE WHEN ?4 IS NULL THEN first_name ELSE NULLIF(?4, '') END,
                    last_name = CASE WHEN ?5 IS NULL THEN last_name ELSE NULLIF(?5, '') END,
                    language = COALESCE(?6, language), is_blocked = COALESCE(?7, is_blocked), updated_at = ?8 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![
            id.0,
            change.name,
            change.username,
            change.first_name,
            change.last_name,
            change.language.map(Locale::as_str),
            change.is_blocked,
            now
        ])?;
        Ok(())
    }

    /// Removes a contact without tickets: its greetings and its devices go with it.
    pub fn delete_contact(&mut self, id: ContactId) -> Result<(), Error> {
        for sql in [
            r"DELETE FROM greetings_sent WHERE contact_id = ?1",
            r"DELETE FROM messages WHERE contact_id = ?1",
            r"DELETE FROM device_tokens WHERE contact_id = ?1",
            r"DELETE FROM contacts WHERE id = ?1",
        ] {
            self.prepare(sql)?.execute([id.0])?;
        }
        Ok(())
    }
}
