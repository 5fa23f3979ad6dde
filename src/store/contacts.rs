//! Contacts: who asks.

use rusqlite::{OptionalExtension, Row, params};

use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{ContactId, MessageId, UserId};

#[derive(Debug, Clone)]
pub struct ContactRow {
    pub id: ContactId,
    pub user: UserId,
    pub name: Option<String>,
    pub read_up_to: MessageId,
}

fn contact(row: &Row) -> rusqlite::Result<ContactRow> {
    Ok(ContactRow {
        id: ContactId(row.get("id")?),
        user: UserId::stored(row.get("user_id")?),
        name: row.get("name")?,
        read_up_to: MessageId(row.get("read_up_to")?),
    })
}

impl Reading<'_> {
    pub fn contact(&self, user: &UserId) -> Result<Option<ContactRow>, Error> {
        let sql = r"SELECT id, user_id, name, read_up_to FROM contacts WHERE user_id = ?1";
        Ok(self
            .prepare(sql)?
            .query_row([user.as_str()], contact)
            .optional()?)
    }
}

impl Tx<'_> {
    /// The contact with this id, made if new; a name that was given becomes the latest known one.
    pub fn touch_contact(
        &mut self,
        user: &UserId,
        name: Option<&str>,
        channel: &str,
    ) -> Result<ContactRow, Error> {
        if let Some(mut known) = self.contact(user)? {
            if let Some(name) = name.filter(|name| known.name.as_deref() != Some(name)) {
                let sql = r"UPDATE contacts SET name = ?2 WHERE id = ?1";
                self.prepare(sql)?.execute(params![known.id.0, name])?;
                known.name = Some(name.to_owned());
            }
            return Ok(known);
        }
        let sql = r"INSERT INTO contacts (user_id, name, channel, created_at) VALUES (?1, ?2, ?3, ?4)
                    RETURNING id, user_id, name, read_up_to";
        let now = super::open::time(self.now());
        Ok(self
            .prepare(sql)?
            .query_row(params![user.as_str(), name, channel, now], contact)?)
    }

    /// Moves the contact's mark forward, never back.
    pub fn mark_read(&mut self, id: ContactId, up_to: MessageId) -> Result<(), Error> {
        let sql = r"UPDATE contacts SET read_up_to = ?2 WHERE id = ?1 AND read_up_to < ?2";
        self.prepare(sql)?.execute(params![id.0, up_to.0])?;
        Ok(())
    }
}
