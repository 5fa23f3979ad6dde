//! Categories in the helpdesk interface, and which admins answer them.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, OpenApi};

use super::Tags;
use super::errors::{Changes, Failure, Looks};
use super::fields::Fields;
use super::helpdesk_category_shapes::{
    AdminCategoryAnswer, AdminCategoryChangeJson, AdminCategoryJson, CategoryAnswer,
    CategoryChangeJson, CategoryJson,
};
use super::outcomes::{Created, Deleted};
use super::pages_of::{PageOf, Paging};
use super::staff::StaffAsking;
use super::wire::{JsonFields, moment};
use crate::desk::Desk;
use crate::desk::categories::{AgentCategory, CategoryChange};
use crate::domain::category::{Category, NAME_MAX_CHARS};
use crate::domain::error::Error;
use crate::domain::ids::{AgentCategoryId, AgentId, CategoryId};
use crate::domain::locale::Locale;
use crate::domain::text::message_text;

pub struct HelpdeskCategories {
    pub desk: Arc<Desk>,
}

/// The language of `name`.
#[derive(Debug, Clone, Copy, Enum)]
#[oai(rename_all = "lowercase")]
pub enum Lang {
    Uz,
    Ru,
    En,
}

#[derive(Debug, Clone, Copy, Enum)]
#[oai(rename_all = "lowercase")]
pub enum WhichActive {
    True,
    False,
    All,
}

fn answer(category: Category, lang: Option<Lang>) -> CategoryAnswer {
    let locale = match lang {
        None | Some(Lang::Uz) => Locale::Uz,
        Some(Lang::Ru) => Locale::Ru,
        Some(Lang::En) => Locale::En,
    };
    CategoryAnswer {
        id: category.id.0,
        name: category.name(locale).to_owned(),
        name_uz: category.name_uz,
        name_ru: category.name_ru,
        name_en: category.name_en,
        description: category.description,
        is_active: category.is_active,
        order: category.position,
        group_chat_id: category.group.named(),
        created_at: moment(category.created_at),
    }
}

fn link_answer(entry: &AgentCategory) -> AdminCategoryAnswer {
    AdminCategoryAnswer {
        id: entry.id.0,
        admin: entry.agent.0,
        category: entry.category.0,
        created_at: moment(entry.created_at),
    }
}

fn change(mut fields: Fields) -> Result<CategoryChange, Error> {
    let name_uz = fields.line("name_uz", NAME_MAX_CHARS)?;
    if name_uz.as_deref() == Some("") {
        return Err(Error::missing("name_uz"));
    }
    let description = fields.text("description")?;
    Ok(CategoryChange {
        name_uz,
        name_ru: fields.line("name_ru", NAME_MAX_CHARS)?,
        name_en: fields.line("name_en", NAME_MAX_CHARS)?,
        description: description
            .map(|text| message_text(&text, "description"))
            .transpose()?,
        is_active: fields.flag("is_active")?,
        position: fields.number("order")?,
        group: fields.chat_or_none("group_chat_id")?,
    })
}

#[OpenApi(tag = "Tags::Helpdesk")]
impl HelpdeskCategories {
    /// List categories
    ///
    /// By `order`; only active ones unless asked otherwise.
    #[oai(
        path = "/api/admin/categories",
        method = "get",
        operation_id = "categories_list"
    )]
    async fn list(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// The language of `name`: uz (the default), ru or en.
        lang: Query<Option<Lang>>,
        /// true (the default), false or all.
        is_active: Query<Option<WhichActive>>,
        /// From 1.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<Option<u64>>,
        /// Entries of a page, 20 where not given; above 100 is 100.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page_size: Query<Option<u64>>,
    ) -> Result<Json<PageOf<CategoryAnswer>>, Failure<Looks>> {
        let paging = Paging::asked(request, page.0, page_size.0)?;
        let active = match is_active.0 {
            None | Some(WhichActive::True) => Some(true),
            Some(WhichActive::False) => Some(false),
            Some(WhichActive::All) => None,
        };
        let (limit, offset) = (paging.limit(), paging.offset());
        let found = self.desk.categories(&asking.staff, active, limit, offset);
        let (categories, count) = found.await?;
        let all = categories.into_iter().map(|one| answer(one, lang.0));
        Ok(Json(paging.of(all.collect(), count)?))
    }

    /// Add a category
    ///
    /// Owners only.
    #[oai(
        path = "/api/admin/categories",
        method = "post",
        operation_id = "categories_create"
    )]
    async fn create(
        &self,
        asking: StaffAsking,
        body: JsonFields<CategoryJson>,
    ) -> Result<Created<CategoryAnswer>, Failure<Changes>> {
        let created = self.desk.create_category(&asking.staff, change(body.0)?);
        Ok(Created::It(Json(answer(created.await?, None))))
    }

    /// Read a category
    ///
    /// All staff, also one that is not active.
    #[oai(
        path = "/api/admin/categories/:id",
        method = "get",
        operation_id = "categories_get"
    )]
    async fn get(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        /// The language of `name`: uz (the default), ru or en.
        lang: Query<Option<Lang>>,
    ) -> Result<Json<CategoryAnswer>, Failure<Looks>> {
        let found = self.desk.category(&asking.staff, CategoryId(id.0)).await?;
        Ok(Json(answer(found, lang.0)))
    }

    /// Describe a category anew
    ///
    /// Owners only. As PATCH, and `name_uz` is needed.
    #[oai(
        path = "/api/admin/categories/:id",
        method = "put",
        operation_id = "categories_put"
    )]
    async fn put(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<CategoryJson>,
    ) -> Result<Json<CategoryAnswer>, Failure<Changes>> {
        let change = change(body.0)?;
        if change.name_uz.is_none() {
            return Err(Error::missing("name_uz").into());
        }
        let id = CategoryId(id.0);
        let changed = self.desk.change_category(&asking.staff, id, change).await?;
        Ok(Json(answer(changed, None)))
    }

    /// Change a category
    ///
    /// Owners only.
    #[oai(
        path = "/api/admin/categories/:id",
        method = "patch",
        operation_id = "categories_patch"
    )]
    async fn patch(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<CategoryChangeJson>,
    ) -> Result<Json<CategoryAnswer>, Failure<Changes>> {
        let (id, change) = (CategoryId(id.0), change(body.0)?);
        let changed = self.desk.change_category(&asking.staff, id, change).await?;
        Ok(Json(answer(changed, None)))
    }

    /// Remove a category
    ///
    /// Owners only. One that tickets have stays: 409.
    #[oai(
        path = "/api/admin/categories/:id",
        method = "delete",
        operation_id = "categories_delete"
    )]
    async fn delete(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Deleted, Failure<Changes>> {
        let desk = &self.desk;
        desk.delete_category(&asking.staff, CategoryId(id.0))
            .await?;
        Ok(Deleted::It)
    }

    /// List who answers which category
    ///
    /// All staff. Oldest first, with pages.
    #[oai(
        path = "/api/admin/admin-categories",
        method = "get",
        operation_id = "admin_categories_list"
    )]
    async fn links(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// From 1.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<Option<u64>>,
        /// Entries of a page, 20 where not given; above 100 is 100.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page_size: Query<Option<u64>>,
    ) -> Result<Json<PageOf<AdminCategoryAnswer>>, Failure<Looks>> {
        let paging = Paging::asked(request, page.0, page_size.0)?;
        let (limit, offset) = (paging.limit(), paging.offset());
        let found = self.desk.agent_categories(&asking.staff, limit, offset);
        let (entries, count) = found.await?;
        let all = entries.iter().map(link_answer).collect();
        Ok(Json(paging.of(all, count)?))
    }

    /// Let an admin answer a category
    ///
    /// Owners only. A second time is a 400.
    #[oai(
        path = "/api/admin/admin-categories",
        method = "post",
        operation_id = "admin_categories_create"
    )]
    async fn link(
        &self,
        asking: StaffAsking,
        body: JsonFields<AdminCategoryJson>,
    ) -> Result<Created<AdminCategoryAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let wanted = |id: Option<i64>, name| id.ok_or_else(|| Error::missing(name));
        let admin = AgentId(wanted(fields.id("admin")?, "admin")?);
        let category = CategoryId(wanted(fields.id("category")?, "category")?);
        let added = self.desk.add_agent_category(&asking.staff, admin, category);
        Ok(Created::It(Json(link_answer(&added.await?))))
    }

    /// Read who answers a category
    ///
    /// All staff. By the id of the entry, which is neither the admin's nor the category's.
    #[oai(
        path = "/api/admin/admin-categories/:id",
        method = "get",
        operation_id = "admin_categories_get"
    )]
    async fn get_link(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Json<AdminCategoryAnswer>, Failure<Looks>> {
        let id = AgentCategoryId(id.0);
        let found = self.desk.agent_category(&asking.staff, id).await?;
        Ok(Json(link_answer(&found)))
    }

    /// Change who answers a category
    ///
    /// Owners only.
    #[oai(
        path = "/api/admin/admin-categories/:id",
        method = "patch",
        operation_id = "admin_categories_patch"
    )]
    async fn change_link(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<AdminCategoryChangeJson>,
    ) -> Result<Json<AdminCategoryAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let admin = fields.id("admin")?.map(AgentId);
        let category = fields.id("category")?.map(CategoryId);
        let id = AgentCategoryId(id.0);
        let desk = &self.desk;
        let changed = desk.change_agent_category(&asking.staff, id, admin, category);
        Ok(Json(link_answer(&changed.await?)))
    }

    /// Let an admin no longer answer a category
    ///
    /// Owners only.
    #[oai(
        path = "/api/admin/admin-categories/:id",
        method = "delete",
        operation_id = "admin_categories_delete"
    )]
    async fn delete_link(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Deleted, Failure<Changes>> {
        let (desk, id) = (&self.desk, AgentCategoryId(id.0));
        desk.delete_agent_category(&asking.staff, id).await?;
        Ok(Deleted::It)
    }
}
