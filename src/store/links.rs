//! Link codes, and what makes one contact of two: a person in Telegram turns out to be an app's or a site's user.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::open::time;
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, ContactId};

/// Who somebody in Telegram is, says a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkTo {
    Contact(ContactId),
    Agent(AgentId),
}

impl LinkTo {
    fn ids(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Contact(id) => (Some(id.0), None),
            Self::Agent(id) => (None, Some(id.0)),
        }
    }
}

impl Reading<'_> {
    /// Whom a code means, unless it has expired.
    pub fn link_of(
        &self,
        code_hash: &[u8; 32],
        now: DateTime<Utc>,
    ) -> Result<Option<LinkTo>, Error> {
        let sql =
            r"SELECT contact_id, agent_id FROM link_codes WHERE code_hash = ?1 AND expires_at > ?2";
        let found = self
            .prepare(sql)?
            .query_row(params![code_hash, time(now)], |row| {
                let contact: Option<i64> = row.get(0)?;
                let agent: Option<i64> = row.get(1)?;
                let contact = contact.map(|id| LinkTo::Contact(ContactId(id)));
                Ok(contact.or(agent.map(|id| LinkTo::Agent(AgentId(id)))))
            });
        Ok(found.optional()?.flatten())
    }
}

impl Tx<'_> {
    /// A new code; the one before it for the same is worth nothing from now on.
    pub fn put_link_code(
        &mut self,
        code_hash: &[u8; 32],
        to: LinkTo,
        expires_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.end_link_codes(to)?;
        let (contact, agent) = to.ids();
        let sql = r"INSERT INTO link_codes (code_hash, contact_id, agent_id, expires_at) VALUES (?1, ?2, ?3, ?4)";
        self.prepare(sql)?
            .execute(params![code_hash, contact, agent, time(expires_at)])?;
        Ok(())
    }

    pub fn end_link_codes(&mut self, to: LinkTo) -> Result<(), Error> {
        let (contact, agent) = to.ids();
        let sql = r"DELETE FROM link_codes WHERE contact_id = ?1 OR agent_id = ?2";
        self.prepare(sql)?.execute([contact, agent])?;
        Ok(())
    }

    pub fn forget_link_codes(&mut self) -> Result<usize, Error> {
        let now = time(self.now());
        let sql = r"DELETE FROM link_codes WHERE expires_at <= ?1";
        Ok(self.prepare(sql)?.execute([now])?)
    }

    /// Everything of `person`, somebody known from Telegram alone, becomes that of `into`; what `into` does not have of
    /// its own, name or language, it takes from there. Greetings were of the day and go.
    pub fn join_contacts(&mut self, person: ContactId, into: ContactId) -> Result<(), Error> {
        for sql in [
            // What was said in the chat was read there.
            r"UPDATE tickets SET contact_read_up_to = MAX(contact_read_up_to, COALESCE(last_message_id, 0))
              WHERE contact_id = ?1 AND channel = 'telegram'",
            r"DELETE FROM greetings_sent WHERE contact_id = ?1",
            r"DELETE FROM messages WHERE contact_id = ?1 AND is_greeting = 1",
        ] {
            self.prepare(sql)?.execute([person.0])?;
        }
        for sql in [
            // An id of the one's own requests says nothing among the other's.
            r"UPDATE messages SET client_msg_id = NULL WHERE contact_id = ?1
              AND client_msg_id IN (SELECT client_msg_id FROM messages WHERE contact_id = ?2)",
            r"DELETE FROM device_tokens WHERE contact_id = ?1
              AND device_id IN (SELECT device_id FROM device_tokens WHERE contact_id = ?2)",
            r"UPDATE messages SET contact_id = ?2 WHERE contact_id = ?1",
            r"UPDATE tickets SET contact_id = ?2 WHERE contact_id = ?1",
            r"UPDATE device_tokens SET contact_id = ?2 WHERE contact_id = ?1",
            r"UPDATE activity_log SET contact_id = ?2 WHERE contact_id = ?1",
            r"UPDATE contacts SET
                  name = COALESCE(contacts.name, p.name), username = COALESCE(contacts.username, p.username),
                  first_name = COALESCE(contacts.first_name, p.first_name), last_name = COALESCE(contacts.last_name, p.last_name),
                  language = COALESCE(contacts.language, p.language), away_told_on = COALESCE(p.away_told_on, contacts.away_told_on)
              FROM (SELECT * FROM contacts WHERE id = ?1) AS p WHERE contacts.id = ?2",
        ] {
            self.prepare(sql)?.execute([person.0, into.0])?;
        }
        let sql = r"DELETE FROM contacts WHERE id = ?1";
        self.prepare(sql)?.execute([person.0])?;
        Ok(())
    }

    /// Which Telegram user a contact is; None: none any more.
    pub fn set_telegram_of(
        &mut self,
        contact: ContactId,
        telegram_id: Option<i64>,
    ) -> Result<(), Error> {
        let sql = r"UPDATE contacts SET telegram_id = ?2, bot_blocked_at = NULL, updated_at = ?3 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?
            .execute(params![contact.0, telegram_id, now])?;
        Ok(())
    }
}
