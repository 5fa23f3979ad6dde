//! Categories of tickets, and which agents answer them.

use super::Desk;
use super::groups::{self, with_todays_group};
use super::rights::{Action, Staff};
use crate::domain::category::Category;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::{AgentCategoryId, AgentId, CategoryId};
pub use crate::store::{AgentCategory, CategoryChange};
use crate::store::{Reading, Tx};

impl Desk {
    /// A page of categories in their order, and how many there are; None: active ones and others.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn categories(
        &self,
        staff: &Staff,
        active: Option<bool>,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<Category>, i64), Error> {
        staff.may(Action::ReadCategories)?;
        self.store
            .read(move |r| {
                let page = r.categories(active, limit, offset)?.into_iter();
                let page = page.map(|category| with_todays_group(r, category));
                Ok((page.collect::<Result<_, _>>()?, r.count_categories(active)?))
            })
            .await
    }

    /// # Errors
    /// `category_not_found`, `not_allowed`.
    pub async fn category(&self, staff: &Staff, id: CategoryId) -> Result<Category, Error> {
        staff.may(Action::ReadCategories)?;
        self.store.read(move |r| known(r, id)).await
    }

    /// # Errors
    /// `missing_field` without a name in Uzbek, `not_allowed`; as [`Desk::checked_group`] on `group_chat_id`.
    pub async fn create_category(
        &self,
        staff: &Staff,
        change: CategoryChange,
    ) -> Result<Category, Error> {
        staff.may(Action::ManageCategories)?;
        if change.name_uz.is_none() {
            return Err(Error::missing("name_uz"));
        }
        let group = self.checked_group(change.group.flatten()).await?;
        self.store
            .write(move |tx| {
                let name = change.name_uz.as_deref();
                let id = tx.insert_category(name.ok_or_else(|| Error::missing("name_uz"))?)?;
                tx.change_category(id, &change)?;
                groups::set(tx, id, &group)?;
                known(tx, id)
            })
            .await
    }

    /// # Errors
    /// `category_not_found`, `not_allowed`; as [`Desk::checked_group`] on `group_chat_id`.
    pub async fn change_category(
        &self,
        staff: &Staff,
        id: CategoryId,
        change: CategoryChange,
    ) -> Result<Category, Error> {
        staff.may(Action::ManageCategories)?;
        let before = self.store.read(move |r| known(r, id)).await?;
        // A program that sends back what it read asks nothing of Telegram.
        let wanted = change.group.filter(|group| *group != before.group.named());
        let group = match wanted {
            Some(group) => Some(self.checked_group(group).await?),
            None => None,
        };
        self.store
            .write(move |tx| {
                known(tx, id)?;
                tx.change_category(id, &change)?;
                if let Some(group) = &group {
                    groups::set(tx, id, group)?;
                }
                known(tx, id)
            })
            .await
    }

    /// # Errors
    /// `category_not_found`; `category_in_use` while tickets have it; `not_allowed`.
    pub async fn delete_category(&self, staff: &Staff, id: CategoryId) -> Result<(), Error> {
        staff.may(Action::ManageCategories)?;
        self.store
            .write(move |tx| {
                known(tx, id)?;
                if tx.category_has_tickets(id)? {
                    return Err(Error::new(Kind::Conflict, "category_in_use"));
                }
                tx.delete_category(id)
            })
            .await
    }

    /// A page of who answers what, and how many entries there are.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn agent_categories(
        &self,
        staff: &Staff,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<AgentCategory>, i64), Error> {
        staff.may(Action::ReadAgents)?;
        self.store
            .read(move |r| {
                Ok((
                    r.agent_categories(limit, offset)?,
                    r.count_agent_categories()?,
                ))
            })
            .await
    }

    /// # Errors
    /// `not_found`, `not_allowed`.
    pub async fn agent_category(
        &self,
        staff: &Staff,
        id: AgentCategoryId,
    ) -> Result<AgentCategory, Error> {
        staff.may(Action::ReadAgents)?;
        self.store.read(move |r| entry(r, id)).await
    }

    /// Lets an agent answer a category.
    ///
    /// # Errors
    /// `agent_not_found`, `category_not_found`, `already_taken` on the field to blame; `not_allowed`.
    pub async fn add_agent_category(
        &self,
        staff: &Staff,
        agent: AgentId,
        category: CategoryId,
    ) -> Result<AgentCategory, Error> {
        staff.may(Action::ManageAgents)?;
        self.store
            .write(move |tx| {
                free(tx, agent, category)?;
                let id = tx.insert_agent_category(agent, category)?;
                entry(tx, id)
            })
            .await
    }

    /// Gives an entry another agent, another category, or both.
    ///
    /// # Errors
    /// As [`Desk::add_agent_category`], and `not_found`.
    pub async fn change_agent_category(
        &self,
        staff: &Staff,
        id: AgentCategoryId,
        agent: Option<AgentId>,
        category: Option<CategoryId>,
    ) -> Result<AgentCategory, Error> {
        staff.may(Action::ManageAgents)?;
        self.store
            .write(move |tx| {
                let before = entry(tx, id)?;
                let agent = agent.unwrap_or(before.agent);
                let category = category.unwrap_or(before.category);
                if (agent, category) != (before.agent, before.category) {
                    free(tx, agent, category)?;
                    tx.change_agent_category(id, agent, category)?;
                }
                entry(tx, id)
            })
            .await
    }

    /// # Errors
    /// `not_found`, `not_allowed`.
    pub async fn delete_agent_category(
        &self,
        staff: &Staff,
        id: AgentCategoryId,
    ) -> Result<(), Error> {
        staff.may(Action::ManageAgents)?;
        self.store
            .write(move |tx| {
                entry(tx, id)?;
                tx.delete_agent_category(id)
            })
            .await
    }
}

fn known(r: &Reading, id: CategoryId) -> Result<Category, Error> {
    let found = r.category(id)?;
    with_todays_group(
        r,
        found.ok_or_else(|| Error::not_found("category_not_found"))?,
    )
}

fn entry(r: &Reading, id: AgentCategoryId) -> Result<AgentCategory, Error> {
    r.agent_category(id)?
        .ok_or_else(|| Error::not_found("not_found"))
}

/// Both are there, and not joined yet.
fn free(tx: &Tx, agent: AgentId, category: CategoryId) -> Result<(), Error> {
    if tx.agent(agent)?.is_none() {
        return Err(Error::bad("agent_not_found", "admin"));
    }
    if tx.category(category)?.is_none() {
        return Err(Error::bad("category_not_found", "category"));
    }
    if tx.answers_category(agent, category)? {
        return Err(Error::bad("already_taken", "category"));
    }
    Ok(())
}
