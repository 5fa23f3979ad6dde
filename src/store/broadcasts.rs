//! Messages to everybody: what is said, whom it goes to, and how far it is.

use rusqlite::{OptionalExtension, Row, params};

use super::open::time;
use super::outbox::JobRow;
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::attachment::AttachmentKind;
use crate::domain::broadcast::{BroadcastState, NextChat, Tally};
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, BroadcastId, JobId};

/// A broadcast about to be stored, as a draft.
pub struct NewBroadcast<'a> {
    pub agent: Option<AgentId>,
    /// Its owner's private chat.
    pub chat: i64,
    pub text: &'a str,
    /// The Bot API's name of a file.
    pub file: Option<(AttachmentKind, &'a str)>,
}

/// A broadcast, as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroadcastRow {
    pub id: BroadcastId,
    pub chat: i64,
    /// The post that shows how far it is.
    pub post: Option<i64>,
    pub state: BroadcastState,
    pub text: String,
    pub file: Option<(AttachmentKind, String)>,
    pub total: i64,
    /// How far it was when that was last told; `after` is not kept here.
    pub tally: Tally,
}

fn broadcast(row: &Row) -> rusqlite::Result<BroadcastRow> {
    let kind: Option<String> = row.get("file_kind")?;
    let kind = kind.and_then(|word| AttachmentKind::parse(&word));
    let state = BroadcastState::parse(row.get_ref("state")?.as_str()?);
    Ok(BroadcastRow {
        id: BroadcastId(row.get("id")?),
        chat: row.get("chat_id")?,
        post: row.get("post_id")?,
        state: state.unwrap_or(BroadcastState::Stopped),
        text: row.get("text")?,
        file: kind.zip(row.get("file_id")?),
        total: row.get("total")?,
        tally: Tally {
            after: 0,
            sent: row.get("sent")?,
            out: row.get("unreached")?,
            failed: row.get("failed")?,
            unknown: row.get("unknown")?,
        },
    })
}

macro_rules! columns_of_broadcasts {
    () => {
        "id, chat_id, post_id, state, text, file_kind, file_id, total, sent, unreached, failed, unknown"
    };
}

/// Everybody who speaks with the bot: neither banned, nor keeping it out, nor staff.
macro_rules! everybody {
    () => {
        "FROM dialogues d JOIN contacts c ON c.telegram_id = d.chat_id WHERE c.is_blocked = 0 AND c.bot_blocked_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.telegram_id = d.chat_id AND a.is_blocked = 0)"
    };
}

impl Reading<'_> {
    pub fn broadcast(&self, id: BroadcastId) -> Result<Option<BroadcastRow>, Error> {
        let sql = concat!(
            "SELECT ",
            columns_of_broadcasts!(),
            " FROM broadcasts WHERE id = ?1"
        );
        Ok(self.prepare(sql)?.query_row([id.0], broadcast).optional()?)
    }

    /// The one that is under way.
    pub fn running_broadcast(&self) -> Result<Option<BroadcastRow>, Error> {
        let sql = concat!(
            "SELECT ",
            columns_of_broadcasts!(),
            " FROM broadcasts WHERE state IN ('running', 'stopping')"
        );
        Ok(self.prepare(sql)?.query_row([], broadcast).optional()?)
    }

    /// How many would get one now.
    pub fn count_everybody(&self) -> Result<i64, Error> {
        let sql = concat!("SELECT COUNT(*) ", everybody!());
        Ok(self.prepare(sql)?.query_row([], |row| row.get(0))?)
    }

    /// Whose turn it is after a chat, and whether it may be written to today.
    pub fn next_chat(&self, id: BroadcastId, after: i64) -> Result<Option<NextChat>, Error> {
        let sql = r"SELECT r.chat_id, EXISTS (SELECT 1 FROM contacts c WHERE c.telegram_id = r.chat_id
                    AND c.is_blocked = 0 AND c.bot_blocked_at IS NULL) AS is_open
                    FROM broadcast_recipients r WHERE r.broadcast_id = ?1 AND r.chat_id > ?2 ORDER BY r.chat_id LIMIT 1";
        let found = self.prepare(sql)?.query_row(params![id.0, after], |row| {
            Ok(NextChat {
                chat: row.get("chat_id")?,
                is_open: row.get("is_open")?,
            })
        });
        Ok(found.optional()?)
    }

    /// The job of a lane that carries one job and is not given up, and whether it is being sent.
    pub fn only_job(&self, carrier: &str, lane: &str) -> Result<Option<(JobRow, bool)>, Error> {
        let sql = r"SELECT id, state = 'sending' AS sending FROM outbox WHERE carrier = ?1 AND lane = ?2 AND state <> 'dead' LIMIT 1";
        let found: Option<(i64, bool)> = self
            .prepare(sql)?
            .query_row(params![carrier, lane], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((id, sending)) = found else {
            return Ok(None);
        };
        Ok(self.job(JobId(id))?.map(|job| (job, sending)))
    }

    /// Whether a lane has a job of this kind that waits to be sent.
    pub fn waits_in_lane(&self, carrier: &str, lane: &str, kind: &str) -> Result<bool, Error> {
        let sql = r"SELECT 1 FROM outbox WHERE carrier = ?1 AND lane = ?2 AND kind = ?3 AND state IN ('waiting', 'uncertain') LIMIT 1";
        Ok(self.prepare(sql)?.exists(params![carrier, lane, kind])?)
    }
}

impl Tx<'_> {
    pub fn insert_draft(&mut self, new: &NewBroadcast) -> Result<BroadcastId, Error> {
        let sql = r"INSERT INTO broadcasts (agent_id, chat_id, state, text, file_kind, file_id, created_at)
                    VALUES (?1, ?2, 'draft', ?3, ?4, ?5, ?6) RETURNING id";
        let now = time(self.now());
        let (kind, file) = new.file.unzip();
        let values = params![
            new.agent.map(|agent| agent.0),
            new.chat,
            new.text,
            kind.map(AttachmentKind::as_str),
            file,
            now
        ];
        let id = self.prepare(sql)?.query_row(values, |row| row.get(0))?;
        Ok(BroadcastId(id))
    }

    /// What was written in a chat and not let go is no longer wanted.
    pub fn drop_drafts(&mut self, chat: i64) -> Result<usize, Error> {
        let sql = r"DELETE FROM broadcasts WHERE chat_id = ?1 AND state = 'draft'";
        Ok(self.prepare(sql)?.execute([chat])?)
    }

    /// Lets a draft go to everybody there is now; how many they are.
    pub fn begin_broadcast(&mut self, id: BroadcastId, post: Option<i64>) -> Result<i64, Error> {
        let sql = concat!(
            "INSERT INTO broadcast_recipients (broadcast_id, chat_id) SELECT ?1, d.chat_id ",
            everybody!()
        );
        let total = self.prepare(sql)?.execute([id.0])?;
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        let sql = r"UPDATE broadcasts SET state = 'running', post_id = ?2, total = ?3, started_at = ?4 WHERE id = ?1 AND state = 'draft'";
        let now = time(self.now());
        self.prepare(sql)?
            .execute(params![id.0, post, total, now])?;
        Ok(total)
    }

    /// Keeps how far it is.
    pub fn keep_tally(&mut self, id: BroadcastId, tally: &Tally) -> Result<(), Error> {
        let sql = r"UPDATE broadcasts SET sent = ?2, unreached = ?3, failed = ?4, unknown = ?5 WHERE id = ?1";
        let values = params![id.0, tally.sent, tally.out, tally.failed, tally.unknown];
        self.prepare(sql)?.execute(values)?;
        Ok(())
    }

    /// It ends after the one that is being written to.
    pub fn stop_broadcast(&mut self, id: BroadcastId) -> Result<(), Error> {
        let sql = r"UPDATE broadcasts SET state = 'stopping' WHERE id = ?1 AND state = 'running'";
        self.prepare(sql)?.execute([id.0])?;
        Ok(())
    }

    /// It is over, and whom it went to is forgotten.
    pub fn end_broadcast(&mut self, id: BroadcastId, end: BroadcastState) -> Result<(), Error> {
        let sql = r"UPDATE broadcasts SET state = ?2, ended_at = ?3 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?
            .execute(params![id.0, end.as_str(), now])?;
        let sql = r"DELETE FROM broadcast_recipients WHERE broadcast_id = ?1";
        self.prepare(sql)?.execute([id.0])?;
        Ok(())
    }

    /// The post that shows how far it is.
    pub fn keep_post(&mut self, id: BroadcastId, post: i64) -> Result<(), Error> {
        let sql = r"UPDATE broadcasts SET post_id = ?2 WHERE id = ?1";
        self.prepare(sql)?.execute(params![id.0, post])?;
        Ok(())
    }
}
