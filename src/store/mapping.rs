//! Which ticket a Telegram message belongs to, and where a group went when its id changed.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::open::{read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId};

impl Reading<'_> {
    pub fn ticket_of_post(
        &self,
        chat: i64,
        telegram_message: i64,
    ) -> Result<Option<TicketId>, Error> {
        let sql = r"SELECT ticket_id FROM message_mapping WHERE chat_id = ?1 AND telegram_message_id = ?2";
        let found = self
            .prepare(sql)?
            .query_row([chat, telegram_message], |row| row.get(0))
            .optional()?;
        Ok(found.map(TicketId))
    }

    /// The answer that an agent's own message became.
    pub fn answer_of(&self, chat: i64, telegram_message: i64) -> Result<Option<MessageId>, Error> {
        let sql = r"SELECT answer_id FROM message_mapping WHERE chat_id = ?1 AND telegram_message_id = ?2 AND answer_id IS NOT NULL";
        let found = self
            .prepare(sql)?
            .query_row([chat, telegram_message], |row| row.get(0))
            .optional()?;
        Ok(found.map(MessageId))
    }

    /// The post that carries a ticket's buttons: chat and message.
    pub fn buttons_of(&self, ticket: TicketId) -> Result<Option<(i64, i64)>, Error> {
        let sql = r"SELECT buttons_chat_id, buttons_message_id FROM tickets
                    WHERE id = ?1 AND buttons_chat_id IS NOT NULL AND buttons_message_id IS NOT NULL";
        Ok(self
            .prepare(sql)?
            .query_row([ticket.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    }

    /// The bot's own posts into groups since then, oldest first: chat and time.
    pub fn posts_since(&self, since: DateTime<Utc>) -> Result<Vec<(i64, DateTime<Utc>)>, Error> {
        let sql = r"SELECT chat_id, created_at FROM message_mapping WHERE created_at >= ?1 AND answer_id IS NULL AND chat_id < 0 ORDER BY created_at";
        let times = self
            .prepare(sql)?
            .query_map([time(since)], |row| {
                Ok((row.get(0)?, read_time(row, "created_at")?))
            })?
            .collect::<Result<_, _>>()?;
        Ok(times)
    }

    /// Where the group with this id lives today.
    pub fn current_chat(&self, configured: i64) -> Result<i64, Error> {
        let sql = r"SELECT new_chat_id FROM chat_migrations WHERE old_chat_id = ?1";
        let mut chat = configured;
        // A chain longer than this is a circle, which Telegram does not make.
        for _ in 0..8 {
            match self
                .prepare(sql)?
                .query_row([chat], |row| row.get(0))
                .optional()?
            {
                Some(next) => chat = next,
                None => break,
            }
        }
        Ok(chat)
    }
}

impl Tx<'_> {
    pub fn map_post(
        &mut self,
        chat: i64,
        telegram_message: i64,
        ticket: TicketId,
        answer: Option<MessageId>,
    ) -> Result<(), Error> {
        let sql = r"INSERT INTO message_mapping (chat_id, telegram_message_id, ticket_id, answer_id, created_at)
                    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (chat_id, telegram_message_id) DO NOTHING";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![
            chat,
            telegram_message,
            ticket.0,
            answer.map(|id| id.0),
            now
        ])?;
        Ok(())
    }

    pub fn set_buttons(&mut self, ticket: TicketId, post: Option<(i64, i64)>) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET buttons_chat_id = ?2, buttons_message_id = ?3 WHERE id = ?1";
        self.prepare(sql)?.execute(params![
            ticket.0,
            post.map(|(chat, _)| chat),
            post.map(|(_, message)| message)
        ])?;
        Ok(())
    }

    pub fn remember_migration(&mut self, old: i64, new: i64) -> Result<(), Error> {
        let sql = r"INSERT INTO chat_migrations (old_chat_id, new_chat_id) VALUES (?1, ?2)
                    ON CONFLICT (old_chat_id) DO UPDATE SET new_chat_id = excluded.new_chat_id";
        self.prepare(sql)?.execute([old, new])?;
        Ok(())
    }
}
