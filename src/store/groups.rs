//! The agents' groups: which there are, which of them shows a ticket, and the ticket's topics in them.

use rusqlite::{OptionalExtension, params};

use super::open::time;
use super::outbox::{JobRow, job};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::error::Error;
use crate::domain::group::GroupRef;
use crate::domain::ids::{CategoryId, JobId, TicketId};

/// The setting that keeps the id of the default group, as the server was last started with.
pub const DEFAULT_GROUP: &str = "default_group";

/// Where a ticket's posts go, and where its category says that they should.
#[derive(Debug, Clone, Copy, Default)]
pub struct TicketGroups {
    pub shown: GroupRef,
    pub wanted: GroupRef,
}

impl Reading<'_> {
    /// Every group that a category named at some time, with what it was called then.
    pub fn groups(&self) -> Result<Vec<(i64, String)>, Error> {
        let sql = r"SELECT chat_id, title FROM groups ORDER BY chat_id DESC";
        let found = self
            .prepare(sql)?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// Those of them that a category names, or for which something waits.
    pub fn groups_in_use(&self) -> Result<Vec<(i64, String)>, Error> {
        let sql = r"SELECT chat_id, title FROM groups g
                    WHERE EXISTS (SELECT 1 FROM categories c WHERE c.group_chat_id = g.chat_id)
                       OR EXISTS (SELECT 1 FROM outbox o WHERE o.carrier = 'group' AND o.lane = 'group:' || g.chat_id AND o.state <> 'dead')
                    ORDER BY chat_id DESC";
        let found = self
            .prepare(sql)?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// Whether a category names the group.
    pub fn is_named(&self, group: i64) -> Result<bool, Error> {
        let sql = r"SELECT 1 FROM categories WHERE group_chat_id = ?1";
        Ok(self.prepare(sql)?.exists([group])?)
    }

    /// The group that lives in this chat, or did; what nobody named counts as the default one.
    pub fn group_of_chat(&self, chat: i64) -> Result<GroupRef, Error> {
        Ok(self.known_group(chat)?.unwrap_or_default())
    }

    /// The same; None for a chat that nobody named. A chat is one group, however often it was named: the default one
    /// before all others.
    pub fn known_group(&self, chat: i64) -> Result<Option<GroupRef>, Error> {
        let now = self.current_chat(chat)?;
        let default = self.desk_setting(DEFAULT_GROUP)?;
        if let Some(default) = default.and_then(|id| id.parse().ok())
            && self.current_chat(default)? == now
        {
            return Ok(Some(GroupRef::Default));
        }
        for (group, _) in self.groups()? {
            if self.current_chat(group)? == now {
                return Ok(Some(GroupRef::Named(group)));
            }
        }
        Ok(None)
    }

    pub fn ticket_groups(&self, ticket: TicketId) -> Result<TicketGroups, Error> {
        let sql = r"SELECT t.group_chat_id, c.group_chat_id FROM tickets t LEFT JOIN categories c ON c.id = t.category_id WHERE t.id = ?1";
        let found = self
            .prepare(sql)?
            .query_row([ticket.0], |row| {
                Ok(TicketGroups {
                    shown: GroupRef::of_named(row.get(0)?),
                    wanted: GroupRef::of_named(row.get(1)?),
                })
            })
            .optional()?;
        Ok(found.unwrap_or_default())
    }

    /// Whether a group can have seen something of the ticket.
    pub fn was_shown(&self, ticket: TicketId) -> Result<bool, Error> {
        let sql = r"SELECT EXISTS (SELECT 1 FROM message_mapping WHERE ticket_id = ?1 AND chat_id < 0)
                        OR EXISTS (SELECT 1 FROM ticket_topics WHERE ticket_id = ?1)
                        OR EXISTS (SELECT 1 FROM outbox WHERE ticket_id = ?1 AND carrier = 'group' AND state IN ('sending', 'uncertain'))";
        Ok(self.prepare(sql)?.query_row([ticket.0], |row| row.get(0))?)
    }

    /// The jobs of a ticket in a lane of its groups that are not being sent, in order.
    pub fn waiting_in(&self, ticket: TicketId, lane: &str) -> Result<Vec<JobRow>, Error> {
        let sql = r"SELECT id, lane, kind, ticket_id, message_id, device_id, payload, attempts, uncertain, created_at, last_error
                    FROM outbox WHERE carrier = 'group' AND lane = ?1 AND ticket_id = ?2 AND state = 'waiting' ORDER BY id";
        let jobs = self
            .prepare(sql)?
            .query_map(params![lane, ticket.0], job)?
            .collect::<Result<_, _>>()?;
        Ok(jobs)
    }

    /// The jobs of a kind in a lane of groups that are not being sent, in order.
    pub fn waiting_of_kind(&self, lane: &str, kind: &str) -> Result<Vec<JobRow>, Error> {
        let sql = r"SELECT id, lane, kind, ticket_id, message_id, device_id, payload, attempts, uncertain, created_at, last_error
                    FROM outbox WHERE carrier = 'group' AND lane = ?1 AND kind = ?2 AND state = 'waiting' ORDER BY id";
        let jobs = self
            .prepare(sql)?
            .query_map([lane, kind], job)?
            .collect::<Result<_, _>>()?;
        Ok(jobs)
    }

    /// Tickets of a category of which something waits for another group than this.
    pub fn waiting_elsewhere(
        &self,
        category: CategoryId,
        group: GroupRef,
    ) -> Result<Vec<TicketId>, Error> {
        let sql = r"SELECT DISTINCT t.id FROM outbox o JOIN tickets t ON t.id = o.ticket_id
                    WHERE o.carrier = 'group' AND o.state = 'waiting' AND o.lane <> ?2 AND t.category_id = ?1 ORDER BY t.id";
        let found = self
            .prepare(sql)?
            .query_map(params![category.0, group.lane()], |row| {
                row.get(0).map(TicketId)
            })?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    pub fn ticket_of_topic(&self, chat: i64, thread: i64) -> Result<Option<TicketId>, Error> {
        let sql = r"SELECT ticket_id FROM ticket_topics WHERE chat_id = ?1 AND thread_id = ?2";
        self.ticket_id(sql, [chat, thread])
    }

    /// The ticket's topic in a forum.
    pub fn topic_of(&self, ticket: TicketId, chat: i64) -> Result<Option<i64>, Error> {
        let sql = r"SELECT thread_id FROM ticket_topics WHERE ticket_id = ?1 AND chat_id = ?2";
        Ok(self
            .prepare(sql)?
            .query_row([ticket.0, chat], |row| row.get(0))
            .optional()?)
    }
}

impl Tx<'_> {
    pub fn name_group(&mut self, chat: i64, title: &str) -> Result<(), Error> {
        let sql = r"INSERT INTO groups (chat_id, title, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (chat_id) DO UPDATE SET title = excluded.title";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![chat, title, now])?;
        Ok(())
    }

    pub fn set_category_group(&mut self, id: CategoryId, group: GroupRef) -> Result<(), Error> {
        let sql = r"UPDATE categories SET group_chat_id = ?2 WHERE id = ?1";
        self.prepare(sql)?.execute(params![id.0, group.named()])?;
        Ok(())
    }

    pub fn set_ticket_group(&mut self, id: TicketId, group: GroupRef) -> Result<(), Error> {
        let sql = r"UPDATE tickets SET group_chat_id = ?2 WHERE id = ?1";
        self.prepare(sql)?.execute(params![id.0, group.named()])?;
        Ok(())
    }

    /// Makes what was a named group's another's: categories, tickets, and what is to leave, in the order it came in.
    /// How many categories and jobs there were.
    pub fn merge_group(&mut self, group: i64, into: GroupRef) -> Result<(usize, usize), Error> {
        let sql = r"UPDATE tickets SET group_chat_id = ?2 WHERE group_chat_id = ?1";
        self.prepare(sql)?.execute(params![group, into.named()])?;
        let sql = r"UPDATE categories SET group_chat_id = ?2 WHERE group_chat_id = ?1";
        let categories = self.prepare(sql)?.execute(params![group, into.named()])?;
        let (from, to) = (GroupRef::Named(group).lane(), into.lane());
        let mut jobs = 0;
        for sql in [
            r"UPDATE outbox SET lane = ?2 WHERE carrier = 'group' AND lane = ?1 AND state <> 'dead'",
            r"UPDATE outbox SET lane = ?2 WHERE carrier = 'group' AND lane = ?1 AND state = 'dead'",
        ] {
            jobs += self.prepare(sql)?.execute([&from, &to])?;
        }
        self.effects.outbox = true;
        Ok((categories, jobs))
    }

    pub fn set_topic(&mut self, ticket: TicketId, chat: i64, thread: i64) -> Result<(), Error> {
        let sql = r"INSERT INTO ticket_topics (chat_id, thread_id, ticket_id) VALUES (?1, ?2, ?3)
                    ON CONFLICT (ticket_id, chat_id) DO UPDATE SET thread_id = excluded.thread_id";
        self.prepare(sql)?.execute([chat, thread, ticket.0])?;
        Ok(())
    }

    pub fn drop_topic(&mut self, ticket: TicketId, chat: i64) -> Result<(), Error> {
        let sql = r"DELETE FROM ticket_topics WHERE ticket_id = ?1 AND chat_id = ?2";
        self.prepare(sql)?.execute([ticket.0, chat])?;
        Ok(())
    }

    /// Puts jobs at the end of another lane, in this order.
    pub fn move_jobs(&mut self, jobs: &[JobId], lane: &str) -> Result<(), Error> {
        let sql = r"INSERT INTO outbox (carrier, lane, fair_key, kind, ticket_id, message_id, device_id, payload, created_at)
                    SELECT carrier, ?2, fair_key, kind, ticket_id, message_id, device_id, payload, created_at FROM outbox WHERE id = ?1";
        for job in jobs {
            self.prepare(sql)?.execute(params![job.0, lane])?;
            self.end_job(*job)?;
        }
        self.effects.outbox = true;
        Ok(())
    }
}
