//! Staff as rows: accounts, and the categories they answer.

use rusqlite::{OptionalExtension, Row};

use super::open::{read_optional_time, read_time};
use super::reader::Reading;
use crate::domain::agent::{Agent, Role};
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId};

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
