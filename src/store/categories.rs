//! Categories of tickets, and which agents answer them.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::open::{read_time, time};
use super::reader::Reading;
use super::writer::Tx;
use crate::domain::category::Category;
use crate::domain::error::Error;
use crate::domain::group::GroupRef;
use crate::domain::ids::{AgentCategoryId, AgentId, CategoryId};

macro_rules! select_categories {
    ($rest:literal) => {
        concat!(
            "SELECT id, name_uz, name_ru, name_en, description, is_active, position, group_chat_id, created_at FROM categories ",
            $rest
        )
    };
}

fn category(row: &Row) -> rusqlite::Result<Category> {
    Ok(Category {
        id: CategoryId(row.get("id")?),
        name_uz: row.get("name_uz")?,
        name_ru: row.get("name_ru")?,
        name_en: row.get("name_en")?,
        description: row.get("description")?,
        is_active: row.get("is_active")?,
        position: row.get("position")?,
        group: GroupRef::of_named(row.get("group_chat_id")?),
        created_at: read_time(row, "created_at")?,
    })
}

/// That an agent answers a category.
#[derive(Debug, Clone)]
pub struct AgentCategory {
    pub id: AgentCategoryId,
    pub agent: AgentId,
    pub category: CategoryId,
    pub created_at: DateTime<Utc>,
}

fn agent_category(row: &Row) -> rusqlite::Result<AgentCategory> {
    Ok(AgentCategory {
        id: AgentCategoryId(row.get("id")?),
        agent: AgentId(row.get("agent_id")?),
        category: CategoryId(row.get("category_id")?),
        created_at: read_time(row, "created_at")?,
    })
}

/// What is said of a category; None leaves it, an empty text takes it away.
#[derive(Debug, Clone, Default)]
pub struct CategoryChange {
    pub name_uz: Option<String>,
    pub name_ru: Option<String>,
    pub name_en: Option<String>,
    pub description: Option<String>,
    pub is_active: Option<bool>,
    pub position: Option<i64>,
    /// The id of its group; `Some(None)` is the default one. Looked at before it is set.
    pub group: Option<Option<i64>>,
}

impl Reading<'_> {
    pub fn category(&self, id: CategoryId) -> Result<Option<Category>, Error> {
        let sql = select_categories!("WHERE id = ?1");
        Ok(self.prepare(sql)?.query_row([id.0], category).optional()?)
    }

    /// A page of categories in their order; None: active ones and others.
    pub fn categories(
        &self,
        active: Option<bool>,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Category>, Error> {
        let sql = select_categories!(
            "WHERE ?1 IS NULL OR is_active = ?1 ORDER BY position, id LIMIT ?2 OFFSET ?3"
        );
        let found = self
            .prepare(sql)?
            .query_map(params![active, limit, offset], category)?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    pub fn count_categories(&self, active: Option<bool>) -> Result<i64, Error> {
        let sql = r"SELECT COUNT(*) FROM categories WHERE ?1 IS NULL OR is_active = ?1";
        Ok(self.prepare(sql)?.query_row([active], |row| row.get(0))?)
    }

    pub fn category_has_tickets(&self, id: CategoryId) -> Result<bool, Error> {
        let sql = r"SELECT 1 FROM tickets WHERE category_id = ?1";
        Ok(self.prepare(sql)?.exists([id.0])?)
    }

    pub fn agent_category(&self, id: AgentCategoryId) -> Result<Option<AgentCategory>, Error> {
        let sql =
            r"SELECT id, agent_id, category_id, created_at FROM agent_categories WHERE id = ?1";
        Ok(self
            .prepare(sql)?
            .query_row([id.0], agent_category)
            .optional()?)
    }

    pub fn answers_category(&self, agent: AgentId, category: CategoryId) -> Result<bool, Error> {
        let sql = r"SELECT 1 FROM agent_categories WHERE agent_id = ?1 AND category_id = ?2";
        Ok(self.prepare(sql)?.exists([agent.0, category.0])?)
    }

    pub fn agent_categories(&self, limit: u32, offset: u32) -> Result<Vec<AgentCategory>, Error> {
        let sql = r"SELECT id, agent_id, category_id, created_at FROM agent_categories ORDER BY id LIMIT ?1 OFFSET ?2";
        let found = self
            .prepare(sql)?
            .query_map([limit, offset], agent_category)?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    pub fn count_agent_categories(&self) -> Result<i64, Error> {
        let sql = r"SELECT COUNT(*) FROM agent_categories";
        Ok(self.prepare(sql)?.query_row([], |row| row.get(0))?)
    }
}

impl Tx<'_> {
    pub fn insert_category(&mut self, name_uz: &str) -> Result<CategoryId, Error> {
        let sql = r"INSERT INTO categories (name_uz, created_at) VALUES (?1, ?2) RETURNING id";
        let now = time(self.now());
        Ok(self
            .prepare(sql)?
            .query_row(params![name_uz, now], |row| row.get(0).map(CategoryId))?)
    }

    pub fn change_category(
        &mut self,
        id: CategoryId,
        change: &CategoryChange,
    ) -> Result<(), Error> {
        let sql = r"UPDATE categories SET name_uz = COALESCE(?2, name_uz),
                    name_ru = CASE WHEN ?3 IS NULL THEN name_ru ELSE NULLIF(?3, '') END,
                    name_en = CASE WHEN ?4 IS NULL THEN name_en ELSE NULLIF(?4, '') END,
                    description = CASE WHEN ?5 IS NULL THEN description ELSE NULLIF(?5, '') END,
                    is_active = COALESCE(?6, is_active), position = COALESCE(?7, position) WHERE id = ?1";
        self.prepare(sql)?.execute(params![
            id.0,
            change.name_uz,
            change.name_ru,
            change.name_en,
            change.description,
            change.is_active,
            change.position
        ])?;
        Ok(())
    }

    pub fn delete_category(&mut self, id: CategoryId) -> Result<(), Error> {
        let sql = r"DELETE FROM categories WHERE id = ?1";
        self.prepare(sql)?.execute([id.0])?;
        Ok(())
    }

    pub fn insert_agent_category(
        &mut self,
        agent: AgentId,
        category: CategoryId,
    ) -> Result<AgentCategoryId, Error> {
        let sql = r"INSERT INTO agent_categories (agent_id, category_id, created_at) VALUES (?1, ?2, ?3) RETURNING id";
        let now = time(self.now());
        Ok(self
            .prepare(sql)?
            .query_row(params![agent.0, category.0, now], |row| {
                row.get(0).map(AgentCategoryId)
            })?)
    }

    pub fn change_agent_category(
        &mut self,
        id: AgentCategoryId,
        agent: AgentId,
        category: CategoryId,
    ) -> Result<(), Error> {
        let sql = r"UPDATE agent_categories SET agent_id = ?2, category_id = ?3 WHERE id = ?1";
        self.prepare(sql)?
            .execute(params![id.0, agent.0, category.0])?;
        Ok(())
    }

    pub fn delete_agent_category(&mut self, id: AgentCategoryId) -> Result<(), Error> {
        let sql = r"DELETE FROM agent_categories WHERE id = ?1";
        self.prepare(sql)?.execute([id.0])?;
        Ok(())
    }

    /// Makes these the categories an agent answers; those it answered already keep their ids.
    pub fn set_categories_of(
        &mut self,
        agent: AgentId,
        categories: &[CategoryId],
    ) -> Result<(), Error> {
        let sql = r"DELETE FROM agent_categories WHERE agent_id = ?1 AND category_id = ?2";
        for known in self.categories_of(agent)? {
            if !categories.contains(&known) {
                self.prepare(sql)?.execute([agent.0, known.0])?;
            }
        }
        for category in categories {
            if !self.answers_category(agent, *category)? {
                self.insert_agent_category(agent, *category)?;
            }
        }
        Ok(())
    }
}
