//! Staff as rows: accounts, and the categories they answer.

use rusqlite::{OptionalExtension, Row, params};

use super::open::{read_optional_time, read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::agent::{Agent, Email, Role};
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId, TicketId};

macro_rules! select_agents {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, first_name, last_name, username, role, is_blocked, telegram_id, last_assigned_at, created_at, updated_at ",
            "FROM agents ", $rest
        )
    };
}

fn agent(row: &Row) -> rusqlite::Result<Agent> {
    let role: String = row.get("role")?;
    Ok(Agent {
        id: AgentId(row.get("id")?),
        email: row.get("email")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        username: row.get("username")?,
        role: Role::parse(&role).ok_or_else(|| {
            let unknown = format!("unknown role in the store: {role}");
            rusqlite::Error::FromSqlConversionFailure(
                5,
                rusqlite::types::Type::Text,
                unknown.into(),
            )
        })?,
        is_blocked: row.get("is_blocked")?,
        telegram_id: row.get("telegram_id")?,
        categories: Vec::new(),
        last_assigned_at: read_optional_time(row, "last_assigned_at")?,
        created_at: read_time(row, "created_at")?,
        updated_at: read_time(row, "updated_at")?,
    })
}

impl Reading<'_> {
    pub fn agent(&self, id: AgentId) -> Result<Option<Agent>, Error> {
        let sql = select_agents!("WHERE id = ?1");
        let found = self.prepare(sql)?.query_row([id.0], agent).optional()?;
        self.with_categories(found)
    }

    /// The account of a Telegram user.
    pub fn agent_of_telegram(&self, telegram_id: i64) -> Result<Option<Agent>, Error> {
        let sql = select_agents!("WHERE telegram_id = ?1");
        let found = self
            .prepare(sql)?
            .query_row([telegram_id], agent)
            .optional()?;
        self.with_categories(found)
    }

    fn with_categories(&self, found: Option<Agent>) -> Result<Option<Agent>, Error> {
        let Some(mut agent) = found else {
            return Ok(None);
        };
        agent.categories = self.categories_of(agent.id)?;
        Ok(Some(agent))
    }

    /// The categories an agent answers.
    pub fn categories_of(&self, agent: AgentId) -> Result<Vec<CategoryId>, Error> {
        let sql =
            r"SELECT category_id FROM agent_categories WHERE agent_id = ?1 ORDER BY category_id";
        let ids = self
            .prepare(sql)?
            .query_map([agent.0], |row| row.get(0).map(CategoryId))?
            .collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Those who answer a category and are not blocked.
    pub fn agents_of_category(&self, category: CategoryId) -> Result<Vec<AgentId>, Error> {
        let sql = r"SELECT a.id FROM agent_categories k JOIN agents a ON a.id = k.agent_id
                    WHERE k.category_id = ?1 AND a.is_blocked = 0 ORDER BY a.id";
        let ids = self
            .prepare(sql)?
            .query_map([category.0], |row| row.get(0).map(AgentId))?
            .collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Who gets the next ticket of a category: not blocked, fewest tickets that want work, then the
    /// longest without a new one.
    pub fn next_agent_for(&self, category: CategoryId) -> Result<Option<AgentId>, Error> {
        let sql = r"SELECT a.id FROM agent_categories k JOIN agents a ON a.id = k.agent_id
                    WHERE k.category_id = ?1 AND a.is_blocked = 0
                    ORDER BY (SELECT COUNT(*) FROM tickets t WHERE t.agent_id = a.id AND t.resolved = 0
                              AND t.status IN ('open', 'waiting_admin', 'in_progress')),
                             a.last_assigned_at IS NOT NULL, a.last_assigned_at, a.id LIMIT 1";
        Ok(self
            .prepare(sql)?
            .query_row([category.0], |row| row.get(0).map(AgentId))
            .optional()?)
    }
}

/// What is said of an account; None leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct AgentChange {
    pub email: Option<Email>,
    pub password_hash: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// The Telegram one; empty takes it away.
    pub username: Option<String>,
    pub role: Option<Role>,
    pub is_blocked: Option<bool>,
    pub telegram_id: Option<i64>,
}

impl Reading<'_> {
    /// The account of an address, as [`Email::folded`] leaves it, and the hash of its password.
    pub fn agent_of_email(&self, email: &str) -> Result<Option<(Agent, Option<String>)>, Error> {
        let sql = r"SELECT id, password_hash FROM agents WHERE email = ?1";
        let found = self
            .prepare(sql)?
            .query_row([email], |row| Ok((AgentId(row.get(0)?), row.get(1)?)))
            .optional()?;
        let Some((id, hash)) = found else {
            return Ok(None);
        };
        Ok(self.agent(id)?.map(|agent| (agent, hash)))
    }

    /// A page of accounts, the oldest first.
    pub fn agents(&self, limit: u32, offset: u32) -> Result<Vec<Agent>, Error> {
        let sql = select_agents!("ORDER BY id LIMIT ?1 OFFSET ?2");
        let mut agents: Vec<Agent> = self
            .prepare(sql)?
            .query_map([limit, offset], agent)?
            .collect::<Result<_, _>>()?;
        for agent in &mut agents {
            agent.categories = self.categories_of(agent.id)?;
        }
        Ok(agents)
    }

    pub fn count_agents(&self) -> Result<i64, Error> {
        let sql = r"SELECT COUNT(*) FROM agents";
        Ok(self.prepare(sql)?.query_row([], |row| row.get(0))?)
    }

    /// Whether another owner than this one may still sign in.
    pub fn has_other_owner(&self, than: AgentId) -> Result<bool, Error> {
        let sql = r"SELECT 1 FROM agents WHERE role = 'owner' AND is_blocked = 0 AND id <> ?1";
        Ok(self.prepare(sql)?.exists([than.0])?)
    }

    /// The tickets of an agent that are not over.
    pub fn open_tickets_of(&self, agent: AgentId) -> Result<Vec<TicketId>, Error> {
        let sql = r"SELECT id FROM tickets WHERE agent_id = ?1 AND resolved = 0 ORDER BY id";
        let ids = self
            .prepare(sql)?
            .query_map([agent.0], |row| row.get(0).map(TicketId))?
            .collect::<Result<_, _>>()?;
        Ok(ids)
    }
}

impl Tx<'_> {
    /// An account with nothing but a role.
    pub fn insert_agent(&mut self, role: Role) -> Result<AgentId, Error> {
        let sql =
            r"INSERT INTO agents (role, created_at, updated_at) VALUES (?1, ?2, ?2) RETURNING id";
        let now = time(self.now());
        Ok(self
            .prepare(sql)?
            .query_row(params![role.as_str(), now], |row| row.get(0).map(AgentId))?)
    }

    pub fn change_agent(&mut self, id: AgentId, change: &AgentChange) -> Result<(), Error> {
        let sql = r"UPDATE agents SET email = COALESCE(?2, email), password_hash = COALESCE(?3, password_hash),
                    first_name = COALESCE(?4, first_name), last_name = COALESCE(?5, last_name),
                    username = CASE WHEN ?6 IS NULL THEN username ELSE NULLIF(?6, '') END, role = COALESCE(?7, role),
                    is_blocked = COALESCE(?8, is_blocked), telegram_id = COALESCE(?9, telegram_id), updated_at = ?10 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![
            id.0,
            change.email.as_ref().map(Email::as_str),
            change.password_hash,
            change.first_name,
            change.last_name,
            change.username,
            change.role.map(Role::as_str),
            change.is_blocked,
            change.telegram_id,
            now
        ])?;
        Ok(())
    }

    /// An account that can not sign in any more.
    pub fn clear_email_of_agent(&mut self, id: AgentId) -> Result<(), Error> {
        let sql =
            r"UPDATE agents SET email = NULL, password_hash = NULL, updated_at = ?2 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![id.0, now])?;
        Ok(())
    }

    /// An account that is nobody in Telegram any more.
    pub fn clear_telegram_of_agent(&mut self, id: AgentId) -> Result<(), Error> {
        let sql = r"UPDATE agents SET telegram_id = NULL, updated_at = ?2 WHERE id = ?1";
        let now = time(self.now());
        self.prepare(sql)?.execute(params![id.0, now])?;
        Ok(())
    }

    /// Removes an account; what it did stays, with its name.
    pub fn delete_agent(&mut self, id: AgentId) -> Result<(), Error> {
        let sql = r"DELETE FROM agents WHERE id = ?1";
        self.prepare(sql)?.execute([id.0])?;
        Ok(())
    }
}
