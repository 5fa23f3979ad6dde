//! Private chats with the bot: what each is in the middle of, who is behind it, and where a message is shown.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::contact_book::ContactChange;
use super::contacts::ContactRow;
use super::open::{read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, ContactId, MessageId, TicketId, UserId};
use crate::domain::locale::Locale;
use crate::domain::ticket::Channel;

/// What a chat is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogueRow {
    /// JSON.
    pub state: String,
    pub turn: i64,
    pub updated_at: DateTime<Utc>,
}

/// Somebody as Telegram describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelegramPerson {
    pub telegram_id: i64,
    pub first_name: String,
    pub last_name: Option<String>,
    /// Without `@`.
    pub username: Option<String>,
}

impl TelegramPerson {
    pub fn user(&self) -> UserId {
        UserId::of_telegram(self.telegram_id)
    }

    /// Full name, else username, else the id.
    pub fn shown_name(&self) -> String {
        let last = self.last_name.as_deref().unwrap_or_default();
        let full = format!("{} {}", self.first_name.trim(), last.trim());
        match (full.trim(), &self.username) {
            ("", Some(username)) => username.clone(),
            ("", None) => self.telegram_id.to_string(),
            (full, _) => full.to_owned(),
        }
    }
}

impl Reading<'_> {
    pub fn dialogue(&self, chat: i64) -> Result<Option<DialogueRow>, Error> {
        let sql = r"SELECT state, turn, updated_at FROM dialogues WHERE chat_id = ?1";
        let found = self.prepare(sql)?.query_row([chat], |row| {
            Ok(DialogueRow {
                state: row.get("state")?,
                turn: row.get("turn")?,
                updated_at: read_time(row, "updated_at")?,
            })
        });
        Ok(found.optional()?)
    }

    /// What is spoken in a chat: what its contact has chosen, else what its app speaks.
    pub fn language_of_chat(&self, chat: i64) -> Result<Option<Locale>, Error> {
        let sql = r"SELECT COALESCE((SELECT language FROM contacts WHERE telegram_id = ?1),
                    (SELECT language FROM dialogues WHERE chat_id = ?1))";
        let word: Option<String> = self.prepare(sql)?.query_row([chat], |row| row.get(0))?;
        Ok(word.and_then(|word| Locale::parse(&word)))
    }

    /// Whether the user keeps the bot out.
    pub fn keeps_bot_out(&self, contact: ContactId) -> Result<bool, Error> {
        let sql = r"SELECT 1 FROM contacts WHERE id = ?1 AND bot_blocked_at IS NOT NULL";
        Ok(self.prepare(sql)?.exists([contact.0])?)
    }

    /// The posts of private chats that show a message: chat and post, the oldest first.
    pub fn shown_in(&self, message: MessageId) -> Result<Vec<(i64, i64)>, Error> {
        let sql = r"SELECT chat_id, telegram_message_id FROM message_mapping WHERE shows_id = ?1 ORDER BY chat_id, telegram_message_id";
        let posts = self
            .prepare(sql)?
            .query_map([message.0], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(posts)
    }
}

impl Reading<'_> {
    /// When an agent is told of tickets without a sound, as a word of the desk's.
    pub fn quiet_of(&self, agent: AgentId) -> Result<Option<String>, Error> {
        let sql = r"SELECT quiet FROM agents WHERE id = ?1";
        Ok(self
            .prepare(sql)?
            .query_row([agent.0], |row| row.get(0))
            .optional()?)
    }
}

impl Tx<'_> {
    pub fn set_quiet(&mut self, agent: AgentId, quiet: &str) -> Result<(), Error> {
        let sql = r"UPDATE agents SET quiet = ?2 WHERE id = ?1";
        self.prepare(sql)?.execute(params![agent.0, quiet])?;
        Ok(())
    }

    pub fn put_dialogue(
        &mut self,
        chat: i64,
        state: &str,
        turn: i64,
        language: Option<Locale>,
    ) -> Result<(), Error> {
        let sql = r"INSERT INTO dialogues (chat_id, state, turn, language, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT (chat_id) DO UPDATE SET state = excluded.state, turn = excluded.turn,
                    language = COALESCE(excluded.language, language), updated_at = excluded.updated_at";
        let (now, language) = (time(self.now()), language.map(Locale::as_str));
        self.prepare(sql)?
            .execute(params![chat, state, turn, language, now])?;
        Ok(())
    }

    /// The contact that is this Telegram user, made if new, under the names it has now.
    pub fn touch_telegram(&mut self, person: &TelegramPerson) -> Result<ContactRow, Error> {
        let known = match self.contact_of_telegram(person.telegram_id)? {
            Some(known) => known,
            None => {
                let (user, id) = (person.user(), person.telegram_id);
                let id = self.insert_contact(&user, Channel::Telegram, Some(id))?;
                self.contact_again(id)?
            }
        };
        let (name, last) = (person.shown_name(), person.last_name.clone());
        let change = ContactChange {
            name: Some(name),
            username: Some(person.username.clone().unwrap_or_default()),
            first_name: Some(person.first_name.clone()),
            last_name: Some(last.unwrap_or_default()),
            ..ContactChange::default()
        };
        let is = |told: &Option<String>, known: &Option<String>| {
            told.as_deref().unwrap_or_default() == known.as_deref().unwrap_or_default()
        };
        let same = is(&change.name, &known.name)
            && is(&change.username, &known.username)
            && is(&change.first_name, &known.first_name)
            && is(&change.last_name, &known.last_name);
        // Another channel's contact that is linked keeps the name its app gave it.
        if same || known.channel != Channel::Telegram {
            return Ok(known);
        }
        self.change_contact(known.id, &change)?;
        self.contact_again(known.id)
    }

    fn contact_again(&self, id: ContactId) -> Result<ContactRow, Error> {
        let found = self.contact_by_id(id)?;
        found.ok_or_else(|| Error::internal("a contact that was just stored is not there"))
    }

    /// The user keeps the bot out from now on, or no longer; whether that was news.
    pub fn set_bot_out(&mut self, contact: ContactId, out: bool) -> Result<bool, Error> {
        let sql = r"UPDATE contacts SET bot_blocked_at = ?2 WHERE id = ?1 AND (bot_blocked_at IS NULL) = ?3";
        let at = out.then(|| time(self.now()));
        Ok(self.prepare(sql)?.execute(params![contact.0, at, out])? > 0)
    }

    /// What waits in a lane is no longer wanted; what is being sent ends by itself.
    pub fn end_lane(&mut self, carrier: &str, lane: &str) -> Result<usize, Error> {
        let sql = r"DELETE FROM outbox WHERE carrier = ?1 AND lane = ?2 AND state IN ('waiting', 'uncertain')";
        Ok(self.prepare(sql)?.execute(params![carrier, lane])?)
    }

    /// A post of a private chat shows this message.
    pub fn map_shown(
        &mut self,
        chat: i64,
        post: i64,
        ticket: TicketId,
        message: MessageId,
    ) -> Result<(), Error> {
        let sql = r"INSERT INTO message_mapping (chat_id, telegram_message_id, ticket_id, shows_id, created_at)
                    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (chat_id, telegram_message_id) DO UPDATE SET shows_id = excluded.shows_id";
        let now = time(self.now());
        self.prepare(sql)?
            .execute(params![chat, post, ticket.0, message.0, now])?;
        Ok(())
    }
}
